package main

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
)

// TestOrderOfSystemCalls looks on while a training saves two checkpoints and a model: each time a new file is written,
// flushed, closed and renamed, and then the folder is flushed; nothing else is done to the files.
func TestOrderOfSystemCalls(t *testing.T) {
	if out, err := exec.Command("strace", "-e", "trace=openat", "true").CombinedOutput(); err != nil {
		t.Skipf("strace does not run here: %v %s", err, bytes.TrimSpace(out))
	}
	folder := t.TempDir()
	trace := filepath.Join(t.TempDir(), "trace")
	checkpoint, model := filepath.Join(folder, "c"), filepath.Join(folder, "m.bin")
	c := process(t, "train", pimaCSV, "--target", "diabetes", "--layers", "4", "--epochs", "2", "-q", "--checkpoint",
		checkpoint, "-o", model)
	c.Args = append([]string{"strace", "-f", "-y", "-qq", "-s", "0", "-o", trace, "-e",
		"trace=openat,creat,write,pwrite64,fsync,fdatasync,close,rename,renameat,renameat2,unlink,unlinkat,ftruncate",
		c.Path}, c.Args[1:]...)
	var err error
	if c.Path, err = exec.LookPath("strace"); err != nil {
		t.Fatal(err)
	}
	if out, err := c.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	const temporary = `\.nnrt-[0-9a-f]{16}\.tmp`
	var got []string
	for line := range strings.Lines(readFile(t, trace)) {
		if !strings.Contains(line, folder) || strings.Contains(line, "resumed>") {
			continue
		}
		// "123 write(7</folder/.nnrt-….tmp>, ""..., 1000) = 1000" becomes "write …".
		_, call, _ := strings.Cut(strings.TrimSpace(line), " ")
		name, rest, _ := strings.Cut(strings.TrimSpace(call), "(")
		name = strings.TrimSuffix(strings.TrimSuffix(name, "2"), "at")
		of := regexp.MustCompile(`(<|")`+regexp.QuoteMeta(folder)+`(/[^>"]*)?`).FindAllString(rest, -1)
		for i := range of {
			of[i] = regexp.MustCompile(temporary).ReplaceAllString(strings.TrimPrefix(of[i][1:], folder), "NEW")
		}
		if name == "open" && strings.Contains(line, "O_EXCL") {
			name = "create"
		}
		if len(of) == 0 {
			continue
		}
		got = append(got, name+" "+of[len(of)-1])
		if name == "rename" {
			got[len(got)-1] = name + " " + strings.Join(of, " ")
		}
	}
	// Before all that the command has found out whether it can write.
	tried := []string{"create /NEW", "close /NEW", "unlink /NEW"}
	saved := func(name string) []string {
		return []string{"create /NEW", "write /NEW", "fsync /NEW", "close /NEW", "rename /NEW /" + name, "open ",
			"fsync ", "close "}
	}
	replaced := append([]string(nil), saved("c")...)
	var want []string
	for _, calls := range [][]string{tried, tried, saved("c"), replaced, saved("m.bin")} {
		want = append(want, calls...)
	}
	if g, w := strings.Join(got, "\n"), strings.Join(want, "\n"); g != w {
		t.Errorf("the calls are\n%s\nwant\n%s", g, w)
	}
}

// TestCheckpointOnAFullDisk fills a file system to the last byte: a training that cannot save its checkpoint says so,
// and the one before is still there to go on from.
func TestCheckpointOnAFullDisk(t *testing.T) {
	folder := t.TempDir()
	if out, err := exec.Command("mount", "-t", "tmpfs", "-o", "size=128k", "tmpfs", folder).CombinedOutput(); err != nil {
		t.Skipf("cannot mount a small file system here: %v %s", err, bytes.TrimSpace(out))
	}
	defer func() {
		if out, err := exec.Command("umount", folder).CombinedOutput(); err != nil {
			t.Errorf("%v %s", err, out)
		}
	}()
	checkpoint, full := filepath.Join(folder, "c"), filepath.Join(folder, "full")
	model := filepath.Join(t.TempDir(), "m.bin")
	args := func(epochs string, flags ...string) []string {
		return append([]string{"train", pimaCSV, "--target", "diabetes", "--layers", "32:relu,32:relu", "--epochs", epochs,
			"-q", "-o", model, "--checkpoint", checkpoint}, flags...)
	}
	nnrt(args("2")...).must(t)
	old := readFile(t, checkpoint)
	fill(t, full)
	nnrt(args("4", "--resume", checkpoint)...).wants(t, exitFailed, "the checkpoint cannot be saved", "no space left")
	nnrt("train", pimaCSV, "--target", "diabetes", "--epochs", "1", "-q", "-o", filepath.Join(folder, "m.bin")).
		wants(t, exitFailed, "no space left")
	if readFile(t, checkpoint) != old {
		t.Error("the checkpoint has changed")
	}
	onlyFiles(t, folder, "c", "full")
	if err := os.Remove(full); err != nil {
		t.Fatal(err)
	}
	nnrt(args("4", "--resume", checkpoint)...).must(t)
	got := readFile(t, model)
	nnrt(args("4")...).must(t)
	if readFile(t, model) != got {
		t.Error("resumed after that it is another model")
	}
}

// fill writes a file until the file system is full.
func fill(t *testing.T, path string) {
	t.Helper()
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for size := 4096; size > 0; {
		n, err := f.Write(make([]byte, size))
		if errors.Is(err, syscall.ENOSPC) && n == 0 {
			size /= 2
		} else if err != nil && !errors.Is(err, syscall.ENOSPC) {
			t.Fatal(err)
		}
	}
}
