// Without is examples/embed without nnrt: it reads the same rows, and prints the sum of each.
package main

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
)

func main() {
	if err := run(os.Stdout, os.Stdin); err != nil {
		fmt.Fprintln(os.Stderr, "without:", err)
		os.Exit(1)
	}
}

func run(stdout io.Writer, stdin io.Reader) error {
	in, out := bufio.NewReader(stdin), bufio.NewWriter(stdout)
	defer out.Flush()
	for line := 1; ; line++ {
		row, err := in.ReadSlice('\n')
		if err == io.EOF && len(row) == 0 {
			return out.Flush()
		}
		if err != nil && err != io.EOF {
			return fmt.Errorf("line %d: %w", line, err)
		}
		var sum float32
		for _, value := range strings.Split(strings.TrimSpace(string(row)), ",") {
			x, err := strconv.ParseFloat(value, 32)
			if err != nil {
				return fmt.Errorf("line %d: %w", line, err)
			}
			sum += float32(x)
		}
		fmt.Fprintln(out, sum)
		if in.Buffered() == 0 {
			if err := out.Flush(); err != nil {
				return err
			}
		}
	}
}
