package net

import (
	"math"

	"nnrt/kernels"
)

// inverseDeviation returns 1/√(variance + ε) with three roundings.
func inverseDeviation(variance, epsilon float32) float32 {
	return 1 / float32(math.Sqrt(float64(variance+epsilon)))
}

// batchNormalizationAffine returns BatchNormalization in prediction as y = x·scale + shift:
// scale = gamma/√(moving_variance + ε), shift = beta − moving_mean·scale.
func batchNormalizationAffine(tensor map[string][]float32, width int, epsilon float32) (scale, shift []float32) {
	mean, variance, gamma, beta := tensor["moving_mean"], tensor["moving_variance"], tensor["gamma"], tensor["beta"]
	scale, shift = make([]float32, width), make([]float32, width)
	for j := range scale {
		scale[j] = inverseDeviation(variance[j], epsilon)
		if gamma != nil {
			scale[j] *= gamma[j]
		}
		if beta != nil {
			shift[j] = beta[j]
		}
		shift[j] = kernels.FMA(-mean[j], scale[j], shift[j])
	}
	return scale, shift
}

// scaleAndShift computes y = x·scale + shift for each row, fused.
func scaleAndShift(y, x, scale, shift []float32) {
	for width := len(scale); len(x) > 0; x, y = x[width:], y[width:] {
		kernels.MultiplyAdd(y[:width], x[:width], scale, shift)
	}
}

// layerNormalizeRow computes y = (x − mean)/√(variance + ε)·gamma + beta over one row; gamma and beta may be nil.
func layerNormalizeRow(y, x, gamma, beta []float32, epsilon float32) {
	normalizeRow(y, x, epsilon)
	scaleAndShiftRow(y, y, gamma, beta)
}

// normalizeRow computes y = (x − mean)/√(variance + ε) and returns 1/√(variance + ε).
func normalizeRow(y, x []float32, epsilon float32) float32 {
	n := float32(len(x))
	mean := kernels.Sum(x) / n
	for j, v := range x {
		y[j] = v - mean
	}
	inverse := inverseDeviation(kernels.Dot(y, y)/n, epsilon)
	for j := range y {
		y[j] *= inverse
	}
	return inverse
}

// scaleAndShiftRow computes y = x·gamma + beta, either of which may be nil (1 and 0).
func scaleAndShiftRow(y, x, gamma, beta []float32) {
	switch {
	case gamma != nil && beta != nil:
		kernels.MultiplyAdd(y, x, gamma, beta)
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

// batchStatistics computes the mean and the population variance of each column over the rows of x; work is a row.
func batchStatistics(mean, variance, work, x []float32) {
	width := len(mean)
	rows := float32(len(x) / width)
	kernels.ColumnSums(mean, x)
	for j := range mean {
		mean[j] /= rows
	}
	clear(variance)
	for ; len(x) > 0; x = x[width:] {
		for j, v := range x[:width] {
			work[j] = v - mean[j]
		}
		kernels.MultiplyAdd(variance, work, work, variance)
	}
	for j := range variance {
		variance[j] /= rows
	}
}
