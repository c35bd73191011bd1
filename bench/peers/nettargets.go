package main

import (
	"fmt"
	"slices"
	"strings"
)

// target is what nnrt is to reach: at most limit times something's time, or at most limit of a unit.
type target struct {
	what    string
	threads int // of the session that it is judged in
	items   []netItem
	against string // a peer's name or its start, or nothing for the fastest; onOne; or a unit
	limit   float64
}

const (
	milliseconds = "ms"
	seconds      = "s"
)

func batches(op, net string, sizes ...int) (list []netItem) {
	for _, batch := range sizes {
		list = append(list, netItem{op, net, batch})
	}
	return list
}

// netTargets are those that nnrt has set itself.
var netTargets = []target{
	{"predict A, batch 1", 1, batches("predict", "A", 1), "Eigen", 0.5},
	{"predict A, batch 32", 1, batches("predict", "A", 32), "", 0.4},
	{"predict A, batch ≥ 256", 1, batches("predict", "A", 256, 1024), "", 0.4},
	{"predict B, batch 1", 1, batches("predict", "B", 1), "", 0.95},
	{"predict B, batch 32", 1, batches("predict", "B", 32), "", 0.98},
	{"predict B, batch ≥ 256", 1, batches("predict", "B", 256, 1024), "", 0.98},
	{"predict C, batch 1", 1, batches("predict", "C", 1), "", 0.95},
	{"predict C, batch 32", 1, batches("predict", "C", 32), "", 0.98},
	{"predict C, batch ≥ 256", 1, batches("predict", "C", 256, 1024), "", 0.98},
	{"predict D, batch 1", 1, batches("predict", "D", 1), "", 0.6},
	{"predict D, batch 32", 1, batches("predict", "D", 32), "", 0.55},
	{"predict D, batch ≥ 256", 1, batches("predict", "D", 256, 1024), "", 0.6},
	{"predict B, batch 1024", 2, batches("predict", "B", 1024), "", 1},
	{"predict C, batch 1024", 2, batches("predict", "C", 1024), "", 1},
	{"predict D, batch 1024", 2, batches("predict", "D", 1024), "", 0.7},
	{"train A, batch 32", 1, batches("train", "A", 32), "", 0.6},
	{"train A, batch 32", 1, batches("train", "A", 32), "PyTorch", 1. / 60},
	{"train B, batch 32", 1, batches("train", "B", 32), "", 0.75},
	{"train B, batch 128", 1, batches("train", "B", 128), "", 0.85},
	{"train B, batch 128", 1, batches("train", "B", 128), "PyTorch", 1 / 1.8},
	{"train C, batch 128", 1, batches("train", "C", 128), "", 0.8},
	{"train C, batch 128", 1, batches("train", "C", 128), "PyTorch", 1 / 1.3},
	{"train D, batch 32", 1, batches("train", "D", 32), "", 0.55},
	{"train D, batch 128", 1, batches("train", "D", 128), "", 0.6},
	{"train D, batch 128", 1, batches("train", "D", 128), "PyTorch", 1. / 9},
	{"train B, batch 128", 2, batches("train", "B", 128), onOne, 1 / 1.7},
	{"train C, batch 128", 2, batches("train", "C", 128), onOne, 1 / 1.7},
	{"train A", 2, batches("train", "A", 32, 128), onOne, 1},
	{"train D", 2, batches("train", "D", 32, 128), onOne, 1},
	{"the tutorial's fit", 1, batches("fit", "A", 32), milliseconds, 0.5},
	{"an epoch of Fashion-MNIST, B", 1, batches("fit", "B", 128), seconds, 0.16},
	{"an epoch of Fashion-MNIST, C", 1, batches("fit", "C", 128), seconds, 1.2},
}

// noise is by how much a ratio that must be no worse than 1 may exceed it.
const noise = 0.03

// row returns the target's line of the table, or nothing if it was not measured in this session. Of several items the
// worst counts.
func (t target) row(s *netSession) string {
	var worst, worstLoading float64 // of all, and beside those that load their nets as nnrt does
	var reached string
	for _, i := range t.items {
		own := s.results[i]["nnrt"].ns()
		value, text := own, ""
		switch t.against {
		case milliseconds:
			value = own / 1e6
			text = fmt.Sprintf("%s ms%s", digits(value), s.others(i, 1e6, "ms"))
		case seconds:
			value = own / 1e9
			text = fmt.Sprintf("%s s%s", digits(value), s.others(i, 1e9, "s"))
		case onOne:
			other := s.results[i][onOne].ns()
			value, text = own/other, i.ratioText(own, onOne, other)
		default:
			name, other := s.best(i, t.allows)
			if other == 0 {
				continue
			}
			value, text = own/other, i.ratioText(own, name, other)
			if !loadsNets(name) {
				if name, other = s.best(i, loadsNets); other > 0 {
					text += "; " + i.ratioText(own, name, other)
				}
			}
			worstLoading = max(worstLoading, own/other)
		}
		if own > 0 && value > worst {
			worst, reached = value, text
		}
	}
	if reached == "" {
		return ""
	}
	var aim string
	switch t.against {
	case milliseconds, seconds:
		aim = fmt.Sprintf("≤ %g %s", t.limit, t.against)
	case onOne:
		aim = fmt.Sprintf("≥ %.3g times its speed on one thread", 1/t.limit)
		if t.limit == 1 {
			aim = "no slower than on one thread"
		}
	case "PyTorch":
		aim = fmt.Sprintf("≥ %.3g times PyTorch's speed", 1/t.limit)
	default:
		aim = fmt.Sprintf("≤ %g × the fastest", t.limit)
		if t.against != "" {
			aim = fmt.Sprintf("≤ %g × %s", t.limit, t.against)
		}
	}
	verdict := "**missed**"
	if worst <= t.limit || t.limit == 1 && worst <= 1+noise {
		verdict = "met"
	} else if worstLoading > 0 && worstLoading <= t.limit {
		verdict = "**missed** beside nets compiled in, else met"
	}
	return fmt.Sprintf("| %s | %s | %s | %s | %s |\n", t.what, threadsText(t.threads), aim, reached, verdict)
}

// allows tells which peers the target compares with.
func (t target) allows(name string) bool {
	return t.against == "" || t.against == "Eigen" && name == t.against ||
		t.against == "PyTorch" && strings.HasPrefix(name, t.against)
}

// ratioText is nnrt's time as a fraction of another's.
func (i netItem) ratioText(own float64, name string, other float64) string {
	form := "%.2f × %s (%s and %s ns a row)"
	if own/other < 0.1 {
		form = "%.4f × %s (%s and %s ns a row)"
	}
	rows := float64(i.rows())
	return fmt.Sprintf(form, own/other, name, digits(own/rows), digits(other/rows))
}

// others says, in a unit of so many nanoseconds, what the fastest other and PyTorch take.
func (s *netSession) others(i netItem, unit float64, name string) string {
	var parts []string
	for _, allowed := range []func(string) bool{anyPeer, target{against: "PyTorch"}.allows} {
		if peer, ns := s.best(i, allowed); ns > 0 {
			parts = append(parts, fmt.Sprintf("%s %s %s", peer, digits(ns/unit), name))
		}
	}
	if len(parts) == 0 {
		return ""
	}
	return " (" + strings.Join(slices.Compact(parts), ", ") + ")"
}

// startTargets returns the lines of cold start and of memory.
func (s *netSession) startTargets() string {
	own, least := s.starts["nnrt"], s.starts[nothing]
	if len(own.rounds) == 0 || len(least.rounds) == 0 {
		return ""
	}
	verdict := func(met bool) string {
		if met {
			return "met"
		}
		return "**missed**"
	}
	aim := 1.5*least.milliseconds() + 3
	return fmt.Sprintf("| cold start to first prediction, A | one thread | ≤ 1.5 × %s + 3 ms = %.2f ms | %.2f ms | %s |\n",
		nothing, aim, own.milliseconds(), verdict(own.milliseconds() <= aim)) +
		fmt.Sprintf("| peak resident memory, A | one thread | ≤ 8 MiB | %.1f MiB | %s |\n", own.mebibytes(),
			verdict(own.mebibytes() <= 8))
}
