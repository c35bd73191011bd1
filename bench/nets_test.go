package bench

import (
	"fmt"
	"testing"

	"nnrt/net"
)

func BenchmarkPredict(b *testing.B) { run(b, predictMeasurements()) }
func BenchmarkTrain(b *testing.B)   { run(b, trainMeasurements()) }

// predictMeasurements has a prediction of a batch, on as many threads as GOMAXPROCS (the flag -cpu) says.
func predictMeasurements() []measurement {
	var list []measurement
	for _, n := range Nets() {
		for _, rows := range []int{1, 32, 256, 1024} {
			list = append(list, measurement{
				name:         fmt.Sprintf("net=%s/batch=%d", n.Name, rows),
				multiplyAdds: int64(rows) * multiplyAddsOfRow(n),
				setup: func(tb testing.TB) (func(), []float32) {
					model := modelOf(tb, n)
					predictor := model.NewPredictor()
					predictor.SetThreads(0)
					x, y := Uniform(rows*model.Inputs(), 1), unset(rows*model.Outputs())
					return func() {
						if err := predictor.Predict(y, x); err != nil {
							tb.Fatal(err)
						}
					}, y
				},
				report: func(b *testing.B) {
					b.ReportAllocs()
					b.ReportMetric(perSecond(b, float64(rows)), "rows/s")
					b.ReportMetric(1e9/perSecond(b, float64(rows)), "ns/row")
				},
			})
		}
	}
	return list
}

// trainMeasurements has one step on a batch: forward, backward and Adam, on as many threads as GOMAXPROCS (the flag
// -cpu) says. The learning rate is so small that the net stays the one it was: a net that learns its one batch by
// heart has ever smaller gradients, subnormal ones at last, which are slow for reasons of their own.
func trainMeasurements() []measurement {
	var list []measurement
	for _, n := range Nets() {
		for _, rows := range []int{32, 128} {
			list = append(list, measurement{
				name:         fmt.Sprintf("net=%s/batch=%d", n.Name, rows),
				multiplyAdds: 3 * int64(rows) * multiplyAddsOfRow(n),
				setup: func(tb testing.TB) (func(), []float32) {
					trainer, err := modelOf(tb, n).NewTrainer(net.FitConfig{
						Loss: n.Loss, Optimizer: net.Adam{LearningRate: 1e-9}, Seed: 1})
					if err != nil {
						tb.Fatal(err)
					}
					x, y, loss := Uniform(rows*n.Inputs, 1), n.Targets(rows), unset(1)
					step := func() {
						l, err := trainer.TrainOnBatch(x, y, nil)
						if err != nil {
							tb.Fatal(err)
						}
						loss[0] = float32(l)
					}
					step() // which allocates the trainer's buffers
					return step, loss
				},
				report: func(b *testing.B) {
					b.ReportAllocs()
					b.ReportMetric(perSecond(b, float64(rows)), "rows/s")
				},
			})
		}
	}
	return list
}

func modelOf(tb testing.TB, n Net) *net.Model {
	model, err := n.Model()
	if err != nil {
		tb.Fatal(err)
	}
	return model
}

// multiplyAddsOfRow returns the multiply-adds of predicting one row.
func multiplyAddsOfRow(n Net) int64 {
	var total int64
	width := n.Inputs
	for _, l := range n.Layers {
		total += int64(width) * int64(l.Units)
		width = l.Units
	}
	return total
}
