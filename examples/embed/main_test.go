package main

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestRun(t *testing.T) {
	const first, second = "6,148,72,35,0,33.6,0.627,50", "1,85,66,29,0,26.6,0.351,31"
	for _, c := range []struct{ in, out, err string }{
		{first + "\n" + second + "\n", "0.5405376\n0.07632377\n", ""},
		{first, "0.5405376\n", ""},
		{" 6, 148,72 ,35,0,3.36e1,+.627,50\r\n", "0.5405376\n", ""},
		{"", "", ""},
		{"\n" + first + "\n\n \n6\n", "0.5405376\n", "line 5: want 8 values, have 1: pregnancies,glucose,"},
		{first + ",pos\n", "", "line 1: want 8 values, have 9: "},
		{first + "\n" + strings.Replace(second, "85", "high", 1), "0.5405376\n",
			`line 2: column "glucose": "high" is not a number`},
		{strings.Replace(first, "33.6", "", 1), "", `line 1: column "bmi": a missing value`},
		{first + "\n" + strings.Repeat("6", 1<<20), "0.5405376\n", "line 2: bufio: buffer full"},
	} {
		var out strings.Builder
		err := run(&out, strings.NewReader(c.in))
		message := ""
		if err != nil {
			message = err.Error()
		}
		if out.String() != c.out || (message == "") != (c.err == "") || !strings.HasPrefix(message, c.err) {
			t.Errorf("%.60q: %q, %q; want %q, %q", c.in, out.String(), message, c.out, c.err)
		}
	}
}

// conversation is a standard input whose next row comes only after the answer to the one before.
type conversation struct {
	t      *testing.T
	rows   []string
	out    *strings.Builder
	answer string
}

func (c *conversation) Read(b []byte) (int, error) {
	if len(c.rows) == 0 {
		return 0, errors.New("the line is dead")
	}
	if c.answer != "" && !strings.HasSuffix(c.out.String(), c.answer) {
		c.t.Errorf("the next row is asked for, and the answers so far are %q", c.out)
	}
	c.answer = "\n"
	n := copy(b, c.rows[0])
	c.rows = c.rows[1:]
	return n, nil
}

func TestAnswersBeforeItReadsOn(t *testing.T) {
	var out strings.Builder
	in := &conversation{t: t, rows: []string{"6,148,72,35,0,33.6,0.627,50\n", "1,85,66,29,0,26.6,0.351,31\n"}, out: &out}
	if err := run(&out, in); err == nil || err.Error() != "line 3: the line is dead" {
		t.Errorf("error %v", err)
	}
}

type full struct{}

func (full) Write([]byte) (int, error) { return 0, errors.New("no space") }

func TestRunReportsWhatCannotBeWritten(t *testing.T) {
	if err := run(full{}, strings.NewReader("6,148,72,35,0,33.6,0.627,50\n")); err == nil || err.Error() != "no space" {
		t.Errorf("error %v", err)
	}
}

// goTool runs the go command.
func goTool(t *testing.T, args ...string) []byte {
	t.Helper()
	out, err := exec.Command("go", args...).Output()
	if err != nil {
		var failed *exec.ExitError
		errors.As(err, &failed)
		t.Fatalf("go %s: %v: %s", strings.Join(args, " "), err, failed.Stderr)
	}
	return out
}

// TestModelIsTheDemos: the embedded model is what go generate makes.
func TestModelIsTheDemos(t *testing.T) {
	path := filepath.Join(t.TempDir(), "model.bin")
	goTool(t, "run", "nnrt/cmd/nnrt", "demo", "-q", "-o", path)
	made, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(made, blob) {
		t.Error("nnrt demo makes another model than the one that is embedded: run go generate ./examples/embed")
	}
}

// trainingCode are pieces of the names of functions, in lower case, that a program which only predicts does not have.
var trainingCode = map[string][]string{
	"nnrt/net.": {".fit", ".evaluate", "trainer", "trainlayer", "lossof", "metricstate", "callback", "decay", "sgd", "adam",
		"rmsprop", "adagrad", "lion", "initializer.fill"},
	"nnrt/kernels.": {"training", "gradient", "gemmtn", "gemmnt", "entropy", "sumabs", "columnsums", "sgd", "momentum",
		"rmsprop", "adam", "adagrad", "lion", "decay", "clip", "penalty", "shuffle",
		"gather", "hits"},
	"crypto/": {"ed25519", "sha512"}, // that of signatures, which it does not look at
}

// functions builds a program and returns the names of the functions that are linked.
func functions(t *testing.T, source string) (names []string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "program")
	goTool(t, "build", "-o", path, source)
	for line := range strings.Lines(string(goTool(t, "tool", "nm", path))) {
		if f := strings.Fields(line); len(f) >= 3 && strings.EqualFold(f[1], "T") {
			names = append(names, f[2])
		}
	}
	return names
}

func TestLinksNoTrainingCode(t *testing.T) {
	embed, trains := functions(t, "."), functions(t, "nnrt/cmd/nnrt")
	for prefix, pieces := range trainingCode {
		for _, piece := range pieces {
			isTraining := func(name string) bool {
				return strings.HasPrefix(name, prefix) && strings.Contains(strings.ToLower(name), piece)
			}
			if i := slices.IndexFunc(embed, isTraining); i >= 0 {
				t.Errorf("%s is linked into a program that only predicts", embed[i])
			}
			if !slices.ContainsFunc(trains, isTraining) {
				t.Errorf("no function of the program that trains is called %s…%s either", prefix, piece)
			}
		}
	}
}
