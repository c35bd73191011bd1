// The elementary functions on vectors of 16 numbers, for AVX-512 (F, DQ): the operations of exp.go, log.go, sigmoid.go
// and tanh.go, in the same order. Arguments are registers. They are cut in two where several vectors should be woven
// together: the reduction of the argument, then the rest. (Whole vectors one after the other are too long a chain for
// a Zen 4 to look ahead over; cutting finer gains nothing.) A minimum or maximum has the constant first, and so keeps
// a NaN.

// LAST_MASK sets K1 to the lanes that CX numbers take, 0 < CX < 64: all 16 if there are more. It uses AX.
#define LAST_MASK     \
	MOVQ  $-1, AX \
	SHLQ  CX, AX  \
	NOTQ  AX      \
	KMOVW AX, K1

#define CONSTANT(name, value) DATA name<>+0(SB)/4, value; GLOBL name<>(SB), RODATA|NOPTR, $4

CONSTANT(one, $1.0)
CONSTANT(sign, $0x80000000)
CONSTANT(log2e, $1.44269504088896340736)

// Registers: four vectors woven together have four each, Z0 to Z15. T0 to T2 are scratch within a macro where they hold
// no constant.

#define FOUR(MACRO)             \
	MACRO(Z0, Z1, Z2, Z3)   \
	MACRO(Z4, Z5, Z6, Z7)   \
	MACRO(Z8, Z9, Z10, Z11) \
	MACRO(Z12, Z13, Z14, Z15)

#define T0 Z16
#define T1 Z17
#define T2 Z18

#define ONE Z31
#define SIGN Z30 // the sign bit alone: −0, so the 0 of comparisons too
#define LOG2E Z29
#define ROUNDER Z28

// Exp. ROUNDER is 1.5·2²³; E0 to E4 are expPolynomial's coefficients, the two that are 1 apart.

CONSTANT(rounder, $12582912.0)
CONSTANT(ln2High, $0.693145751953125)
CONSTANT(ln2Low, $0.000001428606820309417)
CONSTANT(e0, $0.0013821646571159363)
CONSTANT(e1, $0.008368667215108871)
CONSTANT(e2, $0.041668254882097244)
CONSTANT(e3, $0.1666652113199234)
CONSTANT(e4, $0.4999999403953552)
CONSTANT(expLeast, $-104.0)
CONSTANT(expMost, $89.0)

#define LN2HIGH Z27
#define LN2LOW Z26
#define E0 Z25
#define E1 Z24
#define E2 Z23
#define E3 Z22
#define E4 Z21
#define EXP_LEAST Z20
#define EXP_MOST Z19

#define EXP_CONSTANTS                            \
	VBROADCASTSS one<>+0(SB), ONE            \
	VBROADCASTSS sign<>+0(SB), SIGN          \
	VBROADCASTSS log2e<>+0(SB), LOG2E        \
	VBROADCASTSS rounder<>+0(SB), ROUNDER    \
	VBROADCASTSS ln2High<>+0(SB), LN2HIGH    \
	VBROADCASTSS ln2Low<>+0(SB), LN2LOW      \
	VBROADCASTSS e0<>+0(SB), E0              \
	VBROADCASTSS e1<>+0(SB), E1              \
	VBROADCASTSS e2<>+0(SB), E2              \
	VBROADCASTSS e3<>+0(SB), E3              \
	VBROADCASTSS e4<>+0(SB), E4              \
	VBROADCASTSS expLeast<>+0(SB), EXP_LEAST \
	VBROADCASTSS expMost<>+0(SB), EXP_MOST

// n = the integer nearest to x·log₂e; x = r = x − n·ln 2, for an x that has been clamped.
#define EXP_REDUCE(x, n)           \
	VMOVAPS      ROUNDER, n    \
	VFMADD231PS  LOG2E, x, n   \
	VSUBPS       ROUNDER, n, n \
	VFNMADD231PS LN2HIGH, n, x \
	VFNMADD231PS LN2LOW, n, x

// r = eʳ·2ⁿ; p is scratch. VSCALEFPS rounds once, also to a subnormal number, as scale does.
#define EXP_RESULT(r, n, p)   \
	VMOVAPS     E1, p     \
	VFMADD231PS E0, r, p  \
	VFMADD213PS E2, r, p  \
	VFMADD213PS E3, r, p  \
	VFMADD213PS E4, r, p  \
	VFMADD213PS ONE, r, p \
	VFMADD213PS ONE, r, p \
	VSCALEFPS   n, p, r

// The reduction for z = Exp(−|x|); then EXP_RESULT(z, n, p).
#define TAIL_REDUCE(x, z, n)   \
	VORPS  SIGN, x, z      \
	VMAXPS z, EXP_LEAST, z \
	EXP_REDUCE(z, n)

// w = z/(1 + z), for z = Exp(−|x|).
#define SIGMOID_TAIL(z, w) \
	VADDPS ONE, z, w   \
	VDIVPS w, z, w

// w = fma(−w, c, c), which is SigmoidOf(x), with c = 1 for x ≥ 0 and c = z otherwise. The sign of x may choose, since
// z = 1 for −0. z is overwritten.
#define SIGMOID_RESULT(x, z, w)    \
	VPMOVD2M     x, K2         \
	VBLENDMPS    z, ONE, K2, z \
	VFNMADD213PS z, z, w

// expm1Parts. ROUNDER is 1.5·2²³ + 127, so that the low bits of t are the exponent of s = 2ⁿ. That changes no rounding:
// it could only where x·log₂e lies half-way between two integers, which it never does, since the 24-bit mantissa of
// LOG2E is odd. M0 to M4 are the coefficients.

CONSTANT(rounder127, $12583039.0)
CONSTANT(ln2, $0.693147180559945309417)
CONSTANT(m0, $0.001386996591463685)
CONSTANT(m1, $0.008366252295672894)
CONSTANT(m2, $0.04166744276881218)
CONSTANT(m3, $0.1666654646396637)
CONSTANT(m4, $0.4999999701976776)
CONSTANT(expm1Least, $-80.0)

#define LN2 Z27
#define M0 Z26
#define M1 Z25
#define M2 Z24
#define M3 Z23
#define M4 Z22
#define EXPM1_LEAST Z21

#define EXPM1_CONSTANTS                          \
	VBROADCASTSS one<>+0(SB), ONE            \
	VBROADCASTSS sign<>+0(SB), SIGN          \
	VBROADCASTSS log2e<>+0(SB), LOG2E        \
	VBROADCASTSS rounder127<>+0(SB), ROUNDER \
	VBROADCASTSS ln2<>+0(SB), LN2            \
	VBROADCASTSS m0<>+0(SB), M0              \
	VBROADCASTSS m1<>+0(SB), M1              \
	VBROADCASTSS m2<>+0(SB), M2              \
	VBROADCASTSS m3<>+0(SB), M3              \
	VBROADCASTSS m4<>+0(SB), M4              \
	VBROADCASTSS expm1Least<>+0(SB), EXPM1_LEAST

// s = 2ⁿ and x = r = x − n·ln 2, for x ≤ 0; n is scratch.
#define EXPM1_REDUCE(x, s, n)          \
	VMAXPS       x, EXPM1_LEAST, x \
	VMOVAPS      ROUNDER, s        \
	VFMADD231PS  LOG2E, x, s       \
	VSUBPS       ROUNDER, s, n     \
	VPSLLD       $23, s, s         \
	VFNMADD231PS LN2, n, x

// q = eʳ − 1; square is scratch.
#define EXPM1_Q(r, q, square)    \
	VMOVAPS     M1, q        \
	VFMADD231PS M0, r, q     \
	VFMADD213PS M2, r, q     \
	VFMADD213PS M3, r, q     \
	VFMADD213PS M4, r, q     \
	VMULPS      r, r, square \
	VFMADD213PS r, square, q

// Functions are two macros, see activation_avx512_amd64.s.

// x = SigmoidOf(x)
#define SIGMOID_BEGIN(x, z, n, w) TAIL_REDUCE(x, z, n)

#define SIGMOID_END(x, z, n, w) \
	EXP_RESULT(z, n, w)     \
	SIGMOID_TAIL(z, w)      \
	SIGMOID_RESULT(x, z, w) \
	VMOVAPS w, x

// x = TanhOf(x). With s and q of expm1Parts(−2|x|): y = fma(−s, q, 1 − s) / fma(s, q, 1 + s), with the sign of x:
// r | x & SIGN, whose truth table is 0xec.
#define TANH_BEGIN(x, r, s, n) \
	VORPS  SIGN, x, r      \
	VADDPS r, r, r         \
	EXPM1_REDUCE(r, s, n)

#define TANH_END(x, r, s, q)    \
	EXPM1_Q(r, q, T0)       \
	VSUBPS       s, ONE, r  \
	VADDPS       s, ONE, T0 \
	VFNMADD231PS q, s, r    \
	VFMADD231PS  q, s, T0   \
	VDIVPS       T0, r, r   \
	VPTERNLOGD   $0xec, SIGN, r, x

// r = fma(s, q, s − 1), which is expm1Negative; q and square are scratch.
#define EXPM1_RESULT(r, s, q, square) \
	EXPM1_Q(r, q, square)         \
	VSUBPS      ONE, s, r         \
	VFMADD231PS q, s, r

// The logarithm. Its coefficients stay in memory, where the processor has a port to spare.

CONSTANT(log0, $-0.045096393674612045)
CONSTANT(log1, $0.10463769733905792)
CONSTANT(log2, $-0.13159875571727753)
CONSTANT(log3, $0.14477752149105072)
CONSTANT(log4, $-0.16647391021251678)
CONSTANT(log5, $0.19990922510623932)
CONSTANT(log6, $-0.2500009536743164)
CONSTANT(log7, $0.33333447575569153)
CONSTANT(log8, $-0.5)

// f = logPolynomial(f); p and square are scratch.
#define LOG_POLYNOMIAL(f, p, square)        \
	VBROADCASTSS     log0<>+0(SB), p    \
	VFMADD213PS.BCST log1<>+0(SB), f, p \
	VFMADD213PS.BCST log2<>+0(SB), f, p \
	VFMADD213PS.BCST log3<>+0(SB), f, p \
	VFMADD213PS.BCST log4<>+0(SB), f, p \
	VFMADD213PS.BCST log5<>+0(SB), f, p \
	VFMADD213PS.BCST log6<>+0(SB), f, p \
	VFMADD213PS.BCST log7<>+0(SB), f, p \
	VFMADD213PS.BCST log8<>+0(SB), f, p \
	VMULPS           f, f, square       \
	VFMADD231PS      p, square, f
