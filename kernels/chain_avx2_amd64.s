//go:build gc && !purego

#include "go_asm.h"
#include "textflag.h"
#include "elementary_avx2_amd64.h"

// One row through Dense layers of up to 64 units, for AVX2 and FMA; see chain_avx512_amd64.s. A layer's outputs are one
// to four pairs of vectors.

// One term: the sums += x[p] · w[p].
#define TERM1 \
	VBROADCASTSS (SI), Y8      \
	VFMADD231PS  (DX), Y8, Y0  \
	VFMADD231PS  32(DX), Y8, Y1

#define TERM2 TERM1; VFMADD231PS 64(DX), Y8, Y2; VFMADD231PS 96(DX), Y8, Y3
#define TERM3 TERM2; VFMADD231PS 128(DX), Y8, Y4; VFMADD231PS 160(DX), Y8, Y5
#define TERM4 TERM3; VFMADD231PS 192(DX), Y8, Y6; VFMADD231PS 224(DX), Y8, Y7

// A layer's sum over p, of rows of w of so many bytes.
#define LAYER_SUM(label, TERM, bytes) \
label:                   \
	TERM             \
	ADDQ $4, SI      \
	ADDQ $bytes, DX  \
	DECQ CX          \
	JNZ  label

// func layersRowAVX2(y, x, buffer *float32, layers *rowLayer, count int)
//
// For each of the layers, with x being the y of the one before:
//
//	y[j] = bias[j]; for p < k: y[j] = fma(x[p], w[p·16·vectors + j], y[j])
//	y[j] = a(y[j])
//
// The last y has n elements, the others, in buffer, are whole pairs of vectors.
//
// Y0…Y7 sums, then Y0, Y1 a pair   SI x   DX w   CX terms left, elements of y left   R8 layer   R9 layers left
// R11 pairs left   BX the pair in buffer (R10)   DI y   AX activation
TEXT ·layersRowAVX2(SB), NOSPLIT, $0-40
	MOVQ y+0(FP), DI
	MOVQ x+8(FP), SI
	MOVQ buffer+16(FP), R10
	MOVQ layers+24(FP), R8
	MOVQ count+32(FP), R9

layer:
	MOVQ    rowLayer_bias(R8), BX
	MOVQ    rowLayer_w(R8), DX
	MOVQ    rowLayer_k(R8), CX
	MOVQ    rowLayer_vectors(R8), R11
	VMOVUPS (BX), Y0
	VMOVUPS 32(BX), Y1
	CMPQ    R11, $2
	JLT     sum1
	VMOVUPS 64(BX), Y2
	VMOVUPS 96(BX), Y3
	JEQ     sum2
	VMOVUPS 128(BX), Y4
	VMOVUPS 160(BX), Y5
	CMPQ    R11, $4
	JLT     sum3
	VMOVUPS 192(BX), Y6
	VMOVUPS 224(BX), Y7
	LAYER_SUM(sum4, TERM4, 256)
	JMP     pairs
	LAYER_SUM(sum3, TERM3, 192)
	JMP     pairs
	LAYER_SUM(sum2, TERM2, 128)
	JMP     pairs
	LAYER_SUM(sum1, TERM1, 64)
	MOVQ    R10, BX
	JMP     first

pairs: // all but the first wait in buffer
	MOVQ    R10, BX
	VMOVUPS Y2, 64(BX)
	VMOVUPS Y3, 96(BX)
	VMOVUPS Y4, 128(BX)
	VMOVUPS Y5, 160(BX)
	VMOVUPS Y6, 192(BX)
	VMOVUPS Y7, 224(BX)

first:
	MOVQ    rowLayer_n(R8), CX
	MOVBLZX rowLayer_activation(R8), AX

pair:
	CMPL AX, $const_ReLU
	JLT  store
	JGT  sigmoid
	VXORPS Y15, Y15, Y15
	MAX(Y15, Y0, Y1)

store:
	CMPQ    R9, $1
	JEQ     last
	VMOVUPS Y0, (BX)
	VMOVUPS Y1, 32(BX)
	DECQ    R11
	JZ      next
	ADDQ    $64, BX
	VMOVUPS (BX), Y0
	VMOVUPS 32(BX), Y1
	JMP     pair

next:
	MOVQ R10, SI
	ADDQ $rowLayer__size, R8
	DECQ R9
	JMP  layer

sigmoid:
	CMPL    AX, $const_Sigmoid
	JNE     tanh
	VMOVUPS expLow<>(SB), Y15
	VMOVUPS one<>(SB), Y14
	SIGMOID(Y0, Y2, Y3, Y4, Y5, Y6, Y1, Y7, Y8, Y9, Y10, Y11)
	JMP     store

tanh:
	VMOVUPS expm1Low<>(SB), Y15
	VMOVUPS one<>(SB), Y14
	TANH(Y0, Y2, Y3, Y4, Y5, Y6, Y1, Y7, Y8, Y9, Y10, Y11)
	JMP     store

last: // CX elements are left; without masks: a load has to wait for long until it gets what was stored under one
	CMPQ    CX, $16
	JLT     rest
	VMOVUPS Y0, (DI)
	VMOVUPS Y1, 32(DI)
	SUBQ    $16, CX
	JZ      done
	ADDQ    $64, DI
	ADDQ    $64, BX
	VMOVUPS (BX), Y0
	VMOVUPS 32(BX), Y1
	JMP     pair

rest:
	TESTB   $8, CX
	JEQ     below8
	VMOVUPS Y0, (DI)
	VMOVAPS Y1, Y0
	ADDQ    $32, DI

below8:
	TESTB        $4, CX
	JEQ          below4
	VMOVUPS      X0, (DI)
	VEXTRACTF128 $1, Y0, X0
	ADDQ         $16, DI

below4:
	TESTB    $2, CX
	JEQ      below2
	VMOVLPS  X0, (DI)
	VMOVHLPS X0, X0, X0
	ADDQ     $8, DI

below2:
	TESTB  $1, CX
	JEQ    done
	VMOVSS X0, (DI)

done:
	VZEROUPPER
	RET
