//go:build gc && !purego

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
	forEachTier(t, func(t *testing.T) {
		for width := 1; width <= 18; width++ {
			for rows := 1; rows <= 11; rows++ {
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
