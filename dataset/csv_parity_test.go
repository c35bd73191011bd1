package dataset

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
)

// csvRecord is a record and the line it begins on.
type csvRecord struct {
	line   int64
	fields []string
}

// libraryRecords reads a text with encoding/csv.
func libraryRecords(text string, comma byte) (records []csvRecord, end error) {
	r := csv.NewReader(strings.NewReader(text))
	r.Comma = rune(comma)
	r.FieldsPerRecord = -1
	for {
		fields, err := r.Read()
		var p *csv.ParseError
		switch {
		case err == nil:
			line, _ := r.FieldPos(0)
			records = append(records, csvRecord{int64(line), fields})
		case err == io.EOF:
			return records, err
		case errors.As(err, &p) && p.Err == csv.ErrQuote:
			return records, fmt.Errorf("line %d: a quoted field does not end as it should: line %d, byte %d",
				p.StartLine, p.Line, p.Column)
		case errors.As(err, &p) && p.Err == csv.ErrBareQuote:
			return records, fmt.Errorf("line %d: a quote inside an unquoted field, byte %d", p.StartLine, p.Column)
		default:
			return records, err
		}
	}
}

// ownRecords reads a text with a csvSource, which works in the given room.
func ownRecords(in io.Reader, comma byte, room []byte) (records []csvRecord, end error) {
	s := &csvSource{lines: lineReader{in: in, part: room[:0]}, comma: comma}
	for {
		if err := s.record(); err != nil {
			line, _ := s.position()
			return records, place(err, "", line, 0)
		}
		records = append(records, csvRecord{s.line, slices.Clone(s.fields)})
	}
}

// room is enough for a csvSource and the short texts of these tests.
var room = make([]byte, 2*readAhead)

// sameRecords checks that both read a text alike, to the text of the error, however it comes in.
func sameRecords(t *testing.T, text string, comma byte) {
	t.Helper()
	want, wantEnd := libraryRecords(text, comma)
	for i, in := range []io.Reader{
		strings.NewReader(text),
		iotest.OneByteReader(strings.NewReader(text)),
		iotest.HalfReader(strings.NewReader(text)),
		iotest.DataErrReader(strings.NewReader(text)),
	} {
		got, end := ownRecords(in, comma, room)
		if end.Error() != wantEnd.Error() || !slices.EqualFunc(got, want, func(a, b csvRecord) bool {
			return a.line == b.line && slices.Equal(a.fields, b.fields)
		}) {
			t.Fatalf("%q is read (way %d) as %q and then %v, by encoding/csv as %q and then %v", text, i, got, end, want,
				wantEnd)
		}
	}
}

// TestCSVIsReadAsByTheLibrary goes over all short texts of the bytes that mean something, over texts long enough to be
// looked at in words of eight bytes, and over real files.
func TestCSVIsReadAsByTheLibrary(t *testing.T) {
	const alphabet = "a,\"\n\r"
	longest := 6
	if testing.Short() {
		longest = 5
	}
	texts := []string{""}
	for range longest {
		var longer []string
		for _, text := range texts {
			for _, c := range alphabet {
				longer = append(longer, text+string(c))
			}
		}
		texts = longer
		for _, text := range texts {
			sameRecords(t, text, ',')
		}
	}
	for length := range 20 {
		for at := range length {
			for _, c := range []string{",", "\"", "\n", "\r", "\xac", "\xad", "-", "\t"} { // a comma is 0x2c
				text := strings.Repeat("x", at) + c + strings.Repeat("x", length-at-1)
				for _, comma := range []byte{',', '\t'} {
					sameRecords(t, text, comma)
					sameRecords(t, strings.ReplaceAll(text, "x", ","), comma)
					sameRecords(t, text+","+text+"\r\n"+text, comma)
				}
			}
		}
	}
	files, err := filepath.Glob("../examples/data/*.csv")
	if err != nil || len(files) == 0 {
		t.Fatal("no files", err)
	}
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		sameRecords(t, string(text), ',')
	}
}

func FuzzCSVIsReadAsByTheLibrary(f *testing.F) {
	for _, s := range []string{"a,b\n1,2\n", "a,b\r\n\r\n\"1\n\"\"\",\r\n?,x", "\"", "a,\"b\"c", "a\"b,c\n",
		"\"a\r\n\r\n\"\r\nb\r", "1,\"2\n3", "\"\"\"\"\"\",\"\"\n,,,\n", "1,\"2\n\r",
		"id,some text that is longer than a word,3.5e-3\r\n,,,,,,,,,,,\n", "\xff,\xc3\xa9\xac\xad\n"} {
		f.Add(s, false)
		f.Add(s, true)
	}
	f.Fuzz(func(t *testing.T, text string, tabs bool) {
		if strings.Contains(text, "\x00") {
			return // which encoding/csv takes
		}
		comma := byte(',')
		if tabs {
			comma = '\t'
		}
		sameRecords(t, text, comma)
	})
}

// TestRowsComeWithTheirLineEnd sends each row only after the one before was read, as a program may that waits for an
// answer.
func TestRowsComeWithTheirLineEnd(t *testing.T) {
	in, out := io.Pipe()
	var r *Reader
	for i, c := range []struct {
		send string
		want []string
	}{
		{"a,b\n1,2\n", []string{"1", "2"}},
		{"3,\"\n\"\"4\"\n", []string{"3", "\n\"4"}},
		{"\n\r\n5,\r\n\r\n", []string{"5", ""}},
	} {
		go io.WriteString(out, c.send)
		if i == 0 {
			var err error
			if r, err = NewReader("x", in, Options{Header: HeaderYes}); err != nil {
				t.Fatal(err)
			}
		}
		row, err := r.Next()
		if err != nil || !slices.Equal(row.Text, c.want) {
			t.Fatalf("%q, %v, want %q", row.Text, err, c.want)
		}
		if r.Ready() {
			t.Errorf("another row is ready after %q", c.want)
		}
	}
}
