package dataset

import (
	"compress/gzip"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// drain opens data as a format and reads it to its end, checking that every error is an *Error. It returns the rows'
// texts or numbers, one after another.
func drain(t *testing.T, data string, opt Options) (texts []string, numbers []float32, err error) {
	t.Helper()
	checkAllocation(t, data, opt)
	r, err := NewReader("fuzz", strings.NewReader(data), opt)
	for err == nil {
		var row Row
		if row, err = r.Next(); err == nil {
			texts = append(texts, row.Text...)
			numbers = append(numbers, row.Numbers...)
			if len(row.Text)+len(row.Numbers) != len(r.Columns()) {
				t.Fatalf("%d texts and %d numbers in %d columns", len(row.Text), len(row.Numbers), len(r.Columns()))
			}
			for i := range r.Columns() {
				text := r.Text(i)
				if row.Numbers != nil {
					checkText32(t, text, row.Numbers[i])
				}
			}
		}
	}
	if err == io.EOF {
		err = nil
	}
	var e *Error
	if err != nil && !errors.As(err, &e) {
		t.Fatalf("error %v (%T)", err, err)
	}
	return texts, numbers, err
}

// checkText32 checks that the text of an element is the number that it was rounded to.
func checkText32(t *testing.T, text string, v float32) {
	t.Helper()
	if text == "" {
		if v == v {
			t.Fatalf("%g has no text", v)
		}
		return
	}
	// The shortest digits of a float64 are not the number itself, but read back to it. Integers have all their digits.
	exact, err := strconv.ParseFloat(text, 64)
	want := float32(exact)
	if strings.Trim(text, "-0123456789") == "" {
		var single float64
		single, err = strconv.ParseFloat(text, 32)
		want = float32(single)
	}
	if err != nil || math.Float32bits(v) != math.Float32bits(want) {
		t.Fatalf("%s is read as %g (%v)", text, v, err)
	}
}

// What a Reader may allocate from its opening to its end, garbage included: so much for buffers, for each byte of the
// (uncompressed) data, and for each column, of which a byte or two may be all that is in the data.
const (
	allocationConstant  = 1 << 20
	allocationPerByte   = 8
	allocationPerColumn = 768
)

// checkAllocation checks that reading data allocates in proportion to it.
func checkAllocation(t testing.TB, data string, opt Options) {
	t.Helper()
	size := int64(len(data))
	if z, err := gzip.NewReader(strings.NewReader(data)); err == nil {
		if n, _ := io.Copy(io.Discard, z); n > size {
			size = n
		}
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	r, err := NewReader("fuzz", strings.NewReader(data), opt)
	columns := 0
	if err == nil {
		columns = len(r.Columns())
	} else if opt.Format != FormatNPY && opt.Format != FormatIDX {
		columns = strings.Count(data, ",") + strings.Count(data, "\t") // of a first row that was refused
	}
	for err == nil {
		_, err = r.Next()
	}
	runtime.ReadMemStats(&after)
	got := int64(after.TotalAlloc - before.TotalAlloc)
	if limit := allocationConstant + allocationPerByte*size + allocationPerColumn*int64(columns); got > limit {
		t.Fatalf("%d bytes allocated for %d bytes with %d columns, more than %d", got, size, columns, limit)
	}
}

func FuzzCSV(f *testing.F) {
	for _, s := range []string{"a,b\n1,2\n",
		"\ufeffa,b\r\n\"1\n\"\"\",\r\n\r\n?,x", "1;2\n", "a\x00", "\"", "a,\"b\"c", "a,a\n",
		"\x1f\x8b\x08\x00", ",\n1,2\n", "\xff\xfea\x00"} {
		f.Add(s, uint8(0))
		f.Add(s, uint8(HeaderYes))
	}
	f.Fuzz(func(t *testing.T, data string, header uint8) {
		for _, format := range []Format{FormatAuto, FormatCSV, FormatTSV} {
			drain(t, data, Options{Format: format, Header: Header(header % 3)})
		}
	})
}

func FuzzJSONLines(f *testing.F) {
	for _, s := range []string{`{"a":1,"b":"x\u00e9\n","c":null}`, "{\"a\":true}\n\n{\"a\":-1.5e3,\"b\":[]}",
		`{"a":"\ud83d\ude00"}`,
		`{"a":{}}`, `{"a":[{"b":"]}\\"}],"c":[]}`, `{"a":[}`,
		`{"a":01}`, `{"a":1}x`, `{"a":1,}`, "{\"a\":1}\n{\"a\":\"\xff\"}", `{ "a" : false , "b":0 } `} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, data string) {
		drain(t, data, Options{Format: FormatJSONL})
		// One line against encoding/json.
		if strings.Contains(data, "\n") || strings.HasPrefix(data, "\x1f\x8b") {
			return
		}
		texts, _, err := drain(t, data, Options{Format: FormatJSONL})
		line := strings.TrimPrefix(data, byteOrderMark)
		if err == nil {
			var object map[string]any
			decoder := json.NewDecoder(strings.NewReader(line))
			decoder.UseNumber()
			if jerr := decoder.Decode(&object); jerr != nil {
				t.Fatalf("%q is read as %q, but encoding/json says %v", line, texts, jerr)
			}
			if len(object) < len(texts) {
				t.Fatalf("%q is read as %q, by encoding/json as %v", line, texts, object)
			}
			r, err := NewReader("fuzz", strings.NewReader(data), Options{Format: FormatJSONL})
			if err != nil {
				t.Fatal(err)
			}
			for i, name := range r.Columns() {
				v, ok := object[name]
				if !ok {
					continue // the name is trimmed
				}
				want := Null
				switch v := v.(type) {
				case string:
					want = v
				case json.Number:
					want = string(v)
				case bool:
					want = strconv.FormatBool(v)
				case map[string]any, []any:
					var got any
					nested := json.NewDecoder(strings.NewReader(strings.TrimPrefix(texts[i], nestedMark)))
					nested.UseNumber()
					if err := nested.Decode(&got); err != nil || !isNested(texts[i]) || !reflect.DeepEqual(got, v) {
						t.Fatalf("%q: %q is %q, want %v (%v)", line, name, texts[i], v, err)
					}
					continue
				}
				if texts[i] != want {
					t.Fatalf("%q: %q is %q, want %q", line, name, texts[i], want)
				}
			}
			return
		}
		var flat map[string]float64
		if json.Unmarshal([]byte(line), &flat) == nil && len(flat) > 0 && !strings.ContainsAny(line, "\\\xff\"") {
			t.Fatalf("%q is refused: %v", line, err)
		}
	})
}

func FuzzNPY(f *testing.F) {
	files, err := filepath.Glob("testdata/*.npy")
	if err != nil || len(files) == 0 {
		f.Fatal("no files", err)
	}
	for _, name := range files {
		b, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(b))
	}
	f.Add(npyFile("{'descr': '<f4', 'fortran_order': True, 'shape': (1000000, 1000000)}", "x"))
	f.Fuzz(func(t *testing.T, data string) {
		_, numbers, err := drain(t, data, Options{Format: FormatNPY})
		if err != nil || strings.HasPrefix(data, "\x1f\x8b") {
			return
		}
		if len(numbers) > len(data) {
			t.Fatalf("%d numbers from %d bytes", len(numbers), len(data))
		}
		// The same elements with rows first.
		r, err := NewReader("fuzz", strings.NewReader(data), Options{Format: FormatNPY})
		if err != nil {
			t.Fatal(err)
		}
		m := r.src.(*matrix)
		if !m.fortran {
			return
		}
		var elements []byte
		size := m.elem.Size
		for row := range int(m.rows) {
			for column := range m.cols {
				elements = append(elements, m.whole[(column*int(m.rows)+row)*size:][:size]...)
			}
		}
		order := "<"
		if m.elem.Big {
			order = ">"
		} else if size == 1 {
			order = "|"
		}
		_, again, err := drain(t, npyFile(fmt.Sprintf("{'descr': '%s%c%d', 'fortran_order': False, 'shape': (%d, %d)}", order,
			m.elem.Kind, size, m.rows, m.cols), string(elements)), Options{Format: FormatNPY})
		if err != nil || !sameNumbers(again, numbers) {
			t.Fatalf("columns first %v, rows first %v (%v)", numbers, again, err)
		}
	})
}

// sameNumbers is sameBits but for the kind of NaN.
func sameNumbers(a, b []float32) bool {
	return slices.EqualFunc(a, b, func(x, y float32) bool {
		return math.Float32bits(x) == math.Float32bits(y) || x != x && y != y
	})
}

func FuzzIDX(f *testing.F) {
	for _, s := range []string{idx(0x08, "abcd", 2, 2), idx(0x0d, "abcdefgh", 2), idx(0x0e, "abcdefgh", 1, 1, 1),
		idx(0x08, "a", 1<<31, 1<<19), idx(0x0b, "abc", 2), "\x00\x00\x08\xff"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, data string) {
		_, numbers, err := drain(t, data, Options{Format: FormatIDX})
		if strings.HasPrefix(data, "\x1f\x8b") {
			return
		}
		if len(numbers) > len(data) {
			t.Fatalf("%d numbers from %d bytes", len(numbers), len(data))
		}
		if again, aerr, ok := idxAsNPY(t, data); ok && ((err == nil) != (aerr == nil) || !sameNumbers(again, numbers)) {
			t.Fatalf("as IDX %v (%v), as NPY %v (%v)", numbers, err, again, aerr)
		}
	})
}

// idxAsNPY reads the elements of an IDX file after an NPY header, if there are such headers.
func idxAsNPY(t *testing.T, data string) (numbers []float32, err error, ok bool) {
	if len(data) < 4 || data[:2] != "\x00\x00" || data[3] > 32 || len(data) < 4+4*int(data[3]) {
		return nil, nil, false
	}
	descr := map[byte]string{0x08: "|u1", 0x09: "|i1", 0x0b: ">i2", 0x0c: ">i4", 0x0d: ">f4", 0x0e: ">f8"}[data[2]]
	if descr == "" {
		return nil, nil, false
	}
	var shape strings.Builder
	rest := data[4:]
	for range data[3] {
		fmt.Fprintf(&shape, "%d, ", binary.BigEndian.Uint32([]byte(rest)))
		rest = rest[4:]
	}
	_, numbers, err = drain(t, npyFile(fmt.Sprintf("{'descr': '%s', 'fortran_order': False, 'shape': (%s)}", descr,
		shape.String()), rest), Options{Format: FormatNPY})
	return numbers, err, true
}

func FuzzNumber(f *testing.F) {
	for _, s := range []string{"1", "-1.5e-3", "1e400", "0x1p3", "inf", "1_0", ".", "+.5", "1,5"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		v, ok := parseNumber(s)
		want, err := strconv.ParseFloat(s, 32)
		if ok && (err != nil || math.Float32bits(v) != math.Float32bits(float32(want)) || !finite(v)) {
			t.Fatalf("parseNumber(%q) = %g, strconv says %g, %v", s, v, want, err)
		}
		if !ok && err == nil && finite(float32(want)) && !strings.ContainsAny(s, "xX_") {
			t.Fatalf("parseNumber(%q) fails, strconv says %g", s, want)
		}
		if msg := notNumber(s); len(msg) > 500 {
			t.Fatalf("a message of %d bytes", len(msg))
		}
	})
}

// FuzzLearn checks that what is learned is a valid schema through which the same data is read as it was learned.
func FuzzLearn(f *testing.F) {
	for _, s := range []string{"a,b,y\n1,x,0\n2,y,1\n", "a,y\n1,a\n?,b\n3,c\n", "a,y\n1,1.5\n1e30,2.5\n",
		"a,y\nx,1\ny,01\nz,2\n"} {
		f.Add(s, uint8(0), "")
		f.Add(s, uint8(0xff), "a")
	}
	f.Fuzz(func(t *testing.T, data string, choices uint8, categorical string) {
		if len(data) > 1<<12 {
			return
		}
		cfg := Config{Target: "y", OnMissing: Rule(choices % 3), Task: Task(choices / 3 % 4),
			Standardize: Standardize(choices / 12 % 4), ValidationSplit: float64(choices%2) * 0.25}
		if categorical != "" {
			cfg.Categorical = []string{categorical}
		}
		opt := Options{Names: []string{"y"}}
		src, err := NewReader("fuzz", strings.NewReader(data), opt)
		if err != nil {
			return
		}
		table, err := Learn(src, cfg)
		if err != nil {
			var e *Error
			if !errors.As(err, &e) {
				t.Fatalf("error %v (%T)", err, err)
			}
			return
		}
		if err := table.Schema.Validate(); err != nil {
			t.Fatal(err)
		}
		src, err = NewReader("fuzz", strings.NewReader(data), opt)
		if err != nil {
			t.Fatal(err)
		}
		e, err := table.Schema.Encoder(src)
		if err != nil {
			t.Fatal(err)
		}
		x, y, err := e.ReadAll(src)
		if err != nil || !sameBits(x, table.X) || !sameBits(y, table.Y) || len(y) != table.Rows {
			t.Fatalf("%v: inputs %v and %v, targets %v and %v, schema %+v", err, x, table.X, y, table.Y, table.Schema)
		}
	})
}
