package dataset

import (
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"nnrt/internal/npy"
)

// readNumbers returns the values of a source of numbers.
func readNumbers(r *Reader) (rows int, values []float32, err error) {
	for {
		row, err := r.Next()
		if err == io.EOF {
			return rows, values, nil
		}
		if err != nil {
			return rows, values, err
		}
		rows++
		values = append(values, row.Numbers...)
	}
}

// TestNPY compares with the float32 that NumPy makes of the same files.
func TestNPY(t *testing.T) {
	text, err := os.ReadFile("testdata/expected.txt")
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	if len(lines) < 25 {
		t.Fatalf("%d files", len(lines))
	}
	for _, line := range lines {
		var name string
		var rows, cols int
		if _, err := fmt.Sscan(line, &name, &rows, &cols); err != nil {
			t.Fatal(err)
		}
		var want []float32
		for _, h := range strings.Fields(line)[3:] {
			var b uint32
			fmt.Sscanf(h, "%x", &b)
			want = append(want, math.Float32frombits(b))
		}
		r, err := Open("testdata/"+name+".npy", Options{})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		n, got, err := readNumbers(r)
		r.Close()
		if err != nil || n != rows || len(r.Columns()) != cols || r.Columns()[cols-1] != fmt.Sprint("c", cols) || r.Named() {
			t.Errorf("%s: %d rows, columns %v, %v", name, n, r.Columns(), err)
		}
		for i := range want {
			if want[i] != want[i] {
				want[i], got[i] = 0, got[i]*0 // NaN times 0 is NaN
				if got[i] == got[i] {
					t.Errorf("%s: value %d is not NaN", name, i)
				}
				got[i] = 0
			}
		}
		if !sameBits(got, want) {
			t.Errorf("%s: %v, want %v", name, got, want)
		}
	}
}

func TestTextOfElements(t *testing.T) {
	for name, want := range map[string][]string{
		"i8": {"-9223372036854775808", "1", "9223372036854775807", "5", "100", "7"},
		"u8": {"0", "1", "18446744073709551615", "5", "100", "7"},
		"i1": {"-128", "1", "127", "5", "100", "7"},
		"b1": {"1", "0", "0", "1", "1", "1"},
		"f4": {"0.1", "-2.5", "3e-08", "65504", "", "1"},
		"f8": {"0.1", "-2.5", "3e-08", "65504", "", "1"},
	} {
		r, err := Open("testdata/"+name+".npy", Options{})
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for range 3 {
			if _, err := r.Next(); err != nil {
				t.Fatal(err)
			}
			got = append(got, r.Text(0), r.Text(1))
		}
		r.Close()
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
}

func TestNPYRefused(t *testing.T) {
	for name, part := range map[string]string{
		"scalar":        "a single value",
		"objects":       `"|O" (Python objects)`,
		"structured":    "structured type",
		"text":          `"<U1" (text)`,
		"bytes":         `"|S1" (bytes)`,
		"complex":       `"<c16" (complex numbers)`,
		"dates":         `"<M8[D]" (dates)`,
		"empty":         "shape [0 3]: no rows",
		"no_columns":    "shape [3 0]: rows without values",
		"fortran_three": "Fortran order with 3 dimensions",
	} {
		_, err := Open(filepath.Join("testdata", name+".npy"), Options{})
		wantError(t, err, name+".npy: ", part)
	}
}

// npyFile returns an NPY file of version 1.
func npyFile(header, data string) string {
	length := binary.LittleEndian.AppendUint16(nil, uint16(len(header)))
	return npy.Magic + "\x01\x00" + string(length) + header + data
}

func TestNPYErrors(t *testing.T) {
	dict := func(descr, order, shape string) string {
		return fmt.Sprintf("{'descr': '%s', 'fortran_order': %s, 'shape': %s, }\n", descr, order, shape)
	}
	for _, c := range []struct{ name, text, part string }{
		{"magic", "\x93NUMPX\x01\x00", "not an NPY file"},
		{"version", npy.Magic + "\x04\x00\x10\x00\x00\x00", "NPY version 4"},
		{"version 0", npy.Magic + "\x00\x00\x10\x00", "NPY version 0"},
		{"no version", npy.Magic, "ends inside its header"},
		{"no header", npy.Magic + "\x01\x00\x10\x00{", "ends inside its header"},
		{"long header", npy.Magic + "\x02\x00\xff\xff\xff\xff{", "header of 4294967295 bytes"},
		{"no dictionary", npyFile("hello", ""), "cannot be read"},
		{"no shape", npyFile("{'descr': '<f4', 'fortran_order': False}", ""), "cannot be read"},
		{"key twice", npyFile("{'descr': '<f4', 'descr': '<f4', 'fortran_order': False, 'shape': (1,)}", ""),
			"cannot be read"},
		{"another key", npyFile("{'descr': '<f4', 'fortran_order': False, 'shape': (1,), 'x': 1}", ""), "cannot be read"},
		{"more", npyFile(dict("<f4", "False", "(1,)")+"x", ""), "cannot be read"},
		{"order", npyFile(dict("<f4", "Maybe", "(1,)"), ""), "cannot be read"},
		{"negative", npyFile(dict("<f4", "False", "(-1,)"), ""), "cannot be read"},
		{"large", npyFile(dict("<f4", "False", "(99999999999999999999,)"), ""), "cannot be read"},
		{"dimensions", npyFile(dict("<f4", "False", "("+strings.Repeat("1,", 33)+")"), ""), "cannot be read"},
		{"long double", npyFile(dict("<f16", "False", "(1,)"), ""), `"<f16" (an unknown type)`},
		{"no order", npyFile(dict("f4", "False", "(1,)"), ""), "an unknown type"},
		{"native order", npyFile(dict("=f4", "False", "(1,)"), ""), "an unknown type"},
		{"rows", npyFile(dict("<f4", "False", "(9223372036854775807, 2)"), ""), "too many rows"},
		{"columns", npyFile(dict("<f4", "False", "(1, 4611686018427387904)"), ""), "values per row"},
		{"product", npyFile(dict("<f4", "False", "(1, 65536, 65536, 65536, 65536)"), ""), "values per row"},
		{"cut off", npyFile(dict("<f4", "False", "(3, 2)"), strings.Repeat("x", 15)),
			"row 1: the file ends inside row 2 of 3"},
		{"rows missing", npyFile(dict("<f4", "False", "(3, 2)"), strings.Repeat("x", 16)), "the file ends after 2 of 3 rows"},
		{"no data", npyFile(dict("<f4", "False", "(1000000000, 1000000)"), "x"), "ends inside row 1"},
		{"too much", npyFile(dict("<f4", "False", "(2,)"), strings.Repeat("x", 9)), "goes on after the 2 rows"},
		{"Fortran cut off", npyFile(dict("<f4", "True", "(3, 2)"), strings.Repeat("x", 23)), "after 23 of 24 bytes"},
		{"Fortran large", npyFile(dict("<f4", "True", "(1000000000000, 1000000)"), "x"), "Fortran order with"},
		{"Fortran, too much", npyFile(dict("|u1", "True", "(2, 2)"), "12345"), "goes on after the 2 rows"},
	} {
		r, err := NewReader("x.npy", strings.NewReader(c.text), Options{})
		if err == nil {
			_, _, err = readNumbers(r)
		}
		if err == nil {
			t.Errorf("%s: accepted", c.name)
			continue
		}
		wantError(t, err, "x.npy: ", c.part)
	}
}

// idx returns an IDX file.
func idx(kind byte, data string, shape ...uint32) string {
	b := []byte{0, 0, kind, byte(len(shape))}
	for _, d := range shape {
		b = binary.BigEndian.AppendUint32(b, d)
	}
	return string(b) + data
}

func TestIDX(t *testing.T) {
	for _, c := range []struct {
		text string
		cols int
		want []float32
	}{
		{idx(0x08, "\x00\x01\xff\x80", 4), 1, []float32{0, 1, 255, 128}},
		{idx(0x08, "\x00\x01\xff\x80", 1, 2, 2), 4, []float32{0, 1, 255, 128}},
		{idx(0x09, "\x00\x01\xff\x80", 2, 2), 2, []float32{0, 1, -1, -128}},
		{idx(0x0b, "\x01\x02\xff\xfe", 2), 1, []float32{258, -2}},
		{idx(0x0c, "\x00\x01\x00\x00\xff\xff\xff\xfe", 2), 1, []float32{65536, -2}},
		{idx(0x0d, "\x3f\x80\x00\x00\x7f\x80\x00\x00", 2), 1, []float32{1, float32(math.Inf(1))}},
		{idx(0x0e, "\x3f\xf0\x00\x00\x00\x00\x00\x00", 1), 1, []float32{1}},
	} {
		for name, text := range map[string]string{
			"x-idx3-ubyte": c.text, "x.idx1-ubyte.gz": compress(t, c.text), "x": c.text,
		} {
			r := open(t, name, text, Options{})
			_, got, err := readNumbers(r)
			if err != nil || r.Format() != FormatIDX || len(r.Columns()) != c.cols || !sameBits(got, c.want) {
				t.Errorf("%s % x: %v, columns %v, %v", name, c.text, got, r.Columns(), err)
			}
		}
	}
	for _, c := range []struct{ text, part string }{
		{"\x00\x00\x08", "ends inside its header"},
		{"\x00\x01\x08\x01", "not an IDX file"},
		{idx(0x0a, "", 1), "element type 0x0a"},
		{idx(0x08, ""), "a single value"},
		{idx(0x08, "x", 1, 0), "rows without values"},
		{idx(0x08, "", 0), "no rows"},
		{idx(0x08, "x", 1, 1<<31, 1<<31, 1<<31), "values per row"},
		{idx(0x08, "x", 1<<31, 1<<10, 1<<11), "values per row"},
		{idx(0x08, "x", 1<<31, 1<<20), "ends inside row 1"},
		{idx(0x0d, "xxxxxxx", 2), "ends inside row 2"},
		{idx(0x08, "abc", 4), "ends after 3 of 4 rows"},
		{idx(0x08, "abcde", 4), "goes on after the 4 rows"},
		{"\x00\x00\x08\x02\x00\x00\x00\x01\x00", "ends inside its header"},
	} {
		r, err := NewReader("x.idx", strings.NewReader(c.text), Options{})
		if err == nil {
			_, _, err = readNumbers(r)
		}
		wantError(t, err, "x.idx: ", c.part)
	}
}

func TestLabels(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
		return path
	}
	images := write("images-idx3-ubyte", idx(0x08, "abcdef", 3, 2))
	labels := write("labels-idx1-ubyte.gz", compress(t, idx(0x08, "\x07\x00\x07", 3)))
	r, err := Open(images, Options{Labels: labels})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	for i, want := range []string{"7", "0", "7"} {
		row, err := r.Next()
		if err != nil || row.Label != want || !row.Labelled {
			t.Errorf("row %d: label %q, %v", i+1, row.Label, err)
		}
	}
	if _, err := r.Next(); err != io.EOF {
		t.Errorf("at the end: %v", err)
	}
	for _, c := range []struct{ text, part string }{
		{idx(0x08, "\x07\x00", 2), "2 labels for the 3 rows of " + images},
		{idx(0x08, "\x07\x00\x01\x02\x03\x04", 3, 2), "one value per row, not 2"},
		{"a\n1\n2\n3\n", "NPY or IDX"},
		{idx(0x08, "\x07\x00\x01\x01", 3), "goes on after the 3 rows"},
		{idx(0x08, "\x07\x00", 3), "ends after 2 of 3 rows"},
	} {
		path := write("wrong", c.text)
		r, err := Open(images, Options{Labels: path})
		if err == nil {
			_, _, err = readNumbers(r)
			r.Close()
		}
		wantError(t, err, path+": ", c.part)
	}
	if _, err := NewReader("x.csv", strings.NewReader("a\n1\n"), Options{Labels: labels}); err == nil {
		t.Error("CSV with a file of labels is accepted")
	}
	if _, err := Open(images, Options{Labels: filepath.Join(dir, "absent")}); !os.IsNotExist(err) {
		t.Errorf("labels that are not there: %v", err)
	}
}
