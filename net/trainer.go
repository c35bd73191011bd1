package net

import (
	"errors"
	"fmt"
	"math"

	"nnrt/kernels"
)

// Trainer trains a model batch by batch; Fit is a loop around one. It works on a copy of the model's parameters:
// the model changes when Apply is called.
type Trainer struct {
	model     *Model
	optimizer *optimizer
	schedule  Schedule
	loss      *lossOf
	penalized bool // some layer has a regulariser
	seed      uint64
	threads   int
	sharing   int   // how many of them a step is worth
	work      int64 // multiply-adds for a row of a batch
	shared    *sharedActivation

	kernelUpdate *kernelUpdate
	turned       *turnedTrainer // nil if the model is not trained so

	params, grads []float32
	slots         [][]float32  // the optimiser's state, each of the parameters' size
	apart         []parameters // those that are updated at a step's end
	scalars       stepScalars
	layers        []trainLayer
	learningRate  float64
	step          int64 // batches trained

	rows   int       // the most rows the buffers hold
	losses []float32 // of a batch's rows
	delta  [2][]float32
	spare  []float32 // of the output's shape, for penalties; nil without
}

// trainLayer is a layer with its place in the parameters and what its forward pass leaves for the backward one.
type trainLayer struct {
	*Layer
	in, out                                        int
	joined                                         bool // the kernel's update is joined with its gradient
	offset                                         int  // of the kernel in the parameters, if so
	turned                                         turnedLayer
	kernel, bias, gamma, beta, mean, variance      []float32
	gradKernel, gradBias, gradGamma, gradBeta      []float32
	keepsPre                                       bool      // Dense: what the activation is applied to is needed
	pre                                            []float32 // and kept
	output                                         []float32
	normalized, inverse                            []float32 // normalisation layers
	mask                                           []float32 // Dropout: 0 or 1/(1−rate) for each element
	batchMean, batchVariance, sumDelta, sumProduct []float32 // BatchNormalization
}

// NewTrainer makes a trainer by the configuration's loss, optimiser, schedule, seed and threads. If the model has
// neither been trained nor given weights, it begins with weights drawn from the seed.
func (m *Model) NewTrainer(c FitConfig) (*Trainer, error) {
	if c.Optimizer == nil {
		c.Optimizer = Adam{}
	}
	optimizer, err := c.Optimizer.resolve()
	if err != nil {
		return nil, err
	}
	if c.Schedule != nil {
		if err := c.Schedule.Validate(); err != nil {
			return nil, err
		}
	}
	loss, err := newLossOf(c.Loss, m)
	if err != nil {
		return nil, err
	}
	if c.Threads < 0 {
		return nil, fmt.Errorf("net: %d threads", c.Threads)
	}
	params := m.params
	if m.fresh {
		params = m.initial(c.Seed)
	}
	t := &Trainer{model: m, optimizer: optimizer, schedule: c.Schedule, loss: loss, seed: c.Seed,
		threads: threadCount(c.Threads), shared: newSharedActivation(), learningRate: optimizer.learningRate}
	memory := vectors(2+optimizer.slots, m.size)
	t.params, t.grads, t.slots = memory[0], memory[1], memory[2:]
	copy(t.params, params)
	for _, slot := range t.slots {
		fillConstant(slot, optimizer.initial)
	}
	width := m.inputs
	t.layers = make([]trainLayer, len(m.layers))
	for i := range t.layers {
		l := &t.layers[i]
		l.Layer, l.in, l.out = &m.layers[i], width, m.layers[i].outputs(width)
		width = l.out
		if l.Kind == BatchNormalizationLayer {
			l.batchMean, l.batchVariance = make([]float32, l.out), make([]float32, l.out)
			l.sumDelta, l.sumProduct = make([]float32, l.out), make([]float32, l.out)
			l.inverse = make([]float32, l.out)
		}
	}
	for _, v := range m.plan {
		l := &t.layers[v.layer]
		w, g := t.params[v.offset:][:v.size], t.grads[v.offset:][:v.size]
		switch v.name {
		case "kernel":
			l.kernel, l.gradKernel = w, g
		case "bias":
			l.bias, l.gradBias = w, g
		case "gamma":
			l.gamma, l.gradGamma = w, g
		case "beta":
			l.beta, l.gradBeta = w, g
		case "moving_mean":
			l.mean = w
		case "moving_variance":
			l.variance = w
		}
	}
	for i := range t.layers {
		l := &t.layers[i]
		if l.Kind == DenseLayer {
			t.work += 3 * int64(l.in) * int64(l.out) // forward, and the gradients of weights and inputs
		}
		none := Regularizer{}
		if l.KernelRegularizer != none || l.BiasRegularizer != none || l.penalizesActivity() {
			t.penalized = true
		}
		l.keepsPre = l.Kind == DenseLayer && l.Activation.Kind != kernels.Linear &&
			(l.Activation.Kind.GradientNeedsInput() || l.penalizesActivity() || t.loss.fused && i == len(t.layers)-1)
	}
	t.planUpdate()
	t.planTurned()
	return t, nil
}

// vectors returns vectors of one length, end to end. An update goes through all of them side by side, so they do not
// begin at multiples of 4096 bytes from each other: a processor that is to load from an address of which it has just
// stored to the lower 12 bits may wait for the store.
func vectors(count, length int) [][]float32 {
	const (
		page  = 4096 / 4
		apart = page/4 + 16
	)
	stride := (length+page-1)/page*page + apart
	memory := make([]float32, count*stride)
	list := make([][]float32, count)
	for i := range list {
		list[i] = memory[i*stride:][:length:length]
	}
	return list
}

// reserve makes the buffers large enough for batches of that many rows. The error says that they would be too large
// for a 32-bit machine, which is refused everywhere.
func (t *Trainer) reserve(rows int) error {
	if rows <= t.rows {
		return nil
	}
	widest := t.model.inputs
	for i := range t.layers {
		widest = max(widest, t.layers[i].out)
	}
	if values := int64(rows) * int64(widest); values > math.MaxInt32/4 {
		return fmt.Errorf("net: a batch of %d rows of %d values is too large: more than %d values", rows, widest,
			math.MaxInt32/4)
	}
	t.rows = rows
	t.losses = make([]float32, rows)
	for i := range t.layers {
		l := &t.layers[i]
		l.output = make([]float32, rows*l.out)
		switch l.Kind {
		case DenseLayer:
			if l.keepsPre {
				l.pre = make([]float32, rows*l.out)
			}
		case DropoutLayer:
			l.mask = make([]float32, rows*l.out)
		case BatchNormalizationLayer:
			l.normalized = make([]float32, rows*l.out)
		case LayerNormalizationLayer:
			l.normalized = make([]float32, rows*l.out)
			l.inverse = make([]float32, rows)
		}
	}
	for i := range t.delta {
		t.delta[i] = make([]float32, rows*widest)
	}
	if t.penalized {
		t.spare = make([]float32, rows*t.loss.width)
	}
	return nil
}

// LearningRate returns the learning rate of the next step.
func (t *Trainer) LearningRate() float64 {
	if t.schedule != nil {
		return t.schedule.At(t.step)
	}
	return t.learningRate
}

// SetLearningRate changes the learning rate of the steps to come. It is an error under a Schedule, and for a rate that
// is negative or not a finite number.
func (t *Trainer) SetLearningRate(lr float64) error {
	if t.schedule != nil {
		return errors.New("net: the learning rate follows a Schedule and cannot be set")
	}
	if !(lr >= 0) || math.IsInf(lr, 0) {
		return fmt.Errorf("net: learning rate %v", lr)
	}
	t.learningRate = lr
	return nil
}

// Steps returns the number of batches trained.
func (t *Trainer) Steps() int64 { return t.step }

// Apply puts the trained parameters into the model.
func (t *Trainer) Apply() {
	t.model.setParameters(append([]float32(nil), t.params...))
}

// TrainOnBatch does one step: x has shape [rows, inputs], y [rows, outputs] (or [rows], class indices, for
// SparseCategoricalCrossEntropy); weight has a factor for each row's loss or is nil. It returns the batch's loss
// before the step, regularisation included.
func (t *Trainer) TrainOnBatch(x, y, weight []float32) (float64, error) {
	rows, err := checkRows(t.model, t.loss.Loss, x, y, weight)
	if err != nil {
		return 0, err
	}
	if err := t.reserve(rows); err != nil {
		return 0, err
	}
	loss, _ := t.trainOnBatch(x, y, weight, rows)
	return loss, nil
}

// checkRows returns the number of rows of x, or what is wrong with the lengths or the targets.
func checkRows(m *Model, l Loss, x, y, weight []float32) (int, error) {
	rows := len(x) / m.inputs
	targets := l.targetWidth(m.Outputs())
	switch {
	case rows*m.inputs != len(x):
		return 0, fmt.Errorf("net: %d input values are no whole number of rows of %d", len(x), m.inputs)
	case rows == 0:
		return 0, fmt.Errorf("net: no rows")
	case int64(len(y)) != int64(rows)*int64(targets):
		return 0, fmt.Errorf("net: %d rows need %d target values (%d a row for %v), %d given",
			rows, int64(rows)*int64(targets), targets, l, len(y))
	case weight != nil && len(weight) != rows:
		return 0, fmt.Errorf("net: %d sample weights for %d rows", len(weight), rows)
	}
	return rows, l.checkTargets(y, m.Outputs())
}

// trainOnBatch is TrainOnBatch for lengths that fit and buffers that are large enough; it also returns the outputs of the
// forward pass.
func (t *Trainer) trainOnBatch(x, y, weight []float32, rows int) (loss float64, outputs []float32) {
	t.sharing = kernels.ThreadsFor(t.threads, t.work*int64(rows))
	turned := t.goesTurned(rows)
	if turned {
		t.forwardTurned(x, rows)
	} else {
		t.forward(x, rows)
	}
	last := &t.layers[len(t.layers)-1]
	outputs = last.output[:rows*last.out]
	logits := outputs
	if t.loss.fused {
		logits = t.input(last, len(t.layers)-1, x, rows)
		if last.Kind == DenseLayer {
			logits = last.pre[:rows*last.out]
		}
	}
	losses, delta := t.losses[:rows], t.delta[0][:rows*last.out]
	t.loss.rows(losses, delta, logits, outputs, y, weight)
	loss = meanLoss(losses, weight) + t.penalties(rows)
	t.beginUpdate()
	if turned {
		t.backwardTurned(delta, rows)
	} else {
		t.backward(x, delta, rows)
	}
	t.update()
	return loss, outputs
}

// meanLoss returns Σ weight·loss/rows, summed in order in float64.
func meanLoss(losses, weight []float32) float64 {
	var sum float64
	for i, l := range losses {
		if weight != nil {
			sum += float64(float64(l) * float64(weight[i]))
		} else {
			sum += float64(l)
		}
	}
	return sum / float64(len(losses))
}

// penalties returns the regularisers' part of the loss.
func (t *Trainer) penalties(rows int) float64 {
	if !t.penalized {
		return 0
	}
	var sum float64
	for i := range t.layers {
		l := &t.layers[i]
		sum += l.KernelRegularizer.penalty(l.kernel)
		sum += l.BiasRegularizer.penalty(l.bias)
		if l.penalizesActivity() {
			sum += l.ActivityRegularizer.penalty(l.output[:rows*l.out]) / float64(rows)
		}
	}
	return sum
}

// input returns what layer i was given.
func (t *Trainer) input(l *trainLayer, i int, x []float32, rows int) []float32 {
	if i == 0 {
		return x
	}
	return t.layers[i-1].output[:rows*l.in]
}

func (t *Trainer) forward(x []float32, rows int) {
	for i := range t.layers {
		l := &t.layers[i]
		x, y := t.input(l, i, x, rows), l.output[:rows*l.out]
		switch l.Kind {
		case DenseLayer:
			if l.Activation.Kind == kernels.ReLU && !l.keepsPre {
				kernels.ParallelGemmReLU(t.sharing, y, x, l.kernel, l.bias, rows, l.out, l.in, l.in, l.out, l.out)
				continue
			}
			z := y
			if l.keepsPre {
				z = l.pre[:rows*l.out]
			}
			kernels.ParallelGemmNN(t.sharing, z, x, l.kernel, l.bias, rows, l.out, l.in, l.in, l.out, l.out)
			if l.Activation.Kind != kernels.Linear {
				t.activate(y, z, l)
			}
		case ActivationLayer:
			t.activate(y, x, l)
		case DropoutLayer:
			t.dropout(i, x, y)
		case BatchNormalizationLayer:
			l.forwardBatchNormalization(y, x)
		case LayerNormalizationLayer:
			l.forwardLayerNormalization(y, x)
		}
	}
}

// activate computes y = a(x) for the rows of a layer.
func (t *Trainer) activate(y, x []float32, l *trainLayer) {
	if l.Activation.Kind == kernels.Linear {
		activate(y, x, l.Activation, l.out)
		return
	}
	a := t.shared
	a.gradient, a.y, a.x, a.activation, a.width = false, y, x, l.Activation, l.out
	a.run(t.sharing)
}

// activateGradient multiplies delta with a'(x) for the rows of a layer, of which y = a(x) are the outputs.
func (t *Trainer) activateGradient(delta, x, y []float32, l *trainLayer) {
	if l.Activation.Kind == kernels.Linear {
		return
	}
	a := t.shared
	a.gradient, a.dxdy, a.x, a.y, a.activation, a.width = true, delta, x, y, l.Activation, l.out
	a.run(t.sharing)
}

// dropout draws a mask of the step and layer, row by row, and applies it.
func (t *Trainer) dropout(i int, x, y []float32) {
	l := &t.layers[i]
	mask := l.mask[:len(x)]
	var r random
	r.seed(t.seed, streamDropout+uint64(t.step)*uint64(len(t.layers))+uint64(i))
	keep := 1 / (1 - l.Rate)
	for j := range mask {
		mask[j] = 0
		if r.float32() >= l.Rate {
			mask[j] = keep
		}
		y[j] = x[j] * mask[j]
	}
}

// backward computes all gradients from delta, the gradient by the outputs (by the last pre-activations if the loss is
// fused), of which it makes use as working memory.
func (t *Trainer) backward(x, delta []float32, rows int) {
	first := 0 // the first layer with parameters: none before it needs a gradient
	for first < len(t.layers)-1 && t.layers[first].kernel == nil && t.layers[first].gamma == nil &&
		t.layers[first].beta == nil {
		first++
	}
	for i := len(t.layers) - 1; i >= first; i-- {
		l := &t.layers[i]
		input, output := t.input(l, i, x, rows), l.output[:rows*l.out]
		fused := t.loss.fused && i == len(t.layers)-1
		below := t.delta[(len(t.layers)-i)&1][:rows*l.in]
		if i == first {
			below = nil
		}
		switch l.Kind {
		case DenseLayer:
			t.backwardDense(l, below, delta, input, output, rows, fused)
		case ActivationLayer:
			if below != nil && fused {
				copy(below, delta)
			} else if below != nil {
				activationGradient(below, delta, input, output, l.Activation, l.out)
			}
		case DropoutLayer:
			for j := range below {
				below[j] = delta[j] * l.mask[j]
			}
		case BatchNormalizationLayer:
			l.backwardBatchNormalization(below, delta)
		case LayerNormalizationLayer:
			l.backwardLayerNormalization(below, delta)
		}
		delta = below
	}
}

// backwardDense turns delta into the gradient by the pre-activation, in place, and computes the gradients of kernel,
// bias and, unless below is nil, input. A kernel whose update is joined has it behind it then.
func (t *Trainer) backwardDense(l *trainLayer, below, delta, input, output []float32, rows int, fused bool) {
	pre := output
	if l.keepsPre {
		pre = l.pre[:rows*l.out]
	}
	if l.penalizesActivity() {
		l1, l2 := l.ActivityRegularizer.L1/float32(rows), l.ActivityRegularizer.L2/float32(rows)
		if fused {
			// delta is past the activation, and the penalty's gradient is not yet.
			penalty := t.spare[:len(delta)]
			clear(penalty)
			kernels.AddPenalty(penalty, output, l1, l2)
			activationGradient(penalty, penalty, pre, output, l.Activation, l.out)
			for j, v := range penalty {
				delta[j] += v
			}
		} else {
			kernels.AddPenalty(delta, output, l1, l2)
		}
	}
	if !fused {
		t.activateGradient(delta, pre, output, l)
	}
	if below != nil {
		kernels.ParallelGemmNT(t.sharing, below, delta, l.kernel, rows, l.in, l.out, l.out, l.out, l.in)
	}
	if l.joined {
		t.kernelUpdate.run(l, input, delta, rows)
	} else {
		kernels.ParallelGemmTN(t.sharing, l.gradKernel, input, delta, l.in, l.out, rows, l.in, l.out, l.out)
	}
	if l.bias != nil {
		kernels.ColumnSums(l.gradBias, delta)
	}
	t.penalize(l)
}

// penalize adds the regularisers' gradients to those of a layer's kernel and bias, unless the kernel's has been
// followed already.
func (t *Trainer) penalize(l *trainLayer) {
	if r := l.KernelRegularizer; r != (Regularizer{}) && !l.joined {
		kernels.AddPenalty(l.gradKernel, l.kernel, r.L1, r.L2)
	}
	if r := l.BiasRegularizer; r != (Regularizer{}) && l.bias != nil {
		kernels.AddPenalty(l.gradBias, l.bias, r.L1, r.L2)
	}
}

// activationGradient computes dx = dy·a'(x), for rows of the given width; dx may be dy.
func activationGradient(dx, dy, x, y []float32, a Activation, width int) {
	if a.Kind == kernels.Linear {
		if len(dx) > 0 && &dx[0] != &dy[0] {
			copy(dx, dy)
		}
		return
	}
	kernels.ActivateGradient(dx, dy, x, y, a.Kind, a.Alpha, width)
}

func (l *trainLayer) forwardBatchNormalization(y, x []float32) {
	batchStatistics(l.batchMean, l.batchVariance, l.normalized[:l.out], x)
	for j, v := range l.batchVariance {
		l.inverse[j] = kernels.InverseDeviation(v, l.Epsilon)
		rest := 1 - l.Momentum
		l.mean[j] = kernels.FMA(l.Momentum, l.mean[j], float32(rest*l.batchMean[j]))
		l.variance[j] = kernels.FMA(l.Momentum, l.variance[j], float32(rest*v))
	}
	for first := 0; first < len(x); first += l.out {
		normalized, mean, inverse := l.normalized[first:][:l.out], l.batchMean[:l.out], l.inverse[:l.out]
		for j, v := range x[first:][:l.out] {
			normalized[j] = (v - mean[j]) * inverse[j]
		}
		kernels.ScaleAndShiftRow(y[first:][:l.out], normalized, l.gamma, l.beta)
	}
}

// backwardBatchNormalization: dx = gamma·inverse·(dy − mean(dy) − x̂·mean(dy·x̂)), means over the batch.
func (l *trainLayer) backwardBatchNormalization(below, delta []float32) {
	kernels.ColumnSums(l.sumDelta, delta)
	columnProducts(l.sumProduct, delta, l.normalized[:len(delta)])
	copy(l.gradBeta, l.sumDelta)
	copy(l.gradGamma, l.sumProduct)
	rows := float32(len(delta) / l.out)
	mean, product, scale := l.sumDelta, l.sumProduct, l.inverse // which are not needed any more
	for j := range scale {
		mean[j] /= rows
		product[j] = -(product[j] / rows)
		if l.gamma != nil {
			scale[j] *= l.gamma[j]
		}
	}
	for first := 0; first < len(below); first += l.out {
		dx := below[first:][:l.out]
		for j, dy := range delta[first:][:l.out] {
			dx[j] = dy - mean[j]
		}
		kernels.MultiplyAdd(dx, l.normalized[first:][:l.out], product, dx)
		for j, s := range scale {
			dx[j] *= s
		}
	}
}

func (l *trainLayer) forwardLayerNormalization(y, x []float32) {
	for row, first := 0, 0; first < len(x); row, first = row+1, first+l.out {
		normalized := l.normalized[first:][:l.out]
		l.inverse[row] = kernels.NormalizeRow(normalized, x[first:][:l.out], l.Epsilon)
		kernels.ScaleAndShiftRow(y[first:][:l.out], normalized, l.gamma, l.beta)
	}
}

// backwardLayerNormalization: with d = dy·gamma, dx = inverse·(d − mean(d) − x̂·mean(d·x̂)), means over the row.
func (l *trainLayer) backwardLayerNormalization(below, delta []float32) {
	if l.beta != nil {
		kernels.ColumnSums(l.gradBeta, delta)
	}
	if l.gamma != nil {
		columnProducts(l.gradGamma, delta, l.normalized[:len(delta)])
	}
	n := float32(l.out)
	for row, first := 0, 0; first < len(below); row, first = row+1, first+l.out {
		dx, normalized := below[first:][:l.out], l.normalized[first:][:l.out]
		kernels.ScaleAndShiftRow(dx, delta[first:][:l.out], l.gamma, nil)
		mean, product := kernels.Sum(dx)/n, kernels.Dot(dx, normalized)/n
		for j := range dx {
			dx[j] -= mean
		}
		kernels.SGD(dx, normalized, product) // dx −= product·x̂
		inverse := l.inverse[row]
		for j := range dx {
			dx[j] *= inverse
		}
	}
}

// columnProducts computes sums[j] = Σ x[i,j]·y[i,j] over the rows in ascending order, fused.
func columnProducts(sums, x, y []float32) {
	clear(sums)
	for width := len(sums); len(x) > 0; x, y = x[width:], y[width:] {
		kernels.MultiplyAdd(sums, x[:width], y[:width], sums)
	}
}
