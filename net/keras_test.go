package net

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"testing"
)

// These tests replay what Keras 3 computed (testdata/keras/README.md) and hold nnrt's numbers against it.
//
// A difference is the largest |nnrt − Keras| of a tensor in proportion to the tensor's largest |Keras|. Every tensor
// of weights, after 1, 10 and 100 steps or at the end of a fit, every loss, history and prediction must be within
// parityBound. Since weights hardly move under small learning rates, how they moved is held against Keras too: the
// same difference in proportion to the tensor's largest movement since the start, within movementBound, for which
// rounding of the weights themselves sets the limit.
const (
	parityBound   = 2e-5
	movementBound = 2e-4
)

// looser names the files that need more than the bounds, and why.
var looser = map[string]struct {
	bound, movement float64
	why             string
}{}

var updateParity = flag.Bool("update-parity", false, "write testdata/keras/PARITY.md")

// parity is a line of PARITY.md.
type parity struct {
	item, file      string
	worst, movement float64 // movement is negative where there is none
	bound           float64
	note            string
}

func (p *parity) add(difference float64) {
	if !(difference <= p.worst) { // a NaN counts
		p.worst = difference
	}
}

// difference is the largest |a − b| in proportion to the largest |b − from|, or |b| if from is nil; 0 if there is none.
func difference(a, b, from []float32) float64 {
	if len(a) != len(b) {
		return math.Inf(1)
	}
	var worst, largest float64
	for i := range a {
		d, size := math.Abs(float64(a[i])-float64(b[i])), math.Abs(float64(b[i]))
		if from != nil {
			size = math.Abs(float64(b[i]) - float64(from[i]))
		}
		if !(d <= worst) {
			worst = d
		}
		largest = math.Max(largest, size)
	}
	if worst == 0 {
		return 0
	}
	return worst / largest
}

func TestKeras(t *testing.T) {
	var lines []parity
	run := func(folder string, replay func(*testing.T, *kerasRun, *parity)) {
		for _, file := range goldenFiles(t, folder) {
			t.Run(strings.TrimSuffix(file, ".json"), func(t *testing.T) {
				var k kerasRun
				readGolden(t, file, &k)
				line := parity{item: k.Item, file: file, movement: -1, bound: parityBound}
				movement := movementBound
				if l, ok := looser[file]; ok {
					line.bound, movement, line.note = l.bound, l.movement, l.why
				}
				replay(t, &k, &line)
				if !(line.worst <= line.bound) {
					t.Errorf("differs by %.2g, bound %.2g", line.worst, line.bound)
				}
				if !(line.movement <= movement) {
					t.Errorf("movement differs by %.2g, bound %.2g", line.movement, movement)
				}
				lines = append(lines, line)
			})
		}
	}
	run("trajectory", replayTrajectory)
	run("fit", replayFit)
	run("inference", replayInference)
	for _, file := range goldenFiles(t, "activation") {
		t.Run(strings.TrimSuffix(file, ".json"), func(t *testing.T) {
			lines = append(lines, compareActivation(t, file))
		})
	}
	t.Run("schedules", func(t *testing.T) { lines = append(lines, compareSchedules(t)) })
	t.Run("metrics", func(t *testing.T) { lines = append(lines, compareMetrics(t)) })
	t.Run("initializers", func(t *testing.T) { lines = append(lines, compareInitializers(t)) })
	t.Run("splits", func(t *testing.T) { lines = append(lines, compareSplits(t)) })
	if *updateParity || !t.Failed() && !strings.Contains(flag.Lookup("test.run").Value.String(), "/") {
		checkTable(t, lines)
	}
}

// checkTable compares PARITY.md with what was seen, or writes it.
func checkTable(t *testing.T, lines []parity) {
	sort.SliceStable(lines, func(i, j int) bool { return lines[i].item < lines[j].item })
	var b bytes.Buffer
	b.WriteString("# How far nnrt is from Keras\n\n" +
		"Written by `go test ./net -run TestKeras -update-parity`, and checked by every full run of that test. " +
		"A difference is the largest |nnrt − Keras| of a tensor in proportion to the tensor's largest |Keras|; " +
		"*of the movement* is the same in proportion to how far that tensor moved from its start, after 1, 10 and " +
		"100 steps, whichever is largest. `keras_test.go` says what is compared, README.md what cannot be.\n\n" +
		"| item | golden file | largest difference | of the movement | bound |\n|---|---|---|---|---|\n")
	for _, l := range lines {
		movement := ""
		if l.movement >= 0 {
			movement = fmt.Sprintf("%.1e", l.movement)
		}
		note := ""
		if l.note != "" {
			note = " (" + l.note + ")"
		}
		fmt.Fprintf(&b, "| %s | %s | %.1e | %s | %.0e%s |\n", l.item, l.file, l.worst, movement, l.bound, note)
	}
	name := filepath.Join(kerasFolder, "PARITY.md")
	if *updateParity {
		if err := os.WriteFile(name, b.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	have, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(bytes.ReplaceAll(have, []byte("\r\n"), []byte("\n")), b.Bytes()) {
		t.Errorf("%s is not what was seen; go test ./net -run TestKeras -update-parity writes it", name)
	}
}

// compareWeights compares weights with Keras's, given where they started.
func (p *parity) compareWeights(t *testing.T, when string, m *Model, want, start [][]float32) {
	t.Helper()
	for i, w := range m.Weights() {
		d := difference(w.Values, want[i], nil)
		moved := difference(w.Values, want[i], start[i])
		if !(d <= p.bound) {
			t.Errorf("%s: %s differs by %.2g: %v, Keras has %v", when, w.Name, d, w.Values, want[i])
		}
		p.add(d)
		if !(moved <= p.movement) {
			p.movement = moved
		}
	}
}

func (p *parity) comparePrediction(t *testing.T, m *Model, k *kerasRun) {
	t.Helper()
	want := k.Predict.float32s(t)
	got := make([]float32, len(want))
	if err := m.NewPredictor().Predict(got, k.X.float32s(t)[:k.Predict.Shape[0]*k.Input]); err != nil {
		t.Fatal(err)
	}
	p.compare(t, "predictions", got, want)
}

func (p *parity) compare(t *testing.T, what string, got, want []float32) {
	t.Helper()
	d := difference(got, want, nil)
	if !(d <= p.bound) {
		t.Errorf("%s differ by %.2g: %v, Keras has %v", what, d, got, want)
	}
	p.add(d)
}

// replayTrajectory takes the steps that Keras took.
func replayTrajectory(t *testing.T, k *kerasRun, p *parity) {
	m := k.model(t)
	optimizer, schedule := k.Optimizer.build(t)
	trainer, err := m.NewTrainer(FitConfig{Loss: k.Loss.build(t), Optimizer: optimizer, Schedule: schedule})
	if err != nil {
		t.Fatal(err)
	}
	x, y := k.X.float32s(t), k.Y.float32s(t)
	var weight []float32
	if k.SampleWeight != nil {
		weight = k.SampleWeight.float32s(t)
	}
	start := allFloat32s(t, k.Weights["0"])
	batches := k.Batches.bytes(t, k.Batches.U8, 1)
	losses := make([]float32, k.Batches.Shape[0])
	size, inputs, targets := k.Batches.Shape[1], k.Input, k.Y.Shape[1]
	for step := range losses {
		var bx, by, bw []float32
		for _, row := range batches[step*size:][:size] {
			bx = append(bx, x[int(row)*inputs:][:inputs]...)
			by = append(by, y[int(row)*targets:][:targets]...)
			if weight != nil {
				bw = append(bw, weight[row])
			}
		}
		loss, err := trainer.TrainOnBatch(bx, by, bw)
		if err != nil {
			t.Fatal(err)
		}
		losses[step] = float32(loss)
		if want, ok := k.Weights[fmt.Sprint(step+1)]; ok {
			trainer.Apply()
			p.compareWeights(t, fmt.Sprintf("step %d", step+1), m, allFloat32s(t, want), start)
		}
	}
	p.compare(t, "losses", losses, k.Losses.float32s(t))
	p.comparePrediction(t, m, k)
}

// replayFit runs the same fit.
func replayFit(t *testing.T, k *kerasRun, p *parity) {
	m := k.model(t)
	optimizer, schedule := k.Optimizer.build(t)
	c := FitConfig{Loss: k.Loss.build(t), Optimizer: optimizer, Schedule: schedule, NoShuffle: true,
		Epochs: k.Fit.Epochs, BatchSize: k.Fit.BatchSize, ValidationSplit: k.Fit.ValidationSplit,
		ClassWeight: k.Fit.ClassWeight}
	names := map[string]string{"loss": "loss"} // Keras's, to nnrt's
	for _, name := range k.Metrics {
		metric := kerasMetric(t, name)
		c.Metrics = append(c.Metrics, metric)
		names[name] = metric.String()
	}
	if k.SampleWeight != nil {
		c.SampleWeight = k.SampleWeight.float32s(t)
	}
	if v := k.Validation; v != nil {
		c.ValidationX, c.ValidationY = v[0].float32s(t), v[1].float32s(t)
		if len(v) == 3 {
			c.ValidationWeight = v[2].float32s(t)
		}
	}
	diverges := false
	for i := range k.Callbacks {
		c.Callbacks = append(c.Callbacks, k.Callbacks[i].build(t))
		diverges = diverges || k.Callbacks[i].Name == "TerminateOnNaN"
	}
	batches := 0
	var rates []float32
	count := CallbackFuncs{OnBatchEnd: func(*Run) error { batches++; return nil }}
	c.Callbacks = append([]Callback{count}, c.Callbacks...)
	c.Callbacks = append(c.Callbacks, CallbackFuncs{OnEpochEnd: func(r *Run) error {
		rates = append(rates, float32(r.Trainer.LearningRate()))
		return nil
	}})
	history, err := m.Fit(context.Background(), k.X.float32s(t), k.Y.float32s(t), c)
	if batches != k.BatchesRun {
		t.Errorf("%d batches, Keras ran %d", batches, k.BatchesRun)
	}
	if diverges {
		// Keras logs the epoch and says nothing; nnrt returns an error. Both stop in the same batch.
		if !errors.Is(err, ErrDiverged) {
			t.Errorf("error %v, want ErrDiverged", err)
		}
		p.movement = 0
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	if got := len(history.Epochs); got != k.EpochsRun {
		t.Fatalf("%d epochs, Keras ran %d; val_loss %v", got, k.EpochsRun, history.Get("val_loss"))
	}
	for name, want := range k.History {
		var got []float32
		if name == "learning_rate" {
			for _, e := range history.Epochs {
				got = append(got, float32(e.LearningRate))
			}
		} else {
			base := strings.TrimPrefix(name, "val_")
			for _, v := range history.Get(name[:len(name)-len(base)] + names[base]) {
				got = append(got, float32(v))
			}
		}
		p.compare(t, name, got, want.float32s(t))
	}
	p.compare(t, "learning rates after epochs", rates, k.RatesAfter.float32s(t))
	p.compareWeights(t, "end", m, allFloat32s(t, k.Weights["end"]), allFloat32s(t, k.Weights["0"]))
	p.compareEvaluation(t, m, k, c.Metrics, names)
	p.comparePrediction(t, m, k)
}

func (p *parity) compareEvaluation(t *testing.T, m *Model, k *kerasRun, metrics []Metric, names map[string]string) {
	t.Helper()
	values, err := m.Evaluate(k.X.float32s(t), k.Y.float32s(t),
		EvaluateConfig{Loss: k.Loss.build(t), Metrics: metrics, BatchSize: k.Fit.BatchSize})
	if err != nil {
		t.Fatal(err)
	}
	log := EpochLog{Values: values}
	for name, want := range k.Evaluate {
		v, _ := log.Get(names[name])
		p.compare(t, "evaluate: "+name, []float32{float32(v)}, want.float32s(t))
	}
}

// replayInference evaluates and predicts.
func replayInference(t *testing.T, k *kerasRun, p *parity) {
	m := k.model(t)
	p.compareEvaluation(t, m, k, []Metric{MeanAbsoluteErrorMetric}, map[string]string{"loss": "loss", "mae": "mae"})
	p.comparePrediction(t, m, k)
}
