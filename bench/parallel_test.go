package bench

import (
	"fmt"
	"testing"
	"time"

	"nnrt/kernels"
)

func BenchmarkParallel(b *testing.B) { run(b, parallelMeasurements()) }

// parallelProducts are what threads are measured with.
var parallelProducts = []Product{
	{"nn", 64, 64, 64}, {"nn", 128, 128, 128}, {"nn", 256, 256, 256}, {"nn", 512, 512, 512}, {"nn", 1024, 1024, 1024},
	{"nn", 32, 128, 784}, {"tn", 784, 128, 32}, {"nt", 32, 784, 128},
	{"nn", 1, 512, 512}, {"nn", 1, 4096, 4096}, {"nn", 8, 10, 8}, {"nn", 512, 10, 8},
}

// parallelMeasurements has each product on one thread and on two, one call after the other and with pauses, in which
// the workers fall asleep. The pauses are part of ns/op and not of ns/product.
func parallelMeasurements() []measurement {
	var list []measurement
	for _, p := range parallelProducts {
		for _, pause := range []time.Duration{0, time.Millisecond} {
			for _, threads := range []int{1, 2} {
				var calls int64
				var busy time.Duration
				list = append(list, measurement{
					name:         fmt.Sprintf("%s/pause=%v/threads=%d", p.Name(), pause, threads),
					multiplyAdds: p.MultiplyAdds(),
					setup: func(testing.TB) (func(), []float32) {
						a, b, c := Uniform(p.M*p.K, 1), Uniform(p.K*p.N, 1), unset(p.M*p.N)
						calls, busy = 0, 0
						if pause == 0 {
							return func() { multiplyParallel(threads, p, c, a, b) }, c
						}
						return func() {
							time.Sleep(pause)
							begin := time.Now()
							multiplyParallel(threads, p, c, a, b)
							busy += time.Since(begin)
							calls++
						}, c
					},
					report: func(b *testing.B) {
						if pause == 0 {
							calls, busy = int64(b.N), b.Elapsed()
						}
						b.ReportMetric(float64(busy.Nanoseconds())/float64(calls), "ns/product")
					},
				})
			}
		}
	}
	return list
}

// multiplyParallel is multiply on several threads.
func multiplyParallel(threads int, p Product, c, a, b []float32) {
	switch p.Op {
	case "nn":
		kernels.ParallelGemmNN(threads, c, a, b, nil, p.M, p.N, p.K, p.K, p.N, p.N)
	case "tn":
		kernels.ParallelGemmTN(threads, c, a, b, p.M, p.N, p.K, p.M, p.N, p.N)
	case "nt":
		kernels.ParallelGemmNT(threads, c, a, b, p.M, p.N, p.K, p.K, p.K, p.N)
	}
}
