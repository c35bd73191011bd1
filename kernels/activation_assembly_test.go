//go:build gc && !purego && (amd64 || arm64)

package kernels

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
)

// parityStride is the distance of the float32 that the parity tests try, as integers: a prime, so that exponents and
// the low bits of the mantissas all occur. (The tests also pass with 1009.)
const parityStride = 10007

// specialInputs are what kernels get wrong: zeros, infinities, NaNs of all kinds, subnormals, numbers near a power
// of two, and the neighbourhoods of where the functions bend, clamp, overflow and underflow.
func specialInputs() []float32 {
	x := []float32{0, neg0, inf32, -inf32}
	for _, bits := range []uint32{0x7f800001, 0x7fbfffff, 0x7fc00000, 0x7fc00fff, 0x7fffffff} {
		x = append(x, math.Float32frombits(bits), math.Float32frombits(bits|1<<31))
	}
	near := func(v float32) {
		bits := math.Float32bits(v)
		for d := range uint32(9) {
			x = append(x, math.Float32frombits(bits+d-4), math.Float32frombits((bits+d-4)|1<<31))
		}
	}
	for e := uint32(1); e < 255; e++ {
		near(math.Float32frombits(e << 23))
	}
	for _, v := range []float32{1e-45, 1e-41, 1e-38, 3, 4, 5.6, 6, 8, 8.491054, 15, 16, 16.98211, 17.32868, 80, 87.33655,
		88.02969, 88.37626, 88.72284, 89, 103.27893, 103.97209, 104, 1.8447e19, math.MaxFloat32} {
		near(max(v, math.Float32frombits(4)))
	}
	for n := -151; n <= 130; n++ { // where the exponent of eˣ changes
		near(float32((float64(n) + 0.5) * math.Ln2))
		near(float32(float64(n) * math.Ln2))
	}
	return x
}

// parityInputs are the special inputs and every parityStride-th float32.
func parityInputs() []float32 {
	x := specialInputs()
	for bits := uint64(0); bits < 1<<32; bits += parityStride {
		x = append(x, math.Float32frombits(uint32(bits)))
	}
	return x
}

// alphasOf are the α to try: whatever there is for an activation that has one.
func alphasOf(a Activation) []float32 {
	switch a {
	case LeakyReLU, ELU, CELU:
		return []float32{a.DefaultAlpha(), 0.75, -1.5, 0, neg0, 1e-30, inf32, nan32}
	}
	return []float32{0}
}

// upstream returns gradients of all sizes.
func upstream(n int) []float32 {
	r := rand.New(rand.NewPCG(1, 2))
	special := specialInputs()
	dy := make([]float32, n)
	for i := range dy {
		if dy[i] = float32(r.NormFloat64()); i%5 == 0 {
			dy[i] = special[r.IntN(len(special))]
		}
	}
	return dy
}

// elementwise calls f for each element-wise activation and each α to try.
func elementwise(f func(a Activation, alpha float32)) {
	for a := Linear; a.Valid(); a++ {
		if a == Softmax || a == LogSoftmax {
			continue
		}
		for _, alpha := range alphasOf(a) {
			f(a, alpha)
		}
	}
}

// sameBits reports the first element that differs from the reference's.
func sameBits(t *testing.T, what string, got, want []float32, x ...[]float32) bool {
	t.Helper()
	for i, v := range want {
		if identical(got[i], v) {
			continue
		}
		var operands []string
		for _, o := range x {
			operands = append(operands, fmt.Sprintf("%v (%08x)", o[i], math.Float32bits(o[i])))
		}
		t.Errorf("%s [%d of %d] of %v: %v (%08x), want %v (%08x)", what, i, len(want), operands,
			got[i], math.Float32bits(got[i]), v, math.Float32bits(v))
		return false
	}
	return true
}

func TestActivationsAreTheReference(t *testing.T) {
	x := parityInputs()
	if testing.Short() {
		x = x[:len(specialInputs())]
	}
	dy := upstream(len(x))
	want, got := make([]float32, len(x)), make([]float32, len(x))
	slope, gotSlope := make([]float32, len(x)), make([]float32, len(x))
	tiers := Tiers()
	before := Active()
	defer Use(before)
	elementwise(func(a Activation, alpha float32) {
		genericActivate(want, x, a, alpha, 0)
		genericActivateGradient(slope, dy, x, want, a, alpha, 0)
		for _, name := range tiers {
			if err := Use(name); err != nil {
				t.Fatal(err)
			}
			Activate(got, x, a, alpha, 0)
			sameBits(t, fmt.Sprintf("%s: %s, α %v", name, a, alpha), got, want, x)
			ActivateGradient(gotSlope, dy, x, want, a, alpha, 0)
			sameBits(t, fmt.Sprintf("%s: gradient of %s, α %v", name, a, alpha), gotSlope, slope, x, dy, want)
		}
	})
}

// TestActivationsOfEveryLength tries every remainder of a loop, apart and in place, at all alignments, and that
// nothing beside the result is written.
func TestActivationsOfEveryLength(t *testing.T) {
	const longest, margin = 100, 8
	special := specialInputs()
	r := rand.New(rand.NewPCG(3, 4))
	all := upstream(longest + 2*margin)
	x := make([]float32, longest)
	for i := range x {
		if x[i] = float32(3 * r.NormFloat64()); i%7 == 3 {
			x[i] = special[r.IntN(len(special))]
		}
	}
	onAssembly(t, func(t *testing.T, _ *table) {
		check := func(what string, x, dy, want []float32, in func(memory, x []float32)) {
			memory := make([]float32, len(x)+2*margin)
			for i := range memory {
				memory[i] = 77
			}
			place := memory[margin : margin+len(x)]
			in(place, x)
			sameBits(t, what, place, want, x, dy)
			for i, v := range memory {
				if (i < margin || i >= margin+len(x)) && v != 77 {
					t.Errorf("%s of %d elements wrote at %d", what, len(x), i-margin)
				}
			}
		}
		elementwise(func(a Activation, alpha float32) {
			for n := range longest + 1 {
				x, dy := x[longest-n:], all[n%margin:][:n]
				y, dx := make([]float32, n), make([]float32, n)
				genericActivate(y, x, a, alpha, 0)
				genericActivateGradient(dx, dy, x, y, a, alpha, 0)
				what := fmt.Sprintf("%s, α %v", a, alpha)
				check(what, x, dy, y, func(m, x []float32) { Activate(m, x, a, alpha, 0) })
				check(what+", in place", x, dy, y, func(m, x []float32) {
					copy(m, x)
					Activate(m, m, a, alpha, 0)
				})
				check("gradient of "+what, x, dy, dx, func(m, x []float32) { ActivateGradient(m, dy, x, y, a, alpha, 0) })
				check("gradient of "+what+", in place", x, dy, dx, func(m, x []float32) {
					copy(m, dy)
					ActivateGradient(m, m, x, y, a, alpha, 0)
				})
			}
		})
	})
}

// TestSoftmaxIsTheReference tries rows of every width round those of registers and some long ones, apart and in place:
// ordinary ones, ones with zeros of both signs, subnormal results and infinities, and gradients whose products
// underflow to −0.
func TestSoftmaxIsTheReference(t *testing.T) {
	special := specialInputs()
	r := rand.New(rand.NewPCG(5, 6))
	draws := []func() float32{
		func() float32 { return float32(r.NormFloat64()) },
		func() float32 { return float32(40 * r.NormFloat64()) },
		func() float32 { return []float32{0, neg0}[r.IntN(2)] },
		func() float32 { return []float32{1, -inf32}[r.IntN(2)] },
		func() float32 { return -inf32 },
		func() float32 { return -1e-30 * r.Float32() },
		func() float32 { return special[r.IntN(len(special))] },
		func() float32 {
			if r.IntN(30) == 0 {
				return special[r.IntN(len(special))]
			}
			return float32(r.NormFloat64())
		},
	}
	widths := []int{1000, 1024, 4099}
	for width := 1; width <= 140; width++ {
		widths = append(widths, width)
	}
	onAssembly(t, func(t *testing.T, _ *table) {
		for _, width := range widths {
			for i, draw := range draws {
				for j, drawDY := range draws {
					if j != 0 && (i+width)%len(draws) != j {
						continue
					}
					x, dy := make([]float32, 2*width), make([]float32, 2*width)
					for k := range x {
						x[k], dy[k] = draw(), drawDY()
					}
					for _, a := range []Activation{Softmax, LogSoftmax} {
						checkRows(t, fmt.Sprintf("%s of width %d, draws %d and %d", a, width, i, j), a, width, x, dy)
					}
				}
			}
		}
	})
}

func checkRows(t *testing.T, what string, a Activation, width int, x, dy []float32) {
	t.Helper()
	want, slope, got := make([]float32, len(x)), make([]float32, len(x)), make([]float32, len(x))
	reference(func(ref *table) {
		ref.activate(want, x, a, 0, width)
		ref.training().activateGradient(slope, dy, x, want, a, 0, width)
	})
	Activate(got, x, a, 0, width)
	sameBits(t, what, got, want, x)
	copy(got, x)
	Activate(got, got, a, 0, width)
	sameBits(t, what+", in place", got, want, x)
	ActivateGradient(got, dy, x, want, a, 0, width)
	sameBits(t, "gradient of "+what, got, slope, want, dy)
	copy(got, dy)
	ActivateGradient(got, got, x, want, a, 0, width)
	sameBits(t, "gradient of "+what+", in place", got, slope, want, dy)

	// Of other outputs too: dy may be negative throughout, and so may the products be that underflow.
	reference(func(ref *table) { ref.training().activateGradient(slope, dy, x, x, a, 0, width) })
	ActivateGradient(got, dy, x, x, a, 0, width)
	sameBits(t, "gradient of "+what+" from other outputs", got, slope, x, dy)
}
