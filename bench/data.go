package bench

import "math/rand/v2"

// Uniform returns n numbers from −limit to limit, the same ones every time.
func Uniform(n int, limit float32) []float32 {
	r := rand.New(rand.NewPCG(uint64(n), 1))
	x := make([]float32, n)
	for i := range x {
		x[i] = limit * (2*r.Float32() - 1)
	}
	return x
}
