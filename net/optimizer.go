package net

import (
	"fmt"
	"math"
	"math/bits"

	"nnrt/kernels"
)

// Optimizer is how weights follow their gradients: SGD, RMSprop, Adam, AdamW, Adagrad, Nadam, Adamax or Lion, with
// Keras's names, meanings and defaults. A field left zero takes Keras's default. A step clips the gradients, decays
// the weights (w −= lr·decay·w), then updates.
//
// PyTorch means other things by the same names: its Adam adds ε = 1e-8 to the root of the corrected second moment
// (Keras adds 1e-7 to the uncorrected one's); its RMSprop has lr 1e-2, α 0.99 and adds ε outside the root; its SGD's
// velocity does not contain the learning rate.
type Optimizer interface {
	// Name returns Keras's name, such as adam.
	Name() string
	// resolve returns what is to be done, with every default filled in, or what is wrong.
	resolve() (*optimizer, error)
}

// OptimizerOptions are what all optimisers share. At most one of the three ways to clip may be set.
type OptimizerOptions struct {
	ClipNorm       float64 // the largest L2 norm of one tensor's gradient
	GlobalClipNorm float64 // the largest L2 norm of all gradients together
	ClipValue      float64 // the largest magnitude of any gradient
	WeightDecay    float64 // decoupled: w −= lr·decay·w before the update
}

// SGD is stochastic gradient descent: w −= lr·g; with momentum m = μ·m − lr·g, w += m; with Nesterov's
// w += μ·m − lr·g.
type SGD struct {
	LearningRate float64 // 0.01
	Momentum     float64 // 0
	Nesterov     bool
	OptimizerOptions
}

// RMSprop divides by the root of a running mean of squared gradients (ε inside the root).
type RMSprop struct {
	LearningRate float64 // 1e-3
	Rho          float64 // 0.9
	Momentum     float64 // 0
	Epsilon      float64 // 1e-7
	Centered     bool    // subtract the squared running mean of the gradients
	OptimizerOptions
}

// Adam is Keras's Adam: ε is added to the root of the uncorrected second moment.
type Adam struct {
	LearningRate float64 // 1e-3
	Beta1        float64 // 0.9
	Beta2        float64 // 0.999
	Epsilon      float64 // 1e-7
	AMSGrad      bool
	OptimizerOptions
}

// AdamW is Adam with weight decay 0.004 unless OptimizerOptions.WeightDecay says otherwise.
type AdamW struct {
	LearningRate float64 // 1e-3
	Beta1        float64 // 0.9
	Beta2        float64 // 0.999
	Epsilon      float64 // 1e-7
	AMSGrad      bool
	OptimizerOptions
}

// Adagrad divides by the root of the sum of all squared gradients.
type Adagrad struct {
	LearningRate       float64 // 1e-3
	InitialAccumulator float64 // 0.1
	Epsilon            float64 // 1e-7
	OptimizerOptions
}

// Nadam is Adam with Nesterov's momentum.
type Nadam struct {
	LearningRate float64 // 1e-3
	Beta1        float64 // 0.9
	Beta2        float64 // 0.999
	Epsilon      float64 // 1e-7
	OptimizerOptions
}

// Adamax is Adam by the infinity norm.
type Adamax struct {
	LearningRate float64 // 1e-3
	Beta1        float64 // 0.9
	Beta2        float64 // 0.999
	Epsilon      float64 // 1e-7
	OptimizerOptions
}

// Lion follows the sign of an interpolated momentum.
type Lion struct {
	LearningRate float64 // 1e-3
	Beta1        float64 // 0.9
	Beta2        float64 // 0.99
	OptimizerOptions
}

func (SGD) Name() string     { return "sgd" }
func (RMSprop) Name() string { return "rmsprop" }
func (Adam) Name() string    { return "adam" }
func (AdamW) Name() string   { return "adamw" }
func (Adagrad) Name() string { return "adagrad" }
func (Nadam) Name() string   { return "nadam" }
func (Adamax) Name() string  { return "adamax" }
func (Lion) Name() string    { return "lion" }

// optimizer is an Optimizer made ready: begin computes a step's factors, update applies them to some parameters. An
// update goes element by element, so that it does not matter which parameters it is given together.
type optimizer struct {
	learningRate float64
	options      OptimizerOptions
	slots        int     // state vectors of the parameters' size
	initial      float32 // what they begin with
	begin        func(lr float64, t int64, s *stepScalars)
	update       func(p parameters, s *stepScalars)

	// join, if not nil, computes the gradient of a part of a kernel, [rows, columns] of [inputs, units], from input
	// [batch, inputs] and delta [batch, units], and updates it by it. All begin at the part. p.g is working memory.
	join func(p parameters, input, delta []float32, rows, columns, batch, inputs, units int, s *stepScalars)
}

// parameters are some of a model's: weights, their gradients, and the optimiser's state.
type parameters struct {
	w, g  []float32
	slots [mostSlots][]float32 // the optimiser's first ones
}

const mostSlots = 3

// stepScalars are the factors of one step. muProduct is the only one that lasts from one step to the next.
type stepScalars struct {
	lr, decay float32 // decay: the learning rate times the weight decay
	adam      kernels.AdamStep
	muProduct float64 // Nadam: μ₁·μ₂·…·μₜ
}

// hyper is one hyperparameter in the check of an optimiser.
type hyper struct {
	name      string
	value     *float64
	byDefault float64
	below     float64 // the value, rounded to float32, must be > 0 (or 0, if that is the default) and < below
}

var infinity = math.Inf(1)

func resolveHypers(name string, o OptimizerOptions, hypers ...hyper) error {
	hypers = append(hypers,
		hyper{"clip norm", &o.ClipNorm, 0, infinity},
		hyper{"global clip norm", &o.GlobalClipNorm, 0, infinity},
		hyper{"clip value", &o.ClipValue, 0, infinity},
		hyper{"weight decay", &o.WeightDecay, 0, infinity})
	for _, h := range hypers {
		if *h.value == 0 {
			*h.value = h.byDefault
		}
		if v := float32(*h.value); !(v >= 0 && v < float32(h.below)) || v == 0 && *h.value != 0 {
			return fmt.Errorf("net: %s: %s %v is out of range", name, h.name, *h.value)
		}
	}
	set := 0
	for _, v := range []float64{o.ClipNorm, o.GlobalClipNorm, o.ClipValue} {
		if v != 0 {
			set++
		}
	}
	if set > 1 {
		return fmt.Errorf("net: %s: only one of clip norm, global clip norm and clip value can be set", name)
	}
	return nil
}

// resolveMoments checks what Adam and its relatives have in common.
func resolveMoments(name string, o OptimizerOptions, rate, beta1, beta2, epsilon *float64) error {
	return resolveHypers(name, o, learningRate(rate, 1e-3), decayRate("beta 1", beta1, 0.9),
		decayRate("beta 2", beta2, 0.999), epsilonOf(epsilon))
}

func learningRate(v *float64, byDefault float64) hyper {
	return hyper{"learning rate", v, byDefault, infinity}
}

func decayRate(name string, v *float64, byDefault float64) hyper {
	return hyper{name, v, byDefault, 1}
}

func epsilonOf(v *float64) hyper { return hyper{"epsilon", v, 1e-7, infinity} }

func (o SGD) resolve() (*optimizer, error) {
	err := resolveHypers(o.Name(), o.OptimizerOptions, learningRate(&o.LearningRate, 0.01),
		decayRate("momentum", &o.Momentum, 0))
	r := &optimizer{learningRate: o.LearningRate, options: o.OptimizerOptions}
	if o.Momentum == 0 {
		r.update = func(p parameters, s *stepScalars) { kernels.SGD(p.w, p.g, s.lr) }
		return r, err
	}
	r.slots = 1
	r.update = func(p parameters, s *stepScalars) {
		kernels.Momentum(p.w, p.g, p.slots[0], s.lr, float32(o.Momentum), o.Nesterov)
	}
	return r, err
}

func (o RMSprop) resolve() (*optimizer, error) {
	err := resolveHypers(o.Name(), o.OptimizerOptions, learningRate(&o.LearningRate, 1e-3),
		decayRate("rho", &o.Rho, 0.9), decayRate("momentum", &o.Momentum, 0), epsilonOf(&o.Epsilon))
	r := &optimizer{learningRate: o.LearningRate, options: o.OptimizerOptions, slots: 1}
	if o.Centered {
		r.slots++
	}
	if o.Momentum != 0 {
		r.slots++
	}
	r.update = func(p parameters, s *stepScalars) {
		var mean, velocity []float32
		if o.Centered {
			mean = p.slots[1]
		}
		if o.Momentum != 0 {
			velocity = p.slots[r.slots-1]
		}
		kernels.RMSprop(p.w, p.g, p.slots[0], mean, velocity, kernels.RMSpropStep{LR: s.lr, Rho: float32(o.Rho),
			OneMinusRho: float32(1 - o.Rho), Epsilon: float32(o.Epsilon), Momentum: float32(o.Momentum)})
	}
	return r, err
}

func (o Adam) resolve() (*optimizer, error) { return o.resolveAs(o.Name()) }

func (o Adam) resolveAs(name string) (*optimizer, error) {
	err := resolveMoments(name, o.OptimizerOptions, &o.LearningRate, &o.Beta1, &o.Beta2, &o.Epsilon)
	r := &optimizer{learningRate: o.LearningRate, options: o.OptimizerOptions, slots: 2}
	if o.AMSGrad {
		r.slots = 3
	}
	beta1, beta2 := powersOf(o.Beta1), powersOf(o.Beta2)
	r.begin = func(lr float64, t int64, s *stepScalars) {
		s.adam = adamStep(o.Beta1, o.Beta2, o.Epsilon)
		s.adam.Alpha = float32(lr * math.Sqrt(1-beta2.at(t)) / (1 - beta1.at(t)))
	}
	r.update = func(p parameters, s *stepScalars) {
		kernels.Adam(p.w, p.g, p.slots[0], p.slots[1], p.slots[2], s.adam)
	}
	if !o.AMSGrad {
		r.join = func(p parameters, input, delta []float32, rows, columns, batch, inputs, units int,
			s *stepScalars) {
			kernels.GemmTNAdam(p.w, p.slots[0], p.slots[1], p.g, input, delta, rows, columns, batch, inputs, units, units,
				s.adam)
		}
	}
	return r, err
}

func (o AdamW) resolve() (*optimizer, error) {
	if o.WeightDecay == 0 {
		o.WeightDecay = 0.004
	}
	return Adam(o).resolveAs(o.Name())
}

func (o Adagrad) resolve() (*optimizer, error) {
	err := resolveHypers(o.Name(), o.OptimizerOptions, learningRate(&o.LearningRate, 1e-3),
		hyper{"initial accumulator", &o.InitialAccumulator, 0.1, infinity}, epsilonOf(&o.Epsilon))
	return &optimizer{learningRate: o.LearningRate, options: o.OptimizerOptions, slots: 1,
		initial: float32(o.InitialAccumulator),
		update: func(p parameters, s *stepScalars) {
			kernels.Adagrad(p.w, p.g, p.slots[0], s.lr, float32(o.Epsilon))
		}}, err
}

func (o Nadam) resolve() (*optimizer, error) {
	err := resolveMoments(o.Name(), o.OptimizerOptions, &o.LearningRate, &o.Beta1, &o.Beta2, &o.Epsilon)
	beta2, decay := powersOf(o.Beta2), powersOf(0.96)
	return &optimizer{learningRate: o.LearningRate, options: o.OptimizerOptions, slots: 2,
		begin: func(lr float64, t int64, s *stepScalars) {
			// Keras: μₜ = β₁·(1 − ½·0.96ᵗ), and m̂ looks one step ahead.
			mu := float64(o.Beta1 * (1 - float64(0.5*decay.at(t))))
			next := float64(o.Beta1 * (1 - float64(0.5*decay.at(t+1))))
			if t == 1 {
				s.muProduct = 1
			}
			s.muProduct = float64(s.muProduct * mu)
			// Unlike Adam's, Nadam's 1−β is that of the rounded β in Keras.
			s.adam = adamStep(float64(float32(o.Beta1)), float64(float32(o.Beta2)), o.Epsilon)
			s.adam.Alpha = float32(lr)
			s.adam.MomentumFactor = float32(next / (1 - float64(s.muProduct*next)))
			s.adam.GradientFactor = float32((1 - mu) / (1 - s.muProduct))
			s.adam.VelocityFactor = float32(1 / (1 - beta2.at(t)))
		},
		update: func(p parameters, s *stepScalars) {
			kernels.Nadam(p.w, p.g, p.slots[0], p.slots[1], s.adam)
		}}, err
}

func (o Adamax) resolve() (*optimizer, error) {
	err := resolveMoments(o.Name(), o.OptimizerOptions, &o.LearningRate, &o.Beta1, &o.Beta2, &o.Epsilon)
	beta1 := powersOf(o.Beta1)
	return &optimizer{learningRate: o.LearningRate, options: o.OptimizerOptions, slots: 2,
		begin: func(lr float64, t int64, s *stepScalars) {
			s.adam = adamStep(o.Beta1, o.Beta2, o.Epsilon)
			s.adam.Alpha = float32(lr / (1 - beta1.at(t)))
		},
		update: func(p parameters, s *stepScalars) {
			kernels.Adamax(p.w, p.g, p.slots[0], p.slots[1], s.adam)
		}}, err
}

func (o Lion) resolve() (*optimizer, error) {
	err := resolveHypers(o.Name(), o.OptimizerOptions, learningRate(&o.LearningRate, 1e-3),
		decayRate("beta 1", &o.Beta1, 0.9), decayRate("beta 2", &o.Beta2, 0.99))
	return &optimizer{learningRate: o.LearningRate, options: o.OptimizerOptions, slots: 1,
		update: func(p parameters, s *stepScalars) {
			kernels.Lion(p.w, p.g, p.slots[0], kernels.LionStep{LR: s.lr, Beta1: float32(o.Beta1),
				OneMinusBeta1: float32(1 - o.Beta1), Beta2: float32(o.Beta2), OneMinusBeta2: float32(1 - o.Beta2)})
		}}, err
}

func adamStep(beta1, beta2, epsilon float64) kernels.AdamStep {
	return kernels.AdamStep{OneMinusBeta1: float32(1 - beta1), OneMinusBeta2: float32(1 - beta2),
		Beta2: float32(beta2), Epsilon: float32(epsilon)}
}

// power returns base to the power t ≥ 0, by squaring: the result depends on nothing but the two.
func power(base float64, t int64) float64 {
	p := 1.0
	for ; t > 0; t >>= 1 {
		if t&1 == 1 {
			p = float64(p * base)
		}
		base = float64(base * base)
	}
	return p
}

// powers are a base's powers by 1, 2, 4, 8, …: what power computes each time, and a step of a small model need not.
type powers [63]float64

// powersOf rounds the base to float32 first, as Keras does before raising its decay rates.
func powersOf(base float64) *powers {
	p := new(powers)
	square := float64(float32(base))
	for i := range p {
		p[i] = square
		square = float64(square * square)
	}
	return p
}

// at is power.
func (p *powers) at(t int64) float64 {
	product := 1.0
	for ; t > 0; t &= t - 1 {
		product = float64(product * p[bits.TrailingZeros64(uint64(t))])
	}
	return product
}
