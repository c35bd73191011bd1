package net

import (
	"math"

	"nnrt/kernels"
)

// joinFrom is how many bytes of weights, gradient and state a kernel has from which its update is joined with its
// gradient: what the first-level cache holds needs no joining.
const joinFrom = 32 << 10

// planUpdate says which parameters are updated when. A kernel that is large is updated a block of rows at a time, right
// after the block's gradient has been computed, while that is in the cache. But norms of gradients must be known
// before anything is updated. All the others are updated at the end of a step, neighbours together, unless each
// tensor's gradient is clipped by its own norm.
func (t *Trainer) planUpdate() {
	o := &t.optimizer.options
	t.kernelUpdate = newKernelUpdate(t)
	apart := o.ClipNorm > 0
	end := -1 // of the last range
	for _, v := range t.model.plan {
		if !v.trainable {
			continue
		}
		l := &t.layers[v.layer]
		if v.name == "kernel" && o.ClipNorm == 0 && o.GlobalClipNorm == 0 && 4*v.size*(2+len(t.slots)) >= joinFrom {
			l.joined, l.offset = true, v.offset
			continue
		}
		if v.offset == end && !apart {
			last := &t.apart[len(t.apart)-1]
			first := end - len(last.w)
			*last = t.parameters(first, v.offset+v.size-first)
		} else {
			t.apart = append(t.apart, t.parameters(v.offset, v.size))
		}
		end = v.offset + v.size
	}
}

// parameters returns size of a trainer's parameters, from an offset on.
func (t *Trainer) parameters(offset, size int) parameters {
	p := parameters{w: t.params[offset:][:size], g: t.grads[offset:][:size]}
	for i, slot := range t.slots {
		p.slots[i] = slot[offset:][:size]
	}
	return p
}

// beginUpdate computes the step's factors.
func (t *Trainer) beginUpdate() {
	lr := t.LearningRate()
	t.step++
	t.scalars.lr = float32(lr)
	t.scalars.decay = float32(lr * t.optimizer.options.WeightDecay)
	if t.optimizer.begin != nil {
		t.optimizer.begin(float64(t.scalars.lr), t.step, &t.scalars)
	}
}

// update clips the gradients, decays the weights and lets the optimiser follow the gradients, where that has not been
// done yet.
func (t *Trainer) update() {
	o := &t.optimizer.options
	if o.GlobalClipNorm > 0 {
		var squares float32
		for _, v := range t.model.plan {
			if v.trainable {
				g := t.grads[v.offset:][:v.size]
				squares += kernels.Dot(g, g)
			}
		}
		squares += squares - squares // an infinite norm makes all gradients NaN, as in Keras
		clipByNorm(t.grads, squares, o.GlobalClipNorm)
	}
	for i := range t.apart {
		p := t.apart[i]
		if o.ClipNorm > 0 {
			clipByNorm(p.g, kernels.Dot(p.g, p.g), o.ClipNorm)
		}
		t.follow(p)
	}
}

// follow updates parameters by their gradients.
func (t *Trainer) follow(p parameters) {
	o := &t.optimizer.options
	if o.ClipValue > 0 {
		kernels.ClipValue(p.g, float32(o.ClipValue))
	}
	if o.WeightDecay > 0 {
		kernels.Decay(p.w, t.scalars.decay)
	}
	t.optimizer.update(p, &t.scalars)
}

// clipByNorm scales g so that its norm, of which the square is given, is at most limit.
func clipByNorm(g []float32, squares float32, limit float64) {
	norm := float32(math.Sqrt(float64(squares)))
	if norm > float32(limit) || norm != norm {
		kernels.Scale(g, float32(limit), norm)
	}
}

// kernelUpdate computes a kernel's gradient and updates the kernel, on several threads. It is part of a Trainer, and made
// once, so that a step allocates nothing for it.
type kernelUpdate struct {
	trainer           *Trainer
	layer             *trainLayer
	input, delta      []float32
	rows              int              // of the batch
	joint             bool             // the optimiser has an operation for both
	byRows, byColumns func(lo, hi int) // rowsFrom, columnsFrom
}

func newKernelUpdate(t *Trainer) *kernelUpdate {
	u := &kernelUpdate{trainer: t}
	u.byRows, u.byColumns = u.rowsFrom, u.columnsFrom
	return u
}

const (
	blockRows    = 28       // of a kernel: whole tiles of its gradient
	blockBytes   = 16 << 10 // of its gradient
	blockColumns = 32       // of a kernel: whole tiles too
	updateWork   = 16       // about how many multiply-adds of a product take as long as the update of one weight
)

// run does it for a batch whose delta is the gradient by the kernel's outputs. If there are enough columns, threads take
// columns, as they do in the forward product: then each has the same weights in its cache all the time.
func (u *kernelUpdate) run(l *trainLayer, input, delta []float32, rows int) {
	t := u.trainer
	u.layer, u.input, u.delta, u.rows = l, input, delta, rows
	work := int64(l.in) * int64(l.out) * int64(rows+updateWork)
	o := t.optimizer
	u.joint = o.join != nil && l.KernelRegularizer == (Regularizer{}) && o.options.ClipValue == 0
	if u.joint && o.options.WeightDecay > 0 {
		kernels.Decay(l.kernel, t.scalars.decay)
	}
	if u.joint && l.out >= t.sharing*blockColumns {
		kernels.Parallel(t.sharing, l.out, blockColumns, work, u.byColumns)
	} else {
		kernels.Parallel(t.sharing, l.in, blockRows, work, u.byRows)
	}
}

// rowsFrom updates the kernel's rows from lo up to hi, block of rows by block of rows. The gradients of all blocks are
// put where the first one's belongs, so that they stay in the cache.
func (u *kernelUpdate) rowsFrom(lo, hi int) {
	l, t := u.layer, u.trainer
	if u.joint {
		u.join(lo, hi, 0, l.out)
		return
	}
	r := l.KernelRegularizer
	gradient := l.gradKernel[lo*l.out:]
	block := max(blockBytes/(4*l.out)/blockRows, 1) * blockRows
	for ; lo < hi; lo += block {
		rows := min(block, hi-lo)
		p := t.parameters(l.offset+lo*l.out, rows*l.out)
		p.g = gradient[:rows*l.out]
		kernels.GemmTN(p.g, u.input[lo:], u.delta, rows, l.out, u.rows, l.in, l.out, l.out)
		if r != (Regularizer{}) {
			kernels.AddPenalty(p.g, p.w, r.L1, r.L2)
		}
		t.follow(p)
	}
}

// columnsFrom updates the kernel's columns from lo up to hi.
func (u *kernelUpdate) columnsFrom(lo, hi int) { u.join(0, u.layer.in, lo, hi) }

// join updates a part of the kernel with the optimiser's joint operation.
func (u *kernelUpdate) join(row, endRow, column, endColumn int) {
	l, t := u.layer, u.trainer
	at := row*l.out + column
	p := t.parameters(l.offset+at, l.in*l.out-at)
	t.optimizer.join(p, u.input[row:], u.delta[column:], endRow-row, endColumn-column, u.rows, l.in, l.out, &t.scalars)
}
