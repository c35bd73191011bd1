package onnx

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"unicode"

	"nnrt/dataset"
	"nnrt/kernels"
	"nnrt/net"
)

// What happens before the first layer: the columns that scikit-learn's pipelines select, fill, scale and encode one by
// one become the schema.

// element is one number of a row that goes into the first layer: a column, or whether a column is of a category.
type element struct {
	source   int32    // the column
	category int32    // of the encoder, or of no meaning
	encoder  *encoder // nil for a number
	state    uint8
	fill     float32 // what stands for a missing value
	mean     float32
	scale    float32
	a, b     float64 // what happens after (x − mean)/scale: a·x + b
}

// What is known of an element.
const (
	centered uint8 = 1 << iota // mean was given
	divided                    // scale was given
	filled                     // fill was given
	casted                     // it was made an integer or a text, which only an encoder may read
)

const elementBytes = 56

// encoder is a OneHotEncoder.
type encoder struct {
	categories []string
	lenient    bool // others are no error
}

// maxColumns is how many columns a schema may have, by serialize.Limits' defaults.
const maxColumns = 1 << 14

// columns returns the elements of a value. They are nil if they are the numbers of the only input as they come.
func (d *decoder) columns(v *value) ([]element, error) {
	if v.input != nil && len(d.inputs) == 1 {
		return nil, d.checkInput(v)
	}
	return d.elements(v, make(map[int][]element), 0)
}

// checkInput checks that an input is a row of numbers of a known width.
func (d *decoder) checkInput(v *value) error {
	part := "input " + short(v.input.name)
	if v.input.elem == elemString {
		return failf(part, ErrUnsupported, "texts that no OneHotEncoder reads")
	}
	switch size := d.rowSize(v.shape); {
	case size == unknownDim:
		return failf(part, ErrShape, "nothing says how many columns it has")
	case size > net.MaxUnits:
		return failf(part, ErrLimit, "%d columns, the limit is %d", size, net.MaxUnits)
	}
	return nil
}

// elements is columns for a part of the graph.
func (d *decoder) elements(v *value, known map[int][]element, depth int) ([]element, error) {
	if list, ok := known[v.id]; ok {
		return list, nil
	}
	list, err := d.makeElements(v, known, depth)
	if err != nil {
		return nil, err
	}
	known[v.id] = list
	return list, nil
}

func (d *decoder) makeElements(v *value, known map[int][]element, depth int) ([]element, error) {
	const deepest = 1 << 10
	if depth > deepest {
		return nil, v.node.fail("", ErrLimit, "more than %d operations on columns", deepest)
	}
	if v.input != nil {
		return d.inputElements(v)
	}
	n := v.node
	if v.op == "Concat" || v.op == mlDomain+".FeatureVectorizer" {
		var list []element
		for _, a := range v.args {
			part, err := d.elements(a, known, depth+1)
			if err != nil {
				return nil, err
			}
			if err := d.takeElements(n, len(part)); err != nil {
				return nil, err
			}
			if list = append(list, part...); len(list) > maxColumns {
				return nil, n.fail("", ErrLimit, "more than %d columns", maxColumns)
			}
		}
		return list, nil
	}
	var steps []step
	x := v.args[0]
	switch v.op {
	case "Gather", mlDomain + ".ArrayFeatureExtractor", mlDomain + ".OneHotEncoder", mlDomain + ".Imputer":
	case "Cast":
		to, err := n.intOr("to", 0)
		if err != nil {
			return nil, err
		}
		if elemNames[to] == "" || to == elemBool {
			return nil, n.fail("attribute to", ErrUnsupported, "a column as %s", elemName(to))
		}
	default:
		var err error
		if steps, x, err = d.match(v); err != nil {
			return nil, err
		}
		for i := range steps {
			if steps[i].kind != affineStep {
				return nil, n.fail("", ErrUnsupported, "something else than scaling, of a part of the columns")
			}
		}
	}
	if x == nil || !flows(x) {
		return nil, n.fail("", ErrUnsupported, "it belongs to no layer or activation that nnrt knows")
	}
	list, err := d.elements(x, known, depth+1)
	if err != nil {
		return nil, err
	}
	switch v.op {
	case "Gather", mlDomain + ".ArrayFeatureExtractor":
		return d.gatherElements(v, list)
	case mlDomain + ".OneHotEncoder":
		return d.encodeElements(v, list)
	case mlDomain + ".Imputer":
		return d.fillElements(v, list)
	case "Cast":
		return d.castElements(v, list)
	}
	if err := d.takeElements(n, len(list)); err != nil {
		return nil, err
	}
	list = slices.Clone(list)
	for i := range steps {
		applyAll(list, &steps[i])
	}
	return list, nil
}

func (d *decoder) takeElements(n *node, count int) error {
	return n.wrap(d.take(elementBytes * int64(count)))
}

// inputElements are the columns of an input as they come.
func (d *decoder) inputElements(v *value) ([]element, error) {
	first := max(0, slices.Index(d.inputs, v.input))
	width := d.rowSize(v.shape)
	if width == unknownDim || width > maxColumns {
		return nil, failf("input "+short(v.input.name), ErrLimit, "%s, of which columns are used", dimText(v.shape))
	}
	list := make([]element, width)
	for i := range list {
		list[i] = element{source: int32(first + i), scale: 1, a: 1}
	}
	return list, nil
}

// raw tells whether nothing has been done to the column.
func (e *element) raw() bool { return e.state == 0 && e.a == 1 && e.b == 0 && e.encoder == nil }

// gatherElements takes columns out.
func (d *decoder) gatherElements(v *value, list []element) ([]element, error) {
	n := v.node
	at := v.args[1].constant.ints
	if err := d.takeElements(n, len(at)); err != nil {
		return nil, err
	}
	taken := make([]element, len(at))
	for i, place := range at {
		place, err := n.checkAxis("index", place, len(list))
		if err != nil {
			return nil, err
		}
		taken[i] = list[place]
	}
	return taken, nil
}

// encodeElements reads OneHotEncoder.
func (d *decoder) encodeElements(v *value, list []element) ([]element, error) {
	n := v.node
	labels, err := d.classLabels(n, "cats_int64s", "cats_strings")
	if err != nil {
		return nil, err
	}
	zeros, err := n.intOr("zeros", 1)
	if err != nil {
		return nil, err
	}
	categories, err := labels.labelTexts()
	if err != nil {
		return nil, n.wrap(err)
	}
	e := &encoder{categories: categories, lenient: zeros != 0}
	if len(list)*len(categories) > maxColumns {
		return nil, n.fail("", ErrLimit, "more than %d columns", maxColumns)
	}
	if err := d.takeElements(n, len(list)*len(categories)); err != nil {
		return nil, err
	}
	wide := make([]element, 0, len(list)*len(categories))
	for i := range list {
		if !list[i].raw() && list[i].state != casted {
			return nil, n.fail("", ErrUnsupported, "categories of numbers that were changed before")
		}
		for k := range categories {
			wide = append(wide, element{source: list[i].source, category: int32(k), encoder: e, scale: 1, a: 1})
		}
	}
	return wide, nil
}

// castElements makes columns integers or texts. Casts among floating-point types are no nodes any more.
func (d *decoder) castElements(v *value, list []element) ([]element, error) {
	n := v.node
	to, err := n.intOr("to", 0)
	if err == nil {
		err = d.takeElements(n, len(list))
	}
	if err != nil {
		return nil, err
	}
	list = slices.Clone(list)
	for i := range list {
		e := &list[i]
		if !e.raw() {
			return nil, n.fail("", ErrUnsupported, "numbers cut off to integers")
		}
		if from := d.sourceElem(e.source); to == elemString || floating(from) {
			e.state = casted
		}
	}
	return list, nil
}

// fillElements reads Imputer.
func (d *decoder) fillElements(v *value, list []element) ([]element, error) {
	n := v.node
	values, given, err := d.floats(n, "imputed_value_floats")
	if err != nil {
		return nil, err
	}
	missing, err := n.floatOr("replaced_value_float", 0)
	if err != nil {
		return nil, err
	}
	if !given || missing == missing || len(values) != 1 && len(values) != len(list) || firstNotFinite(values) >= 0 {
		return nil, n.fail("", ErrUnsupported, "values filled in for others than NaN, or integers")
	}
	if err := d.takeElements(n, len(list)); err != nil {
		return nil, err
	}
	list = slices.Clone(list)
	for i := range list {
		if !list[i].raw() {
			return nil, n.fail("", ErrUnsupported, "values filled in after others were changed")
		}
		list[i].fill, list[i].state = at(values, i), filled
	}
	return list, nil
}

// applyAll applies an affine step to elements.
func applyAll(list []element, s *step) {
	for i := range list {
		list[i].apply(s.op, at(s.by, i))
	}
}

// apply applies an operation to an element, as mean or scale if it can be one. Sub and Div by constants are exactly
// what the schema does; a product becomes a quotient.
func (e *element) apply(op string, by float64) {
	if e.encoder == nil && e.a == 1 && e.b == 0 && e.state&(divided|casted) == 0 {
		switch {
		case op == "Sub" && e.state&centered == 0:
			e.mean, e.state = float32(by), e.state|centered
			return
		case op == "Add" && e.state&centered == 0:
			e.mean, e.state = float32(-by), e.state|centered
			return
		case op == "Div" && by > 0:
			e.scale, e.state = float32(by), e.state|divided
			return
		case op == "Mul" && e.state&centered != 0 && by > 0 && isScale(1/by):
			e.scale, e.state = float32(1/by), e.state|divided
			return
		}
	}
	switch op {
	case "Add":
		e.b += by
	case "Sub":
		e.b -= by
	case "RSub":
		e.a, e.b = -e.a, by-e.b
	case "Mul":
		e.a, e.b = e.a*by, e.b*by
	case "Div":
		e.a, e.b = e.a/by, e.b/by
	}
}

func isScale(x float64) bool { return float32(x) > 0 && finite(float32(x)) }

// settle makes a·x + b of a column that was not scaled before a mean and a scale.
func (e *element) settle() {
	if e.encoder != nil || e.state&(centered|divided|casted) != 0 || e.a == 1 && e.b == 0 || !(e.a > 0) {
		return
	}
	mean, scale := -e.b/e.a, 1/e.a
	if !isScale(scale) || !finite(float32(mean)) {
		return
	}
	e.mean, e.scale = float32(mean)+0, float32(scale)
	e.state |= centered | divided
	e.a, e.b = 1, 0
}

// inputs is what becomes of the columns.
type inputs struct {
	width    int
	affine   *affine // what the first layer has to do to its inputs besides, or nil
	order    []int   // which of the first layer's inputs the model's are, or leftOut; nil if they are the same
	features []dataset.Feature
	columns  int // of the source
	named    bool
	needed   bool // there is something that the schema has to say about the inputs
	filled   bool
	lenient  bool
}

// inputsOf makes features of the elements, and of the steps that only scale, which it takes from the others.
func (d *decoder) inputsOf(list []element, steps []step) (*inputs, []step, error) {
	leading := 0
	for leading < len(steps) && steps[leading].kind == affineStep && !steps[leading].own {
		leading++
	}
	in := &inputs{columns: len(d.inputs), named: len(d.inputs) > 1}
	if !in.named {
		in.columns = int(max(d.rowSize(d.values[d.inputs[0].name].shape), 0))
	}
	if list == nil {
		in.width = in.columns
		if leading == 0 || in.width > maxColumns {
			return in, steps, nil
		}
		if err := d.take(elementBytes * int64(in.width)); err != nil {
			return nil, nil, err
		}
		list = make([]element, in.width)
		for i := range list {
			list[i] = element{source: int32(i), scale: 1, a: 1}
		}
	}
	if len(list) == 0 || len(list) > maxColumns {
		return nil, nil, failf("", ErrLimit, "%d columns go into the first layer, the limit is %d", len(list), maxColumns)
	}
	for i := range steps[:leading] {
		applyAll(list, &steps[i])
	}
	for i := range list {
		list[i].settle()
	}
	in.sort(list)
	list, err := d.complete(in, list)
	if err != nil {
		return nil, nil, err
	}
	in.width = len(list)
	if err := d.makeFeatures(in, list); err != nil {
		return nil, nil, err
	}
	return in, steps[leading:], nil
}

// sort brings the elements into the order of the source's columns.
func (in *inputs) sort(list []element) {
	order := make([]int, len(list))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(i, j int) int {
		return cmp.Or(cmp.Compare(list[i].source, list[j].source), cmp.Compare(list[i].category, list[j].category))
	})
	if slices.IsSorted(order) {
		return
	}
	in.order = order
	sorted := make([]element, len(list))
	for i, from := range order {
		sorted[i] = list[from]
	}
	copy(list, sorted)
}

// complete adds the categories that the file drops, as scikit-learn's OneHotEncoder does one of each column if it is
// told to. Their inputs count for nothing: leftOut stands for their weights in the order.
func (d *decoder) complete(in *inputs, list []element) ([]element, error) {
	var (
		full  []element
		order []int
		added bool
	)
	for i := 0; i < len(list); {
		e := list[i]
		if e.encoder == nil {
			full, order = append(full, e), append(order, in.place(i))
			i++
			continue
		}
		if len(full)+len(e.encoder.categories) > maxColumns {
			return nil, failf("", ErrLimit, "more than %d columns", maxColumns)
		}
		if err := d.take(elementBytes * int64(len(e.encoder.categories))); err != nil {
			return nil, err
		}
		for k := range e.encoder.categories {
			if i < len(list) && list[i].source == e.source && list[i].encoder == e.encoder && list[i].category == int32(k) {
				full, order = append(full, list[i]), append(order, in.place(i))
				i++
				continue
			}
			added = true
			full = append(full, element{source: e.source, category: int32(k), encoder: e.encoder, scale: 1, a: 1})
			order = append(order, leftOut)
		}
	}
	if !added {
		return list, nil
	}
	in.order = order
	return full, nil
}

// leftOut is the place of an input that has no weights.
const leftOut = -1

// place is which of the first layer's inputs the file has for the model's input i.
func (in *inputs) place(i int) int {
	if in.order == nil {
		return i
	}
	return in.order[i]
}

// sourceName is the name of a column of the source.
func (d *decoder) sourceName(in *inputs, source int32) string {
	if !in.named {
		return fmt.Sprintf("c%d", source+1)
	}
	return d.inputs[source].name
}

// makeFeatures makes the features of sorted elements, and the affine map that they leave to the first layer.
func (d *decoder) makeFeatures(in *inputs, list []element) error {
	in.needed = in.named || in.order != nil || len(list) != in.columns
	left := false
	filledIn, texts := 0, 0
	for i := 0; i < len(list); {
		e := &list[i]
		name := d.sourceName(in, e.source)
		fail := func(detail string, args ...any) error {
			return failf("column "+short(name), ErrUnsupported, detail, args...)
		}
		f := dataset.Feature{Name: name, Column: int(e.source)}
		if e.encoder == nil {
			f.Mean, f.Scale, f.Fill = e.mean, e.scale, e.fill
			in.needed = in.needed || e.state != 0
			if e.state&filled != 0 {
				filledIn++
			}
			if e.state&casted != 0 {
				return fail("numbers cut off to integers, or made texts, that no OneHotEncoder reads")
			}
			if d.sourceElem(e.source) == elemString {
				return fail("texts that no OneHotEncoder reads")
			}
		} else {
			in.needed = true
			f.Kind, f.Categories = dataset.Categorical, e.encoder.categories
			if texts += len(f.Categories); texts > maxTexts {
				return failf("", ErrLimit, "more than %d categories", maxTexts)
			}
			if len(in.features) > 0 && in.lenient != e.encoder.lenient && in.hasCategories() {
				return fail("unknown categories are an error in one column and not in another")
			}
			in.lenient = e.encoder.lenient
		}
		n := max(1, len(f.Categories))
		for k := range n {
			if i+k >= len(list) || list[i+k].source != e.source || list[i+k].encoder != e.encoder ||
				e.encoder != nil && list[i+k].category != int32(k) {
				return fail("it is used twice")
			}
			left = left || list[i+k].a != 1 || list[i+k].b != 0
		}
		if i += n; i < len(list) && list[i].source == e.source {
			return fail("it is used twice")
		}
		in.features = append(in.features, f)
	}
	if filledIn > 0 {
		for i := range in.features {
			if in.features[i].Kind == dataset.Numeric {
				filledIn--
			}
		}
		if in.filled = true; filledIn != 0 {
			return failf("", ErrUnsupported, "missing values filled in for some columns and not for others")
		}
	}
	if left {
		in.affine = &affine{scale: make([]float64, len(list)), shift: make([]float64, len(list))}
		for i := range list {
			in.affine.scale[i], in.affine.shift[i] = list[i].a, list[i].b
		}
	}
	return nil
}

func (in *inputs) hasCategories() bool {
	return slices.ContainsFunc(in.features, func(f dataset.Feature) bool { return f.Kind == dataset.Categorical })
}

// sourceElem is the element type of the input that a column comes from.
func (d *decoder) sourceElem(source int32) int64 {
	if len(d.inputs) == 1 {
		return d.inputs[0].elem
	}
	return d.inputs[source].elem
}

// schema makes the schema, if there is something to say: scaling, categories, inputs with names, or classes; and what
// scikit-learn's regressors predict is called as their output.
func (d *decoder) schema(in *inputs, r *result, m *net.Model) (*dataset.Schema, error) {
	if !in.needed && r.labels == nil && (d.model.producer != "skl2onnx" || in.width > maxColumns) {
		return nil, nil
	}
	if in.features == nil {
		if in.width > maxColumns {
			return nil, failf("", ErrLimit, "labels, and %d columns, the limit is %d", in.width, maxColumns)
		}
		in.features = make([]dataset.Feature, in.width)
		for i := range in.features {
			in.features[i] = dataset.Feature{Name: d.sourceName(in, int32(i)), Column: i, Scale: 1}
		}
	}
	s := &dataset.Schema{Features: in.features, Columns: in.columns, Named: in.named, Target: dataset.Target{Column: -1}}
	if in.filled {
		s.OnMissing = dataset.RuleMean
	}
	if in.lenient {
		s.OnUnknown = dataset.RuleZero
	}
	t := &s.Target
	switch {
	case r.labels != nil && (r.binary || m.Outputs() > 1):
		t.Task, t.Name, t.Labels = dataset.TaskMulticlass, r.name, r.labels
		if r.binary {
			t.Task = dataset.TaskBinary
		}
	case m.Outputs() == 1 && !isProbability(m):
		t.Task, t.Name, t.Scale = dataset.TaskRegression, r.name, 1
	}
	// Names may be anything in ONNX. An output's must not be that of an input.
	for t.Name != "" && slices.ContainsFunc(s.Features, func(f dataset.Feature) bool { return f.Name == t.Name }) {
		t.Name += "_output"
	}
	s.NA = s.Missing(dataset.ParseNA(dataset.DefaultNA))
	if err := checkTexts(s); err != nil {
		return nil, err
	}
	if err := s.Validate(); err != nil {
		return nil, failf("", ErrSchema, "%w", err)
	}
	if s.Outputs() != 0 && s.Outputs() != m.Outputs() {
		return nil, failf("", ErrSchema, "%d labels for %d outputs", len(t.Labels), m.Outputs())
	}
	return s, nil
}

// isProbability tells whether the last layer's outputs are no values of a regression.
func isProbability(m *net.Model) bool {
	layers := m.Layers()
	switch layers[len(layers)-1].Activation.Kind {
	case kernels.Sigmoid, kernels.HardSigmoid, kernels.LogSigmoid, kernels.Softmax, kernels.LogSoftmax:
		return true
	}
	return false
}

// checkTexts checks that a model file can hold the texts.
func checkTexts(s *dataset.Schema) error {
	const most = 255 // serialize.Limits' default
	check := func(text string) error {
		if len(text) > most || strings.IndexFunc(text, unicode.IsControl) >= 0 {
			return failf("", ErrSchema, "%s is longer than %d bytes or holds control characters", short(text), most)
		}
		return nil
	}
	texts := append([]string{s.Target.Name}, s.Target.Labels...)
	for i := range s.Features {
		texts = append(append(texts, s.Features[i].Name), s.Features[i].Categories...)
	}
	for _, text := range texts {
		if err := check(text); err != nil {
			return err
		}
	}
	return nil
}
