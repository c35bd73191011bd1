//go:build gc && !purego

package kernels

func productsAVX512(t *table) {}
