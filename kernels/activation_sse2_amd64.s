//go:build gc && !purego

#include "textflag.h"

// The elementary functions without a fused multiply-add. Four float32 are computed at a time, as two pairs of float64,
// "lo" and "hi", whose values are rounded to float32 wherever the reference rounds. A product of two float32 is
// exact in float64, so a·b + c needs care in one place only: the sum must not be rounded twice.
//
//   - FMAIN, where the sum s is known to lie within [2ᵉ, 2ᵉ⁺¹]: adding 1.5·2ᵉ⁺²⁹, whose float64 neighbours are as far
//     apart as the float32 neighbours of s, rounds the exact sum once. That number is added to c beforehand (exactly)
//     and subtracted afterwards (exactly).
//   - FMA rounds to float64 and then to float32. The second rounding can be wrong if s comes to lie on the middle
//     of two float32. The functions below have one argument each; all 2³² of them were tried, and the result is the
//     reference's. TestSSE2RoundsTwiceUnnoticed repeats that.
//
// Only instructions of SSE and SSE2. In all kernels below
//
//	SI, R9, R10  operands      X0…X11   the computation
//	DI           result        X12      the argument x, where it is needed later
//	CX           elements left X13, X14 parameters, one value four times
//	R8           scratch

#define PAIR(name, value) \
	DATA name<>+0(SB)/8, $value \
	DATA name<>+8(SB)/8, $value \
	GLOBL name<>(SB), (NOPTR+RODATA), $16

#define FOUR(name, value) \
	DATA name<>+0(SB)/4, $value \
	DATA name<>+4(SB)/4, $value \
	DATA name<>+8(SB)/4, $value \
	DATA name<>+12(SB)/4, $value \
	GLOBL name<>(SB), (NOPTR+RODATA), $16

FOUR(signBit, 0x80000000)
FOUR(half, 0.5)
FOUR(one, 1.0)
FOUR(six, 6.0)
FOUR(minusInf, 0xff800000)
FOUR(bias, 127)
FOUR(expHighest, 89.0)
FOUR(expLowest, -104.0)
FOUR(expm1Lowest, -80.0)
FOUR(threeHalves, 1.5)
FOUR(ln2Single, 0.693147182464599609375)

// float32 numbers in float64. rounderD + x is a whole number, which its low 32 bits hold too. ln2Split is
// ln2High + ln2Low, 43 bits, of which n·ln2Split is exact.
PAIR(oneD, 1.0)
PAIR(log2eD, 1.44269502162933349609375)
PAIR(rounderD, 6755399441055744.0)
PAIR(ln2D, 0.693147182464599609375)
PAIR(ln2SplitD, 0.6931471805598903)

// 1.5·2ᵉ⁺²⁹ for sums in [2ᵉ, 2ᵉ⁺¹], e = −7, −5, −3.
PAIR(big7, 6291456.0)
PAIR(big5, 25165824.0)
PAIR(big3, 100663296.0)

// The coefficients of expPolynomial; the second to fourth plus big7, big5, big3.
PAIR(exp5, 0.0013821646571159363)
PAIR(exp4Big7, 6291456.008368667215108871)
PAIR(exp3Big5, 25165824.041668254882097244)
PAIR(exp2Big3, 100663296.1666652113199234)
PAIR(exp1, 0.4999999403953552)

// The coefficients of expm1Parts likewise.
PAIR(expm4, 0.001386996591463685)
PAIR(expm3Big7, 6291456.008366252295672894)
PAIR(expm2Big5, 25165824.04166744276881218)
PAIR(expm1Big3, 100663296.1666654646396637)
PAIR(expm0, 0.4999999701976776)

// LOADFEW reads CX (1, 2 or 3) elements at p: the first, the middle and the last, which may be the same.
// STOREFEW writes such a result. R8 = CX/2. t is scratch.
#define LOADFEW(p, x, t) \
	MOVQ     CX, R8 \
	SHRQ     $1, R8 \
	MOVSS    (p), x \
	MOVSS    (p)(R8*4), t \
	UNPCKLPS t, x \
	MOVSS    -4(p)(CX*4), t \
	UNPCKLPS t, t \
	MOVLHPS  t, x

#define STOREFEW(x, p, t) \
	MOVSS   x, (p) \
	PSHUFD  $1, x, t \
	MOVSS   t, (p)(R8*4) \
	MOVHLPS x, t \
	MOVSS   t, -4(p)(CX*4)

// MAP is the loop of a function of one argument: y[i] = BODY(x[i]), from X0 to X0.
#define MAP(BODY) \
	TESTQ  CX, CX \
	JZ     done \
loop: \
	CMPQ   CX, $4 \
	JLT    few \
	MOVUPS (SI), X0 \
compute: \
	BODY \
	CMPQ   CX, $4 \
	JLT    last \
	MOVUPS X0, (DI) \
	ADDQ   $16, SI \
	ADDQ   $16, DI \
	SUBQ   $4, CX \
	JNZ    loop \
done: \
	RET \
few: \
	LOADFEW(SI, X0, X1) \
	JMP    compute \
last: \
	STOREFEW(X0, DI, X1) \
	RET

// MULTIPLY is the loop of a gradient that follows from one of x and y, whichever SI is: dx[i] = dy[i]·BODY(x[i]).
// R9 is dy.
#define MULTIPLY(BODY) \
	TESTQ  CX, CX \
	JZ     done \
loop: \
	CMPQ   CX, $4 \
	JLT    few \
	MOVUPS (SI), X0 \
	MOVUPS (R9), X11 \
compute: \
	BODY \
	MULPS  X11, X0 \
	CMPQ   CX, $4 \
	JLT    last \
	MOVUPS X0, (DI) \
	ADDQ   $16, SI \
	ADDQ   $16, R9 \
	ADDQ   $16, DI \
	SUBQ   $4, CX \
	JNZ    loop \
done: \
	RET \
few: \
	LOADFEW(SI, X0, X1) \
	LOADFEW(R9, X11, X1) \
	JMP    compute \
last: \
	STOREFEW(X0, DI, X1) \
	RET

// BROADCAST makes four of the float32 in x.
#define BROADCAST(x) \
	SHUFPS $0, x, x

// SELECT: x = mask ? x : other. other is lost.
#define SELECT(mask, x, other) \
	ANDPS  mask, x \
	ANDNPS other, mask \
	ORPS   mask, x

// WIDEN: lo, hi = float64(x); x is not lo or hi. (PSHUFD, unlike MOVHLPS, does not wait for the old hi.)
#define WIDEN(x, lo, hi) \
	PSHUFD   $0xee, x, hi \
	CVTPS2PD x, lo \
	CVTPS2PD hi, hi

// NARROW: lo = float32(lo, hi).
#define NARROW(lo, hi) \
	CVTPD2PS lo, lo \
	CVTPD2PS hi, hi \
	MOVLHPS  hi, lo

// ROUND: lo, hi = float64(float32(lo, hi)).
#define ROUND(lo, hi) \
	CVTPD2PS lo, lo \
	CVTPD2PS hi, hi \
	CVTPS2PD lo, lo \
	CVTPS2PD hi, hi

// HORNER: lo, hi = lo·rlo + c, hi·rhi + c in float64.
#define HORNER(lo, hi, rlo, rhi, c) \
	MULPD rlo, lo \
	MULPD rhi, hi \
	ADDPD c, lo \
	ADDPD c, hi

// FMA: the same rounded to float32.
#define FMA(lo, hi, rlo, rhi, c) \
	HORNER(lo, hi, rlo, rhi, c) \
	ROUND(lo, hi)

// FMAIN: the same where the sum stays within the powers of two that belong to big; cBig = c + big.
#define FMAIN(lo, hi, rlo, rhi, cBig, big) \
	HORNER(lo, hi, rlo, rhi, cBig) \
	SUBPD big, lo \
	SUBPD big, hi

// REDUCE: from x in X0: X4 = n, the integer nearest to x·log₂e, and X0, X1 = x − n·ln2, in float64. X2, X3 are
// scratch. (A NaN gives some n, and NaN.)
#define REDUCE(ln2) \
	PSHUFD   $0xee, X0, X1 \
	CVTPS2PD X0, X0 \
	CVTPS2PD X1, X1 \
	MOVAPS   X0, X2 \
	MOVAPS   X1, X3 \
	MULPD    log2eD<>(SB), X2 \
	MULPD    log2eD<>(SB), X3 \
	ADDPD    rounderD<>(SB), X2 \
	ADDPD    rounderD<>(SB), X3 \
	MOVAPS   X2, X4 \
	SHUFPS   $0x88, X3, X4 \
	SUBPD    rounderD<>(SB), X2 \
	SUBPD    rounderD<>(SB), X3 \
	MULPD    ln2, X2 \
	MULPD    ln2, X3 \
	SUBPD    X2, X0 \
	SUBPD    X3, X1

// EXPPOLYNOMIAL: X0 = e^r·2ⁿ from r in X0, X1 and n in X4: expPolynomial and scale. X2…X5 are scratch.
#define EXPPOLYNOMIAL \
	MOVAPS exp5<>(SB), X2 \
	MOVAPS X2, X3 \
	FMAIN(X2, X3, X0, X1, exp4Big7<>(SB), big7<>(SB)) \
	FMAIN(X2, X3, X0, X1, exp3Big5<>(SB), big5<>(SB)) \
	FMAIN(X2, X3, X0, X1, exp2Big3<>(SB), big3<>(SB)) \
	FMA(X2, X3, X0, X1, exp1<>(SB)) \
	FMA(X2, X3, X0, X1, oneD<>(SB)) \
	HORNER(X2, X3, X0, X1, oneD<>(SB)) \
	CVTPD2PS X2, X0 \
	CVTPD2PS X3, X3 \
	MOVLHPS  X3, X0 \
	MOVAPS X4, X5 \ // X5 = 2^⌊n/2⌋, X4 = 2^(n−⌊n/2⌋)
	PSRAL  $1, X5 \
	PSUBL  X5, X4 \
	PADDL  bias<>(SB), X5 \
	PADDL  bias<>(SB), X4 \
	PSLLL  $23, X5 \
	PSLLL  $23, X4 \
	MULPS  X5, X0 \
	MULPS  X4, X0

// EXPCLAMPED: X0 = Exp(X0), for arguments in [−104, 89]. X1…X5 are scratch.
#define EXPCLAMPED \
	REDUCE(ln2SplitD<>(SB)) \
	ROUND(X0, X1) \
	EXPPOLYNOMIAL

// EXPNEGATIVE: X0 = Exp(−|X0|). A MAXPS whose second operand is NaN returns that.
#define EXPNEGATIVE \
	ORPS   signBit<>(SB), X0 \
	MOVAPS expLowest<>(SB), X1 \
	MAXPS  X0, X1 \
	MOVAPS X1, X0 \
	EXPCLAMPED

// EXPM1PARTS: from x in X0: X4 = s, X2, X3 = q, in float64. X0…X5 are scratch.
#define EXPM1PARTS \
	MOVAPS expm1Lowest<>(SB), X1 \
	MAXPS  X0, X1 \
	MOVAPS X1, X0 \
	REDUCE(ln2D<>(SB)) \
	PADDL  bias<>(SB), X4 \
	PSLLL  $23, X4 \
	CVTPD2PS X0, X0 \
	CVTPD2PS X1, X1 \
	MOVAPS X0, X5 \
	MOVLHPS X1, X5 \
	CVTPS2PD X0, X0 \
	CVTPS2PD X1, X1 \
	MOVAPS expm4<>(SB), X2 \
	MOVAPS X2, X3 \
	FMAIN(X2, X3, X0, X1, expm3Big7<>(SB), big7<>(SB)) \
	FMAIN(X2, X3, X0, X1, expm2Big5<>(SB), big5<>(SB)) \
	FMAIN(X2, X3, X0, X1, expm1Big3<>(SB), big3<>(SB)) \
	FMA(X2, X3, X0, X1, expm0<>(SB)) \
	MULPS  X5, X5 \ // r·r
	PSHUFD $0xee, X5, X6 \
	CVTPS2PD X5, X5 \
	CVTPS2PD X6, X6 \
	MULPD  X5, X2 \ // q = p·(r·r) + r
	MULPD  X6, X3 \
	ADDPD  X0, X2 \
	ADDPD  X1, X3 \
	ROUND(X2, X3)

// SIGMOID: X0 = SigmoidOf(X12); X1 = w. X2…X7 are scratch.
#define SIGMOID \
	MOVAPS X12, X0 \
	EXPNEGATIVE \
	MOVAPS one<>(SB), X2 \
	ADDPS  X0, X2 \
	MOVAPS X0, X1 \
	DIVPS  X2, X1 \ // w = z / (1 + z)
	MOVAPS X12, X7 \ // c = x's sign bit ? z : 1
	PSRAL  $31, X7 \
	SELECT(X7, X0, one<>(SB)) \
	WIDEN(X0, X2, X3) \
	WIDEN(X1, X4, X5) \
	MULPD  X2, X4 \
	MULPD  X3, X5 \
	SUBPD  X4, X2 \ // c − w·c
	SUBPD  X5, X3 \
	CVTPD2PS X2, X0 \
	CVTPD2PS X3, X3 \
	MOVLHPS  X3, X0

#define RELUBODY \ // 0 > x ? 0 : x, which keeps −0 and NaN
	XORPS  X1, X1 \
	MAXPS  X0, X1 \
	MOVAPS X1, X0

#define RELU6BODY \ // 6 < x ? 6 : x, then likewise
	MOVAPS six<>(SB), X2 \
	MINPS  X0, X2 \
	XORPS  X0, X0 \
	MAXPS  X2, X0

#define LEAKYRELUBODY \ // X13 = α
	XORPS  X1, X1 \
	CMPPS  X0, X1, $1 \ // 0 < x
	MOVAPS X0, X2 \
	MULPS  X13, X2 \
	SELECT(X1, X0, X2)

#define RELUSLOPE \
	XORPS  X1, X1 \
	CMPPS  X0, X1, $1 \ // 0 < x
	MOVAPS one<>(SB), X0 \
	ANDPS  X1, X0

#define RELU6SLOPE \
	XORPS  X1, X1 \
	CMPPS  X0, X1, $1 \ // 0 < x
	CMPPS  six<>(SB), X0, $1 \ // x < 6
	ANDPS  X1, X0 \
	ANDPS  one<>(SB), X0

#define LEAKYRELUSLOPE \ // X13 = α
	XORPS  X1, X1 \
	CMPPS  X0, X1, $1 \ // 0 < x
	MOVAPS one<>(SB), X0 \
	SELECT(X1, X0, X13)

#define EXPBODY \ // X13 = the largest of the row
	SUBPS  X13, X0 \
	MOVAPS expHighest<>(SB), X1 \
	MINPS  X0, X1 \
	MOVAPS expLowest<>(SB), X0 \
	MAXPS  X1, X0 \
	EXPCLAMPED

#define SIGMOIDBODY \
	MOVAPS X0, X12 \
	SIGMOID

#define TANHBODY \
	MOVAPS X0, X12 \
	ADDPS  X0, X0 \ // −2|x|
	ORPS   signBit<>(SB), X0 \
	EXPM1PARTS \
	MOVAPS one<>(SB), X0 \
	MOVAPS X0, X1 \
	SUBPS  X4, X0 \ // 1 − s
	ADDPS  X4, X1 \ // 1 + s
	WIDEN(X4, X5, X6) \
	MULPD  X5, X2 \ // s·q
	MULPD  X6, X3 \
	WIDEN(X0, X4, X5) \
	WIDEN(X1, X6, X7) \
	SUBPD  X2, X4 \
	SUBPD  X3, X5 \
	ADDPD  X2, X6 \
	ADDPD  X3, X7 \
	NARROW(X4, X5) \
	NARROW(X6, X7) \
	DIVPS  X6, X4 \
	MOVAPS signBit<>(SB), X0 \
	ANDPS  X12, X0 \
	ORPS   X4, X0

// func reluSSE2(y, x []float32)
// y[i] = relu(x[i])
TEXT ·reluSSE2(SB), NOSPLIT, $0-48
	MOVQ y_base+0(FP), DI
	MOVQ x_base+24(FP), SI
	MOVQ x_len+32(FP), CX
	MAP(RELUBODY)

// func relu6SSE2(y, x []float32)
// y[i] = relu6(x[i])
TEXT ·relu6SSE2(SB), NOSPLIT, $0-48
	MOVQ y_base+0(FP), DI
	MOVQ x_base+24(FP), SI
	MOVQ x_len+32(FP), CX
	MAP(RELU6BODY)

// func leakyReLUSSE2(y, x []float32, alpha float32)
// y[i] = leakyReLU(x[i], α)
TEXT ·leakyReLUSSE2(SB), NOSPLIT, $0-52
	MOVQ  y_base+0(FP), DI
	MOVQ  x_base+24(FP), SI
	MOVQ  x_len+32(FP), CX
	MOVSS alpha+48(FP), X13
	BROADCAST(X13)
	MAP(LEAKYRELUBODY)

// func expSSE2(y, x []float32, largest float32)
// y[i] = Exp(x[i] − largest)
TEXT ·expSSE2(SB), NOSPLIT, $0-52
	MOVQ  y_base+0(FP), DI
	MOVQ  x_base+24(FP), SI
	MOVQ  x_len+32(FP), CX
	MOVSS largest+48(FP), X13
	BROADCAST(X13)
	MAP(EXPBODY)

// func sigmoidSSE2(y, x []float32)
// y[i] = SigmoidOf(x[i])
TEXT ·sigmoidSSE2(SB), NOSPLIT, $0-48
	MOVQ y_base+0(FP), DI
	MOVQ x_base+24(FP), SI
	MOVQ x_len+32(FP), CX
	MAP(SIGMOIDBODY)

// func tanhSSE2(y, x []float32)
// y[i] = TanhOf(x[i])
TEXT ·tanhSSE2(SB), NOSPLIT, $0-48
	MOVQ y_base+0(FP), DI
	MOVQ x_base+24(FP), SI
	MOVQ x_len+32(FP), CX
	MAP(TANHBODY)

// func reluGradientSSE2(dx, dy, x []float32)
// dx[i] = dy[i]·reluSlope(x[i])
TEXT ·reluGradientSSE2(SB), NOSPLIT, $0-72
	MOVQ dx_base+0(FP), DI
	MOVQ dy_base+24(FP), R9
	MOVQ x_base+48(FP), SI
	MOVQ x_len+56(FP), CX
	MULTIPLY(RELUSLOPE)

// func relu6GradientSSE2(dx, dy, x []float32)
// dx[i] = dy[i]·relu6Slope(x[i])
TEXT ·relu6GradientSSE2(SB), NOSPLIT, $0-72
	MOVQ dx_base+0(FP), DI
	MOVQ dy_base+24(FP), R9
	MOVQ x_base+48(FP), SI
	MOVQ x_len+56(FP), CX
	MULTIPLY(RELU6SLOPE)

// func leakyReLUGradientSSE2(dx, dy, x []float32, alpha float32)
// dx[i] = dy[i]·leakyReLUSlope(x[i], α)
TEXT ·leakyReLUGradientSSE2(SB), NOSPLIT, $0-76
	MOVQ  dx_base+0(FP), DI
	MOVQ  dy_base+24(FP), R9
	MOVQ  x_base+48(FP), SI
	MOVQ  x_len+56(FP), CX
	MOVSS alpha+72(FP), X13
	BROADCAST(X13)
	MULTIPLY(LEAKYRELUSLOPE)
