//go:build gc && !purego

package kernels

import (
	"math"
	"testing"
)

// TestSSE2RoundsTwiceUnnoticed compares the functions of one argument, which the SSE2 kernels compute by sums that
// are rounded to float64 and then to float32, with the reference: at every 1009th float32 (a prime) and at those
// where rounding twice shows in a plain float64 transcription, or at all of them with
//
//	go test ./kernels -run TwiceUnnoticed -exhaustive -timeout 0
func TestSSE2RoundsTwiceUnnoticed(t *testing.T) {
	const block = 1 << 12
	stride := uint64(1009)
	if *exhaustive {
		stride = 1
	}
	kernels := generic
	fillSSE2(&kernels)
	x, y, want := make([]float32, block), make([]float32, block), make([]float32, block)
	for a := Activation(0); a.Valid(); a++ {
		if a == Softmax || a == LogSoftmax {
			continue
		}
		for bits := uint64(0); bits < 1<<32; bits += block * stride {
			for i := range x {
				x[i] = math.Float32frombits(uint32(bits + uint64(i)*stride))
			}
			kernels.activate(y, x, a, 0.75, 1)
			genericActivate(want, x, a, 0.75, 1)
			if i := firstDifference(y, want); i >= 0 {
				t.Errorf("%s(%v, bits %08x) is %v, want %v", a, x[i], math.Float32bits(x[i]), y[i], want[i])
				break
			}
		}
	}
}

// firstDifference returns the first index at which the bits differ, NaN apart, or −1.
func firstDifference(x, y []float32) int {
	for i := range x {
		if math.Float32bits(x[i]) != math.Float32bits(y[i]) && (x[i] == x[i] || y[i] == y[i]) {
			return i
		}
	}
	return -1
}
