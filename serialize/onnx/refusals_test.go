package onnx

import (
	"strings"
	"testing"
)

// TestRefusals: what a Dense network does not have is refused with the node's name and operator.
func TestRefusals(t *testing.T) {
	named := func(name string, node []byte) []byte { return append(node, pbBytes(3, name)...) }
	image := floatTensor("k", []int64{3, 1, 1, 1}, 1, 2, 3)
	for _, c := range []struct {
		name string
		node []byte
		want string
	}{
		{"convolution", op("Conv", list{"h", "k"}, list{"y"}),
			"node \"here\" (Conv): a Dense network does not have this: a convolution"},
		{"pooling", op("MaxPool", list{"h"}, list{"y"}), "(MaxPool): a Dense network does not have this: pooling"},
		{"LSTM", op("LSTM", list{"h", "k", "k"}, list{"y"}), "(LSTM): a Dense network does not have this: a recurrent layer"},
		{"GRU", op("GRU", list{"h", "k", "k"}, list{"y"}), "(GRU): a Dense network does not have this: a recurrent layer"},
		{"attention", op("Attention", list{"h", "h", "h"}, list{"y"}),
			"(Attention): a Dense network does not have this: attention"},
		{"If", op("If", list{"h"}, list{"y"}), "(If): a Dense network does not have this: control flow"},
		{"Loop", op("Loop", list{"", "h"}, list{"y"}), "(Loop): a Dense network does not have this: control flow"},
		{"quantised product", op("QLinearMatMul", list{"h", "k", "k", "k", "k", "k", "k", "k"}, list{"y"}),
			"(QLinearMatMul): a Dense network does not have this: quantised numbers"},
		{"quantised weights", op("DequantizeLinear", list{"k", "k"}, list{"y"}),
			"(DequantizeLinear): a Dense network does not have this: quantised numbers"},
		{"custom domain", append(op("FusedGemm", list{"h", "k"}, list{"y"}), pbBytes(7, "com.microsoft")...),
			"(com.microsoft.FusedGemm): a Dense network does not have this: an operator of a domain of its own"},
		{"known operator of a custom domain", append(op("Gelu", list{"h"}, list{"y"}), pbBytes(7, "com.microsoft")...),
			"(com.microsoft.Gelu)"},
		{"tree", op(mlDomain+".TreeEnsembleClassifier", list{"h"}, list{"y"}), "(ai.onnx.ml.TreeEnsembleClassifier)"},
		{"Normalizer", op(mlDomain+".Normalizer", list{"h"}, list{"y"}), "rows divided by their norm"},
		{"sparse constant", op("Constant", nil, list{"y"}, join(pbBytes(1, "sparse_value"), pbInt(20, 11))),
			"a sparse tensor"},
		{"embedding", op("Gather", list{"k", "h"}, list{"y"}), "(Gather)"},
		{"a name to be shown", op("\x1b[2J\n", list{"h"}, list{"y"}), `("\x1b[2J\n")`},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := afterDense(23, [][]byte{image}, named("here", c.node))
			f.ml = 3
			e := refuse(t, f, ErrUnsupported, c.want)
			if e.Node != `"here"` {
				t.Errorf("node %s", e.Node)
			}
		})
	}
	// What the network is, is said before what the operators around it are.
	state := afterDense(13, nil, op("Expand", list{"h", "h"}, list{"s"}), op("LSTM", list{"h", "h", "h", "", "", "s"},
		list{"y"}))
	refuse(t, state, ErrUnsupported, "#3 (LSTM)")
	// Nodes that nothing depends on do no harm.
	f := afterDense(13, [][]byte{image}, op("Relu", list{"h"}, list{"y"}), op("Conv", list{"h", "k"}, list{"unused"}))
	decodeOK(t, f)
}

func TestRefusalsOfFiles(t *testing.T) {
	good := func() testFile { return afterDense(13, nil, op("Relu", list{"h"}, list{"y"})) }
	relu := op("Relu", list{"h"}, list{"y"})
	for _, c := range []struct {
		name   string
		change func(f *testFile)
		cause  error
		want   string
	}{
		{"two inputs", func(f *testFile) {
			f.inputs = append(f.inputs, valueOf("x2", elemFloat, -1, 3))
			f.nodes = append(f.nodes[:1:1], op("Add", list{"h", "x2"}, list{"y"}))
		}, ErrUnsupported, `input "x"`},
		{"two outputs", func(f *testFile) {
			f.outputs = append(f.outputs, valueOf("h", elemFloat, -1, 3))
		}, ErrUnsupported, `output "h"`},
		{"no output", func(f *testFile) { f.outputs = nil }, ErrGraph, "no output"},
		{"an output that nothing makes", func(f *testFile) { f.outputs = [][]byte{valueOf("q", elemFloat, -1, 3)} },
			ErrGraph, `"q"`},
		{"a constant output", func(f *testFile) { f.outputs = [][]byte{valueOf("w", elemFloat, 3, 3)} }, ErrUnsupported,
			`output "w"`},
		{"nothing but the input", func(f *testFile) { f.nodes = [][]byte{op("Identity", list{"x"}, list{"y"})} },
			ErrUnsupported,
			"the output is the input"},
		{"sparse weights", func(f *testFile) {
			f.graph = pbBytes(15, pbBytes(1, floatTensor("sparse", []int64{1}, 1)))
		}, ErrUnsupported, `tensor "sparse": a Dense network does not have this: a sparse tensor`},
		{"functions", func(f *testFile) { f.more = pbBytes(25, pbBytes(1, "gelu")) }, ErrUnsupported, `function "gelu"`},
		{"a cycle", func(f *testFile) {
			f.nodes = [][]byte{op("MatMul", list{"r", "w"}, list{"h"}), op("Relu", list{"h"}, list{"r"})}
		}, ErrGraph, `input "r": the graph contradicts itself: no node before`},
		{"itself", func(f *testFile) { f.nodes[1] = op("Relu", list{"y"}, list{"y"}) }, ErrGraph, `input "y"`},
		{"two of a name", func(f *testFile) { f.nodes = append(f.nodes, relu) }, ErrGraph, `output "y"`},
		{"a name of an input", func(f *testFile) { f.nodes = append(f.nodes, op("Relu", list{"h"}, list{"x"})) }, ErrGraph,
			`output "x"`},
		{"two inputs of a name", func(f *testFile) { f.inputs = append(f.inputs, f.inputs[0]) }, ErrGraph, `input "x"`},
		{"two tensors of a name", func(f *testFile) { f.tensors = append(f.tensors, f.tensors[0]) }, ErrGraph, `tensor "w"`},
		{"a tensor without a name", func(f *testFile) { f.tensors = append(f.tensors, floatTensor("", nil, 1)) }, ErrGraph,
			"tensor"},
		{"no inputs of a node", func(f *testFile) { f.nodes[1] = op("Relu", nil, list{"y"}) }, ErrGraph, "(Relu)"},
		{"an input left out", func(f *testFile) { f.nodes[1] = op("Relu", list{""}, list{"y"}) }, ErrGraph, "(Relu)"},
		{"too many inputs of a node", func(f *testFile) { f.nodes[1] = op("Relu", list{"h", "h"}, list{"y"}) }, ErrGraph,
			"(Relu)"},
		{"an attribute twice", func(f *testFile) {
			f.nodes[1] = op("Elu", list{"h"}, list{"y"}, floatAttribute("alpha", 1), floatAttribute("alpha", 2))
		}, ErrAttribute, `attribute "alpha"`},
		{"an attribute of another type", func(f *testFile) {
			f.nodes[1] = op("Elu", list{"h"}, list{"y"}, intAttribute("alpha", 1))
		}, ErrAttribute, "attribute alpha"},
		{"an attribute of a function", func(f *testFile) {
			f.nodes[1] = op("Elu", list{"h"}, list{"y"}, join(pbBytes(1, "alpha"), pbBytes(21, "a")))
		}, ErrAttribute, "of a function"},
		{"IR 2", func(f *testFile) { f.ir = 2 }, ErrVersion, "IR version 2"},
		{"IR 14", func(f *testFile) { f.ir = 14 }, ErrVersion, "IR version 14"},
		{"operator set 6", func(f *testFile) { f.opset = 6 }, ErrVersion, "operator set 6"},
		{"operator set 26", func(f *testFile) { f.opset = 26 }, ErrVersion, "operator set 26"},
		{"two operator sets", func(f *testFile) { f.more = pbBytes(8, pbInt(2, 12)) }, ErrGraph, "operator sets 13 and 12"},
		{"a domain that is not imported", func(f *testFile) {
			f.nodes[1] = op(mlDomain+".Scaler", list{"h"}, list{"y"})
		}, ErrVersion, mlDomain},
		{"two graphs", func(f *testFile) { f.more = pbBytes(7, "") }, ErrGraph, "two graphs"},
		{"external data in bytes", func(f *testFile) {
			f.tensors[0] = externalTensor("w", []int64{3, 3}, "w.bin", "", "")
		}, ErrExternal, `tensor "w"`},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := good()
			c.change(&f)
			e := refuse(t, f, c.cause, c.want)
			if strings.Contains(e.Error(), "\n") {
				t.Errorf("%v has more than one line", e)
			}
		})
	}
	for _, ir := range []int64{3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13} {
		f := good()
		f.ir = ir
		decodeOK(t, f)
	}
	extra := good()
	extra.more = join(pbBytes(8, join(pbBytes(1, "pkg.onnxscript.torch_lib"), pbInt(2, 1))), pbBytes(8, pbInt(2, 13)))
	decodeOK(t, extra)
}

// TestNotONNX: the errors of other bytes.
func TestNotONNX(t *testing.T) {
	for text, cause := range map[string]error{
		"": ErrNotONNX, "\x08\x08": ErrNotONNX, "hello": ErrWire, "\x89HDF\r\n\x1a\n": ErrWire, "PK\x03\x04": ErrWire,
		"\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02": ErrWire, "\x0b": ErrWire, "\x00": ErrWire,
		"\x08\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01": ErrWire, "\x3a\x05abc": ErrWire, "\x09123": ErrWire,
		"\x0d1": ErrWire,
	} {
		_, err := Decode([]byte(text))
		if e, ok := err.(*Error); !ok || !strings.Contains(e.Error(), cause.Error()) {
			t.Errorf("%q: %v, want: %v", text, err, cause)
		}
	}
}

func TestErrorText(t *testing.T) {
	e := &Error{Node: `"fc1"`, Operator: "Gemm", Part: "attribute transA", Err: ErrUnsupported}
	if got := e.Error(); got != `node "fc1" (Gemm): attribute transA: a Dense network does not have this` {
		t.Error(got)
	}
	if got := short(strings.Repeat("ä", 100)); got != `"`+strings.Repeat("ä", 40)+`…"` {
		t.Error(got)
	}
}
