package kernels

import "sync/atomic"

// trainingTable holds the operations of the contract that only training uses. It is apart from table, and made when
// training first asks for it, so that a program which only predicts does not have their code: the linker keeps what
// functions refer to that can be called, and nothing that a prediction calls refers to these.
type trainingTable struct {
	gemmTN func(c, a, b []float32, m, n, k, lda, ldb, ldc int)
	gemmNT func(c, a, b []float32, m, n, k, lda, ldb, ldc int)

	gemmReLU func(c, a, b, bias []float32, m, n, k, lda, ldb, ldc int)

	turned    func(c, a, b, bias []float32, relu bool, m, n, k, rsA, csA int)
	transpose func(dst, src []float32, rows, columns int)

	gemmTNAdam func(w, mean, square, g, a, b []float32, m, n, k, lda, ldb, ldw int, s AdamStep)

	activateGradient func(dx, dy, x, y []float32, a Activation, alpha float32, width int)

	gatherRows func(dst, src []float32, order []int32, n, width, rows int) (left int)

	shuffle    func(p *PCG, order []int32)
	binaryHits func(p, y []float32) int

	sigmoidCrossEntropy  func(losses, z, y []float32)
	sparseCrossEntropy   func(losses, z []float32, width int)
	crossEntropyGradient func(g, p, y []float32, divisor, scale float32)

	sumAbs     func(x []float32) float32
	columnSums func(sums, x []float32)

	sgd        func(w, g []float32, lr float32)
	momentum   func(w, g, m []float32, lr, mu float32, nesterov bool)
	rmsprop    func(w, g, v, a, m []float32, s RMSpropStep)
	adam       func(w, g, m, v, vmax []float32, s AdamStep)
	nadam      func(w, g, m, v []float32, s AdamStep)
	adamax     func(w, g, m, u []float32, s AdamStep)
	adagrad    func(w, g, a []float32, lr, epsilon float32)
	lion       func(w, g, m []float32, s LionStep)
	decay      func(w []float32, rate float32)
	clipValue  func(g []float32, limit float32)
	scale      func(g []float32, factor, divisor float32)
	addPenalty func(g, w []float32, l1, l2 float32)
}

func genericTraining() *trainingTable {
	return &trainingTable{
		gemmTN: genericGemmTN, gemmNT: genericGemmNT, gemmReLU: genericGemmReLU, gemmTNAdam: genericGemmTNAdam,
		turned: genericTurned, transpose: genericTranspose,
		activateGradient:    genericActivateGradient,
		gatherRows:          genericGatherRows,
		shuffle:             genericShuffle,
		binaryHits:          genericBinaryHits,
		sigmoidCrossEntropy: genericSigmoidCrossEntropy, sparseCrossEntropy: genericSparseCrossEntropy,
		crossEntropyGradient: genericCrossEntropyGradient,
		sumAbs:               genericSumAbs, columnSums: genericColumnSums,
		sgd: genericSGD, momentum: genericMomentum, rmsprop: genericRMSprop, adam: genericAdam,
		nadam: genericNadam, adamax: genericAdamax, adagrad: genericAdagrad, lion: genericLion,
		decay: genericDecay, clipValue: genericClipValue, scale: genericScale, addPenalty: genericAddPenalty,
	}
}

var activeTraining atomic.Pointer[trainingTable] // of the active tier, nil until it is asked for

// training returns the active tier's training kernels. (It is short enough for the compiler to inline.)
func training() *trainingTable {
	if t := activeTraining.Load(); t != nil {
		return t
	}
	return firstTraining()
}

func firstTraining() *trainingTable {
	t := active.training()
	activeTraining.Store(t)
	return t
}

// training makes the training kernels of a table's tier: the reference's, and over them those of the tier itself, which
// each architecture's file names in fillTraining.
func (t *table) training() *trainingTable {
	kernels := genericTraining()
	fillTraining(t.name, kernels)
	return kernels
}
