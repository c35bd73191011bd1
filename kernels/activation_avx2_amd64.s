//go:build gc && !purego

#include "textflag.h"

// The activations and their derivatives with AVX2 and FMA: the operations of the generic functions in exp.go, log.go,
// tanh.go, sigmoid.go, gelu.go, mish.go, piecewise.go and softmax.go, in their order. Where the order or the operations
// differ, a comment says why the bits are the same.
//
// The file has four parts: constants; the elementary functions and the activations made of them, as macros on
// registers; the loops, which are macros too, that apply such a macro to slices; and the functions.
//
// A macro of the second part computes two vectors of eight elements side by side, so that one's operations run while
// the other's wait for their operands: x is a register of the first vector and X the same of the second. Elementary
// functions have the result first, or say what it takes the place of; then come operands, and registers that they
// may overwrite. Activations have the operand and result x and the registers a…e; Y12…Y15 hold constants that the
// function has loaded. The comments' names are those of the generic functions.

// VECTOR defines eight times the same constant.
#define VECTOR(name, v) \
	DATA name<>+0(SB)/4, v; \
	DATA name<>+4(SB)/4, v; \
	DATA name<>+8(SB)/4, v; \
	DATA name<>+12(SB)/4, v; \
	DATA name<>+16(SB)/4, v; \
	DATA name<>+20(SB)/4, v; \
	DATA name<>+24(SB)/4, v; \
	DATA name<>+28(SB)/4, v; \
	GLOBL name<>(SB), RODATA|NOPTR, $32

VECTOR(zero, $0.0)
VECTOR(half, $0.5)
VECTOR(minusHalf, $-0.5)
VECTOR(one, $1.0)
VECTOR(two, $2.0)
VECTOR(four, $4.0)
VECTOR(minusInfinity, $0xff800000)
VECTOR(sign, $0x80000000)      // of a number; also −0
VECTOR(magnitude, $0x7fffffff) // everything but the sign

// Exp: rounderExp is 1.5·2²³ + 254. The sum with it rounds to the same integer n as the sum with 1.5·2²³, and its
// bits end in n + 254: the sum of the exponents, with their bias, of two factors 2^⌊n/2⌋ and 2^(n−⌊n/2⌋).
VECTOR(expHigh, $89.0)
VECTOR(expLow, $-104.0)
VECTOR(log2e, $1.4426950216293335)
VECTOR(rounderExp, $12583166.0)
VECTOR(ln2High, $0.693145751953125)
VECTOR(ln2Low, $1.428606765330187e-06)
VECTOR(exp2, $0.4999999403953552)
VECTOR(exp3, $0.1666652113199234)
VECTOR(exp4, $0.041668254882097244)
VECTOR(exp5, $0.008368667215108871)
VECTOR(exp6, $0.0013821646571159363)

// expm1Parts: rounder is 1.5·2²³. The bits of a sum with it end in those of the integer n; shifted they are n<<23, to
// which the bits of 1 add the exponent's bias.
VECTOR(expm1Low, $-80.0)
VECTOR(rounder, $12582912.0)
VECTOR(ln2, $0.6931471824645996)
VECTOR(expm2, $0.4999999701976776)
VECTOR(expm3, $0.1666654646396637)
VECTOR(expm4, $0.04166744276881218)
VECTOR(expm5, $0.008366252295672894)
VECTOR(expm6, $0.001386996591463685)

// log1pFinite and logPolynomial.
VECTOR(threeHalves, $1.5)
VECTOR(log2, $-0.5)
VECTOR(log3, $0.33333447575569153)
VECTOR(log4, $-0.2500009536743164)
VECTOR(log5, $0.19990922510623932)
VECTOR(log6, $-0.16647391021251678)
VECTOR(log7, $0.14477752149105072)
VECTOR(log8, $-0.13159875571727753)
VECTOR(log9, $0.10463769733905792)
VECTOR(log10, $-0.045096393674612045)

// normalTail; the lowest coefficients of its two polynomials are ½ and 1.
VECTOR(fifteen, $15.0)
VECTOR(normalP1, $0.437610387802124)
VECTOR(normalP2, $0.18269850313663483)
VECTOR(normalP3, $0.04044374078512192)
VECTOR(normalP4, $0.004085645545274019)
VECTOR(normalQ1, $1.6731055974960327)
VECTOR(normalQ2, $1.2003382444381714)
VECTOR(normalQ3, $0.46804630756378174)
VECTOR(normalQ4, $0.1013839840888977)
VECTOR(normalQ5, $0.010241072624921799)
VECTOR(invSqrt2Pi, $0.3989422917366028)

// geluTanh: k = 2·√(2/π), c = 0.044715·k and 3·c.
VECTOR(sixteen, $16.0)
VECTOR(minusSixteen, $-16.0)
VECTOR(geluK, $1.5957691669464111)
VECTOR(geluC, $0.07135481387376785)
VECTOR(gelu3C, $0.21406444907188416)

VECTOR(seluLambda, $1.0507010221481323)
VECTOR(seluLambdaAlpha, $1.7580993175506592)
VECTOR(three, $3.0)
VECTOR(six, $6.0)
VECTOR(sixth, $0.1666666716337204)

// Predicates of VCMPPS: x > y, x ≥ y and x < y, all false if one is NaN.
#define GT 0x1e
#define GE 0x1d
#define LT 0x11

// Sixteen times all bits and sixteen times none: the masks of the first n of sixteen elements begin 4n bytes before the
// middle.
DATA tailMasks<>+0(SB)/8, $-1
DATA tailMasks<>+8(SB)/8, $-1
DATA tailMasks<>+16(SB)/8, $-1
DATA tailMasks<>+24(SB)/8, $-1
DATA tailMasks<>+32(SB)/8, $-1
DATA tailMasks<>+40(SB)/8, $-1
DATA tailMasks<>+48(SB)/8, $-1
DATA tailMasks<>+56(SB)/8, $-1
DATA tailMasks<>+64(SB)/8, $0
DATA tailMasks<>+72(SB)/8, $0
DATA tailMasks<>+80(SB)/8, $0
DATA tailMasks<>+88(SB)/8, $0
DATA tailMasks<>+96(SB)/8, $0
DATA tailMasks<>+104(SB)/8, $0
DATA tailMasks<>+112(SB)/8, $0
DATA tailMasks<>+120(SB)/8, $0
GLOBL tailMasks<>(SB), RODATA|NOPTR, $128

// ---- Elementary functions ----

// MIN and MAX are x = min(limit, x) and x = max(limit, x), limit being a register; a NaN x stays.
#define MIN(limit, x, X) VMINPS x, limit, x; VMINPS X, limit, X
#define MAX(limit, x, X) VMAXPS x, limit, x; VMAXPS X, limit, X

// REDUCE begins Exp: n is the integer nearest to x·log₂e, r = x − n·ln 2 takes the place of x, and the bits of t end
// in n + 254.
#define REDUCE(x, n, t, X, N, T) \
	VMOVUPS log2e<>(SB), t; VMOVUPS log2e<>(SB), T; \
	VFMADD213PS rounderExp<>(SB), x, t; VFMADD213PS rounderExp<>(SB), X, T; \ // t = fma(x, log₂e, rounder)
	VSUBPS rounderExp<>(SB), t, n; VSUBPS rounderExp<>(SB), T, N; \           // n = t − rounder
	VFNMADD231PS ln2High<>(SB), n, x; VFNMADD231PS ln2High<>(SB), N, X; \     // r = fma(n, −ln2High, x)
	VFNMADD231PS ln2Low<>(SB), n, x; VFNMADD231PS ln2Low<>(SB), N, X          // r = fma(n, −ln2Low, r)

// EXPPOLYNOMIAL computes p = expPolynomial(r).
#define EXPPOLYNOMIAL(p, r, P, R) \
	VMOVUPS exp6<>(SB), p; VMOVUPS exp6<>(SB), P; \
	VFMADD213PS exp5<>(SB), r, p; VFMADD213PS exp5<>(SB), R, P; \
	VFMADD213PS exp4<>(SB), r, p; VFMADD213PS exp4<>(SB), R, P; \
	VFMADD213PS exp3<>(SB), r, p; VFMADD213PS exp3<>(SB), R, P; \
	VFMADD213PS exp2<>(SB), r, p; VFMADD213PS exp2<>(SB), R, P; \
	VFMADD213PS one<>(SB), r, p; VFMADD213PS one<>(SB), R, P; \
	VFMADD213PS one<>(SB), r, p; VFMADD213PS one<>(SB), R, P

// SCALE computes y = scale(p, n), given REDUCE's t.
#define SCALE(y, p, t, Y, P, T) \
	VPSRLD $1, t, y; VPSRLD $1, T, Y; \   // ends in ⌊n/2⌋ + 127
	VPSUBD y, t, t; VPSUBD Y, T, T; \     // ends in n − ⌊n/2⌋ + 127
	VPSLLD $23, y, y; VPSLLD $23, Y, Y; \ // 2^⌊n/2⌋
	VPSLLD $23, t, t; VPSLLD $23, T, T; \ // 2^(n−⌊n/2⌋)
	VMULPS y, p, p; VMULPS Y, P, P; \
	VMULPS t, p, y; VMULPS T, P, Y

// EXP computes x = eˣ for x in [−104, 89] or NaN. (Exp adds 0 to r, which changes nothing but the sign of a zero.)
#define EXP(x, a, b, X, A, B) \
	REDUCE(x, a, b, X, A, B); \
	EXPPOLYNOMIAL(a, x, A, X); \
	SCALE(x, a, b, X, A, B)

// EXPNEGATIVE computes z = Exp(−|x|); Y15 = −104.
#define EXPNEGATIVE(z, x, a, b, Z, X, A, B) \
	VORPS sign<>(SB), x, z; VORPS sign<>(SB), X, Z; \
	MAX(Y15, z, Z); \
	EXP(z, a, b, Z, A, B)

// EXPM1PARTS computes s and q of expm1Parts(x), q in the place of x, for x in [−80, 0] or NaN.
#define EXPM1PARTS(x, s, a, b, X, S, A, B) \
	VMOVUPS log2e<>(SB), s; VMOVUPS log2e<>(SB), S; \
	VFMADD213PS rounder<>(SB), x, s; VFMADD213PS rounder<>(SB), X, S; \ // t = fma(x, log₂e, rounder)
	VSUBPS rounder<>(SB), s, a; VSUBPS rounder<>(SB), S, A; \           // n = t − rounder
	VFNMADD231PS ln2<>(SB), a, x; VFNMADD231PS ln2<>(SB), A, X; \       // r = fma(n, −ln 2, x)
	VMOVUPS expm6<>(SB), a; VMOVUPS expm6<>(SB), A; \
	VFMADD213PS expm5<>(SB), x, a; VFMADD213PS expm5<>(SB), X, A; \
	VFMADD213PS expm4<>(SB), x, a; VFMADD213PS expm4<>(SB), X, A; \
	VFMADD213PS expm3<>(SB), x, a; VFMADD213PS expm3<>(SB), X, A; \
	VFMADD213PS expm2<>(SB), x, a; VFMADD213PS expm2<>(SB), X, A; \
	VMULPS x, x, b; VMULPS X, X, B; \
	VFMADD231PS b, a, x; VFMADD231PS B, A, X; \                         // q = fma(p, r·r, r)
	VPSLLD $23, s, s; VPSLLD $23, S, S; \
	VPADDD one<>(SB), s, s; VPADDD one<>(SB), S, S                      // s = 2ⁿ

// SIGMOIDPARTS computes z = Exp(−|x|), w = z/(1 + z), and c in the place of x: 1 if x ≥ 0 and z otherwise; Y15 = −104
// and Y14 = 1. (The sign may decide for −0 too, since z is 1 there.)
#define SIGMOIDPARTS(x, w, z, a, X, W, Z, A) \
	EXPNEGATIVE(z, x, w, a, Z, X, W, A); \
	VADDPS z, Y14, w; VADDPS Z, Y14, W; \
	VDIVPS w, z, w; VDIVPS W, Z, W; \
	VBLENDVPS x, z, Y14, x; VBLENDVPS X, Z, Y14, X

// LOG1P computes l = log1pFinite(z) in the place of z for z in [0, 1] or NaN; Y14 = 1. There k is 0 or 1, so that
// 2⁻ᵏ = 1 − ½k is exact, and so is fma(k, ln 2, ·) as a sum with 0 or ln 2.
#define LOG1P(z, k, a, b, Z, K, A, B) \
	VADDPS z, Y14, k; VADDPS Z, Y14, K; \
	VCMPPS $GE, threeHalves<>(SB), k, k; VCMPPS $GE, threeHalves<>(SB), K, K; \ // 1 + z ≥ 1½
	VANDPS half<>(SB), k, a; VANDPS half<>(SB), K, A; \
	VSUBPS a, Y14, b; VSUBPS A, Y14, B; \                                       // s = 1 − ½k
	VFMSUB213PS a, b, z; VFMSUB213PS A, B, Z; \                                 // f = fma(z, s, s − 1)
	VANDPS ln2<>(SB), k, k; VANDPS ln2<>(SB), K, K; \
	VMOVUPS log10<>(SB), a; VMOVUPS log10<>(SB), A; \
	VFMADD213PS log9<>(SB), z, a; VFMADD213PS log9<>(SB), Z, A; \
	VFMADD213PS log8<>(SB), z, a; VFMADD213PS log8<>(SB), Z, A; \
	VFMADD213PS log7<>(SB), z, a; VFMADD213PS log7<>(SB), Z, A; \
	VFMADD213PS log6<>(SB), z, a; VFMADD213PS log6<>(SB), Z, A; \
	VFMADD213PS log5<>(SB), z, a; VFMADD213PS log5<>(SB), Z, A; \
	VFMADD213PS log4<>(SB), z, a; VFMADD213PS log4<>(SB), Z, A; \
	VFMADD213PS log3<>(SB), z, a; VFMADD213PS log3<>(SB), Z, A; \
	VFMADD213PS log2<>(SB), z, a; VFMADD213PS log2<>(SB), Z, A; \
	VMULPS z, z, b; VMULPS Z, Z, B; \
	VFMADD231PS b, a, z; VFMADD231PS B, A, Z; \                                 // logPolynomial(f) = fma(p, f·f, f)
	VADDPS k, z, z; VADDPS K, Z, Z                                              // fma(k, ln 2, ·)

// NORMALTAIL computes a = |x| for the clamped x, and z, p and q of normalTail; Y15 = 15.
#define NORMALTAIL(a, z, p, q, x, b, A, Z, P, Q, X, B) \
	VANDPS magnitude<>(SB), x, a; VANDPS magnitude<>(SB), X, A; \
	MIN(Y15, a, A); \
	VMULPS a, a, z; VMULPS A, A, Z; \           // h = a·a
	VMOVAPS a, p; VMOVAPS A, P; \
	VFMSUB213PS z, a, p; VFMSUB213PS Z, A, P; \ // l = fma(a, a, −h)
	VMULPS minusHalf<>(SB), z, z; VMULPS minusHalf<>(SB), Z, Z; \
	VMULPS minusHalf<>(SB), p, p; VMULPS minusHalf<>(SB), P, P; \
	REDUCE(z, q, b, Z, Q, B); \
	VADDPS p, z, z; VADDPS P, Z, Z; \           // r − ½·l
	EXPPOLYNOMIAL(p, z, P, Z); \
	SCALE(z, p, b, Z, P, B); \
	VMOVUPS normalP4<>(SB), p; VMOVUPS normalP4<>(SB), P; \
	VMOVUPS normalQ5<>(SB), q; VMOVUPS normalQ5<>(SB), Q; \
	VFMADD213PS normalP3<>(SB), a, p; VFMADD213PS normalP3<>(SB), A, P; \
	VFMADD213PS normalQ4<>(SB), a, q; VFMADD213PS normalQ4<>(SB), A, Q; \
	VFMADD213PS normalP2<>(SB), a, p; VFMADD213PS normalP2<>(SB), A, P; \
	VFMADD213PS normalQ3<>(SB), a, q; VFMADD213PS normalQ3<>(SB), A, Q; \
	VFMADD213PS normalP1<>(SB), a, p; VFMADD213PS normalP1<>(SB), A, P; \
	VFMADD213PS normalQ2<>(SB), a, q; VFMADD213PS normalQ2<>(SB), A, Q; \
	VFMADD213PS half<>(SB), a, p; VFMADD213PS half<>(SB), A, P; \
	VFMADD213PS normalQ1<>(SB), a, q; VFMADD213PS normalQ1<>(SB), A, Q; \
	VFMADD213PS one<>(SB), a, q; VFMADD213PS one<>(SB), A, Q

// MISHPARTS computes z, n and d of mishParts(x); Y15 = −104 and Y14 = 1. (The sign may decide for −0 too: with z = 1
// both n are 3 and both d are 5.)
#define MISHPARTS(z, n, d, x, a, b, Z, N, D, X, A, B) \
	EXPNEGATIVE(z, x, a, b, Z, X, A, B); \
	VADDPS z, z, a; VADDPS Z, Z, A; \                 // 2z
	VADDPS a, Y14, n; VADDPS A, Y14, N; \             // x ≥ 0: n = fma(2, z, 1)
	VMOVAPS n, d; VMOVAPS N, D; \
	VFMADD231PS z, a, d; VFMADD231PS Z, A, D; \       //        d = fma(2z, z, n)
	VFMADD231PS z, z, a; VFMADD231PS Z, Z, A; \       // x < 0: n = fma(z, z, 2z)
	VADDPS two<>(SB), a, b; VADDPS two<>(SB), A, B; \ //        d = n + 2
	VBLENDVPS x, a, n, n; VBLENDVPS X, A, N, N; \
	VBLENDVPS x, b, d, d; VBLENDVPS X, B, D, D

// EXPM1 computes e = expm1Negative(x) for x in [−80, 0] or NaN.
#define EXPM1(e, x, a, b, E, X, A, B) \
	EXPM1PARTS(x, a, e, b, X, A, E, B); \
	VSUBPS one<>(SB), a, e; VSUBPS one<>(SB), A, E; \
	VFMADD231PS x, a, e; VFMADD231PS X, A, E // fma(s, q, s − 1)

// ---- Activations ----

// Y15 = −104, Y14 = 89
#define EXPONENTIAL(x, a, b, c, d, e, X, A, B, C, D, E) \
	MIN(Y14, x, X); \
	MAX(Y15, x, X); \
	EXP(x, a, b, X, A, B)

#define IDENTITY(x, a, b, c, d, e, X, A, B, C, D, E)

// Y15 = −104, Y14 = 1
#define SIGMOID(x, a, b, c, d, e, X, A, B, C, D, E) \
	SIGMOIDPARTS(x, a, b, c, X, A, B, C); \
	VFNMADD231PS x, a, x; VFNMADD231PS X, A, X // fma(−w, c, c)

#define SIGMOIDSLOPE(y, a, b, c, d, e, Y, A, B, C, D, E) \
	VFNMADD231PS y, y, y; VFNMADD231PS Y, Y, Y // fma(−y, y, y)

// Y15 = −80, Y14 = 1
#define TANH(x, a, b, c, d, e, X, A, B, C, D, E) \
	VORPS sign<>(SB), x, a; VORPS sign<>(SB), X, A; \
	VADDPS a, a, a; VADDPS A, A, A; \             // −2|x|
	MAX(Y15, a, A); \
	EXPM1PARTS(a, b, c, d, A, B, C, D); \
	VSUBPS b, Y14, c; VSUBPS B, Y14, C; \
	VADDPS b, Y14, d; VADDPS B, Y14, D; \
	VFNMADD231PS b, a, c; VFNMADD231PS B, A, C; \ // fma(−s, q, 1 − s)
	VFMADD231PS b, a, d; VFMADD231PS B, A, D; \   // fma(s, q, 1 + s)
	VDIVPS d, c, c; VDIVPS D, C, C; \
	VANDPS sign<>(SB), x, x; VANDPS sign<>(SB), X, X; \
	VORPS c, x, x; VORPS C, X, X                  // with the sign of x

// Y14 = 1
#define TANHSLOPE(y, a, b, c, d, e, Y, A, B, C, D, E) \
	VFNMADD213PS Y14, y, y; VFNMADD213PS Y14, Y, Y // fma(−y, y, 1)

// Y15 = 0. (Of two zeros VMAXPS gives the second, as of any two when one is NaN.)
#define RELU(x, a, b, c, d, e, X, A, B, C, D, E) \
	MAX(Y15, x, X)

#define RELUSLOPE(x, a, b, c, d, e, X, A, B, C, D, E) \
	VCMPPS $GT, zero<>(SB), x, x; VCMPPS $GT, zero<>(SB), X, X; \
	VANDPS one<>(SB), x, x; VANDPS one<>(SB), X, X

// Y15 = 0, Y14 = 6
#define RELU6(x, a, b, c, d, e, X, A, B, C, D, E) \
	MAX(Y15, x, X); \
	MIN(Y14, x, X)

// Y15 = 0, Y14 = 6
#define RELU6SLOPE(x, a, b, c, d, e, X, A, B, C, D, E) \
	VCMPPS $GT, Y15, x, a; VCMPPS $GT, Y15, X, A; \
	VCMPPS $LT, Y14, x, x; VCMPPS $LT, Y14, X, X; \
	VANDPS a, x, x; VANDPS A, X, X; \
	VANDPS one<>(SB), x, x; VANDPS one<>(SB), X, X

// Y15 = α, Y14 = 0
#define LEAKYRELU(x, a, b, c, d, e, X, A, B, C, D, E) \
	VCMPPS $GT, Y14, x, a; VCMPPS $GT, Y14, X, A; \
	VMULPS Y15, x, b; VMULPS Y15, X, B; \
	VBLENDVPS a, x, b, x; VBLENDVPS A, X, B, X

// Y15 = α, Y14 = 0, Y13 = 1
#define LEAKYRELUSLOPE(x, a, b, c, d, e, X, A, B, C, D, E) \
	VCMPPS $GT, Y14, x, x; VCMPPS $GT, Y14, X, X; \
	VBLENDVPS x, Y13, Y15, x; VBLENDVPS X, Y13, Y15, X

// Y15 = α, Y14 = −80, Y13 = 0
#define ELU(x, a, b, c, d, e, X, A, B, C, D, E) \
	VMOVAPS x, a; VMOVAPS X, A; \
	MAX(Y14, a, A); \
	EXPM1(b, a, c, d, B, A, C, D); \
	VMULPS Y15, b, b; VMULPS Y15, B, B; \
	VCMPPS $GT, Y13, x, a; VCMPPS $GT, Y13, X, A; \
	VBLENDVPS a, x, b, x; VBLENDVPS A, X, B, X

// Y15 = α, Y13 = 0, Y12 = 1
#define ELUSLOPE(x, y, a, b, c, d, X, Y, A, B, C, D) \
	VADDPS Y15, y, y; VADDPS Y15, Y, Y; \
	VCMPPS $GT, Y13, x, x; VCMPPS $GT, Y13, X, X; \
	VBLENDVPS x, Y12, y, x; VBLENDVPS X, Y12, Y, X

// Y15 = λ·α, Y14 = −80, Y13 = 0, Y12 = λ
#define SELU(x, a, b, c, d, e, X, A, B, C, D, E) \
	VMOVAPS x, a; VMOVAPS X, A; \
	MAX(Y14, a, A); \
	EXPM1(b, a, c, d, B, A, C, D); \
	VMULPS Y15, b, b; VMULPS Y15, B, B; \
	VCMPPS $LT, Y13, x, a; VCMPPS $LT, Y13, X, A; \
	VMULPS Y12, x, x; VMULPS Y12, X, X; \
	VBLENDVPS a, b, x, x; VBLENDVPS A, B, X, X

// Y15 = λ·α, Y13 = 0, Y12 = λ
#define SELUSLOPE(x, y, a, b, c, d, X, Y, A, B, C, D) \
	VADDPS Y15, y, y; VADDPS Y15, Y, Y; \
	VCMPPS $LT, Y13, x, x; VCMPPS $LT, Y13, X, X; \
	VBLENDVPS x, y, Y12, x; VBLENDVPS X, Y, Y12, X

// Y15 = α, Y14 = −80, Y13 = 0
#define CELU(x, a, b, c, d, e, X, A, B, C, D, E) \
	VDIVPS Y15, x, a; VDIVPS Y15, X, A; \
	MAX(Y14, a, A); \
	EXPM1(b, a, c, d, B, A, C, D); \
	VMULPS Y15, b, b; VMULPS Y15, B, B; \
	VCMPPS $GT, Y13, x, a; VCMPPS $GT, Y13, X, A; \
	VBLENDVPS a, x, b, x; VBLENDVPS A, X, B, X

// Y15 = α, Y13 = 0, Y12 = 1
#define CELUSLOPE(x, y, a, b, c, d, X, Y, A, B, C, D) \
	VDIVPS Y15, y, y; VDIVPS Y15, Y, Y; \
	VADDPS Y12, y, y; VADDPS Y12, Y, Y; \
	VCMPPS $GT, Y13, x, x; VCMPPS $GT, Y13, X, X; \
	VBLENDVPS x, Y12, y, x; VBLENDVPS X, Y12, Y, X

// Y15 = 15, Y14 = −0. With |t|, whose operations are those of t without the sign: x − |t| if x > 0, and −|t| as
// −0 − |t| otherwise.
#define GELU(x, a, b, c, d, e, X, A, B, C, D, E) \
	NORMALTAIL(a, b, c, d, x, e, A, B, C, D, X, E); \
	VMULPS c, a, a; VMULPS C, A, A; \
	VMULPS b, a, a; VMULPS B, A, A; \
	VDIVPS d, a, a; VDIVPS D, A, A; \ // |t| = |x|·p·z/q
	MAX(Y14, x, X); \                 // of 0 and −0, x
	VSUBPS a, x, x; VSUBPS A, X, X

// Y15 = 15, Y14 = −0, Y13 = 1. (The sign may decide for −0 too, since Φ and 1 − Φ are ½ there.)
#define GELUSLOPE(x, a, b, c, d, e, X, A, B, C, D, E) \
	NORMALTAIL(a, b, c, d, x, e, A, B, C, D, X, E); \
	VMULPS b, c, c; VMULPS B, C, C; \
	VDIVPS d, c, c; VDIVPS D, C, C; \                                         // z·p/q = Φ(−|x|)
	VSUBPS c, Y13, d; VSUBPS C, Y13, D; \
	VBLENDVPS x, c, d, c; VBLENDVPS X, C, D, C; \                             // Φ(x)
	VANDPS Y14, x, x; VANDPS Y14, X, X; \
	VORPS a, x, x; VORPS A, X, X; \                                           // the clamped x
	VMULPS b, x, x; VMULPS B, X, X; \
	VFMADD132PS invSqrt2Pi<>(SB), c, x; VFMADD132PS invSqrt2Pi<>(SB), C, X // fma(x·z, 1/√2π, Φ)

// Y15 = −104, Y14 = 1
#define GELUTANH(x, a, b, c, d, e, X, A, B, C, D, E) \
	VMULPS x, x, a; VMULPS X, X, A; \
	VMOVUPS geluC<>(SB), b; VMOVUPS geluC<>(SB), B; \
	VFMADD213PS geluK<>(SB), a, b; VFMADD213PS geluK<>(SB), A, B; \
	VMULPS x, b, b; VMULPS X, B, B; \ // v
	SIGMOID(b, a, c, d, e, e, B, A, C, D, E, E); \
	VMULPS b, x, x; VMULPS B, X, X

// Y15 = −104, Y14 = 1, Y13 = 16, Y12 = −16
#define GELUTANHSLOPE(x, a, b, c, d, e, X, A, B, C, D, E) \
	MIN(Y13, x, X); \
	MAX(Y12, x, X); \
	VMULPS x, x, a; VMULPS X, X, A; \
	VMOVUPS geluC<>(SB), b; VMOVUPS geluC<>(SB), B; \
	VFMADD213PS geluK<>(SB), a, b; VFMADD213PS geluK<>(SB), A, B; \
	VMULPS x, b, b; VMULPS X, B, B; \             // v
	VMOVUPS gelu3C<>(SB), c; VMOVUPS gelu3C<>(SB), C; \
	VFMADD213PS geluK<>(SB), a, c; VFMADD213PS geluK<>(SB), A, C; \
	VMULPS c, x, x; VMULPS C, X, X; \             // x·v'
	SIGMOIDPARTS(b, a, c, d, B, A, C, D); \
	VFNMADD231PS b, a, b; VFNMADD231PS B, A, B; \ // σ
	VFNMADD231PS a, a, a; VFNMADD231PS A, A, A; \ // σ'
	VFMADD213PS b, a, x; VFMADD213PS B, A, X

// Y15 = −104, Y14 = 1
#define SILU(x, a, b, c, d, e, X, A, B, C, D, E) \
	VMOVAPS x, d; VMOVAPS X, D; \
	SIGMOID(x, a, b, c, e, e, X, A, B, C, E, E); \
	VMULPS d, x, x; VMULPS D, X, X

// Y15 = −104, Y14 = 1
#define SILUSLOPE(x, a, b, c, d, e, X, A, B, C, D, E) \
	VMOVAPS x, d; VMOVAPS X, D; \
	SIGMOIDPARTS(x, a, b, c, X, A, B, C); \
	VFNMADD231PS x, a, x; VFNMADD231PS X, A, X; \ // σ
	VFNMADD231PS a, a, a; VFNMADD231PS A, A, A; \ // σ'
	VFMADD231PS d, a, x; VFMADD231PS D, A, X

// Y15 = −104, Y14 = 1
#define MISH(x, a, b, c, d, e, X, A, B, C, D, E) \
	MISHPARTS(a, b, c, x, d, e, A, B, C, X, D, E); \
	VDIVPS c, b, b; VDIVPS C, B, B; \
	VMULPS b, x, x; VMULPS B, X, X

// Y15 = −104, Y14 = 1. (The sign may decide for −0 too, since z is 1 there.)
#define MISHSLOPE(x, a, b, c, d, e, X, A, B, C, D, E) \
	MISHPARTS(a, b, c, x, d, e, A, B, C, X, D, E); \
	VMULPS four<>(SB), a, d; VMULPS four<>(SB), A, D; \
	VADDPS a, Y14, e; VADDPS A, Y14, E; \
	VMULPS e, d, d; VMULPS E, D, D; \ // k = 4z·(1 + z)
	VMULPS a, d, e; VMULPS A, D, E; \ // k·z if x ≥ 0
	VBLENDVPS x, d, e, d; VBLENDVPS X, D, E, D; \
	VDIVPS c, d, d; VDIVPS C, D, D; \
	VFMADD231PS d, x, b; VFMADD231PS D, X, B; \
	VDIVPS c, b, x; VDIVPS C, B, X // fma(x, k/d, n)/d

// Y15 = −104, Y14 = 1, Y13 = 0. (0 + tail is tail.)
#define SOFTPLUS(x, a, b, c, d, e, X, A, B, C, D, E) \
	EXPNEGATIVE(a, x, b, c, A, X, B, C); \
	LOG1P(a, b, c, d, A, B, C, D); \
	MAX(Y13, x, X); \
	VADDPS a, x, x; VADDPS A, X, X

// Y15 = −104, Y14 = 1, Y13 = −0. −SoftplusOf(−x) is x − tail if x < 0 and −tail as −0 − tail otherwise.
#define LOGSIGMOID(x, a, b, c, d, e, X, A, B, C, D, E) \
	EXPNEGATIVE(a, x, b, c, A, X, B, C); \
	LOG1P(a, b, c, d, A, B, C, D); \
	MIN(Y13, x, X); \
	VSUBPS a, x, x; VSUBPS A, X, X

// LOGSIGMOIDSLOPE is SigmoidOf(−x); Y15 = −104, Y14 = 1.
#define LOGSIGMOIDSLOPE(x, a, b, c, d, e, X, A, B, C, D, E) \
	VXORPS sign<>(SB), x, x; VXORPS sign<>(SB), X, X; \
	SIGMOID(x, a, b, c, d, e, X, A, B, C, D, E)

// Y15 = 0, Y14 = 6
#define HARDSIGMOID(x, a, b, c, d, e, X, A, B, C, D, E) \
	VADDPS three<>(SB), x, x; VADDPS three<>(SB), X, X; \
	RELU6(x, a, b, c, d, e, X, A, B, C, D, E); \
	VDIVPS Y14, x, x; VDIVPS Y14, X, X

// Y15 = 0, Y14 = 6
#define HARDSIGMOIDSLOPE(x, a, b, c, d, e, X, A, B, C, D, E) \
	VADDPS three<>(SB), x, x; VADDPS three<>(SB), X, X; \
	VCMPPS $GT, Y15, x, a; VCMPPS $GT, Y15, X, A; \
	VCMPPS $LT, Y14, x, x; VCMPPS $LT, Y14, X, X; \
	VANDPS a, x, x; VANDPS A, X, X; \
	VANDPS sixth<>(SB), x, x; VANDPS sixth<>(SB), X, X

// Y15 = 0, Y14 = 6
#define HARDSILU(x, a, b, c, d, e, X, A, B, C, D, E) \
	VMOVAPS x, b; VMOVAPS X, B; \
	HARDSIGMOID(x, a, a, a, a, a, X, A, A, A, A, A); \
	VMULPS b, x, x; VMULPS B, X, X

// Y15 = 0, Y14 = 6
#define HARDSILUSLOPE(x, a, b, c, d, e, X, A, B, C, D, E) \
	VMOVAPS x, b; VMOVAPS X, B; \
	HARDSIGMOIDSLOPE(b, a, a, a, a, a, B, A, A, A, A, A); \
	VMOVAPS x, c; VMOVAPS X, C; \
	HARDSIGMOID(c, a, a, a, a, a, C, A, A, A, A, A); \
	VFMADD213PS c, b, x; VFMADD213PS C, B, X // fma(x, hardSigmoidSlope(x), hardSigmoid(x))

// Y14 = 1
#define SOFTSIGN(x, a, b, c, d, e, X, A, B, C, D, E) \
	VANDPS magnitude<>(SB), x, a; VANDPS magnitude<>(SB), X, A; \
	VADDPS Y14, a, a; VADDPS Y14, A, A; \
	VDIVPS a, x, x; VDIVPS A, X, X

// Y14 = 1
#define SOFTSIGNSLOPE(x, a, b, c, d, e, X, A, B, C, D, E) \
	VANDPS magnitude<>(SB), x, x; VANDPS magnitude<>(SB), X, X; \
	VADDPS Y14, x, x; VADDPS Y14, X, X; \
	VMULPS x, x, x; VMULPS X, X, X; \
	VDIVPS x, Y14, x; VDIVPS X, Y14, X

// ---- Loops ----

// F16 applies f to Y0 and Y6.
#define F16(f) f(Y0, Y1, Y2, Y3, Y4, Y5, Y6, Y7, Y8, Y9, Y10, Y11)

// TAILMASKS sets the masks of the first CX of sixteen elements, CX < 16.
#define TAILMASKS(low, high) \
	MOVQ CX, AX; \
	NEGQ AX; \
	LEAQ tailMasks<>+64(SB), BX; \
	VMOVUPS (BX)(AX*4), low; \
	VMOVUPS 32(BX)(AX*4), high

// STORETAIL stores the first CX of the sixteen elements of Y0 and Y6 at DI, CX < 16, and goes on at done. (VMASKMOVPS
// takes several times as long on AMD's processors.)
#define STORETAIL \
	TESTB $8, CX; \
	JEQ store4; \
	VMOVUPS Y0, (DI); \
	VMOVAPS Y6, Y0; \
	ADDQ $32, DI; \
store4: \
	TESTB $4, CX; \
	JEQ store2; \
	VMOVUPS X0, (DI); \
	VEXTRACTF128 $1, Y0, X0; \
	ADDQ $16, DI; \
store2: \
	TESTB $2, CX; \
	JEQ store1; \
	VMOVLPS X0, (DI); \
	VPERMILPD $1, X0, X0; \
	ADDQ $8, DI; \
store1: \
	TESTB $1, CX; \
	JEQ done; \
	VMOVSS X0, (DI)

// MAP is the body of a function of (y, x []float32) that computes y = f(x).
//
// DI: y, SI: x, CX: the elements that are left
#define MAP(f) \
	MOVQ y_base+0(FP), DI; \
	MOVQ x_base+24(FP), SI; \
	MOVQ x_len+32(FP), CX; \
	SUBQ $16, CX; \
	JLT rest; \
sixteen: \
	VMOVUPS (SI), Y0; \
	VMOVUPS 32(SI), Y6; \
	F16(f); \
	VMOVUPS Y0, (DI); \
	VMOVUPS Y6, 32(DI); \
	ADDQ $64, SI; \
	ADDQ $64, DI; \
	SUBQ $16, CX; \
	JGE sixteen; \
rest: \
	ADDQ $16, CX; \
	JEQ done; \
	TAILMASKS(Y1, Y7); \
	VMASKMOVPS (SI), Y1, Y0; \
	VMASKMOVPS 32(SI), Y7, Y6; \
	F16(f); \
	STORETAIL; \
done: \
	VZEROUPPER; \
	RET

// GRADIENT is the body of a function of (dx, dy, x []float32) that computes dx from dy and s = f(x), by combine(dy, s).
//
// DI: dx, DX: dy, SI: x, CX: the elements that are left
#define GRADIENT(f, combine) \
	MOVQ dx_base+0(FP), DI; \
	MOVQ dy_base+24(FP), DX; \
	MOVQ x_base+48(FP), SI; \
	MOVQ x_len+56(FP), CX; \
	SUBQ $16, CX; \
	JLT rest; \
sixteen: \
	VMOVUPS (SI), Y0; \
	VMOVUPS 32(SI), Y6; \
	F16(f); \
	combine((DX), Y0); \
	combine(32(DX), Y6); \
	VMOVUPS Y0, (DI); \
	VMOVUPS Y6, 32(DI); \
	ADDQ $64, SI; \
	ADDQ $64, DX; \
	ADDQ $64, DI; \
	SUBQ $16, CX; \
	JGE sixteen; \
rest: \
	ADDQ $16, CX; \
	JEQ done; \
	TAILMASKS(Y1, Y7); \
	VMASKMOVPS (SI), Y1, Y0; \
	VMASKMOVPS 32(SI), Y7, Y6; \
	F16(f); \
	TAILMASKS(Y1, Y7); \
	VMASKMOVPS (DX), Y1, Y1; \
	VMASKMOVPS 32(DX), Y7, Y7; \
	combine(Y1, Y0); \
	combine(Y7, Y6); \
	STORETAIL; \
done: \
	VZEROUPPER; \
	RET

// MULTIPLY is GRADIENT for dx = dy·f(x).
#define MULTIPLY(f) GRADIENT(f, TIMES)
#define TIMES(dy, s) VMULPS dy, s, s

// MULTIPLY2 is the body of a function of (dx, dy, x, y []float32) that computes dx = dy·f(x, y).
//
// DI: dx, DX: dy, SI: x, R8: y, CX: the elements that are left
#define MULTIPLY2(f) \
	MOVQ dx_base+0(FP), DI; \
	MOVQ dy_base+24(FP), DX; \
	MOVQ x_base+48(FP), SI; \
	MOVQ x_len+56(FP), CX; \
	MOVQ y_base+72(FP), R8; \
	SUBQ $16, CX; \
	JLT rest; \
sixteen: \
	VMOVUPS (SI), Y0; \
	VMOVUPS 32(SI), Y6; \
	VMOVUPS (R8), Y1; \
	VMOVUPS 32(R8), Y7; \
	F16(f); \
	VMULPS (DX), Y0, Y0; \
	VMULPS 32(DX), Y6, Y6; \
	VMOVUPS Y0, (DI); \
	VMOVUPS Y6, 32(DI); \
	ADDQ $64, SI; \
	ADDQ $64, R8; \
	ADDQ $64, DX; \
	ADDQ $64, DI; \
	SUBQ $16, CX; \
	JGE sixteen; \
rest: \
	ADDQ $16, CX; \
	JEQ done; \
	TAILMASKS(Y1, Y7); \
	VMASKMOVPS (SI), Y1, Y0; \
	VMASKMOVPS 32(SI), Y7, Y6; \
	VMASKMOVPS (R8), Y1, Y1; \
	VMASKMOVPS 32(R8), Y7, Y7; \
	F16(f); \
	TAILMASKS(Y1, Y7); \
	VMASKMOVPS (DX), Y1, Y1; \
	VMASKMOVPS 32(DX), Y7, Y7; \
	VMULPS Y1, Y0, Y0; \
	VMULPS Y7, Y6, Y6; \
	STORETAIL; \
done: \
	VZEROUPPER; \
	RET

// EXPSUM is the body of a function that computes e[i] = Exp(x[i] − largest), stores them by store(e, at), and joins the
// sums of their 32 lanes in X0. In a partial vector the lanes beyond the row add +0, which changes none: a sum of e is
// never −0. (Exp's upper limit is not needed, as largest is the largest.)
//
// DI: e, SI: x, CX: the elements that are left, R9: the lane of the next ones; Y14 = largest, Y15 = −104;
// Y10…Y13: the lanes, in memory from the last incomplete 32 elements on
#define EXPSUM(store, storetail) \
	VXORPS Y10, Y10, Y10; \
	VXORPS Y11, Y11, Y11; \
	VXORPS Y12, Y12, Y12; \
	VXORPS Y13, Y13, Y13; \
	VMOVUPS expLow<>(SB), Y15; \
	SUBQ $32, CX; \
	JLT rest; \
thirtytwo: \
	VMOVUPS (SI), Y0; \
	VMOVUPS 32(SI), Y6; \
	EXPLESS(Y0, Y1, Y2, Y6, Y7, Y8); \
	store(Y0, (DI)); \
	store(Y6, 32(DI)); \
	VADDPS Y0, Y10, Y10; \
	VADDPS Y6, Y11, Y11; \
	VMOVUPS 64(SI), Y0; \
	VMOVUPS 96(SI), Y6; \
	EXPLESS(Y0, Y1, Y2, Y6, Y7, Y8); \
	store(Y0, 64(DI)); \
	store(Y6, 96(DI)); \
	VADDPS Y0, Y12, Y12; \
	VADDPS Y6, Y13, Y13; \
	ADDQ $128, SI; \
	ADDQ $128, DI; \
	SUBQ $32, CX; \
	JGE thirtytwo; \
rest: \
	VMOVUPS Y10, lanes-128(SP); \
	VMOVUPS Y11, lanes-96(SP); \
	VMOVUPS Y12, lanes-64(SP); \
	VMOVUPS Y13, lanes-32(SP); \
	LEAQ lanes-128(SP), R9; \
	ADDQ $32, CX; \
	CMPQ CX, $16; \
	JLT some; \
	VMOVUPS (SI), Y0; \
	VMOVUPS 32(SI), Y6; \
	EXPLESS(Y0, Y1, Y2, Y6, Y7, Y8); \
	store(Y0, (DI)); \
	store(Y6, 32(DI)); \
	VADDPS (R9), Y0, Y0; \
	VADDPS 32(R9), Y6, Y6; \
	VMOVUPS Y0, (R9); \
	VMOVUPS Y6, 32(R9); \
	ADDQ $64, SI; \
	ADDQ $64, DI; \
	ADDQ $64, R9; \
	SUBQ $16, CX; \
some: \
	TESTQ CX, CX; \
	JEQ done; \
	TAILMASKS(Y3, Y9); \
	VMASKMOVPS (SI), Y3, Y0; \
	VMASKMOVPS 32(SI), Y9, Y6; \
	EXPLESS(Y0, Y1, Y2, Y6, Y7, Y8); \
	VANDPS Y3, Y0, Y1; \
	VANDPS Y9, Y6, Y7; \
	VADDPS (R9), Y1, Y1; \
	VADDPS 32(R9), Y7, Y7; \
	VMOVUPS Y1, (R9); \
	VMOVUPS Y7, 32(R9); \
	storetail; \
done: \
	VMOVUPS lanes-128(SP), Y0; \
	VMOVUPS lanes-96(SP), Y1; \
	VADDPS lanes-64(SP), Y0, Y0; \ // lane[i] += lane[i+16]
	VADDPS lanes-32(SP), Y1, Y1; \
	VADDPS Y1, Y0, Y0; \           // lane[i] += lane[i+8]
	VEXTRACTF128 $1, Y0, X1; \
	VADDPS X1, X0, X0; \           // lane[i] += lane[i+4]
	VPERMILPD $1, X0, X1; \
	VADDPS X1, X0, X0; \           // lane[i] += lane[i+2]
	VMOVSHDUP X0, X1; \
	VADDSS X1, X0, X0              // lane[0] += lane[1]

// EXPLESS computes e = Exp(x − largest) in the place of x.
#define EXPLESS(x, a, b, X, A, B) \
	VSUBPS Y14, x, x; VSUBPS Y14, X, X; \
	MAX(Y15, x, X); \
	EXP(x, a, b, X, A, B)

#define STORE(e, at) VMOVUPS e, at
#define STORENOTHING(e, at)
#define STORENOTAIL

// ---- Functions ----

// func reluAVX2(y, x []float32)
TEXT ·reluAVX2(SB), NOSPLIT, $0-48
	VXORPS Y15, Y15, Y15
	MAP(RELU)

// func reluGradientAVX2(dx, dy, x []float32)
TEXT ·reluGradientAVX2(SB), NOSPLIT, $0-72
	MULTIPLY(RELUSLOPE)

// func relu6AVX2(y, x []float32)
TEXT ·relu6AVX2(SB), NOSPLIT, $0-48
	VXORPS Y15, Y15, Y15
	VMOVUPS six<>(SB), Y14
	MAP(RELU6)

// func relu6GradientAVX2(dx, dy, x []float32)
TEXT ·relu6GradientAVX2(SB), NOSPLIT, $0-72
	VXORPS Y15, Y15, Y15
	VMOVUPS six<>(SB), Y14
	MULTIPLY(RELU6SLOPE)

// func leakyReLUAVX2(y, x []float32, alpha float32)
TEXT ·leakyReLUAVX2(SB), NOSPLIT, $0-52
	VBROADCASTSS alpha+48(FP), Y15
	VXORPS Y14, Y14, Y14
	MAP(LEAKYRELU)

// func leakyReLUGradientAVX2(dx, dy, x []float32, alpha float32)
TEXT ·leakyReLUGradientAVX2(SB), NOSPLIT, $0-76
	VBROADCASTSS alpha+72(FP), Y15
	VXORPS Y14, Y14, Y14
	VMOVUPS one<>(SB), Y13
	MULTIPLY(LEAKYRELUSLOPE)

// func eluAVX2(y, x []float32, alpha float32)
TEXT ·eluAVX2(SB), NOSPLIT, $0-52
	VBROADCASTSS alpha+48(FP), Y15
	VMOVUPS expm1Low<>(SB), Y14
	VXORPS Y13, Y13, Y13
	MAP(ELU)

// func eluGradientAVX2(dx, dy, x, y []float32, alpha float32)
TEXT ·eluGradientAVX2(SB), NOSPLIT, $0-100
	VBROADCASTSS alpha+96(FP), Y15
	VXORPS Y13, Y13, Y13
	VMOVUPS one<>(SB), Y12
	MULTIPLY2(ELUSLOPE)

// func seluAVX2(y, x []float32)
TEXT ·seluAVX2(SB), NOSPLIT, $0-48
	VMOVUPS seluLambdaAlpha<>(SB), Y15
	VMOVUPS expm1Low<>(SB), Y14
	VXORPS Y13, Y13, Y13
	VMOVUPS seluLambda<>(SB), Y12
	MAP(SELU)

// func seluGradientAVX2(dx, dy, x, y []float32)
TEXT ·seluGradientAVX2(SB), NOSPLIT, $0-96
	VMOVUPS seluLambdaAlpha<>(SB), Y15
	VXORPS Y13, Y13, Y13
	VMOVUPS seluLambda<>(SB), Y12
	MULTIPLY2(SELUSLOPE)

// func celuAVX2(y, x []float32, alpha float32)
TEXT ·celuAVX2(SB), NOSPLIT, $0-52
	VBROADCASTSS alpha+48(FP), Y15
	VMOVUPS expm1Low<>(SB), Y14
	VXORPS Y13, Y13, Y13
	MAP(CELU)

// func celuGradientAVX2(dx, dy, x, y []float32, alpha float32)
TEXT ·celuGradientAVX2(SB), NOSPLIT, $0-100
	VBROADCASTSS alpha+96(FP), Y15
	VXORPS Y13, Y13, Y13
	VMOVUPS one<>(SB), Y12
	MULTIPLY2(CELUSLOPE)

// func geluAVX2(y, x []float32)
TEXT ·geluAVX2(SB), NOSPLIT, $0-48
	VMOVUPS fifteen<>(SB), Y15
	VMOVUPS sign<>(SB), Y14
	MAP(GELU)

// func geluGradientAVX2(dx, dy, x []float32)
TEXT ·geluGradientAVX2(SB), NOSPLIT, $0-72
	VMOVUPS fifteen<>(SB), Y15
	VMOVUPS sign<>(SB), Y14
	VMOVUPS one<>(SB), Y13
	MULTIPLY(GELUSLOPE)

// func geluTanhAVX2(y, x []float32)
TEXT ·geluTanhAVX2(SB), NOSPLIT, $0-48
	VMOVUPS expLow<>(SB), Y15
	VMOVUPS one<>(SB), Y14
	MAP(GELUTANH)

// func geluTanhGradientAVX2(dx, dy, x []float32)
TEXT ·geluTanhGradientAVX2(SB), NOSPLIT, $0-72
	VMOVUPS expLow<>(SB), Y15
	VMOVUPS one<>(SB), Y14
	VMOVUPS sixteen<>(SB), Y13
	VMOVUPS minusSixteen<>(SB), Y12
	MULTIPLY(GELUTANHSLOPE)

// func siluAVX2(y, x []float32)
TEXT ·siluAVX2(SB), NOSPLIT, $0-48
	VMOVUPS expLow<>(SB), Y15
	VMOVUPS one<>(SB), Y14
	MAP(SILU)

// func siluGradientAVX2(dx, dy, x []float32)
TEXT ·siluGradientAVX2(SB), NOSPLIT, $0-72
	VMOVUPS expLow<>(SB), Y15
	VMOVUPS one<>(SB), Y14
	MULTIPLY(SILUSLOPE)

// func mishAVX2(y, x []float32)
TEXT ·mishAVX2(SB), NOSPLIT, $0-48
	VMOVUPS expLow<>(SB), Y15
	VMOVUPS one<>(SB), Y14
	MAP(MISH)

// func mishGradientAVX2(dx, dy, x []float32)
TEXT ·mishGradientAVX2(SB), NOSPLIT, $0-72
	VMOVUPS expLow<>(SB), Y15
	VMOVUPS one<>(SB), Y14
	MULTIPLY(MISHSLOPE)

// func sigmoidAVX2(y, x []float32)
TEXT ·sigmoidAVX2(SB), NOSPLIT, $0-48
	VMOVUPS expLow<>(SB), Y15
	VMOVUPS one<>(SB), Y14
	MAP(SIGMOID)

// func sigmoidGradientAVX2(dx, dy, y []float32)
TEXT ·sigmoidGradientAVX2(SB), NOSPLIT, $0-72
	MULTIPLY(SIGMOIDSLOPE)

// func hardSigmoidAVX2(y, x []float32)
TEXT ·hardSigmoidAVX2(SB), NOSPLIT, $0-48
	VXORPS Y15, Y15, Y15
	VMOVUPS six<>(SB), Y14
	MAP(HARDSIGMOID)

// func hardSigmoidGradientAVX2(dx, dy, x []float32)
TEXT ·hardSigmoidGradientAVX2(SB), NOSPLIT, $0-72
	VXORPS Y15, Y15, Y15
	VMOVUPS six<>(SB), Y14
	MULTIPLY(HARDSIGMOIDSLOPE)

// func hardSiLUAVX2(y, x []float32)
TEXT ·hardSiLUAVX2(SB), NOSPLIT, $0-48
	VXORPS Y15, Y15, Y15
	VMOVUPS six<>(SB), Y14
	MAP(HARDSILU)

// func hardSiLUGradientAVX2(dx, dy, x []float32)
TEXT ·hardSiLUGradientAVX2(SB), NOSPLIT, $0-72
	VXORPS Y15, Y15, Y15
	VMOVUPS six<>(SB), Y14
	MULTIPLY(HARDSILUSLOPE)

// func logSigmoidAVX2(y, x []float32)
TEXT ·logSigmoidAVX2(SB), NOSPLIT, $0-48
	VMOVUPS expLow<>(SB), Y15
	VMOVUPS one<>(SB), Y14
	VMOVUPS sign<>(SB), Y13
	MAP(LOGSIGMOID)

// func logSigmoidGradientAVX2(dx, dy, x []float32)
TEXT ·logSigmoidGradientAVX2(SB), NOSPLIT, $0-72
	VMOVUPS expLow<>(SB), Y15
	VMOVUPS one<>(SB), Y14
	MULTIPLY(LOGSIGMOIDSLOPE)

// func tanhAVX2(y, x []float32)
TEXT ·tanhAVX2(SB), NOSPLIT, $0-48
	VMOVUPS expm1Low<>(SB), Y15
	VMOVUPS one<>(SB), Y14
	MAP(TANH)

// func tanhGradientAVX2(dx, dy, y []float32)
TEXT ·tanhGradientAVX2(SB), NOSPLIT, $0-72
	VMOVUPS one<>(SB), Y14
	MULTIPLY(TANHSLOPE)

// func softplusAVX2(y, x []float32)
TEXT ·softplusAVX2(SB), NOSPLIT, $0-48
	VMOVUPS expLow<>(SB), Y15
	VMOVUPS one<>(SB), Y14
	VXORPS Y13, Y13, Y13
	MAP(SOFTPLUS)

// func softplusGradientAVX2(dx, dy, x []float32)
TEXT ·softplusGradientAVX2(SB), NOSPLIT, $0-72
	VMOVUPS expLow<>(SB), Y15
	VMOVUPS one<>(SB), Y14
	MULTIPLY(SIGMOID)

// func softsignAVX2(y, x []float32)
TEXT ·softsignAVX2(SB), NOSPLIT, $0-48
	VMOVUPS one<>(SB), Y14
	MAP(SOFTSIGN)

// func softsignGradientAVX2(dx, dy, x []float32)
TEXT ·softsignGradientAVX2(SB), NOSPLIT, $0-72
	VMOVUPS one<>(SB), Y14
	MULTIPLY(SOFTSIGNSLOPE)

// func exponentialAVX2(y, x []float32)
TEXT ·exponentialAVX2(SB), NOSPLIT, $0-48
	VMOVUPS expLow<>(SB), Y15
	VMOVUPS expHigh<>(SB), Y14
	MAP(EXPONENTIAL)

// func exponentialGradientAVX2(dx, dy, y []float32)
TEXT ·exponentialGradientAVX2(SB), NOSPLIT, $0-72
	MULTIPLY(IDENTITY)

// func rowMaxAVX2(x []float32) float32
//
// The largest element that is not a NaN, −Inf if there is none: VMAXPS gives the second of two when one is a NaN. It
// may give another of several zeros than rowMax, which changes no result: x − 0 is 0 for each of them, and where there
// are two, the sum of the row's exponentials is 2 or more, so that its logarithm is not 0.
//
// SI: x, CX: the elements that are left, Y0…Y3: the largest ones, Y15 = −Inf
TEXT ·rowMaxAVX2(SB), NOSPLIT, $0-28
	MOVQ x_base+0(FP), SI
	MOVQ x_len+8(FP), CX
	VMOVUPS minusInfinity<>(SB), Y15
	VMOVAPS Y15, Y0
	VMOVAPS Y15, Y1
	VMOVAPS Y15, Y2
	VMOVAPS Y15, Y3
	SUBQ $32, CX
	JLT rest
thirtytwo:
	VMOVUPS (SI), Y4
	VMOVUPS 32(SI), Y5
	VMOVUPS 64(SI), Y6
	VMOVUPS 96(SI), Y7
	VMAXPS Y0, Y4, Y0 // y0 = max(x, y0)
	VMAXPS Y1, Y5, Y1
	VMAXPS Y2, Y6, Y2
	VMAXPS Y3, Y7, Y3
	ADDQ $128, SI
	SUBQ $32, CX
	JGE thirtytwo
	VMAXPS Y1, Y0, Y0
	VMAXPS Y3, Y2, Y2
	VMAXPS Y2, Y0, Y0
rest:
	ADDQ $32, CX
eight:
	CMPQ CX, $8
	JLT some
	VMOVUPS (SI), Y4
	VMAXPS Y0, Y4, Y0
	ADDQ $32, SI
	SUBQ $8, CX
	JMP eight
some:
	TESTQ CX, CX
	JEQ done
	TAILMASKS(Y5, Y6)
	VMASKMOVPS (SI), Y5, Y4
	VBLENDVPS Y5, Y4, Y15, Y4 // −Inf beyond the row
	VMAXPS Y0, Y4, Y0
done:
	VEXTRACTF128 $1, Y0, X1
	VMAXPS X1, X0, X0
	VPERMILPD $1, X0, X1
	VMAXPS X1, X0, X0
	VMOVSHDUP X0, X1
	VMAXSS X1, X0, X0
	VMOVSS X0, ret+24(FP)
	VZEROUPPER
	RET

// func expAndSumAVX2(y, x []float32, largest float32) (sum float32)
TEXT ·expAndSumAVX2(SB), NOSPLIT, $128-60
	MOVQ y_base+0(FP), DI
	MOVQ x_base+24(FP), SI
	MOVQ x_len+32(FP), CX
	VBROADCASTSS largest+48(FP), Y14
	EXPSUM(STORE, STORETAIL)
	VMOVSS X0, sum+56(FP)
	VZEROUPPER
	RET

// func logSumExpAVX2(x []float32, largest float32) float32
//
// The sum is 1 or more, or NaN; so these are Log's operations for a normal number, and a difference that is 0 or NaN.
TEXT ·logSumExpAVX2(SB), NOSPLIT, $128-36
	MOVQ x_base+0(FP), SI
	MOVQ x_len+8(FP), CX
	VBROADCASTSS largest+24(FP), Y14
	EXPSUM(STORENOTHING, STORENOTAIL)
	VMOVD X0, DX
	LEAL -0x3f400000(DX), AX
	ANDL $0xff800000, AX // e = exponentAbout1(sum)
	SUBL AX, DX
	VMOVD DX, X1
	VSUBSS one<>(SB), X1, X1 // f = m − 1
	SARL $23, AX
	VCVTSI2SSL AX, X0, X2 // k
	VMOVSS log10<>(SB), X3
	VFMADD213SS log9<>(SB), X1, X3
	VFMADD213SS log8<>(SB), X1, X3
	VFMADD213SS log7<>(SB), X1, X3
	VFMADD213SS log6<>(SB), X1, X3
	VFMADD213SS log5<>(SB), X1, X3
	VFMADD213SS log4<>(SB), X1, X3
	VFMADD213SS log3<>(SB), X1, X3
	VFMADD213SS log2<>(SB), X1, X3
	VMULSS X1, X1, X4
	VFMADD231SS X4, X3, X1 // logPolynomial(f) = fma(p, f·f, f)
	VFMADD231SS ln2<>(SB), X2, X1 // fma(k, ln 2, ·)
	VSUBSS X0, X0, X0
	VADDSS X0, X1, X1
	VMOVSS X1, ret+32(FP)
	VZEROUPPER
	RET

// DIVIDE is x/divisor, Y15 = divisor.
#define DIVIDE(x, a, b, c, d, e, X, A, B, C, D, E) \
	VDIVPS Y15, x, x; VDIVPS Y15, X, X

// func divideAVX2(y, x []float32, divisor float32)
TEXT ·divideAVX2(SB), NOSPLIT, $0-52
	VBROADCASTSS divisor+48(FP), Y15
	MAP(DIVIDE)

// LESSTWO is x − first − second, Y15 = first, Y14 = second.
#define LESSTWO(x, a, b, c, d, e, X, A, B, C, D, E) \
	VSUBPS Y15, x, x; VSUBPS Y15, X, X; \
	VSUBPS Y14, x, x; VSUBPS Y14, X, X

// func lessTwoAVX2(y, x []float32, first, second float32)
TEXT ·lessTwoAVX2(SB), NOSPLIT, $0-56
	VBROADCASTSS first+48(FP), Y15
	VBROADCASTSS second+52(FP), Y14
	MAP(LESSTWO)

// LESSMEAN is x − mean, Y15 = mean.
#define LESSMEAN(x, a, b, c, d, e, X, A, B, C, D, E) \
	VSUBPS Y15, x, x; VSUBPS Y15, X, X

// func productLessMeanAVX2(dx, y, dy []float32, mean float32)
TEXT ·productLessMeanAVX2(SB), NOSPLIT, $0-76
	VBROADCASTSS mean+72(FP), Y15
	MULTIPLY(LESSMEAN)

// LESSSHARE is dy − e·sum, Y13 = sum.
#define LESSSHARE(dy, e) VFNMADD213PS dy, Y13, e // fma(−e, sum, dy)

// func logSoftmaxGradientAVX2(dx, dy, y []float32, sum float32)
TEXT ·logSoftmaxGradientAVX2(SB), NOSPLIT, $0-76
	VMOVUPS expLow<>(SB), Y15
	VMOVUPS expHigh<>(SB), Y14
	VBROADCASTSS sum+72(FP), Y13
	GRADIENT(EXPONENTIAL, LESSSHARE)
