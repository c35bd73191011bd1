package kernels

import "math/bits"

// PCG is the generator of the contract's random numbers: PCG-DXSM as in math/rand/v2, and the state that its Seed sets.
type PCG struct{ Hi, Lo uint64 }

// Uint64 returns the next number.
func (p *PCG) Uint64() uint64 {
	p.Hi, p.Lo = nextState(p.Hi, p.Lo)
	return permuteState(p.Hi, p.Lo)
}

// Shuffle permutes order: Fisher and Yates, from the last element down. The other element of a swap is drawn without
// bias, by rejection: the upper 32 bits of a number, modulo n, unless they are in the last, incomplete multiple of n.
func (p *PCG) Shuffle(order []int32) { training().shuffle(p, order) }

// nextState returns state·multiplier + increment, of 128 bits.
func nextState(hi, lo uint64) (uint64, uint64) {
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

// permuteState returns a state's number: DXSM, "double xorshift multiply".
func permuteState(hi, lo uint64) uint64 {
	hi ^= hi >> 32
	hi *= 0xda942042e4dd58b5
	hi ^= hi >> 48
	return hi * (lo | 1)
}

func genericShuffle(p *PCG, order []int32) { shuffleFrom(p, order, len(order)-1, 0) }

// shuffleFrom does the swaps of the elements from the one to the other, which is not one of them.
func shuffleFrom(p *PCG, order []int32, from, to int) {
	hi, lo := p.Hi, p.Lo // in registers
	for i := from; i > to; i-- {
		n := uint32(i) + 1
	draw:
		hi, lo = nextState(hi, lo)
		v := uint32(permuteState(hi, lo) >> 32)
		if v >= -n && v > ^(-n%n) { // the multiples end at 2³² − 2³² mod n, and never before 2³² − n
			goto draw
		}
		j := v % n
		order[i], order[j] = order[j], order[i]
	}
	p.Hi, p.Lo = hi, lo
}
