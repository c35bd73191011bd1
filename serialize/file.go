package serialize

import (
	"bytes"
	"io"
	"io/fs"
	"math"
	"os"

	"nnrt/dataset"
	"nnrt/kernels"
	"nnrt/net"
)

// File is the content of a model file.
type File struct {
	Model    *net.Model
	Schema   *dataset.Schema // nil if there is none
	Metadata Metadata        // empty if there is none
	SelfTest SelfTest        // empty if there is none

	// Contract is the version of the arithmetic contract (see package kernels) under which the model was made and the
	// self-test's outputs were computed. 0 stands for the version of this program.
	Contract int

	// Minor is the format's minor version. It is 0 in a new file, and what a file that was read said.
	Minor uint16
	// Unknown are the optional sections of newer minor versions that were found in a file. They are written back as
	// they are.
	Unknown []Section
}

// Section is the content of a section that this version of nnrt does not know.
type Section struct {
	Type    uint16
	Aligned bool // it begins at a multiple of 64 bytes
	Data    []byte
}

func (f *File) contract() int {
	if f.Contract == 0 {
		return kernels.Contract
	}
	return f.Contract
}

// Encode returns the file's bytes. Equal contents give equal bytes, on every machine. The error is a *FormatError; its
// offset is that in the file that would have been.
func Encode(f *File) ([]byte, error) { return Limits{}.Encode(f) }

// Decode reads a file's bytes, checks every one of them, and keeps none of them: blob may change afterwards. The
// error is a *FormatError.
func Decode(blob []byte) (*File, error) { return Limits{}.Decode(blob) }

// Load reads the model out of a file's bytes, such as those that go:embed put into a program. It checks the whole
// file's structure and checksums, but does not look into the schema, metadata and self-test. The error is a
// *FormatError.
func Load(blob []byte) (*net.Model, error) { return Limits{}.Load(blob) }

// Encode is the function Encode with other limits.
func (l Limits) Encode(f *File) ([]byte, error) {
	c, err := f.container()
	if err != nil {
		return nil, err
	}
	blob, err := c.encode()
	if err != nil {
		return nil, err
	}
	// Nothing is written that would not be read. This is also what checks texts, ranges and limits.
	if _, err := l.Decode(blob); err != nil {
		return nil, err
	}
	return blob, nil
}

// container lays out the sections.
func (f *File) container() (*container, error) {
	if f.Model == nil {
		return nil, formatError(sectionName(typeArchitecture), 0, ErrArchitecture, "no model")
	}
	if f.Contract < 0 || int64(f.Contract) > math.MaxInt32 {
		return nil, formatError("header", 32, ErrContract, "%d", f.Contract)
	}
	c := &container{minor: f.Minor, contract: uint32(f.contract())}
	for _, u := range f.Unknown {
		if _, known := flagsOf(u.Type); known {
			return nil, formatError(sectionName(u.Type), 0, ErrDuplicateSection, "it is among the unknown ones")
		}
	}
	unknown := f.Unknown
	// add puts a section of this version after the unknown ones that belong before it.
	add := func(s section) {
		for len(unknown) > 0 && unknown[0].Type < s.kind {
			c.sections = append(c.sections, unknown[0].section())
			unknown = unknown[1:]
		}
		s.flags, _ = flagsOf(s.kind)
		c.sections = append(c.sections, s)
	}
	add(section{kind: typeArchitecture, data: appendArchitecture(nil, f.Model.Inputs(), f.Model.Layers())})
	if f.Schema != nil {
		if err := checkSchema(&section{kind: typeSchema}, f.Schema, f.Model); err != nil {
			return nil, err
		}
		add(section{kind: typeSchema, data: appendSchema(nil, f.Schema)})
	}
	if len(f.Metadata) > 0 {
		add(section{kind: typeMetadata, data: appendMetadata(nil, f.Metadata)})
	}
	if len(f.SelfTest.Inputs)+len(f.SelfTest.Outputs) > 0 {
		s, err := f.SelfTest.section(f.Model)
		if err != nil {
			return nil, err
		}
		add(s)
	}
	add(section{kind: typeWeights, floats: f.Model.Parameters()})
	for _, u := range unknown {
		c.sections = append(c.sections, u.section())
	}
	return c, nil
}

func (u *Section) section() section {
	s := section{kind: u.Type, data: u.Data}
	if u.Aligned {
		s.flags = flagAligned
	}
	return s
}

// Load is the function Load with other limits.
func (l Limits) Load(blob []byte) (*net.Model, error) {
	limits := l.withDefaults()
	c, err := parse(blob, &limits)
	if err != nil {
		return nil, err
	}
	return c.model(&limits)
}

// Decode is the function Decode with other limits.
func (l Limits) Decode(blob []byte) (*File, error) {
	limits := l.withDefaults()
	c, err := parse(blob, &limits)
	if err != nil {
		return nil, err
	}
	f := &File{Minor: c.minor, Contract: int(c.contract)}
	if f.Model, err = c.model(&limits); err != nil {
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
			f.Schema, err = readSchema(s, &limits, f.Model)
		case typeMetadata:
			f.Metadata, err = readMetadata(s, &limits)
		case typeSelfTest:
			f.SelfTest, err = readSelfTest(s, &limits, f.Model)
		default:
			unknown := Section{Type: s.kind, Aligned: s.flags&flagAligned != 0, Data: bytes.Clone(s.data)}
			f.Unknown = append(f.Unknown, unknown)
		}
		if err != nil {
			return nil, err
		}
	}
	return f, nil
}

// model reads the architecture and the weights.
func (c *container) model(limits *Limits) (*net.Model, error) {
	inputs, layers, parameters, err := readArchitecture(c.find(typeArchitecture), limits)
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
	values := make([]float32, parameters)
	bad := getFloats(values, s.data)
	model, err := net.NewWithParameters(inputs, layers, values)
	if err != nil {
		return fail(s.offset, ErrArchitecture, "%w", err)
	}
	if bad >= 0 {
		return nil, &FormatError{sectionName(s.kind), s.offset + 4*int64(bad), weightsFault(model)}
	}
	return model, nil
}

// Save writes a model to a file, with one self-test row and nothing else, so that the file depends on the layers and
// weights alone. See AtomicWrite for how, and WriteFile for what else a file can hold.
func Save(path string, model *net.Model) error {
	selfTest, err := NewSelfTest(model, nil)
	if err != nil {
		return err
	}
	return WriteFile(path, &File{Model: model, SelfTest: selfTest})
}

// WriteFile writes a model file by AtomicWrite. If f cannot be encoded nothing is touched.
func WriteFile(path string, f *File) error {
	blob, err := Encode(f)
	if err != nil {
		return err
	}
	return AtomicWrite(path, func(w io.Writer) error {
		_, err := w.Write(blob)
		return err
	})
}

// ReadFile reads a model file. Only a regular file will do, or a link to one: a folder, pipe or device is refused
// unopened. Beyond the header nothing is read, and no memory taken, before the header's checksum and the file's size
// have been found right. The error is a *FormatError if the file's content is bad, and otherwise what the operating
// system says.
func ReadFile(path string) (*File, error) { return Limits{}.ReadFile(path) }

// ReadFile is the function ReadFile with other limits.
func (l Limits) ReadFile(path string) (*File, error) {
	blob, err := l.read(path)
	if err != nil {
		return nil, err
	}
	return l.Decode(blob)
}

func (l Limits) read(path string) ([]byte, error) {
	limits := l.withDefaults()
	// Looked at before it is opened, since opening a pipe can wait for ever and opening a device can do things.
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, notRegular("read", path, info.Mode())
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	if info, err = file.Stat(); err != nil {
		return nil, err
	}
	var blob []byte
	// more reads on until blob has n bytes, or all that the file has.
	more := func(n int64) error {
		have := blob
		blob = make([]byte, min(n, info.Size()))
		_, err := io.ReadFull(file, blob[copy(blob, have):])
		if err != nil {
			return &fs.PathError{Op: "read", Path: path, Err: err}
		}
		return nil
	}
	if err := more(headerBytes); err != nil {
		return nil, err
	}
	h, err := parseFixedHeader(blob, &limits)
	if err != nil {
		return nil, err
	}
	if err := more(int64(h.size)); err != nil {
		return nil, err
	}
	if h, err = parseHeader(blob, &limits); err != nil {
		return nil, err
	}
	if err := h.checkSize(uint64(info.Size())); err != nil {
		return nil, err
	}
	return blob, more(info.Size())
}
