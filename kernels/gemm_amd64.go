//go:build gc && !purego

package kernels

func productsAVX512(t *table) {}

func productsAVX2(t *table) {}
