// Package describe writes layers, schemas and self-tests as JSON texts, and reads them, for formats that have tensors
// and pairs of texts but no place for what nnrt knows besides: ONNX's metadata_props, safetensors's __metadata__. Every
// value comes back as it was. What is at its default is left out.
package describe

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"strings"
	"unicode"
	"unicode/utf8"

	"nnrt/net"
)

// Keys under which formats keep the texts.
const (
	LayersKey   = "nnrt.layers"
	SchemaKey   = "nnrt.schema"
	SelfTestKey = "nnrt.self_test"
)

// layer is net.Layer in JSON. Kinds and activations have Keras's names, initialisers the numbers that
// serialize/FORMAT.md gives them.
type layer struct {
	Kind       string   `json:"kind"`
	Name       string   `json:"name"`
	Units      int      `json:"units,omitempty"`
	Activation string   `json:"activation,omitempty"` // "" for linear
	Alpha      *float32 `json:"alpha,omitempty"`      // if it is not the activation's default
	NoBias     bool     `json:"no_bias,omitempty"`

	KernelInitializer   *initializer `json:"kernel_initializer,omitempty"`
	BiasInitializer     *initializer `json:"bias_initializer,omitempty"`
	KernelRegularizer   *regularizer `json:"kernel_regularizer,omitempty"`
	BiasRegularizer     *regularizer `json:"bias_regularizer,omitempty"`
	ActivityRegularizer *regularizer `json:"activity_regularizer,omitempty"`

	Rate     number `json:"rate,omitzero"`
	Momentum number `json:"momentum,omitzero"`
	Epsilon  number `json:"epsilon,omitzero"`
	NoCenter bool   `json:"no_center,omitempty"`
	NoScale  bool   `json:"no_scale,omitempty"`
}

type initializer struct {
	Kind         net.InitializerKind `json:"kind"`
	Mode         net.FanMode         `json:"mode,omitempty"`
	Distribution net.Distribution    `json:"distribution,omitempty"`
	A            number              `json:"a,omitzero"`
	B            number              `json:"b,omitzero"`
}

type regularizer struct {
	L1 number `json:"l1,omitzero"`
	L2 number `json:"l2,omitzero"`
}

// number is a number that is left out if it is +0, but not if it is −0.
type number float32

// IsZero tells package json what to leave out.
func (n number) IsZero() bool { return math.Float32bits(float32(n)) == 0 }

// Layers writes layers such as net.Model.Layers returns.
func Layers(layers []net.Layer) string {
	list := make([]layer, len(layers))
	for i := range layers {
		l := &layers[i]
		d := &list[i]
		*d = layer{
			Kind: l.Kind.String(), Name: l.Name, Units: l.Units, NoBias: l.NoBias,
			KernelInitializer:   describeInitializer(l.KernelInitializer),
			BiasInitializer:     describeInitializer(l.BiasInitializer),
			KernelRegularizer:   describeRegularizer(l.KernelRegularizer),
			BiasRegularizer:     describeRegularizer(l.BiasRegularizer),
			ActivityRegularizer: describeRegularizer(l.ActivityRegularizer),
			Rate:                number(l.Rate), Momentum: number(l.Momentum), Epsilon: number(l.Epsilon),
			NoCenter: l.NoCenter, NoScale: l.NoScale,
		}
		if l.Activation.Kind != net.Linear.Kind {
			d.Activation = l.Activation.String()
		}
		if l.Activation.Alpha != l.Activation.Kind.DefaultAlpha() {
			d.Alpha = &l.Activation.Alpha
		}
	}
	return marshal(list)
}

// ParseLayers reads what Layers wrote. Whether the layers make a model, net.New says.
func ParseLayers(text string) ([]net.Layer, error) {
	var layers []net.Layer
	kinds := make(map[string]net.LayerKind)
	for k := net.DenseLayer; k <= net.LayerNormalizationLayer; k++ {
		kinds[k.String()] = k
	}
	decoder := newDecoder(text)
	err := eachOf(decoder, func() error {
		if len(layers) == net.MaxLayers {
			return fmt.Errorf("more than %d layers", net.MaxLayers)
		}
		var d layer
		if err := decoder.Decode(&d); err != nil {
			return err
		}
		kind, known := kinds[d.Kind]
		if !known {
			return fmt.Errorf("layer %d: unknown kind %q", len(layers)+1, d.Kind)
		}
		if err := checkText(d.Name); err != nil {
			return fmt.Errorf("layer %d: %w", len(layers)+1, err)
		}
		l := net.Layer{
			Kind: kind, Name: d.Name, Units: d.Units, NoBias: d.NoBias,
			KernelInitializer: d.KernelInitializer.value(), BiasInitializer: d.BiasInitializer.value(),
			KernelRegularizer: d.KernelRegularizer.value(), BiasRegularizer: d.BiasRegularizer.value(),
			ActivityRegularizer: d.ActivityRegularizer.value(),
			Rate:                float32(d.Rate), Momentum: float32(d.Momentum), Epsilon: float32(d.Epsilon),
			NoCenter: d.NoCenter, NoScale: d.NoScale,
		}
		if d.Activation != "" {
			if l.Activation, known = net.ParseActivation(d.Activation); !known {
				return fmt.Errorf("layer %d: unknown activation %q", len(layers)+1, d.Activation)
			}
		}
		if d.Alpha != nil {
			l.Activation.Alpha = *d.Alpha
		}
		layers = append(layers, l)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("description of layers: %w", err)
	}
	return layers, nil
}

func describeInitializer(i net.Initializer) *initializer {
	if i == (net.Initializer{}) {
		return nil
	}
	return &initializer{i.Kind, i.Mode, i.Distribution, number(i.A), number(i.B)}
}

func (i *initializer) value() net.Initializer {
	if i == nil {
		return net.Initializer{}
	}
	return net.Initializer{Kind: i.Kind, Mode: i.Mode, Distribution: i.Distribution,
		A: float32(i.A), B: float32(i.B)}
}

func describeRegularizer(r net.Regularizer) *regularizer {
	if r == (net.Regularizer{}) {
		return nil
	}
	return &regularizer{number(r.L1), number(r.L2)}
}

func (r *regularizer) value() net.Regularizer {
	if r == nil {
		return net.Regularizer{}
	}
	return net.Regularizer{L1: float32(r.L1), L2: float32(r.L2)}
}

// Plain tells whether a text of at most so many bytes may stand in a model file: valid UTF-8 without control
// characters.
func Plain(s string, most int) bool {
	return len(s) <= most && utf8.ValidString(s) && strings.IndexFunc(s, unicode.IsControl) < 0
}

// checkText looks at a name, a category or a label.
func checkText(s string) error {
	if most := 255; !Plain(s, most) {
		return fmt.Errorf("a text that is longer than %d bytes, or has control characters", most)
	}
	return nil
}

// marshal writes a value that JSON has a form for.
func marshal(v any) string {
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		panic(err) // no number in a layer or schema is infinite or NaN
	}
	return strings.TrimSuffix(b.String(), "\n")
}

func newDecoder(text string) *json.Decoder {
	d := json.NewDecoder(strings.NewReader(text))
	d.DisallowUnknownFields()
	return d
}

// eachOf calls read where each element of a list begins. The list must be all that there is.
func eachOf(d *json.Decoder, read func() error) error {
	if t, err := d.Token(); err != nil || t != json.Delim('[') {
		return errors.New("not a list")
	}
	for d.More() {
		if err := read(); err != nil {
			return err
		}
	}
	if _, err := d.Token(); err != nil {
		return err
	}
	return atEnd(d)
}

func atEnd(d *json.Decoder) error {
	if _, err := d.Token(); err != io.EOF {
		return errors.New("something follows")
	}
	return nil
}
