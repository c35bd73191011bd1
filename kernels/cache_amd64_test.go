//go:build gc && !purego

package kernels

import "testing"

func TestSecondLevelCache(t *testing.T) {
	if size := secondLevelCache(); size != 0 && (size < 64<<10 || size > 64<<20) {
		t.Errorf("%d bytes", size)
	}
}
