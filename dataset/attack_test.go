package dataset

import (
	"compress/gzip"
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"strings"
	"testing"
	"unicode/utf16"
)

// utf16Text returns a text in UTF-16 without a byte order mark.
func utf16Text(order binary.AppendByteOrder, text string) string {
	var b []byte
	for _, u := range utf16.Encode([]rune(text)) {
		b = order.AppendUint16(b, u)
	}
	return string(b)
}

// TestBadDataIsRefused learns from what others may send, by accident or not: each time an *Error says what is wrong,
// and, as far as it is in one place, where.
func TestBadDataIsRefused(t *testing.T) {
	const table = "a,y\n1,0\n2,1\n3,0\n"
	rows := func(values ...string) string { return "a,b,y\n" + strings.Join(values, "\n") + "\n" }
	cell := func(value string) string { return rows("1,1,0", "2,2,1", "3,3,0", value+",4,1") }
	npyOf := func(descr, order, shape, data string) string {
		return npyFile(fmt.Sprintf("{'descr': '%s', 'fortran_order': %s, 'shape': %s, }", descr, order, shape), data)
	}
	y, mean := Config{Target: "y"}, Config{Target: "y", OnMissing: RuleMean}
	last := func(column string) Config { return Config{Target: column} }
	for _, c := range []struct {
		name, file, data string
		cfg              Config
		parts            []string
	}{
		{"empty", "x.csv", "", y, []string{"x.csv: no data: the source is empty"}},
		{"empty JSON", "x.jsonl", "", y, []string{"x.jsonl: no data: the source is empty"}},
		{"empty NPY", "x.npy", "", y, []string{"x.npy: no data: the source is empty"}},
		{"empty IDX", "x.idx", "", y, []string{"x.idx: no data: the source is empty"}},
		{"empty gzip", "x.csv.gz", compress(t, ""), y, []string{"x.csv.gz: no data: the source is empty"}},
		{"blank", "x.csv", "\n\r\n", y, []string{"x.csv: no data: nothing but blank lines"}},
		{"a byte order mark only", "x.csv", byteOrderMark, y, []string{"x.csv: no data"}},
		{"header only", "x.csv", "a,y\n", y, []string{"x.csv: no rows"}},
		{"too few fields", "x.csv", table + "4\n", y, []string{"x.csv: line 5: 1 fields, but the first line has 2"}},
		{"too many fields", "x.csv", table + "4,1,2\n", y,
			[]string{"x.csv: line 5: 3 fields, but the first line has 2"}},
		{"unclosed quote", "x.csv", table + "\"4,1\n5,0\n", y, []string{"x.csv: line 5: a quoted field does not end"}},
		{"NUL", "x.csv", table + "4\x00,1\n", y, []string{"x.csv: line 5: a NUL byte"}},
		{"a NUL at the start", "x.csv", "\x00" + table, y, []string{"x.csv: line 1: a NUL byte"}},
		{"UTF-16 with a mark", "x.csv", "\xff\xfe" + utf16Text(binary.LittleEndian, table), y,
			[]string{"x.csv: this is UTF-16"}},
		{"big-endian, with a mark", "x.csv", "\xfe\xff" + utf16Text(binary.BigEndian, table), y,
			[]string{"this is UTF-16"}},
		{"UTF-16", "x.csv", utf16Text(binary.LittleEndian, table), y,
			[]string{"x.csv: this is UTF-16 text without a byte"}},
		{"big-endian", "x.csv", utf16Text(binary.BigEndian, table), y,
			[]string{"x.csv: this is UTF-16 text without a byte"}},
		{"UTF-16, no name", "x", utf16Text(binary.BigEndian, table), y,
			[]string{"x: this is UTF-16 text without a byte"}},
		{"UTF-16 JSON", "x.jsonl", utf16Text(binary.LittleEndian, "{\"a\":1}\n"), y,
			[]string{"x.jsonl: this is UTF-16"}},
		{"UTF-32", "x.csv", "\xff\xfe\x00\x00a\x00\x00\x00,\x00\x00\x00", y, []string{"x.csv: this is UTF-32"}},
		{"UTF-32, big-endian", "x", "\x00\x00\xfe\xff\x00\x00\x00a\x00\x00\x00,", y, []string{"x: this is UTF-32"}},
		{"a long line", "x.csv", table + strings.Repeat("4", MaxRecord+1) + ",1\n", y,
			[]string{"x.csv: line 5: a line of more than 16777216 bytes"}},
		{"a long value", "x.csv", rows("1,1,0", "2,2,1", "3,3,0", strings.Repeat("x", 1e6)+",4,1"), y,
			[]string{`x.csv: line 5: column "a": "xxxxx`, "(1000000 bytes) is not a number"}},

		{"no target", "x.csv", "a,b\n1,2\n", y,
			[]string{`x.csv: column "y": there is no such column (target)`, `"a", "b"`}},
		{"two columns of a name", "x.csv", "a,y,a\n1,0,2\n", y,
			[]string{`x.csv: line 1: column "a": the name is used twice, by columns 1 and 3`}},
		{"the target twice", "x.csv", "y,a,y\n1,0,2\n", y,
			[]string{`x.csv: line 1: column "y": the name is used twice`}},
		{"a column that is missing", "x.csv", rows("1,?,0", "2,NA,1", "3,,0"), mean,
			[]string{`x.csv: column "b": no values at all: --drop b leaves it out`}},
		{"a missing value", "x.csv", rows("1,1,0", "2, NA ,1"), y,
			[]string{`x.csv: line 3: column "b": a missing value ("NA")`}},
		{"a missing target", "x.csv", rows("1,1,0", "2,2,"), mean,
			[]string{`x.csv: line 3: column "y": the target is missing`}},
		{"one class", "x.csv", rows("1,1,0", "2,2,0"), y, []string{`x.csv: column "y": every row is of the class "0"`}},
		{"one class in two spellings", "x.csv", rows("1,1,0", "2,2,0.0"), y, []string{"every row is of the class"}},
		{"decimal comma", "x.csv", cell(`"1,5"`), y,
			[]string{`x.csv: line 5: column "a": "1,5" is not a number: the decimal sign is a point`}},
		{"1e400", "x.csv", cell("1e400"), y,
			[]string{`x.csv: line 5: column "a": "1e400" is beyond the range of float32`}},
		{"1e39", "x.csv", cell("-1e39"), y,
			[]string{`x.csv: line 5: column "a": "-1e39" is beyond the range of float32`}},
		{"nan", "x.csv", cell("nan"), y, []string{`x.csv: line 5: column "a": "nan" is not a finite number`}},
		{"-inf", "x.csv", cell("-inf"), y, []string{`x.csv: line 5: column "a": "-inf" is not a finite number`}},
		{"0x10", "x.csv", cell("0x10"), y, []string{`x.csv: line 5: column "a": "0x10" is not a decimal number`}},
		{"1_000", "x.csv", cell("1_000"), y, []string{`x.csv: line 5: column "a": "1_000" is not a number`}},
		{"full-width digits", "x.csv", cell("１"), y, []string{`x.csv: line 5: column "a": "１" is not a number`}},
		{"terminal escape", "x.csv", cell("\x1b[2J"), y,
			[]string{`x.csv: line 5: column "a": "\x1b[2J" is not a number`}},
		{"not UTF-8", "x.csv", rows("\xff,1,0"), y, []string{`x.csv: line 2: column "a": "\xff" is not valid UTF-8`}},
		{"target nan", "x.csv", rows("1,1,0.5", "2,2,nan"), Config{Target: "y", Task: TaskRegression, NA: []string{""}},
			[]string{`x.csv: line 3: column "y": "nan" is not a finite number`}},

		{"nested", "x.jsonl", `{"a":{"b":[1]},"y":0}`, y,
			[]string{`x.jsonl: line 1: column "a": a nested value, "{\"b\":[1]}"`}},
		{"nested target", "x.jsonl", `{"a":1,"y":[0]}`, y,
			[]string{`x.jsonl: line 1: column "y": a nested value, "[0]"`}},
		{"deep", "x.jsonl", `{"y":0,"a":` + strings.Repeat("[", 1<<20), y,
			[]string{"x.jsonl: line 1:", "is not JSON here"}},
		{"key twice", "x.jsonl", "{\"a\":1,\"y\":0}\n{\"a\":1,\"a\":2,\"y\":1}", y,
			[]string{`x.jsonl: line 2: column "a": the key is there twice`}},
		{"key twice, escaped", "x.jsonl", `{"a":1,"\u0061":2,"y":1}`, y,
			[]string{`line 1: column "a": the key is there twice`}},
		{"a key that comes late", "x.jsonl", "{\"y\":0,\"a\":1}\n{\"y\":1,\"b\":2}", y,
			[]string{`x.jsonl: line 2: column "b": a key that the first object lacks`}},
		{"an array", "x.jsonl", "[{\"a\":1}]", y,
			[]string{"x.jsonl: line 1: an array, where each line should be one object"}},
		{"NaN in JSON", "x.jsonl", `{"y":0,"a":NaN}`, y, []string{"x.jsonl: line 1:", "is not JSON here"}},

		{"objects", "x.npy", npyOf("|O", "False", "(2, 2)", "cposix\nsystem\n"), last("c2"),
			[]string{"x.npy: ", "Python objects"}},
		{"1e12 rows", "x.npy", npyOf("<f4", "False", "(1000000000000, 2)", strings.Repeat("\x00", 80)), last("c2"),
			[]string{"x.npy: row 10: the file ends after 10 of 1000000000000 rows"}},
		{"1e12 rows, columns first", "x.npy", npyOf("<f4", "True", "(1000000000000, 2)", strings.Repeat("x", 80)),
			last("c2"), []string{"x.npy: ", "8000000000000 bytes of values"}},
		{"1e12 columns", "x.npy", npyOf("<f4", "False", "(2, 1000000000000)", "x"), last("c2"),
			[]string{"more than 1048576 values"}},
		{"one dimension", "x.npy", npyOf("|u1", "False", "(2,)", "ab"), last("c1"),
			[]string{"no columns are left to learn from"}},
		{"NaN", "x.npy", npyOf(">f4", "False", "(1, 2)", "\x7f\xc0\x00\x00\x3f\x80\x00\x00"), last("c2"),
			[]string{`x.npy: row 1: column "c1": a missing value ("null")`}},
		{"infinity", "x.npy", npyOf(">f4", "False", "(1, 2)", "\x7f\x80\x00\x00\x3f\x80\x00\x00"), last("c2"),
			[]string{`x.npy: row 1: column "c1": +Inf is not finite`}},
		{"infinite target", "x.npy", npyOf(">f4", "False", "(1, 2)", "\x3f\x80\x00\x00\x7f\x80\x00\x00"),
			Config{Target: "c2", Task: TaskRegression},
			[]string{`x.npy: row 1: column "c2": "+Inf" is not a finite number`}},
		{"beyond float32", "x.npy", npyOf(">f8", "False", "(1, 2)", "\x7f\xef"+strings.Repeat("\x00", 14)),
			last("c2"), []string{`x.npy: row 1: column "c1": +Inf is not finite, or beyond the range of float32`}},
		{"IDX, rows missing", "x.idx", idx(0x08, "abcd", 4, 2), last("c2"),
			[]string{"x.idx: row 2: the file ends after 2 of 4 rows"}},
		{"IDX, rows too many", "x.idx", idx(0x08, "abcdefg", 3, 2), last("c2"),
			[]string{"x.idx: ", "goes on after the 3 rows"}},
		{"IDX, 2^32 rows", "x.idx", idx(0x08, "ab", 1<<32-1, 2), last("c2"),
			[]string{"the file ends after 1 of 4294967295 rows"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			checkAllocation(t, c.data, Options{Names: []string{"y"}})
			src, err := NewReader(c.file, strings.NewReader(c.data), Options{Names: []string{"y"}})
			if err == nil {
				_, err = Learn(src, c.cfg)
			}
			if err == nil {
				t.Fatal("accepted")
			}
			wantError(t, err, c.parts...)
		})
	}
}

// TestUnusualDataIsAccepted has what looks like an attack and is none.
func TestUnusualDataIsAccepted(t *testing.T) {
	for _, c := range []struct {
		name, file, data string
		want             []float32 // the first column
	}{
		{"byte order mark", "x.csv", byteOrderMark + "a,y\n1,0\n3,1\n", []float32{1, 3}},
		{"byte order mark of JSON", "x.jsonl", byteOrderMark + "{\"a\":1,\"y\":0}\n{\"a\":3,\"y\":1}\n",
			[]float32{1, 3}},
		{"constant column", "x.csv", "a,y\n5,0\n5,1\n", []float32{5, 5}},
		{"too small for float32", "x.csv", "a,y\n1e-400,0\n-1e-400,1\n", []float32{0, float32(math.Copysign(0, -1))}},
		{"zero times a power", "x.csv", "a,y\n0e999999999,0\n1,1\n", []float32{0, 1}},
		{"digits without end", "x.csv", "a,y\n0." + strings.Repeat("3", 1e6) + ",0\n1,1\n", []float32{1.0 / 3, 1}},
		{"nested, not used", "x.jsonl", "{\"a\":1,\"y\":0,\"z\":{\"a\":[]}}\n{\"a\":3,\"y\":1}\n", []float32{1, 3}},
		{"big-endian, columns first", "x.npy", npyFile("{'descr': '>f4', 'fortran_order': True, 'shape': (2, 2)}",
			"\x3f\x80\x00\x00\x40\x40\x00\x00\x00\x00\x00\x00\x3f\x80\x00\x00"), []float32{1, 3}},
	} {
		t.Run(c.name, func(t *testing.T) {
			cfg := Config{Target: "y", Drop: []string{"z"}, Standardize: NoScaling}
			if strings.HasSuffix(c.file, ".npy") {
				cfg.Target = "c2"
			}
			if !strings.Contains(c.data, `"z"`) {
				cfg.Drop = nil
			}
			table, err := Learn(open(t, c.file, c.data, Options{Names: []string{"y"}}), cfg)
			if err != nil {
				t.Fatal(err)
			}
			if !sameBits(table.X, c.want) || !sameBits(table.Y, []float32{0, 1}) {
				t.Errorf("inputs %v, targets %v", table.X, table.Y)
			}
		})
	}
}

// bomb returns a gzip stream of a text that is followed by another so many times, a MiB of it at a time.
func bomb(start, repeated string, mebibytes int) io.Reader {
	in, out := io.Pipe()
	go func() {
		z, _ := gzip.NewWriterLevel(out, gzip.BestSpeed)
		io.WriteString(z, start)
		block := strings.Repeat(repeated, 1<<20/len(repeated))
		for range mebibytes {
			if _, err := io.WriteString(z, block); err != nil {
				return // nobody reads on
			}
		}
		out.CloseWithError(z.Close())
	}()
	return in
}

// TestGzipBombs: streaming takes any of them in constant memory; what keeps all rows stops after 64 MiB.
func TestGzipBombs(t *testing.T) {
	if testing.Short() {
		t.Skip("compressing takes long on emulators")
	}
	line := strings.Repeat("x", 1<<16-3) + ",1\n"
	columnsFirst := npyFile("{'descr': '|u1', 'fortran_order': True, 'shape': (1000000000000, 1)}", "")
	text := Options{Header: HeaderYes}
	schema := &Schema{Features: []Feature{{Name: "a", Scale: 1, Column: 1}}, Columns: 2, Named: true,
		Target: Target{Name: "y", Column: 0, Task: TaskRegression, Scale: 1}}
	for name, use := range map[string]func() error{
		"Learn": func() error {
			r, err := NewReader("x", bomb("a,junk,y\n", "1,"+line[2:], 1<<20), text)
			if err == nil {
				_, err = Learn(r, Config{Target: "y", Drop: []string{"junk"}})
			}
			return err
		},
		"ReadAll": func() error {
			r, err := NewReader("x", bomb("y,a,junk\n", "1,1,"+line[4:len(line)-3]+"\n", 1<<20), text)
			if err != nil {
				return err
			}
			e, err := schema.Encoder(r)
			if err == nil {
				_, _, err = e.ReadAll(r)
			}
			return err
		},
		"columns first": func() error {
			_, err := NewReader("x", bomb(columnsFirst, "\x00", 1<<20), Options{})
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			wantError(t, use(), "x: ", "compressed by gzip have become 6", "unpack the file first")
		})
	}
	r, err := NewReader("x", bomb("junk,y\n", line, 100), text)
	rows := 0
	for err == nil {
		if _, err = r.Next(); err == nil {
			rows++
		}
	}
	if err != io.EOF || rows != 100*16 {
		t.Errorf("streaming: %d rows, %v", rows, err)
	}
}

// TestInputsAreBounded: categories by the thousand are refused before there is memory for them, and so are columns.
func TestInputsAreBounded(t *testing.T) {
	var b strings.Builder
	b.WriteString("y")
	for i := range 100 {
		fmt.Fprintf(&b, ",a%d", i)
	}
	for r := range 100 {
		fmt.Fprintf(&b, "\n%d%s", r%2, strings.Repeat(fmt.Sprintf(",x%d", r), 100))
	}
	learn := func(cfg Config) error {
		_, err := Learn(open(t, "x.csv", b.String(), Options{}), cfg)
		return err
	}
	wantError(t, learn(Config{Target: "y", MaxInputs: 9999}), "x.csv: the columns make more inputs (each category is one) "+
		"than the 9999 of a model: --features or --drop lessen them")
	wantError(t, learn(Config{Target: "y", MaxInputs: 99}), "x.csv: the columns make more inputs than the 99 of a model:")
	if err := learn(Config{Target: "y", MaxInputs: 10000}); err != nil {
		t.Error(err)
	}
	for _, most := range []int{-1, MaxInputs + 1} {
		if err := learn(Config{Target: "y", MaxInputs: most}); err == nil || !strings.Contains(err.Error(), "at most") {
			t.Errorf("%d inputs: %v", most, err)
		}
	}
}

// TestAllocationIsInProportion reads what makes much of few bytes.
func TestAllocationIsInProportion(t *testing.T) {
	n := 1 << 17
	if testing.Short() {
		n = 1 << 13 // an emulator is slow
	}
	columnsFirst := func(rows, columns int) string {
		return npyFile(fmt.Sprintf("{'descr': '|u1', 'fortran_order': True, 'shape': (%d, %d)}", rows, columns),
			strings.Repeat("x", rows*columns))
	}
	named, keys := "y", `{"y":1`
	var names, members strings.Builder
	for i := range n {
		fmt.Fprintf(&names, ",%x", i)
		fmt.Fprintf(&members, `,"%x":1`, i)
	}
	named += names.String() + "\n"
	keys += members.String() + "}\n{}\n"
	for name, data := range map[string]string{
		"names":               named,
		"no names":            strings.Repeat(",", n) + "\n",
		"names twice":         named[:len(named)-1] + ",y\n",
		"keys":                keys,
		"keys twice":          keys[:len(keys)-5] + `,"y":1}`,
		"a row of bytes":      idx(0x08, strings.Repeat("x", n), 1, uint32(n)),
		"columns first":       columnsFirst(1, n),
		"rows, columns first": columnsFirst(32*n, 1),
		"rows":                "a,b\n" + strings.Repeat("1,2\n", 8*n),
		"quotes":              "a,b\n" + strings.Repeat("\"\"\"\",\"\"\n", 8*n),
		"a line":              strings.Repeat("x", 120*n),
		"a quoted field":      "a,b\n\"" + strings.Repeat("x\n", 56*n) + "\",1",
		"a field of quotes":   "a,b\n\"" + strings.Repeat("\"\"", 56*n) + "\",1",
		"objects":             strings.Repeat("{\"a\":1}\n", 8*n),
		"escapes":             strings.Repeat("{\"a\":\"\\n\",\"b\":\"\\t\"}\n", 2*n),
		"a text of escapes":   "{\"a\":\"" + strings.Repeat("\\n", 56*n) + "\"}",
		"nesting":             "{\"a\":" + strings.Repeat("[1,", 9999) + "1" + strings.Repeat("]", 9999) + "}",
		"gzip":                compress(t, "a,b\n"+strings.Repeat("1,2\n", 8*n)),
	} {
		t.Run(name, func(t *testing.T) {
			checkAllocation(t, data, Options{Header: HeaderYes})
		})
	}
}
