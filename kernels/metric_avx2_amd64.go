//go:build gc && !purego

package kernels

func binaryHitsAVX2(p, y []float32) int {
	whole := len(p) &^ 7
	return eightsOfHitsAVX2(p[:whole], y) + genericBinaryHits(p[whole:], y[whole:])
}

//go:noescape
func eightsOfHitsAVX2(p, y []float32) int
