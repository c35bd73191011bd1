// Embed measures examples/embed beside the same program without nnrt and beside true: what must be shipped in bytes and
// what of it is whose, the time from start to exit with one prediction, and the resident memory after it.
//
//	go run ./bench/embed
package main

import (
	"bufio"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// row is what a program reads: the first of the Pima Indians Diabetes data.
const row = "6,148,72,35,0,33.6,0.627,50\n"

func main() {
	runs := flag.Int("runs", 500, "how often to start each program")
	flag.Parse()
	if err := measure(os.Stdout, *runs); err != nil {
		fmt.Fprintln(os.Stderr, "bench/embed:", err)
		os.Exit(1)
	}
}

// program is one of those that are compared.
type program struct {
	name, path string
	bytes      int64 // stripped
	times      []time.Duration
}

func measure(w io.Writer, runs int) error {
	if runs < 1 {
		return errors.New("-runs is at least 1")
	}
	folder, err := os.MkdirTemp("", "embed")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder)

	without := &program{name: "without nnrt", path: filepath.Join(folder, "without")}
	embed := &program{name: "embed", path: filepath.Join(folder, "embed")}
	var sizes [2]map[string]int64
	for i, p := range []*program{without, embed} {
		source := [...]string{"nnrt/bench/embed/without", "nnrt/examples/embed"}[i]
		if err := build(p.path, source); err != nil {
			return err
		}
		if sizes[i], err = packageSizes(p.path); err != nil {
			return err
		}
		if err := build(p.path, source, "-ldflags", "-s -w"); err != nil {
			return err
		}
		info, err := os.Stat(p.path)
		if err != nil {
			return err
		}
		p.bytes = info.Size()
	}

	input := filepath.Join(folder, "row")
	if err := os.WriteFile(input, []byte(row), 0o600); err != nil {
		return err
	}
	programs := []*program{without, embed}
	if path, err := exec.LookPath("true"); err == nil {
		programs = append([]*program{{name: path, path: path}}, programs...)
	}
	for range runs {
		for _, p := range programs {
			t, err := timeOf(p.path, input)
			if err != nil {
				return fmt.Errorf("%s: %w", p.name, err)
			}
			p.times = append(p.times, t)
		}
	}

	fmt.Fprintf(w, "start to exit with one row, the median of %d alternating runs; resident memory after it\n\n", runs)
	fmt.Fprintf(w, "%-14s %12s %10s %14s\n", "program", "bytes", "ms", "resident KiB")
	for _, p := range programs {
		size, memory := "", ""
		if p.bytes > 0 {
			size = strconv.FormatInt(p.bytes, 10)
			if memory, err = memoryOf(p.path); err != nil {
				return fmt.Errorf("%s: %w", p.name, err)
			}
		}
		slices.Sort(p.times)
		fmt.Fprintf(w, "%-14s %12s %10.2f %14s\n", p.name, size, 1e3*p.times[runs/2].Seconds(), memory)
	}
	fmt.Fprintf(w, "\nnnrt makes %d bytes of difference. Code and data by package, where they differ by a KB or more:\n\n",
		embed.bytes-without.bytes)
	printDifferences(w, sizes[0], sizes[1])
	return nil
}

// build compiles a package to a file, as small as a user would with the flags.
func build(output, source string, flags ...string) error {
	args := append(append([]string{"build", "-trimpath"}, flags...), "-o", output, source)
	if message, err := exec.Command("go", args...).CombinedOutput(); err != nil {
		return fmt.Errorf("go %s: %w: %s", strings.Join(args, " "), err, message)
	}
	return nil
}

// timeOf returns how long a program runs whose standard input is a file.
func timeOf(path, input string) (time.Duration, error) {
	in, err := os.Open(input)
	if err != nil {
		return 0, err
	}
	defer in.Close()
	c := exec.Command(path)
	c.Stdin = in
	begun := time.Now()
	err = c.Run()
	return time.Since(begun), err
}

// memoryOf returns the most memory, in KiB, that a program had resident until it had answered one row. (The figure that
// wait4 gives would be this process's own if that is larger.) It is empty where there is no /proc.
func memoryOf(path string) (string, error) {
	c := exec.Command(path)
	in, err := c.StdinPipe()
	if err != nil {
		return "", err
	}
	out, err := c.StdoutPipe()
	if err != nil {
		return "", err
	}
	if err := c.Start(); err != nil {
		return "", err
	}
	defer c.Wait()
	defer in.Close()
	if _, err := io.WriteString(in, row); err != nil {
		return "", err
	}
	if _, err := bufio.NewReader(out).ReadString('\n'); err != nil {
		return "", err
	}
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", c.Process.Pid))
	if err != nil {
		return "", nil
	}
	_, after, _ := strings.Cut(string(status), "VmHWM:")
	before, _, _ := strings.Cut(after, "kB")
	return strings.TrimSpace(before), nil
}

// packageSizes returns the bytes of code and initialised data by package, as the symbols of a program tell.
func packageSizes(path string) (map[string]int64, error) {
	symbols, err := exec.Command("go", "tool", "nm", "-size", path).Output()
	if err != nil {
		return nil, fmt.Errorf("go tool nm: %w", err)
	}
	sizes := map[string]int64{}
	for line := range strings.Lines(string(symbols)) {
		f := strings.Fields(line) // address, size, type, name
		if len(f) < 4 || strings.ContainsAny(f[2], "BbU") {
			continue
		}
		if size, err := strconv.ParseInt(f[1], 10, 64); err == nil {
			sizes[packageOf(f[3])] += size
		}
	}
	return sizes, nil
}

// packageOf returns the package of a symbol; of those that the linker makes, what is before the colon.
func packageOf(symbol string) string {
	if before, _, ok := strings.Cut(symbol, ":"); ok {
		return before
	}
	symbol, _, _ = strings.Cut(symbol, "[") // type arguments
	folder := strings.LastIndex(symbol, "/") + 1
	name, _, _ := strings.Cut(symbol[folder:], ".")
	return symbol[:folder] + name
}

func printDifferences(w io.Writer, without, with map[string]int64) {
	type entry struct {
		name string
		more int64
	}
	var entries []entry
	for name, size := range with {
		if more := size - without[name]; more >= 1000 {
			entries = append(entries, entry{name, more})
		}
	}
	slices.SortFunc(entries, func(a, b entry) int { return int(b.more - a.more) })
	for _, e := range entries {
		fmt.Fprintf(w, "%8d %s\n", e.more, e.name)
	}
}
