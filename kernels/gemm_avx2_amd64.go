//go:build gc && !purego

package kernels

import "unsafe"

var microkernelsAVX2 = microkernels{
	mr: 6, nr: 16,
	fuses: true,
	tiles: tilesAVX2, row: rowAVX2, layersRow: layersRowAVX2, rowVector: 16,
	transpose: transposeAVX2, copyPanel: copyPanelAVX2,
	narrowRow: narrowRowLanesAVX2, narrowDot: narrowDotAVX2, dotRows: 4, dotColumns: 3,
}

func productsAVX2(t *table) { microkernelsAVX2.fill(t) }

// tilesAVX2 computes m rows by n columns, each element one chain of fused multiply-adds over k ≥ 1 terms:
// s = bias[j], or bias[i] by biasOfRows, or +0 if bias is nil; s = fma(a[i·rsA + p·csA], b[p·rsB + j], s) for p < k.
// It stores c[i·rsC + j] = s, or as end says, in tiles of height ≤ 6 rows. The strides count elements.
//
//go:noescape
func tilesAVX2(c, a, b, bias *float32, m, height, n, k, rsA, csA, rsB, rsC int, end ending)

// tileRowAVX2 computes a row of n columns, each element one chain of fused multiply-adds over k ≥ 1 terms:
// s = bias[j], or +0 if bias is nil; s = fma(a[p·csA], b[p·rsB + j], s) for p < k. It stores c[j] = s, or c[j] + s if
// add. The strides count elements.
//
//go:noescape
func tileRowAVX2(c, a, b, bias *float32, n, k, csA, rsB int, add bool)

func rowAVX2(c, a, b, bias *float32, n, k, csA, rsB int, end ending) {
	if n >= wideRow && k >= tallRow {
		wideRowAVX2(c, a, b, bias, n, k, csA, rsB, end)
		return
	}
	tileRowAVX2(c, a, b, bias, n, k, csA, rsB, end&addToC != 0)
	if end&endReLU != 0 {
		row := unsafe.Slice(c, n)
		activateAVX2(row, row, ReLU, 0, 0)
	}
}

// wideRowAVX2 is tileRowAVX2 for many columns. Where that goes down B for 64 columns and keeps their sums in registers,
// this goes along eight rows of B at a time and keeps the sums of up to 1,024 columns in the cache, since memory and
// the outer caches give more of what is read in long runs. The sums are the same, term by term.
func wideRowAVX2(c, a, b, bias *float32, n, k, csA, rsB int, end ending) {
	add := end&addToC != 0
	const width = 1024
	var apart [width]float32 // sums that are to be added to c
	columns, weights := unsafe.Slice(c, n), unsafe.Slice(b, (k-1)*rsB+n)
	whole := n &^ 31
	for j := 0; j < whole; j += width {
		c := columns[j:min(j+width, whole)]
		sums := c
		if add {
			sums = apart[:len(c)]
		}
		if bias != nil {
			copy(sums, unsafe.Slice(bias, n)[j:])
		} else {
			clear(sums)
		}
		addRowsAVX2(&sums[0], a, &weights[j], len(sums), k, csA, rsB)
		if add {
			for i, s := range sums {
				c[i] += s
			}
		}
	}
	if whole < n {
		if bias != nil {
			bias = &unsafe.Slice(bias, n)[whole]
		}
		tileRowAVX2(&columns[whole], a, &weights[whole], bias, n-whole, k, csA, rsB, add)
	}
	if end&endReLU != 0 {
		activateAVX2(columns, columns, ReLU, 0, 0)
	}
}

// addRowsAVX2 computes s[j] = fma(a[p·csA], b[p·rsB + j], s[j]) for each p < rows in turn and j < n, a multiple of 32.
//
//go:noescape
func addRowsAVX2(s, a, b *float32, n, rows, csA, rsB int)

// transposeAVX2 copies dst[j·ldDst + i] = src[i·ldSrc + j] for i < rows and j < cols.
//
//go:noescape
func transposeAVX2(dst, src *float32, rows, cols, ldDst, ldSrc int)

// copyPanelAVX2 copies dst[i·16 + j] = src[i·ldSrc + j] for i < rows and j < cols ≤ 16, and 0 for cols ≤ j < 16.
//
//go:noescape
func copyPanelAVX2(dst, src *float32, rows, cols, ldSrc int)

// narrowDotAVX2 and narrowRowAVX2 are narrow forward products, see microkernels.
//
//go:noescape
func narrowDotAVX2(c, a, b, bias *float32, n, k, rsA, rsB, rsC int)

//go:noescape
func narrowRowAVX2(c, a, b, bias *float32, index *int32, m, n, k, rsA, rsC int)

func narrowRowLanesAVX2(c, a, b, bias *float32, m, n, k, rsA, rsC int) {
	narrowRowAVX2(c, a, b, bias, &laneRow[n][0], m, n, k, rsA, rsC)
}

//go:noescape
func layersRowAVX2(y, x, buffer *float32, layers *rowLayer, count int)
