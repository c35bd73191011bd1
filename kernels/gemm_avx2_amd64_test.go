//go:build gc && !purego

package kernels

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// needAVX2 skips a test of this tier's functions where the processor does not have it.
func needAVX2(t *testing.T) {
	t.Helper()
	if !slices.Contains(Tiers(), "avx2") {
		t.Skip("no AVX2 and FMA here")
	}
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

// A tileCase is the arguments of tilesAVX2 and tileRowAVX2 but for the slices.
type tileCase struct {
	m, n, k, rsA, csA, rsB, rsC int
	bias, add                   bool
}

func (s *tileCase) end() ending {
	if s.add {
		return addToC
	}
	return 0
}

// plainTile is the tile written as plainly as possible.
func plainTile(c, a, b, bias []float32, s tileCase) {
	for i := range s.m {
		for j := range s.n {
			var sum float32
			if s.bias {
				sum = bias[j]
			}
			for p := range s.k {
				sum = FMA(a[i*s.rsA+p*s.csA], b[p*s.rsB+j], sum)
			}
			if s.add {
				sum = c[i*s.rsC+j] + sum
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
	bias := awkward(r, s.n, special)
	got := awkward(r, margin+(s.m-1)*s.rsC+s.n+margin, special)
	want := slices.Clone(got)
	plainTile(want[margin:], a, b, bias, s)
	start := &bias[0]
	if !s.bias {
		start = nil
	}
	kernel(&got[margin], &a[0], &b[0], start)
	for i := range got {
		if !sameFloat(got[i], want[i]) {
			t.Fatalf("%+v: element %d of C is %x, want %x", s, i-margin, got[i], want[i])
		}
	}
}

func TestTilesAVX2(t *testing.T) {
	needAVX2(t)
	r := rand.New(rand.NewPCG(3, 1))
	lengths := []int{31, 256}
	for k := 1; k <= 12; k++ {
		lengths = append(lengths, k)
	}
	for _, m := range []int{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 20} {
		for n := 1; n <= 16; n++ {
			for _, k := range lengths {
				for _, s := range []tileCase{
					{rsA: k, csA: 1, rsB: n, rsC: n},
					{rsA: k, csA: 1, rsB: n, rsC: n, bias: true},
					{rsA: k + 3, csA: 1, rsB: n + 5, rsC: n + 1, add: true},
					{rsA: 1, csA: m, rsB: 16, rsC: 16},
					{rsA: 1, csA: m + 2, rsB: 16, rsC: 19, bias: true, add: true},
					{rsA: 2, csA: 3, rsB: 0, rsC: 33, bias: true},
					{rsA: 0, csA: 0, rsB: 1, rsC: 40},
				} {
					s.m, s.n, s.k = m, n, k
					height := min(m, 1+r.IntN(6))
					checkTile(t, r, s, k%2 == 0, func(c, a, b, bias *float32) {
						tilesAVX2(c, a, b, bias, s.m, height, s.n, s.k, s.rsA, s.csA, s.rsB, s.rsC, s.end())
					})
				}
			}
		}
	}
}

func TestCopyPanelAVX2(t *testing.T) {
	needAVX2(t)
	const margin, rows = 20, 5
	r := rand.New(rand.NewPCG(3, 4))
	for cols := 1; cols <= 16; cols++ {
		for _, gap := range []int{0, 3} {
			ldSrc := cols + gap
			src := randomMatrix(r, rows*ldSrc)
			got := randomMatrix(r, margin+rows*16+margin)
			want := slices.Clone(got)
			for i := range rows {
				clear(want[margin+i*16:][:16])
				copy(want[margin+i*16:], src[i*ldSrc:][:cols])
			}
			copyPanelAVX2(&got[margin], &src[0], rows, cols, ldSrc)
			if !slices.Equal(got, want) {
				t.Fatalf("%d columns with %d between: wrong", cols, ldSrc)
			}
		}
	}
}

func TestTileRowAVX2(t *testing.T) {
	needAVX2(t)
	r := rand.New(rand.NewPCG(3, 2))
	type shape struct{ n, k int }
	var shapes []shape
	for n := 1; n <= 140; n++ {
		for _, k := range []int{1, 2, 7, 20} {
			shapes = append(shapes, shape{n, k})
		}
	}
	for _, n := range []int{wideRow - 1, wideRow, wideRow + 1, wideRow + 40, 1024 + 65} {
		for _, k := range []int{1, tallRow - 1, tallRow, tallRow + 5} {
			shapes = append(shapes, shape{n, k})
		}
	}
	for _, size := range shapes {
		n, k := size.n, size.k
		for _, s := range []tileCase{
			{csA: 1, rsB: n},
			{csA: 1, rsB: n, bias: true},
			{csA: 3, rsB: n + 5, add: true},
			{csA: 2, rsB: n + 1, bias: true, add: true},
			{csA: 0, rsB: 0, bias: true},
			{csA: 1, rsB: 1},
		} {
			s.m, s.n, s.k = 1, n, k
			checkTile(t, r, s, k%2 == 1, func(c, a, b, bias *float32) {
				tileRowAVX2(c, a, b, bias, s.n, s.k, s.csA, s.rsB, s.add)
			})
		}
	}
}

func TestTransposeAVX2(t *testing.T) {
	needAVX2(t)
	const margin = 20
	r := rand.New(rand.NewPCG(3, 3))
	for rows := 0; rows <= 35; rows++ {
		for cols := 0; cols <= 35; cols++ {
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
				transposeAVX2(&got[margin], &src[0], rows, cols, ldDst, ldSrc)
				if !slices.Equal(got, want) {
					t.Fatalf("%d rows of %d with %d and %d between: wrong", rows, cols, ldSrc, ldDst)
				}
			}
		}
	}
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

func TestNarrowRowAVX2(t *testing.T) {
	needAVX2(t)
	r := rand.New(rand.NewPCG(3, 5))
	for n := 1; n <= narrow; n++ {
		for k := narrowLanes; k <= 70; k++ {
			for _, special := range []bool{false, true} {
				m := 1 + k%4
				checkNarrow(t, r, m, n, k, special, func(c, a, b, bias []float32, lda, ldc int) {
					narrowRowLanesAVX2(&c[0], &a[0], &b[0], pointerTo(bias, 0), m, n, k, lda, ldc)
				})
			}
		}
	}
}

func TestNarrowDotAVX2(t *testing.T) {
	needAVX2(t)
	r := rand.New(rand.NewPCG(3, 6))
	for n := 1; n <= microkernelsAVX2.dotColumns; n++ {
		for k := narrowLanes; k <= 70; k++ {
			for _, special := range []bool{false, true} {
				checkNarrow(t, r, microkernelsAVX2.dotRows, n, k, special, func(c, a, b, bias []float32, lda, ldc int) {
					turned := make([]float32, n*narrowStride(k))
					microkernelsAVX2.turnNarrow(turned, b, n, k, n)
					narrowDotAVX2(&c[0], &a[0], &turned[0], pointerTo(bias, 0), n, k, lda, narrowStride(k), ldc)
				})
			}
		}
	}
}
