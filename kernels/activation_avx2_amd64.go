//go:build gc && !purego

package kernels

//go:noescape
func exponentialAVX2(y, x []float32)

//go:noescape
func productAVX2(dx, dy, x []float32)

//go:noescape
func sigmoidAVX2(y, x []float32)

//go:noescape
func sigmoidGradientAVX2(dx, dy, x []float32)

//go:noescape
func tanhAVX2(y, x []float32)

//go:noescape
func tanhGradientAVX2(dx, dy, x []float32)

//go:noescape
func reluAVX2(y, x []float32)

//go:noescape
func reluGradientAVX2(dx, dy, x []float32)

func activationsAVX2(t *table) {
	t.activate = activateAVX2
	t.activateGradient = activateGradientAVX2
}

func activateAVX2(y, x []float32, a Activation, alpha float32, width int) {
	switch a {
	case ReLU:
		reluAVX2(y, x)
	case Sigmoid:
		sigmoidAVX2(y, x)
	case Tanh:
		tanhAVX2(y, x)
	case Exponential:
		exponentialAVX2(y, x)
	default:
		genericActivate(y, x, a, alpha, width)
	}
}

func activateGradientAVX2(dx, dy, x, y []float32, a Activation, alpha float32, width int) {
	switch a {
	case ReLU:
		reluGradientAVX2(dx, dy, x)
	case Sigmoid:
		sigmoidGradientAVX2(dx, dy, y)
	case Tanh:
		tanhGradientAVX2(dx, dy, y)
	case Exponential:
		productAVX2(dx, dy, y)
	default:
		genericActivateGradient(dx, dy, x, y, a, alpha, width)
	}
}
