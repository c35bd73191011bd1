//go:build gc && !purego

package kernels

// activationsNEON compute y = a(x) element by element, with Activate's alpha, which some ignore.
var activationsNEON = [...]func(y, x []float32, alpha float32){
	ReLU: reluNEON, ReLU6: relu6NEON, LeakyReLU: leakyReLUNEON, ELU: eluNEON, SELU: seluNEON, CELU: celuNEON,
	GELU: geluNEON, GELUTanh: geluTanhNEON, SiLU: siluNEON, Mish: mishNEON, Sigmoid: sigmoidNEON,
	HardSigmoid: hardSigmoidNEON, HardSiLU: hardSiLUNEON, LogSigmoid: logSigmoidNEON, Tanh: tanhNEON,
	Softplus: softplusNEON, Softsign: softsignNEON, Exponential: exponentialNEON,
}

// gradientsNEON compute dx = dy·a'(x), where y = a(x), each from the one of x and y that it needs, or from both.
var gradientsNEON = [...]func(dx, dy, x, y []float32, alpha float32){
	ReLU: reluGradientNEON, ReLU6: relu6GradientNEON, LeakyReLU: leakyReLUGradientNEON, ELU: eluGradientNEON,
	SELU: seluGradientNEON, CELU: celuGradientNEON, GELU: geluGradientNEON, GELUTanh: geluTanhGradientNEON,
	SiLU: siluGradientNEON, Mish: mishGradientNEON, Sigmoid: sigmoidGradientNEON,
	HardSigmoid: hardSigmoidGradientNEON, HardSiLU: hardSiLUGradientNEON, LogSigmoid: logSigmoidGradientNEON,
	Tanh: tanhGradientNEON, Softplus: softplusGradientNEON, Softsign: softsignGradientNEON,
	Exponential: exponentialGradientNEON,
}

// narrowNEON is the width from which rows are too wide for registers.
const narrowNEON = 16

func activateNEON(y, x []float32, a Activation, alpha float32, width int) {
	switch a {
	case Linear:
		copy(y, x)
	case Softmax:
		if width < narrowNEON {
			softmaxNarrowNEON(y, x, width)
			return
		}
		for i := 0; i < len(x); i += width {
			y, x := y[i:i+width], x[i:i+width]
			divideNEON(y, y, expAndSumNEON(y, x, rowMaxNEON(x)))
		}
	case LogSoftmax:
		for i := 0; i < len(x); i += width {
			y, x := y[i:i+width], x[i:i+width]
			largest := rowMaxNEON(x)
			lessTwoNEON(y, x, largest, logSumExpNEON(x, largest))
		}
	default:
		activationsNEON[a](y, x, alpha)
	}
}

func activateGradientNEON(dx, dy, x, y []float32, a Activation, alpha float32, width int) {
	switch a {
	case Linear:
		copy(dx, dy)
	case Softmax:
		for i := 0; i < len(y); i += width {
			dx, dy, y := dx[i:i+width], dy[i:i+width], y[i:i+width]
			productLessMeanNEON(dx, dy, y, Dot(dy, y))
		}
	case LogSoftmax:
		for i := 0; i < len(y); i += width {
			dx, dy, y := dx[i:i+width], dy[i:i+width], y[i:i+width]
			logSoftmaxGradientNEON(dx, dy, y, Sum(dy))
		}
	default:
		gradientsNEON[a](dx, dy, x, y, alpha)
	}
}

func sparseCrossEntropyNEON(losses, z []float32, width int) {
	if width < narrowNEON {
		sparseCrossEntropyNarrowNEON(losses, z, width)
		return
	}
	for i, own := range losses {
		row := z[i*width:][:width]
		largest := rowMaxNEON(row)
		losses[i] = -(own - largest - logSumExpNEON(row, largest))
	}
}

//go:noescape
func eluNEON(y, x []float32, alpha float32)

//go:noescape
func eluGradientNEON(dx, dy, x, y []float32, alpha float32)

//go:noescape
func seluNEON(y, x []float32, alpha float32)

//go:noescape
func seluGradientNEON(dx, dy, x, y []float32, alpha float32)

//go:noescape
func celuNEON(y, x []float32, alpha float32)

//go:noescape
func celuGradientNEON(dx, dy, x, y []float32, alpha float32)

//go:noescape
func geluNEON(y, x []float32, alpha float32)

//go:noescape
func geluGradientNEON(dx, dy, x, y []float32, alpha float32)

//go:noescape
func geluTanhNEON(y, x []float32, alpha float32)

//go:noescape
func geluTanhGradientNEON(dx, dy, x, y []float32, alpha float32)

//go:noescape
func siluNEON(y, x []float32, alpha float32)

//go:noescape
func siluGradientNEON(dx, dy, x, y []float32, alpha float32)

//go:noescape
func mishNEON(y, x []float32, alpha float32)

//go:noescape
func mishGradientNEON(dx, dy, x, y []float32, alpha float32)

//go:noescape
func sigmoidNEON(y, x []float32, alpha float32)

//go:noescape
func sigmoidGradientNEON(dx, dy, x, y []float32, alpha float32)

//go:noescape
func logSigmoidNEON(y, x []float32, alpha float32)

//go:noescape
func logSigmoidGradientNEON(dx, dy, x, y []float32, alpha float32)

//go:noescape
func tanhNEON(y, x []float32, alpha float32)

//go:noescape
func tanhGradientNEON(dx, dy, x, y []float32, alpha float32)

//go:noescape
func softplusNEON(y, x []float32, alpha float32)

//go:noescape
func softplusGradientNEON(dx, dy, x, y []float32, alpha float32)

//go:noescape
func softsignNEON(y, x []float32, alpha float32)

//go:noescape
func softsignGradientNEON(dx, dy, x, y []float32, alpha float32)

//go:noescape
func exponentialNEON(y, x []float32, alpha float32)

//go:noescape
func exponentialGradientNEON(dx, dy, x, y []float32, alpha float32)

//go:noescape
func rowMaxNEON(x []float32) float32

// expAndSumNEON computes y[i] = Exp(x[i] − largest) and their sum.
//
//go:noescape
func expAndSumNEON(y, x []float32, largest float32) (sum float32)

// logSumExpNEON computes Log(Σ Exp(x[i] − largest)).
//
//go:noescape
func logSumExpNEON(x []float32, largest float32) float32

// softmaxNarrowNEON computes softmax of rows of a width below narrowNEON.
//
//go:noescape
func softmaxNarrowNEON(y, x []float32, width int)

// sparseCrossEntropyNarrowNEON is sparseCrossEntropyNEON for a width below narrowNEON.
//
//go:noescape
func sparseCrossEntropyNarrowNEON(losses, z []float32, width int)

// divideNEON computes y = x/divisor.
//
//go:noescape
func divideNEON(y, x []float32, divisor float32)

// lessTwoNEON computes y = x − first − second.
//
//go:noescape
func lessTwoNEON(y, x []float32, first, second float32)

// productLessMeanNEON computes dx = y·(dy − mean).
//
//go:noescape
func productLessMeanNEON(dx, dy, y []float32, mean float32)

// logSoftmaxGradientNEON computes dx = fma(−Exp(y), sum, dy).
//
//go:noescape
func logSoftmaxGradientNEON(dx, dy, y []float32, sum float32)

//go:noescape
func sigmoidCrossEntropyNEON(losses, z, y []float32)

//go:noescape
func crossEntropyGradientNEON(g, p, y []float32, divisor, scale float32)
