package serialize

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"testing"

	"nnrt/dataset"
	"nnrt/internal/modeltest"
	"nnrt/kernels"
	"nnrt/net"
)

// The tests below give Decode what it should refuse. Most change a good file and mend its checksums, since damage
// that the checksums catch reaches no further.

// refuse checks that Decode refuses a file with the given error, or one of several, that the error has a place, and
// that it did not take memory out of proportion to find it.
func refuse(t *testing.T, blob []byte, want ...error) {
	t.Helper()
	took, err := allocated(blob)
	if most := 8*uint64(len(blob)) + allocationConstant; took > most {
		t.Errorf("%d bytes take %d bytes of memory, %d are justified", len(blob), took, most)
	}
	if !slices.ContainsFunc(want, func(cause error) bool { return errors.Is(err, cause) }) {
		t.Errorf("Decode says %v, want %v", err, want)
	}
	var format *FormatError
	if !errors.As(err, &format) || format.Section == "" || format.Offset < 0 || format.Offset > int64(len(blob)) {
		t.Errorf("%#v is no error with a place in %d bytes", err, len(blob))
	}
	for _, r := range fmt.Sprint(err) {
		if r < ' ' || r == 0x7f {
			t.Errorf("the message %q would write control characters to a terminal", err)
		}
	}
}

func TestTruncated(t *testing.T) {
	blob := mustEncode(t, rich(t))
	for n := range len(blob) {
		refuse(t, blob[:n], ErrTruncated)
		if _, err := Load(blob[:n]); !errors.Is(err, ErrTruncated) {
			t.Errorf("Load of %d bytes: %v", n, err)
		}
	}
}

// TestTruncatedAndMended shortens the file where the header says so, too.
func TestTruncatedAndMended(t *testing.T) {
	blob := mustEncode(t, rich(t))
	for n := headerBytes; n < len(blob); n++ {
		short := bytes.Clone(blob[:n])
		binary.LittleEndian.PutUint64(short[16:], uint64(n))
		if _, err := Decode(modeltest.Reseal(short)); err == nil {
			t.Errorf("%d of %d bytes are accepted", n, len(blob))
		}
	}
}

func TestEveryBitFlipped(t *testing.T) {
	for _, f := range []*File{tiny(t), {Model: tutorial(t)}, rich(t)} {
		blob := mustEncode(t, f)
		for i := range len(blob) * 8 {
			blob[i/8] ^= 1 << (i % 8)
			if _, err := Decode(blob); err == nil {
				t.Errorf("bit %d of byte %d flipped: accepted", i%8, i/8)
			}
			if _, err := Load(blob); err == nil {
				t.Errorf("bit %d of byte %d flipped: loaded", i%8, i/8)
			}
			blob[i/8] ^= 1 << (i % 8)
		}
	}
}

func TestTrailing(t *testing.T) {
	blob := mustEncode(t, tiny(t))
	refuse(t, append(bytes.Clone(blob), 0), ErrTrailing)
	refuse(t, append(bytes.Clone(blob), blob...), ErrTrailing)
	// The same, with a header that knows about it.
	longer := append(bytes.Clone(blob), 0)
	binary.LittleEndian.PutUint64(longer[16:], uint64(len(longer)))
	refuse(t, modeltest.Reseal(longer), ErrLayout)
}

func TestHeader(t *testing.T) {
	le := binary.LittleEndian
	put16 := func(at int, v uint16) func([]byte) { return func(b []byte) { le.PutUint16(b[at:], v) } }
	put32 := func(at int, v uint32) func([]byte) { return func(b []byte) { le.PutUint32(b[at:], v) } }
	put64 := func(at int, v uint64) func([]byte) { return func(b []byte) { le.PutUint64(b[at:], v) } }
	for _, tc := range []struct {
		name   string
		change func([]byte)
		want   error
	}{
		{"major version 0", put16(8, 0), ErrVersion},
		{"major version 2", put16(8, 2), ErrVersion},
		{"header of 0 bytes", put32(12, 0), ErrHeader},
		{"header of 63 bytes", put32(12, 63), ErrHeader},
		{"header without sections", put32(12, 64), ErrHeader},
		{"header of one byte more", put32(12, 64+4*24+1), ErrHeader},
		{"header of one section less", put32(12, 64+3*24), ErrHeader},
		{"header longer than the file", put32(12, 64+1000*24), ErrTruncated},
		{"header beyond the limit", put32(12, 1<<20+8), ErrLimit},
		{"greatest header", put32(12, math.MaxUint32), ErrLimit},
		{"file of 0 bytes", put64(16, 0), ErrTrailing},
		{"file of 2⁶³ bytes", put64(16, 1<<63), ErrLimit},
		{"greatest file", put64(16, math.MaxUint64), ErrLimit},
		{"file of 1 GiB", put64(16, 1<<30), ErrTruncated},
		{"flags", put32(24, 1), ErrFlags},
		{"last flag", put32(24, 1<<31), ErrFlags},
		{"no sections", put32(28, 0), ErrHeader},
		{"a section more", put32(28, 5), ErrHeader},
		{"sections that wrap 32 bits", put32(28, 1<<29|4), ErrHeader},
		{"contract 0", put32(32, 0), ErrContract},
		{"contract beyond 31 bits", put32(32, 1<<31), ErrContract},
		{"reserved byte", func(b []byte) { b[36] = 1 }, ErrHeader},
		{"last reserved byte", func(b []byte) { b[59] = 1 }, ErrHeader},
	} {
		t.Run(tc.name, func(t *testing.T) {
			blob := mustEncode(t, tiny(t))
			tc.change(blob)
			refuse(t, modeltest.Reseal(blob), tc.want)
		})
	}
	t.Run("minor version", func(t *testing.T) {
		blob := mustEncode(t, tiny(t))
		put16(10, 7)(blob)
		if f := mustDecode(t, modeltest.Reseal(blob)); f.Minor != 7 || !bytes.Equal(mustEncode(t, f), blob) {
			t.Error("a newer minor version does not survive")
		}
	})
}

// TestSectionTable changes entries of the tiny file: 0 architecture, 1 metadata, 2 self-test, 3 weights.
func TestSectionTable(t *testing.T) {
	le := binary.LittleEndian
	set := func(entry, field int, v uint64) func([]byte) {
		return func(b []byte) {
			at := headerBytes + entryBytes*entry + field
			switch field {
			case 0, 2:
				le.PutUint16(b[at:], uint16(v))
			case 8, 16:
				le.PutUint64(b[at:], v)
			}
		}
	}
	const kind, flags, offset, length = 0, 2, 8, 16
	for _, tc := range []struct {
		name   string
		change func([]byte)
		want   error
	}{
		{"type 0", set(0, kind, 0), ErrSectionOrder},
		{"duplicate", set(2, kind, typeMetadata), ErrDuplicateSection},
		{"out of order", set(1, kind, 9), ErrSectionOrder},
		{"no architecture", set(0, kind, typeSchema), ErrFlags},
		{"no weights", func(b []byte) { set(3, kind, 20)(b); set(3, flags, flagAligned)(b) }, ErrMissingSection},
		{"unknown critical section", func(b []byte) { set(2, kind, 9)(b); set(2, flags, flagCritical)(b) },
			ErrUnknownSection},
		{"unknown flag", set(2, flags, 4), ErrFlags},
		{"last flag", set(2, flags, 1<<15), ErrFlags},
		{"critical metadata", set(1, flags, flagCritical), ErrFlags},
		{"aligned metadata", set(1, flags, flagAligned), ErrFlags},
		{"weights not aligned", set(3, flags, flagCritical), ErrFlags},
		{"weights not critical", set(3, flags, flagAligned), ErrFlags},
		{"offset 0", set(1, offset, 0), ErrLayout},
		{"offset of the section before", set(1, offset, 160), ErrLayout},
		{"greatest offset", set(1, offset, math.MaxUint64), ErrLayout},
		{"offset beyond 63 bits", set(1, offset, 1<<63), ErrLayout},
		{"weights later", set(3, offset, 256), ErrLayout},
		{"weights not at a multiple of 64", set(3, offset, 200), ErrLayout},
		{"length 0", set(0, length, 0), ErrLayout},
		{"a byte more", set(0, length, 8), ErrLayout},
		{"greatest length", set(3, length, math.MaxUint64), ErrLayout},
		{"length that wraps", set(3, length, math.MaxUint64-191), ErrLayout},
		{"weights too long", set(3, length, 13), ErrLayout},
		{"weights too short", set(3, length, 11), ErrLayout},
	} {
		t.Run(tc.name, func(t *testing.T) {
			blob := mustEncode(t, tiny(t))
			if n := le.Uint32(blob[28:]); n != 4 {
				t.Fatalf("the tiny file has %d sections", n)
			}
			tc.change(blob)
			refuse(t, modeltest.Reseal(blob), tc.want)
		})
	}
	t.Run("padding", func(t *testing.T) {
		blob := mustEncode(t, rich(t))
		padding := 0
		c, err := parse(blob, ptr(Limits{}.withDefaults()))
		if err != nil {
			t.Fatal(err)
		}
		end := int64(headerBytes + entryBytes*len(c.sections))
		for _, s := range c.sections {
			for i := end; i < s.offset; i++ {
				padding++
				blob[i] = 1
				refuse(t, modeltest.Reseal(blob), ErrPadding)
				blob[i] = 0
			}
			end = s.offset + s.size()
		}
		if padding == 0 {
			t.Error("the rich file has no padding")
		}
	})
}

func ptr[T any](v T) *T { return &v }

// assemble makes a file of the tiny model with some sections' contents replaced (nil: left out).
func assemble(t *testing.T, contents map[uint16][]byte) []byte {
	t.Helper()
	f := tiny(t)
	c, err := f.container()
	if err != nil {
		t.Fatal(err)
	}
	var sections []section
	for _, known := range knownSections {
		s := section{kind: known.kind}
		if old := c.find(known.kind); old != nil {
			s = *old
		}
		s.flags = known.flags
		if content, ok := contents[known.kind]; ok {
			s.data, s.floats = content, nil
		}
		if s.data != nil || s.floats != nil {
			sections = append(sections, s)
		}
	}
	c.sections = sections
	blob, err := c.encode()
	if err != nil {
		t.Fatal(err)
	}
	return blob
}

// join puts a section's content together from numbers (bytes), float32 and texts with their lengths.
func join(parts ...any) []byte {
	b := []byte{}
	for _, p := range parts {
		switch p := p.(type) {
		case int:
			b = append(b, byte(p))
		case float32:
			b = appendFloat(b, p)
		case string:
			b = appendText(b, p)
		case []byte:
			b = append(b, p...)
		}
	}
	return b
}

func TestArchitecture(t *testing.T) {
	nan, inf := float32(math.NaN()), float32(math.Inf(-1))
	sigmoid := int(net.Sigmoid.Kind)
	count := func(n uint64) []byte { return binary.AppendUvarint(nil, n) }
	mask := func(fields int) []byte { return binary.LittleEndian.AppendUint16(nil, uint16(fields)) }
	const dense, activation, dropout, batchNorm = 1, 2, 3, 4
	for _, tc := range []struct {
		name    string
		content []byte
		want    error
	}{
		{"empty", join(), ErrContent},
		{"inputs only", join(2), ErrContent},
		{"no layers", join(2, 0), ErrArchitecture},
		{"no inputs", join(0, 1, dense, mask(fieldUnits), 1), ErrArchitecture},
		{"too many inputs", join(count(65537), 1, dense, mask(fieldUnits), 1), ErrLimit},
		{"inputs beyond 32 bits", join(count(1<<32), 1, dense, mask(fieldUnits), 1), ErrLimit},
		{"inputs beyond 63 bits", join(count(math.MaxUint64), 1, dense, mask(fieldUnits), 1), ErrLimit},
		{"inputs beyond 64 bits", join(bytes.Repeat([]byte{0xff}, 10), 1), ErrLimit},
		{"endless count", join(bytes.Repeat([]byte{0xff}, 9)), ErrContent},
		{"long count", join(0x82, 0, 1, dense, mask(fieldUnits), 1), ErrNotCanonical},
		{"more layers than bytes", join(2, count(1000), dense, mask(fieldUnits), 1), ErrContent},
		{"too many layers", join(2, count(1025), bytes.Repeat([]byte{activation, 0, 0}, 1025)), ErrLimit},
		{"a layer less", join(2, 2, dense, mask(fieldUnits), 1), ErrContent},
		{"a layer more", join(2, 1, dense, mask(fieldUnits), 1, activation, mask(0)), ErrContent},
		{"layer kind 0", join(2, 1, 0, mask(fieldUnits), 1), ErrArchitecture},
		{"layer kind 6", join(2, 1, 6, mask(0)), ErrArchitecture},
		{"unknown field", join(2, 1, dense, mask(1<<15|fieldUnits), 1), ErrArchitecture},
		{"no units", join(2, 1, dense, mask(0)), ErrArchitecture},
		{"zero units", join(2, 1, dense, mask(fieldUnits), 0), ErrNotCanonical},
		{"too many units", join(2, 1, dense, mask(fieldUnits), count(65537)), ErrLimit},
		{"units that wrap 32 bits", join(2, 1, dense, mask(fieldUnits), count(1<<32+1)), ErrLimit},
		{"linear named", join(2, 1, dense, mask(fieldUnits|fieldActivation), 1, 0), ErrNotCanonical},
		{"unknown activation", join(2, 1, dense, mask(fieldUnits|fieldActivation), 1, 255), ErrArchitecture},
		{"default parameter named", join(2, 1, dense, mask(fieldUnits|fieldActivation|fieldAlpha), 1, sigmoid,
			float32(0)), ErrNotCanonical},
		{"negative zero for zero", join(2, 1, dense, mask(fieldUnits|fieldRate), 1, float32(math.Copysign(0, -1))),
			ErrNotCanonical},
		{"NaN parameter", join(2, 1, dense, mask(fieldUnits|fieldAlpha), 1, nan), ErrNotFinite},
		{"infinite rate", join(2, 1, dropout, mask(fieldRate), inf), ErrNotFinite},
		{"rate 1", join(2, 1, dropout, mask(fieldRate), float32(1)), ErrArchitecture},
		{"momentum 2", join(2, 1, batchNorm, mask(fieldMomentum), float32(2)), ErrArchitecture},
		{"epsilon 0", join(2, 1, batchNorm, mask(fieldEpsilon), float32(0)), ErrArchitecture},
		{"unknown initialiser", join(2, 1, dense, mask(fieldUnits|fieldKernelInitializer), 1, 8, 0, 0,
			float32(0), float32(0)), ErrArchitecture},
		{"negative penalty", join(2, 1, dense, mask(fieldUnits|fieldKernelRegularizer), 1, float32(-1), float32(0)),
			ErrArchitecture},
		{"field cut off", join(2, 1, dense, mask(fieldUnits|fieldKernelInitializer), 1, 7, 0, 0), ErrContent},
		{"empty name", join(2, 1, dense, mask(fieldName|fieldUnits), "", 1), ErrText},
		{"default name named", join(2, 1, dense, mask(fieldName|fieldUnits), "dense", 1), ErrNotCanonical},
		{"long name", join(2, 1, dense, mask(fieldName|fieldUnits), strings.Repeat("n", 256), 1), ErrLimit},
		{"name longer than the file", join(2, 1, dense, mask(fieldName|fieldUnits), 200, 1), ErrContent},
		{"name not UTF-8", join(2, 1, dense, mask(fieldName|fieldUnits), "\xff\xfe", 1), ErrText},
		{"name with NUL", join(2, 1, dense, mask(fieldName|fieldUnits), "a\x00b", 1), ErrText},
		{"name with escape", join(2, 1, dense, mask(fieldName|fieldUnits), "\x1b]0;x\x07", 1), ErrText},
		{"name with C1 escape", join(2, 1, dense, mask(fieldName|fieldUnits), "\u009b2J", 1), ErrText},
		{"name with surrogate", join(2, 1, dense, mask(fieldName|fieldUnits), "\xed\xa0\x80", 1), ErrText},
		{"names twice", join(2, 2, dense, mask(fieldName|fieldUnits), "x", 1, dense, mask(fieldName|fieldUnits), "x", 1),
			ErrArchitecture},
		{"name of a later default", join(2, 2, dense, mask(fieldName|fieldUnits), "dense_1", 1, dense,
			mask(fieldUnits), 1), ErrArchitecture},
		{"weights of another shape", join(2, 1, dense, mask(fieldUnits), 2), ErrWeights},
		{"more parameters than 32 bits hold", join(count(65536), 2, dense, mask(fieldUnits), count(65536), dense,
			mask(fieldUnits), count(65536)), ErrArchitecture},
		{"more parameters than bytes", join(count(65536), 1, dense, mask(fieldUnits), count(4096)), ErrWeights},
	} {
		t.Run(tc.name, func(t *testing.T) {
			blob := assemble(t, map[uint16][]byte{typeArchitecture: tc.content, typeSelfTest: nil})
			refuse(t, blob, tc.want)
			if _, err := Load(blob); !errors.Is(err, tc.want) {
				t.Errorf("Load says %v, want %v", err, tc.want)
			}
		})
	}
}

func TestWeights(t *testing.T) {
	nan, inf := float32(math.NaN()), float32(math.Inf(1))
	for _, tc := range []struct {
		name    string
		content []byte
		want    error
		message string
	}{
		{"none", join(), ErrWeights, "0 bytes for 3 parameters"},
		{"two", join(float32(1), float32(1)), ErrWeights, "8 bytes"},
		{"four", join(float32(1), float32(1), float32(1), float32(1)), ErrWeights, "16 bytes"},
		{"a byte less", join(float32(1), float32(1), 1, 1, 1), ErrWeights, "11 bytes"},
		{"NaN", join(float32(1), nan, float32(1)), ErrNotFinite, "byte 196: not a finite number: dense/kernel[1, 0] is NaN"},
		{"infinite", join(float32(1), float32(1), inf), ErrNotFinite, "dense/bias[0] is +Inf"},
		{"signalling NaN", join(float32(1), float32(1), 1, 0, 0xa0, 0x7f), ErrNotFinite, "dense/bias[0] is NaN"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			blob := assemble(t, map[uint16][]byte{typeWeights: tc.content})
			refuse(t, blob, tc.want)
			_, err := Load(blob)
			if !errors.Is(err, tc.want) || !strings.Contains(err.Error(), tc.message) {
				t.Errorf("Load says %v, want %v with %q", err, tc.want, tc.message)
			}
		})
	}
}

func TestMetadata(t *testing.T) {
	many := join()
	for i := range 1025 {
		many = join(many, fmt.Sprintf("%04d", i), "")
	}
	for _, tc := range []struct {
		name    string
		content []byte
		want    error
	}{
		{"empty section", join(), ErrNotCanonical},
		{"empty key", join("", "x"), ErrText},
		{"key without a value", join("a"), ErrContent},
		{"not sorted", join("b", "1", "a", "2"), ErrMetadata},
		{"key twice", join("a", "1", "a", "2"), ErrMetadata},
		{"too many", many, ErrLimit},
		{"long key", join(strings.Repeat("k", 256), ""), ErrLimit},
		{"long value", join("a", strings.Repeat("v", 65537)), ErrLimit},
		{"value longer than the file", join("a", 0xff, 0x7f, 1), ErrContent},
		{"key with escape", join("\x1b[31m", "x"), ErrText},
		{"value with DEL", join("a", "\x7f"), ErrText},
		{"value not UTF-8", join("a", "\xc3"), ErrText},
		{"long form of a length", join("a", 0x81, 0, int('x')), ErrNotCanonical},
	} {
		t.Run(tc.name, func(t *testing.T) {
			refuse(t, assemble(t, map[uint16][]byte{typeMetadata: tc.content}), tc.want)
		})
	}
}

func TestSelfTestSection(t *testing.T) {
	nan := float32(math.NaN())
	row := join(float32(1), float32(2), float32(0.75))
	for _, tc := range []struct {
		name    string
		content []byte
		want    error
	}{
		{"empty section", join(), ErrNotCanonical},
		{"a byte", join(1), ErrSelfTest},
		{"a byte less", row[:11], ErrSelfTest},
		{"a row and a number", join(row, float32(1)), ErrSelfTest},
		{"too many rows", bytes.Repeat(row, 1025), ErrLimit},
		{"NaN", join(float32(1), float32(2), nan), ErrNotFinite},
	} {
		t.Run(tc.name, func(t *testing.T) {
			refuse(t, assemble(t, map[uint16][]byte{typeSelfTest: tc.content}), tc.want)
		})
	}
}

func TestSignatureSection(t *testing.T) {
	good := (&Signature{Version: 1}).append(nil)
	withMinor := func(minor uint16, content []byte) []byte {
		blob := assemble(t, map[uint16][]byte{typeSignature: content})
		binary.LittleEndian.PutUint16(blob[10:], minor)
		return modeltest.Reseal(blob)
	}
	mustDecode(t, withMinor(1, good))
	mustDecode(t, withMinor(65535, good))
	for _, tc := range []struct {
		name  string
		minor uint16
		data  []byte
		want  error
	}{
		{"empty", 1, join(), ErrSignature},
		{"a byte less", 1, good[:103], ErrSignature},
		{"a byte more", 1, join(good, 0), ErrSignature},
		{"version 0", 1, make([]byte, 104), ErrSignature},
		{"minor version 0", 0, good, ErrHeader},
	} {
		t.Run(tc.name, func(t *testing.T) {
			blob := withMinor(tc.minor, tc.data)
			refuse(t, blob, tc.want)
			trusting := Loader{Trust: func(*Signed) error { return nil }}
			if _, err := trusting.Load(blob); !errors.Is(err, tc.want) {
				t.Errorf("a loader that looks at signatures says %v, want %v", err, tc.want)
			}
		})
	}
}

// TestTrust: what Trust is given, when, and what its error does.
func TestTrust(t *testing.T) {
	untrusted := errors.New("not trusted")
	for _, f := range []*File{tiny(t), signed(t), rich(t)} {
		blob := mustEncode(t, f)
		asked := 0
		l := Loader{Trust: func(s *Signed) error {
			asked++
			var seen bytes.Buffer
			n, err := s.WriteTo(&seen)
			if err != nil || n != int64(len(blob)) || seen.Len() != len(blob) {
				t.Errorf("%d of %d bytes are written, error %v", n, len(blob), err)
			}
			if (s.Signature == nil) != (f.Signature == nil) || s.Signature != nil && *s.Signature != *f.Signature {
				t.Errorf("signature %+v, want %+v", s.Signature, f.Signature)
			}
			if f.Signature == nil && !bytes.Equal(seen.Bytes(), blob) {
				t.Error("an unsigned file is seen otherwise than it is")
			}
			if f.Signature != nil && !bytes.Equal(blob[s.Offset+signatureBytes-64:][:64], f.Signature.Value[:]) {
				t.Errorf("there is no signature at byte %d", s.Offset)
			}
			return untrusted
		}}
		if _, err := l.Load(blob); err != untrusted {
			t.Errorf("Load: %v", err)
		}
		if _, err := l.Decode(blob); err != untrusted {
			t.Errorf("Decode: %v", err)
		}
		// Damage is found before anybody is asked, bad content after.
		blob[len(blob)-1] ^= 1
		if _, err := l.Decode(blob); !errors.Is(err, ErrChecksum) || asked != 2 {
			t.Errorf("damaged: %v, asked %d times", err, asked)
		}
		blob[len(blob)-1] ^= 1
		clear(blob[binary.LittleEndian.Uint32(blob[12:]):][:2]) // the architecture comes first
		if _, err := l.Decode(modeltest.Reseal(blob)); err != untrusted || asked != 3 {
			t.Errorf("bad architecture: %v, asked %d times", err, asked)
		}
	}
	failing := Loader{Trust: func(s *Signed) error {
		n, err := s.WriteTo(fullWriter{})
		if n != 0 || err != io.ErrShortWrite {
			t.Errorf("%d bytes before %v", n, err)
		}
		return err
	}}
	if _, err := failing.Load(mustEncode(t, signed(t))); err != io.ErrShortWrite {
		t.Errorf("Trust's error became %v", err)
	}
}

// fullWriter takes nothing.
type fullWriter struct{}

func (fullWriter) Write([]byte) (int, error) { return 0, io.ErrShortWrite }

func TestSchemaSection(t *testing.T) {
	nan := float32(math.NaN())
	zero, one := float32(0), float32(1)
	numeric := func(gap int, name string) []byte { return join(gap, name, 0, zero, one, zero) }
	target := join(1, "class", 3, 2, "no", "yes") // binary, column 2
	good := join(1, 0, 0, 1, "", 3, 2, numeric(0, "a"), numeric(0, "b"), target)
	mustDecode(t, assemble(t, map[uint16][]byte{typeSchema: good}))
	count := func(n uint64) []byte { return binary.AppendUvarint(nil, n) }
	manyCategories := join()
	for i := range 20000 {
		manyCategories = join(manyCategories, fmt.Sprint(i))
	}
	for _, tc := range []struct {
		name    string
		content []byte
		want    error
	}{
		{"empty section", join(), ErrNotCanonical},
		{"unknown flags", join(3, good[1:]), ErrFlags},
		{"unknown rule for missing values", join(1, 3, good[2:]), ErrSchema},
		{"unknown rule for categories", join(1, 0, 1, good[3:]), ErrSchema},
		{"more spellings than bytes", join(1, 0, 0, count(9999), good[4:]), ErrContent},
		{"spelling twice", join(1, 0, 0, 2, "NA", "NA", 3, 2, numeric(0, "a"), numeric(0, "b"), target), ErrSchema},
		{"no features", join(1, 0, 0, 0, 3, 0, target), ErrSchema},
		{"more features than bytes", join(1, 0, 0, 0, 3, count(1000), numeric(0, "a")), ErrContent},
		{"too many features", join(1, 0, 0, 0, 3, count(16385), bytes.Repeat([]byte{0}, 300000)), ErrLimit},
		{"fewer columns than features", join(1, 0, 0, 0, 1, 2, numeric(0, "a"), numeric(0, "b"), target), ErrSchema},
		{"too many columns", join(1, 0, 0, 0, count(1<<20+1), 2, numeric(0, "a"), numeric(0, "b"), target), ErrLimit},
		{"column beyond the columns", join(1, 0, 0, 0, 3, 2, numeric(0, "a"), numeric(5, "b"), target), ErrSchema},
		{"column that wraps", join(1, 0, 0, 0, 3, 2, count(math.MaxUint64), numeric(0, "a")[1:]), ErrLimit},
		{"column that wraps after the last", join(1, 0, 0, 0, 3, 2, count(1<<20), numeric(0, "a")[1:], count(1<<63),
			numeric(0, "b")[1:], target), ErrLimit},
		{"features twice", join(1, 0, 0, 0, 3, 2, numeric(0, "a"), numeric(0, "a"), target), ErrSchema},
		{"feature without a name", join(1, 0, 0, 0, 3, 2, numeric(0, "a"), numeric(0, ""), target), ErrText},
		{"name with escape", join(1, 0, 0, 0, 3, 2, numeric(0, "a"), numeric(0, "\x1b"), target), ErrText},
		{"target is a feature", join(1, 0, 0, 0, 3, 2, numeric(0, "a"), numeric(0, "class"), target), ErrSchema},
		{"target's column is a feature's", join(1, 0, 0, 0, 3, 2, numeric(0, "a"), numeric(1, "b"), target), ErrSchema},
		{"unknown kind", join(1, 0, 0, 0, 3, 1, 0, "a", 2, zero, one, zero, target), ErrSchema},
		{"scale 0", join(1, 0, 0, 0, 3, 2, numeric(0, "a"), 0, "b", 0, zero, zero, zero, target), ErrSchema},
		{"negative scale", join(1, 0, 0, 0, 3, 2, numeric(0, "a"), 0, "b", 0, zero, -one, zero, target), ErrSchema},
		{"NaN mean", join(1, 0, 0, 0, 3, 2, numeric(0, "a"), 0, "b", 0, nan, one, zero, target), ErrNotFinite},
		{"no categories", join(1, 0, 0, 0, 3, 1, 0, "a", 1, 0, target), ErrSchema},
		{"categories twice", join(1, 0, 0, 0, 3, 1, 0, "a", 1, 2, "x", "x", target), ErrSchema},
		{"too many categories", join(1, 0, 0, 0, 3, 1, 0, "a", 1, count(20000), manyCategories), ErrLimit},
		{"three categories for two inputs", join(1, 0, 0, 0, 3, 1, 0, "a", 1, 3, "x", "y", "z", target), ErrSchema},
		{"one input too few", join(1, 0, 0, 0, 3, 1, numeric(0, "a"), target), ErrSchema},
		{"unknown task", join(1, 0, 0, 0, 3, 2, numeric(0, "a"), numeric(0, "b"), 4, "class", 3, 0), ErrSchema},
		{"target without a name", join(1, 0, 0, 0, 3, 2, numeric(0, "a"), numeric(0, "b"), 1, "", 3, 2, "no", "yes"),
			ErrText},
		{"one label", join(1, 0, 0, 0, 3, 2, numeric(0, "a"), numeric(0, "b"), 1, "class", 3, 1, "no"), ErrSchema},
		{"labels twice", join(1, 0, 0, 0, 3, 2, numeric(0, "a"), numeric(0, "b"), 1, "class", 3, 2, "no", "no"),
			ErrSchema},
		{"two classes for one output", join(1, 0, 0, 0, 3, 2, numeric(0, "a"), numeric(0, "b"), 2, "class", 3, 2,
			"no", "yes"), ErrSchema},
		{"regression scale 0", join(1, 0, 0, 0, 3, 2, numeric(0, "a"), numeric(0, "b"), 3, "y", 3, zero, zero),
			ErrSchema},
		{"cut off", good[:len(good)-1], ErrContent},
		{"left over", join(good, 0), ErrContent},
	} {
		t.Run(tc.name, func(t *testing.T) {
			refuse(t, assemble(t, map[uint16][]byte{typeSchema: tc.content}), tc.want)
		})
	}
	t.Run("dataset's error is kept", func(t *testing.T) {
		_, err := Decode(assemble(t, map[uint16][]byte{typeSchema: join(1, 0, 0, 0, 3, 0, target)}))
		var schema *dataset.SchemaError
		if !errors.As(err, &schema) {
			t.Errorf("%v holds no *dataset.SchemaError", err)
		}
	})
}

// TestTextModeTransfer sends real files through the usual transfers of text.
func TestTextModeTransfer(t *testing.T) {
	for _, f := range []*File{tiny(t), {Model: tutorial(t)}, rich(t)} {
		blob := mustEncode(t, f)
		for _, damage := range [][2]string{{"\r\n", "\n"}, {"\n", "\r\n"}, {"\n", "\r"}, {"\x00", ""}} {
			damaged := bytes.ReplaceAll(blob, []byte(damage[0]), []byte(damage[1]))
			if _, err := Decode(damaged); err == nil {
				t.Errorf("%q to %q: accepted", damage[0], damage[1])
			} else if damage[0] != "\x00" && !errors.Is(err, ErrTextDamage) {
				t.Errorf("%q to %q: %v", damage[0], damage[1], err)
			}
		}
	}
}

// TestRandomDamage changes bytes at random and mends the checksums: whatever is accepted must be canonical.
func TestRandomDamage(t *testing.T) {
	generator := rand.New(rand.NewPCG(1, 2))
	seeds := [][]byte{mustEncode(t, tiny(t)), mustEncode(t, rich(t))}
	accepted := 0
	for range 20000 {
		blob := bytes.Clone(seeds[generator.IntN(len(seeds))])
		for range 1 + generator.IntN(4) {
			at := generator.IntN(len(blob))
			if generator.IntN(2) == 0 {
				at = generator.IntN(min(len(blob), 400)) // the structure
			}
			switch generator.IntN(3) {
			case 0:
				blob[at] ^= 1 << generator.IntN(8)
			case 1:
				blob[at] = byte(generator.Uint32())
			case 2:
				blob[at] = []byte{0, 1, 0x7f, 0x80, 0xff}[generator.IntN(5)]
			}
		}
		accepted += decodeCanonically(t, modeltest.Reseal(blob))
	}
	t.Logf("%d accepted", accepted)
	if accepted == 0 {
		t.Error("nothing was accepted: the test does not get past the checksums")
	}
}

// decodeCanonically decodes, checks that what is accepted encodes to the same bytes, and returns 1 if it was.
func decodeCanonically(t *testing.T, blob []byte) int {
	t.Helper()
	before := bytes.Clone(blob)
	f, err := Decode(blob)
	if !bytes.Equal(blob, before) {
		t.Fatal("Decode changed its input")
	}
	if err != nil {
		var format *FormatError
		if !errors.As(err, &format) {
			t.Fatalf("%v is no *FormatError", err)
		}
		return 0
	}
	again, err := Encode(f)
	if err != nil {
		t.Fatalf("what was decoded cannot be encoded: %v", err)
	}
	if !bytes.Equal(again, blob) {
		t.Fatalf("two encodings of one content:\n%x\n%x", blob, again)
	}
	model, err := Load(blob)
	if err != nil {
		t.Fatalf("Decode accepts, Load says %v", err)
	}
	sameModel(t, model, f.Model)
	return 1
}

// allocationConstant is what Decode may take, whatever the file's size: it covers the limits on the number of layers,
// categories and features, each of which takes more memory than bytes.
const allocationConstant = 12 << 20

// allocated returns the bytes that Decode takes from the heap in all, those that it gives back included.
func allocated(blob []byte) (bytes uint64, err error) {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, err = Decode(blob)
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc, err
}

// TestAllocation gives Decode the files that make it work hardest for their size.
func TestAllocation(t *testing.T) {
	layers := make([]net.Layer, net.MaxLayers)
	for i := range layers {
		layers[i] = net.BatchNormalization()
	}
	deep := mustEncode(t, &File{Model: makeModel(t, 1, layers...)})

	wide := &dataset.Schema{Columns: 1 << 14, Target: dataset.Target{Column: -1}}
	for i := range 1 << 14 {
		wide.Features = append(wide.Features, dataset.Feature{Name: columnName(i), Column: i,
			Kind: dataset.Categorical, Categories: []string{""}})
	}
	identity := func(inputs int) *net.Model { return makeModel(t, inputs, net.Activate(net.Linear)) }
	features := mustEncode(t, &File{Model: identity(1 << 14), Schema: wide})

	many := &dataset.Schema{Columns: 1, Target: dataset.Target{Column: -1}, Features: []dataset.Feature{
		{Name: columnName(0), Kind: dataset.Categorical}}}
	metadata := Metadata{}
	for i := range 1 << 14 {
		many.Features[0].Categories = append(many.Features[0].Categories, fmt.Sprintf("%x", i))
		if i < 1<<10 {
			metadata[fmt.Sprintf("%x", i)] = ""
		}
	}
	categories := mustEncode(t, &File{Model: identity(1 << 14), Schema: many, Metadata: metadata})

	huge := mustEncode(t, tiny(t))
	binary.LittleEndian.PutUint64(huge[headerBytes+3*entryBytes+16:], 1<<29)
	claims := join(1, 0, 0, 0, 0xff, 0xff, 0x3f, 0x80, 0x80, 1, bytes.Repeat([]byte{0}, 1<<18))
	for _, tc := range []struct {
		name string
		blob []byte
		good bool
	}{
		{"tutorial", mustEncode(t, &File{Model: tutorial(t)}), true},
		{"1,024 layers", deep, true},
		{"16,384 features", features, true},
		{"16,384 categories", categories, true},
		{"4 MiB of weights", mustEncode(t, &File{Model: makeModel(t, 1<<10, net.Dense(1<<10, net.Linear))}), true},
		{"weights claimed", modeltest.Reseal(huge), false},
		{"features claimed", assemble(t, map[uint16][]byte{typeSchema: claims}), false},
	} {
		got, err := allocated(tc.blob)
		t.Logf("%s: %d bytes of file, %d of heap, error %v", tc.name, len(tc.blob), got, err)
		if (err == nil) != tc.good {
			t.Errorf("%s: error %v", tc.name, err)
		}
		if got > 8*uint64(len(tc.blob))+allocationConstant {
			t.Errorf("%s: %d bytes of file take %d bytes of heap", tc.name, len(tc.blob), got)
		}
	}
}

// TestLoadIsLean holds Load of the tutorial's network to a few allocations.
func TestLoadIsLean(t *testing.T) {
	blob := mustEncode(t, &File{Model: tutorial(t)})
	n := testing.AllocsPerRun(100, func() {
		if _, err := Load(blob); err != nil {
			t.Fatal(err)
		}
	})
	t.Logf("%v allocations, kernels %s", n, kernels.Active())
	if n > 60 {
		t.Errorf("%v allocations", n)
	}
}
