package onnx

import (
	"encoding/binary"
	"fmt"
	"math"
	"strings"

	"nnrt/internal/describe"
	"nnrt/kernels"
	"nnrt/net"
	"nnrt/serialize"
)

// maxEncoded is the largest message that Protocol Buffers' libraries read.
const maxEncoded = math.MaxInt32

// Encode returns a model as ONNX, IR version 8, operator set 13: equal files give equal bytes, on every machine.
//
// The graph has one input, "input" of shape [batch, inputs], and one output, "output" of shape [batch, outputs], both
// float32. If the model has a schema, the graph begins with its scaling, (x − mean)/scale as Sub and Div, and a
// regression's ends with that of the target, y·scale + mean as Mul and Add, so that raw numbers go in and values of the
// target come out, as in nnrt run; where nothing is scaled, there are no such nodes. Two things are left to whoever
// calls the model: a categorical feature is as many inputs as it has categories, 1 for that of the row and 0 for the
// others; and missing values must have been filled in.
//
// A Dense layer is a Gemm; BatchNormalization is one; LayerNormalization is ReduceMean, Sub, Pow, ReduceMean, Add,
// Sqrt, Div, Mul and Add, since operator set 13 has none; Dropout is nothing. The activations:
//
//	linear        nothing                          hard_sigmoid  HardSigmoid(α = 1/6, β = ½)
//	relu          Relu                             hard_silu     x·HardSigmoid(x)
//	relu6         Clip from 0 to 6                 log_sigmoid   −Softplus(−x)
//	leaky_relu    LeakyRelu                        tanh          Tanh
//	elu           Elu                              softplus      Softplus
//	selu          Selu                             softsign      Softsign
//	celu          Celu                             exponential   Exp
//	gelu          ½·(x·(Erf(x/√2) + 1))            softmax       Softmax along axis 1
//	gelu_tanh     ½·(x·(1 + Tanh(√(2/π)·           log_softmax   LogSoftmax along axis 1
//	              (x + 0.044715·(x·(x·x))))))
//	silu          x·Sigmoid(x)
//	mish          x·Tanh(Softplus(x))
//	sigmoid       Sigmoid
//
// The tensors have Keras's names, such as dense_1/kernel, and nodes those of their layers with the operator's, such as
// dense_1/Gemm. What ONNX has no place for is in metadata_props: the schema with the labels of classes (nnrt.schema),
// the layers with what only training uses (nnrt.layers), the self-test (nnrt.self_test), and the file's metadata under
// its own keys. Decode reads all that back: a model that goes through ONNX is the same model file again. A signature
// and the state of a training are left out.
//
// The error is that of serialize.Encode, for what is no model: weights that are not finite, a schema that does not fit;
// or it says that the model has more than 2 GB, which one file of ONNX cannot hold.
func Encode(f *serialize.File) ([]byte, error) {
	blob, err := encode(f)
	if err != nil {
		return nil, fmt.Errorf("onnx: %w", err)
	}
	return blob, nil
}

func encode(f *serialize.File) ([]byte, error) {
	// What no model file could hold, such as weights that are not finite, is no model.
	if _, err := serialize.Encode(&serialize.File{Model: f.Model, Schema: f.Schema, Metadata: f.Metadata,
		SelfTest: f.SelfTest, Contract: f.Contract}); err != nil {
		return nil, err
	}
	if size := 4 * int64(f.Model.NumParameters()); size > maxEncoded {
		return nil, fmt.Errorf("the weights have %d bytes; a file of ONNX has at most %d", size, maxEncoded)
	}
	o := newOutline(f.Model.Inputs(), f.Model.Layers(), f.Schema, math.MaxInt)
	graph := o.graph(f.Model)
	var blob emitter
	blob.integer(1, writtenIR)
	blob.text(2, producerName)
	pairs := pairsOf(f)
	const ends = 64 // more than the other fields take
	if total := int64(len(graph)) + int64(len(pairs)) + ends; total > maxEncoded {
		return nil, fmt.Errorf("it would have %d bytes; a file of ONNX has at most %d", total, maxEncoded)
	}
	blob = append(make(emitter, 0, len(graph)+len(pairs)+ends), blob...)
	blob.message(7, graph)
	var set emitter
	set.text(1, "")
	set.integer(2, writtenOpset)
	blob.message(8, set)
	return append(blob, pairs...), nil
}

// metadataPrefix begins the keys of metadata_props that are nnrt's own. A key of the file's metadata that begins so,
// too, is written after metadataKey.
const (
	metadataPrefix = "nnrt."
	metadataKey    = "nnrt.metadata."
)

// pairsOf returns the metadata_props.
func pairsOf(f *serialize.File) (e emitter) {
	pair := func(key, value string) {
		var p emitter
		p.text(1, key)
		p.text(2, value)
		e.message(14, p)
	}
	pair(describe.LayersKey, describe.Layers(f.Model.Layers()))
	if f.Schema != nil {
		pair(describe.SchemaKey, describe.Schema(f.Schema))
	}
	if len(f.SelfTest.Inputs) > 0 {
		contract := f.Contract
		if contract == 0 {
			contract = kernels.Contract
		}
		pair(describe.SelfTestKey, describe.SelfTest(contract, f.SelfTest.Inputs, f.SelfTest.Outputs))
	}
	for _, key := range f.Metadata.Keys() {
		name := key
		if strings.HasPrefix(key, metadataPrefix) {
			name = metadataKey + key
		}
		pair(name, f.Metadata[key])
	}
	return e
}

// graph returns the GraphProto with the weights of a model.
func (o *outline) graph(m *net.Model) emitter {
	weights := make(map[string][]float32)
	size := int64(0)
	for _, v := range m.Weights() {
		weights[v.Name] = v.Values
	}
	for i := range o.tensors {
		size += 4 * o.tensors[i].size()
	}
	e := make(emitter, 0, min(size, maxEncoded)+1<<12)
	for i := range o.nodes {
		n := &o.nodes[i]
		var m emitter
		for _, input := range n.inputs {
			m.text(1, input)
		}
		m.text(2, o.output(i))
		m.text(3, n.name)
		m.text(4, n.op)
		for _, a := range n.attributes {
			m.message(5, a)
		}
		e.message(1, m)
	}
	e.text(2, graphName)
	for i := range o.tensors {
		o.tensors[i].appendTo(&e, weights[o.tensors[i].name])
	}
	e.message(11, rowsOf(inputName, o.inputs))
	e.message(12, rowsOf(outputName, o.outputs))
	return e
}

// appendTo adds a TensorProto to a GraphProto. Its values, which can be many, are not copied before.
func (t *plannedTensor) appendTo(e *emitter, weights []float32) {
	n := int(t.size())
	var head emitter
	for _, d := range t.dims {
		head.integer(1, int64(d))
	}
	head.integer(2, elemFloat)
	head.text(8, t.name)
	head.head(9, 4*n) // raw_data
	e.head(5, len(head)+4*n)
	*e = append(*e, head...)
	for i := range n {
		v := float32(0)
		if t.weight {
			v = weights[i]
		} else {
			v = t.at(i)
		}
		*e = binary.LittleEndian.AppendUint32(*e, math.Float32bits(v))
	}
}

// rowsOf returns the ValueInfoProto of a matrix with any number of rows.
func rowsOf(name string, width int) (e emitter) {
	var batch, columns, shape, tensor, kind emitter
	batch.text(2, "batch")
	columns.integer(1, int64(width))
	shape.message(1, batch)
	shape.message(1, columns)
	tensor.integer(1, elemFloat)
	tensor.message(2, shape)
	kind.message(1, tensor)
	e.text(1, name)
	e.message(2, kind)
	return e
}
