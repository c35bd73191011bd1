// Package signature signs model files and decides which signed models are trusted, with Ed25519.
//
// A checksum finds damage; whoever changes a file on purpose mends it. A signature is made with a private key that only
// the maker of models has, and checked with the public key, which every program may know:
//
//	policy := signature.Policy{Keys: []ed25519.PublicKey{key}, MinVersion: 7}
//	file, err := serialize.Loader{Trust: policy.Check}.ReadFile("model.bin")
//
// refuses a model that is not signed, signed by another key, changed after it was signed, or older than version 7. The
// version is a number that goes up with each model that is signed for a purpose. A program that updates its model
// remembers the version of the newest that it has accepted, so that nobody can give it back an old one, whose signature
// is as good as ever. serialize.FORMAT.md says what bytes are signed.
package signature

import (
	"crypto/ed25519"
	"crypto/sha512"
	"encoding/base64"
	"errors"
	"fmt"

	"nnrt/serialize"
)

// Why a model is not trusted. Check and Verify wrap them in a *serialize.FormatError; match them with errors.Is.
var (
	ErrUnsigned  = errors.New("the model is not signed")
	ErrChanged   = errors.New("the signature does not fit the file, which was changed or never signed with this key")
	ErrUntrusted = errors.New("the model is signed with a key that is not trusted")
	ErrOld       = errors.New("the model is older than what is accepted")
)

// Policy says which models are trusted. The zero Policy trusts none.
type Policy struct {
	Keys       []ed25519.PublicKey // one of these must have signed the model
	MinVersion uint64              // the oldest version of the model that is accepted
}

// Check returns nil if a file is to be trusted. It is made for serialize.Loader's Trust.
func (p Policy) Check(s *serialize.Signed) error {
	if s.Signature == nil {
		return fault(s, ErrUnsigned, "")
	}
	trusted := false
	for _, key := range p.Keys {
		trusted = trusted || string(key) == string(s.Signature.Key[:])
	}
	if !trusted {
		return fault(s, ErrUntrusted, ": %s", KeyText(s.Signature.Key[:]))
	}
	if err := Verify(s); err != nil {
		return err
	}
	if s.Signature.Version < p.MinVersion {
		return fault(s, ErrOld, ": version %d, wanted at least %d", s.Signature.Version, p.MinVersion)
	}
	return nil
}

// Verify returns nil if a file has a signature and it fits, whoever's it is. Anybody can sign a file with a key of
// their own: what is to be trusted is for a Policy to say.
func Verify(s *serialize.Signed) error {
	if s.Signature == nil {
		return fault(s, ErrUnsigned, "")
	}
	if !ed25519.Verify(s.Signature.Key[:], message(s), s.Signature.Value[:]) {
		return fault(s, ErrChanged, "")
	}
	return nil
}

// Sign gives a file a signature, in the place of any that it had, which says that the model in it is of the given
// version. The same file, key and version give the same signature.
func Sign(f *serialize.File, key ed25519.PrivateKey, version uint64) error {
	if len(key) != ed25519.PrivateKeySize {
		return fmt.Errorf("signature: a private key of %d bytes, it has %d", len(key), ed25519.PrivateKeySize)
	}
	signed, made := *f, serialize.Signature{Version: version}
	copy(made.Key[:], key.Public().(ed25519.PublicKey))
	signed.Signature = &made
	blob, err := serialize.Encode(&signed) // with zeros for the signature, as they are signed
	if err != nil {
		return err
	}
	sign := func(s *serialize.Signed) error {
		copy(made.Value[:], ed25519.Sign(key, message(s)))
		return nil
	}
	if _, err := (serialize.Loader{Trust: sign, NoCopy: true}).Load(blob); err != nil {
		return err
	}
	f.Signature = &made
	return nil
}

// message is what is signed: a text that no other use of a key begins with, then the SHA-512 of the file without what
// depends on the signature.
func message(s *serialize.Signed) []byte {
	hash := sha512.New()
	s.WriteTo(hash) // a hash takes everything
	return hash.Sum([]byte("nnrt model signature 1\n"))
}

// KeyText returns a public key in base64, as it stands at the end of its PEM file.
func KeyText(key ed25519.PublicKey) string { return base64.StdEncoding.EncodeToString(key) }

func fault(s *serialize.Signed, cause error, detail string, args ...any) error {
	return &serialize.FormatError{Section: "signature", Offset: s.Offset,
		Err: fmt.Errorf("%w"+detail, append([]any{cause}, args...)...)}
}
