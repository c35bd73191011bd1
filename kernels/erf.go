package kernels

// Erf returns the error function; at most 1.84 ULP from it. It is ±1 from ±3.878924 on, ±0 stay ±0, a NaN stays NaN.
//
// a = min(|x|, 4); g = −ln(1 − erf a) = fma(a, p, a) with p of degree 8 by Horner's scheme (fitted on [0, 3.93], its
// own error is 2⁻²⁷·⁸¹ of the result); with s and q of expm1Parts(−g): fma(−s, q, 1 − s) = 1 − e⁻ᵍ; then the sign
// of x.
func Erf(x float32) float32 {
	a := abs(x)
	if a > 4 {
		a = 4
	}
	p := FMA(-9.390437298861798e-06, a, 0.00011888291192008182)
	p = FMA(p, a, -0.0006374369258992374)
	p = FMA(p, a, 0.0016758006531745195)
	p = FMA(p, a, -0.00016961329674813896)
	p = FMA(p, a, -0.019147776067256927)
	p = FMA(p, a, 0.10277629643678665)
	p = FMA(p, a, 0.6366195678710938)
	p = FMA(p, a, 0.12837916612625122)
	s, q := expm1Parts(-FMA(p, a, a))
	return withSign(FMA(-s, q, 1-s), x)
}
