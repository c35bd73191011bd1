// Package jsonscan reads JSON of a known form, from bytes that may be anything: what is not of that form, keys that
// appear twice and anything beyond the caller's limits are errors, and no memory is taken for what is not wanted.
package jsonscan

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"unicode/utf8"
)

// What can be wrong; an Error wraps one of them.
var (
	ErrSyntax    = errors.New("not the JSON that is expected")
	ErrDuplicate = errors.New("the key is there twice")
	ErrLimit     = errors.New("more than the limit")
)

// Error says what is wrong and where.
type Error struct {
	Offset int // byte of the text
	Err    error
}

func (e *Error) Error() string { return fmt.Sprintf("byte %d of the JSON: %v", e.Offset, e.Err) }

// Unwrap returns Err.
func (e *Error) Unwrap() error { return e.Err }

// Scanner reads a text from front to back, one method call per value. After the first error it stands still and gives
// zero values. The strings that it returns share the text's memory where they can.
type Scanner struct {
	text string
	pos  int
	err  error
}

// New returns a Scanner at the start of text.
func New(text string) *Scanner { return &Scanner{text: text} }

// Err returns the first error, an *Error unless Fail was given another.
func (s *Scanner) Err() error { return s.err }

// Fail makes err the Scanner's error, at the current place, unless there is one.
func (s *Scanner) Fail(err error) {
	if s.err == nil {
		s.err = &Error{s.pos, err}
	}
}

func (s *Scanner) syntax(want string) {
	if s.pos >= len(s.text) {
		s.Fail(fmt.Errorf("%w: it ends where %s should be", ErrSyntax, want))
		return
	}
	s.Fail(fmt.Errorf("%w: %q where %s should be", ErrSyntax, s.text[s.pos], want))
}

func (s *Scanner) skip() {
	for s.pos < len(s.text) {
		switch s.text[s.pos] {
		case ' ', '\t', '\r', '\n':
			s.pos++
		default:
			return
		}
	}
}

// take skips white space and takes c if it comes next.
func (s *Scanner) take(c byte) bool {
	if s.err != nil {
		return false
	}
	s.skip()
	if s.pos < len(s.text) && s.text[s.pos] == c {
		s.pos++
		return true
	}
	return false
}

func (s *Scanner) want(c byte) {
	if !s.take(c) {
		s.syntax(strconv.QuoteRune(rune(c)))
	}
}

// End returns the first error, or that something follows the last value. Spaces may follow.
func (s *Scanner) End() error {
	for s.err == nil && s.pos < len(s.text) {
		if s.text[s.pos] != ' ' {
			s.syntax("the end")
		}
		s.pos++
	}
	return s.err
}

// Object reads an object of at most limit keys of at most keyLimit bytes. For each key it calls value, which must read
// the value or Fail.
func (s *Scanner) Object(limit, keyLimit int, value func(key string)) {
	s.want('{')
	if s.take('}') {
		return
	}
	var few []string // keys so far, up to a number that is faster looked through
	var many map[string]bool
	seen := func(key string) bool {
		if many != nil {
			again := many[key]
			many[key] = true
			return again
		}
		for _, k := range few {
			if k == key {
				return true
			}
		}
		if few = append(few, key); len(few) > 16 {
			many = make(map[string]bool, 2*len(few))
			for _, k := range few {
				many[k] = true
			}
		}
		return false
	}
	for n := 1; s.err == nil; n++ {
		if n > limit {
			s.Fail(fmt.Errorf("%w: the limit is %d keys", ErrLimit, limit))
			return
		}
		key := s.String(keyLimit)
		if s.err == nil && seen(key) {
			s.Fail(fmt.Errorf("%w: %q", ErrDuplicate, key))
		}
		s.want(':')
		if s.err != nil {
			return
		}
		value(key)
		if !s.take(',') {
			s.want('}')
			return
		}
	}
}

// Unknown fails because of a key that should not be there.
func (s *Scanner) Unknown(key string) { s.Fail(fmt.Errorf("%w: unknown key %q", ErrSyntax, key)) }

// Array reads an array of at most limit values. For each it calls value, which must read it or Fail.
func (s *Scanner) Array(limit int, value func()) {
	s.want('[')
	if s.take(']') {
		return
	}
	for n := 1; s.err == nil; n++ {
		if n > limit {
			s.Fail(fmt.Errorf("%w: the limit is %d values", ErrLimit, limit))
			return
		}
		value()
		if !s.take(',') {
			s.want(']')
			return
		}
	}
}

// String reads a string of at most limit bytes, counted before escapes are resolved. It is valid UTF-8.
func (s *Scanner) String(limit int) string {
	s.want('"')
	if s.err != nil {
		return ""
	}
	start, escaped := s.pos, false
	for s.pos < len(s.text) && s.text[s.pos] != '"' {
		switch c := s.text[s.pos]; {
		case c < ' ':
			s.syntax("a character of a string")
			return ""
		case c == '\\':
			escaped = true
			s.pos++
		}
		s.pos++
	}
	if s.pos >= len(s.text) {
		s.pos = len(s.text)
		s.syntax("the end of a string")
		return ""
	}
	raw := s.text[start:s.pos]
	s.pos++
	switch {
	case len(raw) > limit:
		s.Fail(fmt.Errorf("%w: a string of %d bytes, the limit is %d", ErrLimit, len(raw), limit))
	case !utf8.ValidString(raw):
		s.Fail(fmt.Errorf("%w: a string that is not UTF-8", ErrSyntax))
	case !escaped:
		return raw
	default:
		return s.unescape(start)
	}
	return ""
}

// unescape resolves the escapes of the string that has just been read, whose first byte is at start. What is no escape,
// and half a surrogate pair, which encoding/json would replace, are errors.
func (s *Scanner) unescape(start int) string {
	var out string
	literal := s.text[start-1 : s.pos]
	if err := json.Unmarshal([]byte(literal), &out); err != nil {
		s.Fail(fmt.Errorf("%w: a string with a wrong escape", ErrSyntax))
		return ""
	}
	replaced := 0 // U+FFFD that stand in the text themselves
	for i := 0; i < len(literal); {
		r, size := utf8.DecodeRuneInString(literal[i:])
		if r == utf8.RuneError {
			replaced++
		} else if r == '\\' && i+6 <= len(literal) && literal[i+1] == 'u' {
			if v, err := strconv.ParseUint(literal[i+2:i+6], 16, 16); err == nil && v == utf8.RuneError {
				replaced++
			}
			size = 6
		} else if r == '\\' {
			size = 2
		}
		i += size
	}
	for _, r := range out {
		if r == utf8.RuneError {
			replaced--
		}
	}
	if replaced != 0 {
		s.Fail(fmt.Errorf("%w: half a surrogate pair", ErrSyntax))
		return ""
	}
	return out
}

// Raw returns the text of the next value, of at most limit bytes, of which nothing is checked but that brackets and
// quotes end.
func (s *Scanner) Raw(limit int) string {
	if s.err != nil {
		return ""
	}
	s.skip()
	start, depth := s.pos, 0
	for s.pos < len(s.text) {
		switch c := s.text[s.pos]; c {
		case '"':
			if s.String(limit); s.err != nil {
				return ""
			}
			s.pos--
		case '[', '{':
			depth++
		case ']', '}', ',':
			if depth == 0 {
				return s.raw(start, limit)
			}
			if c != ',' {
				depth--
			}
		}
		s.pos++
	}
	s.syntax("the end of a value")
	return ""
}

func (s *Scanner) raw(start, limit int) string {
	switch {
	case s.pos == start:
		s.syntax("a value")
		return ""
	case s.pos-start > limit:
		s.Fail(fmt.Errorf("%w: a value of %d bytes, the limit is %d", ErrLimit, s.pos-start, limit))
		return ""
	}
	return s.text[start:s.pos]
}

// number takes a JSON number (RFC 8259): an optional minus, digits without leading zeros, a fraction, an exponent.
func (s *Scanner) number() string {
	if s.err != nil {
		return ""
	}
	s.skip()
	start := s.pos
	more := func(c byte) bool {
		if s.pos < len(s.text) && s.text[s.pos] == c {
			s.pos++
			return true
		}
		return false
	}
	digits := func() bool {
		first := s.pos
		for s.pos < len(s.text) && s.text[s.pos] >= '0' && s.text[s.pos] <= '9' {
			s.pos++
		}
		return s.pos > first
	}
	more('-')
	ok := more('0') || digits()
	if ok && more('.') {
		ok = digits()
	}
	if ok && (more('e') || more('E')) {
		if !more('+') {
			more('-')
		}
		ok = digits()
	}
	const longest = 64 // enough for every number that is wanted
	if !ok || s.pos-start > longest {
		s.syntax("a number")
		return ""
	}
	return s.text[start:s.pos]
}

// Uint reads an integer without sign, fraction and exponent, of at most limit.
func (s *Scanner) Uint(limit uint64) uint64 {
	text := s.number()
	if s.err != nil {
		return 0
	}
	v, err := strconv.ParseUint(text, 10, 64)
	switch {
	case errors.Is(err, strconv.ErrRange) || err == nil && v > limit:
		s.Fail(fmt.Errorf("%w: %s, the limit is %d", ErrLimit, text, limit))
		return 0
	case err != nil:
		s.Fail(fmt.Errorf("%w: %s is not a count", ErrSyntax, text))
		return 0
	}
	return v
}

// Floats reads an array of at most limit numbers, by Float32.
func (s *Scanner) Floats(limit int) []float32 {
	rest := s.text[s.pos:]
	if end := strings.IndexByte(rest, ']'); end >= 0 {
		rest = rest[:end]
	}
	values := make([]float32, 0, min(strings.Count(rest, ",")+1, limit))
	s.Array(limit, func() { values = append(values, s.Float32()) })
	if s.err != nil {
		return nil
	}
	return values
}

// Float32 reads a number and returns the nearest float32, which is finite.
func (s *Scanner) Float32() float32 {
	text := s.number()
	if s.err != nil {
		return 0
	}
	v, err := strconv.ParseFloat(text, 32)
	if err != nil || math.IsInf(v, 0) {
		s.Fail(fmt.Errorf("%w: %s is beyond float32", ErrSyntax, text))
		return 0
	}
	return float32(v)
}
