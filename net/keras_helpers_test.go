package net

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// The golden files of testdata/keras, in Keras's terms, and their translation into nnrt's.

const kerasFolder = "testdata/keras"

// tensor is a tensor of a golden file: base64 of little-endian numbers of one type.
type tensor struct {
	Shape []int
	F32   string
	F64   string
	U8    string
}

func (v *tensor) bytes(t *testing.T, text string, size int) []byte {
	t.Helper()
	b, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		t.Fatal(err)
	}
	n := 1
	for _, s := range v.Shape {
		n *= s
	}
	if len(b) != n*size {
		t.Fatalf("a tensor of shape %v has %d bytes", v.Shape, len(b))
	}
	return b
}

func (v *tensor) float32s(t *testing.T) []float32 {
	t.Helper()
	b := v.bytes(t, v.F32, 4)
	x := make([]float32, len(b)/4)
	for i := range x {
		x[i] = math.Float32frombits(binary.LittleEndian.Uint32(b[4*i:]))
	}
	return x
}

func (v *tensor) float64s(t *testing.T) []float64 {
	t.Helper()
	b := v.bytes(t, v.F64, 8)
	x := make([]float64, len(b)/8)
	for i := range x {
		x[i] = math.Float64frombits(binary.LittleEndian.Uint64(b[8*i:]))
	}
	return x
}

func allFloat32s(t *testing.T, tensors []tensor) [][]float32 {
	t.Helper()
	x := make([][]float32, len(tensors))
	for i := range tensors {
		x[i] = tensors[i].float32s(t)
	}
	return x
}

// kerasRun is a trajectory, a fit or an inference.
type kerasRun struct {
	Name, Item   string
	Input        int
	Layers       []kerasLayer
	Loss         kerasLoss
	Optimizer    kerasOptimizer
	Metrics      []string
	X, Y         tensor
	SampleWeight *tensor `json:"sample_weight"`
	Weights      map[string][]tensor
	Variables    []string
	Predict      tensor

	Batches tensor // trajectories: rows of each step
	Losses  tensor

	Fit struct {
		BatchSize       int             `json:"batch_size"`
		Epochs          int             `json:"epochs"`
		ValidationSplit float64         `json:"validation_split"`
		ClassWeight     map[int]float32 `json:"class_weight"`
	}
	Validation []tensor
	Callbacks  []kerasCallback
	EpochsRun  int `json:"epochs_run"`
	BatchesRun int `json:"batches_run"`
	History    map[string]tensor
	RatesAfter tensor `json:"rates_after"`
	Evaluate   map[string]tensor
}

type kerasLayer struct {
	Type                string
	Units               int
	Activation          string
	UseBias             *bool               `json:"use_bias"`
	KernelRegularizer   map[string]*float32 `json:"kernel_regularizer"`
	BiasRegularizer     map[string]*float32 `json:"bias_regularizer"`
	ActivityRegularizer map[string]*float32 `json:"activity_regularizer"`
	Rate                float32
	Momentum, Epsilon   *float32
	Center, Scale       *bool
}

type kerasLoss struct {
	Name           string
	FromLogits     bool    `json:"from_logits"`
	LabelSmoothing float32 `json:"label_smoothing"`
	Delta          float32
}

type kerasOptimizer struct {
	Name               string
	LearningRate       json.RawMessage `json:"learning_rate"` // a number or a schedule
	Momentum           float64
	Nesterov           bool
	Rho                float64
	Centered           bool
	Beta1              float64 `json:"beta_1"`
	Beta2              float64 `json:"beta_2"`
	Epsilon            float64
	AMSGrad            bool
	InitialAccumulator float64 `json:"initial_accumulator_value"`
	ClipNorm           float64
	GlobalClipNorm     float64 `json:"global_clipnorm"`
	ClipValue          float64
	WeightDecay        float64 `json:"weight_decay"`
}

type kerasSchedule struct {
	Name                string
	InitialLearningRate float64  `json:"initial_learning_rate"`
	DecaySteps          int64    `json:"decay_steps"`
	DecayRate           float64  `json:"decay_rate"`
	EndLearningRate     *float64 `json:"end_learning_rate"`
	Power               float64
	Staircase, Cycle    bool
	Boundaries          []int64
	Values              []float64
	Alpha               float64
	WarmupTarget        float64 `json:"warmup_target"`
	WarmupSteps         int64   `json:"warmup_steps"`
	FirstDecaySteps     int64   `json:"first_decay_steps"`
	TMul                float64 `json:"t_mul"`
	MMul                float64 `json:"m_mul"`
	ValuesAt            tensor  `json:"values_at"`
}

type kerasCallback struct {
	Name               string
	Monitor            string
	MinDelta           float64 `json:"min_delta"`
	Patience           int
	Baseline           *float64
	RestoreBestWeights bool `json:"restore_best_weights"`
	StartFromEpoch     int  `json:"start_from_epoch"`
	Factor             float64
	Cooldown           int
	MinLR              float64 `json:"min_lr"`
}

// readGolden decodes a golden file into v, which has a field for everything that matters in it.
func readGolden(t *testing.T, file string, v any) {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(kerasFolder, filepath.FromSlash(file)))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(b, v); err != nil {
		t.Fatalf("%s: %v", file, err)
	}
}

// goldenFiles lists the files of a folder, sorted.
func goldenFiles(t *testing.T, folder string) []string {
	t.Helper()
	entries, err := os.ReadDir(filepath.Join(kerasFolder, folder))
	if err != nil {
		t.Fatal(err)
	}
	var files []string
	for _, e := range entries {
		if strings.HasSuffix(e.Name(), ".json") {
			files = append(files, folder+"/"+e.Name())
		}
	}
	if len(files) == 0 {
		t.Fatalf("no golden files in %s", folder)
	}
	return files
}

func (l *kerasLayer) build() (Layer, error) {
	var options []LayerOption
	off := func(b *bool) bool { return b != nil && !*b }
	if off(l.UseBias) {
		options = append(options, NoBias())
	}
	if off(l.Center) {
		options = append(options, NoCenter())
	}
	if off(l.Scale) {
		options = append(options, NoScale())
	}
	if l.Momentum != nil {
		options = append(options, Momentum(*l.Momentum))
	}
	if l.Epsilon != nil {
		options = append(options, Epsilon(*l.Epsilon))
	}
	for _, r := range []struct {
		option func(Regularizer) LayerOption
		spec   map[string]*float32
	}{
		{KernelRegularizer, l.KernelRegularizer},
		{BiasRegularizer, l.BiasRegularizer},
		{ActivityRegularizer, l.ActivityRegularizer},
	} {
		if r.spec != nil {
			options = append(options, r.option(Regularizer{L1: penalty(r.spec, "l1"), L2: penalty(r.spec, "l2")}))
		}
	}
	activation, ok := Linear, true
	if l.Activation != "" {
		activation, ok = ParseActivation(l.Activation)
	}
	if !ok {
		return Layer{}, fmt.Errorf("unknown activation %q", l.Activation)
	}
	switch l.Type {
	case "Dense":
		return Dense(l.Units, activation, options...), nil
	case "Activation":
		return Activate(activation, options...), nil
	case "Dropout":
		return Dropout(l.Rate, options...), nil
	case "BatchNormalization":
		return BatchNormalization(options...), nil
	case "LayerNormalization":
		return LayerNormalization(options...), nil
	}
	return Layer{}, fmt.Errorf("unknown layer %q", l.Type)
}

// penalty reads one factor of a regulariser; null is a name without a value.
func penalty(spec map[string]*float32, name string) float32 {
	v, given := spec[name]
	if given && v == nil {
		return DefaultPenalty
	}
	if v == nil {
		return 0
	}
	return *v
}

// model returns the network with its initial weights.
func (k *kerasRun) model(t *testing.T) *Model {
	t.Helper()
	layers := make([]Layer, len(k.Layers))
	for i := range layers {
		var err error
		if layers[i], err = k.Layers[i].build(); err != nil {
			t.Fatal(err)
		}
	}
	m, err := New(k.Input, layers...)
	if err != nil {
		t.Fatal(err)
	}
	if err := m.SetWeights(allFloat32s(t, k.Weights["0"])...); err != nil {
		t.Fatal(err)
	}
	for i, name := range k.Variables {
		w := m.Weights()[i]
		if w.Name != name || fmt.Sprint(w.Shape) != fmt.Sprint(k.Weights["0"][i].Shape) {
			t.Errorf("weight %d is %s %v, Keras has %s %v", i, w.Name, w.Shape, name, k.Weights["0"][i].Shape)
		}
	}
	return m
}

func (l kerasLoss) build(t *testing.T) Loss {
	t.Helper()
	loss, ok := ParseLoss(l.Name)
	if !ok {
		t.Fatalf("unknown loss %q", l.Name)
	}
	loss.FromLogits, loss.LabelSmoothing = l.FromLogits, l.LabelSmoothing
	if l.Delta != 0 {
		loss.Delta = l.Delta
	}
	return loss
}

// build returns the optimiser, and its schedule if it has one.
func (k *kerasOptimizer) build(t *testing.T) (Optimizer, Schedule) {
	t.Helper()
	options := OptimizerOptions{ClipNorm: k.ClipNorm, GlobalClipNorm: k.GlobalClipNorm, ClipValue: k.ClipValue,
		WeightDecay: k.WeightDecay}
	var lr float64
	var schedule Schedule
	if len(k.LearningRate) > 0 {
		if err := json.Unmarshal(k.LearningRate, &lr); err != nil {
			var s kerasSchedule
			if err := json.Unmarshal(k.LearningRate, &s); err != nil {
				t.Fatal(err)
			}
			schedule = s.build(t)
		}
	}
	switch k.Name {
	case "SGD":
		return SGD{lr, k.Momentum, k.Nesterov, options}, schedule
	case "RMSprop":
		return RMSprop{lr, k.Rho, k.Momentum, k.Epsilon, k.Centered, options}, schedule
	case "Adam":
		return Adam{lr, k.Beta1, k.Beta2, k.Epsilon, k.AMSGrad, options}, schedule
	case "AdamW":
		return AdamW{lr, k.Beta1, k.Beta2, k.Epsilon, k.AMSGrad, options}, schedule
	case "Adagrad":
		return Adagrad{lr, k.InitialAccumulator, k.Epsilon, options}, schedule
	case "Nadam":
		return Nadam{lr, k.Beta1, k.Beta2, k.Epsilon, options}, schedule
	case "Adamax":
		return Adamax{lr, k.Beta1, k.Beta2, k.Epsilon, options}, schedule
	case "Lion":
		return Lion{lr, k.Beta1, k.Beta2, options}, schedule
	}
	t.Fatalf("unknown optimiser %q", k.Name)
	return nil, nil
}

func (k *kerasSchedule) build(t *testing.T) Schedule {
	t.Helper()
	lr := k.InitialLearningRate
	switch k.Name {
	case "ExponentialDecay":
		return ExponentialDecay{lr, k.DecaySteps, k.DecayRate, k.Staircase}
	case "InverseTimeDecay":
		return InverseTimeDecay{lr, k.DecaySteps, k.DecayRate, k.Staircase}
	case "PolynomialDecay":
		end := 0.0001 // Keras's default
		if k.EndLearningRate != nil {
			end = *k.EndLearningRate
		}
		return PolynomialDecay{lr, k.DecaySteps, end, k.Power, k.Cycle}
	case "PiecewiseConstantDecay":
		return PiecewiseConstantDecay{k.Boundaries, k.Values}
	case "CosineDecay":
		return CosineDecay{lr, k.DecaySteps, k.Alpha, k.WarmupTarget, k.WarmupSteps}
	case "CosineDecayRestarts":
		return CosineDecayRestarts{lr, k.FirstDecaySteps, k.TMul, k.MMul, k.Alpha}
	}
	t.Fatalf("unknown schedule %q", k.Name)
	return nil
}

func (k *kerasCallback) build(t *testing.T) Callback {
	t.Helper()
	switch k.Name {
	case "EarlyStopping":
		return &EarlyStopping{Monitor: k.Monitor, MinDelta: k.MinDelta, Patience: k.Patience, Baseline: k.Baseline,
			RestoreBestWeights: k.RestoreBestWeights, StartFromEpoch: k.StartFromEpoch}
	case "ReduceLROnPlateau":
		return &ReduceLROnPlateau{Monitor: k.Monitor, Factor: k.Factor, Patience: k.Patience, MinDelta: k.MinDelta,
			Cooldown: k.Cooldown, MinLR: k.MinLR}
	case "TerminateOnNaN":
		return TerminateOnNaN{}
	}
	t.Fatalf("unknown callback %q", k.Name)
	return nil
}

// kerasMetric translates a metric's name in the golden files, such as accuracy or top_k:3.
func kerasMetric(t *testing.T, name string) Metric {
	t.Helper()
	switch name {
	case "accuracy", "binary_accuracy", "categorical_accuracy", "sparse_categorical_accuracy":
		return Accuracy
	case "precision":
		return Precision
	case "recall":
		return Recall
	case "mse":
		return MeanSquaredErrorMetric
	case "mae":
		return MeanAbsoluteErrorMetric
	case "rmse":
		return RootMeanSquaredError
	case "top_2", "sparse_top_2":
		return TopKCategoricalAccuracy.WithK(2)
	}
	var k int
	if _, err := fmt.Sscanf(strings.TrimPrefix(name, "sparse_"), "top_k:%d", &k); err != nil {
		t.Fatalf("unknown metric %q", name)
	}
	return TopKCategoricalAccuracy.WithK(k)
}
