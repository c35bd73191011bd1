//go:build gc && !purego

#include "textflag.h"

// CONSTANT defines a 64-bit number.
#define CONSTANT(name, value) DATA name<>+0(SB)/8, value; GLOBL name<>(SB), RODATA|NOPTR, $8

// Eight steps of the generator at once: state·multiplier⁸ + increment·(1 + multiplier + … + multiplier⁷).
CONSTANT(multiplierLo, $0xd1a2d6f33505ffe1)
CONSTANT(multiplierHi, $0x6347af777a7898f6)
CONSTANT(incrementLo, $0x6583b868a1d77908)
CONSTANT(incrementHi, $0x03ec56bc8fc560a8)
CONSTANT(cheap, $0xda942042e4dd58b5) // DXSM's multiplier
CONSTANT(one, $1)
CONSTANT(eight, $8.0)
DATA ascending<>+0(SB)/8, $0.0
DATA ascending<>+8(SB)/8, $1.0
DATA ascending<>+16(SB)/8, $2.0
DATA ascending<>+24(SB)/8, $3.0
DATA ascending<>+32(SB)/8, $4.0
DATA ascending<>+40(SB)/8, $5.0
DATA ascending<>+48(SB)/8, $6.0
DATA ascending<>+56(SB)/8, $7.0
GLOBL ascending<>(SB), RODATA|NOPTR, $64

#define LO Z0
#define HI Z1
#define LAST_LO Z2 // the states of the eight numbers before
#define LAST_HI Z3
#define LARGEST Z4
#define N Z5 // as float64

#define M_LO Z16
#define M_HI Z17
#define M_LO_UPPER Z18 // the upper 32 bits of M_LO
#define C_LO Z19
#define C_HI Z20
#define CHEAP Z21
#define ONE Z22
#define EIGHT Z23
#define LOWER Z24 // 2³² − 1

// func drawsAVX512(draws []int32, hi, lo *[8]uint64, n uint32) (largest uint32)
//
// draws[i] = v mod (n−i), v being the upper 32 bits of DXSM(hi, lo), for states one after the other. The remainder is
// v − ⌊v/n⌋·n in float64: a quotient that is no integer is 1/n away from the next one at least, and is rounded by less
// than 2⁻²⁰/n.
//
// DI: draws; CX: how many are left; SI: hi; DX: lo
TEXT ·drawsAVX512(SB), NOSPLIT, $0-52
	MOVQ         draws_base+0(FP), DI
	MOVQ         draws_len+8(FP), CX
	MOVQ         hi+24(FP), SI
	MOVQ         lo+32(FP), DX
	MOVL         n+40(FP), AX
	VMOVDQU64    (DX), LO
	VMOVDQU64    (SI), HI
	VPBROADCASTQ multiplierLo<>(SB), M_LO
	VPBROADCASTQ multiplierHi<>(SB), M_HI
	VPSRLQ       $32, M_LO, M_LO_UPPER
	VPBROADCASTQ incrementLo<>(SB), C_LO
	VPBROADCASTQ incrementHi<>(SB), C_HI
	VPBROADCASTQ cheap<>(SB), CHEAP
	VPBROADCASTQ one<>(SB), ONE
	VPBROADCASTQ eight<>(SB), EIGHT
	VPTERNLOGD   $0xff, LOWER, LOWER, LOWER
	VPSRLQ       $32, LOWER, LOWER
	VPBROADCASTQ AX, N
	VCVTUQQ2PD   N, N
	VSUBPD       ascending<>(SB), N, N
	VPXORQ       LARGEST, LARGEST, LARGEST

next:
	// v = DXSM(hi, lo) >> 32
	VPSRLQ  $32, HI, Z6
	VPXORQ  HI, Z6, Z6
	VPMULLQ CHEAP, Z6, Z6
	VPSRLQ  $48, Z6, Z7
	VPXORQ  Z7, Z6, Z6
	VPORQ   ONE, LO, Z7
	VPMULLQ Z7, Z6, Z6
	VPSRLQ  $32, Z6, Z6
	VPMAXUQ Z6, LARGEST, LARGEST

	// v − ⌊v/n⌋·n
	VCVTUQQ2PD   Z6, Z6
	VDIVPD       N, Z6, Z7
	VRNDSCALEPD  $3, Z7, Z7
	VFNMADD231PD N, Z7, Z6
	VCVTTPD2DQ   Z6, Y6
	VMOVDQU      Y6, (DI)
	VSUBPD       EIGHT, N, N

	// (hi, lo) = (hi, lo)·m + c; lo·M_LO of 128 bits by four products of 32-bit halves
	VMOVDQA64 LO, LAST_LO
	VMOVDQA64 HI, LAST_HI
	VPSRLQ    $32, LO, Z7
	VPMULUDQ  M_LO, LO, Z8
	VPMULUDQ  M_LO, Z7, Z9
	VPMULUDQ  M_LO_UPPER, LO, Z10
	VPMULUDQ  M_LO_UPPER, Z7, Z11
	VPMULLQ   M_HI, LO, Z12
	VPMULLQ   M_LO, HI, Z13
	VPMULLQ   M_LO, LO, Z14
	VPSRLQ    $32, Z8, Z8
	VPADDQ    Z8, Z9, Z9      // upper·lower + carry
	VPANDQ    LOWER, Z9, Z15
	VPADDQ    Z15, Z10, Z10   // lower·upper + carry
	VPSRLQ    $32, Z9, Z9
	VPSRLQ    $32, Z10, Z10
	VPADDQ    Z9, Z11, Z11
	VPADDQ    C_HI, Z12, Z12
	VPADDQ    Z13, Z12, Z12
	VPADDQ    Z10, Z11, Z11   // the upper half of lo·M_LO
	VPADDQ    Z12, Z11, HI
	VPADDQ    C_LO, Z14, LO
	VPCMPUQ   $1, C_LO, LO, K1 // a carry: less than what was added
	VPADDQ    ONE, HI, K1, HI

	ADDQ $32, DI
	SUBQ $8, CX
	JA   next

	VMOVDQU64     LAST_LO, (DX)
	VMOVDQU64     LAST_HI, (SI)
	VEXTRACTI64X4 $1, LARGEST, Y6
	VPMAXUQ       Y6, Y4, Y4
	VEXTRACTI64X2 $1, Y4, X6
	VPMAXUQ       X6, X4, X4
	VPSHUFD       $0x4e, X4, X6
	VPMAXUQ       X6, X4, X4
	VMOVD         X4, AX
	MOVL          AX, largest+48(FP)
	VZEROUPPER
	RET
