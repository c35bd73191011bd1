package signature

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"os/exec"
	"strings"
	"testing"
)

// TestPEM compares the forms with those of crypto/x509.
func TestPEM(t *testing.T) {
	for _, text := range []string{"", "another", "\x00\x00\x00"} {
		key := testKey(text)
		private, err := x509.MarshalPKCS8PrivateKey(key)
		if err != nil {
			t.Fatal(err)
		}
		want := pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private})
		if got := EncodePrivateKey(key); !bytes.Equal(got, want) {
			t.Errorf("private key\n%swant\n%s", got, want)
		}
		if got, err := ParsePrivateKey(want); err != nil || !got.Equal(key) {
			t.Errorf("private key: %v", err)
		}
		der, err := x509.MarshalPKIXPublicKey(public(key))
		if err != nil {
			t.Fatal(err)
		}
		want = pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})
		if got := EncodePublicKey(public(key)); !bytes.Equal(got, want) {
			t.Errorf("public key\n%swant\n%s", got, want)
		}
		if !strings.Contains(string(want), KeyText(public(key))) {
			t.Errorf("%s does not hold %s", want, KeyText(public(key)))
		}
		got, err := ParsePublicKey(append([]byte("a comment\n"), want...))
		if err != nil || !got.Equal(public(key)) {
			t.Errorf("public key: %v", err)
		}
	}
}

func TestOpenSSLKeys(t *testing.T) {
	openssl, err := exec.LookPath("openssl")
	if err != nil {
		t.Skip("no openssl")
	}
	private, err := exec.Command(openssl, "genpkey", "-algorithm", "ed25519").Output()
	if err != nil {
		t.Skip("openssl cannot make Ed25519 keys:", err)
	}
	key, err := ParsePrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	command := exec.Command(openssl, "pkey", "-pubout")
	command.Stdin = bytes.NewReader(EncodePrivateKey(key))
	text, err := command.Output()
	if err != nil {
		t.Fatal(err)
	}
	if got, err := ParsePublicKey(text); err != nil || !got.Equal(public(key)) {
		t.Errorf("openssl gives the public key %s: %v", text, err)
	}
}

func TestWrongKeys(t *testing.T) {
	key := testKey("")
	block := func(kind string, der []byte) string {
		return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}))
	}
	curve, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	curvePrivate, err := x509.MarshalPKCS8PrivateKey(curve)
	if err != nil {
		t.Fatal(err)
	}
	curvePublic, err := x509.MarshalPKIXPublicKey(&curve.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	privatePEM, publicPEM := string(EncodePrivateKey(key)), string(EncodePublicKey(public(key)))
	readPublic := func(text []byte) error {
		_, err := ParsePublicKey(text)
		return err
	}
	readPrivate := func(text []byte) error {
		_, err := ParsePrivateKey(text)
		return err
	}
	for _, tc := range []struct {
		name, text string
		read       func([]byte) error
		want       string
	}{
		{"empty", "", readPublic, "no PEM block (-----BEGIN PUBLIC KEY-----)"},
		{"bytes", string(public(key)), readPublic, "no PEM block"},
		{"cut off", publicPEM[:len(publicPEM)-10], readPublic, "no PEM block"},
		{"private for public", privatePEM, readPublic, "this is the private key"},
		{"public for private", publicPEM, readPrivate, "this is the public key"},
		{"two keys", publicPEM + publicPEM, readPublic, "several PEM blocks"},
		{"elliptic private", block("PRIVATE KEY", curvePrivate), readPrivate, "private key is of another kind"},
		{"elliptic public", block("PUBLIC KEY", curvePublic), readPublic, "public key is of another kind"},
		{"encrypted", block("ENCRYPTED PRIVATE KEY", []byte{1}), readPrivate, "it is encrypted"},
		{"OpenSSH", block("OPENSSH PRIVATE KEY", []byte{1}), readPrivate,
			`type "OPENSSH PRIVATE KEY", PRIVATE KEY is wanted`},
		{"certificate", block("CERTIFICATE", []byte{1}), readPublic, `type "CERTIFICATE"`},
		{"escapes", "-----BEGIN \x1b[2J-----\nAAAA\n-----END \x1b[2J-----\n", readPublic, `"\x1b[2J"`},
		{"short", block("PUBLIC KEY", append(bytes.Clone(publicPrefix), make([]byte, 31)...)), readPublic, "damaged"},
		{"long", block("PUBLIC KEY", append(bytes.Clone(publicPrefix), make([]byte, 33)...)), readPublic, "damaged"},
		{"prefix only", block("PRIVATE KEY", privatePrefix), readPrivate, "damaged"},
		{"nothing in it", block("PRIVATE KEY", nil), readPrivate, "of another kind"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			err := tc.read([]byte(tc.text))
			if !errors.Is(err, ErrKey) || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("%v, want %v with %q", err, ErrKey, tc.want)
			}
		})
	}
	if key, err := ParsePublicKey([]byte("x")); key != nil || err == nil {
		t.Errorf("a key %v beside the error %v", key, err)
	}
}
