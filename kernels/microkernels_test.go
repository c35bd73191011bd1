package kernels

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
)

// Tiles where they know every ending and any n: each of the ways to begin and to end a sum, over several panels of
// columns and tiles of rows, with C's surroundings left as they are.
func TestTilesOfManyColumns(t *testing.T) {
	forEachTier(t, func(t *testing.T) {
		mk := active.small
		if mk == nil || !mk.fuses {
			t.Skip("the tier has no such tiles")
		}
		r := rand.New(rand.NewPCG(15, 15))
		for range 3000 {
			m, n, k := 1+r.IntN(3*mk.mr), 1+r.IntN(3*mk.nr), 1+r.IntN(12)
			end := ending(r.IntN(8))
			rsA, csA := 1, m+r.IntN(3)
			rsB, rsC := n+r.IntN(3), n+r.IntN(3)
			a, b := randomMatrix(r, k*csA), randomMatrix(r, k*rsB)
			bias := randomMatrix(r, max(m, n))
			bias[r.IntN(len(bias))] = float32(math.Copysign(0, -1))
			start := &bias[0]
			if end&biasOfRows == 0 && r.IntN(3) == 0 {
				start = nil
			}
			got := randomMatrix(r, m*rsC)
			want := append([]float32(nil), got...)
			for i := range m {
				for j := range n {
					var s float32
					if end&biasOfRows != 0 {
						s = bias[i]
					} else if start != nil {
						s = bias[j]
					}
					for p := range k {
						s = FMA(a[i*rsA+p*csA], b[p*rsB+j], s)
					}
					if end&addToC != 0 {
						s += want[i*rsC+j]
					}
					if end&endReLU != 0 {
						s = relu(s)
					}
					want[i*rsC+j] = s
				}
			}
			mk.tiles(&got[0], &a[0], &b[0], start, m, mk.height(m, rsA), n, k, rsA, csA, rsB, rsC, end)
			compare(t, fmt.Sprintf("%d×%d over %d terms, ending %d, bias %t", m, n, k, end, start != nil), got, want)
		}
	})
}
