package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"slices"
	"strings"

	"nnrt/dataset"
	"nnrt/net"
	"nnrt/serialize"
)

// checkpointLimits let a checkpoint be as large as the model and its optimiser's vectors make it.
var checkpointLimits = serialize.Limits{FileBytes: math.MaxInt64}

// checkpoint is what --resume goes on from.
type checkpoint struct {
	path  string
	file  *serialize.File
	state *net.State
}

// readCheckpoint reads the file of --resume.
func readCheckpoint(path string) (*checkpoint, error) {
	file, err := readModelAs(path, serialize.Loader{Limits: checkpointLimits})
	if err != nil {
		return nil, err
	}
	state, err := file.State()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return &checkpoint{path, file, state}, nil
}

// dataKeys are the entries of the metadata that are about the rows; the others are about the flags.
var dataKeys = []string{"train_rows", "train_sha256", "val_rows", "val_sha256"}

// checkResumed compares the training to be resumed with this one, as far as package net does not know it or would put
// it in other words. How many epochs there are to be may differ.
func (t *session) checkResumed(c *checkpoint) error {
	saved, given := c.file.Metadata, t.asked()
	differs := func(key string) error {
		value := func(m serialize.Metadata) string {
			if v, ok := m[key]; ok {
				return v
			}
			return "not there"
		}
		if value(saved) == value(given) {
			return nil
		}
		return usagef("--resume %s: it is of another training: %s is %.500s, was %.500s", c.path, key, value(given), value(saved))
	}
	all := maps.Clone(saved)
	maps.Copy(all, given)
	// Without --init, or with it, there are other entries, too.
	for _, key := range append([]string{"init_sha256"}, all.Keys()...) {
		if key == "epochs" || slices.Contains(dataKeys, key) {
			continue
		}
		if err := differs(key); err != nil {
			return err
		}
	}
	if what, err := t.otherSchema(c); err != nil || what != "" {
		if err != nil {
			return err
		}
		return usagef("--resume %s: it is of a training on other columns: %s", c.path, what)
	}
	for _, key := range dataKeys {
		if err := differs(key); err != nil {
			return err
		}
	}
	return nil
}

// otherSchema says in what the checkpoint's schema and this training's differ, or "".
func (t *session) otherSchema(c *checkpoint) (string, error) {
	was, is := c.file.Schema, t.data.schema
	if was == nil {
		return "the checkpoint has none", nil
	}
	names := func(s *dataset.Schema) string {
		var list []string
		for i := range s.Features {
			list = append(list, s.Features[i].Name)
		}
		return joinWords(list)
	}
	for _, d := range []struct{ what, was, is string }{
		{"the target", was.Target.Name, is.Target.Name},
		{"the inputs", names(was), names(is)},
		{"the task", was.Target.Task.String(), is.Target.Task.String()},
		{"the labels", joinWords(was.Target.Labels), joinWords(is.Target.Labels)},
	} {
		if d.was != d.is {
			return fmt.Sprintf("%s: %s, was %s", d.what, d.is, d.was), nil
		}
	}
	if was.Width() != is.Width() {
		return fmt.Sprintf("they make %d inputs, were %d", is.Width(), was.Width()), nil
	}
	// Scales, fill values, categories and rules: equal schemas have equal bytes.
	var blobs [2][]byte
	for i, s := range []*dataset.Schema{was, is} {
		var err error
		if blobs[i], err = serialize.Encode(&serialize.File{Model: t.model, Schema: s}); err != nil {
			return "", &failure{err}
		}
	}
	if !bytes.Equal(blobs[0], blobs[1]) {
		return "their scales, categories or rules differ", nil
	}
	return "", nil
}

// saveCheckpoint writes the training's state. A failure is one of writing, whatever it is.
func (t *session) saveCheckpoint(s *net.State) error {
	t.saving = t.writeCheckpoint(s)
	if t.saving != nil {
		t.saving = &failure{fmt.Errorf("the checkpoint cannot be saved: %w", t.saving)}
	}
	return t.saving
}

func (t *session) writeCheckpoint(s *net.State) error {
	training, err := serialize.NewTraining(s)
	if err != nil {
		return err
	}
	blob, err := checkpointLimits.Encode(&serialize.File{Model: s.Model, Schema: t.data.schema, Metadata: t.asked(),
		Training: training})
	if err != nil {
		return err
	}
	return serialize.AtomicWrite(*t.options.checkpoint, func(w io.Writer) error {
		_, err := w.Write(blob)
		return err
	})
}

// explain adds to an error of Fit what the user can do about it.
func (t *session) explain(err error) error {
	var mismatch *net.MismatchError
	path := *t.options.checkpoint
	switch {
	case errors.Is(err, net.ErrDiverged):
		kept := ""
		if path != "" {
			kept = " (the checkpoint, if there is one, is as it was)"
		}
		return &failure{fmt.Errorf("training diverged%s, a smaller --learning-rate may help: %w", kept, err)}
	case interrupted(err) && (path == "" || t.saving != nil):
		return &failure{fmt.Errorf("interrupted; no model is saved: %w", err)}
	case interrupted(err):
		return fmt.Errorf("interrupted; no model is saved, but --resume %s goes on from here: %w", path, err)
	case errors.As(err, &mismatch):
		return usagef("--resume %s: %s", *t.options.resume, strings.TrimPrefix(mismatch.Error(), "net: "))
	case errors.Is(err, net.ErrBadState):
		return fmt.Errorf("%s: %w", *t.options.resume, err)
	}
	return err
}
