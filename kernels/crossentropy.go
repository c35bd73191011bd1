package kernels

import "fmt"

// Cross-entropies of the rows of a batch, of width numbers each, from logits z and targets y: the losses first, then
// their gradients by z, which need the probabilities alone. work is overwritten. z, y, work and the gradient have the
// batch's length, losses and classes one number a row; the functions panic otherwise.

// SigmoidCrossEntropy computes each row's mean of softplus(z) − z·y, which is −y·log σ(z) − (1−y)·log(1−σ(z)).
// Each term is fma(−z, y, SoftplusOf(z)); their Sum is divided by the width.
func SigmoidCrossEntropy(losses, work, z, y []float32, width int) {
	checkCrossEntropy(losses, work, z, width)
	sameLength(z, y)
	Activate(work, z, Softplus, 0, width)
	if zerosAndOnes(y) { // z·y is exact, and so needs no fused product
		for j, v := range z {
			work[j] -= float32(v * y[j])
		}
	} else {
		for j, v := range z {
			work[j] = FMA(-v, y[j], work[j])
		}
	}
	RowSums(losses, work, width)
	if width > 1 {
		for i := range losses {
			losses[i] /= float32(width)
		}
	}
}

// SoftmaxCrossEntropy computes each row's −Σ y·log softmax(z): −Dot(y, log_softmax(z)).
func SoftmaxCrossEntropy(losses, work, z, y []float32, width int) {
	checkCrossEntropy(losses, work, z, width)
	sameLength(z, y)
	Activate(work, z, LogSoftmax, 0, width)
	for i := range losses {
		losses[i] = -Dot(y[i*width:][:width], work[i*width:][:width])
	}
}

// SparseSoftmaxCrossEntropy is SoftmaxCrossEntropy for targets that are 1 at a row's class and 0 elsewhere:
// −log_softmax(z)[class].
func SparseSoftmaxCrossEntropy(losses, work, z, classes []float32, width int) {
	checkCrossEntropy(losses, work, z, width)
	sameLength(losses, classes)
	Activate(work, z, LogSoftmax, 0, width)
	for i, class := range classes {
		losses[i] = -work[i*width:][:width][int(class)]
	}
}

// CrossEntropyGradient computes g = (p − y)/divisor·scale, from the probabilities p, σ(z) or softmax(z) (for targets
// that sum to one), rounded after each of the three operations. The divisor is the width, for the mean of
// SigmoidCrossEntropy, or 1. g may be p.
func CrossEntropyGradient(g, p, y []float32, divisor, scale float32) {
	sameLength(g, p)
	sameLength(g, y)
	if divisor == 1 {
		for j, v := range p {
			g[j] = (v - y[j]) * scale
		}
		return
	}
	for j, v := range p {
		g[j] = (v - y[j]) / divisor * scale
	}
}

// SparseCrossEntropyGradient is CrossEntropyGradient for targets that are 1 at a row's class and 0 elsewhere, and a
// divisor of 1.
func SparseCrossEntropyGradient(g, p, classes []float32, width int, scale float32) {
	sameLength(g, p)
	if len(classes)*width != len(p) {
		panic(fmt.Sprintf("kernels: gradient of %d rows of %d has %d elements", len(classes), width, len(p)))
	}
	for i, class := range classes {
		p, g := p[i*width:][:width], g[i*width:][:width]
		at := int(class)
		share := p[at] - 1
		for j, v := range p {
			g[j] = v * scale
		}
		g[at] = share * scale
	}
}

// zerosAndOnes reports whether all elements are 0, −0 or 1.
func zerosAndOnes(y []float32) bool {
	for _, v := range y {
		if v != 0 && v != 1 {
			return false
		}
	}
	return true
}

func checkCrossEntropy(losses, work, z []float32, width int) {
	if len(work) != len(z) || len(losses)*width != len(z) {
		panic(fmt.Sprintf("kernels: cross-entropy of %d logits in %d rows of %d, with %d work values", len(z),
			len(losses), width, len(work)))
	}
}
