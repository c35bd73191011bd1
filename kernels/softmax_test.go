package kernels

import (
	"math"
	"math/rand/v2"
	"testing"
)

var softmaxWidths = []int{1, 2, 3, 10, 31, 32, 33, 64, 100, 1000}

// softmaxRows are three rows of each kind: small, wide-ranging and far from 0.
func softmaxRows(width int) []float32 {
	r := rand.New(rand.NewPCG(7, uint64(width)))
	var x []float32
	for _, scale := range []float64{1, 30, 0.01} {
		for range width {
			x = append(x, float32(r.NormFloat64()*scale))
		}
	}
	for i := 2 * width; i < 3*width; i++ {
		x[i] += 1000
	}
	return x
}

// trueSoftmax returns softmax and log-softmax of a row in float64.
func trueSoftmax(row []float32) (p, logP []float64, largest float64) {
	largest = math.Inf(-1)
	for _, v := range row {
		largest = max(largest, float64(v))
	}
	var sum float64
	for _, v := range row {
		sum += math.Exp(float64(v) - largest)
	}
	for _, v := range row {
		logP = append(logP, float64(v)-largest-math.Log(sum))
		p = append(p, math.Exp(float64(v)-largest)/sum)
	}
	return p, logP, largest
}

func TestSoftmaxIsNearTheTruth(t *testing.T) {
	forEachTier(t, func(t *testing.T) {
		for _, width := range softmaxWidths {
			x := softmaxRows(width)
			y, logY := make([]float32, len(x)), make([]float32, len(x))
			Activate(y, x, Softmax, 0, width)
			Activate(logY, x, LogSoftmax, 0, width)
			for r := 0; r < len(x); r += width {
				p, logP, largest := trueSoftmax(x[r : r+width])
				for j := range p {
					// x − max is rounded, which the exponential function multiplies.
					below := largest - float64(x[r+j])
					limit := 0x1p-24*(6+below)*p[j] + 0x1p-149
					if e := math.Abs(float64(y[r+j]) - p[j]); e > limit {
						t.Fatalf("softmax of %d, row %d, [%d] = %v, want %v ± %v", width, r/width, j, y[r+j], p[j], limit)
					}
					limit = 0x1p-23 * (4 + below)
					if e := math.Abs(float64(logY[r+j]) - logP[j]); e > limit {
						t.Fatalf("log_softmax of %d, row %d, [%d] = %v, want %v ± %v", width, r/width, j, logY[r+j],
							logP[j], limit)
					}
				}
			}
		}
	})
}

// TestSoftmaxFollowsTheContract rebuilds the rows from Exp, Log and the order of lanes, element by element.
func TestSoftmaxFollowsTheContract(t *testing.T) {
	forEachTier(t, func(t *testing.T) {
		for _, width := range softmaxWidths {
			x := softmaxRows(width)
			y, logY, dx := make([]float32, len(x)), make([]float32, len(x)), make([]float32, len(x))
			dy := softmaxRows(width)
			Activate(y, x, Softmax, 0, width)
			Activate(logY, x, LogSoftmax, 0, width)
			for r := 0; r < len(x); r += width {
				row := x[r : r+width]
				largest := row[0]
				for _, v := range row {
					largest = max(largest, v)
				}
				sum := lanesInOrder(width, func(i int, sum float32) float32 { return sum + Exp(row[i]-largest) })
				for j, v := range row {
					if want := Exp(v-largest) / sum; !identical(y[r+j], want) {
						t.Fatalf("softmax of %d: [%d] = %v, want %v", width, r+j, y[r+j], want)
					}
					if want := (v - largest) - Log(sum); !identical(logY[r+j], want) {
						t.Fatalf("log_softmax of %d: [%d] = %v, want %v", width, r+j, logY[r+j], want)
					}
				}
			}
			ActivateGradient(dx, dy, x, y, Softmax, 0, width)
			for r := 0; r < len(x); r += width {
				mean := lanesInOrder(width, func(i int, sum float32) float32 { return FMA(dy[r+i], y[r+i], sum) })
				for i := r; i < r+width; i++ {
					if want := y[i] * (dy[i] - mean); !identical(dx[i], want) {
						t.Fatalf("softmax gradient of %d: [%d] = %v, want %v", width, i, dx[i], want)
					}
				}
			}
			ActivateGradient(dx, dy, x, logY, LogSoftmax, 0, width)
			for r := 0; r < len(x); r += width {
				sum := lanesInOrder(width, func(i int, sum float32) float32 { return sum + dy[r+i] })
				for i := r; i < r+width; i++ {
					if want := FMA(-Exp(logY[i]), sum, dy[i]); !identical(dx[i], want) {
						t.Fatalf("log_softmax gradient of %d: [%d] = %v, want %v", width, i, dx[i], want)
					}
				}
			}
		}
	})
}

// TestSoftmaxGradients compares with central differences of Σ dy·softmax(x) in float64.
func TestSoftmaxGradients(t *testing.T) {
	const width, h = 7, 1e-3
	x := softmaxRows(width)[:width]
	dy := []float32{1, -2, 0.5, 0, 3, -0.25, 1.5}
	y, dx := make([]float32, width), make([]float32, width)
	for _, a := range []Activation{Softmax, LogSoftmax} {
		Activate(y, x, a, 0, width)
		ActivateGradient(dx, dy, x, y, a, 0, width)
		loss := func(row []float32) (sum float64) {
			p, logP, _ := trueSoftmax(row)
			if a == LogSoftmax {
				p = logP
			}
			for i, v := range p {
				sum += float64(dy[i]) * v
			}
			return sum
		}
		for i := range x {
			up, down := append([]float32(nil), x...), append([]float32(nil), x...)
			up[i] += h
			down[i] -= h
			want := (loss(up) - loss(down)) / (float64(up[i]) - float64(down[i]))
			if math.Abs(float64(dx[i])-want) > 1e-5 {
				t.Errorf("%s: dx[%d] = %v, by differences %v", a, i, dx[i], want)
			}
		}
	}
}

func TestSoftmaxSpecialRows(t *testing.T) {
	log2 := float32(math.Ln2)
	for _, c := range []struct{ x, softmax, logSoftmax []float32 }{
		{[]float32{5, 5}, []float32{0.5, 0.5}, []float32{-log2, -log2}},
		{[]float32{-inf32, 5, 5}, []float32{0, 0.5, 0.5}, []float32{-inf32, -log2, -log2}},
		{[]float32{math.MaxFloat32, -math.MaxFloat32}, []float32{1, 0}, []float32{0, -inf32}},
		{[]float32{1, nan32, 2}, []float32{nan32, nan32, nan32}, []float32{nan32, nan32, nan32}},
		{[]float32{1, inf32, 2}, []float32{nan32, nan32, nan32}, []float32{nan32, nan32, nan32}},
		{[]float32{-inf32, -inf32}, []float32{nan32, nan32}, []float32{nan32, nan32}},
		{[]float32{-7}, []float32{1}, []float32{0}},
	} {
		y := make([]float32, len(c.x))
		for a, want := range map[Activation][]float32{Softmax: c.softmax, LogSoftmax: c.logSoftmax} {
			Activate(y, c.x, a, 0, len(c.x))
			for i := range y {
				if !identical(y[i], want[i]) {
					t.Errorf("%s(%v) = %v, want %v", a, c.x, y, want)
					break
				}
			}
		}
	}
}
