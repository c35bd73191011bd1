package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"os/signal"
	"strconv"
	"syscall"
	"time"

	"nnrt/dataset"
	"nnrt/net"
	"nnrt/serialize"
)

// session is one training, from the encoded data to the saved file.
type session struct {
	options  *trainOptions
	plan     *plan
	data     *trainData
	model    *net.Model
	loss     net.Loss
	config   net.FitConfig
	schedule string // in words
	stopping *net.EarlyStopping
	history  *net.History
	log      epochLog
	balance  map[int]float32 // class weights
	every    int             // epochs from one line of progress to the next
	saving   error           // of the last checkpoint
}

// prepare makes the model and decides everything about its training.
func (o *trainOptions) prepare(p *plan, d *trainData) (*session, error) {
	t := &session{options: o, plan: p, data: d, every: 1}
	var err error
	if t.loss, err = lossFor(d.schema.Target.Task, p.loss); err != nil {
		return nil, err
	}
	if t.balance, err = classWeights(*o.classWeight, d.schema, d.y); err != nil {
		return nil, err
	}
	if err := t.makeModel(); err != nil {
		return nil, err
	}
	outputs := t.model.Outputs()
	epoch := (int64(d.rows()) + int64(*o.batchSize) - 1) / int64(*o.batchSize)
	t.config = net.FitConfig{
		Loss: t.loss, Optimizer: p.optimizer, Metrics: trainMetrics(d.schema.Target.Task),
		Epochs: *o.epochs, BatchSize: *o.batchSize, Seed: *o.seed, NoShuffle: !*o.shuffle, Threads: *o.threads,
		ClassWeight: t.balance,
		Callbacks:   []net.Callback{net.TerminateOnNaN{}},
	}
	t.config.Schedule, t.schedule = p.schedule(p.rate, epoch, epoch*int64(*o.epochs))
	if d.valRows() > 0 {
		t.config.ValidationX, t.config.ValidationY = d.valX, targetsFor(t.loss, d.valY, outputs)
	}
	if *o.earlyStop > 0 {
		if d.valRows() == 0 {
			return nil, usagef("--early-stop: --val-split %v leaves no rows of %d to measure on", *o.valSplit, d.rows())
		}
		t.stopping = &net.EarlyStopping{Patience: *o.earlyStop, RestoreBestWeights: true}
		t.config.Callbacks = append(t.config.Callbacks, t.stopping)
	}
	t.log.unit = targetUnit(d.schema)
	t.config.Callbacks = append(t.config.Callbacks, &t.log)
	if *o.checkpoint != "" {
		t.config.Checkpoint, t.config.CheckpointEvery = t.saveCheckpoint, *o.checkpointEvery
	}
	if err := t.checkSavable(); err != nil || p.resumed == nil {
		return t, err
	}
	t.config.Resume = p.resumed.state
	return t, t.checkResumed(p.resumed)
}

// makeModel makes the network that the flags and the schema describe, or takes that of --init.
func (t *session) makeModel() (err error) {
	width, outputs := t.data.schema.Width(), t.data.schema.Outputs()
	if initial := t.plan.initial; initial != nil {
		t.model = initial.Model
		if t.model.Inputs() != width || t.model.Outputs() != outputs {
			return usagef("--init: the model has %d inputs and %d outputs, the data calls for %d and %d",
				t.model.Inputs(), t.model.Outputs(), width, outputs)
		}
		return nil
	}
	var layers []net.Layer
	penalty := net.L1L2(float32(*t.options.l1), float32(*t.options.l2))
	for _, h := range t.plan.layers {
		layers = append(layers, net.Dense(h.units, h.activation, net.KernelRegularizer(penalty)))
		if *t.options.dropout > 0 {
			layers = append(layers, net.Dropout(float32(*t.options.dropout)))
		}
	}
	if t.model, err = net.New(width, append(layers, outputLayer(t.data.schema))...); err != nil {
		return &usageError{err}
	}
	return nil
}

// trainAndSave trains, and writes the model, whose bytes it returns. The first interrupt or request to terminate ends
// training after the batch, and is too late when the model is being written; a second one ends the process at once.
func (t *session) trainAndSave(e *env) ([]byte, error) {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop)
	if err := t.fit(ctx, e); err != nil {
		return nil, err
	}
	blob, err := t.file()
	if err != nil {
		return nil, err
	}
	return blob, t.write(blob)
}

// fit trains until the context ends.
func (t *session) fit(ctx context.Context, e *env) error {
	var shown *progress
	if !e.quiet {
		shown = newProgress(e, targetUnit(t.data.schema), t.every)
		t.config.Callbacks = append(t.config.Callbacks, shown)
	}
	var err error
	t.history, err = t.model.Fit(ctx, t.data.x, targetsFor(t.loss, t.data.y, t.model.Outputs()), t.config)
	if shown != nil {
		shown.erase()
	}
	if err != nil {
		return t.explain(err)
	}
	if t.stopping != nil && t.stopping.StoppedEpoch > 0 && !e.quiet {
		fmt.Fprintf(e.stderr, "stopped after epoch %d, the weights are those of epoch %d\n", t.stopping.StoppedEpoch,
			t.stopping.BestEpoch)
	}
	return nil
}

// interrupted reports whether an error is of a training that was told to end.
func interrupted(err error) bool { return errors.Is(err, context.Canceled) }

// final returns the loss and metrics of the epoch whose weights the model has.
func (t *session) final() []net.Value {
	epochs := t.history.Epochs
	last := &epochs[len(epochs)-1]
	if t.stopping != nil && t.stopping.BestEpoch > 0 {
		last = &epochs[t.stopping.BestEpoch-1]
	}
	return inUnits(last.Values, targetUnit(t.data.schema))
}

// file puts together what is saved. It depends on data, flags and seed alone: no dates, names of files or of machines.
func (t *session) file() ([]byte, error) {
	selfTest, err := serialize.NewSelfTest(t.model, sampleRows(t.data.x, t.model.Inputs()))
	if err != nil {
		return nil, err
	}
	metadata := t.asked()
	metadata["epochs_trained"] = strconv.Itoa(len(t.history.Epochs))
	if t.stopping != nil {
		metadata["best_epoch"] = strconv.Itoa(t.stopping.BestEpoch)
	}
	for _, v := range t.final() {
		metadata["final_"+v.Name] = formatNumber(v.Value)
	}
	blob, err := serialize.Encode(&serialize.File{Model: t.model, Schema: t.data.schema, Metadata: metadata,
		SelfTest: selfTest})
	if err != nil {
		return nil, &failure{fmt.Errorf("training diverged, a smaller --learning-rate may help: %w", err)}
	}
	return blob, nil
}

// checkSavable finds out before training whether the model file can hold what the data and the flags ask for.
func (t *session) checkSavable() error {
	_, err := serialize.Encode(&serialize.File{Model: t.model, Schema: t.data.schema, Metadata: t.asked()})
	var fault *serialize.FormatError
	if errors.As(err, &fault) && fault.Section == "schema" {
		return &dataset.Error{Msg: "the model file cannot hold what it has to say about the data", Err: unwrapped(err)}
	}
	if err != nil {
		return usagef("such a model cannot be saved: %w", unwrapped(err))
	}
	return nil
}

// unwrapped returns an error of package serialize as a text, so that it does not pass for a bad model file.
func unwrapped(err error) error { return errors.New(err.Error()) }

// asked is the part of the metadata that is known before training.
func (t *session) asked() serialize.Metadata {
	o, p, d := t.options, t.plan, t.data
	m := serialize.Metadata{
		"task":         d.schema.Target.Task.String(),
		"loss":         t.loss.String(),
		"optimizer":    p.optimizing,
		"schedule":     t.schedule,
		"epochs":       strconv.Itoa(*o.epochs),
		"batch_size":   strconv.Itoa(*o.batchSize),
		"seed":         strconv.FormatUint(*o.seed, 10),
		"shuffle":      strconv.FormatBool(*o.shuffle),
		"train_rows":   strconv.Itoa(d.rows()),
		"train_sha256": d.trainSum,
	}
	if p.initial != nil {
		m["init_sha256"] = p.initialSum
	} else {
		m["layers"] = formatLayers(p.layers)
		m["standardize"] = d.standardize
		m["l1"], m["l2"] = formatNumber(*o.l1), formatNumber(*o.l2)
		m["dropout"] = formatNumber(*o.dropout)
	}
	if *o.classWeight != "" {
		m["class_weight"] = *o.classWeight
	}
	if *o.valSplit > 0 {
		m["val_split"] = formatNumber(*o.valSplit)
	}
	if d.valRows() > 0 {
		m["val_rows"] = strconv.Itoa(d.valRows())
		m["val_sha256"] = d.valSum
	}
	if t.stopping != nil {
		m["early_stop"] = strconv.Itoa(*o.earlyStop)
	}
	return m
}

// write writes the model and, if one is asked for, the log: both or neither.
func (t *session) write(blob []byte) error {
	o := t.options
	return serialize.AtomicWrite(*o.output, func(w io.Writer) error {
		if _, err := w.Write(blob); err != nil || *o.log == "" {
			return err
		}
		return serialize.AtomicWrite(*o.log, func(w io.Writer) error {
			_, err := w.Write(t.log.lines.Bytes())
			return err
		})
	})
}

// printFile prints a file's name, size and SHA-256 with tabs between them.
func printFile(e *env, path string, blob []byte) {
	sum := sha256.Sum256(blob)
	fmt.Fprintf(e.stdout, "%s\t%d\t%s\n", path, len(blob), hex.EncodeToString(sum[:]))
}

// epochLog keeps a JSON object for every epoch. It is a net.Callback.
type epochLog struct {
	net.NoCallback
	unit  float64 // what a regression's errors are multiplied by
	lines bytes.Buffer
	begun time.Time
}

// TrainBegin writes the epochs that were trained before the checkpoint. How long they took nobody knows any more.
func (l *epochLog) TrainBegin(r *net.Run) error {
	for i := range r.History().Epochs {
		l.write(&r.History().Epochs[i], math.NaN())
	}
	l.begun = time.Now()
	return nil
}

func (l *epochLog) EpochEnd(r *net.Run) error {
	now := time.Now()
	l.write(r.Log(), now.Sub(l.begun).Seconds())
	l.begun = now
	return nil
}

func (l *epochLog) write(log *net.EpochLog, seconds float64) {
	fmt.Fprintf(&l.lines, `{"epoch":%d`, log.Epoch)
	for _, v := range inUnits(log.Values, l.unit) {
		fmt.Fprintf(&l.lines, `,%q:%s`, v.Name, jsonNumber(v.Value))
	}
	took := "null"
	if !math.IsNaN(seconds) {
		took = strconv.FormatFloat(seconds, 'f', 6, 64)
	}
	fmt.Fprintf(&l.lines, `,"lr":%s,"seconds":%s}`+"\n", jsonNumber(log.LearningRate), took)
}

// number is a float64 that is null in JSON if it is not finite.
type number float64

func (n number) MarshalJSON() ([]byte, error) { return []byte(jsonNumber(float64(n))), nil }

// jsonNumber returns a number in JSON: the shortest digits that read back to it, or null if it is not finite.
func jsonNumber(v float64) string {
	text, err := json.Marshal(v)
	if err != nil {
		return "null"
	}
	return string(text)
}
