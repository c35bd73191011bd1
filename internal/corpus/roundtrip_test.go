package corpus

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"nnrt/internal/npy"
	"nnrt/net"
	"nnrt/serialize"
	"nnrt/serialize/npz"
	"nnrt/serialize/onnx"
	"nnrt/serialize/safetensors"
	"nnrt/serialize/tensors"
)

// way is a format that nnrt writes and reads.
type way struct {
	name   string
	encode func(*serialize.File) ([]byte, error)
	decode func([]byte) (*serialize.File, error)
}

var ways = []way{
	{"ONNX", onnx.Encode, onnx.Decode},
	{"safetensors, names of Keras", throughTensors(tensors.Keras, safetensors.Encode), fromTensors(safetensors.Decode)},
	{"safetensors, names of PyTorch", throughTensors(tensors.PyTorch, safetensors.Encode),
		fromTensors(safetensors.Decode)},
	{"NPZ, names of Keras", throughTensors(tensors.Keras, npz.Encode), fromTensors(npz.Decode)},
}

func throughTensors(names tensors.Names,
	encode func(*tensors.Set) ([]byte, error)) func(*serialize.File) ([]byte, error) {
	return func(f *serialize.File) ([]byte, error) {
		set, err := tensors.Of(f, names)
		if err != nil {
			return nil, err
		}
		return encode(set)
	}
}

func fromTensors(decode func([]byte) (*tensors.Set, error)) func([]byte) (*serialize.File, error) {
	return func(blob []byte) (*serialize.File, error) {
		set, err := decode(blob)
		if err != nil {
			return nil, err
		}
		return set.File(tensors.Options{}) // by the description in the file
	}
}

// noWay says why a model cannot be written in a format, or returns "".
func noWay(w way, m *net.Model) string {
	for _, l := range m.Layers() {
		if w.name == "safetensors, names of PyTorch" && l.NoScale != l.NoCenter &&
			(l.NoScale || l.Kind == net.BatchNormalizationLayer) {
			return "PyTorch has no such layer with only one of beta and gamma"
		}
	}
	return ""
}

// TestRoundTrips writes each model in the formats that nnrt writes, reads it back, and compares the bits of the
// outputs; and the bytes of the model file, but for the formats' traces in the metadata.
func TestRoundTrips(t *testing.T) {
	for _, e := range entries(t, "manifest.json") {
		t.Run(e.Name, func(t *testing.T) {
			file, err := convert(e)
			if err != nil {
				t.Fatal(err)
			}
			x, rows := inputs(t, e, file)
			want, labels := predict(t, file, x, rows)
			for _, w := range ways {
				blob, err := w.encode(file)
				if reason := noWay(w, file.Model); reason != "" {
					if err == nil || !strings.Contains(err.Error(), reason) {
						t.Errorf("%s: error %v, want %s", w.name, err, reason)
					}
					continue
				}
				if err != nil {
					t.Fatalf("%s: %v", w.name, err)
				}
				back, err := w.decode(blob)
				if err != nil {
					t.Fatalf("%s: %v", w.name, err)
				}
				x, rows := inputs(t, e, back)
				y, backLabels := predict(t, back, x, rows)
				if i := slices.IndexFunc(y, func(v float32) bool { return v != v }); i >= 0 {
					t.Fatalf("%s: output %d is not a number", w.name, i)
				}
				for i := range want {
					if math.Float32bits(y[i]) != math.Float32bits(want[i]) {
						t.Fatalf("%s: output %d is %v, was %v", w.name, i, y[i], want[i])
					}
				}
				if !slices.Equal(backLabels, labels) {
					t.Errorf("%s: labels %q, were %q", w.name, backLabels, labels)
				}
				if !bytes.Equal(model(t, back), model(t, file)) {
					t.Errorf("%s: another model file", w.name)
				}
			}
		})
	}
}

// layer is what python/roundtrip.py needs to know of a layer.
type layer struct {
	Kind       string  `json:"kind"`
	Units      int     `json:"units,omitempty"`
	Activation string  `json:"activation"`
	Alpha      float32 `json:"alpha"`
	Epsilon    float32 `json:"epsilon,omitempty"`
	Bias       bool    `json:"bias"`
	Center     bool    `json:"center"`
	Scale      bool    `json:"scale"`
}

// pythonVariable names Python with the packages of python/requirements.txt.
const pythonVariable = "NNRT_CORPUS_PYTHON"

// TestFrameworksLoad gives each model as nnrt writes it to ONNX Runtime, PyTorch and Keras, and compares their outputs
// with nnrt's (python/roundtrip.py). With -write what was measured becomes roundtrip.json.
func TestFrameworksLoad(t *testing.T) {
	python := os.Getenv(pythonVariable)
	if python == "" {
		t.Skip(pythonVariable + " is not set")
	}
	folder := t.TempDir()
	for _, e := range entries(t, "manifest.json") {
		t.Run(e.Name, func(t *testing.T) { export(t, e, filepath.Join(folder, e.Name)) })
	}
	if t.Failed() {
		return
	}
	measured := filepath.Join(testdata, "roundtrip.json")
	if !*write {
		measured = filepath.Join(t.TempDir(), "roundtrip.json")
	}
	output, err := exec.Command(python, filepath.Join("python", "roundtrip.py"), folder, measured).CombinedOutput()
	t.Logf("%s", output)
	if err != nil {
		t.Fatal(err)
	}
	loaderTable(t, measured)
}

// export writes what python/roundtrip.py reads of a model: ONNX, safetensors with PyTorch's names, and NPZ; its layers;
// raw inputs, inputs as the first layer takes them, and nnrt's outputs for both.
func export(t *testing.T, e *entry, folder string) {
	file, err := convert(e)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(folder, 0o777); err != nil {
		t.Fatal(err)
	}
	put := func(name string, blob []byte, err error) {
		t.Helper()
		if err == nil {
			err = os.WriteFile(filepath.Join(folder, name), blob, 0o666)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	x, rows := inputs(t, e, file)
	raw := make([]float32, len(x)) // what the model would have got without scaling
	unscale(file, raw, x)
	if path := filepath.Join(testdata, e.Name, "x.npy"); fileExists(path) {
		raw, _, _ = matrix(t, path)
	}
	y, _ := predict(t, file, x, rows)
	plain, _ := predict(t, &serialize.File{Model: file.Model}, x, rows)
	put("raw.npy", npyFile(raw, rows), nil)
	put("x.npy", npyFile(x, rows), nil)
	put("y.npy", npyFile(y, rows), nil)
	put("plain.npy", npyFile(plain, rows), nil)
	names := map[string]string{"ONNX": "model.onnx", "safetensors, names of PyTorch": "model.safetensors",
		"NPZ, names of Keras": "model.npz"}
	for _, w := range ways {
		if names[w.name] != "" && noWay(w, file.Model) == "" {
			blob, err := w.encode(file)
			put(names[w.name], blob, err)
		}
	}
	var layers []layer
	for _, l := range file.Model.Layers() {
		layers = append(layers, layer{l.Kind.String(), l.Units, l.Activation.String(), l.Activation.Alpha, l.Epsilon,
			!l.NoBias, !l.NoCenter, !l.NoScale})
	}
	blob, err := json.Marshal(layers)
	put("layers.json", blob, err)
}

// unscale inverts a schema's scaling of numbers, for rows that come from a CSV file; categories stay 0 and 1.
func unscale(file *serialize.File, raw, x []float32) {
	copy(raw, x)
	if file.Schema == nil {
		return
	}
	width := file.Schema.Width()
	for row := 0; row < len(raw); row += width {
		at := row
		for _, f := range file.Schema.Features {
			if len(f.Categories) > 0 {
				at += len(f.Categories)
				continue
			}
			raw[at] = float32(raw[at]*f.Scale) + f.Mean
			at++
		}
	}
}

// npyFile returns an NPY file.
func npyFile(values []float32, rows int) []byte {
	blob := npy.AppendHeader(nil, int64(rows), int64(len(values)/rows))
	for _, v := range values {
		blob = binary.LittleEndian.AppendUint32(blob, math.Float32bits(v))
	}
	return blob
}

// loaders are what python/roundtrip.py gives nnrt's files to.
var loaders = []string{"ONNX Runtime", "PyTorch", "Keras"}

// TestLoadersAgree holds roundtrip.json, what TestFrameworksLoad last measured, to its limit, and the report to it.
func TestLoadersAgree(t *testing.T) {
	table := loaderTable(t, filepath.Join(testdata, "roundtrip.json"))
	if !t.Failed() {
		checkReport(t, "loaders", table)
	}
}

// loaderTable returns a table of what python/roundtrip.py measured: the largest difference, by model and loader, of
// what the framework makes of nnrt's file from what nnrt makes of it. None may be above 16 ULP of each output's scale:
// twelve layers and exponentials come close to it, single activations stay within a few.
func loaderTable(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var measured struct {
		Versions map[string]string
		Models   map[string]map[string]float64
	}
	if err := json.Unmarshal(text, &measured); err != nil {
		t.Fatal(err)
	}
	const most = 16
	var b strings.Builder
	b.WriteString("| nnrt's file to | models | largest difference, ULP | median | at most 2 |\n|---|---|---|---|---|\n")
	for _, loader := range loaders {
		var ulps []float64
		few := 0
		worst, worstName := -1.0, ""
		for _, e := range entries(t, "manifest.json") {
			ulp, ok := measured.Models[e.Name][loader]
			if !ok {
				if measured.Models[e.Name] == nil || loader == "ONNX Runtime" {
					t.Errorf("%s: not measured with %s", e.Name, loader)
				}
				continue
			}
			if !(ulp <= most) {
				t.Errorf("%s: %s differs by %.2f ULP, more than %d", e.Name, loader, ulp, most)
			}
			if ulp <= 2 {
				few++
			}
			if ulp > worst {
				worst, worstName = ulp, e.Name
			}
			ulps = append(ulps, ulp)
		}
		if len(ulps) == 0 {
			continue
		}
		slices.Sort(ulps)
		fmt.Fprintf(&b, "| %s | %d | %.2f (%s) | %.2f | %d |\n", loader, len(ulps), worst, worstName, ulps[len(ulps)/2], few)
	}
	b.WriteString("\nWith " + versions(measured.Versions) + ".\n")
	return b.String()
}
