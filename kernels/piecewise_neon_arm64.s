//go:build gc && !purego

#include "textflag.h"
#include "neon_arm64.h"
#include "loops_neon_arm64.h"

// The activations that are put together from pieces, and their derivatives, with NEON: the operations of piecewise.go.
//
// A formula is a macro that computes sixteen values in V4 to V7 from the x in V0 to V3, which stay; it may use V16 to
// V27 too, and what it finds in V28 to V31 stands above it. Each step is done to all four vectors before the next one,
// for the sake of processors that do not reorder.

// ---- Formulas ----

// BELOW is d = x < m.
#define BELOW(m, x, d) VFCMGT(x, m, d)

// A maximum with 0 would lose the sign of −0.
#define RELU \
	FOUR2(VFCMLT0, 0, 4) \
	FOUR3(VBIC, 4, 0, 4) // x &^ (x < 0)

// V31 = 1
#define RELUSLOPE \
	FOUR2(VFCMGT0, 0, 4) \
	FOUR3_BY(VAND_N, 31, 4, 4) // 1 & (x > 0)

// V30 = 6. The minimum of a NaN is NaN.
#define RELU6 \
	FOUR2(VFCMLT0, 0, 16)     \
	FOUR3_BY(VFMIN, 30, 0, 4) \
	FOUR3(VBIC, 16, 4, 4)     // min(x, 6) &^ (x < 0)

// V31 = 1, V30 = 6
#define RELU6SLOPE \
	FOUR2(VFCMGT0, 0, 4)       \
	FOUR3_BY(BELOW, 30, 0, 16) \
	FOUR3(VAND_N, 16, 4, 4)    \
	FOUR3_BY(VAND_N, 31, 4, 4) // 1 & (x > 0) & (x < 6)

// V31 = α
#define LEAKYRELU \
	FOUR2(VFCMGT0, 0, 4)       \
	FOUR3_BY(VFMUL, 31, 0, 16) \
	FOUR3(VBSL_N, 16, 0, 4)    // x > 0 ? x : α·x

// CHOOSE is d = d ? 1 : α, V31 = α, V30 = 1.
#define CHOOSE(n, d) VBSL_N(31, 30, d)
#define LEAKYRELUSLOPE \
	FOUR2(VFCMGT0, 0, 4) \
	FOUR2(CHOOSE, 0, 4)  // x > 0 ? 1 : α

// V30 = 6, V29 = 3, V28 = 1/6. A division takes long; t/6, t = relu6(x + 3), is q + (t − 6·q)·(1/6) with q = t·(1/6)
// here. The rest is exact and the sum rounded once; it is the quotient for each t that there is: 0, 2⁻²² to 6, and NaN
// (TestSixths).
#define HARDSIGMOID \
	FOUR3_BY(VFADD, 29, 0, 16)   \
	FOUR2(VFCMLT0, 16, 20)       \
	FOUR3_BY(VFMIN, 30, 16, 16)  \
	FOUR3(VBIC, 20, 16, 16)      \
	FOUR3_BY(VFMUL, 28, 16, 4)   \
	FOUR3_BY(VFMLS_N, 30, 4, 16) \
	FOUR3_BY(VFMLA_N, 28, 16, 4)

// HARDSIGMOIDSLOPE has its values in the four registers from d on. V30 = 6, V29 = 3, V28 = 1/6
#define HARDSIGMOIDSLOPE(d) \
	FOUR3_BY(VFADD, 29, 0, 16)  \
	FOUR2(VFCMGT0, 16, d)       \
	FOUR3_BY(BELOW, 30, 16, 16) \
	FOUR3(VAND_N, 16, d, d)     \
	FOUR3_BY(VAND_N, 28, d, d)  // (1/6) & (x+3 > 0) & (x+3 < 6)

// V30 = 6, V29 = 3, V28 = 1/6
#define HARDSILU \
	HARDSIGMOID \
	FOUR3(VFMUL, 4, 0, 4) // x·hardSigmoid(x)

// V30 = 6, V29 = 3, V28 = 1/6
#define HARDSILUSLOPE \
	HARDSIGMOIDSLOPE(24) \
	HARDSIGMOID          \
	FOUR3(VFMLA_N, 24, 0, 4) // fma(x, hardSigmoidSlope(x), hardSigmoid(x))

// ---- Constants ----

#define ONE FMOVS $1.0, F31; VDUP V31.S[0], V31.S4
#define SIX FMOVS $6.0, F30; VDUP V30.S[0], V30.S4
#define HARD_CONSTANTS \
	SIX                             \
	FMOVS $3.0, F29                 \
	VDUP  V29.S[0], V29.S4          \
	MOVD  $0x3E2AAAAB, R3 /* 1/6 */ \
	VDUP  R3, V28.S4

// ---- Functions ----

// func reluNEON(y, x []float32, alpha float32)
TEXT ·reluNEON(SB), NOSPLIT, $0-52
	MAP(RELU)

// func reluGradientNEON(dx, dy, x, y []float32, alpha float32)
TEXT ·reluGradientNEON(SB), NOSPLIT, $0-100
	ONE
	GRADIENT
	MAP2(RELUSLOPE, TIMES)

// func relu6NEON(y, x []float32, alpha float32)
TEXT ·relu6NEON(SB), NOSPLIT, $0-52
	SIX
	MAP(RELU6)

// func relu6GradientNEON(dx, dy, x, y []float32, alpha float32)
TEXT ·relu6GradientNEON(SB), NOSPLIT, $0-100
	ONE
	SIX
	GRADIENT
	MAP2(RELU6SLOPE, TIMES)

// func leakyReLUNEON(y, x []float32, alpha float32)
TEXT ·leakyReLUNEON(SB), NOSPLIT, $0-52
	FMOVS alpha+48(FP), F31
	VDUP  V31.S[0], V31.S4
	MAP(LEAKYRELU)

// func leakyReLUGradientNEON(dx, dy, x, y []float32, alpha float32)
TEXT ·leakyReLUGradientNEON(SB), NOSPLIT, $0-100
	FMOVS alpha+96(FP), F31
	VDUP  V31.S[0], V31.S4
	FMOVS $1.0, F30
	VDUP  V30.S[0], V30.S4
	GRADIENT
	MAP2(LEAKYRELUSLOPE, TIMES)

// func hardSigmoidNEON(y, x []float32, alpha float32)
TEXT ·hardSigmoidNEON(SB), NOSPLIT, $0-52
	HARD_CONSTANTS
	MAP(HARDSIGMOID)

// func hardSigmoidGradientNEON(dx, dy, x, y []float32, alpha float32)
TEXT ·hardSigmoidGradientNEON(SB), NOSPLIT, $0-100
	HARD_CONSTANTS
	GRADIENT
	MAP2(HARDSIGMOIDSLOPE(4), TIMES)

// func hardSiLUNEON(y, x []float32, alpha float32)
TEXT ·hardSiLUNEON(SB), NOSPLIT, $0-52
	HARD_CONSTANTS
	MAP(HARDSILU)

// func hardSiLUGradientNEON(dx, dy, x, y []float32, alpha float32)
TEXT ·hardSiLUGradientNEON(SB), NOSPLIT, $0-100
	HARD_CONSTANTS
	GRADIENT
	MAP2(HARDSILUSLOPE, TIMES)
