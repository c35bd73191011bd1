// Package describe writes layers, schemas and self-tests as JSON texts, and reads them, for formats that have tensors
// and pairs of texts but no place for what nnrt knows besides: ONNX's metadata_props, safetensors's __metadata__. Every
// value comes back as it was. What is at its default is left out.
package describe

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"nnrt/internal/jsonscan"
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
	s := jsonscan.New(text)
	s.Array(net.MaxLayers, func() {
		var l net.Layer
		var alpha *float32
		s.Object(maxKeys, keyBytes, func(key string) {
			switch key {
			case "kind":
				l.Kind = layerKind(s)
			case "name":
				l.Name = name(s)
			case "units":
				l.Units = integer(s)
			case "activation":
				var known bool
				if text := s.String(keyBytes); s.Err() == nil {
					if l.Activation, known = net.ParseActivation(text); !known {
						s.Fail(fmt.Errorf("unknown activation %q", text))
					}
				}
			case "alpha":
				v := s.Float32()
				alpha = &v
			case "no_bias":
				l.NoBias = truth(s)
			case "kernel_initializer":
				l.KernelInitializer = parseInitializer(s)
			case "bias_initializer":
				l.BiasInitializer = parseInitializer(s)
			case "kernel_regularizer":
				l.KernelRegularizer = parseRegularizer(s)
			case "bias_regularizer":
				l.BiasRegularizer = parseRegularizer(s)
			case "activity_regularizer":
				l.ActivityRegularizer = parseRegularizer(s)
			case "rate":
				l.Rate = s.Float32()
			case "momentum":
				l.Momentum = s.Float32()
			case "epsilon":
				l.Epsilon = s.Float32()
			case "no_center":
				l.NoCenter = truth(s)
			case "no_scale":
				l.NoScale = truth(s)
			default:
				s.Unknown(key)
			}
		})
		if alpha != nil {
			l.Activation.Alpha = *alpha
		}
		layers = append(layers, l)
	})
	if err := s.End(); err != nil {
		return nil, fmt.Errorf("description of layers: %w", err)
	}
	return layers, nil
}

// layerKind reads the name of a kind of layers.
func layerKind(s *jsonscan.Scanner) net.LayerKind {
	text := s.String(keyBytes)
	for k := net.DenseLayer; k <= net.LayerNormalizationLayer; k++ {
		if k.String() == text {
			return k
		}
	}
	s.Fail(fmt.Errorf("unknown kind %q", text))
	return 0
}

func parseInitializer(s *jsonscan.Scanner) (i net.Initializer) {
	s.Object(maxKeys, keyBytes, func(key string) {
		switch key {
		case "kind":
			i.Kind = net.InitializerKind(s.Uint(math.MaxUint8))
		case "mode":
			i.Mode = net.FanMode(s.Uint(math.MaxUint8))
		case "distribution":
			i.Distribution = net.Distribution(s.Uint(math.MaxUint8))
		case "a":
			i.A = s.Float32()
		case "b":
			i.B = s.Float32()
		default:
			s.Unknown(key)
		}
	})
	return i
}

func parseRegularizer(s *jsonscan.Scanner) (r net.Regularizer) {
	s.Object(maxKeys, keyBytes, func(key string) {
		switch key {
		case "l1":
			r.L1 = s.Float32()
		case "l2":
			r.L2 = s.Float32()
		default:
			s.Unknown(key)
		}
	})
	return r
}

func describeInitializer(i net.Initializer) *initializer {
	if i == (net.Initializer{}) {
		return nil
	}
	return &initializer{i.Kind, i.Mode, i.Distribution, number(i.A), number(i.B)}
}

func describeRegularizer(r net.Regularizer) *regularizer {
	if r == (net.Regularizer{}) {
		return nil
	}
	return &regularizer{number(r.L1), number(r.L2)}
}

// Plain tells whether a text of at most so many bytes may stand in a model file: valid UTF-8 without control
// characters.
func Plain(s string, most int) bool {
	return len(s) <= most && utf8.ValidString(s) && strings.IndexFunc(s, unicode.IsControl) < 0
}

// Limits of the JSON.
const (
	maxKeys   = 32  // of an object
	keyBytes  = 32  // of a key, or of a word such as an activation's name
	nameBytes = 255 // of a name, a category or a label
)

// name reads a text that may stand in a model file.
func name(s *jsonscan.Scanner) string {
	const escaped = 6 // bytes that one may take
	text := s.String(escaped * nameBytes)
	if !Plain(text, nameBytes) {
		s.Fail(fmt.Errorf("a text that is longer than %d bytes, or has control characters", nameBytes))
	}
	return text
}

// truth reads true or false.
func truth(s *jsonscan.Scanner) bool {
	text := s.Raw(keyBytes)
	if text != "true" && text != "false" {
		s.Fail(errors.New("it is not true or false"))
	}
	return text == "true"
}

// integer reads a number of 32 bits.
func integer(s *jsonscan.Scanner) int {
	v, err := strconv.ParseInt(s.Raw(keyBytes), 10, 32)
	if err != nil {
		s.Fail(errors.New("it is not an integer of 32 bits"))
	}
	return int(v)
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
