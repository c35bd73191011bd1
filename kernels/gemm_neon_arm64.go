//go:build gc && !purego

package kernels

import "unsafe"

var microkernelsNEON = microkernels{
	mr: 8, nr: 8,
	fuses: true,
	tiles: tilesNEON, row: rowNEON, layersRow: layersRowNEON, rowVector: 4,
	transpose: transposeNEON, copyPanel: copyPanelNEON,
	narrowRow: narrowRowNEON, narrowDot: narrowDotNEON, dotRows: 4, dotColumns: 3,
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

// tileRowNEON is tilesNEON for one row. It keeps the sums of up to 64 columns in registers and goes down B for them.
//
//go:noescape
func tileRowNEON(c, a, b, bias *float32, n, k, csA, rsB int, end ending)

func rowNEON(c, a, b, bias *float32, n, k, csA, rsB int, end ending) {
	if n >= wideRow && k >= tallRow {
		wideRowNEON(c, a, b, bias, n, k, csA, rsB, end)
		return
	}
	tileRowNEON(c, a, b, bias, n, k, csA, rsB, end)
}

// wideRowNEON is tileRowNEON for many columns: it goes along eight rows of B at a time and keeps the sums of up to
// 1,024 columns in the cache, since memory and the outer caches give more of what is read in long runs. The sums are
// the same, term by term.
func wideRowNEON(c, a, b, bias *float32, n, k, csA, rsB int, end ending) {
	var sums [1024]float32
	columns, weights := unsafe.Slice(c, n), unsafe.Slice(b, (k-1)*rsB+n)
	whole := n &^ 31
	for j := 0; j < whole; j += len(sums) {
		part := sums[:min(len(sums), whole-j)]
		if bias != nil {
			copy(part, unsafe.Slice(bias, n)[j:])
		} else {
			clear(part)
		}
		addRowsNEON(&part[0], a, &weights[j], len(part), k, csA, rsB)
		endRowNEON(&columns[j], &part[0], len(part), end)
	}
	if whole < n {
		if bias != nil {
			bias = &unsafe.Slice(bias, n)[whole]
		}
		tileRowNEON(&columns[whole], a, &weights[whole], bias, n-whole, k, csA, rsB, end)
	}
}

// addRowsNEON computes s[j] = fma(a[p·csA], b[p·rsB + j], s[j]) for each p < rows in turn and j < n, a multiple of 32.
//
//go:noescape
func addRowsNEON(s, a, b *float32, n, rows, csA, rsB int)

// endRowNEON stores c[j] = s[j], or as end says, for j < n, a multiple of 8.
//
//go:noescape
func endRowNEON(c, s *float32, n int, end ending)

// transposeNEON copies dst[j·ldDst + i] = src[i·ldSrc + j] for i < rows and j < cols.
//
//go:noescape
func transposeNEON(dst, src *float32, rows, cols, ldDst, ldSrc int)

// copyPanelNEON copies dst[i·8 + j] = src[i·ldSrc + j] for i < rows and j < cols ≤ 8, and 0 for cols ≤ j < 8.
func copyPanelNEON(dst, src *float32, rows, cols, ldSrc int) {
	if cols == 8 {
		copyRowsNEON(dst, src, rows, ldSrc)
		return
	}
	to, from := unsafe.Slice(dst, rows*8), unsafe.Slice(src, (rows-1)*ldSrc+cols)
	for i := range rows {
		row := to[i*8:][:8]
		clear(row[copy(row, from[i*ldSrc:][:cols]):])
	}
}

// copyRowsNEON is copyPanelNEON of eight columns.
//
//go:noescape
func copyRowsNEON(dst, src *float32, rows, ldSrc int)

// narrowRowNEON and narrowDotNEON are narrow forward products, see microkernels.
//
//go:noescape
func narrowRowNEON(c, a, b, bias *float32, m, n, k, rsA, rsC int)

//go:noescape
func narrowDotNEON(c, a, b, bias *float32, n, k, rsA, rsB, rsC int)
