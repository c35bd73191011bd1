package kernels

import "fmt"

// Packed is the weight matrix B of a forward product, prepared once for many products: in the order that the kernels
// want it. It never changes and may be shared.
type Packed struct {
	b         []float32 // as given
	n, k, ldb int
	order     []float32 // the tier's own copy
	kernels   *table    // of the tier that made it
}

// Pack prepares a matrix B of shape [k, n], with ldb elements from one row to the next, for GemmPacked. The matrix is
// referred to as well and must not change. It panics if b is too short for its shape.
func Pack(b []float32, n, k, ldb int) *Packed {
	checkMatrix("B", b, k, n, ldb)
	p := &Packed{b: b, n: n, k: k, ldb: ldb, kernels: active}
	if n > 0 && k > 0 {
		active.pack(p)
	}
	return p
}

// GemmPacked computes C = A·B + bias as GemmNN does, the same bits, with a prepared B. Conventions are GemmNN's.
func GemmPacked(c, a []float32, b *Packed, bias []float32, m, lda, ldc int) {
	checkMatrix("C", c, m, b.n, ldc)
	checkMatrix("A", a, m, b.k, lda)
	checkBias(bias, b.n)
	if b.k == 0 {
		fillRows(c, bias, m, b.n, ldc)
	} else if mk := b.kernels.small; m == 1 && b.n > 0 && mk != nil && b.k <= segment && !hasLanes(b.n, b.k) {
		mk.row(&c[0], &a[0], &b.b[0], pointerTo(bias, 0), b.n, b.k, 1, b.ldb, 0)
	} else if m > 0 && b.n > 0 && !(mk != nil && mk.smallNN(c, a, b.b, bias, m, b.n, b.k, lda, b.ldb, ldc, 0)) {
		b.kernels.gemmPacked(c, a, b, bias, m, lda, ldc)
	}
}

// Dense computes y = a(x·w + bias): a Dense layer's forward pass, with x of shape [rows, k], the prepared w [k, n],
// bias [n] or nil for none, y [rows, n], and an activation a with its alpha (see Activate). The result is
// GemmPacked's and then Activate's; ReLU takes no time of its own. It panics if a slice has not the length of its
// shape. y must not overlap the others.
func Dense(y, x []float32, w *Packed, bias []float32, a Activation, alpha float32, rows int) {
	if rows < 0 || int64(len(y)) != int64(rows)*int64(w.n) || int64(len(x)) != int64(rows)*int64(w.k) {
		panic(fmt.Sprintf("kernels: Dense of %d rows of %d from %d elements into %d", rows, w.k, len(x), len(y)))
	}
	checkBias(bias, w.n)
	checkActivation(len(y), a, w.n)
	switch {
	case rows == 0 || w.n == 0:
	case w.k == 0:
		fillRows(y, bias, rows, w.n, w.n)
		w.kernels.activate(y, y, a, alpha, w.n)
	default:
		w.kernels.dense(y, x, w, bias, a, alpha, rows)
	}
}

func genericPack(*Packed) {}

func genericGemmPacked(c, a []float32, b *Packed, bias []float32, m, lda, ldc int) {
	genericGemmNN(c, a, b.b, bias, m, b.n, b.k, lda, b.ldb, ldc)
}

func genericDense(y, x []float32, w *Packed, bias []float32, a Activation, alpha float32, rows int) {
	genericGemmPacked(y, x, w, bias, rows, w.k, w.n)
	genericActivate(y, y, a, alpha, w.n)
}
