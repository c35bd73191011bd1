package tensors

import (
	"nnrt/kernels"
	"nnrt/net"
	"nnrt/serialize"
)

// Names says how tensors are named, and kernels laid out.
type Names string

const (
	Keras   Names = "keras"   // dense/kernel [inputs, units], as Model.Weights has them
	PyTorch Names = "pytorch" // 0.weight [units, inputs]: the state of a Sequential with a module for each activation
)

// named is a tensor's name in a file, beside the model's own variable.
type named struct {
	name      string
	variable  net.Variable
	transpose bool
}

// nameTensors names the tensors of a model, in the model's order.
func nameTensors(m *net.Model, names Names) ([]named, error) {
	variables := m.Weights()
	all := make([]named, 0, len(variables))
	module := 0
	for _, l := range m.Layers() {
		for len(variables) > 0 {
			tensor, ok := cutLayer(variables[0].Name, l.Name)
			if !ok {
				break
			}
			n := named{name: variables[0].Name, variable: variables[0]}
			if names == PyTorch {
				n.name, n.transpose = torchName(module, torchTensors[tensor]), tensor == "kernel"
			}
			all = append(all, n)
			variables = variables[1:]
		}
		if names == PyTorch {
			if l.NoScale != l.NoCenter && (l.NoScale || l.Kind == net.BatchNormalizationLayer) {
				return nil, Errorf(l.Name, ErrNotModel, "PyTorch has no such layer with only one of beta and gamma")
			}
			module++
			if l.Kind == net.DenseLayer && l.Activation.Kind != kernels.Linear {
				module++
			}
		}
	}
	return all, nil
}

// torchTensors are PyTorch's names of tensors.
var torchTensors = map[string]string{
	"kernel": "weight", "bias": "bias", "gamma": "weight", "beta": "bias",
	"moving_mean": "running_mean", "moving_variance": "running_var",
}

// cutLayer cuts the layer's name off a variable's, if it is of that layer.
func cutLayer(variable, layer string) (tensor string, ok bool) {
	if len(variable) <= len(layer)+1 || variable[:len(layer)] != layer || variable[len(layer)] != '/' {
		return "", false
	}
	tensor = variable[len(layer)+1:]
	_, ok = torchTensors[tensor]
	return tensor, ok
}

// Of returns a model's tensors and its description, of which File makes the same model file again, without a signature,
// a training's state, and sections that this version of nnrt does not know.
func Of(f *serialize.File, names Names) (*Set, error) {
	if f.Model == nil {
		return nil, Errorf("", ErrNotModel, "no model")
	}
	all, err := nameTensors(f.Model, names)
	if err != nil {
		return nil, err
	}
	s := &Set{}
	for _, n := range all {
		t := Tensor{Name: n.name, Type: "F32", Shape: n.variable.Shape, Values: n.variable.Values}
		if len(t.Name) > MaxNameBytes {
			return nil, Errorf(t.Name, ErrLimit, "a name of %d bytes, the limit is %d", len(t.Name), MaxNameBytes)
		}
		if n.transpose {
			rows, columns := t.Shape[0], t.Shape[1]
			t.Shape = []int{columns, rows}
			t.Values = Transposed(t.Values, rows, columns)
		}
		s.Tensors = append(s.Tensors, t)
	}
	s.Description, err = describeFile(f, names, s.Tensors)
	return s, err
}
