package onnx

import (
	"errors"
	"io"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"nnrt/serialize"
)

// Tensors in files of their own (https://github.com/onnx/onnx/blob/main/docs/ExternalData.md). A model names these
// files, and whoever made it may want to have others read: so the name must be a plain one, of a regular file in the
// model's folder that is no symbolic link and has no other name.

// ReadFile reads an ONNX file, and what files of external data beside it hold. The error is an *Error if the content of
// one of them is bad, and otherwise what the operating system says.
func ReadFile(path string) (*serialize.File, error) {
	info, err := os.Stat(path) // before it is opened, since opening a pipe can wait for ever
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, &fs.PathError{Op: "read", Path: path, Err: serialize.ErrNotRegular}
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	if size := info.Size(); size > maxFileBytes {
		return nil, failf("", ErrLimit, "%d bytes, the limit is %d", size, int64(maxFileBytes))
	}
	blob := make([]byte, info.Size())
	n, err := io.ReadFull(file, blob)
	if err != nil && err != io.EOF && err != io.ErrUnexpectedEOF {
		return nil, err
	}
	f := &folder{path: filepath.Dir(path), files: make(map[string]*externalFile)}
	defer f.close()
	return decode(blob[:n], f)
}

// folder is where the model's file is. It is opened when a file in it is asked for.
type folder struct {
	path  string
	root  *os.Root
	files map[string]*externalFile
}

type externalFile struct {
	file *os.File
	size int64
}

func (f *folder) close() {
	for _, e := range f.files {
		e.file.Close()
	}
	if f.root != nil {
		f.root.Close()
	}
}

// maxExternal is how many files there may be.
const maxExternal = 1 << 8

// open opens a file in the folder, or returns the one that is open already.
func (f *folder) open(name string) (e *externalFile, isNew bool, err error) {
	if e := f.files[name]; e != nil {
		return e, false, nil
	}
	if f.root == nil {
		if f.root, err = os.OpenRoot(f.path); err != nil {
			return nil, false, err
		}
	}
	if len(f.files) == maxExternal {
		return nil, false, because(ErrLimit, "more than %d files", maxExternal)
	}
	before, err := f.root.Lstat(name)
	if err != nil {
		return nil, false, f.named(name, err)
	}
	if !before.Mode().IsRegular() {
		return nil, false, because(ErrExternal, "it is not a regular file")
	}
	file, err := f.root.Open(name)
	if err != nil {
		return nil, false, f.named(name, err)
	}
	info, err := file.Stat()
	switch {
	case err != nil:
	case !info.Mode().IsRegular() || !os.SameFile(before, info):
		err = because(ErrExternal, "it was exchanged while it was being opened")
	case links(file, info) > 1:
		err = because(ErrExternal, "the file has another name, too")
	case info.Size() > maxFileBytes:
		err = because(ErrLimit, "%d bytes, the limit is %d", info.Size(), int64(maxFileBytes))
	}
	if err != nil {
		file.Close()
		return nil, false, err
	}
	e = &externalFile{file, info.Size()}
	f.files[name] = e
	return e, true, nil
}

// named is an error of the operating system's about a file in the folder, with its path.
func (f *folder) named(name string, err error) error {
	var system *fs.PathError
	if errors.As(err, &system) {
		err = system.Err
	}
	return &fs.PathError{Op: "open", Path: filepath.Join(f.path, name), Err: err}
}

// plainName tells whether a name can only be that of a file in the folder, on any system.
func plainName(name string) bool {
	return name != "" && len(name) <= 255 && name != "." && name != ".." && filepath.IsLocal(name) &&
		!strings.ContainsAny(name, "/\\:\x00")
}

// external returns the n bytes of a tensor that stand in another file.
func (d *decoder) external(p *tensorProto, n int64) (*message, error) {
	fail := func(cause error, detail string, args ...any) (*message, error) {
		return nil, failf("tensor "+short(p.name), cause, detail, args...)
	}
	if d.folder == nil {
		return fail(ErrExternal, "its values are in another file, and there is none beside bytes alone")
	}
	location, offset, length := "", int64(0), n
	err := p.content.walk(func(f *field) error {
		if f.number != 13 {
			return nil
		}
		var entry message
		if err := f.message(&entry); err != nil {
			return err
		}
		key, value, err := readEntry(entry)
		switch key {
		case "location":
			location = value
		case "offset":
			offset = decimal(value)
		case "length":
			length = decimal(value)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	switch {
	case !plainName(location):
		return fail(ErrExternal, "its values are in %s, which is not the plain name of a file beside the model",
			short(location))
	case offset < 0 || length != n:
		return fail(ErrExternal, "%d bytes of %s from %d on, the shape %s needs %d", length, short(location), offset,
			dimText(p.dims), n)
	}
	file, isNew, err := d.folder.open(location)
	if err != nil {
		if errors.Is(err, ErrExternal) || errors.Is(err, ErrLimit) {
			return fail(ErrExternal, "%s: %w", short(location), err)
		}
		return nil, err
	}
	if isNew { // bytes that are there justify memory
		d.memory = min(d.memory+memoryFactor*file.size, math.MaxInt/4)
	}
	if offset > file.size || n > file.size-offset {
		return fail(ErrExternal, "bytes %d to %d of %s, which has %d", offset, offset+n, short(location), file.size)
	}
	if err := d.take(n); err != nil {
		return nil, err
	}
	data := make([]byte, n)
	if _, err := file.file.ReadAt(data, offset); err != nil {
		return nil, err
	}
	return &message{data: data}, nil
}

// decimal reads a number of bytes; it is −1 if it is none.
func decimal(text string) int64 {
	v, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return -1
	}
	return v
}
