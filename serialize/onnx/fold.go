package onnx

import (
	"math"
	"slices"
)

// Constants that are computed from constants, and shapes. Exporters compute shapes in the graph: of a value that
// depends on the input, the number of rows is not known and stands as batchSize among the others.

func constant(d *decoder, n *node, _ []*value) (*value, error) {
	if t, err := d.tensorOf(n, "value"); err != nil {
		return nil, err
	} else if t != nil {
		return constantOf(t), nil
	}
	t := &tensor{elem: elemFloat}
	switch {
	case n.attribute("value_float") != nil:
		v, err := n.floatOr("value_float", 0)
		t.floats = []float32{v}
		return constantOf(t), err
	case n.attribute("value_int") != nil:
		v, err := n.intOr("value_int", 0)
		t.elem, t.ints = elemInt64, []int64{v}
		return constantOf(t), err
	case n.attribute("value_floats") != nil:
		list, _, err := d.floats(n, "value_floats")
		t.floats, t.dims = list, []int64{int64(len(list))}
		return constantOf(t), err
	case n.attribute("value_ints") != nil:
		list, _, err := d.ints(n, "value_ints")
		t.elem, t.ints, t.dims = elemInt64, list, []int64{int64(len(list))}
		return constantOf(t), err
	case n.attribute("value_string") != nil:
		v, err := n.textOr("value_string", "")
		t.elem, t.texts = elemString, []string{v}
		return constantOf(t), err
	case n.attribute("value_strings") != nil:
		list, _, err := d.texts(n, "value_strings")
		t.elem, t.texts, t.dims = elemString, list, []int64{int64(len(list))}
		return constantOf(t), err
	case n.attribute("sparse_value") != nil:
		return nil, n.fail("attribute sparse_value", ErrUnsupported, "a sparse tensor")
	}
	return nil, n.fail("", ErrAttribute, "it has no value")
}

// newTensor makes a tensor of zeros, with room in the budget.
func (d *decoder) newTensor(elem int64, dims []int64) (*tensor, error) {
	t := &tensor{elem: elem, dims: dims}
	n, ok := product(dims)
	if !ok || n > math.MaxInt32 {
		return nil, failf("", ErrLimit, "a constant of shape %s", dimText(dims))
	}
	return t, d.makeValues(t, n)
}

func constantOfShape(d *decoder, n *node, args []*value) (*value, error) {
	dims, err := d.sizes(n, args[0])
	if err != nil {
		return nil, err
	}
	fill, err := d.tensorOf(n, "value")
	if err != nil {
		return nil, err
	}
	if fill == nil {
		fill = &tensor{elem: elemFloat, floats: []float32{0}}
	}
	if fill.size() != 1 || fill.elem == elemString {
		return nil, n.fail("attribute value", ErrAttribute, "it is not one number")
	}
	return d.repeated(fill, dims)
}

// repeated is a constant of one number, in every place of a shape.
func (d *decoder) repeated(number *tensor, dims []int64) (*value, error) {
	t, err := d.newTensor(number.elem, dims)
	if err != nil {
		return nil, err
	}
	for i := range t.floats {
		t.floats[i] = number.floats[0]
	}
	for i := range t.doubles {
		t.doubles[i] = number.doubles[0]
	}
	for i := range t.ints {
		t.ints[i] = number.ints[0]
	}
	return constantOf(t), nil
}

// sizes are numbers that are the dimensions of a constant.
func (d *decoder) sizes(n *node, v *value) ([]int64, error) {
	dims, err := d.numbers(n, v)
	if err != nil {
		return nil, err
	}
	if len(dims) > maxRank {
		return nil, n.fail("", ErrLimit, "more than %d dimensions", maxRank)
	}
	for _, size := range dims {
		if size < 0 {
			return nil, n.fail("", ErrUnsupported, "a constant with as many rows as the input")
		}
	}
	return dims, nil
}

// expand repeats one number. PyTorch's exporter writes the gamma and beta of layers without them so, if it is told not
// to optimise.
func expand(d *decoder, n *node, args []*value) (*value, error) {
	if flows(args[0]) {
		return nil, n.fail("", ErrUnsupported, "values that are repeated")
	}
	dims, err := d.sizes(n, args[1])
	if err != nil {
		return nil, err
	}
	number := args[0].constant
	if number.size() != 1 || number.elem == elemString || len(number.dims) > len(dims) {
		return nil, n.fail("", ErrUnsupported, "a constant of %s that is repeated", dimText(number.dims))
	}
	return d.repeated(number, dims)
}

// numbers returns the values of a constant that is a list of integers, or one.
func (d *decoder) numbers(n *node, v *value) ([]int64, error) {
	if v == nil || v.constant == nil || v.constant.size() > 0 && v.constant.ints == nil || len(v.shape) > 1 {
		return nil, n.fail("", ErrUnsupported, "a shape, axis or index that is not constant")
	}
	return v.constant.ints, nil
}

// cast changes the element type of constants. That of values which depend on the input means nothing as long as it is a
// floating-point type, since nnrt computes in float32.
func cast(d *decoder, n *node, args []*value) (*value, error) {
	to, err := n.intOr("to", 0)
	if err != nil {
		return nil, err
	}
	v := args[0]
	if flows(v) {
		if floating(to) {
			return v, nil
		}
		return d.express(n, d.shape(v), v), nil
	}
	t, err := d.castTensor(n, v.constant, to)
	if err != nil {
		return nil, err
	}
	return constantOf(t), nil
}

// castLike is Cast to the type of another value.
func castLike(d *decoder, n *node, args []*value) (*value, error) {
	v, like := args[0], args[1]
	to := int64(elemFloat) // or another type that nnrt computes in float32
	switch {
	case !flows(like):
		to = like.constant.elem
	case like.integral:
		return nil, n.fail("", ErrUnsupported, "a cast to integers")
	}
	switch {
	case flows(v) && !floating(to):
		return nil, n.fail("", ErrUnsupported, "a cast to integers")
	case flows(v), flows(like) && floating(v.constant.elem):
		return v, nil
	}
	t, err := d.castTensor(n, v.constant, to)
	if err != nil {
		return nil, err
	}
	return constantOf(t), nil
}

func (d *decoder) castTensor(n *node, from *tensor, to int64) (*tensor, error) {
	if from.elem == to {
		return from, nil
	}
	if from.elem == elemString || to == elemString || elemNames[to] == "" || to == elemFloat16 || to == elemBfloat16 {
		return nil, n.fail("attribute to", ErrUnsupported, "a constant of %s as %s", elemName(from.elem), elemName(to))
	}
	t, err := d.newTensor(to, from.dims)
	if err != nil {
		return nil, err
	}
	t.name = from.name
	for i := range from.size() {
		switch {
		case to == elemFloat && from.floats != nil: // of 16 bits, which float32 has
			t.floats[i] = from.floats[i]
		case to == elemFloat && from.doubles != nil:
			t.floats[i] = float32(from.doubles[i])
		case to == elemFloat:
			t.floats[i] = float32(from.ints[i])
		case to == elemDouble && from.floats != nil:
			t.doubles[i] = float64(from.floats[i])
		case to == elemDouble:
			t.doubles[i] = float64(from.ints[i])
		case from.ints != nil && from.ints[i] == batchSize && (to == elemInt32 || to == elemInt64):
			t.ints[i] = batchSize // as many as there are rows
		default:
			v, ok := from.integer(i)
			if !ok || !fitsInteger(v, to) {
				return nil, n.fail(from.title(), ErrNotExact, "value %d does not fit %s", i+1, elemName(to))
			}
			t.ints[i] = v
		}
		if to == elemFloat && from.ints != nil && from.ints[i] == batchSize {
			return nil, n.fail("", ErrUnsupported, "the number of rows as a number to compute with")
		}
	}
	return t, nil
}

// integer returns element i if it is an integer of at most 2⁵³.
func (t *tensor) integer(i int) (int64, bool) {
	var x float64
	switch {
	case t.ints != nil:
		return t.ints[i], true
	case t.floats != nil:
		x = float64(t.floats[i])
	default:
		x = t.doubles[i]
	}
	if !(x >= -1<<53 && x <= 1<<53) || x != math.Trunc(x) {
		return 0, false
	}
	return int64(x), true
}

// fitsInteger tells whether an integer type has a number.
func fitsInteger(v, elem int64) bool {
	switch elem {
	case elemInt8:
		return v == int64(int8(v))
	case elemInt16:
		return v == int64(int16(v))
	case elemInt32:
		return v == int64(int32(v))
	case elemUint8:
		return v == int64(uint8(v))
	case elemUint16:
		return v == int64(uint16(v))
	case elemUint32:
		return v == int64(uint32(v))
	case elemUint64:
		return v >= 0
	case elemBool:
		return v == 0 || v == 1
	}
	return true
}

func shapeOf(d *decoder, n *node, args []*value) (*value, error) {
	shape := d.shape(args[0])
	rank := int64(len(shape))
	start, err := n.intOr("start", 0)
	if err != nil {
		return nil, err
	}
	end, err := n.intOr("end", rank)
	if err != nil {
		return nil, err
	}
	start, end = clampAxis(start, rank), clampAxis(end, rank)
	t := &tensor{elem: elemInt64, ints: make([]int64, 0, maxRank)}
	for i := start; i < end; i++ {
		size := shape[i]
		switch size {
		case batchDim:
			size = batchSize
		case unknownDim:
			return nil, n.fail("", ErrUnsupported, "the shape of an input whose shape is not fixed")
		}
		t.ints = append(t.ints, size)
	}
	t.dims = []int64{int64(len(t.ints))}
	return constantOf(t), nil
}

// clampAxis brings a place among rank axes, counted from the end if it is negative, into range.
func clampAxis(axis, rank int64) int64 {
	if axis < 0 {
		axis += rank
	}
	return min(max(axis, 0), rank)
}

// transpose turns a matrix of constants. What depends on the input may only have dimensions of 1 moved about.
func transpose(d *decoder, n *node, args []*value) (*value, error) {
	v := args[0]
	shape := d.shape(v)
	perm, given, err := d.ints(n, "perm")
	if err != nil {
		return nil, err
	}
	if !given {
		for i := len(shape) - 1; i >= 0; i-- {
			perm = append(perm, int64(i))
		}
	}
	if !isPermutation(perm, len(shape)) {
		return nil, n.fail("attribute perm", ErrAttribute, "%s for a rank of %d", listText(perm), len(shape))
	}
	turned := make([]int64, len(shape))
	for i, p := range perm {
		turned[i] = shape[p]
	}
	if flows(v) {
		last := int64(-1)
		for i, p := range perm {
			if i == 0 && shape[0] == batchDim && p != 0 || shape[p] != 1 && p < last {
				return nil, n.fail("", ErrUnsupported, "a value that is transposed")
			}
			if shape[p] != 1 {
				last = p
			}
		}
		return v.view(turned), nil
	}
	t, err := d.permute(v.constant, perm, turned)
	if err != nil {
		return nil, err
	}
	return constantOf(t), nil
}

func isPermutation(perm []int64, rank int) bool {
	seen := make([]bool, rank)
	for _, p := range perm {
		if p < 0 || p >= int64(rank) || seen[p] {
			return false
		}
		seen[p] = true
	}
	return len(perm) == rank
}

// permute returns a tensor with its axes in another order.
func (d *decoder) permute(t *tensor, perm, dims []int64) (*tensor, error) {
	if t.elem == elemString {
		return nil, failf(t.title(), ErrUnsupported, "texts that are transposed")
	}
	turned, err := d.newTensor(t.elem, dims)
	if err != nil {
		return nil, err
	}
	turned.name = t.name
	strides := make([]int, len(dims)) // in t, along each axis of the result
	for i, p := range perm {
		stride := int64(1)
		for _, size := range t.dims[p+1:] {
			stride *= size
		}
		strides[i] = int(stride)
	}
	index := make([]int64, len(dims))
	from := 0
	for to := range t.size() {
		switch {
		case t.floats != nil:
			turned.floats[to] = t.floats[from]
		case t.doubles != nil:
			turned.doubles[to] = t.doubles[from]
		default:
			turned.ints[to] = t.ints[from]
		}
		for k := len(dims) - 1; k >= 0; k-- {
			index[k]++
			from += strides[k]
			if index[k] < dims[k] {
				break
			}
			from -= int(index[k]) * strides[k]
			index[k] = 0
		}
	}
	return turned, nil
}

// reshape gives a value other dimensions. Rows must stay rows.
func reshape(d *decoder, n *node, args []*value) (*value, error) {
	target, err := d.numbers(n, args[1])
	if err != nil {
		return nil, err
	}
	zero, err := n.intOr("allowzero", 0)
	if err != nil {
		return nil, err
	}
	if len(target) > maxRank {
		return nil, n.fail("", ErrLimit, "more than %d dimensions", maxRank)
	}
	v := args[0]
	shape := d.shape(v)
	dims := slices.Clone(target)
	for i, size := range dims {
		switch {
		case size == 0 && zero == 0:
			if i >= len(shape) {
				return nil, n.fail("", ErrShape, "no dimension %d in %s", i+1, dimText(shape))
			}
			dims[i] = shape[i]
		case size == batchSize:
			dims[i] = batchDim
		case size == -1:
			dims[i] = inferredDim
		case size < 0:
			return nil, n.fail("", ErrShape, "a dimension of %d", size)
		}
	}
	return d.reshaped(n, v, dims)
}

// inferredDim stands for a dimension that follows from the others.
const inferredDim = -3

// reshaped returns a value with other dimensions, of which one may be inferredDim.
func (d *decoder) reshaped(n *node, v *value, dims []int64) (*value, error) {
	shape := d.shape(v)
	refuse := func() (*value, error) {
		return nil, n.fail("", ErrUnsupported, "%s as %s, which moves numbers from row to row", dimText(shape), dimText(dims))
	}
	rest := dims
	if flows(v) && len(shape) > 0 && shape[0] == batchDim {
		switch {
		case len(dims) == 0:
			return refuse()
		case dims[0] == inferredDim, d.batch != 0 && dims[0] == d.batch:
			dims = slices.Clone(dims)
			dims[0] = batchDim
		case dims[0] != batchDim:
			return refuse()
		}
		rest = dims[1:]
	}
	size := d.rowSize(shape)
	known, inferred, unknown := int64(1), -1, false
	for i, s := range rest {
		switch {
		case s == inferredDim && inferred < 0:
			inferred = i
		case s == unknownDim:
			unknown = true
		case s < 0:
			return refuse()
		default:
			p, ok := product([]int64{known, s})
			if !ok {
				return refuse()
			}
			known = p
		}
	}
	switch {
	case inferred >= 0 && size >= 0 && known > 0 && size%known == 0 && !unknown:
		rest[inferred] = size / known
	case inferred >= 0 && size == unknownDim && known == 1 && !unknown:
		rest[inferred] = unknownDim
	case inferred >= 0:
		return refuse()
	case unknown && (size != unknownDim || known != 1), !unknown && size == unknownDim && !d.bind(known),
		!unknown && size != unknownDim && size != known:
		return refuse()
	}
	if flows(v) {
		return v.view(dims), nil
	}
	t := *v.constant
	t.dims = dims
	return constantOf(&t), nil
}

// flatten makes a matrix.
func flatten(d *decoder, n *node, args []*value) (*value, error) {
	v := args[0]
	shape := d.shape(v)
	at, err := n.intOr("axis", 1)
	if err != nil {
		return nil, err
	}
	rank := int64(len(shape))
	if at < -rank || at > rank {
		return nil, n.fail("attribute axis", ErrAttribute, "axis %d of %d", at, rank)
	}
	at = clampAxis(at, rank)
	if !flows(v) {
		first, _ := product(shape[:at])
		return d.reshaped(n, v, []int64{first, inferredDim})
	}
	for i, size := range shape[:at] {
		if size != 1 && !(i == 0 && size == batchDim) {
			return nil, n.fail("", ErrUnsupported, "%s flattened at axis %d, which moves numbers from row to row",
				dimText(shape), at)
		}
	}
	first := int64(1)
	if len(rowDims(shape)) < len(shape) {
		if first = batchDim; at == 0 {
			return nil, n.fail("", ErrUnsupported, "all rows as one")
		}
	}
	return d.reshaped(n, v, []int64{first, inferredDim})
}

// squeeze is Squeeze and Unsqueeze: dimensions of 1 go or come. The axes are an attribute up to operator set 12.
func squeeze(d *decoder, n *node, args []*value) (*value, error) {
	v := args[0]
	shape := d.shape(v)
	axes, given, err := d.ints(n, "axes")
	if err != nil {
		return nil, err
	}
	if len(args) == 2 && args[1] != nil {
		if axes, err = d.numbers(n, args[1]); err != nil {
			return nil, err
		}
		given = true
	}
	remove := n.op == "Squeeze"
	rank := len(shape)
	if !remove {
		if rank += len(axes); !given || rank > maxRank {
			return nil, n.fail("", ErrAttribute, "axes %s", listText(axes))
		}
	}
	marked := make([]bool, rank)
	for _, axis := range axes {
		if axis, err = n.checkAxis("axes", axis, rank); err != nil {
			return nil, err
		}
		if marked[axis] {
			return nil, n.fail("", ErrAttribute, "axes %s", listText(axes))
		}
		marked[axis] = true
	}
	dims := make([]int64, 0, maxRank)
	for i, from := 0, 0; i < rank; i++ {
		if !remove {
			if marked[i] {
				dims = append(dims, 1)
			} else {
				dims = append(dims, shape[from])
				from++
			}
			continue
		}
		if marked[i] && shape[i] != 1 {
			return nil, n.fail("", ErrUnsupported, "dimension %d of %s goes", i+1, dimText(shape))
		}
		if !marked[i] && (given || shape[i] != 1) {
			dims = append(dims, shape[i])
		}
	}
	return d.reshaped(n, v, dims)
}

// concat joins constants, or columns. FeatureVectorizer does the same.
func concat(d *decoder, n *node, args []*value) (*value, error) {
	flowing := 0
	for i, a := range args {
		if a == nil {
			return nil, n.fail("", ErrGraph, "input %d is left out", i+1)
		}
		if flows(a) {
			flowing++
		}
	}
	shape := slices.Clone(d.shape(args[0]))
	last := int64(len(shape) - 1)
	axis := last
	if n.domain == "" {
		var err error
		if axis, err = n.axis("axis", 0, len(shape)); err != nil {
			return nil, err
		}
	}
	if flowing == 0 {
		return d.concatConstants(n, args)
	}
	if flowing < len(args) {
		return nil, n.fail("", ErrUnsupported, "constants beside values that depend on the input")
	}
	if len(args) == 1 {
		return args[0], nil
	}
	if axis != last || len(rowDims(shape)) == 0 {
		return nil, n.fail("", ErrUnsupported, "values joined along axis %d of %s", axis, dimText(shape))
	}
	sum := int64(0)
	for _, a := range args {
		own := d.shape(a)
		if len(own) != len(shape) || own[0] != shape[0] || own[last] < 1 || d.rowSize(own) != own[last] {
			return nil, n.fail("", ErrShape, "%s and %s", dimText(shape), dimText(own))
		}
		if sum += own[last]; sum > math.MaxInt32 {
			return nil, n.fail("", ErrLimit, "%d columns", sum)
		}
	}
	shape[last] = sum
	return d.express(n, shape, args...), nil
}

// concatConstants joins lists, which is what shapes are.
func (d *decoder) concatConstants(n *node, args []*value) (*value, error) {
	total := int64(0)
	for _, a := range args {
		if len(a.shape) != 1 || a.constant.elem != args[0].constant.elem || a.constant.elem == elemString {
			return nil, n.fail("", ErrUnsupported, "constants joined that are not lists of numbers")
		}
		total += int64(a.constant.size())
	}
	t, err := d.newTensor(args[0].constant.elem, []int64{total})
	if err != nil {
		return nil, err
	}
	at := 0
	for _, a := range args {
		if t.floats != nil {
			copy(t.floats[at:], a.constant.floats)
		} else if t.doubles != nil {
			copy(t.doubles[at:], a.constant.doubles)
		} else if t.ints != nil {
			copy(t.ints[at:], a.constant.ints)
		}
		at += a.constant.size()
	}
	return constantOf(t), nil
}

// gather takes numbers out of a list.
func gather(d *decoder, n *node, args []*value) (*value, error) {
	if flows(args[0]) || flows(args[1]) {
		return d.selectColumns(n, args)
	}
	t, indices := args[0].constant, args[1].constant
	axis, err := n.axis("axis", 0, len(t.dims))
	if err != nil {
		return nil, err
	}
	if axis != 0 || len(t.dims) != 1 || t.elem == elemString || len(indices.dims) > 1 ||
		indices.ints == nil && indices.size() > 0 {
		return nil, n.fail("", ErrUnsupported, "a part of a constant that is not a list of numbers")
	}
	result, err := d.newTensor(t.elem, indices.dims)
	if err != nil {
		return nil, err
	}
	for i, at := range indices.ints {
		if at, err = n.checkAxis("index", at, t.size()); err != nil {
			return nil, err
		}
		switch {
		case t.floats != nil:
			result.floats[i] = t.floats[at]
		case t.doubles != nil:
			result.doubles[i] = t.doubles[at]
		default:
			result.ints[i] = t.ints[at]
		}
	}
	return constantOf(result), nil
}

// selectColumns takes columns out of the input.
func (d *decoder) selectColumns(n *node, args []*value) (*value, error) {
	shape := d.shape(args[0])
	axis := int64(len(shape) - 1)
	if n.domain == "" {
		var err error
		if axis, err = n.axis("axis", 0, len(shape)); err != nil {
			return nil, err
		}
	}
	last := len(shape) - 1
	if !flows(args[0]) || flows(args[1]) || last < 1 || last > 2 || shape[0] != batchDim ||
		last == 2 && shape[1] != 1 || axis != int64(last) {
		return nil, n.fail("", ErrUnsupported, "a part of a value other than columns")
	}
	at := args[1].constant
	if len(at.dims) > 2 || len(at.dims) == 2 && n.domain == "" || at.ints == nil || at.size() == 0 ||
		len(at.dims) > 0 && at.dims[len(at.dims)-1] != int64(at.size()) {
		return nil, n.fail("", ErrUnsupported, "columns of numbers of shape %s", dimText(at.dims))
	}
	if len(at.dims) == 0 && n.domain == "" {
		return d.express(n, shape[:last], args...), nil
	}
	shape = slices.Clone(shape)
	shape[last] = int64(at.size())
	return d.express(n, shape, args...), nil
}

// slice takes a part of a list, or columns.
func slice(d *decoder, n *node, args []*value) (*value, error) {
	axis, start, end, err := d.bounds(n, args)
	if err != nil {
		return nil, err
	}
	shape := d.shape(args[0])
	if axis, err = n.checkAxis("axes", axis, len(shape)); err != nil {
		return nil, err
	}
	size := shape[axis]
	start = clampAxis(start, size)
	end = max(start, clampAxis(end, size))
	if flows(args[0]) {
		if len(shape) != 2 || shape[0] != batchDim || axis != 1 || size < 1 || start == end {
			return nil, n.fail("", ErrUnsupported, "a part of a value other than columns")
		}
		return d.express(n, []int64{batchDim, end - start}, args...), nil
	}
	t := args[0].constant
	if len(t.dims) != 1 || t.ints == nil {
		return nil, n.fail("", ErrUnsupported, "a part of a constant that is not a list of integers")
	}
	return constantOf(&tensor{elem: t.elem, ints: t.ints[start:end], dims: []int64{end - start}}), nil
}

// bounds returns along which axis a Slice is, and its bounds as they stand there: attributes before operator set 10, and
// inputs since.
func (d *decoder) bounds(n *node, args []*value) (axis, start, end int64, err error) {
	names := [4]string{"starts", "ends", "axes", "steps"}
	numbers := [4]int64{0, 0, 0, 1}
	for i, name := range names {
		list, given, err := d.ints(n, name)
		if err != nil {
			return 0, 0, 0, err
		}
		if i+1 < len(args) && args[i+1] != nil {
			if list, err = d.numbers(n, args[i+1]); err != nil {
				return 0, 0, 0, err
			}
			given = true
		}
		if given && (len(list) != 1 || list[0] == batchSize) || !given && i < 2 {
			return 0, 0, 0, n.fail(name, ErrUnsupported, "not one number that is known")
		}
		if given {
			numbers[i] = list[0]
		}
	}
	if numbers[3] != 1 {
		return 0, 0, 0, n.fail("steps", ErrUnsupported, "steps of %d", numbers[3])
	}
	return numbers[2], numbers[0], numbers[1], nil
}

// foldUnary computes an operator on a constant, in float32 where ONNX does, with the operations that IEEE 754 rounds
// correctly. Others would differ from program to program.
func (d *decoder) foldUnary(n *node, t *tensor) (*tensor, error) {
	var f func(x float64) float64
	switch n.op {
	case "Sqrt":
		f = math.Sqrt
	case "Reciprocal":
		f = func(x float64) float64 { return 1 / x }
	case "Neg":
		f = func(x float64) float64 { return -x }
	case "Abs":
		f = math.Abs
	}
	if f == nil || t.ints != nil || t.texts != nil {
		return nil, n.fail("", ErrUnsupported, "computed from constants alone")
	}
	result, err := d.newTensor(t.elem, t.dims)
	if err != nil {
		return nil, err
	}
	for i, x := range t.floats {
		// Rounding a float64 result to float32 again is what one rounding gives, for these operations.
		result.floats[i] = float32(f(float64(x)))
	}
	for i, x := range t.doubles {
		result.doubles[i] = f(x)
	}
	return result, nil
}

// foldBinary computes an operator on two constants, of which one may be a single number.
func (d *decoder) foldBinary(n *node, a, b *tensor) (*tensor, error) {
	if a.elem != b.elem || a.elem == elemString || a.ints == nil && n.op == "Mod" ||
		!slices.Contains([]string{"Add", "Sub", "Mul", "Div", "Mod"}, n.op) {
		return nil, n.fail("", ErrUnsupported, "computed from constants alone")
	}
	dims := a.dims
	switch {
	case b.size() == 1 && len(b.dims) <= len(a.dims):
	case a.size() == 1 && len(a.dims) <= len(b.dims):
		dims = b.dims
	case !slices.Equal(a.dims, b.dims):
		return nil, n.fail("", ErrUnsupported, "constants of %s and %s", dimText(a.dims), dimText(b.dims))
	}
	result, err := d.newTensor(a.elem, dims)
	if err != nil {
		return nil, err
	}
	for i := range result.size() {
		j, k := min(i, a.size()-1), min(i, b.size()-1)
		switch {
		case result.floats != nil:
			result.floats[i] = float32(arithmetic(n.op, float64(a.floats[j]), float64(b.floats[k])))
		case result.doubles != nil:
			result.doubles[i] = arithmetic(n.op, a.doubles[j], b.doubles[k])
		default:
			v, ok := integerArithmetic(n.op, a.ints[j], b.ints[k])
			if !ok || v != batchSize && !fitsInteger(v, a.elem) {
				return nil, n.fail("", ErrUnsupported, "arithmetic with the number of rows, or beyond %s", elemName(a.elem))
			}
			result.ints[i] = v
		}
	}
	return result, nil
}

// arithmetic computes one operation. On float32 numbers the result, rounded to float32 again, is that of one rounding.
func arithmetic(op string, a, b float64) float64 {
	switch op {
	case "Add":
		return a + b
	case "Sub":
		return a - b
	case "Mul":
		return a * b
	}
	return a / b
}

// integerArithmetic computes one operation on sizes.
func integerArithmetic(op string, a, b int64) (int64, bool) {
	const most = 1 << 31
	if a < -most || a > most || b < -most || b > most {
		return a, op == "Mul" && b == 1 || op == "Div" && b == 1
	}
	switch {
	case op == "Add":
		return a + b, true
	case op == "Sub":
		return a - b, true
	case op == "Mul":
		return a * b, true
	case op == "Div" && b != 0:
		return a / b, true
	case op == "Mod" && a >= 0 && b > 0:
		return a % b, true
	}
	return 0, false
}
