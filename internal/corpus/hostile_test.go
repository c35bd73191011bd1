package corpus

import (
	"bytes"
	"errors"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"nnrt/net"
	"nnrt/serialize"
	"nnrt/serialize/keras"
	"nnrt/serialize/onnx"
	"nnrt/serialize/tensors"
)

// hostile are the files that are cut and changed, one or more of each format, small ones, since every bit counts.
var hostile = []string{
	"torch-ts9-linear", "torch-dynamo-linear", "keras-export-relu", "sklearn-standard-two",
	"keras-native-linear", "keras2-h5-layernorm", "torch-safetensors-nobias", "sklearn-npz-many",
	"sklearn-npz-compressed",
}

// Decoding may take 8 times the file and hostileConstant, in all that it allocates.
const (
	hostileFactor   = 8
	hostileConstant = 1 << 20
)

// isTyped reports whether an error is one of those that the packages promise.
func isTyped(err error) bool {
	var o *onnx.Error
	var k *keras.Error
	var s *tensors.Error
	return errors.As(err, &o) || errors.As(err, &k) || errors.As(err, &s)
}

// TestHostile decodes one file of each format cut at every length, and with every bit flipped. The answer is an error
// of the package's type or a model: one that predicts and that can be saved, but for a name that the model format
// does not take. What is cut, and what is changed in a zip archive, where every byte of content is under a checksum,
// may only be the model that was there. Nothing panics, and nothing takes more memory than the file justifies.
func TestHostile(t *testing.T) {
	all := entries(t, "manifest.json")
	for _, name := range hostile {
		t.Run(name, func(t *testing.T) {
			var e *entry
			for _, candidate := range all {
				if candidate.Name == name {
					e = candidate
				}
			}
			if e == nil {
				t.Fatal("no such model")
			}
			layers, err := parseLayers(e.Layers)
			if err != nil {
				t.Fatal(err)
			}
			blob, err := os.ReadFile(e.path())
			if err != nil {
				t.Fatal(err)
			}
			ending := filepath.Ext(e.File)
			h := &attack{decode: decoders[ending], layers: layers}
			file, err := h.decode(blob, layers)
			if err != nil {
				t.Fatal(err)
			}
			want := model(t, file)
			step, bits := 1, []int{0, 1, 2, 3, 4, 5, 6, 7}
			if testing.Short() || os.Getenv("NNRT_KERNELS") != "" { // what is read does not depend on the kernels
				step, bits = 1+len(blob)/300, []int{0, 5}
			}
			for n := 0; n < len(blob); n += step {
				if file := h.try(t, blob[:n]); file != nil && !bytes.Equal(model(t, file), want) {
					t.Fatalf("cut to %d bytes: another model", n) // ONNX may end after any field
				}
			}
			archive := ending == ".npz" || ending == ".keras"
			changed := bytes.Clone(blob)
			for i := 0; i < len(blob); i += step {
				for _, bit := range bits {
					changed[i] ^= 1 << bit
					file := h.try(t, changed)
					if file != nil && archive && !bytes.Equal(model(t, file), want) {
						t.Fatalf("byte %d, bit %d: another model", i, bit)
					}
					if t.Failed() {
						t.Fatalf("byte %d, bit %d", i, bit)
					}
					changed[i] ^= 1 << bit
				}
			}
			t.Logf("%d files, %d of them models; at most %.1f × the file and %d KB allocated", h.tried, h.models,
				float64(h.most)/float64(len(blob)), max(0, h.most-hostileFactor*len(blob))>>10)
			if h.models == h.tried {
				t.Error("nothing was refused")
			}
		})
	}
}

// attack is the decoding of one file's variants.
type attack struct {
	decode        func([]byte, []net.Layer) (*serialize.File, error)
	layers        []net.Layer
	tried, models int
	most          int // bytes allocated for one of them
}

// try decodes, and returns the file if there was no error.
func (a *attack) try(t *testing.T, blob []byte) *serialize.File {
	t.Helper()
	a.tried++
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	file, err := a.decode(blob, a.layers)
	runtime.ReadMemStats(&after)
	took := int(after.TotalAlloc - before.TotalAlloc)
	a.most = max(a.most, took)
	if took > hostileFactor*len(blob)+hostileConstant {
		t.Errorf("%d bytes allocated for a file of %d", took, len(blob))
	}
	if err != nil {
		if !isTyped(err) {
			t.Errorf("an error of another type: %T %v", err, err)
		}
		return nil
	}
	a.models++
	x := make([]float32, file.Model.Inputs())
	y := make([]float32, file.Model.Outputs())
	if err := file.Model.NewPredictor().Predict(y, x); err != nil {
		t.Error(err)
	}
	for _, v := range file.Model.Parameters() {
		if math.IsNaN(float64(v)) || math.IsInf(float64(v), 0) {
			t.Error("a weight is not finite")
			break
		}
	}
	_, err = serialize.Encode(&serialize.File{Model: file.Model, Schema: file.Schema})
	if err != nil && !errors.Is(err, serialize.ErrText) {
		t.Error(err)
	}
	return file
}

// model returns a model file's bytes without metadata.
func model(t *testing.T, f *serialize.File) []byte {
	t.Helper()
	blob, err := serialize.Encode(&serialize.File{Model: f.Model, Schema: f.Schema})
	if err != nil {
		t.Fatal(err)
	}
	return blob
}
