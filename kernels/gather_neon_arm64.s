//go:build gc && !purego

#include "textflag.h"

// func gatherWideNEON(dst *float32, src []float32, order *int32, n, width, rows, ahead int) (left int)
//
// dst[i] = src[order[i]] for i < n, n ≥ 1, rows of 4 elements and more; row order[i+ahead] is fetched into the cache
// meanwhile. At a row that src has not the copying ends: the result is how many are left. A row goes by 64 bytes, then
// by 16; the last 16 end where it does, and may overlap those before.
//
// R0: the result's next bytes; R1: src; R2: &order[i]; R3: rows left; R4: bytes in a row; R5: rows of src; R6: ahead;
// R7: the row's next bytes; R8: those of the row order[i+ahead]; R9: the row's bytes left, less 64 or less 16
TEXT ·gatherWideNEON(SB), NOSPLIT, $0-80
	MOVD dst+0(FP), R0
	MOVD src_base+8(FP), R1
	MOVD order+32(FP), R2
	MOVD n+40(FP), R3
	MOVD width+48(FP), R4
	MOVD rows+56(FP), R5
	MOVD ahead+64(FP), R6
	LSL  $2, R4

row:
	MOVWU (R2), R7
	MOVWU (R2)(R6<<2), R8
	CMP   R5, R7
	BHS   done
	MADD  R4, R1, R7, R7
	MADD  R4, R1, R8, R8
	PRFM  (R8), PLDL1KEEP
	SUBS  $64, R4, R9
	BLT   below64

some64:
	FLDPQ   32(R7), (F2, F3)
	FLDPQ.P 64(R7), (F0, F1)
	ADD     $64, R8
	PRFM    (R8), PLDL1KEEP
	FSTPQ   (F2, F3), 32(R0)
	FSTPQ.P (F0, F1), 64(R0)
	SUBS    $64, R9
	BGE     some64

below64:
	ADDS $48, R9
	BMI  below16

some16:
	FMOVQ.P 16(R7), F0
	FMOVQ.P F0, 16(R0)
	SUBS    $16, R9
	BPL     some16

below16: // R9 + 16 bytes are left
	CMN   $16, R9
	BEQ   next
	ADD   R9, R7
	ADD   R9, R0
	FMOVQ (R7), F0
	FMOVQ.P F0, 16(R0)

next:
	ADD  $4, R2
	SUBS $1, R3
	BNE  row

done:
	MOVD R3, left+72(FP)
	RET
