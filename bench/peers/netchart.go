package main

import (
	"fmt"
	"html"
	"math"
	"slices"
	"strings"
)

// mark is how the chart shows libraries: those whose names begin so.
type mark struct {
	label, colour string
	prefixes      []string
}

var marks = []mark{
	{"nnrt", "#0a7d4f", []string{"nnrt"}},
	{"Eigen", "#d1495b", []string{"Eigen"}},
	{"nets compiled in", "#e39a2d", compiledIn},
	{"oneDNN", "#2d6cdf", []string{"oneDNN"}},
	{"PyTorch", "#8f3fb5", []string{"PyTorch"}},
	{"ONNX Runtime", "#0898a5", []string{"ONNX Runtime"}},
	{"TensorFlow, Keras", "#a0653a", []string{"TensorFlow", "Keras"}},
	{"JAX", "#d45fa8", []string{"JAX"}},
	{"LiteRT", "#5d6a00", []string{"LiteRT"}},
	{"Go", "#6b6b6b", []string{"gonum", "gomlx", "go-deep"}},
	{"others", "#b8b8b8", []string{""}},
}

// markOf returns the mark with the longest prefix of a name.
func markOf(name string) mark {
	longest, found := -1, mark{}
	for _, m := range marks {
		for _, prefix := range m.prefixes {
			if strings.HasPrefix(name, prefix) && len(prefix) > longest {
				longest, found = len(prefix), m
			}
		}
	}
	return found
}

// netChart draws nanoseconds a row on a logarithmic scale: a line for each net and batch on the fewest threads, a dot
// for each library, a diamond for nnrt.
func netChart(sessions []*netSession) string {
	const width, left, right, lineHeight, head = 900, 170, 20, 22, 64
	s := slices.MinFunc(sessions, func(a, b *netSession) int { return a.threads - b.threads })
	least, most := math.Inf(1), 0.0
	for _, i := range s.items {
		for _, r := range s.results[i] {
			v := r.ns() / float64(i.rows())
			least, most = min(least, v), max(most, v)
		}
	}
	if most == 0 {
		least, most = 1, 10
	}
	low, high := math.Floor(math.Log10(least)), math.Ceil(math.Log10(most))
	place := func(ns float64) float64 {
		return left + (math.Log10(ns)-low)/max(high-low, 1)*(width-left-right)
	}
	var body strings.Builder
	x := 10.0
	fmt.Fprintf(&body, `<text x="10" y="18" font-weight="bold">Nanoseconds a row, %s (less is better)</text>`+"\n",
		threadsText(s.threads))
	for _, m := range marks {
		if !slices.ContainsFunc(s.workers, func(w *worker) bool { return markOf(w.name).label == m.label }) {
			continue
		}
		if m.label == marks[0].label {
			body.WriteString(diamond(x+6, 36, m.colour))
		} else {
			fmt.Fprintf(&body, `<circle cx="%.0f" cy="36" r="4.5" fill="%s"/>`+"\n", x+6, m.colour)
		}
		fmt.Fprintf(&body, `<text x="%.0f" y="40">%s</text>`+"\n", x+16, html.EscapeString(m.label))
		x += 30 + 6.4*float64(len(m.label))
	}
	y := head
	var lines strings.Builder
	last := ""
	for _, i := range s.items {
		if len(s.results[i]) == 0 {
			continue
		}
		if last != "" && i.net != last {
			y += 8
		}
		last = i.net
		middle := float64(y) + lineHeight/2
		fmt.Fprintf(&lines, `<text x="%d" y="%.0f" text-anchor="end">%s %s</text>`+"\n", left-10, middle+4, i.net,
			html.EscapeString(i.title()))
		fmt.Fprintf(&lines, `<line x1="%d" y1="%.0f" x2="%d" y2="%.0f" stroke="#ececec"/>`+"\n", left, middle,
			width-right, middle)
		for _, m := range slices.Backward(marks[1:]) { // the first above the last
			for _, w := range s.workers {
				r, found := s.results[i][w.name]
				if !found || w.name == onOne || markOf(w.name).label != m.label {
					continue
				}
				ns := r.ns() / float64(i.rows())
				fmt.Fprintf(&lines, `<circle cx="%.1f" cy="%.0f" r="4.5" fill="%s" fill-opacity="0.85"><title>%s %s</title>`+
					"</circle>\n", place(ns), middle, m.colour, html.EscapeString(w.name), digits(ns))
			}
		}
		if r, found := s.results[i]["nnrt"]; found {
			lines.WriteString(diamond(place(r.ns()/float64(i.rows())), middle, marks[0].colour))
		}
		y += lineHeight
	}
	for power := low; power <= high; power++ {
		at := place(math.Pow(10, power))
		fmt.Fprintf(&body, `<line x1="%.1f" y1="%d" x2="%.1f" y2="%d" stroke="#ccc"/>`+"\n", at, head-4, at, y)
		fmt.Fprintf(&body, `<text x="%.1f" y="%d" text-anchor="middle" fill="#555">%s</text>`+"\n", at, head-8,
			powerText(power))
	}
	y += 10
	return fmt.Sprintf(`<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" viewBox="0 0 %d %d" `+
		`font-family="sans-serif" font-size="12">`+"\n<title>Nanoseconds a row of nnrt and other libraries</title>\n"+
		`<rect width="100%%" height="100%%" fill="#fff"/>`+"\n%s%s</svg>\n", width, y, width, y, body.String(),
		lines.String())
}

// powerText names a power of ten of nanoseconds.
func powerText(power float64) string {
	units := []string{"ns", "µs", "ms", "s"}
	unit := min(max(int(power)/3, 0), len(units)-1)
	return fmt.Sprintf("%g %s", math.Pow(10, power-3*float64(unit)), units[unit])
}

func diamond(x, y float64, colour string) string {
	return fmt.Sprintf(`<path d="M%.1f %.1f l7 7 l-7 7 l-7 -7 z" fill="%s" stroke="#fff"/>`+"\n", x, y-7, colour)
}
