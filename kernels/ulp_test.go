package kernels

import (
	"flag"
	"fmt"
	"math"
	"runtime"
	"sync"
	"testing"
)

var exhaustive = flag.Bool("exhaustive", false, "TestULP goes over all 2³² arguments and prints the maxima")

// elementary is a function of one float32 with its true value and the largest error that its comment promises.
type elementary struct {
	name  string
	f     func(float32) float32
	truth func(float64) float64
	limit func(x float64) float64 // in ULP
	floor float64                 // values below it are measured in units of its ULP
}

func ulps(n float64) func(float64) float64 { return func(float64) float64 { return n } }

var elementaries = []elementary{
	{name: "exp", f: Exp, truth: math.Exp, limit: ulps(0.90)},
	{name: "log", f: Log, truth: math.Log, limit: ulps(0.94)},
	{name: "log1p", f: Log1p, truth: math.Log1p, limit: ulps(1.27)},
	{name: "expm1Negative", f: func(x float32) float32 { return expm1Negative(-abs(x)) },
		truth: func(x float64) float64 { return math.Expm1(-math.Abs(x)) }, limit: ulps(0.95)},
	{name: "tanh", f: TanhOf, truth: math.Tanh, limit: ulps(1.97)},
	{name: "sigmoid", f: SigmoidOf, truth: trueSigmoid, limit: sigmoidLimit},
	{name: "softplus", f: SoftplusOf, truth: trueSoftplus, limit: ulps(1.66)},
	{name: "erf", f: Erf, truth: math.Erf, limit: ulps(1.84)},
	{name: "gelu", f: gelu, truth: trueGELU, limit: geluLimit},
	{name: "gelu_tanh", f: geluTanh, truth: trueGELUTanh, limit: geluTanhLimit, floor: tail},
	{name: "silu", f: silu, truth: trueSiLU, limit: ulps(2.7), floor: tail},
	{name: "mish", f: mish, truth: trueMish, limit: mishLimit, floor: tail},
	{name: "selu", f: selu, truth: func(x float64) float64 {
		return seluScale * (max(x, 0) + seluAlpha*math.Expm1(min(x, 0)))
	}, limit: ulps(2)},
	{name: "hard_sigmoid", f: hardSigmoid, truth: trueHardSigmoid, limit: ulps(1.01)},
	{name: "hard_silu", f: hardSiLU, truth: func(x float64) float64 { return x * trueHardSigmoid(x) },
		limit: ulps(1.9)},
	{name: "softsign", f: softsign, truth: func(x float64) float64 { return x / (1 + math.Abs(x)) },
		limit: ulps(1.5)},
}

// tail is where x·σ(x) and the like begin to suffer from a σ(x) that is subnormal.
const tail = 0x1p-119

func sigmoidLimit(x float64) float64 {
	if x >= 0 {
		return 1.24
	}
	return 1.65
}

func geluLimit(x float64) float64 {
	if x >= 0 {
		return 4.2
	}
	return 7
}

func mishLimit(x float64) float64 {
	if x >= 0 {
		return 2.7
	}
	return 4
}

// geluTanhLimit grows with the argument of the exponential function in the left tail.
func geluTanhLimit(x float64) float64 {
	if x >= 0 {
		return 2.7
	}
	return 2.7 - 2.6*geluTanhArgument(x)
}

func geluTanhArgument(x float64) float64 { return x * (2 * math.Sqrt(2/math.Pi) * (1 + geluCubic*x*x)) }

func trueSigmoid(x float64) float64 {
	if x >= 0 {
		return 1 / (1 + math.Exp(-x))
	}
	z := math.Exp(x)
	return z / (1 + z)
}

func trueSoftplus(x float64) float64 { return max(x, 0) + math.Log1p(math.Exp(-math.Abs(x))) }

func trueGELU(x float64) float64 {
	if math.IsInf(x, -1) {
		return 0
	}
	return x * (0.5 * math.Erfc(-x*math.Sqrt2/2))
}

func trueGELUTanh(x float64) float64 {
	return x * trueSigmoid(geluTanhArgument(x))
}

func trueSiLU(x float64) float64 { return x * trueSigmoid(x) }

func trueMish(x float64) float64 { return x * math.Tanh(trueSoftplus(x)) }

func trueHardSigmoid(x float64) float64 { return min(max(x+3, 0), 6) / 6 }

// ulpSize returns the spacing of float32 at |t|.
func ulpSize(t float64) float64 {
	exponent := int(math.Float64bits(t)>>52&0x7ff) - 1023
	return math.Float64frombits(uint64(max(exponent, -126)-23+1023) << 52)
}

// ulpError returns |y − t| in units of the spacing of float32 at t, or at floor where |t| is below it. NaN must meet
// NaN, and +Inf or −Inf what rounds to it; everything else is infinitely wrong.
func ulpError(y float32, t, floor float64) float64 {
	const overflow = math.MaxFloat32 + 0x1p103
	v := float64(y)
	switch {
	case math.IsNaN(t) || math.IsNaN(v):
		if math.IsNaN(t) && math.IsNaN(v) {
			return 0
		}
		return math.Inf(1)
	case math.Abs(t) >= overflow:
		if v == math.Copysign(math.Inf(1), t) {
			return 0
		}
		return math.Inf(1)
	case math.IsInf(v, 0):
		v = math.Copysign(0x1p128, v)
	}
	return math.Abs(v-t) / ulpSize(max(math.Abs(t), floor))
}

// worst is the largest error found, in ULP and as a part of the limit.
type worst struct {
	ulp, part float64
	at        float32
}

// scan measures a function at the bits first, first + stride, … below 2³².
func scan(f elementary, first, stride uint64) worst {
	var w worst
	for bits := first; bits < 1<<32; bits += stride {
		x := math.Float32frombits(uint32(bits))
		ulp := ulpError(f.f(x), f.truth(float64(x)), f.floor)
		if part := ulp / f.limit(float64(x)); part > w.part {
			w = worst{ulp, part, x}
		}
	}
	return w
}

// TestULP measures the elementary functions and the activations made of them against float64: at every 4001st float32
// (a prime), or at all of them with
//
//	go test ./kernels -run ULP -exhaustive -timeout 0 -v
func TestULP(t *testing.T) {
	stride := uint64(4001)
	if *exhaustive {
		stride = 1
	}
	for _, f := range elementaries {
		t.Run(f.name, func(t *testing.T) {
			workers := uint64(runtime.GOMAXPROCS(0))
			found := make([]worst, workers)
			var wait sync.WaitGroup
			for i := range workers {
				wait.Add(1)
				go func() {
					defer wait.Done()
					found[i] = scan(f, i*stride, workers*stride)
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
				w.ulp, w.at, math.Float32bits(w.at), f.limit(float64(w.at)), f.f(w.at), f.truth(float64(w.at)))
			t.Log(line)
			if w.part > 1 {
				t.Errorf("%s is too far off: %s", f.name, line)
			}
		})
	}
}
