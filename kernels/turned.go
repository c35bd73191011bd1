package kernels

import "fmt"

// Training narrow Dense layers turned over: x and y have shape [width, rows], so that rows of the batch lie along the
// vectors and a layer of 10, 8 or 1 outputs leaves no lanes empty. The results are those of the ordinary products,
// the same bits.

// MostTurnedRows is how many rows a batch that goes turned over has at most: a segment of the weight gradient's sums.
const MostTurnedRows = segment

// Turns tells whether training a Dense layer of so many inputs and outputs turned over pays in the active tier. If it
// does its forward product has no lanes.
func Turns(inputs, outputs int) bool {
	const few = 4 * narrowLanes
	return inputs < few && outputs < few && active.small != nil && active.small.fuses
}

// TurnedDense computes yᵀ = wᵀ·xᵀ + bias, the forward pass, and then, if asked to, ReLU: x has shape [k, rows], w
// [k, n], bias [n] or nil, y [n, rows]. It panics if a slice has not the length of its shape, k > 256, or the layer's
// forward product has lanes.
func TurnedDense(y, x, w, bias []float32, relu bool, rows, k, n int) {
	if hasLanes(n, k) {
		panic("kernels: a layer that has lanes does not go turned over")
	}
	checkBias(bias, n)
	turned(y, w, x, bias, relu, n, rows, k, 1, n)
}

// TurnedInputGradient computes dxᵀ = w·dyᵀ: w has shape [k, n], dy [n, rows], dx [k, rows], with n ≤ 256. It panics
// otherwise.
func TurnedInputGradient(dx, dy, w []float32, rows, k, n int) {
	turned(dx, w, dy, nil, false, k, rows, n, n, 1)
}

// TurnedWeightGradient computes g = xᵀ·dy: x has shape [k, rows], dy [rows, n], as the ordinary products have it, g
// [k, n], with rows ≤ 256. It panics otherwise. A row of ones in x makes a row of g that is the bias's gradient.
func TurnedWeightGradient(g, x, dy []float32, rows, k, n int) {
	turned(g, x, dy, nil, false, k, n, rows, rows, 1)
}

// turned computes C = A·B + bias, of shapes [m, n], [m, k] and [k, n], with A's element i, p at a[i·rsA + p·csA].
func turned(c, a, b, bias []float32, relu bool, m, n, k, rsA, csA int) {
	if min(m, n, k) < 1 || k > segment || len(c) != m*n || len(a) != m*k || len(b) != k*n {
		panic(fmt.Sprintf("kernels: turned product of [%d, %d] and [%d, %d] from %d and %d elements into %d", m, k, k, n,
			len(a), len(b), len(c)))
	}
	training().turned(c, a, b, bias, relu, m, n, k, rsA, csA)
}

func genericTurned(c, a, b, bias []float32, relu bool, m, n, k, rsA, csA int) {
	for i := range m {
		row := c[i*n:][:n]
		clear(row)
		if bias != nil {
			for j := range row {
				row[j] = bias[i]
			}
		}
		for p := range k {
			axpy(row, a[i*rsA+p*csA], b[p*n:])
		}
		if relu {
			genericActivate(row, row, ReLU, 0, 0)
		}
	}
}

// Transpose turns a matrix over: dst[j·rows + i] = src[i·columns + j]. It panics if a slice has not the length of the
// shape.
func Transpose(dst, src []float32, rows, columns int) {
	if min(rows, columns) < 1 || len(dst) != rows*columns || len(src) != rows*columns {
		panic(fmt.Sprintf("kernels: Transpose of [%d, %d] from %d elements into %d", rows, columns, len(src), len(dst)))
	}
	training().transpose(dst, src, rows, columns)
}

func genericTranspose(dst, src []float32, rows, columns int) {
	for i := range rows {
		for j, v := range src[i*columns:][:columns] {
			dst[j*rows+i] = v
		}
	}
}
