package dataset

import (
	"bufio"
	"bytes"
	"io"
	"path/filepath"
	"strings"
)

// strangers are formats that people may give by mistake, told by their first bytes.
var strangers = []struct{ magic, name string }{
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
	// Peek gives what there is; a failure to read comes back with the first real read.
	start, err := br.Peek(16)
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
		case bytes.HasPrefix(start, []byte(npyMagic)):
			want = FormatNPY
		case len(start) >= 4 && start[0] == 0 && start[1] == 0 && idxTypes[start[2]].size > 0 && start[3] > 0:
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
	if bytes.HasPrefix(start, []byte(byteOrderMark)) {
		br.Discard(len(byteOrderMark))
	}
	return want, nil
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
	case ".jsonl", ".ndjson":
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
