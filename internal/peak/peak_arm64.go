//go:build gc && !purego

package peak

func assembly(tier string) (l Loop, ok bool) {
	if tier == "neon" {
		return Loop{24 * 4, fmaNEON}, true // chains times the values of a register
	}
	return Loop{}, false
}

//go:noescape
func fmaNEON(n int)
