package onnx

import (
	"encoding/binary"
	"fmt"
	"math"

	"nnrt/internal/npy"
)

// Element types (TensorProto.DataType) that nnrt knows.
const (
	elemFloat    = 1
	elemUint8    = 2
	elemInt8     = 3
	elemUint16   = 4
	elemInt16    = 5
	elemInt32    = 6
	elemInt64    = 7
	elemString   = 8
	elemBool     = 9
	elemFloat16  = 10
	elemDouble   = 11
	elemUint32   = 12
	elemUint64   = 13
	elemBfloat16 = 16
)

var elemNames = map[int64]string{elemFloat: "FLOAT", elemUint8: "UINT8", elemInt8: "INT8", elemUint16: "UINT16",
	elemInt16: "INT16", elemInt32: "INT32", elemInt64: "INT64", elemString: "STRING", elemBool: "BOOL",
	elemFloat16: "FLOAT16", elemDouble: "DOUBLE", elemUint32: "UINT32", elemUint64: "UINT64", elemBfloat16: "BFLOAT16"}

func elemName(elem int64) string {
	if name := elemNames[elem]; name != "" {
		return name
	}
	return fmt.Sprintf("data type %d", elem)
}

// floating tells whether an element type is one of floating-point numbers.
func floating(elem int64) bool {
	return elem == elemFloat || elem == elemDouble || elem == elemFloat16 || elem == elemBfloat16
}

// tensorProto is a TensorProto whose values have not been looked at.
type tensorProto struct {
	name     string
	elem     int64
	dims     []int64
	content  message
	raw      *message // raw_data
	external bool
}

func readTensorProto(content message) (tensorProto, error) {
	t := tensorProto{content: content}
	dim := func(v uint64) error {
		if len(t.dims) == maxRank {
			return failf("tensor "+short(t.name), ErrLimit, "more than %d dimensions", maxRank)
		}
		t.dims = append(t.dims, int64(v))
		return nil
	}
	location := int64(0)
	err := content.walk(func(f *field) error {
		switch f.number {
		case 1:
			return f.numbers(wireVarint, dim)
		case 2:
			return f.integer(&t.elem)
		case 3:
			return failf("tensor "+short(t.name), ErrTensor, "it is a segment of one")
		case 8:
			return f.text(&t.name)
		case 9:
			t.raw = new(message)
			return f.message(t.raw)
		case 14:
			return f.integer(&location)
		}
		return nil
	})
	t.external = location != 0
	return t, err
}

// tensor is a constant. Its values stand in one of the lists, according to elem: FLOAT, FLOAT16 and BFLOAT16 in floats;
// DOUBLE in doubles; STRING in texts; all others in ints, where batchSize may be among those of a shape.
type tensor struct {
	name    string // for errors, "" if it was computed
	elem    int64
	dims    []int64
	floats  []float32
	doubles []float64
	ints    []int64
	texts   []string

	uniform uint8 // whether all values are one: 0 as long as nobody asked, or one of the two below
}

// Values of tensor.uniform.
const (
	isUniform = 1 + iota
	notUniform
)

// size returns the number of elements.
func (t *tensor) size() int {
	return len(t.floats) + len(t.doubles) + len(t.ints) + len(t.texts)
}

// title names the tensor in errors.
func (t *tensor) title() string {
	if t.name == "" {
		return "a constant"
	}
	return "tensor " + short(t.name)
}

// decodeTensor reads a tensor's values. Their number is checked against the bytes there are before memory is taken.
func (d *decoder) decodeTensor(p *tensorProto) (*tensor, error) {
	t := &tensor{name: p.name, elem: p.elem, dims: p.dims}
	fail := func(cause error, detail string, args ...any) (*tensor, error) {
		return nil, failf(t.title(), cause, detail, args...)
	}
	for _, size := range p.dims {
		if size < 0 {
			return fail(ErrTensor, "a dimension of %d", size)
		}
	}
	n, ok := product(p.dims)
	if !ok || n > math.MaxInt32 {
		return fail(ErrLimit, "shape %s", dimText(p.dims))
	}
	if elemNames[p.elem] == "" {
		return fail(ErrUnsupported, "elements of %s", elemName(p.elem))
	}
	d.halves = d.halves || p.elem == elemFloat16 || p.elem == elemBfloat16
	raw := p.raw
	if p.external {
		var err error
		if raw, err = d.external(p, n*rawBytes(p.elem)); err != nil {
			return nil, err
		}
	}
	var err error
	if raw != nil {
		err = d.decodeRaw(t, raw.data, n)
	} else {
		err = d.decodeTyped(t, p, n)
	}
	if err != nil {
		return nil, err
	}
	return t, nil
}

// rawBytes is the size of an element in raw_data.
func rawBytes(elem int64) int64 {
	switch elem {
	case elemUint8, elemInt8, elemBool:
		return 1
	case elemUint16, elemInt16, elemFloat16, elemBfloat16:
		return 2
	case elemFloat, elemInt32, elemUint32:
		return 4
	case elemDouble, elemInt64, elemUint64:
		return 8
	}
	return 0
}

// decodeRaw reads n elements from raw_data, which is little-endian.
func (d *decoder) decodeRaw(t *tensor, b []byte, n int64) error {
	size := rawBytes(t.elem)
	if size == 0 || int64(len(b)) != n*size {
		return failf(t.title(), ErrTensor, "%d bytes of %s for the shape %s", len(b), elemName(t.elem), dimText(t.dims))
	}
	if err := d.makeValues(t, n); err != nil {
		return err
	}
	for i := range int(n) {
		var v uint64
		switch e := b[i*int(size):]; size {
		case 1:
			v = uint64(e[0])
		case 2:
			v = uint64(binary.LittleEndian.Uint16(e))
		case 4:
			v = uint64(binary.LittleEndian.Uint32(e))
		case 8:
			v = binary.LittleEndian.Uint64(e)
		}
		if err := t.set(i, v); err != nil {
			return err
		}
	}
	return nil
}

// decodeTyped reads n elements from the field that is for their type.
func (d *decoder) decodeTyped(t *tensor, p *tensorProto, n int64) error {
	number, wire := uint64(5), uint8(wireVarint) // int32_data
	switch t.elem {
	case elemFloat:
		number, wire = 4, wireFixed32
	case elemString:
		number = 6
	case elemInt64:
		number = 7
	case elemDouble:
		number, wire = 10, wireFixed64
	case elemUint32, elemUint64:
		number = 11
	}
	if t.elem == elemString {
		return d.decodeTexts(t, p, n)
	}
	count := int64(0)
	err := p.content.walk(func(f *field) error {
		if f.number != number {
			return nil
		}
		return f.numbers(wire, func(uint64) error {
			count++
			return nil
		})
	})
	if err != nil {
		return err
	}
	if count != n {
		return failf(t.title(), ErrTensor, "%d values of %s for the shape %s", count, elemName(t.elem), dimText(t.dims))
	}
	if err := d.makeValues(t, n); err != nil {
		return err
	}
	i := 0
	return p.content.walk(func(f *field) error {
		if f.number != number {
			return nil
		}
		return f.numbers(wire, func(v uint64) error {
			i++
			return t.set(i-1, v)
		})
	})
}

func (d *decoder) decodeTexts(t *tensor, p *tensorProto, n int64) error {
	err := p.content.walk(func(f *field) error {
		if f.number != 6 {
			return nil
		}
		var s string
		err := f.text(&s)
		t.texts = append(t.texts, s)
		if err == nil {
			err = d.take(48 + int64(len(s)))
		}
		return err
	})
	if err == nil && int64(len(t.texts)) != n {
		err = failf(t.title(), ErrTensor, "%d values of STRING for the shape %s", len(t.texts), dimText(t.dims))
	}
	return err
}

// makeValues makes room for n elements.
func (d *decoder) makeValues(t *tensor, n int64) error {
	size := int64(8)
	if floating(t.elem) && t.elem != elemDouble {
		size = 4
	}
	if err := d.take(n * size); err != nil {
		return err
	}
	switch {
	case t.elem == elemDouble:
		t.doubles = make([]float64, n)
	case size == 4:
		t.floats = make([]float32, n)
	default:
		t.ints = make([]int64, n)
	}
	return nil
}

// set puts in element i, given as the bits of its type with or without an extended sign.
func (t *tensor) set(i int, v uint64) error {
	switch t.elem {
	case elemFloat:
		t.floats[i] = float32frombits(v)
	case elemDouble:
		t.doubles[i] = math.Float64frombits(v)
	case elemFloat16:
		t.floats[i] = npy.HalfFloat(uint16(v))
	case elemBfloat16:
		t.floats[i] = float32frombits(uint64(uint16(v)) << 16)
	case elemInt8:
		t.ints[i] = int64(int8(v))
	case elemInt16:
		t.ints[i] = int64(int16(v))
	case elemInt32:
		t.ints[i] = int64(int32(v))
	case elemUint8:
		t.ints[i] = int64(uint8(v))
	case elemUint16:
		t.ints[i] = int64(uint16(v))
	case elemUint32:
		t.ints[i] = int64(uint32(v))
	case elemInt64:
		if t.ints[i] = int64(v); t.ints[i] == batchSize {
			return failf(t.title(), ErrLimit, "value %d is %d", i+1, t.ints[i])
		}
	case elemUint64:
		if v > math.MaxInt64 {
			return failf(t.title(), ErrLimit, "value %d is %d", i+1, v)
		}
		t.ints[i] = int64(v)
	case elemBool:
		if v > 1 {
			return failf(t.title(), ErrTensor, "value %d is %d, not false or true", i+1, v)
		}
		t.ints[i] = int64(v)
	}
	return nil
}

// exact returns the values of a tensor of numbers as float32, or an error if they are not float32 numbers. It makes a
// copy only if it must.
func (d *decoder) exact(t *tensor) ([]float32, error) {
	if t.floats != nil || t.size() == 0 {
		return t.floats, nil
	}
	if t.elem == elemString {
		return nil, failf(t.title(), ErrTensor, "texts where numbers are needed")
	}
	if err := d.take(4 * int64(t.size())); err != nil {
		return nil, err
	}
	values := make([]float32, t.size())
	for i := range values {
		if t.doubles != nil {
			values[i] = float32(t.doubles[i])
			if float64(values[i]) != t.doubles[i] {
				return nil, failf(t.title(), ErrNotExact, "value %d is %v, of type DOUBLE; export the model with float32", i+1,
					t.doubles[i])
			}
			continue
		}
		values[i] = float32(t.ints[i])
		if t.ints[i] == batchSize || float64(values[i]) != float64(t.ints[i]) || t.ints[i] > 1<<53 || t.ints[i] < -1<<53 {
			return nil, failf(t.title(), ErrNotExact, "value %d is %d, of type %s", i+1, t.ints[i], elemName(t.elem))
		}
	}
	return values, nil
}

func float32frombits(v uint64) float32 { return math.Float32frombits(uint32(v)) }

func finite(x float32) bool { return math.Float32bits(x)&0x7f800000 != 0x7f800000 }

// firstNotFinite returns the first index of a value that is not finite, or -1.
func firstNotFinite(values []float32) int {
	for i, v := range values {
		if !finite(v) {
			return i
		}
	}
	return -1
}
