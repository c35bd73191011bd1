package net

import (
	"math"
	"strings"
	"testing"
)

func evaluateLoss(t *testing.T, m *Model, x, y []float32, c EvaluateConfig) float64 {
	t.Helper()
	values, err := m.Evaluate(x, y, c)
	if err != nil {
		t.Fatal(err)
	}
	if len(values) != 1+len(c.Metrics) || values[0].Name != "loss" {
		t.Fatalf("Evaluate returns %v", values)
	}
	return values[0].Value
}

// TestEvaluateMeasuresWhatTrainingDoes: without dropout and batch normalisation the loss of a batch before its step is
// what Evaluate says of it, weights and regularisers included, whatever the last layer and the loss's form.
func TestEvaluateMeasuresWhatTrainingDoes(t *testing.T) {
	x, y := spirals(150)
	weight := make([]float32, len(y))
	for i := range weight {
		weight[i] = float32(i%4) / 2
	}
	hidden := Dense(8, GELU, KernelRegularizer(L1(0.01)), BiasRegularizer(L2(0.1)), ActivityRegularizer(L2(0.02)))
	logits := SparseCategoricalCrossEntropy
	logits.FromLogits = true
	for name, c := range map[string]struct {
		loss   Loss
		layers []Layer
	}{
		"fused":            {SparseCategoricalCrossEntropy, []Layer{hidden, LayerNormalization(), Dense(3, Softmax)}},
		"activation layer": {SparseCategoricalCrossEntropy, []Layer{hidden, Dense(3, Linear), Activate(Softmax)}},
		"logits":           {logits, []Layer{hidden, Dropout(0), Dense(3, Linear, ActivityRegularizer(L1(0.1)))}},
		"probabilities":    {SparseCategoricalCrossEntropy, []Layer{hidden, Dense(3, Sigmoid)}},
		"nothing to learn": {SparseCategoricalCrossEntropy, []Layer{Activate(Softmax)}},
	} {
		t.Run(name, func(t *testing.T) {
			m := classifier(t, c.layers...)
			y := y
			if name == "nothing to learn" { // two outputs
				y = make([]float32, len(y))
			}
			for _, w := range [][]float32{nil, weight} {
				got := evaluateLoss(t, m, x, y, EvaluateConfig{Loss: c.loss, BatchSize: 150, SampleWeight: w})
				trainer, err := m.NewTrainer(FitConfig{Loss: c.loss})
				if err != nil {
					t.Fatal(err)
				}
				if want := trainOn(t, trainer, x, y, w); math.Abs(got-want) > 1e-7*want {
					t.Errorf("Evaluate's loss %v, the batch's %v (weighted: %v)", got, want, w != nil)
				}
				for _, batch := range []int{0, 1, 7, 149, 1000} {
					other := evaluateLoss(t, m, x, y, EvaluateConfig{Loss: c.loss, BatchSize: batch, SampleWeight: w})
					if math.Abs(other-got) > 1e-6*got {
						t.Errorf("loss %v in batches of %d, %v at once (weighted: %v)", other, batch, got, w != nil)
					}
				}
			}
		})
	}
}

func TestEvaluateRefuses(t *testing.T) {
	x, y := spirals(10)
	m := classifier(t)
	loss := SparseCategoricalCrossEntropy
	smoothed := CategoricalCrossEntropy
	smoothed.LabelSmoothing = 1.5
	for _, c := range []struct {
		want string
		x, y []float32
		c    EvaluateConfig
	}{
		{"no loss given", x, y, EvaluateConfig{}},
		{"batches of -1 rows", x, y, EvaluateConfig{Loss: loss, BatchSize: -1}},
		{"no rows", nil, nil, EvaluateConfig{Loss: loss}},
		{"10 rows need 10 target values", x, y[:9], EvaluateConfig{Loss: loss}},
		{"9 sample weights for 10 rows", x, y, EvaluateConfig{Loss: loss, SampleWeight: y[:9]}},
		{"no class index", x, append([]float32{7}, y[1:]...), EvaluateConfig{Loss: loss}},
		{"auc is for one output", x, y, EvaluateConfig{Loss: loss, Metrics: []Metric{AUC}}},
		{"label smoothing 1.5", x, y, EvaluateConfig{Loss: smoothed}},
		{"huber with delta 0", x, y, EvaluateConfig{Loss: Loss{Kind: Huber.Kind}}},
	} {
		if _, err := m.Evaluate(c.x, c.y, c.c); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("error %v, want one with %q", err, c.want)
		}
	}
}

func TestLossNames(t *testing.T) {
	for _, l := range []Loss{BinaryCrossEntropy, CategoricalCrossEntropy, SparseCategoricalCrossEntropy, MeanSquaredError,
		MeanAbsoluteError, Huber, LogCosh, Hinge, Poisson, KLDivergence} {
		if got, ok := ParseLoss(l.String()); !ok || got != l {
			t.Errorf("ParseLoss(%q) = %+v, %v, want %+v", l.String(), got, ok, l)
		}
	}
	for name, want := range map[string]Loss{"mse": MeanSquaredError, "mae": MeanAbsoluteError, "bce": BinaryCrossEntropy,
		"logcosh": LogCosh, "kld": KLDivergence, "huber_loss": Huber} {
		if got, ok := ParseLoss(name); !ok || got != want {
			t.Errorf("ParseLoss(%q) = %+v, %v, want %+v", name, got, ok, want)
		}
	}
	for _, name := range []string{"", "huber ", "loss 0"} {
		if got, ok := ParseLoss(name); ok {
			t.Errorf("ParseLoss(%q) = %v", name, got)
		}
	}
}

func TestHistory(t *testing.T) {
	h := History{Epochs: []EpochLog{
		{Epoch: 1, Values: []Value{{"loss", 0.5}, {"val_loss", 0.75}}},
		{Epoch: 2, Values: []Value{{"loss", 0.25}, {"val_loss", math.NaN()}}},
	}}
	if got := h.Get("loss"); len(got) != 2 || got[0] != 0.5 || got[1] != 0.25 {
		t.Errorf("losses %v, want 0.5 and 0.25", got)
	}
	if got := h.Get("accuracy"); got != nil {
		t.Errorf("accuracies %v, there are none", got)
	}
	if v, ok := h.Epochs[0].Get("val_loss"); !ok || v != 0.75 {
		t.Errorf("val_loss %v, %v", v, ok)
	}
	if got, want := FormatValues(h.Epochs[1].Values), "loss: 0.2500 - val_loss: NaN"; got != want {
		t.Errorf("formatted as %q, want %q", got, want)
	}
}
