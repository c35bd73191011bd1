package bench

import (
	"fmt"
	"testing"

	"nnrt/kernels"
)

func BenchmarkJoined(b *testing.B) { run(b, joinedMeasurements()) }

// joinedMeasurements has the weight gradient of a layer and Adam's step by it, as two operations and as one.
func joinedMeasurements() []measurement {
	adam := kernels.AdamStep{Alpha: 1e-3, OneMinusBeta1: 0.1, OneMinusBeta2: 1e-3, Epsilon: 1e-7}
	var list []measurement
	for _, d := range []struct{ m, n, k int }{{64, 64, 32}, {784, 128, 32}, {784, 512, 128}, {1024, 1024, 32}} {
		for _, joined := range []bool{false, true} {
			op := "apart"
			if joined {
				op = "joined"
			}
			list = append(list, measurement{
				name:         fmt.Sprintf("op=%s/m=%d/n=%d/k=%d", op, d.m, d.n, d.k),
				multiplyAdds: int64(d.m) * int64(d.n) * int64(d.k),
				setup: func(testing.TB) (func(), []float32) {
					const apart = 272 // so that the vectors do not lie multiples of 4096 bytes from each other
					size := d.m * d.n
					memory := make([]float32, 4*(size+apart))
					var v [4][]float32
					for i := range v {
						v[i] = memory[i*(size+apart):][:size]
					}
					w, g, mean, square := v[0], v[1], v[2], v[3]
					copy(w, Uniform(size, 1))
					x, delta, opposite := Uniform(d.k*d.m, 1), Uniform(d.k*d.n, 2), Uniform(d.k*d.n, -2)
					return func() {
						if joined {
							kernels.GemmTNAdam(w, mean, square, g, x, delta, d.m, d.n, d.k, d.m, d.n, d.n, adam)
						} else {
							kernels.GemmTN(g, x, delta, d.m, d.n, d.k, d.m, d.n, d.n)
							kernels.Adam(w, g, mean, square, nil, adam)
						}
						delta, opposite = opposite, delta
					}, w
				},
			})
		}
	}
	return list
}
