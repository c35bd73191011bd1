//go:build gc && !purego && (amd64 || 386 || arm64)

package machine

import (
	"github.com/klauspost/cpuid/v2"
	"golang.org/x/sys/cpu"
)

// detect takes names, cores and caches from cpuid, and the features, which decide what may run, from x/sys/cpu,
// which asks the operating system too and heeds GODEBUG (cpu.avx512f=off and so on).
func detect(c *CPU) {
	c.Name = cpuid.CPU.BrandName
	c.PhysicalCores = max(cpuid.CPU.PhysicalCores, 0)
	c.L1Data = max(cpuid.CPU.Cache.L1D, 0)
	c.L2 = max(cpuid.CPU.Cache.L2, 0)
	c.L3 = max(cpuid.CPU.Cache.L3, 0)
	for _, f := range []struct {
		name string
		has  bool
	}{
		{"sse2", cpu.X86.HasSSE2},
		{"sse4.1", cpu.X86.HasSSE41},
		{"avx", cpu.X86.HasAVX},
		{"avx2", cpu.X86.HasAVX2},
		{"fma", cpu.X86.HasFMA},
		{"avx512f", cpu.X86.HasAVX512F},
		{"avx512bw", cpu.X86.HasAVX512BW},
		{"avx512dq", cpu.X86.HasAVX512DQ},
		{"avx512vl", cpu.X86.HasAVX512VL},
		{"neon", cpu.ARM64.HasASIMD},
	} {
		if f.has {
			c.Features = append(c.Features, f.name)
		}
	}
}
