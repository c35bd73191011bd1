//go:build gc && !purego

package kernels

func vectorsSSE2(t *table) {}
