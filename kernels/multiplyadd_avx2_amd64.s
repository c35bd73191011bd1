//go:build gc && !purego

#include "textflag.h"

// func multiplyAddAVX2(y, x, a, b []float32)
//
// y[i] = fma(x[i], a[i], b[i]) for i < len(x), eight at a time and one at a time.
//
// DI y   SI x   DX a   BX b   AX i   CX len(x), and that less 8
TEXT ·multiplyAddAVX2(SB), NOSPLIT, $0-96
	MOVQ y_base+0(FP), DI
	MOVQ x_base+24(FP), SI
	MOVQ x_len+32(FP), CX
	MOVQ a_base+48(FP), DX
	MOVQ b_base+72(FP), BX
	XORL AX, AX
	SUBQ $8, CX
	JLT  rest

eight:
	VMOVUPS     (SI)(AX*4), Y0
	VMOVUPS     (DX)(AX*4), Y1
	VFMADD213PS (BX)(AX*4), Y1, Y0
	VMOVUPS     Y0, (DI)(AX*4)
	ADDQ        $8, AX
	CMPQ        AX, CX
	JLE         eight

rest:
	ADDQ $8, CX
	JMP  more

one:
	VMOVSS      (SI)(AX*4), X0
	VMOVSS      (DX)(AX*4), X1
	VFMADD213SS (BX)(AX*4), X1, X0
	VMOVSS      X0, (DI)(AX*4)
	INCQ        AX

more:
	CMPQ AX, CX
	JLT  one
	VZEROUPPER
	RET
