// Package safetensors reads and writes files of tensors in the safetensors format
// (https://github.com/huggingface/safetensors): 8 bytes of little-endian length, that many of JSON, and the tensors'
// values, little-endian and row-major. Package tensors makes models of what it reads.
//
// Reading is strict. The JSON begins with '{' and holds nothing but the tensors' types, shapes and places and, under
// __metadata__, texts; no key is there twice, and only spaces follow it. The values fill the file to its end without
// holes, and no two tensors share bytes. The format asks for no alignment of the values, so neither does Decode; Encode
// aligns them as the format's own library does, to 8 bytes.
//
// Of the types, F32 is taken as it is, F16 and BF16 are widened, which is exact, and F64 is taken if float32 has each
// of its values. Tensors of other types are kept without their values.
package safetensors

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"nnrt/internal/jsonscan"
	"nnrt/internal/npy"
	"nnrt/serialize/tensors"
)

const (
	lengthBytes  = 8
	metadataKey  = "__metadata__"
	nnrtKey      = "nnrt" // of the metadata: tensors.Set's Description
	maxHeader    = 16 << 20
	maxPairs     = 1024    // of the metadata
	maxPairBytes = 1 << 20 // key or value, but for nnrt's
)

// bitsOf are the types and how many bits an element has.
var bitsOf = map[string]uint64{
	"BOOL": 8, "U8": 8, "I8": 8, "F8_E5M2": 8, "F8_E4M3": 8, "F8_E8M0": 8, "U16": 16, "I16": 16, "F16": 16, "BF16": 16,
	"U32": 32, "I32": 32, "F32": 32, "U64": 64, "I64": 64, "F64": 64, "C64": 64, "F4": 4, "F6_E2M3": 6, "F6_E3M2": 6,
}

// entry is what the header says of a tensor.
type entry struct {
	name       string
	kind       string
	shape      []uint64
	begin, end uint64 // of its bytes, after the header
	complete   int    // bits: which of the three were there
}

// Decode reads a file's bytes and keeps none of them. The error is a *tensors.Error.
func Decode(blob []byte) (*tensors.Set, error) {
	if len(blob) < lengthBytes {
		return nil, tensors.Errorf("", tensors.ErrTruncated, "%d bytes, a safetensors file has at least %d", len(blob),
			lengthBytes+len("{}"))
	}
	n := binary.LittleEndian.Uint64(blob)
	switch {
	case n > maxHeader:
		return nil, tensors.Errorf("", tensors.ErrLimit, "a header of %d bytes, the limit is %d", n, maxHeader)
	case n > uint64(len(blob)-lengthBytes):
		return nil, tensors.Errorf("", tensors.ErrTruncated, "%d bytes, and a header of %d", len(blob), n)
	case n == 0 || blob[lengthBytes] != '{':
		return nil, tensors.Errorf("", tensors.ErrHeader, "it does not begin with {")
	}
	entries, description, err := parseHeader(string(blob[lengthBytes:][:n]))
	if err != nil {
		return nil, err
	}
	values := blob[lengthBytes+n:]
	if err := checkLayout(entries, uint64(len(values))); err != nil {
		return nil, err
	}
	set := &tensors.Set{Description: description}
	for i := range entries {
		e := &entries[i]
		t := tensors.Tensor{Name: e.name, Type: e.kind, Shape: make([]int, len(e.shape))}
		for k, d := range e.shape {
			t.Shape[k] = int(d)
		}
		if t.Values, err = decodeValues(e, values[e.begin:e.end]); err != nil {
			return nil, err
		}
		set.Tensors = append(set.Tensors, t)
	}
	return set, nil
}

// parseHeader reads the JSON.
func parseHeader(text string) (entries []entry, description string, err error) {
	s := jsonscan.New(text)
	s.Object(tensors.MaxTensors+1, 6*tensors.MaxNameBytes, func(key string) {
		if key == metadataKey {
			s.Object(maxPairs, maxPairBytes, func(key string) {
				if key == nnrtKey {
					description = s.String(maxHeader)
				} else {
					s.String(maxPairBytes)
				}
			})
			return
		}
		entries = append(entries, readEntry(s, key))
	})
	if err := s.End(); err != nil {
		cause := tensors.ErrHeader
		if errors.Is(err, jsonscan.ErrDuplicate) {
			cause = tensors.ErrDuplicate
		} else if errors.Is(err, jsonscan.ErrLimit) {
			cause = tensors.ErrLimit
		}
		return nil, "", tensors.Because("", cause, err)
	}
	for i := range entries {
		if err := entries[i].check(); err != nil {
			return nil, "", err
		}
	}
	return entries, description, nil
}

func readEntry(s *jsonscan.Scanner, name string) entry {
	e := entry{name: name}
	s.Object(3, 16, func(key string) {
		switch key {
		case "dtype":
			e.complete |= 1
			e.kind = s.String(16)
		case "shape":
			e.complete |= 2
			s.Array(tensors.MaxDimensions, func() { e.shape = append(e.shape, s.Uint(math.MaxUint64)) })
		case "data_offsets":
			e.complete |= 4
			n := 0
			s.Array(2, func() {
				v := s.Uint(math.MaxUint64)
				if n++; n == 1 {
					e.begin = v
				} else {
					e.end = v
				}
			})
			if n != 2 {
				s.Fail(fmt.Errorf("%w: %d data_offsets", jsonscan.ErrSyntax, n))
			}
		default:
			s.Unknown(key)
		}
	})
	return e
}

// check checks what the header says of one tensor.
func (e *entry) check() error {
	if e.complete != 7 {
		return tensors.Errorf(e.name, tensors.ErrHeader, "dtype, shape or data_offsets is missing")
	}
	if len(e.name) > tensors.MaxNameBytes {
		return tensors.Errorf(e.name, tensors.ErrLimit, "a name of %d bytes, the limit is %d", len(e.name),
			tensors.MaxNameBytes)
	}
	bits := bitsOf[e.kind]
	if bits == 0 {
		return tensors.Errorf(e.name, tensors.ErrType, "there is no dtype %+q", e.kind)
	}
	n, ok := tensors.Product(e.shape)
	if !ok {
		return tensors.Errorf(e.name, tensors.ErrLimit, "the shape %d has more elements than a model", e.shape)
	}
	size := uint64(n) * bits
	if e.begin > e.end || size%8 != 0 || e.end-e.begin != size/8 {
		return tensors.Errorf(e.name, tensors.ErrLayout, "bytes %d to %d for %d elements of %s", e.begin, e.end, n, e.kind)
	}
	return nil
}

// checkLayout checks that the tensors fill size bytes, each in its own place.
func checkLayout(entries []entry, size uint64) error {
	order := make([]*entry, len(entries))
	for i := range entries {
		order[i] = &entries[i]
	}
	compare := func(a, b uint64) int {
		switch {
		case a < b:
			return -1
		case a > b:
			return 1
		}
		return 0
	}
	slices.SortStableFunc(order, func(a, b *entry) int {
		if c := compare(a.begin, b.begin); c != 0 {
			return c
		}
		return compare(a.end, b.end)
	})
	at := uint64(0)
	for _, e := range order {
		if e.begin != at {
			return tensors.Errorf(e.name, tensors.ErrLayout, "it begins at byte %d, the one before it ends at %d", e.begin, at)
		}
		if at = e.end; at > size {
			return tensors.Errorf(e.name, tensors.ErrTruncated, "it ends at byte %d of %d", at, size)
		}
	}
	if at != size {
		return tensors.Errorf("", tensors.ErrLayout, "%d bytes after the last tensor", size-at)
	}
	return nil
}

// decodeValues returns a tensor's values as float32, nil if they are not floating-point numbers.
func decodeValues(e *entry, b []byte) ([]float32, error) {
	switch e.kind {
	case "F32", "F16":
		size := int(bitsOf[e.kind] / 8)
		values := make([]float32, len(b)/size)
		npy.Element{Kind: 'f', Size: size}.Decode(values, b)
		return values, nil
	case "BF16": // the upper half of a float32
		values := make([]float32, len(b)/2)
		for i := range values {
			values[i] = math.Float32frombits(uint32(binary.LittleEndian.Uint16(b[2*i:])) << 16)
		}
		return values, nil
	case "F64":
		values := make([]float32, len(b)/8)
		for i := range values {
			v := math.Float64frombits(binary.LittleEndian.Uint64(b[8*i:]))
			if values[i] = float32(v); v == v && float64(values[i]) != v {
				return nil, tensors.Errorf(e.name, tensors.ErrInexact, "value %d, %v: save the model as float32", i+1, v)
			}
		}
		return values, nil
	}
	return nil, nil
}

// Encode returns the bytes of a file: the header's keys and the values in the order of the names, as the format's own
// library writes tensors of one type. All tensors are F32. The error is a *tensors.Error.
func Encode(set *tensors.Set) ([]byte, error) {
	order := make([]*tensors.Tensor, len(set.Tensors))
	for i := range set.Tensors {
		order[i] = &set.Tensors[i]
	}
	slices.SortFunc(order, func(a, b *tensors.Tensor) int { return strings.Compare(a.Name, b.Name) })
	header := []byte{'{'}
	if set.Description != "" {
		header = fmt.Appendf(header, `"%s":{"%s":%s},`, metadataKey, nnrtKey, quote(set.Description))
	}
	at := uint64(0)
	for i, t := range order {
		if t.Name == metadataKey || i > 0 && t.Name == order[i-1].Name {
			return nil, tensors.Errorf(t.Name, tensors.ErrDuplicate, "")
		}
		shape := make([]string, len(t.Shape))
		dims := make([]uint64, len(t.Shape))
		for k, d := range t.Shape {
			shape[k], dims[k] = fmt.Sprint(d), uint64(d)
		}
		if n, ok := tensors.Product(dims); !ok || n != len(t.Values) {
			return nil, tensors.Errorf(t.Name, tensors.ErrShape, "%d values for %v", len(t.Values), t.Shape)
		}
		end := at + 4*uint64(len(t.Values))
		header = fmt.Appendf(header, `%s:{"dtype":"F32","shape":[%s],"data_offsets":[%d,%d]},`, quote(t.Name),
			strings.Join(shape, ","), at, end)
		at = end
	}
	header = append(header[:max(len(header)-1, 1)], '}')
	for len(header)%8 != 0 {
		header = append(header, ' ')
	}
	if len(header) > maxHeader || len(order) > tensors.MaxTensors {
		return nil, tensors.Errorf("", tensors.ErrLimit, "a header of %d bytes for %d tensors", len(header), len(order))
	}
	if at > math.MaxInt-maxHeader-lengthBytes {
		return nil, tensors.Errorf("", tensors.ErrLimit, "%d bytes of values", at)
	}
	blob := make([]byte, 0, lengthBytes+len(header)+int(at))
	blob = binary.LittleEndian.AppendUint64(blob, uint64(len(header)))
	blob = append(blob, header...)
	for _, t := range order {
		for _, v := range t.Values {
			blob = binary.LittleEndian.AppendUint32(blob, math.Float32bits(v))
		}
	}
	return blob, nil
}

// quote returns a text as a JSON string, with the escapes that JSON asks for and no others.
func quote(text string) []byte {
	var b strings.Builder
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(text); err != nil {
		panic(err) // a string is always written
	}
	return []byte(strings.TrimSuffix(b.String(), "\n"))
}
