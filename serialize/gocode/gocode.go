// Package gocode writes a model as one file of Go, the way out of nnrt for programs that want no dependency at all: the
// weights, and a function Predict whose results are the same bits as nnrt's. The file imports nothing but math, has no
// unsafe code, and compiles with Go 1.21 and later.
//
// The arithmetic in the file is not written again: it is cut out of the portable kernels' source (kernels.Source), the
// executable form of the arithmetic contract. So it is as fast as these, and 10 to 50 times slower than nnrt's kernels in
// assembly.
package gocode

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"go/token"
	"strings"

	"nnrt/dataset"
	"nnrt/net"
	"nnrt/serialize"
)

// MaxNumbers is how many numbers, weights and those of the schema, a file has at most: they are base64 in it, 5.4 bytes
// each.
const MaxNumbers = 1 << 24

// maxStack is how many numbers Predict has in arrays of its own. A compiler would put larger ones on the heap; then the
// caller gives memory.
const maxStack = 1 << 14

// lineLength is how long lines of comments, names and numbers are.
const lineLength = 112

// Errors of Encode.
var (
	ErrPackage  = errors.New("not a name that a Go package can have")
	ErrTooLarge = errors.New("the model is too large to be source")
)

// Encode returns the source of a Go file in a package of the given name, as gofmt would have it. Equal models and names
// give equal bytes.
//
// With a schema the file has, beside Predict, the names of features and labels, a function Encode that makes a row of
// raw values the model's inputs, PredictRow, which gives probabilities or values in the target's own units, and Class.
// Training state, metadata, self-test and signature are left out.
//
// The error wraps ErrPackage or ErrTooLarge, or is a *serialize.FormatError if f could not be a model file.
func Encode(f *serialize.File, name string) ([]byte, error) {
	if !token.IsIdentifier(name) || name == "_" {
		return nil, fmt.Errorf("gocode: package %q: %w", name, ErrPackage)
	}
	if f.Model != nil && f.Model.NumParameters() > MaxNumbers {
		return nil, fmt.Errorf("gocode: %d weights, at most %d: %w", f.Model.NumParameters(), MaxNumbers, ErrTooLarge)
	}
	blob, err := serialize.Encode(f)
	if err != nil {
		return nil, err
	}
	w := &writer{name: name, model: f.Model, schema: f.Schema}
	w.layOut()
	w.predict()
	if f.Schema != nil {
		w.rows()
	}
	if len(w.numbers) > MaxNumbers {
		return nil, fmt.Errorf("gocode: %d weights and numbers of the schema, at most %d: %w",
			len(w.numbers), MaxNumbers, ErrTooLarge)
	}
	arithmetic := readLibrary().source(w.functions...)
	w.text.WriteString(arithmetic)
	w.table()
	body := w.text.Bytes()
	w.text = bytes.Buffer{}
	w.head(sha256.Sum256(blob), len(w.numbers) > 0 || strings.Contains(arithmetic, "math."))
	w.text.Write(body)
	return w.text.Bytes(), nil
}

// writer collects the pieces of a file.
type writer struct {
	name   string
	model  *net.Model
	schema *dataset.Schema

	text      bytes.Buffer
	numbers   []float32 // the model's, and the schema's
	functions []string  // of package kernels that the code calls

	steps []string // lines of Predict
	dense bool     // there is a Dense layer
	sizes [2]int   // of the arrays that Predict's layers write into by turns
	turn  bool     // it is the second's
}

func (w *writer) printf(layout string, args ...any) { fmt.Fprintf(&w.text, layout, args...) }

// comment writes a comment of whole lines.
func (w *writer) comment(text string) {
	line := "//"
	for _, word := range strings.Fields(text) {
		if len(line)+1+len(word) > lineLength {
			w.printf("%s\n", line)
			line = "//"
		}
		line += " " + word
	}
	w.printf("%s\n", line)
}

func (w *writer) step(layout string, args ...any) {
	w.steps = append(w.steps, "\t"+fmt.Sprintf(layout, args...)+"\n")
}

// call notes that the code uses a function of package kernels, and returns its name there.
func (w *writer) call(function string) string {
	w.functions = append(w.functions, function)
	return unexported(function)
}

// keep adds numbers and returns the expression for them.
func (w *writer) keep(values ...float32) string {
	from := len(w.numbers)
	w.numbers = append(w.numbers, values...)
	return fmt.Sprintf("numbers[%d:%d]", from, len(w.numbers))
}

// keepOne adds a number and returns the expression for it.
func (w *writer) keepOne(value float32) string {
	w.numbers = append(w.numbers, value)
	return fmt.Sprintf("numbers[%d]", len(w.numbers)-1)
}

// needsMemory tells whether the caller gives memory to work in.
func (w *writer) needsMemory() bool { return w.work() > maxStack }

// work is how many floats Predict and PredictRow work in.
func (w *writer) work() int {
	n := w.sizes[0] + w.sizes[1]
	if w.schema != nil {
		n += w.model.Inputs()
	}
	return n
}
