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
	widest          int          // outputs of the layers but the last, 0 for a single one
	scratch         int          // floats that Forward works with
	turned          *turnedChain // for batches, or nil
	row             []rowStep    // for a single row, or nil
	kernels         *table
}

// rowStep is layers that go through layersRow together, or one other layer.
type rowStep struct {
	layers     []rowLayer
	activation Activation // after the last of them, one that layersRow does not know, or Linear
	alpha      float32
	dense      *DenseLayer
	outputs    int
}

// turnedChain is a chain for batches turned over.
type turnedChain struct {
	layers       []turnedLayer
	strip        int // rows that go through them together
	vector       int // rows that take no less time than one
	floats       int // most of a layer's outputs for a strip
	needed, done int // multiply-adds of a row, and with those in empty lanes that it does when it is not turned over
}

// turnedLayer is a layer for batches turned over: tiles' arguments, and an activation that tiles do not know.
type turnedLayer struct {
	w, bias          *float32
	biases           []float32 // of a single unit, that of all rows of a strip, or nil without
	units, k, height int
	begin, end       ending
	activation       Activation
	alpha            float32
}

// Scratch is memory in which one goroutine at a time sends rows through chains.
type Scratch struct{ floats []float32 }

// NewScratch makes memory that is enough for each of the chains.
func NewScratch(chains ...*Chain) *Scratch {
	n := 0
	for _, c := range chains {
		n = max(n, c.scratch)
	}
	return &Scratch{make([]float32, n)}
}

// NewChain prepares layers, at least one, with the tier of the first one's weights. It panics if their shapes do not
// fit.
func NewChain(layers ...DenseLayer) *Chain {
	first, last := &layers[0], &layers[len(layers)-1]
	c := &Chain{layers: layers, inputs: first.Weights.k, outputs: last.Weights.n, kernels: first.Weights.kernels}
	width := c.inputs
	for i := range layers {
		l := &layers[i]
		if l.Weights.k != width || l.Weights.ldb != l.Weights.n || width == 0 || l.Weights.n == 0 {
			panic(fmt.Sprintf("kernels: layer %d of a chain has weights of shape [%d, %d], its inputs are %d",
				i+1, l.Weights.k, l.Weights.n, width))
		}
		width = l.Weights.n
		checkBias(l.Bias, width)
		checkActivation(width, l.Activation, width)
		if i < len(layers)-1 {
			c.widest = max(c.widest, width)
		}
	}
	c.kernels.prepareChain(c)
	return c
}

// Forward computes y, of shape [rows, outputs], from x, of shape [rows, inputs], as Dense would for one layer after
// the other, the same bits. It panics if a slice has not the length of its shape, or the scratch memory was not made
// for the chain. y must not overlap x. (It has so few parameters that they are passed in registers.)
func (c *Chain) Forward(y, x []float32, s *Scratch) {
	if len(x) == c.inputs && len(y) == c.outputs && len(s.floats) >= c.scratch {
		c.kernels.chainRow(c, y, x, s)
		return
	}
	if rows := c.rows(y, x, s); rows > 0 {
		c.kernels.chain(c, y, nil, x, s, rows)
	}
}

// ForwardWithLogits is Forward; it puts what the last activation was applied to into z, of y's shape, as well.
func (c *Chain) ForwardWithLogits(y, z, x []float32, s *Scratch) {
	if rows := c.rows(y, x, s); rows > 0 {
		c.kernels.chain(c, y, z[:len(y)], x, s, rows)
	}
}

// ForwardShared is Forward for at most Block rows, layer after layer with each product on up to so many threads (see
// Parallel): for so few rows of wide layers that the rows themselves are not worth sharing out.
func (c *Chain) ForwardShared(threads int, y, x []float32, s *Scratch) {
	rows := c.rows(y, x, s)
	if rows > c.Block() {
		panic(fmt.Sprintf("kernels: %d rows, more than a block of %d", rows, c.Block()))
	}
	to, other := s.floats[:c.Block()*c.widest], s.floats[c.Block()*c.widest:]
	for i := range c.layers {
		l, into := &c.layers[i], y
		if i < len(c.layers)-1 {
			into = to[:rows*l.Weights.n]
		}
		ParallelGemmPacked(threads, into, x, l.Weights, l.Bias, rows, l.Weights.k, l.Weights.n)
		if l.Activation != Linear {
			c.kernels.activate(into, into, l.Activation, l.Alpha, l.Weights.n)
		}
		x = into
		to, other = other, to
	}
}

func (c *Chain) rows(y, x []float32, s *Scratch) int {
	rows := len(x) / c.inputs
	if rows*c.inputs != len(x) || int64(len(y)) != int64(rows)*int64(c.outputs) || len(s.floats) < c.scratch {
		panic(fmt.Sprintf("kernels: %d elements into %d, with %d floats of scratch, by a chain of %d inputs and %d outputs",
			len(x), len(y), len(s.floats), c.inputs, c.outputs))
	}
	return rows
}

// BlockRows returns how many rows of at most so many values go through all layers together, so that what passes between
// these stays in the cache.
func BlockRows(widest int) int {
	const floats = 1 << 15
	return max(1, min(64, floats/max(widest, 1)))
}

// Block returns how many rows go through all layers together.
func (c *Chain) Block() int { return BlockRows(c.widest) }

func genericPrepareChain(c *Chain) { c.scratch = 2 * c.Block() * c.widest }

func genericChainRow(c *Chain, y, x []float32, s *Scratch) { genericChain(c, y, nil, x, s, 1) }

// genericChain sends blocks of rows through one layer after another. z is nil or takes the logits.
func genericChain(c *Chain, y, z, x []float32, s *Scratch, rows int) {
	block := c.Block()
	for first := 0; first < rows; first += block {
		n := min(block, rows-first)
		from := x[first*c.inputs:][:n*c.inputs]
		to, other := s.floats[:block*c.widest], s.floats[block*c.widest:]
		for i := range c.layers[:len(c.layers)-1] {
			l := &c.layers[i]
			into := to[:n*l.Weights.n]
			c.kernels.dense(into, from, l.Weights, l.Bias, l.Activation, l.Alpha, n)
			from = into
			to, other = other, to
		}
		l := &c.layers[len(c.layers)-1]
		out := y[first*c.outputs:][:n*c.outputs]
		if z == nil {
			c.kernels.dense(out, from, l.Weights, l.Bias, l.Activation, l.Alpha, n)
			continue
		}
		c.kernels.dense(out, from, l.Weights, l.Bias, Linear, 0, n)
		copy(z[first*c.outputs:], out)
		c.finish(out)
	}
}

// finish applies the last layer's activation to its logits.
func (c *Chain) finish(y []float32) {
	if l := &c.layers[len(c.layers)-1]; l.Activation != Linear {
		c.kernels.activate(y, y, l.Activation, l.Alpha, c.outputs)
	}
}
