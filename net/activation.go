package net

import "nnrt/kernels"

// Activation is an activation function with its parameter. The zero value is linear, Keras's default.
type Activation struct {
	Kind  kernels.Activation
	Alpha float32 // slope of leaky_relu, α of elu and celu (there > 0); unused by the others
}

// Keras's activations with Keras's defaults; formulas and error bounds stand in nnrt/kernels.
var (
	Linear      = Activation{Kind: kernels.Linear}
	ReLU        = Activation{Kind: kernels.ReLU}
	ReLU6       = Activation{Kind: kernels.ReLU6}
	LeakyReLU   = Activation{Kind: kernels.LeakyReLU, Alpha: kernels.LeakyReLU.DefaultAlpha()}
	ELU         = Activation{Kind: kernels.ELU, Alpha: kernels.ELU.DefaultAlpha()}
	SELU        = Activation{Kind: kernels.SELU}
	CELU        = Activation{Kind: kernels.CELU, Alpha: kernels.CELU.DefaultAlpha()}
	GELU        = Activation{Kind: kernels.GELU} // exact, by erf (Keras's approximate=False)
	GELUTanh    = Activation{Kind: kernels.GELUTanh}
	SiLU        = Activation{Kind: kernels.SiLU}
	Mish        = Activation{Kind: kernels.Mish}
	Sigmoid     = Activation{Kind: kernels.Sigmoid}
	HardSigmoid = Activation{Kind: kernels.HardSigmoid}
	HardSiLU    = Activation{Kind: kernels.HardSiLU}
	LogSigmoid  = Activation{Kind: kernels.LogSigmoid}
	Tanh        = Activation{Kind: kernels.Tanh}
	Softplus    = Activation{Kind: kernels.Softplus}
	Softsign    = Activation{Kind: kernels.Softsign}
	Exponential = Activation{Kind: kernels.Exponential}
	Softmax     = Activation{Kind: kernels.Softmax}    // over the outputs of a row
	LogSoftmax  = Activation{Kind: kernels.LogSoftmax} // over the outputs of a row
)

// WithAlpha returns the activation with another slope or α, as in LeakyReLU.WithAlpha(0.01).
func (a Activation) WithAlpha(alpha float32) Activation {
	a.Alpha = alpha
	return a
}

// String returns Keras's name.
func (a Activation) String() string { return a.Kind.String() }

// ParseActivation returns the activation of a Keras name, with Keras's default parameter.
func ParseActivation(name string) (Activation, bool) {
	kind, ok := kernels.ParseActivation(name)
	return Activation{Kind: kind, Alpha: kind.DefaultAlpha()}, ok
}
