//go:build !gc || purego || !linux

package kernels

import "runtime"

// yield lets another goroutine run.
func yield() { runtime.Gosched() }
