package npy

import (
	"encoding/binary"
	"math"
	"testing"
)

// TestHalfFloat compares every binary16 with the value by definition.
func TestHalfFloat(t *testing.T) {
	for h := range 1 << 16 {
		got := float64(HalfFloat(uint16(h)))
		exponent, fraction := h>>10&31, float64(h&1023)
		want := math.Ldexp(1+fraction/1024, exponent-15)
		switch exponent {
		case 0:
			want = math.Ldexp(fraction/1024, -14)
		case 31:
			if want = math.Inf(1); fraction != 0 {
				want = math.NaN()
			}
		}
		if h >= 1<<15 {
			want = math.Copysign(want, -1)
		}
		if math.Float64bits(got) != math.Float64bits(want) && !(got != got && want != want) {
			t.Fatalf("%#x is %v, want %v", h, got, want)
		}
	}
}

// TestIntegersAreRoundedOnce pins the conversions that differ most between architectures.
func TestIntegersAreRoundedOnce(t *testing.T) {
	for _, c := range []struct {
		v    uint64
		want uint32
	}{
		{1<<24 + 1, 0x4b800000}, {1<<24 + 3, 0x4b800002}, {1<<63 | 1<<39, 0x5f000000}, {1<<63 | 1<<39 | 1, 0x5f000001},
		{1<<63 | 3<<39, 0x5f000002}, {1<<62 | 1<<38, 0x5e800000}, {1<<62 | 1<<38 | 1, 0x5e800001},
		{math.MaxUint64, 0x5f800000},
		{1<<53 | 1<<29 | 1, 0x5a000001}, {1<<54 | 1<<30 | 1, 0x5a800001},
		{1<<46 | 1<<22, 0x56800000}, {1<<46 | 1<<22 | 1, 0x56800001}, {1<<47 | 1<<23 | 1, 0x57000001},
		{1<<46 | 3<<22, 0x56800002}, {1<<46 | 3<<22 - 1, 0x56800001},
	} {
		b := binary.LittleEndian.AppendUint64(nil, c.v)
		var got [1]float32
		Element{Kind: 'u', Size: 8}.Decode(got[:], b)
		if math.Float32bits(got[0]) != c.want {
			t.Errorf("%#x as uint64: %#x, want %#x", c.v, math.Float32bits(got[0]), c.want)
		}
		if c.v>>63 == 0 {
			b := binary.LittleEndian.AppendUint64(nil, -c.v)
			Element{Kind: 'i', Size: 8}.Decode(got[:], b)
			if math.Float32bits(got[0]) != c.want|1<<31 {
				t.Errorf("-%#x as int64: %#x, want %#x", c.v, math.Float32bits(got[0]), c.want|1<<31)
			}
		}
	}
}
