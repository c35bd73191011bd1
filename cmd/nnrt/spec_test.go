package main

import (
	"fmt"
	"math"
	"reflect"
	"testing"

	"nnrt/net"
)

func TestParseOptimizer(t *testing.T) {
	for _, c := range []struct {
		spec string
		rate float64
		want net.Optimizer
	}{
		{"sgd", 0, net.SGD{LearningRate: 0.01}},
		{"sgd:momentum=0.9,nesterov=true", 0.5, net.SGD{LearningRate: 0.5, Momentum: 0.9, Nesterov: true}},
		{"rmsprop", 0, net.RMSprop{LearningRate: 1e-3, Rho: 0.9, Epsilon: 1e-7}},
		{"rmsprop:rho=0.8,momentum=0.1,epsilon=1e-5,centered=True", 0,
			net.RMSprop{LearningRate: 1e-3, Rho: 0.8, Momentum: 0.1, Epsilon: 1e-5, Centered: true}},
		{"adam", 0, net.Adam{LearningRate: 1e-3, Beta1: 0.9, Beta2: 0.999, Epsilon: 1e-7}},
		{"adam:learning_rate=0.01,beta_1=0.8,beta_2=0.99,epsilon=1e-8,amsgrad=true,clipnorm=1", 0,
			net.Adam{LearningRate: 0.01, Beta1: 0.8, Beta2: 0.99, Epsilon: 1e-8, AMSGrad: true,
				OptimizerOptions: net.OptimizerOptions{ClipNorm: 1}}},
		{"adam:global_clipnorm=2,weight_decay=0.1", 0, net.Adam{LearningRate: 1e-3, Beta1: 0.9, Beta2: 0.999, Epsilon: 1e-7,
			OptimizerOptions: net.OptimizerOptions{GlobalClipNorm: 2, WeightDecay: 0.1}}},
		{"adamw", 0, net.AdamW{LearningRate: 1e-3, Beta1: 0.9, Beta2: 0.999, Epsilon: 1e-7,
			OptimizerOptions: net.OptimizerOptions{WeightDecay: 0.004}}},
		{"adamw:weight_decay=0.01", 0, net.AdamW{LearningRate: 1e-3, Beta1: 0.9, Beta2: 0.999, Epsilon: 1e-7,
			OptimizerOptions: net.OptimizerOptions{WeightDecay: 0.01}}},
		{"adagrad:initial_accumulator_value=0.5,clipvalue=3", 0, net.Adagrad{LearningRate: 1e-3, InitialAccumulator: 0.5,
			Epsilon: 1e-7, OptimizerOptions: net.OptimizerOptions{ClipValue: 3}}},
		{"nadam", 0, net.Nadam{LearningRate: 1e-3, Beta1: 0.9, Beta2: 0.999, Epsilon: 1e-7}},
		{"adamax", 0, net.Adamax{LearningRate: 1e-3, Beta1: 0.9, Beta2: 0.999, Epsilon: 1e-7}},
		{"lion", 0, net.Lion{LearningRate: 1e-3, Beta1: 0.9, Beta2: 0.99}},
	} {
		got, rate, text, err := parseOptimizer(c.spec, c.rate)
		if err != nil {
			t.Errorf("%s: %v", c.spec, err)
			continue
		}
		if !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: %#v, want %#v", c.spec, got, c.want)
		}
		if want := reflect.ValueOf(c.want).FieldByName("LearningRate").Float(); rate != want {
			t.Errorf("%s: learning rate %v, want %v", c.spec, rate, want)
		}
		// The words are a specification of the same optimizer.
		again, _, words, err := parseOptimizer(text, 0)
		if err != nil || !reflect.DeepEqual(again, got) || words != text {
			t.Errorf("%s: %q is not the same: %#v, %v", c.spec, text, again, err)
		}
	}
	for _, name := range optimizers {
		o, _, _, err := parseOptimizer(name, 0)
		if err != nil || o.Name() != name {
			t.Errorf("%s: %v, %v", name, o, err)
		}
	}
}

func TestParseSchedule(t *testing.T) {
	const rate, epoch, all = 0.1, 20, 200
	for _, c := range []struct {
		spec string
		at   map[int64]float64 // learning rate by step
		text string
	}{
		{"constant", nil, "constant"},
		{"cosine", map[int64]float64{0: 0.1, 100: 0.05, 200: 0, 300: 0}, "cosine:decay_steps=200,alpha=0,warmup_steps=0," +
			"warmup_target=0,initial_learning_rate=0"},
		{"cosine:alpha=0.1,steps=100", map[int64]float64{0: 0.1, 50: 0.055, 100: 0.01}, ""},
		{"cosine:warmup_steps=50", map[int64]float64{0: 0, 25: 0.05, 50: 0.1, 125: 0.05, 200: 0}, ""},
		{"cosine:warmup=50,warmup_target=0.2,initial_learning_rate=0.1", map[int64]float64{0: 0.1, 25: 0.15, 50: 0.2, 200: 0},
			""},
		{"cosine-restarts", map[int64]float64{0: 0.1, 10: 0.05, 20: 0.1, 40: 0.05, 60: 0.1}, ""},
		{"cosine_restarts:first_decay_steps=10,t_mul=1,m_mul=0.5", map[int64]float64{0: 0.1, 5: 0.05, 10: 0.05,
			20: 0.025}, ""},
		{"exponential:rate=0.9", map[int64]float64{0: 0.1, 20: 0.09, 40: 0.081},
			"exponential:decay_rate=0.9,decay_steps=20," +
				"staircase=false"},
		{"exponential:decay_rate=0.5,decay_steps=10,staircase=true", map[int64]float64{9: 0.1, 10: 0.05, 19: 0.05}, ""},
		{"inverse-time:rate=1", map[int64]float64{0: 0.1, 20: 0.05, 60: 0.025}, ""},
		{"polynomial", map[int64]float64{0: 0.1, 100: 0.05005, 200: 1e-4}, ""},
		{"polynomial:end=0,power=2", map[int64]float64{0: 0.1, 100: 0.025, 200: 0}, ""},
		{"piecewise:boundaries=10/20,values=1/0.5/0.25", map[int64]float64{0: 1, 10: 1, 11: 0.5, 21: 0.25},
			"piecewise:boundaries=10/20,values=1/0.5/0.25"},
	} {
		maker, err := parseSchedule(c.spec)
		if err != nil {
			t.Errorf("%s: %v", c.spec, err)
			continue
		}
		schedule, text := maker(rate, epoch, all)
		if c.text != "" && text != c.text {
			t.Errorf("%s: in words %q, want %q", c.spec, text, c.text)
		}
		if (schedule == nil) != (c.at == nil) {
			t.Errorf("%s: schedule %v", c.spec, schedule)
		}
		for step, want := range c.at {
			if got := schedule.At(step); math.Abs(got-want) > 1e-9 {
				t.Errorf("%s: learning rate %v at step %d, want %v", c.spec, got, step, want)
			}
		}
	}
	for _, name := range schedules {
		if _, err := parseSchedule(name); err != nil && name != "piecewise" {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestParseLayers(t *testing.T) {
	for _, c := range []struct{ spec, want string }{
		{"10:relu,8:relu", "10:relu,8:relu"}, {"64", "64:relu"}, {" 3:tanh , 4 ", "3:tanh,4:relu"}, {"", "none"},
		{"none", "none"}, {"5:swish", "5:silu"}, {"65536:linear", "65536:linear"},
	} {
		layers, err := parseLayers(c.spec)
		if got := formatLayers(layers); err != nil || got != c.want {
			t.Errorf("%q: %s, %v, want %s", c.spec, got, err, c.want)
		}
	}
	for _, name := range activations {
		if _, err := parseLayers("4:" + name); err != nil {
			t.Error(err)
		}
	}
}

func TestClassWeights(t *testing.T) {
	schema := mustSchema(t)
	y := []float32{0, 0, 0, 1, 1, 2}
	for _, c := range []struct{ spec, want string }{
		{"", "map[]"},
		// scikit-learn: n_samples / (n_classes * bincount)
		{"balanced", "map[0:0.6666667 1:1 2:2]"},
		{"2=0.5", "map[1:0.5]"},
		{"2.0=0.5, x=y =3", "map[1:0.5 2:3]"},
	} {
		got, err := classWeights(c.spec, schema, y)
		if err != nil || fmt.Sprint(got) != c.want {
			t.Errorf("%q: %v, %v, want %s", c.spec, got, err, c.want)
		}
	}
}
