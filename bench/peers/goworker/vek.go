package main

import (
	"errors"

	vekinfo "github.com/viterin/vek"
	"github.com/viterin/vek/vek32"
)

var vek = library{
	describe: func() string {
		text := "vek " + version("github.com/viterin/vek")
		if vekinfo.Info().Acceleration {
			text += "; runs AVX2"
		}
		return text
	},
	prepare: func(p problem) (func() []float32, error) {
		switch {
		case p.op == "exp":
			return func() []float32 { return vek32.Exp_Into(p.c, p.a) }, nil
		case p.prepared:
			return nil, errNoPrepared
		case p.op != "nn":
			return nil, errors.New("has no such operation")
		}
		return func() []float32 { return vek32.MatMul_Into(p.c, p.a, p.b, p.k) }, nil
	},
}
