package net

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"nnrt/kernels"
)

// FitConfig says how to train. Zero values are Keras's defaults, but for Loss, which must be given.
type FitConfig struct {
	Loss      Loss
	Optimizer Optimizer // Adam{}
	Schedule  Schedule  // of the learning rate; nil for the optimiser's own, constant
	Metrics   []Metric

	Epochs    int    // 1
	BatchSize int    // 32; the last batch of an epoch may be smaller
	Seed      uint64 // of the initial weights (unless the model has been trained or given weights), shuffling, dropout
	NoShuffle bool   // keep the rows in order; else each epoch has an order of its own
	Threads   int    // 0: all cores. The result does not depend on it

	// Validation rows, by which every epoch ends: either the last ValidationSplit (0 ≤ … < 1) of the rows given,
	// which are then not trained on: floor(rows·(1−split)) are; or rows of their own.
	ValidationSplit  float64
	ValidationX      []float32
	ValidationY      []float32
	ValidationWeight []float32 // a factor for each validation row's loss, or nil

	SampleWeight []float32 // a factor for each row's loss, or nil
	// ClassWeight is a factor by the row's class: the target rounded to an integer, or, of several targets, which is the
	// largest; 1 where there is none. In training only. With SampleWeight (Keras takes one of the two) both are factors.
	ClassWeight map[int]float32

	Callbacks []Callback

	// Checkpoint, if it is not nil, gets the training's state after every CheckpointEvery epochs (0: every one), when all
	// callbacks have seen the epoch; and when the context has ended, after the last batch. Its error ends training.
	Checkpoint      func(*State) error
	CheckpointEvery int
	// Resume is a state to go on from. The model becomes what it would have become without the interruption, and the
	// history begins with the first epoch, on whatever machine and with whatever number of threads the two parts have
	// run. The model's own parameters do not matter; its layers, the data and this configuration must be those of the
	// state, but for Epochs, which may be more, and Threads, or the error is a *MismatchError. Types of optimisers and
	// schedules are compared as they are written: a default must stay one.
	Resume *State
}

// Value is a named number: a loss or a metric.
type Value struct {
	Name  string
	Value float64
}

// EpochLog is what an epoch ended with: loss, the metrics, and with validation val_loss and the metrics as val_….
type EpochLog struct {
	Epoch        int     // from 1
	LearningRate float64 // of its first batch
	Values       []Value
}

// Get returns a value by name.
func (e *EpochLog) Get(name string) (float64, bool) {
	for _, v := range e.Values {
		if v.Name == name {
			return v.Value, true
		}
	}
	return 0, false
}

// History is what Fit did, epoch by epoch.
type History struct {
	Epochs []EpochLog
}

// Get returns a value of every epoch, by name (Keras's history.history[name]); nil if there is none of that name.
func (h *History) Get(name string) []float64 {
	var values []float64
	for i := range h.Epochs {
		if v, ok := h.Epochs[i].Get(name); ok {
			values = append(values, v)
		}
	}
	return values
}

// Fit trains the model on x, of shape [rows, inputs], and y, of shape [rows, outputs] (or [rows], class indices, for
// SparseCategoricalCrossEntropy). Each epoch's loss is the mean of its batches' losses, weighted by their rows and
// taken before each batch's step, regularisation included; so are the metrics.
//
// When the context ends, Fit stops after the batch and returns its error with the history so far; when a callback
// fails, that error. The model then has the weights it had got to, unless the error is a *DivergedError: then those of
// the last finished epoch. After any other error it is as it was.
func (m *Model) Fit(ctx context.Context, x, y []float32, c FitConfig) (*History, error) {
	r, err := newRun(m, x, y, c)
	if err != nil {
		return nil, err
	}
	err = r.train(ctx)
	r.Trainer.Apply()
	return &r.history, err
}

// Run is a call of Fit in progress, as callbacks see it.
type Run struct {
	Trainer *Trainer
	config  FitConfig
	data    rowSet
	order   []int32 // of the rows in this epoch; nil if they are not shuffled, as are the copies of a batch's rows
	batchX  []float32
	batchY  []float32
	batchW  []float32
	random  random
	metrics []metricState

	validation *evaluator
	validate   rowSet

	epoch, batch, batches int
	lossSum               float64 // Σ batch loss × rows of this epoch
	rowsDone              int
	batchLoss             float64
	log                   EpochLog
	history               History
	stopped               bool

	described []Setting // once they are known
	resumed   *State    // until training has gone on from it
	good      []float32 // the parameters after the last epoch, if somebody looks for divergence
}

// rowSet is rows with their targets and weights (nil for ones).
type rowSet struct {
	x, y, weight []float32
	rows         int
}

func newRun(m *Model, x, y []float32, c FitConfig) (*Run, error) {
	if c.Epochs == 0 {
		c.Epochs = 1
	}
	if c.BatchSize == 0 {
		c.BatchSize = 32
	}
	switch {
	case c.Epochs < 0:
		return nil, fmt.Errorf("net: %d epochs", c.Epochs)
	case c.BatchSize < 0:
		return nil, fmt.Errorf("net: batches of %d rows", c.BatchSize)
	case c.CheckpointEvery < 0:
		return nil, fmt.Errorf("net: a checkpoint every %d epochs", c.CheckpointEvery)
	case !(c.ValidationSplit >= 0 && c.ValidationSplit < 1):
		return nil, fmt.Errorf("net: validation split %v outside 0 ≤ split < 1", c.ValidationSplit)
	case c.ValidationX == nil && (c.ValidationY != nil || c.ValidationWeight != nil):
		return nil, fmt.Errorf("net: validation targets or weights are given, and no validation rows")
	case c.ValidationSplit > 0 && c.ValidationX != nil:
		return nil, fmt.Errorf("net: both a validation split and validation rows are given")
	}
	for _, class := range slices.Sorted(maps.Keys(c.ClassWeight)) {
		if w := c.ClassWeight[class]; !(w >= 0) || math.IsInf(float64(w), 0) {
			return nil, fmt.Errorf("net: class %d has weight %v", class, w)
		}
	}
	if err := c.Loss.validate(m.Outputs()); err != nil {
		return nil, err
	}
	rows, err := checkRows(m, c.Loss, x, y, c.SampleWeight)
	if err != nil {
		return nil, err
	}
	if rows > math.MaxInt32 {
		return nil, fmt.Errorf("net: %d rows, more than %d", rows, math.MaxInt32)
	}
	data := rowSet{x, y, c.SampleWeight, rows}
	var validate rowSet
	if c.ValidationSplit > 0 {
		train := int(math.Floor(float64(rows) * (1 - c.ValidationSplit)))
		if train == 0 {
			return nil, fmt.Errorf("net: a validation split of %v leaves none of %d rows to train on",
				c.ValidationSplit, rows)
		}
		if train == rows {
			return nil, fmt.Errorf("net: a validation split of %v takes none of %d rows", c.ValidationSplit, rows)
		}
		data, validate = data.split(train)
	} else if c.ValidationX != nil {
		n, err := checkRows(m, c.Loss, c.ValidationX, c.ValidationY, c.ValidationWeight)
		if err != nil {
			return nil, fmt.Errorf("validation: %w", err)
		}
		validate = rowSet{c.ValidationX, c.ValidationY, c.ValidationWeight, n}
	}
	targets := c.Loss.targetWidth(m.Outputs())
	metrics, err := newMetricStates(c.Metrics, m.Outputs(), targets)
	if err != nil {
		return nil, err
	}
	trainer, err := m.NewTrainer(c)
	if err != nil {
		return nil, err
	}
	c.BatchSize = min(c.BatchSize, data.rows)
	if err := trainer.reserve(c.BatchSize); err != nil {
		return nil, err
	}
	r := &Run{Trainer: trainer, config: c, data: data, metrics: metrics, validate: validate,
		batches: (data.rows + c.BatchSize - 1) / c.BatchSize}
	r.data.weight = classWeights(data, c.ClassWeight, targets)
	if !c.NoShuffle {
		r.order = make([]int32, data.rows)
		r.batchX, r.batchY = make([]float32, c.BatchSize*m.inputs), make([]float32, c.BatchSize*targets)
		if r.data.weight != nil {
			r.batchW = make([]float32, c.BatchSize)
		}
	}
	if validate.rows > 0 {
		r.validation, err = newEvaluator(m, c.Loss, c.Metrics)
		if err != nil {
			return nil, err
		}
	}
	if c.Resume != nil {
		if err := r.resume(c.Resume); err != nil {
			return nil, err
		}
	}
	if c.Checkpoint != nil || slices.ContainsFunc(c.Callbacks, looksForDivergence) {
		r.good = r.Parameters()
	}
	return r, nil
}

// split cuts the rows in two; the first part has n.
func (d rowSet) split(n int) (head, tail rowSet) {
	inputs, targets := len(d.x)/d.rows, len(d.y)/d.rows
	head = rowSet{x: d.x[:n*inputs], y: d.y[:n*targets], rows: n}
	tail = rowSet{x: d.x[n*inputs:], y: d.y[n*targets:], rows: d.rows - n}
	if d.weight != nil {
		head.weight, tail.weight = d.weight[:n], d.weight[n:]
	}
	return head, tail
}

// classWeights returns the rows' weights times those of their classes.
func classWeights(d rowSet, byClass map[int]float32, targets int) []float32 {
	if len(byClass) == 0 {
		return d.weight
	}
	weight := make([]float32, d.rows)
	for i := range weight {
		y := d.y[i*targets:][:targets]
		class := math.RoundToEven(float64(y[0]))
		if targets > 1 {
			class = float64(argmax(y))
		}
		weight[i] = 1
		if math.Abs(class) < math.MaxInt32 { // a conversion to int of anything else is not the same everywhere
			if w, ok := byClass[int(class)]; ok {
				weight[i] = w
			}
		}
		if d.weight != nil {
			weight[i] *= d.weight[i]
		}
	}
	return weight
}

func (r *Run) train(ctx context.Context) error {
	if err := r.call(Callback.TrainBegin); err != nil {
		return err
	}
	err := r.resumeCallbacks()
	for r.epoch < r.config.Epochs && (!r.stopped || r.amidst()) && err == nil {
		r.epoch++
		err = r.trainEpoch(ctx)
	}
	var diverged *DivergedError
	if errors.As(err, &diverged) && r.good != nil {
		copy(r.Trainer.params, r.good)
	}
	if endErr := r.call(Callback.TrainEnd); err == nil {
		err = endErr
	}
	return err
}

// amidst reports whether training is about to be resumed in an epoch that has begun.
func (r *Run) amidst() bool { return r.resumed != nil && r.resumed.Batch > 0 }

func looksForDivergence(c Callback) bool {
	switch c.(type) {
	case TerminateOnNaN, *TerminateOnNaN:
		return true
	}
	return false
}

// resumeCallbacks lets the callbacks remember what they did when the state was taken.
func (r *Run) resumeCallbacks() error {
	if r.resumed == nil {
		return nil
	}
	for i, c := range r.stateful() {
		if err := c.RestoreState(r, r.resumed.Callbacks[i]); err != nil {
			return err
		}
	}
	return nil
}

func (r *Run) call(event func(Callback, *Run) error) error {
	for _, c := range r.config.Callbacks {
		if err := event(c, r); err != nil {
			return err
		}
	}
	return nil
}

func (r *Run) trainEpoch(ctx context.Context) error {
	r.log = EpochLog{Epoch: r.epoch, LearningRate: r.Trainer.LearningRate()}
	r.lossSum, r.rowsDone = 0, 0
	for i := range r.metrics {
		r.metrics[i].reset()
	}
	for i := range r.order {
		r.order[i] = int32(i)
	}
	r.random.seed(r.config.Seed, streamShuffle+uint64(r.epoch))
	r.random.pcg.Shuffle(r.order)
	r.batch = 0
	if r.amidst() {
		if err := r.resumeEpoch(r.resumed); err != nil {
			return err
		}
	}
	r.resumed = nil
	done := ctx.Done()
	for r.batch < r.batches && !r.stopped {
		select {
		case <-done:
			err := fmt.Errorf("net: stopped in epoch %d after %d of %d batches: %w", r.epoch, r.batch, r.batches,
				ctx.Err())
			if saving := r.checkpoint(); saving != nil {
				return fmt.Errorf("%w; and there is no checkpoint of that: %w", err, saving)
			}
			return err
		default:
		}
		r.batch++
		r.trainBatch()
		if err := r.call(Callback.BatchEnd); err != nil {
			return err
		}
	}
	r.log.Values = make([]Value, 0, 2*(1+len(r.metrics)))
	r.log.Values = append(r.log.Values, Value{"loss", r.Loss()})
	for i := range r.metrics {
		r.log.Values = append(r.log.Values, Value{r.metrics[i].String(), r.metrics[i].value()})
	}
	if r.validation != nil {
		for _, v := range r.validation.run(r.Trainer.params, r.validate, r.config.BatchSize) {
			r.log.Values = append(r.log.Values, Value{"val_" + v.Name, v.Value})
		}
	}
	r.history.Epochs = append(r.history.Epochs, r.log)
	if err := r.call(Callback.EpochEnd); err != nil {
		return err
	}
	if r.epoch%max(r.config.CheckpointEvery, 1) == 0 {
		if err := r.checkpoint(); err != nil {
			return err
		}
	}
	if r.good != nil && allFinite(r.Trainer.params) {
		copy(r.good, r.Trainer.params)
	}
	return nil
}

// trainBatch takes a step on the batch's rows.
func (r *Run) trainBatch() {
	first := (r.batch - 1) * r.config.BatchSize
	rows := min(r.config.BatchSize, r.data.rows-first)
	x, y, weight := r.gather(first, rows)
	loss, outputs := r.Trainer.trainOnBatch(x, y, weight, rows)
	r.batchLoss = loss
	r.lossSum += float64(loss * float64(rows))
	r.rowsDone += rows
	for i := range r.metrics {
		r.metrics[i].add(outputs, y)
	}
}

// gather returns rows of the epoch, with their targets and weights: copies, if they are shuffled.
func (r *Run) gather(first, rows int) (x, y, weight []float32) {
	d := &r.data
	inputs, targets := r.Trainer.model.inputs, r.Trainer.loss.targetWidth(r.Trainer.loss.width)
	x, y = d.x[first*inputs:][:rows*inputs], d.y[first*targets:][:rows*targets]
	if d.weight != nil {
		weight = d.weight[first:][:rows]
	}
	if r.order == nil {
		return x, y, weight
	}
	x, y, weight = r.batchX[:len(x)], r.batchY[:len(y)], r.batchW[:len(weight)]
	order := r.order[first:]
	kernels.GatherRows(x, d.x, order, rows, inputs)
	kernels.GatherRows(y, d.y, order, rows, targets)
	if weight != nil {
		kernels.GatherRows(weight, d.weight, order, rows, 1)
	}
	return x, y, weight
}

// Epoch returns the number of the epoch, from 1 (in TrainBegin that of the epoch before the first: 0, unless training
// is resumed); Epochs how many there are to be.
func (r *Run) Epoch() int  { return r.epoch }
func (r *Run) Epochs() int { return r.config.Epochs }

// Batch returns the number of the batch in its epoch, from 1; Batches how many an epoch has.
func (r *Run) Batch() int   { return r.batch }
func (r *Run) Batches() int { return r.batches }

// Rows returns how many rows of this epoch have been trained; TotalRows how many it has.
func (r *Run) Rows() int      { return r.rowsDone }
func (r *Run) TotalRows() int { return r.data.rows }

// Loss returns the mean loss of this epoch so far, BatchLoss that of the last batch.
func (r *Run) Loss() float64      { return r.lossSum / float64(r.rowsDone) }
func (r *Run) BatchLoss() float64 { return r.batchLoss }

// Log returns what the epoch ended with; valid in EpochEnd.
func (r *Run) Log() *EpochLog { return &r.log }

// History returns what the epochs so far have ended with; it must not be changed. In TrainBegin there are some already
// if training is resumed.
func (r *Run) History() *History { return &r.history }

// Stop ends training after this batch (in BatchEnd: the epoch's log is still made) or epoch.
func (r *Run) Stop() { r.stopped = true }

// Parameters returns a copy of the parameters as they are now, in the order of Model.Parameters.
func (r *Run) Parameters() []float32 { return append([]float32(nil), r.Trainer.params...) }

// SetParameters replaces the parameters. The error says how many there are.
func (r *Run) SetParameters(p []float32) error {
	if len(p) != len(r.Trainer.params) {
		return fmt.Errorf("net: %d parameters given, the model has %d", len(p), len(r.Trainer.params))
	}
	copy(r.Trainer.params, p)
	return nil
}

// FormatValues joins values as Keras prints them: "loss: 0.4321 - accuracy: 0.7890".
func FormatValues(values []Value) string {
	parts := make([]string, len(values))
	for i, v := range values {
		parts[i] = fmt.Sprintf("%s: %.4f", v.Name, v.Value)
	}
	return strings.Join(parts, " - ")
}
