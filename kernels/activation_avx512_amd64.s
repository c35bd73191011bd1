//go:build gc && !purego

#include "textflag.h"
#include "elementary_avx512_amd64.h"

// The element-wise activations and their derivatives for AVX-512 (F, DQ). Registers, in all of them: DI is the address
// of the result, SI, DX and R8 are those of the operands, CX is what is left of the length. Z0 is x and becomes the
// result, Z1 to Z3 belong to it; Z4 to Z15 are the same for three more vectors, woven together with the first. T0 to
// T2 are scratch within a macro where they hold no constant. K1 has the lanes of the last vector.
//
// A function is two macros, BEGIN and END, with the four registers of a vector as arguments: x and three others that
// END finds as BEGIN left them.

// Comparisons, NaN counting as "no" or, for their contraries, "yes".
#define LT 17
#define GE 29
#define GT 30
#define NOT_LT 21
#define NOT_GT 26

#define NOTHING(x, a, b, c)

// EACH computes y[i] = END(BEGIN(x[i])) for func(y, x []float32, …).
#define EACH(BEGIN, END)       \
	MOVQ y_base+0(FP), DI  \
	MOVQ x_base+24(FP), SI \
	MOVQ x_len+32(FP), CX  \
	SUBQ $64, CX           \
	JB   rest              \
four:                          \
	VMOVUPS (SI), Z0       \
	VMOVUPS 64(SI), Z4     \
	VMOVUPS 128(SI), Z8    \
	VMOVUPS 192(SI), Z12   \
	FOUR(BEGIN)            \
	FOUR(END)              \
	VMOVUPS Z0, (DI)       \
	VMOVUPS Z4, 64(DI)     \
	VMOVUPS Z8, 128(DI)    \
	VMOVUPS Z12, 192(DI)   \
	ADDQ    $256, SI       \
	ADDQ    $256, DI       \
	SUBQ    $64, CX        \
	JAE     four           \
rest:                          \
	ADDQ $64, CX           \
	JZ   done              \
one:                           \
	LAST_MASK              \
	VMOVUPS.Z (SI), K1, Z0 \
	BEGIN(Z0, Z1, Z2, Z3)  \
	END(Z0, Z1, Z2, Z3)    \
	VMOVUPS   Z0, K1, (DI) \
	ADDQ      $64, SI      \
	ADDQ      $64, DI      \
	SUBQ      $16, CX      \
	JA        one          \
done:                          \
	VZEROUPPER             \
	RET

// EACH_GRADIENT computes dx[i] = dy[i]·END(BEGIN(x[i])) for func(dx, dy, x []float32, …).
#define EACH_GRADIENT(BEGIN, END)  \
	MOVQ dx_base+0(FP), DI     \
	MOVQ dy_base+24(FP), DX    \
	MOVQ x_base+48(FP), SI     \
	MOVQ x_len+56(FP), CX      \
	EACH_JOINED(BEGIN, END, TIMES, TIMES_SOME)

#define TIMES(at, v, t) VMULPS at(DX), v, v
#define TIMES_SOME(v, t) VMULPS.Z (DX), v, K1, v

// EACH_JOINED is its loop: JOIN(at, v, t) joins v = END(BEGIN(x)) with what DX and SI point to, at that offset, JOIN_SOME
// with the first of it, which K1 has. t is scratch.
#define EACH_JOINED(BEGIN, END, JOIN, JOIN_SOME) \
	SUBQ $64, CX               \
	JB   rest                  \
four:                              \
	VMOVUPS (SI), Z0           \
	VMOVUPS 64(SI), Z4         \
	VMOVUPS 128(SI), Z8        \
	VMOVUPS 192(SI), Z12       \
	FOUR(BEGIN)                \
	FOUR(END)                  \
	JOIN(0, Z0, Z1)            \
	JOIN(64, Z4, Z5)           \
	JOIN(128, Z8, Z9)          \
	JOIN(192, Z12, Z13)        \
	VMOVUPS Z0, (DI)           \
	VMOVUPS Z4, 64(DI)         \
	VMOVUPS Z8, 128(DI)        \
	VMOVUPS Z12, 192(DI)       \
	ADDQ    $256, SI           \
	ADDQ    $256, DX           \
	ADDQ    $256, DI           \
	SUBQ    $64, CX            \
	JAE     four               \
rest:                              \
	ADDQ $64, CX               \
	JZ   done                  \
one:                               \
	LAST_MASK                  \
	VMOVUPS.Z (SI), K1, Z0     \
	BEGIN(Z0, Z1, Z2, Z3)      \
	END(Z0, Z1, Z2, Z3)        \
	JOIN_SOME(Z0, Z1)          \
	VMOVUPS   Z0, K1, (DI)     \
	ADDQ      $64, SI          \
	ADDQ      $64, DX          \
	ADDQ      $64, DI          \
	SUBQ      $16, CX          \
	JA        one              \
done:                              \
	VZEROUPPER                 \
	RET

// EACH_GRADIENT2 computes dx[i] = dy[i]·SLOPE(x[i], y[i]) for func(dx, dy, x, y []float32, …); SLOPE(x, y) leaves it
// in y.
#define EACH_GRADIENT2(SLOPE)      \
	MOVQ dx_base+0(FP), DI     \
	MOVQ dy_base+24(FP), DX    \
	MOVQ x_base+48(FP), SI     \
	MOVQ x_len+56(FP), CX      \
	MOVQ y_base+72(FP), R8     \
	SUBQ $32, CX               \
	JB   rest                  \
two:                               \
	VMOVUPS (SI), Z0           \
	VMOVUPS (R8), Z1           \
	VMOVUPS 64(SI), Z2         \
	VMOVUPS 64(R8), Z3         \
	SLOPE(Z0, Z1)              \
	SLOPE(Z2, Z3)              \
	VMULPS  (DX), Z1, Z1       \
	VMULPS  64(DX), Z3, Z3     \
	VMOVUPS Z1, (DI)           \
	VMOVUPS Z3, 64(DI)         \
	ADDQ    $128, SI           \
	ADDQ    $128, R8           \
	ADDQ    $128, DX           \
	ADDQ    $128, DI           \
	SUBQ    $32, CX            \
	JAE     two                \
rest:                              \
	ADDQ $32, CX               \
	JZ   done                  \
one:                               \
	LAST_MASK                  \
	VMOVUPS.Z (SI), K1, Z0     \
	VMOVUPS.Z (R8), K1, Z1     \
	SLOPE(Z0, Z1)              \
	VMULPS.Z  (DX), Z1, K1, Z1 \
	VMOVUPS   Z1, K1, (DI)     \
	ADDQ      $64, SI          \
	ADDQ      $64, R8          \
	ADDQ      $64, DX          \
	ADDQ      $64, DI          \
	SUBQ      $16, CX          \
	JA        one              \
done:                              \
	VZEROUPPER                 \
	RET

// func expAVX512(y, x []float32)
//
// y = Exp(x)
#define EXP_BEGIN(x, n, b, c)  \
	VMINPS x, EXP_MOST, x  \
	VMAXPS x, EXP_LEAST, x \
	EXP_REDUCE(x, n)

#define EXP_END(x, n, p, c) EXP_RESULT(x, n, p)

TEXT ·expAVX512(SB), NOSPLIT, $0-48
	EXP_CONSTANTS
	EACH(EXP_BEGIN, EXP_END)

// func sigmoidAVX512(y, x []float32)
//
// y = SigmoidOf(x)
TEXT ·sigmoidAVX512(SB), NOSPLIT, $0-48
	EXP_CONSTANTS
	EACH(SIGMOID_BEGIN, SIGMOID_END)

// func softplusGradientAVX512(dx, dy, x []float32)
//
// dx = dy · SigmoidOf(x)
TEXT ·softplusGradientAVX512(SB), NOSPLIT, $0-72
	EXP_CONSTANTS
	EACH_GRADIENT(SIGMOID_BEGIN, SIGMOID_END)

// func logSigmoidGradientAVX512(dx, dy, x []float32)
//
// dx = dy · SigmoidOf(−x)
#define SIGMOID_OF_MINUS(x, z, n, w) \
	VXORPS SIGN, x, x            \
	TAIL_REDUCE(x, z, n)

TEXT ·logSigmoidGradientAVX512(SB), NOSPLIT, $0-72
	EXP_CONSTANTS
	EACH_GRADIENT(SIGMOID_OF_MINUS, SIGMOID_END)

// func sigmoidGradientAVX512(dx, dy, x []float32)
//
// dx = dy · fma(−x, x, x); x is what Activate returned.
#define SIGMOID_SLOPE(x, a, b, c) \
	VMOVAPS      x, a         \
	VFNMADD231PS a, a, x

TEXT ·sigmoidGradientAVX512(SB), NOSPLIT, $0-72
	EACH_GRADIENT(NOTHING, SIGMOID_SLOPE)

// func tanhAVX512(y, x []float32)
//
// y = TanhOf(x)
TEXT ·tanhAVX512(SB), NOSPLIT, $0-48
	EXPM1_CONSTANTS
	EACH(TANH_BEGIN, TANH_END)

// func tanhGradientAVX512(dx, dy, x []float32)
//
// dx = dy · fma(−x, x, 1); x is what Activate returned.
#define TANH_SLOPE(x, a, b, c) \
	VFNMADD213PS ONE, x, x

TEXT ·tanhGradientAVX512(SB), NOSPLIT, $0-72
	VBROADCASTSS one<>+0(SB), ONE
	EACH_GRADIENT(NOTHING, TANH_SLOPE)

// func multiplyAVX512(dx, dy, x []float32)
//
// dx = dy · x, the gradient of exponential; x is what Activate returned.
TEXT ·multiplyAVX512(SB), NOSPLIT, $0-72
	EACH_GRADIENT(NOTHING, NOTHING)

// func siluAVX512(y, x []float32)
//
// y = x · SigmoidOf(x)
#define SILU_END(x, z, n, w)    \
	EXP_RESULT(z, n, w)     \
	SIGMOID_TAIL(z, w)      \
	SIGMOID_RESULT(x, z, w) \
	VMULPS w, x, x

TEXT ·siluAVX512(SB), NOSPLIT, $0-48
	EXP_CONSTANTS
	EACH(SIGMOID_BEGIN, SILU_END)

// func siluGradientAVX512(dx, dy, x []float32)
//
// dx = dy · fma(x, σ', σ), σ' = fma(−w, w, w)
#define SILU_SLOPE(x, z, n, w)  \
	EXP_RESULT(z, n, w)     \
	SIGMOID_TAIL(z, w)      \
	VMOVAPS      w, n       \
	VFNMADD213PS w, w, n    \
	SIGMOID_RESULT(x, z, w) \
	VFMADD213PS  w, n, x

TEXT ·siluGradientAVX512(SB), NOSPLIT, $0-72
	EXP_CONSTANTS
	EACH_GRADIENT(SIGMOID_BEGIN, SILU_SLOPE)

// func geluTanhAVX512(y, x []float32)
//
// y = x · SigmoidOf(v), v = x·fma(k·0.044715, x·x, k), k = 2·√(2/π). The sign of v is that of x.
CONSTANT(sqrt2OverPi2, $1.5957691216057307118)
CONSTANT(geluCubic, $0.071354816272600248777) // k·0.044715
CONSTANT(geluCubic3, $0.21406444881780074633) // 3·k·0.044715
CONSTANT(geluTanhMost, $16.0)
CONSTANT(geluTanhLeast, $-16.0)

#define GELU_CUBIC T2
#define SQRT_2_OVER_PI_2 T1

#define GELU_TANH_BEGIN(x, z, n, w)                 \
	VMULPS      x, x, z                         \
	VFMADD213PS SQRT_2_OVER_PI_2, GELU_CUBIC, z \
	VMULPS      x, z, z                         \
	TAIL_REDUCE(z, z, n)

TEXT ·geluTanhAVX512(SB), NOSPLIT, $0-48
	EXP_CONSTANTS
	VBROADCASTSS sqrt2OverPi2<>+0(SB), SQRT_2_OVER_PI_2
	VBROADCASTSS geluCubic<>+0(SB), GELU_CUBIC
	EACH(GELU_TANH_BEGIN, SILU_END)

// func geluTanhGradientAVX512(dx, dy, x []float32)
//
// dx = dy · fma(x·v', σ', σ), v' = fma(3·k·0.044715, x·x, k), x being clamped to [−16, 16].
#define GELU_TANH_MOST Z19 // EXP_MOST is not needed
#define GELU_TANH_LEAST T0

#define GELU_TANH_SLOPE_BEGIN(x, z, n, w) \
	VMINPS x, GELU_TANH_MOST, x       \
	VMAXPS x, GELU_TANH_LEAST, x      \
	GELU_TANH_BEGIN(x, z, n, w)

#define GELU_TANH_SLOPE(x, z, n, w)                              \
	EXP_RESULT(z, n, w)                                      \
	SIGMOID_TAIL(z, w)                                       \
	VMOVAPS          w, n                                    \
	VFNMADD213PS     w, w, n                                 \
	SIGMOID_RESULT(x, z, w)                                  \
	VMULPS           x, x, z                                 \
	VFMADD132PS.BCST geluCubic3<>+0(SB), SQRT_2_OVER_PI_2, z \
	VMULPS           z, x, x                                 \
	VFMADD213PS      w, n, x

TEXT ·geluTanhGradientAVX512(SB), NOSPLIT, $0-72
	EXP_CONSTANTS
	VBROADCASTSS sqrt2OverPi2<>+0(SB), SQRT_2_OVER_PI_2
	VBROADCASTSS geluCubic<>+0(SB), GELU_CUBIC
	VBROADCASTSS geluTanhMost<>+0(SB), GELU_TANH_MOST
	VBROADCASTSS geluTanhLeast<>+0(SB), GELU_TANH_LEAST
	EACH_GRADIENT(GELU_TANH_SLOPE_BEGIN, GELU_TANH_SLOPE)

// normalTail, for the clamped x in a: BEGIN leaves r = −½h − n·ln 2 − ½l and n, with h + l = x² exactly; PARTS makes
// r = z, n = |x| and P and Q, Horner's scheme with coefficients from memory.
CONSTANT(geluMost, $15.0)
CONSTANT(geluLeast, $-15.0)
CONSTANT(minusHalf, $-0.5)
CONSTANT(p0, $0.004085645545274019)
CONSTANT(p1, $0.04044374078512192)
CONSTANT(p2, $0.18269850313663483)
CONSTANT(p3, $0.437610387802124)
CONSTANT(p4, $0.5)
CONSTANT(q0, $0.010241072624921799)
CONSTANT(q1, $0.1013839840888977)
CONSTANT(q2, $0.46804630756378174)
CONSTANT(q3, $1.2003382444381714)
CONSTANT(q4, $1.6731055974960327)
CONSTANT(invSqrt2Pi, $0.39894228040143267794)

#define GELU_MOST Z20 // neither EXP_LEAST
#define GELU_LEAST Z19 // nor EXP_MOST is needed
#define MINUS_HALF T2

#define GELU_CONSTANTS                             \
	EXP_CONSTANTS                              \
	VBROADCASTSS geluMost<>+0(SB), GELU_MOST   \
	VBROADCASTSS geluLeast<>+0(SB), GELU_LEAST \
	VBROADCASTSS minusHalf<>+0(SB), MINUS_HALF

#define GELU_BEGIN(x, a, r, n)         \
	VMINPS      x, GELU_MOST, a    \
	VMAXPS      a, GELU_LEAST, a   \
	VMULPS      a, a, r            \
	VMOVAPS     r, T0              \
	VFMSUB231PS a, a, T0           \
	VMULPS      MINUS_HALF, r, r   \
	VMULPS      MINUS_HALF, T0, T0 \
	EXP_REDUCE(r, n)               \
	VADDPS      T0, r, r

#define GELU_PARTS(a, r, n, P, Q)         \
	EXP_RESULT(r, n, P)               \
	VANDNPS          a, SIGN, n       \
	VBROADCASTSS     p0<>+0(SB), P    \
	VBROADCASTSS     q0<>+0(SB), Q    \
	VFMADD213PS.BCST p1<>+0(SB), n, P \
	VFMADD213PS.BCST q1<>+0(SB), n, Q \
	VFMADD213PS.BCST p2<>+0(SB), n, P \
	VFMADD213PS.BCST q2<>+0(SB), n, Q \
	VFMADD213PS.BCST p3<>+0(SB), n, P \
	VFMADD213PS.BCST q3<>+0(SB), n, Q \
	VFMADD213PS.BCST p4<>+0(SB), n, P \
	VFMADD213PS.BCST q4<>+0(SB), n, Q \
	VFMADD213PS      ONE, n, Q

// func geluAVX512(y, x []float32)
//
// t = ((a·p)·z)/q; y = x − t if x > 0, else t
#define GELU_END(x, a, r, n)        \
	GELU_PARTS(a, r, n, T0, T1) \
	VMULPS  T0, a, a            \
	VMULPS  r, a, a             \
	VDIVPS  T1, a, a            \
	VCMPPS  $GT, SIGN, x, K2    \
	VSUBPS  a, x, K2, a         \
	VMOVAPS a, x

TEXT ·geluAVX512(SB), NOSPLIT, $0-48
	GELU_CONSTANTS
	EACH(GELU_BEGIN, GELU_END)

// func geluGradientAVX512(dx, dy, x []float32)
//
// Φ = (z·p)/q, 1 less it if not x < 0; dx = dy · fma(a·z, 1/√2π, Φ)
#define GELU_SLOPE(x, a, r, n)                \
	GELU_PARTS(a, r, n, T0, T1)           \
	VMULPS           T0, r, T0            \
	VDIVPS           T1, T0, T0           \
	VCMPPS           $NOT_LT, SIGN, x, K2 \
	VSUBPS           T0, ONE, K2, T0      \
	VMULPS           r, a, x              \
	VFMADD132PS.BCST invSqrt2Pi<>+0(SB), T0, x

TEXT ·geluGradientAVX512(SB), NOSPLIT, $0-72
	GELU_CONSTANTS
	EACH_GRADIENT(GELU_BEGIN, GELU_SLOPE)

// LOG1P_TAIL makes z = log1pFinite(z) for 0 ≤ z ≤ 1, where 1 + z, rounded, is 2ᵏ·m with k = 0, or k = 1 from 1½ on.
// So s is 1 or ½: f = z or fma(z, ½, −½), and what fma(k, ln 2, ·) adds is nothing or ln 2.
CONSTANT(half, $0.5)
CONSTANT(log1pBend, $0.49999994039535522461) // the least z with 1 + z ≥ 1½ when rounded

#define HALF T2

#define LOG1P_TAIL(z, p, square)                  \
	VCMPPS.BCST $GE, log1pBend<>+0(SB), z, K2 \
	VFMSUB132PS HALF, HALF, K2, z             \
	LOG_POLYNOMIAL(z, p, square)              \
	VADDPS.BCST ln2<>+0(SB), z, K2, z

// func softplusAVX512(y, x []float32)
//
// y = max(x, 0) + log1pFinite(Exp(−|x|))
#define SOFTPLUS_END(x, z, n, p) \
	EXP_RESULT(z, n, p)      \
	LOG1P_TAIL(z, n, p)      \
	VPXORD T0, T0, T0        \
	VMAXPS x, T0, x          \
	VADDPS z, x, x

TEXT ·softplusAVX512(SB), NOSPLIT, $0-48
	EXP_CONSTANTS
	VBROADCASTSS half<>+0(SB), HALF
	EACH(SIGMOID_BEGIN, SOFTPLUS_END)

// func sigmoidCrossEntropyAVX512(losses, z, y []float32)
//
// losses = fma(−z, y, SoftplusOf(z))
#define LESS_PRODUCT(at, v, t) \
	VMOVUPS      at(SI), t \
	VFNMADD231PS at(DX), t, v

#define LESS_PRODUCT_SOME(v, t) \
	VMOVUPS.Z    (SI), K1, t \
	VFNMADD231PS (DX), t, K1, v

TEXT ·sigmoidCrossEntropyAVX512(SB), NOSPLIT, $0-72
	EXP_CONSTANTS
	VBROADCASTSS half<>+0(SB), HALF
	MOVQ         losses_base+0(FP), DI
	MOVQ         z_base+24(FP), SI
	MOVQ         z_len+32(FP), CX
	MOVQ         y_base+48(FP), DX
	EACH_JOINED(SIGMOID_BEGIN, SOFTPLUS_END, LESS_PRODUCT, LESS_PRODUCT_SOME)

// func logSigmoidAVX512(y, x []float32)
//
// −SoftplusOf(−x): y = min(x, −0) − log1pFinite(Exp(−|x|)), the minimum being −0 for x = 0.
#define LOG_SIGMOID_END(x, z, n, p) \
	EXP_RESULT(z, n, p)         \
	LOG1P_TAIL(z, n, p)         \
	VMINPS SIGN, x, x           \
	VSUBPS z, x, x

TEXT ·logSigmoidAVX512(SB), NOSPLIT, $0-48
	EXP_CONSTANTS
	VBROADCASTSS half<>+0(SB), HALF
	EACH(SIGMOID_BEGIN, LOG_SIGMOID_END)

// MISH_PARTS makes z = Exp(−|x|), z2 = 2z, and n and d of mishParts. K2 is where x has a sign, which may choose, since
// z = 1 for −0; K3 is where it has none.
CONSTANT(two, $2.0)

#define TWO T2

#define MISH_PARTS(x, z, z2, n, d) \
	EXP_RESULT(z, z2, n)       \
	VPMOVD2M    x, K2          \
	KNOTW       K2, K3         \
	VADDPS      z, z, z2       \
	VMOVAPS     z2, n          \
	VADDPS      ONE, n, K3, n  \
	VFMADD231PS z, z, K2, n    \
	VMOVAPS     n, d           \
	VFMADD231PS z, z2, K3, d   \
	VADDPS      TWO, d, K2, d

// func mishAVX512(y, x []float32)
//
// y = x·(n/d)
#define MISH_END(x, z, z2, n)       \
	MISH_PARTS(x, z, z2, n, T0) \
	VDIVPS T0, n, n             \
	VMULPS n, x, x

TEXT ·mishAVX512(SB), NOSPLIT, $0-48
	EXP_CONSTANTS
	VBROADCASTSS two<>+0(SB), TWO
	EACH(SIGMOID_BEGIN, MISH_END)

// func mishGradientAVX512(dx, dy, x []float32)
//
// k = 4z·(1 + z), times z if x ≥ 0; dx = dy · fma(x, k/d, n)/d
#define MISH_SLOPE(x, z, z2, n)     \
	MISH_PARTS(x, z, z2, n, T0) \
	VADDPS      z2, z2, z2      \
	VADDPS      ONE, z, T1      \
	VMULPS      T1, z2, z2      \
	VMULPS      z, z2, K3, z2   \
	VDIVPS      T0, z2, z2      \
	VFMADD213PS n, z2, x        \
	VDIVPS      T0, x, x

TEXT ·mishGradientAVX512(SB), NOSPLIT, $0-72
	EXP_CONSTANTS
	VBROADCASTSS two<>+0(SB), TWO
	EACH_GRADIENT(SIGMOID_BEGIN, MISH_SLOPE)

// func eluAVX512(y, x []float32, alpha float32)
//
// y = x if x > 0, else α·expm1Negative(x)
#define ALPHA T2

#define ELU_BEGIN(x, r, s, n) \
	VMOVAPS x, r          \
	EXPM1_REDUCE(r, s, n)

#define ELU_END(x, r, s, n)         \
	EXPM1_RESULT(r, s, n, T0)   \
	VCMPPS $NOT_GT, SIGN, x, K2 \
	VMULPS ALPHA, r, K2, x

TEXT ·eluAVX512(SB), NOSPLIT, $0-52
	EXPM1_CONSTANTS
	VBROADCASTSS alpha+48(FP), ALPHA
	EACH(ELU_BEGIN, ELU_END)

// func eluGradientAVX512(dx, dy, x, y []float32, alpha float32)
//
// dx = dy · (1 if x > 0, else y + α)
#define ELU_SLOPE(x, y)          \
	VCMPPS  $GT, SIGN, x, K2 \
	VADDPS  ALPHA, y, y      \
	VMOVAPS ONE, K2, y

TEXT ·eluGradientAVX512(SB), NOSPLIT, $0-100
	VBROADCASTSS one<>+0(SB), ONE
	VBROADCASTSS sign<>+0(SB), SIGN
	VBROADCASTSS alpha+96(FP), ALPHA
	EACH_GRADIENT2(ELU_SLOPE)

// func celuAVX512(y, x []float32, alpha float32)
//
// y = x if x > 0, else α·expm1Negative(x/α); α > 0
#define CELU_BEGIN(x, r, s, n) \
	VDIVPS ALPHA, x, r     \
	EXPM1_REDUCE(r, s, n)

TEXT ·celuAVX512(SB), NOSPLIT, $0-52
	EXPM1_CONSTANTS
	VBROADCASTSS alpha+48(FP), ALPHA
	EACH(CELU_BEGIN, ELU_END)

// func celuGradientAVX512(dx, dy, x, y []float32, alpha float32)
//
// dx = dy · (1 if x > 0, else y/α + 1)
#define CELU_SLOPE(x, y)         \
	VCMPPS  $GT, SIGN, x, K2 \
	VDIVPS  ALPHA, y, y      \
	VADDPS  ONE, y, y        \
	VMOVAPS ONE, K2, y

TEXT ·celuGradientAVX512(SB), NOSPLIT, $0-100
	VBROADCASTSS one<>+0(SB), ONE
	VBROADCASTSS sign<>+0(SB), SIGN
	VBROADCASTSS alpha+96(FP), ALPHA
	EACH_GRADIENT2(CELU_SLOPE)

// func seluAVX512(y, x []float32)
//
// y = (λ·α)·expm1Negative(x) if x < 0, else λ·x
CONSTANT(seluScale, $1.0507009873554804934)
CONSTANT(seluScaleAlpha, $1.7580993408473768600)

#define SELU_SCALE T1
#define SELU_SCALE_ALPHA T2

#define SELU_END(x, r, s, n)      \
	EXPM1_RESULT(r, s, n, T0) \
	VCMPPS $LT, SIGN, x, K2   \
	VMULPS SELU_SCALE, x, x   \
	VMULPS SELU_SCALE_ALPHA, r, K2, x

TEXT ·seluAVX512(SB), NOSPLIT, $0-48
	EXPM1_CONSTANTS
	VBROADCASTSS seluScale<>+0(SB), SELU_SCALE
	VBROADCASTSS seluScaleAlpha<>+0(SB), SELU_SCALE_ALPHA
	EACH(ELU_BEGIN, SELU_END)

// func seluGradientAVX512(dx, dy, x, y []float32)
//
// dx = dy · (y + λ·α if x < 0, else λ)
#define SELU_SLOPE(x, y)               \
	VCMPPS  $LT, SIGN, x, K2       \
	VADDPS  SELU_SCALE_ALPHA, y, y \
	VBLENDMPS y, SELU_SCALE, K2, y

TEXT ·seluGradientAVX512(SB), NOSPLIT, $0-96
	VBROADCASTSS sign<>+0(SB), SIGN
	VBROADCASTSS seluScale<>+0(SB), SELU_SCALE
	VBROADCASTSS seluScaleAlpha<>+0(SB), SELU_SCALE_ALPHA
	EACH_GRADIENT2(SELU_SLOPE)

// The piecewise functions. A maximum or minimum with x last gives x where x is −0 or NaN.
CONSTANT(three, $3.0)
CONSTANT(six, $6.0)
CONSTANT(sixth, $0.16666666666666666667)

#define ZERO Z20
#define THREE Z21
#define SIX Z22
#define SIXTH Z23

#define PIECES                            \
	VPXORD       ZERO, ZERO, ZERO     \
	VBROADCASTSS one<>+0(SB), ONE     \
	VBROADCASTSS three<>+0(SB), THREE \
	VBROADCASTSS six<>+0(SB), SIX     \
	VBROADCASTSS sixth<>+0(SB), SIXTH

#define RELU6_OF(x)       \
	VMAXPS x, ZERO, x \
	VMINPS x, SIX, x

// K2 = 0 < x < 6
#define INSIDE(x)               \
	VCMPPS $GT, ZERO, x, K2 \
	VCMPPS $LT, SIX, x, K2, K2

// func reluAVX512(y, x []float32)
//
// y = 0 if x < 0, else x
#define RELU(x, a, b, c) VMAXPS x, ZERO, x

TEXT ·reluAVX512(SB), NOSPLIT, $0-48
	PIECES
	EACH(NOTHING, RELU)

// func reluGradientAVX512(dx, dy, x []float32)
//
// dx = dy · (1 if x > 0, else 0)
#define RELU_SLOPE(x, a, b, c)     \
	VCMPPS    $GT, ZERO, x, K2 \
	VMOVAPS.Z ONE, K2, x

TEXT ·reluGradientAVX512(SB), NOSPLIT, $0-72
	PIECES
	EACH_GRADIENT(NOTHING, RELU_SLOPE)

// func relu6AVX512(y, x []float32)
//
// y = 0 if x < 0, 6 if x > 6, else x
#define RELU6(x, a, b, c) RELU6_OF(x)

TEXT ·relu6AVX512(SB), NOSPLIT, $0-48
	PIECES
	EACH(NOTHING, RELU6)

// func relu6GradientAVX512(dx, dy, x []float32)
//
// dx = dy · (1 if 0 < x < 6, else 0)
#define RELU6_SLOPE(x, a, b, c) \
	INSIDE(x)               \
	VMOVAPS.Z ONE, K2, x

TEXT ·relu6GradientAVX512(SB), NOSPLIT, $0-72
	PIECES
	EACH_GRADIENT(NOTHING, RELU6_SLOPE)

// func leakyReLUAVX512(y, x []float32, alpha float32)
//
// y = x if x > 0, else α·x
#define LEAKY(x, a, b, c)           \
	VCMPPS $NOT_GT, ZERO, x, K2 \
	VMULPS ALPHA, x, K2, x

TEXT ·leakyReLUAVX512(SB), NOSPLIT, $0-52
	PIECES
	VBROADCASTSS alpha+48(FP), ALPHA
	EACH(NOTHING, LEAKY)

// func leakyReLUGradientAVX512(dx, dy, x []float32, alpha float32)
//
// dx = dy · (1 if x > 0, else α)
#define LEAKY_SLOPE(x, a, b, c)    \
	VCMPPS    $GT, ZERO, x, K2 \
	VBLENDMPS ONE, ALPHA, K2, x

TEXT ·leakyReLUGradientAVX512(SB), NOSPLIT, $0-76
	PIECES
	VBROADCASTSS alpha+72(FP), ALPHA
	EACH_GRADIENT(NOTHING, LEAKY_SLOPE)

// func hardSigmoidAVX512(y, x []float32)
//
// y = relu6(x + 3)/6
#define HARD_SIGMOID_OF(x) \
	VADDPS THREE, x, x \
	RELU6_OF(x)        \
	VDIVPS SIX, x, x

#define HARD_SIGMOID(x, a, b, c) HARD_SIGMOID_OF(x)

TEXT ·hardSigmoidAVX512(SB), NOSPLIT, $0-48
	PIECES
	EACH(NOTHING, HARD_SIGMOID)

// func hardSigmoidGradientAVX512(dx, dy, x []float32)
//
// dx = dy · (1/6 if 0 < x + 3 < 6, else 0)
#define HARD_SIGMOID_SLOPE(x, a, b, c) \
	VADDPS    THREE, x, x          \
	INSIDE(x)                      \
	VMOVAPS.Z SIXTH, K2, x

TEXT ·hardSigmoidGradientAVX512(SB), NOSPLIT, $0-72
	PIECES
	EACH_GRADIENT(NOTHING, HARD_SIGMOID_SLOPE)

// func hardSiLUAVX512(y, x []float32)
//
// y = x·hardSigmoid(x)
#define HARD_SILU(x, a, b, c) \
	VMOVAPS x, a          \
	HARD_SIGMOID_OF(a)    \
	VMULPS  a, x, x

TEXT ·hardSiLUAVX512(SB), NOSPLIT, $0-48
	PIECES
	EACH(NOTHING, HARD_SILU)

// func hardSiLUGradientAVX512(dx, dy, x []float32)
//
// dx = dy · fma(x, hardSigmoidSlope(x), hardSigmoid(x))
#define HARD_SILU_SLOPE(x, a, b, c) \
	VADDPS      THREE, x, a     \
	INSIDE(a)                   \
	RELU6_OF(a)                 \
	VDIVPS      SIX, a, a       \
	VMOVAPS.Z   SIXTH, K2, b    \
	VFMADD213PS a, b, x

TEXT ·hardSiLUGradientAVX512(SB), NOSPLIT, $0-72
	PIECES
	EACH_GRADIENT(NOTHING, HARD_SILU_SLOPE)

// func softsignAVX512(y, x []float32)
//
// y = x/(1 + |x|)
#define SOFTSIGN(x, a, b, c) \
	VANDNPS x, SIGN, a   \
	VADDPS  ONE, a, a    \
	VDIVPS  a, x, x

TEXT ·softsignAVX512(SB), NOSPLIT, $0-48
	VBROADCASTSS one<>+0(SB), ONE
	VBROADCASTSS sign<>+0(SB), SIGN
	EACH(NOTHING, SOFTSIGN)

// func softsignGradientAVX512(dx, dy, x []float32)
//
// d = 1 + |x|; dx = dy · (1/(d·d))
#define SOFTSIGN_SLOPE(x, a, b, c) \
	VANDNPS x, SIGN, a         \
	VADDPS  ONE, a, a          \
	VMULPS  a, a, a            \
	VDIVPS  a, ONE, x

TEXT ·softsignGradientAVX512(SB), NOSPLIT, $0-72
	VBROADCASTSS one<>+0(SB), ONE
	VBROADCASTSS sign<>+0(SB), SIGN
	EACH_GRADIENT(NOTHING, SOFTSIGN_SLOPE)
