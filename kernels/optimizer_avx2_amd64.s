//go:build gc && !purego

#include "textflag.h"

// The optimisers' updates for AVX2 and FMA, and the gradient of cross-entropies. In all of them DI is w (the gradient
// where there are no weights), SI is g (of cross-entropies p), R8, R9 and R10 are the optimiser's state in the order of
// the parameters (of cross-entropies R8 is y, or nil), CX is the length and then the number of
// whole vectors left, and AX is the offset of the current vector in bytes. Factors are in Y8 to Y15. Each formula is a
// macro, for it is written out twice: for whole vectors, and for a last one of less than 8 elements, whose lanes are
// in Y7 (masked stores of all vectors would be slow on Zen). A formula's parameters are the ways to load and to store,
// and labels for its own use. Loads come before stores where they can: the vectors of one layer often lie a multiple
// of 4096 bytes apart, and then a processor may take a load for one of what it has just stored.

// EACH_VECTOR does last for the CX mod 8 elements at the end and whole for each 8 of the others, and returns. (The end
// comes first: its masked loads would wait where they touch what whole vectors of a neighbour have stored.) It uses
// DX.
#define EACH_VECTOR(whole, last) \
	MOVQ    CX, AX                     \
	ANDQ    $7, AX                     \
	JZ      wholes                     \
	LEAQ    ·laneMasksAVX2+128(SB), DX \
	NEGQ    AX                         \
	VMOVUPS (DX)(AX*4), Y7             \
	ADDQ    CX, AX                     \
	SHLQ    $2, AX                     \
	last                               \
wholes:                                \
	SHRQ    $3, CX                     \
	JZ      done                       \
	XORL    AX, AX                     \
	PCALIGN $64                        \
vector:                                \
	whole                              \
	ADDQ    $32, AX                    \
	DECQ    CX                         \
	JNZ     vector                     \
done:                                  \
	VZEROUPPER                         \
	RET

#define LOAD(x, y) VMOVUPS (x)(AX*1), y
#define STORE(y, x) VMOVUPS y, (x)(AX*1)
#define LOAD_LAST(x, y) VMASKMOVPS (x)(AX*1), Y7, y
#define STORE_LAST(y, x) VMASKMOVPS y, Y7, (x)(AX*1)

// SIGN_CONSTANTS prepares SIGN: Y13 = the sign's bit, Y14 = 1, Y15 = 0.
#define SIGN_CONSTANTS \
	VPCMPEQD Y13, Y13, Y13                    \
	VPSRLD   $25, Y13, Y14                    \
	VPSLLD   $23, Y14, Y14 /* 1 = 0x7f<<23 */ \
	VPSLLD   $31, Y13, Y13                    \
	VXORPS   Y15, Y15, Y15

// SIGN sets x to −1 or 1 and leaves a zero or a NaN as it is: where x is ordered and not 0, x = x&sign | 1. It uses
// Y5 and Y6.
#define SIGN(x) \
	VCMPPS    $12, Y15, x, Y5 \
	VANDPS    Y13, x, Y6      \
	VORPS     Y14, Y6, Y6     \
	VBLENDVPS Y5, Y6, x, x

#define SGD(load, store) \
	load(DI, Y0)                            \
	load(SI, Y1)                            \
	VFNMADD231PS Y1, Y8, Y0 /* w −= lr·g */ \
	store(Y0, DI)

// func sgdAVX2(w, g []float32, lr float32)
TEXT ·sgdAVX2(SB), NOSPLIT, $0-52
	MOVQ         w_base+0(FP), DI
	MOVQ         w_len+8(FP), CX
	MOVQ         g_base+24(FP), SI
	VBROADCASTSS lr+48(FP), Y8
	EACH_VECTOR(SGD(LOAD, STORE), SGD(LOAD_LAST, STORE_LAST))

#define MOMENTUM(load, store, add) \
	load(DI, Y0)                                    \
	load(SI, Y1)                                    \
	load(R8, Y2)                                    \
	VMULPS      Y1, Y8, Y1 /* step = lr·g */        \
	VFMSUB213PS Y1, Y9, Y2 /* m = μ·m − step */     \
	VMOVAPS     Y2, Y3                              \
	TESTL       BX, BX     /* nesterov? */          \
	JZ          add                                 \
	VFMSUB213PS Y1, Y9, Y3 /* ahead = μ·m − step */ \
add:                                                \
	VADDPS      Y3, Y0, Y0 /* w += m, or ahead */   \
	store(Y2, R8)                                   \
	store(Y0, DI)

// func momentumAVX2(w, g, m []float32, lr, mu float32, nesterov bool)
TEXT ·momentumAVX2(SB), NOSPLIT, $0-81
	MOVQ         w_base+0(FP), DI
	MOVQ         w_len+8(FP), CX
	MOVQ         g_base+24(FP), SI
	MOVQ         m_base+48(FP), R8
	VBROADCASTSS lr+72(FP), Y8
	VBROADCASTSS mu+76(FP), Y9
	MOVBLZX      nesterov+80(FP), BX
	EACH_VECTOR(MOMENTUM(LOAD, STORE, add), MOMENTUM(LOAD_LAST, STORE_LAST, addLast))

#define RMSPROP(load, store, divide, subtract) \
	load(DI, Y0)                                         \
	load(SI, Y1)                                         \
	load(R8, Y2)                                         \
	VMULPS       Y1, Y1, Y4                              \
	VMULPS       Y4, Y10, Y4                             \
	VFMADD213PS  Y4, Y9, Y2  /* v = ρ·v + (1−ρ)·(g·g) */ \
	VMOVAPS      Y2, Y5      /* d = v */                 \
	TESTQ        R9, R9      /* a? */                    \
	JZ           divide                                  \
	load(R9, Y3)                                         \
	VMULPS       Y1, Y10, Y4                             \
	VFMADD213PS  Y4, Y9, Y3  /* a = ρ·a + (1−ρ)·g */     \
	VFNMADD231PS Y3, Y3, Y5  /* d −= a·a */              \
	store(Y3, R9)                                        \
divide:                                                  \
	VADDPS       Y11, Y5, Y5                             \
	VSQRTPS      Y5, Y5                                  \
	VMULPS       Y1, Y8, Y1                              \
	VDIVPS       Y5, Y1, Y1  /* u = lr·g / √(d+ε) */     \
	TESTQ        R10, R10    /* m? */                    \
	JZ           subtract                                \
	load(R10, Y3)                                        \
	VFMADD231PS  Y3, Y12, Y1 /* u = μ·m + u */           \
	store(Y1, R10)           /* m = u */                 \
subtract:                                                \
	VSUBPS       Y1, Y0, Y0  /* w −= u */                \
	store(Y2, R8)                                        \
	store(Y0, DI)

// func rmspropAVX2(w, g, v, a, m []float32, s RMSpropStep)
TEXT ·rmspropAVX2(SB), NOSPLIT, $0-140
	MOVQ         w_base+0(FP), DI
	MOVQ         w_len+8(FP), CX
	MOVQ         g_base+24(FP), SI
	MOVQ         v_base+48(FP), R8
	MOVQ         a_base+72(FP), R9
	MOVQ         m_base+96(FP), R10
	VBROADCASTSS s_LR+120(FP), Y8
	VBROADCASTSS s_Rho+124(FP), Y9
	VBROADCASTSS s_OneMinusRho+128(FP), Y10
	VBROADCASTSS s_Epsilon+132(FP), Y11
	VBROADCASTSS s_Momentum+136(FP), Y12
	EACH_VECTOR(RMSPROP(LOAD, STORE, divide, subtract), RMSPROP(LOAD_LAST, STORE_LAST, divideLast, subtractLast))

// ADAM_MOMENTS loads w, g, m and v into Y0 to Y3: m += (g−m)·(1−β₁), v += (g·g−v)·(1−β₂). It uses Y4.
#define ADAM_MOMENTS(load) \
	load(DI, Y0)            \
	load(SI, Y1)            \
	load(R8, Y2)            \
	load(R9, Y3)            \
	VSUBPS      Y2, Y1, Y4  \
	VFMADD231PS Y4, Y9, Y2  \
	VMOVAPS     Y3, Y4      \
	VFMSUB231PS Y1, Y1, Y4  \
	VFMADD231PS Y4, Y10, Y3

#define ADAM(load, store, root) \
	ADAM_MOMENTS(load)                                      \
	VMOVAPS Y3, Y4     /* velocity = v */                   \
	TESTQ   R10, R10   /* vmax? */                          \
	JZ      root                                            \
	load(R10, Y4)                                           \
	VMAXPS  Y4, Y3, Y4 /* velocity = v > vmax ? v : vmax */ \
	store(Y4, R10)     /* vmax = velocity */                \
root:                                                       \
	VSQRTPS Y4, Y4                                          \
	VADDPS  Y11, Y4, Y4                                     \
	VMULPS  Y2, Y8, Y5                                      \
	VDIVPS  Y4, Y5, Y5                                      \
	VSUBPS  Y5, Y0, Y0 /* w −= α·m / (√velocity + ε) */     \
	store(Y2, R8)                                           \
	store(Y3, R9)                                           \
	store(Y0, DI)

// func adamAVX2(w, g, m, v, vmax []float32, s AdamStep)
TEXT ·adamAVX2(SB), NOSPLIT, $0-152
	MOVQ         w_base+0(FP), DI
	MOVQ         w_len+8(FP), CX
	MOVQ         g_base+24(FP), SI
	MOVQ         m_base+48(FP), R8
	MOVQ         v_base+72(FP), R9
	MOVQ         vmax_base+96(FP), R10
	VBROADCASTSS s_Alpha+120(FP), Y8
	VBROADCASTSS s_OneMinusBeta1+124(FP), Y9
	VBROADCASTSS s_OneMinusBeta2+128(FP), Y10
	VBROADCASTSS s_Epsilon+132(FP), Y11
	EACH_VECTOR(ADAM(LOAD, STORE, root), ADAM(LOAD_LAST, STORE_LAST, rootLast))

#define NADAM(load, store) \
	ADAM_MOMENTS(load)                                          \
	VMULPS      Y1, Y13, Y1                                     \
	VFMADD231PS Y2, Y12, Y1 /* ahead = fm·m + fg·g */           \
	VMULPS      Y3, Y14, Y4                                     \
	VSQRTPS     Y4, Y4                                          \
	VADDPS      Y11, Y4, Y4                                     \
	VMULPS      Y1, Y8, Y1                                      \
	VDIVPS      Y4, Y1, Y1                                      \
	VSUBPS      Y1, Y0, Y0  /* w −= lr·ahead / (√(fv·v) + ε) */ \
	store(Y2, R8)                                               \
	store(Y3, R9)                                               \
	store(Y0, DI)

// func nadamAVX2(w, g, m, v []float32, s AdamStep)
TEXT ·nadamAVX2(SB), NOSPLIT, $0-128
	MOVQ         w_base+0(FP), DI
	MOVQ         w_len+8(FP), CX
	MOVQ         g_base+24(FP), SI
	MOVQ         m_base+48(FP), R8
	MOVQ         v_base+72(FP), R9
	VBROADCASTSS s_Alpha+96(FP), Y8
	VBROADCASTSS s_OneMinusBeta1+100(FP), Y9
	VBROADCASTSS s_OneMinusBeta2+104(FP), Y10
	VBROADCASTSS s_Epsilon+108(FP), Y11
	VBROADCASTSS s_MomentumFactor+116(FP), Y12
	VBROADCASTSS s_GradientFactor+120(FP), Y13
	VBROADCASTSS s_VelocityFactor+124(FP), Y14
	EACH_VECTOR(NADAM(LOAD, STORE), NADAM(LOAD_LAST, STORE_LAST))

#define ADAMAX(load, store) \
	load(DI, Y0)                                             \
	load(SI, Y1)                                             \
	load(R8, Y2)                                             \
	load(R9, Y3)                                             \
	VSUBPS      Y2, Y1, Y4                                   \
	VFMADD231PS Y4, Y9, Y2 /* m += (g−m)·(1−β₁) */           \
	VMULPS      Y11, Y3, Y3                                  \
	VANDPS      Y12, Y1, Y1                                  \
	VMAXPS      Y3, Y1, Y3 /* u = |g| > u·β₂ ? |g| : u·β₂ */ \
	VADDPS      Y10, Y3, Y4                                  \
	VMULPS      Y2, Y8, Y5                                   \
	VDIVPS      Y4, Y5, Y5                                   \
	VSUBPS      Y5, Y0, Y0 /* w −= α·m / (u+ε) */            \
	store(Y2, R8)                                            \
	store(Y3, R9)                                            \
	store(Y0, DI)

// func adamaxAVX2(w, g, m, u []float32, s AdamStep)
TEXT ·adamaxAVX2(SB), NOSPLIT, $0-128
	MOVQ         w_base+0(FP), DI
	MOVQ         w_len+8(FP), CX
	MOVQ         g_base+24(FP), SI
	MOVQ         m_base+48(FP), R8
	MOVQ         u_base+72(FP), R9
	VBROADCASTSS s_Alpha+96(FP), Y8
	VBROADCASTSS s_OneMinusBeta1+100(FP), Y9
	VBROADCASTSS s_Epsilon+108(FP), Y10
	VBROADCASTSS s_Beta2+112(FP), Y11
	VPCMPEQD     Y12, Y12, Y12
	VPSRLD       $1, Y12, Y12                // all bits but the sign
	EACH_VECTOR(ADAMAX(LOAD, STORE), ADAMAX(LOAD_LAST, STORE_LAST))

#define ADAGRAD(load, store) \
	load(DI, Y0)                                    \
	load(SI, Y1)                                    \
	load(R8, Y2)                                    \
	VFMADD231PS Y1, Y1, Y2 /* a += g·g */           \
	VADDPS      Y9, Y2, Y4                          \
	VSQRTPS     Y4, Y4                              \
	VMULPS      Y1, Y8, Y1                          \
	VDIVPS      Y4, Y1, Y1                          \
	VSUBPS      Y1, Y0, Y0 /* w −= lr·g / √(a+ε) */ \
	store(Y2, R8)                                   \
	store(Y0, DI)

// func adagradAVX2(w, g, a []float32, lr, epsilon float32)
TEXT ·adagradAVX2(SB), NOSPLIT, $0-80
	MOVQ         w_base+0(FP), DI
	MOVQ         w_len+8(FP), CX
	MOVQ         g_base+24(FP), SI
	MOVQ         a_base+48(FP), R8
	VBROADCASTSS lr+72(FP), Y8
	VBROADCASTSS epsilon+76(FP), Y9
	EACH_VECTOR(ADAGRAD(LOAD, STORE), ADAGRAD(LOAD_LAST, STORE_LAST))

#define LION(load, store) \
	load(DI, Y0)                                       \
	load(SI, Y1)                                       \
	load(R8, Y2)                                       \
	VMULPS       Y1, Y10, Y3                           \
	VFMADD231PS  Y2, Y9, Y3  /* d = β₁·m + (1−β₁)·g */ \
	SIGN(Y3)                                           \
	VFNMADD231PS Y3, Y8, Y0  /* w −= lr·sign(d) */     \
	VMULPS       Y1, Y12, Y1                           \
	VFMADD213PS  Y1, Y11, Y2 /* m = β₂·m + (1−β₂)·g */ \
	store(Y2, R8)                                      \
	store(Y0, DI)

// func lionAVX2(w, g, m []float32, s LionStep)
TEXT ·lionAVX2(SB), NOSPLIT, $0-92
	MOVQ         w_base+0(FP), DI
	MOVQ         w_len+8(FP), CX
	MOVQ         g_base+24(FP), SI
	MOVQ         m_base+48(FP), R8
	VBROADCASTSS s_LR+72(FP), Y8
	VBROADCASTSS s_Beta1+76(FP), Y9
	VBROADCASTSS s_OneMinusBeta1+80(FP), Y10
	VBROADCASTSS s_Beta2+84(FP), Y11
	VBROADCASTSS s_OneMinusBeta2+88(FP), Y12
	SIGN_CONSTANTS
	EACH_VECTOR(LION(LOAD, STORE), LION(LOAD_LAST, STORE_LAST))

#define DECAY(load, store) \
	load(DI, Y0)                              \
	VFNMADD213PS Y0, Y8, Y0 /* w −= rate·w */ \
	store(Y0, DI)

// func decayAVX2(w []float32, rate float32)
TEXT ·decayAVX2(SB), NOSPLIT, $0-28
	MOVQ         w_base+0(FP), DI
	MOVQ         w_len+8(FP), CX
	VBROADCASTSS rate+24(FP), Y8
	EACH_VECTOR(DECAY(LOAD, STORE), DECAY(LOAD_LAST, STORE_LAST))

// CLIP_VALUE: a maximum is its second operand where one is NaN, or both are zeros, so a NaN and a −0 stay.
#define CLIP_VALUE(load, store) \
	load(DI, Y0)                                                \
	VCMPPS    $30, Y8, Y0, Y1 /* over = g > limit, ordered */   \
	VMAXPS    Y0, Y9, Y0      /* g = −limit > g ? −limit : g */ \
	VBLENDVPS Y1, Y8, Y0, Y0  /* if over, g = limit */          \
	store(Y0, DI)

// func clipValueAVX2(g []float32, limit float32)
TEXT ·clipValueAVX2(SB), NOSPLIT, $0-28
	MOVQ         g_base+0(FP), DI
	MOVQ         g_len+8(FP), CX
	VBROADCASTSS limit+24(FP), Y8
	VPCMPEQD     Y9, Y9, Y9
	VPSLLD       $31, Y9, Y9
	VXORPS       Y8, Y9, Y9        // −limit
	EACH_VECTOR(CLIP_VALUE(LOAD, STORE), CLIP_VALUE(LOAD_LAST, STORE_LAST))

#define SCALE(load, store) \
	load(DI, Y0)                                   \
	VMULPS Y8, Y0, Y0                              \
	VDIVPS Y9, Y0, Y0 /* g = g·factor / divisor */ \
	store(Y0, DI)

// func scaleAVX2(g []float32, factor, divisor float32)
TEXT ·scaleAVX2(SB), NOSPLIT, $0-32
	MOVQ         g_base+0(FP), DI
	MOVQ         g_len+8(FP), CX
	VBROADCASTSS factor+24(FP), Y8
	VBROADCASTSS divisor+28(FP), Y9
	EACH_VECTOR(SCALE(LOAD, STORE), SCALE(LOAD_LAST, STORE_LAST))

#define ADD_PENALTY(load, store) \
	load(DI, Y0)                                 \
	load(SI, Y1)                                 \
	VFMADD231PS Y1, Y9, Y0 /* g += 2·l2·w */     \
	SIGN(Y1)                                     \
	VFMADD231PS Y1, Y8, Y0 /* g += l1·sign(w) */ \
	store(Y0, DI)

// func addPenaltyAVX2(g, w []float32, l1, l2 float32)
TEXT ·addPenaltyAVX2(SB), NOSPLIT, $0-56
	MOVQ         g_base+0(FP), DI
	MOVQ         g_len+8(FP), CX
	MOVQ         w_base+24(FP), SI
	VBROADCASTSS l1+48(FP), Y8
	VBROADCASTSS l2+52(FP), Y9
	VADDPS       Y9, Y9, Y9
	SIGN_CONSTANTS
	EACH_VECTOR(ADD_PENALTY(LOAD, STORE), ADD_PENALTY(LOAD_LAST, STORE_LAST))

#define CROSS_ENTROPY_GRADIENT(load, store, divide, scale) \
	load(SI, Y0)                         \
	TESTQ  R8, R8     /* y? */           \
	JZ     divide                        \
	load(R8, Y1)                         \
	VSUBPS Y1, Y0, Y0 /* g = p − y */    \
divide:                                      \
	TESTL  BX, BX     /* divisor ≠ 1? */ \
	JZ     scale                         \
	VDIVPS Y9, Y0, Y0 /* g /= divisor */ \
scale:                                       \
	VMULPS Y8, Y0, Y0 /* g *= scale */   \
	store(Y0, DI)

#define LAST_CROSS_ENTROPY_GRADIENT CROSS_ENTROPY_GRADIENT(LOAD_LAST, STORE_LAST, divideLast, scaleLast)

// func crossEntropyGradientAVX2(g, p, y []float32, divisor, scale float32)
TEXT ·crossEntropyGradientAVX2(SB), NOSPLIT, $0-80
	MOVQ         g_base+0(FP), DI
	MOVQ         g_len+8(FP), CX
	MOVQ         p_base+24(FP), SI
	MOVQ         y_base+48(FP), R8
	VBROADCASTSS divisor+72(FP), Y9
	VBROADCASTSS scale+76(FP), Y8
	MOVL         divisor+72(FP), BX
	SUBL         $0x3f800000, BX // of 1
	EACH_VECTOR(CROSS_ENTROPY_GRADIENT(LOAD, STORE, divide, scale), LAST_CROSS_ENTROPY_GRADIENT)
