package zipfile

import (
	"archive/zip"
	"bytes"
	"compress/flate"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"strings"
	"testing"

	"nnrt/internal/modeltest"
)

var someLimits = Limits{Entries: 10, NameBytes: 20, Expanded: 1 << 20}

// unpack reads all of an archive.
func unpack(blob []byte, limits Limits) (map[string]string, error) {
	entries, err := Read(blob, limits)
	if err != nil {
		return nil, err
	}
	files := make(map[string]string)
	r := &Reader{}
	for _, e := range entries {
		r.Open(e)
		content, err := io.ReadAll(r)
		if err == nil {
			err = r.Close()
		}
		if err != nil {
			return nil, err
		}
		files[e.Name] = string(content)
	}
	return files, nil
}

// standard makes an archive with archive/zip.
func standard(t testing.TB, method uint16, descriptors bool, files ...string) []byte {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for i := 0; i < len(files); i += 2 {
		h := &zip.FileHeader{Name: files[i], Method: method}
		var to io.Writer
		var err error
		data := []byte(files[i+1])
		if descriptors {
			to, err = w.CreateHeader(h)
		} else {
			var packed bytes.Buffer
			h.UncompressedSize64 = uint64(len(data))
			h.CRC32 = checksumOf(data)
			if method == zip.Deflate {
				f, _ := flate.NewWriter(&packed, 9)
				f.Write(data)
				f.Close()
				data = packed.Bytes()
			}
			h.CompressedSize64 = uint64(len(data))
			to, err = w.CreateRaw(h)
		}
		if err == nil {
			_, err = to.Write(data)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func checksumOf(data []byte) uint32 {
	w := &Writer{}
	w.Add("x", data)
	return binary.LittleEndian.Uint32(w.archive[14:])
}

func TestReadsArchives(t *testing.T) {
	long := strings.Repeat("zeros ", 5000)
	want := map[string]string{"a.npy": "some", "b/c.npy": long, "é": ""}
	files := []string{"a.npy", "some", "b/c.npy", long, "é", ""}
	w := &Writer{}
	for i := 0; i < len(files); i += 2 {
		w.Add(files[i], []byte(files[i+1]))
	}
	own, err := w.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	empty, _ := (&Writer{}).Bytes()
	commented := append(bytes.Clone(own), "comment"...)
	commented[len(own)-2] = byte(len("comment"))
	for name, blob := range map[string][]byte{
		"own": own, "commented": commented,
		"stored": standard(t, zip.Store, false, files...), "deflated": standard(t, zip.Deflate, false, files...),
		"stored, descriptors":   standard(t, zip.Store, true, files...),
		"deflated, descriptors": standard(t, zip.Deflate, true, files...),
	} {
		got, err := unpack(blob, someLimits)
		if err != nil || fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("%s: %d files, %v", name, len(got), err)
		}
	}
	if got, err := unpack(empty, someLimits); err != nil || len(got) != 0 {
		t.Errorf("an empty archive: %v, %v", got, err)
	}
	// archive/zip reads what Writer wrote.
	r, err := zip.NewReader(bytes.NewReader(own), int64(len(own)))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range r.File {
		in, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		content, err := io.ReadAll(in)
		if err != nil || string(content) != want[f.Name] {
			t.Errorf("archive/zip reads %d bytes of %s, %v", len(content), f.Name, err)
		}
		if y, m, d := f.Modified.Date(); y != 1980 || m != 1 || d != 1 {
			t.Errorf("%s is of %v", f.Name, f.Modified)
		}
	}
}

// The places in the one file's headers of an archive with a file "name".
const (
	local     = 0
	atEnd     = -endBytes
	directory = -endBytes - directoryBytes - len("name")
)

func TestRefusesArchives(t *testing.T) {
	le := binary.LittleEndian
	put16 := func(place, at int, v uint16) func([]byte) []byte {
		return func(b []byte) []byte {
			le.PutUint16(b[(place+len(b))%len(b)+at:], v)
			return b
		}
	}
	put32 := func(place, at int, v uint32) func([]byte) []byte {
		return func(b []byte) []byte {
			le.PutUint32(b[(place+len(b))%len(b)+at:], v)
			return b
		}
	}
	both := func(changes ...func([]byte) []byte) func([]byte) []byte {
		return func(b []byte) []byte {
			for _, change := range changes {
				b = change(b)
			}
			return b
		}
	}
	named := func(name string) func([]byte) []byte {
		return func(b []byte) []byte { return bytes.ReplaceAll(b, []byte("name"), []byte(name)) }
	}
	for _, c := range []struct {
		name   string
		change func([]byte) []byte
		want   error
	}{
		{"empty", func([]byte) []byte { return nil }, ErrFormat},
		{"text", func([]byte) []byte { return []byte(strings.Repeat("text ", 100)) }, ErrFormat},
		{"something before", func(b []byte) []byte { return append([]byte("#!/bin/sh\n"), b...) }, ErrFormat},
		{"something after", func(b []byte) []byte { return append(b, 0) }, ErrFormat},
		{"64-bit count", both(put16(atEnd, 8, 0xffff), put16(atEnd, 10, 0xffff)), ErrMethod},
		{"64-bit directory", put32(atEnd, 16, math.MaxUint32), ErrMethod},
		{"64-bit offset", put32(directory, 42, math.MaxUint32), ErrMethod},
		{"64-bit size", put32(directory, 24, math.MaxUint32), ErrMethod},
		{"disk", put16(atEnd, 4, 1), ErrMethod},
		{"disk of the directory", put16(atEnd, 6, 1), ErrMethod},
		{"files on this disk", put16(atEnd, 8, 0), ErrMethod},
		{"disk of the file", put16(directory, 34, 1), ErrMethod},
		{"no files", both(put16(atEnd, 8, 0), put16(atEnd, 10, 0)), ErrFormat},
		{"two files", both(put16(atEnd, 8, 2), put16(atEnd, 10, 2)), ErrFormat},
		{"more files than the limit", both(put16(atEnd, 8, 11), put16(atEnd, 10, 11)), ErrLimit},
		{"directory elsewhere", put32(atEnd, 16, 0), ErrFormat},
		{"directory size", put32(atEnd, 12, 49), ErrFormat},
		{"directory magic", put32(directory, 0, 0), ErrFormat},
		{"local magic", put32(local, 0, 0), ErrFormat},
		{"encrypted", both(put16(directory, 8, 1), put16(local, 6, 1)), ErrMethod},
		{"unknown flag", both(put16(directory, 8, 1<<5), put16(local, 6, 1<<5)), ErrMethod},
		{"flags differ", put16(local, 6, flagUTF8), ErrFormat},
		{"method", both(put16(directory, 10, 12), put16(local, 8, 12)), ErrMethod},
		{"method differs", put16(local, 8, deflated), ErrFormat},
		{"stored taken for deflated", both(put16(directory, 10, deflated), put16(local, 8, deflated)), ErrFormat},
		{"checksum", both(put32(directory, 16, 1), put32(local, 14, 1)), ErrChecksum},
		{"checksum differs", put32(local, 14, 1), ErrFormat},
		{"size differs", put32(local, 22, 3), ErrFormat},
		{"packed size differs", put32(local, 18, 3), ErrFormat},
		{"stored sizes differ", both(put32(directory, 24, 3), put32(local, 22, 3)), ErrFormat},
		{"shorter", both(put32(directory, 20, 3), put32(directory, 24, 3), put32(local, 18, 3), put32(local, 22, 3)),
			ErrChecksum},
		{"into the directory", both(put32(directory, 20, 5), put32(directory, 24, 5)), ErrFormat},
		{"offset", put32(directory, 42, 1), ErrFormat},
		{"offset beyond", put32(directory, 42, 1<<31), ErrFormat},
		{"local name too long", put16(local, 26, 0xffff), ErrFormat},
		{"local extra", put16(local, 28, 0xffff), ErrFormat},
		{"directory name too long", put16(directory, 28, 0xffff), ErrFormat},
		{"directory extra", put16(directory, 30, 1), ErrFormat},
		{"directory comment", put16(directory, 32, 1), ErrFormat},
		{"no name", both(put16(directory, 28, 0), put16(directory, 30, 4), put16(local, 26, 0), put16(local, 28, 4)),
			ErrName},
		{"control character", named("n\x1bme"), ErrName},
		{"not UTF-8", named("n\xffme"), ErrName},
		{"names differ", func(b []byte) []byte { b[localBytes] = 'x'; return b }, ErrFormat},
	} {
		w := &Writer{}
		w.Add("name", []byte("data"))
		blob, _ := w.Bytes()
		if _, err := unpack(c.change(blob), someLimits); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", c.name, err, c.want)
		}
	}
}

func TestLimits(t *testing.T) {
	zeros := strings.Repeat("\x00", 1000)
	blob := standard(t, zip.Deflate, false, "a", zeros, "b", zeros)
	if _, err := unpack(blob, Limits{2, 1, 2000}); err != nil {
		t.Error(err)
	}
	for _, l := range []Limits{{1, 1, 2000}, {2, 0, 2000}, {2, 1, 1999}} {
		if _, err := unpack(blob, l); !errors.Is(err, ErrLimit) {
			t.Errorf("%v: %v", l, err)
		}
	}
	if _, err := unpack(standard(t, zip.Store, false, "a", "1", "a", "2"), someLimits); !errors.Is(err, ErrTwice) {
		t.Errorf("a name twice: %v", err)
	}
}

// TestBombs reads archives that would grow: one whose headers claim little, one whose files share their bytes.
func TestBombs(t *testing.T) {
	zeros := strings.Repeat("\x00", 10<<20)
	blob := standard(t, zip.Deflate, true, "a", zeros)
	var err error
	took := modeltest.Allocated(func() { _, err = unpack(blob, someLimits) })
	if !errors.Is(err, ErrLimit) || took > 1<<20 {
		t.Errorf("10 MiB of zeros: %v, %d bytes taken", err, took)
	}
	// The directory claims 100 bytes.
	at := bytes.LastIndex(blob, []byte(directoryMagic))
	binary.LittleEndian.PutUint32(blob[at+24:], 100)
	took = modeltest.Allocated(func() { _, err = unpack(blob, someLimits) })
	if !errors.Is(err, ErrFormat) || took > 1<<20 {
		t.Errorf("zeros that go on: %v, %d bytes taken", err, took)
	}
	// Two entries, one file.
	w := &Writer{}
	w.Add("same", []byte("data"))
	w.directory = append(w.directory, w.directory...)
	w.entries = 2
	shared, _ := w.Bytes()
	copy(shared[len(shared)-endBytes-len("same"):], "diff")
	if _, err := unpack(shared, someLimits); !errors.Is(err, ErrFormat) {
		t.Errorf("two entries for one file: %v", err)
	}
	// A file within another.
	inner := &Writer{}
	inner.Add("y", []byte("abc"))
	outer := &Writer{}
	outer.Add("x", inner.archive)
	outer.directory = append(outer.directory, inner.directory...)
	binary.LittleEndian.PutUint32(outer.directory[len(outer.directory)-5:], localBytes+1)
	outer.entries = 2
	nested, _ := outer.Bytes()
	if _, err := Read(nested, someLimits); !errors.Is(err, ErrFormat) {
		t.Errorf("a file within another: %v", err)
	}
}

func TestDamage(t *testing.T) {
	blob := standard(t, zip.Deflate, false, "a.npy", "some data, and some data again", "b.npy", "0123456789")
	want, err := unpack(blob, someLimits)
	if err != nil {
		t.Fatal(err)
	}
	for n := range blob {
		if _, err := unpack(blob[:n], someLimits); err == nil {
			t.Errorf("%d of %d bytes are accepted", n, len(blob))
		}
	}
	for i := range 8 * len(blob) {
		blob[i/8] ^= 1 << (i % 8)
		if got, err := unpack(blob, someLimits); err == nil && fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("bit %d of byte %d: %v", i%8, i/8, got)
		}
		blob[i/8] ^= 1 << (i % 8)
	}
}

// FuzzRead compares with archive/zip: what is read has the same content there.
func FuzzRead(f *testing.F) {
	f.Add(standard(f, zip.Deflate, false, "a.npy", "some data, and some data again", "b", ""))
	f.Add(standard(f, zip.Store, true, "a.npy", "some data"))
	w := &Writer{}
	w.Add("é", []byte("data"))
	own, _ := w.Bytes()
	f.Add(own)
	f.Fuzz(func(t *testing.T, blob []byte) {
		got, err := unpack(blob, someLimits)
		if err != nil {
			for _, cause := range []error{ErrFormat, ErrMethod, ErrName, ErrTwice, ErrLimit, ErrChecksum} {
				if errors.Is(err, cause) {
					return
				}
			}
			t.Fatalf("%v wraps no cause", err)
		}
		r, err := zip.NewReader(bytes.NewReader(blob), int64(len(blob)))
		if err != nil {
			t.Skip(err) // it looks at extra fields and comments
		}
		for _, entry := range r.File {
			in, err := entry.Open()
			if err != nil {
				t.Skip(err)
			}
			content, err := io.ReadAll(in)
			if err == nil && got[entry.Name] != string(content) {
				t.Errorf("%q is %q, archive/zip says %q", entry.Name, got[entry.Name], content)
			}
		}
	})
}
