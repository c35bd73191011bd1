package main

import (
	"fmt"

	"github.com/gomlx/gomlx/backends"
	"github.com/gomlx/gomlx/backends/simplego"
	"github.com/gomlx/gomlx/pkg/core/dtypes"
	"github.com/gomlx/gomlx/pkg/core/shapes"
)

// gomlx measures GoMLX's backend in Go by executing a compiled graph of one operation, as GoMLX itself does.
var gomlx = library{
	describe: func() string { return "gomlx " + version("github.com/gomlx/gomlx") + "; backend simplego" },
	prepare: func(p problem) (func() []float32, error) {
		switch {
		case !p.product():
			return nil, errNoProduct
		case p.prepared:
			return nil, errNoPrepared
		}
		parallelism := threads
		if threads == 1 {
			parallelism = 0 // none
		}
		backend, err := simplego.New(fmt.Sprintf("parallelism=%d,ops_sequential", parallelism))
		if err != nil {
			return nil, err
		}
		aShape, bShape, aAxis, bAxis := []int{p.m, p.k}, []int{p.k, p.n}, 1, 0
		if p.op == "tn" {
			aShape, aAxis = []int{p.k, p.m}, 0
		} else if p.op == "nt" {
			bShape, bAxis = []int{p.n, p.k}, 1
		}
		as, bs := shapes.Make(dtypes.Float32, aShape...), shapes.Make(dtypes.Float32, bShape...)
		builder := backend.Builder("product")
		a, err := builder.Parameter("a", as, nil)
		if err != nil {
			return nil, err
		}
		b, err := builder.Parameter("b", bs, nil)
		if err != nil {
			return nil, err
		}
		c, err := builder.DotGeneral(a, []int{aAxis}, nil, b, []int{bAxis}, nil)
		if err != nil {
			return nil, err
		}
		program, err := builder.Compile([]backends.Op{c}, nil)
		if err != nil {
			return nil, err
		}
		var inputs []backends.Buffer
		for _, in := range []struct {
			data  []float32
			shape shapes.Shape
		}{{p.a, as}, {p.b, bs}} {
			buffer, err := backend.BufferFromFlatData(0, in.data, in.shape)
			if err != nil {
				return nil, err
			}
			inputs = append(inputs, buffer)
		}
		var last backends.Buffer
		return func() []float32 {
			if last != nil {
				if err := backend.BufferFinalize(last); err != nil {
					panic(err)
				}
			}
			outputs, err := program.Execute(inputs, nil, 0)
			if err != nil {
				panic(err)
			}
			last = outputs[0]
			data, err := backend.BufferData(last)
			if err != nil {
				panic(err)
			}
			return data.([]float32)
		}, nil
	},
}
