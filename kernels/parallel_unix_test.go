//go:build unix

package kernels

import (
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// processorTime returns how long processors have worked for this process.
func processorTime(t *testing.T) time.Duration {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		t.Fatal(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

// Workers that have nothing to do must leave the processors alone.
func TestIdleWorkersSleep(t *testing.T) {
	manyProcessors(t, 4)
	var sum atomic.Int64
	for range 10 {
		Parallel(4, 100, 1, enough, func(lo, hi int) { sum.Add(int64(hi - lo)) })
	}
	for int(workers.parked.Load()) < workers.started {
		time.Sleep(time.Millisecond)
	}
	const idle = 50 * time.Millisecond
	before := processorTime(t)
	time.Sleep(idle)
	if used := processorTime(t) - before; used > idle/4 {
		t.Errorf("%v of processors' time in %v after the last call", used, idle)
	}
}
