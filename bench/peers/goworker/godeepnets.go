package main

import (
	"math/rand"
	"os"
	"path/filepath"

	deep "github.com/patrikeh/go-deep"
	"github.com/patrikeh/go-deep/training"

	"nnrt/kernels"
)

// godeep predicts row after row in float64 and trains by its batch trainer, whose calls are whole epochs and begin Adam
// anew, so that single steps cannot be compared.
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
	fit: func(n *network, x, y []float32, epochs, batch int) (func() []float32, string, error) {
		var examples training.Examples
		for row, target := range y {
			input, response := make([]float64, n.inputs()), make([]float64, n.outputs())
			for i := range input {
				input[i] = float64(x[row*len(input)+i])
			}
			if len(response) == 1 {
				response[0] = float64(target)
			} else {
				response[int(target)] = 1
			}
			examples = append(examples, training.Example{Input: input, Response: response})
		}
		return func() []float32 {
			config := n.godeepConfig()
			config.Weight = deep.NewNormal(0.3, 0)
			net := deep.NewNeural(config)
			training.NewBatchTrainer(training.NewAdam(1e-3, 0.9, 0.999, 1e-7), 0, batch, threads).Train(net, examples, nil, epochs)
			return godeepParameters(net)
		}, "BatchTrainer.Train with Adam, float64", nil
	},
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

func godeepParameters(net *deep.Neural) (all []float32) {
	for _, layer := range net.Weights() {
		in := len(layer[0]) - 1
		for j := range in + 1 { // the biases last
			for _, neuron := range layer {
				all = append(all, float32(neuron[j]))
			}
		}
	}
	return all
}

// godeep has no kernels to measure.
var godeep = library{
	describe: func() string { return "go-deep " + version("github.com/patrikeh/go-deep") },
	prepare:  func(problem) (func() []float32, error) { return nil, errNoProduct },
}
