package onnx

import (
	"math"

	"nnrt/net"
)

// Activations and normalisations as exporters write them where the operator set, or the framework, has no operator of
// its own. A pattern is looked for from its last node backwards; equal values have equal ids.

// scalarOf returns the one number that all elements of a constant are.
func scalarOf(v *value) (c float64, ok bool) {
	if v == nil || v.constant == nil || v.constant.size() == 0 {
		return 0, false
	}
	t := v.constant
	if t.uniform == 0 {
		t.uniform = notUniform
		if allSame(t.floats) && allSame(t.doubles) && allSame(t.ints) {
			t.uniform = isUniform
		}
	}
	switch {
	case t.uniform == notUniform:
	case t.floats != nil:
		return float64(t.floats[0]), true
	case t.doubles != nil:
		return t.doubles[0], true
	case t.ints != nil && t.ints[0] != batchSize:
		return float64(t.ints[0]), true
	}
	return 0, false
}

// allSame tells whether all values of a list are one. NaN is none.
func allSame[T comparable](list []T) bool {
	for _, x := range list {
		if x != list[0] {
			return false
		}
	}
	return true
}

// near tells whether a constant of the file is the number of a formula, rounded to float32 or to less.
func (d *decoder) near(c, want float64) bool {
	tolerance := 1e-6
	if d.halves {
		tolerance = 1e-3
	}
	return math.Abs(c-want) <= float64(tolerance*math.Abs(want))
}

func same(a, b *value) bool { return a != nil && b != nil && a.id == b.id && a.id != 0 }

// factors takes a product apart: v = c·f₀·f₁·…, of at most four factors that are no numbers. No pattern has as many
// nodes as it looks at.
func factors(v *value) (c float64, list []*value) {
	const most = 32
	c = 1
	rest := []*value{v}
	for n := 0; len(rest) > 0; n++ {
		f := rest[len(rest)-1]
		rest = rest[:len(rest)-1]
		if len(rest)+len(list) > 4 || n == most {
			return 1, []*value{v}
		}
		if f.op == "Neg" {
			c = -c
			rest = append(rest, f.args[0])
			continue
		}
		if f.op == "Mul" || f.op == "Div" {
			a, b := f.args[0], f.args[1]
			if s, ok := scalarOf(b); ok && flows(a) {
				if f.op == "Div" {
					s = 1 / s
				}
				c *= s
				rest = append(rest, a)
				continue
			}
			if s, ok := scalarOf(a); ok && f.op == "Mul" {
				c *= s
				rest = append(rest, b)
				continue
			}
			if f.op == "Mul" && flows(a) && flows(b) {
				rest = append(rest, b, a)
				continue
			}
		}
		list = append(list, f)
	}
	return c, list
}

// scaled returns v as c·u.
func scaled(v *value) (c float64, u *value) {
	c, list := factors(v)
	if len(list) == 1 {
		return c, list[0]
	}
	return 1, v
}

// shifted returns v as u + c.
func shifted(v *value) (c float64, u *value) {
	if v.op == "Add" || v.op == "Sub" {
		if s, ok := scalarOf(v.args[1]); ok {
			if v.op == "Sub" {
				s = -s
			}
			return s, v.args[0]
		}
		if s, ok := scalarOf(v.args[0]); ok && v.op == "Add" {
			return s, v.args[1]
		}
	}
	return 0, v
}

// cut recognises v = min(max(u, low), high), in one node or more.
func (d *decoder) cut(v *value) (low, high float64, u *value, err error) {
	low, high = math.Inf(-1), math.Inf(1)
	u = v
	for range 4 {
		l, h, next, err := d.cutOnce(u)
		if err != nil {
			return 0, 0, nil, err
		}
		if next == nil {
			break
		}
		// What stands outside comes last: cut(x) = min(max(min(max(x, l), h), low), high).
		low, high, u = min(max(l, low), high), min(max(h, low), high), next
	}
	if u == v {
		return 0, 0, nil, nil
	}
	return low, high, u, nil
}

// cutOnce is cut for one node.
func (d *decoder) cutOnce(v *value) (low, high float64, u *value, err error) {
	low, high = math.Inf(-1), math.Inf(1)
	switch v.op {
	case "Relu":
		return 0, high, v.args[0], nil
	case "Max", "Min":
		c, ok := scalarOf(v.args[1])
		u = v.args[0]
		if !ok {
			c, ok = scalarOf(v.args[0])
			u = v.args[1]
		}
		if !ok {
			return 0, 0, nil, nil
		}
		if v.op == "Max" {
			low = c
		} else {
			high = c
		}
	case "Clip":
		u = v.args[0]
		n := v.node
		if d.model.opset < 11 {
			l, err := n.floatOr("min", -math.MaxFloat32)
			if err != nil {
				return 0, 0, nil, err
			}
			h, err := n.floatOr("max", math.MaxFloat32)
			if err != nil {
				return 0, 0, nil, err
			}
			low, high = float64(l), float64(h)
		} else {
			for i, bound := range []*float64{&low, &high} {
				if i+1 >= len(v.args) || v.args[i+1] == nil {
					continue
				}
				c, ok := scalarOf(v.args[i+1])
				if !ok {
					return 0, 0, nil, n.fail("", ErrUnsupported, "bounds that are not constant")
				}
				*bound = c
			}
		}
		// The range of float32 is no bound.
		if low <= -math.MaxFloat32 {
			low = math.Inf(-1)
		}
		if high >= math.MaxFloat32 {
			high = math.Inf(1)
		}
	}
	if u != nil && (math.IsNaN(low) || math.IsNaN(high) || low > high) {
		return 0, 0, nil, v.node.fail("", ErrNotFinite, "bounds of %v and %v", low, high)
	}
	return low, high, u, nil
}

// activated is an activation as the only step.
func activated(v *value, a net.Activation, x *value) ([]step, *value, error) {
	return []step{{kind: activationStep, node: v.node, activation: a}}, x, nil
}

// clipSteps are the steps of min(max(x, low), high): an activation that nnrt has, or one of a scaled and shifted value,
// which is the same function.
func (d *decoder) clipSteps(v *value, low, high float64, x *value) ([]step, *value, error) {
	steps := func(scale, shift float64, a net.Activation) ([]step, *value, error) {
		n := v.node
		list := []step{
			{kind: affineStep, node: n, op: "Mul", by: []float64{scale}, own: true},
			{kind: affineStep, node: n, op: "Add", by: []float64{shift}, own: true},
			{kind: activationStep, node: n, activation: a},
			{kind: affineStep, node: n, op: "Sub", by: []float64{shift}, own: true},
			{kind: affineStep, node: n, op: "Div", by: []float64{scale}, own: true},
		}
		if scale == 1 && shift == 0 {
			list = list[2:3]
		}
		return list, x, nil
	}
	switch {
	case math.IsInf(low, -1) && math.IsInf(high, 1):
		return nil, x, nil
	case low == 0 && high == 6:
		return activated(v, net.ReLU6, x)
	case math.IsInf(high, 1) && !math.IsInf(low, 0):
		return steps(1, -low, net.ReLU)
	case math.IsInf(low, -1) && !math.IsInf(high, 0):
		return steps(-1, high, net.ReLU) // high − relu(high − x)
	case low < high && !math.IsInf(low, 0) && !math.IsInf(high, 0):
		scale := 6 / (high - low)
		return steps(scale, float64(-low*scale), net.ReLU6)
	}
	return nil, nil, v.node.fail("", ErrUnsupported, "values cut at %v and %v", low, high)
}

// plainActivations are operators that are an activation as they are.
var plainActivations = map[string]net.Activation{
	"Sigmoid": net.Sigmoid, "Tanh": net.Tanh, "Softplus": net.Softplus, "Softsign": net.Softsign, "Mish": net.Mish,
	"HardSwish": net.HardSiLU, "Exp": net.Exponential, "Softmax": net.Softmax, "LogSoftmax": net.LogSoftmax,
}

// What ONNX's Selu has by default, and Keras and nnrt have.
const (
	seluAlpha = 1.67326319217681884765625
	seluGamma = 1.05070102214813232421875
)

// matchActivation recognises an activation. It returns its steps and what they are applied to, or nil.
func (d *decoder) matchActivation(v *value) ([]step, *value, error) {
	if a, ok := plainActivations[v.op]; ok {
		return activated(v, a, v.args[0])
	}
	n := v.node
	switch v.op {
	case "LeakyRelu", "Elu", "Celu":
		base := map[string]net.Activation{"LeakyRelu": net.LeakyReLU, "Elu": net.ELU, "Celu": net.CELU}[v.op]
		standard := float32(1)
		if v.op == "LeakyRelu" {
			standard = 0.01
		}
		alpha, err := n.floatOr("alpha", standard)
		if err != nil {
			return nil, nil, err
		}
		if !finite(alpha) || v.op == "Celu" && alpha <= 0 {
			return nil, nil, n.fail("attribute alpha", ErrAttribute, "%v", alpha)
		}
		return activated(v, base.WithAlpha(alpha), v.args[0])
	case "Selu":
		return d.matchSelu(v)
	case "PRelu":
		slope, ok := scalarOf(v.args[1])
		if !ok || !finite(float32(slope)) {
			return nil, nil, n.fail("", ErrUnsupported, "slopes that differ from unit to unit")
		}
		if float64(float32(slope)) != slope {
			return nil, nil, n.fail("", ErrNotExact, "the slope %v", slope)
		}
		return activated(v, net.LeakyReLU.WithAlpha(float32(slope)), v.args[0])
	case "Gelu":
		how, err := n.textOr("approximate", "none")
		if err != nil {
			return nil, nil, err
		}
		switch how {
		case "none":
			return activated(v, net.GELU, v.args[0])
		case "tanh":
			return activated(v, net.GELUTanh, v.args[0])
		}
		return nil, nil, n.fail("attribute approximate", ErrAttribute, "%s", short(how))
	case "Swish":
		alpha, err := n.floatOr("alpha", 1)
		if err != nil {
			return nil, nil, err
		}
		if alpha != 1 {
			return nil, nil, n.fail("attribute alpha", ErrUnsupported, "%v; nnrt has x·sigmoid(x) only", alpha)
		}
		return activated(v, net.SiLU, v.args[0])
	case "HardSigmoid":
		alpha, beta, err := hardSigmoid(n)
		if err != nil {
			return nil, nil, err
		}
		if d.near(alpha, 1./6) && beta == 0.5 {
			return activated(v, net.HardSigmoid, v.args[0])
		}
		// min(max(alpha·x + beta, 0), 1) = relu6(6·alpha·x + 6·beta)/6
		return []step{
			{kind: affineStep, node: n, op: "Mul", by: []float64{6 * alpha}, own: true},
			{kind: affineStep, node: n, op: "Add", by: []float64{6 * beta}, own: true},
			{kind: activationStep, node: n, activation: net.ReLU6},
			{kind: affineStep, node: n, op: "Div", by: []float64{6}, own: true},
		}, v.args[0], nil
	case "Log":
		if u := v.args[0]; u.op == "Sigmoid" {
			return activated(v, net.LogSigmoid, u.args[0])
		}
		return nil, nil, n.fail("", ErrUnsupported, "a logarithm")
	case "Where":
		return d.matchWhere(v)
	case "Reciprocal":
		if x := logistic(v.args[0]); x != nil {
			return activated(v, net.Sigmoid, x)
		}
	case "Add":
		return d.matchSum(v)
	case "Mul", "Div", "Neg":
		if one, ok := scalarOf(v.args[0]); ok && v.op == "Div" && one == 1 {
			if x := logistic(v.args[1]); x != nil {
				return activated(v, net.Sigmoid, x)
			}
		}
		if steps, x, err := d.matchProduct(v); x != nil || err != nil {
			return steps, x, err
		}
	case "Relu", "Max", "Min", "Clip":
		low, high, u, err := d.cut(v)
		if u == nil || err != nil {
			return nil, nil, err
		}
		if c, w := shifted(u); low == 0 && high == 1 && c == 0.5 {
			if s, x := scaled(w); d.near(s, 1./6) {
				return activated(v, net.HardSigmoid, x)
			}
		}
		return d.clipSteps(v, low, high, u)
	}
	return nil, nil, nil
}

// logistic returns the x of 1 + e⁻ˣ, or nil.
func logistic(v *value) *value {
	if one, e := shifted(v); one == 1 && e.op == "Exp" {
		if s, x := scaled(e.args[0]); s == -1 && flows(x) {
			return x
		}
	}
	return nil
}

func hardSigmoid(n *node) (alpha, beta float64, err error) {
	a, err := n.floatOr("alpha", 0.2)
	if err != nil {
		return 0, 0, err
	}
	b, err := n.floatOr("beta", 0.5)
	return float64(a), float64(b), err
}

func (d *decoder) matchSelu(v *value) ([]step, *value, error) {
	n := v.node
	alpha, err := n.floatOr("alpha", seluAlpha)
	if err != nil {
		return nil, nil, err
	}
	gamma, err := n.floatOr("gamma", seluGamma)
	if err != nil {
		return nil, nil, err
	}
	if !d.near(float64(alpha), seluAlpha) || !d.near(float64(gamma), seluGamma) {
		return nil, nil, n.fail("", ErrUnsupported, "alpha %v and gamma %v; nnrt has those of the paper only", alpha, gamma)
	}
	return activated(v, net.SELU, v.args[0])
}

// matchProduct recognises activations that end with a product.
func (d *decoder) matchProduct(v *value) ([]step, *value, error) {
	c, list := factors(v)
	switch len(list) {
	case 1:
		g := list[0]
		if g.op == "Softplus" && c == -1 { // −softplus(−x)
			if s, x := scaled(g.args[0]); s == -1 {
				return activated(v, net.LogSigmoid, x)
			}
		}
		if x := d.plusThree(g); x != nil && d.near(c, 1./6) {
			return activated(v, net.HardSigmoid, x)
		}
		if v.op == "Div" && v == g && flows(v.args[1]) { // x/(1 + |x|)
			if s, u := shifted(v.args[1]); s == 1 && u.op == "Abs" && same(u.args[0], v.args[0]) {
				return activated(v, net.Softsign, v.args[0])
			}
		}
	case 2:
		for i, x := range list {
			if a, ok := d.gate(c, x, list[1-i]); ok {
				return activated(v, a, x)
			}
		}
	}
	return nil, nil, nil
}

// plusThree returns the x of relu6(x + 3), or nil.
func (d *decoder) plusThree(v *value) *value {
	low, high, u, err := d.cut(v)
	if u == nil || err != nil || low != 0 || high != 6 {
		return nil
	}
	if c, x := shifted(u); c == 3 {
		return x
	}
	return nil
}

// gate recognises c·x·g as an activation of x.
func (d *decoder) gate(c float64, x, g *value) (net.Activation, bool) {
	switch {
	case g.op == "Sigmoid" && same(g.args[0], x):
		return net.SiLU, c == 1
	case g.op == "Tanh" && g.args[0].op == "Softplus" && same(g.args[0].args[0], x):
		return net.Mish, c == 1
	case g.op == "HardSigmoid" && same(g.args[0], x):
		alpha, beta, err := hardSigmoid(g.node)
		return net.HardSiLU, err == nil && c == 1 && d.near(alpha, 1./6) && beta == 0.5
	case g.op == "Erfc": // ½·x·erfc(−x/√2)
		s, u := scaled(g.args[0])
		return net.GELU, c == 0.5 && same(u, x) && d.near(s, -math.Sqrt2/2)
	case d.cutsPlusThree(g, x):
		return net.HardSiLU, d.near(c, 1./6)
	}
	one, h := shifted(g) // ½·x·(1 + erf(x/√2)) or ½·x·(1 + tanh(…)), the half being anywhere
	k, h := scaled(h)
	if one == 0 || one != k || c*k != 0.5 {
		return net.Linear, false
	}
	switch h.op {
	case "Erf":
		s, u := scaled(h.args[0])
		return net.GELU, same(u, x) && d.near(s, math.Sqrt2/2)
	case "Tanh":
		return net.GELUTanh, d.cubic(h.args[0], x)
	}
	return net.Linear, false
}

func (d *decoder) cutsPlusThree(g, x *value) bool {
	u := d.plusThree(g)
	return u != nil && same(u, x)
}

// cubic tells whether v is √(2/π)·(x + 0.044715·x³).
func (d *decoder) cubic(v, x *value) bool {
	const root, coefficient = 0.7978845608028654, 0.044715
	c, list := factors(v)
	switch {
	case len(list) == 1 && list[0].op == "Add" && d.near(c, root):
		for i, a := range list[0].args {
			s, cube := factors(list[0].args[1-i])
			if same(a, x) && d.near(s, coefficient) && power(cube, x) == 3 {
				return true
			}
		}
	case len(list) == 2 && d.near(c, root): // √(2/π)·x·(1 + 0.044715·x²)
		for i, a := range list {
			one, u := shifted(list[1-i])
			s, square := factors(u)
			if same(a, x) && one == 1 && d.near(s, coefficient) && power(square, x) == 2 {
				return true
			}
		}
	}
	return false
}

// power returns the n for which the product of the factors is xⁿ, or 0.
func power(list []*value, x *value) float64 {
	n := 0.0
	for _, f := range list {
		if f.op == "Pow" && same(f.args[0], x) {
			if e, ok := scalarOf(f.args[1]); ok && e > 0 && e == math.Trunc(e) { // others are not finite for all x
				n += e
				continue
			}
		}
		if !same(f, x) {
			return 0
		}
		n++
	}
	return n
}

// minusOne returns the u of eᵘ − 1, or nil.
func minusOne(v *value) *value {
	if v.op == "Expm1" {
		return v.args[0]
	}
	if c, e := shifted(v); c == -1 && e.op == "Exp" {
		return e.args[0]
	}
	return nil
}

// matchSum recognises activations that end with a sum.
func (d *decoder) matchSum(v *value) ([]step, *value, error) {
	for i := range v.args {
		a, b := v.args[i], v.args[1-i]
		if !flows(a) || !flows(b) {
			return nil, nil, nil
		}
		// relu(x) − α·relu(−x), as Keras writes PReLU
		if slope, r := scaled(b); a.op == "Relu" && r.op == "Relu" && finite(float32(slope)) {
			if s, x := scaled(r.args[0]); s == -1 && same(x, a.args[0]) {
				return activated(v, net.LeakyReLU.WithAlpha(float32(-slope)), x)
			}
		}
		// max(x, 0) + α·(e^(min(x, 0)/α) − 1)
		low, high, x, err := d.cut(a)
		if err != nil {
			return nil, nil, err
		}
		if alpha, e := scaled(b); x != nil && low == 0 && math.IsInf(high, 1) && minusOne(e) != nil && alpha > 0 {
			s, u := scaled(minusOne(e))
			low, high, w, err := d.cut(u)
			if err != nil {
				return nil, nil, err
			}
			if math.IsInf(low, -1) && high == 0 && same(w, x) {
				switch {
				case d.near(float64(s*alpha), 1):
					return activated(v, net.CELU.WithAlpha(float32(alpha)), x)
				case s == 1:
					return activated(v, net.ELU.WithAlpha(float32(alpha)), x)
				}
			}
		}
		// [x > 0]·A + [not x > 0]·B, as tf2onnx writes Where
		ca, fa := factors(a)
		cb, fb := factors(b)
		if len(fa) == 2 && len(fb) == 2 {
			for j := range fa {
				x, threshold := compared(fa[j], true)
				y, other := compared(fb[0], false)
				branch := fb[1]
				if y == nil {
					y, other = compared(fb[1], false)
					branch = fb[0]
				}
				if x != nil && same(x, y) && threshold == other {
					return d.matchBranches(v, x, threshold, ca, fa[1-j], cb, branch)
				}
			}
		}
	}
	return nil, nil, nil
}

// compared recognises x > c if above, and x < c if not, which is also not x ≤ c: on c itself the functions that are
// looked for do not care.
func compared(v *value, above bool) (x *value, c float64) {
	for v.op == "Not" {
		v, above = v.args[0], !above
	}
	switch v.op {
	case "Greater", "GreaterOrEqual":
	case "Less", "LessOrEqual":
		above = !above
	default:
		return nil, 0
	}
	x, bound := v.args[0], v.args[1]
	if !above {
		x, bound = bound, x
	}
	if c, ok := scalarOf(bound); ok {
		return x, c
	}
	return nil, 0
}

// matchWhere recognises an activation of two branches.
func (d *decoder) matchWhere(v *value) ([]step, *value, error) {
	yes, no := v.args[1], v.args[2]
	x, c := compared(v.args[0], true)
	if x == nil {
		x, c = compared(v.args[0], false)
		yes, no = no, yes
	}
	if x == nil {
		return nil, nil, nil
	}
	cy, y := scaled(yes)
	if zero, ok := scalarOf(no); ok {
		if zero == 0 && c == 0 && cy == 1 && same(y, x) {
			return activated(v, net.ReLU, x)
		}
		return nil, nil, nil
	}
	if !flows(yes) {
		return nil, nil, nil
	}
	cn, n := scaled(no)
	return d.matchBranches(v, x, c, cy, y, cn, n)
}

// matchBranches recognises the function that is cy·yes for x > threshold, and cn·no otherwise.
func (d *decoder) matchBranches(v, x *value, threshold, cy float64, yes *value, cn float64, no *value) (
	[]step, *value, error) {
	// For a large x, softplus(x) is x: PyTorch says so, beyond 20.
	const large = 15
	if no.op == "Softplus" && threshold >= large {
		s, u := scaled(x)
		if same(no.args[0], x) && same(yes, u) && d.near(float64(s*cn), cy) {
			steps := []step{{kind: activationStep, node: v.node, activation: net.Softplus}}
			if cn != 1 {
				steps = append(steps, step{kind: affineStep, node: v.node, op: "Mul", by: []float64{cn}, own: true})
			}
			return steps, x, nil
		}
	}
	if threshold != 0 || cy != 1 || !finite(float32(cn)) {
		return nil, nil, nil
	}
	unchanged := same(yes, x) || (yes.op == "Relu" || yes.op == "Elu") && same(yes.args[0], x)
	if !unchanged {
		return nil, nil, nil
	}
	alpha := float32(cn)
	switch u := minusOne(no); {
	case same(no, x):
		return activated(v, net.LeakyReLU.WithAlpha(alpha), x)
	case u != nil && same(u, x):
		return activated(v, net.ELU.WithAlpha(alpha), x)
	case no.op == "Elu" && same(no.args[0], x):
		a, err := no.node.floatOr("alpha", 1)
		if err != nil || a != 1 {
			return nil, nil, err
		}
		return activated(v, net.ELU.WithAlpha(alpha), x)
	}
	return nil, nil, nil
}

// matchNormalization recognises (x − mean)/√(variance + ε) over a row, and returns ε and x, or nil.
func (d *decoder) matchNormalization(v *value) (epsilon float32, x *value) {
	if v.op != "Div" && v.op != "Mul" || !flows(v.args[0]) || !flows(v.args[1]) {
		return 0, nil
	}
	for i := range v.args {
		centred, deviation := v.args[i], v.args[1-i]
		switch {
		case v.op == "Div" && i == 0:
		case v.op == "Mul" && deviation.op == "Reciprocal":
			deviation = deviation.args[0]
		default:
			continue
		}
		if deviation.op != "Sqrt" || centred.op != "Sub" {
			continue
		}
		x, mean := centred.args[0], centred.args[1]
		if !flows(x) || mean.op != "ReduceMean" || !same(mean.args[0], x) {
			continue
		}
		if epsilon, ok := d.variance(deviation.args[0], x); ok {
			return epsilon, x
		}
	}
	return 0, nil
}

// kerasNormalization recognises how Keras writes the same, x·s + (−mean·s + β) with s = γ/√(variance + ε), and returns
// ε, γ, β and x. γ and β are nil where they are left out.
func (d *decoder) kerasNormalization(v *value) (epsilon float32, gamma, beta, x *value) {
	if v.op != "Add" {
		return 0, nil, nil, nil
	}
	for i := range v.args {
		a, b := v.args[i], v.args[1-i]
		if !flows(a) || !flows(b) || a.op != "Mul" {
			continue
		}
		shift := b
		var beta *value
		if b.op == "Add" {
			for j := range b.args {
				if !flows(b.args[j]) {
					beta, shift = b.args[j], b.args[1-j]
				}
			}
		}
		for j := range a.args {
			x, s := a.args[j], a.args[1-j]
			c, list := factors(shift)
			if !flows(x) || !flows(s) || c != -1 || len(list) < 2 {
				continue
			}
			root, gamma := s, (*value)(nil)
			if s.op == "Mul" {
				for k := range s.args {
					if !flows(s.args[k]) {
						gamma, root = s.args[k], s.args[1-k]
					}
				}
			}
			epsilon, ok := d.inverseDeviation(root, x)
			if ok && shift.op == "Mul" && (d.negativeMean(shift.args[0], x) && same(shift.args[1], s) ||
				d.negativeMean(shift.args[1], x) && same(shift.args[0], s)) {
				return epsilon, gamma, beta, x
			}
		}
	}
	return 0, nil, nil, nil
}

// negativeMean tells whether v is −mean(x).
func (d *decoder) negativeMean(v, x *value) bool {
	c, mean := scaled(v)
	return c == -1 && mean.op == "ReduceMean" && same(mean.args[0], x)
}

// inverseDeviation recognises 1/√(variance(x) + ε).
func (d *decoder) inverseDeviation(v, x *value) (epsilon float32, ok bool) {
	if v.op != "Reciprocal" || v.args[0].op != "Sqrt" {
		return 0, false
	}
	return d.variance(v.args[0].args[0], x)
}

// variance recognises mean((x − mean(x))²) + ε.
func (d *decoder) variance(v, x *value) (epsilon float32, ok bool) {
	e, mean := shifted(v)
	if epsilon = float32(e); mean.op != "ReduceMean" || !(epsilon > 0) || !finite(epsilon) {
		return 0, false
	}
	c, list := factors(mean.args[0])
	for _, f := range list {
		if f.op == "Pow" {
			f = f.args[0]
		}
		if f.op == "Sub" && same(f.args[0], x) && flows(f.args[1]) && f.args[1].op == "ReduceMean" &&
			same(f.args[1].args[0], x) {
			return epsilon, c == 1 && power(list, f) == 2
		}
	}
	return 0, false
}
