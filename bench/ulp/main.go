// Command ulp measures the errors of the activations of package kernels, and of the elementary functions inside them,
// on every tier of kernels that this machine has, against float64 and over all 2³² arguments. It prints the rows of
// kernels/ULP.md, and fails if an error is beyond its limit or two tiers differ in a bit.
//
//	go run ./bench/ulp                                   everything, on all tiers but generic: half an hour on two cores
//	go run ./bench/ulp -function tanh -tier avx2         one function on one tier
//	go run ./bench/ulp -stride 4001                      a sample
//
// Log, log1p and erf are no activations: what is measured of them is the portable function. The tiers' assembly holds
// them within log_softmax, softplus and gelu, of which softplus and gelu are measured here, and all of which are the
// portable functions' bits by the tests of package kernels.
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"math"
	"os"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"nnrt/internal/ulp"
	"nnrt/kernels"
)

func main() {
	if err := run(os.Args[1:], os.Stdout, os.Stderr); err != nil {
		if !errors.Is(err, flag.ErrHelp) {
			fmt.Fprintln(os.Stderr, "ulp:", err)
		}
		os.Exit(1)
	}
}

// measured says how each function of package ulp is reached: by way of the tiers' Activate, or if f is there in
// portable Go.
var measured = map[string]struct {
	title    string // in ULP.md
	a        kernels.Activation
	f        func(float32) float32
	negative bool // measured at negative arguments only
}{
	"exp": {"Exp", kernels.Exponential, nil, false}, "tanh": {"TanhOf", kernels.Tanh, nil, false},
	"sigmoid": {"SigmoidOf", kernels.Sigmoid, nil, false}, "softplus": {"SoftplusOf", kernels.Softplus, nil, false},
	"expm1": {"eˣ − 1, x ≤ 0", kernels.ELU, nil, true},
	"log":   {"Log", 0, kernels.Log, false}, "log1p": {"Log1p", 0, kernels.Log1p, false},
	"erf":  {"Erf", 0, kernels.Erf, false},
	"gelu": {"gelu", kernels.GELU, nil, false}, "gelu_tanh": {"gelu_tanh", kernels.GELUTanh, nil, false},
	"silu": {"silu", kernels.SiLU, nil, false}, "mish": {"mish", kernels.Mish, nil, false},
	"selu":         {"selu", kernels.SELU, nil, false},
	"hard_sigmoid": {"hard_sigmoid", kernels.HardSigmoid, nil, false},
	"hard_silu":    {"hard_silu", kernels.HardSiLU, nil, false}, "softsign": {"softsign", kernels.Softsign, nil, false},
}

func run(args []string, stdout, stderr io.Writer) error {
	var names, available []string
	for _, f := range ulp.Functions {
		names = append(names, f.Name)
	}
	available = kernels.Tiers()
	usual := available[:max(len(available)-1, 1)]
	flags := flag.NewFlagSet("ulp", flag.ContinueOnError)
	flags.SetOutput(stderr)
	tierList := flags.String("tier", strings.Join(usual, ","), "tiers of kernels, with commas")
	functionList := flags.String("function", strings.Join(names, ","), "functions, with commas")
	stride := flags.Uint64("stride", 1, "measure every `n`th float32")
	if err := flags.Parse(args); err != nil {
		return err
	}
	tiers := strings.Split(*tierList, ",")
	for _, t := range tiers {
		if !slices.Contains(available, t) {
			return fmt.Errorf("no kernels %q here, but %s", t, strings.Join(available, ", "))
		}
	}
	wanted := strings.Split(*functionList, ",")
	for _, name := range wanted {
		if !slices.Contains(names, name) {
			return fmt.Errorf("no function %q, but %s", name, strings.Join(names, ", "))
		}
	}
	if *stride == 0 || flags.NArg() > 0 {
		return errors.New("-stride is 1 or more, and there are no other arguments")
	}
	defer kernels.Use(kernels.Active())
	var failed error
	fmt.Fprint(stdout, "| function | max ULP | at x | bits of x | limit | kernels |\n|---|---|---|---|---|---|\n")
	for _, f := range ulp.Functions {
		if slices.Contains(wanted, f.Name) {
			begun := time.Now()
			failed = errors.Join(failed, measure(f, tiers, *stride, stdout))
			fmt.Fprintf(stderr, "%s: %.1f s\n", f.Name, time.Since(begun).Seconds())
		}
	}
	return failed
}

// worst is the largest error found, in ULP and as a part of the limit.
type worst struct {
	ulp, part float64
	at        float32
}

// result is what is found of one tier.
type result struct {
	positive, negative worst
	differing          uint64 // arguments at which the bits are not the first tier's
	first              float32
}

func (r *result) add(e, limit float64, x float32) {
	w := &r.positive
	if math.Signbit(float64(x)) {
		w = &r.negative
	}
	if part := e / limit; part > w.part {
		*w = worst{e, part, x}
	}
}

// join adds what was found at later arguments.
func (r *result) join(later result) {
	if later.positive.part > r.positive.part {
		r.positive = later.positive
	}
	if later.negative.part > r.negative.part {
		r.negative = later.negative
	}
	if r.differing == 0 {
		r.first = later.first
	}
	r.differing += later.differing
}

// measure goes over the arguments in blocks: every tier computes a block, one after another since there is one active
// tier, and then their errors are measured. All is done by as many goroutines as may run at once.
func measure(f ulp.Function, tiers []string, stride uint64, stdout io.Writer) error {
	how := measured[f.Name]
	first := uint64(0)
	if how.negative {
		first = 1 << 31
	}
	if how.f != nil {
		tiers = []string{"generic"}
	}
	const block = 1 << 20
	x, y, results := make([]float32, block), make([][]float32, len(tiers)), make([]result, len(tiers))
	for t := range y {
		y[t] = make([]float32, block)
	}
	found := make([][]result, runtime.GOMAXPROCS(0))
	for first < 1<<32 {
		n := int(min(block, (1<<32-first+stride-1)/stride))
		share(n, func(_, lo, hi int) {
			for i := lo; i < hi; i++ {
				x[i] = math.Float32frombits(uint32(first + uint64(i)*stride))
			}
		})
		for t, name := range tiers {
			if err := kernels.Use(name); err != nil {
				return err
			}
			share(n, func(_, lo, hi int) {
				if how.f == nil {
					kernels.Activate(y[t][lo:hi], x[lo:hi], how.a, how.a.DefaultAlpha(), 1)
					return
				}
				for i := lo; i < hi; i++ {
					y[t][i] = how.f(x[i])
				}
			})
		}
		share(n, func(worker, lo, hi int) { found[worker] = errorsOf(f, x[lo:hi], y, lo) })
		for _, part := range found {
			for t := range part {
				results[t].join(part[t])
			}
		}
		first += block * stride
	}
	return report(f, tiers, results, stdout)
}

// share divides n among goroutines, in ascending order.
func share(n int, f func(worker, lo, hi int)) {
	var wait sync.WaitGroup
	workers := runtime.GOMAXPROCS(0)
	for w := range workers {
		wait.Add(1)
		go func() {
			defer wait.Done()
			f(w, w*n/workers, (w+1)*n/workers)
		}()
	}
	wait.Wait()
}

// errorsOf measures the values y[tier][lo:] at the arguments x. Where a tier has the first one's bits it has its error.
func errorsOf(f ulp.Function, x []float32, y [][]float32, lo int) []result {
	results := make([]result, len(y))
	for i, v := range x {
		truth, limit := f.Truth(float64(v)), f.Limit(float64(v))
		first := y[0][lo+i]
		e := ulp.Error(first, truth, f.Floor)
		results[0].add(e, limit, v)
		for t := 1; t < len(y); t++ {
			w := y[t][lo+i]
			if math.Float32bits(w) == math.Float32bits(first) || w != w && first != first {
				results[t].add(e, limit, v)
				continue
			}
			results[t].add(ulp.Error(w, truth, f.Floor), limit, v)
			if results[t].differing == 0 {
				results[t].first = v
			}
			results[t].differing++
		}
	}
	return results
}

// report prints a function's rows: one for all tiers if they agree, one for each sign if the limits differ.
func report(f ulp.Function, tiers []string, results []result, stdout io.Writer) (failed error) {
	how := measured[f.Name]
	row := func(title string, w worst, tiers string) {
		limit := f.Limit(float64(w.at))
		fmt.Fprintf(stdout, "| %s | %.4f | %v | %08x | %.4g | %s |\n", title, w.ulp, w.at, math.Float32bits(w.at), limit,
			tiers)
		if w.part > 1 {
			failed = errors.Join(failed, fmt.Errorf("%s on %s: %.4f ULP at %v, limit %.4g", title, tiers, w.ulp, w.at,
				limit))
		}
	}
	same := true
	for t, r := range results {
		if r.differing > 0 {
			same = false
			failed = errors.Join(failed, fmt.Errorf("%s: %s and %s differ at %d arguments, the first of them %v", how.title,
				tiers[0], tiers[t], r.differing, r.first))
		}
	}
	for t, r := range results {
		names := tiers[t]
		switch {
		case how.f != nil:
			names = "portable"
		case same:
			names = strings.Join(tiers, ", ")
		}
		if f.Limit(1) != f.Limit(-1) {
			row(how.title+", x ≥ 0", r.positive, names)
			row(how.title+", x < 0", r.negative, names)
		} else {
			r.join(result{positive: r.negative})
			row(how.title, r.positive, names)
		}
		if same {
			break
		}
	}
	return failed
}
