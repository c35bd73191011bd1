package main

import (
	"fmt"
	"path/filepath"
	"slices"
	"testing"

	"nnrt/internal/disassembly"
)

func TestBranch(t *testing.T) {
	for word, want := range map[uint32]int{
		0x54ffffe1: -1,       // b.ne
		0x540000aa: 5,        // b.ge
		0xb4000060: 3,        // cbz
		0x35ffff80: -4,       // cbnz
		0x3707ffe0: -1,       // tbnz
		0x14000002: 2,        // b
		0x17ffffff: -1,       // b
		0x4e22d423: 0,        // fadd, which is none
		0xd65f03c0: 0,        // ret
		0x54800001: -1 << 18, // the farthest
	} {
		got, ok := branch(word)
		if got != want || ok != (want != 0) {
			t.Errorf("%08x: %d, %v, want %d", word, got, ok, want)
		}
	}
}

func TestInnermost(t *testing.T) {
	f := disassembly.Function{Name: "nnrt/kernels.f"}
	texts := []string{"0", "1", "2", "3", "4", "5"}
	// 1 to 2 and 3 are loops, 0 to 4 surrounds them, 5 goes on.
	loops := innermost(f, texts, []int{4, -1, 1, 3, 0, 6})
	if got, want := fmt.Sprint(loops), "[{f  1 [1 2]} {f  3 [3]}]"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

func TestCountsOfALoop(t *testing.T) {
	l := loop{texts: []string{"ldp q0, q1, [x0], #32", "ld1 { v2.4s, v3.4s }, [x1], x2", "ldr q4, [x3, #16]!",
		"fmla v5.4s, v0.4s, v2.s[1]", "fmls v6.2s, v0.2s, v2.2s", "fmadd s7, s0, s1, s2", "fmul v8.4s, v0.4s, v1.4s",
		"st1 { v5.4s, v6.4s }, [x4], #32", "stp q5, q6, [x4]", "str q7, [x5]"}}
	if l.fused() != 3 || l.multiplyAdds() != 7 || l.results() != 4 {
		t.Errorf("%d instructions of %d multiply-adds, %d results", l.fused(), l.multiplyAdds(), l.results())
	}
	memory, loads := l.memory()
	if want := []string{"ldp q0, q1, [x0]", "ld1 { v2.4s, v3.4s }, [x1]", "ldr q4, [x3, #16]",
		"st1 { v5.4s, v6.4s }, [x4]", "stp q5, q6, [x4]", "str q7, [x5]"}; !slices.Equal(memory, want) || loads != 3 {
		t.Errorf("%d loads of %q, want %q", loads, memory, want)
	}
	avx := loop{texts: []string{"vmovups (%rsi), %ymm0", "vmovups %ymm0, (%rdi)", "vmovups %ymm6, (%rdi)",
		"vmovups %ymm1, (%r8)"}}
	if avx.results() != 2 {
		t.Errorf("%d results of AVX2, want 2", avx.results())
	}
}

// TestListingsAreThere finds each loop that the tables show in the kernels as they are.
func TestListingsAreThere(t *testing.T) {
	programs := disassembly.Disassemblers()
	if len(programs) == 0 {
		t.Skip("no disassembler of arm64")
	}
	root := filepath.Join("..", "..")
	functions, err := built(t.TempDir(), root, "arm64")
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range slices.Concat(products, rows, vectors) {
		inner, err := find(functions, l, root, programs[0])
		if err != nil {
			t.Error(err)
		} else if inner.fused() == 0 && inner.results() == 0 {
			t.Errorf("%s: a loop that computes nothing", l.function)
		}
	}
	for _, l := range slices.Concat(products, rows) {
		if inner, err := find(functions, l, root, programs[0]); err == nil && inner.fused() < 8 {
			t.Errorf("%s: %d multiply-adds", l.function, inner.fused())
		}
	}
}
