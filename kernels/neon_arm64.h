// Instructions of NEON that Go's assembler does not know, as macros with its order of operands: sources first, the
// destination last, each a register's number. The comment at each is the instruction as a disassembler shows it, with
// the macro's parameters in the places of the numbers; a test assembles every macro, disassembles it and compares. Names
// are those that Go's assembler would give them. WORD stands nowhere else.

// Three registers: d = n op m.
#define VFADD(m, n, d) WORD $(0x4E20D400 | m<<16 | n<<5 | d) // fadd vd.4s, vn.4s, vm.4s
#define VFSUB(m, n, d) WORD $(0x4EA0D400 | m<<16 | n<<5 | d) // fsub vd.4s, vn.4s, vm.4s
#define VFMUL(m, n, d) WORD $(0x6E20DC00 | m<<16 | n<<5 | d) // fmul vd.4s, vn.4s, vm.4s
#define VFDIV(m, n, d) WORD $(0x6E20FC00 | m<<16 | n<<5 | d) // fdiv vd.4s, vn.4s, vm.4s
#define VFMAX(m, n, d) WORD $(0x4E20F400 | m<<16 | n<<5 | d) // fmax vd.4s, vn.4s, vm.4s
#define VFMIN(m, n, d) WORD $(0x4EA0F400 | m<<16 | n<<5 | d) // fmin vd.4s, vn.4s, vm.4s
#define VFADDP(m, n, d) WORD $(0x6E20D400 | m<<16 | n<<5 | d) // faddp vd.4s, vn.4s, vm.4s
#define VFCMEQ(m, n, d) WORD $(0x4E20E400 | m<<16 | n<<5 | d) // fcmeq vd.4s, vn.4s, vm.4s
#define VFCMGE(m, n, d) WORD $(0x6E20E400 | m<<16 | n<<5 | d) // fcmge vd.4s, vn.4s, vm.4s
#define VFCMGT(m, n, d) WORD $(0x6EA0E400 | m<<16 | n<<5 | d) // fcmgt vd.4s, vn.4s, vm.4s
#define VFACGT(m, n, d) WORD $(0x6EA0EC00 | m<<16 | n<<5 | d) // facgt vd.4s, vn.4s, vm.4s
#define VBIC(m, n, d) WORD $(0x4E601C00 | m<<16 | n<<5 | d) // bic vd.16b, vn.16b, vm.16b

// By an element of m, 0 ≤ i ≤ 3: d = d ± n·m[i], or n·m[i].
#define VFMLA_ELEMENT(i, m, n, d) WORD $(0x4F801000 | (i&1)<<21 | (i>>1)<<11 | m<<16 | n<<5 | d) // fmla vd.4s, vn.4s, vm.s[i]
#define VFMLS_ELEMENT(i, m, n, d) WORD $(0x4F805000 | (i&1)<<21 | (i>>1)<<11 | m<<16 | n<<5 | d) // fmls vd.4s, vn.4s, vm.s[i]
#define VFMUL_ELEMENT(i, m, n, d) WORD $(0x4F809000 | (i&1)<<21 | (i>>1)<<11 | m<<16 | n<<5 | d) // fmul vd.4s, vn.4s, vm.s[i]

// Two registers: d = op n.
#define VFSQRT(n, d) WORD $(0x6EA1F800 | n<<5 | d) // fsqrt vd.4s, vn.4s
#define VFABS(n, d) WORD $(0x4EA0F800 | n<<5 | d) // fabs vd.4s, vn.4s
#define VFNEG(n, d) WORD $(0x6EA0F800 | n<<5 | d) // fneg vd.4s, vn.4s
#define VFCMGE0(n, d) WORD $(0x6EA0C800 | n<<5 | d) // fcmge vd.4s, vn.4s, #0.0
#define VFCMGT0(n, d) WORD $(0x4EA0C800 | n<<5 | d) // fcmgt vd.4s, vn.4s, #0.0
#define VFCMLT0(n, d) WORD $(0x4EA0E800 | n<<5 | d) // fcmlt vd.4s, vn.4s, #0.0
#define VCMLT0(n, d) WORD $(0x4EA0A800 | n<<5 | d) // cmlt vd.4s, vn.4s, #0
#define VFMAXV(n, d) WORD $(0x6E30F800 | n<<5 | d) // fmaxv sd, vn.4s
#define VFADDP2(n, d) WORD $(0x7E30D800 | n<<5 | d) // faddp sd, vn.2s

// A register of 16 bytes from n + m, which are general registers: d = *(x[n] + x[m]).
#define FMOVQ_INDEXED(m, n, d) WORD $(0x3CE06800 | m<<16 | n<<5 | d) // ldr qd, [xn, xm]

// Instructions that Go's assembler has too, for macros that count registers: its names of registers cannot be computed.
#define VFMLA_N(m, n, d) WORD $(0x4E20CC00 | m<<16 | n<<5 | d) // fmla vd.4s, vn.4s, vm.4s
#define VFMLS_N(m, n, d) WORD $(0x4EA0CC00 | m<<16 | n<<5 | d) // fmls vd.4s, vn.4s, vm.4s
#define VADD_N(m, n, d) WORD $(0x4EA08400 | m<<16 | n<<5 | d) // add vd.4s, vn.4s, vm.4s
#define VSUB_N(m, n, d) WORD $(0x6EA08400 | m<<16 | n<<5 | d) // sub vd.4s, vn.4s, vm.4s
#define VAND_N(m, n, d) WORD $(0x4E201C00 | m<<16 | n<<5 | d) // and vd.16b, vn.16b, vm.16b
#define VORR_N(m, n, d) WORD $(0x4EA01C00 | m<<16 | n<<5 | d) // orr vd.16b, vn.16b, vm.16b
#define VEOR_N(m, n, d) WORD $(0x6E201C00 | m<<16 | n<<5 | d) // eor vd.16b, vn.16b, vm.16b
#define VBSL_N(m, n, d) WORD $(0x6E601C00 | m<<16 | n<<5 | d) // bsl vd.16b, vn.16b, vm.16b
#define VBIT_N(m, n, d) WORD $(0x6EA01C00 | m<<16 | n<<5 | d) // bit vd.16b, vn.16b, vm.16b
#define VSHL_N(s, n, d) WORD $(0x4F005400 | (32+s)<<16 | n<<5 | d) // shl vd.4s, vn.4s, #s
#define VUSHR_N(s, n, d) WORD $(0x6F000400 | (64-s)<<16 | n<<5 | d) // ushr vd.4s, vn.4s, #s

// The 16 bytes at register n and an offset, a multiple of 16.
#define VLDR_N(o, n, d) WORD $(0x3DC00000 | o<<6 | n<<5 | d) // ldr qd, [xn, #o]

// Four registers each, from the given ones on, so that one's operation runs while the others' wait for their operands.
// FOUR3_BY has the same m in all of them (or shift), FOUR3_FROM the same n, FOUR_ELEMENT the same element of m.
#define FOUR2(op, n, d) op(n, d); op((n+1), (d+1)); op((n+2), (d+2)); op((n+3), (d+3))
#define FOUR3(op, m, n, d) op(m, n, d); op((m+1), (n+1), (d+1)); op((m+2), (n+2), (d+2)); op((m+3), (n+3), (d+3))
#define FOUR3_BY(op, m, n, d) op(m, n, d); op(m, (n+1), (d+1)); op(m, (n+2), (d+2)); op(m, (n+3), (d+3))
#define FOUR3_FROM(op, m, n, d) op(m, n, d); op((m+1), n, (d+1)); op((m+2), n, (d+2)); op((m+3), n, (d+3))
#define FOUR_ELEMENT(op, i, m, n, d) \
	op(i, m, n, d); op(i, m, (n+1), (d+1)); op(i, m, (n+2), (d+2)); op(i, m, (n+3), (d+3))
