package kernels

import "embed"

// Source has the files with the portable functions that a prediction takes, the contract in executable form, for
// serialize/gocode, which copies functions out of them: these keep to Go 1.21 and to package math. A program that does
// not refer to Source does not have it.
//
//go:embed activation.go exp.go fma.go gelu.go gemm.go log.go mish.go multiplyadd.go normalization.go piecewise.go
//go:embed reduce.go sigmoid.go softmax.go tanh.go
var Source embed.FS
