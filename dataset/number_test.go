package dataset

import (
	"math"
	"math/rand/v2"
	"strconv"
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

// TestNumbersAreRoundedOnce compares with strconv, above all near the middle between two float32, where a number that
// is rounded to float64 first may end up on the wrong side.
func TestNumbersAreRoundedOnce(t *testing.T) {
	var r *rand.Rand
	spell := map[string]func(b []byte) []byte{
		"digits": func(b []byte) []byte { // 12.345, of up to 17 digits
			n := 1 + r.IntN(17)
			point := r.IntN(n + 1)
			for i := range n {
				if i == point {
					b = append(b, '.')
				}
				b = append(b, byte('0'+r.IntN(10)))
			}
			return b
		},
		"exponent": func(b []byte) []byte {
			b = strconv.AppendUint(b, r.Uint64()>>r.IntN(64), 10)
			return strconv.AppendInt(append(b, 'e'), int64(r.IntN(100)-60), 10)
		},
		"float32": func(b []byte) []byte {
			return strconv.AppendFloat(b, float64(math.Float32frombits(r.Uint32()>>1)), "efg"[r.IntN(3)], -1, 32)
		},
		"middle": func(b []byte) []byte { // and the numbers just below and above it, of 8 to 20 digits
			v := math.Ldexp(float64(1<<24+r.IntN(1<<24))+0.5, r.IntN(100)-75)
			return strconv.AppendFloat(b, v, 'g', 8+r.IntN(13), 64)
		},
		"near a whole middle": func(b []byte) []byte {
			return strconv.AppendUint(b, (1<<24+2*r.Uint64N(1<<23)+1)<<r.IntN(24)+r.Uint64N(3)-1, 10)
		},
	}
	n := 400_000
	if testing.Short() {
		n = 40_000
	}
	for name, appendDigits := range spell {
		t.Run(name, func(t *testing.T) {
			r = rand.New(rand.NewPCG(1, 2))
			fast := 0
			var b []byte
			for range n {
				b = appendDigits(append(b[:0], "-+"[r.IntN(2)]))
				s := string(b)
				want, err := strconv.ParseFloat(s, 32)
				v, ok := parseNumber(s)
				if ok != (err == nil) || ok && math.Float32bits(v) != math.Float32bits(float32(want)) {
					t.Fatalf("parseNumber(%q) = %g, %v, strconv says %g, %v", s, v, ok, want, err)
				}
				d, _ := scanDecimal(s)
				if _, ok := d.float32(); ok {
					fast++
				}
			}
			if fast == 0 {
				t.Error("none came from float64")
			}
			t.Logf("%.0f%% came from float64", float64(fast)/float64(n)*100)
		})
	}
}
