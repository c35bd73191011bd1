package onnx

import (
	"encoding/binary"
	"math"
	"math/bits"
)

// Protocol Buffers, as far as ONNX needs them: https://protobuf.dev/programming-guides/encoding. A message is a list of
// fields, each a number, a wire type and a value. Nothing here recurses: a message within a message is a span of bytes
// that whoever wants it walks over.

// Wire types.
const (
	wireVarint  = 0
	wireFixed64 = 1
	wireBytes   = 2
	wireFixed32 = 5
)

// message is the encoding of one message.
type message struct {
	data []byte
	base int64 // of data[0] in the file
}

// field is one field of a message.
type field struct {
	number uint64
	wire   uint8
	value  uint64 // of the three numeric wire types
	bytes  message
}

// walk calls visit for each field of a message. It fails where the encoding does, or visit.
func (m message) walk(visit func(f *field) error) error {
	var f field
	for pos := 0; pos < len(m.data); {
		start := pos
		broken := func(what string) error {
			return failf("", ErrWire, "%s, byte %d", what, m.base+int64(start))
		}
		key, n := varint(m.data[pos:])
		if n == 0 {
			return broken("a field without a whole key")
		}
		pos += n
		f = field{number: key >> 3, wire: uint8(key & 7)}
		if f.number == 0 || f.number >= 1<<29 {
			return broken("a field of an impossible number")
		}
		switch f.wire {
		case wireVarint:
			if f.value, n = varint(m.data[pos:]); n == 0 {
				return broken("a number that is cut short or longer than 10 bytes")
			}
			pos += n
		case wireFixed64:
			if len(m.data)-pos < 8 {
				return broken("a number that is cut short")
			}
			f.value = binary.LittleEndian.Uint64(m.data[pos:])
			pos += 8
		case wireFixed32:
			if len(m.data)-pos < 4 {
				return broken("a number that is cut short")
			}
			f.value = uint64(binary.LittleEndian.Uint32(m.data[pos:]))
			pos += 4
		case wireBytes:
			size, n := varint(m.data[pos:])
			if n == 0 {
				return broken("a length that is cut short or longer than 10 bytes")
			}
			pos += n
			if size > uint64(len(m.data)-pos) {
				return broken("a field that is longer than what is around it")
			}
			f.bytes = message{m.data[pos:][:size:size], m.base + int64(pos)}
			pos += int(size)
		default:
			return broken("an unknown wire type")
		}
		if err := visit(&f); err != nil {
			return err
		}
	}
	return nil
}

// varint reads a number of at most 10 bytes and 64 bits. n is 0 if there is none.
func varint(b []byte) (v uint64, n int) {
	for i := 0; i < len(b) && i < binary.MaxVarintLen64; i++ {
		c := b[i]
		if i == binary.MaxVarintLen64-1 && c > 1 {
			return 0, 0
		}
		v |= uint64(c&0x7f) << (7 * i)
		if c < 0x80 {
			return v, i + 1
		}
	}
	return 0, 0
}

// want fails if the field's wire type is another one.
func (f *field) want(wire uint8) error {
	if f.wire != wire {
		return failf("", ErrWire, "field %d has wire type %d, not %d", f.number, f.wire, wire)
	}
	return nil
}

// text reads a string.
func (f *field) text(s *string) error {
	if err := f.want(wireBytes); err != nil {
		return err
	}
	*s = string(f.bytes.data)
	return nil
}

// integer reads an int64 or int32 (which has its sign extended to 64 bits).
func (f *field) integer(i *int64) error {
	if err := f.want(wireVarint); err != nil {
		return err
	}
	*i = int64(f.value)
	return nil
}

// message reads a message within the message.
func (f *field) message(m *message) error {
	if err := f.want(wireBytes); err != nil {
		return err
	}
	*m = f.bytes
	return nil
}

// numbers calls visit for each element of a repeated numeric field, packed or not; wire is the element's.
func (f *field) numbers(wire uint8, visit func(v uint64) error) error {
	if f.wire == wire {
		return visit(f.value)
	}
	if err := f.want(wireBytes); err != nil {
		return err
	}
	b := f.bytes.data
	for len(b) > 0 {
		var v uint64
		n := 0
		switch {
		case wire == wireVarint:
			v, n = varint(b)
		case wire == wireFixed32 && len(b) >= 4:
			v, n = uint64(binary.LittleEndian.Uint32(b)), 4
		case wire == wireFixed64 && len(b) >= 8:
			v, n = binary.LittleEndian.Uint64(b), 8
		}
		if n == 0 {
			return failf("", ErrWire, "numbers that are cut short, byte %d", f.bytes.base+int64(len(f.bytes.data)-len(b)))
		}
		if err := visit(v); err != nil {
			return err
		}
		b = b[n:]
	}
	return nil
}

// product multiplies sizes that are not negative; ok is false if the result is beyond an int64.
func product(sizes []int64) (p int64, ok bool) {
	u := uint64(1)
	for _, s := range sizes {
		if s == 0 {
			return 0, true
		}
	}
	for _, s := range sizes {
		high, low := bits.Mul64(u, uint64(s))
		if high != 0 || low > math.MaxInt64 {
			return 0, false
		}
		u = low
	}
	return int64(u), true
}
