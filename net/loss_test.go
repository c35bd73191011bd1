package net

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"nnrt/kernels"
)

// lossCases are all losses in all forms: of outputs of a layer that fuses with them, of one that does not, of logits,
// with smoothed labels.
func lossCases() map[string]struct {
	loss Loss
	last Activation
} {
	type lossCase = struct {
		loss Loss
		last Activation
	}
	logits := func(l Loss) Loss { l.FromLogits = true; return l }
	smooth := func(l Loss) Loss { l.LabelSmoothing = 0.1; return l }
	cases := map[string]lossCase{
		"binary, fused":                 {BinaryCrossEntropy, Sigmoid},
		"binary, fused and smooth":      {smooth(BinaryCrossEntropy), Sigmoid},
		"binary, of logits":             {logits(BinaryCrossEntropy), Linear},
		"binary, of probabilities":      {BinaryCrossEntropy, HardSigmoid},
		"categorical, fused":            {CategoricalCrossEntropy, Softmax},
		"categorical, fused and smooth": {smooth(CategoricalCrossEntropy), Softmax},
		"categorical, of logits":        {logits(CategoricalCrossEntropy), Linear},
		"categorical, of probabilities": {CategoricalCrossEntropy, HardSigmoid},
		"sparse, fused":                 {SparseCategoricalCrossEntropy, Softmax},
		"sparse, of logits":             {logits(SparseCategoricalCrossEntropy), Linear},
		"sparse, of probabilities":      {SparseCategoricalCrossEntropy, HardSigmoid},
		"kl_divergence":                 {KLDivergence, Sigmoid},
		"poisson":                       {Poisson, Softplus},
	}
	for _, l := range []Loss{MeanSquaredError, MeanAbsoluteError, Huber, LogCosh, Hinge} {
		cases[l.String()] = lossCase{l, Linear}
	}
	return cases
}

// lossDigest hashes the losses and gradients of a loss for batches of outputs of many widths, with weights and without,
// with targets 0 and 1 and with others. Every NaN counts as the same.
func lossDigest(t *testing.T, l Loss, last Activation) string {
	r := rand.New(rand.NewPCG(21, 21))
	h := sha256.New()
	hash := func(values []float32) {
		for _, v := range values {
			bits := math.Float32bits(v)
			if v != v {
				bits = 0x7fc00000
			}
			h.Write(binary.LittleEndian.AppendUint32(nil, bits))
		}
	}
	for _, width := range []int{1, 2, 4, 10, 16, 17, 32, 33, 70} {
		if width == 1 && l.Kind == sparseCategoricalCrossEntropy {
			continue
		}
		m, err := New(3, Dense(width, last))
		if err != nil {
			t.Fatal(err)
		}
		loss, err := newLossOf(l, m)
		if err != nil {
			t.Fatal(err)
		}
		for _, rows := range []int{1, 2, 3, 19, 32, 50} {
			z, y := make([]float32, rows*width), make([]float32, rows*l.targetWidth(width))
			losses, grad, weight := make([]float32, rows), make([]float32, rows*width), make([]float32, rows)
			for _, kind := range []string{"usual", "soft", "extreme"} {
				for i := range z {
					z[i] = r.Float32()*16 - 8
					if kind == "extreme" && r.IntN(5) == 0 {
						z[i] = []float32{200, -200, 1e30, 1e-42, float32(math.Inf(1)), float32(math.Inf(-1)),
							float32(math.NaN()), float32(math.Copysign(0, -1))}[r.IntN(8)]
					}
				}
				for i := range y {
					switch {
					case l.Kind == sparseCategoricalCrossEntropy:
						y[i] = float32(r.IntN(width))
					case kind == "soft":
						y[i] = r.Float32()
					default:
						y[i] = float32(r.IntN(2))
					}
				}
				for i := range weight {
					weight[i] = r.Float32() * 3
				}
				p := make([]float32, len(z))
				activate(p, z, last, width)
				logits := p
				if loss.fused {
					logits = z
				}
				loss.rows(losses, grad, logits, p, y, nil)
				hash(losses)
				hash(grad)
				loss.rows(losses, grad, logits, p, y, weight)
				hash(grad)
				loss.rows(losses, nil, logits, p, y, weight)
				hash(losses)
			}
		}
	}
	return hex.EncodeToString(h.Sum(nil)[:8])
}

// TestLossesAreTheSameBitsEverywhere, whatever the kernels: the digests change with the arithmetic contract's version
// only.
func TestLossesAreTheSameBitsEverywhere(t *testing.T) {
	before := kernels.Active()
	defer func() {
		if err := kernels.Use(before); err != nil {
			t.Error(err)
		}
	}()
	for _, tier := range kernels.Tiers() {
		if err := kernels.Use(tier); err != nil {
			t.Fatal(err)
		}
		for name, c := range lossCases() {
			if got := lossDigest(t, c.loss, c.last); got != lossDigests[name] {
				t.Errorf("%s: %s", tier, fmt.Sprintf("%q: %q,", name, got))
			}
		}
	}
}

var lossDigests = map[string]string{
	"binary, fused and smooth":      "9192f8a40943bc8c",
	"binary, fused":                 "523226a61e58fb83",
	"binary, of logits":             "523226a61e58fb83",
	"binary, of probabilities":      "2833d92017e5ef08",
	"categorical, fused and smooth": "02fbef8e7f0fa931",
	"categorical, fused":            "58d116874561dd5e",
	"categorical, of logits":        "58d116874561dd5e",
	"categorical, of probabilities": "3a6cb2912236c955",
	"hinge":                         "84b46d1624ee034a",
	"huber":                         "d15c157f325f4981",
	"kl_divergence":                 "ca484fad75bebfdd",
	"log_cosh":                      "1ed4c6911ee4cf26",
	"mean_absolute_error":           "0fe1b9eed6b34163",
	"mean_squared_error":            "db5def3183ab7536",
	"poisson":                       "9e998a778c1f3167",
	"sparse, fused":                 "967eef436c7a2256",
	"sparse, of logits":             "967eef436c7a2256",
	"sparse, of probabilities":      "429b998032971660",
}
