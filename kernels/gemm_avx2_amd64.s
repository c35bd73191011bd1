//go:build gc && !purego

#include "go_asm.h"
#include "textflag.h"
#include "floor_amd64.h"

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

// zeros stand for a bias that is nil.
DATA zeros<>+0(SB)/8, $0
DATA zeros<>+8(SB)/8, $0
DATA zeros<>+16(SB)/8, $0
DATA zeros<>+24(SB)/8, $0
DATA zeros<>+32(SB)/8, $0
DATA zeros<>+40(SB)/8, $0
DATA zeros<>+48(SB)/8, $0
DATA zeros<>+56(SB)/8, $0
GLOBL zeros<>(SB), RODATA|NOPTR, $64

// A tile of m rows is written once, for each row an operation OP(a, c, left, right, xright): a and c address the row
// in A and in C, left holds its sums of columns 0…7, right those of columns n−8…n−1 (some of which left may have too,
// which spares masks), or of all columns if there are at most eight; xright is the lower half of right. ROWSm applies
// an operation to m rows.
#define ROWS1(OP)             OP((SI), (DI), Y0, Y1, X1)
#define ROWS2(OP) ROWS1(OP) ; OP((SI)(R8*1), (DI)(R11*1), Y2, Y3, X3)
#define ROWS3(OP) ROWS2(OP) ; OP((SI)(R8*2), (DI)(R11*2), Y4, Y5, X5)
#define ROWS4(OP) ROWS3(OP) ; OP((DX), (R13), Y6, Y7, X7)
#define ROWS5(OP) ROWS4(OP) ; OP((DX)(R8*1), (R13)(R11*1), Y8, Y9, X9)
#define ROWS6(OP) ROWS5(OP) ; OP((DX)(R8*2), (R13)(R11*2), Y10, Y11, X11)

// PREFETCH_C asks for 16 columns of C, which may lie in two lines of the cache.
#define PREFETCH_C(a, c, left, right, xright) PREFETCHT0 c ; PREFETCHT0 60 c

#define START_LEFT(a, c, left, right, xright) VMOVAPS Y12, left    // left = bias[0:8]
#define START_RIGHT(a, c, left, right, xright) VMOVAPS Y13, right  // right = bias[n−8:n]

// Both begin with the row's own bias at R15, by biasOfRows.
#define START_OWN(a, c, left, right, xright) \
	VBROADCASTSS (R15), left \
	VMOVAPS      left, right \
	ADDQ         $4, R15

#define MULTIPLY(a, c, left, right, xright) \
	VBROADCASTSS a, Y14           \
	VFMADD231PS  Y12, Y14, left   \ // left = fma(a, b[0:8], left)
	VFMADD231PS  Y13, Y14, right    // right = fma(a, b[n−8:n], right)

#define MULTIPLY_RIGHT(a, c, left, right, xright) \
	VBROADCASTSS a, Y14           \
	VFMADD231PS  Y13, Y14, right    // right = fma(a, b[0:n], right)

#define ADD_BOTH(a, c, left, right, xright) \
	VADDPS c, left, left   \ // left = c + left
	VADDPS a, right, right   // right = c + right

#define ADD_RIGHT(a, c, left, right, xright) VADDPS c, right, right // right = c + right

#define ADD_MASKED(a, c, left, right, xright) \
	VMASKMOVPS c, Y15, Y14        \
	VADDPS     Y14, right, right    // right = c + right

// Nothing below the floor in Y14. (A NaN and −0 stay: where VMAXPS cannot say which is larger it takes its first
// operand.)
#define FLOOR_BOTH(a, c, left, right, xright) \
	VMAXPS left, Y14, left   \
	VMAXPS right, Y14, right

#define FLOOR_RIGHT(a, c, left, right, xright) VMAXPS right, Y14, right

#define STORE_BOTH(a, c, left, right, xright) \
	VMOVUPS left, c  \
	VMOVUPS right, a

#define STORE_RIGHT(a, c, left, right, xright) VMOVUPS right, c

// Masked stores are slow on AMD's processors, so less than eight elements are stored by four, two and one.
#define STORE_4(a, c, left, right, xright) \
	VMOVUPS      xright, c          \
	VEXTRACTF128 $1, right, xright    // move the rest down

#define STORE_2(a, c, left, right, xright) \
	VMOVLPS  xright, c              \
	VMOVHLPS xright, xright, xright   // move the rest down

#define STORE_1(a, c, left, right, xright) VMOVSS xright, c

#define LOAD_9_TO_16 \
	VMOVUPS (BX), Y12         \ // b[0:8]
	VMOVUPS (BX)(R12*4), Y13    // b[n−8:n]

#define LOAD_8 VMOVUPS (BX), Y13                // b[0:8]
#define LOAD_1_TO_7 VMASKMOVPS (BX), Y15, Y13   // b[0:n]

// SUM is the chains over p, two terms a turn; if k is odd it begins in the middle of the first turn.
#define SUM(ROWS, LOAD, MULTIPLY, even, odd) \
	MOVQ k+56(FP), CX \
	INCQ CX           \
	SHRQ $1, CX       \ // (k+1)/2 turns
	JCC  odd          \
even:                 \
	LOAD              \
	ROWS(MULTIPLY)    \
	ADDQ R9, SI       \ // a += csA
	ADDQ R9, DX       \
	ADDQ R10, BX      \ // b += rsB
odd:                  \
	LOAD              \
	ROWS(MULTIPLY)    \
	ADDQ R9, SI       \
	ADDQ R9, DX       \
	ADDQ R10, BX      \
	DECQ CX           \
	JNZ  even

// TILE_9_TO_16, TILE_8 and TILE_1_TO_7 are all of a tile. In the first, the pointers into A become pointers into the
// right columns of C after the sum.
#define TILE_9_TO_16(ROWS, begin, own, start, sum, even, odd, store) \
own:                             \
	ROWS(START_OWN)              \
	JMP     sum                  \
begin:                           \
	TESTB   $const_biasOfRows, end+96(FP) \
	JNE     own                  \
	VMOVUPS (R15), Y12           \
	VMOVUPS (R15)(R12*4), Y13    \
	TESTB    $const_addToC, end+96(FP) \
	JEQ     start                \
	ROWS(PREFETCH_C)             \
start:                           \
	ROWS(START_LEFT)             \
	ROWS(START_RIGHT)            \
sum:                             \
	SUM(ROWS, LOAD_9_TO_16, MULTIPLY, even, odd) \
	LEAQ    (DI)(R12*4), SI      \
	LEAQ    (R13)(R12*4), DX     \
	MOVQ    R11, R8              \
	TESTB    $const_addToC, end+96(FP) \
	JEQ     store                \
	ROWS(ADD_BOTH)               \
store:                           \
	FLOOR(end+96(FP), CX, BX, Y14) \
	ROWS(FLOOR_BOTH)             \
	ROWS(STORE_BOTH)             \
	JMP     next

#define TILE_8(ROWS, begin, own, sum, even, odd, store) \
own:                             \
	ROWS(START_OWN)              \
	JMP     sum                  \
begin:                           \
	TESTB   $const_biasOfRows, end+96(FP) \
	JNE     own                  \
	VMOVUPS (R15), Y13           \
	ROWS(START_RIGHT)            \
sum:                             \
	SUM(ROWS, LOAD_8, MULTIPLY_RIGHT, even, odd) \
	TESTB    $const_addToC, end+96(FP) \
	JEQ     store                \
	ROWS(ADD_RIGHT)              \
store:                           \
	FLOOR(end+96(FP), CX, BX, Y14) \
	ROWS(FLOOR_RIGHT)            \
	ROWS(STORE_RIGHT)            \
	JMP     next

#define NEXT_COLUMNS(bytes) \
	ADDQ $bytes, DI  \
	ADDQ $bytes, R13

#define TILE_1_TO_7(ROWS, begin, own, sum, even, odd, store, below4, below2) \
own:                             \
	ROWS(START_OWN)              \
	JMP    sum                   \
begin:                           \
	TESTB  $const_biasOfRows, end+96(FP) \
	JNE    own                   \
	VMASKMOVPS (R15), Y15, Y13   \
	ROWS(START_RIGHT)            \
sum:                             \
	SUM(ROWS, LOAD_1_TO_7, MULTIPLY_RIGHT, even, odd) \
	TESTB  $const_addToC, end+96(FP) \
	JEQ   store                  \
	ROWS(ADD_MASKED)             \
store:                           \
	FLOOR(end+96(FP), CX, BX, Y14) \
	ROWS(FLOOR_RIGHT)            \
	TESTB $4, R12                \
	JEQ   below4                 \
	ROWS(STORE_4)                \
	NEXT_COLUMNS(16)             \
below4:                          \
	TESTB $2, R12                \
	JEQ   below2                 \
	ROWS(STORE_2)                \
	NEXT_COLUMNS(8)              \
below2:                          \
	TESTB $1, R12                \
	JEQ   next                   \
	ROWS(STORE_1)                \
	JMP   next

#define BY_ROWS(one, two, three, four, five, six) \
	CMPQ AX, $6 \
	JEQ  six    \
	CMPQ AX, $4 \
	JEQ  four   \
	JGT  five   \
	CMPQ AX, $2 \
	JEQ  two    \
	JGT  three  \
	JMP  one

// func tilesAVX2(c, a, b, bias *float32, m, height, n, k, rsA, csA, rsB, rsC int, end ending)
//
//	s[i,j] = bias[j], or bias[i] by biasOfRows, or +0 without
//	for p < k: s[i,j] = fma(a[i·rsA + p·csA], b[p·rsB + j], s[i,j])
//	c[i·rsC + j] = s[i,j], or c[i·rsC + j] + s[i,j] by addToC; then 0 if it is less than that, by endReLU
//
// for i < m, j < n, in panels of 16 columns and tiles of height ≤ 6 rows, the last two as even as possible: a tile of
// two rows would take as long as one of four.
//
//	SI, DX  a of rows 0 and 3 at step p; R8   rsA in bytes;  Y0…Y11   sums, left and right of each row
//	        c's right columns at last         rsC at last
//	BX      b at step p                  R9   csA in bytes   Y12, Y13 bias; b, left and right
//	DI, R13 c of rows 0 and 3            R10  rsB in bytes   Y14      an element of a; a row of c; the floor
//	AX      rows of the tile             R11  rsC in bytes   Y15      mask of less than 8 lanes
//	R12     columns, less 8 if so many   CX   turns left     R15      bias, or zeros
TEXT ·tilesAVX2(SB), NOSPLIT, $32-97
panel:
	MOVQ    c+0(FP), DI
	MOVQ    a+8(FP), SI
	MOVQ    bias+24(FP), R15
	MOVQ    m+32(FP), CX
	MOVQ    n+48(FP), R12
	MOVQ    csA+72(FP), R9
	MOVQ    rsB+80(FP), R10
	MOVQ    rsC+88(FP), R11
	LEAQ    zeros<>(SB), BX
	TESTQ   R15, R15
	CMOVQEQ BX, R15
	SHLQ    $2, R9
	SHLQ    $2, R10
	SHLQ    $2, R11
	MOVQ    $16, AX
	CMPQ    R12, AX
	CMOVQGT AX, R12
	MOVQ    R12, columns-32(SP)
	CMPQ    R12, $8
	JLT     mask
	SUBQ    $8, R12
	JMP     tile

mask:
	LEAQ    lanes<>+32(SB), AX
	NEGQ    R12
	VMOVUPS (AX)(R12*4), Y15
	NEGQ    R12

tile: // at SI and DI, of CX rows that are left
	MOVQ    height+40(FP), AX
	CMPQ    CX, AX
	CMOVQLE CX, AX             // the last one
	JLE     rows
	LEAQ    (AX)(AX*1), BX
	CMPQ    CX, BX
	JGE     rows
	LEAQ    1(CX), AX
	SHRQ    $1, AX             // the last but one

rows:
	MOVQ rsA+64(FP), R8
	MOVQ b+16(FP), BX
	SHLQ $2, R8
	SUBQ AX, CX
	MOVQ CX, left-8(SP)
	MOVQ AX, DX
	IMULQ R8, DX
	ADDQ SI, DX
	MOVQ DX, nextA-16(SP)
	MOVQ AX, R13
	IMULQ R11, R13
	ADDQ DI, R13
	MOVQ R13, nextC-24(SP)
	LEAQ (R8)(R8*2), DX
	ADDQ SI, DX               // row 3 of A
	LEAQ (R11)(R11*2), R13
	ADDQ DI, R13              // row 3 of C
	CMPQ columns-32(SP), $8
	JLT  short
	JEQ  half
	BY_ROWS(wide1, wide2, wide3, wide4, wide5, wide6)

half:
	BY_ROWS(half1, half2, half3, half4, half5, half6)

short:
	BY_ROWS(short1, short2, short3, short4, short5, short6)

next:
	MOVQ  left-8(SP), CX
	MOVQ  nextA-16(SP), SI
	MOVQ  nextC-24(SP), DI
	TESTQ CX, CX
	JNZ   tile
	SUBQ  $16, n+48(FP)
	JLE   done
	ADDQ  $64, c+0(FP)
	ADDQ  $64, b+16(FP)
	MOVQ  bias+24(FP), CX
	TESTQ CX, CX
	JEQ   panel
	TESTB $const_biasOfRows, end+96(FP)
	JNE   panel
	ADDQ  $64, CX
	MOVQ  CX, bias+24(FP)
	JMP   panel

done:
	VZEROUPPER
	RET

	TILE_9_TO_16(ROWS6, wide6, wide6own, wide6start, wide6sum, wide6even, wide6odd, wide6store)
	TILE_8(ROWS6, half6, half6own, half6sum, half6even, half6odd, half6store)
	TILE_1_TO_7(ROWS6, short6, short6own, short6sum, short6even, short6odd, short6store, short6below4, short6below2)

	TILE_9_TO_16(ROWS5, wide5, wide5own, wide5start, wide5sum, wide5even, wide5odd, wide5store)
	TILE_8(ROWS5, half5, half5own, half5sum, half5even, half5odd, half5store)
	TILE_1_TO_7(ROWS5, short5, short5own, short5sum, short5even, short5odd, short5store, short5below4, short5below2)

	TILE_9_TO_16(ROWS4, wide4, wide4own, wide4start, wide4sum, wide4even, wide4odd, wide4store)
	TILE_8(ROWS4, half4, half4own, half4sum, half4even, half4odd, half4store)
	TILE_1_TO_7(ROWS4, short4, short4own, short4sum, short4even, short4odd, short4store, short4below4, short4below2)

	TILE_9_TO_16(ROWS3, wide3, wide3own, wide3start, wide3sum, wide3even, wide3odd, wide3store)
	TILE_8(ROWS3, half3, half3own, half3sum, half3even, half3odd, half3store)
	TILE_1_TO_7(ROWS3, short3, short3own, short3sum, short3even, short3odd, short3store, short3below4, short3below2)

	TILE_9_TO_16(ROWS2, wide2, wide2own, wide2start, wide2sum, wide2even, wide2odd, wide2store)
	TILE_8(ROWS2, half2, half2own, half2sum, half2even, half2odd, half2store)
	TILE_1_TO_7(ROWS2, short2, short2own, short2sum, short2even, short2odd, short2store, short2below4, short2below2)

	TILE_9_TO_16(ROWS1, wide1, wide1own, wide1start, wide1sum, wide1even, wide1odd, wide1store)
	TILE_8(ROWS1, half1, half1own, half1sum, half1even, half1odd, half1store)
	TILE_1_TO_7(ROWS1, short1, short1own, short1sum, short1even, short1odd, short1store, short1below4, short1below2)

// A pass over a row's columns, at most 64 of them, is written once, for each vector an operation OP(c, b, bias, y): c,
// b and bias address it there, y holds its sums. The last vector ends with the last column, and so may share columns
// with the one before it, which spares masks. VECTORSv applies an operation to v vectors.
#define VECTORS1(OP)                OP((DI)(R12*4), (BX)(R12*4), (R15)(R12*4), Y7)
#define VECTORS2(OP) VECTORS1(OP) ; OP((DI), (BX), (R15), Y0)
#define VECTORS3(OP) VECTORS2(OP) ; OP(32(DI), 32(BX), 32(R15), Y1)
#define VECTORS4(OP) VECTORS3(OP) ; OP(64(DI), 64(BX), 64(R15), Y2)
#define VECTORS5(OP) VECTORS4(OP) ; OP(96(DI), 96(BX), 96(R15), Y3)
#define VECTORS6(OP) VECTORS5(OP) ; OP(128(DI), 128(BX), 128(R15), Y4)
#define VECTORS7(OP) VECTORS6(OP) ; OP(160(DI), 160(BX), 160(R15), Y5)
#define VECTORS8(OP) VECTORS7(OP) ; OP(192(DI), 192(BX), 192(R15), Y6)

#define LOAD_BIAS(c, b, bias, y) VMOVUPS bias, y
#define LOAD_ZERO(c, b, bias, y) VXORPS y, y, y
#define MULTIPLY_ROW(c, b, bias, y) VFMADD231PS b, Y8, y // y = fma(a, b, y)
#define ADD_ROW(c, b, bias, y) VADDPS c, y, y            // y = c + y
#define STORE_ROW(c, b, bias, y) VMOVUPS y, c

#define PASS(VECTORS, begin, zero, sum, store) \
begin:                    \
	TESTQ R15, R15        \
	JEQ   zero            \
	VECTORS(LOAD_BIAS)    \
	JMP   sum             \
zero:                     \
	VECTORS(LOAD_ZERO)    \
sum:                      \
	VBROADCASTSS (AX), Y8 \
	VECTORS(MULTIPLY_ROW) \
	ADDQ R9, AX           \ // a += csA
	ADDQ R10, BX          \ // b += rsB
	DECQ CX               \
	JNZ  sum              \
	TESTB R11, R11        \
	JEQ  store            \
	VECTORS(ADD_ROW)      \
store:                    \
	VECTORS(STORE_ROW)    \
	JMP next

// func tileRowAVX2(c, a, b, bias *float32, n, k, csA, rsB int, add bool)
//
//	s[j] = bias[j] (+0 without); for p < k: s[j] = fma(a[p·csA], b[p·rsB + j], s[j])
//	c[j] = s[j], or c[j] + s[j] if add, for j < n
//
//	DI  c, of this pass       SI  a            AX  a at step p   R9  csA in bytes   Y0…Y7  sums
//	R15 bias, of this pass    R13 columns left CX  steps left    R10 rsB in bytes   Y8     an element of a
//	DX  b, of this pass       R12 columns of   BX  b at step p   R8  vectors of     Y9     mask of n < 8 lanes
//	R11 add                       this pass − 8                      this pass
TEXT ·tileRowAVX2(SB), NOSPLIT, $0-65
	MOVQ c+0(FP), DI
	MOVQ a+8(FP), SI
	MOVQ b+16(FP), DX
	MOVQ bias+24(FP), R15
	MOVQ n+32(FP), R13
	MOVQ csA+48(FP), R9
	MOVQ rsB+56(FP), R10
	MOVBLZX add+64(FP), R11
	SHLQ $2, R9
	SHLQ $2, R10
	CMPQ R13, $const_wideRow
	JLT  pass
	CMPQ k+40(FP), $const_tallRow
	JLT  pass
	JMP  ·wideRowAVX2(SB)

pass:
	MOVQ SI, AX
	MOVQ DX, BX
	MOVQ k+40(FP), CX
	MOVQ $56, R12
	CMPQ R13, $64
	JGE  eight
	LEAQ -8(R13), R12
	LEAQ 7(R13), R8
	CMPQ R13, $8
	JLT  short
	SHRQ $3, R8
	CMPQ R8, $4
	JLT  below4
	JEQ  four
	CMPQ R8, $6
	JLT  five
	JEQ  six
	CMPQ R8, $8
	JLT  seven
	JMP  eight

below4:
	CMPQ R8, $2
	JLT  one
	JEQ  two
	JMP  three

next:
	SUBQ  $64, R13
	JLE   done
	ADDQ  $256, DI
	ADDQ  $256, DX
	TESTQ R15, R15
	JEQ   pass
	ADDQ  $256, R15
	JMP   pass

	PASS(VECTORS8, eight, eightZero, eightSum, eightStore)
	PASS(VECTORS7, seven, sevenZero, sevenSum, sevenStore)
	PASS(VECTORS6, six, sixZero, sixSum, sixStore)
	PASS(VECTORS5, five, fiveZero, fiveSum, fiveStore)
	PASS(VECTORS4, four, fourZero, fourSum, fourStore)
	PASS(VECTORS3, three, threeZero, threeSum, threeStore)
	PASS(VECTORS2, two, twoZero, twoSum, twoStore)
	PASS(VECTORS1, one, oneZero, oneSum, oneStore)

short:
	LEAQ       lanes<>+32(SB), R8
	NEGQ       R13
	VMOVUPS    (R8)(R13*4), Y9
	NEGQ       R13
	VXORPS     Y0, Y0, Y0
	TESTQ      R15, R15
	JEQ        shortSum
	VMASKMOVPS (R15), Y9, Y0

shortSum:
	VBROADCASTSS (AX), Y8
	VMASKMOVPS   (BX), Y9, Y1
	VFMADD231PS  Y1, Y8, Y0   // s = fma(a, b, s)
	ADDQ         R9, AX
	ADDQ         R10, BX
	DECQ         CX
	JNZ          shortSum
	TESTB        R11, R11
	JEQ          shortStore
	VMASKMOVPS   (DI), Y9, Y1
	VADDPS       Y1, Y0, Y0   // s = c + s

shortStore:
	TESTB $4, R13
	JEQ   shortBelow4
	STORE_4((AX), (DI), Y0, Y0, X0)
	ADDQ  $16, DI

shortBelow4:
	TESTB $2, R13
	JEQ   shortBelow2
	STORE_2((AX), (DI), Y0, Y0, X0)
	ADDQ  $8, DI

shortBelow2:
	TESTB $1, R13
	JEQ   done
	STORE_1((AX), (DI), Y0, Y0, X0)

done:
	VZEROUPPER
	RET

// ADD_TO_32 adds a row of B times an element of A to 32 sums.
#define ADD_TO_32(a, b0, b8, b16, b24) \
	VFMADD231PS b0, a, Y0  \ // s[0:8] = fma(a, b[0:8], s[0:8])
	VFMADD231PS b8, a, Y1  \
	VFMADD231PS b16, a, Y2 \
	VFMADD231PS b24, a, Y3

#define LOAD_32 \
	VMOVUPS (DI), Y0   \ // s[0:8]
	VMOVUPS 32(DI), Y1 \
	VMOVUPS 64(DI), Y2 \
	VMOVUPS 96(DI), Y3

#define STORE_32 \
	VMOVUPS Y0, (DI)   \ // s[0:8]
	VMOVUPS Y1, 32(DI) \
	VMOVUPS Y2, 64(DI) \
	VMOVUPS Y3, 96(DI)

// func addRowsAVX2(s, a, b *float32, n, rows, csA, rsB int)
//
//	for p < rows: s[j] = fma(a[p·csA], b[p·rsB + j], s[j]), for j < n, a multiple of 32
//
//	R11 s    SI a of the next row    R9  csA in bytes    R12 n           Y0…Y3  32 sums
//	R13 b of the next row            R10 rsB in bytes    R15 rows left   Y8…Y15 a of eight rows
//	DI  s at a column                CX  columns left    BX, DX, R8 b of rows 0, 3 and 6 of eight there
TEXT ·addRowsAVX2(SB), NOSPLIT, $0-56
	MOVQ s+0(FP), R11
	MOVQ a+8(FP), SI
	MOVQ b+16(FP), R13
	MOVQ n+24(FP), R12
	MOVQ rows+32(FP), R15
	MOVQ csA+40(FP), R9
	MOVQ rsB+48(FP), R10
	SHLQ $2, R9
	SHLQ $2, R10
	SUBQ $8, R15
	JLT  rest

eight:
	LEAQ         (R9)(R9*2), AX
	VBROADCASTSS (SI), Y8
	VBROADCASTSS (SI)(R9*1), Y9
	VBROADCASTSS (SI)(R9*2), Y10
	VBROADCASTSS (SI)(R9*4), Y12
	VBROADCASTSS (SI)(AX*2), Y14
	ADDQ         SI, AX             // a of row 3
	VBROADCASTSS (AX), Y11
	VBROADCASTSS (AX)(R9*2), Y13
	VBROADCASTSS (AX)(R9*4), Y15
	LEAQ         (SI)(R9*8), SI
	LEAQ         (R10)(R10*2), AX
	MOVQ         R11, DI
	MOVQ         R13, BX
	LEAQ         (R13)(AX*1), DX    // b of row 3
	LEAQ         (R13)(AX*2), R8    // b of row 6
	LEAQ         (R13)(R10*8), R13
	MOVQ         R12, CX

eightColumns:
	LOAD_32
	ADD_TO_32(Y8, (BX), 32(BX), 64(BX), 96(BX))
	ADD_TO_32(Y9, (BX)(R10*1), 32(BX)(R10*1), 64(BX)(R10*1), 96(BX)(R10*1))
	ADD_TO_32(Y10, (BX)(R10*2), 32(BX)(R10*2), 64(BX)(R10*2), 96(BX)(R10*2))
	ADD_TO_32(Y11, (DX), 32(DX), 64(DX), 96(DX))
	ADD_TO_32(Y12, (DX)(R10*1), 32(DX)(R10*1), 64(DX)(R10*1), 96(DX)(R10*1))
	ADD_TO_32(Y13, (DX)(R10*2), 32(DX)(R10*2), 64(DX)(R10*2), 96(DX)(R10*2))
	ADD_TO_32(Y14, (R8), 32(R8), 64(R8), 96(R8))
	ADD_TO_32(Y15, (R8)(R10*1), 32(R8)(R10*1), 64(R8)(R10*1), 96(R8)(R10*1))
	STORE_32
	ADDQ         $128, DI
	ADDQ         $128, BX
	ADDQ         $128, DX
	ADDQ         $128, R8
	SUBQ         $32, CX
	JNZ          eightColumns
	SUBQ         $8, R15
	JGE          eight

rest:
	ADDQ         $8, R15
	JEQ          done

one:
	VBROADCASTSS (SI), Y8
	MOVQ         R11, DI
	MOVQ         R13, BX
	MOVQ         R12, CX

oneColumns:
	LOAD_32
	ADD_TO_32(Y8, (BX), 32(BX), 64(BX), 96(BX))
	STORE_32
	ADDQ         $128, DI
	ADDQ         $128, BX
	SUBQ         $32, CX
	JNZ          oneColumns
	ADDQ         R9, SI
	ADDQ         R10, R13
	DECQ         R15
	JNZ          one

done:
	VZEROUPPER
	RET

#define LOAD_4_ROWS \
	VMOVUPS (AX), X0       \ // row 0, columns 0…3
	VMOVUPS (AX)(R8*1), X1 \
	VMOVUPS (AX)(R8*2), X2 \
	VMOVUPS (DX), X3

#define LOAD_8_ROWS \
	LOAD_4_ROWS                             \
	VINSERTF128 $1, (DX)(R8*1), Y0, Y0      \ // rows 0 and 4
	VINSERTF128 $1, (DX)(R8*2), Y1, Y1      \
	VINSERTF128 $1, (AX)(R13*2), Y2, Y2     \
	VINSERTF128 $1, (DX)(R8*4), Y3, Y3

// TURN turns over a 4×4 block in vectors 0…3, or one in each half of them; 4…7 are in between.
#define TURN(v0, v1, v2, v3, v4, v5, v6, v7) \
	VUNPCKLPS v1, v0, v4 \ // s00 s10 s01 s11
	VUNPCKHPS v1, v0, v5 \ // s02 s12 s03 s13
	VUNPCKLPS v3, v2, v6 \ // s20 s30 s21 s31
	VUNPCKHPS v3, v2, v7 \ // s22 s32 s23 s33
	VUNPCKLPD v6, v4, v0 \ // s00 s10 s20 s30
	VUNPCKHPD v6, v4, v1 \
	VUNPCKLPD v7, v5, v2 \
	VUNPCKHPD v7, v5, v3 \
	VMOVUPS   v0, (BX)       \ // column 0
	VMOVUPS   v1, (BX)(R9*1) \
	VMOVUPS   v2, (BX)(R9*2) \
	VMOVUPS   v3, (BX)(R15*1)

#define BLOCK_4 LOAD_4_ROWS ; TURN(X0, X1, X2, X3, X4, X5, X6, X7)
#define BLOCK_8 LOAD_8_ROWS ; TURN(Y0, Y1, Y2, Y3, Y4, Y5, Y6, Y7)

// BANDS goes through bands of 4 or 8 rows and in each through blocks of 4 columns. The last band and block end with
// the last row and column, and so may do again what is done.
#define BANDS(BLOCK, height, band, block, lastBlock, nextBand, lastBand) \
band:                        \
	MOVQ SI, AX              \
	LEAQ (SI)(R13*1), DX     \
	MOVQ DI, BX              \
	MOVQ R11, R12            \
block:                       \
	BLOCK                    \
	SUBQ $4, R12             \
	JEQ  nextBand            \
	CMPQ R12, $4             \
	JLT  lastBlock           \
	ADDQ $16, AX             \ // four columns on
	ADDQ $16, DX             \
	LEAQ (BX)(R9*4), BX      \
	JMP  block               \
lastBlock:                   \
	LEAQ (AX)(R12*4), AX     \ // as many columns on as are left
	LEAQ (DX)(R12*4), DX     \
	IMULQ R9, R12            \
	ADDQ R12, BX             \
	MOVQ $4, R12             \
	JMP  block               \
nextBand:                    \
	SUBQ $height, R10        \
	JEQ  done                \
	CMPQ R10, $height        \
	JLT  lastBand            \
	LEAQ (SI)(R8*height), SI \ // height rows on
	ADDQ $(4*height), DI     \
	JMP  band                \
lastBand:                    \
	LEAQ (DI)(R10*4), DI     \ // as many rows on as are left
	IMULQ R8, R10            \
	ADDQ R10, SI             \
	MOVQ $height, R10        \
	JMP  band

// func transposeAVX2(dst, src *float32, rows, cols, ldDst, ldSrc int)
//
//	dst[j·ldDst + i] = src[i·ldSrc + j] for i < rows, j < cols
//
//	SI src at the band    AX, DX rows 0 and 3 of the block    R8, R13 ldSrc and thrice that, in bytes
//	DI dst at the band    BX     column 0 of the block        R9, R15 ldDst and thrice that, in bytes
//	R10 rows left         R12    columns left                 Y0…Y3   four columns of four or eight rows
//	R11 cols              CX     element                      Y4…Y7   in between
TEXT ·transposeAVX2(SB), NOSPLIT, $0-48
	MOVQ dst+0(FP), DI
	MOVQ src+8(FP), SI
	MOVQ rows+16(FP), R10
	MOVQ cols+24(FP), R11
	MOVQ ldDst+32(FP), R9
	MOVQ ldSrc+40(FP), R8
	SHLQ $2, R8
	SHLQ $2, R9
	LEAQ (R8)(R8*2), R13
	LEAQ (R9)(R9*2), R15
	CMPQ R10, $4
	JLT  rows
	CMPQ R11, $4
	JLT  columns
	CMPQ R10, $8
	JLT  band4
	BANDS(BLOCK_8, 8, band8, block8, lastBlock8, nextBand8, lastBand8)
	BANDS(BLOCK_4, 4, band4, block4, lastBlock4, nextBand4, lastBand4)

columns: // fewer than four
	TESTQ R11, R11
	JEQ   done

down:
	MOVQ SI, AX
	XORQ R12, R12

downElement:
	MOVL (AX), CX
	MOVL CX, (DI)(R12*4)
	ADDQ R8, AX
	INCQ R12
	CMPQ R12, R10
	JLT  downElement
	ADDQ $4, SI
	ADDQ R9, DI
	DECQ R11
	JNZ  down
	RET

rows: // fewer than four
	TESTQ R10, R10
	JEQ   done

row:
	MOVQ  DI, BX
	XORQ  R12, R12
	JMP   column

element:
	MOVL (SI)(R12*4), CX
	MOVL CX, (BX)
	ADDQ R9, BX
	INCQ R12

column:
	CMPQ R12, R11
	JLT  element
	ADDQ R8, SI
	ADDQ $4, DI
	DECQ R10
	JNZ  row

done:
	VZEROUPPER
	RET

// func copyPanelAVX2(dst, src *float32, rows, cols, ldSrc int)
//
//	dst[i·16 + j] = src[i·ldSrc + j] for i < rows, j < cols ≤ 16, and 0 for cols ≤ j < 16
//
//	DI dst    SI src    R8 ldSrc in bytes    R10 rows left    Y2, Y3 masks of the left and right columns
TEXT ·copyPanelAVX2(SB), NOSPLIT, $0-40
	MOVQ    dst+0(FP), DI
	MOVQ    src+8(FP), SI
	MOVQ    rows+16(FP), R10
	MOVQ    cols+24(FP), CX
	MOVQ    ldSrc+32(FP), R8
	SHLQ    $2, R8
	CMPQ    CX, $16
	JEQ     whole
	LEAQ    lanes<>+32(SB), BX
	MOVQ    $8, AX
	CMPQ    CX, AX
	CMOVQLT CX, AX            // columns on the left
	SUBQ    AX, CX            // and on the right
	NEGQ    AX
	NEGQ    CX
	VMOVUPS (BX)(AX*4), Y2
	VMOVUPS (BX)(CX*4), Y3

part:
	VMASKMOVPS (SI), Y2, Y0
	VMASKMOVPS 32(SI), Y3, Y1
	VMOVUPS    Y0, (DI)
	VMOVUPS    Y1, 32(DI)
	ADDQ       R8, SI
	ADDQ       $64, DI
	DECQ       R10
	JNZ        part
	VZEROUPPER
	RET

whole:
	VMOVUPS (SI), Y0
	VMOVUPS 32(SI), Y1
	VMOVUPS Y0, (DI)
	VMOVUPS Y1, 32(DI)
	ADDQ    R8, SI
	ADDQ    $64, DI
	DECQ    R10
	JNZ     whole
	VZEROUPPER
	RET
