//go:build gc && !purego

package kernels

var microkernelsAVX512 = microkernels{
	mr: 14, nr: 32,
	fuses: true,
	tiles: tilesAVX512, row: anyRowAVX512, layersRow: layersRowAVX512, rowVector: 16,
	transpose: transposeAVX512, copyPanel: copyPanelAVX512,
	narrowRow: narrowRowLanesAVX512, narrowDot: narrowDotAVX512, dotRows: 8, dotColumns: 6,
}

func productsAVX512(t *table) { microkernelsAVX512.fill(t) }

//go:noescape
func tilesAVX512(c, a, b, bias *float32, m, height, n, k, rsA, csA, rsB, rsC int, end ending)

//go:noescape
func rowAVX512(c, a, b, bias *float32, n, k, csA, rsB int, end ending)

// gemmNTAVX512 has a kernel for one row.
func gemmNTAVX512(c, a, b []float32, m, n, k, lda, ldb, ldc int) {
	if m == 1 && n >= 16 {
		rowNTAVX512(&c[0], &a[0], &b[0], n, k, ldb)
		return
	}
	microkernelsAVX512.gemmNT(c, a, b, m, n, k, lda, ldb, ldc)
}

// rowNTAVX512 is gemmNT of one row and n ≥ 16: c[j] is the sum over p, by segments, of a[p]·b[j·ldb + p].
//
//go:noescape
func rowNTAVX512(c, a, b *float32, n, k, ldb int)

//go:noescape
func narrowRowAVX512(c, a, b, bias *float32, index *int32, m, n, k, rsA, rsC int)

//go:noescape
func narrowDotAVX512(c, a, b, bias *float32, n, k, rsA, rsB, rsC int)

//go:noescape
func transposeAVX512(dst, src *float32, rows, cols, ldDst, ldSrc int)

//go:noescape
func copyPanelAVX512(dst, src *float32, rows, cols, ldSrc int)

func narrowRowLanesAVX512(c, a, b, bias *float32, m, n, k, rsA, rsC int) {
	narrowRowAVX512(c, a, b, bias, &laneRow[n][0], m, n, k, rsA, rsC)
}

// anyRowAVX512 reads a large B along its rows, as AVX2 does: memory is the limit then, and serves long runs better.
func anyRowAVX512(c, a, b, bias *float32, n, k, csA, rsB int, end ending) {
	if n >= wideRow && k >= tallRow {
		wideRowAVX2(c, a, b, bias, n, k, csA, rsB, end)
		return
	}
	rowAVX512(c, a, b, bias, n, k, csA, rsB, end)
}

//go:noescape
func layersRowAVX512(y, x, buffer *float32, layers *rowLayer, count int)
