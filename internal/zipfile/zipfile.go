// Package zipfile reads and writes the zip archives that NumPy and Keras keep models in: strictly, from bytes that may
// be anything. The format is that of PKWARE's APPNOTE.TXT, version 6.3.10, without encryption, several disks, and
// 64-bit archives (Zip64) but for the extra field that Python writes before each file all the same.
package zipfile

import (
	"bytes"
	"compress/flate"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"math"
	"slices"
	"unicode"
	"unicode/utf8"
)

// What can be wrong; every error wraps one of them.
var (
	ErrFormat   = errors.New("not a zip archive, or a damaged one")
	ErrMethod   = errors.New("a form of zip that is not read")
	ErrName     = errors.New("not an acceptable name")
	ErrTwice    = errors.New("the name is there twice")
	ErrLimit    = errors.New("more than the limit")
	ErrChecksum = errors.New("the checksum does not match, the file is damaged")
)

const (
	localBytes     = 30
	directoryBytes = 46
	endBytes       = 22

	localMagic     = "PK\x03\x04"
	directoryMagic = "PK\x01\x02"
	endMagic       = "PK\x05\x06"

	stored   = 0
	deflated = 8

	flagEncrypted  = 1 << 0
	flagDescriptor = 1 << 3 // sizes and checksum follow the data
	flagUTF8       = 1 << 11
	knownFlags     = 3<<1 | flagDescriptor | flagUTF8 // bits 1 and 2 say how hard deflate tried
)

// Limits bound an archive.
type Limits struct {
	Entries   int
	NameBytes int
	Expanded  int64 // bytes of all files together
}

// Entry is one file of an archive.
type Entry struct {
	Name string
	Size int64 // unpacked

	data   []byte // packed
	method uint16
	sum    uint32
}

// Read reads the directory of an archive and checks it against the headers before each file: names, methods, sizes and
// checksums agree, and no two files share bytes. The entries keep blob.
func Read(blob []byte, limits Limits) ([]*Entry, error) {
	end, err := findEnd(blob)
	if err != nil {
		return nil, err
	}
	le := binary.LittleEndian
	n, size, at := int(le.Uint16(blob[end+10:])), int64(le.Uint32(blob[end+12:])), int64(le.Uint32(blob[end+16:]))
	switch {
	case n == math.MaxUint16 || size == math.MaxUint32 || at == math.MaxUint32:
		return nil, fmt.Errorf("%w: a 64-bit archive", ErrMethod)
	case le.Uint16(blob[end+4:]) != 0 || le.Uint16(blob[end+6:]) != 0 || int(le.Uint16(blob[end+8:])) != n:
		return nil, fmt.Errorf("%w: several disks", ErrMethod)
	case at+size != int64(end):
		return nil, fmt.Errorf("%w: the directory does not reach from byte %d to the end record", ErrFormat, at)
	case n > limits.Entries:
		return nil, fmt.Errorf("%w: %d files, the limit is %d", ErrLimit, n, limits.Entries)
	case size < int64(n)*directoryBytes:
		return nil, fmt.Errorf("%w: a directory of %d bytes for %d files", ErrFormat, size, n)
	}
	entries := make([]*Entry, 0, n)
	spans := make([][2]int64, 0, n) // of the archive, one for each file
	names := make(map[string]bool, n)
	expanded := int64(0)
	directory := blob[at:end]
	for i := range n {
		e, span, length, err := readEntry(blob, directory, at, limits)
		if err != nil {
			return nil, fmt.Errorf("file %d: %w", i+1, err)
		}
		if names[e.Name] {
			return nil, fmt.Errorf("%w: %q", ErrTwice, e.Name)
		}
		names[e.Name] = true
		if expanded += e.Size; expanded > limits.Expanded {
			return nil, fmt.Errorf("%w: the files unpack to more than %d bytes (store them uncompressed)", ErrLimit,
				limits.Expanded)
		}
		entries, spans = append(entries, e), append(spans, span)
		directory = directory[length:]
	}
	if len(directory) > 0 {
		return nil, fmt.Errorf("%w: %d bytes after the directory", ErrFormat, len(directory))
	}
	slices.SortFunc(spans, func(a, b [2]int64) int { return int(min(max(a[0]-b[0], -1), 1)) })
	for i := 1; i < len(spans); i++ {
		if spans[i][0] < spans[i-1][1] {
			return nil, fmt.Errorf("%w: two files share byte %d", ErrFormat, spans[i][0])
		}
	}
	return entries, nil
}

// findEnd returns where the end record is: the last place where one reaches just to the archive's end.
func findEnd(blob []byte) (int, error) {
	for i := len(blob) - endBytes; i >= 0 && i >= len(blob)-endBytes-math.MaxUint16; i-- {
		if string(blob[i:i+4]) == endMagic && int(binary.LittleEndian.Uint16(blob[i+20:])) == len(blob)-endBytes-i {
			return i, nil
		}
	}
	return 0, fmt.Errorf("%w: it has no end record (is the file cut short?)", ErrFormat)
}

// readEntry reads the first entry of the directory, which is length bytes long there. span is what of the archive the
// file takes, from its header to its last byte.
func readEntry(blob, directory []byte, limit int64, limits Limits) (e *Entry, span [2]int64, length int, err error) {
	fail := func(cause error, detail string, args ...any) (*Entry, [2]int64, int, error) {
		return nil, span, 0, fmt.Errorf("%w: "+detail, append([]any{cause}, args...)...)
	}
	le := binary.LittleEndian
	if len(directory) < directoryBytes || string(directory[:4]) != directoryMagic {
		return fail(ErrFormat, "no directory entry")
	}
	d := directory
	flags, method, sum := le.Uint16(d[8:]), le.Uint16(d[10:]), le.Uint32(d[16:])
	packed, unpacked := int64(le.Uint32(d[20:])), int64(le.Uint32(d[24:]))
	nameBytes := int(le.Uint16(d[28:]))
	length = directoryBytes + nameBytes + int(le.Uint16(d[30:])) + int(le.Uint16(d[32:]))
	start := int64(le.Uint32(d[42:]))
	if length > len(d) {
		return fail(ErrFormat, "its entry is cut short")
	}
	if nameBytes > limits.NameBytes {
		return fail(ErrLimit, "a name of %d bytes, the limit is %d", nameBytes, limits.NameBytes)
	}
	name := string(d[directoryBytes:][:nameBytes])
	if name == "" || !utf8.ValidString(name) || bytes.ContainsFunc([]byte(name), unicode.IsControl) {
		return fail(ErrName, "%+q", name)
	}
	switch {
	case flags&flagEncrypted != 0:
		return fail(ErrMethod, "%q is encrypted", name)
	case flags&^knownFlags != 0:
		return fail(ErrMethod, "%q has flags %#x", name, flags)
	case method != stored && method != deflated:
		return fail(ErrMethod, "%q is packed by method %d, not stored or deflated", name, method)
	case le.Uint16(d[34:]) != 0:
		return fail(ErrMethod, "%q is on another disk", name)
	case packed == math.MaxUint32 || unpacked == math.MaxUint32 || start == math.MaxUint32:
		return fail(ErrMethod, "%q is a 64-bit entry", name)
	case method == stored && packed != unpacked:
		return fail(ErrFormat, "%q has %d bytes and %d stored ones", name, unpacked, packed)
	}
	if start+localBytes > limit || string(blob[start:start+4]) != localMagic {
		return fail(ErrFormat, "%q does not begin at byte %d", name, start)
	}
	l := blob[start:]
	data := start + localBytes + int64(le.Uint16(l[26:])) + int64(le.Uint16(l[28:]))
	if data+packed > limit {
		return fail(ErrFormat, "%q reaches into the directory", name)
	}
	// Sizes and checksum stand there too, unless they were not known or a Zip64 field holds the sizes.
	agree := func(at int, want int64) bool {
		v := int64(le.Uint32(l[at:]))
		return v == want || v == math.MaxUint32
	}
	known := flags&flagDescriptor == 0
	if le.Uint16(l[6:]) != flags || le.Uint16(l[8:]) != method || string(l[localBytes:][:le.Uint16(l[26:])]) != name ||
		known && (le.Uint32(l[14:]) != sum || !agree(18, packed) || !agree(22, unpacked)) {
		return fail(ErrFormat, "%q has another header than the directory says", name)
	}
	e = &Entry{Name: name, Size: unpacked, data: blob[data:][:packed], method: method, sum: sum}
	return e, [2]int64{start, data + packed}, length, nil
}

// Reader unpacks the entries of an archive, one after another.
type Reader struct {
	entry  *Entry
	packed bytes.Reader
	from   io.Reader
	flate  io.ReadCloser
	sum    uint32
	left   int64
}

// Open starts reading an entry.
func (r *Reader) Open(e *Entry) {
	r.entry, r.sum, r.left = e, 0, e.Size
	r.packed.Reset(e.data)
	r.from = &r.packed
	if e.method != deflated {
		return
	}
	if r.flate == nil {
		r.flate = flate.NewReader(&r.packed)
	} else {
		r.flate.(flate.Resetter).Reset(&r.packed, nil)
	}
	r.from = r.flate
}

// Read gives the entry's bytes, never more than its size.
func (r *Reader) Read(p []byte) (int, error) {
	if r.left == 0 {
		return 0, io.EOF
	}
	n, err := r.from.Read(p[:min(int64(len(p)), r.left)])
	r.left -= int64(n)
	r.sum = crc32.Update(r.sum, crc32.IEEETable, p[:n])
	if err == io.EOF {
		if err = nil; r.left > 0 {
			err = fmt.Errorf("%w: %q ends %d bytes early", ErrFormat, r.entry.Name, r.left)
		}
	} else if err != nil {
		err = fmt.Errorf("%w: %q: %v", ErrFormat, r.entry.Name, err)
	}
	return n, err
}

// Close checks, after everything has been read, that nothing follows and that the checksum is right.
func (r *Reader) Close() error {
	if r.left > 0 {
		return fmt.Errorf("%w: %q goes on for %d bytes", ErrFormat, r.entry.Name, r.left)
	}
	var more [1]byte
	if n, err := r.from.Read(more[:]); n > 0 || err != io.EOF || r.packed.Len() > 0 {
		return fmt.Errorf("%w: %q goes on after its %d bytes", ErrFormat, r.entry.Name, r.entry.Size)
	}
	if r.sum != r.entry.sum {
		return fmt.Errorf("%w: %q", ErrChecksum, r.entry.Name)
	}
	return nil
}

// Writer makes an archive of stored files. The same files in the same order give the same bytes.
type Writer struct {
	archive, directory []byte
	entries            int
}

// Add adds a file. Names must be ASCII or UTF-8, and differ.
func (w *Writer) Add(name string, data []byte) {
	start := len(w.archive)
	// What the header before the data and the directory's entry have in common, from version needed to extra length.
	le := binary.LittleEndian
	common := le.AppendUint16(nil, 20)
	flags := uint16(0)
	if len(name) != len([]rune(name)) {
		flags = flagUTF8
	}
	common = le.AppendUint16(common, flags)
	common = le.AppendUint16(common, stored)
	common = le.AppendUint16(common, 0)      // time: midnight
	common = le.AppendUint16(common, 1<<5|1) // date: 1980-01-01, the first there is
	common = le.AppendUint32(common, crc32.ChecksumIEEE(data))
	common = le.AppendUint32(common, uint32(len(data)))
	common = le.AppendUint32(common, uint32(len(data)))
	common = le.AppendUint16(common, uint16(len(name)))
	common = le.AppendUint16(common, 0) // extra fields

	w.archive = append(append(append(w.archive, localMagic...), common...), name...)
	w.archive = append(w.archive, data...)

	w.directory = le.AppendUint16(append(w.directory, directoryMagic...), 20)
	w.directory = append(w.directory, common...)
	w.directory = append(w.directory, make([]byte, 10)...) // no comment, disk 0, attributes
	w.directory = le.AppendUint32(w.directory, uint32(start))
	w.directory = append(w.directory, name...)
	w.entries++
}

// Bytes ends the archive. The error says that it is larger than the format can be without Zip64.
func (w *Writer) Bytes() ([]byte, error) {
	if w.entries >= math.MaxUint16 || int64(len(w.archive))+int64(len(w.directory)) >= math.MaxUint32 {
		return nil, fmt.Errorf("%w: %d files of %d bytes", ErrLimit, w.entries, len(w.archive))
	}
	le := binary.LittleEndian
	end := append([]byte(endMagic), 0, 0, 0, 0)
	end = le.AppendUint16(end, uint16(w.entries))
	end = le.AppendUint16(end, uint16(w.entries))
	end = le.AppendUint32(end, uint32(len(w.directory)))
	end = le.AppendUint32(end, uint32(len(w.archive)))
	end = le.AppendUint16(end, 0)
	return append(append(w.archive, w.directory...), end...), nil
}
