//go:build gc && !purego

#include "textflag.h"

// Every chain is s = ½·s + ½, which ends at 1 and stays there: no subnormal number slows it down. The chains are as
// many as there are registers beside the constant, at least the latency of an instruction (4 or 5 cycles) times the
// number of instructions that may begin in a cycle (2).

DATA half<>+0(SB)/4, $0.5
GLOBL half<>(SB), RODATA|NOPTR, $4

DATA halves<>+0(SB)/8, $0.5
DATA halves<>+8(SB)/8, $0.5
GLOBL halves<>(SB), RODATA|NOPTR, $16

#define HALF Z31
#define FMA(s) VFMADD213PS HALF, HALF, s // s = ½·s + ½
#define START(s) VMOVAPS HALF, s
#define FOUR(do, a, b, c, d) do(a); do(b); do(c); do(d)
#define EACH(do) \
	FOUR(do, Z0, Z1, Z2, Z3); FOUR(do, Z4, Z5, Z6, Z7); FOUR(do, Z8, Z9, Z10, Z11); \
	FOUR(do, Z12, Z13, Z14, Z15); FOUR(do, Z16, Z17, Z18, Z19); FOUR(do, Z20, Z21, Z22, Z23)

// func fmaAVX512(n int)
//
// n steps of 24 chains, each of the 16 values of one register.
//
//	CX  steps left
//	Z0–Z23 chains, Z31 ½
TEXT ·fmaAVX512(SB), NOSPLIT, $0-8
	MOVQ n+0(FP), CX
	TESTQ CX, CX
	JLE done
	VBROADCASTSS half<>(SB), HALF
	EACH(START)

step:
	EACH(FMA)
	DECQ CX
	JNZ step
	VZEROUPPER

done:
	RET

#undef HALF
#undef EACH
#define HALF Y15
#define EACH(do) \
	FOUR(do, Y0, Y1, Y2, Y3); FOUR(do, Y4, Y5, Y6, Y7); FOUR(do, Y8, Y9, Y10, Y11); do(Y12); do(Y13); do(Y14)

// func fmaAVX2(n int)
//
// n steps of 15 chains, each of the 8 values of one register.
//
//	CX  steps left
//	Y0–Y14 chains, Y15 ½
TEXT ·fmaAVX2(SB), NOSPLIT, $0-8
	MOVQ n+0(FP), CX
	TESTQ CX, CX
	JLE done
	VBROADCASTSS half<>(SB), HALF
	EACH(START)

step:
	EACH(FMA)
	DECQ CX
	JNZ step
	VZEROUPPER

done:
	RET

#undef FMA
#undef START
#undef HALF
#undef EACH
#define HALF X15
#define START(s) MOVAPD HALF, s
#define FMA(s) MULPD HALF, s; ADDPD HALF, s; CVTPD2PS s, s; CVTPS2PD s, s // s = float64(float32(½·s + ½))
#define EACH(do) \
	FOUR(do, X0, X1, X2, X3); FOUR(do, X4, X5, X6, X7); FOUR(do, X8, X9, X10, X11); do(X12); do(X13); do(X14)

// func fmaSSE2(n int)
//
// n steps of 15 chains, each of the 2 values of one register, by what a fused multiply-add without such an instruction
// costs at least: a product and a sum in float64, and the rounding to float32.
//
//	CX  steps left
//	X0–X14 chains, X15 ½
TEXT ·fmaSSE2(SB), NOSPLIT, $0-8
	MOVQ n+0(FP), CX
	TESTQ CX, CX
	JLE done
	MOVUPD halves<>(SB), HALF
	EACH(START)

step:
	EACH(FMA)
	DECQ CX
	JNZ step

done:
	RET
