package net

import (
	"fmt"
	"math"

	"nnrt/internal/math64"
)

// InitializerKind says how weights start. The values are stored in model files and never change.
type InitializerKind uint8

const (
	defaultInitializer         InitializerKind = 0 // glorot_uniform for kernels, zeros for biases
	zerosInitializer           InitializerKind = 1
	onesInitializer            InitializerKind = 2
	constantInitializer        InitializerKind = 3 // A: the value
	randomUniformInitializer   InitializerKind = 4 // A: minimum, B: maximum
	randomNormalInitializer    InitializerKind = 5 // A: mean, B: standard deviation
	truncatedNormalInitializer InitializerKind = 6 // A: mean, B: standard deviation before truncation at two of it
	varianceScaling            InitializerKind = 7 // A: scale; Mode and Distribution
)

// FanMode is the n of variance scaling.
type FanMode uint8

const (
	FanIn  FanMode = 0
	FanOut FanMode = 1
	FanAvg FanMode = 2
)

// Distribution is the distribution of variance scaling.
type Distribution uint8

const (
	UniformDistribution         Distribution = 0 // ±√(3·scale/n)
	TruncatedNormalDistribution Distribution = 1 // standard deviation √(scale/n) after truncation at two of them
	NormalDistribution          Distribution = 2 // standard deviation √(scale/n) (Keras's untruncated_normal)
)

// Initializer says how weights start. The zero value is Keras's default: glorot_uniform for kernels, zeros for
// biases. Use the functions below to make one.
type Initializer struct {
	Kind         InitializerKind
	Mode         FanMode
	Distribution Distribution
	A, B         float32
}

// Zeros starts at 0.
func Zeros() Initializer { return Initializer{Kind: zerosInitializer} }

// Ones starts at 1.
func Ones() Initializer { return Initializer{Kind: onesInitializer} }

// Constant starts at a value.
func Constant(value float32) Initializer { return Initializer{Kind: constantInitializer, A: value} }

// RandomUniform draws evenly between min and max; Keras's default is ±0.05.
func RandomUniform(min, max float32) Initializer {
	return Initializer{Kind: randomUniformInitializer, A: min, B: max}
}

// RandomNormal draws from a normal distribution; Keras's default is mean 0, standard deviation 0.05.
func RandomNormal(mean, stddev float32) Initializer {
	return Initializer{Kind: randomNormalInitializer, A: mean, B: stddev}
}

// TruncatedNormal is RandomNormal with values beyond two standard deviations drawn again.
func TruncatedNormal(mean, stddev float32) Initializer {
	return Initializer{Kind: truncatedNormalInitializer, A: mean, B: stddev}
}

// VarianceScaling draws with variance scale/n, n being fan-in, fan-out or their mean.
func VarianceScaling(scale float32, mode FanMode, distribution Distribution) Initializer {
	return Initializer{Kind: varianceScaling, A: scale, Mode: mode, Distribution: distribution}
}

// GlorotUniform is uniform within ±√(6/(in+out)).
func GlorotUniform() Initializer { return VarianceScaling(1, FanAvg, UniformDistribution) }

// GlorotNormal is truncated normal with variance 2/(in+out).
func GlorotNormal() Initializer { return VarianceScaling(1, FanAvg, TruncatedNormalDistribution) }

// HeUniform is uniform within ±√(6/in).
func HeUniform() Initializer { return VarianceScaling(2, FanIn, UniformDistribution) }

// HeNormal is truncated normal with variance 2/in.
func HeNormal() Initializer { return VarianceScaling(2, FanIn, TruncatedNormalDistribution) }

// LeCunUniform is uniform within ±√(3/in).
func LeCunUniform() Initializer { return VarianceScaling(1, FanIn, UniformDistribution) }

// LeCunNormal is truncated normal with variance 1/in.
func LeCunNormal() Initializer { return VarianceScaling(1, FanIn, TruncatedNormalDistribution) }

func (i Initializer) validate() error {
	if i.Kind > varianceScaling || i.Mode > FanAvg || i.Distribution > NormalDistribution {
		return fmt.Errorf("unknown initialiser %d (mode %d, distribution %d)", i.Kind, i.Mode, i.Distribution)
	}
	for _, v := range []float32{i.A, i.B} {
		if math.IsNaN(float64(v)) || math.IsInf(float64(v), 0) {
			return fmt.Errorf("initialiser with parameter %v", v)
		}
	}
	switch i.Kind {
	case randomUniformInitializer:
		if i.A > i.B {
			return fmt.Errorf("uniform initialiser from %v to %v", i.A, i.B)
		}
	case randomNormalInitializer, truncatedNormalInitializer:
		if i.B < 0 {
			return fmt.Errorf("normal initialiser with standard deviation %v", i.B)
		}
	case varianceScaling:
		if !(i.A > 0) {
			return fmt.Errorf("variance scaling with scale %v", i.A)
		}
	}
	return nil
}

// truncatedStddev is the standard deviation of a standard normal variable truncated at ±2 (Keras's constant).
const truncatedStddev = 0.87962566103423978

// fill draws w's initial values; fanIn and fanOut are the kernel's shape.
func (i Initializer) fill(w []float32, fanIn, fanOut int, r *random) {
	switch i.Kind {
	case zerosInitializer:
		fillConstant(w, 0)
	case onesInitializer:
		fillConstant(w, 1)
	case constantInitializer:
		fillConstant(w, i.A)
	case randomUniformInitializer:
		fillUniform(w, i.A, i.B, r)
	case randomNormalInitializer:
		fillNormal(w, float64(i.A), float64(i.B), false, r)
	case truncatedNormalInitializer:
		fillNormal(w, float64(i.A), float64(i.B), true, r)
	case varianceScaling:
		n := float64(fanIn)
		switch i.Mode {
		case FanOut:
			n = float64(fanOut)
		case FanAvg:
			n = (float64(fanIn) + float64(fanOut)) / 2
		}
		variance := float64(i.A) / math.Max(1, n)
		switch i.Distribution {
		case UniformDistribution:
			limit := float32(math.Sqrt(3 * variance))
			fillUniform(w, -limit, limit, r)
		case TruncatedNormalDistribution:
			fillNormal(w, 0, math.Sqrt(variance)/truncatedStddev, true, r)
		case NormalDistribution:
			fillNormal(w, 0, math.Sqrt(variance), false, r)
		}
	}
}

func fillConstant(w []float32, value float32) {
	for i := range w {
		w[i] = value
	}
}

func fillUniform(w []float32, min, max float32, r *random) {
	span := max - min
	for i := range w {
		w[i] = float32(span*r.float32()) + min
	}
}

// fillNormal draws by the Box–Muller transform, one value from two uniform ones.
func fillNormal(w []float32, mean, stddev float64, truncate bool, r *random) {
	for i := range w {
		z := r.normal()
		for truncate && (z < -2 || z > 2) {
			z = r.normal()
		}
		w[i] = float32(float64(stddev*z) + mean)
	}
}

// normal returns a standard normal variable.
func (r *random) normal() float64 {
	u, v := r.float64(), r.float64()
	return float64(math.Sqrt(-2*math64.Log(1-u)) * math64.Cos(2*math.Pi*v))
}
