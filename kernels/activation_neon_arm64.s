//go:build gc && !purego

#include "textflag.h"
#include "neon_arm64.h"
#include "elementary_neon_arm64.h"
#include "loops_neon_arm64.h"

// func exponentialNEON(y, x []float32, alpha float32)
//
// y = Exp(x); V26 = 89
#define EXPONENTIAL \
	FOUR3_BY(VFMIN, 26, 0, 4) \
	FOUR3_BY(VFMAX, 27, 4, 4) \
	EXP(4, 8, 12, 16)

TEXT ·exponentialNEON(SB), NOSPLIT, $0-52
	ELEMENTARY
	EXP_CONSTANTS
	LOAD(at_expHigh, 26)
	MAP(EXPONENTIAL)

// func sigmoidNEON(y, x []float32, alpha float32)
#define SIGMOID_MAP SIGMOID(0, 4, 8, 12, 16)

TEXT ·sigmoidNEON(SB), NOSPLIT, $0-52
	ELEMENTARY
	EXP_CONSTANTS
	MAP(SIGMOID_MAP)

// func tanhNEON(y, x []float32, alpha float32)
#define TANH_MAP TANH(0, 4, 8, 12, 16)

TEXT ·tanhNEON(SB), NOSPLIT, $0-52
	ELEMENTARY
	EXPM1_CONSTANTS
	MAP(TANH_MAP)
