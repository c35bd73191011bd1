package net

import (
	"testing"

	"nnrt/kernels"
)

// everyOptimizer has each optimiser and each of its variants, and one with each of the options.
func everyOptimizer() []Optimizer {
	return []Optimizer{
		SGD{},
		SGD{Momentum: 0.9},
		SGD{Momentum: 0.9, Nesterov: true},
		RMSprop{},
		RMSprop{Momentum: 0.9, Centered: true},
		Adam{},
		Adam{AMSGrad: true},
		AdamW{},
		Adagrad{},
		Nadam{},
		Adamax{},
		Lion{},
		Adam{OptimizerOptions: OptimizerOptions{ClipNorm: 0.1}},
		Adam{OptimizerOptions: OptimizerOptions{GlobalClipNorm: 0.1}},
		SGD{OptimizerOptions: OptimizerOptions{ClipValue: 0.01, WeightDecay: 0.01}},
	}
}

// largeEnough is a model whose first two kernels are updated with their gradients, block by block, with sizes that no
// block and no vector divides.
func largeEnough(t *testing.T) *Model {
	t.Helper()
	m, err := New(75,
		Dense(131, ReLU, KernelRegularizer(L1L2(0.01, 0.02)), BiasRegularizer(L2(0.01))), BatchNormalization(),
		Dense(64, Tanh, NoBias()), Dropout(0.2), LayerNormalization(), Activate(ELU), Dense(7, Softmax))
	if err != nil {
		t.Fatal(err)
	}
	m.Initialize(3)
	return m
}

// sharedRows returns how many rows the active tier needs to train largeEnough on several threads.
func sharedRows(t *testing.T) int {
	rows := 17
	for trainer := newTrainer(t, largeEnough(t), FitConfig{Loss: SparseCategoricalCrossEntropy}); ; rows *= 2 {
		if kernels.ThreadsFor(2, trainer.work*int64(rows)) == 2 {
			return rows
		}
	}
}

func ramp(n, period int) []float32 {
	x := make([]float32, n)
	for i := range x {
		x[i] = float32(i*7919%period)/float32(period) - 0.5
	}
	return x
}

// TestJoinedUpdatesAreTheSame: the parameters do not depend on whether a kernel is updated block by block with its
// gradient, or after all gradients are known, nor on the threads.
func TestJoinedUpdatesAreTheSame(t *testing.T) {
	rows := sharedRows(t)
	x, y := ramp(rows*75, 101), make([]float32, rows)
	for i := range y {
		y[i] = float32(i % 7)
	}
	for _, o := range everyOptimizer() {
		var want []float32
		for _, threads := range []int{0, 1, 2} { // 0: one, and nothing joined
			trainer := newTrainer(t, largeEnough(t), FitConfig{Loss: SparseCategoricalCrossEntropy, Optimizer: o,
				Threads: max(threads, 1)})
			joined := 0
			for i := range trainer.layers {
				l := &trainer.layers[i]
				if !l.joined {
					continue
				}
				joined++
				if threads == 0 {
					l.joined = false
					trainer.apart = append(trainer.apart, trainer.parameters(l.offset, l.in*l.out))
				}
			}
			if options := trainer.optimizer.options; (joined == 0) != (options.ClipNorm+options.GlobalClipNorm > 0) {
				t.Fatalf("%#v: %d kernels are updated with their gradients", o, joined)
			}
			for range 2 {
				trainOn(t, trainer, x, y, nil)
			}
			if threads == 0 {
				want = trainer.params
			} else if !sameBits(trainer.params, want) {
				t.Errorf("%#v on %d threads: other weights than apart", o, threads)
			}
		}
	}
}

// TestStepsAllocateNothing: with any optimiser and layer, on one thread and on two.
func TestStepsAllocateNothing(t *testing.T) {
	rows := sharedRows(t)
	x, y := ramp(rows*75, 101), make([]float32, rows)
	for _, o := range everyOptimizer() {
		for _, threads := range []int{1, 2} {
			trainer := newTrainer(t, largeEnough(t), FitConfig{Loss: SparseCategoricalCrossEntropy, Optimizer: o,
				Threads: threads})
			if n := leastAllocations(func() { trainOn(t, trainer, x, y, nil) }); n != 0 {
				t.Errorf("%#v on %d threads: %v allocations a step", o, threads, n)
			}
		}
	}
	for a := kernels.Linear; a.Valid(); a++ {
		activation := Activation{Kind: a, Alpha: a.DefaultAlpha()}
		m, err := New(75, Dense(9, activation, ActivityRegularizer(L2(0.1))), Activate(activation), Dense(7, activation))
		if err != nil {
			t.Fatal(err)
		}
		trainer := newTrainer(t, m, FitConfig{Loss: SparseCategoricalCrossEntropy})
		if n := testing.AllocsPerRun(5, func() { trainOn(t, trainer, x, y, nil) }); n != 0 {
			t.Errorf("%v: %v allocations a step", activation, n)
		}
	}
}

func TestPowers(t *testing.T) {
	for _, base := range []float64{0.9, 0.999, 0.96, 0} {
		p := powersOf(base)
		for _, n := range []int64{0, 1, 2, 3, 7, 64, 1000, 123456789, 1<<62 + 5} {
			if got, want := p.at(n), power(float64(float32(base)), n); got != want {
				t.Errorf("%v to the power %d: %v, want %v", base, n, got, want)
			}
		}
	}
}

// leastAllocations is testing.AllocsPerRun, less what a worker that falls asleep may now and then allocate.
func leastAllocations(f func()) float64 {
	least := testing.AllocsPerRun(5, f)
	for tries := 0; least > 0 && tries < 4; tries++ {
		least = min(least, testing.AllocsPerRun(5, f))
	}
	return least
}
