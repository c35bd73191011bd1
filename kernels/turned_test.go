package kernels

import (
	"math/rand/v2"
	"testing"
)

// TestTurnedIsTheSame: on every tier, a layer turned over gives the bits of the reference's ordinary products.
func TestTurnedIsTheSame(t *testing.T) {
	if testing.Short() && len(Tiers()) == 1 {
		t.Skip("there is only the reference here, and -short")
	}
	forEachTier(t, func(t *testing.T) {
		for _, kind := range kindsOfNumbers() {
			r := rand.New(rand.NewPCG(6, 6))
			draw := func(n int, from func(*rand.Rand) float32) []float32 {
				x := make([]float32, n)
				for i := range x {
					x[i] = from(r)
				}
				return x
			}
			over := func(x []float32, rows, columns int) []float32 {
				y := make([]float32, len(x))
				Transpose(y, x, rows, columns)
				for i := range rows {
					for j := range columns {
						if !sameFloat(y[j*rows+i], x[i*columns+j]) {
							t.Fatalf("Transpose of [%d, %d] moves %d, %d elsewhere", rows, columns, i, j)
						}
					}
				}
				return y
			}
			for _, d := range []struct{ rows, k, n int }{
				{32, 8, 10}, {32, 10, 8}, {32, 8, 1}, {1, 1, 1}, {2, 3, 5}, {17, 31, 31}, {33, 5, 16}, {100, 31, 17}, {256, 9, 7},
			} {
				x, dy, w := draw(d.rows*d.k, kind.left), draw(d.rows*d.n, kind.left), draw(d.k*d.n, kind.right)
				bias := draw(d.n, kind.start)
				turnedX, turnedDY := over(x, d.rows, d.k), over(dy, d.rows, d.n)

				for _, b := range [][]float32{bias, nil} {
					want, got := make([]float32, d.rows*d.n), make([]float32, d.rows*d.n)
					genericGemmNN(want, x, w, b, d.rows, d.n, d.k, d.k, d.n, d.n)
					TurnedDense(got, turnedX, w, b, false, d.rows, d.k, d.n)
					same(t, got, over(want, d.rows, d.n), "%s: forward %+v", kind.name, d)
					genericActivate(want, want, ReLU, 0, 0)
					TurnedDense(got, turnedX, w, b, true, d.rows, d.k, d.n)
					same(t, got, over(want, d.rows, d.n), "%s: ReLU %+v", kind.name, d)
				}

				want, got := make([]float32, d.rows*d.k), make([]float32, d.rows*d.k)
				genericGemmNT(want, dy, w, d.rows, d.k, d.n, d.n, d.n, d.k)
				TurnedInputGradient(got, turnedDY, w, d.rows, d.k, d.n)
				same(t, got, over(want, d.rows, d.k), "%s: input gradient %+v", kind.name, d)

				// A row of ones below x gives the bias's gradient.
				augmented := turnedX
				for range d.rows {
					augmented = append(augmented, 1)
				}
				want, got = make([]float32, (d.k+1)*d.n), make([]float32, (d.k+1)*d.n)
				genericGemmTN(want, x, dy, d.k, d.n, d.rows, d.k, d.n, d.n)
				genericColumnSums(want[d.k*d.n:], dy)
				TurnedWeightGradient(got, augmented, dy, d.rows, d.k+1, d.n)
				same(t, got, want, "%s: weight gradient %+v", kind.name, d)
			}
		}
	})
}

func TestTurnedRefuses(t *testing.T) {
	x := make([]float32, 512*33)
	for name, call := range map[string]func(){
		"lanes":     func() { TurnedDense(x[:5*4], x[:33*5], x[:33*4], nil, false, 5, 33, 4) },
		"bias":      func() { TurnedDense(x[:5*4], x[:3*5], x[:3*4], x[:3], false, 5, 3, 4) },
		"x":         func() { TurnedDense(x[:5*4], x[:3*5-1], x[:3*4], nil, false, 5, 3, 4) },
		"y":         func() { TurnedInputGradient(x[:3*5+1], x[:4*5], x[:3*4], 5, 3, 4) },
		"rows":      func() { TurnedWeightGradient(x[:3*4], x[:3*257], x[:257*4], 257, 3, 4) },
		"none":      func() { TurnedWeightGradient(nil, nil, x[:5*4], 5, 0, 4) },
		"transpose": func() { Transpose(x[:6], x[:5], 2, 3) },
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s does not fit, and no panic", name)
				}
			}()
			call()
		}()
	}
}
