package kernels

import "fmt"

// MultiplyAdd computes y[i] = fma(x[i], a[i], b[i]): a row by a factor and a shift for each column. y may be x or b. It
// panics if the lengths differ.
func MultiplyAdd(y, x, a, b []float32) {
	if n := len(x); len(y) != n || len(a) != n || len(b) != n {
		panic(fmt.Sprintf("kernels: MultiplyAdd of %d elements, %d factors and %d shifts into %d",
			n, len(a), len(b), len(y)))
	}
	active.multiplyAdd(y, x, a, b)
}

func genericMultiplyAdd(y, x, a, b []float32) {
	y, a, b = y[:len(x)], a[:len(x)], b[:len(x)]
	for i, v := range x {
		y[i] = FMA(v, a[i], b[i])
	}
}
