//go:build gc && !purego

#include "textflag.h"

// The forward product of a narrow layer, n ≤ 16 outputs, for AVX-512 (F, VL): each element has eight partial sums, see
// "Products" in doc.go.

// Many rows: the eight sums of an element are eight lanes of a vector, two rows of A fill one, and B is turned over so
// that its columns lie along k.

// Column j of B turned over, eight values of k, twice: the four pairs of rows each take it.
#define COLUMN(b, s0, s1, s2, s3) \
	VBROADCASTF64X4 b, Z28        \
	VFMADD231PS     Z24, Z28, s0  \
	VFMADD231PS     Z25, Z28, s1  \
	VFMADD231PS     Z26, Z28, s2  \
	VFMADD231PS     Z27, Z28, s3

#define D1 COLUMN((DX), Z0, Z1, Z2, Z3)
#define D2 D1; COLUMN((DX)(R9*1), Z4, Z5, Z6, Z7)
#define D3 D2; COLUMN((DX)(R9*2), Z8, Z9, Z10, Z11)
#define D4 D3; COLUMN((DX)(R10*1), Z12, Z13, Z14, Z15)
#define D5 D4; COLUMN((DX)(R9*4), Z16, Z17, Z18, Z19)
#define D6 D5; COLUMN((DX)(R11*1), Z20, Z21, Z22, Z23)

// Eight values of k from two rows of A.
#define PAIR(row, next, y, z) \
	VMOVUPS      row, y         \
	VINSERTF64X4 $1, next, z, z

#define STEP(label, columns) \
label: \
	PAIR((SI), (SI)(AX*1), Y24, Z24)        \
	PAIR((SI)(AX*2), (SI)(BX*1), Y25, Z25)  \
	PAIR((R8), (R8)(AX*1), Y26, Z26)        \
	PAIR((R8)(AX*2), (R8)(BX*1), Y27, Z27)  \
	columns                                 \
	ADDQ         $32, SI                    \
	ADDQ         $32, R8                    \
	ADDQ         $32, DX                    \
	DECQ         CX                         \
	JNZ          label                      \
	JMP          last

// The same for the last k mod 8: lanes K1 of the rows, K2 of the sums; the others take no part.
#define LAST_PAIR(row, next, y, z) \
	VMOVUPS.Z    row, K1, y      \
	VMOVUPS.Z    next, K1, Y29   \
	VINSERTF64X4 $1, Y29, z, z

#define LAST_COLUMN(b, s0, s1, s2, s3) \
	VMOVUPS.Z    b, K1, Y28           \
	VINSERTF64X4 $1, Y28, Z28, Z28    \
	VFMADD231PS  Z24, Z28, K2, s0     \
	VFMADD231PS  Z25, Z28, K2, s1     \
	VFMADD231PS  Z26, Z28, K2, s2     \
	VFMADD231PS  Z27, Z28, K2, s3     \
	DECQ         R13                  \
	JZ           join

// The sums of column j begin with the bias in lane 0 of each row, or 0.
#define BIAS(offset, s0, s1, s2, s3) \
	VBROADCASTSS.Z offset(CX), K3, s0 \
	VMOVAPS        s0, s1             \
	VMOVAPS        s0, s2             \
	VMOVAPS        s0, s3             \
	DECQ           R13                \
	JZ             begin

// The lanes of the rows of one column joined by halves, twice: lane[i] += lane[i+4], lane[i] += lane[i+2]. Quarter q
// of s0 then holds lanes 0 and 1 of row q, lanes 0 and 1 of row q+4.
#define JOIN_HALVES(s0, s1, s2, s3) \
	VSHUFF32X4 $0x88, s1, s0, Z24 \
	VSHUFF32X4 $0xdd, s1, s0, Z25 \
	VSHUFF32X4 $0x88, s3, s2, Z26 \
	VSHUFF32X4 $0xdd, s3, s2, Z27 \
	VADDPS     Z25, Z24, Z24      \
	VADDPS     Z27, Z26, Z26      \
	VUNPCKLPD  Z26, Z24, Z25      \
	VUNPCKHPD  Z26, Z24, Z27      \
	VADDPS     Z27, Z25, s0

// The same of two columns, s and t, joined for the last time, lane[0] += lane[1], and stored. Quarter q holds
// columns s and t of row q, then of row q+4.
#define JOIN_STORE(s0, s1, s2, s3, t0, t1, t2, t3) \
	JOIN_HALVES(s0, s1, s2, s3)        \
	VMOVAPS       s0, Z28              \
	DECQ          R13                  \
	JZ            single               \
	JOIN_HALVES(t0, t1, t2, t3)       \
	VSHUFPS       $0x88, t0, s0, Z24  \
	VSHUFPS       $0xdd, t0, s0, Z25  \
	VADDPS        Z25, Z24, Z24       \
	VSHUFPS       $0xd8, Z24, Z24, Z24 \
	VEXTRACTF32X4 $1, Z24, X25        \
	VEXTRACTF32X4 $2, Z24, X26        \
	VEXTRACTF32X4 $3, Z24, X27        \
	VMOVLPS       X24, (DI)           \
	VMOVLPS       X25, (DI)(R12*1)    \
	VMOVLPS       X26, (DI)(R12*2)    \
	VMOVLPS       X27, (DI)(BX*1)     \
	VMOVHPS       X24, (SI)           \
	VMOVHPS       X25, (SI)(R12*1)    \
	VMOVHPS       X26, (SI)(R12*2)    \
	VMOVHPS       X27, (SI)(BX*1)     \
	DECQ          R13                 \
	JZ            end                 \
	ADDQ          $8, DI              \
	ADDQ          $8, SI

// func narrowDotAVX512(c, a, b, bias *float32, n, k, rsA, rsB, rsC int)
//
// For eight rows, i < 8, and j < n ≤ 6 columns, k ≥ 8:
//
//	for r < 8: s[r] = Σ over p = r, r+8, r+16, … by fma, s[0] from bias[j] (0 if bias is nil), the others from 0
//	c[i·rsC + j] = ((s[0]+s[4]) + (s[2]+s[6])) + ((s[1]+s[5]) + (s[3]+s[7]))
//
// of a[i·rsA + p]·b[j·rsB + p].
//
// Z(4j)…Z(4j+3) sums of column j, rows 0 and 1, 2 and 3, 4 and 5, 6 and 7
// Z24…Z27 these rows of A       Z28 column j of B        K1, K2 lanes of the last step     K3 lane 0 of each row
// SI, R8 a, rows 0 and 4        AX, BX 1 and 3 · rsA     DX b     R9, R10, R11 1, 3, 5 · rsB
// DI c                          R12 rsC                  CX steps    R13 columns
TEXT ·narrowDotAVX512(SB), NOSPLIT, $0-72
	MOVQ a+8(FP), SI
	MOVQ rsA+48(FP), AX
	SHLQ $2, AX
	LEAQ (AX)(AX*2), BX
	LEAQ (SI)(AX*4), R8
	MOVQ b+16(FP), DX
	MOVQ rsB+56(FP), R9
	SHLQ $2, R9
	LEAQ (R9)(R9*2), R10
	LEAQ (R9)(R9*4), R11
	MOVQ c+0(FP), DI
	MOVQ rsC+64(FP), R12
	SHLQ $2, R12
	MOVQ n+32(FP), R13

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
	VPXORQ Z16, Z16, Z16
	VPXORQ Z17, Z17, Z17
	VPXORQ Z18, Z18, Z18
	VPXORQ Z19, Z19, Z19
	VPXORQ Z20, Z20, Z20
	VPXORQ Z21, Z21, Z21
	VPXORQ Z22, Z22, Z22
	VPXORQ Z23, Z23, Z23
	MOVQ   bias+24(FP), CX
	TESTQ  CX, CX
	JZ     begin
	MOVL   $0x0101, R15
	KMOVW  R15, K3
	BIAS(0, Z0, Z1, Z2, Z3)
	BIAS(4, Z4, Z5, Z6, Z7)
	BIAS(8, Z8, Z9, Z10, Z11)
	BIAS(12, Z12, Z13, Z14, Z15)
	BIAS(16, Z16, Z17, Z18, Z19)
	BIAS(20, Z20, Z21, Z22, Z23)

begin:
	MOVQ n+32(FP), R13
	MOVQ k+40(FP), CX
	SHRQ $3, CX
	CMPQ R13, $2
	JLT  dot1
	JEQ  dot2
	CMPQ R13, $4
	JLT  dot3
	JEQ  dot4
	CMPQ R13, $6
	JLT  dot5
	STEP(dot6, D6)
	STEP(dot5, D5)
	STEP(dot4, D4)
	STEP(dot3, D3)
	STEP(dot2, D2)
	STEP(dot1, D1)

last:
	MOVQ  k+40(FP), CX
	ANDQ  $7, CX
	JZ    join
	MOVL  $1, R15
	SHLL  CX, R15
	DECL  R15
	KMOVW R15, K1
	MOVL  R15, CX
	SHLL  $8, CX
	ORL   CX, R15
	KMOVW R15, K2
	LAST_PAIR((SI), (SI)(AX*1), Y24, Z24)
	LAST_PAIR((SI)(AX*2), (SI)(BX*1), Y25, Z25)
	LAST_PAIR((R8), (R8)(AX*1), Y26, Z26)
	LAST_PAIR((R8)(AX*2), (R8)(BX*1), Y27, Z27)
	LAST_COLUMN((DX), Z0, Z1, Z2, Z3)
	LAST_COLUMN((DX)(R9*1), Z4, Z5, Z6, Z7)
	LAST_COLUMN((DX)(R9*2), Z8, Z9, Z10, Z11)
	LAST_COLUMN((DX)(R10*1), Z12, Z13, Z14, Z15)
	LAST_COLUMN((DX)(R9*4), Z16, Z17, Z18, Z19)
	LAST_COLUMN((DX)(R11*1), Z20, Z21, Z22, Z23)

join: // from here DI and SI are rows 0 and 4 of c, BX three rows of it
	MOVQ n+32(FP), R13
	LEAQ (DI)(R12*4), SI
	LEAQ (R12)(R12*2), BX
	JOIN_STORE(Z0, Z1, Z2, Z3, Z4, Z5, Z6, Z7)
	JOIN_STORE(Z8, Z9, Z10, Z11, Z12, Z13, Z14, Z15)
	JOIN_STORE(Z16, Z17, Z18, Z19, Z20, Z21, Z22, Z23)

single: // one column alone, in Z28
	VSHUFPS       $0x88, Z28, Z28, Z24
	VSHUFPS       $0xdd, Z28, Z28, Z25
	VADDPS        Z25, Z24, Z24
	VEXTRACTF32X4 $1, Z24, X25
	VEXTRACTF32X4 $2, Z24, X26
	VEXTRACTF32X4 $3, Z24, X27
	VMOVSS        X24, (DI)
	VMOVSS        X25, (DI)(R12*1)
	VMOVSS        X26, (DI)(R12*2)
	VMOVSS        X27, (DI)(BX*1)
	VEXTRACTPS    $1, X24, (SI)
	VEXTRACTPS    $1, X25, (SI)(R12*1)
	VEXTRACTPS    $1, X26, (SI)(R12*2)
	VEXTRACTPS    $1, X27, (SI)(BX*1)

end:
	VZEROUPPER
	RET

// A few rows: B as it is.

// One vector of eight rows of B, end to end: acc += (a as the lanes need it) · b, with a from LOW, MIXED or HIGH.
#define LANES(offset, four, index, acc) \
	VPERMILPS   index, four, Z17   \
	VFMADD231PS offset(DX), Z17, acc

// The same for the last vector if it has eight lanes only.
#define HALF(offset, four, index, acc) \
	VPERMILPS   index, four, Z17         \
	VFMADD231PS offset(DX), Z17, K2, acc

// Four elements of a, again in each quarter of the vector: a[p…p+3], a[p+4…p+7], and both.
#define LOW   Z16
#define HIGH  Z18
#define MIXED Z19

// Its last step, of fewer rows: only the AX lanes that remain take part, none beyond them. CX, R9 and K1 are
// overwritten.
#define LAST_LANES(offset, index, acc) \
	MOVL        $16, CX                   \
	CMPQ        AX, CX                    \
	CMOVQLT     AX, CX                    \
	MOVL        $1, R9                    \
	SHLL        CX, R9                    \
	DECL        R9                        \
	KMOVW       R9, K1                    \
	VPERMPS     Z16, index, Z17           \
	VFMADD231PS offset(DX), Z17, K1, acc  \
	SUBQ        $16, AX                   \
	JLE         join

#define ROW_STEP(label, lanes) \
label: \
	VBROADCASTF32X4 (SI), LOW            \
	VBROADCASTF32X4 16(SI), HIGH         \
	VBLENDMPS       HIGH, LOW, K4, MIXED \
	lanes                                \
	ADDQ            $32, SI              \
	ADDQ            R11, DX              \
	DECQ            BX                   \
	JNZ             label                \
	JMP             last

// The vectors of n outputs. The lanes before 4·n belong to the first four rows.
#define N1 \
	HALF(0, MIXED, Z8, Z0)
#define N2 \
	LANES(0, MIXED, Z8, Z0)
#define N3 \
	LANES(0, MIXED, Z8, Z0); HALF(64, HIGH, Z9, Z1)
#define N4 \
	LANES(0, LOW, Z8, Z0); LANES(64, HIGH, Z9, Z1)
#define N5 \
	LANES(0, LOW, Z8, Z0); LANES(64, MIXED, Z9, Z1); \
	HALF(128, HIGH, Z10, Z2)
#define N6 \
	LANES(0, LOW, Z8, Z0); LANES(64, MIXED, Z9, Z1); \
	LANES(128, HIGH, Z10, Z2)
#define N7 \
	LANES(0, LOW, Z8, Z0); LANES(64, MIXED, Z9, Z1); \
	LANES(128, HIGH, Z10, Z2); HALF(192, HIGH, Z11, Z3)
#define N8 \
	LANES(0, LOW, Z8, Z0); LANES(64, LOW, Z9, Z1); \
	LANES(128, HIGH, Z10, Z2); LANES(192, HIGH, Z11, Z3)
#define N9 \
	LANES(0, LOW, Z8, Z0); LANES(64, LOW, Z9, Z1); \
	LANES(128, MIXED, Z10, Z2); LANES(192, HIGH, Z11, Z3); \
	HALF(256, HIGH, Z12, Z4)
#define N10 \
	LANES(0, LOW, Z8, Z0); LANES(64, LOW, Z9, Z1); \
	LANES(128, MIXED, Z10, Z2); LANES(192, HIGH, Z11, Z3); \
	LANES(256, HIGH, Z12, Z4)
#define N11 \
	LANES(0, LOW, Z8, Z0); LANES(64, LOW, Z9, Z1); \
	LANES(128, MIXED, Z10, Z2); LANES(192, HIGH, Z11, Z3); \
	LANES(256, HIGH, Z12, Z4); HALF(320, HIGH, Z13, Z5)
#define N12 \
	LANES(0, LOW, Z8, Z0); LANES(64, LOW, Z9, Z1); \
	LANES(128, LOW, Z10, Z2); LANES(192, HIGH, Z11, Z3); \
	LANES(256, HIGH, Z12, Z4); LANES(320, HIGH, Z13, Z5)
#define N13 \
	LANES(0, LOW, Z8, Z0); LANES(64, LOW, Z9, Z1); \
	LANES(128, LOW, Z10, Z2); LANES(192, MIXED, Z11, Z3); \
	LANES(256, HIGH, Z12, Z4); LANES(320, HIGH, Z13, Z5); \
	HALF(384, HIGH, Z14, Z6)
#define N14 \
	LANES(0, LOW, Z8, Z0); LANES(64, LOW, Z9, Z1); \
	LANES(128, LOW, Z10, Z2); LANES(192, MIXED, Z11, Z3); \
	LANES(256, HIGH, Z12, Z4); LANES(320, HIGH, Z13, Z5); \
	LANES(384, HIGH, Z14, Z6)
#define N15 \
	LANES(0, LOW, Z8, Z0); LANES(64, LOW, Z9, Z1); \
	LANES(128, LOW, Z10, Z2); LANES(192, MIXED, Z11, Z3); \
	LANES(256, HIGH, Z12, Z4); LANES(320, HIGH, Z13, Z5); \
	LANES(384, HIGH, Z14, Z6); HALF(448, HIGH, Z15, Z7)
#define N16 \
	LANES(0, LOW, Z8, Z0); LANES(64, LOW, Z9, Z1); \
	LANES(128, LOW, Z10, Z2); LANES(192, LOW, Z11, Z3); \
	LANES(256, HIGH, Z12, Z4); LANES(320, HIGH, Z13, Z5); \
	LANES(384, HIGH, Z14, Z6); LANES(448, HIGH, Z15, Z7)

// func narrowRowAVX512(c, a, b, bias *float32, index *int32, m, n, k, rsA, rsC int)
//
// The product of a narrow layer, n ≤ 16 and k ≥ 8, with B's rows end to end: for i < m and j < n
//
//	for r < 8: s[r] = Σ over p = r, r+8, r+16, … by fma, s[0] from bias[j] (0 if bias is nil), the others from 0
//	c[i·rsC + j] = ((s[0]+s[4]) + (s[2]+s[6])) + ((s[1]+s[5]) + (s[3]+s[7]))
//
// of a[i·rsA + p]·b[p·n + j]. Eight rows of B are 8·n elements one after the other, n/2 vectors, and lane l of them
// all belongs to row l/n, so index (8 vectors of int32) names the element of a[p…p+7] for each lane.
//
// Z0…Z7 sums   Z8…Z15 index   Z16, Z18, Z19 a[p…p+7]   Z17 a by lane
// K2 the first 8 lanes (of the last vector, n odd)   K3 the lanes of one row of B   K4 those of MIXED that are HIGH
// SI a, DX b at p   R8 a's row, DI c's row   R11 bytes of 8 rows of B   R13 rows left   BX steps, R10 n
TEXT ·narrowRowAVX512(SB), NOSPLIT, $512-80
	MOVQ    index+32(FP), AX
	VMOVUPS (AX), Z8
	VMOVUPS 64(AX), Z9
	VMOVUPS 128(AX), Z10
	VMOVUPS 192(AX), Z11
	VMOVUPS 256(AX), Z12
	VMOVUPS 320(AX), Z13
	VMOVUPS 384(AX), Z14
	VMOVUPS 448(AX), Z15
	MOVQ    m+40(FP), R13
	MOVQ    n+48(FP), R10
	MOVQ    a+8(FP), R8
	MOVQ    c+0(FP), DI
	MOVQ    R10, R11
	SHLQ    $5, R11
	MOVL    $0xff, AX
	KMOVW   AX, K2
	MOVQ    R10, CX
	MOVL    $1, AX
	SHLL    CX, AX
	DECL    AX
	KMOVW   AX, K3
	LEAQ    (R10*4), CX
	ANDQ    $15, CX
	MOVL    $-1, AX
	SHLL    CX, AX
	KMOVW   AX, K4

row:
	MOVQ   R8, SI
	MOVQ   b+16(FP), DX
	MOVQ   k+56(FP), BX
	SHRQ   $3, BX
	VPXORQ Z0, Z0, Z0
	VPXORQ Z1, Z1, Z1
	VPXORQ Z2, Z2, Z2
	VPXORQ Z3, Z3, Z3
	VPXORQ Z4, Z4, Z4
	VPXORQ Z5, Z5, Z5
	VPXORQ Z6, Z6, Z6
	VPXORQ Z7, Z7, Z7
	MOVQ   bias+24(FP), AX
	TESTQ  AX, AX
	JZ     start
	VMOVUPS.Z (AX), K3, Z0

start:
	CMPQ R10, $8
	JLT  few
	JEQ  n8
	CMPQ R10, $12
	JLT  some
	JEQ  n12
	CMPQ R10, $14
	JLT  n13
	JEQ  n14
	CMPQ R10, $16
	JLT  n15
	ROW_STEP(n16, N16)
	ROW_STEP(n15, N15)
	ROW_STEP(n14, N14)
	ROW_STEP(n13, N13)
	ROW_STEP(n12, N12)
some:
	CMPQ R10, $10
	JLT  n9
	JEQ  n10
	ROW_STEP(n11, N11)
	ROW_STEP(n10, N10)
	ROW_STEP(n9, N9)
	ROW_STEP(n8, N8)
few:
	CMPQ R10, $4
	JLT  fewer
	JEQ  n4
	CMPQ R10, $6
	JLT  n5
	JEQ  n6
	ROW_STEP(n7, N7)
	ROW_STEP(n6, N6)
	ROW_STEP(n5, N5)
	ROW_STEP(n4, N4)
fewer:
	CMPQ R10, $2
	JLT  n1
	JEQ  n2
	ROW_STEP(n3, N3)
	ROW_STEP(n2, N2)
	ROW_STEP(n1, N1)

last: // the k mod 8 rows that are left
	MOVQ  k+56(FP), CX
	ANDQ  $7, CX
	JZ    join
	MOVQ  R10, AX
	IMULQ CX, AX // lanes left
	MOVL  $1, R9
	SHLL  CX, R9
	DECL  R9
	KMOVW R9, K1
	VMOVUPS.Z (SI), K1, Z16 // a[p…]
	LAST_LANES(0, Z8, Z0)
	LAST_LANES(64, Z9, Z1)
	LAST_LANES(128, Z10, Z2)
	LAST_LANES(192, Z11, Z3)
	LAST_LANES(256, Z12, Z4)
	LAST_LANES(320, Z13, Z5)
	LAST_LANES(384, Z14, Z6)
	LAST_LANES(448, Z15, Z7)

join: // s[r] begins n elements after s[r-1]
	VMOVUPS Z0, sums-512(SP)
	VMOVUPS Z1, sums-448(SP)
	VMOVUPS Z2, sums-384(SP)
	VMOVUPS Z3, sums-320(SP)
	VMOVUPS Z4, sums-256(SP)
	VMOVUPS Z5, sums-192(SP)
	VMOVUPS Z6, sums-128(SP)
	VMOVUPS Z7, sums-64(SP)
	LEAQ    sums-512(SP), AX
	LEAQ    (R10*4), CX     // n elements
	LEAQ    (CX)(CX*2), R9
	LEAQ    (AX)(CX*4), BX  // s[4]
	VMOVUPS.Z (AX), K3, Z0
	VMOVUPS.Z (AX)(CX*1), K3, Z1
	VMOVUPS.Z (AX)(CX*2), K3, Z2
	VMOVUPS.Z (AX)(R9*1), K3, Z3
	VADDPS.Z  (BX), Z0, K3, Z0
	VADDPS.Z  (BX)(CX*1), Z1, K3, Z1
	VADDPS.Z  (BX)(CX*2), Z2, K3, Z2
	VADDPS.Z  (BX)(R9*1), Z3, K3, Z3
	VADDPS    Z2, Z0, Z0
	VADDPS    Z3, Z1, Z1
	VADDPS    Z1, Z0, Z0
	VMOVUPS   Z0, K3, (DI)

	MOVQ rsA+64(FP), AX
	LEAQ (R8)(AX*4), R8
	MOVQ rsC+72(FP), AX
	LEAQ (DI)(AX*4), DI
	DECQ R13
	JNZ  row
	VZEROUPPER
	RET
