package main

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"

	"nnrt/bench"
	"nnrt/kernels"
)

// The files that all workers read: a net's weights, rows, and what must come out of them, computed in float64 by plain
// loops that owe nothing to nnrt or to any other library measured.

const (
	referenceRows = 1024
	trainedSteps  = 3 // of Adam, whose weights workers compare with theirs
	tutorialRows  = 1000
)

// trainedBatches are the batch sizes that training is measured at.
var trainedBatches = []int{32, 128}

// referenceNet is a network in float64.
type referenceNet struct {
	layers []referenceLayer
}

type referenceLayer struct {
	in, out      int
	activation   kernels.Activation
	kernel, bias []float64 // kernel is [in, out]
}

// newReferenceNet returns the network with Glorot's uniform weights and small biases, each rounded to float32.
func newReferenceNet(n bench.Net) *referenceNet {
	r := rand.New(rand.NewPCG(uint64(n.Name[0]), 1))
	uniform := func(count int, limit float64) []float64 {
		values := make([]float64, count)
		for i := range values {
			values[i] = float64(float32(limit * (2*r.Float64() - 1)))
		}
		return values
	}
	var net referenceNet
	in := n.Inputs
	for _, l := range n.Layers {
		net.layers = append(net.layers, referenceLayer{in, l.Units, l.Activation.Kind,
			uniform(in*l.Units, math.Sqrt(6/float64(in+l.Units))), uniform(l.Units, 0.1)})
		in = l.Units
	}
	return &net
}

// parameters returns all weights, layer by layer the kernel and then the bias.
func (n *referenceNet) parameters() [][]float64 {
	var list [][]float64
	for _, l := range n.layers {
		list = append(list, l.kernel, l.bias)
	}
	return list
}

// forward returns the inputs of each layer and at last the outputs, for one row.
func (n *referenceNet) forward(x []float64) [][]float64 {
	values := [][]float64{x}
	for _, l := range n.layers {
		y := slices.Clone(l.bias)
		for i, v := range x {
			for o, w := range l.kernel[i*l.out:][:l.out] {
				y[o] += v * w
			}
		}
		switch l.activation {
		case kernels.ReLU:
			for o := range y {
				y[o] = max(y[o], 0)
			}
		case kernels.Tanh:
			for o := range y {
				y[o] = math.Tanh(y[o])
			}
		case kernels.Sigmoid:
			for o := range y {
				y[o] = 1 / (1 + math.Exp(-y[o]))
			}
		case kernels.Softmax:
			largest, sum := slices.Max(y), 0.0
			for o := range y {
				y[o] = math.Exp(y[o] - largest)
				sum += y[o]
			}
			for o := range y {
				y[o] /= sum
			}
		default:
			panic("an activation that the reference does not have")
		}
		values = append(values, y)
		x = y
	}
	return values
}

// addGradients adds to the gradients, in the order of parameters, those of one row's loss divided by rows. The loss is
// cross-entropy: with a sigmoid of a target of 0 or 1, with softmax of a class.
func (n *referenceNet) addGradients(gradients [][]float64, x []float64, target, rows int) {
	values := n.forward(x)
	delta := slices.Clone(values[len(n.layers)])
	if len(delta) == 1 {
		delta[0] -= float64(target)
	} else {
		delta[target]--
	}
	for o := range delta {
		delta[o] /= float64(rows)
	}
	for i := len(n.layers) - 1; i >= 0; i-- {
		l, input := n.layers[i], values[i]
		kernel, bias := gradients[2*i], gradients[2*i+1]
		below := make([]float64, l.in)
		for o, d := range delta {
			bias[o] += d
		}
		for j, v := range input {
			for o, d := range delta {
				kernel[j*l.out+o] += v * d
				below[j] += l.kernel[j*l.out+o] * d
			}
		}
		if i > 0 {
			for j, v := range input { // the layer below's outputs
				if n.layers[i-1].activation == kernels.Tanh {
					below[j] *= 1 - v*v
				} else if v == 0 { // ReLU
					below[j] = 0
				}
			}
		}
		delta = below
	}
}

// train does steps of Adam with Keras's defaults, each on the next batch of rows.
func (n *referenceNet) train(x []float64, y []int, batch, steps int) {
	const rate, beta1, beta2, epsilon = 1e-3, 0.9, 0.999, 1e-7
	zeros := func() (list [][]float64) {
		for _, p := range n.parameters() {
			list = append(list, make([]float64, len(p)))
		}
		return list
	}
	m, v := zeros(), zeros()
	for step := range steps {
		g := zeros()
		for row := step * batch; row < (step+1)*batch; row++ {
			n.addGradients(g, x[row*n.layers[0].in:][:n.layers[0].in], y[row], batch)
		}
		t := float64(step + 1)
		alpha := rate * math.Sqrt(1-math.Pow(beta2, t)) / (1 - math.Pow(beta1, t))
		for i, p := range n.parameters() {
			for j := range p {
				m[i][j] += (1 - beta1) * (g[i][j] - m[i][j])
				v[i][j] += (1 - beta2) * (g[i][j]*g[i][j] - v[i][j])
				p[j] -= alpha * m[i][j] / (math.Sqrt(v[i][j]) + epsilon)
			}
		}
	}
}

// writeReference writes a net's files into a folder: NET.weights, NET.x, NET.y, NET.outputs, and NET.trained-BATCH for
// each batch size of training.
func writeReference(folder string, n bench.Net) error {
	net := newReferenceNet(n)
	write := func(name string, values ...[]float64) error {
		return writeFloats(filepath.Join(folder, n.Name+"."+name), values...)
	}
	if err := write("weights", net.parameters()...); err != nil {
		return err
	}
	r := rand.New(rand.NewPCG(uint64(n.Name[0]), 2))
	x, y, targets := make([]float64, referenceRows*n.Inputs), make([]int, referenceRows), make([]float64, referenceRows)
	for i := range x {
		x[i] = float64(float32(r.NormFloat64()))
	}
	classes := max(2, n.Layers[len(n.Layers)-1].Units)
	for i := range y {
		y[i] = r.IntN(classes)
		targets[i] = float64(y[i])
	}
	var outputs []float64
	for row := range referenceRows {
		values := net.forward(x[row*n.Inputs:][:n.Inputs])
		outputs = append(outputs, values[len(values)-1]...)
	}
	for _, f := range []struct {
		name   string
		values []float64
	}{{"x", x}, {"y", targets}, {"outputs", outputs}} {
		if err := write(f.name, f.values); err != nil {
			return err
		}
	}
	for _, batch := range trainedBatches {
		trained := newReferenceNet(n)
		trained.train(x, y, batch, trainedSteps)
		if err := write(fmt.Sprintf("trained-%d", batch), trained.parameters()...); err != nil {
			return err
		}
	}
	return nil
}

// writeTutorial writes the rows of the tutorial's fit: eight inputs, and a target that a curved boundary decides.
func writeTutorial(folder string) error {
	r := rand.New(rand.NewPCG(1, 3))
	var x, y []float64
	for range tutorialRows {
		row := make([]float64, 8)
		for i := range row {
			row[i] = float64(float32(r.NormFloat64()))
		}
		target := 0.0
		if row[0]+row[1]-row[2]+0.5*row[3]*row[3] > 0.5 {
			target = 1
		}
		x, y = append(x, row...), append(y, target)
	}
	if err := writeFloats(filepath.Join(folder, "tutorial.x"), x); err != nil {
		return err
	}
	return writeFloats(filepath.Join(folder, "tutorial.y"), y)
}

// fashionFolder is where Debian's package dataset-fashion-mnist has its files.
const fashionFolder = "/usr/share/datasets/fashion-mnist"

// writeFashion writes Fashion-MNIST's 60,000 training images, from 0 to 1, and their classes.
func writeFashion(folder string) error {
	for _, f := range []struct {
		from, to string
		header   int
		scale    float32
	}{{"train-images-idx3-ubyte.gz", "fashion.x", 16, 255}, {"train-labels-idx1-ubyte.gz", "fashion.y", 8, 1}} {
		packed, err := os.ReadFile(filepath.Join(fashionFolder, f.from))
		if err != nil {
			return err
		}
		unpacker, err := gzip.NewReader(bytes.NewReader(packed))
		if err != nil {
			return err
		}
		bytes, err := io.ReadAll(unpacker)
		if err != nil {
			return err
		}
		values := make([]byte, 0, 4*len(bytes))
		for _, b := range bytes[f.header:] {
			values = binary.LittleEndian.AppendUint32(values, math.Float32bits(float32(b)/f.scale))
		}
		if err := os.WriteFile(filepath.Join(folder, f.to), values, 0o644); err != nil {
			return err
		}
	}
	return nil
}

// writeFloats writes numbers as little-endian float32.
func writeFloats(path string, values ...[]float64) error {
	var b []byte
	for _, list := range values {
		for _, v := range list {
			b = binary.LittleEndian.AppendUint32(b, math.Float32bits(float32(v)))
		}
	}
	return os.WriteFile(path, b, 0o644)
}
