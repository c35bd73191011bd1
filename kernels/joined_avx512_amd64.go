//go:build gc && !purego

package kernels

// gemmTNAdamAVX512 does whole tiles of one segment with a kernel that does the update between the steps of the product.
func gemmTNAdamAVX512(w, mean, square, g, a, b []float32, m, n, k, lda, ldb, ldw int, s AdamStep) {
	whole := m &^ 7
	if n%32 != 0 || k > segment || whole == 0 {
		microkernelsAVX512.gemmTNAdam(w, mean, square, g, a, b, m, n, k, lda, ldb, ldw, s)
		return
	}
	// So many columns at a time that their part of B stays in the second-level cache and on few pages.
	const most, floats = 512, 32 << 10
	group := min(most, floats/k/32*32)
	var sums [8 * 32]float32
	for j := 0; j < n; j += group {
		gemmTNAdamTilesAVX512(&w[j], &mean[j], &square[j], &sums[0], &a[0], &b[j], whole, min(group, n-j), k, lda, ldb, ldw,
			&s)
	}
	if whole < m {
		i := whole * ldw
		microkernelsAVX512.gemmTNAdam(w[i:], mean[i:], square[i:], g[i:], a[whole:], b, m-whole, n, k, lda, ldb, ldw, s)
	}
}

//go:noescape
func gemmTNAdamTilesAVX512(w, m, v, sums, a, b *float32, rows, n, k, lda, ldb, ldw int, s *AdamStep)
