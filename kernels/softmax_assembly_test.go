//go:build gc && !purego && (amd64 || arm64)

package kernels

import (
	"fmt"
	"math/rand/v2"
	"testing"
)

// TestSoftmaxOfSeveralRowsIsTheReference: kernels take several narrow rows at a time, and each may be one that becomes
// NaN, or 0 and 1, beside ordinary ones.
func TestSoftmaxOfSeveralRowsIsTheReference(t *testing.T) {
	special := specialInputs()
	r := rand.New(rand.NewPCG(7, 8))
	onAssembly(t, func(t *testing.T, _ *table) {
		for width := 1; width <= 18; width++ {
			for rows := 1; rows <= 37; rows++ {
				x, dy := make([]float32, rows*width), make([]float32, rows*width)
				for i := range x {
					x[i], dy[i] = float32(5*r.NormFloat64()), float32(r.NormFloat64())
				}
				for range rows / 2 {
					x[r.IntN(len(x))] = special[r.IntN(len(special))]
					dy[r.IntN(len(dy))] = special[r.IntN(len(special))]
				}
				for _, a := range []Activation{Softmax, LogSoftmax} {
					checkRows(t, fmt.Sprintf("%s of %d rows of %d", a, rows, width), a, width, x, dy)
				}
			}
		}
	})
}

func TestSparseCrossEntropyIsTheReference(t *testing.T) {
	special := specialInputs()
	r := rand.New(rand.NewPCG(9, 8))
	onAssembly(t, func(t *testing.T, _ *table) {
		for width := 1; width <= 70; width++ {
			for _, rows := range []int{0, 1, 2, 3, 5, 7, 15, 16, 17, 31, 32, 47, 48, 49, 100} {
				offset := r.IntN(16)
				buffer, losses := surrounded(rows, offset)
				z, want := make([]float32, rows*width), make([]float32, rows)
				for i := range z {
					z[i] = float32(5 * r.NormFloat64())
				}
				for range rows {
					z[r.IntN(len(z))] = special[r.IntN(len(special))]
				}
				for i := range losses {
					losses[i] = z[i*width+r.IntN(width)]
				}
				copy(want, losses)
				genericSparseCrossEntropy(want, z, width)
				training().sparseCrossEntropy(losses, z, width)
				if i := difference(losses, want); i >= 0 {
					t.Fatalf("%d rows of %d, row %d: %s, want %s", rows, width, i, bitsOf(losses[i]), bitsOf(want[i]))
				}
				for i, v := range buffer {
					if v != untouched && (i < offset || i >= offset+rows) {
						t.Fatalf("%d rows of %d: wrote element %d of the losses", rows, width, i-offset)
					}
				}
			}
		}
	})
}
