// Package hdf5 reads what Keras and h5py write into HDF5 files, and nothing else: groups with hard links, attributes
// that are strings, datasets of floating-point numbers. The facts are those of the HDF5 File Format Specification,
// version 3.0 (https://support.hdfgroup.org/documentation/hdf5/latest/_f_m_t3.html); structures carry its names here.
//
// A file is never trusted: every address, size and count is checked against the file, every checksum is verified, and
// the bytes that are looked at and the memory that is taken are counted and bounded. A link that leads back to where
// it came from, or structures that lie in each other, exhaust that count and end in an error.
package hdf5

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
)

// What can be wrong with a file, one error per cause. They come wrapped in an *Error; match them with errors.Is.
var (
	ErrNotHDF5     = errors.New("not an HDF5 file")
	ErrTruncated   = errors.New("the file is cut short")
	ErrChecksum    = errors.New("the checksum does not match, the file is damaged")
	ErrDamaged     = errors.New("the file contradicts itself")
	ErrUnsupported = errors.New("not supported")
	ErrOverlap     = errors.New("parts of the file are used again and again, or lie in each other")
	ErrMemory      = errors.New("the content would take more memory than the file's size justifies")
	ErrNotFound    = errors.New("not in the file")
	ErrNotExact    = errors.New("a number has no exact counterpart in float32")
)

// Error says what is wrong with a file and where.
type Error struct {
	Structure string // what was being read, such as "superblock" or "object header"
	Offset    int64  // byte of the file at which it begins, or its checksum if that is what does not match
	Err       error  // wraps one of the errors above
}

// Error returns "STRUCTURE at byte OFFSET: CAUSE".
func (e *Error) Error() string { return fmt.Sprintf("%s at byte %d: %v", e.Structure, e.Offset, e.Err) }

// Unwrap returns Err.
func (e *Error) Unwrap() error { return e.Err }

// undefined is the address of what is not there.
const undefined = math.MaxUint64

// file is an open file.
type file struct {
	data   []byte // up to the end-of-file address
	work   int64  // bytes that may still be looked at
	memory int64  // bytes that may still be taken

	heaps    map[uint64]map[uint16][]byte // global heap collections that were read
	inflater inflater
}

// Open checks the superblock and returns the root group. memory is how many bytes everything that is read from it may
// take together. The file's bytes must not change as long as objects are used.
func Open(data []byte, memory int64) (*Object, error) {
	f := &file{data: data, memory: memory, work: 3*int64(len(data)) + memory + 4096}
	root, err := f.superblock()
	if err != nil {
		return nil, err
	}
	return &Object{f: f, address: root, path: "/"}, nil
}

const signature = "\x89HDF\r\n\x1a\n"

// superblock reads the superblock and returns the address of the root group's object header.
func (f *file) superblock() (root uint64, err error) {
	c := f.read("superblock", 0, min(9, uint64(len(f.data))))
	if c.err == nil && (len(c.data) < 9 || string(c.data[:8]) != signature) {
		c.fail(ErrNotHDF5, "its first bytes are % x", c.data[:min(len(c.data), 8)])
	}
	if c.err != nil {
		return 0, c.err
	}
	version := c.data[8]
	var base, end uint64
	switch version {
	case 0:
		c = f.read("superblock", 0, 96)
		c.skip(13) // signature, versions of the superblock, the free-space storage, the root entry, a reserved byte, …
		f.sizes(c)
		c.skip(1 + 2 + 2) // reserved; how many entries nodes of groups hold
		if flags := c.u32(); flags != 0 {
			c.fail(ErrDamaged, "file consistency flags %#x", flags)
		}
		base = c.u64()
		c.skip(8) // free-space information
		end = c.u64()
		if driver := c.u64(); driver != undefined {
			c.fail(ErrUnsupported, "a driver that spreads it over several files")
		}
		c.skip(8) // the root group's name
		root = c.u64()
	case 2, 3:
		c = f.read("superblock", 0, 48)
		c.skip(9)
		f.sizes(c)
		if flags := c.u8(); flags != 0 {
			c.fail(ErrDamaged, "it was not closed when it was written, flags %#x", flags)
		}
		base = c.u64()
		c.skip(8) // the superblock's extension: nothing in it is needed
		end = c.u64()
		root = c.u64()
		c.checksum()
	default:
		c.fail(ErrUnsupported, "version %d", version)
	}
	switch {
	case c.err != nil:
	case base != 0:
		c.fail(ErrUnsupported, "base address %d", base)
	case end > uint64(len(f.data)):
		c.fail(ErrTruncated, "it has %d bytes of %d", len(f.data), end)
	default:
		f.data = f.data[:end]
	}
	return root, c.err
}

// sizes reads the sizes of offsets and lengths, which every library since 1998 has made 8.
func (f *file) sizes(c *cursor) {
	if offsets, lengths := c.u8(), c.u8(); (offsets != 8 || lengths != 8) && c.err == nil {
		c.fail(ErrUnsupported, "addresses of %d and lengths of %d bytes", offsets, lengths)
	}
}

// read returns a cursor over n bytes from an address, and counts them as looked at.
func (f *file) read(what string, address, n uint64) *cursor {
	c := &cursor{what: what, offset: int64(min(address, uint64(len(f.data))))}
	size := uint64(len(f.data))
	switch {
	case address > size || n > size-address:
		c.offset = int64(min(address, size))
		c.fail(ErrTruncated, "%d bytes at %d, the file ends at %d", n, address, size)
	case f.use(int64(n)):
		c.data = f.data[address : address+n : address+n]
	default:
		c.fail(ErrOverlap, "")
	}
	return c
}

// use counts n bytes, at least one, as looked at; it tells whether that many were still allowed.
func (f *file) use(n int64) bool {
	f.work -= max(n, 1)
	return f.work >= 0
}

// take counts n bytes of memory as taken; it tells whether that many were still allowed.
func (f *file) take(n int64) bool {
	if n < 0 || n > f.memory {
		return false
	}
	f.memory -= n
	return true
}

// cursor reads a structure from front to back. After the first error it stands still and gives zero values.
type cursor struct {
	what   string
	offset int64 // of the structure in the file
	data   []byte
	pos    int
	err    error
}

func (c *cursor) left() int { return len(c.data) - c.pos }

// fail records what is wrong, unless something was wrong before.
func (c *cursor) fail(cause error, detail string, args ...any) {
	if c.err != nil {
		return
	}
	if detail != "" {
		cause = fmt.Errorf("%w: "+detail, append([]any{cause}, args...)...)
	}
	c.err = &Error{Structure: c.what, Offset: c.offset, Err: cause}
}

// take returns the next n bytes.
func (c *cursor) take(n int) []byte {
	if c.err == nil && (n < 0 || n > c.left()) {
		c.fail(ErrDamaged, "%d bytes are wanted after %d of %d", n, c.pos, len(c.data))
	}
	if c.err != nil {
		return nil
	}
	b := c.data[c.pos : c.pos+n : c.pos+n]
	c.pos += n
	return b
}

func (c *cursor) skip(n int) { c.take(n) }

// uint reads an unsigned number of n ≤ 8 bytes.
func (c *cursor) uint(n int) uint64 {
	var b [8]byte
	copy(b[:], c.take(n))
	return binary.LittleEndian.Uint64(b[:])
}

func (c *cursor) u8() uint8   { return uint8(c.uint(1)) }
func (c *cursor) u16() uint16 { return uint16(c.uint(2)) }
func (c *cursor) u32() uint32 { return uint32(c.uint(4)) }
func (c *cursor) u64() uint64 { return c.uint(8) }

// begin checks the signature and version that structures begin with.
func (c *cursor) begin(signature string, version uint8) {
	if got := c.take(len(signature)); c.err == nil && string(got) != signature {
		c.fail(ErrDamaged, "% x instead of the signature %s", got, signature)
	}
	if got := c.u8(); c.err == nil && got != version {
		c.fail(ErrUnsupported, "version %d", got)
	}
}

// checksum reads the checksum of everything before it and verifies it.
func (c *cursor) checksum() {
	if c.err != nil {
		return
	}
	sum, at := lookup3(c.data[:c.pos]), c.pos
	if stored := c.u32(); c.err == nil && stored != sum {
		c.failSum(at, sum, stored)
	}
}

// failSum records that a checksum, which stands at a position of the structure, does not match.
func (c *cursor) failSum(at int, sum, stored uint32) {
	c.offset += int64(at)
	c.fail(ErrChecksum, "%08x, stored %08x", sum, stored)
}

// uintBytes returns in how many bytes numbers up to n are stored.
func uintBytes(n uint64) int {
	bytes := 1
	for ; n > 0xff; n >>= 8 {
		bytes++
	}
	return bytes
}
