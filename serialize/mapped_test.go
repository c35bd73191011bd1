//go:build darwin || dragonfly || freebsd || linux || netbsd || openbsd

package serialize

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"testing"

	"nnrt/net"
)

// mapTutorial writes a network like the tutorial's, but so wide that its weights take several pages, and maps the file.
func mapTutorial(t *testing.T) (path string, m *Mapped) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "model.bin")
	if err := Save(path, makeModel(t, 8, net.Dense(5000, net.ReLU), net.Dense(1, net.Sigmoid))); err != nil {
		t.Fatal(err)
	}
	m, err := Loader{SelfTest: true}.Map(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { m.Close() })
	return path, m
}

// TestMappedIsNotWritten: the mapping may only be read, so a write would end the process.
func TestMappedIsNotWritten(t *testing.T) {
	path, m := mapTutorial(t)
	before, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	x, y := make([]float32, 8), []float32{1}
	config := net.FitConfig{Loss: net.BinaryCrossEntropy, Optimizer: net.SGD{LearningRate: 0.1}, Epochs: 2}
	if _, err := m.Model.Fit(context.Background(), x, y, config); err != nil {
		t.Fatal(err)
	}
	m.Model.Initialize(3)
	if err := m.Model.NewPredictor().Predict(y, x); err != nil {
		t.Fatal(err)
	}
	// A model saved to where it is mapped from: the old file lives on until it is unmapped.
	if err := WriteFile(path, m.File); err != nil {
		t.Fatal(err)
	}
	after, err := os.ReadFile(path)
	if err != nil || len(after) != len(before) {
		t.Errorf("%d bytes became %d, error %v", len(before), len(after), err)
	}
	if string(m.data) != string(before) {
		t.Error("the mapping changed")
	}
}

// TestMappedAndCut: what a file that is cut short does, before and after it is decoded.
func TestMappedAndCut(t *testing.T) {
	path, m := mapTutorial(t)
	if err := os.Truncate(path, int64(os.Getpagesize())); err != nil {
		t.Fatal(err)
	}
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if _, err := (Loader{NoCopy: true}).decodeMapped(m.data, file); !errors.Is(err, ErrTruncated) {
		t.Errorf("cut while it is read: %v", err)
	}
	if !littleEndian {
		return // the weights are a copy
	}
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		fault, ok := recover().(runtime.Error)
		if !ok {
			t.Fatal("the weights of a file that was cut short can be read")
		}
		t.Log(fault)
	}()
	m.Model.Parameters()
}

func TestMapRefuses(t *testing.T) {
	folder := t.TempDir()
	if _, err := (Loader{}).Map(folder); !errors.Is(err, ErrNotRegular) {
		t.Errorf("a folder: %v", err)
	}
	if _, err := (Loader{}).Map(filepath.Join(folder, "none")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no file: %v", err)
	}
	path := filepath.Join(folder, "model.bin")
	if err := Save(path, tutorial(t)); err != nil {
		t.Fatal(err)
	}
	if _, err := (Loader{Limits: Limits{FileBytes: 100}}).Map(path); !errors.Is(err, ErrLimit) {
		t.Errorf("a file beyond the limit: %v", err)
	}
	m, err := Loader{}.Map(path)
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := m.Close(); err != nil {
			t.Error(err)
		}
	}
	if m.File != nil {
		t.Error("a closed model can be used")
	}
}
