package kernels

import (
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// manyProcessors lets Go use at least as many processors as there are threads, so that calls are shared on any machine
// that has threads at all.
func manyProcessors(t *testing.T, threads int) {
	if before := runtime.GOMAXPROCS(0); before < threads {
		runtime.GOMAXPROCS(threads)
		t.Cleanup(func() { runtime.GOMAXPROCS(before) })
	}
	if runtime.GOMAXPROCS(0) < threads {
		t.Skip("Go has no threads here")
	}
}

// leastAllocations is testing.AllocsPerRun, less what a worker that falls asleep may now and then allocate.
func leastAllocations(f func()) float64 {
	least := testing.AllocsPerRun(5, f)
	for tries := 0; least > 0 && tries < 4; tries++ {
		least = min(least, testing.AllocsPerRun(5, f))
	}
	return least
}

// enough is work for which workers are woken in every tier.
const enough = 1 << 40

func TestParallelTakesEachPieceOnce(t *testing.T) {
	manyProcessors(t, 4)
	for _, c := range []struct{ threads, n, unit int }{
		{1, 10, 1}, {2, 1, 1}, {2, 2, 1}, {2, 7, 7}, {2, 100, 1}, {2, 1000, 32}, {3, 95, 32}, {3, 96, 32}, {4, 4097, 14},
		{4, 31, 32}, {2000, 5000, 1}, {2, 0, 1}, {2, -3, 1}, {0, 9, 1}, {2, 9, 0}, {2, math.MaxInt, 1}, {3, math.MaxInt, 5},
	} {
		var mutex sync.Mutex
		var pieces [][2]int
		for range 20 {
			pieces = nil
			Parallel(c.threads, c.n, c.unit, enough, func(lo, hi int) {
				mutex.Lock()
				pieces = append(pieces, [2]int{lo, hi})
				mutex.Unlock()
			})
			slices.SortFunc(pieces, func(a, b [2]int) int { return a[0] - b[0] })
			next := 0
			for _, piece := range pieces {
				lo, hi := piece[0], piece[1]
				if lo != next || hi <= lo || lo%max(c.unit, 1) != 0 || hi-lo < min(c.unit, c.n) {
					t.Fatalf("%+v: pieces %v", c, pieces)
				}
				next = hi
			}
			if next != max(c.n, 0) {
				t.Fatalf("%+v: pieces %v", c, pieces)
			}
		}
	}
}

// Two pieces that wait for each other need two threads.
func TestParallelIsParallel(t *testing.T) {
	manyProcessors(t, 2)
	workers.alone = 0
	for range 100 {
		var here sync.WaitGroup
		here.Add(2)
		var first atomic.Int32
		Parallel(2, 2, 1, enough, func(lo, hi int) {
			first.Add(1)
			here.Done()
			here.Wait()
		})
		if first.Load() != 2 {
			t.Fatalf("%d pieces, want 2", first.Load())
		}
	}
}

func TestParallelCallsNestAndCoincide(t *testing.T) {
	manyProcessors(t, 4)
	var callers sync.WaitGroup
	for range 4 {
		callers.Add(1)
		go func() {
			defer callers.Done()
			for range 50 {
				var sum atomic.Int64
				Parallel(3, 40, 1, enough, func(lo, hi int) {
					for i := lo; i < hi; i++ {
						Parallel(2, 30, 4, enough, func(lo, hi int) { sum.Add(int64(hi - lo)) })
					}
				})
				if sum.Load() != 40*30 {
					t.Errorf("%d indices, want %d", sum.Load(), 40*30)
				}
			}
		}()
	}
	callers.Wait()
}

func TestParallelPanicsReachTheCaller(t *testing.T) {
	manyProcessors(t, 3)
	for _, bad := range []int{0, 1, 17, 99} {
		for range 20 {
			value := func() (value any) {
				defer func() { value = recover() }()
				Parallel(3, 100, 1, enough, func(lo, hi int) {
					if lo <= bad && bad < hi {
						panic(fmt.Sprintf("index %d", bad))
					}
				})
				return nil
			}()
			if value != fmt.Sprintf("index %d", bad) {
				t.Fatalf("panic %v", value)
			}
			var sum atomic.Int64
			Parallel(3, 100, 1, enough, func(lo, hi int) { sum.Add(int64(hi - lo)) })
			if sum.Load() != 100 {
				t.Fatalf("after a panic: %d indices of 100", sum.Load())
			}
		}
	}
	defer func() {
		if value, ok := recover().(runtime.Error); !ok || !strings.Contains(value.Error(), "out of range") {
			t.Errorf("panic %v", value)
		}
	}()
	none := []int{}
	Parallel(2, 10, 1, enough, func(lo, hi int) { none[lo]++ })
}

func TestParallelDoesNotAllocate(t *testing.T) {
	manyProcessors(t, 2)
	var sum atomic.Int64
	f := func(lo, hi int) { sum.Add(int64(hi - lo)) }
	n := 32 // to be enough for the active tier
	for time.Duration(float64(n*n*n)/tilesOf(Active()).speed) < wakeWorth {
		n += 32
	}
	a, b, c := make([]float32, n*n), make([]float32, n*n), make([]float32, n*n)
	packed := Pack(b, n, n, n)
	for name, call := range map[string]func(){
		"Parallel": func() { Parallel(2, 100, 1, enough, f) },
		"NN":       func() { ParallelGemmNN(2, c, a, b, nil, n, n, n, n, n, n) },
		"packed":   func() { ParallelGemmPacked(2, c, a, packed, nil, n, n, n) },
		"small":    func() { ParallelGemmTN(2, c, a, b, 8, 8, 8, 8, 8, 8) },
	} {
		if allocations := leastAllocations(call); allocations != 0 {
			t.Errorf("%s: %v allocations", name, allocations)
		}
	}
}

// sharedShapes are products around the edges of what is split, and how.
var sharedShapes = []struct{ m, n, k int }{
	{64, 64, 64}, {1, 4096, 40}, {1, 2058, 300}, {1, 100, 3000}, {32, 128, 300}, {300, 10, 128}, {301, 16, 70},
	{300, 17, 70}, {40, 74, 300}, {29, 47, 257}, {2, 1000, 300}, {13, 500, 100}, {500, 13, 100}, {128, 200, 31}, {100, 97, 20},
	{60, 33, 260},
	{784, 10, 32}, {200, 40, 64}, {1, 31, 4000}, {3, 0, 5}, {0, 3, 5}, {3, 3, 0}, {70, 130, 0},
}

func TestParallelProductsAreTheSame(t *testing.T) {
	manyProcessors(t, 4)
	threadCounts := []int{0, 2, 3, 9}
	if testing.Short() {
		threadCounts = []int{3}
	}
	forEachTier(t, func(t *testing.T) {
		r := rand.New(rand.NewPCG(7, 7))
		for _, s := range sharedShapes {
			if testing.Short() && s.m*s.n*s.k > 1<<18 {
				continue
			}
			lda, ldb, ldc := s.k+2, s.n+1, s.n+3
			ldaTN, ldbNT := s.m+2, s.k+1
			a, b := randomMatrix(r, max(s.m*lda, s.k*ldaTN)), randomMatrix(r, max(s.k*ldb, s.n*ldbNT))
			bias := randomMatrix(r, s.n)
			packed := Pack(b, s.n, s.k, ldb)
			for name, op := range map[string]struct {
				alone, shared func(threads int, c []float32)
			}{
				"NN": {
					func(_ int, c []float32) { GemmNN(c, a, b, bias, s.m, s.n, s.k, lda, ldb, ldc) },
					func(threads int, c []float32) { ParallelGemmNN(threads, c, a, b, bias, s.m, s.n, s.k, lda, ldb, ldc) },
				},
				"NN without bias": {
					func(_ int, c []float32) { GemmNN(c, a, b, nil, s.m, s.n, s.k, lda, ldb, ldc) },
					func(threads int, c []float32) { ParallelGemmNN(threads, c, a, b, nil, s.m, s.n, s.k, lda, ldb, ldc) },
				},
				"ReLU": {
					func(_ int, c []float32) { GemmReLU(c, a, b, bias, s.m, s.n, s.k, lda, ldb, ldc) },
					func(threads int, c []float32) { ParallelGemmReLU(threads, c, a, b, bias, s.m, s.n, s.k, lda, ldb, ldc) },
				},
				"TN": {
					func(_ int, c []float32) { GemmTN(c, a, b, s.m, s.n, s.k, ldaTN, ldb, ldc) },
					func(threads int, c []float32) { ParallelGemmTN(threads, c, a, b, s.m, s.n, s.k, ldaTN, ldb, ldc) },
				},
				"NT": {
					func(_ int, c []float32) { GemmNT(c, a, b, s.m, s.n, s.k, lda, ldbNT, ldc) },
					func(threads int, c []float32) { ParallelGemmNT(threads, c, a, b, s.m, s.n, s.k, lda, ldbNT, ldc) },
				},
				"packed": {
					func(_ int, c []float32) { GemmPacked(c, a, packed, bias, s.m, lda, ldc) },
					func(threads int, c []float32) { ParallelGemmPacked(threads, c, a, packed, bias, s.m, lda, ldc) },
				},
			} {
				want := unwritten(s.m * ldc)
				op.alone(1, want)
				for _, threads := range threadCounts {
					Parallel(4, 4, 1, enough, func(lo, hi int) {}) // so that workers are awake
					got := unwritten(s.m * ldc)
					op.shared(threads, got)
					for i, v := range want {
						if !sameFloat(got[i], v) {
							t.Fatalf("%s of %v on %d threads: C[%d, %d] = %x, want %x", name, s, threads, i/ldc, i%ldc, got[i], v)
						}
					}
				}
			}
		}
	})
}

// Whatever the threads and the tier, pieces of a wide layer are wide, and pieces of products are those of C.
func TestSplitsKeepTheOrder(t *testing.T) {
	for _, tier := range tierNames {
		tiles := tilesOf(tier)
		for _, s := range sharedShapes {
			for _, of := range []productOf{forward, weightGradient, inputGradient, forwardPacked} {
				for threads := 2; threads < 40; threads++ {
					g := product{of: of, m: s.m, n: s.n, k: s.k}
					extent, unit, _ := g.split(threads, tiles)
					switch {
					case unit < 1, extent != s.n && !g.byRows, extent != s.m && g.byRows:
						t.Fatalf("%s, %+v on %d threads: %d in units of %d", tier, g, threads, extent, unit)
					case !g.byRows && (unit <= narrow || unit%tiles.columns != 0):
						t.Fatalf("%s, %+v on %d threads: columns in units of %d", tier, g, threads, unit)
					}
				}
			}
		}
	}
}

func unwritten(n int) []float32 {
	x := make([]float32, n)
	for i := range x {
		x[i] = 12345
	}
	return x
}

// TestThreadsFor: work that takes microseconds is not worth handing on, whatever the tier; a second of it is.
func TestThreadsFor(t *testing.T) {
	forEachTier(t, func(t *testing.T) {
		if got := ThreadsFor(4, int64(activeTiles.speed*50e3)); got != 1 {
			t.Errorf("50 µs are worth %d threads", got)
		}
		if got := ThreadsFor(4, int64(activeTiles.speed*1e9)); got != 4 {
			t.Errorf("a second is worth %d of 4 threads", got)
		}
	})
}
