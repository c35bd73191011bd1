package serialize

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"

	"nnrt/net"
)

func writeBytes(content string) func(io.Writer) error {
	return func(w io.Writer) error {
		_, err := io.WriteString(w, content)
		return err
	}
}

// leftovers returns the temporary files in a folder.
func leftovers(t *testing.T, folder string) []string {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(folder, ".nnrt-*"))
	if err != nil {
		t.Fatal(err)
	}
	return names
}

func expectFile(t *testing.T, path, want string) {
	t.Helper()
	if got, err := os.ReadFile(path); err != nil || string(got) != want {
		t.Errorf("%s holds %q (error %v), want %q", path, got, err, want)
	}
}

func TestAtomicWrite(t *testing.T) {
	folder := t.TempDir()
	path := filepath.Join(folder, "a.bin")
	for _, content := range []string{"one", "", "three"} {
		if err := AtomicWrite(path, writeBytes(content)); err != nil {
			t.Fatal(err)
		}
		expectFile(t, path, content)
	}
	if left := leftovers(t, folder); len(left) != 0 {
		t.Errorf("left behind: %v", left)
	}
}

func TestAtomicWriteMode(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("no permissions here")
	}
	folder := t.TempDir()
	path := filepath.Join(folder, "a.bin")
	mode := func() fs.FileMode {
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		return info.Mode()
	}
	// What the umask makes of 0666 is what os.Create makes.
	plain, err := os.Create(filepath.Join(folder, "plain"))
	if err != nil {
		t.Fatal(err)
	}
	plain.Close()
	info, err := os.Stat(plain.Name())
	if err != nil {
		t.Fatal(err)
	}
	if err := AtomicWrite(path, writeBytes("x")); err != nil || mode() != info.Mode() {
		t.Errorf("a new file has mode %v, want %v (error %v)", mode(), info.Mode(), err)
	}
	for _, want := range []fs.FileMode{0o600, 0o777, 0o444, 0o000} {
		if err := os.Chmod(path, want); err != nil {
			t.Fatal(err)
		}
		if err := AtomicWrite(path, writeBytes("y")); err != nil || mode() != want {
			t.Errorf("the mode became %v, was %v (error %v)", mode(), want, err)
		}
	}
}

func TestAtomicWriteLinks(t *testing.T) {
	folder := t.TempDir()
	other := filepath.Join(folder, "other")
	if err := os.Mkdir(other, 0o777); err != nil {
		t.Fatal(err)
	}
	link := func(target, name string) string {
		name = filepath.Join(folder, name)
		if err := os.Symlink(target, name); err != nil {
			t.Skip("no symbolic links:", err)
		}
		return name
	}
	real := filepath.Join(other, "real.bin")
	for _, path := range []string{
		link(filepath.Join("other", "real.bin"), "relative"), // the first makes the file
		link(real, "absolute"),
		link("absolute", "twice"),
		filepath.Join(link("other", "way"), "real.bin"),
		link(filepath.Join("way", "..", "other", "real.bin"), "back"),
	} {
		if err := AtomicWrite(path, writeBytes(path)); err != nil {
			t.Errorf("%s: %v", path, err)
			continue
		}
		expectFile(t, real, path)
	}
	if info, err := os.Lstat(filepath.Join(folder, "twice")); err != nil || info.Mode()&fs.ModeSymlink == 0 {
		t.Error("the link was replaced")
	}
	link("loop2", "loop1")
	loop := link("loop1", "loop2")
	if err := AtomicWrite(loop, writeBytes("x")); err == nil || !strings.Contains(err.Error(), "too many levels") {
		t.Errorf("a loop of links: %v", err)
	}
	if left := append(leftovers(t, folder), leftovers(t, other)...); len(left) != 0 {
		t.Errorf("left behind: %v", left)
	}
}

func TestAtomicWriteRefuses(t *testing.T) {
	folder := t.TempDir()
	file := filepath.Join(folder, "file")
	if err := os.WriteFile(file, nil, 0o666); err != nil {
		t.Fatal(err)
	}
	called := false
	write := func(io.Writer) error { called = true; return nil }
	for _, path := range []string{folder, folder + string(filepath.Separator), os.DevNull} {
		err := AtomicWrite(path, write)
		if runtime.GOOS == "windows" && path == os.DevNull {
			continue
		}
		if !errors.Is(err, ErrNotRegular) || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: %v", path, err)
		}
	}
	for _, path := range []string{"", filepath.Join(folder, "none", "a.bin"), filepath.Join(file, "a.bin"),
		filepath.Join(folder, "new") + string(filepath.Separator)} {
		err := AtomicWrite(path, write)
		if err == nil || strings.Contains(err.Error(), ".tmp") {
			t.Errorf("%q: %v", path, err)
		}
	}
	if called {
		t.Error("the content was asked for in vain")
	}
	if left := leftovers(t, folder); len(left) != 0 {
		t.Errorf("left behind: %v", left)
	}
}

// TestAtomicWriteFails: whatever the content's maker does, the old file stays.
func TestAtomicWriteFails(t *testing.T) {
	folder := t.TempDir()
	path := filepath.Join(folder, "a.bin")
	if err := AtomicWrite(path, writeBytes("old")); err != nil {
		t.Fatal(err)
	}
	mine := errors.New("mine")
	err := AtomicWrite(path, func(w io.Writer) error {
		if _, err := io.WriteString(w, "new"); err != nil {
			t.Error(err)
		}
		return mine
	})
	if err != mine {
		t.Errorf("%v, want %v", err, mine)
	}
	func() {
		defer func() {
			if recover() != mine {
				t.Error("the panic was lost")
			}
		}()
		_ = AtomicWrite(path, func(io.Writer) error { panic(mine) })
	}()
	expectFile(t, path, "old")
	if left := leftovers(t, folder); len(left) != 0 {
		t.Errorf("left behind: %v", left)
	}
}

// failingFiles is the operating system until its count of operations reaches zero; that operation fails, with a write
// that is half done. If dead is set all later ones fail as well, as after a crash.
type failingFiles struct {
	osFiles
	left    *int
	dead    bool
	history *[]string
}

var errInjected = errors.New("injected failure")

func (f failingFiles) step(name string) error {
	*f.left--
	*f.history = append(*f.history, name)
	if *f.left == 0 || f.dead && *f.left < 0 {
		return errInjected
	}
	return nil
}

func (f failingFiles) Lstat(name string) (fs.FileInfo, error) {
	if err := f.step("lstat"); err != nil {
		return nil, err
	}
	return f.osFiles.Lstat(name)
}

func (f failingFiles) Readlink(name string) (string, error) {
	if err := f.step("readlink"); err != nil {
		return "", err
	}
	return f.osFiles.Readlink(name)
}

func (f failingFiles) OpenFile(name string, flag int, mode fs.FileMode) (outputFile, error) {
	if err := f.step("open"); err != nil {
		return nil, err
	}
	file, err := f.osFiles.OpenFile(name, flag, mode)
	return failingFile{file, f}, err
}

func (f failingFiles) Rename(from, to string) error {
	if err := f.step("rename"); err != nil {
		return err
	}
	return f.osFiles.Rename(from, to)
}

func (f failingFiles) Remove(name string) error {
	if err := f.step("remove"); err != nil {
		return err
	}
	return f.osFiles.Remove(name)
}

func (f failingFiles) SyncFolder(name string) error {
	if err := f.step("sync folder"); err != nil {
		return err
	}
	return f.osFiles.SyncFolder(name)
}

type failingFile struct {
	outputFile
	files failingFiles
}

func (f failingFile) Write(b []byte) (int, error) {
	if err := f.files.step("write"); err != nil {
		n, _ := f.outputFile.Write(b[:len(b)/2])
		return n, err
	}
	return f.outputFile.Write(b)
}

func (f failingFile) Chmod(mode fs.FileMode) error {
	if err := f.files.step("chmod"); err != nil {
		return err
	}
	return f.outputFile.Chmod(mode)
}

func (f failingFile) Sync() error {
	if err := f.files.step("sync"); err != nil {
		return err
	}
	return f.outputFile.Sync()
}

func (f failingFile) Close() error {
	err := f.outputFile.Close()
	if err := f.files.step("close"); err != nil {
		return err
	}
	return err
}

// TestFailingFileSystem fails or stops at each operation in turn: the file is the old one, or, once it is renamed, the
// new one; and what fails without a crash leaves no other file.
func TestFailingFileSystem(t *testing.T) {
	const old, content = "the old content", "the new content, which is longer"
	for _, tc := range []struct {
		name    string
		exists  bool
		history string
	}{
		{"new file", false, "lstat open write sync close rename sync folder"},
		{"old file", true, "lstat readlink lstat open write chmod sync close rename sync folder"},
	} {
		for _, dead := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s/crash=%v", tc.name, dead), func(t *testing.T) {
				for n := 1; ; n++ {
					folder := t.TempDir()
					path := filepath.Join(folder, "a.bin")
					if tc.exists {
						if err := os.WriteFile(path, []byte(old), 0o600); err != nil {
							t.Fatal(err)
						}
						if err := os.Symlink("a.bin", filepath.Join(folder, "link")); err != nil {
							t.Skip("no symbolic links:", err)
						}
						path = filepath.Join(folder, "link")
					}
					left, history := n, []string{}
					err := atomicWrite(failingFiles{left: &left, dead: dead, history: &history}, path, writeBytes(content))
					if left > 0 {
						if err != nil {
							t.Fatal(err)
						}
						if got := strings.Join(history, " "); got != tc.history {
							t.Errorf("the operations are %s, want %s", got, tc.history)
						}
						return
					}
					if !errors.Is(err, errInjected) {
						t.Fatalf("operation %d failed and the error is %v", n, err)
					}
					failed := history[n-1]
					got, err := os.ReadFile(path)
					switch {
					case failed == "sync folder":
						if string(got) != content {
							t.Errorf("after %s: %q", failed, got)
						}
					case tc.exists && string(got) != old, !tc.exists && !errors.Is(err, fs.ErrNotExist):
						t.Errorf("after %s: %q, %v", failed, got, err)
					}
					if names := leftovers(t, folder); !dead && len(names) > 0 {
						t.Errorf("after %s: %v is left", failed, names)
					}
				}
			})
		}
	}
}

// TestNameTaken: another process's temporary files are left alone.
func TestNameTaken(t *testing.T) {
	folder := t.TempDir()
	path := filepath.Join(folder, "a.bin")
	taken := &takenFiles{times: 3}
	if err := atomicWrite(taken, path, writeBytes("x")); err != nil {
		t.Fatal(err)
	}
	expectFile(t, path, "x")
	taken = &takenFiles{times: 1 << 30}
	if err := atomicWrite(taken, path, writeBytes("y")); !errors.Is(err, fs.ErrExist) {
		t.Errorf("%v, want %v", err, fs.ErrExist)
	}
	expectFile(t, path, "x")
}

type takenFiles struct {
	osFiles
	times int
}

func (f *takenFiles) OpenFile(name string, flag int, mode fs.FileMode) (outputFile, error) {
	if flag&os.O_EXCL == 0 {
		return nil, errors.New("opened without O_EXCL")
	}
	if f.times--; f.times >= 0 {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrExist}
	}
	return f.osFiles.OpenFile(name, flag, mode)
}

// TestConcurrentSavers: at every moment the file is one saver's, complete.
func TestConcurrentSavers(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("a file that is open for reading cannot be replaced here")
	}
	folder := t.TempDir()
	path := filepath.Join(folder, "model.bin")
	const savers = 8
	var models [savers]*net.Model
	blobs := make(map[string]bool)
	for i := range models {
		models[i] = makeModel(t, 3+i, net.Dense(4, net.ReLU))
		if err := Save(path, models[i]); err != nil {
			t.Fatal(err)
		}
		blob, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		blobs[string(blob)] = true
	}
	var saving sync.WaitGroup
	for _, m := range models {
		saving.Add(1)
		go func() {
			defer saving.Done()
			for range 20 {
				if err := Save(path, m); err != nil {
					t.Error(err)
				}
			}
		}()
	}
	done := make(chan struct{})
	go func() { saving.Wait(); close(done) }()
	for reading := true; reading; {
		select {
		case <-done:
			reading = false
		default:
		}
		blob, err := os.ReadFile(path)
		if err != nil || !blobs[string(blob)] {
			t.Fatalf("%d bytes that no saver wrote, error %v", len(blob), err)
		}
	}
	if left := leftovers(t, folder); len(left) != 0 {
		t.Errorf("left behind: %v", left)
	}
}

// TestFullDisk fills a file system of its own to the last byte.
func TestFullDisk(t *testing.T) {
	folder := t.TempDir()
	if out, err := exec.Command("mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", folder).CombinedOutput(); err != nil {
		t.Skipf("cannot mount a small file system here: %v %s", err, bytes.TrimSpace(out))
	}
	defer func() {
		if out, err := exec.Command("umount", folder).CombinedOutput(); err != nil {
			t.Errorf("%v %s", err, out)
		}
	}()
	path := filepath.Join(folder, "model.bin")
	small := tutorial(t)
	if err := Save(path, small); err != nil {
		t.Fatal(err)
	}
	big := makeModel(t, 100, net.Dense(200, net.ReLU)) // 80 kB
	for range 3 {
		err := Save(path, big)
		if err == nil || !strings.Contains(err.Error(), path) {
			t.Fatalf("error %v, want one that names %s", err, path)
		}
		f, err := ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		sameModel(t, f.Model, small)
		if left := leftovers(t, folder); len(left) != 0 {
			t.Errorf("left behind: %v", left)
		}
	}
}
