//go:build gc && !purego

package kernels

// secondLevelCache returns 0: programs cannot ask an arm64 for the size of its caches.
func secondLevelCache() int { return 0 }
