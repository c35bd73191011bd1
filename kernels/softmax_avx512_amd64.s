//go:build gc && !purego

#include "textflag.h"
#include "elementary_avx512_amd64.h"

// softmax and log_softmax over rows, and their gradients, for AVX-512 (F, DQ). A row that holds a NaN becomes NaN as a
// whole, so what the maximum of such a row is does not matter; neither does the sign of a maximum of 0, since where
// both zeros are at the top the sum is 2 or more.

// HALVES joins the 16 lanes of v with OP, by halves, h = 8, 4, 2, 1; every lane gets the result, since OP's operands
// may change places. t is scratch.
#define HALVES(OP, v, t)          \
	VSHUFF32X4 $0x4e, v, v, t \
	OP         t, v, v        \
	VSHUFF32X4 $0xb1, v, v, t \
	OP         t, v, v        \
	VPERMILPS  $0x4e, v, t    \
	OP         t, v, v        \
	VPERMILPS  $0xb1, v, t    \
	OP         t, v, v

// x = Exp(x) for x ≤ 0.
#define EXP_OF_DIFFERENCE(x, n, p) \
	VMAXPS x, EXP_LEAST, x     \
	EXP_REDUCE(x, n)           \
	EXP_RESULT(x, n, p)

// LOG makes x = Log(x) for x ≥ 1 or NaN: the mantissa f + 1 in [¾, 1½) and the exponent k, which is that of x less
// that of the mantissa; then fma(k, ln 2, logPolynomial(f)). k, m and p are scratch.
#define LOG(x, k, m, p)            \
	VGETMANTPS       $3, x, m  \
	VGETEXPPS        x, k      \
	VGETEXPPS        m, x      \
	VSUBPS           x, k, k   \
	VSUBPS           ONE, m, x \
	LOG_POLYNOMIAL(x, p, m)    \
	VFMADD231PS.BCST ln2<>+0(SB), k, x

CONSTANT(minusInfinity, $0xff800000)

// Rows of up to 16 numbers lie in a register each, four rows are woven together. SI (and DX) are the addresses of the
// operands, DI is that of the result, R9 the bytes of a row, R10 of three; CX is what is left of the length, R8 the
// width. K1 has the lanes of a row. A function is three macros, one after the other, with the four registers of a row
// as arguments: x, which becomes the result, and three others.

#define LOWEST Z19 // −∞; EXP_MOST is not needed

#define NARROW_WIDTH(width) \
	MOVQ  width, R8     \
	MOVQ  R8, CX        \
	LAST_MASK           \
	LEAQ  (R8*4), R9    \
	LEAQ  (R9)(R9*2), R10

// NARROW is the loop over the rows for func(y, x []float32, width int).
#define NARROW(FIRST, SECOND, THIRD)   \
	NARROW_WIDTH(width+48(FP))     \
	MOVQ y_base+0(FP), DI          \
	MOVQ x_base+24(FP), SI         \
	MOVQ x_len+32(FP), CX          \
	LEAQ (R8*4), R11               \
	SUBQ R11, CX                   \
	JB   rest                      \
four:                                  \
	VMOVUPS.Z (SI), K1, Z0         \
	VMOVUPS.Z (SI)(R9*1), K1, Z4   \
	VMOVUPS.Z (SI)(R9*2), K1, Z8   \
	VMOVUPS.Z (SI)(R10*1), K1, Z12 \
	FOUR(FIRST)                    \
	FOUR(SECOND)                   \
	FOUR(THIRD)                    \
	VMOVUPS   Z0, K1, (DI)         \
	VMOVUPS   Z4, K1, (DI)(R9*1)   \
	VMOVUPS   Z8, K1, (DI)(R9*2)   \
	VMOVUPS   Z12, K1, (DI)(R10*1) \
	LEAQ      (SI)(R9*4), SI       \
	LEAQ      (DI)(R9*4), DI       \
	SUBQ      R11, CX              \
	JAE       four                 \
rest:                                  \
	ADDQ R11, CX                   \
	JZ   done                      \
one:                                   \
	VMOVUPS.Z (SI), K1, Z0         \
	FIRST(Z0, Z1, Z2, Z3)          \
	SECOND(Z0, Z1, Z2, Z3)         \
	THIRD(Z0, Z1, Z2, Z3)          \
	VMOVUPS   Z0, K1, (DI)         \
	ADDQ      R9, SI               \
	ADDQ      R9, DI               \
	SUBQ      R8, CX               \
	JA        one                  \
done:                                  \
	VZEROUPPER                     \
	RET

// NARROW_GRADIENT is the loop for func(dx, dy, y []float32, width int); y becomes the result, the second register is
// dy.
#define NARROW_GRADIENT(FIRST, SECOND, THIRD) \
	NARROW_WIDTH(width+72(FP))            \
	MOVQ dx_base+0(FP), DI                \
	MOVQ dy_base+24(FP), DX               \
	MOVQ y_base+48(FP), SI                \
	MOVQ y_len+56(FP), CX                 \
	LEAQ (R8*4), R11                      \
	SUBQ R11, CX                          \
	JB   rest                             \
four:                                         \
	VMOVUPS.Z (SI), K1, Z0                \
	VMOVUPS.Z (DX), K1, Z1                \
	VMOVUPS.Z (SI)(R9*1), K1, Z4          \
	VMOVUPS.Z (DX)(R9*1), K1, Z5          \
	VMOVUPS.Z (SI)(R9*2), K1, Z8          \
	VMOVUPS.Z (DX)(R9*2), K1, Z9          \
	VMOVUPS.Z (SI)(R10*1), K1, Z12        \
	VMOVUPS.Z (DX)(R10*1), K1, Z13        \
	FOUR(FIRST)                           \
	FOUR(SECOND)                          \
	FOUR(THIRD)                           \
	VMOVUPS   Z0, K1, (DI)                \
	VMOVUPS   Z4, K1, (DI)(R9*1)          \
	VMOVUPS   Z8, K1, (DI)(R9*2)          \
	VMOVUPS   Z12, K1, (DI)(R10*1)        \
	LEAQ      (SI)(R9*4), SI              \
	LEAQ      (DX)(R9*4), DX              \
	LEAQ      (DI)(R9*4), DI              \
	SUBQ      R11, CX                     \
	JAE       four                        \
rest:                                         \
	ADDQ R11, CX                          \
	JZ   done                             \
one:                                          \
	VMOVUPS.Z (SI), K1, Z0                \
	VMOVUPS.Z (DX), K1, Z1                \
	FIRST(Z0, Z1, Z2, Z3)                 \
	SECOND(Z0, Z1, Z2, Z3)                \
	THIRD(Z0, Z1, Z2, Z3)                 \
	VMOVUPS   Z0, K1, (DI)                \
	ADDQ      R9, SI                      \
	ADDQ      R9, DX                      \
	ADDQ      R9, DI                      \
	SUBQ      R8, CX                      \
	JA        one                         \
done:                                         \
	VZEROUPPER                            \
	RET

// Wider rows take two or three passes. A and B are the 32 lanes of a reduction; the vectors of a pass belong to the one
// and the other in turn. SI (and DX) are the addresses of the row's operands, DI is that of its result, R10 the bytes
// that are done, CX is what is left of the row, R8 the width, R9 its bytes, R11 what is left of the rows.

#define A Z14
#define B Z15
#define ROW Z13 // the maximum, the sum, its logarithm or the product, in every lane
#define MAXIMUM Z12

// PASS does VECTOR(offset, lanes) for the vectors of a row; K1 has the lanes that are in the row.
#define PASS(two, rest, done, VECTOR) \
	XORL   R10, R10               \
	MOVQ   R8, CX                 \
	SUBQ   $32, CX                \
	JB     rest                   \
	KXNORW K1, K1, K1             \
two:                                  \
	VECTOR(0, A)                  \
	VECTOR(64, B)                 \
	ADDQ $128, R10                \
	SUBQ $32, CX                  \
	JAE  two                      \
rest:                                 \
	ADDQ $32, CX                  \
	JZ   done                     \
	LAST_MASK                     \
	VECTOR(0, A)                  \
	SUBQ $16, CX                  \
	JBE  done                     \
	LAST_MASK                     \
	VECTOR(64, B)                 \
done:

// JOIN makes every lane of ROW the 32 lanes joined.
#define JOIN(OP)     \
	OP B, A, ROW \
	HALVES(OP, ROW, B)

#define CLEAR_LANES    \
	VPXORD A, A, A \
	VPXORD B, B, B

// WIDE_START and NEXT_ROW are around the code for a row, for func(y, x []float32, width int); WIDE_GRADIENT_START is
// for func(dx, dy, y []float32, width int).
#define WIDE_START                                 \
	EXP_CONSTANTS                              \
	VBROADCASTSS minusInfinity<>+0(SB), LOWEST \
	MOVQ         y_base+0(FP), DI              \
	MOVQ         x_base+24(FP), SI             \
	MOVQ         x_len+32(FP), R11             \
	MOVQ         width+48(FP), R8              \
	LEAQ         (R8*4), R9                    \
	TESTQ        R11, R11                      \
	JZ           end

#define WIDE_GRADIENT_START                    \
	EXP_CONSTANTS                          \
	VBROADCASTSS expMost<>+0(SB), EXP_MOST \
	MOVQ         dx_base+0(FP), DI         \
	MOVQ         dy_base+24(FP), DX        \
	MOVQ         y_base+48(FP), SI         \
	MOVQ         y_len+56(FP), R11         \
	MOVQ         width+72(FP), R8          \
	LEAQ         (R8*4), R9                \
	TESTQ        R11, R11                  \
	JZ           end

#define NEXT_ROW     \
	ADDQ R9, SI  \
	ADDQ R9, DX  \
	ADDQ R9, DI  \
	SUBQ R8, R11 \
	JA   row     \
end:                 \
	VZEROUPPER   \
	RET

// x = x − max x.
#define LESS_MAXIMUM(x, m, t, c)   \
	VBLENDMPS x, LOWEST, K1, m \
	HALVES(VMAXPS, m, t)       \
	VSUBPS    m, x, x

// func softmaxNarrowAVX512(y, x []float32, width int)
//
// e = Exp(x − max x); y = e / Σe
#define EXPONENTIALS(x, n, p, c) EXP_OF_DIFFERENCE(x, n, p)

#define OVER_SUM(x, sum, t, c) \
	VMOVAPS.Z x, K1, sum   \
	HALVES(VADDPS, sum, t) \
	VDIVPS    sum, x, x

TEXT ·softmaxNarrowAVX512(SB), NOSPLIT, $0-56
	EXP_CONSTANTS
	VBROADCASTSS minusInfinity<>+0(SB), LOWEST
	NARROW(LESS_MAXIMUM, EXPONENTIALS, OVER_SUM)

// func logSoftmaxNarrowAVX512(y, x []float32, width int)
//
// d = x − max x; y = d − Log(Σ Exp(d))
#define EXPONENTIALS_APART(x, e, n, p) \
	VMOVAPS   x, e                 \
	EXP_OF_DIFFERENCE(e, n, p)     \
	VMOVAPS.Z e, K1, e

#define LESS_LOG_SUM(x, sum, t, c) \
	HALVES(VADDPS, sum, t)     \
	LOG(sum, t, c, T0)         \
	VSUBPS sum, x, x

TEXT ·logSoftmaxNarrowAVX512(SB), NOSPLIT, $0-56
	EXP_CONSTANTS
	VBROADCASTSS minusInfinity<>+0(SB), LOWEST
	NARROW(LESS_MAXIMUM, EXPONENTIALS_APART, LESS_LOG_SUM)

// func softmaxGradientNarrowAVX512(dx, dy, y []float32, width int)
//
// dx = y·(dy − Dot(dy, y))
#define PRODUCTS(y, dy, dot, t)   \
	VPXORD      dot, dot, dot \
	VFMADD231PS y, dy, dot

#define DOT(y, dy, dot, t) HALVES(VADDPS, dot, t)

#define LESS_DOT_TIMES_Y(y, dy, dot, t) \
	VSUBPS dot, dy, dy              \
	VMULPS dy, y, y

TEXT ·softmaxGradientNarrowAVX512(SB), NOSPLIT, $0-80
	NARROW_GRADIENT(PRODUCTS, DOT, LESS_DOT_TIMES_Y)

// func logSoftmaxGradientNarrowAVX512(dx, dy, y []float32, width int)
//
// dx = fma(−Exp(y), Sum(dy), dy)
#define EXP_OF_OUTPUT(y, dy, n, p) \
	VMINPS y, EXP_MOST, y      \
	EXP_OF_DIFFERENCE(y, n, p)

#define SUM_OF_GRADIENT(y, dy, sum, t) \
	VPXORD sum, sum, sum           \
	VADDPS dy, sum, sum            \
	HALVES(VADDPS, sum, t)

#define LESS_SHARE(y, dy, sum, t) VFNMADD213PS dy, sum, y

TEXT ·logSoftmaxGradientNarrowAVX512(SB), NOSPLIT, $0-80
	EXP_CONSTANTS
	NARROW_GRADIENT(EXP_OF_OUTPUT, SUM_OF_GRADIENT, LESS_SHARE)

// lanes = max(lanes, x)
#define ROW_MAXIMUM(offset, lanes) VMAXPS offset(SI)(R10*1), lanes, K1, lanes

// y = e = Exp(x − max x); lanes += e
#define ROW_EXPONENTIALS(offset, lanes)     \
	VMOVUPS.Z offset(SI)(R10*1), K1, Z0 \
	VSUBPS    ROW, Z0, Z0               \
	EXP_OF_DIFFERENCE(Z0, Z1, Z2)       \
	VADDPS    Z0, lanes, K1, lanes      \
	VMOVUPS   Z0, K1, offset(DI)(R10*1)

// y /= Σe
#define ROW_OVER_SUM(offset, lanes)         \
	VMOVUPS.Z offset(DI)(R10*1), K1, Z0 \
	VDIVPS    ROW, Z0, Z0               \
	VMOVUPS   Z0, K1, offset(DI)(R10*1)

// func softmaxWideAVX512(y, x []float32, width int)
TEXT ·softmaxWideAVX512(SB), NOSPLIT, $0-56
	WIDE_START

row:
	VMOVAPS LOWEST, A
	VMOVAPS LOWEST, B
	PASS(two1, rest1, done1, ROW_MAXIMUM)
	JOIN(VMAXPS)
	CLEAR_LANES
	PASS(two2, rest2, done2, ROW_EXPONENTIALS)
	JOIN(VADDPS)
	PASS(two3, rest3, done3, ROW_OVER_SUM)
	NEXT_ROW

// lanes += Exp(x − max x)
#define ROW_SUM_OF_EXPONENTIALS(offset, lanes) \
	VMOVUPS.Z offset(SI)(R10*1), K1, Z0    \
	VSUBPS    MAXIMUM, Z0, Z0              \
	EXP_OF_DIFFERENCE(Z0, Z1, Z2)          \
	VADDPS    Z0, lanes, K1, lanes

// y = (x − max x) − Log(Σ Exp(x − max x))
#define ROW_LESS_LOG_SUM(offset, lanes)     \
	VMOVUPS.Z offset(SI)(R10*1), K1, Z0 \
	VSUBPS    MAXIMUM, Z0, Z0           \
	VSUBPS    ROW, Z0, Z0               \
	VMOVUPS   Z0, K1, offset(DI)(R10*1)

// func logSoftmaxWideAVX512(y, x []float32, width int)
TEXT ·logSoftmaxWideAVX512(SB), NOSPLIT, $0-56
	WIDE_START

row:
	VMOVAPS LOWEST, A
	VMOVAPS LOWEST, B
	PASS(two1, rest1, done1, ROW_MAXIMUM)
	JOIN(VMAXPS)
	VMOVAPS ROW, MAXIMUM
	CLEAR_LANES
	PASS(two2, rest2, done2, ROW_SUM_OF_EXPONENTIALS)
	JOIN(VADDPS)
	LOG(ROW, Z0, Z1, Z2)
	PASS(two3, rest3, done3, ROW_LESS_LOG_SUM)
	NEXT_ROW

// lanes += dy·y
#define ROW_DOT(offset, lanes)                \
	VMOVUPS.Z   offset(SI)(R10*1), K1, Z0 \
	VFMADD231PS offset(DX)(R10*1), Z0, K1, lanes

// dx = y·(dy − Dot(dy, y))
#define ROW_LESS_DOT_TIMES_Y(offset, lanes)     \
	VMOVUPS.Z offset(DX)(R10*1), K1, Z0     \
	VSUBPS    ROW, Z0, Z0                   \
	VMULPS.Z  offset(SI)(R10*1), Z0, K1, Z0 \
	VMOVUPS   Z0, K1, offset(DI)(R10*1)

// func softmaxGradientWideAVX512(dx, dy, y []float32, width int)
TEXT ·softmaxGradientWideAVX512(SB), NOSPLIT, $0-80
	WIDE_GRADIENT_START

row:
	CLEAR_LANES
	PASS(two1, rest1, done1, ROW_DOT)
	JOIN(VADDPS)
	PASS(two2, rest2, done2, ROW_LESS_DOT_TIMES_Y)
	NEXT_ROW

// lanes += dy
#define ROW_SUM(offset, lanes) VADDPS offset(DX)(R10*1), lanes, K1, lanes

// dx = fma(−Exp(y), Sum(dy), dy)
#define ROW_LESS_SHARE(offset, lanes)          \
	VMOVUPS.Z    offset(SI)(R10*1), K1, Z0 \
	VMINPS       Z0, EXP_MOST, Z0          \
	EXP_OF_DIFFERENCE(Z0, Z1, Z2)          \
	VMOVUPS.Z    offset(DX)(R10*1), K1, Z3 \
	VFNMADD213PS Z3, ROW, Z0               \
	VMOVUPS      Z0, K1, offset(DI)(R10*1)

// func logSoftmaxGradientWideAVX512(dx, dy, y []float32, width int)
TEXT ·logSoftmaxGradientWideAVX512(SB), NOSPLIT, $0-80
	WIDE_GRADIENT_START

row:
	CLEAR_LANES
	PASS(two1, rest1, done1, ROW_SUM)
	JOIN(VADDPS)
	PASS(two2, rest2, done2, ROW_LESS_SHARE)
	NEXT_ROW
