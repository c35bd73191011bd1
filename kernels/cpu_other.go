//go:build !gc || purego || !(amd64 || 386 || arm64)

package kernels

func detectCPU(*CPU) {}
