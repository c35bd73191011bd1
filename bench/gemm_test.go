package bench

import (
	"testing"

	"nnrt/kernels"
)

func BenchmarkGEMM(b *testing.B) { run(b, gemmMeasurements()) }

func gemmMeasurements() []measurement {
	var list []measurement
	for _, p := range Products() {
		list = append(list, measurement{
			name:         p.Name(),
			multiplyAdds: p.MultiplyAdds(),
			setup: func(testing.TB) (func(), []float32) {
				a, b, c := Uniform(p.M*p.K, 1), Uniform(p.K*p.N, 1), unset(p.M*p.N)
				return func() { multiply(p, c, a, b) }, c
			},
			report: func(b *testing.B) {
				b.ReportMetric(perSecond(b, 2*float64(p.MultiplyAdds()))/1e9, "GFLOP/s")
			},
		})
	}
	return list
}

// multiply computes a product of matrices without gaps between their rows.
func multiply(p Product, c, a, b []float32) {
	switch p.Op {
	case "nn":
		kernels.GemmNN(c, a, b, nil, p.M, p.N, p.K, p.K, p.N, p.N)
	case "tn":
		kernels.GemmTN(c, a, b, p.M, p.N, p.K, p.M, p.N, p.N)
	case "nt":
		kernels.GemmNT(c, a, b, p.M, p.N, p.K, p.K, p.K, p.N)
	}
}
