package main

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"

	"nnrt/serialize"
)

// readModel reads a model file. The error names it.
func readModel(path string) (*serialize.File, error) { return readModelAs(path, serialize.Loader{}) }

// readModelAs reads a model file as the loader says.
func readModelAs(path string, l serialize.Loader) (*serialize.File, error) {
	file, err := l.ReadFile(path)
	var bad *serialize.FormatError
	if errors.As(err, &bad) {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return file, err
}

// fileSum returns a file's size and its SHA-256 in hexadecimal.
func fileSum(path string) (size int64, sum string, err error) {
	file, err := os.Open(path)
	if err != nil {
		return 0, "", err
	}
	defer file.Close()
	hash := sha256.New()
	if size, err = io.Copy(hash, file); err != nil {
		return 0, "", err
	}
	return size, hex.EncodeToString(hash.Sum(nil)), nil
}
