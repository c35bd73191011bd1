package onnx

import (
	"encoding/binary"
	"math"
)

// A small writer of ONNX files for the tests: a message is the concatenation of its fields.

func tag(number, wire int) []byte { return binary.AppendUvarint(nil, uint64(number)<<3|uint64(wire)) }

func pbInt(number int, v int64) []byte {
	return binary.AppendUvarint(tag(number, wireVarint), uint64(v))
}

func pbFloat(number int, v float32) []byte {
	return binary.LittleEndian.AppendUint32(tag(number, wireFixed32), math.Float32bits(v))
}

func pbBytes[T string | []byte](number int, b T) []byte {
	return append(binary.AppendUvarint(tag(number, wireBytes), uint64(len(b))), b...)
}

func join(parts ...[]byte) []byte {
	var b []byte
	for _, p := range parts {
		b = append(b, p...)
	}
	return b
}

func rawFloats(values ...float32) []byte {
	var b []byte
	for _, v := range values {
		b = binary.LittleEndian.AppendUint32(b, math.Float32bits(v))
	}
	return b
}

func rawInts(values ...int64) []byte {
	var b []byte
	for _, v := range values {
		b = binary.LittleEndian.AppendUint64(b, uint64(v))
	}
	return b
}

func pbDims(dims []int64) []byte {
	var b []byte
	for _, d := range dims {
		b = append(b, pbInt(1, d)...)
	}
	return b
}

// floatTensor is a TensorProto of FLOAT with raw_data.
func floatTensor(name string, dims []int64, values ...float32) []byte {
	return join(pbDims(dims), pbInt(2, elemFloat), pbBytes(8, name), pbBytes(9, rawFloats(values...)))
}

// intTensor is a TensorProto of INT64 with raw_data.
func intTensor(name string, dims []int64, values ...int64) []byte {
	return join(pbDims(dims), pbInt(2, elemInt64), pbBytes(8, name), pbBytes(9, rawInts(values...)))
}

// Attributes.
func floatAttribute(name string, v float32) []byte {
	return join(pbBytes(1, name), pbFloat(2, v), pbInt(20, attributeFloat))
}

func intAttribute(name string, v int64) []byte {
	return join(pbBytes(1, name), pbInt(3, v), pbInt(20, attributeInt))
}

func textAttribute(name, v string) []byte {
	return join(pbBytes(1, name), pbBytes(4, v), pbInt(20, attributeString))
}

func intsAttribute(name string, values ...int64) []byte {
	b := join(pbBytes(1, name), pbInt(20, attributeInts))
	for _, v := range values {
		b = append(b, pbInt(8, v)...)
	}
	return b
}

func floatsAttribute(name string, values ...float32) []byte {
	b := join(pbBytes(1, name), pbInt(20, attributeFloats))
	for _, v := range values {
		b = append(b, pbFloat(7, v)...)
	}
	return b
}

func textsAttribute(name string, values ...string) []byte {
	b := join(pbBytes(1, name), pbInt(20, attributeStrings))
	for _, v := range values {
		b = append(b, pbBytes(9, v)...)
	}
	return b
}

func tensorAttribute(name string, tensor []byte) []byte {
	return join(pbBytes(1, name), pbBytes(5, tensor), pbInt(20, attributeTensor))
}

// list is the names of a node's inputs or outputs.
type list []string

// op is a NodeProto. An operator of ai.onnx.ml has its domain before its name.
func op(operator string, inputs, outputs list, attributes ...[]byte) []byte {
	var b []byte
	for _, in := range inputs {
		b = append(b, pbBytes(1, in)...)
	}
	for _, out := range outputs {
		b = append(b, pbBytes(2, out)...)
	}
	if len(operator) > len(mlDomain) && operator[:len(mlDomain)] == mlDomain {
		b = append(b, pbBytes(7, mlDomain)...)
		operator = operator[len(mlDomain)+1:]
	}
	b = append(b, pbBytes(4, operator)...)
	for _, a := range attributes {
		b = append(b, pbBytes(5, a)...)
	}
	return b
}

// valueOf is a ValueInfoProto of a tensor; a dimension of −1 has a name instead.
func valueOf(name string, elem int64, dims ...int64) []byte {
	var shape []byte
	for _, d := range dims {
		if d < 0 {
			shape = append(shape, pbBytes(1, pbBytes(2, "N"))...)
		} else {
			shape = append(shape, pbBytes(1, pbInt(1, d))...)
		}
	}
	return join(pbBytes(1, name), pbBytes(2, pbBytes(1, join(pbInt(1, elem), pbBytes(2, shape)))))
}

// testFile is a ModelProto in parts.
type testFile struct {
	ir, opset int64 // 8 and 13 if they are 0
	ml        int64 // opset of ai.onnx.ml
	inputs    [][]byte
	outputs   [][]byte
	tensors   [][]byte
	nodes     [][]byte
	more      []byte // other fields of the model
	graph     []byte // other fields of the graph
}

func (f testFile) bytes() []byte {
	g := pbBytes(2, "g")
	add := func(number int, list [][]byte) {
		for _, content := range list {
			g = append(g, pbBytes(number, content)...)
		}
	}
	add(1, f.nodes)
	add(5, f.tensors)
	add(11, f.inputs)
	add(12, f.outputs)
	g = append(g, f.graph...)
	ir, opset := f.ir, f.opset
	if ir == 0 {
		ir = 8
	}
	if opset == 0 {
		opset = 13
	}
	b := join(pbInt(1, ir), pbBytes(2, "test"), pbBytes(7, g), pbBytes(8, pbInt(2, opset)))
	if f.ml != 0 {
		b = append(b, pbBytes(8, join(pbBytes(1, mlDomain), pbInt(2, f.ml)))...)
	}
	return append(b, f.more...)
}

// chainFile is a file of one input x with the given number of columns and one output y; the nodes make y of x.
func chainFile(columns int64, tensors [][]byte, nodes ...[]byte) testFile {
	return testFile{inputs: [][]byte{valueOf("x", elemFloat, -1, columns)},
		outputs: [][]byte{valueOf("y", elemFloat, -1, -1)}, tensors: tensors, nodes: nodes}
}

// scalar is a tensor of one number without dimensions.
func scalar(name string, v float32) []byte { return floatTensor(name, nil, v) }

// constantNode is a Constant of one number.
func constantNode(out string, v float32) []byte {
	return op("Constant", nil, list{out}, tensorAttribute("value", scalar("", v)))
}

// afterDense is a file in which a Dense layer of three units makes h of x, which has three columns, and the nodes make
// y of h. The kernel is the unit matrix.
func afterDense(opset int64, tensors [][]byte, nodes ...[]byte) testFile {
	tensors = append([][]byte{floatTensor("w", []int64{3, 3}, 1, 0, 0, 0, 1, 0, 0, 0, 1)}, tensors...)
	f := chainFile(3, tensors, append([][]byte{op("MatMul", list{"x", "w"}, list{"h"})}, nodes...)...)
	f.opset = opset
	return f
}
