package golden

import (
	"context"
	"errors"
	"testing"

	"nnrt/net"
	"nnrt/serialize"
)

// TestResumedCases stops each case's training somewhere, writes a checkpoint, and lets a new model go on from what is
// read of it: the model and the history are the expected ones, on whatever machine this runs.
func TestResumedCases(t *testing.T) {
	list := Cases()
	if testing.Short() {
		list = Short()
	}
	resumed := 0
	for i, c := range list {
		t.Run(c.Name, func(t *testing.T) {
			var blob []byte
			var err error
			for batches := 1 + i%5; blob == nil; batches-- {
				if batches == 0 {
					t.Skip("the training has one batch")
				}
				if blob, err = c.checkpoint(batches); err != nil {
					t.Fatal(err)
				}
			}
			resumed++
			file, err := serialize.Decode(blob)
			if err != nil {
				t.Fatal(err)
			}
			state, err := file.State()
			if err != nil {
				t.Fatal(err)
			}
			second := c
			second.Fit.Resume = state
			model, history, _, err := second.train(2)
			if err != nil {
				t.Fatal(err)
			}
			if sumOf(model) != c.Expected.Model || history != c.Expected.History {
				t.Errorf("resumed after %d epochs and %d batches, the model or its history is another", state.Epoch, state.Batch)
			}
		})
	}
	if resumed < len(list)-3 {
		t.Errorf("only %d of %d cases were resumed", resumed, len(list))
	}
}

// checkpoint trains a case for some batches, and returns the checkpoint of that; nil if the training is over by then.
func (c *Case) checkpoint(batches int) (blob []byte, err error) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	first := *c
	callbacks := c.Callbacks
	first.Callbacks = func() (list []net.Callback) {
		if callbacks != nil {
			list = callbacks()
		}
		return append(list, net.CallbackFuncs{OnBatchEnd: func(*net.Run) error {
			if batches--; batches == 0 {
				cancel()
			}
			return nil
		}})
	}
	first.Fit.CheckpointEvery = 1 << 20
	first.Fit.Checkpoint = func(s *net.State) error {
		training, err := serialize.NewTraining(s)
		if err != nil {
			return err
		}
		blob, err = serialize.Encode(&serialize.File{Model: s.Model, Training: training})
		return err
	}
	if _, _, _, err := first.trainUntil(ctx, 1); err != nil && !errors.Is(err, context.Canceled) {
		return nil, err
	}
	return blob, nil
}
