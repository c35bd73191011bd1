//go:build gc && !purego

package kernels

func vectorsAVX512(t *table) {}
