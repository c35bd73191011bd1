package onnx

import (
	"crypto/sha256"
	"encoding/binary"
	"math"
	"slices"
	"strings"
)

// value is what a name in the graph stands for: a constant, or what is computed from the inputs. Values that are
// computed in the same way are one: they have the same id.
type value struct {
	id       int
	op       string   // the operator, or "" for an input
	args     []*value // nil where an optional one is left out
	node     *node    // the first that computes it; nil for an input
	shape    []int64  // batchDim and unknownDim may be among them
	constant *tensor  // or nil
	input    *input   // of the graph, or nil
	integral bool     // it depends on the inputs, and its type may be one of integers or truth values
}

// input is an input of the graph.
type input struct {
	name string
	elem int64
	info *valueInfo
}

const (
	// batchDim is the dimension of a shape that counts rows: the first, unless a single row has none.
	batchDim = -1
	// batchSize is batchDim among the numbers of a shape that is computed with.
	batchSize = math.MinInt64
)

// evaluate gives every name that the outputs need a value.
func (d *decoder) evaluate() error {
	g := d.graph
	for i := range g.tensors {
		t := &g.tensors[i]
		if t.name == "" || d.tensors[t.name] != nil {
			return failf("tensor "+short(t.name), ErrGraph, "the name is missing or taken by another")
		}
		d.tensors[t.name] = t
	}
	defined := make(map[string]bool, len(g.tensors)+len(g.inputs)+len(g.nodes))
	for name := range d.tensors {
		defined[name] = true
	}
	for i := range g.inputs {
		v := &g.inputs[i]
		if d.tensors[v.name] != nil { // weights are inputs, too, in files of IR 3
			continue
		}
		if v.name == "" || defined[v.name] {
			return failf("input "+short(v.name), ErrGraph, "the name is missing or taken by another")
		}
		defined[v.name] = true
		d.inputs = append(d.inputs, &input{name: v.name, elem: v.elem, info: v})
	}
	for i := range g.nodes {
		n := &g.nodes[i]
		for _, name := range n.inputs {
			if name != "" && !defined[name] {
				return n.fail("input "+short(name), ErrGraph, "no node before this one makes it")
			}
		}
		for _, name := range n.outputs {
			if name != "" && defined[name] {
				return n.fail("output "+short(name), ErrGraph, "the name is taken by another")
			}
			if name != "" {
				defined[name] = true
			}
		}
	}
	if len(g.outputs) == 0 {
		return failf("", ErrGraph, "it has no output")
	}
	for i := range g.outputs {
		if name := g.outputs[i].name; !defined[name] {
			return failf("output "+short(name), ErrGraph, "no node makes it")
		}
	}
	live, needed := d.live()
	for i := range g.nodes {
		// What the network is comes before the operators around it, such as those that shape an LSTM's state.
		if n := &g.nodes[i]; needed[i] && operators[n.operator()].evaluate == nil && whyNot(n) != anyOperator {
			return n.fail("", ErrUnsupported, "%s", whyNot(n))
		}
	}
	if err := d.makeInputs(live); err != nil {
		return err
	}
	for i := range g.nodes {
		if needed[i] {
			if err := d.evaluateNode(&g.nodes[i], live); err != nil {
				return err
			}
		}
	}
	return nil
}

// live returns the names and the nodes that the outputs depend on.
func (d *decoder) live() (names map[string]bool, needed []bool) {
	names, needed = make(map[string]bool), make([]bool, len(d.graph.nodes))
	for i := range d.graph.outputs {
		names[d.graph.outputs[i].name] = true
	}
	for i := len(needed) - 1; i >= 0; i-- {
		n := &d.graph.nodes[i]
		for _, name := range n.outputs {
			needed[i] = needed[i] || name != "" && names[name]
		}
		for _, name := range n.inputs {
			if needed[i] && name != "" {
				names[name] = true
			}
		}
	}
	return names, needed
}

// makeInputs gives the inputs that are needed their values. The others are none.
func (d *decoder) makeInputs(live map[string]bool) error {
	d.inputs = slices.DeleteFunc(d.inputs, func(in *input) bool { return !live[in.name] })
	for _, in := range d.inputs {
		if err := d.makeInput(in); err != nil {
			return err
		}
	}
	return nil
}

func (d *decoder) makeInput(in *input) error {
	info, count := in.info, len(d.inputs)
	fail := func(cause error, detail string, args ...any) error {
		return failf("input "+short(in.name), cause, detail, args...)
	}
	if !info.tensor {
		return fail(ErrUnsupported, "an input that is no tensor")
	}
	if elemNames[in.elem] == "" {
		return fail(ErrUnsupported, "an input of %s", elemName(in.elem))
	}
	shape := append([]int64(nil), info.dims...)
	if !info.shaped {
		shape = []int64{batchDim, unknownDim}
	}
	switch {
	case len(shape) == 0:
		return fail(ErrUnsupported, "an input that is a single number")
	case len(shape) == 1 && shape[0] != unknownDim: // one row, without a batch
	default:
		if info.shaped && shape[0] != unknownDim {
			if d.batch != 0 && d.batch != shape[0] {
				return fail(ErrShape, "%d rows, another input has %d", shape[0], d.batch)
			}
			d.batch = shape[0]
		}
		shape[0] = batchDim
	}
	if d.rowSize(shape) == 0 {
		return fail(ErrShape, "%s holds nothing", dimText(shape))
	}
	if size := d.rowSize(shape); count > 1 && size != 1 {
		return fail(ErrUnsupported, "one of %d inputs, of shape %s; a Dense network has one input, or one column each",
			count, dimText(shape))
	} else if size == unknownDim && (len(shape) != 2 || shape[0] != batchDim) {
		return fail(ErrUnsupported, "an input of shape %s, which is not fixed", dimText(shape))
	} else if size > math.MaxInt32 {
		return fail(ErrLimit, "an input of shape %s", dimText(shape))
	}
	d.values[in.name] = d.unify(&value{input: in, shape: shape, integral: !floating(in.elem)}, []byte(in.name))
	return nil
}

// shape returns the value's shape as far as it is known by now.
func (d *decoder) shape(v *value) []int64 {
	if d.width == 0 {
		return v.shape
	}
	for i, size := range v.shape {
		if size == unknownDim {
			known := append([]int64(nil), v.shape...)
			known[i] = d.width
			return known
		}
	}
	return v.shape
}

// rowDims returns the dimensions of one row of a shape.
func rowDims(shape []int64) []int64 {
	if len(shape) > 0 && shape[0] == batchDim {
		return shape[1:]
	}
	return shape
}

// rowSize returns how many numbers one row of a shape has, or unknownDim, or more than an int32 has if they are too
// many.
func (d *decoder) rowSize(shape []int64) int64 {
	known := make([]int64, 0, maxRank)
	unknown := false
	for _, size := range rowDims(shape) {
		if size == unknownDim && d.width == 0 {
			unknown = true
		} else if size == unknownDim {
			known = append(known, d.width)
		} else {
			known = append(known, size)
		}
	}
	n, ok := product(known)
	switch {
	case !ok || n > math.MaxInt32:
		return math.MaxInt64
	case unknown && n > 0:
		return unknownDim
	}
	return n
}

// bind says what unknownDim is, or fails if it is something else.
func (d *decoder) bind(size int64) bool {
	if d.width == 0 && size > 0 {
		d.width = size
	}
	return d.width == size
}

// unify returns the value that is computed as v is, or makes it v. details are what decides besides operator, shape and
// arguments. Values are told apart by a hash that nobody can make collide.
func (d *decoder) unify(v *value, details ...[]byte) *value {
	h := sha256.New()
	buf := append(d.buffer[:0], v.op...)
	buf = append(buf, 0)
	for _, size := range v.shape {
		buf = binary.AppendVarint(buf, size)
	}
	buf = binary.AppendVarint(buf, math.MaxInt64) // after the dimensions
	for _, a := range v.args {
		id := 0
		if a != nil {
			id = a.id
		}
		buf = binary.AppendVarint(buf, int64(id))
	}
	h.Write(buf)
	for _, detail := range details {
		h.Write(binary.AppendUvarint(buf[:0], uint64(len(detail))))
		h.Write(detail)
	}
	d.buffer = buf
	key := [sha256.Size]byte(h.Sum(nil))
	if known := d.unique[key]; known != nil {
		return known
	}
	v.id = len(d.unique) + 1
	d.unique[key] = v
	return v
}

// constantOf makes a value of a tensor. Constants that are equal are not recognised as such: they have the id 0.
func constantOf(t *tensor) *value { return &value{constant: t, shape: t.dims} }

// lookUp returns the value of a name, which has one.
func (d *decoder) lookUp(name string) (*value, error) {
	if v := d.values[name]; v != nil {
		return v, nil
	}
	p := d.tensors[name]
	if p == nil {
		return nil, failf("value "+short(name), ErrUnsupported, "an output of a node beside its first")
	}
	t, err := d.decodeTensor(p)
	if err != nil {
		return nil, err
	}
	d.values[name] = constantOf(t)
	return d.values[name], nil
}

// evaluateNode gives a node's first output its value.
func (d *decoder) evaluateNode(n *node, live map[string]bool) error {
	operator, known := operators[n.operator()]
	if !known {
		return n.fail("", ErrUnsupported, "%s", whyNot(n))
	}
	if err := checkDomain(d.model, n); err != nil {
		return err
	}
	if since := oldOperators[n.op]; d.model.opset < minOpset && n.domain == "" && (since == 0 || d.model.opset < since) {
		return n.fail("", ErrVersion, "operator set %d, nnrt reads %d to %d", d.model.opset, minOpset, maxOpset)
	}
	if len(n.inputs) > operator.most || len(n.inputs) < operator.least {
		return n.fail("", ErrGraph, "%d inputs", len(n.inputs))
	}
	args := make([]*value, len(n.inputs))
	for i, name := range n.inputs {
		if name == "" {
			if i < operator.least {
				return n.fail("", ErrGraph, "input %d is left out", i+1)
			}
			continue
		}
		var err error
		if args[i], err = d.lookUp(name); err != nil {
			return n.wrap(err)
		}
	}
	v, err := operator.evaluate(d, n, args)
	if err != nil {
		return n.wrap(err)
	}
	if len(n.outputs) > 0 && n.outputs[0] != "" {
		d.values[n.outputs[0]] = v
	}
	for _, name := range n.outputs[1:] {
		if name != "" && live[name] && d.values[name] == nil {
			return n.fail("output "+short(name), ErrUnsupported, "it is used, and is not the first")
		}
	}
	return nil
}

// oldOperators are those that have meant what they do since a set before minOpset. skl2onnx writes the lowest set that has
// the file's operators, and a pipeline may need none of the standard domain but these.
var oldOperators = map[string]int64{"Identity": 1, "Gather": 1, "Concat": 4, "Reshape": 5, "Cast": 6}

// checkDomain fails if the model does not import the node's domain.
func checkDomain(m *model, n *node) error {
	if n.domain != "" && m.opsets[n.domain] == 0 {
		return n.fail("", ErrVersion, "the model imports no operator set of %s", short(n.domain))
	}
	return nil
}

// whyNot says why an operator is refused.
func whyNot(n *node) string {
	if n.domain != "" && n.domain != mlDomain {
		return "an operator of a domain of its own"
	}
	for _, group := range refused {
		for _, op := range strings.Fields(group.operators) {
			if op == n.op {
				return group.why
			}
		}
	}
	return anyOperator
}

// anyOperator is said of an operator of which there is nothing else to say.
const anyOperator = "this operator"

// refused says in words what well-known operators are.
var refused = []struct{ operators, why string }{
	{"Conv ConvTranspose ConvInteger DeformConv", "a convolution"},
	{"MaxPool AveragePool GlobalAveragePool GlobalMaxPool LpPool GlobalLpPool MaxRoiPool MaxUnpool", "pooling"},
	{"LSTM GRU RNN", "a recurrent layer"},
	{"Attention MultiHeadAttention RotaryEmbedding", "attention"},
	{"If Loop Scan", "control flow"},
	{"QuantizeLinear DequantizeLinear DynamicQuantizeLinear QLinearMatMul QLinearConv MatMulInteger",
		"quantised numbers"},
	{"TreeEnsemble TreeEnsembleClassifier TreeEnsembleRegressor", "trees"},
	{"SVMClassifier SVMRegressor", "a support vector machine"},
	{"Normalizer", "rows that are divided by their norm"},
}
