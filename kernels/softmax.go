package kernels

import "math"

// rowMax returns the largest element of a row that is not NaN, −Inf if there is none.
func rowMax(row []float32) float32 {
	largest := float32(math.Inf(-1))
	for _, v := range row {
		if v > largest {
			largest = v
		}
	}
	return largest
}

// softmax computes y[i] = e[i] / Sum(e), e[i] = Exp(x[i] − max x), one division for each element. A row that holds a
// NaN or +Inf, or nothing but −Inf, becomes NaN as a whole.
func softmax(y, x []float32) {
	largest := rowMax(x)
	for i, v := range x {
		y[i] = Exp(v - largest)
	}
	sum := Sum(y)
	for i := range y {
		y[i] /= sum
	}
}

// logSoftmax computes y[i] = (x[i] − max x) − Log(Σ Exp(x[j] − max x)), the sum having Sum's order. Such rows as make
// softmax NaN make it NaN.
func logSoftmax(y, x []float32) {
	largest := rowMax(x)
	logSum := logSumExp(x, largest)
	for i, v := range x {
		y[i] = v - largest - logSum
	}
}

// logSumExp returns Log(Σ Exp(x[i] − largest)).
func logSumExp(x []float32, largest float32) float32 {
	var lane [lanes]float32
	for i, v := range x {
		lane[i%lanes] += Exp(v - largest)
	}
	return Log(joinLanes(&lane))
}

// softmaxGradient computes dx[i] = y[i]·(dy[i] − Dot(dy, y)).
func softmaxGradient(dx, dy, y []float32) {
	mean := Dot(dy, y)
	for i, v := range y {
		dx[i] = v * (dy[i] - mean)
	}
}

// logSoftmaxGradient computes dx[i] = fma(−Exp(y[i]), Sum(dy), dy[i]).
func logSoftmaxGradient(dx, dy, y []float32) {
	sum := Sum(dy)
	for i, v := range y {
		dx[i] = FMA(-Exp(v), sum, dy[i])
	}
}
