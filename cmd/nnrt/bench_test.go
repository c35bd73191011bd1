package main

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"testing"
)

func TestBench(t *testing.T) {
	// Go's benchmark format: name, iterations, then pairs of value and unit.
	form := regexp.MustCompile(`^Benchmark[A-Z][A-Za-z]*(/[a-z]+=[^/\s]+)*-2\t +\d+\t +[\d.]+ ns/op(\t +[-+\d.e]+ \S+)+$`)
	model := handmadeClasses(t)
	for _, c := range []struct {
		flags []string
		lines []string // how they begin
		units []string
	}{
		{[]string{"--what", "gemm", "--shape", "3x5x7", "--shape", "1x1x1"}, []string{"Peak/op=fma", "GEMM/op=nn/m=3/n=7/k=5",
			"GEMM/op=tn/m=5/n=7/k=3", "GEMM/op=nt/m=3/n=5/k=7", "GEMM/op=nn/m=1/n=1/k=1", "GEMM/op=tn/m=1/n=1/k=1",
			"GEMM/op=nt/m=1/n=1/k=1"}, []string{"GFLOP/s"}},
		{[]string{"--what", "predict,train", "--batch", "1,3", model}, []string{"Predict/net=model/batch=1",
			"Predict/net=model/batch=3", "Train/net=model/batch=1", "Train/net=model/batch=3"}, []string{"rows/s", "ns/row"}},
		{[]string{"--batch", "2", model, "--count", "2"}, []string{"Predict/net=model/batch=2", "Predict/net=model/batch=2",
			"Train/net=model/batch=2", "Train/net=model/batch=2"}, []string{"rows/s"}},
	} {
		args := append([]string{"bench", "--time", "1us", "--threads", "2"}, c.flags...)
		lines := strings.Split(strings.TrimSuffix(nnrt(args...).must(t), "\n"), "\n")
		var results []string
		for _, line := range lines {
			if strings.HasPrefix(line, "Benchmark") {
				results = append(results, line)
			} else if !regexp.MustCompile(`^[a-z]+: `).MatchString(line) {
				t.Errorf("%v: line %q", c.flags, line)
			}
		}
		if len(results) != len(c.lines) {
			t.Fatalf("%v: %d results, want %d:\n%s", c.flags, len(results), len(c.lines), strings.Join(results, "\n"))
		}
		for i, line := range results {
			if !form.MatchString(line) || !strings.HasPrefix(line, "Benchmark"+c.lines[i]+"-2\t") {
				t.Errorf("result %d is %q, want %s", i+1, line, c.lines[i])
			}
			for _, unit := range c.units {
				if !strings.Contains(line+"\t", " "+unit+"\t") {
					t.Errorf("no %s in %q", unit, line)
				}
			}
		}
		var report struct {
			Arch    string
			Tier    string
			Peak    float64 `json:"peak_gflops"`
			Results []struct {
				Name       string
				Iterations int
				NsPerOp    float64 `json:"ns_per_op"`
				Metrics    map[string]float64
			}
		}
		if err := json.Unmarshal([]byte(nnrt(append(args, "--json")...).must(t)), &report); err != nil {
			t.Fatal(err)
		}
		if len(report.Results) != len(c.lines) || report.Arch == "" || report.Tier == "" {
			t.Errorf("%v: %+v", c.flags, report)
		}
		for i, r := range report.Results {
			if r.Name != "Benchmark"+c.lines[i]+"-2" || r.Iterations < 1 || !(r.NsPerOp > 0) || !(r.Metrics[c.units[0]] > 0) {
				t.Errorf("result %d: %+v", i+1, r)
			}
			if strings.Contains(r.Name, "GEMM") && !(r.Metrics["of-peak"] > 0) {
				t.Errorf("no fraction of the peak: %+v", r)
			}
		}
	}
}

func TestBenchOfEveryActivationAndNetwork(t *testing.T) {
	if testing.Short() {
		t.Skip("seconds of arithmetic")
	}
	out := nnrt("bench", "--what", "act,predict,train", "--time", "1us", "--batch", "1").must(t)
	for _, want := range []string{"Activation/name=relu/n=4096-1", "Activation/name=log_softmax/n=4096-1",
		"Predict/net=A/batch=1-1",
		"Train/net=D/batch=1-1", "Predict/net=C/batch=1-1"} {
		if !strings.Contains(out, "\nBenchmark"+want+"\t") {
			t.Errorf("no %s in\n%s", want, out)
		}
	}
	if strings.Contains(out, "swish") {
		t.Error("swish, another name of silu, is measured too")
	}
}

func TestBenchTargets(t *testing.T) {
	if got := benchTargets(3, 1); !slices.Equal(got, []float32{0, 1, 0}) {
		t.Errorf("one output: %v", got)
	}
	if got := benchTargets(3, 2); !slices.Equal(got, []float32{1, 0, 0, 1, 1, 0}) {
		t.Errorf("two outputs: %v", got)
	}
}
