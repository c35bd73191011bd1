package net

import (
	"errors"
	"fmt"
	"math"

	"nnrt/kernels"
)

// LossKind says which loss.
type LossKind uint8

const (
	binaryCrossEntropy LossKind = iota + 1
	categoricalCrossEntropy
	sparseCategoricalCrossEntropy
	meanSquaredError
	meanAbsoluteError
	huber
	logCosh
	hinge
	poisson
	klDivergence
)

var lossNames = map[LossKind]string{
	binaryCrossEntropy:            "binary_crossentropy",
	categoricalCrossEntropy:       "categorical_crossentropy",
	sparseCategoricalCrossEntropy: "sparse_categorical_crossentropy",
	meanSquaredError:              "mean_squared_error",
	meanAbsoluteError:             "mean_absolute_error",
	huber:                         "huber",
	logCosh:                       "log_cosh",
	hinge:                         "hinge",
	poisson:                       "poisson",
	klDivergence:                  "kl_divergence",
}

// lossAliases are other names that Keras takes.
var lossAliases = map[string]LossKind{
	"mse":        meanSquaredError,
	"mae":        meanAbsoluteError,
	"bce":        binaryCrossEntropy,
	"logcosh":    logCosh,
	"kld":        klDivergence,
	"huber_loss": huber,
}

// Loss is a loss function with its options. A row's loss is the mean over the outputs (the sum, for the
// cross-entropies over classes and the Kullback–Leibler divergence); a batch's is the sum of its rows' losses, times
// their sample weights, divided by the number of rows.
type Loss struct {
	Kind           LossKind
	FromLogits     bool    // cross-entropies: the model's outputs are logits
	LabelSmoothing float32 // binary and categorical cross-entropy: 0…1
	Delta          float32 // huber
}

// Keras's losses with Keras's defaults. Targets have the outputs' shape, but for SparseCategoricalCrossEntropy: there
// a row's target is the index of its class. Given the output of a sigmoid (softmax) layer, cross-entropies are
// computed from what that layer was applied to, with gradient p − y, as Keras on TensorFlow does; other outputs are
// taken as probabilities and clipped to [1e-7, 1−1e-7]; over classes they are also divided by their sum, before that in
// CategoricalCrossEntropy and after it in SparseCategoricalCrossEntropy.
var (
	BinaryCrossEntropy            = Loss{Kind: binaryCrossEntropy}
	CategoricalCrossEntropy       = Loss{Kind: categoricalCrossEntropy}
	SparseCategoricalCrossEntropy = Loss{Kind: sparseCategoricalCrossEntropy}
	MeanSquaredError              = Loss{Kind: meanSquaredError}
	MeanAbsoluteError             = Loss{Kind: meanAbsoluteError}
	Huber                         = Loss{Kind: huber, Delta: 1} // ½e² where |e| ≤ δ, else δ|e| − ½δ²
	LogCosh                       = Loss{Kind: logCosh}
	Hinge                         = Loss{Kind: hinge} // max(1 − y·p, 0); targets 0 and 1 are taken as −1 and 1
	Poisson                       = Loss{Kind: poisson}
	KLDivergence                  = Loss{Kind: klDivergence}
)

// ParseLoss returns the loss of a Keras name, with Keras's defaults.
func ParseLoss(name string) (Loss, bool) {
	kind, ok := lossAliases[name]
	for k, n := range lossNames {
		if n == name {
			kind, ok = k, true
		}
	}
	if kind == huber {
		return Huber, ok
	}
	return Loss{Kind: kind}, ok
}

// String returns Keras's name.
func (l Loss) String() string {
	if name, ok := lossNames[l.Kind]; ok {
		return name
	}
	return fmt.Sprintf("loss %d", uint8(l.Kind))
}

func (l Loss) validate(outputs int) error {
	switch {
	case lossNames[l.Kind] == "":
		return errors.New("net: no loss given")
	case !(l.LabelSmoothing >= 0 && l.LabelSmoothing <= 1):
		return fmt.Errorf("net: label smoothing %v outside 0…1", l.LabelSmoothing)
	case l.Kind == huber && (!(l.Delta > 0) || math.IsInf(float64(l.Delta), 0)):
		return fmt.Errorf("net: huber with delta %v, which must be positive", l.Delta)
	case l.Kind == sparseCategoricalCrossEntropy && outputs < 2:
		return fmt.Errorf("net: sparse_categorical_crossentropy needs one output a class, the model has %d", outputs)
	}
	return nil
}

// targetWidth returns how many target values a row has.
func (l Loss) targetWidth(outputs int) int {
	if l.Kind == sparseCategoricalCrossEntropy {
		return 1
	}
	return outputs
}

// checkTargets refuses class indices that are none.
func (l Loss) checkTargets(y []float32, outputs int) error {
	if l.Kind != sparseCategoricalCrossEntropy {
		return nil
	}
	for i, v := range y {
		if !(v >= 0 && v < float32(outputs)) || v != float32(int(v)) {
			return fmt.Errorf("net: row %d: target %v is no class index (0…%d)", i+1, v, outputs-1)
		}
	}
	return nil
}

// fused tells whether the loss is computed from the last layer's pre-activations.
func (l Loss) fused(last Layer) bool {
	if l.FromLogits || last.Kind != DenseLayer && last.Kind != ActivationLayer {
		return false
	}
	switch l.Kind {
	case binaryCrossEntropy:
		return last.Activation.Kind == kernels.Sigmoid
	case categoricalCrossEntropy, sparseCategoricalCrossEntropy:
		return last.Activation.Kind == kernels.Softmax
	}
	return false
}

// probabilityFloor is Keras's epsilon, by which probabilities are kept away from 0 and 1.
const probabilityFloor float32 = 1e-7

// lossOf is a loss made ready for a model's last layer.
type lossOf struct {
	Loss
	logits bool      // computed from logits: the fused form, or FromLogits
	fused  bool      // the gradient is that of the last layer's pre-activation
	width  int       // outputs
	work   []float32 // of a row, as is target
	target []float32
}

func newLossOf(l Loss, m *Model) (*lossOf, error) {
	outputs := m.Outputs()
	if err := l.validate(outputs); err != nil {
		return nil, err
	}
	fused := l.fused(m.layers[len(m.layers)-1])
	return &lossOf{Loss: l, logits: fused || l.FromLogits, fused: fused, width: outputs,
		work: make([]float32, outputs), target: make([]float32, outputs)}, nil
}

// rows computes each row's loss from the model's outputs p (and logits z, which are p itself unless the loss is
// fused) and targets y; and, unless grad is nil, the gradient of Σ weight·loss/rows by the outputs, or by z if the
// loss is fused. weight is nil for ones.
func (l *lossOf) rows(losses, grad, z, p, y, weight []float32) {
	n, width, targets := len(losses), l.width, l.targetWidth(l.width)
	signs := l.Kind == hinge && allZeroOrOne(y)
	var g []float32
	for i := range n {
		zr, pr, yr := z[i*width:][:width], p[i*width:][:width], y[i*targets:][:targets]
		if grad != nil {
			g = grad[i*width:][:width]
		}
		losses[i] = l.one(g, zr, pr, yr, signs)
		if grad != nil {
			scale := float32(1)
			if weight != nil {
				scale = weight[i]
			}
			scale /= float32(n)
			for j := range g {
				g[j] *= scale
			}
		}
	}
}

func allZeroOrOne(y []float32) bool {
	for _, v := range y {
		if v != 0 && v != 1 {
			return false
		}
	}
	return true
}

// one computes one row's loss, and its gradient into g unless g is nil.
func (l *lossOf) one(g, z, p, y []float32, signs bool) float32 {
	switch l.Kind {
	case binaryCrossEntropy:
		y = l.smooth(y, 0.5)
		if l.logits {
			return kernels.SigmoidCrossEntropy(l.work, g, z, y)
		}
	case categoricalCrossEntropy:
		y = l.smooth(y, 1/float32(l.width))
		if l.logits {
			return kernels.SoftmaxCrossEntropy(l.work, g, z, y)
		}
		return l.categoricalProbabilities(g, p, y)
	case sparseCategoricalCrossEntropy:
		if l.logits {
			return kernels.SparseSoftmaxCrossEntropy(l.work, g, z, int(y[0]))
		}
		return l.sparseProbabilities(g, p, int(y[0]))
	}
	for j := range p {
		loss, slope := l.element(p[j], y[j], signs)
		l.work[j] = loss
		if g != nil {
			g[j] = slope
		}
	}
	sum := kernels.Sum(l.work)
	if l.Kind == klDivergence {
		return sum
	}
	for j := range g {
		g[j] /= float32(l.width)
	}
	return sum / float32(l.width)
}

// element computes an element-wise loss and its derivative by p.
func (l *lossOf) element(p, y float32, signs bool) (loss, slope float32) {
	switch l.Kind {
	case binaryCrossEntropy:
		q := clip(p, probabilityFloor, 1-probabilityFloor)
		loss = -kernels.FMA(y, kernels.Log(q), float32((1-y)*kernels.Log(1-q)))
		if q == p {
			slope = (1-y)/(1-q) - y/q
		}
	case meanSquaredError:
		e := p - y
		return float32(e * e), float32(2 * e)
	case meanAbsoluteError:
		e := p - y
		return float32(math.Abs(float64(e))), signOf(e)
	case huber:
		e := p - y
		if a := float32(math.Abs(float64(e))); a > l.Delta {
			return kernels.FMA(l.Delta, a, float32(float32(-0.5*l.Delta)*l.Delta)), float32(l.Delta * signOf(e))
		}
		return float32(float32(0.5*e) * e), e
	case logCosh: // e + softplus(−2e) − log 2
		e := p - y
		return e + kernels.SoftplusOf(-2*e) - float32(math.Ln2), kernels.TanhOf(e)
	case hinge:
		if signs {
			y = y + y - 1
		}
		if m := kernels.FMA(-y, p, 1); !(m <= 0) {
			return m, -y
		}
	case poisson:
		q := p + probabilityFloor
		return kernels.FMA(-y, kernels.Log(q), p), 1 - y/q
	case klDivergence:
		y = clip(y, probabilityFloor, 1)
		q := clip(p, probabilityFloor, 1)
		loss = float32(y * kernels.Log(y/q))
		if q == p {
			slope = -y / q
		}
	}
	return loss, slope
}

// smooth moves a row's targets towards the mean of all classes.
func (l *lossOf) smooth(y []float32, mean float32) []float32 {
	if l.LabelSmoothing == 0 {
		return y
	}
	for j, v := range y {
		l.target[j] = kernels.FMA(v, 1-l.LabelSmoothing, float32(mean*l.LabelSmoothing))
	}
	return l.target
}

// categoricalProbabilities: −Σ y·log clip(p/Σp); the gradient goes through the clip and the division.
func (l *lossOf) categoricalProbabilities(g, p, y []float32) float32 {
	total := kernels.Sum(p)
	for j, v := range p {
		share := v / total
		q := clip(share, probabilityFloor, 1-probabilityFloor)
		l.work[j] = kernels.Log(q)
		if g != nil {
			g[j] = 0
			if q == share {
				g[j] = -y[j] / q
			}
		}
	}
	loss := -kernels.Dot(y, l.work)
	if g != nil {
		for j, v := range p {
			l.work[j] = v / total
		}
		inner := kernels.Dot(g, l.work)
		for j := range g {
			g[j] = (g[j] - inner) / total
		}
	}
	return loss
}

// sparseProbabilities: −log(q[class]/Σq) with q the clipped probabilities: Keras on TensorFlow clips first and then
// takes the softmax of the logarithms.
func (l *lossOf) sparseProbabilities(g, p []float32, class int) float32 {
	q := l.work
	for j, v := range p {
		q[j] = clip(v, probabilityFloor, 1-probabilityFloor)
	}
	total := kernels.Sum(q)
	for j := range g {
		g[j] = 0
		if q[j] == p[j] {
			share := q[j] / total
			if j == class {
				share--
			}
			g[j] = share / q[j]
		}
	}
	return -kernels.Log(q[class] / total)
}

// clip limits v to [lo, hi]; a NaN stays.
func clip(v, lo, hi float32) float32 {
	if v < lo {
		return lo
	}
	if v > hi {
		return hi
	}
	return v
}

// signOf returns −1 or 1; a zero or a NaN is returned as it is.
func signOf(v float32) float32 {
	switch {
	case v > 0:
		return 1
	case v < 0:
		return -1
	}
	return v
}
