package portable

import (
	"go/build/constraint"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// libraries are the packages that other programs import, and a program that embeds a model.
var libraries = []string{"./kernels/...", "./net/...", "./serialize/...", "./dataset/...", "./examples/..."}

// dependencies returns what a build of the libraries takes in besides the standard library: packages, and with them
// their files in assembly.
func dependencies(t *testing.T, arch string, flags ...string) (packages, assembly []string) {
	t.Helper()
	const format = `{{if not .Standard}}{{.ImportPath}}{{range .SFiles}} {{.}}{{end}}{{end}}`
	list := exec.Command("go", slices.Concat([]string{"list", "-deps", "-f", format}, flags, libraries)...)
	list.Dir = moduleRoot(t)
	list.Env = append(os.Environ(), "GOOS=linux", "GOARCH="+arch, "CGO_ENABLED=0", "GOFLAGS=", "GOWORK=off")
	out, err := list.CombinedOutput()
	if err != nil {
		t.Fatalf("go list: %v: %s", err, out)
	}
	for line := range strings.Lines(string(out)) {
		if fields := strings.Fields(line); len(fields) > 0 {
			packages = append(packages, fields[0])
			assembly = append(assembly, fields[1:]...)
		}
	}
	return packages, assembly
}

func TestPuregoLeavesOutAssemblyAndPackagesOfTheProcessor(t *testing.T) {
	needGo(t)
	readSources(t, moduleRoot(t)) // so that go test's cache knows what this depends on
	foreign := func(path string) bool { return !strings.HasPrefix(path, "nnrt/") }
	for _, arch := range []string{"amd64", "arm64", "386", "wasm"} {
		packages, assembly := dependencies(t, arch, "-tags=purego")
		if i := slices.IndexFunc(packages, foreign); i >= 0 || len(packages) < 5 {
			t.Errorf("%s: the packages with purego are %q", arch, packages)
		}
		if len(assembly) > 0 {
			t.Errorf("%s: with purego there is assembly: %q", arch, assembly)
		}
	}
	packages, assembly := dependencies(t, "amd64")
	if !slices.Contains(packages, "golang.org/x/sys/cpu") || !slices.Contains(assembly, "gemm_avx2_amd64.s") {
		t.Errorf("without purego golang.org/x/sys/cpu and assembly are not found either: %q, %q", packages, assembly)
	}
}

// A constraint has one of two forms: of what may have assembly, and of what stands in for it.
var (
	withAssembly    = regexp.MustCompile(`^gc && !purego( && (\w+|\([\w |]+\)))?$`)
	withoutAssembly = regexp.MustCompile(`^!gc \|\| purego( \|\| !(\w+|\([\w |]+\)))?$`)
	asksProcessor   = regexp.MustCompile(`(?m)^(import)?\s*"(golang.org/x/sys/cpu|github.com/klauspost/cpuid/v2)"$`)
)

// TestBuildTagsHaveOneForm: gc && !purego, with more conditions behind it, or the negation of that.
func TestBuildTagsHaveOneForm(t *testing.T) {
	root := moduleRoot(t)
	files := 0
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() && (strings.HasPrefix(entry.Name(), ".") || path == filepath.Join(root, "bench", "peers")) {
			return fs.SkipDir // git's, or another module
		}
		assembly := filepath.Ext(path) == ".s"
		if !assembly && filepath.Ext(path) != ".go" {
			return nil
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		tags := ""
		for line := range strings.Lines(string(text)) {
			if constraint.IsGoBuild(line) {
				tags = strings.TrimSpace(strings.TrimPrefix(line, "//go:build"))
				break
			}
		}
		switch {
		case withAssembly.MatchString(tags):
			files++
		case assembly || asksProcessor.Match(text):
			t.Errorf("%s has assembly or asks the processor, and the constraint %q", path, tags)
		case strings.Contains(tags, "purego") && !withoutAssembly.MatchString(tags):
			t.Errorf("%s has the constraint %q", path, tags)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if files < 20 {
		t.Errorf("only %d files with assembly found", files)
	}
}
