package main

import (
	"strings"
	"testing"

	"nnrt/internal/ulp"
	"nnrt/kernels"
)

func TestEveryFunctionIsMeasured(t *testing.T) {
	var out, progress strings.Builder
	args := []string{"-stride", "1000003", "-tier", strings.Join(kernels.Tiers(), ",")}
	if err := run(args, &out, &progress); err != nil {
		t.Fatal(err)
	}
	rows := strings.Split(strings.TrimSpace(out.String()), "\n")[2:]
	for _, f := range ulp.Functions {
		title := measured[f.Name].title
		if title == "" || !strings.Contains(out.String(), "\n| "+title) {
			t.Errorf("no row of %s in\n%s", f.Name, out.String())
		}
	}
	for _, row := range rows {
		if strings.Count(row, "|") != 7 {
			t.Errorf("row %q", row)
		}
	}
}

// TestWhatIsWrongIsSaid by a function that is not the one it is measured as, and a limit that is too low.
func TestWhatIsWrongIsSaid(t *testing.T) {
	tanh := ulp.Functions[4]
	if tanh.Name != "tanh" {
		t.Fatal(tanh.Name)
	}
	tanh.Limit = ulp.Limit(0.75)
	var out strings.Builder
	if err := measure(tanh, kernels.Tiers(), 1000003, &out); err == nil || !strings.Contains(err.Error(), "limit 0.75") {
		t.Errorf("a limit that does not hold: %v", err)
	}
	one, other := []float32{1, 2, 3}, []float32{1, 2.5, 3}
	results := errorsOf(tanh, []float32{0.1, 0.2, 0.3}, [][]float32{one, other}, 0)
	if err := report(tanh, []string{"a", "b"}, results, &out); err == nil ||
		!strings.Contains(err.Error(), "a and b differ at 1 arguments, the first of them 0.2") {
		t.Errorf("tiers that differ: %v", err)
	}
	for _, args := range []string{"-tier abacus", "-function cosh", "-stride 0", "tanh"} {
		if run(strings.Fields(args), &out, &out) == nil {
			t.Errorf("%s is accepted", args)
		}
	}
}
