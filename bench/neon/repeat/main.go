// Repeat predicts, or trains, a network of the suite's a number of times. It is what bench/neon counts the
// instructions of.
package main

import (
	"flag"
	"fmt"
	"os"

	"nnrt/bench"
	"nnrt/net"
)

func main() {
	name := flag.String("net", "A", "one of the suite's networks")
	batch := flag.Int("batch", 1, "rows of a batch")
	train := flag.Bool("train", false, "train a step, else predict")
	times := flag.Int("times", 1, "how often")
	flag.Parse()
	if err := repeat(*name, *batch, *train, *times); err != nil {
		fmt.Fprintln(os.Stderr, "repeat:", err)
		os.Exit(1)
	}
}

func repeat(name string, batch int, train bool, times int) error {
	for _, n := range bench.Nets() {
		if n.Name != name {
			continue
		}
		model, err := n.Model()
		if err != nil {
			return err
		}
		x, y := bench.Uniform(batch*model.Inputs(), 1), make([]float32, batch*model.Outputs())
		once := func() error { return nil }
		if train {
			trainer, err := model.NewTrainer(net.FitConfig{
				Loss: n.Loss, Optimizer: net.Adam{LearningRate: 1e-9}, Seed: 1})
			if err != nil {
				return err
			}
			targets := n.Targets(batch)
			once = func() error {
				_, err := trainer.TrainOnBatch(x, targets, nil)
				return err
			}
		} else {
			predictor := model.NewPredictor()
			once = func() error { return predictor.Predict(y, x) }
		}
		for range times {
			if err := once(); err != nil {
				return err
			}
		}
		return nil
	}
	return fmt.Errorf("no network %q", name)
}
