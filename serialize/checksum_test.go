package serialize

import (
	"hash/crc32"
	"testing"
)

func TestChecksumIsCRC32C(t *testing.T) {
	if got := checksum(0, []byte("123456789")); got != 0xe3069283 { // the check value that goes with the polynomial
		t.Errorf("%08x", got)
	}
	data := make([]byte, 100_000)
	for i := range data {
		data[i] = byte(i * i >> 3)
	}
	for _, n := range []int{0, 1, 1000, 65_535, 65_536, 100_000} {
		if got, want := checksum(0, data[:n]), crc32.Checksum(data[:n], crc32.MakeTable(crc32.Castagnoli)); got != want {
			t.Errorf("%d bytes: %08x, want %08x", n, got, want)
		}
		if got, want := checksum(checksum(0, data[:n]), data[n:]), checksum(0, data); got != want {
			t.Errorf("continued after %d bytes: %08x, want %08x", n, got, want)
		}
	}
}
