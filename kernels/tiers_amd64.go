//go:build gc && !purego

package kernels

// machineTiers lists the assembly tiers of amd64, the fastest first; x/sys/cpu (see detectCPU) says which
// of them may run. There are none yet.
func machineTiers() []tier { return nil }
