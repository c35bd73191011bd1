package dataset

import (
	"bufio"
	"io"
	"math/bits"
	"slices"
	"strings"
	"unicode/utf8"
)

// csvSource reads comma-separated values: RFC 4180 with LF or CRLF, quoted fields that may hold line ends, a last line
// with or without its end. Blank lines are skipped, wherever they are. All records have as many fields as the first.
// It takes, refuses and returns what encoding/csv does, but faster, and within bounds.
type csvSource struct {
	lines   lineReader
	comma   byte
	names   []string
	named   bool
	unnamed map[int]bool // columns whose name in the header is empty
	first   bool         // fields holds the first record, which is still to be given as a row
	fields  []string
	line    int64  // on which the record begins
	size    int    // bytes of the record so far, with blank lines before it: a source of nothing else ends too
	quoted  []byte // a quoted field that is not one piece of the text
}

func openCSV(br *bufio.Reader, comma byte, header Header, wanted []string) (*csvSource, error) {
	s := &csvSource{lines: lineReader{in: br}, comma: comma}
	if err := s.record(); err == io.EOF {
		return nil, errorf("no data: nothing but blank lines")
	} else if err != nil {
		return nil, place(err, "", s.line, 0)
	}
	first := s.fields
	s.names = make([]string, len(first))
	s.named = header == HeaderYes || header == HeaderAuto && isHeader(first, wanted)
	if !s.named {
		s.first = true
		for i := range s.names {
			s.names[i] = columnName(i)
		}
		return s, nil
	}
	if err := s.header(first); err != nil {
		return nil, place(err, "", s.line, 0)
	}
	return s, nil
}

// isHeader decides whether the first record holds names, by the rule of Options.Header.
func isHeader(record, wanted []string) bool {
	fields := make(map[string]bool, len(record))
	for _, f := range record {
		fields[trim(f)] = true
	}
	numbers, found, numbered := 0, 0, 0
	for _, w := range wanted {
		if _, ok := parseNumber(w); ok {
			if numbers++; fields[w] {
				found++
			}
		} else if fields[w] {
			return true
		}
		if strings.HasPrefix(w, "c") && len(w) > 1 && digits(w, 1) == len(w)-1 {
			numbered++
		}
	}
	if numbers > 0 && found == numbers {
		return true
	}
	if len(wanted) > 0 && numbered == len(wanted) {
		return false
	}
	for f := range fields {
		if _, ok := parseNumber(f); ok || slices.Contains(defaultNA, f) {
			return false
		}
	}
	return true
}

// header takes the column names from the first record.
func (s *csvSource) header(record []string) error {
	s.unnamed = make(map[int]bool)
	at := make(map[string]int, len(record))
	for i, f := range record {
		name := strings.Clone(trim(f))
		if !utf8.ValidString(name) {
			return errorf("the name of column %d, %s, is not valid UTF-8", i+1, quote(name))
		}
		if name == "" {
			name = columnName(i)
			s.unnamed[i] = true
		}
		if j, ok := at[name]; ok {
			return columnErrorf(name, "the name is used twice, by columns %d and %d", j+1, i+1)
		}
		at[name] = i
		s.names[i] = name
	}
	return nil
}

func (s *csvSource) next(row *Row) error {
	if !s.first {
		if err := s.record(); err != nil {
			return err
		}
		if len(s.fields) != len(s.names) {
			return errorf("%d fields, but the first line has %d", len(s.fields), len(s.names))
		}
	}
	s.first = false
	row.Text = s.fields
	return nil
}

func (s *csvSource) ready() bool { return s.first || s.lines.ready() }

func (s *csvSource) text(i int) string { return s.fields[i] }

func (s *csvSource) position() (line, row int64) { return s.line, 0 }

// record reads the next record into fields and sets the line it begins on.
func (s *csvSource) record() error {
	s.fields, s.size = s.fields[:0], 0
	line := ""
	for line == "" {
		var err error
		if line, err = s.nextLine(); err != nil {
			return err
		}
		s.line = s.lines.number
	}
	if strings.IndexByte(line, '"') < 0 {
		return s.split(line)
	}
	return s.splitQuoted(line)
}

// nextLine returns the next line that may belong to the record.
func (s *csvSource) nextLine() (string, error) {
	line, err := s.lines.next()
	if s.size += len(line) + 1; err == nil && s.size > MaxRecord {
		err = errorf("a record of more than %d bytes (a quote that is not closed?)", MaxRecord)
	}
	return line, err
}

// split takes apart a record without quotes. It looks at eight bytes at a time: where they hold a comma, their
// exclusive or with eight commas holds a zero.
func (s *csvSource) split(line string) error {
	if len(line) >= maxColumns && strings.Count(line, string(rune(s.comma))) >= maxColumns {
		return tooManyFields()
	}
	const ones, low = 0x0101010101010101, 0x7f7f7f7f7f7f7f7f
	commas := uint64(s.comma) * ones
	start, i := 0, 0
	for ; i+8 <= len(line); i += 8 {
		x := word(line[i:]) ^ commas
		for zeros := ^((x&low + low) | x | low); zeros != 0; zeros &= zeros - 1 { // 0x80 for each zero
			end := i + bits.TrailingZeros64(zeros)/8
			s.fields = append(s.fields, line[start:end])
			start = end + 1
		}
	}
	for ; i < len(line); i++ {
		if line[i] == s.comma {
			s.fields = append(s.fields, line[start:i])
			start = i + 1
		}
	}
	s.fields = append(s.fields, line[start:])
	return nil
}

// word returns the first eight bytes of s, the first as the lowest.
func word(s string) uint64 {
	_ = s[7]
	return uint64(s[0]) | uint64(s[1])<<8 | uint64(s[2])<<16 | uint64(s[3])<<24 |
		uint64(s[4])<<32 | uint64(s[5])<<40 | uint64(s[6])<<48 | uint64(s[7])<<56
}

// splitQuoted takes apart a record whose first line has quotes.
func (s *csvSource) splitQuoted(line string) error {
	for at := 0; ; at++ {
		var field string
		if at < len(line) && line[at] == '"' {
			var err error
			if field, line, at, err = s.quotedField(line, at+1); err != nil {
				return err
			}
		} else {
			field = line[at:]
			if end := strings.IndexByte(field, s.comma); end >= 0 {
				field = field[:end]
			}
			if quote := strings.IndexByte(field, '"'); quote >= 0 {
				return errorf("a quote inside an unquoted field, byte %d", at+quote+1)
			}
			at += len(field)
		}
		if s.fields = append(s.fields, field); len(s.fields) > maxColumns {
			return tooManyFields()
		}
		if at == len(line) {
			return nil
		} // else line[at] is a comma
	}
}

// quotedField returns the field that begins at line[at], after its opening quote, and where it ends, which may be on
// another line: at the end of that or at a comma.
func (s *csvSource) quotedField(line string, at int) (field, endLine string, end int, err error) {
	s.quoted = s.quoted[:0]
	for {
		rest := line[at:]
		n := strings.IndexByte(rest, '"')
		if n < 0 {
			s.quoted = append(append(s.quoted, rest...), '\n')
			if line, err = s.continuation(len(line)); err != nil {
				return "", "", 0, err
			}
			at = 0
			continue
		}
		switch after := at + n + 1; {
		case after < len(line) && line[after] == '"': // two quotes stand for one
			s.quoted = append(s.quoted, line[at:after]...)
			at = after + 1
		case after < len(line) && line[after] != s.comma:
			return "", "", 0, wrongQuote(s.lines.number, after)
		case len(s.quoted) == 0:
			return rest[:n], line, after, nil
		default:
			return string(append(s.quoted, rest[:n]...)), line, after, nil
		}
	}
}

// continuation returns the line on which a quoted field goes on after a line of the given length.
func (s *csvSource) continuation(length int) (string, error) {
	number, end := s.lines.number, length+1
	if !s.lines.open {
		end++ // the end of a file that ends with a line end is after that
	}
	line, err := s.nextLine()
	if err == io.EOF || err == nil && line == "" && s.lines.open {
		err = wrongQuote(number, end)
	}
	return line, err
}

func wrongQuote(line int64, column int) error {
	return errorf("a quoted field does not end as it should: line %d, byte %d", line, column)
}

func tooManyFields() error { return errorf("a record of more than %d fields", maxColumns) }
