package net

import (
	"fmt"

	"nnrt/kernels"
)

// Predictor computes a model's outputs. It owns its working memory, so each goroutine needs its own; the parameters
// are shared with the model and never change, whatever happens to the model later.
type Predictor struct {
	inputs, outputs int
	ops             []op
	block           int // rows worked on at a time, so that what passes between layers stays in the cache
	buffer          [2][]float32
}

// op is one step of a prediction: a layer with its parameters, ready to run. Dropout is none.
type op struct {
	kind       LayerKind
	in, out    int
	activation Activation
	kernel     *kernels.Packed // Dense
	weight     []float32       // BatchNormalization: scale; LayerNormalization: gamma or nil
	bias       []float32       // Dense: bias or nil; BatchNormalization: shift; LayerNormalization: beta or nil
	epsilon    float32         // LayerNormalization
}

// blockFloats bounds a predictor's buffers: rows per block × widest layer.
const blockFloats = 1 << 15

// NewPredictor makes a predictor of the model as it is now.
func (m *Model) NewPredictor() *Predictor { return m.predictorOf(m.params) }

func (m *Model) predictorOf(params []float32) *Predictor {
	p := &Predictor{inputs: m.inputs, outputs: m.Outputs()}
	tensors := make([]map[string][]float32, len(m.layers))
	for _, v := range m.plan {
		if tensors[v.layer] == nil {
			tensors[v.layer] = make(map[string][]float32, 4)
		}
		tensors[v.layer][v.name] = params[v.offset:][:v.size:v.size]
	}
	width, widest := m.inputs, 1
	for i := range m.layers {
		l, tensor := &m.layers[i], tensors[i]
		o := op{kind: l.Kind, in: width, out: l.outputs(width), activation: l.Activation}
		switch l.Kind {
		case DropoutLayer:
			continue
		case DenseLayer:
			o.kernel, o.bias = kernels.Pack(tensor["kernel"], o.out, o.in, o.out), tensor["bias"]
		case BatchNormalizationLayer:
			o.weight, o.bias = batchNormalizationAffine(tensor, width, l.Epsilon)
		case LayerNormalizationLayer:
			o.weight, o.bias, o.epsilon = tensor["gamma"], tensor["beta"], l.Epsilon
		}
		p.ops = append(p.ops, o)
		width = o.out
		widest = max(widest, width)
	}
	p.block = max(1, min(64, blockFloats/widest))
	if len(p.ops) > 1 {
		p.buffer[0] = make([]float32, p.block*widest)
	}
	if len(p.ops) > 2 {
		p.buffer[1] = make([]float32, p.block*widest)
	}
	return p
}

// Inputs returns the width of an input row.
func (p *Predictor) Inputs() int { return p.inputs }

// Outputs returns the width of an output row.
func (p *Predictor) Outputs() int { return p.outputs }

// Predict computes y, of shape [rows, outputs], from x, of shape [rows, inputs], both row-major; the number of rows
// is len(x)/inputs. A row's result does not depend on the rows beside it. It allocates nothing unless it fails, and
// it fails only if the lengths do not fit. y must not overlap x.
func (p *Predictor) Predict(y, x []float32) error {
	rows := len(x) / p.inputs
	if rows*p.inputs != len(x) {
		return fmt.Errorf("net: %d input values are no whole number of rows of %d", len(x), p.inputs)
	}
	if int64(len(y)) != int64(rows)*int64(p.outputs) {
		return fmt.Errorf("net: %d rows need %d output values (%d a row), %d given",
			rows, int64(rows)*int64(p.outputs), p.outputs, len(y))
	}
	p.run(y, nil, x, rows)
	return nil
}

// run is Predict for lengths that fit; it also puts the last layer's pre-activations into z, of y's shape, unless z
// is nil.
func (p *Predictor) run(y, z, x []float32, rows int) {
	if len(p.ops) == 0 {
		copy(y, x)
		copy(z, x)
		return
	}
	for first := 0; first < rows; first += p.block {
		n := min(p.block, rows-first)
		src := x[first*p.inputs:][:n*p.inputs]
		for i := range p.ops {
			o := &p.ops[i]
			var dst, pre []float32
			if i == len(p.ops)-1 {
				dst = y[first*p.outputs:][:n*p.outputs]
				if z != nil {
					pre = z[first*p.outputs:][:n*p.outputs]
				}
			} else {
				dst = p.buffer[i&1][:n*o.out]
			}
			o.forward(dst, pre, src, n)
			src = dst
		}
	}
}

// forward computes y = layer(x) for n rows, and puts what the activation was applied to into z unless z is nil.
func (o *op) forward(y, z, x []float32, n int) {
	switch o.kind {
	case DenseLayer:
		if z == nil {
			kernels.Dense(y, x, o.kernel, o.bias, o.activation.Kind, o.activation.Alpha, n)
			return
		}
		kernels.GemmPacked(y, x, o.kernel, o.bias, n, o.in, o.out)
		copy(z, y)
		activate(y, y, o.activation, o.out)
	case ActivationLayer:
		copy(z, x)
		activate(y, x, o.activation, o.out)
	case BatchNormalizationLayer:
		scaleAndShift(y, x, o.weight, o.bias)
		copy(z, y)
	case LayerNormalizationLayer:
		for first := 0; first < len(x); first += o.out {
			layerNormalizeRow(y[first:][:o.out], x[first:][:o.out], o.weight, o.bias, o.epsilon)
		}
		copy(z, y)
	}
}

// activate applies an activation to rows of the given width; y may be x.
func activate(y, x []float32, a Activation, width int) {
	if a.Kind == kernels.Linear {
		if len(x) > 0 && &y[0] != &x[0] {
			copy(y, x)
		}
		return
	}
	kernels.Activate(y, x, a.Kind, a.Alpha, width)
}
