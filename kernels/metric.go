package kernels

import "math"

// BinaryHits returns how many targets y are what the predictions say: 1 where p > ½, 0 elsewhere, for a NaN too. It
// panics unless the lengths agree.
func BinaryHits(p, y []float32) int {
	sameLength(p, y)
	return training().binaryHits(p, y)
}

// genericBinaryHits does not branch on what cannot be foreseen.
func genericBinaryHits(p, y []float32) int {
	const one = 0x3f800000 // the bits of 1
	hits := 0
	y = y[:len(p)]
	for i, v := range p {
		want := uint32(1 << 31) // 0, of which the sign does not matter: the target's is set
		sign := want
		if v > 0.5 {
			want, sign = one, 0
		}
		hit := 0
		if math.Float32bits(y[i])|sign == want {
			hit = 1
		}
		hits += hit
	}
	return hits
}
