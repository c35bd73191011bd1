package kernels

// The activations that are put together from pieces, and the derivatives that follow from the output. Unless a
// comment says otherwise the value is exact or rounded once. Derivatives are within 2⁻²² of the true ones, times the
// largest of 1, |α| and the derivative (ULP.md).

// SELU's constants: Klambauer et al., "Self-Normalizing Neural Networks" (2017), with Keras's digits; their product
// is rounded to float32 once.
const (
	seluScale = 1.0507009873554804934193349852946
	seluAlpha = 1.6732632423543772848170429916717
)

// relu keeps −0 and NaN.
func relu(x float32) float32 {
	if x < 0 {
		return 0
	}
	return x
}

// reluSlope is 1 for x > 0, else 0: at 0 and for a NaN too.
func reluSlope(x float32) float32 {
	if x > 0 {
		return 1
	}
	return 0
}

// relu6 keeps −0 and NaN.
func relu6(x float32) float32 {
	if x < 0 {
		return 0
	}
	if x > 6 {
		return 6
	}
	return x
}

// relu6Slope is 1 for 0 < x < 6, else 0: at 0 and 6 and for a NaN too.
func relu6Slope(x float32) float32 {
	if x > 0 && x < 6 {
		return 1
	}
	return 0
}

func leakyReLU(x, alpha float32) float32 {
	if x > 0 {
		return x
	}
	return alpha * x
}

// leakyReLUSlope is 1 for x > 0, else α: at 0 and for a NaN too.
func leakyReLUSlope(x, alpha float32) float32 {
	if x > 0 {
		return 1
	}
	return alpha
}

// elu is x, or α·expm1Negative(x) for an x that is not > 0: at most 0.95 ULP for α = 1, below 1.9
// for the others that were tried.
func elu(x, alpha float32) float32 {
	if x > 0 {
		return x
	}
	return alpha * expm1Negative(x)
}

// eluSlope is 1 for x > 0, else y + α (α·eˣ), which is α at 0.
func eluSlope(x, y, alpha float32) float32 {
	if x > 0 {
		return 1
	}
	return y + alpha
}

// selu is λ·x, or (λ·α)·expm1Negative(x) for x < 0: at most 2 ULP.
func selu(x float32) float32 {
	if x < 0 {
		return seluScale * seluAlpha * expm1Negative(x)
	}
	return seluScale * x
}

// seluSlope is λ, or y + λ·α for x < 0; at 0 and for a NaN it is λ.
func seluSlope(x, y float32) float32 {
	if x < 0 {
		return y + seluScale*seluAlpha
	}
	return seluScale
}

// celu is x, or α·expm1Negative(x/α) for an x that is not > 0: at most 0.95 ULP for α = 1,
// below 2 for the others that were tried.
func celu(x, alpha float32) float32 {
	if x > 0 {
		return x
	}
	return alpha * expm1Negative(x/alpha)
}

// celuSlope is 1 for x > 0, else y/α + 1 (e^(x/α)), which is 1 at 0, as it must be: celu has no kink there. (Keras on
// TensorFlow gives 2 at 0, since both halves of its formula count a tie as theirs.)
func celuSlope(x, y, alpha float32) float32 {
	if x > 0 {
		return 1
	}
	return y/alpha + 1
}

// silu is x·SigmoidOf(x); at most 2.7 ULP, in units of 2⁻¹⁴² below 2⁻¹¹⁹. silu(−Inf) is NaN, as in Keras.
func silu(x float32) float32 { return x * SigmoidOf(x) }

// siluSlope is fma(x, σ', σ), with σ and its derivative σ' from sigmoidAndSlope. It is NaN at ±Inf, as in Keras.
func siluSlope(x float32) float32 {
	s, slope := sigmoidAndSlope(x)
	return FMA(x, slope, s)
}

// sigmoidSlope is y·(1 − y) as fma(−y, y, y).
func sigmoidSlope(y float32) float32 { return FMA(-y, y, y) }

// tanhSlope is fma(−y, y, 1).
func tanhSlope(y float32) float32 { return FMA(-y, y, 1) }

// logSigmoid is −SoftplusOf(−x); at most 1.66 ULP. It is −0 for a large x.
func logSigmoid(x float32) float32 { return -SoftplusOf(-x) }

// hardSigmoid is relu6(x + 3)/6; at most 1 ULP.
func hardSigmoid(x float32) float32 { return relu6(x+3) / 6 }

// hardSigmoidSlope is 1/6 for 0 < x + 3 < 6, else 0: at both kinks and for a NaN too.
func hardSigmoidSlope(x float32) float32 {
	if t := x + 3; t > 0 && t < 6 {
		return 1.0 / 6
	}
	return 0
}

// hardSiLU is x·hardSigmoid(x); at most 1.9 ULP. hardSiLU(−Inf) is NaN, as in Keras.
func hardSiLU(x float32) float32 { return x * hardSigmoid(x) }

// hardSiLUSlope is fma(x, hardSigmoidSlope(x), hardSigmoid(x)): 0 at −3 and 1 at 3. It is NaN at ±Inf, as in Keras.
func hardSiLUSlope(x float32) float32 { return FMA(x, hardSigmoidSlope(x), hardSigmoid(x)) }

// softsign is x/(1 + |x|); at most 1.5 ULP. softsign(±Inf) is NaN, as in Keras.
func softsign(x float32) float32 { return x / (1 + abs(x)) }

// softsignSlope is 1/d², d = 1 + |x|, as 1/(d·d): 0 where d·d overflows, from 1.8447e19 on (the true derivative is
// below 2⁻¹²⁷ there).
func softsignSlope(x float32) float32 {
	d := 1 + abs(x)
	return 1 / float32(d*d)
}
