//go:build gc && !purego

package kernels

// gatherRowsNEON fetches the rows to come two ahead, or, if they are short, as many as take memory as long: no processor
// foresees which they are.
func gatherRowsNEON(dst, src []float32, order []int32, n, width, rows int) (left int) {
	if width < 4 || n == 0 {
		return genericGatherRows(dst, src, order, n, width, rows)
	}
	ahead := min(2+480/width, len(order)-n) // the last rows fetch what they copy
	return gatherWideNEON(&dst[0], src, &order[0], n, width, rows, ahead)
}

//go:noescape
func gatherWideNEON(dst *float32, src []float32, order *int32, n, width, rows, ahead int) (left int)
