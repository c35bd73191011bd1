package tensors

import (
	"fmt"
	"slices"
	"strings"

	"nnrt/net"
)

// hasTensors reports whether a layer has weights.
func hasTensors(l *net.Layer) bool {
	return l.Kind != net.ActivationLayer && l.Kind != net.DropoutLayer
}

// kindName names a kind of layers with weights in messages.
func kindName(kind net.LayerKind) string {
	switch kind {
	case net.DenseLayer:
		return "Dense"
	case net.BatchNormalizationLayer:
		return "BatchNormalization"
	}
	return "LayerNormalization"
}

// arrange returns the groups in the order of the layers that have weights: in the order of names if there is one, and
// otherwise in that which the numbers in the groups' names and the widths of the layers allow, if it is only one.
func arrange(groups []*group, layers []net.Layer, names []string) ([]*group, error) {
	for _, g := range groups {
		g.pattern = patternOf(g.name, g.keras)
	}
	var places []place
	width := 0 // unknown before the first Dense layer
	for i := range layers {
		l := &layers[i]
		if !hasTensors(l) {
			continue
		}
		p := place{layer: l, inputs: width, outputs: width}
		if l.Kind == net.DenseLayer {
			p.outputs = l.Units
		}
		width = p.outputs
		places = append(places, p)
	}
	if len(names) > 0 {
		return byName(groups, places, names)
	}
	for _, kind := range []net.LayerKind{net.DenseLayer, net.BatchNormalizationLayer, net.LayerNormalizationLayer} {
		if err := arrangeKind(kind, ofKind(groups, kind), places); err != nil {
			return nil, err
		}
	}
	ordered := make([]*group, len(places))
	for i := range places {
		ordered[i] = places[i].group
	}
	// Numbers that run through layers of all kinds, as in a PyTorch Sequential, must agree with the whole order.
	if samePattern(ordered) && !slices.IsSortedFunc(ordered, byNumbers) {
		return nil, Errorf("", ErrLayers, "they are, in order, %s", overview(sorted(ordered)))
	}
	return ordered, nil
}

// place is where in the model a group belongs. A width of 0 is not known.
type place struct {
	layer           *net.Layer
	inputs, outputs int
	group           *group
}

func ofKind(groups []*group, kind net.LayerKind) []*group {
	var of []*group
	for _, g := range groups {
		if g.kind == kind {
			of = append(of, g)
		}
	}
	return of
}

// byName puts the groups in the order of their names, of which there must be one for each place.
func byName(groups []*group, places []place, names []string) ([]*group, error) {
	if len(names) != len(places) {
		return nil, Errorf("", ErrOrder, "%d names for %d layers with weights", len(names), len(places))
	}
	left := make(map[string]*group, len(groups))
	for _, g := range groups {
		left[g.name] = g
	}
	ordered := make([]*group, len(names))
	for i, name := range names {
		g := left[name]
		if g == nil {
			return nil, Errorf("", ErrOrder, "there is no layer %+q, or it is named twice; the file has %s", name,
				titles(groups))
		}
		if kind := places[i].layer.Kind; g.kind != kind {
			return nil, Errorf("", ErrLayers, "%s is %s, not %s", g.title(), kindName(g.kind), kindName(kind))
		}
		delete(left, name)
		ordered[i] = g
	}
	if len(left) > 0 {
		return nil, Errorf("", ErrOrder, "%d names, the file has %s", len(names), titles(groups))
	}
	return ordered, nil
}

func byNumbers(a, b *group) int { return compareNumbers(a.pattern.numbers, b.pattern.numbers) }

// samePattern reports whether the groups differ in their numbers only, and no two have the same ones.
func samePattern(groups []*group) bool {
	for _, g := range groups {
		if g.pattern.text != groups[0].pattern.text {
			return false
		}
	}
	in := sorted(groups)
	for i := 1; i < len(in); i++ {
		if byNumbers(in[i-1], in[i]) == 0 {
			return false
		}
	}
	return true
}

func sorted(groups []*group) []*group {
	s := slices.Clone(groups)
	slices.SortStableFunc(s, byNumbers)
	return s
}

// arrangeKind gives each place of a kind its group. Names of one pattern go by their numbers. Others go by the layers'
// widths, as long as only groups of one pattern have the same ones.
func arrangeKind(kind net.LayerKind, groups []*group, places []place) error {
	var of []*place
	for i := range places {
		if places[i].layer.Kind == kind {
			of = append(of, &places[i])
		}
	}
	if len(of) != len(groups) {
		return Errorf("", ErrLayers, "%d of the kind %s are asked for, there are %d%s", len(of), kindName(kind), len(groups),
			listed(groups))
	}
	if samePattern(groups) {
		for i, g := range sorted(groups) {
			of[i].group = g
		}
		return nil
	}
	return arrangeByWidth(groups, of)
}

func arrangeByWidth(groups []*group, places []*place) error {
	type shape struct{ inputs, outputs int }
	shapeOf := func(g *group) shape { return shape{g.inputs, g.outputs} }
	left := make(map[shape][]*group)
	for _, g := range groups {
		left[shapeOf(g)] = append(left[shapeOf(g)], g)
	}
	for _, g := range groups {
		if same := left[shapeOf(g)]; same[0] == g && !samePattern(same) {
			return Errorf("", ErrOrder, "%s, all of %d inputs and %d outputs; say the order by their names",
				titles(same), g.inputs, g.outputs)
		}
	}
	for s, same := range left {
		left[s] = sorted(same)
	}
	// The width before the first Dense layer is not known, so the places there take what the others leave.
	for _, p := range slices.Backward(places) {
		s := shape{p.inputs, p.outputs}
		if p.inputs == 0 {
			if len(left) > 1 {
				return Errorf("", ErrOrder, "%s have several widths; say the order by their names", titles(groups))
			}
			for only := range left {
				s = only
			}
		}
		same := left[s]
		if len(same) == 0 {
			return Errorf("", ErrLayers, "there is no %s layer of %d inputs and %d outputs%s", kindName(p.layer.Kind),
				p.inputs, p.outputs, listed(groups))
		}
		p.group = same[len(same)-1]
		if left[s] = same[:len(same)-1]; len(left[s]) == 0 {
			delete(left, s)
		}
	}
	// Where names have a pattern in common, their numbers must not say another order.
	for i, p := range places {
		for _, q := range places[i+1:] {
			if p.group.pattern.text == q.group.pattern.text && byNumbers(p.group, q.group) > 0 {
				return Errorf("", ErrOrder, "by its width %s comes before %s; say the order by their names",
					p.group.title(), q.group.title())
			}
		}
	}
	return nil
}

// titles lists layers.
func titles(groups []*group) string {
	const most = 8
	var b strings.Builder
	for i, g := range groups {
		if i == most {
			fmt.Fprintf(&b, ", … (%d in all)", len(groups))
			break
		}
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(g.title())
	}
	return b.String()
}

func listed(groups []*group) string {
	if len(groups) == 0 {
		return ""
	}
	return ": " + titles(groups)
}

// overview lists layers with their kinds and widths.
func overview(groups []*group) string {
	var b strings.Builder
	for i, g := range groups {
		if i > 0 {
			b.WriteString(", ")
		}
		fmt.Fprintf(&b, "%s %s %d→%d", g.title(), kindName(g.kind), g.inputs, g.outputs)
	}
	return b.String()
}
