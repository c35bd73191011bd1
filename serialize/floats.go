package serialize

import (
	"encoding/binary"
	"math"
	"unsafe"
)

// littleEndian reports whether this machine has float32 in memory as files have them.
var littleEndian = binary.NativeEndian.Uint16([]byte{1, 0}) == 1

// floatsWithin returns the float32 that data consists of, in data's own memory, or nil if they cannot be read there:
// data has no bytes, begins between the addresses that a float32 may have, or the machine has the other byte order.
// len(data) is a multiple of four.
func floatsWithin(data []byte) []float32 {
	if len(data) == 0 || !littleEndian {
		return nil
	}
	first := unsafe.Pointer(unsafe.SliceData(data))
	if uintptr(first)%unsafe.Alignof(float32(0)) != 0 {
		return nil
	}
	return unsafe.Slice((*float32)(first), len(data)/4)
}

// putFloats writes values into dst, which has four bytes for each.
func putFloats(dst []byte, values []float32) {
	for i, v := range values {
		binary.LittleEndian.PutUint32(dst[4*i:], math.Float32bits(v))
	}
}

// getFloats reads len(dst) values from src.
func getFloats(dst []float32, src []byte) {
	for i := range dst {
		dst[i] = math.Float32frombits(binary.LittleEndian.Uint32(src[4*i:]))
	}
}

// firstNotFinite returns the index of the first value that is NaN or infinite, or -1.
func firstNotFinite(values []float32) int {
	for i, v := range values {
		if !finite(v) {
			return i
		}
	}
	return -1
}

// infinity is the bits of +Inf: the exponent of every float32 that is not finite.
const infinity = 0x7f800000

func finite(x float32) bool { return math.Float32bits(x)&infinity != infinity }
