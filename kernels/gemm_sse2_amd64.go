//go:build gc && !purego

package kernels

import "unsafe"

var microkernelsSSE2 = microkernels{
	mr: 8, nr: 16,
	tiles: tilesSSE2, row: rowSSE2, transpose: transposeSSE2, copyPanel: copyPanelSSE2,
}

func productsSSE2(t *table) { microkernelsSSE2.fill(t) }

// tilesSSE2 computes m rows by n ≤ 16 columns, each element one chain of fused multiply-adds over k ≥ 1 terms: s =
// bias[j], or +0 if bias is nil; s = fma(a[i·rsA + p·csA], b[p·rsB + j], s) for p < k. It stores c[i·rsC + j] = s, or
// c[i·rsC + j] + s by addToC, the one other ending it knows. The strides count elements; height does not matter.
//
//go:noescape
func tilesSSE2(c, a, b, bias *float32, m, height, n, k, rsA, csA, rsB, rsC int, end ending)

// rowSSE2 is tilesSSE2 for one row of any n.
func rowSSE2(c, a, b, bias *float32, n, k, csA, rsB int, end ending) {
	columns, weights := unsafe.Slice(c, n), unsafe.Slice(b, (k-1)*rsB+n)
	for j := 0; j < n; j += 16 {
		start := bias
		if bias != nil {
			start = &unsafe.Slice(bias, n)[j]
		}
		tilesSSE2(&columns[j], a, &weights[j], start, 1, 1, min(16, n-j), k, 0, csA, rsB, 0, end)
	}
}

// transposeSSE2 copies dst[j·ldDst + i] = src[i·ldSrc + j] for i < rows and j < cols. It goes along the rows of dst, in
// blocks whose lines of src the first-level cache keeps.
func transposeSSE2(dst, src *float32, rows, cols, ldDst, ldSrc int) {
	const block = 16
	to, from := unsafe.Slice(dst, (cols-1)*ldDst+rows), unsafe.Slice(src, (rows-1)*ldSrc+cols)
	for i0 := 0; i0 < rows; i0 += block {
		height := min(block, rows-i0)
		for j := range cols {
			column := from[i0*ldSrc+j:]
			for i := range to[j*ldDst+i0:][:height] {
				to[j*ldDst+i0+i] = column[i*ldSrc]
			}
		}
	}
}

// copyPanelSSE2 copies dst[i·16 + j] = src[i·ldSrc + j] for i < rows and j < cols ≤ 16, and 0 for cols ≤ j < 16.
func copyPanelSSE2(dst, src *float32, rows, cols, ldSrc int) {
	to, from := unsafe.Slice(dst, rows*16), unsafe.Slice(src, (rows-1)*ldSrc+cols)
	for i := range rows {
		row := to[i*16:][:16]
		clear(row[copy(row, from[i*ldSrc:][:cols]):])
	}
}
