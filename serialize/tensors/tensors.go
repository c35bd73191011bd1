// Package tensors makes models of named arrays of weights, and named arrays of models: what the formats safetensors and
// NPZ hold (packages serialize/safetensors and serialize/npz). Such a file says nothing of what the layers compute. That
// comes from the caller, or from the description that nnrt itself puts beside the weights (FORMAT.md has its form).
//
// What a tensor is, its name tells, and only its name:
//
//   - Keras: …/kernel [inputs, units], …/bias, and of normalisation layers …/gamma, …/beta, …/moving_mean,
//     …/moving_variance. The older ":0" at the end and the "." of flattened trees are taken, too.
//   - PyTorch: ….weight [units, inputs], ….bias, and of normalisation layers ….weight and ….bias [width],
//     ….running_mean, ….running_var.
//   - scikit-learn: coefs_0 [inputs, units], intercepts_0, coefs_1 and so on.
//   - arr_0, arr_1, …, which NumPy's savez calls arrays without names: Keras's model.get_weights() in its order.
//
// num_batches_tracked and seed_generator_state have no part in predictions and are left aside.
package tensors

import (
	"math"
)

// Tensor is a named array.
type Tensor struct {
	Name   string
	Type   string    // as the file calls it, such as F32 or <f4
	Shape  []int     // none for a single number
	Values []float32 // row-major, the last dimension varies fastest; nil if the type is not a floating-point one
}

// Set is what a file of tensors holds.
type Set struct {
	Tensors     []Tensor // in the file's order
	Description string   // nnrt's, in JSON; "" if there is none
	Rounded     []string // the names of the tensors in which float64 values were rounded to float32
}

// Limits of a file of tensors.
const (
	MaxTensors     = 8192 // as many as the largest model has, with PyTorch's num_batches_tracked
	MaxNameBytes   = 255
	MaxDescription = 2 << 20 // bytes
	MaxDimensions  = 8
)

// Product returns the number of elements of a shape, or false if that or a dimension is more than a model can have.
func Product(shape []uint64) (int, bool) {
	n := uint64(1)
	for _, d := range shape {
		if d > math.MaxInt32 {
			return 0, false
		}
		n *= d // below 2⁶², as n and d are below 2³¹
		if n > math.MaxInt32 {
			return 0, false
		}
	}
	return int(n), true
}

func finite(x float32) bool { return math.Float32bits(x)&0x7f800000 != 0x7f800000 }
