package main

import (
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"nnrt/net"
	"nnrt/serialize"
)

// resumable is a training in which much has a state.
func resumable(flags ...string) []string {
	return append([]string{"train", pimaCSV, "--target", "diabetes", "--layers", "12:relu,8:tanh", "--dropout", "0.1",
		"--val-split", "0.25", "--early-stop", "3", "--optimizer", "nadam", "--batch-size", "100", "--class-weight",
		"balanced", "-q"}, flags...)
}

func TestTrainResumes(t *testing.T) {
	folder := t.TempDir()
	path := func(name string) string { return filepath.Join(folder, name) }
	nnrt(resumable("--epochs", "7", "-o", path("whole.bin"), "--log", path("whole.log"))...).must(t)
	want := readFile(t, path("whole.bin"))

	nnrt(resumable("--epochs", "3", "-o", path("part.bin"), "--checkpoint", path("c"))...).must(t)
	third := readFile(t, path("c"))
	nnrt(resumable("--epochs", "7", "-o", path("m.bin"), "--resume", path("c"), "--log", path("log"), "--threads",
		"2")...).must(t)
	if readFile(t, path("m.bin")) != want {
		t.Error("three epochs and then four make another model than seven")
	}
	// The log has the epochs before, too; how long they took is not known.
	got, all := strings.Split(readFile(t, path("log")), "\n"), strings.Split(readFile(t, path("whole.log")), "\n")
	if len(got) != len(all) {
		t.Fatalf("%d lines in the log, want %d", len(got)-1, len(all)-1)
	}
	for i := range got {
		a, seconds, _ := strings.Cut(got[i], `,"seconds":`)
		if b, _, _ := strings.Cut(all[i], `,"seconds":`); a != b || i < 3 && seconds != "null}" {
			t.Errorf("line %d of the log is %s, want %s", i+1, got[i], all[i])
		}
	}
	if readFile(t, path("c")) != third {
		t.Error("what was resumed from has changed")
	}
	// One file to resume from and to save in. Then there is nothing left to do, and the model is the same.
	for range 2 {
		nnrt(resumable("--epochs", "7", "-o", path("m.bin"), "--resume", path("c"), "--checkpoint", path("c"))...).must(t)
		if readFile(t, path("m.bin")) != want {
			t.Error("resumed with further checkpoints it is another model")
		}
	}
	// Every other epoch.
	nnrt(resumable("--epochs", "5", "-o", path("part.bin"), "--checkpoint", path("c"), "--checkpoint-every",
		"2")...).must(t)
	if s := stateOf(t, path("c")); s != "a checkpoint after 4 epochs and 0 batches" {
		t.Errorf("%s, want 4 epochs", s)
	}
	// A checkpoint is a model.
	nnrt("run", path("c"), pimaCSV).must(t)
	if out := nnrt("verify", path("c")).must(t); !strings.Contains(out, "a checkpoint after 4 epochs and 0 batches") {
		t.Errorf("verify does not say what it is: %s", out)
	}
	if out := nnrt("inspect", path("c")).must(t); !strings.Contains(out, "a checkpoint after 4 epochs and 0 batches") {
		t.Errorf("inspect does not say what it is: %s", out)
	}
	onlyFiles(t, folder, "c", "log", "m.bin", "part.bin", "whole.bin", "whole.log")
}

// stateOf returns what Verify says of a checkpoint.
func stateOf(t *testing.T, path string) string {
	t.Helper()
	file, err := serialize.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range file.Verify() {
		if c.Name == "training" {
			return c.Detail
		}
	}
	t.Fatalf("%s is no checkpoint", path)
	return ""
}

func TestResumeRefuses(t *testing.T) {
	folder := t.TempDir()
	path := func(name string) string { return filepath.Join(folder, name) }
	nnrt(resumable("--epochs", "3", "-o", path("m.bin"), "--checkpoint", path("c"))...).must(t)
	checkpoint := readFile(t, path("c"))
	pima := readFile(t, pimaCSV)
	// with replaces a flag's value.
	with := func(flag, value string) []string {
		args := resumable("--epochs", "3", "-o", path("m.bin"), "--resume", path("c"))
		for i, a := range args {
			if a == flag {
				args[i+1] = value
				return args
			}
		}
		return append(args, flag, value)
	}
	data := func(content string) []string {
		args := with("--epochs", "3")
		args[1] = writeFile(t, "data.csv", content)
		return args
	}
	for _, tc := range []struct {
		args []string
		code int
		want []string
	}{
		{with("--batch-size", "99"), exitUsage, []string{"of another training: batch_size is 99, was 100"}},
		{with("--seed", "2"), exitUsage, []string{"seed is 2, was 1"}},
		{with("--layers", "12:relu,8:relu"), exitUsage, []string{"layers is 12:relu,8:relu, was 12:relu,8:tanh"}},
		{with("--optimizer", "adam"), exitUsage, []string{"optimizer is adam:", ", was nadam:"}},
		{with("--learning-rate", "0.5"), exitUsage, []string{"optimizer is nadam:learning_rate=0.5"}},
		{with("--schedule", "cosine"), exitUsage, []string{"schedule is cosine"}},
		{with("--loss", "hinge"), exitUsage, []string{"loss is hinge, was binary_crossentropy"}},
		{with("--early-stop", "4"), exitUsage, []string{"early_stop is 4, was 3"}},
		{with("--dropout", "0.2"), exitUsage, []string{"dropout is 0.2, was 0.1"}},
		{with("--class-weight", "pos=2"), exitUsage, []string{"class_weight is pos=2, was balanced"}},
		{with("--val-split", "0.5"), exitUsage, []string{"val_split is 0.5, was 0.25"}},
		{append(with("--seed", "1"), "--shuffle=false"), exitUsage, []string{"shuffle is false, was true"}},
		{with("--epochs", "2"), exitUsage, []string{"the number of epochs is 2, was at least 3"}},
		{with("--drop", "age"), exitUsage, []string{"on other columns: the inputs: "}},
		{with("--categorical", "pregnancies"), exitUsage, []string{"on other columns: they make "}},
		{data(strings.Replace(pima, "72", "73", 1)), exitUsage, []string{"other columns: their scales"}},
		{data(strings.Replace(pima, "\n", "\n\n", 1)), exitDone, nil},
		{append(with("--seed", "1"), "--init", path("m.bin")), exitUsage, []string{"--init"}},
		{with("--resume", path("m.bin")), exitModel, []string{"m.bin: training, byte 64: the section is missing",
			"no checkpoint"}},
		{with("--resume", writeFile(t, "cut", checkpoint[:500])), exitModel, []string{"cut short"}},
		{with("--resume", pimaCSV), exitModel, []string{"not an nnrt model"}},
		{with("--resume", path("none")), exitFailed, []string{"none"}},
		{with("--resume", folder), exitFailed, []string{"a folder"}},
		{with("--log", path("c")), exitUsage, []string{"would overwrite"}},
	} {
		r := nnrt(tc.args...)
		r.wants(t, tc.code, tc.want...)
		if readFile(t, path("c")) != checkpoint {
			t.Fatalf("nnrt %v: the checkpoint has changed", tc.args)
		}
	}
}

// TestResumeWithoutScaling: other rows of the same schema are told by their content.
func TestResumeWithoutScaling(t *testing.T) {
	folder := t.TempDir()
	path := func(name string) string { return filepath.Join(folder, name) }
	args := func(data string, flags ...string) []string {
		return append([]string{"train", data, "--target", "y", "--layers", "4", "--standardize", "none", "-q", "-o",
			path("m.bin")}, flags...)
	}
	nnrt(args(writeFile(t, "a.csv", "x,y\n1,0\n2,1\n3,0\n4,1\n"), "--checkpoint", path("c"))...).must(t)
	nnrt(args(writeFile(t, "b.csv", "x,y\n1,0\n2,1\n3,0\n5,1\n"), "--resume", path("c"))...).
		wants(t, exitUsage, "train_sha256 is ")
	nnrt(args(writeFile(t, "c.csv", "x,y\n1,0\n2,1\n3,0\n"), "--resume", path("c"))...).
		wants(t, exitUsage, "train_rows is 3, was 4")
	data := writeFile(t, "d.csv", "x,y\n1,0\n2,1\n")
	nnrt(args(data, "--checkpoint", path("c"), "--val", data)...).must(t)
	nnrt(args(data, "--resume", path("c"), "--val", writeFile(t, "e.csv", "x,y\n1,0\n3,1\n"))...).
		wants(t, exitUsage, "val_sha256 is ")
	nnrt(args(data, "--resume", path("c"))...).wants(t, exitUsage, "val_rows is not there, was 2")
	model := path("m.bin") // of the same layers
	nnrt("train", data, "--init", model, "-q", "-o", path("n.bin"), "--resume", path("c"), "--val", data).
		wants(t, exitUsage, "init_sha256 is ", ", was not there")
}

func TestDivergenceKeepsTheCheckpoint(t *testing.T) {
	folder := t.TempDir()
	path := func(name string) string { return filepath.Join(folder, name) }
	// The first epoch is one step, whose loss is finite; what it does to the weights is not.
	r := nnrt("train", pimaCSV, "--target", "age", "--task", "regression", "--optimizer", "sgd", "--learning-rate", "1e10",
		"--standardize", "none", "--batch-size", "1000", "--checkpoint", path("c"), "-o", path("m.bin"), "-q")
	r.wants(t, exitFailed, "training diverged", "epoch ", "batch 1", "--learning-rate")
	if blob, err := os.ReadFile(path("c")); err == nil {
		if _, err := serialize.Decode(blob); err != nil {
			t.Errorf("the checkpoint is bad: %v", err)
		}
	}
	if _, err := os.Stat(path("m.bin")); err == nil {
		t.Error("there is a model")
	}
}

// TestResumeFromBadCheckpoints gives --resume files that are damaged, of another kind, or made by somebody who means
// harm: one line that names the file, exit code 3, no model, and the file is as it was.
func TestResumeFromBadCheckpoints(t *testing.T) {
	folder := t.TempDir()
	path := func(name string) string { return filepath.Join(folder, name) }
	data := writeFile(t, "data.csv", "x,y\n1,0\n2,1\n3,0\n4,1\n5,1\n6,0\n")
	args := func(flags ...string) []string {
		return append([]string{"train", data, "--target", "y", "--layers", "3", "--batch-size", "2", "--val-split", "0.3",
			"--early-stop", "9", "-q", "-o", path("m.bin")}, flags...)
	}
	nnrt(args("--epochs", "3", "--checkpoint", path("c"))...).must(t)
	if err := os.Remove(path("m.bin")); err != nil {
		t.Fatal(err)
	}
	good := readFile(t, path("c"))
	refuse := func(name, content string, want ...string) {
		t.Helper()
		bad := writeFile(t, "bad", content)
		nnrt(args("--epochs", "4", "--resume", bad)...).wantsOneLine(t, exitModel, append(want, bad)...)
		// To save in the file that is refused is no reason to lose it.
		nnrt(args("--epochs", "4", "--resume", bad, "--checkpoint", bad)...).wantsOneLine(t, exitModel, append(want, bad)...)
		if readFile(t, bad) != content {
			t.Errorf("%s: the file has changed", name)
		}
		onlyFiles(t, folder, "c")
		if t.Failed() {
			t.Fatal(name)
		}
	}
	step := 17
	if testing.Short() {
		step = 171 // an emulator is slow
	}
	for n := 0; n < len(good); n += step {
		refuse("cut", good[:n], "cut short")
		flipped := []byte(good)
		flipped[n] ^= 1 << (n % 8)
		refuse("flipped", string(flipped))
	}
	refuse("longer", good+"\x00", "after the end")
	refuse("text", "x,y\n1,2\n", "this is a text file")
	refuse("gzip", "\x1f\x8b\x08\x00", "this is a gzip file")
	refuse("pickle", "\x80\x04\x95\x00", "this is a Python pickle")
	refuse("a model", readFile(t, handmadeBinary(t)), "no checkpoint of its training")

	for name, change := range map[string]func(s *net.State){
		"begun late":       func(s *net.State) { s.Batch, s.Metrics = 1, nil },
		"steps":            func(s *net.State) { s.Step = math.MaxInt64 },
		"stopped at once":  func(s *net.State) { s.Epoch, s.History, s.Step, s.Stopped = 0, nil, 0, true },
		"no slots":         func(s *net.State) { s.Slots = nil },
		"a name":           func(s *net.State) { renameValue(s, "final") },
		"a long name":      func(s *net.State) { renameValue(s, strings.Repeat("x", 255)) },
		"best of later":    func(s *net.State) { s.Callbacks[0].Numbers[2] = 4 },
		"no best":          func(s *net.State) { s.Callbacks[0].Weights = nil },
		"infinite best":    func(s *net.State) { s.Callbacks[0].Weights[0] = float32(math.Inf(1)) },
		"learning rate":    func(s *net.State) { s.LearningRate = math.Inf(1) },
		"too few numbers":  func(s *net.State) { s.Callbacks[0].Numbers = nil },
		"too many vectors": func(s *net.State) { s.Slots = append(s.Slots, s.Slots[0]) },
	} {
		file, err := serialize.Decode([]byte(good))
		if err != nil {
			t.Fatal(err)
		}
		state, err := file.State()
		if err != nil {
			t.Fatal(err)
		}
		change(state)
		if file.Training, err = serialize.NewTraining(state); err != nil {
			t.Fatal(name, err)
		}
		blob, err := serialize.Encode(file)
		if err != nil {
			t.Fatal(name, err)
		}
		refuse(name, string(blob), "the training state contradicts itself")
	}
}

func renameValue(s *net.State, name string) {
	for i := range s.History {
		s.History[i].Values[0].Name = name
	}
}

// TestResumeOnOtherData changes the data in ways that are hard to see, and in ways that do not matter.
func TestResumeOnOtherData(t *testing.T) {
	const rows = "x,k,y\n1,a,0\n2,b,1\n3,a,0\n4,b,1\n5,a,1\n6,b,0\n"
	folder := t.TempDir()
	path := func(name string) string { return filepath.Join(folder, name) }
	train := func(data, scaling string, flags ...string) result {
		return nnrt(append([]string{"train", data, "--target", "y", "--layers", "3", "--batch-size", "2", "--epochs", "3",
			"--standardize", scaling, "-q", "-o", path("m.bin")}, flags...)...)
	}
	for _, scaling := range []string{"none", "zscore"} {
		data := writeFile(t, "data.csv", rows)
		want := train(data, scaling, "--checkpoint", path("c")).must(t)
		checkpoint := readFile(t, path("c"))
		refuse := func(what string, r result, code int, text string) {
			t.Helper()
			r.wants(t, code, text)
			if readFile(t, path("c")) != checkpoint {
				t.Fatalf("%s: the checkpoint has changed", what)
			}
		}
		for _, c := range []struct {
			what, data string
			code       int
			text       string
		}{
			{"a byte", strings.Replace(rows, "3,a", "7,a", 1), exitUsage, "of a"},
			{"a target", strings.Replace(rows, "5,a,1", "5,a,0", 1), exitUsage, "train_sha256 is "},
			{"a category", strings.Replace(rows, "5,a", "5,b", 1), exitUsage, "train_sha256 is "},
			{"another category", strings.Replace(rows, "5,a", "5,c", 1), exitUsage, "they make 4 inputs, were 3"},
			{"a row less", rows[:len(rows)-6], exitUsage, "of a"},
			{"a row more", rows + "7,a,0\n", exitUsage, "of a"},
			{"a row twice", rows + "6,b,0\n", exitUsage, "of a"},
			{"order", strings.Replace(rows, "1,a,0\n2,b,1\n", "2,b,1\n1,a,0\n", 1), exitUsage, "of a"},
			{"a name", strings.Replace(rows, "x,", "z,", 1), exitUsage, "on other columns: the inputs: z, k, was x, k"},
			{"order of columns", "k,x,y\na,1,0\nb,2,1\na,3,0\nb,4,1\na,5,1\nb,6,0\n", exitUsage,
				"on other columns: the inputs: k, x, was x, k"},
			{"a column more", "x,k,w,y\n1,a,0,0\n2,b,0,1\n3,a,0,0\n4,b,0,1\n5,a,1,1\n6,b,1,0\n", exitUsage,
				"on other columns: the inputs: x, k, w, was x, k"},
			{"labels", strings.NewReplacer(",0\n", ",no\n", ",1\n", ",yes\n").Replace(rows), exitUsage,
				"the labels: no, yes, was 0, 1"},
			{"a ragged row", rows + "7,a\n", exitData, "line 8: 2 fields"},
			{"a missing value", rows + "?,a,1\n", exitData, "line 8"},
			{"nothing", "", exitData, "no data"},
		} {
			refuse(c.what, train(writeFile(t, "x.csv", c.data), scaling, "--resume", path("c"), "--checkpoint", path("c")),
				c.code, c.text)
		}
		refuse("validation", train(data, scaling, "--resume", path("c"), "--val", data), exitUsage, "val_rows is 6, was not")
		refuse("scaling", train(data, "minmax", "--resume", path("c")), exitUsage, "standardize is minmax, was "+scaling)
		// The same rows by other bytes.
		crlf := writeFile(t, "crlf.csv", byteOrderMark+strings.ReplaceAll(rows, "\n", "\r\n"))
		if got := train(crlf, scaling, "--resume", path("c")).must(t); got != want {
			t.Errorf("with other line ends: %s, want %s", got, want)
		}
		// The checkpoint's name for the model: the model takes its place, as it is wanted.
		if err := os.Rename(path("c"), path("m.bin")); err != nil {
			t.Fatal(err)
		}
		if got := train(data, scaling, "--resume", path("m.bin")).must(t); got != want {
			t.Errorf("in the checkpoint's place: %s, want %s", got, want)
		}
		onlyFiles(t, folder, "m.bin")
	}
}

const byteOrderMark = "\ufeff"
