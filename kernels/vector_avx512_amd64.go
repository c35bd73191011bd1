//go:build gc && !purego

package kernels

// trainingAVX512 takes from AVX2 what vectors of 64 bytes would not make faster. The 32 lanes of a reduction are two
// chains of additions then instead of four, of the same latency, and memory serves loads of 32 bytes about 15 % faster
// on Zen 4. Optimisers wait for division or for memory; and where their vectors lie a multiple of 4096 bytes apart, as
// those of one layer often do, a Zen 4 takes loads of 64 bytes for ones of what it has just stored: Adam became up to
// four times as slow, and momentum twice.
func trainingAVX512(t *trainingTable) {
	trainingAVX2(t)
	microkernelsAVX512.fillTraining(t)
	t.gemmNT, t.gemmTNAdam = gemmNTAVX512, gemmTNAdamAVX512
	t.activateGradient = activateGradientAVX512
	t.sigmoidCrossEntropy, t.sparseCrossEntropy = sigmoidCrossEntropyAVX512, sparseCrossEntropyAVX512
	t.columnSums = columnSumsAVX512
	t.shuffle = shuffleAVX512
}

//go:noescape
func columnSumsAVX512(sums, x []float32)

//go:noescape
func sigmoidCrossEntropyAVX512(losses, z, y []float32)

func sparseCrossEntropyAVX512(losses, z []float32, width int) {
	switch {
	case width <= 4:
		sparseCrossEntropy4AVX512(losses, z, width)
	case width <= 8:
		sparseCrossEntropy8AVX512(losses, z, width)
	case width <= 16:
		sparseCrossEntropy16AVX512(losses, z, width)
	default:
		sparseCrossEntropyWideAVX512(losses, z, width)
	}
}

//go:noescape
func sparseCrossEntropy4AVX512(losses, x []float32, width int)

//go:noescape
func sparseCrossEntropy8AVX512(losses, x []float32, width int)

//go:noescape
func sparseCrossEntropy16AVX512(losses, x []float32, width int)

//go:noescape
func sparseCrossEntropyWideAVX512(losses, x []float32, width int)
