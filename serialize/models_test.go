package serialize

import (
	"math"
	"math/rand/v2"
	"testing"

	"nnrt/dataset"
	"nnrt/kernels"
	"nnrt/net"
)

// makeModel builds a model whose weights are the same on every machine, and are none that net's initialisers make.
func makeModel(t testing.TB, inputs int, layers ...net.Layer) *net.Model {
	t.Helper()
	n, err := net.CountParameters(inputs, layers)
	if err != nil {
		t.Fatal(err)
	}
	parameters := make([]float32, n)
	generator := rand.NewPCG(uint64(inputs), uint64(n))
	for i := range parameters {
		// Positive, since some are variances.
		parameters[i] = float32(generator.Uint64()>>40+1) / (1 << 24)
	}
	m, err := net.NewWithParameters(inputs, layers, parameters)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// tutorial is the network of the tutorial: 8-10-8-1, 187 parameters.
func tutorial(t testing.TB) *net.Model {
	return makeModel(t, 8, net.Dense(10, net.ReLU), net.Dense(8, net.ReLU), net.Dense(1, net.Sigmoid))
}

// tiny is the smallest useful file: one neuron with two inputs.
func tiny(t testing.TB) *File {
	m, err := net.NewWithParameters(2, []net.Layer{net.Dense(1, net.Sigmoid)}, []float32{1.5, -0.25, 0.125})
	if err != nil {
		t.Fatal(err)
	}
	return &File{
		Model:    m,
		Metadata: Metadata{"seed": "1"},
		SelfTest: SelfTest{Inputs: []float32{1, 2}, Outputs: []float32{0.75}},
		Contract: 1,
	}
}

// signed is the tiny file with a signature that fits nothing.
func signed(t testing.TB) *File {
	f := tiny(t)
	f.Signature = &Signature{Version: 0x0102030405060708}
	for i := range f.Signature.Value {
		f.Signature.Value[i] = byte(i + 100)
	}
	copy(f.Signature.Key[:], "somebody's public key of 32 bytes")
	return f
}

// richSchema has a feature of each kind and something in every field.
func richSchema() *dataset.Schema {
	return &dataset.Schema{
		Features: []dataset.Feature{
			{Name: "age", Column: 0, Kind: dataset.Numeric, Mean: 33.25, Scale: 11.5, Fill: 33},
			{Name: "Größe", Column: 2, Kind: dataset.Categorical, Categories: []string{"", "klein", "groß"}},
			{Name: "z", Column: 7, Kind: dataset.Numeric, Mean: -0.5, Scale: 1, Fill: -2},
		},
		Target: dataset.Target{Name: "class", Column: 8, Task: dataset.TaskMulticlass,
			Labels: []string{"setosa", "versicolor"}},
		OnMissing: dataset.RuleMean,
		OnUnknown: dataset.RuleZero,
		NA:        []string{"", "NA", "?"},
		Columns:   9,
		Named:     true,
	}
}

// rich has everything that a file can hold.
func rich(t testing.TB) *File {
	m := makeModel(t, 5,
		net.Dense(4, net.LeakyReLU.WithAlpha(0.01), net.Name("first"), net.KernelInitializer(net.HeNormal()),
			net.BiasInitializer(net.Constant(0.5)), net.KernelRegularizer(net.L1L2(0.25, 0.5)),
			net.BiasRegularizer(net.L2(0.125)), net.ActivityRegularizer(net.L1(0.0625))),
		net.BatchNormalization(net.Momentum(0.9), net.Epsilon(0.01)),
		net.Activate(net.Tanh),
		net.Dropout(0.5),
		net.LayerNormalization(net.NoScale()),
		net.Dense(2, net.Softmax, net.NoBias()))
	selfTest, err := NewSelfTest(m, []float32{1, 0, 1, 0, 0.5, -1, 1, 0, 0, 2})
	if err != nil {
		t.Fatal(err)
	}
	return &File{
		Model:    m,
		Schema:   richSchema(),
		Metadata: Metadata{"seed": "7", "optimizer": "adam:learning_rate=0.001", "note": "größer als ½ → ja", "empty": ""},
		SelfTest: selfTest,
		Contract: kernels.Contract,
		Minor:    3,
		Unknown: []Section{
			{Type: 9, Data: []byte("a note")},
			{Type: 20, Aligned: true, Data: []byte{1, 2, 3}},
			{Type: 65535, Data: []byte{}},
		},
	}
}

func mustEncode(t testing.TB, f *File) []byte {
	t.Helper()
	blob, err := Encode(f)
	if err != nil {
		t.Fatal(err)
	}
	return blob
}

func mustDecode(t testing.TB, blob []byte) *File {
	t.Helper()
	f, err := Decode(blob)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// sameModel compares models bit for bit.
func sameModel(t *testing.T, got, want *net.Model) {
	t.Helper()
	if got.Inputs() != want.Inputs() {
		t.Fatalf("%d inputs, want %d", got.Inputs(), want.Inputs())
	}
	g, w := got.Layers(), want.Layers()
	if len(g) != len(w) {
		t.Fatalf("%d layers, want %d", len(g), len(w))
	}
	for i := range w {
		if g[i] != w[i] {
			t.Errorf("layer %d is\n%+v, want\n%+v", i+1, g[i], w[i])
		}
	}
	a, b := got.Parameters(), want.Parameters()
	if len(a) != len(b) {
		t.Fatalf("%d parameters, want %d", len(a), len(b))
	}
	for i := range b {
		if math.Float32bits(a[i]) != math.Float32bits(b[i]) {
			t.Fatalf("parameter %d is %v, want %v", i, a[i], b[i])
		}
	}
}
