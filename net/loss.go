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
	work   []float32 // of a batch
	target []float32 // of a batch: smoothed labels, or other numbers
}

func newLossOf(l Loss, m *Model) (*lossOf, error) {
	outputs := m.Outputs()
	if err := l.validate(outputs); err != nil {
		return nil, err
	}
	fused := l.fused(m.layers[len(m.layers)-1])
	return &lossOf{Loss: l, logits: fused || l.FromLogits, fused: fused, width: outputs}, nil
}

// rows computes each row's loss from the model's outputs p (and logits z, which are p itself unless the loss is
// fused) and targets y; and, unless grad is nil, the gradient of Σ weight·loss/rows by the outputs, or by z if the
// loss is fused. weight is nil for ones.
func (l *lossOf) rows(losses, grad, z, p, y, weight []float32) {
	if len(l.work) < len(p) {
		l.work = make([]float32, len(p))
	}
	n := len(losses)
	scale := 1 / float32(n)
	if weight != nil {
		scale = 1
	}
	l.unweighted(losses, grad, z, p, y, scale)
	if grad != nil && weight != nil {
		for i, w := range weight {
			w /= float32(n)
			g := grad[i*l.width:][:l.width]
			for j := range g {
				g[j] *= w
			}
		}
	}
}

// unweighted computes the losses and, unless grad is nil, their gradients times scale.
func (l *lossOf) unweighted(losses, grad, z, p, y []float32, scale float32) {
	work := l.work[:len(p)]
	switch l.Kind {
	case binaryCrossEntropy:
		y = l.smooth(y, 0.5)
		if l.logits {
			kernels.SigmoidCrossEntropy(losses, work, z, y, l.width)
			if grad != nil {
				kernels.CrossEntropyGradient(grad, l.probabilities(grad, p, kernels.Sigmoid), y, float32(l.width), scale)
			}
			return
		}
	case categoricalCrossEntropy:
		y = l.smooth(y, 1/float32(l.width))
		if l.logits {
			kernels.SoftmaxCrossEntropy(losses, work, z, y, l.width)
			if grad != nil {
				kernels.CrossEntropyGradient(grad, l.probabilities(grad, p, kernels.Softmax), y, 1, scale)
			}
			return
		}
		l.categoricalProbabilities(losses, grad, p, y)
		multiply(grad, scale)
		return
	case sparseCategoricalCrossEntropy:
		if l.logits {
			kernels.SparseSoftmaxCrossEntropy(losses, z, y, l.width)
			if grad != nil {
				p = l.probabilities(grad, p, kernels.Softmax)
				kernels.SparseCrossEntropyGradient(grad, work, p, y, l.width, scale)
			}
			return
		}
		l.sparseProbabilities(losses, grad, p, y)
		multiply(grad, scale)
		return
	}
	l.elements(work, grad, p, y)
	kernels.RowSums(losses, work, l.width)
	if l.width > 1 && l.Kind != klDivergence {
		divide(losses, float32(l.width))
		divide(grad, float32(l.width))
	}
	multiply(grad, scale)
}

// probabilities returns the probabilities that the logits stand for: the model's outputs, if a fused layer has made
// them; else the activation of its outputs, which are the logits, in g.
func (l *lossOf) probabilities(g, p []float32, a kernels.Activation) []float32 {
	if l.fused {
		return p
	}
	kernels.Activate(g, p, a, 0, l.width)
	return g
}

// elements computes an element-wise loss for each output p and, unless slope is nil, its derivative by p.
func (l *lossOf) elements(loss, slope, p, y []float32) {
	grad := slope != nil
	if !grad {
		slope = loss // which is written after it
	}
	loss, slope, y = loss[:len(p)], slope[:len(p)], y[:len(p)]
	switch l.Kind {
	case binaryCrossEntropy:
		for j, p := range p {
			y := y[j]
			q := clip(p, probabilityFloor, 1-probabilityFloor)
			slope[j] = 0
			if q == p {
				slope[j] = (1-y)/(1-q) - y/q
			}
			loss[j] = -kernels.FMA(y, kernels.Log(q), float32((1-y)*kernels.Log(1-q)))
		}
	case meanSquaredError:
		for j, p := range p {
			e := p - y[j]
			slope[j] = 2 * e
			loss[j] = e * e
		}
	case meanAbsoluteError:
		for j, p := range p {
			e := p - y[j]
			slope[j] = signOf(e)
			loss[j] = float32(math.Abs(float64(e)))
		}
	case huber:
		for j, p := range p {
			e := p - y[j]
			if a := float32(math.Abs(float64(e))); a > l.Delta {
				slope[j] = l.Delta * signOf(e)
				loss[j] = kernels.FMA(l.Delta, a, float32(float32(-0.5*l.Delta)*l.Delta))
			} else {
				slope[j] = e
				loss[j] = float32(0.5*e) * e
			}
		}
	case logCosh: // e + softplus(−2e) − log 2
		e := l.room(len(p))
		for j, p := range p {
			e[j] = p - y[j]
			loss[j] = -2 * e[j]
		}
		kernels.Activate(loss, loss, kernels.Softplus, 0, 1)
		for j, e := range e {
			loss[j] = e + loss[j] - float32(math.Ln2)
		}
		if grad {
			kernels.Activate(slope, e, kernels.Tanh, 0, 1)
		}
	case hinge:
		signs := allZeroOrOne(y)
		for j, p := range p {
			y := y[j]
			if signs {
				y = y + y - 1
			}
			slope[j], loss[j] = 0, 0
			if m := kernels.FMA(-y, p, 1); !(m <= 0) {
				slope[j] = -y
				loss[j] = m
			}
		}
	case poisson:
		for j, p := range p {
			q := p + probabilityFloor
			slope[j] = 1 - y[j]/q
			loss[j] = kernels.FMA(-y[j], kernels.Log(q), p)
		}
	case klDivergence:
		for j, p := range p {
			y := clip(y[j], probabilityFloor, 1)
			q := clip(p, probabilityFloor, 1)
			slope[j] = 0
			if q == p {
				slope[j] = -y / q
			}
			loss[j] = y * kernels.Log(y/q)
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

func multiply(x []float32, factor float32) {
	for i := range x {
		x[i] *= factor
	}
}

func divide(x []float32, divisor float32) {
	for i := range x {
		x[i] /= divisor
	}
}

// smooth moves the targets towards the mean of all classes.
func (l *lossOf) smooth(y []float32, mean float32) []float32 {
	if l.LabelSmoothing == 0 {
		return y
	}
	target := l.room(len(y))
	for j, v := range y {
		target[j] = kernels.FMA(v, 1-l.LabelSmoothing, float32(mean*l.LabelSmoothing))
	}
	return target
}

// room returns target, for n numbers.
func (l *lossOf) room(n int) []float32 {
	if len(l.target) < n {
		l.target = make([]float32, n)
	}
	return l.target[:n]
}

// categoricalProbabilities: −Σ y·log clip(p/Σp); the gradient goes through the clip and the division.
func (l *lossOf) categoricalProbabilities(losses, grad, p, y []float32) {
	work := l.work[:l.width]
	for i := range losses {
		p, y := p[i*l.width:][:l.width], y[i*l.width:][:l.width]
		total := kernels.Sum(p)
		for j, v := range p {
			work[j] = kernels.Log(clip(v/total, probabilityFloor, 1-probabilityFloor))
		}
		losses[i] = -kernels.Dot(y, work)
		if grad == nil {
			continue
		}
		g := grad[i*l.width:][:l.width]
		for j, v := range p {
			share := v / total
			work[j], g[j] = share, 0
			if q := clip(share, probabilityFloor, 1-probabilityFloor); q == share {
				g[j] = -y[j] / q
			}
		}
		inner := kernels.Dot(g, work)
		for j := range g {
			g[j] = (g[j] - inner) / total
		}
	}
}

// sparseProbabilities: −log(q[class]/Σq) with q the clipped probabilities: Keras on TensorFlow clips first and then
// takes the softmax of the logarithms.
func (l *lossOf) sparseProbabilities(losses, grad, p, y []float32) {
	q := l.work[:l.width]
	for i := range losses {
		p, class := p[i*l.width:][:l.width], int(y[i])
		for j, v := range p {
			q[j] = clip(v, probabilityFloor, 1-probabilityFloor)
		}
		total := kernels.Sum(q)
		losses[i] = -kernels.Log(q[class] / total)
		if grad == nil {
			continue
		}
		g := grad[i*l.width:][:l.width]
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
	}
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
