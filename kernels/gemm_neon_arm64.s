//go:build gc && !purego

#include "go_asm.h"
#include "textflag.h"
#include "neon_arm64.h"

// The micro-kernels of matrix products for NEON. In all of them B's columns, or what stands for them, lie along the
// vector, and each element of the result is one chain of fused multiply-adds in ascending order of p.

// A tile has up to eight rows and eight columns. V(2i) holds row i's sums of the left columns, V(2i+1) those of the
// right ones, which end with the last column: of 5 to 8 columns both are four, of which they may share some, which
// spares masks; of 3 both are two; and 4, 2 or 1 columns are all right ones. MOVE is FMOVQ, FMOVD or FMOVS, for
// vectors of four, two or one.
//
// PAIR1 to PAIR8 add the products of elements e of V16 to V23, which belong to the first rows, and two vectors of B.
// SINGLE1 to SINGLE8 do it with one.
#define PAIR(e, a, left, right, l, r) VFMLA_ELEMENT(e, a, left, l) ; VFMLA_ELEMENT(e, a, right, r)
#define PAIR1(e, left, right) PAIR(e, 16, left, right, 0, 1)
#define PAIR2(e, left, right) PAIR1(e, left, right) ; PAIR(e, 17, left, right, 2, 3)
#define PAIR3(e, left, right) PAIR2(e, left, right) ; PAIR(e, 18, left, right, 4, 5)
#define PAIR4(e, left, right) PAIR3(e, left, right) ; PAIR(e, 19, left, right, 6, 7)
#define PAIR5(e, left, right) PAIR4(e, left, right) ; PAIR(e, 20, left, right, 8, 9)
#define PAIR6(e, left, right) PAIR5(e, left, right) ; PAIR(e, 21, left, right, 10, 11)
#define PAIR7(e, left, right) PAIR6(e, left, right) ; PAIR(e, 22, left, right, 12, 13)
#define PAIR8(e, left, right) PAIR7(e, left, right) ; PAIR(e, 23, left, right, 14, 15)

#define SINGLE1(e, right) VFMLA_ELEMENT(e, 16, right, 1)
#define SINGLE2(e, right) SINGLE1(e, right) ; VFMLA_ELEMENT(e, 17, right, 3)
#define SINGLE3(e, right) SINGLE2(e, right) ; VFMLA_ELEMENT(e, 18, right, 5)
#define SINGLE4(e, right) SINGLE3(e, right) ; VFMLA_ELEMENT(e, 19, right, 7)
#define SINGLE5(e, right) SINGLE4(e, right) ; VFMLA_ELEMENT(e, 20, right, 9)
#define SINGLE6(e, right) SINGLE5(e, right) ; VFMLA_ELEMENT(e, 21, right, 11)
#define SINGLE7(e, right) SINGLE6(e, right) ; VFMLA_ELEMENT(e, 22, right, 13)
#define SINGLE8(e, right) SINGLE7(e, right) ; VFMLA_ELEMENT(e, 23, right, 15)

// APART1 to APART8 load one element of A of each row, wherever it lies.
#define APART1 FMOVS (R19), F16
#define APART2 APART1 ; FMOVS (R19)(R7), F17
#define APART3 APART2 ; FMOVS (R19)(R8), F18
#define APART4 APART3 ; FMOVS (R19)(R9), F19
#define APART5 APART4 ; FMOVS (R19)(R10), F20
#define APART6 APART5 ; FMOVS (R19)(R11), F21
#define APART7 APART6 ; FMOVS (R19)(R12), F22
#define APART8 APART7 ; FMOVS (R19)(R13), F23

// TERMS1 to TERMS8 load four terms of each row, which lie side by side, from the register a, number n.
#define TERMS1(a, n) FMOVQ (a), F16
#define TERMS2(a, n) TERMS1(a, n) ; FMOVQ_INDEXED(7, n, 17)
#define TERMS3(a, n) TERMS2(a, n) ; FMOVQ_INDEXED(8, n, 18)
#define TERMS4(a, n) TERMS3(a, n) ; FMOVQ_INDEXED(9, n, 19)
#define TERMS5(a, n) TERMS4(a, n) ; FMOVQ_INDEXED(10, n, 20)
#define TERMS6(a, n) TERMS5(a, n) ; FMOVQ_INDEXED(11, n, 21)
#define TERMS7(a, n) TERMS6(a, n) ; FMOVQ_INDEXED(12, n, 22)
#define TERMS8(a, n) TERMS7(a, n) ; FMOVQ_INDEXED(13, n, 23)

// ACROSS1 to ACROSS8 load one term of all rows, which lie side by side: those of rows 0 to 3 into the first register,
// those of rows 4 to 7 into the other one; but of three or seven rows the other one begins a row earlier. PAIR_ACROSS
// and SINGLE_ACROSS add their products.
#define ACROSS1(a, f0, f1) FMOVS (a), f0
#define ACROSS2(a, f0, f1) FMOVD (a), f0
#define ACROSS3(a, f0, f1) FMOVD (a), f0 ; FMOVD 4(a), f1
#define ACROSS4(a, f0, f1) FMOVQ (a), f0
#define ACROSS5(a, f0, f1) FMOVQ (a), f0 ; FMOVS 16(a), f1
#define ACROSS6(a, f0, f1) FMOVQ (a), f0 ; FMOVD 16(a), f1
#define ACROSS7(a, f0, f1) FMOVQ (a), f0 ; FMOVQ 12(a), f1
#define ACROSS8(a, f0, f1) FLDPQ (a), (f0, f1)

#define PAIR_ACROSS1(a0, a1, left, right) PAIR(0, a0, left, right, 0, 1)
#define PAIR_ACROSS2(a0, a1, left, right) PAIR_ACROSS1(a0, a1, left, right) ; PAIR(1, a0, left, right, 2, 3)
#define PAIR_ACROSS3(a0, a1, left, right) PAIR_ACROSS2(a0, a1, left, right) ; PAIR(1, a1, left, right, 4, 5)
#define PAIR_ACROSS4(a0, a1, left, right) PAIR_ACROSS2(a0, a1, left, right) ; \
	PAIR(2, a0, left, right, 4, 5) ; PAIR(3, a0, left, right, 6, 7)
#define PAIR_ACROSS5(a0, a1, left, right) PAIR_ACROSS4(a0, a1, left, right) ; PAIR(0, a1, left, right, 8, 9)
#define PAIR_ACROSS6(a0, a1, left, right) PAIR_ACROSS5(a0, a1, left, right) ; PAIR(1, a1, left, right, 10, 11)
#define PAIR_ACROSS7(a0, a1, left, right) PAIR_ACROSS4(a0, a1, left, right) ; \
	PAIR(1, a1, left, right, 8, 9) ; PAIR(2, a1, left, right, 10, 11) ; PAIR(3, a1, left, right, 12, 13)
#define PAIR_ACROSS8(a0, a1, left, right) PAIR_ACROSS6(a0, a1, left, right) ; \
	PAIR(2, a1, left, right, 12, 13) ; PAIR(3, a1, left, right, 14, 15)

#define SINGLE_ACROSS1(a0, a1, right) VFMLA_ELEMENT(0, a0, right, 1)
#define SINGLE_ACROSS2(a0, a1, right) SINGLE_ACROSS1(a0, a1, right) ; VFMLA_ELEMENT(1, a0, right, 3)
#define SINGLE_ACROSS3(a0, a1, right) SINGLE_ACROSS2(a0, a1, right) ; VFMLA_ELEMENT(1, a1, right, 5)
#define SINGLE_ACROSS4(a0, a1, right) SINGLE_ACROSS2(a0, a1, right) ; \
	VFMLA_ELEMENT(2, a0, right, 5) ; VFMLA_ELEMENT(3, a0, right, 7)
#define SINGLE_ACROSS5(a0, a1, right) SINGLE_ACROSS4(a0, a1, right) ; VFMLA_ELEMENT(0, a1, right, 9)
#define SINGLE_ACROSS6(a0, a1, right) SINGLE_ACROSS5(a0, a1, right) ; VFMLA_ELEMENT(1, a1, right, 11)
#define SINGLE_ACROSS7(a0, a1, right) SINGLE_ACROSS4(a0, a1, right) ; \
	VFMLA_ELEMENT(1, a1, right, 9) ; VFMLA_ELEMENT(2, a1, right, 11) ; VFMLA_ELEMENT(3, a1, right, 13)
#define SINGLE_ACROSS8(a0, a1, right) SINGLE_ACROSS6(a0, a1, right) ; \
	VFMLA_ELEMENT(2, a1, right, 13) ; VFMLA_ELEMENT(3, a1, right, 15)

// The loops over p, each of R14 turns. All that a turn needs is loaded before its multiply-adds, in as few groups as
// the registers allow: that is what in-order processors want, and the others do not mind.

// ANY_PAIR and ANY_SINGLE take one term a turn of any A.
#define ANY_PAIR(label, MOVE, LOAD_A, MULTIPLY, done) \
label:                   \
	MOVE (R2), F24       \ // b[p, left]
	MOVE (R3), F25       \ // b[p, right]
	LOAD_A               \
	ADD  R4, R19         \ // a += csA
	ADD  R5, R2          \ // b += rsB
	ADD  R5, R3          \
	MULTIPLY(0, 24, 25)  \
	SUBS $1, R14         \
	BNE  label           \
	B    done

#define ANY_SINGLE(label, MOVE, LOAD_A, MULTIPLY, done) \
label:               \
	MOVE (R2), F24   \ // b[p, right]
	LOAD_A           \
	ADD  R4, R19     \ // a += csA
	ADD  R5, R2      \ // b += rsB
	MULTIPLY(0, 24)  \
	SUBS $1, R14     \
	BNE  label       \
	B    done

// ACROSS_PAIR and ACROSS_SINGLE take two terms a turn of an A whose rows lie side by side.
#define ACROSS_PAIR(label, LOAD_A, MULTIPLY) \
label:                       \
	FMOVQ (R2), F24          \ // b[p, left]
	FMOVQ (R3), F25          \ // b[p, right]
	FMOVQ_INDEXED(5, 2, 26)  \ // b[p+1, left]
	FMOVQ_INDEXED(5, 3, 27)  \ // b[p+1, right]
	LOAD_A(R19, F16, F17)    \
	LOAD_A(R25, F18, F19)    \
	MULTIPLY(16, 17, 24, 25) \
	MULTIPLY(18, 19, 26, 27) \
	SUBS  $1, R14            \
	ADD   R4<<1, R19         \ // a += 2·csA
	ADD   R4<<1, R25         \
	ADD   R5<<1, R2          \ // b += 2·rsB
	ADD   R5<<1, R3          \
	BNE   label              \
	B     pairOdd

#define ACROSS_SINGLE(label, LOAD_A, MULTIPLY) \
label:                      \
	FMOVQ (R2), F24         \ // b[p, right]
	FMOVQ_INDEXED(5, 2, 25) \ // b[p+1, right]
	LOAD_A(R19, F16, F17)   \
	LOAD_A(R25, F18, F19)   \
	MULTIPLY(16, 17, 24)    \
	MULTIPLY(18, 19, 25)    \
	SUBS  $1, R14           \
	ADD   R4<<1, R19        \ // a += 2·csA
	ADD   R4<<1, R25        \
	ADD   R5<<1, R2         \ // b += 2·rsB
	BNE   label             \
	B     singleOdd

// TERMS_PAIR and TERMS_SINGLE take four terms a turn of an A whose terms lie side by side. R25 is 2·rsB, R26 3·rsB.
#define TERMS_PAIR(label, LOAD_A, MULTIPLY) \
label:                       \
	FMOVQ (R2), F24          \ // b[p, left]
	FMOVQ (R3), F25          \ // b[p, right]
	FMOVQ_INDEXED(5, 2, 26)  \ // b[p+1, left]
	FMOVQ_INDEXED(5, 3, 27)  \ // b[p+1, right]
	FMOVQ_INDEXED(25, 2, 28) \ // b[p+2, left]
	FMOVQ_INDEXED(25, 3, 29) \ // b[p+2, right]
	FMOVQ_INDEXED(26, 2, 30) \ // b[p+3, left]
	FMOVQ_INDEXED(26, 3, 31) \ // b[p+3, right]
	LOAD_A(R19, 19)          \
	FOUR_PAIRS(MULTIPLY)     \
	SUBS  $1, R14            \
	ADD   $16, R19           \ // a += 4
	ADD   R5<<2, R2          \ // b += 4·rsB
	ADD   R5<<2, R3          \
	BNE   label              \
	B     pairRest

#define FOUR_PAIRS(MULTIPLY) \
	MULTIPLY(0, 24, 25) \
	MULTIPLY(1, 26, 27) \
	MULTIPLY(2, 28, 29) \
	MULTIPLY(3, 30, 31)

#define TERMS_SINGLE(label, LOAD_A, MULTIPLY) \
label:                       \
	FMOVQ (R2), F24          \ // b[p, right]
	FMOVQ_INDEXED(5, 2, 25)  \ // b[p+1, right]
	FMOVQ_INDEXED(25, 2, 26) \ // b[p+2, right]
	FMOVQ_INDEXED(26, 2, 27) \ // b[p+3, right]
	LOAD_A(R19, 19)          \
	MULTIPLY(0, 24)          \
	MULTIPLY(1, 25)          \
	MULTIPLY(2, 26)          \
	MULTIPLY(3, 27)          \
	SUBS  $1, R14            \
	ADD   $16, R19           \ // a += 4
	ADD   R5<<2, R2          \ // b += 4·rsB
	BNE   label              \
	B     singleRest

// PACKED takes eight terms a turn of such an A and a B of eight columns that lies row by row without gaps.
#define FOUR_ROWS(b) \
	VLD1  (b), [V24.S4, V25.S4, V26.S4, V27.S4] \
	FLDPQ 64(b), (F28, F29)                     \
	FLDPQ 96(b), (F30, F31)

#define PACKED(label, LOAD_A, MULTIPLY) \
label:                   \
	FOUR_ROWS(R2)        \ // b[p…p+3]
	LOAD_A(R19, 19)      \
	FOUR_PAIRS(MULTIPLY) \
	FOUR_ROWS(R3)        \ // b[p+4…p+7]
	LOAD_A(R25, 25)      \
	FOUR_PAIRS(MULTIPLY) \
	SUBS $1, R14         \
	ADD  $32, R19        \ // a += 8
	ADD  $256, R2        \ // b += 8·8
	ADD  $32, R25        \
	ADD  $256, R3        \
	BNE  label           \
	B    packedRest

// BY_ROWS goes to the label for R15 rows.
#define BY_ROWS(one, two, three, four, five, six, seven, eight) \
	CMP $6, R15 \
	BEQ six     \
	BLT 4(PC)   \
	CMP $8, R15 \
	BEQ eight   \
	B   seven   \
	CMP $4, R15 \
	BEQ four    \
	BGT five    \
	CMP $2, R15 \
	BEQ two     \
	BGT three   \
	B   one

// The sums of row i begin as row 0's, or with the row's own bias by biasOfRows. R26 rows are left.
#define LIKE_ROW_0(left, right) \
	VMOV V16.B16, left  \
	VMOV V17.B16, right

#define OWN_BIAS(left, right) \
	VLD1R.P 4(R24), [left.S4]    \
	VMOV    left.B16, right.B16  \
	SUBS    $1, R26              \
	BEQ     begun

// A row's sums are added to what is in C, or stored. R26, or R15, rows are left.
#define ADD_PAIR(MOVE, left, right, end) \
	MOVE (R2), F16          \ // c[i, left]
	MOVE (R25), F17         \ // c[i, right]
	VFADD(left, 16, left)   \
	VFADD(right, 17, right) \
	SUBS $1, R26            \
	BEQ  end                \
	ADD  R6, R2             \
	ADD  R6, R25

#define ADD_SINGLE(MOVE, right, end) \
	MOVE (R2), F16          \ // c[i, right]
	VFADD(right, 16, right) \
	SUBS $1, R26            \
	BEQ  end                \
	ADD  R6, R2

#define STORE_PAIR(MOVE, left, right) \
	MOVE left, (R0)  \
	MOVE right, (R3) \
	SUBS $1, R15     \
	BEQ  next        \
	ADD  R6, R0      \
	ADD  R6, R3

#define STORE_SINGLE(MOVE, right) \
	MOVE right, (R0) \
	SUBS $1, R15     \
	BEQ  next        \
	ADD  R6, R0

// FLOOR makes 0 of what is less. (A NaN and −0 stay.)
#define FLOOR(s) VFCMLT0(s, 16) ; VBIC(16, s, s)

#define FLOOR_RIGHT \
	FLOOR(1) ; FLOOR(3) ; FLOOR(5) ; FLOOR(7) ; FLOOR(9) ; FLOOR(11) ; FLOOR(13) ; FLOOR(15)

#define FLOOR_PAIRS \
	FLOOR_RIGHT \
	FLOOR(0) ; FLOOR(2) ; FLOOR(4) ; FLOOR(6) ; FLOOR(8) ; FLOOR(10) ; FLOOR(12) ; FLOOR(14)

// END_PAIR and END_SINGLE are how a tile ends.
#define END_PAIR(MOVE, done, added, store) \
done:                               \
	ADD  R21, R0, R3                \
	TBZ  $const_addToCBit, R17, added \
	MOVD R0, R2                     \
	MOVD R3, R25                    \
	MOVD R15, R26                   \
	ADD_PAIR(MOVE, 0, 1, added)     \
	ADD_PAIR(MOVE, 2, 3, added)     \
	ADD_PAIR(MOVE, 4, 5, added)     \
	ADD_PAIR(MOVE, 6, 7, added)     \
	ADD_PAIR(MOVE, 8, 9, added)     \
	ADD_PAIR(MOVE, 10, 11, added)   \
	ADD_PAIR(MOVE, 12, 13, added)   \
	ADD_PAIR(MOVE, 14, 15, added)   \
added:                              \
	TBZ  $const_endReLUBit, R17, store \
	FLOOR_PAIRS                     \
store:                              \
	STORE_PAIR(MOVE, F0, F1)        \
	STORE_PAIR(MOVE, F2, F3)        \
	STORE_PAIR(MOVE, F4, F5)        \
	STORE_PAIR(MOVE, F6, F7)        \
	STORE_PAIR(MOVE, F8, F9)        \
	STORE_PAIR(MOVE, F10, F11)      \
	STORE_PAIR(MOVE, F12, F13)      \
	STORE_PAIR(MOVE, F14, F15)

#define END_SINGLE(MOVE, done, added, store) \
done:                               \
	TBZ  $const_addToCBit, R17, added \
	MOVD R0, R2                     \
	MOVD R15, R26                   \
	ADD_SINGLE(MOVE, 1, added)      \
	ADD_SINGLE(MOVE, 3, added)      \
	ADD_SINGLE(MOVE, 5, added)      \
	ADD_SINGLE(MOVE, 7, added)      \
	ADD_SINGLE(MOVE, 9, added)      \
	ADD_SINGLE(MOVE, 11, added)     \
	ADD_SINGLE(MOVE, 13, added)     \
	ADD_SINGLE(MOVE, 15, added)     \
added:                              \
	TBZ  $const_endReLUBit, R17, store \
	FLOOR_RIGHT                     \
store:                              \
	STORE_SINGLE(MOVE, F1)          \
	STORE_SINGLE(MOVE, F3)          \
	STORE_SINGLE(MOVE, F5)          \
	STORE_SINGLE(MOVE, F7)          \
	STORE_SINGLE(MOVE, F9)          \
	STORE_SINGLE(MOVE, F11)         \
	STORE_SINGLE(MOVE, F13)         \
	STORE_SINGLE(MOVE, F15)

// func tilesNEON(c, a, b, bias *float32, m, height, n, k, rsA, csA, rsB, rsC int, end ending)
//
//	s[i,j] = bias[j], or bias[i] by biasOfRows, or +0 without
//	for p < k: s[i,j] = fma(a[i·rsA + p·csA], b[p·rsB + j], s[i,j])
//	c[i·rsC + j] = s[i,j], or c[i·rsC + j] + s[i,j] by addToC; then 0 if it is less than that, by endReLU
//
// for i < m, j < n, in panels of eight columns and tiles of height ≤ 8 rows, the last two as even as possible.
//
//	V0…V15 sums, left and right of each row   V16…V23 elements of A; bias; C   V24…V31 elements of B
//	R0  c of the tile, then of a row    R7…R13 1…7 · rsA in bytes    R20 columns left, with this panel
//	R1  a of the next tile              R14 turns left               R21 bytes from the left to the right columns
//	R2  b at step p, R3 its right       R15 rows of the tile         R22 c of the panel
//	    columns (or step p+4)           R16 rows left after it       R23 b of the panel
//	R4  csA, R5 rsB, R6 rsC in bytes    R17 end                      R24 bias of the panel, or of the next tile
//	R19 a at step p, R25 of the turn's second half                   R26 rows left of the tile
TEXT ·tilesNEON(SB), NOSPLIT, $0-97
	MOVD  c+0(FP), R22
	MOVD  b+16(FP), R23
	MOVD  bias+24(FP), R24
	MOVD  n+48(FP), R20
	MOVD  rsA+64(FP), R7
	MOVD  csA+72(FP), R4
	MOVD  rsB+80(FP), R5
	MOVD  rsC+88(FP), R6
	MOVBU end+96(FP), R17
	LSL   $2, R7
	LSL   $2, R4
	LSL   $2, R5
	LSL   $2, R6
	LSL   $1, R7, R8
	ADD   R7, R8, R9
	LSL   $2, R7, R10
	ADD   R7, R10, R11
	ADD   R8, R10, R12
	ADD   R9, R10, R13

panel:
	MOVD R22, R0
	MOVD a+8(FP), R1
	MOVD m+32(FP), R16
	MOVD $16, R21
	CMP  $8, R20
	BGE  tile
	LSL  $2, R20, R21
	SUB  $16, R21
	CMP  $3, R20
	BNE  tile
	MOVD $4, R21

tile: // at R0 and R1, of R16 rows that are left
	MOVD height+40(FP), R15
	CMP  R15, R16
	BLE  last
	CMP  R15<<1, R16
	BGE  rows
	ADD  $1, R16, R15
	LSR  $1, R15            // the last but one
	B    rows

last:
	MOVD R16, R15

rows:
	SUB  R15, R16
	MOVD R1, R19
	MADD R7, R1, R15, R1
	MOVD R23, R2
	ADD  R21, R23, R3
	MOVD k+56(FP), R14
	TBNZ $const_biasOfRowsBit, R17, own
	CBZ  R24, zero
	ADD  R21, R24, R25
	CMP  $4, R20
	BGT  bias5
	BEQ  bias4
	CMP  $2, R20
	BGT  bias3
	BEQ  bias2
	FMOVS (R24), F17
	B    begin

bias2:
	FMOVD (R24), F17
	B     begin

bias3:
	FMOVD (R24), F16
	FMOVD (R25), F17
	B     begin

bias4:
	FMOVQ (R24), F17
	B     begin

bias5:
	FMOVQ (R24), F16
	FMOVQ (R25), F17
	B     begin

zero:
	VEOR V16.B16, V16.B16, V16.B16
	VEOR V17.B16, V17.B16, V17.B16

begin:
	LIKE_ROW_0(V0.B16, V1.B16)
	LIKE_ROW_0(V2.B16, V3.B16)
	LIKE_ROW_0(V4.B16, V5.B16)
	LIKE_ROW_0(V6.B16, V7.B16)
	CMP $4, R15
	BLE begun
	LIKE_ROW_0(V8.B16, V9.B16)
	LIKE_ROW_0(V10.B16, V11.B16)
	LIKE_ROW_0(V12.B16, V13.B16)
	LIKE_ROW_0(V14.B16, V15.B16)
	B   begun

own:
	MOVD R15, R26
	OWN_BIAS(V0, V1)
	OWN_BIAS(V2, V3)
	OWN_BIAS(V4, V5)
	OWN_BIAS(V6, V7)
	OWN_BIAS(V8, V9)
	OWN_BIAS(V10, V11)
	OWN_BIAS(V12, V13)
	OWN_BIAS(V14, V15)

begun:
	CMP $4, R20
	BGT pair
	BEQ single
	CMP $2, R20
	BGT three
	BEQ two
	BY_ROWS(one1, one2, one3, one4, one5, one6, one7, one8)

two:
	BY_ROWS(two1, two2, two3, two4, two5, two6, two7, two8)

three:
	BY_ROWS(three1, three2, three3, three4, three5, three6, three7, three8)

single: // four columns
	CMP $4, R4
	BNE singleApart
	LSR $2, R14
	CBZ R14, singleRest
	LSL $1, R5, R25
	ADD R5, R25, R26
	BY_ROWS(termsHalf1, termsHalf2, termsHalf3, termsHalf4, termsHalf5, termsHalf6, termsHalf7, termsHalf8)

singleApart:
	CMP $4, R7
	BNE singleAny
	LSR $1, R14
	CBZ R14, singleOdd
	ADD R4, R19, R25
	BY_ROWS(acrossHalf1, acrossHalf2, acrossHalf3, acrossHalf4, acrossHalf5, acrossHalf6, acrossHalf7, acrossHalf8)

singleOdd: // a last term
	MOVD k+56(FP), R14
	AND  $1, R14
	CBZ  R14, singleDone
	B    singleAny

singleRest: // up to three terms
	MOVD k+56(FP), R14
	AND  $3, R14
	CBZ  R14, singleDone

singleAny:
	BY_ROWS(anyHalf1, anyHalf2, anyHalf3, anyHalf4, anyHalf5, anyHalf6, anyHalf7, anyHalf8)

pair: // five to eight columns
	CMP $4, R4
	BNE pairApart
	CMP $8, R20
	BLT pairTerms
	CMP $32, R5
	BNE pairTerms
	LSR $3, R14
	CBZ R14, packedRest
	ADD $128, R2, R3
	ADD $16, R19, R25
	BY_ROWS(packed1, packed2, packed3, packed4, packed5, packed6, packed7, packed8)

packedRest: // up to seven terms
	MOVD k+56(FP), R14
	AND  $7, R14
	CBZ  R14, pairDone
	ADD  $16, R2, R3

pairTerms:
	LSR $2, R14
	CBZ R14, pairRest
	LSL $1, R5, R25
	ADD R5, R25, R26
	BY_ROWS(termsPair1, termsPair2, termsPair3, termsPair4, termsPair5, termsPair6, termsPair7, termsPair8)

pairApart:
	CMP $4, R7
	BNE pairAny
	LSR $1, R14
	CBZ R14, pairOdd
	ADD R4, R19, R25
	BY_ROWS(acrossPair1, acrossPair2, acrossPair3, acrossPair4, acrossPair5, acrossPair6, acrossPair7, acrossPair8)

pairOdd: // a last term
	MOVD k+56(FP), R14
	AND  $1, R14
	CBZ  R14, pairDone
	B    pairAny

pairRest: // up to three terms
	MOVD k+56(FP), R14
	AND  $3, R14
	CBZ  R14, pairDone

pairAny:
	BY_ROWS(anyPair1, anyPair2, anyPair3, anyPair4, anyPair5, anyPair6, anyPair7, anyPair8)

next: // tile
	ADD  R6, R0
	CBNZ R16, tile
	SUBS $8, R20
	BLE  done
	ADD  $32, R22
	ADD  $32, R23
	TBNZ $const_biasOfRowsBit, R17, again
	CBZ  R24, panel
	ADD  $32, R24
	B    panel

again: // the same biases
	MOVD bias+24(FP), R24
	B    panel

done:
	RET

	PACKED(packed8, TERMS8, PAIR8)
	PACKED(packed7, TERMS7, PAIR7)
	PACKED(packed6, TERMS6, PAIR6)
	PACKED(packed5, TERMS5, PAIR5)
	PACKED(packed4, TERMS4, PAIR4)
	PACKED(packed3, TERMS3, PAIR3)
	PACKED(packed2, TERMS2, PAIR2)
	PACKED(packed1, TERMS1, PAIR1)

	TERMS_PAIR(termsPair8, TERMS8, PAIR8)
	TERMS_PAIR(termsPair7, TERMS7, PAIR7)
	TERMS_PAIR(termsPair6, TERMS6, PAIR6)
	TERMS_PAIR(termsPair5, TERMS5, PAIR5)
	TERMS_PAIR(termsPair4, TERMS4, PAIR4)
	TERMS_PAIR(termsPair3, TERMS3, PAIR3)
	TERMS_PAIR(termsPair2, TERMS2, PAIR2)
	TERMS_PAIR(termsPair1, TERMS1, PAIR1)

	ACROSS_PAIR(acrossPair8, ACROSS8, PAIR_ACROSS8)
	ACROSS_PAIR(acrossPair7, ACROSS7, PAIR_ACROSS7)
	ACROSS_PAIR(acrossPair6, ACROSS6, PAIR_ACROSS6)
	ACROSS_PAIR(acrossPair5, ACROSS5, PAIR_ACROSS5)
	ACROSS_PAIR(acrossPair4, ACROSS4, PAIR_ACROSS4)
	ACROSS_PAIR(acrossPair3, ACROSS3, PAIR_ACROSS3)
	ACROSS_PAIR(acrossPair2, ACROSS2, PAIR_ACROSS2)
	ACROSS_PAIR(acrossPair1, ACROSS1, PAIR_ACROSS1)

	ANY_PAIR(anyPair8, FMOVQ, APART8, PAIR8, pairDone)
	ANY_PAIR(anyPair7, FMOVQ, APART7, PAIR7, pairDone)
	ANY_PAIR(anyPair6, FMOVQ, APART6, PAIR6, pairDone)
	ANY_PAIR(anyPair5, FMOVQ, APART5, PAIR5, pairDone)
	ANY_PAIR(anyPair4, FMOVQ, APART4, PAIR4, pairDone)
	ANY_PAIR(anyPair3, FMOVQ, APART3, PAIR3, pairDone)
	ANY_PAIR(anyPair2, FMOVQ, APART2, PAIR2, pairDone)
	ANY_PAIR(anyPair1, FMOVQ, APART1, PAIR1, pairDone)

	END_PAIR(FMOVQ, pairDone, pairAdded, pairStore)

	TERMS_SINGLE(termsHalf8, TERMS8, SINGLE8)
	TERMS_SINGLE(termsHalf7, TERMS7, SINGLE7)
	TERMS_SINGLE(termsHalf6, TERMS6, SINGLE6)
	TERMS_SINGLE(termsHalf5, TERMS5, SINGLE5)
	TERMS_SINGLE(termsHalf4, TERMS4, SINGLE4)
	TERMS_SINGLE(termsHalf3, TERMS3, SINGLE3)
	TERMS_SINGLE(termsHalf2, TERMS2, SINGLE2)
	TERMS_SINGLE(termsHalf1, TERMS1, SINGLE1)

	ACROSS_SINGLE(acrossHalf8, ACROSS8, SINGLE_ACROSS8)
	ACROSS_SINGLE(acrossHalf7, ACROSS7, SINGLE_ACROSS7)
	ACROSS_SINGLE(acrossHalf6, ACROSS6, SINGLE_ACROSS6)
	ACROSS_SINGLE(acrossHalf5, ACROSS5, SINGLE_ACROSS5)
	ACROSS_SINGLE(acrossHalf4, ACROSS4, SINGLE_ACROSS4)
	ACROSS_SINGLE(acrossHalf3, ACROSS3, SINGLE_ACROSS3)
	ACROSS_SINGLE(acrossHalf2, ACROSS2, SINGLE_ACROSS2)
	ACROSS_SINGLE(acrossHalf1, ACROSS1, SINGLE_ACROSS1)

	ANY_SINGLE(anyHalf8, FMOVQ, APART8, SINGLE8, singleDone)
	ANY_SINGLE(anyHalf7, FMOVQ, APART7, SINGLE7, singleDone)
	ANY_SINGLE(anyHalf6, FMOVQ, APART6, SINGLE6, singleDone)
	ANY_SINGLE(anyHalf5, FMOVQ, APART5, SINGLE5, singleDone)
	ANY_SINGLE(anyHalf4, FMOVQ, APART4, SINGLE4, singleDone)
	ANY_SINGLE(anyHalf3, FMOVQ, APART3, SINGLE3, singleDone)
	ANY_SINGLE(anyHalf2, FMOVQ, APART2, SINGLE2, singleDone)
	ANY_SINGLE(anyHalf1, FMOVQ, APART1, SINGLE1, singleDone)

	END_SINGLE(FMOVQ, singleDone, singleAdded, singleStore)

	ANY_PAIR(three8, FMOVD, APART8, PAIR8, threeDone)
	ANY_PAIR(three7, FMOVD, APART7, PAIR7, threeDone)
	ANY_PAIR(three6, FMOVD, APART6, PAIR6, threeDone)
	ANY_PAIR(three5, FMOVD, APART5, PAIR5, threeDone)
	ANY_PAIR(three4, FMOVD, APART4, PAIR4, threeDone)
	ANY_PAIR(three3, FMOVD, APART3, PAIR3, threeDone)
	ANY_PAIR(three2, FMOVD, APART2, PAIR2, threeDone)
	ANY_PAIR(three1, FMOVD, APART1, PAIR1, threeDone)

	END_PAIR(FMOVD, threeDone, threeAdded, threeStore)

	ANY_SINGLE(two8, FMOVD, APART8, SINGLE8, twoDone)
	ANY_SINGLE(two7, FMOVD, APART7, SINGLE7, twoDone)
	ANY_SINGLE(two6, FMOVD, APART6, SINGLE6, twoDone)
	ANY_SINGLE(two5, FMOVD, APART5, SINGLE5, twoDone)
	ANY_SINGLE(two4, FMOVD, APART4, SINGLE4, twoDone)
	ANY_SINGLE(two3, FMOVD, APART3, SINGLE3, twoDone)
	ANY_SINGLE(two2, FMOVD, APART2, SINGLE2, twoDone)
	ANY_SINGLE(two1, FMOVD, APART1, SINGLE1, twoDone)

	END_SINGLE(FMOVD, twoDone, twoAdded, twoStore)

	ANY_SINGLE(one8, FMOVS, APART8, SINGLE8, oneDone)
	ANY_SINGLE(one7, FMOVS, APART7, SINGLE7, oneDone)
	ANY_SINGLE(one6, FMOVS, APART6, SINGLE6, oneDone)
	ANY_SINGLE(one5, FMOVS, APART5, SINGLE5, oneDone)
	ANY_SINGLE(one4, FMOVS, APART4, SINGLE4, oneDone)
	ANY_SINGLE(one3, FMOVS, APART3, SINGLE3, oneDone)
	ANY_SINGLE(one2, FMOVS, APART2, SINGLE2, oneDone)
	ANY_SINGLE(one1, FMOVS, APART1, SINGLE1, oneDone)

	END_SINGLE(FMOVS, oneDone, oneAdded, oneStore)

// TURN_4 turns over the 4×4 block in registers v0 to v3; w0 to w3 hold it afterwards, and t0 to t3 are in between.
#define TURN_4(v0, v1, v2, v3, t0, t1, t2, t3, w0, w1, w2, w3) \
	VTRN1 v1.S4, v0.S4, t0.S4 \ // s00 s10 s02 s12
	VTRN2 v1.S4, v0.S4, t1.S4 \ // s01 s11 s03 s13
	VTRN1 v3.S4, v2.S4, t2.S4 \ // s20 s30 s22 s32
	VTRN2 v3.S4, v2.S4, t3.S4 \
	VTRN1 t2.D2, t0.D2, w0.D2 \ // s00 s10 s20 s30
	VTRN1 t3.D2, t1.D2, w1.D2 \
	VTRN2 t2.D2, t0.D2, w2.D2 \
	VTRN2 t3.D2, t1.D2, w3.D2

// Blocks of four columns and four or eight rows, from R6 on to R7 on.
#define BLOCK_4 \
	MOVD  R6, R8       \
	FMOVQ (R8), F0     \
	ADD   R5, R8       \
	FMOVQ (R8), F1     \
	ADD   R5, R8       \
	FMOVQ (R8), F2     \
	ADD   R5, R8       \
	FMOVQ (R8), F3     \
	TURN_4(V0, V1, V2, V3, V16, V17, V18, V19, V20, V22, V24, V26) \
	MOVD  R7, R8       \
	FMOVQ F20, (R8)    \
	ADD   R4, R8       \
	FMOVQ F22, (R8)    \
	ADD   R4, R8       \
	FMOVQ F24, (R8)    \
	ADD   R4, R8       \
	FMOVQ F26, (R8)

#define BLOCK_8 \
	MOVD  R6, R8       \
	FMOVQ (R8), F0     \
	ADD   R5, R8       \
	FMOVQ (R8), F1     \
	ADD   R5, R8       \
	FMOVQ (R8), F2     \
	ADD   R5, R8       \
	FMOVQ (R8), F3     \
	ADD   R5, R8       \
	FMOVQ (R8), F4     \
	ADD   R5, R8       \
	FMOVQ (R8), F5     \
	ADD   R5, R8       \
	FMOVQ (R8), F6     \
	ADD   R5, R8       \
	FMOVQ (R8), F7     \
	TURN_4(V0, V1, V2, V3, V16, V17, V18, V19, V20, V22, V24, V26) \
	TURN_4(V4, V5, V6, V7, V16, V17, V18, V19, V21, V23, V25, V27) \
	MOVD  R7, R8            \
	FSTPQ (F20, F21), (R8)  \
	ADD   R4, R8            \
	FSTPQ (F22, F23), (R8)  \
	ADD   R4, R8            \
	FSTPQ (F24, F25), (R8)  \
	ADD   R4, R8            \
	FSTPQ (F26, F27), (R8)

// BANDS goes through bands of 4 or 8 rows and in each through blocks of 4 columns. The last band and block end with
// the last row and column, and so may do again what is done.
#define BANDS(BLOCK, height, band, block, nextBand) \
band:                       \
	MOVD R1, R6             \
	MOVD R0, R7             \
	MOVD R3, R9             \
block:                      \
	BLOCK                   \
	SUBS $4, R9             \
	BEQ  nextBand           \
	MOVD $4, R10            \
	CMP  R10, R9            \
	CSEL LT, R9, R10, R10   \ // as many columns on as are left
	MADD R4, R7, R10, R7    \
	ADD  R10<<2, R6         \
	CMP  $4, R9             \
	BGE  block              \
	MOVD $4, R9             \
	B    block              \
nextBand:                   \
	SUBS $height, R2        \
	BEQ  done               \
	MOVD $height, R10       \
	CMP  R10, R2            \
	CSEL LT, R2, R10, R10   \ // as many rows on as are left
	MADD R5, R1, R10, R1    \
	ADD  R10<<2, R0         \
	CMP  $height, R2        \
	BGE  band               \
	MOVD $height, R2        \
	B    band

// func transposeNEON(dst, src *float32, rows, cols, ldDst, ldSrc int)
//
//	dst[j·ldDst + i] = src[i·ldSrc + j] for i < rows, j < cols
//
//	R0 dst at the band    R4 ldDst in bytes           R6 src at the block    V0…V7   four columns of four or eight rows
//	R1 src at the band    R5 ldSrc in bytes           R7 dst at the block    V16…V19 in between
//	R2 rows left          R8 a row of the block       R9 columns left        V20…V27 turned over
//	R3 cols               R10 columns or rows to the next one; an element
TEXT ·transposeNEON(SB), NOSPLIT, $0-48
	MOVD dst+0(FP), R0
	MOVD src+8(FP), R1
	MOVD rows+16(FP), R2
	MOVD cols+24(FP), R3
	MOVD ldDst+32(FP), R4
	MOVD ldSrc+40(FP), R5
	LSL  $2, R4
	LSL  $2, R5
	CMP  $4, R2
	BLT  rows
	CMP  $4, R3
	BLT  columns
	CMP  $8, R2
	BLT  band4
	BANDS(BLOCK_8, 8, band8, block8, nextBand8)
	BANDS(BLOCK_4, 4, band4, block4, nextBand4)

columns: // fewer than four
	CBZ R3, done

down:
	MOVD R1, R6
	MOVD R0, R7
	MOVD R2, R9

downElement:
	MOVWU   (R6), R10
	MOVW.P  R10, 4(R7)
	ADD     R5, R6
	SUBS    $1, R9
	BNE     downElement
	ADD     $4, R1
	ADD     R4, R0
	SUBS    $1, R3
	BNE     down
	RET

rows: // fewer than four
	CBZ R2, done
	CBZ R3, done

row:
	MOVD R1, R6
	MOVD R0, R7
	MOVD R3, R9

element:
	MOVWU.P 4(R6), R10
	MOVW    R10, (R7)
	ADD     R4, R7
	SUBS    $1, R9
	BNE     element
	ADD     R5, R1
	ADD     $4, R0
	SUBS    $1, R2
	BNE     row

done:
	RET

// func copyRowsNEON(dst, src *float32, rows, ldSrc int)
//
//	dst[i·8 + j] = src[i·ldSrc + j] for i < rows and j < 8
//
//	R0 dst    R1 src    R2 rows left    R3 ldSrc in bytes
TEXT ·copyRowsNEON(SB), NOSPLIT, $0-32
	MOVD dst+0(FP), R0
	MOVD src+8(FP), R1
	MOVD rows+16(FP), R2
	MOVD ldSrc+24(FP), R3
	LSL  $2, R3

copyRow:
	FLDPQ   (R1), (F0, F1)
	ADD     R3, R1
	FSTPQ.P (F0, F1), 32(R0)
	SUBS    $1, R2
	BNE     copyRow
	RET
