package net

import (
	"fmt"
	"math"

	"nnrt/kernels"
)

// LayerKind says what a layer does. The values are stored in model files and never change.
type LayerKind uint8

const (
	DenseLayer              LayerKind = 1
	ActivationLayer         LayerKind = 2
	DropoutLayer            LayerKind = 3
	BatchNormalizationLayer LayerKind = 4
	LayerNormalizationLayer LayerKind = 5
)

// String returns Keras's name of the layer's class, in lower case with underscores, as it appears in weight names.
func (k LayerKind) String() string {
	switch k {
	case DenseLayer:
		return "dense"
	case ActivationLayer:
		return "activation"
	case DropoutLayer:
		return "dropout"
	case BatchNormalizationLayer:
		return "batch_normalization"
	case LayerNormalizationLayer:
		return "layer_normalization"
	}
	return fmt.Sprintf("layer kind %d", uint8(k))
}

// Layer describes one layer. Build it with Dense, Activate, Dropout, BatchNormalization or LayerNormalization; the
// fields are open so that a layer can be stored, printed and compared (Layer is comparable with ==).
type Layer struct {
	Kind LayerKind
	Name string // Keras-style, such as dense_1; New fills it in when it is empty

	Units      int        // Dense: outputs
	Activation Activation // Dense and Activation
	NoBias     bool       // Dense: no bias

	// Dense. The zero value is Keras's default: glorot_uniform for the kernel, zeros for the bias, no regulariser.
	KernelInitializer, BiasInitializer                      Initializer
	KernelRegularizer, BiasRegularizer, ActivityRegularizer Regularizer

	Rate float32 // Dropout: the share of inputs set to zero, 0 ≤ Rate < 1

	// BatchNormalization and LayerNormalization.
	Momentum          float32 // BatchNormalization: of the moving mean and variance
	Epsilon           float32 // added to the variance
	NoCenter, NoScale bool    // without beta, without gamma
}

// LayerOption changes what is not said by position in a layer's constructor.
type LayerOption func(*Layer)

// Dense is a fully connected layer: y = activation(x·kernel + bias), kernel of shape [inputs, units].
func Dense(units int, activation Activation, options ...LayerOption) Layer {
	return Layer{Kind: DenseLayer, Units: units, Activation: activation}.with(options)
}

// Activate is a layer that applies an activation (Keras's Activation layer).
func Activate(activation Activation, options ...LayerOption) Layer {
	return Layer{Kind: ActivationLayer, Activation: activation}.with(options)
}

// Dropout sets a share rate of its inputs to zero during training and multiplies the rest by 1/(1−rate); in
// prediction it does nothing.
func Dropout(rate float32, options ...LayerOption) Layer {
	return Layer{Kind: DropoutLayer, Rate: rate}.with(options)
}

// BatchNormalization normalises each feature by the batch's mean and variance in training, and by their moving
// averages in prediction; momentum 0.99, epsilon 1e-3.
func BatchNormalization(options ...LayerOption) Layer {
	return Layer{Kind: BatchNormalizationLayer, Momentum: 0.99, Epsilon: 1e-3}.with(options)
}

// LayerNormalization normalises each row by its own mean and variance; epsilon 1e-3.
func LayerNormalization(options ...LayerOption) Layer {
	return Layer{Kind: LayerNormalizationLayer, Epsilon: 1e-3}.with(options)
}

// Name names a layer; unnamed layers are called dense, dense_1, … as in Keras.
func Name(name string) LayerOption { return func(l *Layer) { l.Name = name } }

// NoBias leaves the bias out of a Dense layer (Keras's use_bias=False).
func NoBias() LayerOption { return func(l *Layer) { l.NoBias = true } }

// KernelInitializer sets how a Dense kernel starts.
func KernelInitializer(i Initializer) LayerOption { return func(l *Layer) { l.KernelInitializer = i } }

// BiasInitializer sets how a Dense bias starts.
func BiasInitializer(i Initializer) LayerOption { return func(l *Layer) { l.BiasInitializer = i } }

// KernelRegularizer adds a penalty on a Dense kernel to the loss.
func KernelRegularizer(r Regularizer) LayerOption { return func(l *Layer) { l.KernelRegularizer = r } }

// BiasRegularizer adds a penalty on a Dense bias to the loss.
func BiasRegularizer(r Regularizer) LayerOption { return func(l *Layer) { l.BiasRegularizer = r } }

// ActivityRegularizer adds a penalty on a Dense layer's output, divided by the batch's rows, to the loss. On other
// layers it does nothing.
func ActivityRegularizer(r Regularizer) LayerOption {
	return func(l *Layer) { l.ActivityRegularizer = r }
}

// Momentum sets the momentum of BatchNormalization's moving averages.
func Momentum(momentum float32) LayerOption { return func(l *Layer) { l.Momentum = momentum } }

// Epsilon sets what a normalisation layer adds to the variance.
func Epsilon(epsilon float32) LayerOption { return func(l *Layer) { l.Epsilon = epsilon } }

// NoCenter leaves beta out of a normalisation layer (Keras's center=False).
func NoCenter() LayerOption { return func(l *Layer) { l.NoCenter = true } }

// NoScale leaves gamma out of a normalisation layer (Keras's scale=False).
func NoScale() LayerOption { return func(l *Layer) { l.NoScale = true } }

func (l Layer) with(options []LayerOption) Layer {
	for _, option := range options {
		option(&l)
	}
	return l
}

// penalizesActivity tells whether the layer's outputs are part of the loss.
func (l *Layer) penalizesActivity() bool {
	return l.Kind == DenseLayer && l.ActivityRegularizer != (Regularizer{})
}

// outputs returns the width of the layer's output for an input of the given width.
func (l *Layer) outputs(inputs int) int {
	if l.Kind == DenseLayer {
		return l.Units
	}
	return inputs
}

// validate checks everything a layer may hold, since layers also come from files.
func (l *Layer) validate() error {
	switch l.Kind {
	case DenseLayer:
		if l.Units < 1 || l.Units > MaxUnits {
			return fmt.Errorf("units %d outside 1…%d", l.Units, MaxUnits)
		}
		for _, i := range []Initializer{l.KernelInitializer, l.BiasInitializer} {
			if err := i.validate(); err != nil {
				return err
			}
		}
		for _, r := range []Regularizer{l.KernelRegularizer, l.BiasRegularizer, l.ActivityRegularizer} {
			if err := r.validate(); err != nil {
				return err
			}
		}
	case ActivationLayer:
	case DropoutLayer:
		if !(l.Rate >= 0 && l.Rate < 1) {
			return fmt.Errorf("dropout rate %v outside 0 ≤ rate < 1", l.Rate)
		}
	case BatchNormalizationLayer:
		if !(l.Momentum >= 0 && l.Momentum <= 1) {
			return fmt.Errorf("momentum %v outside 0…1", l.Momentum)
		}
		fallthrough
	case LayerNormalizationLayer:
		if !(l.Epsilon > 0) || math.IsInf(float64(l.Epsilon), 0) {
			return fmt.Errorf("epsilon %v is not a positive number", l.Epsilon)
		}
	default:
		return fmt.Errorf("unknown %v", l.Kind)
	}
	if !l.Activation.Kind.Valid() {
		return fmt.Errorf("unknown activation %d", uint8(l.Activation.Kind))
	}
	if a := float64(l.Activation.Alpha); math.IsNaN(a) || math.IsInf(a, 0) || l.Activation.Kind == kernels.CELU && a <= 0 {
		return fmt.Errorf("activation %v with parameter %v", l.Activation, l.Activation.Alpha)
	}
	return nil
}
