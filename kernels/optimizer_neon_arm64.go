//go:build gc && !purego

package kernels

func optimizersNEON(t *trainingTable) {
	t.sgd, t.momentum, t.rmsprop = sgdNEON, momentumNEON, rmspropNEON
	t.adam, t.nadam, t.adamax, t.adagrad, t.lion = adamNEON, nadamNEON, adamaxNEON, adagradNEON, lionNEON
	t.decay, t.clipValue, t.scale, t.addPenalty = decayNEON, clipValueNEON, scaleNEON, addPenaltyNEON
}

//go:noescape
func sgdNEON(w, g []float32, lr float32)

//go:noescape
func momentumNEON(w, g, m []float32, lr, mu float32, nesterov bool)

//go:noescape
func rmspropNEON(w, g, v, a, m []float32, s RMSpropStep)

//go:noescape
func adamNEON(w, g, m, v, vmax []float32, s AdamStep)

//go:noescape
func nadamNEON(w, g, m, v []float32, s AdamStep)

//go:noescape
func adamaxNEON(w, g, m, u []float32, s AdamStep)

//go:noescape
func adagradNEON(w, g, a []float32, lr, epsilon float32)

//go:noescape
func lionNEON(w, g, m []float32, s LionStep)

//go:noescape
func decayNEON(w []float32, rate float32)

//go:noescape
func clipValueNEON(g []float32, limit float32)

//go:noescape
func scaleNEON(g []float32, factor, divisor float32)

//go:noescape
func addPenaltyNEON(g, w []float32, l1, l2 float32)
