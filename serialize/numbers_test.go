package serialize

import (
	"encoding/binary"
	"fmt"
	"math"
	"slices"
	"testing"

	"nnrt/internal/modeltest"
)

// TestEveryHeaderNumber sets each number of the header and the section table to what attackers try, mends the checksums
// and expects the cause that fits the field.
func TestEveryHeaderNumber(t *testing.T) {
	type field struct {
		name     string
		at, size int
		causes   []error
	}
	fields := []field{
		{"major version", 8, 2, []error{ErrVersion}},
		{"minor version", 10, 2, []error{ErrHeader}}, // but any other than 0 will do
		{"header size", 12, 4, []error{ErrHeader, ErrLimit, ErrTruncated}},
		{"file size", 16, 8, []error{ErrTruncated, ErrTrailing, ErrLimit}},
		{"flags", 24, 4, []error{ErrFlags}},
		{"number of sections", 28, 4, []error{ErrHeader}},
		{"contract", 32, 4, []error{ErrContract}}, // but any of 31 bits other than 0 will do
	}
	for i, section := range []string{"architecture", "metadata", "self-test", "signature", "weights"} {
		at := headerBytes + entryBytes*i
		fields = append(fields,
			field{section + "'s type", at, 2,
				[]error{ErrSectionOrder, ErrDuplicateSection, ErrUnknownSection, ErrFlags, ErrMissingSection, ErrHeader}},
			field{section + "'s flags", at + 2, 2, []error{ErrFlags, ErrLayout}},
			field{section + "'s offset", at + 8, 8, []error{ErrLayout}},
			field{section + "'s size", at + 16, 8, []error{ErrLayout, ErrPadding, ErrSignature}})
	}
	original := mustEncode(t, signed(t))
	for _, f := range fields {
		raw := make([]byte, 8)
		copy(raw, original[f.at:][:f.size])
		v := binary.LittleEndian.Uint64(raw)
		greatest := uint64(1)<<(8*f.size-1)<<1 - 1
		for _, value := range []uint64{0, 1, 2, 4, v - 1, v + 1, v + 64, math.MaxInt16, 1 << 15, math.MaxUint16, 1 << 16,
			v + 1<<16, math.MaxInt32, 1 << 31, math.MaxUint32, 1 << 32, v + 1<<32, math.MaxInt64, 1 << 63, v + 1<<63,
			math.MaxUint64, math.MaxUint64 - v, -v, greatest, greatest - 1} {
			value &= greatest
			free := value > 0 && (f.name == "minor version" || f.name == "contract" && value <= math.MaxInt32)
			if value == v || free {
				continue
			}
			blob := slices.Clone(original)
			binary.LittleEndian.PutUint64(raw, value)
			copy(blob[f.at:], raw[:f.size])
			if refuse(t, modeltest.Reseal(blob), f.causes...); t.Failed() {
				t.Fatalf("that was the %s %#x", f.name, value)
			}
		}
	}
}

// num is a count within a section, for join, which tests put other numbers in the place of.
type num uint64

// TestEveryCount does the same with each count and length in the sections: each is also made longer than its shortest
// form, cut off, and wrapped round 32 and 64 bits.
func TestEveryCount(t *testing.T) {
	zero, one := float32(0), float32(1)
	mask := func(fields int) []byte { return binary.LittleEndian.AppendUint16(nil, uint16(fields)) }
	text := func(s string) []any { return []any{num(len(s)), []byte(s)} }
	parts := func(lists ...any) (all []any) {
		for _, l := range lists {
			if inner, ok := l.([]any); ok {
				all = append(all, inner...)
			} else {
				all = append(all, l)
			}
		}
		return all
	}
	const dense = 1
	for _, tc := range []struct {
		section uint16
		parts   []any
		free    []int // counts that may have other small values: columns, columns left out, the target's column
	}{
		{typeArchitecture, parts(num(2), num(2), // inputs, layers
			dense, mask(fieldName|fieldUnits|fieldActivation), text("first"), num(3), 1,
			dense, mask(fieldUnits), num(1)), nil},
		{typeSchema, parts(1, 0, 0, num(2), text(""), text("NA"), num(9), num(2), // spellings, columns, features
			num(2), text("age"), 0, zero, one, zero, // columns left out
			num(1), text("b"), 1, num(1), text("only"), // categories
			1, text("class"), num(9), num(2), text("no"), text("yes")), []int{3, 5, 7, 12}}, // target's column, labels
		{typeMetadata, parts(text("key"), text("value"), text("last"), text("")), nil},
	} {
		contents := func(change int, by func(n uint64) []byte) map[uint16][]byte {
			content, counts := join(), 0
			for _, p := range tc.parts {
				n, ok := p.(num)
				switch {
				case !ok:
					content = join(content, p)
				case counts == change:
					content = append(content, by(uint64(n))...)
				default:
					content = binary.AppendUvarint(content, uint64(n))
				}
				if ok {
					counts++
				}
			}
			result := map[uint16][]byte{tc.section: content, typeSelfTest: nil}
			if tc.section == typeArchitecture { // 2·3 + 3, 3·1 + 1
				result[typeWeights] = make([]byte, 4*13)
			}
			return result
		}
		good := assemble(t, contents(-1, nil))
		mustDecode(t, good)
		counts := 0
		for _, p := range tc.parts {
			if _, ok := p.(num); ok {
				counts++
			}
		}
		if counts < 4 {
			t.Fatalf("section %d: %d counts", tc.section, counts)
		}
		for i := range counts {
			try := func(name string, by func(n uint64) []byte, causes ...error) {
				t.Helper()
				blob := assemble(t, contents(i, by))
				if string(blob) == string(good) {
					return
				}
				if refuse(t, blob, causes...); t.Failed() {
					t.Fatalf("that was count %d of the %s %s", i+1, sectionName(tc.section), name)
				}
			}
			plain := func(n uint64) []byte { return binary.AppendUvarint(nil, n) }
			// Small numbers are possible; what comes after them then fits no more.
			for _, small := range []uint64{0, 1, 3, 127} {
				if slices.Contains(tc.free, i) {
					break
				}
				try(fmt.Sprint(small), func(uint64) []byte { return plain(small) }, ErrContent, ErrNotCanonical, ErrText,
					ErrArchitecture, ErrWeights, ErrSchema, ErrMetadata, ErrNotFinite, ErrFlags, ErrLimit)
			}
			// Larger ones are beyond the limit or the section, whatever comes after them.
			for _, large := range []uint64{1 << 21, math.MaxInt32, 1 << 31, math.MaxUint32, 1 << 32, 1<<32 + 1,
				math.MaxInt64, 1 << 63, math.MaxUint64} {
				try(fmt.Sprint(large), func(uint64) []byte { return plain(large) }, ErrLimit)
			}
			try("wrapped round 32 bits", func(n uint64) []byte { return plain(n + 1<<32) }, ErrLimit)
			try("wrapped round 63 bits", func(n uint64) []byte { return plain(n + 1<<63) }, ErrLimit)
			try("wrapped round 64 bits", func(n uint64) []byte {
				return []byte{byte(n) | 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 2}
			}, ErrLimit)
			try("of endless bytes", func(uint64) []byte { return slices.Repeat([]byte{0xff}, 100) }, ErrLimit)
			try("in a long form", func(n uint64) []byte {
				b := plain(n)
				b[len(b)-1] |= 0x80
				return append(b, 0)
			}, ErrNotCanonical)
		}
	}
}
