package main

import (
	"math"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas32"

	"nnrt/kernels"
)

// gonumNets is a network by hand on gonum's BLAS: products by Gemm, with the bias there before, and loops for the rest.
// The BLAS uses goroutines of its own accord.
var gonumNets = netLibrary{
	predictor: func(n *network, rows int) (func(y, x []float32), string, error) {
		values := make([][]float32, len(n.layers)-1)
		for i := range values {
			values[i] = make([]float32, rows*n.layers[i].out)
		}
		return func(y, x []float32) {
			for i := range n.layers {
				to := y
				if i < len(values) {
					to = values[i]
				}
				n.layers[i].gonumForward(to, x, rows)
				x = to
			}
		}, "Gemm, and loops", nil
	},
	trainer: func(n *network, rows int, rate float64) (trainer, string, error) {
		t := &gonumTrainer{net: *n, rate: rate, weights: n.parameters()}
		t.net.layers = append([]dense(nil), n.layers...)
		t.net.setParameters(t.weights)
		t.gradients, t.m, t.v = make([]float32, len(t.weights)), make([]float32, len(t.weights)), make([]float32, len(t.weights))
		widest := 0
		for _, l := range n.layers {
			t.values = append(t.values, make([]float32, rows*l.out))
			widest = max(widest, l.out)
		}
		t.delta, t.below = make([]float32, rows*widest), make([]float32, rows*widest)
		return t, "steps of Gemm, loops and Adam by hand", nil
	},
}

func general(data []float32, rows, columns int) blas32.General {
	return blas32.General{Rows: rows, Cols: columns, Stride: columns, Data: data}
}

func (l *dense) gonumForward(y, x []float32, rows int) {
	for row := range rows {
		copy(y[row*l.out:][:l.out], l.bias)
	}
	blas32.Gemm(blas.NoTrans, blas.NoTrans, 1, general(x, rows, l.in), general(l.kernel, l.in, l.out), 1,
		general(y, rows, l.out))
	y = y[:rows*l.out]
	switch l.activation {
	case kernels.ReLU:
		for i, v := range y {
			y[i] = max(v, 0)
		}
	case kernels.Tanh:
		for i, v := range y {
			y[i] = float32(math.Tanh(float64(v)))
		}
	case kernels.Sigmoid:
		for i, v := range y {
			y[i] = float32(1 / (1 + math.Exp(-float64(v))))
		}
	case kernels.Softmax:
		for ; len(y) > 0; y = y[l.out:] {
			row, largest, sum := y[:l.out], y[0], float32(0)
			for _, v := range row {
				largest = max(largest, v)
			}
			for i, v := range row {
				row[i] = float32(math.Exp(float64(v - largest)))
				sum += row[i]
			}
			for i := range row {
				row[i] /= sum
			}
		}
	}
}

type gonumTrainer struct {
	net                      network
	rate                     float64
	weights, gradients, m, v []float32
	values                   [][]float32 // each layer's outputs
	delta, below             []float32
	steps                    float64
	loss                     float64
}

func (t *gonumTrainer) parameters() []float32 { return t.weights }

func (t *gonumTrainer) step(x, y []float32) {
	rows := len(y)
	input := x
	for i := range t.net.layers {
		t.net.layers[i].gonumForward(t.values[i], input, rows)
		input = t.values[i]
	}
	t.lossGradient(y)
	at := len(t.weights)
	for i := len(t.net.layers) - 1; i >= 0; i-- {
		l := &t.net.layers[i]
		if input = x; i > 0 {
			input = t.values[i-1]
		}
		at -= l.out
		bias := t.gradients[at:][:l.out]
		clear(bias)
		for row := range rows {
			for o, d := range t.delta[row*l.out:][:l.out] {
				bias[o] += d
			}
		}
		at -= l.in * l.out
		delta := general(t.delta, rows, l.out)
		blas32.Gemm(blas.Trans, blas.NoTrans, 1, general(input, rows, l.in), delta, 0,
			general(t.gradients[at:], l.in, l.out))
		if i == 0 {
			break
		}
		blas32.Gemm(blas.NoTrans, blas.Trans, 1, delta, general(l.kernel, l.in, l.out), 0, general(t.below, rows, l.in))
		below, tanh := t.below[:rows*l.in], t.net.layers[i-1].activation == kernels.Tanh
		for j, v := range input[:rows*l.in] {
			if tanh {
				below[j] *= 1 - v*v
			} else if v == 0 {
				below[j] = 0
			}
		}
		t.delta, t.below = t.below, t.delta
	}
	t.steps++
	alpha := float32(t.rate * math.Sqrt(1-math.Pow(0.999, t.steps)) / (1 - math.Pow(0.9, t.steps)))
	w, m, v := t.weights, t.m[:len(t.weights)], t.v[:len(t.weights)]
	for i, g := range t.gradients[:len(w)] {
		m[i] += 0.1 * (g - m[i])
		v[i] += 0.001 * (g*g - v[i])
		w[i] -= alpha * m[i] / (float32(math.Sqrt(float64(v[i]))) + 1e-7)
	}
}

// lossGradient puts the gradient of the mean cross-entropy, with respect to the last layer's sums, into delta.
func (t *gonumTrainer) lossGradient(y []float32) {
	width, scale := t.net.outputs(), 1/float32(len(y))
	p := t.values[len(t.values)-1]
	t.loss = 0
	for i, v := range p[:len(y)*width] {
		t.delta[i] = v * scale
	}
	for row, target := range y {
		if width == 1 {
			t.delta[row] -= target * scale
			t.loss -= math.Log(math.Max(1e-7, math.Abs(float64(1-target-p[row]))))
			continue
		}
		at := row*width + int(target)
		t.delta[at] -= scale
		t.loss -= math.Log(math.Max(1e-7, float64(p[at])))
	}
}
