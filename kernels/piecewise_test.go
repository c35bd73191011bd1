package kernels

import (
	"math"
	"testing"
)

// TestSixths: a multiplication and the rest's correction are the division by 6 of the hard sigmoid, for all that it
// divides. (Assembly may compute it so.)
func TestSixths(t *testing.T) {
	step := uint32(1)
	if testing.Short() {
		step = 997
	}
	const sixth = float32(1.0 / 6)
	is := func(x float32) bool {
		q := x * sixth
		return sameFloat(FMA(FMA(-q, 6, x), sixth, q), x/6)
	}
	for bits := math.Float32bits(0x1p-22); bits <= math.Float32bits(6); bits += step {
		if x := math.Float32frombits(bits); !is(x) {
			t.Fatalf("%v/6 is another number", x)
		}
	}
	if !is(0) || !is(6) || !is(nan32) {
		t.Error("0/6, 6/6 or NaN/6 is another number")
	}
	if x := hardSigmoid(math.Nextafter32(-3, 0)); x < 0x1p-22/6 {
		t.Errorf("the hard sigmoid divides smaller numbers than these: its value is %v", x)
	}
}
