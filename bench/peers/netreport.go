package main

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"nnrt/bench"
)

// netMarkdown returns the results of whole networks as a document.
func netMarkdown(o options, sessions []*netSession, begin time.Time) string {
	var b strings.Builder
	fmt.Fprintf(&b, "# nnrt beside other libraries: whole networks\n\n"+
		"Measured by [this suite](README.md) on %s with `%s`, in %v.\n\n",
		begin.UTC().Format("2 January 2006, 15:04 UTC"), o.command, time.Since(begin).Round(time.Second))
	fmt.Fprintf(&b, "Machine: %s.\n", machineName())
	for _, s := range sessions {
		if len(s.peaks) > 0 {
			fmt.Fprintf(&b, "Peak on %s: %.1f GFLOP/s (median of %d measurements during the run, %.1f to %.1f).\n",
				threadsText(s.threads), median(s.peaks), len(s.peaks), slices.Min(s.peaks), slices.Max(s.peaks))
		}
	}
	b.WriteString("\nNets: A 8-10-8-1 (ReLU, sigmoid), B 784-128-10 and C 784-512-512-10 (ReLU, softmax), " +
		"D 16-64-64-64-4 (tanh, softmax). Nanoseconds a row, the fastest in bold; at batch 1 each output is written into " +
		"the next input. – is what a library cannot do or was not asked.\n\n![Nanoseconds a row](nets.svg)\n")
	netTargetTable(&b, sessions)
	for _, s := range sessions {
		for _, n := range bench.Nets() {
			s.netTable(&b, n.Name)
		}
		s.startTable(&b)
	}
	netPeerTable(&b, sessions)
	for _, s := range sessions {
		for _, wrong := range s.wrong {
			fmt.Fprintf(&b, "\n**Wrong, on %s**: %s.\n", threadsText(s.threads), wrong)
		}
	}
	for _, absent := range sessions[0].absent {
		fmt.Fprintf(&b, "\nNot measured: %s.\n", absent)
	}
	if refusals := sessions[0].refusals(); refusals != "" {
		fmt.Fprintf(&b, "\nNot measured on %s:\n\n%s", threadsText(sessions[0].threads), refusals)
	}
	return b.String()
}

func netTargetTable(b *strings.Builder, sessions []*netSession) {
	var rows strings.Builder
	for _, s := range sessions {
		for _, t := range netTargets {
			if t.threads == s.threads {
				rows.WriteString(t.row(s))
			}
		}
		rows.WriteString(s.startTargets())
	}
	if rows.Len() > 0 {
		fmt.Fprintf(b, "\n## Targets\n\nTime as a fraction of the fastest other library's in the same rounds, unless said "+
			"otherwise.\n\n| what | threads | target | reached | |\n|---|---|---|---|---|\n%s", rows.String())
	}
}

// netTable has the nanoseconds a row of all that was measured of one net, a line for each library.
func (s *netSession) netTable(b *strings.Builder, net string) {
	var columns []netItem
	for _, i := range s.items {
		if i.net == net && len(s.results[i]) > 0 {
			columns = append(columns, i)
		}
	}
	if len(columns) == 0 {
		return
	}
	fmt.Fprintf(b, "\n## Net %s, %s: ns a row\n\n| library |", net, threadsText(s.threads))
	for _, i := range columns {
		fmt.Fprintf(b, " %s |", i.title())
	}
	fmt.Fprintf(b, "\n|---|%s\n", strings.Repeat("--:|", len(columns)))
	for _, w := range s.workers {
		line := fmt.Sprintf("| %s |", w.name)
		measured := false
		for _, i := range columns {
			_, found := s.results[i][w.name]
			if found {
				line += fmt.Sprintf(" %s |", s.cell(i, w.name))
			} else {
				line += " – |"
			}
			measured = measured || found
		}
		if measured {
			b.WriteString(line + "\n")
		}
	}
	line := "| **nnrt / fastest other** |"
	for _, i := range columns {
		name, best := s.best(i, anyPeer)
		own := s.results[i]["nnrt"].ns()
		if best == 0 || own == 0 {
			line += " – |"
			continue
		}
		line += fmt.Sprintf(" %.2f (%s) |", own/best, name)
	}
	b.WriteString(line + "\n")
}

// cell is a peer's nanoseconds a row, in bold if no other peer's are fewer; nnrt on one thread does not compete.
func (s *netSession) cell(i netItem, name string) string {
	own := s.results[i][name].ns()
	text := digits(own / float64(i.rows()))
	for other, r := range s.results[i] {
		if name == onOne || other != onOne && r.ns() < own {
			return text
		}
	}
	return "**" + text + "**"
}

// title heads an item's column.
func (i netItem) title() string {
	switch {
	case i.op == "fit" && i.net == "A":
		return "tutorial's fit"
	case i.op == "fit":
		return "Fashion-MNIST epoch"
	}
	return fmt.Sprintf("%s, %d", i.op, i.batch)
}

// startTable has cold start, memory and what must be shipped.
func (s *netSession) startTable(b *strings.Builder) {
	var rows strings.Builder
	names := []string{nothing}
	for _, w := range s.workers {
		names = append(names, w.name)
	}
	for _, name := range names {
		st, found := s.starts[name]
		if !found || len(st.rounds) == 0 {
			continue
		}
		shipped := "– |"
		if st.shipped > 0 {
			shipped = fmt.Sprintf("%s MB | %s", digits(float64(st.shipped)/1e6), st.shippedIs)
		}
		fmt.Fprintf(&rows, "| %s | %.1f | %.1f | %s |\n", name, st.milliseconds(), st.mebibytes(), shipped)
	}
	if rows.Len() > 0 {
		fmt.Fprintf(b, "\n## A process that predicts one row of net A\n\nFrom the process's start to its end: load the "+
			"saved net, predict, print. Peak resident memory; what must be shipped beside the net, the C library not "+
			"counted.\n\n| library | ms | MiB | shipped | of what |\n|---|--:|--:|--:|---|\n%s", rows.String())
	}
}

// netPeerTable has what each library says of itself and what was called.
func netPeerTable(b *strings.Builder, sessions []*netSession) {
	b.WriteString("\n## What was called\n\n| library | what it says of itself | predict | train | fit |\n|---|---|---|---|---|\n")
	s := sessions[0]
	for _, w := range s.workers {
		fmt.Fprintf(b, "| %s | %s |", w.name, w.description)
		for _, op := range []string{"predict", "train", "fit"} {
			var calls []string
			for _, i := range s.items {
				if call := s.results[i][w.name].kernel; i.op == op && call != "" && !slices.Contains(calls, call) {
					calls = append(calls, call)
				}
			}
			fmt.Fprintf(b, " %s |", strings.Join(calls, "; "))
		}
		b.WriteString("\n")
	}
}

// refusals lists where libraries did not take part, and why: for each library and reason the operations, and of which
// nets.
func (s *netSession) refusals() string {
	var b strings.Builder
	for _, w := range s.workers {
		var reasons []string
		where := map[string][]string{} // by reason: "predict A", each once
		for _, i := range s.items {
			reason, place := s.refused[i][w.name], i.op+" "+i.net
			if reason == "" || slices.Contains(where[reason], place) {
				continue
			}
			if where[reason] == nil {
				reasons = append(reasons, reason)
			}
			where[reason] = append(where[reason], place)
		}
		for _, reason := range reasons {
			fmt.Fprintf(&b, "- %s, %s: %s.\n", w.name, strings.Join(where[reason], ", "), reason)
		}
	}
	return b.String()
}
