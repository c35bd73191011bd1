package net_test

import (
	"context"
	"fmt"
	"log"
	"math/rand/v2"

	"nnrt/net"
)

// The tutorial's program: 1,000 random rows of 8 numbers with random labels, three layers, Adam, ten epochs in
// batches of 32.
func Example() {
	random := rand.New(rand.NewPCG(42, 0))
	x, y := make([]float32, 1000*8), make([]float32, 1000)
	for i := range x {
		x[i] = random.Float32()
	}
	for i := range y {
		y[i] = float32(random.IntN(2))
	}

	model, err := net.New(8,
		net.Dense(10, net.ReLU),
		net.Dense(8, net.ReLU),
		net.Dense(1, net.Sigmoid))
	if err != nil {
		log.Fatal(err)
	}
	history, err := model.Fit(context.Background(), x, y, net.FitConfig{
		Loss:      net.BinaryCrossEntropy,
		Optimizer: net.Adam{},
		Metrics:   []net.Metric{net.Accuracy},
		Epochs:    10,
		BatchSize: 32,
		Seed:      1,
	})
	if err != nil {
		log.Fatal(err)
	}
	for _, epoch := range history.Epochs {
		fmt.Printf("Epoch %d/10 - %s\n", epoch.Epoch, net.FormatValues(epoch.Values))
	}

	predictor := model.NewPredictor()
	p := make([]float32, 3)
	if err := predictor.Predict(p, x[:3*8]); err != nil {
		log.Fatal(err)
	}
	fmt.Println(p)
	// Output:
}
