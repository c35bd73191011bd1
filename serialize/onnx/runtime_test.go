package onnx

import (
	"encoding/binary"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"

	"nnrt/dataset"
	"nnrt/net"
	"nnrt/serialize"
)

// pythonVariable names a Python that has the packages onnx and onnxruntime.
const pythonVariable = "NNRT_ONNX_PYTHON"

// TestONNXRuntime has onnx.checker look at written files, and compares what ONNX Runtime computes with nnrt: they may
// differ by 2 ULP of an output's scale, which is the largest value that it has over all rows. Where the last bit of the
// inputs makes a difference of more than 1 ULP, that of sums within makes one, too, and the two may differ by twice as
// much.
func TestONNXRuntime(t *testing.T) {
	python := os.Getenv(pythonVariable)
	if python == "" {
		t.Skip(pythonVariable + " does not name a Python with onnx and onnxruntime")
	}
	folder := t.TempDir()
	files := append(operatorFiles(t), writtenFiles(t)...)
	base := func(i int) string { return filepath.Join(folder, strconv.Itoa(i)) }
	write := func(name string, content []byte) {
		if err := os.WriteFile(name, content, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	for i := range files {
		blob, err := Encode(&files[i].file)
		if err != nil {
			t.Fatal(err)
		}
		write(base(i)+".onnx", blob)
		write(base(i)+".x", rawFloats(rawInputs(&files[i].file)...))
	}
	out, err := exec.Command(python, "testdata/check.py", folder).CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	t.Logf("%s", out)
	for i := range files {
		f := &files[i]
		want := predict(t, &f.file, rawInputs(&f.file))
		outputs := f.file.Model.Outputs()
		plain := farthest(readFloats(t, base(i)+".y"), want, outputs)
		optimized := farthest(readFloats(t, base(i)+".optimized"), want, outputs)
		lastBit := sensitivity(t, &f.file, want)
		t.Logf("%-24s %.2f ULP, optimised %.2f; the last bit of the inputs %.2f", f.name, plain, optimized, lastBit)
		limit := 2 * max(1, lastBit)
		if f.name == "only tanh" {
			limit = 7 // ONNX Runtime 1.32's Tanh is itself up to 5.3·2⁻²⁴ from the truth, near ±8.5
		}
		if !(plain <= limit) || !(optimized <= limit) {
			t.Errorf("%s: ONNX Runtime is %.2f ULP away, %.2f with optimisation, the limit is %.2f", f.name, plain, optimized,
				limit)
		}
	}
}

// operatorFiles returns files of one layer each: every activation alone, Dense layers of many inputs, normalisations.
func operatorFiles(t *testing.T) []namedFile {
	files := []namedFile{
		{"Dense 64", serialize.File{Model: modelOf(t, 64, net.Dense(64, net.Linear))}},
		{"BatchNormalization", serialize.File{Model: modelOf(t, 6, net.BatchNormalization())}},
		{"LayerNormalization 6", serialize.File{Model: modelOf(t, 6, net.LayerNormalization())}},
		{"LayerNormalization 64", serialize.File{Model: modelOf(t, 64, net.LayerNormalization())}},
	}
	for _, a := range activationLayers() {
		files = append(files, namedFile{"only " + activationName(a), serialize.File{Model: modelOf(t, 10, net.Activate(a))}})
	}
	return files
}

// sensitivity returns what the last bit of the inputs makes of a difference, in ULP as farthest has them.
func sensitivity(t *testing.T, f *serialize.File, want []float32) (ulps float64) {
	x := rawInputs(f)
	generator := rand.New(rand.NewPCG(8, uint64(len(x))))
	nudged := make([]float32, len(x))
	for range 8 {
		for i := range x {
			nudged[i] = math.Nextafter32(x[i], float32(math.Inf(2*generator.IntN(2)-1)))
		}
		ulps = max(ulps, farthest(predict(t, f, nudged), want, f.Model.Outputs()))
	}
	return ulps
}

// rawInputs returns rows for a model: what a program has before it scales, for a numeric feature.
func rawInputs(f *serialize.File) []float32 {
	const rows = 256
	width := f.Model.Inputs()
	x := make([]float32, rows*width)
	generator := rand.New(rand.NewPCG(7, uint64(width)))
	for i := range x {
		x[i] = float32(2 * generator.NormFloat64())
	}
	if f.Schema == nil {
		return x
	}
	mean, scale := inputScaling(f.Schema)
	for i := range x {
		x[i] = x[i]*scale[i%width] + mean[i%width]
	}
	return x
}

// predict returns what nnrt run says of rows of raw numbers.
func predict(t *testing.T, f *serialize.File, x []float32) []float32 {
	t.Helper()
	width := f.Model.Inputs()
	if f.Schema != nil {
		mean, scale := inputScaling(f.Schema)
		scaled := make([]float32, len(x))
		for i := range x {
			scaled[i] = float32(x[i]-mean[i%width]) / scale[i%width]
		}
		x = scaled
	}
	y := make([]float32, len(x)/width*f.Model.Outputs())
	if err := f.Model.NewPredictor().Predict(y, x); err != nil {
		t.Fatal(err)
	}
	if f.Schema != nil && f.Schema.Target.Task == dataset.TaskRegression {
		for i := range y {
			y[i] = f.Schema.Target.Value(y[i])
		}
	}
	return y
}

func readFloats(t *testing.T, path string) []float32 {
	t.Helper()
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	values := make([]float32, len(raw)/4)
	for i := range values {
		values[i] = math.Float32frombits(binary.LittleEndian.Uint32(raw[4*i:]))
	}
	return values
}

// farthest compares outputs with those that are wanted, and returns the largest difference in ULP of each output's
// scale: infinite if there is a NaN, or the number of outputs is another.
func farthest(got, want []float32, outputs int) (ulps float64) {
	if len(got) != len(want) {
		return math.Inf(1)
	}
	for j := range outputs {
		scale := float32(0)
		for i := j; i < len(want); i += outputs {
			scale = max(scale, float32(math.Abs(float64(want[i]))))
		}
		unit := float64(math.Nextafter32(scale, math.MaxFloat32)) - float64(scale)
		for i := j; i < len(want); i += outputs {
			d := math.Abs(float64(got[i])-float64(want[i])) / unit
			if d != d {
				return math.Inf(1)
			}
			ulps = max(ulps, d)
		}
	}
	return ulps
}
