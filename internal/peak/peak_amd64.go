//go:build gc && !purego

package peak

// The sizes are chains times the values of a register: see peak_amd64.s.
func assembly(tier string) (l Loop, ok bool) {
	switch tier {
	case "avx512":
		return Loop{24 * 16, fmaAVX512}, true
	case "avx2":
		return Loop{15 * 8, fmaAVX2}, true
	case "sse2":
		return Loop{15 * 2, fmaSSE2}, true
	}
	return Loop{}, false
}

//go:noescape
func fmaAVX512(n int)

//go:noescape
func fmaAVX2(n int)

//go:noescape
func fmaSSE2(n int)
