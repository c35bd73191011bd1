//go:build gc && !purego

#include "textflag.h"

// Moving matrices into the order that the micro-kernels of gemm_avx512_amd64.s want, for AVX-512 (F).

// Four rows of 16 columns, r0…r3, become in place: r0 the columns 0, 4, 8, 12, r1 the columns 1, 5, 9, 13, and so on,
// of four rows each.
#define TURN4(r0, r1, r2, r3, t0, t1, t2, t3) \
	VUNPCKLPS r1, r0, t0 \
	VUNPCKHPS r1, r0, t1 \
	VUNPCKLPS r3, r2, t2 \
	VUNPCKHPS r3, r2, t3 \
	VUNPCKLPD t2, t0, r0 \
	VUNPCKHPD t2, t0, r1 \
	VUNPCKLPD t3, t1, r2 \
	VUNPCKHPD t3, t1, r3

// From the same columns c, c+4, c+8, c+12 of four times four rows to these columns of all 16 rows, in place.
#define TURN16(r0, r1, r2, r3, t0, t1, t2, t3) \
	VSHUFF32X4 $0x88, r1, r0, t0 \
	VSHUFF32X4 $0xdd, r1, r0, t1 \
	VSHUFF32X4 $0x88, r3, r2, t2 \
	VSHUFF32X4 $0xdd, r3, r2, t3 \
	VSHUFF32X4 $0x88, t2, t0, r0 \
	VSHUFF32X4 $0x88, t3, t1, r1 \
	VSHUFF32X4 $0xdd, t2, t0, r2 \
	VSHUFF32X4 $0xdd, t3, t1, r3

#define LOAD_ROW(row) \
	VMOVUPS.Z (R8), K1, row \
	DECQ      R10           \
	JZ        turn          \
	ADDQ      R12, R8

#define STORE_ROW(row) \
	VMOVUPS row, K2, (R9) \
	DECQ    R11           \
	JZ      next          \
	ADDQ    R13, R9

// MASK_UPTO16 sets k to the first n lanes, 1 ≤ n ≤ 16.
#define MASK_UPTO16(n, k) \
	MOVQ  n, CX  \
	MOVL  $1, R9 \
	SHLL  CX, R9 \
	DECL  R9     \
	KMOVW R9, k

// func transposeAVX512(dst, src *float32, rows, cols, ldDst, ldSrc int)
//
// dst[j·ldDst + i] = src[i·ldSrc + j] for i < rows, j < cols, both ≥ 1, in blocks of 16 by 16.
//
// SI src, DI dst of the block column; R8, R9 run over a block's rows; BX rows and DX cols left; K1, K2 edges.
TEXT ·transposeAVX512(SB), NOSPLIT, $0-48
	MOVQ src+8(FP), SI
	MOVQ dst+0(FP), DI
	MOVQ ldDst+32(FP), R13
	MOVQ ldSrc+40(FP), R12
	SHLQ $2, R13
	SHLQ $2, R12
	MOVQ rows+16(FP), BX

rowBlock:
	MOVQ    SI, AX
	MOVQ    BX, CX
	CMPQ    CX, $16
	JLE     rowEdge
	MOVQ    $16, CX
rowEdge:
	MASK_UPTO16(CX, K2)
	MOVQ    cols+24(FP), DX
	MOVQ    DI, R15

block:
	MOVQ DX, CX
	CMPQ CX, $16
	JLE  colEdge
	MOVQ $16, CX
colEdge:
	MASK_UPTO16(CX, K1)
	MOVQ AX, R8
	MOVQ BX, R10
	CMPQ R10, $16
	JGE  full
	VPXORQ Z1, Z1, Z1
	VPXORQ Z2, Z2, Z2
	VPXORQ Z3, Z3, Z3
	VPXORQ Z4, Z4, Z4
	VPXORQ Z5, Z5, Z5
	VPXORQ Z6, Z6, Z6
	VPXORQ Z7, Z7, Z7
	VPXORQ Z8, Z8, Z8
	VPXORQ Z9, Z9, Z9
	VPXORQ Z10, Z10, Z10
	VPXORQ Z11, Z11, Z11
	VPXORQ Z12, Z12, Z12
	VPXORQ Z13, Z13, Z13
	VPXORQ Z14, Z14, Z14
	VPXORQ Z15, Z15, Z15
	JMP    load
full:
	MOVQ $16, R10
load:
	LOAD_ROW(Z0)
	LOAD_ROW(Z1)
	LOAD_ROW(Z2)
	LOAD_ROW(Z3)
	LOAD_ROW(Z4)
	LOAD_ROW(Z5)
	LOAD_ROW(Z6)
	LOAD_ROW(Z7)
	LOAD_ROW(Z8)
	LOAD_ROW(Z9)
	LOAD_ROW(Z10)
	LOAD_ROW(Z11)
	LOAD_ROW(Z12)
	LOAD_ROW(Z13)
	LOAD_ROW(Z14)
	LOAD_ROW(Z15)

turn:
	TURN4(Z0, Z1, Z2, Z3, Z16, Z17, Z18, Z19)
	TURN4(Z4, Z5, Z6, Z7, Z20, Z21, Z22, Z23)
	TURN4(Z8, Z9, Z10, Z11, Z24, Z25, Z26, Z27)
	TURN4(Z12, Z13, Z14, Z15, Z28, Z29, Z30, Z31)
	TURN16(Z0, Z4, Z8, Z12, Z16, Z17, Z18, Z19)   // columns 0, 4, 8, 12
	TURN16(Z1, Z5, Z9, Z13, Z20, Z21, Z22, Z23)   // columns 1, 5, 9, 13
	TURN16(Z2, Z6, Z10, Z14, Z24, Z25, Z26, Z27)  // columns 2, 6, 10, 14
	TURN16(Z3, Z7, Z11, Z15, Z28, Z29, Z30, Z31)  // columns 3, 7, 11, 15

	MOVQ R15, R9
	MOVQ DX, R11
	CMPQ R11, $16
	JLE  store
	MOVQ $16, R11
store:
	STORE_ROW(Z0)
	STORE_ROW(Z1)
	STORE_ROW(Z2)
	STORE_ROW(Z3)
	STORE_ROW(Z4)
	STORE_ROW(Z5)
	STORE_ROW(Z6)
	STORE_ROW(Z7)
	STORE_ROW(Z8)
	STORE_ROW(Z9)
	STORE_ROW(Z10)
	STORE_ROW(Z11)
	STORE_ROW(Z12)
	STORE_ROW(Z13)
	STORE_ROW(Z14)
	STORE_ROW(Z15)

next: // 16 columns on
	ADDQ $64, AX
	MOVQ R13, CX
	SHLQ $4, CX
	ADDQ CX, R15
	SUBQ $16, DX
	JG   block

	// 16 rows on
	ADDQ $64, DI
	MOVQ R12, CX
	SHLQ $4, CX
	ADDQ CX, SI
	SUBQ $16, BX
	JG   rowBlock
	VZEROUPPER
	RET

// func copyPanelAVX512(dst, src *float32, rows, cols, ldSrc int)
//
// dst[i·32 + j] = src[i·ldSrc + j] for i < rows, j < cols, and 0 for cols ≤ j < 32; rows ≥ 1, 1 ≤ cols ≤ 32.
TEXT ·copyPanelAVX512(SB), NOSPLIT, $0-40
	MOVQ  dst+0(FP), DI
	MOVQ  src+8(FP), SI
	MOVQ  rows+16(FP), BX
	MOVQ  cols+24(FP), CX
	MOVQ  ldSrc+32(FP), R12
	SHLQ  $2, R12
	MOVQ  $1, R9
	SHLQ  CX, R9
	DECQ  R9
	KMOVW R9, K1
	SHRQ  $16, R9
	KMOVW R9, K2

row:
	VMOVUPS.Z (SI), K1, Z0
	VMOVUPS.Z 64(SI), K2, Z1
	VMOVUPS   Z0, (DI)
	VMOVUPS   Z1, 64(DI)
	ADDQ      R12, SI
	ADDQ      $128, DI
	DECQ      BX
	JNZ       row
	VZEROUPPER
	RET
