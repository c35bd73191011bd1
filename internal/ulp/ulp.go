// Package ulp measures errors in units in the last place: it has the true values, in float64, of the elementary
// functions of package kernels and of the activations made of them, and the largest errors that are promised of them.
package ulp

import "math"

// Function is a function of one float32 with its true value and the largest error that its comment promises.
type Function struct {
	Name  string
	Truth func(x float64) float64
	Limit func(x float64) float64 // in ULP
	Floor float64                 // values below it are measured in units of its ULP
}

// Functions are those whose errors kernels/ULP.md lists. expm1 is meant for −|x| only.
var Functions = []Function{
	{Name: "exp", Truth: math.Exp, Limit: Limit(0.90)},
	{Name: "log", Truth: math.Log, Limit: Limit(0.94)},
	{Name: "log1p", Truth: math.Log1p, Limit: Limit(1.27)},
	{Name: "expm1", Truth: func(x float64) float64 { return math.Expm1(-math.Abs(x)) }, Limit: Limit(0.95)},
	{Name: "tanh", Truth: math.Tanh, Limit: Limit(1.97)},
	{Name: "sigmoid", Truth: Sigmoid, Limit: SigmoidLimit},
	{Name: "softplus", Truth: Softplus, Limit: Limit(1.66)},
	{Name: "erf", Truth: math.Erf, Limit: Limit(1.84)},
	{Name: "gelu", Truth: GELU, Limit: GELULimit},
	{Name: "gelu_tanh", Truth: GELUTanh, Limit: GELUTanhLimit, Floor: Tail},
	{Name: "silu", Truth: SiLU, Limit: Limit(2.7), Floor: Tail},
	{Name: "mish", Truth: Mish, Limit: MishLimit, Floor: Tail},
	{Name: "selu", Truth: SELU, Limit: Limit(2)},
	{Name: "hard_sigmoid", Truth: HardSigmoid, Limit: Limit(1.01)},
	{Name: "hard_silu", Truth: func(x float64) float64 { return x * HardSigmoid(x) }, Limit: Limit(1.9)},
	{Name: "softsign", Truth: func(x float64) float64 { return x / (1 + math.Abs(x)) }, Limit: Limit(1.5)},
}

// Error returns |y − t| in units of the spacing of float32 at t, or at floor where |t| is below it. NaN must meet NaN,
// and +Inf or −Inf what rounds to it; everything else is infinitely wrong.
func Error(y float32, t, floor float64) float64 {
	const overflow = math.MaxFloat32 + 0x1p103
	v := float64(y)
	switch {
	case math.IsNaN(t) || math.IsNaN(v):
		if math.IsNaN(t) && math.IsNaN(v) {
			return 0
		}
		return math.Inf(1)
	case math.Abs(t) >= overflow:
		if v == math.Copysign(math.Inf(1), t) {
			return 0
		}
		return math.Inf(1)
	case math.IsInf(v, 0):
		v = math.Copysign(0x1p128, v)
	}
	return math.Abs(v-t) / spacing(max(math.Abs(t), floor))
}

// spacing returns that of float32 at |t|.
func spacing(t float64) float64 {
	exponent := int(math.Float64bits(t)>>52&0x7ff) - 1023
	return math.Float64frombits(uint64(max(exponent, -126)-23+1023) << 52)
}

// Tail is where x·σ(x) and the like begin to suffer from a σ(x) that is subnormal.
const Tail = 0x1p-119

// Limit returns a limit that is the same everywhere.
func Limit(n float64) func(x float64) float64 { return func(float64) float64 { return n } }

func bySign(x, positive, negative float64) float64 {
	if x >= 0 {
		return positive
	}
	return negative
}

func SigmoidLimit(x float64) float64 { return bySign(x, 1.24, 1.65) }

func GELULimit(x float64) float64 { return bySign(x, 4.2, 7) }

func MishLimit(x float64) float64 { return bySign(x, 2.7, 4) }

// GELUTanhLimit grows with the argument of the exponential function in the left tail.
func GELUTanhLimit(x float64) float64 {
	if x >= 0 {
		return 2.7
	}
	return 2.7 - 2.6*GELUTanhArgument(x)
}

// GELUTanhArgument is 2·√(2/π)·(x + 0.044715·x³).
func GELUTanhArgument(x float64) float64 { return x * (2 * math.Sqrt(2/math.Pi) * (1 + 0.044715*x*x)) }

func Sigmoid(x float64) float64 {
	if x >= 0 {
		return 1 / (1 + math.Exp(-x))
	}
	z := math.Exp(x)
	return z / (1 + z)
}

func Softplus(x float64) float64 { return max(x, 0) + math.Log1p(math.Exp(-math.Abs(x))) }

func GELU(x float64) float64 {
	if math.IsInf(x, -1) {
		return 0
	}
	return x * (0.5 * math.Erfc(-x*math.Sqrt2/2))
}

func GELUTanh(x float64) float64 { return x * Sigmoid(GELUTanhArgument(x)) }

func SiLU(x float64) float64 { return x * Sigmoid(x) }

func Mish(x float64) float64 { return x * math.Tanh(Softplus(x)) }

func HardSigmoid(x float64) float64 { return min(max(x+3, 0), 6) / 6 }

func SELU(x float64) float64 {
	const scale, alpha = 1.0507009873554804934193349852946, 1.6732632423543772848170429916717
	return scale * (max(x, 0) + alpha*math.Expm1(min(x, 0)))
}
