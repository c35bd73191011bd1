package modeltest

import "runtime"

// Allocated returns the bytes that work takes from the heap in all, those that it gives back included.
func Allocated(work func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	work()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}
