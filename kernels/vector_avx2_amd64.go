//go:build gc && !purego

package kernels

func vectorsAVX2(t *table) {}
