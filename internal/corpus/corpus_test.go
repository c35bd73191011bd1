package corpus

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"nnrt/dataset"
	"nnrt/net"
	"nnrt/serialize"
	"nnrt/serialize/keras"
	"nnrt/serialize/npz"
	"nnrt/serialize/onnx"
	"nnrt/serialize/safetensors"
	"nnrt/serialize/tensors"
)

var write = flag.Bool("write", false, "write CORPUS.md, and limits for models that have none")

const testdata = "testdata"

// entry is a line of manifest.json or refused.json.
type entry struct {
	Name      string
	Framework string
	Versions  map[string]string
	Exporter  string
	Opset     int
	Batch     any // a number, or "free"
	File      string
	Layers    string   // for files of tensors, see parseLayers
	Classes   []string // a classifier's labels
	Shows     string
	Names     []string // what the error must have
}

func (e *entry) path() string { return filepath.Join(testdata, e.Name, e.File) }

func entries(t testing.TB, file string) []*entry {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(testdata, file))
	if err != nil {
		t.Fatal(err)
	}
	var all []*entry
	if err := json.Unmarshal(text, &all); err != nil {
		t.Fatal(err)
	}
	return all
}

// decoders read the formats, by the ending of the file's name.
var decoders = map[string]func(blob []byte, layers []net.Layer) (*serialize.File, error){
	".onnx":        func(blob []byte, _ []net.Layer) (*serialize.File, error) { return onnx.Decode(blob) },
	".keras":       func(blob []byte, _ []net.Layer) (*serialize.File, error) { return keras.Decode(blob) },
	".h5":          func(blob []byte, _ []net.Layer) (*serialize.File, error) { return keras.Decode(blob) },
	".npz":         ofTensors(npz.Decode),
	".safetensors": ofTensors(safetensors.Decode),
}

// ofTensors returns the decoder of a format that holds tensors and no layers.
func ofTensors(decode func([]byte) (*tensors.Set, error)) func([]byte, []net.Layer) (*serialize.File, error) {
	return func(blob []byte, layers []net.Layer) (*serialize.File, error) {
		set, err := decode(blob)
		if err != nil {
			return nil, err
		}
		return set.File(tensors.Options{Layers: layers})
	}
}

// convert reads an entry's file. What is of no format that nnrt reads is taken for a model file, as the command does.
func convert(e *entry) (*serialize.File, error) {
	ending := filepath.Ext(e.File)
	decode, ok := decoders[ending]
	switch {
	case ending == ".onnx":
		return onnx.ReadFile(e.path())
	case !ok:
		return serialize.ReadFile(e.path())
	}
	blob, err := os.ReadFile(e.path())
	if err != nil {
		return nil, err
	}
	layers, err := parseLayers(e.Layers)
	if err != nil {
		return nil, err
	}
	return decode(blob, layers)
}

// parseLayers reads the layers of a file of tensors, as the command's --layers has them: UNITS:ACTIVATION,
// batch_normalization[:epsilon=E], layer_normalization[:epsilon=E], or an activation.
func parseLayers(text string) ([]net.Layer, error) {
	if text == "" {
		return nil, nil
	}
	var layers []net.Layer
	for _, part := range strings.Split(text, ",") {
		name, argument, _ := strings.Cut(part, ":")
		number, _ := strconv.ParseFloat(strings.TrimPrefix(argument, "epsilon="), 32)
		epsilon := net.Epsilon(float32(number)) // 0, the framework's default, if none is given
		units, err := strconv.Atoi(name)
		if err == nil {
			name = argument
		}
		activation, ok := net.ParseActivation(name)
		switch {
		case name == "batch_normalization":
			layers = append(layers, net.BatchNormalization(epsilon))
		case name == "layer_normalization":
			layers = append(layers, net.LayerNormalization(epsilon))
		case !ok:
			return nil, fmt.Errorf("layer %q", part)
		case err == nil:
			layers = append(layers, net.Dense(units, activation))
		default:
			layers = append(layers, net.Activate(activation))
		}
	}
	return layers, nil
}

// matrix reads a two-dimensional NPY file of little-endian float32, of which NumPy wrote the header.
func matrix(t testing.TB, path string) (values []float32, rows, columns int) {
	t.Helper()
	blob, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	const start = 10 // of the header, in version 1
	if len(blob) < start || !bytes.HasPrefix(blob, []byte("\x93NUMPY\x01\x00")) {
		t.Fatalf("%s: no NPY file of version 1", path)
	}
	data := blob[start+int(binary.LittleEndian.Uint16(blob[8:])):]
	header := strings.TrimSpace(string(blob[start : len(blob)-len(data)]))
	const format = "{'descr': '<f4', 'fortran_order': False, 'shape': (%d, %d), }"
	if _, err := fmt.Sscanf(header, format, &rows, &columns); err != nil || rows*columns*4 != len(data) {
		t.Fatalf("%s: header %s and %d bytes", path, header, len(data))
	}
	values = make([]float32, rows*columns)
	for i := range values {
		values[i] = math.Float32frombits(binary.LittleEndian.Uint32(data[4*i:]))
	}
	return values, rows, columns
}

// inputs returns the rows of an entry as its model takes them: through the schema if there is one.
func inputs(t testing.TB, e *entry, file *serialize.File) (x []float32, rows int) {
	t.Helper()
	s := file.Schema
	if path := filepath.Join(testdata, e.Name, "x.csv"); fileExists(path) {
		return csvInputs(t, path, s)
	}
	raw, rows, columns := matrix(t, filepath.Join(testdata, e.Name, "x.npy"))
	if s == nil {
		return raw, rows
	}
	names := make([]string, columns)
	for c := range names {
		names[c] = fmt.Sprint("c", c+1)
	}
	encoder, err := s.Bind(names, false) // by position
	if err != nil {
		t.Fatal(err)
	}
	x = make([]float32, rows*s.Width())
	for r := range rows {
		if err := encoder.EncodeNumbers(x[r*s.Width():][:s.Width()], raw[r*columns:][:columns]); err != nil {
			t.Fatal(err)
		}
	}
	return x, rows
}

// csvInputs reads rows of numbers and texts, whose columns have the names that the schema knows.
func csvInputs(t testing.TB, path string, s *dataset.Schema) (x []float32, rows int) {
	t.Helper()
	r, err := dataset.Open(path, dataset.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if s == nil {
		t.Fatal("no schema")
	}
	encoder, err := s.Encoder(r)
	if err != nil {
		t.Fatal(err)
	}
	for {
		row, err := r.Next()
		if err == io.EOF {
			return x, rows
		}
		x = append(x, make([]float32, s.Width())...)
		if err == nil {
			err = encoder.EncodeRow(x[rows*s.Width():], row)
		}
		if err != nil {
			t.Fatal(err)
		}
		rows++
	}
}

func fileExists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// predict returns what a model makes of its inputs, in the target's unit, and of a classifier the labels.
func predict(t testing.TB, file *serialize.File, x []float32, rows int) (y []float32, labels []string) {
	t.Helper()
	if len(x) != rows*file.Model.Inputs() {
		t.Fatalf("%d inputs for %d rows, the model takes %d each", len(x), rows, file.Model.Inputs())
	}
	outputs := file.Model.Outputs()
	y = make([]float32, rows*outputs)
	if err := file.Model.NewPredictor().Predict(y, x); err != nil {
		t.Fatal(err)
	}
	if file.Schema == nil {
		return y, nil
	}
	target := &file.Schema.Target
	for r := range rows {
		row := y[r*outputs:][:outputs]
		switch target.Task {
		case dataset.TaskRegression:
			row[0] = target.Value(row[0])
		case dataset.TaskBinary:
			class := 0
			if row[0] > 0.5 {
				class = 1
			}
			labels = append(labels, target.Labels[class])
		case dataset.TaskMulticlass:
			labels = append(labels, target.Labels[slices.Index(row, slices.Max(row))])
		}
	}
	return y, labels
}

// difference returns the largest difference of outputs from those wanted, in ULP of the output's scale: the
// difference of two values in column c, divided by the distance from s to the next float32 above it, where s is the
// largest magnitude that is wanted in column c of all rows. A difference of 1 in an output that is 0.5 in some row,
// and larger in none, is thus 2^-24, whatever the output is in the row at hand, which may be the small rest of large
// terms.
func difference(got, want []float32, columns int) float64 {
	var worst float64
	for c := range columns {
		var scale float32
		for i := c; i < len(want); i += columns {
			scale = max(scale, float32(math.Abs(float64(want[i]))))
		}
		ulp := float64(math.Nextafter32(scale, float32(math.Inf(1)))) - float64(scale)
		for i := c; i < len(want); i += columns {
			d := math.Abs(float64(got[i])-float64(want[i])) / ulp
			if !(d <= worst) { // NaN is worst
				worst = d
			}
		}
	}
	return worst
}

// result is what came of one model.
type result struct {
	*entry
	shape string  // inputs and the widths of the Dense layers
	ulp   float64 // see difference
}

// shape returns the inputs and the widths of the Dense layers, as in 8-10-8-1.
func shape(m *net.Model) string {
	text := strconv.Itoa(m.Inputs())
	for _, l := range m.Layers() {
		if l.Kind == net.DenseLayer {
			text += "-" + strconv.Itoa(l.Units)
		}
	}
	return text
}

// ceiling is above every limit.
const ceiling = 32

func limits(t testing.TB) map[string]float64 {
	t.Helper()
	all := make(map[string]float64)
	text, err := os.ReadFile(filepath.Join(testdata, "limits.json"))
	if os.IsNotExist(err) && *write {
		return all
	}
	if err == nil {
		err = json.Unmarshal(text, &all)
	}
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// TestModels converts each model, predicts, and compares with what the framework gave. The difference may not be above
// the model's limit, which is twice the one first seen; CORPUS.md has the difference itself.
func TestModels(t *testing.T) {
	limits := limits(t)
	var results []result
	for _, e := range entries(t, "manifest.json") {
		t.Run(e.Name, func(t *testing.T) {
			file, err := convert(e)
			if err != nil {
				t.Fatal(err)
			}
			x, rows := inputs(t, e, file)
			want, wantRows, columns := matrix(t, filepath.Join(testdata, e.Name, "y.npy"))
			y, labels := predict(t, file, x, rows)
			if len(y) != len(want) || rows != wantRows {
				t.Fatalf("%d outputs for %d rows, want %d", len(y), rows, len(want))
			}
			if e.Classes != nil {
				checkLabels(t, e, file.Schema, labels)
			}
			ulp := difference(y, want, columns)
			t.Logf("%.2f ULP", ulp)
			limit, known := limits[e.Name]
			if !known && *write {
				limit = max(1, math.Ceil(4*ulp)/2)
				limits[e.Name] = limit
			}
			if !(ulp <= limit) || limit > ceiling {
				t.Errorf("difference %.2f ULP, the limit is %g, that of limits %d", ulp, limit, ceiling)
			}
			results = append(results, result{e, shape(file.Model), ulp})
		})
	}
	if t.Failed() || partly() {
		return
	}
	if *write {
		for name := range limits {
			if !slices.ContainsFunc(results, func(r result) bool { return r.Name == name }) {
				delete(limits, name)
			}
		}
		text, err := json.MarshalIndent(limits, "", " ")
		if err == nil {
			err = os.WriteFile(filepath.Join(testdata, "limits.json"), append(text, '\n'), 0o666)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if len(limits) != len(results) {
		t.Errorf("%d limits for %d models", len(limits), len(results))
	}
	checkReport(t, "models", modelTables(results))
}

// partly says that -run chooses among the parts of a test.
func partly() bool { return strings.Contains(flag.Lookup("test.run").Value.String(), "/") }

// checkLabels compares a classifier's schema and labels with the framework's.
func checkLabels(t *testing.T, e *entry, s *dataset.Schema, labels []string) {
	t.Helper()
	if s == nil || !slices.Equal(s.Target.Labels, e.Classes) {
		t.Fatalf("schema %+v, want labels %q", s, e.Classes)
	}
	text, err := os.ReadFile(filepath.Join(testdata, e.Name, "labels.txt"))
	if err != nil {
		t.Fatal(err)
	}
	if want := strings.Fields(string(text)); !slices.Equal(labels, want) {
		t.Errorf("labels %q, want %q", labels, want)
	}
}
