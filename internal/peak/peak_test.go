package peak

import (
	"testing"

	"nnrt/kernels"
)

// TestEveryTierHasALoop: nnrt bench and the benchmarks say how far from the peak the kernels are, on every tier.
func TestEveryTierHasALoop(t *testing.T) {
	for _, tier := range kernels.Tiers() {
		l, ok := Of(tier)
		if !ok || l.Size < 1 {
			t.Errorf("%s: %+v, found %v", tier, l, ok)
			continue
		}
		for n := range 3 {
			l.Run(n)
		}
	}
	if _, ok := Of("abacus"); ok {
		t.Error("a loop for kernels that do not exist")
	}
}

func BenchmarkPeak(b *testing.B) {
	for _, tier := range kernels.Tiers() {
		b.Run("kernels="+tier, func(b *testing.B) {
			l, ok := Of(tier)
			if !ok {
				b.Skip("no loop")
			}
			b.ResetTimer()
			l.Run(b.N)
			b.ReportMetric(2*float64(l.Size)*float64(b.N)/b.Elapsed().Seconds()/1e9, "GFLOP/s")
		})
	}
}
