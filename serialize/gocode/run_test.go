package gocode

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"nnrt/dataset"
	"nnrt/kernels"
	"nnrt/net"
	"nnrt/serialize"
)

// program is the main package of the tests. Its input is, for each model, a number of rows and the inputs, and for
// models with a schema the same of raw rows. Its output is the number of allocations, Predict's results, and
// PredictRow's, behind a 0 or, for an error, 1 + the feature, and the class. Four goroutines must get the same again.
const program = `
type model struct {
	inputs, outputs, features, values int
	predict                           func(out, in, work []float32)
	predictRow                        func(out, row, work []float32) (feature, class int)
}

func main() {
	input, err := io.ReadAll(os.Stdin)
	if err != nil {
		panic(err)
	}
	var words []float32
	for ; len(input) >= 4; input = input[4:] {
		words = append(words, math.Float32frombits(binary.LittleEndian.Uint32(input)))
	}
	out, work := make([]float32, 1<<20), make([]float32, 1<<18)
	var before, after runtime.MemStats
	debug.SetGCPercent(-1)
	runtime.ReadMemStats(&before)
	n := predict(out, words, work)
	runtime.ReadMemStats(&after)
	var done sync.WaitGroup
	for i := 0; i < 4; i++ {
		done.Add(1)
		go func() {
			defer done.Done()
			again := make([]float32, len(out))
			predict(again, words, make([]float32, len(work)))
			for i, v := range again[:n] {
				if math.Float32bits(v) != math.Float32bits(out[i]) {
					panic("another result in a goroutine")
				}
			}
		}()
	}
	done.Wait()
	output := binary.LittleEndian.AppendUint32(nil, uint32(after.Mallocs-before.Mallocs))
	for _, v := range out[:n] {
		output = binary.LittleEndian.AppendUint32(output, math.Float32bits(v))
	}
	if _, err := os.Stdout.Write(output); err != nil {
		panic(err)
	}
}

func predict(out, words, work []float32) (n int) {
	for i := range models {
		m := &models[i]
		rows := int(words[0])
		words = words[1:]
		for ; rows > 0; rows-- {
			m.predict(out[n:n+m.outputs], words[:m.inputs], work)
			words = words[m.inputs:]
			n += m.outputs
		}
		if m.predictRow == nil {
			continue
		}
		rows = int(words[0])
		words = words[1:]
		for ; rows > 0; rows-- {
			feature, class := m.predictRow(out[n+2:n+2+m.values], words[:m.features], work)
			out[n], out[n+1] = float32(feature), float32(class)
			words = words[m.features:]
			n += 2 + m.values
		}
	}
	return n
}
`

// edges are numbers that arithmetic likes to get wrong.
var edges = []float32{0, float32(math.Copysign(0, -1)), 1, -1, 0x1p-149, -0x1p-149, 0x1p-126, -0x1.fffffcp-127, 0x1p-60,
	math.MaxFloat32, -math.MaxFloat32, 1e20, -1e20, 88.5, -88.5, -104, 17, -17, 3, -3, 6, 0.5, 0x1.000002p-1,
	float32(math.Inf(1)), float32(math.Inf(-1)), float32(math.NaN())}

// inputsOf makes rows: of random numbers, some with edges among them, and of one edge all over.
func inputsOf(random *rand.Rand, width int) (rows int, x []float32) {
	const few, mixed = 4, 4
	for row := range few + mixed + len(edges) {
		for range width {
			v := float32(random.NormFloat64())
			switch {
			case row >= few+mixed:
				v = edges[row-few-mixed]
			case row >= few && random.IntN(8) == 0:
				v = edges[random.IntN(len(edges))]
			}
			x = append(x, v)
		}
	}
	return few + mixed + len(edges), x
}

// rawRows makes rows for PredictRow, of one edge all over and of random values, in which categories are indices.
func rawRows(random *rand.Rand, s *dataset.Schema) (rows int, x []float32) {
	const mixed = 60 // rows of random values, with some that are edges or missing
	for row := range len(edges) + mixed {
		for i := range s.Features {
			f := &s.Features[i]
			v := f.Mean + f.Scale*float32(random.NormFloat64())
			if f.Kind == dataset.Categorical {
				v = float32(random.IntN(len(f.Categories)))
			}
			kind := random.IntN(12)
			switch {
			case row < len(edges):
				v = edges[row]
			case kind == 0:
				v = float32(math.NaN())
			case kind == 1:
				v = edges[random.IntN(len(edges))]
			}
			x = append(x, v)
		}
	}
	return len(edges) + mixed, x
}

// wantRow is what PredictRow must give: as dataset's Encoder and nnrt run have it.
func wantRow(t *testing.T, f *serialize.File, raw []float32) []float32 {
	t.Helper()
	s := f.Schema
	var texts, columns []string
	for i, v := range raw {
		columns = append(columns, s.Features[i].Name)
		categories := s.Features[i].Categories
		switch {
		case v != v:
			texts = append(texts, "missing")
		case categories == nil:
			texts = append(texts, fmt.Sprint(v))
		case v >= 0 && int(v) < len(categories) && v == float32(int(v)):
			texts = append(texts, categories[int(v)])
		default:
			texts = append(texts, "unknown")
		}
	}
	copied := *s
	copied.NA = []string{"missing"}
	outputs := f.Model.Outputs()
	values := outputs
	if s.Target.Task == dataset.TaskBinary {
		values = 2
	}
	want := make([]float32, 2+values)
	in := make([]float32, s.Width())
	encoder, err := copied.Bind(columns, true)
	if err != nil {
		t.Fatal(err)
	}
	if err := encoder.Encode(in, texts); err != nil {
		var blamed *dataset.Error
		if !errors.As(err, &blamed) || !slices.Contains(columns, blamed.Column) {
			t.Fatalf("no feature is blamed: %v", err)
		}
		want[0] = float32(1 + slices.Index(columns, blamed.Column))
		return want
	}
	y := make([]float32, outputs)
	if err := f.Model.NewPredictor().Predict(y, in); err != nil {
		t.Fatal(err)
	}
	switch s.Target.Task {
	case dataset.TaskBinary:
		want[2], want[3] = 1-y[0], y[0]
		if y[0] > 0.5 {
			want[1] = 1
		}
	case dataset.TaskRegression:
		want[2] = s.Target.Value(y[0])
	default:
		copy(want[2:], y)
		for i, v := range y {
			if v > y[int(want[1])] {
				want[1] = float32(i)
			}
		}
	}
	return want
}

// writeModule writes a module with a package for each model and the program.
func writeModule(t *testing.T, dir string, files []*serialize.File) {
	t.Helper()
	write := func(name string, text []byte) {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, text, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	imports := `"encoding/binary"; "io"; "math"; "os"; "runtime"; "runtime/debug"; "sync"`
	var models strings.Builder
	for i, f := range files {
		name := fmt.Sprintf("m%d", i)
		source := mustEncode(t, f, name)
		write(name+"/model.go", source)
		imports += fmt.Sprintf("; %q", "generated/"+name)
		work := ""
		if bytes.Contains(source, []byte("len(work) < Work")) {
			work = ", work"
		}
		fmt.Fprintf(&models, "{inputs: %[1]s.Inputs, outputs: %[1]s.Outputs, predict: func(out, in, work []float32) { "+
			"%[1]s.Predict(out, in%[2]s) }", name, work)
		if f.Schema != nil {
			class := "0"
			if f.Schema.Target.Labels != nil {
				class = name + ".Class(out)"
			}
			fmt.Fprintf(&models, `, features: len(%[1]s.Features), values: %[1]s.Values,
	predictRow: func(out, row, work []float32) (feature, class int) {
		if err := %[1]s.PredictRow(out, row%[2]s); err != nil {
			return 1 + int(err.(%[1]s.FeatureError)), 0
		}
		return 0, %[3]s
	}`, name, work, class)
		}
		models.WriteString("},\n")
	}
	write("go.mod", []byte("module generated\n\ngo 1.21\n"))
	write("main.go", []byte("package main\n\nimport ("+imports+")\n"+program+
		"\nvar models = []model{\n"+models.String()+"}\n"))
}

// target is a machine that programs can be run for here.
type target struct {
	env []string
	run string // an emulator's command, or nothing
}

// targets lists this machine, and those whose programs can run here: one without SSE, a big-endian one, one that fuses.
func targets() []target {
	found := []target{{}}
	if runtime.GOOS != "linux" || runtime.GOARCH != "amd64" {
		return found
	}
	found = append(found, target{env: []string{"GOARCH=386", "GO386=softfloat"}})
	for _, t := range []target{
		{env: []string{"GOARCH=arm64"}, run: "qemu-aarch64"},
		{env: []string{"GOARCH=s390x"}, run: "qemu-s390x"},
		{env: []string{"GOARCH=arm", "GOARM=5"}, run: "qemu-arm"},
	} {
		if _, err := exec.LookPath(t.run); err == nil {
			found = append(found, t)
		}
	}
	return found
}

// TestResultsAreTheSameBits compiles models and compares their results with a Predictor's: all of them for this machine,
// those of fewModels for others too.
func TestResultsAreTheSameBits(t *testing.T) {
	if _, err := exec.LookPath("go"); err != nil {
		t.Skip("no go command")
	}
	few := fewModels(t)
	t.Run("few", func(t *testing.T) { compare(t, few, targets()[:1]) })
	if testing.Short() {
		return
	}
	if kernels.Active() == kernels.Tiers()[0] { // once is enough, where tests are run for every tier
		small := few[:len(few)-1] // emulators are slow
		t.Run("few elsewhere", func(t *testing.T) { compare(t, small, targets()[1:]) })
	}
	t.Run("all", func(t *testing.T) { compare(t, allModels(t)[len(few):], targets()[:1]) })
}

// layersText names a model by its number and its layers.
func layersText(number int, m *net.Model) string {
	text := fmt.Sprintf("model %d: %d inputs", number, m.Inputs())
	for _, l := range m.Layers() {
		text += fmt.Sprintf(", %v %d %v", l.Kind, l.Units, l.Activation)
	}
	return text
}

func compare(t *testing.T, files []*serialize.File, on []target) {
	dir := t.TempDir()
	writeModule(t, dir, files)
	random := rand.New(rand.NewPCG(1, 2))
	var input, want []float32
	var owner []string // of each of want
	for i, f := range files {
		rows, x := inputsOf(random, f.Model.Inputs())
		y := make([]float32, rows*f.Model.Outputs())
		if err := f.Model.NewPredictor().Predict(y, x); err != nil {
			t.Fatal(err)
		}
		input = append(append(input, float32(rows)), x...)
		want = append(want, y...)
		if s := f.Schema; s != nil {
			rows, raw := rawRows(random, s)
			input = append(append(input, float32(rows)), raw...)
			for ; len(raw) > 0; raw = raw[len(s.Features):] {
				want = append(want, wantRow(t, f, raw[:len(s.Features)])...)
			}
		}
		for len(owner) < len(want) {
			owner = append(owner, layersText(i, f.Model))
		}
	}
	var stdin []byte
	for _, v := range input {
		stdin = binary.LittleEndian.AppendUint32(stdin, math.Float32bits(v))
	}
	for _, at := range on {
		name := strings.Join(append(at.env, at.run), " ")
		tool := func(args ...string) {
			t.Helper()
			build := exec.Command("go", args...)
			build.Dir = dir
			build.Env = append(append(os.Environ(), "CGO_ENABLED=0", "GOFLAGS=", "GOWORK=off"), at.env...)
			if out, err := build.CombinedOutput(); err != nil {
				t.Fatalf("%s: go %s: %v: %s", name, strings.Join(args, " "), err, out)
			}
		}
		build := []string{"build", "-o", "program"}
		if at.env == nil {
			tool("vet", "./...")
			build = append(build, "-trimpath") // so that go takes what it has compiled in another folder
		}
		tool(append(build, ".")...)
		program := exec.Command(filepath.Join(dir, "program"))
		if at.run != "" {
			program = exec.Command(at.run, filepath.Join(dir, "program"))
		}
		program.Stdin = bytes.NewReader(stdin)
		var stderr strings.Builder
		program.Stderr = &stderr
		out, err := program.Output()
		if err != nil {
			t.Fatalf("%s: %v: %s", name, err, &stderr)
		}
		if len(out) != 4+4*len(want) {
			t.Fatalf("%s: %d bytes, want %d", name, len(out), 4+4*len(want))
		}
		if n := binary.LittleEndian.Uint32(out); n != 0 {
			t.Errorf("%s: %d allocations", name, n)
		}
		for i, w := range want {
			got := math.Float32frombits(binary.LittleEndian.Uint32(out[4+4*i:]))
			if math.Float32bits(got) != math.Float32bits(w) && (got == got || w == w) {
				t.Fatalf("%s: result %d is %v, want %v (%s)", name, i, got, w, owner[i])
			}
		}
	}
}
