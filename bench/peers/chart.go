package main

import (
	"fmt"
	"html"
	"strings"
)

// chart draws the groups' ratios as bars: nnrt's speed divided by that of the fastest peer at each shape, with a line
// at 1.
func chart(sessions []*session) string {
	const (
		width, left, right   = 900, 330, 60
		barHeight, rowHeight = 14, 22
		headHeight           = 46
	)
	type bar struct {
		name  string
		ratio float64
	}
	var body strings.Builder
	y := 10
	for _, s := range sessions {
		for _, prepared := range []bool{false, true} {
			var bars []bar
			most := 1.5
			for _, g := range groups {
				if sum := s.summarize(g, prepared); sum.count > 0 {
					bars = append(bars, bar{g.name, sum.mean})
					most = max(most, sum.mean)
				}
			}
			if len(bars) == 0 {
				continue
			}
			scale := float64(width-left-right) / most
			fmt.Fprintf(&body, `<text x="10" y="%d" font-weight="bold">%s, %s</text>`+"\n", y+18,
				threadsText(s.threads), weightsText(prepared))
			y += headHeight - 12
			top := y
			for _, b := range bars {
				colour := "#2a7f5f"
				if b.ratio < 1 {
					colour = "#b3552e"
				}
				length := max(1, b.ratio*scale)
				fmt.Fprintf(&body, `<text x="%d" y="%d" text-anchor="end">%s</text>`+"\n", left-8, y+12,
					html.EscapeString(b.name))
				fmt.Fprintf(&body, `<rect x="%d" y="%d" width="%.1f" height="%d" fill="%s"/>`+"\n", left, y+1, length,
					barHeight, colour)
				fmt.Fprintf(&body, `<text x="%.1f" y="%d">%.2f</text>`+"\n", float64(left)+length+5, y+12, b.ratio)
				y += rowHeight
			}
			one := float64(left) + scale
			fmt.Fprintf(&body, `<line x1="%.1f" y1="%d" x2="%.1f" y2="%d" stroke="#333" stroke-dasharray="4 3"/>`+"\n",
				one, top-4, one, y)
			y += 12
		}
	}
	return fmt.Sprintf(`<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" viewBox="0 0 %d %d" `+
		`font-family="sans-serif" font-size="12">`+"\n"+
		`<title>nnrt's speed divided by that of the fastest other library</title>`+"\n"+
		`<rect width="100%%" height="100%%" fill="#fff"/>`+"\n%s</svg>\n", width, y, width, y, body.String())
}
