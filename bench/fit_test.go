package bench

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"nnrt/net"
)

func BenchmarkFit(b *testing.B) { run(b, fitMeasurements()) }

// fitMeasurements has what Fit costs beside its steps: shuffling, gathering the rows of a batch, accuracy, the loop. An
// op is a Fit of some epochs on one thread, and after each epoch as many steps of a Trainer on one batch, so that the
// two are measured in turns. Figures are medians.
func fitMeasurements() []measurement {
	const batch, epochs = 32, 4
	var list []measurement
	for _, n := range Nets() {
		for _, rows := range []int{1 << 10, 1 << 14} { // wide ones, that many, are in no cache
			if rows > 1<<10 && n.Name != "B" {
				continue
			}
			var fit, steps []float64 // ns a row, of each epoch
			list = append(list, measurement{
				name:         fmt.Sprintf("net=%s/batch=%d/rows=%d", n.Name, batch, rows),
				multiplyAdds: 2 * epochs * 3 * int64(rows) * multiplyAddsOfRow(n),
				setup: func(tb testing.TB) (func(), []float32) {
					fit, steps = nil, nil
					model, x, y := modelOf(tb, n), Uniform(rows*n.Inputs, 1), n.Targets(rows)
					c := net.FitConfig{Loss: n.Loss, Optimizer: net.Adam{LearningRate: 1e-9}, Seed: 1, Threads: 1,
						Metrics: []net.Metric{net.Accuracy}, Epochs: epochs, BatchSize: batch}
					trainer, err := modelOf(tb, n).NewTrainer(c)
					if err != nil {
						tb.Fatal(err)
					}
					out := unset(1)
					step := func() {
						loss, err := trainer.TrainOnBatch(x[:batch*n.Inputs], y[:batch], nil)
						if err != nil {
							tb.Fatal(err)
						}
						out[0] = float32(loss)
					}
					step()
					var start time.Time
					c.Callbacks = []net.Callback{net.CallbackFuncs{
						OnTrainBegin: func(*net.Run) error {
							start = time.Now()
							return nil
						},
						OnEpochEnd: func(r *net.Run) error {
							end := time.Now()
							fit = append(fit, nanoseconds(end.Sub(start), rows))
							for range r.Batches() {
								step()
							}
							start = time.Now()
							steps = append(steps, nanoseconds(start.Sub(end), rows))
							return nil
						}}}
					return func() {
						if _, err := model.Fit(context.Background(), x, y, c); err != nil {
							tb.Fatal(err)
						}
					}, out
				},
				report: func(b *testing.B) {
					b.ReportMetric(median(fit), "ns/row")
					b.ReportMetric(median(steps), "step-ns/row")
					b.ReportMetric(median(fit)/median(steps), "fit/step")
				},
			})
		}
	}
	return list
}

func nanoseconds(d time.Duration, rows int) float64 { return float64(d.Nanoseconds()) / float64(rows) }

func median(x []float64) float64 {
	slices.Sort(x)
	return x[len(x)/2]
}
