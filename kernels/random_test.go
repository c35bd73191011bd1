package kernels

import (
	"math/rand/v2"
	"slices"
	"testing"
)

func TestPCGIsGos(t *testing.T) {
	for _, seed := range []PCG{{}, {1, 2<<48 + 1}, {1<<64 - 1, 1<<64 - 1}} {
		p, want := seed, rand.NewPCG(seed.Hi, seed.Lo)
		for i := range 1000 {
			if got, want := p.Uint64(), want.Uint64(); got != want {
				t.Fatalf("seed %v, number %d: %d, want %d", seed, i, got, want)
			}
		}
	}
}

// TestShuffleIsTheContracts holds it against the contract's words.
func TestShuffleIsTheContracts(t *testing.T) {
	sizes := []int{1000, 4099, 1<<20 + 7} // the last one has draws that are rejected
	if !testing.Short() {
		sizes = append(sizes, 1<<21+100)
	}
	for n := range 300 {
		sizes = append(sizes, n)
	}
	for _, n := range sizes {
		pcg := rand.NewPCG(7, 2<<48+3)
		want := ascending(n)
		rejected := 0
		for i := n - 1; i > 0; i-- {
			v := pcg.Uint64() >> 32
			for v >= 1<<32-1<<32%uint64(i+1) {
				v = pcg.Uint64() >> 32
				rejected++
			}
			j := v % uint64(i+1)
			want[i], want[j] = want[j], want[i]
		}
		if n > 1<<20 && rejected == 0 {
			t.Errorf("no draw of %d was rejected, so that nothing is known of those that are", n)
		}
		next := pcg.Uint64()
		forEachTier(t, func(t *testing.T) {
			p, got := PCG{7, 2<<48 + 3}, ascending(n)
			p.Shuffle(got)
			if !slices.Equal(got, want) {
				t.Errorf("another permutation of %d", n)
			}
			if p.Uint64() != next {
				t.Errorf("the generator is elsewhere after shuffling %d", n)
			}
		})
	}
}

func ascending(n int) []int32 {
	order := make([]int32, n)
	for i := range order {
		order[i] = int32(i)
	}
	return order
}
