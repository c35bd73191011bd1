package net

import (
	"fmt"
	"runtime"
	"sync/atomic"

	"nnrt/kernels"
)

// Predictor computes a model's outputs. It owns its working memory, so each goroutine needs its own; the parameters,
// laid out for the kernels, are shared by all Predictors of a model and never change, whatever happens to the model
// later.
type Predictor struct {
	program *program
	row     *kernels.Chain // all that a single row takes, if that is Dense layers on one thread; or nil
	memory  *memory
	shared  *sharedPrediction // or nil for one thread
}

// NewPredictor makes a predictor of the model as it is now, for one thread (see SetThreads). It may be called by
// several goroutines at the same time. The first one lays the parameters out, which takes as much memory as they do;
// each has some of its own for a block of rows.
func (m *Model) NewPredictor() *Predictor {
	p := m.programOf(m.params)
	return &Predictor{program: p, row: p.chain, memory: p.newMemory()}
}

// Inputs returns the width of an input row.
func (p *Predictor) Inputs() int { return p.program.inputs }

// Outputs returns the width of an output row.
func (p *Predictor) Outputs() int { return p.program.outputs }

// Predict computes y, of shape [rows, outputs], from x, of shape [rows, inputs], both row-major; the number of rows
// is len(x)/inputs. A row's result does not depend on the rows beside it. It allocates nothing unless it fails, and
// it fails only if the lengths do not fit. y must not overlap x.
func (p *Predictor) Predict(y, x []float32) error {
	inputs, outputs := p.program.inputs, p.program.outputs
	if p.row != nil && len(x) == inputs && len(y) == outputs {
		p.row.Forward(y, x, p.memory.scratch) // which is all that a small net has time for
		return nil
	}
	rows := len(x) / inputs
	if rows*inputs != len(x) {
		return fmt.Errorf("net: %d input values are no whole number of rows of %d", len(x), inputs)
	}
	if int64(len(y)) != int64(rows)*int64(outputs) {
		return fmt.Errorf("net: %d rows need %d output values (%d a row), %d given",
			rows, int64(rows)*int64(outputs), outputs, len(y))
	}
	if p.shared != nil {
		p.shared.run(y, x, rows)
	} else {
		p.program.run(p.memory, y, nil, x, rows)
	}
	return nil
}

// SetThreads lets Predict use up to so many threads for a batch, and at most as many as there are cores (GOMAXPROCS),
// which is what 0 means; 1, which is where a Predictor begins, is the caller's alone. Results are the same bits. Small
// batches stay on one thread, where that is faster, and so does every batch while another goroutine of the process has
// the threads. Each thread has its own working memory from now on. SetThreads must not be called while Predict runs; it
// panics if threads is negative.
func (p *Predictor) SetThreads(threads int) {
	if threads < 0 {
		panic(fmt.Sprintf("net: %d threads", threads))
	}
	p.row, p.shared = p.program.chain, nil
	if threads = min(threadCount(threads), runtime.GOMAXPROCS(0)); threads > 1 {
		p.shared = newSharedPrediction(p.program, threads, p.memory)
		if p.shared.sharesOutputs(1) {
			p.row = nil
		}
	}
}

// sharedPrediction splits the rows of a batch over threads.
type sharedPrediction struct {
	program *program
	threads int
	work    int64 // multiply-adds that take as long as a row
	unit    int   // rows at least for a thread: fewer would take longer each
	y, x    []float32
	part    func(lo, hi int)
	rooms   []room
}

// room is memory of which one thread at a time has the use.
type room struct {
	taken  atomic.Bool
	memory *memory
}

// newSharedPrediction makes memory for all threads but the first, which has it.
func newSharedPrediction(p *program, threads int, first *memory) *sharedPrediction {
	const (
		few     = 8  // rows that a tile of a wide layer is not much slower for
		vectors = 32 // rows that fill the vectors of every kernel
	)
	s := &sharedPrediction{program: p, threads: threads, work: max(1, p.work()), rooms: make([]room, threads), unit: few}
	if s.work*few < worthwhile {
		s.unit = vectors * int(1+worthwhile/vectors/s.work)
	}
	s.rooms[0].memory = first
	for i := 1; i < threads; i++ {
		s.rooms[i].memory = p.newMemory()
	}
	s.part = s.rows
	return s
}

// worthwhile is how many multiply-adds are worth another thread: about a microsecond's.
const worthwhile = 1 << 16

// sharesOutputs tells whether threads take outputs of layers, of so few rows that they cannot share these.
func (s *sharedPrediction) sharesOutputs(rows int) bool {
	c := s.program.chain
	return c != nil && rows < 2*s.unit && rows <= c.Block() && s.work*int64(rows) >= 2*worthwhile
}

// run is the program's run on several threads.
func (s *sharedPrediction) run(y, x []float32, rows int) {
	if s.sharesOutputs(rows) {
		s.program.chain.ForwardShared(s.threads, y, x, s.rooms[0].memory.scratch)
		return
	}
	if rows < 2*s.unit {
		s.program.run(s.rooms[0].memory, y, nil, x, rows)
		return
	}
	s.y, s.x = y, x
	kernels.Parallel(s.threads, rows, s.unit, s.work*int64(rows), s.part)
	s.y, s.x = nil, nil
}

// rows computes the rows from lo up to hi in a free room. There is one, since no more than threads of these run.
func (s *sharedPrediction) rows(lo, hi int) {
	inputs, outputs := s.program.inputs, s.program.outputs
	for i := 0; ; i = (i + 1) % s.threads {
		if r := &s.rooms[i]; r.taken.CompareAndSwap(false, true) {
			s.program.run(r.memory, s.y[lo*outputs:hi*outputs], nil, s.x[lo*inputs:hi*inputs], hi-lo)
			r.taken.Store(false)
			return
		}
	}
}
