//go:build gc && !purego

#include "textflag.h"

// func columnSumsAVX512(sums, x []float32)
//
// sums[j] = Σ x[i·columns+j], rows i ascending. Blocks of columns, 128, then up to 64, then up to 16, are kept in
// registers while the rows go by.
//
// DI: the block's sums; BX: columns left; SI: the block in the first row; R8: bytes in a row; R9: the end of x;
// DX: the block in the current row; Z0 to Z7: the sums.
TEXT ·columnSumsAVX512(SB), NOSPLIT, $0-48
	MOVQ sums_base+0(FP), DI
	MOVQ sums_len+8(FP), BX
	MOVQ x_base+24(FP), SI
	MOVQ x_len+32(FP), R9
	LEAQ (SI)(R9*4), R9
	LEAQ (BX*4), R8

wide:
	CMPQ    BX, $128
	JLT     medium
	MOVQ    SI, DX
	VXORPS  X0, X0, X0
	VXORPS  X1, X1, X1
	VXORPS  X2, X2, X2
	VXORPS  X3, X3, X3
	VXORPS  X4, X4, X4
	VXORPS  X5, X5, X5
	VXORPS  X6, X6, X6
	VXORPS  X7, X7, X7
	JMP     wideNext
	PCALIGN $64

wideRow:
	VADDPS (DX), Z0, Z0
	VADDPS 64(DX), Z1, Z1
	VADDPS 128(DX), Z2, Z2
	VADDPS 192(DX), Z3, Z3
	VADDPS 256(DX), Z4, Z4
	VADDPS 320(DX), Z5, Z5
	VADDPS 384(DX), Z6, Z6
	VADDPS 448(DX), Z7, Z7
	ADDQ   R8, DX

wideNext:
	CMPQ    DX, R9
	JCS     wideRow
	VMOVUPS Z0, (DI)
	VMOVUPS Z1, 64(DI)
	VMOVUPS Z2, 128(DI)
	VMOVUPS Z3, 192(DI)
	VMOVUPS Z4, 256(DI)
	VMOVUPS Z5, 320(DI)
	VMOVUPS Z6, 384(DI)
	VMOVUPS Z7, 448(DI)
	ADDQ    $512, DI
	ADDQ    $512, SI
	SUBQ    $128, BX
	JMP     wide

medium:
	CMPQ BX, $16
	JLE  narrow

	// K1 to K4: the lanes of n = min(64, columns left) columns.
	MOVL     $64, CX
	CMPQ     BX, CX
	CMOVQLT  BX, CX
	NEGQ     CX
	MOVQ     $-1, DX
	SHRQ     CX, DX // the n lowest bits: a shift by 64−n
	KMOVQ    DX, K1
	KSHIFTRQ $16, K1, K2
	KSHIFTRQ $32, K1, K3
	KSHIFTRQ $48, K1, K4
	MOVQ     SI, DX
	VXORPS   X0, X0, X0
	VXORPS   X1, X1, X1
	VXORPS   X2, X2, X2
	VXORPS   X3, X3, X3
	JMP      mediumNext
	PCALIGN  $64

mediumRow:
	VADDPS (DX), Z0, K1, Z0
	VADDPS 64(DX), Z1, K2, Z1
	VADDPS 128(DX), Z2, K3, Z2
	VADDPS 192(DX), Z3, K4, Z3
	ADDQ   R8, DX

mediumNext:
	CMPQ    DX, R9
	JCS     mediumRow
	VMOVUPS Z0, K1, (DI)
	VMOVUPS Z1, K2, 64(DI)
	VMOVUPS Z2, K3, 128(DI)
	VMOVUPS Z3, K4, 192(DI)
	ADDQ    $256, DI
	ADDQ    $256, SI
	SUBQ    $64, BX
	JGT     medium
	VZEROUPPER
	RET

narrow:
	TESTQ   BX, BX
	JZ      done
	MOVQ    BX, CX
	MOVL    $1, DX
	SHLL    CX, DX
	DECL    DX
	KMOVW   DX, K1
	VXORPS  X0, X0, X0
	JMP     narrowNext
	PCALIGN $64

narrowRow:
	VADDPS (SI), Z0, K1, Z0
	ADDQ   R8, SI

narrowNext:
	CMPQ    SI, R9
	JCS     narrowRow
	VMOVUPS Z0, K1, (DI)

done:
	VZEROUPPER
	RET
