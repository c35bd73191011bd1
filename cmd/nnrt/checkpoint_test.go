package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

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
