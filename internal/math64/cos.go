package math64

import "math"

// Three parts of π/2, each the float64 nearest to what the ones before leave.
const (
	halfPi1 = 0x1.921fb54442d18p0
	halfPi2 = 0x1.1a62633145c07p-54
	halfPi3 = math.Pi/2 - halfPi1 - halfPi2
)

// Cos returns the cosine; the error is below 1 ULP for |x| ≤ 2³⁰. For larger x it is NaN, since the argument's own
// rounding has long made the result arbitrary.
func Cos(x float64) float64 {
	if !(math.Abs(x) <= 1<<30) {
		return math.NaN()
	}
	n := math.Floor(float64(x*(2/math.Pi)) + 0.5)
	// r = x − n·π/2. The first step is exact: n·halfPi1 is nearly x, and a multiple of 2⁻⁵³ as x is.
	p := product(n, halfPi2)
	r := sum(math.FMA(-n, halfPi1, x), -p.high)
	r.low -= math.FMA(n, halfPi3, p.low)
	switch int64(n) & 3 {
	case 0:
		return cosine(r)
	case 1:
		return -sine(r)
	case 2:
		return -cosine(r)
	}
	return sine(r)
}

// cosine returns cos r for |r| ≤ π/4 (fdlibm's k_cos.c).
func cosine(r double) float64 {
	z := float64(r.high * r.high)
	p := math.FMA(z, -1.13596475577881948265e-11, 2.08757232129817482790e-09)
	p = math.FMA(z, p, -2.75573143513906633035e-07)
	p = math.FMA(z, p, 2.48015872894767294178e-05)
	p = math.FMA(z, p, -1.38888888888741095749e-03)
	p = math.FMA(z, p, 4.16666666666666019037e-02)
	half := float64(0.5 * z)
	w := 1 - half
	return w + (((1 - w) - half) + math.FMA(z, float64(z*p), -float64(r.high*r.low)))
}

// sine returns sin r for |r| ≤ π/4 (fdlibm's k_sin.c).
func sine(r double) float64 {
	z := float64(r.high * r.high)
	v := float64(z * r.high)
	p := math.FMA(z, 1.58969099521155010221e-10, -2.50507602534068634195e-08)
	p = math.FMA(z, p, 2.75573137070700676789e-06)
	p = math.FMA(z, p, -1.98412698298579493134e-04)
	p = math.FMA(z, p, 8.33333333332248946124e-03)
	t := math.FMA(z, math.FMA(-v, p, 0.5*r.low), -r.low)
	return r.high - math.FMA(v, 1.66666666666666324348e-01, t)
}
