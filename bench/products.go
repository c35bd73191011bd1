package bench

import (
	"fmt"
	"slices"
)

// Product is one matrix product of the suite. Op names the kernel: nn is kernels.GemmNN (C = A·B), tn is
// kernels.GemmTN (C = Aᵀ·B), nt is kernels.GemmNT (C = A·Bᵀ). C has shape [M, N], and K is what is summed over.
type Product struct {
	Op      string
	M, N, K int
}

// Name returns the product as key=value parts: op=nn/m=32/n=128/k=784.
func (p Product) Name() string { return fmt.Sprintf("op=%s/m=%d/n=%d/k=%d", p.Op, p.M, p.N, p.K) }

// MultiplyAdds returns the number of fused multiply-adds; the number of floating-point operations is twice that.
func (p Product) MultiplyAdds() int64 { return int64(p.M) * int64(p.N) * int64(p.K) }

// batches are the rows of a batch, and denseLayers the layers, whose products are measured.
var (
	batches     = []int{1, 8, 32, 128, 512}
	denseLayers = []struct{ inputs, outputs int }{
		{8, 10}, {64, 64}, {784, 128}, {784, 512}, {512, 512}, {1024, 1024}, {4096, 4096}, {512, 10},
	}
)

// Products returns the products of the suite without repetition: the forward product (nn), the weight gradient (tn)
// and the input gradient (nt) of each Dense layer for each batch, then each of the three for cubes of 32 to 2048.
func Products() []Product {
	var list []Product
	add := func(p Product) {
		if !slices.Contains(list, p) {
			list = append(list, p)
		}
	}
	for _, rows := range batches {
		for _, l := range denseLayers {
			add(Product{Op: "nn", M: rows, N: l.outputs, K: l.inputs})
			add(Product{Op: "tn", M: l.inputs, N: l.outputs, K: rows})
			add(Product{Op: "nt", M: rows, N: l.inputs, K: l.outputs})
		}
	}
	for size := 32; size <= 2048; size *= 2 {
		for _, op := range []string{"nn", "tn", "nt"} {
			add(Product{Op: op, M: size, N: size, K: size})
		}
	}
	return list
}
