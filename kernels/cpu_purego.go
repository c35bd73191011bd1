//go:build !gc || purego

package kernels

func detectCPU(*CPU) {}
