package npy

import (
	"encoding/binary"
	"math"
	"testing"
)

func TestHalfFloat(t *testing.T) {
	for h, want := range map[uint16]float32{
		0: 0, 0x8000: float32(math.Copysign(0, -1)), 1: 1.0 / (1 << 24), 0x03ff: 1023.0 / (1 << 24), 0x0400: 1.0 / (1 << 14),
		0x3c00: 1, 0xc000: -2, 0x7bff: 65504, 0x7c00: float32(math.Inf(1)), 0xfc00: float32(math.Inf(-1)),
		0x8001: -1.0 / (1 << 24),
	} {
		if got := HalfFloat(h); math.Float32bits(got) != math.Float32bits(want) {
			t.Errorf("HalfFloat(%#04x) = %g, want %g", h, got, want)
		}
	}
	if v := HalfFloat(0x7e00); v == v {
		t.Errorf("HalfFloat(NaN) = %g", v)
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
