//go:build gc && !purego && (amd64 || arm64)

package kernels

import "unsafe"

// fill sets a table's products.
func (mk *microkernels) fill(t *table) {
	t.gemmNN, t.pack, t.gemmPacked, t.dense, t.small = mk.gemmNN, mk.pack, mk.gemmPacked, mk.dense, mk
	t.prepareChain, t.chain, t.chainRow = mk.prepareChain, mk.chain, mk.chainRow
}

// fillTraining sets the products that only training uses.
func (mk *microkernels) fillTraining(t *trainingTable) {
	t.gemmTN, t.gemmNT, t.gemmReLU, t.gemmTNAdam = mk.gemmTN, mk.gemmNT, mk.gemmReLU, mk.gemmTNAdam
	t.transpose = mk.wholeTranspose
	if mk.fuses {
		t.turned = mk.turned
	}
}

func (mk *microkernels) wholeTranspose(dst, src []float32, rows, columns int) {
	mk.transpose(&dst[0], &src[0], rows, columns, rows, columns)
}

func (mk *microkernels) turned(c, a, b, bias []float32, relu bool, m, n, k, rsA, csA int) {
	var end ending
	var start *float32
	if bias != nil {
		start, end = &bias[0], biasOfRows
	}
	if relu {
		end |= endReLU
	}
	height := mk.height(m, rsA)
	for j := 0; j < n; j += mk.nr {
		mk.tiles(&c[j], &a[0], &b[j], start, m, height, min(mk.nr, n-j), k, rsA, csA, n, n, end)
	}
}

// workspace is memory for one product: parts of matrices in another order, and partial sums.
type workspace struct{ b, c []float32 }

var workspaces kept[workspace]

// mostKept is how many elements a workspace may have to be kept: 16 MB. Products that need more last so long that an
// allocation is nothing to them.
const mostKept = 4 << 20

func (w *workspace) giveBack() {
	if len(w.b)+len(w.c) <= mostKept {
		workspaces.give(w)
	}
}

// atLeast returns *x with n elements, aligned to cache lines if it had to be made.
func atLeast(x *[]float32, n int) []float32 {
	if len(*x) < n {
		*x = aligned(n)
	}
	return (*x)[:n]
}

// lineFloats is a cache line's number of elements.
const lineFloats = 16

// aligned returns n elements that begin at a cache line.
func aligned(n int) []float32 {
	const line = 4 * lineFloats
	x := make([]float32, n+lineFloats)
	skip := (line - uintptr(unsafe.Pointer(&x[0]))%line) % line / 4
	return x[skip:][:n]
}

func (mk *microkernels) gemmNN(c, a, b, bias []float32, m, n, k, lda, ldb, ldc int) {
	switch {
	case hasLanes(n, k):
		mk.narrowNN(c, a, b, nil, bias, m, n, k, lda, ldb, ldc)
	case m == 1:
		mk.oneRow(c, a, b, bias, n, k, ldb, 0)
	default:
		mk.blocked(c, a, b, nil, bias, m, n, k, lda, 1, ldb, ldc, 0, false)
	}
}

func (mk *microkernels) gemmReLU(c, a, b, bias []float32, m, n, k, lda, ldb, ldc int) {
	switch {
	case !mk.fuses || hasLanes(n, k):
		mk.gemmNN(c, a, b, bias, m, n, k, lda, ldb, ldc)
		reluRows(c, m, n, ldc, active.activate)
	case m == 1:
		mk.oneRow(c, a, b, bias, n, k, ldb, endReLU)
	case !mk.smallNN(c, a, b, bias, m, n, k, lda, ldb, ldc, endReLU):
		mk.blocked(c, a, b, nil, bias, m, n, k, lda, 1, ldb, ldc, endReLU, false)
	}
}

// A single row goes along B's rows, rather than down its columns, from so many columns and terms on; a smaller B is in
// the inner caches, which serve both ways of reading it alike.
const (
	wideRow = 512
	tallRow = 64
)

func (mk *microkernels) oneRow(c, a, b, bias []float32, n, k, ldb int, last ending) {
	for p := 0; p < k; p += segment {
		mk.row(&c[0], &a[p], &b[p*ldb], pointerTo(startOf(bias, p), 0), n, min(segment, k-p), 1, ldb, endOf(p, k, last))
	}
}

// endOf returns how the segment of k that begins at p ends: last is how the last one does.
func endOf(p, k int, last ending) ending {
	var end ending
	if p > 0 {
		end = addToC
	}
	if p+segment >= k {
		end |= last
	}
	return end
}

// startOf returns what a chain that begins at p begins with: the bias for the first one.
func startOf(bias []float32, p int) []float32 {
	if p > 0 {
		return nil
	}
	return bias
}

func (mk *microkernels) gemmTN(c, a, b []float32, m, n, k, lda, ldb, ldc int) {
	switch {
	case 2*n <= mk.nr && m > n && k >= 32:
		mk.turnedTN(c, a, b, m, n, k, lda, ldb, ldc)
	case k <= 2 && n >= 256: // row by row of C, since all the time goes into writing it
		for i := range m {
			mk.row(&c[i*ldc], &a[i], &b[0], nil, n, k, lda, ldb, 0)
		}
	case k <= segment && n <= 4*mk.nr && max(lda, ldb) <= segment:
		mk.panels(c, a, b, nil, m, n, k, 1, lda, ldb, ldc, 0)
	default:
		mk.blocked(c, a, b, nil, nil, m, n, k, 1, lda, ldb, ldc, 0, false)
	}
}

// strip is how many panels of B are copied together: they share the pages that B's rows are on.
const strip = 4

// blocked computes C = A·B + bias with A's element i, p at a[i·rsA + p·csA]: for each segment of k, for each block of
// A's rows, which the second-level cache keeps, for each panel of B, its tiles. order has B's panels as pack makes
// them; without it they are copied if that pays, once for all blocks. So are A's rows, if they are few and would
// share a set of the first-level cache, or lie the other way round. With turnB, B is [n, k] and its panels are turned
// over.
func (mk *microkernels) blocked(c, a, b, order, bias []float32, m, n, k, rsA, csA, ldb, ldc int, last ending,
	turnB bool) {
	block := blockRows()
	if m < block+block/2 {
		block = m
	}
	var w *workspace
	var copied []float32
	together := strip * mk.nr // columns of B that are copied at a time
	if turnB || order == nil && mk.copyPays(m, ldb) {
		if block < m {
			together = (n + mk.nr - 1) / mk.nr * mk.nr
		}
		w = workspaces.take()
		copied = atLeast(&w.b, segment*together)
	}
	var near []float32
	turn := rsA == 1 && mk.turnPays(n, k, csA)
	copyA := order == nil && csA == 1 && rsA%1024 == 0 && m <= 128 && n >= 4*mk.nr
	if turn || copyA {
		if w == nil {
			w = workspaces.take()
		}
		near = atLeast(&w.c, block*narrowStride(segment))
	}
	for p := 0; p < k; p += segment {
		length := min(segment, k-p)
		start := startOf(bias, p)
		for i := 0; i < m; i += block {
			rows := min(block, m-i)
			from, rsA, csA := &a[i*rsA+p*csA], rsA, csA
			if near != nil {
				stride := narrowStride(length)
				if turn {
					mk.transpose(&near[0], from, length, rows, stride, csA)
				} else {
					for q := range rows {
						copy(near[q*stride:], a[(i+q)*rsA+p:][:length])
					}
				}
				from, rsA, csA = &near[0], stride, 1
			}
			height := mk.height(rows, rsA)
			for j := 0; j < n; j += mk.nr {
				panel, stride := (*float32)(nil), mk.nr
				switch {
				case order != nil:
					panel = &order[j*k+p*mk.nr]
				case copied != nil:
					if i == 0 && j%together == 0 {
						if columns := min(together, n-j); turnB {
							mk.turnPanels(copied, b[j*ldb+p:], columns, length, ldb)
						} else {
							mk.copyPanels(copied, b[p*ldb+j:], columns, length, ldb)
						}
					}
					panel = &copied[j%together*segment]
				default:
					panel, stride = &b[p*ldb+j], ldb
				}
				mk.tiles(&c[i*ldc+j], from, panel, pointerTo(start, j), rows, height, min(mk.nr, n-j), length,
					rsA, csA, stride, ldc, endOf(p, k, last))
			}
		}
	}
	if w != nil {
		w.giveBack()
	}
}

// copyPays tells whether panels of B are worth copying before the tiles of m rows use them: if B's rows lie so far
// apart that each is on a page of its own, or share few sets of the first-level cache, and there are tiles enough to
// gain; fewer where a panel has but half of a row's line, and first-level caches have two or four ways.
func (mk *microkernels) copyPays(m, ldb int) bool {
	if mk.nr < lineFloats && ldb%256 == 0 && m > 2*mk.mr {
		return true
	}
	return ldb >= 1024 && m > 4*mk.mr || ldb >= 512 && m > 16*mk.mr
}

// turnPays tells whether A, given turned over with stride elements from one term to the next, is worth turning over
// before all panels of B use it: where a tile takes little of each of its lines and pages, few rows or lines that share
// sets of the caches.
func (mk *microkernels) turnPays(n, k, stride int) bool {
	if mk.mr < 8 {
		return n >= 4*mk.nr && (stride >= 1024 || stride >= 384 && n*k >= 1<<15)
	}
	return n >= 8*mk.nr && k >= segment && stride%1024 == 0
}

// copyPanels copies panels of a segment of B, a few rows of a strip of them at a time.
func (mk *microkernels) copyPanels(copied, b []float32, columns, rows, ldb int) {
	const few = 16
	for j0 := 0; j0 < columns; j0 += strip * mk.nr {
		for p := 0; p < rows; p += few {
			for j := j0; j < min(j0+strip*mk.nr, columns); j += mk.nr {
				mk.copyPanel(&copied[j*segment+p*mk.nr], &b[p*ldb+j], min(few, rows-p), min(mk.nr, columns-j), ldb)
			}
		}
	}
}

// turnPanels is copyPanels from a B that lies the other way round.
func (mk *microkernels) turnPanels(copied, b []float32, columns, rows, ldb int) {
	for j := 0; j < columns; j += mk.nr {
		mk.transpose(&copied[j*segment], &b[j*ldb], min(mk.nr, columns-j), rows, mk.nr, ldb)
	}
}

// gemmTNAdam takes a block of rows at a time, whose gradient stays in the first-level cache.
func (mk *microkernels) gemmTNAdam(w, mean, square, g, a, b []float32, m, n, k, lda, ldb, ldw int, s AdamStep) {
	const floats = 4 << 10
	adam := training().adam
	block := max(floats/n/mk.mr, 1) * mk.mr
	for i := 0; i < m; i += block {
		rows, at := min(block, m-i), i*ldw
		mk.gemmTN(g, a[i:], b, rows, n, k, lda, ldb, ldw)
		adamRows(w[at:], g, mean[at:], square[at:], rows, n, ldw, s, adam)
	}
}

// turnedTN is gemmTN for few columns: it computes Cᵀ = Bᵀ·A, where the vectors are full, and turns that over.
func (mk *microkernels) turnedTN(c, a, b []float32, m, n, k, lda, ldb, ldc int) {
	w := workspaces.take()
	turned := atLeast(&w.c, mk.nr*mk.nr)
	for i := 0; i < m; i += mk.nr {
		width := min(mk.nr, m-i)
		for p := 0; p < k; p += segment {
			mk.tiles(&turned[0], &b[p*ldb], &a[p*lda+i], nil, n, mk.height(n, 1), width, min(segment, k-p), 1, ldb, lda,
				mk.nr, endOf(p, k, 0))
		}
		mk.transpose(&c[i*ldc], &turned[0], n, width, ldc, mk.nr)
	}
	w.giveBack()
}

func (mk *microkernels) gemmNT(c, a, b []float32, m, n, k, lda, ldb, ldc int) {
	if m*(n+k) < n*k && m > 2 {
		mk.turnedNT(c, a, b, m, n, k, lda, ldb, ldc)
		return
	}
	if m > blockRows() {
		mk.blocked(c, a, b, nil, nil, m, n, k, lda, 1, ldb, ldc, 0, true)
		return
	}
	// Turn over a panel of B, a segment of k at a time, and then it is gemmNN.
	w := workspaces.take()
	panel := atLeast(&w.b, segment*mk.nr)
	for j := 0; j < n; j += mk.nr {
		width := min(mk.nr, n-j)
		for p := 0; p < k; p += segment {
			length := min(segment, k-p)
			mk.transpose(&panel[0], &b[j*ldb+p], width, length, mk.nr, ldb)
			if m == 1 {
				mk.row(&c[j], &a[p], &panel[0], nil, width, length, 1, mk.nr, endOf(p, k, 0))
				continue
			}
			mk.tiles(&c[j], &a[p], &panel[0], nil, m, mk.height(m, lda), width, length, lda, 1, mk.nr, ldc, endOf(p, k, 0))
		}
	}
	w.giveBack()
}

// turnedNT is gemmNT for fewer rows than B has: it computes Cᵀ = B·Aᵀ, so that A and C, not B, are turned over.
func (mk *microkernels) turnedNT(c, a, b []float32, m, n, k, lda, ldb, ldc int) {
	const rowsAtOnce = 112 // of B, eight tiles
	w := workspaces.take()
	panel := atLeast(&w.b, k*mk.nr)
	turned := atLeast(&w.c, rowsAtOnce*mk.nr)
	for i := 0; i < m; i += mk.nr {
		width := min(mk.nr, m-i)
		mk.transpose(&panel[0], &a[i*lda], width, k, mk.nr, lda)
		for j0 := 0; j0 < n; j0 += rowsAtOnce {
			end := min(j0+rowsAtOnce, n)
			for p := 0; p < k; p += segment {
				mk.tiles(&turned[0], &b[j0*ldb+p], &panel[p*mk.nr], nil, end-j0, mk.height(end-j0, ldb), width,
					min(segment, k-p), ldb, 1, mk.nr, mk.nr, endOf(p, k, 0))
			}
			mk.transpose(&c[i*ldc+j0], &turned[0], end-j0, width, ldc, mk.nr)
		}
	}
	w.giveBack()
}

// narrowNN is the forward product with narrowLanes sums for each element. turned is B turned over as turnNarrow does,
// or nil.
func (mk *microkernels) narrowNN(c, a, b, turned, bias []float32, m, n, k, lda, ldb, ldc int) {
	if mk.narrowRow == nil {
		mk.narrowTiles(c, a, b, bias, m, n, k, lda, ldb, ldc)
		return
	}
	var w *workspace
	if m < mk.dotRows {
		if ldb != n {
			w = workspaces.take()
			packed := atLeast(&w.b, k*n)
			for p := range k {
				copy(packed[p*n:][:n], b[p*ldb:])
			}
			b = packed
		}
		mk.narrowRow(&c[0], &a[0], &b[0], pointerTo(bias, 0), m, n, k, lda, ldc)
	} else {
		if turned == nil {
			w = workspaces.take()
			turned = atLeast(&w.b, n*narrowStride(k))
			mk.turnNarrow(turned, b, n, k, ldb)
		}
		groups := (n + mk.dotColumns - 1) / mk.dotColumns
		for i := 0; i < m; i += mk.dotRows {
			i = min(i, m-mk.dotRows) // the last rows may be computed twice
			for g := range groups {
				j, end := g*n/groups, (g+1)*n/groups
				mk.narrowDot(&c[i*ldc+j], &a[i*lda], &turned[j*narrowStride(k)], pointerTo(bias, j), end-j, k, lda,
					narrowStride(k), ldc)
			}
		}
	}
	if w != nil {
		w.giveBack()
	}
}

// narrowStride is the distance of B's columns in turnNarrow's result: whole cache lines, an odd number of them so that
// columns do not share a set of the cache.
func narrowStride(k int) int { return ((k+15)/16 | 1) * 16 }

// turnNarrow turns B over for narrowDot: column j of k elements begins at j·narrowStride(k).
func (mk *microkernels) turnNarrow(turned, b []float32, n, k, ldb int) {
	mk.transpose(&turned[0], &b[0], k, n, narrowStride(k), ldb)
}

// narrowTiles is narrowNN by tiles: each lane of the sum is one of them.
func (mk *microkernels) narrowTiles(c, a, b, bias []float32, m, n, k, lda, ldb, ldc int) {
	w := workspaces.take()
	lane := mk.mr * narrow
	sums := atLeast(&w.c, narrowLanes*lane)
	for i := 0; i < m; i += mk.mr {
		rows := min(mk.mr, m-i)
		for r := range narrowLanes {
			for j := 0; j < n; j += mk.nr {
				mk.tiles(&sums[r*lane+j], &a[i*lda+r], &b[r*ldb+j], pointerTo(startOf(bias, r), j), rows, rows, min(mk.nr, n-j),
					(k-r+narrowLanes-1)/narrowLanes, lda, narrowLanes, narrowLanes*ldb, narrow, 0)
			}
		}
		for q := range rows {
			joinNarrow(c[(i+q)*ldc:][:n], sums[q*narrow:], lane)
		}
	}
	w.giveBack()
}

func (mk *microkernels) pack(p *Packed) {
	if hasLanes(p.n, p.k) {
		if mk.narrowDot != nil {
			p.order = aligned(p.n * narrowStride(p.k))
			mk.turnNarrow(p.order, p.b, p.n, p.k, p.ldb)
		}
		return
	}
	panels := (p.n + mk.nr - 1) / mk.nr
	p.order = aligned(panels * mk.nr * p.k)
	for j := 0; j < p.n; j += mk.nr {
		mk.copyPanel(&p.order[j*p.k], &p.b[j], p.k, min(mk.nr, p.n-j), p.ldb)
	}
}

func (mk *microkernels) gemmPacked(c, a []float32, b *Packed, bias []float32, m, lda, ldc int) {
	mk.packed(c, a, b, bias, m, lda, ldc, 0)
}

// packed is gemmPacked with an ending; products of narrow layers have none.
func (mk *microkernels) packed(c, a []float32, b *Packed, bias []float32, m, lda, ldc int, last ending) {
	switch n, k := b.n, b.k; {
	case hasLanes(n, k):
		mk.narrowNN(c, a, b.b, b.order, bias, m, n, k, lda, b.ldb, ldc)
	case m == 1:
		mk.oneRow(c, a, b.b, bias, n, k, b.ldb, last)
	default:
		mk.blocked(c, a, nil, b.order, bias, m, n, k, lda, 1, 0, ldc, last, false)
	}
}

// dense is gemmPacked of matrices without gaps with an activation, ReLU within the product where that can.
func (mk *microkernels) dense(y, x []float32, w *Packed, bias []float32, a Activation, alpha float32, rows int) {
	if a == ReLU && mk.fuses && !hasLanes(w.n, w.k) {
		mk.packed(y, x, w, bias, rows, w.k, w.n, endReLU)
		return
	}
	mk.packed(y, x, w, bias, rows, w.k, w.n, 0)
	if a != Linear {
		w.kernels.activate(y, y, a, alpha, w.n)
	}
}
