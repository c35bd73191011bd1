package kernels

import (
	"encoding/binary"
	"math"
	"testing"
)

// The fuzz tests take an operation, sizes and the bits of the operands, and hold every tier against the reference.

// repeat returns n float32 whose bits are the data's, again and again, beginning with the number of words to skip.
func repeat(data []byte, n, skip int) []float32 {
	x := make([]float32, n)
	words := len(data) / 4
	if words == 0 {
		return x
	}
	for i := range x {
		x[i] = math.Float32frombits(binary.LittleEndian.Uint32(data[(i+skip)%words*4:]))
	}
	return x
}

// words returns the bytes that repeat reads as the numbers.
func words(x ...float32) (data []byte) {
	for _, v := range x {
		data = binary.LittleEndian.AppendUint32(data, math.Float32bits(v))
	}
	return data
}

// seeds are operands from which a fuzzer may learn what matters.
func seeds() [][]byte {
	return [][]byte{
		{},
		words(1, -2, 0.5, 3, -0.25),
		words(1, 0x1p-24*(1-0x1p-23), 1+0x1p-23, 0x1p-23, 0x1.000002p0),
		words(0x1p-75*(1+0x1p-23), -0x1p-75*(1-0x1p-23), 0x1p-149, 0x1p-126, -0x1.fffffcp-127),
		words(math.MaxFloat32, -math.MaxFloat32, 0x1p64, 0x1p-64, 3),
		words(0, neg0, inf32, -inf32, nan32, 1, 2, -1),
		words(-103.97, 88.7, -87.3, 0.347, -0.347, 9.01, -16.6, 5.5, -5.5, 0x1p-12, 3, -3, 6),
	}
}

// everyTier runs f with the table of each tier but the reference, while that tier is active.
func everyTier(t *testing.T, f func(t *table) (difference string)) {
	before := Active()
	defer Use(before)
	for _, name := range Tiers() {
		if name == "generic" {
			continue
		}
		if err := Use(name); err != nil {
			t.Fatal(err)
		}
		if d := f(active); d != "" {
			t.Errorf("%s: %s", name, d)
		}
	}
}

func FuzzProduct(f *testing.F) {
	for i, data := range seeds() {
		f.Add(uint8(i), uint8(i*5), uint8(i*11), uint16(i*37), uint8(i), data)
		f.Add(uint8(i+1), uint8(i), uint8(16), uint16(255+i), uint8(0), data)
	}
	f.Fuzz(func(t *testing.T, op, m, n uint8, k uint16, gaps uint8, data []byte) {
		all := productOperations()
		p := all[int(op)%len(all)]
		s := p.withGaps(1+int(m)%33, 1+int(n)%80, 1+int(k)%520, int(gaps)%4, int(gaps)/4%4, int(gaps)/16%4)
		_, lengthA, lengthB, lengthBias := p.lengths(s)
		a, b := repeat(data, lengthA, 0), repeat(data, lengthB, 1)
		var bias []float32
		if p.bias {
			bias = repeat(data, lengthBias, 2)
		}
		offset := int(gaps) % 16
		want := productReference(p, s, a, b, bias, offset)
		everyTier(t, func(t *table) string { return productDifference(t, p, s, a, b, bias, want, offset) })
	})
}

func FuzzActivate(f *testing.F) {
	for i, data := range seeds() {
		for a := Linear; a.Valid(); a++ {
			f.Add(uint8(a), math.Float32bits(goldenAlpha(a)), uint8(i*7), uint8(3), uint8(i), data)
		}
	}
	f.Fuzz(func(t *testing.T, activation uint8, alpha uint32, width, rows, offset uint8, data []byte) {
		a := Activation(activation) % (LogSoftmax + 1)
		w := 1 + int(width)
		x := repeat(data, w*(int(rows)%9), 0)
		dy := repeat(data, len(x), 1)
		everyTier(t, func(t *table) string {
			return activationDifference(t, a, math.Float32frombits(alpha), w, x, dy, int(offset)%16)
		})
	})
}

// FuzzVector is about reductions and optimisers' updates; the first eight words are the factors.
func FuzzVector(f *testing.F) {
	for i, data := range seeds() {
		for op := range vectorOperations() {
			f.Add(uint8(op), uint16(i*29), uint8(i), append(words(usualFactors[:]...), data...))
		}
	}
	f.Fuzz(func(t *testing.T, op uint8, n uint16, offset uint8, data []byte) {
		all := vectorOperations()
		o := all[int(op)%len(all)]
		var factors factors
		copy(factors[:], repeat(data, len(factors), 0))
		data = data[min(len(data), 4*len(factors)):]
		v := make([][]float32, o.writes+o.reads)
		for i := range v {
			v[i] = repeat(data, int(n)%600, i)
		}
		everyTier(t, func(t *table) string { return vectorDifference(t, o, v, factors, int(offset)%16) })
	})
}

func FuzzColumnSums(f *testing.F) {
	for i, data := range seeds() {
		f.Add(uint8(i*13), uint8(i), uint8(i), data)
	}
	f.Fuzz(func(t *testing.T, width, rows, offset uint8, data []byte) {
		w := 1 + int(width)
		x := repeat(data, w*(int(rows)%40), 0)
		everyTier(t, func(t *table) string { return columnSumsDifference(t, w, x, int(offset)%16) })
	})
}
