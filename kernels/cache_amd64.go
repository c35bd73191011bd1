//go:build gc && !purego

package kernels

// secondLevelCache returns the size of a core's second-level cache in bytes, 0 if it is not known. (The package cpuid
// knows more; but it asks for all of that when the program starts, for 0.3 ms on a virtual machine.)
func secondLevelCache() int {
	const highest, caches = 0x80000000, 0x80000006 // functions of the instruction CPUID
	if eax, _ := cpuid(highest); eax < caches {
		return 0
	}
	_, ecx := cpuid(caches)
	return int(ecx>>16) << 10
}

// cpuid returns two of the registers that the instruction CPUID fills for a function.
func cpuid(function uint32) (eax, ecx uint32)
