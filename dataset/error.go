package dataset

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// Error says what is wrong with data, and where.
type Error struct {
	File   string // the file's name as given, "stdin" for -, "" if unknown
	Line   int64  // text formats: the line, from 1, on which the row begins; 0 if not about a line
	Row    int64  // NPY and IDX: the row, from 1; 0 if not about a row
	Column string // the column's name, "" if not about a column
	Msg    string
	Err    error // the cause, where another package found it
}

// Error returns "FILE: line N: column "NAME": MSG", without what is unknown.
func (e *Error) Error() string {
	var b strings.Builder
	if e.File != "" {
		b.WriteString(e.File + ": ")
	}
	if e.Line > 0 {
		b.WriteString("line " + strconv.FormatInt(e.Line, 10) + ": ")
	}
	if e.Row > 0 {
		b.WriteString("row " + strconv.FormatInt(e.Row, 10) + ": ")
	}
	if e.Column != "" {
		b.WriteString("column " + quoteMost(e.Column, mostColumn) + ": ")
	}
	b.WriteString(shorten(e.Msg, mostMessage))
	if e.Err != nil {
		b.WriteString(": " + e.Err.Error())
	}
	return b.String()
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

func errorf(format string, args ...any) *Error { return &Error{Msg: fmt.Sprintf(format, args...)} }

func columnErrorf(column, format string, args ...any) *Error {
	return &Error{Column: column, Msg: fmt.Sprintf(format, args...)}
}

// place adds the file and the position to err if it is an *Error that lacks them.
func place(err error, file string, line, row int64) error {
	var e *Error
	if !errors.As(err, &e) {
		return err
	}
	if e.File == "" {
		e.File = file
	}
	if e.Line == 0 && e.Row == 0 {
		e.Line, e.Row = line, row
	}
	return err
}

// What names a column, and what is said about it, may come from a file whose header is megabytes long.
const (
	mostColumn  = 255
	mostMessage = 1000
)

// quote quotes a value for a message and shortens a long one.
func quote(s string) string { return quoteMost(s, 40) }

func quoteMost(s string, most int) string {
	if len(s) > most {
		return strconv.Quote(s[:most]) + "… (" + strconv.Itoa(len(s)) + " bytes)"
	}
	return strconv.Quote(s)
}

func shorten(s string, most int) string {
	if len(s) > most {
		return strings.ToValidUTF8(s[:most], "") + "… (" + strconv.Itoa(len(s)) + " bytes)"
	}
	return s
}

// list quotes the first names for a message.
func list(names []string) string {
	const most = 12
	var b strings.Builder
	for i, n := range names {
		if i == most {
			fmt.Fprintf(&b, ", … (%d in all)", len(names))
			break
		}
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(quote(n))
	}
	return b.String()
}
