package math64

import "math"

// Log returns the natural logarithm; the error is below 1 ULP. Log(0) is −Inf, of a negative number it is NaN.
func Log(x float64) float64 {
	switch {
	case math.IsNaN(x) || x > math.MaxFloat64:
		return x
	case x < 0:
		return math.NaN()
	case x == 0:
		return math.Inf(-1)
	}
	f, k := mantissa(x)

	// ln(1+f) = f − f²/2 + s·(f²/2 + R), s = f/(2+f), R a polynomial in s² (fdlibm's e_log.c).
	s := f / (2 + f)
	s2 := float64(s * s)
	p := math.FMA(s2, 1.479819860511658591e-01, 1.531383769920937332e-01)
	p = math.FMA(s2, p, 1.818357216161805012e-01)
	p = math.FMA(s2, p, 2.222219843214978396e-01)
	p = math.FMA(s2, p, 2.857142874366239149e-01)
	p = math.FMA(s2, p, 3.999999999940941908e-01)
	p = math.FMA(s2, p, 6.666666666666735130e-01)
	half := float64(0.5 * f * f)
	tail := math.FMA(s, math.FMA(s2, p, half), float64(k*ln2Low))
	return math.FMA(k, ln2High, -((half - tail) - f))
}

// mantissa returns f in [√½ − 1, √2 − 1] and k with x = 2ᵏ·(1 + f), for a positive, finite x.
func mantissa(x float64) (f, k float64) {
	m, e := math.Frexp(x)
	if m < math.Sqrt2/2 {
		m *= 2
		e--
	}
	return m - 1, float64(e)
}
