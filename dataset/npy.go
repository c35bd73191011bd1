package dataset

import (
	"bufio"
	"encoding/binary"
	"math"
	"strconv"
	"strings"
)

const npyMagic = "\x93NUMPY"

// npyMaxHeader is the longest header that is read; NumPy itself refuses more than 10,000 bytes by default.
const npyMaxHeader = 1 << 16

// openNPY reads the header of an NPY file, versions 1 to 3
// (https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html): the magic, the version, the header's
// length in 2 bytes (version 1) or 4, and a Python dictionary with the keys descr, fortran_order and shape.
func openNPY(br *bufio.Reader) (*matrix, error) {
	head := make([]byte, len(npyMagic)+2)
	if err := readHeader(br, head); err != nil {
		return nil, err
	}
	if string(head[:len(npyMagic)]) != npyMagic {
		return nil, errorf("not an NPY file: it begins with % x", head[:len(npyMagic)])
	}
	major := head[len(npyMagic)]
	if major < 1 || major > 3 {
		return nil, errorf("NPY version %d does not exist", major)
	}
	length := make([]byte, 2)
	if major > 1 {
		length = make([]byte, 4)
	}
	if err := readHeader(br, length); err != nil {
		return nil, err
	}
	n := uint32(binary.LittleEndian.Uint16(length))
	if major > 1 {
		n = binary.LittleEndian.Uint32(length)
	}
	if n > npyMaxHeader {
		return nil, errorf("an NPY header of %d bytes", n)
	}
	text := make([]byte, n)
	if err := readHeader(br, text); err != nil {
		return nil, err
	}
	h, err := parseNPY(string(text))
	if err != nil {
		return nil, err
	}
	elem, err := npyElement(h.descr)
	if err != nil {
		return nil, err
	}
	m, err := newMatrix(br, elem, h.shape)
	if err != nil || !h.fortran || len(h.shape) == 1 {
		return m, err
	}
	if len(h.shape) > 2 {
		return nil, errorf("Fortran order with %d dimensions: save it with numpy.ascontiguousarray", len(h.shape))
	}
	m.fortran = true
	return m, nil
}

// npyElement returns the element type that a descr such as '<f4' names.
func npyElement(descr string) (element, error) {
	var e element
	if len(descr) >= 2 {
		size, _ := strconv.Atoi(descr[2:])
		e = element{kind: descr[1], size: size, big: descr[0] == '>'}
		ordered := descr[0] == '<' || descr[0] == '>' || descr[0] == '|' && size == 1
		switch string(descr[1:]) {
		case "f2", "f4", "f8", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "b1":
			if ordered {
				return e, nil
			}
		}
	}
	what := map[byte]string{'O': "Python objects", 'U': "text", 'S': "bytes", 'V': "a structured type",
		'c': "complex numbers", 'M': "dates", 'm': "time differences"}[e.kind]
	if what == "" {
		what = "an unknown type"
	}
	return e, errorf("elements of type %s (%s) cannot be read: only numbers and booleans", quote(descr), what)
}

// npyHeader is what the dictionary of an NPY header says.
type npyHeader struct {
	descr   string
	fortran bool
	shape   []uint64
}

// parseNPY parses the dictionary: the part of Python's literals that NumPy writes.
func parseNPY(text string) (npyHeader, error) {
	var h npyHeader
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
				return h, errorf("elements of a structured type cannot be read: only numbers and booleans")
			}
			h.descr = p.quoted()
		case "fortran_order":
			h.fortran = p.take("True")
			if !h.fortran {
				p.want("False")
			}
		case "shape":
			h.shape = p.shape()
		default:
			p.bad = true
		}
		if !p.take(",") && !p.bad {
			p.want("}")
			break
		}
	}
	if p.skip(); p.bad || p.rest != "" || len(seen) != 3 {
		return h, errorf("an NPY header that cannot be read: %s", quote(text))
	}
	return h, nil
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
		n := digits(p.rest, 0)
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
