//go:build gc && !purego

package kernels

import "unsafe"

var microkernelsNEON = microkernels{
	mr: 8, nr: 8,
	fuses: true,
	tiles: tilesNEON, row: rowNEON, transpose: transposeNEON, copyPanel: copyPanelNEON,
}

func productsNEON(t *table) { microkernelsNEON.fill(t) }

// The bits of an ending, for assembly that tests one.
const (
	addToCBit     = 0
	endReLUBit    = 1
	biasOfRowsBit = 2
)

// tilesNEON computes m rows by n columns, each element one chain of fused multiply-adds over k ≥ 1 terms:
// s = bias[j], or bias[i] by biasOfRows, or +0 if bias is nil; s = fma(a[i·rsA + p·csA], b[p·rsB + j], s) for p < k.
// It stores c[i·rsC + j] = s, or as end says, in tiles of height ≤ 8 rows. The strides count elements.
//
//go:noescape
func tilesNEON(c, a, b, bias *float32, m, height, n, k, rsA, csA, rsB, rsC int, end ending)

func rowNEON(c, a, b, bias *float32, n, k, csA, rsB int, end ending) {
	tilesNEON(c, a, b, bias, 1, 1, n, k, 0, csA, rsB, 0, end)
}

func transposeNEON(dst, src *float32, rows, cols, ldDst, ldSrc int) {
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

func copyPanelNEON(dst, src *float32, rows, cols, ldSrc int) {
	to, from := unsafe.Slice(dst, rows*8), unsafe.Slice(src, (rows-1)*ldSrc+cols)
	for i := range rows {
		row := to[i*8:][:8]
		clear(row[copy(row, from[i*ldSrc:][:cols]):])
	}
}
