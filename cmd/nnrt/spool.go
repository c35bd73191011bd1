package main

import (
	"io"
	"os"
)

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
