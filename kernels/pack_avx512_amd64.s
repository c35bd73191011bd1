//go:build gc && !purego

#include "textflag.h"

// Moving matrices into the order that the micro-kernels of gemm_avx512_amd64.s want, for AVX-512 (F).

// LANES sets k to the first n of each four lanes of quarter q, 1 ≤ n ≤ 4.
#define LANES(mask, q, k) \
	MOVL  mask, R15    \
	SHLL  $(4*q), R15  \
	KMOVW R15, k

// Four columns of the rows i, i+4, i+8 and i+12, a quarter of the vector each; t is overwritten.
#define QUARTERS(r0, r4, r8, r12, x, y, z, tx, ty, tz) \
	VMOVUPS      r0, x           \
	VINSERTF128  $1, r4, y, y    \
	VMOVUPS      r8, tx          \
	VINSERTF128  $1, r12, ty, ty \
	VINSERTF64X4 $1, ty, z, z

// The same of fewer columns, K1…K4 in the quarters.
#define QUARTERS_EDGE(r0, r4, r8, r12, z) \
	VBROADCASTF32X4.Z r0, K1, z  \
	VBROADCASTF32X4   r4, K2, z  \
	VBROADCASTF32X4   r8, K3, z  \
	VBROADCASTF32X4   r12, K4, z

// Z0…Z3 become columns of 16 rows.
#define TURN_QUARTERS \
	VUNPCKLPS Z1, Z0, Z4 \
	VUNPCKHPS Z1, Z0, Z5 \
	VUNPCKLPS Z3, Z2, Z6 \
	VUNPCKHPS Z3, Z2, Z7 \
	VUNPCKLPD Z6, Z4, Z0 \
	VUNPCKHPD Z6, Z4, Z1 \
	VUNPCKLPD Z7, Z5, Z2 \
	VUNPCKHPD Z7, Z5, Z3

#define STORE_COLUMN(z) \
	VMOVUPS z, (DX)  \
	DECQ    CX       \
	JZ      next     \
	ADDQ    R12, DX

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
	JZ        loaded          \
	ADDQ      R12, R8

#define STORE_ROW(row) \
	VMOVUPS row, K2, (R9) \
	DECQ    R11           \
	JZ      along          \
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
// dst[j·ldDst + i] = src[i·ldSrc + j] for i < rows, j < cols, both ≥ 1: in blocks of 16 rows by 4 columns, which need
// no exchange between the quarters of a vector, the last ones beginning early rather than be short; fewer rows than
// 16 in blocks of 16 columns.
//
// R8…R11  rows 0, 4, 8, 12 of the block   AX, BX  1, 3 · ldSrc   R12  ldDst
// SI, DI  src, dst of the block of rows   DX  the block's columns in dst
// CX      columns left                    R13 rows left          K1…K4  fewer columns, in each quarter
TEXT ·transposeAVX512(SB), NOSPLIT, $0-48
	MOVQ dst+0(FP), DI
	MOVQ src+8(FP), SI
	MOVQ rows+16(FP), R13
	MOVQ ldDst+32(FP), R12
	MOVQ ldSrc+40(FP), AX
	SHLQ $2, R12
	SHLQ $2, AX
	CMPQ R13, $16
	JLT  few
	MOVQ cols+24(FP), CX
	ANDQ $3, CX
	MOVL $1, BX
	SHLL CX, BX
	DECL BX
	LANES(BX, 0, K1)
	LANES(BX, 1, K2)
	LANES(BX, 2, K3)
	LANES(BX, 3, K4)
	LEAQ (AX)(AX*2), BX

rows:
	MOVQ SI, R8
	LEAQ (R8)(AX*4), R9
	LEAQ (R9)(AX*4), R10
	LEAQ (R10)(AX*4), R11
	MOVQ DI, DX
	MOVQ cols+24(FP), CX
	CMPQ CX, $4
	JLT  edge

columns:
	QUARTERS((R8), (R9), (R10), (R11), X0, Y0, Z0, X4, Y4, Z4)
	QUARTERS((R8)(AX*1), (R9)(AX*1), (R10)(AX*1), (R11)(AX*1), X1, Y1, Z1, X5, Y5, Z5)
	QUARTERS((R8)(AX*2), (R9)(AX*2), (R10)(AX*2), (R11)(AX*2), X2, Y2, Z2, X6, Y6, Z6)
	QUARTERS((R8)(BX*1), (R9)(BX*1), (R10)(BX*1), (R11)(BX*1), X3, Y3, Z3, X7, Y7, Z7)
	TURN_QUARTERS
	STORE_COLUMN(Z0)
	STORE_COLUMN(Z1)
	STORE_COLUMN(Z2)
	STORE_COLUMN(Z3)
	ADDQ $16, R8
	ADDQ $16, R9
	ADDQ $16, R10
	ADDQ $16, R11
	CMPQ CX, $4
	JGE  columns

	// The last four begin early rather than be fewer.
	SUBQ  $4, CX
	LEAQ  (R8)(CX*4), R8
	LEAQ  (R9)(CX*4), R9
	LEAQ  (R10)(CX*4), R10
	LEAQ  (R11)(CX*4), R11
	IMULQ R12, CX
	ADDQ  CX, DX
	MOVQ  $4, CX
	JMP   columns

edge: // fewer than four columns
	QUARTERS_EDGE((R8), (R9), (R10), (R11), Z0)
	QUARTERS_EDGE((R8)(AX*1), (R9)(AX*1), (R10)(AX*1), (R11)(AX*1), Z1)
	QUARTERS_EDGE((R8)(AX*2), (R9)(AX*2), (R10)(AX*2), (R11)(AX*2), Z2)
	QUARTERS_EDGE((R8)(BX*1), (R9)(BX*1), (R10)(BX*1), (R11)(BX*1), Z3)
	TURN_QUARTERS
	STORE_COLUMN(Z0)
	STORE_COLUMN(Z1)
	STORE_COLUMN(Z2)

next: // 16 rows on, or as many as leave 16
	SUBQ    $16, R13
	JZ      done
	MOVQ    $16, CX
	CMPQ    R13, CX
	CMOVQLT R13, CX
	LEAQ    (DI)(CX*4), DI
	MOVQ    $16, R15
	CMPQ    R13, R15
	CMOVQLT R15, R13
	IMULQ   AX, CX
	ADDQ    CX, SI
	JMP     rows

// Fewer rows than 16: R8, R9 run over a block's rows, AX and R15 go along the blocks, R13 rows, DX columns left.
few:
	MOVQ AX, R12 // ldSrc
	MOVQ SI, AX
	MASK_UPTO16(R13, K2)
	MOVQ cols+24(FP), DX
	MOVQ DI, R15
	MOVQ R13, BX
	MOVQ ldDst+32(FP), R13
	SHLQ $2, R13

block:
	MOVQ    $16, CX
	CMPQ    DX, CX
	CMOVQLT DX, CX
	MASK_UPTO16(CX, K1)
	MOVQ    AX, R8
	MOVQ    BX, R10
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

loaded:
	TURN4(Z0, Z1, Z2, Z3, Z16, Z17, Z18, Z19)
	TURN4(Z4, Z5, Z6, Z7, Z20, Z21, Z22, Z23)
	TURN4(Z8, Z9, Z10, Z11, Z24, Z25, Z26, Z27)
	TURN4(Z12, Z13, Z14, Z15, Z28, Z29, Z30, Z31)
	TURN16(Z0, Z4, Z8, Z12, Z16, Z17, Z18, Z19)   // columns 0, 4, 8, 12
	TURN16(Z1, Z5, Z9, Z13, Z20, Z21, Z22, Z23)   // columns 1, 5, 9, 13
	TURN16(Z2, Z6, Z10, Z14, Z24, Z25, Z26, Z27)  // columns 2, 6, 10, 14
	TURN16(Z3, Z7, Z11, Z15, Z28, Z29, Z30, Z31)  // columns 3, 7, 11, 15

	MOVQ    R15, R9
	MOVQ    $16, R11
	CMPQ    DX, R11
	CMOVQLT DX, R11
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

along: // 16 columns on
	ADDQ $64, AX
	MOVQ R13, CX
	SHLQ $4, CX
	ADDQ CX, R15
	SUBQ $16, DX
	JG   block

done:
	VZEROUPPER
	RET

// Four terms of 16 elements: acc += a[p…p+3] · columns p…p+3 of 16 rows of B, in ascending order.
#define TERMS4(acc) \
	VFMADD231PS.BCST (SI), Z0, acc   \
	VFMADD231PS.BCST 4(SI), Z1, acc  \
	VFMADD231PS.BCST 8(SI), Z2, acc  \
	VFMADD231PS.BCST 12(SI), Z3, acc

// func rowNTAVX512(c, a, b *float32, n, k, ldb int)
//
// For j < n, n ≥ 16: c[j] = Σ over p < k of a[p]·b[j·ldb + p], by segments of 256 as in gemm.go. Blocks of 16 rows of B,
// turned over four columns at a time; the last block begins early rather than be short.
//
// R8…R11  rows 0, 4, 8, 12 of the block, at p    AX, BX  1, 3 · ldb    DI c, R12 b of the block    R13 rows left
// SI      a at p     CX  terms of the segment    DX terms after it      Z8 the segment's sums      Z9 the sums before
TEXT ·rowNTAVX512(SB), NOSPLIT, $0-48
	MOVQ c+0(FP), DI
	MOVQ b+16(FP), R12
	MOVQ n+24(FP), R13
	MOVQ ldb+40(FP), AX
	SHLQ $2, AX
	LEAQ (AX)(AX*2), BX
	MOVQ k+32(FP), CX
	ANDQ $3, CX
	MOVL $1, DX
	SHLL CX, DX
	DECL DX
	LANES(DX, 0, K1)
	LANES(DX, 1, K2)
	LANES(DX, 2, K3)
	LANES(DX, 3, K4)

rowBlock:
	MOVQ a+8(FP), SI
	MOVQ R12, R8
	LEAQ (R8)(AX*4), R9
	LEAQ (R9)(AX*4), R10
	LEAQ (R10)(AX*4), R11
	MOVQ k+32(FP), DX

	// The first segment's sums begin the total; −0 keeps what is added to it.
	MOVL         $0x80000000, CX
	VPBROADCASTD CX, Z9

segment:
	MOVQ    $256, CX
	CMPQ    DX, CX
	CMOVQLT DX, CX
	SUBQ    CX, DX
	VPXORQ  Z8, Z8, Z8
	SUBQ    $4, CX
	JLT     tail

four:
	QUARTERS((R8), (R9), (R10), (R11), X0, Y0, Z0, X4, Y4, Z4)
	QUARTERS((R8)(AX*1), (R9)(AX*1), (R10)(AX*1), (R11)(AX*1), X1, Y1, Z1, X5, Y5, Z5)
	QUARTERS((R8)(AX*2), (R9)(AX*2), (R10)(AX*2), (R11)(AX*2), X2, Y2, Z2, X6, Y6, Z6)
	QUARTERS((R8)(BX*1), (R9)(BX*1), (R10)(BX*1), (R11)(BX*1), X3, Y3, Z3, X7, Y7, Z7)
	TURN_QUARTERS
	TERMS4(Z8)
	ADDQ $16, SI
	ADDQ $16, R8
	ADDQ $16, R9
	ADDQ $16, R10
	ADDQ $16, R11
	SUBQ $4, CX
	JGE  four

tail: // CX + 4 terms, 0 to 3; only the last segment has any
	ADDQ $4, CX
	JZ   summed
	QUARTERS_EDGE((R8), (R9), (R10), (R11), Z0)
	QUARTERS_EDGE((R8)(AX*1), (R9)(AX*1), (R10)(AX*1), (R11)(AX*1), Z1)
	QUARTERS_EDGE((R8)(AX*2), (R9)(AX*2), (R10)(AX*2), (R11)(AX*2), Z2)
	QUARTERS_EDGE((R8)(BX*1), (R9)(BX*1), (R10)(BX*1), (R11)(BX*1), Z3)
	TURN_QUARTERS
	VFMADD231PS.BCST (SI), Z0, Z8
	DECQ CX
	JZ   summed
	VFMADD231PS.BCST 4(SI), Z1, Z8
	DECQ CX
	JZ   summed
	VFMADD231PS.BCST 8(SI), Z2, Z8

summed:
	VADDPS  Z8, Z9, Z9
	TESTQ   DX, DX
	JNZ     segment
	VMOVUPS Z9, (DI)

	// 16 rows on, or as many as leave 16.
	SUBQ    $16, R13
	JZ      rowsDone
	MOVQ    $16, CX
	CMPQ    R13, CX
	CMOVQLT R13, CX
	LEAQ    (DI)(CX*4), DI
	MOVQ    $16, R15
	CMPQ    R13, R15
	CMOVQLT R15, R13
	IMULQ   AX, CX
	ADDQ    CX, R12
	JMP     rowBlock

rowsDone:
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
