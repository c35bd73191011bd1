package dataset

import (
	"reflect"
	"strings"
	"testing"
)

func TestJSONLines(t *testing.T) {
	for _, c := range []struct {
		name, text string
		columns    []string
		rows       [][]string
	}{
		{"values", `{"n":-1.50e+3,"t":"x y","yes":true,"no":false,"none":null}`, []string{"n", "t", "yes", "no", "none"},
			[][]string{{"-1.50e+3", "x y", "true", "false", Null}}},
		{"order and missing keys", "{\"a\":1,\"b\":2}\n{\"b\":3,\"a\":4}\n{\"b\":5}\n{}\n", []string{"a", "b"},
			[][]string{{"1", "2"}, {"4", "3"}, {Null, "5"}, {Null, Null}}},
		{"later keys", "{\"a\":1}\n{\"z\":null,\"a\":2,\"z\":\"\\\"\"}", []string{"a"}, [][]string{{"1"}, {"2"}}},
		{"spaces and lines", "\ufeff \n\n { \"a\" : 1 ,\t\"b\":2 } \r\n\r\n{\"a\":3,\"b\":4}", []string{"a", "b"},
			[][]string{{"1", "2"}, {"3", "4"}}},
		{"escapes", `{"\u0061\n":"\"\\\/\b\f\n\r\t\u00e9\ud83d\ude00é\u005C"}`, []string{"a\n"},
			[][]string{{"\"\\/\b\f\n\r\té😀é\\"}}},
		{"big numbers", `{"a":123456789012345678901234567890,"b":1e400,"c":0.1000000000000000055511151231257827}`,
			[]string{"a", "b", "c"},
			[][]string{{"123456789012345678901234567890", "1e400", "0.1000000000000000055511151231257827"}}},
		{"empty text", `{"a":"","b":0}`, []string{"a", "b"}, [][]string{{"", "0"}}},
		{"spaces in keys", `{" a ":1}`, []string{"a"}, [][]string{{"1"}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, name := range []string{"x.jsonl", "x.ndjson.gz", "x.json", "x"} {
				r := open(t, name, c.text, Options{})
				rows, err := readRows(r)
				if err != nil || !reflect.DeepEqual(r.Columns(), c.columns) || !reflect.DeepEqual(rows, c.rows) {
					t.Errorf("%s: columns %q, rows %q, %v", name, r.Columns(), rows, err)
				}
			}
		})
	}
}

func TestJSONErrors(t *testing.T) {
	const first = "{\"a\":1,\"b\":2}\n"
	for _, c := range []struct {
		text  string
		parts []string
	}{
		{"", []string{"no data"}},
		{" \n\r\n", []string{"no data"}},
		{"{}", []string{"line 1: an object without keys"}},
		{`{"":1}`, []string{"line 1: an empty key"}},
		{"\n" + first + "[1,2]", []string{"x.jsonl: line 3: an array", `"[1,2]"`}},
		{first + "1,2", []string{"x.jsonl: line 2: a JSON object {…} should be here", `"1,2"`}},
		{first + `{"a":{"x":1}`, []string{"line 2: the object is cut off"}},
		{first + `{"a":[1}`, []string{`line 2: "[1}" is not JSON here`}},
		{first + `{"z":[1,]}`, []string{`line 2: "[1,]}" is not JSON here`}},
		{first + `{"z":["]}`, []string{"is not JSON here"}},
		{first + `{"z":` + strings.Repeat("[", 1<<20) + strings.Repeat("]", 1<<20) + `}`, []string{"is not JSON here"}},
		{`{"a":1,"a":2}`, []string{`line 1: column "a": the key is there twice`}},
		{first + `{"b":1,"b ":2}`, []string{`line 2: column "b": the key is there twice`}},
		{first + `{"a":1`, []string{"line 2: the object is cut off"}},
		{first + `{"a":`, []string{"line 2: the object is cut off"}},
		{first + `{"a`, []string{"line 2: a text without its closing quote"}},
		{first + `{`, []string{"line 2: the object is cut off"}},
		{first + `{"a":1} {"a":2}`, []string{`line 2: "{\"a\":2}" after the end of the object`}},
		{first + `{"a":1,}`, []string{`line 2: "}" is not JSON here`}},
		{first + `{,}`, []string{"line 2:", "is not JSON here"}},
		{first + `{"a" 1}`, []string{"line 2:", "is not JSON here"}},
		{first + `{"a":1 "b":2}`, []string{"line 2:", "is not JSON here"}},
		{first + `{a:1}`, []string{"line 2:", "is not JSON here"}},
		{first + `{"a":NaN}`, []string{"line 2:", `"NaN}" is not JSON here`}},
		{first + `{"a":nul}`, []string{"is not JSON here"}},
		{first + `{"a":truex}`, []string{"is not JSON here"}},
		{first + `{"a":01}`, []string{"is not JSON here"}},
		{first + `{"a":1.}`, []string{"is not JSON here"}},
		{first + `{"a":.5}`, []string{"is not JSON here"}},
		{first + `{"a":+5}`, []string{"is not JSON here"}},
		{first + `{"a":-}`, []string{"is not JSON here"}},
		{first + `{"a":-+1}`, []string{"is not JSON here"}},
		{first + `{"a":1e}`, []string{"is not JSON here"}},
		{first + `{"a":"\x"}`, []string{"line 2: a wrong escape"}},
		{first + `{"a":"\ud800"}`, []string{"a wrong escape"}},
		{first + `{"a":"\ud800\u0061"}`, []string{"a wrong escape"}},
		{first + `{"a":"\u12g4"}`, []string{"a wrong escape"}},
		{first + `{"a":"\`, []string{"a wrong escape"}},
		{first + `{"a":"\u0000"}`, []string{"a NUL in a text"}},
		{first + "{\"a\":\"\x00\"}", []string{"line 2: a NUL byte"}},
		{first + "{\"a\":\"\x01\"}", []string{"a control character"}},
		{first + "{\"a\":\"x\ty\"}", []string{"a control character"}},
		{first + "{\"a\":\"\xff\"}", []string{"line 2: not valid UTF-8"}},
	} {
		r, err := NewReader("x.jsonl", strings.NewReader(c.text), Options{})
		if err == nil {
			_, err = readRows(r)
		}
		if err == nil {
			t.Errorf("%q is accepted", c.text)
			continue
		}
		wantError(t, err, append(c.parts, "x.jsonl: ")...)
	}
}

// Arrays and objects are no values, but columns that are not used may hold them.
func TestJSONNested(t *testing.T) {
	const text = `{"a":1,"tags":["x","]"],"y":"no"}` + "\n" + `{"a":2,"y":"yes","z":{"q":[1,{"r":"\"}"}]}}` + "\n" +
		`{"a":3,"tags":{},"y":"no","z":[ ]}`
	const refused = `: only numbers, texts, true, false and null can be used`
	s := &Schema{Features: []Feature{{Name: "a", Scale: 1}}, Columns: 3, Named: true,
		Target: Target{Name: "y", Column: 2, Task: TaskBinary, Labels: []string{"no", "yes"}}}
	if err := s.Validate(); err != nil {
		t.Fatal(err)
	}
	r := open(t, "x.jsonl", text, Options{})
	e, err := s.Encoder(r)
	if err != nil {
		t.Fatal(err)
	}
	var tags []string
	for i := range 3 {
		row, err := r.Next()
		if err != nil {
			t.Fatal(err)
		}
		var x [1]float32
		y, _, err := e.Target(row)
		if e2 := e.EncodeRow(x[:], row); e2 != nil || err != nil || x[0] != float32(i+1) || y != float32(i%2) {
			t.Errorf("row %d: %v, %v, %v, %v", i+1, x, y, e2, err)
		}
		tags = append(tags, r.Text(1))
	}
	if want := []string{`["x","]"]`, "", "{}"}; !reflect.DeepEqual(tags, want) {
		t.Errorf("%q, want %q", tags, want)
	}

	// The same rows where the column is used: an error, whatever the rules for missing and unknown values.
	s.Features[0] = Feature{Name: "tags", Column: 1, Kind: Categorical, Categories: []string{"x"}}
	s.OnMissing, s.OnUnknown = RuleZero, RuleZero
	r = open(t, "x.jsonl", text, Options{})
	if e, err = s.Encoder(r); err != nil {
		t.Fatal(err)
	}
	_, _, err = e.ReadAll(r)
	wantError(t, err, `x.jsonl: line 1: column "tags": a nested value, "[\"x\",\"]\"]"`+refused)
	s.Features[0] = Feature{Name: "a", Scale: 1}
	s.Target = Target{Name: "tags", Column: 1, Task: TaskRegression, Scale: 1}
	r = open(t, "x.jsonl", text, Options{})
	if e, err = s.Encoder(r); err != nil {
		t.Fatal(err)
	}
	_, _, err = e.ReadAll(r)
	wantError(t, err, `x.jsonl: line 1: column "tags": a nested value`)

	learnable := `{"a":1,"tags":["x"],"y":"no"}` + "\n" + `{"a":2,"tags":{},"y":"yes"}`
	_, err = Learn(open(t, "x.jsonl", learnable, Options{}), Config{Target: "y"})
	wantError(t, err, `x.jsonl: line 1: column "tags": a nested value, "[\"x\"]"`+refused)
	if _, err = Learn(open(t, "x.jsonl", learnable, Options{}), Config{Target: "y", Drop: []string{"tags"}}); err != nil {
		t.Error(err)
	}
}
