package net

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
)

// spirals is a small classification task that needs hidden layers: points, and which of three arms they are on.
func spirals(rows int) (x, y []float32) {
	r := rand.New(rand.NewPCG(3, 3))
	for i := range rows {
		arm := i % 3
		at := r.Float64()
		angle := at*4 + float64(arm)*2*math.Pi/3
		x = append(x, float32(at*math.Cos(angle)+r.NormFloat64()*0.03), float32(at*math.Sin(angle)+r.NormFloat64()*0.03))
		y = append(y, float32(arm))
	}
	return x, y
}

func classifier(t *testing.T, layers ...Layer) *Model {
	t.Helper()
	if layers == nil {
		layers = []Layer{Dense(16, ReLU), Dense(16, Tanh), Dense(3, Softmax)}
	}
	m, err := New(2, layers...)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func sameBits(a, b []float32) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if math.Float32bits(a[i]) != math.Float32bits(b[i]) {
			return false
		}
	}
	return true
}

func TestFitLearns(t *testing.T) {
	x, y := spirals(600)
	m := classifier(t)
	h, err := m.Fit(context.Background(), x, y, FitConfig{Loss: SparseCategoricalCrossEntropy,
		Optimizer: Adam{LearningRate: 0.01}, Metrics: []Metric{Accuracy}, Epochs: 30, ValidationSplit: 0.2})
	if err != nil {
		t.Fatal(err)
	}
	if got := h.Get("val_accuracy"); len(got) != 30 || got[29] < 0.95 {
		t.Errorf("validation accuracies %v, want 30 of them and at least 0.95 at the end", got)
	}
	values, err := m.Evaluate(x[480*2:], y[480:], EvaluateConfig{Loss: SparseCategoricalCrossEntropy,
		Metrics: []Metric{Accuracy}})
	if err != nil {
		t.Fatal(err)
	}
	last := h.Epochs[29]
	for _, v := range values {
		if logged, _ := last.Get("val_" + v.Name); logged != v.Value {
			t.Errorf("Evaluate's %s is %v, the history's last val_%s %v", v.Name, v.Value, v.Name, logged)
		}
	}
}

// TestResultsDependOnNothingElse trains the same thing with different numbers of threads, and predicts in batches of
// all sizes: the bits are the same.
func TestResultsDependOnNothingElse(t *testing.T) {
	rows, epochs, threadCounts, batches := 300, 2, []int{2, 3, 7}, []int{1, 2, 7, 64, 65, 299}
	if testing.Short() {
		rows, epochs, threadCounts, batches = 120, 1, []int{3}, []int{1, 7, 64}
	}
	x, y := spirals(rows)
	layers := []Layer{Dense(300, ReLU), BatchNormalization(), Dropout(0.3), Dense(256, Tanh, KernelRegularizer(L2(0.001))),
		LayerNormalization(), Dense(3, Softmax)}
	train := func(threads int) *Model {
		m := classifier(t, layers...)
		if _, err := m.Fit(context.Background(), x, y, FitConfig{Loss: SparseCategoricalCrossEntropy, Epochs: epochs,
			BatchSize: 50, Threads: threads, Seed: 5}); err != nil {
			t.Fatal(err)
		}
		return m
	}
	one := train(1)
	for _, threads := range threadCounts {
		if !sameBits(train(threads).Parameters(), one.Parameters()) {
			t.Errorf("%d threads give other parameters than 1", threads)
		}
	}
	p := one.NewPredictor()
	whole := make([]float32, rows*3)
	if err := p.Predict(whole, x); err != nil {
		t.Fatal(err)
	}
	for _, batch := range batches {
		parts := make([]float32, rows*3)
		for first := 0; first < rows; first += batch {
			n := min(batch, rows-first)
			if err := p.Predict(parts[first*3:][:n*3], x[first*2:][:n*2]); err != nil {
				t.Fatal(err)
			}
		}
		if !sameBits(parts, whole) {
			t.Errorf("batches of %d predict other bits than one of %d", batch, rows)
		}
	}
}

func TestSeedsDiffer(t *testing.T) {
	x, y := spirals(60)
	train := func(seed uint64) []float32 {
		m := classifier(t)
		c := FitConfig{Loss: SparseCategoricalCrossEntropy, Seed: seed}
		if _, err := m.Fit(context.Background(), x, y, c); err != nil {
			t.Fatal(err)
		}
		return m.Parameters()
	}
	if !sameBits(train(1), train(1)) {
		t.Error("the same seed gives different parameters")
	}
	if sameBits(train(1), train(2)) {
		t.Error("different seeds give the same parameters")
	}
}

func TestFitGoesOnFromWhatIsThere(t *testing.T) {
	x, y := spirals(60)
	c := FitConfig{Loss: SparseCategoricalCrossEntropy, Optimizer: SGD{}, NoShuffle: true}
	m := classifier(t)
	if _, err := m.Fit(context.Background(), x, y, c); err != nil {
		t.Fatal(err)
	}
	if _, err := m.Fit(context.Background(), x, y, c); err != nil {
		t.Fatal(err)
	}
	c.Epochs = 2
	whole := classifier(t)
	if _, err := whole.Fit(context.Background(), x, y, c); err != nil {
		t.Fatal(err)
	}
	if !sameBits(m.Parameters(), whole.Parameters()) {
		t.Error("two fits of one epoch of plain SGD differ from one of two")
	}
}

func TestPredictorsKeepTheirParameters(t *testing.T) {
	x, y := spirals(60)
	m := classifier(t)
	p := m.NewPredictor()
	before, after := make([]float32, 180), make([]float32, 180)
	if err := p.Predict(before, x); err != nil {
		t.Fatal(err)
	}
	var wait sync.WaitGroup
	wait.Add(1)
	go func() {
		defer wait.Done()
		c := FitConfig{Loss: SparseCategoricalCrossEntropy, Epochs: 3}
		if _, err := m.Fit(context.Background(), x, y, c); err != nil {
			t.Error(err)
		}
	}()
	for range 20 {
		if err := p.Predict(after, x); err != nil {
			t.Fatal(err)
		}
		if !sameBits(before, after) {
			t.Fatal("a predictor's results changed while its model was trained")
		}
	}
	wait.Wait()
	if err := m.NewPredictor().Predict(after, x); err != nil {
		t.Fatal(err)
	}
	if sameBits(before, after) {
		t.Error("a new predictor does not know what was learned")
	}
}

func TestManyGoroutinesShareAModel(t *testing.T) {
	x, _ := spirals(50)
	m := classifier(t)
	want := make([]float32, 150)
	if err := m.NewPredictor().Predict(want, x); err != nil {
		t.Fatal(err)
	}
	var wait sync.WaitGroup
	for range 32 {
		wait.Add(1)
		go func() {
			defer wait.Done()
			p, got := m.NewPredictor(), make([]float32, 150)
			for range 10 {
				if err := p.Predict(got, x); err != nil || !sameBits(got, want) {
					t.Errorf("error %v, same bits: %v", err, sameBits(got, want))
				}
			}
		}()
	}
	wait.Wait()
}

func TestPredictAllocatesNothing(t *testing.T) {
	m := classifier(t, Dense(100, ReLU), BatchNormalization(), LayerNormalization(), Activate(GELU), Dropout(0.5),
		Dense(3, Softmax))
	p := m.NewPredictor()
	x, y := make([]float32, 2*200), make([]float32, 3*200)
	for _, rows := range []int{1, 200} {
		allocations := testing.AllocsPerRun(10, func() {
			if err := p.Predict(y[:3*rows], x[:2*rows]); err != nil {
				t.Fatal(err)
			}
		})
		if allocations != 0 {
			t.Errorf("predicting %d rows allocates %v times", rows, allocations)
		}
	}
}

func TestCancellation(t *testing.T) {
	x, y := spirals(90)
	ctx, cancel := context.WithCancel(context.Background())
	m := classifier(t)
	before := m.Parameters()
	h, err := m.Fit(ctx, x, y, FitConfig{Loss: SparseCategoricalCrossEntropy, Epochs: 10, Callbacks: []Callback{
		CallbackFuncs{OnBatchEnd: func(r *Run) error {
			if r.Epoch() == 2 && r.Batch() == 2 {
				cancel()
			}
			return nil
		}}}})
	if !errors.Is(err, context.Canceled) || !strings.Contains(err.Error(), "epoch 2 after 2 of 3 batches") {
		t.Errorf("error %v, want context.Canceled in epoch 2 after 2 of 3 batches", err)
	}
	if len(h.Epochs) != 1 {
		t.Errorf("%d epochs in the history, want the one that was finished", len(h.Epochs))
	}
	if sameBits(before, m.Parameters()) {
		t.Error("what was learned before the end is lost")
	}
}

func TestDivergenceIsAnError(t *testing.T) {
	x, y := spirals(90)
	m := classifier(t, Dense(8, Linear), Dense(1, Linear))
	_, err := m.Fit(context.Background(), x, y, FitConfig{Loss: MeanSquaredError, Optimizer: SGD{LearningRate: 1e9},
		Epochs: 5, Callbacks: []Callback{TerminateOnNaN{}}})
	if !errors.Is(err, ErrDiverged) || !strings.Contains(err.Error(), "epoch ") {
		t.Errorf("error %v, want ErrDiverged with the epoch", err)
	}
}

func TestClassAndSampleWeights(t *testing.T) {
	x, y := spirals(90)
	fit := func(c FitConfig) []float32 {
		c.Loss, c.Epochs = SparseCategoricalCrossEntropy, 2
		m := classifier(t)
		if _, err := m.Fit(context.Background(), x, y, c); err != nil {
			t.Fatal(err)
		}
		return m.Parameters()
	}
	byClass := fit(FitConfig{ClassWeight: map[int]float32{0: 2, 2: 0.5}})
	weights := make([]float32, len(y))
	for i, v := range y {
		weights[i] = map[float32]float32{0: 2, 1: 1, 2: 0.5}[v]
	}
	if !sameBits(byClass, fit(FitConfig{SampleWeight: weights})) {
		t.Error("class weights and the same as sample weights differ")
	}
	if sameBits(byClass, fit(FitConfig{})) {
		t.Error("class weights change nothing")
	}
}

func TestErrorsNameWhatIsWrong(t *testing.T) {
	x, y := spirals(30)
	m := classifier(t)
	base := FitConfig{Loss: SparseCategoricalCrossEntropy}
	with := func(change func(*FitConfig)) FitConfig {
		c := base
		change(&c)
		return c
	}
	nan := math.NaN()
	for _, c := range []struct {
		want string
		x, y []float32
		c    FitConfig
	}{
		{"no loss given", x, y, FitConfig{}},
		{"61 input values", append(x[:len(x):len(x)], 1), y, base},
		{"no rows", nil, nil, base},
		{"30 rows need 30 target values", x, y[:29], base},
		{"target 3 is no class index (0…2)", x, append(y[:29:29], 3), base},
		{"target NaN is no class index", x, append(y[:29:29], float32(nan)), base},
		{"mean_squared_error), 30 given", x, y, FitConfig{Loss: MeanSquaredError}},
		{"-1 epochs", x, y, with(func(c *FitConfig) { c.Epochs = -1 })},
		{"batches of -5 rows", x, y, with(func(c *FitConfig) { c.BatchSize = -5 })},
		{"-1 threads", x, y, with(func(c *FitConfig) { c.Threads = -1 })},
		{"validation split NaN", x, y, with(func(c *FitConfig) { c.ValidationSplit = nan })},
		{"leaves none of 30 rows", x, y, with(func(c *FitConfig) { c.ValidationSplit = 0.99 })},
		{"validation: net: 5 input values", x, y, with(func(c *FitConfig) { c.ValidationX = x[:5] })},
		{"29 sample weights for 30 rows", x, y, with(func(c *FitConfig) { c.SampleWeight = x[:29] })},
		{"class 1 has weight NaN", x, y, with(func(c *FitConfig) { c.ClassWeight = map[int]float32{1: float32(nan)} })},
		{"adam: learning rate NaN", x, y, with(func(c *FitConfig) { c.Optimizer = Adam{LearningRate: nan} })},
		{"sgd: momentum 1.5", x, y, with(func(c *FitConfig) { c.Optimizer = SGD{Momentum: 1.5} })},
		{"only one of clip norm", x, y, with(func(c *FitConfig) {
			c.Optimizer = SGD{OptimizerOptions: OptimizerOptions{ClipNorm: 1, ClipValue: 1}}
		})},
		{"precision is for one output", x, y, with(func(c *FitConfig) { c.Metrics = []Metric{Precision} })},
		{"ExponentialDecay over 0 steps", x, y, with(func(c *FitConfig) { c.Schedule = ExponentialDecay{} })},
		{`monitors "val_loss", and there is only loss`, x, y,
			with(func(c *FitConfig) { c.Callbacks = []Callback{&EarlyStopping{}} })},
	} {
		if _, err := m.Fit(context.Background(), c.x, c.y, c.c); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("error %v, want one with %q", err, c.want)
		}
	}
	for _, c := range []struct {
		want   string
		inputs int
		layers []Layer
	}{
		{"inputs 0 outside", 0, []Layer{Dense(1, Linear)}},
		{"0 layers", 4, nil},
		{"layer 2 (dense_1): units 0", 4, []Layer{Dense(3, ReLU), Dense(0, Linear)}},
		{"layer 1 (drop): dropout rate 1", 4, []Layer{Dropout(1, Name("drop"))}},
		{`layer 2: the name "a" is taken`, 4, []Layer{Dense(3, ReLU, Name("a")), Dense(3, ReLU, Name("a"))}},
		{"epsilon 0", 4, []Layer{LayerNormalization(Epsilon(0))}},
		{"unknown activation 200", 4, []Layer{Dense(3, Activation{Kind: 200})}},
		{"kernel of shape [1048576, 1048576]", 1 << 20, []Layer{Dense(1<<20, Linear)}},
		{"penalties are finite", 4, []Layer{Dense(3, ReLU, KernelRegularizer(L2(float32(nan))))}},
	} {
		if _, err := New(c.inputs, c.layers...); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("error %v, want one with %q", err, c.want)
		}
	}
	p := m.NewPredictor()
	if err := p.Predict(make([]float32, 3), x[:3]); err == nil || !strings.Contains(err.Error(), "rows of 2") {
		t.Errorf("Predict of 3 values: %v", err)
	}
	if err := p.Predict(make([]float32, 4), x[:2]); err == nil || !strings.Contains(err.Error(), "3 a row") {
		t.Errorf("Predict into 4 values: %v", err)
	}
	if err := m.SetWeights(make([]float32, 31)); err == nil || !strings.Contains(err.Error(), "the model has 6") {
		t.Errorf("SetWeights of one tensor: %v", err)
	}
}

func TestLayerNames(t *testing.T) {
	m, err := New(2, Dense(3, ReLU), Dense(3, ReLU, Name("dense_2")), Dense(3, ReLU), BatchNormalization(), Dropout(0.1),
		Dense(1, Linear))
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, w := range m.Weights() {
		names = append(names, w.Name)
	}
	want := "dense/kernel dense/bias dense_2/kernel dense_2/bias dense_3/kernel dense_3/bias " +
		"batch_normalization/gamma batch_normalization/beta batch_normalization/moving_mean " +
		"batch_normalization/moving_variance dense_4/kernel dense_4/bias"
	if got := strings.Join(names, " "); got != want {
		t.Errorf("weights are called\n%s, want\n%s", got, want)
	}
}

// TestEpochsAllocateTheirLogsOnly: Values, and the history, which grows now and then.
func TestEpochsAllocateTheirLogsOnly(t *testing.T) {
	x, y := spirals(200)
	for _, noShuffle := range []bool{false, true} {
		allocations := func(epochs int) float64 {
			return testing.AllocsPerRun(3, func() {
				c := FitConfig{Loss: SparseCategoricalCrossEntropy, Metrics: []Metric{Accuracy, TopKCategoricalAccuracy},
					Epochs: epochs, NoShuffle: noShuffle, Threads: 1, SampleWeight: y}
				if _, err := classifier(t).Fit(context.Background(), x, y, c); err != nil {
					t.Fatal(err)
				}
			})
		}
		if each := (allocations(101) - allocations(1)) / 100; each > 1.2 {
			t.Errorf("an epoch of seven batches allocates %v times, shuffled: %v", each, !noShuffle)
		}
	}
}

// TestFitLeavesTheDataAlone, which it trains on as they lie if they are not shuffled.
func TestFitLeavesTheDataAlone(t *testing.T) {
	x, y := spirals(90)
	wantX, wantY := slices.Clone(x), slices.Clone(y)
	for _, layers := range [][]Layer{nil, {Activate(Tanh), Dropout(0.5), BatchNormalization(), Dense(3, Softmax)}} {
		for _, noShuffle := range []bool{false, true} {
			c := FitConfig{Loss: SparseCategoricalCrossEntropy, NoShuffle: noShuffle, ValidationSplit: 0.3}
			if _, err := classifier(t, layers...).Fit(context.Background(), x, y, c); err != nil {
				t.Fatal(err)
			}
			if !sameBits(x, wantX) || !sameBits(y, wantY) {
				t.Fatalf("Fit changed the data, shuffled: %v", !noShuffle)
			}
		}
	}
}
