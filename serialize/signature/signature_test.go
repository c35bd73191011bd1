package signature

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha512"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"nnrt/internal/modeltest"
	"nnrt/net"
	"nnrt/serialize"
)

// testKey is the private key that a text gives. That of "" is the first of RFC 8032's tests.
func testKey(text string) ed25519.PrivateKey {
	seed, err := hex.DecodeString("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60")
	if err != nil {
		panic(err)
	}
	copy(seed, text)
	return ed25519.NewKeyFromSeed(seed)
}

func public(key ed25519.PrivateKey) ed25519.PublicKey { return key.Public().(ed25519.PublicKey) }

// smallFile is a model of one neuron with something in each section.
func smallFile(t *testing.T) *serialize.File {
	t.Helper()
	m, err := net.NewWithParameters(2, []net.Layer{net.Dense(1, net.Sigmoid)}, []float32{1.5, -0.25, 0.125})
	if err != nil {
		t.Fatal(err)
	}
	return &serialize.File{
		Model:    m,
		Metadata: serialize.Metadata{"seed": "1"},
		SelfTest: serialize.SelfTest{Inputs: []float32{1, 2}, Outputs: []float32{0.75}},
		Contract: 1,
		Unknown:  []serialize.Section{{Type: 99, Data: []byte("what another version knows")}},
	}
}

// signedBlob is smallFile, signed.
func signedBlob(t *testing.T, key ed25519.PrivateKey, version uint64) []byte {
	t.Helper()
	f := smallFile(t)
	if err := Sign(f, key, version); err != nil {
		t.Fatal(err)
	}
	return encode(t, f)
}

func encode(t *testing.T, f *serialize.File) []byte {
	t.Helper()
	blob, err := serialize.Encode(f)
	if err != nil {
		t.Fatal(err)
	}
	return blob
}

// check loads a file with a policy by both ways and returns what they say.
func check(t *testing.T, p Policy, blob []byte) error {
	t.Helper()
	l := serialize.Loader{Trust: p.Check}
	_, err := l.Decode(blob)
	if _, loaded := l.Load(blob); (err == nil) != (loaded == nil) {
		t.Errorf("Decode says %v, Load %v", err, loaded)
	}
	var format *serialize.FormatError
	if err != nil && !errors.As(err, &format) {
		t.Errorf("%v is no *FormatError", err)
	}
	return err
}

func TestPolicy(t *testing.T) {
	ours, theirs := testKey(""), testKey("somebody else")
	blob := signedBlob(t, ours, 7)
	unsigned := encode(t, smallFile(t))
	otherContent := smallFile(t)
	otherContent.Metadata["seed"] = "2"
	moved, err := serialize.Decode(blob)
	if err != nil {
		t.Fatal(err)
	}
	otherContent.Signature = moved.Signature
	newer := *moved
	newer.Signature = &serialize.Signature{Version: 8, Key: moved.Signature.Key, Value: moved.Signature.Value}
	renamed := *moved
	renamed.Signature = &serialize.Signature{Version: 7, Value: moved.Signature.Value}
	copy(renamed.Signature.Key[:], public(theirs))

	both := []ed25519.PublicKey{public(theirs), public(ours)}
	for _, tc := range []struct {
		name   string
		policy Policy
		blob   []byte
		want   error
	}{
		{"good", Policy{Keys: both}, blob, nil},
		{"of the version wanted", Policy{Keys: both, MinVersion: 7}, blob, nil},
		{"older", Policy{Keys: both, MinVersion: 8}, blob, ErrOld},
		{"unsigned", Policy{Keys: both}, unsigned, ErrUnsigned},
		{"no keys", Policy{}, blob, ErrUntrusted},
		{"no keys, unsigned", Policy{}, unsigned, ErrUnsigned},
		{"another key", Policy{Keys: both[:1]}, blob, ErrUntrusted},
		{"a key of no bytes", Policy{Keys: []ed25519.PublicKey{nil, {}}}, blob, ErrUntrusted},
		{"another's signature", Policy{Keys: both[1:]}, signedBlob(t, theirs, 7), ErrUntrusted},
		{"a signature from another file", Policy{Keys: both}, encode(t, otherContent), ErrChanged},
		{"a greater version written in", Policy{Keys: both, MinVersion: 8}, encode(t, &newer), ErrChanged},
		{"another key written in", Policy{Keys: both}, encode(t, &renamed), ErrChanged},
		{"damaged", Policy{Keys: both}, append([]byte{}, blob[:len(blob)-1]...), serialize.ErrTruncated},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if err := check(t, tc.policy, tc.blob); !errors.Is(err, tc.want) || tc.want == nil && err != nil {
				t.Errorf("%v, want %v", err, tc.want)
			}
		})
	}
	if _, err := serialize.Load(blob); err != nil {
		t.Errorf("a loader that asks for no signature: %v", err)
	}
}

// TestEveryBitMatters flips each bit of a signed file and mends the checksums, as somebody who means harm would.
func TestEveryBitMatters(t *testing.T) {
	key := testKey("")
	good := signedBlob(t, key, 3)
	policy := Policy{Keys: []ed25519.PublicKey{public(key)}}
	checksums := make([]byte, len(good)) // 1 where Reseal writes
	clearHoles(t, good, checksums, true)
	for i := range len(good) * 8 {
		if checksums[i/8] != 0 {
			continue
		}
		blob := bytes.Clone(good)
		blob[i/8] ^= 1 << (i % 8)
		if err := check(t, policy, modeltest.Reseal(blob)); err == nil {
			t.Errorf("bit %d of byte %d flipped: accepted", i%8, i/8)
		}
	}
	for at := range good { // what is mended is what was there
		if checksums[at] != 0 {
			blob := bytes.Clone(good)
			blob[at] ^= 0xff
			if !bytes.Equal(modeltest.Reseal(blob), good) {
				t.Errorf("byte %d is no checksum", at)
			}
		}
	}
}

// clearHoles sets bytes of dst, by what FORMAT.md says of the file blob: those of all checksums to 1, or those of what
// depends on the signature to 0. It returns the place of the signature's section.
func clearHoles(t *testing.T, blob, dst []byte, checksums bool) uint64 {
	t.Helper()
	le := binary.LittleEndian
	set := func(at, n uint64) {
		for i := range dst[at:][:n] {
			dst[at:][i] = 0
			if checksums {
				dst[at:][i] = 1
			}
		}
	}
	set(60, 4)
	section := uint64(0)
	for i := range uint64(le.Uint32(blob[28:])) {
		entry := blob[64+24*i:]
		isSignature := le.Uint16(entry) == 5
		if checksums || isSignature {
			set(64+24*i+4, 4)
		}
		if isSignature {
			section = le.Uint64(entry[8:])
			if !checksums {
				set(section+40, 64)
			}
		}
	}
	if section == 0 {
		t.Fatal("there is no signature")
	}
	return section
}

// TestMessage makes the signed message anew as FORMAT.md says it is made, and has crypto/ed25519, and openssl if it is
// there, check the signature.
func TestMessage(t *testing.T) {
	key := testKey("")
	blob := signedBlob(t, key, 0x1122334455667788)
	holed := bytes.Clone(blob)
	at := clearHoles(t, blob, holed, false)
	sum := sha512.Sum512(holed)
	message := append([]byte("nnrt model signature 1\n"), sum[:]...)
	section := blob[at:][:104]
	value := section[40:]
	if binary.LittleEndian.Uint64(section) != 0x1122334455667788 || !bytes.Equal(section[8:40], public(key)) {
		t.Errorf("the section is %x", section)
	}
	if !ed25519.Verify(public(key), message, value) {
		t.Error("FORMAT.md's message has another signature")
	}
	const want = "3307a754"
	if got := hex.EncodeToString(value[:4]); got != want {
		t.Errorf("the signature begins with %s, want %s: files that are signed already would not be trusted", got, want)
	}

	openssl, err := exec.LookPath("openssl")
	if err != nil {
		t.Skip("no openssl")
	}
	folder := t.TempDir()
	for name, content := range map[string][]byte{"message": message, "value": value,
		"public.pem": EncodePublicKey(public(key))} {
		if err := os.WriteFile(filepath.Join(folder, name), content, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	command := exec.Command(openssl, "pkeyutl", "-verify", "-pubin", "-inkey", "public.pem", "-rawin", "-in", "message",
		"-sigfile", "value")
	command.Dir = folder
	if out, err := command.CombinedOutput(); err != nil {
		if strings.Contains(string(out), "ption") { // of a version that has no -rawin, or not for Ed25519
			t.Skipf("openssl cannot: %s", out)
		}
		t.Errorf("openssl says %v: %s", err, out)
	}
}

func TestSign(t *testing.T) {
	key := testKey("")
	f := smallFile(t)
	before := encode(t, f)
	for _, version := range []uint64{1, 2, 1<<64 - 1} {
		if err := Sign(f, key, version); err != nil {
			t.Fatal(err)
		}
		blob := encode(t, f)
		if !bytes.Equal(blob, signedBlob(t, key, version)) {
			t.Error("signing twice, or anew, gives other bytes")
		}
		got, err := serialize.Loader{Trust: Verify}.Decode(blob)
		if err != nil {
			t.Fatal(err)
		}
		if *got.Signature != *f.Signature || got.Signature.Version != version || got.Minor != 1 {
			t.Errorf("%+v of minor version %d is read, %+v was written", got.Signature, got.Minor, f.Signature)
		}
		if !bytes.Equal(encode(t, got), blob) {
			t.Error("what was read is written otherwise")
		}
	}
	kept := *f.Signature
	if err := Sign(f, key, 0); !errors.Is(err, serialize.ErrSignature) {
		t.Errorf("version 0: %v", err)
	}
	if err := Sign(f, key[:32], 1); err == nil {
		t.Error("half a key signs")
	}
	if *f.Signature != kept {
		t.Error("a failure changed the file")
	}
	f.Signature = nil
	if !bytes.Equal(encode(t, f), before) {
		t.Error("without the signature the file is not what it was")
	}
	if _, err := (serialize.Loader{Trust: Verify}).Decode(before); !errors.Is(err, ErrUnsigned) {
		t.Errorf("Verify of an unsigned file: %v", err)
	}
}
