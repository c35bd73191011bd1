package keras

import (
	"strings"

	"nnrt/kernels"
	"nnrt/net"
)

// activation reads an activation as layers name it: null, a name, or a layer or function with parameters.
func (m *importer) activation(l *layer, v value) (net.Activation, error) {
	if v.absent() {
		return net.Linear, nil
	}
	if name, ok := v.text(); ok {
		return m.namedActivation(l, name)
	}
	class, ok := v.get("class_name").text()
	if !ok {
		return net.Activation{}, fail(l.where, ErrConfig, "activation %s", quote(string(v)))
	}
	if class == "function" {
		name := v.string("config")
		return net.Activation{}, fail(l.where, ErrUnsupported, "the custom activation %s, whose code the file does not hold",
			quote(name))
	}
	inner, err := m.describe(v, l.where)
	if err != nil {
		return net.Activation{}, err
	}
	a, known, err := m.layerActivation(l, class, inner.config)
	if !known && err == nil {
		err = fail(l.where, ErrUnsupported, "the activation %s", quote(class))
	}
	return a, err
}

func (m *importer) namedActivation(l *layer, name string) (net.Activation, error) {
	a, ok := net.ParseActivation(name)
	switch {
	case !ok || a == net.GELUTanh: // which is nnrt's name
		return a, fail(l.where, ErrUnsupported, "the activation %s", quote(name))
	case a == net.HardSigmoid && !strings.HasPrefix(m.version, "3"):
		// 0.2·x + 0.5 before Keras 3, x/6 + 0.5 since.
		return a, fail(l.where, ErrUnsupported, "hard_sigmoid of Keras %s, which is another function than Keras 3's",
			quote(m.version))
	}
	return a, nil
}

// layerActivation reads a layer, or an operation of a functional model, that is an activation. known is false if it is
// none that nnrt has.
func (m *importer) layerActivation(l *layer, class string, config value) (a net.Activation, known bool, err error) {
	get := func(standard float32, keys ...string) float32 {
		x := standard
		for _, key := range keys {
			if err == nil && !config.get(key).absent() {
				x, err = number(l, config, key, standard)
			}
		}
		return x
	}
	const keras2, keras3 = "alpha", "negative_slope" // names of a parameter
	switch class {
	case "Activation":
		a, err = m.activation(l, config.get("activation"))
		return a, true, err
	case "ReLU":
		return m.relu(l, config)
	case "LeakyReLU":
		return net.LeakyReLU.WithAlpha(get(0.3, keras2, keras3)), true, err
	case "LeakyRelu": // the operation
		return net.LeakyReLU.WithAlpha(get(0.2, keras3)), true, err
	case "ELU", "Elu":
		return net.ELU.WithAlpha(get(1, "alpha")), true, err
	case "Celu":
		return net.CELU.WithAlpha(get(1, "alpha")), true, err
	case "Gelu":
		if approximate := config.get("approximate"); approximate.kind() == 't' {
			return net.GELUTanh, true, nil
		}
		return net.GELU, true, nil
	case "Softmax", "LogSoftmax":
		if err := m.lastAxis(&layer{where: l.where, config: config}); err != nil {
			return a, true, err
		}
		if class == "LogSoftmax" {
			return net.LogSoftmax, true, nil
		}
		return net.Softmax, true, nil
	}
	// Operations without a parameter.
	if !isOperation(l) {
		return a, false, nil
	}
	switch a, known = net.ParseActivation(snakeCase(class)); a.Kind {
	case kernels.ReLU, kernels.ReLU6, kernels.Sigmoid, kernels.Softplus, kernels.Softsign, kernels.SiLU,
		kernels.LogSigmoid, kernels.HardSigmoid, kernels.HardSiLU, kernels.SELU, kernels.Tanh, kernels.Mish:
		return a, known, nil
	}
	return a, false, nil
}

// relu reads the ReLU layer and operation, which is many functions.
func (m *importer) relu(l *layer, config value) (a net.Activation, known bool, err error) {
	threshold, err := number(l, config, "threshold", 0)
	if err != nil {
		return a, true, err
	}
	slope, err := number(l, config, "negative_slope", 0)
	if err != nil {
		return a, true, err
	}
	most := config.get("max_value")
	if threshold == 0 && most.absent() {
		if slope == 0 {
			return net.ReLU, true, nil
		}
		return net.LeakyReLU.WithAlpha(slope), true, nil
	}
	if limit, ok := most.number(); ok && limit == 6 && threshold == 0 && slope == 0 {
		return net.ReLU6, true, nil
	}
	return a, true, fail(l.where, ErrUnsupported, "ReLU with max_value %s, negative_slope %v and threshold %v; "+
		"nnrt has 6 alone, a slope alone, or neither", quote(string(most)), slope, threshold)
}
