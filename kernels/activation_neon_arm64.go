//go:build gc && !purego

package kernels

//go:noescape
func sigmoidNEON(y, x []float32, alpha float32)

//go:noescape
func tanhNEON(y, x []float32, alpha float32)

//go:noescape
func exponentialNEON(y, x []float32, alpha float32)

func activateNEON(y, x []float32, a Activation, alpha float32, width int) {
	switch a {
	case Sigmoid:
		sigmoidNEON(y, x, alpha)
	case Tanh:
		tanhNEON(y, x, alpha)
	case Exponential:
		exponentialNEON(y, x, alpha)
	default:
		genericActivate(y, x, a, alpha, width)
	}
}
