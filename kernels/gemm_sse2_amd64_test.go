//go:build gc && !purego

package kernels

import (
	"math"
	"math/rand/v2"
	"testing"
)

// tileNumbers are sources of operands for which the emulated fused multiply-add takes each of its ways.
var tileNumbers = map[string]func(r *rand.Rand) float32{
	"normal": func(r *rand.Rand) float32 { return float32(r.NormFloat64()) },
	// Sums that lie on a middle between two float32 often, exactly or by float64's rounding.
	"middles": func(r *rand.Rand) float32 {
		return (1 + float32(r.IntN(3)-1)*0x1p-23) * float32(math.Ldexp(1, r.IntN(26)-13)) * float32(1-2*r.IntN(2))
	},
	"small integers": func(r *rand.Rand) float32 { return float32(r.IntN(256)) },
	"subnormal sums": func(r *rand.Rand) float32 { return float32(math.Ldexp(r.NormFloat64(), -70+r.IntN(8))) },
	"any bits":       func(r *rand.Rand) float32 { return math.Float32frombits(r.Uint32()) },
}

func TestTilesSSE2(t *testing.T) {
	for name, number := range tileNumbers {
		t.Run(name, func(t *testing.T) {
			r := rand.New(rand.NewPCG(3, 9))
			for n := 1; n <= 16; n++ {
				for _, s := range []struct{ m, k, rsA, csA int }{{1, 1, 1, 1}, {3, 7, 8, 1}, {2, 40, 1, 5}} {
					for _, add := range []bool{false, true} {
						rsB, rsC := n+r.IntN(2), n+1
						a := make([]float32, (s.m-1)*s.rsA+(s.k-1)*s.csA+1)
						b, bias, c := make([]float32, (s.k-1)*rsB+n), make([]float32, n), make([]float32, s.m*rsC)
						for _, x := range [][]float32{a, b, bias, c} {
							for i := range x {
								x[i] = number(r)
							}
						}
						start := &bias[0]
						if r.IntN(2) == 0 {
							start = nil
						}
						want := append([]float32(nil), c...)
						for i := range s.m {
							for j := range n {
								sum := float32(0)
								if start != nil {
									sum = bias[j]
								}
								for p := range s.k {
									sum = FMA(a[i*s.rsA+p*s.csA], b[p*rsB+j], sum)
								}
								if add {
									sum += want[i*rsC+j]
								}
								want[i*rsC+j] = sum
							}
						}
						tilesSSE2(&c[0], &a[0], &b[0], start, s.m, 1, n, s.k, s.rsA, s.csA, rsB, rsC, add)
						for i, got := range c {
							if !sameFloat(got, want[i]) {
								t.Fatalf("%d×%d tile over %d terms, add %t: element %d of C is %x, want %x",
									s.m, n, s.k, add, i, got, want[i])
							}
						}
					}
				}
			}
		})
	}
}
