package serialize

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"nnrt/internal/modeltest"
)

func TestSaveAndReadFile(t *testing.T) {
	folder := t.TempDir()
	path := filepath.Join(folder, "model.bin")
	m := tutorial(t)
	if err := Save(path, m); err != nil {
		t.Fatal(err)
	}
	f, err := ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	sameModel(t, f.Model, m)
	if len(f.SelfTest.Inputs) != 8 || len(f.SelfTest.Outputs) != 1 {
		t.Errorf("self-test of %d inputs, %d outputs", len(f.SelfTest.Inputs), len(f.SelfTest.Outputs))
	}
	// Reading and writing the same file gives the same bytes.
	before, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := WriteFile(path, f); err != nil {
		t.Fatal(err)
	}
	after, err := os.ReadFile(path)
	if err != nil || !bytes.Equal(before, after) {
		t.Errorf("%d bytes became %d others, error %v", len(before), len(after), err)
	}
	if err := WriteFile(path, &File{Model: m, Contract: -1}); !errors.Is(err, ErrContract) {
		t.Errorf("a file that cannot be encoded: %v", err)
	}
	expectFile(t, path, string(before))
}

// TestReadFileTakesNoMemory: a large file that is no model, or claims to be one, is not read.
func TestReadFileTakesNoMemory(t *testing.T) {
	path := filepath.Join(t.TempDir(), "sparse")
	const size = 1<<30 - 1
	blob := mustEncode(t, tiny(t))
	claims := bytes.Clone(blob)
	binary.LittleEndian.PutUint64(claims[16:], size+1)
	damaged := bytes.Clone(blob)
	binary.LittleEndian.PutUint64(damaged[16:], size)
	for _, tc := range []struct {
		name  string
		start []byte
		want  error
	}{
		{"no model", []byte{}, ErrNotModel},
		{"trailing", blob, ErrTrailing},
		{"wrong size", modeltest.Reseal(claims), ErrTruncated},
		{"right size, wrong checksum", damaged, ErrChecksum},
	} {
		if err := os.WriteFile(path, tc.start, 0o666); err != nil {
			t.Fatal(err)
		}
		if err := os.Truncate(path, size); err != nil {
			t.Skip("no sparse files:", err)
		}
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, err := ReadFile(path)
		runtime.ReadMemStats(&after)
		if !errors.Is(err, tc.want) {
			t.Errorf("%s: %v, want %v", tc.name, err, tc.want)
		}
		if took := after.TotalAlloc - before.TotalAlloc; took > 1<<16 {
			t.Errorf("%s: %d bytes of memory", tc.name, took)
		}
	}
	if err := os.Truncate(path, 1<<30+1); err != nil {
		t.Skip("no sparse files:", err)
	}
	binary.LittleEndian.PutUint64(claims[16:], 1<<30+1)
	file, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if _, err := file.WriteAt(modeltest.Reseal(claims), 0); err != nil {
		t.Fatal(err)
	}
	if _, err := ReadFile(path); !errors.Is(err, ErrLimit) {
		t.Errorf("a file beyond the limit: %v", err)
	}
}

func TestReadFileRefuses(t *testing.T) {
	folder := t.TempDir()
	if _, err := ReadFile(folder); !errors.Is(err, ErrNotRegular) || !strings.Contains(err.Error(), "a folder") {
		t.Errorf("a folder: %v", err)
	}
	if _, err := ReadFile(filepath.Join(folder, "none")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no file: %v", err)
	}
	if runtime.GOOS != "windows" {
		if _, err := ReadFile(os.DevNull); !errors.Is(err, ErrNotRegular) || !strings.Contains(err.Error(), "a device") {
			t.Errorf("a device: %v", err)
		}
	}
	loop := filepath.Join(folder, "loop")
	if err := os.Symlink(loop, loop); err == nil {
		if _, err := ReadFile(loop); err == nil {
			t.Error("a link to itself can be read")
		}
	}
}
