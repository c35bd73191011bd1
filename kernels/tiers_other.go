//go:build !gc || purego || !(amd64 || arm64)

package kernels

// machineTiers is empty where there is no assembly: the portable reference runs.
func machineTiers() []tier { return nil }

// fillTraining has nothing to override.
func fillTraining(string, *trainingTable) {}
