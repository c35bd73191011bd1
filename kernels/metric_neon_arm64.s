//go:build gc && !purego

#include "textflag.h"
#include "neon_arm64.h"

// func eightsOfHitsNEON(p, y []float32) int
//
// The number of y[i] that are 1 where p[i] > ½, and 0 elsewhere, for a multiple of 8.
//
// R0: p; R1: y; R2: elements left; V4 and V5: the count, lane by lane, negative; V6: ½; V7: 1
TEXT ·eightsOfHitsNEON(SB), NOSPLIT, $0-56
	MOVD  p_base+0(FP), R0
	MOVD  p_len+8(FP), R2
	MOVD  y_base+24(FP), R1
	VEOR  V4.B16, V4.B16, V4.B16
	VEOR  V5.B16, V5.B16, V5.B16
	FMOVS $0.5, F6
	VDUP  V6.S[0], V6.S4
	FMOVS $1.0, F7
	VDUP  V7.S[0], V7.S4
	CBZ   R2, done

eight:
	FLDPQ.P 32(R0), (F0, F1)
	FLDPQ.P 32(R1), (F2, F3)
	VFCMGT(6, 0, 0)
	VFCMGT(6, 1, 1)
	VAND    V7.B16, V0.B16, V0.B16 // what y should be
	VAND    V7.B16, V1.B16, V1.B16
	VFCMEQ(2, 0, 0) // −1 where it is
	VFCMEQ(3, 1, 1)
	VADD    V0.S4, V4.S4, V4.S4
	VADD    V1.S4, V5.S4, V5.S4
	SUBS    $8, R2
	BNE     eight

done:
	VADD  V5.S4, V4.S4, V4.S4
	VADDV V4.S4, V4
	VMOV  V4.S[0], R0
	NEGW  R0, R0
	MOVD  R0, ret+48(FP)
	RET
