package main

import (
	"encoding/binary"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
)

// start is what it costs to start a process that loads a saved net, predicts one row and ends: the rounds' nanoseconds
// from its start to its end, its peak resident memory, and what a program must bring along to do so.
type start struct {
	rounds    []float64
	peak      int64 // bytes
	shipped   int64 // bytes, 0 if unknown
	shippedIs string
}

func (s start) milliseconds() float64 { return median(s.rounds) / 1e6 }
func (s start) mebibytes() float64    { return float64(s.peak) / (1 << 20) }

// nothing is the program that starts and ends as fast as the machine allows.
const nothing = "/bin/true"

// measureStarts measures each worker's processes, and those of nothing, in turn. The workers of the session are stopped
// meanwhile.
func (s *netSession) measureStarts(i netItem) {
	want, err := readOutputs(filepath.Join(s.folder, i.net+".outputs"), i.net)
	if err != nil {
		s.wrong = append(s.wrong, fmt.Sprintf("%s: %v", i.name(), err))
		return
	}
	commands := map[string][]string{nothing: {nothing}}
	names := []string{nothing}
	for _, w := range s.workers {
		if w.name == onOne || w.lost != nil {
			continue
		}
		save := w.program("save", i.net, s.folder)
		if output, err := save.CombinedOutput(); err != nil {
			s.refused[i][w.name] = lastLine(string(output), err)
			continue
		}
		commands[w.name] = w.program("once", i.net, s.folder).Args
		names = append(names, w.name)
		st := start{}
		if output, err := w.program("ship").Output(); err == nil {
			bytes, what, _ := strings.Cut(strings.TrimSpace(string(output)), "\t")
			st.shipped, _ = strconv.ParseInt(bytes, 10, 64)
			st.shippedIs = what
		}
		s.starts[w.name] = st
	}
	for round := range 3 * s.o.rounds {
		for turn := range names {
			name := names[(turn+round)%len(names)]
			st := s.starts[name]
			if len(st.rounds) >= s.o.rounds && st.rounds[0] > 3e8 { // long ones need no more
				continue
			}
			ns, peak, output, err := s.startOnce(commands[name])
			if err == nil && name != nothing {
				err = checkOutputs(output, want)
			}
			if err != nil {
				s.wrong = append(s.wrong, fmt.Sprintf("%s at %s: %v", name, i.name(), err))
				delete(s.starts, name)
				delete(commands, name)
				names = without(names, name)
				break
			}
			st.rounds = append(st.rounds, ns)
			st.peak = max(st.peak, peak)
			s.starts[name] = st
		}
	}
}

// startOnce runs a command by the small program native/start.cpp, whose own memory does not show in the command's.
func (s *netSession) startOnce(command []string) (ns float64, peak int64, output string, err error) {
	starter := exec.Command(filepath.Join(s.o.bin, "start"), command...)
	starter.Env = environment(s.o, peer{}, 1)
	text, err := starter.Output()
	if err != nil {
		return 0, 0, "", fmt.Errorf("%s: %w", strings.Join(command, " "), err)
	}
	head, output, _ := strings.Cut(string(text), "\n")
	if _, err := fmt.Sscan(head, &ns, &peak); err != nil {
		return 0, 0, "", fmt.Errorf("%s: %w", head, err)
	}
	return ns, peak << 10, output, nil
}

// readOutputs returns the first row of a file of outputs.
func readOutputs(path, net string) ([]float64, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	row := make([]float64, len(b)/4/referenceRows)
	for i := range row {
		row[i] = float64(math.Float32frombits(binary.LittleEndian.Uint32(b[4*i:])))
	}
	return row, nil
}

// checkOutputs compares the numbers on the last line with those wanted.
func checkOutputs(text string, want []float64) error {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	fields := strings.Fields(lines[len(lines)-1])
	if len(fields) != len(want) {
		return fmt.Errorf("%d outputs instead of %d: %q", len(fields), len(want), lines[len(lines)-1])
	}
	for i, f := range fields {
		got, err := strconv.ParseFloat(f, 64)
		if err != nil || !(math.Abs(got-want[i]) <= 1e-4) {
			return fmt.Errorf("output %d is %s and should be %g", i, f, want[i])
		}
	}
	return nil
}

func lastLine(text string, err error) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	if last := lines[len(lines)-1]; last != "" {
		return last
	}
	return err.Error()
}

func without(list []string, name string) (rest []string) {
	for _, s := range list {
		if s != name {
			rest = append(rest, s)
		}
	}
	return rest
}
