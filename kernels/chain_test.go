package kernels

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
)

// chainCase is a chain with its parameters apart.
type chainCase struct {
	widths      []int // inputs first
	activations []Activation
	w, bias     [][]float32
}

const chainAlpha = 0.25

// randomChain draws a chain whose widths are likely to be at the edges of tiles and vectors, narrow layers with lanes
// and layers of several segments among them.
func randomChain(r *rand.Rand) *chainCase {
	widths := []int{1, 2, 3, 4, 7, 8, 9, 10, 13, 15, 16, 17, 20, 31, 32, 33, 40, 63, 64, 65, 100}
	draw := func() int {
		if r.IntN(40) == 0 {
			return 257 + r.IntN(300)
		}
		return widths[r.IntN(len(widths))]
	}
	c := &chainCase{widths: []int{draw()}}
	for range 1 + r.IntN(4) {
		k, n := c.widths[len(c.widths)-1], draw()
		c.widths = append(c.widths, n)
		a := Activation(r.IntN(len(activationNames)))
		if r.IntN(2) == 0 {
			a = ReLU
		}
		c.activations = append(c.activations, a)
		c.w = append(c.w, randomMatrix(r, k*n))
		bias := randomMatrix(r, n)
		bias[r.IntN(n)] = float32(math.Copysign(0, -1))
		if r.IntN(4) == 0 {
			bias = nil
		}
		c.bias = append(c.bias, bias)
	}
	return c
}

func (c *chainCase) String() string { return fmt.Sprintf("%d %v", c.widths, c.activations) }

func (c *chainCase) outputs() int { return c.widths[len(c.widths)-1] }

// reference returns the outputs of rows, and the last layer's pre-activations, by the portable functions.
func (c *chainCase) reference(x []float32, rows int) (y, z []float32) {
	for i, a := range c.activations {
		k, n := c.widths[i], c.widths[i+1]
		z = make([]float32, rows*n)
		genericGemmNN(z, x, c.w[i], c.bias[i], rows, n, k, k, n, n)
		y = make([]float32, rows*n)
		reference(func(g *table) { g.activate(y, z, a, chainAlpha, n) })
		x = y
	}
	return y, z
}

// prepare makes the chain for the tier in use.
func (c *chainCase) prepare() *Chain {
	layers := make([]DenseLayer, len(c.w))
	for i := range layers {
		k, n := c.widths[i], c.widths[i+1]
		layers[i] = DenseLayer{Pack(c.w[i], n, k, n), c.bias[i], c.activations[i], chainAlpha}
	}
	return NewChain(layers...)
}

// A chain gives the bits of its layers one by one, however many rows go through it together, so that a row's result
// does not depend on the others. The scratch memory may hold anything.
func TestChainIsItsLayersOneByOne(t *testing.T) {
	const most = 70
	chains := 150
	if testing.Short() {
		chains = 30
	}
	forEachTier(t, func(t *testing.T) {
		r := rand.New(rand.NewPCG(11, 11))
		for range chains {
			c := randomChain(r)
			x := randomMatrix(r, most*c.widths[0])
			x[r.IntN(len(x))], x[r.IntN(len(x))] = float32(math.NaN()), float32(math.Inf(-1))
			clear(x[len(x)-c.widths[0]:]) // a row whose first sums are the bias
			wantY, wantZ := c.reference(x, most)
			chain := c.prepare()
			scratch := NewScratch(chain)
			for rows := 1; rows <= most; rows++ {
				if Active() == "generic" && rows > 3 && rows < most {
					continue // which does the same for any
				}
				for i := range scratch.floats {
					scratch.floats[i] = float32(math.NaN())
				}
				first := most - rows
				n := c.outputs()
				y, z := make([]float32, rows*n), make([]float32, rows*n)
				chain.Forward(y, x[first*c.widths[0]:], scratch)
				compare(t, fmt.Sprintf("%s, %d rows", c, rows), y, wantY[first*n:])
				clear(y)
				chain.ForwardWithLogits(y, z, x[first*c.widths[0]:], scratch)
				compare(t, fmt.Sprintf("%s, %d rows with pre-activations", c, rows), y, wantY[first*n:])
				compare(t, fmt.Sprintf("pre-activations of %s, %d rows", c, rows), z, wantZ[first*n:])
			}
		}
	})
}

// One row through a layer of any width up to 65, the last one or not, with sums of one to nine terms and some of many.
func TestRowThroughLayersOfAnyWidth(t *testing.T) {
	forEachTier(t, func(t *testing.T) {
		r := rand.New(rand.NewPCG(12, 12))
		for n := 1; n <= 65; n++ {
			for i, a := range []Activation{Linear, ReLU, Sigmoid, Tanh} {
				k := 1 + (n+i)%9
				if k == 9 && n > narrow {
					k = segment - i
				}
				c := &chainCase{widths: []int{k, n, 3}, activations: []Activation{a, Linear},
					w:    [][]float32{randomMatrix(r, k*n), randomMatrix(r, n*3)},
					bias: [][]float32{randomMatrix(r, n), randomMatrix(r, 3)}}
				c.bias[0][r.IntN(n)] = float32(math.Copysign(0, -1))
				x := randomMatrix(r, k)
				clear(x[r.IntN(k):])
				for range 2 {
					want, _ := c.reference(x, 1)
					chain := c.prepare()
					y := make([]float32, c.outputs())
					chain.Forward(y, x, NewScratch(chain))
					compare(t, c.String(), y, want)
					c.widths, c.activations, c.w, c.bias = c.widths[:2], c.activations[:1], c.w[:1], c.bias[:1]
				}
			}
		}
	})
}

func compare(t *testing.T, what string, got, want []float32) {
	t.Helper()
	for i := range want {
		if !sameFloat(got[i], want[i]) {
			t.Fatalf("%s: element %d is %x, want %x", what, i, got[i], want[i])
		}
	}
}

// Rows of several blocks, which share one scratch memory.
func TestChainOfManyRows(t *testing.T) {
	if testing.Short() && len(Tiers()) == 1 {
		t.Skip("there is only the reference here, and -short")
	}
	forEachTier(t, func(t *testing.T) {
		r := rand.New(rand.NewPCG(12, 12))
		for _, widths := range [][]int{{8, 10, 8, 1}, {16, 64, 64, 4}, {70, 600, 3}} {
			c := &chainCase{widths: widths}
			for i := range widths[1:] {
				c.activations = append(c.activations, Tanh)
				c.w = append(c.w, randomMatrix(r, widths[i]*widths[i+1]))
				c.bias = append(c.bias, randomMatrix(r, widths[i+1]))
			}
			const rows = 300
			x := randomMatrix(r, rows*widths[0])
			want, _ := c.reference(x, rows)
			chain := c.prepare()
			y := make([]float32, len(want))
			chain.Forward(y, x, NewScratch(chain))
			compare(t, c.String(), y, want)
		}
	})
}

func TestChainAllocatesNothing(t *testing.T) {
	forEachTier(t, func(t *testing.T) {
		r := rand.New(rand.NewPCG(13, 13))
		for range 20 {
			c := randomChain(r)
			chain := c.prepare()
			for _, rows := range []int{1, 2, 40} {
				x, y := randomMatrix(r, rows*c.widths[0]), make([]float32, rows*c.outputs())
				scratch := NewScratch(chain)
				chain.Forward(y, x, scratch) // which may fill a pool
				if n := testing.AllocsPerRun(5, func() { chain.Forward(y, x, scratch) }); n != 0 {
					t.Errorf("%s, %d rows: %v allocations", c, rows, n)
				}
			}
		}
	})
}

func TestChainsRefuseWhatDoesNotFit(t *testing.T) {
	w := make([]float32, 12)
	layer := func(n, k int) DenseLayer { return DenseLayer{Weights: Pack(w, n, k, n)} }
	chain := NewChain(layer(3, 4), layer(2, 3))
	scratch := NewScratch(chain)
	for name, call := range map[string]func(){
		"widths":     func() { NewChain(layer(3, 4), layer(3, 4)) },
		"no inputs":  func() { NewChain(layer(3, 0)) },
		"bias":       func() { NewChain(DenseLayer{Weights: Pack(w, 3, 4, 3), Bias: w[:2]}) },
		"activation": func() { NewChain(DenseLayer{Weights: Pack(w, 3, 4, 3), Activation: 200}) },
		"x":          func() { chain.Forward(w[:2], w[:5], scratch) },
		"y":          func() { chain.Forward(w[:3], w[:8], scratch) },
		"z":          func() { chain.ForwardWithLogits(w[:2], w[:1:1], w[:4], scratch) },
		"scratch":    func() { chain.Forward(w[:2], w[:4], &Scratch{}) },
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s: does not fit, and no panic", name)
				}
			}()
			call()
		}()
	}
}
