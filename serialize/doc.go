// Package serialize reads and writes nnrt's model file: one self-contained file with a model's layers and weights
// and, if they are given, the schema of its data, metadata and self-test rows. FORMAT.md describes every byte.
//
// The format promises four things, and the tests hold it to them:
//
//   - Any bytes may be given to Decode, Load and a Loader. The answer is a model or a *FormatError that says what is
//     wrong, in which section and at which byte; never a panic, and never an allocation that the bytes present do not
//     justify.
//   - No damage goes unnoticed: every byte is under a CRC-32C, or must have one given value.
//   - A content has one encoding. Encode of what Decode returned gives the same bytes, sections of newer versions
//     included; so equal files mean equal models, and a SHA-256 names a model.
//   - A save is atomic: whatever fails, the file of that name is the old one or the new one, complete.
//
// An embedded program needs Load only:
//
//	//go:embed model.bin
//	var blob []byte
//
//	model, err := serialize.Load(blob)
//
// A Loader reads from files, an fs.FS, an io.Reader, or a file mapped into memory, with other limits, with the stored
// self-test rows computed again, and without a copy of the weights.
package serialize
