package main

import (
	"errors"
	"io/fs"

	"nnrt/dataset"
)

// sourceFlags are the flags that say how data is read, the same for every command.
type sourceFlags struct {
	format, header *string
}

var formats = []string{"auto", "csv", "tsv", "jsonl", "npy", "idx"}

func (f *flagSet) source() sourceFlags {
	return sourceFlags{
		format: f.choice("format", formats, "auto", "of the data, where its name and first bytes do not tell"),
		header: f.choice("header", []string{"auto", "yes", "no"}, "auto",
			"is the first line of a CSV file names? without names columns are called c1, c2, …"),
	}
}

// open opens a source. names are the columns that are going to be asked for.
func (s sourceFlags) open(e *env, path string, names []string, labels string) (*dataset.Reader, error) {
	opt := dataset.Options{Names: names, Labels: labels, Stdin: e.stdin}
	opt.Format, _ = dataset.ParseFormat(*s.format)
	switch *s.header {
	case "yes":
		opt.Header = dataset.HeaderYes
	case "no":
		opt.Header = dataset.HeaderNo
	}
	src, err := dataset.Open(path, opt)
	var bad *dataset.Error
	var system *fs.PathError
	if err != nil && labels != "" && !errors.As(err, &bad) && !errors.As(err, &system) {
		return nil, usagef("%s: %w", path, err) // labels with a format that has no use for them
	}
	return src, err
}

// checkStdin refuses to read two sources from the standard input.
func checkStdin(paths ...string) error {
	seen := false
	for _, path := range paths {
		if path == "-" && seen {
			return usagef("two files are -, but the standard input can be read only once")
		}
		seen = seen || path == "-"
	}
	return nil
}

// targetMissing is the error for data without the column that is to be learned or compared with.
func targetMissing(src *dataset.Reader, schema *dataset.Schema) error {
	return &dataset.Error{File: src.File(), Column: schema.Target.Name, Msg: "the target is missing"}
}
