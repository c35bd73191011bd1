package serialize

import (
	"bytes"
	"encoding/binary"
	"math"

	"nnrt/net"
)

// A checkpoint is a model file with a net.State in it, in two optional sections: a small one and, after the weights,
// the optimiser's vectors. Whatever reads models reads it, as the model of that moment, and keeps the sections as they
// are: programs that do not train have nothing in them that understands a State.

const trainingMinor = 2 // the minor version that brought the sections

// Training is a net.State as a file has it. NewTraining makes one, File.State reads it. The zero Training is none.
type Training struct {
	sections []section // of types typeTraining and typeVectors; none, the first, or both
	limits   Limits
}

// NewTraining returns a state for a file whose Model is the state's. The error is a *FormatError, for a state that no
// training leaves.
func NewTraining(s *net.State) (Training, error) {
	if err := checkState(s); err != nil {
		return Training{}, err
	}
	t := Training{limits: Limits{}.withDefaults()}
	t.sections = append(t.sections, section{kind: typeTraining, data: appendTraining(nil, s)})
	if values := trainingVectors(s); len(values) > 0 {
		vectors := section{kind: typeVectors, data: make([]byte, 4*len(values))}
		putFloats(vectors.data, values)
		t.sections = append(t.sections, vectors)
	}
	_, err := t.state(s.Model) // nothing is written that would not be read
	return t, err
}

// State reads where the training stands. Its Model is the file's. Without a Training the error is ErrMissingSection, in
// a *FormatError as all that is wrong with one.
func (f *File) State() (*net.State, error) { return f.Training.state(f.Model) }

func (t *Training) state(model *net.Model) (*net.State, error) {
	if len(t.sections) == 0 {
		return nil, formatError(sectionName(typeTraining), headerBytes, ErrMissingSection,
			"this is a model, and no checkpoint of its training")
	}
	var vectors *section
	if len(t.sections) > 1 {
		vectors = &t.sections[1]
	}
	return readTraining(&t.sections[0], vectors, &t.limits, model)
}

// keep keeps a section of a file that is being read.
func (t *Training) keep(s *section, limits *Limits) error {
	if s.kind == typeVectors && len(t.sections) == 0 {
		return formatError(sectionName(typeTraining), headerBytes, ErrMissingSection, "there are training vectors")
	}
	t.limits = *limits
	t.sections = append(t.sections, section{kind: s.kind, offset: s.offset, data: bytes.Clone(s.data)})
	return nil
}

// SaveCheckpoint writes a training's state to a file, as WriteFile does. ReadFile and File.State read it, for
// net.FitConfig.Resume. As net.FitConfig.Checkpoint wants a function of a state alone:
//
//	Checkpoint: func(s *net.State) error { return serialize.SaveCheckpoint("training.ckpt", s) },
func SaveCheckpoint(path string, s *net.State) error {
	t, err := NewTraining(s)
	if err != nil {
		return err
	}
	return WriteFile(path, &File{Model: s.Model, Training: t})
}

// checkState says what keeps a state from being written.
func checkState(s *net.State) error {
	fail := func(detail string, args ...any) error {
		return formatError(sectionName(typeTraining), 0, ErrTraining, detail, args...)
	}
	switch {
	case s.Model == nil:
		return fail("no model")
	case s.Epoch < 0 || s.Batch < 0 || s.Step < 0:
		return fail("%d epochs, %d batches, step %d", s.Epoch, s.Batch, s.Step)
	case s.Epoch != len(s.History):
		return fail("%d epochs, a history of %d", s.Epoch, len(s.History))
	case s.Batch == 0 && (s.LossSum != 0 || s.EpochRate != 0 || len(s.Metrics) > 0):
		return fail("sums of an epoch that has not begun")
	}
	for _, slot := range s.Slots {
		if len(slot) != s.Model.NumParameters() {
			return fail("a vector of %d values for %d parameters", len(slot), s.Model.NumParameters())
		}
	}
	for i := range s.History {
		e, first := &s.History[i], &s.History[0]
		same := e.Epoch == i+1 && len(e.Values) == len(first.Values)
		for j := 0; same && j < len(e.Values); j++ {
			same = e.Values[j].Name == first.Values[j].Name
		}
		if !same {
			return fail("entry %d of the history is of epoch %d, or has other names", i+1, e.Epoch)
		}
	}
	return nil
}

// appendTraining appends all but the vectors.
func appendTraining(b []byte, s *net.State) []byte {
	b = appendCount(appendCount(b, s.Epoch), s.Batch)
	stopped := byte(0)
	if s.Stopped {
		stopped = 1
	}
	b = binary.LittleEndian.AppendUint64(append(b, stopped), uint64(s.Step))
	b = appendDouble(appendDouble(b, s.LearningRate), s.MuProduct)
	if s.Batch > 0 {
		b = appendDouble(appendDouble(b, s.LossSum), s.EpochRate)
		b = appendDoubles(b, s.Metrics)
	}
	b = appendCount(b, len(s.Settings))
	for _, setting := range s.Settings {
		b = appendText(appendText(b, setting.Name), setting.Value)
	}
	if len(s.History) > 0 {
		b = appendCount(b, len(s.History[0].Values))
		for _, v := range s.History[0].Values {
			b = appendText(b, v.Name)
		}
	}
	for i := range s.History {
		b = appendDouble(b, s.History[i].LearningRate)
		for _, v := range s.History[i].Values {
			b = appendDouble(b, v.Value)
		}
	}
	b = appendCount(b, len(s.Slots))
	b = appendCount(b, len(s.Callbacks))
	for _, c := range s.Callbacks {
		b = appendDoubles(appendText(b, c.Name), c.Numbers)
		b = appendCount(b, len(c.Weights))
	}
	return b
}

// trainingVectors returns the optimiser's vectors and the callbacks' weights, one after another.
func trainingVectors(s *net.State) []float32 {
	var all []float32
	for _, slot := range s.Slots {
		all = append(all, slot...)
	}
	for _, c := range s.Callbacks {
		all = append(all, c.Weights...)
	}
	return all
}

// canonicalNaN is the one NaN that a file has.
const canonicalNaN = 0x7ff8000000000000

func appendDouble(b []byte, x float64) []byte {
	v := math.Float64bits(x)
	if x != x {
		v = canonicalNaN
	}
	return binary.LittleEndian.AppendUint64(b, v)
}

func appendDoubles(b []byte, x []float64) []byte {
	b = appendCount(b, len(x))
	for _, v := range x {
		b = appendDouble(b, v)
	}
	return b
}

// double reads a float64, which may be infinite or the canonical NaN.
func (c *cursor) double(what string) float64 {
	b := c.take(8, what)
	if b == nil {
		return 0
	}
	v := binary.LittleEndian.Uint64(b)
	x := math.Float64frombits(v)
	if x != x && v != canonicalNaN {
		c.pos -= 8
		c.fail(ErrNotCanonical, "%s is the NaN %#x", what, v)
	}
	return x
}

func (c *cursor) doubles(what string) []float64 {
	n := c.countOf(8, math.MaxInt32, what)
	if n == 0 {
		return nil
	}
	x := make([]float64, n)
	for i := range x {
		x[i] = c.double(what)
	}
	return x
}

// readTraining reads a state. vectors is the section of the vectors, or nil if the file has none.
func readTraining(training, vectors *section, limits *Limits, model *net.Model) (*net.State, error) {
	c := &cursor{section: training}
	s := &net.State{Model: model}
	s.Epoch = c.count(math.MaxInt32, "epochs")
	s.Batch = c.count(math.MaxInt32, "batches")
	switch stopped := c.byte("flag"); {
	case stopped == 1:
		s.Stopped = true
	case stopped > 1:
		c.pos--
		c.fail(ErrTraining, "flag %d", stopped)
	}
	if b := c.take(8, "step"); b != nil {
		step := binary.LittleEndian.Uint64(b)
		if step > math.MaxInt64 {
			c.pos -= 8
			c.fail(ErrTraining, "step %d", step)
		}
		s.Step = int64(step)
	}
	s.LearningRate, s.MuProduct = c.double("learning rate"), c.double("product")
	if s.Batch > 0 {
		s.LossSum, s.EpochRate = c.double("sum of losses"), c.double("learning rate")
		s.Metrics = c.doubles("metrics")
	}
	n := c.countOf(2, limits.MetadataPairs, "settings")
	for i := 0; i < n && c.err == nil; i++ {
		name := c.name(limits.NameBytes, "setting")
		s.Settings = append(s.Settings, net.Setting{Name: name, Value: c.text(limits.MetadataBytes, "setting's value")})
	}
	c.readHistory(s, limits)
	slots := c.count(limits.MetadataPairs, "vectors")
	// wants is how many values the section of vectors must have.
	wants := int64(slots) * int64(model.NumParameters())
	n = c.countOf(3, limits.MetadataPairs, "callbacks")
	weights := make([]int, 0, n)
	for i := 0; i < n && c.err == nil; i++ {
		callback := net.CallbackState{Name: c.name(limits.MetadataBytes, "callback"), Numbers: c.doubles("numbers")}
		weights = append(weights, c.count(math.MaxInt32, "weights"))
		wants += int64(weights[i])
		s.Callbacks = append(s.Callbacks, callback)
	}
	if err := c.end(); err != nil {
		return nil, err
	}
	return s, readVectors(vectors, s, slots, weights, wants)
}

// readHistory reads the names of the values and then each epoch's.
func (c *cursor) readHistory(s *net.State, limits *Limits) {
	if s.Epoch == 0 || c.err != nil {
		return
	}
	names := make([]string, c.countOf(2, limits.MetadataPairs, "values of an epoch"))
	for i := range names {
		names[i] = c.name(limits.NameBytes, "value")
	}
	if c.err == nil && s.Epoch > c.left()/(8*(1+len(names))) {
		c.fail(ErrContent, "%d epochs of %d values, but %d bytes are left", s.Epoch, len(names), c.left())
	}
	if c.err != nil {
		return
	}
	s.History = make([]net.EpochLog, s.Epoch)
	for i := range s.History {
		e := &s.History[i]
		e.Epoch, e.LearningRate = i+1, c.double("learning rate")
		e.Values = make([]net.Value, len(names))
		for j, name := range names {
			e.Values[j] = net.Value{Name: name, Value: c.double("value")}
		}
	}
}

// readVectors gives the state its vectors, of which there must be the number of values that it wants. A value may be
// infinite, as squares of gradients can get, but no NaN.
func readVectors(vectors *section, s *net.State, slots int, weights []int, wants int64) error {
	if vectors == nil {
		if wants > 0 {
			return formatError(sectionName(typeVectors), headerBytes, ErrMissingSection, "there are to be %d values", wants)
		}
		vectors = &section{kind: typeVectors}
	} else if vectors.size() == 0 {
		return formatError(sectionName(vectors.kind), vectors.offset, ErrNotCanonical, "an empty section is left out")
	}
	if vectors.size() != 4*wants {
		return formatError(sectionName(vectors.kind), vectors.offset, ErrTraining, "%d bytes for %d values",
			vectors.size(), wants)
	}
	values := make([]float32, wants)
	getFloats(values, vectors.data)
	for i, v := range values {
		if v != v {
			return formatError(sectionName(vectors.kind), vectors.offset+4*int64(i), ErrNotFinite, "value %d is %v", i+1, v)
		}
	}
	cut := func(n int) []float32 {
		part := values[:n:n]
		values = values[n:]
		return part
	}
	for range slots {
		s.Slots = append(s.Slots, cut(s.Model.NumParameters()))
	}
	for i, n := range weights {
		if n > 0 {
			s.Callbacks[i].Weights = cut(n)
		}
	}
	return nil
}
