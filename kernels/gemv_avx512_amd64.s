//go:build gc && !purego

#include "go_asm.h"
#include "textflag.h"
#include "floor_amd64.h"

// The product of a single row, for AVX-512 (F).

#define COLUMN(offset, acc) VFMADD231PS offset(DX), Z31, acc

#define COLUMNS4(offset, a0, a1, a2, a3) \
	COLUMN(offset, a0)     \
	COLUMN(offset+64, a1)  \
	COLUMN(offset+128, a2) \
	COLUMN(offset+192, a3)

// The accumulators begin with the bias (at R12), or 0.
#define START4(offset, a0, a1, a2, a3) \
	VMOVUPS offset(R12), a0      \
	VMOVUPS offset+64(R12), a1   \
	VMOVUPS offset+128(R12), a2  \
	VMOVUPS offset+192(R12), a3

#define ZERO4(a0, a1, a2, a3) \
	VPXORQ a0, a0, a0 \
	VPXORQ a1, a1, a1 \
	VPXORQ a2, a2, a2 \
	VPXORQ a3, a3, a3

#define ADD4(offset, a0, a1, a2, a3) \
	VADDPS offset(DI), a0, a0     \
	VADDPS offset+64(DI), a1, a1  \
	VADDPS offset+128(DI), a2, a2 \
	VADDPS offset+192(DI), a3, a3

// Nothing below the floor in Z30, see gemm_avx512_amd64.s.
#define STORE4(offset, a0, a1, a2, a3) \
	VMAXPS  a0, Z30, a0        \
	VMAXPS  a1, Z30, a1        \
	VMAXPS  a2, Z30, a2        \
	VMAXPS  a3, Z30, a3        \
	VMOVUPS a0, offset(DI)     \
	VMOVUPS a1, offset+64(DI)  \
	VMOVUPS a2, offset+128(DI) \
	VMOVUPS a3, offset+192(DI)

// The loop over p for one group of columns: SI runs over a, DX over b.
#define GROUP_LOOP(label, columns) \
	MOVQ a+8(FP), SI         \
	MOVQ R11, DX             \
	MOVQ k+40(FP), CX        \
label: \
	VBROADCASTSS (SI), Z31   \
	columns                  \
	ADDQ R8, SI              \
	ADDQ R9, DX              \
	DECQ CX                  \
	JNZ  label

// To the next group: bytes of columns.
#define NEXT_GROUP(bytes, count) \
	ADDQ $bytes, DI  \
	ADDQ $bytes, R11 \
	ADDQ $bytes, R12 \
	SUBQ $count, BX

// func rowAVX512(c, a, b, bias *float32, n, k, csA, rsB int, end ending)
//
// For j < n, both n and k ≥ 1:
//
//	s = bias[j], or 0 if bias is nil
//	for p < k: s = fma(a[p·csA], b[p·rsB + j], s)
//	c[j] = s, or c[j] + s by addToC; then 0 if it is less than that, by endReLU
//
// Groups of 256 columns, then 128, 64, and what is left below 64 under masks.
//
// Z0…Z15 the group's sums        Z30 the floor, 0 or −∞    Z31 a[p] in all lanes    K1…K4 lanes of the last vectors
// DI c, R11 b, R12 bias of the group                       BX columns left
// SI a, DX b of row p            R8, R9 csA, rsB           CX p; AX end, R13 bias
TEXT ·rowAVX512(SB), NOSPLIT, $0-65
	MOVQ    c+0(FP), DI
	MOVQ    b+16(FP), R11
	MOVQ    bias+24(FP), R12
	MOVQ    R12, R13
	MOVQ    n+32(FP), BX
	MOVQ    csA+48(FP), R8
	MOVQ    rsB+56(FP), R9
	SHLQ    $2, R8
	SHLQ    $2, R9
	FLOOR(end+64(FP), AX, DX, Z30)
	MOVBLZX end+64(FP), AX
	CMPQ    BX, $64
	JLT     rest

wide:
	CMPQ  BX, $256
	JLT   half
	TESTQ R13, R13
	JZ    wideZero
	START4(0, Z0, Z1, Z2, Z3)
	START4(256, Z4, Z5, Z6, Z7)
	START4(512, Z8, Z9, Z10, Z11)
	START4(768, Z12, Z13, Z14, Z15)
	JMP   wideStart

wideZero:
	ZERO4(Z0, Z1, Z2, Z3)
	ZERO4(Z4, Z5, Z6, Z7)
	ZERO4(Z8, Z9, Z10, Z11)
	ZERO4(Z12, Z13, Z14, Z15)

#define COLUMNS16 \
	COLUMNS4(0, Z0, Z1, Z2, Z3)     \
	COLUMNS4(256, Z4, Z5, Z6, Z7)   \
	COLUMNS4(512, Z8, Z9, Z10, Z11) \
	COLUMNS4(768, Z12, Z13, Z14, Z15)

wideStart:
	GROUP_LOOP(wideLoop, COLUMNS16)
	TESTL $const_addToC, AX
	JZ    wideStore
	ADD4(0, Z0, Z1, Z2, Z3)
	ADD4(256, Z4, Z5, Z6, Z7)
	ADD4(512, Z8, Z9, Z10, Z11)
	ADD4(768, Z12, Z13, Z14, Z15)

wideStore:
	STORE4(0, Z0, Z1, Z2, Z3)
	STORE4(256, Z4, Z5, Z6, Z7)
	STORE4(512, Z8, Z9, Z10, Z11)
	STORE4(768, Z12, Z13, Z14, Z15)
	NEXT_GROUP(1024, 256)
	JMP wide

half:
	CMPQ  BX, $128
	JLT   quarter
	TESTQ R13, R13
	JZ    halfZero
	START4(0, Z0, Z1, Z2, Z3)
	START4(256, Z4, Z5, Z6, Z7)
	JMP   halfStart

halfZero:
	ZERO4(Z0, Z1, Z2, Z3)
	ZERO4(Z4, Z5, Z6, Z7)

#define COLUMNS8 \
	COLUMNS4(0, Z0, Z1, Z2, Z3)   \
	COLUMNS4(256, Z4, Z5, Z6, Z7)

halfStart:
	GROUP_LOOP(halfLoop, COLUMNS8)
	TESTL $const_addToC, AX
	JZ    halfStore
	ADD4(0, Z0, Z1, Z2, Z3)
	ADD4(256, Z4, Z5, Z6, Z7)

halfStore:
	STORE4(0, Z0, Z1, Z2, Z3)
	STORE4(256, Z4, Z5, Z6, Z7)
	NEXT_GROUP(512, 128)

quarter:
	CMPQ  BX, $64
	JLT   rest
	TESTQ R13, R13
	JZ    quarterZero
	START4(0, Z0, Z1, Z2, Z3)
	JMP   quarterStart

quarterZero:
	ZERO4(Z0, Z1, Z2, Z3)

#define COLUMNS_4 COLUMNS4(0, Z0, Z1, Z2, Z3)

quarterStart:
	GROUP_LOOP(quarterLoop, COLUMNS_4)
	TESTL $const_addToC, AX
	JZ    quarterStore
	ADD4(0, Z0, Z1, Z2, Z3)

quarterStore:
	STORE4(0, Z0, Z1, Z2, Z3)
	NEXT_GROUP(256, 64)

rest: // fewer than 64: K1…K4 are the lanes of up to four vectors
	TESTQ BX, BX
	JZ    end
	MOVQ  BX, CX
	MOVQ  $1, DX
	SHLQ  CX, DX
	DECQ  DX
	KMOVW DX, K1
	CMPQ  BX, $16
	JLE   rest1
	SHRQ  $16, DX
	KMOVW DX, K2
	CMPQ  BX, $32
	JLE   rest2
	SHRQ  $16, DX
	KMOVW DX, K3
	SHRQ  $16, DX
	KMOVW DX, K4

// Memory behind masked lanes is not read.
#define REST_START(offset, mask, acc) VMOVUPS.Z offset(R12), mask, acc
#define REST_COLUMN(offset, mask, x, acc) \
	VMOVUPS.Z   offset(DX), mask, x \
	VFMADD231PS x, Z31, acc
#define REST_ADD(offset, mask, acc) VADDPS offset(DI), acc, mask, acc
#define REST_STORE(offset, mask, acc) \
	VMAXPS  acc, Z30, acc         \
	VMOVUPS acc, mask, offset(DI)

#define REST1 REST_COLUMN(0, K1, Z16, Z0)
#define REST2 REST1; REST_COLUMN(64, K2, Z17, Z1)
#define REST4 REST2; REST_COLUMN(128, K3, Z18, Z2); REST_COLUMN(192, K4, Z19, Z3)

	ZERO4(Z0, Z1, Z2, Z3)
	TESTQ R13, R13
	JZ    rest4Start
	REST_START(0, K1, Z0)
	REST_START(64, K2, Z1)
	REST_START(128, K3, Z2)
	REST_START(192, K4, Z3)

rest4Start:
	GROUP_LOOP(rest4Loop, REST4)
	TESTL $const_addToC, AX
	JZ    rest4Store
	REST_ADD(0, K1, Z0)
	REST_ADD(64, K2, Z1)
	REST_ADD(128, K3, Z2)
	REST_ADD(192, K4, Z3)

rest4Store:
	REST_STORE(0, K1, Z0)
	REST_STORE(64, K2, Z1)
	REST_STORE(128, K3, Z2)
	REST_STORE(192, K4, Z3)
	JMP   end

rest2:
	VPXORQ Z0, Z0, Z0
	VPXORQ Z1, Z1, Z1
	TESTQ  R13, R13
	JZ     rest2Start
	REST_START(0, K1, Z0)
	REST_START(64, K2, Z1)

rest2Start:
	GROUP_LOOP(rest2Loop, REST2)
	TESTL $const_addToC, AX
	JZ    rest2Store
	REST_ADD(0, K1, Z0)
	REST_ADD(64, K2, Z1)

rest2Store:
	REST_STORE(0, K1, Z0)
	REST_STORE(64, K2, Z1)
	JMP   end

rest1:
	VPXORQ Z0, Z0, Z0
	TESTQ  R13, R13
	JZ     rest1Start
	REST_START(0, K1, Z0)

rest1Start:
	GROUP_LOOP(rest1Loop, REST1)
	TESTL $const_addToC, AX
	JZ    rest1Store
	REST_ADD(0, K1, Z0)

rest1Store:
	REST_STORE(0, K1, Z0)

end:
	VZEROUPPER
	RET
