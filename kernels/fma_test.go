package kernels

import (
	"math"
	"math/big"
	"math/rand/v2"
	"testing"
)

// bigFMA computes a·b + c exactly and rounds it once.
func bigFMA(a, b, c float32) float32 {
	if product := float64(a) * float64(b); math.IsNaN(product) || math.IsInf(product, 0) ||
		math.IsNaN(float64(c)) || math.IsInf(float64(c), 0) {
		return float32(product + float64(c))
	}
	const enough = 700 // bits from 2²⁵⁶ down to 2⁻²⁹⁸
	x := new(big.Float).SetPrec(enough).SetFloat64(float64(a))
	x.Mul(x, new(big.Float).SetFloat64(float64(b)))
	x.Add(x, new(big.Float).SetFloat64(float64(c)))
	if x.Sign() == 0 {
		return float32(float64(a)*float64(b) + float64(c)) // exact; the sign of zero follows IEEE
	}
	r, _ := x.Float32()
	return r
}

func sameFloat(x, y float32) bool {
	return math.Float32bits(x) == math.Float32bits(y) || x != x && y != y
}

func TestFMAIsRoundedOnce(t *testing.T) {
	check := func(a, b, c float32) {
		t.Helper()
		if got, want := FMA(a, b, c), bigFMA(a, b, c); !sameFloat(got, want) {
			t.Fatalf("FMA(%x, %x, %x) = %x, want %x", a, b, c, got, want)
		}
		y := []float32{c, c, c, c, c}
		axpy(y, a, []float32{b, b, b, b, b})
		for j, got := range y {
			if want := bigFMA(a, b, c); !sameFloat(got, want) {
				t.Fatalf("axpy element %d: fma(%x, %x, %x) = %x, want %x", j, a, b, c, got, want)
			}
		}
	}
	r := rand.New(rand.NewPCG(1, 1))
	special := []float32{0, float32(math.Copysign(0, -1)), 1, -1, math.SmallestNonzeroFloat32,
		-math.SmallestNonzeroFloat32, 0x1p-126, 0x1.fffffcp-127, 0x1p-75, 0x1p-74, 0x1.000002p-75,
		math.MaxFloat32, -math.MaxFloat32, 0x1p127, 0x1p-24, 0x1.000002p0, 0x1.fffffep-1, 0x1p64, 0x1.fffffep63,
		float32(math.Inf(1)), float32(math.Inf(-1)), float32(math.NaN()), 3, 0x1.000004p-63, 0x1.8p-149}
	for _, a := range special {
		for _, b := range special {
			for _, c := range special {
				check(a, b, c)
			}
		}
	}
	rounds := 100_000
	if testing.Short() {
		rounds = 5_000
	}
	for range rounds { // any bits
		check(math.Float32frombits(r.Uint32()), math.Float32frombits(r.Uint32()), math.Float32frombits(r.Uint32()))
	}
	middle, subnormal := 0, 0
	for range rounds {
		// c has 24 bits, and a·b is half a unit of c's last place, or (1+2⁻²³)(1−2⁻²³) = 1−2⁻⁴⁶ times that, of which
		// float64's rounding of the sum makes the half.
		exponent := r.IntN(200) - 120
		c := float32(math.Ldexp(1+float64(r.IntN(1<<23))/(1<<23), exponent))
		off := float32(r.IntN(3)-1) * 0x1p-23
		a := (1 + off) * float32(math.Ldexp(1, exponent-24-r.IntN(20)+10))
		b := float32(math.Ldexp(1, exponent-24)) / (a / (1 + off)) * (1 - off)
		check(a, b, c)
		check(a, b, -c)
		if s := float64(a)*float64(b) + float64(c); float32(s) != FMA(a, b, c) {
			middle++
		}
		// Sums in the subnormal range, with product bits far below 2⁻¹⁴⁹.
		a = math.Float32frombits(r.Uint32N(1<<23) + 52<<23)
		b = math.Float32frombits(r.Uint32N(1<<23) + 52<<23)
		c = math.Float32frombits(r.Uint32N(1 << 23))
		if r.IntN(2) == 0 { // halves of the smallest subnormal, and almost
			off := float32(r.IntN(3)-1) * 0x1p-23
			a, b = 0x1p-75*(1+off), 0x1p-75*(1-off)
		}
		check(a, b, c)
		check(a, b, -c)
		if s := float64(a)*float64(b) + float64(c); float32(s) != FMA(a, b, c) {
			subnormal++
		}
	}
	if middle == 0 || subnormal == 0 {
		t.Errorf("no case where rounding twice is wrong (normal: %d, subnormal: %d): the test lost its edge",
			middle, subnormal)
	}
}
