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
	// Epoch 1/10 - loss: 0.7494 - accuracy: 0.4860
	// Epoch 2/10 - loss: 0.7101 - accuracy: 0.4940
	// Epoch 3/10 - loss: 0.6993 - accuracy: 0.4970
	// Epoch 4/10 - loss: 0.6966 - accuracy: 0.5040
	// Epoch 5/10 - loss: 0.6954 - accuracy: 0.5100
	// Epoch 6/10 - loss: 0.6949 - accuracy: 0.5020
	// Epoch 7/10 - loss: 0.6946 - accuracy: 0.4950
	// Epoch 8/10 - loss: 0.6945 - accuracy: 0.4960
	// Epoch 9/10 - loss: 0.6941 - accuracy: 0.5090
	// Epoch 10/10 - loss: 0.6939 - accuracy: 0.5030
	// [0.4720768 0.5449537 0.52879345]
}
