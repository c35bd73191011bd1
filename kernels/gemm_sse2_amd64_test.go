//go:build gc && !purego

package kernels

import (
	"math"
	"math/rand/v2"
	"testing"
)

// tileNumbers are sources of factors and of what the sums begin with, for which the emulated fused multiply-add takes
// each of its ways.
var tileNumbers = map[string]struct{ factor, start func(r *rand.Rand) float32 }{
	"normal":         {normal, normal},
	"small integers": {smallInteger, smallInteger},
	"any bits":       {anyBits, anyBits},
	// Sums near a middle between two float32, exactly on it or put there by float64's rounding.
	"middles": {
		func(r *rand.Rand) float32 { return nearOne(r) * float32(math.Ldexp(1, r.IntN(26)-13)) },
		normal,
	},
	"subnormal middles": {
		func(r *rand.Rand) float32 { return nearOne(r) * 0x1p-75 },
		func(r *rand.Rand) float32 { return math.Float32frombits(r.Uint32N(1 << 23)) },
	},
	"subnormal sums": {
		func(r *rand.Rand) float32 { return float32(math.Ldexp(r.NormFloat64(), -70+r.IntN(8))) },
		func(r *rand.Rand) float32 { return 0 },
	},
}

func normal(r *rand.Rand) float32       { return float32(r.NormFloat64()) }
func smallInteger(r *rand.Rand) float32 { return float32(r.IntN(256)) }
func anyBits(r *rand.Rand) float32      { return math.Float32frombits(r.Uint32()) }

// nearOne returns ±1, or one of its neighbours at a distance of 2⁻²³.
func nearOne(r *rand.Rand) float32 {
	return (1 + float32(r.IntN(3)-1)*0x1p-23) * float32(1-2*r.IntN(2))
}

func TestTilesSSE2(t *testing.T) {
	for name, numbers := range tileNumbers {
		t.Run(name, func(t *testing.T) {
			r := rand.New(rand.NewPCG(3, 9))
			for n := 1; n <= 16; n++ {
				for _, s := range []struct{ m, k, rsA, csA int }{{1, 1, 1, 1}, {3, 7, 8, 1}, {2, 40, 1, 5}} {
					for _, end := range []ending{0, addToC} {
						rsB, rsC := n+r.IntN(2), n+1
						a := make([]float32, (s.m-1)*s.rsA+(s.k-1)*s.csA+1)
						b, bias, c := make([]float32, (s.k-1)*rsB+n), make([]float32, n), make([]float32, s.m*rsC)
						for i, x := range [][]float32{a, b, bias, c} {
							number := numbers.factor
							if i >= 2 {
								number = numbers.start
							}
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
								if end == addToC {
									sum += want[i*rsC+j]
								}
								want[i*rsC+j] = sum
							}
						}
						tilesSSE2(&c[0], &a[0], &b[0], start, s.m, 1, n, s.k, s.rsA, s.csA, rsB, rsC, end)
						for i, got := range c {
							if !sameFloat(got, want[i]) {
								t.Fatalf("%d×%d tile over %d terms, ending %d: element %d of C is %x, want %x",
									s.m, n, s.k, end, i, got, want[i])
							}
						}
					}
				}
			}
		})
	}
}
