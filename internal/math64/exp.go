// Package math64 has the few float64 functions that results depend on: learning-rate schedules and normal random
// numbers. The standard library's differ between architectures; these are the same bits everywhere, since they use
// only +, −, ·, / and math.FMA, every product that feeds a sum being written as an FMA or wrapped in float64(), so
// that no compiler fuses what another does not. They are made for accuracy, not for speed.
//
// Polynomials and their coefficients are those of FreeBSD's msun (Sun's fdlibm, 1993).
package math64

import "math"

const (
	ln2High = 0x1.62e42feep-1 // 32 bits: n·ln2High is exact for |n| < 2²⁰
	ln2Low  = math.Ln2 - ln2High
)

// Exp returns eˣ; the error is below 1 ULP.
func Exp(x float64) float64 {
	switch {
	case math.IsNaN(x) || x > 709.8:
		return x * math.Inf(1)
	case x < -745.2:
		return 0
	}
	n := math.Floor(float64(x*(1/math.Ln2)) + 0.5)
	high := math.FMA(n, -ln2High, x) // exact
	low := float64(n * ln2Low)
	r := high - low

	// eʳ = 1 + 2r/(R − r) with R = r·(eʳ+1)/(eʳ−1), a function of r² (fdlibm's e_exp.c).
	t := float64(r * r)
	p := math.FMA(t, 4.13813679705723846039e-08, -1.65339022054652515390e-06)
	p = math.FMA(t, p, 6.61375632143793436117e-05)
	p = math.FMA(t, p, -2.77777777770155933842e-03)
	p = math.FMA(t, p, 1.66666666666666019037e-01)
	c := math.FMA(-t, p, r)
	y := 1 - ((low - float64(r*c)/(2-c)) - high)
	return scale(y, int(n))
}

// scale returns y·2ⁿ, rounded once, for y in [½, 2] and |n| < 1100.
func scale(y float64, n int) float64 {
	half := n / 2
	return float64(y * powerOf2(half) * powerOf2(n-half))
}

func powerOf2(n int) float64 { return math.Float64frombits(uint64(1023+n) << 52) }
