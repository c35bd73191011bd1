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

// Products that are large, or whose rows lie far apart, are computed in blocks, from copies of B or A turned over.
func TestLargeProductsEqualTheReference(t *testing.T) {
	if len(Tiers()) == 1 {
		t.Skip("there is only the reference here, and it is slow")
	}
	shapes := []struct {
		op                     string
		m, n, k, lda, ldb, ldc int
	}{
		{"nn", 400, 70, 300, 1024, 1030, 71}, {"nn", 300, 530, 260, 260, 530, 530}, {"nn", 80, 1040, 30, 31, 1040, 1041},
		{"nn", 1, 600, 300, 300, 601, 600}, {"nn", 90, 14, 1030, 1030, 14, 14},
		{"tn", 40, 260, 260, 1024, 261, 260}, {"tn", 400, 130, 300, 400, 130, 131}, {"tn", 390, 270, 257, 2048, 512, 270},
		{"tn", 600, 9, 40, 600, 9, 9}, {"tn", 70, 1030, 20, 70, 1030, 1030},
		{"nt", 40, 200, 300, 301, 1024, 200}, {"nt", 300, 40, 270, 270, 270, 41},
		{"nt", 600, 70, 300, 301, 300, 70}, {"nt", 33, 700, 20, 20, 20, 700},
		{"nt", 1, 100, 300, 300, 300, 100}, {"nt", 1, 17, 515, 515, 516, 17}, {"nt", 1, 48, 2, 2, 3, 48},
	}
	r := rand.New(rand.NewPCG(3, 3))
	want := make([][]float32, len(shapes))
	a, b, bias := randomMatrix(r, 1<<20), randomMatrix(r, 1<<20), randomMatrix(r, 1<<11)
	a[2049], b[1031] = float32(math.Inf(1)), float32(math.NaN())
	for i, s := range shapes {
		want[i] = make([]float32, s.m*s.ldc)
		switch s.op {
		case "nn":
			genericGemmNN(want[i], a, b, bias, s.m, s.n, s.k, s.lda, s.ldb, s.ldc)
		case "tn":
			genericGemmTN(want[i], a, b, s.m, s.n, s.k, s.lda, s.ldb, s.ldc)
		case "nt":
			genericGemmNT(want[i], a, b, s.m, s.n, s.k, s.lda, s.ldb, s.ldc)
		}
	}
	forEachTier(t, func(t *testing.T) {
		if Active() == "generic" {
			return
		}
		for i, s := range shapes {
			for threads := 1; threads <= 3; threads++ {
				got := make([]float32, len(want[i]))
				switch s.op {
				case "nn":
					ParallelGemmNN(threads, got, a, b, bias, s.m, s.n, s.k, s.lda, s.ldb, s.ldc)
					same(t, got, want[i], "%v on %d threads", s, threads)
					clear(got)
					ParallelGemmPacked(threads, got, a, Pack(b, s.n, s.k, s.ldb), bias, s.m, s.lda, s.ldc)
				case "tn":
					ParallelGemmTN(threads, got, a, b, s.m, s.n, s.k, s.lda, s.ldb, s.ldc)
				case "nt":
					ParallelGemmNT(threads, got, a, b, s.m, s.n, s.k, s.lda, s.ldb, s.ldc)
				}
				same(t, got, want[i], "%v on %d threads", s, threads)
			}
		}
	})
}

func same(t *testing.T, got, want []float32, format string, args ...any) {
	t.Helper()
	for i := range want {
		if !sameFloat(got[i], want[i]) {
			t.Fatalf(format+": element %d is %x, want %x", append(args, i, got[i], want[i])...)
		}
	}
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
