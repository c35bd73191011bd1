package onnx

import (
	"fmt"
	"strconv"
)

// The messages of onnx.proto (https://github.com/onnx/onnx/blob/main/onnx/onnx-ml.proto), as far as they matter to a
// Dense network. Field numbers stand beside the cases.

// Limits of what a file may hold besides its tensors; they are also what bounds the memory that small parts take.
const (
	maxNodes      = 1 << 14
	maxTensors    = 1 << 14 // initializers
	maxInputs     = 1 << 14 // of the graph
	maxReferences = 1 << 16 // names of inputs and outputs in all nodes
	maxAttributes = 1 << 15 // in all nodes
	maxOfNode     = 1 << 6  // attributes of one node
	maxOpsets     = 1 << 8
	maxPairs      = 1 << 10 // metadata_props
	maxRank       = 8
)

// Versions that are read. IR 11 to 13 added only element types and the placement of nodes on devices.
const (
	minIR, maxIR       = 3, 13
	minOpset, maxOpset = 7, 25
)

const mlDomain = "ai.onnx.ml"

// model is a ModelProto.
type model struct {
	ir                        int64
	producer, producerVersion string
	opset                     int64            // of the standard domain
	opsets                    map[string]int64 // of the others
	metadata                  map[string]string
	graph                     *message
	functions                 []string
}

// graph is a GraphProto.
type graph struct {
	nodes           []node
	tensors         []tensorProto
	inputs, outputs []valueInfo
}

// node is a NodeProto.
type node struct {
	index           int // from 0
	name, op        string
	domain          string // "" is the standard one
	inputs, outputs []string
	attributes      []attribute
}

// attribute is an AttributeProto. What it holds is read when it is asked for.
type attribute struct {
	name    string
	kind    int64 // AttributeType
	content message
}

// Kinds of attributes.
const (
	attributeFloat   = 1
	attributeInt     = 2
	attributeString  = 3
	attributeTensor  = 4
	attributeFloats  = 6
	attributeInts    = 7
	attributeStrings = 8
)

// valueInfo is a ValueInfoProto.
type valueInfo struct {
	name   string
	tensor bool  // it is a tensor
	elem   int64 // the tensor's element type, 0 if not said
	shaped bool  // the shape is known
	dims   []int64
}

// unknownDim is a dimension that is named, or not said at all.
const unknownDim = -2

func readModel(blob []byte) (*model, error) {
	m := &model{opsets: make(map[string]int64), metadata: make(map[string]string)}
	err := message{data: blob}.walk(func(f *field) error {
		switch f.number {
		case 1:
			return f.integer(&m.ir)
		case 2:
			return f.text(&m.producer)
		case 3:
			return f.text(&m.producerVersion)
		case 7:
			if m.graph != nil {
				return failf("", ErrGraph, "there are two graphs")
			}
			m.graph = new(message)
			return f.message(m.graph)
		case 8:
			return m.readOpset(f)
		case 14:
			return m.readPair(f)
		case 25:
			var name string
			var function message
			if err := f.message(&function); err != nil || len(m.functions) > 0 {
				return err
			}
			err := function.walk(func(f *field) error {
				if f.number == 1 {
					return f.text(&name)
				}
				return nil
			})
			m.functions = append(m.functions, name)
			return err
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return m, m.check()
}

// check looks at everything outside the graph.
func (m *model) check() error {
	switch {
	case m.graph == nil:
		return failf("", ErrNotONNX, "it has no graph")
	case m.ir < minIR || m.ir > maxIR:
		return failf("", ErrVersion, "IR version %d, nnrt reads %d to %d", m.ir, minIR, maxIR)
	case m.opset == 0:
		return failf("", ErrVersion, "it says nothing about the operator set of the standard domain")
	case m.opset < 1 || m.opset > maxOpset:
		return failf("", ErrVersion, "operator set %d, nnrt reads %d to %d", m.opset, minOpset, maxOpset)
	case len(m.functions) > 0:
		return failf("function "+short(m.functions[0]), ErrUnsupported, "functions; let the exporter write operators only")
	}
	return nil
}

func (m *model) readOpset(f *field) error {
	var set message
	if err := f.message(&set); err != nil {
		return err
	}
	domain, version := "", int64(0)
	err := set.walk(func(f *field) error {
		switch f.number {
		case 1:
			return f.text(&domain)
		case 2:
			return f.integer(&version)
		}
		return nil
	})
	if err != nil {
		return err
	}
	if standard(domain) {
		if m.opset != 0 && m.opset != version {
			return failf("", ErrGraph, "operator sets %d and %d of the standard domain", m.opset, version)
		}
		m.opset = version
		return nil
	}
	if len(m.opsets) == maxOpsets {
		return failf("", ErrLimit, "operator sets of more than %d domains", maxOpsets)
	}
	m.opsets[domain] = version
	return nil
}

// standard tells whether a domain is that of the ordinary operators, which has two names.
func standard(domain string) bool { return domain == "" || domain == "ai.onnx" }

func (m *model) readPair(f *field) error {
	var pair message
	if err := f.message(&pair); err != nil {
		return err
	}
	key, value, err := readEntry(pair)
	if err != nil {
		return err
	}
	if len(m.metadata) == maxPairs {
		return failf("", ErrLimit, "more than %d pairs of metadata", maxPairs)
	}
	m.metadata[key] = value
	return nil
}

// readEntry reads a StringStringEntryProto.
func readEntry(entry message) (key, value string, err error) {
	err = entry.walk(func(f *field) error {
		switch f.number {
		case 1:
			return f.text(&key)
		case 2:
			return f.text(&value)
		}
		return nil
	})
	return key, value, err
}

// count returns how many fields of each of the numbers a message has.
func (m message) count(numbers ...uint64) ([]int, error) {
	counts := make([]int, len(numbers))
	err := m.walk(func(f *field) error {
		for i, n := range numbers {
			if f.number == n {
				counts[i]++
			}
		}
		return nil
	})
	return counts, err
}

func readGraph(m message) (*graph, error) {
	n, err := m.count(1, 5, 11, 12)
	if err != nil {
		return nil, err
	}
	for i, limit := range []int{maxNodes, maxTensors, maxInputs, maxInputs} {
		if n[i] > limit {
			what := []string{"nodes", "initializers", "inputs", "outputs"}[i]
			return nil, failf("", ErrLimit, "%d %s, the limit is %d", n[i], what, limit)
		}
	}
	g := &graph{nodes: make([]node, 0, n[0]), tensors: make([]tensorProto, 0, n[1]),
		inputs: make([]valueInfo, 0, n[2]), outputs: make([]valueInfo, 0, n[3])}
	references, attributes := maxReferences, maxAttributes
	err = m.walk(func(f *field) error {
		switch f.number {
		case 1:
			g.nodes = append(g.nodes, node{index: len(g.nodes)})
			return g.nodes[len(g.nodes)-1].read(f, &references, &attributes)
		case 5:
			var content message
			if err := f.message(&content); err != nil {
				return err
			}
			t, err := readTensorProto(content)
			g.tensors = append(g.tensors, t)
			return err
		case 11:
			g.inputs = append(g.inputs, valueInfo{})
			return g.inputs[len(g.inputs)-1].read(f)
		case 12:
			g.outputs = append(g.outputs, valueInfo{})
			return g.outputs[len(g.outputs)-1].read(f)
		case 15:
			return refuseSparse(f)
		}
		return nil
	})
	return g, err
}

// refuseSparse names a sparse initializer, whose name is that of its values.
func refuseSparse(f *field) error {
	var sparse, values message
	if err := f.message(&sparse); err != nil {
		return err
	}
	err := sparse.walk(func(f *field) error {
		if f.number == 1 {
			return f.message(&values)
		}
		return nil
	})
	if err != nil {
		return err
	}
	t, err := readTensorProto(values)
	if err != nil {
		return err
	}
	return failf("tensor "+short(t.name), ErrUnsupported, "a sparse tensor")
}

// read reads a NodeProto. references and attributes are how many more there may be.
func (n *node) read(f *field, references, attributes *int) error {
	var content message
	if err := f.message(&content); err != nil {
		return err
	}
	counts, err := content.count(1, 2, 5)
	if err != nil {
		return err
	}
	*references -= counts[0] + counts[1]
	*attributes -= counts[2]
	if *references < 0 || *attributes < 0 {
		return failf("", ErrLimit, "more than %d inputs and outputs or %d attributes of nodes", maxReferences, maxAttributes)
	}
	if counts[2] > maxOfNode {
		return failf("", ErrLimit, "%d attributes of a node, the limit is %d", counts[2], maxOfNode)
	}
	names := make([]string, counts[0]+counts[1])
	n.inputs, n.outputs = names[:0:counts[0]], names[counts[0]:counts[0]]
	n.attributes = make([]attribute, 0, counts[2])
	err = content.walk(func(f *field) error {
		var name string
		switch f.number {
		case 1:
			err := f.text(&name)
			n.inputs = append(n.inputs, name)
			return err
		case 2:
			err := f.text(&name)
			n.outputs = append(n.outputs, name)
			return err
		case 3:
			return f.text(&n.name)
		case 4:
			return f.text(&n.op)
		case 5:
			return n.readAttribute(f)
		case 7:
			return f.text(&n.domain)
		}
		return nil
	})
	if err == nil && standard(n.domain) {
		n.domain = ""
	}
	return err
}

func (n *node) readAttribute(f *field) error {
	var a attribute
	if err := f.message(&a.content); err != nil {
		return err
	}
	reference := false
	err := a.content.walk(func(f *field) error {
		switch f.number {
		case 1:
			return f.text(&a.name)
		case 20:
			return f.integer(&a.kind)
		case 21:
			reference = true
		}
		return nil
	})
	switch {
	case err != nil:
		return err
	case reference:
		return failf("attribute "+short(a.name), ErrAttribute, "it refers to one of a function")
	case n.attribute(a.name) != nil:
		return failf("attribute "+short(a.name), ErrAttribute, "it is there twice")
	}
	n.attributes = append(n.attributes, a)
	return nil
}

// attribute returns the attribute of that name, or nil.
func (n *node) attribute(name string) *attribute {
	for i := range n.attributes {
		if n.attributes[i].name == name {
			return &n.attributes[i]
		}
	}
	return nil
}

// title is the node's name in errors.
func (n *node) title() string {
	if n.name == "" {
		return "#" + strconv.Itoa(n.index+1)
	}
	return short(n.name)
}

// operator is the node's operator with its domain.
func (n *node) operator() string {
	if n.domain == "" {
		return n.op
	}
	return n.domain + "." + n.op
}

// fail returns an error of the node.
func (n *node) fail(part string, cause error, detail string, args ...any) error {
	return &Error{Node: n.title(), Operator: shortOperator(n.operator()), Part: part, Err: because(cause, detail, args...)}
}

// shortOperator returns an operator's name as it is if it looks like one.
func shortOperator(op string) string {
	if len(op) == 0 || len(op) > 80 {
		return short(op)
	}
	for _, c := range []byte(op) {
		if c <= ' ' || c > '~' {
			return short(op)
		}
	}
	return op
}

// wrap makes an error of a part of the file one of the node.
func (n *node) wrap(err error) error {
	e, ok := err.(*Error)
	if !ok || e.Operator != "" {
		return err
	}
	return &Error{Node: n.title(), Operator: shortOperator(n.operator()), Part: e.Part, Err: e.Err}
}

func (v *valueInfo) read(f *field) error {
	var content message
	if err := f.message(&content); err != nil {
		return err
	}
	return content.walk(func(f *field) error {
		switch f.number {
		case 1:
			return f.text(&v.name)
		case 2:
			var typ message
			if err := f.message(&typ); err != nil {
				return err
			}
			return typ.walk(v.readType)
		}
		return nil
	})
}

// readType reads a field of a TypeProto.
func (v *valueInfo) readType(f *field) error {
	if f.number != 1 {
		return nil
	}
	var tensor message
	if err := f.message(&tensor); err != nil {
		return err
	}
	v.tensor = true
	return tensor.walk(func(f *field) error {
		switch f.number {
		case 1:
			return f.integer(&v.elem)
		case 2:
			var shape message
			if err := f.message(&shape); err != nil {
				return err
			}
			v.shaped = true
			return shape.walk(v.readDim)
		}
		return nil
	})
}

// readDim reads a field of a TensorShapeProto.
func (v *valueInfo) readDim(f *field) error {
	if f.number != 1 {
		return nil
	}
	var dim message
	if err := f.message(&dim); err != nil {
		return err
	}
	if len(v.dims) == maxRank {
		return failf("value "+short(v.name), ErrLimit, "more than %d dimensions", maxRank)
	}
	size := int64(unknownDim)
	err := dim.walk(func(f *field) error {
		if f.number == 1 {
			return f.integer(&size)
		}
		return nil
	})
	if size <= 0 {
		size = unknownDim // some exporters write 0 or −1 for what is not fixed
	}
	v.dims = append(v.dims, size)
	return err
}

// What attributes hold.

// wanted fails if the attribute is of another kind.
func (n *node) wanted(name string, kind int64) (*attribute, error) {
	a := n.attribute(name)
	if a == nil {
		return nil, nil
	}
	// Files before IR 2 had no kinds, and nobody writes 0 since.
	if a.kind != kind {
		return nil, n.fail("attribute "+name, ErrAttribute, "it is of type %d, not %d", a.kind, kind)
	}
	return a, nil
}

// intOr returns an integer attribute, or what stands for it if it is not there.
func (n *node) intOr(name string, otherwise int64) (int64, error) {
	a, err := n.wanted(name, attributeInt)
	if a == nil {
		return otherwise, err
	}
	v := int64(0)
	err = a.content.walk(func(f *field) error {
		if f.number == 3 {
			return f.integer(&v)
		}
		return nil
	})
	return v, n.wrap(err)
}

// floatOr returns a float attribute, or what stands for it if it is not there.
func (n *node) floatOr(name string, otherwise float32) (float32, error) {
	a, err := n.wanted(name, attributeFloat)
	if a == nil {
		return otherwise, err
	}
	v := float32(0)
	err = a.content.walk(func(f *field) error {
		if f.number != 2 {
			return nil
		}
		v = float32frombits(f.value)
		return f.want(wireFixed32)
	})
	return v, n.wrap(err)
}

// textOr returns a string attribute, or what stands for it if it is not there.
func (n *node) textOr(name, otherwise string) (string, error) {
	a, err := n.wanted(name, attributeString)
	if a == nil {
		return otherwise, err
	}
	v := ""
	err = a.content.walk(func(f *field) error {
		if f.number == 4 {
			return f.text(&v)
		}
		return nil
	})
	return v, n.wrap(err)
}

// ints returns a list of integers; ok is false if the attribute is not there.
func (d *decoder) ints(n *node, name string) (list []int64, ok bool, err error) {
	a, err := n.wanted(name, attributeInts)
	if a == nil {
		return nil, false, err
	}
	err = a.content.walk(func(f *field) error {
		if f.number != 8 {
			return nil
		}
		return f.numbers(wireVarint, func(v uint64) error {
			list = append(list, int64(v))
			return d.take(16)
		})
	})
	return list, true, n.wrap(err)
}

// floats returns a list of floats; ok is false if the attribute is not there.
func (d *decoder) floats(n *node, name string) (list []float32, ok bool, err error) {
	a, err := n.wanted(name, attributeFloats)
	if a == nil {
		return nil, false, err
	}
	err = a.content.walk(func(f *field) error {
		if f.number != 7 {
			return nil
		}
		return f.numbers(wireFixed32, func(v uint64) error {
			list = append(list, float32frombits(v))
			return d.take(8)
		})
	})
	return list, true, n.wrap(err)
}

// texts returns a list of strings; ok is false if the attribute is not there.
func (d *decoder) texts(n *node, name string) (list []string, ok bool, err error) {
	a, err := n.wanted(name, attributeStrings)
	if a == nil {
		return nil, false, err
	}
	err = a.content.walk(func(f *field) error {
		if f.number != 9 {
			return nil
		}
		var s string
		err := f.text(&s)
		list = append(list, s)
		if err == nil {
			err = d.take(48 + int64(len(s)))
		}
		return err
	})
	return list, true, n.wrap(err)
}

// tensorOf returns a tensor attribute, or nil if it is not there.
func (d *decoder) tensorOf(n *node, name string) (*tensor, error) {
	a, err := n.wanted(name, attributeTensor)
	if a == nil {
		return nil, err
	}
	var t *tensor
	err = a.content.walk(func(f *field) error {
		if f.number != 5 {
			return nil
		}
		var content message
		if err := f.message(&content); err != nil {
			return err
		}
		p, err := readTensorProto(content)
		if err == nil {
			t, err = d.decodeTensor(&p)
		}
		return err
	})
	if err == nil && t == nil {
		err = failf("attribute "+name, ErrAttribute, "it holds no tensor")
	}
	return t, n.wrap(err)
}

// listText shows a list of the file's, of which only the beginning is shown if it is long.
func listText(list []int64) string {
	const most = 8
	if len(list) > most {
		return fmt.Sprintf("%v and %d more", list[:most], len(list)-most)
	}
	return fmt.Sprint(list)
}

// dimText shows a shape.
func dimText(dims []int64) string {
	s := "["
	for i, d := range dims {
		if i > 0 {
			s += ", "
		}
		switch d {
		case batchDim:
			s += "batch"
		case unknownDim:
			s += "?"
		case inferredDim:
			s += "-1"
		default:
			s += fmt.Sprint(d)
		}
	}
	return s + "]"
}
