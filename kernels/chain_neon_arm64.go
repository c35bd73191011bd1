//go:build gc && !purego

package kernels

//go:noescape
func layersRowNEON(y, x, buffer *float32, layers *rowLayer, count int)
