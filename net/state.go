package net

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"math/bits"
	"slices"

	"nnrt/kernels"
)

// State is a training between two batches: all that Fit needs, given the same data and configuration, to go on as if
// it had never stopped, on any machine. FitConfig.Checkpoint gets one, FitConfig.Resume takes it, and package serialize
// has a file for it. Its fields are for such a file; whoever changes one gets another training, or an error.
//
// Random numbers need no state of their own: each stream of them follows from the seed, which is among the settings,
// and the epoch or the step.
type State struct {
	Model    *Model    // the layers, and the parameters as they are then
	Settings []Setting // what the result depends on: the configuration, and fingerprints of the data

	Epoch   int  // epochs finished
	Batch   int  // batches trained of the epoch after those
	Stopped bool // by a callback: no epoch is to follow

	Step         int64       // batches trained in all
	LearningRate float64     // unless a Schedule gives it
	MuProduct    float64     // Nadam's μ₁·μ₂·…
	Slots        [][]float32 // the optimiser's vectors, as long as the parameters

	// Of the epoch that has begun, if Batch is not 0:
	LossSum   float64   // Σ batch loss × rows
	EpochRate float64   // the learning rate of its first batch
	Metrics   []float64 // what the metrics have counted

	History   []EpochLog
	Callbacks []CallbackState // of those callbacks that are a StatefulCallback
}

// Setting is a part of a training's configuration, in words.
type Setting struct{ Name, Value string }

// StatefulCallback is a Callback which remembers something from one epoch to the next that its later decisions depend
// on, as EarlyStopping and ReduceLROnPlateau do.
type StatefulCallback interface {
	Callback
	// SaveState returns what it remembers. It is called between batches; the slices must not be written to afterwards.
	SaveState() CallbackState
	// RestoreState is called after TrainBegin and takes back what SaveState returned. State.Name fits; the rest may
	// come from a file that somebody else has written.
	RestoreState(*Run, CallbackState) error
}

// CallbackState is what a callback remembers.
type CallbackState struct {
	Name    string    // of the callback, with its configuration in words
	Numbers []float64 // any
	Weights []float32 // any number of finite values
}

// MismatchError says in what a training differs from the one that FitConfig.Resume is of.
type MismatchError struct {
	What         string // such as "batch size"
	Saved, Given string // what it was then, and is now
}

func (e *MismatchError) Error() string {
	return fmt.Sprintf("net: the training to be resumed was another one: %s is %.500s, was %.500s", e.What, e.Given, e.Saved)
}

// ErrBadState is in the error for a State that contradicts itself.
var ErrBadState = errors.New("net: the training state contradicts itself")

func badState(format string, args ...any) error {
	return fmt.Errorf("%w: "+format, append([]any{ErrBadState}, args...)...)
}

// settings returns everything that the result of a run depends on, but for the number of epochs and the layers.
func (r *Run) settings() []Setting {
	c := &r.config
	optimizer := c.Optimizer
	if optimizer == nil {
		optimizer = Adam{}
	}
	schedule := "none"
	if c.Schedule != nil {
		schedule = fmt.Sprintf("%T%+v", c.Schedule, c.Schedule)
	}
	classes := ""
	for _, class := range slices.Sorted(maps.Keys(c.ClassWeight)) {
		classes += fmt.Sprintf("%d=%v ", class, c.ClassWeight[class])
	}
	inputs, targets := r.Trainer.model.inputs, r.Trainer.loss.targetWidth(r.Trainer.loss.width)
	list := []Setting{
		{"arithmetic contract", fmt.Sprint(kernels.Contract)},
		{"loss", fmt.Sprintf("%v (from logits %t, label smoothing %v, delta %v)", c.Loss, c.Loss.FromLogits,
			c.Loss.LabelSmoothing, c.Loss.Delta)},
		{"optimizer", fmt.Sprintf("%s%+v", optimizer.Name(), optimizer)},
		{"schedule", schedule},
		{"batch size", fmt.Sprint(c.BatchSize)},
		{"seed", fmt.Sprint(c.Seed)},
		{"shuffling", fmt.Sprint(!c.NoShuffle)},
		{"class weights", fingerprintText(classes)},
	}
	for i, m := range c.Metrics {
		list = append(list, Setting{fmt.Sprintf("metric %d", i+1), fmt.Sprintf("%v (K %d)", m, m.K)})
	}
	for _, d := range []struct {
		name string
		rows rowSet
	}{{"", r.data}, {"validation ", r.validate}} {
		list = append(list,
			Setting{d.name + "rows", fmt.Sprint(d.rows.rows)},
			Setting{"the content of the " + d.name + "inputs", fingerprint(d.rows.x, inputs)},
			Setting{"the content of the " + d.name + "targets", fingerprint(d.rows.y, targets)},
			Setting{"the content of the " + d.name + "weights", fingerprint(d.rows.weight, 1)})
	}
	return list
}

// fingerprint returns a hash of a matrix: its shape and every value's bits, all NaNs being one. It tells data apart
// that differ by accident; it is no protection against somebody who makes others with the same one.
func fingerprint(values []float32, width int) string {
	h := newHash(uint64(len(values)), uint64(width))
	for _, v := range values {
		b := math.Float32bits(v)
		if v != v {
			b = 0x7fc00000
		}
		h.add(uint64(b))
	}
	return h.String()
}

// fingerprintText returns a text, or a hash of it if it is long.
func fingerprintText(s string) string {
	const most = 1000
	if len(s) <= most {
		if s == "" {
			return "none"
		}
		return s
	}
	h := newHash(uint64(len(s)), 0)
	for _, b := range []byte(s) {
		h.add(uint64(b))
	}
	return h.String()
}

// hash is two sums over the same words. Each step of one is a bijection of the sum before, so that words which differ
// in one place never have the same hash.
type hash struct{ a, b uint64 }

func newHash(length, width uint64) *hash {
	h := new(hash)
	h.add(length)
	h.add(width)
	return h
}

func (h *hash) add(word uint64) {
	h.a = bits.RotateLeft64((h.a^word)*0x9e3779b97f4a7c15, 29)
	h.b = bits.RotateLeft64((h.b+word)*0xd1342543de82ef95, 37)
}

func (h *hash) String() string { return fmt.Sprintf("%016x%016x", h.a, h.b) }

// State returns the training as it is now. It may be called in BatchEnd and EpochEnd; but other callbacks that have not
// seen the batch or epoch yet are then a step behind: FitConfig.Checkpoint is called after all of them.
func (r *Run) State() *State {
	t := r.Trainer
	s := &State{
		Model:    &Model{inputs: t.model.inputs, layers: t.model.layers, plan: t.model.plan, size: t.model.size},
		Settings: r.knownSettings(),
		Epoch:    r.epoch, Stopped: r.stopped,
		Step: t.step, LearningRate: t.learningRate, MuProduct: t.scalars.muProduct,
		History: slices.Clone(r.history.Epochs),
	}
	s.Model.params = r.Parameters()
	for _, slot := range t.slots {
		s.Slots = append(s.Slots, slices.Clone(slot))
	}
	if len(r.history.Epochs) < r.epoch { // the epoch has begun, and not ended
		s.Epoch--
		s.Batch = r.batch
	}
	if s.Batch > 0 {
		s.LossSum, s.EpochRate = r.lossSum, r.log.LearningRate
		for i := range r.metrics {
			s.Metrics = r.metrics[i].appendState(s.Metrics)
		}
	}
	for _, c := range r.stateful() {
		s.Callbacks = append(s.Callbacks, c.SaveState())
	}
	return s
}

// knownSettings returns the settings, for which all data is looked at once.
func (r *Run) knownSettings() []Setting {
	if r.described == nil {
		r.described = r.settings()
	}
	return slices.Clone(r.described)
}

func (r *Run) stateful() []StatefulCallback {
	var list []StatefulCallback
	for _, c := range r.config.Callbacks {
		if s, ok := c.(StatefulCallback); ok {
			list = append(list, s)
		}
	}
	return list
}

// checkpoint hands the state to whoever saves it. Weights that are not finite are not handed on: what was saved before
// is better.
func (r *Run) checkpoint() error {
	if r.config.Checkpoint == nil {
		return nil
	}
	if !allFinite(r.Trainer.params) {
		return &DivergedError{Epoch: r.epoch, Batch: r.batch, Loss: r.batchLoss}
	}
	return r.config.Checkpoint(r.State())
}

func allFinite(values []float32) bool {
	for _, v := range values {
		if v-v != 0 {
			return false
		}
	}
	return true
}

// resume goes to the place in the training that a state is of; the callbacks follow when training begins.
func (r *Run) resume(s *State) error {
	t := r.Trainer
	if err := sameLayers(s.Model, t.model); err != nil {
		return err
	}
	if err := sameSettings(s.Settings, r.knownSettings()); err != nil {
		return err
	}
	if s.Epoch > r.config.Epochs || s.Epoch == r.config.Epochs && s.Batch > 0 {
		return &MismatchError{"the number of epochs", fmt.Sprintf("at least %d", s.Epoch+min(s.Batch, 1)),
			fmt.Sprint(r.config.Epochs)}
	}
	switch {
	case s.Epoch < 0 || s.Batch < 0 || s.Batch >= r.batches:
		return badState("%d epochs and %d of %d batches", s.Epoch, s.Batch, r.batches)
	case !(s.LearningRate >= 0) || math.IsInf(s.LearningRate, 0):
		return badState("learning rate %v", s.LearningRate)
	case len(s.History) != s.Epoch:
		return badState("a history of %d epochs after %d", len(s.History), s.Epoch)
	case s.Step < 0 || s.Step > int64(s.Epoch)*int64(r.batches)+int64(s.Batch): // less if epochs were stopped
		return badState("step %d after %d epochs and %d of %d batches", s.Step, s.Epoch, s.Batch, r.batches)
	case s.Stopped && s.Epoch == 0 && s.Batch == 0:
		return badState("stopped before it began")
	case len(s.Slots) != len(t.slots):
		return badState("%d vectors of the optimizer, which has %d", len(s.Slots), len(t.slots))
	}
	for _, slot := range s.Slots {
		if len(slot) != len(t.params) {
			return badState("an optimizer's vector of %d values for %d parameters", len(slot), len(t.params))
		}
	}
	if err := r.checkHistory(s.History); err != nil {
		return err
	}
	callbacks := r.stateful()
	for i := range max(len(callbacks), len(s.Callbacks)) {
		saved, given := "none", "none"
		if i < len(s.Callbacks) {
			saved = s.Callbacks[i].Name
		}
		if i < len(callbacks) {
			given = callbacks[i].SaveState().Name
		}
		if saved != given {
			return &MismatchError{fmt.Sprintf("callback %d with a state", i+1), saved, given}
		}
	}
	copy(t.params, s.Model.params)
	for i, slot := range s.Slots {
		copy(t.slots[i], slot)
	}
	t.step, t.learningRate, t.scalars.muProduct = s.Step, s.LearningRate, s.MuProduct
	r.history.Epochs = slices.Clone(s.History)
	r.epoch, r.stopped = s.Epoch, s.Stopped
	r.resumed = s
	return nil
}

// checkHistory looks whether epochs have their numbers and the values that this run gives them.
func (r *Run) checkHistory(epochs []EpochLog) error {
	names := []string{"loss"}
	for i := range r.metrics {
		names = append(names, r.metrics[i].String())
	}
	if r.validation != nil {
		for _, name := range names {
			names = append(names, "val_"+name)
		}
	}
	for i := range epochs {
		e := &epochs[i]
		same := e.Epoch == i+1 && len(e.Values) == len(names)
		for j := 0; same && j < len(names); j++ {
			same = e.Values[j].Name == names[j]
		}
		if !same {
			return badState("entry %d of the history is of epoch %d, or has other values than %q", i+1, e.Epoch, names)
		}
	}
	return nil
}

// resumeEpoch goes to the batch of an epoch after which the state was taken.
func (r *Run) resumeEpoch(s *State) error {
	r.batch = s.Batch
	r.rowsDone = min(s.Batch*r.config.BatchSize, r.data.rows)
	r.lossSum, r.log.LearningRate = s.LossSum, s.EpochRate
	rest := s.Metrics
	for i := range r.metrics {
		var ok bool
		if rest, ok = r.metrics[i].setState(rest, r.rowsDone); !ok {
			return badState("%d numbers of metrics", len(s.Metrics))
		}
	}
	if len(rest) > 0 {
		return badState("%d numbers of metrics too many", len(rest))
	}
	return nil
}

func sameLayers(saved, given *Model) error {
	if saved == nil {
		return badState("no model")
	}
	if saved.inputs != given.inputs {
		return &MismatchError{"the number of inputs", fmt.Sprint(saved.inputs), fmt.Sprint(given.inputs)}
	}
	if len(saved.layers) != len(given.layers) {
		return &MismatchError{"the number of layers", fmt.Sprint(len(saved.layers)), fmt.Sprint(len(given.layers))}
	}
	for i := range saved.layers {
		if saved.layers[i] != given.layers[i] {
			return &MismatchError{fmt.Sprintf("layer %d", i+1), fmt.Sprintf("%+v", saved.layers[i]),
				fmt.Sprintf("%+v", given.layers[i])}
		}
	}
	return nil
}

func sameSettings(saved, given []Setting) error {
	for _, g := range given {
		if was := settingOf(saved, g.Name); was != g.Value {
			return &MismatchError{g.Name, was, g.Value}
		}
	}
	for _, s := range saved {
		if is := settingOf(given, s.Name); is != s.Value {
			return &MismatchError{s.Name, s.Value, is}
		}
	}
	return nil
}

// settingOf returns the value of the setting of a name.
func settingOf(list []Setting, name string) string {
	for _, s := range list {
		if s.Name == name {
			return s.Value
		}
	}
	return "not there"
}

// counters are a metric's sums, in the order in which a State has them.
func (s *metricState) counters() []*float64 {
	return []*float64{&s.rows, &s.hits, &s.truePositives, &s.positives, &s.claimed, &s.squares, &s.sizes, &s.origin,
		&s.sum, &s.sumSquares, &s.values}
}

// appendState appends the sums and then, for each row that auc has seen, the output and 1 for a positive row.
func (s *metricState) appendState(state []float64) []float64 {
	for _, v := range s.counters() {
		state = append(state, *v)
	}
	for _, v := range s.scores {
		positive := 0.0
		if v.positive {
			positive = 1
		}
		state = append(state, float64(v.p), positive)
	}
	return state
}

// setState takes what appendState has appended after so many rows off the front.
func (s *metricState) setState(state []float64, rows int) (rest []float64, ok bool) {
	counters, scores := s.counters(), 0
	if s.Kind == auc {
		scores = rows
	}
	if len(state) < len(counters) || (len(state)-len(counters))/2 < scores {
		return nil, false
	}
	for i, v := range counters {
		*v = state[i]
	}
	state = state[len(counters):]
	for range scores {
		s.scores = append(s.scores, score{float32(state[0]), state[1] == 1})
		state = state[2:]
	}
	return state, true
}
