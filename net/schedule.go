package net

import (
	"fmt"
	"math"

	"nnrt/internal/math64"
)

// Schedule is a learning rate that follows the step: the number of batches trained before. The types below are
// Keras's; a type of your own must give rates that depend on the step alone and are the same on every machine.
type Schedule interface {
	// At returns the learning rate of a step ≥ 0.
	At(step int64) float64
	// Validate returns what is wrong with the schedule's fields; Fit asks before it begins.
	Validate() error
}

// ExponentialDecay is initial·rateˢ with s = step/steps, rounded down if Staircase.
type ExponentialDecay struct {
	InitialLearningRate float64
	DecaySteps          int64
	DecayRate           float64
	Staircase           bool
}

// InverseTimeDecay is initial/(1 + rate·s) with s = step/steps, rounded down if Staircase.
type InverseTimeDecay struct {
	InitialLearningRate float64
	DecaySteps          int64
	DecayRate           float64
	Staircase           bool
}

// PolynomialDecay goes from initial to end in so many steps: (initial−end)·(1−step/steps)^power + end. With Cycle the
// steps are multiplied by the number of times that they have passed.
type PolynomialDecay struct {
	InitialLearningRate float64
	DecaySteps          int64
	EndLearningRate     float64 // Keras's default is 0.0001; zero means zero here
	Power               float64 // 1
	Cycle               bool
}

// PiecewiseConstantDecay is Values[i] up to and including step Boundaries[i], and the last value after that; there is
// one value more than boundaries.
type PiecewiseConstantDecay struct {
	Boundaries []int64
	Values     []float64
}

// CosineDecay goes from initial to initial·alpha along half a cosine; before that, with WarmupSteps, linearly from
// initial to WarmupTarget, from which the cosine then starts.
type CosineDecay struct {
	InitialLearningRate float64
	DecaySteps          int64
	Alpha               float64 // 0
	WarmupTarget        float64 // needed if WarmupSteps > 0
	WarmupSteps         int64
}

// CosineDecayRestarts is CosineDecay that begins again: each period is TMul times as long as the one before and
// its cosine MMul times as high; Alpha is not multiplied.
type CosineDecayRestarts struct {
	InitialLearningRate float64
	FirstDecaySteps     int64
	TMul                float64 // 2
	MMul                float64 // 1
	Alpha               float64 // 0
}

func (s ExponentialDecay) At(step int64) float64 {
	return s.InitialLearningRate * math64.Pow(s.DecayRate, periods(step, s.DecaySteps, s.Staircase))
}

func (s InverseTimeDecay) At(step int64) float64 {
	return s.InitialLearningRate / (1 + float64(s.DecayRate*periods(step, s.DecaySteps, s.Staircase)))
}

// periods returns step/steps, rounded down if whole.
func periods(step, steps int64, whole bool) float64 {
	p := float64(step) / float64(steps)
	if whole {
		return math.Floor(p)
	}
	return p
}

func (s PolynomialDecay) At(step int64) float64 {
	steps, power := float64(s.DecaySteps), s.Power
	if power == 0 {
		power = 1
	}
	at := float64(step)
	if s.Cycle {
		if step > 0 {
			steps *= math.Ceil(at / steps)
		}
	} else {
		at = math.Min(at, steps)
	}
	left := 1 - at/steps
	if left <= 0 {
		return s.EndLearningRate
	}
	return float64((s.InitialLearningRate-s.EndLearningRate)*math64.Pow(left, power)) + s.EndLearningRate
}

func (s PiecewiseConstantDecay) At(step int64) float64 {
	for i, b := range s.Boundaries {
		if step <= b {
			return s.Values[i]
		}
	}
	return s.Values[len(s.Boundaries)]
}

func (s CosineDecay) At(step int64) float64 {
	from := s.InitialLearningRate
	if s.WarmupSteps > 0 {
		if step < s.WarmupSteps {
			done := float64(step) / float64(s.WarmupSteps)
			return float64((s.WarmupTarget-s.InitialLearningRate)*done) + s.InitialLearningRate
		}
		step -= s.WarmupSteps
		from = s.WarmupTarget
	}
	return from * cosine(1, s.Alpha, math.Min(float64(step)/float64(s.DecaySteps), 1))
}

// cosine returns (1−alpha)·height·½(1+cos πx) + alpha.
func cosine(height, alpha, x float64) float64 {
	half := 0.5 * (1 + math64.Cos(float64(math.Pi*x)))
	return float64((1-alpha)*height*half) + alpha
}

func (s CosineDecayRestarts) At(step int64) float64 {
	t, m := s.TMul, s.MMul
	if t == 0 {
		t = 2
	}
	if m == 0 {
		m = 1
	}
	height, length, left := 1.0, float64(s.FirstDecaySteps), float64(step)
	if t == 1 {
		restarts := math.Floor(left / length)
		height = power(m, int64(restarts))
		left -= float64(restarts * length)
	}
	for left >= length {
		left -= length
		length *= t
		height *= m
	}
	return s.InitialLearningRate * cosine(height, s.Alpha, left/length)
}

func (s ExponentialDecay) Validate() error {
	return scheduleFields("ExponentialDecay", s.DecaySteps, s.InitialLearningRate, s.DecayRate)
}

func (s InverseTimeDecay) Validate() error {
	return scheduleFields("InverseTimeDecay", s.DecaySteps, s.InitialLearningRate, s.DecayRate)
}

func (s PolynomialDecay) Validate() error {
	return scheduleFields("PolynomialDecay", s.DecaySteps, s.InitialLearningRate, s.EndLearningRate, s.Power)
}

func (s PiecewiseConstantDecay) Validate() error {
	if len(s.Values) != len(s.Boundaries)+1 {
		return fmt.Errorf("net: PiecewiseConstantDecay with %d boundaries and %d values: there is one value more",
			len(s.Boundaries), len(s.Values))
	}
	for i := 1; i < len(s.Boundaries); i++ {
		if s.Boundaries[i] <= s.Boundaries[i-1] {
			return fmt.Errorf("net: PiecewiseConstantDecay: boundary %d after %d", s.Boundaries[i], s.Boundaries[i-1])
		}
	}
	return scheduleFields("PiecewiseConstantDecay", 1, s.Values...)
}

func (s CosineDecay) Validate() error {
	if s.WarmupSteps < 0 {
		return fmt.Errorf("net: CosineDecay with %d warm-up steps", s.WarmupSteps)
	}
	if s.WarmupSteps > 0 && s.WarmupTarget == 0 {
		return fmt.Errorf("net: CosineDecay with %d warm-up steps and no warm-up target", s.WarmupSteps)
	}
	return scheduleFields("CosineDecay", s.DecaySteps, s.InitialLearningRate, s.Alpha, s.WarmupTarget)
}

func (s CosineDecayRestarts) Validate() error {
	if s.TMul != 0 && s.TMul < 1 { // the periods would end at some step
		return fmt.Errorf("net: CosineDecayRestarts with TMul %v, less than 1", s.TMul)
	}
	return scheduleFields("CosineDecayRestarts", s.FirstDecaySteps, s.InitialLearningRate, s.Alpha, s.TMul, s.MMul)
}

// scheduleFields checks that there are steps, and that the other fields are finite and not negative.
func scheduleFields(name string, steps int64, fields ...float64) error {
	if steps < 1 {
		return fmt.Errorf("net: %s over %d steps", name, steps)
	}
	for _, v := range fields {
		if !(v >= 0) || math.IsInf(v, 0) {
			return fmt.Errorf("net: %s with %v, which is negative or not a number", name, v)
		}
	}
	return nil
}
