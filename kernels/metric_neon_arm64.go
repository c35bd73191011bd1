//go:build gc && !purego

package kernels

func binaryHitsNEON(p, y []float32) int {
	whole := len(p) &^ 7
	return eightsOfHitsNEON(p[:whole], y) + genericBinaryHits(p[whole:], y[whole:])
}

//go:noescape
func eightsOfHitsNEON(p, y []float32) int
