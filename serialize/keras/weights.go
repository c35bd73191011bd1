package keras

import (
	"errors"
	"math"
	"slices"
	"strconv"

	"nnrt/internal/hdf5"
)

// findWeights finds the weights in a model.weights.h5: those of a layer are the datasets 0, 1, … of the group vars in
// the layer's group.
func (m *importer) findWeights(root *hdf5.Object) error {
	for _, n := range m.chain {
		if len(n.variables) == 0 {
			continue
		}
		group, err := root.Find(n.path + "/vars")
		if errors.Is(err, hdf5.ErrNotFound) {
			group, err = root.Find(n.oldPath + "/vars")
		}
		if err != nil {
			return fail(n.where, ErrWeights, "%w", err)
		}
		if count, err := group.Len(); err != nil || count != len(n.variables) {
			return fail(n.where, ErrWeights, "%d weights in %s, it has %d", count, quote(n.path), len(n.variables))
		}
		for i, v := range n.variables {
			if v.dataset, err = group.Child(strconv.Itoa(i)); err != nil {
				return fail(v.where, ErrWeights, "%w", err)
			}
		}
	}
	return nil
}

// findLegacyWeights finds the weights in an .h5 file: each layer of the whole model that has any has a group with
// their names. Which layer a group belongs to only the order says, and so it is with a layer's weights: first those
// that can be trained.
func (m *importer) findLegacyWeights(root *hdf5.Object) error {
	const groupName = "model_weights"
	fault := func(err error) error { return fail(groupName, ErrWeights, "%w", err) }
	weights, err := root.Child(groupName)
	if err != nil {
		return fault(err)
	}
	layers, err := listAttribute(weights, "layer_names")
	if err != nil {
		return fault(err)
	}
	type saved struct {
		group *hdf5.Object
		names []string
	}
	var withWeights []saved
	for _, name := range layers {
		group, err := weights.Find(name)
		if err != nil {
			return fault(err)
		}
		names, err := listAttribute(group, "weight_names")
		if err != nil {
			return fault(err)
		}
		if len(names) > 0 {
			withWeights = append(withWeights, saved{group, names})
		}
	}
	for chain := m.chain; len(chain) > 0; {
		end := 1
		for end < len(chain) && chain[end].top == chain[0].top {
			end++
		}
		var variables []*variable
		for _, n := range chain[:end] {
			variables = append(variables, n.variables...)
		}
		where := chain[0].where
		chain = chain[end:]
		if len(variables) == 0 {
			continue
		}
		slices.SortStableFunc(variables, func(a, b *variable) int {
			switch {
			case a.trainable == b.trainable:
				return 0
			case a.trainable:
				return -1
			}
			return 1
		})
		if len(withWeights) == 0 {
			return fail(where, ErrWeights, "the file has weights for fewer layers")
		}
		s := withWeights[0]
		withWeights = withWeights[1:]
		if len(s.names) != len(variables) {
			return fail(where, ErrWeights, "%d weights in %s, it has %d", len(s.names), quote(s.group.Path()), len(variables))
		}
		for i, v := range variables {
			if v.dataset, err = s.group.Find(s.names[i]); err != nil {
				return fail(v.where, ErrWeights, "%w", err)
			}
		}
	}
	if len(withWeights) > 0 {
		return fail(groupName, ErrWeights, "%s belongs to no layer", quote(withWeights[0].group.Path()))
	}
	return nil
}

// listAttribute reads an attribute that is a list of names. A long one is in pieces: name0, name1, …
func listAttribute(o *hdf5.Object, name string) ([]string, error) {
	list, err := o.Strings(name)
	if !errors.Is(err, hdf5.ErrNotFound) {
		return list, err
	}
	for i := 0; ; i++ {
		piece, err := o.Strings(name + strconv.Itoa(i))
		if errors.Is(err, hdf5.ErrNotFound) {
			return list, nil
		}
		if err != nil {
			return nil, err
		}
		list = append(list, piece...)
	}
}

// read reads a weight's values.
func (v *variable) read(values []float32) error {
	shape, err := v.dataset.Shape()
	if err != nil {
		return fail(v.where, ErrWeights, "%w", err)
	}
	if !slices.Equal(shape, v.shape) {
		return fail(v.where, ErrWeights, "shape %v, it should be %v", shape, v.shape)
	}
	if err := v.dataset.ReadFloats(values); err != nil {
		return fail(v.where, ErrWeights, "%w", err)
	}
	for i, x := range values {
		if math.IsNaN(float64(x)) || math.IsInf(float64(x), 0) {
			return fail(v.where, ErrWeights, "value %d is %v", i+1, x)
		}
	}
	return nil
}
