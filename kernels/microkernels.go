package kernels

// microkernels are the pieces of a tier's matrix products that are worth assembly; the rest, which is the same for all
// tiers, is in blocked.go. Strides count elements. mr rows by nr columns is the largest tile.
type microkernels struct {
	mr, nr int

	// tiles computes for i < m, j < n ≤ nr and k ≥ 1
	//   s = bias[j], or +0 if bias is nil; s = fma(a[i·rsA + p·csA], b[p·rsB + j], s) for p < k, ascending
	// and stores c[i·rsC + j] = s, or as end says, in tiles of height ≤ mr rows.
	tiles func(c, a, b, bias *float32, m, height, n, k, rsA, csA, rsB, rsC int, end ending)

	// row is tiles for m = 1 and any n.
	row func(c, a, b, bias *float32, n, k, csA, rsB int, end ending)

	// fuses tells whether tiles and row know endReLU, and tiles biasOfRows and any n.
	fuses bool

	// layersRow sends one row through Dense layers, one after the other; see rowLayer. Or nil. Its vectors have rowVector
	// outputs.
	layersRow func(y, x, buffer *float32, layers *rowLayer, count int)
	rowVector int

	// transpose: dst[j·ldDst + i] = src[i·ldSrc + j] for i < rows, j < cols.
	transpose func(dst, src *float32, rows, cols, ldDst, ldSrc int)

	// copyPanel: dst[i·nr + j] = src[i·ldSrc + j] for i < rows, j < cols ≤ nr, and 0 for cols ≤ j < nr.
	copyPanel func(dst, src *float32, rows, cols, ldSrc int)

	// Narrow forward products, n ≤ narrow, k ≥ narrowLanes: narrowRow of m rows with B's rows end to end, narrowDot of
	// dotRows rows and n ≤ dotColumns columns with B turned over, b[j·rsB + p]. Both are nil where tiles must do.
	narrowRow           func(c, a, b, bias *float32, m, n, k, rsA, rsC int)
	narrowDot           func(c, a, b, bias *float32, n, k, rsA, rsB, rsC int)
	dotRows, dotColumns int
}

// rowLayer is a layer for layersRow: weights and bias in whole vectors of outputs.
type rowLayer struct {
	w, bias    *float32 // [k, vectors·rowVector], [vectors·rowVector], 0 where there are no outputs
	k, n       int
	vectors    int // at most four, or a multiple of four
	activation Activation
}

// rowUnits is how many outputs a layer has at most that layersRow takes.
const rowUnits = 64

// ending is what tiles and row do with a sum s at last: both, one, or just c = s.
type ending uint8

const (
	addToC     ending = 1 // s = c + s
	endReLU    ending = 2 // s = relu(s)
	biasOfRows ending = 4 // tiles: s begins with bias[i], which is not nil, and not bias[j]
)

// smallNN is gemmNN of one segment and few panels, without lanes, that ends as said; it returns false for all others.
func (mk *microkernels) smallNN(c, a, b, bias []float32, m, n, k, lda, ldb, ldc int, end ending) bool {
	if k > segment || n > 4*mk.nr || ldb > segment || hasLanes(n, k) {
		return false
	}
	if n <= mk.nr { // as panels, without the way there
		mk.tiles(&c[0], &a[0], &b[0], pointerTo(bias, 0), m, mk.height(m, lda), n, k, lda, 1, ldb, ldc, end)
	} else {
		mk.panels(c, a, b, bias, m, n, k, lda, 1, ldb, ldc, end)
	}
	return true
}

// panels computes C = A·B + bias, with A's element i, p at a[i·rsA + p·csA], of one segment, panel by panel of B.
func (mk *microkernels) panels(c, a, b, bias []float32, m, n, k, rsA, csA, ldb, ldc int, end ending) {
	height := mk.height(m, rsA)
	for j := 0; j < n; j += mk.nr {
		mk.tiles(&c[j], &a[0], &b[j], pointerTo(bias, j), m, height, min(mk.nr, n-j), k, rsA, csA, ldb, ldc,
			end)
	}
}

// height returns how many of m rows a tile takes: as evenly as possible, and at most seven of rows whose stride would
// put them all into the same set of the first-level cache (8 or 12 lines on today's machines).
func (mk *microkernels) height(m, stride int) int {
	most := mk.mr
	if stride%1024 == 0 {
		most = min(most, 7)
	}
	if m <= most {
		return m
	}
	tiles := uint32(m+most-1) / uint32(most) // 32 bits divide faster
	return int((uint32(m) + tiles - 1) / tiles)
}
