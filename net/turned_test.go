package net

import (
	"slices"
	"testing"

	"nnrt/kernels"
)

// TestTurnedTrainingIsTheSame: a model of narrow layers has the same losses, outputs and parameters, to the bit, whether
// it is trained turned over or not, and however many rows the batches before had.
func TestTurnedTrainingIsTheSame(t *testing.T) {
	type model struct {
		layers []Layer
		loss   Loss
	}
	models := []model{
		{[]Layer{Dense(10, ReLU), Dense(8, ReLU), Dense(1, Sigmoid)}, BinaryCrossEntropy},
		{[]Layer{Dense(10, ReLU, NoBias()), Dense(4, Softmax, NoBias())}, SparseCategoricalCrossEntropy},
		{[]Layer{Dense(31, Tanh, KernelRegularizer(L1L2(0.01, 0.02)), BiasRegularizer(L2(0.1))), Dense(1, ReLU)},
			MeanSquaredError},
		{[]Layer{Dense(1, Linear), Dense(5, GELU), Dense(1, SiLU)}, MeanSquaredError},
		{[]Layer{Dense(1, Linear)}, MeanSquaredError},
		{[]Layer{Dense(3, Softmax)}, SparseCategoricalCrossEntropy},
	}
	for a := kernels.Linear; a.Valid() && a < kernels.Softmax; a++ {
		activation := Activation{Kind: a, Alpha: a.DefaultAlpha()}
		models = append(models, model{[]Layer{Dense(7, activation), Dense(1, activation)}, MeanSquaredError})
	}
	const most, inputs = 40, 6
	x, targets := ramp(most*inputs, 101), make([]float32, most)
	for i := range targets {
		targets[i] = float32(i % 3 % 2)
	}
	for _, c := range models {
		m, err := New(inputs, c.layers...)
		if err != nil {
			t.Fatal(err)
		}
		m.Initialize(4)
		for _, clip := range []float64{0, 0.01} {
			config := FitConfig{Loss: c.loss, Optimizer: Adam{OptimizerOptions: OptimizerOptions{ClipNorm: clip}}}
			turned, ordinary := newTrainer(t, m, config), newTrainer(t, m, config)
			if kernels.Turns(inputs, 1) && turned.turned == nil {
				t.Fatalf("%v does not go turned over", c.layers)
			}
			ordinary.turned = nil
			for _, trainer := range []*Trainer{turned, ordinary} {
				if err := trainer.reserve(most); err != nil {
					t.Fatal(err)
				}
			}
			for _, rows := range []int{32, 17, 40, 5, 16, 40} {
				x, y := x[:rows*inputs], targets[:rows]
				got, outputs := turned.trainOnBatch(x, y, nil, rows)
				want, wantOutputs := ordinary.trainOnBatch(x, y, nil, rows)
				if got != want || !sameBits(outputs, wantOutputs) || !sameBits(turned.params, ordinary.params) {
					t.Fatalf("%v, %d rows: loss %v, otherwise %v; outputs the same: %v; parameters the same: %v", c.layers, rows,
						got, want, sameBits(outputs, wantOutputs), sameBits(turned.params, ordinary.params))
				}
			}
			if !slices.ContainsFunc(turned.params, func(v float32) bool { return v == v && v != 0 }) {
				t.Errorf("%v: nothing but zeros and NaN", c.layers)
			}
		}
	}
}

// TestModelsThatDoNotTurn: layers that are wide, or no Dense ones, or whose activation takes a row together.
func TestModelsThatDoNotTurn(t *testing.T) {
	for _, layers := range [][]Layer{
		{Dense(32, ReLU), Dense(3, Softmax)},
		{Dense(3, ReLU), Dropout(0.5), Dense(3, Softmax)},
		{Dense(3, Softmax), Dense(3, Softmax)},
		{Dense(3, ReLU, ActivityRegularizer(L2(0.1))), Dense(3, Softmax)},
	} {
		trainer := newTrainer(t, classifier(t, layers...), FitConfig{Loss: SparseCategoricalCrossEntropy})
		if trainer.turned != nil {
			t.Errorf("%v goes turned over", layers)
		}
	}
}
