package onnx

import (
	"math"
	"strconv"
)

// result is what the graph's outputs say: the value that the network computes, and the classes that its numbers are
// probabilities of. scikit-learn's classifiers come with a tail that picks the label, which nnrt run does by itself.
type result struct {
	value  *value
	name   string   // of the output that the target is called after
	labels []string // nil if there are none
	binary bool     // the value is the probability of the second class
}

// result looks at the outputs.
func (d *decoder) result() (*result, error) {
	r := &result{}
	var ranked *value   // what a label was picked from
	columns := int64(0) // of r.value that were outputs of their own
	for i := range d.graph.outputs {
		name := d.graph.outputs[i].name
		fail := func(detail string) error { return failf("output "+short(name), ErrUnsupported, "%s", detail) }
		v, err := d.lookUp(name)
		if err != nil {
			return nil, err
		}
		if !flows(v) {
			return nil, fail("it does not depend on the input")
		}
		p, labels, err := d.labelsOf(v)
		if err != nil {
			return nil, err
		}
		switch {
		case p != nil && v.op != mlDomain+".ZipMap":
			if ranked != nil {
				return nil, fail("a second label")
			}
			ranked, r.name = p, name
		case p == nil && d.isColumn(v, r.value, columns):
			// zipmap='columns' of skl2onnx: an output for each class.
			r.value = v.args[0]
			columns++
		case r.value != nil:
			return nil, fail("a second output")
		default:
			if r.value = v; p != nil {
				r.value = p
			}
			if r.name == "" {
				r.name = name
			}
		}
		if labels == nil {
			continue
		}
		texts, err := labels.labelTexts()
		if err != nil {
			return nil, err
		}
		if r.labels != nil && !equalTexts(r.labels, texts) {
			return nil, fail("other labels than those of another output")
		}
		r.labels = texts
	}
	if r.value == nil {
		r.value = ranked
	}
	if columns > 0 && (columns != d.rowSize(r.value.shape) || r.labels == nil) {
		return nil, failf("output "+short(d.graph.outputs[0].name), ErrUnsupported, "columns that are not all of a label's")
	}
	// The largest stays the largest through these.
	monotonic := r.value.op == "Softmax" || r.value.op == mlDomain+".Normalizer"
	if ranked != nil && !same(ranked, r.value) && !(monotonic && same(r.value.args[0], ranked)) {
		return nil, failf("output "+short(r.name), ErrUnsupported, "a label that is not of the other output's")
	}
	if p := secondClass(r.value); p != nil {
		r.value, r.binary = p, true
		if r.labels == nil {
			r.labels = []string{"0", "1"}
		}
	}
	return r, nil
}

// isColumn tells whether v is the next column of the value of which there were some before, or the first of any.
func (d *decoder) isColumn(v, whole *value, column int64) bool {
	if v.op != "Slice" || whole != nil && (column == 0 || !same(whole, v.args[0])) {
		return false
	}
	_, start, end, err := d.bounds(v.node, v.args)
	return err == nil && start == column && end == column+1
}

func equalTexts(a, b []string) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}

// secondClass returns the p of two columns, 1 − p and p, or nil.
func secondClass(v *value) *value {
	if v.op != "Concat" || len(v.args) != 2 || len(v.args[1].shape) != 2 || v.args[1].shape[1] != 1 {
		return nil
	}
	rest, p := v.args[0], v.args[1]
	if rest.op != "Sub" || !same(rest.args[1], p) {
		return nil
	}
	if one, ok := scalarOf(rest.args[0]); !ok || one != 1 {
		return nil
	}
	return p
}

// labelOf is the operator of the label that LinearClassifier gives beside its probabilities.
const labelOf = "label of LinearClassifier"

// labelsOf recognises the label of the largest of a value's numbers. It returns that value and the labels; nil if v is
// something else.
func (d *decoder) labelsOf(v *value) (p *value, labels *tensor, err error) {
	n := v.node
	switch v.op {
	case "ArgMax":
		p = v.args[0]
		size := d.rowSize(p.shape)
		if size < 1 || size > maxTexts {
			return nil, nil, n.fail("", ErrLimit, "of %s", dimText(p.shape))
		}
		labels = &tensor{elem: elemInt64, ints: make([]int64, size), dims: []int64{size}}
		for i := range labels.ints {
			labels.ints[i] = int64(i)
		}
		return p, labels, nil
	case mlDomain + ".ArrayFeatureExtractor":
		if flows(v.args[0]) {
			return nil, nil, nil
		}
		p, numbers, err := d.labelsOf(v.args[1])
		if p == nil || err != nil {
			return nil, nil, err
		}
		labels = v.args[0].constant
		if dims := labels.dims; v.args[1].op != "ArgMax" || labels.size() != numbers.size() ||
			len(dims) > 0 && dims[len(dims)-1] != int64(labels.size()) {
			return nil, nil, n.fail("", ErrUnsupported, "labels of shape %s for %d numbers", dimText(dims), numbers.size())
		}
		return p, labels, nil
	case "Cast":
		p, labels, err = d.labelsOf(v.args[0])
		if p == nil || err != nil {
			return nil, nil, err
		}
		to, err := n.intOr("to", 0)
		if err != nil || to == elemString {
			return p, labels, err
		}
		labels, err = d.castTensor(n, labels, to)
		return p, labels, err
	case mlDomain + ".LabelEncoder":
		return d.encodeLabels(v)
	case mlDomain + ".ZipMap":
		if inner, _, err := d.labelsOf(v.args[0]); inner != nil || err != nil {
			return nil, nil, err
		}
		labels, err = d.classLabels(n, "classlabels_int64s", "classlabels_strings")
		if err == nil && int64(labels.size()) != d.rowSize(v.shape) {
			err = n.fail("", ErrShape, "%d labels for %s", labels.size(), dimText(v.shape))
		}
		return v.args[0], labels, err
	case labelOf:
		labels, err = d.classLabels(n, "classlabels_ints", "classlabels_strings")
		return v.args[0], labels, err
	}
	return nil, nil, nil
}

// classLabels reads labels of one of two attributes.
func (d *decoder) classLabels(n *node, ints, texts string) (*tensor, error) {
	t := &tensor{elem: elemInt64}
	list, given, err := d.ints(n, ints)
	if t.ints = list; err == nil && (!given || len(list) == 0) {
		t = &tensor{elem: elemString}
		t.texts, _, err = d.texts(n, texts)
	}
	if err == nil && t.size() == 0 {
		err = n.fail("", ErrAttribute, "no labels")
	}
	t.dims = []int64{int64(t.size())}
	return t, err
}

// encodeLabels reads LabelEncoder, which gives labels other names.
func (d *decoder) encodeLabels(v *value) (*value, *tensor, error) {
	n := v.node
	p, labels, err := d.labelsOf(v.args[0])
	if p == nil || err != nil {
		return nil, nil, err
	}
	keys, err := d.anyList(n, "keys_")
	if err != nil {
		return nil, nil, err
	}
	values, err := d.anyList(n, "values_")
	if err != nil {
		return nil, nil, err
	}
	from, err := labels.labelTexts()
	if err != nil {
		return nil, nil, err
	}
	known, err := keys.labelTexts()
	if err != nil {
		return nil, nil, err
	}
	names, err := values.labelTexts()
	if err != nil {
		return nil, nil, err
	}
	if len(known) != len(names) || len(known) == 0 {
		return nil, nil, n.fail("", ErrAttribute, "%d keys and %d values", len(known), len(names))
	}
	if err := d.take(64 * int64(len(from)+len(known))); err != nil {
		return nil, nil, n.wrap(err)
	}
	name := make(map[string]string, len(known))
	for i, key := range known {
		if _, twice := name[key]; twice {
			return nil, nil, n.fail("", ErrAttribute, "the key %s twice", short(key))
		}
		name[key] = names[i]
	}
	encoded := &tensor{elem: elemString, texts: make([]string, len(from)), dims: labels.dims}
	for i, key := range from {
		to, ok := name[key]
		if !ok {
			return nil, nil, n.fail("", ErrUnsupported, "no value for the label %s", short(key))
		}
		encoded.texts[i] = to
	}
	return p, encoded, nil
}

// anyList reads a list of one of three types, by the beginning of the attribute's name.
func (d *decoder) anyList(n *node, prefix string) (*tensor, error) {
	t := &tensor{elem: elemInt64}
	list, given, err := d.ints(n, prefix+"int64s")
	if given || err != nil {
		t.ints = list
		return t, err
	}
	floats, given, err := d.floats(n, prefix+"floats")
	if given || err != nil {
		return &tensor{elem: elemFloat, floats: floats}, err
	}
	texts, _, err := d.texts(n, prefix+"strings")
	return &tensor{elem: elemString, texts: texts}, err
}

// maxTexts is how many labels, and how many categories, a model may have: serialize.Limits' default.
const maxTexts = 1 << 14

// labelTexts returns labels as texts: numbers in their shortest form.
func (t *tensor) labelTexts() ([]string, error) {
	if t.size() > maxTexts {
		return nil, failf(t.title(), ErrLimit, "%d labels, the limit is %d", t.size(), maxTexts)
	}
	if t.elem == elemString {
		return t.texts, nil
	}
	texts := make([]string, t.size())
	for i := range texts {
		switch {
		case t.ints != nil:
			texts[i] = strconv.FormatInt(t.ints[i], 10)
		case t.floats != nil:
			texts[i] = strconv.FormatFloat(float64(t.floats[i]), 'g', -1, 32)
		default:
			texts[i] = strconv.FormatFloat(t.doubles[i], 'g', -1, 64)
		}
	}
	return texts, nil
}

// argMax is the place of the largest number of a row.
func argMax(d *decoder, n *node, args []*value) (*value, error) {
	shape := d.shape(args[0])
	axis, err := n.axis("axis", 0, len(shape))
	if err != nil {
		return nil, err
	}
	last, err := n.intOr("select_last_index", 0)
	if err != nil {
		return nil, err
	}
	if !flows(args[0]) || len(shape) != 2 || axis != 1 || shape[0] != batchDim || last != 0 {
		return nil, n.fail("", ErrUnsupported, "the place of a largest number other than the first of a row, %s",
			dimText(shape))
	}
	keep, err := n.intOr("keepdims", 1)
	if err != nil {
		return nil, err
	}
	if keep == 0 {
		return d.express(n, []int64{batchDim}, args...), nil
	}
	return d.express(n, []int64{batchDim, 1}, args...), nil
}

// arrayFeatureExtractor takes columns out of the input, or labels out of a constant.
func arrayFeatureExtractor(d *decoder, n *node, args []*value) (*value, error) {
	if flows(args[0]) {
		return d.selectColumns(n, args)
	}
	if !flows(args[1]) {
		return nil, n.fail("", ErrUnsupported, "computed from constants alone")
	}
	// ONNX says [1, batch]; what follows makes that a list.
	return d.express(n, []int64{batchDim, 1}, args...), nil
}

// linear is LinearRegressor, and LinearClassifier, which has its label first and its probabilities as second output.
func linear(d *decoder, n *node, args []*value) (*value, error) {
	shape := d.shape(args[0])
	if !flows(args[0]) || len(shape) != 2 || shape[0] != batchDim {
		return nil, n.fail("", ErrShape, "an input of shape %s", dimText(shape))
	}
	coefficients, _, err := d.floats(n, "coefficients")
	if err != nil {
		return nil, err
	}
	targets := int64(0)
	if n.op == "LinearRegressor" {
		targets, err = n.intOr("targets", 1)
	} else {
		var labels *tensor
		if labels, err = d.classLabels(n, "classlabels_ints", "classlabels_strings"); err == nil {
			targets = int64(labels.size())
		}
	}
	if err != nil {
		return nil, err
	}
	if targets < 1 || len(coefficients) == 0 || int64(len(coefficients))%targets != 0 {
		return nil, n.fail("attribute coefficients", ErrUnsupported, "%d for %d outputs", len(coefficients), targets)
	}
	in := int64(len(coefficients)) / targets
	if shape[1] == unknownDim && d.bind(in) {
		shape = d.shape(args[0])
	}
	if shape[1] != in {
		return nil, n.fail("", ErrShape, "%d coefficients for %d outputs of %s", len(coefficients), targets, dimText(shape))
	}
	scores := d.express(n, []int64{batchDim, targets}, args...)
	if n.op == "LinearRegressor" {
		return scores, nil
	}
	if len(n.outputs) > 1 && n.outputs[1] != "" {
		d.values[n.outputs[1]] = scores
	}
	return d.unify(&value{op: labelOf, args: []*value{scores}, node: n, shape: []int64{batchDim}}), nil
}

// matchLinear reads the layer of a LinearRegressor or LinearClassifier.
func (d *decoder) matchLinear(v *value) ([]step, *value, error) {
	n := v.node
	coefficients, _, err := d.floats(n, "coefficients")
	if err != nil {
		return nil, nil, err
	}
	intercepts, _, err := d.floats(n, "intercepts")
	if err != nil {
		return nil, nil, err
	}
	out := v.shape[1]
	if len(intercepts) > 0 && int64(len(intercepts)) != out {
		return nil, nil, n.fail("attribute intercepts", ErrShape, "%d for %d outputs", len(intercepts), out)
	}
	weights := &tensor{elem: elemFloat, floats: coefficients, dims: []int64{out, int64(len(coefficients)) / out}}
	dense := step{kind: denseStep, node: n, weights: weights, transposed: true, factor: 1}
	if len(intercepts) > 0 {
		dense.bias = intercepts
	}
	how, err := n.textOr("post_transform", "NONE")
	if err != nil {
		return nil, nil, err
	}
	// Of a single score ONNX Runtime leaves the function out, where ONNX does not say so.
	switch {
	case how == "NONE":
		return []step{dense}, v.args[0], nil
	case out == 1:
	case how == "LOGISTIC":
		return []step{dense, {kind: activationStep, node: n, activation: plainActivations["Sigmoid"]}}, v.args[0], nil
	case how == "SOFTMAX":
		return []step{dense, {kind: activationStep, node: n, activation: plainActivations["Softmax"]}}, v.args[0], nil
	}
	return nil, nil, n.fail("attribute post_transform", ErrUnsupported, "%s", short(how))
}

// matchScaler reads (x − offset)·scale.
func (d *decoder) matchScaler(v *value) ([]step, *value, error) {
	n := v.node
	var steps []step
	for i, name := range []string{"offset", "scale"} {
		list, given, err := d.floats(n, name)
		if err != nil {
			return nil, nil, err
		}
		if !given || len(list) == 0 {
			continue
		}
		width := d.rowSize(v.shape)
		if width == unknownDim && len(list) > 1 && d.bind(int64(len(list))) {
			width = int64(len(list))
		}
		if len(list) > 1 && int64(len(list)) != width {
			return nil, nil, n.fail("attribute "+name, ErrShape, "%d values for %s", len(list), dimText(v.shape))
		}
		if err := d.take(8 * int64(len(list))); err != nil {
			return nil, nil, n.wrap(err)
		}
		s := step{kind: affineStep, node: n, op: []string{"Sub", "Mul"}[i], by: make([]float64, len(list))}
		for j, x := range list {
			if !finite(x) {
				return nil, nil, n.fail("attribute "+name, ErrNotFinite, "value %d is %v", j+1, x)
			}
			s.by[j] = float64(x)
		}
		steps = append(steps, s)
	}
	return steps, v.args[0], nil
}

// matchNormalizer lets a Normalizer pass where the sum that it divides by is 1.
func (d *decoder) matchNormalizer(v *value) ([]step, *value, error) {
	n, x := v.node, v.args[0]
	norm, err := n.textOr("norm", "MAX")
	if err != nil {
		return nil, nil, err
	}
	after := ""
	if x.op == mlDomain+".LinearClassifier" {
		if after, err = x.node.textOr("post_transform", "NONE"); err != nil {
			return nil, nil, err
		}
	}
	if norm != "L1" || x.op != "Softmax" && after != "SOFTMAX" {
		return nil, nil, n.fail("", ErrUnsupported, "rows divided by their norm")
	}
	return nil, x, nil
}

// oneHotEncoder makes a column for each category.
func oneHotEncoder(d *decoder, n *node, args []*value) (*value, error) {
	shape := d.shape(args[0])
	categories, err := d.classLabels(n, "cats_int64s", "cats_strings")
	if err != nil {
		return nil, err
	}
	if !flows(args[0]) || len(shape) >= maxRank || categories.size() > math.MaxInt32 {
		return nil, n.fail("", ErrShape, "an input of shape %s", dimText(shape))
	}
	wide := append(append([]int64(nil), shape...), int64(categories.size()))
	return d.express(n, wide, args...), nil
}
