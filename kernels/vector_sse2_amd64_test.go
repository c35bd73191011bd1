//go:build gc && !purego

package kernels

import (
	"math/rand/v2"
	"testing"
)

// TestRiskyBlocksSSE2 puts one fused multiply-add that float64 rounds wrong, or that is subnormal, at each place of
// vectors that are harmless otherwise.
func TestRiskyBlocksSSE2(t *testing.T) {
	const n = 150
	r := rand.New(rand.NewPCG(8, 1))
	w, g, x, y := make([]float32, n), make([]float32, n), make([]float32, n), make([]float32, n)
	for _, c := range []struct {
		name    string
		a, b, c float32 // a·b + c
	}{
		// The product is a little less than half of the last place of c, whose last bit is odd.
		{"middle", 0x1.fffffcp-1, 0x1.000002p-24, 0x1.000002p0},
		{"subnormal middle", 0x1.fffffcp-76, 0x1.000002p-75, 0x1p-127 + 0x1p-149},
		{"subnormal", 0x1.8p-75, 0x1.8p-74, 0x1p-130},
	} {
		for at := range n {
			for i := range n {
				w[i], g[i] = float32(r.NormFloat64()), float32(r.NormFloat64())
				x[i], y[i] = 0, 0
			}
			w[at], g[at] = c.c, c.b
			got, want := append([]float32(nil), w...), append([]float32(nil), w...)
			sgdSSE2(got, g, -c.a)
			genericSGD(want, g, -c.a)
			for i := range n {
				if !sameFloat(got[i], want[i]) {
					t.Fatalf("%s at %d: SGD's weight %d is %x, want %x", c.name, at, i, got[i], want[i])
				}
			}
			x[at], y[at] = c.a, c.b
			if before := at - lanes; before >= 0 {
				x[before], y[before] = c.c, 1
			}
			if got, want := dotSSE2(x, y), genericDot(x, y); !sameFloat(got, want) {
				t.Fatalf("%s at %d: Dot is %x, want %x", c.name, at, got, want)
			}
		}
	}
}
