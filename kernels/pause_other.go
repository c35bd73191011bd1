//go:build !gc || purego || !(amd64 || arm64)

package kernels

// spins is how often a goroutine that waits looks before it looks at the time.
const spins = 256

func pause() {}
