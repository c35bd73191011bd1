package serialize

import (
	"bytes"
	"io"
	"io/fs"
	"os"

	"nnrt/kernels"
	"nnrt/net"
)

// Loader says how models are read. The zero Loader is what the functions Decode, Load and ReadFile use. It may be used
// by several goroutines at once.
//
// The errors of its methods are *FormatError if the content is bad, and otherwise what the operating system, the
// fs.FS, the io.Reader or Trust says, or what NNRT_KERNELS has wrong.
type Loader struct {
	Limits Limits

	// SelfTest computes the stored self-test rows again and refuses a model whose outputs are others than the stored
	// ones, or that has no rows.
	SelfTest bool

	// NoCopy lets a model keep its weights in the bytes that it is decoded from instead of a copy, which halves the
	// memory and must not be changed, or unmapped, as long as the model is used. nnrt never writes there either: to
	// train or set weights makes new ones. The weights are copied all the same where float32 cannot be read in place:
	// on a big-endian machine, and from bytes of which the first is not at an address that is a multiple of four.
	NoCopy bool

	// Trust, if it is not nil, is asked about the file's signature, or that there is none, after the file's structure and
	// checksums were found right and before anything else of it is believed. Its error is the Loader's. Package
	// serialize/signature has one that wants certain keys and no old model.
	Trust func(*Signed) error
}

// Decode reads a file's bytes, checks every one of them, and keeps none of them: blob may change afterwards. The
// error is a *FormatError.
func Decode(blob []byte) (*File, error) { return Loader{}.Decode(blob) }

// Load reads the model out of a file's bytes, such as those that go:embed put into a program. It checks the whole
// file's structure and checksums, but does not look into the schema, metadata and self-test. The error is a
// *FormatError.
func Load(blob []byte) (*net.Model, error) { return Loader{}.Load(blob) }

// ReadFile reads a model file. Only a regular file will do, or a link to one: a folder, pipe or device is refused
// unopened. Beyond 4 KB and the header nothing is read, and no memory taken, before the header's checksum and the
// file's size have been found right. The error is a *FormatError if the file's content is bad, and otherwise what the
// operating system says.
func ReadFile(path string) (*File, error) { return Loader{}.ReadFile(path) }

// Load is the function Load as the Loader says.
func (l Loader) Load(blob []byte) (*net.Model, error) {
	l.Limits = l.Limits.withDefaults()
	c, err := l.parse(blob)
	if err != nil {
		return nil, err
	}
	model, err := l.model(c)
	if err != nil || !l.SelfTest {
		return model, err
	}
	f := &File{Model: model, Contract: int(c.contract)}
	if s := c.find(typeSelfTest); s != nil {
		if f.SelfTest, err = readSelfTest(s, &l.Limits, model); err != nil {
			return nil, err
		}
	}
	return model, c.runSelfTest(f)
}

// Decode is the function Decode as the Loader says.
func (l Loader) Decode(blob []byte) (*File, error) {
	l.Limits = l.Limits.withDefaults()
	c, err := l.parse(blob)
	if err != nil {
		return nil, err
	}
	f := &File{Minor: c.minor, Contract: int(c.contract)}
	if f.Model, err = l.model(c); err != nil {
		return nil, err
	}
	for i := range c.sections {
		s := &c.sections[i]
		if len(s.data) == 0 && (s.kind == typeSchema || s.kind == typeMetadata || s.kind == typeSelfTest) {
			return nil, formatError(sectionName(s.kind), s.offset, ErrNotCanonical, "an empty section is left out")
		}
		switch s.kind {
		case typeArchitecture, typeWeights:
		case typeSchema:
			f.Schema, err = readSchema(s, &l.Limits, f.Model)
		case typeMetadata:
			f.Metadata, err = readMetadata(s, &l.Limits)
		case typeSelfTest:
			f.SelfTest, err = readSelfTest(s, &l.Limits, f.Model)
		case typeSignature:
			f.Signature, err = readSignature(s)
		case typeTraining, typeVectors:
			err = f.Training.keep(s, &l.Limits)
		default:
			unknown := Section{Type: s.kind, Aligned: s.flags&flagAligned != 0, Data: bytes.Clone(s.data)}
			f.Unknown = append(f.Unknown, unknown)
		}
		if err != nil {
			return nil, err
		}
	}
	if l.SelfTest {
		if err := c.runSelfTest(f); err != nil {
			return nil, err
		}
	}
	return f, nil
}

// parse takes a file apart and asks whether it is to be trusted.
func (l *Loader) parse(blob []byte) (*container, error) {
	if err := kernels.Err(); err != nil { // no model can be made
		return nil, err
	}
	c, err := parse(blob, &l.Limits)
	if err != nil || l.Trust == nil {
		return c, err
	}
	signed, err := c.signed(blob)
	if err == nil {
		err = l.Trust(signed)
	}
	if err != nil {
		return nil, err
	}
	return c, nil
}

// model reads the architecture and the weights.
func (l *Loader) model(c *container) (*net.Model, error) {
	inputs, layers, parameters, err := readArchitecture(c.find(typeArchitecture), &l.Limits)
	if err != nil {
		return nil, err
	}
	s := c.find(typeWeights)
	fail := func(offset int64, cause error, detail string, args ...any) (*net.Model, error) {
		return nil, formatError(sectionName(s.kind), offset, cause, detail, args...)
	}
	if s.size() != 4*int64(parameters) {
		return fail(s.offset, ErrWeights, "%d bytes for %d parameters", s.size(), parameters)
	}
	var values []float32
	if l.NoCopy {
		values = floatsWithin(s.data)
	}
	if values == nil {
		values = make([]float32, parameters)
		getFloats(values, s.data)
	}
	model, err := net.NewWithParameters(inputs, layers, values)
	if err != nil {
		return fail(s.offset, ErrArchitecture, "%w", err)
	}
	if bad := firstNotFinite(values); bad >= 0 {
		return nil, &FormatError{sectionName(s.kind), s.offset + 4*int64(bad), weightsFault(model)}
	}
	return model, nil
}

// runSelfTest computes the self-test of a file that was just read.
func (c *container) runSelfTest(f *File) error {
	s := c.find(typeSelfTest)
	if s == nil {
		return formatError(sectionName(typeSelfTest), headerBytes, ErrMissingSection, "it was to be computed again")
	}
	if check := f.verifySelfTest(); check.Err != nil {
		return &FormatError{sectionName(s.kind), s.offset, check.Err}
	}
	return nil
}

// Read reads a model from a reader that ends with it. It takes no more than four times the memory of what the reader
// has given, whatever the file's header claims.
func (l Loader) Read(r io.Reader) (*File, error) {
	limits := l.Limits.withDefaults()
	blob, err := readAll(r, -1, &limits)
	if err != nil {
		return nil, err
	}
	l.NoCopy = true // nobody else has these bytes
	return l.Decode(blob)
}

// ReadFS reads a model from a file system, such as an embed.FS or what os.Root gives: a regular file.
func (l Loader) ReadFS(fsys fs.FS, name string) (*File, error) {
	info, err := fs.Stat(fsys, name)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, notRegular("read", name, info.Mode())
	}
	file, err := fsys.Open(name)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	return l.Read(file) // not by the size that info claims: in an archive somebody else wrote that, too
}

// ReadFile is the function ReadFile as the Loader says.
func (l Loader) ReadFile(path string) (*File, error) {
	file, size, err := openRegular(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	limits := l.Limits.withDefaults()
	blob, err := readAll(file, size, &limits)
	if err != nil {
		return nil, err
	}
	l.NoCopy = true
	return l.Decode(blob)
}

// openRegular opens a file that is neither a folder, a pipe nor a device, and returns its size.
func openRegular(path string) (*os.File, int64, error) {
	// Looked at before it is opened, since opening a pipe can wait for ever and opening a device can do things.
	info, err := os.Stat(path)
	if err != nil {
		return nil, 0, err
	}
	if !info.Mode().IsRegular() {
		return nil, 0, notRegular("read", path, info.Mode())
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, 0, err
	}
	if info, err = file.Stat(); err != nil {
		file.Close()
		return nil, 0, err
	}
	return file, info.Size(), nil
}

// readAll reads a model's bytes after its header has been found right. size is how many r has, or negative if that is
// not known; then memory is taken as bytes come.
func readAll(r io.Reader, size int64, limits *Limits) ([]byte, error) {
	var blob []byte
	// more reads on until blob has n bytes, or all that there are.
	more := func(n int64) error {
		for int64(len(blob)) < n {
			next := n
			if size < 0 {
				next = min(n, max(4096, 2*int64(len(blob))))
			} else if next = min(n, size); next == int64(len(blob)) {
				return nil
			}
			have := len(blob)
			blob = append(make([]byte, 0, next), blob...)[:next]
			got, err := io.ReadFull(r, blob[have:])
			blob = blob[:have+got]
			if err == io.EOF || err == io.ErrUnexpectedEOF {
				return nil
			}
			if err != nil {
				return err
			}
		}
		return nil
	}
	if err := more(foreignBytes); err != nil {
		return nil, err
	}
	h, err := parseFixedHeader(blob, limits)
	if err != nil {
		return nil, err
	}
	if err := more(int64(h.size)); err != nil {
		return nil, err
	}
	if h, err = parseHeader(blob, limits); err != nil {
		return nil, err
	}
	if size >= 0 {
		if err := h.checkSize(uint64(size)); err != nil {
			return nil, err
		}
	}
	// One byte more than there should be, so that parse sees what stands behind the model.
	if err := more(int64(h.fileSize) + 1); err != nil {
		return nil, err
	}
	return blob, nil
}
