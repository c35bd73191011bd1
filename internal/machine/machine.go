// Package machine reports on the processor, for people. It is apart from package kernels since finding out what this
// says takes longer than the rest of a small program's start.
package machine

import "runtime"

// CPU says what was found out about the processor. Sizes are in bytes, 0 where unknown; Features are those of the
// processor that kernels use or may use, as far as the operating system lets programs use them.
type CPU struct {
	Name          string   `json:"name"`
	Arch          string   `json:"arch"`
	PhysicalCores int      `json:"physical_cores"`
	LogicalCores  int      `json:"logical_cores"`
	L1Data        int      `json:"l1_data_bytes"`
	L2            int      `json:"l2_bytes"`
	L3            int      `json:"l3_bytes"`
	Features      []string `json:"features"`
}

// Detect reports on this machine's processor. On other architectures than amd64, 386 and arm64, and with the build
// tag purego, only the architecture and the number of logical cores are known.
func Detect() CPU {
	c := CPU{Arch: runtime.GOARCH, LogicalCores: runtime.NumCPU(), Features: []string{}}
	detect(&c)
	return c
}
