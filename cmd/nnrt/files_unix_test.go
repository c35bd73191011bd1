//go:build unix

package main

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// TestWhatIsNoFile gives folders, links without end, devices and files that may not be read where a file of data is
// expected: one line, exit code 1 for what cannot be opened or read, 4 for what can and has nothing in it.
func TestWhatIsNoFile(t *testing.T) {
	model, good, folder := handmadeBinary(t), writeFile(t, "good.csv", "a,y\n1,pos\n2,neg\n"), t.TempDir()
	path := func(name string) string { return filepath.Join(folder, name) }
	for _, err := range []error{
		os.Mkdir(path("folder.csv"), 0o777), os.Symlink("loop2.csv", path("loop1.csv")),
		os.Symlink("loop1.csv", path("loop2.csv")), os.Symlink("nowhere.csv", path("dangling.csv")),
		os.WriteFile(path("secret.csv"), []byte("a,y\n1,pos\n"), 0o000),
	} {
		if err != nil {
			t.Skip(err)
		}
	}
	out := filepath.Join(t.TempDir(), "m")
	for _, c := range []struct {
		path string
		code int
		want string
	}{
		{path("folder.csv"), exitFailed, "is a directory"},
		{path("loop1.csv"), exitFailed, "symbolic links"},
		{path("dangling.csv"), exitFailed, "no such file"},
		{path("none.csv"), exitFailed, "no such file"},
		{path("secret.csv"), exitFailed, "permission denied"},
		{good + "/x.csv", exitFailed, "not a directory"},
		{path(strings.Repeat("x", 5000)), exitFailed, "file name too long"},
		{"a\x00b", exitFailed, "invalid argument"},
		{"/dev/null", exitData, "no data: the source is empty"},
		{"/dev/zero", exitData, "a NUL byte"},
	} {
		if f, err := os.Open(c.path); err == nil && strings.HasSuffix(c.path, "secret.csv") {
			f.Close()
			continue // this user, root perhaps, may read everything
		}
		for _, line := range [][]string{
			{"run", model, c.path}, {"eval", model, c.path}, {"train", c.path, "--target", "y", "-o", out, "-q"},
			{"train", good, "--target", "y", "--val", c.path, "-o", out, "-q"},
		} {
			nnrt(line...).wantsOneLine(t, c.code, c.want)
			if _, err := os.Lstat(out); err == nil {
				t.Error("a model was written")
			}
			if t.Failed() {
				t.Fatalf("nnrt %q", line)
			}
		}
	}
}

// TestFIFO: a pipe that has a name is read like a file, as shells make of <(command), and one that is closed without
// a byte is a source without data.
func TestFIFO(t *testing.T) {
	model, fifo := handmadeModel(t), filepath.Join(t.TempDir(), "rows")
	if err := syscall.Mkfifo(fifo, 0o600); err != nil {
		t.Skip(err)
	}
	for content, want := range map[string]int{"a,b\n1,2\n": exitDone, "": exitData} {
		written := make(chan error, 1)
		go func() {
			f, err := os.OpenFile(fifo, os.O_WRONLY, 0)
			if err == nil {
				_, err = f.WriteString(content)
				f.Close()
			}
			written <- err
		}()
		r := nnrt("run", model, fifo)
		if err := <-written; err != nil {
			t.Fatal(err)
		}
		r.wants(t, want)
		if want == exitDone && r.stdout != "prediction\n18\n" {
			t.Errorf("standard output %q", r.stdout)
		}
	}
}
