//go:build gc && !purego

#include "textflag.h"
#include "neon_arm64.h"
#include "elementary_neon_arm64.h"
#include "loops_neon_arm64.h"

// The activations that are built on elementary functions, and their derivatives, with NEON: the operations of the
// generic functions in exp.go, log.go, tanh.go, sigmoid.go, gelu.go, mish.go and piecewise.go, in their order. Where the
// order or the operations differ, a comment says why the bits are the same.
//
// A formula computes V4 to V7 from the x in V0 to V3 by way of V8 to V23, four vectors at each step; V24 to V31 hold
// constants. The formulas of derivatives need not keep x.

// ---- Exponential function, sigmoid, tanh ----

// func exponentialNEON(y, x []float32, alpha float32)
//
// y = Exp(x); V26 = 89
#define EXPONENTIAL \
	FOUR3_BY(VFMIN, 26, 0, 4) \
	FOUR3_BY(VFMAX, 27, 4, 4) \
	EXP(4, 8, 12, 16)

TEXT ·exponentialNEON(SB), NOSPLIT, $0-52
	ELEMENTARY
	EXP_CONSTANTS
	LOAD(at_expHigh, 26)
	MAP(EXPONENTIAL)

// func exponentialGradientNEON(dx, dy, x, y []float32, alpha float32)
//
// dx = dy·y
#define NOTHING
#define TIMES_OUTPUT FOUR3(VFMUL, 16, 0, 4)

TEXT ·exponentialGradientNEON(SB), NOSPLIT, $0-100
	GRADIENT_BY_OUTPUT
	MAP2(NOTHING, TIMES_OUTPUT)

// func sigmoidNEON(y, x []float32, alpha float32)
//
// y = SigmoidOf(x)
#define SIGMOID_OF \
	SIGMOID(0, 4, 8, 12, 16)

TEXT ·sigmoidNEON(SB), NOSPLIT, $0-52
	ELEMENTARY
	EXP_CONSTANTS
	MAP(SIGMOID_OF)

// func sigmoidGradientNEON(dx, dy, x, y []float32, alpha float32)
//
// dx = dy·fma(−y, y, y)
#define SIGMOID_SLOPE \
	FOUR3(VORR_N, 0, 0, 4) \
	FOUR3(VFMLS_N, 0, 0, 4)

TEXT ·sigmoidGradientNEON(SB), NOSPLIT, $0-100
	GRADIENT_BY_OUTPUT
	MAP2(SIGMOID_SLOPE, TIMES)

// func tanhNEON(y, x []float32, alpha float32)
//
// y = TanhOf(x)
#define TANH_OF \
	TANH(0, 4, 8, 12, 16)

TEXT ·tanhNEON(SB), NOSPLIT, $0-52
	ELEMENTARY
	EXPM1_CONSTANTS
	MAP(TANH_OF)

// func tanhGradientNEON(dx, dy, x, y []float32, alpha float32)
//
// dx = dy·fma(−y, y, 1)
#define TANH_SLOPE \
	LOAD4(at_one, 4) \
	FOUR3(VFMLS_N, 0, 0, 4)

TEXT ·tanhGradientNEON(SB), NOSPLIT, $0-100
	ELEMENTARY
	GRADIENT_BY_OUTPUT
	MAP2(TANH_SLOPE, TIMES)

// ---- Functions that are linear on one side ----

// ELU_END makes y = x if x > 0, else α·expm1Negative(v), v in V8 to V11; V26 = α.
#define ELU_END \
	FOUR3_BY(VFMAX, 27, 8, 8) \
	EXPM1(4, 8, 12, 16) \
	FOUR3_BY(VFMUL, 26, 4, 4) \
	FOUR2(VFCMGT0, 0, 8) \
	FOUR3(VBIT_N, 8, 0, 4)

// func eluNEON(y, x []float32, alpha float32)
//
// y = x if x > 0, else α·expm1Negative(x); V26 = α
#define ELU \
	FOUR3(VORR_N, 0, 0, 8) \
	ELU_END

TEXT ·eluNEON(SB), NOSPLIT, $0-52
	ELEMENTARY
	EXPM1_CONSTANTS
	FMOVS alpha+48(FP), F26
	VDUP  V26.S[0], V26.S4
	MAP(ELU)

// func eluGradientNEON(dx, dy, x, y []float32, alpha float32)
//
// dx = dy·(1 if x > 0, else y + α); V28 = 1, V26 = α
#define ELU_SLOPE \
	FOUR3_BY(VFADD, 26, 8, 8) \
	FOUR2(VFCMGT0, 0, 4) \
	FOUR3_FROM(VBSL_N, 8, 28, 4)

TEXT ·eluGradientNEON(SB), NOSPLIT, $0-100
	ELEMENTARY
	LOAD(at_one, 28)
	FMOVS alpha+96(FP), F26
	VDUP  V26.S[0], V26.S4
	GRADIENT_BY_BOTH
	MAP3(ELU_SLOPE, TIMES)

// func celuNEON(y, x []float32, alpha float32)
//
// y = x if x > 0, else α·expm1Negative(x/α); V26 = α
#define CELU \
	FOUR3_BY(VFDIV, 26, 0, 8) \
	ELU_END

TEXT ·celuNEON(SB), NOSPLIT, $0-52
	ELEMENTARY
	EXPM1_CONSTANTS
	FMOVS alpha+48(FP), F26
	VDUP  V26.S[0], V26.S4
	MAP(CELU)

// func celuGradientNEON(dx, dy, x, y []float32, alpha float32)
//
// dx = dy·(1 if x > 0, else y/α + 1); V28 = 1, V26 = α
#define CELU_SLOPE \
	FOUR3_BY(VFDIV, 26, 8, 8) \
	FOUR3_BY(VFADD, 28, 8, 8) \
	FOUR2(VFCMGT0, 0, 4) \
	FOUR3_FROM(VBSL_N, 8, 28, 4)

TEXT ·celuGradientNEON(SB), NOSPLIT, $0-100
	ELEMENTARY
	LOAD(at_one, 28)
	FMOVS alpha+96(FP), F26
	VDUP  V26.S[0], V26.S4
	GRADIENT_BY_BOTH
	MAP3(CELU_SLOPE, TIMES)

// func seluNEON(y, x []float32, alpha float32)
//
// y = λ·x if x ≥ 0, else (λ·α)·expm1Negative(x), which is NaN for NaN as λ·x is; V26 = λ·α, V25 = λ
#define SELU \
	FOUR3_BY(VFMAX, 27, 0, 8) \
	EXPM1(4, 8, 12, 16) \
	FOUR3_BY(VFMUL, 26, 4, 4) \
	FOUR3_BY(VFMUL, 25, 0, 8) \
	FOUR2(VFCMGE0, 0, 12) \
	FOUR3(VBIT_N, 12, 8, 4)

TEXT ·seluNEON(SB), NOSPLIT, $0-52
	ELEMENTARY
	EXPM1_CONSTANTS
	LOAD(at_seluLambdaAlpha, 26)
	LOAD(at_seluLambda, 25)
	MAP(SELU)

// func seluGradientNEON(dx, dy, x, y []float32, alpha float32)
//
// dx = dy·(y + λ·α if x < 0, else λ); V26 = λ·α, V25 = λ
#define SELU_SLOPE \
	FOUR3_BY(VFADD, 26, 8, 8) \
	FOUR2(VFCMLT0, 0, 4) \
	FOUR3_BY(VBSL_N, 25, 8, 4)

TEXT ·seluGradientNEON(SB), NOSPLIT, $0-100
	ELEMENTARY
	LOAD(at_seluLambdaAlpha, 26)
	LOAD(at_seluLambda, 25)
	GRADIENT_BY_BOTH
	MAP3(SELU_SLOPE, TIMES)

// ---- GELU, SiLU, Mish ----

// func geluNEON(y, x []float32, alpha float32)
//
// With |t|, whose operations are those of t without the sign: y = x − |t| if x > 0, and −|t| as −0 − |t| otherwise.
#define GELU \
	NORMALTAIL(0, 8, 12, 4, 16, 20) \
	FOUR3(VFMUL, 8, 4, 4) \
	FOUR3(VFMUL, 12, 4, 4) \
	FOUR3(VFDIV, 16, 4, 4) \ // |t| = |x|·p·z/q
	FOUR3_BY(VFMAX, 29, 0, 8) \ // of 0 and −0, 0
	FOUR3(VFSUB, 4, 8, 4)

TEXT ·geluNEON(SB), NOSPLIT, $0-52
	ELEMENTARY
	EXP_CONSTANTS
	NORMAL_CONSTANTS
	MAP(GELU)

// func geluGradientNEON(dx, dy, x, y []float32, alpha float32)
//
// dx = dy·fma(x·z, 1/√2π, Φ(x)). (The sign may decide for −0 too, since Φ and 1 − Φ are ½ there.)
#define GELU_SLOPE \
	NORMALTAIL(0, 8, 12, 20, 16, 4) \
	FOUR3(VFMUL, 12, 20, 20) \
	FOUR3(VFDIV, 16, 20, 20) \ // z·p/q = Φ(−|x|)
	FOUR3_FROM(VFSUB, 20, 28, 16) \
	FOUR2(VCMLT0, 0, 4) \
	FOUR3(VBSL_N, 16, 20, 4) \ // Φ(x)
	FOUR3_BY(VBIT_N, 29, 0, 8) \ // the clamped x
	FOUR3(VFMUL, 12, 8, 8) \
	FOUR_ELEMENT(VFMLA_ELEMENT, 3, 25, 8, 4)

TEXT ·geluGradientNEON(SB), NOSPLIT, $0-100
	ELEMENTARY
	EXP_CONSTANTS
	NORMAL_CONSTANTS
	GRADIENT
	MAP2(GELU_SLOPE, TIMES)

// func geluTanhNEON(y, x []float32, alpha float32)
//
// y = x·SigmoidOf(v), v = x·fma(c, x·x, k); V25 = geluFactors
#define GELU_TANH \
	FOUR3(VFMUL, 0, 0, 8) \
	LOAD4(at_geluK, 12) \
	FOUR_ELEMENT(VFMLA_ELEMENT, 0, 25, 8, 12) \
	FOUR3(VFMUL, 0, 12, 12) \ // v
	SIGMOID(12, 4, 8, 16, 20) \
	FOUR3(VFMUL, 0, 4, 4)

TEXT ·geluTanhNEON(SB), NOSPLIT, $0-52
	ELEMENTARY
	EXP_CONSTANTS
	LOAD(at_geluFactors, 25)
	MAP(GELU_TANH)

// SIGMOID_AND_SLOPE makes y = σ = SigmoidOf(x) and slope = σ' = fma(−w, w, w).
#define SIGMOID_AND_SLOPE(x, y, slope, a, b) \
	SIGMOIDPARTS(x, y, slope, a, b) \
	FOUR3(VFMLS_N, slope, y, y) \
	FOUR3(VFMLS_N, slope, slope, slope)

// func geluTanhGradientNEON(dx, dy, x, y []float32, alpha float32)
//
// dx = dy·fma(x·v', σ', σ), v' = fma(3c, x·x, k); V26 = 16, V25 = geluFactors, V24 = −16
#define GELU_TANH_SLOPE \
	FOUR3_BY(VFMIN, 26, 0, 0) \
	FOUR3_BY(VFMAX, 24, 0, 0) \
	FOUR3(VFMUL, 0, 0, 8) \
	LOAD4(at_geluK, 12) \
	FOUR_ELEMENT(VFMLA_ELEMENT, 0, 25, 8, 12) \
	FOUR3(VFMUL, 0, 12, 12) \ // v
	LOAD4(at_geluK, 16) \
	FOUR_ELEMENT(VFMLA_ELEMENT, 1, 25, 8, 16) \
	FOUR3(VFMUL, 16, 0, 0) \ // x·v'
	SIGMOID_AND_SLOPE(12, 4, 8, 16, 20) \
	FOUR3(VFMLA_N, 0, 8, 4)

TEXT ·geluTanhGradientNEON(SB), NOSPLIT, $0-100
	ELEMENTARY
	EXP_CONSTANTS
	LOAD(at_sixteen, 26)
	LOAD(at_geluFactors, 25)
	LOAD(at_minusSixteen, 24)
	GRADIENT
	MAP2(GELU_TANH_SLOPE, TIMES)

// func siluNEON(y, x []float32, alpha float32)
//
// y = x·SigmoidOf(x)
#define SILU \
	SIGMOID(0, 4, 8, 12, 16) \
	FOUR3(VFMUL, 0, 4, 4)

TEXT ·siluNEON(SB), NOSPLIT, $0-52
	ELEMENTARY
	EXP_CONSTANTS
	MAP(SILU)

// func siluGradientNEON(dx, dy, x, y []float32, alpha float32)
//
// dx = dy·fma(x, σ', σ)
#define SILU_SLOPE \
	SIGMOID_AND_SLOPE(0, 4, 8, 12, 16) \
	FOUR3(VFMLA_N, 0, 8, 4)

TEXT ·siluGradientNEON(SB), NOSPLIT, $0-100
	ELEMENTARY
	EXP_CONSTANTS
	GRADIENT
	MAP2(SILU_SLOPE, TIMES)

// func mishNEON(y, x []float32, alpha float32)
//
// y = x·(n/d); V26 = 2
#define MISH \
	MISHPARTS(0, 8, 4, 12, 16, 20) \
	FOUR3(VFDIV, 12, 4, 4) \
	FOUR3(VFMUL, 0, 4, 4)

TEXT ·mishNEON(SB), NOSPLIT, $0-52
	ELEMENTARY
	EXP_CONSTANTS
	LOAD(at_two, 26)
	MAP(MISH)

// func mishGradientNEON(dx, dy, x, y []float32, alpha float32)
//
// dx = dy·fma(x, k/d, n)/d, k = 4z·(1 + z), times z if x ≥ 0; V26 = 2. (The sign may decide for −0 too, since z
// is 1 there.)
#define MISH_SLOPE \
	MISHPARTS(0, 8, 4, 12, 16, 20) \
	FOUR3(VFADD, 8, 8, 16) \
	FOUR3(VFADD, 16, 16, 16) \ // 4z
	FOUR3_BY(VFADD, 28, 8, 20) \
	FOUR3(VFMUL, 20, 16, 16) \ // k if x < 0
	FOUR3(VFMUL, 8, 16, 20) \ // k if x ≥ 0
	FOUR2(VCMLT0, 0, 8) \
	FOUR3(VBSL_N, 20, 16, 8) \
	FOUR3(VFDIV, 12, 8, 8) \
	FOUR3(VFMLA_N, 8, 0, 4) \
	FOUR3(VFDIV, 12, 4, 4)

TEXT ·mishGradientNEON(SB), NOSPLIT, $0-100
	ELEMENTARY
	EXP_CONSTANTS
	LOAD(at_two, 26)
	GRADIENT
	MAP2(MISH_SLOPE, TIMES)

// ---- Softplus and its kin, softsign ----

// SOFTPLUS_TAIL makes log1pFinite(Exp(−|x|)) in V8 to V11.
#define SOFTPLUS_TAIL \
	EXPNEGATIVE(8, 0, 4, 12, 16) \
	LOG1P(8, 4, 12, 16)

#define ZERO VEOR V22.B16, V22.B16, V22.B16

// func softplusNEON(y, x []float32, alpha float32)
//
// y = max(x, 0) + log1pFinite(Exp(−|x|)), 0 + tail being tail; V22 = 0
#define SOFTPLUS \
	SOFTPLUS_TAIL \
	FOUR3_BY(VFMAX, 22, 0, 4) \
	FOUR3(VFADD, 8, 4, 4)

TEXT ·softplusNEON(SB), NOSPLIT, $0-52
	ELEMENTARY
	EXP_CONSTANTS
	LOG1P_CONSTANTS
	ZERO
	MAP(SOFTPLUS)

// func softplusGradientNEON(dx, dy, x, y []float32, alpha float32)
//
// dx = dy·SigmoidOf(x)
TEXT ·softplusGradientNEON(SB), NOSPLIT, $0-100
	ELEMENTARY
	EXP_CONSTANTS
	GRADIENT
	MAP2(SIGMOID_OF, TIMES)

// func sigmoidCrossEntropyNEON(losses, z, y []float32)
//
// losses = fma(−z, y, SoftplusOf(z))
#define LESS_PRODUCT FOUR3(VFMLS_N, 16, 0, 4)

TEXT ·sigmoidCrossEntropyNEON(SB), NOSPLIT, $0-72
	ELEMENTARY
	EXP_CONSTANTS
	LOG1P_CONSTANTS
	ZERO
	MOVD losses_base+0(FP), R0
	MOVD z_base+24(FP), R1
	MOVD z_len+32(FP), R2
	MOVD y_base+48(FP), R4
	MAP2(SOFTPLUS, LESS_PRODUCT)

// func logSigmoidNEON(y, x []float32, alpha float32)
//
// y = −SoftplusOf(−x), which is x − tail if x < 0, and −tail as −0 − tail otherwise
#define LOG_SIGMOID \
	SOFTPLUS_TAIL \
	FOUR3_BY(VFMIN, 29, 0, 4) \
	FOUR3(VFSUB, 8, 4, 4)

TEXT ·logSigmoidNEON(SB), NOSPLIT, $0-52
	ELEMENTARY
	EXP_CONSTANTS
	LOG1P_CONSTANTS
	MAP(LOG_SIGMOID)

// func logSigmoidGradientNEON(dx, dy, x, y []float32, alpha float32)
//
// dx = dy·SigmoidOf(−x)
#define LOG_SIGMOID_SLOPE \
	FOUR2(VFNEG, 0, 20) \
	SIGMOID(20, 4, 8, 12, 16)

TEXT ·logSigmoidGradientNEON(SB), NOSPLIT, $0-100
	ELEMENTARY
	EXP_CONSTANTS
	GRADIENT
	MAP2(LOG_SIGMOID_SLOPE, TIMES)

// func softsignNEON(y, x []float32, alpha float32)
//
// y = x/(1 + |x|); V28 = 1
#define SOFTSIGN \
	FOUR2(VFABS, 0, 4) \
	FOUR3_BY(VFADD, 28, 4, 4) \
	FOUR3(VFDIV, 4, 0, 4)

TEXT ·softsignNEON(SB), NOSPLIT, $0-52
	ELEMENTARY
	LOAD(at_one, 28)
	MAP(SOFTSIGN)

// func softsignGradientNEON(dx, dy, x, y []float32, alpha float32)
//
// dx = dy·(1/(d·d)), d = 1 + |x|; V28 = 1
#define SOFTSIGN_SLOPE \
	FOUR2(VFABS, 0, 4) \
	FOUR3_BY(VFADD, 28, 4, 4) \
	FOUR3(VFMUL, 4, 4, 4) \
	FOUR3_FROM(VFDIV, 4, 28, 4)

TEXT ·softsignGradientNEON(SB), NOSPLIT, $0-100
	ELEMENTARY
	LOAD(at_one, 28)
	GRADIENT
	MAP2(SOFTSIGN_SLOPE, TIMES)
