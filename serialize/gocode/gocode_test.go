package gocode

import (
	"bytes"
	"errors"
	"go/ast"
	"go/format"
	"go/parser"
	"go/token"
	"math"
	"math/rand/v2"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"nnrt/dataset"
	"nnrt/kernels"
	"nnrt/net"
	"nnrt/serialize"
)

// modelOf makes a model of random parameters in [-1, 1), of which one in 16 is of an extreme size; those that are
// variances are positive.
func modelOf(t testing.TB, inputs int, layers ...net.Layer) *net.Model {
	t.Helper()
	m, err := net.New(inputs, layers...)
	if err != nil {
		t.Fatal(err)
	}
	random := rand.New(rand.NewPCG(uint64(inputs), uint64(m.NumParameters())))
	var values [][]float32
	for _, v := range m.Weights() {
		for i := range v.Values {
			x := 2*random.Float32() - 1
			if random.IntN(16) == 0 {
				x *= []float32{0, 0x1p-149, 0x1p-140, 0x1p-30, 100}[random.IntN(5)]
			}
			if strings.HasSuffix(v.Name, "variance") {
				x = max(x, -x)
			}
			v.Values[i] = x
		}
		values = append(values, v.Values)
	}
	if err := m.SetWeights(values...); err != nil {
		t.Fatal(err)
	}
	return m
}

func file(m *net.Model) *serialize.File { return &serialize.File{Model: m} }

// fewModels has some of everything, the last a model for which the caller gives memory; allModels adds every activation,
// depths, and widths about which the order of accumulation or the portable kernels' panels change.
func fewModels(t testing.TB) []*serialize.File {
	negativeZeros, err := net.NewWithParameters(2, []net.Layer{net.Dense(1, net.Linear)},
		[]float32{float32(math.Copysign(0, -1)), float32(math.Copysign(0, -1)), float32(math.Copysign(0, -1))})
	if err != nil {
		t.Fatal(err)
	}
	identity, err := net.NewWithParameters(1, []net.Layer{net.Dense(1, net.Linear)}, []float32{1, 0})
	if err != nil {
		t.Fatal(err)
	}
	twice, err := net.NewWithParameters(1, []net.Layer{net.Dense(2, net.Linear)}, []float32{1, 1, 0, 0})
	if err != nil {
		t.Fatal(err)
	}
	demo, err := serialize.ReadFile(filepath.Join("..", "..", "examples", "embed", "model.bin"))
	if err != nil {
		t.Fatal(err)
	}
	return []*serialize.File{
		demo, file(negativeZeros),
		file(modelOf(t, 5,
			net.BatchNormalization(), net.Dense(300, net.GELU), net.LayerNormalization(), net.Dropout(0.5),
			net.Dense(33, net.Tanh, net.NoBias()), net.BatchNormalization(net.NoScale()), net.Activate(net.Mish),
			net.Dense(17, net.ELU.WithAlpha(0.3), net.Name("a/b */ %d`")), net.Dense(3, net.Softmax))),
		{Model: identity, Schema: &dataset.Schema{Features: []dataset.Feature{{Name: "p", Scale: 1}}, Columns: 2, Named: true,
			Target: dataset.Target{Name: "c", Column: 1, Task: dataset.TaskBinary, Labels: []string{"0", "1"}}}},
		{Model: twice, Schema: &dataset.Schema{Features: []dataset.Feature{{Name: "p", Scale: 1}}, Columns: 2, Named: true,
			Target: dataset.Target{Name: "c", Column: 1, Task: dataset.TaskMulticlass, Labels: []string{"0", "1"}}}},
		{Model: modelOf(t, 5, net.Dense(8, net.SiLU), net.Dense(3, net.LogSoftmax)), Schema: &dataset.Schema{
			Features: []dataset.Feature{
				{Name: "age", Column: 0, Mean: 33.25, Scale: 11.5, Fill: 33},
				{Name: "Größe \"x\"", Column: 2, Kind: dataset.Categorical, Categories: []string{"", "klein", "groß"}},
				{Name: "z\u200b", Column: 7, Mean: float32(math.Copysign(0, -1)), Scale: 0x1p-126, Fill: 1},
			},
			Target: dataset.Target{Name: "class", Column: 8, Task: dataset.TaskMulticlass,
				Labels: []string{"setosa", "versicolor", "`%d"}},
			OnMissing: dataset.RuleMean, OnUnknown: dataset.RuleZero, Columns: 9, Named: true}},
		{Model: modelOf(t, 4, net.Dense(maxStack, net.ReLU), net.Dense(1, net.Linear)), Schema: &dataset.Schema{
			Features: []dataset.Feature{
				{Name: "c1", Kind: dataset.Categorical, Categories: []string{"1", "2", "3"}},
				{Name: "c2", Column: 1, Mean: 1, Scale: 3},
			},
			Target:  dataset.Target{Name: "c3", Column: 2, Task: dataset.TaskRegression, Mean: -7, Scale: 0.3},
			Columns: 3}},
	}
}

func allModels(t testing.TB) []*serialize.File {
	files := fewModels(t)
	add := func(inputs int, layers ...net.Layer) { files = append(files, file(modelOf(t, inputs, layers...))) }
	for kind := kernels.Activation(0); kind.Valid(); kind++ {
		a := net.Activation{Kind: kind, Alpha: kind.DefaultAlpha()}
		add(9, net.Dense(40, a), net.LayerNormalization(net.NoScale(), net.NoCenter()), net.Activate(a), net.Dense(5, a))
		add(35, net.Activate(a))
	}
	minus := float32(math.Copysign(0, -1))
	add(4, net.Dense(6, net.LeakyReLU.WithAlpha(minus)), net.Activate(net.ELU.WithAlpha(-0x1p-149)),
		net.Activate(net.CELU.WithAlpha(2.5)))
	add(3, net.Dropout(0.5))
	add(70, net.LayerNormalization())
	add(70, net.BatchNormalization(net.NoCenter()), net.Dropout(0.25), net.LayerNormalization(net.NoCenter()))
	add(1, net.LayerNormalization(net.NoScale()), net.Activate(net.Softmax),
		net.BatchNormalization(net.NoScale(), net.NoCenter()))
	for depth := 1; depth <= 12; depth++ {
		var layers []net.Layer
		for i := range depth {
			layers = append(layers, net.Dense(1+(i*7+depth)%20, net.SELU))
		}
		add(depth, layers...)
	}
	for _, shape := range [][2]int{{1, 1}, {1, 300}, {7, 16}, {31, 16}, {32, 16}, {33, 1}, {31, 17}, {32, 17}, {64, 15},
		{255, 17}, {256, 20}, {257, 17}, {257, 16}, {300, 10}, {513, 18}, {8, 127}, {8, 128}, {9, 129}, {40, 257},
		{300, 300}} {
		add(shape[0], net.Dense(shape[1], net.Linear))
		add(shape[0], net.Dense(shape[1], net.Linear, net.NoBias()))
	}
	return files
}

func mustEncode(t testing.TB, f *serialize.File, name string) []byte {
	t.Helper()
	source, err := Encode(f, name)
	if err != nil {
		t.Fatal(err)
	}
	return source
}

// TestSource holds what does not need a compiler: the first line, gofmt's form, the one import, no exports but those
// that are documented, nothing that is not used, and the same bytes again.
func TestSource(t *testing.T) {
	documented := map[string]bool{"Inputs": true, "Outputs": true, "Work": true, "Predict": true, "Features": true,
		"Categories": true, "Encode": true, "FeatureError": true, "Error": true, "Values": true, "PredictRow": true,
		"Labels": true, "Class": true}
	first := regexp.MustCompile(`^// Code generated .* DO NOT EDIT\.\n`)
	for number, f := range allModels(t) {
		source := mustEncode(t, f, "p")
		if !first.Match(source) {
			t.Errorf("the first line is %q", source[:bytes.IndexByte(source, '\n')])
		}
		formatted, err := format.Source(source)
		if err != nil {
			t.Fatal(err)
		}
		lines := strings.Split(string(source), "\n")
		for i, line := range strings.Split(string(formatted), "\n") {
			if line != lines[i] {
				t.Fatalf("model %d: gofmt makes %q of line %d, %q", number, line, i+1, lines[i])
			}
		}
		if !bytes.Equal(mustEncode(t, f, "p"), source) {
			t.Error("the second time it is another")
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), "p.go", source, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		for _, i := range parsed.Imports {
			if i.Path.Value != `"math"` {
				t.Errorf("it imports %s", i.Path.Value)
			}
		}
		uses := map[string]int{}
		ast.Inspect(parsed, func(n ast.Node) bool {
			if id, ok := n.(*ast.Ident); ok {
				uses[id.Name]++
			}
			return true
		})
		for _, name := range declared(parsed) {
			if exported := ast.IsExported(name); exported && !documented[name] {
				t.Errorf("it exports %s", name)
			} else if !exported && uses[name] < 2 {
				t.Errorf("%s is not used", name)
			}
		}
	}
}

// declared returns the names of what a file declares.
func declared(file *ast.File) (names []string) {
	for _, d := range file.Decls {
		switch d := d.(type) {
		case *ast.FuncDecl:
			if d.Name.Name != "init" {
				names = append(names, d.Name.Name)
			}
		case *ast.GenDecl:
			for _, s := range d.Specs {
				switch s := s.(type) {
				case *ast.TypeSpec:
					names = append(names, s.Name.Name)
				case *ast.ValueSpec:
					for _, id := range s.Names {
						names = append(names, id.Name)
					}
				}
			}
		}
	}
	return names
}

func TestRefuses(t *testing.T) {
	m := modelOf(t, 2, net.Dense(1, net.Linear))
	for _, name := range []string{"", "_", "a b", "func", "1a", "a.b", "a\n"} {
		if _, err := Encode(file(m), name); !errors.Is(err, ErrPackage) {
			t.Errorf("package %q: %v", name, err)
		}
	}
	var bad *serialize.FormatError
	if _, err := Encode(&serialize.File{}, "p"); !errors.As(err, &bad) {
		t.Errorf("no model: %v", err)
	}
	infinite := m.Clone()
	if err := infinite.SetWeights([]float32{1, float32(math.Inf(1))}, []float32{0}); err != nil {
		t.Fatal(err)
	}
	if _, err := Encode(file(infinite), "p"); !errors.Is(err, serialize.ErrNotFinite) {
		t.Errorf("an infinite weight: %v", err)
	}
	if testing.Short() {
		return
	}
	large, err := net.New(1<<12, net.Dense(1<<12, net.Linear))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Encode(file(large), "p"); !errors.Is(err, ErrTooLarge) {
		t.Errorf("%d weights: %v", large.NumParameters(), err)
	}
}
