//go:build gc && !purego

package kernels

func vectorsAVX512(t *table) {
	t.sum, t.sumAbs, t.dot, t.columnSums = sumAVX512, sumAbsAVX512, sumProductsAVX512, columnSumsAVX512
	t.sgd, t.momentum, t.rmsprop = sgdAVX512, momentumAVX512, rmspropAVX512
	t.adam, t.nadam, t.adamax, t.adagrad, t.lion = adamAVX512, nadamAVX512, adamaxAVX512, adagradAVX512, lionAVX512
	t.decay, t.clipValue, t.scale, t.addPenalty = decayAVX512, clipValueAVX512, scaleAVX512, addPenaltyAVX512
}

//go:noescape
func sumAVX512(x []float32) float32

//go:noescape
func sumProductsAVX512(x, y []float32) float32

//go:noescape
func sumAbsAVX512(x []float32) float32

//go:noescape
func columnSumsAVX512(sums, x []float32)

//go:noescape
func sgdAVX512(w, g []float32, lr float32)

//go:noescape
func momentumAVX512(w, g, m []float32, lr, mu float32, nesterov bool)

//go:noescape
func rmspropAVX512(w, g, v, a, m []float32, s RMSpropStep)

//go:noescape
func adamAVX512(w, g, m, v, vmax []float32, s AdamStep)

//go:noescape
func nadamAVX512(w, g, m, v []float32, s AdamStep)

//go:noescape
func adamaxAVX512(w, g, m, u []float32, s AdamStep)

//go:noescape
func adagradAVX512(w, g, a []float32, lr, epsilon float32)

//go:noescape
func lionAVX512(w, g, m []float32, s LionStep)

//go:noescape
func decayAVX512(w []float32, rate float32)

//go:noescape
func clipValueAVX512(g []float32, limit float32)

//go:noescape
func scaleAVX512(g []float32, factor, divisor float32)

//go:noescape
func addPenaltyAVX512(g, w []float32, l1, l2 float32)
