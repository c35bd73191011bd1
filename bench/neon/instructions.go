package main

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"

	"nnrt/internal/disassembly"
)

// counted is a call whose instructions are counted under qemu.
type counted struct {
	net   string
	batch int
	train bool
}

var countedCalls = []counted{
	{"A", 1, false}, {"A", 32, false}, {"B", 1, false}, {"B", 32, false}, {"A", 32, true}, {"B", 32, true}}

// leastInstructions is how many instructions the repetitions have at least, so that what Go's own threads do meanwhile
// is below one in a thousand.
const leastInstructions = 30_000_000

// counter counts the instructions of the program bench/neon/repeat, built for arm64.
type counter struct {
	plugin, program, result string
}

func newCounter(folder, root string) (*counter, error) {
	c := &counter{filepath.Join(folder, "count.so"), filepath.Join(folder, "repeat"), filepath.Join(folder, "executed")}
	source := filepath.Join(root, "bench", "neon", "count", "count.c")
	if out, err := exec.Command("gcc", "-O2", "-Wall", "-Wextra", "-shared", "-fPIC", "-o", c.plugin, source).
		CombinedOutput(); err != nil {
		return nil, fmt.Errorf("gcc: %w\n%s", err, out)
	}
	_, err := disassembly.Go(root, "arm64", "build", "-o", c.program, "./bench/neon/repeat")
	return c, err
}

// executed returns the instructions from the program's start to its exit.
func (c *counter) executed(kernels string, call counted, times int) (int64, error) {
	command := exec.Command("qemu-aarch64", "-plugin", c.plugin+",out="+c.result, c.program, "-net", call.net,
		"-batch", strconv.Itoa(call.batch), "-train="+strconv.FormatBool(call.train), "-times", strconv.Itoa(times))
	command.Env = append(os.Environ(), "NNRT_KERNELS="+kernels, "GOGC=off", "GOMAXPROCS=1")
	if out, err := command.CombinedOutput(); err != nil {
		return 0, fmt.Errorf("qemu-aarch64: %w\n%s", err, out)
	}
	text, err := os.ReadFile(c.result)
	if err != nil {
		return 0, err
	}
	return strconv.ParseInt(strings.TrimSpace(string(text)), 10, 64)
}

// perCall returns the instructions of one call: of twice as many less those of as many, in which the start falls out
// and the first call, which allocates.
func (c *counter) perCall(kernels string, call counted) (float64, error) {
	once, err := c.executed(kernels, call, 1)
	if err != nil {
		return 0, err
	}
	for times := 2; ; times *= 4 {
		fewer, err := c.executed(kernels, call, times)
		if err != nil {
			return 0, err
		}
		if fewer-once < leastInstructions {
			continue
		}
		more, err := c.executed(kernels, call, 2*times)
		return float64(more-fewer) / float64(times), err
	}
}

// writeInstructions writes the table of the instructions of whole predictions and steps.
func writeInstructions(w io.Writer, folder, root string) error {
	c, err := newCounter(folder, root)
	if err != nil {
		return err
	}
	fmt.Fprint(w, "| call | generic | NEON | fewer |\n|---|---|---|---|\n")
	for _, call := range countedCalls {
		var n [2]float64
		for i, kernels := range []string{"generic", "neon"} {
			if n[i], err = c.perCall(kernels, call); err != nil {
				return err
			}
		}
		what := "predict"
		if call.train {
			what = "train, Adam"
		}
		fmt.Fprintf(w, "| %s, %s, batch %d | %.0f | %.0f | %.1f × |\n", call.net, what, call.batch, n[0], n[1],
			n[0]/n[1])
	}
	return nil
}
