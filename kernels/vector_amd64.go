//go:build gc && !purego

package kernels

func vectorsAVX512(t *table) {}

func vectorsAVX2(t *table) {}
