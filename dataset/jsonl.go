package dataset

import (
	"bufio"
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
	lines  lineReader
	line   int64
	names  []string
	keys   []string       // the names as the first object spells them, with quotes
	column map[string]int // names to columns
	whole  bool           // refuse keys that the first object lacks

	rest   string   // what is still to be parsed of the line
	likely int      // the column of the next key, if the order is that of the first object
	set    []int64  // the line that gave the column its value
	fields []string // the row
	first  bool     // fields holds the first row, which is still to be given

	unescaped []byte // a text with escapes
}

func openJSON(br *bufio.Reader) (*jsonSource, error) {
	s := &jsonSource{lines: lineReader{in: br}, column: make(map[string]int), first: true}
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

func (s *jsonSource) ready() bool { return s.first || s.lines.ready() }

func (s *jsonSource) text(i int) string { return s.fields[i] }

func (s *jsonSource) position() (line, row int64) { return s.line, 0 }

// object parses the next line that is not blank into fields; the first one also makes the columns.
func (s *jsonSource) object(first bool) error {
	line := ""
	for line == "" {
		var err error
		if line, err = s.lines.next(); err != nil {
			return err
		}
		line = strings.Trim(line, " \t\r")
	}
	s.line = s.lines.number
	if !utf8.ValidString(line) {
		return errorf("not valid UTF-8")
	}
	s.rest, s.likely = line, 0
	if s.peek() == '[' {
		return errorf("an array, where each line should be one object {…}: %s", quote(line))
	}
	if !s.take('{') {
		return errorf("a JSON object {…} should be here, not %s", quote(line))
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
		return errorf("%s after the end of the object", quote(s.rest))
	}
	for i, line := range s.set {
		if line != s.line {
			s.fields[i] = Null
		}
	}
	return nil
}

// member parses one "key": value.
func (s *jsonSource) member(first bool) error {
	s.peek()
	start, name := s.rest, ""
	column, known := s.likely, s.likely < len(s.keys) && strings.HasPrefix(start, s.keys[s.likely])
	if known {
		name = s.names[column]
		s.rest = start[len(s.keys[column]):]
	} else {
		var err error
		if name, err = s.quoted(); err != nil {
			return err
		}
		name = trim(name)
		column, known = s.column[name]
	}
	spelled := start[:len(start)-len(s.rest)]
	switch {
	case !s.take(':'):
		return s.unexpected()
	case known && s.set[column] == s.line:
		return columnErrorf(name, "the key is there twice")
	case !known && first:
		if err := s.addColumn(name, spelled); err != nil {
			return err
		}
		column, known = len(s.names)-1, true
	case !known && s.whole:
		return columnErrorf(name, "a key that the first object lacks")
	}
	value, err := s.value()
	if known {
		s.fields[column], s.set[column], s.likely = value, s.line, column+1
	}
	return err
}

// addColumn makes a key of the first object a column.
func (s *jsonSource) addColumn(name, spelled string) error {
	if name == "" {
		return errorf("an empty key")
	}
	if len(s.names) == maxColumns {
		return errorf("more than %d keys", maxColumns)
	}
	name = strings.Clone(name) // not the whole text
	s.column[name] = len(s.names)
	s.names = append(s.names, name)
	s.keys = append(s.keys, strings.Clone(spelled))
	s.set = append(s.set, 0)
	s.fields = append(s.fields, "")
	return nil
}

// value parses one value and returns its text.
func (s *jsonSource) value() (string, error) {
	n, mark := 0, ""
	switch c := s.peek(); {
	case c == '"':
		return s.quoted()
	case c == '-' || c >= '0' && c <= '9':
		n = jsonNumber(s.rest)
	case c == '{' || c == '[':
		n, mark = jsonNested(s.rest), nestedMark
	case strings.HasPrefix(s.rest, "true"), strings.HasPrefix(s.rest, "null"):
		n = 4
	case strings.HasPrefix(s.rest, "false"):
		n = 5
	}
	if n == 0 {
		return "", s.unexpected()
	}
	text := s.rest[:n]
	s.rest = s.rest[n:]
	if text == "null" {
		return Null, nil
	}
	return mark + text, nil
}

// quoted parses a string and returns it unescaped.
func (s *jsonSource) quoted() (string, error) {
	if !s.take('"') {
		return "", s.unexpected()
	}
	before := s.unescaped[:0] // what comes before start, unescaped
	start := 0
	for i := 0; i < len(s.rest); {
		switch c := s.rest[i]; {
		case c == '"':
			text := s.rest[start:i]
			s.rest = s.rest[i+1:]
			if start > 0 {
				s.unescaped = append(before, text...)
				text = string(s.unescaped)
			}
			return text, nil
		case c == '\\':
			r, n := unescape(s.rest[i:])
			if n == 0 {
				return "", errorf("a wrong escape in a text: %s", quote(s.rest[i:]))
			}
			if r == 0 {
				return "", errorf("a NUL in a text")
			}
			before = utf8.AppendRune(append(before, s.rest[start:i]...), r)
			i += n
			start = i
		case c < 0x20:
			return "", errorf("a control character (byte %#02x) in a text", c)
		default:
			i++
		}
	}
	return "", errorf("a text without its closing quote")
}

// unescape returns the character that the escape at the start of t stands for, and its length, 0 if it is wrong.
func unescape(t string) (rune, int) {
	if len(t) < 2 {
		return 0, 0
	}
	if i := strings.IndexByte(`"\/bfnrt`, t[1]); i >= 0 {
		return rune("\"\\/\b\f\n\r\t"[i]), 2
	}
	r, ok := hex4(t)
	if !ok {
		return 0, 0
	}
	if !utf16.IsSurrogate(r) {
		return r, 6
	}
	low, _ := hex4(t[6:])
	if r = utf16.DecodeRune(r, low); r == utf8.RuneError {
		return 0, 0
	}
	return r, 12
}

// hex4 returns the code unit of the \uXXXX at the start of t.
func hex4(t string) (rune, bool) {
	if len(t) < 6 || t[0] != '\\' || t[1] != 'u' {
		return 0, false
	}
	var r rune
	for _, c := range []byte(t[2:6]) {
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

// jsonNumber returns the length of the number at the start of t, 0 if JSON does not allow it.
func jsonNumber(t string) int {
	i := 0
	if t[0] == '-' {
		i++
	}
	whole := digits(t, i)
	if whole == 0 || whole > 1 && t[i] == '0' {
		return 0
	}
	i += whole
	if i < len(t) && t[i] == '.' {
		fraction := digits(t, i+1)
		if fraction == 0 {
			return 0
		}
		i += 1 + fraction
	}
	if i < len(t) && t[i]|0x20 == 'e' {
		if i++; i < len(t) && (t[i] == '+' || t[i] == '-') {
			i++
		}
		exponent := digits(t, i)
		if exponent == 0 {
			return 0
		}
		i += exponent
	}
	if i < len(t) && strings.IndexByte("+-.eE", t[i]) >= 0 {
		return 0
	}
	return i
}

// jsonNested returns the length of the array or object at the start of t, 0 if it is not JSON.
func jsonNested(t string) int {
	depth, quoted := 0, false
	for i := 0; i < len(t); i++ {
		switch c := t[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '{' || c == '[':
			depth++
		case c == '}' || c == ']':
			if depth--; depth == 0 {
				if json.Valid([]byte(t[:i+1])) {
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
	return errorf("%s is not JSON here", quote(s.rest))
}
