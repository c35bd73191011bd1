//go:build unix

package serialize

import (
	"errors"
	"io"
	"path/filepath"
	"syscall"
	"testing"
)

// TestPipe: a pipe without a writer would make an open wait for ever, and a rename would replace it.
func TestPipe(t *testing.T) {
	path := filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(path, 0o666); err != nil {
		t.Skip("no pipes:", err)
	}
	if _, err := ReadFile(path); !errors.Is(err, ErrNotRegular) {
		t.Errorf("read: %v", err)
	}
	if err := AtomicWrite(path, func(io.Writer) error { return nil }); !errors.Is(err, ErrNotRegular) {
		t.Errorf("written: %v", err)
	}
}
