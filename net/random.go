package net

import "math/rand/v2"

// random is the generator of the contract: PCG-DXSM as in math/rand/v2, seeded with the user's seed and with a
// stream that says what the numbers are for. Every use has a stream of its own, derived from its place in the run
// (layer, epoch, step), so that nothing but the seed need be stored to go on from the middle of a run.
type random struct {
	pcg rand.PCG
}

// Streams: the upper 16 bits of PCG's second seed word say what for, the lower 48 where in the run.
const (
	streamInitial = 1 << 48 // + layer
	streamShuffle = 2 << 48 // + epoch
	streamDropout = 3 << 48 // + step·layers + layer
)

func newRandom(seed uint64, stream uint64) *random {
	r := new(random)
	r.seed(seed, stream)
	return r
}

func (r *random) seed(seed uint64, stream uint64) { r.pcg.Seed(seed, stream) }

// float32 returns a value in [0, 1) from the upper 24 bits.
func (r *random) float32() float32 { return float32(r.pcg.Uint64()>>40) * (1.0 / (1 << 24)) }

// float64 returns a value in [0, 1) from the upper 53 bits.
func (r *random) float64() float64 { return float64(r.pcg.Uint64()>>11) * (1.0 / (1 << 53)) }

// below returns a value in [0, n) without bias, by rejection on the upper 32 bits (n ≤ 2³²).
func (r *random) below(n uint32) uint32 {
	limit := uint64(1)<<32 - uint64(1)<<32%uint64(n)
	for {
		if v := r.pcg.Uint64() >> 32; v < limit {
			return uint32(v % uint64(n))
		}
	}
}

// shuffle permutes order: Fisher and Yates, from the last element down.
func (r *random) shuffle(order []int32) {
	for i := len(order) - 1; i > 0; i-- {
		j := r.below(uint32(i) + 1)
		order[i], order[j] = order[j], order[i]
	}
}
