package net

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"nnrt/kernels"
)

// measure returns a metric over rows of the given numbers of outputs and target values.
func measure(t *testing.T, m Metric, outputs, targets int, p, y []float32) float64 {
	t.Helper()
	states, err := newMetricStates([]Metric{m}, outputs, targets)
	if err != nil {
		t.Fatal(err)
	}
	states[0].add(p, y)
	return states[0].value()
}

func TestMetricsOfUnusualRows(t *testing.T) {
	nan := float32(math.NaN())
	inf := float32(math.Inf(1))
	top := TopKCategoricalAccuracy
	for _, c := range []struct {
		what             string
		metric           Metric
		outputs, targets int
		p, y             []float32
		want             float64
	}{
		{"exactly one half is not above it", Accuracy, 1, 1, []float32{0.5, 0.5}, []float32{0, 1}, 0.5},
		{"only 0 and 1 are classes", Accuracy, 1, 1, []float32{0.1, 0.9, 0.9}, []float32{-1, 0.9, 1}, 1.0 / 3},
		{"the first of equal outputs", Accuracy, 3, 1, []float32{1, 1, 0, 0, 1, 1}, []float32{1, 1}, 0.5},
		{"one-hot targets", Accuracy, 2, 2, []float32{0.3, 0.7, 0.3, 0.7}, []float32{0, 1, 1, 0}, 0.5},
		{"equal outputs do not push out", top.WithK(1), 3, 1, []float32{1, 1, 0}, []float32{1}, 1},
		{"a NaN in the row", top.WithK(2), 3, 1, []float32{nan, 1, 0}, []float32{1}, 0},
		{"a NaN in the row, all classes asked for", top, 3, 1, []float32{nan, 1, 0}, []float32{1}, 0},
		{"an infinity, all classes asked for", top.WithK(math.MaxInt), 3, 1, []float32{inf, 1, 0}, []float32{0}, 0},
		{"all classes asked for", top, 3, 1, []float32{2, 1, 0}, []float32{2}, 1},
		{"nothing claimed", Precision, 1, 1, []float32{0.1, 0.5}, []float32{1, 0}, 0},
		{"nothing to recall", Recall, 1, 1, []float32{0.9}, []float32{0}, 0},
		{"nothing at all", F1Score, 1, 1, []float32{0.1}, []float32{0}, 0},
		{"2·2/(3+4)", F1Score, 1, 1, []float32{0.9, 0.9, 0.9, 0.1, 0.1}, []float32{1, 1, 0, 1, 1}, 4.0 / 7},
		{"one class only", AUC, 1, 1, []float32{0.2, 0.9}, []float32{1, 1}, 0},
		{"all equal", AUC, 1, 1, []float32{1, 1, 1}, []float32{1, 0, 1}, 0.5},
		{"infinities are in order", AUC, 1, 1, []float32{inf, -inf, 0}, []float32{1, 0, 0}, 1},
		{"two of four pairs and a tie", AUC, 1, 1, []float32{0.4, 0.6, 0.4, 0.5}, []float32{1, 1, 0, 0}, 0.625},
		{"no order without numbers", AUC, 1, 1, []float32{0.3, nan, 0.1}, []float32{1, 0, 0}, math.NaN()},
		{"Σe² 5, Σ(y−ȳ)² 2", R2Score, 1, 1, []float32{1, 2, 5}, []float32{1, 3, 3}, 1 - 5/(8.0/3)},
		{"equal targets, met", R2Score, 1, 1, []float32{0.1, 0.1}, []float32{0.1, 0.1}, 1},
		{"equal targets, missed", R2Score, 1, 1, []float32{0.1, 0.2}, []float32{0.1, 0.1}, 0},
		{"far from zero", R2Score, 1, 1, []float32{1e7, 1e7 + 2}, []float32{1e7, 1e7 + 1}, 1 - 1/0.5},
		{"two outputs", RootMeanSquaredError, 2, 2, []float32{1, 2, 3, 4}, []float32{1, 2, 3, 0}, 2},
		{"two outputs", MeanAbsoluteErrorMetric, 2, 2, []float32{1, 2, 3, 4}, []float32{0, 2, 3, 7}, 1},
	} {
		got := measure(t, c.metric, c.outputs, c.targets, c.p, c.y)
		if math.Abs(got-c.want) > 1e-15 || math.IsNaN(got) != math.IsNaN(c.want) {
			t.Errorf("%v, %s: %v, want %v", c.metric, c.what, got, c.want)
		}
	}
}

// TestAUCCountsPairs holds the sorted computation against all pairs.
func TestAUCCountsPairs(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	p, y := make([]float32, 200), make([]float32, 200)
	for i := range p {
		y[i] = float32(r.IntN(2))
		p[i] = float32(r.IntN(20)) + 4*y[i]
	}
	var won, pairs float64
	for i := range p {
		for j := range p {
			if y[i] == 1 && y[j] == 0 {
				pairs++
				if p[i] > p[j] {
					won++
				} else if p[i] == p[j] {
					won += 0.5
				}
			}
		}
	}
	if got := measure(t, AUC, 1, 1, p, y); got != won/pairs {
		t.Errorf("AUC %v, of all pairs %v", got, won/pairs)
	}
}

func TestMetricsForgetAtReset(t *testing.T) {
	for _, m := range []Metric{Accuracy, Precision, Recall, F1Score, AUC, MeanSquaredErrorMetric, MeanAbsoluteErrorMetric,
		RootMeanSquaredError, R2Score} {
		p, y := []float32{0.9, 0.2, 0.7, 0.1}, []float32{1, 0, 0, 1}
		want := measure(t, m, 1, 1, p, y)
		states, err := newMetricStates([]Metric{m}, 1, 1)
		if err != nil {
			t.Fatal(err)
		}
		s := &states[0]
		s.add([]float32{0.8, -3}, []float32{0, 1})
		s.reset()
		for i := range p { // row by row, as in batches of one
			s.add(p[i:i+1], y[i:i+1])
		}
		if got := s.value(); got != want {
			t.Errorf("%v: %v after a reset, row by row; %v at once", m, got, want)
		}
	}
}

func TestMetricsRefuse(t *testing.T) {
	for _, c := range []struct {
		want             string
		metric           Metric
		outputs, targets int
	}{
		{"unknown metric 0", Metric{}, 1, 1},
		{"unknown metric 99", Metric{Kind: 99}, 1, 1},
		{"top_k_accuracy with K 0", TopKCategoricalAccuracy.WithK(0), 3, 1},
		{"top_k_accuracy with K 5 and 1 outputs", TopKCategoricalAccuracy, 1, 1},
		{"auc is for one output, the model has 2", AUC, 2, 2},
		{"recall is for one output", Recall, 3, 1},
		{"r2 needs 3 target values a row", R2Score, 3, 1},
		{"mse needs 3 target values a row", MeanSquaredErrorMetric, 3, 1},
	} {
		if _, err := newMetricStates([]Metric{c.metric}, c.outputs, c.targets); err == nil ||
			!strings.Contains(err.Error(), c.want) {
			t.Errorf("error %v, want one with %q", err, c.want)
		}
	}
}

// TestCountsAreTheDefinitions holds the counts without branches against what they count, for numbers that are equal, not
// numbers, or zeros with a sign.
func TestCountsAreTheDefinitions(t *testing.T) {
	r := rand.New(rand.NewPCG(2, 2))
	nan := float32(math.NaN())
	numbers := []float32{0, float32(math.Copysign(0, -1)), 0.5, 1, -1, 0.25, nan, float32(math.Inf(1)),
		float32(math.Inf(-1))}
	for round := range 3000 {
		some := numbers[:2+r.IntN(len(numbers)-1)]
		draw := func(n int) []float32 {
			x := make([]float32, n)
			for i := range x {
				x[i] = some[r.IntN(len(some))]
			}
			return x
		}
		rows := 1 + r.IntN(20)
		p, y := draw(rows), draw(rows)
		var hits, claimed, positives, both int
		for i := range p {
			if p[i] > 0.5 && y[i] == 1 || !(p[i] > 0.5) && y[i] == 0 {
				hits++
			}
			if p[i] > 0.5 {
				claimed++
			}
			if y[i] > 0.5 {
				positives++
			}
			if p[i] > 0.5 && y[i] > 0.5 {
				both++
			}
		}
		if got := kernels.BinaryHits(p, y); got != hits {
			t.Fatalf("binary hits of %v for %v: %d, want %d", p, y, got, hits)
		}
		if a, b, c := confusion(p, y); a != claimed || b != positives || c != both {
			t.Fatalf("confusion of %v for %v: %d, %d, %d, want %d, %d, %d", p, y, a, b, c, claimed, positives, both)
		}
		width := 2 + r.IntN(5)
		s := metricState{outputs: width, targets: 1 + (width-1)*(round%2)}
		p, y = draw(rows*width), draw(rows*s.targets)
		hits = 0
		for i := range rows {
			if s.targets == 1 {
				y[i] = float32(r.IntN(width))
			}
			if argmax(p[i*width:][:width]) == s.class(y[i*s.targets:]) {
				hits++
			}
		}
		if got := s.classHits(p, y); got != hits {
			t.Fatalf("hits of %v, rows of %d, for %v: %d, want %d", p, width, y, got, hits)
		}
	}
}
