// Goworker is a worker of bench/peers for nnrt and the libraries in Go: goworker NAME speaks on standard input and
// output as native/runner.cpp describes.
package main

import (
	"bufio"
	"errors"
	"fmt"
	"math"
	"os"
	"runtime"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"time"

	"nnrt/bench"
)

// problem is one thing to measure; see native/peer.h. The op adam, which nnrt alone has, is one update of n weights.
type problem struct {
	op       string
	m, n, k  int
	prepared bool
	a, b, c  []float32
}

func (p problem) product() bool  { return slices.Contains([]string{"nn", "tn", "nt"}, p.op) }
func (p problem) function() bool { return slices.Contains([]string{"exp", "sigmoid", "tanh"}, p.op) }

// library is one of those that this worker can measure. prepare returns what is timed and where the result then is,
// or why there is none.
type library struct {
	describe func() string
	prepare  func(problem) (call func() []float32, err error)
}

var (
	libraries = map[string]library{"nnrt": nnrt, "gonum": gonum, "vek": vek, "gomlx": gomlx, "go-deep": godeep}

	errNoProduct  = errors.New("not a product")
	errNoPrepared = errors.New("has no prepared weights")
)

var threads, _ = strconv.Atoi(os.Getenv("PEER_THREADS"))

func main() {
	if len(os.Args) < 2 || libraries[os.Args[1]].describe == nil {
		fmt.Fprintln(os.Stderr, "usage: goworker NAME [save NET FOLDER]")
		os.Exit(2)
	}
	if len(os.Args) == 5 && os.Args[2] == "save" {
		if err := save(netLibraries[os.Args[1]], os.Args[3], os.Args[4]); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	threads = max(threads, 1)
	runtime.GOMAXPROCS(threads)
	out := os.Stdout
	os.Stdout = os.Stderr // one of the libraries prints
	l := libraries[os.Args[1]]
	fmt.Fprintln(out, l.describe(), "with", runtime.Version())
	var call func()
	for in := bufio.NewScanner(os.Stdin); in.Scan(); {
		switch f := strings.Fields(in.Text()); {
		case len(f) == 6 && f[0] == "prepare":
			p := problem{op: f[1], m: number(f[2]), n: number(f[3]), k: number(f[4]), prepared: f[5] == "prepared"}
			product, answer := prepare(l, p)
			call = nil
			if product != nil {
				call = func() { product() }
			}
			fmt.Fprintln(out, answer)
		case len(f) == 5 && f[0] == "net":
			var answer string
			call, answer = prepareNet(netLibraries[os.Args[1]], f[1], f[2], number(f[3]), f[4])
			fmt.Fprintln(out, answer)
		case len(f) == 2 && f[0] == "run" && call != nil:
			fmt.Fprintf(out, "%.6f\n", run(call, float64(number(f[1]))*1e-3)*1e9)
		default:
			fmt.Fprintln(out, "no\tnot now:", in.Text())
		}
	}
}

// save writes a net in the library's own form.
func save(l netLibrary, name, folder string) error {
	if l.save == nil {
		return nil
	}
	n, err := readNetwork(name, folder)
	if err != nil {
		return err
	}
	return l.save(n)
}

func number(s string) int {
	n, err := strconv.Atoi(s)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	return n
}

func prepare(l library, p problem) (call func() []float32, answer string) {
	if p.product() {
		p.a, p.c = bench.Uniform(p.m*p.k, 1), make([]float32, p.m*p.n)
		p.b = bench.Uniform(p.k*p.n+1, 1)[:p.k*p.n] // not the numbers of a
	} else if p.function() {
		p.a, p.c = bench.Uniform(p.n, 10), make([]float32, p.n)
	}
	call, err := l.prepare(p)
	if err != nil {
		return nil, "no\t" + err.Error()
	}
	debug.FreeOSMemory() // what earlier problems left is not collected while this one is timed
	for i := range p.c {
		p.c[i] = float32(math.NaN())
	}
	p.c = call()
	var worst float64
	if p.product() {
		err = checkProduct(p)
	} else if p.function() {
		worst, err = checkFunction(p)
	}
	if err != nil {
		return nil, "wrong\t" + err.Error()
	}
	return call, fmt.Sprintf("ok\t\t%.2f", worst)
}

// checkProduct compares every entry of a small product, and some of each row and column of a large one, with sums in
// float64.
func checkProduct(p problem) error {
	step := max(1, int(math.Sqrt(float64(p.m)*float64(p.n)*float64(p.k)/4e6)))
	for i := range p.m {
		if i%step != 0 && i != p.m-1 {
			continue
		}
		for j := i * 7 % step; j < p.n; j += step {
			var sum, size float64
			for l := range p.k {
				ai, bi := i*p.k+l, l*p.n+j
				if p.op == "tn" {
					ai = l*p.m + i
				} else if p.op == "nt" {
					bi = j*p.k + l
				}
				xy := float64(p.a[ai]) * float64(p.b[bi])
				sum += xy
				size += math.Abs(xy)
			}
			if got := float64(p.c[i*p.n+j]); !(math.Abs(got-sum) <= 1e-5*size) {
				return fmt.Errorf("c[%d,%d] is %g and should be %g", i, j, got, sum)
			}
		}
	}
	return nil
}

// checkFunction returns the largest error in units of the last place.
func checkFunction(p problem) (worst float64, err error) {
	for i, v := range p.a {
		x := float64(v)
		want := 1 / (1 + math.Exp(-x))
		switch p.op {
		case "exp":
			want = math.Exp(x)
		case "tanh":
			want = math.Tanh(x)
		}
		near := float32(math.Abs(want))
		ulp := float64(math.Float32frombits(math.Float32bits(near)+1)) - float64(near)
		e := math.Abs(float64(p.c[i])-want) / ulp
		if !(e < 1e5) {
			return 0, fmt.Errorf("%s(%g) is %g and should be %g", p.op, x, p.c[i], want)
		}
		worst = max(worst, e)
	}
	return worst, nil
}

// run returns the seconds of one call, measured as native/runner.cpp measures them.
func run(call func(), seconds float64) float64 {
	start := time.Now()
	call()
	one := time.Since(start).Seconds()
	if one > 0.3 {
		return one
	}
	batch := func(calls int) float64 {
		start := time.Now()
		for range calls {
			call()
		}
		return time.Since(start).Seconds() / float64(calls)
	}
	calls := 1
	for one = batch(calls); one*float64(calls) < 2e-4; one = batch(calls) {
		calls *= 4
	}
	calls = max(1, int(5e-4/one))
	begin := time.Now()
	for batches := 0; batches < 3 || time.Since(begin).Seconds() < seconds; batches++ {
		one = min(one, batch(calls))
		if batches > 0 && time.Since(begin).Seconds() > 1 {
			break
		}
	}
	return one
}
