package bench

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"nnrt/net"
)

// measurementLists are the lists of all benchmarks, by the benchmark's name.
func measurementLists() map[string][]measurement {
	return map[string][]measurement{
		"GEMM":       gemmMeasurements(),
		"Activation": activationMeasurements(),
		"Reduction":  reductionMeasurements(),
		"Optimizer":  optimizerMeasurements(),
		"Joined":     joinedMeasurements(),
		"Predict":    predictMeasurements(),
		"Train":      trainMeasurements(),
		"Fit":        fitMeasurements(),
		"Parallel":   parallelMeasurements(),
	}
}

// Names must be unique, or Go would append numbers to them, and must be key=value parts, or benchstat could not
// tell them apart by key.
func TestNames(t *testing.T) {
	for benchmark, list := range measurementLists() {
		seen := make(map[string]bool)
		for _, m := range list {
			if seen[m.name] {
				t.Errorf("%s has %s twice", benchmark, m.name)
			}
			seen[m.name] = true
			for _, part := range strings.Split(m.name, "/") {
				key, value, ok := strings.Cut(part, "=")
				if !ok || key == "" || value == "" || strings.ContainsAny(part, " \t-") {
					t.Errorf("%s/%s: part %q is not key=value without spaces and dashes", benchmark, m.name, part)
				}
			}
		}
	}
}

func TestMeasurements(t *testing.T) {
	for benchmark, names := range map[string][]string{
		"GEMM": {
			"op=nn/m=32/n=128/k=784",                                                        // forward, batch 32 of 784-128
			"op=tn/m=784/n=128/k=32",                                                        // its weight gradient
			"op=nt/m=32/n=784/k=128",                                                        // its input gradient
			"op=nn/m=1/n=10/k=8",                                                            // the smallest layer
			"op=nn/m=512/n=4096/k=4096",                                                     // the largest
			"op=nn/m=32/n=32/k=32", "op=tn/m=256/n=256/k=256", "op=nt/m=2048/n=2048/k=2048", // cubes
		},
		"Activation": {"op=forward/act=linear/n=4096", "op=gradient/act=log_softmax/n=4096"},
		"Reduction":  {"op=dot/n=4096", "op=column_sums/n=4096/width=64"},
		"Optimizer":  {"op=adam/n=4096", "op=sgd/n=4096", "op=clip_value/n=4096"},
		"Joined":     {"op=apart/m=784/n=128/k=32", "op=joined/m=784/n=128/k=32"},
		"Predict":    {"net=A/batch=1", "net=B/batch=32", "net=C/batch=256", "net=D/batch=1024"},
		"Train":      {"net=A/batch=32", "net=D/batch=128"},
		"Fit":        {"net=A/batch=32/rows=1024", "net=B/batch=32/rows=16384"},
		"Parallel":   {"op=nn/m=64/n=64/k=64/pause=0s/threads=1", "op=tn/m=784/n=128/k=32/pause=1ms/threads=2"},
	} {
		list := measurementLists()[benchmark]
		have := make(map[string]bool)
		for _, m := range list {
			have[m.name] = true
		}
		for _, name := range names {
			if !have[name] {
				t.Errorf("%s has no %s", benchmark, name)
			}
		}
	}
	for benchmark, want := range map[string]int{
		"GEMM":       5*8*3 + 7*3 - 3, // three ops for each layer and cube; the cube of 512 is also a layer's
		"Activation": 21 * 2,
		"Predict":    4 * 4,
		"Train":      4 * 2,
		"Fit":        4 + 1,
		"Parallel":   12 * 2 * 2,
	} {
		if got := len(measurementLists()[benchmark]); got != want {
			t.Errorf("%s has %d measurements, want %d", benchmark, got, want)
		}
	}
}

// The largest products must be left out by -short, and the usual ones must not.
func TestShortLimit(t *testing.T) {
	for p, slow := range map[Product]bool{
		{"nn", 512, 4096, 4096}:  true,
		{"nn", 2048, 2048, 2048}: true,
		{"nn", 1, 4096, 4096}:    false,
		{"nn", 128, 128, 784}:    false,
		{"tn", 256, 256, 256}:    false,
	} {
		if got := p.MultiplyAdds() >= shortLimit; got != slow {
			t.Errorf("%s: left out by -short is %v, want %v", p.Name(), got, slow)
		}
	}
}

func TestNets(t *testing.T) {
	want := map[string]struct {
		widths, activations string
		parameters          int
	}{
		"A": {"8-10-8-1", "relu relu sigmoid", 187},
		"B": {"784-128-10", "relu softmax", 101_770},
		"C": {"784-512-512-10", "relu relu softmax", 669_706},
		"D": {"16-64-64-64-4", "tanh tanh tanh softmax", 9_668},
	}
	nets := Nets()
	if len(nets) != len(want) {
		t.Fatalf("%d nets, want %d", len(nets), len(want))
	}
	for _, n := range nets {
		model := modelOf(t, n)
		widths, activations := fmt.Sprint(model.Inputs()), ""
		for i, l := range model.Layers() {
			if l.Kind != net.DenseLayer {
				t.Errorf("net %s, layer %d is %v", n.Name, i+1, l.Kind)
			}
			widths += fmt.Sprintf("-%d", l.Units)
			activations += " " + l.Activation.String()
		}
		activations = strings.TrimSpace(activations)
		w := want[n.Name]
		if widths != w.widths || activations != w.activations || model.NumParameters() != w.parameters {
			t.Errorf("net %s is %s (%s) with %d parameters, want %s (%s) with %d", n.Name,
				widths, activations, model.NumParameters(), w.widths, w.activations, w.parameters)
		}
	}
}

// Each op runs, fills what it should fill, and can be repeated.
func TestMeasurementsRun(t *testing.T) {
	const limit = 1 << 23 // multiply-adds, so that the test is quick
	for benchmark, list := range measurementLists() {
		t.Run(benchmark, func(t *testing.T) {
			ran := 0
			for _, m := range list {
				if m.multiplyAdds > limit {
					continue
				}
				ran++
				op, out := m.setup(t)
				op()
				checkFilled(t, m.name, out)
				op()
				checkFilled(t, m.name, out)
			}
			if ran*5 < len(list) {
				t.Errorf("ran %d of %d", ran, len(list))
			}
		})
	}
}

func checkFilled(t *testing.T, name string, out []float32) {
	t.Helper()
	zeros := 0
	for i, v := range out {
		if math.IsNaN(float64(v)) || math.IsInf(float64(v), 0) {
			t.Fatalf("%s: value %d of %d is %v", name, i, len(out), v)
		}
		if v == 0 {
			zeros++
		}
	}
	if zeros == len(out) {
		t.Fatalf("%s: all %d values are 0", name, zeros)
	}
}

// multiply must compute what the product's name says, or the suite would measure something else.
func TestMultiplyMatchesTheName(t *testing.T) {
	for _, p := range []Product{{"nn", 3, 5, 300}, {"tn", 7, 4, 9}, {"nt", 6, 5, 11}} {
		a, b, c := Uniform(p.M*p.K, 1), Uniform(p.K*p.N, 1), unset(p.M*p.N)
		multiply(p, c, a, b)
		for i := range p.M {
			for j := range p.N {
				var want float64
				for k := range p.K {
					x, y := a[i*p.K+k], b[k*p.N+j]
					if p.Op == "tn" {
						x = a[k*p.M+i]
					}
					if p.Op == "nt" {
						y = b[j*p.K+k]
					}
					want += float64(x) * float64(y)
				}
				if got := float64(c[i*p.N+j]); math.Abs(got-want) > 1e-4 {
					t.Fatalf("%s: C[%d,%d] = %v, want %v", p.Name(), i, j, got, want)
				}
			}
		}
	}
}

// Prediction promises not to allocate, and its lines say whether it does.
func TestPredictDoesNotAllocate(t *testing.T) {
	for _, m := range predictMeasurements() {
		if m.multiplyAdds > 1<<20 {
			continue
		}
		op, _ := m.setup(t)
		if allocs := testing.AllocsPerRun(10, op); allocs != 0 {
			t.Errorf("%s: %v allocations an op", m.name, allocs)
		}
	}
}
