package net

import (
	"math"
	"strings"
	"testing"
)

// Keras's values over the first steps are in testdata/keras/schedules.json; here are the edges.

func TestSchedulesAtTheirEdges(t *testing.T) {
	polynomial := PolynomialDecay{InitialLearningRate: 1, DecaySteps: 4, EndLearningRate: 0.5, Power: 2}
	cycle := PolynomialDecay{InitialLearningRate: 1, DecaySteps: 4, Cycle: true}
	piecewise := PiecewiseConstantDecay{Boundaries: []int64{2, 5}, Values: []float64{3, 2, 1}}
	cosine := CosineDecay{InitialLearningRate: 2, DecaySteps: 8, Alpha: 0.25}
	warm := CosineDecay{InitialLearningRate: 1, DecaySteps: 8, WarmupTarget: 3, WarmupSteps: 4}
	restarts := CosineDecayRestarts{InitialLearningRate: 1, FirstDecaySteps: 4, MMul: 0.5}
	equal := CosineDecayRestarts{InitialLearningRate: 1, FirstDecaySteps: 4, TMul: 1, MMul: 0.5}
	for _, c := range []struct {
		schedule Schedule
		step     int64
		want     float64
	}{
		{ExponentialDecay{2, 4, 0.25, false}, 0, 2},
		{ExponentialDecay{2, 4, 0.25, false}, 2, 1},
		{ExponentialDecay{2, 4, 0.25, true}, 3, 2},
		{ExponentialDecay{2, 4, 0.25, true}, 4, 0.5},
		{InverseTimeDecay{2, 4, 1, false}, 4, 1},
		{InverseTimeDecay{2, 4, 1, true}, 7, 1},
		{polynomial, 0, 1},
		{polynomial, 2, 0.625},
		{polynomial, 4, 0.5},
		{polynomial, 1 << 40, 0.5},
		{cycle, 0, 1},
		{cycle, 4, 0},
		{cycle, 6, 0.25},
		{cycle, 8, 0},
		{piecewise, 0, 3},
		{piecewise, 2, 3},
		{piecewise, 3, 2},
		{piecewise, 5, 2},
		{piecewise, 6, 1},
		{PiecewiseConstantDecay{Values: []float64{7}}, 1 << 40, 7},
		{cosine, 0, 2},
		{cosine, 4, 1.25},
		{cosine, 8, 0.5},
		{cosine, 1 << 40, 0.5},
		{warm, 0, 1},
		{warm, 2, 2},
		{warm, 4, 3},
		{warm, 8, 1.5},
		{warm, 12, 0},
		{restarts, 2, 0.5},
		{restarts, 4, 0.5}, // the second period, of 8 steps
		{restarts, 8, 0.25},
		{restarts, 12, 0.25}, // the third
		{equal, 4, 0.5},
		{equal, 8, 0.25},
		{equal, 4 << 40, 0}, // far too many halvings
	} {
		if err := c.schedule.Validate(); err != nil {
			t.Error(err)
		}
		if got := c.schedule.At(c.step); math.Abs(got-c.want) > 1e-15 {
			t.Errorf("%T%+v at step %d: %v, want %v", c.schedule, c.schedule, c.step, got, c.want)
		}
	}
}

func TestSchedulesRefuse(t *testing.T) {
	nan := math.NaN()
	for _, c := range []struct {
		want     string
		schedule Schedule
	}{
		{"ExponentialDecay over -1 steps", ExponentialDecay{DecaySteps: -1}},
		{"ExponentialDecay with NaN", ExponentialDecay{1, 1, nan, false}},
		{"InverseTimeDecay with -1", InverseTimeDecay{1, 1, -1, false}},
		{"PolynomialDecay with +Inf", PolynomialDecay{InitialLearningRate: math.Inf(1), DecaySteps: 1}},
		{"PolynomialDecay over 0 steps", PolynomialDecay{}},
		{"0 boundaries and 0 values", PiecewiseConstantDecay{}},
		{"1 boundaries and 3 values", PiecewiseConstantDecay{[]int64{1}, []float64{1, 2, 3}}},
		{"boundary 4 after 4", PiecewiseConstantDecay{[]int64{4, 4}, []float64{1, 2, 3}}},
		{"PiecewiseConstantDecay with NaN", PiecewiseConstantDecay{[]int64{1}, []float64{1, nan}}},
		{"CosineDecay over 0 steps", CosineDecay{}},
		{"CosineDecay with -1 warm-up steps", CosineDecay{DecaySteps: 1, WarmupSteps: -1}},
		{"3 warm-up steps and no warm-up target", CosineDecay{DecaySteps: 1, WarmupSteps: 3}},
		{"CosineDecayRestarts with TMul 0.5", CosineDecayRestarts{FirstDecaySteps: 1, TMul: 0.5}},
		{"CosineDecayRestarts with NaN", CosineDecayRestarts{FirstDecaySteps: 1, TMul: nan}},
		{"CosineDecayRestarts over 0 steps", CosineDecayRestarts{}},
	} {
		if err := c.schedule.Validate(); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("error %v, want one with %q", err, c.want)
		}
	}
}
