package kernels

import "math"

// FMA returns a·b + c with one rounding to float32, as IEEE-754's fusedMultiplyAdd: the same bits as a hardware
// fused multiply-add, on every architecture, subnormal results included.
//
// The product of two float32 is exact in float64 (24+24 ≤ 53 bits), so a·b + c is rounded once to float64 and once
// more to float32; risky tells where the second rounding may go wrong. A compiler that fuses the float64 product and
// sum changes nothing, since the product is exact.
func FMA(a, b, c float32) float32 {
	s := float64(a)*float64(b) + float64(c)
	if risky(s) < 0 {
		return fmaByOdd(a, b, c)
	}
	return float32(s)
}

// risky is negative if rounding s to float32 may differ from rounding the exact a·b + c, of which s is the float64
// rounding. That needs an s that lies on the middle between two float32, where the exact value may not have lain:
// bits 28…0 are 1 followed by zeros. Below 2⁻¹²⁶ float32 has fewer bits and the middle lies higher, so everything
// there counts as risky but zero, which is exact. There are no branches, so that loops can join several tests
// into one.
func risky(s float64) int64 {
	const smallestNormal = (1023 - 126) << 52
	bits := math.Float64bits(s)
	magnitude := bits &^ (1 << 63)
	middle := (bits^1<<28)&(1<<29-1) - 1
	tiny := (magnitude - smallestNormal) &^ (magnitude - 1)
	return int64(middle | tiny)
}

// fmaByOdd is FMA by rounding to odd (Boldo and Melquiond, "Emulation of FMA and correctly rounded sums: proved
// algorithms using rounding to odd", 2008): a float64 sum rounded to odd may be rounded again to float32 safely,
// since 53 ≥ 2·24 + 2.
//
//go:noinline
func fmaByOdd(a, b, c float32) float32 {
	p, d := float64(float64(a)*float64(b)), float64(c) // the conversion keeps p out of fused operations below
	s := p + d
	// The error of p + d by Knuth's TwoSum, exact since float64 neither overflows nor underflows here. For an
	// infinity or NaN it is NaN, and s is the answer.
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
