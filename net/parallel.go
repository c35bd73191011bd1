package net

import (
	"runtime"

	"nnrt/kernels"
)

// elementWork is about how many multiply-adds of a matrix product take as long as a cheap activation of one element.
const elementWork = 4

// threadCount returns how many threads a setting of threads means: 0 is all cores.
func threadCount(threads int) int {
	if threads == 0 {
		return runtime.GOMAXPROCS(0)
	}
	return threads
}

// sharedActivation applies an activation, or turns a gradient by its outputs into one by its inputs, on several
// threads. It is part of a Trainer, and made once, so that a step allocates nothing for it.
type sharedActivation struct {
	gradient   bool
	y, x, dxdy []float32
	activation Activation
	width      int
	part       func(lo, hi int) // rows of it
}

func newSharedActivation() *sharedActivation {
	a := new(sharedActivation)
	a.part = func(lo, hi int) {
		lo, hi = lo*a.width, hi*a.width
		if a.gradient {
			activationGradient(a.dxdy[lo:hi], a.dxdy[lo:hi], a.x[lo:hi], a.y[lo:hi], a.activation, a.width)
		} else {
			activate(a.y[lo:hi], a.x[lo:hi], a.activation, a.width)
		}
	}
	return a
}

func (a *sharedActivation) run(threads int) {
	rows := len(a.y) / a.width
	kernels.Parallel(threads, rows, 1, elementWork*int64(len(a.y)), a.part)
}
