//go:build gc && !purego

package kernels

// gemmTNAdamAVX512 does whole tiles of one segment with a kernel that does the update between the steps of the product.
func gemmTNAdamAVX512(w, mean, square, g, a, b []float32, m, n, k, lda, ldb, ldw int, s AdamStep) {
	whole := m &^ 7
	if n%32 != 0 || k > segment || whole == 0 {
		microkernelsAVX512.gemmTNAdam(w, mean, square, g, a, b, m, n, k, lda, ldb, ldw, s)
		return
	}
	var sums [8 * 32]float32
	gemmTNAdamTilesAVX512(&w[0], &mean[0], &square[0], &sums[0], &a[0], &b[0], whole, n, k, lda, ldb, ldw, &s)
	if whole < m {
		i := whole * ldw
		microkernelsAVX512.gemmTNAdam(w[i:], mean[i:], square[i:], g[i:], a[whole:], b, m-whole, n, k, lda, ldb, ldw, s)
	}
}

//go:noescape
func gemmTNAdamTilesAVX512(w, m, v, sums, a, b *float32, rows, n, k, lda, ldb, ldw int, s *AdamStep)
