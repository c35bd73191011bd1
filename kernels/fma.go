package kernels

import "math"

// FMA returns a·b + c with one rounding to float32, as IEEE-754's fusedMultiplyAdd: the same bits as a hardware
// fused multiply-add, on every architecture, subnormal results included.
//
// The product of two float32 is exact in float64 (24+24 ≤ 53 bits), so a·b + c is rounded once to float64 and once
// more to float32. The second rounding goes wrong only where the first one, being inexact, landed on the middle
// between two float32: bits 27…0 of such a float64 are zero (bit 28 is the half in the normal range; below 2⁻¹²⁶ the
// half is a higher bit still). Anything else is returned at once; the rest goes to fmaSlow.
//
// A compiler that fuses the float64 product and sum changes nothing, since the product is exact.
func FMA(a, b, c float32) float32 {
	s := float64(a)*float64(b) + float64(c)
	if math.Float64bits(s)&(1<<28-1) != 0 {
		return float32(s)
	}
	return fmaSlow(a, b, c)
}

// fmaSlow is FMA by rounding to odd (Boldo and Melquiond, "Emulation of FMA and correctly rounded sums: proved
// algorithms using rounding to odd", 2008): a float64 sum rounded to odd may be rounded again to float32 safely,
// since 53 ≥ 2·24 + 2.
//
//go:noinline
func fmaSlow(a, b, c float32) float32 {
	p, d := float64(a)*float64(b), float64(c)
	s := p + d
	// The error of p + d by Knuth's TwoSum: exact, since neither overflow nor underflow can occur in float64 here.
	// (For an infinity or NaN err is NaN, and s is the answer.)
	bb := s - p
	err := (p - (s - bb)) + (d - bb)
	bits := math.Float64bits(s)
	if err != 0 && err == err && bits&1 == 0 {
		if (err > 0) == (s > 0) {
			bits++
		} else {
			bits--
		}
	}
	return float32(math.Float64frombits(bits))
}
