package bench

import "nnrt/net"

// Net is one network of the suite.
type Net struct {
	Name   string
	Inputs int
	Layers []net.Layer
	Loss   net.Loss // trained with
}

// Nets returns the four networks that prediction and training are measured on: A is the tutorial's, B and C are of
// the size of digit and clothing images, D is a small deep one as control loops have.
func Nets() []Net {
	return []Net{
		{Name: "A", Inputs: 8, Loss: net.BinaryCrossEntropy, Layers: []net.Layer{
			net.Dense(10, net.ReLU), net.Dense(8, net.ReLU), net.Dense(1, net.Sigmoid)}},
		{Name: "B", Inputs: 784, Loss: net.SparseCategoricalCrossEntropy, Layers: []net.Layer{
			net.Dense(128, net.ReLU), net.Dense(10, net.Softmax)}},
		{Name: "C", Inputs: 784, Loss: net.SparseCategoricalCrossEntropy, Layers: []net.Layer{
			net.Dense(512, net.ReLU), net.Dense(512, net.ReLU), net.Dense(10, net.Softmax)}},
		{Name: "D", Inputs: 16, Loss: net.SparseCategoricalCrossEntropy, Layers: []net.Layer{
			net.Dense(64, net.Tanh), net.Dense(64, net.Tanh), net.Dense(64, net.Tanh), net.Dense(4, net.Softmax)}},
	}
}

// Model returns the network with initial weights drawn from seed 1.
func (n Net) Model() (*net.Model, error) {
	model, err := net.New(n.Inputs, n.Layers...)
	if err != nil {
		return nil, err
	}
	model.Initialize(1)
	return model, nil
}

// Targets returns targets of the form that the network's loss takes, class after class: one number a row, which is
// also 0 or 1 for the network with a single output.
func (n Net) Targets(rows int) []float32 {
	classes := max(2, n.Layers[len(n.Layers)-1].Units)
	y := make([]float32, rows)
	for i := range y {
		y[i] = float32(i % classes)
	}
	return y
}
