package onnx

import (
	"math"
	"slices"

	"nnrt/net"
)

// step is one thing that happens to every row, in the order of the graph.
type step struct {
	kind stepKind
	node *node // for errors

	activation net.Activation // activationStep

	weights    *tensor // denseStep: a matrix of constants
	transposed bool    // it is [outputs, inputs]
	factor     float64 // what the weights are multiplied by
	bias       []float32

	op  string    // affineStep: Add, Sub, Mul or Div of the row and by; RSub is by minus the row
	by  []float64 // one number, or one for each of the row
	own bool      // it belongs to an activation

	epsilon float32 // normalizationStep
	scale   *affine // batchStep
}

type stepKind uint8

const (
	denseStep stepKind = iota
	activationStep
	affineStep
	normalizationStep // of each row
	batchStep         // BatchNormalization
)

// maxSteps is more than a network of net.MaxLayers layers can come from.
const maxSteps = 8 * net.MaxLayers

// chain takes a value apart from the output to the input. It returns the steps in the order in which they happen, and
// the value that the first is applied to.
func (d *decoder) chain(v *value) (steps []step, bottom *value, err error) {
	defer func() { slices.Reverse(steps) }()
	for v.input == nil {
		list, next, err := d.match(v)
		if err != nil {
			return nil, nil, err
		}
		if next == nil {
			return steps, v, nil
		}
		if len(steps)+len(list) > maxSteps {
			return nil, nil, failf("", ErrLimit, "more than %d steps from the input to the output", maxSteps)
		}
		for i := len(list) - 1; i >= 0; i-- {
			steps = append(steps, list[i])
		}
		v = next
	}
	return steps, v, nil
}

// match recognises the last steps that lead to a value, and returns what they are applied to; nil if the value is one
// that only columns of the input can have.
func (d *decoder) match(v *value) (steps []step, next *value, err error) {
	steps, next, err = d.recognize(v)
	if err != nil || next == nil {
		return steps, next, err
	}
	// Only a Dense layer makes rows wider or narrower. What else does is broadcasting, which no layer has.
	dense := slices.ContainsFunc(steps, func(s step) bool { return s.kind == denseStep })
	if !dense && d.rowSize(v.shape) != d.rowSize(next.shape) {
		return nil, nil, v.node.fail("", ErrUnsupported, "rows of %s made of %s", dimText(rowDims(v.shape)),
			dimText(rowDims(next.shape)))
	}
	return steps, next, nil
}

// recognize is match, whatever the shapes are.
func (d *decoder) recognize(v *value) (steps []step, next *value, err error) {
	n := v.node
	switch v.op {
	case "MatMul":
		return []step{{kind: denseStep, node: n, weights: v.args[1].constant, factor: 1}}, v.args[0], nil
	case "Gemm":
		s, err := d.matchGemm(v)
		return []step{s}, v.args[0], err
	case "BatchNormalization":
		s, err := d.matchBatchNormalization(v)
		return []step{s}, v.args[0], err
	case "LayerNormalization":
		return d.matchLayerNormalization(v)
	case mlDomain + ".LinearRegressor", mlDomain + ".LinearClassifier":
		return d.matchLinear(v)
	case mlDomain + ".Scaler":
		return d.matchScaler(v)
	case mlDomain + ".Normalizer":
		return d.matchNormalizer(v)
	case "Concat", "Gather", mlDomain + ".FeatureVectorizer", mlDomain + ".ArrayFeatureExtractor",
		mlDomain + ".OneHotEncoder", mlDomain + ".Imputer":
		return nil, nil, nil
	}
	if epsilon, x := d.matchNormalization(v); x != nil {
		return []step{{kind: normalizationStep, node: n, epsilon: epsilon}}, x, nil
	}
	if epsilon, gamma, beta, x := d.kerasNormalization(v); x != nil {
		return d.normalizationSteps(v, epsilon, gamma, beta, x)
	}
	if steps, x, err := d.matchActivation(v); x != nil || err != nil {
		return steps, x, err
	}
	switch v.op {
	case "Add", "Sub", "Mul", "Div":
		s, x, err := d.matchAffine(v)
		return []step{s}, x, err
	case "Neg":
		return []step{{kind: affineStep, node: n, op: "Mul", by: []float64{-1}}}, v.args[0], nil
	}
	return nil, nil, n.fail("", ErrUnsupported, "it belongs to no layer or activation that nnrt knows")
}

// matchGemm reads Gemm: alpha·x·B + beta·C.
func (d *decoder) matchGemm(v *value) (step, error) {
	n := v.node
	alpha, err := n.floatOr("alpha", 1)
	if err != nil {
		return step{}, err
	}
	beta, err := n.floatOr("beta", 1)
	if err != nil {
		return step{}, err
	}
	transB, err := n.intOr("transB", 0)
	if err != nil {
		return step{}, err
	}
	s := step{kind: denseStep, node: n, weights: v.args[1].constant, transposed: transB != 0, factor: float64(alpha)}
	if len(v.args) < 3 || v.args[2] == nil || beta == 0 {
		return s, nil
	}
	bias, err := d.exact(v.args[2].constant)
	if err != nil {
		return s, n.wrap(err)
	}
	out := int(d.rowSize(v.shape))
	if err := d.take(4 * int64(out)); err != nil {
		return s, n.wrap(err)
	}
	s.bias = make([]float32, out)
	for j := range s.bias {
		s.bias[j] = bias[min(j, len(bias)-1)]
		if beta != 1 {
			s.bias[j] = float32(float64(beta) * float64(s.bias[j]))
		}
	}
	return s, nil
}

// matchAffine recognises a sum, difference, product or quotient of the row and constants.
func (d *decoder) matchAffine(v *value) (step, *value, error) {
	n, x, c := v.node, v.args[0], v.args[1]
	s := step{kind: affineStep, node: n, op: v.op}
	if !flows(x) {
		x, c = c, x
		if v.op == "Div" {
			return s, nil, n.fail("", ErrUnsupported, "a constant divided by a value")
		}
		if v.op == "Sub" {
			s.op = "RSub"
		}
	}
	if flows(c) {
		return s, nil, n.fail("", ErrUnsupported,
			"two values that both depend on the input, where a chain of layers has one")
	}
	if d.rowSize(x.shape) != d.rowSize(v.shape) {
		return s, nil, n.fail("", ErrShape, "%s and %s", dimText(x.shape), dimText(c.shape))
	}
	var err error
	s.by, err = d.rowOf(n, c, d.shape(x), s.op == "Div")
	return s, x, err
}

// rowOf returns a constant as what is done to each row, see row. A divisor must not be 0.
func (d *decoder) rowOf(n *node, c *value, shape []int64, divisor bool) ([]float64, error) {
	by, err := d.row(c.constant, shape)
	if err == nil {
		err = d.take(8 * int64(len(by)))
	}
	if err != nil {
		return nil, n.wrap(err)
	}
	wide := make([]float64, len(by))
	for i, b := range by {
		if !finite(b) || divisor && b == 0 {
			return nil, n.fail(c.constant.title(), ErrNotFinite, "value %d is %v", i+1, b)
		}
		wide[i] = float64(b)
	}
	return wide, nil
}

// matchBatchNormalization reads gamma·(x − mean)/√(variance + ε) + beta.
func (d *decoder) matchBatchNormalization(v *value) (step, error) {
	n := v.node
	epsilon, err := n.floatOr("epsilon", 1e-5)
	s := step{kind: batchStep, node: n, scale: &affine{}}
	if err != nil {
		return s, err
	}
	width := d.rowSize(v.shape)
	var tensors [4][]float32 // scale, B, mean and var
	for i := range tensors {
		if flows(v.args[i+1]) {
			return s, n.fail("", ErrUnsupported, "statistics that depend on the input")
		}
		if tensors[i], err = d.exact(v.args[i+1].constant); err != nil {
			return s, n.wrap(err)
		}
		if int64(len(tensors[i])) != width {
			return s, n.fail(v.args[i+1].constant.title(), ErrShape, "%d values for %s", len(tensors[i]), dimText(v.shape))
		}
	}
	if err := d.take(16 * width); err != nil {
		return s, n.wrap(err)
	}
	for j := range int(width) {
		variance := float64(tensors[3][j]) + float64(epsilon)
		scale := float64(tensors[0][j]) / math.Sqrt(variance)
		shift := float64(tensors[1][j]) - float64(float64(tensors[2][j])*scale)
		if !(variance > 0) || !finite(float32(scale)) || !finite(float32(shift)) {
			return s, n.fail("", ErrNotFinite, "feature %d is scaled by %v and shifted by %v", j+1, scale, shift)
		}
		s.scale.scale = append(s.scale.scale, scale)
		s.scale.shift = append(s.scale.shift, shift)
	}
	return s, nil
}

// matchLayerNormalization reads LayerNormalization over whole rows.
func (d *decoder) matchLayerNormalization(v *value) ([]step, *value, error) {
	epsilon, err := v.node.floatOr("epsilon", 1e-5)
	if err != nil {
		return nil, nil, err
	}
	if !(epsilon > 0) || !finite(epsilon) {
		return nil, nil, v.node.fail("attribute epsilon", ErrUnsupported, "%v", epsilon)
	}
	var beta *value
	if len(v.args) == 3 {
		beta = v.args[2]
	}
	return d.normalizationSteps(v, epsilon, v.args[1], beta, v.args[0])
}

// normalizationSteps are those of a LayerNormalization; gamma and beta may be nil.
func (d *decoder) normalizationSteps(v *value, epsilon float32, gamma, beta, x *value) ([]step, *value, error) {
	n := v.node
	steps := []step{{kind: normalizationStep, node: n, epsilon: epsilon}}
	for i, c := range []*value{gamma, beta} {
		if c == nil {
			continue
		}
		if flows(c) {
			return nil, nil, n.fail("", ErrUnsupported, "a scale that depends on the input")
		}
		by, err := d.rowOf(n, c, d.shape(x), false)
		if err != nil {
			return nil, nil, err
		}
		steps = append(steps, step{kind: affineStep, node: n, op: []string{"Mul", "Add"}[i], by: by})
	}
	return steps, x, nil
}
