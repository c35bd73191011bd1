// The elementary functions and the activations that several kernels have, for NEON, as macros on registers: the
// operations of the generic functions in exp.go, log.go, tanh.go, sigmoid.go, gelu.go and mish.go, in their order.
//
// A macro computes four vectors of four elements side by side, so that one's operations run while the others' wait for
// their operands. An operand is the number of the first of four registers: 4 stands for V4 to V7. The comments' names
// are those of the generic functions. NaNs stay, since VFMAX and VFMIN give NaN for them.
//
// R26 is the address of the constants, loaded by ELEMENTARY. A sum that begins with a constant is loaded with it: that
// takes the load ports' time, where a copy of a register would take an arithmetic unit's. V27 to V31 hold the constants
// that are not, loaded by EXP_CONSTANTS (for Exp, SIGMOID) or EXPM1_CONSTANTS (for TANH).

// CONSTANT defines four elements of the table at an offset, ALL four times the same. at_exp5 is the offset of exp5.
#define CONSTANT(offset, v0, v1, v2, v3) \
	DATA elementary<>+offset+0(SB)/4, v0; \
	DATA elementary<>+offset+4(SB)/4, v1; \
	DATA elementary<>+offset+8(SB)/4, v2; \
	DATA elementary<>+offset+12(SB)/4, v3

#define ALL(offset, v) CONSTANT(offset, v, v, v, v)

#define at_one 0
#define at_two 16
#define at_half 32
#define at_sign 48 // of a number; also −0
ALL(at_one, $1.0)
ALL(at_two, $2.0)
ALL(at_half, $0.5)
ALL(at_sign, $0x80000000)

// Exp: rounderExp is 1.5·2²³ + 254. The sum with it rounds to the same integer n as the sum with 1.5·2²³, and its
// bits end in n + 254: the sum of the exponents, with their bias, of two factors 2^⌊n/2⌋ and 2^(n−⌊n/2⌋). expFactors
// are log₂e, ln2High, ln2Low and the highest coefficient.
#define at_expHigh 64
#define at_expLow 80
#define at_rounderExp 96
#define at_exp2 112
#define at_exp3 128
#define at_exp4 144
#define at_exp5 160
#define at_expFactors 176
ALL(at_expHigh, $89.0)
ALL(at_expLow, $-104.0)
ALL(at_rounderExp, $12583166.0)
ALL(at_exp2, $0.4999999403953552)
ALL(at_exp3, $0.1666652113199234)
ALL(at_exp4, $0.041668254882097244)
ALL(at_exp5, $0.008368667215108871)
CONSTANT(at_expFactors, $1.4426950216293335, $0.693145751953125, $1.428606765330187e-06, $0.0013821646571159363)

// expm1Parts: rounder is 1.5·2²³. The bits of a sum with it end in those of the integer n; shifted they are n<<23, to
// which the bits of 1 add the exponent's bias. expm1Factors are log₂e, ln 2 and the highest coefficient.
#define at_expm1Low 192
#define at_rounder 208
#define at_expm2 224
#define at_expm3 240
#define at_expm4 256
#define at_expm5 272
#define at_expm1Factors 288
ALL(at_expm1Low, $-80.0)
ALL(at_rounder, $12582912.0)
ALL(at_expm2, $0.4999999701976776)
ALL(at_expm3, $0.1666654646396637)
ALL(at_expm4, $0.04166744276881218)
ALL(at_expm5, $0.008366252295672894)
CONSTANT(at_expm1Factors, $1.4426950216293335, $0.6931471824645996, $0.001386996591463685, $0.0)

// log1pFinite and logPolynomial. log2 is also −½.
#define at_threeHalves 304
#define at_ln2 320
#define at_log2 336
#define at_log3 352
#define at_log4 368
#define at_log5 384
#define at_log6 400
#define at_log7 416
#define at_log8 432
#define at_log9 448
#define at_log10 464
ALL(at_threeHalves, $1.5)
ALL(at_ln2, $0.6931471824645996)
ALL(at_log2, $-0.5)
ALL(at_log3, $0.33333447575569153)
ALL(at_log4, $-0.2500009536743164)
ALL(at_log5, $0.19990922510623932)
ALL(at_log6, $-0.16647391021251678)
ALL(at_log7, $0.14477752149105072)
ALL(at_log8, $-0.13159875571727753)
ALL(at_log9, $0.10463769733905792)
ALL(at_log10, $-0.045096393674612045)

// normalTail; the lowest coefficients of its two polynomials are ½ and 1. normalFactors are their highest ones, −½, and
// 1/√2π.
#define at_fifteen 480
#define at_normalP1 496
#define at_normalP2 512
#define at_normalP3 528
#define at_normalQ1 544
#define at_normalQ2 560
#define at_normalQ3 576
#define at_normalQ4 592
#define at_normalFactors 608
ALL(at_fifteen, $15.0)
ALL(at_normalP1, $0.437610387802124)
ALL(at_normalP2, $0.18269850313663483)
ALL(at_normalP3, $0.04044374078512192)
ALL(at_normalQ1, $1.6731055974960327)
ALL(at_normalQ2, $1.2003382444381714)
ALL(at_normalQ3, $0.46804630756378174)
ALL(at_normalQ4, $0.1013839840888977)
CONSTANT(at_normalFactors, $0.004085645545274019, $0.010241072624921799, $-0.5, $0.3989422917366028)

// geluTanh: k = 2·√(2/π). geluFactors are c = 0.044715·k and 3·c.
#define at_sixteen 624
#define at_minusSixteen 640
#define at_geluK 656
#define at_geluFactors 672
ALL(at_sixteen, $16.0)
ALL(at_minusSixteen, $-16.0)
ALL(at_geluK, $1.5957691669464111)
CONSTANT(at_geluFactors, $0.07135481387376785, $0.21406444907188416, $0.0, $0.0)

#define at_seluLambda 688
#define at_seluLambdaAlpha 704
ALL(at_seluLambda, $1.0507010221481323)
ALL(at_seluLambdaAlpha, $1.7580993175506592)

#define at_minusInfinity 720
ALL(at_minusInfinity, $0xff800000)

GLOBL elementary<>(SB), RODATA|NOPTR, $736

// ELEMENTARY loads the address of the constants.
#define ELEMENTARY MOVD $elementary<>(SB), R26

// LOAD and LOAD4 load a constant into one register and into four.
#define LOAD(constant, d) VLDR_N(constant, 26, d)
#define LOAD4(constant, d) LOAD(constant, d); LOAD(constant, (d+1)); LOAD(constant, (d+2)); LOAD(constant, (d+3))

// HORNER is d = fma(p, x, constant).
#define HORNER(constant, p, x, d) \
	LOAD4(constant, d) \
	FOUR3(VFMLA_N, p, x, d)

// V31 = expFactors, V30 = rounderExp, V29 = sign, V28 = 1, V27 = −104
#define EXP_CONSTANTS \
	LOAD(at_expFactors, 31) \
	LOAD(at_rounderExp, 30) \
	LOAD(at_sign, 29) \
	LOAD(at_one, 28) \
	LOAD(at_expLow, 27)

// V31 = expm1Factors, V30 = rounder, V29 = sign, V28 = 1, V27 = −80
#define EXPM1_CONSTANTS \
	LOAD(at_expm1Factors, 31) \
	LOAD(at_rounder, 30) \
	LOAD(at_sign, 29) \
	LOAD(at_one, 28) \
	LOAD(at_expm1Low, 27)

// REDUCE begins Exp: n is the integer nearest to x·log₂e, r = x − n·ln 2 takes the place of x, and the bits of t end
// in n + 254.
#define REDUCE(x, n, t) \
	LOAD4(at_rounderExp, t) \
	FOUR_ELEMENT(VFMLA_ELEMENT, 0, 31, x, t) \ // t = fma(x, log₂e, rounder)
	FOUR3_BY(VFSUB, 30, t, n) \                // n = t − rounder
	FOUR_ELEMENT(VFMLS_ELEMENT, 1, 31, n, x) \ // r = fma(n, −ln2High, x)
	FOUR_ELEMENT(VFMLS_ELEMENT, 2, 31, n, x)   // r = fma(n, −ln2Low, r)

// EXPPOLYNOMIAL computes p = expPolynomial(r).
#define EXPPOLYNOMIAL(p, r, a) \
	LOAD4(at_exp5, a) \
	FOUR_ELEMENT(VFMLA_ELEMENT, 3, 31, r, a) \
	HORNER(at_exp4, a, r, p) \
	HORNER(at_exp3, p, r, a) \
	HORNER(at_exp2, a, r, p) \
	HORNER(at_one, p, r, a) \
	HORNER(at_one, a, r, p)

// SCALE computes y = scale(p, n), given REDUCE's t.
#define SCALE(y, p, t) \
	FOUR3_BY(VUSHR_N, 1, t, y) \ // ends in ⌊n/2⌋ + 127
	FOUR3(VSUB_N, y, t, t) \       // ends in n − ⌊n/2⌋ + 127
	FOUR3_BY(VSHL_N, 23, y, y) \ // 2^⌊n/2⌋
	FOUR3_BY(VSHL_N, 23, t, t) \ // 2^(n−⌊n/2⌋)
	FOUR3(VFMUL, y, p, p) \
	FOUR3(VFMUL, t, p, y)

// EXP computes x = eˣ for x in [−104, 89] or NaN; EXP_CONSTANTS. (Exp adds 0 to r, which changes nothing but the sign
// of a zero.)
#define EXP(x, a, b, c) \
	REDUCE(x, a, b) \
	EXPPOLYNOMIAL(a, x, c) \
	SCALE(x, a, b)

// EXPNEGATIVE computes z = Exp(−|x|); EXP_CONSTANTS.
#define EXPNEGATIVE(z, x, a, b, c) \
	FOUR3_BY(VORR_N, 29, x, z) \
	FOUR3_BY(VFMAX, 27, z, z) \
	EXP(z, a, b, c)

// EXPM1PARTS computes s and q of expm1Parts(x), q in the place of x, for x in [−80, 0] or NaN; EXPM1_CONSTANTS.
#define EXPM1PARTS(x, s, a, b) \
	LOAD4(at_rounder, s) \
	FOUR_ELEMENT(VFMLA_ELEMENT, 0, 31, x, s) \ // t = fma(x, log₂e, rounder)
	FOUR3_BY(VFSUB, 30, s, a) \                // n = t − rounder
	FOUR_ELEMENT(VFMLS_ELEMENT, 1, 31, a, x) \ // r = fma(n, −ln 2, x)
	LOAD4(at_expm5, a) \
	FOUR_ELEMENT(VFMLA_ELEMENT, 2, 31, x, a) \
	HORNER(at_expm4, a, x, b) \
	HORNER(at_expm3, b, x, a) \
	HORNER(at_expm2, a, x, b) \
	FOUR3(VFMUL, x, x, a) \
	FOUR3(VFMLA_N, b, a, x) \                  // q = fma(p, r·r, r)
	FOUR3_BY(VSHL_N, 23, s, s) \
	FOUR3_BY(VADD_N, 28, s, s)                 // s = 2ⁿ

// EXPM1 computes y = expm1Negative(x) for x in [−80, 0] or NaN, and overwrites x; EXPM1_CONSTANTS.
#define EXPM1(y, x, a, b) \
	EXPM1PARTS(x, a, y, b) \
	FOUR3_BY(VFSUB, 28, a, y) \
	FOUR3(VFMLA_N, x, a, y) // fma(s, q, s − 1)

// SIGMOIDPARTS computes z = Exp(−|x|), w = z/(1 + z), and c, which is 1 if x ≥ 0 and z otherwise; EXP_CONSTANTS. (The
// sign may decide for −0 too, since z is 1 there.)
#define SIGMOIDPARTS(x, c, w, z, a) \
	EXPNEGATIVE(z, x, c, w, a) \
	FOUR3_BY(VFADD, 28, z, w) \
	FOUR3(VFDIV, w, z, w) \
	FOUR2(VCMLT0, x, c) \
	FOUR3_BY(VBSL_N, 28, z, c)

// LOG1P computes l = log1pFinite(z) in the place of z for z in [0, 1] or NaN; EXP_CONSTANTS and LOG1P_CONSTANTS. There
// k is 0 or 1, so that 2⁻ᵏ = 1 − ½k is exact, and so is fma(k, ln 2, ·) as a sum with 0 or ln 2.
#define LOG1P(z, k, a, b) \
	FOUR3_BY(VFADD, 28, z, k) \
	FOUR3_BY(VFCMGE, 26, k, k) \ // 1 + z ≥ 1½
	FOUR3_BY(VAND_N, 23, k, a) \ // s − 1 = −½k
	FOUR3_BY(VFADD, 28, a, b) \
	FOUR3(VFMLA_N, b, z, a) \    // f = fma(z, s, s − 1)
	FOUR3_BY(VAND_N, 24, k, k) \
	LOAD4(at_log9, b) \
	FOUR3_BY(VFMLA_N, 25, a, b) \
	HORNER(at_log8, b, a, z) \
	HORNER(at_log7, z, a, b) \
	HORNER(at_log6, b, a, z) \
	HORNER(at_log5, z, a, b) \
	HORNER(at_log4, b, a, z) \
	HORNER(at_log3, z, a, b) \
	HORNER(at_log2, b, a, z) \
	FOUR3(VFMUL, a, a, b) \
	FOUR3(VFMLA_N, z, b, a) \    // logPolynomial(f) = fma(p, f·f, f)
	FOUR3(VFADD, k, a, z)        // fma(k, ln 2, ·)

// V26 = 1½, V25 = log10, V24 = ln 2, V23 = −½
#define LOG1P_CONSTANTS \
	LOAD(at_threeHalves, 26) \
	LOAD(at_log10, 25) \
	LOAD(at_ln2, 24) \
	LOAD(at_log2, 23)

// NORMALTAIL computes a = |x| for the clamped x, and z, p and q of normalTail(x); EXP_CONSTANTS and NORMAL_CONSTANTS.
#define NORMALTAIL(x, a, z, p, q, b) \
	FOUR2(VFABS, x, a) \
	FOUR3_BY(VFMIN, 26, a, a) \
	FOUR3(VFMUL, a, a, z) \     // h = a·a
	FOUR2(VFNEG, z, q) \
	FOUR3(VFMLA_N, a, a, q) \   // l = fma(a, a, −h)
	FOUR_ELEMENT(VFMUL_ELEMENT, 2, 25, z, z) \
	FOUR_ELEMENT(VFMUL_ELEMENT, 2, 25, q, q) \
	REDUCE(z, p, b) \
	FOUR3(VFADD, q, z, z) \     // r − ½·l
	EXPPOLYNOMIAL(p, z, q) \
	SCALE(z, p, b) \
	LOAD4(at_normalP3, b) \
	FOUR_ELEMENT(VFMLA_ELEMENT, 0, 25, a, b) \
	HORNER(at_normalP2, b, a, p) \
	HORNER(at_normalP1, p, a, b) \
	HORNER(at_half, b, a, p) \
	LOAD4(at_normalQ4, q) \
	FOUR_ELEMENT(VFMLA_ELEMENT, 1, 25, a, q) \
	HORNER(at_normalQ3, q, a, b) \
	HORNER(at_normalQ2, b, a, q) \
	HORNER(at_normalQ1, q, a, b) \
	HORNER(at_one, b, a, q)

// V26 = 15, V25 = normalFactors
#define NORMAL_CONSTANTS \
	LOAD(at_fifteen, 26) \
	LOAD(at_normalFactors, 25)

// MISHPARTS computes z, n and d of mishParts(x); EXP_CONSTANTS and V26 = 2. (The sign may decide for −0 too: with z = 1
// both n are 3 and both d are 5.)
#define MISHPARTS(x, z, n, d, a, b) \
	EXPNEGATIVE(z, x, a, n, d) \
	FOUR3(VFADD, z, z, a) \     // 2z
	FOUR3_BY(VFADD, 28, a, n) \ // x ≥ 0: n = fma(2, z, 1)
	FOUR3(VORR_N, n, n, d) \
	FOUR3(VFMLA_N, z, a, d) \   //        d = fma(2z, z, n)
	FOUR3(VFMLA_N, z, z, a) \   // x < 0: n = fma(z, z, 2z)
	FOUR2(VCMLT0, x, b) \
	FOUR3(VBIT_N, b, a, n) \
	FOUR3_BY(VFADD, 26, a, a) \ //        d = n + 2
	FOUR3(VBIT_N, b, a, d)

// Activations: y from x, which stays, by way of a, b and c.

// SIGMOID computes y = SigmoidOf(x); EXP_CONSTANTS.
#define SIGMOID(x, y, a, b, c) \
	SIGMOIDPARTS(x, y, a, b, c) \
	FOUR3(VFMLS_N, a, y, y) // fma(−w, c, c)

// TANH computes y = TanhOf(x); EXPM1_CONSTANTS.
#define TANH(x, y, a, b, c) \
	FOUR3_BY(VORR_N, 29, x, a) \
	FOUR3(VFADD, a, a, a) \     // −2|x|
	FOUR3_BY(VFMAX, 27, a, a) \
	EXPM1PARTS(a, b, c, y) \
	FOUR3_FROM(VFSUB, b, 28, y) \
	FOUR3_BY(VFADD, 28, b, c) \
	FOUR3(VFMLS_N, a, b, y) \   // fma(−s, q, 1 − s)
	FOUR3(VFMLA_N, a, b, c) \   // fma(s, q, 1 + s)
	FOUR3(VFDIV, c, y, y) \
	FOUR3_BY(VBIT_N, 29, x, y) // with the sign of x
