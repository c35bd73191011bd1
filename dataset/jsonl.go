package dataset

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// jsonSource reads JSON Lines: on each line one object (RFC 8259) whose values are numbers, strings, true, false or
// null; a column that is not used may hold arrays and objects too. Blank lines are skipped. The keys of the first
// object, in their order, are the columns. A later object may lack some, which are then missing values, and may have
// others, which are ignored (or refused, if whole is set). Values become the texts they would be in CSV: numbers as
// they are spelled, true, false, strings without their quotes and escapes, null as Null.
type jsonSource struct {
	in     *bufio.Reader
	line   int64
	names  []string
	column map[string]int
	whole  bool // refuse keys that the first object lacks

	long   []byte   // a line longer than in's buffer
	rest   []byte   // what is still to be parsed of the line
	key    []byte   // the last key
	values []byte   // the row's values, one after another
	spans  []span   // where they are
	fields []string // the row
	first  bool     // fields holds the first row, which is still to be given
}

// span is a part of values; set tells whether the row has the value, null whether it is null.
type span struct {
	start, end int
	set, null  bool
}

func openJSON(br *bufio.Reader) (*jsonSource, error) {
	s := &jsonSource{in: br, column: make(map[string]int), first: true}
	err := s.object(true)
	if err == io.EOF {
		return nil, errorf("no data: nothing but blank lines")
	}
	if err == nil && len(s.names) == 0 {
		err = errorf("an object without keys")
	}
	if err != nil {
		return nil, place(err, "", s.line, 0)
	}
	return s, nil
}

func (s *jsonSource) next(row *Row) error {
	if !s.first {
		if err := s.object(false); err != nil {
			return err
		}
	}
	s.first = false
	row.Text = s.fields
	return nil
}

func (s *jsonSource) text(i int) string { return s.fields[i] }

func (s *jsonSource) position() (line, row int64) { return s.line, 0 }

// readLine returns the next line that is not blank, without its end.
func (s *jsonSource) readLine() ([]byte, error) {
	for {
		s.long = s.long[:0]
		line, err := s.in.ReadSlice('\n')
		for err == bufio.ErrBufferFull {
			s.long = append(s.long, line...)
			if len(s.long) > MaxRecord {
				s.line++
				return nil, errorf("a line of more than %d bytes", MaxRecord)
			}
			line, err = s.in.ReadSlice('\n')
		}
		if len(s.long) > 0 {
			s.long = append(s.long, line...)
			line = s.long
		}
		if err != nil && (err != io.EOF || len(line) == 0) {
			return nil, err
		}
		s.line++
		if line = bytes.Trim(line, " \t\r\n"); len(line) > 0 {
			return line, nil
		}
	}
}

// object parses the next line into fields; the first one also makes the columns.
func (s *jsonSource) object(first bool) error {
	line, err := s.readLine()
	if err != nil {
		return err
	}
	if !utf8.Valid(line) {
		return errorf("not valid UTF-8")
	}
	s.rest, s.values = line, s.values[:0]
	clear(s.spans)
	if s.peek() == '[' {
		return errorf("an array, where each line should be one object {…}: %s", quote(string(line)))
	}
	if !s.take('{') {
		return errorf("a JSON object {…} should be here, not %s", quote(string(line)))
	}
	for !s.take('}') {
		if err := s.member(first); err != nil {
			return err
		}
		if s.take('}') {
			break
		}
		if !s.take(',') || s.peek() == '}' {
			return s.unexpected()
		}
	}
	if s.peek(); len(s.rest) > 0 {
		return errorf("%s after the end of the object", quote(string(s.rest)))
	}
	text := string(s.values)
	if s.fields == nil {
		s.fields = make([]string, len(s.names))
	}
	for i, v := range s.spans {
		s.fields[i] = Null
		if v.set && !v.null {
			s.fields[i] = text[v.start:v.end]
		}
	}
	return nil
}

// member parses one "key": value.
func (s *jsonSource) member(first bool) error {
	var err error
	if s.key, err = s.quoted(s.key[:0]); err != nil {
		return err
	}
	if !s.take(':') {
		return s.unexpected()
	}
	key := bytes.Trim(s.key, " \t")
	i, known := s.column[string(key)]
	if !known && first {
		if len(key) == 0 {
			return errorf("an empty key")
		}
		if i, known = len(s.names), true; i == maxColumns {
			return errorf("more than %d keys", maxColumns)
		}
		s.column[string(key)] = i
		s.names = append(s.names, string(key))
		s.spans = append(s.spans, span{})
	}
	if !known && s.whole {
		return columnErrorf(string(key), "a key that the first object lacks")
	}
	if known && s.spans[i].set {
		return columnErrorf(string(key), "the key is there twice")
	}
	v := span{start: len(s.values), set: true}
	if v.null, err = s.value(); err != nil {
		return err
	}
	v.end = len(s.values)
	if known {
		s.spans[i] = v
	}
	return nil
}

// value parses one value and appends its text to values.
func (s *jsonSource) value() (null bool, err error) {
	switch c := s.peek(); {
	case c == '"':
		s.values, err = s.quoted(s.values)
		return false, err
	case c == '-' || c >= '0' && c <= '9':
		n := jsonNumber(s.rest)
		if n == 0 {
			return false, s.unexpected()
		}
		s.values = append(s.values, s.rest[:n]...)
		s.rest = s.rest[n:]
		return false, nil
	case c == '{' || c == '[':
		n := jsonNested(s.rest)
		if n == 0 {
			return false, s.unexpected()
		}
		s.values = append(append(s.values, nestedMark...), s.rest[:n]...)
		s.rest = s.rest[n:]
		return false, nil
	}
	for _, word := range []string{"true", "false", "null"} {
		if bytes.HasPrefix(s.rest, []byte(word)) {
			s.rest = s.rest[len(word):]
			if word != "null" {
				s.values = append(s.values, word...)
			}
			return word == "null", nil
		}
	}
	return false, s.unexpected()
}

// quoted parses a string and appends it, unescaped, to dst.
func (s *jsonSource) quoted(dst []byte) ([]byte, error) {
	if !s.take('"') {
		return dst, s.unexpected()
	}
	for i := 0; i < len(s.rest); {
		switch c := s.rest[i]; {
		case c == '"':
			dst = append(dst, s.rest[:i]...)
			s.rest = s.rest[i+1:]
			return dst, nil
		case c == '\\':
			dst = append(dst, s.rest[:i]...)
			s.rest = s.rest[i:]
			r, n := unescape(s.rest)
			if n == 0 {
				return dst, errorf("a wrong escape in a text: %s", quote(string(s.rest)))
			}
			if r == 0 {
				return dst, errorf("a NUL in a text")
			}
			dst = utf8.AppendRune(dst, r)
			s.rest = s.rest[n:]
			i = 0
		case c < 0x20:
			return dst, errorf("a control character (byte %#02x) in a text", c)
		default:
			i++
		}
	}
	return dst, errorf("a text without its closing quote")
}

// unescape returns the character that the escape at the start of b stands for, and its length, 0 if it is wrong.
func unescape(b []byte) (rune, int) {
	if len(b) < 2 {
		return 0, 0
	}
	if i := strings.IndexByte(`"\/bfnrt`, b[1]); i >= 0 {
		return rune("\"\\/\b\f\n\r\t"[i]), 2
	}
	r, ok := hex4(b)
	if !ok {
		return 0, 0
	}
	if !utf16.IsSurrogate(r) {
		return r, 6
	}
	low, _ := hex4(b[6:])
	if r = utf16.DecodeRune(r, low); r == utf8.RuneError {
		return 0, 0
	}
	return r, 12
}

// hex4 returns the code unit of the \uXXXX at the start of b.
func hex4(b []byte) (rune, bool) {
	if len(b) < 6 || b[0] != '\\' || b[1] != 'u' {
		return 0, false
	}
	var r rune
	for _, c := range b[2:6] {
		switch {
		case c >= '0' && c <= '9':
			c -= '0'
		case c|0x20 >= 'a' && c|0x20 <= 'f':
			c = c | 0x20 - 'a' + 10
		default:
			return 0, false
		}
		r = r<<4 | rune(c)
	}
	return r, true
}

// jsonNumber returns the length of the number at the start of b, 0 if JSON does not allow it.
func jsonNumber(b []byte) int {
	n := 0
	for n < len(b) && strings.IndexByte("+-.eE0123456789", b[n]) >= 0 {
		n++
	}
	text := strings.TrimPrefix(string(b[:n]), "-")
	whole := digits(text, 0)
	point := strings.IndexByte(text, '.')
	if !isDecimal(text) || whole == 0 || text[0] == '0' && whole > 1 || point >= 0 && digits(text, point+1) == 0 {
		return 0
	}
	return n
}

// jsonNested returns the length of the array or object at the start of b, 0 if it is not JSON.
func jsonNested(b []byte) int {
	depth, quoted := 0, false
	for i := 0; i < len(b); i++ {
		switch c := b[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '{' || c == '[':
			depth++
		case c == '}' || c == ']':
			if depth--; depth == 0 {
				if json.Valid(b[:i+1]) {
					return i + 1
				}
				return 0
			}
		}
	}
	return 0
}

// peek skips spaces and returns the next byte, 0 at the end.
func (s *jsonSource) peek() byte {
	for len(s.rest) > 0 {
		c := s.rest[0]
		if c != ' ' && c != '\t' && c != '\r' {
			return c
		}
		s.rest = s.rest[1:]
	}
	return 0
}

// take skips spaces and the byte c, if it is the next.
func (s *jsonSource) take(c byte) bool {
	if s.peek() != c {
		return false
	}
	s.rest = s.rest[1:]
	return true
}

func (s *jsonSource) unexpected() error {
	if s.peek() == 0 {
		return errorf("the object is cut off")
	}
	return errorf("%s is not JSON here", quote(string(s.rest)))
}
