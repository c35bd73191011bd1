package onnx

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"nnrt/dataset"
	"nnrt/net"
)

// mlFile is a file with ai.onnx.ml's operators.
func mlFile(inputs, outputs, tensors [][]byte, nodes ...[]byte) testFile {
	return testFile{ml: 1, inputs: inputs, outputs: outputs, tensors: tensors, nodes: nodes}
}

func defaultNA() []string { return strings.Split(dataset.DefaultNA, ",") }

// TestScaling: what scales the inputs before the first layer becomes the schema. Sub and Div are its very operations.
func TestScaling(t *testing.T) {
	c, s := floatTensor("c", []int64{2}, 0.1, -3), floatTensor("s", []int64{2}, 0.25, 8)
	w := floatTensor("w", []int64{2, 1}, 1, 10)
	dense := op("MatMul", list{"z", "w"}, list{"y"})
	truth := func(x []float32) float64 {
		return (float64(x[0])-float64(float32(0.1)))/0.25 + 10*(float64(x[1])+3)/8
	}
	for _, scaling := range []struct {
		name        string
		nodes       [][]byte
		mean, scale []float32
	}{
		{"Sub and Div", [][]byte{op("Sub", list{"x", "c"}, list{"d"}), op("Div", list{"d", "s"}, list{"z"})},
			[]float32{0.1, -3}, []float32{0.25, 8}},
		{"Scaler", [][]byte{op(mlDomain+".Scaler", list{"x"}, list{"z"}, floatsAttribute("offset", 0.1, -3),
			floatsAttribute("scale", 4, 0.125))}, []float32{0.1, -3}, []float32{0.25, 8}},
		{"Mul and Add", [][]byte{op("Mul", list{"x", "r"}, list{"d"}), op("Add", list{"d", "a"}, list{"z"})},
			[]float32{0.1, -3}, []float32{0.25, 8}},
		{"through Cast", [][]byte{op("Cast", list{"x"}, list{"f"}, intAttribute("to", elemFloat)),
			op("Sub", list{"f", "c"}, list{"d"}), op("Div", list{"d", "s"}, list{"z"})}, []float32{0.1, -3}, []float32{0.25, 8}},
	} {
		t.Run(scaling.name, func(t *testing.T) {
			fourfold, eighth := float32(4), float32(0.125)
			f := chainFile(2, [][]byte{c, s, w, floatTensor("r", []int64{2}, fourfold, eighth),
				floatTensor("a", []int64{2}, -0.1*fourfold, 3*eighth)}, append(scaling.nodes, dense)...)
			f.ml = 1
			file := decodeOK(t, f)
			want := &dataset.Schema{Columns: 2, NA: defaultNA(),
				Target: dataset.Target{Name: "y", Column: -1, Task: dataset.TaskRegression, Scale: 1}}
			for i := range scaling.mean {
				want.Features = append(want.Features, dataset.Feature{Name: []string{"c1", "c2"}[i], Column: i,
					Mean: scaling.mean[i], Scale: scaling.scale[i]})
			}
			if !reflect.DeepEqual(file.Schema, want) {
				t.Errorf("schema %+v, want %+v", file.Schema, want)
			}
			x := []float32{2, 3}
			near(t, predictRows(t, file, x...), truth(x))
		})
	}
	// A negative scale is none for the schema.
	f := chainFile(2, [][]byte{c, floatTensor("s", []int64{2}, 0.25, -8), w}, op("Sub", list{"x", "c"}, list{"d"}),
		op("Div", list{"d", "s"}, list{"z"}), dense)
	file := decodeOK(t, f)
	if got := file.Schema.Features[1]; got.Scale != 1 || got.Mean != -3 {
		t.Errorf("feature %+v", got)
	}
	near(t, predictRows(t, file, 0.1, 5), -10)
}

// TestColumns: an input for each column, of which some are used, filled in, scaled and encoded.
func TestColumns(t *testing.T) {
	inputs := [][]byte{valueOf("age", elemFloat, -1, 1), valueOf("unused", elemFloat, -1, 1),
		valueOf("colour", elemString, -1, 1), valueOf("size", elemInt64, -1, 1), valueOf("pay", elemFloat, -1, 1)}
	tensors := [][]byte{floatTensor("w", []int64{7, 1}, 1, 2, 3, 4, 5, 6, 7), intTensor("three", []int64{2}, -1, 3)}
	nodes := func(zeros int64, imputed ...float32) [][]byte {
		return [][]byte{
			op("Concat", list{"pay", "age"}, list{"n"}, intAttribute("axis", 1)),
			op(mlDomain+".Imputer", list{"n"}, list{"i"}, floatsAttribute("imputed_value_floats", imputed...),
				floatAttribute("replaced_value_float", nan)),
			op(mlDomain+".Scaler", list{"i"}, list{"s"}, floatsAttribute("offset", 5, 40), floatsAttribute("scale", 0.5, 0.25)),
			op(mlDomain+".OneHotEncoder", list{"size"}, list{"e"}, intsAttribute("cats_int64s", 1, 2), intAttribute("zeros",
				zeros)),
			op("Flatten", list{"e"}, list{"ef"}),
			op(mlDomain+".OneHotEncoder", list{"colour"}, list{"o"}, textsAttribute("cats_strings", "red", "green", "blue"),
				intAttribute("zeros", 1)),
			op("Reshape", list{"o", "three"}, list{"of"}),
			op(mlDomain+".FeatureVectorizer", list{"s", "ef", "of"}, list{"v"}, intsAttribute("inputdimensions", 2, 2, 3)),
			op("MatMul", list{"v", "w"}, list{"y"}),
		}
	}
	outputs := [][]byte{valueOf("y", elemFloat, -1, 1)}
	file := decodeOK(t, mlFile(inputs, outputs, tensors, nodes(1, 6, 41)...))
	want := &dataset.Schema{Columns: 4, Named: true, NA: defaultNA(), OnMissing: dataset.RuleMean,
		OnUnknown: dataset.RuleZero,
		Features: []dataset.Feature{
			{Name: "age", Column: 0, Mean: 40, Scale: 4, Fill: 41},
			{Name: "colour", Column: 1, Kind: dataset.Categorical, Categories: []string{"red", "green", "blue"}},
			{Name: "size", Column: 2, Kind: dataset.Categorical, Categories: []string{"1", "2"}},
			{Name: "pay", Column: 3, Mean: 5, Scale: 2, Fill: 6},
		},
		Target: dataset.Target{Name: "y", Column: -1, Task: dataset.TaskRegression, Scale: 1}}
	if !reflect.DeepEqual(file.Schema, want) {
		t.Errorf("schema %+v,\nwant %+v", file.Schema, want)
	}
	// The weights were for pay, age, size, colour.
	if got := file.Model.Parameters(); !slices.Equal(got, []float32{2, 5, 6, 7, 3, 4, 1}) {
		t.Errorf("parameters %v", got)
	}
	change := func(i int, node []byte) testFile {
		list := nodes(1, 6, 41)
		list[i] = node
		return mlFile(inputs, outputs, tensors, list...)
	}
	refuse(t, mlFile(inputs, outputs, tensors, nodes(0, 6, 41)...), ErrUnsupported, "unknown categories")
	refuse(t, change(0, op("Concat", list{"age", "age"}, list{"n"}, intAttribute("axis", 1))), ErrUnsupported,
		`column "age"`, "twice")
	refuse(t, change(0, op("Concat", list{"age", "colour"}, list{"n"}, intAttribute("axis", 1))), ErrUnsupported,
		`column "colour"`)
	refuse(t, change(1, op(mlDomain+".Imputer", list{"n"}, list{"i"}, floatsAttribute("imputed_value_floats", 1, 2),
		floatAttribute("replaced_value_float", -1))), ErrUnsupported, "(ai.onnx.ml.Imputer)")
	refuse(t, change(2, op("Relu", list{"i"}, list{"s"})), ErrUnsupported, "(Relu)", "a part of the columns")
	refuse(t, change(8, op("Relu", list{"v"}, list{"y"})), ErrUnsupported, "another order")
	// A category may be made an integer; as a number it would be another one.
	codes := nodes(1, 6, 41)
	codes[3] = op(mlDomain+".OneHotEncoder", list{"code"}, list{"e"}, intsAttribute("cats_int64s", 1, 2),
		intAttribute("zeros", 1))
	inputs[3] = valueOf("size", elemFloat, -1, 1)
	toInteger := op("Cast", list{"size"}, list{"code"}, intAttribute("to", elemInt64))
	coded := decodeOK(t, mlFile(inputs, outputs, tensors, append([][]byte{toInteger}, codes...)...))
	if !reflect.DeepEqual(coded.Schema, want) {
		t.Errorf("schema %+v,\nwant %+v", coded.Schema, want)
	}
	number := mlFile([][]byte{valueOf("size", elemFloat, -1, 1), valueOf("pay", elemFloat, -1, 1)}, outputs,
		[][]byte{floatTensor("w", []int64{2, 1}, 1, 2)}, toInteger,
		op("Concat", list{"code", "pay"}, list{"v"}, intAttribute("axis", 1)), op("MatMul", list{"v", "w"}, list{"y"}))
	refuse(t, number, ErrUnsupported, `column "size"`, "cut off to integers")
	two := mlFile([][]byte{valueOf("a", elemFloat, -1, 2), valueOf("b", elemFloat, -1, 1)}, outputs,
		[][]byte{floatTensor("w", []int64{3, 1}, 1, 2, 3)}, op("Concat", list{"a", "b"}, list{"v"}, intAttribute("axis", 1)),
		op("MatMul", list{"v", "w"}, list{"y"}))
	refuse(t, two, ErrUnsupported, `input "a"`, "one of 2 inputs")
}

// TestSelectedColumns of one input.
func TestSelectedColumns(t *testing.T) {
	at := intTensor("at", []int64{2}, 2, 0)
	w := floatTensor("w", []int64{2, 1}, 1, 2)
	attributes := [][]byte{intsAttribute("axes", 1), intsAttribute("starts", 1), intsAttribute("ends", 9)}
	sliced := chainFile(4, [][]byte{floatTensor("w", []int64{3, 1}, 1, 2, 3)}, op("Slice", list{"x"}, list{"v"},
		attributes...),
		op("MatMul", list{"v", "w"}, list{"y"}))
	sliced.opset = 9
	refuse(t, sliced, ErrUnsupported, "(Slice)")
	for _, node := range [][]byte{op(mlDomain+".ArrayFeatureExtractor", list{"x", "at"}, list{"v"}),
		op("Gather", list{"x", "at"}, list{"v"}, intAttribute("axis", 1))} {
		f := chainFile(4, [][]byte{at, w}, node, op("MatMul", list{"v", "w"}, list{"y"}))
		f.ml = 1
		file := decodeOK(t, f)
		if s := file.Schema; s == nil || s.Columns != 4 || len(s.Features) != 2 || s.Features[0].Name != "c1" ||
			s.Features[1].Name != "c3" {
			t.Errorf("schema %+v", s)
		}
		if got := file.Model.Parameters(); !slices.Equal(got, []float32{2, 1}) {
			t.Errorf("parameters %v", got)
		}
	}
	f := chainFile(4, [][]byte{intTensor("at", []int64{2}, 4, 0), w}, op("Gather", list{"x", "at"}, list{"v"},
		intAttribute("axis", 1)),
		op("MatMul", list{"v", "w"}, list{"y"}))
	refuse(t, f, ErrAttribute, "(Gather)", "4 of 4")
}

var nan = float32frombits(0x7fc00000)

// TestLabels: the tails of scikit-learn's classifiers.
func TestLabels(t *testing.T) {
	label := valueOf("output_label", elemString, -1)
	probabilities := valueOf("probabilities", elemFloat, -1, 3)
	w3, w1 := floatTensor("w", []int64{2, 3}, 1, 2, 3, 4, 5, 6), floatTensor("w", []int64{2, 1}, 1, 2)
	names := join(pbInt(1, 3), pbInt(2, elemString), pbBytes(6, "ant"), pbBytes(6, "bee"), pbBytes(6, "cat"), pbBytes(8,
		"classes"))
	flat := intTensor("flat", []int64{1}, -1)
	softmax := [][]byte{op("MatMul", list{"x", "w"}, list{"h"}), op("Softmax", list{"h"}, list{"probabilities"})}
	argmax := op("ArgMax", list{"probabilities"}, list{"a"}, intAttribute("axis", 1))
	extract := op(mlDomain+".ArrayFeatureExtractor", list{"classes", "a"}, list{"l"})
	reshape := op("Reshape", list{"l", "flat"}, list{"r"})
	two := func(p string) [][]byte {
		return [][]byte{op("MatMul", list{"x", "w"}, list{"h"}), op("Sigmoid", list{"h"}, list{"p"}), constantNode("one", 1),
			op("Sub", list{"one", "p"}, list{"q"}), op("Concat", list{"q", "p"}, list{p}, intAttribute("axis", 1))}
	}
	animals := []string{"ant", "bee", "cat"}
	coefficients := []float32{1, 4, 2, 5, 3, 6}
	for _, c := range []struct {
		name    string
		tensors [][]byte
		outputs [][]byte
		nodes   [][]byte
		want    dataset.Target
		layers  string
	}{
		{"label and probabilities", [][]byte{w3, names, flat}, [][]byte{label, probabilities}, append(slices.Clone(softmax),
			argmax,
			extract, reshape, op("Identity", list{"r"}, list{"output_label"})),
			dataset.Target{Name: "output_label", Task: dataset.TaskMulticlass, Labels: animals}, "dense softmax"},
		{"integers", [][]byte{w3, join(intTensor("classes", []int64{3}, 7, 8, 9)), flat}, [][]byte{label, probabilities},
			append(slices.Clone(softmax), argmax, extract, op("Cast", list{"l"}, list{"c"}, intAttribute("to", elemInt32)),
				op("Reshape", list{"c", "flat"}, list{"r"}), op("Cast", list{"r"}, list{"output_label"}, intAttribute("to",
					elemInt64))),
			dataset.Target{Name: "output_label", Task: dataset.TaskMulticlass, Labels: []string{"7", "8", "9"}},
			"dense softmax"},
		{"numbers as integers", [][]byte{w3, floatTensor("classes", []int64{3}, 0, 1, 2), flat}, [][]byte{label,
			probabilities},
			append(slices.Clone(softmax), argmax, extract, op("Cast", list{"l"}, list{"output_label"}, intAttribute("to",
				elemInt64))),
			dataset.Target{Name: "output_label", Task: dataset.TaskMulticlass, Labels: []string{"0", "1", "2"}},
			"dense softmax"},
		{"ZipMap", [][]byte{w3, names, flat}, [][]byte{label, valueOf("map", elemFloat, -1)}, append(slices.Clone(softmax),
			argmax,
			extract, op("Reshape", list{"l", "flat"}, list{"output_label"}),
			op(mlDomain+".ZipMap", list{"probabilities"}, list{"map"}, textsAttribute("classlabels_strings", animals...))),
			dataset.Target{Name: "output_label", Task: dataset.TaskMulticlass, Labels: animals}, "dense softmax"},
		{"ZipMap alone", [][]byte{w3}, [][]byte{valueOf("map", elemFloat, -1)}, append(slices.Clone(softmax),
			op(mlDomain+".ZipMap", list{"probabilities"}, list{"map"}, intsAttribute("classlabels_int64s", 3, 2, 1))),
			dataset.Target{Name: "map", Task: dataset.TaskMulticlass, Labels: []string{"3", "2", "1"}}, "dense softmax"},
		{"label of the logits", [][]byte{w3}, [][]byte{valueOf("a", elemInt64, -1), probabilities},
			append(slices.Clone(softmax),
				op("ArgMax", list{"h"}, list{"a"}, intAttribute("axis", -1), intAttribute("keepdims", 0))),
			dataset.Target{Name: "a", Task: dataset.TaskMulticlass, Labels: []string{"0", "1", "2"}}, "dense softmax"},
		{"label alone", [][]byte{w3}, [][]byte{valueOf("a", elemInt64, -1, 1)}, append(slices.Clone(softmax), argmax),
			dataset.Target{Name: "a", Task: dataset.TaskMulticlass, Labels: []string{"0", "1", "2"}}, "dense softmax"},
		{"LabelEncoder", [][]byte{w3}, [][]byte{label, probabilities}, append(slices.Clone(softmax), argmax,
			op(mlDomain+".LabelEncoder", list{"a"}, list{"output_label"}, intsAttribute("keys_int64s", 2, 1, 0),
				textsAttribute("values_strings", "cat", "bee", "ant"))),
			dataset.Target{Name: "output_label", Task: dataset.TaskMulticlass, Labels: animals}, "dense softmax"},
		{"two classes", [][]byte{w1, intTensor("classes", []int64{2}, -1, 1)}, [][]byte{label, probabilities},
			append(two("probabilities"),
				argmax, extract, op("Identity", list{"l"}, list{"output_label"})),
			dataset.Target{Name: "output_label", Task: dataset.TaskBinary, Labels: []string{"-1", "1"}}, "dense sigmoid"},
		{"two classes without a label", [][]byte{w1}, [][]byte{probabilities}, two("probabilities"),
			dataset.Target{Name: "probabilities", Task: dataset.TaskBinary, Labels: []string{"0", "1"}}, "dense sigmoid"},
		{"a column for each class", [][]byte{w3, names, flat, intTensor("i0", []int64{1}, 0), intTensor("i1", []int64{1}, 1),
			intTensor("i2", []int64{1}, 2), intTensor("i3", []int64{1}, 3)},
			[][]byte{label, valueOf("ant", elemFloat, -1), valueOf("bee", elemFloat, -1), valueOf("cat", elemFloat, -1)},
			append(slices.Clone(softmax), argmax, extract, op("Reshape", list{"l", "flat"}, list{"output_label"}),
				op("Slice", list{"probabilities", "i0", "i1", "i1"}, list{"c0"}), op("Reshape", list{"c0", "flat"}, list{"ant"}),
				op("Slice", list{"probabilities", "i1", "i2", "i1"}, list{"c1"}), op("Reshape", list{"c1", "flat"}, list{"bee"}),
				op("Slice", list{"probabilities", "i2", "i3", "i1"}, list{"c2"}), op("Reshape", list{"c2", "flat"}, list{"cat"})),
			dataset.Target{Name: "output_label", Task: dataset.TaskMulticlass, Labels: animals}, "dense softmax"},
		{"LinearClassifier", nil, [][]byte{label, probabilities}, [][]byte{op(mlDomain+".LinearClassifier", list{"x"},
			list{"output_label", "probabilities"}, floatsAttribute("coefficients", coefficients...),
			floatsAttribute("intercepts", 1, 2, 3), textsAttribute("classlabels_strings", animals...),
			textAttribute("post_transform", "SOFTMAX"))},
			dataset.Target{Name: "output_label", Task: dataset.TaskMulticlass, Labels: animals}, "dense softmax"},
		{"LinearClassifier and Normalizer", nil, [][]byte{label, probabilities}, [][]byte{op(mlDomain+".LinearClassifier",
			list{"x"},
			list{"output_label", "p"}, floatsAttribute("coefficients", coefficients...), intsAttribute("classlabels_ints", 0, 1,
				2),
			textAttribute("post_transform", "SOFTMAX")),
			op(mlDomain+".Normalizer", list{"p"}, list{"probabilities"}, textAttribute("norm", "L1"))},
			dataset.Target{Name: "output_label", Task: dataset.TaskMulticlass, Labels: []string{"0", "1", "2"}},
			"dense softmax"},
	} {
		t.Run(c.name, func(t *testing.T) {
			file := decodeOK(t, mlFile([][]byte{valueOf("x", elemFloat, -1, 2)}, c.outputs, c.tensors, c.nodes...))
			c.want.Column = -1
			if got := file.Schema.Target; !reflect.DeepEqual(got, c.want) {
				t.Errorf("target %+v, want %+v", got, c.want)
			}
			if got := layerTexts(file.Model); !slices.Equal(got, []string{c.layers}) {
				t.Errorf("layers %v", got)
			}
			if c.tensors == nil && !slices.Equal(file.Model.Parameters()[:6], []float32{1, 2, 3, 4, 5, 6}) {
				t.Errorf("parameters %v", file.Model.Parameters())
			}
		})
	}
	x := [][]byte{valueOf("x", elemFloat, -1, 2)}
	for _, c := range []struct {
		name    string
		outputs [][]byte
		nodes   [][]byte
		cause   error
		want    string
	}{
		{"a label of another value", [][]byte{label, probabilities}, append(slices.Clone(softmax), op("Tanh", list{"h"},
			list{"t"}),
			op("ArgMax", list{"t"}, list{"output_label"}, intAttribute("axis", 1))), ErrUnsupported, `output "output_label"`},
		{"other labels", [][]byte{label, valueOf("map", elemFloat, -1)}, append(slices.Clone(softmax), argmax, extract,
			op("Reshape", list{"l", "flat"}, list{"output_label"}), op(mlDomain+".ZipMap", list{"probabilities"}, list{"map"},
				textsAttribute("classlabels_strings", "ant", "bee", "cow"))), ErrUnsupported, "other labels"},
		{"too few labels", [][]byte{valueOf("map", elemFloat, -1)}, append(slices.Clone(softmax),
			op(mlDomain+".ZipMap", list{"probabilities"}, list{"map"}, textsAttribute("classlabels_strings", "ant"))), ErrShape,
			"(ai.onnx.ml.ZipMap)"},
		{"the same label twice", [][]byte{valueOf("map", elemFloat, -1)}, append(slices.Clone(softmax),
			op(mlDomain+".ZipMap", list{"probabilities"}, list{"map"}, intsAttribute("classlabels_int64s", 1, 1, 2))),
			ErrSchema, "labels"},
		{"a control character", [][]byte{valueOf("map", elemFloat, -1)}, append(slices.Clone(softmax),
			op(mlDomain+".ZipMap", list{"probabilities"}, list{"map"}, textsAttribute("classlabels_strings", "a", "b\x1b",
				"c"))), ErrSchema, "control"},
		{"one column of three", [][]byte{label, valueOf("c", elemFloat, -1)}, append(slices.Clone(softmax), argmax, extract,
			op("Reshape", list{"l", "flat"}, list{"output_label"}), op("Constant", nil, list{"zero"},
				intsAttribute("value_ints", 0)),
			op("Constant", nil, list{"one"}, intsAttribute("value_ints", 1)),
			op("Slice", list{"probabilities", "zero", "one", "one"}, list{"c"})), ErrUnsupported, "columns that are not all"},
		{"the last of equals", [][]byte{label}, append(slices.Clone(softmax), op("ArgMax", list{"probabilities"},
			list{"output_label"},
			intAttribute("axis", 1), intAttribute("select_last_index", 1))), ErrUnsupported, "(ArgMax)"},
		{"another transform", [][]byte{probabilities}, [][]byte{op(mlDomain+".LinearClassifier", list{"x"}, list{"l",
			"probabilities"},
			floatsAttribute("coefficients", coefficients...), intsAttribute("classlabels_ints", 0, 1, 2),
			textAttribute("post_transform", "PROBIT"))}, ErrUnsupported, "post_transform"},
		{"labels below each other", [][]byte{label, probabilities}, append(slices.Clone(softmax), argmax,
			op("Reshape", list{"classes", "upright"}, list{"column"}), op(mlDomain+".ArrayFeatureExtractor", list{"column", "a"},
				list{"output_label"})), ErrUnsupported, "labels of shape [3, 1]"},
	} {
		t.Run(c.name, func(t *testing.T) {
			upright := intTensor("upright", []int64{2}, 3, 1)
			refuse(t, mlFile(x, c.outputs, [][]byte{w3, names, flat, upright}, c.nodes...), c.cause, c.want)
		})
	}
}

// TestRegressors: LinearRegressor, and the last Reshape of skl2onnx's.
func TestRegressors(t *testing.T) {
	f := chainFile(2, [][]byte{intTensor("column", []int64{2}, -1, 1)},
		op(mlDomain+".LinearRegressor", list{"x"}, list{"v"}, floatsAttribute("coefficients", 2, 3),
			floatsAttribute("intercepts", 4)),
		op("Reshape", list{"v", "column"}, list{"y"}))
	f.ml = 1
	f.more = pbBytes(2, "skl2onnx")
	file := decodeOK(t, f)
	if got := layerTexts(file.Model); !slices.Equal(got, []string{"dense linear"}) {
		t.Errorf("layers %v", got)
	}
	near(t, predictRows(t, file, 1, 1), 9)
	if s := file.Schema; s == nil || s.Target.Task != dataset.TaskRegression || s.Target.Name != "y" {
		t.Errorf("schema %+v", s)
	}
	f.outputs = [][]byte{valueOf("y", elemFloat, -1, 2)}
	f.nodes = [][]byte{op(mlDomain+".LinearRegressor", list{"x"}, list{"y"}, floatsAttribute("coefficients", 2, 3, 4, 5),
		intAttribute("targets", 2))}
	file = decodeOK(t, f)
	near(t, predictRows(t, file, 1, 10), 32, 54)
	if file.Schema.Target.Task != dataset.TaskNone {
		t.Errorf("target %+v", file.Schema.Target)
	}
}

// TestFunctionOfOneScore: ONNX Runtime does not apply it.
func TestFunctionOfOneScore(t *testing.T) {
	for _, how := range []string{"LOGISTIC", "SOFTMAX"} {
		f := chainFile(2, nil, op(mlDomain+".LinearRegressor", list{"x"}, list{"y"}, floatsAttribute("coefficients", 2, 3),
			textAttribute("post_transform", how)))
		f.ml = 1
		refuse(t, f, ErrUnsupported, "attribute post_transform", how)
	}
}

// TestCategoriesThatLookMissing: a category is one even where it is also a spelling of a missing value.
func TestCategoriesThatLookMissing(t *testing.T) {
	f := mlFile([][]byte{valueOf("c", elemString, -1, 1)}, [][]byte{valueOf("y", elemFloat, -1, 1)},
		[][]byte{floatTensor("w", []int64{4, 1}, 1, 2, 3, 4), intTensor("four", []int64{2}, -1, 4)},
		op(mlDomain+".OneHotEncoder", list{"c"}, list{"o"}, textsAttribute("cats_strings", "?", "", "no", "NA"),
			intAttribute("zeros", 1)),
		op("Reshape", list{"o", "four"}, list{"v"}), op("MatMul", list{"v", "w"}, list{"y"}))
	file := decodeOK(t, f)
	if want := []string{"NaN", "null"}; !slices.Equal(file.Schema.NA, want) {
		t.Errorf("missing are %q, want %q", file.Schema.NA, want)
	}
	e, err := file.Schema.Bind([]string{"c"}, true)
	if err != nil {
		t.Fatal(err)
	}
	x := make([]float32, 4)
	for i, text := range []string{"?", "", "no", "NA"} {
		if err := e.Encode(x, []string{text}); err != nil {
			t.Fatal(err)
		}
		for k := range x {
			if want := k == i; x[k] != 0 != want {
				t.Errorf("%q is %v", text, x)
			}
		}
	}
}

// TestDroppedCategories: OneHotEncoder(drop="first") leaves a category's column out; the schema has it, and its weights
// are 0.
func TestDroppedCategories(t *testing.T) {
	f := mlFile([][]byte{valueOf("n", elemFloat, -1, 1), valueOf("c", elemString, -1, 1)},
		[][]byte{valueOf("y", elemFloat, -1, 2)},
		[][]byte{floatTensor("w", []int64{3, 2}, 1, 2, 3, 4, 5, 6), intTensor("keep", []int64{2}, 1, 3),
			intTensor("two", []int64{2}, -1, 2)},
		op(mlDomain+".OneHotEncoder", list{"c"}, list{"o"}, textsAttribute("cats_strings", "a", "b", "c", "d"),
			intAttribute("zeros", 0)),
		op("Gather", list{"o", "keep"}, list{"k"}, intAttribute("axis", -1)), op("Reshape", list{"k", "two"}, list{"r"}),
		op("Concat", list{"r", "n"}, list{"v"}, intAttribute("axis", 1)),
		op(mlDomain+".Scaler", list{"v"}, list{"s"}, floatsAttribute("offset", 0, 0.5, 0), floatsAttribute("scale", 1, 2, 1)),
		op("MatMul", list{"s", "w"}, list{"y"}))
	file := decodeOK(t, f)
	if got := file.Schema.Features[1].Categories; !slices.Equal(got, []string{"a", "b", "c", "d"}) {
		t.Errorf("categories %q", got)
	}
	// n, and b as it was; d is (x − 0.5)·2, of which −1 is the bias.
	want := []float32{5, 6, 0, 0, 1, 2, 0, 0, 6, 8, -3, -4}
	if got := file.Model.Parameters(); !slices.Equal(got, want) {
		t.Errorf("parameters %v, want %v", got, want)
	}
	f.nodes[4] = op("Relu", list{"v"}, list{"s"})
	refuse(t, f, ErrUnsupported)
	f.tensors[1] = intTensor("keep", []int64{2}, 1, 1)
	refuse(t, f, ErrUnsupported)
}

// TestOldOperatorSets: skl2onnx writes the lowest that has the operators, 1 for a pipeline that ends with Identity.
func TestOldOperatorSets(t *testing.T) {
	f := chainFile(2, nil, op(mlDomain+".LinearRegressor", list{"x"}, list{"v"}, floatsAttribute("coefficients", 2, 3)),
		op("Identity", list{"v"}, list{"y"}))
	f.ml, f.opset = 1, 1
	near(t, predictRows(t, decodeOK(t, f), 1, 1), 5)
	f.nodes[1] = op("Concat", list{"v"}, list{"y"}, intAttribute("axis", 1))
	refuse(t, f, ErrVersion, "(Concat)") // axis need not be given there
	f.opset = 4
	near(t, predictRows(t, decodeOK(t, f), 1, 1), 5)
	f.opset, f.nodes[1] = 1, op("Softmax", list{"v"}, list{"y"})
	refuse(t, f, ErrVersion, "(Softmax)", "operator set 1, nnrt reads 7 to 25")
}

// TestManyColumns: a model may have more inputs than a schema has columns; then scaling goes into the first layer.
func TestManyColumns(t *testing.T) {
	const width = maxColumns + 1
	w, c := make([]float32, width), make([]float32, width)
	for i := range w {
		w[i], c[i] = 1, 2
	}
	f := chainFile(width, [][]byte{floatTensor("w", []int64{width, 1}, w...), floatTensor("c", []int64{width}, c...)},
		op("Div", list{"x", "c"}, list{"d"}), op("MatMul", list{"d", "w"}, list{"y"}))
	file := decodeOK(t, f)
	if file.Schema != nil || file.Model.Parameters()[0] != 0.5 || file.Model.Layers()[0].Kind != net.DenseLayer {
		t.Error("scaling of many columns")
	}
}
