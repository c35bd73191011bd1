package serialize

import (
	"encoding/binary"
	"fmt"
	"math"
	"unicode"
	"unicode/utf8"
)

// The primitives that sections are made of: bytes, little-endian float32, counts (unsigned LEB128 in its shortest
// form) and texts (a count of bytes, then UTF-8).

func appendCount(b []byte, n int) []byte { return binary.AppendUvarint(b, uint64(n)) }

func appendText(b []byte, s string) []byte { return append(appendCount(b, len(s)), s...) }

func appendFloat(b []byte, x float32) []byte {
	return binary.LittleEndian.AppendUint32(b, math.Float32bits(x))
}

// cursor reads a section from front to back. After the first error it stands still and gives zero values, so that
// errors need looking at only before memory is taken and at the end.
type cursor struct {
	section *section
	pos     int
	item    string // what is being read, with its number from 1, for errors: "layer", 2; "" at other places
	index   int
	err     error
}

func (c *cursor) left() int { return len(c.section.data) - c.pos }

// fail records what is wrong at the current byte, unless something was wrong before.
func (c *cursor) fail(cause error, detail string, args ...any) {
	if c.err != nil {
		return
	}
	if c.item != "" {
		detail = "%s %d: " + detail
		args = append([]any{c.item, c.index}, args...)
	}
	c.err = formatError(sectionName(c.section.kind), c.section.offset+int64(c.pos), cause, detail, args...)
}

// take returns the next n bytes.
func (c *cursor) take(n int, what string) []byte {
	if c.err != nil {
		return nil
	}
	if n > c.left() {
		c.fail(ErrContent, "%s of %d bytes, %d are left", what, n, c.left())
		return nil
	}
	b := c.section.data[c.pos:][:n]
	c.pos += n
	return b
}

// byte reads a byte.
func (c *cursor) byte(what string) uint8 {
	b := c.take(1, what)
	if b == nil {
		return 0
	}
	return b[0]
}

// count reads a count of at most limit.
func (c *cursor) count(limit int, what string) int {
	if c.err != nil {
		return 0
	}
	n, size := binary.Uvarint(c.section.data[c.pos:])
	switch {
	case size == 0:
		c.fail(ErrContent, "%s: the section ends within it", what)
		return 0
	case size < 0:
		c.fail(ErrLimit, "%s beyond 64 bits", what)
		return 0
	case size > 1 && c.section.data[c.pos+size-1] == 0:
		c.fail(ErrNotCanonical, "%s with leading zeros", what)
		return 0
	case n > uint64(max(limit, 0)):
		c.fail(ErrLimit, "%s %d, the limit is %d", what, n, limit)
		return 0
	}
	c.pos += size
	return int(n)
}

// countOf reads how many items of at least size bytes follow: at most limit, and at most as many as there is room for.
func (c *cursor) countOf(size, limit int, what string) int {
	start := c.pos
	n := c.count(limit, what)
	if n > c.left()/size {
		left := c.left()
		c.pos = start
		c.fail(ErrContent, "%s %d, but %d bytes are left", what, n, left)
		return 0
	}
	return n
}

// text reads a text of at most limit bytes.
func (c *cursor) text(limit int, what string) string {
	start := c.pos
	s := string(c.take(c.count(limit, what), what))
	if fault := textFault(s); fault != "" {
		c.pos = start
		c.fail(ErrText, "%s %s", what, fault)
		return ""
	}
	return s
}

// name reads a text of at least one and at most limit bytes.
func (c *cursor) name(limit int, what string) string {
	start := c.pos
	s := c.text(limit, what)
	if s == "" && c.err == nil {
		c.pos = start
		c.fail(ErrText, "%s is empty", what)
	}
	return s
}

// float reads a finite number.
func (c *cursor) float(what string) float32 {
	b := c.take(4, what)
	if b == nil {
		return 0
	}
	x := math.Float32frombits(binary.LittleEndian.Uint32(b))
	if !finite(x) {
		c.pos -= 4
		c.fail(ErrNotFinite, "%s is %v", what, x)
		return 0
	}
	return x
}

// end returns the first error, or that something is left over.
func (c *cursor) end() error {
	if c.err == nil && c.left() > 0 {
		c.fail(ErrContent, "%d bytes are left over", c.left())
	}
	return c.err
}

// textFault says why a text may not stand in a file, or "". Control characters are out since names are printed: on a
// terminal they could do anything.
func textFault(s string) string {
	if !utf8.ValidString(s) {
		return fmt.Sprintf("%+.100q is not UTF-8", s)
	}
	for _, r := range s {
		if unicode.IsControl(r) {
			return fmt.Sprintf("%+.100q holds the control character U+%04X", s, r)
		}
	}
	return ""
}
