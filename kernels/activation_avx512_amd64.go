//go:build gc && !purego

package kernels

func activateAVX512(y, x []float32, a Activation, alpha float32, width int) {
	switch a {
	case ReLU:
		reluAVX512(y, x)
	case ReLU6:
		relu6AVX512(y, x)
	case LeakyReLU:
		leakyReLUAVX512(y, x, alpha)
	case ELU:
		eluAVX512(y, x, alpha)
	case SELU:
		seluAVX512(y, x)
	case CELU:
		if !(alpha > 0) { // an exponential function of positive numbers, which has no meaning
			genericActivate(y, x, a, alpha, width)
			return
		}
		celuAVX512(y, x, alpha)
	case GELU:
		geluAVX512(y, x)
	case GELUTanh:
		geluTanhAVX512(y, x)
	case SiLU:
		siluAVX512(y, x)
	case Mish:
		mishAVX512(y, x)
	case Sigmoid:
		sigmoidAVX512(y, x)
	case HardSigmoid:
		hardSigmoidAVX512(y, x)
	case HardSiLU:
		hardSiLUAVX512(y, x)
	case LogSigmoid:
		logSigmoidAVX512(y, x)
	case Tanh:
		tanhAVX512(y, x)
	case Softplus:
		softplusAVX512(y, x)
	case Softsign:
		softsignAVX512(y, x)
	case Exponential:
		expAVX512(y, x)
	case Softmax:
		switch {
		case width > 16:
			softmaxWideAVX512(y, x, width)
		case width > 8 || len(x) <= width:
			softmaxNarrowAVX512(y, x, width)
		case width > 4:
			softmaxOf8AVX512(y, x, width)
		default:
			softmaxOf4AVX512(y, x, width)
		}
	case LogSoftmax:
		if width <= 16 {
			logSoftmaxNarrowAVX512(y, x, width)
		} else {
			logSoftmaxWideAVX512(y, x, width)
		}
	default:
		genericActivate(y, x, a, alpha, width)
	}
}

func activateGradientAVX512(dx, dy, x, y []float32, a Activation, alpha float32, width int) {
	switch a {
	case ReLU:
		reluGradientAVX512(dx, dy, x)
	case ReLU6:
		relu6GradientAVX512(dx, dy, x)
	case LeakyReLU:
		leakyReLUGradientAVX512(dx, dy, x, alpha)
	case ELU:
		eluGradientAVX512(dx, dy, x, y, alpha)
	case SELU:
		seluGradientAVX512(dx, dy, x, y)
	case CELU:
		celuGradientAVX512(dx, dy, x, y, alpha)
	case GELU:
		geluGradientAVX512(dx, dy, x)
	case GELUTanh:
		geluTanhGradientAVX512(dx, dy, x)
	case SiLU:
		siluGradientAVX512(dx, dy, x)
	case Mish:
		mishGradientAVX512(dx, dy, x)
	case Sigmoid:
		sigmoidGradientAVX512(dx, dy, y)
	case HardSigmoid:
		hardSigmoidGradientAVX512(dx, dy, x)
	case HardSiLU:
		hardSiLUGradientAVX512(dx, dy, x)
	case LogSigmoid:
		logSigmoidGradientAVX512(dx, dy, x)
	case Tanh:
		tanhGradientAVX512(dx, dy, y)
	case Softplus:
		softplusGradientAVX512(dx, dy, x)
	case Softsign:
		softsignGradientAVX512(dx, dy, x)
	case Exponential:
		multiplyAVX512(dx, dy, y)
	case Softmax:
		if width <= 16 {
			softmaxGradientNarrowAVX512(dx, dy, y, width)
		} else {
			softmaxGradientWideAVX512(dx, dy, y, width)
		}
	case LogSoftmax:
		if width <= 16 {
			logSoftmaxGradientNarrowAVX512(dx, dy, y, width)
		} else {
			logSoftmaxGradientWideAVX512(dx, dy, y, width)
		}
	default:
		genericActivateGradient(dx, dy, x, y, a, alpha, width)
	}
}

//go:noescape
func reluAVX512(y, x []float32)

//go:noescape
func reluGradientAVX512(dx, dy, x []float32)

//go:noescape
func relu6AVX512(y, x []float32)

//go:noescape
func relu6GradientAVX512(dx, dy, x []float32)

//go:noescape
func leakyReLUAVX512(y, x []float32, alpha float32)

//go:noescape
func leakyReLUGradientAVX512(dx, dy, x []float32, alpha float32)

//go:noescape
func eluAVX512(y, x []float32, alpha float32)

//go:noescape
func eluGradientAVX512(dx, dy, x, y []float32, alpha float32)

//go:noescape
func seluAVX512(y, x []float32)

//go:noescape
func seluGradientAVX512(dx, dy, x, y []float32)

//go:noescape
func celuAVX512(y, x []float32, alpha float32)

//go:noescape
func celuGradientAVX512(dx, dy, x, y []float32, alpha float32)

//go:noescape
func geluAVX512(y, x []float32)

//go:noescape
func geluGradientAVX512(dx, dy, x []float32)

//go:noescape
func geluTanhAVX512(y, x []float32)

//go:noescape
func geluTanhGradientAVX512(dx, dy, x []float32)

//go:noescape
func siluAVX512(y, x []float32)

//go:noescape
func siluGradientAVX512(dx, dy, x []float32)

//go:noescape
func mishAVX512(y, x []float32)

//go:noescape
func mishGradientAVX512(dx, dy, x []float32)

//go:noescape
func sigmoidAVX512(y, x []float32)

//go:noescape
func sigmoidGradientAVX512(dx, dy, x []float32)

//go:noescape
func hardSigmoidAVX512(y, x []float32)

//go:noescape
func hardSigmoidGradientAVX512(dx, dy, x []float32)

//go:noescape
func hardSiLUAVX512(y, x []float32)

//go:noescape
func hardSiLUGradientAVX512(dx, dy, x []float32)

//go:noescape
func logSigmoidAVX512(y, x []float32)

//go:noescape
func logSigmoidGradientAVX512(dx, dy, x []float32)

//go:noescape
func tanhAVX512(y, x []float32)

//go:noescape
func tanhGradientAVX512(dx, dy, x []float32)

//go:noescape
func softplusAVX512(y, x []float32)

//go:noescape
func softplusGradientAVX512(dx, dy, x []float32)

//go:noescape
func softsignAVX512(y, x []float32)

//go:noescape
func softsignGradientAVX512(dx, dy, x []float32)

//go:noescape
func expAVX512(y, x []float32)

//go:noescape
func multiplyAVX512(dx, dy, x []float32)

//go:noescape
func softmaxNarrowAVX512(y, x []float32, width int)

//go:noescape
func softmaxOf4AVX512(y, x []float32, width int)

//go:noescape
func softmaxOf8AVX512(y, x []float32, width int)

//go:noescape
func softmaxGradientNarrowAVX512(dx, dy, y []float32, width int)

//go:noescape
func softmaxWideAVX512(y, x []float32, width int)

//go:noescape
func softmaxGradientWideAVX512(dx, dy, y []float32, width int)

//go:noescape
func logSoftmaxNarrowAVX512(y, x []float32, width int)

//go:noescape
func logSoftmaxGradientNarrowAVX512(dx, dy, y []float32, width int)

//go:noescape
func logSoftmaxWideAVX512(y, x []float32, width int)

//go:noescape
func logSoftmaxGradientWideAVX512(dx, dy, y []float32, width int)
