//go:build gc && !purego

#include "go_asm.h"
#include "textflag.h"
#include "floor_amd64.h"

// The micro-kernels of matrix products for AVX-512 (F). In all of them B's columns, or what stands for them, lie along
// the vector, and each element of the result is one chain of fused multiply-adds in ascending order of p.

// LAST_MASK sets K1 to the lanes, 1 to 16, of the last vector of n > 0 columns. It uses CX.
#define LAST_MASK(n, tmp) \
	MOVQ  n, CX           \
	DECQ  CX              \
	ANDQ  $15, CX         \
	MOVL  $2, tmp         \
	SHLL  CX, tmp         \
	DECL  tmp             \
	KMOVW tmp, K1

// One row of a tile of 32 columns: acc += a · (row p of B in Z28, Z29).
#define ROW32(a, low, high) \
	VBROADCASTSS a, Z30         \
	VFMADD231PS  Z28, Z30, low  \
	VFMADD231PS  Z29, Z30, high

// One row of a tile of 16 columns: acc += a · (row p of B in Z28).
#define ROW16(a, acc) VFMADD231PS.BCST a, Z28, acc

// One row of a tile of 8 columns: acc += a · (row p of B in Y28). (Zen 4 does two of these in a cycle, and one of the
// others.)
#define ROW8(a, acc) VFMADD231PS.BCST a, Y28, acc

// Row p of B: 32 columns, 17 to 31, up to 16. (On Zen 4 a masked load costs a slot of the multiply-adds' pipes.)
#define LOAD32 \
	VMOVUPS (DX), Z28   \
	VMOVUPS 64(DX), Z29

#define LOAD_EDGE \
	VMOVUPS   (DX), Z28       \
	VMOVUPS.Z 64(DX), K1, Z29

#define LOAD16 VMOVUPS.Z (DX), K1, Z28

#define LOAD8 VMOVUPS.Z (DX), K1, Y28

// The loop over p: A's rows go on by R10, B's by R11.
#define LOOP(label, load, rows) \
label: \
	load           \
	rows           \
	ADDQ R10, SI   \
	ADDQ R10, R8   \
	ADDQ R11, DX   \
	DECQ CX        \
	JNZ  label     \
	JMP  done

// The addresses of A's rows: 0 to 6 from SI, 7 to 13 from R8; AX, BX and R9 are 1, 3 and 5 row strides.
#define T32_1 ROW32((SI), Z0, Z1)
#define T32_2 T32_1; ROW32((SI)(AX*1), Z2, Z3)
#define T32_3 T32_2; ROW32((SI)(AX*2), Z4, Z5)
#define T32_4 T32_3; ROW32((SI)(BX*1), Z6, Z7)
#define T32_5 T32_4; ROW32((SI)(AX*4), Z8, Z9)
#define T32_6 T32_5; ROW32((SI)(R9*1), Z10, Z11)
#define T32_7 T32_6; ROW32((SI)(BX*2), Z12, Z13)
#define T32_8 T32_7; ROW32((R8), Z14, Z15)
#define T32_9 T32_8; ROW32((R8)(AX*1), Z16, Z17)
#define T32_10 T32_9; ROW32((R8)(AX*2), Z18, Z19)
#define T32_11 T32_10; ROW32((R8)(BX*1), Z20, Z21)
#define T32_12 T32_11; ROW32((R8)(AX*4), Z22, Z23)
#define T32_13 T32_12; ROW32((R8)(R9*1), Z24, Z25)
#define T32_14 T32_13; ROW32((R8)(BX*2), Z26, Z27)

#define T16_1 ROW16((SI), Z0)
#define T16_2 T16_1; ROW16((SI)(AX*1), Z2)
#define T16_3 T16_2; ROW16((SI)(AX*2), Z4)
#define T16_4 T16_3; ROW16((SI)(BX*1), Z6)
#define T16_5 T16_4; ROW16((SI)(AX*4), Z8)
#define T16_6 T16_5; ROW16((SI)(R9*1), Z10)
#define T16_7 T16_6; ROW16((SI)(BX*2), Z12)
#define T16_8 T16_7; ROW16((R8), Z14)
#define T16_9 T16_8; ROW16((R8)(AX*1), Z16)
#define T16_10 T16_9; ROW16((R8)(AX*2), Z18)
#define T16_11 T16_10; ROW16((R8)(BX*1), Z20)
#define T16_12 T16_11; ROW16((R8)(AX*4), Z22)
#define T16_13 T16_12; ROW16((R8)(R9*1), Z24)
#define T16_14 T16_13; ROW16((R8)(BX*2), Z26)

#define T8_1 ROW8((SI), Y0)
#define T8_2 T8_1; ROW8((SI)(AX*1), Y2)
#define T8_3 T8_2; ROW8((SI)(AX*2), Y4)
#define T8_4 T8_3; ROW8((SI)(BX*1), Y6)
#define T8_5 T8_4; ROW8((SI)(AX*4), Y8)
#define T8_6 T8_5; ROW8((SI)(R9*1), Y10)
#define T8_7 T8_6; ROW8((SI)(BX*2), Y12)
#define T8_8 T8_7; ROW8((R8), Y14)
#define T8_9 T8_8; ROW8((R8)(AX*1), Y16)
#define T8_10 T8_9; ROW8((R8)(AX*2), Y18)
#define T8_11 T8_10; ROW8((R8)(BX*1), Y20)
#define T8_12 T8_11; ROW8((R8)(AX*4), Y22)
#define T8_13 T8_12; ROW8((R8)(R9*1), Y24)
#define T8_14 T8_13; ROW8((R8)(BX*2), Y26)

// Rows of C: stored, or added to what is there and stored, but nothing below the floor in Z31, which costs no time. (A
// NaN and −0 stay: where VMAXPS cannot say which is larger it takes its first operand.) The tile ends when BX rows are
// done.
#define STORE32(low, high) \
	VMAXPS  low, Z31, low    \
	VMAXPS  high, Z31, high  \
	VMOVUPS low, (DI)        \
	VMOVUPS high, K1, 64(DI) \
	DECQ    BX               \
	JZ      end              \
	ADDQ    R12, DI

#define ADD32(low, high) \
	VADDPS    (DI), low, low      \
	VMOVUPS.Z 64(DI), K1, Z28     \
	VADDPS    Z28, high, high     \
	STORE32(low, high)

#define STORE16(acc) \
	VMAXPS  acc, Z31, acc \
	VMOVUPS acc, K1, (DI) \
	DECQ    BX            \
	JZ      end           \
	ADDQ    R12, DI

#define ADD16(acc) \
	VMOVUPS.Z (DI), K1, Z28 \
	VADDPS    Z28, acc, acc \
	STORE16(acc)

// A row's sums begin with the bias at CX. DX rows are left.
#define ROW_BIAS(low, high) \
	VBROADCASTSS (CX), low  \
	VMOVAPS      low, high  \
	ADDQ         $4, CX     \
	DECQ         DX         \
	JZ           rowBiasEnd

// func tilesAVX512(c, a, b, bias *float32, m, height, n, k, rsA, csA, rsB, rsC int, end ending)
//
// For i < m and j < n, k ≥ 1:
//
//	s = bias[j], or bias[i] by biasOfRows, or 0 if bias is nil
//	for p < k: s = fma(a[i·rsA + p·csA], b[p·rsB + j], s)
//	c[i·rsC + j] = s, or c[i·rsC + j] + s by addToC; then 0 if it is less than that, by endReLU
//
// in panels of 32 columns and tiles of height ≤ 14 rows, the last ones of what is left.
//
// Z0…Z27  the tile: rows of two vectors (up to 16 columns: only the even ones)
// Z28,Z29 row p of B           Z30  a[i, p] in all lanes      Z31  the floor, 0 or −∞
// K1      lanes of the last vector
// SI,R8   a, rows 0 and 7 of the tile     AX,BX,R9  1, 3, 5 · rsA     R10  csA
// DX      b                    R11  rsB
// DI      c                    R12  rsC   CX  steps of k left
// R13     rows of the tile     R15  rows left after it     next  a of the next tile
// columns  of the panel, start  bias of the panel or of the next tile's rows
TEXT ·tilesAVX512(SB), NOSPLIT, $24-97
	FLOOR(end+96(FP), CX, DX, Z31)

panel:
	MOVQ    n+48(FP), R13
	MOVQ    $32, CX
	CMPQ    R13, CX
	CMOVQGT CX, R13
	MOVQ    R13, columns-16(SP)
	LAST_MASK(R13, DX)
	MOVQ bias+24(FP), DX
	MOVQ DX, start-24(SP)
	MOVQ rsA+64(FP), AX
	MOVQ a+8(FP), SI
	MOVQ csA+72(FP), R10
	SHLQ $2, AX
	SHLQ $2, R10
	LEAQ (AX)(AX*4), R9
	MOVQ rsB+80(FP), R11
	SHLQ $2, R11
	MOVQ c+0(FP), DI
	MOVQ rsC+88(FP), R12
	SHLQ $2, R12
	MOVQ m+32(FP), R15
	MOVQ SI, next-8(SP)

tile:
	MOVQ    height+40(FP), R13
	CMPQ    R13, R15
	CMOVQGT R15, R13
	SUBQ    R13, R15
	MOVQ    next-8(SP), SI
	LEAQ    (AX)(AX*2), BX
	LEAQ    (SI)(BX*2), R8
	ADDQ    AX, R8
	MOVQ    R13, CX
	IMULQ   AX, CX
	ADDQ    SI, CX
	MOVQ    CX, next-8(SP)

	// What will be added to is asked for now.
	TESTB $const_addToC, end+96(FP)
	JEQ   begin
	MOVQ DI, CX
	MOVQ R13, DX

prefetch:
	PREFETCHT0 (CX)
	PREFETCHT0 64(CX)
	ADDQ       R12, CX
	DECQ       DX
	JNZ        prefetch

begin:
	MOVQ  start-24(SP), CX
	TESTB $const_biasOfRows, end+96(FP)
	JNE   rowBias

	// Every row begins as row 0: with the bias, or 0.
	VPXORQ Z0, Z0, Z0
	VPXORQ Z1, Z1, Z1
	TESTQ  CX, CX
	JZ     start
	CMPQ   columns-16(SP), $16
	JLE    narrowBias
	VMOVUPS   (CX), Z0
	VMOVUPS.Z 64(CX), K1, Z1
	JMP       start

rowBias: // every row begins with its own
	MOVQ R13, DX
	ROW_BIAS(Z0, Z1)
	ROW_BIAS(Z2, Z3)
	ROW_BIAS(Z4, Z5)
	ROW_BIAS(Z6, Z7)
	ROW_BIAS(Z8, Z9)
	ROW_BIAS(Z10, Z11)
	ROW_BIAS(Z12, Z13)
	ROW_BIAS(Z14, Z15)
	ROW_BIAS(Z16, Z17)
	ROW_BIAS(Z18, Z19)
	ROW_BIAS(Z20, Z21)
	ROW_BIAS(Z22, Z23)
	ROW_BIAS(Z24, Z25)
	ROW_BIAS(Z26, Z27)

rowBiasEnd:
	MOVQ CX, start-24(SP) // of the next tile
	JMP  begun

narrowBias:
	VMOVUPS.Z (CX), K1, Z0

start:
	VMOVAPS Z0, Z2
	VMOVAPS Z1, Z3
	VMOVAPS Z0, Z4
	VMOVAPS Z1, Z5
	VMOVAPS Z0, Z6
	VMOVAPS Z1, Z7
	VMOVAPS Z0, Z8
	VMOVAPS Z1, Z9
	VMOVAPS Z0, Z10
	VMOVAPS Z1, Z11
	VMOVAPS Z0, Z12
	VMOVAPS Z1, Z13
	VMOVAPS Z0, Z14
	VMOVAPS Z1, Z15
	VMOVAPS Z0, Z16
	VMOVAPS Z1, Z17
	VMOVAPS Z0, Z18
	VMOVAPS Z1, Z19
	VMOVAPS Z0, Z20
	VMOVAPS Z1, Z21
	VMOVAPS Z0, Z22
	VMOVAPS Z1, Z23
	VMOVAPS Z0, Z24
	VMOVAPS Z1, Z25
	VMOVAPS Z0, Z26
	VMOVAPS Z1, Z27

begun:
	MOVQ b+16(FP), DX
	MOVQ k+56(FP), CX
	CMPQ columns-16(SP), $8
	JLE  eight
	CMPQ columns-16(SP), $16
	JLE  narrow
	CMPQ columns-16(SP), $32
	JLT  edge

	CMPQ R13, $8
	JLT  fullFew
	JEQ  full8
	CMPQ R13, $11
	JLT  fullSome
	JEQ  full11
	CMPQ R13, $13
	JLT  full12
	JEQ  full13
	LOOP(full14, LOAD32, T32_14)
	LOOP(full13, LOAD32, T32_13)
	LOOP(full12, LOAD32, T32_12)
	LOOP(full11, LOAD32, T32_11)

fullSome:
	CMPQ R13, $10
	JLT  full9
	LOOP(full10, LOAD32, T32_10)
	LOOP(full9, LOAD32, T32_9)
	LOOP(full8, LOAD32, T32_8)

fullFew:
	CMPQ R13, $4
	JLT  fullFewer
	JEQ  full4
	CMPQ R13, $6
	JLT  full5
	JEQ  full6
	LOOP(full7, LOAD32, T32_7)
	LOOP(full6, LOAD32, T32_6)
	LOOP(full5, LOAD32, T32_5)
	LOOP(full4, LOAD32, T32_4)

fullFewer:
	CMPQ R13, $2
	JLT  full1
	JEQ  full2
	LOOP(full3, LOAD32, T32_3)
	LOOP(full2, LOAD32, T32_2)
	LOOP(full1, LOAD32, T32_1)

edge:
	CMPQ R13, $8
	JLT  edgeFew
	JEQ  edge8
	CMPQ R13, $11
	JLT  edgeSome
	JEQ  edge11
	CMPQ R13, $13
	JLT  edge12
	JEQ  edge13
	LOOP(edge14, LOAD_EDGE, T32_14)
	LOOP(edge13, LOAD_EDGE, T32_13)
	LOOP(edge12, LOAD_EDGE, T32_12)
	LOOP(edge11, LOAD_EDGE, T32_11)

edgeSome:
	CMPQ R13, $10
	JLT  edge9
	LOOP(edge10, LOAD_EDGE, T32_10)
	LOOP(edge9, LOAD_EDGE, T32_9)
	LOOP(edge8, LOAD_EDGE, T32_8)

edgeFew:
	CMPQ R13, $4
	JLT  edgeFewer
	JEQ  edge4
	CMPQ R13, $6
	JLT  edge5
	JEQ  edge6
	LOOP(edge7, LOAD_EDGE, T32_7)
	LOOP(edge6, LOAD_EDGE, T32_6)
	LOOP(edge5, LOAD_EDGE, T32_5)
	LOOP(edge4, LOAD_EDGE, T32_4)

edgeFewer:
	CMPQ R13, $2
	JLT  edge1
	JEQ  edge2
	LOOP(edge3, LOAD_EDGE, T32_3)
	LOOP(edge2, LOAD_EDGE, T32_2)
	LOOP(edge1, LOAD_EDGE, T32_1)

narrow:
	CMPQ R13, $8
	JLT  narrowFew
	JEQ  narrow8
	CMPQ R13, $11
	JLT  narrowSome
	JEQ  narrow11
	CMPQ R13, $13
	JLT  narrow12
	JEQ  narrow13
	LOOP(narrow14, LOAD16, T16_14)
	LOOP(narrow13, LOAD16, T16_13)
	LOOP(narrow12, LOAD16, T16_12)
	LOOP(narrow11, LOAD16, T16_11)

narrowSome:
	CMPQ R13, $10
	JLT  narrow9
	LOOP(narrow10, LOAD16, T16_10)
	LOOP(narrow9, LOAD16, T16_9)
	LOOP(narrow8, LOAD16, T16_8)

narrowFew:
	CMPQ R13, $4
	JLT  narrowFewer
	JEQ  narrow4
	CMPQ R13, $6
	JLT  narrow5
	JEQ  narrow6
	LOOP(narrow7, LOAD16, T16_7)
	LOOP(narrow6, LOAD16, T16_6)
	LOOP(narrow5, LOAD16, T16_5)
	LOOP(narrow4, LOAD16, T16_4)

narrowFewer:
	CMPQ R13, $2
	JLT  narrow1
	JEQ  narrow2
	LOOP(narrow3, LOAD16, T16_3)
	LOOP(narrow2, LOAD16, T16_2)
	LOOP(narrow1, LOAD16, T16_1)

eight:
	CMPQ R13, $8
	JLT  eightFew
	JEQ  eight8
	CMPQ R13, $11
	JLT  eightSome
	JEQ  eight11
	CMPQ R13, $13
	JLT  eight12
	JEQ  eight13
	LOOP(eight14, LOAD8, T8_14)
	LOOP(eight13, LOAD8, T8_13)
	LOOP(eight12, LOAD8, T8_12)
	LOOP(eight11, LOAD8, T8_11)

eightSome:
	CMPQ R13, $10
	JLT  eight9
	LOOP(eight10, LOAD8, T8_10)
	LOOP(eight9, LOAD8, T8_9)
	LOOP(eight8, LOAD8, T8_8)

eightFew:
	CMPQ R13, $4
	JLT  eightFewer
	JEQ  eight4
	CMPQ R13, $6
	JLT  eight5
	JEQ  eight6
	LOOP(eight7, LOAD8, T8_7)
	LOOP(eight6, LOAD8, T8_6)
	LOOP(eight5, LOAD8, T8_5)
	LOOP(eight4, LOAD8, T8_4)

eightFewer:
	CMPQ R13, $2
	JLT  eight1
	JEQ  eight2
	LOOP(eight3, LOAD8, T8_3)
	LOOP(eight2, LOAD8, T8_2)
	LOOP(eight1, LOAD8, T8_1)

done:
	MOVQ R13, BX // rows
	CMPQ columns-16(SP), $16
	JLE  narrowEnd
	TESTB $const_addToC, end+96(FP)
	JNE   add32
	STORE32(Z0, Z1)
	STORE32(Z2, Z3)
	STORE32(Z4, Z5)
	STORE32(Z6, Z7)
	STORE32(Z8, Z9)
	STORE32(Z10, Z11)
	STORE32(Z12, Z13)
	STORE32(Z14, Z15)
	STORE32(Z16, Z17)
	STORE32(Z18, Z19)
	STORE32(Z20, Z21)
	STORE32(Z22, Z23)
	STORE32(Z24, Z25)
	STORE32(Z26, Z27)

add32:
	ADD32(Z0, Z1)
	ADD32(Z2, Z3)
	ADD32(Z4, Z5)
	ADD32(Z6, Z7)
	ADD32(Z8, Z9)
	ADD32(Z10, Z11)
	ADD32(Z12, Z13)
	ADD32(Z14, Z15)
	ADD32(Z16, Z17)
	ADD32(Z18, Z19)
	ADD32(Z20, Z21)
	ADD32(Z22, Z23)
	ADD32(Z24, Z25)
	ADD32(Z26, Z27)

narrowEnd:
	TESTB $const_addToC, end+96(FP)
	JNE   add16
	STORE16(Z0)
	STORE16(Z2)
	STORE16(Z4)
	STORE16(Z6)
	STORE16(Z8)
	STORE16(Z10)
	STORE16(Z12)
	STORE16(Z14)
	STORE16(Z16)
	STORE16(Z18)
	STORE16(Z20)
	STORE16(Z22)
	STORE16(Z24)
	STORE16(Z26)

add16:
	ADD16(Z0)
	ADD16(Z2)
	ADD16(Z4)
	ADD16(Z6)
	ADD16(Z8)
	ADD16(Z10)
	ADD16(Z12)
	ADD16(Z14)
	ADD16(Z16)
	ADD16(Z18)
	ADD16(Z20)
	ADD16(Z22)
	ADD16(Z24)
	ADD16(Z26)

end:
	ADDQ  R12, DI
	TESTQ R15, R15
	JNZ   tile
	SUBQ  $32, n+48(FP)
	JLE   allDone
	ADDQ  $128, c+0(FP)
	ADDQ  $128, b+16(FP)
	MOVQ  bias+24(FP), CX
	TESTQ CX, CX
	JZ    panel
	TESTB $const_biasOfRows, end+96(FP)
	JNE   panel
	ADDQ  $128, CX
	MOVQ  CX, bias+24(FP)
	JMP   panel

allDone:
	VZEROUPPER
	RET
