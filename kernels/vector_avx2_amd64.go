//go:build gc && !purego

package kernels

func trainingAVX2(t *trainingTable) {
	microkernelsAVX2.fillTraining(t)
	t.activateGradient = activateGradientAVX2
	t.gatherRows, t.binaryHits = gatherRowsAVX2, binaryHitsAVX2
	t.sparseCrossEntropy, t.crossEntropyGradient = sparseCrossEntropyAVX2, crossEntropyGradientAVX2
	t.sumAbs, t.columnSums = sumAbsAVX2, columnSumsAVX2
	t.sgd, t.momentum, t.rmsprop = sgdAVX2, momentumAVX2, rmspropAVX2
	t.adam, t.nadam, t.adamax, t.adagrad, t.lion = adamAVX2, nadamAVX2, adamaxAVX2, adagradAVX2, lionAVX2
	t.decay, t.clipValue, t.scale, t.addPenalty = decayAVX2, clipValueAVX2, scaleAVX2, addPenaltyAVX2
}

//go:noescape
func sumAVX2(x []float32) float32

//go:noescape
func sumProductsAVX2(x, y []float32) float32

//go:noescape
func multiplyAddAVX2(y, x, a, b []float32)

//go:noescape
func sumAbsAVX2(x []float32) float32

//go:noescape
func columnSumsAVX2(sums, x []float32)

//go:noescape
func sgdAVX2(w, g []float32, lr float32)

//go:noescape
func momentumAVX2(w, g, m []float32, lr, mu float32, nesterov bool)

//go:noescape
func rmspropAVX2(w, g, v, a, m []float32, s RMSpropStep)

//go:noescape
func adamAVX2(w, g, m, v, vmax []float32, s AdamStep)

//go:noescape
func nadamAVX2(w, g, m, v []float32, s AdamStep)

//go:noescape
func adamaxAVX2(w, g, m, u []float32, s AdamStep)

//go:noescape
func adagradAVX2(w, g, a []float32, lr, epsilon float32)

//go:noescape
func lionAVX2(w, g, m []float32, s LionStep)

//go:noescape
func decayAVX2(w []float32, rate float32)

//go:noescape
func clipValueAVX2(g []float32, limit float32)

//go:noescape
func scaleAVX2(g []float32, factor, divisor float32)

//go:noescape
func addPenaltyAVX2(g, w []float32, l1, l2 float32)

//go:noescape
func crossEntropyGradientAVX2(g, p, y []float32, divisor, scale float32)
