package onnx

import (
	"math"
	"strconv"

	"nnrt/dataset"
	"nnrt/kernels"
	"nnrt/net"
)

// What Encode writes: versions that every runtime of the last years knows.
const (
	writtenIR    = 8
	writtenOpset = 13
)

// producerName is what Encode calls itself.
const producerName = "nnrt"

// Names of the graph, its input and its output.
const (
	graphName  = "nnrt"
	inputName  = "input"
	outputName = "output"
)

// outline is the graph that Encode writes for certain layers and a schema, without the values of the weights. Decode
// compares it with what it finds, to know such graphs again.
//
// All names but those of the input, the output, the scaling and scalars are a layer's, a slash, and a word without one,
// so that no two are the same, whatever layers are called.
type outline struct {
	inputs, outputs int
	nodes           []plannedNode
	tensors         []plannedTensor

	scalars map[uint32]bool // that are among the tensors, by their bits
	value   string          // the latest
	layer   string          // that nodes are added for
	used    map[string]int  // names of nodes
}

// plannedNode is a node to be written. Its output has its name, but for that of the last.
type plannedNode struct {
	name, op   string
	inputs     []string
	attributes []emitter // AttributeProtos
}

// plannedTensor is an initializer to be written. Its values are given, or all one number, or, if it is a weight, those
// of the model.
type plannedTensor struct {
	name   string
	dims   []int
	weight bool
	values []float32
	fill   float32 // if values is nil
}

// at returns a value of a tensor that is no weight.
func (t *plannedTensor) at(i int) float32 {
	if t.values != nil {
		return t.values[i]
	}
	return t.fill
}

func (t *plannedTensor) size() int64 {
	n := int64(1)
	for _, d := range t.dims {
		n *= int64(d)
	}
	return n
}

// newOutline plans a graph. schema may be nil; if it is not, it must fit. The result is nil if it would have more than
// most nodes.
func newOutline(inputs int, layers []net.Layer, schema *dataset.Schema, most int) *outline {
	o := &outline{inputs: inputs, outputs: inputs, value: inputName, scalars: make(map[uint32]bool),
		used: make(map[string]int)}
	if schema != nil {
		o.scaleInputs(schema)
	}
	for i := range layers {
		o.addLayer(&layers[i])
		if len(o.nodes) > most {
			return nil
		}
	}
	if schema != nil && schema.Target.Task == dataset.TaskRegression {
		o.scaleTarget(&schema.Target)
	}
	if len(o.nodes) == 0 {
		o.addNamed("identity", "Identity", nil, o.value)
	}
	if len(o.nodes) > most {
		return nil
	}
	return o
}

// output returns the name of a node's output.
func (o *outline) output(i int) string {
	if i == len(o.nodes)-1 {
		return outputName
	}
	return o.nodes[i].name
}

// add appends a node of the current layer, makes its output the latest value and returns that.
func (o *outline) add(op string, inputs ...string) string { return o.addWith(op, nil, inputs...) }

func (o *outline) addWith(op string, attributes []emitter, inputs ...string) string {
	name := o.layer + "/" + op
	if o.used[name]++; o.used[name] > 1 {
		name += "_" + strconv.Itoa(o.used[name]-1)
	}
	return o.addNamed(name, op, attributes, inputs...)
}

func (o *outline) addNamed(name, op string, attributes []emitter, inputs ...string) string {
	o.nodes = append(o.nodes, plannedNode{name, op, inputs, attributes})
	o.value = name
	return name
}

// tensor plans an initializer and returns its name.
func (o *outline) tensor(t plannedTensor) string {
	o.tensors = append(o.tensors, t)
	return t.name
}

// scalar returns the name of a constant, which is an initializer without dimensions.
func (o *outline) scalar(v float32) string {
	name := "constant_" + strconv.FormatFloat(float64(v), 'g', -1, 32)
	if bits := math.Float32bits(v); !o.scalars[bits] {
		o.scalars[bits] = true
		o.tensor(plannedTensor{name: name, fill: v})
	}
	return name
}

// scaleInputs plans (x − mean)/scale, unless that changes nothing.
func (o *outline) scaleInputs(s *dataset.Schema) {
	mean, scale := inputScaling(s)
	if allEqual(mean, 0) && allEqual(scale, 1) {
		return
	}
	dims := []int{len(mean)}
	subtracted := o.tensor(plannedTensor{name: "input_mean", dims: dims, values: mean})
	o.addNamed("input_centered", "Sub", nil, o.value, subtracted)
	divisor := o.tensor(plannedTensor{name: "input_scale", dims: dims, values: scale})
	o.addNamed("input_scaled", "Div", nil, o.value, divisor)
}

// inputScaling returns what a schema subtracts from each input and what it divides by. Inputs that are one of a
// feature's categories stay as they are.
func inputScaling(s *dataset.Schema) (mean, scale []float32) {
	for i := range s.Features {
		f := &s.Features[i]
		if f.Kind == dataset.Numeric {
			mean, scale = append(mean, f.Mean), append(scale, f.Scale)
			continue
		}
		for range f.Categories {
			mean, scale = append(mean, 0), append(scale, 1)
		}
	}
	return mean, scale
}

// allEqual tells whether all values have the bits of v.
func allEqual(values []float32, v float32) bool {
	for _, x := range values {
		if math.Float32bits(x) != math.Float32bits(v) {
			return false
		}
	}
	return true
}

// scaleTarget plans y·scale + mean, unless that changes nothing.
func (o *outline) scaleTarget(t *dataset.Target) {
	if t.Mean == 0 && t.Scale == 1 {
		return
	}
	dims := []int{1}
	factor := o.tensor(plannedTensor{name: "target_scale", dims: dims, fill: t.Scale})
	o.addNamed("target_scaled", "Mul", nil, o.value, factor)
	summand := o.tensor(plannedTensor{name: "target_mean", dims: dims, fill: t.Mean})
	o.addNamed("target", "Add", nil, o.value, summand)
}

// addLayer plans a layer.
func (o *outline) addLayer(l *net.Layer) {
	o.layer = l.Name
	width := o.outputs
	// weight plans one of the layer's tensors.
	weight := func(name string, dims ...int) string {
		return o.tensor(plannedTensor{name: l.Name + "/" + name, dims: dims, weight: true})
	}
	// weightOr plans one that the operator wants and the layer may not have.
	weightOr := func(name string, without bool, fill float32) string {
		return o.tensor(plannedTensor{name: l.Name + "/" + name, dims: []int{width}, weight: !without, fill: fill})
	}
	switch l.Kind {
	case net.DenseLayer:
		inputs := []string{o.value, weight("kernel", width, l.Units)}
		if !l.NoBias {
			inputs = append(inputs, weight("bias", l.Units))
		}
		o.add("Gemm", inputs...)
		o.activation(l.Activation)
		o.outputs = l.Units
	case net.ActivationLayer:
		o.activation(l.Activation)
	case net.BatchNormalizationLayer:
		attributes := []emitter{newFloat("epsilon", l.Epsilon), newFloat("momentum", l.Momentum)}
		o.addWith("BatchNormalization", attributes, o.value, weightOr("gamma", l.NoScale, 1),
			weightOr("beta", l.NoCenter, 0), weight("moving_mean", width), weight("moving_variance", width))
	case net.LayerNormalizationLayer:
		// The nodes that PyTorch writes for operator sets before 17, which has an operator for it.
		alongRow := []emitter{newInts("axes", 1), newInt("keepdims", 1)}
		x := o.value
		centered := o.add("Sub", x, o.addWith("ReduceMean", alongRow, x))
		variance := o.addWith("ReduceMean", alongRow, o.add("Pow", centered, o.scalar(2)))
		deviation := o.add("Sqrt", o.add("Add", variance, o.scalar(l.Epsilon)))
		o.add("Div", centered, deviation)
		if !l.NoScale {
			o.add("Mul", o.value, weight("gamma", width))
		}
		if !l.NoCenter {
			o.add("Add", o.value, weight("beta", width))
		}
	}
}

// Constants of gelu and gelu_tanh, and those of selu, which are its operator's defaults.
const (
	rootOfTwo       = 1.4142135623730950488
	rootOfTwoOverPi = 0.79788456080286535588
	cubicFactor     = 0.044715
	writtenAlpha    = 1.67326319217681884765625
	writtenGamma    = 1.05070102214813232421875
)

// activation plans an activation; Encode lists the operators.
func (o *outline) activation(a net.Activation) {
	x := o.value
	switch a.Kind {
	case kernels.ReLU:
		o.add("Relu", x)
	case kernels.ReLU6:
		o.add("Clip", x, o.scalar(0), o.scalar(6))
	case kernels.LeakyReLU:
		o.addWith("LeakyRelu", []emitter{newFloat("alpha", a.Alpha)}, x)
	case kernels.ELU:
		o.addWith("Elu", []emitter{newFloat("alpha", a.Alpha)}, x)
	case kernels.SELU:
		o.addWith("Selu", []emitter{newFloat("alpha", writtenAlpha), newFloat("gamma", writtenGamma)}, x)
	case kernels.CELU:
		o.addWith("Celu", []emitter{newFloat("alpha", a.Alpha)}, x)
	case kernels.GELU:
		o.add("Erf", o.add("Div", x, o.scalar(rootOfTwo)))
		o.add("Mul", x, o.add("Add", o.value, o.scalar(1)))
		o.add("Mul", o.value, o.scalar(0.5))
	case kernels.GELUTanh:
		cube := o.add("Mul", x, o.add("Mul", x, x))
		sum := o.add("Add", x, o.add("Mul", o.scalar(cubicFactor), cube))
		o.add("Tanh", o.add("Mul", o.scalar(rootOfTwoOverPi), sum))
		o.add("Mul", x, o.add("Add", o.scalar(1), o.value))
		o.add("Mul", o.scalar(0.5), o.value)
	case kernels.SiLU:
		o.add("Mul", x, o.add("Sigmoid", x))
	case kernels.Mish:
		o.add("Mul", x, o.add("Tanh", o.add("Softplus", x)))
	case kernels.Sigmoid:
		o.add("Sigmoid", x)
	case kernels.HardSigmoid:
		o.hardSigmoid(x)
	case kernels.HardSiLU:
		o.add("Mul", x, o.hardSigmoid(x))
	case kernels.LogSigmoid:
		o.add("Neg", o.add("Softplus", o.add("Neg", x)))
	case kernels.Tanh:
		o.add("Tanh", x)
	case kernels.Softplus:
		o.add("Softplus", x)
	case kernels.Softsign:
		o.add("Softsign", x)
	case kernels.Exponential:
		o.add("Exp", x)
	case kernels.Softmax:
		o.addWith("Softmax", []emitter{newInt("axis", 1)}, x)
	case kernels.LogSoftmax:
		o.addWith("LogSoftmax", []emitter{newInt("axis", 1)}, x)
	}
}

func (o *outline) hardSigmoid(x string) string {
	return o.addWith("HardSigmoid", []emitter{newFloat("alpha", 1.0/6), newFloat("beta", 0.5)}, x)
}
