package main

import (
	"fmt"
	"os"
	"slices"
	"strings"

	"nnrt/bench"
)

// item is one thing to measure. Products are those of the suite, functions have n values, adam n weights, and the
// limits of the machine (fma, read, stream) are as in native/machine.cpp.
type item struct {
	op       string
	m, n, k  int
	prepared bool
}

func (i item) name() string {
	switch i.op {
	case "nn", "tn", "nt":
		s := bench.Product{Op: i.op, M: i.m, N: i.n, K: i.k}.Name()
		if i.prepared {
			s += "/prepared"
		}
		return s
	}
	return fmt.Sprintf("op=%s/n=%d", i.op, i.n)
}

func (i item) product() bool { return i.op == "nn" || i.op == "tn" || i.op == "nt" }
func (i item) limit() bool   { return i.op == "fma" || i.op == "read" || i.op == "stream" }

func (i item) multiplyAdds() int64 { return int64(i.m) * int64(i.n) * int64(i.k) }

const (
	functionValues = 4096
	adamWeights    = 1 << 20
	fmaCount       = 38_400_000
)

// The limits of the machine: fused multiply-adds in the widest vectors and in AVX2's, reads of what fits the first
// cache, of a layer of 784×128 weights, of one of 4096×4096, and Adam's traffic without its arithmetic.
var (
	fma     = item{op: "fma", m: 16, n: fmaCount}
	fmaAVX2 = item{op: "fma", m: 8, n: fmaCount}
	readL1  = item{op: "read", m: 16 << 10, n: 32 << 10}
	readL2  = item{op: "read", m: 784 * 128 * 4, n: 1 << 10}
	readAll = item{op: "read", m: 4096 * 4096 * 4, n: 1}
	stream  = item{op: "stream", m: adamWeights}
)

// items lists what is measured with these options. Functions and updates run on one thread.
func items(o options, threads int) []item {
	var list []item
	for _, prepared := range []bool{false, true} {
		for _, p := range bench.Products() {
			if (!prepared || p.Op == "nn") && !(o.quick && p.MultiplyAdds() > 1<<25) {
				list = append(list, item{p.Op, p.M, p.N, p.K, prepared})
			}
		}
	}
	if threads == 1 {
		for _, op := range []string{"exp", "sigmoid", "tanh"} {
			list = append(list, item{op: op, n: functionValues})
		}
		list = append(list, item{op: "adam", n: adamWeights})
	}
	list = slices.DeleteFunc(list, func(i item) bool { return !o.only.MatchString(i.name()) })
	return append([]item{fma, fmaAVX2, readL1, readL2, readAll, stream}, list...)
}

// result is what one peer reached at one item: the rounds' nanoseconds, what it says of its kernel, and the largest
// error of a function in units of the last place.
type result struct {
	rounds []float64
	kernel string
	ulp    string
}

func (r result) ns() float64 { return median(r.rounds) }

func median(x []float64) float64 {
	s := slices.Sorted(slices.Values(x))
	if len(s) == 0 {
		return 0
	}
	return (s[len(s)/2] + s[(len(s)-1)/2]) / 2
}

// session is all that was measured of kernels with one number of threads.
type session struct {
	*team
	items   []item
	results map[item]map[string]result // by peer
}

func newSession(o options, threads int) (*session, error) {
	t, err := newTeam(o, threads, peers)
	if err != nil {
		return nil, err
	}
	return &session{team: t, items: items(o, threads), results: map[item]map[string]result{}}, nil
}

func (s *session) measure() {
	for n, i := range s.items {
		s.results[i] = map[string]result{}
		if i.limit() {
			s.take(i, []*worker{s.machine}, false)
		} else {
			s.take(i, s.workers, i.product())
		}
		fmt.Fprintf(os.Stderr, "%d/%d, %d threads, %s: %s\n", n+1, len(s.items), s.threads, i.name(), s.line(i))
	}
}

// take lets those of the workers that can do an item take turns, with the machine's peak among them if asked.
func (s *session) take(i item, workers []*worker, withPeak bool) {
	form := "plain"
	if i.prepared {
		form = "prepared"
	}
	able, says := s.prepare(workers, i.name(), fmt.Sprintf("prepare %s %d %d %d %s", i.op, i.m, i.n, i.k, form))
	const slow = 3e8 // ns
	rounds := s.takeTurns(able, i.name(), s.o.rounds, slow, withPeak)
	for _, w := range able {
		s.results[i][w.name] = result{rounds: rounds[w], kernel: says[w][0], ulp: says[w][1]}
	}
}

// line sums an item up for someone who watches.
func (s *session) line(i item) string {
	var parts []string
	for _, w := range append(slices.Clone(s.workers), s.machine) {
		if r := s.results[i][w.name]; len(r.rounds) > 0 {
			parts = append(parts, fmt.Sprintf("%s %.1f", w.name, s.rate(i, r.ns())))
		}
	}
	return strings.Join(parts, ", ")
}

// rate is the figure of an item that tables show: GFLOP/s of products and fma, GB/s of reads and updates, nanoseconds
// a value of functions.
func (s *session) rate(i item, ns float64) float64 {
	t := float64(s.threads)
	switch {
	case ns == 0:
		return 0
	case i.product():
		return 2 * float64(i.multiplyAdds()) / ns
	case i.op == "fma":
		return 2 * float64(i.n) * t / ns
	case i.op == "read":
		return float64(i.m) * float64(i.n) * t / ns
	case i.op == "stream":
		return 7 * 4 * float64(i.m) / ns
	case i.op == "adam":
		return 7 * 4 * float64(i.n) / ns
	}
	return ns / float64(i.n)
}
