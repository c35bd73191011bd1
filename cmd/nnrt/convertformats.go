package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"nnrt/serialize"
	"nnrt/serialize/gocode"
	"nnrt/serialize/keras"
	"nnrt/serialize/npz"
	"nnrt/serialize/onnx"
	"nnrt/serialize/safetensors"
)

// modelFormat is a format that nnrt convert reads, writes, or both. What decode and encode return beside the model and
// the bytes are things that were left out, for the user to know. An error of decode is about the file's content unless
// it is a *fs.PathError or a *usageError; one of encode says what the format cannot express, and by which layer.
type modelFormat struct {
	name    string   // of --from and --to
	what    string   // in the help
	endings []string // of file names, in lower case
	reads   []string // the flags that decode uses, of those that not all do
	writes  []string // and encode
	decode  decodeFunc
	encode  encodeFunc
}

// nnrtName is the format of nnrt's own model files.
const nnrtName = "nnrt"

// modelFormats returns the formats that nnrt knows.
func modelFormats() []*modelFormat {
	return []*modelFormat{
		{name: nnrtName, what: "nnrt's model file; of a checkpoint, the model without the state of the training",
			endings: []string{".bin", ".nnrt", ".ckpt"}, decode: readNNRT, encode: writeNNRT},
		{name: "onnx", what: "ONNX, which every framework writes and many runtimes run", endings: []string{".onnx"},
			decode: ofPath(onnx.ReadFile), encode: asBytes(onnx.Encode)},
		{name: "keras", what: "a model saved by Keras 3 or 2, with model.save", endings: []string{".keras", ".h5", ".hdf5"},
			decode: readKeras},
		{name: "safetensors", what: "weights by the names of PyTorch's or Keras's, without the layers but in files of " +
			"nnrt's", endings: []string{".safetensors"}, reads: readFlags, writes: writeFlags,
			decode: readTensors(safetensors.Decode), encode: writeTensors(safetensors.Encode)},
		{name: "npz", what: "NumPy arrays, named as in safetensors, coefs_0, intercepts_0, … (scikit-learn) or arr_0, … " +
			"(Keras's get_weights)", endings: []string{".npz"}, reads: readFlags, writes: writeFlags,
			decode: readTensors(npz.Decode), encode: writeTensors(npz.Encode)},
		{name: "go", what: "one file of Go that computes the same bits without nnrt, 10 to 50 times slower",
			endings: []string{".go"}, writes: []string{"package"}, encode: writeGo},
	}
}

// convertExamples are command lines for the help.
var convertExamples = []string{
	"nnrt convert model.onnx model.bin",
	"nnrt convert iris.onnx iris.bin --features length,width --target species --labels setosa,virginica",
	"nnrt convert model.keras model.bin",
	"nnrt convert model.bin model.onnx",
	"nnrt convert pima.ckpt model.bin",
	`nnrt convert mlp.safetensors model.bin --layers "10:relu,8:relu,1:sigmoid"`,
	"nnrt convert model.bin mlp.safetensors --names pytorch",
	"nnrt convert model.bin pima/pima.go --package pima",
}

// foreignModels are what nnrt does not read, and how to get the model out of it.
var foreignModels = []struct {
	endings      []string
	what, advice string
}{
	{[]string{".pkl", ".pickle", ".joblib", ".skops"}, "a scikit-learn model in a Python pickle, which can run any " +
		"program and so is never read", "where it was made, write the model file itself by nnrt_export.export(model, " +
		"\"model.bin\") (python/nnrt_export.py), or ONNX by skl2onnx.to_onnx(model, X[:1].astype(\"float32\")), and convert that"},
	{[]string{".pt", ".pth", ".ckpt.tar"}, "a PyTorch file, in a Python pickle, which can run any program and so is " +
		"never read", "if it holds weights, python -c 'import torch, safetensors.torch as s; " +
		"s.save_file(torch.load(\"model.pt\", weights_only=True), \"model.safetensors\")' makes a file for --layers; where the " +
		"model is at hand, torch.onnx.export writes ONNX, and nnrt_export.export(model, \"model.bin\") the model file itself " +
		"(python/nnrt_export.py)"},
	{[]string{".pt2", ".pte"}, "an exported PyTorch program", "write ONNX with torch.onnx.export where it was made, and " +
		"convert that"},
	{[]string{".tflite"}, "a LiteRT (TensorFlow Lite) model", "convert the Keras model that it was made of"},
	{[]string{".pb"}, "a TensorFlow SavedModel", "load it with Keras and save it as .keras, or write ONNX with tf2onnx, " +
		"and convert that"},
	{[]string{".pmml"}, "a PMML document", "write ONNX where it was made, and convert that"},
	{[]string{".mlmodel", ".mlpackage"}, "a Core ML model", "convert the model that it was made of"},
}

// readNNRT reads a model file.
func readNNRT(path string, _ *convertOptions) (*serialize.File, []string, error) {
	file, err := serialize.ReadFile(path)
	return file, nil, err
}

// readKeras reads a .keras or .h5 file.
func readKeras(path string, _ *convertOptions) (*serialize.File, []string, error) {
	blob, err := readWhole(path)
	if err != nil {
		return nil, nil, err
	}
	return keras.Import(blob)
}

// writeNNRT makes a model file. A checkpoint becomes a model that is no longer one, and so needs another signature.
func writeNNRT(f *serialize.File, _ *convertOptions) (blob []byte, left []string, err error) {
	if _, err := f.State(); err == nil {
		left = leftOut(f)
		f.Training, f.Signature = serialize.Training{}, nil
		if len(f.Unknown) == 0 {
			f.Minor = 0
		}
	}
	blob, err = serialize.Encode(f)
	return blob, left, err
}

// writeGo makes the source of a Go package.
func writeGo(f *serialize.File, o *convertOptions) ([]byte, []string, error) {
	source, err := gocode.Encode(f, o.packageName)
	if errors.Is(err, gocode.ErrPackage) {
		err = usagef("--package: %w", err)
	}
	return source, nil, err
}

// decodeFunc and encodeFunc are what a modelFormat has.
type (
	decodeFunc = func(path string, o *convertOptions) (*serialize.File, []string, error)
	encodeFunc = func(f *serialize.File, o *convertOptions) ([]byte, []string, error)
)

// ofPath makes a modelFormat's decode of a function that reads the file itself and knows no options.
func ofPath(decode func(path string) (*serialize.File, error)) decodeFunc {
	return func(path string, _ *convertOptions) (*serialize.File, []string, error) {
		file, err := decode(path)
		return file, nil, err
	}
}

// asBytes makes a modelFormat's encode of a function that knows no options and leaves nothing out.
func asBytes(encode func(*serialize.File) ([]byte, error)) encodeFunc {
	return func(f *serialize.File, _ *convertOptions) ([]byte, []string, error) {
		blob, err := encode(f)
		return blob, nil, err
	}
}

func canRead(f *modelFormat) bool  { return f.decode != nil }
func canWrite(f *modelFormat) bool { return f.encode != nil }

// formatNames lists the names of the formats that can do something.
func formatNames(can func(*modelFormat) bool) []string {
	var names []string
	for _, f := range modelFormats() {
		if can(f) {
			names = append(names, f.name)
		}
	}
	return names
}

// formatFlags lists the flags that only some formats use.
func formatFlags() []string {
	var flags []string
	for _, f := range modelFormats() {
		for _, name := range slices.Concat(f.reads, f.writes) {
			if !slices.Contains(flags, name) {
				flags = append(flags, name)
			}
		}
	}
	return flags
}

// describeFormats lists the formats for the help.
func describeFormats() string {
	var lines []string
	for _, f := range modelFormats() {
		direction := "in and out"
		if !canWrite(f) {
			direction = "in"
		} else if !canRead(f) {
			direction = "out"
		}
		lines = append(lines, fmt.Sprintf("%s (%s), %s: %s.", f.name, strings.Join(f.endings, ", "), direction, f.what))
	}
	return strings.Join(lines, "\n\n")
}
