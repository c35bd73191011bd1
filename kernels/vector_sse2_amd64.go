//go:build gc && !purego

package kernels

import "math"

func trainingSSE2(t *trainingTable) {
	microkernelsSSE2.fillTraining(t)
	t.activateGradient = activateGradientSSE2
	t.sparseCrossEntropy = sparseCrossEntropySSE2
	t.sumAbs, t.columnSums = sumAbsSSE2, columnSumsSSE2
	t.sgd, t.momentum, t.rmsprop = sgdSSE2, momentumSSE2, rmspropSSE2
	t.adam, t.nadam, t.adamax, t.adagrad, t.lion = adamSSE2, nadamSSE2, adamaxSSE2, adagradSSE2, lionSSE2
	t.decay, t.clipValue, t.scale, t.addPenalty = decaySSE2, clipValueSSE2, scaleSSE2, addPenaltySSE2
}

func sumSSE2(x []float32) float32    { return sumMaskedSSE2(x, math.MaxUint32) }
func sumAbsSSE2(x []float32) float32 { return sumMaskedSSE2(x, math.MaxUint32>>1) }

// sumMaskedSSE2 returns the sum of the elements of x, each after its bits were and-ed with the mask.
//
//go:noescape
func sumMaskedSSE2(x []float32, mask uint32) float32

// dotSSE2 goes by blocks that the first-level cache keeps, and computes those again by FMA that were risky.
func dotSSE2(x, y []float32) float32 {
	const block = 32 * lanes
	var lane [lanes]float32
	y = y[:len(x)]
	for len(x) > 0 {
		n := min(block, len(x))
		whole := n / lanes * lanes
		if before := lane; whole > 0 && dotBlockSSE2(&lane, &x[0], &y[0], whole) {
			lane, whole = before, 0
		}
		for i := whole; i < n; i++ {
			lane[i%lanes] = FMA(x[i], y[i], lane[i%lanes])
		}
		x, y = x[n:], y[n:]
	}
	return joinLanes(&lane)
}

//go:noescape
func dotBlockSSE2(lane *[lanes]float32, x, y *float32, n int) (risky bool)

// columnSumsSSE2 goes by 32 and by 8 columns. The last 8 may have been summed before: that does them again.
func columnSumsSSE2(sums, x []float32) {
	width := len(sums)
	if width < 8 || len(x) == 0 {
		genericColumnSums(sums, x)
		return
	}
	j := 0
	for ; j+32 <= width; j += 32 {
		columns32SSE2(&sums[j], &x[j], len(x)/width, width)
	}
	for ; j < width; j += 8 {
		j = min(j, width-8)
		columns8SSE2(&sums[j], &x[j], len(x)/width, width)
	}
}

// columns32SSE2 and columns8SSE2 sum that many columns over rows ≥ 1 rows.

//go:noescape
func columns32SSE2(sums, x *float32, rows, stride int)

//go:noescape
func columns8SSE2(sums, x *float32, rows, stride int)

// An update computes blocks of its results apart from its operands, and then copies them to their places, or, if they
// are risky (the assembly says when), lets the portable function do the block, as it does the last n mod 4 elements.
const updateBlock = 64

// result is an update's of one block: the first of its array are the weights, then come the states in the order of the
// arguments.
type result [updateBlock]float32

// blockOf returns the length of the next block of n elements: a multiple of 4, or 0 if fewer are left.
func blockOf(n int) int { return min(updateBlock, n&^3) }

// upTo and after return the first n elements of x and what follows them, nil if x is nil.
func upTo(x []float32, n int) []float32 {
	if x == nil {
		return nil
	}
	return x[:n]
}

func after(x []float32, n int) []float32 {
	if x == nil {
		return nil
	}
	return x[n:]
}

func sgdSSE2(w, g []float32, lr float32) {
	var out [1]result
	for n := blockOf(len(w)); n > 0; n = blockOf(len(w)) {
		if sgdBlockSSE2(&out[0], &w[0], &g[0], n, lr) {
			genericSGD(w[:n], g, lr)
		} else {
			copy(w, out[0][:n])
		}
		w, g = w[n:], g[n:]
	}
	genericSGD(w, g, lr)
}

//go:noescape
func sgdBlockSSE2(out *result, w, grad *float32, n int, lr float32) (risky bool)

func momentumSSE2(w, g, m []float32, lr, mu float32, nesterov bool) {
	var out [2]result
	for n := blockOf(len(w)); n > 0; n = blockOf(len(w)) {
		if momentumBlockSSE2(&out[0], &w[0], &g[0], &m[0], n, lr, mu, nesterov) {
			genericMomentum(w[:n], g, m, lr, mu, nesterov)
		} else {
			copy(w, out[0][:n])
			copy(m, out[1][:n])
		}
		w, g, m = w[n:], g[n:], m[n:]
	}
	genericMomentum(w, g, m, lr, mu, nesterov)
}

//go:noescape
func momentumBlockSSE2(out *result, w, grad, m *float32, n int, lr, mu float32, nesterov bool) (risky bool)

func rmspropSSE2(w, g, v, a, m []float32, s RMSpropStep) {
	var out [4]result
	for n := blockOf(len(w)); n > 0; n = blockOf(len(w)) {
		if rmspropBlockSSE2(&out[0], &w[0], &g[0], &v[0], pointerTo(a, 0), pointerTo(m, 0), n, &s) {
			genericRMSprop(w[:n], g, v, a, m, s)
		} else {
			copy(w, out[0][:n])
			copy(v, out[1][:n])
			copy(upTo(a, n), out[2][:])
			copy(upTo(m, n), out[3][:])
		}
		w, g, v, a, m = w[n:], g[n:], v[n:], after(a, n), after(m, n)
	}
	genericRMSprop(w, g, v, a, m, s)
}

//go:noescape
func rmspropBlockSSE2(out *result, w, grad, v, a, m *float32, n int, s *RMSpropStep) (risky bool)

func adamSSE2(w, g, m, v, vmax []float32, s AdamStep) {
	var out [4]result
	for n := blockOf(len(w)); n > 0; n = blockOf(len(w)) {
		if adamBlockSSE2(&out[0], &w[0], &g[0], &m[0], &v[0], pointerTo(vmax, 0), n, &s) {
			genericAdam(w[:n], g, m, v, vmax, s)
		} else {
			copy(w, out[0][:n])
			copy(m, out[1][:n])
			copy(v, out[2][:n])
			copy(upTo(vmax, n), out[3][:])
		}
		w, g, m, v, vmax = w[n:], g[n:], m[n:], v[n:], after(vmax, n)
	}
	genericAdam(w, g, m, v, vmax, s)
}

//go:noescape
func adamBlockSSE2(out *result, w, grad, m, v, vmax *float32, n int, s *AdamStep) (risky bool)

func nadamSSE2(w, g, m, v []float32, s AdamStep) {
	var out [3]result
	for n := blockOf(len(w)); n > 0; n = blockOf(len(w)) {
		if nadamBlockSSE2(&out[0], &w[0], &g[0], &m[0], &v[0], n, &s) {
			genericNadam(w[:n], g, m, v, s)
		} else {
			copy(w, out[0][:n])
			copy(m, out[1][:n])
			copy(v, out[2][:n])
		}
		w, g, m, v = w[n:], g[n:], m[n:], v[n:]
	}
	genericNadam(w, g, m, v, s)
}

//go:noescape
func nadamBlockSSE2(out *result, w, grad, m, v *float32, n int, s *AdamStep) (risky bool)

func adamaxSSE2(w, g, m, u []float32, s AdamStep) {
	var out [3]result
	for n := blockOf(len(w)); n > 0; n = blockOf(len(w)) {
		if adamaxBlockSSE2(&out[0], &w[0], &g[0], &m[0], &u[0], n, &s) {
			genericAdamax(w[:n], g, m, u, s)
		} else {
			copy(w, out[0][:n])
			copy(m, out[1][:n])
			copy(u, out[2][:n])
		}
		w, g, m, u = w[n:], g[n:], m[n:], u[n:]
	}
	genericAdamax(w, g, m, u, s)
}

//go:noescape
func adamaxBlockSSE2(out *result, w, grad, m, u *float32, n int, s *AdamStep) (risky bool)

func adagradSSE2(w, g, a []float32, lr, epsilon float32) {
	var out [2]result
	for n := blockOf(len(w)); n > 0; n = blockOf(len(w)) {
		if adagradBlockSSE2(&out[0], &w[0], &g[0], &a[0], n, lr, epsilon) {
			genericAdagrad(w[:n], g, a, lr, epsilon)
		} else {
			copy(w, out[0][:n])
			copy(a, out[1][:n])
		}
		w, g, a = w[n:], g[n:], a[n:]
	}
	genericAdagrad(w, g, a, lr, epsilon)
}

//go:noescape
func adagradBlockSSE2(out *result, w, grad, a *float32, n int, lr, epsilon float32) (risky bool)

func lionSSE2(w, g, m []float32, s LionStep) {
	var out [2]result
	for n := blockOf(len(w)); n > 0; n = blockOf(len(w)) {
		if lionBlockSSE2(&out[0], &w[0], &g[0], &m[0], n, &s) {
			genericLion(w[:n], g, m, s)
		} else {
			copy(w, out[0][:n])
			copy(m, out[1][:n])
		}
		w, g, m = w[n:], g[n:], m[n:]
	}
	genericLion(w, g, m, s)
}

//go:noescape
func lionBlockSSE2(out *result, w, grad, m *float32, n int, s *LionStep) (risky bool)

func decaySSE2(w []float32, rate float32) {
	var out [1]result
	for n := blockOf(len(w)); n > 0; n = blockOf(len(w)) {
		if decayBlockSSE2(&out[0], &w[0], n, rate) {
			genericDecay(w[:n], rate)
		} else {
			copy(w, out[0][:n])
		}
		w = w[n:]
	}
	genericDecay(w, rate)
}

//go:noescape
func decayBlockSSE2(out *result, w *float32, n int, rate float32) (risky bool)

func addPenaltySSE2(g, w []float32, l1, l2 float32) {
	var out [1]result
	for n := blockOf(len(g)); n > 0; n = blockOf(len(g)) {
		if penaltyBlockSSE2(&out[0], &g[0], &w[0], n, l1, 2*l2) {
			genericAddPenalty(g[:n], w, l1, l2)
		} else {
			copy(g, out[0][:n])
		}
		g, w = g[n:], w[n:]
	}
	genericAddPenalty(g, w, l1, l2)
}

//go:noescape
func penaltyBlockSSE2(out *result, grad, w *float32, n int, l1, twiceL2 float32) (risky bool)

func clipValueSSE2(g []float32, limit float32) {
	n := len(g) &^ 3
	if n > 0 {
		clipSSE2(&g[0], n, limit)
	}
	genericClipValue(g[n:], limit)
}

//go:noescape
func clipSSE2(grad *float32, n int, limit float32)

func scaleSSE2(g []float32, factor, divisor float32) {
	n := len(g) &^ 3
	if n > 0 {
		scaleByFourSSE2(&g[0], n, factor, divisor)
	}
	genericScale(g[n:], factor, divisor)
}

//go:noescape
func scaleByFourSSE2(grad *float32, n int, factor, divisor float32)
