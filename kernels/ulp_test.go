package kernels

import (
	"flag"
	"fmt"
	"math"
	"runtime"
	"sync"
	"testing"

	"nnrt/internal/ulp"
)

var exhaustive = flag.Bool("exhaustive", false, "TestULP goes over all 2³² arguments and prints the maxima")

// elementaries are the portable functions, by the names in package ulp.
var elementaries = map[string]func(float32) float32{
	"exp": Exp, "log": Log, "log1p": Log1p, "expm1": func(x float32) float32 { return expm1Negative(-abs(x)) },
	"tanh": TanhOf, "sigmoid": SigmoidOf, "softplus": SoftplusOf, "erf": Erf, "gelu": gelu, "gelu_tanh": geluTanh,
	"silu": silu, "mish": mish, "selu": selu, "hard_sigmoid": hardSigmoid, "hard_silu": hardSiLU, "softsign": softsign,
}

// worst is the largest error found, in ULP and as a part of the limit.
type worst struct {
	ulp, part float64
	at        float32
}

// scan measures a function at the bits first, first + stride, … below 2³².
func scan(f func(float32) float32, is ulp.Function, first, stride uint64) worst {
	var w worst
	for bits := first; bits < 1<<32; bits += stride {
		x := math.Float32frombits(uint32(bits))
		e := ulp.Error(f(x), is.Truth(float64(x)), is.Floor)
		if part := e / is.Limit(float64(x)); part > w.part {
			w = worst{e, part, x}
		}
	}
	return w
}

// TestULP measures the elementary functions and the activations made of them against float64: at every 4001st float32
// (a prime), or at all of them with
//
//	go test ./kernels -run ULP -exhaustive -timeout 0 -v
//
// (These are the portable functions; bench/ulp measures the tiers.)
func TestULP(t *testing.T) {
	stride := uint64(4001)
	if *exhaustive {
		stride = 1
	}
	for _, is := range ulp.Functions {
		t.Run(is.Name, func(t *testing.T) {
			f := elementaries[is.Name]
			workers := uint64(runtime.GOMAXPROCS(0))
			found := make([]worst, workers)
			var wait sync.WaitGroup
			for i := range workers {
				wait.Add(1)
				go func() {
					defer wait.Done()
					found[i] = scan(f, is, i*stride, workers*stride)
				}()
			}
			wait.Wait()
			w := found[0]
			for _, o := range found[1:] {
				if o.part > w.part {
					w = o
				}
			}
			line := fmt.Sprintf("%.4f ULP at x = %v (0x%08x), limit there %.2f: f(x) = %v, truth %.12g",
				w.ulp, w.at, math.Float32bits(w.at), is.Limit(float64(w.at)), f(w.at), is.Truth(float64(w.at)))
			t.Log(line)
			if w.part > 1 {
				t.Errorf("%s is too far off: %s", is.Name, line)
			}
		})
	}
}
