package signature

import (
	"bytes"
	"crypto/ed25519"
	"encoding/pem"
	"errors"
	"fmt"
	"strings"
)

// ErrKey says that a file is not the key that is wanted.
var ErrKey = errors.New("not an Ed25519 key")

// Ed25519 keys have one form in DER, which is these bytes and then the 32 of the key (RFC 8410). To know them takes no
// package for certificates, which would make programs larger by the whole of package net.
var (
	privatePrefix = []byte("\x30\x2e\x02\x01\x00\x30\x05\x06\x03\x2b\x65\x70\x04\x22\x04\x20") // PKCS #8
	publicPrefix  = []byte("\x30\x2a\x30\x05\x06\x03\x2b\x65\x70\x03\x21\x00")                 // PKIX
)

const (
	privateType = "PRIVATE KEY"
	publicType  = "PUBLIC KEY"
)

// ParsePublicKey reads a public key from PEM, as nnrt sign --new-key and openssl pkey -pubout write it. The error wraps
// ErrKey and says what was found instead.
func ParsePublicKey(text []byte) (ed25519.PublicKey, error) {
	key, err := parseKey(text, publicType, publicPrefix)
	return ed25519.PublicKey(key), err
}

// ParsePrivateKey reads a private key from PEM, as nnrt sign --new-key and openssl genpkey -algorithm ed25519 write it.
// The error wraps ErrKey, says what was found instead, and never shows the key.
func ParsePrivateKey(text []byte) (ed25519.PrivateKey, error) {
	seed, err := parseKey(text, privateType, privatePrefix)
	if err != nil {
		return nil, err
	}
	return ed25519.NewKeyFromSeed(seed), nil
}

// parseKey returns the 32 bytes after a prefix in a PEM block of the wanted type, the only one in the text.
func parseKey(text []byte, want string, prefix []byte) ([]byte, error) {
	fail := func(detail string, args ...any) ([]byte, error) {
		return nil, fmt.Errorf("%w: "+detail, append([]any{ErrKey}, args...)...)
	}
	block, rest := pem.Decode(text)
	if block == nil {
		return fail("there is no PEM block (-----BEGIN %s-----)", want)
	}
	if next, _ := pem.Decode(rest); next != nil {
		return fail("there are several PEM blocks, one is wanted")
	}
	switch {
	case block.Type == want:
	case block.Type == privateType && want == publicType:
		return fail("this is the private key, the public one is wanted (openssl pkey -in FILE -pubout makes it)")
	case block.Type == publicType && want == privateType:
		return fail("this is the public key, the private one is wanted")
	case strings.Contains(block.Type, "ENCRYPTED") || block.Headers["DEK-Info"] != "":
		return fail("it is encrypted; openssl pkey -in FILE -out FILE2 makes one that is not")
	default:
		return fail("this is a PEM block of type %+.40q, %s is wanted", block.Type, want)
	}
	if key, ok := bytes.CutPrefix(block.Bytes, prefix); ok && len(key) == ed25519.SeedSize {
		return key, nil
	}
	if !bytes.Contains(block.Bytes, []byte("\x06\x03\x2b\x65\x70")) { // the name of the algorithm
		return fail("this %s is of another kind, such as RSA; openssl genpkey -algorithm ed25519 makes one",
			strings.ToLower(want))
	}
	return fail("damaged, or in a form that openssl pkey -in FILE -out FILE2 can mend")
}

// EncodePublicKey returns a public key as PEM, which ParsePublicKey and openssl read.
func EncodePublicKey(key ed25519.PublicKey) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: publicType, Bytes: append(bytes.Clone(publicPrefix), key...)})
}

// EncodePrivateKey returns a private key as PEM, which ParsePrivateKey and openssl read. It is not encrypted.
func EncodePrivateKey(key ed25519.PrivateKey) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: privateType, Bytes: append(bytes.Clone(privatePrefix), key.Seed()...)})
}
