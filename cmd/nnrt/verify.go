package main

import (
	"errors"
	"fmt"
)

// errCheck says that verify found something wrong.
var errCheck = errors.New("the model is bad")

func verifyCommand() *command {
	f := &flagSet{}
	f.notYet("key", "FILE")
	return &command{
		name:    "verify",
		args:    "model.bin",
		summary: "check a model file, and this machine's kernels with it",
		details: "Checks structure and checksums, that the weights are finite, that the schema fits the model, and that " +
			"the self-test rows in the file have the stored outputs here, to the bit. Prints each check; the exit code is " +
			"3 if one fails.",
		examples: []string{"nnrt verify model.bin"},
		minArgs:  1, maxArgs: 1,
		flags: f,
		run:   func(e *env, args []string) error { return verify(e, args[0]) },
	}
}

func verify(e *env, path string) error {
	print := func(name, detail string, err error) {
		verdict := "ok  "
		if err != nil {
			verdict, detail = "FAIL", err.Error()
		}
		fmt.Fprintf(e.stdout, "%s  %-10s %s\n", verdict, name, detail)
	}
	file, err := readModel(path)
	if err != nil {
		if exitCode(err) == exitModel {
			print("structure", "", err)
		}
		return err
	}
	size, sum, err := fileSum(path)
	if err != nil {
		return err
	}
	print("structure", fmt.Sprintf("%d bytes, all checksums right, sha256 %s", size, sum), nil)
	failed := 0
	for _, c := range file.Verify() {
		print(c.Name, c.Detail, c.Err)
		if c.Err != nil {
			failed++
		}
	}
	if failed > 0 {
		return fmt.Errorf("%s: %w", path, errCheck)
	}
	return nil
}
