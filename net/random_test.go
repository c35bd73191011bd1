package net

import (
	"math/rand/v2"
	"slices"
	"testing"
)

func TestRandomIsPCG(t *testing.T) {
	for _, seed := range [][2]uint64{{}, {1, streamShuffle + 1}, {1<<64 - 1, 1<<64 - 1}} {
		r, want := newRandom(seed[0], seed[1]), rand.NewPCG(seed[0], seed[1])
		for i := range 1000 {
			if got, want := r.uint64(), want.Uint64(); got != want {
				t.Fatalf("seed %v, number %d: %d, want %d", seed, i, got, want)
			}
		}
	}
}

// TestShuffleIsTheContracts holds it against the contract's words.
func TestShuffleIsTheContracts(t *testing.T) {
	for _, n := range []int{0, 1, 2, 3, 5, 64, 1000, 1<<20 + 7} { // the last one has draws that are rejected
		r, pcg := newRandom(7, streamShuffle+3), rand.NewPCG(7, streamShuffle+3)
		got, want := make([]int32, n), make([]int32, n)
		for i := range got {
			got[i], want[i] = int32(i), int32(i)
		}
		r.shuffle(got)
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
		if !slices.Equal(got, want) {
			t.Errorf("another permutation of %d", n)
		}
		if n > 1<<20 && rejected == 0 {
			t.Errorf("no draw of %d was rejected, so that nothing is known of those that are", n)
		}
		if r.uint64() != pcg.Uint64() {
			t.Errorf("the generator is elsewhere after shuffling %d", n)
		}
	}
}
