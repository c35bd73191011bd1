package main

import (
	"fmt"
	"runtime"
	"slices"
	"strconv"
	"strings"
)

// team is the workers that measure the same things on the same processors, and what is to be said of them.
type team struct {
	o       options
	threads int
	workers []*worker // nnrt's first
	machine *worker
	peaks   []float64 // GFLOP/s of fma, measured in the rounds
	absent  []string  // peers that do not run, and why
	wrong   []string  // answers that were wrong, or workers that were lost
}

// newTeam starts the machine's worker and one for each of the peers that the options ask for.
func newTeam(o options, threads int, list []peer) (*team, error) {
	t := &team{o: o, threads: threads}
	var err error
	if t.machine, err = startWorker(o, machine, threads, lastCPUs(threads)); err != nil {
		return nil, err
	}
	for _, p := range list {
		own := p.name == "nnrt" || p.name == onOne
		if !own && !o.peers.MatchString(p.name) || p.name == onOne && threads == 1 {
			continue
		}
		workerThreads := threads
		if p.name == onOne {
			workerThreads = 1
		}
		w, err := startWorker(o, p, workerThreads, lastCPUs(workerThreads))
		if err != nil {
			if p.name == "nnrt" {
				return nil, err
			}
			t.absent = append(t.absent, fmt.Sprintf("%s: %v", p.name, err))
			continue
		}
		t.workers = append(t.workers, w)
	}
	return t, nil
}

// lastCPUs returns the last n processors, as taskset takes them.
func lastCPUs(n int) string {
	var cpus []string
	for cpu := runtime.NumCPU() - n; cpu < runtime.NumCPU(); cpu++ {
		cpus = append(cpus, strconv.Itoa(cpu))
	}
	return strings.Join(cpus, ",")
}

func (t *team) close() {
	for _, w := range append(slices.Clone(t.workers), t.machine) {
		w.close()
	}
}

// prepare sends a request to each worker and returns those that can do it and what each says: what follows ok, or no,
// in its answer "ok TAB how TAB more". name is what the results call the request.
func (t *team) prepare(workers []*worker, name, request string) (able []*worker, says map[*worker][]string) {
	says = map[*worker][]string{}
	for _, w := range workers {
		answer, err := w.ask("%s", request)
		f := append(strings.Split(answer, "\t"), "", "")
		switch {
		case err != nil:
			t.wrong = append(t.wrong, fmt.Sprintf("%s at %s: %v", w.name, name, err))
		case f[0] == "ok":
			able = append(able, w)
			says[w] = f[1:]
		case f[0] == "wrong":
			t.wrong = append(t.wrong, fmt.Sprintf("%s at %s: %s", w.name, name, f[1]))
		default:
			says[w] = f[1:]
		}
	}
	return able, says
}

// takeTurns lets workers that are prepared measure one after the other, in changing order, and returns the
// nanoseconds of each one's rounds. A call longer than slow nanoseconds is measured once. With withPeak the machine's
// peak is measured as well.
func (t *team) takeTurns(able []*worker, name string, rounds int, slow float64, withPeak bool) map[*worker][]float64 {
	if withPeak {
		peak := fma
		if t.o.isa == "avx2" {
			peak = fmaAVX2
		}
		if _, err := t.machine.ask("prepare %s %d %d %d plain", peak.op, peak.m, peak.n, peak.k); err == nil {
			able = append(slices.Clone(able), t.machine)
		}
	}
	ns := map[*worker][]float64{}
	for round := range rounds {
		for turn := range able {
			w := able[(turn+round)%len(able)]
			if len(ns[w]) > 0 && ns[w][0] > slow {
				continue
			}
			answer, err := w.ask("run %d", t.o.milliseconds)
			if w.lost != nil && err == w.lost && len(ns[w]) == 0 {
				t.wrong = append(t.wrong, fmt.Sprintf("%s at %s: %v", w.name, name, err))
			}
			one, err := strconv.ParseFloat(answer, 64)
			if err != nil || one <= 0 {
				continue
			}
			if w == t.machine && withPeak {
				t.peaks = append(t.peaks, 2*fmaCount*float64(t.threads)/one)
				continue
			}
			ns[w] = append(ns[w], one)
		}
	}
	return ns
}
