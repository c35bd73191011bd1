package onnx

import (
	"crypto/sha256"
	"math"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"nnrt/kernels"
	"nnrt/net"
	"nnrt/serialize"
)

// maxFileBytes is the size up to which files are read: that of the largest Protocol Buffers message.
const maxFileBytes = 2<<30 - 1

// memoryConstant and memoryFactor bound the memory that constants take: so many times the file, and a constant. What
// other parts of the file take is bounded by the limits on their number.
const (
	memoryConstant = 1 << 20
	memoryFactor   = 7
)

// decoder is the reading of one file.
type decoder struct {
	model *model
	graph *graph

	memory int64 // that constants may still take

	values  map[string]*value // by the names that the graph gives them
	tensors map[string]*tensorProto
	unique  map[[sha256.Size]byte]*value // by what they compute
	buffer  []byte                       // of unify
	inputs  []*input                     // that the outputs depend on

	batch  int64 // the batch dimension if the file fixes it, or 0
	halves bool  // there are numbers of 16 bits

	width int64 // what unknownDim stands for, or 0 as long as nothing says so

	folder *folder // where external data may be, or nil
}

// Decode reads the bytes of an ONNX file. The error is an *Error, or says what is wrong with NNRT_KERNELS. The file
// must be whole: tensors in other files are refused, see ReadFile.
//
// The result has no self-test; serialize.NewSelfTest makes one.
func Decode(blob []byte) (*serialize.File, error) { return decode(blob, nil) }

func decode(blob []byte, folder *folder) (*serialize.File, error) {
	if err := kernels.Err(); err != nil { // no model can be made
		return nil, err
	}
	if int64(len(blob)) > maxFileBytes {
		return nil, failf("", ErrLimit, "%d bytes, the limit is %d", len(blob), int64(maxFileBytes))
	}
	d := &decoder{memory: min(memoryConstant+memoryFactor*int64(len(blob)), math.MaxInt/4), folder: folder,
		values: make(map[string]*value), tensors: make(map[string]*tensorProto), unique: make(map[[sha256.Size]byte]*value)}
	var err error
	if d.model, err = readModel(blob); err != nil {
		return nil, err
	}
	if d.graph, err = readGraph(*d.model.graph); err != nil {
		return nil, err
	}
	if f := d.own(); f != nil {
		return f, nil
	}
	if err := d.evaluate(); err != nil {
		return nil, err
	}
	return d.file()
}

// take counts bytes that constants are going to take.
func (d *decoder) take(n int64) error {
	if n > d.memory {
		return failf("", ErrLimit, "its constants would take more memory than %d times the file", memoryFactor+1)
	}
	d.memory -= n
	return nil
}

// file makes the model of what the graph computes.
func (d *decoder) file() (*serialize.File, error) {
	r, err := d.result()
	if err != nil {
		return nil, err
	}
	steps, bottom, err := d.chain(r.value)
	if err != nil {
		return nil, err
	}
	elements, err := d.columns(bottom)
	if err != nil {
		return nil, err
	}
	in, steps, err := d.inputsOf(elements, steps)
	if err != nil {
		return nil, err
	}
	layers, parameters, err := d.layers(steps, in.width, in.affine, in.order)
	if err != nil {
		return nil, err
	}
	m, err := net.NewWithParameters(in.width, layers, parameters)
	if err != nil {
		return nil, failf("", ErrUnsupported, "%w", err)
	}
	f := &serialize.File{Model: m, Metadata: d.metadata()}
	f.Schema, err = d.schema(in, r, m)
	return f, err
}

// metadata says where the model comes from.
func (d *decoder) metadata() serialize.Metadata {
	m := serialize.Metadata{"source_format": "onnx"}
	for key, value := range map[string]string{
		"source_producer": strings.TrimSpace(d.model.producer + " " + d.model.producerVersion),
		"source_opset":    strconv.FormatInt(d.model.opset, 10),
	} {
		if value != "" && len(value) <= 255 && utf8.ValidString(value) && strings.IndexFunc(value, unicode.IsControl) < 0 {
			m[key] = value
		}
	}
	return m
}
