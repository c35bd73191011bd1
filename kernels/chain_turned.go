//go:build gc && !purego && (amd64 || arm64)

package kernels

import (
	"slices"
	"unsafe"
)

// Tiles leave lanes of a vector empty where the outputs of a layer, which lie along it, are no whole number of
// vectors. Turned over, the rows of a batch lie there: a strip of them is Xᵀ of shape [inputs, rows], each layer is
// Yᵀ = Wᵀ·Xᵀ with W's elements as the tiles' broadcast side, and only x and y themselves are turned over. An
// activation is one pass over a strip.

const (
	stripFloats  = 1 << 12 // of a layer's outputs for a strip, so that the first-level cache keeps them
	mostPanels   = 8       // of a strip
	finishedRows = 256     // whose last activation is one call
)

// turn prepares the chain for batches turned over, or returns nil where that cannot be: an activation of a hidden layer
// must take every number for itself, and a sum must have one segment.
func (mk *microkernels) turn(c *Chain) *turnedChain {
	if !mk.fuses {
		return nil
	}
	t := &turnedChain{layers: make([]turnedLayer, len(c.layers))}
	for i := range c.layers {
		last := i == len(c.layers)-1
		l, a := &c.layers[i], c.layers[i].Activation
		units, k := l.Weights.n, l.Weights.k
		if max(units, k) > segment || !last && (a == Softmax || a == LogSoftmax) {
			return nil
		}
		turned := turnedLayer{w: &l.Weights.b[0], bias: pointerTo(l.Bias, 0), units: units, k: k,
			height: mk.height(units, 1), activation: a, alpha: l.Alpha}
		if turned.bias != nil {
			turned.begin = biasOfRows
		}
		switch {
		case last:
			turned.activation = Linear // the other one is for y
		case a == ReLU:
			turned.activation, turned.end = Linear, endReLU
		}
		t.layers[i] = turned
		t.needed += units * k
		t.done += mk.lanesOf(units, k) * k
	}
	t.vector = min(8, mk.nr/2)
	widest := max(c.inputs, c.widest, c.outputs)
	t.strip = mk.nr * max(1, min(stripFloats/(widest*mk.nr), mostPanels))
	t.floats = widest * t.strip
	for i := range t.layers {
		if l := &t.layers[i]; l.units == 1 && l.bias != nil {
			l.biases = slices.Repeat([]float32{*l.bias}, t.strip)
		}
	}
	return t
}

// lanesOf returns how many lanes the outputs of a layer take that is not turned over: half panels, and in layers with
// lanes of their own as many as there are.
func (mk *microkernels) lanesOf(units, k int) int {
	half := mk.nr / 2
	if hasLanes(units, k) {
		return units
	}
	return (units + half - 1) / half * half
}

// pays tells whether so many rows take less time turned over: by the multiply-adds that either way does, those in empty
// lanes too, and a tenth for turning x and y.
func (t *turnedChain) pays(rows int) bool {
	return 11*t.needed*((rows+t.vector-1)/t.vector*t.vector) < 10*t.done*rows
}

func (mk *microkernels) prepareChain(c *Chain) {
	genericPrepareChain(c)
	if c.turned = mk.turn(c); c.turned != nil {
		c.scratch = max(c.scratch, 2*c.turned.floats+narrowLanes*narrow*c.turned.strip)
	}
	if c.row = mk.rowSteps(c); c.row != nil {
		c.scratch = max(c.scratch, rowUnits+2*c.widest)
	}
}

func (mk *microkernels) chain(c *Chain, y, z, x []float32, s *Scratch, rows int) {
	t := c.turned
	switch {
	case t == nil || !t.pays(rows) && (z != nil || c.row == nil || !t.pays(t.vector)):
		genericChain(c, y, z, x, s, rows)
		return
	case !t.pays(rows): // rows of a narrow net, but so few that one after the other is faster
		for i := range rows {
			mk.chainRow(c, y[i*c.outputs:][:c.outputs], x[i*c.inputs:][:c.inputs], s)
		}
		return
	}
	block := max(finishedRows/t.strip, 1) * t.strip
	for first := 0; first < rows; first += block {
		n := min(block, rows-first)
		out := y[first*c.outputs:][:n*c.outputs]
		for i := 0; i < n; i += t.strip {
			mk.turnedStrip(c, &out[i*c.outputs], &x[(first+i)*c.inputs], s, min(t.strip, n-i))
		}
		if z != nil {
			copy(z[first*c.outputs:], out)
		}
		c.finish(out)
	}
}

// turnedStrip computes the logits of n rows.
func (mk *microkernels) turnedStrip(c *Chain, y, x *float32, s *Scratch, n int) {
	t := c.turned
	from, to, lanes := s.floats[:t.floats], s.floats[t.floats:2*t.floats], s.floats[2*t.floats:]
	mk.transpose(&from[0], x, n, c.inputs, n, c.inputs)
	for i := range t.layers {
		l := &t.layers[i]
		into := &to[0]
		if i == len(t.layers)-1 && c.outputs == 1 {
			into = y // which is its own transpose
		}
		switch {
		case hasLanes(l.units, l.k):
			mk.turnedNarrow(into, &from[0], lanes, l, n)
		case l.units == 1:
			mk.row(into, l.w, &from[0], pointerTo(l.biases, 0), n, l.k, 1, n, l.end)
		default:
			mk.tiles(into, l.w, &from[0], l.bias, l.units, l.height, n, l.k, 1, l.units, n, n, l.begin|l.end)
		}
		if l.activation != Linear {
			c.kernels.activate(to[:l.units*n], to[:l.units*n], l.activation, l.alpha, 0)
		}
		from, to = to, from
	}
	if c.outputs > 1 {
		mk.transpose(y, &from[0], c.outputs, n, c.outputs, n)
	}
}

// turnedNarrow is a layer with lanes: each is a product of its own. They are joined by halves, a sum being a
// multiply-add of 1.
func (mk *microkernels) turnedNarrow(y, x *float32, lanes []float32, l *turnedLayer, n int) {
	size := l.units * n
	w, rows := unsafe.Slice(l.w, l.units*l.k), unsafe.Slice(x, n*l.k)
	bias, begin := l.bias, l.begin
	for r := range narrowLanes {
		mk.tiles(&lanes[r*size], &w[r*l.units], &rows[r*n], bias, l.units, l.height, n,
			(l.k-r+narrowLanes-1)/narrowLanes, 1, narrowLanes*l.units, narrowLanes*n, n, begin)
		bias, begin = nil, 0
	}
	for h := narrowLanes / 2; h > 1; h /= 2 {
		mk.row(&lanes[0], &one[0], &lanes[h*size], &lanes[0], h*size, 1, 0, 0, 0)
	}
	mk.row(y, &one[0], &lanes[size], &lanes[0], size, 1, 0, 0, l.end)
}

var one = [1]float32{1}
