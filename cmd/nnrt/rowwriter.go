package main

import (
	"encoding/binary"
	"encoding/json"
	"math"
	"strconv"
	"strings"
	"unicode/utf8"
)

// rowWriter turns predictions into bytes of one of the output formats. Any number of goroutines may use it.
type rowWriter struct {
	format string // csv, jsonl or npy
	ids    []string
	answers
	names []string
	keys  []string // jsonl: ,"name": for each of ids, prediction and names
	texts []string // the labels as they stand in the output
}

func newRowWriter(format string, ids []string, a *answers) *rowWriter {
	w := &rowWriter{format: format, ids: ids, answers: *a, names: a.names()}
	for _, l := range a.labels {
		if format == "csv" {
			l = csvField(l)
		} else {
			l = jsonText(l)
		}
		w.texts = append(w.texts, l)
	}
	for _, name := range w.columns() {
		w.keys = append(w.keys, ","+jsonText(name)+":")
	}
	return w
}

// columns returns the names of all columns: ids, the class, numbers.
func (w *rowWriter) columns() []string {
	columns := append([]string(nil), w.ids...)
	if w.labels != nil {
		columns = append(columns, "prediction")
	}
	return append(columns, w.names...)
}

// appendHeader adds what comes before the first row.
func (w *rowWriter) appendHeader(b []byte) []byte {
	if w.format != "csv" {
		return b
	}
	for i, name := range w.columns() {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, csvField(name)...)
	}
	return append(b, '\n')
}

// appendRow adds a row: the texts of its ids and its outputs y. values is working memory of w.width() elements.
func (w *rowWriter) appendRow(b []byte, ids []string, y, values []float32) []byte {
	w.values(values, y)
	switch w.format {
	case "csv":
		return w.appendCSV(b, ids, y, values)
	case "jsonl":
		return w.appendJSON(b, ids, y, values)
	}
	for _, v := range values {
		b = binary.LittleEndian.AppendUint32(b, math.Float32bits(v))
	}
	return b
}

func (w *rowWriter) appendCSV(b []byte, ids []string, y, values []float32) []byte {
	for _, id := range ids {
		b = append(append(b, csvField(id)...), ',')
	}
	if w.labels != nil {
		b = append(append(b, w.texts[w.class(y)]...), ',')
	}
	for _, v := range values {
		b = append(appendFloat32(b, v), ',')
	}
	b[len(b)-1] = '\n'
	return b
}

func (w *rowWriter) appendJSON(b []byte, ids []string, y, values []float32) []byte {
	start, keys := len(b), w.keys
	for _, id := range ids {
		b = append(append(b, keys[0]...), jsonText(id)...)
		keys = keys[1:]
	}
	if w.labels != nil {
		b = append(append(b, keys[0]...), w.texts[w.class(y)]...)
		keys = keys[1:]
	}
	for i, v := range values {
		b = append(b, keys[i]...)
		if f := float64(v); math.IsNaN(f) || math.IsInf(f, 0) {
			b = append(b, "null"...)
		} else {
			b = appendFloat32(b, v)
		}
	}
	b[start] = '{' // in the place of the first comma
	return append(b, '}', '\n')
}

// appendFloat32 adds the shortest digits that read back to the same float32.
func appendFloat32(b []byte, v float32) []byte {
	if math.IsInf(float64(v), 1) {
		return append(b, "Inf"...) // without the sign that Go gives it
	}
	return strconv.AppendFloat(b, float64(v), 'g', -1, 32)
}

// csvField quotes a field if it could be misread without quotes (RFC 4180).
func csvField(s string) string {
	if s == "" || !strings.ContainsAny(s, ",\"\r\n") && s[0] != ' ' && s[0] != '\t' {
		return s
	}
	return `"` + strings.ReplaceAll(s, `"`, `""`) + `"`
}

// jsonText returns a text in JSON. Bytes that are not UTF-8 become U+FFFD, since JSON has no others.
func jsonText(s string) string {
	for i := 0; i < len(s); i++ {
		if c := s[i]; c < ' ' || c == '"' || c == '\\' || c >= utf8.RuneSelf {
			var b strings.Builder
			encoder := json.NewEncoder(&b)
			encoder.SetEscapeHTML(false)
			if err := encoder.Encode(s); err != nil {
				panic(err) // a string always has a form in JSON
			}
			return strings.TrimSuffix(b.String(), "\n")
		}
	}
	return `"` + s + `"`
}
