package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// beCommand is the environment variable that makes the test binary the command itself, for tests of what only a
// process of its own shows.
const beCommand = "NNRT_TEST_BE_COMMAND"

func TestMain(m *testing.M) {
	if os.Getenv(beCommand) != "" {
		main()
	}
	os.Exit(m.Run())
}

// result is what a command line did.
type result struct {
	code           int
	stdout, stderr string
}

// nnrt runs a command line with an empty standard input.
func nnrt(args ...string) result { return nnrtWith("", args...) }

// nnrtWith runs a command line with the given standard input.
func nnrtWith(stdin string, args ...string) result {
	var stdout, stderr bytes.Buffer
	code := doMain(args, strings.NewReader(stdin), &stdout, &stderr)
	return result{code, stdout.String(), stderr.String()}
}

// must fails the test unless a command line succeeded, and returns its standard output.
func (r result) must(t *testing.T) string {
	t.Helper()
	if r.code != exitDone {
		t.Fatalf("exit code %d: %s", r.code, r.stderr)
	}
	return r.stdout
}

// wants fails the test unless a command line ended with the code and all the texts on its standard error.
func (r result) wants(t *testing.T, code int, texts ...string) {
	t.Helper()
	if r.code != code {
		t.Errorf("exit code %d, want %d: %s", r.code, code, r.stderr)
	}
	for _, text := range texts {
		if !strings.Contains(r.stderr, text) {
			t.Errorf("standard error lacks %q: %s", text, r.stderr)
		}
	}
}

// writeFile writes a file in a folder of the test's own.
func writeFile(t *testing.T, name, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(content), 0o666); err != nil {
		t.Fatal(err)
	}
	return path
}

func readFile(t *testing.T, path string) string {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

// onlyFiles fails the test unless a folder holds just these files.
func onlyFiles(t *testing.T, folder string, names ...string) {
	t.Helper()
	entries, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	for _, e := range entries {
		found = append(found, e.Name())
	}
	if fmt.Sprint(found) != fmt.Sprint(names) {
		t.Errorf("the folder holds %v, want %v", found, names)
	}
}

func TestEveryCommandExplainsItself(t *testing.T) {
	for _, c := range commands() {
		for _, line := range [][]string{{c.name, "-h"}, {c.name, "--help"}, {"help", c.name}, {c.name, "x", "-q", "-h"}} {
			out := nnrt(line...).must(t)
			for _, want := range []string{"Usage:\n\n\tnnrt " + c.name, "\nFlags:\n", "\nExample:\n\n\tnnrt " + c.name} {
				if c.name == "cpu" && strings.HasPrefix(want, "\nExample") {
					want = "nnrt cpu --json"
				}
				if !strings.Contains(out, want) {
					t.Errorf("nnrt %v lacks %q:\n%s", line, want, out)
				}
			}
			for _, o := range c.flags.options {
				if !strings.Contains(out, "-"+o.name+" ") {
					t.Errorf("nnrt %v: flag %s is not shown", line, o.name)
				}
			}
			for i, text := range strings.Split(out, "\n") {
				if len(text) > 110 && !strings.HasPrefix(text, "\t") {
					t.Errorf("nnrt %v: line %d is too long: %s", line, i+1, text)
				}
			}
		}
	}
	for _, line := range [][]string{{"help"}, {"-h"}, {"--help"}} {
		out := nnrt(line...).must(t)
		for _, c := range commands() {
			if !strings.Contains(out, "\t"+c.name+" ") {
				t.Errorf("nnrt %v does not show %s", line, c.name)
			}
		}
	}
	if out := nnrt("version").must(t); !strings.HasPrefix(out, "nnrt "+version+", arithmetic contract ") {
		t.Errorf("version: %s", out)
	}
}

func TestMistakesOnTheCommandLine(t *testing.T) {
	pima := "../../examples/data/pima.csv"
	train := func(flags ...string) []string {
		return append([]string{"train", pima, "-o", filepath.Join(t.TempDir(), "m"), "--target", "diabetes"}, flags...)
	}
	for _, c := range []struct {
		args []string
		want string
	}{
		{nil, "no command given"},
		{[]string{"trian"}, `no command "trian" (did you mean train?)`},
		{[]string{"insp"}, "did you mean inspect?"},
		{[]string{"xyzzyx"}, `there is no command "xyzzyx"`},
		{[]string{"help", "evl"}, "did you mean eval?"},
		{[]string{"convert", "a.bin"}, "something is missing: IN OUT"},
		{[]string{"convert", "a.bin", "-"}, "it converts files"},
		{[]string{"convert", "a.bin", "a.bin"}, "would overwrite"},
		{[]string{"convert", "a.xyz", "b.bin"}, "a.xyz: the name does not tell the format; --from does, as one of nnrt"},
		{[]string{"convert", "a.bin", "b.xyz"}, "b.xyz: the name does not tell the format; --to does, as one of nnrt"},
		{[]string{"convert", "a.bin", "b.bin", "--to", "nnxt"}, "did you mean nnrt?"},
		{[]string{"convert", "a.bin", "b.bin", "--layers", "1:linear"}, "--layers says nothing about a conversion from nnrt"},
		{[]string{"convert", "a.bin", "b.bin", "--layers", "10"}, `layer 1: "10" lacks the activation, as in 10:relu`},
		{[]string{"convert", "a.bin", "b.bin", "--layers", "1:relu,,"}, `layer 2: there is no ""`},
		{[]string{"convert", "a.bin", "b.bin", "--layers", "0:relu"}, "from 1 to 65536"},
		{[]string{"convert", "a.bin", "b.bin", "--layers", "1:rel"}, "did you mean relu?"},
		{[]string{"convert", "a.bin", "b.bin", "--layers", "1:relu=2"}, "relu has no parameter"},
		{[]string{"convert", "a.bin", "b.bin", "--layers", "1:celu=0"}, "a number above 0"},
		{[]string{"convert", "a.bin", "b.bin", "--layers", "batch_normalization:eps=1"}, "no parameter eps"},
		{[]string{"sign"}, "what is missing: model.bin, or --new-key"},
		{[]string{"sign", "m"}, "--key FILE says with which private key"},
		{[]string{"sign", "m", "--key", "k"}, "--version N says which version"},
		{[]string{"sign", "m", "--key", "k", "--version", "0"}, "a whole number from 1 to 18446744073709551615"},
		{[]string{"sign", "m", "--key", "k", "--version", "18446744073709551616"}, "a whole number from 1"},
		{[]string{"sign", "m", "--key", "k", "--version", "1", "-o", "-"}, "-o -: it goes to a file"},
		{[]string{"sign", "m", "--new-key", "k"}, "--new-key makes a key and signs nothing"},
		{[]string{"sign", "--new-key", "k", "--version", "1"}, "--new-key makes a key and signs nothing"},
		{[]string{"version", "1"}, "takes no arguments"},
		{[]string{"cpu", "1"}, `unexpected argument "1"`},
		{[]string{"cpu", "--jsn"}, "no flag --jsn (did you mean --json?)"},
		{[]string{"cpu", "-jsn"}, "no flag -jsn (did you mean -json?)"},
		{[]string{"cpu", "--json=maybe"}, `--json "maybe": it is true or false`},
		{[]string{"run"}, "what is missing: model.bin"},
		{[]string{"eval", "m.bin"}, "something is missing"},
		{[]string{"run", "a", "b", "c"}, `unexpected argument "c"`},
		{[]string{"inspect", "a", "--weights"}, "--weights goes with --json"},
		{[]string{"verify", "a", "--min-version", "2"}, "--min-version goes with --key"},
		{[]string{"verify", "--golden", "--key", "b"}, "without a model and its --key"},
		{[]string{"verify"}, "what is missing: model.bin, or --golden"},
		{[]string{"verify", "a", "--golden"}, `unexpected argument "a"`},
		{[]string{"verify", "a", "--short"}, "--short and --json go with --golden"},
		{[]string{"verify", "--json", "a"}, "--short and --json go with --golden"},
		{[]string{"train"}, "what is missing: DATA"},
		{[]string{"train", pima}, "--target NAME says which column"},
		{[]string{"train", pima, "--target"}, "--target needs a value: NAME"},
		{train("--checkpoint-every=2"), "--checkpoint-every goes with --checkpoint"},
		{train("--checkpoint", "x", "--checkpoint-every", "0"), "must be a whole number from 1"},
		{train("--checkpoint", "-"), "--checkpoint -: it goes to a file"},
		{train("--checkpoint", pima), "--checkpoint " + pima + " would overwrite " + pima},
		{train("--checkpoint", "x", "-o", "x"), "--checkpoint x would overwrite x"},
		{train("--checkpoint", "x", "--log", "x"), "--checkpoint x would overwrite x"},
		{train("--epoch", "3"), "did you mean --epochs?"},
		{train("--epochs", "0"), "must be a whole number from 1"},
		{train("--epochs", "-1"), "must be a whole number from 1"},
		{train("--epochs", "99999999999999999999"), "must be a whole number from 1"},
		{train("--epochs", "2.5"), "it is not a whole number"},
		{train("--batch-size", "NaN"), "it is not a whole number"},
		{train("--seed", "-1"), "must be a whole number from 0"},
		{train("--learning-rate", "NaN"), "must be a number above 0"},
		{train("--learning-rate", "0"), "must be a number above 0"},
		{train("--learning-rate", "1e39"), "must be a number above 0"},
		{train("--learning-rate", "fast"), "it is not a number"},
		{train("--learning-rate", "0x1p-3"), "it is not a number"},
		{train("--learning-rate", "1,5"), "it is not a number"},
		{train("--learning-rate", "-Inf"), "must be a number above 0"},
		{train("--batch-size", "0"), "must be a whole number from 1"},
		{train("--l2", "-1"), "must be a number from 0"},
		{train("--l1", "Inf"), "must be a number from 0"},
		{train("--dropout", "1"), "below 1"},
		{train("--dropout", "0.9999999999"), "below 1"},
		{train("--val-split", "1"), "below 1"},
		{train("--val-split", "-0.1"), "below 1"},
		{train("--task", "binry"), "did you mean binary?"},
		{train("--format", "xls"), "it is one of auto, csv"},
		{train("--header", "maybe"), "it is one of auto, yes, no"},
		{train("--layers", "10:rleu"), "did you mean relu?"},
		{train("--layers", "0"), `units "0": it must be a whole number from 1`},
		{train("--layers", "0,10"), `layer 1: units "0": it must be a whole number from 1`},
		{train("--layers", "10,-8"), `layer 2: units "-8": it must be a whole number from 1`},
		{train("--layers", "70000"), "from 1 to 65536"},
		{train("--layers", "18446744073709551617"), "from 1 to 65536"},
		{train("--layers", "10,,8"), `layer 2: units ""`},
		{train("--optimizer", "adm"), "did you mean adam?"},
		{train("--optimizer", "adam:momentum=0.9"), "adam has no parameter momentum"},
		{train("--optimizer", "adam:beta_1"), "not of the form KEY=VALUE"},
		{train("--optimizer", "adam:beta_1=1"), "above 0 and below 1"},
		{train("--optimizer", "adam:beta_1=0.8,beta_1=0.9"), "given twice"},
		{train("--optimizer", "sgd:momentum=1.5"), "below 1"},
		{train("--optimizer", "sgd:nesterov=perhaps"), "true or false"},
		{train("--optimizer", "adamw:weight_decay=0"), "adam has no decay"},
		{train("--optimizer", "adam:clipnorm=1,clipvalue=1"), "only one of"},
		{train("--optimizer", "adam:learning_rate=0.1", "--learning-rate", "0.2"), "--learning-rate too"},
		{train("--schedule", "cosin"), "did you mean cosine?"},
		{train("--schedule", "constant:rate=1"), "constant has no parameters"},
		{train("--schedule", "exponential:rate=nan"), "must be a number above 0"},
		{train("--schedule", "cosine:decay_steps=0"), "whole number from 1"},
		{train("--schedule", "cosine:warmup_target=1"), "go with warmup_steps"},
		{train("--schedule", "piecewise:boundaries=1/2,values=1/2"), "one value more"},
		{train("--schedule", "piecewise:boundaries=2/2,values=1/2/3"), "do not ascend"},
		{train("--schedule", "piecewise:boundaries=1.5,values=1/2"), "not a number of steps"},
		{train("--schedule", "restarts:t_mul=0.5"), "there is no schedule"},
		{train("--schedule", "cosine-restarts:t_mul=0.5"), "a number from 1"},
		{train("--loss", "mean_square_error"), "did you mean mean_squared_error?"},
		{train("--loss", "sparse_categorical_crossentropy"), "does not go with a target of two classes"},
		{train("--loss", "poisson"), "does not go with"},
		{train("--class-weight", "neg=1,neg=2"), "given twice"},
		{train("--class-weight", "maybe=1"), `no class "maybe"; there are neg, pos`},
		{train("--class-weight", "pos=-1"), "must be a number from 0"},
		{train("--class-weight", "even"), "neither balanced nor"},
		{train("--early-stop", "3"), "needs --val-split or --val"},
		{train("--early-stop", "0", "--val-split", "0.2"), "from 1"},
		{train("--val-split", "0.2", "--val", pima), "exclude each other"},
		{train("--val-labels", "x"), "goes with --val"},
		{train("--labels", "x"), "--target and --labels exclude each other"},
		{train("--features", "age,diabetes"), "diabetes is the target"},
		{train("--features", "age,,bmi"), "an empty name"},
		{train("--features", "age", "--drop", "age"), "age is among --features"},
		{train("-o", ""), `-o "": the name of a file is missing`},
		{train("--resume="), `--resume "": the name of a file is missing`},
		{[]string{"run", "m", "--key", ""}, `--key "": the name of a file is missing`},
		{[]string{"verify", "m", "--key="}, `--key "": the name of a file is missing`},
		{[]string{"run", "m", "--min-version", "2"}, "--min-version goes with --key"},
		{[]string{"eval", "m", "d", "--min-version", "2"}, "--min-version goes with --key"},
		{[]string{"run", "m", "--key", "k", "--min-version", "0"}, "a whole number from 1"},
		{train("-o", "-"), "-o -: it goes to a file"},
		{train("--log", "-"), "--log -: it goes to a file"},
		{[]string{"train", "-", "--target", "y", "--val", "-"}, "can be read only once"},
		{[]string{"train", "-", "--labels", "-"}, "can be read only once"},
		{[]string{"eval", "m", "-", "--labels", "-"}, "can be read only once"},
		{train("--threads", "-1"), "from 0"},
		{[]string{"train", pima, "--labels", pima}, "a file of labels goes with npy and idx"},
		{[]string{"run", "m", "--shard", "2"}, "of the form I/N"},
		{[]string{"run", "m", "--shard", "0/2"}, "I: it must be a whole number from 1 to 2"},
		{[]string{"run", "m", "--shard", "3/2"}, "I: it must be"},
		{[]string{"run", "m", "-o", "xml"}, "it is one of csv, jsonl, npy"},
		{[]string{"bench", "--what", "gem"}, "did you mean gemm?"},
		{[]string{"bench", "--shape", "3x4"}, "of the form MxKxN"},
		{[]string{"bench", "--shape", "3x4x0"}, "from 1"},
		{[]string{"bench", "--shape", "65536x65536x1"}, "more than 2^28"},
		{[]string{"bench", "--time", "0s"}, "above 0"},
		{[]string{"bench", "--batch", "1,x"}, "not a whole number"},
		{[]string{"bench", "--batch", "1048576"}, "(net B) a matrix has more than 2^28 elements"},
		{[]string{"demo", "x"}, `unexpected argument "x"`},
	} {
		r := nnrt(c.args...)
		r.wants(t, exitUsage, c.want)
		if r.stdout != "" {
			t.Errorf("%v: standard output %q", c.args, r.stdout)
		}
		if t.Failed() {
			t.Fatalf("nnrt %s", strings.Join(c.args, " "))
		}
	}
}

func TestFlagsMayStandAnywhere(t *testing.T) {
	f := &flagSet{}
	n := f.integer("n", "N", 1, 0, 10, "")
	long := f.text("long", "X", "", "")
	yes := f.boolean("yes", false, "")
	args, help, err := f.parse([]string{"a", "-n", "3", "-", "--yes", "b", "-long=x=y", "--", "-n", "--what"})
	if err != nil || help {
		t.Fatal(help, err)
	}
	if got := fmt.Sprint(args); got != "[a - b -n --what]" {
		t.Errorf("arguments %s", got)
	}
	if *n != 3 || *long != "x=y" || !*yes {
		t.Errorf("n %d, long %q, yes %v", *n, *long, *yes)
	}
	if !f.given("n") || !f.given("yes") {
		t.Error("flags that were given do not count as given")
	}
}

func TestEditDistance(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want int
	}{{"", "", 0}, {"abc", "", 3}, {"", "ab", 2}, {"train", "trian", 1}, {"kitten", "sitting", 3}, {"eval", "eval", 0},
		{"run", "urn", 1}, {"ca", "abc", 3}} {
		if got := editDistance(c.a, c.b); got != c.want {
			t.Errorf("editDistance(%q, %q) = %d, want %d", c.a, c.b, got, c.want)
		}
	}
}

// brokenWriter takes some bytes and then fails.
type brokenWriter struct {
	left int
	err  error
}

func (w *brokenWriter) Write(p []byte) (int, error) {
	if len(p) > w.left {
		return 0, w.err
	}
	w.left -= len(p)
	return len(p), nil
}

func TestOutputThatCannotBeWritten(t *testing.T) {
	model := handmadeModel(t)
	input := "a,b\n" + strings.Repeat("1,2\n", 20000)
	for _, c := range []struct {
		err  error
		code int
		want string
	}{
		{syscall.EPIPE, exitDone, ""},
		{io.ErrClosedPipe, exitDone, ""},
		{errors.New("the disk is full"), exitFailed, "the disk is full"},
	} {
		for _, format := range []string{"csv", "jsonl", "npy"} {
			var stderr bytes.Buffer
			code := doMain([]string{"run", model, "-o", format}, strings.NewReader(input), &brokenWriter{1000, c.err},
				&stderr)
			if code != c.code || !strings.Contains(stderr.String(), c.want) || c.want == "" && stderr.Len() > 0 {
				t.Errorf("%v, %s: exit code %d, standard error %q", c.err, format, code, stderr.String())
			}
		}
	}
}
