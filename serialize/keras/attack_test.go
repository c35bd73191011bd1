package keras

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"testing"

	"nnrt/serialize"
)

// allocationConstant is what Decode may take, whatever the file's size: 1,024 layers, columns of a schema, and the
// allowance of each part.
const allocationConstant = 16 << 20

// decode decodes a file and checks what is true of any file: memory in proportion, errors of this package that are fit
// for a terminal, and a model that nnrt's own format can hold, but for its limits.
func decode(t *testing.T, blob []byte) (*serialize.File, error) {
	t.Helper()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f, notes, err := Import(blob)
	runtime.ReadMemStats(&after)
	if took := after.TotalAlloc - before.TotalAlloc; took > 8*uint64(len(blob))+allocationConstant {
		t.Errorf("%d bytes take %d bytes of memory", len(blob), took)
	}
	var e *Error
	switch {
	case err == nil:
		if _, err := serialize.Encode(f); err != nil &&
			!errors.Is(err, serialize.ErrLimit) && !errors.Is(err, serialize.ErrText) {
			t.Errorf("the model cannot be written: %v", err)
		}
	case !errors.As(err, &e) || e.Where == "":
		t.Errorf("%#v is no error of this package", err)
	}
	for _, text := range append(notes, fmt.Sprint(err)) {
		if strings.ContainsFunc(text, func(r rune) bool { return r < ' ' || r == 0x7f }) {
			t.Errorf("%q would write control characters to a terminal", text)
		}
	}
	return f, err
}

func TestTruncated(t *testing.T) {
	for _, name := range []string{"k3.15_tiny.keras", "k3.15_tiny.h5"} {
		blob := unpacked(t, name)
		step := 1
		if testing.Short() {
			step = 7
		}
		for n := 0; n < len(blob); n += step {
			if _, _, err := Import(blob[:n]); err == nil {
				t.Errorf("%s: %d of %d bytes are accepted", name, n, len(blob))
			}
		}
		if _, err := decode(t, blob); err != nil {
			t.Error(err)
		}
	}
}

// TestEveryBitFlipped flips every bit. The archive's checksums find all that matter; an .h5 file has none, so that
// other weights or names can come of it, but nothing else.
func TestEveryBitFlipped(t *testing.T) {
	for _, name := range []string{"k3.15_tiny.keras", "k3.15_tiny.h5"} {
		blob := unpacked(t, name)
		good, err := decode(t, blob)
		if err != nil {
			t.Fatal(err)
		}
		step := 1
		if testing.Short() {
			step = 97
		}
		for i := 0; i < len(blob)*8; i += step {
			blob[i/8] ^= 1 << (i % 8)
			f, _, err := Import(blob)
			if err == nil && strings.HasSuffix(name, ".keras") && !(slices.Equal(f.Model.Parameters(),
				good.Model.Parameters()) && reflect.DeepEqual(f.Model.Layers(), good.Model.Layers())) {
				t.Errorf("%s: bit %d of byte %d flipped: another model", name, i%8, i/8)
			}
			blob[i/8] ^= 1 << (i % 8)
		}
	}
}

// parts are the files of an archive.
func parts(t testing.TB, blob []byte) (metadata, config string, weights []byte) {
	t.Helper()
	z, err := zip.NewReader(bytes.NewReader(blob), int64(len(blob)))
	if err != nil {
		t.Fatal(err)
	}
	read := func(name string) []byte {
		f, err := z.Open(name)
		if err != nil {
			t.Fatal(err)
		}
		data, err := io.ReadAll(f)
		if err != nil {
			t.Fatal(err)
		}
		return data
	}
	return string(read(metadataFile)), string(read(configFile)), read(weightsFile)
}

// archive packs files, given as name, content, name, content, …
func archive(t testing.TB, method uint16, files ...string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for i := 0; i < len(files); i += 2 {
		w, err := z.CreateHeader(&zip.FileHeader{Name: files[i], Method: method})
		if err == nil {
			_, err = io.WriteString(w, files[i+1])
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// withConfig returns an archive with another configuration.
func withConfig(t testing.TB, name string, change func(config string) string) []byte {
	t.Helper()
	metadata, config, weights := parts(t, unpacked(t, name))
	changed := change(config)
	if changed == config {
		t.Fatal("the configuration is as it was")
	}
	return archive(t, zip.Store, metadataFile, metadata, configFile, changed, weightsFile, string(weights))
}

func TestConfiguration(t *testing.T) {
	replace := func(old, new string) func(string) string {
		return func(config string) string { return strings.Replace(config, old, new, 1) }
	}
	const (
		dense    = `{"module": "keras.layers", "class_name": "Dense"`
		nestings = 3000
	)
	nest := func(depth int) func(string) string {
		return func(config string) string {
			for range depth {
				config = `{"class_name": "Sequential", "config": {"name": "outer", "layers": [` + config + `]}}`
			}
			return config
		}
	}
	for _, tc := range []struct {
		name   string
		base   string
		change func(string) string
		cause  error
		says   string
	}{
		{"no JSON", "tiny", replace("{", "["), ErrConfig, "not JSON"},
		{"empty", "tiny", func(string) string { return "" }, ErrConfig, "not JSON"},
		{"a number", "tiny", func(string) string { return "1" }, ErrConfig, "class_name"},
		{"deep brackets", "tiny", func(string) string { return strings.Repeat("[", 1e5) }, ErrConfig, "not JSON"},
		{"deep models", "tiny", nest(20), ErrUnsupported, "models in each other"},
		{"very deep models", "tiny", nest(nestings), ErrUnsupported, "models in each other"},
		{"no layers", "tiny", replace(`"layers": [`, `"layers": [], "other": [`), ErrUnsupported, "0 layers"},
		{"no units", "tiny", replace(`"units": 1`, `"units": 0`), ErrConfig, "units"},
		{"other units", "tiny", replace(`"units": 1`, `"units": 2`), ErrWeights, "shape [2 1], it should be [2 2]"},
		{"huge units", "tiny", replace(`"units": 1`, `"units": 1048576`), ErrMemory, "parameters"},
		{"units beyond", "tiny", replace(`"units": 1`, `"units": 1e9`), ErrConfig, "units"},
		{"units of text", "tiny", replace(`"units": 1`, `"units": "1"`), ErrConfig, "units"},
		{"no bias", "tiny", replace(`"use_bias": true`, `"use_bias": false`), ErrWeights, "2 weights"},
		{"odd flag", "tiny", replace(`"use_bias": true`, `"use_bias": 1`), ErrConfig, "use_bias"},
		{"no name", "tiny", replace(`"name": "d"`, `"nom": "d"`), ErrConfig, "no name"},
		{"name of a terminal", "tiny", replace(`"name": "d", `, `"name": "\u001b[2J", "lora_rank": 4, `),
			ErrUnsupported, `\x1b[2J`},
		{"name twice", "tiny", replace(`"layers": [`, `"layers": [{"class_name": "Dropout", "config": {"name": "d"}}, `),
			ErrConfig, "this name"},
		{"late input", "tiny", replace(`"layers": [`, `"layers": [{"class_name": "Dropout", "config": {"name": "a"}}, `),
			ErrUnsupported, "not the first"},
		{"other class", "tiny", replace(`"class_name": "Sequential"`, `"class_name": "Mine"`), ErrUnsupported, "(Mine)"},
		{"module", "tiny", replace(dense, `{"module": "os", "class_name": "Dense"`), ErrUnsupported,
			"custom class"},
		{"no input", "tiny", replace(`"batch_shape": [null, 2]`, `"batch_shape": [null]`), ErrUnsupported, "no features"},
		{"huge input", "tiny", replace(`"batch_shape": [null, 2]`, `"batch_shape": [null, 2147483647, 2147483647]`),
			ErrUnsupported, "values"},
		{"wide input", "tiny", replace(`"batch_shape": [null, 2]`, `"batch_shape": [null, 1000000]`), ErrMemory,
			"1000001 parameters"},
		{"sparse", "tiny", replace(`"sparse": false`, `"sparse": true`), ErrUnsupported, "sparse"},
		{"text input", "tiny", replace(`"dtype": "float32"`, `"dtype": "string"`), ErrUnsupported, `"string"`},
		{"dtype", "tiny", replace(`"config": {"name": "float32"}`, `"config": {"name": "bfloat16"}`),
			ErrUnsupported, "bfloat16"},
		{"rescaling of a million", "tiny", func(string) string {
			return `{"class_name": "Sequential", "config": {"name": "m", "build_input_shape": [null, 1000000], "layers": [` +
				`{"class_name": "Rescaling", "config": {"name": "r", "scale": 2}}]}}`
		}, ErrMemory, "3000000 parameters"},
		{"rescaling of many kinds", "tiny", func(string) string {
			return `{"class_name": "Sequential", "config": {"name": "m", "build_input_shape": [null, 3], "layers": [` +
				`{"class_name": "Rescaling", "config": {"name": "r", "scale": [1, 2]}}]}}`
		}, ErrUnsupported, "a list of 3"},
		{"reshape", "tiny", func(string) string {
			return `{"class_name": "Sequential", "config": {"name": "m", "build_input_shape": [null, 6], "layers": [` +
				`{"class_name": "Reshape", "config": {"name": "r", "target_shape": [-1, 4]}}]}}`
		}, ErrConfig, "[6]"},
		{"matrix out", "tiny", func(string) string {
			return `{"class_name": "Sequential", "config": {"name": "m", "build_input_shape": [null, 6], "layers": [` +
				`{"class_name": "Reshape", "config": {"name": "r", "target_shape": [-1, 3]}}]}}`
		}, ErrUnsupported, "[2 3]"},
		{"too many layers", "tiny", replace(`"layers": [`, `"layers": [`+strings.Repeat("{},", 2000)), ErrUnsupported,
			"2002"},
		{"cycle", "functional", replace(`["measurements", 0, 0]`, `["alpha", 0, 0]`),
			ErrConfig, "itself"},
		{"dangling", "functional", replace(`["measurements", 0, 0]`, `["nobody", 0, 0]`),
			ErrConfig, `"nobody"`},
		{"second output", "functional", replace(`["measurements", 0, 0]`, `["measurements", 0, 1]`), ErrUnsupported,
			"one input"},
		{"beside", "functional", replace(`"layers": [`, `"layers": [{"class_name": "Dropout", "config": {"name": "a"}}, `),
			ErrUnsupported, "beside the way"},
		{"axis", "activations", replace(`"axis": -1}`, `"axis": 0}`), ErrUnsupported, "axis 0"},
		{"negative rate", "sequential", replace(`"rate": 0.25`, `"rate": -1`), ErrUnsupported, "rate"},
		{"epsilon", "sequential", replace(`"epsilon": 0.01`, `"epsilon": 1e99`), ErrConfig, "epsilon"},
		{"negative epsilon", "sequential", replace(`"epsilon": 0.01`, `"epsilon": -1`), ErrUnsupported, "epsilon"},
		{"units of a model", "functional", replace(dense, `{"module": "keras.layers", "class_name": "Sequential"`),
			ErrUnsupported, ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			base := "k3.15_" + tc.base + ".keras"
			_, err := decode(t, withConfig(t, base, tc.change))
			t.Log(err)
			if !errors.Is(err, tc.cause) || !strings.Contains(fmt.Sprint(err), tc.says) {
				t.Errorf("%v, want %v with %s", err, tc.cause, tc.says)
			}
		})
	}
}

// TestLastKeyCounts: Python's json takes the last of equal keys, and so does Keras.
func TestLastKeyCounts(t *testing.T) {
	f, err := decode(t, withConfig(t, "k3.15_tiny.keras", func(config string) string {
		return strings.Replace(config, `"units": 1`, `"units": 7, "unit\u0073": 1`, 1)
	}))
	if err != nil || f.Model.Outputs() != 1 {
		t.Errorf("%v", err)
	}
}

func TestArchive(t *testing.T) {
	metadata, config, w := parts(t, unpacked(t, "k3.15_tiny.keras"))
	weights := string(w)
	_, _, others := parts(t, unpacked(t, "k3.15_functional.keras"))
	with := func(method uint16, metadata, config, weights string, more ...string) []byte {
		files := []string{metadataFile, metadata, configFile, config, weightsFile, weights}
		return archive(t, method, append(files, more...)...)
	}
	bomb := strings.Repeat(" ", 8<<20)
	for _, tc := range []struct {
		name  string
		blob  []byte
		cause error
		says  string
	}{
		{"nothing", nil, ErrFormat, "first bytes"},
		{"text", []byte("model"), ErrFormat, "first bytes"},
		{"no archive", []byte("PK\x03\x04"), ErrArchive, ""},
		{"no files", archive(t, zip.Store), ErrFormat, configFile},
		{"no metadata", archive(t, zip.Store, configFile, config, weightsFile, weights), ErrFormat, metadataFile},
		{"no weights", archive(t, zip.Store, metadataFile, metadata, configFile, config), ErrFormat, weightsFile},
		{"twice", with(zip.Store, metadata, config, weights, weightsFile, weights),
			ErrArchive, "twice"},
		{"bomb", with(zip.Deflate, metadata, bomb+config, weights),
			ErrArchive, "limit"},
		{"bomb beside", with(zip.Deflate, metadata, config, weights, "assets/x", bomb),
			ErrArchive, "limit"},
		{"bad metadata", with(zip.Store, "{", config, weights), ErrConfig, metadataFile},
		{"weights of text", with(zip.Store, metadata, config, "weights"),
			ErrWeights, "HDF5"},
		{"weights of another model", with(zip.Store, metadata, config, string(others)), ErrWeights, "shape"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			_, err := decode(t, tc.blob)
			t.Log(err)
			if !errors.Is(err, tc.cause) || !strings.Contains(fmt.Sprint(err), tc.says) {
				t.Errorf("%v, want %v with %s", err, tc.cause, tc.says)
			}
		})
	}
	f, err := decode(t, archive(t, zip.Deflate, "assets/../x", "", weightsFile, weights, configFile, config,
		metadataFile, metadata))
	if err != nil || f.Metadata["keras_version"] != "3.15.1" {
		t.Errorf("in another order, compressed, with something besides: %v", err)
	}
}

func TestMetadata(t *testing.T) {
	f, notes, err := Import(unpacked(t, "k3.15_sequential.keras"))
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{"keras_version": "3.15.1", "keras_model": "tutorial", "loss": "categorical_crossentropy",
		"keras_loss": `"categorical_crossentropy"`, "keras_metrics": `["accuracy"]`}
	for key, value := range want {
		if f.Metadata[key] != value {
			t.Errorf("%s is %q, want %q", key, f.Metadata[key], value)
		}
	}
	var optimizer struct {
		Class string `json:"class_name"`
	}
	if err := json.Unmarshal([]byte(f.Metadata["keras_optimizer"]), &optimizer); err != nil || optimizer.Class != "Adam" {
		t.Errorf("the optimiser is %q", f.Metadata["keras_optimizer"])
	}
	if !slices.Contains(notes, "the optimiser with its state") {
		t.Errorf("left out: %q", notes)
	}
	layers := f.Model.Layers()
	if l := layers[0]; l.Name != "first" || l.KernelRegularizer.L2 != 0.01 || l.BiasInitializer.Kind == 0 ||
		l.KernelInitializer.Kind != 0 {
		t.Errorf("the first layer is %+v", l)
	}
	if f, _, err = Import(unpacked(t, "k3.15_functional.keras")); err != nil {
		t.Fatal(err)
	}
	names := ""
	for _, l := range f.Model.Layers() {
		names += " " + l.Name
	}
	for _, name := range []string{" zeta", " block/dense", " deep/zeta", " alpha"} {
		if !strings.Contains(names, name) {
			t.Errorf("layers%s, want one named%s", names, name)
		}
	}
}

// FuzzDecode takes any bytes.
func FuzzDecode(f *testing.F) {
	for _, name := range []string{"k3.15_tiny.keras", "k3.15_tiny.h5", "k2.15_frozen.h5",
		"k3.15_forms_latest_chunks.keras"} {
		f.Add(unpacked(f, name))
	}
	f.Fuzz(func(t *testing.T, blob []byte) { decode(t, blob) })
}

// FuzzConfig takes a configuration, in an archive that is otherwise right.
func FuzzConfig(f *testing.F) {
	for _, name := range []string{"tiny", "sequential", "functional", "rescaling", "operations"} {
		_, config, _ := parts(f, unpacked(f, "k3.15_"+name+".keras"))
		f.Add(config)
	}
	metadata, _, weights := parts(f, unpacked(f, "k3.15_functional.keras"))
	f.Fuzz(func(t *testing.T, config string) {
		decode(t, archive(t, zip.Store, metadataFile, metadata, configFile, config, weightsFile, string(weights)))
	})
}
