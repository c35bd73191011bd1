//go:build gc && !purego

package kernels

// secondLevelCache returns 0, for not known: an arm64 tells programs nothing of its caches' sizes. (What is usual
// instead suits what they are: a Cortex-A53 or A72 shares 512 kB to 1 MB between four cores, a Cortex-A76 or Neoverse
// has 256 kB to 2 MB for each.)
func secondLevelCache() int { return 0 }
