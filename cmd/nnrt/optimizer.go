package main

import (
	"fmt"
	"math"
	"strings"

	"nnrt/net"
)

// optimizers are the names of the optimisers that --optimizer takes.
var optimizers = []string{"sgd", "rmsprop", "adam", "adamw", "adagrad", "nadam", "adamax", "lion"}

// parseOptimizer reads an --optimizer such as sgd:momentum=0.9,nesterov=true. rate is --learning-rate, 0 for none.
// The text that it returns has every parameter, defaults included.
func parseOptimizer(spec string, rate float64) (o net.Optimizer, learningRate float64, text string, err error) {
	name, values := splitSpec(spec)
	var (
		lr, shared   = 1e-3, net.OptimizerOptions{}
		b1, b2       = 0.9, 0.999
		epsilon      = 1e-7
		momentum     float64
		nesterov     bool
		rho          = 0.9
		centered     bool
		amsgrad      bool
		accumulator  = 0.1
		build        func() net.Optimizer
		parameters   = []parameter{{name: "learning_rate", number: &lr, bounds: positive}}
		beta1        = parameter{name: "beta_1", number: &b1, bounds: between}
		beta2        = parameter{name: "beta_2", number: &b2, bounds: between}
		epsilonOf    = parameter{name: "epsilon", number: &epsilon, bounds: positive}
		momentumOf   = parameter{name: "momentum", number: &momentum, bounds: fraction}
		amsgradOf    = parameter{name: "amsgrad", truth: &amsgrad}
		decayAllowed = notNegative
	)
	switch name {
	case "sgd":
		lr = 0.01
		parameters = append(parameters, momentumOf, parameter{name: "nesterov", truth: &nesterov})
		build = func() net.Optimizer {
			return net.SGD{LearningRate: lr, Momentum: momentum, Nesterov: nesterov, OptimizerOptions: shared}
		}
	case "rmsprop":
		parameters = append(parameters, parameter{name: "rho", number: &rho, bounds: between}, momentumOf, epsilonOf,
			parameter{name: "centered", truth: &centered})
		build = func() net.Optimizer {
			return net.RMSprop{LearningRate: lr, Rho: rho, Momentum: momentum, Epsilon: epsilon, Centered: centered,
				OptimizerOptions: shared}
		}
	case "adam", "adamw":
		parameters = append(parameters, beta1, beta2, epsilonOf, amsgradOf)
		adam := func() net.Adam {
			return net.Adam{LearningRate: lr, Beta1: b1, Beta2: b2, Epsilon: epsilon, AMSGrad: amsgrad,
				OptimizerOptions: shared}
		}
		build = func() net.Optimizer { return adam() }
		if name == "adamw" {
			shared.WeightDecay = 0.004
			decayAllowed = bounds{0, true, math.Inf(1), "a number above 0 (adam has no decay)"}
			build = func() net.Optimizer { return net.AdamW(adam()) }
		}
	case "adagrad":
		parameters = append(parameters,
			parameter{name: "initial_accumulator_value", number: &accumulator, bounds: positive}, epsilonOf)
		build = func() net.Optimizer {
			return net.Adagrad{LearningRate: lr, InitialAccumulator: accumulator, Epsilon: epsilon,
				OptimizerOptions: shared}
		}
	case "nadam":
		parameters = append(parameters, beta1, beta2, epsilonOf)
		build = func() net.Optimizer {
			return net.Nadam{LearningRate: lr, Beta1: b1, Beta2: b2, Epsilon: epsilon, OptimizerOptions: shared}
		}
	case "adamax":
		parameters = append(parameters, beta1, beta2, epsilonOf)
		build = func() net.Optimizer {
			return net.Adamax{LearningRate: lr, Beta1: b1, Beta2: b2, Epsilon: epsilon, OptimizerOptions: shared}
		}
	case "lion":
		b2 = 0.99
		parameters = append(parameters, beta1, beta2)
		build = func() net.Optimizer {
			return net.Lion{LearningRate: lr, Beta1: b1, Beta2: b2, OptimizerOptions: shared}
		}
	default:
		return nil, 0, "", fmt.Errorf("there is no optimizer %q%s; there are %s", name,
			didYouMean(name, optimizers, ""), strings.Join(optimizers, ", "))
	}
	parameters = append(parameters,
		parameter{name: "weight_decay", number: &shared.WeightDecay, bounds: decayAllowed},
		parameter{name: "clipnorm", number: &shared.ClipNorm, bounds: notNegative},
		parameter{name: "global_clipnorm", number: &shared.GlobalClipNorm, bounds: notNegative},
		parameter{name: "clipvalue", number: &shared.ClipValue, bounds: notNegative})
	given, err := setParameters(name, values, parameters)
	if err != nil {
		return nil, 0, "", err
	}
	if rate != 0 {
		if given["learning_rate"] {
			return nil, 0, "", fmt.Errorf("%s: learning_rate is given, and --learning-rate too", name)
		}
		lr = rate
	}
	return build(), lr, formatSpec(name, parameters), nil
}
