package serialize

import (
	"bytes"
	"strings"
)

// checkMagic looks at the first bytes of a file. If they are not those of a model it says what they are, as far as
// that can be told.
func checkMagic(blob []byte) error {
	if len(blob) >= len(magic) && string(blob[:len(magic)]) == magic {
		return nil
	}
	fail := func(cause error, detail string, args ...any) error {
		return formatError("header", 0, cause, detail, args...)
	}
	if len(blob) < len(magic) && strings.HasPrefix(magic, string(blob)) {
		return fail(ErrTruncated, "it has %d bytes, a header %d", len(blob), headerBytes)
	}
	for _, d := range textDamage {
		if bytes.HasPrefix(blob, []byte(d.prefix)) {
			return fail(ErrTextDamage, "%s; transfer it again in binary mode", d.what)
		}
	}
	if kind, advice := foreignKind(blob); kind != "" {
		return fail(ErrNotModel, "this is %s; %s", kind, advice)
	}
	return fail(ErrNotModel, "its first bytes are % x", blob[:min(len(blob), len(magic))])
}

// textDamage is what the usual transfers of text make of the magic.
var textDamage = []struct{ prefix, what string }{
	{"\x89NNR\n\x1a\n", "CR LF became LF"},
	{"\x89NNR\r\r\n\x1a", "LF became CR LF"},
	{"\x89NNR\r\n\x1a\r\n", "LF became CR LF"},
	{"\x89NNR\r\r\x1a\r", "LF became CR"},
	{"\x09NNR\r\n\x1a\n", "the eighth bit of each byte was lost"},
	{"\xc2\x89NNR", "Latin-1 became UTF-8"},
	{"\xef\xbf\xbdNNR", "bytes that are not UTF-8 were replaced"},
	{"NNR\r\n\x1a\n", "bytes that are not ASCII were left out"},
}

// foreignBytes is how much of a file is needed to tell its kind.
const foreignBytes = 4096

// What can be done about a file of another kind.
const (
	unpack   = "unpack it first"
	convert  = "nnrt convert makes a model file of it"
	bySource = "nnrt convert does not read it, but the ONNX or Keras file that it was made of"
	never    = "there is no way to convert it"
	noPickle = "nnrt reads no pickle, since that can run any program"
	isData   = "that is data, and goes where DATA is asked for"
	download = "get the file itself"
)

// foreignKind names the kind of a file by its first bytes and says what can be done about it, or returns "".
func foreignKind(b []byte) (kind, advice string) {
	has := func(offset int, s string) bool {
		return len(b) >= offset && bytes.HasPrefix(b[offset:], []byte(s))
	}
	if has(6, "\x00\x00{\"") { // first, since the length before it may be any bytes, a pickle's among them
		return "a safetensors file", convert
	}
	for _, f := range foreignFiles {
		if has(f.offset, f.start) {
			return f.kind, f.advice
		}
	}
	switch {
	case has(0, "PK\x03\x04"):
		return zipKind(b)
	case len(b) > 1 && b[0] == 0x80 && b[1] >= 2 && b[1] <= 5:
		return "a Python pickle, such as scikit-learn's and older PyTorch models",
			noPickle + "; where it was made, nnrt_export.export(model, \"model.bin\") writes a model file " +
				"(python/nnrt_export.py)"
	case len(b) > 1 && b[0] == 0x78 && (int(b[0])<<8|int(b[1]))%31 == 0:
		return "a zlib file", unpack
	case has(0, "\x08\x01\x12"):
		return "a Protocol Buffers file, such as TensorFlow's SavedModel",
			"load it with Keras and save it as .keras, or write ONNX with tf2onnx, and nnrt convert reads that"
	case isONNX(b):
		return "a Protocol Buffers file, such as ONNX models", convert
	case isText(b):
		return textKind(b)
	}
	return "", ""
}

// foreignFiles are kinds of files that begin with, or have soon, bytes of their own.
var foreignFiles = []struct {
	offset              int
	start, kind, advice string
}{
	{0, "\x1f\x8b", "a gzip file", unpack},
	{0, "BZh", "a bzip2 file", unpack},
	{0, "\x28\xb5\x2f\xfd", "a Zstandard file", unpack},
	{0, "\x04\x22\x4d\x18", "an LZ4 file", unpack},
	{0, "\xfd7zXZ\x00", "an xz file", unpack},
	{0, "7z\xbc\xaf\x27\x1c", "a 7z archive", unpack},
	{257, "ustar", "a tar archive", unpack},
	{0, "\x89HDF\r\n\x1a\n", "an HDF5 file, such as Keras's .h5 and .weights.h5", convert},
	{4, "TFL3", "a TensorFlow Lite (LiteRT) model", bySource},
	{4, "ORTM", "an ONNX Runtime model (.ort)", bySource},
	{4, "ET12", "an ExecuTorch program", "write ONNX with torch.onnx.export where it was made, and nnrt convert " +
		"reads that"},
	{0, "GGUF", "a GGUF file, a language model", never},
	{0, "\x93NUMPY", "a NumPy array", isData},
	{0, "PAR1", "a Parquet file", "that is data; nnrt reads CSV, JSON Lines, NPY and IDX"},
	{0, "\x00\x00\x08\x01", "an IDX file of labels", isData},
	{0, "\x00\x00\x08\x03", "an IDX file of images", isData},
	{0, "\x89PNG\r\n\x1a\n", "an image", never},
	{0, "\xff\xd8\xff", "an image", never},
	{0, "\x7fELF", "a program", never},
	{0, "MZ", "a program", never},
	{0, "\xcf\xfa\xed\xfe", "a program", never},
}

// zipKind tells models in zip archives by the names of the files in them, which stand in the archive as they are.
func zipKind(b []byte) (kind, advice string) {
	head := b[:min(len(b), foreignBytes)]
	switch {
	case bytes.Contains(head, []byte("model.weights.h5")), bytes.Contains(head, []byte("metadata.json")):
		return "a zip archive, by its content a .keras model", convert
	case bytes.Contains(head, []byte("data.pkl")):
		return "a zip archive, by its content a PyTorch model", noPickle + "; where it was made, " +
			"safetensors.torch.save_file(model.state_dict(), \"model.safetensors\") saves what nnrt convert takes"
	case bytes.Contains(head, []byte(".npy")):
		return "a zip archive of NumPy arrays (.npz)", "if they are weights, " + convert + "; if they are data, " + unpack +
			": arrays go where DATA is asked for"
	}
	return "a zip archive", unpack
}

// textKind tells what comes instead of a file from others.
func textKind(b []byte) (kind, advice string) {
	start := strings.ToLower(string(b[:min(len(b), 64)]))
	switch {
	case strings.HasPrefix(start, "version https://git-lfs"):
		return "a pointer of Git LFS", download + " with git lfs pull"
	case strings.HasPrefix(start, "<!doctype html"), strings.HasPrefix(start, "<html"):
		return "a web page", download
	}
	return "a text file", "data goes where DATA is asked for"
}

// isONNX knows ONNX's ModelProto by its first two fields: ir_version (a small number), then the producer's name, its
// version, the domain, the graph or the operator sets.
func isONNX(b []byte) bool {
	if len(b) < 3 || b[0] != 0x08 || b[1] == 0 || b[1] > 0x20 {
		return false
	}
	switch b[2] {
	case 0x12, 0x1a, 0x22, 0x3a, 0x42:
		return true
	}
	return false
}

// isText looks at the first bytes only: printable ASCII, tabs and line ends.
func isText(b []byte) bool {
	head := b[:min(len(b), 64)]
	for _, c := range head {
		if (c < ' ' || c > '~') && c != '\n' && c != '\r' && c != '\t' {
			return false
		}
	}
	return len(head) > 0
}
