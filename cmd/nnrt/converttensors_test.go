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

// TestConvertFrameworksTensors converts weights that PyTorch, Keras, scikit-learn and NumPy saved, and compares what
// the models compute with what the frameworks did, scikit-learn with float64 weights: within 4 ULP of the largest output.
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

// TestConvertTensorsAndBack takes a trained model, with its schema, through both formats and both kinds of names, and
// back to the same bytes.
func TestConvertTensorsAndBack(t *testing.T) {
	folder := t.TempDir()
	model, back := filepath.Join(folder, "a.bin"), filepath.Join(folder, "b.bin")
	nnrt("train", "../../examples/data/iris.csv", "--target", "species", "--epochs", "2", "-q", "-o", model).must(t)
	for _, out := range []string{"c.safetensors", "c.NPZ"} {
		for _, names := range []string{"keras", "pytorch"} {
			out := filepath.Join(folder, out)
			if r := nnrt("convert", model, out, "--names", names); r.must(t) == "" || r.stderr != "" {
				t.Errorf("standard error: %s", r.stderr)
			}
			nnrt("convert", out, back).must(t)
			if readFile(t, back) != readFile(t, model) {
				t.Errorf("%s, %s: another model comes back", out, names)
			}
			nnrt("convert", out, back, "--layers", "64:relu,64:relu,3:softmax").wants(t, exitDone,
				"left out: what the file says")
			nnrt("run", out).wants(t, exitModel, "nnrt convert makes a model file of it")
		}
	}
	nnrt("convert", model, filepath.Join(folder, "x.bin"), "--names", "keras").wants(t, exitUsage, "--names says nothing")
	nnrt("convert", model, filepath.Join(folder, "x.npz"), "--layers", "1:relu").wants(t, exitUsage,
		"--layers says nothing")
}

// TestConvertTensorsRefusals: what is wrong with the file ends in exit code 3, what has to be said in 2, in one line.
func TestConvertTensorsRefusals(t *testing.T) {
	file := func(name string) string { return filepath.Join(tensorFiles, name) }
	write := func(name, content string) string {
		name = filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(name, []byte(content), 0o666); err != nil {
			t.Fatal(err)
		}
		return name
	}
	out := write("out.bin", "precious")
	sequential := file("torch_sequential.safetensors")
	whole := readFile(t, sequential)
	for _, c := range []struct {
		in    string
		flags string
		code  int
		want  string
	}{
		{sequential, "", exitUsage, "--layers is needed: the file does not say what the layers compute"},
		{sequential, "", exitUsage, "here 10:…,8:…,1:…"},
		{file("torch_batchnorm.safetensors"), "", exitUsage, "here 6:…,batch_normalization,3:… with"},
		{sequential, "--layers 10:relu,8:relu", exitUsage, `2 of the kind Dense are asked for, there are 3: "0", "2", "4"`},
		{sequential, "--layers 10:relu,8:relu,2:linear", exitUsage, `tensor "4.weight": the file has other layers: 1 units`},
		{sequential, "--layers 10:relu,8:relu,1", exitUsage, "lacks the activation"},
		{sequential, "--layers 10:relu,8:relu,1:sigmoid --order 0,2", exitUsage, "--order: "},
		{sequential, "--order 0,2,4", exitUsage, "--order goes with --layers"},
		{file("torch_named_square.safetensors"), "--layers 4:relu,4:relu,4:linear", exitUsage,
			`--order is needed: the names do not tell the order of the layers: "body", "head", "stem"`},
		{write("cut.safetensors", whole[:200]), "", exitModel, "cut.safetensors: the file is cut short"},
		{write("cut.npz", readFile(t, file("sklearn_mlp.npz"))[:200]), "", exitModel, "cut.npz: not a zip archive"},
		{write("text.npz", "text"), "", exitModel, "text.npz: not a zip archive"},
		{write("conv.safetensors", strings.Replace(whole, "[10,8]", "[1,80]", 1)), "--layers 10:relu", exitModel,
			`conv.safetensors: tensor "0.bias": the shape does not fit`},
		{write("escape.safetensors", strings.Replace(whole, "0.weight", `\u001b[J`, 1)), "", exitModel,
			"escape.safetensors: "},
		{"absent.npz", "", exitFailed, "absent.npz: no such file"},
	} {
		r := nnrt(append([]string{"convert", c.in, out}, strings.Fields(c.flags)...)...)
		r.wants(t, c.code, c.want)
		if strings.ContainsRune(r.stderr, 0x1b) || c.code != exitUsage && strings.Count(r.stderr, "\n") != 1 {
			t.Errorf("standard error %q", r.stderr)
		}
	}
	if readFile(t, out) != "precious" {
		t.Error("a conversion that failed changed the file")
	}
}
