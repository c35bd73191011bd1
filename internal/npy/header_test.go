package npy

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"
)

// TestAppendHeader reads what it wrote.
func TestAppendHeader(t *testing.T) {
	for _, c := range []struct {
		shape []int64
		text  string
	}{{nil, "()"}, {[]int64{3}, "(3,)"}, {[]int64{0, 7}, "(0, 7)"}, {[]int64{1 << 40, 1, 1 << 62}, ""},
		{[]int64{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16}, ""}} {
		b := AppendHeader([]byte("x"), c.shape...)[1:]
		if len(b)%64 != 0 || b[len(b)-1] != '\n' || !strings.Contains(string(b), "'shape': "+c.text) {
			t.Errorf("%v: %q", c.shape, b)
		}
		in := bytes.NewReader(append(b, "values"...))
		h, err := ReadHeader(in)
		if err != nil || h.Element != (Element{Kind: 'f', Size: 4}) || h.Fortran || fmt.Sprint(h.Shape) != fmt.Sprint(c.shape) ||
			in.Len() != len("values") {
			t.Errorf("%v: read back %+v, %v, %d bytes left", c.shape, h, err, in.Len())
		}
		for n := range b {
			var bad *Error
			if _, err := ReadHeader(bytes.NewReader(b[:n])); !errors.As(err, &bad) {
				t.Errorf("%v: %d bytes: %v", c.shape, n, err)
			}
		}
	}
}

func TestElementString(t *testing.T) {
	for _, text := range []string{"<f2", ">f4", "<f8", "|u1", "|b1", "|i1", ">i2", "<u8"} {
		e, err := parseElement(text)
		if err != nil || e.String() != text {
			t.Errorf("%s: %v, %v", text, e, err)
		}
	}
}
