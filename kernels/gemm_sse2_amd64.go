//go:build gc && !purego

package kernels

func productsSSE2(t *table) {}
