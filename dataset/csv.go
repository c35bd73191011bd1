package dataset

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"errors"
	"io"
	"slices"
	"strings"
	"unicode/utf8"
)

// csvSource reads comma-separated values: RFC 4180 with LF or CRLF, quoted fields that may hold line ends, a last line
// with or without its end. Blank lines are skipped, wherever they are. All records have as many fields as the first.
type csvSource struct {
	r       *csv.Reader
	guard   *guard
	names   []string
	named   bool
	unnamed map[int]bool // columns whose name in the header is empty
	first   []string     // the first record, while it is still to be given as a row
	fields  []string
	line    int64
}

func openCSV(br *bufio.Reader, comma byte, header Header, wanted []string) (*csvSource, error) {
	g := &guard{in: br, comma: comma}
	s := &csvSource{r: csv.NewReader(g), guard: g}
	s.r.Comma = rune(comma)
	s.r.FieldsPerRecord = -1
	s.r.ReuseRecord = true
	first, err := s.record()
	if err == io.EOF {
		return nil, errorf("no data: nothing but blank lines")
	}
	if err != nil {
		return nil, place(err, "", s.line, 0)
	}
	s.names = make([]string, len(first))
	s.named = header == HeaderYes || header == HeaderAuto && isHeader(first, wanted)
	if !s.named {
		s.first = first
		for i := range s.names {
			s.names[i] = columnName(i)
		}
		return s, nil
	}
	if err = s.header(first); err != nil {
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
	if s.first != nil {
		s.fields, s.first = s.first, nil
	} else {
		record, err := s.record()
		if err != nil {
			return err
		}
		if len(record) != len(s.names) {
			return errorf("%d fields, but the first line has %d", len(record), len(s.names))
		}
		s.fields = record
	}
	row.Text = s.fields
	return nil
}

// record reads one record and sets the line it begins on.
func (s *csvSource) record() ([]string, error) {
	s.guard.begin(s.r.InputOffset())
	record, err := s.r.Read()
	if err == nil {
		line, _ := s.r.FieldPos(0)
		s.line = int64(line)
		return record, nil
	}
	if err == io.EOF {
		return nil, err
	}
	if e, ok := s.guard.err.(*Error); ok && e.Line == 0 && s.line > 0 {
		e.Msg = "the next record: " + e.Msg // where it begins is the csv.Reader's secret
	}
	if s.guard.err != nil {
		return nil, s.guard.err
	}
	var p *csv.ParseError
	if errors.As(err, &p) {
		s.line = int64(p.StartLine)
		if errors.Is(p.Err, csv.ErrQuote) {
			return nil, errorf("a quoted field does not end as it should: line %d, byte %d", p.Line, p.Column)
		}
		return nil, errorf("a quote inside an unquoted field, byte %d", p.Column)
	}
	return nil, err
}

func (s *csvSource) text(i int) string { return s.fields[i] }

func (s *csvSource) position() (line, row int64) { return s.line, 0 }

// guard passes bytes on to a csv.Reader, which by itself would buffer a record of any length, and stops it at a record
// that is too long or has too many fields, and at a NUL byte.
type guard struct {
	in     *bufio.Reader
	comma  byte
	read   int64 // bytes passed on
	limit  int64 // bytes that may be passed on before the record ends
	lines  int64 // line ends passed on
	commas int   // separators passed on since the record began
	err    error // why it stopped
}

// guardAhead is how far a csv.Reader may read beyond the record: the size of its buffer.
const guardAhead = 4096

// begin starts a record at the given offset.
func (g *guard) begin(offset int64) {
	g.limit = offset + MaxRecord + guardAhead
	g.commas = 0
}

func (g *guard) Read(p []byte) (int, error) {
	switch {
	case g.err != nil:
		return 0, g.err
	case g.read >= g.limit:
		g.err = errorf("a record of more than %d bytes (a quote that is not closed?)", MaxRecord)
		return 0, g.err
	case g.commas >= maxColumns+guardAhead:
		g.err = errorf("a record of more than %d fields", maxColumns)
		return 0, g.err
	}
	n, err := g.in.Read(p[:min(int64(len(p)), g.limit-g.read)])
	if i := bytes.IndexByte(p[:n], 0); i >= 0 {
		n = i
		e := errorf("a NUL byte: this is not text in UTF-8")
		e.Line = g.lines + int64(bytes.Count(p[:n], []byte{'\n'})) + 1
		err = e
	}
	g.read += int64(n)
	g.lines += int64(bytes.Count(p[:n], []byte{'\n'}))
	g.commas += bytes.Count(p[:n], []byte{g.comma})
	if err != io.EOF {
		g.err = err
	}
	return n, err
}
