//go:build gc && !purego

package kernels

// The functions have the arguments of all activations' kernels on this tier; see activationsNEON.

//go:noescape
func reluNEON(y, x []float32, alpha float32)

//go:noescape
func reluGradientNEON(dx, dy, x, y []float32, alpha float32)

//go:noescape
func relu6NEON(y, x []float32, alpha float32)

//go:noescape
func relu6GradientNEON(dx, dy, x, y []float32, alpha float32)

//go:noescape
func leakyReLUNEON(y, x []float32, alpha float32)

//go:noescape
func leakyReLUGradientNEON(dx, dy, x, y []float32, alpha float32)

//go:noescape
func hardSigmoidNEON(y, x []float32, alpha float32)

//go:noescape
func hardSigmoidGradientNEON(dx, dy, x, y []float32, alpha float32)

//go:noescape
func hardSiLUNEON(y, x []float32, alpha float32)

//go:noescape
func hardSiLUGradientNEON(dx, dy, x, y []float32, alpha float32)
