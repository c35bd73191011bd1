//go:build gc && !purego

#include "textflag.h"

// Fused multiply-adds of float32 by arithmetic in float64, two elements a register. A product of two float32 is exact
// in float64, so s = a·b + c is rounded once to float64, and rounding it again to float32 can be wrong in two cases
// only (see fma.go):
//
// 1. s lies on the middle between two float32: its lowest 29 bits are 1 followed by zeros. MIDDLES looks for that in
// every step before s is rounded. Where it is found, the step's sums are first rounded to odd by ODD.
//
// 2. The float32 is subnormal and inexact. Exactly then, the conversion sets the sticky flag UE of MXCSR; no other
// instruction here can. (Tiny is what is below 2⁻¹²⁶ after rounding to 24 bits. What that rounding lifts to 2⁻¹²⁶ is
// well above the middle of 2⁻¹²⁶ and the largest subnormal, so its conversion is right.) A row of the tile after which
// UE stands is computed again with every step's sums rounded to odd. Nothing has been stored by then.
//
// Registers, beside those of tilesSSE2: c0…c3 are accumulators, float64 that hold float32; X8…X11 the sums s before
// rounding; X12 both halves a; X13, X14 scratch.

#define UE $16 // MXCSR's underflow flag

DATA magnitude<>+0(SB)/8, $0x7fffffffffffffff
DATA magnitude<>+8(SB)/8, $0x7fffffffffffffff
GLOBL magnitude<>(SB), RODATA|NOPTR, $16

// X15 is signs, against which MIDDLES compares and which ODD overwrites and restores.
#define SIGNS \
	PCMPEQL X15, X15 \
	PSLLL   $31, X15   // 1<<31 four times

#define BROADCAST(a) \
	MOVSS    a, X12   \
	CVTPS2PD X12, X12 \
	UNPCKLPD X12, X12

// The sums of two, four and eight columns, two at each address b. Instructions of one kind stand together for the
// sake of processors that issue in order.
#define SUMS2(b0, c0) \
	CVTPS2PD b0, X8  \
	MULPD    X12, X8 \
	ADDPD    c0, X8    // s = a·b + c

#define SUMS4(b0, b1, c0, c1) \
	CVTPS2PD b0, X8  \
	CVTPS2PD b1, X9  \
	MULPD    X12, X8 \
	MULPD    X12, X9 \
	ADDPD    c0, X8  \
	ADDPD    c1, X9

#define SUMS8(b0, b1, b2, b3, c0, c1, c2, c3) \
	CVTPS2PD b0, X8   \
	CVTPS2PD b1, X9   \
	CVTPS2PD b2, X10  \
	CVTPS2PD b3, X11  \
	MULPD    X12, X8  \
	MULPD    X12, X9  \
	MULPD    X12, X10 \
	MULPD    X12, X11 \
	ADDPD    c0, X8   \
	ADDPD    c1, X9   \
	ADDPD    c2, X10  \
	ADDPD    c3, X11

// MIDDLES clears the flag Z if one of the sums lies on a middle, or if R12 says that every step is to be odd.
#define MIDDLES4 \
	MOVAPS   X8, X13         \
	SHUFPS   $0x88, X9, X13  \ // the low halves of four sums
	PSLLL    $3, X13         \
	PCMPEQL  X15, X13        \ // 29 bits are 1<<28
	MOVMSKPS X13, AX         \
	ORL      R12, AX

#define MIDDLES8 \
	MOVAPS   X8, X13          \
	MOVAPS   X10, X14         \
	SHUFPS   $0x88, X9, X13   \
	SHUFPS   $0x88, X11, X14  \
	PSLLL    $3, X13          \
	PSLLL    $3, X14          \
	PCMPEQL  X15, X13         \
	PCMPEQL  X15, X14         \
	POR      X14, X13         \
	MOVMSKPS X13, AX          \
	ORL      R12, AX

// ROUND is c = float32(s).
#define ROUND2(c0) \
	CVTPD2PS X8, X8 \
	CVTPS2PD X8, c0

#define ROUND4(c0, c1) \
	CVTPD2PS X8, X8 \
	CVTPD2PS X9, X9 \
	CVTPS2PD X8, c0 \
	CVTPS2PD X9, c1

#define ROUND8(c0, c1, c2, c3) \
	CVTPD2PS X8, X8   \
	CVTPD2PS X9, X9   \
	CVTPD2PS X10, X10 \
	CVTPD2PS X11, X11 \
	CVTPS2PD X8, c0   \
	CVTPS2PD X9, c1   \
	CVTPS2PD X10, c2  \
	CVTPS2PD X11, c3

// ODD turns s = a·b + c from rounded to nearest to rounded to odd, as fmaByOdd does: with err the exact error of s, the
// last bit is set where err ≠ 0, after one is taken from the magnitude of s where err points towards zero. An s that is
// infinite or NaN has an err of NaN and stays.
#define ODD(b, c, s) \
	CVTPS2PD b, X13                  \
	MULPD    X12, X13                \ // p = a·b
	MOVAPD   s, X14                  \
	SUBPD    X13, X14                \ // bb = s − p
	MOVAPD   s, X15                  \
	SUBPD    X14, X15                \
	SUBPD    X15, X13                \
	MOVAPD   c, X15                  \
	SUBPD    X14, X15                \
	ADDPD    X15, X13                \ // err = (p − (s − bb)) + (c − bb)
	MOVAPD   X13, X15                \
	XORPD    s, X15                  \
	PSRAL    $31, X15                \
	PSHUFL   $0xf5, X15, X15         \ // towards = signs differ: −1 or 0
	ANDPD    magnitude<>(SB), X13    \
	XORPD    X14, X14                \
	CMPPD    X13, X14, $1            \ // inexact = 0 < |err|
	PAND     X14, X15                \
	PADDQ    X15, s                  \ // s += towards & inexact
	PSRLQ    $63, X14                \
	POR      X14, s                  \ // s |= 1 & inexact
	SIGNS

// CHECK repeats a row, with every step odd, after its first underflow.
#define CHECK \
	STMXCSR mxcsr-8(SP)    \
	MOVL    mxcsr-8(SP), AX \
	ANDL    UE, AX         \
	CMPL    AX, R12        \
	JGT     careful

#define NEXT_STEP(loop) \
	ADDQ R10, R8 \ // a += csA
	ADDQ R11, DI \ // b += rsB
	DECQ CX      \
	JNE  loop

// func tilesSSE2(c, a, b, bias *float32, m, height, n, k, rsA, csA, rsB, rsC int, end ending)
//
// For i < m and j < n ≤ 16, with k ≥ 1:
//
//	s = bias[j], or +0 if bias is nil; s = fma(a[i·rsA + p·csA], b[p·rsB + j], s) for p < k
//	c[i·rsC + j] = s, or c[i·rsC + j] + s by addToC (no other ending)
//
// Rows are computed one after the other, whatever height says. Columns are covered by two halves of 8, 4 or 2 columns,
// which overlap if n is not a power of two: the second begins at column h. One or two columns are done alone.
//
//	DX c of this row   SI a of this row   BX bias    R9 4·h   R10 4·csA   R11 4·rsB   R13 n
//	R8 a of this step  DI b of this step  CX steps left   R12 UE if every step is to be odd
//	X0…X7 accumulators, X8…X14 as above, X15 signs
TEXT ·tilesSSE2(SB), NOSPLIT, $8-97
	MOVQ c+0(FP), DX
	MOVQ a+8(FP), SI
	MOVQ bias+24(FP), BX
	MOVQ n+48(FP), R13
	MOVQ csA+72(FP), R10
	SHLQ $2, R10
	MOVQ rsB+80(FP), R11
	SHLQ $2, R11
	SIGNS

	MOVQ $8, AX // the width of a half: 8, 4, 2 or 1
	CMPQ R13, $8
	JGT  halves
	MOVQ $4, AX
	CMPQ R13, $4
	JGT  halves
	MOVQ $2, AX
	CMPQ R13, $2
	JGT  halves
	MOVQ R13, AX
halves:
	MOVQ R13, R9
	SUBQ AX, R9 // h
	SHLQ $2, R9

row:
	XORL    R12, R12
	STMXCSR mxcsr-8(SP)
	TESTL   UE, mxcsr-8(SP)
	JEQ     start
	ANDL    $~16, mxcsr-8(SP)
	LDMXCSR mxcsr-8(SP)

start:
	MOVQ  SI, R8
	MOVQ  b+16(FP), DI
	MOVQ  k+56(FP), CX
	CMPQ  R13, $8
	JGT   wide
	CMPQ  R13, $4
	JGT   middle
	CMPQ  R13, $2
	JGT   narrow
	JEQ   pair
	XORPS X0, X0 // one column
	TESTQ BX, BX
	JEQ   loop1
	MOVSS (BX), X0
	CVTPS2PD X0, X0

loop1:
	BROADCAST((R8))
	MOVSS (DI), X8
	SUMS2(X8, X0)
	MOVAPS X8, X9
	MIDDLES4
	JNE  odd1
round1:
	ROUND2(X0)
	NEXT_STEP(loop1)
	CHECK
	CVTPD2PS X0, X0
	CMPB end+96(FP), $0
	JEQ  store1
	ADDSS (DX), X0
store1:
	MOVSS X0, (DX)
	JMP   next

odd1:
	MOVSS (DI), X9
	ODD(X9, X0, X8)
	JMP  round1

pair:
	XORPS X0, X0
	TESTQ BX, BX
	JEQ   loop2
	CVTPS2PD (BX), X0

loop2:
	BROADCAST((R8))
	SUMS2((DI), X0)
	MOVAPS X8, X9
	MIDDLES4
	JNE  odd2
round2:
	ROUND2(X0)
	NEXT_STEP(loop2)
	CHECK
	CVTPD2PS X0, X0
	CMPB end+96(FP), $0
	JEQ  store2
	MOVSD (DX), X1
	ADDPS X1, X0
store2:
	MOVSD X0, (DX)
	JMP   next

odd2:
	ODD((DI), X0, X8)
	JMP  round2

narrow:
	XORPS X0, X0
	XORPS X1, X1
	TESTQ BX, BX
	JEQ   loop4
	CVTPS2PD (BX), X0
	CVTPS2PD (BX)(R9*1), X1

loop4:
	BROADCAST((R8))
	SUMS4((DI), (DI)(R9*1), X0, X1)
	MIDDLES4
	JNE  odd4
round4:
	ROUND4(X0, X1)
	NEXT_STEP(loop4)
	CHECK
	CVTPD2PS X0, X0
	CVTPD2PS X1, X1
	CMPB  end+96(FP), $0
	JEQ   store4
	MOVSD (DX), X2
	MOVSD (DX)(R9*1), X3
	ADDPS X2, X0
	ADDPS X3, X1
store4:
	MOVSD X0, (DX)
	MOVSD X1, (DX)(R9*1)
	JMP   next

odd4:
	ODD((DI), X0, X8)
	ODD((DI)(R9*1), X1, X9)
	JMP  round4

middle:
	XORPS X0, X0
	XORPS X1, X1
	XORPS X2, X2
	XORPS X3, X3
	TESTQ BX, BX
	JEQ   loop8
	CVTPS2PD (BX), X0
	CVTPS2PD 8(BX), X1
	CVTPS2PD (BX)(R9*1), X2
	CVTPS2PD 8(BX)(R9*1), X3

loop8:
	BROADCAST((R8))
	SUMS8((DI), 8(DI), (DI)(R9*1), 8(DI)(R9*1), X0, X1, X2, X3)
	MIDDLES8
	JNE  odd8
round8:
	ROUND8(X0, X1, X2, X3)
	NEXT_STEP(loop8)
	CHECK
	CVTPD2PS X0, X0
	CVTPD2PS X1, X1
	CVTPD2PS X2, X2
	CVTPD2PS X3, X3
	MOVLHPS X1, X0
	MOVLHPS X3, X2
	CMPB  end+96(FP), $0
	JEQ   store8
	MOVUPS (DX), X1
	MOVUPS (DX)(R9*1), X3
	ADDPS X1, X0
	ADDPS X3, X2
store8:
	MOVUPS X0, (DX)
	MOVUPS X2, (DX)(R9*1)
	JMP   next

odd8:
	ODD((DI), X0, X8)
	ODD(8(DI), X1, X9)
	ODD((DI)(R9*1), X2, X10)
	ODD(8(DI)(R9*1), X3, X11)
	JMP  round8

wide:
	XORPS X0, X0
	XORPS X1, X1
	XORPS X2, X2
	XORPS X3, X3
	XORPS X4, X4
	XORPS X5, X5
	XORPS X6, X6
	XORPS X7, X7
	TESTQ BX, BX
	JEQ   loop16
	CVTPS2PD (BX), X0
	CVTPS2PD 8(BX), X1
	CVTPS2PD 16(BX), X2
	CVTPS2PD 24(BX), X3
	CVTPS2PD (BX)(R9*1), X4
	CVTPS2PD 8(BX)(R9*1), X5
	CVTPS2PD 16(BX)(R9*1), X6
	CVTPS2PD 24(BX)(R9*1), X7

loop16:
	BROADCAST((R8))
	SUMS8((DI), 8(DI), 16(DI), 24(DI), X0, X1, X2, X3)
	MIDDLES8
	JNE  oddLeft
roundLeft:
	ROUND8(X0, X1, X2, X3)
	SUMS8((DI)(R9*1), 8(DI)(R9*1), 16(DI)(R9*1), 24(DI)(R9*1), X4, X5, X6, X7)
	MIDDLES8
	JNE  oddRight
roundRight:
	ROUND8(X4, X5, X6, X7)
	NEXT_STEP(loop16)
	CHECK
	CVTPD2PS X0, X0
	CVTPD2PS X1, X1
	CVTPD2PS X2, X2
	CVTPD2PS X3, X3
	CVTPD2PS X4, X4
	CVTPD2PS X5, X5
	CVTPD2PS X6, X6
	CVTPD2PS X7, X7
	MOVLHPS X1, X0
	MOVLHPS X3, X2
	MOVLHPS X5, X4
	MOVLHPS X7, X6
	CMPB  end+96(FP), $0
	JEQ   store16
	MOVUPS (DX), X1
	MOVUPS 16(DX), X3
	MOVUPS (DX)(R9*1), X5
	MOVUPS 16(DX)(R9*1), X7
	ADDPS X1, X0
	ADDPS X3, X2
	ADDPS X5, X4
	ADDPS X7, X6
store16:
	MOVUPS X0, (DX)
	MOVUPS X2, 16(DX)
	MOVUPS X4, (DX)(R9*1)
	MOVUPS X6, 16(DX)(R9*1)
	JMP   next

oddLeft:
	ODD((DI), X0, X8)
	ODD(8(DI), X1, X9)
	ODD(16(DI), X2, X10)
	ODD(24(DI), X3, X11)
	JMP  roundLeft

oddRight:
	ODD((DI)(R9*1), X4, X8)
	ODD(8(DI)(R9*1), X5, X9)
	ODD(16(DI)(R9*1), X6, X10)
	ODD(24(DI)(R9*1), X7, X11)
	JMP  roundRight

next:
	DECQ m+32(FP)
	JEQ  done
	MOVQ rsA+64(FP), AX
	LEAQ (SI)(AX*4), SI
	MOVQ rsC+88(FP), AX
	LEAQ (DX)(AX*4), DX
	JMP  row

careful:
	MOVL UE, R12
	JMP  start

done:
	RET
