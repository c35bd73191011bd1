package dataset

import (
	"bytes"
	"io"
	"strings"
)

// lineReader gives the lines of a text as parts of strings that hold many of them, so that a line costs neither a copy
// nor an allocation of its own. It asks for more only when all that came has been given, and then waits for no more
// than a line: a program at the other end of a pipe may wait for an answer. It keeps what was read and not given, and
// no line may be longer than MaxRecord.
type lineReader struct {
	in     io.Reader
	text   string // lines to be given
	part   []byte // what follows them: a line whose end has not been read
	err    error  // what ended the source
	number int64  // of the last line given, from 1
	open   bool   // the last line given had no line end, as the source's last may
}

// mostEmpty is how often in turn a source may give nothing before that is an error, as in package bufio.
const mostEmpty = 100

// readAhead is how much a lineReader asks for at once: as much as bufio.Reader passes on without a copy.
const readAhead = 64 << 10

// next returns the next line without its end, LF or CRLF, or the error that comes before a line does.
func (l *lineReader) next() (string, error) {
	if l.text == "" {
		if err := l.fill(); err != nil {
			return "", place(err, "", l.number+1, 0)
		}
	}
	line := l.text
	end := strings.IndexByte(line, '\n')
	if l.open = end < 0; l.open {
		l.text = ""
	} else {
		line, l.text = line[:end], line[end+1:]
	}
	l.number++
	if len(line) > MaxRecord {
		return "", place(tooLong(), "", l.number, 0)
	}
	return strings.TrimSuffix(line, "\r"), nil
}

// ready reports whether there is a line that is not blank to be given without reading.
func (l *lineReader) ready() bool { return strings.TrimLeft(l.text, " \t\r\n") != "" }

// fill reads until there is at least one whole line, or the last one.
func (l *lineReader) fill() error {
	empty := 0
	for l.err == nil {
		start := len(l.part)
		if start > MaxRecord {
			l.err = tooLong()
			break
		}
		if cap(l.part) < start+readAhead {
			part := make([]byte, start, 2*(start+readAhead)) // a long line is copied but a few times
			copy(part, l.part)
			l.part = part
		}
		n, err := l.in.Read(l.part[start : start+readAhead])
		if empty++; n > 0 {
			empty = 0
		} else if empty >= mostEmpty && err == nil {
			err = io.ErrNoProgress
		}
		if i := bytes.IndexByte(l.part[start:start+n], 0); i >= 0 {
			n, err = i, errorf("a NUL byte: this is not text in UTF-8")
		}
		l.part, l.err = l.part[:start+n], err
		if end := bytes.LastIndexByte(l.part[start:], '\n'); end >= 0 {
			lines := start + end + 1
			l.text = string(l.part[:lines])
			l.part = append(l.part[:0], l.part[lines:]...)
			return nil
		}
	}
	if l.err == io.EOF && len(l.part) > 0 {
		l.text = string(l.part)
		l.part = l.part[:0]
		return nil
	}
	return l.err
}

func tooLong() error { return errorf("a line of more than %d bytes", MaxRecord) }
