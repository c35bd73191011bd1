package kernels

import "time"

// tileSize is what a tier's products are made of, rows by columns of C (whole tiles, and more columns than a narrow
// layer has), and about how fast it is: multiply-adds in a nanosecond on one core.
type tileSize struct {
	rows, columns int
	speed         float64
}

// rowSpeed is the most that a single row reaches, whose weights come from the outer caches.
const rowSpeed = 20

func tilesOf(tier string) tileSize {
	switch tier {
	case "avx512":
		return tileSize{14, 32, 50}
	case "avx2":
		return tileSize{6, 32, 25}
	case "sse2":
		return tileSize{8, 32, 2}
	case "neon":
		return tileSize{8, 32, 10}
	}
	return tileSize{1, panel, 0.7}
}

// product is a matrix product whose C is split by rows or by columns.
type product struct {
	of                     productOf
	compute                func(part *product) // rather than a switch, by which whoever links one product would link all
	c, a, b, bias          []float32
	packed                 *Packed
	m, n, k, lda, ldb, ldc int
	byRows                 bool
	view                   Packed // a part's columns of packed
}

// productOf says what product.
type productOf uint8

const (
	forward productOf = iota
	weightGradient
	inputGradient
	forwardPacked
	forwardReLU
)

// ParallelGemmNN is GemmNN on up to so many threads (see Parallel), with the same result.
func ParallelGemmNN(threads int, c, a, b, bias []float32, m, n, k, lda, ldb, ldc int) {
	if threads > 1 && large(m, n, k) {
		checkMatrix("C", c, m, n, ldc)
		checkMatrix("A", a, m, k, lda)
		checkMatrix("B", b, k, n, ldb)
		checkBias(bias, n)
		if shared(threads, &product{of: forward, compute: forwardPart,
			c: c, a: a, b: b, bias: bias, m: m, n: n, k: k, lda: lda, ldb: ldb, ldc: ldc}) {
			return
		}
	}
	GemmNN(c, a, b, bias, m, n, k, lda, ldb, ldc)
}

// ParallelGemmReLU is GemmReLU on up to so many threads (see Parallel), with the same result.
func ParallelGemmReLU(threads int, c, a, b, bias []float32, m, n, k, lda, ldb, ldc int) {
	if threads > 1 && large(m, n, k) {
		checkMatrix("C", c, m, n, ldc)
		checkMatrix("A", a, m, k, lda)
		checkMatrix("B", b, k, n, ldb)
		checkBias(bias, n)
		if shared(threads, &product{of: forwardReLU, compute: forwardReLUPart,
			c: c, a: a, b: b, bias: bias, m: m, n: n, k: k, lda: lda, ldb: ldb, ldc: ldc}) {
			return
		}
	}
	GemmReLU(c, a, b, bias, m, n, k, lda, ldb, ldc)
}

// ParallelGemmTN is GemmTN on up to so many threads (see Parallel), with the same result.
func ParallelGemmTN(threads int, c, a, b []float32, m, n, k, lda, ldb, ldc int) {
	if threads > 1 && large(m, n, k) {
		checkMatrix("C", c, m, n, ldc)
		checkMatrix("A", a, k, m, lda)
		checkMatrix("B", b, k, n, ldb)
		if shared(threads, &product{of: weightGradient, compute: weightGradientPart,
			c: c, a: a, b: b, m: m, n: n, k: k, lda: lda, ldb: ldb, ldc: ldc}) {
			return
		}
	}
	GemmTN(c, a, b, m, n, k, lda, ldb, ldc)
}

// ParallelGemmNT is GemmNT on up to so many threads (see Parallel), with the same result.
func ParallelGemmNT(threads int, c, a, b []float32, m, n, k, lda, ldb, ldc int) {
	if threads > 1 && large(m, n, k) {
		checkMatrix("C", c, m, n, ldc)
		checkMatrix("A", a, m, k, lda)
		checkMatrix("B", b, n, k, ldb)
		if shared(threads, &product{of: inputGradient, compute: inputGradientPart,
			c: c, a: a, b: b, m: m, n: n, k: k, lda: lda, ldb: ldb, ldc: ldc}) {
			return
		}
	}
	GemmNT(c, a, b, m, n, k, lda, ldb, ldc)
}

// ParallelGemmPacked is GemmPacked on up to so many threads (see Parallel), with the same result.
func ParallelGemmPacked(threads int, c, a []float32, b *Packed, bias []float32, m, lda, ldc int) {
	if threads > 1 && large(m, b.n, b.k) {
		checkMatrix("C", c, m, b.n, ldc)
		checkMatrix("A", a, m, b.k, lda)
		checkBias(bias, b.n)
		if shared(threads, &product{of: forwardPacked, compute: forwardPackedPart,
			c: c, a: a, bias: bias, packed: b, m: m, n: b.n, k: b.k, lda: lda, ldb: b.ldb, ldc: ldc}) {
			return
		}
	}
	GemmPacked(c, a, b, bias, m, lda, ldc)
}

// large tells whether a product may be worth sharing; it must cost nothing where that is not so.
func large(m, n, k int) bool { return int64(m)*int64(n)*int64(k) >= leastShared }

// shared computes a product, whose matrices fit, on several threads, or returns false if that is not worth it.
func shared(threads int, g *product) bool {
	tiles := activeTiles
	estimate := g.estimate(tiles)
	if estimate < shareTime {
		return false
	}
	extent, unit, grain := g.split(threads, tiles)
	parts := workers.acquire(threads, extent, unit, estimate)
	if parts <= 1 {
		return false
	}
	workers.product = *g // where it is no garbage
	workers.run(&workers.product, extent, unit, grain, parts, estimate)
	return true
}

// estimate returns about how long the product takes on one thread. A single row waits for its weights.
func (g *product) estimate(tiles tileSize) time.Duration {
	speed := tiles.speed
	if g.m == 1 {
		speed = min(speed, rowSpeed)
	}
	return time.Duration(float64(g.m) * float64(g.n) * float64(g.k) / speed)
}

// split sets whether to split by rows, and returns how many rows or columns there are, in what units to take them,
// and how many at least. A forward product's order depends on whether its layer is narrow, and units of columns are
// not.
func (g *product) split(threads int, tiles tileSize) (extent, unit, grain int) {
	const (
		wholeLines = 64   // columns of a single row: some cache lines
		longRun    = 1024 // that memory serves well
		narrowRows = 32   // whole tiles, or vectors, whatever the kernel of a narrow layer
	)
	switch {
	case g.m == 1:
		unit = max(wholeLines, tiles.columns)
		if g.of == inputGradient {
			return g.n, unit, unit
		}
		if g.n >= 2*longRun*threads {
			unit = longRun
		}
		return g.n, unit, g.n / (4 * threads)
	case g.n <= narrow:
		g.byRows = true
		return g.m, narrowRows, 0
	}
	rows, columns := evenness(g.m, tiles.rows, threads), evenness(g.n, tiles.columns, threads)
	if rows > columns || tiles.rows == 1 && rows == columns {
		g.byRows = true
		return g.m, tiles.rows, 2 * tiles.rows
	}
	if g.of == inputGradient && g.m > 1 {
		return g.n, tiles.columns, min(8*tiles.rows, g.n/(2*threads))
	}
	return g.n, tiles.columns, 0
}

// evenness returns the part of the threads' time that is at work on n indices in whole units, up to 1.
func evenness(n, unit, threads int) float64 {
	units := max(n/unit, 1)
	return float64(units) / float64(threads*((units+threads-1)/threads))
}

// run computes the rows or columns from lo up to hi.
func (g *product) run(lo, hi int) {
	part := parts.take()
	*part = *g
	if g.byRows {
		part.m = hi - lo
		part.c = g.c[lo*g.ldc:]
		if g.of == weightGradient {
			part.a = g.a[lo:]
		} else {
			part.a = g.a[lo*g.lda:]
		}
	} else {
		part.n = hi - lo
		part.c = g.c[lo:]
		switch g.of {
		case forward, forwardReLU, weightGradient:
			part.b = g.b[lo:]
		case inputGradient:
			part.b = g.b[lo*g.ldb:]
		case forwardPacked:
			g.packed.columns(&part.view, lo, hi)
			part.packed = &part.view
		}
		if g.bias != nil {
			part.bias = g.bias[lo:]
		}
	}
	g.compute(part)
	*part = product{} // which keeps no matrix alive
	parts.give(part)
}

var parts kept[product]

func forwardPart(g *product)     { GemmNN(g.c, g.a, g.b, g.bias, g.m, g.n, g.k, g.lda, g.ldb, g.ldc) }
func forwardReLUPart(g *product) { GemmReLU(g.c, g.a, g.b, g.bias, g.m, g.n, g.k, g.lda, g.ldb, g.ldc) }

func weightGradientPart(g *product) { GemmTN(g.c, g.a, g.b, g.m, g.n, g.k, g.lda, g.ldb, g.ldc) }
func inputGradientPart(g *product)  { GemmNT(g.c, g.a, g.b, g.m, g.n, g.k, g.lda, g.ldb, g.ldc) }

func forwardPackedPart(g *product) { GemmPacked(g.c, g.a, g.packed, g.bias, g.m, g.lda, g.ldc) }

// columns sets part to the columns of p from lo, a multiple of the tier's tiles' columns, up to hi.
func (p *Packed) columns(part *Packed, lo, hi int) {
	*part = *p
	part.b, part.n = p.b[lo:], hi-lo
	if p.order != nil {
		part.order = p.order[lo*p.k:]
	}
}
