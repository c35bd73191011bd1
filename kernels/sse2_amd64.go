//go:build gc && !purego

package kernels

func productsSSE2(t *table) {}

func activationsSSE2(t *table) {}

func vectorsSSE2(t *table) {}
