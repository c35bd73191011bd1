package serialize

import (
	"bytes"
	"encoding/binary"
	"strconv"

	"nnrt/kernels"
	"nnrt/net"
)

// Bits of a layer's field mask, in the order in which the fields follow it. A field is there when it differs from
// the default; the last three and noBias need no bytes but their bit.
const (
	fieldName = 1 << iota
	fieldUnits
	fieldActivation
	fieldAlpha
	fieldNoBias
	fieldKernelInitializer
	fieldBiasInitializer
	fieldKernelRegularizer
	fieldBiasRegularizer
	fieldActivityRegularizer
	fieldRate
	fieldMomentum
	fieldEpsilon
	fieldNoCenter
	fieldNoScale
	knownFields = 1<<iota - 1
)

// minLayerBytes is the size of a layer that is all defaults: kind and field mask.
const minLayerBytes = 3

// defaultLayer returns what a file need not say about a layer: Keras's defaults, the values that net's constructors
// give. before is the number of earlier layers of the same kind.
func defaultLayer(kind net.LayerKind, before int) net.Layer {
	var l net.Layer
	switch kind {
	case net.BatchNormalizationLayer:
		l = net.BatchNormalization()
	case net.LayerNormalizationLayer:
		l = net.LayerNormalization()
	}
	l.Kind = kind
	l.Name = kind.String()
	if before > 0 {
		l.Name += "_" + strconv.Itoa(before)
	}
	return l
}

// appendArchitecture writes the input width and the layers.
func appendArchitecture(b []byte, inputs int, layers []net.Layer) []byte {
	b = appendCount(b, inputs)
	b = appendCount(b, len(layers))
	var before [256]int // layers of each kind so far
	for i := range layers {
		l := &layers[i]
		b = appendLayer(b, l, before[l.Kind])
		before[l.Kind]++
	}
	return b
}

func appendLayer(b []byte, l *net.Layer, before int) []byte {
	standard := defaultLayer(l.Kind, before)
	b = append(b, byte(l.Kind), 0, 0)
	fields := 0
	differs := func(field int, yes bool) bool {
		if yes {
			fields |= field
		}
		return yes
	}
	start := len(b)
	if differs(fieldName, l.Name != standard.Name) {
		b = appendText(b, l.Name)
	}
	if differs(fieldUnits, l.Units != 0) {
		b = appendCount(b, l.Units)
	}
	if differs(fieldActivation, l.Activation.Kind != 0) {
		b = append(b, byte(l.Activation.Kind))
	}
	if differs(fieldAlpha, l.Activation.Alpha != l.Activation.Kind.DefaultAlpha()) {
		b = appendFloat(b, l.Activation.Alpha)
	}
	differs(fieldNoBias, l.NoBias)
	if differs(fieldKernelInitializer, l.KernelInitializer != net.Initializer{}) {
		b = appendInitializer(b, l.KernelInitializer)
	}
	if differs(fieldBiasInitializer, l.BiasInitializer != net.Initializer{}) {
		b = appendInitializer(b, l.BiasInitializer)
	}
	if differs(fieldKernelRegularizer, l.KernelRegularizer != net.Regularizer{}) {
		b = appendRegularizer(b, l.KernelRegularizer)
	}
	if differs(fieldBiasRegularizer, l.BiasRegularizer != net.Regularizer{}) {
		b = appendRegularizer(b, l.BiasRegularizer)
	}
	if differs(fieldActivityRegularizer, l.ActivityRegularizer != net.Regularizer{}) {
		b = appendRegularizer(b, l.ActivityRegularizer)
	}
	if differs(fieldRate, l.Rate != 0) {
		b = appendFloat(b, l.Rate)
	}
	if differs(fieldMomentum, l.Momentum != standard.Momentum) {
		b = appendFloat(b, l.Momentum)
	}
	if differs(fieldEpsilon, l.Epsilon != standard.Epsilon) {
		b = appendFloat(b, l.Epsilon)
	}
	differs(fieldNoCenter, l.NoCenter)
	differs(fieldNoScale, l.NoScale)
	binary.LittleEndian.PutUint16(b[start-2:], uint16(fields))
	return b
}

func appendInitializer(b []byte, i net.Initializer) []byte {
	b = append(b, byte(i.Kind), byte(i.Mode), byte(i.Distribution))
	return appendFloat(appendFloat(b, i.A), i.B)
}

func appendRegularizer(b []byte, r net.Regularizer) []byte {
	return appendFloat(appendFloat(b, r.L1), r.L2)
}

// readArchitecture returns the input width, the layers, and the number of their parameters.
func readArchitecture(s *section, limits *Limits) (inputs int, layers []net.Layer, parameters int, err error) {
	c := &cursor{section: s}
	inputs = c.count(limits.Units, "inputs")
	n := c.countOf(minLayerBytes, limits.Layers, "number of layers")
	if c.err != nil {
		return 0, nil, 0, c.err
	}
	layers = make([]net.Layer, n)
	var before [256]int
	var again []byte
	c.item = "layer"
	for i := range layers {
		l := &layers[i]
		c.index = i + 1
		start := c.pos
		readLayer(c, l, &before, limits)
		if c.err != nil {
			return 0, nil, 0, c.err
		}
		// One form only: what would be written now must be what was read.
		again = appendLayer(again[:0], l, before[l.Kind])
		if raw := s.data[start:c.pos]; !bytes.Equal(again, raw) {
			c.pos = start
			c.fail(ErrNotCanonical, "% x, it should be % x", raw, again)
			return 0, nil, 0, c.err
		}
		before[l.Kind]++
	}
	c.item = ""
	if err := c.end(); err != nil {
		return 0, nil, 0, err
	}
	parameters, err = net.CountParameters(inputs, layers)
	if err != nil {
		return 0, nil, 0, formatError(sectionName(s.kind), s.offset, ErrArchitecture, "%v", err)
	}
	return inputs, layers, parameters, nil
}

func readLayer(c *cursor, l *net.Layer, before *[256]int, limits *Limits) {
	kind := net.LayerKind(c.byte("kind"))
	raw := c.take(2, "field mask")
	if c.err != nil {
		return
	}
	fields := int(binary.LittleEndian.Uint16(raw))
	if fields&^knownFields != 0 {
		c.pos -= 2
		c.fail(ErrArchitecture, "unknown fields, mask %#04x", fields)
		return
	}
	has := func(field int) bool { return fields&field != 0 }
	*l = defaultLayer(kind, before[kind])
	if has(fieldName) {
		l.Name = c.name(limits.NameBytes, "name")
	}
	if has(fieldUnits) {
		l.Units = c.count(limits.Units, "units")
	}
	if has(fieldActivation) {
		l.Activation.Kind = kernels.Activation(c.byte("activation"))
	}
	l.Activation.Alpha = l.Activation.Kind.DefaultAlpha()
	if has(fieldAlpha) {
		l.Activation.Alpha = c.float("activation's parameter")
	}
	l.NoBias = has(fieldNoBias)
	if has(fieldKernelInitializer) {
		l.KernelInitializer = readInitializer(c)
	}
	if has(fieldBiasInitializer) {
		l.BiasInitializer = readInitializer(c)
	}
	if has(fieldKernelRegularizer) {
		l.KernelRegularizer = readRegularizer(c)
	}
	if has(fieldBiasRegularizer) {
		l.BiasRegularizer = readRegularizer(c)
	}
	if has(fieldActivityRegularizer) {
		l.ActivityRegularizer = readRegularizer(c)
	}
	if has(fieldRate) {
		l.Rate = c.float("rate")
	}
	if has(fieldMomentum) {
		l.Momentum = c.float("momentum")
	}
	if has(fieldEpsilon) {
		l.Epsilon = c.float("epsilon")
	}
	l.NoCenter, l.NoScale = has(fieldNoCenter), has(fieldNoScale)
}

func readInitializer(c *cursor) net.Initializer {
	return net.Initializer{
		Kind:         net.InitializerKind(c.byte("initialiser")),
		Mode:         net.FanMode(c.byte("initialiser's mode")),
		Distribution: net.Distribution(c.byte("initialiser's distribution")),
		A:            c.float("initialiser's first parameter"),
		B:            c.float("initialiser's second parameter"),
	}
}

func readRegularizer(c *cursor) net.Regularizer {
	return net.Regularizer{L1: c.float("L1 penalty"), L2: c.float("L2 penalty")}
}
