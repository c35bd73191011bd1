package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"nnrt/bench"
)

// netSession is all that was measured of whole networks with one number of threads.
type netSession struct {
	*team
	items   []netItem
	folder  string                        // of the files that all workers read
	results map[netItem]map[string]result // by peer; kernel is what was called
	refused map[netItem]map[string]string // by peer: why not
	starts  map[string]start              // by peer
}

func newNetSession(o options, threads int, folder string) (*netSession, error) {
	t, err := newTeam(o, threads, netPeers)
	if err != nil {
		return nil, err
	}
	return &netSession{team: t, items: netItems(o, threads), folder: folder, results: map[netItem]map[string]result{},
		refused: map[netItem]map[string]string{}, starts: map[string]start{}}, nil
}

// writeReferences writes the files of the items that will be measured into a new folder of the cache, and returns it.
// Fashion-MNIST is left out, with a note, where its package is not installed.
func writeReferences(o options) (folder string, err error) {
	if folder, err = filepath.Abs(filepath.Join(o.bin, "..", "nets")); err != nil {
		return "", err
	}
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return "", err
	}
	items := netItems(o, 1)
	for _, n := range bench.Nets() {
		if slices.ContainsFunc(items, func(i netItem) bool { return i.net == n.Name }) {
			if err := writeReference(folder, n); err != nil {
				return "", err
			}
		}
	}
	if err := writeTutorial(folder); err != nil {
		return "", err
	}
	if slices.ContainsFunc(items, func(i netItem) bool { return i.op == "fit" && i.net != "A" }) {
		if err := writeFashion(folder); err != nil {
			fmt.Fprintln(os.Stderr, "peers: without Fashion-MNIST:", err)
		}
	}
	return folder, nil
}

func (s *netSession) measure() {
	for n, i := range s.items {
		s.results[i], s.refused[i] = map[string]result{}, map[string]string{}
		if i.op == "start" {
			s.measureStarts(i)
		} else {
			s.take(i)
		}
		fmt.Fprintf(os.Stderr, "%d/%d, %d threads, %s: %s\n", n+1, len(s.items), s.threads, i.name(), s.line(i))
	}
}

// take lets the workers that can do an item take turns. A whole fit is measured in three rounds at most, since it lasts
// longer than what disturbs a short measurement.
func (s *netSession) take(i netItem) {
	rounds, slow := s.o.rounds, 2e9 // ns
	if i.op == "fit" {
		rounds, slow = min(rounds, 3), 1e10
	}
	request := fmt.Sprintf("net %s %s %d %s", i.op, i.net, i.batch, s.folder)
	able, says := s.prepare(s.workers, i.name(), request)
	measured := s.takeTurns(able, i.name(), rounds, slow, i.op != "fit")
	for _, w := range s.workers {
		switch {
		case len(measured[w]) > 0:
			s.results[i][w.name] = result{rounds: measured[w], kernel: says[w][0]}
		case says[w] != nil && says[w][0] != "":
			s.refused[i][w.name] = says[w][0]
		}
	}
}

// line sums an item up for someone who watches.
func (s *netSession) line(i netItem) string {
	var parts []string
	for _, w := range s.workers {
		if r := s.results[i][w.name]; len(r.rounds) > 0 {
			parts = append(parts, fmt.Sprintf("%s %s", w.name, digits(r.ns()/float64(i.rows()))))
		}
		if st, found := s.starts[w.name]; found && i.op == "start" {
			parts = append(parts, fmt.Sprintf("%s %.1f ms %.1f MiB", w.name, st.milliseconds(), st.mebibytes()))
		}
	}
	return strings.Join(parts, ", ")
}

// best returns the fastest of the other libraries that are allowed.
func (s *netSession) best(i netItem, allowed func(name string) bool) (name string, ns float64) {
	for peer, r := range s.results[i] {
		if peer != "nnrt" && peer != onOne && allowed(peer) && (ns == 0 || r.ns() < ns) {
			name, ns = peer, r.ns()
		}
	}
	return name, ns
}

func anyPeer(string) bool { return true }

func loadsNets(name string) bool { return !slices.Contains(compiledIn, name) }

// digits returns a number with three significant digits, or whole where it has more.
func digits(v float64) string {
	switch {
	case v >= 100:
		return fmt.Sprintf("%.0f", v)
	case v >= 10:
		return fmt.Sprintf("%.1f", v)
	}
	return fmt.Sprintf("%.2f", v)
}
