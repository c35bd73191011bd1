//go:build gc && !purego

#include "textflag.h"

DATA half<>+0(SB)/4, $0.5
GLOBL half<>(SB), RODATA|NOPTR, $4

DATA one<>+0(SB)/4, $1.0
GLOBL one<>(SB), RODATA|NOPTR, $4

#define GT $0x1e // of VCMPPS, false for NaN
#define EQ $0

// func eightsOfHitsAVX2(p, y []float32) int
//
// The number of y[i] that are 1 where p[i] > ½, and 0 elsewhere, for a multiple of 8.
//
// SI: p; DX: y; CX: bytes left; AX: the offset in bytes; Y4: the count, lane by lane, negative; Y5: ½; Y6: 1
TEXT ·eightsOfHitsAVX2(SB), NOSPLIT, $0-56
	MOVQ         p_base+0(FP), SI
	MOVQ         p_len+8(FP), CX
	MOVQ         y_base+24(FP), DX
	SHLQ         $2, CX
	XORL         AX, AX
	VPXOR        Y4, Y4, Y4
	VBROADCASTSS half<>+0(SB), Y5
	VBROADCASTSS one<>+0(SB), Y6
	JMP          next

eight:
	VMOVUPS (SI)(AX*1), Y0
	VCMPPS  GT, Y5, Y0, Y0
	VANDPS  Y6, Y0, Y0             // what y should be
	VCMPPS  EQ, (DX)(AX*1), Y0, Y0 // −1 where it is
	VPADDD  Y0, Y4, Y4
	ADDQ    $32, AX

next:
	CMPQ         AX, CX
	JB           eight
	VEXTRACTI128 $1, Y4, X0
	VPADDD       X0, X4, X4
	VPSHUFD      $0x4e, X4, X0
	VPADDD       X0, X4, X4
	VPSHUFD      $0xb1, X4, X0
	VPADDD       X0, X4, X4
	VMOVD        X4, AX
	NEGL         AX
	MOVQ         AX, ret+48(FP)
	VZEROUPPER
	RET
