//go:build gc && !purego

#include "textflag.h"
#include "elementary_avx512_amd64.h"

// The element-wise activations and their derivatives for AVX-512 (F, DQ). Registers, in all of them: DI, SI (and DX,
// R8) are the addresses of the result and of the operands, CX what is left of the length; Z0 is x and becomes the
// result, Z1 is a second operand; Z2 to Z9 are scratch; the others hold constants. K1 has the lanes of the last vector.

// LAST_MASK sets K1 to the lanes that CX > 0 numbers take.
#define LAST_MASK \
	MOVQ  $-1, AX \
	SHLQ  CX, AX  \
	NOTQ  AX      \
	KMOVW AX, K1

// EACH computes y[i] = BODY(x[i]) for func(y, x []float32, …).
#define EACH(BODY) \
	MOVQ y_base+0(FP), DI       \
	MOVQ x_base+24(FP), SI      \
	MOVQ x_len+32(FP), CX       \
	SUBQ $32, CX                \
	JB   rest                   \
two:                                \
	VMOVUPS (SI), Z0            \
	BODY                        \
	VMOVUPS Z0, (DI)            \
	VMOVUPS 64(SI), Z0          \
	BODY                        \
	VMOVUPS Z0, 64(DI)          \
	ADDQ    $128, SI            \
	ADDQ    $128, DI            \
	SUBQ    $32, CX             \
	JAE     two                 \
rest:                               \
	ADDQ $32, CX                \
	JZ   done                   \
one:                                \
	LAST_MASK                   \
	VMOVUPS.Z (SI), K1, Z0      \
	BODY                        \
	VMOVUPS   Z0, K1, (DI)      \
	ADDQ      $64, SI           \
	ADDQ      $64, DI           \
	SUBQ      $16, CX           \
	JA        one               \
done:                               \
	VZEROUPPER                  \
	RET

// EACH_GRADIENT computes dx[i] = dy[i]·SLOPE(x[i]) for func(dx, dy, x []float32, …).
#define EACH_GRADIENT(SLOPE) \
	MOVQ dx_base+0(FP), DI          \
	MOVQ dy_base+24(FP), DX         \
	MOVQ x_base+48(FP), SI          \
	MOVQ x_len+56(FP), CX           \
	SUBQ $32, CX                    \
	JB   rest                       \
two:                                    \
	VMOVUPS (SI), Z0                \
	SLOPE                           \
	VMULPS  (DX), Z0, Z0            \
	VMOVUPS Z0, (DI)                \
	VMOVUPS 64(SI), Z0              \
	SLOPE                           \
	VMULPS  64(DX), Z0, Z0          \
	VMOVUPS Z0, 64(DI)              \
	ADDQ    $128, SI                \
	ADDQ    $128, DX                \
	ADDQ    $128, DI                \
	SUBQ    $32, CX                 \
	JAE     two                     \
rest:                                   \
	ADDQ $32, CX                    \
	JZ   done                       \
one:                                    \
	LAST_MASK                       \
	VMOVUPS.Z (SI), K1, Z0          \
	SLOPE                           \
	VMULPS.Z  (DX), Z0, K1, Z0      \
	VMOVUPS   Z0, K1, (DI)          \
	ADDQ      $64, SI               \
	ADDQ      $64, DX               \
	ADDQ      $64, DI               \
	SUBQ      $16, CX               \
	JA        one                   \
done:                                   \
	VZEROUPPER                      \
	RET

// func expAVX512(y, x []float32)
//
// y = Exp(x)
TEXT ·expAVX512(SB), NOSPLIT, $0-48
	EXP_CONSTANTS
	VBROADCASTSS expMost<>+0(SB), EXP_MOST
#define BODY EXP(Z0, Z2, Z3)
	EACH(BODY)
#undef BODY

// func sigmoidAVX512(y, x []float32)
//
// y = SigmoidOf(x)
TEXT ·sigmoidAVX512(SB), NOSPLIT, $0-48
	EXP_CONSTANTS
#define BODY SIGMOID(Z0, Z2, Z3, Z4)
	EACH(BODY)
#undef BODY

// func tanhAVX512(y, x []float32)
//
// With s and q of expm1Parts(−2|x|): y = fma(−s, q, 1 − s) / fma(s, q, 1 + s), with the sign of x.
//
//	Z2 −|x|, −2|x|, 1 − s, numerator   Z3 s   Z4 q   Z5 1 + s, denominator
#define TANH \
	VORPS        SIGN, Z0, Z2             \
	VADDPS       Z2, Z2, Z2               \
	EXPM1_PARTS(Z2, Z3, Z4, Z5)           \
	VSUBPS       Z3, ONE, Z2              \
	VADDPS       Z3, ONE, Z5              \
	VFNMADD231PS Z4, Z3, Z2               \
	VFMADD231PS  Z4, Z3, Z5               \
	VDIVPS       Z5, Z2, Z2               \
	VPTERNLOGD   $0xf8, SIGN, Z0, Z2      \ // Z2 | Z0 & SIGN
	VMOVAPS      Z2, Z0

TEXT ·tanhAVX512(SB), NOSPLIT, $0-48
	EXPM1_CONSTANTS
	EACH(TANH)
