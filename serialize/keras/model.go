package keras

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"nnrt/internal/hdf5"
	"nnrt/net"
	"nnrt/serialize"
)

// importer makes one model.
type importer struct {
	version, saved      string
	training, optimizer value
	name                string
	legacy              bool

	inputs  int
	shape   []int // of what the next layer gets, without the batch dimension
	chain   []*node
	layers  []net.Layer
	tensors []tensor          // of all layers, in net's order
	scaling *normalization    // a Normalization that becomes the schema
	names   map[string]string // of net's layers, to the place that took them
	leftOut map[string]bool
	limit   int64 // bytes of parameters
}

// node is a layer of Keras's that has weights.
type node struct {
	where     string // for errors
	path      string // of its group in model.weights.h5
	oldPath   string // the same in files of Keras 2.12 and 2.13
	top       int    // which layer of the whole model it is in, from 0: .h5 files keep the weights of that together
	variables []*variable
}

// variable is a weight of Keras's.
type variable struct {
	where     string
	shape     []int // nil if it has no part in the model, and its values are not looked at
	trainable bool
	dataset   *hdf5.Object
}

// tensor is a weight of a layer of net's; fill puts its values where they belong.
type tensor struct {
	size int
	fill func(values []float32) error
}

// layer is what configurations say of each layer.
type layer struct {
	class, name string
	config      value
	all         value  // the object that all of it stands in
	where       string // for errors
	prefix      string // of the name: those of the models that it is in
	top         int

	path, oldPath string
}

// maxDepth is how deep models may be in each other.
const maxDepth = 8

// read makes layers of a model's configuration.
func (m *importer) read(config value) error {
	m.names = make(map[string]string)
	l, err := m.describe(config, "model")
	if err != nil {
		return err
	}
	m.name = l.name
	if l.class != "Sequential" && l.class != "Functional" && l.class != "Model" {
		return fail(l.where, ErrUnsupported, "a model is a Sequential or a Functional one; "+
			"another class runs code that the file does not hold")
	}
	if m.shape, err = m.inputShape(l, 0); err != nil {
		return err
	}
	if m.inputs, err = m.width(l); err != nil {
		return err
	}
	if err := m.readModel(l, "", -1, 0); err != nil {
		return err
	}
	if _, err := m.flat(l); err != nil {
		return fail(l.where, ErrUnsupported, "its output has shape %v; nnrt's rows are flat", m.shape)
	}
	if len(m.layers) == 0 { // net has no model without layers
		m.layers = []net.Layer{net.Activate(net.Linear)}
	}
	return nil
}

// describe reads what every layer's configuration begins with. what is what to call it until its name is known.
func (m *importer) describe(v value, what string) (*layer, error) {
	l := &layer{all: v, config: v.get("config"), where: what}
	var ok bool
	if l.class, ok = v.get("class_name").text(); !ok || l.config.kind() != '{' {
		return nil, fail(what, ErrConfig, "it has no class_name or config")
	}
	if l.name, ok = l.config.get("name").text(); !ok {
		l.name, ok = v.get("name").text()
	}
	kind := "layer"
	if what == "model" {
		kind = "model"
	}
	l.where = fmt.Sprintf("%s %s (%s)", kind, quote(l.name), bare(l.class))
	// Built-in classes come from Keras's modules and are registered under their own name, if at all. Older files say
	// neither.
	module, _ := v.get("module").text()
	registered, _ := v.get("registered_name").text()
	root, _, _ := strings.Cut(module, ".")
	if module != "" && root != "keras" && root != "tf_keras" || registered != "" && registered != l.class {
		return nil, fail(l.where, ErrUnsupported, "a custom class, of module %s and registered name %s, whose code the "+
			"file does not hold", quote(module), quote(registered))
	}
	if !ok {
		return nil, fail(what, ErrConfig, "a %s has no name", quote(l.class))
	}
	return l, m.checkType(l)
}

// bare is quote without the marks, for classes, which nearly always are identifiers.
func bare(class string) string { q := quote(class); return q[1 : len(q)-1] }

// checkType refuses layers that compute with other numbers than float32.
func (m *importer) checkType(l *layer) error {
	dtype := l.config.get("dtype")
	name, ok := dtype.text()
	if dtype.kind() == '{' {
		if name, ok = dtype.get("config").get("name").text(); !ok {
			name, ok = dtype.get("config").get("mode").text() // of a quantised layer
		}
	}
	switch {
	case dtype.absent():
		return nil
	case !ok:
		return fail(l.where, ErrConfig, "dtype %s", quote(string(dtype)))
	case l.class == "InputLayer" && inputTypes[name]:
		return nil
	case name != "float32":
		return fail(l.where, ErrUnsupported, "it computes in %s, not in float32", quote(name))
	}
	return nil
}

// inputTypes are the types of inputs that Keras turns into float32 without loss, or by the rounding that a program
// does that gives nnrt float32.
var inputTypes = map[string]bool{"float32": true, "float64": true, "int8": true, "uint8": true, "int16": true,
	"uint16": true, "int32": true, "int64": true, "uint32": true, "uint64": true, "bool": true}

// inputShape returns the shape of a model's input, without the batch dimension.
func (m *importer) inputShape(l *layer, depth int) ([]int, error) {
	if depth > maxDepth {
		return nil, fail(l.where, ErrUnsupported, "more than %d models in each other", maxDepth)
	}
	layers := l.config.get("layers")
	first := layers.at(0)
	if l.class != "Sequential" {
		inputs := l.config.get("input_layers")
		name, ok := soleTensor(inputs)
		if !ok {
			return nil, fail(l.where, ErrUnsupported, "it does not have exactly one input")
		}
		for e := range layers.elements() {
			if e.get("config").get("name").is(name) || e.get("name").is(name) {
				first = e
			}
		}
	}
	config := first.get("config")
	shape := config.get("batch_shape")
	for _, other := range []value{config.get("batch_input_shape"), l.config.get("build_input_shape"),
		first.get("build_config").get("input_shape"), l.all.get("build_config").get("input_shape")} {
		if shape.absent() {
			shape = other
		}
	}
	if shape.absent() && config.get("layers").kind() == '[' {
		inner, err := m.describe(first, "layer 1")
		if err != nil {
			return nil, err
		}
		return m.inputShape(inner, depth+1)
	}
	if shape.absent() {
		return nil, fail(l.where, ErrUnsupported, "it does not say the shape of its input: it was saved before it was built")
	}
	return dimensions(l, shape)
}

// dimensions reads a shape that begins with the batch dimension, and returns the others.
func dimensions(l *layer, shape value) ([]int, error) {
	var dims []int
	for e := range shape.elements() {
		n, ok := e.integer()
		if len(dims) > 0 && (!ok || n < 1) || len(dims) > 8 {
			return nil, fail(l.where, ErrUnsupported, "an input of shape %s; nnrt needs to know all dimensions but the first",
				quote(string(shape)))
		}
		dims = append(dims, n)
	}
	if len(dims) < 2 {
		return nil, fail(l.where, ErrUnsupported, "an input of shape %s has no features", quote(string(shape)))
	}
	return dims[1:], nil
}

// soleTensor returns the layer of the only tensor in a model's list of inputs or outputs, which has one of the forms
// ["name", 0, 0], [["name", 0, 0]] and {"key": ["name", 0, 0]}.
func soleTensor(list value) (name string, ok bool) {
	if list.kind() == '{' {
		n := 0
		var member value
		for _, v := range list.members() {
			n++
			member = v
		}
		return tensorName(member, n == 1)
	}
	if list.at(0).kind() == '"' {
		return tensorName(list, true)
	}
	return tensorName(list.at(0), list.len() == 1)
}

func tensorName(v value, sole bool) (name string, ok bool) {
	name, ok = v.at(0).text()
	index, isNumber := v.at(2).integer()
	return name, ok && sole && isNumber && index == 0
}

// width returns the number of values that the next layer gets.
func (m *importer) width(l *layer) (int, error) {
	n := 1
	for _, d := range m.shape {
		if d > net.MaxUnits || n > net.MaxUnits/d {
			return 0, fail(l.where, ErrUnsupported, "shape %v is more than %d values", m.shape, net.MaxUnits)
		}
		n *= d
	}
	return n, nil
}

// flat returns the width of rows, or an error if what a layer gets has more dimensions than that.
func (m *importer) flat(l *layer) (int, error) {
	if len(m.shape) != 1 {
		return 0, fail(l.where, ErrUnsupported, "its input has shape %v; nnrt's rows are flat", m.shape)
	}
	return m.width(l)
}

// readModel adds the layers of a model l, which is in depth others. prefix stands before their names; top is the layer
// of the whole model that it is, or −1 if it is the whole.
func (m *importer) readModel(l *layer, prefix string, top, depth int) error {
	if depth > maxDepth {
		return fail(l.where, ErrUnsupported, "more than %d models in each other", maxDepth)
	}
	layers, err := m.chainOf(l)
	if err != nil {
		return err
	}
	// Keras's _get_unique_name: groups go by class and number, not by the layer's name. Before 2.14 they went through a
	// dictionary that has every layer with weights twice, so that one number is left out after it.
	counts, oldCounts := make(map[string]int), make(map[string]int)
	for i, inner := range layers {
		if inner.class == "InputLayer" {
			if err := m.checkInput(inner, i); err != nil {
				return err
			}
			if l.class == "Sequential" { // there it is none of model.layers
				continue
			}
		}
		inner.prefix, inner.top = prefix, top
		if top < 0 {
			inner.top = i
		}
		group := snakeCase(inner.class)
		if !isOperation(inner) {
			inner.path = l.path + "layers/" + numbered(group, counts[group])
			inner.oldPath = l.oldPath + "_layer_checkpoint_dependencies/" + numbered(group, oldCounts[group])
			counts[group]++
			oldCounts[group]++
		}
		withWeights := len(m.chain)
		if err := m.readInner(inner, depth); err != nil {
			return err
		}
		if len(m.chain) > withWeights {
			oldCounts[group]++
		}
	}
	return nil
}

// numbered is a class's n-th group, from 0.
func numbered(group string, n int) string {
	if n == 0 {
		return group
	}
	return group + "_" + strconv.Itoa(n)
}

// readInner adds a layer of a model that is in depth others.
func (m *importer) readInner(l *layer, depth int) error {
	switch l.class {
	case "InputLayer":
		return nil
	case "Sequential", "Functional", "Model":
		shape, err := m.inputShape(l, depth+1)
		if err != nil {
			return err
		}
		if !slices.Equal(shape, m.shape) {
			return fail(l.where, ErrConfig, "an input of shape %v for one of %v", m.shape, shape)
		}
		l.path += "/"
		l.oldPath += "/"
		return m.readModel(l, l.prefix+l.name+"/", l.top, depth+1)
	}
	return m.readLayer(l)
}

// isOperation tells whether a node of a functional model is a function and no layer, which has no part in
// model.layers.
func isOperation(l *layer) bool {
	module, _ := l.all.get("module").text()
	return strings.HasPrefix(module, "keras.src.ops") || strings.HasPrefix(module, "keras.src.activations")
}

// checkInput checks an InputLayer, the i-th layer of its model.
func (m *importer) checkInput(l *layer, i int) error {
	for _, key := range []string{"sparse", "ragged"} {
		if v := l.config.get(key); !v.absent() && v.kind() != 'f' {
			return fail(l.where, ErrUnsupported, "%s inputs", key)
		}
	}
	if i > 0 {
		return fail(l.where, ErrUnsupported, "an input that is not the first layer")
	}
	return nil
}

// snakeCase is Keras's to_snake_case for a class name.
func snakeCase(class string) string {
	var b []byte
	lower := func(c byte) bool { return c >= 'a' && c <= 'z' }
	upper := func(c byte) bool { return c >= 'A' && c <= 'Z' }
	for i := range len(class) {
		c := class[i]
		// A capital begins a word if a small letter follows it and anything comes before it, or if a small letter comes
		// before it.
		if upper(c) && i > 0 && (i+1 < len(class) && lower(class[i+1]) || lower(class[i-1])) {
			b = append(b, '_')
		}
		if upper(c) {
			c += 'a' - 'A'
		}
		b = append(b, c)
	}
	return string(b)
}

// chainOf returns a model's layers in the order in which they are applied.
func (m *importer) chainOf(l *layer) ([]*layer, error) {
	list := l.config.get("layers")
	n := list.len()
	if n == 0 || n > net.MaxLayers {
		return nil, fail(l.where, ErrUnsupported, "%d layers, nnrt's models have 1…%d", n, net.MaxLayers)
	}
	layers := make([]*layer, 0, n)
	byName := make(map[string]*layer, n)
	for v := range list.elements() {
		inner, err := m.describe(v, "layer "+strconv.Itoa(len(layers)+1))
		if err != nil {
			return nil, err
		}
		key := inner.name
		if name, ok := v.get("name").text(); ok {
			key = name
		}
		if byName[key] != nil {
			return nil, fail(inner.where, ErrConfig, "two layers have this name")
		}
		byName[key] = inner
		layers = append(layers, inner)
	}
	if l.class == "Sequential" {
		return layers, nil
	}
	// From the output back to the input.
	output, ok := soleTensor(l.config.get("output_layers"))
	if !ok {
		return nil, fail(l.where, ErrUnsupported, "it does not have exactly one output")
	}
	input, _ := soleTensor(l.config.get("input_layers"))
	chain := make([]*layer, 0, n)
	for name := output; ; {
		inner := byName[name]
		if inner == nil || len(chain) == n {
			return nil, fail(l.where, ErrConfig, "layer %s is not there, or leads to itself", quote(name))
		}
		chain = append(chain, inner)
		if name == input {
			break
		}
		from, err := inboundLayer(inner)
		if err != nil {
			return nil, err
		}
		name = from
	}
	slices.Reverse(chain)
	if len(chain) != n {
		for _, inner := range layers {
			if !slices.Contains(chain, inner) {
				return nil, fail(inner.where, ErrUnsupported, "it is beside the way from the input to the output")
			}
		}
	}
	return chain, nil
}

// inboundLayer returns the layer whose output a layer of a functional model is called with.
func inboundLayer(l *layer) (string, error) {
	calls := l.all.get("inbound_nodes")
	if n := calls.len(); n != 1 {
		return "", fail(l.where, ErrUnsupported, "it is called %d times", n)
	}
	several := func() (string, error) {
		return "", fail(l.where, ErrUnsupported, "it does not have exactly one input, the whole output of a layer")
	}
	call := calls.at(0)
	var history, options value
	if call.kind() == '{' { // Keras 3
		args := call.get("args")
		tensor := args.at(0)
		if args.len() != 1 || !tensor.get("class_name").is("__keras_tensor__") {
			return several()
		}
		history, options = tensor.get("config").get("keras_history"), call.get("kwargs")
	} else { // Keras 2
		history = call
		if call.at(0).kind() == '[' {
			history = call.at(0)
			if call.len() != 1 {
				return several()
			}
		}
		options = history.at(3)
	}
	name, ok := history.at(0).text()
	_, isNode := history.at(1).integer()
	output, isOutput := history.at(2).integer()
	if !ok || !isNode || !isOutput || output != 0 {
		return several()
	}
	for key, v := range options.members() {
		if !v.absent() && v.kind() != 'f' {
			name, _ := key.text()
			return "", fail(l.where, ErrUnsupported, "it is called with %s=%s", bare(name), bare(string(v)))
		}
	}
	return name, nil
}

// add adds a layer of net's with its tensors, in net's order.
func (m *importer) add(l *layer, layer net.Layer, suffix string, tensors ...tensor) error {
	if len(m.layers) == net.MaxLayers {
		return fail(l.where, ErrUnsupported, "more than %d layers", net.MaxLayers)
	}
	layer.Name = l.prefix + l.name + suffix
	if other := m.names[layer.Name]; other != "" {
		return fail(l.where, ErrConfig, "%s has the same name", other)
	}
	m.names[layer.Name] = l.where
	m.layers = append(m.layers, layer)
	m.tensors = append(m.tensors, tensors...)
	return nil
}

// leave notes that something is left out.
func (m *importer) leave(l *layer, what string, args ...any) {
	m.leftOut[l.where+": "+fmt.Sprintf(what, args...)] = true
}

// notes returns what is left out.
func (m *importer) notes() []string {
	notes := slices.Sorted(maps.Keys(m.leftOut))
	if !m.optimizer.absent() {
		notes = append(notes, "the optimiser with its state")
	}
	return notes
}

// file makes the model out of layers and tensors, and what else belongs in its file.
func (m *importer) file() (*serialize.File, error) {
	size, err := net.CountParameters(m.inputs, m.layers)
	if err != nil {
		return nil, fail("model "+quote(m.name), ErrUnsupported, "%w", err)
	}
	if 4*int64(size) > m.limit {
		return nil, fail("model "+quote(m.name), ErrMemory, "%d parameters", size)
	}
	parameters := make([]float32, size)
	rest := parameters
	for _, t := range m.tensors {
		if t.size > len(rest) {
			return nil, fail("model "+quote(m.name), ErrConfig, "more weights than parameters")
		}
		if err := t.fill(rest[:t.size:t.size]); err != nil {
			return nil, err
		}
		rest = rest[t.size:]
	}
	if len(rest) > 0 {
		return nil, fail("model "+quote(m.name), ErrConfig, "%d parameters without weights", len(rest))
	}
	model, err := net.NewWithParameters(m.inputs, m.layers, parameters)
	if err != nil {
		return nil, fail("model "+quote(m.name), ErrUnsupported, "%w", err)
	}
	f := &serialize.File{Model: model, Metadata: m.metadata()}
	if m.scaling != nil {
		if f.Schema, err = m.scaling.schema(); err != nil {
			return nil, err
		}
	}
	return f, nil
}
