//go:build gc && !purego

package kernels

// gatherRowsAVX2 fetches the rows to come two ahead, or, if they are short, as many as take memory as long. (Moves of
// 16 bytes leave the processor less room to wait for several rows at once: 390 ns for one of 784 elements from a matrix
// that no cache holds, where those of 32 take 320 and a copy row by row 430.)
func gatherRowsAVX2(dst, src []float32, order []int32, n, width, rows int) (left int) {
	ahead := min(2+480/width, len(order)-n) // the last rows fetch what they copy
	switch {
	case width >= 16:
		return gatherWideAVX2(dst, src, order, n, width, rows, ahead)
	case width > 8:
		return gather8AVX2(dst, src, order, n, width, rows, ahead)
	case width >= 4:
		return gather4AVX2(dst, src, order, n, width, rows, ahead)
	}
	return genericGatherRows(dst, src, order, n, width, rows)
}

//go:noescape
func gatherWideAVX2(dst, src []float32, order []int32, n, width, rows, ahead int) (left int)

//go:noescape
func gather8AVX2(dst, src []float32, order []int32, n, width, rows, ahead int) (left int)

//go:noescape
func gather4AVX2(dst, src []float32, order []int32, n, width, rows, ahead int) (left int)
