//go:build gc && !purego

#include "textflag.h"
#include "neon_arm64.h"
#include "loops_neon_arm64.h"

// The activations that are put together from pieces, and their derivatives, with NEON: the operations of piecewise.go.
//
// A formula is a macro that computes sixteen values in V4 to V7 from the x in V0 to V3, which stay; it may use V16 to V27
// too, and what it finds in V28 to V31 stands above it. Each step is done to all four vectors before the next one, for
// the sake of processors that do not reorder.

// BELOW is d = x < m.
#define BELOW(m, x, d) VFCMGT(x, m, d)

// AND keeps in V4 to V7 the bits that are set in the four others too.
#define AND(a, b, c, d) \
	VAND a.B16, V4.B16, V4.B16 \
	VAND b.B16, V5.B16, V5.B16 \
	VAND c.B16, V6.B16, V6.B16 \
	VAND d.B16, V7.B16, V7.B16

// BSL takes n where V4 to V7, a comparison's results, are true, and the last four where they are false.
#define BSL(n0, n1, n2, n3, a, b, c, d) \
	VBSL a.B16, n0.B16, V4.B16 \
	VBSL b.B16, n1.B16, V5.B16 \
	VBSL c.B16, n2.B16, V6.B16 \
	VBSL d.B16, n3.B16, V7.B16

// FMLA is d += n·m for V4 to V7.
#define FMLA(m0, m1, m2, m3, n0, n1, n2, n3) \
	VFMLA m0.S4, n0.S4, V4.S4 \
	VFMLA m1.S4, n1.S4, V5.S4 \
	VFMLA m2.S4, n2.S4, V6.S4 \
	VFMLA m3.S4, n3.S4, V7.S4

// ---- Formulas ----

// A maximum with 0 would lose the sign of −0.
#define RELU \
	FOUR2(VFCMLT0, 0, 4) \
	FOUR3(VBIC, 4, 0, 4) // x &^ (x < 0)

// V31 = 1
#define RELUSLOPE \
	FOUR2(VFCMGT0, 0, 4) \
	AND(V31, V31, V31, V31) // 1 & (x > 0)

// V30 = 6. The minimum of a NaN is NaN.
#define RELU6 \
	FOUR2(VFCMLT0, 0, 16)     \
	FOUR3_BY(VFMIN, 30, 0, 4) \
	FOUR3(VBIC, 16, 4, 4)     // min(x, 6) &^ (x < 0)

// V31 = 1, V30 = 6
#define RELU6SLOPE \
	FOUR2(VFCMGT0, 0, 4)       \
	FOUR3_BY(BELOW, 30, 0, 16) \
	AND(V16, V17, V18, V19)    \
	AND(V31, V31, V31, V31)    // 1 & (x > 0) & (x < 6)

// V31 = α
#define LEAKYRELU \
	FOUR2(VFCMGT0, 0, 4)       \
	FOUR3_BY(VFMUL, 31, 0, 16) \
	BSL(V0, V1, V2, V3, V16, V17, V18, V19) // x > 0 ? x : α·x

// V31 = α, V30 = 1
#define LEAKYRELUSLOPE \
	FOUR2(VFCMGT0, 0, 4) \
	BSL(V30, V30, V30, V30, V31, V31, V31, V31) // x > 0 ? 1 : α

// V30 = 6, V29 = 3, V28 = 1/6. A division takes long; t/6, t = relu6(x + 3), is q + (t − 6·q)·(1/6) with q = t·(1/6) here.
// The rest is exact and the sum rounded once; it is the quotient for each t that there is: 0, 2⁻²² to 6, and NaN
// (TestSixths).
#define HARDSIGMOID \
	FOUR3_BY(VFADD, 29, 0, 16)  \
	FOUR2(VFCMLT0, 16, 20)      \
	FOUR3_BY(VFMIN, 30, 16, 16) \
	FOUR3(VBIC, 20, 16, 16)     \
	FOUR3_BY(VFMUL, 28, 16, 4)  \
	VFMLS V30.S4, V4.S4, V16.S4 \
	VFMLS V30.S4, V5.S4, V17.S4 \
	VFMLS V30.S4, V6.S4, V18.S4 \
	VFMLS V30.S4, V7.S4, V19.S4 \
	FMLA(V28, V28, V28, V28, V16, V17, V18, V19) // q + (t − 6·q)/6

// V30 = 6, V29 = 3, V28 = 1/6
#define HARDSIGMOIDSLOPE \
	FOUR3_BY(VFADD, 29, 0, 16)  \
	FOUR2(VFCMGT0, 16, 4)       \
	FOUR3_BY(BELOW, 30, 16, 16) \
	AND(V16, V17, V18, V19)     \
	AND(V28, V28, V28, V28)     // (1/6) & (x+3 > 0) & (x+3 < 6)

// V30 = 6, V29 = 3, V28 = 1/6
#define HARDSILU \
	HARDSIGMOID \
	FOUR3(VFMUL, 4, 0, 4) // x·hardSigmoid(x)

// V30 = 6, V29 = 3, V28 = 1/6
#define HARDSILUSLOPE \
	HARDSIGMOIDSLOPE     \
	VMOV V4.B16, V24.B16 \
	VMOV V5.B16, V25.B16 \
	VMOV V6.B16, V26.B16 \
	VMOV V7.B16, V27.B16 \
	HARDSIGMOID          \
	FMLA(V24, V25, V26, V27, V0, V1, V2, V3) // fma(x, hardSigmoidSlope(x), hardSigmoid(x))

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

// func reluNEON(y, x []float32)
TEXT ·reluNEON(SB), NOSPLIT, $0-48
	MAP(RELU)

// func reluGradientNEON(dx, dy, x []float32)
TEXT ·reluGradientNEON(SB), NOSPLIT, $0-72
	ONE
	MULTIPLY(RELUSLOPE)

// func relu6NEON(y, x []float32)
TEXT ·relu6NEON(SB), NOSPLIT, $0-48
	SIX
	MAP(RELU6)

// func relu6GradientNEON(dx, dy, x []float32)
TEXT ·relu6GradientNEON(SB), NOSPLIT, $0-72
	ONE
	SIX
	MULTIPLY(RELU6SLOPE)

// func leakyReLUNEON(y, x []float32, alpha float32)
TEXT ·leakyReLUNEON(SB), NOSPLIT, $0-52
	FMOVS alpha+48(FP), F31
	VDUP  V31.S[0], V31.S4
	MAP(LEAKYRELU)

// func leakyReLUGradientNEON(dx, dy, x []float32, alpha float32)
TEXT ·leakyReLUGradientNEON(SB), NOSPLIT, $0-76
	FMOVS alpha+72(FP), F31
	VDUP  V31.S[0], V31.S4
	FMOVS $1.0, F30
	VDUP  V30.S[0], V30.S4
	MULTIPLY(LEAKYRELUSLOPE)

// func hardSigmoidNEON(y, x []float32)
TEXT ·hardSigmoidNEON(SB), NOSPLIT, $0-48
	HARD_CONSTANTS
	MAP(HARDSIGMOID)

// func hardSigmoidGradientNEON(dx, dy, x []float32)
TEXT ·hardSigmoidGradientNEON(SB), NOSPLIT, $0-72
	HARD_CONSTANTS
	MULTIPLY(HARDSIGMOIDSLOPE)

// func hardSiLUNEON(y, x []float32)
TEXT ·hardSiLUNEON(SB), NOSPLIT, $0-48
	HARD_CONSTANTS
	MAP(HARDSILU)

// func hardSiLUGradientNEON(dx, dy, x []float32)
TEXT ·hardSiLUGradientNEON(SB), NOSPLIT, $0-72
	HARD_CONSTANTS
	MULTIPLY(HARDSILUSLOPE)
