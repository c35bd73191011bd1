// FLOOR sets all lanes of v to what no result is to be less than: 0 by endReLU, else −∞.
DATA floors<>+0(SB)/4, $0xff800000
DATA floors<>+4(SB)/4, $0
GLOBL floors<>(SB), RODATA|NOPTR, $8

#define FLOOR(end, t, u, v) \
	MOVBLZX      end, t         \
	ANDL         $2, t          \ // endReLU
	LEAQ         floors<>(SB), u \
	VBROADCASTSS (u)(t*2), v
