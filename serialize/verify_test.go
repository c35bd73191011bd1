package serialize

import (
	"errors"
	"math"
	"strings"
	"testing"

	"nnrt/kernels"
	"nnrt/net"
)

// failed returns the checks that failed, by name.
func failed(checks []Check) map[string]error {
	errs := make(map[string]error)
	for _, c := range checks {
		if c.Err != nil {
			errs[c.Name] = c.Err
		}
	}
	return errs
}

func TestVerify(t *testing.T) {
	for _, f := range []*File{rich(t), {Model: tutorial(t)}, mustDecode(t, mustEncode(t, rich(t)))} {
		checks := f.Verify()
		names := []string{}
		for _, c := range checks {
			names = append(names, c.Name)
			if c.Err != nil || c.Detail == "" {
				t.Errorf("%s: %q, error %v", c.Name, c.Detail, c.Err)
			}
		}
		if got := strings.Join(names, " "); got != "weights schema contract self-test" {
			t.Errorf("checks %s", got)
		}
	}
}

func TestVerifyFinds(t *testing.T) {
	for _, tc := range []struct {
		name, check string
		want        error
		change      func(f *File)
	}{
		{"another last bit", "self-test", ErrSelfTest, func(f *File) {
			y := &f.SelfTest.Outputs[3]
			*y = math.Float32frombits(math.Float32bits(*y) + 1)
		}},
		{"another sign of zero", "self-test", ErrSelfTest, func(f *File) {
			f.Model = withParameters(t, 0, 0)
			f.SelfTest = SelfTest{Inputs: []float32{1}, Outputs: []float32{float32(math.Copysign(0, -1))}}
		}},
		{"another weight", "self-test", ErrSelfTest, func(f *File) {
			weights := f.Model.Weights()
			values := make([][]float32, len(weights))
			for i := range weights {
				values[i] = weights[i].Values
			}
			values[0][0] += 0.25
			if err := f.Model.SetWeights(values...); err != nil {
				t.Fatal(err)
			}
		}},
		{"wrong by much under another contract", "self-test", ErrSelfTest, func(f *File) {
			f.Contract = kernels.Contract + 1
			f.SelfTest.Outputs[0] += 0.01
		}},
		{"outputs missing", "self-test", ErrSelfTest, func(f *File) { f.SelfTest.Outputs = f.SelfTest.Outputs[:1] }},
		{"inputs missing", "self-test", ErrSelfTest, func(f *File) { f.SelfTest.Inputs = nil }},
		{"NaN", "weights", ErrNotFinite, func(f *File) {
			f.Model = withParameters(t, 1, float32(math.NaN()))
		}},
		{"schema of another model", "schema", ErrSchema, func(f *File) { f.Model = tutorial(t) }},
		{"schema of its own", "schema", ErrSchema, func(f *File) { f.Schema.Features[0].Scale = 0 }},
	} {
		t.Run(tc.name, func(t *testing.T) {
			f := rich(t)
			tc.change(f)
			if err := failed(f.Verify())[tc.check]; !errors.Is(err, tc.want) {
				t.Errorf("%s: %v, want %v", tc.check, err, tc.want)
			}
		})
	}
}

// TestVerifyOtherContract: under another version of the arithmetic last digits may differ.
func TestVerifyOtherContract(t *testing.T) {
	f := rich(t)
	f.Contract = kernels.Contract + 1
	f.SelfTest.Outputs[0] += 1e-5
	if errs := failed(f.Verify()); len(errs) != 0 {
		t.Error(errs)
	}
}

func TestNewSelfTest(t *testing.T) {
	m := tutorial(t)
	made, err := NewSelfTest(m, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, x := range made.Inputs {
		if x < -2 || x >= 2 {
			t.Errorf("input %v", x)
		}
	}
	again, err := NewSelfTest(m, made.Inputs)
	if err != nil || math.Float32bits(again.Outputs[0]) != math.Float32bits(made.Outputs[0]) {
		t.Errorf("%v, then %v, error %v", made.Outputs, again.Outputs, err)
	}
	if _, err := NewSelfTest(m, made.Inputs[:7]); err == nil {
		t.Error("seven of eight inputs make a row")
	}
	overflow := makeModel(t, 1, net.Dense(1, net.Exponential), net.Dense(1, net.Exponential))
	if s, err := NewSelfTest(overflow, []float32{100}); err != nil || s.Inputs != nil {
		t.Errorf("infinite outputs make a self-test %v, error %v", s, err)
	}
}
