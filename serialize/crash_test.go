package serialize

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"maps"
	"testing"
	"time"

	"nnrt/net"
)

// disk is a file system that loses power: it stops after a number of operations. What was written and not flushed, and
// what was done to its one folder and not flushed, may then be there or not.
type disk struct {
	left  int  // operations, until power fails; negative for no failure
	lazy  bool // it does not flush at all, as a saver that forgets to
	names map[string]*node
	past  []map[string]*node // the folder as it was: when it was flushed, and after each operation since
}

// node is a file.
type node struct{ now, flushed []byte }

var errNoPower = errors.New("no power")

func newDisk() *disk {
	return &disk{left: -1, names: map[string]*node{}, past: []map[string]*node{{}}}
}

// step counts an operation. With the last one power fails before it is done.
func (d *disk) step() error {
	if d.left == 0 {
		return errNoPower
	}
	if d.left > 0 {
		d.left--
	}
	return nil
}

func (d *disk) folderChanged() { d.past = append(d.past, maps.Clone(d.names)) }

func (d *disk) Lstat(name string) (fs.FileInfo, error) {
	if err := d.step(); err != nil {
		return nil, err
	}
	if d.names[name] == nil {
		return nil, &fs.PathError{Op: "lstat", Path: name, Err: fs.ErrNotExist}
	}
	return regular{}, nil
}

func (d *disk) Readlink(name string) (string, error) { return "", fs.ErrInvalid }

func (d *disk) OpenFile(name string, _ int, _ fs.FileMode) (outputFile, error) {
	if err := d.step(); err != nil {
		return nil, err
	}
	n := new(node)
	d.names[name] = n
	d.folderChanged()
	return openNode{n, d}, nil
}

func (d *disk) Rename(from, to string) error {
	if err := d.step(); err != nil {
		return err
	}
	d.names[to] = d.names[from]
	delete(d.names, from)
	d.folderChanged()
	return nil
}

func (d *disk) Remove(name string) error {
	if err := d.step(); err != nil {
		return err
	}
	delete(d.names, name)
	d.folderChanged()
	return nil
}

func (d *disk) SyncFolder(string) error {
	if err := d.step(); err != nil {
		return err
	}
	if !d.lazy {
		d.past = []map[string]*node{maps.Clone(d.names)}
	}
	return nil
}

// openNode is a file that is being written.
type openNode struct {
	*node
	disk *disk
}

// Write writes the first half, and then, if there is power, the second.
func (f openNode) Write(b []byte) (int, error) {
	for i, half := range [][]byte{b[:len(b)/2], b[len(b)/2:]} {
		if err := f.disk.step(); err != nil {
			return i * (len(b) / 2), err
		}
		f.now = append(f.now, half...)
	}
	return len(b), nil
}

func (f openNode) Chmod(fs.FileMode) error { return f.disk.step() }
func (f openNode) Close() error            { return f.disk.step() }

func (f openNode) Sync() error {
	if err := f.disk.step(); err != nil {
		return err
	}
	if !f.disk.lazy {
		f.flushed = bytes.Clone(f.now)
	}
	return nil
}

// regular describes a file, as far as atomicWrite looks.
type regular struct{}

func (regular) Name() string       { return "" }
func (regular) Size() int64        { return 0 }
func (regular) Mode() fs.FileMode  { return 0o600 }
func (regular) ModTime() time.Time { return time.Time{} }
func (regular) IsDir() bool        { return false }
func (regular) Sys() any           { return nil }

// found returns every content that a file may have when there is power again; nil stands for no file.
func (d *disk) found(name string) [][]byte {
	var all [][]byte
	for _, folder := range d.past {
		n := folder[name]
		if n == nil {
			all = append(all, nil)
			continue
		}
		half := append(bytes.Clone(n.flushed), n.now[len(n.flushed):(len(n.flushed)+len(n.now))/2]...)
		zeros := append(bytes.Clone(n.flushed), make([]byte, len(n.now)-len(n.flushed))...)
		for _, content := range [][]byte{append([]byte{}, n.flushed...), half, zeros, n.now} {
			all = append(all, content)
		}
	}
	return all
}

// savingTo returns a function for net.FitConfig.Checkpoint.
func savingTo(d *disk) func(*net.State) error {
	return func(s *net.State) error {
		training, err := NewTraining(s)
		if err != nil {
			return err
		}
		blob, err := Encode(&File{Model: s.Model, Training: training})
		if err != nil {
			return err
		}
		return atomicWrite(d, "c", func(w io.Writer) error {
			_, err := w.Write(blob)
			return err
		})
	}
}

// TestPowerFails lets power fail at each operation of a training's checkpoints in turn. Whatever the disk has then, it
// is no checkpoint or a complete one, of at most one epoch before, from which training comes to the same model.
func TestPowerFails(t *testing.T) {
	x, y, c := small()
	want := smallModel(t)
	if _, err := want.Fit(context.Background(), x, y, c); err != nil {
		t.Fatal(err)
	}
	goOn := func(blob []byte) (epoch int) {
		_, _, c := small()
		if blob != nil {
			f, err := Decode(blob)
			if err != nil {
				t.Fatalf("a checkpoint of %d bytes: %v", len(blob), err)
			}
			if c.Resume, err = f.State(); err != nil {
				t.Fatal(err)
			}
			epoch = c.Resume.Epoch
		}
		got := smallModel(t)
		if _, err := got.Fit(context.Background(), x, y, c); err != nil {
			t.Fatal(err)
		}
		sameModel(t, got, want)
		return epoch
	}
	failures := 0
	for n := 0; ; n++ {
		d := newDisk()
		d.left = n
		_, _, c := small()
		saving, finished := savingTo(d), 0
		c.Checkpoint = func(s *net.State) error {
			finished = s.Epoch
			return saving(s)
		}
		_, err := smallModel(t).Fit(context.Background(), x, y, c)
		if err != nil && !errors.Is(err, errNoPower) {
			t.Fatal(err)
		}
		for _, blob := range d.found("c") {
			if epoch := goOn(blob); epoch < finished-1 || err == nil && epoch < finished {
				t.Fatalf("power failed at operation %d: after epoch %d there is the checkpoint of epoch %d", n+1, finished, epoch)
			}
		}
		if err == nil {
			break
		}
		failures++
	}
	if failures < 4*8 {
		t.Errorf("power failed at %d operations only", failures)
	}
}

// TestPowerFailsBadly: the disk of the test above does lose what was not flushed.
func TestPowerFailsBadly(t *testing.T) {
	d := newDisk()
	d.lazy = true
	for _, content := range []string{"old", "the new one"} {
		if err := atomicWrite(d, "c", writeBytes(content)); err != nil {
			t.Fatal(err)
		}
	}
	found := make(map[string]bool)
	for _, blob := range d.found("c") {
		found[string(blob)] = true
	}
	for _, bad := range []string{"", "the n", "old", "o"} {
		if !found[bad] {
			t.Errorf("%q is not among the %d contents that may be found", bad, len(found))
		}
	}
}
