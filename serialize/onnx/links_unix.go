//go:build unix

package onnx

import (
	"io/fs"
	"os"
	"syscall"
)

// links returns how many names a file has.
func links(_ *os.File, info fs.FileInfo) uint64 {
	if s, ok := info.Sys().(*syscall.Stat_t); ok {
		return uint64(s.Nlink)
	}
	return 1
}
