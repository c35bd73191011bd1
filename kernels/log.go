package kernels

import "math"

// Log returns the natural logarithm; at most 0.94 ULP from it, for subnormal x too. Log(±0) is −Inf, Log(+Inf) is
// +Inf, of a negative number it is NaN, a NaN stays NaN.
//
// An x below 2⁻¹²⁶ is multiplied by 2²³ first. x = 2ᵏ·m with m in [¾, 1½); f = m − 1, exact; logPolynomial(f); then
// fma(k, ln 2, ·).
func Log(x float32) float32 {
	if !(x > 0 && x <= math.MaxFloat32) {
		switch {
		case x == 0:
			return float32(math.Inf(-1))
		case x < 0:
			return float32(math.NaN())
		}
		return x
	}
	var k int32
	if x < 0x1p-126 {
		x *= 0x1p23
		k = -23
	}
	e := exponentAbout1(x)
	m := math.Float32frombits(math.Float32bits(x) - e)
	return FMA(float32(k+int32(e)>>23), ln2, logPolynomial(m-1))
}

// Log1p returns ln(1+x), accurate for small x too: at most 1.27 ULP from it. Log1p(±0) is ±0, Log1p(−1) is −Inf,
// Log1p(+Inf) is +Inf, below −1 it is NaN, a NaN stays NaN.
func Log1p(x float32) float32 {
	if !(x > -1 && x <= math.MaxFloat32) || x == 0 {
		switch {
		case x == -1:
			return float32(math.Inf(-1))
		case x < -1:
			return float32(math.NaN())
		}
		return x
	}
	return log1pFinite(x)
}

// log1pFinite is Log1p for a finite x > −1; a NaN stays NaN, −0 gives +0. k is the exponent of 1 + x = 2ᵏ·m, m in
// [¾, 1½); s = 2⁻ᵏ; f = fma(x, s, s − 1); logPolynomial(f); then fma(k, ln 2, ·).
func log1pFinite(x float32) float32 {
	e := exponentAbout1(1 + x)
	s := 0.25 * math.Float32frombits(0x40800000-e) // ¼ of 4·2⁻ᵏ, since 2⁻ᵏ itself can be subnormal
	return FMA(float32(int32(e)>>23), ln2, logPolynomial(FMA(x, s, float32(s)-1)))
}

// exponentAbout1 returns k << 23 for the k with x = 2ᵏ·m, m in [¾, 1½); x is positive and normal.
func exponentAbout1(x float32) uint32 { return (math.Float32bits(x) - 0x3f400000) & 0xff800000 }

// logPolynomial returns ln(1+f) for f in [−¼, ½]: fma(p, f·f, f) with p by Horner's scheme. Its own error is 2⁻²⁷·⁵⁹
// of the result.
func logPolynomial(f float32) float32 {
	p := FMA(-0.045096393674612045, f, 0.10463769733905792)
	p = FMA(p, f, -0.13159875571727753)
	p = FMA(p, f, 0.14477752149105072)
	p = FMA(p, f, -0.16647391021251678)
	p = FMA(p, f, 0.19990922510623932)
	p = FMA(p, f, -0.2500009536743164)
	p = FMA(p, f, 0.33333447575569153)
	p = FMA(p, f, -0.5)
	return FMA(p, float32(f*f), f)
}
