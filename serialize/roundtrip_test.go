package serialize

import (
	"bytes"
	"encoding/hex"
	"errors"
	"flag"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"nnrt/dataset"
	"nnrt/kernels"
	"nnrt/net"
)

var update = flag.Bool("update", false, "write the golden files anew")

// TestGolden pins the bytes of the format: a change here is a change of the format, and needs a new version.
func TestGolden(t *testing.T) {
	for _, tc := range []struct {
		name string
		file *File
	}{{"tiny", tiny(t)}, {"rich", golden(t)}} {
		t.Run(tc.name, func(t *testing.T) {
			path := filepath.Join("testdata", tc.name+".hex")
			blob := mustEncode(t, tc.file)
			if *update {
				if err := os.WriteFile(path, []byte(hexLines(blob)), 0o666); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if got := hexLines(blob); got != string(want) {
				t.Errorf("the encoding is\n%swant\n%s", got, want)
			}
			raw, err := hex.DecodeString(strings.Join(strings.Fields(string(want)), ""))
			if err != nil {
				t.Fatal(err)
			}
			sameModel(t, mustDecode(t, raw).Model, tc.file.Model)
		})
	}
}

// golden is rich with self-test outputs and a contract that do not depend on kernels.
func golden(t *testing.T) *File {
	f := rich(t)
	f.SelfTest.Outputs = []float32{0.25, 0.75, 0.5, 0.5}
	f.Contract = 1
	return f
}

func hexLines(blob []byte) string {
	var b strings.Builder
	for len(blob) > 0 {
		n := min(32, len(blob))
		b.WriteString(hex.EncodeToString(blob[:n]))
		b.WriteByte('\n')
		blob = blob[n:]
	}
	return b.String()
}

// TestTutorialSize holds the promise that the tutorial's network, with a seed and a self-test row, fits in 1,024 bytes.
func TestTutorialSize(t *testing.T) {
	m := tutorial(t)
	selfTest, err := NewSelfTest(m, nil)
	if err != nil {
		t.Fatal(err)
	}
	if rows := len(selfTest.Inputs) / 8; rows != 1 {
		t.Fatalf("%d self-test rows", rows)
	}
	blob := mustEncode(t, &File{Model: m, SelfTest: selfTest, Metadata: Metadata{"seed": "18446744073709551615"}})
	t.Logf("%d bytes, %d of them weights", len(blob), 4*m.NumParameters())
	if len(blob) > 1024 || 4*m.NumParameters() != 748 {
		t.Errorf("%d bytes with %d of weights, want at most 1024 with 748", len(blob), 4*m.NumParameters())
	}
	if f := mustDecode(t, blob); f.Contract != kernels.Contract {
		t.Errorf("contract %d, want %d", f.Contract, kernels.Contract)
	}
}

// testFile is a file with what it is there for.
type testFile struct {
	name string
	file File
}

// roundTripFiles are files with all kinds of content.
func roundTripFiles(t *testing.T) []testFile {
	regression := &dataset.Schema{
		Features: []dataset.Feature{
			{Name: "c1", Kind: dataset.Numeric, Scale: 1},
			{Name: "c300", Column: 299, Kind: dataset.Numeric, Mean: math.SmallestNonzeroFloat32, Scale: math.MaxFloat32},
		},
		Target:  dataset.Target{Name: "label", Column: -1, Task: dataset.TaskRegression, Mean: 1, Scale: 2},
		Columns: 300,
	}
	binary := &dataset.Schema{
		Features: []dataset.Feature{{Name: "a", Kind: dataset.Categorical, Categories: []string{"x", "y"}}},
		Target: dataset.Target{Name: "b", Column: 1, Task: dataset.TaskBinary,
			Labels: []string{"no", strings.Repeat("é", 127)}},
		Columns: 2, Named: true, OnMissing: dataset.RuleZero,
	}
	inputsOnly := &dataset.Schema{
		Features: []dataset.Feature{{Name: "a", Kind: dataset.Numeric, Scale: 1}},
		Target:   dataset.Target{Column: -1}, Columns: 1, Named: true,
	}
	two := func() *net.Model { return makeModel(t, 2, net.Dense(1, net.Linear)) }
	return []testFile{
		{"tutorial", File{Model: tutorial(t)}},
		{"tiny", *tiny(t)},
		{"rich", *rich(t)},
		{"signed", func() File {
			f := *signed(t)
			f.Minor = signatureMinor
			return f
		}()},
		{"regression without names", File{Model: two(), Schema: regression}},
		{"binary", File{Model: two(), Schema: binary, Contract: 77}},
		{"inputs only", File{Model: makeModel(t, 1, net.Activate(net.Softsign)), Schema: inputsOnly}},
		{"unknown sections", File{Model: two(), Minor: 65535, Unknown: []Section{{Type: 17}}}},
		{"extreme weights", File{Model: withParameters(t, math.MaxFloat32, -math.SmallestNonzeroFloat32,
			float32(math.Copysign(0, -1)))}},
	}
}

// testFiles are all files of the tests here that read and write, and the one that examples/embed has in it.
func testFiles(t *testing.T) []*File {
	var files []*File
	for _, f := range roundTripFiles(t) {
		files = append(files, &f.file)
	}
	for _, m := range slices.Concat(layerFieldModels(t), activationModels(t)) {
		files = append(files, &File{Model: m})
	}
	embedded, err := ReadFile(filepath.Join("..", "examples", "embed", "model.bin"))
	if err != nil {
		t.Fatal(err)
	}
	return append(files, embedded)
}

func TestRoundTrip(t *testing.T) {
	for _, tc := range roundTripFiles(t) {
		t.Run(tc.name, func(t *testing.T) {
			blob := mustEncode(t, &tc.file)
			got := mustDecode(t, blob)
			sameModel(t, got.Model, tc.file.Model)
			want := tc.file
			want.Contract = want.contract()
			got.Model, want.Model = nil, nil
			for i := range want.Unknown {
				if want.Unknown[i].Data == nil {
					want.Unknown[i].Data = []byte{}
				}
			}
			if !reflect.DeepEqual(got, &want) {
				t.Errorf("decoded\n%+v, want\n%+v", got, &want)
			}
			got = mustDecode(t, blob)
			if again := mustEncode(t, got); !bytes.Equal(again, blob) {
				t.Error("encoding what was decoded gives other bytes")
			}
			model, err := Load(blob)
			if err != nil {
				t.Fatal(err)
			}
			sameModel(t, model, tc.file.Model)
		})
	}
}

func withParameters(t *testing.T, parameters ...float32) *net.Model {
	m, err := net.NewWithParameters(len(parameters)-1, []net.Layer{net.Dense(1, net.Linear)}, parameters)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestEveryLayerField(t *testing.T) {
	for _, m := range layerFieldModels(t) {
		sameModel(t, mustDecode(t, mustEncode(t, &File{Model: m})).Model, m)
	}
}

// layerFieldModels change one field of a layer at a time, found by reflection, so that a field which net gains cannot be
// forgotten here.
func layerFieldModels(t *testing.T) (models []*net.Model) {
	values := map[string]reflect.Value{
		"Name":                reflect.ValueOf("größe"),
		"Units":               reflect.ValueOf(3),
		"Activation":          reflect.ValueOf(net.ELU.WithAlpha(0.5)),
		"NoBias":              reflect.ValueOf(true),
		"KernelInitializer":   reflect.ValueOf(net.VarianceScaling(0.5, net.FanOut, net.NormalDistribution)),
		"BiasInitializer":     reflect.ValueOf(net.RandomUniform(-1, 2)),
		"KernelRegularizer":   reflect.ValueOf(net.L1L2(1, 2)),
		"BiasRegularizer":     reflect.ValueOf(net.L1(3)),
		"ActivityRegularizer": reflect.ValueOf(net.L2(4)),
		"Rate":                reflect.ValueOf(float32(0.25)),
		"Momentum":            reflect.ValueOf(float32(0.75)),
		"Epsilon":             reflect.ValueOf(float32(0.5)),
		"NoCenter":            reflect.ValueOf(true),
		"NoScale":             reflect.ValueOf(true),
	}
	bases := []net.Layer{net.Dense(2, net.Linear), net.Activate(net.ReLU), net.Dropout(0.5),
		net.BatchNormalization(), net.LayerNormalization()}
	typ := reflect.TypeOf(net.Layer{})
	for i := range typ.NumField() {
		field := typ.Field(i)
		if field.Name == "Kind" {
			continue
		}
		value, ok := values[field.Name]
		if !ok {
			t.Errorf("net.Layer has a field %s that this test does not know: is it stored?", field.Name)
			continue
		}
		for _, layer := range bases {
			reflect.ValueOf(&layer).Elem().Field(i).Set(value)
			models = append(models, makeModel(t, 2, layer, net.Dense(1, net.Linear)))
		}
	}
	return models
}

// TestDefaultsCostNothing: a layer as net's constructors make it takes its kind, its field mask and its units.
func TestDefaultsCostNothing(t *testing.T) {
	for _, tc := range []struct {
		layers []net.Layer
		want   int
	}{
		{[]net.Layer{net.Dense(10, net.Linear)}, 4},
		{[]net.Layer{net.Dense(10, net.ELU), net.Dense(200, net.LeakyReLU)}, 5 + 6},
		{[]net.Layer{net.Activate(net.Linear), net.Dropout(0)}, 3 + 3},
		{[]net.Layer{net.BatchNormalization(), net.LayerNormalization(), net.BatchNormalization()}, 9},
		{[]net.Layer{net.Dense(10, net.Linear, net.NoBias())}, 4},
		{[]net.Layer{net.Dense(10, net.Linear, net.Name("dense_1"))}, 4 + 8},
	} {
		m := makeModel(t, 3, tc.layers...)
		if got := len(appendArchitecture(nil, m.Inputs(), m.Layers())) - 2; got != tc.want {
			t.Errorf("%+v take %d bytes, want %d", tc.layers, got, tc.want)
		}
	}
}

// TestNames: whatever net calls the layers, they have the same names again.
func TestNames(t *testing.T) {
	d := func(name string) net.Layer { return net.Dense(1, net.Linear, net.Name(name)) }
	for _, layers := range [][]net.Layer{
		{d(""), d(""), d("")},
		{d("dense"), d("dense_1")},
		{d(""), d("dense")},
		{d("dense_1"), d("")},
		{d("dense_2"), d("dense_1"), d("dense")},
		{net.Activate(net.ReLU), d("activation_1"), net.Activate(net.ReLU)},
	} {
		m := makeModel(t, 1, layers...)
		sameModel(t, mustDecode(t, mustEncode(t, &File{Model: m})).Model, m)
	}
}

func TestEveryActivation(t *testing.T) {
	for _, m := range activationModels(t) {
		sameModel(t, mustDecode(t, mustEncode(t, &File{Model: m})).Model, m)
	}
}

// activationModels are a model of each activation with different parameters.
func activationModels(t *testing.T) (models []*net.Model) {
	n := 0
	for kind := range kernels.Activation(255) {
		if !kind.Valid() {
			continue
		}
		n++
		for _, alpha := range []float32{kind.DefaultAlpha(), 0, 0.5} {
			if kind == kernels.CELU && alpha == 0 {
				continue // net refuses it
			}
			models = append(models, makeModel(t, 2, net.Dense(2, net.Activation{Kind: kind, Alpha: alpha})))
		}
	}
	if n < 20 {
		t.Errorf("%d activations", n)
	}
	return models
}

// TestSchemaFields fails when dataset's schema gains a field, which would have to be stored.
func TestSchemaFields(t *testing.T) {
	for _, tc := range []struct {
		value any
		want  int
	}{{dataset.Schema{}, 7}, {dataset.Feature{}, 7}, {dataset.Target{}, 6}} {
		if got := reflect.TypeOf(tc.value).NumField(); got != tc.want {
			t.Errorf("%T has %d fields, of which %d are stored", tc.value, got, tc.want)
		}
	}
}

func TestEncodeRefuses(t *testing.T) {
	nan, inf := float32(math.NaN()), float32(math.Inf(1))
	file := func(change func(f *File)) *File {
		f := rich(t)
		change(f)
		return f
	}
	for _, tc := range []struct {
		name string
		file *File
		want error
	}{
		{"no model", &File{}, ErrArchitecture},
		{"NaN weight", &File{Model: withParameters(t, 1, nan)}, ErrNotFinite},
		{"infinite weight", &File{Model: withParameters(t, inf, 1)}, ErrNotFinite},
		{"layer name", &File{Model: makeModel(t, 1, net.Dense(1, net.Linear, net.Name("a\x1b[2J")))}, ErrText},
		{"long layer name", &File{Model: makeModel(t, 1, net.Dense(1, net.Linear,
			net.Name(strings.Repeat("a", 256))))}, ErrLimit},
		{"wide layer", &File{Model: makeModel(t, 1, net.Dense(65537, net.Linear))}, ErrLimit},
		{"meaningless rate", &File{Model: makeModel(t, 1, net.Layer{Kind: net.DenseLayer, Units: 1, Rate: nan})},
			ErrNotFinite},
		{"empty key", file(func(f *File) { f.Metadata[""] = "x" }), ErrText},
		{"line end in a value", file(func(f *File) { f.Metadata["a"] = "x\ny" }), ErrText},
		{"not UTF-8", file(func(f *File) { f.Metadata["a"] = "\xff" }), ErrText},
		{"long value", file(func(f *File) { f.Metadata["a"] = strings.Repeat("a", 1<<16+1) }), ErrLimit},
		{"ragged self-test", file(func(f *File) { f.SelfTest.Inputs = f.SelfTest.Inputs[1:] }), ErrSelfTest},
		{"outputs without inputs", file(func(f *File) { f.SelfTest.Inputs = nil }), ErrSelfTest},
		{"NaN in self-test", file(func(f *File) { f.SelfTest.Outputs[1] = nan }), ErrNotFinite},
		{"negative contract", file(func(f *File) { f.Contract = -1 }), ErrContract},
		{"unknown of a known type", file(func(f *File) { f.Unknown[0].Type = typeSchema }), ErrDuplicateSection},
		{"unknown out of order", file(func(f *File) { f.Unknown[0].Type = 30 }), ErrSectionOrder},
		{"unknown twice", file(func(f *File) { f.Unknown[0].Type = 20 }), ErrDuplicateSection},
		{"unknown of type 0", file(func(f *File) { f.Unknown[0].Type = 0 }), ErrSectionOrder},
		{"schema without features", file(func(f *File) { f.Schema.Features = nil }), ErrSchema},
		{"schema of another width", file(func(f *File) { f.Schema.Features = f.Schema.Features[:2] }), ErrSchema},
		{"schema with other outputs", file(func(f *File) {
			f.Schema.Target.Labels = append(f.Schema.Target.Labels, "virginica")
		}), ErrSchema},
		{"control character in a label", file(func(f *File) { f.Schema.Target.Labels[0] = "a\tb" }), ErrText},
		{"long category", file(func(f *File) {
			f.Schema.Features[1].Categories[0] = strings.Repeat("x", 256)
		}), ErrLimit},
	} {
		t.Run(tc.name, func(t *testing.T) {
			blob, err := Encode(tc.file)
			if blob != nil || !errors.Is(err, tc.want) {
				t.Errorf("%d bytes, error %v, want %v", len(blob), err, tc.want)
			}
			var format *FormatError
			if !errors.As(err, &format) || format.Section == "" {
				t.Errorf("error %v is no *FormatError with a section", err)
			}
		})
	}
}

// TestOtherLimits: what the defaults refuse can be asked for.
func TestOtherLimits(t *testing.T) {
	m := makeModel(t, 1, net.Dense(65537, net.Linear))
	wide := Limits{Units: 1 << 17}
	blob, err := wide.Encode(&File{Model: m})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Load(blob); !errors.Is(err, ErrLimit) {
		t.Errorf("with default limits: %v", err)
	}
	got, err := (Loader{Limits: wide}).Load(blob)
	if err != nil {
		t.Fatal(err)
	}
	sameModel(t, got, m)

	blob = mustEncode(t, rich(t))
	for _, limits := range []Limits{{FileBytes: int64(len(blob)) - 1}, {HeaderBytes: 64}, {Layers: 5}, {Units: 4},
		{NameBytes: 4}, {Features: 2}, {Columns: 8}, {Categories: 7}, {MetadataPairs: 3}, {MetadataBytes: 5},
		{SelfTestRows: 1}} {
		if _, err := (Loader{Limits: limits}).Decode(blob); !errors.Is(err, ErrLimit) && !errors.Is(err, ErrContent) {
			t.Errorf("%+v: %v", limits, err)
		}
	}
}
