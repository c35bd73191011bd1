package main

import (
	"bufio"
	"errors"
	"io"
	"syscall"
)

// output is the buffered standard output. It keeps the first error of the stream below, so that commands need not
// look at every write.
type output struct {
	w   *bufio.Writer
	err error
}

func (o *output) Write(p []byte) (int, error) {
	n, err := o.w.Write(p)
	o.keep(err)
	return n, err
}

// Flush writes out what is buffered and returns the first error so far.
func (o *output) Flush() error {
	o.keep(o.w.Flush())
	return o.err
}

func (o *output) keep(err error) {
	if err != nil && o.err == nil {
		o.err = err
	}
}

// closed reports whether nobody reads the output any more. (On Unix the signal SIGPIPE ends the process before that is
// seen here, unless the output is not the process's own standard output.)
func (o *output) closed() bool {
	return errors.Is(o.err, syscall.EPIPE) || errors.Is(o.err, io.ErrClosedPipe)
}
