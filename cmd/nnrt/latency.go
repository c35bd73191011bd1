package main

import (
	"math"
	"runtime"
	"slices"
	"sync/atomic"
	"time"

	suite "nnrt/bench"
)

// latency measures how long single predictions take, one by one: a row at a time by one predictor, alone and beside a
// goroutine that keeps the garbage collector busy. The goroutine that predicts is not locked to its thread, as in most
// programs it would not be, so that what the scheduler and the collector do to it counts.
func (b *bencher) latency(models []benchModel) error {
	took := make([]uint32, b.calls)
	b.latencyOf("none", took, func() {})
	for _, model := range models {
		p := model.NewPredictor()
		x, y := suite.Uniform(model.Inputs(), 1), make([]float32, model.Outputs())
		var err error
		b.latencyOf(model.name, took, func() {
			if failed := p.Predict(y, x); failed != nil {
				err = failed
			}
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// latencyOf measures the calls of a function, as many as took has elements, without and with garbage.
func (b *bencher) latencyOf(name string, took []uint32, call func()) {
	for _, garbage := range []string{"no", "yes"} {
		for range b.count {
			if b.e.stdout.err != nil {
				return // nobody reads on
			}
			stop := func() {}
			if garbage == "yes" {
				stop = litter()
			}
			total, cycles := timeEach(took, call)
			stop()
			slices.Sort(took)
			at := func(share float64) float64 { return float64(took[int(math.Ceil(share*float64(len(took))))-1]) }
			b.print("Latency/net="+name+"/garbage="+garbage, len(took), total.Seconds()/float64(len(took)),
				func(float64) []metric {
					return []metric{{"p50-ns", at(0.5)}, {"p99-ns", at(0.99)}, {"p99.9-ns", at(0.999)}, {"worst-ns", at(1)},
						{"gc-cycles", float64(cycles)}}
				})
		}
	}
}

// timeEach calls a function once for each element of took and puts there how many nanoseconds it took. One reading of
// the clock ends a call and begins the next: nothing that happens falls between two calls, and each time has the cost of
// one reading in it. It returns the time of all calls, and how often the garbage collector ran meanwhile.
func timeEach(took []uint32, call func()) (total time.Duration, cycles uint32) {
	clear(took) // so that the memory is there
	call()
	var before, after runtime.MemStats
	runtime.GC() // of what others left, and not in the middle of the calls
	runtime.ReadMemStats(&before)
	begin := time.Now()
	var last time.Duration
	for i := range took {
		call()
		now := time.Since(begin)
		took[i] = uint32(min(now-last, math.MaxUint32))
		last = now
	}
	runtime.ReadMemStats(&after)
	return last, after.NumGC - before.NumGC
}

// litter starts a goroutine that allocates all the time, with 16 MB of small objects alive, and returns when it has
// those. stop ends it.
func litter() (stop func()) {
	type node struct {
		next *node
		data [15]uint64
	}
	var stopped atomic.Bool
	ready, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		alive := make([]*node, 1<<13)
		for round := 0; !stopped.Load(); round++ {
			for i := range alive {
				var list *node
				for range 16 {
					list = &node{next: list}
				}
				alive[i] = list
			}
			if round == 0 {
				close(ready)
			}
		}
	}()
	<-ready
	return func() {
		stopped.Store(true)
		<-ended
	}
}
