package kernels

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
)

// chain is the order of accumulation of the package comment, written as plainly as possible.
func chain(start float32, k int, a, b func(p int) float32) float32 {
	total := start
	for p := 0; p < k && p < segment; p++ {
		total = bigFMA(a(p), b(p), total)
	}
	for first := segment; first < k; first += segment {
		var sum float32
		for p := first; p < k && p < first+segment; p++ {
			sum = bigFMA(a(p), b(p), sum)
		}
		total += sum
	}
	return total
}

// lanesOf is the same for the forward product of a narrow layer.
func lanesOf(start float32, k int, a, b func(p int) float32) float32 {
	s := [8]float32{start}
	for p := 0; p < k; p++ {
		s[p%8] = bigFMA(a(p), b(p), s[p%8])
	}
	return ((s[0] + s[4]) + (s[2] + s[6])) + ((s[1] + s[5]) + (s[3] + s[7]))
}

func randomMatrix(r *rand.Rand, n int) []float32 {
	x := make([]float32, n)
	for i := range x {
		x[i] = float32(r.NormFloat64())
		if r.IntN(5) == 0 {
			x[i] = 0
		}
	}
	return x
}

func TestProductsFollowTheContract(t *testing.T) {
	forEachTier(t, func(t *testing.T) {
		r := rand.New(rand.NewPCG(2, 2))
		for _, s := range []struct{ m, n, k int }{
			{1, 1, 1}, {1, 10, 8}, {3, 8, 10}, {2, 1, 8}, {5, 4, 3}, {1, 129, 255}, {2, 131, 256}, {3, 33, 257},
			{2, 7, 513}, {1, 5, 770}, {4, 3, 0}, {7, 31, 64}, {1, 300, 2}, {1, 10, 31}, {1, 10, 32}, {9, 16, 33}, {17, 1, 39},
			{2, 17, 64}, {33, 11, 45}, {15, 33, 40}, {17, 12, 300},
		} {
			t.Run(fmt.Sprintf("m=%d/n=%d/k=%d", s.m, s.n, s.k), func(t *testing.T) {
				lda, ldb, ldc := max(s.k, s.m)+2, max(s.n, s.k)+1, s.n+3
				a, b := randomMatrix(r, max(s.m, s.k)*lda), randomMatrix(r, max(s.n, s.k)*ldb)
				bias := randomMatrix(r, s.n)
				if s.k > 4 { // what must not be lost
					a[1], b[ldb] = float32(math.NaN()), float32(math.Inf(1))
					a[lda*(s.m-1)] = 0
				}
				at := func(x []float32, i int) float32 { return x[i] }
				nn := func(i, j, p int) (float32, float32) { return at(a, i*lda+p), at(b, p*ldb+j) }
				tn := func(i, j, p int) (float32, float32) { return at(a, p*lda+i), at(b, p*ldb+j) }
				nt := func(i, j, p int) (float32, float32) { return at(a, i*lda+p), at(b, j*ldb+p) }
				for _, op := range []struct {
					name    string
					run     func(c []float32)
					at      func(i, j, p int) (float32, float32)
					bias    []float32
					forward bool
				}{
					{"NN", func(c []float32) { GemmNN(c, a, b, bias, s.m, s.n, s.k, lda, ldb, ldc) }, nn, bias, true},
					{"packed", func(c []float32) {
						GemmPacked(c, a, Pack(b, s.n, s.k, ldb), bias, s.m, lda, ldc)
					}, nn, bias, true},
					{"NN without bias", func(c []float32) { GemmNN(c, a, b, nil, s.m, s.n, s.k, lda, ldb, ldc) }, nn, nil, true},
					{"TN", func(c []float32) { GemmTN(c, a, b, s.m, s.n, s.k, lda, ldb, ldc) }, tn, nil, false},
					{"NT", func(c []float32) { GemmNT(c, a, b, s.m, s.n, s.k, lda, ldb, ldc) }, nt, nil, false},
				} {
					const untouched = 12345
					c := make([]float32, s.m*ldc)
					for i := range c {
						c[i] = untouched
					}
					op.run(c)
					for i := range s.m {
						for j := range ldc {
							want := float32(untouched)
							if j < s.n {
								start := float32(0)
								if op.bias != nil {
									start = op.bias[j]
								}
								sum := chain
								if op.forward && s.n <= 16 && s.k >= 32 {
									sum = lanesOf
								}
								want = sum(start, s.k,
									func(p int) float32 { x, _ := op.at(i, j, p); return x },
									func(p int) float32 { _, y := op.at(i, j, p); return y })
							}
							if got := c[i*ldc+j]; !sameFloat(got, want) {
								t.Fatalf("%s: C[%d,%d] = %x, want %x", op.name, i, j, got, want)
							}
						}
					}
				}
			})
		}
	})
}

func TestProductsRefuseShortSlices(t *testing.T) {
	x := make([]float32, 11)
	for name, call := range map[string]func(){
		"A":       func() { GemmNN(make([]float32, 9), x[:8], make([]float32, 9), nil, 3, 3, 3, 3, 3, 3) },
		"B":       func() { GemmTN(make([]float32, 9), make([]float32, 9), x[:8], 3, 3, 3, 3, 3, 3) },
		"C":       func() { GemmNT(x[:8], make([]float32, 9), make([]float32, 9), 3, 3, 3, 3, 3, 3) },
		"bias":    func() { GemmNN(make([]float32, 9), make([]float32, 9), make([]float32, 9), x[:2], 3, 3, 3, 3, 3, 3) },
		"strides": func() { GemmNN(make([]float32, 9), make([]float32, 9), make([]float32, 9), nil, 3, 3, 3, 2, 3, 3) },
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s too short, and no panic", name)
				}
			}()
			call()
		}()
	}
}
