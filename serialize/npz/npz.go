// Package npz reads and writes files of tensors as NumPy's savez and load do
// (https://numpy.org/doc/stable/reference/generated/numpy.savez.html): a zip archive with a file NAME.npy for each array.
// Package tensors makes models of what it reads.
//
// float32 is taken as it is, float16 is widened, which is exact, and float64, which scikit-learn's weights are, is
// rounded to the nearest float32; the set's Rounded names the arrays in which that changed a value. Arrays of other types
// are kept without their values. Both byte orders and both orders of dimensions are read.
//
// The files of an archive are never written anywhere, and their names are nothing but names.
package npz

import (
	"encoding/binary"
	"errors"
	"io"
	"math"
	"strings"

	"nnrt/internal/npy"
	"nnrt/internal/zipfile"
	"nnrt/serialize/tensors"
)

// DescriptionName is the name of the file that holds a tensors.Set's Description. numpy.load gives its bytes under this
// name.
const DescriptionName = "nnrt.json"

const ending = ".npy"

// What the files of an archive may have in all, unpacked: a multiple of the archive and, for small models, of which most
// weights may be zeros, a constant. (Random weights shrink by a tenth at most.)
const (
	expansion    = 4
	alwaysUnpack = 16 << 20
)

// Decode reads an archive's bytes and keeps none of them. The error is a *tensors.Error.
func Decode(blob []byte) (*tensors.Set, error) {
	entries, err := zipfile.Read(blob, zipfile.Limits{Entries: tensors.MaxTensors + 1,
		NameBytes: tensors.MaxNameBytes + len(ending), Expanded: expansion*int64(len(blob)) + alwaysUnpack})
	if err != nil {
		return nil, zipError("", err)
	}
	set := &tensors.Set{}
	unpacked := &zipfile.Reader{}
	for _, e := range entries {
		unpacked.Open(e)
		name, isArray := strings.CutSuffix(e.Name, ending)
		switch {
		case isArray:
			t, rounded, err := readArray(name, unpacked, e.Size)
			if err != nil {
				return nil, err
			}
			set.Tensors = append(set.Tensors, t)
			if rounded {
				set.Rounded = append(set.Rounded, name)
			}
		case e.Name == DescriptionName:
			if e.Size > tensors.MaxDescription {
				return nil, tensors.Errorf(e.Name, tensors.ErrLimit, "%d bytes, the limit is %d", e.Size, tensors.MaxDescription)
			}
			text := make([]byte, e.Size)
			if _, err := io.ReadFull(unpacked, text); err != nil {
				return nil, zipError(e.Name, err)
			}
			set.Description = string(text)
		default:
			return nil, tensors.Errorf(e.Name, tensors.ErrName, "it is no array: it does not end with %s", ending)
		}
		if err := unpacked.Close(); err != nil {
			return nil, zipError(name, err)
		}
	}
	return set, nil
}

// zipError gives an error of the archive its cause in package tensors.
func zipError(name string, err error) error {
	cause := tensors.ErrHeader
	for _, c := range []struct{ is, cause error }{
		{zipfile.ErrTwice, tensors.ErrDuplicate}, {zipfile.ErrLimit, tensors.ErrLimit},
		{zipfile.ErrChecksum, tensors.ErrChecksum}, {zipfile.ErrName, tensors.ErrName},
	} {
		if errors.Is(err, c.is) {
			cause = c.cause
		}
	}
	return tensors.Because(name, cause, err)
}

// readArray reads an NPY file of size bytes.
func readArray(name string, r io.Reader, size int64) (t tensors.Tensor, rounded bool, err error) {
	fail := func(cause error, detail string, args ...any) (tensors.Tensor, bool, error) {
		return tensors.Tensor{}, false, tensors.Errorf(name, cause, detail, args...)
	}
	counted := &counter{from: r}
	h, err := npy.ReadHeader(counted)
	if err != nil {
		var bad *npy.Error
		if errors.As(err, &bad) {
			return tensors.Tensor{}, false, tensors.Because(name, tensors.ErrHeader, err)
		}
		return tensors.Tensor{}, false, zipError(name, err)
	}
	if len(h.Shape) > tensors.MaxDimensions {
		return fail(tensors.ErrLimit, "%d dimensions, the limit is %d", len(h.Shape), tensors.MaxDimensions)
	}
	n, ok := tensors.Product(h.Shape)
	if !ok {
		return fail(tensors.ErrLimit, "the shape %d has more elements than a model", h.Shape)
	}
	if have := size - counted.n; have != int64(n)*int64(h.Element.Size) {
		return fail(tensors.ErrLayout, "%d bytes for %d elements of %v", have, n, h.Element)
	}
	t = tensors.Tensor{Name: name, Type: h.Element.String(), Shape: make([]int, len(h.Shape))}
	for i, d := range h.Shape {
		t.Shape[i] = int(d)
	}
	if h.Element.Kind != 'f' {
		_, err := io.Copy(io.Discard, r)
		if err != nil {
			return tensors.Tensor{}, false, zipError(name, err)
		}
		return t, false, nil
	}
	t.Values = make([]float32, n)
	buffer := make([]byte, min(n, 4096)*h.Element.Size)
	for done := 0; done < n; {
		b := buffer[:min(len(buffer), (n-done)*h.Element.Size)]
		if _, err := io.ReadFull(r, b); err != nil {
			return tensors.Tensor{}, false, zipError(name, err)
		}
		to := t.Values[done:][:len(b)/h.Element.Size]
		h.Element.Decode(to, b)
		for i := 0; h.Element.Size == 8 && i < len(to); i++ {
			v := h.Element.Float(b[8*i:])
			if math.IsInf(float64(to[i]), 0) && !math.IsInf(v, 0) {
				return fail(tensors.ErrInexact, "value %d, %v, is beyond float32's range", done+i+1, v)
			}
			rounded = rounded || v == v && float64(to[i]) != v
		}
		done += len(to)
	}
	if h.Fortran && len(t.Shape) > 1 {
		if len(t.Shape) > 2 {
			return fail(tensors.ErrShape, "Fortran order with %d dimensions", len(t.Shape))
		}
		t.Values = tensors.Transposed(t.Values, t.Shape[1], t.Shape[0])
	}
	return t, rounded, nil
}

// counter counts the bytes that were read.
type counter struct {
	from io.Reader
	n    int64
}

func (c *counter) Read(p []byte) (int, error) {
	n, err := c.from.Read(p)
	c.n += int64(n)
	return n, err
}

// Encode returns the bytes of an archive: the arrays in the set's order, float32, not compressed, then the description.
// Equal sets give equal bytes. The error is a *tensors.Error.
func Encode(set *tensors.Set) ([]byte, error) {
	w := &zipfile.Writer{}
	seen := make(map[string]bool, len(set.Tensors))
	if len(set.Tensors) > tensors.MaxTensors {
		return nil, tensors.Errorf("", tensors.ErrLimit, "%d tensors, the limit is %d", len(set.Tensors), tensors.MaxTensors)
	}
	for i := range set.Tensors {
		t := &set.Tensors[i]
		if seen[t.Name] {
			return nil, tensors.Errorf(t.Name, tensors.ErrDuplicate, "")
		}
		seen[t.Name] = true
		if len(t.Name) > tensors.MaxNameBytes {
			return nil, tensors.Errorf(t.Name, tensors.ErrLimit, "a name of %d bytes", len(t.Name))
		}
		shape, dims := make([]int64, len(t.Shape)), make([]uint64, len(t.Shape))
		for k, d := range t.Shape {
			shape[k], dims[k] = int64(d), uint64(d)
		}
		if n, ok := tensors.Product(dims); !ok || n != len(t.Values) {
			return nil, tensors.Errorf(t.Name, tensors.ErrShape, "%d values for %v", len(t.Values), t.Shape)
		}
		data := npy.AppendHeader(make([]byte, 0, 4*len(t.Values)+192), shape...)
		for _, v := range t.Values {
			data = binary.LittleEndian.AppendUint32(data, math.Float32bits(v))
		}
		w.Add(t.Name+ending, data)
	}
	if set.Description != "" {
		w.Add(DescriptionName, []byte(set.Description))
	}
	blob, err := w.Bytes()
	if err != nil {
		return nil, zipError("", err)
	}
	return blob, nil
}
