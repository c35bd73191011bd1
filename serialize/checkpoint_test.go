package serialize

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"math"
	"path/filepath"
	"reflect"
	"runtime"
	"slices"
	"testing"

	"nnrt/net"
)

// small is a training of a 2-3-1 network: 4 epochs of 3 batches.
func small() (x, y []float32, c net.FitConfig) {
	x = make([]float32, 24)
	y = make([]float32, 12)
	for i := range x {
		x[i] = float32(i*7%11) / 8
		y[i/2] = float32(i / 2 & 1)
	}
	return x, y, net.FitConfig{Loss: net.BinaryCrossEntropy, Metrics: []net.Metric{net.Accuracy, net.AUC}, Epochs: 4,
		BatchSize: 4, Callbacks: []net.Callback{
			&net.EarlyStopping{Monitor: "loss", Patience: 9, RestoreBestWeights: true}}}
}

func smallModel(t testing.TB) *net.Model {
	return makeModel(t, 2, net.Dense(3, net.ReLU), net.Dense(1, net.Sigmoid))
}

// stateAfter returns the state of the small training after so many batches.
func stateAfter(t testing.TB, batches int) *net.State {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	var state *net.State
	x, y, c := small()
	c.Checkpoint, c.CheckpointEvery = func(s *net.State) error { state = s; return nil }, 99
	n := 0
	c.Callbacks = append(c.Callbacks, net.CallbackFuncs{OnBatchEnd: func(*net.Run) error {
		if n++; n == batches {
			cancel()
		}
		return nil
	}})
	if _, err := smallModel(t).Fit(ctx, x, y, c); !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	return state
}

// oddState is a state after an epoch and a batch, with numbers that are none.
func oddState(t testing.TB) *net.State {
	s := stateAfter(t, 4)
	s.Slots[1][2] = float32(math.Inf(1))
	s.History[0].Values[0].Value = math.NaN()
	s.Callbacks[0].Numbers[0] = math.Inf(-1)
	return s
}

// checkpointed is a file with a state.
func checkpointed(t testing.TB, s *net.State) *File {
	t.Helper()
	training, err := NewTraining(s)
	if err != nil {
		t.Fatal(err)
	}
	return &File{Model: s.Model, Training: training, Metadata: Metadata{"seed": "1"}}
}

// sameStates compares all but the models, bit for bit.
func sameStates(a, b *net.State) bool {
	return bytes.Equal(appendTraining(nil, a), appendTraining(nil, b)) &&
		reflect.DeepEqual(trainingVectors(a), trainingVectors(b)) && reflect.DeepEqual(a.Settings, b.Settings)
}

func TestCheckpoint(t *testing.T) {
	for _, state := range []*net.State{oddState(t), {Model: smallModel(t)}} { // the latter is the least there can be
		f := checkpointed(t, state)
		blob := mustEncode(t, f)
		file := mustDecode(t, blob)
		got, err := file.State()
		if err != nil {
			t.Fatal(err)
		}
		if got.Model != file.Model || !sameStates(got, state) || file.Minor != 2 {
			t.Fatalf("%+v, want %+v", got, state)
		}
		sameModel(t, file.Model, f.Model)
		if checks := file.Verify(); checks[len(checks)-1].Name != "training" || len(failed(checks)) > 0 {
			t.Errorf("verified: %+v", checks)
		}
		if again := mustEncode(t, file); !bytes.Equal(again, blob) {
			t.Error("written again, it has other bytes")
		}
		if again := mustEncode(t, checkpointed(t, got)); !bytes.Equal(again, blob) {
			t.Error("read and written again, it has other bytes")
		}
		model, err := Load(blob)
		if err != nil {
			t.Fatal(err)
		}
		sameModel(t, model, f.Model)
	}
	var fault *FormatError
	_, err := mustDecode(t, mustEncode(t, tiny(t))).State()
	if !errors.Is(err, ErrMissingSection) || !errors.As(err, &fault) {
		t.Errorf("the state of a mere model: %v", err)
	}
}

// TestCheckpointIsTheSameEverywhere: its bytes depend on the training alone, so that another machine can go on from it.
func TestCheckpointIsTheSameEverywhere(t *testing.T) {
	const want = "51ed4324ff9d3cb77a6e5b31457281f21272d03ec6569f7d197ed8b51b0f3da7"
	blob := mustEncode(t, checkpointed(t, stateAfter(t, 7)))
	if sum := sha256.Sum256(blob); hex.EncodeToString(sum[:]) != want {
		t.Errorf("the checkpoint's SHA-256 is %x, want %s", sum, want)
	}
}

// decodeState reads a checkpoint. What is accepted must have one encoding.
func decodeState(t *testing.T, blob []byte) (*File, *net.State, error) {
	t.Helper()
	f, err := Decode(blob)
	if err != nil {
		return nil, nil, err
	}
	s, err := f.State()
	if err != nil {
		return nil, nil, err
	}
	again := *f
	if again.Training, err = NewTraining(s); err != nil {
		t.Fatalf("what was read cannot be written: %v", err)
	}
	if !bytes.Equal(mustEncode(t, &again), blob) {
		t.Fatal("what was read is written otherwise")
	}
	return f, s, nil
}

// refuseState expects one of some causes from reading a checkpoint.
func refuseState(t *testing.T, blob []byte, causes ...error) {
	t.Helper()
	_, _, err := decodeState(t, blob)
	var fault *FormatError
	if !errors.As(err, &fault) || !slices.ContainsFunc(causes, func(c error) bool { return errors.Is(err, c) }) {
		t.Errorf("error %v, want one of %v", err, causes)
	}
}

// TestResumeFromFile goes on from a file, after every number of batches.
func TestResumeFromFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "training.ckpt")
	x, y, c := small()
	want := smallModel(t)
	history, err := want.Fit(context.Background(), x, y, c)
	if err != nil {
		t.Fatal(err)
	}
	for n := 1; n < 12; n++ {
		if err := SaveCheckpoint(path, stateAfter(t, n)); err != nil {
			t.Fatal(err)
		}
		f, err := ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		_, _, c := small()
		if c.Resume, err = f.State(); err != nil {
			t.Fatal(err)
		}
		got := smallModel(t)
		resumed, err := got.Fit(context.Background(), x, y, c)
		if err != nil {
			t.Fatal(err)
		}
		sameModel(t, got, want)
		if !reflect.DeepEqual(resumed, history) {
			t.Errorf("after %d batches, the history is %v, want %v", n, resumed, history)
		}
	}
}

// TestCheckpointAttacks cuts, lengthens and changes the two sections, with checksums that are right.
func TestCheckpointAttacks(t *testing.T) {
	state := oddState(t)
	c, err := checkpointed(t, state).container()
	if err != nil {
		t.Fatal(err)
	}
	original := mustEncode(t, checkpointed(t, state))
	training := c.find(typeTraining)
	vectors := trainingVectors(state)
	// with returns a file with other contents; nil leaves a section out.
	with := func(content []byte, floats []float32) []byte {
		altered := &container{minor: c.minor, contract: c.contract}
		for _, s := range c.sections {
			if s.kind == typeTraining {
				s.data = content
			}
			if s.kind == typeVectors {
				s.data, s.floats = nil, floats
			}
			if s.data != nil || s.floats != nil {
				altered.sections = append(altered.sections, s)
			}
		}
		blob, err := altered.encode()
		if err != nil {
			t.Fatal(err)
		}
		return blob
	}
	if !bytes.Equal(with(training.data, vectors), original) {
		t.Fatal("put together as it was, it is another file")
	}
	old := bytes.Clone(original)
	refuseState(t, with(nil, vectors), ErrMissingSection)
	refuseState(t, with(training.data, nil), ErrMissingSection)
	refuseState(t, with(training.data, []float32{}), ErrNotCanonical)
	refuseState(t, with(training.data, vectors[1:]), ErrTraining)
	refuseState(t, with(training.data, append(slices.Clone(vectors), 0)), ErrTraining)
	nan := slices.Clone(vectors)
	nan[3] = float32(math.NaN())
	refuseState(t, with(training.data, nan), ErrNotFinite)
	refuseState(t, with([]byte{}, vectors), ErrContent)
	for n := 0; n < len(training.data); n += 1 + n/40 {
		refuseState(t, with(training.data[:n:n], vectors), ErrContent)
	}
	refuseState(t, with(append(bytes.Clone(training.data), 0), vectors), ErrContent)

	// The front of the section: epochs, batches, flag, step, learning rate.
	change := func(at int, b ...byte) []byte {
		data := bytes.Clone(training.data)
		copy(data[at:], b)
		return with(data, vectors)
	}
	refuseState(t, change(2, 2), ErrTraining)
	refuseState(t, change(10, 0x80), ErrTraining)
	refuseState(t, change(0, 2), ErrContent, ErrText, ErrLimit, ErrNotCanonical)
	signalling := binary.LittleEndian.AppendUint64(nil, 0x7ff0000000000001)
	refuseState(t, change(11, signalling...), ErrNotCanonical)
	long := bytes.Clone(training.data[1:])
	refuseState(t, with(append([]byte{0xff, 0xff, 0xff, 0xff, 0x07}, long...), vectors), ErrContent, ErrText)
	refuseState(t, with(append([]byte{0xff, 0xff, 0xff, 0xff, 0x08}, long...), vectors), ErrLimit)
	refuseState(t, with(append([]byte{0x81, 0}, long...), vectors), ErrNotCanonical)

	// Every byte at some values: an error or a state that is written the same.
	step := 1
	if testing.Short() {
		step = 13
	}
	for at := 0; at < len(training.data); at += step {
		for _, b := range []byte{0, 1, 0x7f, 0x80, 0xff, training.data[at] + 1, training.data[at] - 1} {
			decodeState(t, change(at, b))
		}
	}
	if !bytes.Equal(old, original) {
		t.Error("the original has changed")
	}
}

// TestCheckpointsThatAreNotWritten: what no training leaves is refused.
func TestCheckpointsThatAreNotWritten(t *testing.T) {
	for i, tc := range []struct {
		change func(s *net.State)
		cause  error
	}{
		{func(s *net.State) { s.Model = nil }, ErrTraining},
		{func(s *net.State) { s.Epoch = -1 }, ErrTraining},
		{func(s *net.State) { s.Batch = -1 }, ErrTraining},
		{func(s *net.State) { s.Step = -1 }, ErrTraining},
		{func(s *net.State) { s.Batch = 0 }, ErrTraining},
		{func(s *net.State) { s.Epoch = 2 }, ErrTraining},
		{func(s *net.State) { s.Slots[0] = s.Slots[0][1:] }, ErrTraining},
		{func(s *net.State) { s.History[0].Epoch = 2 }, ErrTraining},
		{func(s *net.State) { s.History, s.Epoch = append(s.History, net.EpochLog{Epoch: 2}), 2 }, ErrTraining},
		{func(s *net.State) { s.Slots[0][0] = float32(math.NaN()) }, ErrNotFinite},
		{func(s *net.State) { s.Settings[0].Name = "" }, ErrText},
		{func(s *net.State) { s.Settings[0].Value = "\x1b[2J" }, ErrText},
		{func(s *net.State) { s.Callbacks[0].Name = "" }, ErrText},
		{func(s *net.State) { s.Settings = make([]net.Setting, 1025) }, ErrLimit},
	} {
		s := oddState(t)
		s.Settings = slices.Clone(s.Settings)
		tc.change(s)
		var fault *FormatError
		if err := SaveCheckpoint("no such folder/file", s); !errors.Is(err, tc.cause) || !errors.As(err, &fault) {
			t.Errorf("change %d: error %v, want %v", i, err, tc.cause)
		}
	}
}

// FuzzCheckpoint puts any contents of a checkpoint's sections into a file whose layout and checksums are right, and
// trains on from what is accepted.
func FuzzCheckpoint(f *testing.F) {
	model, settings := smallModel(f), stateAfter(f, 1).Settings
	for _, n := range []int{1, 3, 4, 11} {
		s := stateAfter(f, n)
		s.Model = model
		f.Add(appendTraining(nil, s), floatBytes(trainingVectors(s)))
	}
	f.Add(appendTraining(nil, &net.State{}), []byte{})
	base, err := (&File{Model: model}).container()
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, training, vectors []byte) {
		c := &container{minor: trainingMinor, contract: base.contract, sections: []section{base.sections[0],
			{kind: typeTraining, data: training}, base.sections[1]}}
		if len(vectors) > 0 {
			c.sections = append(c.sections, section{kind: typeVectors, flags: flagAligned, data: vectors})
		}
		blob, err := c.encode()
		if err != nil {
			t.Fatal(err)
		}
		fuzz(t, blob)
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		if file, err := Decode(blob); err == nil {
			_, _ = file.State()
		}
		runtime.ReadMemStats(&after)
		if took := after.TotalAlloc - before.TotalAlloc; took > 8*uint64(len(blob))+allocationConstant {
			t.Errorf("%d bytes take %d bytes of memory", len(blob), took)
		}
		file, state, err := decodeState(t, blob)
		if err != nil {
			return
		}
		x, y, config := small()
		config.Resume = state
		config.Resume.Settings = settings // without the right ones the rest would not be looked at
		var mismatch *net.MismatchError
		_, err = file.Model.Fit(context.Background(), x, y, config)
		if err != nil && !errors.As(err, &mismatch) && !errors.Is(err, net.ErrBadState) {
			t.Errorf("an error of no type: %v", err)
		}
	})
}

// floatBytes returns values as a file has them.
func floatBytes(values []float32) []byte {
	b := make([]byte, 4*len(values))
	putFloats(b, values)
	return b
}
