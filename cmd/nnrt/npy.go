package main

import (
	"encoding/binary"
	"fmt"
	"io"
	"os"
	"strings"
)

// npyHeader returns the header of a NumPy file, version 1.0, for rows × columns of little-endian float32 in C order.
func npyHeader(rows int64, columns int) []byte {
	const before = 10 // magic, version, length
	dict := fmt.Sprintf("{'descr': '<f4', 'fortran_order': False, 'shape': (%d, %d), }", rows, columns)
	size := (before + len(dict) + 1 + 63) / 64 * 64
	header := append([]byte("\x93NUMPY\x01\x00"), 0, 0)
	binary.LittleEndian.PutUint16(header[8:], uint16(size-before))
	header = append(header, dict...)
	header = append(header, strings.Repeat(" ", size-len(header)-1)...)
	return append(header, '\n')
}

// spool is a temporary file for output that cannot begin before all of it is known.
type spool struct {
	file    *os.File
	removed bool
}

func newSpool() (*spool, error) {
	file, err := os.CreateTemp("", "nnrt-*.tmp")
	if err != nil {
		return nil, err
	}
	// On Unix a file may be removed now, and goes when it is closed, whatever becomes of the process.
	return &spool{file, os.Remove(file.Name()) == nil}, nil
}

func (s *spool) Write(p []byte) (int, error) { return s.file.Write(p) }

// copyTo writes the whole content to w.
func (s *spool) copyTo(w io.Writer) error {
	if _, err := s.file.Seek(0, io.SeekStart); err != nil {
		return err
	}
	_, err := io.Copy(w, s.file)
	return err
}

func (s *spool) close() {
	s.file.Close()
	if !s.removed {
		os.Remove(s.file.Name())
	}
}
