//go:build gc && !purego

#include "go_asm.h"
#include "textflag.h"
#include "neon_arm64.h"

// The product of a single row, for NEON.

// A pass over some columns, at most 64, is written once, for each vector an operation OP(MOVE, c, b, bias, s, f, t,
// g): c, b and bias address it there, s is the number of the register of its sums and f its name, t and g those of
// another one. The last vector ends with the last column, and so may share columns with the one before it, which
// spares masks; of three columns both vectors have two. MOVE is FMOVQ, FMOVD or FMOVS for vectors of four, two or
// one. VECTORSv applies an operation to v vectors.
#define VECTORS1(OP)                OP(FMOVQ, (R9), (R6), (R8), 7, F7, 23, F23)
#define VECTORS2(OP) VECTORS1(OP) ; OP(FMOVQ, (R0), (R7), (R3), 0, F0, 16, F16)
#define VECTORS3(OP) VECTORS2(OP) ; OP(FMOVQ, 16(R0), 16(R7), 16(R3), 1, F1, 17, F17)
#define VECTORS4(OP) VECTORS3(OP) ; OP(FMOVQ, 32(R0), 32(R7), 32(R3), 2, F2, 18, F18)
#define VECTORS5(OP) VECTORS4(OP) ; OP(FMOVQ, 48(R0), 48(R7), 48(R3), 3, F3, 19, F19)
#define VECTORS6(OP) VECTORS5(OP) ; OP(FMOVQ, 64(R0), 64(R7), 64(R3), 4, F4, 20, F20)
#define VECTORS7(OP) VECTORS6(OP) ; OP(FMOVQ, 80(R0), 80(R7), 80(R3), 5, F5, 21, F21)
#define VECTORS8(OP) VECTORS7(OP) ; OP(FMOVQ, 96(R0), 96(R7), 96(R3), 6, F6, 22, F22)

#define COLUMNS1(OP) OP(FMOVS, (R0), (R7), (R3), 0, F0, 16, F16)
#define COLUMNS2(OP) OP(FMOVD, (R0), (R7), (R3), 0, F0, 16, F16)
#define COLUMNS3(OP) COLUMNS2(OP) ; OP(FMOVD, (R9), (R6), (R8), 7, F7, 23, F23)

#define COLUMNS64(OP) \
	OP(FMOVQ, (R0), (R7), (R3), 0, F0, 16, F16)             ; \
	OP(FMOVQ, 16(R0), 16(R7), 16(R3), 1, F1, 17, F17)       ; \
	OP(FMOVQ, 32(R0), 32(R7), 32(R3), 2, F2, 18, F18)       ; \
	OP(FMOVQ, 48(R0), 48(R7), 48(R3), 3, F3, 19, F19)       ; \
	OP(FMOVQ, 64(R0), 64(R7), 64(R3), 4, F4, 20, F20)       ; \
	OP(FMOVQ, 80(R0), 80(R7), 80(R3), 5, F5, 21, F21)       ; \
	OP(FMOVQ, 96(R0), 96(R7), 96(R3), 6, F6, 22, F22)       ; \
	OP(FMOVQ, 112(R0), 112(R7), 112(R3), 7, F7, 23, F23)    ; \
	OP(FMOVQ, 128(R0), 128(R7), 128(R3), 8, F8, 16, F16)    ; \
	OP(FMOVQ, 144(R0), 144(R7), 144(R3), 9, F9, 17, F17)    ; \
	OP(FMOVQ, 160(R0), 160(R7), 160(R3), 10, F10, 18, F18)  ; \
	OP(FMOVQ, 176(R0), 176(R7), 176(R3), 11, F11, 19, F19)  ; \
	OP(FMOVQ, 192(R0), 192(R7), 192(R3), 12, F12, 20, F20)  ; \
	OP(FMOVQ, 208(R0), 208(R7), 208(R3), 13, F13, 21, F21)  ; \
	OP(FMOVQ, 224(R0), 224(R7), 224(R3), 14, F14, 22, F22)  ; \
	OP(FMOVQ, 240(R0), 240(R7), 240(R3), 15, F15, 23, F23)

#define BIAS(MOVE, c, b, bias, s, f, t, g) MOVE bias, f
#define ZERO(MOVE, c, b, bias, s, f, t, g) VEOR_N(s, s, s)
#define LOAD(MOVE, c, b, bias, s, f, t, g) MOVE b, g
#define MULTIPLY(MOVE, c, b, bias, s, f, t, g) VFMLA_ELEMENT(0, 24, t, s)   // s = fma(a, b, s)
#define ADD_C(MOVE, c, b, bias, s, f, t, g) MOVE c, g ; VFADD(s, t, s)      // s = c + s
#define FLOOR(MOVE, c, b, bias, s, f, t, g) VFCMLT0(s, t) ; VBIC(t, s, s)   // 0 if s < 0 (a NaN and −0 stay)
#define STORE(MOVE, c, b, bias, s, f, t, g) MOVE f, c

// A row of B for 64 columns, two vectors by an instruction.
#define SUM_64 \
	FLDPQ (R7), (F16, F17)    \
	FLDPQ 32(R7), (F18, F19)  \
	FLDPQ 64(R7), (F20, F21)  \
	FLDPQ 96(R7), (F22, F23)  \
	FLDPQ 128(R7), (F25, F26) \
	FLDPQ 160(R7), (F27, F28) \
	FLDPQ 192(R7), (F29, F30) \
	VFMLA_ELEMENT(0, 24, 16, 0)  \
	VFMLA_ELEMENT(0, 24, 17, 1)  \
	VFMLA_ELEMENT(0, 24, 18, 2)  \
	VFMLA_ELEMENT(0, 24, 19, 3)  \
	FLDPQ 224(R7), (F16, F17)    \
	VFMLA_ELEMENT(0, 24, 20, 4)  \
	VFMLA_ELEMENT(0, 24, 21, 5)  \
	VFMLA_ELEMENT(0, 24, 22, 6)  \
	VFMLA_ELEMENT(0, 24, 23, 7)  \
	VFMLA_ELEMENT(0, 24, 25, 8)  \
	VFMLA_ELEMENT(0, 24, 26, 9)  \
	VFMLA_ELEMENT(0, 24, 27, 10) \
	VFMLA_ELEMENT(0, 24, 28, 11) \
	VFMLA_ELEMENT(0, 24, 29, 12) \
	VFMLA_ELEMENT(0, 24, 30, 13) \
	VFMLA_ELEMENT(0, 24, 16, 14) \
	VFMLA_ELEMENT(0, 24, 17, 15)

#define SUM(VECTORS) VECTORS(LOAD) ; VECTORS(MULTIPLY)

#define PASS(VECTORS, SUM_ALL, begin, zero, sum, added, store) \
begin:                       \
	CBZ   R3, zero           \
	VECTORS(BIAS)            \
	B     sum                \
zero:                        \
	VECTORS(ZERO)            \
sum:                         \
	FMOVS (R19), F24         \ // a[p]
	SUM_ALL                  \
	ADD   R4, R19            \ // a += csA
	ADD   R5, R7             \ // b += rsB
	ADD   R5, R6             \
	SUBS  $1, R14            \
	BNE   sum                \
	TBZ   $const_addToCBit, R17, added \
	VECTORS(ADD_C)           \
added:                       \
	TBZ   $const_endReLUBit, R17, store \
	VECTORS(FLOOR)           \
store:                       \
	VECTORS(STORE)           \
	B     next

// func tileRowNEON(c, a, b, bias *float32, n, k, csA, rsB int, end ending)
//
//	s[j] = bias[j] (+0 without); for p < k: s[j] = fma(a[p·csA], b[p·rsB + j], s[j])
//	c[j] = s[j], or c[j] + s[j] by addToC; then 0 if it is less than that, by endReLU, for j < n
//
// in passes of 64 columns, of up to 32, and of what is left below four.
//
//	V0…V15  sums        R0 c, R9 its last vector       R1  a      R19 a at step p   R14 steps left
//	V16…V30 row p of B  R3 bias, R8 its last vector    R4  csA in bytes             R17 end
//	V24     a[p]        R2 b   R7 row p, R6 its last   R5  rsB in bytes             R20 columns left
//	                           vector                  R21 columns of the pass, then bytes before the last vector
TEXT ·tileRowNEON(SB), NOSPLIT, $0-65
	MOVD  c+0(FP), R0
	MOVD  a+8(FP), R1
	MOVD  b+16(FP), R2
	MOVD  bias+24(FP), R3
	MOVD  n+32(FP), R20
	MOVD  csA+48(FP), R4
	MOVD  rsB+56(FP), R5
	MOVBU end+64(FP), R17
	LSL   $2, R4
	LSL   $2, R5

pass:
	MOVD R1, R19
	MOVD R2, R7
	MOVD k+40(FP), R14
	MOVD $64, R21
	CMP  R21, R20
	BGE  columns64
	MOVD $32, R21
	CMP  R21, R20
	BGE  last
	MOVD R20, R21

last: // vector, at R21 bytes
	SUB $4, R21, R23
	CMP $0, R23
	BLT few
	LSL $2, R23
	ADD R23, R7, R6
	ADD R23, R3, R8
	ADD R23, R0, R9
	ADD $3, R21, R23
	LSR $2, R23       // vectors
	CMP $6, R23
	BEQ six
	BLT 4(PC)
	CMP $8, R23
	BEQ eight
	B   seven
	CMP $4, R23
	BEQ four
	BGT five
	CMP $2, R23
	BEQ two
	BGT three
	B   one

few: // columns, less than four
	ADD $4, R7, R6
	ADD $4, R3, R8
	ADD $4, R0, R9
	CMP $2, R21
	BLT columns1
	BEQ columns2
	B   columns3

next:
	SUBS R21, R20
	BEQ  done
	ADD  R21<<2, R0
	ADD  R21<<2, R2
	CBZ  R3, pass
	ADD  R21<<2, R3
	B    pass

done:
	RET

	PASS(COLUMNS64, SUM_64, columns64, zero64, sum64, added64, store64)
	PASS(VECTORS8, SUM(VECTORS8), eight, zero8, sum8, added8, store8)
	PASS(VECTORS7, SUM(VECTORS7), seven, zero7, sum7, added7, store7)
	PASS(VECTORS6, SUM(VECTORS6), six, zero6, sum6, added6, store6)
	PASS(VECTORS5, SUM(VECTORS5), five, zero5, sum5, added5, store5)
	PASS(VECTORS4, SUM(VECTORS4), four, zero4, sum4, added4, store4)
	PASS(VECTORS3, SUM(VECTORS3), three, zero3, sum3, added3, store3)
	PASS(VECTORS2, SUM(VECTORS2), two, zero2, sum2, added2, store2)
	PASS(VECTORS1, SUM(VECTORS1), one, zero1, sum1, added1, store1)
	PASS(COLUMNS3, SUM(COLUMNS3), columns3, zeroColumns3, sumColumns3, addedColumns3, storeColumns3)
	PASS(COLUMNS2, SUM(COLUMNS2), columns2, zeroColumns2, sumColumns2, addedColumns2, storeColumns2)
	PASS(COLUMNS1, SUM(COLUMNS1), columns1, zeroColumns1, sumColumns1, addedColumns1, storeColumns1)

// ROW_TO_32 adds 32 columns of a row of B, times element 0 of a, to the sums.
#define ROW_TO_32(b, a) \
	FLDPQ (b), (F16, F17)        \
	FLDPQ 32(b), (F18, F19)      \
	FLDPQ 64(b), (F20, F21)      \
	FLDPQ 96(b), (F22, F23)      \
	ADD   $128, b                \
	VFMLA_ELEMENT(0, a, 16, 0)   \
	VFMLA_ELEMENT(0, a, 17, 1)   \
	VFMLA_ELEMENT(0, a, 18, 2)   \
	VFMLA_ELEMENT(0, a, 19, 3)   \
	VFMLA_ELEMENT(0, a, 20, 4)   \
	VFMLA_ELEMENT(0, a, 21, 5)   \
	VFMLA_ELEMENT(0, a, 22, 6)   \
	VFMLA_ELEMENT(0, a, 23, 7)

#define LOAD_32 \
	FLDPQ (R0), (F0, F1)   \
	FLDPQ 32(R0), (F2, F3) \
	FLDPQ 64(R0), (F4, F5) \
	FLDPQ 96(R0), (F6, F7)

#define STORE_32 \
	FSTPQ (F0, F1), (R0)   \
	FSTPQ (F2, F3), 32(R0) \
	FSTPQ (F4, F5), 64(R0) \
	FSTPQ (F6, F7), 96(R0) \
	ADD   $128, R0

// func addRowsNEON(s, a, b *float32, n, rows, csA, rsB int)
//
//	for p < rows: s[j] = fma(a[p·csA], b[p·rsB + j], s[j]), for j < n, a multiple of 32
//
//	R1 s    R2 a of the next row    R4 csA in bytes    R6 n           V0…V7   32 sums
//	R3 b of the next row            R5 rsB in bytes    R7 rows left   V16…V23 a row's b
//	R0 s at a column                R8 columns left    R9…R16 b of eight rows there
//	V24…V31 a of eight rows
TEXT ·addRowsNEON(SB), NOSPLIT, $0-56
	MOVD s+0(FP), R1
	MOVD a+8(FP), R2
	MOVD b+16(FP), R3
	MOVD n+24(FP), R6
	MOVD rows+32(FP), R7
	MOVD csA+40(FP), R4
	MOVD rsB+48(FP), R5
	LSL  $2, R4
	LSL  $2, R5
	SUBS $8, R7
	BLT  rest

eight:
	MOVD  R1, R0
	MOVD  R6, R8
	FMOVS (R2), F24
	ADD   R4, R2
	FMOVS (R2), F25
	ADD   R4, R2
	FMOVS (R2), F26
	ADD   R4, R2
	FMOVS (R2), F27
	ADD   R4, R2
	FMOVS (R2), F28
	ADD   R4, R2
	FMOVS (R2), F29
	ADD   R4, R2
	FMOVS (R2), F30
	ADD   R4, R2
	FMOVS (R2), F31
	ADD   R4, R2
	MOVD  R3, R9
	ADD   R5, R9, R10
	ADD   R5, R10, R11
	ADD   R5, R11, R12
	ADD   R5, R12, R13
	ADD   R5, R13, R14
	ADD   R5, R14, R15
	ADD   R5, R15, R16
	ADD   R5, R16, R3

eightColumns:
	LOAD_32
	ROW_TO_32(R9, 24)
	ROW_TO_32(R10, 25)
	ROW_TO_32(R11, 26)
	ROW_TO_32(R12, 27)
	ROW_TO_32(R13, 28)
	ROW_TO_32(R14, 29)
	ROW_TO_32(R15, 30)
	ROW_TO_32(R16, 31)
	STORE_32
	SUBS $32, R8
	BNE  eightColumns
	SUBS $8, R7
	BGE  eight

rest:
	ADDS $8, R7
	BEQ  done

one:
	MOVD  R1, R0
	MOVD  R6, R8
	FMOVS (R2), F24
	ADD   R4, R2
	MOVD  R3, R9
	ADD   R5, R3

oneColumns:
	LOAD_32
	ROW_TO_32(R9, 24)
	STORE_32
	SUBS $32, R8
	BNE  oneColumns
	SUBS $1, R7
	BNE  one

done:
	RET

// func endRowNEON(c, s *float32, n int, end ending)
//
//	c[j] = s[j], or c[j] + s[j] by addToC; then 0 if it is less than that, by endReLU, for j < n, a multiple of 8
//
//	R0 c    R1 s    R2 columns left    R17 end    V0, V1 s    V16, V17 c; masks
TEXT ·endRowNEON(SB), NOSPLIT, $0-25
	MOVD  c+0(FP), R0
	MOVD  s+8(FP), R1
	MOVD  n+16(FP), R2
	MOVBU end+24(FP), R17

columns:
	FLDPQ.P 32(R1), (F0, F1)
	TBZ     $const_addToCBit, R17, added
	FLDPQ   (R0), (F16, F17)
	VFADD(0, 16, 0)
	VFADD(1, 17, 1)

added:
	TBZ $const_endReLUBit, R17, store
	VFCMLT0(0, 16)
	VFCMLT0(1, 17)
	VBIC(16, 0, 0)
	VBIC(17, 1, 1)

store:
	FSTPQ.P (F0, F1), 32(R0)
	SUBS    $8, R2
	BNE     columns
	RET
