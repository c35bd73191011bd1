package kernels

import "fmt"

// Cross-entropies of the rows of a batch, of width numbers each, from logits z and targets y: the losses first, then
// their gradients by z, which need the probabilities alone. work is overwritten. z, y, work and the gradient have the
// batch's length, losses and classes one number a row; the functions panic otherwise. Classes must be below the width.

// SigmoidCrossEntropy computes each row's mean of softplus(z) − z·y, which is −y·log σ(z) − (1−y)·log(1−σ(z)).
// Each term is fma(−z, y, SoftplusOf(z)); their Sum is divided by the width.
func SigmoidCrossEntropy(losses, work, z, y []float32, width int) {
	checkCrossEntropy(losses, work, z, width)
	sameLength(z, y)
	if width == 1 {
		work = losses
	}
	training().sigmoidCrossEntropy(work, z, y)
	if width == 1 {
		return // a sum of one number is that number: no term is −0
	}
	RowSums(losses, work, width)
	for i := range losses {
		losses[i] /= float32(width)
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
func SparseSoftmaxCrossEntropy(losses, z, classes []float32, width int) {
	checkCrossEntropy(losses, z, z, width)
	sameLength(losses, classes)
	at := 0
	for i, class := range classes {
		losses[i] = z[at+int(class)]
		at += width
	}
	training().sparseCrossEntropy(losses, z, width)
}

// CrossEntropyGradient computes g = (p − y)/divisor·scale, from the probabilities p, σ(z) or softmax(z) (for targets
// that sum to one), rounded after each of the three operations. The divisor is the width, for the mean of
// SigmoidCrossEntropy, or 1. g may be p.
func CrossEntropyGradient(g, p, y []float32, divisor, scale float32) {
	sameLength(g, p)
	sameLength(g, y)
	training().crossEntropyGradient(g, p, y, divisor, scale)
}

// SparseCrossEntropyGradient is CrossEntropyGradient for targets that are 1 at a row's class and 0 elsewhere, and a
// divisor of 1.
func SparseCrossEntropyGradient(g, work, p, classes []float32, width int, scale float32) {
	checkCrossEntropy(classes, work, p, width)
	sameLength(g, p)
	own := work[:len(classes)]
	at := 0
	for i, class := range classes {
		own[i] = p[at+int(class)] - 1
		at += width
	}
	training().crossEntropyGradient(g, p, nil, 1, scale)
	at = 0
	for i, class := range classes {
		g[at+int(class)] = own[i] * scale
		at += width
	}
}

// genericSigmoidCrossEntropy computes a term of SigmoidCrossEntropy for each element.
func genericSigmoidCrossEntropy(losses, z, y []float32) {
	for j, v := range z {
		losses[j] = FMA(-v, y[j], SoftplusOf(v))
	}
}

// genericSparseCrossEntropy finds the logit of each row's class in losses.
func genericSparseCrossEntropy(losses, z []float32, width int) {
	for i, own := range losses {
		row := z[i*width:][:width]
		largest := rowMax(row)
		losses[i] = -(own - largest - logSumExp(row, largest))
	}
}

// genericCrossEntropyGradient computes CrossEntropyGradient, without the difference if y is nil.
func genericCrossEntropyGradient(g, p, y []float32, divisor, scale float32) {
	for j, v := range p {
		if y != nil {
			v -= y[j]
		}
		g[j] = v / divisor * scale
	}
}

func checkCrossEntropy(losses, work, z []float32, width int) {
	if len(work) != len(z) || len(losses)*width != len(z) {
		panic(fmt.Sprintf("kernels: cross-entropy of %d logits in %d rows of %d, with %d work values", len(z),
			len(losses), width, len(work)))
	}
}
