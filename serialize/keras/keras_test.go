package keras

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"nnrt/internal/hdf5"
	"nnrt/serialize"
)

// unpacked returns a file of testdata, which generate.py there describes.
func unpacked(t testing.TB, name string) []byte {
	t.Helper()
	return unpack(t, filepath.Join("testdata", name+".gz"))
}

func unpack(t testing.TB, path string) []byte {
	t.Helper()
	packed, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	r, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		t.Fatal(err)
	}
	data, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// predictions is what Keras predicted, in float32 and in float64.
type predictions struct {
	Inputs, Outputs [][]float32
	Exact           [][]float64
}

func readPredictions(t *testing.T, name string) (p predictions) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", name+".json"))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &p); err != nil {
		t.Fatal(err)
	}
	return p
}

// predict computes a model's outputs from raw inputs, scaled by the schema if there is one.
func predict(t *testing.T, f *serialize.File, rows [][]float32) [][]float32 {
	t.Helper()
	var out [][]float32
	p := f.Model.NewPredictor()
	for _, row := range rows {
		x := append([]float32(nil), row...)
		if f.Schema != nil {
			for i := range x {
				feature := &f.Schema.Features[i]
				x[i] = (x[i] - feature.Mean) / feature.Scale
			}
		}
		y := make([]float32, f.Model.Outputs())
		if err := p.Predict(y, x); err != nil {
			t.Fatal(err)
		}
		out = append(out, y)
	}
	return out
}

// difference returns the largest difference between outputs, in ULP of each output column's largest value.
func difference[A, B float32 | float64](got [][]A, want [][]B) (worst float64) {
	for j := range want[0] {
		scale, most := 0.0, 0.0
		for i := range want {
			scale = max(scale, math.Abs(float64(want[i][j])))
			most = max(most, math.Abs(float64(got[i][j])-float64(want[i][j])))
		}
		_, exponent := math.Frexp(scale)
		worst = max(worst, most/math.Ldexp(1, exponent-24))
	}
	return worst
}

// models are the models of testdata.
var models = []string{"sequential", "functional", "operations", "frozen", "deferred", "activations", "normalization",
	"rescaling", "fixed_scaling", "twelve"}

// frameworks are the versions of Keras that wrote testdata.
var frameworks = []string{"k2.12", "k2.13", "k2.15", "k3.0", "k3.5", "k3.15"}

func TestModels(t *testing.T) {
	for _, version := range frameworks {
		for _, m := range models {
			for _, ending := range []string{".keras", ".h5"} {
				name := version + "_" + m + ending
				t.Run(name, func(t *testing.T) {
					if _, err := os.Stat(filepath.Join("testdata", name+".gz")); err != nil {
						t.Skip("that version cannot save it")
					}
					compare(t, name, version+"_"+m)
				})
			}
		}
	}
	for _, form := range []string{"", "_latest", "_old_chunks", "_latest_chunks", "_double"} {
		for _, ending := range []string{".keras", ".h5"} {
			name := "k3.15_forms" + form + ending
			t.Run(name, func(t *testing.T) { compare(t, name, "k3.15_forms") })
		}
	}
}

// compare decodes a file and compares predictions; it also goes through nnrt's own format. Where rounding errors grow
// from layer to layer Keras itself is far from what it computes in float64, and nnrt may be about as far.
func compare(t *testing.T, name, expected string) {
	t.Helper()
	f, notes, err := Import(unpacked(t, name))
	if err != nil {
		t.Fatal(err)
	}
	for _, note := range notes {
		t.Log(note)
	}
	want := readPredictions(t, expected)
	got := predict(t, f, want.Inputs)
	keras, exact := difference(want.Outputs, want.Exact), difference(got, want.Exact)
	t.Logf("%.2f ULP of the output's scale from Keras; from float64 %.2f, Keras %.2f",
		difference(got, want.Outputs), exact, keras)
	if !(exact <= 2*keras+2) {
		t.Errorf("%.2f ULP of the output's scale from float64, Keras is %.2f", exact, keras)
	}
	blob, err := serialize.Encode(f)
	if err != nil {
		t.Fatal(err)
	}
	again, err := serialize.Decode(blob)
	if err != nil {
		t.Fatal(err)
	}
	if worst := difference(predict(t, again, want.Inputs), predict(t, f, want.Inputs)); worst != 0 {
		t.Errorf("after nnrt's format: %v ULP", worst)
	}
}

func TestRefused(t *testing.T) {
	for _, tc := range []struct {
		name  string
		cause error
		says  []string
	}{
		{"k2.12_refuse_hard_sigmoid", ErrUnsupported, []string{`"dense`, "(Dense)", "hard_sigmoid of Keras"}},
		{"k2.15_refuse_hard_sigmoid", ErrUnsupported, []string{`"dense`, "(Dense)", "hard_sigmoid of Keras"}},
		{"k3.15_refuse_lstm", ErrUnsupported, []string{`layer "memory" (LSTM)`, "no such layer"}},
		{"k3.15_refuse_conv", ErrUnsupported, []string{"(Conv1D)", "no such layer"}},
		{"k3.15_refuse_lambda", ErrUnsupported, []string{`layer "twice" (Lambda)`, "Python code"}},
		{"k3.15_refuse_prelu", ErrUnsupported, []string{"(PReLU)"}},
		{"k3.15_refuse_relu", ErrUnsupported, []string{"(ReLU)", "max_value"}},
		{"k3.15_refuse_glu", ErrUnsupported, []string{"(Dense)", `"glu"`}},
		{"k3.15_refuse_dense_of_matrix", ErrUnsupported, []string{"(Dense)", "[3 2]"}},
		{"k3.15_refuse_axis", ErrUnsupported, []string{"(BatchNormalization)", "[3 2]"}},
		{"k3.15_refuse_channels_first", ErrUnsupported, []string{"(Flatten)", "channels_first"}},
		{"k3.15_refuse_rms_scaling", ErrUnsupported, []string{"(LayerNormalization)", "rms_scaling"}},
		{"k3.15_refuse_unknown_length", ErrUnsupported, []string{"Sequential", "shape"}},
		{"k3.15_refuse_mixed", ErrUnsupported, []string{"(Dense)", "mixed_float16"}},
		{"k3.15_refuse_quantized", ErrUnsupported, []string{"(Dense)", "int8"}},
		{"k3.15_refuse_training", ErrUnsupported, []string{"(Dropout)", "training=true"}},
		{"k3.15_refuse_residual", ErrUnsupported, []string{"(Add)"}},
		{"k3.15_refuse_two_outputs", ErrUnsupported, []string{"(Functional)", "one output"}},
		{"k3.15_refuse_two_inputs", ErrUnsupported, []string{"(Functional)", "one input"}},
		{"k3.15_refuse_shared", ErrUnsupported, []string{`layer "again" (Dense)`, "called 2 times"}},
		{"k3.15_refuse_arithmetic", ErrUnsupported, []string{"(Multiply)"}},
		{"k3.15_refuse_custom", ErrUnsupported, []string{`layer "double"`, "Doubled"}},
		{"k3.15_refuse_custom_activation", ErrUnsupported, []string{"(Dense)", "bent"}},
		{"k3.15_refuse_subclass", ErrUnsupported, []string{"Subclass"}},
		{"k3.15_refuse_weights_only", ErrFormat, []string{"weights only", "model.save"}},
	} {
		for _, ending := range []string{".keras", ".h5"} {
			if _, err := os.Stat(filepath.Join("testdata", tc.name+ending+".gz")); err != nil {
				continue
			}
			_, err := Decode(unpacked(t, tc.name+ending))
			t.Logf("%s%s: %v", tc.name, ending, err)
			if !errors.Is(err, tc.cause) {
				t.Errorf("%s%s: %v, want %v", tc.name, ending, err, tc.cause)
			}
			for _, says := range tc.says {
				if !strings.Contains(fmt.Sprint(err), says) {
					t.Errorf("%s%s: %v, want a mention of %s", tc.name, ending, err, says)
				}
			}
		}
	}
}

// TestListInPieces reads a list of names that Keras has split, since an attribute has at most 64 KB.
func TestListInPieces(t *testing.T) {
	blob := unpack(t, "../../internal/hdf5/testdata/attributes_earliest.h5.gz")
	root, err := hdf5.Open(blob, allowance)
	if err != nil {
		t.Fatal(err)
	}
	list, err := listAttribute(root, "attribute") // attribute0, attribute1, … attribute59
	if err != nil || len(list) != 60 || list[59] != "value 59" {
		t.Errorf("%q, error %v", list, err)
	}
}
