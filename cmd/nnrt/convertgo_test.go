package main

import (
	"path/filepath"
	"strings"
	"testing"
)

// TestConvertToGo writes a package of Go, whose first line names the model.
func TestConvertToGo(t *testing.T) {
	model, out := handmadeBinary(t), filepath.Join(t.TempDir(), "a.go")
	for arguments, name := range map[string]string{"": "model", "--package iris": "iris"} {
		nnrt(append([]string{"convert", model, out}, strings.Fields(arguments)...)...).must(t)
		source := readFile(t, out)
		_, sum, err := fileSum(model)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(source, "\npackage "+name+"\n") || !strings.Contains(strings.SplitN(source, "\n", 2)[0], sum) {
			t.Errorf("%q: %.200s", arguments, source)
		}
	}
	nnrt("convert", model, out, "--package", "a b").wants(t, exitUsage, `--package: gocode: package "a b"`)
	nnrt("convert", model, out+".bin", "--package", "iris").wants(t, exitUsage, "--package says nothing")
	nnrt("convert", out, model+".bin").wants(t, exitUsage, "can be written, but not read")
}
