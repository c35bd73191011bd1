package kernels

import (
	"fmt"
	"math"
)

// The optimisers' updates, in one pass over memory each: w are the weights, g their gradient, the other slices the
// optimiser's state, all of one length (they panic otherwise). Formulas are Keras 3's; each statement below is one
// rounding, and a product that feeds a sum is fused. Factors that do not change within a step (learning rate, bias
// corrections) are computed by the caller once, in float64, and rounded to float32.

// SGD: w −= lr·g.
func SGD(w, g []float32, lr float32) {
	sameLength(w, g)
	training().sgd(w, g, lr)
}

// Momentum: m = μ·m − lr·g; w += m, or with nesterov w += μ·m − lr·g with the new m.
func Momentum(w, g, m []float32, lr, mu float32, nesterov bool) {
	sameLength(w, g)
	sameLength(w, m)
	training().momentum(w, g, m, lr, mu, nesterov)
}

// RMSpropStep holds the factors of one RMSprop step.
type RMSpropStep struct {
	LR, Rho, OneMinusRho, Epsilon, Momentum float32
}

// RMSprop: v = ρ·v + (1−ρ)·g²; d = v + ε, less the squared mean gradient a = ρ·a + (1−ρ)·g if a is not nil
// (centered); u = lr·g/√d; w −= u, or, if m is not nil, m = μ·m + u; w −= m.
func RMSprop(w, g, v, a, m []float32, s RMSpropStep) {
	sameLength(w, g)
	sameLength(w, v)
	if a != nil {
		sameLength(w, a)
	}
	if m != nil {
		sameLength(w, m)
	}
	training().rmsprop(w, g, v, a, m, s)
}

// AdamStep holds the factors of one step of Adam, AdamW, Nadam and Adamax.
type AdamStep struct {
	Alpha                          float32 // lr·√(1−β₂ᵗ)/(1−β₁ᵗ)
	OneMinusBeta1, OneMinusBeta2   float32
	Epsilon                        float32
	Beta2                          float32 // Adamax
	MomentumFactor, GradientFactor float32 // Nadam: what m and g are multiplied by before their sum
	VelocityFactor                 float32 // Nadam: 1/(1−β₂ᵗ)
}

// Adam: m += (g−m)·(1−β₁); v += (g²−v)·(1−β₂); w −= α·m/(√v + ε). If vmax is not nil (AMSGrad), it holds the
// maximum of v so far and stands in the root. AdamW is Decay followed by Adam.
func Adam(w, g, m, v, vmax []float32, s AdamStep) {
	sameLength(w, g)
	sameLength(w, m)
	sameLength(w, v)
	if vmax != nil {
		sameLength(w, vmax)
	}
	training().adam(w, g, m, v, vmax, s)
}

// Nadam: m and v as in Adam; w −= lr·(fm·m + fg·g)/(√(fv·v) + ε), with fm, fg, fv the step's factors and lr in Alpha.
func Nadam(w, g, m, v []float32, s AdamStep) {
	sameLength(w, g)
	sameLength(w, m)
	sameLength(w, v)
	training().nadam(w, g, m, v, s)
}

// Adamax: m as in Adam; u = max(β₂·u, |g|); w −= α·m/(u + ε) with α = lr/(1−β₁ᵗ).
func Adamax(w, g, m, u []float32, s AdamStep) {
	sameLength(w, g)
	sameLength(w, m)
	sameLength(w, u)
	training().adamax(w, g, m, u, s)
}

// Adagrad: a += g²; w −= lr·g/√(a + ε).
func Adagrad(w, g, a []float32, lr, epsilon float32) {
	sameLength(w, g)
	sameLength(w, a)
	training().adagrad(w, g, a, lr, epsilon)
}

// LionStep holds the factors of one Lion step.
type LionStep struct {
	LR, Beta1, OneMinusBeta1, Beta2, OneMinusBeta2 float32
}

// Lion: w −= lr·sign(β₁·m + (1−β₁)·g); m = β₂·m + (1−β₂)·g.
func Lion(w, g, m []float32, s LionStep) {
	sameLength(w, g)
	sameLength(w, m)
	training().lion(w, g, m, s)
}

// Decay is decoupled weight decay: w −= w·rate, with rate the learning rate times the decay.
func Decay(w []float32, rate float32) { training().decay(w, rate) }

// ClipValue limits every element of g to ±limit; a NaN stays.
func ClipValue(g []float32, limit float32) { training().clipValue(g, limit) }

// Scale multiplies every element of g by a factor and divides it by a divisor (clipping by norm: the norm's limit,
// and the larger of norm and limit).
func Scale(g []float32, factor, divisor float32) { training().scale(g, factor, divisor) }

// AddPenalty adds the gradient of l1·Σ|w| + l2·Σw² to g: g += 2·l2·w, then g += l1·sign(w), with sign(0) = 0.
func AddPenalty(g, w []float32, l1, l2 float32) {
	sameLength(g, w)
	training().addPenalty(g, w, l1, l2)
}

// sameLength is small enough to be inlined.
func sameLength(x, y []float32) {
	if len(x) != len(y) {
		lengthPanic(len(x), len(y))
	}
}

func lengthPanic(x, y int) { panic(fmt.Sprintf("kernels: vectors of %d and %d elements", x, y)) }

func sqrt(x float32) float32 { return float32(math.Sqrt(float64(x))) }

// sign returns −1 or 1; a zero or a NaN is returned as it is.
func sign(x float32) float32 {
	switch {
	case x > 0:
		return 1
	case x < 0:
		return -1
	}
	return x
}

func genericSGD(w, g []float32, lr float32) {
	for i := range w {
		w[i] = FMA(-lr, g[i], w[i])
	}
}

func genericMomentum(w, g, m []float32, lr, mu float32, nesterov bool) {
	for i := range w {
		step := lr * g[i]
		m[i] = FMA(mu, m[i], -step)
		if nesterov {
			w[i] += FMA(mu, m[i], -step)
		} else {
			w[i] += m[i]
		}
	}
}

func genericRMSprop(w, g, v, a, m []float32, s RMSpropStep) {
	for i := range w {
		square := g[i] * g[i]
		v[i] = FMA(s.Rho, v[i], float32(s.OneMinusRho*square))
		d := v[i]
		if a != nil {
			a[i] = FMA(s.Rho, a[i], float32(s.OneMinusRho*g[i]))
			d = FMA(-a[i], a[i], d)
		}
		u := float32(s.LR*g[i]) / sqrt(d+s.Epsilon)
		if m != nil {
			m[i] = FMA(s.Momentum, m[i], u)
			u = m[i]
		}
		w[i] -= u
	}
}

func genericAdam(w, g, m, v, vmax []float32, s AdamStep) {
	for i := range w {
		m[i] = FMA(g[i]-m[i], s.OneMinusBeta1, m[i])
		v[i] = FMA(FMA(g[i], g[i], -v[i]), s.OneMinusBeta2, v[i])
		velocity := v[i]
		if vmax != nil {
			if v[i] > vmax[i] {
				vmax[i] = v[i]
			}
			velocity = vmax[i]
		}
		w[i] -= float32(s.Alpha*m[i]) / (sqrt(velocity) + s.Epsilon)
	}
}

func genericNadam(w, g, m, v []float32, s AdamStep) {
	for i := range w {
		m[i] = FMA(g[i]-m[i], s.OneMinusBeta1, m[i])
		v[i] = FMA(FMA(g[i], g[i], -v[i]), s.OneMinusBeta2, v[i])
		ahead := FMA(s.MomentumFactor, m[i], float32(s.GradientFactor*g[i]))
		w[i] -= float32(s.Alpha*ahead) / (sqrt(float32(s.VelocityFactor*v[i])) + s.Epsilon)
	}
}

func genericAdamax(w, g, m, u []float32, s AdamStep) {
	for i := range w {
		m[i] = FMA(g[i]-m[i], s.OneMinusBeta1, m[i])
		u[i] = float32(u[i] * s.Beta2)
		if size := abs(g[i]); size > u[i] {
			u[i] = size
		}
		w[i] -= float32(s.Alpha*m[i]) / (u[i] + s.Epsilon)
	}
}

func genericAdagrad(w, g, a []float32, lr, epsilon float32) {
	for i := range w {
		a[i] = FMA(g[i], g[i], a[i])
		w[i] -= float32(lr*g[i]) / sqrt(a[i]+epsilon)
	}
}

func genericLion(w, g, m []float32, s LionStep) {
	for i := range w {
		w[i] = FMA(-s.LR, sign(FMA(s.Beta1, m[i], float32(s.OneMinusBeta1*g[i]))), w[i])
		m[i] = FMA(s.Beta2, m[i], float32(s.OneMinusBeta2*g[i]))
	}
}

func genericDecay(w []float32, rate float32) {
	for i := range w {
		w[i] = FMA(-rate, w[i], w[i])
	}
}

func genericClipValue(g []float32, limit float32) {
	for i, v := range g {
		if v > limit {
			g[i] = limit
		} else if v < -limit {
			g[i] = -limit
		}
	}
}

func genericScale(g []float32, factor, divisor float32) {
	for i := range g {
		g[i] = float32(g[i]*factor) / divisor
	}
}

func genericAddPenalty(g, w []float32, l1, l2 float32) {
	for i := range g {
		g[i] = FMA(2*l2, w[i], g[i])
		g[i] = FMA(l1, sign(w[i]), g[i])
	}
}
