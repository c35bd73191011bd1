package main

import (
	"fmt"
	"html"
	"math"
	"strings"
)

// mark is how the chart shows a library.
type mark struct {
	prefix, colour string // of the names that it stands for
}

// marks are the libraries with a colour of their own; all others are grey.
var marks = []mark{
	{"nnrt", "#0a7d4f"}, {"Eigen", "#d1495b"}, {"oneDNN", "#2d6cdf"}, {"fixed size", "#c77d0a"}, {"PyTorch", "#8f3fb5"},
	{"ONNX Runtime", "#0898a5"}, {"Keras", "#a0653a"}, {"LiteRT", "#5d6a00"},
}

const otherColour = "#b8b8b8"

func colourOf(name string) string {
	for _, m := range marks {
		if strings.HasPrefix(name, m.prefix) {
			return m.colour
		}
	}
	return otherColour
}

// netChart draws nanoseconds a row on a logarithmic scale: a line for each net and batch on one thread, a dot for each
// library, nnrt's a filled diamond.
func netChart(sessions []*netSession) string {
	const width, left, right, lineHeight, head = 900, 150, 20, 22, 64
	s := sessions[0]
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
	for n, m := range append(marks, mark{"others", otherColour}) {
		if n == 0 {
			body.WriteString(diamond(x+6, 36, m.colour))
		} else {
			fmt.Fprintf(&body, `<circle cx="%.0f" cy="36" r="4.5" fill="%s"/>`+"\n", x+6, m.colour)
		}
		fmt.Fprintf(&body, `<text x="%.0f" y="40">%s</text>`+"\n", x+16, html.EscapeString(m.prefix))
		x += 34 + 6.6*float64(len(m.prefix))
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
		for _, grey := range []bool{true, false} { // the colours above the grey
			for _, w := range s.workers {
				r, found := s.results[i][w.name]
				colour := colourOf(w.name)
				if !found || w.name == "nnrt" || w.name == onOne || (colour == otherColour) != grey {
					continue
				}
				ns := r.ns() / float64(i.rows())
				fmt.Fprintf(&lines, `<circle cx="%.1f" cy="%.0f" r="4.5" fill="%s" fill-opacity="0.85"><title>%s %s</title>`+
					"</circle>\n", place(ns), middle, colour, html.EscapeString(w.name), digits(ns))
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
