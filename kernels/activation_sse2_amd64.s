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
//     of two float32. But each function below has one argument only, and all 2³² were tried: the results are the
//     reference's, but for two |x| in NORMALTAIL, which are put right there, and large |y| in SIGMOIDSLOPE, which are
//     left to the reference. TestSSE2RoundsTwiceUnnoticed repeats that.
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
FOUR(two, 2.0)
FOUR(three, 3.0)
FOUR(sixth, 0.1666666716337204)
FOUR(minusHalf, -0.5)
FOUR(magnitude, 0x7fffffff)
FOUR(seluScale, 1.0507010221481323)
FOUR(seluScaleAlpha, 1.7580993175506592)
FOUR(geluHighest, 15.0)
FOUR(geluLowest, -15.0)
FOUR(geluTanhHighest, 16.0)
FOUR(geluTanhLowest, -16.0)
FOUR(steepest, 16777216.0)

// float32 numbers in float64. rounderD + x is a whole number, which its low 32 bits hold too. ln2Split is
// ln2High + ln2Low, 43 bits, of which n·ln2Split is exact.
PAIR(oneD, 1.0)
PAIR(log2eD, 1.44269502162933349609375)
PAIR(rounderD, 6755399441055744.0)
PAIR(ln2D, 0.693147182464599609375)
PAIR(ln2SplitD, 0.6931471805598903)

// 1.5·2ᵉ⁺²⁹ for sums in [2ᵉ, 2ᵉ⁺¹], e = −7, −5, −4, −3.
PAIR(big7, 6291456.0)
PAIR(big5, 25165824.0)
PAIR(big4, 50331648.0)
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

// The coefficients of logPolynomial, the highest power first; the second plus big4.
PAIR(log0, -0.045096393674612045)
PAIR(log1Big4, 50331648.10463769733905792)
PAIR(log2, -0.13159875571727753)
PAIR(log3, 0.14477752149105072)
PAIR(log4, -0.16647391021251678)
PAIR(log5, 0.19990922510623932)
PAIR(log6, -0.2500009536743164)
PAIR(log7, 0.33333447575569153)
PAIR(log8, -0.5)

// The coefficients of normalTail's p and q, the highest power first.
PAIR(tailP0, 0.004085645545274019)
PAIR(tailP1, 0.04044374078512192)
PAIR(tailP2, 0.18269850313663483)
PAIR(tailP3, 0.437610387802124)
PAIR(tailP4, 0.5)
PAIR(tailQ0, 0.010241072624921799)
PAIR(tailQ1, 0.1013839840888977)
PAIR(tailQ2, 0.46804630756378174)
PAIR(tailQ3, 1.2003382444381714)
PAIR(tailQ4, 1.6731055974960327)
PAIR(invSqrt2PiD, 0.3989422917366028)

// The |x| at which the last sum of p or of q is one unit in the last place short for having been rounded twice.
FOUR(tailPShort, 0x396ad8ec)
FOUR(tailQShort, 0x343f42d5)

// gelu_tanh's k, k·0.044715 and 3·k·0.044715, k = 2·√(2/π).
PAIR(geluTanhK, 1.5957691669464111)
PAIR(geluTanhCubic, 0.07135481387376785)
PAIR(geluTanhCubic3, 0.21406444907188416)

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
	JMP    done \
few: \
	LOADFEW(SI, X0, X1) \
	JMP    compute \
last: \
	STOREFEW(X0, DI, X1) \
done:

// MULTIPLY is the loop of a gradient that follows from x or from y, whichever SI points at, with dy at R9:
// dx[i] = dy[i]·BODY(x[i]), from X0 to X0, while X11 holds dy[i]. CX is 0 afterwards, unless BODY went to done before.
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
	JMP    done \
few: \
	LOADFEW(SI, X0, X1) \
	LOADFEW(R9, X11, X1) \
	JMP    compute \
last: \
	STOREFEW(X0, DI, X1) \
	XORL   CX, CX \
done:

// MULTIPLY2 is the loop of a gradient that follows from x and y, y at R10: dx[i] = dy[i]·BODY(x[i], y[i]), from X0
// and X10 to X0.
#define MULTIPLY2(BODY) \
	TESTQ  CX, CX \
	JZ     done \
loop: \
	CMPQ   CX, $4 \
	JLT    few \
	MOVUPS (SI), X0 \
	MOVUPS (R9), X11 \
	MOVUPS (R10), X10 \
compute: \
	BODY \
	MULPS  X11, X0 \
	CMPQ   CX, $4 \
	JLT    last \
	MOVUPS X0, (DI) \
	ADDQ   $16, SI \
	ADDQ   $16, R9 \
	ADDQ   $16, R10 \
	ADDQ   $16, DI \
	SUBQ   $4, CX \
	JNZ    loop \
	JMP    done \
few: \
	LOADFEW(SI, X0, X1) \
	LOADFEW(R9, X11, X1) \
	LOADFEW(R10, X10, X1) \
	JMP    compute \
last: \
	STOREFEW(X0, DI, X1) \
done:

// BROADCAST makes four of the float32 in x.
#define BROADCAST(x) \
	SHUFPS $0, x, x

// SELECT: x = mask ? x : other. The mask is lost.
#define SELECT(mask, x, other) \
	ANDPS  mask, x \
	ANDNPS other, mask \
	ORPS   mask, x

// WIDEN: lo, hi = float64(x); hi is not x. (PSHUFD, unlike MOVHLPS, does not wait for the old hi.)
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
	MOVAPS   exp5<>(SB), X2 \
	MOVAPS   X2, X3 \
	FMAIN(X2, X3, X0, X1, exp4Big7<>(SB), big7<>(SB)) \
	FMAIN(X2, X3, X0, X1, exp3Big5<>(SB), big5<>(SB)) \
	FMAIN(X2, X3, X0, X1, exp2Big3<>(SB), big3<>(SB)) \
	FMA(X2, X3, X0, X1, exp1<>(SB)) \
	FMA(X2, X3, X0, X1, oneD<>(SB)) \
	HORNER(X2, X3, X0, X1, oneD<>(SB)) \
	CVTPD2PS X2, X0 \
	CVTPD2PS X3, X3 \
	MOVLHPS  X3, X0 \
	MOVAPS   X4, X5 \ // X5 = 2^⌊n/2⌋, X4 = 2^(n−⌊n/2⌋)
	PSRAL    $1, X5 \
	PSUBL    X5, X4 \
	PADDL    bias<>(SB), X5 \
	PADDL    bias<>(SB), X4 \
	PSLLL    $23, X5 \
	PSLLL    $23, X4 \
	MULPS    X5, X0 \
	MULPS    X4, X0

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
	MOVAPS   expm1Lowest<>(SB), X1 \
	MAXPS    X0, X1 \
	MOVAPS   X1, X0 \
	REDUCE(ln2D<>(SB)) \
	PADDL    bias<>(SB), X4 \
	PSLLL    $23, X4 \
	CVTPD2PS X0, X0 \
	CVTPD2PS X1, X1 \
	MOVAPS   X0, X5 \
	MOVLHPS  X1, X5 \
	CVTPS2PD X0, X0 \
	CVTPS2PD X1, X1 \
	MOVAPS   expm4<>(SB), X2 \
	MOVAPS   X2, X3 \
	FMAIN(X2, X3, X0, X1, expm3Big7<>(SB), big7<>(SB)) \
	FMAIN(X2, X3, X0, X1, expm2Big5<>(SB), big5<>(SB)) \
	FMAIN(X2, X3, X0, X1, expm1Big3<>(SB), big3<>(SB)) \
	FMA(X2, X3, X0, X1, expm0<>(SB)) \
	MULPS    X5, X5 \ // r·r
	PSHUFD   $0xee, X5, X6 \
	CVTPS2PD X5, X5 \
	CVTPS2PD X6, X6 \
	MULPD    X5, X2 \ // q = p·(r·r) + r
	MULPD    X6, X3 \
	ADDPD    X0, X2 \
	ADDPD    X1, X3 \
	ROUND(X2, X3)

// SIGMOIDD: X2, X3 = SigmoidOf(X12), in float64 and not yet rounded to float32; X1 = w. X0…X7 are scratch.
#define SIGMOIDD \
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
	SUBPD  X5, X3

// SIGMOID: X0 = SigmoidOf(X12). X1…X7 are scratch.
#define SIGMOID \
	SIGMOIDD \
	CVTPD2PS X2, X0 \
	CVTPD2PS X3, X3 \
	MOVLHPS  X3, X0

// SIGMOIDANDSLOPE: X2, X3 = SigmoidOf(X12) and X4, X5 = its derivative, in float64. X0, X1, X6, X7 are scratch.
#define SIGMOIDANDSLOPE \
	SIGMOIDD \
	ROUND(X2, X3) \
	WIDEN(X1, X4, X5) \
	MOVAPS X4, X6 \
	MOVAPS X5, X7 \
	MULPD  X4, X6 \
	MULPD  X5, X7 \
	SUBPD  X6, X4 \ // w − w·w
	SUBPD  X7, X5 \
	ROUND(X4, X5)

// SLOPETIMES: X0 = x·σ' + σ, x being X0, with SIGMOIDANDSLOPE's results. X1 is scratch.
#define SLOPETIMES(x) \
	WIDEN(x, X0, X1) \
	MULPD X4, X0 \
	MULPD X5, X1 \
	ADDPD X2, X0 \
	ADDPD X3, X1 \
	NARROW(X0, X1)

// SOFTPLUS: X0 = SoftplusOf(X12). X1…X7 are scratch.
//
// In log1pFinite(z) with z in [0, 1], k is 0 or 1: with h = ½ where 1 + z ≥ 1½ and 0 elsewhere, its s is 1 − h, and
// z·s is exact, so that f = z·s − h; and k·ln 2 is exact too.
#define SOFTPLUS \
	MOVAPS   X12, X0 \
	EXPNEGATIVE \
	MOVAPS   one<>(SB), X1 \
	MOVAPS   X1, X2 \
	ADDPS    X0, X2 \
	MOVAPS   threeHalves<>(SB), X7 \
	CMPPS    X2, X7, $2 \ // 1½ ≤ 1 + z
	MOVAPS   half<>(SB), X2 \
	ANDPS    X7, X2 \ // h
	SUBPS    X2, X1 \
	MULPS    X1, X0 \
	SUBPS    X2, X0 \ // f
	WIDEN(X0, X4, X5) \
	MOVAPS   log0<>(SB), X2 \
	MOVAPS   X2, X3 \
	FMAIN(X2, X3, X4, X5, log1Big4<>(SB), big4<>(SB)) \
	FMA(X2, X3, X4, X5, log2<>(SB)) \
	FMA(X2, X3, X4, X5, log3<>(SB)) \
	FMA(X2, X3, X4, X5, log4<>(SB)) \
	FMA(X2, X3, X4, X5, log5<>(SB)) \
	FMA(X2, X3, X4, X5, log6<>(SB)) \
	FMA(X2, X3, X4, X5, log7<>(SB)) \
	FMA(X2, X3, X4, X5, log8<>(SB)) \
	MULPS    X0, X0 \ // f·f
	WIDEN(X0, X1, X6) \
	MULPD    X1, X2 \
	MULPD    X6, X3 \
	ADDPD    X4, X2 \ // p·(f·f) + f
	ADDPD    X5, X3 \
	CVTPD2PS X2, X0 \
	CVTPD2PS X3, X3 \
	MOVLHPS  X3, X0 \
	ANDPS    ln2Single<>(SB), X7 \
	ADDPS    X7, X0 \
	XORPS    X1, X1 \
	CMPPS    X12, X1, $1 \ // 0 < x
	ANDPS    X12, X1 \
	ADDPS    X1, X0

// EXPM1NEGATIVE: X0 = expm1Negative(X0). X1…X6 are scratch.
#define EXPM1NEGATIVE \
	EXPM1PARTS \
	MOVAPS   X4, X0 \
	SUBPS    one<>(SB), X0 \
	WIDEN(X4, X5, X6) \
	MULPD    X5, X2 \
	MULPD    X6, X3 \
	WIDEN(X0, X4, X5) \
	ADDPD    X4, X2 \ // s·q + (s − 1)
	ADDPD    X5, X3 \
	CVTPD2PS X2, X0 \
	CVTPD2PS X3, X3 \
	MOVLHPS  X3, X0

// NORMALTAIL: from x in X0: X12 = x, X10 = x clamped to [−15, 15], X0 = z, X8 = p, X9 = q. X1…X7 are scratch.
#define NORMALTAIL \
	MOVAPS   X0, X12 \
	MOVAPS   geluHighest<>(SB), X1 \
	MINPS    X0, X1 \
	MOVAPS   geluLowest<>(SB), X10 \
	MAXPS    X1, X10 \
	MOVAPS   X10, X7 \
	ANDPS    magnitude<>(SB), X7 \ // a
	WIDEN(X7, X0, X1) \
	MOVAPS   tailP0<>(SB), X2 \
	MOVAPS   X2, X3 \
	MOVAPS   tailQ0<>(SB), X4 \
	MOVAPS   X4, X5 \
	FMA(X2, X3, X0, X1, tailP1<>(SB)) \
	FMA(X4, X5, X0, X1, tailQ1<>(SB)) \
	FMA(X2, X3, X0, X1, tailP2<>(SB)) \
	FMA(X4, X5, X0, X1, tailQ2<>(SB)) \
	FMA(X2, X3, X0, X1, tailP3<>(SB)) \
	FMA(X4, X5, X0, X1, tailQ3<>(SB)) \
	HORNER(X2, X3, X0, X1, tailP4<>(SB)) \
	FMA(X4, X5, X0, X1, tailQ4<>(SB)) \
	HORNER(X4, X5, X0, X1, oneD<>(SB)) \
	CVTPD2PS X2, X8 \
	CVTPD2PS X3, X3 \
	MOVLHPS  X3, X8 \
	CVTPD2PS X4, X9 \
	CVTPD2PS X5, X5 \
	MOVLHPS  X5, X9 \
	MOVAPS   tailPShort<>(SB), X2 \
	PCMPEQL  X7, X2 \
	PSUBL    X2, X8 \
	MOVAPS   tailQShort<>(SB), X2 \
	PCMPEQL  X7, X2 \
	PSUBL    X2, X9 \
	MULPS    X7, X7 \ // h = a·a
	WIDEN(X7, X2, X3) \
	MULPD    X0, X0 \
	MULPD    X1, X1 \
	SUBPD    X2, X0 \ // l = a·a − h, exact in float64
	SUBPD    X3, X1 \
	CVTPD2PS X0, X6 \
	CVTPD2PS X1, X1 \
	MOVLHPS  X1, X6 \
	MOVAPS   minusHalf<>(SB), X0 \
	MULPS    X0, X6 \
	MULPS    X7, X0 \ // expSum(−½·h, −½·l)
	REDUCE(ln2SplitD<>(SB)) \
	NARROW(X0, X1) \
	ADDPS    X0, X6 \
	WIDEN(X6, X0, X1) \
	EXPPOLYNOMIAL

// GELUTANHARGUMENT: from x in X0: X12 = v = x·(geluTanhCubic·(x·x) + k), X10 = x. X1…X6 are scratch.
#define GELUTANHARGUMENT \
	MOVAPS X0, X10 \
	MOVAPS X0, X12 \
	MULPS  X0, X0 \
	WIDEN(X0, X1, X2) \
	MOVAPS geluTanhCubic<>(SB), X3 \
	MOVAPS X3, X4 \
	HORNER(X3, X4, X1, X2, geluTanhK<>(SB)) \
	NARROW(X3, X4) \
	MULPS  X3, X12

// MISHPARTS: from x in X0: X12 = x, X0 = z, X1 = n, X2 = d, X7 = x's sign bit ? −1 : 0. X3…X6 are scratch.
#define MISHPARTS \
	MOVAPS X0, X12 \
	EXPNEGATIVE \
	MOVAPS X12, X7 \
	PSRAL  $31, X7 \
	MOVAPS X0, X1 \
	ADDPS  X0, X1 \ // 2z
	WIDEN(X0, X2, X3) \
	MULPD  X2, X2 \
	MULPD  X3, X3 \
	WIDEN(X1, X4, X5) \
	ADDPD  X2, X4 \ // n = z·z + 2z
	ADDPD  X3, X5 \
	NARROW(X4, X5) \
	ADDPS  one<>(SB), X1 \ // n = 2z + 1
	WIDEN(X1, X5, X6) \
	ADDPD  X2, X2 \
	ADDPD  X3, X3 \
	ADDPD  X5, X2 \ // d = 2z·z + n
	ADDPD  X6, X3 \
	NARROW(X2, X3) \
	MOVAPS X4, X3 \
	ADDPS  two<>(SB), X3 \ // d = n + 2
	MOVAPS X7, X5 \
	SELECT(X5, X4, X1) \
	MOVAPS X7, X5 \
	SELECT(X5, X3, X2) \
	MOVAPS X4, X1 \
	MOVAPS X3, X2

// HARDSIGMOID: X0 = hardSigmoid(X0), X3 = x + 3. X1, X2 are scratch.
#define HARDSIGMOID \
	ADDPS  three<>(SB), X0 \
	MOVAPS X0, X3 \
	RELU6BODY \
	DIVPS  six<>(SB), X0

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
	XORPS X1, X1 \
	CMPPS X0, X1, $1 \ // 0 < x
	CMPPS six<>(SB), X0, $1 \ // x < 6
	ANDPS X1, X0 \
	ANDPS one<>(SB), X0

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

#define ELUBODY \ // X13 = α, X14 = what divides x
	MOVAPS X0, X12 \
	DIVPS  X14, X0 \
	EXPM1NEGATIVE \
	MULPS  X13, X0 \
	XORPS  X1, X1 \
	CMPPS  X12, X1, $1 \ // 0 < x
	SELECT(X1, X12, X0) \
	MOVAPS X12, X0

#define SELUBODY \
	MOVAPS X0, X12 \
	MOVAPS X0, X7 \
	XORPS  X1, X1 \
	CMPPS  X1, X7, $1 \ // x < 0
	EXPM1NEGATIVE \
	MULPS  seluScaleAlpha<>(SB), X0 \
	MULPS  seluScale<>(SB), X12 \
	SELECT(X7, X0, X12)

#define SILUBODY \
	MOVAPS X0, X12 \
	SIGMOID \
	MULPS  X12, X0

#define SOFTPLUSBODY \ // X13 = ±0: of x and of the result
	XORPS  X13, X0 \
	MOVAPS X0, X12 \
	SOFTPLUS \
	XORPS  X13, X0

#define GELUBODY \
	NORMALTAIL \
	MULPS  X10, X8 \
	MULPS  X8, X0 \
	DIVPS  X9, X0 \ // t = ((x·p)·z) / q
	XORPS  X1, X1 \
	CMPPS  X12, X1, $1 \ // 0 < x
	SUBPS  X0, X12 \
	SELECT(X1, X12, X0) \
	MOVAPS X12, X0

#define GELUTANHBODY \
	GELUTANHARGUMENT \
	SIGMOID \
	MULPS X10, X0

#define MISHBODY \
	MISHPARTS \
	DIVPS  X2, X1 \
	MOVAPS X12, X0 \
	MULPS  X1, X0

#define HARDSILUBODY \
	MOVAPS X0, X12 \
	HARDSIGMOID \
	MULPS  X12, X0

#define SOFTSIGNBODY \
	MOVAPS X0, X1 \
	ANDPS  magnitude<>(SB), X1 \
	ADDPS  one<>(SB), X1 \
	DIVPS  X1, X0

#define ELUSLOPE \ // X13 = what is added to y / X14
	XORPS  X1, X1 \
	CMPPS  X0, X1, $1 \ // 0 < x
	DIVPS  X14, X10 \
	ADDPS  X13, X10 \
	MOVAPS one<>(SB), X0 \
	SELECT(X1, X0, X10)

#define SELUSLOPE \
	XORPS  X1, X1 \
	CMPPS  X1, X0, $1 \ // x < 0
	ADDPS  seluScaleAlpha<>(SB), X10 \
	SELECT(X0, X10, seluScale<>(SB)) \
	MOVAPS X10, X0

#define SILUSLOPE \
	MOVAPS X0, X12 \
	SIGMOIDANDSLOPE \
	SLOPETIMES(X12)

#define SIGMOIDOFSLOPE \ // X13 = ±0: the sign of x
	MOVAPS X0, X12 \
	XORPS  X13, X12 \
	SIGMOID

#define SIGMOIDSLOPE \ // y − y·y, unless a |y| is so large that rounding twice can show
	MOVAPS   X0, X1 \
	ANDPS    magnitude<>(SB), X1 \
	MOVAPS   steepest<>(SB), X2 \
	CMPPS    X1, X2, $1 \ // steepest < |y|
	MOVMSKPS X2, AX \
	TESTL    AX, AX \
	JNZ      done \
	WIDEN(X0, X2, X3) \
	MOVAPS   X2, X0 \
	MOVAPS   X3, X1 \
	MULPD    X2, X2 \
	MULPD    X3, X3 \
	SUBPD    X2, X0 \
	SUBPD    X3, X1 \
	NARROW(X0, X1)

#define TANHSLOPE \ // 1 − y·y
	WIDEN(X0, X2, X3) \
	MOVAPS oneD<>(SB), X0 \
	MOVAPS X0, X1 \
	MULPD  X2, X2 \
	MULPD  X3, X3 \
	SUBPD  X2, X0 \
	SUBPD  X3, X1 \
	NARROW(X0, X1)

#define GELUSLOPE \
	NORMALTAIL \
	MULPS    X0, X10 \ // x·z
	MULPS    X8, X0 \
	DIVPS    X9, X0 \ // (z·p) / q
	XORPS    X1, X1 \
	CMPPS    X1, X12, $1 \ // x < 0
	MOVAPS   one<>(SB), X1 \
	SUBPS    X0, X1 \
	SELECT(X12, X0, X1) \
	WIDEN(X10, X2, X3) \
	WIDEN(X0, X4, X5) \
	MULPD    invSqrt2PiD<>(SB), X2 \
	MULPD    invSqrt2PiD<>(SB), X3 \
	ADDPD    X4, X2 \
	ADDPD    X5, X3 \
	CVTPD2PS X2, X0 \
	CVTPD2PS X3, X3 \
	MOVLHPS  X3, X0

#define GELUTANHSLOPE \
	MOVAPS geluTanhHighest<>(SB), X1 \
	MINPS  X0, X1 \
	MOVAPS geluTanhLowest<>(SB), X0 \
	MAXPS  X1, X0 \
	GELUTANHARGUMENT \
	MOVAPS X10, X0 \
	MULPS  X0, X0 \
	WIDEN(X0, X1, X2) \
	MOVAPS geluTanhCubic3<>(SB), X3 \
	MOVAPS X3, X4 \
	HORNER(X3, X4, X1, X2, geluTanhK<>(SB)) \
	NARROW(X3, X4) \
	MULPS  X3, X10 \ // x·v'
	SIGMOIDANDSLOPE \
	SLOPETIMES(X10)

#define MISHSLOPE \
	MISHPARTS \
	MOVAPS   one<>(SB), X3 \
	ADDPS    X0, X3 \
	MOVAPS   X0, X4 \
	ADDPS    X4, X4 \
	ADDPS    X4, X4 \
	MULPS    X4, X3 \ // k = 4z·(1 + z)
	MOVAPS   X7, X4 \ // · (x's sign bit ? 1 : z)
	ANDPS    one<>(SB), X4 \
	ANDNPS   X0, X7 \
	ORPS     X4, X7 \
	MULPS    X7, X3 \
	DIVPS    X2, X3 \ // k / d
	WIDEN(X3, X4, X5) \
	WIDEN(X12, X6, X7) \
	MULPD    X6, X4 \
	MULPD    X7, X5 \
	WIDEN(X1, X6, X7) \
	ADDPD    X6, X4 \ // x·(k/d) + n
	ADDPD    X7, X5 \
	CVTPD2PS X4, X0 \
	CVTPD2PS X5, X5 \
	MOVLHPS  X5, X0 \
	DIVPS    X2, X0

#define HARDSIGMOIDSLOPE \
	ADDPS three<>(SB), X0 \
	XORPS X1, X1 \
	CMPPS X0, X1, $1 \ // 0 < x + 3
	CMPPS six<>(SB), X0, $1 \ // x + 3 < 6
	ANDPS X1, X0 \
	ANDPS sixth<>(SB), X0

#define HARDSILUSLOPE \
	MOVAPS   X0, X12 \
	HARDSIGMOID \
	MOVAPS   X0, X4 \
	MOVAPS   X12, X0 \
	HARDSIGMOIDSLOPE \
	WIDEN(X0, X2, X3) \
	WIDEN(X12, X5, X6) \
	MULPD    X5, X2 \
	MULPD    X6, X3 \
	WIDEN(X4, X5, X6) \
	ADDPD    X5, X2 \ // x·slope + hardSigmoid(x)
	ADDPD    X6, X3 \
	CVTPD2PS X2, X0 \
	CVTPD2PS X3, X3 \
	MOVLHPS  X3, X0

#define SOFTSIGNSLOPE \
	MOVAPS one<>(SB), X1 \
	ANDPS  magnitude<>(SB), X0 \
	ADDPS  X1, X0 \
	MULPS  X0, X0 \
	DIVPS  X0, X1 \
	MOVAPS X1, X0

#define DIVIDEBODY \ // X13 = the divisor
	DIVPS X13, X0

#define SUBTRACTBODY \ // X13, X14 = what is subtracted
	SUBPS X13, X0 \
	SUBPS X14, X0

#define SOFTMAXSLOPE \ // X13 = Dot(dy, y)
	SUBPS X13, X11

#define ITSELF

// func reluSSE2(y, x []float32)
// y[i] = relu(x[i])
TEXT ·reluSSE2(SB), NOSPLIT, $0-48
	MOVQ y_base+0(FP), DI
	MOVQ x_base+24(FP), SI
	MOVQ x_len+32(FP), CX
	MAP(RELUBODY)
	RET

// func relu6SSE2(y, x []float32)
// y[i] = relu6(x[i])
TEXT ·relu6SSE2(SB), NOSPLIT, $0-48
	MOVQ y_base+0(FP), DI
	MOVQ x_base+24(FP), SI
	MOVQ x_len+32(FP), CX
	MAP(RELU6BODY)
	RET

// func leakyReLUSSE2(y, x []float32, alpha float32)
// y[i] = leakyReLU(x[i], α)
TEXT ·leakyReLUSSE2(SB), NOSPLIT, $0-52
	MOVQ  y_base+0(FP), DI
	MOVQ  x_base+24(FP), SI
	MOVQ  x_len+32(FP), CX
	MOVSS alpha+48(FP), X13
	BROADCAST(X13)
	MAP(LEAKYRELUBODY)
	RET

// func eluSSE2(y, x []float32, alpha, divisor float32)
// y[i] = x[i] > 0 ? x[i] : α·expm1Negative(x[i]/divisor)
TEXT ·eluSSE2(SB), NOSPLIT, $0-56
	MOVQ  y_base+0(FP), DI
	MOVQ  x_base+24(FP), SI
	MOVQ  x_len+32(FP), CX
	MOVSS alpha+48(FP), X13
	BROADCAST(X13)
	MOVSS divisor+52(FP), X14
	BROADCAST(X14)
	MAP(ELUBODY)
	RET

// func seluSSE2(y, x []float32)
// y[i] = selu(x[i])
TEXT ·seluSSE2(SB), NOSPLIT, $0-48
	MOVQ y_base+0(FP), DI
	MOVQ x_base+24(FP), SI
	MOVQ x_len+32(FP), CX
	MAP(SELUBODY)
	RET

// func geluSSE2(y, x []float32)
// y[i] = gelu(x[i])
TEXT ·geluSSE2(SB), NOSPLIT, $0-48
	MOVQ y_base+0(FP), DI
	MOVQ x_base+24(FP), SI
	MOVQ x_len+32(FP), CX
	MAP(GELUBODY)
	RET

// func geluTanhSSE2(y, x []float32)
// y[i] = geluTanh(x[i])
TEXT ·geluTanhSSE2(SB), NOSPLIT, $0-48
	MOVQ y_base+0(FP), DI
	MOVQ x_base+24(FP), SI
	MOVQ x_len+32(FP), CX
	MAP(GELUTANHBODY)
	RET

// func siluSSE2(y, x []float32)
// y[i] = silu(x[i])
TEXT ·siluSSE2(SB), NOSPLIT, $0-48
	MOVQ y_base+0(FP), DI
	MOVQ x_base+24(FP), SI
	MOVQ x_len+32(FP), CX
	MAP(SILUBODY)
	RET

// func mishSSE2(y, x []float32)
// y[i] = mish(x[i])
TEXT ·mishSSE2(SB), NOSPLIT, $0-48
	MOVQ y_base+0(FP), DI
	MOVQ x_base+24(FP), SI
	MOVQ x_len+32(FP), CX
	MAP(MISHBODY)
	RET

// func sigmoidSSE2(y, x []float32)
// y[i] = SigmoidOf(x[i])
TEXT ·sigmoidSSE2(SB), NOSPLIT, $0-48
	MOVQ y_base+0(FP), DI
	MOVQ x_base+24(FP), SI
	MOVQ x_len+32(FP), CX
	MAP(SIGMOIDBODY)
	RET

// func hardSigmoidSSE2(y, x []float32)
// y[i] = hardSigmoid(x[i])
TEXT ·hardSigmoidSSE2(SB), NOSPLIT, $0-48
	MOVQ y_base+0(FP), DI
	MOVQ x_base+24(FP), SI
	MOVQ x_len+32(FP), CX
	MAP(HARDSIGMOID)
	RET

// func hardSiLUSSE2(y, x []float32)
// y[i] = hardSiLU(x[i])
TEXT ·hardSiLUSSE2(SB), NOSPLIT, $0-48
	MOVQ y_base+0(FP), DI
	MOVQ x_base+24(FP), SI
	MOVQ x_len+32(FP), CX
	MAP(HARDSILUBODY)
	RET

// func softplusSSE2(y, x []float32, sign float32)
// y[i] = SoftplusOf(x[i]) for sign +0, −SoftplusOf(−x[i]) for sign −0
TEXT ·softplusSSE2(SB), NOSPLIT, $0-52
	MOVQ  y_base+0(FP), DI
	MOVQ  x_base+24(FP), SI
	MOVQ  x_len+32(FP), CX
	MOVSS sign+48(FP), X13
	BROADCAST(X13)
	MAP(SOFTPLUSBODY)
	RET

// func tanhSSE2(y, x []float32)
// y[i] = TanhOf(x[i])
TEXT ·tanhSSE2(SB), NOSPLIT, $0-48
	MOVQ y_base+0(FP), DI
	MOVQ x_base+24(FP), SI
	MOVQ x_len+32(FP), CX
	MAP(TANHBODY)
	RET

// func softsignSSE2(y, x []float32)
// y[i] = softsign(x[i])
TEXT ·softsignSSE2(SB), NOSPLIT, $0-48
	MOVQ y_base+0(FP), DI
	MOVQ x_base+24(FP), SI
	MOVQ x_len+32(FP), CX
	MAP(SOFTSIGNBODY)
	RET

// func expSSE2(y, x []float32, largest float32)
// y[i] = Exp(x[i] − largest)
TEXT ·expSSE2(SB), NOSPLIT, $0-52
	MOVQ  y_base+0(FP), DI
	MOVQ  x_base+24(FP), SI
	MOVQ  x_len+32(FP), CX
	MOVSS largest+48(FP), X13
	BROADCAST(X13)
	MAP(EXPBODY)
	RET

// func divideSSE2(y, x []float32, divisor float32)
// y[i] = x[i] / divisor
TEXT ·divideSSE2(SB), NOSPLIT, $0-52
	MOVQ  y_base+0(FP), DI
	MOVQ  x_base+24(FP), SI
	MOVQ  x_len+32(FP), CX
	MOVSS divisor+48(FP), X13
	BROADCAST(X13)
	MAP(DIVIDEBODY)
	RET

// func subtractSSE2(y, x []float32, a, b float32)
// y[i] = x[i] − a − b
TEXT ·subtractSSE2(SB), NOSPLIT, $0-56
	MOVQ  y_base+0(FP), DI
	MOVQ  x_base+24(FP), SI
	MOVQ  x_len+32(FP), CX
	MOVSS a+48(FP), X13
	BROADCAST(X13)
	MOVSS b+52(FP), X14
	BROADCAST(X14)
	MAP(SUBTRACTBODY)
	RET

// func reluGradientSSE2(dx, dy, x []float32)
// dx[i] = dy[i]·reluSlope(x[i])
TEXT ·reluGradientSSE2(SB), NOSPLIT, $0-72
	MOVQ dx_base+0(FP), DI
	MOVQ dy_base+24(FP), R9
	MOVQ x_base+48(FP), SI
	MOVQ x_len+56(FP), CX
	MULTIPLY(RELUSLOPE)
	RET

// func relu6GradientSSE2(dx, dy, x []float32)
// dx[i] = dy[i]·relu6Slope(x[i])
TEXT ·relu6GradientSSE2(SB), NOSPLIT, $0-72
	MOVQ dx_base+0(FP), DI
	MOVQ dy_base+24(FP), R9
	MOVQ x_base+48(FP), SI
	MOVQ x_len+56(FP), CX
	MULTIPLY(RELU6SLOPE)
	RET

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
	RET

// func eluGradientSSE2(dx, dy, x, y []float32, addend, divisor float32)
// dx[i] = dy[i]·(x[i] > 0 ? 1 : y[i]/divisor + addend)
TEXT ·eluGradientSSE2(SB), NOSPLIT, $0-104
	MOVQ  dx_base+0(FP), DI
	MOVQ  dy_base+24(FP), R9
	MOVQ  x_base+48(FP), SI
	MOVQ  y_base+72(FP), R10
	MOVQ  x_len+56(FP), CX
	MOVSS addend+96(FP), X13
	BROADCAST(X13)
	MOVSS divisor+100(FP), X14
	BROADCAST(X14)
	MULTIPLY2(ELUSLOPE)
	RET

// func seluGradientSSE2(dx, dy, x, y []float32)
// dx[i] = dy[i]·seluSlope(x[i], y[i])
TEXT ·seluGradientSSE2(SB), NOSPLIT, $0-96
	MOVQ dx_base+0(FP), DI
	MOVQ dy_base+24(FP), R9
	MOVQ x_base+48(FP), SI
	MOVQ y_base+72(FP), R10
	MOVQ x_len+56(FP), CX
	MULTIPLY2(SELUSLOPE)
	RET

// func geluGradientSSE2(dx, dy, x []float32)
// dx[i] = dy[i]·geluSlope(x[i])
TEXT ·geluGradientSSE2(SB), NOSPLIT, $0-72
	MOVQ dx_base+0(FP), DI
	MOVQ dy_base+24(FP), R9
	MOVQ x_base+48(FP), SI
	MOVQ x_len+56(FP), CX
	MULTIPLY(GELUSLOPE)
	RET

// func geluTanhGradientSSE2(dx, dy, x []float32)
// dx[i] = dy[i]·geluTanhSlope(x[i])
TEXT ·geluTanhGradientSSE2(SB), NOSPLIT, $0-72
	MOVQ dx_base+0(FP), DI
	MOVQ dy_base+24(FP), R9
	MOVQ x_base+48(FP), SI
	MOVQ x_len+56(FP), CX
	MULTIPLY(GELUTANHSLOPE)
	RET

// func siluGradientSSE2(dx, dy, x []float32)
// dx[i] = dy[i]·siluSlope(x[i])
TEXT ·siluGradientSSE2(SB), NOSPLIT, $0-72
	MOVQ dx_base+0(FP), DI
	MOVQ dy_base+24(FP), R9
	MOVQ x_base+48(FP), SI
	MOVQ x_len+56(FP), CX
	MULTIPLY(SILUSLOPE)
	RET

// func mishGradientSSE2(dx, dy, x []float32)
// dx[i] = dy[i]·mishSlope(x[i])
TEXT ·mishGradientSSE2(SB), NOSPLIT, $0-72
	MOVQ dx_base+0(FP), DI
	MOVQ dy_base+24(FP), R9
	MOVQ x_base+48(FP), SI
	MOVQ x_len+56(FP), CX
	MULTIPLY(MISHSLOPE)
	RET

// func sigmoidGradientSSE2(dx, dy, y []float32) (rest int)
// dx[i] = dy[i]·sigmoidSlope(y[i]). It stops before four elements, or fewer at the end, of which one is > 2²⁴ in
// magnitude, and returns how many are left.
TEXT ·sigmoidGradientSSE2(SB), NOSPLIT, $0-80
	MOVQ dx_base+0(FP), DI
	MOVQ dy_base+24(FP), R9
	MOVQ y_base+48(FP), SI
	MOVQ y_len+56(FP), CX
	MULTIPLY(SIGMOIDSLOPE)
	MOVQ CX, rest+72(FP)
	RET

// func hardSigmoidGradientSSE2(dx, dy, x []float32)
// dx[i] = dy[i]·hardSigmoidSlope(x[i])
TEXT ·hardSigmoidGradientSSE2(SB), NOSPLIT, $0-72
	MOVQ dx_base+0(FP), DI
	MOVQ dy_base+24(FP), R9
	MOVQ x_base+48(FP), SI
	MOVQ x_len+56(FP), CX
	MULTIPLY(HARDSIGMOIDSLOPE)
	RET

// func hardSiLUGradientSSE2(dx, dy, x []float32)
// dx[i] = dy[i]·hardSiLUSlope(x[i])
TEXT ·hardSiLUGradientSSE2(SB), NOSPLIT, $0-72
	MOVQ dx_base+0(FP), DI
	MOVQ dy_base+24(FP), R9
	MOVQ x_base+48(FP), SI
	MOVQ x_len+56(FP), CX
	MULTIPLY(HARDSILUSLOPE)
	RET

// func softplusGradientSSE2(dx, dy, x []float32, sign float32)
// dx[i] = dy[i]·SigmoidOf(x[i]) for sign +0, dy[i]·SigmoidOf(−x[i]) for sign −0
TEXT ·softplusGradientSSE2(SB), NOSPLIT, $0-76
	MOVQ  dx_base+0(FP), DI
	MOVQ  dy_base+24(FP), R9
	MOVQ  x_base+48(FP), SI
	MOVQ  x_len+56(FP), CX
	MOVSS sign+72(FP), X13
	BROADCAST(X13)
	MULTIPLY(SIGMOIDOFSLOPE)
	RET

// func tanhGradientSSE2(dx, dy, y []float32)
// dx[i] = dy[i]·tanhSlope(y[i])
TEXT ·tanhGradientSSE2(SB), NOSPLIT, $0-72
	MOVQ dx_base+0(FP), DI
	MOVQ dy_base+24(FP), R9
	MOVQ y_base+48(FP), SI
	MOVQ y_len+56(FP), CX
	MULTIPLY(TANHSLOPE)
	RET

// func softsignGradientSSE2(dx, dy, x []float32)
// dx[i] = dy[i]·softsignSlope(x[i])
TEXT ·softsignGradientSSE2(SB), NOSPLIT, $0-72
	MOVQ dx_base+0(FP), DI
	MOVQ dy_base+24(FP), R9
	MOVQ x_base+48(FP), SI
	MOVQ x_len+56(FP), CX
	MULTIPLY(SOFTSIGNSLOPE)
	RET

// func expGradientSSE2(dx, dy, y []float32)
// dx[i] = dy[i]·y[i]
TEXT ·expGradientSSE2(SB), NOSPLIT, $0-72
	MOVQ dx_base+0(FP), DI
	MOVQ dy_base+24(FP), R9
	MOVQ y_base+48(FP), SI
	MOVQ y_len+56(FP), CX
	MULTIPLY(ITSELF)
	RET

// func softmaxGradientSSE2(dx, dy, y []float32, mean float32)
// dx[i] = (dy[i] − mean)·y[i]
TEXT ·softmaxGradientSSE2(SB), NOSPLIT, $0-76
	MOVQ  dx_base+0(FP), DI
	MOVQ  dy_base+24(FP), R9
	MOVQ  y_base+48(FP), SI
	MOVQ  y_len+56(FP), CX
	MOVSS mean+72(FP), X13
	BROADCAST(X13)
	MULTIPLY(SOFTMAXSLOPE)
	RET

// func rowMaxSSE2(x []float32) float32
// rowMax(x): X0 = the largest so far, four times. A MAXPS whose second operand is that keeps it where x is NaN.
TEXT ·rowMaxSSE2(SB), NOSPLIT, $0-28
	MOVQ   x_base+0(FP), SI
	MOVQ   x_len+8(FP), CX
	MOVAPS minusInf<>(SB), X0

loop:
	SUBQ   $4, CX
	JLT    tail
	MOVUPS (SI), X1
	MAXPS  X0, X1 // x > largest ? x : largest
	MOVAPS X1, X0
	ADDQ   $16, SI
	JMP    loop

tail:
	ADDQ   $4, CX
	JZ     join
	LOADFEW(SI, X1, X2)
	MAXPS  X0, X1
	MOVAPS X1, X0

join:
	MOVHLPS X0, X1
	MAXPS   X1, X0
	PSHUFD  $1, X0, X1
	MAXSS   X1, X0
	MOVSS   X0, ret+24(FP)
	RET
