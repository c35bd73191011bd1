package main

import (
	"math/rand"
	"os"
	"path/filepath"

	deep "github.com/patrikeh/go-deep"

	"nnrt/kernels"
)

// godeepNets predicts row after row in float64. Its batch trainer's calls are whole epochs, in which Adam's number of
// steps is that of the epochs, so that neither a step nor what a fit comes to can be compared.
var godeepNets = netLibrary{
	predictor: func(n *network, _ int) (func(y, x []float32), string, error) {
		net := n.godeep()
		row := make([]float64, n.inputs())
		return func(y, x []float32) {
			for ; len(x) > 0; x = x[len(row):] {
				for i := range row {
					row[i] = float64(x[i])
				}
				for i, v := range net.Predict(row) {
					y[i] = float32(v)
				}
				y = y[n.outputs():]
			}
		}, "Neural.Predict, row after row, float64", nil
	},
	lacks: "its trainer takes whole epochs, and counts them as Adam's steps",
	save: func(n *network) error {
		blob, err := n.godeep().Marshal()
		if err != nil {
			return err
		}
		return os.WriteFile(filepath.Join(n.folder, "saved-go-deep-"+n.Name+".json"), blob, 0o644)
	},
}

func (n *network) godeepConfig() *deep.Config {
	c := &deep.Config{Inputs: n.inputs(), Activation: deep.ActivationReLU, Mode: deep.ModeMultiClass, Bias: true,
		Weight: func() float64 { return rand.Float64() }}
	if n.layers[0].activation == kernels.Tanh {
		c.Activation = deep.ActivationTanh
	}
	if n.outputs() == 1 {
		c.Mode = deep.ModeBinary
	}
	for _, l := range n.layers {
		c.Layout = append(c.Layout, l.out)
	}
	return c
}

// godeep returns the network with its weights: a neuron's come input after input, its bias last.
func (n *network) godeep() *deep.Neural {
	net := deep.NewNeural(n.godeepConfig())
	weights := net.Weights()
	for i, l := range n.layers {
		for o := range l.out {
			for j := range l.in {
				weights[i][o][j] = float64(l.kernel[j*l.out+o])
			}
			weights[i][o][l.in] = float64(l.bias[o])
		}
	}
	net.ApplyWeights(weights)
	return net
}

// godeep has no kernels to measure.
var godeep = library{
	describe: func() string { return "go-deep " + version("github.com/patrikeh/go-deep") },
	prepare:  func(problem) (func() []float32, error) { return nil, errNoProduct },
}
