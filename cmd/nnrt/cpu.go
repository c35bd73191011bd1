package main

import (
	"fmt"
	"runtime"
	"strings"

	"nnrt/internal/machine"
	"nnrt/kernels"
)

func cpuCommand() *command {
	f := &flagSet{}
	asJSON := f.boolean("json", false, "print a JSON object")
	return &command{
		name:    "cpu",
		summary: "show this machine's processor and the kernels chosen for it",
		details: "The environment variable NNRT_KERNELS chooses other kernels among the available ones. They differ in " +
			"speed, never in a digit of a result.",
		examples: []string{"nnrt cpu", "NNRT_KERNELS=generic nnrt cpu --json"},
		flags:    f,
		run: func(e *env, _ []string) error {
			c := newCPUReport()
			if *asJSON {
				return writeJSON(e.stdout, c)
			}
			c.write(e)
			return nil
		},
	}
}

type cpuReport struct {
	machine.CPU
	OS       string   `json:"os"`
	Threads  int      `json:"threads"` // that may run at once
	Tier     string   `json:"tier"`
	Tiers    []string `json:"tiers"`
	Contract int      `json:"contract"` // version of the arithmetic
}

func newCPUReport() cpuReport {
	return cpuReport{machine.Detect(), runtime.GOOS, runtime.GOMAXPROCS(0), kernels.Active(), kernels.Tiers(),
		kernels.Contract}
}

func (c *cpuReport) write(e *env) {
	known := func(text string, is bool) string {
		if is {
			return text
		}
		return "unknown"
	}
	cache := func(bytes int) string { return known(fmt.Sprintf("%d KiB", bytes/1024), bytes > 0) }
	for _, line := range [][2]string{
		{"name", known(c.Name, c.Name != "")},
		{"platform", c.OS + "/" + c.Arch},
		{"cores", known(fmt.Sprint(c.PhysicalCores), c.PhysicalCores > 0) + fmt.Sprintf(" (%d logical, %d used)",
			c.LogicalCores, c.Threads)},
		{"cache L1", cache(c.L1Data) + " (data)"},
		{"cache L2", cache(c.L2)},
		{"cache L3", cache(c.L3)},
		{"features", known(strings.Join(c.Features, " "), len(c.Features) > 0)},
		{"kernels", c.Tier},
		{"available", strings.Join(c.Tiers, " ")},
		{"arithmetic", fmt.Sprintf("contract %d", c.Contract)},
	} {
		fmt.Fprintf(e.stdout, "%-11s %s\n", line[0], line[1])
	}
}
