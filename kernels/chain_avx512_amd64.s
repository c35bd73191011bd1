//go:build gc && !purego

#include "go_asm.h"
#include "textflag.h"
#include "elementary_avx512_amd64.h"

// One row through Dense layers of up to 64 units, for AVX-512 (F, DQ). What passes from layer to layer is so little
// that calls, checks and stores would take longer than the sums.

// One term of a layer of one to four vectors of outputs: Z0, Z4, Z8, Z12 += x[p] · w[p].
#define TERM1 \
	VMOVUPS          (DX), T0     \
	VFMADD231PS.BCST (SI), T0, Z0

#define TERM2 \
	VBROADCASTSS (SI), T0       \
	VFMADD231PS  (DX), T0, Z0   \
	VFMADD231PS  64(DX), T0, Z4

#define TERM3 TERM2; VFMADD231PS 128(DX), T0, Z8
#define TERM4 TERM3; VFMADD231PS 192(DX), T0, Z12

// A layer's sum over p, of rows of w of so many bytes.
#define LAYER_SUM(label, TERM, bytes) \
label:                   \
	TERM             \
	ADDQ $4, SI      \
	ADDQ $bytes, DX  \
	DECQ CX          \
	JNZ  label

// LAYER_SUM1 is LAYER_SUM of one vector of outputs, of x in Z1: x[p+1] is made ready while x[p] is multiplied. T1 is
// p+1 in all lanes.
CONSTANT(oneInteger, $1)

#define LAYER_SUM1(label)                         \
	VPBROADCASTD oneInteger<>+0(SB), T2       \
	VMOVDQA32    T2, T1                       \
	VBROADCASTSS X1, T0                       \
label:                                            \
	VFMADD231PS (DX), T0, Z0                  \
	VPERMPS     Z1, T1, T0                    \
	VPADDD      T2, T1, T1                    \
	ADDQ        $64, DX                       \
	DECQ        CX                            \
	JNZ         label

// func layersRowAVX512(y, x, buffer *float32, layers *rowLayer, count int)
//
// For each of the layers, with x being the y of the one before:
//
//	y[j] = bias[j]; for p < k: y[j] = fma(x[p], w[p·16·vectors + j], y[j])
//	y[j] = a(y[j])
//
// The last y has n elements, the others, in buffer, are whole vectors.
//
// Z0, Z4, Z8, Z12 sums   SI x   DX w   CX terms left   R8 layer   R9 layers left   DI y   R10 buffer
// R11 the layer's vectors, R12 those of the one before; if it has one, that is in Z1 as well
TEXT ·layersRowAVX512(SB), NOSPLIT, $0-40
	MOVQ x+8(FP), SI
	MOVQ buffer+16(FP), R10
	MOVQ layers+24(FP), R8
	MOVQ count+32(FP), R9
	XORL R12, R12

layer:
	MOVQ    rowLayer_bias(R8), BX
	MOVQ    rowLayer_w(R8), DX
	MOVQ    rowLayer_k(R8), CX
	MOVQ    rowLayer_vectors(R8), R11
	VMOVUPS (BX), Z0
	CMPQ    R11, $2
	JLT     sum1
	VMOVUPS 64(BX), Z4
	JEQ     sum2
	VMOVUPS 128(BX), Z8
	CMPQ    R11, $4
	JLT     sum3
	VMOVUPS 192(BX), Z12
	LAYER_SUM(sum4, TERM4, 256)
	JMP     activation
	LAYER_SUM(sum3, TERM3, 192)
	JMP     activation
	LAYER_SUM(sum2, TERM2, 128)
	JMP     activation

sum1:
	CMPQ R12, $1
	JEQ  near
	LAYER_SUM(sum1Far, TERM1, 64)
	JMP  activation

near:
	LAYER_SUM1(sum1Near)

activation:
	MOVQ    R11, R12
	MOVBLZX rowLayer_activation(R8), AX
	CMPL    AX, $const_ReLU
	JLT     store
	JGT     sigmoid
	VPXORD  T0, T0, T0
	VMAXPS  Z0, T0, Z0
	VMAXPS  Z4, T0, Z4
	VMAXPS  Z8, T0, Z8
	VMAXPS  Z12, T0, Z12

store:
	DECQ    R9
	JZ      last
	MOVQ    R10, SI
	VMOVAPS Z0, Z1
	VMOVUPS Z0, (R10)
	ADDQ    $rowLayer__size, R8
	CMPQ    R11, $1
	JEQ     layer
	VMOVUPS Z4, 64(R10)
	VMOVUPS Z8, 128(R10)
	VMOVUPS Z12, 192(R10)
	JMP     layer

sigmoid:
	CMPL AX, $const_Sigmoid
	JNE  tanh
	EXP_CONSTANTS
	CMPQ R11, $1
	JEQ  sigmoid1
	FOUR(SIGMOID_BEGIN)
	FOUR(SIGMOID_END)
	JMP  store

sigmoid1:
	SIGMOID_BEGIN(Z0, Z1, Z2, Z3)
	SIGMOID_END(Z0, Z1, Z2, Z3)
	JMP store

tanh:
	EXPM1_CONSTANTS
	CMPQ R11, $1
	JEQ  tanh1
	FOUR(TANH_BEGIN)
	FOUR(TANH_END)
	JMP  store

tanh1:
	TANH_BEGIN(Z0, Z1, Z2, Z3)
	TANH_END(Z0, Z1, Z2, Z3)
	JMP store

last: // without masks: a load has to wait for long until it gets what was stored under one
	MOVQ y+0(FP), DI
	MOVQ rowLayer_n(R8), CX
	CMPQ CX, $16
	JLT  rest

whole:
	VMOVUPS Z0, (DI)
	ADDQ    $64, DI
	SUBQ    $16, CX
	JEQ     done
	VMOVAPS Z4, Z0
	VMOVAPS Z8, Z4
	VMOVAPS Z12, Z8
	CMPQ    CX, $16
	JGE     whole

rest:
	TESTB         $8, CX
	JEQ           below8
	VMOVUPS       Y0, (DI)
	VEXTRACTF64X4 $1, Z0, Y0
	ADDQ          $32, DI

below8:
	TESTB        $4, CX
	JEQ          below4
	VMOVUPS      X0, (DI)
	VEXTRACTF128 $1, Y0, X0
	ADDQ         $16, DI

below4:
	TESTB   $2, CX
	JEQ     below2
	VMOVLPS X0, (DI)
	VMOVHLPS X0, X0, X0
	ADDQ    $8, DI

below2:
	TESTB  $1, CX
	JEQ    done
	VMOVSS X0, (DI)

done:
	VZEROUPPER
	RET
