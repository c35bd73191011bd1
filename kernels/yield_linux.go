//go:build gc && !purego

package kernels

import "syscall"

// yield lets another thread that waits for this processor run.
func yield() { syscall.RawSyscall(syscall.SYS_SCHED_YIELD, 0, 0, 0) }
