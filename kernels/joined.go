package kernels

// GemmTNAdam computes the gradient of a Dense layer's weights and Adam's step by it: g = Aᵀ·B as GemmTN does, with A of
// shape [k, m] and B [k, n], then Adam(w, g, mean, square, nil, s). w, mean and square have shape [m, n] and ldw elements
// from one row to the next, as has g, which is working memory: what it holds afterwards is not said. It panics if a
// slice is too short for its shape. None may overlap another.
func GemmTNAdam(w, mean, square, g, a, b []float32, m, n, k, lda, ldb, ldw int, s AdamStep) {
	checkMatrix("A", a, k, m, lda)
	checkMatrix("B", b, k, n, ldb)
	checkMatrix("w", w, m, n, ldw)
	checkMatrix("the mean of gradients", mean, m, n, ldw)
	checkMatrix("the mean of squares", square, m, n, ldw)
	checkMatrix("g", g, m, n, ldw)
	if m == 0 || n == 0 {
		return
	}
	if k == 0 {
		fillRows(g, nil, m, n, ldw)
		adamRows(w, g, mean, square, m, n, ldw, s, training().adam)
		return
	}
	training().gemmTNAdam(w, mean, square, g, a, b, m, n, k, lda, ldb, ldw, s)
}

func genericGemmTNAdam(w, mean, square, g, a, b []float32, m, n, k, lda, ldb, ldw int, s AdamStep) {
	genericGemmTN(g, a, b, m, n, k, lda, ldb, ldw)
	adamRows(w, g, mean, square, m, n, ldw, s, genericAdam)
}

// adamRows is Adam of matrices, by a tier's function.
func adamRows(w, g, mean, square []float32, m, n, ldw int, s AdamStep,
	adam func(w, g, m, v, vmax []float32, s AdamStep)) {
	if ldw == n {
		m, n = 1, m*n
	}
	for i := range m {
		at := i * ldw
		adam(w[at:][:n], g[at:][:n], mean[at:][:n], square[at:][:n], nil, s)
	}
}
