//go:build gc && !purego

package kernels

// laneRow[n] says for each lane of narrowLanes rows of n elements, end to end, which row it belongs to.
var laneRow = func() (rows [narrow + 1][narrowLanes * narrow]int32) {
	for n := 1; n <= narrow; n++ {
		for l := range narrowLanes * n {
			rows[n][l] = int32(l / n)
		}
	}
	return rows
}()
