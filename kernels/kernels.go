package kernels

import (
	"fmt"
	"math"
	"os"
	"slices"
	"strings"
)

// Contract is the version of the arithmetic contract in the package comment. Models store it; results computed under
// the same version are the same bits everywhere.
const Contract = 2

// table holds one function per operation of the contract that predictions use and a tier may take over. The reference
// fills all of it; a tier starts as a copy of the reference and overrides what it has in assembly, which must give the
// same bits. What only training uses is in trainingTable.
type table struct {
	name string // of the tier

	gemmNN func(c, a, b, bias []float32, m, n, k, lda, ldb, ldc int)

	// small has the kernels of products so small that the way to them counts; nil where there are none.
	small *microkernels

	pack       func(*Packed) // fills Packed.order, if gemmPacked wants one
	gemmPacked func(c, a []float32, b *Packed, bias []float32, m, lda, ldc int)
	dense      func(y, x []float32, w *Packed, bias []float32, a Activation, alpha float32, rows int)

	prepareChain func(c *Chain) // sets the fields that chain wants
	chain        func(c *Chain, y, z, x []float32, s *Scratch, rows int)
	chainRow     func(c *Chain, y, x []float32, s *Scratch)

	activate func(y, x []float32, a Activation, alpha float32, width int)

	sum func(x []float32) float32
	dot func(x, y []float32) float32

	multiplyAdd func(y, x, a, b []float32)
}

var generic = table{
	name:   "generic",
	gemmNN: genericGemmNN, pack: genericPack, gemmPacked: genericGemmPacked, dense: genericDense,
	prepareChain: genericPrepareChain, chain: genericChain, chainRow: genericChainRow,
	activate: genericActivate,
	sum:      genericSum, dot: genericDot, multiplyAdd: genericMultiplyAdd,
}

// tier is a table with its name. Each architecture's file (tiers_amd64.go, …) lists its own in machineTiers, with
// what the processor must have; the generic tier is always the last.
type tier struct {
	name      string
	supported bool
	fill      func(*table) // overrides entries of a table that holds the reference
}

// tierNames are the names that NNRT_KERNELS may have on some machine or other.
var tierNames = []string{"avx512", "avx2", "sse2", "neon", "generic"}

var (
	active *table // set by init, since the reference's own functions use it

	activeTiles tileSize
	leastShared int64 // multiply-adds of a product below which it is never shared between threads

	selectErr error // of NNRT_KERNELS
)

func init() {
	use(&generic)
	if name := os.Getenv("NNRT_KERNELS"); name != "" {
		if selectErr = Use(name); selectErr != nil {
			selectErr = fmt.Errorf("NNRT_KERNELS: %w", selectErr)
		}
		return
	}
	if err := Use(Tiers()[0]); err != nil {
		panic(err) // a tier that Tiers has just named
	}
}

// Active returns the name of the tier in use: avx512, avx2, sse2, neon or generic.
func Active() string { return active.name }

// Tiers returns the names of the tiers that this machine and build can run, the fastest first; generic is always the
// last.
func Tiers() []string {
	var names []string
	for _, t := range machineTiers() {
		if t.supported {
			names = append(names, t.name)
		}
	}
	return append(names, "generic")
}

// Err returns what is wrong with the environment variable NNRT_KERNELS, or nil. Until it is put right the generic
// tier is in use, and net refuses to make models.
func Err() error { return selectErr }

func use(t *table) {
	active, activeTiles = t, tilesOf(t.name)
	activeTraining.Store(nil)
	leastShared = int64(shareTime) * int64(math.Ceil(min(activeTiles.speed, rowSpeed)))
}

// Use selects a tier by name. It is for tests and benchmarks: no kernel may be running meanwhile.
func Use(name string) error {
	if name == "generic" {
		use(&generic)
		return nil
	}
	for _, t := range machineTiers() {
		if t.name == name && t.supported {
			kernels := generic
			kernels.name = name
			t.fill(&kernels)
			use(&kernels)
			return nil
		}
	}
	usable := strings.Join(Tiers(), ", ")
	if slices.Contains(tierNames, name) {
		return fmt.Errorf("kernels %q cannot run here (this machine and build have: %s)", name, usable)
	}
	return fmt.Errorf("no kernels are called %q (this machine and build have: %s)", name, usable)
}
