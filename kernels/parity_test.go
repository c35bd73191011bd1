package kernels

import (
	"fmt"
	"math"
	"math/rand/v2"
	"sync"
	"testing"
)

// Every tier against the portable functions, bit for bit, NaN being equal to NaN: these are the tests that make the
// assembly equal to the contract. The functions whose names end in Difference return what differs first, or nothing.

// onAssembly runs a test of each tier but the reference, with its table.
func onAssembly(t *testing.T, test func(t *testing.T, kernels *table)) {
	t.Helper()
	forEachTier(t, func(t *testing.T) {
		if Active() != "generic" {
			test(t, active)
		}
	})
}

// untouched is what lies around results, and must lie there afterwards.
const untouched = 12345

// surrounded returns a buffer of untouched elements and n of them inside, which begin at the offset.
func surrounded(n, offset int) (buffer, inside []float32) {
	const after = 16
	buffer = make([]float32, offset+n+after)
	for i := range buffer {
		buffer[i] = untouched
	}
	return buffer, buffer[offset:][:n:n]
}

// difference returns the first index at which two buffers differ, −1 if they do not.
func difference(got, want []float32) int {
	for i, w := range want {
		if !sameFloat(got[i], w) {
			return i
		}
	}
	return -1
}

func bitsOf(x float32) string { return fmt.Sprintf("%x (bits %08x)", x, math.Float32bits(x)) }

// pool holds numbers of a kind, from which tests take operands.
type pool struct {
	name               string
	left, right, start []float32
}

var pools = sync.OnceValue(func() []pool {
	n := 1 << 18
	if testing.Short() {
		n = 1 << 16
	}
	var all []pool
	for i, kind := range kindsOfNumbers() {
		r := rand.New(rand.NewPCG(6, uint64(i)))
		draw := func(n int, number func(r *rand.Rand) float32) []float32 {
			x := make([]float32, n)
			for i := range x {
				x[i] = number(r)
			}
			return x
		}
		all = append(all, pool{kind.name, draw(n, kind.left), draw(n, kind.right), draw(1<<13, kind.start)})
	}
	return all
})

// window returns n of the numbers, from a place that differs from call to call.
func window(r *rand.Rand, numbers []float32, n int) []float32 {
	return numbers[r.IntN(len(numbers)-n+1):][:n:n]
}

// productDifference computes one product by a tier and compares it with the reference's, which productReference has
// computed with the same arguments. C begins offset elements into its memory.
func productDifference(t *table, p productOperation, s productShape, a, b, bias, want []float32, offset int) string {
	length, _, _, _ := p.lengths(s)
	got, c := surrounded(length, offset)
	p.run(t, c, a, b, bias, s)
	i := difference(got, want)
	if i < 0 {
		return ""
	}
	at := i - offset
	if at < 0 || at >= length || at%s.ldc >= s.n {
		return fmt.Sprintf("%s %+v wrote %d elements from the beginning of C, outside it", p.name, s, at)
	}
	return fmt.Sprintf("%s %+v: C[%d,%d] = %s, want %s", p.name, s, at/s.ldc, at%s.ldc, bitsOf(got[i]),
		bitsOf(want[i]))
}

func productReference(p productOperation, s productShape, a, b, bias []float32, offset int) []float32 {
	length, _, _, _ := p.lengths(s)
	buffer, c := surrounded(length, offset)
	reference(func(t *table) { p.run(t, c, a, b, bias, s) })
	return buffer
}

// productShapes are all small sizes, with k that differ; narrow layers, whose sums have lanes; sizes around the
// segments of k; and large ones, at which products go other ways: many rows, strides of a power of two, few columns
// or rows.
func productShapes(r *rand.Rand) [][3]int {
	var shapes [][3]int
	add := func(m, n, k int) { shapes = append(shapes, [3]int{m, n, k}) }
	for m := 1; m <= 33; m++ {
		for n := 1; n <= 70; n++ {
			if !testing.Short() || r.IntN(12) == 0 {
				add(m, n, 1+r.IntN(40))
			}
		}
	}
	long, large := 80, [][3]int{{50, 100, 600}, {3, 1100, 200}, {100, 70, 1030}, {1, 390, 640}, {1, 10, 2000},
		{130, 10, 784}, {513, 40, 3}, {1, 1, 5000}, {32, 64, 784}, {1100, 3, 40}, {60, 1024, 33}, {230, 512, 17},
		{20, 40, 1024}, {900, 20, 40}, {780, 17, 260}, {16, 240, 300}, {9, 225, 257}}
	if testing.Short() {
		long, large = 15, nil
	}
	for i := range long {
		add(1+r.IntN(40), 1+i%narrow, 4*narrowLanes-3+r.IntN(50))
		between := [][2]int{{250, 260}, {511, 514}, {250, 260}, {767, 770}, {41, 249}}[i%5]
		k := func() int { return between[0] + r.IntN(between[1]-between[0]+1) }
		add(1+r.IntN(33), 1+r.IntN(70), k())
		add(1+i%2, 1+r.IntN(70), k())
	}
	return append(shapes, large...)
}

// productsWanted are the reference's results of productsDifference, which all tiers share, by the product's name.
var productsWanted = map[string][][]float32{}

// productsDifference goes over all shapes with numbers of all kinds, without gaps between the rows and with some.
func productsDifference(t *table, p productOperation) string {
	r := rand.New(rand.NewPCG(7, 7))
	kinds := pools()
	for i, size := range productShapes(r) {
		gaps := [3]int{}
		if i%2 == 1 && size[0]*size[1]*size[2] < 1<<19 { // some large ones are there for their strides
			gaps = [3]int{r.IntN(9), r.IntN(9), r.IntN(9)}
		}
		s := p.withGaps(size[0], size[1], size[2], gaps[0], gaps[1], gaps[2])
		_, lengthA, lengthB, lengthBias := p.lengths(s)
		kind := kinds[r.IntN(len(kinds))]
		a, b := window(r, kind.left, lengthA), window(r, kind.right, lengthB)
		var bias []float32
		if p.bias {
			bias = window(r, kind.start, lengthBias)
		}
		offset := r.IntN(16)
		if i == len(productsWanted[p.name]) {
			productsWanted[p.name] = append(productsWanted[p.name], productReference(p, s, a, b, bias, offset))
		}
		if d := productDifference(t, p, s, a, b, bias, productsWanted[p.name][i], offset); d != "" {
			return d + ", numbers: " + kind.name
		}
	}
	return ""
}

func TestProductsEqualTheReference(t *testing.T) {
	onAssembly(t, func(t *testing.T, kernels *table) {
		for _, p := range productOperations() {
			if d := productsDifference(kernels, p); d != "" {
				t.Error(d)
			}
		}
	})
}

// TestParityNotices holds the test above against products that are wrong in the ways of which assembly is capable.
func TestParityNotices(t *testing.T) {
	if testing.Short() && len(Tiers()) == 1 {
		t.Skip("there is only the reference here, and -short")
	}
	products := func(segment int, hasLanes func(n, k int) bool, fma func(a, b, c float32) float32) *table {
		return &table{gemmNN: func(c, a, b, bias []float32, m, n, k, lda, ldb, ldc int) {
			for at := range m * n {
				i, j := at/n, at%n
				var sums [narrowLanes]float32
				if bias != nil {
					sums[0] = bias[j]
				}
				if hasLanes(n, k) {
					for p := range k {
						sums[p%narrowLanes] = fma(a[i*lda+p], b[p*ldb+j], sums[p%narrowLanes])
					}
					joinNarrow(sums[:1], sums[:], 1)
				} else {
					for first := 0; first < k; first += segment {
						sum := &sums[min(first, 1)]
						for p := first; p < min(k, first+segment); p++ {
							*sum = fma(a[i*lda+p], b[p*ldb+j], *sum)
						}
						if first > 0 {
							sums[0], sums[1] = sums[0]+sums[1], 0
						}
					}
				}
				c[i*ldc+j] = sums[0]
			}
		}}
	}
	found := func(kernels *table) (difference string) {
		for _, p := range productOperations()[:2] {
			difference += productsDifference(kernels, p)
		}
		return difference
	}
	if d := found(products(segment, hasLanes, FMA)); d != "" {
		t.Fatalf("the products that are to be spoilt are wrong without: %s", d)
	}
	flush := func(x float32) float32 {
		if abs(x) < 0x1p-126 {
			return 0
		}
		return x
	}
	for name, fma := range map[string]func(a, b, c float32) float32{
		"rounding twice": func(a, b, c float32) float32 { return float32(float64(a)*float64(b) + float64(c)) },
		"rounding twice where the result is subnormal": func(a, b, c float32) float32 {
			if s := float32(float64(a)*float64(b) + float64(c)); abs(s) < 0x1p-126 {
				return s
			}
			return FMA(a, b, c)
		},
		"products rounded":                  func(a, b, c float32) float32 { return float32(a*b) + c },
		"subnormal results flushed to zero": func(a, b, c float32) float32 { return flush(FMA(a, b, c)) },
		"subnormal operands taken for zero": func(a, b, c float32) float32 { return FMA(flush(a), flush(b), flush(c)) },
		"zeros skipped": func(a, b, c float32) float32 {
			if a == 0 {
				return c
			}
			return FMA(a, b, c)
		},
	} {
		if found(products(segment, hasLanes, fma)) == "" {
			t.Errorf("nobody would notice: %s", name)
		}
	}
	if found(products(1<<30, hasLanes, FMA)) == "" {
		t.Error("nobody would notice: no segments")
	}
	if found(products(segment, func(n, k int) bool { return false }, FMA)) == "" {
		t.Error("nobody would notice: no lanes")
	}
}

// activationDifference computes an activation's values and gradients by a tier and by the reference, each into memory
// of its own and in place.
func activationDifference(t *table, a Activation, alpha float32, width int, x, dy []float32, offset int) string {
	n := len(x)
	compare := func(what string, from []float32, run func(t *table, to []float32)) (want []float32, d string) {
		got, gotY := surrounded(n, offset)
		want, wantY := surrounded(n, offset)
		if from != nil {
			copy(gotY, from)
			copy(wantY, from)
		}
		before := active
		active = t
		run(t, gotY)
		active = before
		reference(func(t *table) { run(t, wantY) })
		i := difference(got, want)
		if i < 0 {
			return wantY, ""
		}
		at := i - offset
		d = fmt.Sprintf("%s of %s, α = %v, %d elements in rows of %d, element %d: %s, want %s", what, a, alpha, n, width,
			at, bitsOf(got[i]), bitsOf(want[i]))
		if at >= 0 && at < n {
			d += fmt.Sprintf("; x = %s, dy = %s", bitsOf(x[at]), bitsOf(dy[at]))
		}
		return wantY, d
	}
	y, d := compare("values", nil, func(t *table, to []float32) { t.activate(to, x, a, alpha, width) })
	if d != "" {
		return d
	}
	for _, c := range []struct {
		what string
		from []float32
		run  func(t *table, to []float32)
	}{
		{"values in place", x, func(t *table, to []float32) { t.activate(to, to, a, alpha, width) }},
		{"gradient", nil, func(t *table, to []float32) { t.training().activateGradient(to, dy, x, y, a, alpha, width) }},
		{"gradient in place", dy, func(t *table, to []float32) { t.training().activateGradient(to, to, x, y, a, alpha, width) }},
	} {
		if _, d := compare(c.what, c.from, c.run); d != "" {
			return d
		}
	}
	return ""
}

// hardAlphas are values of α, usual and not, for those activations that have one.
func hardAlphas(a Activation) []float32 {
	switch a {
	case LeakyReLU:
		return []float32{0.2, 0, -1.5, 1, 3, inf32, nan32, 1e-45}
	case ELU:
		return []float32{1, 0.75, 0, -2, 3e38, nan32, 1e-40}
	case CELU:
		return []float32{1, 0.75, 3, 0x1p-120, 0x1p100, 1e-44}
	}
	return []float32{0}
}

func TestActivationsEqualTheReference(t *testing.T) {
	rounds := 40
	if testing.Short() {
		rounds = 4
	}
	onAssembly(t, func(t *testing.T, kernels *table) {
		r := rand.New(rand.NewPCG(8, 8))
	activations:
		for a := Linear; a.Valid(); a++ {
			check := func(n, width int) bool {
				kind := pools()[r.IntN(len(pools()))]
				gradients := pools()[r.IntN(len(pools()))]
				alpha := hardAlphas(a)[r.IntN(len(hardAlphas(a)))]
				x, dy := window(r, kind.left, n), window(r, gradients.right, n)
				d := activationDifference(kernels, a, alpha, width, x, dy, r.IntN(16))
				if d != "" {
					t.Errorf("%s, numbers: %s and %s", d, kind.name, gradients.name)
				}
				return d == ""
			}
			for n := range 140 {
				if !check(n, max(n, 1)) {
					continue activations
				}
			}
			for range rounds {
				if width := 1 + r.IntN(300); !check(width*(1+r.IntN(8)), width) {
					continue activations
				}
			}
			for _, kind := range pools() { // all of them, and more than any block
				for _, alpha := range hardAlphas(a) {
					const n = 1000
					if d := activationDifference(kernels, a, alpha, n/4, window(r, kind.left, n),
						window(r, pools()[0].left, n), 3); d != "" {
						t.Errorf("%s, numbers: %s", d, kind.name)
						continue activations
					}
				}
			}
		}
	})
}

// vectorDifference does an operation over vectors by a tier and by the reference.
func vectorDifference(t *table, o vectorOperation, v [][]float32, f factors, offset int) string {
	n := len(v[0])
	run := func(t *table) (result float32, buffers [][]float32) {
		operands := append([][]float32(nil), v...)
		for i := range o.writes {
			buffer, inside := surrounded(n, (offset+i)%16)
			copy(inside, v[i])
			buffers, operands[i] = append(buffers, buffer), inside
		}
		return o.run(t, operands, f), buffers
	}
	got, gotBuffers := run(t)
	var want float32
	var wantBuffers [][]float32
	reference(func(t *table) { want, wantBuffers = run(t) })
	if !sameFloat(got, want) {
		return fmt.Sprintf("%s of %d elements: %s, want %s", o.name, n, bitsOf(got), bitsOf(want))
	}
	for i, want := range wantBuffers {
		if at := difference(gotBuffers[i], want); at >= 0 {
			d := fmt.Sprintf("%s of %d elements, factors %v, vector %d, element %d: %s, want %s", o.name, n, f, i,
				at-(offset+i)%16, bitsOf(gotBuffers[i][at]), bitsOf(want[at]))
			if at -= (offset + i) % 16; at >= 0 && at < n {
				for _, x := range v {
					d += "; before " + bitsOf(x[at])
				}
			}
			return d
		}
	}
	return ""
}

func TestVectorOperationsEqualTheReference(t *testing.T) {
	rounds := 300
	if testing.Short() {
		rounds = 60
	}
	onAssembly(t, func(t *testing.T, kernels *table) {
		r := rand.New(rand.NewPCG(9, 9))
	operations:
		for _, o := range vectorOperations() {
			for round := range rounds {
				n := round
				if round >= 200 {
					n = 200 + r.IntN(3000)
				}
				kind := pools()[r.IntN(len(pools()))]
				f := usualFactors
				switch r.IntN(4) {
				case 0:
					copy(f[:], window(r, kind.right, len(f)))
				case 1: // one that is special
					f[r.IntN(len(f))] = []float32{0, neg0, inf32, -inf32, nan32, 1e-45, 1, math.MaxFloat32}[r.IntN(8)]
				}
				v := make([][]float32, o.writes+o.reads)
				for i := range v {
					v[i] = window(r, kind.left, n)
					if i%2 == 1 {
						v[i] = window(r, kind.right, n)
					}
				}
				if d := vectorDifference(kernels, o, v, f, r.IntN(16)); d != "" {
					t.Errorf("%s, numbers: %s", d, kind.name)
					continue operations
				}
			}
		}
	})
}

// columnSumsDifference adds rows of the width by a tier and by the reference.
func columnSumsDifference(t *table, width int, x []float32, offset int) string {
	got, gotSums := surrounded(width, offset)
	want, wantSums := surrounded(width, offset)
	t.training().columnSums(gotSums, x)
	reference(func(t *table) { t.training().columnSums(wantSums, x) })
	if i := difference(got, want); i >= 0 {
		return fmt.Sprintf("columnSums of %d rows of %d, element %d: %s, want %s", len(x)/width, width, i-offset,
			bitsOf(got[i]), bitsOf(want[i]))
	}
	return ""
}

func TestColumnSumsEqualTheReference(t *testing.T) {
	onAssembly(t, func(t *testing.T, kernels *table) {
		r := rand.New(rand.NewPCG(10, 10))
		for width := 1; width <= 200; width++ {
			kind := pools()[r.IntN(len(pools()))]
			x := window(r, kind.left, width*r.IntN(40))
			if d := columnSumsDifference(kernels, width, x, r.IntN(16)); d != "" {
				t.Errorf("%s, numbers: %s", d, kind.name)
				return
			}
		}
	})
}

func TestGatherRowsEqualsTheReference(t *testing.T) {
	onAssembly(t, func(t *testing.T, kernels *table) {
		r := rand.New(rand.NewPCG(11, 11))
		for width := 1; width <= 140; width++ {
			n, rows := r.IntN(20), 1+r.IntN(50)
			src := window(r, pools()[r.IntN(len(pools()))].left, rows*width)
			order := make([]int32, n+r.IntN(60))
			for i := range order {
				order[i] = int32(r.IntN(rows))
			}
			bad := r.IntN(3*n + 1)
			if bad < n {
				order[bad] = []int32{-1, int32(rows), math.MinInt32, math.MaxInt32}[r.IntN(4)]
			}
			offset := r.IntN(16)
			got, gotRows := surrounded(n*width, offset)
			want, wantRows := surrounded(n*width, offset)
			left := kernels.training().gatherRows(gotRows, src, order, n, width, rows)
			if wantLeft := genericGatherRows(wantRows, src, order, n, width, rows); left != wantLeft {
				t.Errorf("gatherRows of %d rows of %d by %v leaves %d, want %d", rows, width, order[:n], left, wantLeft)
			}
			if i := difference(got, want); i >= 0 {
				t.Errorf("gatherRows of %d rows of %d, row %d, element %d: %s, want %s", rows, width, (i-offset)/width,
					(i-offset)%width, bitsOf(got[i]), bitsOf(want[i]))
			}
		}
	})
}
