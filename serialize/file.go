package serialize

import (
	"io"
	"math"

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

	// Signature is nil if there is none. It covers everything else in the file, so that whoever changes anything makes it
	// nil, or a new one by package serialize/signature.
	Signature *Signature

	// Training is what a checkpoint has besides: where the model's training stands. State reads it; Decode does not look
	// into it.
	Training Training

	// Contract is the version of the arithmetic contract (see package kernels) under which the model was made and the
	// self-test's outputs were computed. 0 stands for the version of this program.
	Contract int

	// Minor is the format's minor version. It is 0 in a new file, and what a file that was read said. A file is written
	// with a later one if its content needs that.
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
	if _, err := (Loader{Limits: l}).Decode(blob); err != nil {
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
	if f.Signature != nil {
		c.minor = max(c.minor, signatureMinor)
		add(section{kind: typeSignature, data: f.Signature.append(nil)})
	}
	training := f.Training.sections
	if len(training) > 0 {
		c.minor = max(c.minor, trainingMinor)
		add(training[0])
		training = training[1:]
	}
	add(section{kind: typeWeights, floats: f.Model.Parameters()})
	for _, vectors := range training {
		add(vectors)
	}
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
