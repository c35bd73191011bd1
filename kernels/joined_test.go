package kernels

import (
	"math/rand/v2"
	"slices"
	"testing"
)

// TestJoinedAdamIsTheSame: on every tier the joined operation gives the bits of the reference's product and update.
func TestJoinedAdamIsTheSame(t *testing.T) {
	if testing.Short() && len(Tiers()) == 1 {
		t.Skip("there is only the reference here, and -short")
	}
	shapes := []struct{ m, n, k, gap int }{
		{8, 32, 1, 0}, {16, 64, 2, 3}, {8, 96, 3, 1}, {24, 32, 15, 0}, {9, 64, 16, 1}, {7, 64, 9, 0}, {40, 128, 31, 2},
		{31, 32, 32, 0}, {16, 160, 33, 1}, {64, 64, 35, 0}, {17, 32, 100, 0}, {8, 32, 256, 0}, {8, 32, 257, 0}, {8, 576, 40, 1}, {8, 160, 250, 0},
		{20, 33, 12, 2}, {5, 1, 40, 0}, {3, 300, 4, 1}, {130, 40, 5, 0}, {0, 32, 4, 0}, {8, 0, 4, 0}, {8, 32, 0, 0},
	}
	s := AdamStep{Alpha: 0.01, OneMinusBeta1: 0.1, OneMinusBeta2: 0.001, Epsilon: 1e-7}
	forEachTier(t, func(t *testing.T) {
		for _, kind := range kindsOfNumbers() {
			r := rand.New(rand.NewPCG(5, 5))
			draw := func(n int, from func(*rand.Rand) float32) []float32 {
				x := make([]float32, n)
				for i := range x {
					x[i] = from(r)
				}
				return x
			}
			for _, d := range shapes {
				lda, ldb, ldw := d.m+d.gap, d.n+d.gap, d.n+d.gap
				size := d.m * ldw
				a, b := draw(d.k*lda, kind.left), draw(d.k*ldb, kind.right)
				w, mean, square := draw(size, kind.left), draw(size, kind.start), draw(size, kind.start)
				for i, v := range square {
					square[i] = abs(v)
				}
				wantW, wantMean, wantSquare := slices.Clone(w), slices.Clone(mean), slices.Clone(square)
				g := make([]float32, size)
				if d.k > 0 {
					genericGemmTN(g, a, b, d.m, d.n, d.k, lda, ldb, ldw)
				}
				for i := range d.m {
					at := i * ldw
					genericAdam(wantW[at:][:d.n], g[at:][:d.n], wantMean[at:][:d.n], wantSquare[at:][:d.n], nil, s)
				}
				GemmTNAdam(w, mean, square, g, a, b, d.m, d.n, d.k, lda, ldb, ldw, s)
				same(t, w, wantW, "%s: weights of %+v", kind.name, d)
				same(t, mean, wantMean, "%s: mean of %+v", kind.name, d)
				same(t, square, wantSquare, "%s: mean square of %+v", kind.name, d)
			}
		}
	})
}
