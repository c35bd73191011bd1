package bench

import (
	"flag"
	"fmt"
	"os"
	"testing"

	"nnrt/kernels"
)

// TestMain names the kernels in the output of benchmarks, where benchstat finds them, and refuses to measure other
// kernels than NNRT_KERNELS asks for.
func TestMain(m *testing.M) {
	flag.Parse()
	if err := kernels.Err(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	if flag.Lookup("test.bench").Value.String() != "" {
		fmt.Printf("kernels: %s\n", kernels.Active())
	}
	os.Exit(m.Run())
}

// measurement is one line of the suite.
type measurement struct {
	name string // key=value parts

	// multiplyAdds of an op, for what has enough of them to be slow.
	multiplyAdds int64

	// setup prepares an op and the slice that it fills. The slice is full of NaN if the op overwrites it.
	setup func(tb testing.TB) (op func(), out []float32)

	// report adds figures to the line, or is nil.
	report func(b *testing.B)
}

// shortLimit is the multiply-adds of an op from which on -short leaves it out: some 0.05 s on the portable kernels.
const shortLimit = 1 << 25

// run measures a list as sub-benchmarks.
func run(b *testing.B, list []measurement) {
	for _, m := range list {
		b.Run(m.name, func(b *testing.B) {
			if testing.Short() && m.multiplyAdds >= shortLimit {
				b.Skipf("%d million multiply-adds an op are too many for -short", m.multiplyAdds>>20)
			}
			op, _ := m.setup(b)
			b.ResetTimer()
			for range b.N { // b.Loop would measure the first of several -cpu with the processors of the last
				op()
			}
			if m.report != nil {
				m.report(b)
			}
		})
	}
}

// perSecond returns how many a second of something that each op has count of.
func perSecond(b *testing.B, count float64) float64 {
	return count * float64(b.N) / b.Elapsed().Seconds()
}
