package dataset

import (
	"bufio"
	"compress/gzip"
	"errors"
	"io"
	"os"
	"strings"
)

// Format is a format of data.
type Format uint8

// The formats.
const (
	FormatAuto  Format = iota // told by the name, else by the first bytes, else CSV
	FormatCSV                 // comma-separated values (RFC 4180)
	FormatTSV                 // the same, separated by tabs
	FormatJSONL               // JSON Lines: one flat object per line
	FormatNPY                 // NumPy's .npy
	FormatIDX                 // the format of MNIST
)

var formatNames = []string{"auto", "csv", "tsv", "jsonl", "npy", "idx"}

// String returns "csv", "tsv", "jsonl", "npy", "idx" or "auto".
func (f Format) String() string { return nameOf(formatNames, uint8(f)) }

// ParseFormat returns the format called s: "csv", "tsv", "jsonl", "npy", "idx" or "auto".
func ParseFormat(s string) (Format, bool) {
	i, ok := indexOf(formatNames, s)
	return Format(i), ok
}

// Header says whether the first line of a CSV source holds the names of the columns.
type Header uint8

// The answers.
const (
	HeaderAuto Header = iota // see Options.Names
	HeaderYes
	HeaderNo
)

// MaxRecord is the largest record in bytes (a CSV record, a JSON line, an NPY or IDX row). A longer one is an *Error.
const MaxRecord = 16 << 20

// Null is the text of a value that is missing whatever the spellings of missing values are: JSON's null, a key that a
// JSON object lacks, a NaN in a row of labels. No source gives it as a text.
const Null = "\x00"

// nestedMark begins the text of a JSON array or object, the JSON itself follows. It is an error only where the value is
// used. No other text has a NUL in it.
const nestedMark = "\x00json:"

// Options say how to read a source. The zero value detects everything.
type Options struct {
	Format Format
	// Header applies to CSV and TSV. HeaderAuto takes the first record as names
	//   - if a wanted name (Names) is among its fields; of names that are numbers, all must be;
	//   - else if no field of it is a number or missing, unless all wanted names are of the kind c1, c2, ….
	Header Header
	// Names are the columns that will be wanted, if known: the target and features, or Schema.Names.
	Names []string
	// Labels is the NPY or IDX file of the targets that belong to the rows of an NPY or IDX source.
	Labels string
	// Stdin is what the path "-" reads; nil means os.Stdin.
	Stdin io.Reader
}

// Row is one row of a source. Text or Numbers is set, as the format has it, with one element per column. The slices are
// valid until the next call of Next. A text stays as it is, but is part of a string of many rows: clone what is kept.
type Row struct {
	Text     []string  // CSV, JSON Lines: the values as they stand there, or Null; an array or object is no value
	Numbers  []float32 // NPY, IDX: the values, rounded to float32; a missing one is NaN
	Label    string    // the target from Options.Labels
	Labelled bool      // whether there is a Label
}

// Reader streams the rows of a source. Its memory does not grow with the number of rows, except for an NPY file in
// Fortran order, which is held whole.
type Reader struct {
	file   string
	format Format
	src    source
	names  []string
	labels *Reader
	close  []io.Closer
	gzip   *gunzip // nil if the source is not compressed
	whole  bool    // the source is a file, not a pipe or a terminal
	row    Row     // here, not in Next, so that Next does not allocate it
}

// source is one format's reader.
type source interface {
	// next sets row to the next row, or returns io.EOF.
	next(row *Row) error
	// ready reports whether some of the next row has been read.
	ready() bool
	// text returns value i of the current row as a text, or Null.
	text(i int) string
	// position returns the line or the row of the current row; the other is 0.
	position() (line, row int64)
}

// Open opens the source called path, or the standard input if path is "-". Compression by gzip is told by the content.
// The format is told by the name (.csv, .tsv, .jsonl, .ndjson, .json, .npy, .idx, a last part as in
// train-images-idx3-ubyte, all with or without .gz) if opt does not tell; then by the first bytes (NPY's and IDX's
// magic numbers, a brace for JSON Lines); otherwise it is CSV. Close the Reader after use.
//
// It reads the header or, for JSON Lines, the first object. Errors are *fs.PathError if the file cannot be opened,
// *Error if it is not what it should be.
func Open(path string, opt Options) (*Reader, error) {
	if path == "-" {
		in := opt.Stdin
		if in == nil {
			in = os.Stdin
		}
		return NewReader("stdin", in, opt)
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	r, err := NewReader(path, f, opt)
	if err != nil {
		f.Close()
		return nil, err
	}
	r.close = append(r.close, f)
	return r, nil
}

// NewReader is Open on a stream. The name serves errors and tells the format as in Open.
func NewReader(name string, in io.Reader, opt Options) (*Reader, error) {
	r := &Reader{file: name, whole: isFile(in)}
	if err := r.open(in, opt); err != nil {
		return nil, place(err, name, 0, 0)
	}
	if opt.Labels != "" {
		if err := r.openLabels(opt.Labels); err != nil {
			return nil, err
		}
	}
	return r, nil
}

// isFile reports whether in is a file that ends where it ends.
func isFile(in io.Reader) bool {
	f, ok := in.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode().IsRegular()
}

func (r *Reader) open(in io.Reader, opt Options) error {
	br, unpacking, err := decompress(in)
	if err != nil {
		return err
	}
	r.gzip = unpacking
	if r.format, err = tellFormat(opt.Format, r.file, br); err != nil {
		return err
	}
	switch r.format {
	case FormatJSONL:
		var src *jsonSource
		if src, err = openJSON(br); err == nil {
			r.src, r.names = src, src.names
		}
	case FormatNPY, FormatIDX:
		open := openNPY
		if r.format == FormatIDX {
			open = openIDX
		}
		var src *matrix
		if src, err = open(br); err == nil {
			if src.fortran {
				r.KeepRows()
			}
			err = src.begin()
		}
		if err == nil {
			r.src, r.names = src, src.names()
		}
	default:
		comma := byte(',')
		if r.format == FormatTSV {
			comma = '\t'
		}
		var src *csvSource
		if src, err = openCSV(br, comma, opt.Header, opt.Names); err == nil {
			r.src, r.names = src, src.names
		}
	}
	return err
}

// openLabels opens the labels that belong to r's rows.
func (r *Reader) openLabels(path string) error {
	inputs, ok := r.src.(*matrix)
	if !ok {
		return errors.New("dataset: a file of labels goes with npy and idx only")
	}
	l, err := Open(path, Options{})
	if err != nil {
		return err
	}
	labels, ok := l.src.(*matrix)
	switch {
	case !ok:
		err = errorf("labels must be an NPY or IDX file")
	case labels.cols != 1:
		err = errorf("labels must have one value per row, not %d", labels.cols)
	case labels.rows != inputs.rows:
		err = errorf("%d labels for the %d rows of %s", labels.rows, inputs.rows, r.file)
	}
	if err != nil {
		l.Close()
		return place(err, path, 0, 0)
	}
	r.labels = l
	r.close = append(r.close, l)
	return nil
}

// File returns the name that errors give the source.
func (r *Reader) File() string { return r.file }

// Format returns the format that is being read.
func (r *Reader) Format() Format { return r.format }

// Columns returns the names of the columns: those of the CSV header, the keys of the first JSON object, or c1, c2, ….
// A column whose name in the header is empty is called c<position> too.
func (r *Reader) Columns() []string { return r.names }

// Named reports whether Columns came from the source.
func (r *Reader) Named() bool {
	switch src := r.src.(type) {
	case *csvSource:
		return src.named
	case *jsonSource:
		return true
	}
	return false
}

// texts reports whether rows are texts, not numbers.
func (r *Reader) texts() bool {
	_, ok := r.src.(*matrix)
	return !ok
}

// Labelled reports whether each row comes with a Label.
func (r *Reader) Labelled() bool { return r.labels != nil }

// Next returns the next row, or io.EOF after the last. An *Error is about the source's form: how many fields, what
// JSON allows, how many bytes; what the values are worth is for an Encoder to say.
func (r *Reader) Next() (Row, error) {
	r.row = Row{}
	if err := r.src.next(&r.row); err != nil {
		if err == io.EOF && r.labels != nil {
			_, err = r.labels.Next() // there are as many, so this is the end too, or says what is wrong there
			return Row{}, err
		}
		line, n := r.src.position()
		return Row{}, place(err, r.file, line, n)
	}
	if r.labels != nil {
		if _, err := r.labels.Next(); err != nil {
			return Row{}, err
		}
		r.row.Label, r.row.Labelled = r.labels.src.text(0), true
	}
	return r.row, nil
}

// Ready reports whether the next row has come, so that Next will not wait for whoever writes it: the source is a file,
// or some of the row, for text formats at least a line, has been read.
func (r *Reader) Ready() bool { return r.whole || r.src.ready() }

// Text returns value i of the current row as a text: "" for Null, JSON for an array or object. Integers of NPY and IDX
// are exact; other numbers have the shortest digits that read back to the same value of their type.
func (r *Reader) Text(i int) string {
	if t := r.src.text(i); t != Null {
		return strings.TrimPrefix(t, nestedMark)
	}
	return ""
}

// At adds the file and the line or row of the current row to err, if it is an *Error, and returns it. It is meant for
// the errors of an Encoder.
func (r *Reader) At(err error) error {
	if err == nil {
		return nil
	}
	line, row := r.src.position()
	return place(err, r.file, line, row)
}

// KeepRows says that the rows are going to be kept in memory, as Learn and ReadAll do. It bounds what a source
// compressed by gzip can make of few bytes: when more than 64 MiB have been unpacked, they may be no more than 100 times
// what was read. What goes beyond that is an *Error.
func (r *Reader) KeepRows() {
	if r.gzip != nil {
		r.gzip.kept = true
	}
	if r.labels != nil {
		r.labels.KeepRows()
	}
}

// Close closes what Open opened.
func (r *Reader) Close() error {
	var first error
	for _, c := range r.close {
		if err := c.Close(); err != nil && first == nil {
			first = err
		}
	}
	r.close = nil
	return first
}

// decompress returns a buffered reader of in, uncompressed if in is compressed by gzip, and what uncompresses it.
func decompress(in io.Reader) (*bufio.Reader, *gunzip, error) {
	t := &tap{in: in}
	br := bufio.NewReaderSize(t, 64<<10)
	if b, _ := br.Peek(2); len(b) < 2 || b[0] != 0x1f || b[1] != 0x8b {
		return br, nil, nil
	}
	g := &gunzip{in: t}
	var err error
	if g.out, err = gzip.NewReader(br); err != nil {
		return nil, nil, g.fault(err)
	}
	return bufio.NewReaderSize(g, 64<<10), g, nil
}

// A source that unpacks to more than freelyUnpacked bytes may grow by no more than maxGrowth if it is kept in memory.
// Tables of numbers grow 2 to 6 times, a hundred columns of which one is 1 and the others 0 grow 73; deflate allows 1,032.
const (
	freelyUnpacked = 64 << 20
	maxGrowth      = 100
)

// gunzip reads a gzip stream and tells damage of the stream, an *Error, from failures to read it.
type gunzip struct {
	in       *tap
	out      *gzip.Reader
	unpacked int64 // bytes so far
	kept     bool  // see KeepRows
}

func (g *gunzip) Read(p []byte) (int, error) {
	n, err := g.out.Read(p)
	if err != nil && err != io.EOF {
		err = g.fault(err)
	}
	g.unpacked += int64(n)
	if g.kept && g.unpacked > freelyUnpacked && g.unpacked/maxGrowth > g.in.read {
		return 0, errorf("%d bytes compressed by gzip have become %d, more than %d times as many, and all of it would be "+
			"kept in memory: unpack the file first, if it is meant to be like that", g.in.read, g.unpacked, maxGrowth)
	}
	return n, err
}

func (g *gunzip) fault(err error) error {
	if g.in.err != nil {
		return g.in.err
	}
	return &Error{Msg: "the gzip stream is damaged", Err: err}
}

// tap remembers the error, other than the end, of the reader it passes on, and counts the bytes.
type tap struct {
	in   io.Reader
	err  error
	read int64
}

func (t *tap) Read(p []byte) (int, error) {
	n, err := t.in.Read(p)
	t.read += int64(n)
	if err != nil && err != io.EOF {
		t.err = err
	}
	return n, err
}
