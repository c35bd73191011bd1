// Package npy reads and writes the headers of NumPy's NPY files, and their elements, which those of IDX files are too.
package npy

import (
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
)

// Magic is what an NPY file begins with.
const Magic = "\x93NUMPY"

// maxHeader is the longest header that is read; NumPy itself refuses more than 10,000 bytes by default.
const maxHeader = 1 << 16

// Header is what the header of an NPY file says.
type Header struct {
	Element Element
	Fortran bool     // the first dimension varies fastest, not the last
	Shape   []uint64 // each at most math.MaxInt64; their product can be beyond any type
}

// Error is what is wrong with a header.
type Error struct{ Msg string }

func (e *Error) Error() string { return e.Msg }

func errorf(format string, args ...any) error { return &Error{fmt.Sprintf(format, args...)} }

// ReadHeader reads the header of an NPY file, versions 1 to 3
// (https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html): the magic, the version, the header's
// length in 2 bytes (version 1) or 4, and a Python dictionary with the keys descr, fortran_order and shape. The error is
// an *Error, or r's.
func ReadHeader(r io.Reader) (Header, error) {
	head := make([]byte, len(Magic)+2)
	if err := readFull(r, head); err != nil {
		return Header{}, err
	}
	if string(head[:len(Magic)]) != Magic {
		return Header{}, errorf("not an NPY file: it begins with % x", head[:len(Magic)])
	}
	major := head[len(Magic)]
	if major < 1 || major > 3 {
		return Header{}, errorf("NPY version %d does not exist", major)
	}
	length := make([]byte, 2)
	if major > 1 {
		length = make([]byte, 4)
	}
	if err := readFull(r, length); err != nil {
		return Header{}, err
	}
	n := uint32(binary.LittleEndian.Uint16(length))
	if major > 1 {
		n = binary.LittleEndian.Uint32(length)
	}
	if n > maxHeader {
		return Header{}, errorf("an NPY header of %d bytes", n)
	}
	text := make([]byte, n)
	if err := readFull(r, text); err != nil {
		return Header{}, err
	}
	h, descr, err := parseHeader(string(text))
	if err == nil {
		h.Element, err = parseElement(descr)
	}
	return h, err
}

// readFull fills b.
func readFull(r io.Reader, b []byte) error {
	_, err := io.ReadFull(r, b)
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		return errorf("the file ends inside its header")
	}
	return err
}

// AppendHeader appends the header, version 1.0, of an array of little-endian float32 in C order. All headers are
// multiples of 64 bytes.
func AppendHeader(b []byte, shape ...int64) []byte {
	const before = len(Magic) + 4 // magic, version, length
	dims := make([]string, len(shape))
	for i, d := range shape {
		dims[i] = strconv.FormatInt(d, 10)
	}
	tuple := strings.Join(dims, ", ")
	if len(shape) == 1 {
		tuple += ","
	}
	dict := "{'descr': '<f4', 'fortran_order': False, 'shape': (" + tuple + "), }"
	size := (before + len(dict) + 1 + 63) / 64 * 64
	b = append(b, Magic+"\x01\x00"...)
	b = binary.LittleEndian.AppendUint16(b, uint16(size-before))
	b = append(b, dict...)
	b = append(b, strings.Repeat(" ", size-before-len(dict)-1)...)
	return append(b, '\n')
}

// parseElement returns the element type that a descr such as '<f4' names.
func parseElement(descr string) (Element, error) {
	var e Element
	if len(descr) >= 2 {
		size, _ := strconv.Atoi(descr[2:])
		e = Element{Kind: descr[1], Size: size, Big: descr[0] == '>'}
		ordered := descr[0] == '<' || descr[0] == '>' || descr[0] == '|' && size == 1
		switch string(descr[1:]) {
		case "f2", "f4", "f8", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "b1":
			if ordered {
				return e, nil
			}
		}
	}
	what := map[byte]string{'O': "Python objects", 'U': "text", 'S': "bytes", 'V': "a structured type",
		'c': "complex numbers", 'M': "dates", 'm': "time differences"}[e.Kind]
	if what == "" {
		what = "an unknown type"
	}
	return e, errorf("elements of type %.40q (%s) cannot be read: only numbers and booleans", descr, what)
}

// parseHeader parses the dictionary: the part of Python's literals that NumPy writes.
func parseHeader(text string) (h Header, descr string, err error) {
	p := &literal{rest: text}
	seen := map[string]bool{}
	p.want("{")
	for !p.bad && !p.take("}") {
		key := p.quoted()
		p.want(":")
		if seen[key] {
			p.bad = true
		}
		seen[key] = true
		switch key {
		case "descr":
			if p.skip(); strings.HasPrefix(p.rest, "[") {
				return h, "", errorf("elements of a structured type cannot be read: only numbers and booleans")
			}
			descr = p.quoted()
		case "fortran_order":
			h.Fortran = p.take("True")
			if !h.Fortran {
				p.want("False")
			}
		case "shape":
			h.Shape = p.shape()
		default:
			p.bad = true
		}
		if !p.take(",") && !p.bad {
			p.want("}")
			break
		}
	}
	if p.skip(); p.bad || p.rest != "" || len(seen) != 3 {
		return h, "", errorf("an NPY header that cannot be read: %.100q", text)
	}
	return h, descr, nil
}

// literal parses Python literals; bad says that something was not as wanted.
type literal struct {
	rest string
	bad  bool
}

func (p *literal) skip() { p.rest = strings.TrimLeft(p.rest, " \t\r\n") }

func (p *literal) take(word string) bool {
	p.skip()
	rest, ok := strings.CutPrefix(p.rest, word)
	p.rest = rest
	return ok
}

func (p *literal) want(word string) {
	if !p.take(word) {
		p.bad = true
	}
}

// quoted takes a string in single or double quotes without escapes.
func (p *literal) quoted() string {
	mark := "'"
	if !p.take(mark) {
		mark = `"`
		p.want(mark)
	}
	text, rest, ok := strings.Cut(p.rest, mark)
	if !ok || strings.ContainsAny(text, "\\\n") {
		p.bad = true
		return ""
	}
	p.rest = rest
	return text
}

// shape takes a tuple of numbers: (), (3,) or (3, 4). Python 2 wrote an L after a number.
func (p *literal) shape() []uint64 {
	var shape []uint64
	p.want("(")
	for !p.bad && !p.take(")") {
		p.skip()
		n := len(p.rest) - len(strings.TrimLeft(p.rest, "0123456789"))
		v, err := strconv.ParseUint(p.rest[:n], 10, 64)
		if err != nil || v > math.MaxInt64 || len(shape) == 32 {
			p.bad = true
			break
		}
		p.rest = strings.TrimPrefix(p.rest[n:], "L")
		shape = append(shape, v)
		if !p.take(",") {
			p.want(")")
			break
		}
	}
	return shape
}
