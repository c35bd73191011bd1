package main

import (
	"fmt"
	"io"
	"strings"
	"time"
	"unicode/utf8"

	"nnrt/net"
)

// progress shows how training goes on: on a terminal a line that is written anew, with speed and time left; elsewhere
// a line when an epoch (or so many) ends. It is a net.Callback.
type progress struct {
	net.NoCallback
	w        io.Writer
	live     bool
	every    int     // epochs from one line to the next
	unit     float64 // what a regression's errors are multiplied by
	now      func() time.Time
	begun    time.Time // training
	before   float64   // rows trained before that, by the training that is resumed
	epoch    time.Time // the epochs since the last line
	shown    time.Time // the live line
	liveSize int       // characters of the live line on the screen
}

// liveInterval is how often the live line is written.
const liveInterval = 100 * time.Millisecond

// liveWidth is how long the live line may get, so that it does not wrap.
const liveWidth = 79

func newProgress(e *env, unit float64, every int) *progress {
	return &progress{w: e.stderr, live: isTerminal(e.stderr), every: every, unit: unit, now: time.Now}
}

func (p *progress) TrainBegin(r *net.Run) error {
	p.begun = p.now()
	p.before = float64(r.Epoch()) * float64(r.TotalRows())
	p.epoch = p.begun
	return nil
}

func (p *progress) BatchEnd(r *net.Run) error {
	if !p.live {
		return nil
	}
	now := p.now()
	if now.Sub(p.shown) < liveInterval {
		return nil
	}
	p.shown = now
	done := float64(r.Epoch()-1)*float64(r.TotalRows()) + float64(r.Rows())
	all := float64(r.Epochs()) * float64(r.TotalRows())
	rate := (done - p.before) / max(now.Sub(p.begun).Seconds(), 1e-9)
	left := time.Duration((all - done) / rate * float64(time.Second))
	p.write(fmt.Sprintf("epoch %d/%d  %3.0f%%  loss: %.4f  %s rows/s  %s left", r.Epoch(), r.Epochs(), 100*done/all,
		r.Loss(), shortCount(rate), shortDuration(left)))
	return nil
}

func (p *progress) EpochEnd(r *net.Run) error {
	log := r.Log()
	if log.Epoch%p.every != 0 && log.Epoch != r.Epochs() {
		return nil
	}
	now := p.now()
	took := now.Sub(p.epoch)
	p.epoch = now
	p.erase()
	fmt.Fprintf(p.w, "epoch %d/%d - %s - %s\n", log.Epoch, r.Epochs(), net.FormatValues(inUnits(log.Values, p.unit)),
		shortDuration(took))
	return nil
}

// write puts a line on the screen in the place of the one before.
func (p *progress) write(line string) {
	if utf8.RuneCountInString(line) > liveWidth {
		line = string([]rune(line)[:liveWidth])
	}
	size := utf8.RuneCountInString(line)
	fmt.Fprintf(p.w, "\r%s%s", line, strings.Repeat(" ", max(0, p.liveSize-size)))
	p.liveSize = size
}

// erase takes the live line off the screen.
func (p *progress) erase() {
	if p.liveSize > 0 {
		fmt.Fprintf(p.w, "\r%s\r", strings.Repeat(" ", p.liveSize))
		p.liveSize = 0
	}
}

// inUnits returns the values with a regression's errors in the target's own units; the loss stays that of what the
// model learns.
func inUnits(values []net.Value, unit float64) []net.Value {
	result := make([]net.Value, len(values))
	for i, v := range values {
		switch strings.TrimPrefix(v.Name, "val_") {
		case "mae", "rmse":
			v.Value *= unit
		case "mse":
			v.Value *= float64(unit * unit)
		}
		result[i] = v
	}
	return result
}

// shortCount returns a number in at most four digits, such as 12.3k.
func shortCount(v float64) string {
	switch {
	case v >= 999.5e6:
		return fmt.Sprintf("%.3gG", v/1e9)
	case v >= 999.5e3:
		return fmt.Sprintf("%.3gM", v/1e6)
	case v >= 999.5:
		return fmt.Sprintf("%.3gk", v/1e3)
	}
	return fmt.Sprintf("%.3g", v)
}

// shortDuration returns a duration such as 12ms, 3.4s, 2m05s or 1h02m.
func shortDuration(d time.Duration) string {
	switch s := d.Seconds(); {
	case s < 1:
		return fmt.Sprintf("%.0fms", 1000*s)
	case s < 60:
		return fmt.Sprintf("%.1fs", s)
	case s < 3600:
		return fmt.Sprintf("%dm%02ds", int(s)/60, int(s)%60)
	case s < 360000:
		return fmt.Sprintf("%dh%02dm", int(s)/3600, int(s)/60%60)
	}
	return "days"
}
