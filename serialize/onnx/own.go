package onnx

import (
	"encoding/binary"
	"math"
	"slices"
	"strings"

	"nnrt/dataset"
	"nnrt/internal/describe"
	"nnrt/net"
	"nnrt/serialize"
)

// own returns what Encode was given, if it wrote the file, with layers, names and schema as they were and the same bits
// in every weight. The graph is what counts: unless it is the one that Encode writes for the layers and the schema of
// which the metadata speaks, own returns nil, and the file is read like any other.
func (d *decoder) own() *serialize.File {
	if d.model.producer != producerName || d.model.opset != writtenOpset {
		return nil
	}
	layers, err := describe.ParseLayers(d.model.metadata[describe.LayersKey])
	if err != nil || len(d.graph.inputs) != 1 || len(d.graph.inputs[0].dims) != 2 {
		return nil
	}
	width := d.graph.inputs[0].dims[1]
	if width < 1 || width > net.MaxUnits {
		return nil
	}
	inputs := int(width)
	count, err := net.CountParameters(inputs, layers)
	if err != nil {
		return nil
	}
	var schema *dataset.Schema
	if text, given := d.model.metadata[describe.SchemaKey]; given {
		if schema, err = describe.ParseSchema(text); err != nil || schema.Width() != inputs {
			return nil
		}
	}
	o := newOutline(inputs, layers, schema, len(d.graph.nodes))
	if o == nil || !o.describes(d.graph) {
		return nil
	}
	if schema != nil && schema.Target.Task != dataset.TaskNone && schema.Outputs() != o.outputs {
		return nil
	}
	parameters := d.weightsOf(o, count)
	if parameters == nil {
		return nil
	}
	m, err := net.NewWithParameters(inputs, layers, parameters)
	if err != nil {
		return nil
	}
	f := &serialize.File{Model: m, Schema: schema, Metadata: d.ownMetadata()}
	f.SelfTest, f.Contract = d.ownSelfTest(m)
	return f
}

// describes tells whether a graph is the outline's, whatever the weights.
func (o *outline) describes(g *graph) bool {
	if len(g.nodes) != len(o.nodes) || len(g.tensors) != len(o.tensors) || len(g.outputs) != 1 ||
		!g.inputs[0].isRows(inputName, o.inputs) || !g.outputs[0].isRows(outputName, o.outputs) {
		return false
	}
	for i := range o.nodes {
		n, planned := &g.nodes[i], &o.nodes[i]
		if n.op != planned.op || n.domain != "" || !slices.Equal(n.inputs, planned.inputs) ||
			len(n.outputs) != 1 || n.outputs[0] != o.output(i) || len(n.attributes) != len(planned.attributes) {
			return false
		}
		for j := range n.attributes {
			if string(n.attributes[j].content.data) != string(planned.attributes[j]) {
				return false
			}
		}
	}
	for i := range o.tensors {
		if !o.tensors[i].describes(&g.tensors[i]) {
			return false
		}
	}
	return true
}

// isRows tells whether a value is a matrix of float32 with any number of rows.
func (v *valueInfo) isRows(name string, width int) bool {
	return v.name == name && v.elem == elemFloat && len(v.dims) == 2 && v.dims[0] == unknownDim &&
		v.dims[1] == int64(width)
}

// describes tells whether a tensor is the planned one, whatever the weights.
func (t *plannedTensor) describes(p *tensorProto) bool {
	if p.name != t.name || p.elem != elemFloat || p.external || p.raw == nil || len(p.dims) != len(t.dims) ||
		int64(len(p.raw.data)) != 4*t.size() {
		return false
	}
	for i, size := range t.dims {
		if p.dims[i] != int64(size) {
			return false
		}
	}
	for i := 0; !t.weight && 4*i < len(p.raw.data); i++ {
		if binary.LittleEndian.Uint32(p.raw.data[4*i:]) != math.Float32bits(t.at(i)) {
			return false
		}
	}
	return true
}

// weightsOf returns the values of the weights, of which there are count in the order of net.NewWithParameters, which is
// that of the outline. It returns nil if one is not finite, or there are more than the file may take memory for.
func (d *decoder) weightsOf(o *outline, count int) []float32 {
	if d.take(4*int64(count)) != nil {
		return nil
	}
	parameters := make([]float32, 0, count)
	for i := range o.tensors {
		if !o.tensors[i].weight {
			continue
		}
		for raw := d.graph.tensors[i].raw.data; len(raw) > 0; raw = raw[4:] {
			parameters = append(parameters, math.Float32frombits(binary.LittleEndian.Uint32(raw)))
		}
	}
	if len(parameters) != count || firstNotFinite(parameters) >= 0 {
		return nil
	}
	return parameters
}

// ownSelfTest returns the self-test, and the version of the arithmetic contract that it is of, if the model still has
// these outputs: weights may have been changed elsewhere.
func (d *decoder) ownSelfTest(m *net.Model) (serialize.SelfTest, int) {
	text, given := d.model.metadata[describe.SelfTestKey]
	if !given {
		return serialize.SelfTest{}, 0
	}
	contract, inputs, outputs, err := describe.ParseSelfTest(text)
	const mostRows = 1 << 10 // serialize.Limits' default
	if err != nil || contract == 0 || len(inputs)%m.Inputs() != 0 || len(inputs)/m.Inputs() > mostRows {
		return serialize.SelfTest{}, 0
	}
	t, err := serialize.NewSelfTest(m, inputs)
	if err != nil || len(t.Outputs) != len(outputs) {
		return serialize.SelfTest{}, 0
	}
	for i := range outputs {
		if math.Float32bits(t.Outputs[i]) != math.Float32bits(outputs[i]) {
			return serialize.SelfTest{}, 0
		}
	}
	return t, contract
}

// ownMetadata returns the pairs of metadata that Encode was given, as far as a model file can hold what is there now.
func (d *decoder) ownMetadata() serialize.Metadata {
	m := make(serialize.Metadata)
	for key, value := range d.model.metadata {
		if rest, ok := strings.CutPrefix(key, metadataKey); ok {
			key = rest
		} else if strings.HasPrefix(key, metadataPrefix) {
			continue
		}
		const keyBytes, valueBytes = 255, 1 << 16 // serialize.Limits' defaults
		if key != "" && describe.Plain(key, keyBytes) && describe.Plain(value, valueBytes) {
			m[key] = value
		}
	}
	return m
}
