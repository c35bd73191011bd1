package dataset

import (
	"math"
	"strconv"
	"strings"
)

// parseNumber returns the float32 nearest to the decimal number s, which has no spaces around it. It fails if s is not
// such a number or is beyond float32's range.
func parseNumber(s string) (float32, bool) {
	d, ok := scanDecimal(s)
	if !ok {
		return 0, false
	}
	if v, ok := d.float32(); ok {
		return v, true
	}
	v, err := strconv.ParseFloat(s, 32)
	return float32(v), err == nil
}

// parseValue is parseNumber in float64, for comparing the values of labels and categories. It fails where parseNumber
// does.
func parseValue(s string) (float64, bool) {
	if _, ok := parseNumber(s); !ok {
		return 0, false
	}
	v, err := strconv.ParseFloat(s, 64)
	return v, err == nil
}

// isDecimal reports whether s is a number for scanDecimal.
func isDecimal(s string) bool {
	_, ok := scanDecimal(s)
	return ok
}

// decimal is the number ±mantissa·10^exponent, as long as it has no more digits than fit into the mantissa.
type decimal struct {
	mantissa uint64
	digits   int // that were written, zeros in front included
	exponent int
	negative bool
}

// scanDecimal takes s apart if it is [+-] digits [. digits] [e [+-] digits], with at least one digit before or after
// the point. strconv alone would also take hexadecimal, inf and nan.
func scanDecimal(s string) (d decimal, ok bool) {
	i := 0
	if i < len(s) && (s[i] == '+' || s[i] == '-') {
		d.negative = s[i] == '-'
		i++
	}
	first := i
	for ; i < len(s) && s[i]-'0' <= 9; i++ {
		d.mantissa = 10*d.mantissa + uint64(s[i]-'0')
	}
	d.digits = i - first
	if i < len(s) && s[i] == '.' {
		i++
		first = i
		for ; i < len(s) && s[i]-'0' <= 9; i++ {
			d.mantissa = 10*d.mantissa + uint64(s[i]-'0')
		}
		d.digits += i - first
		d.exponent = first - i
	}
	if d.digits == 0 {
		return d, false
	}
	if i < len(s) && s[i]|0x20 == 'e' {
		i++
		sign := 1
		if i < len(s) && (s[i] == '+' || s[i] == '-') {
			if s[i] == '-' {
				sign = -1
			}
			i++
		}
		first, exponent := i, 0
		for ; i < len(s) && s[i]-'0' <= 9; i++ {
			exponent = min(10*exponent+int(s[i]-'0'), maxExponent)
		}
		if i == first {
			return d, false
		}
		d.exponent += sign * exponent
	}
	return d, i == len(s)
}

// maxExponent is what larger exponents are taken for.
const maxExponent = 1 << 20

// float32 returns the float32 nearest to d, if that can be told by one operation in float64: both the mantissa and the
// power of ten must be exact there, so that their product or quotient is rounded once. Rounding it again, to float32,
// gives the nearest float32 of the number itself unless the float64 is just the middle between two float32, where the
// first rounding may have hidden on which side the number lies (Clinger, How to Read Floating Point Numbers
// Accurately, 1990, has the one operation). The exponents keep the result far from float32's least and largest.
func (d *decimal) float32() (float32, bool) {
	if d.digits > 15 || d.exponent < -22 || d.exponent > 22 {
		return 0, false
	}
	v := float64(d.mantissa)
	if d.exponent < 0 {
		v /= powersOfTen[-d.exponent]
	} else {
		v *= powersOfTen[d.exponent]
	}
	const below, middle = 1<<29 - 1, 1 << 28 // the bits that float32 lacks
	if math.Float64bits(v)&below == middle {
		return 0, false
	}
	if d.negative {
		v = -v
	}
	return float32(v), true
}

// powersOfTen are those that float64 has exactly.
var powersOfTen = [...]float64{1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
	1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22}

// digits counts the decimal digits of s from i on.
func digits(s string, i int) int {
	n := 0
	for i+n < len(s) && s[i+n] >= '0' && s[i+n] <= '9' {
		n++
	}
	return n
}

// notNumber says why parseNumber refused s.
func notNumber(s string) string {
	q := quote(s)
	low := strings.ToLower(strings.TrimLeft(s, "+-"))
	switch {
	case isDecimal(s):
		return q + " is beyond the range of float32 (±3.4e38)"
	case low == "inf" || low == "infinity" || low == "nan":
		return q + " is not a finite number"
	case strings.HasPrefix(low, "0x"):
		return q + " is not a decimal number"
	case isDecimal(strings.Replace(s, ",", ".", 1)):
		return q + " is not a number: the decimal sign is a point"
	}
	return q + " is not a number"
}
