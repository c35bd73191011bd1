package kernels

import "fmt"

// DenseLayer is a Dense layer of a Chain: y = a(x·w + bias).
type DenseLayer struct {
	Weights    *Packed
	Bias       []float32 // or nil
	Activation Activation
	Alpha      float32
}

// Chain is Dense layers of which each takes what the one before it gives, prepared for prediction. It never changes
// and may be shared.
type Chain struct {
	layers          []DenseLayer
	inputs, outputs int
	widest          int // outputs of the layers but the last, 0 for a single one
	kernels         *table
}

// NewChain prepares layers, at least one, with the tier of the first one's weights. It panics if their shapes do not
// fit.
func NewChain(layers ...DenseLayer) *Chain {
	first, last := &layers[0], &layers[len(layers)-1]
	c := &Chain{layers: layers, inputs: first.Weights.k, outputs: last.Weights.n, kernels: first.Weights.kernels}
	width := c.inputs
	for i := range layers {
		l := &layers[i]
		if l.Weights.k != width || l.Weights.ldb != l.Weights.n {
			panic(fmt.Sprintf("kernels: layer %d of a chain has %d inputs, before it are %d", i+1, l.Weights.k, width))
		}
		width = l.Weights.n
		checkBias(l.Bias, width)
		checkActivation(width, l.Activation, width)
		if i < len(layers)-1 {
			c.widest = max(c.widest, width)
		}
	}
	return c
}

// blockFloats bounds what passes between the layers of a block of rows, so that it stays in the cache.
const blockFloats = 1 << 15

// block is how many rows go through all layers together.
func (c *Chain) block() int { return max(1, min(64, blockFloats/max(c.widest, 1))) }

// Scratch returns how many elements Forward needs to work with.
func (c *Chain) Scratch() int { return c.kernels.chainScratch(c) }

// Forward computes y, of shape [rows, outputs], from x, of shape [rows, inputs], and the last layer's
// pre-activations, of y's shape, into z unless z is nil. scratch has Scratch elements, which it overwrites. The result
// is that of Dense for one layer after the other. It panics if a slice has not the length of its shape. y and z must
// not overlap the others.
func (c *Chain) Forward(y, z, x, scratch []float32, rows int) {
	if rows < 0 || int64(len(x)) != int64(rows)*int64(c.inputs) || int64(len(y)) != int64(rows)*int64(c.outputs) ||
		z != nil && len(z) != len(y) {
		panic(fmt.Sprintf("kernels: %d rows of %d inputs and %d outputs from %d elements into %d",
			rows, c.inputs, c.outputs, len(x), len(y)))
	}
	if rows > 0 {
		c.kernels.chain(c, y, z, x, scratch[:c.Scratch()], rows)
	}
}

func genericChainScratch(c *Chain) int { return 2 * c.block() * c.widest }

// genericChain sends blocks of rows through one layer after another.
func genericChain(c *Chain, y, z, x, scratch []float32, rows int) {
	block := c.block()
	for first := 0; first < rows; first += block {
		n := min(block, rows-first)
		from := x[first*c.inputs:][:n*c.inputs]
		to, other := scratch[:block*c.widest], scratch[block*c.widest:]
		for i := range c.layers[:len(c.layers)-1] {
			l := &c.layers[i]
			into := to[:n*l.Weights.n]
			c.kernels.dense(into, from, l.Weights, l.Bias, l.Activation, l.Alpha, n)
			from = into
			to, other = other, to
		}
		c.last(y[first*c.outputs:][:n*c.outputs], part(z, first*c.outputs, n*c.outputs), from, n)
	}
}

// last is Forward of the last layer.
func (c *Chain) last(y, z, x []float32, rows int) {
	l := &c.layers[len(c.layers)-1]
	if z == nil {
		c.kernels.dense(y, x, l.Weights, l.Bias, l.Activation, l.Alpha, rows)
		return
	}
	c.kernels.dense(y, x, l.Weights, l.Bias, Linear, 0, rows)
	copy(z, y)
	c.finish(y)
}

// finish applies the last layer's activation to its pre-activations.
func (c *Chain) finish(y []float32) {
	if l := &c.layers[len(c.layers)-1]; l.Activation != Linear {
		c.kernels.activate(y, y, l.Activation, l.Alpha, c.outputs)
	}
}

// part returns n elements of x, or nil if x is nil.
func part(x []float32, first, n int) []float32 {
	if x == nil {
		return nil
	}
	return x[first:][:n]
}
