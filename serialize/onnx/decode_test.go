package onnx

import (
	"errors"
	"math"
	"slices"
	"strings"
	"testing"

	"nnrt/net"
	"nnrt/serialize"
)

// decodeOK decodes a file that is to be accepted, and checks that a model file can hold it.
func decodeOK(t *testing.T, f testFile) *serialize.File {
	t.Helper()
	file, err := Decode(f.bytes())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := serialize.Encode(file); err != nil {
		t.Fatal(err)
	}
	return file
}

// refuse decodes a file that is to be refused for a cause, by an error that names what is wanted.
func refuse(t *testing.T, f testFile, cause error, want ...string) *Error {
	t.Helper()
	_, err := Decode(f.bytes())
	e, ok := err.(*Error)
	if !ok || !errors.Is(err, cause) {
		t.Fatalf("%v, want an *Error for: %v", err, cause)
	}
	for _, text := range want {
		if !strings.Contains(err.Error(), text) {
			t.Errorf("%v, want a mention of %q", err, text)
		}
	}
	return e
}

// predictRows runs rows through the model, scaled as the schema says.
func predictRows(t *testing.T, file *serialize.File, x ...float32) []float32 {
	t.Helper()
	x = slices.Clone(x)
	if s := file.Schema; s != nil {
		for i := range x {
			f := &s.Features[i%len(s.Features)]
			x[i] = (x[i] - f.Mean) / f.Scale
		}
	}
	y := make([]float32, len(x)/file.Model.Inputs()*file.Model.Outputs())
	if err := file.Model.NewPredictor().Predict(y, x); err != nil {
		t.Fatal(err)
	}
	return y
}

// near fails if values are further from the truth than some ULP of the largest.
func near(t *testing.T, got []float32, want ...float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%v, want %v", got, want)
	}
	scale := 0.0
	for _, v := range want {
		scale = max(scale, math.Abs(v))
	}
	for i, v := range want {
		if !(math.Abs(float64(got[i])-v) <= 4*0x1p-23*scale) {
			t.Errorf("%v, want %v", got, want)
			return
		}
	}
}

func layerTexts(m *net.Model) []string {
	var texts []string
	for _, l := range m.Layers() {
		text := l.Kind.String()
		if l.Kind == net.DenseLayer || l.Kind == net.ActivationLayer {
			text += " " + l.Activation.String()
		}
		texts = append(texts, text)
	}
	return texts
}

func TestGemmAndMatMul(t *testing.T) {
	f := chainFile(2, [][]byte{
		floatTensor("w", []int64{3, 2}, 1, 2, 3, 4, 5, 6), floatTensor("b", []int64{3}, 7, 8, 9),
		floatTensor("v", []int64{3, 1}, 1, -1, 2), floatTensor("c", []int64{1}, -4)},
		op("Gemm", list{"x", "w", "b"}, list{"h"}, intAttribute("transB", 1)),
		op("Relu", list{"h"}, list{"r"}),
		op("MatMul", list{"r", "v"}, list{"m"}),
		op("Add", list{"c", "m"}, list{"y"})) // the bias first, as PyTorch writes it
	file := decodeOK(t, f)
	want := []net.Layer{net.Dense(3, net.ReLU, net.Name("dense")), net.Dense(1, net.Linear, net.Name("dense_1"))}
	if got := file.Model.Layers(); !slices.Equal(got, want) {
		t.Errorf("layers %v, want %v", got, want)
	}
	if got := file.Model.Parameters(); !slices.Equal(got, []float32{1, 3, 5, 2, 4, 6, 7, 8, 9, 1, -1, 2, -4}) {
		t.Errorf("parameters %v", got)
	}
	if file.Schema != nil {
		t.Errorf("a schema that nothing asks for: %+v", file.Schema)
	}
	if got := file.Metadata["source_format"] + " " + file.Metadata["source_opset"]; got != "onnx 13" {
		t.Errorf("metadata %v", file.Metadata)
	}
}

// TestGemmForms: alpha and beta, transB, and the shapes that a bias may have.
func TestGemmForms(t *testing.T) {
	for _, c := range []struct {
		name string
		bias []byte
		more [][]byte
		want []float32 // kernel and bias
	}{
		{"no bias", nil, nil, []float32{1, 2, 3, 4}},
		{"row", floatTensor("b", []int64{2}, 5, 6), nil, []float32{1, 2, 3, 4, 5, 6}},
		{"matrix of one row", floatTensor("b", []int64{1, 2}, 5, 6), nil, []float32{1, 2, 3, 4, 5, 6}},
		{"one number", floatTensor("b", []int64{1}, 5), nil, []float32{1, 2, 3, 4, 5, 5}},
		{"without dimensions", scalar("b", 5), nil, []float32{1, 2, 3, 4, 5, 5}},
		{"−0", floatTensor("b", []int64{2}, float32(math.Copysign(0, -1)), 1), nil,
			[]float32{1, 2, 3, 4, float32(math.Copysign(0, -1)), 1}},
		{"transB", nil, [][]byte{intAttribute("transB", 1)}, []float32{1, 3, 2, 4}},
		{"alpha", floatTensor("b", []int64{2}, 5, 6), [][]byte{floatAttribute("alpha", 0.5)},
			[]float32{0.5, 1, 1.5, 2, 5, 6}},
		{"beta", floatTensor("b", []int64{2}, 5, 6), [][]byte{floatAttribute("beta", -2)}, []float32{1, 2, 3, 4, -10, -12}},
		{"beta 0", floatTensor("b", []int64{2}, 5, 6), [][]byte{floatAttribute("beta", 0)}, []float32{1, 2, 3, 4}},
	} {
		t.Run(c.name, func(t *testing.T) {
			tensors, in := [][]byte{floatTensor("w", []int64{2, 2}, 1, 2, 3, 4)}, list{"x", "w"}
			if c.bias != nil {
				tensors, in = append(tensors, c.bias), append(in, "b")
			}
			file := decodeOK(t, chainFile(2, tensors, op("Gemm", in, list{"y"}, c.more...)))
			if got := file.Model.Parameters(); !slices.EqualFunc(got, c.want, sameBits) {
				t.Errorf("parameters %v, want %v", got, c.want)
			}
		})
	}
	w := floatTensor("w", []int64{2, 2}, 1, 2, 3, 4)
	refuse(t, chainFile(2, [][]byte{w}, op("Gemm", list{"x", "w"}, list{"y"}, intAttribute("transA", 1))),
		ErrUnsupported, "#1 (Gemm)", "attribute transA")
	refuse(t, chainFile(2, [][]byte{w, floatTensor("b", []int64{3}, 1, 2, 3)}, op("Gemm", list{"x", "w", "b"}, list{"y"})),
		ErrShape, "#1 (Gemm)")
	refuse(t, chainFile(2, [][]byte{w, floatTensor("b", []int64{2, 1}, 1, 2)}, op("Gemm", list{"x", "w", "b"}, list{"y"})),
		ErrShape)
	refuse(t, chainFile(3, [][]byte{w}, op("Gemm", list{"x", "w"}, list{"y"})), ErrShape, "[batch, 3]", "[2, 2]")
	refuse(t, chainFile(2, [][]byte{w}, op("MatMul", list{"w", "x"}, list{"y"})), ErrUnsupported)
	refuse(t, chainFile(2, nil, op("MatMul", list{"x", "x"}, list{"y"})), ErrUnsupported)
	f := chainFile(2, [][]byte{w}, op("MatMul", list{"x", "w"}, list{"y"}))
	f.inputs = [][]byte{valueOf("x", elemFloat, -1, 5, 2)}
	refuse(t, f, ErrUnsupported, "each of several parts of a row")
	f.tensors = [][]byte{floatTensor("w", []int64{2, 2}, 1, 2, float32(math.NaN()), 4)}
	f.inputs = [][]byte{valueOf("x", elemFloat, -1, 2)}
	refuse(t, f, ErrNotFinite, `tensor "w"`, "value 3")
}

func sameBits(a, b float32) bool { return math.Float32bits(a) == math.Float32bits(b) }

// TestTensors: all forms of the same two numbers.
func TestTensors(t *testing.T) {
	dims, name := join(pbInt(1, 1), pbInt(1, 2)), pbBytes(8, "b")
	packed := func(parts ...[]byte) []byte { return join(parts...) }
	for _, c := range []struct {
		name   string
		tensor []byte
	}{
		{"raw float", join(pbInt(2, elemFloat), pbBytes(9, rawFloats(1.5, -2)))},
		{"packed float", join(pbInt(2, elemFloat), pbBytes(4, rawFloats(1.5, -2)))},
		{"unpacked float", join(pbInt(2, elemFloat), pbFloat(4, 1.5), pbFloat(4, -2))},
		{"both", join(pbInt(2, elemFloat), pbFloat(4, 1.5), pbBytes(4, rawFloats(-2)))},
		{"raw double", join(pbInt(2, elemDouble), pbBytes(9, rawInts(0x3ff8<<48, -0x4000<<48)))},
		{"packed double", join(pbInt(2, elemDouble), pbBytes(10, rawInts(0x3ff8<<48, -0x4000<<48)))},
		{"raw float16", join(pbInt(2, elemFloat16), pbBytes(9, "\x00\x3e\x00\xc0"))},
		{"float16", join(pbInt(2, elemFloat16), pbInt(5, 0x3e00), pbInt(5, 0xc000))},
		{"packed float16", join(pbInt(2, elemFloat16), pbBytes(5, packed([]byte{0x80, 0x7c}, []byte{0x80, 0x80, 3})))},
		{"raw bfloat16", join(pbInt(2, elemBfloat16), pbBytes(9, "\xc0\x3f\x00\xc0"))},
		{"bfloat16", join(pbInt(2, elemBfloat16), pbInt(5, 0x3fc0), pbInt(5, 0xc000))},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := chainFile(2, [][]byte{join(dims, name, c.tensor)}, op("Relu", list{"x"}, list{"r"}),
				op("Add", list{"r", "b"}, list{"y"}))
			near(t, predictRows(t, decodeOK(t, f), 3, 4), 4.5, 2)
			packedDims := join(pbBytes(1, []byte{1, 2}), name, c.tensor)
			f.tensors = [][]byte{packedDims}
			near(t, predictRows(t, decodeOK(t, f), 3, 4), 4.5, 2)
		})
	}
	for _, c := range []struct {
		name   string
		tensor []byte
		cause  error
		want   string
	}{
		{"double between", join(pbInt(2, elemDouble), pbBytes(9, rawInts(0x3fb999999999999a, 0))), ErrNotExact,
			"value 1 is 0.1"},
		{"too short", join(pbInt(2, elemFloat), pbBytes(9, rawFloats(1))), ErrTensor,
			"4 bytes of FLOAT for the shape [1, 2]"},
		{"too long", join(pbInt(2, elemFloat), pbBytes(4, rawFloats(1, 2, 3))), ErrTensor, "3 values"},
		{"none", pbInt(2, elemFloat), ErrTensor, "0 values"},
		{"texts", join(pbInt(2, elemString), pbBytes(6, "1"), pbBytes(6, "2")), ErrTensor, "texts"},
		{"complex", join(pbInt(2, 14), pbBytes(9, "12345678")), ErrUnsupported, "data type 14"},
		{"float8", join(pbInt(2, 17), pbBytes(9, "12")), ErrUnsupported, "data type 17"},
		{"segment", join(pbInt(2, elemFloat), pbBytes(3, "")), ErrTensor, "segment"},
		{"cut number", join(pbInt(2, elemFloat), pbBytes(4, "123")), ErrWire, "cut short"},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := chainFile(2, [][]byte{join(name, dims, c.tensor)}, op("Relu", list{"x"}, list{"r"}),
				op("Add", list{"r", "b"}, list{"y"}))
			refuse(t, f, c.cause, c.want)
		})
	}
}

// TestSharedTensors: equal tensors through Identity, tensors that are inputs too (IR 3), and one layer twice.
func TestSharedTensors(t *testing.T) {
	f := chainFile(2, [][]byte{floatTensor("w", []int64{2, 2}, 1, 2, 3, 4), floatTensor("b", []int64{2}, 5, 6)},
		op("Identity", list{"w"}, list{"w2"}), op("Identity", list{"b"}, list{"b2"}),
		op("Gemm", list{"x", "w", "b"}, list{"h"}), op("Relu", list{"h"}, list{"r"}),
		op("Gemm", list{"r", "w2", "b2"}, list{"s"}), op("Tanh", list{"s"}, list{"u"}),
		op("Gemm", list{"u", "w", "b"}, list{"y"}))
	f.ir = 3
	f.inputs = append(f.inputs, valueOf("w", elemFloat, 2, 2), valueOf("b", elemFloat, 2))
	m := decodeOK(t, f).Model
	if got := layerTexts(m); !slices.Equal(got, []string{"dense relu", "dense tanh", "dense linear"}) {
		t.Errorf("layers %v", got)
	}
	one := []float32{1, 2, 3, 4, 5, 6}
	if got := m.Parameters(); !slices.Equal(got, slices.Concat(one, one, one)) {
		t.Errorf("parameters %v", got)
	}
}

// TestTransposedWeights: PyTorch's dynamo exporter transposes in the graph.
func TestTransposedWeights(t *testing.T) {
	f := chainFile(3, [][]byte{floatTensor("w", []int64{2, 3}, 1, 2, 3, 4, 5, 6), floatTensor("b", []int64{2}, 7, 8)},
		op("Transpose", list{"w"}, list{"t"}, intsAttribute("perm", 1, 0)),
		op("MatMul", list{"x", "t"}, list{"m"}), op("Add", list{"m", "b"}, list{"y"}))
	if got := decodeOK(t, f).Model.Parameters(); !slices.Equal(got, []float32{1, 4, 2, 5, 3, 6, 7, 8}) {
		t.Errorf("parameters %v", got)
	}
}

// TestNothing: nodes that change nothing disappear.
func TestNothing(t *testing.T) {
	shape := [][]byte{intTensor("flat", []int64{2}, -1, 3), intTensor("zero", []int64{2}, 0, -1),
		intTensor("cube", []int64{4}, -1, 1, 3, 1), intTensor("fixed", []int64{2}, 2, 3), intTensor("one", []int64{1}, 1),
		intTensor("last", []int64{1}, -1), intTensor("axis0", nil, 0), intTensor("row", []int64{1}, 3)}
	h := list{"h"}
	y := list{"y"}
	for _, c := range []struct {
		name  string
		opset int64
		batch int64
		nodes [][]byte
	}{
		{"identity", 13, -1, [][]byte{op("Identity", h, y)}},
		{"dropout", 9, -1, [][]byte{op("Dropout", h, list{"y", ""}, floatAttribute("ratio", 0.5))}},
		{"dropout of training mode false", 13, -1, [][]byte{
			op("Constant", nil, list{"no"}, tensorAttribute("value", join(pbInt(2, elemBool), pbBytes(9, "\x00")))),
			op("Dropout", list{"h", "", "no"}, y)}},
		{"flatten", 13, -1, [][]byte{op("Flatten", h, y)}},
		{"flatten from behind", 13, -1, [][]byte{op("Flatten", h, y, intAttribute("axis", -1))}},
		{"reshape", 13, -1, [][]byte{op("Reshape", list{"h", "flat"}, y)}},
		{"reshape with 0", 13, -1, [][]byte{op("Reshape", list{"h", "zero"}, y)}},
		{"reshape of a fixed batch", 13, 2, [][]byte{op("Reshape", list{"h", "fixed"}, y)}},
		{"there and back", 13, -1, [][]byte{op("Reshape", list{"h", "cube"}, list{"c"}), op("Flatten", list{"c"}, y)}},
		{"transposed ones", 13, -1, [][]byte{op("Reshape", list{"h", "cube"}, list{"c"}),
			op("Transpose", list{"c"}, list{"d"}, intsAttribute("perm", 0, 2, 3, 1)), op("Flatten", list{"d"}, y)}},
		{"cast", 13, -1, [][]byte{op("Cast", h, y, intAttribute("to", elemFloat))}},
		{"cast to double and back", 13, -1, [][]byte{op("Cast", h, list{"c"}, intAttribute("to", elemDouble)),
			op("Cast", list{"c"}, y, intAttribute("to", elemFloat))}},
		{"squeeze of attributes", 11, -1, [][]byte{op("Unsqueeze", h, list{"u"}, intsAttribute("axes", 1)),
			op("Squeeze", list{"u"}, y, intsAttribute("axes", 1))}},
		{"squeeze of inputs", 13, -1, [][]byte{op("Unsqueeze", list{"h", "one"}, list{"u"}), op("Squeeze", list{"u", "one"},
			y)}},
		{"squeeze of all", 13, -1, [][]byte{op("Unsqueeze", list{"h", "one"}, list{"u"}), op("Squeeze", list{"u"}, y)}},
		{"the shape computed", 13, -1, [][]byte{op("Shape", list{"x"}, list{"s"}),
			op("Gather", list{"s", "axis0"}, list{"n"}), op("Unsqueeze", list{"n", "axis0l"}, list{"n1"}),
			op("Concat", list{"n1", "last"}, list{"to"}, intAttribute("axis", 0)), op("Reshape", list{"h", "to"}, y)}},
		{"the shape in other integers", 13, -1, [][]byte{op("Shape", list{"h"}, list{"s"}),
			op("Cast", list{"s"}, list{"i"}, intAttribute("to", elemInt32)),
			op("Cast", list{"i"}, list{"l"}, intAttribute("to", elemInt64)), op("Reshape", list{"h", "l"}, y)}},
		{"the shape sliced", 9, -1, [][]byte{op("Shape", list{"h"}, list{"s"}),
			op("Slice", list{"s"}, list{"n"}, intsAttribute("starts", 0), intsAttribute("ends", 1)),
			op("Concat", list{"n", "row"}, list{"to"}, intAttribute("axis", 0)), op("Reshape", list{"h", "to"}, y)}},
		{"clip without bounds", 13, -1, [][]byte{op("Clip", h, y)}},
		{"clip with the range of float32", 9, -1, [][]byte{op("Clip", h, y)}},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := afterDense(c.opset, append(shape, intTensor("axis0l", []int64{1}, 0)), c.nodes...)
			f.inputs = [][]byte{valueOf("x", elemFloat, c.batch, 3)}
			m := decodeOK(t, f).Model
			if got := layerTexts(m); !slices.Equal(got, []string{"dense linear"}) {
				t.Errorf("layers %v", got)
			}
		})
	}
	for _, c := range []struct {
		name  string
		nodes [][]byte
		want  string
	}{
		{"all rows as one", [][]byte{op("Flatten", h, y, intAttribute("axis", 0))}, "(Flatten)"},
		{"axis 2 of a cube", [][]byte{op("Unsqueeze", list{"h", "last"}, list{"u"}),
			op("Flatten", list{"u"}, y, intAttribute("axis", 2))}, "(Flatten)"},
		{"rows of 1", [][]byte{op("Reshape", list{"h", "column"}, y)}, "from row to row"},
		{"a fixed number of rows", [][]byte{op("Reshape", list{"h", "fixed"}, y)}, "from row to row"},
		{"transposed", [][]byte{op("Transpose", h, y)}, "transposed"},
		{"cast to integers", [][]byte{op("Cast", h, y, intAttribute("to", elemInt64))}, "(Cast)"},
		{"dropout that trains", [][]byte{
			op("Constant", nil, list{"yes"}, tensorAttribute("value", join(pbInt(2, elemBool), pbBytes(9, "\x01")))),
			op("Dropout", list{"h", "", "yes"}, y)}, "training_mode"},
		{"squeeze of 3", [][]byte{op("Squeeze", list{"h", "one"}, y)}, "dimension 2"},
	} {
		t.Run(c.name, func(t *testing.T) {
			refuse(t, afterDense(13, append(shape, intTensor("column", []int64{2}, -1, 1)), c.nodes...), ErrUnsupported, c.want)
		})
	}
	mask := afterDense(9, nil, op("Dropout", h, list{"", "y"}))
	refuse(t, mask, ErrUnsupported, `output "y"`, "not the first")
}

// TestInputShapes: rows with and without batch dimension, widths that only the weights tell, shapes that are not there.
func TestInputShapes(t *testing.T) {
	w := floatTensor("w", []int64{4, 2}, 1, 2, 3, 4, 5, 6, 7, 8)
	node := op("MatMul", list{"x", "w"}, list{"y"})
	noShape := join(pbBytes(1, "x"), pbBytes(2, pbBytes(1, pbInt(1, elemFloat))))
	for _, input := range [][]byte{
		valueOf("x", elemFloat, -1, 4), valueOf("x", elemFloat, 1, 4), valueOf("x", elemFloat, 32, 4),
		valueOf("x", elemFloat, -1, -1), valueOf("x", elemFloat, 4), valueOf("x", elemFloat, -1, 1, 4), noShape,
		valueOf("x", elemDouble, -1, 4), valueOf("x", elemInt64, -1, 4), valueOf("x", elemFloat, 0, 4),
	} {
		f := chainFile(4, [][]byte{w}, node)
		f.inputs = [][]byte{input}
		m := decodeOK(t, f).Model
		if m.Inputs() != 4 || m.Outputs() != 2 {
			t.Errorf("%d inputs, %d outputs", m.Inputs(), m.Outputs())
		}
	}
	images := chainFile(4, [][]byte{w}, op("Flatten", list{"x"}, list{"f"}), op("MatMul", list{"f", "w"}, list{"y"}))
	images.inputs = [][]byte{valueOf("x", elemFloat, -1, 1, 2, 2)}
	decodeOK(t, images)
	for _, c := range []struct {
		input []byte
		cause error
	}{
		{valueOf("x", elemFloat), ErrUnsupported},
		{valueOf("x", elemFloat, -1, -1, 4), ErrUnsupported},
		{valueOf("x", elemFloat, -1, 5), ErrShape},
		{valueOf("x", elemString, -1, 4), ErrUnsupported},
		{valueOf("x", 14, -1, 4), ErrUnsupported},
		{join(pbBytes(1, "x"), pbBytes(2, pbBytes(4, ""))), ErrUnsupported}, // a sequence
		{valueOf("x", elemFloat, 1, 1, 1, 1, 1, 1, 1, 1, 4), ErrLimit},
		{valueOf("x", elemFloat, -1, 1<<40, 4), ErrLimit},
	} {
		f := chainFile(4, [][]byte{w}, node)
		f.inputs = [][]byte{c.input}
		refuse(t, f, c.cause)
	}
	unknown := chainFile(4, nil, op("Relu", list{"x"}, list{"y"}))
	unknown.inputs = [][]byte{valueOf("x", elemFloat, -1, -1)}
	refuse(t, unknown, ErrShape, `input "x"`, "how many columns")
}
