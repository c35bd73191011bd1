package serialize

import (
	"bytes"
	"encoding/json"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
)

// TestPythonReader has a reader that knows nothing but FORMAT.md read the tests' models.
func TestPythonReader(t *testing.T) {
	python, err := exec.LookPath("python3")
	if err != nil {
		t.Skip("no python3")
	}
	script := filepath.Join("testdata", "reader.py")
	source, err := os.ReadFile(script)
	if err != nil {
		t.Fatal(err)
	}
	if n := bytes.Count(source, []byte("\n")); n > 100 {
		t.Errorf("the reader has %d lines, 100 should do", n)
	}
	for _, f := range []*File{tiny(t), {Model: tutorial(t)}, rich(t)} {
		path := filepath.Join(t.TempDir(), "model.bin")
		if err := WriteFile(path, f); err != nil {
			t.Fatal(err)
		}
		command := exec.Command(python, script, path)
		var stderr bytes.Buffer
		command.Stderr = &stderr
		out, err := command.Output()
		if err != nil {
			t.Fatalf("%v: %s", err, stderr.Bytes())
		}
		var got struct {
			Inputs  int
			Layers  []struct{ Kind, Name, Activation string }
			Weights map[string]struct {
				Shape  []int
				Values []float32
			}
		}
		if err := json.Unmarshal(out, &got); err != nil {
			t.Fatal(err)
		}
		if got.Inputs != f.Model.Inputs() {
			t.Errorf("%d inputs, want %d", got.Inputs, f.Model.Inputs())
		}
		for i, l := range f.Model.Layers() {
			g := got.Layers[i]
			if g.Kind != l.Kind.String() || g.Name != l.Name || g.Activation != l.Activation.String() {
				t.Errorf("layer %d is %+v, want %v %s %v", i+1, g, l.Kind, l.Name, l.Activation)
			}
		}
		weights := f.Model.Weights()
		if len(got.Weights) != len(weights) {
			t.Errorf("%d tensors, want %d", len(got.Weights), len(weights))
		}
		for _, w := range weights {
			g := got.Weights[w.Name]
			same := slices.EqualFunc(g.Values, w.Values, func(a, b float32) bool {
				return math.Float32bits(a) == math.Float32bits(b)
			})
			if !same || !slices.Equal(g.Shape, w.Shape) {
				t.Errorf("%s is %v %v, want %v %v", w.Name, g.Shape, g.Values, w.Shape, w.Values)
			}
		}
	}
}
