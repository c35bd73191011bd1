//go:build gc && !purego

package kernels

// machineTiers lists the assembly tiers of arm64. There are none yet.
func machineTiers() []tier { return nil }

// fillTraining has nothing to override.
func fillTraining(string, *trainingTable) {}
