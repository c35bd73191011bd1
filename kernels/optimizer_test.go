package kernels

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"math"
	"math/rand/v2"
	"testing"
)

// update is one optimiser's update with its formula in float64: state[0] are the weights, the others its vectors.
type update struct {
	name   string
	state  int // vectors beside w
	run    func(w, g []float32, s [][]float32)
	define func(w, g float64, s []float64) float64 // new w; changes s
}

func updates() []update {
	adam := AdamStep{Alpha: 0.003, OneMinusBeta1: 0.1, OneMinusBeta2: 0.001, Epsilon: 1e-7, Beta2: 0.999,
		MomentumFactor: 0.7, GradientFactor: 0.4, VelocityFactor: 3}
	moments := func(g float64, s []float64) {
		s[0] += (g - s[0]) * float64(adam.OneMinusBeta1)
		s[1] += (g*g - s[1]) * float64(adam.OneMinusBeta2)
	}
	alpha, epsilon := float64(adam.Alpha), float64(adam.Epsilon)
	rms := RMSpropStep{LR: 0.01, Rho: 0.9, OneMinusRho: 0.1, Epsilon: 1e-7, Momentum: 0.8}
	lr, rho, oneMinusRho := float64(rms.LR), float64(rms.Rho), float64(rms.OneMinusRho)
	lion := LionStep{LR: 0.01, Beta1: 0.9, OneMinusBeta1: 0.1, Beta2: 0.99, OneMinusBeta2: 0.01}
	f64 := func(x float32) float64 { return float64(x) }
	return []update{
		{"sgd", 0, func(w, g []float32, _ [][]float32) { SGD(w, g, 0.01) },
			func(w, g float64, _ []float64) float64 { return w - f64(0.01)*g }},
		{"momentum", 1, func(w, g []float32, s [][]float32) { Momentum(w, g, s[0], 0.01, 0.9, false) },
			func(w, g float64, s []float64) float64 { s[0] = f64(0.9)*s[0] - f64(0.01)*g; return w + s[0] }},
		{"nesterov", 1, func(w, g []float32, s [][]float32) { Momentum(w, g, s[0], 0.01, 0.9, true) },
			func(w, g float64, s []float64) float64 {
				s[0] = f64(0.9)*s[0] - f64(0.01)*g
				return w + f64(0.9)*s[0] - f64(0.01)*g
			}},
		{"rmsprop", 1, func(w, g []float32, s [][]float32) { RMSprop(w, g, s[0], nil, nil, rms) },
			func(w, g float64, s []float64) float64 {
				s[0] = rho*s[0] + oneMinusRho*g*g
				return w - lr*g/math.Sqrt(s[0]+epsilon)
			}},
		{"rmsprop centered with momentum", 3, func(w, g []float32, s [][]float32) { RMSprop(w, g, s[0], s[1], s[2], rms) },
			func(w, g float64, s []float64) float64 {
				s[0] = rho*s[0] + oneMinusRho*g*g
				s[1] = rho*s[1] + oneMinusRho*g
				s[2] = f64(rms.Momentum)*s[2] + lr*g/math.Sqrt(s[0]-s[1]*s[1]+epsilon)
				return w - s[2]
			}},
		{"adam", 2, func(w, g []float32, s [][]float32) { Adam(w, g, s[0], s[1], nil, adam) },
			func(w, g float64, s []float64) float64 {
				moments(g, s)
				return w - alpha*s[0]/(math.Sqrt(s[1])+epsilon)
			}},
		{"amsgrad", 3, func(w, g []float32, s [][]float32) { Adam(w, g, s[0], s[1], s[2], adam) },
			func(w, g float64, s []float64) float64 {
				moments(g, s)
				s[2] = math.Max(s[2], s[1])
				return w - alpha*s[0]/(math.Sqrt(s[2])+epsilon)
			}},
		{"nadam", 2, func(w, g []float32, s [][]float32) { Nadam(w, g, s[0], s[1], adam) },
			func(w, g float64, s []float64) float64 {
				moments(g, s)
				ahead := f64(adam.MomentumFactor)*s[0] + f64(adam.GradientFactor)*g
				return w - alpha*ahead/(math.Sqrt(f64(adam.VelocityFactor)*s[1])+epsilon)
			}},
		{"adamax", 2, func(w, g []float32, s [][]float32) { Adamax(w, g, s[0], s[1], adam) },
			func(w, g float64, s []float64) float64 {
				s[0] += (g - s[0]) * f64(adam.OneMinusBeta1)
				s[1] = math.Max(s[1]*f64(adam.Beta2), math.Abs(g))
				return w - alpha*s[0]/(s[1]+epsilon)
			}},
		{"adagrad", 1, func(w, g []float32, s [][]float32) { Adagrad(w, g, s[0], 0.01, 1e-7) },
			func(w, g float64, s []float64) float64 {
				s[0] += g * g
				return w - f64(0.01)*g/math.Sqrt(s[0]+epsilon)
			}},
		{"lion", 1, func(w, g []float32, s [][]float32) { Lion(w, g, s[0], lion) },
			func(w, g float64, s []float64) float64 {
				direction := math.Copysign(1, f64(lion.Beta1)*s[0]+f64(lion.OneMinusBeta1)*g)
				s[0] = f64(lion.Beta2)*s[0] + f64(lion.OneMinusBeta2)*g
				return w - f64(lion.LR)*direction
			}},
		{"decay", 0, func(w, _ []float32, _ [][]float32) { Decay(w, 0.01) },
			func(w, _ float64, _ []float64) float64 { return w - w*f64(0.01) }},
		{"clip value", 0, func(w, _ []float32, _ [][]float32) { ClipValue(w, 0.5) },
			func(w, _ float64, _ []float64) float64 { return math.Min(math.Max(w, -0.5), 0.5) }},
		{"scale", 0, func(w, _ []float32, _ [][]float32) { Scale(w, 3, 7) },
			func(w, _ float64, _ []float64) float64 { return w * 3 / 7 }},
		{"penalty", 0, func(w, g []float32, _ [][]float32) { AddPenalty(w, g, 0.25, 0.125) },
			func(w, g float64, _ []float64) float64 { return w + 0.25*g + 0.25*math.Copysign(1, g) }},
	}
}

// updatesGolden is the SHA-256 of all states after the test's steps: the same on every tier and architecture.
const updatesGolden = "aaffeca1c9b5d66b72db08b7211f132089666bb41337cc593df4c32b58524252"

func TestOptimizerUpdates(t *testing.T) {
	forEachTier(t, func(t *testing.T) {
		hash := sha256.New()
		for _, u := range updates() {
			r := rand.New(rand.NewPCG(6, 6))
			const n = 67
			w := randomMatrix(r, n)
			state := make([][]float32, u.state)
			for i := range state {
				state[i] = make([]float32, n)
			}
			for step := range 5 {
				g := make([]float32, n)
				for i := range g {
					g[i] = float32(r.NormFloat64() + 0.1)
				}
				before, stateBefore := append([]float32(nil), w...), make([][]float64, n)
				for i := range n {
					for _, s := range state {
						stateBefore[i] = append(stateBefore[i], float64(s[i]))
					}
				}
				u.run(w, g, state)
				for i := range w {
					want := u.define(float64(before[i]), float64(g[i]), stateBefore[i])
					// The update's own rounding, and that of w.
					bound := 4e-7*math.Abs(want-float64(before[i])) + 6e-8*(math.Abs(want)+math.Abs(float64(before[i])))
					if u.name == "rmsprop centered with momentum" {
						bound *= 20 // v − a² cancels
					}
					if e := math.Abs(float64(w[i]) - want); !(e <= bound) {
						t.Fatalf("%s, step %d, weight %d: %v, want %v", u.name, step, i, w[i], want)
					}
					for j := range state {
						want := stateBefore[i][j]
						if e := math.Abs(float64(state[j][i]) - want); !(e <= 1e-5*math.Abs(want)+1e-9) {
							t.Fatalf("%s, step %d, state %d of weight %d: %v, want %v", u.name, step, j, i, state[j][i], want)
						}
					}
				}
			}
			for _, x := range append(state, w) {
				if err := binary.Write(hash, binary.LittleEndian, x); err != nil {
					t.Fatal(err)
				}
			}
		}
		if got := hex.EncodeToString(hash.Sum(nil)); got != updatesGolden {
			t.Errorf("the states' SHA-256 is %s, want %s", got, updatesGolden)
		}
	})
}

func TestNaNsAreNotLost(t *testing.T) {
	forEachTier(t, func(t *testing.T) {
		nan := float32(math.NaN())
		for _, u := range updates() {
			w, g := []float32{1, nan, 1}, []float32{nan, 1, 1}
			state := make([][]float32, u.state)
			for i := range state {
				state[i] = make([]float32, 3)
			}
			u.run(w, g, state)
			gradientMatters := u.name != "decay" && u.name != "clip value" && u.name != "scale"
			if w[1] == w[1] || gradientMatters && w[0] == w[0] || w[2] != w[2] {
				t.Errorf("%s of weights 1, NaN, 1 by gradients NaN, 1, 1: %v", u.name, w)
			}
		}
	})
}
