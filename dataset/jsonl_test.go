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
		{first + `{"a":{"x":1}}`, []string{`line 2: column "a": a nested value`}},
		{first + `{"b":[1]}`, []string{`line 2: column "b": a nested value`}},
		{first + `{"z":[1]}`, []string{`line 2: column "z": a nested value`}},
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
		{first + "{\"a\":\"\x00\"}", []string{"a control character"}},
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
