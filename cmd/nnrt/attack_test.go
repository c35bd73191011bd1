package main

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"unicode"
)

// wantsOneLine fails the test unless a command line ended with the code, one line with all the texts on its standard
// error and nothing on its standard output, and has nothing in either that a terminal would obey.
func (r result) wantsOneLine(t *testing.T, code int, texts ...string) {
	t.Helper()
	r.wants(t, code, texts...)
	message, after, _ := strings.Cut(r.stderr, "\n")
	if after != "" || strings.ContainsFunc(message, unicode.IsControl) || r.stdout != "" {
		t.Errorf("standard error %q, standard output %q", r.stderr, r.stdout)
	}
}

// TestBadDataWithEveryCommand gives bad data to all that read data: exit code 4, one line with the file's name, and no
// output, neither a model nor a prediction.
func TestBadDataWithEveryCommand(t *testing.T) {
	model := handmadeBinary(t) // of a column a and a target y
	good := writeFile(t, "good.csv", "a,y\n1,pos\n2,neg\n3,pos\n")
	npy := func(dict, data string) string {
		return "\x93NUMPY\x01\x00" + string(binary.LittleEndian.AppendUint16(nil, uint16(len(dict)))) + dict + data
	}
	for _, c := range []struct {
		name, content string
		want          []string
	}{
		{"empty.csv", "", []string{"no data"}},
		{"empty.jsonl", "", []string{"no data"}},
		{"header.csv", "a,y\n", []string{"no rows"}},
		{"ragged.csv", "a,y\n1\n", []string{"line 2", "1 fields, but the first line has 2"}},
		{"quote.csv", "a,y\n\"1,pos\n", []string{"line 2", "a quoted field does not end"}},
		{"utf16.csv", "\xff\xfea\x00,\x00y\x00\n\x00", []string{"this is UTF-16"}},
		{"utf16 without mark.csv", "a\x00,\x00y\x00\n\x00", []string{"this is UTF-16"}},
		{"nul.csv", "a,y\n\x00,pos\n", []string{"line 2", "a NUL byte"}},
		{"escape.csv", "a,y\n\x1b[2J,pos\n1,pos\n2,neg\n", []string{"line 2", `column "a": "\x1b[2J" is not a number`}},
		{"escape in header.csv", "\x1b[2J,y,\x1b[2J\n1,2,3\n", []string{"line 1", `"\x1b[2J"`}},
		{"no column.csv", "b\n1\n", []string{"column ", `"b"`}},
		{"twice.csv", "a,a,y\n1,2,pos\n", []string{"line 1", `column "a"`, "twice"}},
		{"missing.csv", "a,y\nNA,pos\n", []string{"line 2", `column "a"`, "missing"}},
		{"nested.jsonl", `{"a":[1],"y":"pos"}`, []string{"line 1", `column "a"`, "a nested value"}},
		{"twice.jsonl", `{"a":1,"a":2,"y":"pos"}`, []string{"line 1", `column "a"`, "twice"}},
		{"gzip.csv.gz", "\x1f\x8b\x08\x00what", []string{"the gzip stream is damaged"}},
		{"zip.csv", "PK\x03\x04", []string{"a ZIP archive or a spreadsheet"}},
		{"objects.npy", npy("{'descr': '|O', 'fortran_order': False, 'shape': (3, 2)}", "xx"), []string{"Python objects"}},
		{"rows.npy", npy("{'descr': '|u1', 'fortran_order': True, 'shape': (1000000000000, 2)}", "xx"),
			[]string{"2000000000000 bytes of values"}},
		{"rows.idx", "\x00\x00\x08\x02\xff\xff\xff\xff\x00\x00\x00\x02x", []string{"ends inside row 1 of 4294967295"}},
	} {
		path, folder := writeFile(t, c.name, c.content), t.TempDir()
		out := filepath.Join(folder, "m")
		for _, line := range [][]string{
			{"run", model, path}, {"run", model, path, "-o", "npy"}, {"run", model, path, "-o", "jsonl", "--threads", "3"},
			{"eval", model, path}, {"train", path, "--target", "y", "-o", out, "-q"},
			{"train", good, "--target", "y", "--val", path, "-o", out, "-q"},
			{"train", path, "--init", model, "-o", out, "-q"},
		} {
			nnrt(line...).wantsOneLine(t, exitData, append(c.want, c.name)...)
			onlyFiles(t, folder)
			if t.Failed() {
				t.Fatalf("nnrt %s", strings.Join(line, " "))
			}
		}
	}
	for value, want := range map[string]string{`"1,5"`: "decimal sign", "1e400": "beyond the range", "nan": "not a finite",
		"0x10": "not a decimal"} {
		path := writeFile(t, "x.csv", "a,y\n1,pos\n2,neg\n3,neg\n"+value+",pos\n")
		for _, line := range [][]string{{"eval", model, path}, {"train", path, "--target", "y", "-o", path + ".m", "-q"}} {
			nnrt(line...).wantsOneLine(t, exitData, want, "line 5", `column "a"`)
		}
	}
}

// TestLongNames: names and values of megabytes make no message of megabytes.
func TestLongNames(t *testing.T) {
	long := strings.Repeat("é", 1<<19)
	for content, want := range map[string]string{
		long + ",y," + long + "\n1,0,2\n":                          "the name is used twice",
		long + ",y\nx,0\n1,1\n2,0\n":                               "is not a number",
		long + ",y\nNA,0\nNA,1\n":                                  "no values at all",
		"a,y\n1," + long + "1\n2," + long + "2\n3," + long + "3\n": "these are not classes",
		"a,y\n\"" + long + "\"1,0\n":                               "does not end as it should",
	} {
		path := writeFile(t, "x.csv", content)
		r := nnrt("train", path, "--target", "y", "--on-missing", "mean", "-o", path+".m", "-q")
		r.wantsOneLine(t, exitData, want)
		if len(r.stderr) > 3000 {
			t.Errorf("%q: a message of %d bytes: %.200s …", want, len(r.stderr), r.stderr)
		}
	}
}

// TestLabelsThatDisagree: the two files of a pair count their rows differently.
func TestLabelsThatDisagree(t *testing.T) {
	images := writeFile(t, "images.idx", "\x00\x00\x08\x02\x00\x00\x00\x03\x00\x00\x00\x02abcdef")
	folder := t.TempDir()
	for labels, want := range map[string]string{
		"\x00\x00\x08\x01\x00\x00\x00\x02\x00\x01":         "2 labels for the 3 rows",
		"\x00\x00\x08\x01\xff\xff\xff\xff\x00\x01":         "4294967295 labels for the 3 rows",
		"\x00\x00\x08\x01\x00\x00\x00\x03\x00\x01":         "the file ends after 2 of 3 rows",
		"\x00\x00\x08\x01\x00\x00\x00\x03\x00\x01\x00\x01": "goes on after the 3 rows",
		"y\n1\n2\n3\n": "labels must be an NPY or IDX file",
	} {
		path := writeFile(t, "labels", labels)
		nnrt("train", images, "--labels", path, "-o", filepath.Join(folder, "m"), "-q").wantsOneLine(t, exitData, want, path)
		onlyFiles(t, folder)
	}
}

// endlessLine gives a text and then, up to a number of bytes, one line. It counts what was read.
type endlessLine struct {
	start      string
	left, read int
}

func (l *endlessLine) Read(p []byte) (int, error) {
	if l.left == 0 {
		return 0, io.EOF
	}
	n := copy(p, l.start)
	l.start = l.start[n:]
	for n < len(p) && l.left > 0 {
		p[n] = 'x'
		n++
		l.left--
	}
	l.read += n
	return n, nil
}

// TestLineOfAGigabyte: no more of it is read and kept than a line may have.
func TestLineOfAGigabyte(t *testing.T) {
	if testing.Short() {
		t.Skip("an emulator takes long to copy it")
	}
	model := handmadeModel(t)
	for _, start := range []string{"", "a,b\n1,2\n", "a,b\n1,\"2", "{\"a\":1,\"b\":2}\n{\"a\":\""} {
		for _, line := range [][]string{{"run", model, "-o", "npy"}, {"train", "-", "--target", "b", "-o",
			filepath.Join(t.TempDir(), "m"), "-q"}} {
			in := &endlessLine{start: start, left: 1 << 30}
			var stdout, stderr bytes.Buffer
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			code := doMain(line, in, &stdout, &stderr)
			runtime.ReadMemStats(&after)
			if code != exitData || !strings.Contains(stderr.String(), "of more than 16777216 bytes") || stdout.Len() > 0 {
				t.Errorf("%q, nnrt %v: exit code %d, %s", start, line, code, &stderr)
			}
			if in.read > 17<<20 || after.TotalAlloc-before.TotalAlloc > 8*16<<20 {
				t.Errorf("%q, nnrt %v: %d bytes read, %d allocated", start, line, in.read, after.TotalAlloc-before.TotalAlloc)
			}
		}
	}
}

// TestOutputThatNobodyReads: a closed pipe ends each command quietly, whatever it was about to print, and a failing
// one loudly.
func TestOutputThatNobodyReads(t *testing.T) {
	model := handmadeBinary(t)
	data := writeFile(t, "x.csv", "a,y\n1,pos\n-2,neg\n")
	for _, line := range [][]string{{"run", model, data}, {"eval", model, data}, {"eval", model, data, "--json"},
		{"inspect", model}, {"inspect", model, "--json", "--weights"}, {"verify", model}, {"cpu"}, {"help"}, {"help", "run"},
		{"version"}, {"train", data, "--target", "y", "-q", "-o", filepath.Join(t.TempDir(), "m")}} {
		for err, code := range map[error]int{syscall.EPIPE: exitDone, io.ErrClosedPipe: exitDone,
			errors.New("the disk is full"): exitFailed} {
			var stderr bytes.Buffer
			got := doMain(line, strings.NewReader(""), &brokenWriter{0, err}, &stderr)
			if got != code || (stderr.Len() > 0) != (code == exitFailed) {
				t.Errorf("%v, nnrt %v: exit code %d, %q", err, line, got, stderr.String())
			}
		}
	}
}

// TestTooManyInputs: what one-hot columns would make is refused before there is memory for it.
func TestTooManyInputs(t *testing.T) {
	if testing.Short() {
		t.Skip("a large file")
	}
	var b strings.Builder
	b.WriteString("y")
	for c := range 66 {
		fmt.Fprintf(&b, ",a%d", c)
	}
	for r := range 1000 {
		fmt.Fprintf(&b, "\n%d%s", r%2, strings.Repeat(fmt.Sprintf(",x%d", r), 66))
	}
	text := b.String()
	path := writeFile(t, "x.csv", text)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	r := nnrt("train", path, "--target", "y", "-q", "-o", path+".m")
	runtime.ReadMemStats(&after)
	r.wantsOneLine(t, exitData, "x.csv: the columns make more inputs (each category is one) than the 65536 of a model")
	if got := after.TotalAlloc - before.TotalAlloc; got > 128<<20 {
		t.Errorf("%d bytes allocated for a file of %d", got, len(text))
	}
	if _, err := os.Stat(path + ".m"); err == nil {
		t.Error("a model was written")
	}
}
