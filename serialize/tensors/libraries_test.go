package tensors_test

import (
	"encoding/json"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"nnrt/net"
	"nnrt/serialize"
	. "nnrt/serialize/tensors"
)

// pythonVariable names a Python that has NumPy, safetensors and, perhaps, PyTorch.
const pythonVariable = "NNRT_TENSORS_PYTHON"

// TestLibrariesRead has NumPy, safetensors and PyTorch read what nnrt writes: the same bits, and a Sequential that takes
// the state and computes what nnrt does.
func TestLibrariesRead(t *testing.T) {
	python := os.Getenv(pythonVariable)
	if python == "" {
		t.Skip(pythonVariable + " does not name a Python with numpy and safetensors")
	}
	type named struct {
		Name  string   `json:"name"`
		Shape []int    `json:"shape"`
		Bits  []uint32 `json:"bits"`
	}
	type readCase struct {
		File    string      `json:"file"`
		Tensors []named     `json:"tensors"`
		Modules []string    `json:"modules"`
		Inputs  [][]float32 `json:"inputs"`
		Outputs []float32   `json:"outputs"`
	}
	var cases []readCase
	folder := t.TempDir()
	torch := mustModel(t, 3, net.LayerNormalization(net.Epsilon(1e-5), net.NoCenter()),
		net.Dense(4, net.LeakyReLU.WithAlpha(0.01)), net.BatchNormalization(net.Epsilon(1e-5)), net.Dropout(0.5),
		net.Dense(4, net.Linear, net.NoBias()), net.Activate(net.ReLU), net.Dense(2, net.Softmax))
	for _, m := range []struct {
		name    string
		file    *serialize.File
		modules []string
	}{
		{"rich", rich(t), nil},
		{"torch", torch, []string{"nn.LayerNorm(3, bias=False)", "nn.Linear(3, 4)", "nn.LeakyReLU(0.01)",
			"nn.BatchNorm1d(4)", "nn.Dropout(0.5)", "nn.Linear(4, 4, bias=False)", "nn.ReLU()", "nn.Linear(4, 2)",
			"nn.Softmax(-1)"}},
	} {
		inputs := [][]float32{{1, 2, 4}, {-1, 0.5, 3}}
		outputs := make([]float32, 4)
		if err := m.file.Model.NewPredictor().Predict(outputs, append(append([]float32{}, inputs[0]...),
			inputs[1]...)); err != nil {
			t.Fatal(err)
		}
		for _, format := range formats {
			for _, names := range []Names{Keras, PyTorch} {
				set, err := Of(m.file, names)
				if err != nil {
					t.Fatal(err)
				}
				blob, err := format.encode(set)
				if err != nil {
					t.Fatal(err)
				}
				c := readCase{File: m.name + "_" + string(names) + "." + format.name, Inputs: inputs, Outputs: outputs}
				if names == PyTorch {
					c.Modules = m.modules
				}
				if err := os.WriteFile(filepath.Join(folder, c.File), blob, 0o666); err != nil {
					t.Fatal(err)
				}
				for _, tensor := range set.Tensors {
					n := named{Name: tensor.Name, Shape: tensor.Shape}
					for _, v := range tensor.Values {
						n.Bits = append(n.Bits, math.Float32bits(v))
					}
					c.Tensors = append(c.Tensors, n)
				}
				cases = append(cases, c)
			}
		}
	}
	text, err := json.Marshal(cases)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(folder, "cases.json"), text, 0o666); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command(python, "testdata/read.py", folder).CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	t.Logf("%s", out)
}
