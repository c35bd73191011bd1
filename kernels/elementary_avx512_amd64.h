// The elementary functions on a vector of 16 numbers, for AVX-512 (F, DQ): the operations of exp.go, log.go and
// sigmoid.go in the same order. A macro's arguments are registers, the first is x and becomes the result unless the
// comment says otherwise, the others are overwritten. Vectors are independent of each other and the processor overlaps
// them, so nothing is interleaved by hand. A minimum or maximum has the constant first and so keeps a NaN.

#define CONSTANT(name, value) DATA name<>+0(SB)/4, value; GLOBL name<>(SB), RODATA|NOPTR, $4

CONSTANT(one, $1.0)
CONSTANT(sign, $0x80000000)
CONSTANT(log2e, $1.44269504088896340736)
CONSTANT(rounder, $12582912.0)
CONSTANT(ln2, $0.693147180559945309417)

#define ONE Z31
#define SIGN Z30 // the sign bit alone
#define LOG2E Z29
#define ROUNDER Z28

// Exp: ROUNDER is 1.5·2²³, and E0 to E4 are expPolynomial's coefficients, the two that are 1 apart.

#define LN2HIGH Z27
#define LN2LOW Z26
#define E0 Z25
#define E1 Z24
#define E2 Z23
#define E3 Z22
#define E4 Z21
#define EXP_LEAST Z20
#define EXP_MOST Z19

CONSTANT(ln2High, $0.693145751953125)
CONSTANT(ln2Low, $0.000001428606820309417)
CONSTANT(e0, $0.0013821646571159363)
CONSTANT(e1, $0.008368667215108871)
CONSTANT(e2, $0.041668254882097244)
CONSTANT(e3, $0.1666652113199234)
CONSTANT(e4, $0.4999999403953552)
CONSTANT(expLeast, $-104.0)
CONSTANT(expMost, $89.0)

#define EXP_CONSTANTS \
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
	VBROADCASTSS expLeast<>+0(SB), EXP_LEAST

// The integer n nearest to x·log₂e, and r = x − n·ln 2 in x.
#define EXP_REDUCE(x, n) \
	VMOVAPS      ROUNDER, n    \
	VFMADD231PS  LOG2E, x, n   \
	VSUBPS       ROUNDER, n, n \
	VFNMADD231PS LN2HIGH, n, x \
	VFNMADD231PS LN2LOW, n, x

// eʳ·2ⁿ for r in x. VSCALEFPS rounds once, to a subnormal number too, as scale does.
#define EXP_RESULT(x, n, p) \
	VMOVAPS     E1, p      \
	VFMADD231PS E0, x, p   \
	VFMADD213PS E2, x, p   \
	VFMADD213PS E3, x, p   \
	VFMADD213PS E4, x, p   \
	VFMADD213PS ONE, x, p  \
	VFMADD213PS ONE, x, p  \
	VSCALEFPS   n, p, x

// Exp(x) for x ≤ 89.
#define EXP_BELOW(x, n, p) \
	VMAXPS x, EXP_LEAST, x \
	EXP_REDUCE(x, n)       \
	EXP_RESULT(x, n, p)

// Exp(x); the caller sets EXP_MOST.
#define EXP(x, n, p) \
	VMINPS x, EXP_MOST, x \
	EXP_BELOW(x, n, p)

// z = Exp(−|x|).
#define EXP_TAIL(x, z, n, p) \
	VORPS SIGN, x, z \
	EXP_BELOW(z, n, p)

// sigmoidAndSlope's z and w for x; K2 is where x has a sign. (x ≥ 0 holds for −0 too, but there z = 1.)
#define SIGMOID_PARTS(x, z, w, n) \
	EXP_TAIL(x, z, n, w) \
	VPMOVD2M x, K2       \
	VADDPS   ONE, z, w   \
	VDIVPS   w, z, w

// x = SigmoidOf(x).
#define SIGMOID(x, z, w, n) \
	SIGMOID_PARTS(x, z, w, n)       \
	VBLENDMPS    z, ONE, K2, z      \
	VMOVAPS      z, x               \
	VFNMADD231PS z, w, x

// x = SigmoidOf(x), and slope is its derivative.
#define SIGMOID_AND_SLOPE(x, slope, z, w, n) \
	SIGMOID(x, z, w, n)        \
	VMOVAPS      w, slope      \
	VFNMADD213PS w, w, slope

// expm1Parts: ROUNDER is 1.5·2²³ + 127, so that the low bits of t are the exponent of 2ⁿ. That changes no rounding: it
// could only where x·log₂e lies half-way between integers, which no float32 in range does, since the mantissa of
// log₂e is odd and has 24 bits. M0 to M4 are the coefficients.

#define LN2 Z27
#define M0 Z26
#define M1 Z25
#define M2 Z24
#define M3 Z23
#define M4 Z22
#define EXPM1_LEAST Z21

CONSTANT(rounder127, $12583039.0)
CONSTANT(m0, $0.001386996591463685)
CONSTANT(m1, $0.008366252295672894)
CONSTANT(m2, $0.04166744276881218)
CONSTANT(m3, $0.1666654646396637)
CONSTANT(m4, $0.4999999701976776)
CONSTANT(expm1Least, $-80.0)

#define EXPM1_CONSTANTS \
	VBROADCASTSS one<>+0(SB), ONE                \
	VBROADCASTSS sign<>+0(SB), SIGN              \
	VBROADCASTSS log2e<>+0(SB), LOG2E            \
	VBROADCASTSS rounder127<>+0(SB), ROUNDER     \
	VBROADCASTSS ln2<>+0(SB), LN2                \
	VBROADCASTSS m0<>+0(SB), M0                  \
	VBROADCASTSS m1<>+0(SB), M1                  \
	VBROADCASTSS m2<>+0(SB), M2                  \
	VBROADCASTSS m3<>+0(SB), M3                  \
	VBROADCASTSS m4<>+0(SB), M4                  \
	VBROADCASTSS expm1Least<>+0(SB), EXPM1_LEAST

// s and q of expm1Parts(x), x ≤ 0; x is overwritten with r.
#define EXPM1_PARTS(x, s, q, n) \
	VMAXPS       x, EXPM1_LEAST, x \
	VMOVAPS      ROUNDER, s        \
	VFMADD231PS  LOG2E, x, s       \
	VSUBPS       ROUNDER, s, n     \
	VPSLLD       $23, s, s         \
	VFNMADD231PS LN2, n, x         \
	VMOVAPS      M1, q             \
	VFMADD231PS  M0, x, q          \
	VFMADD213PS  M2, x, q          \
	VFMADD213PS  M3, x, q          \
	VFMADD213PS  M4, x, q          \
	VMULPS       x, x, n           \
	VFMADD213PS  x, n, q

// x = expm1Negative(x), x ≤ 0.
#define EXPM1(x, s, q, n) \
	EXPM1_PARTS(x, s, q, n) \
	VSUBPS      ONE, s, x   \
	VFMADD231PS q, s, x

// ln(1+f) for f in [−¼, ½], from memory, since few constants of the exponential function need leave a register.

CONSTANT(log0, $-0.045096393674612045)
CONSTANT(log1, $0.10463769733905792)
CONSTANT(log2, $-0.13159875571727753)
CONSTANT(log3, $0.14477752149105072)
CONSTANT(log4, $-0.16647391021251678)
CONSTANT(log5, $0.19990922510623932)
CONSTANT(log6, $-0.2500009536743164)
CONSTANT(log7, $0.33333447575569153)
CONSTANT(log8, $-0.5)

// f = logPolynomial(f).
#define LOG_POLYNOMIAL(f, p, square) \
	VBROADCASTSS     log0<>+0(SB), p       \
	VFMADD213PS.BCST log1<>+0(SB), f, p    \
	VFMADD213PS.BCST log2<>+0(SB), f, p    \
	VFMADD213PS.BCST log3<>+0(SB), f, p    \
	VFMADD213PS.BCST log4<>+0(SB), f, p    \
	VFMADD213PS.BCST log5<>+0(SB), f, p    \
	VFMADD213PS.BCST log6<>+0(SB), f, p    \
	VFMADD213PS.BCST log7<>+0(SB), f, p    \
	VFMADD213PS.BCST log8<>+0(SB), f, p    \
	VMULPS           f, f, square          \
	VFMADD231PS      p, square, f
