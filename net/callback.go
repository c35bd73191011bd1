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

// SaveState returns what must be remembered to go on; see State.
func (c *EarlyStopping) SaveState() CallbackState {
	baseline := "none"
	if c.Baseline != nil {
		baseline = fmt.Sprint(*c.Baseline)
	}
	return CallbackState{
		Name: fmt.Sprintf("EarlyStopping(monitor %s, min delta %v, patience %d, mode %d, baseline %s, "+
			"restore best weights %t, start from epoch %d)", c.monitor(), c.MinDelta, c.Patience, c.Mode, baseline, c.RestoreBestWeights,
			c.StartFromEpoch),
		Numbers: []float64{c.best, float64(c.waited), float64(c.BestEpoch), float64(c.StoppedEpoch)},
		Weights: c.bestWeights,
	}
}

// RestoreState takes back what SaveState returned.
func (c *EarlyStopping) RestoreState(r *Run, s CallbackState) error {
	var whole [3]int
	if len(s.Numbers) != 1+len(whole) {
		return badState("%d numbers of EarlyStopping", len(s.Numbers))
	}
	for i := range whole {
		v := s.Numbers[1+i]
		if !(v >= 0 && v <= float64(len(r.history.Epochs))) || v != math.Trunc(v) {
			return badState("EarlyStopping with %v", s.Numbers)
		}
		whole[i] = int(v)
	}
	wants := 0
	if c.RestoreBestWeights && whole[1] > 0 {
		wants = len(r.Trainer.params)
	}
	if len(s.Weights) != wants {
		return badState("%d best weights of %d", len(s.Weights), wants)
	}
	if !allFinite(s.Weights) {
		return badState("best weights that are not finite")
	}
	c.best, c.waited, c.BestEpoch, c.StoppedEpoch = s.Numbers[0], whole[0], whole[1], whole[2]
	if c.bestWeights = nil; len(s.Weights) > 0 {
		c.bestWeights = s.Weights
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

// SaveState returns what must be remembered to go on; see State.
func (c *ReduceLROnPlateau) SaveState() CallbackState {
	return CallbackState{
		Name: fmt.Sprintf("ReduceLROnPlateau(monitor %s, factor %v, patience %d, min delta %v, mode %d, cooldown %d, "+
			"smallest rate %v)", c.monitor(), c.factor(), c.Patience, c.MinDelta, c.Mode, c.Cooldown, c.MinLR),
		Numbers: []float64{c.best, float64(c.waited), float64(c.cooldown)},
	}
}

// RestoreState takes back what SaveState returned.
func (c *ReduceLROnPlateau) RestoreState(r *Run, s CallbackState) error {
	if len(s.Numbers) != 3 {
		return badState("%d numbers of ReduceLROnPlateau", len(s.Numbers))
	}
	for _, v := range s.Numbers[1:] {
		if !(v >= 0 && v <= math.MaxInt32) || v != math.Trunc(v) {
			return badState("ReduceLROnPlateau with %v", s.Numbers)
		}
	}
	c.best, c.waited, c.cooldown = s.Numbers[0], int(s.Numbers[1]), int(s.Numbers[2])
	return nil
}

// ErrDiverged is in every DivergedError.
var ErrDiverged = errors.New("training has diverged")

// DivergedError says where a training got out of numbers.
type DivergedError struct {
	Epoch, Batch int     // from 1
	Loss         float64 // of the batch; if it is finite, then the weights after its step are not
}

func (e *DivergedError) Error() string {
	if math.IsNaN(e.Loss) || math.IsInf(e.Loss, 0) {
		return fmt.Sprintf("net: epoch %d, batch %d: the loss is %v", e.Epoch, e.Batch, e.Loss)
	}
	return fmt.Sprintf("net: epoch %d, batch %d: the weights are not finite any more", e.Epoch, e.Batch)
}

// Unwrap returns ErrDiverged.
func (e *DivergedError) Unwrap() error { return ErrDiverged }

// TerminateOnNaN ends Fit with a *DivergedError when a batch's loss is NaN or infinite; the model gets the weights of
// the last finished epoch whose weights are finite, or those it began with. (Keras only stops, with the weights that it
// has got to.)
type TerminateOnNaN struct{ NoCallback }

func (TerminateOnNaN) BatchEnd(r *Run) error {
	if l := r.batchLoss; math.IsNaN(l) || math.IsInf(l, 0) {
		return &DivergedError{Epoch: r.epoch, Batch: r.batch, Loss: l}
	}
	return nil
}
