//go:build gc && !purego

#include "textflag.h"
#include "neon_arm64.h"

// Reductions with NEON. The contract's lanes 4·i to 4·i+3 are V(i), for i ≤ 7.

#define CLEAR(v) VEOR v.B16, v.B16, v.B16
#define CLEAR_LANES CLEAR(V0); CLEAR(V1); CLEAR(V2); CLEAR(V3); CLEAR(V4); CLEAR(V5); CLEAR(V6); CLEAR(V7)

// LOAD32 loads the next 32 elements at r into eight registers.
#define LOAD32(r, a, b, c, d, e, f, g, h) \
	FLDPQ   32(r), (c, d)  \
	FLDPQ   64(r), (e, f)  \
	FLDPQ   96(r), (g, h)  \
	FLDPQ.P 128(r), (a, b)

// The last elements are n < 32, the first of them at r. They are added vector by vector from the end: what is to be
// added next is in V16 (and V24), first those after the last whole vector, if any, and neutral elements beside them.

// LOAD_PART loads the last n mod 4 elements over the first of v. It uses R4.
#define LOAD_PART(r, n, v, one, loaded) \
	LSR    $2, n, R4       \
	ADD    R4<<4, r, R4    \
	TBZ    $1, n, one      \
	VLD1.P 8(R4), v.D[0]   \
	TBZ    $0, n, loaded   \
	VLD1   (R4), v.S[2]    \
	JMP    loaded          \
one:                           \
	TBZ    $0, n, loaded   \
	VLD1   (R4), v.S[0]    \
loaded:

// FROM goes to the step that adds to V(n/4), of those for V7 to V0, each of so many bytes. It uses R4 to R6.
#define FROM(n, steps, bytes) \
	LSR  $2, n, R4     \
	EOR  $7, R4, R4    \
	MOVD $bytes, R5    \
	ADR  steps, R6     \
	MADD R4, R6, R5, R6 \
	JMP  (R6)

// JOIN_LANES adds the lanes by halves into F0: lane[i] += lane[i+h] for h = 16, 8, 4, 2, 1.
#define JOIN_LANES \
	FOUR3(VFADD, 4, 0, 0)           \
	VFADD(2, 0, 0)                  \
	VFADD(3, 1, 1)                  \
	VFADD(1, 0, 0)                  \
	VEXT $8, V0.B16, V0.B16, V1.B16 \
	VFADD(1, 0, 0)                  \
	VFADDP2(0, 0)

// SUM is the body of a function of (x []float32) that returns the sum of what an instruction makes of the elements; a
// step has so many bytes. A lane of such a sum is never −0, since it begins as +0, so that +0 is neutral.
//
// R0: x; R1: elements left, less 32
#define SUM(op, bytes) \
	MOVD x_base+0(FP), R0                              \
	MOVD x_len+8(FP), R1                               \
	CLEAR_LANES                                        \
	SUBS $32, R1                                       \
	BLT  rest                                          \
block:                                                     \
	LOAD32(R0, F16, F17, F18, F19, F20, F21, F22, F23) \
	FOUR2(op, 16, 16)                                  \
	FOUR2(op, 20, 20)                                  \
	FOUR3(VFADD, 16, 0, 0)                             \
	FOUR3(VFADD, 20, 4, 4)                             \
	SUBS $32, R1                                       \
	BGE  block                                         \
rest:                                                      \
	ADDS $32, R1                                       \
	BEQ  join                                          \
	CLEAR(V16)                                         \
	LOAD_PART(R0, R1, V16, one, loaded)                \
	FROM(R1, steps, bytes)                             \
steps:                                                     \
	SUM_STEP(op, 7)                                    \
	SUM_STEP(op, 6)                                    \
	SUM_STEP(op, 5)                                    \
	SUM_STEP(op, 4)                                    \
	SUM_STEP(op, 3)                                    \
	SUM_STEP(op, 2)                                    \
	SUM_STEP(op, 1)                                    \
	op(16, 16)                                         \
	VFADD(16, 0, 0)                                    \
join:                                                      \
	JOIN_LANES                                         \
	FMOVS F0, ret+24(FP)                               \
	RET

// SUM_STEP adds V16 to the lanes V(i), and loads the vector before.
#define SUM_STEP(op, i) \
	op(16, 16)               \
	VFADD(16, i, i)          \
	FMOVQ (16*i-16)(R0), F16

// COLUMNS begins a function of (sums, x *float32, rows, stride int): sums of columns are kept in registers while the rows
// go by.
//
// R0: sums; R1: the columns in the current row; R2: rows left; R3: bytes from a row to the next
#define COLUMNS \
	MOVD sums+0(FP), R0    \
	MOVD x+8(FP), R1       \
	MOVD rows+16(FP), R2   \
	MOVD stride+24(FP), R3 \
	LSL  $2, R3            \
	CLEAR_LANES

// func sumNEON(x []float32) float32
#define AS_IT_IS(n, d)

TEXT ·sumNEON(SB), NOSPLIT, $0-28
	SUM(AS_IT_IS, 8)

// func sumAbsNEON(x []float32) float32
TEXT ·sumAbsNEON(SB), NOSPLIT, $0-28
	SUM(VFABS, 12)

// PRODUCT_STEP adds V16·V24 to the lanes V(i), and loads the vectors before.
#define PRODUCT_STEP(i) \
	VFMLA_N(24, 16, i)        \
	FMOVQ (16*i-16)(R0), F16  \
	FMOVQ (16*i-16)(R2), F24

// func sumProductsNEON(x, y []float32) float32
//
// A lane may be −0 here: −0·+0 is neutral.
//
// R0: x; R2: y; R1: elements left, less 32
TEXT ·sumProductsNEON(SB), NOSPLIT, $0-52
	MOVD x_base+0(FP), R0
	MOVD x_len+8(FP), R1
	MOVD y_base+24(FP), R2
	CLEAR_LANES
	SUBS $32, R1
	BLT  rest

block:
	LOAD32(R0, F16, F17, F18, F19, F20, F21, F22, F23)
	LOAD32(R2, F24, F25, F26, F27, F28, F29, F30, F31)
	FOUR3(VFMLA_N, 24, 16, 0) // lane[l] += x[l]·y[l]
	FOUR3(VFMLA_N, 28, 20, 4)
	SUBS $32, R1
	BGE  block

rest:
	ADDS $32, R1
	BEQ  join
	MOVW $0x80000000, R4
	VDUP R4, V16.S4
	CLEAR(V24)
	LOAD_PART(R0, R1, V16, oneX, loadedX)
	LOAD_PART(R2, R1, V24, oneY, loadedY)
	FROM(R1, steps, 12)

steps:
	PRODUCT_STEP(7)
	PRODUCT_STEP(6)
	PRODUCT_STEP(5)
	PRODUCT_STEP(4)
	PRODUCT_STEP(3)
	PRODUCT_STEP(2)
	PRODUCT_STEP(1)
	VFMLA_N(24, 16, 0)

join:
	JOIN_LANES
	FMOVS F0, ret+48(FP)
	RET

// func columns32NEON(sums, x *float32, rows, stride int)
//
// sums[j] = Σ x[i·stride + j] for j < 32, i < rows, ascending
TEXT ·columns32NEON(SB), NOSPLIT, $0-32
	COLUMNS
	SUB $128, R3

row:
	LOAD32(R1, F16, F17, F18, F19, F20, F21, F22, F23)
	ADD   R3, R1
	FOUR3(VFADD, 16, 0, 0)
	FOUR3(VFADD, 20, 4, 4)
	SUBS  $1, R2
	BNE   row
	FSTPQ (F0, F1), (R0)
	FSTPQ (F2, F3), 32(R0)
	FSTPQ (F4, F5), 64(R0)
	FSTPQ (F6, F7), 96(R0)
	RET

// func twoFoursOfColumnsNEON(sums, x *float32, rows, stride, second int)
//
// sums[j] = Σ x[i·stride + j] for j < 4 and second ≤ j < second + 4, i < rows, ascending
//
// R5: the second four in the current row; R4: their sums
TEXT ·twoFoursOfColumnsNEON(SB), NOSPLIT, $0-40
	COLUMNS
	MOVD second+32(FP), R4
	ADD  R4<<2, R1, R5
	ADD  R4<<2, R0, R4

row:
	VLD1.P (R1)(R3), [V16.S4]
	VLD1.P (R5)(R3), [V17.S4]
	VFADD(16, 0, 0)
	VFADD(17, 1, 1)
	SUBS   $1, R2
	BNE    row
	FMOVQ  F0, (R0)
	FMOVQ  F1, (R4)
	RET

// func multiplyAddNEON(y, x, a, b []float32)
//
// y[i] = fma(x[i], a[i], b[i]) for i < len(x), sixteen at a time, four at a time and one at a time.
//
// R0: y; R1: x; R2: a; R3: b; R4: elements left, less 16 or less 4
TEXT ·multiplyAddNEON(SB), NOSPLIT, $0-96
	MOVD y_base+0(FP), R0
	MOVD x_base+24(FP), R1
	MOVD x_len+32(FP), R4
	MOVD a_base+48(FP), R2
	MOVD b_base+72(FP), R3
	SUBS $16, R4
	BLT  below16

sixteen:
	VLD1.P 64(R1), [V0.S4, V1.S4, V2.S4, V3.S4]
	VLD1.P 64(R2), [V4.S4, V5.S4, V6.S4, V7.S4]
	VLD1.P 64(R3), [V16.S4, V17.S4, V18.S4, V19.S4]
	FOUR3(VFMLA_N, 4, 0, 16)
	VST1.P [V16.S4, V17.S4, V18.S4, V19.S4], 64(R0)
	SUBS   $16, R4
	BGE    sixteen

below16:
	ADDS $12, R4
	BMI  below4

four:
	FMOVQ.P 16(R1), F0
	FMOVQ.P 16(R2), F4
	FMOVQ.P 16(R3), F16
	VFMLA_N(4, 0, 16)
	FMOVQ.P F16, 16(R0)
	SUBS    $4, R4
	BGE     four

below4:
	ADDS $4, R4
	BEQ  done

one:
	FMOVS.P 4(R1), F0
	FMOVS.P 4(R2), F4
	FMOVS.P 4(R3), F16
	FMADDS  F4, F16, F0, F16
	FMOVS.P F16, 4(R0)
	SUBS    $1, R4
	BNE     one

done:
	RET
