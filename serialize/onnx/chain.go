package onnx

import (
	"nnrt/kernels"
	"nnrt/net"
)

// step is one thing that happens to every row, in the order of the graph.
type step struct {
	kind stepKind
	node *node // for errors

	activation net.Activation // activationStep

	weights    *tensor // denseStep: a matrix of constants
	transposed bool    // it is [outputs, inputs]
	factor     float64 // what the weights are multiplied by
	bias       []float32

	op     string    // affineStep: Add, Sub, Mul or Div of the row and by, "By" being first in RSub and RDiv
	by     []float32 // one number, or one for each of the row
	inputs int       // affineStep: how many numbers the row has, or unknownDim
}

type stepKind uint8

const (
	denseStep stepKind = iota
	activationStep
	affineStep
)

// maxSteps is more than a network of net.MaxLayers layers can come from.
const maxSteps = 8 * net.MaxLayers

// chain takes a value apart from the output to the input. It returns the steps in the order in which they happen, and
// the value that the first is applied to.
func (d *decoder) chain(v *value) (steps []step, bottom *value, err error) {
	for v.input == nil {
		s, next, err := d.match(v)
		if err != nil {
			return nil, nil, err
		}
		if next == nil {
			break
		}
		if len(steps) == maxSteps {
			return nil, nil, failf("", ErrLimit, "more than %d steps from the input to the output", maxSteps)
		}
		steps = append(steps, s)
		v = next
	}
	for i, j := 0, len(steps)-1; i < j; i, j = i+1, j-1 {
		steps[i], steps[j] = steps[j], steps[i]
	}
	return steps, v, nil
}

// match recognises the last step that leads to a value, and returns what that is applied to.
func (d *decoder) match(v *value) (s step, next *value, err error) {
	n := v.node
	switch v.op {
	case "MatMul":
		return step{kind: denseStep, node: n, weights: v.args[1].constant, factor: 1}, v.args[0], nil
	case "Gemm":
		return d.matchGemm(v)
	}
	if a, x, err := d.matchActivation(v); x != nil || err != nil {
		return step{kind: activationStep, node: n, activation: a}, x, err
	}
	switch v.op {
	case "Add", "Sub", "Mul", "Div":
		return d.matchAffine(v)
	}
	return step{}, nil, n.fail("", ErrUnsupported, "not part of anything that nnrt recognises")
}

// matchGemm reads Gemm: alpha·x·B + beta·C.
func (d *decoder) matchGemm(v *value) (step, *value, error) {
	n := v.node
	alpha, err := n.floatOr("alpha", 1)
	if err != nil {
		return step{}, nil, err
	}
	beta, err := n.floatOr("beta", 1)
	if err != nil {
		return step{}, nil, err
	}
	transB, err := n.intOr("transB", 0)
	if err != nil {
		return step{}, nil, err
	}
	s := step{kind: denseStep, node: n, weights: v.args[1].constant, transposed: transB != 0, factor: float64(alpha)}
	if len(v.args) < 3 || v.args[2] == nil || beta == 0 {
		return s, v.args[0], nil
	}
	bias, err := d.exact(v.args[2].constant)
	if err != nil {
		return s, nil, n.wrap(err)
	}
	out := int(v.shape[1])
	if err := d.take(4 * int64(out)); err != nil {
		return s, nil, n.wrap(err)
	}
	s.bias = make([]float32, out)
	for j := range s.bias {
		s.bias[j] = bias[min(j, len(bias)-1)]
		if beta != 1 {
			s.bias[j] = float32(float64(beta) * float64(s.bias[j]))
		}
	}
	return s, v.args[0], nil
}

// plainActivations are operators that are an activation as they are.
var plainActivations = map[string]net.Activation{
	"Relu": net.ReLU, "Sigmoid": net.Sigmoid, "Tanh": net.Tanh, "Softplus": net.Softplus, "Softsign": net.Softsign,
	"Exp": net.Exponential, "Softmax": net.Softmax, "LogSoftmax": net.LogSoftmax,
}

// matchActivation recognises an activation and returns it with what it is applied to, or nil.
func (d *decoder) matchActivation(v *value) (net.Activation, *value, error) {
	if a, ok := plainActivations[v.op]; ok {
		return a, v.args[0], nil
	}
	return net.Activation{Kind: kernels.Linear}, nil, nil
}

// matchAffine recognises a sum, difference, product or quotient of the row and constants.
func (d *decoder) matchAffine(v *value) (step, *value, error) {
	n, x, c := v.node, v.args[0], v.args[1]
	s := step{kind: affineStep, node: n, op: v.op}
	if !flows(x) {
		x, c = c, x
		if v.op == "Sub" || v.op == "Div" {
			s.op = "R" + v.op
		}
	}
	if flows(c) {
		return s, nil, n.fail("", ErrUnsupported, "two values that both depend on the input, where a chain of layers has one")
	}
	if s.op == "RDiv" {
		return s, nil, n.fail("", ErrUnsupported, "a constant divided by a value")
	}
	if len(x.shape) != len(v.shape) {
		return s, nil, n.fail("", ErrShape, "%s and %s", dimText(x.shape), dimText(c.shape))
	}
	by, err := d.row(c.constant, d.shape(x))
	if err != nil {
		return s, nil, n.wrap(err)
	}
	s.by, s.inputs = by, int(d.rowSize(d.shape(x)))
	if i := firstNotFinite(by); i >= 0 {
		return s, nil, n.fail(c.constant.title(), ErrNotFinite, "value %d is %v", i+1, by[i])
	}
	if s.op == "Div" {
		for i, b := range by {
			if b == 0 {
				return s, nil, n.fail(c.constant.title(), ErrNotFinite, "value %d is 0, and divides", i+1)
			}
		}
	}
	return s, x, nil
}
