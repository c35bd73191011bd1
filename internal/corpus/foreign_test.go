package corpus

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"nnrt/serialize"
)

// TestForeignFilesAreNamed gives what the frameworks wrote to the reader of model files: the error says what each file
// is, and how to convert it.
func TestForeignFilesAreNamed(t *testing.T) {
	kinds := map[string]string{".onnx": "ONNX", ".keras": ".keras", ".h5": "HDF5", ".npz": ".npz",
		".safetensors": "safetensors"}
	for _, list := range []string{"manifest.json", "refused.json"} {
		for _, e := range entries(t, list) {
			kind, ok := kinds[filepath.Ext(e.File)]
			if !ok {
				continue // TestRefused has them
			}
			blob, err := os.ReadFile(e.path())
			if err != nil {
				t.Fatal(err)
			}
			_, err = serialize.Decode(blob)
			if !errors.Is(err, serialize.ErrNotModel) || !strings.Contains(err.Error(), kind) ||
				!strings.Contains(err.Error(), "nnrt convert") {
				t.Errorf("%s: %v, want a mention of %s and of nnrt convert", e.Name, err, kind)
			}
		}
	}
}
