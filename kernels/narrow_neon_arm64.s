//go:build gc && !purego

#include "textflag.h"
#include "neon_arm64.h"

// The forward product of a narrow layer, n ≤ 16 outputs, for NEON: each element has eight partial sums, see "Products"
// in doc.go.

// A few rows: B as it is. Up to twelve columns are v ≤ 3 vectors, of which the last ends with the last column and so
// may share columns with the one before it; of three columns both vectors have two. V(v·l + i) holds lane l of vector
// i.

#define ZERO_8(s) \
	VEOR_N(s, s, s) ; VEOR_N((s+1), (s+1), (s+1)) ; VEOR_N((s+2), (s+2), (s+2)) ; VEOR_N((s+3), (s+3), (s+3)) ; \
	VEOR_N((s+4), (s+4), (s+4)) ; VEOR_N((s+5), (s+5), (s+5)) ; VEOR_N((s+6), (s+6), (s+6)) ; \
	VEOR_N((s+7), (s+7), (s+7))

#define ZERO1 ZERO_8(0)
#define ZERO2 ZERO1 ; ZERO_8(8)
#define ZERO3 ZERO2 ; ZERO_8(16)

#define BIAS1(MOVE) MOVE (R24), F0
#define BIAS2(MOVE) BIAS1(MOVE) ; MOVE (R26), F1
#define BIAS3(MOVE) BIAS1(MOVE) ; FMOVQ 16(R24), F1 ; MOVE (R26), F2

// A vector of a row of B, to f, number d. The next row begins at a register, number n, and the rows after it a multiple
// of a row's bytes later, in x, number m.
#define FOUR(base, n, x, m, f, d) FMOVQ_INDEXED(m, n, d)
#define TWO(base, n, x, m, f, d) FMOVD (base)(x), f
#define ONE(base, n, x, m, f, d) FMOVS (base)(x), f
#define NEXT_FOUR(base, n, x, m, f, d) FMOVQ (base), f
#define NEXT_TWO(base, n, x, m, f, d) FMOVD (base), f
#define NEXT_ONE(base, n, x, m, f, d) FMOVS (base), f

// A row of B, and its products with element e of a for lane l.
#define ROW1(VECTOR, x, m, f0, d0, f1, d1, f2, d2) VECTOR(R2, 2, x, m, f0, d0)
#define ROW2(VECTOR, x, m, f0, d0, f1, d1, f2, d2) \
	VECTOR(R2, 2, x, m, f0, d0) \
	VECTOR(R3, 3, x, m, f1, d1)

#define ROW3(VECTOR, x, m, f0, d0, f1, d1, f2, d2) \
	VECTOR(R2, 2, x, m, f0, d0)   \
	VECTOR(R10, 10, x, m, f1, d1) \
	VECTOR(R3, 3, x, m, f2, d2)

#define ADVANCE1(bytes) ADD bytes, R2
#define ADVANCE2(bytes) ADVANCE1(bytes) ; ADD bytes, R3
#define ADVANCE3(bytes) ADVANCE2(bytes) ; ADD bytes, R10

#define LANE1(e, a, b, l) VFMLA_ELEMENT(e, a, b, l)
#define LANE2(e, a, b, l) VFMLA_ELEMENT(e, a, b, (2*l)) ; VFMLA_ELEMENT(e, a, (b+1), (2*l+1))
#define LANE3(e, a, b, l) \
	VFMLA_ELEMENT(e, a, b, (3*l)) ; VFMLA_ELEMENT(e, a, (b+1), (3*l+1)) ; VFMLA_ELEMENT(e, a, (b+2), (3*l+2))

// Eight rows of B, as many at a time as there are registers for.
#define HALF1(NEXT, VECTOR, f0, d0, f1, d1, f2, d2, f3, d3) \
	ROW1(NEXT, , , f0, d0, , , , )      \
	ROW1(VECTOR, R4, 4, f1, d1, , , , ) \
	ROW1(VECTOR, R8, 8, f2, d2, , , , ) \
	ROW1(VECTOR, R9, 9, f3, d3, , , , ) \
	ADVANCE1(R4<<2)

#define ROWS1(NEXT, VECTOR) \
	HALF1(NEXT, VECTOR, F16, 16, F17, 17, F18, 18, F19, 19) \
	HALF1(NEXT, VECTOR, F20, 20, F21, 21, F22, 22, F23, 23) \
	LANE1(0, 30, 16, 0) ; LANE1(1, 30, 17, 1) ; LANE1(2, 30, 18, 2) ; LANE1(3, 30, 19, 3) ; \
	LANE1(0, 31, 20, 4) ; LANE1(1, 31, 21, 5) ; LANE1(2, 31, 22, 6) ; LANE1(3, 31, 23, 7)

#define HALF2(NEXT, VECTOR) \
	ROW2(NEXT, , , F16, 16, F17, 17, , )      \
	ROW2(VECTOR, R4, 4, F18, 18, F19, 19, , ) \
	ROW2(VECTOR, R8, 8, F20, 20, F21, 21, , ) \
	ROW2(VECTOR, R9, 9, F22, 22, F23, 23, , ) \
	ADVANCE2(R4<<2)

#define ROWS2(NEXT, VECTOR) \
	HALF2(NEXT, VECTOR) ; LANE2(0, 30, 16, 0) ; LANE2(1, 30, 18, 1) ; LANE2(2, 30, 20, 2) ; LANE2(3, 30, 22, 3) ; \
	HALF2(NEXT, VECTOR) ; LANE2(0, 31, 16, 4) ; LANE2(1, 31, 18, 5) ; LANE2(2, 31, 20, 6) ; LANE2(3, 31, 22, 7)

#define HALF3(NEXT, VECTOR, a, l) \
	ROW3(NEXT, , , F24, 24, F25, 25, F26, 26)       \
	ROW3(VECTOR, R4, 4, F27, 27, F28, 28, F29, 29)  \
	LANE3(0, a, 24, l)                              \
	LANE3(1, a, 27, (l+1))                          \
	ROW3(VECTOR, R8, 8, F24, 24, F25, 25, F26, 26)  \
	ROW3(VECTOR, R9, 9, F27, 27, F28, 28, F29, 29)  \
	LANE3(2, a, 24, (l+2))                          \
	LANE3(3, a, 27, (l+3))                          \
	ADVANCE3(R4<<2)

#define ROWS3(NEXT, VECTOR) \
	HALF3(NEXT, VECTOR, 30, 0) \
	HALF3(NEXT, VECTOR, 31, 4)

// The k mod 8 rows that are left, R6 of them.
#define REST_ROW(ROW, ADVANCE, LANE, NEXT, l, join) \
	FMOVS.P 4(R19), F30                      \
	ROW(NEXT, , , F24, 24, F25, 25, F26, 26) \
	ADVANCE(R4)                              \
	LANE(0, 30, 24, l)                       \
	SUBS    $1, R6                           \
	BEQ     join

// JOIN joins the lanes of vector i of v by halves.
#define JOIN(i, v) \
	VFADD((i+4*v), i, i)             ; \
	VFADD((i+5*v), (i+v), (i+v))     ; \
	VFADD((i+6*v), (i+2*v), (i+2*v)) ; \
	VFADD((i+7*v), (i+3*v), (i+3*v)) ; \
	VFADD((i+2*v), i, i)             ; \
	VFADD((i+3*v), (i+v), (i+v))     ; \
	VFADD((i+v), i, i)

#define END1(MOVE) \
	JOIN(0, 1)    \
	MOVE F0, (R0)

#define END2(MOVE) \
	JOIN(0, 2)    \
	JOIN(1, 2)    \
	MOVE F0, (R0) \
	MOVE F1, (R5)

#define END3(MOVE) \
	JOIN(0, 3)         \
	JOIN(1, 3)         \
	JOIN(2, 3)         \
	MOVE  F0, (R0)     \
	FMOVQ F1, 16(R0)   \
	MOVE  F2, (R5)

#define COLUMNS(MOVE, NEXT, VECTOR, ZERO, BIAS, ROWS, ROW, ADVANCE, LANE, END, begin, sum, join) \
begin:                                \
	ZERO                              \
	CBZ     R24, sum                  \
	BIAS(MOVE)                        \
sum:                                  \
	FLDPQ.P 32(R19), (F30, F31)       \ // a[p…p+7]
	ROWS(NEXT, VECTOR)                \
	SUBS    $1, R6                    \
	BNE     sum                       \
	MOVD    k+48(FP), R6              \
	ANDS    $7, R6                    \
	BEQ     join                      \
	REST_ROW(ROW, ADVANCE, LANE, NEXT, 0, join) \
	REST_ROW(ROW, ADVANCE, LANE, NEXT, 1, join) \
	REST_ROW(ROW, ADVANCE, LANE, NEXT, 2, join) \
	REST_ROW(ROW, ADVANCE, LANE, NEXT, 3, join) \
	REST_ROW(ROW, ADVANCE, LANE, NEXT, 4, join) \
	REST_ROW(ROW, ADVANCE, LANE, NEXT, 5, join) \
	REST_ROW(ROW, ADVANCE, LANE, NEXT, 6, join) \
join:                                 \
	END(MOVE)                         \
	B       next

// func narrowRowNEON(c, a, b, bias *float32, m, n, k, rsA, rsC int)
//
// The product of a narrow layer, n ≤ 16 and k ≥ 8, with B's rows end to end: for i < m and j < n
//
//	for r < 8: s[r] = Σ over p = r, r+8, r+16, … by fma, s[0] beginning with bias[j] (0 if bias is nil), others with 0
//	c[i·rsC + j] = ((s[0]+s[4]) + (s[2]+s[6])) + ((s[1]+s[5]) + (s[3]+s[7]))
//
// of a[i·rsA + p]·b[p·n + j]. More than twelve columns take two passes, eight and the others.
//
//	V0…V23  sums                   R0 c, R5 its last vector     R6  steps left      R22 rows left
//	V16…V29 rows of B              R1 a of the row, R19 at p    R7  columns of      R23 c of the row
//	V30,V31 a[p…p+7]               R2 b at p, R10 its second        the pass        R24 bias, R26 its last vector
//	R21 bytes before the last      vector, R3 its last          R20 columns left    R25 b of the pass
//	    vector                     R4, R8, R9 bytes of one, two and three rows of B
TEXT ·narrowRowNEON(SB), NOSPLIT, $0-72
	MOVD c+0(FP), R23
	MOVD a+8(FP), R1
	MOVD m+32(FP), R22

row:
	MOVD R23, R0
	MOVD b+16(FP), R25
	MOVD bias+24(FP), R24
	MOVD n+40(FP), R20
	LSL  $2, R20, R4
	LSL  $1, R4, R8
	ADD  R4, R8, R9

pass:
	MOVD R20, R7
	CMP  $12, R20
	BLE  columns
	MOVD $8, R7

columns:
	MOVD R1, R19
	MOVD R25, R2
	LSL  $2, R7, R21
	SUB  $16, R21
	CMP  $3, R7
	BNE  last
	MOVD $4, R21

last: // vector
	ADD R21, R2, R3
	ADD $16, R2, R10
	ADD R21, R0, R5
	ADD R21, R24, R26
	MOVD k+48(FP), R6
	LSR  $3, R6
	CMP $4, R7
	BGT wide
	BEQ begin4
	CMP $2, R7
	BGT begin3
	BEQ begin2
	B   begin1

wide:
	CMP $8, R7
	BGT begin12
	B   begin8

next: // pass or row
	SUBS R7, R20
	BEQ  end
	ADD  R7<<2, R0
	ADD  R7<<2, R25
	CBZ  R24, pass
	ADD  R7<<2, R24
	B    pass

end:
	MOVD rsA+56(FP), R6
	MOVD rsC+64(FP), R7
	ADD  R6<<2, R1
	ADD  R7<<2, R23
	SUBS $1, R22
	BNE  row
	RET

	COLUMNS(FMOVQ, NEXT_FOUR, FOUR, ZERO3, BIAS3, ROWS3, ROW3, ADVANCE3, LANE3, END3, begin12, sum12, join12)
	COLUMNS(FMOVQ, NEXT_FOUR, FOUR, ZERO2, BIAS2, ROWS2, ROW2, ADVANCE2, LANE2, END2, begin8, sum8, join8)
	COLUMNS(FMOVQ, NEXT_FOUR, FOUR, ZERO1, BIAS1, ROWS1, ROW1, ADVANCE1, LANE1, END1, begin4, sum4, join4)
	COLUMNS(FMOVD, NEXT_TWO, TWO, ZERO2, BIAS2, ROWS2, ROW2, ADVANCE2, LANE2, END2, begin3, sum3, join3)
	COLUMNS(FMOVD, NEXT_TWO, TWO, ZERO1, BIAS1, ROWS1, ROW1, ADVANCE1, LANE1, END1, begin2, sum2, join2)
	COLUMNS(FMOVS, NEXT_ONE, ONE, ZERO1, BIAS1, ROWS1, ROW1, ADVANCE1, LANE1, END1, begin1, sum1, join1)

// Many rows: the eight sums of an element are the lanes of two vectors, and B is turned over so that its columns lie
// along k. V(8j + 2i) and V(8j + 2i + 1) hold those of row i and column j.

// shift has 32 indices of bytes and 32 that are none: VTBL with the two vectors from 32−4·r on moves the last r
// elements of eight to the front, and +0 behind them.
DATA shift<>+0(SB)/8, $0x0706050403020100
DATA shift<>+8(SB)/8, $0x0f0e0d0c0b0a0908
DATA shift<>+16(SB)/8, $0x1716151413121110
DATA shift<>+24(SB)/8, $0x1f1e1d1c1b1a1918
DATA shift<>+32(SB)/8, $-1
DATA shift<>+40(SB)/8, $-1
DATA shift<>+48(SB)/8, $-1
DATA shift<>+56(SB)/8, $-1
GLOBL shift<>(SB), RODATA|NOPTR, $64

// The sums of a column begin with the bias in lane 0.
#define START(bias, f0, f1, f2, f3) \
	FMOVS bias, f0 \
	FMOVS bias, f1 \
	FMOVS bias, f2 \
	FMOVS bias, f3

// Eight values of k of a row of A, for each column.
#define DOT1(a, s) \
	FLDPQ.P 32(a), (F30, F31) \
	VFMLA_N(24, 30, s)        \
	VFMLA_N(25, 31, (s+1))

#define DOT2(a, s) \
	DOT1(a, s)              \
	VFMLA_N(26, 30, (s+8))  \
	VFMLA_N(27, 31, (s+9))

#define DOT3(a, s) \
	DOT2(a, s)              \
	VFMLA_N(28, 30, (s+16)) \
	VFMLA_N(29, 31, (s+17))

#define TURNED1 FLDPQ.P 32(R12), (F24, F25)
#define TURNED2 TURNED1 ; FLDPQ.P 32(R13), (F26, F27)
#define TURNED3 TURNED2 ; FLDPQ.P 32(R14), (F28, F29)

#define DOT_STEP(label, TURNED, DOT) \
label:           \
	TURNED       \
	DOT(R8, 0)   \
	DOT(R9, 2)   \
	DOT(R10, 4)  \
	DOT(R11, 6)  \
	SUBS $1, R6  \
	BNE  label   \
	B    rest

// The same for the last k mod 8. In the other lanes a is +0 and b is −0, since adding their product, −0, changes
// nothing.
#define REST_DOT(a, s) \
	FLDPQ (a), (F26, F27)                             \
	VTBL  V24.B16, [V26.B16, V27.B16], V28.B16        \
	VTBL  V25.B16, [V26.B16, V27.B16], V29.B16        \
	VFMLA_N(30, 28, s)                                \
	VFMLA_N(31, 29, (s+1))

#define REST_COLUMN(b, s) \
	FLDPQ (b), (F26, F27)                             \
	VTBL  V24.B16, [V26.B16, V27.B16], V30.B16        \
	VTBL  V25.B16, [V26.B16, V27.B16], V31.B16        \
	VUSHR $31, V24.S4, V28.S4                         \
	VUSHR $31, V25.S4, V29.S4                         \
	VSHL  $31, V28.S4, V28.S4                         \ // −0 where there is no index
	VSHL  $31, V29.S4, V29.S4                         \
	VORR  V28.B16, V30.B16, V30.B16                   \
	VORR  V29.B16, V31.B16, V31.B16                   \
	REST_DOT(R8, s)                                   \
	REST_DOT(R9, (s+2))                               \
	REST_DOT(R10, (s+4))                              \
	REST_DOT(R11, (s+6))

// The lanes of a column joined by halves, and stored.
#define END_COLUMN(s) \
	VFADD((s+1), s, 24)                 \ // lane[i] += lane[i+4]
	VFADD((s+3), (s+2), 25)             \
	VFADD((s+5), (s+4), 26)             \
	VFADD((s+7), (s+6), 27)             \
	VZIP1   V25.D2, V24.D2, V28.D2      \ // lanes 0 and 1 of rows 0 and 1
	VZIP2   V25.D2, V24.D2, V29.D2      \ // lanes 2 and 3
	VZIP1   V27.D2, V26.D2, V30.D2      \
	VZIP2   V27.D2, V26.D2, V31.D2      \
	VFADD(29, 28, 28)                   \ // lane[i] += lane[i+2]
	VFADD(31, 30, 30)                   \
	VFADDP(30, 28, 28)                  \ // lane[0] += lane[1]
	VST1.P  V28.S[0], 4(R0)             \
	VST1.P  V28.S[1], 4(R1)             \
	VST1.P  V28.S[2], 4(R2)             \
	VST1.P  V28.S[3], 4(R3)

// func narrowDotNEON(c, a, b, bias *float32, n, k, rsA, rsB, rsC int)
//
// For four rows, i < 4, and j < n ≤ 3 columns, k ≥ 8:
//
//	for r < 8: s[r] = Σ over p = r, r+8, r+16, … by fma, s[0] beginning with bias[j] (0 if bias is nil), others with 0
//	c[i·rsC + j] = ((s[0]+s[4]) + (s[2]+s[6])) + ((s[1]+s[5]) + (s[3]+s[7]))
//
// of a[i·rsA + p]·b[j·rsB + p].
//
//	V0…V23  sums               R0…R3   c of the four rows     R6  steps left; bytes from p to the last eight terms
//	V24…V29 columns of B       R8…R11  a of the four rows     R7  n
//	V30,V31 a row of A         R12…R14 b of the columns       R26 bias
TEXT ·narrowDotNEON(SB), NOSPLIT, $0-72
	MOVD c+0(FP), R0
	MOVD a+8(FP), R8
	MOVD b+16(FP), R12
	MOVD bias+24(FP), R26
	MOVD n+32(FP), R7
	MOVD k+40(FP), R6
	MOVD rsA+48(FP), R9
	MOVD rsB+56(FP), R13
	MOVD rsC+64(FP), R1
	LSL  $2, R9
	LSL  $2, R13
	LSL  $2, R1
	ADD  R9<<1, R8, R10
	ADD  R9, R10, R11
	ADD  R8, R9
	ADD  R13<<1, R12, R14
	ADD  R12, R13
	ADD  R1<<1, R0, R2
	ADD  R1, R2, R3
	ADD  R0, R1
	LSR  $3, R6
	ZERO3
	CBZ  R26, begin
	START((R26), F0, F2, F4, F6)
	CMP  $2, R7
	BLT  begin
	START(4(R26), F8, F10, F12, F14)
	BEQ  begin
	START(8(R26), F16, F18, F20, F22)

begin:
	CMP $2, R7
	BLT dot1
	BEQ dot2
	DOT_STEP(dot3, TURNED3, DOT3)
	DOT_STEP(dot2, TURNED2, DOT2)
	DOT_STEP(dot1, TURNED1, DOT1)

rest:
	MOVD  k+40(FP), R6
	ANDS  $7, R6
	BEQ   join
	LSL   $2, R6
	SUB   $32, R6
	MOVD  $shift<>(SB), R26
	SUB   R6, R26
	FLDPQ (R26), (F24, F25)
	ADD   R6, R8
	ADD   R6, R9
	ADD   R6, R10
	ADD   R6, R11
	ADD   R6, R12
	REST_COLUMN(R12, 0)
	CMP   $2, R7
	BLT   join
	ADD   R6, R13
	REST_COLUMN(R13, 8)
	CMP   $2, R7
	BEQ   join
	ADD   R6, R14
	REST_COLUMN(R14, 16)

join:
	END_COLUMN(0)
	CMP $2, R7
	BLT done
	END_COLUMN(8)
	CMP $2, R7
	BEQ done
	END_COLUMN(16)

done:
	RET
