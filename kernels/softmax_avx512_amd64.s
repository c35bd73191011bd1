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

// The loss of a row that is of one class: −((own − max x) − Log(Σ Exp(x − max x))), of which own, the class's element
// of x, is in losses, and the loss takes its place.

// As many rows as find room lie in a register, 1, 2 or 4, in groups of 16, 8 or 4 lanes; four registers are woven
// together. The logarithm is one for 16 rows, whose maxima and sums lie on the stack until then.

// HALVES8 and HALVES4 are HALVES within groups of that many lanes.
#define HALVES8(OP, v, t)         \
	VSHUFF32X4 $0xb1, v, v, t \
	OP         t, v, v        \
	HALVES4(OP, v, t)

#define HALVES4(OP, v, t)         \
	VPERMILPS $0x4e, v, t     \
	OP        t, v, v         \
	VPERMILPS $0xb1, v, t     \
	OP        t, v, v

// KEEP16, KEEP8 and KEEP4 store what each group of v has in all its lanes; t and T are a register for scratch and its
// lowest lanes.
#define KEEP16(v, t, T, to)       \
	VMOVAPS v, t              \
	VMOVSS  T, to

#define KEEP8(v, t, T, to)        \
	VCOMPRESSPS.Z v, K2, t    \
	VMOVLPS       T, to

#define KEEP4(v, t, T, to)        \
	VCOMPRESSPS.Z v, K2, t    \
	VMOVUPS       T, to

// m = max x; x = Exp(x − max x)
#define GROUP_EXPONENTIALS(GROUP_HALVES, x, m, n, p) \
	VBLENDMPS x, LOWEST, K1, m           \
	GROUP_HALVES(VMAXPS, m, n)           \
	VSUBPS    m, x, x                    \
	EXP_OF_DIFFERENCE(x, n, p)

// sum = Σx
#define GROUP_SUM(GROUP_HALVES, x, sum, t)   \
	VMOVAPS.Z x, K1, sum                 \
	GROUP_HALVES(VADDPS, sum, t)

#define BLOCK 48 // rows between the logarithms

// SPARSE_CROSS_ENTROPY is the body of func(losses, x []float32, width int); count groups of lanes are in a register,
// filled by GROUP_LOAD, and the bits of firsts are their first lanes.
//
// DI: the block's losses; SI: the next rows; R9: bytes of count rows; R10: of three times as many; R11: where the next
// maximum goes, 4·BLOCK bytes further the sum; R13: the lanes of rows; BX: rows left; R8: those of the block; CX: those
// of the block that are left
#define SPARSE_CROSS_ENTROPY(count, lanes, firsts, GROUP_LOAD, GROUP_HALVES, KEEP) \
	EXP_CONSTANTS                                           \
	VBROADCASTSS minusInfinity<>+0(SB), LOWEST              \
	MOVQ  losses_base+0(FP), DI                             \
	MOVQ  losses_len+8(FP), BX                              \
	MOVQ  x_base+24(FP), SI                                 \
	MOVQ  width+48(FP), CX                                  \
	IMUL3Q $(4*count), CX, R9                               \
	LEAQ  (R9)(R9*2), R10                                   \
	MOVL  $1, R13                                           \
	SHLL  CX, R13                                           \
	DECL  R13                                               \
	IMUL3L $firsts, R13, R13                                \
	MOVL  $firsts, AX                                       \
	KMOVW AX, K2                                            \
	TESTQ BX, BX                                            \
	JZ    done                                              \
block:                                                          \
	MOVL    $BLOCK, R8                                      \
	CMPQ    BX, R8                                          \
	CMOVQLT BX, R8                                          \
	MOVQ    R8, CX                                          \
	LEAQ    maxima-(8*BLOCK)(SP), R11                       \
	KMOVW   R13, K1                                         \
	SUBQ    $(4*count), CX                                  \
	JB      rest                                            \
four:                                                           \
	GROUP_LOAD (SI), K1, Z0                                 \
	GROUP_LOAD (SI)(R9*1), K1, Z4                           \
	GROUP_LOAD (SI)(R9*2), K1, Z8                           \
	GROUP_LOAD (SI)(R10*1), K1, Z12                         \
	GROUP_EXPONENTIALS(GROUP_HALVES, Z0, Z1, Z2, Z3)        \
	GROUP_EXPONENTIALS(GROUP_HALVES, Z4, Z5, Z6, Z7)        \
	GROUP_EXPONENTIALS(GROUP_HALVES, Z8, Z9, Z10, Z11)      \
	GROUP_EXPONENTIALS(GROUP_HALVES, Z12, Z13, Z14, Z15)    \
	KEEP(Z1, Z2, X2, (R11))                                 \
	KEEP(Z5, Z6, X6, (4*count)(R11))                        \
	KEEP(Z9, Z10, X10, (8*count)(R11))                      \
	KEEP(Z13, Z14, X14, (12*count)(R11))                    \
	GROUP_SUM(GROUP_HALVES, Z0, Z1, Z2)                     \
	GROUP_SUM(GROUP_HALVES, Z4, Z5, Z6)                     \
	GROUP_SUM(GROUP_HALVES, Z8, Z9, Z10)                    \
	GROUP_SUM(GROUP_HALVES, Z12, Z13, Z14)                  \
	KEEP(Z1, Z2, X2, (4*BLOCK)(R11))                        \
	KEEP(Z5, Z6, X6, (4*BLOCK+4*count)(R11))                \
	KEEP(Z9, Z10, X10, (4*BLOCK+8*count)(R11))              \
	KEEP(Z13, Z14, X14, (4*BLOCK+12*count)(R11))            \
	LEAQ (SI)(R9*4), SI                                     \
	ADDQ $(16*count), R11                                   \
	SUBQ $(4*count), CX                                     \
	JAE  four                                               \
rest:                                                           \
	ADDQ $(4*count), CX                                     \
	JZ   logarithms                                         \
one:                                                            \
	CMPQ   CX, $count                                       \
	JAE    whole                                            \
	IMUL3Q $lanes, CX, CX                                   \ // the last rows, fewer than count
	MOVL   $1, AX                                           \
	SHLL   CX, AX                                           \
	DECL   AX                                               \
	ANDL   R13, AX                                          \
	KMOVW  AX, K1                                           \
	MOVL   $1, CX                                           \
whole:                                                          \
	GROUP_LOAD (SI), K1, Z0                                 \
	GROUP_EXPONENTIALS(GROUP_HALVES, Z0, Z1, Z2, Z3)        \
	KEEP(Z1, Z2, X2, (R11))                                 \
	GROUP_SUM(GROUP_HALVES, Z0, Z1, Z2)                     \
	KEEP(Z1, Z2, X2, (4*BLOCK)(R11))                        \
	ADDQ R9, SI                                             \
	ADDQ $(4*count), R11                                    \
	SUBQ $count, CX                                         \
	JA   one                                                \
logarithms:                                                     \
	MOVQ R8, CX                                             \
	LEAQ maxima-(8*BLOCK)(SP), R11                          \
sixteen:                                                        \
	LAST_MASK                                               \
	VMOVUPS   (4*BLOCK)(R11), Z1                            \
	LOG(Z1, Z2, Z3, T0)                                     \
	VMOVUPS.Z (DI), K1, Z0                                  \
	VSUBPS    (R11), Z0, Z0                                 \
	VSUBPS    Z1, Z0, Z0                                    \
	VXORPS    SIGN, Z0, Z0                                  \
	VMOVUPS   Z0, K1, (DI)                                  \
	ADDQ $64, DI                                            \
	ADDQ $64, R11                                           \
	SUBQ $16, CX                                            \
	JA   sixteen                                            \
	SUBQ R8, BX                                             \
	JNZ  block                                              \
done:                                                           \
	VZEROUPPER                                              \
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

// Rows of up to eight numbers lie in a part of a register each: rows of up to four in its quarters, up to eight in its
// halves. Their 32 lanes are joined by halves all the same, since what is not there adds 0. K1 has the lanes that hold
// numbers, K3 as many at the beginning: the numbers lie one after the other in memory.

#define LOAD_ROWS(address, x)    \
	VMOVUPS.Z   address, K3, x \
	VEXPANDPS.Z x, K1, x

#define STORE_ROWS(x, address)     \
	VCOMPRESSPS x, K1, x       \
	VMOVUPS     x, K3, address

// FEW is the loop for func(y, x []float32, width int), with so many rows in a register; units has the lowest bit of each
// row's lanes. SI and DI are the addresses of operand and result, R8 the numbers in a register, R9 their bytes, R10 the
// bytes of three; CX is what is left of the length.
#define FEW(rows, units, FIRST, SECOND, THIRD) \
	MOVQ   width+48(FP), DX        \
	MOVL   $1, BX                  \
	MOVQ   DX, CX                  \
	SHLL   CX, BX                  \
	DECL   BX                      \
	IMUL3L $units, BX, BX          \
	LEAQ   (DX*rows), R8           \
	MOVQ   R8, CX                  \
	LAST_MASK                      \
	KMOVW  K1, K3                  \
	KMOVW  BX, K1                  \
	LEAQ   (R8*4), R9              \
	LEAQ   (R9)(R9*2), R10         \
	LEAQ   (R8*4), R11             \
	MOVQ   y_base+0(FP), DI        \
	MOVQ   x_base+24(FP), SI       \
	MOVQ   x_len+32(FP), CX        \
	SUBQ   R11, CX                 \
	JB     rest                    \
four:                                  \
	LOAD_ROWS((SI), Z0)            \
	LOAD_ROWS((SI)(R9*1), Z4)      \
	LOAD_ROWS((SI)(R9*2), Z8)      \
	LOAD_ROWS((SI)(R10*1), Z12)    \
	FOUR(FIRST)                    \
	FOUR(SECOND)                   \
	FOUR(THIRD)                    \
	STORE_ROWS(Z0, (DI))           \
	STORE_ROWS(Z4, (DI)(R9*1))     \
	STORE_ROWS(Z8, (DI)(R9*2))     \
	STORE_ROWS(Z12, (DI)(R10*1))   \
	LEAQ   (SI)(R9*4), SI          \
	LEAQ   (DI)(R9*4), DI          \
	SUBQ   R11, CX                 \
	JAE    four                    \
rest:                                  \
	ADDQ   R11, CX                 \
	JZ     done                    \
one:                                   \
	CMPQ   CX, R8                  \
	JAE    whole                   \
	LAST_MASK                      \
	KMOVW  K1, K3                  \
	KMOVW  BX, K1                  \
whole:                                 \
	LOAD_ROWS((SI), Z0)            \
	FIRST(Z0, Z1, Z2, Z3)          \
	SECOND(Z0, Z1, Z2, Z3)         \
	THIRD(Z0, Z1, Z2, Z3)          \
	STORE_ROWS(Z0, (DI))           \
	ADDQ   R9, SI                  \
	ADDQ   R9, DI                  \
	SUBQ   R8, CX                  \
	JA     one                     \
done:                                  \
	VZEROUPPER                     \
	RET

// func softmaxOf4AVX512(y, x []float32, width int)
//
// softmaxNarrowAVX512 for a width of up to 4.
#define LESS_MAXIMUM_OF_4(x, m, t, c)  \
	VBLENDMPS x, LOWEST, K1, m     \
	HALVES4(VMAXPS, m, t)          \
	VSUBPS    m, x, x

#define OVER_SUM_OF_4(x, sum, t, c)    \
	VMOVAPS.Z x, K1, sum           \
	HALVES4(VADDPS, sum, t)        \
	VDIVPS    sum, x, x

TEXT ·softmaxOf4AVX512(SB), NOSPLIT, $0-56
	EXP_CONSTANTS
	VBROADCASTSS minusInfinity<>+0(SB), LOWEST
	FEW(4, 0x1111, LESS_MAXIMUM_OF_4, EXPONENTIALS, OVER_SUM_OF_4)

// func softmaxOf8AVX512(y, x []float32, width int)
//
// softmaxNarrowAVX512 for a width of up to 8.
#define LESS_MAXIMUM_OF_8(x, m, t, c)  \
	VBLENDMPS x, LOWEST, K1, m     \
	HALVES8(VMAXPS, m, t)          \
	VSUBPS    m, x, x

#define OVER_SUM_OF_8(x, sum, t, c)    \
	VMOVAPS.Z x, K1, sum           \
	HALVES8(VADDPS, sum, t)        \
	VDIVPS    sum, x, x

TEXT ·softmaxOf8AVX512(SB), NOSPLIT, $0-56
	EXP_CONSTANTS
	VBROADCASTSS minusInfinity<>+0(SB), LOWEST
	FEW(2, 0x0101, LESS_MAXIMUM_OF_8, EXPONENTIALS, OVER_SUM_OF_8)

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

// func sparseCrossEntropy4AVX512(losses, x []float32, width int)
//
// Rows of up to 4.
TEXT ·sparseCrossEntropy4AVX512(SB), NOSPLIT, $384-56
	SPARSE_CROSS_ENTROPY(4, 4, 0x1111, VEXPANDPS.Z, HALVES4, KEEP4)

// func sparseCrossEntropy8AVX512(losses, x []float32, width int)
//
// Rows of up to 8.
TEXT ·sparseCrossEntropy8AVX512(SB), NOSPLIT, $384-56
	SPARSE_CROSS_ENTROPY(2, 8, 0x0101, VEXPANDPS.Z, HALVES8, KEEP8)

// func sparseCrossEntropy16AVX512(losses, x []float32, width int)
//
// Rows of up to 16.
TEXT ·sparseCrossEntropy16AVX512(SB), NOSPLIT, $384-56
	SPARSE_CROSS_ENTROPY(1, 16, 0x0001, VMOVUPS.Z, HALVES, KEEP16)

// func sparseCrossEntropyWideAVX512(losses, x []float32, width int)
TEXT ·sparseCrossEntropyWideAVX512(SB), NOSPLIT, $0-56
	EXP_CONSTANTS
	VBROADCASTSS minusInfinity<>+0(SB), LOWEST
	MOVQ         losses_base+0(FP), DI
	MOVQ         losses_len+8(FP), R11
	MOVQ         x_base+24(FP), SI
	MOVQ         width+48(FP), R8
	LEAQ         (R8*4), R9
	TESTQ        R11, R11
	JZ           end

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
	VMOVSS  (DI), X0
	VSUBPS  MAXIMUM, Z0, Z0
	VSUBPS  ROW, Z0, Z0
	VXORPS  SIGN, Z0, Z0
	VMOVSS  X0, (DI)
	ADDQ    $4, DI
	ADDQ    R9, SI
	DECQ    R11
	JNZ     row

end:
	VZEROUPPER
	RET
