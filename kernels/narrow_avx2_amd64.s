//go:build gc && !purego

#include "textflag.h"

// The forward product of a narrow layer, n ≤ 16 outputs, for AVX2: each element has eight partial sums, see "Products"
// in doc.go.

// lanes gives the mask of the first r lanes of a vector, 0 ≤ r ≤ 8, as the 32 bytes from 32−4·r on.
DATA lanes<>+0(SB)/8, $-1
DATA lanes<>+8(SB)/8, $-1
DATA lanes<>+16(SB)/8, $-1
DATA lanes<>+24(SB)/8, $-1
DATA lanes<>+32(SB)/8, $0
DATA lanes<>+40(SB)/8, $0
DATA lanes<>+48(SB)/8, $0
DATA lanes<>+56(SB)/8, $0
GLOBL lanes<>(SB), RODATA|NOPTR, $64

// MASK sets mask to the first r lanes. It overwrites r and tmp.
#define MASK(r, tmp, mask) \
	LEAQ    lanes<>+32(SB), tmp \
	NEGQ    r                   \
	VMOVUPS (tmp)(r*4), mask

// Many rows: the eight sums of an element are the lanes of a vector, and B is turned over so that its columns lie along
// k.

// Eight values of k of a row of A, for each column.
#define DOT1(a, s, t, u) \
	VMOVUPS     a, Y15       \
	VFMADD231PS Y12, Y15, s    // s = fma(a, b[·, 0], s)

#define DOT2(a, s, t, u) \
	DOT1(a, s, t, u)         \
	VFMADD231PS Y13, Y15, t

#define DOT3(a, s, t, u) \
	DOT2(a, s, t, u)         \
	VFMADD231PS Y14, Y15, u

#define DOT_ROWS(DOT) \
	DOT((SI), Y0, Y4, Y8)        \
	DOT((SI)(AX*1), Y1, Y5, Y9)  \
	DOT((SI)(AX*2), Y2, Y6, Y10) \
	DOT((SI)(BX*1), Y3, Y7, Y11)

#define COLUMNS1 VMOVUPS (DX), Y12
#define COLUMNS2 COLUMNS1; VMOVUPS (DX)(R9*1), Y13
#define COLUMNS3 COLUMNS2; VMOVUPS (DX)(R9*2), Y14

#define DOT_STEP(label, COLUMNS, DOT) \
label: \
	COLUMNS       \
	DOT_ROWS(DOT) \
	ADDQ $32, SI  \
	ADDQ $32, DX  \
	DECQ CX       \
	JNZ  label    \
	JMP  last

// The same for the last k mod 8, the lanes of Y14. In the others a is +0 and b is −0, since adding their product, −0,
// changes nothing.
#define LAST_DOT(a, s) \
	VMASKMOVPS  a, Y14, Y12 \
	VFMADD231PS Y13, Y12, s

#define LAST_COLUMN(b, s0, s1, s2, s3) \
	VMASKMOVPS b, Y14, Y13     \
	VORPS      Y15, Y13, Y13   \
	LAST_DOT((SI), s0)         \
	LAST_DOT((SI)(AX*1), s1)   \
	LAST_DOT((SI)(AX*2), s2)   \
	LAST_DOT((SI)(BX*1), s3)

// The sums of a column begin with the bias in lane 0, or 0.
#define START(b, x, s0, s1, s2, s3) \
	VMOVSS  b, x   \
	VMOVAPS s0, s1 \
	VMOVAPS s0, s2 \
	VMOVAPS s0, s3

// The lanes of one column joined by halves, twice: lane[i] += lane[i+4], lane[i] += lane[i+2]. s0 then holds lanes 0
// and 1 of rows 0, 2, 1, 3.
#define JOIN_HALVES(s0, s1, s2, s3) \
	VPERM2F128 $0x20, s1, s0, Y12 \
	VPERM2F128 $0x31, s1, s0, Y13 \
	VPERM2F128 $0x20, s3, s2, Y14 \
	VPERM2F128 $0x31, s3, s2, Y15 \
	VADDPS     Y13, Y12, Y12      \
	VADDPS     Y15, Y14, Y14      \
	VUNPCKLPD  Y14, Y12, Y13      \
	VUNPCKHPD  Y14, Y12, Y15      \
	VADDPS     Y15, Y13, s0

// func narrowDotAVX2(c, a, b, bias *float32, n, k, rsA, rsB, rsC int)
//
// For four rows, i < 4, and j < n ≤ 3 columns, k ≥ 8:
//
//	for r < 8: s[r] = Σ over p = r, r+8, r+16, … by fma, s[0] beginning with bias[j] (0 if bias is nil), the others with 0
//	c[i·rsC + j] = ((s[0]+s[4]) + (s[2]+s[6])) + ((s[1]+s[5]) + (s[3]+s[7]))
//
// of a[i·rsA + p]·b[j·rsB + p].
//
//	Y(4j)…Y(4j+3) sums of column j     SI  a     AX, BX 1 and 3 · rsA    CX steps left
//	Y12…Y14       columns of B         DX  b     R9     rsB              R13 n
//	Y15           a row of A           DI  c     R12    rsC              R10 bias
TEXT ·narrowDotAVX2(SB), NOSPLIT, $0-72
	MOVQ   c+0(FP), DI
	MOVQ   a+8(FP), SI
	MOVQ   b+16(FP), DX
	MOVQ   bias+24(FP), R10
	MOVQ   n+32(FP), R13
	MOVQ   k+40(FP), CX
	MOVQ   rsA+48(FP), AX
	MOVQ   rsB+56(FP), R9
	MOVQ   rsC+64(FP), R12
	SHLQ   $2, AX
	SHLQ   $2, R9
	SHLQ   $2, R12
	LEAQ   (AX)(AX*2), BX
	SHRQ   $3, CX
	VXORPS Y0, Y0, Y0
	VXORPS Y1, Y1, Y1
	VXORPS Y2, Y2, Y2
	VXORPS Y3, Y3, Y3
	VXORPS Y4, Y4, Y4
	VXORPS Y5, Y5, Y5
	VXORPS Y6, Y6, Y6
	VXORPS Y7, Y7, Y7
	VXORPS Y8, Y8, Y8
	VXORPS Y9, Y9, Y9
	VXORPS Y10, Y10, Y10
	VXORPS Y11, Y11, Y11
	TESTQ  R10, R10
	JEQ    begin
	START((R10), X0, Y0, Y1, Y2, Y3)
	CMPQ   R13, $2
	JLT    begin
	START(4(R10), X4, Y4, Y5, Y6, Y7)
	JEQ    begin
	START(8(R10), X8, Y8, Y9, Y10, Y11)

begin:
	CMPQ R13, $2
	JLT  dot1
	JEQ  dot2
	DOT_STEP(dot3, COLUMNS3, DOT3)
	DOT_STEP(dot2, COLUMNS2, DOT2)
	DOT_STEP(dot1, COLUMNS1, DOT1)

last:
	MOVQ     k+40(FP), CX
	ANDQ     $7, CX
	JEQ      join
	MASK(CX, R10, Y14)
	VPCMPEQD Y13, Y13, Y13
	VPSLLD   $31, Y13, Y13      // −0
	VANDNPS  Y13, Y14, Y15      // in the lanes that take no part
	LAST_COLUMN((DX), Y0, Y1, Y2, Y3)
	CMPQ     R13, $2
	JLT      join
	LAST_COLUMN((DX)(R9*1), Y4, Y5, Y6, Y7)
	JEQ      join
	LAST_COLUMN((DX)(R9*2), Y8, Y9, Y10, Y11)

join:
	LEAQ         (R12)(R12*2), BX
	JOIN_HALVES(Y0, Y1, Y2, Y3)
	CMPQ         R13, $2
	JLT          single
	JOIN_HALVES(Y4, Y5, Y6, Y7)
	VSHUFPS      $0x88, Y4, Y0, Y12
	VSHUFPS      $0xdd, Y4, Y0, Y13
	VADDPS       Y13, Y12, Y12            // lane[0] += lane[1]: column 0 of rows 0, 2, column 1; rows 1, 3
	VPERMILPS    $0xd8, Y12, Y12          // both columns of row 0, of row 2; of rows 1, 3
	VEXTRACTF128 $1, Y12, X13
	VMOVLPS      X12, (DI)
	VMOVLPS      X13, (DI)(R12*1)
	VMOVHPS      X12, (DI)(R12*2)
	VMOVHPS      X13, (DI)(BX*1)
	CMPQ         R13, $2
	JEQ          end
	ADDQ         $8, DI
	JOIN_HALVES(Y8, Y9, Y10, Y11)
	VMOVAPS      Y8, Y0

single: // one column alone, in Y0
	VSHUFPS      $0x88, Y0, Y0, Y12
	VSHUFPS      $0xdd, Y0, Y0, Y13
	VADDPS       Y13, Y12, Y12            // lane[0] += lane[1]: rows 0, 2, …; 1, 3, …
	VEXTRACTF128 $1, Y12, X13
	VMOVSS       X12, (DI)
	VMOVSS       X13, (DI)(R12*1)
	VEXTRACTPS   $1, X12, (DI)(R12*2)
	VEXTRACTPS   $1, X13, (DI)(BX*1)

end:
	VZEROUPPER
	RET

// A few rows: B as it is.

// One vector of eight rows of B, end to end: s += (a as the lanes need it) · b.
#define LANES(offset, s) \
	VPERMILPS   offset(R9), Y14, Y15 \
	VFMADD231PS offset(DX), Y15, s

// Of eight elements of a, what the halves of the next vectors choose from: all of them lie in the first four rows of B,
// or in the last four, or one half in each.
#define FIRST VBROADCASTF128 (SI), Y14
#define LAST VBROADCASTF128 16(SI), Y14
#define BOTH VMOVUPS (SI), Y14

#define ROW_STEP(label, lanes, done) \
label: \
	lanes          \
	ADDQ $32, SI   \
	ADDQ R11, DX   \
	DECQ BX        \
	JNZ  label     \
	JMP  done

// The vectors of n outputs: those in the first four rows, perhaps one in both halves, those in the last four.
#define FIRST1 FIRST; LANES(0, Y0)
#define FIRST2 FIRST1; LANES(32, Y1)
#define FIRST3 FIRST2; LANES(64, Y2)
#define FIRST4 FIRST3; LANES(96, Y3)
#define FIRST5 FIRST4; LANES(128, Y4)
#define FIRST6 FIRST5; LANES(160, Y5)
#define FIRST7 FIRST6; LANES(192, Y6)
#define FIRST8 FIRST7; LANES(224, Y7)

#define N1 BOTH; LANES(0, Y0)
#define N2 FIRST1; LAST; LANES(32, Y1)
#define N3 FIRST1; BOTH; LANES(32, Y1); LAST; LANES(64, Y2)
#define N4 FIRST2; LAST; LANES(64, Y2); LANES(96, Y3)
#define N5 FIRST2; BOTH; LANES(64, Y2); LAST; LANES(96, Y3); LANES(128, Y4)
#define N6 FIRST3; LAST; LANES(96, Y3); LANES(128, Y4); LANES(160, Y5)
#define N7 FIRST3; BOTH; LANES(96, Y3); LAST; LANES(128, Y4); LANES(160, Y5); LANES(192, Y6)
#define N8 FIRST4; LAST; LANES(128, Y4); LANES(160, Y5); LANES(192, Y6); LANES(224, Y7)
#define N9 FIRST4; BOTH; LANES(128, Y4); LAST; LANES(160, Y5); LANES(192, Y6); LANES(224, Y7); LANES(256, Y8)
#define N10 FIRST5; LAST; LANES(160, Y5); LANES(192, Y6); LANES(224, Y7); LANES(256, Y8); LANES(288, Y9)
#define N11 FIRST5; BOTH; LANES(160, Y5); LAST; LANES(192, Y6); LANES(224, Y7); LANES(256, Y8); \
	LANES(288, Y9); LANES(320, Y10)
#define N12 FIRST6; LAST; LANES(192, Y6); LANES(224, Y7); LANES(256, Y8); LANES(288, Y9); LANES(320, Y10); \
	LANES(352, Y11)
#define N13 FIRST6; BOTH; LANES(192, Y6); LAST; LANES(224, Y7); LANES(256, Y8); LANES(288, Y9); \
	LANES(320, Y10); LANES(352, Y11); LANES(384, Y12)
#define N14 FIRST7; LAST; LANES(224, Y7); LANES(256, Y8); LANES(288, Y9); LANES(320, Y10); LANES(352, Y11); \
	LANES(384, Y12); LANES(416, Y13)
#define N15 FIRST7; BOTH; LANES(224, Y7)
#define N15_MORE LAST; LANES(256, Y0); LANES(288, Y1); LANES(320, Y2); LANES(352, Y3); LANES(384, Y4); \
	LANES(416, Y5); LANES(448, Y6)
#define N16 FIRST8
#define N16_MORE LAST; LANES(256, Y0); LANES(288, Y1); LANES(320, Y2); LANES(352, Y3); LANES(384, Y4); \
	LANES(416, Y5); LANES(448, Y6); LANES(480, Y7)

#define ZERO_8 \
	VXORPS Y0, Y0, Y0 \
	VXORPS Y1, Y1, Y1 \
	VXORPS Y2, Y2, Y2 \
	VXORPS Y3, Y3, Y3 \
	VXORPS Y4, Y4, Y4 \
	VXORPS Y5, Y5, Y5 \
	VXORPS Y6, Y6, Y6 \
	VXORPS Y7, Y7, Y7

#define STORE_8(offset) \
	VMOVUPS Y0, (offset+0)(R12)   \
	VMOVUPS Y1, (offset+32)(R12)  \
	VMOVUPS Y2, (offset+64)(R12)  \
	VMOVUPS Y3, (offset+96)(R12)  \
	VMOVUPS Y4, (offset+128)(R12) \
	VMOVUPS Y5, (offset+160)(R12) \
	VMOVUPS Y6, (offset+192)(R12) \
	VMOVUPS Y7, (offset+224)(R12)

// JOIN joins eight lanes of sums at 0, 1, …, 7 times CX from s: lane[i] += lane[i+h] for h = 4, 2, 1. R15 is 3·CX,
// upper s + 4·CX.
#define JOIN(s, upper, y, y1, y2, y3) \
	VMOVUPS (s), y                 \
	VMOVUPS (s)(CX*1), y1          \
	VMOVUPS (s)(CX*2), y2          \
	VMOVUPS (s)(R15*1), y3         \
	VADDPS  (upper), y, y          \
	VADDPS  (upper)(CX*1), y1, y1  \
	VADDPS  (upper)(CX*2), y2, y2  \
	VADDPS  (upper)(R15*1), y3, y3 \
	VADDPS  y2, y, y               \
	VADDPS  y3, y1, y1             \
	VADDPS  y1, y, y

// func narrowRowAVX2(c, a, b, bias *float32, index *int32, m, n, k, rsA, rsC int)
//
// The product of a narrow layer, n ≤ 16 and k ≥ 8, with B's rows end to end: for i < m and j < n
//
//	for r < 8: s[r] = Σ over p = r, r+8, r+16, … by fma, s[0] beginning with bias[j] (0 if bias is nil), the others with 0
//	c[i·rsC + j] = ((s[0]+s[4]) + (s[2]+s[6])) + ((s[1]+s[5]) + (s[3]+s[7]))
//
// of a[i·rsA + p]·b[p·n + j]. Eight rows of B are 8·n elements one after the other, n vectors, and lane l of them all
// belongs to row l/n, so index (n vectors of int32) names the element of a[p…p+7] for each lane.
//
//	Y0…Y13 sums                            SI a, DX b at p     R9  index
//	Y14    a[p…p+7], or half of it twice   R8 a's row          R10 n
//	Y15    a by lane                       DI c's row          R11 bytes of eight rows of B
//	R12    sums on the stack               BX steps left       R13 rows left
TEXT ·narrowRowAVX2(SB), NOSPLIT, $512-80
	MOVQ c+0(FP), DI
	MOVQ a+8(FP), R8
	MOVQ index+32(FP), R9
	MOVQ m+40(FP), R13
	MOVQ n+48(FP), R10
	MOVQ R10, R11
	SHLQ $5, R11
	LEAQ sums-512(SP), R12

row:
	MOVQ   R8, SI
	MOVQ   b+16(FP), DX
	MOVQ   k+56(FP), BX
	SHRQ   $3, BX
	ZERO_8
	VXORPS Y8, Y8, Y8
	VXORPS Y9, Y9, Y9
	VXORPS Y10, Y10, Y10
	VXORPS Y11, Y11, Y11
	VXORPS Y12, Y12, Y12
	VXORPS Y13, Y13, Y13
	MOVQ   bias+24(FP), R15
	TESTQ  R15, R15
	JEQ    start
	MOVQ   R10, CX
	CMPQ   CX, $8
	JLT    shortBias
	VMOVUPS (R15), Y0
	SUBQ   $8, CX
	MASK(CX, AX, Y15)
	VMASKMOVPS 32(R15), Y15, Y1
	JMP    start

shortBias:
	MASK(CX, AX, Y15)
	VMASKMOVPS (R15), Y15, Y0

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
	ROW_STEP(n16, N16, second)
	ROW_STEP(n15, N15, second)
	ROW_STEP(n14, N14, store)
	ROW_STEP(n13, N13, store)
	ROW_STEP(n12, N12, store)
some:
	CMPQ R10, $10
	JLT  n9
	JEQ  n10
	ROW_STEP(n11, N11, store)
	ROW_STEP(n10, N10, store)
	ROW_STEP(n9, N9, store)
	ROW_STEP(n8, N8, store)
few:
	CMPQ R10, $4
	JLT  fewer
	JEQ  n4
	CMPQ R10, $6
	JLT  n5
	JEQ  n6
	ROW_STEP(n7, N7, store)
	ROW_STEP(n6, N6, store)
	ROW_STEP(n5, N5, store)
	ROW_STEP(n4, N4, store)
fewer:
	CMPQ R10, $2
	JLT  n1
	JEQ  n2
	ROW_STEP(n3, N3, store)
	ROW_STEP(n2, N2, store)
	ROW_STEP(n1, N1, store)

second: // of 15 or 16 vectors those from 8 on
	STORE_8(0)
	ZERO_8
	MOVQ R8, SI
	MOVQ b+16(FP), DX
	MOVQ k+56(FP), BX
	SHRQ $3, BX
	CMPQ R10, $16
	JLT  n15more
	ROW_STEP(n16more, N16_MORE, secondStore)
	ROW_STEP(n15more, N15_MORE, secondStore)

secondStore:
	STORE_8(256)
	JMP  last

store:
	STORE_8(0)
	CMPQ    R10, $8
	JLE     last
	VMOVUPS Y8, 256(R12)
	VMOVUPS Y9, 288(R12)
	VMOVUPS Y10, 320(R12)
	VMOVUPS Y11, 352(R12)
	VMOVUPS Y12, 384(R12)
	VMOVUPS Y13, 416(R12)

last: // the k mod 8 rows that are left
	MOVQ       k+56(FP), CX
	ANDQ       $7, CX
	JEQ        join
	MOVQ       R10, BX
	IMULQ      CX, BX              // lanes left
	MASK(CX, AX, Y0)
	VMASKMOVPS (SI), Y0, Y0        // a[p…]
	XORQ       R15, R15

lastVector:
	MOVQ        $8, CX
	CMPQ        BX, CX
	CMOVQLT     BX, CX
	MASK(CX, AX, Y1)
	VMASKMOVPS  (DX)(R15*1), Y1, Y2
	VMOVUPS     (R9)(R15*1), Y3
	VPERMPS     Y0, Y3, Y3
	VMOVUPS     (R12)(R15*1), Y4
	VFMADD213PS Y4, Y2, Y3           // a·b + s
	VBLENDVPS   Y1, Y3, Y4, Y4       // in the lanes that are left
	VMOVUPS     Y4, (R12)(R15*1)
	ADDQ        $32, R15
	SUBQ        $8, BX
	JGT         lastVector

join: // s[r] begins n elements after s[r-1]
	LEAQ    (R10*4), CX
	LEAQ    (CX)(CX*2), R15
	LEAQ    (R12)(CX*4), BX
	JOIN(R12, BX, Y0, Y2, Y4, Y6)
	CMPQ    R10, $8
	JLT     short
	LEAQ    -32(R12)(CX*1), AX
	LEAQ    -32(BX)(CX*1), BX
	JOIN(AX, BX, Y1, Y3, Y5, Y7)
	VMOVUPS Y0, (DI)
	VMOVUPS Y1, -32(DI)(CX*1)

next:
	MOVQ rsA+64(FP), AX
	MOVQ rsC+72(FP), BX
	LEAQ (R8)(AX*4), R8
	LEAQ (DI)(BX*4), DI
	DECQ R13
	JNZ  row
	VZEROUPPER
	RET

short: // less than eight elements by four, two and one, since masked stores are slow on AMD's processors
	MOVQ    DI, AX
	TESTB   $4, R10
	JEQ     below4
	VMOVUPS X0, (AX)
	VEXTRACTF128 $1, Y0, X0
	ADDQ    $16, AX

below4:
	TESTB    $2, R10
	JEQ      below2
	VMOVLPS  X0, (AX)
	VMOVHLPS X0, X0, X0
	ADDQ     $8, AX

below2:
	TESTB  $1, R10
	JEQ    next
	VMOVSS X0, (AX)
	JMP    next
