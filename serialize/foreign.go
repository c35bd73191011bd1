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
	if kind := foreignKind(blob); kind != "" {
		return fail(ErrNotModel, "this is %s", kind)
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

// foreignKind names the kind of a file by its first bytes, or returns "".
func foreignKind(b []byte) string {
	has := func(offset int, s string) bool {
		return len(b) >= offset && bytes.HasPrefix(b[offset:], []byte(s))
	}
	switch {
	case has(0, "\x1f\x8b"):
		return "a gzip file (nnrt models are not compressed: unpack it first)"
	case has(0, "PK\x03\x04"):
		return zipKind(b)
	case has(0, "\x89HDF\r\n\x1a\n"):
		return "an HDF5 file, such as Keras's older .h5 models and .weights.h5"
	case has(4, "TFL3"):
		return "a TensorFlow Lite (LiteRT) model"
	case len(b) > 1 && b[0] == 0x80 && b[1] >= 2 && b[1] <= 5:
		return "a Python pickle, such as scikit-learn's and older PyTorch models"
	case len(b) > 9 && has(6, "\x00\x00{\""):
		return "a safetensors file"
	case has(0, "GGUF"):
		return "a GGUF file"
	case has(0, "\x93NUMPY"):
		return "a NumPy array (data, not a model)"
	case isONNX(b):
		return "a Protocol Buffers file, such as ONNX models"
	case has(0, "BZh"), has(0, "\x28\xb5\x2f\xfd"), has(0, "\xfd7zXZ\x00"):
		return "a compressed file (nnrt models are not compressed: unpack it first)"
	case has(0, "\x7fELF"), has(0, "MZ"):
		return "a program"
	case isText(b):
		return "a text file"
	}
	return ""
}

// zipKind tells models in zip archives by the names of the files in them, which stand in the archive as they are.
func zipKind(b []byte) string {
	head := b[:min(len(b), 4096)]
	switch {
	case bytes.Contains(head, []byte("model.weights.h5")), bytes.Contains(head, []byte("metadata.json")):
		return "a zip archive, by its content a .keras model"
	case bytes.Contains(head, []byte("data.pkl")):
		return "a zip archive, by its content a PyTorch model"
	case bytes.Contains(head, []byte(".npy")):
		return "a zip archive of NumPy arrays (.npz)"
	}
	return "a zip archive"
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
