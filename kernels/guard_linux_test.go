package kernels

import (
	"fmt"
	"math/rand/v2"
	"runtime/debug"
	"syscall"
	"testing"
	"unsafe"
)

// Operands that lie directly before or directly after a page that is not mapped: whoever reads or writes outside a
// slice is caught at it. Operands that are only read lie in memory that cannot be written.

// guarded is memory between two pages that are not mapped.
type guarded struct {
	name   string
	values []float32 // between the pages
}

// guard maps memory for at least n values. Where it is for reading only, it holds numbers of the kind.
func guard(t *testing.T, name string, n int, readOnly bool) *guarded {
	t.Helper()
	page := syscall.Getpagesize()
	size := (4*n + page - 1) / page * page
	memory, err := syscall.Mmap(-1, 0, size+2*page, syscall.PROT_READ|syscall.PROT_WRITE,
		syscall.MAP_ANON|syscall.MAP_PRIVATE)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := syscall.Munmap(memory); err != nil {
			t.Error(err)
		}
	})
	inside := memory[page:][:size]
	g := &guarded{name, unsafe.Slice((*float32)(unsafe.Pointer(&inside[0])), size/4)}
	copy(g.values, randomMatrix(rand.New(rand.NewPCG(9, uint64(n))), size/4))
	protect := func(b []byte, access int) {
		if err := syscall.Mprotect(b, access); err != nil {
			t.Fatal(err)
		}
	}
	protect(memory[:page], syscall.PROT_NONE)
	protect(memory[page+size:], syscall.PROT_NONE)
	if readOnly {
		protect(inside, syscall.PROT_READ)
	}
	return g
}

// take returns n values, the first or the last ones of the memory.
func (g *guarded) take(n int, last bool) []float32 {
	if last {
		return g.values[len(g.values)-n:]
	}
	return g.values[:n:n]
}

// faults runs f, and if it touches what it must not, fails the test in the name of the call that what describes.
func faults(t *testing.T, memory []*guarded, f func(), what func() string) bool {
	t.Helper()
	fault := faultOf(memory, f)
	if fault != "" {
		t.Errorf("%s: %s", what(), fault)
	}
	return fault != ""
}

// faultOf runs f and says what it touched that it must not, or returns nothing. Faults must be panics: see
// debug.SetPanicOnFault. (Not every architecture tells the address, or its last bits.)
func faultOf(memory []*guarded, f func()) (fault string) {
	defer func() {
		r := recover()
		if r == nil {
			return
		}
		fault = fmt.Sprintf("panic: %v", r)
		at, ok := r.(interface{ Addr() uintptr })
		if !ok {
			return
		}
		page := uintptr(syscall.Getpagesize())
		for _, g := range memory {
			first := uintptr(unsafe.Pointer(&g.values[0]))
			end := first + 4*uintptr(len(g.values))
			switch a := at.Addr(); {
			case a >= first-page && a < first:
				fault = fmt.Sprintf("fault %d bytes before %s", first-a, g.name)
			case a >= first && a < end:
				fault = fmt.Sprintf("fault at a write to %s, which is only read", g.name)
			case a >= end && a < end+page:
				fault = fmt.Sprintf("fault %d bytes after the end of %s", a-end, g.name)
			}
		}
	}()
	f()
	return ""
}

// TestFaultsAreNoticed in every tier's code, so that the tests below mean something.
func TestFaultsAreNoticed(t *testing.T) {
	g, other := guard(t, "w", 50, false), guard(t, "g", 50, true)
	memory := []*guarded{g, other}
	n := len(g.values)
	tooLong := unsafe.Slice(&g.values[n-50], 51)
	tooEarly := unsafe.Slice((*float32)(unsafe.Add(unsafe.Pointer(&g.values[0]), -4)), 50)
	forEachTier(t, func(t *testing.T) {
		debug.SetPanicOnFault(true)
		if got := faultOf(memory, func() { active.sum(g.values); training().sgd(g.values, other.values, 1) }); got != "" {
			t.Errorf("within the slices: %s", got)
		}
		for name, call := range map[string]func(){
			"sum after the end":          func() { active.sum(tooLong) },
			"sum before the beginning":   func() { active.sum(tooEarly) },
			"decay after the end":        func() { training().decay(tooLong, 0) },
			"decay of what is only read": func() { training().decay(other.values, 0) },
			"decay before the beginning": func() { training().decay(tooEarly, 0) },
			"product with a bias too short": func() {
				active.gemmNN(g.values, other.values, other.values, tooLong, 1, 51, 1, 1, 51, 51)
			},
		} {
			if faultOf(memory, call) == "" {
				t.Errorf("%s: no fault", name)
			}
		}
	})
}

func where(last bool) string {
	if last {
		return "before the unmapped page"
	}
	return "after the unmapped page"
}

func TestProductsStayInTheirSlices(t *testing.T) {
	if testing.Short() && len(Tiers()) == 1 {
		t.Skip("there is only the reference here, and -short")
	}
	widths := []int{1, 2, 3, 4, 5, 7, 8, 9, 10, 15, 16, 17, 23, 24, 25, 31, 32, 33, 47, 48, 49, 63, 64, 65, 70}
	const size = 257 * (70 + 5)
	memory := []*guarded{guard(t, "C", size, false), guard(t, "A", size, true), guard(t, "B", size, true),
		guard(t, "the bias", 70, true)}
	forEachTier(t, func(t *testing.T) {
		debug.SetPanicOnFault(true)
		r := rand.New(rand.NewPCG(5, 5))
	operations:
		for _, p := range productOperations() {
			for m := 1; m <= 30; m++ {
				for _, n := range widths {
					k := 1 + r.IntN(44)
					if r.IntN(8) == 0 {
						k = 255 + r.IntN(3)
					}
					if testing.Short() && r.IntN(4) > 0 {
						continue
					}
					for _, gap := range []int{0, 1 + r.IntN(5)} {
						s := p.withGaps(m, n, k, gap, gap, gap)
						lengthC, lengthA, lengthB, lengthBias := p.lengths(s)
						for _, last := range []bool{false, true} {
							var bias []float32
							if p.bias {
								bias = memory[3].take(lengthBias, last)
							}
							if faults(t, memory, func() {
								p.run(active, memory[0].take(lengthC, last), memory[1].take(lengthA, last),
									memory[2].take(lengthB, last), bias, s)
							}, func() string {
								return fmt.Sprintf("%s %+v, operands %s", p.name, s, where(last))
							}) {
								continue operations
							}
						}
					}
				}
			}
		}
	})
}

// TestPackedProductsStayInTheirSlices has the tier's own copy of B beside the unmapped pages, too.
func TestPackedProductsStayInTheirSlices(t *testing.T) {
	if testing.Short() && len(Tiers()) == 1 {
		t.Skip("there is only the reference here, and -short")
	}
	const rows, columns, longest = 30, 70, 260
	memory := []*guarded{guard(t, "C", rows*columns, false), guard(t, "A", rows*longest, true),
		guard(t, "B", longest*columns, true), guard(t, "the packed B", 2*longest*columns, false)}
	forEachTier(t, func(t *testing.T) {
		debug.SetPanicOnFault(true)
		r := rand.New(rand.NewPCG(6, 6))
		for n := 1; n <= columns; n++ {
			for _, k := range []int{1 + r.IntN(31), 32 + r.IntN(40), 250 + r.IntN(11)} {
				for _, last := range []bool{false, true} {
					b := Pack(memory[2].take(n*k, last), n, k, n)
					order := memory[3].take(len(b.order), last)
					copy(order, b.order)
					if b.order != nil {
						b.order = order
					}
					for _, m := range []int{1, 2 + r.IntN(12), 14 + r.IntN(17)} {
						if faults(t, memory, func() {
							GemmPacked(memory[0].take(m*n, last), memory[1].take(m*k, last), b, nil, m, k, n)
						}, func() string {
							return fmt.Sprintf("GemmPacked of m = %d, n = %d, k = %d, operands %s", m, n, k, where(last))
						}) {
							return
						}
					}
				}
			}
		}
	})
}

func TestChainsStayInTheirSlices(t *testing.T) {
	if testing.Short() && len(Tiers()) == 1 {
		t.Skip("there is only the reference here, and -short")
	}
	const mostRows = 40
	forEachTier(t, func(t *testing.T) {
		debug.SetPanicOnFault(true)
		r := rand.New(rand.NewPCG(14, 14))
		for range 30 {
			c := randomChain(r)
			atTheEnd := func(name string, values []float32) (*guarded, []float32) {
				g := guard(t, name, len(values), false)
				return g, append(g.take(len(values), true)[:0], values...)
			}
			var memory []*guarded
			for i := range c.w {
				w, copied := atTheEnd("the weights", c.w[i])
				memory, c.w[i] = append(memory, w), copied
				if c.bias[i] != nil {
					bias, copied := atTheEnd("the bias", c.bias[i])
					memory, c.bias[i] = append(memory, bias), copied
				}
			}
			chain := c.prepare()
			x, y := guard(t, "x", mostRows*c.widths[0], true), guard(t, "y", mostRows*c.outputs(), false)
			scratch := guard(t, "scratch", max(chain.scratch, 1), false)
			memory = append(memory, x, y, scratch)
			for _, rows := range []int{1, 2 + r.IntN(13), 15, 16, 17 + r.IntN(14), 32, 33 + r.IntN(7)} {
				for _, last := range []bool{false, true} {
					if faults(t, memory, func() {
						chain.Forward(y.take(rows*c.outputs(), last), x.take(rows*c.widths[0], last),
							&Scratch{scratch.take(chain.scratch, last)})
					}, func() string { return fmt.Sprintf("%d rows through %s, %s", rows, c, where(last)) }) {
						return
					}
				}
			}
		}
	})
}

func TestActivationsStayInTheirSlices(t *testing.T) {
	const longest = 70
	written := guard(t, "the result", longest, false)
	memory := []*guarded{written, guard(t, "x", longest, true), guard(t, "y", longest, true),
		guard(t, "dy", longest, true)}
	forEachTier(t, func(t *testing.T) {
		debug.SetPanicOnFault(true)
	activations:
		for a := Linear; a.Valid(); a++ {
			for n := 0; n <= longest; n++ {
				for _, last := range []bool{false, true} {
					for _, width := range []int{max(n, 1), 1} {
						to, x := written.take(n, last), memory[1].take(n, last)
						y, dy := memory[2].take(n, last), memory[3].take(n, last)
						alpha := goldenAlpha(a)
						for name, call := range map[string]func(){
							"values":            func() { active.activate(to, x, a, alpha, width) },
							"values in place":   func() { active.activate(to, to, a, alpha, width) },
							"gradient":          func() { training().activateGradient(to, dy, x, y, a, alpha, width) },
							"gradient in place": func() { training().activateGradient(to, to, x, y, a, alpha, width) },
						} {
							if faults(t, memory, call, func() string {
								return fmt.Sprintf("%s of %s, %d elements in rows of %d, %s", name, a, n, width, where(last))
							}) {
								continue activations
							}
						}
					}
				}
			}
		}
	})
}

func TestVectorOperationsStayInTheirSlices(t *testing.T) {
	const longest = 260
	forEachTier(t, func(t *testing.T) {
		debug.SetPanicOnFault(true)
		for _, o := range vectorOperations() {
			var memory []*guarded
			for i := range o.writes + o.reads {
				memory = append(memory, guard(t, fmt.Sprint("vector ", i), longest, i >= o.writes))
			}
			v := make([][]float32, len(memory))
		lengths:
			for n := 0; n <= longest; n++ {
				for _, last := range []bool{false, true} {
					for i, g := range memory {
						v[i] = g.take(n, last)
					}
					if faults(t, memory, func() { o.run(active, v, usualFactors) }, func() string {
						return fmt.Sprintf("%s of %d elements, %s", o.name, n, where(last))
					}) {
						break lengths
					}
				}
			}
		}
	})
}

func TestColumnSumsStayInTheirSlices(t *testing.T) {
	const widest, most = 70, 9
	memory := []*guarded{guard(t, "sums", widest, false), guard(t, "x", most*widest, true)}
	forEachTier(t, func(t *testing.T) {
		debug.SetPanicOnFault(true)
		for width := 1; width <= widest; width++ {
			for rows := range most + 1 {
				for _, last := range []bool{false, true} {
					if faults(t, memory, func() {
						training().columnSums(memory[0].take(width, last), memory[1].take(rows*width, last))
					}, func() string {
						return fmt.Sprintf("columnSums of %d rows of %d, %s", rows, width, where(last))
					}) {
						return
					}
				}
			}
		}
	})
}

func TestJoinedAdamStaysInItsSlices(t *testing.T) {
	const m, n, k = 40, 128, 40
	memory := []*guarded{guard(t, "w", m*n, false), guard(t, "the mean", m*n, false), guard(t, "the square", m*n, false),
		guard(t, "g", m*n, false), guard(t, "A", m*k, true), guard(t, "B", n*k, true)}
	forEachTier(t, func(t *testing.T) {
		debug.SetPanicOnFault(true)
		for _, d := range [][3]int{{8, 32, 1}, {16, 64, 5}, {24, 96, 32}, {40, 128, 40}, {19, 64, 33}, {5, 32, 7}, {9, 33, 4}} {
			for _, last := range []bool{false, true} {
				take := func(i, n int) []float32 { return memory[i].take(n, last) }
				m, n, k := d[0], d[1], d[2]
				if faults(t, memory, func() {
					training().gemmTNAdam(take(0, m*n), take(1, m*n), take(2, m*n), take(3, m*n), take(4, m*k), take(5, n*k),
						m, n, k, m, n, n, AdamStep{Epsilon: 1})
				}, func() string { return fmt.Sprintf("gemmTNAdam of %v, %s", d, where(last)) }) {
					return
				}
			}
		}
	})
}

func TestTurnedStaysInItsSlices(t *testing.T) {
	const m, n, k = 20, 40, 40
	memory := []*guarded{guard(t, "C", m*n, false), guard(t, "A", m*k, true), guard(t, "B", n*k, true),
		guard(t, "the bias", m, true)}
	forEachTier(t, func(t *testing.T) {
		debug.SetPanicOnFault(true)
		for _, d := range [][3]int{{10, 32, 8}, {1, 16, 8}, {9, 1, 32}, {20, 40, 40}, {15, 33, 3}, {11, 8, 17}} {
			for _, last := range []bool{false, true} {
				take := func(i, n int) []float32 { return memory[i].take(n, last) }
				m, n, k := d[0], d[1], d[2]
				if faults(t, memory, func() {
					training().turned(take(0, m*n), take(1, m*k), take(2, k*n), take(3, m), true, m, n, k, 1, m)
					training().turned(take(0, m*n), take(1, m*k), take(2, k*n), nil, false, m, n, k, k, 1)
					training().transpose(take(0, m*n), take(2, m*n), m, n)
				}, func() string { return fmt.Sprintf("turned %v, %s", d, where(last)) }) {
					return
				}
			}
		}
	})
}
