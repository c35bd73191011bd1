package serialize

import (
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"nnrt/kernels"
	"nnrt/net"
)

// TestExporterSaysTheSame compares what nnrt_export.py has of its own with what is meant: the version of the arithmetic
// contract, and the numbers of layers and activations. Its own tests, which need the frameworks, compare the rest.
func TestExporterSaysTheSame(t *testing.T) {
	source, err := os.ReadFile(filepath.Join("..", "python", "nnrt_export.py"))
	if err != nil {
		t.Fatal(err)
	}
	find := func(expression string) string {
		found := regexp.MustCompile(`(?m)^` + expression).FindSubmatch(source)
		if found == nil {
			t.Fatalf("no %s", expression)
		}
		return string(found[1])
	}
	if n, err := strconv.Atoi(find(`CONTRACT = (\d+)`)); n != kernels.Contract {
		t.Errorf("contract %d (%v), want %d", n, err, kernels.Contract)
	}
	names := regexp.MustCompile(`\w+`).FindAllString(find(`ACTIVATIONS = \[([^]]*)\]`), -1)
	for i, name := range names {
		if a := kernels.Activation(i); a.String() != name {
			t.Errorf("activation %d is %s, want %v", i, name, a)
		}
	}
	if kernels.Activation(len(names)).Valid() {
		t.Errorf("%d activations, there are more", len(names))
	}
	kinds := find(`KINDS = \{([^}]*)\}`)
	for kind := net.DenseLayer; kind <= net.LayerNormalizationLayer; kind++ {
		if entry := strconv.Quote(kind.String()) + ": " + strconv.Itoa(int(kind)); !strings.Contains(kinds, entry) {
			t.Errorf("no %s in %s", entry, kinds)
		}
	}
}
