//go:build gc && !purego

#include "textflag.h"

// Rows copied from all over a matrix of the given number of rows; those that are to come are fetched into the cache
// meanwhile. At a row that the matrix has not the copying ends: the result is how many are left.
//
// DI: the result's next bytes; SI: src; R8: &order[i]; R9: bytes in a row; R11: ahead; R12: rows of src; CX: rows left;
// AX: the row's next bytes; BX: those of the row order[i+ahead]

#define ROWS                         \
	MOVQ  dst_base+0(FP), DI     \
	MOVQ  src_base+24(FP), SI    \
	MOVQ  order_base+48(FP), R8  \
	MOVQ  n+72(FP), CX           \
	MOVQ  width+80(FP), R9       \
	MOVQ  rows+88(FP), R12       \
	MOVQ  ahead+96(FP), R11      \
	SHLQ  $2, R9                 \
	TESTQ CX, CX                 \
	JZ    done

#define FIND                   \
	MOVL    (R8), AX       \
	MOVL    (R8)(R11*4), BX \
	CMPQ    AX, R12        \
	JAE     done           \
	IMULQ   R9, AX         \
	IMULQ   R9, BX         \
	ADDQ    SI, AX         \
	ADDQ    SI, BX         \
	PREFETCHT0 (BX)

#define NEXT          \
	ADDQ $4, R8   \
	DECQ CX       \
	JNZ  row      \
done:                 \
	MOVQ CX, left+104(FP) \
	VZEROUPPER    \
	RET

#define COPY64(from, to)        \
	VMOVUPS (from), Y0      \
	VMOVUPS 32(from), Y1    \
	VMOVUPS Y0, (to)        \
	VMOVUPS Y1, 32(to)

// func gatherWideAVX2(dst, src []float32, order []int32, n, width, rows, ahead int) (left int)
//
// dst[i] = src[order[i]] for i < n, rows of 16 elements and more. A row goes by 64 bytes; the last 64 end where it
// does, and may overlap those before.
//
// DX: the row's bytes left, less 64
TEXT ·gatherWideAVX2(SB), NOSPLIT, $0-112
	ROWS

row:
	FIND
	LEAQ -64(R9), DX

some:
	COPY64(AX, DI)
	ADDQ $64, AX
	ADDQ $64, BX
	ADDQ $64, DI
	SUBQ $64, DX
	JB   last
	PREFETCHT0 (BX)
	JMP  some

last:
	CMPQ DX, $-64
	JEQ  next
	PREFETCHT0 (BX)
	ADDQ DX, AX
	ADDQ DX, DI
	COPY64(AX, DI)
	ADDQ $64, DI

next:
	NEXT

// func gather8AVX2(dst, src []float32, order []int32, n, width, rows, ahead int) (left int)
//
// dst[i] = src[order[i]] for i < n, rows of 8 to 16 elements: the first 8 and the last 8.
TEXT ·gather8AVX2(SB), NOSPLIT, $0-112
	ROWS

row:
	FIND
	VMOVUPS (AX), Y0
	VMOVUPS -32(AX)(R9*1), Y1
	VMOVUPS Y0, (DI)
	VMOVUPS Y1, -32(DI)(R9*1)
	ADDQ    R9, DI
	NEXT

// func gather4AVX2(dst, src []float32, order []int32, n, width, rows, ahead int) (left int)
//
// dst[i] = src[order[i]] for i < n, rows of 4 to 8 elements: the first 4 and the last 4.
TEXT ·gather4AVX2(SB), NOSPLIT, $0-112
	ROWS

row:
	FIND
	VMOVUPS (AX), X0
	VMOVUPS -16(AX)(R9*1), X1
	VMOVUPS X0, (DI)
	VMOVUPS X1, -16(DI)(R9*1)
	ADDQ    R9, DI
	NEXT
