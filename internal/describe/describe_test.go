package describe

import (
	"math"
	"reflect"
	"strings"
	"testing"

	"nnrt/dataset"
	"nnrt/kernels"
	"nnrt/net"
)

var negativeZero = float32(math.Copysign(0, -1))

func someLayers() []net.Layer {
	layers := []net.Layer{
		net.Dense(4, net.LeakyReLU.WithAlpha(0.01), net.Name("première"), net.KernelInitializer(net.HeNormal()),
			net.BiasInitializer(net.Constant(0.1)), net.KernelRegularizer(net.L1L2(0.25, 1e-7)),
			net.BiasRegularizer(net.L2(0.125)), net.ActivityRegularizer(net.L1(0.0625))),
		net.BatchNormalization(net.Momentum(0), net.Epsilon(1e-5), net.NoCenter()),
		net.LayerNormalization(net.NoScale()),
		net.Dropout(0.3),
		net.Dense(3, net.ReLU.WithAlpha(negativeZero), net.NoBias(), net.KernelInitializer(net.Constant(negativeZero))),
	}
	for a := kernels.Activation(0); a.Valid(); a++ {
		layers = append(layers, net.Activate(net.Activation{Kind: a, Alpha: a.DefaultAlpha()}))
	}
	return layers
}

func TestLayers(t *testing.T) {
	want := someLayers()
	text := Layers(want)
	got, err := ParseLayers(text)
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("read back:\n%+v, want\n%+v", got, want)
	}
	if again := Layers(got); again != text { // −0 = 0 for DeepEqual
		t.Errorf("written again:\n%s\nfirst:\n%s", again, text)
	}
	const short = `[{"kind":"dense","name":"dense","units":2},{"kind":"dropout","name":"<d>","rate":0.1}]`
	two := []net.Layer{net.Dense(2, net.Linear, net.Name("dense")), net.Dropout(0.1, net.Name("<d>"))}
	if got := Layers(two); got != short {
		t.Errorf("two layers are %s, want %s", got, short)
	}
}

func someSchema() *dataset.Schema {
	return &dataset.Schema{
		Features: []dataset.Feature{
			{Name: "age", Column: 0, Mean: negativeZero, Scale: 0.1, Fill: 33},
			{Name: "Größe", Column: 2, Kind: dataset.Categorical, Categories: []string{"", "<klein>", "groß\u2028"}},
		},
		Target:    dataset.Target{Name: "class", Column: -1, Task: dataset.TaskBinary, Labels: []string{"no", "yes"}},
		OnMissing: dataset.RuleMean, OnUnknown: dataset.RuleZero, NA: []string{"", "?"}, Columns: 4, Named: true,
	}
}

func TestSchema(t *testing.T) {
	regression := someSchema()
	regression.Target = dataset.Target{Name: "y", Column: 3, Task: dataset.TaskRegression, Mean: 1.1, Scale: 1e-30}
	none := &dataset.Schema{Features: []dataset.Feature{{Name: "c2", Column: 1, Scale: 1}}, Columns: 2,
		Target: dataset.Target{Column: -1}}
	for _, want := range []*dataset.Schema{someSchema(), regression, none} {
		if err := want.Validate(); err != nil {
			t.Fatal(err)
		}
		text := Schema(want)
		got, err := ParseSchema(text)
		if err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(got, want) || Schema(got) != text {
			t.Errorf("read back:\n%+v, want\n%+v", got, want)
		}
	}
}

func TestSelfTest(t *testing.T) {
	inputs, outputs := []float32{1, negativeZero, 3.4e38, 1e-45}, []float32{0.1}
	text := SelfTest(2, inputs, outputs)
	contract, x, y, err := ParseSelfTest(text)
	if err != nil {
		t.Fatal(err)
	}
	again := SelfTest(contract, x, y)
	if again != text || !reflect.DeepEqual(x, inputs) || !reflect.DeepEqual(y, outputs) {
		t.Errorf("%s came back as %s", text, again)
	}
	for _, bad := range []string{
		``, `[]`, text + `}`, `{"contract":-1}`, `{"inputs":["1"]}`, `{"inputs":[1e39]}`, `{"rows":[]}`,
	} {
		if _, _, _, err := ParseSelfTest(bad); err == nil {
			t.Errorf("%s was read", bad)
		}
	}
}

func TestParsingRefusesWhatItDoesNotKnow(t *testing.T) {
	layers, schema := Layers(someLayers()), Schema(someSchema())
	for _, c := range []struct{ text, old, new string }{
		{layers, `"kind":"dense"`, `"kind":"conv2d"`},
		{layers, `"activation":"relu"`, `"activation":"rely"`},
		{layers, `"rate":0.3`, `"rate":"0.3"`},
		{layers, `"rate":0.3`, `"rate":1e39`},
		{layers, `"rate":0.3`, `"ratio":0.3`},
		{layers, `première`, `prem\u0000ère`},
		{layers, `première`, strings.Repeat("x", 256)},
		{layers, `[`, `{`},
		{layers, `]`, ``},
		{layers, `]`, `]]`},
		{layers, layers, `[` + strings.Repeat(`{"kind":"dense"},`, net.MaxLayers) + `{"kind":"dense"}]`},
	} {
		if text := strings.Replace(c.text, c.old, c.new, 1); text == c.text {
			t.Errorf("%s is not there", c.old)
		} else if _, err := ParseLayers(text); err == nil {
			t.Errorf("with %s instead of %s layers were read", c.new, c.old)
		}
	}
	for _, c := range []struct{ text, old, new string }{
		{schema, `"on_missing":"mean"`, `"on_missing":"median"`},
		{schema, `"on_unknown":"zero"`, `"on_unknown":""`},
		{schema, `"task":"binary"`, `"task":"auto"`},
		{schema, `"task":"binary"`, `"task":"ranking"`},
		{schema, `"column":2`, `"column":0`}, // Validate
		{schema, `"scale":0.1`, `"scale":-0.1`},
		{schema, `"name":"age"`, `"name":"a\u001bge"`},
		{schema, `"name":"class"`, `"name":"cl\u009bass"`},
		{schema, `<klein>`, `<kl\nein>`},
		{schema, `"categories":[`, `"categories":[` + strings.Repeat(`"",`, maxTexts)},
		{schema, `"features":[`, `"features":[` + strings.Repeat(`{},`, maxFeatures)},
		{schema, `}]}`, `}]}}`},
		{schema, schema, `[]`},
		{schema, schema, ``},
	} {
		if text := strings.Replace(c.text, c.old, c.new, 1); text == c.text {
			t.Errorf("%s is not there", c.old)
		} else if _, err := ParseSchema(text); err == nil {
			t.Errorf("with %s instead of %s a schema was read", c.new, c.old)
		}
	}
}
