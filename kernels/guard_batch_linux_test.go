package kernels

import (
	"fmt"
	"runtime/debug"
	"testing"
	"unsafe"
)

// The operations on the rows of a batch, beside unmapped pages.

func TestGatherRowsStaysInItsSlices(t *testing.T) {
	const widest, most = 70, 9
	memory := []*guarded{guard(t, "the rows", widest*most, false), guard(t, "src", widest*most, true),
		guard(t, "order", most, false)}
	forEachTier(t, func(t *testing.T) {
		debug.SetPanicOnFault(true)
		for width := 1; width <= widest; width++ {
			for rows := 1; rows <= most; rows++ {
				for _, last := range []bool{false, true} {
					numbers := memory[2].take(rows, last)
					order := unsafe.Slice((*int32)(unsafe.Pointer(&numbers[0])), rows)
					for i := range order {
						order[i] = int32(rows - 1 - i)
					}
					if faults(t, memory, func() {
						GatherRows(memory[0].take(rows*width, last), memory[1].take(rows*width, last), order, rows, width)
					}, func() string {
						return fmt.Sprintf("GatherRows of %d rows of %d, %s", rows, width, where(last))
					}) {
						return
					}
				}
			}
		}
	})
}

func TestSparseCrossEntropyStaysInItsSlices(t *testing.T) {
	if testing.Short() && len(Tiers()) == 1 {
		t.Skip("there is only the reference here, and -short")
	}
	const widest, most = 70, 50
	memory := []*guarded{guard(t, "losses", most, false), guard(t, "z", widest*most, true)}
	forEachTier(t, func(t *testing.T) {
		debug.SetPanicOnFault(true)
		for width := 1; width <= widest; width++ {
			for rows := range most + 1 {
				for _, last := range []bool{false, true} {
					if faults(t, memory, func() {
						training().sparseCrossEntropy(memory[0].take(rows, last), memory[1].take(rows*width, last), width)
					}, func() string {
						return fmt.Sprintf("sparseCrossEntropy of %d rows of %d, %s", rows, width, where(last))
					}) {
						return
					}
				}
			}
		}
	})
}
