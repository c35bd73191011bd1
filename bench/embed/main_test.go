package main

import (
	"regexp"
	"strings"
	"testing"
)

func TestPackageOf(t *testing.T) {
	for symbol, want := range map[string]string{
		"nnrt/kernels.tilesAVX512.abi0":       "nnrt/kernels",
		"nnrt/net.(*Model).build":             "nnrt/net",
		"github.com/klauspost/cpuid/v2.CPU":   "github.com/klauspost/cpuid/v2",
		"strings.Builder":                     "strings",
		"slices.Sort[go.shape.[]nnrt/net.op]": "slices",
		"type:.eq.nnrt/net.Layer":             "type",
		"go:func.*":                           "go",
		"main.main":                           "main",
		"memeqbody":                           "memeqbody",
	} {
		if got := packageOf(symbol); got != want {
			t.Errorf("%s is of package %q, want %q", symbol, got, want)
		}
	}
}

func TestMeasure(t *testing.T) {
	if testing.Short() {
		t.Skip("builds programs")
	}
	var out strings.Builder
	if err := measure(&out, 1); err != nil {
		t.Fatal(err)
	}
	for _, line := range []string{`without nnrt +\d+ +[\d.]+( +\d+)?`, `embed +\d+ +[\d.]+( +\d+)?`,
		`nnrt makes \d+ bytes of difference.*`, ` +\d+ nnrt/kernels`, ` +\d+ nnrt/serialize`} {
		if !regexp.MustCompile(`(?m)^` + line + `$`).MatchString(out.String()) {
			t.Errorf("no line %s in\n%s", line, out.String())
		}
	}
}
