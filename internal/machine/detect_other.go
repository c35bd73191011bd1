//go:build !gc || purego || !(amd64 || 386 || arm64)

package machine

func detect(*CPU) {}
