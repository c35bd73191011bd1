//go:build !linux

package kernels

import "runtime"

// yield lets another goroutine run.
func yield() { runtime.Gosched() }
