package tensors

import (
	"fmt"
	"strings"

	"nnrt/net"
	"nnrt/serialize"
)

// Options say what a file of tensors does not.
type Options struct {
	// Layers are the model's layers up to the output. Dense layers need Units and Activation, those of normalisation
	// Epsilon; 0 stands for the default of the framework that the tensors' names are of, 1e-3 in Keras and 1e-5 in
	// PyTorch. Whether a layer has a bias, beta or gamma, the file tells by its names. Arrays without names (arr_0, …) do
	// not: there a normalisation has gamma unless NoScale, beta unless NoCenter, and what is left over is the bias.
	Layers []net.Layer
	// Order are the names, in the file, of the layers that have weights, in the model's order, as in fc1, fc2, out for
	// fc1.weight, fc1.bias and so on. It is needed only where the names do not tell.
	Order []string
}

// The defaults of the frameworks.
const (
	kerasEpsilon = 1e-3
	torchEpsilon = 1e-5
)

// File makes a model of the tensors. Without Layers the set's Description tells what the model is, and the result is the
// file that the description was made of, but for its signature and training state. The error is an *Error.
func (s *Set) File(o Options) (*serialize.File, error) {
	if err := s.check(); err != nil {
		return nil, err
	}
	if len(o.Layers) == 0 {
		if s.Description == "" {
			return nil, s.noLayers()
		}
		return s.describedFile()
	}
	if len(o.Layers) > net.MaxLayers {
		return nil, Errorf("", ErrLimit, "%d layers, the limit is %d", len(o.Layers), net.MaxLayers)
	}
	var groups []*group
	var err error
	if positional(s.Tensors) {
		groups, err = groupByPosition(s.Tensors, o.Layers)
	} else if groups, err = groupTensors(s.Tensors); err == nil {
		groups, err = arrange(groups, o.Layers, o.Order)
	}
	if err != nil {
		return nil, err
	}
	return build(groups, o.Layers)
}

// check finds names that are too long or there twice, and more tensors than there may be.
func (s *Set) check() error {
	if len(s.Tensors) > MaxTensors {
		return Errorf("", ErrLimit, "%d tensors, the limit is %d", len(s.Tensors), MaxTensors)
	}
	seen := make(map[string]bool, len(s.Tensors))
	for _, t := range s.Tensors {
		if seen[t.Name] {
			return Errorf(t.Name, ErrDuplicate, "")
		}
		seen[t.Name] = true
	}
	return nil
}

// noLayers says what is missing, with the widths if they can be told.
func (s *Set) noLayers() error {
	const all = "all of them have to be named, as in 10:relu,8:relu,1:sigmoid"
	if positional(s.Tensors) {
		return Errorf("", ErrNoLayers, "%s", all)
	}
	groups, err := groupTensors(s.Tensors)
	if err != nil {
		return err
	}
	for _, g := range groups {
		g.pattern = patternOf(g.name, g.keras)
	}
	const most = 12
	if len(groups) == 0 || len(groups) > most || !samePattern(groups) {
		return Errorf("", ErrNoLayers, "%s; it has %s", all, titles(groups))
	}
	var layers []string
	for _, g := range sorted(groups) {
		switch g.kind {
		case net.DenseLayer:
			layers = append(layers, fmt.Sprintf("%d:…", g.outputs))
		default:
			layers = append(layers, g.kind.String())
		}
	}
	return Errorf("", ErrNoLayers, "%s; here %s with an activation for each …", all, strings.Join(layers, ","))
}

// groupByPosition sorts arrays without names to the layers, in Keras's order: of a Dense layer the kernel and the bias if
// it has one, of normalisations those of gamma, beta, the moving mean and the moving variance that rolesOf gives.
func groupByPosition(tensors []Tensor, layers []net.Layer) ([]*group, error) {
	byNumber := make(map[string]*Tensor, len(tensors))
	for i := range tensors {
		byNumber[tensors[i].Name] = &tensors[i]
	}
	ordered := make([]*Tensor, len(tensors))
	for i := range ordered {
		name := fmt.Sprintf("arr_%d", i)
		if ordered[i] = byNumber[name]; ordered[i] == nil {
			return nil, Errorf(name, ErrIncomplete, "there are %d arrays", len(tensors))
		}
		if err := checkTensor(ordered[i]); err != nil {
			return nil, err
		}
	}
	// vectors counts the vectors that come next.
	vectors := func() int {
		n := 0
		for n < len(ordered) && len(ordered[n].Shape) == 1 {
			n++
		}
		return n
	}
	var groups []*group
	for i := range layers {
		if !hasTensors(&layers[i]) {
			continue
		}
		g := &group{name: fmt.Sprintf("arr_%d", len(tensors)-len(ordered)), keras: true}
		take := func(r role) {
			g.tensors[r], ordered = ordered[0], ordered[1:]
		}
		if layers[i].Kind == net.DenseLayer {
			if len(ordered) == 0 || len(ordered[0].Shape) != 2 {
				return nil, Errorf(g.name, ErrLayers, "here the kernel of layer %d should be, a matrix", i+1)
			}
			take(kernel)
			if wanted := followingVectors(layers[i+1:]); vectors() != wanted {
				if vectors() == 0 {
					return nil, Errorf(g.name, ErrLayers, "after it vectors of the layers after %d should be", i+1)
				}
				take(bias)
			}
		} else {
			roles := rolesOf(&layers[i])
			if len(roles) == 0 {
				return nil, Errorf(g.name, ErrLayers, "layer %d has no arrays, so that nothing tells its width", i+1)
			}
			if vectors() < len(roles) {
				return nil, Errorf(g.name, ErrLayers, "here the vectors of layer %d should be, %d of them, unless it has "+
					"scale=false or center=false", i+1, len(roles))
			}
			for _, r := range roles {
				take(r)
			}
		}
		if err := g.classify(); err != nil {
			return nil, err
		}
		groups = append(groups, g)
	}
	if len(ordered) > 0 {
		return nil, Errorf(ordered[0].Name, ErrExcess, "after the last layer")
	}
	return groups, nil
}

// followingVectors counts the vectors of the layers up to the next Dense layer.
func followingVectors(layers []net.Layer) int {
	n := 0
	for i := range layers {
		if layers[i].Kind == net.DenseLayer {
			break
		}
		n += len(rolesOf(&layers[i]))
	}
	return n
}

// rolesOf gives the vectors of a normalisation in Keras's order, and none for other layers.
func rolesOf(l *net.Layer) (roles []role) {
	if l.Kind != net.BatchNormalizationLayer && l.Kind != net.LayerNormalizationLayer {
		return nil
	}
	if !l.NoScale {
		roles = append(roles, gamma)
	}
	if !l.NoCenter {
		roles = append(roles, beta)
	}
	if l.Kind == net.BatchNormalizationLayer {
		roles = append(roles, movingMean, movingVariance)
	}
	return roles
}

// build makes the model of the layers and the groups of those that have weights, in order.
func build(groups []*group, layers []net.Layer) (*serialize.File, error) {
	if len(groups) == 0 {
		return nil, Errorf("", ErrNotModel, "no layer has weights, so that the number of inputs is not known")
	}
	inputs := groups[0].inputs
	width := inputs
	layers = append([]net.Layer(nil), layers...)
	size := 0
	for _, g := range groups {
		for _, t := range g.tensors {
			if t != nil {
				size += len(t.Values)
			}
		}
	}
	parameters := make([]float32, 0, size)
	for i := range layers {
		l := &layers[i]
		if !hasTensors(l) {
			continue
		}
		g := groups[0]
		groups = groups[1:]
		switch {
		case g.inputs != width:
			return nil, Errorf(g.first().Name, ErrShape, "layer %d would have %d inputs, but %d come from before it",
				i+1, g.inputs, width)
		case l.Kind == net.DenseLayer && g.outputs != l.Units:
			return nil, Errorf(g.first().Name, ErrLayers, "%d units, not the %d of layer %d", g.outputs, l.Units, i+1)
		}
		width = g.outputs
		l.NoBias = l.Kind == net.DenseLayer && g.tensors[bias] == nil
		if l.Kind != net.DenseLayer {
			if l.NoScale && g.tensors[gamma] != nil || l.NoCenter && g.tensors[beta] != nil {
				return nil, Errorf(g.first().Name, ErrLayers, "it has what layer %d has not, with scale=false or center=false", i+1)
			}
			l.NoScale, l.NoCenter = g.tensors[gamma] == nil, g.tensors[beta] == nil
			if l.Epsilon == 0 {
				l.Epsilon = torchEpsilon
				if g.keras {
					l.Epsilon = kerasEpsilon
				}
			}
		}
		parameters = g.appendValues(parameters)
	}
	return newFile(inputs, layers, parameters)
}

// maxUnits is the most that a model file may have (see serialize.Limits).
const maxUnits = 1 << 16

func newFile(inputs int, layers []net.Layer, parameters []float32) (*serialize.File, error) {
	for i := range layers {
		if layers[i].Units > maxUnits {
			return nil, Errorf("", ErrLimit, "layer %d has %d units, the limit is %d", i+1, layers[i].Units, maxUnits)
		}
	}
	if inputs > maxUnits {
		return nil, Errorf("", ErrLimit, "%d inputs, the limit is %d", inputs, maxUnits)
	}
	model, err := net.NewWithParameters(inputs, layers, parameters)
	if err != nil {
		return nil, Errorf("", ErrNotModel, "%w", err)
	}
	return &serialize.File{Model: model}, nil
}
