//go:build gc && !purego

package kernels

func activationsAVX512(t *table) {}
