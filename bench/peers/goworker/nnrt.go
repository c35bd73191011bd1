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

// nnrtPlain calls the functions for one thread directly on one.
func nnrtPlain(p problem) func() []float32 {
	c, a, b, m, n, k := p.c, p.a, p.b, p.m, p.n, p.k
	switch {
	case p.op == "nn" && threads == 1:
		return func() []float32 { kernels.GemmNN(c, a, b, nil, m, n, k, k, n, n); return c }
	case p.op == "nn":
		return func() []float32 { kernels.ParallelGemmNN(threads, c, a, b, nil, m, n, k, k, n, n); return c }
	case p.op == "tn" && threads == 1:
		return func() []float32 { kernels.GemmTN(c, a, b, m, n, k, m, n, n); return c }
	case p.op == "tn":
		return func() []float32 { kernels.ParallelGemmTN(threads, c, a, b, m, n, k, m, n, n); return c }
	case threads == 1:
		return func() []float32 { kernels.GemmNT(c, a, b, m, n, k, k, k, n); return c }
	}
	return func() []float32 { kernels.ParallelGemmNT(threads, c, a, b, m, n, k, k, k, n); return c }
}

// nnrtPrepared is the forward product with its weights packed.
func nnrtPrepared(p problem) (func() []float32, error) {
	if p.op != "nn" {
		return nil, errors.New("only nn is measured with prepared weights")
	}
	b := kernels.Pack(p.b, p.n, p.k, p.n)
	if threads == 1 {
		return func() []float32 { kernels.GemmPacked(p.c, p.a, b, nil, p.m, p.k, p.n); return p.c }, nil
	}
	return func() []float32 {
		kernels.ParallelGemmPacked(threads, p.c, p.a, b, nil, p.m, p.k, p.n)
		return p.c
	}, nil
}

func nnrtAdam(p problem) func() []float32 {
	w, g, m, v := make([]float32, p.n), make([]float32, p.n), make([]float32, p.n), make([]float32, p.n)
	for i := range g {
		g[i] = float32(i%7) - 3
	}
	step := kernels.AdamStep{Alpha: 1e-3, OneMinusBeta1: 0.1, OneMinusBeta2: 1e-3, Epsilon: 1e-7}
	return func() []float32 { kernels.Adam(w, g, m, v, nil, step); return w }
}
