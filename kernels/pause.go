//go:build gc && !purego && (amd64 || arm64)

package kernels

// spins is how often a goroutine that waits looks, with a pause after each, before it looks at the time.
const spins = 32

// pause tells the processor that a loop waits for another thread, which gives way to one on the same core and saves
// power.
//
//go:noescape
func pause()
