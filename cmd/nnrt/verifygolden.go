package main

import (
	"fmt"
	"runtime"
	"strconv"
	"strings"
	"time"

	"nnrt/internal/golden"
	"nnrt/kernels"
)

// goldenReport is what verify --golden found, for programs.
type goldenReport struct {
	Tier     string       `json:"tier"` // of the kernels
	OS       string       `json:"os"`
	Arch     string       `json:"arch"`
	Contract int          `json:"contract"` // version of the arithmetic
	OK       bool         `json:"ok"`
	Seconds  float64      `json:"seconds"`
	Cases    []goldenCase `json:"cases"`
	LeftOut  []string     `json:"left_out,omitempty"` // by --short
}

type goldenCase struct {
	Name    string        `json:"name"`
	Covers  string        `json:"covers"`
	OK      bool          `json:"ok"`
	Seconds float64       `json:"seconds"`
	Error   string        `json:"error,omitempty"` // of a case that did not run
	Checks  []goldenCheck `json:"checks"`
}

type goldenCheck struct {
	What     string `json:"what"`
	OK       bool   `json:"ok"`
	Expected string `json:"expected"` // SHA-256
	Got      string `json:"got"`
}

// goldenSet returns the cases to run and the names of those that short leaves out.
func goldenSet(short bool) (set []golden.Case, leftOut []string) {
	for _, c := range golden.Cases() {
		if short && c.Slow {
			leftOut = append(leftOut, c.Name)
		} else {
			set = append(set, c)
		}
	}
	return set, leftOut
}

// verifyGolden runs cases and reports on each: as a line of a table when it is done, or all in JSON.
func verifyGolden(e *env, cases []golden.Case, leftOut []string, asJSON bool) error {
	r := goldenReport{Tier: kernels.Active(), OS: runtime.GOOS, Arch: runtime.GOARCH, Contract: kernels.Contract,
		LeftOut: leftOut}
	if !asJSON {
		fmt.Fprintf(e.stdout, "kernels %s, %s/%s, arithmetic contract %d\n\n", r.Tier, r.OS, r.Arch, r.Contract)
		writeGoldenLine(e, "case", "what", "expected", "got", "", "seconds")
	}
	begun, differing := time.Now(), 0
	for i := range cases {
		c := runGolden(&cases[i])
		if !c.OK {
			differing++
		}
		r.Cases = append(r.Cases, c)
		if !asJSON {
			c.write(e, cases[i].Expected)
			if err := e.stdout.Flush(); err != nil { // a small board takes its time
				return err
			}
		}
	}
	r.OK, r.Seconds = differing == 0, time.Since(begun).Seconds()
	if asJSON {
		if err := writeJSON(e.stdout, r); err != nil {
			return err
		}
	} else {
		fmt.Fprintf(e.stdout, "\n%d of %d cases as expected, %.2f s\n", len(cases)-differing, len(cases), r.Seconds)
		if len(leftOut) > 0 {
			fmt.Fprintf(e.stdout, "left out by --short: %s\n", strings.Join(leftOut, ", "))
		}
	}
	if differing > 0 {
		return &failure{fmt.Errorf("%d of %d cases differ from what every machine must give", differing, len(cases))}
	}
	return nil
}

func runGolden(c *golden.Case) goldenCase {
	begun := time.Now()
	r := goldenCase{Name: c.Name, Covers: c.Covers, OK: true}
	checks, err := c.Check()
	if err != nil {
		r.OK, r.Error = false, err.Error()
	}
	for _, check := range checks {
		r.Checks = append(r.Checks, goldenCheck{check.What, check.OK(), check.Expected, check.Got})
		r.OK = r.OK && check.OK()
	}
	r.Seconds = time.Since(begun).Seconds()
	return r
}

// write prints one line for a case that is as expected, with one sum for the three, and else a line for each.
func (c *goldenCase) write(e *env, expected golden.Sums) {
	seconds := strconv.FormatFloat(c.Seconds, 'f', 3, 64)
	switch {
	case c.Error != "":
		writeGoldenLine(e, c.Name, c.Error, "", "", "FAILED", seconds)
	case c.OK:
		sum := expected.Joined()
		writeGoldenLine(e, c.Name, "model, history, predictions", sum, sum, "ok", seconds)
	default:
		for _, check := range c.Checks {
			verdict := "ok"
			if !check.OK {
				verdict = "DIFFERS"
			}
			writeGoldenLine(e, c.Name, check.What, check.Expected, check.Got, verdict, seconds)
			seconds = ""
		}
	}
}

func writeGoldenLine(e *env, name, what, expected, got, verdict, seconds string) {
	short := func(sum string) string { return sum[:min(8, len(sum))] }
	fmt.Fprintf(e.stdout, "%-22s  %-36s  %-8s  %-8s  %-7s  %7s\n", name, what, short(expected), short(got), verdict,
		seconds)
}
