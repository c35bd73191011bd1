//go:build gc && !purego

package kernels

func activationsAVX512(t *table) {
	t.activate = activateAVX512
}

func activateAVX512(y, x []float32, a Activation, alpha float32, width int) {
	switch a {
	case Sigmoid:
		sigmoidAVX512(y, x)
	case Tanh:
		tanhAVX512(y, x)
	case Exponential:
		expAVX512(y, x)
	default:
		genericActivate(y, x, a, alpha, width)
	}
}

//go:noescape
func expAVX512(y, x []float32)

//go:noescape
func sigmoidAVX512(y, x []float32)

//go:noescape
func tanhAVX512(y, x []float32)
