//go:build gc && !purego

package kernels

// shuffleAVX512 draws a block of numbers by vectors, and then does their swaps. Where one of a block may have to be
// rejected, which nearly never happens among fewer than 2²¹ elements, the block is done by the reference.
func shuffleAVX512(p *PCG, order []int32) {
	const most = 1 << 21
	var partners [256]int32
	var hi, lo [8]uint64 // successive states
	i := max(0, len(order)-1)
	if i >= most {
		shuffleFrom(p, order, i, most-1)
		i = most - 1
	}
	for i >= len(hi) {
		block := min(i, len(partners)) &^ (len(hi) - 1)
		h, l := p.Hi, p.Lo
		for k := range hi {
			h, l = nextState(h, l)
			hi[k], lo[k] = h, l
		}
		n := uint32(i) + 1
		if drawsAVX512(partners[:block], &hi, &lo, n) >= -n {
			shuffleFrom(p, order, i, i-block)
			i -= block
			continue
		}
		p.Hi, p.Lo = hi[7], lo[7]
		for _, j := range partners[:block] {
			order[i], order[j] = order[j], order[i]
			i--
		}
	}
	shuffleFrom(p, order, i, 0)
}

// drawsAVX512 sets draws[i] to the upper 32 bits of a number modulo n−i. hi and lo are the states of the first eight
// numbers before, those of the last eight afterwards. Draws are a multiple of eight. The result is the largest of the
// upper 32 bits.
//
//go:noescape
func drawsAVX512(draws []int32, hi, lo *[8]uint64, n uint32) (largest uint32)
