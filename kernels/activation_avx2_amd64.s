//go:build gc && !purego

#include "textflag.h"
#include "elementary_avx2_amd64.h"

// The activations and their derivatives with AVX2 and FMA: the operations of the generic functions in exp.go, log.go,
// tanh.go, sigmoid.go, gelu.go, mish.go, piecewise.go and softmax.go, in their order. Where the order or the operations
// differ, a comment says why the bits are the same.
//
// The file has three parts: activations as macros on registers, of the elementary functions' form; the loops, which are
// macros too, that apply such a macro to slices; and the functions.

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

// ---- Activations ----

// Y15 = −104, Y14 = 89
#define EXPONENTIAL(x, a, b, c, d, e, X, A, B, C, D, E) \
	MIN(Y14, x, X); \
	MAX(Y15, x, X); \
	EXP(x, a, b, X, A, B)

#define IDENTITY(x, a, b, c, d, e, X, A, B, C, D, E)

#define SIGMOIDSLOPE(y, a, b, c, d, e, Y, A, B, C, D, E) \
	VFNMADD231PS y, y, y; VFNMADD231PS Y, Y, Y // fma(−y, y, y)

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
