//go:build gc && !purego

package kernels

import (
	"fmt"
	"math"
	"testing"
)

// roundedTwice are arguments at which a sum that is rounded to float64 and then to float32 changes the result: of
// gelu and its gradient, and of sigmoid's gradient.
var roundedTwice = []uint32{0x343f42d5, 0x396ad8ec, 0x4e9f807f, 0x4ea08081, 0x540ffffa, 0x54100006, 0xda800800,
	0xda801800, 0xe0000800}

// TestSSE2RoundsTwiceUnnoticed compares the SSE2 kernels, many of which compute a function of one argument by sums
// that are rounded twice, with the reference: at a few float32, among them those where that would show, or at all 2³²
// of them with
//
//	go test ./kernels -run TwiceUnnoticed -exhaustive -timeout 0 -v
//
// which compares with the fastest tier of the machine, since the reference takes hours.
func TestSSE2RoundsTwiceUnnoticed(t *testing.T) {
	const block = 1 << 12
	stride := uint64(100003) // a prime
	reference, sse2 := generic, generic
	sse2.name = "sse2"
	fillSSE2(&sse2)
	if *exhaustive {
		stride = 1
		reference = *active
	}
	referenceTraining, sse2Training := reference.training(), sse2.training()
	ones := make([]float32, block)
	for i := range ones {
		ones[i] = 1
	}
	x, got, want := make([]float32, block), make([]float32, block), make([]float32, block)
	for a := Linear; a.Valid(); a++ {
		if a == Softmax || a == LogSoftmax {
			continue
		}
		t.Run(a.String(), func(t *testing.T) {
			try := func(bits func(i int) uint32) {
				for i := range x {
					x[i] = math.Float32frombits(bits(i))
				}
				sse2.activate(got, x, a, 0.75, 1)
				reference.activate(want, x, a, 0.75, 1)
				if !sameBits(t, a.String(), got, want, x) {
					t.FailNow()
				}
				sse2Training.activateGradient(got, ones, x, x, a, 0.75, 1)
				referenceTraining.activateGradient(want, ones, x, x, a, 0.75, 1)
				if !sameBits(t, fmt.Sprintf("gradient of %s", a), got, want, x) {
					t.FailNow()
				}
			}
			try(func(i int) uint32 { return roundedTwice[i/2%len(roundedTwice)] ^ uint32(i%2)<<31 })
			for first := uint64(0); first < 1<<32; first += block * stride {
				try(func(i int) uint32 { return uint32(first + uint64(i)*stride) })
			}
		})
	}
}
