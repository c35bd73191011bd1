package dataset

import (
	"errors"
	"io"
	"reflect"
	"strings"
	"testing"

	"nnrt/internal/npy"
)

func TestCSV(t *testing.T) {
	yes := Options{Header: HeaderYes}
	for _, c := range []struct {
		name, text string
		opt        Options
		columns    []string
		rows       [][]string
	}{
		{"plain", "a,b\n1,2\n3,4\n", yes, []string{"a", "b"}, [][]string{{"1", "2"}, {"3", "4"}}},
		{"no last line end", "a,b\n1,2", yes, []string{"a", "b"}, [][]string{{"1", "2"}}},
		{"CRLF", "a,b\r\n1,2\r\n", yes, []string{"a", "b"}, [][]string{{"1", "2"}}},
		{"BOM", "\ufeffa,b\n1,2\n", yes, []string{"a", "b"}, [][]string{{"1", "2"}}},
		{"blank lines", "\n\na,b\n\n1,2\n\n\n3,4\n\n", yes, []string{"a", "b"}, [][]string{{"1", "2"}, {"3", "4"}}},
		{"quotes", "\"a,x\",\"b\"\"y\"\n\"1\n2\",\"\"\n", yes, []string{"a,x", `b"y`}, [][]string{{"1\n2", ""}}},
		{"spaces in names", " a ,\tb\n1,2\n", yes, []string{"a", "b"}, [][]string{{"1", "2"}}},
		{"a column without a name", ",b\n1,2\n", yes, []string{"c1", "b"}, [][]string{{"1", "2"}}},
		{"no header", "1,2\n3,4\n", Options{}, []string{"c1", "c2"}, [][]string{{"1", "2"}, {"3", "4"}}},
		{"header no", "a,b\nc,d\n", Options{Header: HeaderNo}, []string{"c1", "c2"}, [][]string{{"a", "b"}, {"c", "d"}}},
		{"header only", "a,b\n", Options{}, []string{"a", "b"}, nil},
		{"tabs", "a,x\tb\n1\t2\n", Options{Format: FormatTSV}, []string{"a,x", "b"}, [][]string{{"1", "2"}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			for name, text := range map[string]string{"x.csv": c.text, "x.csv.gz": compress(t, c.text)} {
				r := open(t, name, text, c.opt)
				rows, err := readRows(r)
				if err != nil || !reflect.DeepEqual(r.Columns(), c.columns) || !reflect.DeepEqual(rows, c.rows) {
					t.Errorf("%s: columns %q, rows %q, %v", name, r.Columns(), rows, err)
				}
			}
		})
	}
}

func TestCSVErrors(t *testing.T) {
	for _, c := range []struct {
		name, text string
		parts      []string
	}{
		{"empty", "", []string{"x.csv: no data"}},
		{"blank", "\n\r\n\n", []string{"x.csv: no data"}},
		{"a field too few", "a,b\n1,2\n\n3\n", []string{"x.csv: line 4: 1 fields", "first line has 2"}},
		{"a field too many", "a,b\n\"1\n1\",2\n3,4,5\n", []string{"x.csv: line 4: 3 fields", "first line has 2"}},
		{"bare quote", "a,b\n1,2\n3,4\"5\n", []string{"x.csv: line 3: a quote inside an unquoted field"}},
		{"wrong quote", "a,b\n1,\"2\"x\n", []string{"x.csv: line 2: a quoted field does not end", "byte 5"}},
		{"quote not closed", "a,b\n1,2\n3,\"4\n5,6\n", []string{"x.csv: line 3: a quoted field does not end"}},
		{"name twice", "a,b, a\n1,2,3\n", []string{`x.csv: line 1: column "a"`, "columns 1 and 3"}},
		{"given name twice", ",target,c1\n1,x,2\n", []string{`column "c1"`, "columns 1 and 3"}},
		{"name not UTF-8", "a,b\xff\nx,y\n", []string{"x.csv: line 1: the name of column 2", "UTF-8"}},
		{"NUL", "a,b\n1,2\n3,\x004\n", []string{"x.csv: line 3: a NUL byte"}},
		{"NUL in the header", "a,b\x00\n1,2\n", []string{"x.csv: line 1: a NUL byte"}},
		{"UTF-16", "\xff\xfea\x00,\x00b\x00\n\x00", []string{"UTF-16"}},
		{"UTF-16 big-endian", "\xfe\xff\x00a\x00,\x00b\x00\n", []string{"UTF-16"}},
		{"spreadsheet", "PK\x03\x04\x14\x00", []string{"spreadsheet"}},
		{"Parquet", "PAR1\x15\x04", []string{"Parquet"}},
		{"damaged gzip", "\x1f\x8b\x08\x00garbage that is no deflate stream", []string{"x.csv: the gzip stream is damaged"}},
		{"no gzip header", "\x1f\x8b\x00", []string{"x.csv: the gzip stream is damaged"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			r, err := NewReader("x.csv", strings.NewReader(c.text), Options{Names: []string{"target"}})
			if err == nil {
				_, err = readRows(r)
			}
			wantError(t, err, c.parts...)
		})
	}
}

func TestGzipCutOff(t *testing.T) {
	z := compress(t, "a,b\n"+strings.Repeat("1,2\n", 1000))
	r, err := NewReader("x.csv.gz", strings.NewReader(z[:len(z)-6]), Options{})
	if err == nil {
		_, err = readRows(r)
	}
	wantError(t, err, "gzip stream is damaged", "unexpected EOF")
}

func TestFailuresToReadAreNotErrorsOfTheData(t *testing.T) {
	failure := errors.New("the disk is gone")
	z := compress(t, "a,b\n"+strings.Repeat("1,2\n", 1000))
	for name, text := range map[string]string{
		"start": "", "csv": "a,b\n1,2\n3,", "header": "a,", "quoted": "a,b\n1,\"2\n", "jsonl": "{\"a\":1}\n{",
		"gzip": z[:len(z)-6], "gzip header": z[:5], "npy": npy.Magic + "\x01\x00", "idx": "\x00\x00\x08\x01\x00",
	} {
		t.Run(name, func(t *testing.T) {
			r, err := NewReader("x", io.MultiReader(strings.NewReader(text), failing{failure}), Options{})
			for err == nil {
				_, err = r.Next()
			}
			var e *Error
			if !errors.Is(err, failure) || errors.As(err, &e) {
				t.Errorf("error %v (%T)", err, err)
			}
		})
	}
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

// endless gives its text again and again, and counts.
type endless struct {
	text string
	read int
}

func (e *endless) Read(p []byte) (int, error) {
	n := 0
	for n < len(p) {
		n += copy(p[n:], e.text)
	}
	e.read += n
	return n, nil
}

func TestRecordsAreBounded(t *testing.T) {
	for name, c := range map[string]struct {
		start, text string
		part        string
	}{
		"a long line":    {"a,b\n1,2\n", strings.Repeat("x", 1000), "x: line 3: a line of more than 16777216 bytes"},
		"the first line": {"", strings.Repeat("x", 1000), "x: line 1: a line of more than 16777216 bytes"},
		"an open quote":  {"a,b\n1,\"", "some text\n", "x: line 2: a record of more than 16777216 bytes (a quote that is not closed?)"},
		"blank lines":    {"a,b\n", "\n\n\n\n", "a record of more than 16777216 bytes"},
		"fields":         {"a,b\n" + strings.Repeat(",", 1<<20) + "\n", "x", "x: line 2: a record of more than 1048576 fields"},
		"fields with a quote": {"a,b\n\"1\"" + strings.Repeat(",", 1<<20) + "\n", "x",
			"x: line 2: a record of more than 1048576 fields"},
		"a long line of JSON":   {"{\"a\":1}\n", "    ", "x: line 2: a line of more than 16777216 bytes"},
		"a long first object":   {"{\"a\":", "    ", "x: line 1: a line of more than 16777216 bytes"},
		"a long name of a JSON": {"{\"", "abcd", "a line of more than 16777216 bytes"},
	} {
		t.Run(name, func(t *testing.T) {
			e := &endless{text: c.text}
			r, err := NewReader("x", io.MultiReader(strings.NewReader(c.start), e), Options{})
			for err == nil {
				_, err = r.Next()
			}
			wantError(t, err, c.part)
			if e.read > MaxRecord+1<<20 {
				t.Errorf("it read %d bytes", e.read)
			}
		})
	}
}

func TestHeaderDetection(t *testing.T) {
	for _, c := range []struct {
		line  string
		names []string
		want  bool
	}{
		{"a,b,c", nil, true},
		{"a,b,3", nil, false},
		{"a,,c", nil, false},
		{"a,NA,c", nil, false},
		{"1,2,3", nil, false},
		{",a,2019", []string{"a"}, true},
		{"1,2,3", []string{"a"}, false},
		{"x,y,z", []string{"a"}, true},
		{"x,y,z", []string{"c3"}, false},
		{"c1,c2,c3", []string{"c3"}, true},
		{"x,y,z", []string{"c3", "car"}, true},
		{"0,1,2,label", []string{"0", "1", "2", "label"}, true},
		{"2,1,0", []string{"0", "1", "2", "label"}, true},
		{"0,1,2", []string{"0", "1", "2"}, true},
		{"0,0,5", []string{"0", "1", "2"}, false},
	} {
		r := open(t, "x.csv", c.line+"\n", Options{Names: c.names})
		if r.Named() != c.want {
			t.Errorf("%s with %q wanted: header %v", c.line, c.names, r.Named())
		}
	}
}

// nothing is a source that never gives anything more.
type nothing struct{ text string }

func (n *nothing) Read(b []byte) (int, error) {
	size := copy(b, n.text)
	n.text = ""
	return size, nil
}

func TestASourceThatGivesNothingEnds(t *testing.T) {
	for _, format := range []Format{FormatCSV, FormatJSONL} {
		text := "a,b\n1,2\n"
		if format == FormatJSONL {
			text = "{\"a\": 1}\n"
		}
		r, err := NewReader("x", &nothing{text}, Options{Format: format})
		for err == nil {
			_, err = r.Next()
		}
		if !errors.Is(err, io.ErrNoProgress) {
			t.Errorf("%v: error %v, want io.ErrNoProgress", format, err)
		}
	}
}
