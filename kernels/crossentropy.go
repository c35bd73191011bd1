package kernels

import "fmt"

// Cross-entropies of one row, from logits z and targets y, with the gradient by z written into g unless g is nil. work
// is overwritten. All slices have the row's length; they panic otherwise. g may not be z.

// SigmoidCrossEntropy returns the mean over the row of softplus(z) − z·y, which is −y·log σ(z) − (1−y)·log(1−σ(z)).
// Each term is fma(−z, y, SoftplusOf(z)); their Sum is divided by the length. The gradient is (SigmoidOf(z) −
// y)/length.
func SigmoidCrossEntropy(work, g, z, y []float32) float32 {
	checkCrossEntropy(work, g, z)
	sameLength(z, y)
	n := float32(len(z))
	Activate(work, z, Softplus, 0, len(z))
	for j, v := range z {
		work[j] = FMA(-v, y[j], work[j])
	}
	if g != nil {
		Activate(g, z, Sigmoid, 0, len(z))
		for j, t := range y {
			g[j] = (g[j] - t) / n
		}
	}
	return Sum(work) / n
}

// SoftmaxCrossEntropy returns −Σ y·log softmax(z): −Dot(y, log_softmax(z)). The gradient is softmax(z) − y, for targets
// that sum to one.
func SoftmaxCrossEntropy(work, g, z, y []float32) float32 {
	checkCrossEntropy(work, g, z)
	sameLength(z, y)
	Activate(work, z, LogSoftmax, 0, len(z))
	if g != nil {
		Activate(g, z, Softmax, 0, len(z))
		for j, t := range y {
			g[j] -= t
		}
	}
	return -Dot(y, work)
}

// SparseSoftmaxCrossEntropy is SoftmaxCrossEntropy for the target that is 1 at class and 0 elsewhere:
// −log_softmax(z)[class].
func SparseSoftmaxCrossEntropy(work, g, z []float32, class int) float32 {
	checkCrossEntropy(work, g, z)
	Activate(work, z, LogSoftmax, 0, len(z))
	if g != nil {
		Activate(g, z, Softmax, 0, len(z))
		g[class]--
	}
	return -work[class]
}

func checkCrossEntropy(work, g, z []float32) {
	if len(work) != len(z) || g != nil && len(g) != len(z) {
		panic(fmt.Sprintf("kernels: cross-entropy of %d logits with %d work values and a gradient of %d", len(z),
			len(work), len(g)))
	}
}
