package main

import (
	"context"
	"fmt"
	"path/filepath"

	"nnrt/net"
	"nnrt/serialize"
)

var nnrtNets = netLibrary{
	predictor: func(n *network, _ int) (func(y, x []float32), string, error) {
		model, err := n.nnrtModel()
		if err != nil {
			return nil, "", err
		}
		p, called := model.NewPredictor(), "Predictor.Predict"
		if threads > 1 {
			p.SetThreads(threads)
			called = fmt.Sprintf("Predictor.Predict after SetThreads(%d)", threads)
		}
		return func(y, x []float32) {
			if err := p.Predict(y, x); err != nil {
				panic(err)
			}
		}, called, nil
	},
	trainer: func(n *network, _ int, rate float64) (trainer, string, error) {
		model, err := n.nnrtModel()
		if err != nil {
			return nil, "", err
		}
		t, err := model.NewTrainer(n.nnrtFit(rate))
		return nnrtTrainer{model, t}, "Trainer.TrainOnBatch", err
	},
	fit: func(n *network, x, y []float32, epochs, batch int) (func() []float32, string, error) {
		c := n.nnrtFit(1e-3)
		c.Epochs, c.BatchSize = epochs, batch
		return func() []float32 {
			model, err := net.New(n.inputs(), n.Layers...)
			if err == nil {
				_, err = model.Fit(context.Background(), x, y, c)
			}
			if err != nil {
				panic(err)
			}
			return model.Parameters()
		}, "Model.Fit", nil
	},
	save: func(n *network) error {
		model, err := n.nnrtModel()
		if err != nil {
			return err
		}
		return serialize.Save(filepath.Join(n.folder, fmt.Sprintf("saved-nnrt-%s.bin", n.Name)), model)
	},
}

// nnrtModel returns nnrt's model with the network's weights.
func (n *network) nnrtModel() (*net.Model, error) {
	return net.NewWithParameters(n.inputs(), n.Layers, n.parameters())
}

func (n *network) nnrtFit(rate float64) net.FitConfig {
	return net.FitConfig{Loss: n.Loss, Optimizer: net.Adam{LearningRate: rate}, Threads: threads, Seed: 1}
}

type nnrtTrainer struct {
	model *net.Model
	*net.Trainer
}

func (t nnrtTrainer) step(x, y []float32) {
	if _, err := t.TrainOnBatch(x, y, nil); err != nil {
		panic(err)
	}
}

func (t nnrtTrainer) parameters() []float32 {
	t.Apply()
	return t.model.Parameters()
}
