//go:build gc && !purego

package kernels

func activationsSSE2(t *table) {}
