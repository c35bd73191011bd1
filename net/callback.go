package net

import (
	"errors"
	"fmt"
	"math"
	"strings"
)

// Callback is called while Fit runs. An error ends training at once and is returned by Fit. TrainEnd is called however
// training ends, unless TrainBegin failed. Embed NoCallback to write only some of the methods, or use CallbackFuncs.
type Callback interface {
	TrainBegin(*Run) error
	BatchEnd(*Run) error
	EpochEnd(*Run) error
	TrainEnd(*Run) error
}

// NoCallback does nothing at every call.
type NoCallback struct{}

func (NoCallback) TrainBegin(*Run) error { return nil }
func (NoCallback) BatchEnd(*Run) error   { return nil }
func (NoCallback) EpochEnd(*Run) error   { return nil }
func (NoCallback) TrainEnd(*Run) error   { return nil }

// CallbackFuncs is a Callback made of functions, each of which may be nil.
type CallbackFuncs struct {
	OnTrainBegin, OnBatchEnd, OnEpochEnd, OnTrainEnd func(*Run) error
}

func (c CallbackFuncs) TrainBegin(r *Run) error { return callIf(c.OnTrainBegin, r) }
func (c CallbackFuncs) BatchEnd(r *Run) error   { return callIf(c.OnBatchEnd, r) }
func (c CallbackFuncs) EpochEnd(r *Run) error   { return callIf(c.OnEpochEnd, r) }
func (c CallbackFuncs) TrainEnd(r *Run) error   { return callIf(c.OnTrainEnd, r) }

func callIf(f func(*Run) error, r *Run) error {
	if f == nil {
		return nil
	}
	return f(r)
}

// Mode says whether a monitored value is to fall or to rise.
type Mode uint8

const (
	Auto Mode = iota // by the value's name: accuracies, precision, recall, f1, auc, r2 rise, all others fall
	Min
	Max
)

func (m Mode) rising(name string) bool {
	if m != Auto {
		return m == Max
	}
	switch name = strings.TrimPrefix(name, "val_"); name {
	case "accuracy", "top_k_accuracy", "precision", "recall", "f1", "auc", "r2":
		return true
	}
	return false
}

// monitored returns an epoch's value of a name, or which names there are.
func monitored(r *Run, callback, name string) (float64, error) {
	v, ok := r.log.Get(name)
	if !ok {
		var names []string
		for _, v := range r.log.Values {
			names = append(names, v.Name)
		}
		return 0, fmt.Errorf("net: %s monitors %q, and there is only %s", callback, name, strings.Join(names, ", "))
	}
	return v, nil
}

// improves tells whether a value is better than the best so far by more than minDelta.
func improves(value, best, minDelta float64, rising bool) bool {
	if rising {
		return value-minDelta > best
	}
	return value+minDelta < best
}

func worst(rising bool) float64 {
	if rising {
		return math.Inf(-1)
	}
	return math.Inf(1)
}

// EarlyStopping stops when a value has not improved for Patience epochs, or for one if Patience is 0. A pointer to it is
// a Callback; after Fit, StoppedEpoch and BestEpoch tell what happened.
type EarlyStopping struct {
	NoCallback
	Monitor            string  // val_loss
	MinDelta           float64 // what counts as an improvement must be larger than it
	Patience           int     // 0
	Mode               Mode
	Baseline           *float64 // what must be beaten, or nil
	RestoreBestWeights bool
	StartFromEpoch     int // epochs to let pass first

	StoppedEpoch int // the epoch that it stopped after, from 1; 0 if it did not
	BestEpoch    int // from 1; 0 if there was none

	best        float64
	waited      int
	bestWeights []float32
}

func (c *EarlyStopping) monitor() string {
	if c.Monitor == "" {
		return "val_loss"
	}
	return c.Monitor
}

func (c *EarlyStopping) TrainBegin(*Run) error {
	if c.Patience < 0 || c.StartFromEpoch < 0 || !(c.MinDelta >= 0) {
		return fmt.Errorf("net: EarlyStopping with patience %d, start from epoch %d, min delta %v",
			c.Patience, c.StartFromEpoch, c.MinDelta)
	}
	c.best, c.waited, c.bestWeights = worst(c.Mode.rising(c.monitor())), 0, nil
	c.StoppedEpoch, c.BestEpoch = 0, 0
	return nil
}

func (c *EarlyStopping) EpochEnd(r *Run) error {
	value, err := monitored(r, "EarlyStopping", c.monitor())
	if err != nil || r.epoch <= c.StartFromEpoch {
		return err
	}
	rising := c.Mode.rising(c.monitor())
	if c.RestoreBestWeights && c.bestWeights == nil {
		c.bestWeights, c.BestEpoch = r.Parameters(), r.epoch // in case nothing ever improves
	}
	c.waited++
	if improves(value, c.best, c.MinDelta, rising) {
		c.best, c.BestEpoch = value, r.epoch
		if c.RestoreBestWeights {
			c.bestWeights = r.Parameters()
		}
		if c.Baseline == nil || improves(value, *c.Baseline, c.MinDelta, rising) {
			c.waited = 0
		}
		return nil
	}
	if c.waited >= c.Patience && r.epoch > 1 {
		c.StoppedEpoch = r.epoch
		r.Stop()
	}
	return nil
}

func (c *EarlyStopping) TrainEnd(r *Run) error {
	if c.RestoreBestWeights && c.bestWeights != nil {
		err := r.SetParameters(c.bestWeights)
		c.bestWeights = nil
		return err
	}
	return nil
}

// ReduceLROnPlateau multiplies the learning rate by Factor when a value has not improved for Patience epochs. A
// pointer to it is a Callback.
type ReduceLROnPlateau struct {
	NoCallback
	Monitor  string  // val_loss
	Factor   float64 // 0.1
	Patience int     // 10; negative for 0
	MinDelta float64 // 1e-4; negative for 0
	Mode     Mode
	Cooldown int     // epochs to wait after a reduction
	MinLR    float64 // the learning rate's floor

	best             float64
	waited, cooldown int
}

func (c *ReduceLROnPlateau) monitor() string {
	if c.Monitor == "" {
		return "val_loss"
	}
	return c.Monitor
}

func (c *ReduceLROnPlateau) TrainBegin(r *Run) error {
	if r.Trainer.schedule != nil {
		return errors.New("net: ReduceLROnPlateau cannot change the learning rate of a Schedule")
	}
	if c.factor() >= 1 || !(c.factor() > 0) || c.Cooldown < 0 || !(c.MinLR >= 0) || math.IsNaN(c.MinDelta) {
		return fmt.Errorf("net: ReduceLROnPlateau with factor %v, min delta %v, cooldown %d, smallest rate %v",
			c.Factor, c.MinDelta, c.Cooldown, c.MinLR)
	}
	c.best, c.waited, c.cooldown = worst(c.Mode.rising(c.monitor())), 0, 0
	return nil
}

func (c *ReduceLROnPlateau) factor() float64 { return orDefault(c.Factor, 0.1) }

func orDefault(v, byDefault float64) float64 {
	if v == 0 {
		return byDefault
	}
	return v
}

func (c *ReduceLROnPlateau) EpochEnd(r *Run) error {
	value, err := monitored(r, "ReduceLROnPlateau", c.monitor())
	if err != nil {
		return err
	}
	patience := c.Patience
	if patience == 0 {
		patience = 10
	}
	minDelta := math.Max(orDefault(c.MinDelta, 1e-4), 0)
	if c.cooldown > 0 {
		c.cooldown--
		c.waited = 0
	}
	if improves(value, c.best, minDelta, c.Mode.rising(c.monitor())) {
		c.best, c.waited = value, 0
		return nil
	}
	if c.cooldown > 0 {
		return nil
	}
	c.waited++
	if lr := r.Trainer.LearningRate(); c.waited >= patience && float32(lr) > float32(c.MinLR) {
		c.cooldown, c.waited = c.Cooldown, 0
		return r.Trainer.SetLearningRate(math.Max(lr*c.factor(), c.MinLR))
	}
	return nil
}

// ErrDiverged is in the error of TerminateOnNaN.
var ErrDiverged = errors.New("the loss is not a finite number")

// TerminateOnNaN ends Fit with an error that wraps ErrDiverged when a batch's loss is NaN or infinite. (Keras only
// stops; here the caller hears of it.)
type TerminateOnNaN struct{ NoCallback }

func (TerminateOnNaN) BatchEnd(r *Run) error {
	if l := r.batchLoss; math.IsNaN(l) || math.IsInf(l, 0) {
		return fmt.Errorf("net: epoch %d, batch %d: loss %v: %w", r.epoch, r.batch, l, ErrDiverged)
	}
	return nil
}
