package portable

import (
	"bytes"
	"flag"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// fusing are the architectures on which the Go compiler fuses by itself: GOARCH, or GOARCH/GOAMD64. On the first it does
// what it does on any of the others, as far as is known, so that the others are for the gate.
var fusing = []string{"arm64", "ppc64le", "riscv64", "s390x", "loong64", "amd64/v3"}

var exhaustive = flag.Bool("exhaustive", false, "search the code for every architecture that fuses, not for arm64 only")

// A reason says what a line must look like where multiply-adds are allowed.
type reason struct {
	name string
	line *regexp.Regexp
}

var (
	asked = reason{"asked for", regexp.MustCompile(`math\.FMA\(`)}
	exact = reason{"the product of two float32 is exact in float64", regexp.MustCompile(`float64\(.*\)\*float64\(`)}
	shown = reason{"decides nothing, is shown", regexp.MustCompile(``)}
)

// allowed are the places that may have fused multiply-adds: functions, and packages that measure.
var allowed = map[string]reason{
	"nnrt/internal/math64.Cos":          asked,
	"nnrt/internal/math64.cosine":       asked,
	"nnrt/internal/math64.sine":         asked,
	"nnrt/internal/math64.Exp":          asked,
	"nnrt/internal/math64.Log":          asked,
	"nnrt/internal/math64.Pow":          asked,
	"nnrt/internal/math64.preciseLog":   asked,
	"nnrt/internal/math64.product":      asked,
	"nnrt/internal/math64.double.times": asked,

	"nnrt/kernels.FMA":  exact,
	"nnrt/kernels.axpy": exact,

	"nnrt/bench":                      shown,
	"nnrt/cmd/nnrt.progress.BatchEnd": shown,
	"nnrt/internal/peak":              shown,
	"nnrt/internal/ulp":               shown,
}

// place is where the compiler has made a fused multiply-add.
type place struct {
	compiled string // the function that has the instruction
	file     string
	line     int
}

// fusedInstruction is the compiler's name of a fused multiply-add, or -subtract, of floating-point numbers.
var fusedInstruction = regexp.MustCompile(`^(V?F|XS|XV)N?M(ADD|SUB)|^WFN?M[AS][DS]B`)

// fused compiles packages of the module in dir for an architecture and returns the places with fused multiply-adds.
func fused(t *testing.T, dir, arch string, packages ...string) []place {
	t.Helper()
	goarch, goamd64, _ := strings.Cut(arch, "/")
	build := exec.Command("go", append([]string{"build", "-gcflags=nnrt/...=-S"}, packages...)...)
	build.Dir = dir
	build.Env = append(os.Environ(), "GOOS=linux", "GOARCH="+goarch, "GOAMD64="+goamd64, "CGO_ENABLED=0", "GOFLAGS=",
		"GOWORK=off")
	listing, err := build.CombinedOutput()
	if err != nil {
		t.Fatalf("go build for %s: %v: %s", arch, err, listing)
	}
	var found []place
	var function string
	for line := range bytes.Lines(listing) {
		// A function begins with "nnrt/net.name STEXT size=…", an instruction is "\t0x0010 00016 (/a/b.go:12)\tNAME\t…".
		if line[0] != '\t' {
			if name, _, ok := bytes.Cut(line, []byte(" STEXT ")); ok {
				function = string(name)
			}
			continue
		}
		_, rest, ok1 := bytes.Cut(line, []byte(" ("))
		position, rest, ok2 := bytes.Cut(rest, []byte(")\t"))
		instruction, _, ok3 := bytes.Cut(rest, []byte("\t"))
		if !ok1 || !ok2 || !ok3 || !fusedInstruction.Match(instruction) {
			continue
		}
		file, number, _ := strings.Cut(string(position), ".go:")
		n, err := strconv.Atoi(number)
		if err != nil {
			t.Fatalf("a position that is not FILE.go:LINE in %s", line)
		}
		found = append(found, place{function, file + ".go", n})
	}
	return found
}

// sources are the module's Go files, parsed, by their paths.
type sources struct {
	files  *token.FileSet
	parsed map[string]*source
}

type source struct {
	ast   *ast.File
	path  string // of the package
	lines []string
}

// readSources reads all Go files but the tests: so go test also knows that results in its cache depend on them.
func readSources(t *testing.T, root string) *sources {
	t.Helper()
	s := &sources{token.NewFileSet(), map[string]*source{}}
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() && path != root {
			if _, err := os.Stat(filepath.Join(path, "go.mod")); err == nil || strings.HasPrefix(entry.Name(), ".") {
				return fs.SkipDir // another module, or git's
			}
		}
		if !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return nil
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		file, err := parser.ParseFile(s.files, path, text, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		folder, err := filepath.Rel(root, filepath.Dir(path))
		if err != nil {
			return err
		}
		s.parsed[path] = &source{file, "nnrt/" + filepath.ToSlash(folder), strings.Split(string(text), "\n")}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// declared returns the package and the function in whose source a place is: inlined code has that of another than the
// function it was compiled into.
func (s *sources) declared(p place) (path, function string) {
	source := s.parsed[p.file]
	if source == nil {
		return "", p.file
	}
	for _, d := range source.ast.Decls {
		f, ok := d.(*ast.FuncDecl)
		if !ok || p.line < s.files.Position(f.Pos()).Line || p.line > s.files.Position(f.End()).Line {
			continue
		}
		name := f.Name.Name
		if f.Recv != nil {
			name = receiver(f.Recv.List[0].Type) + "." + name
		}
		return source.path, source.path + "." + name
	}
	return source.path, source.path + ", outside functions"
}

func receiver(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.StarExpr:
		return receiver(e.X)
	case *ast.IndexExpr:
		return receiver(e.X)
	case *ast.Ident:
		return e.Name
	}
	return "?"
}

// text returns a place's line of source.
func (s *sources) text(p place) string {
	if source := s.parsed[p.file]; source != nil {
		return strings.TrimSpace(source.lines[p.line-1])
	}
	return ""
}

// judge returns the entry of the list that allows a place, or says what is wrong with it.
func (s *sources) judge(p place) (entry string, problem string) {
	path, function := s.declared(p)
	for _, entry := range []string{function, path} {
		if r, ok := allowed[entry]; ok {
			if r.line.MatchString(s.text(p)) {
				return entry, ""
			}
			return entry, fmt.Sprintf("%s is allowed multiply-adds that are %s, of which this line has none", entry, r.name)
		}
	}
	return "", function + " is not on the list of those that may have any"
}

// moduleRoot returns the path of nnrt's source.
func moduleRoot(t *testing.T) string {
	t.Helper()
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	return root
}

// needGo skips a test that runs the go command.
func needGo(t *testing.T) {
	t.Helper()
	if testing.Short() {
		t.Skip("runs the go command")
	}
	if _, err := exec.LookPath("go"); err != nil {
		t.Skip("there is no go command here")
	}
}

func TestNoFusedMultiplyAddThatNobodyAskedFor(t *testing.T) {
	needGo(t)
	root := moduleRoot(t)
	all := readSources(t, root)
	used := map[string]bool{}
	problems := map[string][]string{} // with the architectures that have them
	architectures := fusing[:1]
	if *exhaustive {
		architectures = fusing
	}
	for _, arch := range architectures {
		places := fused(t, root, arch, "./...")
		if len(places) < len(allowed) {
			t.Errorf("%s: only %d fused multiply-adds found: the listing or its names have changed", arch, len(places))
		}
		for _, p := range places {
			entry, problem := all.judge(p)
			used[entry] = true
			if problem != "" {
				problem = fmt.Sprintf("%s:%d: %s\n\t%s\n\tcompiled into %s", p.file, p.line, problem, all.text(p), p.compiled)
				problems[problem] = append(problems[problem], arch)
			}
		}
		t.Logf("%s: %d fused multiply-adds", arch, len(places))
	}
	for _, problem := range slices.Sorted(maps.Keys(problems)) {
		t.Errorf("%s for %s", problem, strings.Join(slices.Compact(problems[problem]), ", "))
	}
	for entry := range allowed {
		if !used[entry] {
			t.Errorf("%s is on the list of those that may have fused multiply-adds, and has none", entry)
		}
	}
}

// TestFindsFusedMultiplyAdds: the search finds what it is for and names it. Not every architecture fuses all that arm64
// does.
func TestFindsFusedMultiplyAdds(t *testing.T) {
	needGo(t)
	dir := t.TempDir()
	write(t, filepath.Join(dir, "go.mod"), "module nnrt\n\ngo 1.24\n")
	write(t, filepath.Join(dir, "sums", "sums.go"), `package sums

func Twice(x, y, z float32) float32 { return float32(x*y) + z }

func Once(x, y, z float32) float32 { return x*y + z }

func Inlines(x, y []float64) (s float64) {
	for i := range x {
		s = inlined(x[i], y[i], s)
	}
	return s
}

func inlined(x, y, z float64) float64 { return x*y + z }

type Number float64

func (n *Number) Subtract(x, y Number) { *n -= x * y }
`)
	all := readSources(t, dir)
	for _, arch := range fusing {
		var found []string
		for _, p := range fused(t, dir, arch, "./sums") {
			_, name := all.declared(p)
			found = append(found, fmt.Sprintf("%s:%d %s in %s", filepath.Base(p.file), p.line, name, p.compiled))
			if _, problem := all.judge(p); problem == "" {
				t.Errorf("%s: %s is allowed", arch, name)
			}
		}
		want := []string{
			"sums.go:5 nnrt/sums.Once in nnrt/sums.Once",
			"sums.go:14 nnrt/sums.inlined in nnrt/sums.Inlines",
			"sums.go:14 nnrt/sums.inlined in nnrt/sums.inlined",
			"sums.go:18 nnrt/sums.Number.Subtract in nnrt/sums.(*Number).Subtract",
		}
		if arch != "arm64" {
			found, want = slices.DeleteFunc(found, func(f string) bool { return slices.Contains(want[1:], f) }), want[:1]
		}
		if !slices.Equal(found, want) {
			t.Errorf("%s: found %q, want %q", arch, found, want)
		}
	}
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
}
