//go:build gc && !purego

package kernels

//go:noescape
func reluAVX2(y, x []float32)

//go:noescape
func reluGradientAVX2(dx, dy, x []float32)

//go:noescape
func relu6AVX2(y, x []float32)

//go:noescape
func relu6GradientAVX2(dx, dy, x []float32)

//go:noescape
func leakyReLUAVX2(y, x []float32, alpha float32)

//go:noescape
func leakyReLUGradientAVX2(dx, dy, x []float32, alpha float32)

//go:noescape
func eluAVX2(y, x []float32, alpha float32)

//go:noescape
func eluGradientAVX2(dx, dy, x, y []float32, alpha float32)

//go:noescape
func seluAVX2(y, x []float32)

//go:noescape
func seluGradientAVX2(dx, dy, x, y []float32)

//go:noescape
func celuAVX2(y, x []float32, alpha float32)

//go:noescape
func celuGradientAVX2(dx, dy, x, y []float32, alpha float32)

//go:noescape
func geluAVX2(y, x []float32)

//go:noescape
func geluGradientAVX2(dx, dy, x []float32)

//go:noescape
func geluTanhAVX2(y, x []float32)

//go:noescape
func geluTanhGradientAVX2(dx, dy, x []float32)

//go:noescape
func siluAVX2(y, x []float32)

//go:noescape
func siluGradientAVX2(dx, dy, x []float32)

//go:noescape
func mishAVX2(y, x []float32)

//go:noescape
func mishGradientAVX2(dx, dy, x []float32)

//go:noescape
func sigmoidAVX2(y, x []float32)

//go:noescape
func sigmoidGradientAVX2(dx, dy, y []float32)

//go:noescape
func hardSigmoidAVX2(y, x []float32)

//go:noescape
func hardSigmoidGradientAVX2(dx, dy, x []float32)

//go:noescape
func hardSiLUAVX2(y, x []float32)

//go:noescape
func hardSiLUGradientAVX2(dx, dy, x []float32)

//go:noescape
func logSigmoidAVX2(y, x []float32)

//go:noescape
func logSigmoidGradientAVX2(dx, dy, x []float32)

//go:noescape
func tanhAVX2(y, x []float32)

//go:noescape
func tanhGradientAVX2(dx, dy, y []float32)

//go:noescape
func softplusAVX2(y, x []float32)

//go:noescape
func softplusGradientAVX2(dx, dy, x []float32)

//go:noescape
func softsignAVX2(y, x []float32)

//go:noescape
func softsignGradientAVX2(dx, dy, x []float32)

//go:noescape
func exponentialAVX2(y, x []float32)

//go:noescape
func exponentialGradientAVX2(dx, dy, y []float32)

//go:noescape
func rowMaxAVX2(x []float32) float32

// expAndSumAVX2 computes y[i] = Exp(x[i] − largest) and their sum.
//
//go:noescape
func expAndSumAVX2(y, x []float32, largest float32) (sum float32)

// logSumExpAVX2 computes Log(Σ Exp(x[i] − largest)).
//
//go:noescape
func logSumExpAVX2(x []float32, largest float32) float32

// divideAVX2 computes y = x/divisor.
//
//go:noescape
func divideAVX2(y, x []float32, divisor float32)

// lessTwoAVX2 computes y = x − first − second.
//
//go:noescape
func lessTwoAVX2(y, x []float32, first, second float32)

// productLessMeanAVX2 computes dx = y·(dy − mean).
//
//go:noescape
func productLessMeanAVX2(dx, y, dy []float32, mean float32)

// logSoftmaxGradientAVX2 computes dx = fma(−Exp(y), sum, dy).
//
//go:noescape
func logSoftmaxGradientAVX2(dx, dy, y []float32, sum float32)

func activateAVX2(y, x []float32, a Activation, alpha float32, width int) {
	switch a {
	case ReLU:
		reluAVX2(y, x)
	case ReLU6:
		relu6AVX2(y, x)
	case LeakyReLU:
		leakyReLUAVX2(y, x, alpha)
	case ELU:
		eluAVX2(y, x, alpha)
	case SELU:
		seluAVX2(y, x)
	case CELU:
		celuAVX2(y, x, alpha)
	case GELU:
		geluAVX2(y, x)
	case GELUTanh:
		geluTanhAVX2(y, x)
	case SiLU:
		siluAVX2(y, x)
	case Mish:
		mishAVX2(y, x)
	case Sigmoid:
		sigmoidAVX2(y, x)
	case HardSigmoid:
		hardSigmoidAVX2(y, x)
	case HardSiLU:
		hardSiLUAVX2(y, x)
	case LogSigmoid:
		logSigmoidAVX2(y, x)
	case Tanh:
		tanhAVX2(y, x)
	case Softplus:
		softplusAVX2(y, x)
	case Softsign:
		softsignAVX2(y, x)
	case Exponential:
		exponentialAVX2(y, x)
	case Softmax:
		for i := 0; i < len(x); i += width {
			y, x := y[i:i+width], x[i:i+width]
			divideAVX2(y, y, expAndSumAVX2(y, x, rowMaxAVX2(x)))
		}
	case LogSoftmax:
		for i := 0; i < len(x); i += width {
			y, x := y[i:i+width], x[i:i+width]
			largest := rowMaxAVX2(x)
			lessTwoAVX2(y, x, largest, logSumExpAVX2(x, largest))
		}
	default:
		genericActivate(y, x, a, alpha, width)
	}
}

func activateGradientAVX2(dx, dy, x, y []float32, a Activation, alpha float32, width int) {
	switch a {
	case ReLU:
		reluGradientAVX2(dx, dy, x)
	case ReLU6:
		relu6GradientAVX2(dx, dy, x)
	case LeakyReLU:
		leakyReLUGradientAVX2(dx, dy, x, alpha)
	case ELU:
		eluGradientAVX2(dx, dy, x, y, alpha)
	case SELU:
		seluGradientAVX2(dx, dy, x, y)
	case CELU:
		celuGradientAVX2(dx, dy, x, y, alpha)
	case GELU:
		geluGradientAVX2(dx, dy, x)
	case GELUTanh:
		geluTanhGradientAVX2(dx, dy, x)
	case SiLU:
		siluGradientAVX2(dx, dy, x)
	case Mish:
		mishGradientAVX2(dx, dy, x)
	case Sigmoid:
		sigmoidGradientAVX2(dx, dy, y)
	case HardSigmoid:
		hardSigmoidGradientAVX2(dx, dy, x)
	case HardSiLU:
		hardSiLUGradientAVX2(dx, dy, x)
	case LogSigmoid:
		logSigmoidGradientAVX2(dx, dy, x)
	case Tanh:
		tanhGradientAVX2(dx, dy, y)
	case Softplus:
		softplusGradientAVX2(dx, dy, x)
	case Softsign:
		softsignGradientAVX2(dx, dy, x)
	case Exponential:
		exponentialGradientAVX2(dx, dy, y)
	case Softmax:
		for i := 0; i < len(x); i += width {
			dx, dy, y := dx[i:i+width], dy[i:i+width], y[i:i+width]
			productLessMeanAVX2(dx, y, dy, Dot(dy, y))
		}
	case LogSoftmax:
		for i := 0; i < len(x); i += width {
			dx, dy, y := dx[i:i+width], dy[i:i+width], y[i:i+width]
			logSoftmaxGradientAVX2(dx, dy, y, Sum(dy))
		}
	default:
		genericActivateGradient(dx, dy, x, y, a, alpha, width)
	}
}

func sparseCrossEntropyAVX2(losses, z []float32, width int) {
	for i, own := range losses {
		row := z[i*width:][:width]
		largest := rowMaxAVX2(row)
		losses[i] = -(own - largest - logSumExpAVX2(row, largest))
	}
}
