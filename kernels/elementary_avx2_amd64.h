// The elementary functions and the activations that several kernels have, for AVX2 and FMA, as macros on registers: the
// operations of the generic functions in exp.go, log.go, tanh.go, sigmoid.go, gelu.go and mish.go, in their order.
//
// A macro computes two vectors of eight elements side by side, so that one's operations run while the other's wait for
// their operands: x is a register of the first vector and X the same of the second. Elementary functions have the
// result first, or say what it takes the place of; then come operands, and registers that they may overwrite.
// Activations have the operand and result x and the registers a…e; Y12…Y15 hold constants that the function has loaded.
// The comments' names are those of the generic functions.

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

// Activations.

// Y15 = −104, Y14 = 1
#define SIGMOID(x, a, b, c, d, e, X, A, B, C, D, E) \
	SIGMOIDPARTS(x, a, b, c, X, A, B, C); \
	VFNMADD231PS x, a, x; VFNMADD231PS X, A, X // fma(−w, c, c)

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
