package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"math"
	"runtime"
	"strings"
	"testing"

	"nnrt/internal/golden"
	"nnrt/kernels"
	"nnrt/net"
)

func TestVerifyGolden(t *testing.T) {
	out := nnrt("verify", "--golden", "--short").must(t)
	for _, want := range []string{"kernels " + kernels.Active() + ", " + runtime.GOOS + "/" + runtime.GOARCH,
		"\nnet-a ", "\ntable-binary ", "as expected, ", "\nleft out by --short: net-b, net-c, net-d\n"} {
		if !strings.Contains(out, want) {
			t.Errorf("lacks %q:\n%s", want, out)
		}
	}
	if n := strings.Count(out, " ok "); n != len(golden.Short()) {
		t.Errorf("%d lines say ok, want %d:\n%s", n, len(golden.Short()), out)
	}

	var r goldenReport
	if err := json.Unmarshal([]byte(nnrt("verify", "--golden", "--json").must(t)), &r); err != nil {
		t.Fatal(err)
	}
	if !r.OK || r.Tier != kernels.Active() || r.OS != runtime.GOOS || r.Arch != runtime.GOARCH || r.LeftOut != nil {
		t.Errorf("%+v", r)
	}
	cases := golden.Cases()
	if len(r.Cases) != len(cases) {
		t.Fatalf("%d cases, want %d", len(r.Cases), len(cases))
	}
	for i, c := range r.Cases {
		if c.Name != cases[i].Name || c.Covers != cases[i].Covers || !c.OK || len(c.Checks) != 3 {
			t.Errorf("%+v", c)
		}
		if check := c.Checks[0]; check.What != "model" || check.Got != cases[i].Expected.Model || !check.OK {
			t.Errorf("%s: %+v", c.Name, check)
		}
	}
}

// TestVerifyGoldenFindsAChangedBit runs a case in which a weight changes at the end of training, one as it should be,
// and one that does not run.
func TestVerifyGoldenFindsAChangedBit(t *testing.T) {
	cases := golden.Short()[:3]
	cases[0].Callbacks = func() []net.Callback {
		return []net.Callback{net.CallbackFuncs{OnTrainEnd: func(r *net.Run) error {
			p := r.Parameters()
			p[0] = math.Float32frombits(math.Float32bits(p[0]) ^ 1)
			return r.SetParameters(p)
		}}}
	}
	cases[2].Layers = nil
	for _, asJSON := range []bool{false, true} {
		var stdout bytes.Buffer
		e := &env{stdout: &output{w: bufio.NewWriter(&stdout)}}
		err := verifyGolden(e, cases, nil, asJSON)
		if err == nil || exitCode(err) != exitFailed || !strings.Contains(err.Error(), "2 of 3 cases differ") {
			t.Fatalf("error %v", err)
		}
		if err := e.stdout.Flush(); err != nil {
			t.Fatal(err)
		}
		text := stdout.String()
		if asJSON {
			var r goldenReport
			if err := json.Unmarshal([]byte(text), &r); err != nil {
				t.Fatal(err)
			}
			model, history := r.Cases[0].Checks[0], r.Cases[0].Checks[1]
			if r.OK || r.Cases[0].OK || model.OK || model.Got == model.Expected || model.What != "model, 1 thread" ||
				!history.OK || !r.Cases[1].OK || r.Cases[2].OK || r.Cases[2].Error == "" {
				t.Errorf("%s", text)
			}
			continue
		}
		expected := cases[0].Expected
		var verdicts []string
		for line := range strings.Lines(text) {
			f := strings.Fields(line)
			switch {
			case strings.HasPrefix(line, "net-a ") && strings.Contains(line, "DIFFERS"):
				verdicts = append(verdicts, "DIFFERS")
				if f[4] != expected.Model[:8] || f[5] == f[4] {
					t.Errorf("the model's line: %s", line)
				}
			case strings.HasPrefix(line, "net-a ") && strings.Contains(line, " "+expected.History[:8]+"  "+
				expected.History[:8]+"  ok"):
				verdicts = append(verdicts, "ok")
			case strings.Contains(line, "FAILED"):
				verdicts = append(verdicts, "FAILED")
			}
		}
		if got := strings.Join(verdicts, " "); got != "DIFFERS ok FAILED" {
			t.Errorf("%s: %s", got, text)
		}
	}
}
