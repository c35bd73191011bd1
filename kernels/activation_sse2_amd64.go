//go:build gc && !purego

package kernels

func activateSSE2(y, x []float32, a Activation, alpha float32, width int) {
	switch a {
	case ReLU:
		reluSSE2(y, x)
	case ReLU6:
		relu6SSE2(y, x)
	case LeakyReLU:
		leakyReLUSSE2(y, x, alpha)
	case ELU:
		eluSSE2(y, x, alpha, 1)
	case SELU:
		seluSSE2(y, x)
	case CELU:
		if alpha > 0 {
			eluSSE2(y, x, alpha, alpha)
		} else { // x/α can be positive, which the kernel does not expect
			genericActivate(y, x, a, alpha, width)
		}
	case GELU:
		geluSSE2(y, x)
	case GELUTanh:
		geluTanhSSE2(y, x)
	case SiLU:
		siluSSE2(y, x)
	case Mish:
		mishSSE2(y, x)
	case Sigmoid:
		sigmoidSSE2(y, x)
	case HardSigmoid:
		hardSigmoidSSE2(y, x)
	case HardSiLU:
		hardSiLUSSE2(y, x)
	case LogSigmoid:
		softplusSSE2(y, x, withSign(0, -1))
	case Tanh:
		tanhSSE2(y, x)
	case Softplus:
		softplusSSE2(y, x, 0)
	case Softsign:
		softsignSSE2(y, x)
	case Exponential:
		expSSE2(y, x, 0)
	case Softmax:
		for i := 0; i < len(x); i += width {
			softmaxSSE2(y[i:i+width], x[i:i+width])
		}
	case LogSoftmax:
		for i := 0; i < len(x); i += width {
			logSoftmaxSSE2(y[i:i+width], x[i:i+width])
		}
	default:
		genericActivate(y, x, a, alpha, width)
	}
}

func activateGradientSSE2(dx, dy, x, y []float32, a Activation, alpha float32, width int) {
	switch a {
	case ReLU:
		reluGradientSSE2(dx, dy, x)
	case ReLU6:
		relu6GradientSSE2(dx, dy, x)
	case LeakyReLU:
		leakyReLUGradientSSE2(dx, dy, x, alpha)
	case ELU:
		eluGradientSSE2(dx, dy, x, y, alpha, 1)
	case SELU:
		seluGradientSSE2(dx, dy, x, y)
	case CELU:
		eluGradientSSE2(dx, dy, x, y, 1, alpha)
	case GELU:
		geluGradientSSE2(dx, dy, x)
	case GELUTanh:
		geluTanhGradientSSE2(dx, dy, x)
	case SiLU:
		siluGradientSSE2(dx, dy, x)
	case Mish:
		mishGradientSSE2(dx, dy, x)
	case Sigmoid:
		for rest := sigmoidGradientSSE2(dx, dy, y); rest > 0; rest = sigmoidGradientSSE2(dx, dy, y) {
			from := len(y) - rest
			to := from + min(4, rest)
			multiply(dx[from:to], dy[from:to], y[from:to], sigmoidSlope)
			dx, dy, y = dx[to:], dy[to:], y[to:]
		}
	case HardSigmoid:
		hardSigmoidGradientSSE2(dx, dy, x)
	case HardSiLU:
		hardSiLUGradientSSE2(dx, dy, x)
	case LogSigmoid:
		softplusGradientSSE2(dx, dy, x, withSign(0, -1))
	case Tanh:
		tanhGradientSSE2(dx, dy, y)
	case Softplus:
		softplusGradientSSE2(dx, dy, x, 0)
	case Softsign:
		softsignGradientSSE2(dx, dy, x)
	case Exponential:
		expGradientSSE2(dx, dy, y)
	case Softmax:
		for i := 0; i < len(y); i += width {
			dy, y := dy[i:i+width], y[i:i+width]
			softmaxGradientSSE2(dx[i:i+width], dy, y, Dot(dy, y))
		}
	case LogSoftmax:
		for i := 0; i < len(y); i += width {
			logSoftmaxGradientSSE2(dx[i:i+width], dy[i:i+width], y[i:i+width])
		}
	default:
		genericActivateGradient(dx, dy, x, y, a, alpha, width)
	}
}

func softmaxSSE2(y, x []float32) {
	expSSE2(y, x, rowMaxSSE2(x))
	divideSSE2(y, y, Sum(y))
}

func logSoftmaxSSE2(y, x []float32) {
	largest := rowMaxSSE2(x)
	subtractSSE2(y, x, largest, logSumExpSSE2(x, largest))
}

// logSumExpSSE2 keeps no more than a piece of the exponentials.
func logSumExpSSE2(x []float32, largest float32) float32 {
	var e [8 * lanes]float32
	var lane [lanes]float32
	for len(x) > 0 {
		n := min(len(e), len(x))
		expSSE2(e[:n], x[:n], largest)
		for i, v := range e[:n] {
			lane[i%lanes] += v
		}
		x = x[n:]
	}
	return Log(joinLanes(&lane))
}

func sparseCrossEntropySSE2(losses, z []float32, width int) {
	for i, own := range losses {
		row := z[i*width:][:width]
		largest := rowMaxSSE2(row)
		losses[i] = -(own - largest - logSumExpSSE2(row, largest))
	}
}

func logSoftmaxGradientSSE2(dx, dy, y []float32) {
	var e [8 * lanes]float32
	for sum := Sum(dy); len(y) > 0; {
		n := min(len(e), len(y))
		expSSE2(e[:n], y[:n], 0)
		for i, v := range e[:n] {
			dx[i] = FMA(-v, sum, dy[i])
		}
		dx, dy, y = dx[n:], dy[n:], y[n:]
	}
}

//go:noescape
func reluSSE2(y, x []float32)

//go:noescape
func relu6SSE2(y, x []float32)

//go:noescape
func leakyReLUSSE2(y, x []float32, alpha float32)

//go:noescape
func eluSSE2(y, x []float32, alpha, divisor float32)

//go:noescape
func seluSSE2(y, x []float32)

//go:noescape
func geluSSE2(y, x []float32)

//go:noescape
func geluTanhSSE2(y, x []float32)

//go:noescape
func siluSSE2(y, x []float32)

//go:noescape
func mishSSE2(y, x []float32)

//go:noescape
func sigmoidSSE2(y, x []float32)

//go:noescape
func hardSigmoidSSE2(y, x []float32)

//go:noescape
func hardSiLUSSE2(y, x []float32)

//go:noescape
func softplusSSE2(y, x []float32, sign float32)

//go:noescape
func tanhSSE2(y, x []float32)

//go:noescape
func softsignSSE2(y, x []float32)

//go:noescape
func expSSE2(y, x []float32, largest float32)

//go:noescape
func divideSSE2(y, x []float32, divisor float32)

//go:noescape
func subtractSSE2(y, x []float32, a, b float32)

//go:noescape
func reluGradientSSE2(dx, dy, x []float32)

//go:noescape
func relu6GradientSSE2(dx, dy, x []float32)

//go:noescape
func leakyReLUGradientSSE2(dx, dy, x []float32, alpha float32)

//go:noescape
func eluGradientSSE2(dx, dy, x, y []float32, addend, divisor float32)

//go:noescape
func seluGradientSSE2(dx, dy, x, y []float32)

//go:noescape
func geluGradientSSE2(dx, dy, x []float32)

//go:noescape
func geluTanhGradientSSE2(dx, dy, x []float32)

//go:noescape
func siluGradientSSE2(dx, dy, x []float32)

//go:noescape
func mishGradientSSE2(dx, dy, x []float32)

//go:noescape
func sigmoidGradientSSE2(dx, dy, y []float32) (rest int)

//go:noescape
func hardSigmoidGradientSSE2(dx, dy, x []float32)

//go:noescape
func hardSiLUGradientSSE2(dx, dy, x []float32)

//go:noescape
func softplusGradientSSE2(dx, dy, x []float32, sign float32)

//go:noescape
func tanhGradientSSE2(dx, dy, y []float32)

//go:noescape
func softsignGradientSSE2(dx, dy, x []float32)

//go:noescape
func expGradientSSE2(dx, dy, y []float32)

//go:noescape
func softmaxGradientSSE2(dx, dy, y []float32, mean float32)

//go:noescape
func rowMaxSSE2(x []float32) float32
