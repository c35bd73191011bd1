package golden

import (
	"flag"
	"fmt"
	"math"
	"os"
	"reflect"
	"strings"
	"testing"

	"nnrt/kernels"
	"nnrt/net"
)

var update = flag.Bool("update", false, "write expected.txt anew")

// TestExpected holds expected.txt to the list of cases. With -update it writes the file, by the reference kernels.
func TestExpected(t *testing.T) {
	if *update {
		writeExpected(t)
		return
	}
	expected := parseExpected(expectedText)
	for _, c := range Cases() {
		for _, sum := range []string{c.Expected.Model, c.Expected.History, c.Expected.Predictions} {
			if len(sum) != 64 {
				t.Errorf("%s: the sum %q is not there in full: go generate writes it", c.Name, sum)
			}
		}
		if _, ok := expected[c.Name]; !ok {
			t.Errorf("there are two cases %s", c.Name)
		}
		delete(expected, c.Name)
		if c.Covers == "" || len([]rune(c.Covers)) > 110 {
			t.Errorf("%s: what it covers does not stand in one line: %q", c.Name, c.Covers)
		}
	}
	for name := range expected {
		t.Errorf("expected.txt has %s, which is no case", name)
	}
	if n := len(Short()); n < len(Cases())-3 {
		t.Errorf("only %d of %d cases are for emulators", n, len(Cases()))
	}
}

func writeExpected(t *testing.T) {
	before := kernels.Active()
	if err := kernels.Use("generic"); err != nil {
		t.Fatal(err)
	}
	defer kernels.Use(before)
	var b strings.Builder
	b.WriteString("# Written by go generate, with the generic kernels: case, SHA-256 of model, history, predictions.\n")
	for _, c := range cases() {
		blob, history, test, err := c.train(1)
		if err != nil {
			t.Fatal(err)
		}
		y, err := predict(blob, test, 1, 1)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintln(&b, c.Name, sumOf(blob), history, predictionsSum(y))
	}
	if err := os.WriteFile("expected.txt", []byte(b.String()), 0o666); err != nil {
		t.Fatal(err)
	}
}

// TestCases runs the cases on the tier in use.
func TestCases(t *testing.T) {
	list := Cases()
	if testing.Short() {
		list = Short()
	}
	for _, c := range list {
		t.Run(c.Name, func(t *testing.T) {
			checks, err := c.Check()
			if err != nil {
				t.Fatal(err)
			}
			for _, check := range checks {
				if !check.OK() {
					t.Errorf("%s, kernels %s: %s, want %s", check.What, kernels.Active(), check.Got, check.Expected)
				}
			}
		})
	}
}

// TestEverythingIsCovered looks for what no case has.
func TestEverythingIsCovered(t *testing.T) {
	seen := make(map[string]bool)
	see := func(kind string, v any) { seen[fmt.Sprint(kind, " ", v)] = true }
	for _, c := range Short() {
		for _, l := range c.Layers {
			see("layer", l.Kind)
			see("activation", l.Activation.Kind)
			for _, i := range []net.Initializer{l.KernelInitializer, l.BiasInitializer} {
				see("initializer", i.Kind)
				see("fan", i.Mode)
				see("distribution", i.Distribution)
			}
		}
		see("loss", c.Fit.Loss.Kind)
		see("optimizer", reflect.TypeOf(c.Fit.Optimizer))
		see("schedule", reflect.TypeOf(c.Fit.Schedule))
		for _, m := range c.Fit.Metrics {
			see("metric", m.Kind)
		}
	}
	want := func(kind string, v any) {
		if name := fmt.Sprint(kind, " ", v); !seen[name] {
			t.Errorf("no case for emulators has %s", name)
		}
	}
	for a := kernels.Activation(0); a.Valid(); a++ {
		want("activation", a)
	}
	for k := net.DenseLayer; k <= net.LayerNormalizationLayer; k++ {
		want("layer", k)
	}
	for k := net.BinaryCrossEntropy.Kind; k <= net.KLDivergence.Kind; k++ {
		want("loss", k)
	}
	for k := net.Accuracy.Kind; k <= net.R2Score.Kind; k++ {
		want("metric", k)
	}
	for k := (net.Initializer{}).Kind; k <= net.GlorotUniform().Kind; k++ {
		want("initializer", k)
	}
	for m := net.FanIn; m <= net.FanAvg; m++ {
		want("fan", m)
	}
	for d := net.UniformDistribution; d <= net.NormalDistribution; d++ {
		want("distribution", d)
	}
	for _, o := range []net.Optimizer{net.SGD{}, net.RMSprop{}, net.Adam{}, net.AdamW{}, net.Adagrad{}, net.Nadam{},
		net.Adamax{}, net.Lion{}} {
		want("optimizer", reflect.TypeOf(o))
	}
	for _, s := range []net.Schedule{nil, net.CosineDecay{}, net.CosineDecayRestarts{}, net.ExponentialDecay{},
		net.InverseTimeDecay{}, net.PolynomialDecay{}, net.PiecewiseConstantDecay{}} {
		want("schedule", reflect.TypeOf(s))
	}
}

// caseOf returns the case of a name.
func caseOf(t *testing.T, name string) Case {
	t.Helper()
	for _, c := range Cases() {
		if c.Name == name {
			return c
		}
	}
	t.Fatalf("there is no case %s", name)
	panic("unreachable")
}

// TestChangesAreFound changes the least there is of each sum.
func TestChangesAreFound(t *testing.T) {
	differing := func(c Case) string {
		checks, err := c.Check()
		if err != nil {
			t.Fatal(err)
		}
		var found []string
		for _, check := range checks {
			if !check.OK() {
				found = append(found, check.What)
			}
		}
		return strings.Join(found, "; ")
	}
	atEnd := func(change func(r *net.Run) error) func() []net.Callback {
		return func() []net.Callback { return []net.Callback{net.CallbackFuncs{OnTrainEnd: change}} }
	}

	c := caseOf(t, "net-a")
	c.Callbacks = atEnd(func(r *net.Run) error {
		p := r.Parameters()
		p[0] = math.Float32frombits(math.Float32bits(p[0]) ^ 1)
		return r.SetParameters(p)
	})
	if got := differing(c); !strings.Contains(got, "model, 1 thread") || strings.Contains(got, "history") {
		t.Errorf("the last bit of a weight: %q differ", got)
	}
	c.Callbacks = atEnd(func(r *net.Run) error {
		p := r.Parameters()
		p[len(p)-1]++
		return r.SetParameters(p)
	})
	if got := differing(c); got != "model, 1 thread; predictions, 1 thread, rows by 1" {
		t.Errorf("the output's bias: %q differ", got)
	}

	c = caseOf(t, "net-a")
	c.Fit.Optimizer = net.Adam{LearningRate: math.Nextafter(0.01, 1)}
	if got := differing(c); !strings.Contains(got, "history, 1 thread") {
		t.Errorf("the last bit of a learning rate: %q differ", got)
	}

	c = caseOf(t, "net-a") // only with the second number of threads
	first := true
	c.Callbacks = func() []net.Callback {
		if first {
			first = false
			return nil
		}
		return atEnd(func(r *net.Run) error {
			p := r.Parameters()
			p[len(p)-1]++
			return r.SetParameters(p)
		})()
	}
	if got := differing(c); got != "model, 3 threads; predictions, 3 threads, rows by 1" {
		t.Errorf("a bias with three threads: %q differ", got)
	}

	c = caseOf(t, "net-a")
	c.Layers = nil
	if _, err := c.Check(); err == nil || !strings.Contains(err.Error(), "net-a: ") {
		t.Errorf("a case without layers: %v", err)
	}
}

// predictionsOf returns what a case predicts.
func predictionsOf(t *testing.T, name string) []float32 {
	t.Helper()
	c := caseOf(t, name)
	blob, _, test, err := c.train(1)
	if err != nil {
		t.Fatal(err)
	}
	y, err := predict(blob, test, 1, 7)
	if err != nil {
		t.Fatal(err)
	}
	return y
}

// TestEdgesAreReached looks whether the cases of edges are about what they say.
func TestEdgesAreReached(t *testing.T) {
	var subnormal, nan, infinite, finite int
	for _, v := range predictionsOf(t, "subnormal") {
		if v != 0 && math.Abs(float64(v)) < 0x1p-126 {
			subnormal++
		}
	}
	for _, name := range []string{"extreme", "extreme-activations"} {
		for _, v := range predictionsOf(t, name) {
			switch {
			case v != v:
				nan++
			case math.IsInf(float64(v), 0):
				infinite++
			default:
				finite++
			}
		}
	}
	if subnormal < 20 || nan < 5 || infinite < 5 || finite < 100 {
		t.Errorf("%d subnormal, %d NaN, %d infinite, %d finite predictions", subnormal, nan, infinite, finite)
	}
}

// TestOneNaN says that the payload and the sign of a NaN change no sum, and a zero's sign does.
func TestOneNaN(t *testing.T) {
	of := func(bits ...uint32) string {
		var y []float32
		for _, b := range bits {
			y = append(y, math.Float32frombits(b))
		}
		return predictionsSum(y)
	}
	if of(0x7fc00000, 0) != of(0xffc00001, 0) {
		t.Error("NaN of other payloads have other sums")
	}
	if of(0x7fc00000, 0) == of(0x7fc00000, 1<<31) {
		t.Error("−0 and 0 have the same sum")
	}
	if a, b := float64Bits(math.Float64frombits(0xfff8000000000001)), float64Bits(math.NaN()); a != b {
		t.Errorf("NaN of a history: %x and %x", a, b)
	}
}
