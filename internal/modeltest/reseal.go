// Package modeltest helps tests that tamper with model files and measure what reading them takes.
package modeltest

import (
	"encoding/binary"
	"hash/crc32"
)

// Reseal mends the checksums of a model file that has been tampered with, in place, as far as its header says where they
// are. serialize/FORMAT.md has the places; this does not use package serialize, which is what it tests.
func Reseal(blob []byte) []byte {
	const header, entry, headerSum = 64, 24, 60
	if len(blob) < header {
		return blob
	}
	le, table := binary.LittleEndian, crc32.MakeTable(crc32.Castagnoli)
	size := min(int64(le.Uint32(blob[12:])), int64(len(blob)))
	if size < header {
		return blob
	}
	for at := int64(header); at+entry <= size; at += entry {
		offset, n := le.Uint64(blob[at+8:]), le.Uint64(blob[at+16:])
		if offset <= uint64(len(blob)) && n <= uint64(len(blob))-offset {
			le.PutUint32(blob[at+4:], crc32.Checksum(blob[offset:][:n], table))
		}
	}
	le.PutUint32(blob[headerSum:], crc32.Update(crc32.Checksum(blob[:headerSum], table), table, blob[header:size]))
	return blob
}
