package npy

import (
	"encoding/binary"
	"math"
	"strconv"
)

// Element is the type of the elements of an NPY or IDX file.
type Element struct {
	Kind byte // 'f' float, 'i' signed, 'u' unsigned, 'b' boolean
	Size int  // bytes: 1, 2, 4 or 8
	Big  bool // big-endian
}

// String returns the type as NPY's headers have it, such as <f4.
func (e Element) String() string {
	order := "<"
	if e.Size == 1 {
		order = "|"
	} else if e.Big {
		order = ">"
	}
	return order + string(e.Kind) + strconv.Itoa(e.Size)
}

// Bits returns the bits of the element at the start of b.
func (e Element) Bits(b []byte) uint64 {
	switch {
	case e.Size == 1:
		return uint64(b[0])
	case e.Size == 2 && e.Big:
		return uint64(binary.BigEndian.Uint16(b))
	case e.Size == 2:
		return uint64(binary.LittleEndian.Uint16(b))
	case e.Size == 4 && e.Big:
		return uint64(binary.BigEndian.Uint32(b))
	case e.Size == 4:
		return uint64(binary.LittleEndian.Uint32(b))
	case e.Big:
		return binary.BigEndian.Uint64(b)
	}
	return binary.LittleEndian.Uint64(b)
}

// Signed is Bits, extended by the sign.
func (e Element) Signed(b []byte) int64 {
	shift := 64 - 8*e.Size
	return int64(e.Bits(b)<<shift) >> shift
}

// Float returns a floating-point element; half and single precision are exact.
func (e Element) Float(b []byte) float64 {
	switch e.Size {
	case 2:
		return float64(HalfFloat(uint16(e.Bits(b))))
	case 4:
		return float64(math.Float32frombits(uint32(e.Bits(b))))
	}
	return math.Float64frombits(e.Bits(b))
}

// HalfFloat widens an IEEE 754 half-precision number: 1 sign, 5 exponent and 10 fraction bits.
func HalfFloat(h uint16) float32 {
	sign, exponent, fraction := uint32(h>>15)<<31, uint32(h>>10)&31, uint32(h)&1023
	switch exponent {
	case 0: // zero or subnormal: fraction · 2^-24
		return math.Float32frombits(math.Float32bits(float32(fraction)*(1.0/(1<<24))) | sign)
	case 31: // infinity or NaN
		return math.Float32frombits(sign | 0x7f800000 | fraction<<13)
	}
	return math.Float32frombits(sign | (exponent+127-15)<<23 | fraction<<13)
}

// Decode converts len(dst) elements of b to the nearest float32.
func (e Element) Decode(dst []float32, b []byte) {
	switch {
	case e.Kind == 'u' && e.Size == 1:
		for i := range dst {
			dst[i] = float32(b[i])
		}
	case e.Kind == 'u':
		for i := range dst {
			dst[i] = nearest(e.Bits(b[i*e.Size:]))
		}
	case e.Kind == 'i':
		for i := range dst {
			if v := e.Signed(b[i*e.Size:]); v < 0 {
				dst[i] = -nearest(uint64(-v))
			} else {
				dst[i] = nearest(uint64(v))
			}
		}
	case e.Kind == 'b':
		for i := range dst {
			dst[i] = 0
			if b[i] != 0 {
				dst[i] = 1
			}
		}
	case e.Size == 4:
		for i := range dst {
			dst[i] = math.Float32frombits(uint32(e.Bits(b[i*4:])))
		}
	default:
		for i := range dst {
			dst[i] = float32(e.Float(b[i*e.Size:]))
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
