package onnx

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"
)

// What can be wrong with an ONNX file, one error per cause. Decode and ReadFile wrap them in an *Error; match them with
// errors.Is.
var (
	ErrNotONNX     = errors.New("not an ONNX model")
	ErrWire        = errors.New("the Protocol Buffers encoding is broken")
	ErrVersion     = errors.New("a version that nnrt does not know")
	ErrLimit       = errors.New("more than the limit")
	ErrGraph       = errors.New("the graph contradicts itself")
	ErrAttribute   = errors.New("bad attribute")
	ErrTensor      = errors.New("bad tensor")
	ErrShape       = errors.New("the shapes do not fit")
	ErrNotFinite   = errors.New("not a finite number")
	ErrNotExact    = errors.New("float32 does not have this number")
	ErrExternal    = errors.New("bad external data")
	ErrUnsupported = errors.New("a Dense network does not have this")
	ErrSchema      = errors.New("bad schema")
)

// Error says what is wrong with an ONNX file and where. Fields that say nothing are empty.
type Error struct {
	Node     string // its name, or "#3" for the third node if it has none
	Operator string // the node's, such as "Gemm" or "ai.onnx.ml.Scaler"
	Part     string // what of the node or of the file, such as "attribute axis", "tensor fc1.weight" or "input x"
	Err      error  // wraps one of the errors above
}

// Error returns "node NAME (OPERATOR): PART: CAUSE", without what is empty.
func (e *Error) Error() string {
	var b strings.Builder
	if e.Operator != "" {
		fmt.Fprintf(&b, "node %s (%s): ", e.Node, e.Operator)
	}
	if e.Part != "" {
		b.WriteString(e.Part + ": ")
	}
	return b.String() + e.Err.Error()
}

// Unwrap returns Err.
func (e *Error) Unwrap() error { return e.Err }

// failf returns the error of a part of the file.
func failf(part string, cause error, detail string, args ...any) error {
	return &Error{Part: part, Err: because(cause, detail, args...)}
}

func because(cause error, detail string, args ...any) error {
	if detail == "" {
		return cause
	}
	return fmt.Errorf("%w: "+detail, append([]any{cause}, args...)...)
}

// short quotes a name of the file's, of which only the beginning is shown if it is long.
func short(name string) string {
	const most = 80
	if len(name) > most {
		cut := most
		for cut > most-utf8.UTFMax && !utf8.RuneStart(name[cut]) {
			cut--
		}
		name = name[:cut] + "…"
	}
	return fmt.Sprintf("%q", name)
}
