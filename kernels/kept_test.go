package kernels

import (
	"runtime"
	"sync"
	"testing"
)

func TestKeptMemoryOutlivesCollections(t *testing.T) {
	var k kept[[4]int]
	first, second := k.take(), k.take()
	if first == second {
		t.Fatal("two users of the same memory")
	}
	k.give(first)
	runtime.GC()
	runtime.GC()
	if got := k.take(); got != first {
		t.Error("memory that was given back is not taken again")
	}
	k.give(second)
	var wait sync.WaitGroup
	for range 100 { // more than there are places
		wait.Add(1)
		go func() {
			defer wait.Done()
			for range 100 {
				x := k.take()
				for i := range x {
					x[i]++ // the race detector would notice another user
				}
				k.give(x)
			}
		}()
	}
	wait.Wait()
}
