//go:build gc && !purego && (amd64 || arm64)

package kernels

// One row through a chain. Layers so narrow that what passes between them fits into registers go through one kernel
// call together; the others are Dense for one row.

// inRow tells whether layersRow knows an activation.
func inRow(a Activation) bool { return a == Linear || a == ReLU || a == Sigmoid || a == Tanh }

// rowSteps prepares the chain for single rows, or returns nil where there is no layersRow.
func (mk *microkernels) rowSteps(c *Chain) []rowStep {
	if mk.layersRow == nil {
		return nil
	}
	var steps []rowStep
	open := false // the last step may take another layer
	for i := range c.layers {
		l := &c.layers[i]
		n, k := l.Weights.n, l.Weights.k
		if n > rowUnits || k > segment || hasLanes(n, k) {
			steps = append(steps, rowStep{dense: l, outputs: n})
			open = false
			continue
		}
		if !open {
			steps = append(steps, rowStep{})
		}
		s := &steps[len(steps)-1]
		layer := mk.newRowLayer(l)
		if open = inRow(l.Activation); !open {
			layer.activation, s.activation, s.alpha = Linear, l.Activation, l.Alpha
		}
		s.layers = append(s.layers, layer)
		s.outputs = n
	}
	return steps
}

func (mk *microkernels) newRowLayer(l *DenseLayer) rowLayer {
	n, k := l.Weights.n, l.Weights.k
	vectors := (n + mk.rowVector - 1) / mk.rowVector
	if vectors > 4 {
		vectors = (vectors + 3) &^ 3
	}
	width := vectors * mk.rowVector
	w, bias := aligned(k*width), aligned(width)
	for p := range k {
		copy(w[p*width:], l.Weights.b[p*n:][:n])
	}
	copy(bias, l.Bias)
	return rowLayer{&w[0], &bias[0], k, n, vectors, l.Activation}
}

func (mk *microkernels) chainRow(c *Chain, y, x []float32, s *Scratch) {
	if c.row == nil {
		genericChain(c, y, nil, x, s, 1)
		return
	}
	buffer, to, other := &s.floats[0], s.floats[rowUnits:], s.floats[rowUnits+c.widest:]
	last := len(c.row) - 1
	for i := range c.row {
		step := &c.row[i]
		out := y
		if i < last {
			out = to[:step.outputs]
		}
		if l := step.dense; l != nil {
			mk.dense(out, x, l.Weights, l.Bias, l.Activation, l.Alpha, 1)
		} else {
			mk.layersRow(&out[0], &x[0], buffer, &step.layers[0], len(step.layers))
			if step.activation != Linear {
				c.kernels.activate(out, out, step.activation, step.alpha, step.outputs)
			}
		}
		x, to, other = out, other, to
	}
}
