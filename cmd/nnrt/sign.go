package main

import (
	"crypto/ed25519"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"nnrt/serialize"
	"nnrt/serialize/signature"
)

func signCommand() *command {
	f := &flagSet{}
	keyFile := f.file("key", "FILE", "", "the private key (PEM)")
	version := f.whole("version", "N", 0, 1, "the model's version: higher than that of every model signed before it")
	output := f.file("o", "FILE", "", "where the signed model goes, instead of in the place of model.bin")
	newKey := f.file("new-key", "FILE", "", "make a private key in a new file, and print the public one")
	return &command{
		name:    "sign",
		args:    "model.bin|--new-key FILE",
		summary: "sign a model file, so that programs can tell that it is yours and new",
		details: "A signature takes the place of any that was there; the rest of the file stays as it is. A model that " +
			"fails its own checks is not signed, nor is one as a version that the file, or the one to be replaced, has already. " +
			"Keys are Ed25519 in PEM, as openssl genpkey -algorithm ed25519 makes them. nnrt verify --key checks " +
			"signatures, and so can every program that loads models (package serialize/signature).",
		examples: []string{"nnrt sign --new-key private.pem > public.pem",
			"nnrt sign model.bin --key private.pem --version 7",
			"nnrt verify model.bin --key public.pem"},
		maxArgs: 1,
		flags:   f,
		run: func(e *env, args []string) error {
			switch {
			case *newKey != "" && (len(args) > 0 || *keyFile != "" || *version > 0 || *output != ""):
				return usagef("--new-key makes a key and signs nothing")
			case *newKey != "":
				return makeKey(e, *newKey)
			case len(args) == 0:
				return usagef("what is missing: model.bin, or --new-key FILE")
			case *keyFile == "":
				return usagef("--key FILE says with which private key")
			case *version == 0:
				return usagef("--version N says which version of the model this is")
			case *output == "-":
				return usagef("-o -: it goes to a file")
			case *output == "":
				*output = args[0]
			}
			return sign(e, args[0], *output, *keyFile, *version)
		},
	}
}

func sign(e *env, path, output, keyFile string, version uint64) error {
	key, err := readKey(keyFile, signature.ParsePrivateKey)
	if err != nil {
		return err
	}
	file, err := readModel(path)
	if err != nil {
		return err
	}
	for _, c := range file.Verify() {
		if c.Err != nil {
			return fmt.Errorf("%s: %w: %s: %v", path, errCheck, c.Name, c.Err)
		}
	}
	if err := checkNewer(path, file, version); err != nil {
		return err
	}
	switch old, err := readModel(output); {
	case err == nil:
		if err := checkNewer(output, old, version); err != nil {
			return err
		}
	case errors.Is(err, fs.ErrNotExist):
	default: // it is no model, or cannot be read, and is not to be lost
		return &failure{fmt.Errorf("%s would be replaced: %w", output, err)}
	}
	if err := signature.Sign(file, key, version); err != nil {
		return err
	}
	blob, err := serialize.Encode(file)
	if err != nil {
		return err
	}
	err = serialize.AtomicWrite(output, func(w io.Writer) error {
		_, err := w.Write(blob)
		return err
	})
	if err == nil {
		printFile(e, output, blob)
	}
	return err
}

// checkNewer refuses a version that is not greater than that of a file.
func checkNewer(path string, f *serialize.File, version uint64) error {
	if f.Signature != nil && version <= f.Signature.Version {
		return usagef("--version %d: %s has version %d already", version, path, f.Signature.Version)
	}
	return nil
}

// makeKey writes a new private key to a file that must not exist, for its owner's eyes only, and prints the public one.
func makeKey(e *env, path string) error {
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return err
	}
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = file.Write(signature.EncodePrivateKey(private))
	if err = errors.Join(err, file.Sync(), file.Close()); err != nil {
		os.Remove(path)
		return err
	}
	if !e.quiet {
		fmt.Fprintf(e.stderr, "%s is the private key: whoever has it can sign models. The public one follows.\n", path)
	}
	e.stdout.Write(signature.EncodePublicKey(public))
	if err = e.stdout.Flush(); err != nil && !e.stdout.closed() {
		os.Remove(path) // a command that fails leaves no file
	}
	return err
}

// readKey reads a key by one of package signature's functions. The error names the file.
func readKey[K any](path string, parse func([]byte) (K, error)) (key K, err error) {
	file, err := os.Open(path)
	if err != nil {
		return key, err
	}
	defer file.Close()
	const most = 64 << 10 // far more than a key takes
	text, err := io.ReadAll(io.LimitReader(file, most))
	if err != nil {
		return key, err
	}
	if key, err = parse(text); err != nil {
		return key, fmt.Errorf("%s: %w", path, err)
	}
	return key, nil
}
