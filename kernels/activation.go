package kernels

import "fmt"

// Activation is an activation function of Keras. The numbers are stored in model files: they never change, new ones
// are added at the end.
type Activation uint8

const (
	Linear      Activation = 0  // x
	ReLU        Activation = 1  // 0 if x < 0, else x
	ReLU6       Activation = 2  // 0 if x < 0, 6 if x > 6, else x
	LeakyReLU   Activation = 3  // x if x > 0, else α·x
	ELU         Activation = 4  // x if x > 0, else α·(eˣ − 1)
	SELU        Activation = 5  // λ·x if x > 0, else λ·1.6732632·(eˣ − 1), λ = 1.0507010
	CELU        Activation = 6  // x if x > 0, else α·(e^(x/α) − 1); α > 0
	GELU        Activation = 7  // x·Φ(x) = ½·x·(1 + erf(x/√2))
	GELUTanh    Activation = 8  // ½·x·(1 + tanh(√(2/π)·(x + 0.044715·x³)))
	SiLU        Activation = 9  // x/(1 + e⁻ˣ)
	Mish        Activation = 10 // x·tanh(ln(1 + eˣ))
	Sigmoid     Activation = 11 // 1/(1 + e⁻ˣ)
	HardSigmoid Activation = 12 // relu6(x + 3)/6
	HardSiLU    Activation = 13 // x·relu6(x + 3)/6
	LogSigmoid  Activation = 14 // −ln(1 + e⁻ˣ)
	Tanh        Activation = 15 // (eˣ − e⁻ˣ)/(eˣ + e⁻ˣ)
	Softplus    Activation = 16 // ln(1 + eˣ)
	Softsign    Activation = 17 // x/(1 + |x|)
	Exponential Activation = 18 // eˣ
	Softmax     Activation = 19 // e^x[i] / Σ e^x[j] over a row
	LogSoftmax  Activation = 20 // x[i] − ln Σ e^x[j] over a row
)

// activationNames are Keras's.
var activationNames = [...]string{
	Linear: "linear", ReLU: "relu", ReLU6: "relu6", LeakyReLU: "leaky_relu", ELU: "elu", SELU: "selu", CELU: "celu",
	GELU: "gelu", GELUTanh: "gelu_tanh", SiLU: "silu", Mish: "mish", Sigmoid: "sigmoid", HardSigmoid: "hard_sigmoid",
	HardSiLU: "hard_silu", LogSigmoid: "log_sigmoid", Tanh: "tanh", Softplus: "softplus", Softsign: "softsign",
	Exponential: "exponential", Softmax: "softmax", LogSoftmax: "log_softmax",
}

// Valid reports whether a is one of the activations above.
func (a Activation) Valid() bool { return int(a) < len(activationNames) }

// String returns Keras's name of the activation ("gelu_tanh" for gelu with approximate=True).
func (a Activation) String() string {
	if !a.Valid() {
		return fmt.Sprintf("activation(%d)", uint8(a))
	}
	return activationNames[a]
}

// ParseActivation returns the activation that String names; swish and hard_swish, which Keras has for silu and
// hard_silu, are understood too. ok is false for any other name.
func ParseActivation(name string) (a Activation, ok bool) {
	switch name {
	case "swish":
		return SiLU, true
	case "hard_swish":
		return HardSiLU, true
	}
	for i, n := range activationNames {
		if n == name {
			return Activation(i), true
		}
	}
	return 0, false
}

// DefaultAlpha returns Keras's default of the activation's α: 0.2 for leaky_relu (negative_slope), 1 for elu and celu
// (alpha), 0 where there is none.
func (a Activation) DefaultAlpha() float32 {
	switch a {
	case LeakyReLU:
		return 0.2
	case ELU, CELU:
		return 1
	}
	return 0
}

// Activate computes y = a(x) element by element; softmax and log_softmax take rows of width elements each, and width
// means nothing to the others. alpha is the α of leaky_relu, elu and celu and means nothing to the others. y may be x.
// It panics if the lengths differ, the activation is unknown, or x is no whole number of rows.
//
// The functions' operations, errors and special values are described at each: in exp.go, tanh.go, sigmoid.go, gelu.go,
// mish.go, piecewise.go (all the others) and softmax.go.
func Activate(y, x []float32, a Activation, alpha float32, width int) {
	if len(y) != len(x) {
		panic(fmt.Sprintf("kernels: Activate %s of %d elements into %d", a, len(x), len(y)))
	}
	checkActivation(len(x), a, width)
	active.activate(y, x, a, alpha, width)
}

// ActivateGradient computes dx = dy·a'(x), given the x that Activate had and the y that it returned: the gradient of
// a loss by x from its gradient dy by y. alpha and width are Activate's. dx may be dy. It panics where Activate would.
//
// For all but softmax and log_softmax, dx is one product of dy and the derivative, so that an infinite or NaN dy
// times a derivative of 0 is NaN, as in TensorFlow. Where a function has a kink the derivative is TensorFlow's, see
// each function; where a derivative depends on a comparison, a NaN x counts as "false". ULP.md lists the errors: dx is
// within 2⁻²² of the truth, times the largest of 1, |α| and the derivative, for a dy of 1.
func ActivateGradient(dx, dy, x, y []float32, a Activation, alpha float32, width int) {
	if len(dx) != len(x) || len(dy) != len(x) || len(y) != len(x) {
		panic(fmt.Sprintf("kernels: ActivateGradient %s of %d inputs, %d outputs and %d gradients into %d",
			a, len(x), len(y), len(dy), len(dx)))
	}
	checkActivation(len(x), a, width)
	training().activateGradient(dx, dy, x, y, a, alpha, width)
}

// GradientNeedsInput tells whether ActivateGradient is to be given the x that Activate had. If not, y may stand in its
// place, with the same bits: the derivative is a function of y, or asks whether x is above 0 (and below 6), as y is
// then.
func (a Activation) GradientNeedsInput() bool {
	switch a {
	case Linear, ReLU, ReLU6, Sigmoid, Tanh, Exponential, Softmax, LogSoftmax:
		return false
	}
	return true
}

func checkActivation(n int, a Activation, width int) {
	if !a.Valid() {
		panic(fmt.Sprintf("kernels: unknown activation %d", uint8(a)))
	}
	if (a == Softmax || a == LogSoftmax) && (width < 1 || n%width != 0) {
		panic(fmt.Sprintf("kernels: %s of %d elements in rows of %d", a, n, width))
	}
}

func genericActivate(y, x []float32, a Activation, alpha float32, width int) {
	switch a {
	case Linear:
		copy(y, x)
	case ReLU:
		apply(y, x, relu)
	case ReLU6:
		apply(y, x, relu6)
	case LeakyReLU:
		apply(y, x, func(x float32) float32 { return leakyReLU(x, alpha) })
	case ELU:
		apply(y, x, func(x float32) float32 { return elu(x, alpha) })
	case SELU:
		apply(y, x, selu)
	case CELU:
		apply(y, x, func(x float32) float32 { return celu(x, alpha) })
	case GELU:
		apply(y, x, gelu)
	case GELUTanh:
		apply(y, x, geluTanh)
	case SiLU:
		apply(y, x, silu)
	case Mish:
		apply(y, x, mish)
	case Sigmoid:
		apply(y, x, SigmoidOf)
	case HardSigmoid:
		apply(y, x, hardSigmoid)
	case HardSiLU:
		apply(y, x, hardSiLU)
	case LogSigmoid:
		apply(y, x, logSigmoid)
	case Tanh:
		apply(y, x, TanhOf)
	case Softplus:
		apply(y, x, SoftplusOf)
	case Softsign:
		apply(y, x, softsign)
	case Exponential:
		apply(y, x, Exp)
	case Softmax:
		for i := 0; i < len(x); i += width {
			softmax(y[i:i+width], x[i:i+width])
		}
	case LogSoftmax:
		for i := 0; i < len(x); i += width {
			logSoftmax(y[i:i+width], x[i:i+width])
		}
	}
}

func genericActivateGradient(dx, dy, x, y []float32, a Activation, alpha float32, width int) {
	switch a {
	case Linear:
		copy(dx, dy)
	case ReLU:
		multiply(dx, dy, x, reluSlope)
	case ReLU6:
		multiply(dx, dy, x, relu6Slope)
	case LeakyReLU:
		multiply(dx, dy, x, func(x float32) float32 { return leakyReLUSlope(x, alpha) })
	case ELU:
		multiply2(dx, dy, x, y, func(x, y float32) float32 { return eluSlope(x, y, alpha) })
	case SELU:
		multiply2(dx, dy, x, y, seluSlope)
	case CELU:
		multiply2(dx, dy, x, y, func(x, y float32) float32 { return celuSlope(x, y, alpha) })
	case GELU:
		multiply(dx, dy, x, geluSlope)
	case GELUTanh:
		multiply(dx, dy, x, geluTanhSlope)
	case SiLU:
		multiply(dx, dy, x, siluSlope)
	case Mish:
		multiply(dx, dy, x, mishSlope)
	case Sigmoid:
		multiply(dx, dy, y, sigmoidSlope)
	case HardSigmoid:
		multiply(dx, dy, x, hardSigmoidSlope)
	case HardSiLU:
		multiply(dx, dy, x, hardSiLUSlope)
	case LogSigmoid:
		multiply(dx, dy, x, func(x float32) float32 { return SigmoidOf(-x) })
	case Tanh:
		multiply(dx, dy, y, tanhSlope)
	case Softplus:
		multiply(dx, dy, x, SigmoidOf)
	case Softsign:
		multiply(dx, dy, x, softsignSlope)
	case Exponential:
		multiply(dx, dy, y, func(y float32) float32 { return y })
	case Softmax:
		for i := 0; i < len(x); i += width {
			softmaxGradient(dx[i:i+width], dy[i:i+width], y[i:i+width])
		}
	case LogSoftmax:
		for i := 0; i < len(x); i += width {
			logSoftmaxGradient(dx[i:i+width], dy[i:i+width], y[i:i+width])
		}
	}
}

// apply computes y = f(x). (The compiler inlines it with f.)
func apply(y, x []float32, f func(float32) float32) {
	y = y[:len(x)]
	for i, v := range x {
		y[i] = f(v)
	}
}

// multiply computes dx = dy·slope(x).
func multiply(dx, dy, x []float32, slope func(float32) float32) {
	dx, dy = dx[:len(x)], dy[:len(x)]
	for i, v := range x {
		dx[i] = dy[i] * slope(v)
	}
}

// multiply2 computes dx = dy·slope(x, y).
func multiply2(dx, dy, x, y []float32, slope func(x, y float32) float32) {
	dx, dy, y = dx[:len(x)], dy[:len(x)], y[:len(x)]
	for i, v := range x {
		dx[i] = dy[i] * slope(v, y[i])
	}
}
