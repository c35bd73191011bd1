package main

import (
	"fmt"
	"os/exec"
	"slices"
	"strings"
	"time"
)

// markdown returns the results as a document.
func markdown(o options, sessions []*session, start time.Time) string {
	var b strings.Builder
	fmt.Fprintf(&b, "# nnrt beside other libraries\n\nMeasured by [this suite](README.md) on %s with `%s`, in %v.\n\n",
		start.UTC().Format("2 January 2006, 15:04 UTC"), o.command, time.Since(start).Round(time.Second))
	fmt.Fprintf(&b, "Machine: %s.\n", machineName())
	for _, s := range sessions {
		if len(s.peaks) > 0 {
			fmt.Fprintf(&b, "Peak on %s: %.1f GFLOP/s (median of %d measurements during the run, %.1f to %.1f).\n",
				threadsText(s.threads), s.peak(), len(s.peaks), slices.Min(s.peaks), slices.Max(s.peaks))
		}
	}
	b.WriteString("\n| library | what it says of itself |\n|---|---|\n")
	for _, w := range sessions[0].workers {
		fmt.Fprintf(&b, "| %s | %s |\n", w.name, w.description)
	}
	for _, absent := range sessions[0].absent {
		fmt.Fprintf(&b, "\nNot measured: %s.\n", absent)
	}
	for _, s := range sessions {
		for _, wrong := range s.wrong {
			fmt.Fprintf(&b, "\n**Wrong, on %s**: %s.\n", threadsText(s.threads), wrong)
		}
	}
	for _, s := range sessions {
		s.groupTables(&b)
	}
	for _, s := range sessions {
		s.limitTable(&b)
		s.rowTable(&b)
		s.threadsTable(&b)
		s.functionTable(&b)
		s.adamTable(&b)
		for _, prepared := range []bool{false, true} {
			for _, op := range []string{"nn", "tn", "nt"} {
				s.productTable(&b, op, prepared)
			}
		}
	}
	return b.String()
}

func threadsText(n int) string {
	if n == 1 {
		return "one thread"
	}
	return fmt.Sprintf("%d threads", n)
}

// machineName describes the machine as lscpu does.
func machineName() string {
	text, err := exec.Command("lscpu").Output()
	if err != nil {
		return "unknown"
	}
	var parts []string
	for line := range strings.Lines(string(text)) {
		key, value, _ := strings.Cut(line, ":")
		value = strings.TrimSpace(value)
		switch key = strings.TrimSpace(key); key {
		case "Model name":
			parts = append([]string{value}, parts...)
		case "CPU(s)":
			parts = append(parts, value+" processors")
		case "CPU family", "Model", "L1d cache", "L2 cache", "L3 cache":
			parts = append(parts, key+" "+value)
		case "Hypervisor vendor":
			parts = append(parts, "a virtual machine ("+value+")")
		}
	}
	system, _ := exec.Command("uname", "-sr").Output()
	return strings.Join(append(parts, strings.TrimSpace(string(system))), ", ")
}

func (s *session) groupTables(b *strings.Builder) {
	for _, prepared := range []bool{false, true} {
		var rows strings.Builder
		for _, g := range groups {
			sum := s.summarize(g, prepared)
			if sum.count == 0 {
				continue
			}
			fmt.Fprintf(&rows, "| %s | %d | %.2f | %.2f (%s) | %.0f %% | %.0f %% |\n", g.name, sum.count, sum.mean,
				sum.lowest, sum.lowestItem.name(), 100*sum.meanPeak, 100*sum.lowestPeak)
		}
		if rows.Len() > 0 {
			fmt.Fprintf(b, "\n## Groups, %s, %s\n\n"+
				"nnrt's speed divided by that of the fastest peer at each shape, and the peak's fraction that nnrt reaches; "+
				"means are geometric.\n\n"+
				"| group | shapes | mean ratio | lowest ratio | of the peak | lowest |\n|---|---|---|---|---|---|\n%s",
				threadsText(s.threads), weightsText(prepared), rows.String())
		}
	}
}

func weightsText(prepared bool) string {
	if prepared {
		return "weights prepared"
	}
	return "weights as they are"
}

func (s *session) limitTable(b *strings.Builder) {
	fmt.Fprintf(b, "\n## Limits of the machine, %s\n\n| limit | measured |\n|---|---|\n", threadsText(s.threads))
	for _, l := range []struct {
		item item
		name string
		unit string
	}{
		{fma, "fused multiply-adds, vectors of 512 bits", "GFLOP/s"},
		{fmaAVX2, "fused multiply-adds, vectors of 256 bits", "GFLOP/s"},
		{readL1, "reading 16 KiB again and again", "GB/s"},
		{readL2, "reading 392 KiB (784×128 weights) again and again", "GB/s"},
		{readAll, "reading 64 MiB (4096×4096 weights) again and again", "GB/s"},
		{stream, "reading four arrays of 4 MiB and writing three of them", "GB/s"},
	} {
		if r := s.results[l.item]["machine"]; len(r.rounds) > 0 {
			fmt.Fprintf(b, "| %s | %.1f %s |\n", l.name, s.rate(l.item, r.ns()), l.unit)
		}
	}
}

// rowTable shows how fast the weights of layers are read for one row.
func (s *session) rowTable(b *strings.Builder) {
	var rows strings.Builder
	for _, i := range s.items {
		own, limit := s.results[i]["nnrt"].ns(), readAll
		if !anyRow(i) || weightBytes(i) < 16<<10 || own == 0 {
			continue
		}
		where := "memory"
		if size := weightBytes(i); size <= 16<<10 {
			limit, where = readL1, "L1"
		} else if size < l2Bytes() {
			limit, where = readL2, "L2"
		} else if size < 32<<20 {
			where = ""
		}
		fraction := "between L2 and memory"
		if where != "" {
			bandwidth := s.rate(limit, s.results[limit]["machine"].ns())
			fraction = fmt.Sprintf("%.0f %% of %s's %.1f", 100*float64(weightBytes(i))/own/bandwidth, where, bandwidth)
		}
		name, ns := s.best(i)
		other := "–"
		if ns > 0 {
			other = fmt.Sprintf("%.1f (%s)", float64(weightBytes(i))/ns, name)
		}
		fmt.Fprintf(&rows, "| %d×%d | %s | %.1f | %s | %s |\n", i.k, i.n, weightsText(i.prepared),
			float64(weightBytes(i))/own, other, fraction)
	}
	if rows.Len() > 0 {
		fmt.Fprintf(b, "\n## One row, %s: GB/s of weights\n\n"+
			"| inputs×outputs | | nnrt | fastest peer | nnrt, of the bandwidth |\n|---|---|---|---|---|\n%s",
			threadsText(s.threads), rows.String())
	}
}

// threadsTable shows how many times as fast as on one thread nnrt is on more.
func (s *session) threadsTable(b *strings.Builder) {
	var all, large []float64
	var slowest item
	for _, i := range s.items {
		own, one := s.results[i]["nnrt"].ns(), s.results[i][onOne].ns()
		if own == 0 || one == 0 {
			continue
		}
		if all = append(all, one/own); slices.Min(all) == one/own {
			slowest = i
		}
		if cube(i) && i.m >= 512 {
			large = append(large, one/own)
		}
	}
	if len(all) == 0 {
		return
	}
	fmt.Fprintf(b, "\n## nnrt on %s beside one\n\nOf %d products the least gain is %.2f times (%s), the median %.2f.",
		threadsText(s.threads), len(all), slices.Min(all), slowest.name(), median(all))
	if len(large) > 0 {
		fmt.Fprintf(b, " Of the cubes from 512 on the least gain is %.2f times.", slices.Min(large))
	}
	b.WriteString("\n")
}

// present returns the workers that measured any of some items.
func (s *session) present(belongs func(item) bool) (list []*worker) {
	for _, w := range s.workers {
		if slices.ContainsFunc(s.items, func(i item) bool { return belongs(i) && len(s.results[i][w.name].rounds) > 0 }) {
			list = append(list, w)
		}
	}
	return list
}

// table writes a table of the items that belong, if any was measured: first their names, then a column a peer with
// the fastest in bold, then what more says.
func (s *session) table(b *strings.Builder, title, first, rest string, belongs func(item) bool,
	name func(item) string, cell func(item, result) string, more func(item) string) {
	workers := s.present(belongs)
	if len(workers) == 0 {
		return
	}
	fmt.Fprintf(b, "\n## %s\n\n| %s |", title, first)
	for _, w := range workers {
		fmt.Fprintf(b, " %s |", w.name)
	}
	fmt.Fprintf(b, "%s\n|---|%s\n", rest, strings.Repeat("---|", len(workers)+strings.Count(rest, "|")))
	for _, i := range s.items {
		if !belongs(i) {
			continue
		}
		least := 0.0
		for _, r := range s.results[i] {
			if ns := r.ns(); ns > 0 && (least == 0 || ns < least) {
				least = ns
			}
		}
		fmt.Fprintf(b, "| %s |", name(i))
		for _, w := range workers {
			text := "–"
			if r := s.results[i][w.name]; len(r.rounds) > 0 {
				text = cell(i, r)
				if r.ns() == least {
					text = "**" + text + "**"
				}
			}
			fmt.Fprintf(b, " %s |", text)
		}
		fmt.Fprintf(b, "%s\n", more(i))
	}
}

func (s *session) productTable(b *strings.Builder, op string, prepared bool) {
	formula := map[string]string{"nn": "C = A·B", "tn": "C = Aᵀ·B", "nt": "C = A·Bᵀ"}[op]
	s.table(b, fmt.Sprintf("%s (%s), %s, %s: GFLOP/s", formula, op, threadsText(s.threads), weightsText(prepared)),
		"M×N×K", " nnrt, of the peak | nnrt / best peer |",
		func(i item) bool { return i.op == op && i.prepared == prepared },
		func(i item) string { return fmt.Sprintf("%d×%d×%d", i.m, i.n, i.k) },
		func(i item, r result) string { return fmt.Sprintf("%.1f", s.rate(i, r.ns())) },
		func(i item) string {
			own := s.results[i]["nnrt"].ns()
			if own == 0 {
				return " – | – |"
			}
			name, _ := s.best(i)
			return fmt.Sprintf(" %.0f %% | %.2f (%s) |", 100*s.rate(i, own)/s.peak(), s.ratio(i), name)
		})
}

func (s *session) functionTable(b *strings.Builder) {
	s.table(b, fmt.Sprintf("Functions of %d values, %s: ns a value (largest error in ULP)", functionValues,
		threadsText(s.threads)), "function", " nnrt / best peer |",
		func(i item) bool { return !i.product() && !i.limit() && i.op != "adam" },
		func(i item) string { return i.op },
		func(i item, r result) string { return fmt.Sprintf("%.3f (%s)", s.rate(i, r.ns()), r.ulp) },
		func(i item) string {
			if name, _ := s.best(i); s.ratio(i) > 0 {
				return fmt.Sprintf(" %.2f (%s) |", s.ratio(i), name)
			}
			return " – |"
		})
}

func (s *session) adamTable(b *strings.Builder) {
	for _, i := range s.items {
		own, limit := s.results[i]["nnrt"].ns(), s.results[stream]["machine"].ns()
		if i.op == "adam" && own > 0 && limit > 0 {
			fmt.Fprintf(b, "\n## Adam's update of %d weights, %s\n\nnnrt moves %.1f GB/s, a loop that only reads and "+
				"writes the same arrays %.1f GB/s: %.0f %%.\n", i.n, threadsText(s.threads), s.rate(i, own),
				s.rate(stream, limit), 100*s.rate(i, own)/s.rate(stream, limit))
		}
	}
}
