//go:build gc && !purego

#include "textflag.h"

// The optimisers' updates for AVX-512. In all of them DI is w (the gradient where there are no weights), SI is g,
// R8, R9 and R10 are the optimiser's state, CX counts the elements left, AX is the offset of the current vector in
// bytes, and K1 are its lanes: all 16 but in the last vector of a length that 16 does not divide. Factors are in Z16
// and above.

// EACH_VECTOR begins the loop over the vectors of CX elements, END_EACH ends it and returns. They use DX.
#define EACH_VECTOR \
	XORL   AX, AX     \
	KXNORW K1, K1, K1 \
next:                 \
	SUBQ   $16, CX    \
	JLT    last       \
vector:

#define END_EACH \
	ADDQ  $64, AX \
	JMP   next    \
last:             \
	ADDQ  $16, CX \
	JZ    done    \
	MOVL  $1, DX  \
	SHLL  CX, DX  \
	DECL  DX      \
	KMOVW DX, K1  \
	XORL  CX, CX  \
	JMP   vector  \
done:             \
	VZEROUPPER    \
	RET

#define LOAD(x, z) VMOVUPS.Z (x)(AX*1), K1, z
#define STORE(z, x) VMOVUPS z, K1, (x)(AX*1)

// SIGN_CONSTANTS prepares SIGN: Z29 = the sign's bit, Z30 = 1, Z31 = 0. It uses DX.
#define SIGN_CONSTANTS \
	MOVL         $0x80000000, DX \
	VPBROADCASTD DX, Z29         \
	MOVL         $0x3f800000, DX \
	VPBROADCASTD DX, Z30         \
	VPXORD       Z31, Z31, Z31

// SIGN sets x to −1 or 1 and leaves a zero or a NaN as it is: where x is ordered and not 0, x = x&sign | 1. It uses K2.
#define SIGN(x) \
	VCMPPS     $12, Z31, x, K2       \
	VPTERNLOGD $0xea, Z30, Z29, K2, x

// func sgdAVX512(w, g []float32, lr float32)
TEXT ·sgdAVX512(SB), NOSPLIT, $0-52
	MOVQ         w_base+0(FP), DI
	MOVQ         w_len+8(FP), CX
	MOVQ         g_base+24(FP), SI
	VBROADCASTSS lr+48(FP), Z16
	EACH_VECTOR
	LOAD(DI, Z0)
	LOAD(SI, Z1)
	VFNMADD231PS Z1, Z16, Z0       // w −= lr·g
	STORE(Z0, DI)
	END_EACH

// func momentumAVX512(w, g, m []float32, lr, mu float32, nesterov bool)
TEXT ·momentumAVX512(SB), NOSPLIT, $0-81
	MOVQ         w_base+0(FP), DI
	MOVQ         w_len+8(FP), CX
	MOVQ         g_base+24(FP), SI
	MOVQ         m_base+48(FP), R8
	VBROADCASTSS lr+72(FP), Z16
	VBROADCASTSS mu+76(FP), Z17
	MOVBLZX      nesterov+80(FP), BX
	EACH_VECTOR
	LOAD(SI, Z1)
	LOAD(R8, Z2)
	VMULPS       Z1, Z16, Z1        // step = lr·g
	VFMSUB213PS  Z1, Z17, Z2        // m = μ·m − step
	STORE(Z2, R8)
	TESTL        BX, BX
	JZ           add
	VFMSUB213PS  Z1, Z17, Z2        // ahead = μ·m − step

add:
	LOAD(DI, Z0)
	VADDPS Z2, Z0, Z0 // w += nesterov ? ahead : m
	STORE(Z0, DI)
	END_EACH

// func rmspropAVX512(w, g, v, a, m []float32, s RMSpropStep)
TEXT ·rmspropAVX512(SB), NOSPLIT, $0-140
	MOVQ         w_base+0(FP), DI
	MOVQ         w_len+8(FP), CX
	MOVQ         g_base+24(FP), SI
	MOVQ         v_base+48(FP), R8
	MOVQ         a_base+72(FP), R9
	MOVQ         m_base+96(FP), R10
	VBROADCASTSS s_LR+120(FP), Z16
	VBROADCASTSS s_Rho+124(FP), Z17
	VBROADCASTSS s_OneMinusRho+128(FP), Z18
	VBROADCASTSS s_Epsilon+132(FP), Z19
	VBROADCASTSS s_Momentum+136(FP), Z20
	EACH_VECTOR
	LOAD(SI, Z1)
	LOAD(R8, Z2)
	VMULPS       Z1, Z1, Z4
	VMULPS       Z4, Z18, Z4
	VFMADD213PS  Z4, Z17, Z2                // v = ρ·v + (1−ρ)·(g·g)
	STORE(Z2, R8)
	TESTQ        R9, R9
	JZ           divide
	LOAD(R9, Z3)
	VMULPS       Z1, Z18, Z4
	VFMADD213PS  Z4, Z17, Z3                // a = ρ·a + (1−ρ)·g
	STORE(Z3, R9)
	VFNMADD231PS Z3, Z3, Z2                 // d = v − a·a; without a, d = v

divide:
	VADDPS  Z19, Z2, Z2
	VSQRTPS Z2, Z2
	VMULPS  Z1, Z16, Z1
	VDIVPS  Z2, Z1, Z1  // u = lr·g / √(d+ε)
	TESTQ   R10, R10
	JZ      subtract
	LOAD(R10, Z3)
	VFMADD231PS Z3, Z20, Z1 // u = μ·m + u
	STORE(Z1, R10)          // m = u

subtract:
	LOAD(DI, Z0)
	VSUBPS Z1, Z0, Z0 // w −= u
	STORE(Z0, DI)
	END_EACH

// ADAM_MOMENTS loads g, m and v into Z1, Z2 and Z3: m += (g−m)·(1−β₁), v += (g·g−v)·(1−β₂). It uses Z4; the factors
// are Z17 and Z18.
#define ADAM_MOMENTS \
	LOAD(SI, Z1)             \
	LOAD(R8, Z2)             \
	LOAD(R9, Z3)             \
	VSUBPS      Z2, Z1, Z4   \
	VFMADD231PS Z4, Z17, Z2  \
	STORE(Z2, R8)            \
	VMOVAPS     Z3, Z4       \
	VFMSUB231PS Z1, Z1, Z4   \
	VFMADD231PS Z4, Z18, Z3  \
	STORE(Z3, R9)

// func adamAVX512(w, g, m, v, vmax []float32, s AdamStep)
TEXT ·adamAVX512(SB), NOSPLIT, $0-152
	MOVQ         w_base+0(FP), DI
	MOVQ         w_len+8(FP), CX
	MOVQ         g_base+24(FP), SI
	MOVQ         m_base+48(FP), R8
	MOVQ         v_base+72(FP), R9
	MOVQ         vmax_base+96(FP), R10
	VBROADCASTSS s_Alpha+120(FP), Z16
	VBROADCASTSS s_OneMinusBeta1+124(FP), Z17
	VBROADCASTSS s_OneMinusBeta2+128(FP), Z18
	VBROADCASTSS s_Epsilon+132(FP), Z19
	EACH_VECTOR
	ADAM_MOMENTS
	TESTQ        R10, R10
	JZ           root
	LOAD(R10, Z4)
	VMAXPS       Z4, Z3, Z3                   // vmax = v > vmax ? v : vmax; without vmax, v stands in the root
	STORE(Z3, R10)

root:
	VSQRTPS Z3, Z3
	VADDPS  Z19, Z3, Z3
	VMULPS  Z2, Z16, Z2
	VDIVPS  Z3, Z2, Z2
	LOAD(DI, Z0)
	VSUBPS  Z2, Z0, Z0  // w −= α·m / (√vmax + ε)
	STORE(Z0, DI)
	END_EACH

// func nadamAVX512(w, g, m, v []float32, s AdamStep)
TEXT ·nadamAVX512(SB), NOSPLIT, $0-128
	MOVQ         w_base+0(FP), DI
	MOVQ         w_len+8(FP), CX
	MOVQ         g_base+24(FP), SI
	MOVQ         m_base+48(FP), R8
	MOVQ         v_base+72(FP), R9
	VBROADCASTSS s_Alpha+96(FP), Z16
	VBROADCASTSS s_OneMinusBeta1+100(FP), Z17
	VBROADCASTSS s_OneMinusBeta2+104(FP), Z18
	VBROADCASTSS s_Epsilon+108(FP), Z19
	VBROADCASTSS s_MomentumFactor+116(FP), Z20
	VBROADCASTSS s_GradientFactor+120(FP), Z21
	VBROADCASTSS s_VelocityFactor+124(FP), Z22
	EACH_VECTOR
	ADAM_MOMENTS
	VMULPS       Z1, Z21, Z1
	VFMADD231PS  Z2, Z20, Z1                   // ahead = fm·m + fg·g
	VMULPS       Z3, Z22, Z3
	VSQRTPS      Z3, Z3
	VADDPS       Z19, Z3, Z3
	VMULPS       Z1, Z16, Z1
	VDIVPS       Z3, Z1, Z1
	LOAD(DI, Z0)
	VSUBPS       Z1, Z0, Z0                    // w −= lr·ahead / (√(fv·v) + ε)
	STORE(Z0, DI)
	END_EACH

// func adamaxAVX512(w, g, m, u []float32, s AdamStep)
TEXT ·adamaxAVX512(SB), NOSPLIT, $0-128
	MOVQ         w_base+0(FP), DI
	MOVQ         w_len+8(FP), CX
	MOVQ         g_base+24(FP), SI
	MOVQ         m_base+48(FP), R8
	MOVQ         u_base+72(FP), R9
	VBROADCASTSS s_Alpha+96(FP), Z16
	VBROADCASTSS s_OneMinusBeta1+100(FP), Z17
	VBROADCASTSS s_Epsilon+108(FP), Z18
	VBROADCASTSS s_Beta2+112(FP), Z19
	MOVL         $0x7fffffff, DX
	VPBROADCASTD DX, Z20                      // all bits but the sign
	EACH_VECTOR
	LOAD(SI, Z1)
	LOAD(R8, Z2)
	LOAD(R9, Z3)
	VSUBPS       Z2, Z1, Z4
	VFMADD231PS  Z4, Z17, Z2                  // m += (g−m)·(1−β₁)
	STORE(Z2, R8)
	VMULPS       Z19, Z3, Z3
	VANDPS       Z20, Z1, Z1
	VMAXPS       Z3, Z1, Z3                   // u = |g| > u·β₂ ? |g| : u·β₂
	STORE(Z3, R9)
	VADDPS       Z18, Z3, Z3
	VMULPS       Z2, Z16, Z2
	VDIVPS       Z3, Z2, Z2
	LOAD(DI, Z0)
	VSUBPS       Z2, Z0, Z0                   // w −= α·m / (u+ε)
	STORE(Z0, DI)
	END_EACH

// func adagradAVX512(w, g, a []float32, lr, epsilon float32)
TEXT ·adagradAVX512(SB), NOSPLIT, $0-80
	MOVQ         w_base+0(FP), DI
	MOVQ         w_len+8(FP), CX
	MOVQ         g_base+24(FP), SI
	MOVQ         a_base+48(FP), R8
	VBROADCASTSS lr+72(FP), Z16
	VBROADCASTSS epsilon+76(FP), Z17
	EACH_VECTOR
	LOAD(SI, Z1)
	LOAD(R8, Z2)
	VFMADD231PS  Z1, Z1, Z2          // a += g·g
	STORE(Z2, R8)
	VADDPS       Z17, Z2, Z2
	VSQRTPS      Z2, Z2
	VMULPS       Z1, Z16, Z1
	VDIVPS       Z2, Z1, Z1
	LOAD(DI, Z0)
	VSUBPS       Z1, Z0, Z0          // w −= lr·g / √(a+ε)
	STORE(Z0, DI)
	END_EACH

// func lionAVX512(w, g, m []float32, s LionStep)
TEXT ·lionAVX512(SB), NOSPLIT, $0-92
	MOVQ         w_base+0(FP), DI
	MOVQ         w_len+8(FP), CX
	MOVQ         g_base+24(FP), SI
	MOVQ         m_base+48(FP), R8
	VBROADCASTSS s_LR+72(FP), Z16
	VBROADCASTSS s_Beta1+76(FP), Z17
	VBROADCASTSS s_OneMinusBeta1+80(FP), Z18
	VBROADCASTSS s_Beta2+84(FP), Z19
	VBROADCASTSS s_OneMinusBeta2+88(FP), Z20
	SIGN_CONSTANTS
	EACH_VECTOR
	LOAD(DI, Z0)
	LOAD(SI, Z1)
	LOAD(R8, Z2)
	VMULPS       Z1, Z18, Z3
	VFMADD231PS  Z2, Z17, Z3                  // d = β₁·m + (1−β₁)·g
	SIGN(Z3)
	VFNMADD231PS Z3, Z16, Z0                  // w −= lr·sign(d)
	STORE(Z0, DI)
	VMULPS       Z1, Z20, Z1
	VFMADD213PS  Z1, Z19, Z2                  // m = β₂·m + (1−β₂)·g
	STORE(Z2, R8)
	END_EACH

// func decayAVX512(w []float32, rate float32)
TEXT ·decayAVX512(SB), NOSPLIT, $0-28
	MOVQ         w_base+0(FP), DI
	MOVQ         w_len+8(FP), CX
	VBROADCASTSS rate+24(FP), Z16
	EACH_VECTOR
	LOAD(DI, Z0)
	VFNMADD213PS Z0, Z16, Z0      // w −= rate·w
	STORE(Z0, DI)
	END_EACH

// func clipValueAVX512(g []float32, limit float32)
//
// A maximum is its second operand where one is NaN, or both are zeros: so a NaN and a −0 stay.
TEXT ·clipValueAVX512(SB), NOSPLIT, $0-28
	MOVQ         g_base+0(FP), DI
	MOVQ         g_len+8(FP), CX
	VBROADCASTSS limit+24(FP), Z16
	MOVL         $0x80000000, DX
	VPBROADCASTD DX, Z17
	VXORPS       Z16, Z17, Z17      // −limit
	EACH_VECTOR
	LOAD(DI, Z0)
	VCMPPS       $30, Z16, Z0, K2   // over = g > limit, ordered
	VMAXPS       Z0, Z17, Z0        // g = −limit > g ? −limit : g
	VMOVAPS      Z16, K2, Z0        // if over, g = limit
	STORE(Z0, DI)
	END_EACH

// func scaleAVX512(g []float32, factor, divisor float32)
TEXT ·scaleAVX512(SB), NOSPLIT, $0-32
	MOVQ         g_base+0(FP), DI
	MOVQ         g_len+8(FP), CX
	VBROADCASTSS factor+24(FP), Z16
	VBROADCASTSS divisor+28(FP), Z17
	EACH_VECTOR
	LOAD(DI, Z0)
	VMULPS       Z16, Z0, Z0
	VDIVPS       Z17, Z0, Z0          // g = g·factor / divisor
	STORE(Z0, DI)
	END_EACH

// func addPenaltyAVX512(g, w []float32, l1, l2 float32)
TEXT ·addPenaltyAVX512(SB), NOSPLIT, $0-56
	MOVQ         g_base+0(FP), DI
	MOVQ         g_len+8(FP), CX
	MOVQ         w_base+24(FP), SI
	VBROADCASTSS l1+48(FP), Z16
	VBROADCASTSS l2+52(FP), Z17
	VADDPS       Z17, Z17, Z17
	SIGN_CONSTANTS
	EACH_VECTOR
	LOAD(DI, Z0)
	LOAD(SI, Z1)
	VFMADD231PS  Z1, Z17, Z0       // g += 2·l2·w
	SIGN(Z1)
	VFMADD231PS  Z1, Z16, Z0       // g += l1·sign(w)
	STORE(Z0, DI)
	END_EACH
