package net

import (
	"fmt"
	"math"

	"nnrt/kernels"
)

// Regularizer is the penalty L1·Σ|w| + L2·Σw² (Keras's L1, L2 and L1L2: no ½). The zero value is none.
type Regularizer struct {
	L1, L2 float32
}

// DefaultPenalty is what Keras takes when a regulariser is named without a value.
const DefaultPenalty = 0.01

// L1 is the penalty l1·Σ|w|.
func L1(l1 float32) Regularizer { return Regularizer{L1: l1} }

// L2 is the penalty l2·Σw².
func L2(l2 float32) Regularizer { return Regularizer{L2: l2} }

// L1L2 is the penalty l1·Σ|w| + l2·Σw².
func L1L2(l1, l2 float32) Regularizer { return Regularizer{L1: l1, L2: l2} }

func (r Regularizer) validate() error {
	for _, v := range []float32{r.L1, r.L2} {
		if !(v >= 0) || math.IsInf(float64(v), 0) {
			return fmt.Errorf("regulariser with L1 %v, L2 %v: penalties are finite and not negative", r.L1, r.L2)
		}
	}
	return nil
}

// penalty returns the regulariser's part of the loss for the given weights.
func (r Regularizer) penalty(w []float32) float64 {
	var p float64
	if r.L1 != 0 {
		p += float64(float64(r.L1) * float64(kernels.SumAbs(w)))
	}
	if r.L2 != 0 {
		p += float64(float64(r.L2) * float64(kernels.Dot(w, w)))
	}
	return p
}
