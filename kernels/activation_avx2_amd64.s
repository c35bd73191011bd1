//go:build gc && !purego

#include "textflag.h"

// The activations and their derivatives with AVX2 and FMA: the operations of the generic functions in exp.go, log.go,
// tanh.go, sigmoid.go, gelu.go, mish.go and piecewise.go, in their order, on eight elements at a time. Where the
// order or the operations differ, a comment says why the bits are the same.
//
// The file has four parts: constants; the elementary functions and the activations made of them as macros on
// registers; the loops, which are macros too, that apply such a macro to slices; and the functions.
//
// The macros of the second part have the operand that becomes the result first and then the registers that they may
// overwrite; an activation has six, x and a…e, and finds its constants in Y12…Y15, where the function has put them.
// Their comments name the values by the names of the generic functions.

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
VECTOR(one, $1.0)
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

// expm1Parts: rounderExpm1 is 1.5·2²³ + 127. A sum with it ends in n + 127, the exponent of 2ⁿ with its bias. (The
// parity of 127 would matter for an x·log₂e that lies on the middle between two integers, and none does: log₂e is an
// odd number of 2⁻²³ and |x| < 2²².)
VECTOR(expm1Low, $-80.0)
VECTOR(rounderExpm1, $12583039.0)
VECTOR(ln2, $0.6931471824645996)
VECTOR(expm2, $0.4999999701976776)
VECTOR(expm3, $0.1666654646396637)
VECTOR(expm4, $0.04166744276881218)
VECTOR(expm5, $0.008366252295672894)
VECTOR(expm6, $0.001386996591463685)

// Eight times all bits and eight times none: the mask for n elements, n ≤ 8, begins 4n bytes before the middle.
DATA tailMasks<>+0(SB)/8, $-1
DATA tailMasks<>+8(SB)/8, $-1
DATA tailMasks<>+16(SB)/8, $-1
DATA tailMasks<>+24(SB)/8, $-1
DATA tailMasks<>+32(SB)/8, $0
DATA tailMasks<>+40(SB)/8, $0
DATA tailMasks<>+48(SB)/8, $0
DATA tailMasks<>+56(SB)/8, $0
GLOBL tailMasks<>(SB), RODATA|NOPTR, $64

// ---- Elementary functions ----

// MIN and MAX are x = min(limit, x) and x = max(limit, x), limit being a register; a NaN x stays.
#define MIN(limit, x) VMINPS x, limit, x
#define MAX(limit, x) VMAXPS x, limit, x

// REDUCE begins Exp: n is the integer nearest to x·log₂e, r = x − n·ln 2 takes the place of x, and the bits of t end
// in n + 254.
#define REDUCE(x, n, t) \
	VMOVUPS log2e<>(SB), t; \
	VFMADD213PS rounderExp<>(SB), x, t; \ // t = fma(x, log₂e, rounder)
	VSUBPS rounderExp<>(SB), t, n; \      // n = t − rounder
	VFNMADD231PS ln2High<>(SB), n, x; \   // r = fma(n, −ln2High, x)
	VFNMADD231PS ln2Low<>(SB), n, x       // r = fma(n, −ln2Low, r)

// EXPPOLYNOMIAL computes p = expPolynomial(r).
#define EXPPOLYNOMIAL(p, r) \
	VMOVUPS exp6<>(SB), p; \
	VFMADD213PS exp5<>(SB), r, p; \
	VFMADD213PS exp4<>(SB), r, p; \
	VFMADD213PS exp3<>(SB), r, p; \
	VFMADD213PS exp2<>(SB), r, p; \
	VFMADD213PS one<>(SB), r, p; \
	VFMADD213PS one<>(SB), r, p

// SCALE computes y = scale(p, n), given REDUCE's t.
#define SCALE(y, p, t) \
	VPSRLD $1, t, y; \    // ends in ⌊n/2⌋ + 127
	VPSUBD y, t, t; \     // ends in n − ⌊n/2⌋ + 127
	VPSLLD $23, y, y; \   // 2^⌊n/2⌋
	VPSLLD $23, t, t; \   // 2^(n−⌊n/2⌋)
	VMULPS y, p, p; \
	VMULPS t, p, y

// EXP computes x = eˣ for x in [−104, 89] or NaN. (Exp adds 0 to r, which changes nothing but the sign of a zero.)
#define EXP(x, a, b) \
	REDUCE(x, a, b); \
	EXPPOLYNOMIAL(a, x); \
	SCALE(x, a, b)

// EXPNEGATIVE computes z = Exp(−|x|); Y15 = −104.
#define EXPNEGATIVE(z, x, a, b) \
	VORPS sign<>(SB), x, z; \
	MAX(Y15, z); \
	EXP(z, a, b)

// EXPM1PARTS computes s and q of expm1Parts(x), q in the place of x, for x in [−80, 0] or NaN.
#define EXPM1PARTS(x, s, a, b) \
	VMOVUPS log2e<>(SB), s; \
	VFMADD213PS rounderExpm1<>(SB), x, s; \ // t = fma(x, log₂e, rounder)
	VSUBPS rounderExpm1<>(SB), s, a; \      // n = t − rounder
	VFNMADD231PS ln2<>(SB), a, x; \         // r = fma(n, −ln 2, x)
	VMOVUPS expm6<>(SB), a; \
	VFMADD213PS expm5<>(SB), x, a; \
	VFMADD213PS expm4<>(SB), x, a; \
	VFMADD213PS expm3<>(SB), x, a; \
	VFMADD213PS expm2<>(SB), x, a; \
	VMULPS x, x, b; \
	VFMADD231PS b, a, x; \                  // q = fma(p, r·r, r)
	VPSLLD $23, s, s                        // s = 2ⁿ

// SIGMOIDPARTS computes z = Exp(−|x|), w = z/(1 + z), and c in the place of x: 1 if x ≥ 0 and z otherwise; Y15 = −104
// and Y14 = 1. (The sign may decide for −0 too, since z is 1 there.)
#define SIGMOIDPARTS(x, w, z, a) \
	EXPNEGATIVE(z, x, w, a); \
	VADDPS z, Y14, w; \
	VDIVPS w, z, w; \
	VBLENDVPS x, z, Y14, x

// ---- Activations ----

// Y15 = −104, Y14 = 89
#define EXPONENTIAL(x, a, b, c, d, e) \
	MIN(Y14, x); \
	MAX(Y15, x); \
	EXP(x, a, b)

#define IDENTITY(x, a, b, c, d, e)

// Y15 = −104, Y14 = 1
#define SIGMOID(x, a, b, c, d, e) \
	SIGMOIDPARTS(x, a, b, c); \
	VFNMADD231PS x, a, x // fma(−w, c, c)

#define SIGMOIDSLOPE(y, a, b, c, d, e) \
	VFNMADD231PS y, y, y // fma(−y, y, y)

// Y15 = −80, Y14 = 1
#define TANH(x, a, b, c, d, e) \
	VORPS sign<>(SB), x, a; \
	VADDPS a, a, a; \        // −2|x|
	MAX(Y15, a); \
	EXPM1PARTS(a, b, c, d); \
	VSUBPS b, Y14, c; \
	VADDPS b, Y14, d; \
	VFNMADD231PS b, a, c; \  // fma(−s, q, 1 − s)
	VFMADD231PS b, a, d; \   // fma(s, q, 1 + s)
	VDIVPS d, c, c; \
	VANDPS sign<>(SB), x, x; \
	VORPS c, x, x            // with the sign of x

// Y14 = 1
#define TANHSLOPE(y, a, b, c, d, e) \
	VFNMADD213PS Y14, y, y // fma(−y, y, 1)

// Y15 = 0. (Of two zeros VMAXPS gives the second, as of any two when one is NaN.)
#define RELU(x, a, b, c, d, e) \
	MAX(Y15, x)

#define RELUSLOPE(x, a, b, c, d, e) \
	VCMPPS $GT, zero<>(SB), x, x; \
	VANDPS one<>(SB), x, x

// Predicates of VCMPPS: GT is x > y and LT is x < y, false if one is NaN.
#define GT 0x1e
#define LT 0x11

// ---- Loops ----

// TAILMASK sets the mask of the first CX elements of a vector, CX ≤ 8.
#define TAILMASK(mask) \
	MOVQ CX, AX; \
	NEGQ AX; \
	LEAQ tailMasks<>+32(SB), BX; \
	VMOVUPS (BX)(AX*4), mask

// STORETAIL stores the first CX elements of Y0 at DI, CX < 8; it is several times as fast as VMASKMOVPS on AMD.
#define STORETAIL \
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
	f(Y0, Y1, Y2, Y3, Y4, Y5); \
	f(Y6, Y7, Y8, Y9, Y10, Y11); \
	VMOVUPS Y0, (DI); \
	VMOVUPS Y6, 32(DI); \
	ADDQ $64, SI; \
	ADDQ $64, DI; \
	SUBQ $16, CX; \
	JGE sixteen; \
rest: \
	ADDQ $16, CX; \
	JEQ done; \
eight: \
	CMPQ CX, $8; \
	JLT some; \
	VMOVUPS (SI), Y0; \
	JMP loaded; \
some: \
	TAILMASK(Y6); \
	VMASKMOVPS (SI), Y6, Y0; \
loaded: \
	f(Y0, Y1, Y2, Y3, Y4, Y5); \
	CMPQ CX, $8; \
	JLT last; \
	VMOVUPS Y0, (DI); \
	ADDQ $32, SI; \
	ADDQ $32, DI; \
	SUBQ $8, CX; \
	JNE eight; \
	JMP done; \
last: \
	STORETAIL; \
done: \
	VZEROUPPER; \
	RET

// MULTIPLY is the body of a function of (dx, dy, x []float32) that computes dx = dy·f(x).
//
// DI: dx, DX: dy, SI: x, CX: the elements that are left
#define MULTIPLY(f) \
	MOVQ dx_base+0(FP), DI; \
	MOVQ dy_base+24(FP), DX; \
	MOVQ x_base+48(FP), SI; \
	MOVQ x_len+56(FP), CX; \
	SUBQ $16, CX; \
	JLT rest; \
sixteen: \
	VMOVUPS (SI), Y0; \
	VMOVUPS 32(SI), Y6; \
	f(Y0, Y1, Y2, Y3, Y4, Y5); \
	f(Y6, Y7, Y8, Y9, Y10, Y11); \
	VMULPS (DX), Y0, Y0; \
	VMULPS 32(DX), Y6, Y6; \
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
eight: \
	CMPQ CX, $8; \
	JLT some; \
	VMOVUPS (SI), Y0; \
	VMOVUPS (DX), Y6; \
	JMP loaded; \
some: \
	TAILMASK(Y6); \
	VMASKMOVPS (SI), Y6, Y0; \
	VMASKMOVPS (DX), Y6, Y6; \
loaded: \
	f(Y0, Y1, Y2, Y3, Y4, Y5); \
	VMULPS Y6, Y0, Y0; \
	CMPQ CX, $8; \
	JLT last; \
	VMOVUPS Y0, (DI); \
	ADDQ $32, SI; \
	ADDQ $32, DX; \
	ADDQ $32, DI; \
	SUBQ $8, CX; \
	JNE eight; \
	JMP done; \
last: \
	STORETAIL; \
done: \
	VZEROUPPER; \
	RET

// ---- Functions ----

// func exponentialAVX2(y, x []float32)
TEXT ·exponentialAVX2(SB), NOSPLIT, $0-48
	VMOVUPS expLow<>(SB), Y15
	VMOVUPS expHigh<>(SB), Y14
	MAP(EXPONENTIAL)

// func productAVX2(dx, dy, x []float32)
TEXT ·productAVX2(SB), NOSPLIT, $0-72
	MULTIPLY(IDENTITY)

// func sigmoidAVX2(y, x []float32)
TEXT ·sigmoidAVX2(SB), NOSPLIT, $0-48
	VMOVUPS expLow<>(SB), Y15
	VMOVUPS one<>(SB), Y14
	MAP(SIGMOID)

// func sigmoidGradientAVX2(dx, dy, y []float32)
TEXT ·sigmoidGradientAVX2(SB), NOSPLIT, $0-72
	MULTIPLY(SIGMOIDSLOPE)

// func tanhAVX2(y, x []float32)
TEXT ·tanhAVX2(SB), NOSPLIT, $0-48
	VMOVUPS expm1Low<>(SB), Y15
	VMOVUPS one<>(SB), Y14
	MAP(TANH)

// func tanhGradientAVX2(dx, dy, y []float32)
TEXT ·tanhGradientAVX2(SB), NOSPLIT, $0-72
	VMOVUPS one<>(SB), Y14
	MULTIPLY(TANHSLOPE)

// func reluAVX2(y, x []float32)
TEXT ·reluAVX2(SB), NOSPLIT, $0-48
	VXORPS Y15, Y15, Y15
	MAP(RELU)

// func reluGradientAVX2(dx, dy, x []float32)
TEXT ·reluGradientAVX2(SB), NOSPLIT, $0-72
	MULTIPLY(RELUSLOPE)
