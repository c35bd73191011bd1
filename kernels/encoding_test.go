package kernels

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"nnrt/internal/disassembly"
)

// These tests prove the instructions that neon_arm64.h encodes as numbers, on any machine that has Go and a
// disassembler of arm64: each macro alone, and each of its uses in the kernels as they are built.

const encodingHeader = "neon_arm64.h"

// encoding is a macro of the header: the instruction that its comment promises, with the parameters in their places.
type encoding struct {
	name       string
	parameters []string
	mnemonic   string
	operands   string
}

var encodingLine = regexp.MustCompile(`^#define ([A-Z0-9_]+)\(([a-z, ]+)\) WORD \$\(.*\) // ([a-z0-9]+) (.+)$`)

func parseEncodings(header string) ([]encoding, error) {
	var encodings []encoding
	for line := range strings.Lines(header) {
		line = strings.TrimSpace(line)
		if !encodesInstruction(line) {
			continue
		}
		match := encodingLine.FindStringSubmatch(line)
		if match == nil {
			return nil, fmt.Errorf("not a macro with its instruction beside it: %s", line)
		}
		if strings.Count(match[2], ",") > 3 {
			return nil, fmt.Errorf("more than four parameters: %s", line)
		}
		encodings = append(encodings, encoding{match[1], strings.Split(match[2], ", "), match[3], match[4]})
	}
	return encodings, nil
}

// encodesInstruction reports whether a line, but for its comment, has the assembler's directive for numbers as code.
func encodesInstruction(line string) bool {
	code, _, _ := strings.Cut(line, "//")
	return directive.MatchString(code)
}

var directive = regexp.MustCompile(`\bD?WORD\b`)

// place matches where a parameter stands in the operands: as a register's number, an element's, or a constant.
func place(parameter string) *regexp.Regexp {
	return regexp.MustCompile(`\b([vqdshbxw])` + parameter + `\b|(\[)` + parameter + `(\])|(#)` + parameter + `\b`)
}

// instruction returns the text that the comment promises for arguments, as disassemblers write it.
func (e encoding) instruction(arguments []int) string {
	text := e.operands
	for i, p := range e.parameters {
		text = place(p).ReplaceAllString(text, "${1}${2}${4}"+strconv.Itoa(arguments[i])+"${3}")
	}
	text = strings.Replace(text, ", #0]", "]", 1)
	text = strings.Replace(text, "[x31", "[sp", 1)
	text = strings.Replace(text, "x31]", "xzr]", 1)
	if r := strings.Split(text, ", "); e.mnemonic == "orr" && r[1] == r[2] {
		return "mov " + r[0] + ", " + r[1]
	}
	return e.mnemonic + " " + text
}

// values returns what a parameter may be: all of it, but of offsets some in which each bit matters.
func (e encoding) values(parameter string) ([]int, error) {
	text := place(parameter).FindString(e.operands)
	element := regexp.MustCompile(`\.\d*([bhsd])`).FindStringSubmatch(e.operands)
	switch {
	case text == "":
	case text[0] == '[':
		element = regexp.MustCompile(`\.([bhsd])\[` + parameter).FindStringSubmatch(e.operands)
		return from(0, elementsOf[element[1]]-1), nil
	case text[0] != '#':
		return from(0, 31), nil
	case e.mnemonic == "ldr" && strings.HasPrefix(e.operands, "q"):
		offsets := []int{0, 4095 * 16}
		for bit := range 12 {
			offsets = append(offsets, 16<<bit)
		}
		return offsets, nil
	case strings.Contains(e.mnemonic, "shr") || strings.Contains(e.mnemonic, "sra"):
		return from(1, 128/elementsOf[element[1]]), nil
	case e.mnemonic == "shl" || e.mnemonic == "sli":
		return from(0, 128/elementsOf[element[1]]-1), nil
	}
	return nil, fmt.Errorf("%s: which values may %s have?", e.name, parameter)
}

var elementsOf = map[string]int{"b": 16, "h": 8, "s": 4, "d": 2}

// from returns the integers from the least to the greatest.
func from(least, greatest int) []int {
	var all []int
	for v := least; v <= greatest; v++ {
		all = append(all, v)
	}
	return all
}

// arguments lists what a macro is tried with: each parameter takes all its values while the others have some.
func (e encoding) arguments() ([][]int, error) {
	values := make([][]int, len(e.parameters))
	for i, p := range e.parameters {
		var err error
		if values[i], err = e.values(p); err != nil {
			return nil, err
		}
	}
	var tried [][]int
	for _, start := range []int{0, 10, 21} {
		others := make([]int, len(values))
		for i := range others {
			others[i] = values[i][(start+11*i)%len(values[i])]
		}
		for i := range values {
			for _, v := range values[i] {
				a := slices.Clone(others)
				a[i] = v
				tried = append(tried, a)
			}
		}
	}
	return tried, nil
}

// compareEncodings assembles each macro of a header with all values of each parameter and says where a disassembler
// shows another instruction than the comment. It returns how many it compared, too.
func compareEncodings(t *testing.T, disassembler, header string) (differences []string, compared int) {
	encodings, err := parseEncodings(header)
	if err != nil {
		t.Fatal(err)
	}
	var source strings.Builder
	source.WriteString("#include \"textflag.h\"\n#include \"" + encodingHeader + "\"\n")
	expected := map[string][]string{}
	for _, e := range encodings {
		fmt.Fprintf(&source, "TEXT ·%s(SB), NOSPLIT, $0\n", e.name)
		tried, err := e.arguments()
		if err != nil {
			t.Fatal(err)
		}
		for _, a := range tried {
			list := strings.Join(strings.Fields(strings.Trim(fmt.Sprint(a), "[]")), ", ")
			fmt.Fprintf(&source, "\t%s(%s)\n", e.name, list)
			expected["nnrt/kernels."+e.name] = append(expected["nnrt/kernels."+e.name], e.instruction(a))
		}
	}
	folder := t.TempDir()
	writeFile(t, filepath.Join(folder, encodingHeader), []byte(header))
	writeFile(t, filepath.Join(folder, "all.s"), []byte(source.String()))
	functions := assemble(t, folder, "all.s")
	if len(functions) != len(encodings) {
		t.Fatalf("%d functions for %d macros", len(functions), len(encodings))
	}
	for i, shown := range disassemble(t, disassembler, functions) {
		f := functions[i]
		if len(shown) != len(expected[f.Name]) {
			t.Fatalf("%s: %d instructions, want %d", f.Name, len(shown), len(expected[f.Name]))
		}
		for j, want := range expected[f.Name] {
			compared++
			if shown[j] != want {
				code := f.Instructions[j].Code
				differences = append(differences, fmt.Sprintf("%s: %s, want %s", code, shown[j], want))
			}
		}
	}
	return differences, compared
}

// assemble assembles a source of a folder, with its headers beside it, as the kernels' package.
func assemble(t *testing.T, folder, source string) []disassembly.Function {
	include, err := goInclude()
	if err != nil {
		t.Fatal(err)
	}
	object := filepath.Join(folder, source+".o")
	if _, err := disassembly.Go(folder, "arm64", "tool", "asm", "-p", "nnrt/kernels", "-I", include, "-D", "GOOS_linux",
		"-D", "GOARCH_arm64", "-o", object, source); err != nil {
		t.Fatal(err)
	}
	functions, err := disassembly.Functions(object)
	if err != nil {
		t.Fatal(err)
	}
	return functions
}

// goInclude returns the folder of Go's own headers for assembly.
var goInclude = sync.OnceValues(func() (string, error) {
	root, err := disassembly.Go(".", "arm64", "env", "GOROOT")
	return filepath.Join(strings.TrimSpace(string(root)), "pkg", "include"), err
})

// disassemble returns the instructions of each function.
func disassemble(t *testing.T, disassembler string, functions []disassembly.Function) [][]string {
	var all []uint32
	for _, f := range functions {
		words, err := f.Words()
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, words...)
	}
	texts, err := disassembly.Disassemble(disassembler, all)
	if err != nil {
		t.Fatal(err)
	}
	split := make([][]string, len(functions))
	for i, f := range functions {
		split[i], texts = texts[:len(f.Instructions)], texts[len(f.Instructions):]
	}
	return split
}

// disassemblers returns the programs to compare with. It skips the test if there is none, or Go is missing; where
// CI=true, that fails. It skips it on emulators, too, since the result is the host's.
func disassemblers(t *testing.T) []string {
	if runtime.GOOS == "js" || runtime.GOOS == "wasip1" {
		t.Skip("no programs to run here")
	}
	if os.Getenv("NNRT_KERNELS") != "" {
		t.Skip("the tests without NNRT_KERNELS have it")
	}
	missing := t.Skipf
	if os.Getenv("CI") == "true" {
		missing = t.Fatalf
	}
	host, err := exec.Command("go", "env", "GOHOSTARCH").Output()
	if err != nil {
		missing("go is missing: %v", err)
	}
	if h := strings.TrimSpace(string(host)); h != runtime.GOARCH {
		t.Skipf("the host, %s, tests it", h)
	}
	found := disassembly.Disassemblers()
	if len(found) == 0 {
		missing("neither aarch64-linux-gnu-objdump nor llvm-objdump is there")
	}
	if testing.Short() {
		return found[:1]
	}
	return found
}

func TestEncodingsAreTheInstructionsBesideThem(t *testing.T) {
	header := readFile(t, encodingHeader)
	for _, program := range disassemblers(t) {
		t.Run(filepath.Base(program), func(t *testing.T) {
			differences, compared := compareEncodings(t, program, string(header))
			if len(differences) > 0 {
				t.Errorf("%d of %d differ:\n%s", len(differences), compared, strings.Join(differences, "\n"))
			}
			t.Logf("%d instructions compared", compared)

			// One bit in each of these is wrong: in the operation, a register's place, the element's.
			for _, wrong := range []string{
				"#define VFADD(m, n, d) WORD $(0x4EA0D400 | m<<16 | n<<5 | d) // fadd vd.4s, vn.4s, vm.4s",
				"#define VFADD(m, n, d) WORD $(0x4E20D400 | m<<16 | n<<5 | d&15) // fadd vd.4s, vn.4s, vm.4s",
				"#define VFADD(m, n, d) WORD $(0x4E20D400 | n<<16 | m<<5 | d) // fadd vd.4s, vn.4s, vm.4s",
				"#define VFMLA_ELEMENT(i, m, n, d) WORD $(0x4F801000 | (i&1)<<21 | m<<16 | n<<5 | d)" +
					" // fmla vd.4s, vn.4s, vm.s[i]",
			} {
				if differences, _ := compareEncodings(t, program, wrong+"\n"); len(differences) == 0 {
					t.Errorf("no difference is found in %s", wrong)
				}
			}
		})
	}
}

// TestKernelsHoldTheEncodedInstructions compares the package's object with what its sources ask for. The sources are
// assembled again with other macros, that give numbers: first each macro's own, by which its uses are found, then the
// arguments, two at a time.
func TestKernelsHoldTheEncodedInstructions(t *testing.T) {
	programs := disassemblers(t)
	encodings, err := parseEncodings(string(readFile(t, encodingHeader)))
	if err != nil {
		t.Fatal(err)
	}
	archive := filepath.Join(t.TempDir(), "kernels.a")
	if _, err := disassembly.Go(".", "arm64", "build", "-o", archive, "."); err != nil {
		t.Fatal(err)
	}
	functions, err := disassembly.Functions(archive)
	if err != nil {
		t.Fatal(err)
	}
	functions = slices.DeleteFunc(functions, func(f disassembly.Function) bool {
		return !strings.HasSuffix(f.File, ".s")
	})

	uses := macroUses(t, encodings)
	if len(uses) != len(functions) {
		t.Fatalf("%d functions in the sources, %d in the object", len(uses), len(functions))
	}
	used := map[string]bool{}
	for _, program := range programs {
		for i, shown := range disassemble(t, program, functions) {
			f := functions[i]
			arguments := uses[f.Name]
			if len(arguments) != len(shown) {
				t.Fatalf("%s: %d instructions in the object, %d in the sources", f.Name, len(shown), len(arguments))
			}
			for j, text := range shown {
				at := fmt.Sprintf("%s, %s:%d, by %s", f.Name, f.File, f.Instructions[j].Line, filepath.Base(program))
				if a := arguments[j]; a != nil {
					e := encodings[a[0]]
					used[e.name] = true
					if want := e.instruction(a[1:]); text != want {
						t.Errorf("%s: %s, want %s", at, text, want)
					}
				}
				if disassembly.Undefined(text) {
					t.Errorf("%s: %s (%s) is no instruction", at, text, f.Instructions[j].Code)
				}
				if reserved.MatchString(text) {
					t.Errorf("%s: %s uses a register that is the system's or Go's", at, text)
				}
			}
		}
	}
	for _, e := range encodings {
		if !used[e.name] {
			t.Errorf("no kernel uses %s", e.name)
		}
	}
}

// reserved matches the registers of the platform and of Go's current goroutine.
var reserved = regexp.MustCompile(`\b[xw](18|28)\b`)

// macroUses returns, for each function of the sources, an element for each instruction: nil, or if a macro gives it,
// the macro's index and the arguments.
func macroUses(t *testing.T, encodings []encoding) map[string][][]int {
	encoded := regexp.MustCompile(`WORD \$\(.*\)`)
	const macro = 1 << 16 // plus the index, the code that stands for a macro; no instruction is below 2²⁵
	original := string(readFile(t, encodingHeader))
	uses := map[string][][]int{}
	declarations := goDeclarations(t)
	for first := -2; first < 4; first += 2 {
		i := -1
		header := encoded.ReplaceAllStringFunc(original, func(string) string {
			i++
			parameters := encodings[i].parameters
			switch {
			case first < 0:
				return fmt.Sprintf("WORD $(%d)", macro+i)
			case first+1 < len(parameters):
				return fmt.Sprintf("WORD $((%s) | (%s)<<16)", parameters[first], parameters[first+1])
			}
			return fmt.Sprintf("WORD $(%s)", parameters[min(first, len(parameters)-1)])
		})
		for _, f := range assembleKernels(t, declarations, []byte(header)) {
			words, err := f.Words()
			if err != nil {
				t.Fatal(err)
			}
			if first < 0 {
				uses[f.Name] = make([][]int, len(words))
			}
			for i, w := range words {
				a := uses[f.Name][i]
				switch {
				case first < 0 && w >= macro && w < macro+uint32(len(encodings)):
					uses[f.Name][i] = []int{int(w) - macro}
				case first >= 0 && a != nil:
					a = append(a, int(w&0xffff), int(w>>16))
					uses[f.Name][i] = a[:min(len(a), 1+len(encodings[a[0]].parameters))]
				}
			}
		}
	}
	return uses
}

// goDeclarations returns go_asm.h, in which the compiler tells the assembler the offsets of Go's structures.
func goDeclarations(t *testing.T) []byte {
	folder := t.TempDir()
	list := func(arguments ...string) string {
		output, err := disassembly.Go(".", "arm64", append([]string{"list"}, arguments...)...)
		if err != nil {
			t.Fatal(err)
		}
		return string(output)
	}
	packages := list("-export", "-deps", "-f", "{{if .Export}}packagefile {{.ImportPath}}={{.Export}}{{end}}", ".")
	writeFile(t, filepath.Join(folder, "packages"), []byte(packages))
	compile := []string{"tool", "compile", "-p", "nnrt/kernels", "-importcfg", filepath.Join(folder, "packages"),
		"-asmhdr", filepath.Join(folder, "go_asm.h"), "-o", filepath.Join(folder, "kernels.o")}
	// All but source.go, whose embedded files would have to be told, and in which there are no structures.
	files := list("-f", `{{range .GoFiles}}{{if ne . "source.go"}}{{.}} {{end}}{{end}}`, ".")
	compile = append(compile, strings.Fields(files)...)
	if _, err := disassembly.Go(".", "arm64", compile...); err != nil {
		t.Fatal(err)
	}
	return readFile(t, filepath.Join(folder, "go_asm.h"))
}

// assembleKernels assembles arm64's sources with another header of macros.
func assembleKernels(t *testing.T, declarations, header []byte) []disassembly.Function {
	folder := t.TempDir()
	writeFile(t, filepath.Join(folder, "go_asm.h"), declarations)
	for _, path := range glob(t, "*.h") {
		writeFile(t, filepath.Join(folder, path), readFile(t, path))
	}
	writeFile(t, filepath.Join(folder, encodingHeader), header)
	var functions []disassembly.Function
	for _, path := range glob(t, "*_arm64.s") {
		writeFile(t, filepath.Join(folder, path), readFile(t, path))
		functions = append(functions, assemble(t, folder, path)...)
	}
	return functions
}

// TestSourcesOfARM64KeepToTheRules looks for what the assembler would take: encoded instructions outside the header,
// registers that belong to the platform, to Go's assembler and to Go, and functions that may grow the stack.
func TestSourcesOfARM64KeepToTheRules(t *testing.T) {
	registers := regexp.MustCompile(`\b(R18(_PLATFORM)?|R27|REGTMP|R28)\b`)
	sources := glob(t, "*_arm64.[sh]")
	if len(sources) < 2 {
		t.Fatalf("sources of arm64: %q", sources)
	}
	for _, path := range sources {
		number := 0
		for line := range strings.Lines(string(readFile(t, path))) {
			number++
			line, _, _ = strings.Cut(line, "//")
			switch {
			case encodesInstruction(line) && path != encodingHeader:
				t.Errorf("%s:%d: an encoded instruction outside %s", path, number, encodingHeader)
			case registers.MatchString(line):
				t.Errorf("%s:%d: a register that is not the kernels'", path, number)
			case strings.HasPrefix(line, "TEXT ") && !strings.Contains(line, "NOSPLIT"):
				t.Errorf("%s:%d: without NOSPLIT", path, number)
			}
		}
	}
}

func glob(t *testing.T, pattern string) []string {
	paths, err := filepath.Glob(pattern)
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(paths)
	return paths
}

func readFile(t *testing.T, path string) []byte {
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return content
}

func writeFile(t *testing.T, path string, content []byte) {
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
}
