package net

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"nnrt/kernels"
)

// The gradients that a trainer computes in float32 are held against central differences of the loss, which this file
// computes once more in float64, straight from its definition.

// loss64 is the loss of a model in training, in float64, without dropout.
func loss64(m *Model, l Loss, params []float64, x, y, weight []float32, rows int) float64 {
	tensors := make([]map[string][]float64, len(m.layers))
	for i := range tensors {
		tensors[i] = map[string][]float64{}
	}
	for _, v := range m.plan {
		tensors[v.layer][v.name] = params[v.offset:][:v.size]
	}
	width := m.inputs
	h := make([]float64, len(x))
	for i, v := range x {
		h[i] = float64(v)
	}
	var total float64
	for i := range m.layers {
		layer, tensor := &m.layers[i], tensors[i]
		switch layer.Kind {
		case DenseLayer:
			out := make([]float64, rows*layer.Units)
			for r := range rows {
				for j := range layer.Units {
					if b := tensor["bias"]; b != nil {
						out[r*layer.Units+j] = b[j]
					}
					for k := range width {
						out[r*layer.Units+j] += h[r*width+k] * tensor["kernel"][k*layer.Units+j]
					}
				}
			}
			width = layer.Units
			h = activation64(out, layer.Activation, width)
			total += penalty64(layer.KernelRegularizer, tensor["kernel"])
			total += penalty64(layer.BiasRegularizer, tensor["bias"])
			total += penalty64(layer.ActivityRegularizer, h) / float64(rows)
		case ActivationLayer:
			h = activation64(h, layer.Activation, width)
		case BatchNormalizationLayer:
			normalize64(h, rows, width, true, float64(layer.Epsilon), tensor)
		case LayerNormalizationLayer:
			normalize64(h, rows, width, false, float64(layer.Epsilon), tensor)
		}
	}
	targets := len(y) / rows
	signs := l.Kind == hinge && allZeroOrOne(y)
	for r := range rows {
		row := rowLoss64(l, h[r*width:][:width], y[r*targets:][:targets], signs)
		if weight != nil {
			row *= float64(weight[r])
		}
		total += row / float64(rows)
	}
	return total
}

// normalize64 normalises each column of h, or each row, in place.
func normalize64(h []float64, rows, width int, columns bool, epsilon float64, tensor map[string][]float64) {
	groups, n := rows, width
	at := func(g, i int) (index, column int) { return g*width + i, i }
	if columns {
		groups, n = width, rows
		at = func(g, i int) (index, column int) { return i*width + g, g }
	}
	for g := range groups {
		var mean, variance float64
		for i := range n {
			index, _ := at(g, i)
			mean += h[index] / float64(n)
		}
		for i := range n {
			index, _ := at(g, i)
			variance += (h[index] - mean) * (h[index] - mean) / float64(n)
		}
		for i := range n {
			index, column := at(g, i)
			h[index] = (h[index] - mean) / math.Sqrt(variance+epsilon)
			if gamma := tensor["gamma"]; gamma != nil {
				h[index] *= gamma[column]
			}
			if beta := tensor["beta"]; beta != nil {
				h[index] += beta[column]
			}
		}
	}
}

func penalty64(r Regularizer, w []float64) float64 {
	var sum float64
	for _, v := range w {
		sum += float64(r.L1)*math.Abs(v) + float64(r.L2)*v*v
	}
	return sum
}

func activation64(x []float64, a Activation, width int) []float64 {
	y := make([]float64, len(x))
	alpha := float64(a.Alpha)
	for i, v := range x {
		sigmoid := 1 / (1 + math.Exp(-v))
		switch a.Kind {
		case kernels.Linear:
			y[i] = v
		case kernels.ReLU:
			y[i] = math.Max(v, 0)
		case kernels.ReLU6:
			y[i] = math.Min(math.Max(v, 0), 6)
		case kernels.LeakyReLU:
			y[i] = math.Max(v, alpha*v)
		case kernels.ELU:
			y[i] = v
			if v < 0 {
				y[i] = alpha * math.Expm1(v)
			}
		case kernels.SELU:
			y[i] = 1.0507009873554805 * v
			if v < 0 {
				y[i] = 1.0507009873554805 * 1.6732632423543772 * math.Expm1(v)
			}
		case kernels.CELU:
			y[i] = math.Max(v, 0) + math.Min(0, alpha*math.Expm1(v/alpha))
		case kernels.GELU:
			y[i] = v / 2 * (1 + math.Erf(v/math.Sqrt2))
		case kernels.GELUTanh:
			y[i] = v / 2 * (1 + math.Tanh(math.Sqrt(2/math.Pi)*(v+0.044715*v*v*v)))
		case kernels.SiLU:
			y[i] = v * sigmoid
		case kernels.Mish:
			y[i] = v * math.Tanh(math.Log1p(math.Exp(v)))
		case kernels.Sigmoid:
			y[i] = sigmoid
		case kernels.HardSigmoid:
			y[i] = math.Min(math.Max(v+3, 0), 6) / 6
		case kernels.HardSiLU:
			y[i] = v * math.Min(math.Max(v+3, 0), 6) / 6
		case kernels.LogSigmoid:
			y[i] = -math.Log1p(math.Exp(-v))
		case kernels.Tanh:
			y[i] = math.Tanh(v)
		case kernels.Softplus:
			y[i] = math.Log1p(math.Exp(v))
		case kernels.Softsign:
			y[i] = v / (1 + math.Abs(v))
		case kernels.Exponential:
			y[i] = math.Exp(v)
		case kernels.Softmax, kernels.LogSoftmax:
			var sum float64
			for _, u := range x[i/width*width:][:width] {
				sum += math.Exp(u)
			}
			y[i] = v - math.Log(sum)
			if a.Kind == kernels.Softmax {
				y[i] = math.Exp(y[i])
			}
		default:
			panic(a.String())
		}
	}
	return y
}

func rowLoss64(l Loss, p []float64, targets []float32, signs bool) float64 {
	const floor = 1e-7
	clamp := func(v float64) float64 { return math.Min(math.Max(v, floor), 1-floor) }
	width := float64(len(p))
	smoothing := float64(l.LabelSmoothing)
	var sum float64
	if l.Kind == sparseCategoricalCrossEntropy {
		class := int(targets[0])
		if l.FromLogits {
			return -activation64(p, LogSoftmax, len(p))[class]
		}
		for _, v := range p {
			sum += clamp(v)
		}
		return -math.Log(clamp(p[class]) / sum)
	}
	var total float64
	for _, v := range p {
		total += v
	}
	logs := activation64(p, LogSoftmax, len(p))
	for j, v := range p {
		y := float64(targets[j])
		e := v - y
		switch l.Kind {
		case binaryCrossEntropy:
			y = y*(1-smoothing) + smoothing/2
			q := clamp(v)
			if l.FromLogits {
				q = 1 / (1 + math.Exp(-v))
			}
			sum -= (y*math.Log(q) + (1-y)*math.Log(1-q)) / width
		case categoricalCrossEntropy:
			y = y*(1-smoothing) + smoothing/width
			if l.FromLogits {
				sum -= y * logs[j]
			} else {
				sum -= y * math.Log(clamp(v/total))
			}
		case meanSquaredError:
			sum += e * e / width
		case meanAbsoluteError:
			sum += math.Abs(e) / width
		case huber:
			d := float64(l.Delta)
			if math.Abs(e) <= d {
				sum += e * e / 2 / width
			} else {
				sum += (d*math.Abs(e) - d*d/2) / width
			}
		case logCosh:
			sum += math.Log(math.Cosh(e)) / width
		case hinge:
			if signs {
				y = 2*y - 1
			}
			sum += math.Max(1-y*v, 0) / width
		case poisson:
			sum += (v - y*math.Log(v+floor)) / width
		case klDivergence:
			y = math.Min(math.Max(y, floor), 1)
			q := math.Min(math.Max(v, floor), 1)
			sum += y * math.Log(y/q)
		}
	}
	return sum
}

func TestGradientsAgainstFiniteDifferences(t *testing.T) {
	type test struct {
		name    string
		layers  []Layer
		loss    Loss
		targets string // normal, probability, binary, onehot, class, positive
		weights bool
	}
	var tests []test
	for a := kernels.Linear; a <= kernels.LogSoftmax; a++ {
		activation, _ := ParseActivation(a.String())
		tests = append(tests,
			test{"dense " + a.String(), []Layer{Dense(5, activation), Dense(3, Linear)}, MeanSquaredError, "normal", false},
			test{"activation layer " + a.String(), []Layer{Dense(4, Linear), Activate(activation)}, MeanSquaredError,
				"normal", false})
	}
	for _, l := range []test{
		{"bce sigmoid", nil, BinaryCrossEntropy, "binary", false},
		{"bce smoothed", nil, Loss{Kind: binaryCrossEntropy, LabelSmoothing: 0.1}, "binary", true},
	} {
		l.layers = []Layer{Dense(4, Tanh), Dense(3, Sigmoid)}
		tests = append(tests, l)
	}
	hidden := Dense(4, Tanh)
	tests = append(tests, []test{
		{"bce logits", []Layer{hidden, Dense(2, Linear)}, Loss{Kind: binaryCrossEntropy, FromLogits: true}, "binary", false},
		{"bce probabilities", []Layer{hidden, Dense(2, HardSigmoid)}, BinaryCrossEntropy, "binary", false},
		{"bce after sigmoid layer", []Layer{Dense(2, Linear), Activate(Sigmoid)}, BinaryCrossEntropy, "binary", false},
		{"cce softmax", []Layer{hidden, Dense(3, Softmax)}, CategoricalCrossEntropy, "onehot", true},
		{"cce smoothed", []Layer{hidden, Dense(3, Softmax)},
			Loss{Kind: categoricalCrossEntropy, LabelSmoothing: 0.2}, "onehot", false},
		{"cce logits", []Layer{hidden, Dense(3, Linear)},
			Loss{Kind: categoricalCrossEntropy, FromLogits: true}, "onehot", false},
		{"cce probabilities", []Layer{hidden, Dense(3, Sigmoid)}, CategoricalCrossEntropy, "onehot", false},
		{"sparse softmax", []Layer{hidden, Dense(3, Softmax)}, SparseCategoricalCrossEntropy, "class", true},
		{"sparse logits", []Layer{hidden, Dense(3, Linear)},
			Loss{Kind: sparseCategoricalCrossEntropy, FromLogits: true}, "class", false},
		{"sparse probabilities", []Layer{hidden, Dense(3, Sigmoid)}, SparseCategoricalCrossEntropy, "class", false},
		{"mae", []Layer{hidden, Dense(2, Linear)}, MeanAbsoluteError, "normal", true},
		{"huber", []Layer{hidden, Dense(2, Linear)}, Huber, "normal", false},
		{"log cosh", []Layer{hidden, Dense(2, Linear)}, LogCosh, "normal", false},
		{"hinge", []Layer{hidden, Dense(2, Linear)}, Hinge, "normal", false},
		{"hinge of 0 and 1", []Layer{hidden, Dense(2, Linear)}, Hinge, "binary", false},
		{"poisson", []Layer{hidden, Dense(2, Softplus)}, Poisson, "positive", false},
		{"kl divergence", []Layer{hidden, Dense(3, Softmax)}, KLDivergence, "probability", false},
		{"l1 l2", []Layer{Dense(4, Tanh, KernelRegularizer(L1L2(0.03, 0.02)), BiasRegularizer(L2(0.05))),
			Dense(2, Linear, KernelRegularizer(L1(0.01)), ActivityRegularizer(L2(0.1)))}, MeanSquaredError, "normal", false},
		{"activity, fused", []Layer{Dense(4, ReLU, ActivityRegularizer(L1(0.1))),
			Dense(2, Sigmoid, ActivityRegularizer(L1L2(0.2, 0.3)))}, BinaryCrossEntropy, "binary", true},
		{"no bias", []Layer{Dense(4, Tanh, NoBias()), Dense(2, Linear, NoBias())}, MeanSquaredError, "normal", false},
		{"batch normalization", []Layer{Dense(4, Linear), BatchNormalization(), Activate(Tanh), Dense(2, Linear)},
			MeanSquaredError, "normal", false},
		{"batch normalization first", []Layer{BatchNormalization(NoScale()), Dense(4, Tanh),
			BatchNormalization(NoCenter()), Dense(2, Linear)}, MeanSquaredError, "normal", false},
		{"layer normalization", []Layer{Dense(5, Linear), LayerNormalization(), Activate(Tanh), Dense(2, Linear)},
			MeanSquaredError, "normal", true},
		{"layer normalization first", []Layer{LayerNormalization(NoScale()), Dense(4, Tanh),
			LayerNormalization(NoCenter()), Dense(2, Linear), LayerNormalization(NoCenter(), NoScale())},
			MeanSquaredError, "normal", false},
		{"dropout that drops nothing", []Layer{Dense(4, Tanh), Dropout(0), Dense(2, Linear)},
			MeanSquaredError, "normal", false},
	}...)
	const inputs, rows = 4, 9
	for _, c := range tests {
		t.Run(c.name, func(t *testing.T) {
			r := rand.New(rand.NewPCG(7, 7))
			m, err := New(inputs, c.layers...)
			if err != nil {
				t.Fatal(err)
			}
			params := make([]float32, m.size)
			for i := range params {
				params[i] = float32(r.NormFloat64() * 0.7)
			}
			m.params, m.fresh = params, false
			x := make([]float32, rows*inputs)
			for i := range x {
				x[i] = float32(r.NormFloat64())
			}
			y := randomTargets(r, c.targets, rows, m.Outputs())
			var weight []float32
			if c.weights {
				for range rows {
					weight = append(weight, float32(r.Float64()*2))
				}
			}
			trainer, err := m.NewTrainer(FitConfig{Loss: c.loss, Optimizer: SGD{}})
			if err != nil {
				t.Fatal(err)
			}
			loss, err := trainer.TrainOnBatch(x, y, weight)
			if err != nil {
				t.Fatal(err)
			}
			p := make([]float64, m.size)
			for i, v := range params {
				p[i] = float64(v)
			}
			want := loss64(m, c.loss, p, x, y, weight, rows)
			if math.Abs(loss-want) > 1e-5*math.Max(1, math.Abs(want)) {
				t.Errorf("loss %v, want %v", loss, want)
			}
			largest, worstAt := 0.0, ""
			for _, v := range m.plan {
				if !v.trainable {
					continue
				}
				for i := range v.size {
					at := v.offset + i
					const h = 1e-5
					before := p[at]
					p[at] = before + h
					up := loss64(m, c.loss, p, x, y, weight, rows)
					p[at] = before - h
					down := loss64(m, c.loss, p, x, y, weight, rows)
					p[at] = before
					want := (up - down) / (2 * h)
					if e := math.Abs(float64(trainer.grads[at])-want) / math.Max(1, math.Abs(want)); e > largest || e != e {
						largest = e
						worstAt = fmt.Sprintf("%s/%s[%d]: %v, want %v", m.layers[v.layer].Name, v.name, i,
							trainer.grads[at], want)
					}
				}
			}
			if !(largest < 2e-5) {
				t.Errorf("gradient off by %.2g: %s", largest, worstAt)
			}
		})
	}
}

func randomTargets(r *rand.Rand, kind string, rows, width int) []float32 {
	var y []float32
	for range rows {
		class := r.IntN(width)
		if kind == "class" {
			y = append(y, float32(class))
			continue
		}
		for j := range width {
			v := float32(0)
			switch kind {
			case "normal":
				v = float32(r.NormFloat64() * 2)
			case "binary":
				v = float32(r.IntN(2))
			case "onehot":
				if j == class {
					v = 1
				}
			case "positive":
				v = float32(r.IntN(5))
			case "probability":
				v = float32(r.Float64()) / float32(width)
			}
			y = append(y, v)
		}
	}
	return y
}
