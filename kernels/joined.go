package kernels

// GemmTNAdam computes the gradient of a Dense layer's weights and Adam's step by it: g = Aᵀ·B as GemmTN does, with A of
// shape [k, m] and B [k, n], then Adam(w, g, mean, square, nil, s). w, mean and square have shape [m, n], without gaps.
// g, of the same size, is working memory: what it holds afterwards is not said. It panics if a slice is too short for
// its shape. None may overlap another.
func GemmTNAdam(w, mean, square, g, a, b []float32, m, n, k, lda, ldb int, s AdamStep) {
	checkMatrix("A", a, k, m, lda)
	checkMatrix("B", b, k, n, ldb)
	checkMatrix("w", w, m, n, n)
	checkMatrix("the mean of gradients", mean, m, n, n)
	checkMatrix("the mean of squares", square, m, n, n)
	checkMatrix("g", g, m, n, n)
	if k == 0 || m == 0 || n == 0 {
		fillRows(g, nil, m, n, n)
		Adam(w[:m*n], g[:m*n], mean[:m*n], square[:m*n], nil, s)
		return
	}
	training().gemmTNAdam(w, mean, square, g, a, b, m, n, k, lda, ldb, s)
}

func genericGemmTNAdam(w, mean, square, g, a, b []float32, m, n, k, lda, ldb int, s AdamStep) {
	genericGemmTN(g, a, b, m, n, k, lda, ldb, n)
	genericAdam(w[:m*n], g, mean, square, nil, s)
}
