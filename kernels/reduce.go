package kernels

import "fmt"

// lanes is the number of partial sums of every reduction: part of the contract, whatever the hardware's width.
const lanes = 32

// Sum returns Σ x[i]. Lane l of 32 adds x[l], x[l+32], x[l+64], … in ascending order, beginning with +0; then the
// lanes are joined by halves: lane[i] += lane[i+h] for h = 16, 8, 4, 2, 1. Every reduction below has this order.
func Sum(x []float32) float32 { return active.sum(x) }

// Dot returns Σ x[i]·y[i], each lane being a chain of fused multiply-adds. It panics unless the lengths agree.
func Dot(x, y []float32) float32 {
	if len(x) != len(y) {
		panic(fmt.Sprintf("kernels: Dot of %d and %d elements", len(x), len(y)))
	}
	return active.dot(x, y)
}

// SumAbs returns Σ |x[i]|.
func SumAbs(x []float32) float32 { return training().sumAbs(x) }

// RowSums computes sums[i] = Sum of row i of x, of which each has width elements. It panics unless there is one sum for
// each row.
func RowSums(sums, x []float32, width int) {
	if len(sums)*width != len(x) {
		panic(fmt.Sprintf("kernels: RowSums of %d elements in %d rows of %d", len(x), len(sums), width))
	}
	const few = 8
	if width == 1 {
		for i, v := range x {
			sums[i] = 0 + v // for −0 the lanes give +0
		}
		return
	}
	if width > few {
		for i := range sums {
			sums[i] = active.sum(x[i*width:][:width])
		}
		return
	}
	for i := range sums { // the lanes that a row reaches, since those beyond stay 0
		var lane [few]float32
		for l, v := range x[i*width:][:width] {
			lane[l&(few-1)] += v
		}
		sums[i] = lane[0] + lane[4] + (lane[2] + lane[6]) + (lane[1] + lane[5] + (lane[3] + lane[7]))
	}
}

// ColumnSums computes sums[j] = Σᵢ x[i·width+j] over the rows, in ascending order of i beginning with +0 (the bias
// gradient of a Dense layer). It panics unless sums has width elements and x a whole number of rows.
func ColumnSums(sums, x []float32) {
	if len(sums) == 0 || len(x)%len(sums) != 0 {
		panic(fmt.Sprintf("kernels: ColumnSums of %d elements in rows of %d", len(x), len(sums)))
	}
	training().columnSums(sums, x)
}

func genericSum(x []float32) float32 {
	var lane [lanes]float32
	for ; len(x) >= lanes; x = x[lanes:] {
		for l, v := range x[:lanes] {
			lane[l] += v
		}
	}
	for l, v := range x {
		lane[l] += v
	}
	return joinLanes(&lane)
}

func genericSumAbs(x []float32) float32 {
	var lane [lanes]float32
	for ; len(x) >= lanes; x = x[lanes:] {
		for l, v := range x[:lanes] {
			lane[l] += abs(v)
		}
	}
	for l, v := range x {
		lane[l] += abs(v)
	}
	return joinLanes(&lane)
}

func genericDot(x, y []float32) float32 {
	var lane [lanes]float32
	y = y[:len(x)]
	for len(x) > 0 {
		n := min(lanes, len(x))
		for l := 0; l < n; l++ {
			lane[l] = FMA(x[l], y[l], lane[l])
		}
		x, y = x[n:], y[n:]
	}
	return joinLanes(&lane)
}

func joinLanes(lane *[lanes]float32) float32 {
	for h := lanes / 2; h > 0; h /= 2 {
		for i := 0; i < h; i++ {
			lane[i] += lane[i+h]
		}
	}
	return lane[0]
}

func genericColumnSums(sums, x []float32) {
	clear(sums)
	for ; len(x) > 0; x = x[len(sums):] {
		for j, v := range x[:len(sums)] {
			sums[j] += v
		}
	}
}
