package main

import (
	"math"
	"os"
	"strconv"
	"strings"
)

// group is a set of products that are judged together.
type group struct {
	name    string
	belongs func(item) bool
}

// groups are those of nnrt's targets. A product belongs to a Dense layer if it is no cube, or the cube of 512, which
// is both: a layer of 512 inputs and outputs on a batch of 512.
var groups = []group{
	{"cubes 64…512", func(i item) bool { return cube(i) && i.m >= 64 && i.m <= 512 }},
	{"cubes 1024, 2048", func(i item) bool { return cube(i) && i.m >= 1024 }},
	{"forward, 64 outputs or more", func(i item) bool { return i.op == "nn" && wide(i) }},
	{"weight gradient, 64 outputs or more", func(i item) bool { return i.op == "tn" && wide(i) }},
	{"input gradient, 64 outputs or more", func(i item) bool { return i.op == "nt" && wide(i) }},
	{"input gradient, batch 32", func(i item) bool { return i.op == "nt" && dense(i) && batch(i) == 32 }},
	{"10 outputs, batch 32 or more", func(i item) bool { return dense(i) && outputs(i) == 10 && batch(i) >= 32 }},
	{"one row, 8 inputs, 10 outputs", func(i item) bool { return row(i, 8, 10) }},
	{"one row, 64 inputs, 64 outputs", func(i item) bool { return row(i, 64, 64) }},
	{"one row, 512 inputs, 10 outputs", func(i item) bool { return row(i, 512, 10) }},
	{"one row, weights that fit L2", func(i item) bool { return anyRow(i) && weightBytes(i) < l2Bytes() }},
	{"one row, 4096 inputs and outputs", func(i item) bool { return row(i, 4096, 4096) }},
}

func cube(i item) bool  { return i.m == i.n && i.n == i.k }
func dense(i item) bool { return i.product() && (!cube(i) || i.m == 512) }
func wide(i item) bool  { return dense(i) && outputs(i) >= 64 }

func batch(i item) int {
	if i.op == "tn" {
		return i.k
	}
	return i.m
}

func outputs(i item) int {
	if i.op == "nt" {
		return i.k
	}
	return i.n
}

func anyRow(i item) bool        { return i.op == "nn" && i.m == 1 }
func weightBytes(i item) int    { return 4 * i.n * i.k }
func row(i item, k, n int) bool { return anyRow(i) && i.k == k && i.n == n }

// l2Bytes returns the size of the second cache, or 1 MiB where the system does not tell.
func l2Bytes() int {
	text, err := os.ReadFile("/sys/devices/system/cpu/cpu0/cache/index2/size")
	if kib, found := strings.CutSuffix(strings.TrimSpace(string(text)), "K"); err == nil && found {
		if n, err := strconv.Atoi(kib); err == nil {
			return n << 10
		}
	}
	return 1 << 20
}

// best returns the fastest peer at an item. Where weights are prepared, a peer that is faster without counts too.
func (s *session) best(i item) (name string, ns float64) {
	tries := []item{i}
	if i.prepared {
		plain := i
		plain.prepared = false
		tries = append(tries, plain)
	}
	for _, t := range tries {
		for peer, r := range s.results[t] {
			if peer != "nnrt" && peer != onOne && peer != machine.name && len(r.rounds) > 0 && (ns == 0 || r.ns() < ns) {
				name, ns = peer, r.ns()
			}
		}
	}
	return name, ns
}

// ratio returns how many times as fast as the best peer nnrt is at an item, or 0 if there are not both.
func (s *session) ratio(i item) float64 {
	own := s.results[i]["nnrt"].ns()
	if _, ns := s.best(i); own > 0 {
		return ns / own
	}
	return 0
}

// peak returns the median of the measured peaks in GFLOP/s.
func (s *session) peak() float64 {
	if len(s.peaks) > 0 {
		return median(s.peaks)
	}
	return s.rate(fma, s.results[fma]["machine"].ns())
}

// summary is what a group came to.
type summary struct {
	count                int
	mean, lowest         float64 // of the ratios
	lowestItem           item
	meanPeak, lowestPeak float64 // of nnrt's fractions of the peak
}

func (s *session) summarize(g group, prepared bool) (sum summary) {
	var logs, peakLogs float64
	for _, i := range s.items {
		ratio := s.ratio(i)
		if !i.product() || i.prepared != prepared || !g.belongs(i) || ratio == 0 {
			continue
		}
		peak := s.rate(i, s.results[i]["nnrt"].ns()) / s.peak()
		if sum.count == 0 || ratio < sum.lowest {
			sum.lowest, sum.lowestItem = ratio, i
		}
		if sum.count == 0 || peak < sum.lowestPeak {
			sum.lowestPeak = peak
		}
		sum.count++
		logs += math.Log(ratio)
		peakLogs += math.Log(peak)
	}
	n := float64(max(sum.count, 1))
	sum.mean, sum.meanPeak = math.Exp(logs/n), math.Exp(peakLogs/n)
	return sum
}
