// Command nnrt trains, runs and inspects small neural networks. "nnrt help" lists what it can do.
package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"strconv"
	"strings"
	"unicode"

	"nnrt/dataset"
	"nnrt/kernels"
	"nnrt/net"
	"nnrt/serialize"
)

// version is that of the command and of the packages beside it.
const version = "0.1.0"

func main() {
	os.Exit(doMain(os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}

// Exit codes. Scripts rely on them.
const (
	exitDone   = 0
	exitFailed = 1 // a file that cannot be opened or written, training that diverged, an interrupt
	exitUsage  = 2 // a mistake on the command line or in NNRT_KERNELS
	exitModel  = 3 // the model file is bad
	exitData   = 4 // the data is bad
)

// command is one of nnrt's commands.
type command struct {
	name     string
	args     string   // its arguments in the usage line, such as "model.bin [DATA|-]"
	summary  string   // one line
	details  string   // what the flags do not say
	examples []string // command lines
	minArgs  int
	maxArgs  int
	flags    *flagSet
	run      func(e *env, args []string) error
}

// env is what a command has to do with the world outside.
type env struct {
	stdin  io.Reader
	stdout *output
	stderr io.Writer
	quiet  bool // -q: no progress
}

// commands returns all commands, with their flags at the defaults.
func commands() []*command {
	return []*command{
		demoCommand(), trainCommand(), runCommand(), evalCommand(), inspectCommand(), verifyCommand(),
		signCommand(), convertCommand(), benchCommand(), cpuCommand(),
	}
}

// doMain is main with everything it depends on as parameters. It returns the exit code.
func doMain(args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	e := &env{stdin: stdin, stdout: &output{w: bufio.NewWriterSize(stdout, 64<<10)}, stderr: stderr}
	name, err := dispatch(e, args)
	if flushErr := e.stdout.Flush(); err == nil {
		err = flushErr
	}
	if e.stdout.closed() {
		return exitDone // whoever read the results has seen enough
	}
	if err == nil {
		return exitDone
	}
	prefix := "nnrt"
	if name != "" {
		prefix += " " + name
	}
	fmt.Fprintf(stderr, "%s: %s\n", prefix, printable(err.Error()))
	code := exitCode(err)
	if code == exitUsage && kernels.Err() == nil {
		if name == "" {
			name = "help"
		} else {
			name += " -h"
		}
		fmt.Fprintf(stderr, "\"nnrt %s\" explains.\n", name)
	}
	return code
}

// printable shows a text, in which there may be names from files and of files, on one line: control characters, which
// could do anything to a terminal, as Go's escapes.
func printable(s string) string {
	var b strings.Builder
	for _, r := range s {
		if unicode.IsControl(r) {
			b.WriteString(strings.Trim(strconv.QuoteRune(r), "'"))
		} else {
			b.WriteRune(r)
		}
	}
	return b.String()
}

// dispatch finds the command and runs it. It returns the command's name if there is such a command.
func dispatch(e *env, args []string) (string, error) {
	if len(args) == 0 {
		writeOverview(e.stderr)
		return "", usagef("no command given")
	}
	all := commands()
	name, rest := args[0], args[1:]
	switch name {
	case "help", "-h", "-help", "--help":
		return "", help(e, all, rest)
	case "version", "-version", "--version":
		if len(rest) > 0 {
			return "", usagef("version takes no arguments")
		}
		fmt.Fprintf(e.stdout, "nnrt %s, arithmetic contract %d, %s %s/%s\n",
			version, kernels.Contract, runtime.Version(), runtime.GOOS, runtime.GOARCH)
		return "", nil
	}
	c := findCommand(all, name)
	if c == nil {
		return "", unknownCommand(all, name)
	}
	quiet := c.flags.boolean("q", false, "no progress")
	positional, wantsHelp, err := c.flags.parse(rest)
	if wantsHelp {
		c.writeHelp(e.stdout)
		return name, nil
	}
	if err == nil {
		err = c.checkArgs(positional)
	}
	if err != nil {
		return name, err
	}
	if err := kernels.Err(); err != nil {
		return name, &usageError{err}
	}
	e.quiet = *quiet
	return name, c.run(e, positional)
}

func findCommand(all []*command, name string) *command {
	for _, c := range all {
		if c.name == name {
			return c
		}
	}
	return nil
}

func unknownCommand(all []*command, name string) error {
	names := []string{"help", "version"}
	for _, c := range all {
		names = append(names, c.name)
	}
	return usagef("there is no command %q%s", name, didYouMean(name, names, ""))
}

// checkArgs refuses too few and too many arguments.
func (c *command) checkArgs(args []string) error {
	switch {
	case len(args) < c.minArgs && len(args) == 0:
		return usagef("what is missing: %s", c.args)
	case len(args) < c.minArgs:
		return usagef("after %q something is missing: %s", strings.Join(args, " "), c.args)
	case len(args) > c.maxArgs:
		return usagef("unexpected argument %q", args[c.maxArgs])
	}
	return nil
}

// usageError is a mistake on the command line.
type usageError struct{ err error }

func (e *usageError) Error() string { return e.err.Error() }
func (e *usageError) Unwrap() error { return e.err }

func usagef(format string, args ...any) error { return &usageError{fmt.Errorf(format, args...)} }

// failure is an error that ends with exit code 1 whatever is inside.
type failure struct{ err error }

func (e *failure) Error() string { return e.err.Error() }

// exitCode tells from an error's type how the command ends.
func exitCode(err error) int {
	var (
		failed *failure
		usage  *usageError
		model  *serialize.FormatError
		data   *dataset.Error
	)
	switch {
	case errors.As(err, &failed):
		return exitFailed
	case errors.As(err, &usage):
		return exitUsage
	case errors.As(err, &model), errors.Is(err, errCheck), errors.Is(err, errConvert),
		errors.Is(err, net.ErrBadState):
		return exitModel
	case errors.As(err, &data):
		return exitData
	}
	return exitFailed
}
