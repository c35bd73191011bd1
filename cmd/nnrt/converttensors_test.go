package main

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"nnrt/serialize"
)

const tensorFiles = "../../serialize/tensors/testdata"

// TestConvertFrameworksTensors converts weights that PyTorch, Keras, scikit-learn and NumPy saved, and compares what the
// models compute with what the frameworks did: within 4 ULP of the largest output, but for scikit-learn, which computes
// with float64 weights.
func TestConvertFrameworksTensors(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(tensorFiles, "cases.json"))
	if err != nil {
		t.Fatal(err)
	}
	var cases []struct {
		File    string
		Flags   []string
		Inputs  []float32
		Outputs []float64
	}
	if err := json.Unmarshal(text, &cases); err != nil || len(cases) < 15 {
		t.Fatalf("%d cases, %v", len(cases), err)
	}
	for _, c := range cases {
		model := filepath.Join(t.TempDir(), "m.bin")
		r := nnrt(append([]string{"convert", filepath.Join(tensorFiles, c.File), model}, c.Flags...)...)
		if rounded := strings.Contains(r.stderr, "float64"); r.code != exitDone ||
			rounded != strings.HasPrefix(c.File, "sklearn") {
			t.Errorf("%s: exit code %d, %s", c.File, r.code, r.stderr)
			continue
		}
		file, err := serialize.Loader{SelfTest: true}.ReadFile(model)
		if err != nil {
			t.Fatal(err)
		}
		got := make([]float32, len(c.Outputs))
		if err := file.Model.NewPredictor().Predict(got, c.Inputs); err != nil {
			t.Errorf("%s: %v", c.File, err)
			continue
		}
		scale, difference := 0.0, 0.0
		for i, want := range c.Outputs {
			scale = math.Max(scale, math.Abs(want))
			difference = math.Max(difference, math.Abs(want-float64(got[i])))
		}
		ulp := difference / scale * (1 << 23)
		t.Logf("%s: %.1f ULP of the largest output", c.File, ulp)
		if !(ulp <= 4) {
			t.Errorf("%s: outputs %v, want %v", c.File, got, c.Outputs)
		}
	}
}
