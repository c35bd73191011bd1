package corpus

import (
	"strings"
	"testing"
)

// TestRefused converts the files of networks that nnrt does not have. The error names what it is, and CORPUS.md has it.
func TestRefused(t *testing.T) {
	var b strings.Builder
	b.WriteString("| file | what it has | error |\n|---|---|---|\n")
	for _, e := range entries(t, "refused.json") {
		t.Run(e.Name, func(t *testing.T) {
			file, err := convert(e)
			if err == nil {
				t.Fatalf("read as a model of %d layers", len(file.Model.Layers()))
			}
			for _, name := range e.Names {
				if !strings.Contains(err.Error(), name) {
					t.Errorf("the error does not say %q: %v", name, err)
				}
			}
			name := strings.TrimPrefix(e.Name, "refused-")
			b.WriteString("| " + name + " | " + e.Shows + " | " + cell(err.Error()) + " |\n")
		})
	}
	if !t.Failed() && !partly() {
		checkReport(t, "refused", b.String())
	}
}
