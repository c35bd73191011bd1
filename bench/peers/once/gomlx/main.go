// Gomlx predicts one row by a graph on GoMLX's backend in Go and ends.
package main

import (
	"github.com/gomlx/gomlx/backends/simplego"
	"github.com/gomlx/gomlx/pkg/core/graph"
	"github.com/gomlx/gomlx/pkg/core/tensors"

	"nnrt/bench/peers/once/row"
)

func main() {
	row.Main(func(net, folder string) (int, func([]float32) ([]float32, error), error) {
		kernels, biases, err := row.Weights(net, folder)
		if err != nil {
			return 0, nil, err
		}
		backend, err := simplego.New("ops_sequential")
		if err != nil {
			return 0, nil, err
		}
		sizes, tanh := row.Sizes(net)
		exec, err := graph.NewExec(backend, func(x *graph.Node) *graph.Node {
			for i := range kernels {
				kernel := graph.Const(x.Graph(), tensors.FromFlatDataAndDimensions(kernels[i], sizes[i], sizes[i+1]))
				bias := graph.Const(x.Graph(), tensors.FromFlatDataAndDimensions(biases[i], 1, sizes[i+1]))
				x = graph.Add(graph.Dot(x, kernel), bias)
				switch {
				case i == len(kernels)-1 && sizes[i+1] == 1:
					x = graph.Sigmoid(x)
				case i == len(kernels)-1:
					x = graph.Softmax(x)
				case tanh:
					x = graph.Tanh(x)
				default:
					x = graph.Max(x, graph.ScalarZero(x.Graph(), x.DType()))
				}
			}
			return x
		})
		if err != nil {
			return 0, nil, err
		}
		return sizes[0], func(x []float32) ([]float32, error) {
			out, err := exec.Exec1(tensors.FromFlatDataAndDimensions(x, 1, len(x)))
			if err != nil {
				return nil, err
			}
			return tensors.CopyFlatData[float32](out)
		}, nil
	})
}
