package serialize

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"syscall"
)

// AtomicWrite writes a file so that whatever happens, a crash or a power cut included, the file of that name is the
// old one, or none if there was none, or the new one, complete.
//
// It calls write with a new file of a random name (".nnrt-….tmp") in the same folder, flushes that to the disk,
// renames it to the final name and flushes the folder. If anything fails, the new file is removed and the error
// returned; a process that is killed meanwhile leaves it behind, which harms nothing but takes its room on the disk.
// Several savers of one name may run at once: one of them is the last. So nobody but the user can tell whether such a
// file is left over, and it stays until somebody removes it.
//
// A new file has mode 0666 less the umask; one that replaces another has that one's permissions (not its owner or
// further attributes; that one may be read-only, as the folder alone must be writable). A symbolic link is followed:
// what it points to is replaced, or made. A folder, pipe or device is refused with ErrNotRegular.
func AtomicWrite(path string, write func(w io.Writer) error) error {
	return atomicWrite(osFiles{}, path, write)
}

// fileSystem is what atomicWrite needs of the operating system. Tests put one that fails in its place.
type fileSystem interface {
	Lstat(name string) (fs.FileInfo, error)
	Readlink(name string) (string, error)
	OpenFile(name string, flag int, mode fs.FileMode) (outputFile, error)
	Rename(from, to string) error
	Remove(name string) error
	SyncFolder(name string) error
}

type outputFile interface {
	io.Writer
	Chmod(mode fs.FileMode) error
	Sync() error
	Close() error
}

func atomicWrite(files fileSystem, path string, write func(w io.Writer) error) (err error) {
	target, old, err := resolve(files, path)
	if err != nil {
		return err
	}
	folder, _ := filepath.Split(target)
	temporary, file, err := createTemporary(files, folder, old)
	if err != nil {
		return nameInstead(err, temporary, path)
	}
	open, renamed := true, false
	defer func() { // also when write panics
		if open {
			file.Close()
		}
		if !renamed {
			files.Remove(temporary)
		}
		err = nameInstead(err, temporary, path)
	}()
	if err := write(file); err != nil {
		return err
	}
	if old != nil { // the umask may have kept some of its permissions from the new file
		if err := file.Chmod(old.Mode().Perm()); err != nil {
			return err
		}
	}
	if err := file.Sync(); err != nil {
		return err
	}
	open = false
	if err := file.Close(); err != nil {
		return err
	}
	if err := files.Rename(temporary, target); err != nil {
		return err
	}
	renamed = true
	if folder == "" {
		folder = "."
	}
	if err := files.SyncFolder(folder); err != nil {
		return fmt.Errorf("%s is written, but may not survive a power cut: %w", path, err)
	}
	return nil
}

// nameInstead makes an error about the temporary file one about the file that was asked for.
func nameInstead(err error, temporary, path string) error {
	var pathError *fs.PathError
	if errors.As(err, &pathError) && pathError.Path == temporary {
		pathError.Path = path
	}
	return err
}

// resolve follows symbolic links to the name that is to be written, and returns it with the file that has it, or nil
// if there is none.
func resolve(files fileSystem, path string) (string, fs.FileInfo, error) {
	const maxLinks = 40 // Linux's limit
	target := path
	for range maxLinks {
		info, err := files.Lstat(target)
		switch {
		case errors.Is(err, fs.ErrNotExist) && !endsInSeparator(target):
			return target, nil, nil
		case err != nil:
			return "", nil, err
		case info.Mode().IsRegular():
			return target, info, nil
		case info.Mode()&fs.ModeSymlink == 0:
			return "", nil, notRegular("write", path, info.Mode())
		}
		link, err := files.Readlink(target)
		if err != nil {
			return "", nil, err
		}
		if !filepath.IsAbs(link) {
			// Not filepath.Join: "..", after a link to a folder, is for the operating system to resolve.
			folder, _ := filepath.Split(target)
			link = folder + link
		}
		target = link
	}
	return "", nil, &fs.PathError{Op: "write", Path: path, Err: errors.New("too many levels of symbolic links")}
}

func endsInSeparator(path string) bool {
	return path == "" || os.IsPathSeparator(path[len(path)-1])
}

// notRegular is the error for a path that leads to something else than a file.
func notRegular(op, path string, mode fs.FileMode) error {
	kind := "something else"
	switch {
	case mode.IsDir():
		kind = "a folder"
	case mode&fs.ModeNamedPipe != 0:
		kind = "a pipe"
	case mode&fs.ModeDevice != 0:
		kind = "a device"
	case mode&fs.ModeSocket != 0:
		kind = "a socket"
	}
	return &fs.PathError{Op: op, Path: path, Err: fmt.Errorf("%w, but %s", ErrNotRegular, kind)}
}

// createTemporary makes a file that did not exist in a folder (which ends in a separator, or is "" for the current
// one). old is the file that it is to replace, or nil. The name is returned with an error too.
func createTemporary(files fileSystem, folder string, old fs.FileInfo) (name string, file outputFile, err error) {
	mode := fs.FileMode(0o666)
	if old != nil {
		mode = old.Mode().Perm()
	}
	for range 100 {
		name = fmt.Sprintf("%s.nnrt-%016x.tmp", folder, rand.Uint64())
		file, err = files.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
		if !errors.Is(err, fs.ErrExist) {
			break
		}
	}
	return name, file, err
}

// osFiles is the operating system.
type osFiles struct{}

func (osFiles) Lstat(name string) (fs.FileInfo, error) { return os.Lstat(name) }
func (osFiles) Readlink(name string) (string, error)   { return os.Readlink(name) }
func (osFiles) Rename(from, to string) error           { return os.Rename(from, to) }
func (osFiles) Remove(name string) error               { return os.Remove(name) }

func (osFiles) OpenFile(name string, flag int, mode fs.FileMode) (outputFile, error) {
	file, err := os.OpenFile(name, flag, mode)
	if err != nil {
		return nil, err // a nil interface, not one that holds a nil *os.File
	}
	return file, nil
}

// SyncFolder makes a rename in a folder last. Windows cannot; nor can some file systems, and a folder that may be
// written but not read cannot be opened for it.
func (osFiles) SyncFolder(name string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	folder, err := os.Open(name)
	if err == nil {
		err = folder.Sync()
		folder.Close()
	}
	if errors.Is(err, fs.ErrPermission) || errors.Is(err, errors.ErrUnsupported) || errors.Is(err, syscall.EINVAL) {
		return nil
	}
	return err
}
