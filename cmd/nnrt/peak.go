package main

import "sync/atomic"

// fmaChains is the number of independent chains of multiply-adds in fmaLoop, enough to hide the latency of each.
const fmaChains = 8

// fmaSink keeps the results of fmaLoop, so that the compiler cannot do without them.
var fmaSink atomic.Uint32

// fmaLoop does n steps of fmaChains multiply-adds in registers, each by what a fused multiply-add in portable Go costs
// at least: a product and a sum in float64 and the conversions. (kernels.FMA also looks for the rare results that
// these round wrongly.)
func fmaLoop(n int) float32 {
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
	return s0 + s1 + s2 + s3 + s4 + s5 + s6 + s7
}
