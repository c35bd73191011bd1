//go:build gc && !purego

#include "textflag.h"

// func cpuid(function uint32) (eax, ecx uint32)
TEXT ·cpuid(SB), NOSPLIT, $0-16
	MOVL function+0(FP), AX
	XORL CX, CX // no sub-function
	CPUID
	MOVL AX, eax+8(FP)
	MOVL CX, ecx+12(FP)
	RET
