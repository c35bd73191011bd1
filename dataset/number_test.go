package dataset

import (
	"math"
	"strings"
	"testing"
)

func TestParseNumber(t *testing.T) {
	good := map[string]float32{
		"0": 0, "-0": float32(math.Copysign(0, -1)), "+5": 5, "007": 7, "1.5": 1.5, ".5": 0.5, "5.": 5, "1e3": 1000,
		"1E-2": 0.01, "1.5e+2": 150, "3.4028235e38": math.MaxFloat32, "1e-50": 0, "1e-45": 1e-45,
		"16777217": 16777216, // half way: to even
		"16777219": 16777220,
		// A text that is rounded twice, to float64 first, would give 1.
		"1.000000059604644775390626":    1 + 1.0/(1<<23),
		strings.Repeat("0", 5000) + "7": 7,
	}
	for s, want := range good {
		if v, ok := parseNumber(s); !ok || math.Float32bits(v) != math.Float32bits(want) {
			t.Errorf("parseNumber(%q) = %g, %v, want %g", s, v, ok, want)
		}
	}
	bad := map[string]string{
		"": "not a number", "-": "not a number", ".": "not a number", "e5": "not a number", "1e": "not a number",
		"1e+": "not a number", "1 2": "not a number", "--1": "not a number", "1.2.3": "not a number", "x": "not a number",
		"٣": "not a number", "1f": "not a number", "1_000": "not a number", "1,5": "decimal sign is a point",
		"-1,5e3": "decimal sign is a point", "0x10": "not a decimal number", "0x1p-2": "not a decimal number",
		"inf": "not a finite", "-Inf": "not a finite", "Infinity": "not a finite", "NaN": "not a finite",
		"1e400": "range of float32", "1e39": "range of float32", "-3.5e38": "range of float32",
		"3.4028236e38": "range of float32",
	}
	for s, want := range bad {
		v, ok := parseNumber(s)
		if ok {
			t.Errorf("parseNumber(%q) = %g", s, v)
		}
		if msg := notNumber(s); !strings.Contains(msg, want) {
			t.Errorf("notNumber(%q) = %s, want %s", s, msg, want)
		}
		if _, ok := parseValue(s); ok {
			t.Errorf("parseValue(%q) succeeds", s)
		}
	}
}

func TestLongValuesAreShortenedInMessages(t *testing.T) {
	if msg := notNumber(strings.Repeat("x", 1<<20)); len(msg) > 100 || !strings.Contains(msg, "1048576 bytes") {
		t.Errorf("%d bytes: %.120s", len(msg), msg)
	}
}
