package onnx

import (
	"slices"
	"testing"

	"nnrt/net"
)

func TestGemm(t *testing.T) {
	f := chainFile(2, [][]byte{
		floatTensor("w", []int64{3, 2}, 1, 2, 3, 4, 5, 6), floatTensor("b", []int64{3}, 7, 8, 9),
		floatTensor("v", []int64{3, 1}, 1, -1, 2), floatTensor("c", []int64{1}, -4)},
		op("Gemm", list{"x", "w", "b"}, list{"h"}, intAttribute("transB", 1)),
		op("Relu", list{"h"}, list{"r"}),
		op("MatMul", list{"r", "v"}, list{"m"}),
		op("Add", list{"c", "m"}, list{"y"}))
	file, err := Decode(f.bytes())
	if err != nil {
		t.Fatal(err)
	}
	want := []net.Layer{net.Dense(3, net.ReLU, net.Name("dense")), net.Dense(1, net.Linear, net.Name("dense_1"))}
	if got := file.Model.Layers(); !slices.Equal(got, want) {
		t.Errorf("layers %v, want %v", got, want)
	}
	if got := file.Model.Parameters(); !slices.Equal(got, []float32{1, 3, 5, 2, 4, 6, 7, 8, 9, 1, -1, 2, -4}) {
		t.Errorf("parameters %v", got)
	}
}
