//go:build gc && !purego && (amd64 || arm64)

package kernels

import "sync"

// blockRows returns how many rows of A, a segment of k each, take a quarter of the second-level cache: rows whose
// stride is a power of two share a part of its sets.
var blockRows = sync.OnceValue(func() int {
	const usual = 512 << 10
	l2 := secondLevelCache()
	if l2 <= 0 {
		l2 = usual
	}
	return max(l2/4/(4*segment), 64)
})
