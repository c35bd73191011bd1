package onnx

import (
	"math"
	"slices"
)

// operator is how a node gets its value: constants are computed, what changes nothing disappears, and everything else
// becomes a value that is to be recognised later.
type operator struct {
	least, most int // inputs
	evaluate    func(d *decoder, n *node, args []*value) (*value, error)
}

// operators are those of the standard domain, and those of ai.onnx.ml with the domain before the name.
var operators map[string]operator

func init() {
	operators = map[string]operator{
		"Identity":        {1, 1, identity},
		"Dropout":         {1, 3, dropout},
		"Cast":            {1, 1, cast},
		"CastLike":        {2, 2, castLike},
		"Constant":        {0, 0, constant},
		"ConstantOfShape": {1, 1, constantOfShape},
		"Expand":          {2, 2, expand},
		"Shape":           {1, 1, shapeOf},
		"Transpose":       {1, 1, transpose},
		"Reshape":         {2, 2, reshape},
		"Flatten":         {1, 1, flatten},
		"Squeeze":         {1, 2, squeeze},
		"Unsqueeze":       {1, 2, squeeze},
		"Concat":          {1, math.MaxInt32, concat},
		"Gather":          {2, 2, gather},
		"Slice":           {1, 5, slice},
		"MatMul":          {2, 2, matMul},
		"Gemm":            {2, 3, gemm},
		"Softmax":         {1, 1, softmax},
		"LogSoftmax":      {1, 1, softmax},
		"Clip":            {1, 3, clip},
		"PRelu":           {2, 2, elementwise},
		"Where":           {3, 3, where},
		"ReduceMean":      {1, 2, reduceMean},

		"BatchNormalization": {5, 5, batchNormalization},
		"LayerNormalization": {2, 3, layerNormalization},
		"ArgMax":             {1, 1, argMax},

		mlDomain + ".Scaler":                {1, 1, sameShape},
		mlDomain + ".Normalizer":            {1, 1, sameShape},
		mlDomain + ".Imputer":               {1, 1, sameShape},
		mlDomain + ".FeatureVectorizer":     {1, math.MaxInt32, concat},
		mlDomain + ".ArrayFeatureExtractor": {2, 2, arrayFeatureExtractor},
		mlDomain + ".OneHotEncoder":         {1, 1, oneHotEncoder},
		mlDomain + ".LabelEncoder":          {1, 1, sameShape},
		mlDomain + ".ZipMap":                {1, 1, sameShape},
		mlDomain + ".LinearRegressor":       {1, 1, linear},
		mlDomain + ".LinearClassifier":      {1, 1, linear},
	}
	for _, op := range []string{"Add", "Sub", "Mul", "Div", "Mod", "Pow", "Max", "Min", "Greater", "GreaterOrEqual",
		"Less", "LessOrEqual"} {
		operators[op] = operator{2, 2, elementwise}
	}
	for _, op := range []string{"Relu", "LeakyRelu", "Elu", "Selu", "Celu", "Gelu", "Swish", "Mish", "Sigmoid",
		"HardSigmoid", "HardSwish", "Tanh", "Softplus", "Softsign", "Exp", "Log", "Erf", "Abs", "Neg", "Sqrt",
		"Reciprocal", "Not", "Expm1", "Erfc"} {
		// ONNX has no Expm1 and Erfc. tf2onnx writes TensorFlow's, and so do CELU and GELU from Keras.
		operators[op] = operator{1, 1, sameShape}
	}
}

// express makes a value that is computed by the node.
func (d *decoder) express(n *node, shape []int64, args ...*value) *value {
	details := make([][]byte, 0, len(n.attributes)+len(args))
	for i := range n.attributes {
		details = append(details, n.attributes[i].content.data)
	}
	for i, a := range args {
		// Constants count as equal only where they are the same tensor of the file.
		if a != nil && a.constant != nil {
			details = append(details, []byte(n.inputs[i]))
		}
	}
	integral := integralOperators[n.operator()]
	for _, a := range args {
		integral = integral || flows(a) && a.integral
	}
	return d.unify(&value{op: n.operator(), args: args, node: n, shape: shape, integral: integral}, details...)
}

// integralOperators are those whose result may be of integers or truth values though no argument is. A Cast to a
// floating-point type makes no value.
var integralOperators = map[string]bool{"Cast": true, "ArgMax": true, "Greater": true, "GreaterOrEqual": true,
	"Less": true, "LessOrEqual": true, "Not": true, mlDomain + ".LabelEncoder": true,
	mlDomain + ".ArrayFeatureExtractor": true}

// flows tells whether a value depends on the inputs.
func flows(v *value) bool { return v != nil && v.constant == nil }

// view returns the value with another shape that has the same numbers in the same rows.
func (v *value) view(shape []int64) *value {
	other := *v
	other.shape = shape
	return &other
}

func identity(d *decoder, n *node, args []*value) (*value, error) { return args[0], nil }

// dropout does nothing in prediction. From operator set 12 on a third input could say that it is training.
func dropout(d *decoder, n *node, args []*value) (*value, error) {
	if len(args) == 3 && args[2] != nil {
		t := args[2].constant
		if t == nil || t.size() != 1 || t.ints == nil || t.ints[0] != 0 {
			return nil, n.fail("input training_mode", ErrUnsupported, "dropout in prediction")
		}
	}
	return args[0], nil
}

// sameShape is the value of an operator that works element by element on its first input.
func sameShape(d *decoder, n *node, args []*value) (*value, error) {
	if flows(args[0]) {
		return d.express(n, d.shape(args[0]), args...), nil
	}
	t, err := d.foldUnary(n, args[0].constant)
	if err != nil {
		return nil, err
	}
	return constantOf(t), nil
}

// elementwise is the value of an operator on two inputs, one of which may be broadcast.
func elementwise(d *decoder, n *node, args []*value) (*value, error) {
	a, b := args[0], args[1]
	if !flows(a) && !flows(b) {
		t, err := d.foldBinary(n, a.constant, b.constant)
		if err != nil {
			return nil, err
		}
		return constantOf(t), nil
	}
	for _, c := range args {
		if flows(c) || floating(c.constant.elem) || c.constant.elem == elemString {
			continue
		}
		if n.op == "Div" {
			return nil, n.fail("", ErrUnsupported, "a division of integers, which leaves out the fraction")
		}
		if elem := c.constant.elem; elem != elemInt64 && elem != elemInt32 && n.op != "Pow" {
			return nil, n.fail("", ErrUnsupported, "arithmetic of %s, which wraps around", elemName(elem))
		}
	}
	shape, err := d.broadcast(n, a, b)
	if err != nil {
		return nil, err
	}
	return d.express(n, shape, a, b), nil
}

// broadcast returns the shape of an operation on two values of which at least one depends on the inputs.
func (d *decoder) broadcast(n *node, a, b *value) ([]int64, error) {
	if !flows(a) {
		a, b = b, a
	}
	shape, other := d.shape(a), d.shape(b)
	fail := func() ([]int64, error) {
		return nil, n.fail("", ErrShape, "%s and %s", dimText(shape), dimText(other))
	}
	if len(other) > len(shape) {
		if !flows(b) || len(rowDims(shape)) == len(shape) {
			return fail()
		}
		shape, other = other, shape
	}
	result := slices.Clone(shape)
	for i := 1; i <= len(other); i++ {
		at, size := len(result)-i, other[len(other)-i]
		switch {
		case size == result[at] || size == 1:
		case size == unknownDim && flows(b) && result[at] > 0, result[at] == unknownDim && size > 0:
			if !d.bind(max(size, result[at])) {
				return fail()
			}
			result[at] = max(size, result[at])
		case result[at] == 1 && size > 0:
			result[at] = size
		default:
			return fail()
		}
	}
	return result, nil
}

// clip is Clip, whose bounds are attributes up to operator set 10, and inputs since 11.
func clip(d *decoder, n *node, args []*value) (*value, error) {
	if !flows(args[0]) {
		return nil, n.fail("", ErrUnsupported, "computed from constants alone")
	}
	if d.model.opset < 11 && len(args) > 1 {
		return nil, n.fail("", ErrGraph, "%d inputs", len(args))
	}
	return d.express(n, d.shape(args[0]), args...), nil
}

// where is a choice between two values, or one and a constant.
func where(d *decoder, n *node, args []*value) (*value, error) {
	if !flows(args[0]) {
		return nil, n.fail("", ErrUnsupported, "a choice that does not depend on the input")
	}
	shape := d.shape(args[0])
	for _, a := range args[1:] {
		var err error
		if shape, err = d.broadcast(n, &value{shape: shape}, a); err != nil {
			return nil, err
		}
	}
	return d.express(n, shape, args...), nil
}

// reduceMean is the mean of a row, of which a dimension of 1 stays. The axes are an attribute up to operator set 17.
func reduceMean(d *decoder, n *node, args []*value) (*value, error) {
	if !flows(args[0]) {
		return nil, n.fail("", ErrUnsupported, "computed from constants alone")
	}
	shape := d.shape(args[0])
	axes, _, err := d.ints(n, "axes")
	if err != nil {
		return nil, err
	}
	if len(args) == 2 && args[1] != nil {
		if axes, err = d.numbers(n, args[1]); err != nil {
			return nil, err
		}
	}
	keep, err := n.intOr("keepdims", 1)
	if err != nil {
		return nil, err
	}
	last := len(shape) - 1
	if len(axes) != 1 || keep != 1 || last < 0 {
		return nil, n.fail("", ErrUnsupported, "a mean over axes %s, kept %d", listText(axes), keep)
	}
	axis, err := n.checkAxis("axes", axes[0], len(shape))
	if err != nil {
		return nil, err
	}
	if axis != int64(last) || shape[last] == batchDim || d.rowSize(shape) != shape[last] {
		return nil, n.fail("", ErrUnsupported, "a mean over axis %d of %s, which is not a whole row", axis, dimText(shape))
	}
	shape = slices.Clone(shape)
	shape[last] = 1
	return d.express(n, shape, args...), nil
}

// batchNormalization is BatchNormalization in prediction. spatial, of operator sets 7 and 8, means nothing for rows.
func batchNormalization(d *decoder, n *node, args []*value) (*value, error) {
	training, err := n.intOr("training_mode", 0)
	if err != nil {
		return nil, err
	}
	used := 0
	for _, name := range n.outputs {
		if name != "" {
			used++
		}
	}
	if training != 0 || used > 1 {
		return nil, n.fail("", ErrUnsupported, "batch normalisation in training")
	}
	shape := d.shape(args[0])
	if !flows(args[0]) || len(rowDims(shape)) == len(shape) || len(shape) < 2 {
		return nil, n.fail("", ErrShape, "an input of shape %s", dimText(shape))
	}
	size := int64(args[1].constantSize())
	if shape[1] == unknownDim && d.bind(size) {
		shape = d.shape(args[0])
	}
	if d.rowSize(shape) != shape[1] || shape[1] != size {
		return nil, n.fail("", ErrUnsupported, "%d channels of %s, where every number is one", size, dimText(shape))
	}
	return d.express(n, shape, args...), nil
}

func (v *value) constantSize() int {
	if v.constant == nil {
		return 0
	}
	return v.constant.size()
}

// layerNormalization is LayerNormalization over a whole row.
func layerNormalization(d *decoder, n *node, args []*value) (*value, error) {
	shape := d.shape(args[0])
	axis, err := n.axis("axis", -1, len(shape))
	if err != nil {
		return nil, err
	}
	if !flows(args[0]) || int64(len(shape)-len(rowDims(shape))) > axis {
		return nil, n.fail("attribute axis", ErrUnsupported, "axis %d of %s", axis, dimText(shape))
	}
	if size, ok := product(shape[axis:]); d.rowSize(shape) == unknownDim || !ok || size != d.rowSize(shape) {
		return nil, n.fail("attribute axis", ErrUnsupported, "axis %d of %s, which is not a whole row", axis, dimText(shape))
	}
	return d.express(n, shape, args...), nil
}

// row returns a constant as it is added to or multiplied with each row of a value of the given shape: one number, or
// one for each of the row.
func (d *decoder) row(t *tensor, shape []int64) ([]float32, error) {
	values, err := d.exact(t)
	if err != nil || len(values) == 1 {
		return values, err
	}
	dims, own := rowDims(shape), t.dims
	fits := true
	for ; len(own) > len(dims); own = own[1:] {
		fits = fits && own[0] == 1 // else it would differ between rows
	}
	for i := 1; i <= len(own); i++ {
		fits = fits && (own[len(own)-i] == 1 || own[len(own)-i] == dims[len(dims)-i])
	}
	n := d.rowSize(shape)
	if !fits || n < 1 || n > math.MaxInt32 {
		return nil, failf(t.title(), ErrShape, "%s for rows of %s", dimText(t.dims), dimText(dims))
	}
	if int64(len(values)) == n {
		return values, nil
	}
	if err := d.take(4 * n); err != nil {
		return nil, err
	}
	// Walk over the row's elements; the constant's index grows only along its own dimensions.
	wide := make([]float32, n)
	for i := range wide {
		rest, at, stride := int64(i), int64(0), int64(1)
		for k := 1; k <= len(dims); k++ {
			size := dims[len(dims)-k]
			if k <= len(own) && own[len(own)-k] > 1 {
				at += rest % size * stride
				stride *= own[len(own)-k]
			}
			rest /= size
		}
		wide[i] = values[at]
	}
	return wide, nil
}

// matMul is a Dense layer if one input is a matrix of constants.
func matMul(d *decoder, n *node, args []*value) (*value, error) {
	a, b := args[0], args[1]
	switch {
	case !flows(a) && !flows(b):
		return nil, n.fail("", ErrUnsupported, "a product of constants")
	case flows(a) && flows(b):
		return nil, n.fail("", ErrUnsupported, "a product of two values that both depend on the input")
	case !flows(a):
		return nil, n.fail("", ErrUnsupported, "weights as the first factor")
	}
	return d.matrixProduct(n, args, b.constant.dims, false)
}

func (d *decoder) matrixProduct(n *node, args []*value, dims []int64, transposed bool) (*value, error) {
	if len(dims) != 2 || dims[0] < 1 || dims[1] < 1 {
		return nil, n.fail("", ErrShape, "weights of shape %s", dimText(dims))
	}
	in, out := dims[0], dims[1]
	if transposed {
		in, out = out, in
	}
	shape := slices.Clone(d.shape(args[0]))
	row := rowDims(shape)
	if len(row) == 0 {
		return nil, n.fail("", ErrShape, "%s and %s", dimText(shape), dimText(dims))
	}
	if row[len(row)-1] == unknownDim && d.bind(in) {
		row[len(row)-1] = in
	}
	if row[len(row)-1] != in {
		return nil, n.fail("", ErrShape, "%s and %s", dimText(shape), dimText(dims))
	}
	if d.rowSize(shape) != in {
		return nil, n.fail("", ErrUnsupported, "a layer that is applied to each of several parts of a row, %s",
			dimText(shape))
	}
	row[len(row)-1] = out
	return d.express(n, shape, args...), nil
}

// gemm is a Dense layer.
func gemm(d *decoder, n *node, args []*value) (*value, error) {
	transA, err := n.intOr("transA", 0)
	if err != nil {
		return nil, err
	}
	transB, err := n.intOr("transB", 0)
	if err != nil {
		return nil, err
	}
	switch {
	case !flows(args[0]) || flows(args[1]) || len(args) == 3 && args[2] != nil && flows(args[2]):
		return nil, n.fail("", ErrUnsupported, "a product other than that of the input and constants")
	case transA != 0:
		return nil, n.fail("attribute transA", ErrUnsupported, "an input that is transposed")
	case len(args[0].shape) != 2:
		return nil, n.fail("", ErrShape, "an input of shape %s", dimText(args[0].shape))
	}
	v, err := d.matrixProduct(n, args, args[1].constant.dims, transB != 0)
	if err != nil || len(args) < 3 || args[2] == nil {
		return v, err
	}
	bias := args[2].constant
	if len(bias.dims) > 2 || bias.size() != 1 && int64(bias.size()) != v.shape[1] ||
		len(bias.dims) > 0 && int64(bias.size()) != bias.dims[len(bias.dims)-1] {
		return nil, n.fail("", ErrShape, "a bias of shape %s for %s", dimText(bias.dims), dimText(v.shape))
	}
	return v, nil
}

// softmax is over a whole row, or refused. Up to operator set 12 it treats the dimensions from axis on as one.
func softmax(d *decoder, n *node, args []*value) (*value, error) {
	v := args[0]
	if !flows(v) {
		return nil, n.fail("", ErrUnsupported, "of a constant")
	}
	shape := d.shape(v)
	together := d.model.opset < 13
	axis := int64(-1)
	if together {
		axis = 1
	}
	axis, err := n.axis("axis", axis, len(shape))
	if err != nil {
		return nil, err
	}
	first := int64(len(shape) - len(rowDims(shape)))
	whole := axis >= first
	for i := first; i < int64(len(shape)) && whole; i++ {
		if within := i == axis || together && i > axis; !within && shape[i] != 1 {
			whole = false
		}
	}
	if !whole {
		return nil, n.fail("attribute axis", ErrUnsupported, "axis %d of %s, which is not a whole row", axis, dimText(shape))
	}
	return d.express(n, shape, v), nil
}

// axis returns an attribute that is an axis of a shape of the given rank, counted from the front.
func (n *node) axis(name string, otherwise int64, rank int) (int64, error) {
	axis, err := n.intOr(name, otherwise)
	if err != nil {
		return 0, err
	}
	return n.checkAxis("attribute "+name, axis, rank)
}

func (n *node) checkAxis(part string, axis int64, rank int) (int64, error) {
	if axis < -int64(rank) || axis >= int64(rank) {
		return 0, n.fail(part, ErrAttribute, "axis %d of %d", axis, rank)
	}
	if axis < 0 {
		axis += int64(rank)
	}
	return axis, nil
}
