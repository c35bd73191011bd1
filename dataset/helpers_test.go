package dataset

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"math"
	"slices"
	"strings"
	"testing"
)

// open opens text as a source called name.
func open(t testing.TB, name, text string, opt Options) *Reader {
	t.Helper()
	r, err := NewReader(name, strings.NewReader(text), opt)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// readRows returns the rest of a source of texts.
func readRows(r *Reader) ([][]string, error) {
	var rows [][]string
	for {
		row, err := r.Next()
		if err == io.EOF {
			return rows, nil
		}
		if err != nil {
			return rows, err
		}
		rows = append(rows, slices.Clone(row.Text))
	}
}

// wantError checks that err is an *Error of the data whose text contains every one of parts.
func wantError(t testing.TB, err error, parts ...string) {
	t.Helper()
	var e *Error
	if !errors.As(err, &e) {
		t.Errorf("error %v (%T), want an *Error with %q", err, err, parts)
		return
	}
	for _, p := range parts {
		if !strings.Contains(err.Error(), p) {
			t.Errorf("error %q lacks %q", err, p)
		}
	}
}

func compress(t testing.TB, text string) string {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if _, err := io.WriteString(z, text); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// sameBits reports whether two slices hold the same float32, bit for bit.
func sameBits(a, b []float32) bool {
	return slices.EqualFunc(a, b, func(x, y float32) bool { return math.Float32bits(x) == math.Float32bits(y) })
}
