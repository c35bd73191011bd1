package net

import (
	"fmt"
	"math"
	"strconv"
	"sync"
	"sync/atomic"

	"nnrt/kernels"
)

// Limits of a model. They also bound what a file can ask for.
const (
	MaxUnits  = 1 << 20 // units of a layer, inputs of a model
	MaxLayers = 1 << 10
)

// Model is a chain of layers with its parameters. Predictors made from it share the parameters and never see them
// change: Fit, Trainer.Apply, SetWeights and Initialize put new parameters in the place of the old ones. Those four
// must not run at the same time as other methods of the same Model; Predictors may go on meanwhile.
type Model struct {
	inputs int
	layers []Layer
	plan   []variable
	size   int       // parameters in all
	params []float32 // all parameters in the plan's order; never written once it is here
	fresh  bool      // params were drawn by New, and nothing has been learned or set

	program atomic.Pointer[program] // params laid out for prediction, or nil as long as nobody wants that
	making  sync.Mutex              // of program
}

// variable is one weight tensor: a span of the parameters.
type variable struct {
	layer         int
	name          string // of the tensor, such as kernel
	rows, columns int    // a vector has rows 0
	offset, size  int
	trainable     bool
}

// Variable is a copy of one weight tensor.
type Variable struct {
	Name      string // layer/tensor, such as dense_1/kernel
	Shape     []int  // [inputs, units] for a kernel, [units] for the others
	Values    []float32
	Trainable bool
}

// New makes a model for rows of the given width. Its weights are drawn at once, from seed 0; Fit draws them anew
// from its own seed unless the model has been trained or given weights by then. The error names the layer, or what
// is wrong with the environment variable NNRT_KERNELS.
func New(inputs int, layers ...Layer) (*Model, error) {
	m, err := build(inputs, layers)
	if err != nil {
		return nil, err
	}
	m.Initialize(0)
	m.fresh = true
	return m, nil
}

// NewWithParameters makes a model that takes ownership of parameters: all weight tensors one after another, layer by
// layer in Keras's order (Dense: kernel row-major [inputs, units], bias; BatchNormalization: gamma, beta,
// moving_mean, moving_variance; LayerNormalization: gamma, beta).
func NewWithParameters(inputs int, layers []Layer, parameters []float32) (*Model, error) {
	m, err := build(inputs, layers)
	if err != nil {
		return nil, err
	}
	if len(parameters) != m.size {
		return nil, fmt.Errorf("net: %d parameters given, the layers have %d", len(parameters), m.size)
	}
	m.params = parameters
	return m, nil
}

// CountParameters returns how many parameters the layers have, or the error New would give. It allocates for the
// layers only.
func CountParameters(inputs int, layers []Layer) (int, error) {
	m, err := build(inputs, layers)
	if err != nil {
		return 0, err
	}
	return m.size, nil
}

func build(inputs int, layers []Layer) (*Model, error) {
	if err := kernels.Err(); err != nil {
		return nil, fmt.Errorf("net: %w", err)
	}
	if inputs < 1 || inputs > MaxUnits {
		return nil, fmt.Errorf("net: inputs %d outside 1…%d", inputs, MaxUnits)
	}
	if len(layers) < 1 || len(layers) > MaxLayers {
		return nil, fmt.Errorf("net: %d layers, a model has 1…%d", len(layers), MaxLayers)
	}
	m := &Model{inputs: inputs, layers: append([]Layer(nil), layers...)}
	if err := m.nameLayers(); err != nil {
		return nil, err
	}
	width := inputs
	for i := range m.layers {
		l := &m.layers[i]
		if err := l.validate(); err != nil {
			return nil, fmt.Errorf("net: layer %d (%s): %w", i+1, l.Name, err)
		}
		if err := m.planLayer(i, width); err != nil {
			return nil, fmt.Errorf("net: layer %d (%s): %w", i+1, l.Name, err)
		}
		width = l.outputs(width)
	}
	return m, nil
}

// nameLayers gives unnamed layers Keras's names: the kind, then kind_1, kind_2 and so on.
func (m *Model) nameLayers() error {
	taken := make(map[string]bool, len(m.layers))
	for i := range m.layers {
		if name := m.layers[i].Name; name != "" {
			if taken[name] {
				return fmt.Errorf("net: layer %d: the name %q is taken by another layer", i+1, name)
			}
			taken[name] = true
		}
	}
	next := make(map[LayerKind]int)
	for i := range m.layers {
		l := &m.layers[i]
		n := next[l.Kind]
		next[l.Kind] = n + 1
		if l.Name != "" {
			continue
		}
		for l.Name = defaultName(l.Kind, n); taken[l.Name]; l.Name = defaultName(l.Kind, n) {
			n++
		}
		next[l.Kind] = n + 1
		taken[l.Name] = true
	}
	return nil
}

func defaultName(kind LayerKind, n int) string {
	if n == 0 {
		return kind.String()
	}
	return kind.String() + "_" + strconv.Itoa(n)
}

// planLayer lays out the tensors of layer i, whose input has the given width.
func (m *Model) planLayer(i, width int) error {
	l := &m.layers[i]
	add := func(name string, rows, columns int, trainable bool) error {
		size := int64(columns)
		if rows > 0 {
			size *= int64(rows)
		}
		if total := int64(m.size) + size; total > math.MaxInt32/4 {
			return fmt.Errorf("%s of shape [%d, %d] makes a model of %d parameters, more than %d",
				name, rows, columns, total, math.MaxInt32/4)
		}
		m.plan = append(m.plan, variable{layer: i, name: name, rows: rows, columns: columns,
			offset: m.size, size: int(size), trainable: trainable})
		m.size += int(size)
		return nil
	}
	switch l.Kind {
	case DenseLayer:
		if err := add("kernel", width, l.Units, true); err != nil {
			return err
		}
		if !l.NoBias {
			return add("bias", 0, l.Units, true)
		}
	case BatchNormalizationLayer, LayerNormalizationLayer:
		if !l.NoScale {
			if err := add("gamma", 0, width, true); err != nil {
				return err
			}
		}
		if !l.NoCenter {
			if err := add("beta", 0, width, true); err != nil {
				return err
			}
		}
		if l.Kind == BatchNormalizationLayer {
			if err := add("moving_mean", 0, width, false); err != nil {
				return err
			}
			return add("moving_variance", 0, width, false)
		}
	}
	return nil
}

// Initialize draws all weights anew.
func (m *Model) Initialize(seed uint64) {
	m.setParameters(m.initial(seed))
}

// initial returns all parameters as the initialisers draw them.
func (m *Model) initial(seed uint64) []float32 {
	params := make([]float32, m.size)
	for _, v := range m.plan {
		w := params[v.offset:][:v.size]
		l := &m.layers[v.layer]
		initializer := Zeros()
		switch v.name {
		case "kernel":
			initializer = GlorotUniform()
			if l.KernelInitializer.Kind != defaultInitializer {
				initializer = l.KernelInitializer
			}
		case "bias":
			if l.BiasInitializer.Kind != defaultInitializer {
				initializer = l.BiasInitializer
			}
		case "gamma", "moving_variance":
			initializer = Ones()
		}
		fanIn, fanOut := v.rows, v.columns
		if v.rows == 0 {
			fanIn = v.columns // Keras: a vector's fan-in and fan-out are its length
		}
		stream := uint64(streamInitial) + 2*uint64(v.layer)
		if v.name == "bias" {
			stream++
		}
		initializer.fill(w, fanIn, fanOut, newRandom(seed, stream))
	}
	return params
}

// Inputs returns the width of an input row.
func (m *Model) Inputs() int { return m.inputs }

// Outputs returns the width of an output row.
func (m *Model) Outputs() int {
	width := m.inputs
	for i := range m.layers {
		width = m.layers[i].outputs(width)
	}
	return width
}

// Layers returns a copy of the layers, with their names.
func (m *Model) Layers() []Layer { return append([]Layer(nil), m.layers...) }

// NumParameters returns the number of parameters, those that training does not change included.
func (m *Model) NumParameters() int { return m.size }

// Parameters returns a copy of all parameters, in the order of NewWithParameters.
func (m *Model) Parameters() []float32 { return append([]float32(nil), m.params...) }

// Weights returns a copy of every weight tensor, in Keras's order and with Keras's names.
func (m *Model) Weights() []Variable {
	weights := make([]Variable, len(m.plan))
	for i, v := range m.plan {
		weights[i] = Variable{
			Name:      m.layers[v.layer].Name + "/" + v.name,
			Shape:     []int{v.columns},
			Values:    append([]float32(nil), m.params[v.offset:][:v.size]...),
			Trainable: v.trainable,
		}
		if v.rows > 0 {
			weights[i].Shape = []int{v.rows, v.columns}
		}
	}
	return weights
}

// SetWeights replaces all weight tensors, given in the order of Weights. The error names the tensor and its shape.
func (m *Model) SetWeights(values ...[]float32) error {
	if len(values) != len(m.plan) {
		return fmt.Errorf("net: %d weight tensors given, the model has %d", len(values), len(m.plan))
	}
	params := make([]float32, m.size)
	for i, v := range m.plan {
		if len(values[i]) != v.size {
			return fmt.Errorf("net: %s/%s has %d values (shape %s), %d given",
				m.layers[v.layer].Name, v.name, v.size, v.shape(), len(values[i]))
		}
		copy(params[v.offset:], values[i])
	}
	m.setParameters(params)
	return nil
}

// setParameters makes parameters that were learned, set or drawn the model's.
func (m *Model) setParameters(params []float32) {
	m.params, m.fresh = params, false
	m.program.Store(nil)
}

// Clone returns a model with the same layers and parameters.
func (m *Model) Clone() *Model {
	c := &Model{inputs: m.inputs, layers: m.layers, plan: m.plan, size: m.size, params: m.params, fresh: m.fresh}
	c.program.Store(m.program.Load())
	return c
}

func (v *variable) shape() string {
	if v.rows > 0 {
		return fmt.Sprintf("[%d, %d]", v.rows, v.columns)
	}
	return fmt.Sprintf("[%d]", v.columns)
}
