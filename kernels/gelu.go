package kernels

const (
	sqrt2OverPi2 = 1.5957691216057307118 // 2·√(2/π)
	invSqrt2Pi   = 0.39894228040143267794
	geluCubic    = 0.044715
)

// normalTail returns, for x clamped to [−15, 15], that x, z = e^−x²/2, and p and q with z·p/q = Φ(−|x|), the
// distribution function of the standard normal distribution: p/q approximates Mills' ratio times 1/√2π.
//
// a = |x|; h = a·a and l = fma(a, a, −h), so that h + l is x² exactly; z = expSum(−½·h, −½·l); p and q by Horner's
// scheme, of degrees 4 and 5 (rational minimax of the relative error on [0, 14.5], 2⁻²⁶·⁵⁸ with rounded coefficients).
func normalTail(x float32) (clamped, z, p, q float32) {
	if x > 15 {
		x = 15
	}
	if x < -15 {
		x = -15
	}
	a := abs(x)
	h := float32(a * a)
	l := FMA(a, a, -h)
	p = FMA(0.004085645545274019, a, 0.04044374078512192)
	p = FMA(p, a, 0.18269850313663483)
	p = FMA(p, a, 0.437610387802124)
	p = FMA(p, a, 0.5)
	q = FMA(0.010241072624921799, a, 0.1013839840888977)
	q = FMA(q, a, 0.46804630756378174)
	q = FMA(q, a, 1.2003382444381714)
	q = FMA(q, a, 1.6731055974960327)
	q = FMA(q, a, 1)
	return x, expSum(-0.5*h, float32(-0.5*l)), p, q
}

// gelu returns x·Φ(x). With normalTail's results and its clamped x: t = ((x·p)·z)/q; then x − t if x > 0 and t
// otherwise. At most 7 ULP, 4.2 for x ≥ 0. gelu(−Inf) is −0 (Keras gives NaN), gelu(+Inf) is +Inf.
func gelu(x float32) float32 {
	c, z, p, q := normalTail(x)
	t := float32(float32(c*p)*z) / q
	if x > 0 {
		return x - t
	}
	return t
}

// geluSlope returns Φ(x) + x·φ(x): Φ is (z·p)/q if x < 0 and 1 − (z·p)/q otherwise; then fma(x·z, 1/√2π, Φ), with
// the clamped x. It is 0 at −Inf and 1 at +Inf (Keras gives NaN).
func geluSlope(x float32) float32 {
	c, z, p, q := normalTail(x)
	cdf := float32(z*p) / q
	if !(x < 0) {
		cdf = 1 - cdf
	}
	return FMA(float32(c*z), invSqrt2Pi, cdf)
}

// geluTanh returns ½·x·(1 + tanh(√(2/π)·(x + 0.044715·x³))) as x·SigmoidOf(v), where v = x·fma(k·0.044715, x·x, k)
// and k = 2·√(2/π), each constant rounded to float32 once. At most 2.7 ULP for x ≥ 0; in the left tail, where
// the exponential function multiplies the rounding of v, 2.7 + 2.6·|v|, in units of 2⁻¹⁴² below 2⁻¹¹⁹.
// geluTanh(−Inf) is NaN, as in Keras.
func geluTanh(x float32) float32 {
	return x * SigmoidOf(x*FMA(sqrt2OverPi2*geluCubic, float32(x*x), sqrt2OverPi2))
}

// geluTanhSlope returns σ(v) + x·v'·σ'(v) as fma(x·v', σ', σ), where v' = fma(3·k·0.044715, x·x, k). x is clamped to
// [−16, 16] first, where the slope is 0 and 1.
func geluTanhSlope(x float32) float32 {
	if x > 16 {
		x = 16
	}
	if x < -16 {
		x = -16
	}
	square := float32(x * x)
	s, slope := sigmoidAndSlope(x * FMA(sqrt2OverPi2*geluCubic, square, sqrt2OverPi2))
	return FMA(float32(x*FMA(3*sqrt2OverPi2*geluCubic, square, sqrt2OverPi2)), slope, s)
}
