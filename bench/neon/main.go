// Neon says what NEON's kernels should do on processors of arm64, of which none is at hand: it takes the inner loops
// out of the package kernels as it is built, has llvm-mca work out their cycles on LLVM's models of six cores, and
// counts the instructions of predictions and training steps under qemu. It writes README.md beside this file.
//
//	go run ./bench/neon
//
// It needs llvm-mca and llvm-objdump (Debian's llvm-19 or a newer one), qemu-aarch64 with plugins (qemu-user) and gcc.
package main

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"nnrt/internal/disassembly"
)

func main() {
	root := flag.String("root", ".", "the repository's folder")
	out := flag.String("o", "", "the file to write, instead of bench/neon/README.md in the repository's folder")
	instructions := flag.Bool("instructions", true, "count instructions under qemu too: some minutes")
	flag.Parse()
	if *out == "" {
		*out = filepath.Join(*root, "bench/neon/README.md")
	}
	if err := write(*root, *out, *instructions); err != nil {
		fmt.Fprintln(os.Stderr, "bench/neon:", err)
		os.Exit(1)
	}
}

func write(root, path string, instructions bool) error {
	mca, objdump := disassembly.Newest("llvm-mca"), disassembly.Newest("llvm-objdump")
	if mca == "" || objdump == "" {
		return errors.New("llvm-mca or llvm-objdump is missing: apt-get install llvm-19, or another llvm")
	}
	folder, err := os.MkdirTemp("", "neon")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder)
	version, err := exec.Command(mca, "--version").Output()
	if err != nil {
		return err
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, introduction, versionLine(string(version)))
	if err := writeLoops(&b, folder, root, mca, objdump); err != nil {
		return err
	}
	if instructions {
		fmt.Fprint(&b, instructionsIntroduction)
		if err := writeInstructions(&b, folder, root); err != nil {
			return err
		}
	}
	os.Stdout.Write(b.Bytes())
	return os.WriteFile(path, b.Bytes(), 0o644)
}

// versionLine returns the line of a program's own description that has its version.
func versionLine(text string) string {
	for line := range strings.Lines(text) {
		if strings.Contains(line, "version") {
			return strings.TrimSpace(line)
		}
	}
	return strings.TrimSpace(text)
}

// built returns the functions in assembly of the kernels built for an architecture, by their names.
func built(folder, root, architecture string) (map[string]disassembly.Function, error) {
	archive := filepath.Join(folder, architecture+".a")
	if _, err := disassembly.Go(root, architecture, "build", "-o", archive, "./kernels"); err != nil {
		return nil, err
	}
	list, err := disassembly.Functions(archive)
	if err != nil {
		return nil, err
	}
	functions := map[string]disassembly.Function{}
	for _, f := range list {
		if strings.HasSuffix(f.File, ".s") {
			functions[shortName(f)] = f
		}
	}
	return functions, nil
}

// listing is a loop to show: of a function's innermost loops whose first line has a text, that with the most
// instructions, of those with the most multiply-adds.
type listing struct {
	function, text, what string
}

var products = []listing{
	{"tilesNEON", "packed8", "tile of 8×8, B packed"},
	{"tilesNEON", "termsPair8", "tile of 8×8, B as it is"},
	{"tilesNEON", "acrossPair8", "tile of 8×8 of Aᵀ·B"},
	{"tilesNEON", "termsHalf8", "tile of 8×4"},
	{"narrowRowNEON", "ROWS3", "narrow layer, 9 to 12 outputs, a row"},
	{"narrowDotNEON", "dot3", "narrow layer, 3 outputs, four rows"},
	{"layersRowNEON", "", "a row through several layers"},
	{"sumProductsNEON", "", "dot product"},
}

var rows = []listing{
	{"tileRowNEON", "", "a row by a matrix of up to 64 columns a pass"},
	{"addRowsNEON", "", "eight of a matrix's rows to 32 columns"},
}

var vectors = []listing{
	{"exponentialNEON", "", "exp"},
	{"sigmoidNEON", "", "sigmoid"},
	{"tanhNEON", "", "tanh"},
	{"expAndSumNEON", "", "softmax: exp and sum"},
	{"logSoftmaxGradientNEON", "", "log softmax, gradient"},
	{"geluNEON", "", "GELU"},
	{"reluNEON", "", "ReLU"},
	{"sgdNEON", "", "SGD"},
	{"adamNEON", "", "Adam"},
}

// inner returns a listing's loop.
func (l listing) inner(loops []loop) (loop, error) {
	var best loop
	for _, candidate := range loops {
		if !strings.Contains(candidate.source, l.text) {
			continue
		}
		if f, g := candidate.fused(), best.fused(); f > g || f == g && len(candidate.texts) > len(best.texts) {
			best = candidate
		}
	}
	if len(best.texts) == 0 {
		return best, fmt.Errorf("%s has no loop at %q", l.function, l.text)
	}
	return best, nil
}

// find returns the loop of a listing in the functions of arm64.
func find(functions map[string]disassembly.Function, l listing, root, objdump string) (loop, error) {
	f, ok := functions[l.function]
	if !ok {
		return loop{}, fmt.Errorf("there is no %s", l.function)
	}
	loops, err := loopsARM64(f, objdump, filepath.Join(root, "kernels"))
	if err != nil {
		return loop{}, err
	}
	return l.inner(loops)
}

// writeLoops writes the tables of the models and of the loops.
func writeLoops(w io.Writer, folder, root, mca, objdump string) error {
	neon, err := built(folder, root, "arm64")
	if err != nil {
		return err
	}
	avx2, err := built(folder, root, "amd64")
	if err != nil {
		return err
	}
	list := cores()
	var heads, lines string
	for _, c := range list {
		if err := c.measure(mca); err != nil {
			return err
		}
		heads += " " + c.name + " |"
		lines += "---|"
		fmt.Fprintf(w, "| %s | `%s` | %s | %.2f |\n", c.name, c.cpu, c.model, c.fusedRate)
	}

	fmt.Fprintf(w, productsIntroduction+"| loop | function | instr. | FMLA |%s\n|---|---|---|---|%s\n", heads, lines)
	for _, l := range products {
		inner, err := find(neon, l, root, objdump)
		if err != nil {
			return err
		}
		fmt.Fprintf(w, "| %s | `%s` | %d | %d |", l.what, l.function, len(inner.texts), inner.fused())
		for _, c := range list {
			cycles, err := c.cycles(mca, inner.texts)
			if err != nil {
				return err
			}
			rate := float64(inner.multiplyAdds()) / cycles
			fmt.Fprintf(w, " %.1f; %.1f; %.0f %% |", cycles, rate, 100*rate/4/c.fusedRate)
		}
		fmt.Fprintln(w)
	}

	fmt.Fprintf(w, rowsIntroduction+"| loop | function | instr. | loads | FMLA |%s\n|---|---|---|---|---|%s\n", heads,
		lines)
	for _, l := range rows {
		inner, err := find(neon, l, root, objdump)
		if err != nil {
			return err
		}
		memory, loads := inner.memory()
		fmt.Fprintf(w, "| %s | `%s` | %d | %d | %d |", l.what, l.function, len(inner.texts), loads, inner.fused())
		for _, c := range list {
			cycles, err := c.cycles(mca, inner.texts)
			if err != nil {
				return err
			}
			least, err := c.cycles(mca, memory)
			if err != nil {
				return err
			}
			rate := float64(inner.multiplyAdds()) / cycles
			fmt.Fprintf(w, " %.1f; %.1f; %.0f %%; %.0f %% |", cycles, rate, 100*least/cycles, 100*rate/4/c.fusedRate)
		}
		fmt.Fprintln(w)
	}

	fmt.Fprintf(w, vectorsIntroduction+"| loop | function | NEON | AVX2 | ratio |%s\n|---|---|---|---|---|%s\n", heads,
		lines)
	for _, l := range vectors {
		inner, err := find(neon, l, root, objdump)
		if err != nil {
			return err
		}
		n := float64(inner.results())
		perVector := float64(len(inner.texts)) / n
		fmt.Fprintf(w, "| %s | `%s` | %.1f |", l.what, l.function, perVector)
		if err := writeAVX2(w, avx2, strings.TrimSuffix(l.function, "NEON")+"AVX2", objdump, perVector); err != nil {
			return err
		}
		for _, c := range list {
			cycles, err := c.cycles(mca, inner.texts)
			if err != nil {
				return err
			}
			fmt.Fprintf(w, " %.1f |", cycles/n)
		}
		fmt.Fprintln(w)
	}
	return nil
}

// writeAVX2 writes the instructions of a function's largest loop with AVX2, a vector, and what fraction of them NEON
// has.
func writeAVX2(w io.Writer, functions map[string]disassembly.Function, name, objdump string, neon float64) error {
	f, ok := functions[name]
	if !ok {
		_, err := fmt.Fprint(w, " | |")
		return err
	}
	loops, err := loopsAMD64(f, objdump)
	if err != nil {
		return err
	}
	inner, err := listing{function: name}.inner(loops)
	if err != nil {
		return err
	}
	perVector := float64(len(inner.texts)) / float64(inner.results())
	_, err = fmt.Fprintf(w, " %.1f | %.2f |", perVector, neon/perVector)
	return err
}
