package kernels

import (
	"slices"
	"strings"
	"testing"
)

func TestGatherRows(t *testing.T) {
	src := []float32{0, 1, 10, 11, 20, 21, 30, 31}
	dst := make([]float32, 6)
	forEachTier(t, func(t *testing.T) {
		clear(dst)
		GatherRows(dst, src, []int32{2, 0, 2, 77}, 3, 2) // 77 is not asked for
		if want := []float32{20, 21, 0, 1, 20, 21}; !slices.Equal(dst, want) {
			t.Errorf("%v, want %v", dst, want)
		}
		for name, call := range map[string]func(){
			"row 4 of 4":              func() { GatherRows(dst, src, []int32{0, 4, 0}, 3, 2) },
			"row -1 of 4":             func() { GatherRows(dst, src, []int32{0, 0, -1}, 3, 2) },
			"into 6, by 1 numbers":    func() { GatherRows(dst, src, []int32{0}, 3, 2) },
			"from 7 elements into 6":  func() { GatherRows(dst, src[:7], []int32{0, 0, 0}, 3, 2) },
			"from 8 elements into 5":  func() { GatherRows(dst[:5], src, []int32{0, 0, 0}, 3, 2) },
			"GatherRows of rows of 0": func() { GatherRows(dst[:0], src, []int32{0, 0, 0}, 3, 0) },
		} {
			func() {
				defer func() {
					if got, _ := recover().(string); !strings.Contains(got, name) {
						t.Errorf("panic %q, want one with %q", got, name)
					}
				}()
				call()
			}()
		}
	})
}
