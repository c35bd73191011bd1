//go:build gc && !purego

package kernels

import "golang.org/x/sys/cpu"

// machineTiers lists the assembly tiers of amd64, the fastest first. x/sys/cpu, which asks the operating system too
// and heeds GODEBUG, says what may run; each tier asks for every subset of instructions that its kernels use.
func machineTiers() []tier {
	avx2 := cpu.X86.HasAVX2 && cpu.X86.HasFMA
	avx512 := avx2 && cpu.X86.HasAVX512F && cpu.X86.HasAVX512BW && cpu.X86.HasAVX512DQ && cpu.X86.HasAVX512VL
	return []tier{
		{"avx512", avx512, fillAVX512},
		{"avx2", avx2, fillAVX2},
		{"sse2", cpu.X86.HasSSE2, fillSSE2},
	}
}

func fillAVX512(t *table) {
	productsAVX512(t)
	t.activate = activateAVX512
	t.sum, t.dot, t.multiplyAdd = sumAVX2, sumProductsAVX2, multiplyAddAVX2 // see trainingAVX512
}

func fillAVX2(t *table) {
	productsAVX2(t)
	t.activate = activateAVX2
	t.sum, t.dot, t.multiplyAdd = sumAVX2, sumProductsAVX2, multiplyAddAVX2
}

func fillSSE2(t *table) {
	productsSSE2(t)
	t.activate = activateSSE2
	t.sum, t.dot = sumSSE2, dotSSE2
}

// fillTraining overrides the training kernels that a tier has, in a table that holds the reference's.
func fillTraining(name string, t *trainingTable) {
	switch name {
	case "avx512":
		trainingAVX512(t)
	case "avx2":
		trainingAVX2(t)
	case "sse2":
		trainingSSE2(t)
	}
}
