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

// kernelUpdate computes a kernel's gradient and updates the kernel, block of rows by block of rows, on several threads.
// It is part of a Trainer, and made once, so that a step allocates nothing for it.
type kernelUpdate struct {
	trainer      *Trainer
	layer        *trainLayer
	input, delta []float32
	rows         int              // of the batch
	part         func(lo, hi int) // rows of the kernel
}

func newKernelUpdate(t *Trainer) *kernelUpdate {
	u := &kernelUpdate{trainer: t}
	u.part = u.rowsFrom
	return u
}

// run begins the work for a batch whose delta is the gradient by the kernel's outputs.
func (u *kernelUpdate) run(l *trainLayer, input, delta []float32, rows int) {
	u.layer, u.input, u.delta, u.rows = l, input, delta, rows
	work := int64(l.in) * int64(l.out) * int64(rows+updateWork)
	kernels.Parallel(u.trainer.threads, l.in, blockRows, work, u.part)
}

const (
	blockRows  = 28       // of a kernel: whole tiles of its gradient
	blockBytes = 16 << 10 // of its gradient
	updateWork = 16       // about how many multiply-adds of a matrix product take as long as the update of one weight
)

// rowsFrom updates the kernel's rows from lo up to hi. The gradients of all its blocks are put where the first one's
// belongs, so that they stay in the cache.
func (u *kernelUpdate) rowsFrom(lo, hi int) {
	l, t := u.layer, u.trainer
	r := l.KernelRegularizer
	if o := t.optimizer; o.join != nil && r == (Regularizer{}) && o.options.ClipValue == 0 {
		p := t.parameters(l.offset+lo*l.out, (hi-lo)*l.out)
		if o.options.WeightDecay > 0 {
			kernels.Decay(p.w, t.scalars.decay)
		}
		o.join(p, u.input[lo:], u.delta, hi-lo, l.out, u.rows, l.in, &t.scalars)
		return
	}
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
