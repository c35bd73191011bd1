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
				work, g, loss := make([]float32, n), make([]float32, n), make([]float32, 1)
				probabilities := func(a Activation) []float32 {
					p := make([]float32, n)
					Activate(p, z, a, 0, n)
					return p
				}
				check := func(name string, want float64, gradient func(j int) float64) {
					t.Helper()
					got := loss[0]
					if e := math.Abs(float64(got) - want); !(e <= 2e-6*math.Max(1, size)) {
						t.Errorf("%s of %d logits: %v, want %v", name, n, got, want)
					}
					for j := range g {
						if e := math.Abs(float64(g[j]) - gradient(j)); !(e <= 4e-7) {
							t.Errorf("%s of %d logits, gradient %d: %v, want %v", name, n, j, g[j], gradient(j))
						}
					}
				}
				SigmoidCrossEntropy(loss, work, z, binary, n)
				CrossEntropyGradient(g, probabilities(Sigmoid), binary, float32(n), 1)
				check("sigmoid", sigmoid, func(j int) float64 {
					return (1/(1+math.Exp(-float64(z[j]))) - float64(binary[j])) / float64(n)
				})
				probability := func(j int) float64 { return math.Exp(float64(z[j]) - logSum) }
				SoftmaxCrossEntropy(loss, work, z, shares, n)
				CrossEntropyGradient(g, probabilities(Softmax), shares, 1, 1)
				check("softmax", softmax,
					func(j int) float64 { return probability(j) - float64(shares[j]) })
				classes := []float32{float32(class)}
				SparseSoftmaxCrossEntropy(loss, z, classes, n)
				SparseCrossEntropyGradient(g, work, probabilities(Softmax), classes, n, 1)
				check("sparse softmax", logSum-float64(z[class]),
					func(j int) float64 {
						if j == class {
							return probability(j) - 1
						}
						return probability(j)
					})
				oneHot, sparse := make([]float32, n), loss[0]
				oneHot[class] = 1
				if SoftmaxCrossEntropy(loss, work, z, oneHot, n); loss[0] != sparse {
					t.Errorf("%d logits, class %d: one-hot %v, sparse %v", n, class, loss[0], sparse)
				}
			}
		}
	})
}
