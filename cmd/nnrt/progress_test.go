package main

import (
	"bytes"
	"context"
	"os"
	"strings"
	"testing"
	"time"

	"nnrt/net"
)

func TestLiveLine(t *testing.T) {
	var screen bytes.Buffer
	clock := time.Unix(0, 0)
	p := &progress{w: &screen, live: true, every: 1, unit: 10, now: func() time.Time {
		clock = clock.Add(60 * time.Millisecond) // at each look
		return clock
	}}
	model, err := net.New(1, net.Dense(1, net.Linear))
	if err != nil {
		t.Fatal(err)
	}
	x := make([]float32, 100)
	if _, err := model.Fit(context.Background(), x, x, net.FitConfig{Loss: net.MeanSquaredError, Epochs: 2, BatchSize: 10,
		Metrics: []net.Metric{net.MeanAbsoluteErrorMetric}, Callbacks: []net.Callback{p}}); err != nil {
		t.Fatal(err)
	}
	text := screen.String()
	// Ten rows in 60 ms; every other batch is shown.
	for _, want := range []string{"\repoch 1/2    5%  loss: 0.0000  167 rows/s  1.1s left", "\repoch 2/2  ", "% ",
		"epoch 1/2 - loss: 0.0000 - mae: 0.0000 - 660ms\n", "epoch 2/2 - loss: 0.0000 - mae: 0.0000 - 660ms\n"} {
		if !strings.Contains(text, want) {
			t.Errorf("the screen lacks %q: %q", want, text)
		}
	}
	for _, line := range strings.FieldsFunc(text, func(r rune) bool { return r == '\r' || r == '\n' }) {
		if len([]rune(line)) > liveWidth {
			t.Errorf("a line of more than %d characters: %q", liveWidth, line)
		}
	}
	// What a terminal shows in the end: the lines of the epochs, and nothing of the live line behind them.
	if shown := render(text); strings.Contains(shown, "rows/s") || strings.Count(shown, "\n") != 2 {
		t.Errorf("the terminal shows %q", shown)
	}
}

// render is what a terminal makes of carriage returns.
func render(text string) string {
	var shown strings.Builder
	for _, line := range strings.SplitAfter(text, "\n") {
		var cells []rune
		at := 0
		for _, r := range line {
			switch r {
			case '\r':
				at = 0
			case '\n':
			default:
				if at == len(cells) {
					cells = append(cells, ' ')
				}
				cells[at] = r
				at++
			}
		}
		shown.WriteString(strings.TrimRight(string(cells), " "))
		if strings.HasSuffix(line, "\n") {
			shown.WriteByte('\n')
		}
	}
	return shown.String()
}

func TestShortForms(t *testing.T) {
	for v, want := range map[float64]string{1: "1", 12.34: "12.3", 999.7: "1k", 1234: "1.23k", 123456: "123k",
		999999: "1M",
		2.5e9:  "2.5G"} {
		if got := shortCount(v); got != want {
			t.Errorf("shortCount(%v) = %s, want %s", v, got, want)
		}
	}
	for d, want := range map[time.Duration]string{3 * time.Millisecond: "3ms", 1500 * time.Millisecond: "1.5s",
		125 * time.Second: "2m05s", 3700 * time.Second: "1h01m", 1000 * time.Hour: "days"} {
		if got := shortDuration(d); got != want {
			t.Errorf("shortDuration(%v) = %s, want %s", d, got, want)
		}
	}
}

func TestNoTerminal(t *testing.T) {
	t.Setenv("TERM", "xterm")
	null, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer null.Close()
	file, err := os.Create(t.TempDir() + "/file")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if isTerminal(null) || isTerminal(file) || isTerminal(&bytes.Buffer{}) {
		t.Error("the null device, a file or a buffer passes for a terminal")
	}
}
