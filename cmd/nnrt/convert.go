package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"

	"nnrt/net"
	"nnrt/serialize"
	"nnrt/serialize/tensors"
)

// convertOptions are the flags of nnrt convert. A format says which it uses of those that not all do.
type convertOptions struct {
	from, to string
	layers   []net.Layer   // --layers; none if it was not given
	order    []string      // --order
	names    tensors.Names // --names
	schema   schemaFlags

	packageName string // --package
}

func convertCommand() *command {
	f := &flagSet{}
	from := f.choice("from", formatNames(canRead), "", "what IN is, if its name does not tell")
	to := f.choice("to", formatNames(canWrite), "", "what OUT is to be, if its name does not tell")
	layers := f.text("layers", "SPEC", "", "the layers, where a file holds only weights: "+
		"UNITS:ACTIVATION, ACTIVATION, batch_normalization or layer_normalization, with commas between them, as in "+
		"10:relu,8:leaky_relu=0.01,batch_normalization:epsilon=1e-5,1:sigmoid; the last is the output layer; of arrays without names, which do "+
		"not tell, a normalisation has those of scale and center unless it says :scale=false or :center=false")
	order := f.list("order", "A,B", "the names, in IN, of the layers that have weights, first to last, where they do not "+
		"tell their order: fc1,fc2,out for tensors fc1.weight, fc1.bias and so on")
	names := f.choice("names", []string{string(tensors.Keras), string(tensors.PyTorch)}, string(tensors.Keras),
		"how the tensors in OUT are named and laid out: dense/kernel [inputs, units], or 0.weight [units, inputs] as in a "+
			"Sequential's state_dict")
	packageName := f.text("package", "NAME", "model", "the name of the package that a file of Go belongs to")
	schema := f.schemaNames()
	return &command{
		name:    "convert",
		args:    "IN OUT",
		summary: "bring a model of another format in, or one of nnrt's out",
		details: "What IN is, and what OUT is to be, their names tell, or --from and --to:\n\n" + describeFormats() +
			"\n\nWhat columns and classes are called, --features, --target and --labels say; nnrt run finds the columns by " +
			"their names then, and prints the labels.\n\nThe converted model computes what the other one does, or nothing is " +
			"written: what a format cannot express is named, with the layer or node. What has no part in the computation, " +
			"such as a training's state, is left out, and said to be. Standard output is the file's name, size and SHA-256 " +
			"with tabs between them.",
		examples: convertExamples,
		minArgs:  2, maxArgs: 2,
		flags: f,
		run: func(e *env, args []string) (err error) {
			o := &convertOptions{from: *from, to: *to, order: *order, names: tensors.Names(*names), schema: schema,
				packageName: *packageName}
			if f.given("layers") {
				if o.layers, err = parseNetwork(*layers); err != nil {
					return usagef("--layers: %w", err)
				}
			}
			return convert(e, f, o, args[0], args[1])
		},
	}
}

func convert(e *env, flags *flagSet, o *convertOptions, in, out string) error {
	if in == "-" || out == "-" {
		return usagef("it converts files, not the standard input and output")
	}
	if sameFile(in, out) {
		return usagef("%s would overwrite %s", out, in)
	}
	target, err := formatOf(out, o.to, "--to", canWrite)
	if err != nil {
		return err
	}
	if err := refuseForeign(in, o.from); err != nil {
		return err
	}
	source, err := formatOf(in, o.from, "--from", canRead)
	if err != nil {
		return err
	}
	for _, name := range formatFlags() {
		if flags.given(name) && !slices.Contains(source.reads, name) && !slices.Contains(target.writes, name) {
			return usagef("--%s says nothing about a conversion from %s to %s", name, source.name, target.name)
		}
	}
	file, inLeft, err := source.decode(in, o)
	if err != nil {
		return decodeError(in, err)
	}
	if err := completeFile(file); err != nil {
		return decodeError(in, err)
	}
	if o.schema.given() {
		if err := o.schema.apply(file); err != nil {
			return err
		}
		if file.Signature != nil {
			inLeft = append(inLeft, "the signature, which is for the model without these names")
			file.Signature = nil
		}
	}
	blob, outLeft, err := target.encode(file, o)
	if err != nil {
		return encodeError(out, target, err)
	}
	if target.name != nnrtName {
		outLeft = append(leftOut(file), outLeft...)
	}
	err = serialize.AtomicWrite(out, func(w io.Writer) error {
		_, err := w.Write(blob)
		return err
	})
	if err != nil {
		return err
	}
	for _, what := range append(inLeft, outLeft...) {
		fmt.Fprintf(e.stderr, "nnrt convert: left out: %s\n", printable(what))
	}
	printFile(e, out, blob)
	return nil
}

// completeFile gives a model that comes from elsewhere a self-test.
func completeFile(file *serialize.File) (err error) {
	if len(file.SelfTest.Inputs) == 0 {
		file.SelfTest, err = serialize.NewSelfTest(file.Model, nil)
	}
	return err
}

// leftOut names what is in a model file that no other format has a place for.
func leftOut(file *serialize.File) (what []string) {
	if _, err := file.State(); err == nil {
		what = append(what, "the state of the training")
	}
	if file.Signature != nil {
		what = append(what, "the signature, which is the model file's")
	}
	return what
}

// errConvert says that a file is not a model that can be converted: the exit code is 3.
var errConvert = errors.New("it cannot be converted")

// badInput is an error about the content of a file.
type badInput struct {
	path string
	err  error
}

func (e *badInput) Error() string        { return e.path + ": " + e.err.Error() }
func (e *badInput) Unwrap() error        { return e.err }
func (e *badInput) Is(target error) bool { return target == errConvert }

// decodeError names the file that could not be read or understood.
func decodeError(in string, err error) error {
	var (
		bad    *badInput
		usage  *usageError
		system *fs.PathError
	)
	if errors.As(err, &bad) || errors.As(err, &usage) || errors.As(err, &system) ||
		errors.Is(err, serialize.ErrNotRegular) {
		return err
	}
	return &badInput{in, err}
}

// encodeError is the error of a model that a format cannot express. A model that nnrt's own format would not have was
// bad to begin with.
func encodeError(out string, target *modelFormat, err error) error {
	var usage *usageError
	if errors.As(err, &usage) {
		return err
	}
	if target.name == nnrtName {
		return fmt.Errorf("%s: %w", out, err)
	}
	return &failure{fmt.Errorf("%s: %w", out, err)}
}

// formatOf tells a file's format by the flag, or else by the end of its name.
func formatOf(path, name, flag string, can func(*modelFormat) bool) (*modelFormat, error) {
	formats := modelFormats()
	if name != "" {
		for _, f := range formats {
			if f.name == name {
				return f, nil
			}
		}
	}
	lower := strings.ToLower(path)
	for _, f := range formats {
		for _, ending := range f.endings {
			if !strings.HasSuffix(lower, ending) {
				continue
			}
			if !can(f) && flag == "--to" {
				return nil, usagef("%s: files of the format %s can be read, but not written", path, f.name)
			} else if !can(f) {
				return nil, usagef("%s: files of the format %s can be written, but not read", path, f.name)
			}
			return f, nil
		}
	}
	return nil, usagef("%s: the name does not tell the format; %s does, as one of %s", path, flag,
		strings.Join(formatNames(can), ", "))
}

// refuseForeign says what to do with models in forms that nnrt does not read, by the end of a file's name.
func refuseForeign(path, from string) error {
	if from != "" {
		return nil
	}
	lower := strings.ToLower(path)
	for _, f := range foreignModels {
		if !slices.ContainsFunc(f.endings, func(ending string) bool { return strings.HasSuffix(lower, ending) }) {
			continue
		}
		if _, err := os.Stat(path); err != nil {
			return err
		}
		return &badInput{path, fmt.Errorf("this is %s: %s", f.what, f.advice)}
	}
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		return &fs.PathError{Op: "read", Path: path, Err: fmt.Errorf("%w, but a folder", serialize.ErrNotRegular)}
	}
	return nil
}

// readWhole reads a file for a decoder that wants its bytes: a regular one of at most a gigabyte.
func readWhole(path string) ([]byte, error) {
	// Looked at before it is opened, since opening a pipe can wait for ever.
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, &fs.PathError{Op: "read", Path: path, Err: serialize.ErrNotRegular}
	}
	if info.Size() > maxInputBytes {
		return nil, &badInput{path, fmt.Errorf("%d bytes are more than %d", info.Size(), maxInputBytes)}
	}
	return os.ReadFile(path)
}

// maxInputBytes is the most that a file to be converted may have.
const maxInputBytes = 1 << 30
