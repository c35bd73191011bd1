package serialize

import (
	"bytes"
	"encoding/json"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"testing"

	"nnrt/net"
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
	folder := t.TempDir()
	arguments := []string{script}
	files := testFiles(t)
	for i, f := range files {
		path := filepath.Join(folder, strconv.Itoa(i))
		if err := WriteFile(path, f); err != nil {
			t.Fatal(err)
		}
		arguments = append(arguments, path)
	}
	command := exec.Command(python, arguments...)
	var stderr bytes.Buffer
	command.Stderr = &stderr
	out, err := command.Output()
	if err != nil {
		t.Fatalf("%v: %s", err, stderr.Bytes())
	}
	lines := json.NewDecoder(bytes.NewReader(out))
	weights := 0
	for i, f := range files {
		var got pythonModel
		if err := lines.Decode(&got); err != nil {
			t.Fatalf("file %d: %v", i, err)
		}
		got.compare(t, f.Model)
		weights += f.Model.NumParameters()
	}
	t.Logf("%d files, %d weights", len(files), weights)
}

// pythonModel is what reader.py prints of a file.
type pythonModel struct {
	Inputs int
	Layers []struct {
		Kind, Name, Activation string
		Units                  int
	}
	Weights map[string]struct {
		Shape  []int
		Values []float32
	}
}

func (got *pythonModel) compare(t *testing.T, m *net.Model) {
	t.Helper()
	if got.Inputs != m.Inputs() || len(got.Layers) != len(m.Layers()) {
		t.Fatalf("%d inputs, %d layers, want %d, %d", got.Inputs, len(got.Layers), m.Inputs(), len(m.Layers()))
	}
	for i, l := range m.Layers() {
		g := got.Layers[i]
		if g.Kind != l.Kind.String() || g.Name != l.Name || g.Activation != l.Activation.Kind.String() || g.Units != l.Units {
			t.Errorf("layer %d is %+v, want %v %s %d %v", i+1, g, l.Kind, l.Name, l.Units, l.Activation)
		}
	}
	weights := m.Weights()
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
