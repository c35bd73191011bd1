//go:build gc && !purego

#include "textflag.h"
#include "neon_arm64.h"
#include "elementary_neon_arm64.h"
#include "loops_neon_arm64.h"

// Softmax, its logarithm and their gradients, and cross-entropies, for NEON: the operations of softmax.go and
// crossentropy.go.

// func rowMaxNEON(x []float32) float32
//
// The largest element, NaN if one is NaN: a row with a NaN becomes NaN as a whole, whatever is subtracted from it. It
// may be another of several zeros than rowMax gives, which changes no result: x − 0 is 0 for each of them, and where there
// are two, the sum of the row's exponentials is 2 or more, so that its logarithm is not 0.
//
// R1: x, R2: the elements that are left, less 16, V4 to V7: the largest ones
TEXT ·rowMaxNEON(SB), NOSPLIT, $0-28
	ELEMENTARY
	LOAD4(at_minusInfinity, 0)
	LOAD4(at_minusInfinity, 4)
	MOVD   x_base+0(FP), R1
	MOVD   x_len+8(FP), R2
	SUBS   $16, R2
	BLT    rest
sixteen:
	VLD1.P 64(R1), [V0.S4, V1.S4, V2.S4, V3.S4]
	FOUR3(VFMAX, 0, 4, 4)
	SUBS   $16, R2
	BGE    sixteen
rest: // where there is no element, V0 to V3 hold ones that were, or −∞
	LOAD_REST(R1, V0, V1, V2, V3)
	FOUR3(VFMAX, 0, 4, 4)
	VFMAX(4, 5, 4)
	VFMAX(6, 7, 6)
	VFMAX(4, 6, 4)
	VFMAXV(4, 4)
	FMOVS  F4, ret+24(FP)
	RET

// LOAD_TAIL loads the last R2 elements of the row at R1, 1 to 15, into V0 to V3 without gaps, and −∞ behind them: from
// the end on, as the bits of R2 say.
#define LOAD_TAIL \
	LOAD4(at_minusInfinity, 0)        \
	ADD    R2<<2, R1, R5              \
	TBZ    $0, R2, 3(PC)              \
	SUB    $4, R5                     \
	VLD1   (R5), V0.S[0]              \
	TBZ    $1, R2, 4(PC)              \
	SUB    $8, R5                     \
	VLD1   (R5), V4.D[0]              \
	VZIP1  V0.D2, V4.D2, V0.D2        \
	TBZ    $2, R2, 4(PC)              \
	SUB    $16, R5                    \
	VMOV   V0.B16, V1.B16             \
	VLD1   (R5), [V0.S4]              \
	TBZ    $3, R2, 4(PC)              \
	VMOV   V0.B16, V2.B16             \
	VMOV   V1.B16, V3.B16             \
	VLD1   (R1), [V0.S4, V1.S4]

// STORE_TAIL stores the first R2 elements of V0 to V3 at R0, which it moves behind them.
#define STORE_TAIL \
	TBZ    $3, R2, 4(PC)                \
	VST1.P [V0.S4, V1.S4], 32(R0)       \
	VMOV   V2.B16, V0.B16               \
	VMOV   V3.B16, V1.B16               \
	TBZ    $2, R2, 3(PC)                \
	VST1.P [V0.S4], 16(R0)              \
	VMOV   V1.B16, V0.B16               \
	TBZ    $1, R2, 3(PC)                \
	VST1.P V0.D[0], 8(R0)               \
	VEXT   $8, V0.B16, V0.B16, V0.B16   \
	TBZ    $0, R2, 2(PC)                \
	VST1.P V0.S[0], 4(R0)

// EXPLESS computes Exp(x − largest) in V0 to V3; Exp's upper limit is not needed, as largest is the largest.
// V26 = largest
#define EXPLESS \
	FOUR3_BY(VFSUB, 26, 0, 0) \
	FOUR3_BY(VFMAX, 27, 0, 0) \
	EXP(0, 4, 8, 12)

// EXPSUM is the body of a function that computes e[i] = Exp(x[i] − largest), stores them by store and storetail, and
// joins the sums of their 32 lanes in F16. Beyond the row are +0 or NaN, where the whole row becomes NaN: a sum of e is
// never −0.
//
// R0: e, R1: x, R2: the elements that are left; V16 to V23: the lanes, V26 = largest
#define EXPSUM(store, storetail) \
	ELEMENTARY                                  \
	EXP_CONSTANTS                               \
	VDUP   V26.S[0], V26.S4                     \
	FOUR3(VEOR_N, 16, 16, 16)                   \
	FOUR3(VEOR_N, 20, 20, 20)                   \
low:                                                \
	CMP    $16, R2                              \
	BLT    lowtail                              \
	VLD1.P 64(R1), [V0.S4, V1.S4, V2.S4, V3.S4] \
	EXPLESS                                     \
	FOUR3(VFADD, 0, 16, 16)                     \
	store                                       \
	SUB    $16, R2                              \
	CMP    $16, R2                              \
	BLT    hightail                             \
	VLD1.P 64(R1), [V0.S4, V1.S4, V2.S4, V3.S4] \
	EXPLESS                                     \
	FOUR3(VFADD, 0, 20, 20)                     \
	store                                       \
	SUB    $16, R2                              \
	B      low                                  \
lowtail:                                            \
	CBZ    R2, join                             \
	LOAD_TAIL                                   \
	EXPLESS                                     \
	FOUR3(VFADD, 0, 16, 16)                     \
	storetail                                   \
	B      join                                 \
hightail:                                           \
	CBZ    R2, join                             \
	LOAD_TAIL                                   \
	EXPLESS                                     \
	FOUR3(VFADD, 0, 20, 20)                     \
	storetail                                   \
join:                                               \
	FOUR3(VFADD, 20, 16, 16)                    \ // lane[i] += lane[i+16]
	VFADD(18, 16, 16)                           \ // lane[i] += lane[i+8]
	VFADD(19, 17, 17)                           \
	VFADD(17, 16, 16)                           \ // lane[i] += lane[i+4]
	VEXT   $8, V16.B16, V16.B16, V17.B16        \
	VFADD(17, 16, 16)                           \ // lane[i] += lane[i+2]
	VFADDP2(16, 16)                               // lane[0] += lane[1]

#define STORE VST1.P [V0.S4, V1.S4, V2.S4, V3.S4], 64(R0)
#define STORE_NOTHING

// func expAndSumNEON(y, x []float32, largest float32) (sum float32)
TEXT ·expAndSumNEON(SB), NOSPLIT, $0-60
	MOVD  y_base+0(FP), R0
	MOVD  x_base+24(FP), R1
	MOVD  x_len+32(FP), R2
	FMOVS largest+48(FP), F26
	EXPSUM(STORE, STORE_TAIL)
	FMOVS F16, sum+56(FP)
	RET

// LOG_OF_SUM makes F2 = Log of the sum in F16, which is 1 or more, or NaN: so these are Log's operations for a normal
// number, and a difference that is 0 or NaN. F28 = 1
//
// F0: k, F1: f, F2: the polynomial, then the logarithm
#define LOG_OF_SUM \
	FMOVS   F16, R3                \
	MOVW    $0x3f400000, R4        \
	SUBW    R4, R3, R4             \
	ANDW    $0xff800000, R4, R4    \ // e = exponentAbout1(sum)
	SUBW    R4, R3, R3             \
	FMOVS   R3, F1                 \
	FSUBS   F28, F1, F1            \ // f = m − 1
	ASRW    $23, R4, R4            \
	SCVTFWS R4, F0                 \ // k
	FMOVS   at_log10(R26), F2      \
	FMOVS   at_log9(R26), F3       \
	FMADDS  F1, F3, F2, F2         \
	FMOVS   at_log8(R26), F3       \
	FMADDS  F1, F3, F2, F2         \
	FMOVS   at_log7(R26), F3       \
	FMADDS  F1, F3, F2, F2         \
	FMOVS   at_log6(R26), F3       \
	FMADDS  F1, F3, F2, F2         \
	FMOVS   at_log5(R26), F3       \
	FMADDS  F1, F3, F2, F2         \
	FMOVS   at_log4(R26), F3       \
	FMADDS  F1, F3, F2, F2         \
	FMOVS   at_log3(R26), F3       \
	FMADDS  F1, F3, F2, F2         \
	FMOVS   at_log2(R26), F3       \
	FMADDS  F1, F3, F2, F2         \
	FMULS   F1, F1, F3             \
	FMADDS  F3, F1, F2, F2         \ // logPolynomial(f) = fma(p, f·f, f)
	FMOVS   at_ln2(R26), F3        \
	FMADDS  F3, F2, F0, F2         \ // fma(k, ln 2, ·)
	FSUBS   F16, F16, F16          \
	FADDS   F16, F2, F2

// func logSumExpNEON(x []float32, largest float32) float32
TEXT ·logSumExpNEON(SB), NOSPLIT, $0-36
	MOVD  x_base+0(FP), R1
	MOVD  x_len+8(FP), R2
	FMOVS largest+24(FP), F26
	EXPSUM(STORE_NOTHING, STORE_NOTHING)
	LOG_OF_SUM
	FMOVS F2, ret+32(FP)
	RET

// ---- Rows of fewer than 16 elements, one after the other ----

// NARROW_ROW makes e = Exp(x − largest) in V0 to V3, of the R2 elements at R1 and +0 behind them, and their sum in F16;
// V26 = largest. Of the 32 lanes those without an element add +0, which changes nothing.
#define NARROW_ROW \
	LOAD_TAIL                            \
	VFMAX(0, 1, 4)                       \
	VFMAX(2, 3, 5)                       \
	VFMAX(4, 5, 4)                       \
	VFMAXV(4, 4)                         \
	VDUP   V4.S[0], V26.S4               \
	EXPLESS                              \
	VFADD(2, 0, 16)                      \ // lane[i] += lane[i+8]
	VFADD(3, 1, 17)                      \
	VFADD(17, 16, 16)                    \ // lane[i] += lane[i+4]
	VEXT   $8, V16.B16, V16.B16, V17.B16 \
	VFADD(17, 16, 16)                    \ // lane[i] += lane[i+2]
	VFADDP2(16, 16)                        // lane[0] += lane[1]

// func softmaxNarrowNEON(y, x []float32, width int)
//
// R0: y, R1: x, R2: width, R3: the end of x
TEXT ·softmaxNarrowNEON(SB), NOSPLIT, $0-56
	ELEMENTARY
	EXP_CONSTANTS
	MOVD y_base+0(FP), R0
	MOVD x_base+24(FP), R1
	MOVD x_len+32(FP), R3
	MOVD width+48(FP), R2
	ADD  R3<<2, R1, R3
	CMP  R3, R1
	BEQ  done
row:
	NARROW_ROW
	VDUP V16.S[0], V16.S4
	VFDIV(16, 0, 0)
	CMP  $4, R2
	BLE  store
	VFDIV(16, 1, 1)
	CMP  $8, R2
	BLE  store
	VFDIV(16, 2, 2)
	VFDIV(16, 3, 3)
store:
	STORE_TAIL
	ADD  R2<<2, R1
	CMP  R3, R1
	BNE  row
done:
	RET

// func sparseCrossEntropyNarrowNEON(losses, z []float32, width int)
//
// loss = −(own − largest − Log(Σ Exp(z − largest))), own being the loss before
//
// R0: losses, R1: z, R2: width, R6: the rows that are left
TEXT ·sparseCrossEntropyNarrowNEON(SB), NOSPLIT, $0-56
	ELEMENTARY
	EXP_CONSTANTS
	MOVD losses_base+0(FP), R0
	MOVD losses_len+8(FP), R6
	MOVD z_base+24(FP), R1
	MOVD width+48(FP), R2
	CBZ  R6, done
row:
	NARROW_ROW
	LOG_OF_SUM
	FMOVS   (R0), F1
	FSUBS   F26, F1, F1
	FSUBS   F2, F1, F1
	FNEGS   F1, F1
	FMOVS.P F1, 4(R0)
	ADD     R2<<2, R1
	SUBS    $1, R6
	BNE     row
done:
	RET

// func divideNEON(y, x []float32, divisor float32)
#define DIVIDE FOUR3_BY(VFDIV, 26, 0, 4)

TEXT ·divideNEON(SB), NOSPLIT, $0-52
	FMOVS divisor+48(FP), F26
	VDUP  V26.S[0], V26.S4
	MAP(DIVIDE)

// func lessTwoNEON(y, x []float32, first, second float32)
#define LESS_TWO \
	FOUR3_BY(VFSUB, 26, 0, 4) \
	FOUR3_BY(VFSUB, 25, 4, 4)

TEXT ·lessTwoNEON(SB), NOSPLIT, $0-56
	FMOVS first+48(FP), F26
	FMOVS second+52(FP), F25
	VDUP  V26.S[0], V26.S4
	VDUP  V25.S[0], V25.S4
	MAP(LESS_TWO)

// func productLessMeanNEON(dx, dy, y []float32, mean float32)
#define NOTHING
#define PRODUCT_LESS_MEAN \
	FOUR3_BY(VFSUB, 26, 16, 16) \
	FOUR3(VFMUL, 16, 0, 4)

TEXT ·productLessMeanNEON(SB), NOSPLIT, $0-76
	MOVD  dx_base+0(FP), R0
	MOVD  dx_len+8(FP), R2
	MOVD  dy_base+24(FP), R4
	MOVD  y_base+48(FP), R1
	FMOVS mean+72(FP), F26
	VDUP  V26.S[0], V26.S4
	MAP2(NOTHING, PRODUCT_LESS_MEAN)

// func logSoftmaxGradientNEON(dx, dy, y []float32, sum float32)
//
// dx = fma(−Exp(y), sum, dy); V26 = 89, V25 = sum
#define EXP_OF_OUTPUT \
	FOUR3_BY(VFMIN, 26, 0, 4) \
	FOUR3_BY(VFMAX, 27, 4, 4) \
	EXP(4, 8, 12, 16)
#define LESS_SHARE \
	FOUR3_BY(VFMLS_N, 25, 4, 16) \
	FOUR3(VORR_N, 16, 16, 4)

TEXT ·logSoftmaxGradientNEON(SB), NOSPLIT, $0-76
	ELEMENTARY
	EXP_CONSTANTS
	LOAD(at_expHigh, 26)
	MOVD  dx_base+0(FP), R0
	MOVD  dx_len+8(FP), R2
	MOVD  dy_base+24(FP), R4
	MOVD  y_base+48(FP), R1
	FMOVS sum+72(FP), F25
	VDUP  V25.S[0], V25.S4
	MAP2(EXP_OF_OUTPUT, LESS_SHARE)

// func crossEntropyGradientNEON(g, p, y []float32, divisor, scale float32)
//
// g = (p − y)/divisor·scale, without the difference if y is nil
//
// R5: 0 if the divisor is 1, R6: 0 if y is nil; V26 = divisor, V25 = scale
#define CROSS_ENTROPY_GRADIENT \
	CBZ R6, 5(PC)               \
	FOUR3(VFSUB, 16, 0, 0)      \
	CBZ R5, 5(PC)               \
	FOUR3_BY(VFDIV, 26, 0, 0)   \
	FOUR3_BY(VFMUL, 25, 0, 4)

TEXT ·crossEntropyGradientNEON(SB), NOSPLIT, $0-80
	MOVD  g_base+0(FP), R0
	MOVD  g_len+8(FP), R2
	MOVD  p_base+24(FP), R1
	MOVD  y_base+48(FP), R6
	MOVD  R6, R4
	CBNZ  R6, 2(PC)
	MOVD  R1, R4 // in y's place, and not used
	FMOVS divisor+72(FP), F26
	FMOVS scale+76(FP), F25
	VDUP  V26.S[0], V26.S4
	VDUP  V25.S[0], V25.S4
	MOVWU divisor+72(FP), R5
	MOVD  $0x3f800000, R3
	SUB   R3, R5
	MAP2(NOTHING, CROSS_ENTROPY_GRADIENT)
