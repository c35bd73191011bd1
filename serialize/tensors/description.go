package tensors

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"hash/crc32"
	"math"
	"slices"
	"strings"

	"nnrt/internal/describe"
	"nnrt/internal/jsonscan"
	"nnrt/kernels"
	"nnrt/net"
	"nnrt/serialize"
)

// description is what nnrt puts beside the tensors, in JSON; FORMAT.md has its form.
type description struct {
	Format   int                `json:"format"`
	Names    Names              `json:"names"`
	Contract int                `json:"contract"`
	Inputs   int                `json:"inputs"`
	Layers   json.RawMessage    `json:"layers"`
	Schema   json.RawMessage    `json:"schema,omitempty"`
	Metadata serialize.Metadata `json:"metadata,omitempty"`
	SelfTest json.RawMessage    `json:"self_test,omitempty"`
}

const descriptionFormat = 1

// describeFile returns the description of a file whose tensors are named so.
func describeFile(f *serialize.File, names Names, tensors []Tensor) (string, error) {
	d := &description{Format: descriptionFormat, Names: names, Contract: f.Contract, Inputs: f.Model.Inputs(),
		Layers: json.RawMessage(describe.Layers(f.Model.Layers())), Metadata: f.Metadata}
	if d.Contract == 0 {
		d.Contract = kernels.Contract
	}
	if f.Schema != nil {
		d.Schema = json.RawMessage(describe.Schema(f.Schema))
	}
	if len(f.SelfTest.Inputs) > 0 {
		d.SelfTest = json.RawMessage(describe.SelfTest(d.Contract, f.SelfTest.Inputs, f.SelfTest.Outputs))
	}
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(d); err != nil {
		return "", Errorf("", ErrDescription, "%w", err)
	}
	text := bytes.TrimSuffix(b.Bytes(), []byte("}\n"))
	text = fmt.Appendf(text, checksumForm, checksum(text, tensors))
	if len(text) > MaxDescription {
		return "", Errorf("", ErrLimit, "a description of %d bytes, the limit is %d", len(text), MaxDescription)
	}
	return string(text), nil
}

// checksumForm is what a description ends with.
const checksumForm = `,"crc32c":"%08x"}`

const checksumBytes = len(`,"crc32c":"00000000"}`)

// checksum is the CRC-32C of a description up to its checksum and of the tensors, sorted by name: name, a NUL, the number
// of dimensions and each of them in 8 bytes, and the values, all little-endian.
func checksum(before []byte, tensors []Tensor) uint32 {
	table := crc32.MakeTable(crc32.Castagnoli)
	crc := crc32.Checksum(before, table)
	order := make([]*Tensor, len(tensors))
	for i := range tensors {
		order[i] = &tensors[i]
	}
	slices.SortFunc(order, func(a, b *Tensor) int { return strings.Compare(a.Name, b.Name) })
	buffer := make([]byte, 0, 4096)
	for _, t := range order {
		buffer = append(append(buffer[:0], t.Name...), 0)
		buffer = binary.LittleEndian.AppendUint64(buffer, uint64(len(t.Shape)))
		for _, d := range t.Shape {
			buffer = binary.LittleEndian.AppendUint64(buffer, uint64(d))
		}
		for _, v := range t.Values {
			if len(buffer) > 4096-4 {
				crc = crc32.Update(crc, table, buffer)
				buffer = buffer[:0]
			}
			buffer = binary.LittleEndian.AppendUint32(buffer, math.Float32bits(v))
		}
		crc = crc32.Update(crc, table, buffer)
	}
	return crc
}

// describedFile makes the model file of the set's description.
func (s *Set) describedFile() (*serialize.File, error) {
	text := s.Description
	if len(text) > MaxDescription {
		return nil, Errorf("", ErrLimit, "a description of %d bytes, the limit is %d", len(text), MaxDescription)
	}
	before := text[:max(len(text)-checksumBytes, 0)]
	end := fmt.Sprintf(checksumForm, checksum([]byte(before), s.Tensors))
	if !strings.HasPrefix(text[len(before):], end[:10]) {
		return nil, Errorf("", ErrDescription, "it does not end with a checksum")
	}
	if text[len(before):] != end {
		return nil, Errorf("", ErrChecksum, "the tensors or their description have been changed; if the weights were changed "+
			"on purpose, say what the layers are and the description is left aside")
	}
	f, inputs, layers, names, err := parseDescription(text)
	if err != nil {
		return nil, Errorf("", ErrDescription, "%w", err)
	}
	parameters, err := net.CountParameters(inputs, layers)
	if err != nil {
		return nil, Errorf("", ErrDescription, "%w", err)
	}
	held := 0
	for i := range s.Tensors {
		t := &s.Tensors[i]
		if t.Type != "F32" && t.Type != "<f4" {
			return nil, Errorf(t.Name, ErrType, "%s, and nnrt writes float32 only", t.Type)
		}
		held += len(t.Values)
	}
	if held != parameters {
		return nil, Errorf("", ErrNotModel, "the tensors have %d values, the layers %d parameters", held, parameters)
	}
	// A model without its weights yet tells names and shapes.
	empty, err := net.NewWithParameters(inputs, layers, make([]float32, parameters))
	if err != nil {
		return nil, Errorf("", ErrDescription, "%w", err)
	}
	values, err := s.parametersOf(empty, names)
	if err != nil {
		return nil, err
	}
	model, err := net.NewWithParameters(inputs, layers, values)
	if err != nil {
		return nil, Errorf("", ErrDescription, "%w", err)
	}
	f.Model = model
	if _, err := serialize.Encode(f); err != nil { // what could not be a model file
		return nil, Errorf("", ErrDescription, "%w", err)
	}
	return f, nil
}

// parametersOf returns the parameters of a model, whose own do not matter, out of the tensors.
func (s *Set) parametersOf(model *net.Model, names Names) ([]float32, error) {
	all, err := nameTensors(model, names)
	if err != nil {
		return nil, err
	}
	byName := make(map[string]*Tensor, len(s.Tensors))
	for i := range s.Tensors {
		byName[s.Tensors[i].Name] = &s.Tensors[i]
	}
	parameters := make([]float32, 0, model.NumParameters())
	for _, n := range all {
		t := byName[n.name]
		if t == nil {
			return nil, Errorf(n.name, ErrIncomplete, "")
		}
		delete(byName, n.name)
		want := slices.Clone(n.variable.Shape)
		if n.transpose {
			slices.Reverse(want)
		}
		if !slices.Equal(t.Shape, want) {
			return nil, Errorf(t.Name, ErrShape, "%v, it should be %v", t.Shape, want)
		}
		if err := checkTensor(t); err != nil {
			return nil, err
		}
		if n.transpose {
			parameters = appendTransposed(parameters, t.Values, want[0], want[1])
		} else {
			parameters = append(parameters, t.Values...)
		}
	}
	for i := range s.Tensors {
		if byName[s.Tensors[i].Name] != nil {
			return nil, Errorf(s.Tensors[i].Name, ErrExcess, "")
		}
	}
	return parameters, nil
}

// Limits of a description's parts, in the bytes of the JSON; package serialize has those of what they mean.
const (
	keyBytes   = 6 * 255 // of a metadata key, all of it escaped
	valueBytes = 6 << 16 // of a metadata value
	maxPairs   = 1 << 10 // of metadata
)

// parseDescription reads a description, whose model is still missing.
func parseDescription(text string) (f *serialize.File, inputs int, layers []net.Layer, names Names, err error) {
	f = &serialize.File{}
	s := jsonscan.New(text)
	format, tested := uint64(0), 0
	s.Object(16, keyBytes, func(key string) {
		var err error
		switch key {
		case "format":
			if format = s.Uint(math.MaxInt32); format != descriptionFormat {
				err = fmt.Errorf("it has the form %d; this version of nnrt knows %d", format, descriptionFormat)
			}
		case "names":
			if names = Names(s.String(keyBytes)); names != Keras && names != PyTorch {
				err = fmt.Errorf("names of the kind %q", string(names))
			}
		case "contract":
			f.Contract = int(s.Uint(math.MaxInt32))
		case "inputs":
			inputs = int(s.Uint(maxUnits))
		case "layers":
			if raw := s.Raw(MaxDescription); s.Err() == nil {
				layers, err = describe.ParseLayers(raw)
			}
		case "schema":
			if raw := s.Raw(MaxDescription); s.Err() == nil {
				f.Schema, err = describe.ParseSchema(raw)
			}
		case "metadata":
			f.Metadata = serialize.Metadata{}
			s.Object(maxPairs, keyBytes, func(key string) { f.Metadata[key] = s.String(valueBytes) })
		case "self_test":
			if raw := s.Raw(MaxDescription); s.Err() == nil {
				tested, f.SelfTest.Inputs, f.SelfTest.Outputs, err = describe.ParseSelfTest(raw)
			}
		case "crc32c":
			s.String(8)
		default:
			s.Unknown(key)
		}
		if err != nil {
			s.Fail(err)
		}
	})
	if format == 0 || names == "" || f.Contract == 0 {
		s.Fail(fmt.Errorf("format, names or contract is missing"))
	}
	if tested > 0 && tested != f.Contract {
		s.Fail(fmt.Errorf("the self-test is of contract %d, the model of %d", tested, f.Contract))
	}
	return f, inputs, layers, names, s.End()
}
