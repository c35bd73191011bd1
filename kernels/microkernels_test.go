package kernels

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// forEachMicrokernels runs a test on every tier that has micro-kernels.
func forEachMicrokernels(t *testing.T, test func(t *testing.T, mk *microkernels)) {
	t.Helper()
	forEachTier(t, func(t *testing.T) {
		if active.small == nil {
			t.Skip("the tier has none")
		}
		test(t, active.small)
	})
}

// awkward returns n numbers, among which are, if special, subnormals, zeros of both signs, infinities and NaN.
func awkward(r *rand.Rand, n int, special bool) []float32 {
	x := randomMatrix(r, n)
	if special {
		rare := []float32{float32(math.NaN()), float32(math.Inf(1)), float32(math.Inf(-1)), math.MaxFloat32,
			1e-45, -3e-42, 2e-20, -1e-23, 0, float32(math.Copysign(0, -1))}
		for i := range x {
			if pick := r.IntN(60); pick < len(rare) {
				x[i] = rare[pick]
			} else if pick < 2*len(rare) {
				x[i] *= 1e-20
			}
		}
	}
	return x
}

// A tileCase is the arguments of tiles and row but for the slices.
type tileCase struct {
	m, n, k, rsA, csA, rsB, rsC int
	bias                        bool
	end                         ending
}

// plainTile is the tile written as plainly as possible.
func plainTile(c, a, b, bias []float32, s tileCase) {
	for i := range s.m {
		for j := range s.n {
			var sum float32
			if s.bias {
				sum = bias[j]
			}
			if s.end&biasOfRows != 0 {
				sum = bias[i]
			}
			for p := range s.k {
				sum = FMA(a[i*s.rsA+p*s.csA], b[p*s.rsB+j], sum)
			}
			if s.end&addToC != 0 {
				sum = c[i*s.rsC+j] + sum
			}
			if s.end&endReLU != 0 {
				sum = relu(sum)
			}
			c[i*s.rsC+j] = sum
		}
	}
}

// checkTile compares a kernel with plainTile, bit for bit, on a C that has more elements on all sides, which are to
// stay as they are.
func checkTile(t *testing.T, r *rand.Rand, s tileCase, special bool, kernel func(c, a, b, bias *float32)) {
	t.Helper()
	const margin = 20
	a := awkward(r, (s.m-1)*s.rsA+(s.k-1)*s.csA+1, special)
	b := awkward(r, (s.k-1)*s.rsB+s.n, special)
	bias := awkward(r, max(s.m, s.n), special)
	got := awkward(r, margin+(s.m-1)*s.rsC+s.n+margin, special)
	want := slices.Clone(got)
	plainTile(want[margin:], a, b, bias, s)
	start := &bias[0]
	if !s.bias && s.end&biasOfRows == 0 {
		start = nil
	}
	kernel(&got[margin], &a[0], &b[0], start)
	for i := range got {
		if !sameFloat(got[i], want[i]) {
			t.Fatalf("%+v: element %d of C is %x, want %x", s, i-margin, got[i], want[i])
		}
	}
}

// known returns what of an ending a tier's micro-kernels know.
func (mk *microkernels) known(end ending) ending {
	if mk.fuses {
		return end
	}
	return end & addToC
}

func TestTiles(t *testing.T) {
	some := 64 // of a tile's elements: so many of them get every case, and of larger tiles so many more are left out
	if testing.Short() {
		some = 8
	}
	forEachMicrokernels(t, func(t *testing.T, mk *microkernels) {
		r := rand.New(rand.NewPCG(3, 1))
		lengths := []int{31, 256}
		for k := 1; k <= 18; k++ {
			lengths = append(lengths, k)
		}
		for m := 1; m <= 2*mk.mr+2; m++ {
			for n := 1; n <= mk.nr; n++ {
				for _, k := range lengths {
					for _, s := range []tileCase{
						{rsA: k, csA: 1, rsB: n, rsC: n},
						{rsA: k, csA: 1, rsB: n, rsC: n, bias: true, end: endReLU},
						{rsA: k + 3, csA: 1, rsB: n + 5, rsC: n + 1, end: addToC},
						{rsA: k, csA: 1, rsB: n + 1, rsC: n, end: biasOfRows},
						{rsA: 1, csA: m, rsB: mk.nr, rsC: 16, end: biasOfRows | endReLU},
						{rsA: 1, csA: m + 2, rsB: mk.nr, rsC: n + 3, bias: true, end: addToC | endReLU},
						{rsA: 2, csA: 3, rsB: 0, rsC: n + 17, bias: true},
						{rsA: 0, csA: 0, rsB: 1, rsC: n + 24, end: addToC | biasOfRows},
					} {
						if r.IntN(mk.mr*mk.nr) >= some {
							continue
						}
						s.m, s.n, s.k, s.end, s.rsC = m, n, k, mk.known(s.end), max(s.rsC, n)
						height := min(m, 1+r.IntN(mk.mr))
						checkTile(t, r, s, k%2 == 0, func(c, a, b, bias *float32) {
							mk.tiles(c, a, b, bias, s.m, height, s.n, s.k, s.rsA, s.csA, s.rsB, s.rsC, s.end)
						})
					}
				}
			}
		}
	})
}

func TestCopyPanel(t *testing.T) {
	const margin, rows = 20, 5
	forEachMicrokernels(t, func(t *testing.T, mk *microkernels) {
		r := rand.New(rand.NewPCG(3, 4))
		for cols := 1; cols <= mk.nr; cols++ {
			for _, gap := range []int{0, 3} {
				ldSrc := cols + gap
				src := randomMatrix(r, rows*ldSrc)
				got := randomMatrix(r, margin+rows*mk.nr+margin)
				want := slices.Clone(got)
				for i := range rows {
					clear(want[margin+i*mk.nr:][:mk.nr])
					copy(want[margin+i*mk.nr:], src[i*ldSrc:][:cols])
				}
				mk.copyPanel(&got[margin], &src[0], rows, cols, ldSrc)
				if !slices.Equal(got, want) {
					t.Fatalf("%d columns with %d between: wrong", cols, ldSrc)
				}
			}
		}
	})
}

func TestRow(t *testing.T) {
	type shape struct{ n, k int }
	var shapes []shape
	for n := 1; n <= 140; n++ {
		for _, k := range []int{1, 2, 7, 20} {
			shapes = append(shapes, shape{n, k})
		}
	}
	for _, n := range []int{511, 512, 513, 552, 1024 + 65} {
		for _, k := range []int{1, 63, 64, 69} {
			shapes = append(shapes, shape{n, k})
		}
	}
	forEachMicrokernels(t, func(t *testing.T, mk *microkernels) {
		r := rand.New(rand.NewPCG(3, 2))
		for _, size := range shapes {
			n, k := size.n, size.k
			for _, s := range []tileCase{
				{csA: 1, rsB: n},
				{csA: 1, rsB: n, bias: true, end: endReLU},
				{csA: 3, rsB: n + 5, end: addToC | endReLU},
				{csA: 2, rsB: n + 1, bias: true, end: addToC},
				{csA: 0, rsB: 0, bias: true},
				{csA: 1, rsB: 1},
			} {
				if testing.Short() && r.IntN(4) > 0 {
					continue
				}
				s.m, s.n, s.k, s.end = 1, n, k, mk.known(s.end)
				checkTile(t, r, s, k%2 == 1, func(c, a, b, bias *float32) {
					mk.row(c, a, b, bias, s.n, s.k, s.csA, s.rsB, s.end)
				})
			}
		}
	})
}

func TestTransposeOfParts(t *testing.T) {
	const margin = 20
	forEachMicrokernels(t, func(t *testing.T, mk *microkernels) {
		r := rand.New(rand.NewPCG(3, 3))
		for rows := 1; rows <= 35; rows++ {
			for cols := 1; cols <= 35; cols++ {
				for _, gap := range []int{0, 3} {
					ldDst, ldSrc := rows+gap, cols+2*gap
					src := randomMatrix(r, rows*ldSrc+1)
					got := randomMatrix(r, margin+cols*ldDst+margin)
					want := slices.Clone(got)
					for i := range rows {
						for j := range cols {
							want[margin+j*ldDst+i] = src[i*ldSrc+j]
						}
					}
					mk.transpose(&got[margin], &src[0], rows, cols, ldDst, ldSrc)
					if !slices.Equal(got, want) {
						t.Fatalf("%d rows of %d with %d and %d between: wrong", rows, cols, ldSrc, ldDst)
					}
				}
			}
		}
	})
}

// checkNarrow compares a kernel's product of a narrow layer with narrowRow, bit for bit, on a C that has more elements
// on all sides, which are to stay as they are.
func checkNarrow(t *testing.T, r *rand.Rand, m, n, k int, special bool,
	kernel func(c, a, b, bias []float32, lda, ldc int)) {
	t.Helper()
	const margin = 20
	lda, ldc := k+r.IntN(3), n+r.IntN(3)
	a, b := awkward(r, m*lda, special), awkward(r, k*n, special)
	if special && k%2 == 0 { // the first row's products round to −0, and so must all sums
		for p := range k {
			a[p] = 1e-30
		}
		for i := range b {
			b[i] = -1e-30
		}
	}
	var bias []float32
	if r.IntN(3) > 0 {
		bias = awkward(r, n, special)
		bias[0] = float32(math.Copysign(0, -1))
	}
	got := awkward(r, margin+(m-1)*ldc+n+margin, special)
	want := slices.Clone(got)
	for i := range m {
		narrowRow(want[margin+i*ldc:][:n], bias, a[i*lda:][:k], b, n)
	}
	kernel(got[margin:], a, b, bias, lda, ldc)
	for i := range got {
		if !sameFloat(got[i], want[i]) {
			t.Fatalf("m=%d n=%d k=%d lda=%d ldc=%d bias %v: element %d of C is %x, want %x",
				m, n, k, lda, ldc, bias != nil, i-margin, got[i], want[i])
		}
	}
}

func TestNarrowRow(t *testing.T) {
	forEachMicrokernels(t, func(t *testing.T, mk *microkernels) {
		if mk.narrowRow == nil {
			t.Skip("tiles must do")
		}
		r := rand.New(rand.NewPCG(3, 5))
		for n := 1; n <= narrow; n++ {
			for k := narrowLanes; k <= 70; k++ {
				for _, special := range []bool{false, true} {
					m := 1 + k%4
					checkNarrow(t, r, m, n, k, special, func(c, a, b, bias []float32, lda, ldc int) {
						mk.narrowRow(&c[0], &a[0], &b[0], pointerTo(bias, 0), m, n, k, lda, ldc)
					})
				}
			}
		}
	})
}

func TestNarrowDot(t *testing.T) {
	forEachMicrokernels(t, func(t *testing.T, mk *microkernels) {
		if mk.narrowDot == nil {
			t.Skip("tiles must do")
		}
		r := rand.New(rand.NewPCG(3, 6))
		for n := 1; n <= mk.dotColumns; n++ {
			for k := narrowLanes; k <= 70; k++ {
				for _, special := range []bool{false, true} {
					checkNarrow(t, r, mk.dotRows, n, k, special, func(c, a, b, bias []float32, lda, ldc int) {
						stride := (k+15)/16*16 + 16
						turned := make([]float32, n*stride)
						mk.transpose(&turned[0], &b[0], k, n, stride, n)
						mk.narrowDot(&c[0], &a[0], &turned[0], pointerTo(bias, 0), n, k, lda, stride, ldc)
					})
				}
			}
		}
	})
}

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
