//go:build !(darwin || dragonfly || freebsd || linux || netbsd || openbsd)

package serialize

import (
	"errors"
	"os"
)

func mapFile(*os.File, int) ([]byte, error) { return nil, errors.ErrUnsupported }

func unmapFile([]byte) error { return errors.ErrUnsupported }
