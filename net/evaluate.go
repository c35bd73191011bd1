package net

import "fmt"

// EvaluateConfig says what to measure.
type EvaluateConfig struct {
	Loss         Loss
	Metrics      []Metric
	BatchSize    int       // 32; it changes speed, and the last digits of the loss as float64 sums
	SampleWeight []float32 // a factor for each row's loss, or nil
}

// Evaluate returns the loss, regularisation included, and the metrics on x and y, whose shapes are Fit's.
func (m *Model) Evaluate(x, y []float32, c EvaluateConfig) ([]Value, error) {
	if c.BatchSize < 0 {
		return nil, fmt.Errorf("net: batches of %d rows", c.BatchSize)
	}
	if c.BatchSize == 0 {
		c.BatchSize = 32
	}
	e, err := newEvaluator(m, c.Loss, c.Metrics)
	if err != nil {
		return nil, err
	}
	rows, err := checkRows(m, c.Loss, x, y, c.SampleWeight)
	if err != nil {
		return nil, err
	}
	return e.run(m.params, rowSet{x, y, c.SampleWeight, rows}, c.BatchSize), nil
}

// evaluator measures loss and metrics of a model's layers with any parameters.
type evaluator struct {
	model           *Model
	loss            *lossOf
	metrics         []metricState
	losses          []float32
	outputs, logits []float32
	memory          *memory // of the model's programs, whatever their parameters
}

func newEvaluator(m *Model, l Loss, metrics []Metric) (*evaluator, error) {
	loss, err := newLossOf(l, m)
	if err != nil {
		return nil, err
	}
	states, err := newMetricStates(metrics, m.Outputs(), l.targetWidth(m.Outputs()))
	if err != nil {
		return nil, err
	}
	return &evaluator{model: m, loss: loss, metrics: states}, nil
}

// run returns loss and metrics over all rows: the batches' losses, weighted by their rows.
func (e *evaluator) run(params []float32, d rowSet, batch int) []Value {
	batch = min(batch, d.rows)
	outputs, inputs, targets := e.loss.width, e.model.inputs, len(d.y)/d.rows
	if len(e.losses) < batch {
		e.losses = make([]float32, batch)
		e.outputs = make([]float32, batch*outputs)
		e.logits = make([]float32, batch*outputs)
	}
	for i := range e.metrics {
		e.metrics[i].reset()
	}
	p := e.model.programOf(params)
	if e.memory == nil {
		e.memory = p.newMemory()
	}
	activity := e.model.hasActivityRegularizer()
	penalty := e.model.weightPenalty(params)
	var sum float64
	for first := 0; first < d.rows; first += batch {
		n := min(batch, d.rows-first)
		x, y := d.x[first*inputs:][:n*inputs], d.y[first*targets:][:n*targets]
		out, z := e.outputs[:n*outputs], e.logits[:n*outputs]
		if e.loss.fused {
			p.run(e.memory, out, z, x, n)
		} else {
			p.run(e.memory, out, nil, x, n)
			z = out
		}
		var weight []float32
		if d.weight != nil {
			weight = d.weight[first:][:n]
		}
		losses := e.losses[:n]
		e.loss.rows(losses, nil, z, out, y, weight)
		loss := meanLoss(losses, weight) + penalty
		if activity {
			loss += e.model.activityPenalty(p, x, n)
		}
		sum += float64(loss * float64(n))
		for i := range e.metrics {
			e.metrics[i].add(out, y)
		}
	}
	values := []Value{{"loss", sum / float64(d.rows)}}
	for i := range e.metrics {
		values = append(values, Value{e.metrics[i].String(), e.metrics[i].value()})
	}
	return values
}

// weightPenalty returns the kernel and bias regularisers' part of the loss.
func (m *Model) weightPenalty(params []float32) float64 {
	var sum float64
	for _, v := range m.plan {
		l := &m.layers[v.layer]
		w := params[v.offset:][:v.size]
		switch v.name {
		case "kernel":
			sum += l.KernelRegularizer.penalty(w)
		case "bias":
			sum += l.BiasRegularizer.penalty(w)
		}
	}
	return sum
}

func (m *Model) hasActivityRegularizer() bool {
	for i := range m.layers {
		if m.layers[i].penalizesActivity() {
			return true
		}
	}
	return false
}

// activityPenalty returns the activity regularisers' part of a batch's loss; it runs the layers once more, one by one,
// since a program keeps no outputs.
func (m *Model) activityPenalty(p *program, x []float32, rows int) float64 {
	var sum float64
	next := 0
	for i := range m.layers {
		l := &m.layers[i]
		if l.Kind == DropoutLayer {
			continue
		}
		o := &p.ops[next]
		next++
		y := make([]float32, rows*o.out)
		o.forward(y, x, rows)
		if l.penalizesActivity() {
			sum += l.ActivityRegularizer.penalty(y) / float64(rows)
		}
		x = y
	}
	return sum
}
