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
	if testing.Short() {
		t.Skip("an emulator, where tests are short, works for itself too")
	}
	manyProcessors(t, 4)
	var sum atomic.Int64
	for range 10 {
		Parallel(4, 100, 1, enough, func(lo, hi int) { sum.Add(int64(hi - lo)) })
	}
	for int(workers.parked.Load()) < workers.started {
		time.Sleep(time.Millisecond)
	}
	// One that looked for work all the time would take all of the time. What the Go runtime does in the background counts
	// too, so one quiet spell is enough.
	const idle, spells = 50 * time.Millisecond, 10
	var used time.Duration
	for range spells {
		before := processorTime(t)
		time.Sleep(idle)
		if used = processorTime(t) - before; used < idle/4 {
			return
		}
	}
	t.Errorf("%v of processors' time in the last of %d times %v after the last call", used, spells, idle)
}
