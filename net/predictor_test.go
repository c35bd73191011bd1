package net

import (
	"math/rand/v2"
	"sync"
	"testing"
)

// mixed is a model of every kind of layer, with narrow and wide ones, and parameters that are all in use.
func mixed(t *testing.T) *Model {
	t.Helper()
	m, err := New(9, Dense(40, Tanh), LayerNormalization(), Dense(12, ReLU), Dense(70, SELU, NoBias()), Dropout(0.5),
		Dense(5, Softmax), BatchNormalization(), Activate(GELU), Dense(33, Linear), Dense(3, LogSoftmax))
	if err != nil {
		t.Fatal(err)
	}
	r := rand.New(rand.NewPCG(3, 4))
	params := make([]float32, m.NumParameters())
	for i := range params {
		params[i] = float32(r.Float64() - 0.4)
	}
	for _, v := range m.plan {
		if v.name == "moving_variance" {
			for i := range v.size {
				params[v.offset+i] += 1
			}
		}
	}
	m.setParameters(params)
	return m
}

func uniform(n int) []float32 {
	r := rand.New(rand.NewPCG(5, 6))
	x := make([]float32, n)
	for i := range x {
		x[i] = float32(r.Float64()*2 - 1)
	}
	return x
}

// However many rows and threads: a row's result is the same bits.
func TestABatchIsItsRows(t *testing.T) {
	wide, err := New(100, Dense(300, Tanh), Dense(40, ReLU), Dense(2, Softmax))
	if err != nil {
		t.Fatal(err)
	}
	most, threadCounts := 2000, []int{1, 2, 5, 0}
	if testing.Short() {
		most, threadCounts = 260, []int{1, 5}
	}
	for _, m := range []*Model{mixed(t), wide} {
		in, out := m.Inputs(), m.Outputs()
		x, want := uniform(most*in), make([]float32, most*out)
		p := m.NewPredictor()
		for i := range most {
			if err := p.Predict(want[i*out:][:out], x[i*in:][:in]); err != nil {
				t.Fatal(err)
			}
		}
		for _, threads := range threadCounts {
			p.SetThreads(threads)
			for _, rows := range []int{0, 1, 2, 15, 16, 31, 32, 33, 64, 65, 100, 257, most} {
				got := make([]float32, rows*out)
				if err := p.Predict(got, x[:rows*in]); err != nil {
					t.Fatal(err)
				}
				if !sameBits(got, want[:rows*out]) {
					t.Errorf("%d inputs, %d rows on %d threads: not the bits of the rows alone", in, rows, threads)
				}
			}
			allocations := leastAllocations(func() {
				if err := p.Predict(want, x); err != nil {
					t.Fatal(err)
				}
			})
			if allocations != 0 {
				t.Errorf("predicting on %d threads allocates %v times", threads, allocations)
			}
		}
	}
}

// An activation is the same in its Dense layer as in a layer of its own.
func TestActivationLayersAreParts(t *testing.T) {
	together, err := New(9, Dense(12, LeakyReLU), Dense(20, Tanh), Dense(3, Softmax))
	if err != nil {
		t.Fatal(err)
	}
	apart, err := New(9, Dense(12, Linear), Activate(LeakyReLU), Dropout(0.5), Dense(20, Linear), Dropout(0.1),
		Activate(Tanh), Dense(3, Linear), Activate(Softmax))
	if err != nil {
		t.Fatal(err)
	}
	apart.setParameters(together.Parameters())
	x := uniform(40 * 9)
	for _, rows := range []int{1, 40} {
		want, got := make([]float32, 3*rows), make([]float32, 3*rows)
		if err := together.NewPredictor().Predict(want, x[:9*rows]); err != nil {
			t.Fatal(err)
		}
		p := apart.NewPredictor()
		if err := p.Predict(got, x[:9*rows]); err != nil {
			t.Fatal(err)
		}
		if !sameBits(got, want) {
			t.Errorf("%d rows: %v, want %v", rows, got[:3], want[:3])
		}
		if len(p.program.stages) != 1 {
			t.Errorf("the layers are %d stages, not one", len(p.program.stages))
		}
	}
	y := make([]float32, 40)
	for i := range y {
		y[i] = float32(i % 3)
	}
	c := EvaluateConfig{Loss: SparseCategoricalCrossEntropy}
	want, err := together.Evaluate(x, y, c)
	if err != nil {
		t.Fatal(err)
	}
	got, err := apart.Evaluate(x, y, c)
	if err != nil {
		t.Fatal(err)
	}
	if got[0] != want[0] {
		t.Errorf("loss %v, want %v", got[0], want[0])
	}
}

func TestPredictorsShareALayout(t *testing.T) {
	m := mixed(t)
	predictors := make([]*Predictor, 8)
	var wait sync.WaitGroup
	for i := range predictors {
		wait.Add(1)
		go func() {
			defer wait.Done()
			predictors[i] = m.NewPredictor()
		}()
	}
	wait.Wait()
	for _, p := range predictors {
		if p.program != predictors[0].program {
			t.Error("two predictors of a model have a layout each")
		}
	}
	if m.Clone().NewPredictor().program != predictors[0].program {
		t.Error("a clone's predictor has a layout of its own")
	}
	predict := func(p *Predictor) []float32 {
		y := make([]float32, 3)
		if err := p.Predict(y, uniform(9)); err != nil {
			t.Fatal(err)
		}
		return y
	}
	before := predict(predictors[0])
	m.Initialize(9)
	if sameBits(predict(m.NewPredictor()), before) {
		t.Error("a new predictor has the layout of old parameters")
	}
	if !sameBits(predict(predictors[0]), before) {
		t.Error("an old predictor has got new parameters")
	}
}

func TestSetThreadsRefuses(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("-1 threads, and no panic")
		}
	}()
	mixed(t).NewPredictor().SetThreads(-1)
}

// A model of Dropout alone predicts its inputs, on any number of threads.
func TestDropoutAlonePredicts(t *testing.T) {
	m, err := New(4, Dropout(0.5))
	if err != nil {
		t.Fatal(err)
	}
	p := m.NewPredictor()
	p.SetThreads(2)
	x := uniform(4 * 100)
	y := make([]float32, len(x))
	if err := p.Predict(y, x); err != nil || !sameBits(y, x) {
		t.Errorf("error %v, the inputs: %v", err, sameBits(y, x))
	}
}

// Goroutines that begin together lay the parameters out once.
func TestPredictorsBeginTogether(t *testing.T) {
	m, err := New(30, Dense(20, ReLU), Dense(2, Softmax))
	if err != nil {
		t.Fatal(err)
	}
	programs := make(chan *program)
	for range 8 {
		go func() { programs <- m.NewPredictor().program }()
	}
	first := <-programs
	for range 7 {
		if <-programs != first {
			t.Error("two layouts of one model")
		}
	}
}
