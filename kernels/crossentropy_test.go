package kernels

import (
	"math"
	"math/rand/v2"
	"testing"
)

func TestCrossEntropies(t *testing.T) {
	forEachTier(t, func(t *testing.T) {
		r := rand.New(rand.NewPCG(9, 9))
		for _, n := range []int{1, 2, 10, 33, 100} {
			for round := range 20 {
				z, binary, shares := make([]float32, n), make([]float32, n), make([]float32, n)
				class := r.IntN(n)
				var logSum, largest float64 = 0, math.Inf(-1)
				for j := range z {
					z[j] = float32(r.NormFloat64() * float64(1+round*round)) // far beyond saturation, too
					binary[j] = float32(r.IntN(2))
					shares[j] = 1 / float32(n)
					largest = math.Max(largest, float64(z[j]))
				}
				for _, v := range z {
					logSum += math.Exp(float64(v) - largest)
				}
				logSum = math.Log(logSum) + largest
				var sigmoid, softmax, size float64
				for j, v := range z {
					sigmoid += (math.Max(float64(v), 0) + math.Log1p(math.Exp(-math.Abs(float64(v)))) -
						float64(v)*float64(binary[j])) / float64(n)
					softmax += float64(shares[j]) * (logSum - float64(v))
					size = math.Max(size, math.Abs(float64(v)))
				}
				work, g := make([]float32, n), make([]float32, n)
				check := func(name string, got float32, want float64, gradient func(j int) float64) {
					t.Helper()
					if e := math.Abs(float64(got) - want); !(e <= 2e-6*math.Max(1, size)) {
						t.Errorf("%s of %d logits: %v, want %v", name, n, got, want)
					}
					for j := range g {
						if e := math.Abs(float64(g[j]) - gradient(j)); !(e <= 4e-7) {
							t.Errorf("%s of %d logits, gradient %d: %v, want %v", name, n, j, g[j], gradient(j))
						}
					}
				}
				check("sigmoid", SigmoidCrossEntropy(work, g, z, binary), sigmoid, func(j int) float64 {
					return (1/(1+math.Exp(-float64(z[j]))) - float64(binary[j])) / float64(n)
				})
				probability := func(j int) float64 { return math.Exp(float64(z[j]) - logSum) }
				check("softmax", SoftmaxCrossEntropy(work, g, z, shares), softmax,
					func(j int) float64 { return probability(j) - float64(shares[j]) })
				check("sparse softmax", SparseSoftmaxCrossEntropy(work, g, z, class), logSum-float64(z[class]),
					func(j int) float64 {
						if j == class {
							return probability(j) - 1
						}
						return probability(j)
					})
				oneHot := make([]float32, n)
				oneHot[class] = 1
				if a, b := SoftmaxCrossEntropy(work, nil, z, oneHot), SparseSoftmaxCrossEntropy(work, nil, z, class); a != b {
					t.Errorf("%d logits, class %d: one-hot %v, sparse %v", n, class, a, b)
				}
			}
		}
	})
}
