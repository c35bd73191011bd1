// Loops over slices for NEON. A formula is a macro that computes sixteen values in V4 to V7 from the x in V0 to V3,
// which stay.

// LOAD_REST loads the last R2 mod 16 of the elements from R on: eight into a and b, four into c, three into d, as the
// bits of R2 say. What the rest of the registers holds is computed with, too, and not stored.
#define LOAD_REST(R, a, b, c, d) \
	TBZ    $3, R2, 2(PC)       \
	VLD1.P 32(R), [a.S4, b.S4] \
	TBZ    $2, R2, 2(PC)       \
	VLD1.P 16(R), [c.S4]       \
	TBZ    $1, R2, 2(PC)       \
	VLD1.P 8(R), d.D[0]        \
	TBZ    $0, R2, 2(PC)       \
	VLD1   (R), d.S[2]

// STORE_REST is LOAD_REST's reverse, of V4 to V7.
#define STORE_REST \
	TBZ    $3, R2, 2(PC)          \
	VST1.P [V4.S4, V5.S4], 32(R0) \
	TBZ    $2, R2, 2(PC)          \
	VST1.P [V6.S4], 16(R0)        \
	TBZ    $1, R2, 2(PC)          \
	VST1.P V7.D[0], 8(R0)         \
	TBZ    $0, R2, 2(PC)          \
	VST1   V7.S[2], (R0)

// MAP is the body of a function of (y, x []float32) and more that computes y = f(x).
//
// R0: y, R1: x, R2: the elements that are left, less 16
#define MAP(f) \
	MOVD   y_base+0(FP), R0                     \
	MOVD   x_base+24(FP), R1                    \
	MOVD   x_len+32(FP), R2                     \
	SUBS   $16, R2                              \
	BLT    rest                                 \
sixteen:                                        \
	VLD1.P 64(R1), [V0.S4, V1.S4, V2.S4, V3.S4] \
	f                                           \
	VST1.P [V4.S4, V5.S4, V6.S4, V7.S4], 64(R0) \
	SUBS   $16, R2                              \
	BGE    sixteen                              \
rest:                                           \
	TST    $15, R2                              \
	BEQ    done                                 \
	LOAD_REST(R1, V0, V1, V2, V3)               \
	f                                           \
	STORE_REST                                  \
done:                                           \
	RET

// MAP2 is the rest of a function once R0 is where the results go, R1 x, R4 another vector, and R2 the length of all of
// them: it computes V4 to V7 by f, then by combine, which has the elements of the other vector in V16 to V19.
//
// R2: the elements that are left, less 16
#define MAP2(f, combine) \
	SUBS   $16, R2                                  \
	BLT    rest                                     \
sixteen:                                            \
	VLD1.P 64(R1), [V0.S4, V1.S4, V2.S4, V3.S4]     \
	f                                               \
	VLD1.P 64(R4), [V16.S4, V17.S4, V18.S4, V19.S4] \
	combine                                         \
	VST1.P [V4.S4, V5.S4, V6.S4, V7.S4], 64(R0)     \
	SUBS   $16, R2                                  \
	BGE    sixteen                                  \
rest:                                               \
	TST    $15, R2                                  \
	BEQ    done                                     \
	LOAD_REST(R1, V0, V1, V2, V3)                   \
	f                                               \
	LOAD_REST(R4, V16, V17, V18, V19)               \
	combine                                         \
	STORE_REST                                      \
done:                                               \
	RET

// MAP3 is MAP2 with one more vector at R3, whose elements f has in V8 to V11.
#define MAP3(f, combine) \
	SUBS   $16, R2                                  \
	BLT    rest                                     \
sixteen:                                            \
	VLD1.P 64(R1), [V0.S4, V1.S4, V2.S4, V3.S4]     \
	VLD1.P 64(R3), [V8.S4, V9.S4, V10.S4, V11.S4]   \
	f                                               \
	VLD1.P 64(R4), [V16.S4, V17.S4, V18.S4, V19.S4] \
	combine                                         \
	VST1.P [V4.S4, V5.S4, V6.S4, V7.S4], 64(R0)     \
	SUBS   $16, R2                                  \
	BGE    sixteen                                  \
rest:                                               \
	TST    $15, R2                                  \
	BEQ    done                                     \
	LOAD_REST(R1, V0, V1, V2, V3)                   \
	LOAD_REST(R3, V8, V9, V10, V11)                 \
	f                                               \
	LOAD_REST(R4, V16, V17, V18, V19)               \
	combine                                         \
	STORE_REST                                      \
done:                                               \
	RET

// TIMES completes a gradient: dy·slope.
#define TIMES FOUR3(VFMUL, 16, 4, 4)

// GRADIENT loads the arguments of a function of (dx, dy, x, y []float32) and more, for MAP2 with its x and dy.
// GRADIENT_BY_OUTPUT does it for MAP2 with its y and dy, GRADIENT_BY_BOTH for MAP3.
#define GRADIENT \
	MOVD dx_base+0(FP), R0  \
	MOVD dy_base+24(FP), R4 \
	MOVD x_base+48(FP), R1  \
	MOVD x_len+56(FP), R2

#define GRADIENT_BY_OUTPUT \
	MOVD dx_base+0(FP), R0  \
	MOVD dy_base+24(FP), R4 \
	MOVD y_base+72(FP), R1  \
	MOVD y_len+80(FP), R2

#define GRADIENT_BY_BOTH \
	GRADIENT                \
	MOVD y_base+72(FP), R3
