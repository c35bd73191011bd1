package net

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"nnrt/kernels"
)

// MetricKind says which metric.
type MetricKind uint8

const (
	accuracy MetricKind = iota + 1
	topKAccuracy
	precision
	recall
	f1Score
	auc
	meanSquaredErrorMetric
	meanAbsoluteErrorMetric
	rootMeanSquaredError
	r2Score
)

// Metric measures predictions against targets over a whole data set.
type Metric struct {
	Kind MetricKind
	K    int // TopKCategoricalAccuracy
}

// Metrics by Keras's names and meanings, but for AUC, which is exact here (the probability that a positive row's
// output is above a negative one's, ties counting half; NaN if an output is) where Keras sums over 200 thresholds.
// R2 is 1 − Σ(y−p)²/Σ(y−ȳ)² over all outputs together; if all targets are equal it is 1 for the targets themselves and
// 0 for anything else.
var (
	// Accuracy: with one output, the share of rows where (p > 0.5) equals the target; else the share of rows whose
	// largest output (the first, of equal ones) is the target's class, given as index or one-hot.
	Accuracy                = Metric{Kind: accuracy}
	TopKCategoricalAccuracy = Metric{Kind: topKAccuracy, K: 5} // the target's class is among the K largest outputs
	Precision               = Metric{Kind: precision}          // one output, threshold 0.5
	Recall                  = Metric{Kind: recall}             // one output, threshold 0.5
	F1Score                 = Metric{Kind: f1Score}            // one output, threshold 0.5
	AUC                     = Metric{Kind: auc}                // one output
	MeanSquaredErrorMetric  = Metric{Kind: meanSquaredErrorMetric}
	MeanAbsoluteErrorMetric = Metric{Kind: meanAbsoluteErrorMetric}
	RootMeanSquaredError    = Metric{Kind: rootMeanSquaredError}
	R2Score                 = Metric{Kind: r2Score}
)

// WithK returns the metric with another K.
func (m Metric) WithK(k int) Metric {
	m.K = k
	return m
}

// String returns the metric's name in histories.
func (m Metric) String() string {
	switch m.Kind {
	case accuracy:
		return "accuracy"
	case topKAccuracy:
		return "top_k_accuracy"
	case precision:
		return "precision"
	case recall:
		return "recall"
	case f1Score:
		return "f1"
	case auc:
		return "auc"
	case meanSquaredErrorMetric:
		return "mse"
	case meanAbsoluteErrorMetric:
		return "mae"
	case rootMeanSquaredError:
		return "rmse"
	case r2Score:
		return "r2"
	}
	return fmt.Sprintf("metric %d", uint8(m.Kind))
}

// validate says whether the metric can be measured for that many outputs and target values a row.
func (m Metric) validate(outputs, targets int) error {
	switch m.Kind {
	case accuracy:
	case topKAccuracy:
		if m.K < 1 || outputs < 2 {
			return fmt.Errorf("net: %v with K %d and %d outputs", m, m.K, outputs)
		}
	case precision, recall, f1Score, auc:
		if outputs != 1 {
			return fmt.Errorf("net: %v is for one output, the model has %d", m, outputs)
		}
	case meanSquaredErrorMetric, meanAbsoluteErrorMetric, rootMeanSquaredError, r2Score:
		if targets != outputs {
			return fmt.Errorf("net: %v needs %d target values a row, not a class index", m, outputs)
		}
	default:
		return fmt.Errorf("net: unknown %v", m)
	}
	return nil
}

// metricState accumulates one metric over batches. Sums are float64, row by row in order.
type metricState struct {
	Metric
	outputs, targets int
	rows, hits       float64
	truePositives    float64
	positives        float64 // targets
	claimed          float64 // predicted positive
	squares, sizes   float64 // Σe², Σ|e|
	origin           float64 // the first target, from which the two sums below are counted, to keep their digits
	sum, sumSquares  float64 // of targets
	values           float64 // target values in all
	scores           []score // auc
}

type score struct {
	p        float32
	positive bool
}

func newMetricStates(metrics []Metric, outputs, targets int) ([]metricState, error) {
	states := make([]metricState, len(metrics))
	for i, m := range metrics {
		if err := m.validate(outputs, targets); err != nil {
			return nil, err
		}
		states[i] = metricState{Metric: m, outputs: outputs, targets: targets}
	}
	return states, nil
}

func (s *metricState) reset() {
	*s = metricState{Metric: s.Metric, outputs: s.outputs, targets: s.targets, scores: s.scores[:0]}
}

// add counts rows of outputs p and targets y.
func (s *metricState) add(p, y []float32) {
	s.rows += float64(len(p) / s.outputs)
	switch s.Kind {
	case accuracy:
		if s.outputs == 1 {
			s.hits += float64(kernels.BinaryHits(p, y))
		} else {
			s.hits += float64(s.classHits(p, y))
		}
	case topKAccuracy:
		for ; len(p) > 0; p, y = p[s.outputs:], y[s.targets:] {
			if rankOf(p[:s.outputs], s.class(y)) < s.K {
				s.hits++
			}
		}
	case precision, recall, f1Score:
		claimed, positives, both := confusion(p, y)
		s.claimed += float64(claimed)
		s.positives += float64(positives)
		s.truePositives += float64(both)
	case auc:
		for i, v := range p {
			s.scores = append(s.scores, score{v, y[i] > 0.5})
		}
	case meanAbsoluteErrorMetric:
		s.values += float64(len(p))
		for j, v := range p {
			s.sizes += math.Abs(float64(v) - float64(y[j]))
		}
	default:
		if s.values == 0 && len(y) > 0 {
			s.origin = float64(y[0])
		}
		s.values += float64(len(p))
		for j, v := range p {
			e := float64(v) - float64(y[j])
			s.squares += float64(e * e)
		}
		if s.Kind == r2Score {
			for _, v := range y {
				t := float64(v) - s.origin
				s.sum += t
				s.sumSquares += float64(t * t)
			}
		}
	}
}

// classHits counts the rows whose argmax is the target's class: no output is above its own. If one is equal, or the
// class's own output is a NaN, or the first one, which is the argmax when nothing is above it, argmax decides. Nothing
// branches on what cannot be foreseen, neither here nor below.
func (s *metricState) classHits(p, y []float32) int {
	hits := 0
	for ; len(p) > 0; p, y = p[s.outputs:], y[s.targets:] {
		row, class := p[:s.outputs], s.class(y)
		own := row[class]
		above, asLarge := 0, 0 // −1 if an output is above; how many are not below
		for _, v := range row {
			larger, atLeast := 0, 0
			if v > own {
				larger = -1
			}
			if v >= own {
				atLeast = 1
			}
			above |= larger
			asLarge += atLeast
		}
		if (asLarge-1)&^above != 0 || row[0] != row[0] {
			above = -1
			if argmax(row) == class {
				above = 0
			}
		}
		hits += 1 + above
	}
	return hits
}

// confusion counts the rows that are predicted positive, those that are, and those that are both.
func confusion(p, y []float32) (claimed, positives, both int) {
	y = y[:len(p)]
	for i, v := range p {
		claim, positive := 0, 0
		if v > 0.5 {
			claim = 1
		}
		if y[i] > 0.5 {
			positive = 1
		}
		claimed += claim
		positives += positive
		both += claim & positive
	}
	return claimed, positives, both
}

// class returns the class that the next row's targets name.
func (s *metricState) class(y []float32) int {
	if s.targets == 1 {
		return int(y[0])
	}
	return argmax(y[:s.targets])
}

func argmax(x []float32) int {
	best := 0
	for i, v := range x {
		if v > x[best] {
			best = i
		}
	}
	return best
}

// rankOf returns how many outputs are larger than that of a class: as TensorFlow's in_top_k, equal ones do not count,
// and in a row with an output that is not finite no class is among the first K, whatever K is.
func rankOf(p []float32, class int) int {
	rank := 0
	for _, v := range p {
		if v-v != 0 {
			return math.MaxInt
		}
		if v > p[class] {
			rank++
		}
	}
	return rank
}

// value returns the metric over all rows so far; 0 where Keras divides by nothing and gives 0.
func (s *metricState) value() float64 {
	switch s.Kind {
	case accuracy, topKAccuracy:
		return ratio(s.hits, s.rows)
	case precision:
		return ratio(s.truePositives, s.claimed)
	case recall:
		return ratio(s.truePositives, s.positives)
	case f1Score:
		return ratio(2*s.truePositives, s.claimed+s.positives)
	case auc:
		return s.areaUnderCurve()
	case meanSquaredErrorMetric:
		return ratio(s.squares, s.values)
	case meanAbsoluteErrorMetric:
		return ratio(s.sizes, s.values)
	case rootMeanSquaredError:
		return math.Sqrt(ratio(s.squares, s.values))
	}
	// r2: Σ(y−ȳ)² = Σy² − (Σy)²/n
	spread := s.sumSquares - ratio(s.sum*s.sum, s.values)
	if spread == 0 && s.squares > 0 {
		return 0
	}
	return 1 - ratio(s.squares, spread)
}

func ratio(a, b float64) float64 {
	if b == 0 {
		return 0
	}
	return a / b
}

// areaUnderCurve is the Mann–Whitney statistic: pairs of a positive and a negative row in which the positive one has
// the larger output, equal ones counting half.
func (s *metricState) areaUnderCurve() float64 {
	sorted := slices.Clone(s.scores)
	slices.SortFunc(sorted, func(a, b score) int { return cmp.Compare(a.p, b.p) })
	if len(sorted) > 0 && sorted[0].p != sorted[0].p { // NaNs come first
		return math.NaN()
	}
	var below, positives, pairs float64 // negatives below, positives in all, pairs won (twice)
	for i := 0; i < len(sorted); {
		var same, samePositive float64 // rows with this output
		for p := sorted[i].p; i < len(sorted) && sorted[i].p == p; i++ {
			if sorted[i].positive {
				samePositive++
			} else {
				same++
			}
		}
		pairs += float64(samePositive * (2*below + same))
		below += same
		positives += samePositive
	}
	return ratio(pairs, 2*positives*below)
}
