package onnx

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"nnrt/net"
)

// exporter is one way to write an activation of h as y, in the operator sets that have it.
type exporter struct {
	name        string
	first, last int64
	want        net.Activation
	nodes       [][]byte
}

// unary is a node from h to y.
func unary(operator string, attributes ...[]byte) [][]byte {
	return [][]byte{op(operator, list{"h"}, list{"y"}, attributes...)}
}

func exporters() []exporter {
	half, one, three := constantNode("half", 0.5), constantNode("one", 1), constantNode("three", 3)
	zero, six := constantNode("zero", 0), constantNode("six", 6)
	y := list{"y"}
	erf := [][]byte{constantNode("root", 1.4142135), op("Div", list{"h", "root"}, list{"d"}), op("Erf", list{"d"},
		list{"e"}), one}
	cubic := [][]byte{constantNode("k", 0.044715), constantNode("r", 0.7978846)}
	tanh := func(inner ...[]byte) [][]byte {
		return slices.Concat(cubic, inner, [][]byte{op("Tanh", list{"i"}, list{"t"}), one, half,
			op("Add", list{"t", "one"}, list{"t1"}), op("Mul", list{"half", "t1"}, list{"g"}), op("Mul", list{"h", "g"}, y)})
	}
	sigmoid := op("Sigmoid", list{"h"}, list{"s"})
	mish := [][]byte{op("Softplus", list{"h"}, list{"p"}), op("Tanh", list{"p"}, list{"t"}), op("Mul", list{"h", "t"}, y)}
	shifted := []([]byte){three, zero, six, op("Add", list{"h", "three"}, list{"a"}),
		op("Clip", list{"a", "zero", "six"}, list{"c"}), constantNode("sixth", 1./6)}
	alpha := func(v float32) []byte { return floatAttribute("alpha", v) }
	celu := func(minimum, exponential [][]byte) [][]byte {
		return slices.Concat([][]byte{zero, op("Max", list{"h", "zero"}, list{"p"})}, minimum,
			[][]byte{constantNode("inverse", 0.5), op("Mul", list{"n", "inverse"}, list{"m"})}, exponential,
			[][]byte{constantNode("two", 2), op("Mul", list{"two", "e"}, list{"q"}), op("Add", list{"p", "q"}, y)})
	}
	minimum := [][]byte{op("Min", list{"h", "zero"}, list{"n"})}
	greater := op("Greater", list{"h", "zero"}, list{"b"})
	where := func(nodes ...[]byte) [][]byte { return append([][]byte{zero, greater}, nodes...) }
	elu := op("Elu", list{"h"}, list{"e"})
	times := func(c float32, of, out string) [][]byte {
		return [][]byte{constantNode("c", c), op("Mul", list{"c", of}, list{out})}
	}
	return []exporter{
		{"Relu", 7, 25, net.ReLU, unary("Relu")},
		{"Relu as Max", 8, 25, net.ReLU, [][]byte{zero, op("Max", list{"h", "zero"}, y)}},
		{"Relu as Clip", 7, 10, net.ReLU, unary("Clip", floatAttribute("min", 0))},
		{"Relu as Clip of inputs", 11, 25, net.ReLU, [][]byte{zero, op("Clip", list{"h", "zero", ""}, y)}},
		{"Relu as Where", 9, 25, net.ReLU, where(op("Where", list{"b", "h", "zero"}, y))},
		{"ReLU6 of attributes", 7, 10, net.ReLU6, unary("Clip", floatAttribute("min", 0), floatAttribute("max", 6))},
		{"ReLU6 of inputs", 11, 25, net.ReLU6, [][]byte{zero, six, op("Clip", list{"h", "zero", "six"}, y)}},
		{"ReLU6 as Relu and Min", 8, 25, net.ReLU6, [][]byte{six, op("Relu", list{"h"}, list{"r"}),
			op("Min", list{"r", "six"}, y)}},
		{"Sigmoid in parts", 7, 25, net.Sigmoid, [][]byte{op("Neg", list{"h"}, list{"n"}), op("Exp", list{"n"}, list{"e"}),
			constantNode("one", 1), op("Add", list{"e", "one"}, list{"s"}), op("Reciprocal", list{"s"}, y)}},
		{"Sigmoid as a quotient", 7, 25, net.Sigmoid, [][]byte{op("Neg", list{"h"}, list{"n"}), op("Exp", list{"n"}, list{"e"}),
			constantNode("one", 1), op("Add", list{"one", "e"}, list{"s"}), op("Div", list{"one", "s"}, y)}},
		{"LeakyRelu", 7, 25, net.LeakyReLU.WithAlpha(0.01), unary("LeakyRelu")},
		{"LeakyRelu 0.3", 7, 25, net.LeakyReLU.WithAlpha(0.3), unary("LeakyRelu", alpha(0.3))},
		{"LeakyRelu as PRelu", 7, 25, net.LeakyReLU.WithAlpha(0.25), [][]byte{
			op("Constant", nil, list{"s"}, tensorAttribute("value", floatTensor("", []int64{3}, 0.25, 0.25, 0.25))),
			op("PRelu", list{"h", "s"}, y)}},
		{"LeakyRelu as Where", 9, 25, net.LeakyReLU.WithAlpha(0.3), where(append(times(0.3, "h", "l"),
			op("Where", list{"b", "h", "l"}, y))...)},
		{"LeakyRelu as Keras's PReLU", 7, 25, net.LeakyReLU.WithAlpha(0.25), [][]byte{op("Relu", list{"h"}, list{"p"}),
			op("Neg", list{"h"}, list{"m"}), op("Relu", list{"m"}, list{"n"}), constantNode("a", -0.25),
			op("Mul", list{"n", "a"}, list{"q"}), op("Add", list{"p", "q"}, y)}},
		{"Elu", 7, 25, net.ELU, unary("Elu")},
		{"Elu 0.7", 7, 25, net.ELU.WithAlpha(0.7), unary("Elu", alpha(0.7))},
		{"Elu as Keras", 9, 25, net.ELU.WithAlpha(0.7), where(slices.Concat([][]byte{elu}, times(0.7, "e", "q"),
			[][]byte{op("Where", list{"b", "e", "q"}, y)})...)},
		{"Elu as tf2onnx", 9, 25, net.ELU.WithAlpha(0.7), where(slices.Concat([][]byte{elu}, times(0.7, "e", "q"),
			[][]byte{op("Not", list{"b"}, list{"nb"}), op("Cast", list{"nb"}, list{"cn"}, intAttribute("to", 1)),
				op("Cast", list{"b"}, list{"cb"}, intAttribute("to", 1)), op("Mul", list{"q", "cn"}, list{"u"}),
				op("Mul", list{"cb", "e"}, list{"v"}), op("Add", list{"v", "u"}, y)})...)},
		{"Elu with Exp", 9, 25, net.ELU.WithAlpha(0.7), where(slices.Concat([][]byte{op("Exp", list{"h"}, list{"x1"}),
			constantNode("m1", -1), op("Add", list{"x1", "m1"}, list{"e"})}, times(0.7, "e", "q"),
			[][]byte{op("Where", list{"b", "h", "q"}, y)})...)},
		{"Elu, x below 0 first", 9, 25, net.ELU.WithAlpha(0.7), [][]byte{zero, op("Less", list{"h", "zero"}, list{"b"}), elu,
			constantNode("c", 0.7), op("Mul", list{"c", "e"}, list{"q"}), op("Where", list{"b", "q", "h"}, y)}},
		{"Elu, 0 above x first", 9, 25, net.ELU.WithAlpha(0.7), [][]byte{zero, op("Greater", list{"zero", "h"}, list{"b"}),
			elu, constantNode("c", 0.7), op("Mul", list{"c", "e"}, list{"q"}), op("Where", list{"b", "q", "h"}, y)}},
		{"Elu, not at most 0", 12, 25, net.ELU.WithAlpha(0.7), [][]byte{zero, op("LessOrEqual", list{"h", "zero"},
			list{"nb"}),
			op("Not", list{"nb"}, list{"b"}), elu, constantNode("c", 0.7), op("Mul", list{"c", "e"}, list{"q"}),
			op("Where", list{"b", "h", "q"}, y)}},
		{"Selu", 7, 25, net.SELU, unary("Selu")},
		{"Selu with attributes", 7, 25, net.SELU, unary("Selu", alpha(1.6732632), floatAttribute("gamma", 1.050701))},
		{"Celu", 12, 25, net.CELU, unary("Celu")},
		{"Celu 1.5", 12, 25, net.CELU.WithAlpha(1.5), unary("Celu", alpha(1.5))},
		{"Celu as Keras", 8, 25, net.CELU.WithAlpha(2), celu(minimum, [][]byte{op("Expm1", list{"m"}, list{"e"})})},
		{"Celu with Exp", 8, 25, net.CELU.WithAlpha(2), celu(minimum, [][]byte{op("Exp", list{"m"}, list{"x1"}),
			constantNode("one", 1), op("Sub", list{"x1", "one"}, list{"e"})})},
		{"Gelu", 20, 25, net.GELU, unary("Gelu")},
		{"Gelu none", 20, 25, net.GELU, unary("Gelu", textAttribute("approximate", "none"))},
		{"Gelu tanh", 20, 25, net.GELUTanh, unary("Gelu", textAttribute("approximate", "tanh"))},
		{"GELU as PyTorch", 9, 25, net.GELU, slices.Concat(erf, [][]byte{half, op("Add", list{"e", "one"}, list{"a"}),
			op("Mul", list{"h", "a"}, list{"m"}), op("Mul", list{"m", "half"}, y)})},
		{"GELU, the half first", 9, 25, net.GELU, slices.Concat(erf, [][]byte{half, op("Mul", list{"half", "h"}, list{"hh"}),
			op("Add", list{"one", "e"}, list{"a"}), op("Mul", list{"a", "hh"}, y)})},
		{"GELU, the half inside", 9, 25, net.GELU, slices.Concat(erf, [][]byte{half, op("Mul", list{"half", "e"}, list{"he"}),
			op("Add", list{"he", "half"}, list{"a"}), op("Mul", list{"a", "h"}, y)})},
		{"GELU as Keras", 9, 25, net.GELU, [][]byte{half, op("Mul", list{"half", "h"}, list{"hh"}),
			op("Neg", list{"h"}, list{"n"}), constantNode("c", 0.70710677), op("Mul", list{"n", "c"}, list{"m"}),
			op("Erfc", list{"m"}, list{"e"}), op("Mul", list{"hh", "e"}, y)}},
		{"GELUTanh as PyTorch", 7, 25, net.GELUTanh, tanh(op("Mul", list{"h", "h"}, list{"h2"}),
			op("Mul", list{"h", "h2"}, list{"h3"}), op("Mul", list{"k", "h3"}, list{"kh"}), op("Add", list{"h", "kh"},
				list{"p"}),
			op("Mul", list{"r", "p"}, list{"i"}))},
		{"GELUTanh with Pow", 7, 25, net.GELUTanh, tanh(three, op("Pow", list{"h", "three"}, list{"h3"}),
			op("Mul", list{"k", "h3"}, list{"kh"}), op("Add", list{"kh", "h"}, list{"p"}), op("Mul", list{"p", "r"},
				list{"i"}))},
		{"GELUTanh with a square", 7, 25, net.GELUTanh, tanh(op("Mul", list{"h", "h"}, list{"h2"}), constantNode("unit", 1),
			op("Mul", list{"k", "h2"}, list{"kh"}), op("Add", list{"kh", "unit"}, list{"p"}), op("Mul", list{"h", "p"},
				list{"q"}),
			op("Mul", list{"q", "r"}, list{"i"}))},
		{"SiLU", 7, 25, net.SiLU, [][]byte{sigmoid, op("Mul", list{"h", "s"}, y)}},
		{"SiLU, the other way", 7, 25, net.SiLU, [][]byte{sigmoid, op("Mul", list{"s", "h"}, y)}},
		{"Swish", 24, 25, net.SiLU, unary("Swish")},
		{"Mish", 18, 25, net.Mish, unary("Mish")},
		{"Mish in nodes", 7, 25, net.Mish, mish},
		{"Sigmoid", 7, 25, net.Sigmoid, unary("Sigmoid")},
		{"HardSigmoid", 7, 25, net.HardSigmoid, unary("HardSigmoid", alpha(1./6))},
		{"HardSigmoid as Keras", 11, 25, net.HardSigmoid, append(slices.Clone(shifted), op("Mul", list{"c", "sixth"}, y))},
		{"HardSigmoid as Clip to 1", 11, 25, net.HardSigmoid, [][]byte{zero, one, half, constantNode("sixth", 1./6),
			op("Mul", list{"h", "sixth"}, list{"m"}), op("Add", list{"m", "half"}, list{"a"}),
			op("Clip", list{"a", "zero", "one"}, y)}},
		{"HardSwish", 14, 25, net.HardSiLU, unary("HardSwish")},
		{"HardSwish of HardSigmoid", 7, 25, net.HardSiLU, [][]byte{op("HardSigmoid", list{"h"}, list{"s"}, alpha(1./6)),
			op("Mul", list{"h", "s"}, y)}},
		{"HardSwish as Keras", 11, 25, net.HardSiLU, append(slices.Clone(shifted), op("Mul", list{"c", "sixth"}, list{"d"}),
			op("Mul", list{"h", "d"}, y))},
		{"LogSigmoid", 7, 25, net.LogSigmoid, [][]byte{sigmoid, op("Log", list{"s"}, y)}},
		{"LogSigmoid as Keras", 7, 25, net.LogSigmoid, [][]byte{op("Neg", list{"h"}, list{"n"}),
			op("Softplus", list{"n"}, list{"p"}), op("Neg", list{"p"}, y)}},
		{"Tanh", 7, 25, net.Tanh, unary("Tanh")},
		{"Softplus", 7, 25, net.Softplus, unary("Softplus")},
		{"Softplus as PyTorch", 9, 25, net.Softplus, [][]byte{op("Softplus", list{"h"}, list{"p"}),
			constantNode("large", 20), op("Greater", list{"h", "large"}, list{"b"}), op("Where", list{"b", "h", "p"}, y)}},
		{"Softsign", 7, 25, net.Softsign, unary("Softsign")},
		{"Softsign in nodes", 7, 25, net.Softsign, [][]byte{one, op("Abs", list{"h"}, list{"a"}),
			op("Add", list{"a", "one"}, list{"b"}), op("Div", list{"h", "b"}, y)}},
		{"Exp", 7, 25, net.Exponential, unary("Exp")},
		{"Softmax", 7, 25, net.Softmax, unary("Softmax")},
		{"LogSoftmax", 7, 25, net.LogSoftmax, unary("LogSoftmax", intAttribute("axis", 1))},
	}
}

// TestActivations reads every form of every activation in every operator set that has it.
func TestActivations(t *testing.T) {
	for _, e := range exporters() {
		t.Run(e.name, func(t *testing.T) {
			for opset := e.first; opset <= e.last; opset++ {
				file, err := Decode(afterDense(opset, nil, e.nodes...).bytes())
				if err != nil {
					t.Fatalf("operator set %d: %v", opset, err)
				}
				want := net.Dense(3, e.want, net.NoBias(), net.Name("dense"))
				if got := file.Model.Layers(); len(got) != 1 || got[0] != want {
					t.Fatalf("operator set %d: %+v, want %+v", opset, got, want)
				}
			}
		})
	}
}

// TestCuts: Clip with other bounds, and HardSigmoid with other slopes, as ReLU and ReLU6 of a scaled and shifted value.
func TestCuts(t *testing.T) {
	clip := func(low, high float32) [][]byte {
		return unary("Clip", floatAttribute("min", low), floatAttribute("max", high))
	}
	for _, c := range []struct {
		name string
		node [][]byte
		f    func(x float64) float64
	}{
		{"hardtanh", clip(-1, 1), func(x float64) float64 { return min(max(x, -1), 1) }},
		{"from 0.5 to 2", clip(0.5, 2), func(x float64) float64 { return min(max(x, 0.5), 2) }},
		{"below", clip(-0.25, math.MaxFloat32), func(x float64) float64 { return max(x, -0.25) }},
		{"above", clip(-math.MaxFloat32, 0.75), func(x float64) float64 { return min(x, 0.75) }},
		{"Keras 2's hard_sigmoid", unary("HardSigmoid"), func(x float64) float64 { return min(max(0.2*x+0.5, 0), 1) }},
		{"another", unary("HardSigmoid", floatAttribute("alpha", 1), floatAttribute("beta", 0)),
			func(x float64) float64 { return min(max(x, 0), 1) }},
	} {
		t.Run(c.name, func(t *testing.T) {
			x := []float32{-9, -1, -0.6, -0.2, 0, 0.1, 0.7, 1.5, 9}
			// With a layer behind that takes the scaling back, and at the end.
			for _, more := range [][][]byte{nil, {op("MatMul", list{"y", "w"}, list{"z"})}} {
				f := afterDense(10, nil, append(slices.Clone(c.node), more...)...)
				if more != nil {
					f.outputs = [][]byte{valueOf("z", elemFloat, -1, 3)}
				}
				var want []float64
				for _, v := range x {
					want = append(want, c.f(float64(v)))
				}
				near(t, predictRows(t, decodeOK(t, f), x...), want...)
			}
		})
	}
	refuse(t, afterDense(10, nil, clip(1, -1)...), ErrNotFinite, "(Clip)", "1 and -1")
	refuse(t, afterDense(10, nil, clip(1, 1)...), ErrUnsupported, "(Clip)")
	refuse(t, afterDense(13, nil, op("Clip", list{"h", "h"}, list{"y"})), ErrUnsupported, "not constant")
}

// TestActivationsThatNnrtLacks are refused, not approximated.
func TestActivationsThatNnrtLacks(t *testing.T) {
	y := list{"y"}
	for _, c := range []struct {
		name  string
		opset int64
		nodes [][]byte
		want  string
	}{
		{"another Selu", 13, unary("Selu", floatAttribute("alpha", 1.5)), "(Selu)"},
		{"ThresholdedRelu", 13, unary("ThresholdedRelu", floatAttribute("alpha", 0.5)), "(ThresholdedRelu)"},
		{"slopes of PRelu", 13, [][]byte{
			op("Constant", nil, list{"s"}, tensorAttribute("value", floatTensor("", []int64{3}, 0.1, 0.2, 0.3))),
			op("PRelu", list{"h", "s"}, y)}, "(PRelu)"},
		{"another Swish", 24, unary("Swish", floatAttribute("alpha", 1.702)), "(Swish): attribute alpha"},
		{"Tanhshrink", 13, [][]byte{op("Tanh", list{"h"}, list{"t"}), op("Sub", list{"h", "t"}, y)}, "(Sub)"},
		{"Log", 13, unary("Log"), "(Log)"},
		{"Sqrt", 13, unary("Sqrt"), "(Sqrt)"},
		{"Abs", 13, unary("Abs"), "(Abs)"},
		{"Erf", 13, unary("Erf"), "(Erf)"},
		{"Sin", 13, unary("Sin"), "(Sin)"},
		{"a square", 13, [][]byte{op("Mul", list{"h", "h"}, y)}, "(Mul)"},
		{"Pow", 13, [][]byte{constantNode("two", 2), op("Pow", list{"h", "two"}, y)}, "(Pow)"},
		{"a reciprocal", 13, [][]byte{constantNode("two", 2), op("Div", list{"two", "h"}, y)}, "a constant divided"},
		{"quick GELU", 13, [][]byte{constantNode("c", 1.702), op("Mul", list{"h", "c"}, list{"m"}),
			op("Sigmoid", list{"m"}, list{"s"}), op("Mul", list{"h", "s"}, y)}, "(Mul)"},
		{"half of Mish", 13, [][]byte{op("Softplus", list{"h"}, list{"p"}), op("Sigmoid", list{"p"}, list{"t"}),
			op("Mul", list{"h", "t"}, y)}, "(Mul)"},
		{"a step", 13, [][]byte{constantNode("zero", 0), op("Greater", list{"h", "zero"}, y)}, "(Greater)"},
		{"softmax over the rows", 13, unary("Softmax", intAttribute("axis", 0)), "attribute axis"},
		{"GELU of powers that only numbers above 0 have", 13, [][]byte{constantNode("e", 1.5),
			op("Pow", list{"h", "e"}, list{"p"}),
			op("Mul", list{"p", "p"}, list{"cube"}), constantNode("c", 0.044715), op("Mul", list{"cube", "c"}, list{"q"}),
			op("Add", list{"h", "q"}, list{"s"}), constantNode("r", 0.7978846), op("Mul", list{"s", "r"}, list{"t"}),
			op("Tanh", list{"t"}, list{"th"}), constantNode("one", 1), op("Add", list{"th", "one"}, list{"a"}),
			op("Mul", list{"h", "a"}, list{"m"}), constantNode("half", 0.5), op("Mul", list{"m", "half"}, y)}, "(Mul)"},
		{"a residual connection", 13, [][]byte{op("Relu", list{"h"}, list{"r"}), op("Add", list{"h", "r"}, y)}, "(Add)"},
	} {
		t.Run(c.name, func(t *testing.T) {
			e := refuse(t, afterDense(c.opset, nil, c.nodes...), ErrUnsupported, c.want)
			if e.Operator == "" || e.Node == "" {
				t.Errorf("%v does not name the node", e)
			}
		})
	}
}

// TestSoftmaxAxis: up to operator set 12 the default axis is 1 and all dimensions from it on are one; later it is the
// last, alone.
func TestSoftmaxAxis(t *testing.T) {
	cube := intTensor("cube", []int64{3}, -1, 3, 1)
	for opset := int64(7); opset <= 25; opset++ {
		f := func(axis ...[]byte) testFile {
			return afterDense(opset, [][]byte{cube}, op("Reshape", list{"h", "cube"}, list{"c"}),
				op("Softmax", list{"c"}, list{"y"}, axis...))
		}
		if opset < 13 {
			decodeOK(t, f())
			decodeOK(t, f(intAttribute("axis", 1)))
			refuse(t, f(intAttribute("axis", 2)), ErrUnsupported, "attribute axis") // each number alone
		} else {
			refuse(t, f(), ErrUnsupported, "attribute axis")
			decodeOK(t, f(intAttribute("axis", 1)))
			decodeOK(t, f(intAttribute("axis", -2)))
		}
		refuse(t, f(intAttribute("axis", 3)), ErrAttribute, "attribute axis")
		refuse(t, f(intAttribute("axis", 0)), ErrUnsupported, "attribute axis")
	}
}

// TestClipVersions: attributes up to operator set 10, inputs since 11.
func TestClipVersions(t *testing.T) {
	zero := constantNode("zero", 0)
	refuse(t, afterDense(10, nil, zero, op("Clip", list{"h", "zero"}, list{"y"})), ErrGraph, "(Clip)")
	// An attribute that is none since 11 says nothing.
	f := afterDense(11, nil, op("Clip", list{"h"}, list{"y"}, floatAttribute("min", 0)))
	if got := layerTexts(decodeOK(t, f).Model); !slices.Equal(got, []string{"dense linear"}) {
		t.Errorf("layers %v", got)
	}
}

// TestBatchNormalization folds into the Dense layer before, or behind, or is a layer.
func TestBatchNormalization(t *testing.T) {
	tensors := [][]byte{floatTensor("s", []int64{3}, 2, -1, 0.5), floatTensor("b", []int64{3}, 1, 2, 3),
		floatTensor("m", []int64{3}, 0.5, -0.5, 4), floatTensor("v", []int64{3}, 1, 4, 0.25)}
	in := list{"h", "s", "b", "m", "v"}
	bn := func(attributes ...[]byte) []byte {
		return op("BatchNormalization", in, list{"n"}, append(attributes, floatAttribute("epsilon", 0.01))...)
	}
	truth := func(x ...float64) []float64 {
		y := make([]float64, 3)
		for j := range y {
			y[j] = []float64{2, -1, 0.5}[j]*(x[j]-[]float64{0.5, -0.5, 4}[j])/
				math.Sqrt([]float64{1, 4, 0.25}[j]+float64(float32(0.01))) + []float64{1, 2, 3}[j]
		}
		return y
	}
	for opset := int64(7); opset <= 25; opset++ {
		var attributes [][]byte
		if opset < 9 {
			attributes = [][]byte{intAttribute("spatial", opset-7)} // means nothing for rows
		} else if opset >= 14 {
			attributes = [][]byte{intAttribute("training_mode", 0)}
		}
		f := afterDense(opset, tensors, bn(attributes...), op("Identity", list{"n"}, list{"y"}))
		file := decodeOK(t, f)
		if got := layerTexts(file.Model); !slices.Equal(got, []string{"dense linear"}) {
			t.Fatalf("operator set %d: %v", opset, got)
		}
		near(t, predictRows(t, file, 1, 2, 3), truth(1, 2, 3)...)
	}
	relu := op("Relu", list{"h"}, list{"r"})
	in[0] = "r"
	behind := decodeOK(t, afterDense(13, tensors, relu, bn(), op("MatMul", list{"n", "w"}, list{"y"})))
	if got := layerTexts(behind.Model); !slices.Equal(got, []string{"dense relu", "dense linear"}) {
		t.Errorf("before a layer: %v", got)
	}
	near(t, predictRows(t, behind, 1, -2, 3), truth(1, 0, 3)...)
	last := decodeOK(t, afterDense(13, tensors, relu, bn(), op("Identity", list{"n"}, list{"y"})))
	if got := layerTexts(last.Model); !slices.Equal(got, []string{"dense relu", "batch_normalization"}) {
		t.Errorf("at the end: %v", got)
	}
	near(t, predictRows(t, last, 1, -2, 3), truth(1, 0, 3)...)
	in[0] = "x"
	first := chainFile(3, append(tensors, floatTensor("w", []int64{3, 3}, 1, 0, 0, 0, 1, 0, 0, 0, 1)), bn(),
		op("MatMul", list{"n", "w"}, list{"y"}))
	if file := decodeOK(t, first); file.Schema != nil {
		t.Error("a BatchNormalization became a schema")
	} else {
		near(t, predictRows(t, file, 1, 2, 3), truth(1, 2, 3)...)
	}
	in[0] = "h"
	refuse(t, afterDense(14, tensors, bn(intAttribute("training_mode", 1)), op("Identity", list{"n"}, list{"y"})),
		ErrUnsupported, "training")
	refuse(t, afterDense(9, tensors, op("BatchNormalization", in, list{"y", "mean"})), ErrUnsupported, "training")
	wrong := slices.Clone(tensors)
	wrong[3] = floatTensor("v", []int64{3}, 1, -4, 1)
	refuse(t, afterDense(13, wrong, bn(), op("Identity", list{"n"}, list{"y"})), ErrNotFinite, "feature 2")
	wrong[3] = floatTensor("v", []int64{2}, 1, 1)
	refuse(t, afterDense(13, wrong, bn(), op("Identity", list{"n"}, list{"y"})), ErrShape, `tensor "v"`)
}

// TestLayerNormalization: the operator, PyTorch's nodes, Keras's nodes.
func TestLayerNormalization(t *testing.T) {
	gamma, beta := floatTensor("g", []int64{3}, 2, -1, 0.5), floatTensor("b", []int64{3}, 1, 2, 3)
	const epsilon = 0.01
	mean := func(in, out string, opset int64) [][]byte {
		if opset < 18 {
			return [][]byte{op("ReduceMean", list{in}, list{out}, intsAttribute("axes", -1))}
		}
		return [][]byte{op("Constant", nil, list{out + "axes"}, intsAttribute("value_ints", 1)),
			op("ReduceMean", list{in, out + "axes"}, list{out})}
	}
	deviation := func(opset int64, square []byte) [][]byte {
		return slices.Concat(mean("h", "m", opset), [][]byte{op("Sub", list{"h", "m"}, list{"d"}), constantNode("two", 2),
			square},
			mean("q", "v", opset), [][]byte{constantNode("e", epsilon), op("Add", list{"v", "e"}, list{"ve"}),
				op("Sqrt", list{"ve"}, list{"r"})})
	}
	pow, mul := op("Pow", list{"d", "two"}, list{"q"}), op("Mul", list{"d", "d"}, list{"q"})
	for _, c := range []struct {
		name          string
		first, last   int64
		scale, center bool
		nodes         func(opset int64) [][]byte
	}{
		{"operator", 17, 25, true, true, func(int64) [][]byte {
			return [][]byte{op("LayerNormalization", list{"h", "g", "b"}, list{"y"}, floatAttribute("epsilon", epsilon))}
		}},
		{"operator without B", 17, 25, true, false, func(int64) [][]byte {
			return [][]byte{op("LayerNormalization", list{"h", "g", ""}, list{"y", "", ""}, floatAttribute("epsilon", epsilon),
				intAttribute("axis", 1))}
		}},
		{"PyTorch", 7, 25, true, true, func(opset int64) [][]byte {
			return append(deviation(opset, pow), op("Div", list{"d", "r"}, list{"n"}), op("Mul", list{"n", "g"}, list{"s"}),
				op("Add", list{"s", "b"}, list{"y"}))
		}},
		{"PyTorch without gamma and beta", 7, 25, false, false, func(opset int64) [][]byte {
			return append(deviation(opset, mul), op("Div", list{"d", "r"}, list{"y"}))
		}},
		{"reciprocal", 7, 25, false, true, func(opset int64) [][]byte {
			return append(deviation(opset, mul), op("Reciprocal", list{"r"}, list{"i"}), op("Mul", list{"i", "d"}, list{"n"}),
				op("Add", list{"n", "b"}, list{"y"}))
		}},
		{"Keras", 7, 25, true, true, func(opset int64) [][]byte {
			return append(deviation(opset, mul), op("Reciprocal", list{"r"}, list{"i"}), op("Mul", list{"i", "g"}, list{"s"}),
				op("Mul", list{"h", "s"}, list{"a"}), op("Neg", list{"m"}, list{"nm"}), op("Mul", list{"nm", "s"}, list{"c"}),
				op("Add", list{"c", "b"}, list{"cb"}), op("Add", list{"a", "cb"}, list{"y"}))
		}},
		{"Keras without gamma and beta", 7, 25, false, false, func(opset int64) [][]byte {
			return append(deviation(opset, mul), op("Reciprocal", list{"r"}, list{"i"}), op("Mul", list{"h", "i"}, list{"a"}),
				op("Neg", list{"m"}, list{"nm"}), op("Mul", list{"nm", "i"}, list{"c"}), op("Add", list{"a", "c"}, list{"y"}))
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			for opset := c.first; opset <= c.last; opset++ {
				file, err := Decode(afterDense(opset, [][]byte{gamma, beta}, c.nodes(opset)...).bytes())
				if err != nil {
					t.Fatalf("operator set %d: %v", opset, err)
				}
				l := file.Model.Layers()
				if len(l) != 2 || l[1].Kind != net.LayerNormalizationLayer || l[1].Epsilon != epsilon ||
					l[1].NoScale == c.scale || l[1].NoCenter == c.center {
					t.Fatalf("operator set %d: %+v", opset, l)
				}
				x := []float64{1, 2, 6}
				var want []float64
				for j, v := range x {
					y := (v - 3) / math.Sqrt(14./3+float64(float32(epsilon)))
					if c.scale {
						y *= []float64{2, -1, 0.5}[j]
					}
					if c.center {
						y += []float64{1, 2, 3}[j]
					}
					want = append(want, y)
				}
				near(t, predictRows(t, file, 1, 2, 6), want...)
			}
		})
	}
	refuse(t, afterDense(17, [][]byte{gamma}, op("LayerNormalization", list{"h", "g"}, list{"y"}, intAttribute("axis",
		0))),
		ErrUnsupported, "attribute axis")
	refuse(t, afterDense(17, [][]byte{gamma}, op("LayerNormalization", list{"h", "g"}, list{"y"},
		floatAttribute("epsilon", 0))),
		ErrUnsupported, "attribute epsilon")
	refuse(t, afterDense(13, nil, append(mean("h", "m", 13), op("Sub", list{"h", "m"}, list{"y"}))...), ErrUnsupported,
		"(Sub)")
}

// TestFolding: constants around layers go into the neighbouring Dense layer.
func TestFolding(t *testing.T) {
	c := floatTensor("c", []int64{3}, 2, 3, 4)
	y := list{"y"}
	for i, nodes := range [][][]byte{
		{op("Mul", list{"h", "c"}, y)}, {op("Sub", list{"h", "c"}, y)}, {op("Sub", list{"c", "h"}, y)},
		{op("Div", list{"h", "c"}, y)}, {op("Neg", list{"h"}, y)}, {op("Add", list{"h", "c"}, list{"a"}), op("Mul", list{"a",
			"c"}, y)},
	} {
		file := decodeOK(t, afterDense(13, [][]byte{c}, nodes...))
		if got := layerTexts(file.Model); !slices.Equal(got, []string{"dense linear"}) {
			t.Errorf("%d: layers %v", i, got)
		}
		want := [][]float64{{2, 6, 20}, {-1, -1, 1}, {1, 1, -1}, {0.5, 2. / 3, 1.25}, {-1, -2, -5}, {6, 15, 36}}[i]
		near(t, predictRows(t, file, 1, 2, 5), want...)
	}
	f := afterDense(13, [][]byte{c}, op("Mul", list{"h", "c"}, y))
	f.tensors = append(f.tensors, floatTensor("wide", []int64{2, 3}, 1, 2, 3, 4, 5, 6))
	f.nodes[1] = op("Mul", list{"h", "wide"}, y)
	refuse(t, f, ErrShape, "(Mul)")
	f.nodes[1] = op("Div", list{"h", "z"}, y)
	f.tensors = append(f.tensors, floatTensor("z", []int64{3}, 1, 0, 1))
	refuse(t, f, ErrNotFinite, `tensor "z"`, "value 2")
	f.nodes[1] = op("Mul", list{"h", "huge"}, y)
	f.tensors[0] = floatTensor("w", []int64{3, 3}, 1e30, 0, 0, 0, 1, 0, 0, 0, 1)
	f.tensors = append(f.tensors, floatTensor("huge", []int64{1}, 1e30))
	refuse(t, f, ErrNotFinite, "a parameter")
}

// TestConstants that are computed from constants.
func TestConstants(t *testing.T) {
	four := floatTensor("c", []int64{3}, 4, 9, 16)
	y := list{"y"}
	add := op("Add", list{"h", "k"}, y)
	for i, nodes := range [][][]byte{
		{op("Sqrt", list{"c"}, list{"k"}), add}, {op("Neg", list{"c"}, list{"k"}), add}, {op("Reciprocal", list{"c"},
			list{"k"}), add},
		{constantNode("two", 2), op("Div", list{"c", "two"}, list{"k"}), add},
		{op("Unsqueeze", list{"c"}, list{"k"}, intsAttribute("axes", 0)), add},
		{op("Cast", list{"c"}, list{"i"}, intAttribute("to", elemInt64)), op("Cast", list{"i"}, list{"k"}, intAttribute("to",
			elemFloat)),
			add},
		{op("Constant", nil, list{"k"}, floatsAttribute("value_floats", 4, 9, 16)), add},
		{op("Constant", nil, list{"n"}, intsAttribute("value_ints", 3)),
			op("ConstantOfShape", list{"n"}, list{"k"}, tensorAttribute("value", floatTensor("", []int64{1}, 5))), add},
	} {
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			file := decodeOK(t, afterDense(12, [][]byte{four}, nodes...))
			want := [][]float64{{2, 3, 4}, {-4, -9, -16}, {0.25, 1. / 9, 0.0625}, {2, 4.5, 8}, {4, 9, 16}, {4, 9, 16}, {4, 9,
				16},
				{5, 5, 5}}[i]
			near(t, predictRows(t, file, 0, 0, 0), want...)
		})
	}
}

// TestExpandAndCastLike, which PyTorch's exporter writes if it is told not to optimise.
func TestExpandAndCastLike(t *testing.T) {
	shape := op("Shape", list{"h"}, list{"n"}, intAttribute("start", 1))
	one, y := constantNode("one", 1), list{"y"}
	file := decodeOK(t, afterDense(18, nil, one, op("CastLike", list{"one", "h"}, list{"c"}), shape,
		op("Expand", list{"c", "n"}, list{"gamma"}), op("LayerNormalization", list{"h", "gamma"}, y)))
	if got := layerTexts(file.Model); !slices.Equal(got, []string{"dense linear", "layer_normalization"}) {
		t.Errorf("layers %v", got)
	}
	six := op("Constant", nil, list{"six"}, intsAttribute("value_ints", 6))
	zero := constantNode("zero", 0)
	file = decodeOK(t, afterDense(18, nil, zero, six, op("CastLike", list{"six", "zero"}, list{"high"}),
		op("CastLike", list{"zero", "h"}, list{"low"}), op("CastLike", list{"h", "zero"}, list{"u"}),
		op("Clip", list{"u", "low", "high"}, y)))
	if got := layerTexts(file.Model); !slices.Equal(got, []string{"dense relu6"}) {
		t.Errorf("layers %v", got)
	}
	half := constantNode("half", 0.5)
	for name, c := range map[string]struct {
		nodes [][]byte
		want  string
	}{
		"as the place of the largest": {[][]byte{half, op("ArgMax", list{"h"}, list{"a"}, intAttribute("axis", 1)),
			op("CastLike", list{"half", "a"}, list{"c"}), op("Add", list{"h", "c"}, y)}, "(CastLike)"},
		"as integers": {[][]byte{half, op("Cast", list{"h"}, list{"i"}, intAttribute("to", elemInt64)),
			op("Neg", list{"i"}, list{"m"}), op("CastLike", list{"half", "m"}, list{"c"}), op("Add", list{"h", "c"}, y)},
			"(CastLike)"},
		"values as integers": {[][]byte{six, op("CastLike", list{"h", "six"}, y)}, "(CastLike)"},
		"as many as rows": {[][]byte{half, op("Shape", list{"h"}, list{"n"}), op("Expand", list{"half", "n"}, list{"c"}),
			op("Add", list{"h", "c"}, y)}, "as many rows as the input"},
		"values repeated": {[][]byte{op("Constant", nil, list{"n"}, intsAttribute("value_ints", 2, 1, 3)),
			op("Expand", list{"h", "n"}, y)}, "(Expand)"},
	} {
		t.Run(name, func(t *testing.T) { refuse(t, afterDense(18, nil, c.nodes...), ErrUnsupported, c.want) })
	}
}

// TestSoftplusBeta: ln(1 + e^(2x))/2 is Softplus of a scaled value, also with PyTorch's threshold.
func TestSoftplusBeta(t *testing.T) {
	two, y := constantNode("two", 2), list{"y"}
	plain := [][]byte{two, op("Mul", list{"h", "two"}, list{"u"}), op("Softplus", list{"u"}, list{"p"}),
		op("Div", list{"p", "two"}, y)}
	torch := [][]byte{two, constantNode("large", 20), op("Mul", list{"h", "two"}, list{"u"}),
		op("Softplus", list{"u"}, list{"p"}), op("Div", list{"p", "two"}, list{"q"}),
		op("Greater", list{"u", "large"}, list{"b"}), op("Where", list{"b", "h", "q"}, y)}
	for _, nodes := range [][][]byte{plain, torch} {
		file := decodeOK(t, afterDense(17, nil, nodes...))
		near(t, predictRows(t, file, -1, 0.5, 30), math.Log1p(math.Exp(-2))/2, math.Log1p(math.E)/2, 30)
	}
	torch[1] = constantNode("large", 5) // e⁻⁵ would be lost
	refuse(t, afterDense(17, nil, torch...), ErrUnsupported, "(Where)")
}

// TestHalfPrecision: the constants of a pattern are rounded to binary16.
func TestHalfPrecision(t *testing.T) {
	half := func(name, bits string) []byte {
		return join(pbInt(2, elemFloat16), pbBytes(8, name), pbBytes(9, bits))
	}
	unit := join(pbDims([]int64{2, 2}), pbInt(2, elemFloat16), pbBytes(8, "w"), pbBytes(9,
		"\x00\x3c\x00\x00\x00\x00\x00\x3c"))
	f := chainFile(2, [][]byte{unit, half("root", "\xa8\x3d"), half("one", "\x00\x3c"), half("half", "\x00\x38")},
		op("MatMul", list{"x", "w"}, list{"h"}), op("Div", list{"h", "root"}, list{"d"}), op("Erf", list{"d"}, list{"e"}),
		op("Add", list{"e", "one"}, list{"a"}), op("Mul", list{"h", "a"}, list{"m"}), op("Mul", list{"m", "half"}, list{"y"}))
	f.inputs = [][]byte{valueOf("x", elemFloat16, -1, 2)}
	if got := layerTexts(decodeOK(t, f).Model); !slices.Equal(got, []string{"dense gelu"}) {
		t.Errorf("layers %v", got)
	}
}

// TestBroadcastConstants along a row that has more than one dimension.
func TestBroadcastConstants(t *testing.T) {
	square := intTensor("square", []int64{3}, -1, 2, 3)
	for _, c := range []struct {
		tensor []byte
		want   []float64
	}{
		{floatTensor("c", []int64{3}, 1, 2, 3), []float64{1, 2, 3, 1, 2, 3}},
		{floatTensor("c", []int64{2, 1}, 1, 2), []float64{1, 1, 1, 2, 2, 2}},
		{floatTensor("c", []int64{1, 2, 3}, 1, 2, 3, 4, 5, 6), []float64{1, 2, 3, 4, 5, 6}},
		{floatTensor("c", []int64{1, 1, 1}, 4), []float64{4, 4, 4, 4, 4, 4}},
	} {
		f := chainFile(6, [][]byte{square, c.tensor}, op("Relu", list{"x"}, list{"h"}),
			op("Reshape", list{"h", "square"}, list{"s"}), op("Add", list{"s", "c"}, list{"a"}), op("Flatten", list{"a"},
				list{"y"}))
		near(t, predictRows(t, decodeOK(t, f), 0, 0, 0, 0, 0, 0), c.want...)
	}
	f := chainFile(6, [][]byte{square, floatTensor("c", []int64{2, 2, 3}, make([]float32, 12)...)}, op("Relu", list{"x"},
		list{"h"}),
		op("Reshape", list{"h", "square"}, list{"s"}), op("Add", list{"s", "c"}, list{"y"}))
	refuse(t, f, ErrShape, "(Add)")
}

// TestShapeArithmetic: shapes that are computed, with the number of rows among them.
func TestShapeArithmetic(t *testing.T) {
	integers := func(name string, values ...int64) []byte {
		return op("Constant", nil, list{name}, intsAttribute("value_ints", values...))
	}
	join3 := op("Concat", list{"n", "k"}, list{"to"}, intAttribute("axis", 0))
	shape := [][]byte{op("Shape", list{"h"}, list{"s"}), integers("i0", 0), op("Gather", list{"s", "i0"}, list{"n0"}),
		integers("i1", 1),
		op("Gather", list{"s", "i1"}, list{"k0"})}
	reshape := op("Reshape", list{"h", "to"}, list{"y"})
	for _, c := range []struct {
		name  string
		nodes [][]byte
		want  error
	}{
		{"times 1", [][]byte{op("Mul", list{"n0", "i1"}, list{"n"}), op("Div", list{"k0", "i1"}, list{"k"})}, nil},
		{"plus 0 of the width", [][]byte{op("Identity", list{"n0"}, list{"n"}), op("Add", list{"k0", "i0"}, list{"k"})}, nil},
		{"minus and modulo", [][]byte{op("Identity", list{"n0"}, list{"n"}), integers("i4", 4), op("Sub", list{"i4", "i1"},
			list{"i3"}),
			op("Mod", list{"i3", "i4"}, list{"k"})}, nil},
		{"twice the rows", [][]byte{integers("i2", 2), op("Mul", list{"n0", "i2"}, list{"n"}), op("Identity", list{"k0"},
			list{"k"})},
			ErrUnsupported},
		{"by 0", [][]byte{op("Identity", list{"n0"}, list{"n"}), op("Div", list{"k0", "i0"}, list{"k"})}, ErrUnsupported},
		{"the rows as a number", [][]byte{op("Cast", list{"n0"}, list{"f"}, intAttribute("to", elemFloat)),
			op("Cast", list{"f"}, list{"n"}, intAttribute("to", elemInt64)), op("Identity", list{"k0"}, list{"k"})},
			ErrUnsupported},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := afterDense(13, nil, slices.Concat(shape, c.nodes, [][]byte{join3, reshape})...)
			if c.want != nil {
				refuse(t, f, c.want)
			} else if got := layerTexts(decodeOK(t, f).Model); !slices.Equal(got, []string{"dense linear"}) {
				t.Errorf("layers %v", got)
			}
		})
	}
}

// TestCastOfHalfPrecision: exporters keep weights in binary16 and cast them where they are used.
func TestCastOfHalfPrecision(t *testing.T) {
	for _, to := range []int64{elemFloat, elemDouble} {
		weights := join(pbDims([]int64{2, 1}), pbInt(2, elemFloat16), pbBytes(8, "half"), pbBytes(9, "\x00\x3e\x00\xc0"))
		f := chainFile(2, [][]byte{weights}, op("Cast", list{"half"}, list{"w"}, intAttribute("to", to)),
			op("MatMul", list{"x", "w"}, list{"y"}))
		near(t, predictRows(t, decodeOK(t, f), 1, 0, 0, 1), 1.5, -2)
	}
}

// TestFoldedIntegersFit: ONNX's integers wrap around where these would grow.
func TestFoldedIntegersFit(t *testing.T) {
	number := func(name string, v int64) []byte {
		return join(pbDims([]int64{1}), pbInt(2, elemUint8), pbBytes(8, name), pbInt(5, v))
	}
	for b, fits := range map[int64]bool{55: true, 56: false} {
		f := chainFile(1, [][]byte{number("a", 200), number("b", b), floatTensor("w", []int64{1, 1}, 1)},
			op("Add", list{"a", "b"}, list{"c"}), op("Cast", list{"c"}, list{"d"}, intAttribute("to", elemFloat)),
			op("MatMul", list{"x", "w"}, list{"h"}), op("Add", list{"h", "d"}, list{"y"}))
		if fits {
			near(t, predictRows(t, decodeOK(t, f), 1), 256)
		} else {
			refuse(t, f, ErrUnsupported, "(Add)")
		}
	}
}

// TestLongListsInErrors: of a list in the file, messages show the beginning.
func TestLongListsInErrors(t *testing.T) {
	long := make([]int64, 1000)
	f := chainFile(2, [][]byte{floatTensor("w", []int64{2, 2}, 1, 2, 3, 4)},
		op("Transpose", list{"w"}, list{"v"}, intsAttribute("perm", long...)), op("MatMul", list{"x", "v"}, list{"y"}))
	refuse(t, f, ErrAttribute, "[0 0 0 0 0 0 0 0] and 992 more for a rank of 2")
}

// TestPatternsKeepWidth: where constants or views of one value are broadcast, rows become wider, as no activation makes
// them.
func TestPatternsKeepWidth(t *testing.T) {
	wide := chainFile(2, [][]byte{floatTensor("w", []int64{2, 1}, 1, 1), floatTensor("zero", []int64{5}, 0, 0, 0, 0, 0)},
		op("MatMul", list{"x", "w"}, list{"h"}), op("Max", list{"h", "zero"}, list{"y"}))
	refuse(t, wide, ErrUnsupported, "(Max)")
	outer := chainFile(5, [][]byte{intTensor("column", []int64{3}, -1, 5, 1), intTensor("row", []int64{3}, -1, 1, 5),
		intTensor("flat", []int64{2}, -1, 25)}, op("Tanh", list{"x"}, list{"h"}),
		op("Reshape", list{"h", "column"}, list{"a"}), op("Reshape", list{"h", "row"}, list{"b"}),
		op("Sigmoid", list{"b"}, list{"s"}), op("Mul", list{"a", "s"}, list{"m"}), op("Reshape", list{"m", "flat"}, list{"y"}))
	refuse(t, outer, ErrUnsupported, "(Mul)")
}

// TestExactSlope: float32 does not have the DOUBLE 0.1.
func TestExactSlope(t *testing.T) {
	slope := join(pbDims([]int64{1}), pbInt(2, elemDouble), pbBytes(8, "s"), pbBytes(9, "\x9a\x99\x99\x99\x99\x99\xb9\x3f"))
	refuse(t, chainFile(2, [][]byte{slope}, op("PRelu", list{"x", "s"}, list{"y"})), ErrNotExact, "(PRelu)", "0.1")
}

// TestSmallIntegers wrap around, as no layer does.
func TestSmallIntegers(t *testing.T) {
	hundred := join(pbDims([]int64{1}), pbInt(2, elemInt8), pbBytes(8, "k"), pbInt(5, 100))
	f := chainFile(2, [][]byte{hundred, floatTensor("w", []int64{2, 1}, 1, 1)}, op("Mul", list{"x", "k"}, list{"m"}),
		op("Cast", list{"m"}, list{"c"}, intAttribute("to", elemFloat)), op("MatMul", list{"c", "w"}, list{"y"}))
	f.inputs = [][]byte{valueOf("x", elemInt8, -1, 2)}
	refuse(t, f, ErrUnsupported, "(Mul)")
}

// TestIntegerDivision drops what follows the point, as no layer does.
func TestIntegerDivision(t *testing.T) {
	f := chainFile(2, [][]byte{intTensor("two", []int64{1}, 2), floatTensor("w", []int64{2, 1}, 1, 1)},
		op("Div", list{"x", "two"}, list{"d"}), op("Cast", list{"d"}, list{"c"}, intAttribute("to", elemFloat)),
		op("MatMul", list{"c", "w"}, list{"y"}))
	f.inputs = [][]byte{valueOf("x", elemInt64, -1, 2)}
	refuse(t, f, ErrUnsupported, "(Div)")
}
