package kernels

import (
	"fmt"
	"math"
)

// InverseDeviation returns 1/√(variance + ε) with three roundings.
func InverseDeviation(variance, epsilon float32) float32 {
	return 1 / float32(math.Sqrt(float64(variance+epsilon)))
}

// BatchNormalizationAffine computes BatchNormalization in prediction as y = fma(x, scale, shift), a factor and a shift
// for each column: scale = gamma/√(variance + ε), shift = fma(−mean, scale, beta), with the moving mean and variance.
// gamma and beta may be nil (1 and 0). It panics unless the lengths agree.
func BatchNormalizationAffine(scale, shift, gamma, beta, mean, variance []float32, epsilon float32) {
	n := len(scale)
	if len(shift) != n || len(mean) != n || len(variance) != n || gamma != nil && len(gamma) != n ||
		beta != nil && len(beta) != n {
		panic(fmt.Sprintf("kernels: BatchNormalizationAffine of %d gammas, %d betas, %d means, %d variances into %d and %d",
			len(gamma), len(beta), len(mean), len(variance), n, len(shift)))
	}
	for j := range scale {
		scale[j] = InverseDeviation(variance[j], epsilon)
		if gamma != nil {
			scale[j] *= gamma[j]
		}
		shift[j] = 0
		if beta != nil {
			shift[j] = beta[j]
		}
		shift[j] = FMA(-mean[j], scale[j], shift[j])
	}
}

// NormalizeRow computes y = (x − mean)·d over one row, and returns d = 1/√(variance + ε): mean = Sum(x)/n, variance =
// Dot(y, y)/n with y = x − mean, InverseDeviation, and one product for each element. y may be x, and is as long.
func NormalizeRow(y, x []float32, epsilon float32) float32 {
	n := float32(len(x))
	mean := Sum(x) / n
	for j, v := range x {
		y[j] = v - mean
	}
	inverse := InverseDeviation(Dot(y, y)/n, epsilon)
	for j := range y {
		y[j] *= inverse
	}
	return inverse
}

// ScaleAndShiftRow computes y = fma(x, gamma, beta), either of which may be nil: then it is a product, a sum, or x.
// y may be x; all are as long.
func ScaleAndShiftRow(y, x, gamma, beta []float32) {
	switch {
	case gamma != nil && beta != nil:
		MultiplyAdd(y, x, gamma, beta)
	case gamma != nil:
		for j, v := range x {
			y[j] = v * gamma[j]
		}
	case beta != nil:
		for j, v := range x {
			y[j] = v + beta[j]
		}
	default:
		copy(y, x)
	}
}
