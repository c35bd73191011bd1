package net

import (
	"runtime"
	"sync"
)

// minimumWork is the number of fused multiply-adds below which a part is not worth a goroutine of its own.
const minimumWork = 1 << 16

// threadCount returns how many goroutines a setting of threads means: 0 is all cores.
func threadCount(threads int) int {
	if threads == 0 {
		return runtime.GOMAXPROCS(0)
	}
	return threads
}

// parallel runs f over [0, n) cut into at most threads parts, in goroutines if the work (fused multiply-adds in all)
// is worth it. The parts split outputs, never a sum, so results do not depend on their number.
func parallel(threads, n int, work int64, f func(lo, hi int)) {
	parts := int(min(int64(threads), int64(n), work/minimumWork))
	if parts <= 1 {
		f(0, n)
		return
	}
	var done sync.WaitGroup
	for i := 1; i < parts; i++ {
		done.Add(1)
		go func() {
			defer done.Done()
			f(i*n/parts, (i+1)*n/parts)
		}()
	}
	f(0, n/parts)
	done.Wait()
}
