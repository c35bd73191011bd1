// Gonum predicts one row by gonum's BLAS and ends.
package main

import (
	"math"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas32"

	"nnrt/bench/peers/once/row"
)

func main() {
	row.Main(func(net, folder string) (int, func([]float32) ([]float32, error), error) {
		kernels, biases, err := row.Weights(net, folder)
		if err != nil {
			return 0, nil, err
		}
		sizes, tanh := row.Sizes(net)
		return sizes[0], func(x []float32) ([]float32, error) {
			for i, bias := range biases {
				in, out := sizes[i], sizes[i+1]
				kernel := blas32.General{Rows: in, Cols: out, Stride: out, Data: kernels[i]}
				y := append([]float32(nil), bias...)
				blas32.Gemv(blas.Trans, 1, kernel, blas32.Vector{N: in, Inc: 1, Data: x}, 1,
					blas32.Vector{N: out, Inc: 1, Data: y})
				if i < len(biases)-1 {
					activate(y, tanh)
				}
				x = y
			}
			probabilities(x)
			return x, nil
		}, nil
	})
}

func activate(y []float32, tanh bool) {
	for o, v := range y {
		if tanh {
			y[o] = float32(math.Tanh(float64(v)))
		} else {
			y[o] = max(v, 0)
		}
	}
}

// probabilities is sigmoid of one value and softmax of several.
func probabilities(y []float32) {
	if len(y) == 1 {
		y[0] = float32(1 / (1 + math.Exp(-float64(y[0]))))
		return
	}
	var sum float64
	for _, v := range y {
		sum += math.Exp(float64(v))
	}
	for i, v := range y {
		y[i] = float32(math.Exp(float64(v)) / sum)
	}
}
