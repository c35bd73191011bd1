package main

import (
	"errors"

	"nnrt/kernels"
)

var nnrt = library{
	describe: func() string { return "nnrt; kernels " + kernels.Active() },
	prepare: func(p problem) (func() []float32, error) {
		if kernels.Err() != nil {
			return nil, kernels.Err()
		}
		switch {
		case p.product() && threads > 1:
			return nnrtOnThreads(p)
		case p.product() && p.prepared:
			return nnrtPrepared(p)
		case p.product():
			return nnrtPlain(p), nil
		case p.op == "adam":
			return nnrtAdam(p), nil
		case p.function():
			a := map[string]kernels.Activation{
				"exp": kernels.Exponential, "sigmoid": kernels.Sigmoid, "tanh": kernels.Tanh,
			}[p.op]
			return func() []float32 { kernels.Activate(p.c, p.a, a, 0, 0); return p.c }, nil
		}
		return nil, errors.New("no such operation")
	},
}

func nnrtPlain(p problem) func() []float32 {
	switch p.op {
	case "nn":
		return func() []float32 {
			kernels.GemmNN(p.c, p.a, p.b, nil, p.m, p.n, p.k, p.k, p.n, p.n)
			return p.c
		}
	case "tn":
		return func() []float32 { kernels.GemmTN(p.c, p.a, p.b, p.m, p.n, p.k, p.m, p.n, p.n); return p.c }
	}
	return func() []float32 { kernels.GemmNT(p.c, p.a, p.b, p.m, p.n, p.k, p.k, p.k, p.n); return p.c }
}

// nnrtPrepared is the forward product with its weights packed.
func nnrtPrepared(p problem) (func() []float32, error) {
	if p.op != "nn" {
		return nil, errors.New("only nn is measured with prepared weights")
	}
	b := kernels.Pack(p.b, p.n, p.k, p.n)
	return func() []float32 { kernels.GemmPacked(p.c, p.a, b, nil, p.m, p.k, p.n); return p.c }, nil
}

// nnrtOnThreads is where a product on more than one thread is set up: kernels has none.
func nnrtOnThreads(problem) (func() []float32, error) {
	return nil, errors.New("its kernels run on one thread")
}

func nnrtAdam(p problem) func() []float32 {
	w, g, m, v := make([]float32, p.n), make([]float32, p.n), make([]float32, p.n), make([]float32, p.n)
	for i := range g {
		g[i] = float32(i%7) - 3
	}
	step := kernels.AdamStep{Alpha: 1e-3, OneMinusBeta1: 0.1, OneMinusBeta2: 1e-3, Epsilon: 1e-7}
	return func() []float32 { kernels.Adam(w, g, m, v, nil, step); return w }
}
