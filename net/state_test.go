package net

import (
	"context"
	"errors"
	"fmt"
	"math"
	"reflect"
	"strings"
	"testing"

	"nnrt/kernels"
)

// resumable is a training with everything in it that has a state: 4 epochs of 5 batches, the last one smaller.
func resumable(o Optimizer) (x, y []float32, layers []Layer, c FitConfig) {
	x, y = spirals(40)
	for i := range y {
		y[i] = float32(i & 1)
	}
	layers = []Layer{Dense(12, ReLU), BatchNormalization(), Dropout(0.25), Dense(1, Sigmoid)}
	return x, y, layers, FitConfig{Loss: BinaryCrossEntropy, Optimizer: o, Epochs: 4, BatchSize: 7, Seed: 5,
		Metrics: []Metric{Accuracy, AUC, Recall, R2Score}, ValidationSplit: 0.2, ClassWeight: map[int]float32{1: 0.5},
		Callbacks: []Callback{&EarlyStopping{Patience: 2, RestoreBestWeights: true},
			&ReduceLROnPlateau{Monitor: "loss", Patience: 1, MinDelta: 0.02, Factor: 0.5}}}
}

// stopAfter ends a context after so many batches.
func stopAfter(batches int) (context.Context, Callback) {
	ctx, cancel := context.WithCancel(context.Background())
	if batches == 0 {
		cancel()
	}
	return ctx, CallbackFuncs{OnBatchEnd: func(*Run) error {
		if batches--; batches == 0 {
			cancel()
		}
		return nil
	}}
}

func sameHistory(a, b *History) bool {
	return fmt.Sprintf("%x", a.Epochs) == fmt.Sprintf("%x", b.Epochs)
}

// TestResume stops trainings after every batch there is and goes on from the state, with other kernels and threads.
func TestResume(t *testing.T) {
	before := kernels.Active()
	defer kernels.Use(before)
	for _, o := range []Optimizer{SGD{}, SGD{Momentum: 0.9}, RMSprop{Centered: true, Momentum: 0.5}, Adam{},
		Adam{AMSGrad: true}, AdamW{}, Adagrad{}, Nadam{}, Adamax{}, Lion{}} {
		t.Run(fmt.Sprintf("%T", o), func(t *testing.T) {
			x, y, layers, c := resumable(o)
			want := classifier(t, layers...)
			history, err := want.Fit(context.Background(), x, y, c)
			if err != nil {
				t.Fatal(err)
			}
			step := 1
			if testing.Short() {
				step = 3
			}
			for n := 0; n < 5*len(history.Epochs); n += step {
				var state *State
				_, _, _, c := resumable(o)
				ctx, stop := stopAfter(n)
				c.Callbacks = append(c.Callbacks, stop)
				c.Checkpoint, c.CheckpointEvery = func(s *State) error { state = s; return nil }, 100
				if _, err := classifier(t, layers...).Fit(ctx, x, y, c); !errors.Is(err, context.Canceled) {
					t.Fatal(err)
				}
				if state == nil || state.Epoch != n/5 || state.Batch != n%5 || state.Step != int64(n) {
					t.Fatalf("after %d batches the state is %+v", n, state)
				}
				if err := kernels.Use("generic"); err != nil {
					t.Fatal(err)
				}
				_, _, _, c = resumable(o)
				c.Resume, c.Threads = state, 1+n%3
				got := classifier(t, layers...)
				resumed, err := got.Fit(context.Background(), x, y, c)
				if err != nil {
					t.Fatal(err)
				}
				if err := kernels.Use(before); err != nil {
					t.Fatal(err)
				}
				if !sameBits(got.Parameters(), want.Parameters()) || !sameHistory(resumed, history) {
					t.Fatalf("resumed after %d batches it is another model or history", n)
				}
			}
		})
	}
}

// TestCheckpointEvery: the states that are saved, and a training resumed for more epochs than it was begun for.
func TestCheckpointEvery(t *testing.T) {
	x, y, layers, c := resumable(Adam{})
	c.Callbacks = nil
	c.CheckpointEvery = 2
	var states []*State
	c.Checkpoint = func(s *State) error { states = append(states, s); return nil }
	c.Epochs = 5
	if _, err := classifier(t, layers...).Fit(context.Background(), x, y, c); err != nil {
		t.Fatal(err)
	}
	if len(states) != 2 || states[0].Epoch != 2 || states[1].Epoch != 4 || states[0].Batch+states[1].Batch != 0 {
		t.Fatalf("states %+v, want those after 2 and 4 epochs", states)
	}
	c.Checkpoint, c.Epochs = nil, 7
	want, got := classifier(t, layers...), classifier(t, layers...)
	history, err := want.Fit(context.Background(), x, y, c)
	if err != nil {
		t.Fatal(err)
	}
	c.Resume = states[1]
	resumed, err := got.Fit(context.Background(), x, y, c)
	if err != nil {
		t.Fatal(err)
	}
	if !sameBits(got.Parameters(), want.Parameters()) || !sameHistory(resumed, history) {
		t.Error("five epochs and then two are not seven")
	}
	full := errors.New("full")
	c.Checkpoint = func(*State) error { return full }
	if _, err := got.Fit(context.Background(), x, y, c); !errors.Is(err, full) {
		t.Errorf("error %v, want that of Checkpoint", err)
	}
}

// TestStoppedStaysStopped: a training that was resumed after it had stopped early is not trained on.
func TestStoppedStaysStopped(t *testing.T) {
	x, y, layers, c := resumable(SGD{})
	c.Callbacks = []Callback{&EarlyStopping{Mode: Max, RestoreBestWeights: true}}
	c.Epochs = 50
	var state *State
	c.Checkpoint = func(s *State) error { state = s; return nil }
	want, got := classifier(t, layers...), classifier(t, layers...)
	if _, err := want.Fit(context.Background(), x, y, c); err != nil {
		t.Fatal(err)
	}
	stopping := &EarlyStopping{Mode: Max, RestoreBestWeights: true}
	c.Callbacks, c.Checkpoint, c.Resume = []Callback{stopping}, nil, state
	history, err := got.Fit(context.Background(), x, y, c)
	if err != nil {
		t.Fatal(err)
	}
	if !state.Stopped || len(history.Epochs) != state.Epoch || stopping.StoppedEpoch != state.Epoch ||
		stopping.BestEpoch >= state.Epoch {
		t.Errorf("stopped %v after %d epochs, a history of %d, %+v", state.Stopped, state.Epoch, len(history.Epochs),
			stopping)
	}
	if !sameBits(got.Parameters(), want.Parameters()) {
		t.Error("the weights are not the best ones")
	}
}

// TestResumeRefusesAnotherTraining: whatever differs is named, with both values.
func TestResumeRefusesAnotherTraining(t *testing.T) {
	x, y, layers, c := resumable(Adam{})
	state := stateAfter(t, 7)
	other := func(values []float32, v float32) []float32 {
		values = append([]float32(nil), values...)
		values[3] = v
		return values
	}
	stopping := c.Callbacks[0]
	for _, tc := range []struct {
		want   string
		change func()
	}{
		{"the number of epochs is 1, was at least 2", func() { c.Epochs = 1 }},
		{"loss is hinge", func() { c.Loss = Hinge }},
		{"optimizer is adam{LearningRate:0.5", func() { c.Optimizer = Adam{LearningRate: 0.5} }},
		{"optimizer is sgd", func() { c.Optimizer = SGD{} }},
		{"schedule is net.CosineDecay{", func() { c.Schedule = CosineDecay{InitialLearningRate: 1, DecaySteps: 9} }},
		{"batch size is 8, was 7", func() { c.BatchSize = 8 }},
		{"seed is 6, was 5", func() { c.Seed = 6 }},
		{"shuffling is false, was true", func() { c.NoShuffle = true }},
		{"class weights is none, was 1=0.5", func() { c.ClassWeight = nil }},
		{"metric 4 is not there, was r2", func() { c.Metrics = c.Metrics[:3] }},
		{"metric 5 is rmse (K 0), was not there", func() { c.Metrics = append(c.Metrics, RootMeanSquaredError) }},
		{"rows is 36, was 32", func() { c.ValidationSplit = 0.1 }},
		{"the content of the inputs", func() { x = other(x, 0.5) }},
		{"the content of the targets", func() { y = other(y, 0.5) }},
		{"the content of the validation targets", func() { y = append(y[:39:39], 0.5) }},
		{"the content of the weights", func() { c.SampleWeight = other(make([]float32, 40), 1) }},
		{"layer 1", func() { layers[0].Activation = Tanh }},
		{"the number of layers is 3, was 4", func() { layers = append(layers[:1:1], layers[2:]...) }},
		{"callback 1 with a state is ReduceLROnPlateau(", func() { c.Callbacks = c.Callbacks[1:] }},
		{"callback 2 with a state is none, was ReduceLROnPlateau(", func() { c.Callbacks = c.Callbacks[:1] }},
		{"callback 3 with a state", func() { c.Callbacks = append(c.Callbacks, stopping) }},
		{"patience 3", func() { c.Callbacks[0] = &EarlyStopping{Patience: 3, RestoreBestWeights: true} }},
	} {
		x, y, layers, c = resumable(Adam{})
		tc.change()
		c.Resume = state
		m := classifier(t, layers...)
		before := m.Parameters()
		_, err := m.Fit(context.Background(), x, y, c)
		var mismatch *MismatchError
		if !errors.As(err, &mismatch) || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("error %v, want one with %q", err, tc.want)
		}
		if !sameBits(before, m.Parameters()) {
			t.Errorf("%s: the model was changed", tc.want)
		}
	}
}

// stateAfter returns the state of a resumable training after so many batches.
func stateAfter(t *testing.T, batches int) *State {
	t.Helper()
	var state *State
	x, y, layers, c := resumable(Adam{})
	ctx, stop := stopAfter(batches)
	c.Callbacks = append(c.Callbacks, stop)
	c.Checkpoint, c.CheckpointEvery = func(s *State) error { state = s; return nil }, 100
	if _, err := classifier(t, layers...).Fit(ctx, x, y, c); !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	return state
}

// TestBadStates: whatever numbers a state has, the answer is an error.
func TestBadStates(t *testing.T) {
	for i, change := range []func(s *State){
		func(s *State) { s.Model = nil },
		func(s *State) { s.Epoch = -1 },
		func(s *State) { s.Batch = -1 },
		func(s *State) { s.Batch = 5 },
		func(s *State) { s.Step = -1 },
		func(s *State) { s.Step = 8 },
		func(s *State) { s.Step = math.MaxInt64 },
		func(s *State) { *s = *stateAfter(t, 0); s.Stopped = true },
		func(s *State) { s.History[0].Epoch = 2 },
		func(s *State) { s.History[0].Values = s.History[0].Values[1:] },
		func(s *State) { s.History[0].Values[3].Name = "recall at" },
		func(s *State) { s.LearningRate = math.NaN() },
		func(s *State) { s.LearningRate = -1 },
		func(s *State) { s.LearningRate = math.Inf(1) },
		func(s *State) { s.History = nil },
		func(s *State) { s.Slots = s.Slots[:1] },
		func(s *State) { s.Slots[1] = s.Slots[1][1:] },
		func(s *State) { s.Metrics = nil },
		func(s *State) { s.Metrics = s.Metrics[1:] },
		func(s *State) { s.Metrics = append(s.Metrics, 1) },
		func(s *State) { s.Callbacks[0].Numbers = nil },
		func(s *State) { s.Callbacks[0].Numbers[1] = math.NaN() },
		func(s *State) { s.Callbacks[0].Numbers[2] = 2 },
		func(s *State) { s.Callbacks[0].Numbers[2] = 0.5 },
		func(s *State) { s.Callbacks[0].Numbers[3] = -1 },
		func(s *State) { s.Callbacks[0].Weights = s.Callbacks[0].Weights[1:] },
		func(s *State) { s.Callbacks[0].Weights = nil },
		func(s *State) { s.Callbacks[0].Numbers[2] = 0 },
		func(s *State) { s.Callbacks[0].Weights[5] = float32(math.Inf(-1)) },
		func(s *State) { s.Callbacks[1].Numbers = s.Callbacks[1].Numbers[1:] },
		func(s *State) { s.Callbacks[1].Numbers[1] = 1e300 },
	} {
		s := stateAfter(t, 7)
		change(s)
		x, y, layers, c := resumable(Adam{})
		c.Resume = s
		if _, err := classifier(t, layers...).Fit(context.Background(), x, y, c); !errors.Is(err, ErrBadState) {
			t.Errorf("change %d: error %v, want ErrBadState", i, err)
		}
	}
}

// TestStateIsACopy: training on does not change a state that was taken.
func TestStateIsACopy(t *testing.T) {
	x, y, layers, c := resumable(Adam{})
	var first *State
	var params [][]float32
	c.Checkpoint = func(s *State) error {
		if first == nil {
			first = s
			for _, v := range append([][]float32{s.Model.params}, s.Slots...) {
				params = append(params, append([]float32(nil), v...))
			}
		}
		return nil
	}
	if _, err := classifier(t, layers...).Fit(context.Background(), x, y, c); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(params, append([][]float32{first.Model.params}, first.Slots...)) || len(first.History) != 1 {
		t.Error("the state has changed")
	}
}

// TestDivergenceKeepsGoodWeights: the error says where, and the model has the weights of the last finished epoch.
func TestDivergenceKeepsGoodWeights(t *testing.T) {
	x, y, layers, c := resumable(SGD{})
	c.Callbacks = nil
	c.Epochs = 2
	want := classifier(t, layers...)
	if _, err := want.Fit(context.Background(), x, y, c); err != nil {
		t.Fatal(err)
	}
	var spoil CallbackFuncs
	spoil.OnBatchEnd = func(r *Run) error {
		if r.Epoch() == 3 && r.Batch() == 2 {
			p := r.Parameters()
			p[0] = float32(math.NaN())
			return r.SetParameters(p)
		}
		return nil
	}
	c.Epochs, c.Callbacks = 4, []Callback{spoil, &TerminateOnNaN{}}
	got := classifier(t, layers...)
	_, err := got.Fit(context.Background(), x, y, c)
	var diverged *DivergedError
	if !errors.As(err, &diverged) || diverged.Epoch != 3 || diverged.Batch != 3 || !math.IsNaN(diverged.Loss) {
		t.Errorf("error %v, want a DivergedError of epoch 3, batch 3", err)
	}
	if !sameBits(got.Parameters(), want.Parameters()) {
		t.Error("the weights are not those after two epochs")
	}
	// The last step of an epoch makes weights that no loss has shown yet: they are not saved.
	spoil.OnEpochEnd, spoil.OnBatchEnd = func(r *Run) error {
		if r.Epoch() < 3 {
			return nil
		}
		p := r.Parameters()
		p[0] = float32(math.Inf(1))
		return r.SetParameters(p)
	}, nil
	var saved []int
	c.Checkpoint = func(s *State) error { saved = append(saved, s.Epoch); return nil }
	c.Callbacks = []Callback{spoil}
	got = classifier(t, layers...)
	_, err = got.Fit(context.Background(), x, y, c)
	if !errors.As(err, &diverged) || diverged.Epoch != 3 || !strings.Contains(err.Error(), "weights are not finite") {
		t.Errorf("error %v, want a DivergedError of epoch 3", err)
	}
	if !sameBits(got.Parameters(), want.Parameters()) || len(saved) != 2 {
		t.Errorf("the weights are not those after two epochs, or the epochs that were saved are %v", saved)
	}
}
