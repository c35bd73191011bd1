package serialize

import (
	"fmt"
	"io/fs"
	"math"
	"os"
	"runtime/debug"
)

// Mapped is a model file that is mapped into memory, where the model's weights stay: opening one takes no memory for
// them, and processes that map the same file share it. (Predictors of some layers keep a copy in another order all the
// same.)
//
// The file must stay as it is as long as the model is used. What Map has checked is the content at that moment;
// another process that writes into the file changes the weights. If one cuts it short, the next use of a weight that is
// gone ends the program with SIGBUS ("unexpected fault address"), which no recover can stop unless
// debug.SetPanicOnFault is set in the goroutine. A new file renamed over the old one, as WriteFile does it, harms
// nothing: the old one lives on until it is closed. Where files may be changed otherwise, use ReadFile.
type Mapped struct {
	*File
	data []byte
}

// Map maps a model file into memory and checks it like ReadFile. A file that is cut short meanwhile gives ErrTruncated.
// Where nnrt cannot map files (outside Linux, macOS and the BSDs), the error wraps errors.ErrUnsupported.
func (l Loader) Map(path string) (*Mapped, error) {
	file, size, err := openRegular(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	l.NoCopy = true
	if size == 0 { // which cannot be mapped
		_, err := l.Decode(nil)
		return nil, err
	}
	// Of a file beyond the limit as much as it takes to see that.
	limits := l.Limits.withDefaults()
	most := max(limits.FileBytes, int64(limits.HeaderBytes))
	if most < math.MaxInt {
		most++
	}
	data, err := mapFile(file, int(min(size, most)))
	if err != nil {
		return nil, &fs.PathError{Op: "map", Path: path, Err: err}
	}
	m := &Mapped{data: data}
	if m.File, err = l.decodeMapped(data, file); err != nil {
		m.Close()
		return nil, err
	}
	return m, nil
}

// decodeMapped decodes bytes of a file that may be cut short, or fail to be read, at any moment.
func (l Loader) decodeMapped(data []byte, file *os.File) (f *File, err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		r := recover()
		if r == nil {
			return
		}
		info, statError := file.Stat()
		_, isFault := r.(interface{ Addr() uintptr })
		switch {
		case statError == nil && info.Size() < int64(len(data)):
			f, err = nil, formatError("file", info.Size(), ErrTruncated, "it was cut while it was read")
		case isFault:
			f, err = nil, fmt.Errorf("map %s: it cannot be read: %v", file.Name(), r)
		default:
			panic(r)
		}
	}()
	return l.Decode(data)
}

// Close unmaps the file. The model, its clones and their predictors must not be used after it.
func (m *Mapped) Close() error {
	if m.data == nil {
		return nil
	}
	data := m.data
	m.data, m.File = nil, nil
	if err := unmapFile(data); err != nil {
		return fmt.Errorf("unmap a model: %w", err)
	}
	return nil
}
