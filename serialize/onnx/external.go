package onnx

import (
	"fmt"
	"io"
	"os"

	"nnrt/serialize"
)

// folder gives the bytes of a file of external data.
type folder interface {
	read(name string) ([]byte, error)
}

// ReadFile reads an ONNX file. The error is an *Error if the content is bad, and otherwise what the operating system
// says.
func ReadFile(path string) (*serialize.File, error) {
	info, err := os.Stat(path) // before it is opened, since opening a pipe can wait for ever
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s: %w", path, serialize.ErrNotRegular)
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	blob, err := io.ReadAll(io.LimitReader(file, maxFileBytes+1))
	if err != nil {
		return nil, err
	}
	return decode(blob, nil)
}

// external returns the bytes of a tensor that stands in another file.
func (d *decoder) external(p *tensorProto) (*message, error) {
	return nil, failf("tensor "+short(p.name), ErrExternal, "its values are in another file")
}
