//go:build gc && !purego

package kernels

func productsAVX2(t *table) {}
