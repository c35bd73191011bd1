//go:build gc && !purego

package kernels

func reductionsNEON(t *table) {
	t.sum, t.dot, t.multiplyAdd = sumNEON, sumProductsNEON, multiplyAddNEON
}

func reductionsTrainingNEON(t *trainingTable) {
	t.sumAbs, t.columnSums = sumAbsNEON, columnSumsNEON
}

//go:noescape
func sumNEON(x []float32) float32

//go:noescape
func sumProductsNEON(x, y []float32) float32

//go:noescape
func multiplyAddNEON(y, x, a, b []float32)

//go:noescape
func sumAbsNEON(x []float32) float32

// columnSumsNEON goes by 32 columns, then by 8, of which the last may have been summed before: that does them again. Up
// to three columns go one by one.
func columnSumsNEON(sums, x []float32) {
	width := len(sums)
	switch {
	case len(x) == 0:
		clear(sums)
		return
	case width < 4:
		for j := range sums {
			sum := float32(0)
			for i := j; i < len(x); i += width {
				sum += x[i]
			}
			sums[j] = sum
		}
		return
	case width < 8:
		twoFoursOfColumnsNEON(&sums[0], &x[0], len(x)/width, width, width-4)
		return
	}
	j := 0
	for ; j+lanes <= width; j += lanes {
		columns32NEON(&sums[j], &x[j], len(x)/width, width)
	}
	for ; j < width; j += 8 {
		j = min(j, width-8)
		twoFoursOfColumnsNEON(&sums[j], &x[j], len(x)/width, width, 4)
	}
}

//go:noescape
func columns32NEON(sums, x *float32, rows, stride int)

//go:noescape
func twoFoursOfColumnsNEON(sums, x *float32, rows, stride, second int)
