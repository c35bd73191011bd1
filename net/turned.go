package net

import "nnrt/kernels"

// turnedTrainer is how a model of narrow Dense layers is trained: what passes between its layers is turned over, of
// shape [width, rows], as the kernels for such layers want it (see kernels.TurnedDense). What goes in, what comes out
// and the loss are not. The result is the same, to the bit.
type turnedTrainer struct {
	rows  int // for which the buffers are cut, and the ones written
	x     []float32
	delta [2][]float32 // gradients by pre-activations, turned over
	back  []float32    // and as they were
}

// turnedLayer is what a layer has for it.
type turnedLayer struct {
	y, pre []float32 // [units, rows]; behind y's last row is one of ones, which stands for the bias in the gradient
	both   []float32 // the gradients of kernel and bias, which lie side by side
}

// leastTurned is how many rows a batch has at least that goes turned over: a vector of them.
const leastTurned = 16

// goesTurned tells whether batches of so many rows are trained turned over.
func (t *Trainer) goesTurned(rows int) bool {
	return t.turned != nil && rows >= leastTurned && rows <= kernels.MostTurnedRows
}

// planTurned decides whether the model may be trained turned over.
func (t *Trainer) planTurned() {
	for i := range t.layers {
		l := &t.layers[i]
		if l.Kind != DenseLayer || !kernels.Turns(l.in, l.out) || l.penalizesActivity() || l.joined {
			return
		}
		if a := l.Activation.Kind; i < len(t.layers)-1 && (a == kernels.Softmax || a == kernels.LogSoftmax) {
			return // the only ones that need a row's outputs together
		}
	}
	t.turned = new(turnedTrainer)
	for _, v := range t.model.plan {
		l := &t.layers[v.layer]
		if v.name == "kernel" {
			l.turned.both = t.grads[v.offset:][:v.size]
		} else {
			l.turned.both = l.turned.both[:len(l.turned.both)+v.size] // the bias, right behind
		}
	}
}

// cut makes the buffers for a number of rows.
func (u *turnedTrainer) cut(t *Trainer, rows int) {
	if u.rows == rows {
		return
	}
	u.rows = rows
	widest := 0
	u.x = withOnes(u.x, t.model.inputs, rows)
	for i := range t.layers {
		l := &t.layers[i]
		widest = max(widest, l.in, l.out)
		l.turned.y = withOnes(l.turned.y, l.out, rows)
		if l.keepsPre {
			l.turned.pre = atLeast(l.turned.pre, l.out*rows)
		}
	}
	for i := range u.delta {
		u.delta[i] = atLeast(u.delta[i], widest*rows)
	}
	u.back = atLeast(u.back, widest*rows)
}

// withOnes returns width rows and one more of ones, in x's memory if that is enough.
func withOnes(x []float32, width, rows int) []float32 {
	x = atLeast(x, (width+1)*rows)
	fillConstant(x[width*rows:], 1)
	return x
}

// atLeast returns n elements, in x's memory if that is enough.
func atLeast(x []float32, n int) []float32 {
	if cap(x) < n {
		x = make([]float32, n)
	}
	return x[:n]
}

// forwardTurned is forward, of which only the last layer's output (and pre, if it is kept) are as there.
func (t *Trainer) forwardTurned(x []float32, rows int) {
	u := t.turned
	u.cut(t, rows)
	kernels.Transpose(u.x[:len(x)], x, rows, t.model.inputs)
	from := u.x
	for i := range t.layers {
		l := &t.layers[i]
		n := l.out * rows
		output, back := l.output[:n], l.output[:n]
		if l.keepsPre {
			back = l.pre[:n]
		}
		last := i == len(t.layers)-1
		y := l.turned.y[:n]
		relu := l.Activation.Kind == kernels.ReLU && !l.keepsPre
		activates := l.Activation.Kind != kernels.Linear && !relu
		z := y
		if l.keepsPre {
			z = l.turned.pre
		}
		if last && l.out == 1 {
			z = back // which is its own transpose
		}
		kernels.TurnedDense(z, from[:l.in*rows], l.kernel, l.bias, relu, rows, l.in, l.out)
		from = l.turned.y
		if last {
			if l.out > 1 {
				kernels.Transpose(back, z, l.out, rows)
			}
			y, z = output, back
		}
		if activates {
			kernels.Activate(y, z, l.Activation.Kind, l.Activation.Alpha, l.out)
		}
	}
}

// backwardTurned is backward after forwardTurned.
func (t *Trainer) backwardTurned(delta []float32, rows int) {
	u := t.turned
	last := len(t.layers) - 1
	turned := delta // by the layer's outputs, and then by its pre-activations
	for i := last; i >= 0; i-- {
		l := &t.layers[i]
		if i == last {
			if !t.loss.fused {
				pre := l.output[:len(delta)]
				if l.keepsPre {
					pre = l.pre[:len(delta)]
				}
				activationGradient(delta, delta, pre, l.output[:len(delta)], l.Activation, l.out)
			}
			if l.out > 1 { // else it is its own transpose
				turned = u.delta[last&1][:len(delta)]
				kernels.Transpose(turned, delta, rows, l.out)
			}
		} else {
			y := l.turned.y[:len(turned)]
			pre := y
			if l.keepsPre {
				pre = l.turned.pre
			}
			activationGradient(turned, turned, pre, y, l.Activation, rows)
			delta = u.back[:len(turned)]
			kernels.Transpose(delta, turned, l.out, rows)
		}
		input, width := u.x, l.in
		if i > 0 {
			input = t.layers[i-1].turned.y
		}
		if l.bias != nil {
			width++
		}
		kernels.TurnedWeightGradient(l.turned.both, input[:width*rows], delta, rows, width, l.out)
		t.penalize(l)
		if i > 0 {
			below := u.delta[(i-1)&1][:l.in*rows]
			kernels.TurnedInputGradient(below, turned, l.kernel, rows, l.in, l.out)
			turned = below
		}
	}
}
