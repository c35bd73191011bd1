package main

import (
	"fmt"
	"slices"
	"strings"

	"nnrt/kernels"
	"nnrt/net"
)

// The layers of convert's --layers that are no activations.
const (
	batchNormalization = "batch_normalization"
	layerNormalization = "layer_normalization"
)

// parseNetwork reads the --layers of nnrt convert, all of a model's layers up to the output with commas between them:
// UNITS:ACTIVATION is a Dense layer, ACTIVATION a layer of its own, NORMALIZATION[:epsilon=X][:scale=false]
// [:center=false] one of the two. Nothing
// is assumed about an activation, since it is part of what the model computes; ACTIVATION=ALPHA gives it a parameter
// that is not Keras's default. A normalisation whose epsilon is not given has 0, see tensors.Options.
func parseNetwork(spec string) ([]net.Layer, error) {
	var layers []net.Layer
	for i, item := range strings.Split(spec, ",") {
		l, err := parseNetworkLayer(strings.TrimSpace(item))
		if err != nil {
			return nil, fmt.Errorf("layer %d: %w", i+1, err)
		}
		layers = append(layers, l)
	}
	if len(layers) > net.MaxLayers {
		return nil, fmt.Errorf("%d layers, more than %d", len(layers), net.MaxLayers)
	}
	return layers, nil
}

func parseNetworkLayer(item string) (net.Layer, error) {
	head, rest, more := strings.Cut(item, ":")
	switch head {
	case batchNormalization, layerNormalization:
		epsilon := 0.0
		scale, center := true, true
		known := []parameter{{name: "epsilon", number: &epsilon, bounds: positive},
			{name: "scale", truth: &scale}, {name: "center", truth: &center}}
		if _, err := setParameters(head, strings.ReplaceAll(rest, ":", ","), known); err != nil {
			return net.Layer{}, err
		}
		l := net.LayerNormalization()
		if head == batchNormalization {
			l = net.BatchNormalization()
		}
		l.Epsilon, l.NoScale, l.NoCenter = float32(epsilon), !scale, !center
		return l, nil
	}
	if head == "" || head[0] < '0' || head[0] > '9' {
		activation, err := parseActivation(item)
		return net.Activate(activation), err
	}
	units, err := parseInteger(head, 1, maxUnits)
	if err != nil {
		return net.Layer{}, fmt.Errorf("units %q: %w", head, err)
	}
	if !more {
		return net.Layer{}, fmt.Errorf("%q lacks the activation, as in %s:relu or %s:linear", item, head, head)
	}
	activation, err := parseActivation(rest)
	return net.Dense(units, activation), err
}

// parseActivation reads NAME or NAME=ALPHA.
func parseActivation(text string) (net.Activation, error) {
	name, alpha, given := strings.Cut(text, "=")
	a, ok := net.ParseActivation(name)
	if !ok {
		names := append(slices.Clone(activations), batchNormalization, layerNormalization)
		return a, fmt.Errorf("there is no %q%s; there are %s", name, didYouMean(name, names, ""), strings.Join(names, ", "))
	}
	if !given {
		return a, nil
	}
	if a.Kind.DefaultAlpha() == 0 {
		return a, fmt.Errorf("%s has no parameter", name)
	}
	b := notNegative
	if a.Kind == kernels.CELU {
		b = positive
	}
	v, err := b.parse(alpha)
	if err != nil {
		return a, fmt.Errorf("%s: %q: %w", name, alpha, err)
	}
	return a.WithAlpha(float32(v)), nil
}
