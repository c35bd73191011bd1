package net

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
)

// playEpochs plays epochs with the given values of a monitored name to a callback, as Fit would, on a model of one weight
// that is the number of the epoch. It returns the epoch after which the callback stopped (0 if it did not), the
// learning rate after each epoch, and the weight at the end.
func playEpochs(t *testing.T, c Callback, name string, values ...float64) (
	stopped int, rates []float64, weight float32) {
	t.Helper()
	m, err := New(1, Dense(1, Linear, NoBias()))
	if err != nil {
		t.Fatal(err)
	}
	trainer, err := m.NewTrainer(FitConfig{Loss: MeanSquaredError, Optimizer: SGD{LearningRate: 1}})
	if err != nil {
		t.Fatal(err)
	}
	r := &Run{Trainer: trainer}
	if err := c.TrainBegin(r); err != nil {
		t.Fatal(err)
	}
	for i, v := range values {
		r.epoch = i + 1
		r.log = EpochLog{Epoch: r.epoch, Values: []Value{{name, v}}}
		r.SetParameters([]float32{float32(r.epoch)})
		if err := c.EpochEnd(r); err != nil {
			t.Fatal(err)
		}
		rates = append(rates, trainer.LearningRate())
		if r.stopped {
			stopped = r.epoch
			break
		}
	}
	if err := c.TrainEnd(r); err != nil {
		t.Fatal(err)
	}
	return stopped, rates, r.Parameters()[0]
}

func TestEarlyStopping(t *testing.T) {
	nan := math.NaN()
	baseline := 0.5
	for _, c := range []struct {
		what    string
		stop    EarlyStopping
		name    string
		values  []float64
		stopped int
		best    int
		weight  float32
	}{
		{"a value that stays the same has not improved", EarlyStopping{}, "val_loss", []float64{1, 1, 0}, 2, 1, 2},
		{"patience counts epochs", EarlyStopping{Patience: 2}, "val_loss", []float64{1, 2, 0.5, 2, 3, 0}, 5, 3, 5},
		{"not in the first epoch", EarlyStopping{}, "val_loss", []float64{nan, nan, 0}, 2, 0, 2},
		{"accuracies rise", EarlyStopping{Monitor: "val_accuracy"}, "val_accuracy", []float64{0.1, 0.2, 0.3}, 0, 3, 3},
		{"so does r2, in training too", EarlyStopping{Monitor: "r2"}, "r2", []float64{-1, 0.2, 0.1}, 3, 2, 3},
		{"unless told otherwise", EarlyStopping{Monitor: "accuracy", Mode: Min}, "accuracy", []float64{0.1, 0.2}, 2, 1, 2},
		{"losses rise if told so", EarlyStopping{Mode: Max}, "val_loss", []float64{1, 2, 3}, 0, 3, 3},
		{"min delta itself is not enough", EarlyStopping{MinDelta: 0.25}, "val_loss", []float64{1, 0.75, 0.4}, 2, 1, 2},
		{"epochs let pass", EarlyStopping{StartFromEpoch: 3}, "val_loss", []float64{1, 2, 3, 4, 4, 0}, 5, 4, 5},
		{"the baseline must be beaten", EarlyStopping{Baseline: &baseline, Patience: 2}, "val_loss",
			[]float64{0.9, 0.8, 0.9, 0}, 3, 2, 3},
		{"the best weights come back", EarlyStopping{RestoreBestWeights: true, Patience: 2}, "val_loss",
			[]float64{3, 1, 2, 2, 0}, 4, 2, 2},
		{"they come back without a stop too", EarlyStopping{RestoreBestWeights: true, Patience: 9}, "val_loss",
			[]float64{3, 1, 2}, 0, 2, 2},
		{"the first ones if none is better", EarlyStopping{RestoreBestWeights: true, Patience: 3}, "val_loss",
			[]float64{nan, nan, nan, 0}, 3, 1, 1},
	} {
		for range 2 { // a callback can be used again
			stopped, _, weight := playEpochs(t, &c.stop, c.name, c.values...)
			if stopped != c.stopped || c.stop.StoppedEpoch != stopped || c.stop.BestEpoch != c.best || weight != c.weight {
				t.Errorf("%s: stopped after epoch %d (it says %d), best %d, weights of epoch %v; want %d, %d, %v", c.what,
					stopped, c.stop.StoppedEpoch, c.stop.BestEpoch, weight, c.stopped, c.best, c.weight)
			}
		}
	}
}

func TestReduceLROnPlateau(t *testing.T) {
	for _, c := range []struct {
		what   string
		reduce ReduceLROnPlateau
		values []float64
		rates  []float64
	}{
		{"after the patience", ReduceLROnPlateau{Factor: 0.5, Patience: 2}, []float64{1, 1, 1, 1, 1},
			[]float64{1, 1, 0.5, 0.5, 0.25}},
		{"an improvement begins it anew", ReduceLROnPlateau{Factor: 0.5, Patience: 2}, []float64{1, 1, 0.5, 0.5, 0.5},
			[]float64{1, 1, 1, 1, 0.5}},
		{"no patience", ReduceLROnPlateau{Factor: 0.5, Patience: -1}, []float64{1, 1, 1}, []float64{1, 0.5, 0.25}},
		{"min delta", ReduceLROnPlateau{Factor: 0.5, Patience: 1}, []float64{1, 0.99995}, []float64{1, 0.5}},
		{"no min delta", ReduceLROnPlateau{Factor: 0.5, Patience: 1, MinDelta: -1}, []float64{1, 0.99995}, []float64{1, 1}},
		{"cooldown", ReduceLROnPlateau{Factor: 0.5, Patience: 1, Cooldown: 2}, []float64{1, 1, 1, 1, 1},
			[]float64{1, 0.5, 0.5, 0.25, 0.25}},
		{"the floor", ReduceLROnPlateau{Factor: 0.5, Patience: 1, MinLR: 0.4}, []float64{1, 1, 1, 1},
			[]float64{1, 0.5, 0.4, 0.4}},
		{"no rise to the floor", ReduceLROnPlateau{Patience: 1, MinLR: 2}, []float64{1, 1, 1}, []float64{1, 1, 1}},
		{"defaults", ReduceLROnPlateau{}, make([]float64, 11), []float64{1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0.1}},
	} {
		if _, rates, _ := playEpochs(t, &c.reduce, "val_loss", c.values...); !slices.Equal(rates, c.rates) {
			t.Errorf("%s: learning rates %v, want %v", c.what, rates, c.rates)
		}
	}
}

func TestCallbacksRefuse(t *testing.T) {
	x, y := spirals(30)
	nan := math.NaN()
	for _, c := range []struct {
		want     string
		callback Callback
		schedule Schedule
	}{
		{"EarlyStopping with patience -1", &EarlyStopping{Monitor: "loss", Patience: -1}, nil},
		{"start from epoch -1", &EarlyStopping{Monitor: "loss", StartFromEpoch: -1}, nil},
		{"min delta NaN", &EarlyStopping{Monitor: "loss", MinDelta: nan}, nil},
		{"factor 1,", &ReduceLROnPlateau{Monitor: "loss", Factor: 1}, nil},
		{"factor -0.5,", &ReduceLROnPlateau{Monitor: "loss", Factor: -0.5}, nil},
		{"min delta NaN", &ReduceLROnPlateau{Monitor: "loss", MinDelta: nan}, nil},
		{"cooldown -1", &ReduceLROnPlateau{Monitor: "loss", Cooldown: -1}, nil},
		{"smallest rate NaN", &ReduceLROnPlateau{Monitor: "loss", MinLR: nan}, nil},
		{"cannot change the learning rate of a Schedule", &ReduceLROnPlateau{Monitor: "loss"},
			PiecewiseConstantDecay{Values: []float64{0.1}}},
		{`ReduceLROnPlateau monitors "val_accuracy", and there is only loss, accuracy`,
			&ReduceLROnPlateau{Monitor: "val_accuracy"}, nil},
	} {
		_, err := classifier(t).Fit(context.Background(), x, y, FitConfig{Loss: SparseCategoricalCrossEntropy,
			Metrics: []Metric{Accuracy}, Schedule: c.schedule, Callbacks: []Callback{c.callback}})
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("error %v, want one with %q", err, c.want)
		}
	}
}

// recorder notes every call with where the run is.
func recorder(calls *[]string, name string) CallbackFuncs {
	note := func(event string) func(*Run) error {
		return func(r *Run) error {
			*calls = append(*calls, fmt.Sprintf("%s%s %d.%d %d", name, event, r.Epoch(), r.Batch(), r.Rows()))
			return nil
		}
	}
	return CallbackFuncs{note("begin"), note("batch"), note("epoch"), note("end")}
}

func TestCallbackOrder(t *testing.T) {
	x, y := spirals(30)
	fit := func(callbacks ...Callback) (calls []string, h *History, err error) {
		callbacks = append([]Callback{recorder(&calls, "")}, callbacks...)
		h, err = classifier(t).Fit(context.Background(), x, y, FitConfig{Loss: SparseCategoricalCrossEntropy, Epochs: 2,
			BatchSize: 20, Callbacks: callbacks})
		return calls, h, err
	}
	stop := func(r *Run) error { r.Stop(); return nil }
	failure := errors.New("no more")
	fail := func(*Run) error { return failure }
	for _, c := range []struct {
		what     string
		callback CallbackFuncs
		calls    string
		epochs   int
	}{
		{"nothing", CallbackFuncs{},
			"begin 0.0 0, batch 1.1 20, batch 1.2 30, epoch 1.2 30, batch 2.1 20, batch 2.2 30, epoch 2.2 30, end 2.2 30", 2},
		{"a stop after a batch", CallbackFuncs{OnBatchEnd: stop}, "begin 0.0 0, batch 1.1 20, epoch 1.1 20, end 1.1 20", 1},
		{"a stop after an epoch", CallbackFuncs{OnEpochEnd: stop},
			"begin 0.0 0, batch 1.1 20, batch 1.2 30, epoch 1.2 30, end 1.2 30", 1},
		{"a stop at once", CallbackFuncs{OnTrainBegin: stop}, "begin 0.0 0, end 0.0 0", 0},
		{"an error at once", CallbackFuncs{OnTrainBegin: fail}, "begin 0.0 0", 0},
		{"an error after a batch", CallbackFuncs{OnBatchEnd: fail}, "begin 0.0 0, batch 1.1 20, end 1.1 20", 0},
		{"an error after an epoch", CallbackFuncs{OnEpochEnd: fail},
			"begin 0.0 0, batch 1.1 20, batch 1.2 30, epoch 1.2 30, end 1.2 30", 1},
	} {
		calls, h, err := fit(c.callback)
		if got := strings.Join(calls, ", "); got != c.calls || len(h.Epochs) != c.epochs {
			t.Errorf("%s: calls %s, %d epochs in the history; want %s, %d", c.what, got, len(h.Epochs), c.calls, c.epochs)
		}
		wantError := strings.Contains(c.what, "error")
		if wantError != (err != nil) || wantError && !errors.Is(err, failure) {
			t.Errorf("%s: error %v", c.what, err)
		}
	}
	var calls []string
	if _, _, err := fit(recorder(&calls, "second "), NoCallback{}); err != nil {
		t.Fatal(err)
	}
	if len(calls) != 8 {
		t.Errorf("the second of two callbacks was called %d times, want 8", len(calls))
	}
}

// TestDivergenceLeavesTheBestWeights: EarlyStopping restores them however training ends.
func TestDivergenceLeavesTheBestWeights(t *testing.T) {
	m, err := NewWithParameters(1, []Layer{Dense(1, Linear, NoBias())}, []float32{1})
	if err != nil {
		t.Fatal(err)
	}
	diverge := CallbackFuncs{OnEpochEnd: func(r *Run) error {
		if r.Epoch() == 2 {
			return r.SetParameters([]float32{float32(math.NaN())})
		}
		return nil
	}}
	_, err = m.Fit(context.Background(), []float32{1}, []float32{0}, FitConfig{Loss: MeanSquaredError,
		Optimizer: SGD{LearningRate: 0.25}, Epochs: 9, Callbacks: []Callback{
			&EarlyStopping{Monitor: "loss", Patience: 9, RestoreBestWeights: true}, diverge, TerminateOnNaN{}}})
	if !errors.Is(err, ErrDiverged) {
		t.Errorf("error %v, want ErrDiverged", err)
	}
	if got := m.Parameters()[0]; got != 0.25 { // 1 → 0.5 → 0.25, the weight after the best epoch
		t.Errorf("the weight is %v, want that of the second epoch, 0.25", got)
	}
}

func TestTerminateOnInfinity(t *testing.T) {
	for _, loss := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
		if err := (TerminateOnNaN{}).BatchEnd(&Run{batchLoss: loss, epoch: 3, batch: 4}); !errors.Is(err, ErrDiverged) ||
			!strings.Contains(err.Error(), "epoch 3, batch 4") {
			t.Errorf("a loss of %v: error %v", loss, err)
		}
	}
	if err := (TerminateOnNaN{}).BatchEnd(&Run{batchLoss: math.MaxFloat64}); err != nil {
		t.Errorf("a finite loss: %v", err)
	}
}
