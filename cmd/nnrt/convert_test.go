package main

import (
	"compress/gzip"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"nnrt/kernels"
	"nnrt/net"
	"nnrt/serialize"
)

// TestConvertCheckpoint makes a plain model of a checkpoint: the one that training wrote beside it, but for what is
// said about the whole training.
func TestConvertCheckpoint(t *testing.T) {
	folder := t.TempDir()
	checkpoint, model := filepath.Join(folder, "a.ckpt"), filepath.Join(folder, "b.bin")
	nnrt("train", "../../examples/data/iris.csv", "--target", "species", "--epochs", "2", "-q",
		"-o", filepath.Join(folder, "m.bin"), "--checkpoint", checkpoint).must(t)
	r := nnrt("convert", checkpoint, model)
	line := r.must(t)
	r.wants(t, exitDone, "left out: the state of the training")
	_, sum, err := fileSum(model)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(line, model+"\t") || !strings.HasSuffix(line, "\t"+sum+"\n") {
		t.Errorf("convert prints %q", line)
	}
	converted, err := serialize.ReadFile(model)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := converted.State(); err == nil || converted.Minor != 0 {
		t.Error("the model is a checkpoint still")
	}
	nnrt("verify", model).must(t)
	data := "../../examples/data/iris.csv"
	want := nnrt("run", filepath.Join(folder, "m.bin"), data).must(t)
	if nnrt("run", model, data).must(t) != want {
		t.Error("the model predicts otherwise")
	}
}

// TestConvertKeepsAModel copies a model, signature included.
func TestConvertKeepsAModel(t *testing.T) {
	private, _ := newKey(t)
	model, copied := handmadeBinary(t), filepath.Join(t.TempDir(), "b.bin")
	nnrt("sign", model, "--key", private, "--version", "1").must(t)
	nnrt("convert", model, copied).must(t)
	if readFile(t, model) != readFile(t, copied) {
		t.Error("the copy is another file")
	}
}

// TestConvertONNX takes a trained model out and in again: it is the same file.
func TestConvertONNX(t *testing.T) {
	folder := t.TempDir()
	model, out, back := filepath.Join(folder, "a.bin"), filepath.Join(folder, "b.ONNX"), filepath.Join(folder, "c.bin")
	nnrt("train", "../../examples/data/iris.csv", "--target", "species", "--epochs", "2", "-q", "-o", model).must(t)
	r := nnrt("convert", model, out)
	if r.must(t); r.stderr != "" {
		t.Errorf("standard error: %s", r.stderr)
	}
	nnrt("convert", out, back).must(t)
	if readFile(t, model) != readFile(t, back) {
		t.Error("what came back is another file")
	}
	nnrt("verify", back).must(t)
	whole := readFile(t, out)
	for cut := 1; cut < len(whole); cut += len(whole) / 10 {
		if err := os.WriteFile(out, []byte(whole[:cut]), 0o666); err != nil {
			t.Fatal(err)
		}
		nnrt("convert", out, back).wants(t, exitModel, "b.ONNX: ")
	}
	if readFile(t, model) != readFile(t, back) {
		t.Error("a conversion that failed changed the file")
	}
}

// TestConvertNames gives models without a schema one, by the flags, and other names to one that is there.
func TestConvertNames(t *testing.T) {
	folder := t.TempDir()
	plain, named := filepath.Join(folder, "a.bin"), filepath.Join(folder, "b.bin")
	save := func(layers ...net.Layer) {
		m, err := net.New(2, layers...)
		if err != nil {
			t.Fatal(err)
		}
		if err := serialize.Save(plain, m); err != nil {
			t.Fatal(err)
		}
	}
	data := writeFile(t, "data.csv", "other,b,a\n7,1,-1\n8,2,3\n")
	for _, c := range []struct {
		layer net.Layer
		flags string
		code  int
		want  string // the first line of nnrt run, or the error
	}{
		{net.Dense(3, net.Softmax), "--features a,b --labels x,y,z --target t", exitDone, "prediction,p_x,p_y,p_z\n"},
		{net.Dense(1, net.Sigmoid), "--features a,b --labels no,yes", exitDone, "prediction,p_no,p_yes\n"},
		{net.Dense(1, net.Linear), "--features a,b --target t", exitDone, "prediction\n"},
		{net.Dense(2, net.Linear), "--features a,b", exitDone, "y1,y2\n"},
		{net.Dense(2, net.Linear), "--features a,b --target t", exitUsage, "the model has 2 outputs, so --labels must say"},
		{net.Dense(2, net.Linear), "--labels x,y,z", exitUsage, "--labels: 3 for a model of 2 outputs"},
		{net.Dense(1, net.Sigmoid), "--labels x", exitUsage, "--labels: 1 for a model of 1 outputs"},
		{net.Dense(2, net.Softmax), "--labels x,x", exitUsage, `"x" is there twice`},
		{net.Dense(2, net.Linear), "--features a", exitUsage, "--features: 1 names for the 2 columns"},
		{net.Dense(2, net.Linear), "--features a,a", exitUsage, "the name is used twice"},
		{net.Dense(1, net.Linear), "--features a,b --target a", exitUsage, "also a feature"},
	} {
		save(c.layer)
		r := nnrt(append([]string{"convert", plain, named}, strings.Fields(c.flags)...)...)
		if c.code != exitDone {
			r.wants(t, c.code, c.want)
			continue
		}
		r.must(t)
		if got := nnrt("run", named, data).must(t); !strings.HasPrefix(got, c.want) {
			t.Errorf("%s: run prints\n%s", c.flags, got)
		}
	}

	// The scaling stays.
	save(net.Dense(1, net.Linear))
	nnrt("convert", plain, named, "--features", "a,b", "--target", "t").must(t)
	file, err := serialize.ReadFile(named)
	if err != nil {
		t.Fatal(err)
	}
	file.Schema.Features[1].Mean, file.Schema.Features[1].Scale, file.Schema.Target.Mean = 3, 7, 11
	if err := serialize.WriteFile(plain, file); err != nil {
		t.Fatal(err)
	}
	nnrt("convert", plain, named, "--features", "c,d", "--target", "u").must(t)
	renamed, err := serialize.ReadFile(named)
	if err != nil {
		t.Fatal(err)
	}
	f, u := renamed.Schema.Features[1], renamed.Schema.Target
	if f.Name != "d" || f.Mean != 3 || f.Scale != 7 || u.Name != "u" || u.Mean != 11 {
		t.Errorf("the feature is %+v, the target %+v", f, u)
	}
}

func TestConvertRefusals(t *testing.T) {
	folder := t.TempDir()
	inFolder := func(name string) string { return filepath.Join(folder, name) }
	for _, name := range []string{"a.pkl", "a.joblib", "a.pt", "a.pth", "a.pt2", "a.tflite", "a.pb", "text.bin"} {
		if err := os.WriteFile(inFolder(name), []byte("some text"), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir(inFolder("a folder"), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(inFolder("out.bin"), []byte("precious"), 0o666); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		in, out string
		code    int
		want    string
	}{
		{"a.pkl", "out.bin", exitModel, "never read: where it was made, write the model file itself by nnrt_export.export"},
		{"a.joblib", "out.bin", exitModel, "a.joblib: this is a scikit-learn model in a Python pickle"},
		{"a.pt", "out.bin", exitModel, "torch.onnx.export"},
		{"a.pth", "out.bin", exitModel, "safetensors.torch as s; s.save_file(torch.load(\"model.pt\", weights_only=True)"},
		{"a.pt2", "out.bin", exitModel, "torch.onnx.export"},
		{"a.tflite", "out.bin", exitModel, "convert the Keras model"},
		{"a.pb", "out.bin", exitModel, "tf2onnx"},
		{"text.bin", "out.bin", exitModel, "text.bin: header, byte 0: not an nnrt model: this is a text file"},
		{"none.bin", "out.bin", exitFailed, "none.bin"},
		{"none.pt", "out.bin", exitFailed, "none.pt"},
		{"a folder", "out.bin", exitFailed, "not a regular file, but a folder"},
	} {
		nnrt("convert", inFolder(c.in), inFolder(c.out)).wants(t, c.code, c.want)
	}
	if readFile(t, inFolder("out.bin")) != "precious" {
		t.Error("a conversion that failed changed the file")
	}
	r := nnrt("convert", handmadeBinary(t), filepath.Join(folder, "none", "out.bin"))
	r.wants(t, exitFailed, "out.bin")
}

func TestParseNetwork(t *testing.T) {
	got, err := parseNetwork("10:relu, 8:leaky_relu=0.01,batch_normalization:epsilon=1e-5,layer_normalization,3:linear," +
		"batch_normalization:scale=false:epsilon=0.01,layer_normalization:center=false,softmax")
	if err != nil {
		t.Fatal(err)
	}
	want := []net.Layer{
		net.Dense(10, net.ReLU), net.Dense(8, net.LeakyReLU.WithAlpha(0.01)),
		net.BatchNormalization(net.Epsilon(1e-5)), net.LayerNormalization(net.Epsilon(0)), net.Dense(3, net.Linear),
		net.BatchNormalization(net.Epsilon(0.01), net.NoScale()), net.LayerNormalization(net.Epsilon(0), net.NoCenter()),
		net.Activate(net.Activation{Kind: kernels.Softmax}),
	}
	if len(got) != len(want) {
		t.Fatalf("%d layers, want %d", len(got), len(want))
	}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("layer %d is %+v, want %+v", i+1, got[i], want[i])
		}
	}
}

// TestConvertKeras takes files that Keras saved in; they stand in serialize/keras, packed.
func TestConvertKeras(t *testing.T) {
	folder := t.TempDir()
	for _, tc := range []struct {
		name, says string
		code       int
	}{
		{"k3.15_sequential.keras", "left out: the optimiser with its state", 0},
		{"k2.15_functional.h5", "", 0},
		{"k3.15_refuse_lstm.keras", `layer "memory" (LSTM)`, exitModel},
		{"k3.15_refuse_weights_only.h5", "model.save", exitModel},
	} {
		r, err := gzip.NewReader(strings.NewReader(readFile(t, "../../serialize/keras/testdata/"+tc.name+".gz")))
		if err != nil {
			t.Fatal(err)
		}
		blob, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		in, out := filepath.Join(folder, tc.name), filepath.Join(folder, tc.name+".bin")
		if err := os.WriteFile(in, blob, 0o666); err != nil {
			t.Fatal(err)
		}
		nnrt("convert", in, out).wants(t, tc.code, tc.says)
		if tc.code == 0 {
			nnrt("verify", out).must(t)
			nnrt("inspect", in).wants(t, exitModel, "nnrt convert")
		}
	}
}
