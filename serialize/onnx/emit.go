package onnx

import (
	"encoding/binary"
	"math"
)

// emitter collects the fields of a Protocol Buffers message, in ascending order of their numbers, every number in its
// shortest form: equal models give equal bytes.
type emitter []byte

// integer adds a varint field. Negative numbers take ten bytes.
func (e *emitter) integer(number int, v int64) {
	*e = binary.AppendUvarint(*e, uint64(number)<<3|wireVarint)
	*e = binary.AppendUvarint(*e, uint64(v))
}

// float adds a 32-bit field.
func (e *emitter) float(number int, v float32) {
	*e = binary.AppendUvarint(*e, uint64(number)<<3|wireFixed32)
	*e = binary.LittleEndian.AppendUint32(*e, math.Float32bits(v))
}

// head begins a field of n bytes, which are to follow.
func (e *emitter) head(number, n int) {
	*e = binary.AppendUvarint(*e, uint64(number)<<3|wireBytes)
	*e = binary.AppendUvarint(*e, uint64(n))
}

// text adds a string.
func (e *emitter) text(number int, s string) {
	e.head(number, len(s))
	*e = append(*e, s...)
}

// message adds a message.
func (e *emitter) message(number int, m emitter) {
	e.head(number, len(m))
	*e = append(*e, m...)
}

// newFloat returns the AttributeProto of a number.
func newFloat(name string, v float32) (e emitter) {
	e.text(1, name)
	e.float(2, v)
	e.integer(20, attributeFloat)
	return e
}

// newInt returns the AttributeProto of an integer.
func newInt(name string, v int64) (e emitter) {
	e.text(1, name)
	e.integer(3, v)
	e.integer(20, attributeInt)
	return e
}

// newInts returns the AttributeProto of a list of one integer.
func newInts(name string, v int64) (e emitter) {
	e.text(1, name)
	e.integer(8, v)
	e.integer(20, attributeInts)
	return e
}
