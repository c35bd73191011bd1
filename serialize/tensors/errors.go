package tensors

import (
	"errors"
	"fmt"
)

// What can be wrong with a file of tensors, one error per cause. Set.File, Of, and the packages that read and write
// files wrap them in an *Error; match them with errors.Is.
var (
	ErrTruncated   = errors.New("the file is cut short")
	ErrHeader      = errors.New("bad header")
	ErrDuplicate   = errors.New("the name is there twice")
	ErrLimit       = errors.New("more than the limit")
	ErrLayout      = errors.New("the values are not where they have to be")
	ErrName        = errors.New("the name says nothing of a Dense network")
	ErrType        = errors.New("elements of this type are no weights")
	ErrShape       = errors.New("the shape does not fit")
	ErrInexact     = errors.New("a value that float32 does not have")
	ErrNotFinite   = errors.New("a value that is not a finite number")
	ErrIncomplete  = errors.New("a tensor is missing")
	ErrExcess      = errors.New("the tensor has no place in the model")
	ErrOrder       = errors.New("the names do not tell the order of the layers")
	ErrLayers      = errors.New("the file has other layers")
	ErrNoLayers    = errors.New("the file does not say what the layers compute")
	ErrDescription = errors.New("bad description of the model")
	ErrChecksum    = errors.New("the checksum does not match")
	ErrNotModel    = errors.New("the tensors do not make a model")
)

// Error says what is wrong, and with which tensor or layer.
type Error struct {
	Name string // of the tensor, or of the layer that it belongs to; "" if it is about the file
	Err  error  // wraps one of the errors above
}

// Error returns "tensor NAME: CAUSE". A name is quoted, since it comes from a file.
func (e *Error) Error() string {
	if e.Name == "" {
		return e.Err.Error()
	}
	return fmt.Sprintf("tensor %+q: %v", e.Name, e.Err)
}

// Unwrap returns Err.
func (e *Error) Unwrap() error { return e.Err }

// because is an error in the words of one, and another's kind.
type because struct{ cause, err error }

func (b because) Error() string   { return b.err.Error() }
func (b because) Unwrap() []error { return []error{b.cause, b.err} }

// Because returns an *Error that says what err says and wraps cause, one of the errors above, too.
func Because(name string, cause, err error) error {
	return &Error{Name: name, Err: because{cause, err}}
}

// Errorf returns an *Error about a tensor, or the file if name is "".
func Errorf(name string, cause error, detail string, args ...any) error {
	if detail != "" {
		cause = fmt.Errorf("%w: "+detail, append([]any{cause}, args...)...)
	}
	return &Error{Name: name, Err: cause}
}
