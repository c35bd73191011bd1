package onnx

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"runtime"
	"strings"
	"testing"

	"nnrt/serialize"
)

// allocationConstant is what Decode may take whatever the file's size. It covers the limits on the number of nodes,
// names and tensors.
const allocationConstant = 24 << 20

// attack decodes bytes that may be anything. The answer must be a model that a model file can hold, or an *Error; memory
// must be in proportion; and the answer must always be the same.
func attack(t testing.TB, blob []byte) *serialize.File {
	t.Helper()
	before := bytes.Clone(blob)
	var start, end runtime.MemStats
	runtime.ReadMemStats(&start)
	file, err := Decode(blob)
	runtime.ReadMemStats(&end)
	if took := end.TotalAlloc - start.TotalAlloc; took > 8*uint64(len(blob))+allocationConstant {
		t.Errorf("%d bytes took %d bytes of memory", len(blob), took)
	}
	if _, ok := err.(*Error); err != nil && !ok {
		t.Errorf("%T: %v", err, err)
	}
	again, err2 := Decode(blob)
	if fmt.Sprint(err) != fmt.Sprint(err2) {
		t.Errorf("%v, then %v", err, err2)
	}
	if !bytes.Equal(blob, before) {
		t.Error("the bytes were changed")
	}
	if err != nil {
		return nil
	}
	want, err := serialize.Encode(file)
	if err != nil && !isLimit(err) {
		t.Errorf("no model file can hold it: %v", err)
	}
	if got, _ := serialize.Encode(again); !bytes.Equal(got, want) {
		t.Error("decoded twice, it differs")
	}
	return file
}

// hostileSeeds are files with something of everything.
func hostileSeeds() [][]byte {
	w := floatTensor("v", []int64{3, 2}, 1, 2, 3, 4, 5, 6)
	columns := mlFile([][]byte{valueOf("a", elemFloat, -1, 1), valueOf("b", elemString, -1, 1)},
		[][]byte{valueOf("l", elemString, -1), valueOf("z", elemFloat, -1)},
		[][]byte{floatTensor("w", []int64{3, 2}, 1, 2, 3, 4, 5, 6)},
		op(mlDomain+".Scaler", list{"a"}, list{"s"}, floatsAttribute("offset", 1), floatsAttribute("scale", 2)),
		op(mlDomain+".OneHotEncoder", list{"b"}, list{"e"}, textsAttribute("cats_strings", "x", "y")),
		op("Flatten", list{"e"}, list{"f"}), op("Concat", list{"s", "f"}, list{"c"}, intAttribute("axis", 1)),
		op("MatMul", list{"c", "w"}, list{"h"}), op("Softmax", list{"h"}, list{"p"}),
		op("ArgMax", list{"p"}, list{"i"}, intAttribute("axis", 1)),
		op(mlDomain+".LabelEncoder", list{"i"}, list{"l"}, intsAttribute("keys_int64s", 0, 1),
			textsAttribute("values_strings", "n", "y")),
		op(mlDomain+".ZipMap", list{"p"}, list{"z"}, textsAttribute("classlabels_strings", "n", "y")))
	seeds := [][]byte{
		columns.bytes(),
		afterDense(13, [][]byte{w, floatTensor("g", []int64{3}, 1, 2, 3), intTensor("shape", []int64{2}, -1, 3)},
			op("Reshape", list{"h", "shape"}, list{"r"}),
			op("BatchNormalization", list{"r", "g", "g", "g", "g"}, list{"n"}, floatAttribute("epsilon", 1e-3)),
			op("Clip", list{"n"}, list{"k"}), op("MatMul", list{"k", "v"}, list{"y"})).bytes(),
		afterDense(17, [][]byte{w, floatTensor("g", []int64{3}, 1, 2, 3)},
			op("LayerNormalization", list{"h", "g", "g"}, list{"n"}), op("Gemm", list{"n", "v"}, list{"y"})).bytes(),
	}
	for _, e := range exporters() {
		if e.first <= 13 && e.last >= 13 {
			seeds = append(seeds, afterDense(13, nil, e.nodes...).bytes())
		}
	}
	return seeds
}

// TestTruncations: every beginning of a file.
func TestTruncations(t *testing.T) {
	for _, blob := range hostileSeeds()[:3] {
		for n := range blob {
			attack(t, blob[:n])
		}
	}
}

// TestBitFlips: every single bit of a file.
func TestBitFlips(t *testing.T) {
	seeds := hostileSeeds()[:3]
	if testing.Short() {
		seeds = seeds[:1]
	}
	models := 0
	for _, blob := range seeds {
		for i := range 8 * len(blob) {
			flipped := bytes.Clone(blob)
			flipped[i/8] ^= 1 << (i % 8)
			if attack(t, flipped) != nil {
				models++
			}
		}
	}
	t.Logf("%d models", models) // weights, names and what nnrt does not read may be anything
}

// TestMixtures: bytes of one file in another, repeated and left out.
func TestMixtures(t *testing.T) {
	seeds := hostileSeeds()
	r := rand.New(rand.NewPCG(1, 2))
	rounds := 20000
	if testing.Short() {
		rounds = 1000
	}
	for range rounds {
		blob := bytes.Clone(seeds[r.IntN(len(seeds))])
		for range 1 + r.IntN(3) {
			other := seeds[r.IntN(len(seeds))]
			from, n := r.IntN(len(other)), r.IntN(24)
			part := other[from:min(from+n, len(other))]
			at := r.IntN(len(blob))
			switch r.IntN(3) {
			case 0:
				blob = append(blob[:at:at], append(bytes.Clone(part), blob[at:]...)...)
			case 1:
				copy(blob[at:], part)
			case 2:
				blob = append(blob[:at:at], blob[min(at+n, len(blob)):]...)
			}
			if len(blob) == 0 {
				break
			}
		}
		attack(t, blob)
	}
}

// TestExpensiveFiles: small files that ask for much.
func TestExpensiveFiles(t *testing.T) {
	repeat := func(n int, part func(i int) []byte) (b []byte) {
		for i := range n {
			b = append(b, part(i)...)
		}
		return b
	}
	graphOf := func(number int, parts ...[]byte) []byte {
		return afterDense(13, nil, op("Relu", list{"h"}, list{"y"})).with(number, parts...)
	}
	name := func(i int) string { return fmt.Sprintf("n%d", i) }
	chain := func(n int, node func(in, out string) []byte) []byte {
		nodes := make([][]byte, 0, n+1)
		in := "h"
		for i := range n {
			nodes = append(nodes, node(in, name(i)))
			in = name(i)
		}
		return afterDense(13, [][]byte{floatTensor("c", []int64{3}, 1, 2, 3), intTensor("cols", []int64{3}, 2, 1, 0)},
			append(nodes, op("Identity", list{in}, list{"y"}))...).bytes()
	}
	big := make([]float32, 1<<16)
	fork := func(n int, node func(in, out string) []byte) []byte { // each uses the one before twice
		nodes := [][]byte{node("x", name(0))}
		for i := range n {
			nodes = append(nodes, node(name(i), name(i+1)))
		}
		return chainFile(2, [][]byte{floatTensor("w", []int64{2, 1}, 1, 2)},
			append(nodes, op("MatMul", list{name(n), "w"}, list{"y"}))...).bytes()
	}
	for _, c := range []struct {
		name string
		blob []byte
		want string // in the error, "" for a model
	}{
		{"empty nodes", graphOf(1, repeatEmpty(maxNodes-2)...), ""},
		{"too many empty nodes", graphOf(1, repeatEmpty(maxNodes-1)...), "16385 nodes, the limit is 16384"},
		{"empty tensors", graphOf(5, repeatEmpty(maxTensors)...), "16385 initializers"},
		{"empty inputs", graphOf(11, repeatEmpty(maxInputs)...), "16385 inputs"},
		{"empty outputs", graphOf(12, repeatEmpty(maxInputs-1)...), `output ""`},
		{"named inputs", graphOf(11, repeatParts(maxInputs-1, func(i int) []byte {
			return valueOf(name(i), elemFloat, -1,
				1)
		})...), ""},
		{"named tensors", graphOf(5, repeatParts(maxTensors-1, func(i int) []byte {
			return floatTensor(name(i),
				[]int64{0})
		})...), ""},
		{"inputs of a node", graphOf(1, repeat(1<<17, func(int) []byte { return []byte{0x0a, 0} })),
			"65536 inputs and outputs"},
		{"outputs of a node", graphOf(1, repeat(maxReferences-5, func(i int) []byte { return pbBytes(2, name(i)) })), ""},
		{"attributes of a node", graphOf(1, repeat(1<<16, func(int) []byte { return []byte{0x2a, 0} })), "32768 attributes"},
		{"attributes of many nodes", graphOf(1, repeatParts(maxNodes-2, func(int) []byte {
			return []byte{0x2a, 0, 0x2a,
				0}
		})...), "twice"},
		{"metadata", afterDense(13, nil).withModel(repeat(1<<16, func(i int) []byte {
			return pbBytes(14, pbBytes(1,
				name(i)))
		})), "1024 pairs"},
		{"domains", afterDense(13, nil).withModel(repeat(1<<16, func(i int) []byte {
			return pbBytes(8, pbBytes(1,
				name(i)))
		})), "256 domains"},
		{"a long name", graphOf(1, pbBytes(3, bytes.Repeat([]byte("x"), 1<<22))), ""},
		{"many constants of zeros", afterDense(13, [][]byte{intTensor("n", []int64{1}, 1<<20)},
			append(repeatParts(1000, func(i int) []byte { return op("ConstantOfShape", list{"n"}, list{name(i)}) }),
				op("Relu", list{"h"}, list{"y"}))...).with(12,
			repeatParts(1000, func(i int) []byte { return valueOf(name(i), elemFloat) })...), "more memory than 8 times"},
		{"a constant beyond memory", afterDense(13, [][]byte{intTensor("n", []int64{3}, 1<<21, 1<<21, 1<<21)},
			op("ConstantOfShape", list{"n"}, list{"y"})).bytes(), "a constant of shape"},
		{"a large constant transposed often", afterDense(13, [][]byte{floatTensor("big", []int64{256, 256}, big...)},
			append(repeatParts(1000, func(i int) []byte {
				from := "big"
				if i > 0 {
					from = name(i - 1)
				}
				return op("Transpose", list{from}, list{name(i)})
			}), op("MatMul", list{"h", name(999)}, list{"y"}))...).bytes(), "more memory than 8 times"},
		{"deep affine steps", chain(maxNodes-2, func(in, out string) []byte { return op("Add", list{in, "c"}, list{out}) }),
			"more than 8192 steps"},
		{"deep activations", chain(maxNodes-2, func(in, out string) []byte { return op("Relu", list{in}, list{out}) }),
			"4096 layers"},
		{"deep squares", chain(maxNodes-2, func(in, out string) []byte { return op("Mul", list{in, in}, list{out}) }),
			"both depend on the input"},
		{"deep cuts", chain(maxNodes-2, func(in, out string) []byte { return op("Max", list{in, "c"}, list{out}) }),
			"belongs to no layer"},
		{"deep labels", chain(maxNodes-2, func(in, out string) []byte {
			return op("Cast", list{in}, list{out},
				intAttribute("to", 7))
		}), "belongs to no layer"},
		{"deep columns", chain(maxNodes-2, func(in, out string) []byte {
			return op("Gather", list{in, "cols"}, list{out},
				intAttribute("axis", 1))
		}), "1024 operations on columns"},
		{"doubling columns", fork(40, func(in, out string) []byte {
			return op("Concat", list{in, in}, list{out},
				intAttribute("axis", 1))
		}), "2147483648 columns"},
		{"forking sums", fork(1000, func(in, out string) []byte { return op("Add", list{in, in}, list{out}) }),
			"both depend on the input"},
		{"wide input", chainFile(1<<30, nil, op("Relu", list{"x"}, list{"y"})).bytes(), "1073741824 columns"},
		{"columns of a wide input", chainFile(1<<20, [][]byte{intTensor("at", []int64{1}, 5)},
			op("Gather", list{"x", "at"}, list{"g"}, intAttribute("axis", 1)), op("Relu", list{"g"}, list{"y"})).bytes(),
			"of which columns are used"},
		{"large affine map without weights", chainFile(1<<20, [][]byte{scalar("c", 2)}, op("Relu", list{"x"}, list{"r"}),
			op("Mul", list{"r", "c"}, list{"y"})).bytes(), "more memory than 8 times"},
		{"varints", afterDense(13, [][]byte{join(pbDims([]int64{1 << 20}), pbInt(2, elemInt64), pbBytes(8, "i"),
			pbBytes(7, make([]byte, 1<<20)))}, op("Cast", list{"i"}, list{"c"}, intAttribute("to", elemFloat)),
			op("Add", list{"h", "c"}, list{"y"})).bytes(), "more memory than 8 times"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if testing.Short() && len(c.blob) > 1<<18 {
				t.Skip("emulators take long")
			}
			attack(t, c.blob)
			_, err := Decode(c.blob)
			if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
				t.Errorf("%.300v, want: %s", err, c.want)
			}
		})
	}
}

// repeatParts returns n parts.
func repeatParts(n int, part func(i int) []byte) [][]byte {
	parts := make([][]byte, n)
	for i := range parts {
		parts[i] = part(i)
	}
	return parts
}

func repeatEmpty(n int) [][]byte { return repeatParts(n, func(int) []byte { return nil }) }

// with returns the file with more fields of the given number in its graph.
func (f testFile) with(number int, parts ...[]byte) []byte {
	for _, p := range parts {
		f.graph = append(f.graph, pbBytes(number, p)...)
	}
	return f.bytes()
}

// withModel returns the file with more fields.
func (f testFile) withModel(more []byte) []byte {
	f.more = append(f.more, more...)
	return f.bytes()
}

// isLimit tells whether an error is that something is beyond a model file's limits.
func isLimit(err error) bool {
	return bytes.Contains([]byte(err.Error()), []byte(serialize.ErrLimit.Error()))
}

// FuzzDecode takes any bytes.
func FuzzDecode(f *testing.F) {
	for _, blob := range hostileSeeds() {
		f.Add(blob)
	}
	for _, written := range writtenFiles(f) {
		blob, err := Encode(&written.file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(blob)
	}
	f.Fuzz(func(t *testing.T, blob []byte) { attack(t, blob) })
}
