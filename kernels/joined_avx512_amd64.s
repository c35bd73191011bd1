//go:build gc && !purego

#include "go_asm.h"
#include "textflag.h"

// A weight gradient and Adam's step by it, at the same time: roots and quotients take as long as the product, but in
// another unit of the processor.

// One row of a tile of 8 rows and 32 columns: acc += a · (row p of B in Z16, Z17).
#define ROW(a, low, high) \
	VBROADCASTSS a, Z18        \
	VFMADD231PS  Z16, Z18, low \
	VFMADD231PS  Z17, Z18, high

// STEP adds row p of Aᵀ·B to the tile, and goes on to the next.
#define STEP \
	VMOVUPS (DX), Z16       \
	VMOVUPS 64(DX), Z17     \
	ROW((SI), Z0, Z1)       \
	ROW(4(SI), Z2, Z3)      \
	ROW(8(SI), Z4, Z5)      \
	ROW(12(SI), Z6, Z7)     \
	ROW(16(SI), Z8, Z9)     \
	ROW(20(SI), Z10, Z11)   \
	ROW(24(SI), Z12, Z13)   \
	ROW(28(SI), Z14, Z15)   \
	ADDQ    R10, SI         \
	ADDQ    R11, DX

// Adam's step by the half (0 or 64: bytes) of a row of the tile before, in three parts, so that the unit that divides can
// work on one while the others do a step of the product: see adamAVX2. The mean m of gradients becomes the weight's change.
// ADAM_BEGIN asks for what will be wanted when the tiles have come to the next 8 rows.
#define ADAM_BEGIN(half, m, root) \
	VMOVUPS     half(R12), Z19                           \
	VMOVUPS     half(R8)(AX*1), m                        \
	VMOVUPS     half(R9)(AX*1), root                     \
	PREFETCHT0  half(DI)(R13*1)                          \
	PREFETCHT0  half(R8)(R13*1)                          \
	PREFETCHT0  half(R9)(R13*1)                          \
	VSUBPS      m, Z19, Z20                              \
	VFMADD231PS Z20, Z29, m    /* m += (g−m)·(1−β₁) */   \
	VFMSUB213PS root, Z19, Z19                           \
	VFMADD231PS Z19, Z30, root /* v += (g·g−v)·(1−β₂) */ \
	VMOVUPS     m, half(R8)(AX*1)                        \
	VMOVUPS     root, half(R9)(AX*1)                     \
	VSQRTPS     root, root

#define ADAM_DIVIDE(m, root) \
	VADDPS Z31, root, root \
	VMULPS m, Z28, m       \
	VDIVPS root, m, m

#define ADAM_END(half, m) \
	VMOVUPS half(DI)(AX*1), Z19                    \
	VSUBPS  m, Z19, Z19 /* w −= α·m / (√v + ε) */  \
	VMOVUPS Z19, half(DI)(AX*1)

#define ADAM(half, m, root) \
	ADAM_BEGIN(half, m, root) \
	ADAM_DIVIDE(m, root)      \
	ADAM_END(half, m)

// NEXT_ROW goes on to the next row of the tile before.
#define NEXT_ROW \
	ADDQ BX, AX   \
	ADDQ BX, R13  \
	ADDQ $128, R12

#define STORE_ROW(row, low, high) \
	VMOVUPS low, (128*row)(R12)     \
	VMOVUPS high, (128*row+64)(R12)

// func gemmTNAdamTilesAVX512(w, m, v, sums, a, b *float32, rows, n, k, lda, ldb, ldw int, s *AdamStep)
//
// For i < rows, a multiple of 8, and j < n, a multiple of 32, with k ≥ 1:
//
//	s = 0; for p < k: s = fma(a[p·lda + i], b[p·ldb + j], s)
//	Adam with s as the gradient of w[i·ldw + j], m and v likewise
//
// in tiles of 8 rows and 32 columns. The sums of a tile wait in sums[:256] until the next tile is on its way, and are
// followed, row by row, between its steps.
//
// Z0…Z15  the tile                      Z16,Z17  row p of B         Z18  a[p, i] in all lanes
// Z19…Z24 g, m, v and what follows      Z28…Z31  α, 1−β₁, 1−β₂, ε
// SI      a, row p   R10  its stride    DX       b, row p           R11  its stride    CX  steps of k left
// DI,R8,R9 w, m, v                      AX       the row of the tile before, in bytes  R13 8 rows on from it
// BX      ldw in bytes                  R12      that row in sums    R15  the tile, in bytes from w
TEXT ·gemmTNAdamTilesAVX512(SB), NOSPLIT, $24-104
	MOVQ s+96(FP), AX
	VBROADCASTSS AdamStep_Alpha(AX), Z28
	VBROADCASTSS AdamStep_OneMinusBeta1(AX), Z29
	VBROADCASTSS AdamStep_OneMinusBeta2(AX), Z30
	VBROADCASTSS AdamStep_Epsilon(AX), Z31
	MOVQ w+0(FP), DI
	MOVQ m+8(FP), R8
	MOVQ v+16(FP), R9
	MOVQ n+56(FP), BX
	SHLQ $2, BX
	MOVQ BX, columns-24(SP)   // in bytes
	MOVQ ldw+88(FP), BX
	SHLQ $2, BX
	MOVQ lda+72(FP), R10
	SHLQ $2, R10
	MOVQ ldb+80(FP), R11
	SHLQ $2, R11
	XORL R15, R15
	MOVQ sums+24(FP), R12
	ADDQ $1024, R12
	MOVQ R12, end-8(SP)       // of sums: no tile waits

rows8:
	MOVQ $0, column-16(SP)    // in bytes

tile:
	MOVQ   a+32(FP), SI
	MOVQ   b+40(FP), DX
	ADDQ   column-16(SP), DX
	MOVQ   k+64(FP), CX
	VPXORQ Z0, Z0, Z0
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
	CMPQ   R12, end-8(SP)
	JEQ    alone
	CMPQ   CX, $32
	JLT    dense

sparse: // four steps to a row, so that the divider is never waited for
	ADAM_BEGIN(0, Z21, Z22)
	STEP
	ADAM_DIVIDE(Z21, Z22)
	ADAM_BEGIN(64, Z23, Z24)
	STEP
	ADAM_DIVIDE(Z23, Z24)
	STEP
	ADAM_END(0, Z21)
	STEP
	ADAM_END(64, Z23)
	NEXT_ROW
	SUBQ $4, CX
	CMPQ R12, end-8(SP)
	JNE  sparse
	JMP  alone

dense: // two steps to a row
	CMPQ CX, $2
	JLT  rest
	ADAM(0, Z21, Z22)
	STEP
	ADAM(64, Z23, Z24)
	STEP
	NEXT_ROW
	SUBQ $2, CX
	CMPQ R12, end-8(SP)
	JNE  dense
	JMP  alone

rest: // of the rows, where k is small
	ADAM(0, Z21, Z22)
	ADAM(64, Z23, Z24)
	NEXT_ROW
	CMPQ R12, end-8(SP)
	JNE  rest

alone:
	TESTQ CX, CX
	JEQ   store

steps:
	STEP
	DECQ CX
	JNZ  steps

store:
	MOVQ sums+24(FP), R12
	STORE_ROW(0, Z0, Z1)
	STORE_ROW(1, Z2, Z3)
	STORE_ROW(2, Z4, Z5)
	STORE_ROW(3, Z6, Z7)
	STORE_ROW(4, Z8, Z9)
	STORE_ROW(5, Z10, Z11)
	STORE_ROW(6, Z12, Z13)
	STORE_ROW(7, Z14, Z15)
	MOVQ R15, AX
	LEAQ (AX)(BX*8), R13
	ADDQ $128, R15
	MOVQ column-16(SP), CX
	ADDQ $128, CX
	MOVQ CX, column-16(SP)
	CMPQ CX, columns-24(SP)
	JLT  tile
	LEAQ (R15)(BX*8), R15     // 8 rows on, and back to the first column
	SUBQ CX, R15
	ADDQ $32, a+32(FP)
	SUBQ $8, rows+48(FP)
	JGT  rows8

last:
	ADAM(0, Z21, Z22)
	ADAM(64, Z23, Z24)
	NEXT_ROW
	CMPQ R12, end-8(SP)
	JNE  last
	VZEROUPPER
	RET
