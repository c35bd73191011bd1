package dataset

import (
	"strconv"
	"strings"
)

// parseNumber returns the float32 nearest to the decimal number s, which has no spaces around it. It fails if s is not
// such a number or is beyond float32's range.
func parseNumber(s string) (float32, bool) {
	if !isDecimal(s) {
		return 0, false
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

// isDecimal reports whether s is [+-] digits [. digits] [e [+-] digits], with at least one digit before or after the
// point. strconv alone would also take hexadecimal, inf and nan.
func isDecimal(s string) bool {
	i := 0
	if i < len(s) && (s[i] == '+' || s[i] == '-') {
		i++
	}
	whole := digits(s, i)
	i += whole
	fraction := 0
	if i < len(s) && s[i] == '.' {
		fraction = digits(s, i+1)
		i += 1 + fraction
	}
	if whole+fraction == 0 {
		return false
	}
	if i < len(s) && (s[i] == 'e' || s[i] == 'E') {
		i++
		if i < len(s) && (s[i] == '+' || s[i] == '-') {
			i++
		}
		exponent := digits(s, i)
		if exponent == 0 {
			return false
		}
		i += exponent
	}
	return i == len(s)
}

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
