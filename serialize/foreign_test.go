package serialize

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"compress/zlib"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// archive returns what a packer makes of files of the given names.
func archive(t *testing.T, pack func(w io.Writer) error) string {
	t.Helper()
	var b bytes.Buffer
	if err := pack(&b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestForeignFiles(t *testing.T) {
	compressed := func(w io.WriteCloser) error {
		_, err := w.Write([]byte("a model"))
		return errors.Join(err, w.Close())
	}
	zipOf := func(names ...string) string {
		return archive(t, func(w io.Writer) error {
			z := zip.NewWriter(w)
			for _, name := range names {
				f, err := z.Create(name)
				if err != nil {
					return err
				}
				fmt.Fprint(f, name)
			}
			return z.Close()
		})
	}
	for _, tc := range []struct {
		name, content string
		cause         error
		want          []string
	}{
		{"empty", "", ErrTruncated, []string{"0 bytes"}},
		{"one byte", "\x89", ErrTruncated, []string{"1 bytes"}},
		{"another byte", "\x88", ErrNotModel, []string{"first bytes are 88"}},
		{"CR LF to LF", "\x89NNR\n\x1a\n\x01\x00\x00\x00", ErrTextDamage,
			[]string{"CR LF became LF", "again in binary mode"}},
		{"LF to CR LF", "\x89NNR\r\r\n\x1a\r\n\x01", ErrTextDamage, []string{"LF became CR LF"}},
		{"lone LF to CR LF", "\x89NNR\r\n\x1a\r\n\x01", ErrTextDamage, []string{"LF became CR LF"}},
		{"seven bits", "\x09NNR\r\n\x1a\n", ErrTextDamage, []string{"eighth bit"}},
		{"to UTF-8", "\xc2\x89NNR\r\n\x1a\n", ErrTextDamage, []string{"UTF-8"}},
		{"gzip", archive(t, func(w io.Writer) error { return compressed(gzip.NewWriter(w)) }), ErrNotModel,
			[]string{"gzip", unpack}},
		{"zlib", archive(t, func(w io.Writer) error { return compressed(zlib.NewWriter(w)) }), ErrNotModel,
			[]string{"zlib", unpack}},
		{"bzip2", "BZh91AY&SY", ErrNotModel, []string{"bzip2", unpack}},
		{"Zstandard", "\x28\xb5\x2f\xfd\x24\x00", ErrNotModel, []string{"Zstandard", unpack}},
		{"tar", archive(t, func(w io.Writer) error {
			a := tar.NewWriter(w)
			return errors.Join(a.WriteHeader(&tar.Header{Name: "model.bin", Mode: 0o666}), a.Close())
		}), ErrNotModel, []string{"tar", unpack}},
		{"keras", zipOf("metadata.json", "config.json", "model.weights.h5"), ErrNotModel, []string{".keras", convert}},
		{"PyTorch", zipOf("archive/data.pkl", "archive/data/0"), ErrNotModel, []string{"PyTorch", "safetensors.torch.save_file"}},
		{"npz", zipOf("arr_0.npy"), ErrNotModel, []string{".npz", convert, "DATA"}},
		{"zip", zipOf("x"), ErrNotModel, []string{"zip archive", unpack}},
		{"HDF5", "\x89HDF\r\n\x1a\n\x00", ErrNotModel, []string{"HDF5", convert}},
		{"TFLite", "\x1c\x00\x00\x00TFL3\x00", ErrNotModel, []string{"TensorFlow Lite", bySource}},
		{"ONNX Runtime", "\x1c\x00\x00\x00ORTM\x00", ErrNotModel, []string{"ONNX Runtime", bySource}},
		{"pickle", "\x80\x04\x95\x0b\x00", ErrNotModel, []string{"pickle", "can run any program", "nnrt_export"}},
		{"safetensors", "\x40\x00\x00\x00\x00\x00\x00\x00{\"w\":{}}", ErrNotModel, []string{"safetensors", convert}},
		{"safetensors, length like a pickle's", "\x80\x02\x00\x00\x00\x00\x00\x00{\"w\":{}}", ErrNotModel,
			[]string{"safetensors", convert}},
		{"ONNX", "\x08\x07\x12\x07pytorch\x1a\x051.9", ErrNotModel, []string{"ONNX", convert}},
		{"SavedModel", "\x08\x01\x12\xbe\x12\x12\x0a", ErrNotModel, []string{"SavedModel", "tf2onnx"}},
		{"GGUF", "GGUF\x03\x00\x00\x00", ErrNotModel, []string{"GGUF", never}},
		{"NPY", "\x93NUMPY\x01\x00", ErrNotModel, []string{"NumPy", isData}},
		{"IDX", "\x00\x00\x08\x03\x00\x00\xea\x60", ErrNotModel, []string{"IDX", isData}},
		{"Parquet", "PAR1\x15\x04", ErrNotModel, []string{"Parquet", "CSV, JSON Lines, NPY and IDX"}},
		{"PNG", "\x89PNG\r\n\x1a\n\x00", ErrNotModel, []string{"image", never}},
		{"program", "\x7fELF\x02\x01\x01\x00", ErrNotModel, []string{"program", never}},
		{"CSV", "a,b\n1,2\n", ErrNotModel, []string{"text", "DATA"}},
		{"web page", "<!DOCTYPE html>\n<html><title>404</title>", ErrNotModel, []string{"web page", download}},
		{"Git LFS", "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a", ErrNotModel,
			[]string{"Git LFS", "git lfs pull"}},
		{"anything", "\x00\x01\x02\x03\x04\x05\x06\x07\x08", ErrNotModel, []string{"00 01 02"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			refuse(t, []byte(tc.content), tc.cause)
			path := filepath.Join(t.TempDir(), "x")
			if err := os.WriteFile(path, []byte(tc.content), 0o666); err != nil {
				t.Fatal(err)
			}
			_, fromFile := ReadFile(path)
			_, loaded := Load([]byte(tc.content))
			for _, err := range []error{fromFile, loaded} {
				for _, want := range tc.want {
					if err == nil || !strings.Contains(err.Error(), want) {
						t.Errorf("%v, want a mention of %q", err, want)
					}
				}
			}
		})
	}
}

// TestForeignFilesOfOthers names files that the programs and libraries themselves have written; see
// testdata/foreign/make.py.
func TestForeignFilesOfOthers(t *testing.T) {
	for pattern, want := range map[string]string{
		"gzip": "a gzip file", "zlib*": "a zlib file", "bzip2": "a bzip2 file", "xz": "an xz file",
		"tar-*": "a tar archive", "zip": "a zip archive", "*.npz": "arrays (.npz)", "array.npy": "a NumPy array",
		"pickle-*": "a Python pickle", "joblib": "a Python pickle", "torch-old.pt": "a Python pickle",
		"torch.pt": "by its content a PyTorch model", "torchscript.pt": "by its content a PyTorch model",
		"*.onnx": "ONNX", "model.ort": "ONNX Runtime",
		"*.h5": "HDF5", "model.keras": "by its content a .keras model", "*.safetensors": "safetensors",
		"model.tflite": "TensorFlow Lite", "saved_model.pb": "SavedModel",
	} {
		paths, err := filepath.Glob(filepath.Join("testdata/foreign", pattern))
		if err != nil || len(paths) == 0 {
			t.Errorf("no file %s, %v", pattern, err)
		}
		for _, path := range paths {
			_, err := ReadFile(path)
			if !errors.Is(err, ErrNotModel) || !strings.Contains(fmt.Sprint(err), want) {
				t.Errorf("%s: %v, want a mention of %q", path, err, want)
			}
		}
	}
}
