//go:build gc && !purego

#include "textflag.h"
#include "neon_arm64.h"
#include "vector_neon_arm64.h"

// The optimisers' updates with NEON. In all of them R0 is w, R1 is g, R2, R3 and R4 are the optimiser's state in the
// order of the parameters, and R5 is the number of elements left, less a vector's or four's. V0–V3 are w, V4–V7 g,
// V16–V19, V20–V23 and V24–V27 the state, V8–V11 and V12–V15 intermediate values; where the factors are stands above
// each formula. (vector_neon_arm64.h has the loops, and says what a formula's parameters are.)
//
// Roots and quotients are exact and slow, and wait for one another in one unit: the time of those updates that have
// them is theirs. So the loads and stores that can stand behind a root do.

// FACTOR puts a float32 into all lanes of v, whose scalar part is f.
#define FACTOR(value, f, v) \
	FMOVS value, f \
	VDUP  v.S[0], v.S4

// SLICES loads the addresses of w and g, and the length.
#define SLICES \
	MOVD w_base+0(FP), R0 \
	MOVD w_len+8(FP), R5  \
	MOVD g_base+24(FP), R1

// V28 = lr
#define SGD(load, store, two, three, by, a, b) \
	load(R0, V0, V1, V2, V3)                 \
	load(R1, V4, V5, V6, V7)                 \
	by(VFMLS_N, 28, 4, 0)    /* w −= lr·g */ \
	store(V0, V1, V2, V3, R0)

// func sgdNEON(w, g []float32, lr float32)
TEXT ·sgdNEON(SB), NOSPLIT, $0-52
	SLICES
	FACTOR(lr+48(FP), F28, V28)
	EACH_VECTOR(SGD)

// V28 = lr, V29 = μ, R6 = nesterov
#define MOMENTUM(load, store, two, three, by, a, b) \
	load(R0, V0, V1, V2, V3)                            \
	load(R1, V4, V5, V6, V7)                            \
	load(R2, V16, V17, V18, V19)                        \
	by(VFMUL, 28, 4, 8)                                 \
	two(VFNEG, 8, 8)                                    \
	two(MOVE, 8, 12)            /* −step = −(lr·g) */   \
	by(VFMLA_N, 29, 16, 8)        /* m = μ·m − step */  \
	CBNZ R6, a                                          \
	three(VFADD, 8, 0, 0)         /* w += m */          \
	B    b                                              \
a:                                                      \
	by(VFMLA_N, 29, 8, 12)                              \
	three(VFADD, 12, 0, 0)        /* w += μ·m − step */ \
b:                                                      \
	store(V8, V9, V10, V11, R2)                         \
	store(V0, V1, V2, V3, R0)

// func momentumNEON(w, g, m []float32, lr, mu float32, nesterov bool)
TEXT ·momentumNEON(SB), NOSPLIT, $0-81
	SLICES
	MOVD  m_base+48(FP), R2
	MOVBU nesterov+80(FP), R6
	FACTOR(lr+72(FP), F28, V28)
	FACTOR(mu+76(FP), F29, V29)
	EACH_VECTOR(MOMENTUM)

// V28 = lr, V29 = ρ, V30 = 1−ρ, V31 = ε, V12 = μ; R3 is a or nil, R4 is m or nil.
#define RMSPROP(load, store, two, three, by, a, b) \
	load(R1, V4, V5, V6, V7)                                 \
	load(R2, V16, V17, V18, V19)                             \
	three(VFMUL, 4, 4, 8)                                    \
	by(VFMUL, 30, 8, 8)                                      \
	by(VFMLA_N, 29, 16, 8)       /* v = ρ·v + (1−ρ)·(g·g) */ \
	store(V8, V9, V10, V11, R2)  /* d = v from here on */    \
	CBZ R3, a                                                \
	load(R3, V20, V21, V22, V23)                             \
	by(VFMUL, 30, 4, 16)                                     \
	by(VFMLA_N, 29, 20, 16)      /* a = ρ·a + (1−ρ)·g */     \
	three(VFMLS_N, 16, 16, 8)    /* d −= a·a */              \
	store(V16, V17, V18, V19, R3)                            \
a:                                                           \
	by(VFADD, 31, 8, 8)                                      \
	two(VFSQRT, 8, 8)                                        \
	load(R0, V0, V1, V2, V3)                                 \
	by(VFMUL, 28, 4, 4)                                      \
	three(VFDIV, 8, 4, 4)        /* u = lr·g / √(d+ε) */     \
	CBZ R4, b                                                \
	load(R4, V24, V25, V26, V27)                             \
	by(VFMLA_N, 12, 24, 4)       /* u = μ·m + u */           \
	store(V4, V5, V6, V7, R4)    /* m = u */                 \
b:                                                           \
	three(VFSUB, 4, 0, 0)        /* w −= u */                \
	store(V0, V1, V2, V3, R0)

// func rmspropNEON(w, g, v, a, m []float32, s RMSpropStep)
TEXT ·rmspropNEON(SB), NOSPLIT, $0-140
	SLICES
	MOVD v_base+48(FP), R2
	MOVD a_base+72(FP), R3
	MOVD m_base+96(FP), R4
	FACTOR(s_LR+120(FP), F28, V28)
	FACTOR(s_Rho+124(FP), F29, V29)
	FACTOR(s_OneMinusRho+128(FP), F30, V30)
	FACTOR(s_Epsilon+132(FP), F31, V31)
	FACTOR(s_Momentum+136(FP), F12, V12)
	EACH_VECTOR(RMSPROP)

// ADAM_MOMENTS loads g, m and v: m += (g−m)·(1−β₁), v += (g·g−v)·(1−β₂), with V29 = 1−β₁, V30 = 1−β₂.
#define ADAM_MOMENTS(load, two, three, by) \
	load(R1, V4, V5, V6, V7)     \
	load(R2, V16, V17, V18, V19) \
	load(R3, V20, V21, V22, V23) \
	three(VFSUB, 16, 4, 8)       \
	two(VFNEG, 20, 12)           \
	three(VFMLA_N, 4, 4, 12)     \
	by(VFMLA_N, 29, 8, 16)       \
	by(VFMLA_N, 30, 12, 20)

// V28 = α, V31 = ε; R4 is vmax or nil. (Neither maximum of NEON lets vmax stand where v alone is NaN and a NaN in vmax
// where v is none.)
#define ADAM(load, store, two, three, by, a, b) \
	ADAM_MOMENTS(load, two, three, by)                                \
	two(MOVE, 20, 8)           /* velocity = v */                     \
	CBZ R4, a                                                         \
	load(R4, V24, V25, V26, V27)                                      \
	three(VFCMGT, 24, 20, 8)                                          \
	three(VBSL_N, 24, 20, 8)     /* velocity = v > vmax ? v : vmax */ \
	store(V8, V9, V10, V11, R4)  /* vmax = velocity */                \
a:                                                                    \
	two(VFSQRT, 8, 8)                                                 \
	by(VFMUL, 28, 16, 12)                                             \
	load(R0, V0, V1, V2, V3)                                          \
	store(V16, V17, V18, V19, R2)                                     \
	store(V20, V21, V22, V23, R3)                                     \
	by(VFADD, 31, 8, 8)                                               \
	three(VFDIV, 8, 12, 12)                                           \
	three(VFSUB, 12, 0, 0)       /* w −= α·m / (√velocity + ε) */     \
	store(V0, V1, V2, V3, R0)

// func adamNEON(w, g, m, v, vmax []float32, s AdamStep)
TEXT ·adamNEON(SB), NOSPLIT, $0-152
	SLICES
	MOVD m_base+48(FP), R2
	MOVD v_base+72(FP), R3
	MOVD vmax_base+96(FP), R4
	FACTOR(s_Alpha+120(FP), F28, V28)
	FACTOR(s_OneMinusBeta1+124(FP), F29, V29)
	FACTOR(s_OneMinusBeta2+128(FP), F30, V30)
	FACTOR(s_Epsilon+132(FP), F31, V31)
	EACH_VECTOR(ADAM)

// V28 = α, V31 = ε, V24 = fm, V25 = fg, V26 = fv
#define NADAM(load, store, two, three, by, a, b) \
	ADAM_MOMENTS(load, two, three, by)                           \
	by(VFMUL, 26, 20, 8)                                         \
	two(VFSQRT, 8, 8)                                            \
	by(VFMUL, 25, 4, 12)                                         \
	by(VFMLA_N, 24, 16, 12)   /* ahead = fm·m + fg·g */          \
	by(VFMUL, 28, 12, 12)                                        \
	load(R0, V0, V1, V2, V3)                                     \
	store(V16, V17, V18, V19, R2)                                \
	store(V20, V21, V22, V23, R3)                                \
	by(VFADD, 31, 8, 8)                                          \
	three(VFDIV, 8, 12, 12)                                      \
	three(VFSUB, 12, 0, 0)    /* w −= α·ahead / (√(fv·v) + ε) */ \
	store(V0, V1, V2, V3, R0)

// func nadamNEON(w, g, m, v []float32, s AdamStep)
TEXT ·nadamNEON(SB), NOSPLIT, $0-128
	SLICES
	MOVD m_base+48(FP), R2
	MOVD v_base+72(FP), R3
	FACTOR(s_Alpha+96(FP), F28, V28)
	FACTOR(s_OneMinusBeta1+100(FP), F29, V29)
	FACTOR(s_OneMinusBeta2+104(FP), F30, V30)
	FACTOR(s_Epsilon+108(FP), F31, V31)
	FACTOR(s_MomentumFactor+116(FP), F24, V24)
	FACTOR(s_GradientFactor+120(FP), F25, V25)
	FACTOR(s_VelocityFactor+124(FP), F26, V26)
	EACH_VECTOR(NADAM)

// V28 = α, V29 = 1−β₁, V30 = β₂, V31 = ε
#define ADAMAX(load, store, two, three, by, a, b) \
	load(R1, V4, V5, V6, V7)                                    \
	load(R2, V16, V17, V18, V19)                                \
	load(R3, V20, V21, V22, V23)                                \
	by(VFMUL, 30, 20, 20)                                       \
	three(VFSUB, 16, 4, 8)                                      \
	two(VFABS, 4, 4)                                            \
	three(VFCMGT, 20, 4, 12)                                    \
	three(VBIT_N, 12, 4, 20)  /* u = |g| > u·β₂ ? |g| : u·β₂ */ \
	by(VFMLA_N, 29, 8, 16)    /* m += (g−m)·(1−β₁) */           \
	by(VFADD, 31, 20, 8)                                        \
	by(VFMUL, 28, 16, 12)                                       \
	three(VFDIV, 8, 12, 12)                                     \
	load(R0, V0, V1, V2, V3)                                    \
	store(V16, V17, V18, V19, R2)                               \
	store(V20, V21, V22, V23, R3)                               \
	three(VFSUB, 12, 0, 0)    /* w −= α·m / (u+ε) */            \
	store(V0, V1, V2, V3, R0)

// func adamaxNEON(w, g, m, u []float32, s AdamStep)
TEXT ·adamaxNEON(SB), NOSPLIT, $0-128
	SLICES
	MOVD m_base+48(FP), R2
	MOVD u_base+72(FP), R3
	FACTOR(s_Alpha+96(FP), F28, V28)
	FACTOR(s_OneMinusBeta1+100(FP), F29, V29)
	FACTOR(s_Beta2+112(FP), F30, V30)
	FACTOR(s_Epsilon+108(FP), F31, V31)
	EACH_VECTOR(ADAMAX)

// V28 = lr, V31 = ε
#define ADAGRAD(load, store, two, three, by, a, b) \
	load(R1, V4, V5, V6, V7)                           \
	load(R2, V16, V17, V18, V19)                       \
	three(VFMLA_N, 4, 4, 16)  /* a += g·g */           \
	by(VFADD, 31, 16, 8)                               \
	two(VFSQRT, 8, 8)                                  \
	by(VFMUL, 28, 4, 4)                                \
	load(R0, V0, V1, V2, V3)                           \
	store(V16, V17, V18, V19, R2)                      \
	three(VFDIV, 8, 4, 4)                              \
	three(VFSUB, 4, 0, 0)     /* w −= lr·g / √(a+ε) */ \
	store(V0, V1, V2, V3, R0)

// func adagradNEON(w, g, a []float32, lr, epsilon float32)
TEXT ·adagradNEON(SB), NOSPLIT, $0-80
	SLICES
	MOVD a_base+48(FP), R2
	FACTOR(lr+72(FP), F28, V28)
	FACTOR(epsilon+76(FP), F31, V31)
	EACH_VECTOR(ADAGRAD)

// INSERT_ONE is d = 1 in the bits that are set in m, with V27 = 1.
#define INSERT_ONE(m, d) VBIT_N(m, 27, d)

// SIGN_CONSTANTS are V25 = the sign's bit, V26 = 0 and V27 = 1.
#define SIGN_CONSTANTS \
	FACTOR($1.0, F27, V27) \
	MOVD $1<<31, R7        \
	VDUP R7, V25.S4        \
	VEOR V26.B16, V26.B16, V26.B16

// SIGN takes 1 in all bits of x but the sign's where |x| > 0, so a zero and a NaN stay.
#define SIGN(two, by, x, t) \
	by(VFACGT, 26, x, t) \
	by(VBIC, 25, t, t)   \
	two(INSERT_ONE, t, x)

// V28 = lr, V29 = β₁, V30 = 1−β₁, V31 = β₂, V24 = 1−β₂; SIGN_CONSTANTS
#define LION(load, store, two, three, by, a, b) \
	load(R0, V0, V1, V2, V3)                             \
	load(R1, V4, V5, V6, V7)                             \
	load(R2, V16, V17, V18, V19)                         \
	by(VFMUL, 30, 4, 8)                                  \
	by(VFMUL, 24, 4, 4)                                  \
	by(VFMLA_N, 29, 16, 8)     /* d = β₁·m + (1−β₁)·g */ \
	by(VFMLA_N, 31, 16, 4)     /* m = β₂·m + (1−β₂)·g */ \
	SIGN(two, by, 8, 12)                                 \
	by(VFMLS_N, 28, 8, 0)      /* w −= lr·sign(d) */     \
	store(V4, V5, V6, V7, R2)                            \
	store(V0, V1, V2, V3, R0)

// func lionNEON(w, g, m []float32, s LionStep)
TEXT ·lionNEON(SB), NOSPLIT, $0-92
	SLICES
	MOVD m_base+48(FP), R2
	FACTOR(s_LR+72(FP), F28, V28)
	FACTOR(s_Beta1+76(FP), F29, V29)
	FACTOR(s_OneMinusBeta1+80(FP), F30, V30)
	FACTOR(s_Beta2+84(FP), F31, V31)
	FACTOR(s_OneMinusBeta2+88(FP), F24, V24)
	SIGN_CONSTANTS
	EACH_VECTOR(LION)

// V28 = rate
#define DECAY(load, store, two, three, by, a, b) \
	load(R0, V0, V1, V2, V3)                      \
	two(MOVE, 0, 8)                               \
	by(VFMLS_N, 28, 0, 8)       /* w −= rate·w */ \
	store(V8, V9, V10, V11, R0)

// func decayNEON(w []float32, rate float32)
TEXT ·decayNEON(SB), NOSPLIT, $0-28
	MOVD w_base+0(FP), R0
	MOVD w_len+8(FP), R5
	FACTOR(rate+24(FP), F28, V28)
	EACH_VECTOR(DECAY)

// V28 = limit, V29 = −limit
#define BELOW(n, d) VFCMGT(n, 29, d)
#define INSERT_LIMIT(m, d) VBIT_N(m, 28, d)
#define INSERT_MINUS_LIMIT(m, d) VBIT_N(m, 29, d)
#define CLIP_VALUE(load, store, two, three, by, a, b) \
	load(R0, V0, V1, V2, V3)                                      \
	by(VFCMGT, 28, 0, 4)          /* over = g > limit */          \
	two(BELOW, 0, 8)                                              \
	two(INSERT_MINUS_LIMIT, 8, 0) /* if −limit > g, g = −limit */ \
	two(INSERT_LIMIT, 4, 0)       /* if over, g = limit */        \
	store(V0, V1, V2, V3, R0)

// func clipValueNEON(g []float32, limit float32)
TEXT ·clipValueNEON(SB), NOSPLIT, $0-28
	MOVD g_base+0(FP), R0
	MOVD g_len+8(FP), R5
	FACTOR(limit+24(FP), F28, V28)
	VFNEG(28, 29)
	EACH_VECTOR(CLIP_VALUE)

// V28 = factor, V29 = divisor
#define SCALE(load, store, two, three, by, a, b) \
	load(R0, V0, V1, V2, V3)                         \
	by(VFMUL, 28, 0, 0)                              \
	by(VFDIV, 29, 0, 0) /* g = g·factor / divisor */ \
	store(V0, V1, V2, V3, R0)

// func scaleNEON(g []float32, factor, divisor float32)
TEXT ·scaleNEON(SB), NOSPLIT, $0-32
	MOVD g_base+0(FP), R0
	MOVD g_len+8(FP), R5
	FACTOR(factor+24(FP), F28, V28)
	FACTOR(divisor+28(FP), F29, V29)
	EACH_VECTOR(SCALE)

// V28 = l1, V29 = 2·l2; SIGN_CONSTANTS
#define ADD_PENALTY(load, store, two, three, by, a, b) \
	load(R0, V0, V1, V2, V3)                    \
	load(R1, V4, V5, V6, V7)                    \
	by(VFMLA_N, 29, 4, 0) /* g += 2·l2·w */     \
	SIGN(two, by, 4, 8)                         \
	by(VFMLA_N, 28, 4, 0) /* g += l1·sign(w) */ \
	store(V0, V1, V2, V3, R0)

// func addPenaltyNEON(g, w []float32, l1, l2 float32)
TEXT ·addPenaltyNEON(SB), NOSPLIT, $0-56
	MOVD g_base+0(FP), R0
	MOVD g_len+8(FP), R5
	MOVD w_base+24(FP), R1
	FACTOR(l1+48(FP), F28, V28)
	FACTOR(l2+52(FP), F29, V29)
	VFADD(29, 29, 29)
	SIGN_CONSTANTS
	EACH_VECTOR(ADD_PENALTY)
