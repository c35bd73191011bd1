package kernels

import (
	"math"
	"math/rand/v2"
	"testing"
)

// lanesInOrder is the reductions' order of the package comment, element by element.
func lanesInOrder(n int, add func(i int, sum float32) float32) float32 {
	var lane [32]float32
	for i := range n {
		lane[i%32] = add(i, lane[i%32])
	}
	for h := 16; h > 0; h /= 2 {
		for i := range h {
			lane[i] += lane[i+h]
		}
	}
	return lane[0]
}

func TestReductionsFollowTheContract(t *testing.T) {
	forEachTier(t, func(t *testing.T) {
		r := rand.New(rand.NewPCG(4, 4))
		for _, n := range []int{0, 1, 2, 10, 31, 32, 33, 63, 64, 65, 100, 1000, 4097} {
			x, y := randomMatrix(r, n), randomMatrix(r, n)
			if n > 100 {
				x[50], y[70] = float32(math.Inf(1)), 1e-45
			}
			for _, c := range []struct {
				name      string
				got, want float32
			}{
				{"Sum", Sum(x), lanesInOrder(n, func(i int, s float32) float32 { return s + x[i] })},
				{"SumAbs", SumAbs(x), lanesInOrder(n, func(i int, s float32) float32 {
					return s + float32(math.Abs(float64(x[i])))
				})},
				{"Dot", Dot(x, y), lanesInOrder(n, func(i int, s float32) float32 { return bigFMA(x[i], y[i], s) })},
			} {
				if !sameFloat(c.got, c.want) {
					t.Errorf("%s of %d elements: %x, want %x", c.name, n, c.got, c.want)
				}
			}
		}
		for width := 1; width <= 70; width++ {
			const rows = 9
			x, sums := randomMatrix(r, rows*width), make([]float32, rows)
			x[0], x[width-1] = neg0, neg0
			for i := range width { // a row of −0
				x[(rows-1)*width+i] = neg0
			}
			RowSums(sums, x, width)
			for i, got := range sums {
				if want := lanesInOrder(width, func(j int, s float32) float32 { return s + x[i*width+j] }); !sameFloat(got, want) {
					t.Errorf("row %d of width %d: %x, want %x", i, width, got, want)
				}
			}
		}
		for _, width := range []int{1, 7, 16, 33, 300} {
			x, sums := randomMatrix(r, 19*width), make([]float32, width)
			ColumnSums(sums, x)
			for j, got := range sums {
				var want float32
				for i := range 19 {
					want += x[i*width+j]
				}
				if !sameFloat(got, want) {
					t.Errorf("column %d of %d: %x, want %x", j, width, got, want)
				}
			}
		}
	})
}

// Each product here is below 0 and rounds to −0, so all lanes are −0, and their sum is if the lanes that the last
// elements do not reach are left alone: −0 + 0·0 would be +0.
func TestDotLeavesLanesAlone(t *testing.T) {
	forEachTier(t, func(t *testing.T) {
		for n := 32; n <= 96; n++ {
			x, y := make([]float32, n), make([]float32, n)
			for i := range x {
				x[i], y[i] = 1e-30, -1e-30
			}
			if got := Dot(x, y); !sameFloat(got, neg0) {
				t.Errorf("%d products that round to −0 have the sum %x", n, got)
			}
		}
	})
}
