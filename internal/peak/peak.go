// Package peak has, for each tier of kernels, a loop that does nothing but the fused multiply-adds of its instructions,
// in registers and in chains that do not wait for one another: how fast a matrix product on that tier can be at most.
package peak

import (
	"math"
	"sync/atomic"
)

// Loop is such a loop.
type Loop struct {
	Size int         // fused multiply-adds of one step
	Run  func(n int) // does n steps
}

// Of returns the loop of a tier of package kernels; ok is false if there is none. It may be run only where the tier
// may.
func Of(tier string) (l Loop, ok bool) {
	if tier == "generic" {
		return Loop{portableSize, portable}, true
	}
	return assembly(tier)
}

// portableSize is the number of chains of portable, enough to hide the latency of each.
const portableSize = 8

// sink keeps the results of portable, so that the compiler cannot do without them.
var sink atomic.Uint32

// portable does fused multiply-adds by what one in portable Go costs at least: a product and a sum in float64 and the
// conversions. (kernels.FMA also looks for the rare results that these round wrongly.)
func portable(n int) {
	const a, b = 0.9990234375, 0.0009765625 // keep the numbers near 1
	s0, s1, s2, s3 := float32(1), float32(2), float32(3), float32(4)
	s4, s5, s6, s7 := float32(5), float32(6), float32(7), float32(8)
	for range n {
		s0 = float32(float64(s0)*a + b)
		s1 = float32(float64(s1)*a + b)
		s2 = float32(float64(s2)*a + b)
		s3 = float32(float64(s3)*a + b)
		s4 = float32(float64(s4)*a + b)
		s5 = float32(float64(s5)*a + b)
		s6 = float32(float64(s6)*a + b)
		s7 = float32(float64(s7)*a + b)
	}
	sink.Store(math.Float32bits(s0 + s1 + s2 + s3 + s4 + s5 + s6 + s7))
}
