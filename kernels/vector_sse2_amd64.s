//go:build gc && !purego

#include "go_asm.h"
#include "textflag.h"

// Reductions and optimiser updates. Their fused multiply-adds are float64 arithmetic, as those of gemm_sse2_amd64.s,
// but what might be rounded wrong is not put right here. X13 collects the lanes whose sums lay on a middle between two
// float32; MXCSR's flag UE remembers a subnormal, inexact result; and either makes a kernel report that its results are
// risky. They are apart from its operands, so that its caller can let the portable function compute them.

#define UE $16 // MXCSR's underflow flag

DATA signs<>+0(SB)/8, $0x8000000080000000
DATA signs<>+8(SB)/8, $0x8000000080000000
GLOBL signs<>(SB), RODATA|NOPTR, $16

DATA magnitudes<>+0(SB)/8, $0x7fffffff7fffffff
DATA magnitudes<>+8(SB)/8, $0x7fffffff7fffffff
GLOBL magnitudes<>(SB), RODATA|NOPTR, $16

DATA ones<>+0(SB)/8, $0x3f8000003f800000
DATA ones<>+8(SB)/8, $0x3f8000003f800000
GLOBL ones<>(SB), RODATA|NOPTR, $16

#define BROADCAST(value, x) \
	MOVSS  value, x \
	SHUFPS $0, x, x

// No lane is risky yet.
#define SAFE(ready) \
	XORPS   X13, X13             \
	STMXCSR mxcsr-8(SP)          \
	TESTL   UE, mxcsr-8(SP)      \
	JEQ     ready                \
	ANDL    $~16, mxcsr-8(SP)    \
	LDMXCSR mxcsr-8(SP)          \
ready:

#define RISKY(result) \
	MOVMSKPS X13, AX         \
	STMXCSR  mxcsr-8(SP)     \
	MOVL     mxcsr-8(SP), CX \
	ANDL     UE, CX          \
	ORL      CX, AX          \
	SETNE    result

// a = fma(a, b, c) of four float32. X14 and X15 are overwritten. (The upper halves come by PSHUFL, since MOVHLPS would
// wait for what was in its destination before.)
#define FMA(a, b, c) \
	PSHUFL   $0xee, a, X14   \
	PSHUFL   $0xee, b, X15   \
	CVTPS2PD X14, X14        \
	CVTPS2PD X15, X15        \
	CVTPS2PD a, a            \
	MULPD    X15, X14        \
	CVTPS2PD b, X15          \
	MULPD    X15, a          \ // X14, a = a·b, exact in float64
	PSHUFL   $0xee, c, X15   \
	CVTPS2PD X15, X15        \
	ADDPD    X15, X14        \
	CVTPS2PD c, X15          \
	ADDPD    X15, a          \
	MOVAPS   a, X15          \
	SHUFPS   $0x88, X14, X15 \ // the low halves of the four sums
	PSLLL    $3, X15         \
	PCMPEQL  signs<>(SB), X15 \ // 29 bits are 1<<28
	POR      X15, X13        \
	CVTPD2PS X14, X14        \
	CVTPD2PS a, a            \
	MOVLHPS  X14, a

// The updates go through their operands by R8, up to 4·n, a multiple of 16. Their results are rows of 256 bytes at DI:
// the weights, then the states in the order of the arguments.
#define NEXT(loop) \
	ADDQ $16, R8 \
	CMPQ R8, R9  \
	JLT  loop

#define RESULT(row) row*256(DI)(R8*1)

// func sgdBlockSSE2(out *result, w, grad *float32, n int, lr float32) (risky bool)
//
// out[0] = fma(−lr, g, w)
TEXT ·sgdBlockSSE2(SB), NOSPLIT, $8-41
	MOVQ out+0(FP), DI
	MOVQ w+8(FP), SI
	MOVQ grad+16(FP), BX
	MOVQ n+24(FP), R9
	SHLQ $2, R9
	XORL R8, R8
	BROADCAST(lr+32(FP), X8)
	XORPS signs<>(SB), X8 // −lr
	SAFE(loop)
	MOVUPS (BX)(R8*1), X0
	MOVUPS (SI)(R8*1), X1
	FMA(X0, X8, X1)
	MOVUPS X0, RESULT(0)
	NEXT(loop)
	RISKY(risky+40(FP))
	RET

// func decayBlockSSE2(out *result, w *float32, n int, rate float32) (risky bool)
//
// out[0] = fma(−rate, w, w)
TEXT ·decayBlockSSE2(SB), NOSPLIT, $8-33
	MOVQ out+0(FP), DI
	MOVQ w+8(FP), SI
	MOVQ n+16(FP), R9
	SHLQ $2, R9
	XORL R8, R8
	BROADCAST(rate+24(FP), X8)
	XORPS signs<>(SB), X8 // −rate
	SAFE(loop)
	MOVUPS (SI)(R8*1), X0
	MOVAPS X0, X1
	FMA(X0, X8, X1)
	MOVUPS X0, RESULT(0)
	NEXT(loop)
	RISKY(risky+32(FP))
	RET

// func momentumBlockSSE2(out *result, w, grad, m *float32, n int, lr, mu float32, nesterov bool) (risky bool)
//
// step = lr·g; out[1] = m = fma(μ, m, −step); out[0] = w + m, or w + fma(μ, m, −step) with nesterov
TEXT ·momentumBlockSSE2(SB), NOSPLIT, $8-57
	MOVQ out+0(FP), DI
	MOVQ w+8(FP), SI
	MOVQ grad+16(FP), BX
	MOVQ m+24(FP), DX
	MOVQ n+32(FP), R9
	SHLQ $2, R9
	XORL R8, R8
	BROADCAST(lr+40(FP), X8)
	XORPS signs<>(SB), X8 // −lr
	BROADCAST(mu+44(FP), X9)
	MOVBLZX nesterov+48(FP), R10
	SAFE(loop)
	MOVUPS (BX)(R8*1), X0
	MULPS  X8, X0 // −step
	MOVUPS (DX)(R8*1), X1
	FMA(X1, X9, X0)
	MOVUPS X1, RESULT(1)
	TESTL  R10, R10
	JEQ    plain
	FMA(X1, X9, X0)
plain:
	MOVUPS (SI)(R8*1), X2
	ADDPS  X1, X2
	MOVUPS X2, RESULT(0)
	NEXT(loop)
	RISKY(risky+56(FP))
	RET

// func rmspropBlockSSE2(out *result, w, grad, v, a, m *float32, n int, s *RMSpropStep) (risky bool)
//
// out[1] = v = fma(ρ, v, (1−ρ)·g²); d = v
// out[2] = a = fma(ρ, a, (1−ρ)·g); d = fma(−a, a, d), if a is not nil
// u = lr·g/√(d + ε)
// out[3] = m = fma(μ, m, u); u = m, if m is not nil
// out[0] = w − u
TEXT ·rmspropBlockSSE2(SB), NOSPLIT, $8-65
	MOVQ out+0(FP), DI
	MOVQ w+8(FP), SI
	MOVQ grad+16(FP), BX
	MOVQ v+24(FP), DX
	MOVQ a+32(FP), R10
	MOVQ m+40(FP), R11
	MOVQ n+48(FP), R9
	SHLQ $2, R9
	XORL R8, R8
	MOVQ s+56(FP), R12
	BROADCAST(RMSpropStep_LR(R12), X8)
	BROADCAST(RMSpropStep_Rho(R12), X9)
	BROADCAST(RMSpropStep_OneMinusRho(R12), X10)
	BROADCAST(RMSpropStep_Epsilon(R12), X11)
	BROADCAST(RMSpropStep_Momentum(R12), X12)
	SAFE(loop)
	MOVUPS (BX)(R8*1), X0
	MOVAPS X0, X1
	MULPS  X0, X1
	MULPS  X10, X1 // (1−ρ)·g²
	MOVUPS (DX)(R8*1), X2
	FMA(X2, X9, X1)
	MOVUPS X2, RESULT(1)
	TESTQ  R10, R10
	JEQ    uncentered
	MOVAPS X0, X3
	MULPS  X10, X3 // (1−ρ)·g
	MOVUPS (R10)(R8*1), X4
	FMA(X4, X9, X3)
	MOVUPS X4, RESULT(2)
	MOVAPS X4, X3
	XORPS  signs<>(SB), X3
	FMA(X3, X4, X2)
	MOVAPS X3, X2
uncentered:
	ADDPS  X11, X2
	SQRTPS X2, X2
	MULPS  X8, X0
	DIVPS  X2, X0 // u
	TESTQ  R11, R11
	JEQ    still
	MOVUPS (R11)(R8*1), X1
	FMA(X1, X12, X0)
	MOVUPS X1, RESULT(3)
	MOVAPS X1, X0
still:
	MOVUPS (SI)(R8*1), X1
	SUBPS  X0, X1
	MOVUPS X1, RESULT(0)
	NEXT(loop)
	RISKY(risky+64(FP))
	RET

// X1 = fma(g − m, 1−β₁, m) with g in X0, m in X1 and 1−β₁ in X9, the first moment of Adam and its relatives.
#define FIRST_MOMENT \
	MOVAPS X0, X2     \
	SUBPS  X1, X2     \
	FMA(X2, X9, X1)   \
	MOVAPS X2, X1

// X2 = fma(fma(g, g, −v), 1−β₂, v) with g in X0, v in X3 and 1−β₂ in X10, the second moment.
#define SECOND_MOMENT \
	MOVAPS X0, X2         \
	MOVAPS X3, X4         \
	XORPS  signs<>(SB), X4 \
	FMA(X2, X0, X4)       \
	FMA(X2, X10, X3)

// func adamBlockSSE2(out *result, w, grad, m, v, vmax *float32, n int, s *AdamStep) (risky bool)
//
// out[1] = m = fma(g − m, 1−β₁, m); out[2] = v = fma(fma(g, g, −v), 1−β₂, v)
// out[3] = v = max(v, vmax), if vmax is not nil
// out[0] = w − α·m/(√v + ε)
TEXT ·adamBlockSSE2(SB), NOSPLIT, $8-65
	MOVQ out+0(FP), DI
	MOVQ w+8(FP), SI
	MOVQ grad+16(FP), BX
	MOVQ m+24(FP), DX
	MOVQ v+32(FP), R10
	MOVQ vmax+40(FP), R11
	MOVQ n+48(FP), R9
	SHLQ $2, R9
	XORL R8, R8
	MOVQ s+56(FP), R12
	BROADCAST(AdamStep_Alpha(R12), X8)
	BROADCAST(AdamStep_OneMinusBeta1(R12), X9)
	BROADCAST(AdamStep_OneMinusBeta2(R12), X10)
	BROADCAST(AdamStep_Epsilon(R12), X11)
	SAFE(loop)
	MOVUPS (BX)(R8*1), X0
	MOVUPS (DX)(R8*1), X1
	FIRST_MOMENT
	MOVUPS X1, RESULT(1)
	MOVUPS (R10)(R8*1), X3
	SECOND_MOMENT
	MOVUPS X2, RESULT(2)
	TESTQ  R11, R11
	JEQ    latest
	MOVUPS (R11)(R8*1), X3
	MAXPS  X3, X2 // v > vmax ? v : vmax
	MOVUPS X2, RESULT(3)
latest:
	SQRTPS X2, X2
	ADDPS  X11, X2
	MULPS  X8, X1
	DIVPS  X2, X1
	MOVUPS (SI)(R8*1), X0
	SUBPS  X1, X0
	MOVUPS X0, RESULT(0)
	NEXT(loop)
	RISKY(risky+64(FP))
	RET

// func nadamBlockSSE2(out *result, w, grad, m, v *float32, n int, s *AdamStep) (risky bool)
//
// out[1] = m and out[2] = v as Adam's
// out[0] = w − α·fma(fm, m, fg·g)/(√(fv·v) + ε)
TEXT ·nadamBlockSSE2(SB), NOSPLIT, $8-57
	MOVQ out+0(FP), DI
	MOVQ w+8(FP), SI
	MOVQ grad+16(FP), BX
	MOVQ m+24(FP), DX
	MOVQ v+32(FP), R10
	MOVQ n+40(FP), R9
	SHLQ $2, R9
	XORL R8, R8
	MOVQ s+48(FP), R12
	BROADCAST(AdamStep_Alpha(R12), X8)
	BROADCAST(AdamStep_OneMinusBeta1(R12), X9)
	BROADCAST(AdamStep_OneMinusBeta2(R12), X10)
	BROADCAST(AdamStep_Epsilon(R12), X11)
	BROADCAST(AdamStep_MomentumFactor(R12), X12)
	BROADCAST(AdamStep_GradientFactor(R12), X7)
	BROADCAST(AdamStep_VelocityFactor(R12), X6)
	SAFE(loop)
	MOVUPS (BX)(R8*1), X0
	MOVUPS (DX)(R8*1), X1
	FIRST_MOMENT
	MOVUPS X1, RESULT(1)
	MOVUPS (R10)(R8*1), X3
	SECOND_MOMENT
	MOVUPS X2, RESULT(2)
	MULPS  X7, X0
	FMA(X1, X12, X0) // m and g ahead
	MULPS  X6, X2
	SQRTPS X2, X2
	ADDPS  X11, X2
	MULPS  X8, X1
	DIVPS  X2, X1
	MOVUPS (SI)(R8*1), X0
	SUBPS  X1, X0
	MOVUPS X0, RESULT(0)
	NEXT(loop)
	RISKY(risky+56(FP))
	RET

// func adamaxBlockSSE2(out *result, w, grad, m, u *float32, n int, s *AdamStep) (risky bool)
//
// out[1] = m as Adam's; out[2] = u = max(β₂·u, |g|)
// out[0] = w − α·m/(u + ε)
TEXT ·adamaxBlockSSE2(SB), NOSPLIT, $8-57
	MOVQ out+0(FP), DI
	MOVQ w+8(FP), SI
	MOVQ grad+16(FP), BX
	MOVQ m+24(FP), DX
	MOVQ u+32(FP), R10
	MOVQ n+40(FP), R9
	SHLQ $2, R9
	XORL R8, R8
	MOVQ s+48(FP), R12
	BROADCAST(AdamStep_Alpha(R12), X8)
	BROADCAST(AdamStep_OneMinusBeta1(R12), X9)
	BROADCAST(AdamStep_Beta2(R12), X10)
	BROADCAST(AdamStep_Epsilon(R12), X11)
	SAFE(loop)
	MOVUPS (BX)(R8*1), X0
	MOVUPS (DX)(R8*1), X1
	FIRST_MOMENT
	MOVUPS X1, RESULT(1)
	MOVUPS (R10)(R8*1), X2
	MULPS  X10, X2
	ANDPS  magnitudes<>(SB), X0
	MAXPS  X2, X0 // |g| > β₂·u ? |g| : β₂·u
	MOVUPS X0, RESULT(2)
	ADDPS  X11, X0
	MULPS  X8, X1
	DIVPS  X0, X1
	MOVUPS (SI)(R8*1), X0
	SUBPS  X1, X0
	MOVUPS X0, RESULT(0)
	NEXT(loop)
	RISKY(risky+56(FP))
	RET

// func adagradBlockSSE2(out *result, w, grad, a *float32, n int, lr, epsilon float32) (risky bool)
//
// out[1] = a = fma(g, g, a); out[0] = w − lr·g/√(a + ε)
TEXT ·adagradBlockSSE2(SB), NOSPLIT, $8-49
	MOVQ out+0(FP), DI
	MOVQ w+8(FP), SI
	MOVQ grad+16(FP), BX
	MOVQ a+24(FP), DX
	MOVQ n+32(FP), R9
	SHLQ $2, R9
	XORL R8, R8
	BROADCAST(lr+40(FP), X8)
	BROADCAST(epsilon+44(FP), X9)
	SAFE(loop)
	MOVUPS (BX)(R8*1), X0
	MOVUPS (DX)(R8*1), X1
	MOVAPS X0, X2
	FMA(X2, X0, X1)
	MOVUPS X2, RESULT(1)
	ADDPS  X9, X2
	SQRTPS X2, X2
	MULPS  X8, X0
	DIVPS  X2, X0
	MOVUPS (SI)(R8*1), X1
	SUBPS  X0, X1
	MOVUPS X1, RESULT(0)
	NEXT(loop)
	RISKY(risky+48(FP))
	RET

// x = sign(x): ±1, or x if it is ±0 or NaN. y and z are overwritten.
#define SIGN(x, y, z) \
	MOVAPS x, y                \
	ANDPS  signs<>(SB), y      \
	ORPS   ones<>(SB), y       \ // ±1
	MOVAPS x, z                \
	ANDPS  magnitudes<>(SB), z \
	XORPS  X15, X15            \
	CMPPS  z, X15, $1          \ // 0 < |x|
	ANDPS  X15, y              \
	ANDNPS x, X15              \
	MOVAPS X15, x              \
	ORPS   y, x

// func lionBlockSSE2(out *result, w, grad, m *float32, n int, s *LionStep) (risky bool)
//
// out[0] = fma(−lr, sign(fma(β₁, m, (1−β₁)·g)), w); out[1] = m = fma(β₂, m, (1−β₂)·g)
//
// The product with a sign is exact, so that the first is a multiplication and an addition.
TEXT ·lionBlockSSE2(SB), NOSPLIT, $8-49
	MOVQ out+0(FP), DI
	MOVQ w+8(FP), SI
	MOVQ grad+16(FP), BX
	MOVQ m+24(FP), DX
	MOVQ n+32(FP), R9
	SHLQ $2, R9
	XORL R8, R8
	MOVQ s+40(FP), R12
	BROADCAST(LionStep_LR(R12), X8)
	BROADCAST(LionStep_Beta1(R12), X9)
	BROADCAST(LionStep_OneMinusBeta1(R12), X10)
	BROADCAST(LionStep_Beta2(R12), X11)
	BROADCAST(LionStep_OneMinusBeta2(R12), X12)
	SAFE(loop)
	MOVUPS (BX)(R8*1), X0
	MOVUPS (DX)(R8*1), X1
	MOVAPS X0, X2
	MULPS  X10, X2
	MOVAPS X1, X3
	FMA(X3, X9, X2)
	SIGN(X3, X4, X5)
	MULPS  X8, X3
	MOVUPS (SI)(R8*1), X2
	SUBPS  X3, X2
	MOVUPS X2, RESULT(0)
	MULPS  X12, X0
	FMA(X1, X11, X0)
	MOVUPS X1, RESULT(1)
	NEXT(loop)
	RISKY(risky+48(FP))
	RET

// func penaltyBlockSSE2(out *result, grad, w *float32, n int, l1, twiceL2 float32) (risky bool)
//
// out[0] = fma(l1, sign(w), fma(2·l2, w, g)); the product with a sign is exact
TEXT ·penaltyBlockSSE2(SB), NOSPLIT, $8-41
	MOVQ out+0(FP), DI
	MOVQ grad+8(FP), SI
	MOVQ w+16(FP), BX
	MOVQ n+24(FP), R9
	SHLQ $2, R9
	XORL R8, R8
	BROADCAST(l1+32(FP), X8)
	BROADCAST(twiceL2+36(FP), X9)
	SAFE(loop)
	MOVUPS (BX)(R8*1), X0
	MOVUPS (SI)(R8*1), X1
	MOVAPS X0, X2
	FMA(X2, X9, X1)
	SIGN(X0, X4, X5)
	MULPS  X8, X0
	ADDPS  X0, X2
	MOVUPS X2, RESULT(0)
	NEXT(loop)
	RISKY(risky+40(FP))
	RET

// func clipSSE2(grad *float32, n int, limit float32)
//
// g = limit if g > limit, −limit if g < −limit; n is a multiple of 4
TEXT ·clipSSE2(SB), NOSPLIT, $0-20
	MOVQ grad+0(FP), SI
	MOVQ n+8(FP), R9
	SHLQ $2, R9
	XORL R8, R8
	BROADCAST(limit+16(FP), X8)
	MOVAPS X8, X9
	XORPS  signs<>(SB), X9 // −limit
loop:
	MOVUPS (SI)(R8*1), X0
	MOVAPS X8, X1
	CMPPS  X0, X1, $1 // limit < g
	MOVAPS X0, X2
	CMPPS  X9, X2, $1 // g < −limit
	MOVAPS X2, X3
	ANDNPS X0, X3
	ANDPS  X9, X2
	ORPS   X3, X2 // no less than −limit
	MOVAPS X1, X3
	ANDNPS X2, X3
	ANDPS  X8, X1
	ORPS   X3, X1
	MOVUPS X1, (SI)(R8*1)
	NEXT(loop)
	RET

// func scaleByFourSSE2(grad *float32, n int, factor, divisor float32)
//
// g = g·factor/divisor; n is a multiple of 4
TEXT ·scaleByFourSSE2(SB), NOSPLIT, $0-24
	MOVQ grad+0(FP), SI
	MOVQ n+8(FP), R9
	SHLQ $2, R9
	XORL R8, R8
	BROADCAST(factor+16(FP), X8)
	BROADCAST(divisor+20(FP), X9)
loop:
	MOVUPS (SI)(R8*1), X0
	MULPS  X8, X0
	DIVPS  X9, X0
	MOVUPS X0, (SI)(R8*1)
	NEXT(loop)
	RET

#define ADD(i, lane) \
	MOVUPS i*16(SI), X9 \
	ANDPS  X8, X9         \
	ADDPS  X9, lane

#define ADD_32 \
	ADD(0, X0) \
	ADD(1, X1) \
	ADD(2, X2) \
	ADD(3, X3) \
	ADD(4, X4) \
	ADD(5, X5) \
	ADD(6, X6) \
	ADD(7, X7)

// func sumMaskedSSE2(x []float32, mask uint32) float32
//
// The sum of the elements, all their bits and-ed with mask, in 32 lanes: X0…X7. The elements that are left at the end
// are added as 32 with zeros, which change no lane: one that begins with +0 never becomes −0 by additions.
TEXT ·sumMaskedSSE2(SB), NOSPLIT, $128-36
	MOVQ x_base+0(FP), SI
	MOVQ x_len+8(FP), CX
	BROADCAST(mask+24(FP), X8)
	XORPS X0, X0
	XORPS X1, X1
	XORPS X2, X2
	XORPS X3, X3
	XORPS X4, X4
	XORPS X5, X5
	XORPS X6, X6
	XORPS X7, X7
	SUBQ  $32, CX
	JLT   rest
loop:
	ADD_32
	ADDQ $128, SI
	SUBQ $32, CX
	JGE  loop
rest:
	ADDQ $32, CX
	JEQ  join
	XORPS  X9, X9
	MOVUPS X9, rest-128(SP)
	MOVUPS X9, rest-112(SP)
	MOVUPS X9, rest-96(SP)
	MOVUPS X9, rest-80(SP)
	MOVUPS X9, rest-64(SP)
	MOVUPS X9, rest-48(SP)
	MOVUPS X9, rest-32(SP)
	MOVUPS X9, rest-16(SP)
	LEAQ   rest-128(SP), DI
copy:
	MOVL -4(SI)(CX*4), AX
	MOVL AX, -4(DI)(CX*4)
	DECQ CX
	JNE  copy
	MOVQ DI, SI
	ADD_32
join:
	ADDPS X4, X0 // lane[i] += lane[i+16]
	ADDPS X5, X1
	ADDPS X6, X2
	ADDPS X7, X3
	ADDPS X2, X0 // lane[i] += lane[i+8]
	ADDPS X3, X1
	ADDPS X1, X0 // lane[i] += lane[i+4]
	MOVHLPS X0, X1
	ADDPS X1, X0 // lane[i] += lane[i+2]
	MOVAPS X0, X1
	SHUFPS $0x55, X1, X1
	ADDSS X1, X0 // lane[0] += lane[1]
	MOVSS X0, ret+32(FP)
	RET

// X8…X11 = x·y + lane of 8 lanes, as float64, from x and y at the offset o; X13 remembers middles.
#define DOT_8(o, l0, l1, l2, l3) \
	CVTPS2PD o(SI), X8     \
	CVTPS2PD o+8(SI), X9   \
	CVTPS2PD o+16(SI), X10 \
	CVTPS2PD o+24(SI), X11 \
	CVTPS2PD o(DI), X12    \
	CVTPS2PD o+8(DI), X14  \
	MULPD    X12, X8         \
	MULPD    X14, X9         \
	CVTPS2PD o+16(DI), X12 \
	CVTPS2PD o+24(DI), X14 \
	MULPD    X12, X10        \
	MULPD    X14, X11        \
	ADDPD    l0, X8          \
	ADDPD    l1, X9          \
	ADDPD    l2, X10         \
	ADDPD    l3, X11         \
	MOVAPS   X8, X12         \
	MOVAPS   X10, X14        \
	SHUFPS   $0x88, X9, X12  \
	SHUFPS   $0x88, X11, X14 \
	PSLLL    $3, X12         \
	PSLLL    $3, X14         \
	PCMPEQL  X15, X12        \
	PCMPEQL  X15, X14        \
	POR      X12, X13        \
	POR      X14, X13        \
	CVTPD2PS X8, X8          \
	CVTPD2PS X9, X9          \
	CVTPD2PS X10, X10        \
	CVTPD2PS X11, X11        \
	CVTPS2PD X8, l0          \
	CVTPS2PD X9, l1          \
	CVTPS2PD X10, l2         \
	CVTPS2PD X11, l3

#define STORE_LANES(i, l0, l1) \
	CVTPD2PS l0, l0 \
	CVTPD2PS l1, l1 \
	MOVLHPS  l1, l0 \
	MOVUPS   l0, i*16(DX)

// func dotBlockSSE2(lane *[32]float32, x, y *float32, n int) (risky bool)
//
// lane[l] = fma(x[i], y[i], lane[l]) for all i that are l modulo 32, ascending; n is a multiple of 32. Lanes 0…15 are
// computed first, then 16…31.
TEXT ·dotBlockSSE2(SB), NOSPLIT, $8-33
	MOVQ   lane+0(FP), DX
	MOVAPS signs<>(SB), X15
	XORL   BX, BX // 64 for the upper lanes
	SAFE(half)
	MOVQ x+8(FP), SI
	MOVQ y+16(FP), DI
	MOVQ n+24(FP), CX
	ADDQ BX, SI
	ADDQ BX, DI
	CVTPS2PD (DX), X0
	CVTPS2PD 8(DX), X1
	CVTPS2PD 16(DX), X2
	CVTPS2PD 24(DX), X3
	CVTPS2PD 32(DX), X4
	CVTPS2PD 40(DX), X5
	CVTPS2PD 48(DX), X6
	CVTPS2PD 56(DX), X7
loop:
	DOT_8(0, X0, X1, X2, X3)
	DOT_8(32, X4, X5, X6, X7)
	ADDQ $128, SI
	ADDQ $128, DI
	SUBQ $32, CX
	JNE  loop
	STORE_LANES(0, X0, X1)
	STORE_LANES(1, X2, X3)
	STORE_LANES(2, X4, X5)
	STORE_LANES(3, X6, X7)
	ADDQ $64, DX
	XORQ $64, BX
	JNE  half
	RISKY(risky+32(FP))
	RET

// func columns32SSE2(sums, x *float32, rows, stride int)
//
// sums[j] = Σᵢ x[i·stride + j] for j < 32 and i < rows, ascending, beginning with +0; rows ≥ 1
TEXT ·columns32SSE2(SB), NOSPLIT, $0-32
	MOVQ  sums+0(FP), DI
	MOVQ  x+8(FP), SI
	MOVQ  rows+16(FP), CX
	MOVQ  stride+24(FP), DX
	SHLQ  $2, DX
	PCMPEQL X8, X8 // ADD_32's mask: all bits
	XORPS X0, X0
	XORPS X1, X1
	XORPS X2, X2
	XORPS X3, X3
	XORPS X4, X4
	XORPS X5, X5
	XORPS X6, X6
	XORPS X7, X7
loop:
	ADD_32
	ADDQ   DX, SI
	DECQ   CX
	JNE    loop
	MOVUPS X0, (DI)
	MOVUPS X1, 16(DI)
	MOVUPS X2, 32(DI)
	MOVUPS X3, 48(DI)
	MOVUPS X4, 64(DI)
	MOVUPS X5, 80(DI)
	MOVUPS X6, 96(DI)
	MOVUPS X7, 112(DI)
	RET

// func columns8SSE2(sums, x *float32, rows, stride int)
//
// columns32SSE2 for j < 8
TEXT ·columns8SSE2(SB), NOSPLIT, $0-32
	MOVQ  sums+0(FP), DI
	MOVQ  x+8(FP), SI
	MOVQ  rows+16(FP), CX
	MOVQ  stride+24(FP), DX
	SHLQ  $2, DX
	XORPS X0, X0
	XORPS X1, X1
loop:
	MOVUPS (SI), X2
	MOVUPS 16(SI), X3
	ADDPS  X2, X0
	ADDPS  X3, X1
	ADDQ   DX, SI
	DECQ   CX
	JNE    loop
	MOVUPS X0, (DI)
	MOVUPS X1, 16(DI)
	RET
