//go:build gc && !purego

package kernels

func productsAVX2(t *table) {}

// tileAVX2 computes a tile of m ≤ 6 rows and n ≤ 16 columns, each element one chain of fused multiply-adds over k ≥ 1
// terms: s = bias[j], or +0 if bias is nil; s = fma(a[i·rsA + p·csA], b[p·rsB + j], s) for p < k. It stores
// c[i·rsC + j] = s, or c[i·rsC + j] + s if add. The strides count elements.
//
//go:noescape
func tileAVX2(c, a, b, bias *float32, m, n, k, rsA, csA, rsB, rsC int, add bool)
