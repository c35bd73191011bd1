package math64

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"math"
	"math/big"
	"testing"
)

// sample returns n numbers spread evenly over [low, high], computed alike everywhere.
func sample(low, high float64, n int) []float64 {
	x := make([]float64, n)
	for i := range x {
		x[i] = low + float64((high-low)*float64(i))/float64(n-1)
	}
	return x
}

func wide(x []float64) []float64 {
	y := make([]float64, len(x))
	for i, v := range x {
		y[i] = Exp(v)
	}
	return y
}

// The truth, in big floating point: the standard library's own functions are a few ULP off on some architectures.

const precision = 256

func newBig(x float64) *big.Float { return new(big.Float).SetPrec(precision).SetFloat64(x) }

// bigExp sums the power series at x/2ᵏ and squares the result k times.
func bigExp(x *big.Float) *big.Float {
	const k = 24
	r := new(big.Float).SetMantExp(x, -k)
	sum, term := newBig(1), newBig(1)
	for n := 1.0; n < 24; n++ {
		term.Quo(term.Mul(term, r), newBig(n))
		sum.Add(sum, term)
	}
	for range k {
		sum.Mul(sum, sum)
	}
	return sum
}

// bigLog makes two steps of Newton's iteration on eʸ = x.
func bigLog(x *big.Float) *big.Float {
	start, _ := x.Float64()
	y := newBig(Log(start))
	for range 2 {
		e := bigExp(new(big.Float).Neg(y))
		e.Sub(e.Mul(e, x), newBig(1))
		y.Add(y, e)
	}
	return y
}

// bigCos sums the power series at x/2ᵏ and doubles the angle k times.
func bigCos(x *big.Float) *big.Float {
	const k = 44
	r := new(big.Float).SetMantExp(x, -k)
	square := new(big.Float).Neg(r.Mul(r, r))
	sum, term := newBig(1), newBig(1)
	for n := 1.0; n < 16; n++ {
		term.Quo(term.Mul(term, square), newBig((2*n-1)*2*n))
		sum.Add(sum, term)
	}
	for range k {
		sum.Sub(sum.Mul(sum, sum), newBig(0.5))
		sum.Mul(sum, newBig(2))
	}
	return sum
}

func bigPow(x, y float64) *big.Float {
	l := bigLog(newBig(x))
	return bigExp(l.Mul(l, newBig(y)))
}

// ulps returns |got − want| in units of the spacing of float64 at want.
func ulps(got float64, want *big.Float) float64 {
	exponent := want.MantExp(nil)
	spacing := math.Ldexp(1, max(exponent-53, -1074))
	if math.IsInf(got, 0) || math.IsNaN(got) {
		if exponent > 1024 && got > 0 {
			return 0
		}
		return math.Inf(1)
	}
	difference, _ := new(big.Float).Sub(newBig(got), want).Float64()
	return math.Abs(difference) / spacing
}

func TestAgainstTheTruth(t *testing.T) {
	var worst, limit float64
	check := func(name string, x, got float64, want *big.Float) {
		e := ulps(got, want)
		worst = max(worst, e)
		if e > limit {
			t.Errorf("%s: at %v it is %v, want %.20g: %.2f ULP", name, x, got, want, e)
		}
	}
	limit = 0.9
	for _, x := range append(sample(-745.5, 709.9, 300), sample(-1, 1, 300)...) {
		check("Exp", x, Exp(x), bigExp(newBig(x)))
	}
	t.Logf("Exp: %.3f ULP", worst)
	worst = 0
	for _, x := range append(wide(sample(-744, 709, 300)), sample(0.1, 3, 300)...) {
		check("Log", x, Log(x), bigLog(newBig(x)))
	}
	t.Logf("Log: %.3f ULP", worst)
	worst = 0
	for _, x := range append(sample(-10, 10, 300), sample(-1<<30, 1<<30, 300)...) {
		check("Cos", x, Cos(x), bigCos(newBig(x)))
	}
	t.Logf("Cos: %.3f ULP", worst)
	worst, limit = 0, 1.5
	for _, y := range []float64{-20.5, -1, 0.3, 0.5, 0.9, 1, 2, 17} {
		for _, x := range sample(0.01, 10, 60) {
			check(fmt.Sprintf("Pow(·, %v)", y), x, Pow(x, y), bigPow(x, y))
		}
	}
	for _, y := range []float64{-1000.25, 1000, 65536, 100000} {
		for _, x := range sample(0.993, 1.007, 60) {
			check(fmt.Sprintf("Pow(·, %v)", y), x, Pow(x, y), bigPow(x, y))
		}
	}
	t.Logf("Pow: %.3f ULP", worst)
}

func TestSpecialValues(t *testing.T) {
	inf, nan := math.Inf(1), math.NaN()
	for _, c := range []struct {
		name      string
		got, want float64
	}{
		{"Exp(0)", Exp(0), 1}, {"Log(1)", Log(1), 0}, {"Cos(0)", Cos(0), 1}, {"Pow(2, 10)", Pow(2, 10), 1024},
		{"Pow(2, -1074)", Pow(2, -1074), 5e-324}, {"Cos(π)", Cos(math.Pi), -1},
		{"Exp(+Inf)", Exp(inf), inf}, {"Exp(-Inf)", Exp(-inf), 0}, {"Exp(NaN)", Exp(nan), nan},
		{"Exp(710)", Exp(710), inf}, {"Exp(-746)", Exp(-746), 0}, {"Exp(1e300)", Exp(1e300), inf},
		{"Log(0)", Log(0), -inf}, {"Log(-1)", Log(-1), nan}, {"Log(+Inf)", Log(inf), inf}, {"Log(NaN)", Log(nan), nan},
		{"Pow(0, 0)", Pow(0, 0), 1}, {"Pow(NaN, 0)", Pow(nan, 0), 1}, {"Pow(1, NaN)", Pow(1, nan), 1},
		{"Pow(0, 2)", Pow(0, 2), 0}, {"Pow(0, -2)", Pow(0, -2), inf}, {"Pow(-1, 2)", Pow(-1, 2), nan},
		{"Pow(NaN, 1)", Pow(nan, 1), nan}, {"Pow(2, NaN)", Pow(2, nan), nan},
		{"Pow(+Inf, 0.1)", Pow(inf, 0.1), inf}, {"Pow(+Inf, -1)", Pow(inf, -1), 0},
		{"Pow(2, +Inf)", Pow(2, inf), inf}, {"Pow(2, -Inf)", Pow(2, -inf), 0},
		{"Pow(0.5, +Inf)", Pow(0.5, inf), 0}, {"Pow(0.5, -Inf)", Pow(0.5, -inf), inf},
		{"Pow(2, 1e308)", Pow(2, 1e308), inf}, {"Pow(0.5, 1e308)", Pow(0.5, 1e308), 0},
		{"Pow(1e300, 1e308)", Pow(1e300, 1e308), inf}, {"Pow(2, 1024)", Pow(2, 1024), inf},
		{"Cos(+Inf)", Cos(inf), nan}, {"Cos(NaN)", Cos(nan), nan}, {"Cos(1e10)", Cos(1e10), nan},
	} {
		if c.got != c.want && !(math.IsNaN(c.got) && math.IsNaN(c.want)) {
			t.Errorf("%s = %v, want %v", c.name, c.got, c.want)
		}
	}
}

// TestSameBitsEverywhere fails on an architecture or with a compiler that computes anything differently.
func TestSameBitsEverywhere(t *testing.T) {
	digest := func(f func(float64) float64, x []float64) string {
		h := sha256.New()
		for _, v := range x {
			var b [8]byte
			binary.LittleEndian.PutUint64(b[:], math.Float64bits(f(v)))
			h.Write(b[:])
		}
		return hex.EncodeToString(h.Sum(nil))
	}
	positive := append(wide(sample(-745, 709, 4001)), sample(0.1, 4, 4001)...)
	for _, c := range []struct {
		name, want string
		got        string
	}{
		{"Exp", "8671a53d2c3ab51025b7cab583b652af9619011cc4f5b1685434028ecf5ad094",
			digest(Exp, append(sample(-746, 710, 4001), sample(-1, 1, 4001)...))},
		{"Log", "58c9421931b4650759f2d44c15e7a49da86d6047d2b27b84502f4f8e3c9f6be9",
			digest(Log, positive)},
		{"Cos", "3d6a29d17866fc0ee53a499e3ea11ae2055c13888f2442f99a4ee58228e4eac0",
			digest(Cos, append(sample(-10, 10, 4001), sample(-1e9, 1e9, 4001)...))},
		{"Pow(x, 0.3)", "bbfc87cf04bbac6c870c697d20ed83b1f27d70fe07c062d2b9a0cc66dfe018b3",
			digest(func(x float64) float64 { return Pow(x, 0.3) }, positive)},
		{"Pow(0.96, y)", "be072994d9b2c6c6a504b45aa954ee105993e6207c6f254397555e954c77ee5a",
			digest(func(y float64) float64 { return Pow(0.96, y) }, sample(-1e4, 2e4, 4001))},
	} {
		if c.got != c.want {
			t.Errorf("%s: SHA-256 %s, want %s", c.name, c.got, c.want)
		}
	}
}
