package onnx

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"

	"nnrt/dataset"
	"nnrt/kernels"
	"nnrt/net"
	"nnrt/serialize"
)

// modelOf makes a model whose weights are the same on every machine: kernels of a reasonable size, variances above 0.
func modelOf(t testing.TB, inputs int, layers ...net.Layer) *net.Model {
	t.Helper()
	m, err := net.New(inputs, layers...)
	if err != nil {
		t.Fatal(err)
	}
	generator := rand.NewPCG(uint64(inputs), uint64(len(layers)))
	var values [][]float32
	for _, v := range m.Weights() {
		spread, least := 0.25, 0.0
		switch {
		case strings.HasSuffix(v.Name, "/kernel"):
			spread = 1.5 / math.Sqrt(float64(v.Shape[0]))
		case strings.HasSuffix(v.Name, "/gamma"), strings.HasSuffix(v.Name, "/moving_variance"):
			least = 1
		}
		for i := range v.Values {
			v.Values[i] = float32(least + spread*(2*float64(generator.Uint64()>>40)/(1<<24)-1))
		}
		values = append(values, v.Values)
	}
	if err := m.SetWeights(values...); err != nil {
		t.Fatal(err)
	}
	return m
}

// activationLayers returns every activation, those with a parameter also with another one.
func activationLayers() []net.Activation {
	list := []net.Activation{net.LeakyReLU.WithAlpha(0.01), net.ELU.WithAlpha(0.5), net.CELU.WithAlpha(1.7)}
	for a := kernels.Activation(0); a.Valid(); a++ {
		list = append(list, net.Activation{Kind: a, Alpha: a.DefaultAlpha()})
	}
	return list
}

// numericSchema is a schema of n numeric features, each scaled otherwise.
func numericSchema(n int, target dataset.Target) *dataset.Schema {
	s := &dataset.Schema{Target: target, Columns: n + 1, Named: true, NA: []string{"", "?"}, OnMissing: dataset.RuleMean}
	for i := range n {
		s.Features = append(s.Features, dataset.Feature{Name: fmt.Sprintf("feature %d", i), Column: i,
			Mean: float32(i) - 1.3, Scale: 0.7 + float32(i)/3, Fill: float32(i)})
	}
	return s
}

// writtenFiles returns files with every layer, activation and kind of schema.
func writtenFiles(t testing.TB) []namedFile {
	files := []namedFile{
		{"no activation, no bias", serialize.File{Model: modelOf(t, 3, net.Dense(2, net.Linear, net.NoBias()))}},
		{"tutorial", serialize.File{Model: modelOf(t, 8, net.Dense(10, net.ReLU), net.Dense(8, net.ReLU),
			net.Dense(1, net.Sigmoid)), Metadata: serialize.Metadata{"seed": "1", "nnrt.x": "y", "größer": "½ → ja"}}},
		{"nothing", serialize.File{Model: modelOf(t, 3, net.Dropout(0.5), net.Activate(net.Linear))}},
		{"batch normalisation", serialize.File{Model: modelOf(t, 5, net.BatchNormalization(), net.Dense(4, net.Tanh),
			net.BatchNormalization(net.NoScale(), net.Momentum(0.9)), net.Dense(3, net.Linear),
			net.BatchNormalization(net.NoCenter(), net.Epsilon(1e-5)), net.Activate(net.ReLU), net.Dropout(0.25))}},
		{"layer normalisation", serialize.File{Model: modelOf(t, 5, net.LayerNormalization(), net.Dense(7, net.Linear),
			net.LayerNormalization(net.NoScale()), net.Activate(net.SiLU), net.Dense(6, net.Linear),
			net.LayerNormalization(net.NoCenter(), net.Epsilon(1e-5)), net.Dense(4, net.Linear),
			net.LayerNormalization(net.NoCenter(), net.NoScale()))}},
		{"what training uses", serialize.File{Model: modelOf(t, 4, net.Dense(5, net.ELU, net.Name("a/Gemm"),
			net.KernelInitializer(net.HeNormal()), net.KernelRegularizer(net.L1L2(0.1, 0.2)),
			net.ActivityRegularizer(net.L2(0.3))), net.Dropout(0.1, net.Name("input")),
			net.Dense(2, net.Softmax, net.Name("a")))}},
		{"regression", serialize.File{Model: modelOf(t, 3, net.Dense(4, net.Tanh), net.Dense(1, net.Linear)),
			Schema: numericSchema(3, dataset.Target{Name: "y", Column: 3, Task: dataset.TaskRegression, Mean: -152.5,
				Scale: 77.25})}},
		{"labels", serialize.File{Model: modelOf(t, 4, net.Dense(6, net.ReLU), net.Dense(3, net.Softmax)),
			Schema: numericSchema(4, dataset.Target{Name: "species", Column: -1, Task: dataset.TaskMulticlass,
				Labels: []string{"Iris <setosa>", "versicolor", "virginica\u2028"}})}},
		{"categories", serialize.File{Model: modelOf(t, 5, net.Dense(1, net.Sigmoid)), Schema: &dataset.Schema{
			Features: []dataset.Feature{
				{Name: "age", Column: 0, Mean: 33.25, Scale: 11.5, Fill: 33},
				{Name: "Größe", Column: 2, Kind: dataset.Categorical, Categories: []string{"", "klein", "groß"}},
				{Name: "z", Column: 3, Scale: 1}},
			Target:  dataset.Target{Name: "ill", Column: 4, Task: dataset.TaskBinary, Labels: []string{"no", "yes"}},
			Columns: 5, Named: true, OnUnknown: dataset.RuleZero}}},
		{"unscaled", serialize.File{Model: modelOf(t, 2, net.Dense(1, net.Linear)), Schema: &dataset.Schema{
			Features: []dataset.Feature{{Name: "c1", Scale: 1}, {Name: "c2", Column: 1, Scale: 1}}, Columns: 2,
			Target: dataset.Target{Column: -1}}}},
	}
	for _, a := range activationLayers() {
		m := modelOf(t, 6, net.Dense(5, a), net.Dense(4, net.Linear), net.Activate(a))
		files = append(files, namedFile{activationName(a), serialize.File{Model: m}})
	}
	return files
}

func activationName(a net.Activation) string {
	if a.Alpha != a.Kind.DefaultAlpha() {
		return fmt.Sprint(a, " ", a.Alpha)
	}
	return a.String()
}

type namedFile struct {
	name string
	file serialize.File
}

// TestRoundTrip writes files as ONNX and reads them back: everything is as it was.
func TestRoundTrip(t *testing.T) {
	for _, f := range writtenFiles(t) {
		t.Run(f.name, func(t *testing.T) {
			if f.file.Schema != nil {
				x := make([]float32, 3*f.file.Model.Inputs())
				for i := range x {
					x[i] = float32(i) / 7
				}
				var err error
				if f.file.SelfTest, err = serialize.NewSelfTest(f.file.Model, x); err != nil {
					t.Fatal(err)
				}
			}
			blob, err := Encode(&f.file)
			if err != nil {
				t.Fatal(err)
			}
			got, err := Decode(blob)
			if err != nil {
				t.Fatal(err)
			}
			sameFile(t, got, &f.file)
			again, err := Encode(got)
			if err != nil || !bytes.Equal(again, blob) {
				t.Errorf("written again it has %d other bytes, error %v", len(again), err)
			}
		})
	}
}

// sameFile fails the test unless two files are the same in all that ONNX is to keep, and so would be the same model
// file.
func sameFile(t *testing.T, got, want *serialize.File) {
	t.Helper()
	if g, w := got.Model.Layers(), want.Model.Layers(); !reflect.DeepEqual(g, w) {
		t.Errorf("the layers are\n%+v, want\n%+v", g, w)
	}
	if !reflect.DeepEqual(got.Schema, want.Schema) {
		t.Errorf("the schema is\n%+v, want\n%+v", got.Schema, want.Schema)
	}
	if len(got.Metadata)+len(want.Metadata) > 0 && !reflect.DeepEqual(got.Metadata, want.Metadata) {
		t.Errorf("the metadata is %q, want %q", got.Metadata, want.Metadata)
	}
	g, err := serialize.Encode(got)
	if err != nil {
		t.Fatal(err)
	}
	w, err := serialize.Encode(want)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(g, w) {
		t.Error("the model file is another one")
	}
}

// TestEditedGraphCounts changes files that Encode wrote: what the graph says is what is read, not what the metadata
// says.
func TestEditedGraphCounts(t *testing.T) {
	file := serialize.File{Model: modelOf(t, 2, net.Dense(2, net.Sigmoid, net.Name("hidden")), net.Dense(1, net.ReLU))}
	blob, err := Encode(&file)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		old, new   string
		activation net.Activation
	}{
		{"Sigmoid", "Softmax", net.Softmax}, {"hidden/Sigmoid", "hodden/Sigmoid", net.Sigmoid},
		{`"sigmoid"`, `"softmax"`, net.Sigmoid}, {`"units":2`, `"units":3`, net.Sigmoid}, {`"nnrt.layers"`, ``, net.Sigmoid},
	} {
		t.Run(c.old+" "+c.new, func(t *testing.T) {
			edited := bytes.ReplaceAll(blob, []byte(c.old), []byte(c.new))
			got, err := Decode(edited)
			if err != nil {
				t.Fatal(err)
			}
			if layers := got.Model.Layers(); len(layers) != 2 || layers[0].Activation != c.activation {
				t.Errorf("the layers are %+v", layers)
			}
		})
	}
}

// TestWeightsThatChange changes a weight in a file that Encode wrote, as fine-tuning elsewhere would.
func TestWeightsThatChange(t *testing.T) {
	file := serialize.File{Model: modelOf(t, 1, net.Dense(1, net.Linear, net.Name("neuron")))}
	if err := file.Model.SetWeights([]float32{1.25}, []float32{0.5}); err != nil {
		t.Fatal(err)
	}
	var err error
	if file.SelfTest, err = serialize.NewSelfTest(file.Model, nil); err != nil {
		t.Fatal(err)
	}
	blob, err := Encode(&file)
	if err != nil {
		t.Fatal(err)
	}
	got, err := Decode(bytes.Replace(blob, rawFloats(1.25), rawFloats(-3), 1))
	if err != nil {
		t.Fatal(err)
	}
	if len(got.SelfTest.Inputs) > 0 {
		t.Error("the self-test is that of the old weights")
	}
	if w := got.Model.Weights()[0]; w.Name != "neuron/kernel" || w.Values[0] != -3 {
		t.Errorf("the weight is %+v", w)
	}
	nan := float32(math.NaN())
	if _, err := Decode(bytes.Replace(blob, rawFloats(1.25), rawFloats(nan), 1)); !errors.Is(err, ErrNotFinite) {
		t.Errorf("a NaN: %v", err)
	}
}

func TestEncodeRefusals(t *testing.T) {
	inf := modelOf(t, 1, net.Dense(1, net.Linear))
	if err := inf.SetWeights([]float32{float32(math.Inf(1))}, []float32{0}); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name string
		file serialize.File
		want error
	}{
		{"no model", serialize.File{}, serialize.ErrArchitecture},
		{"infinite", serialize.File{Model: inf}, serialize.ErrNotFinite},
		{"schema", serialize.File{Model: modelOf(t, 1, net.Dense(1, net.Linear)),
			Schema: numericSchema(2, dataset.Target{Column: -1})}, serialize.ErrSchema},
		{"name", serialize.File{Model: modelOf(t, 1, net.Dense(1, net.Linear, net.Name("\xff")))}, serialize.ErrText},
	} {
		if _, err := Encode(&c.file); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", c.name, err, c.want)
		}
	}
}

// TestDamagedFiles flips every bit of a file that Encode wrote, and cuts it short: there is an error, or a model.
func TestDamagedFiles(t *testing.T) {
	file := serialize.File{Model: modelOf(t, 1, net.Dense(1, net.ELU), net.BatchNormalization(net.NoScale())),
		Schema: numericSchema(1, dataset.Target{Name: "y", Column: 1, Task: dataset.TaskRegression, Mean: 1, Scale: 2})}
	blob, err := Encode(&file)
	if err != nil {
		t.Fatal(err)
	}
	for i := range blob {
		attack(t, blob[:i])
		for bit := range 8 {
			if testing.Short() && bit != i%8 {
				continue
			}
			blob[i] ^= 1 << bit
			attack(t, blob)
			blob[i] ^= 1 << bit
		}
	}
}

// TestDescriptionsTakeLittle gives as many features, categories and layers as there may be.
func TestDescriptionsTakeLittle(t *testing.T) {
	const most = 1 << 14
	s := &dataset.Schema{Columns: most, Target: dataset.Target{Column: -1}}
	for i := range most {
		s.Features = append(s.Features, dataset.Feature{Name: fmt.Sprint("c", i+1), Column: i, Kind: dataset.Categorical,
			Categories: []string{"a"}})
	}
	layers := []net.Layer{net.Dense(1, net.Linear)}
	for range net.MaxLayers - 1 {
		layers = append(layers, net.Dropout(0))
	}
	blob, err := Encode(&serialize.File{Model: modelOf(t, most, layers...), Schema: s})
	if err != nil {
		t.Fatal(err)
	}
	if f := attack(t, blob); f == nil || f.Schema == nil {
		t.Error("the schema was not read")
	}
}

// TestRandomModels puts layers together at random, with names that are those of other things in the graph.
func TestRandomModels(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	activations := activationLayers()
	names := []string{"", "input", "output", "a", "a/Gemm", "a/Gemm/Gemm", "constant_1", "dense/kernel", "input_mean", "½ µ"}
	rounds := 500
	if testing.Short() {
		rounds = 50
	}
	for round := range rounds {
		var layers []net.Layer
		taken := make(map[string]bool)
		for range 1 + r.IntN(7) {
			a := activations[r.IntN(len(activations))]
			l := []net.Layer{net.Dense(1+r.IntN(4), a), net.Activate(a), net.Dropout(0.5), net.BatchNormalization(),
				net.LayerNormalization(net.Epsilon(2))}[r.IntN(5)]
			l.NoBias, l.NoCenter, l.NoScale = r.IntN(2) == 0, r.IntN(2) == 0, r.IntN(2) == 0
			if name := names[r.IntN(len(names))]; !taken[name] {
				l.Name = name
				taken[name] = name != ""
			}
			layers = append(layers, l)
		}
		file := serialize.File{Model: modelOf(t, 1+r.IntN(5), layers...)}
		switch target := (dataset.Target{Column: -1}); r.IntN(3) {
		case 0:
			if file.Model.Outputs() == 1 {
				target = dataset.Target{Name: "y", Column: -1, Task: dataset.TaskRegression, Mean: float32(r.IntN(2)),
					Scale: float32(1 + r.IntN(2))}
			}
			fallthrough
		case 1:
			file.Schema = numericSchema(file.Model.Inputs(), target)
		}
		blob, err := Encode(&file)
		if err != nil {
			t.Fatal(err)
		}
		got, err := Decode(blob)
		if err != nil {
			t.Fatalf("round %d, layers %+v: %v", round, layers, err)
		}
		if sameFile(t, got, &file); t.Failed() {
			t.Fatalf("round %d, layers %+v", round, layers)
		}
	}
}
