package keras

import (
	"math"
	"strconv"

	"nnrt/dataset"
	"nnrt/net"
)

// Normalization and Rescaling are no layers of net's. The first Normalization becomes the schema's scaling, whose
// formula and roundings are the same. Every other one, and Rescaling, becomes BatchNormalization with statistics that
// make it y = fma(x, gamma, beta) or y = x − moving_mean, to the bit; RATIONALE.md has the reasons.

// exactEpsilon and exactVariance add up to 1 exactly.
const (
	exactEpsilon  = 0x1p-10
	exactVariance = 1 - exactEpsilon
)

// maxFeatures is how many columns a schema may have.
const maxFeatures = 1 << 14

// normalization is a Normalization layer: (x − mean)/max(√variance, 10⁻⁷), or the way back.
type normalization struct {
	l              *layer
	shape          []int
	kept           []bool // which dimensions have means of their own
	mean, variance statistic
}

// statistic is a mean or a variance: a number of the configuration, a list of them, or a weight.
type statistic struct {
	value  value
	weight *variable
}

func (m *importer) normalization(l *layer) error {
	width, err := m.width(l)
	if err != nil {
		return err
	}
	z := &normalization{l: l, shape: m.shape, kept: make([]bool, len(m.shape))}
	axes := l.config.get("axis")
	readAxis := func(v value) error {
		axis, ok := v.integer()
		if axis < 0 {
			axis += len(m.shape) + 1
		}
		if !ok || axis < 1 || axis > len(m.shape) {
			return fail(l.where, ErrUnsupported, "axis %s of shape %v", quote(string(axes)), m.shape)
		}
		z.kept[axis-1] = true
		return nil
	}
	if axes.kind() == '[' {
		for axis := range axes.elements() {
			if err := readAxis(axis); err != nil {
				return err
			}
		}
	} else if !axes.absent() {
		if err := readAxis(axes); err != nil {
			return err
		}
	}
	invert, err := l.flag("invert", false)
	if err != nil {
		return err
	}
	z.mean.value, z.variance.value = l.config.get("mean"), l.config.get("variance")
	if z.mean.value.absent() && z.variance.value.absent() {
		var shape []int
		for i, d := range m.shape {
			if z.kept[i] {
				shape = append(shape, d)
			}
		}
		n := m.node(l)
		z.mean.weight = n.add("mean", false, shape...)
		z.variance.weight = n.add("variance", false, shape...)
		n.add("count", false)
	}
	switch {
	case invert:
		return m.addScaling(l, "", width, z.deviations, z.means)
	case len(m.layers) == 0 && m.scaling == nil && width <= maxFeatures:
		m.scaling = z
		return nil
	}
	// One layer would compute x·(1/σ) − µ/σ, which is far off where x is near a large µ. So one subtracts, one scales.
	if err := m.addShift(l, "/mean", width, z.means); err != nil {
		return err
	}
	return m.addScaling(l, "", width, z.inverseDeviations, nil)
}

// fill puts a statistic's value for each input into values.
func (z *normalization) fill(s *statistic, values []float32) error {
	size := 1
	for i, d := range z.shape {
		if z.kept[i] {
			size *= d
		}
	}
	own := make([]float32, size)
	if s.weight != nil {
		if err := s.weight.read(own); err != nil {
			return err
		}
	} else if err := z.l.numbers(s.value, own); err != nil {
		return err
	}
	for i := range values {
		at, step, rest := 0, 1, i
		for d := len(z.shape) - 1; d >= 0; d-- {
			if z.kept[d] {
				at += rest % z.shape[d] * step
				step *= z.shape[d]
			}
			rest /= z.shape[d]
		}
		values[i] = own[at]
	}
	return nil
}

// numbers fills values with a number, or a list of as many numbers.
func (l *layer) numbers(v value, values []float32) error {
	v = v.plain()
	bad := func() error {
		return fail(l.where, ErrUnsupported, "%s where a number or a list of %d is wanted", quote(string(v)), len(values))
	}
	if v.kind() == '[' {
		i := 0
		for e := range v.elements() {
			x, ok := e.number()
			if !ok || i == len(values) {
				return bad()
			}
			values[i] = float32(x)
			i++
		}
		if i < len(values) {
			return bad()
		}
		return nil
	}
	x, ok := v.number()
	if !ok {
		return bad()
	}
	for i := range values {
		values[i] = float32(x)
	}
	return nil
}

func (z *normalization) means(values []float32) error { return z.fill(&z.mean, values) }

func (z *normalization) deviations(values []float32) error {
	if err := z.fill(&z.variance, values); err != nil {
		return err
	}
	for i, v := range values {
		values[i] = max(float32(math.Sqrt(float64(v))), 1e-7)
	}
	return nil
}

func (z *normalization) inverseDeviations(values []float32) error {
	if err := z.deviations(values); err != nil {
		return err
	}
	for i, v := range values {
		values[i] = 1 / v
	}
	return nil
}

// schema returns the scaling of the inputs, which have no names.
func (z *normalization) schema() (*dataset.Schema, error) {
	n := 1
	for _, d := range z.shape {
		n *= d
	}
	means, scales := make([]float32, n), make([]float32, n)
	if err := z.means(means); err != nil {
		return nil, err
	}
	if err := z.deviations(scales); err != nil {
		return nil, err
	}
	s := &dataset.Schema{Columns: n, Features: make([]dataset.Feature, n), Target: dataset.Target{Column: -1}}
	for i := range s.Features {
		s.Features[i] = dataset.Feature{Name: "c" + strconv.Itoa(i+1), Column: i, Mean: means[i], Scale: scales[i]}
	}
	if err := s.Validate(); err != nil {
		return nil, fail(z.l.where, ErrWeights, "%w", err)
	}
	return s, nil
}

// rescaling is x·scale + offset, each a number or one for each place along the last dimension.
func (m *importer) rescaling(l *layer) error {
	width, err := m.width(l)
	if err != nil {
		return err
	}
	last := m.shape[len(m.shape)-1]
	read := func(key string) func(values []float32) error {
		return func(values []float32) error {
			if err := l.numbers(l.config.get(key), values[:last]); err != nil {
				return err
			}
			for i := last; i < len(values); i++ {
				values[i] = values[i-last]
			}
			return nil
		}
	}
	offset := read("offset")
	if v := l.config.get("offset"); v.absent() {
		offset = nil
	} else if x, ok := v.number(); ok && x == 0 {
		offset = nil
	}
	return m.addScaling(l, "", width, read("scale"), offset)
}

// addScaling adds a layer y = fma(x, scale, offset); offset may be nil.
func (m *importer) addScaling(l *layer, suffix string, width int, scale, offset func([]float32) error) error {
	layer := net.BatchNormalization(net.Epsilon(exactEpsilon))
	layer.NoCenter = offset == nil
	tensors := []tensor{{width, scale}}
	if offset != nil {
		tensors = append(tensors, tensor{width, offset})
	}
	tensors = append(tensors, constant(width, 0), constant(width, exactVariance))
	return m.addFixed(l, layer, suffix, tensors)
}

// addShift adds a layer y = x − mean.
func (m *importer) addShift(l *layer, suffix string, width int, mean func([]float32) error) error {
	layer := net.BatchNormalization(net.Epsilon(exactEpsilon), net.NoCenter(), net.NoScale())
	return m.addFixed(l, layer, suffix, []tensor{{width, mean}, constant(width, exactVariance)})
}

func (m *importer) addFixed(l *layer, layer net.Layer, suffix string, tensors []tensor) error {
	m.leave(l, "that it stays as it is in training: as %v it predicts the same, but would be trained", layer.Kind)
	return m.add(l, layer, suffix, tensors...)
}

// constant is a tensor of equal values.
func constant(size int, x float32) tensor {
	return tensor{size, func(values []float32) error {
		for i := range values {
			values[i] = x
		}
		return nil
	}}
}
