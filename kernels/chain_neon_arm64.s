//go:build gc && !purego

#include "go_asm.h"
#include "textflag.h"
#include "neon_arm64.h"
#include "elementary_neon_arm64.h"

// One row through Dense layers of up to 64 units, for NEON; see chain_avx512_amd64.s. A layer's outputs are one to four
// vectors, or two to four times four.

// A term of a layer of so many vectors: the sums, from V0 on, += x[p] · w[p], x[p] being element i of V15 and w[p] the
// registers from w on.
#define TERM1(i, w) VFMLA_ELEMENT(i, 15, w, 0)
#define TERM2(i, w) TERM1(i, w); VFMLA_ELEMENT(i, 15, (w+1), 1)
#define TERM3(i, w) TERM2(i, w); VFMLA_ELEMENT(i, 15, (w+2), 2)
#define TERM4(i, w) TERM3(i, w); VFMLA_ELEMENT(i, 15, (w+3), 3)

// Four, two and one terms, of all of which the loads come first, for the sake of processors that do not reorder.

#define FOUR_TERMS1 \
	FMOVQ.P 16(R1), F15         \
	FLDPQ.P 64(R5), (F16, F17)  \
	FLDPQ   -32(R5), (F18, F19) \
	TERM1(0, 16)                \
	TERM1(1, 17)                \
	TERM1(2, 18)                \
	TERM1(3, 19)

#define TWO_TERMS1 \
	FMOVD.P 8(R1), F15         \
	FLDPQ.P 32(R5), (F16, F17) \
	TERM1(0, 16)               \
	TERM1(1, 17)

#define ONE_TERM1 \
	FMOVS (R1), F15 \
	FMOVQ (R5), F16 \
	TERM1(0, 16)

#define FOUR_TERMS2 \
	FMOVQ.P 16(R1), F15         \
	FLDPQ.P 128(R5), (F16, F17) \
	FLDPQ   -96(R5), (F18, F19) \
	FLDPQ   -64(R5), (F20, F21) \
	FLDPQ   -32(R5), (F22, F23) \
	TERM2(0, 16)                \
	TERM2(1, 18)                \
	TERM2(2, 20)                \
	TERM2(3, 22)

#define TWO_TERMS2 \
	FMOVD.P 8(R1), F15          \
	FLDPQ.P 64(R5), (F16, F17)  \
	FLDPQ   -32(R5), (F18, F19) \
	TERM2(0, 16)                \
	TERM2(1, 18)

#define ONE_TERM2 \
	FMOVS (R1), F15        \
	FLDPQ (R5), (F16, F17) \
	TERM2(0, 16)

#define FOUR_TERMS3 \
	FMOVQ.P 16(R1), F15          \
	FLDPQ.P 192(R5), (F16, F17)  \
	FLDPQ   -160(R5), (F18, F19) \
	FLDPQ   -128(R5), (F20, F21) \
	FLDPQ   -96(R5), (F22, F23)  \
	FLDPQ   -64(R5), (F24, F25)  \
	FLDPQ   -32(R5), (F26, F27)  \
	TERM3(0, 16)                 \
	TERM3(1, 19)                 \
	TERM3(2, 22)                 \
	TERM3(3, 25)

#define TWO_TERMS3 \
	FMOVD.P 8(R1), F15          \
	FLDPQ.P 96(R5), (F16, F17)  \
	FLDPQ   -64(R5), (F18, F19) \
	FLDPQ   -32(R5), (F20, F21) \
	TERM3(0, 16)                \
	TERM3(1, 19)

#define ONE_TERM3 \
	FMOVS (R1), F15        \
	FLDPQ (R5), (F16, F17) \
	FMOVQ 32(R5), F18      \
	TERM3(0, 16)

#define FOUR_TERMS4 \
	FMOVQ.P 16(R1), F15          \
	FLDPQ.P 256(R5), (F16, F17)  \
	FLDPQ   -224(R5), (F18, F19) \
	FLDPQ   -192(R5), (F20, F21) \
	FLDPQ   -160(R5), (F22, F23) \
	FLDPQ   -128(R5), (F24, F25) \
	FLDPQ   -96(R5), (F26, F27)  \
	FLDPQ   -64(R5), (F28, F29)  \
	FLDPQ   -32(R5), (F30, F31)  \
	TERM4(0, 16)                 \
	TERM4(1, 20)                 \
	TERM4(2, 24)                 \
	TERM4(3, 28)

#define TWO_TERMS4 \
	FMOVD.P 8(R1), F15          \
	FLDPQ.P 128(R5), (F16, F17) \
	FLDPQ   -96(R5), (F18, F19) \
	FLDPQ   -64(R5), (F20, F21) \
	FLDPQ   -32(R5), (F22, F23) \
	TERM4(0, 16)                \
	TERM4(1, 20)

#define ONE_TERM4 \
	FMOVS (R1), F15          \
	FLDPQ (R5), (F16, F17)   \
	FLDPQ 32(R5), (F18, F19) \
	TERM4(0, 16)

// A term of eight vectors and more, with x[p] in element i of V31: four vectors after four.
#define WEIGHTS4 \
	FLDPQ.P 64(R5), (F16, F17)  \
	FLDPQ   -32(R5), (F18, F19)

#define WEIGHTS8 \
	FLDPQ.P 128(R5), (F16, F17) \
	FLDPQ   -96(R5), (F18, F19) \
	FLDPQ   -64(R5), (F20, F21) \
	FLDPQ   -32(R5), (F22, F23)

#define TERM8(i) \
	WEIGHTS8                                 \
	FOUR_ELEMENT(VFMLA_ELEMENT, i, 31, 16, 0) \
	FOUR_ELEMENT(VFMLA_ELEMENT, i, 31, 20, 4)

#define TERM12(i) \
	TERM8(i)                                 \
	WEIGHTS4                                 \
	FOUR_ELEMENT(VFMLA_ELEMENT, i, 31, 16, 8)

#define TERM16(i) \
	TERM8(i)                                  \
	WEIGHTS8                                  \
	FOUR_ELEMENT(VFMLA_ELEMENT, i, 31, 16, 8) \
	FOUR_ELEMENT(VFMLA_ELEMENT, i, 31, 20, 12)

#define FOUR_TERMS(TERM) FMOVQ.P 16(R1), F31; TERM(0); TERM(1); TERM(2); TERM(3)
#define TWO_TERMS(TERM) FMOVD.P 8(R1), F31; TERM(0); TERM(1)
#define ONE_TERM(TERM) FMOVS (R1), F31; TERM(0)

// SUM is a layer's sum over p.
#define SUM(four, two, one, loop, rest, odd, done) \
	SUBS $4, R6      \
	BLT  rest        \
loop:                    \
	four             \
	SUBS $4, R6      \
	BGE  loop        \
rest:                    \
	TBZ  $1, R6, odd \
	two              \
odd:                     \
	TBZ  $0, R6, done \
	one              \
done:

#define SUM1 SUM(FOUR_TERMS1, TWO_TERMS1, ONE_TERM1, loop1, rest1, odd1, done1)
#define SUM2 SUM(FOUR_TERMS2, TWO_TERMS2, ONE_TERM2, loop2, rest2, odd2, done2)
#define SUM3 SUM(FOUR_TERMS3, TWO_TERMS3, ONE_TERM3, loop3, rest3, odd3, done3)
#define SUM4 SUM(FOUR_TERMS4, TWO_TERMS4, ONE_TERM4, loop4, rest4, odd4, done4)
#define SUM8 SUM(FOUR_TERMS(TERM8), TWO_TERMS(TERM8), ONE_TERM(TERM8), loop8, rest8, odd8, done8)
#define SUM12 SUM(FOUR_TERMS(TERM12), TWO_TERMS(TERM12), ONE_TERM(TERM12), loop12, rest12, odd12, done12)
#define SUM16 SUM(FOUR_TERMS(TERM16), TWO_TERMS(TERM16), ONE_TERM(TERM16), loop16, rest16, odd16, done16)

// func layersRowNEON(y, x, buffer *float32, layers *rowLayer, count int)
//
// For each of the layers, with x being the y of the one before:
//
//	y[j] = bias[j]; for p < k: y[j] = fma(x[p], w[p·4·vectors + j], y[j])
//	y[j] = a(y[j])
//
// The last y has n elements, the others, in buffer, are whole vectors, and more to make them four times so many.
//
// V0…V15 sums, then V0…V3 four vectors and V4…V7 their y   R0 y   R1 x   R2 buffer   R3 layer   R4 layers left   R5 w
// R6 terms left, less 4   R7 the layer's vectors   R8 n, elements of y left   R9 activation   R10 bias, then the four in
// buffer   R11 fours left
TEXT ·layersRowNEON(SB), NOSPLIT, $0-40
	MOVD y+0(FP), R0
	MOVD x+8(FP), R1
	MOVD buffer+16(FP), R2
	MOVD layers+24(FP), R3
	MOVD count+32(FP), R4

layer:
	LDP   rowLayer_w(R3), (R5, R10) // and bias
	LDP   rowLayer_k(R3), (R6, R8)  // and n
	MOVD  rowLayer_vectors(R3), R7
	MOVBU rowLayer_activation(R3), R9
	CMP   $4, R7
	BGT   fours
	MOVD  $1, R11
	BEQ   four4
	CMP   $2, R7
	BGT   three
	BEQ   two
	FMOVQ (R10), F0
	SUM1
	JMP   activation

two:
	FLDPQ (R10), (F0, F1)
	SUM2
	JMP   activation

three:
	FLDPQ (R10), (F0, F1)
	FMOVQ 32(R10), F2
	SUM3
	JMP   activation

four4:
	FLDPQ (R10), (F0, F1)
	FLDPQ 32(R10), (F2, F3)
	SUM4

activation:
	MOVD R2, R10

four:
	CMP $const_ReLU, R9
	BLT linear
	BGT sigmoid
	FOUR2(VFCMLT0, 0, 4)
	FOUR3(VBIC, 4, 0, 4) // x &^ (x < 0)

store:
	CMP   $1, R4
	BEQ   last
	FSTPQ (F4, F5), (R10)
	FSTPQ (F6, F7), 32(R10)
	SUBS  $1, R11
	BNE   nextFour
	MOVD  R2, R1
	ADD   $rowLayer__size, R3
	SUB   $1, R4
	JMP   layer

nextFour:
	ADD   $64, R10
	FLDPQ (R10), (F0, F1)
	FLDPQ 32(R10), (F2, F3)
	JMP   four

linear:
	FOUR3(VORR_N, 0, 0, 4)
	JMP store

sigmoid:
	ELEMENTARY
	CMP $const_Sigmoid, R9
	BNE tanh
	EXP_CONSTANTS
	CMP $1, R7
	BEQ sigmoid1
	SIGMOID(0, 4, 8, 12, 16)
	JMP store

tanh:
	EXPM1_CONSTANTS
	CMP $1, R7
	BEQ tanh1
	TANH(0, 4, 8, 12, 16)
	JMP store

fours:
	LSR   $2, R7, R11
	FLDPQ (R10), (F0, F1)
	FLDPQ 32(R10), (F2, F3)
	FLDPQ 64(R10), (F4, F5)
	FLDPQ 96(R10), (F6, F7)
	CMP   $12, R7
	BLT   eight
	FLDPQ 128(R10), (F8, F9)
	FLDPQ 160(R10), (F10, F11)
	BEQ   twelve
	FLDPQ 192(R10), (F12, F13)
	FLDPQ 224(R10), (F14, F15)
	SUM16
	FSTPQ (F12, F13), 192(R2) // all but the first four wait in buffer
	FSTPQ (F14, F15), 224(R2)
	JMP   store12

twelve:
	SUM12

store12:
	FSTPQ (F8, F9), 128(R2)
	FSTPQ (F10, F11), 160(R2)
	JMP   store8

eight:
	SUM8

store8:
	FSTPQ (F4, F5), 64(R2)
	FSTPQ (F6, F7), 96(R2)
	JMP   activation

last: // the last layer's y: sixteen elements, or what is left
	SUBS    $16, R8
	BLT     part
	FSTPQ.P (F4, F5), 64(R0)
	FSTPQ   (F6, F7), -32(R0)
	BNE     nextFour
	RET

part:
	TBZ     $3, R8, below8
	FSTPQ.P (F4, F5), 32(R0)
	VMOV    V6.B16, V4.B16
	VMOV    V7.B16, V5.B16

below8:
	TBZ     $2, R8, below4
	FMOVQ.P F4, 16(R0)
	VMOV    V5.B16, V4.B16

below4:
	TBZ     $1, R8, below2
	FMOVD.P F4, 8(R0)
	VMOV    V4.D[1], V4.D[0]

below2:
	TBZ   $0, R8, done
	FMOVS F4, (R0)

done:
	RET

// From here on the macros compute one vector.
#undef FOUR2
#undef FOUR3
#undef FOUR3_BY
#undef FOUR3_FROM
#undef FOUR_ELEMENT
#undef LOAD4
#define FOUR2(op, n, d) op(n, d)
#define FOUR3(op, m, n, d) op(m, n, d)
#define FOUR3_BY(op, m, n, d) op(m, n, d)
#define FOUR3_FROM(op, m, n, d) op(m, n, d)
#define FOUR_ELEMENT(op, i, m, n, d) op(i, m, n, d)
#define LOAD4(constant, d) LOAD(constant, d)

sigmoid1:
	SIGMOID(0, 4, 8, 12, 16)
	JMP store

tanh1:
	TANH(0, 4, 8, 12, 16)
	JMP store
