//go:build gc && !purego

#include "textflag.h"

// Reductions for AVX2 and FMA. The contract's lanes 0 to 7 are Y0, 8 to 15 Y1, 16 to 23 Y2 and 24 to 31 Y3.

// 32 lanes that are on and 32 that are off: 4·n bytes before the middle begins a mask of n lanes.
DATA ·laneMasksAVX2+0(SB)/8, $-1
DATA ·laneMasksAVX2+8(SB)/8, $-1
DATA ·laneMasksAVX2+16(SB)/8, $-1
DATA ·laneMasksAVX2+24(SB)/8, $-1
DATA ·laneMasksAVX2+32(SB)/8, $-1
DATA ·laneMasksAVX2+40(SB)/8, $-1
DATA ·laneMasksAVX2+48(SB)/8, $-1
DATA ·laneMasksAVX2+56(SB)/8, $-1
DATA ·laneMasksAVX2+64(SB)/8, $-1
DATA ·laneMasksAVX2+72(SB)/8, $-1
DATA ·laneMasksAVX2+80(SB)/8, $-1
DATA ·laneMasksAVX2+88(SB)/8, $-1
DATA ·laneMasksAVX2+96(SB)/8, $-1
DATA ·laneMasksAVX2+104(SB)/8, $-1
DATA ·laneMasksAVX2+112(SB)/8, $-1
DATA ·laneMasksAVX2+120(SB)/8, $-1
GLOBL ·laneMasksAVX2(SB), RODATA|NOPTR, $256

// MASKS sets Y12 to Y15 to the lanes that CX elements reach, 0 to 32 of them. It uses CX and DX.
#define MASKS \
	LEAQ    ·laneMasksAVX2+128(SB), DX \
	NEGQ    CX                         \
	LEAQ    (DX)(CX*4), DX             \
	VMOVUPS (DX), Y12                  \
	VMOVUPS 32(DX), Y13                \
	VMOVUPS 64(DX), Y14                \
	VMOVUPS 96(DX), Y15

#define CLEAR_LANES \
	VXORPS Y0, Y0, Y0 \
	VXORPS Y1, Y1, Y1 \
	VXORPS Y2, Y2, Y2 \
	VXORPS Y3, Y3, Y3

// LOAD_REST loads the elements of x that the masks reach, and zeros, into Y4 to Y7.
#define LOAD_REST(x) \
	VMASKMOVPS (x), Y12, Y4   \
	VMASKMOVPS 32(x), Y13, Y5 \
	VMASKMOVPS 64(x), Y14, Y6 \
	VMASKMOVPS 96(x), Y15, Y7

// ADD_LANES adds Y4 to Y7 to the lanes.
#define ADD_LANES \
	VADDPS Y4, Y0, Y0 \
	VADDPS Y5, Y1, Y1 \
	VADDPS Y6, Y2, Y2 \
	VADDPS Y7, Y3, Y3

// JOIN_LANES adds the lanes by halves into X0: lane[i] += lane[i+h] for h = 16, 8, 4, 2, 1.
#define JOIN_LANES \
	VADDPS       Y2, Y0, Y0 \
	VADDPS       Y3, Y1, Y1 \
	VADDPS       Y1, Y0, Y0 \
	VEXTRACTF128 $1, Y0, X1 \
	VADDPS       X1, X0, X0 \
	VMOVHLPS     X0, X0, X1 \
	VADDPS       X1, X0, X0 \
	VMOVSHDUP    X0, X1     \
	VADDSS       X1, X0, X0

// func sumAVX2(x []float32) float32
//
// SI: x; CX: elements left. A lane that the last elements do not reach adds +0, which changes nothing: a lane of a
// sum is never −0, since it begins as +0.
TEXT ·sumAVX2(SB), NOSPLIT, $0-28
	MOVQ x_base+0(FP), SI
	MOVQ x_len+8(FP), CX
	CLEAR_LANES
	SUBQ    $32, CX
	JLT     rest
	PCALIGN $64

block:
	VADDPS (SI), Y0, Y0 // lane[l] += x[l]
	VADDPS 32(SI), Y1, Y1
	VADDPS 64(SI), Y2, Y2
	VADDPS 96(SI), Y3, Y3
	ADDQ   $128, SI
	SUBQ   $32, CX
	JGE    block

rest:
	ADDQ $32, CX
	JZ   join
	MASKS
	LOAD_REST(SI)
	ADD_LANES

join:
	JOIN_LANES
	VMOVSS X0, ret+24(FP)
	VZEROUPPER
	RET

// func sumAbsAVX2(x []float32) float32
//
// SI: x; CX: elements left; Y8: all bits but the sign.
TEXT ·sumAbsAVX2(SB), NOSPLIT, $0-28
	MOVQ     x_base+0(FP), SI
	MOVQ     x_len+8(FP), CX
	VPCMPEQD Y8, Y8, Y8
	VPSRLD   $1, Y8, Y8
	CLEAR_LANES
	SUBQ    $32, CX
	JLT     rest
	PCALIGN $64

block:
	VANDPS    (SI), Y8, Y4
	VANDPS    32(SI), Y8, Y5
	VANDPS    64(SI), Y8, Y6
	VANDPS    96(SI), Y8, Y7
	ADD_LANES // lane[l] += |x[l]|
	ADDQ      $128, SI
	SUBQ      $32, CX
	JGE       block

rest:
	ADDQ $32, CX
	JZ   join
	MASKS
	LOAD_REST(SI)
	VANDPS Y8, Y4, Y4
	VANDPS Y8, Y5, Y5
	VANDPS Y8, Y6, Y6
	VANDPS Y8, Y7, Y7
	ADD_LANES

join:
	JOIN_LANES
	VMOVSS X0, ret+24(FP)
	VZEROUPPER
	RET

// DOT_REST sets the lanes that a mask reaches to x·y + lane: a lane may be −0 here, and −0 + 0·0 would be +0.
#define DOT_REST(y, mask, x, lane) \
	VMASKMOVPS  y, mask, Y8        \
	VFMADD213PS lane, Y8, x        \
	VBLENDVPS   mask, x, lane, lane

// func sumProductsAVX2(x, y []float32) float32
//
// SI: x; DI: y; CX: elements left.
TEXT ·sumProductsAVX2(SB), NOSPLIT, $0-52
	MOVQ x_base+0(FP), SI
	MOVQ x_len+8(FP), CX
	MOVQ y_base+24(FP), DI
	CLEAR_LANES
	SUBQ    $32, CX
	JLT     rest
	PCALIGN $64

block:
	VMOVUPS     (SI), Y4
	VMOVUPS     32(SI), Y5
	VMOVUPS     64(SI), Y6
	VMOVUPS     96(SI), Y7
	VFMADD231PS (DI), Y4, Y0 // lane[l] += x[l]·y[l]
	VFMADD231PS 32(DI), Y5, Y1
	VFMADD231PS 64(DI), Y6, Y2
	VFMADD231PS 96(DI), Y7, Y3
	ADDQ        $128, SI
	ADDQ        $128, DI
	SUBQ        $32, CX
	JGE         block

rest:
	ADDQ $32, CX
	JZ   join
	MASKS
	LOAD_REST(SI)
	DOT_REST((DI), Y12, Y4, Y0)
	DOT_REST(32(DI), Y13, Y5, Y1)
	DOT_REST(64(DI), Y14, Y6, Y2)
	DOT_REST(96(DI), Y15, Y7, Y3)

join:
	JOIN_LANES
	VMOVSS X0, ret+48(FP)
	VZEROUPPER
	RET

// func columnSumsAVX2(sums, x []float32)
//
// sums[j] = Σ x[i·columns+j], rows i ascending. Blocks of columns, 64, then up to 32, then up to 8, are kept in
// registers while the rows go by.
//
// DI: the block's sums; BX: columns left; SI: the block in the first row; R8: bytes in a row; R9: the end of x;
// R10: the block in the current row; Y0 to Y7: the sums.
TEXT ·columnSumsAVX2(SB), NOSPLIT, $0-48
	MOVQ sums_base+0(FP), DI
	MOVQ sums_len+8(FP), BX
	MOVQ x_base+24(FP), SI
	MOVQ x_len+32(FP), R9
	LEAQ (SI)(R9*4), R9
	LEAQ (BX*4), R8

wide:
	CMPQ BX, $64
	JLT  medium
	MOVQ SI, R10
	CLEAR_LANES
	VXORPS  Y4, Y4, Y4
	VXORPS  Y5, Y5, Y5
	VXORPS  Y6, Y6, Y6
	VXORPS  Y7, Y7, Y7
	JMP     wideNext
	PCALIGN $64

wideRow:
	VADDPS (R10), Y0, Y0
	VADDPS 32(R10), Y1, Y1
	VADDPS 64(R10), Y2, Y2
	VADDPS 96(R10), Y3, Y3
	VADDPS 128(R10), Y4, Y4
	VADDPS 160(R10), Y5, Y5
	VADDPS 192(R10), Y6, Y6
	VADDPS 224(R10), Y7, Y7
	ADDQ   R8, R10

wideNext:
	CMPQ    R10, R9
	JCS     wideRow
	VMOVUPS Y0, (DI)
	VMOVUPS Y1, 32(DI)
	VMOVUPS Y2, 64(DI)
	VMOVUPS Y3, 96(DI)
	VMOVUPS Y4, 128(DI)
	VMOVUPS Y5, 160(DI)
	VMOVUPS Y6, 192(DI)
	VMOVUPS Y7, 224(DI)
	ADDQ    $256, DI
	ADDQ    $256, SI
	SUBQ    $64, BX
	JMP     wide

medium:
	TESTQ   BX, BX
	JZ      done
	MOVL    $32, CX
	CMPQ    BX, CX
	CMOVQLT BX, CX
	MASKS
	CMPQ BX, $8
	JLE  narrow
	MOVQ SI, R10
	CLEAR_LANES
	JMP     mediumNext
	PCALIGN $64

mediumRow:
	LOAD_REST(R10)
	ADD_LANES
	ADDQ R8, R10

mediumNext:
	CMPQ       R10, R9
	JCS        mediumRow
	VMASKMOVPS Y0, Y12, (DI)
	VMASKMOVPS Y1, Y13, 32(DI)
	VMASKMOVPS Y2, Y14, 64(DI)
	VMASKMOVPS Y3, Y15, 96(DI)
	ADDQ       $128, DI
	ADDQ       $128, SI
	SUBQ       $32, BX
	JGT        medium
	VZEROUPPER
	RET

narrow:
	VXORPS  Y0, Y0, Y0
	JMP     narrowNext
	PCALIGN $64

narrowRow:
	VMASKMOVPS (SI), Y12, Y4
	VADDPS     Y4, Y0, Y0
	ADDQ       R8, SI

narrowNext:
	CMPQ       SI, R9
	JCS        narrowRow
	VMASKMOVPS Y0, Y12, (DI)

done:
	VZEROUPPER
	RET
