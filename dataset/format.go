package dataset

import (
	"bufio"
	"bytes"
	"io"
	"path/filepath"
	"strings"

	"nnrt/internal/npy"
)

// strangers are formats that people may give by mistake, told by their first bytes.
var strangers = []struct{ magic, name string }{
	{"\xff\xfe\x00\x00", "UTF-32 text: convert it to UTF-8"},
	{"\x00\x00\xfe\xff", "UTF-32 text: convert it to UTF-8"},
	{"\xff\xfe", "UTF-16 text: convert it to UTF-8"},
	{"\xfe\xff", "UTF-16 text: convert it to UTF-8"},
	{"PK\x03\x04", "a ZIP archive or a spreadsheet: save it as CSV"},
	{"PAR1", "Parquet: convert it to CSV or NPY"},
	{"\x28\xb5\x2f\xfd", "compressed by zstd: decompress it, or use gzip"},
	{"BZh", "compressed by bzip2: decompress it, or use gzip"},
	{"\xfd7zXZ\x00", "compressed by xz: decompress it, or use gzip"},
}

// tellFormat decides the format: the wanted one, else by the name, else by the first bytes of br.
func tellFormat(want Format, name string, br *bufio.Reader) (Format, error) {
	start, err := firstBytes(br) // a failure after some bytes comes back with the first real read
	if len(start) == 0 {
		if err == io.EOF {
			return 0, errorf("no data: the source is empty")
		}
		return 0, err
	}
	if want == FormatAuto {
		want = formatOf(name)
	}
	if want == FormatAuto {
		switch text := bytes.TrimLeft(bytes.TrimPrefix(start, []byte(byteOrderMark)), " \t\r\n"); {
		case bytes.HasPrefix(start, []byte(npy.Magic)):
			want = FormatNPY
		case len(start) >= 4 && start[0] == 0 && start[1] == 0 && idxTypes[start[2]].Size > 0 && start[3] > 0:
			want = FormatIDX
		case len(text) > 0 && text[0] == '{':
			want = FormatJSONL
		default:
			want = FormatCSV
		}
	}
	if want == FormatNPY || want == FormatIDX {
		return want, nil
	}
	for _, s := range strangers {
		if bytes.HasPrefix(start, []byte(s.magic)) {
			return 0, errorf("this is %s", s.name)
		}
	}
	if everyOther(start, 0) || everyOther(start, 1) {
		return 0, errorf("this is UTF-16 text without a byte order mark: convert it to UTF-8")
	}
	if bytes.HasPrefix(start, []byte(byteOrderMark)) {
		br.Discard(len(byteOrderMark))
	}
	return want, nil
}

// everyOther reports whether of each pair of bytes one, the first or the second (0 or 1), is zero and the other is not,
// as in UTF-16 where it is ASCII.
func everyOther(start []byte, zero int) bool {
	pairs := len(start) / 2
	for i := range pairs {
		if start[2*i+zero] != 0 || start[2*i+1-zero] == 0 {
			return false
		}
	}
	return pairs > 1
}

// firstBytes returns the first 16 bytes of br, or fewer if the source or its first line that is not blank ends before:
// a program that sends rows through a pipe may wait for an answer before it sends more.
func firstBytes(br *bufio.Reader) ([]byte, error) {
	for n := 1; ; n++ {
		b, err := br.Peek(n)
		if err != nil || n == 16 {
			return b, err
		}
		// Only IDX begins with a zero, and may have a 10 among its first bytes.
		line := b[0] != 0 && b[n-1] == '\n'
		if line && len(bytes.TrimSpace(bytes.TrimPrefix(b, []byte(byteOrderMark)))) > 0 {
			return b, nil
		}
	}
}

// byteOrderMark is what some programs write before UTF-8.
const byteOrderMark = "\xef\xbb\xbf"

// formatOf tells the format by the name, FormatAuto if it does not.
func formatOf(name string) Format {
	base := strings.ToLower(filepath.Base(name))
	base = strings.TrimSuffix(base, ".gz")
	switch filepath.Ext(base) {
	case ".csv":
		return FormatCSV
	case ".tsv":
		return FormatTSV
	case ".jsonl", ".ndjson", ".json":
		return FormatJSONL
	case ".npy":
		return FormatNPY
	case ".idx":
		return FormatIDX
	}
	// train-images-idx3-ubyte, as distributed, or train-images.idx3-ubyte, as some programs unpack it.
	if i := strings.LastIndex(base, "idx"); i > 0 && (base[i-1] == '-' || base[i-1] == '.') {
		if rest := base[i+3:]; len(rest) > 2 && digits(rest, 0) > 0 && rest[digits(rest, 0)] == '-' {
			return FormatIDX
		}
	}
	return FormatAuto
}
