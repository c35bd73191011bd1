package kernels

import "math"

// The elementary functions are part of the arithmetic contract: the operations written here, in this order, on
// float32, define the bits of the result. They use +, −, ·, /, FMA, comparisons and integer operations on the bits
// only; a branch chooses between results that may both be computed, so that vector code can follow with a selection.
// A coefficient stands for the float32 nearest to its decimal digits.
//
// Every polynomial was fitted as a weighted minimax (Lawson's iteratively reweighted least squares on 1,500 Chebyshev
// nodes, function values with 40 digits) of the error in units of the result; then the coefficients were rounded to
// float32 one by one, the lowest power first, both neighbours tried, the others fitted again after each.
//
// ULP is the distance to the true value divided by the spacing of float32 at the true value (2⁻¹⁴⁹ when that is
// subnormal). ULP.md lists the maxima over all 2³² inputs.

const (
	log2e    = 1.44269504088896340736
	ln2      = 0.693147180559945309417 // rounded to float32 the error is 1.9e-9 only
	ln2High  = 0x1.62e4p-1             // 15 bits: n·ln2High is exact for |n| < 2⁹
	ln2Low   = ln2 - ln2High
	rounder  = 0x1.8p23   // x + rounder − rounder rounds x to an integer, for |x| < 2²²
	zeroBits = 0x4b400000 // the bits of 0 + rounder
)

// Exp returns eˣ; at most 0.90 ULP from it, subnormal results included. Exp(x) is +Inf from 88.72284 on and 0 from
// −103.97209 down; Exp(−Inf) is 0, Exp(+Inf) is +Inf, a NaN stays NaN.
//
// x is clamped to [−104, 89]; t = fma(x, log₂e, 1.5·2²³), whose low bits are the integer n nearest to x·log₂e;
// r = x − n·ln 2 by fma(n, −ln2High, x), which is exact, then fma(n, −ln2Low, ·); then expPolynomial and scale.
func Exp(x float32) float32 {
	if x > 89 {
		x = 89
	}
	if x < -104 {
		x = -104
	}
	return expSum(x, 0)
}

// expSum returns e^(x+d) for x in [−160, 89] and a |d| that is below the rounding error of x: Exp's operations with
// r = r + d before the polynomial.
func expSum(x, d float32) float32 {
	t := FMA(x, log2e, rounder)
	n := t - rounder
	r := FMA(n, -ln2High, x)
	r = FMA(n, -ln2Low, r)
	r += d
	return scale(expPolynomial(r), int32(math.Float32bits(t)-zeroBits))
}

// expPolynomial returns eʳ for |r| ≤ ½·ln 2: Horner's scheme by fma, the two lowest coefficients being 1. Its own
// error is 2⁻²⁸·²⁶ of the result.
func expPolynomial(r float32) float32 {
	p := FMA(0.0013821646571159363, r, 0.008368667215108871)
	p = FMA(p, r, 0.041668254882097244)
	p = FMA(p, r, 0.1666652113199234)
	p = FMA(p, r, 0.4999999403953552)
	p = FMA(p, r, 1)
	return FMA(p, r, 1)
}

// scale returns p·2ⁿ, rounded once, for p in [½, 2] and n in [−250, 250]: two products by powers of two, of which
// the first is exact.
func scale(p float32, n int32) float32 {
	half := n >> 1
	return float32(p * powerOf2(half) * powerOf2(n-half))
}

// powerOf2 returns 2ⁿ for n in [−126, 127].
func powerOf2(n int32) float32 { return math.Float32frombits(uint32(n+127) << 23) }

// expm1Parts returns s = 2ⁿ and q = eʳ − 1 with x = n·ln 2 + r, so that eˣ = s + s·q and eˣ − 1 = (s − 1) + s·q for
// x ≤ 0. Below −80 it is as at −80.
//
// t and n are Exp's; r = fma(n, −ln 2, x), once, since what the rounding of ln 2 loses is multiplied by 2ⁿ; and
// q = fma(p, r·r, r) with p by Horner's scheme (its own error is 2⁻²⁶·¹³ of q).
func expm1Parts(x float32) (s, q float32) {
	if x < -80 {
		x = -80
	}
	t := FMA(x, log2e, rounder)
	n := t - rounder
	r := FMA(n, -ln2, x)
	p := FMA(0.001386996591463685, r, 0.008366252295672894)
	p = FMA(p, r, 0.04166744276881218)
	p = FMA(p, r, 0.1666654646396637)
	p = FMA(p, r, 0.4999999701976776)
	return powerOf2(int32(math.Float32bits(t) - zeroBits)), FMA(p, float32(r*r), r)
}

// expm1Negative returns eˣ − 1 for x ≤ 0 as fma(s, q, s − 1); at most 0.95 ULP from it. It is −1 from −16.98211 down;
// −0 gives +0.
func expm1Negative(x float32) float32 {
	s, q := expm1Parts(x)
	return FMA(s, q, s-1)
}
