//go:build gc && !purego

package kernels

func activationsSSE2(t *table) {
	t.activate = activateSSE2
	t.activateGradient = activateGradientSSE2
}

func activateSSE2(y, x []float32, a Activation, alpha float32, width int) {
	switch a {
	case ReLU:
		reluSSE2(y, x)
	case ReLU6:
		relu6SSE2(y, x)
	case LeakyReLU:
		leakyReLUSSE2(y, x, alpha)
	case Sigmoid:
		sigmoidSSE2(y, x)
	case Tanh:
		tanhSSE2(y, x)
	case Exponential:
		expSSE2(y, x, 0)
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
	default:
		genericActivateGradient(dx, dy, x, y, a, alpha, width)
	}
}

//go:noescape
func reluSSE2(y, x []float32)

//go:noescape
func relu6SSE2(y, x []float32)

//go:noescape
func leakyReLUSSE2(y, x []float32, alpha float32)

//go:noescape
func expSSE2(y, x []float32, largest float32)

//go:noescape
func sigmoidSSE2(y, x []float32)

//go:noescape
func tanhSSE2(y, x []float32)

//go:noescape
func reluGradientSSE2(dx, dy, x []float32)

//go:noescape
func relu6GradientSSE2(dx, dy, x []float32)

//go:noescape
func leakyReLUGradientSSE2(dx, dy, x []float32, alpha float32)
