package kernels

import (
	"math"
	"math/rand/v2"
	"testing"
)

// Dense must be the product and the activation one after the other, bit for bit, whichever way it goes: one row or
// many, one segment or several, narrow layers, edges of tiles, NaN, infinities, −0.
func TestDenseIsProductAndActivation(t *testing.T) {
	forEachTier(t, func(t *testing.T) {
		r := rand.New(rand.NewPCG(7, 7))
		for _, a := range []Activation{Linear, ReLU, LeakyReLU, Sigmoid, Softmax} {
			for _, s := range []struct{ m, n, k int }{
				{1, 1, 1}, {1, 10, 8}, {1, 16, 40}, {1, 33, 20}, {1, 70, 300}, {1, 300, 5}, {1, 530, 270}, {2, 40, 600},
				{9, 10, 64}, {13, 32, 7}, {15, 47, 257}, {30, 5, 9}, {8, 8, 8}, {7, 16, 31}, {40, 7, 30}, {29, 64, 64},
			} {
				w, x, bias := randomMatrix(r, s.k*s.n), randomMatrix(r, s.m*s.k), randomMatrix(r, s.n)
				x[0], w[len(w)-1] = float32(math.NaN()), float32(math.Inf(-1))
				bias[s.n/2] = float32(math.Copysign(0, -1))
				if s.m > 1 {
					clear(x[s.k*(s.m-1):]) // a row of zeros, whose sums are the bias
				}
				want := make([]float32, s.m*s.n)
				genericGemmNN(want, x, w, bias, s.m, s.n, s.k, s.k, s.n, s.n)
				reference(func(g *table) { g.activate(want, want, a, 0.25, s.n) })
				got := make([]float32, len(want))
				Dense(got, x, Pack(w, s.n, s.k, s.n), bias, a, 0.25, s.m)
				for i := range want {
					if !sameFloat(got[i], want[i]) {
						t.Fatalf("%s of %d×%d×%d: y[%d] = %x, want %x", a, s.m, s.n, s.k, i, got[i], want[i])
					}
				}
			}
		}
	})
}

func TestDenseRefusesWrongLengths(t *testing.T) {
	w := Pack(make([]float32, 6), 3, 2, 3)
	for name, call := range map[string]func(){
		"y":    func() { Dense(make([]float32, 5), make([]float32, 4), w, nil, ReLU, 0, 2) },
		"x":    func() { Dense(make([]float32, 6), make([]float32, 5), w, nil, ReLU, 0, 2) },
		"bias": func() { Dense(make([]float32, 6), make([]float32, 4), w, make([]float32, 2), ReLU, 0, 2) },
		"rows": func() { Dense(nil, nil, w, nil, ReLU, 0, -1) },
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s is wrong, and no panic", name)
				}
			}()
			call()
		}()
	}
	y := []float32{1, 2}
	Dense(y, nil, Pack(nil, 2, 0, 2), []float32{-3, 4}, ReLU, 0, 1)
	if y[0] != 0 || y[1] != 4 {
		t.Errorf("a layer without inputs gives %v, want its bias through the activation", y)
	}
}
