// Package keras reads models that Keras has saved: the .keras files of Keras 3 (and of 2.12 and later), and the whole
// models in .h5 files of Keras 2 and 3. A Sequential model, or a functional one in which one layer follows another,
// becomes a model of package net; anything in it that a Dense network does not have is refused by the layer's name and
// class. Nothing in a file is ever run: Keras's Lambda layers and custom objects are refused, too.
//
// A .keras file is a zip archive with metadata.json, config.json (the layers) and model.weights.h5; an .h5 file has the
// same configuration as an attribute. What Keras writes where was read from the sources of Keras 2.12, 2.13, 2.15, 3.0,
// 3.5 and 3.15 and checked against files that those have written, see testdata.
package keras

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"nnrt/internal/hdf5"
	"nnrt/internal/zipfile"
	"nnrt/serialize"
)

// What can be wrong with a file, one error per cause. They come wrapped in an *Error, often together with a more exact
// one; match them with errors.Is.
var (
	ErrFormat      = errors.New("not a model saved by Keras")
	ErrArchive     = errors.New("bad zip archive")
	ErrConfig      = errors.New("bad configuration")
	ErrUnsupported = errors.New("nnrt cannot express it")
	ErrWeights     = errors.New("bad weights")
	ErrMemory      = errors.New("more memory than the file's size justifies")
)

// Error says what is wrong with a file and where.
type Error struct {
	Where string // a part of the file, such as "config.json", or a layer with its name and class
	Err   error  // wraps one of the errors above
}

// Error returns "WHERE: CAUSE".
func (e *Error) Error() string { return e.Where + ": " + e.Err.Error() }

// Unwrap returns Err.
func (e *Error) Unwrap() error { return e.Err }

// fail makes an *Error; the detail may wrap another error by %w.
func fail(where string, cause error, detail string, args ...any) error {
	return &Error{Where: where, Err: fmt.Errorf("%w: "+detail, append([]any{cause}, args...)...)}
}

// quote is for names, which come from the file.
func quote(name string) string {
	const most = 100
	if len(name) > most {
		name = name[:most] + "…"
	}
	return fmt.Sprintf("%+q", name)
}

// Files of an archive, and attributes of an .h5 file.
const (
	metadataFile = "metadata.json"
	configFile   = "config.json"
	weightsFile  = "model.weights.h5"

	modelAttribute    = "model_config"
	trainingAttribute = "training_config"
	versionAttribute  = "keras_version"
)

// Limits. Memory grows with the file's size only as long as they say, whatever the file claims.
const (
	maxConfig     = 16 << 20 // bytes of a configuration; a model of 1,000 layers has about 2 MB
	maxEntries    = 1 << 14  // files in an archive; Keras writes three, and one for each vocabulary
	maxEntryName  = 1 << 10
	allowance     = 1 << 20 // bytes that a small file may take beyond its size
	unpackedLimit = 2       // times the file: what an archive holds; Keras compresses nothing
	hdf5Limit     = 3       // times the file: what reading HDF5 takes
	weightsLimit  = 2       // times the file: the model's parameters
)

// Decode reads the bytes of a .keras or .h5 file and keeps none of them. The error is an *Error.
func Decode(blob []byte) (*serialize.File, error) {
	f, _, err := Import(blob)
	return f, err
}

// Import is Decode with a list of what the file has that has no part in predictions and is left out, such as
// constraints and the optimiser's state, for the user to know.
func Import(blob []byte) (f *serialize.File, leftOut []string, err error) {
	size := int64(len(blob))
	m := &importer{leftOut: make(map[string]bool), limit: weightsLimit*size + allowance}
	switch {
	case strings.HasPrefix(string(blob[:min(len(blob), 8)]), "PK"):
		err = m.readArchive(blob)
	case strings.HasPrefix(string(blob[:min(len(blob), 8)]), "\x89HDF"):
		err = m.readLegacy(blob)
	default:
		err = fail("file", ErrFormat, "neither a .keras (zip) nor an .h5 (HDF5) file by its first bytes, % x",
			blob[:min(len(blob), 8)])
	}
	if err == nil {
		f, err = m.file()
	}
	if err != nil {
		return nil, nil, err
	}
	return f, m.notes(), nil
}

// readArchive reads a .keras file.
func (m *importer) readArchive(blob []byte) error {
	size := int64(len(blob))
	entries, err := zipfile.Read(blob, zipfile.Limits{Entries: maxEntries, NameBytes: maxEntryName,
		Expanded: unpackedLimit*size + allowance})
	if err != nil {
		return fail("file", ErrArchive, "%w", err)
	}
	unpack := func(name string, limit int64) ([]byte, error) {
		for _, e := range entries {
			if e.Name != name {
				continue
			}
			if e.Size > limit {
				return nil, fail(name, ErrMemory, "%d bytes, the limit is %d", e.Size, limit)
			}
			var r zipfile.Reader
			r.Open(e)
			data := make([]byte, e.Size)
			_, err := io.ReadFull(&r, data)
			if err == nil {
				err = r.Close()
			}
			if err != nil {
				return nil, fail(name, ErrArchive, "%w", err)
			}
			return data, nil
		}
		return nil, fail("file", ErrFormat, "a zip archive without %s is no .keras file", name)
	}
	text, err := unpack(configFile, maxConfig)
	if err != nil {
		return err
	}
	config := parseJSON(text)
	if config == nil {
		return fail(configFile, ErrConfig, "it is not JSON")
	}
	if text, err = unpack(metadataFile, maxConfig); err != nil {
		return err
	}
	metadata := parseJSON(text)
	if metadata == nil {
		return fail(metadataFile, ErrConfig, "it is not JSON")
	}
	m.version, _ = metadata.get("keras_version").text()
	m.saved, _ = metadata.get("date_saved").text()
	m.training = config.get("compile_config")
	m.optimizer = m.training.get("optimizer")
	if err := m.read(config); err != nil {
		return err
	}
	data, err := unpack(weightsFile, size*unpackedLimit+allowance)
	if err != nil {
		return err
	}
	root, err := hdf5.Open(data, hdf5Limit*size+allowance)
	if err != nil {
		return fail(weightsFile, ErrWeights, "%w", err)
	}
	return m.findWeights(root)
}

// readLegacy reads a whole model in an .h5 file.
func (m *importer) readLegacy(blob []byte) error {
	root, err := hdf5.Open(blob, hdf5Limit*int64(len(blob))+allowance)
	if err != nil {
		return fail("file", ErrFormat, "%w", err)
	}
	attribute := func(name string) (string, error) {
		list, err := root.Strings(name)
		if errors.Is(err, hdf5.ErrNotFound) {
			return "", nil
		}
		if err == nil && len(list) != 1 {
			err = fmt.Errorf("%d strings", len(list))
		}
		if err != nil {
			return "", fail("attribute "+name, ErrConfig, "%w", err)
		}
		return list[0], nil
	}
	text, err := attribute(modelAttribute)
	switch {
	case err != nil:
		return err
	case text == "":
		return fail("file", ErrFormat, "an .h5 file with weights only, or not from Keras: it has no attribute %s; "+
			"save the whole model, with model.save", modelAttribute)
	case len(text) > maxConfig:
		return fail("attribute "+modelAttribute, ErrMemory, "%d bytes, the limit is %d", len(text), maxConfig)
	}
	config := parseJSON([]byte(text))
	if config == nil {
		return fail("attribute "+modelAttribute, ErrConfig, "it is not JSON")
	}
	if m.version, err = attribute(versionAttribute); err != nil {
		return err
	}
	training, err := attribute(trainingAttribute)
	if err != nil {
		return err
	}
	m.training = parseJSON([]byte(training))
	m.optimizer = m.training.get("optimizer_config")
	m.legacy = true
	if err := m.read(config); err != nil {
		return err
	}
	return m.findLegacyWeights(root)
}
