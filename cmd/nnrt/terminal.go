package main

import (
	"io"
	"os"
)

// isTerminal reports whether w shows what is written to somebody at a terminal that can erase a line. It asks no more
// than the file system and TERM, so that it needs no system calls of its own: a character device that is none of the
// usual pseudo devices.
func isTerminal(w io.Writer) bool {
	file, ok := w.(*os.File)
	if !ok {
		return false
	}
	if term := os.Getenv("TERM"); term == "" || term == "dumb" {
		return false
	}
	info, err := file.Stat()
	if err != nil || info.Mode()&os.ModeCharDevice == 0 {
		return false
	}
	for _, name := range []string{os.DevNull, "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom"} {
		if other, err := os.Stat(name); err == nil && os.SameFile(info, other) {
			return false
		}
	}
	return true
}
