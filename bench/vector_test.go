package bench

import (
	"fmt"
	"math"
	"testing"

	"nnrt/kernels"
)

// vectorSize is how many values activations, reductions and updates are measured on; rowWidth is how they are cut
// into rows where an operation has rows.
const (
	vectorSize = 4096
	rowWidth   = 64
)

func BenchmarkActivation(b *testing.B) { run(b, activationMeasurements()) }
func BenchmarkReduction(b *testing.B)  { run(b, reductionMeasurements()) }
func BenchmarkOptimizer(b *testing.B)  { run(b, optimizerMeasurements()) }

// activationMeasurements has every activation and its gradient, on inputs from −4 to 4.
func activationMeasurements() []measurement {
	var list []measurement
	for a := kernels.Linear; a.Valid(); a++ {
		alpha := a.DefaultAlpha()
		list = append(list,
			measurement{
				name: fmt.Sprintf("op=forward/act=%s/n=%d", a, vectorSize),
				setup: func(testing.TB) (func(), []float32) {
					x, y := Uniform(vectorSize, 4), unset(vectorSize)
					return func() { kernels.Activate(y, x, a, alpha, rowWidth) }, y
				},
			},
			measurement{
				name: fmt.Sprintf("op=gradient/act=%s/n=%d", a, vectorSize),
				setup: func(testing.TB) (func(), []float32) {
					x, y, dx := Uniform(vectorSize, 4), unset(vectorSize), unset(vectorSize)
					dy := Uniform(vectorSize, 1)
					kernels.Activate(y, x, a, alpha, rowWidth)
					return func() { kernels.ActivateGradient(dx, dy, x, y, a, alpha, rowWidth) }, dx
				},
			})
	}
	return list
}

func reductionMeasurements() []measurement {
	sum := func(name string, f func(x []float32) float32) measurement {
		return measurement{
			name: fmt.Sprintf("op=%s/n=%d", name, vectorSize),
			setup: func(testing.TB) (func(), []float32) {
				x, total := Uniform(vectorSize, 1), unset(1)
				return func() { total[0] = f(x) }, total
			},
		}
	}
	return []measurement{
		sum("sum", kernels.Sum),
		sum("dot", func(x []float32) float32 { return kernels.Dot(x, x) }),
		sum("sum_abs", kernels.SumAbs),
		{
			name: fmt.Sprintf("op=column_sums/n=%d/width=%d", vectorSize, rowWidth),
			setup: func(testing.TB) (func(), []float32) {
				x, sums := Uniform(vectorSize, 1), unset(rowWidth)
				return func() { kernels.ColumnSums(sums, x) }, sums
			},
		},
	}
}

// optimizerMeasurements has each update with Keras's defaults, each variant of it, and what may come before it. The
// gradient changes its sign from one op to the next, and the factors are such that no value dies away or grows
// without bound however long the measurement takes: subnormals would be slow for reasons of their own.
func optimizerMeasurements() []measurement {
	update := func(name string, slots int, step func(w, g []float32, s [][]float32)) measurement {
		return measurement{
			name: fmt.Sprintf("op=%s/n=%d", name, vectorSize),
			setup: func(testing.TB) (func(), []float32) {
				w, g, opposite := Uniform(vectorSize, 1), Uniform(vectorSize, 2), Uniform(vectorSize, -2)
				state := make([][]float32, slots)
				for i := range state {
					state[i] = make([]float32, vectorSize)
				}
				return func() {
					step(w, g, state)
					g, opposite = opposite, g
				}, w
			},
		}
	}
	gradient := func(name string, f func(g, w []float32)) measurement {
		return measurement{
			name: fmt.Sprintf("op=%s/n=%d", name, vectorSize),
			setup: func(testing.TB) (func(), []float32) {
				g, w := Uniform(vectorSize, 2), Uniform(vectorSize, 1)
				return func() { f(g, w) }, g
			},
		}
	}
	rmsprop := kernels.RMSpropStep{LR: 1e-3, Rho: 0.9, OneMinusRho: 0.1, Epsilon: 1e-7, Momentum: 0.9}
	adam := kernels.AdamStep{Alpha: 1e-3, OneMinusBeta1: 0.1, OneMinusBeta2: 1e-3, Epsilon: 1e-7, Beta2: 0.999,
		MomentumFactor: 0.9, GradientFactor: 0.1, VelocityFactor: 1}
	lion := kernels.LionStep{LR: 1e-3, Beta1: 0.9, OneMinusBeta1: 0.1, Beta2: 0.99, OneMinusBeta2: 0.01}
	return []measurement{
		update("sgd", 0, func(w, g []float32, _ [][]float32) { kernels.SGD(w, g, 0.01) }),
		update("momentum", 1, func(w, g []float32, s [][]float32) { kernels.Momentum(w, g, s[0], 0.01, 0.9, false) }),
		update("nesterov", 1, func(w, g []float32, s [][]float32) { kernels.Momentum(w, g, s[0], 0.01, 0.9, true) }),
		update("rmsprop", 1, func(w, g []float32, s [][]float32) { kernels.RMSprop(w, g, s[0], nil, nil, rmsprop) }),
		update("rmsprop_momentum", 2, func(w, g []float32, s [][]float32) {
			kernels.RMSprop(w, g, s[0], nil, s[1], rmsprop)
		}),
		update("rmsprop_centered", 2, func(w, g []float32, s [][]float32) {
			kernels.RMSprop(w, g, s[0], s[1], nil, rmsprop)
		}),
		update("adam", 2, func(w, g []float32, s [][]float32) { kernels.Adam(w, g, s[0], s[1], nil, adam) }),
		update("adam_amsgrad", 3, func(w, g []float32, s [][]float32) { kernels.Adam(w, g, s[0], s[1], s[2], adam) }),
		update("nadam", 2, func(w, g []float32, s [][]float32) { kernels.Nadam(w, g, s[0], s[1], adam) }),
		update("adamax", 2, func(w, g []float32, s [][]float32) { kernels.Adamax(w, g, s[0], s[1], adam) }),
		update("adagrad", 1, func(w, g []float32, s [][]float32) { kernels.Adagrad(w, g, s[0], 1e-3, 1e-7) }),
		update("lion", 1, func(w, g []float32, s [][]float32) { kernels.Lion(w, g, s[0], lion) }),
		update("decay", 0, func(w, _ []float32, _ [][]float32) { kernels.Decay(w, 1e-9) }),
		gradient("clip_value", func(g, _ []float32) { kernels.ClipValue(g, 1) }),
		gradient("scale", func(g, _ []float32) { kernels.Scale(g, 3, 3) }),
		gradient("add_penalty", func(g, w []float32) { kernels.AddPenalty(g, w, 1e-9, 1e-9) }),
	}
}

// unset returns n values, NaN all of them, for an op to overwrite.
func unset(n int) []float32 {
	x := make([]float32, n)
	for i := range x {
		x[i] = float32(math.NaN())
	}
	return x
}
