package net

import "math/bits"

// random is the generator of the contract: PCG-DXSM as in math/rand/v2, seeded with the user's seed and with a
// stream that says what the numbers are for. Every use has a stream of its own, derived from its place in the run
// (layer, epoch, step), so that nothing but the seed need be stored to go on from the middle of a run.
type random struct {
	hi, lo uint64
}

// Streams: the upper 16 bits of PCG's second seed word say what for, the lower 48 where in the run.
const (
	streamInitial = 1 << 48 // + layer
	streamShuffle = 2 << 48 // + epoch
	streamDropout = 3 << 48 // + step·layers + layer
)

func newRandom(seed uint64, stream uint64) *random { return &random{seed, stream} }

func (r *random) seed(seed uint64, stream uint64) { r.hi, r.lo = seed, stream }

// next returns the state after (hi, lo): state·multiplier + increment, of 128 bits.
func next(hi, lo uint64) (uint64, uint64) {
	const (
		multiplierHi, multiplierLo = 2549297995355413924, 4865540595714422341
		incrementHi, incrementLo   = 6364136223846793005, 1442695040888963407
	)
	high, low := bits.Mul64(lo, multiplierLo)
	high += hi*multiplierLo + lo*multiplierHi
	low, carry := bits.Add64(low, incrementLo, 0)
	high, _ = bits.Add64(high, incrementHi, carry)
	return high, low
}

// permute returns the number of a state: DXSM, "double xorshift multiply".
func permute(hi, lo uint64) uint64 {
	hi ^= hi >> 32
	hi *= 0xda942042e4dd58b5
	hi ^= hi >> 48
	return hi * (lo | 1)
}

// uint64 returns rand.PCG's Uint64.
func (r *random) uint64() uint64 {
	r.hi, r.lo = next(r.hi, r.lo)
	return permute(r.hi, r.lo)
}

// float32 returns a value in [0, 1) from the upper 24 bits.
func (r *random) float32() float32 { return float32(r.uint64()>>40) * (1.0 / (1 << 24)) }

// float64 returns a value in [0, 1) from the upper 53 bits.
func (r *random) float64() float64 { return float64(r.uint64()>>11) * (1.0 / (1 << 53)) }

// shuffle permutes order: Fisher and Yates, from the last element down. The other element of a swap is drawn without
// bias, by rejection: the upper 32 bits of a number, modulo n, unless they are in the last, incomplete multiple of n.
func (r *random) shuffle(order []int32) {
	hi, lo := r.hi, r.lo // in registers
	for i := len(order) - 1; i > 0; i-- {
		n := uint32(i) + 1
	draw:
		hi, lo = next(hi, lo)
		v := uint32(permute(hi, lo) >> 32)
		if v >= -n && v > ^(-n%n) { // the multiples end at 2³² − 2³² mod n, and never before 2³² − n
			goto draw
		}
		j := v % n
		order[i], order[j] = order[j], order[i]
	}
	r.hi, r.lo = hi, lo
}
