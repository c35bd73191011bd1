package kernels

import "fmt"

// The order of accumulation, all of it, is these constants, hasLanes, and accumulate and narrowRow below. See
// "Products" in the package comment before changing any.
const (
	segment     = 256 // length of the pieces of k
	narrow      = 16  // most outputs of a layer whose forward product has lanes
	narrowLanes = 8   // their number
)

// hasLanes tells whether the forward product of a layer with k inputs and n outputs has lanes rather than segments.
func hasLanes(n, k int) bool { return n <= narrow && k >= 4*narrowLanes }

// GemmNN computes C = A·B + bias: the forward product of a Dense layer, with C of shape [m, n] (batch, outputs),
// A [m, k] (batch, inputs), B [k, n] (inputs, outputs), bias [n] or nil for none. All are row-major, with lda, ldb
// and ldc elements from one row to the next. It panics if a slice is too short for its shape. C must not overlap
// the others.
func GemmNN(c, a, b, bias []float32, m, n, k, lda, ldb, ldc int) {
	checkMatrix("C", c, m, n, ldc)
	checkMatrix("A", a, m, k, lda)
	checkMatrix("B", b, k, n, ldb)
	checkBias(bias, n)
	if k == 0 {
		fillRows(c, bias, m, n, ldc)
	} else if mk := active.small; m == 1 && n > 0 && mk != nil && k <= segment && !hasLanes(n, k) {
		mk.row(&c[0], &a[0], &b[0], pointerTo(bias, 0), n, k, 1, ldb, 0)
	} else if m > 0 && n > 0 && !(mk != nil && mk.smallNN(c, a, b, bias, m, n, k, lda, ldb, ldc, 0)) {
		active.gemmNN(c, a, b, bias, m, n, k, lda, ldb, ldc)
	}
}

// GemmReLU computes C = relu(A·B + bias), the forward pass of training: GemmNN and then Activate, but where tiles can,
// ReLU takes no time of its own. Conventions are GemmNN's.
func GemmReLU(c, a, b, bias []float32, m, n, k, lda, ldb, ldc int) {
	checkMatrix("C", c, m, n, ldc)
	checkMatrix("A", a, m, k, lda)
	checkMatrix("B", b, k, n, ldb)
	checkBias(bias, n)
	if k == 0 {
		fillRows(c, bias, m, n, ldc)
		reluRows(c, m, n, ldc, genericActivate)
	} else if m > 0 && n > 0 {
		training().gemmReLU(c, a, b, bias, m, n, k, lda, ldb, ldc)
	}
}

func genericGemmReLU(c, a, b, bias []float32, m, n, k, lda, ldb, ldc int) {
	genericGemmNN(c, a, b, bias, m, n, k, lda, ldb, ldc)
	reluRows(c, m, n, ldc, genericActivate)
}

// reluRows is ReLU of a matrix in place, by a tier's function.
func reluRows(c []float32, m, n, ldc int, activate func(y, x []float32, a Activation, alpha float32, width int)) {
	if ldc == n {
		activate(c[:m*n], c[:m*n], ReLU, 0, 0)
		return
	}
	for i := range m {
		row := c[i*ldc:][:n]
		activate(row, row, ReLU, 0, 0)
	}
}

// pointerTo returns a pointer to x[i], nil if x is nil.
func pointerTo(x []float32, i int) *float32 {
	if x == nil {
		return nil
	}
	return &x[i]
}

// GemmTN computes C = Aᵀ·B: the weight gradient of a Dense layer, with C of shape [m, n] (inputs, outputs),
// A [k, m] (batch, inputs) and B [k, n] (batch, outputs). Conventions are GemmNN's.
func GemmTN(c, a, b []float32, m, n, k, lda, ldb, ldc int) {
	checkMatrix("C", c, m, n, ldc)
	checkMatrix("A", a, k, m, lda)
	checkMatrix("B", b, k, n, ldb)
	if k == 0 {
		fillRows(c, nil, m, n, ldc)
	} else if m > 0 && n > 0 {
		training().gemmTN(c, a, b, m, n, k, lda, ldb, ldc)
	}
}

// GemmNT computes C = A·Bᵀ: the input gradient of a Dense layer, with C of shape [m, n] (batch, inputs), A [m, k]
// (batch, outputs) and B [n, k] (inputs, outputs). Conventions are GemmNN's.
func GemmNT(c, a, b []float32, m, n, k, lda, ldb, ldc int) {
	checkMatrix("C", c, m, n, ldc)
	checkMatrix("A", a, m, k, lda)
	checkMatrix("B", b, n, k, ldb)
	if k == 0 {
		fillRows(c, nil, m, n, ldc)
	} else if m > 0 && n > 0 {
		training().gemmNT(c, a, b, m, n, k, lda, ldb, ldc)
	}
}

// fillRows is a product over no k at all: C's rows become the bias, or zero.
func fillRows(c, bias []float32, m, n, ldc int) {
	for i := range m {
		row := c[i*ldc:][:n]
		clear(row)
		copy(row, bias)
	}
}

func checkBias(bias []float32, n int) {
	if bias != nil && len(bias) < n {
		biasPanic(len(bias), n)
	}
}

func biasPanic(elements, n int) {
	panic(fmt.Sprintf("kernels: bias has %d elements, n is %d", elements, n))
}

func checkMatrix(name string, x []float32, rows, columns, stride int) {
	if !fits(len(x), rows, columns, stride) {
		matrixPanic(name, len(x), rows, columns, stride)
	}
}

// fits tells whether a matrix has its elements. (It is small enough to be inlined, which a product of some ten
// multiply-adds notices.)
func fits(elements, rows, columns, stride int) bool {
	if rows|columns < 0 || stride < columns && rows > 1 {
		return false
	}
	return rows == 0 || columns == 0 || int64(elements) >= int64(rows-1)*int64(stride)+int64(columns)
}

func matrixPanic(name string, elements, rows, columns, stride int) {
	panic(fmt.Sprintf("kernels: %s of shape [%d, %d] with stride %d does not fit %d elements",
		name, rows, columns, stride, elements))
}

// panel is how many columns the portable products work on at a time, so that their sums stay on the stack and the
// part of B that they read stays in the cache.
const panel = 128

func genericGemmNN(c, a, b, bias []float32, m, n, k, lda, ldb, ldc int) {
	if hasLanes(n, k) {
		for i := 0; i < m; i++ {
			narrowRow(c[i*ldc:][:n], bias, a[i*lda:][:k], b, ldb)
		}
		return
	}
	for j := 0; j < n; j += panel {
		width := min(panel, n-j)
		for i := 0; i < m; i++ {
			var start []float32
			if bias != nil {
				start = bias[j:][:width]
			}
			accumulate(c[i*ldc+j:][:width], start, a[i*lda:], b[j:], k, 1, ldb)
		}
	}
}

func genericGemmTN(c, a, b []float32, m, n, k, lda, ldb, ldc int) {
	for j := 0; j < n; j += panel {
		width := min(panel, n-j)
		for i := 0; i < m; i++ {
			accumulate(c[i*ldc+j:][:width], nil, a[i:], b[j:], k, lda, ldb)
		}
	}
}

// narrowRow computes one row of a forward product with lanes: c[j] = start[j] + Σₚ a[p]·b[p·ldb+j]. Lane l adds the
// terms of p = l, l+8, l+16, … in one chain of fused multiply-adds, lane 0 beginning with start (+0 if it is empty)
// and the others with +0; then joinNarrow.
func narrowRow(c, start, a, b []float32, ldb int) {
	var sums [narrowLanes * narrow]float32
	n := len(c)
	copy(sums[:n], start)
	for p, v := range a {
		axpy(sums[p%narrowLanes*n:][:n], v, b[p*ldb:])
	}
	joinNarrow(c, sums[:], n)
}

// joinNarrow joins lanes of sums that are stride elements apart by halves, lane[i] += lane[i+h] for h = 4, 2, 1, and
// stores lane 0 in c. sums is overwritten.
func joinNarrow(c, sums []float32, stride int) {
	for h := narrowLanes / 2; h > 0; h /= 2 {
		for i := 0; i < h; i++ {
			lane, other := sums[i*stride:][:len(c)], sums[(i+h)*stride:][:len(c)]
			for j, v := range other {
				lane[j] += v
			}
		}
	}
	copy(c, sums)
}

// genericGemmNT turns a panel of B over, a segment of k at a time, and then is GemmNN.
func genericGemmNT(c, a, b []float32, m, n, k, lda, ldb, ldc int) {
	const width = 32
	var turned [segment * width]float32
	for j := 0; j < n; j += width {
		w := min(width, n-j)
		for p := 0; p < k; p += segment {
			length := min(segment, k-p)
			for q := 0; q < w; q++ {
				for r, v := range b[(j+q)*ldb+p:][:length] {
					turned[r*w+q] = v
				}
			}
			for i := 0; i < m; i++ {
				row := c[i*ldc+j:][:w]
				if p == 0 {
					accumulate(row, nil, a[i*lda:], turned[:], length, 1, w)
					continue
				}
				var sums [width]float32
				accumulate(sums[:w], nil, a[i*lda+p:], turned[:], length, 1, w)
				for q, v := range sums[:w] {
					row[q] += v
				}
			}
		}
	}
}

// accumulate is the order of accumulation: it computes c[j] = start[j] + Σₚ a[p·strideA]·b[p·ldb+j] for p < k and
// every j (at most panel of them). The sum over p is cut into segments; within each, p goes up in one chain of fused
// multiply-adds, the first segment's beginning with start (+0 if it is empty) and the others' with +0; the
// segments' sums are added in ascending order.
func accumulate(c, start, a, b []float32, k, strideA, ldb int) {
	var sums [panel]float32
	clear(c)
	copy(c, start)
	for p := 0; p < min(segment, k); p++ {
		axpy(c, a[p*strideA], b[p*ldb:])
	}
	for first := segment; first < k; first += segment {
		sum := sums[:len(c)]
		clear(sum)
		for p := first; p < min(first+segment, k); p++ {
			axpy(sum, a[p*strideA], b[p*ldb:])
		}
		for j, v := range sum {
			c[j] += v
		}
	}
}

// axpy computes y = fma(a, x, y), four elements at a time with one test for the rare ones that FMA must correct.
func axpy(y []float32, a float32, x []float32) {
	x = x[:len(y)]
	for len(y) >= 4 && len(x) >= 4 {
		s0 := float64(a)*float64(x[0]) + float64(y[0])
		s1 := float64(a)*float64(x[1]) + float64(y[1])
		s2 := float64(a)*float64(x[2]) + float64(y[2])
		s3 := float64(a)*float64(x[3]) + float64(y[3])
		if risky(s0)|risky(s1)|risky(s2)|risky(s3) < 0 {
			axpyByOdd(y[:4], a, x[:4])
		} else {
			y[0], y[1], y[2], y[3] = float32(s0), float32(s1), float32(s2), float32(s3)
		}
		y, x = y[4:], x[4:]
	}
	for j := range y {
		y[j] = FMA(a, x[j], y[j])
	}
}

//go:noinline
func axpyByOdd(y []float32, a float32, x []float32) {
	for j := range y {
		y[j] = fmaByOdd(a, x[j], y[j])
	}
}
