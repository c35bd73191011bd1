package main

import (
	"runtime/debug"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas32"
)

var gonum = library{
	describe: func() string { return "gonum " + version("gonum.org/v1/gonum") },
	prepare: func(p problem) (func() []float32, error) {
		switch {
		case !p.product():
			return nil, errNoProduct
		case p.prepared:
			return nil, errNoPrepared
		}
		ta, tb, lda, ldb := blas.NoTrans, blas.NoTrans, p.k, p.n
		if p.op == "tn" {
			ta, lda = blas.Trans, p.m
		} else if p.op == "nt" {
			tb, ldb = blas.Trans, p.k
		}
		sgemm := blas32.Implementation().Sgemm
		return func() []float32 {
			sgemm(ta, tb, p.m, p.n, p.k, 1, p.a, lda, p.b, ldb, 0, p.c, p.n)
			return p.c
		}, nil
	},
}

// version returns the version of a module that this program is built from.
func version(module string) string {
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, m := range info.Deps {
			if m.Path == module {
				return m.Version
			}
		}
	}
	return "of unknown version"
}
