package main

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"nnrt/net"
)

// schedules are the names that --schedule takes.
var schedules = []string{"constant", "cosine", "cosine_restarts", "exponential", "inverse_time", "polynomial",
	"piecewise"}

// scheduleMaker makes a schedule for a learning rate once the numbers of steps in an epoch and in all are known. A
// nil net.Schedule is a constant learning rate.
type scheduleMaker func(rate float64, epoch, all int64) (schedule net.Schedule, text string)

// parseSchedule reads a --schedule such as exponential:rate=0.9.
func parseSchedule(spec string) (scheduleMaker, error) {
	name, values := splitSpec(spec)
	var (
		steps, warmup          int64
		decay                  float64
		staircase, cycle       bool
		alpha, target, initial float64
		end, power             = 1e-4, 1.0
		tMul, mMul             = 2.0, 1.0
		boundaries, rates      []float64
		parameters             []parameter
		build                  func(rate float64) net.Schedule
		whole                  bool // the steps' default is the whole training, not an epoch
	)
	stepsOf := func(name string) parameter { return parameter{name: name, alias: "steps", whole: &steps} }
	alphaOf := parameter{name: "alpha", number: &alpha, bounds: notNegative}
	switch name {
	case "constant":
		build = func(float64) net.Schedule { return nil }
	case "cosine":
		whole = true
		parameters = []parameter{stepsOf("decay_steps"), alphaOf, {name: "warmup_steps", alias: "warmup", whole: &warmup},
			{name: "warmup_target", number: &target, bounds: positive},
			{name: "initial_learning_rate", number: &initial, bounds: notNegative}}
		build = func(rate float64) net.Schedule {
			if warmup == 0 {
				return net.CosineDecay{InitialLearningRate: rate, DecaySteps: steps, Alpha: alpha}
			}
			if target == 0 {
				target = rate
			}
			return net.CosineDecay{InitialLearningRate: initial, DecaySteps: steps, Alpha: alpha, WarmupTarget: target,
				WarmupSteps: warmup}
		}
	case "cosine_restarts":
		oneOrMore := bounds{1, false, math.Inf(1), "a number from 1"}
		parameters = []parameter{stepsOf("first_decay_steps"), {name: "t_mul", number: &tMul, bounds: oneOrMore},
			{name: "m_mul", number: &mMul, bounds: positive}, alphaOf}
		build = func(rate float64) net.Schedule {
			return net.CosineDecayRestarts{InitialLearningRate: rate, FirstDecaySteps: steps, TMul: tMul, MMul: mMul,
				Alpha: alpha}
		}
	case "exponential", "inverse_time":
		decay = 0.96
		parameters = []parameter{{name: "decay_rate", alias: "rate", number: &decay, bounds: positive},
			stepsOf("decay_steps"), {name: "staircase", truth: &staircase}}
		build = func(rate float64) net.Schedule {
			if name == "exponential" {
				return net.ExponentialDecay{InitialLearningRate: rate, DecaySteps: steps, DecayRate: decay,
					Staircase: staircase}
			}
			return net.InverseTimeDecay{InitialLearningRate: rate, DecaySteps: steps, DecayRate: decay,
				Staircase: staircase}
		}
	case "polynomial":
		whole = true
		parameters = []parameter{stepsOf("decay_steps"),
			{name: "end_learning_rate", alias: "end", number: &end, bounds: notNegative},
			{name: "power", number: &power, bounds: positive}, {name: "cycle", truth: &cycle}}
		build = func(rate float64) net.Schedule {
			return net.PolynomialDecay{InitialLearningRate: rate, DecaySteps: steps, EndLearningRate: end, Power: power,
				Cycle: cycle}
		}
	case "piecewise":
		parameters = []parameter{{name: "boundaries", list: &boundaries, bounds: notNegative},
			{name: "values", list: &rates, bounds: notNegative}}
		build = func(float64) net.Schedule {
			s := net.PiecewiseConstantDecay{Values: rates}
			for _, b := range boundaries {
				s.Boundaries = append(s.Boundaries, int64(b))
			}
			return s
		}
	default:
		return nil, fmt.Errorf("there is no schedule %q%s; there are %s", name, didYouMean(name, schedules, ""),
			strings.Join(schedules, ", "))
	}
	given, err := setParameters(name, values, parameters)
	if err != nil {
		return nil, err
	}
	if name == "piecewise" {
		if err := checkPieces(boundaries, rates); err != nil {
			return nil, err
		}
	}
	if warmup == 0 && (given["warmup_target"] || given["initial_learning_rate"]) {
		return nil, errors.New("cosine: warmup_target and initial_learning_rate go with warmup_steps")
	}
	return func(rate float64, epoch, all int64) (net.Schedule, string) {
		if steps == 0 && whole {
			steps = max(1, all-warmup)
		} else if steps == 0 {
			steps = epoch
		}
		s := build(rate)
		return s, formatSpec(name, parameters)
	}, nil
}

func checkPieces(boundaries, rates []float64) error {
	if len(rates) == 0 || len(rates) != len(boundaries)+1 {
		return fmt.Errorf("piecewise has boundaries (steps) and one value more, as in "+
			"piecewise:boundaries=100/200,values=0.01/0.003/0.001; here are %d and %d", len(boundaries), len(rates))
	}
	for _, b := range boundaries {
		if b != math.Trunc(b) || b > math.MaxInt32 {
			return fmt.Errorf("piecewise: boundary %v is not a number of steps", b)
		}
	}
	if !slices.IsSorted(boundaries) || len(slices.Compact(slices.Clone(boundaries))) < len(boundaries) {
		return errors.New("piecewise: the boundaries do not ascend")
	}
	return nil
}
