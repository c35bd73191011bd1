package net

import (
	"math"
	"testing"
)

// Comparisons with Keras that need no training. Each returns its line of PARITY.md.

// At these inputs TensorFlow's derivative of an activation is not the function's, and nnrt does not follow it.
var activationExceptions = map[string]struct {
	apart func(x float32) bool
	why   string
}{
	"celu": {func(x float32) bool { return x == 0 },
		"at 0 Keras adds the derivatives of both halves and has 2; nnrt has 1, the limit from either side"},
	"selu": {func(x float32) bool { return x < 0 && x > -1e-8 },
		"between -1e-8 and 0 Keras's value rounds to 0, so that it takes the derivative of the right half"},
}

// compareActivation holds an activation and its derivative against Keras's in float64, in proportion to
// max(|Keras|, 1), and against its float32 with a bound for the digits that Keras's own formulas lose there (mish,
// gelu_tanh).
func compareActivation(t *testing.T, file string) parity {
	var k struct {
		Item, Activation         string
		X, Upstream, Y, Gradient tensor
		GradientOfOnes           tensor `json:"gradient_of_ones"`
		Y64                      tensor `json:"float64_y"`
		Gradient64               tensor `json:"float64_gradient"`
	}
	readGolden(t, file, &k)
	a, ok := ParseActivation(k.Activation)
	if !ok {
		t.Fatalf("unknown activation %q", k.Activation)
	}
	x, upstream := k.X.float32s(t), k.Upstream.float32s(t)
	width := k.X.Shape[len(k.X.Shape)-1]
	y, ones, gradient := make([]float32, len(x)), make([]float32, len(x)), make([]float32, len(x))
	activate(y, x, a, width)
	for i := range ones {
		ones[i] = 1
	}
	activationGradient(ones, ones, x, y, a, width)
	activationGradient(gradient, upstream, x, y, a, width)

	line := parity{item: k.Item, file: file, movement: -1, bound: activationBound}
	exception, excepted := activationExceptions[k.Activation]
	if excepted {
		line.note = exception.why
	}
	compare := func(what string, got []float32, want []float64, bound float64) (worst float64) {
		for i, w := range want {
			if excepted && exception.apart(x[i]) {
				continue
			}
			d := math.Abs(float64(got[i])-w) / math.Max(math.Abs(w), 1)
			if !(d <= bound) {
				t.Errorf("%s of %v: %v, Keras has %v (%.2g)", what, x[i], got[i], w, d)
			}
			worst = math.Max(worst, d)
		}
		return worst
	}
	compare("float32 value", y, widen(k.Y.float32s(t)), activationBound32)
	compare("float32 derivative", ones, widen(k.GradientOfOnes.float32s(t)), activationBound32)
	compare("float32 gradient", gradient, widen(k.Gradient.float32s(t)), activationBound32)
	line.add(compare("value", y, k.Y64.float64s(t), activationBound))
	line.add(compare("gradient", gradient, k.Gradient64.float64s(t), activationBound))
	return line
}

const (
	activationBound   = 1e-6
	activationBound32 = 1e-5
)

func widen(x []float32) []float64 {
	y := make([]float64, len(x))
	for i, v := range x {
		y[i] = float64(v)
	}
	return y
}

// compareSchedules holds each schedule against Keras's over 100 steps, in proportion to its largest value.
func compareSchedules(t *testing.T) parity {
	var k struct {
		Item  string
		Cases []kerasSchedule
	}
	readGolden(t, "schedules.json", &k)
	line := parity{item: k.Item, file: "schedules.json", movement: -1, bound: 1e-6}
	for i := range k.Cases {
		c := &k.Cases[i]
		schedule, want := c.build(t), c.ValuesAt.float32s(t)
		if err := schedule.Validate(); err != nil {
			t.Error(err)
		}
		got := make([]float32, len(want))
		for step := range got {
			got[step] = float32(schedule.At(int64(step)))
		}
		line.compare(t, c.Name, got, want)
	}
	return line
}

func compareMetrics(t *testing.T) parity {
	var k struct {
		Item  string
		Cases []struct {
			Metric string
			YTrue  tensor `json:"y_true"`
			YPred  tensor `json:"y_pred"`
			Value  float64
		}
	}
	readGolden(t, "metrics.json", &k)
	line := parity{item: k.Item, file: "metrics.json", movement: -1, bound: 1e-6}
	for _, c := range k.Cases {
		states, err := newMetricStates([]Metric{kerasMetric(t, c.Metric)}, c.YPred.Shape[1], c.YTrue.Shape[1])
		if err != nil {
			t.Fatal(err)
		}
		states[0].add(c.YPred.float32s(t), c.YTrue.float32s(t))
		line.compare(t, c.Metric, []float32{float32(states[0].value())}, []float32{float32(c.Value)})
	}
	return line
}

// compareInitializers holds the spread of what is drawn against the limits and deviations that Keras asks of its
// generator: 30,000 draws reach within 0.2% of the limits, and their deviation is within 2%.
func compareInitializers(t *testing.T) parity {
	var k struct {
		Item  string
		Cases []struct {
			Initializer struct {
				Name, Mode, Distribution string
				Scale                    *float32
				Mean, Stddev             *float32
				MinVal, MaxVal, Value    float32
			}
			Shape [2]int
			Asked struct {
				Distribution                   string
				Minimum, Maximum, Mean, Stddev float64
			}
			DrawMean   float64 `json:"draw_mean"`
			DrawStddev float64 `json:"draw_stddev"`
			DrawMin    float64 `json:"draw_min"`
			DrawMax    float64 `json:"draw_max"`
		}
	}
	readGolden(t, "initializers.json", &k)
	line := parity{item: k.Item, file: "initializers.json", movement: -1, bound: 2e-2}
	for n, c := range k.Cases {
		s := c.Initializer
		or := func(v *float32, byDefault float32) float32 {
			if v == nil {
				return byDefault
			}
			return *v
		}
		var i Initializer
		switch s.Name {
		case "GlorotUniform":
			i = GlorotUniform()
		case "GlorotNormal":
			i = GlorotNormal()
		case "HeUniform":
			i = HeUniform()
		case "HeNormal":
			i = HeNormal()
		case "LecunUniform":
			i = LeCunUniform()
		case "LecunNormal":
			i = LeCunNormal()
		case "RandomNormal":
			i = RandomNormal(or(s.Mean, 0), or(s.Stddev, 0.05))
		case "RandomUniform":
			if i = RandomUniform(-0.05, 0.05); s.MinVal != 0 {
				i = RandomUniform(s.MinVal, s.MaxVal)
			}
		case "TruncatedNormal":
			i = TruncatedNormal(or(s.Mean, 0), or(s.Stddev, 0.05))
		case "Zeros":
			i = Zeros()
		case "Ones":
			i = Ones()
		case "Constant":
			i = Constant(s.Value)
		case "VarianceScaling":
			mode := map[string]FanMode{"": FanIn, "fan_in": FanIn, "fan_out": FanOut, "fan_avg": FanAvg}[s.Mode]
			distribution := map[string]Distribution{"": TruncatedNormalDistribution, "uniform": UniformDistribution,
				"untruncated_normal": NormalDistribution}[s.Distribution]
			i = VarianceScaling(or(s.Scale, 1), mode, distribution)
		default:
			t.Fatalf("unknown initialiser %q", s.Name)
		}
		// The shape decides fan-in and fan-out; the number of draws is ours.
		w := make([]float32, 30_000)
		i.fill(w, c.Shape[0], c.Shape[1], newRandom(1, uint64(n)))
		least, most, mean, stddev := statistics(w)
		check := func(what string, got, want, scale float64) {
			d := math.Abs(got - want)
			if scale > 0 {
				d /= scale
			}
			if !(d <= line.bound) {
				t.Errorf("%s %v: %s %v, want %v", s.Name, c.Shape, what, got, want)
			}
			line.add(d)
		}
		a := c.Asked
		switch a.Distribution {
		case "uniform":
			span := a.Maximum - a.Minimum
			if least < a.Minimum-1e-7*span || most > a.Maximum+1e-7*span {
				t.Errorf("%s %v: draws from %v to %v, Keras asks for %v to %v", s.Name, c.Shape, least, most,
					a.Minimum, a.Maximum)
			}
			check("minimum", least, a.Minimum, span*0.1)
			check("maximum", most, a.Maximum, span*0.1)
			check("deviation", stddev, span/math.Sqrt(12), span/math.Sqrt(12))
		case "truncated_normal":
			if least < a.Mean-2.000001*a.Stddev || most > a.Mean+2.000001*a.Stddev {
				t.Errorf("%s %v: draws from %v to %v, beyond two of %v", s.Name, c.Shape, least, most, a.Stddev)
			}
			check("mean", mean, a.Mean, a.Stddev)
			check("deviation", stddev, truncatedStddev*a.Stddev, a.Stddev)
			check("maximum", most, a.Mean+2*a.Stddev, a.Stddev)
		case "normal":
			check("mean", mean, a.Mean, a.Stddev)
			check("deviation", stddev, a.Stddev, a.Stddev)
			if most < a.Mean+3*a.Stddev {
				t.Errorf("%s %v: largest draw %v of deviation %v, as if truncated", s.Name, c.Shape, most, a.Stddev)
			}
		case "": // a constant
			check("minimum", least, c.DrawMin, 0)
			check("maximum", most, c.DrawMax, 0)
		default:
			t.Fatalf("unknown distribution %q", a.Distribution)
		}
	}
	return line
}

func statistics(w []float32) (least, most, mean, stddev float64) {
	least, most = math.Inf(1), math.Inf(-1)
	for _, v := range w {
		least, most = math.Min(least, float64(v)), math.Max(most, float64(v))
		mean += float64(v)
	}
	mean /= float64(len(w))
	for _, v := range w {
		d := float64(v) - mean
		stddev += float64(d * d)
	}
	return least, most, mean, math.Sqrt(stddev / float64(len(w)))
}

// compareSplits holds the number of rows left to train on against Keras's.
func compareSplits(t *testing.T) parity {
	var k struct {
		Item  string
		Cases [][3]float64 // rows, fraction, rows left to train on or −1 for an error
	}
	readGolden(t, "splits.json", &k)
	m, err := New(1, Dense(1, Linear))
	if err != nil {
		t.Fatal(err)
	}
	line := parity{item: k.Item, file: "splits.json", movement: -1, bound: 0}
	for _, c := range k.Cases {
		rows, want := int(c[0]), int(c[2])
		r, err := newRun(m, make([]float32, rows), make([]float32, rows),
			FitConfig{Loss: MeanSquaredError, ValidationSplit: c[1]})
		got := -1
		if err == nil {
			got = r.data.rows
		}
		if got != want {
			t.Errorf("%d rows, split %v: %d to train on, Keras has %d", rows, c[1], got, want)
			line.worst = 1
		}
	}
	return line
}
