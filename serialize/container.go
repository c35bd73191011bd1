package serialize

import (
	"encoding/binary"
	"math"
	"strconv"
)

// The container: header, section table, sections. FORMAT.md has the picture.

// magic is PNG's with another name: a byte that is not ASCII, the name, CR LF, the end-of-file character of DOS, LF.
// Any transfer that takes the file for text changes it.
const magic = "\x89NNR\r\n\x1a\n"

const (
	majorVersion = 1
	headerBytes  = 64
	entryBytes   = 24
	alignment    = 64 // of sections whose entry has flagAligned, from the start of the file

	crcOffset = 60 // of the header's own checksum
)

// Flags of a section table entry.
const (
	flagCritical = 1 << 0 // a reader that does not know the section must refuse the file
	flagAligned  = 1 << 1 // the section begins at a multiple of 64 bytes
	knownFlags   = flagCritical | flagAligned
)

// Section types. Sections stand in ascending order: the small ones before the weights, bulky ones after them.
const (
	typeArchitecture = 1
	typeSchema       = 2
	typeMetadata     = 3
	typeSelfTest     = 4
	typeSignature    = 5
	typeTraining     = 6
	typeWeights      = 16
	typeVectors      = 32
)

// knownSections are the sections of this version with the flags that they always have and the minor version that
// brought them.
var knownSections = []struct {
	kind, flags, minor uint16
	name               string
}{
	{typeArchitecture, flagCritical, 0, "architecture"},
	{typeSchema, 0, 0, "schema"},
	{typeMetadata, 0, 0, "metadata"},
	{typeSelfTest, 0, 0, "self-test"},
	{typeSignature, 0, signatureMinor, "signature"},
	{typeTraining, 0, trainingMinor, "training"},
	{typeWeights, flagCritical | flagAligned, 0, "weights"},
	{typeVectors, flagAligned, trainingMinor, "training vectors"},
}

func sectionName(kind uint16) string {
	for _, s := range knownSections {
		if s.kind == kind {
			return s.name
		}
	}
	return "section of type " + strconv.Itoa(int(kind))
}

// flagsOf returns the flags that a section of the given type always has, if this version knows the type.
func flagsOf(kind uint16) (flags uint16, known bool) {
	for _, s := range knownSections {
		if s.kind == kind {
			return s.flags, true
		}
	}
	return 0, false
}

// section is one section's content: data when it has been read or is small, floats when it is about to be written.
type section struct {
	kind, flags uint16
	offset      int64 // in the file, when it has been read
	data        []byte
	floats      []float32
}

func (s *section) size() int64 { return int64(len(s.data)) + 4*int64(len(s.floats)) }

// container is a file taken apart.
type container struct {
	minor    uint16
	contract uint32
	sections []section // types ascend strictly
}

func (c *container) find(kind uint16) *section {
	for i := range c.sections {
		if c.sections[i].kind == kind {
			return &c.sections[i]
		}
	}
	return nil
}

// headerChecksum is the CRC-32C of the header up to the checksum's own place, then of the section table.
func headerChecksum(header []byte) uint32 {
	return checksum(checksum(0, header[:crcOffset]), header[headerBytes:])
}

// place returns where a section begins when the one before it ends at position end.
func place(end int64, flags uint16) int64 {
	if flags&flagAligned != 0 {
		end = (end + alignment - 1) &^ (alignment - 1)
	}
	return end
}

// encode lays the sections out.
func (c *container) encode() ([]byte, error) {
	headerSize := int64(headerBytes) + entryBytes*int64(len(c.sections))
	size := headerSize
	for i := range c.sections {
		s := &c.sections[i]
		s.offset = place(size, s.flags)
		if size = s.offset + s.size(); size > math.MaxInt {
			return nil, formatError(sectionName(s.kind), s.offset, ErrLimit, "the file would have more than %d bytes",
				math.MaxInt)
		}
	}
	blob := make([]byte, size)
	copy(blob, magic)
	le := binary.LittleEndian
	le.PutUint16(blob[8:], majorVersion)
	le.PutUint16(blob[10:], c.minor)
	le.PutUint32(blob[12:], uint32(headerSize))
	le.PutUint64(blob[16:], uint64(size))
	// blob[24:28] are the file's flags: none yet.
	le.PutUint32(blob[28:], uint32(len(c.sections)))
	le.PutUint32(blob[32:], c.contract)
	for i := range c.sections {
		s := &c.sections[i]
		content := blob[s.offset:][:s.size()]
		copy(content, s.data)
		putFloats(content[len(s.data):], s.floats)
		entry := blob[headerBytes+entryBytes*i:]
		le.PutUint16(entry, s.kind)
		le.PutUint16(entry[2:], s.flags)
		le.PutUint32(entry[4:], checksum(0, content))
		le.PutUint64(entry[8:], uint64(s.offset))
		le.PutUint64(entry[16:], uint64(s.size()))
	}
	le.PutUint32(blob[crcOffset:], headerChecksum(blob[:headerSize]))
	return blob, nil
}

// header is the fixed part of a file.
type header struct {
	minor    uint16
	size     int    // header and section table
	fileSize uint64 // as the file says
	sections int
	contract uint32
}

// parseHeader checks a file's header and section count. The bytes may end anywhere after the section table; if they
// end before it, the file is cut short.
func parseHeader(blob []byte, limits *Limits) (header, error) {
	fail := func(offset int64, cause error, detail string, args ...any) (header, error) {
		return header{}, formatError("header", offset, cause, detail, args...)
	}
	h, err := parseFixedHeader(blob, limits)
	if err != nil {
		return header{}, err
	}
	if h.size > len(blob) {
		return fail(int64(len(blob)), ErrTruncated, "it has %d bytes, its header alone %d", len(blob), h.size)
	}
	le := binary.LittleEndian
	if got, want := headerChecksum(blob[:h.size]), le.Uint32(blob[crcOffset:]); got != want {
		return fail(crcOffset, ErrChecksum, "%08x, stored %08x", got, want)
	}
	if flags := le.Uint32(blob[24:]); flags != 0 {
		return fail(24, ErrFlags, "%#x", flags)
	}
	if n := le.Uint32(blob[28:]); uint64(n)*entryBytes+headerBytes != uint64(h.size) {
		return fail(28, ErrHeader, "%d sections in a header of %d bytes", n, h.size)
	}
	if h.contract == 0 || h.contract > math.MaxInt32 {
		return fail(32, ErrContract, "%d", h.contract)
	}
	for i := 36; i < crcOffset; i++ {
		if blob[i] != 0 {
			return fail(int64(i), ErrHeader, "a reserved byte is not zero")
		}
	}
	if h.fileSize > uint64(limits.FileBytes) {
		return fail(16, ErrLimit, "%d bytes, the limit is %d", h.fileSize, limits.FileBytes)
	}
	return h, nil
}

// parseFixedHeader reads the first 64 bytes, which tell how long the header is. What it returns has not been checked
// against the checksum.
func parseFixedHeader(blob []byte, limits *Limits) (header, error) {
	if err := checkMagic(blob); err != nil {
		return header{}, err
	}
	fail := func(offset int64, cause error, detail string, args ...any) (header, error) {
		return header{}, formatError("header", offset, cause, detail, args...)
	}
	le := binary.LittleEndian
	if len(blob) >= 10 {
		if major := le.Uint16(blob[8:]); major != majorVersion {
			return fail(8, ErrVersion, "version %d, this program reads version %d", major, majorVersion)
		}
	}
	if len(blob) < headerBytes {
		return fail(int64(len(blob)), ErrTruncated, "it has %d bytes, a header %d", len(blob), headerBytes)
	}
	size := le.Uint32(blob[12:])
	if int64(size) > int64(limits.HeaderBytes) {
		return fail(12, ErrLimit, "a header of %d bytes, the limit is %d", size, limits.HeaderBytes)
	}
	if size < headerBytes || (size-headerBytes)%entryBytes != 0 {
		return fail(12, ErrHeader, "a header of %d bytes", size)
	}
	return header{
		minor:    le.Uint16(blob[10:]),
		size:     int(size),
		fileSize: le.Uint64(blob[16:]),
		sections: int(size-headerBytes) / entryBytes,
		contract: le.Uint32(blob[32:]),
	}, nil
}

// checkSize compares the size that the header gives with the size that the file has.
func (h *header) checkSize(size uint64) error {
	switch {
	case size < h.fileSize:
		return formatError("header", int64(size), ErrTruncated, "%d of %d bytes are there", size, h.fileSize)
	case size > h.fileSize:
		return formatError("header", int64(h.fileSize), ErrTrailing, "%d of them", size-h.fileSize)
	}
	return nil
}

// parse takes a file apart and checks all that can be checked without understanding a section. The sections' data
// are parts of blob.
func parse(blob []byte, limits *Limits) (*container, error) {
	h, err := parseHeader(blob, limits)
	if err != nil {
		return nil, err
	}
	if err := h.checkSize(uint64(len(blob))); err != nil {
		return nil, err
	}
	c := &container{minor: h.minor, contract: h.contract, sections: make([]section, h.sections)}
	end, last := int64(h.size), uint16(0)
	for i := range c.sections {
		s := &c.sections[i]
		if end, err = parseEntry(s, blob, headerBytes+entryBytes*i, end, last); err != nil {
			return nil, err
		}
		last = s.kind
	}
	if end != int64(len(blob)) {
		return nil, formatError("section table", end, ErrLayout, "the last %d bytes belong to no section",
			int64(len(blob))-end)
	}
	for _, known := range knownSections {
		there := c.find(known.kind) != nil
		if known.flags&flagCritical != 0 && !there {
			return nil, formatError(known.name, headerBytes, ErrMissingSection, "")
		}
		if there && c.minor < known.minor {
			return nil, formatError(known.name, 10, ErrHeader, "version %d.%d has no %s", majorVersion, c.minor,
				known.name)
		}
	}
	return c, nil
}

// parseEntry reads the section table entry at byte at into s, checks its section, and returns where that ends. end
// is where the section before ended, last that section's type.
func parseEntry(s *section, blob []byte, at int, end int64, last uint16) (int64, error) {
	le := binary.LittleEndian
	entry := blob[at:][:entryBytes]
	s.kind, s.flags = le.Uint16(entry), le.Uint16(entry[2:])
	offset, size := le.Uint64(entry[8:]), le.Uint64(entry[16:])
	name := sectionName(s.kind)
	fail := func(field int, cause error, detail string, args ...any) (int64, error) {
		return 0, formatError(name, int64(at+field), cause, detail, args...)
	}
	flags, known := flagsOf(s.kind)
	start := place(end, s.flags)
	switch {
	case s.kind == last && last != 0:
		return fail(0, ErrDuplicateSection, "")
	case s.kind <= last:
		return fail(0, ErrSectionOrder, "type %d after type %d", s.kind, last)
	case s.flags&^knownFlags != 0:
		return fail(2, ErrFlags, "%#x", s.flags)
	case !known && s.flags&flagCritical != 0:
		return fail(0, ErrUnknownSection, "")
	case known && s.flags != flags:
		return fail(2, ErrFlags, "%#x, this section has %#x", s.flags, flags)
	case offset != uint64(start):
		return fail(8, ErrLayout, "it begins at byte %d, its place is %d", offset, start)
	case start > int64(len(blob)) || size > uint64(int64(len(blob))-start):
		return fail(16, ErrLayout, "%d bytes from byte %d on in a file of %d", size, start, len(blob))
	}
	for i := end; i < start; i++ {
		if blob[i] != 0 {
			return 0, formatError(name, i, ErrPadding, "")
		}
	}
	s.offset = start
	s.data = blob[start:][:size:size]
	if got, want := checksum(0, s.data), le.Uint32(entry[4:]); got != want {
		return 0, formatError(name, start, ErrChecksum, "%08x, stored %08x", got, want)
	}
	return start + int64(size), nil
}
