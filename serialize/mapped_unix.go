//go:build darwin || dragonfly || freebsd || linux || netbsd || openbsd

package serialize

import (
	"os"
	"syscall"
)

// mapFile maps the first size bytes of a file into memory, to be read only.
func mapFile(file *os.File, size int) ([]byte, error) {
	return syscall.Mmap(int(file.Fd()), 0, size, syscall.PROT_READ, syscall.MAP_SHARED)
}

func unmapFile(data []byte) error { return syscall.Munmap(data) }
