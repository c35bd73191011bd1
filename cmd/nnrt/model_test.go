package main

import (
	"path/filepath"
	"testing"

	"nnrt/dataset"
	"nnrt/net"
	"nnrt/serialize"
)

// saveModel saves a model of one linear layer, or of the given activation, and returns the file's path.
func saveModel(t *testing.T, inputs, outputs int, a net.Activation, weights []float32, schema *dataset.Schema) string {
	t.Helper()
	model, err := net.NewWithParameters(inputs, []net.Layer{net.Dense(outputs, a)}, weights)
	if err != nil {
		t.Fatal(err)
	}
	selfTest, err := serialize.NewSelfTest(model, nil)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "model.bin")
	if err := serialize.WriteFile(path, &serialize.File{Model: model, Schema: schema, SelfTest: selfTest}); err != nil {
		t.Fatal(err)
	}
	return path
}

// numericFeatures are features a, b, … that are taken as they are.
func numericFeatures(names ...string) []dataset.Feature {
	var features []dataset.Feature
	for i, n := range names {
		features = append(features, dataset.Feature{Name: n, Column: i, Scale: 1})
	}
	return features
}

// handmadeModel is a regression of y = 10 + 2·(a + 2·b − 1), from columns a and b.
func handmadeModel(t *testing.T) string {
	return saveModel(t, 2, 1, net.Linear, []float32{1, 2, -1}, &dataset.Schema{
		Features: numericFeatures("a", "b"), Columns: 3, Named: true, NA: []string{"", "NA"},
		Target: dataset.Target{Name: "y", Column: 2, Task: dataset.TaskRegression, Mean: 10, Scale: 2},
	})
}

// handmadeBinary says pos if a > 0, with probability ½ at 0.
func handmadeBinary(t *testing.T) string {
	return saveModel(t, 1, 1, net.Sigmoid, []float32{1, 0}, &dataset.Schema{
		Features: numericFeatures("a"), Columns: 2, Named: true,
		Target: dataset.Target{Name: "y", Column: 1, Task: dataset.TaskBinary, Labels: []string{"neg", "pos"}},
	})
}

// handmadeClasses says which of a, b and c is the largest. One label needs quotes.
func handmadeClasses(t *testing.T) string {
	return saveModel(t, 3, 3, net.Softmax, []float32{1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0}, &dataset.Schema{
		Features: numericFeatures("a", "b", "c"), Columns: 4, Named: true,
		Target: dataset.Target{Name: "which", Column: 3, Task: dataset.TaskMulticlass,
			Labels: []string{"first", `se"cond`, "third, last"}},
	})
}
