package hdf5

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"testing"
)

// visit looks at everything that can be read from a file, down to some depth, and returns the first error.
func visit(data []byte) error {
	root, err := Open(data, memoryFor(data))
	if err != nil {
		return err
	}
	var first error
	keep := func(err error) {
		if err != nil && !errors.Is(err, ErrNotFound) && first == nil {
			first = err
		}
	}
	var walk func(o *Object, depth int)
	walk = func(o *Object, depth int) {
		if layout, err := o.find(msgLayout); layout == nil && err == nil {
			keep(o.readLinks())
		}
		for _, name := range []string{"model", "names", "a8"} {
			if o == root || name == "a8" && len(o.children) > 1 {
				_, err := o.Strings(name)
				keep(err)
			}
		}
		if layout, err := o.find(msgLayout); layout != nil || err != nil {
			_, err = o.Shape()
			keep(err)
			_, err = o.Floats()
			keep(err)
			return
		}
		if depth == 0 {
			return
		}
		for _, child := range o.children {
			walk(child, depth-1)
		}
	}
	walk(root, 6)
	return first
}

// check visits a file and checks that whatever is in it takes no memory out of proportion, and that an error is one of
// this package, in the file, and fit for a terminal.
func check(t *testing.T, data []byte) error {
	t.Helper()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	err := visit(data)
	runtime.ReadMemStats(&after)
	if took := after.TotalAlloc - before.TotalAlloc; took > 8*uint64(len(data))+4<<20 {
		t.Errorf("%d bytes take %d bytes of memory", len(data), took)
	}
	if err == nil {
		return nil
	}
	var e *Error
	if !errors.As(err, &e) || e.Offset < 0 || e.Offset > int64(len(data)) || e.Structure == "" {
		t.Errorf("%#v is no error with a place in %d bytes", err, len(data))
	}
	if strings.ContainsFunc(err.Error(), func(r rune) bool { return r < ' ' || r == 0x7f }) {
		t.Errorf("the message %q would write control characters to a terminal", err)
	}
	return err
}

// mend makes the checksums of a file right, by what the errors say, as often as n times.
func mend(data []byte, n int) []byte {
	data = bytes.Clone(data)
	for range n {
		var e *Error
		err := visit(data)
		if !errors.Is(err, ErrChecksum) || !errors.As(err, &e) || e.Offset+4 > int64(len(data)) {
			break
		}
		var sum, stored uint32
		text := e.Err.Error()
		if _, err := fmt.Sscanf(text[strings.LastIndex(text, ": ")+2:], "%x, stored %x", &sum, &stored); err != nil {
			panic(err)
		}
		binary.LittleEndian.PutUint32(data[e.Offset:], sum)
	}
	return data
}

func TestTruncated(t *testing.T) {
	for _, name := range []string{"small_earliest", "small_latest"} {
		data := unpacked(t, name)
		if err := check(t, data); err != nil {
			t.Fatal(err)
		}
		for n := range len(data) {
			if err := visit(data[:n]); err == nil || n >= 96 && !errors.Is(err, ErrTruncated) {
				t.Errorf("%s: %d of %d bytes: %v", name, n, len(data), err)
			}
		}
	}
}

// TestEveryBitFlipped flips every bit, and mends the checksums. Nothing protects an old file's content, so that some
// changes go unnoticed there; in a newer one values and free space are unprotected.
func TestEveryBitFlipped(t *testing.T) {
	for _, name := range []string{"small_earliest", "small_latest"} {
		data := unpacked(t, name)
		step := 1
		if testing.Short() {
			step = 37
		}
		accepted := 0
		for i := 0; i < len(data)*8; i += step {
			data[i/8] ^= 1 << (i % 8)
			err := visit(data)
			if err == nil {
				accepted++
			}
			if errors.Is(err, ErrChecksum) {
				_ = visit(mend(data, 2)) // it must not panic
			}
			if i%512 == 0 {
				check(t, data)
			}
			data[i/8] ^= 1 << (i % 8)
		}
		t.Logf("%s: %d of %d changes make no difference to the structure", name, accepted, len(data)*8/step)
		if err := visit(data); err != nil {
			t.Error(err)
		}
	}
}

// TestDeflateDamaged changes bits of compressed chunks and of what leads to them.
func TestDeflateDamaged(t *testing.T) {
	for _, name := range []string{"chunked_earliest", "chunked_latest"} {
		data := unpacked(t, name)
		step := 4999
		if testing.Short() {
			step = 24989
		}
		for i := 0; i < len(data)*8; i += step {
			data[i/8] ^= 1 << (i % 8)
			check(t, mend(data, 3))
			data[i/8] ^= 1 << (i % 8)
		}
	}
}

// TestHugeSizes writes great numbers over everything in a small file that is not zero.
func TestHugeSizes(t *testing.T) {
	for _, name := range []string{"small_earliest", "small_latest"} {
		data := unpacked(t, name)
		changed := bytes.Clone(data)
		for i := 0; i+8 <= len(data); i++ {
			if data[i] == 0 || testing.Short() && i%23 != 0 {
				continue
			}
			for _, v := range []uint64{1<<64 - 1, 1<<63 - 1, 1<<32 - 1, 1 << 31, uint64(len(data)), uint64(i)} {
				binary.LittleEndian.PutUint64(changed[i:], v)
				check(t, mend(changed, 3))
				copy(changed[i:], data[i:i+8])
			}
		}
	}
}

func TestSuperblock(t *testing.T) {
	old, latest := unpacked(t, "small_earliest"), unpacked(t, "small_latest")
	change := func(data []byte, at int, v byte) []byte {
		data = bytes.Clone(data)
		data[at] = v
		return mend(data, 1)
	}
	for _, tc := range []struct {
		name  string
		data  []byte
		cause error
	}{
		{"empty", nil, ErrNotHDF5},
		{"text", []byte("model_config"), ErrNotHDF5},
		{"version 1", change(old, 8, 1), ErrUnsupported},
		{"version 4", change(latest, 8, 4), ErrUnsupported},
		{"offsets of 4 bytes", change(old, 13, 4), ErrUnsupported},
		{"lengths of 2 bytes", change(latest, 10, 2), ErrUnsupported},
		{"base address", change(old, 24, 1), ErrUnsupported},
		{"driver", change(old, 48, 0), ErrUnsupported},
		{"open flag", change(latest, 11, 1), ErrDamaged},
		{"greater end", change(old, 43, 1), ErrTruncated},
		{"damaged", append(bytes.Clone(latest[:20]), latest[21:]...), ErrChecksum},
	} {
		if err := check(t, tc.data); !errors.Is(err, tc.cause) {
			t.Errorf("%s: %v, want %v", tc.name, err, tc.cause)
		}
	}
}

// FuzzOpen takes any bytes, as they are and with mended checksums.
func FuzzOpen(f *testing.F) {
	for _, name := range []string{"small_earliest", "small_latest", "refused_latest", "types_v108"} {
		f.Add(unpacked(f, name))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		check(t, data)
		check(t, mend(data, 4))
	})
}
