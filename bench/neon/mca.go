package main

import (
	"fmt"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
)

// core is a processor as LLVM knows it, with what its model is measured to do at best.
type core struct {
	name, cpu string
	model     string  // LLVM's, which may be that of another processor
	fusedRate float64 // vectors of fused multiply-adds a cycle
}

func cores() []*core {
	return []*core{{name: "Cortex-A53", cpu: "cortex-a53"}, {name: "Cortex-A72", cpu: "cortex-a72"},
		{name: "Cortex-A76", cpu: "cortex-a76"}, {name: "Neoverse N1", cpu: "neoverse-n1"},
		{name: "Neoverse V1", cpu: "neoverse-v1"}, {name: "Apple M1", cpu: "apple-m1"}}
}

// models names LLVM's models by what their resources are called, before the word Unit.
var models = map[string]string{"A53": "Cortex-A53's", "A57": "Cortex-A57's", "N1": "Neoverse N1's",
	"V1": "Neoverse V1's", "Cy": "Cyclone's (Apple A7)"}

var (
	totalCycles = regexp.MustCompile(`(?m)^Total Cycles:\s+(\d+)$`)
	resource    = regexp.MustCompile(`(?m)^\[[0-9.]+\]\s+- ([A-Za-z0-9]+)Unit`)
)

// analyse runs llvm-mca on instructions, repeated.
func analyse(mca, cpu string, texts []string, iterations int) (string, error) {
	command := exec.Command(mca, "-mtriple=aarch64", "-mcpu="+cpu, "-iterations="+strconv.Itoa(iterations),
		"-instruction-info=false", "-")
	command.Stdin = strings.NewReader(label + ":\n" + strings.Join(texts, "\n") + "\n")
	var failure strings.Builder
	command.Stderr = &failure
	output, err := command.Output()
	if err != nil {
		return "", fmt.Errorf("%s: %w\n%s", mca, err, &failure)
	}
	return string(output), nil
}

// cycles returns the cycles of an iteration in the steady state: the difference of long runs.
func (c *core) cycles(mca string, texts []string) (float64, error) {
	const short, long = 200, 600
	var total [2]float64
	for i, iterations := range []int{short, long} {
		output, err := analyse(mca, c.cpu, texts, iterations)
		if err != nil {
			return 0, err
		}
		match := totalCycles.FindStringSubmatch(output)
		if match == nil {
			return 0, fmt.Errorf("%s: no cycles in\n%s", mca, output)
		}
		if total[i], err = strconv.ParseFloat(match[1], 64); err != nil {
			return 0, err
		}
	}
	return (total[1] - total[0]) / (long - short), nil
}

// measure finds out which model the core has and, from multiply-adds that do not wait for one another, its throughput.
func (c *core) measure(mca string) error {
	var block []string
	for i := range 24 {
		block = append(block, fmt.Sprintf("fmla v%d.4s, v30.4s, v31.s[0]", i))
	}
	cycles, err := c.cycles(mca, block)
	if err != nil {
		return err
	}
	c.fusedRate = float64(len(block)) / cycles
	output, err := analyse(mca, c.cpu, block, 1)
	if err != nil {
		return err
	}
	match := resource.FindStringSubmatch(output)
	if match == nil {
		return fmt.Errorf("%s -mcpu=%s: no resources named in\n%s", mca, c.cpu, output)
	}
	if c.model = models[match[1]]; c.model == "" {
		c.model = match[1]
	}
	return nil
}
