package onnx

import (
	"math"

	"nnrt/net"
)

// affine is y = x·scale + shift over a row, in float64. A list of one number stands for the same for all.
type affine struct{ scale, shift []float64 }

// at returns element i of a list that may be one number for all.
func at[T any](list []T, i int) T {
	if len(list) == 1 {
		return list[0]
	}
	return list[i]
}

// then returns the affine map that is a followed by a step.
func (a *affine) then(s *step) *affine {
	if a == nil {
		a = &affine{scale: []float64{1}, shift: []float64{0}}
	}
	if s.kind == batchStep {
		return a.into(s.scale)
	}
	n := max(len(a.scale), len(s.by))
	r := &affine{scale: make([]float64, n), shift: make([]float64, n)}
	for i := range n {
		scale, shift, by := at(a.scale, i), at(a.shift, i), at(s.by, i)
		switch s.op {
		case "Add":
			if shift == 0 {
				shift = by // −0 stays what it is
			} else {
				shift += by
			}
		case "Sub":
			shift -= by
		case "RSub":
			scale, shift = -scale, by-shift
		case "Mul":
			scale, shift = scale*by, shift*by
		case "Div":
			scale, shift = scale/by, shift/by
		}
		r.scale[i], r.shift[i] = scale, shift
	}
	return r
}

// into returns the affine map that is a followed by b.
func (a *affine) into(b *affine) *affine {
	n := max(len(a.scale), len(b.scale))
	r := &affine{scale: make([]float64, n), shift: make([]float64, n)}
	for i := range n {
		r.scale[i] = at(a.scale, i) * at(b.scale, i)
		r.shift[i] = float64(at(a.shift, i)*at(b.scale, i)) + at(b.shift, i)
	}
	return r
}

// layer is a layer of the model while affine maps may still be folded into it.
type layer struct {
	net.Layer
	node    *node
	inputs  int
	weights *tensor // Dense
	order   []int   // the rows of the weights that the inputs are for, or leftOut; nil if they are as they come
	turned  bool    // they are [outputs, inputs]
	before  *affine // folded into the rows of the kernel, nil for none
	factors []float64
	bias    []float64 // nil for none
	scaled  *affine   // BatchNormalization that is an affine map; LayerNormalization's gamma and beta, or nil

	gamma, beta bool // LayerNormalization: the file has them
}

// layers makes the model's layers and parameters. Constants that scale or shift a row are folded into the Dense layer
// before them, if no activation stands between, or else the one behind them; the sums and products are computed in
// float64 and rounded once. Where there is neither, they become a BatchNormalization.
//
// width is the number of inputs; the first affine map, of the inputs as they come, and their order are what columns
// returned.
func (d *decoder) layers(steps []step, width int, pending *affine, order []int) ([]net.Layer, []float32, error) {
	var list []*layer
	flush := func(n *node) {
		if pending != nil {
			l := net.BatchNormalization(net.Epsilon(0x1p-10)) // 1 − 2⁻¹⁰ and the sum are exact
			list = append(list, &layer{Layer: l, node: n, inputs: width, scaled: pending})
			pending = nil
		}
	}
	for i := range steps {
		s := &steps[i]
		var last *layer
		if len(list) > 0 {
			last = list[len(list)-1]
		}
		switch s.kind {
		case affineStep, batchStep:
			if err := d.take(32 * int64(width)); err != nil {
				return nil, nil, s.node.wrap(err)
			}
			if pending == nil && last != nil && last.follows() {
				last.follow((*affine)(nil).then(s))
				last.gamma = last.gamma || s.op != "Add" && s.op != "Sub"
				last.beta = last.beta || s.op != "Mul" && s.op != "Div"
				continue
			}
			pending = pending.then(s)
		case activationStep:
			if pending == nil && last != nil && last.Kind == net.DenseLayer && last.Activation == net.Linear {
				last.Activation = s.activation
				continue
			}
			flush(s.node)
			list = append(list, &layer{Layer: net.Activate(s.activation), node: s.node, inputs: width})
		case denseStep:
			l := d.dense(s)
			l.before, pending = pending, nil
			if len(list) == 0 {
				l.order, order = order, nil
				l.inputs = width
			}
			width = l.Units
			list = append(list, l)
		case normalizationStep:
			flush(s.node)
			l := net.LayerNormalization(net.Epsilon(s.epsilon))
			list = append(list, &layer{Layer: l, node: s.node, inputs: width})
		}
	}
	if order != nil {
		return nil, nil, failf("", ErrUnsupported, "columns in another order before something that is not a Dense layer")
	}
	if len(steps) > 0 {
		flush(steps[len(steps)-1].node)
	} else {
		flush(nil)
	}
	if len(list) == 0 {
		return nil, nil, failf("", ErrUnsupported, "the output is the input")
	}
	return d.assemble(list)
}

// dense makes a Dense layer of a step.
func (d *decoder) dense(s *step) *layer {
	in, out := int(s.weights.dims[0]), int(s.weights.dims[1])
	if s.transposed {
		in, out = out, in
	}
	l := &layer{Layer: net.Dense(out, net.Linear), node: s.node, inputs: in, weights: s.weights, turned: s.transposed}
	if s.factor != 1 {
		l.factors = []float64{s.factor}
	}
	if s.bias != nil {
		l.bias = make([]float64, out)
		for j, b := range s.bias {
			l.bias[j] = float64(b)
		}
	}
	return l
}

// follows tells whether an affine map of the layer's outputs can be folded into it.
func (l *layer) follows() bool {
	return l.Kind == net.DenseLayer && l.Activation == net.Linear || l.Kind == net.LayerNormalizationLayer
}

// follow folds an affine map of the layer's outputs into it.
func (l *layer) follow(a *affine) {
	if l.Kind == net.LayerNormalizationLayer {
		if l.scaled != nil {
			a = l.scaled.into(a)
		}
		l.scaled = a
		return
	}
	bias := make([]float64, l.Units)
	for j := range bias {
		if l.bias == nil {
			bias[j] = at(a.shift, j)
			continue
		}
		bias[j] = float64(l.bias[j]*at(a.scale, j)) + at(a.shift, j)
	}
	shifted := l.bias != nil
	for _, s := range a.shift {
		shifted = shifted || s != 0 || math.Signbit(s)
	}
	if shifted {
		l.bias = bias
	}
	for _, s := range a.scale {
		if s == 1 {
			continue
		}
		factors := make([]float64, l.Units)
		for j := range factors {
			factors[j] = at(a.scale, j)
			if l.factors != nil {
				factors[j] *= at(l.factors, j)
			}
		}
		l.factors = factors
		return
	}
}

// assemble lays out the parameters.
func (d *decoder) assemble(list []*layer) ([]net.Layer, []float32, error) {
	layers := make([]net.Layer, len(list))
	for i, l := range list {
		if l.Kind == net.DenseLayer {
			l.NoBias = l.bias == nil && (l.before == nil || all(l.before.shift, 0))
		}
		if l.Kind == net.LayerNormalizationLayer {
			l.NoScale, l.NoCenter = !l.gamma, !l.beta
		}
		layers[i] = l.Layer
	}
	count, err := net.CountParameters(list[0].inputs, layers)
	if err != nil {
		return nil, nil, failf("", ErrLimit, "%w", err)
	}
	if err := d.take(4 * int64(count)); err != nil {
		return nil, nil, err
	}
	parameters := make([]float32, 0, count)
	for _, l := range list {
		before := len(parameters)
		switch l.Kind {
		case net.DenseLayer:
			if parameters, err = d.appendDense(parameters, l); err != nil {
				return nil, nil, l.node.wrap(err)
			}
		case net.BatchNormalizationLayer, net.LayerNormalizationLayer:
			parameters = l.appendScaled(parameters)
		}
		if bad := firstNotFinite(parameters[before:]); bad >= 0 {
			err := failf("", ErrNotFinite, "a parameter that is %v", parameters[before+bad])
			if l.node != nil {
				err = l.node.wrap(err)
			}
			return nil, nil, err
		}
	}
	return layers, parameters, nil
}

// all tells whether all of a list are one number.
func all(list []float64, c float64) bool {
	for _, x := range list {
		if x != c {
			return false
		}
	}
	return true
}

// appendDense appends a Dense layer's kernel, of shape [inputs, outputs], and bias.
func (d *decoder) appendDense(parameters []float32, l *layer) ([]float32, error) {
	weights, err := d.exact(l.weights)
	if err != nil {
		return nil, err
	}
	if i := firstNotFinite(weights); i >= 0 {
		return nil, failf(l.weights.title(), ErrNotFinite, "value %d is %v", i+1, weights[i])
	}
	in, out := l.inputs, l.Units
	weight := func(i, j int) float32 {
		if l.order != nil {
			i = l.order[i]
		}
		switch {
		case i == leftOut:
			return 0
		case l.turned:
			return weights[j*(len(weights)/out)+i]
		}
		return weights[i*out+j]
	}
	exact := l.factors == nil && l.before == nil
	for i := range in {
		for j := range out {
			if exact {
				parameters = append(parameters, weight(i, j))
				continue
			}
			w := float64(weight(i, j))
			if l.before != nil {
				w *= at(l.before.scale, i)
			}
			if l.factors != nil {
				w *= at(l.factors, j)
			}
			parameters = append(parameters, float32(w))
		}
	}
	if l.NoBias {
		return parameters, nil
	}
	for j := range out {
		b := 0.0
		if l.before != nil {
			for i := range in {
				b += float64(at(l.before.shift, i) * float64(weight(i, j)))
			}
			if l.factors != nil {
				b = float64(b * at(l.factors, j))
			}
		}
		if l.bias != nil {
			if l.before == nil {
				b = l.bias[j]
			} else {
				b += l.bias[j]
			}
		}
		parameters = append(parameters, float32(b))
	}
	return parameters, nil
}

// appendScaled appends the parameters of a normalisation: gamma and beta, and for a BatchNormalization that computes
// x·scale + shift a mean of 0 and a variance that is 1 together with epsilon.
func (l *layer) appendScaled(parameters []float32) []float32 {
	for i := 0; i < l.inputs && !l.NoScale; i++ {
		parameters = append(parameters, float32(at(l.scaled.scale, i)))
	}
	for i := 0; i < l.inputs && !l.NoCenter; i++ {
		parameters = append(parameters, float32(at(l.scaled.shift, i)))
	}
	if l.Kind == net.BatchNormalizationLayer {
		for range l.inputs {
			parameters = append(parameters, 0)
		}
		for range l.inputs {
			parameters = append(parameters, 1-l.Epsilon)
		}
	}
	return parameters
}
