package serialize

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"testing/fstest"
	"testing/iotest"
	"unsafe"

	"nnrt/internal/modeltest"
	"nnrt/kernels"
	"nnrt/net"
)

// sources are the ways to the File in a file's bytes.
func sources(t testing.TB) map[string]func(l Loader, blob []byte) (*File, error) {
	path := filepath.Join(t.TempDir(), "model.bin")
	write := func(blob []byte) {
		t.Helper()
		if err := os.WriteFile(path, blob, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	return map[string]func(l Loader, blob []byte) (*File, error){
		"Decode": Loader.Decode,
		"Decode without copying": func(l Loader, blob []byte) (*File, error) {
			l.NoCopy = true
			return l.Decode(blob)
		},
		"Read": func(l Loader, blob []byte) (*File, error) { return l.Read(bytes.NewReader(blob)) },
		"Read in pieces, an error with the last": func(l Loader, blob []byte) (*File, error) {
			return l.Read(iotest.DataErrReader(iotest.HalfReader(bytes.NewReader(blob))))
		},
		"ReadFS": func(l Loader, blob []byte) (*File, error) {
			return l.ReadFS(fstest.MapFS{"a/model.bin": {Data: blob}}, "a/model.bin")
		},
		"ReadFile": func(l Loader, blob []byte) (*File, error) {
			write(blob)
			return l.ReadFile(path)
		},
		"Map": func(l Loader, blob []byte) (*File, error) {
			write(blob)
			m, err := l.Map(path)
			if errors.Is(err, errors.ErrUnsupported) {
				return l.Decode(blob)
			}
			if err != nil {
				return nil, err
			}
			t.Cleanup(func() { m.Close() })
			return m.File, nil
		},
	}
}

// TestSources: all ways give the same model.
func TestSources(t *testing.T) {
	for name, source := range sources(t) {
		for _, f := range []*File{tiny(t), {Model: tutorial(t)}, rich(t)} {
			blob := mustEncode(t, f)
			got, err := source(Loader{SelfTest: len(f.SelfTest.Inputs) > 0 && f.Contract == kernels.Contract}, blob)
			if err != nil {
				t.Errorf("%s: %v", name, err)
				continue
			}
			sameModel(t, got.Model, f.Model)
			if !bytes.Equal(mustEncode(t, got), blob) {
				t.Errorf("%s: it is encoded otherwise", name)
			}
		}
	}
}

// TestSourcesAgree: all ways give the same error, though some read in steps.
func TestSourcesAgree(t *testing.T) {
	good := mustEncode(t, rich(t))
	ways := sources(t)
	check := func(l Loader, blob []byte) {
		t.Helper()
		_, want := l.Decode(blob)
		for name, source := range ways {
			_, got := source(l, blob)
			// How many bytes follow a model a reader cannot know.
			trailing := errors.Is(got, ErrTrailing) && errors.Is(want, ErrTrailing)
			if !trailing && fmt.Sprint(got) != fmt.Sprint(want) {
				t.Errorf("%d bytes: %s says %v, Decode %v", len(blob), name, got, want)
			}
		}
	}
	check(Loader{}, good)
	check(Loader{}, nil)
	check(Loader{}, append(bytes.Clone(good), 0))
	check(Loader{Limits: Limits{FileBytes: int64(len(good)) - 1}}, good)
	step := 1
	if testing.Short() {
		step = 7
	}
	for n := 0; n < len(good); n += step + n/100 {
		check(Loader{}, good[:n])
	}
	for i := 0; i < headerBytes+2*entryBytes; i += step {
		blob := bytes.Clone(good)
		blob[i] ^= 0x10
		check(Loader{}, blob)
		check(Loader{}, modeltest.Reseal(blob))
	}
}

// aligned returns a copy of blob that begins at an address that is offset beyond a multiple of 64.
func aligned(blob []byte, offset int) []byte {
	room := make([]byte, len(blob)+127)
	start := -int(uintptr(unsafe.Pointer(unsafe.SliceData(room)))%64) + 64 + offset
	return room[start:][:copy(room[start:], blob)]
}

func TestNoCopy(t *testing.T) {
	const width = 300
	m := makeModel(t, width, net.Dense(width, net.Linear))
	original := mustEncode(t, &File{Model: m})
	for offset := range 9 {
		blob := aligned(original, offset)
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		got, err := Loader{NoCopy: true}.Load(blob)
		runtime.ReadMemStats(&after)
		if err != nil {
			t.Fatal(err)
		}
		sameModel(t, got, m)
		inPlace := offset%4 == 0 && littleEndian
		took := after.TotalAlloc - before.TotalAlloc
		if least := uint64(4 * width * width); inPlace == (took >= least) {
			t.Errorf("at an address of 64n + %d: %d bytes for %d of weights", offset, took, least)
		}

		// Neither training nor setting weights writes there.
		x, y := make([]float32, width), make([]float32, width)
		x[0], y[0] = 1, 1000
		config := net.FitConfig{Loss: net.MeanSquaredError, Optimizer: net.SGD{LearningRate: 0.01}, Epochs: 1}
		trained := got.Clone()
		if _, err := trained.Fit(context.Background(), x, y, config); err != nil {
			t.Fatal(err)
		}
		if trained.Parameters()[0] == got.Parameters()[0] {
			t.Error("training changed nothing")
		}
		got.Initialize(1)
		if !bytes.Equal(blob, original) {
			t.Fatalf("at an address of 64n + %d the file's bytes were changed", offset)
		}

		// In place means that a change of the bytes is one of the weights: what the documentation warns of.
		if got, err = (Loader{NoCopy: true}).Load(blob); err != nil {
			t.Fatal(err)
		}
		binary.LittleEndian.PutUint32(blob[len(blob)-4:], math.Float32bits(7))
		if last := got.Parameters()[width*width+width-1]; (last == 7) != inPlace {
			t.Errorf("at an address of 64n + %d the last weight is %v after its bytes became 7", offset, last)
		}
	}
	blob := aligned(original, 0)
	got, err := Load(blob)
	if err != nil {
		t.Fatal(err)
	}
	clear(blob)
	sameModel(t, got, m)
}

func TestReadTakesMemoryAsBytesCome(t *testing.T) {
	blob := mustEncode(t, tiny(t))
	binary.LittleEndian.PutUint64(blob[16:], 1<<30)
	modeltest.Reseal(blob)
	for _, n := range []int{len(blob), 1 << 20} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, err := Loader{}.Read(io.MultiReader(bytes.NewReader(blob), io.LimitReader(zeros{}, int64(n-len(blob)))))
		runtime.ReadMemStats(&after)
		if !errors.Is(err, ErrTruncated) {
			t.Errorf("%d bytes of a claimed 1 GiB: %v", n, err)
		}
		if took := after.TotalAlloc - before.TotalAlloc; took > uint64(4*n)+1<<14 {
			t.Errorf("%d bytes of a claimed 1 GiB take %d bytes of memory", n, took)
		}
	}
}

// zeros is a reader without an end.
type zeros struct{}

func (zeros) Read(b []byte) (int, error) {
	clear(b)
	return len(b), nil
}

func TestReadStopsAfterTheModel(t *testing.T) {
	blob := mustEncode(t, tiny(t))
	if _, err := (Loader{}).Read(io.MultiReader(bytes.NewReader(blob), zeros{})); !errors.Is(err, ErrTrailing) {
		t.Errorf("endless zeros after a model: %v", err)
	}
	if _, err := (Loader{}).Read(zeros{}); !errors.Is(err, ErrNotModel) {
		t.Errorf("endless zeros: %v", err)
	}
	broken := errors.New("the line is dead")
	for n := range len(blob) + 1 {
		_, err := Loader{}.Read(io.MultiReader(bytes.NewReader(blob[:n]), iotest.ErrReader(broken)))
		if err != broken {
			t.Errorf("a reader that fails after %d bytes: %v", n, err)
		}
	}
}

func TestReadFSRefuses(t *testing.T) {
	files := fstest.MapFS{"folder/model.bin": {Data: mustEncode(t, tiny(t))}}
	if _, err := (Loader{}).ReadFS(files, "folder"); !errors.Is(err, ErrNotRegular) {
		t.Errorf("a folder: %v", err)
	}
	for _, name := range []string{"none", "../model.bin", "/folder/model.bin", ""} {
		_, err := Loader{}.ReadFS(files, name)
		if !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, fs.ErrInvalid) {
			t.Errorf("%q: %v", name, err)
		}
	}
	folder := t.TempDir()
	if err := Save(filepath.Join(folder, "model.bin"), tutorial(t)); err != nil {
		t.Fatal(err)
	}
	f, err := Loader{SelfTest: true}.ReadFS(os.DirFS(folder), "model.bin")
	if err != nil {
		t.Fatal(err)
	}
	sameModel(t, f.Model, tutorial(t))
}

func TestSelfTestAtLoad(t *testing.T) {
	l := Loader{SelfTest: true}
	load := func(f *File, want error) {
		t.Helper()
		blob := mustEncode(t, f)
		_, decoded := l.Decode(blob)
		_, loaded := l.Load(blob)
		for _, err := range []error{decoded, loaded} {
			if !errors.Is(err, want) || want == nil && err != nil {
				t.Errorf("%v, want %v", err, want)
			}
			var format *FormatError
			if err != nil && (!errors.As(err, &format) || format.Section != "self-test") {
				t.Errorf("%v is no *FormatError of the self-test", err)
			}
		}
	}
	f := rich(t)
	load(f, nil)
	f.SelfTest.Outputs[2] += 1e-6
	load(f, ErrSelfTest)
	f.Contract = 1 // whose bits need not be this version's
	load(f, nil)
	f.SelfTest = SelfTest{}
	load(f, ErrMissingSection)
}

// TestUnknownKernels: a mistake in NNRT_KERNELS is not the file's fault.
func TestUnknownKernels(t *testing.T) {
	if os.Getenv("NNRT_KERNELS") == "nonsense" {
		_, err := Load(nil)
		fmt.Printf("%T: %v\n", err, err)
		return
	}
	command := exec.Command(os.Args[0], "-test.run", "^TestUnknownKernels$")
	command.Env = append(os.Environ(), "NNRT_KERNELS=nonsense")
	out, err := command.Output()
	if err != nil {
		t.Skip("cannot run the test binary:", err)
	}
	if strings.Contains(string(out), "FormatError") || !strings.Contains(string(out), "NNRT_KERNELS") {
		t.Errorf("with NNRT_KERNELS=nonsense Load says %s", out)
	}
}
