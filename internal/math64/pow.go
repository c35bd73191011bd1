package math64

import "math"

// Pow returns xʸ for x ≥ 0; the error is below 2 ULP. Pow(x, 0) and Pow(1, y) are 1, Pow(0, y) is 0 for y > 0 and
// +Inf for y < 0; for a negative x it is NaN.
func Pow(x, y float64) float64 {
	switch {
	case y == 0 || x == 1:
		return 1
	case math.IsNaN(x) || math.IsNaN(y) || x < 0:
		return math.NaN()
	case x == 0 || x > math.MaxFloat64 || math.IsInf(y, 0):
		if (x > 1) == (y > 0) {
			return math.Inf(1)
		}
		return 0
	}
	l := preciseLog(x)
	p := product(y, l.high)
	if math.IsInf(p.high, 0) {
		return Exp(p.high)
	}
	e := Exp(p.high)
	if e == 0 || math.IsInf(e, 0) {
		return e
	}
	return math.FMA(e, math.FMA(y, l.low, p.low), e)
}

// double is an unevaluated sum of two float64, the second at most about half a unit in the last place of the first.
type double struct{ high, low float64 }

// sum returns a + b exactly (Knuth's TwoSum).
func sum(a, b float64) double {
	s := a + b
	v := s - a
	return double{s, (a - (s - v)) + (b - v)}
}

// product returns a·b exactly.
func product(a, b float64) double {
	p := float64(a * b)
	return double{p, math.FMA(a, b, -p)}
}

// plus returns a + b with an error of about 2⁻¹⁰⁰ of the larger.
func (a double) plus(b double) double {
	s := sum(a.high, b.high)
	return sum(s.high, s.low+(a.low+b.low))
}

// times returns a·b with a relative error of about 2⁻¹⁰⁰.
func (a double) times(b double) double {
	p := product(a.high, b.high)
	return sum(p.high, p.low+math.FMA(a.high, b.low, float64(a.low*b.high)))
}

// preciseLog returns ln x with some ten bits more than float64 has, for a positive, finite x: with s = f/(2+f),
// ln(1+f) = 2s + (2/3)·s³ + s⁵·(2/5 + (2/7)·s² + …), the first two terms in double.
func preciseLog(x float64) double {
	f, k := mantissa(x)
	d := sum(2, f)
	s := double{high: f / d.high}
	s.low = math.FMA(-s.high, d.low, math.FMA(-s.high, d.high, f)) / d.high

	s2 := s.times(s)
	s3 := s2.times(s)
	tail := 2.0 / 27
	for n := 25.0; n >= 5; n -= 2 {
		tail = math.FMA(tail, s2.high, 2/n)
	}
	const twoThirds = 0x1.5555555555555p-1
	third := s3.times(double{twoThirds, 2.0/3 - twoThirds})
	third.low = math.FMA(float64(s3.high*s2.high), tail, third.low)

	l := double{2 * s.high, 2 * s.low}.plus(third)
	return double{float64(k * ln2High), float64(k * ln2Low)}.plus(l)
}
