package kernels

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"nnrt/internal/ulp"
)

// activationCase is an element-wise activation with its true value and derivative in float64.
type activationCase struct {
	a     Activation
	alpha float32
	truth func(x float64) float64
	slope func(x float64) float64
	limit func(x float64) float64 // of the value, in ULP
	floor float64                 // values below it are measured in units of its ULP
	kinks []float64               // where the derivative jumps
}

func activationCases() []activationCase {
	logistic := func(x float64) float64 { return ulp.Sigmoid(x) * ulp.Sigmoid(-x) }
	between := func(x, low, high, inside float64) float64 {
		if low < x && x < high {
			return inside
		}
		return 0
	}
	leaky := func(alpha float32) activationCase {
		return activationCase{a: LeakyReLU, alpha: alpha, limit: ulp.Limit(0.5), kinks: []float64{0},
			truth: func(x float64) float64 { return max(x, 0) + float64(alpha)*min(x, 0) },
			slope: func(x float64) float64 { return between(x, 0, math.Inf(1), 1-float64(alpha)) + float64(alpha) }}
	}
	exponential := func(a Activation, alpha float32, scale, in, inner float64, limit float64) activationCase {
		c := activationCase{a: a, alpha: alpha, limit: ulp.Limit(limit),
			truth: func(x float64) float64 { return scale * (max(x, 0) + in*math.Expm1(min(x, 0)/inner)) },
			slope: func(x float64) float64 {
				if x > 0 {
					return scale
				}
				return scale * in / inner * math.Exp(x/inner)
			}}
		if in != inner {
			c.kinks = []float64{0}
		}
		return c
	}
	return []activationCase{
		{a: Linear, truth: func(x float64) float64 { return x }, slope: func(float64) float64 { return 1 },
			limit: ulp.Limit(0)},
		{a: ReLU, truth: func(x float64) float64 { return max(x, 0) },
			slope: func(x float64) float64 { return between(x, 0, math.Inf(1), 1) }, limit: ulp.Limit(0), kinks: []float64{0}},
		{a: ReLU6, truth: func(x float64) float64 { return min(max(x, 0), 6) },
			slope: func(x float64) float64 { return between(x, 0, 6, 1) }, limit: ulp.Limit(0), kinks: []float64{0, 6}},
		leaky(0.2), leaky(0.01), leaky(-1.5),
		exponential(ELU, 1, 1, 1, 1, 0.95), exponential(ELU, 0.75, 1, 0.75, 1, 1.9),
		exponential(SELU, 0, seluScale, seluAlpha, 1, 2),
		exponential(CELU, 1, 1, 1, 1, 0.95), exponential(CELU, 0.75, 1, 0.75, 0.75, 2),
		exponential(CELU, 3, 1, 3, 3, 2),
		{a: GELU, truth: ulp.GELU, limit: ulp.GELULimit, slope: func(x float64) float64 {
			return 0.5*math.Erfc(-x/math.Sqrt2) + x*math.Exp(-x*x/2)/math.Sqrt(2*math.Pi)
		}},
		{a: GELUTanh, truth: ulp.GELUTanh, limit: ulp.GELUTanhLimit, floor: ulp.Tail, slope: func(x float64) float64 {
			v := ulp.GELUTanhArgument(x)
			return ulp.Sigmoid(v) + x*2*math.Sqrt(2/math.Pi)*(1+3*geluCubic*x*x)*logistic(v)
		}},
		{a: SiLU, truth: ulp.SiLU, limit: ulp.Limit(2.7), floor: ulp.Tail,
			slope: func(x float64) float64 { return ulp.Sigmoid(x) + x*logistic(x) }},
		{a: Mish, truth: ulp.Mish, limit: ulp.MishLimit, floor: ulp.Tail, slope: func(x float64) float64 {
			sech := 1 / math.Cosh(ulp.Softplus(x))
			return math.Tanh(ulp.Softplus(x)) + x*ulp.Sigmoid(x)*sech*sech
		}},
		{a: Sigmoid, truth: ulp.Sigmoid, slope: logistic, limit: ulp.SigmoidLimit},
		{a: HardSigmoid, truth: ulp.HardSigmoid, limit: ulp.Limit(1.01), kinks: []float64{-3, 3},
			slope: func(x float64) float64 { return between(x, -3, 3, 1.0/6) }},
		{a: HardSiLU, truth: func(x float64) float64 { return x * ulp.HardSigmoid(x) }, limit: ulp.Limit(1.9),
			slope: func(x float64) float64 { return ulp.HardSigmoid(x) + between(x, -3, 3, x/6) },
			kinks: []float64{-3, 3}},
		{a: LogSigmoid, truth: func(x float64) float64 { return -ulp.Softplus(-x) }, limit: ulp.Limit(1.66),
			slope: func(x float64) float64 { return ulp.Sigmoid(-x) }},
		{a: Tanh, truth: math.Tanh, limit: ulp.Limit(1.97), slope: func(x float64) float64 {
			return 1 / (math.Cosh(x) * math.Cosh(x))
		}},
		{a: Softplus, truth: ulp.Softplus, slope: ulp.Sigmoid, limit: ulp.Limit(1.66)},
		{a: Softsign, truth: func(x float64) float64 { return x / (1 + math.Abs(x)) }, limit: ulp.Limit(1.5),
			slope: func(x float64) float64 { return 1 / ((1 + math.Abs(x)) * (1 + math.Abs(x))) }},
		{a: Exponential, truth: math.Exp, slope: math.Exp, limit: ulp.Limit(0.90)},
	}
}

// activationInputs are numbers of all sizes and signs, most of them where the activations bend.
func activationInputs() []float32 {
	var x []float32
	for v := -112.0; v <= 96; v += 0.0390625 {
		x = append(x, float32(v))
	}
	for bits := uint32(0); bits < 0x7f800000; bits += 0x10667 {
		v := math.Float32frombits(bits)
		x = append(x, v, -v)
	}
	return x
}

func TestActivateIsNearTheTruth(t *testing.T) {
	x := activationInputs()
	y := make([]float32, len(x))
	forEachTier(t, func(t *testing.T) {
		for _, c := range activationCases() {
			Activate(y, x, c.a, c.alpha, 0)
			for i, v := range x {
				want := c.truth(float64(v))
				if e, limit := ulp.Error(y[i], want, c.floor), c.limit(float64(v)); e > limit {
					t.Errorf("%s(%v), α %v: %v, want %v: %.2f ULP off, limit %v", c.a, v, c.alpha, y[i], want, e, limit)
					break
				}
			}
		}
	})
}

// TestActivateGradientIsNearTheTruth allows an error of 2⁻²² times the largest of 1, |α| and the derivative: some
// derivatives are differences, of which only the absolute error is small.
func TestActivateGradientIsNearTheTruth(t *testing.T) {
	x := activationInputs()
	y, dx, dy := make([]float32, len(x)), make([]float32, len(x)), make([]float32, len(x))
	for i := range dy {
		dy[i] = 1
		if i%2 == 1 {
			dy[i] = -0.5
		}
	}
	forEachTier(t, func(t *testing.T) {
		for _, c := range activationCases() {
			Activate(y, x, c.a, c.alpha, 0)
			ActivateGradient(dx, dy, x, y, c.a, c.alpha, 0)
			for i, v := range x {
				if at(c.kinks, v) {
					continue
				}
				slope := c.slope(float64(v))
				want := float64(dy[i]) * slope
				limit := 0x1p-22 * max(1, math.Abs(float64(c.alpha)), math.Abs(slope))
				if math.IsInf(float64(y[i]), 0) && c.a == Exponential {
					want, limit = float64(dy[i])*math.Inf(1), 0
				}
				if got := float64(dx[i]); !(math.Abs(got-want) <= limit) && got != want {
					t.Errorf("%s'(%v), α %v, dy %v: %v, want %v ± %v", c.a, v, c.alpha, dy[i], got, want, limit)
					break
				}
			}
		}
	})
}

func at(kinks []float64, x float32) bool {
	for _, k := range kinks {
		if math.Abs(float64(x)-k) < 1e-6 {
			return true
		}
	}
	return false
}

// TestTrueSlopes holds the derivatives that the other tests believe in against central differences.
func TestTrueSlopes(t *testing.T) {
	for _, c := range activationCases() {
		for x := -12.03; x < 12; x += 0.0625 {
			h := 1e-5
			if at(c.kinks, float32(x)) {
				continue
			}
			want := (c.truth(x+h) - c.truth(x-h)) / (2 * h)
			if got := c.slope(x); math.Abs(got-want) > 1e-8*(1+math.Abs(want)) {
				t.Errorf("%s'(%v), α %v: %v, by differences %v", c.a, x, c.alpha, got, want)
				break
			}
		}
	}
}

var (
	inf32 = float32(math.Inf(1))
	nan32 = float32(math.NaN())
	zero  = float32(0)
	neg0  = float32(math.Copysign(0, -1))
)

// identical reports whether x and y are the same bits, or both NaN.
func identical(x, y float32) bool {
	return math.Float32bits(x) == math.Float32bits(y) || x != x && y != y
}

func TestActivationSpecialValues(t *testing.T) {
	x := []float32{-inf32, -math.MaxFloat32, neg0, zero, math.MaxFloat32, inf32, nan32}
	ln2, half := float32(math.Ln2), float32(0.5)
	huge := float32(math.MaxFloat32)
	table := []struct {
		a         Activation
		value     []float32
		slope     []float32 // for dy = 1
		tolerance float32   // 0: the same bits
	}{
		{a: Linear, value: x, slope: []float32{1, 1, 1, 1, 1, 1, 1}},
		{a: ReLU, value: []float32{0, 0, neg0, 0, huge, inf32, nan32}, slope: []float32{0, 0, 0, 0, 1, 1, 0}},
		{a: ReLU6, value: []float32{0, 0, neg0, 0, 6, 6, nan32}, slope: []float32{0, 0, 0, 0, 0, 0, 0}},
		{a: LeakyReLU, value: []float32{-inf32, -0.2 * huge, neg0, 0, huge, inf32, nan32},
			slope: []float32{0.2, 0.2, 0.2, 0.2, 1, 1, 0.2}, tolerance: 1e-7},
		{a: ELU, value: []float32{-1, -1, 0, 0, huge, inf32, nan32}, slope: []float32{0, 0, 1, 1, 1, 1, nan32}},
		{a: SELU, value: []float32{-1.7580993, -1.7580993, neg0, 0, inf32, inf32, nan32},
			slope: []float32{0, 0, 1.050701, 1.050701, 1.050701, 1.050701, 1.050701}, tolerance: 1e-7},
		{a: CELU, value: []float32{-1, -1, 0, 0, huge, inf32, nan32}, slope: []float32{0, 0, 1, 1, 1, 1, nan32}},
		{a: GELU, value: []float32{neg0, neg0, neg0, 0, huge, inf32, nan32},
			slope: []float32{0, 0, 0.5, 0.5, 1, 1, nan32}},
		{a: GELUTanh, value: []float32{nan32, neg0, neg0, 0, huge, inf32, nan32},
			slope: []float32{0, 0, 0.5, 0.5, 1, 1, nan32}},
		{a: SiLU, value: []float32{nan32, neg0, neg0, 0, huge, inf32, nan32},
			slope: []float32{nan32, 0, 0.5, 0.5, 1, nan32, nan32}},
		{a: Mish, value: []float32{nan32, neg0, neg0, 0, huge, inf32, nan32},
			slope: []float32{nan32, 0, 0.6, 0.6, 1, nan32, nan32}, tolerance: 1e-7},
		{a: Sigmoid, value: []float32{0, 0, 0.5, 0.5, 1, 1, nan32}, slope: []float32{0, 0, 0.25, 0.25, 0, 0, nan32}},
		{a: HardSigmoid, value: []float32{0, 0, 0.5, 0.5, 1, 1, nan32},
			slope: []float32{0, 0, 1.0 / 6, 1.0 / 6, 0, 0, 0}},
		{a: HardSiLU, value: []float32{nan32, neg0, neg0, 0, huge, inf32, nan32},
			slope: []float32{nan32, 0, 0.5, 0.5, 1, nan32, nan32}},
		{a: LogSigmoid, value: []float32{-inf32, -huge, -ln2, -ln2, neg0, neg0, nan32},
			slope: []float32{1, 1, 0.5, 0.5, 0, 0, nan32}},
		{a: Tanh, value: []float32{-1, -1, neg0, 0, 1, 1, nan32}, slope: []float32{0, 0, 1, 1, 0, 0, nan32}},
		{a: Softplus, value: []float32{0, 0, ln2, ln2, huge, inf32, nan32},
			slope: []float32{0, 0, half, half, 1, 1, nan32}},
		{a: Softsign, value: []float32{nan32, -1, neg0, 0, 1, nan32, nan32}, slope: []float32{0, 0, 1, 1, 0, 0, nan32}},
		{a: Exponential, value: []float32{0, 0, 1, 1, inf32, inf32, nan32},
			slope: []float32{0, 0, 1, 1, inf32, inf32, nan32}},
	}
	same := func(x, y, tolerance float32) bool {
		return identical(x, y) || tolerance > 0 && y != 0 && abs(x/y-1) <= tolerance
	}
	forEachTier(t, func(t *testing.T) {
		for _, c := range table {
			y, dx, dy := make([]float32, len(x)), make([]float32, len(x)), []float32{1, 1, 1, 1, 1, 1, 1}
			Activate(y, x, c.a, c.a.DefaultAlpha(), 0)
			ActivateGradient(dx, dy, x, y, c.a, c.a.DefaultAlpha(), 0)
			for i, v := range x {
				if !same(y[i], c.value[i], c.tolerance) {
					t.Errorf("%s(%v) = %v, want %v", c.a, v, y[i], c.value[i])
				}
				if !same(dx[i], c.slope[i], c.tolerance) {
					t.Errorf("%s'(%v) = %v, want %v", c.a, v, dx[i], c.slope[i])
				}
			}
		}
	})
}

// TestDerivativesAtKinks pins the derivatives that TensorFlow has where a function bends.
func TestDerivativesAtKinks(t *testing.T) {
	const below3, below6 = 2.9999998, 5.9999995
	for _, c := range []struct {
		a     Activation
		alpha float32
		x     float32
		want  float32
	}{
		{ReLU, 0, 1e-45, 1}, {ReLU6, 0, below6, 1}, {ReLU6, 0, 6, 0}, {ELU, 2, 0, 2}, {ELU, 2, 1e-45, 1},
		{LeakyReLU, 0.5, 0, 0.5}, {CELU, 2, 0, 1}, {SELU, 0, -1e-30, seluScale * seluAlpha},
		{HardSigmoid, 0, -3, 0}, {HardSigmoid, 0, -below3, 1.0 / 6}, {HardSigmoid, 0, 3, 0},
		{HardSigmoid, 0, below3, 0}, // below3 + 3 rounds to 6
		{HardSiLU, 0, -3, 0}, {HardSiLU, 0, 3, 1}, {HardSiLU, 0, -below3, -0.5},
	} {
		x, y, dx := []float32{c.x}, []float32{0}, []float32{0}
		Activate(y, x, c.a, c.alpha, 0)
		ActivateGradient(dx, []float32{1}, x, y, c.a, c.alpha, 0)
		if abs(dx[0]-c.want) > 1e-6*abs(c.want) {
			t.Errorf("%s'(%v), α %v: %v, want %v", c.a, c.x, c.alpha, dx[0], c.want)
		}
	}
}

// TestGradientKeepsNaN: the gradient is a product, so 0 times a gradient that is not finite is NaN.
func TestGradientKeepsNaN(t *testing.T) {
	for _, a := range []Activation{ReLU, ReLU6, Tanh, HardSigmoid} {
		x, y, dx := []float32{-100, -100}, make([]float32, 2), make([]float32, 2)
		Activate(y, x, a, 0, 0)
		ActivateGradient(dx, []float32{nan32, inf32}, x, y, a, 0, 0)
		if dx[0] == dx[0] || dx[1] == dx[1] {
			t.Errorf("%s: gradients NaN and +Inf become %v at −100, want NaN", a, dx)
		}
	}
}

func TestActivationsInPlace(t *testing.T) {
	const width = 37
	x := activationInputs()[:width*100]
	y, dx, dy := make([]float32, len(x)), make([]float32, len(x)), make([]float32, len(x))
	for i := range dy {
		dy[i] = float32(i%11-5) / 4
	}
	forEachTier(t, func(t *testing.T) {
		for a := Linear; a.Valid(); a++ {
			Activate(y, x, a, a.DefaultAlpha(), width)
			inPlace := append([]float32(nil), x...)
			Activate(inPlace, inPlace, a, a.DefaultAlpha(), width)
			for i := range y {
				if !identical(y[i], inPlace[i]) {
					t.Errorf("%s(%v) = %v in place, %v otherwise", a, x[i], inPlace[i], y[i])
					break
				}
			}
			ActivateGradient(dx, dy, x, y, a, a.DefaultAlpha(), width)
			copy(inPlace, dy)
			ActivateGradient(inPlace, inPlace, x, y, a, a.DefaultAlpha(), width)
			for i := range dx {
				if !identical(dx[i], inPlace[i]) {
					t.Errorf("%s'(%v) = %v in place, %v otherwise", a, x[i], inPlace[i], dx[i])
					break
				}
			}
		}
	})
}

// TestActivationNumbersAndNames: models store the numbers, Keras's files the names.
func TestActivationNumbersAndNames(t *testing.T) {
	names := strings.Fields(`linear relu relu6 leaky_relu elu selu celu gelu gelu_tanh silu mish sigmoid hard_sigmoid
		hard_silu log_sigmoid tanh softplus softsign exponential softmax log_softmax`)
	for i, name := range names {
		a, ok := ParseActivation(name)
		if !ok || int(a) != i || a.String() != name || !a.Valid() {
			t.Errorf("%s is number %d (%v, valid %v, found %v), want %d", name, a, a, a.Valid(), ok, i)
		}
	}
	for name, want := range map[string]Activation{"swish": SiLU, "hard_swish": HardSiLU} {
		if a, ok := ParseActivation(name); !ok || a != want {
			t.Errorf("ParseActivation(%q) = %v, %v, want %v", name, a, ok, want)
		}
	}
	for _, name := range []string{"", "ReLU", "relu ", "glu"} {
		if a, ok := ParseActivation(name); ok {
			t.Errorf("ParseActivation(%q) = %v", name, a)
		}
	}
	if a := Activation(len(names)); a.Valid() || a.String() != "activation(21)" {
		t.Errorf("activation %d is valid or called %v", uint8(a), a)
	}
	for a, want := range map[Activation]float32{LeakyReLU: 0.2, ELU: 1, CELU: 1, SELU: 0, ReLU: 0} {
		if got := a.DefaultAlpha(); got != want {
			t.Errorf("%s has α %v by default, want %v", a, got, want)
		}
	}
}

func TestActivatePanics(t *testing.T) {
	v := make([]float32, 6)
	for _, c := range []struct {
		want string
		call func()
	}{
		{"Activate relu of 6 elements into 5", func() { Activate(v[:5], v, ReLU, 0, 0) }},
		{"unknown activation 21", func() { Activate(v, v, 21, 0, 0) }},
		{"softmax of 6 elements in rows of 4", func() { Activate(v, v, Softmax, 0, 4) }},
		{"log_softmax of 6 elements in rows of 0", func() { Activate(v, v, LogSoftmax, 0, 0) }},
		{"ActivateGradient tanh of 6 inputs, 6 outputs and 5 gradients into 6",
			func() { ActivateGradient(v, v[:5], v, v, Tanh, 0, 0) }},
		{"ActivateGradient tanh of 6 inputs, 4 outputs", func() { ActivateGradient(v, v, v, v[:4], Tanh, 0, 0) }},
		{"into 3", func() { ActivateGradient(v[:3], v, v, v, Tanh, 0, 0) }},
		{"softmax of 6 elements in rows of -1", func() { ActivateGradient(v, v, v, v, Softmax, 0, -1) }},
	} {
		func() {
			defer func() {
				if got, _ := recover().(string); !strings.Contains(got, c.want) {
					t.Errorf("panic %q, want %q in it", got, c.want)
				}
			}()
			c.call()
		}()
	}
}

// TestGradientsWithoutInputs: where an activation says that its gradient does not need x, y does as well, to the bit.
func TestGradientsWithoutInputs(t *testing.T) {
	const n, width = 1 << 12, 8
	forEachTier(t, func(t *testing.T) {
		for a := Linear; a.Valid(); a++ {
			if a.GradientNeedsInput() {
				continue
			}
			for _, kind := range kindsOfNumbers() {
				r := rand.New(rand.NewPCG(8, 8))
				x, dy, y := make([]float32, n), make([]float32, n), make([]float32, n)
				for i := range x {
					x[i], dy[i] = kind.left(r), kind.right(r)
				}
				Activate(y, x, a, 0, width)
				want, got := make([]float32, n), make([]float32, n)
				ActivateGradient(want, dy, x, y, a, 0, width)
				ActivateGradient(got, dy, y, y, a, 0, width)
				for i, v := range want {
					if !sameFloat(got[i], v) {
						t.Fatalf("%v of %v (output %v): gradient %v by the output alone, want %v", a, x[i], y[i], got[i], v)
					}
				}
			}
		}
	})
}
