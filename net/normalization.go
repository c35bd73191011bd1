package net

import "nnrt/kernels"

// batchNormalizationAffine returns BatchNormalization in prediction as y = x·scale + shift.
func batchNormalizationAffine(tensor map[string][]float32, width int, epsilon float32) (scale, shift []float32) {
	scale, shift = make([]float32, width), make([]float32, width)
	kernels.BatchNormalizationAffine(scale, shift, tensor["gamma"], tensor["beta"], tensor["moving_mean"],
		tensor["moving_variance"], epsilon)
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
	kernels.NormalizeRow(y, x, epsilon)
	kernels.ScaleAndShiftRow(y, y, gamma, beta)
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
