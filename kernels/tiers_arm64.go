//go:build gc && !purego

package kernels

// machineTiers lists the assembly tiers of arm64: every arm64 that Go runs on has NEON.
func machineTiers() []tier {
	return []tier{{"neon", true, fillNEON}}
}

func fillNEON(t *table) {
	productsNEON(t)
	t.activate = activateNEON
	reductionsNEON(t)
}

// fillTraining overrides the training kernels of NEON, in a table that holds the reference's.
func fillTraining(name string, t *trainingTable) {
	if name == "neon" {
		trainingNEON(t)
	}
}

func trainingNEON(t *trainingTable) {
	microkernelsNEON.fillTraining(t)
	optimizersNEON(t)
	reductionsTrainingNEON(t)
	t.gatherRows, t.binaryHits = gatherRowsNEON, binaryHitsNEON
	t.activateGradient = activateGradientNEON
	t.sigmoidCrossEntropy, t.sparseCrossEntropy = sigmoidCrossEntropyNEON, sparseCrossEntropyNEON
	t.crossEntropyGradient = crossEntropyGradientNEON
}
