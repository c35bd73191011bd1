package net

import "nnrt/kernels"

// program is a model's layers with their parameters laid out for prediction, once for all Predictors. It never
// changes.
type program struct {
	inputs, outputs int
	tier            string // of the kernels it is laid out for
	ops             []op
	stages          []stage
	chain           *kernels.Chain // the one stage, if that is Dense layers alone, or nil
	widest          int            // of what passes between stages
}

// op is one layer with its parameters. Dropout is none.
type op struct {
	kind       LayerKind
	in, out    int
	activation Activation
	kernel     *kernels.Packed // Dense
	weight     []float32       // BatchNormalization: scale; LayerNormalization: gamma or nil
	bias       []float32       // Dense: bias or nil; BatchNormalization: shift; LayerNormalization: beta or nil
	epsilon    float32         // LayerNormalization
}

// stage is one step of a prediction: all Dense layers that follow each other, with activations, or one other layer.
type stage struct {
	chain *kernels.Chain // or nil
	op    *op            // or nil
	out   int
}

// programOf returns the program of the model's layers with the given parameters: the one that all Predictors share, if
// they are the model's.
func (m *Model) programOf(params []float32) *program {
	if len(params) > 0 && &params[0] != &m.params[0] {
		return m.newProgram(params)
	}
	if p := m.program.Load(); p != nil && p.tier == kernels.Active() {
		return p
	}
	m.making.Lock() // so that goroutines that begin together lay the parameters out once
	defer m.making.Unlock()
	p := m.program.Load()
	if p == nil || p.tier != kernels.Active() {
		p = m.newProgram(params)
		m.program.Store(p)
	}
	return p
}

// newProgram lays out the model's layers with the given parameters.
func (m *Model) newProgram(params []float32) *program {
	p := &program{inputs: m.inputs, outputs: m.Outputs(), tier: kernels.Active()}
	tensors := make([]map[string][]float32, len(m.layers))
	for _, v := range m.plan {
		if tensors[v.layer] == nil {
			tensors[v.layer] = make(map[string][]float32, 4)
		}
		tensors[v.layer][v.name] = params[v.offset:][:v.size:v.size]
	}
	width := m.inputs
	for i := range m.layers {
		l, tensor := &m.layers[i], tensors[i]
		o := op{kind: l.Kind, in: width, out: l.outputs(width), activation: l.Activation}
		switch l.Kind {
		case DropoutLayer:
			continue
		case DenseLayer:
			o.kernel, o.bias = kernels.Pack(tensor["kernel"], o.out, o.in, o.out), tensor["bias"]
		case BatchNormalizationLayer:
			o.weight, o.bias = batchNormalizationAffine(tensor, width, l.Epsilon)
		case LayerNormalizationLayer:
			o.weight, o.bias, o.epsilon = tensor["gamma"], tensor["beta"], l.Epsilon
		}
		p.ops = append(p.ops, o)
		width = o.out
	}
	p.plan()
	return p
}

// plan puts the ops together as stages.
func (p *program) plan() {
	for i := 0; i < len(p.ops); {
		s := stage{op: &p.ops[i]}
		end := i + 1
		if p.ops[i].kind == DenseLayer {
			var layers []kernels.DenseLayer
			for end = i; end < len(p.ops) && p.ops[end].kind == DenseLayer; end++ {
				o := &p.ops[end]
				a := o.activation
				if a.Kind == kernels.Linear && end+1 < len(p.ops) && p.ops[end+1].kind == ActivationLayer {
					end++ // a layer that comes to the same
					a = p.ops[end].activation
				}
				layers = append(layers, kernels.DenseLayer{
					Weights: o.kernel, Bias: o.bias, Activation: a.Kind, Alpha: a.Alpha})
			}
			s = stage{chain: kernels.NewChain(layers...)}
		}
		s.out = p.ops[end-1].out
		if end < len(p.ops) {
			p.widest = max(p.widest, s.out)
		}
		p.stages = append(p.stages, s)
		i = end
	}
	if len(p.stages) == 1 {
		p.chain = p.stages[0].chain
	}
}

// block returns how many rows go through all stages together.
func (p *program) block() int { return kernels.BlockRows(p.widest) }

// memory is what one thread works in.
type memory struct {
	between [2][]float32 // from stage to stage
	scratch *kernels.Scratch
}

func (p *program) newMemory() *memory {
	var chains []*kernels.Chain
	for i := range p.stages {
		if c := p.stages[i].chain; c != nil {
			chains = append(chains, c)
		}
	}
	m := &memory{scratch: kernels.NewScratch(chains...)}
	for i := range min(len(p.stages)-1, len(m.between)) {
		m.between[i] = make([]float32, p.block()*p.widest)
	}
	return m
}

// run computes y, of shape [rows, outputs], from x, of shape [rows, inputs], and what the last activation was
// applied to, of y's shape, into z unless z is nil.
func (p *program) run(m *memory, y, z, x []float32, rows int) {
	switch len(p.stages) {
	case 0:
		copy(y, x)
		copy(z, x)
		return
	case 1:
		p.stages[0].forward(m, y, z, x, rows)
		return
	}
	for first := 0; first < rows; first += p.block() {
		n := min(p.block(), rows-first)
		src := x[first*p.inputs:][:n*p.inputs]
		last := len(p.stages) - 1
		for i := range last {
			dst := m.between[i&1][:n*p.stages[i].out]
			p.stages[i].forward(m, dst, nil, src, n)
			src = dst
		}
		var pre []float32
		if z != nil {
			pre = z[first*p.outputs:][:n*p.outputs]
		}
		p.stages[last].forward(m, y[first*p.outputs:][:n*p.outputs], pre, src, n)
	}
}

func (s *stage) forward(m *memory, y, z, x []float32, rows int) {
	switch {
	case s.chain != nil && z != nil:
		s.chain.ForwardWithLogits(y, z, x, m.scratch)
	case s.chain != nil:
		s.chain.Forward(y, x, m.scratch)
	default:
		s.op.forward(y, x, rows)
		if s.op.kind == ActivationLayer {
			copy(z, x)
		} else {
			copy(z, y)
		}
	}
}

// forward computes y = layer(x) for n rows.
func (o *op) forward(y, x []float32, n int) {
	switch o.kind {
	case DenseLayer:
		kernels.Dense(y, x, o.kernel, o.bias, o.activation.Kind, o.activation.Alpha, n)
	case ActivationLayer:
		activate(y, x, o.activation, o.out)
	case BatchNormalizationLayer:
		scaleAndShift(y, x, o.weight, o.bias)
	case LayerNormalizationLayer:
		for first := 0; first < len(x); first += o.out {
			layerNormalizeRow(y[first:][:o.out], x[first:][:o.out], o.weight, o.bias, o.epsilon)
		}
	}
}

// activate applies an activation to rows of the given width; y may be x.
func activate(y, x []float32, a Activation, width int) {
	if a.Kind == kernels.Linear {
		if len(x) > 0 && &y[0] != &x[0] {
			copy(y, x)
		}
		return
	}
	kernels.Activate(y, x, a.Kind, a.Alpha, width)
}

// work returns about how many multiply-adds of a matrix product take as long as a row.
func (p *program) work() int64 {
	var work int64
	for i := range p.ops {
		o := &p.ops[i]
		if o.kind == DenseLayer {
			work += int64(o.in) * int64(o.out)
		}
		work += elementWork * int64(o.out)
	}
	return work
}
