//go:build gc && !purego

#include "textflag.h"

// Every chain is s = s + ½·½, which ends at 2²² and stays there: it becomes neither infinite nor subnormal. 24 chains
// are the latency of an instruction (4 cycles) times the number that may begin in a cycle (4, on the widest 6).

#define START(s) VMOV V31.B16, s.B16
#define FMA(s) VFMLA V31.S4, V31.S4, s.S4 // s = s + ½·½
#define FOUR(do, a, b, c, d) do(a); do(b); do(c); do(d)
#define EACH(do) \
	FOUR(do, V0, V1, V2, V3); FOUR(do, V4, V5, V6, V7); FOUR(do, V8, V9, V10, V11); \
	FOUR(do, V12, V13, V14, V15); FOUR(do, V16, V17, V18, V19); FOUR(do, V20, V21, V22, V23)

// func fmaNEON(n int)
//
// n steps of 24 chains, each of the 4 values of one register.
//
//	R0  steps left
//	V0–V23 chains, V31 ½
TEXT ·fmaNEON(SB), NOSPLIT, $0-8
	MOVD  n+0(FP), R0
	CMP   $0, R0
	BLE   done
	FMOVS $0.5, F31
	VDUP  V31.S[0], V31.S4
	EACH(START)

step:
	EACH(FMA)
	SUBS $1, R0
	BNE  step

done:
	RET
