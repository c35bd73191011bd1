//go:build gc && !purego && (amd64 || arm64)

package kernels

// A chain of narrow layers leaves most lanes of a vector empty if the outputs of a row lie along it. Turned over, the
// rows of the batch do: a panel of nr rows is Xᵀ of shape [inputs, nr], each layer is Yᵀ = Wᵀ·Xᵀ with W's elements as
// the tiles' broadcast side, and only x and y themselves are turned over. An activation is one pass over a panel.

const (
	widestTurned = 64 // inputs and outputs of a layer that goes turned over
	turnedBlock  = 8  // panels whose last activation is one call
)

// turns tells whether batches go through the chain turned over: if all layers are narrow. An activation of a hidden
// layer must take every number for itself.
func (mk *microkernels) turns(c *Chain) bool {
	if !mk.fuses || c.inputs > widestTurned || max(c.widest, c.outputs) > widestTurned {
		return false
	}
	for i := range c.layers[:len(c.layers)-1] {
		if a := c.layers[i].Activation; a == Softmax || a == LogSoftmax {
			return false
		}
	}
	return true
}

// turnedFloats returns how many floats a panel has at most between two layers.
func (mk *microkernels) turnedFloats(c *Chain) int { return max(c.inputs, c.widest, c.outputs) * mk.nr }

func (mk *microkernels) prepareChain(c *Chain) {
	genericPrepareChain(c)
	if c.turned = mk.turns(c); c.turned {
		c.scratch = max(c.scratch, 2*mk.turnedFloats(c)+narrowLanes*narrow*mk.nr)
	}
	if c.row = mk.rowSteps(c); c.row != nil {
		c.scratch = max(c.scratch, rowVectors*rowVector+2*c.widest)
	}
}

func (mk *microkernels) chain(c *Chain, y, z, x []float32, s *Scratch, rows int) {
	if !c.turned || rows == 1 {
		genericChain(c, y, z, x, s, rows)
		return
	}
	block := turnedBlock * mk.nr
	for first := 0; first < rows; first += block {
		n := min(block, rows-first)
		out := y[first*c.outputs:][:n*c.outputs]
		for i := 0; i < n; i += mk.nr {
			mk.turnedPanel(c, &out[i*c.outputs], &x[(first+i)*c.inputs], s.floats, min(mk.nr, n-i))
		}
		if z != nil {
			copy(z[first*c.outputs:], out)
		}
		c.finish(out)
	}
}

// turnedPanel computes the last layer's pre-activations of n ≤ nr rows.
func (mk *microkernels) turnedPanel(c *Chain, y, x *float32, scratch []float32, n int) {
	size := mk.turnedFloats(c)
	from, to, lanes := scratch[:size], scratch[size:2*size], scratch[2*size:]
	mk.transpose(&from[0], x, n, c.inputs, n, c.inputs)
	for i := range c.layers {
		l := &c.layers[i]
		last := i == len(c.layers)-1
		into := &to[0]
		if last && c.outputs == 1 {
			into = y // which is its own transpose
		}
		mk.turnedLayer(into, from, lanes, l, n, last)
		if !last && l.Activation != ReLU && l.Activation != Linear {
			c.kernels.activate(to[:l.Weights.n*n], to[:l.Weights.n*n], l.Activation, l.Alpha, 0)
		}
		from, to = to, from
	}
	if c.outputs > 1 {
		mk.transpose(y, &from[0], c.outputs, n, c.outputs, n)
	}
}

// turnedLayer computes yᵀ, of shape [units, n], from xᵀ of n ≤ nr rows. ReLU is within it, unless the layer is the
// last one.
func (mk *microkernels) turnedLayer(y *float32, x, lanes []float32, l *DenseLayer, n int, last bool) {
	w, units, k := l.Weights.b, l.Weights.n, l.Weights.k
	var begin, end ending
	if l.Bias != nil {
		begin = biasOfRows
	}
	if l.Activation == ReLU && !last {
		end = endReLU
	}
	height := mk.height(units, 1)
	if !hasLanes(units, k) {
		mk.tiles(y, &w[0], &x[0], pointerTo(l.Bias, 0), units, height, n, k, 1, units, n, n, begin|end)
		return
	}
	size := units * n
	for r := range narrowLanes {
		mk.tiles(&lanes[r*size], &w[r*units], &x[r*n], pointerTo(startOf(l.Bias, r), 0), units, height, n,
			(k-r+narrowLanes-1)/narrowLanes, 1, narrowLanes*units, narrowLanes*n, n, begin)
		begin = 0
	}
	// The lanes are joined by halves, a sum being a multiply-add of 1.
	for h := narrowLanes / 2; h > 1; h /= 2 {
		mk.row(&lanes[0], &one[0], &lanes[h*size], &lanes[0], h*size, 1, 0, 0, 0)
	}
	mk.row(y, &one[0], &lanes[size], &lanes[0], size, 1, 0, 0, end)
}

var one = [1]float32{1}
