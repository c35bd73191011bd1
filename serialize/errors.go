package serialize

import (
	"errors"
	"fmt"
)

// What can be wrong with a model file, one error per cause. Decode, Load, ReadFile and Encode wrap them in a
// *FormatError; match them with errors.Is.
var (
	ErrNotModel         = errors.New("not an nnrt model")
	ErrTextDamage       = errors.New("the file was changed by a transfer that took it for text")
	ErrTruncated        = errors.New("the file is cut short")
	ErrTrailing         = errors.New("there are bytes after the end of the model")
	ErrVersion          = errors.New("unknown format version")
	ErrHeader           = errors.New("the header contradicts itself")
	ErrFlags            = errors.New("unknown flags")
	ErrContract         = errors.New("impossible version of the arithmetic contract")
	ErrChecksum         = errors.New("the checksum does not match, the file is damaged")
	ErrSectionOrder     = errors.New("sections are out of order")
	ErrDuplicateSection = errors.New("the section is there twice")
	ErrUnknownSection   = errors.New("the section is needed to understand the model, and unknown to this version of nnrt")
	ErrMissingSection   = errors.New("the section is missing")
	ErrLayout           = errors.New("the section is not where it has to be")
	ErrPadding          = errors.New("padding is not zero")
	ErrContent          = errors.New("the section's content does not fill it exactly")
	ErrNotCanonical     = errors.New("not in the one form that the format allows")
	ErrLimit            = errors.New("more than the limit")
	ErrText             = errors.New("not an acceptable text")
	ErrNotFinite        = errors.New("not a finite number")
	ErrArchitecture     = errors.New("the layers do not make a model")
	ErrWeights          = errors.New("the weights do not fit the layers")
	ErrSchema           = errors.New("bad schema")
	ErrMetadata         = errors.New("bad metadata")
	ErrSelfTest         = errors.New("bad self-test")
	ErrTraining         = errors.New("bad training state")
	ErrSignature        = errors.New("bad signature")
)

// ErrNotRegular says that ReadFile or AtomicWrite was given a folder, a pipe or a device; it comes in a *fs.PathError.
var ErrNotRegular = errors.New("not a regular file")

// FormatError says what is wrong with a model file and where.
type FormatError struct {
	Section string // "header", "section table", or a section's name such as "weights"
	Offset  int64  // byte of the file at which the trouble was found
	Err     error  // wraps one of the errors above
}

// Error returns "SECTION, byte OFFSET: CAUSE".
func (e *FormatError) Error() string {
	return fmt.Sprintf("%s, byte %d: %v", e.Section, e.Offset, e.Err)
}

// Unwrap returns Err.
func (e *FormatError) Unwrap() error { return e.Err }

func formatError(section string, offset int64, cause error, detail string, args ...any) error {
	if detail != "" {
		cause = fmt.Errorf("%w: "+detail, append([]any{cause}, args...)...)
	}
	return &FormatError{Section: section, Offset: offset, Err: cause}
}
