package dataset

import (
	"bufio"
	"bytes"
	"io"
	"math"
	"strconv"

	"nnrt/internal/npy"
)

// elementText returns the element at the start of b as a text, Null for NaN.
func elementText(e npy.Element, b []byte) string {
	switch e.Kind {
	case 'u':
		return strconv.FormatUint(e.Bits(b), 10)
	case 'i':
		return strconv.FormatInt(e.Signed(b), 10)
	case 'b':
		if b[0] != 0 {
			return "1"
		}
		return "0"
	}
	v := e.Float(b)
	if v != v {
		return Null
	}
	form := byte('g')
	if v == math.Trunc(v) && math.Abs(v) < 1e15 {
		form = 'f'
	}
	if e.Size == 8 {
		return strconv.FormatFloat(v, form, -1, 64)
	}
	return strconv.FormatFloat(v, form, -1, 32)
}

// matrix is the rows of an NPY or IDX file. Nothing is allocated for what the header claims before the file has shown
// that it holds it.
type matrix struct {
	in      *bufio.Reader
	elem    npy.Element
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
func newMatrix(in *bufio.Reader, elem npy.Element, shape []uint64) (*matrix, error) {
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
	want := m.rows * int64(m.cols) * int64(m.elem.Size)
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
	m.elem.Decode(m.numbers, m.current)
	row.Numbers = m.numbers
	return nil
}

// fill sets current to the bytes of the next row.
func (m *matrix) fill() error {
	size := m.elem.Size
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

func (m *matrix) text(i int) string { return elementText(m.elem, m.current[i*m.elem.Size:]) }

func (m *matrix) position() (line, row int64) { return 0, m.done }
