package dataset

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"io"
	"math"
	"strconv"
)

// element is the type of the elements of an NPY or IDX file.
type element struct {
	kind byte // 'f' float, 'i' signed, 'u' unsigned, 'b' boolean
	size int  // bytes
	big  bool // big-endian
}

func (e element) bits(b []byte) uint64 {
	switch {
	case e.size == 1:
		return uint64(b[0])
	case e.size == 2 && e.big:
		return uint64(binary.BigEndian.Uint16(b))
	case e.size == 2:
		return uint64(binary.LittleEndian.Uint16(b))
	case e.size == 4 && e.big:
		return uint64(binary.BigEndian.Uint32(b))
	case e.size == 4:
		return uint64(binary.LittleEndian.Uint32(b))
	case e.big:
		return binary.BigEndian.Uint64(b)
	}
	return binary.LittleEndian.Uint64(b)
}

// signed is bits, extended by the sign.
func (e element) signed(b []byte) int64 {
	shift := 64 - 8*e.size
	return int64(e.bits(b)<<shift) >> shift
}

// float returns a floating-point element; half and single precision are exact.
func (e element) float(b []byte) float64 {
	switch e.size {
	case 2:
		return float64(halfFloat(uint16(e.bits(b))))
	case 4:
		return float64(math.Float32frombits(uint32(e.bits(b))))
	}
	return math.Float64frombits(e.bits(b))
}

// halfFloat widens an IEEE 754 half-precision number: 1 sign, 5 exponent and 10 fraction bits.
func halfFloat(h uint16) float32 {
	sign, exponent, fraction := uint32(h>>15)<<31, uint32(h>>10)&31, uint32(h)&1023
	switch exponent {
	case 0: // zero or subnormal: fraction · 2^-24
		return math.Float32frombits(math.Float32bits(float32(fraction)*(1.0/(1<<24))) | sign)
	case 31: // infinity or NaN
		return math.Float32frombits(sign | 0x7f800000 | fraction<<13)
	}
	return math.Float32frombits(sign | (exponent+127-15)<<23 | fraction<<13)
}

// decode converts len(dst) elements of b to the nearest float32.
func (e element) decode(dst []float32, b []byte) {
	switch {
	case e.kind == 'u' && e.size == 1:
		for i := range dst {
			dst[i] = float32(b[i])
		}
	case e.kind == 'u':
		for i := range dst {
			dst[i] = nearest(e.bits(b[i*e.size:]))
		}
	case e.kind == 'i':
		for i := range dst {
			if v := e.signed(b[i*e.size:]); v < 0 {
				dst[i] = -nearest(uint64(-v))
			} else {
				dst[i] = nearest(uint64(v))
			}
		}
	case e.kind == 'b':
		for i := range dst {
			dst[i] = 0
			if b[i] != 0 {
				dst[i] = 1
			}
		}
	case e.size == 4:
		for i := range dst {
			dst[i] = math.Float32frombits(uint32(e.bits(b[i*4:])))
		}
	default:
		for i := range dst {
			dst[i] = float32(e.float(b[i*e.size:]))
		}
	}
}

// nearest returns the float32 nearest to u, of two equally near ones the even one. It goes through float64 because Go's
// own conversion of 64-bit integers to float32 rounds some of them wrongly on 386 and arm. What float64 has no room for
// is kept as one bit, which is enough to tell a number from the middle between two float32.
func nearest(u uint64) float32 {
	const spare = 11 // bits that uint64 has more than float64
	if u < 1<<(64-spare) {
		return float32(float64(u))
	}
	kept := u >> spare
	if kept<<spare != u {
		kept |= 1
	}
	return float32(float64(kept)) * (1 << spare)
}

// text returns the element at the start of b as a text, Null for NaN.
func (e element) text(b []byte) string {
	switch e.kind {
	case 'u':
		return strconv.FormatUint(e.bits(b), 10)
	case 'i':
		return strconv.FormatInt(e.signed(b), 10)
	case 'b':
		if b[0] != 0 {
			return "1"
		}
		return "0"
	}
	v := e.float(b)
	if v != v {
		return Null
	}
	form := byte('g')
	if v == math.Trunc(v) && math.Abs(v) < 1e15 {
		form = 'f'
	}
	if e.size == 8 {
		return strconv.FormatFloat(v, form, -1, 64)
	}
	return strconv.FormatFloat(v, form, -1, 32)
}

// matrix is the rows of an NPY or IDX file. Nothing is allocated for what the header claims before the file has shown
// that it holds it.
type matrix struct {
	in      *bufio.Reader
	elem    element
	rows    int64
	cols    int
	done    int64     // rows read
	current []byte    // the current row's bytes
	ahead   bool      // current is the next row already
	numbers []float32 // the current row
	fortran bool      // columns first
	whole   []byte    // the elements of such a file
}

// newMatrix checks the shape: the first dimension counts rows, the others multiply to the columns.
func newMatrix(in *bufio.Reader, elem element, shape []uint64) (*matrix, error) {
	if len(shape) == 0 {
		return nil, errorf("a single value, not rows")
	}
	cols := uint64(1)
	for _, d := range shape[1:] {
		if d == 0 {
			return nil, errorf("shape %v: rows without values", shape)
		}
		if d > maxColumns || cols*d > maxColumns {
			return nil, errorf("shape %v: more than %d values per row", shape, maxColumns)
		}
		cols *= d
	}
	if shape[0] == 0 {
		return nil, errorf("shape %v: no rows", shape)
	}
	if shape[0] > math.MaxInt64/(maxColumns*8) {
		return nil, errorf("shape %v: too many rows", shape)
	}
	return &matrix{in: in, elem: elem, rows: int64(shape[0]), cols: int(cols)}, nil
}

// load reads a file in Fortran order (columns first) whole.
func (m *matrix) load() error {
	var b bytes.Buffer
	want := m.rows * int64(m.cols) * int64(m.elem.size)
	if want > math.MaxInt/4 {
		return errorf("Fortran order with %d bytes of values is too large for this machine", want)
	}
	n, err := io.CopyN(&b, m.in, want)
	if err == io.EOF {
		return errorf("the file ends after %d of %d bytes of values", n, want)
	}
	m.whole = b.Bytes()
	return err
}

// begin reads the first row, so that the file has shown that it has as many columns as it says, or all rows if they
// are columns first.
func (m *matrix) begin() error {
	if m.fortran {
		if err := m.load(); err != nil {
			return err
		}
	}
	m.ahead = true
	return m.fill()
}

func (m *matrix) names() []string {
	names := make([]string, m.cols)
	for i := range names {
		names[i] = columnName(i)
	}
	return names
}

func (m *matrix) next(row *Row) error {
	if m.done == m.rows {
		if _, err := m.in.Peek(1); err != nil {
			return err
		}
		return errorf("the file goes on after the %d rows that its header gives", m.rows)
	}
	if !m.ahead {
		if err := m.fill(); err != nil {
			return err
		}
	}
	m.ahead = false
	m.done++
	if m.numbers == nil {
		m.numbers = make([]float32, m.cols)
	}
	m.elem.decode(m.numbers, m.current)
	row.Numbers = m.numbers
	return nil
}

// fill sets current to the bytes of the next row.
func (m *matrix) fill() error {
	size := m.elem.size
	if m.fortran {
		if m.current == nil {
			m.current = make([]byte, m.cols*size)
		}
		for c := range m.cols {
			at := (int(m.rows)*c + int(m.done)) * size
			copy(m.current[c*size:(c+1)*size], m.whole[at:])
		}
		return nil
	}
	var n int64
	var err error
	if m.current == nil {
		var b bytes.Buffer
		n, err = io.CopyN(&b, m.in, int64(m.cols*size))
		m.current = b.Bytes()
	} else {
		var k int
		k, err = io.ReadFull(m.in, m.current)
		n = int64(k)
	}
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		if n == 0 {
			return errorf("the file ends after %d of %d rows", m.done, m.rows)
		}
		return errorf("the file ends inside row %d of %d", m.done+1, m.rows)
	}
	return err
}

func (m *matrix) ready() bool { return m.ahead || m.fortran || m.in.Buffered() > 0 }

func (m *matrix) text(i int) string { return m.elem.text(m.current[i*m.elem.size:]) }

func (m *matrix) position() (line, row int64) { return 0, m.done }
