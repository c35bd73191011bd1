//go:build gc && !purego

package kernels

func activationsAVX2(t *table) {}
