package tensors_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"nnrt/dataset"
	"nnrt/internal/modeltest"
	"nnrt/internal/npy"
	"nnrt/internal/zipfile"
	"nnrt/net"
	"nnrt/serialize"
	"nnrt/serialize/npz"
	"nnrt/serialize/safetensors"
	. "nnrt/serialize/tensors"
)

// formats are the forms of files that hold tensors.
var formats = []struct {
	name   string
	encode func(*Set) ([]byte, error)
	decode func([]byte) (*Set, error)
}{
	{"safetensors", safetensors.Encode, safetensors.Decode},
	{"npz", npz.Encode, npz.Decode},
}

// tensor makes a tensor of values that count up from first.
func tensor(name string, first float32, shape ...int) Tensor {
	n := 1
	for _, d := range shape {
		n *= d
	}
	t := Tensor{Name: name, Type: "F32", Shape: shape, Values: make([]float32, n)}
	for i := range t.Values {
		t.Values[i] = first + float32(i)
	}
	return t
}

// rich is a model file with everything that a description has a place for.
func rich(t testing.TB) *serialize.File {
	t.Helper()
	model, err := net.New(3,
		net.LayerNormalization(net.NoCenter(), net.Name("première")),
		net.Dense(4, net.LeakyReLU.WithAlpha(0.01), net.KernelInitializer(net.HeNormal()),
			net.KernelRegularizer(net.L1L2(0.25, 1e-7)), net.ActivityRegularizer(net.L2(0.125))),
		net.BatchNormalization(net.Momentum(0.5), net.Epsilon(1e-5)),
		net.Dropout(0.3), net.Activate(net.Softsign),
		net.Dense(2, net.Softmax, net.NoBias(), net.Name("out")))
	if err != nil {
		t.Fatal(err)
	}
	model.Initialize(7)
	selfTest, err := serialize.NewSelfTest(model, []float32{1, 2, 3, -0.1, 1e-38, 3e38})
	if err != nil {
		t.Fatal(err)
	}
	return &serialize.File{Model: model, SelfTest: selfTest,
		Metadata: serialize.Metadata{"seed": "7", "a <key>": "\"value\" with é\u2028"},
		Schema: &dataset.Schema{Named: true, Columns: 5, NA: []string{"", "?"}, OnMissing: dataset.RuleMean,
			Features: []dataset.Feature{{Name: "a", Scale: 0.1, Mean: -3e-5, Fill: 1},
				{Name: "b", Column: 2, Kind: dataset.Categorical, Categories: []string{"x", "Größe"}}},
			Target: dataset.Target{Name: "class", Column: 4, Task: dataset.TaskMulticlass, Labels: []string{"no", "yes"}}}}
}

func mustEncode(t testing.TB, f *serialize.File) []byte {
	t.Helper()
	blob, err := serialize.Encode(f)
	if err != nil {
		t.Fatal(err)
	}
	return blob
}

// mustModel makes a model whose weights count up.
func mustModel(t testing.TB, inputs int, layers ...net.Layer) *serialize.File {
	t.Helper()
	model, err := net.New(inputs, layers...)
	if err != nil {
		t.Fatal(err)
	}
	values := model.Parameters()
	for i := range values {
		values[i] = float32(i+1) / 64
	}
	if model, err = net.NewWithParameters(inputs, layers, values); err != nil {
		t.Fatal(err)
	}
	return &serialize.File{Model: model}
}

// wants checks an error's type, cause, name and words.
func wants(t *testing.T, title string, err, cause error, parts ...string) {
	t.Helper()
	var typed *Error
	if !errors.As(err, &typed) || !errors.Is(err, cause) {
		t.Errorf("%s: %v, want %v", title, err, cause)
		return
	}
	for _, p := range parts {
		if !strings.Contains(err.Error(), p) {
			t.Errorf("%s: %q lacks %q", title, err, p)
		}
	}
}

// TestRoundTrip takes models through both formats, with both kinds of names: the model file stays the same, and so do the
// bytes that are written the second time.
func TestRoundTrip(t *testing.T) {
	plain := mustModel(t, 8, net.Dense(10, net.ReLU), net.Dense(8, net.ReLU), net.Dense(1, net.Sigmoid))
	regression := mustModel(t, 2, net.Dense(1, net.Linear))
	regression.Schema = &dataset.Schema{Columns: 3,
		Features: []dataset.Feature{{Name: "c1", Scale: 2}, {Name: "c2", Column: 1, Scale: 1}},
		Target:   dataset.Target{Name: "y", Column: -1, Task: dataset.TaskRegression, Mean: 0.1, Scale: 7}}
	special := mustModel(t, 1, net.Dense(3, net.Linear))
	if err := special.Model.SetWeights([]float32{float32(math.Copysign(0, -1)), math.SmallestNonzeroFloat32,
		math.MaxFloat32}, []float32{0.1, -1, 0}); err != nil {
		t.Fatal(err)
	}
	noTensors := mustModel(t, 3, net.Activate(net.Softmax))
	for name, f := range map[string]*serialize.File{"plain": plain, "regression": regression, "special": special,
		"rich": rich(t), "no tensors": noTensors, "contract": {Model: plain.Model, Contract: 7}} {
		want := mustEncode(t, f)
		for _, format := range formats {
			for _, names := range []Names{Keras, PyTorch} {
				title := fmt.Sprintf("%s, %s, %s", name, format.name, names)
				set, err := Of(f, names)
				if err != nil {
					t.Fatal(title, err)
				}
				blob, err := format.encode(set)
				if err != nil {
					t.Fatal(title, err)
				}
				back, err := format.decode(blob)
				if err != nil {
					t.Fatal(title, err)
				}
				got, err := back.File(Options{})
				if err != nil {
					t.Fatal(title, err)
				}
				if !bytes.Equal(mustEncode(t, got), want) {
					t.Errorf("%s: another model file comes back", title)
				}
				if again, err := format.encode(back); err != nil || !bytes.Equal(again, blob) {
					t.Errorf("%s: written again, it is another file (%v)", title, err)
				}
			}
		}
	}
}

// TestNames pins the tensors' names and shapes, and that a kernel is [inputs, units] in Keras's and transposed in
// PyTorch's.
func TestNames(t *testing.T) {
	f := mustModel(t, 2, net.Dense(3, net.ReLU), net.BatchNormalization(), net.Dropout(0.5), net.Dense(1, net.Linear))
	for names, want := range map[Names]string{
		Keras: "dense/kernel [2 3] dense/bias [3] batch_normalization/gamma [3] batch_normalization/beta [3] " +
			"batch_normalization/moving_mean [3] batch_normalization/moving_variance [3] dense_1/kernel [3 1] dense_1/bias [1] ",
		PyTorch: "0.weight [3 2] 0.bias [3] 2.weight [3] 2.bias [3] 2.running_mean [3] 2.running_var [3] 4.weight [1 3] " +
			"4.bias [1] ",
	} {
		set, err := Of(f, names)
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		for _, tensor := range set.Tensors {
			got += fmt.Sprint(tensor.Name, " ", tensor.Shape, " ")
		}
		if got != want {
			t.Errorf("%s: %s", names, got)
		}
		kernel := []float32{1, 2, 3, 4, 5, 6}
		if names == PyTorch {
			kernel = []float32{1, 4, 2, 5, 3, 6}
		}
		for i := range kernel {
			kernel[i] /= 64
		}
		if !slices.Equal(set.Tensors[0].Values, kernel) {
			t.Errorf("%s: kernel %v, want %v", names, set.Tensors[0].Values, kernel)
		}
	}
	for _, l := range []net.Layer{net.BatchNormalization(net.NoScale()), net.BatchNormalization(net.NoCenter()),
		net.LayerNormalization(net.NoScale())} {
		_, err := Of(mustModel(t, 2, l), PyTorch)
		wants(t, l.Kind.String(), err, ErrNotModel, l.Kind.String())
	}
}

// TestSpelling reads one network under names of all kinds.
func TestSpelling(t *testing.T) {
	// 2 → 2 → 2, square, so that nothing but the names says what is what.
	kernel0, bias0, kernel1, bias1 := tensor("", 1, 2, 2), tensor("", 5, 2), tensor("", 11, 2, 2), tensor("", 15, 2)
	transposed := func(t Tensor) Tensor {
		t.Values = Transposed(t.Values, 2, 2)
		return t
	}
	keras := []Tensor{kernel0, bias0, kernel1, bias1}
	torch := []Tensor{transposed(kernel0), bias0, transposed(kernel1), bias1}
	want := []float32{1, 2, 3, 4, 5, 6, 11, 12, 13, 14, 15, 16}
	for _, c := range []struct {
		tensors []Tensor
		names   string
		order   string
	}{
		{keras, "dense/kernel dense/bias dense_1/kernel dense_1/bias", ""},
		{keras, "sequential/dense/kernel sequential/dense/bias sequential/dense_1/kernel sequential/dense_1/bias", ""},
		{keras, "dense_9/kernel dense_9/bias dense_10/kernel dense_10/bias", ""},
		{keras, "dense/kernel:0 dense/bias:0 dense_1/kernel:0 dense_1/bias:0", ""},
		{keras, "dense/dense/kernel:0 dense/dense/bias:0 dense_1/dense_1/kernel:0 dense_1/dense_1/bias:0", ""},
		{keras, "params.Dense_0.kernel params.Dense_0.bias params.Dense_1.kernel params.Dense_1.bias", ""},
		{keras, "coefs_0 intercepts_0 coefs_1 intercepts_1", ""},
		{keras, "arr_0 arr_1 arr_2 arr_3", ""},
		{keras, "b/kernel b/bias a/kernel a/bias", "b,a"},
		{torch, "0.weight 0.bias 2.weight 2.bias", ""},
		{torch, "2.weight 2.bias 10.weight 10.bias", ""},
		{torch, "net.0.weight net.0.bias net.2.weight net.2.bias", ""},
		{torch, "fc1.weight fc1.bias fc2.weight fc2.bias", ""},
		{torch, "fc9.weight fc9.bias fc10.weight fc10.bias", ""},
		{torch, "module.layers.0.linear.weight module.layers.0.linear.bias module.layers.1.linear.weight " +
			"module.layers.1.linear.bias", ""},
		{torch, "b.weight b.bias a.weight a.bias", "b,a"},
		{torch, "1.weight 1.bias 0.weight 0.bias", "1,0"},
	} {
		set := &Set{}
		for i, name := range strings.Fields(c.names) {
			tensor := c.tensors[i]
			tensor.Name = name
			set.Tensors = append(set.Tensors, tensor)
		}
		var order []string
		if c.order != "" {
			order = strings.Split(c.order, ",")
		}
		for range 2 {
			f, err := set.File(Options{Layers: []net.Layer{net.Dense(2, net.ReLU), net.Dense(2, net.Linear)}, Order: order})
			if err != nil {
				t.Errorf("%s: %v", c.names, err)
			} else if got := f.Model.Parameters(); !slices.Equal(got, want) {
				t.Errorf("%s: %v", c.names, got)
			}
			slices.Reverse(set.Tensors) // the file's order does not matter
		}
	}
}

// TestOrder arranges layers of several kinds whose names differ in more than numbers.
func TestOrder(t *testing.T) {
	dense := func(name string, first float32, inputs, units int) []Tensor {
		return []Tensor{tensor(name+".weight", first, units, inputs)}
	}
	norm := func(name string, first float32, width int) []Tensor {
		return []Tensor{tensor(name+".weight", first, width), tensor(name+".bias", first, width),
			tensor(name+".running_mean", first, width), tensor(name+".running_var", first, width),
			{Name: name + ".num_batches_tracked", Type: "I64"}}
	}
	layerNorm := func(name string, first float32, width int) []Tensor {
		return []Tensor{tensor(name+".weight", first, width)}
	}
	linear := func(units int) net.Layer { return net.Dense(units, net.Linear) }
	bn, ln := net.BatchNormalization(net.Epsilon(0)), net.LayerNormalization(net.Epsilon(0))
	for _, c := range []struct {
		name    string
		tensors [][]Tensor
		layers  []net.Layer
		order   []string
		want    string // the first value of each layer, or the error
		err     error
	}{
		{"by width", [][]Tensor{dense("head", 30, 4, 3), dense("body", 20, 5, 4), dense("stem", 10, 6, 5)},
			[]net.Layer{linear(5), linear(4), linear(3)}, nil, "10 20 30", nil},
		{"by width and number", [][]Tensor{dense("out", 30, 4, 2), dense("fc2", 20, 4, 4), dense("fc1", 10, 4, 4)},
			[]net.Layer{linear(4), linear(4), linear(2)}, nil, "10 20 30", nil},
		{"two of one width", [][]Tensor{dense("a", 10, 4, 4), dense("b", 20, 4, 4)}, []net.Layer{linear(4), linear(4)}, nil,
			`"a", "b", all of 4 inputs and 4 outputs`, ErrOrder},
		{"two of one width, named", [][]Tensor{dense("a", 10, 4, 4), dense("b", 20, 4, 4)},
			[]net.Layer{linear(4), linear(4)}, []string{"b", "a"}, "20 10", nil},
		{"width against number", [][]Tensor{dense("fc1", 10, 4, 2), dense("fc2", 20, 3, 4), dense("z", 30, 2, 1)},
			[]net.Layer{linear(4), linear(2), linear(1)}, nil, `by its width "fc2" comes before "fc1"`, ErrOrder},
		{"numbers against widths", [][]Tensor{dense("fc1", 10, 4, 2), dense("fc2", 20, 3, 4)},
			[]net.Layer{linear(4), linear(2)}, nil, "2 units, not the 4 of layer 1", ErrLayers},
		{"equal numbers", [][]Tensor{dense("fc1", 10, 2, 2), dense("fc01", 20, 2, 2)}, []net.Layer{linear(2), linear(2)},
			nil, "say the order", ErrOrder},
		{"fc and fc1", [][]Tensor{dense("fc", 10, 2, 2), dense("fc1", 20, 2, 2)}, []net.Layer{linear(2), linear(2)},
			nil, "say the order", ErrOrder},
		{"normalisations", [][]Tensor{norm("bn2", 40, 3), dense("fc1", 10, 2, 3), norm("bn1", 20, 3), dense("fc2", 30, 3, 3)},
			[]net.Layer{linear(3), bn, net.Activate(net.ReLU), linear(3), bn}, nil, "10 20 30 40", nil},
		{"normalisation first", [][]Tensor{norm("n0", 5, 2), dense("fc1", 10, 2, 3), norm("m1", 20, 3)},
			[]net.Layer{bn, linear(3), bn}, nil, "5 10 20", nil},
		{"two normalisations first", [][]Tensor{norm("n", 5, 2), norm("m", 6, 2), dense("fc1", 10, 2, 3)},
			[]net.Layer{bn, bn, linear(3)}, nil, "say the order", ErrOrder},
		{"several widths before the first", [][]Tensor{norm("n", 5, 2), norm("m", 6, 3), dense("fc1", 10, 2, 4)},
			[]net.Layer{bn, bn, linear(4)}, nil, "several widths", ErrOrder},
		{"Sequential", [][]Tensor{dense("0", 10, 2, 2), norm("1", 20, 2), layerNorm("2", 30, 2), dense("3", 40, 2, 2)},
			[]net.Layer{linear(2), bn, ln, linear(2)}, nil, "10 20 30 40", nil},
		{"Sequential in another order", [][]Tensor{dense("0", 10, 2, 2), norm("2", 20, 2), dense("1", 30, 2, 2)},
			[]net.Layer{linear(2), bn, linear(2)}, nil,
			`in order, "0" Dense 2→2, "1" Dense 2→2, "2" BatchNormalization 2→2`, ErrLayers},
		{"a layer too few", [][]Tensor{dense("0", 10, 2, 2), dense("1", 20, 2, 2)}, []net.Layer{linear(2)}, nil,
			`1 of the kind Dense are asked for, there are 2: "0", "1"`, ErrLayers},
		{"a normalisation too many", [][]Tensor{dense("0", 10, 2, 2)}, []net.Layer{linear(2), bn}, nil,
			"1 of the kind BatchNormalization are asked for, there are 0", ErrLayers},
		{"another normalisation", [][]Tensor{dense("0", 10, 2, 2), layerNorm("1", 20, 2)}, []net.Layer{linear(2), bn}, nil,
			"0", ErrLayers},
		{"no layer of the width", [][]Tensor{dense("a", 10, 2, 3), dense("b", 20, 3, 5)}, []net.Layer{linear(3), linear(4)},
			nil, "there is no Dense layer of 3 inputs and 4 outputs", ErrLayers},
		{"widths that do not follow", [][]Tensor{dense("0", 10, 2, 3), dense("1", 20, 4, 5)},
			[]net.Layer{linear(3), linear(5)}, nil, "layer 2 would have 4 inputs, but 3 come from before it", ErrShape},
		{"names too few", [][]Tensor{dense("a", 10, 4, 4), dense("b", 20, 4, 4)}, []net.Layer{linear(4), linear(4)},
			[]string{"a"}, "1 names for 2 layers", ErrOrder},
		{"a name twice", [][]Tensor{dense("a", 10, 4, 4), dense("b", 20, 4, 4)}, []net.Layer{linear(4), linear(4)},
			[]string{"a", "a"}, "named twice", ErrOrder},
		{"another name", [][]Tensor{dense("a", 10, 4, 4), dense("b", 20, 4, 4)}, []net.Layer{linear(4), linear(4)},
			[]string{"a", "c"}, `no layer "c"`, ErrOrder},
		{"a layer not named", [][]Tensor{dense("a", 10, 4, 4), dense("b", 20, 4, 4)}, []net.Layer{linear(4)},
			[]string{"a"}, `the file has "a", "b"`, ErrOrder},
		{"a name of another kind", [][]Tensor{dense("a", 10, 4, 4), norm("b", 20, 4)}, []net.Layer{bn, linear(4)},
			[]string{"a", "b"}, `"a" is Dense, not BatchNormalization`, ErrLayers},
	} {
		set := &Set{}
		for _, tensors := range c.tensors {
			set.Tensors = append(set.Tensors, tensors...)
		}
		f, err := set.File(Options{Layers: c.layers, Order: c.order})
		if c.err != nil {
			wants(t, c.name, err, c.err, c.want)
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		var got []string
		last := ""
		for _, v := range f.Model.Weights() {
			if layer, _, _ := strings.Cut(v.Name, "/"); layer != last {
				got, last = append(got, fmt.Sprint(v.Values[0])), layer
			}
		}
		if strings.Join(got, " ") != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
}

// TestEpsilon: what is not given is the framework's default, by the names.
func TestEpsilon(t *testing.T) {
	keras := []Tensor{tensor("bn/moving_mean", 1, 2), tensor("bn/moving_variance", 1, 2), tensor("ln/gamma", 1, 2),
		tensor("ln/beta", 1, 2), tensor("dense/kernel", 1, 2, 1)}
	torch := []Tensor{tensor("bn.running_mean", 1, 2), tensor("bn.running_var", 1, 2), tensor("ln.weight", 1, 2),
		tensor("ln.bias", 1, 2), tensor("fc.weight", 1, 1, 2)}
	for _, c := range []struct {
		tensors []Tensor
		given   float32
		want    float32
	}{{keras, 0, 1e-3}, {torch, 0, 1e-5}, {keras, 0.5, 0.5}, {torch, 0.5, 0.5}} {
		f, err := (&Set{Tensors: c.tensors}).File(Options{Layers: []net.Layer{net.BatchNormalization(net.Epsilon(c.given)),
			net.LayerNormalization(net.Epsilon(c.given)), net.Dense(1, net.Linear)}})
		if err != nil {
			t.Fatal(err)
		}
		layers := f.Model.Layers()
		if layers[0].Epsilon != c.want || layers[1].Epsilon != c.want || !layers[0].NoCenter || !layers[0].NoScale ||
			layers[1].NoCenter || layers[1].NoScale {
			t.Errorf("given %v: %+v", c.given, layers[:2])
		}
	}
}

// TestRefusals has a set for each rule.
func TestRefusals(t *testing.T) {
	nan := tensor("0.weight", 1, 1, 2)
	nan.Values[1] = float32(math.NaN())
	dense, norm := net.Dense(1, net.Linear), net.BatchNormalization()
	for _, c := range []struct {
		name    string
		tensors []Tensor
		layers  []net.Layer
		err     error
		parts   string
	}{
		{"no layers", []Tensor{tensor("a.0.weight", 1, 10, 2), tensor("a.2.weight", 1, 1, 10)}, nil, ErrNoLayers,
			"here 10:…,1:… with an activation for each …"},
		{"no layers, several names", []Tensor{tensor("a.weight", 1, 10, 2), tensor("b.weight", 1, 1, 10)}, nil, ErrNoLayers,
			`it has "a", "b"`},
		{"no layers, no names", []Tensor{tensor("arr_0", 1, 10, 2)}, nil, ErrNoLayers, "all of them have"},
		{"no tensors", nil, []net.Layer{dense}, ErrLayers, "1 of the kind Dense are asked for, there are 0"},
		{"no weights", nil, []net.Layer{net.Activate(net.ReLU)}, ErrNotModel, "no layer has weights"},
		{"convolution", []Tensor{tensor("conv.weight", 1, 3, 3, 2, 2)}, []net.Layer{dense}, ErrShape,
			`tensor "conv.weight": the shape does not fit: [3 3 2 2] has 4 dimensions`},
		{"LSTM", []Tensor{tensor("lstm.weight_ih_l0", 1, 4, 4)}, []net.Layer{dense}, ErrName, `tensor "lstm.weight_ih_l0"`},
		{"Normalization", []Tensor{tensor("normalization/mean", 1, 4)}, []net.Layer{dense}, ErrName, "normalization/mean"},
		{"a stranger", []Tensor{tensor("x", 1, 1, 2)}, []net.Layer{dense}, ErrName, "there are kernel, bias"},
		{"arr_ and others", []Tensor{tensor("arr_0", 1, 2, 1), tensor("0.bias", 1, 1)}, []net.Layer{dense}, ErrName, "arr_0"},
		{"scalar", []Tensor{tensor("0.weight", 1)}, []net.Layer{dense}, ErrShape, "0 dimensions"},
		{"integers", []Tensor{{Name: "0.weight", Type: "I64", Shape: []int{1, 2}}}, []net.Layer{dense}, ErrType, "I64"},
		{"no values", []Tensor{tensor("0.weight", 1, 0, 2)}, []net.Layer{dense}, ErrShape, "0 values"},
		{"values of another shape", []Tensor{{Name: "0.weight", Shape: []int{1, 2}, Values: []float32{1}}},
			[]net.Layer{dense}, ErrShape, "1 values in the shape [1 2]"},
		{"NaN", []Tensor{nan}, []net.Layer{dense}, ErrNotFinite, "value 2 is NaN"},
		{"a name twice", []Tensor{tensor("0.weight", 1, 1, 2), tensor("0.weight", 1, 1, 2)}, []net.Layer{dense},
			ErrDuplicate, "0.weight"},
		{"a tensor twice", []Tensor{tensor("d/kernel", 1, 2, 1), tensor("d/kernel:0", 1, 2, 1)}, []net.Layer{dense},
			ErrDuplicate, "d/kernel"},
		{"bias alone", []Tensor{tensor("0.bias", 1, 1)}, []net.Layer{dense}, ErrIncomplete, "no weight or kernel"},
		{"bias and statistics", []Tensor{tensor("0.bias", 1, 1), tensor("0.running_mean", 1, 1),
			tensor("0.running_var", 1, 1)}, []net.Layer{norm}, ErrIncomplete, "no weight"},
		{"a bias too long", []Tensor{tensor("0.weight", 1, 1, 2), tensor("0.bias", 1, 2)}, []net.Layer{dense}, ErrShape,
			"[2] for a layer of 1 units"},
		{"a bias that is a matrix", []Tensor{tensor("0.weight", 1, 1, 2), tensor("0.bias", 1, 1, 1)}, []net.Layer{dense},
			ErrShape, "[1 1]"},
		{"kernel and weight", []Tensor{tensor("0.weight", 1, 1, 2), tensor("0.kernel", 1, 2, 1)}, []net.Layer{dense},
			ErrExcess, "0.weight"},
		{"weight and gamma", []Tensor{tensor("0.weight", 1, 2), tensor("0.gamma", 1, 2)}, []net.Layer{norm}, ErrExcess,
			"0.weight"},
		{"kernel and mean", []Tensor{tensor("d/kernel", 1, 2, 1), tensor("d/moving_mean", 1, 1)}, []net.Layer{dense},
			ErrExcess, "d/moving_mean"},
		{"a kernel that is a vector", []Tensor{tensor("d/kernel", 1, 2)}, []net.Layer{dense}, ErrShape, "not a matrix"},
		{"mean without variance", []Tensor{tensor("0.running_mean", 1, 2)}, []net.Layer{norm}, ErrIncomplete, "variance"},
		{"variance without mean", []Tensor{tensor("0.running_var", 1, 2)}, []net.Layer{norm}, ErrIncomplete, "mean"},
		{"statistics of two widths", []Tensor{tensor("0.running_mean", 1, 2), tensor("0.running_var", 1, 3)},
			[]net.Layer{norm}, ErrShape, "[3]"},
		{"statistics that are matrices", []Tensor{tensor("b/gamma", 1, 2, 2)}, []net.Layer{net.LayerNormalization()},
			ErrShape, "not a vector"},
		{"no intercepts", []Tensor{tensor("coefs_0", 1, 2, 1)}, []net.Layer{dense}, ErrIncomplete, "no intercepts_0"},
		{"an array missing", []Tensor{tensor("arr_0", 1, 2, 1), tensor("arr_2", 1, 1)}, []net.Layer{dense}, ErrIncomplete,
			"arr_1"},
		{"an array too many", []Tensor{tensor("arr_0", 1, 2, 1), tensor("arr_1", 1, 1), tensor("arr_2", 1, 1)},
			[]net.Layer{dense}, ErrExcess, "arr_2"},
		{"an array too few", []Tensor{tensor("arr_0", 1, 2, 1)}, []net.Layer{dense, dense}, ErrLayers, "arr_1"},
		{"arrays without statistics", []Tensor{tensor("arr_0", 1, 2, 1), tensor("arr_1", 1, 1)}, []net.Layer{dense, norm},
			ErrLayers, "the vectors of layer 2 should be, 4 of them"},
		{"arrays without a normalisation", []Tensor{tensor("arr_0", 1, 2, 1)}, []net.Layer{dense, net.LayerNormalization()},
			ErrLayers, "vectors"},
		{"arrays before the kernel", []Tensor{tensor("arr_0", 1, 2), tensor("arr_1", 1, 2, 1)},
			[]net.Layer{net.LayerNormalization(), dense}, ErrLayers, "the vectors of layer 1 should be, 2 of them"},
		{"arrays of a normalisation without any", []Tensor{tensor("arr_0", 1, 2, 1)},
			[]net.Layer{dense, net.LayerNormalization(net.NoScale(), net.NoCenter())}, ErrLayers, "layer 2 has no arrays"},
		{"gamma where there is said to be none", []Tensor{tensor("b/gamma", 1, 2), tensor("b/beta", 1, 2)},
			[]net.Layer{net.LayerNormalization(net.NoScale())}, ErrLayers, "what layer 1 has not"},
		{"too many units", []Tensor{tensor("0.weight", 1, 1<<16+1, 1)}, []net.Layer{net.Dense(1<<16+1, net.Linear)},
			ErrLimit, "65537 units"},
		{"too many inputs", []Tensor{tensor("0.weight", 1, 1, 1<<16+1)}, []net.Layer{dense}, ErrLimit, "65537 inputs"},
		{"too many layers", []Tensor{tensor("0.weight", 1, 1, 1)}, make([]net.Layer, net.MaxLayers+1), ErrLimit, "1025 layers"},
		{"too many tensors", make([]Tensor, MaxTensors+1), []net.Layer{dense}, ErrLimit, "8193 tensors"},
		{"an impossible layer", []Tensor{tensor("0.weight", 1, 1, 1)}, []net.Layer{net.Dropout(2), dense}, ErrNotModel,
			"rate"},
	} {
		_, err := (&Set{Tensors: c.tensors}).File(Options{Layers: c.layers})
		wants(t, c.name, err, c.err, c.parts)
	}
}

// TestControlCharacters puts a terminal's escape into names.
func TestControlCharacters(t *testing.T) {
	for _, c := range [][]Tensor{{tensor("\x1b]0;evil\x07", 1, 1)}, {tensor("\x1b[2J.weight", 1, 2)},
		{tensor("\x1ba.weight", 1, 2, 2), tensor("\x1bb.weight", 1, 2, 2)}} {
		_, err := (&Set{Tensors: c}).File(Options{Layers: []net.Layer{net.Dense(2, net.Linear), net.Dense(2, net.Linear)}})
		if err == nil || strings.ContainsFunc(err.Error(), func(r rune) bool { return r < ' ' }) {
			t.Errorf("%q", err)
		}
	}
}

// TestDescription changes the description, mends its checksum or not, and what it describes.
func TestDescription(t *testing.T) {
	set, err := Of(rich(t), Keras)
	if err != nil {
		t.Fatal(err)
	}
	tampered := func(change func(*Set)) error {
		s := &Set{Description: set.Description}
		for _, tensor := range set.Tensors {
			tensor.Values = slices.Clone(tensor.Values)
			s.Tensors = append(s.Tensors, tensor)
		}
		change(s)
		_, err := s.File(Options{})
		return err
	}
	replace := func(old, new string) func(*Set) {
		return func(s *Set) {
			if !strings.Contains(s.Description, old) {
				t.Errorf("the description has no %s: %s", old, s.Description)
			}
			s.Description = strings.Replace(s.Description, old, new, 1)
		}
	}
	if err := tampered(func(*Set) {}); err != nil {
		t.Fatal(err)
	}
	// Without mending.
	for _, c := range []struct {
		name   string
		change func(*Set)
		want   error
	}{
		{"a value", func(s *Set) { s.Tensors[1].Values[0]++ }, ErrChecksum},
		{"a name", func(s *Set) { s.Tensors[1].Name += "x" }, ErrChecksum},
		{"a shape", func(s *Set) { s.Tensors[1].Shape = []int{4, 3} }, ErrChecksum},
		{"a tensor less", func(s *Set) { s.Tensors = s.Tensors[1:] }, ErrChecksum},
		{"the text", replace(`"rate":0.3`, `"rate":0.4`), ErrChecksum},
		{"the checksum", func(s *Set) { s.Description = s.Description[:len(s.Description)-3] + `g"}` }, ErrChecksum},
		{"no checksum", func(s *Set) { s.Description = "{}" }, ErrDescription},
		{"too long", func(s *Set) { s.Description = strings.Repeat(" ", MaxDescription+1) }, ErrLimit},
	} {
		wants(t, c.name, tampered(c.change), c.want)
	}
	// With: the checksum is that of a set with this description.
	for _, c := range []struct {
		old, new string
		want     error
		part     string
	}{
		{`"format":1`, `"format":2`, ErrDescription, "knows 1"},
		{`"format":1,`, ``, ErrDescription, "missing"},
		{`"names":"keras"`, `"names":"caffe"`, ErrDescription, "caffe"},
		{`"names":"keras"`, `"names":"pytorch"`, ErrIncomplete, "0.weight"},
		{`"contract":`, `"contract":0`, ErrDescription, ""},
		{`"contract":`, `"contract":9999999999`, ErrDescription, "limit"},
		{`"inputs":3`, `"inputs":4`, ErrNotModel, "parameters"},
		{`"inputs":3`, `"inputs":0`, ErrDescription, "inputs"},
		{`"inputs":3`, `"inputs":70000`, ErrDescription, "limit"},
		{`"inputs":3`, `"inputs":3,"inputs":3`, ErrDescription, "twice"},
		{`"units":4`, `"units":5`, ErrNotModel, "parameters"},
		{`"units":4`, `"units":99999999`, ErrDescription, ""},
		{`"name":"out"`, `"name":"dense"`, ErrDescription, "taken"},
		{`"name":"out"`, `"name":"aus"`, ErrIncomplete, "aus/kernel"},
		{`"kind":"dense"`, `"kind":"conv2d"`, ErrDescription, "conv2d"},
		{`"columns":5`, `"columns":1`, ErrDescription, "columns"},
		{`"labels":["no","yes"]`, `"labels":["no","yes","perhaps"]`, ErrDescription, "outputs"},
		{`"seed":"7"`, `"seed":"\u001b"`, ErrDescription, "control"},
		{`"seed":"7"`, `"seed":7`, ErrDescription, ""},
		{`"inputs":[1,`, `"inputs":[`, ErrDescription, "self-test"},
		{`"inputs":[1,`, `"inputs":[1e39,`, ErrDescription, "1e39"},
		{`"self_test":{"contract":`, `"self_test":{"contract":1`, ErrDescription, "the self-test is of contract 1"},
		{`"inputs":[1,`, `"rows":[1,`, ErrDescription, "rows"},
		{`"schema":`, `"scheme":`, ErrDescription, "scheme"},
	} {
		old, new := replace(c.old, c.new), ""
		err := tampered(func(s *Set) {
			old(s)
			new = s.Description
			s.Description = Mended(s)
		})
		wants(t, fmt.Sprintf("%s, %.30s", c.new, new), err, c.want, c.part)
	}
	half := tampered(func(s *Set) { s.Tensors[0].Type = "F16" })
	wants(t, "another type", half, ErrType, "F16")
	// With layers, the description does not matter.
	set.Tensors[1].Values[0]++
	if _, err = set.File(Options{Layers: []net.Layer{net.LayerNormalization(), net.Dense(4, net.ReLU),
		net.BatchNormalization(), net.Dense(2, net.Softmax)}}); err != nil {
		t.Error(err)
	}
}

// allocationConstant is what reading may take besides 8 times the file: a description's JSON, the limits on tensors and
// layers, and of an archive what it may always unpack to.
const allocationConstant = 40 << 20

// TestDamage cuts and flips files of all formats and names: what comes back is the model or an error.
func TestDamage(t *testing.T) {
	f := rich(t)
	f.Schema = nil // not now: shorter
	want := mustEncode(t, f)
	step := 1
	if testing.Short() {
		step = 11 // bytes and bits, so that all eight bits have their turns
	}
	for _, format := range formats {
		for _, names := range []Names{Keras, PyTorch} {
			set, err := Of(f, names)
			if err != nil {
				t.Fatal(err)
			}
			blob, err := format.encode(set)
			if err != nil {
				t.Fatal(err)
			}
			try := func(title string, mayWork bool) {
				set, err := format.decode(blob)
				var got *serialize.File
				if err == nil {
					got, err = set.File(Options{})
				}
				var typed *Error
				switch {
				case err == nil && !mayWork:
					t.Errorf("%s, %s, %s: accepted", format.name, names, title)
				case err == nil && !bytes.Equal(mustEncode(t, got), want):
					t.Errorf("%s, %s, %s: another model", format.name, names, title)
				case err != nil && !errors.As(err, &typed):
					t.Errorf("%s, %s, %s: %v is no *Error", format.name, names, title, err)
				}
			}
			whole := blob
			for n := 0; n < len(whole); n += step {
				blob = whole[:n]
				try(fmt.Sprintf("%d of %d bytes", n, len(whole)), false)
			}
			blob = whole
			for i := 0; i < 8*len(blob); i += step {
				blob[i/8] ^= 1 << (i % 8)
				try(fmt.Sprintf("bit %d of byte %d", i%8, i/8), true)
				blob[i/8] ^= 1 << (i % 8)
			}
		}
	}
}

// readWith is what a reader of fuzzed bytes does: with the description, and with layers.
func readWith(decode func([]byte) (*Set, error), blob []byte) (files []*serialize.File, errs []error) {
	for _, o := range []Options{{}, {Layers: []net.Layer{net.Dense(2, net.ReLU), net.BatchNormalization(),
		net.Dense(1, net.Sigmoid)}}} {
		set, err := decode(blob)
		var f *serialize.File
		if err == nil {
			f, err = set.File(o)
		}
		files, errs = append(files, f), append(errs, err)
	}
	return files, errs
}

// FuzzFile gives bytes to the readers of both formats: nothing may panic or take memory out of proportion, errors have
// their type, and what is accepted is a model that can be written.
func FuzzFile(f *testing.F) {
	small := mustModel(f, 1, net.Dense(1, net.Sigmoid))
	named := &Set{Tensors: []Tensor{tensor("0.weight", 1, 2, 1), tensor("1.weight", 1, 2), tensor("1.bias", 1, 2),
		tensor("1.running_mean", 1, 2), tensor("1.running_var", 1, 2), tensor("2.weight", 1, 1, 2)}}
	for _, format := range formats {
		for _, names := range []Names{Keras, PyTorch} {
			set, err := Of(small, names)
			if err != nil {
				f.Fatal(err)
			}
			blob, err := format.encode(set)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(blob)
		}
		blob, err := format.encode(named)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(blob)
	}
	files, err := filepath.Glob("testdata/*.[ns][pa][zf]*")
	if err != nil || len(files) < 10 {
		f.Fatal(files, err)
	}
	for _, name := range files {
		blob, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(blob)
	}
	f.Fuzz(func(t *testing.T, blob []byte) {
		before := bytes.Clone(blob)
		for _, format := range formats {
			accepts(t, format.name, blob, func() ([]*serialize.File, []error) { return readWith(format.decode, blob) })
		}
		if !bytes.Equal(blob, before) {
			t.Error("the input was changed")
		}
	})
}

// accepts checks what reading bytes takes and gives.
func accepts(t *testing.T, format string, blob []byte, read func() ([]*serialize.File, []error)) {
	t.Helper()
	var files []*serialize.File
	var errs []error
	took := modeltest.Allocated(func() { files, errs = read() })
	if most := uint64(len(files)) * (8*uint64(len(blob)) + allocationConstant); took > most {
		t.Errorf("%s: %d bytes take %d bytes of memory", format, len(blob), took)
	}
	for i := range files {
		var typed *Error
		if errs[i] == nil {
			mustEncode(t, files[i])
		} else if !errors.As(errs[i], &typed) {
			t.Errorf("%s: %v is no *Error", format, errs[i])
		}
	}
}

// FuzzContent puts any contents into files whose lengths and checksums are right: the header and values of a safetensors
// file, an array and a description of an archive.
func FuzzContent(f *testing.F) {
	set, err := Of(rich(f), Keras)
	if err != nil {
		f.Fatal(err)
	}
	blob, err := safetensors.Encode(set)
	if err != nil {
		f.Fatal(err)
	}
	header := blob[8:][:binary.LittleEndian.Uint64(blob)]
	values := blob[8+len(header):]
	f.Add(string(header), values, set.Description)
	f.Add(`{"0.weight":{"dtype":"BF16","shape":[2,1],"data_offsets":[0,4]},"2.weight":{"dtype":"F64","shape":[1,2],`+
		`"data_offsets":[4,20]},"1.running_mean":{"dtype":"F16","shape":[2],"data_offsets":[20,24]},"1.running_var":`+
		`{"dtype":"F16","shape":[2],"data_offsets":[24,28]}}`, make([]byte, 28), `{"format":1,"names":"keras","contract":1,`+
		`"inputs":1,"layers":[{"kind":"dense","name":"dense","units":1}]}`)
	f.Add("{'descr': '<f8', 'fortran_order': True, 'shape': (1, 2), }", make([]byte, 16), `{"format":1,"names":"pytorch",`+
		`"contract":1,"inputs":1,"layers":[{"kind":"dense","name":"a","units":2,"activation":"elu","alpha":2}],"metadata":`+
		`{"a":"b"},"self_test":{"contract":1,"inputs":[1],"outputs":[1,2]}}`)
	f.Fuzz(func(t *testing.T, header string, values []byte, description string) {
		blob := append(binary.LittleEndian.AppendUint64(nil, uint64(len(header))), header...)
		blob = append(blob, values...)
		accepts(t, "safetensors", blob, func() ([]*serialize.File, []error) { return readWith(safetensors.Decode, blob) })

		w := &zipfile.Writer{}
		array := binary.LittleEndian.AppendUint16([]byte(npy.Magic+"\x01\x00"), uint16(len(header)))
		w.Add("arr_0.npy", append(append(array, header...), values...))
		w.Add(npz.DescriptionName, []byte(description))
		archive, err := w.Bytes()
		if err != nil {
			t.Fatal(err)
		}
		accepts(t, "npz", archive, func() ([]*serialize.File, []error) { return readWith(npz.Decode, archive) })

		accepts(t, "description", []byte(description), func() ([]*serialize.File, []error) {
			s := &Set{Tensors: set.Tensors, Description: strings.TrimSuffix(description, "}") + `,"crc32c":"`}
			if names, _, found := strings.Cut(description, `"names":"pytorch"`); found && names != "" {
				s.Tensors = []Tensor{tensor("0.weight", 1, 2, 1), tensor("0.bias", 1, 2)}
			} else if strings.Contains(description, `"name":"dense","units":1}`) {
				s.Tensors = []Tensor{tensor("dense/kernel", 1, 1, 1), tensor("dense/bias", 1, 1)}
			}
			s.Description = Mended(s)
			file, err := s.File(Options{})
			return []*serialize.File{file}, []error{err}
		})
	})
}

// TestAllocation gives File the descriptions that make it work hardest for their size, and a large model.
func TestAllocation(t *testing.T) {
	head := `{"format":1,"names":"keras","contract":1,"inputs":1,"layers":[{"kind":"dense","name":"dense","units":1}]`
	rules := `,"schema":{"on_missing":"error","on_unknown":"error","features":`
	for _, c := range []struct{ name, text string }{
		{"categories", rules + `[{"categories":[` + strings.Repeat(`"",`, 16000) + `""]}` +
			strings.Repeat(`,{"categories":[`+strings.Repeat(`"",`, 16000)+`""]}`, 40) + `]}`},
		{"features", rules + `[{}` + strings.Repeat(`,{}`, 680000) + `]}`},
		{"nested", `,"schema":{"features":` + strings.Repeat(`[`, 1000000) + strings.Repeat(`]`, 1000000) + `}`},
		{"unknown", `,"schema":{"x":[0` + strings.Repeat(`,0`, 1000000) + `]}`},
		{"metadata", `,"metadata":{"":""` + strings.Repeat(`,"":""`, 340000) + `}`},
		{"numbers", `,"self_test":{"contract":1,"inputs":[0` + strings.Repeat(`,0`, 1000000) + `],"outputs":[]}`},
	} {
		set := &Set{Description: head + c.text + `,"crc32c":"00000000"}`, Tensors: []Tensor{tensor("dense/kernel", 1, 1, 1),
			tensor("dense/bias", 1, 1)}}
		set.Description = Mended(set)
		var err error
		took := modeltest.Allocated(func() { _, err = set.File(Options{}) })
		t.Logf("%s: %d bytes take %d: %v", c.name, len(set.Description), took, err)
		if took > 8*uint64(len(set.Description))+allocationConstant {
			t.Errorf("%s: %d bytes take %d bytes of memory: %.200v", c.name, len(set.Description), took, err)
		}
		wants(t, c.name, err, ErrDescription)
	}
	width := 1 << 12
	if testing.Short() {
		width = 1 << 8
	}
	large := mustModel(t, 1<<10, net.Dense(width, net.Linear))
	for _, format := range formats {
		for _, names := range []Names{Keras, PyTorch} {
			set, err := Of(large, names)
			if err != nil {
				t.Fatal(err)
			}
			blob, err := format.encode(set)
			if err != nil {
				t.Fatal(err)
			}
			took := modeltest.Allocated(func() {
				set, err := format.decode(blob)
				if err == nil {
					_, err = set.File(Options{})
				}
				if err != nil {
					t.Error(err)
				}
			})
			t.Logf("%s, %s: %d bytes take %d", format.name, names, len(blob), took)
			if took > 8*uint64(len(blob))+1<<20 {
				t.Errorf("%s: %d bytes take %d bytes of memory", format.name, len(blob), took)
			}
		}
	}
}

// TestArraysThatAreAbsent: arrays without names do not tell whether it is the bias or gamma that is not there. What the
// layers say does.
func TestArraysThatAreAbsent(t *testing.T) {
	vector := func(i int, v float32) Tensor {
		return Tensor{Name: fmt.Sprintf("arr_%d", i), Shape: []int{1}, Values: []float32{v}}
	}
	set := &Set{Tensors: []Tensor{tensor("arr_0", 1, 2, 1), vector(1, 1), vector(2, 2), vector(3, 3), vector(4, 4)}}
	dense := net.Dense(1, net.Linear)
	for _, c := range []struct {
		normalization net.Layer
		want          map[string]float32
	}{
		{net.BatchNormalization(), map[string]float32{"gamma": 1, "beta": 2, "moving_mean": 3, "moving_variance": 4}},
		{net.BatchNormalization(net.NoScale()),
			map[string]float32{"bias": 1, "beta": 2, "moving_mean": 3, "moving_variance": 4}},
		{net.BatchNormalization(net.NoCenter()),
			map[string]float32{"bias": 1, "gamma": 2, "moving_mean": 3, "moving_variance": 4}},
	} {
		f, err := set.File(Options{Layers: []net.Layer{dense, c.normalization}})
		if err != nil {
			t.Fatal(err)
		}
		for _, w := range f.Model.Weights() {
			_, name, _ := strings.Cut(w.Name, "/")
			if name != "kernel" && w.Values[0] != c.want[name] {
				t.Errorf("%+v: %s is %v, want %v", c.normalization, name, w.Values[0], c.want[name])
			}
			delete(c.want, name)
		}
		if len(c.want) > 0 {
			t.Errorf("%+v: not there: %v", c.normalization, c.want)
		}
	}
}
