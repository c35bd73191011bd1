package net

import (
	"context"
	"errors"
	"math"
	"os"
	"os/exec"
	"slices"
	"strings"
	"syscall"
	"testing"
)

func newTrainer(t *testing.T, m *Model, c FitConfig) *Trainer {
	t.Helper()
	trainer, err := m.NewTrainer(c)
	if err != nil {
		t.Fatal(err)
	}
	return trainer
}

func trainOn(t *testing.T, trainer *Trainer, x, y, weight []float32) float64 {
	t.Helper()
	loss, err := trainer.TrainOnBatch(x, y, weight)
	if err != nil {
		t.Fatal(err)
	}
	return loss
}

// TestTrainerIsWhatFitDoes also shows that the buffers grow with the batches.
func TestTrainerIsWhatFitDoes(t *testing.T) {
	x, y := spirals(50)
	c := FitConfig{Loss: SparseCategoricalCrossEntropy, Seed: 3, BatchSize: 40, NoShuffle: true}
	layers := []Layer{Dense(8, Tanh), BatchNormalization(), Dropout(0.25), LayerNormalization(), Dense(3, Softmax)}
	m := classifier(t, layers...)
	trainer := newTrainer(t, m, c)
	before := m.Parameters()
	first := trainOn(t, trainer, x[:2*40], y[:40], nil)
	last := trainOn(t, trainer, x[2*40:], y[40:], nil)
	if trainer.Steps() != 2 {
		t.Errorf("%d steps, want 2", trainer.Steps())
	}
	if !sameBits(m.Parameters(), before) {
		t.Error("the model changed before Apply")
	}
	trainer.Apply()
	fitted := classifier(t, layers...)
	h, err := fitted.Fit(context.Background(), x, y, c)
	if err != nil {
		t.Fatal(err)
	}
	if !sameBits(m.Parameters(), fitted.Parameters()) {
		t.Error("two batches of a trainer and a Fit of two batches differ")
	}
	if got, want := h.Get("loss")[0], (first*40+last*10)/50; math.Abs(got-want) > 1e-12 {
		t.Errorf("Fit's loss %v, the batches' %v", got, want)
	}

	small := newTrainer(t, fitted, c)
	large := newTrainer(t, fitted, c)
	if err := large.reserve(50); err != nil {
		t.Fatal(err)
	}
	if err := large.reserve(math.MaxInt32 / 4); err == nil || !strings.Contains(err.Error(), "too large") {
		t.Errorf("a batch of 2²⁹ rows: error %v, want one that says it is too large", err)
	}
	for _, trainer := range []*Trainer{small, large} {
		trainOn(t, trainer, x[:2*3], y[:3], nil)
		trainOn(t, trainer, x, y, nil)
		trainOn(t, trainer, x[:2*7], y[:7], nil)
	}
	if !sameBits(small.params, large.params) {
		t.Error("the size of the buffers matters")
	}
}

// TestFreshModelsBeginFromTheSeed: a trainer of a model that has learned nothing begins with its own seed's weights,
// one of any other model with the model's.
func TestFreshModelsBeginFromTheSeed(t *testing.T) {
	m := classifier(t)
	seeded := classifier(t)
	seeded.Initialize(9)
	c := FitConfig{Loss: SparseCategoricalCrossEntropy, Seed: 9}
	before := m.Parameters()
	if !sameBits(newTrainer(t, m, c).params, seeded.params) {
		t.Error("a trainer with seed 9 does not begin with the weights of seed 9")
	}
	if !sameBits(m.Parameters(), before) {
		t.Error("making a trainer changed the model")
	}
	c.Seed = 10
	if sameBits(newTrainer(t, m, c).params, seeded.params) {
		t.Error("a second trainer begins with the first one's seed")
	}
	if !sameBits(newTrainer(t, m.Clone(), c).params, newTrainer(t, m, c).params) {
		t.Error("a clone of a fresh model is not fresh")
	}
	if !sameBits(newTrainer(t, seeded, c).params, seeded.params) {
		t.Error("a trainer drew weights anew for a model that Initialize had been called for")
	}
	newTrainer(t, m, c).Apply()
	applied := m.Parameters()
	c.Seed = 11
	if !sameBits(newTrainer(t, m, c).params, applied) {
		t.Error("a trainer drew weights anew for a model that had been trained")
	}
}

func TestLearningRate(t *testing.T) {
	m, err := NewWithParameters(1, []Layer{Dense(1, Linear, NoBias())}, []float32{1})
	if err != nil {
		t.Fatal(err)
	}
	// The loss is (w − 0)², its gradient 2w.
	trainer := newTrainer(t, m, FitConfig{Loss: MeanSquaredError, Optimizer: SGD{LearningRate: 0.25}})
	step := func() float32 {
		trainOn(t, trainer, []float32{1}, []float32{0}, nil)
		return trainer.params[0]
	}
	if w := step(); w != 0.5 || trainer.LearningRate() != 0.25 {
		t.Errorf("a step of 0.25 from 1 leads to %v (rate %v), want 0.5", w, trainer.LearningRate())
	}
	if err := trainer.SetLearningRate(0.125); err != nil {
		t.Fatal(err)
	}
	for _, lr := range []float64{-1, math.NaN(), math.Inf(1)} {
		if trainer.SetLearningRate(lr) == nil {
			t.Errorf("a learning rate of %v is taken", lr)
		}
	}
	if w := step(); w != 0.375 || trainer.LearningRate() != 0.125 {
		t.Errorf("a step of 0.125 from 0.5 leads to %v (rate %v), want 0.375", w, trainer.LearningRate())
	}

	trainer = newTrainer(t, m, FitConfig{Loss: MeanSquaredError, Optimizer: SGD{LearningRate: 0.25},
		Schedule: PiecewiseConstantDecay{Boundaries: []int64{0}, Values: []float64{0.125, 0.5}}})
	if trainer.SetLearningRate(0.25) == nil {
		t.Error("the learning rate of a schedule can be set")
	}
	if w := step(); w != 0.75 || trainer.LearningRate() != 0.5 {
		t.Errorf("a scheduled step of 0.125 from 1 leads to %v (next rate %v), want 0.75 (0.5)", w, trainer.LearningRate())
	}
	if w := step(); w != 0 {
		t.Errorf("a scheduled step of 0.5 from 0.75 leads to %v, want 0", w)
	}
}

func TestTrainOnBatchRefuses(t *testing.T) {
	trainer := newTrainer(t, classifier(t), FitConfig{Loss: SparseCategoricalCrossEntropy})
	before := slices.Clone(trainer.params)
	for _, c := range []struct {
		want    string
		x, y, w []float32
	}{
		{"no rows", nil, nil, nil},
		{"3 input values are no whole number of rows of 2", make([]float32, 3), make([]float32, 1), nil},
		{"2 rows need 2 target values", make([]float32, 4), make([]float32, 3), nil},
		{"1 sample weights for 2 rows", make([]float32, 4), make([]float32, 2), make([]float32, 1)},
		{"row 2: target 0.5 is no class index", make([]float32, 4), []float32{2, 0.5}, nil},
		{"row 1: target -1 is no class index", make([]float32, 4), []float32{-1, 0}, nil},
		{"row 1: target 1e+30 is no class index", make([]float32, 4), []float32{1e30, 0}, nil},
	} {
		if _, err := trainer.TrainOnBatch(c.x, c.y, c.w); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("error %v, want one with %q", err, c.want)
		}
	}
	if trainer.Steps() != 0 || !sameBits(trainer.params, before) {
		t.Error("a batch that was refused was trained on")
	}
}

func TestRowsOfWeightZeroTeachNothing(t *testing.T) {
	x, y := spirals(12)
	c := FitConfig{Loss: SparseCategoricalCrossEntropy, Optimizer: SGD{LearningRate: 0.5}}
	m := classifier(t)
	trainer := newTrainer(t, m, c)
	before := slices.Clone(trainer.params)
	if loss := trainOn(t, trainer, x, y, make([]float32, 12)); loss != 0 || !sameBits(trainer.params, before) {
		t.Errorf("twelve rows of weight 0: loss %v, same weights: %v", loss, sameBits(trainer.params, before))
	}
	// The divisor stays the number of rows: six rows beside six of weight 0 count half.
	weight := make([]float32, 12)
	for i := range 6 {
		weight[i] = 1
	}
	loss := trainOn(t, trainer, x, y, weight)
	alone := newTrainer(t, m, c)
	half := []float32{0.5, 0.5, 0.5, 0.5, 0.5, 0.5}
	if want := trainOn(t, alone, x[:2*6], y[:6], half); loss != want {
		t.Errorf("loss %v, of the six rows alone with weight ½ %v", loss, want)
	}
	for i, v := range trainer.params {
		if math.Abs(float64(v-alone.params[i])) > 1e-6 {
			t.Errorf("parameter %d: %v, of the six rows alone with weight ½ %v", i, v, alone.params[i])
		}
	}
}

// TestBatchNormalizationOfOneRow: the row is its own mean, so that nothing but beta is left of it.
func TestBatchNormalizationOfOneRow(t *testing.T) {
	m, err := NewWithParameters(2, []Layer{BatchNormalization(Momentum(0.75))},
		[]float32{2, 3 /* gamma */, 0.5, -1 /* beta */, 4, 0 /* moving mean */, 1, 8 /* moving variance */})
	if err != nil {
		t.Fatal(err)
	}
	trainer := newTrainer(t, m, FitConfig{Loss: MeanSquaredError, Optimizer: SGD{LearningRate: 1}})
	if loss := trainOn(t, trainer, []float32{100, -8}, []float32{0.5, 1}, nil); loss != 2 {
		t.Errorf("loss %v, want 2: (0 + 2²)/2", loss)
	}
	want := []float32{2, 3, 0.5, 1, 28, -2, 0.75, 6}
	if !slices.Equal(trainer.params, want) {
		t.Errorf("parameters %v, want %v", trainer.params, want)
	}
}

func TestClones(t *testing.T) {
	x, y := spirals(30)
	m := classifier(t)
	c := m.Clone()
	before := m.Parameters()
	if _, err := c.Fit(context.Background(), x, y, FitConfig{Loss: SparseCategoricalCrossEntropy}); err != nil {
		t.Fatal(err)
	}
	if !sameBits(m.Parameters(), before) || sameBits(c.Parameters(), before) {
		t.Error("training a clone changes the original, or not the clone")
	}
	trained := c.Parameters()
	again := c.Clone()
	if err := c.SetWeights(make([]float32, 32), make([]float32, 16), make([]float32, 256), make([]float32, 16),
		make([]float32, 48), make([]float32, 3)); err != nil {
		t.Fatal(err)
	}
	if !sameBits(again.Parameters(), trained) || !slices.Equal(again.Layers(), m.Layers()) {
		t.Error("a clone changes with its original")
	}
	p := again.Parameters()
	p[0]++
	w := again.Weights()
	w[0].Values[0]++
	if !sameBits(again.Parameters(), trained) {
		t.Error("Parameters or Weights gave away the model's own memory")
	}
}

// TestClassOfATarget: a single target's class is the nearest integer, and where none is near there is no class,
// on every architecture.
func TestClassOfATarget(t *testing.T) {
	nan, inf := float32(math.NaN()), float32(math.Inf(1))
	byClass := map[int]float32{-1: 2, 0: 3, 1: 5, math.MinInt: 7, math.MaxInt: 7}
	y := []float32{-1, 1, 0, 0.6, 0.4, -0.6, 7, nan, inf, -inf, 1e30, -1e30, 2147483648, -2147483648}
	want := []float32{2, 5, 3, 5, 3, 2, 1, 1, 1, 1, 1, 1, 1, 1}
	if got := classWeights(rowSet{y: y, rows: len(y)}, byClass, 1); !slices.Equal(got, want) {
		t.Errorf("targets %v have weights %v, want %v", y, got, want)
	}
	half := slices.Repeat([]float32{0.5}, len(y))
	got := classWeights(rowSet{y: y, weight: half, rows: len(y)}, byClass, 1)
	for i := range got {
		if got[i] != want[i]/2 {
			t.Errorf("target %v with sample weight ½ has weight %v, want %v", y[i], got[i], want[i]/2)
		}
	}
	if got := classWeights(rowSet{y: []float32{0, 1, 1, 0}, rows: 2}, byClass, 2); !slices.Equal(got, []float32{5, 3}) {
		t.Errorf("one-hot targets of classes 1 and 0 have weights %v, want 5 and 3", got)
	}
}

// TestHyperparametersAreJudgedAsFloat32 since that is what they are used as: a rate that rounds to 1 would divide
// by zero, an epsilon that rounds to 0 would too.
func TestHyperparametersAreJudgedAsFloat32(t *testing.T) {
	for _, c := range []struct {
		want      string
		optimizer Optimizer
	}{
		{"adam: beta 1 0.99999999999 is out of range", Adam{Beta1: 0.99999999999}},
		{"adamw: beta 2 1 is out of range", AdamW{Beta2: 1}},
		{"adam: epsilon 1e-60 is out of range", Adam{Epsilon: 1e-60}},
		{"sgd: learning rate 1e+60 is out of range", SGD{LearningRate: 1e60}},
		{"lion: learning rate -1 is out of range", Lion{LearningRate: -1}},
		{"nadam: weight decay +Inf", Nadam{OptimizerOptions: OptimizerOptions{WeightDecay: math.Inf(1)}}},
		{"adagrad: initial accumulator -1", Adagrad{InitialAccumulator: -1}},
		{"adamax: clip norm NaN", Adamax{OptimizerOptions: OptimizerOptions{ClipNorm: math.NaN()}}},
		{"rmsprop: rho 1 is", RMSprop{Rho: 1}},
	} {
		_, err := classifier(t).NewTrainer(FitConfig{Loss: SparseCategoricalCrossEntropy, Optimizer: c.optimizer})
		if err == nil || !strings.HasPrefix(err.Error(), "net: "+c.want) {
			t.Errorf("error %v, want net: %s", err, c.want)
		}
	}
}

func TestFitRefusesHalfAValidation(t *testing.T) {
	x, y := spirals(30)
	for _, c := range []struct {
		want   string
		change FitConfig
	}{
		{"no validation rows", FitConfig{ValidationY: y}},
		{"no validation rows", FitConfig{ValidationSplit: 0.5, ValidationWeight: y}},
		{"both a validation split and validation rows", FitConfig{ValidationSplit: 0.5, ValidationX: x, ValidationY: y}},
		{"validation: net: 30 rows need 30 target values", FitConfig{ValidationX: x}},
		{"a validation split of 1e-20 takes none of 30 rows", FitConfig{ValidationSplit: 1e-20}},
	} {
		c.change.Loss = SparseCategoricalCrossEntropy
		if _, err := classifier(t).Fit(context.Background(), x, y, c.change); err == nil ||
			!strings.Contains(err.Error(), c.want) {
			t.Errorf("error %v, want one with %q", err, c.want)
		}
	}
}

// TestActivityRegularizersAreForDenseLayers: elsewhere they are in neither loss nor gradient.
func TestActivityRegularizersAreForDenseLayers(t *testing.T) {
	x, y := spirals(12)
	measure := func(option LayerOption) (params []float32, losses [2]float64) {
		m := classifier(t, Dense(4, Linear), Activate(ReLU, option), BatchNormalization(option), Dropout(0, option),
			LayerNormalization(option), Dense(3, Softmax))
		trainer := newTrainer(t, m, FitConfig{Loss: SparseCategoricalCrossEntropy})
		losses[0] = trainOn(t, trainer, x, y, nil)
		values, err := m.Evaluate(x, y, EvaluateConfig{Loss: SparseCategoricalCrossEntropy})
		if err != nil {
			t.Fatal(err)
		}
		losses[1] = values[0].Value
		return trainer.params, losses
	}
	params, losses := measure(ActivityRegularizer(L2(0.5)))
	wantParams, want := measure(ActivityRegularizer(Regularizer{}))
	if losses != want || !sameBits(params, wantParams) {
		t.Errorf("losses in training and evaluation %v, without the regulariser %v; same weights: %v", losses, want,
			sameBits(params, wantParams))
	}
}

func TestLayersRefuse(t *testing.T) {
	for _, c := range []struct {
		want  string
		layer Layer
	}{
		{"activation celu with parameter 0", Dense(1, CELU.WithAlpha(0))},
		{"activation celu with parameter -1", Activate(CELU.WithAlpha(-1))},
		{"activation elu with parameter NaN", Activate(ELU.WithAlpha(float32(math.NaN())))},
		{"momentum 2 outside 0…1", BatchNormalization(Momentum(2))},
		{"normal initialiser with standard deviation -1", Dense(1, ReLU, KernelInitializer(RandomNormal(0, -1)))},
		{"variance scaling with scale 0", Dense(1, ReLU, KernelInitializer(VarianceScaling(0, FanIn, NormalDistribution)))},
		{"uniform initialiser from 1 to 0", Dense(1, ReLU, BiasInitializer(RandomUniform(1, 0)))},
		{"unknown layer kind 77", Layer{Kind: 77}},
	} {
		if _, err := New(3, c.layer); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("error %v, want one with %q", err, c.want)
		}
	}
}

// TestNoModelsWithoutKernels runs itself with an NNRT_KERNELS that names nothing.
func TestNoModelsWithoutKernels(t *testing.T) {
	if os.Getenv("NNRT_KERNELS") == "mmx" {
		if _, err := New(1, Dense(1, Linear)); err == nil || !strings.Contains(err.Error(), "NNRT_KERNELS") {
			t.Fatalf("New: %v", err)
		}
		if _, err := NewWithParameters(1, []Layer{Dense(1, Linear)}, make([]float32, 2)); err == nil {
			t.Fatal("NewWithParameters makes a model")
		}
		return
	}
	self, err := os.Executable()
	if err != nil {
		t.Skip(err)
	}
	command := exec.Command(self, "-test.run=^TestNoModelsWithoutKernels$", "-test.v")
	command.Env = append(os.Environ(), "NNRT_KERNELS=mmx")
	out, err := command.CombinedOutput()
	if errors.Is(err, syscall.ENOEXEC) || errors.Is(err, errors.ErrUnsupported) {
		t.Skip(err) // in an emulator, or where there are no processes
	}
	if err != nil || !strings.Contains(string(out), "PASS: TestNoModelsWithoutKernels") {
		t.Errorf("%v\n%s", err, out)
	}
}

// TestInfiniteGradients: a norm over all gradients that is infinite makes all of them NaN, as in Keras, so that
// training does not silently stand still.
func TestInfiniteGradients(t *testing.T) {
	m, err := NewWithParameters(2, []Layer{Dense(1, Linear, NoBias())}, []float32{1, 1})
	if err != nil {
		t.Fatal(err)
	}
	trainer := newTrainer(t, m, FitConfig{Loss: MeanSquaredError,
		Optimizer: SGD{OptimizerOptions: OptimizerOptions{GlobalClipNorm: 1}}})
	trainOn(t, trainer, []float32{1e25, 1}, []float32{0}, nil) // gradients 2e50 (infinite) and 2e25
	for i, w := range trainer.params {
		if w == w {
			t.Errorf("weight %d is %v, want NaN", i, w)
		}
	}
}
