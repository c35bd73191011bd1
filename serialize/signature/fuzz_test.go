package signature

import (
	"crypto/ed25519"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"runtime"
	"testing"
)

// FuzzKeys reads any bytes as keys. The answer is a key, the one that crypto/x509 reads in the same file, or an error
// about keys, and takes no memory out of proportion. A key that was read has one form.
//
//	go test ./serialize/signature -run NONE -fuzz FuzzKeys
func FuzzKeys(f *testing.F) {
	private := testKey("")
	for _, text := range [][]byte{nil, EncodePrivateKey(private), EncodePublicKey(public(private)),
		append(EncodePublicKey(public(private)), EncodePublicKey(public(private))...),
		[]byte("-----BEGIN ENCRYPTED PRIVATE KEY-----\nMC4=\n-----END ENCRYPTED PRIVATE KEY-----\n"),
		[]byte("-----BEGIN PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: x,y\n\nMC4=\n-----END PRIVATE KEY-----\n"),
		[]byte("-----BEGIN PUBLIC KEY-----\r\nMCowBQYDK2VwAyEA\r\n-----END PUBLIC KEY-----\r\n")} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		publicKey, publicError := ParsePublicKey(text)
		privateKey, privateError := ParsePrivateKey(text)
		runtime.ReadMemStats(&after)
		if took := after.TotalAlloc - before.TotalAlloc; took > 8*uint64(len(text))+1<<20 {
			t.Errorf("%d bytes take %d bytes of memory", len(text), took)
		}
		for _, err := range []error{publicError, privateError} {
			if err != nil && !errors.Is(err, ErrKey) {
				t.Errorf("%v is no error about keys", err)
			}
		}
		if (publicKey == nil) == (publicError == nil) || (privateKey == nil) == (privateError == nil) ||
			publicError == nil && privateError == nil {
			t.Fatalf("public %v, %v; private %t, %v", publicKey, publicError, privateKey != nil, privateError)
		}
		block, _ := pem.Decode(text)
		if publicError == nil {
			want, err := x509.ParsePKIXPublicKey(block.Bytes)
			if key, ok := want.(ed25519.PublicKey); !ok || !key.Equal(publicKey) {
				t.Errorf("the key is %x, crypto/x509 reads %x, %v", publicKey, want, err)
			}
			if again, err := ParsePublicKey(EncodePublicKey(publicKey)); err != nil || !again.Equal(publicKey) {
				t.Errorf("%x is written as %x, %v", publicKey, again, err)
			}
		}
		if privateError == nil {
			want, err := x509.ParsePKCS8PrivateKey(block.Bytes)
			if key, ok := want.(ed25519.PrivateKey); !ok || !key.Equal(privateKey) {
				t.Errorf("the private key is another than crypto/x509 reads: %v", err)
			}
			again, err := ParsePrivateKey(EncodePrivateKey(privateKey))
			if err != nil || !again.Equal(privateKey) {
				t.Errorf("a private key is written as another: %v", err)
			}
		}
	})
}
