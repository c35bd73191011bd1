package tensors

import (
	"fmt"
	"strings"

	"nnrt/net"
)

// group is the tensors of one layer.
type group struct {
	name    string // what their names have in common; "" if that is nothing
	tensors [unused]*Tensor
	kind    net.LayerKind
	inputs  int // width of the layer's input
	outputs int
	keras   bool // named in Keras's way: an unnamed number is 0
	pattern pattern
}

// groupTensors sorts tensors by layer, in the order in which the layers first appear, and checks that each layer is one
// that nnrt has.
func groupTensors(tensors []Tensor) ([]*group, error) {
	var groups []*group
	byName := make(map[string]*group)
	for i := range tensors {
		t := &tensors[i]
		layer, r, ok := parseName(t.Name)
		if !ok {
			return nil, Errorf(t.Name, ErrName, "there are %s", knownNames)
		}
		if r == unused {
			continue
		}
		g := byName[layer]
		if g == nil {
			g = &group{name: layer}
			byName[layer] = g
			groups = append(groups, g)
		}
		if g.tensors[r] != nil {
			return nil, Errorf(t.Name, ErrDuplicate, "%q is the same of the same layer", g.tensors[r].Name)
		}
		g.tensors[r] = t
		if err := checkTensor(t); err != nil {
			return nil, err
		}
	}
	for _, g := range groups {
		if err := g.classify(); err != nil {
			return nil, err
		}
	}
	return groups, nil
}

const knownNames = "kernel, bias, gamma, beta, moving_mean and moving_variance after a layer's name and a / (Keras), " +
	"weight, bias, running_mean and running_var after a module's name and a dot (PyTorch), " +
	"coefs_0, intercepts_0 and so on (scikit-learn), or arr_0 and so on"

// checkTensor checks the values of a tensor that is a weight.
func checkTensor(t *Tensor) error {
	if t.Values == nil && product(t.Shape) > 0 {
		return Errorf(t.Name, ErrType, "%s, not floating-point numbers", t.Type)
	}
	if n := product(t.Shape); n == 0 || n != len(t.Values) {
		return Errorf(t.Name, ErrShape, "%d values in the shape %v", len(t.Values), t.Shape)
	}
	if len(t.Shape) != 1 && len(t.Shape) != 2 {
		return Errorf(t.Name, ErrShape, "%v has %d dimensions: a Dense network has vectors and matrices only", t.Shape,
			len(t.Shape))
	}
	for i, v := range t.Values {
		if !finite(v) {
			return Errorf(t.Name, ErrNotFinite, "value %d is %v", i+1, v)
		}
	}
	return nil
}

func product(shape []int) int {
	n := 1
	for _, d := range shape {
		n *= d
	}
	return n
}

// first returns one of the group's tensors, to name it.
func (g *group) first() *Tensor {
	for _, t := range g.tensors {
		if t != nil {
			return t
		}
	}
	return nil
}

// classify finds out what layer the group is, and checks the shapes within it.
func (g *group) classify() error {
	ts := &g.tensors
	if w := ts[weight]; w != nil && len(w.Shape) == 1 {
		// PyTorch's normalisation layers.
		if ts[gamma] != nil || ts[beta] != nil {
			return Errorf(w.Name, ErrExcess, "beside %q", g.first().Name)
		}
		ts[gamma], ts[weight] = w, nil
		ts[beta], ts[bias] = ts[bias], nil
	} else if ts[movingMean] != nil && ts[bias] != nil && ts[kernel] == nil && w == nil {
		return Errorf(ts[bias].Name, ErrIncomplete, "there is no weight beside it")
	}
	g.keras = ts[kernel] != nil || ts[movingMean] != nil && strings.HasSuffix(ts[movingMean].Name, "moving_mean") ||
		ts[gamma] != nil && !strings.HasSuffix(ts[gamma].Name, "weight") || ts[beta] != nil && ts[gamma] == nil
	switch {
	case ts[kernel] != nil || ts[weight] != nil:
		return g.dense()
	case ts[bias] != nil:
		return Errorf(ts[bias].Name, ErrIncomplete, "there is no weight or kernel beside it")
	}
	g.kind = net.LayerNormalizationLayer
	if ts[movingMean] != nil || ts[movingVariance] != nil {
		g.kind = net.BatchNormalizationLayer
		for _, r := range []role{movingMean, movingVariance} {
			if ts[r] == nil {
				return Errorf(g.first().Name, ErrIncomplete, "there is no %s of its layer",
					[]string{"mean", "variance"}[r-movingMean])
			}
		}
	}
	first := g.first()
	for _, t := range ts {
		if t == nil {
			continue
		}
		if len(t.Shape) != 1 {
			return Errorf(t.Name, ErrShape, "%v is not a vector", t.Shape)
		}
		if t.Shape[0] != first.Shape[0] {
			return Errorf(t.Name, ErrShape, "%v beside %q %v", t.Shape, first.Name, first.Shape)
		}
	}
	g.inputs, g.outputs = first.Shape[0], first.Shape[0]
	return nil
}

func (g *group) dense() error {
	g.kind = net.DenseLayer
	matrix := g.tensors[kernel]
	if matrix == nil {
		matrix = g.tensors[weight]
	}
	for r, t := range g.tensors {
		if t != nil && t != matrix && role(r) != bias {
			return Errorf(t.Name, ErrExcess, "beside %q", matrix.Name)
		}
	}
	if len(matrix.Shape) != 2 {
		return Errorf(matrix.Name, ErrShape, "%v is not a matrix", matrix.Shape)
	}
	g.inputs, g.outputs = matrix.Shape[0], matrix.Shape[1]
	if g.tensors[weight] != nil {
		g.inputs, g.outputs = g.outputs, g.inputs
	}
	if g.tensors[bias] == nil && strings.HasPrefix(matrix.Name, "coefs_") {
		return Errorf(matrix.Name, ErrIncomplete, "there is no %s, which scikit-learn has for every layer",
			strings.Replace(matrix.Name, "coefs_", "intercepts_", 1))
	}
	if b := g.tensors[bias]; b != nil && (len(b.Shape) != 1 || b.Shape[0] != g.outputs) {
		return Errorf(b.Name, ErrShape, "%v for a layer of %d units (%q has the shape %v)", b.Shape, g.outputs, matrix.Name,
			matrix.Shape)
	}
	return nil
}

// appendValues appends the layer's parameters in nnrt's order (see net.NewWithParameters).
func (g *group) appendValues(to []float32) []float32 {
	if w := g.tensors[weight]; w != nil {
		to = appendTransposed(to, w.Values, g.outputs, g.inputs)
	}
	for _, r := range []role{kernel, bias, gamma, beta, movingMean, movingVariance} {
		if t := g.tensors[r]; t != nil {
			to = append(to, t.Values...)
		}
	}
	return to
}

// Transposed returns the transpose of a matrix of rows × columns.
func Transposed(values []float32, rows, columns int) []float32 {
	return appendTransposed(make([]float32, 0, len(values)), values, rows, columns)
}

// appendTransposed appends the transpose of a matrix of rows × columns.
func appendTransposed(to, values []float32, rows, columns int) []float32 {
	start := len(to)
	to = append(to, values...)
	out := to[start:]
	// A few rows at a time, so that what is read and what is written stays in the caches.
	const few = 32
	for first := 0; first < rows; first += few {
		for c := range columns {
			for r := first; r < min(first+few, rows); r++ {
				out[c*rows+r] = values[r*columns+c]
			}
		}
	}
	return to
}

// title names the layer in messages.
func (g *group) title() string {
	if g.name == "" {
		return fmt.Sprintf("%q", g.first().Name)
	}
	return fmt.Sprintf("%q", g.name)
}
