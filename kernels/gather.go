package kernels

import "fmt"

// GatherRows copies the rows order[:n] of src to dst, one after the other; a row has width elements. What order has
// after them are the rows that will be wanted next: memory is told of them in advance. It panics unless dst has n
// rows, src a whole number of them and all those that are copied, and order at least n.
func GatherRows(dst, src []float32, order []int32, n, width int) {
	if width < 1 {
		panic(fmt.Sprintf("kernels: GatherRows of rows of %d", width))
	}
	rows := len(src) / width
	if len(dst) != n*width || len(src) != rows*width || len(order) < n {
		panic(fmt.Sprintf("kernels: GatherRows of %d rows of %d from %d elements into %d, by %d numbers", n, width,
			len(src), len(dst), len(order)))
	}
	if left := training().gatherRows(dst, src, order, n, width, rows); left > 0 {
		panic(fmt.Sprintf("kernels: GatherRows of row %d of %d", order[n-left], rows))
	}
}

// genericGatherRows ends at a row that src has not, and returns how many are left.
func genericGatherRows(dst, src []float32, order []int32, n, width, rows int) (left int) {
	if width == 1 {
		src, dst = src[:rows], dst[:n]
		for i, row := range order[:n] {
			if uint(row) >= uint(len(src)) {
				return n - i
			}
			dst[i] = src[row]
		}
		return 0
	}
	for i, row := range order[:n] {
		if uint(row) >= uint(rows) {
			return n - i
		}
		copy(dst[i*width:], src[int(row)*width:][:width])
	}
	return 0
}
