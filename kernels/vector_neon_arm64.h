// Loops over slices of equal length in steps of four vectors, then of one, then of the last one to three elements, so
// that four vectors are done side by side for the sake of processors that do not reorder, and a short slice takes no
// longer than it must.
//
// A formula is a macro of (load, store, two, three, by, a, b). It is expanded three times: load and store move four
// registers, one, or a part of one between memory and the first of their registers; two, three and by do an
// instruction to four registers or to one; a and b are labels for its own use. Registers come in groups of four that
// begin at the number named.

#define MOVE(n, d) VORR_N(n, n, d) // d = n

#define ONE2(op, n, d) op(n, d)
#define ONE3(op, m, n, d) op(m, n, d)

// Stores go on to the next elements, loads do not.
#define LOAD_FOUR(R, a, b, c, d) VLD1 (R), [a.S4, b.S4, c.S4, d.S4]
#define STORE_FOUR(a, b, c, d, R) VST1.P [a.S4, b.S4, c.S4, d.S4], 64(R)
#define LOAD_ONE(R, a, b, c, d) VLD1 (R), [a.S4]
#define STORE_ONE(a, b, c, d, R) VST1.P [a.S4], 16(R)

// LOAD_LAST loads the last R5 mod 4 elements: two into lanes 0 and 1, one into lane 2, as the bits of R5 say. What the
// other lanes hold is computed with, too, and not stored. It uses R7.
#define LOAD_LAST(R, a, b, c, d) \
	MOVD   R, R7         \
	TBZ    $1, R5, 2(PC) \
	VLD1.P 8(R7), a.D[0] \
	TBZ    $0, R5, 2(PC) \
	VLD1   (R7), a.S[2]

#define STORE_LAST(a, b, c, d, R) \
	TBZ    $1, R5, 2(PC) \
	VST1.P a.D[0], 8(R)  \
	TBZ    $0, R5, 2(PC) \
	VST1   a.S[2], (R)

// EACH_VECTOR is a formula's loops over R5 elements, and the return. R1 is a slice that is only read, if any.
#define EACH_VECTOR(formula) \
	SUBS $16, R5                                                   \
	BLT  ones                                                      \
four:                                                                  \
	formula(LOAD_FOUR, STORE_FOUR, FOUR2, FOUR3, FOUR3_BY, a4, b4) \
	ADD  $64, R1                                                   \
	SUBS $16, R5                                                   \
	BGE  four                                                      \
ones:                                                                  \
	AND  $15, R5                                                   \
	SUBS $4, R5                                                    \
	BLT  last                                                      \
one:                                                                   \
	formula(LOAD_ONE, STORE_ONE, ONE2, ONE3, ONE3, a1, b1)         \
	ADD  $16, R1                                                   \
	SUBS $4, R5                                                    \
	BGE  one                                                       \
last:                                                                  \
	TST  $3, R5                                                    \
	BEQ  done                                                      \
	formula(LOAD_LAST, STORE_LAST, ONE2, ONE3, ONE3, a0, b0)       \
done:                                                                  \
	RET
