package net

import "nnrt/kernels"

// random is the generator of the contract, seeded with the user's seed and with a stream that says what the numbers are
// for. Every use has a stream of its own, derived from its place in the run (layer, epoch, step), so that nothing but
// the seed need be stored to go on from the middle of a run.
type random struct {
	pcg kernels.PCG
}

// Streams: the upper 16 bits of PCG's second seed word say what for, the lower 48 where in the run.
const (
	streamInitial = 1 << 48 // + layer
	streamShuffle = 2 << 48 // + epoch
	streamDropout = 3 << 48 // + step·layers + layer
)

func newRandom(seed uint64, stream uint64) *random {
	return &random{kernels.PCG{Hi: seed, Lo: stream}}
}

func (r *random) seed(seed uint64, stream uint64) { r.pcg = kernels.PCG{Hi: seed, Lo: stream} }

// float32 returns a value in [0, 1) from the upper 24 bits.
func (r *random) float32() float32 { return float32(r.pcg.Uint64()>>40) * (1.0 / (1 << 24)) }

// float64 returns a value in [0, 1) from the upper 53 bits.
func (r *random) float64() float64 { return float64(r.pcg.Uint64()>>11) * (1.0 / (1 << 53)) }
