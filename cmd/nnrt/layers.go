package main

import (
	"fmt"
	"strings"

	"nnrt/net"
)

// activations are the names that --layers takes.
var activations = []string{"linear", "relu", "relu6", "leaky_relu", "elu", "selu", "celu", "gelu", "gelu_tanh", "silu",
	"swish", "mish", "sigmoid", "hard_sigmoid", "hard_silu", "log_sigmoid", "tanh", "softplus", "softsign",
	"exponential", "softmax", "log_softmax"}

// maxUnits is how many units a layer may have (serialize would not read more).
const maxUnits = 1 << 16

// hidden is one hidden layer of --layers.
type hidden struct {
	units      int
	activation net.Activation
}

// parseLayers reads --layers: UNITS[:ACTIVATION] with commas between them, or none.
func parseLayers(spec string) ([]hidden, error) {
	if spec = strings.TrimSpace(spec); spec == "" || spec == "none" {
		return nil, nil
	}
	var layers []hidden
	for i, item := range strings.Split(spec, ",") {
		count, name, named := strings.Cut(strings.TrimSpace(item), ":")
		units, err := parseInteger(count, 1, maxUnits)
		if err != nil {
			return nil, fmt.Errorf("layer %d: units %q: %w", i+1, count, err)
		}
		h := hidden{units, net.ReLU}
		if named {
			var ok bool
			if h.activation, ok = net.ParseActivation(name); !ok {
				return nil, fmt.Errorf("layer %d: there is no activation %q%s; there are %s", i+1, name,
					didYouMean(name, activations, ""), strings.Join(activations, ", "))
			}
		}
		layers = append(layers, h)
	}
	if most := net.MaxLayers/2 - 1; len(layers) > most {
		return nil, fmt.Errorf("%d layers, more than %d", len(layers), most)
	}
	return layers, nil
}

// formatLayers is the reverse of parseLayers.
func formatLayers(layers []hidden) string {
	if len(layers) == 0 {
		return "none"
	}
	var parts []string
	for _, h := range layers {
		parts = append(parts, fmt.Sprintf("%d:%v", h.units, h.activation))
	}
	return strings.Join(parts, ",")
}
