package onnx

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"nnrt/serialize"
)

// externalTensor is a TensorProto of FLOAT whose values are in another file; offset and length are left out if empty.
func externalTensor(name string, dims []int64, location, offset, length string) []byte {
	b := join(pbDims(dims), pbInt(2, elemFloat), pbBytes(8, name), pbInt(14, 1))
	for _, entry := range [][2]string{{"location", location}, {"offset", offset}, {"length", length}} {
		if entry[1] != "" {
			b = append(b, pbBytes(13, join(pbBytes(1, entry[0]), pbBytes(2, entry[1])))...)
		}
	}
	return b
}

// write writes a file into a folder and returns its path.
func write(t *testing.T, folder, name string, content []byte) string {
	t.Helper()
	path := filepath.Join(folder, name)
	if err := os.WriteFile(path, content, 0o666); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestExternalData(t *testing.T) {
	folder := t.TempDir()
	write(t, folder, "weights.bin", rawFloats(9, 9, 1, 2, 3, 4, 5, 6))
	f := chainFile(2, [][]byte{externalTensor("w", []int64{2, 2}, "weights.bin", "8", "16"),
		externalTensor("b", []int64{2}, "weights.bin", "24", "")},
		op("Gemm", list{"x", "w", "b"}, list{"y"}))
	file, err := ReadFile(write(t, folder, "model.onnx", f.bytes()))
	if err != nil {
		t.Fatal(err)
	}
	if got := file.Model.Parameters(); !slices.Equal(got, []float32{1, 2, 3, 4, 5, 6}) {
		t.Errorf("parameters %v", got)
	}
	if _, err := Decode(f.bytes()); !errors.Is(err, ErrExternal) {
		t.Errorf("from bytes: %v", err)
	}
}

// TestExternalDataElsewhere: paths out of the folder, links and files that are none.
func TestExternalDataElsewhere(t *testing.T) {
	parent := t.TempDir()
	folder := filepath.Join(parent, "model")
	if err := os.MkdirAll(filepath.Join(folder, "sub"), 0o777); err != nil {
		t.Fatal(err)
	}
	values := rawFloats(1, 2, 3, 4)
	secret := write(t, parent, "secret.bin", values)
	write(t, filepath.Join(folder, "sub"), "w.bin", values)
	inside := write(t, folder, "inside.bin", values)
	links := map[string]error{
		"symbolic.bin": os.Symlink(secret, filepath.Join(folder, "symbolic.bin")),
		"within.bin":   os.Symlink("inside.bin", filepath.Join(folder, "within.bin")),
		"hard.bin":     os.Link(secret, filepath.Join(folder, "hard.bin")),
	}
	for _, location := range []string{"", ".", "..", "../secret.bin", secret, "sub/w.bin", `sub\w.bin`, "./inside.bin",
		"sub",
		"inside.bin/", "//inside.bin", "C:inside.bin", "inside.bin\x00", "file:inside.bin", strings.Repeat("x", 256),
		"symbolic.bin", "within.bin", "hard.bin"} {
		if err := links[location]; err != nil {
			t.Logf("%s cannot be made: %v", location, err)
			continue
		}
		f := chainFile(2, [][]byte{externalTensor("w", []int64{2, 2}, location, "", "")}, op("MatMul", list{"x", "w"},
			list{"y"}))
		_, err := ReadFile(write(t, folder, "model.onnx", f.bytes()))
		if _, ok := err.(*Error); !ok || !errors.Is(err, ErrExternal) || !strings.Contains(err.Error(), `tensor "w"`) {
			t.Errorf("%q: %v", location, err)
		}
	}
	for _, c := range []struct{ offset, length string }{
		{"4", ""}, {"17", ""}, {"-1", ""}, {"9223372036854775807", ""}, {"99999999999999999999", ""}, {"x", ""}, {"0", "15"},
		{"0", "20"},
		{"", "-1"},
	} {
		f := chainFile(2, [][]byte{externalTensor("w", []int64{2, 2}, filepath.Base(inside), c.offset, c.length)},
			op("MatMul", list{"x", "w"}, list{"y"}))
		if _, err := ReadFile(write(t, folder, "model.onnx", f.bytes())); !errors.Is(err, ErrExternal) {
			t.Errorf("%+v: %v", c, err)
		}
	}
	missing := chainFile(2, [][]byte{externalTensor("w", []int64{2, 2}, "none.bin", "", "")}, op("MatMul", list{"x", "w"},
		list{"y"}))
	if _, err := ReadFile(write(t, folder, "model.onnx", missing.bytes())); !errors.Is(err, fs.ErrNotExist) ||
		!strings.Contains(err.Error(), filepath.Join(folder, "none.bin")) {
		t.Errorf("a missing file: %v", err)
	}
	huge := chainFile(2, [][]byte{externalTensor("w", []int64{1 << 15, 1 << 15}, "inside.bin", "", "")},
		op("MatMul", list{"x", "w"}, list{"y"}))
	if _, err := ReadFile(write(t, folder, "model.onnx", huge.bytes())); !errors.Is(err, ErrExternal) {
		t.Errorf("more than there is: %v", err)
	}
}

func TestReadFile(t *testing.T) {
	folder := t.TempDir()
	if _, err := ReadFile(folder); !errors.Is(err, serialize.ErrNotRegular) {
		t.Errorf("a folder: %v", err)
	}
	if _, err := ReadFile(filepath.Join(folder, "none")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no file: %v", err)
	}
	if _, err := ReadFile(write(t, folder, "text.onnx", []byte("text"))); !errors.Is(err, ErrWire) {
		t.Errorf("text: %v", err)
	}
}
