package main

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"nnrt/serialize"
)

// newKey makes a key pair and returns the names of its files.
func newKey(t *testing.T) (private, public string) {
	t.Helper()
	private = filepath.Join(t.TempDir(), "private.pem")
	r := nnrt("sign", "--new-key", private)
	public = writeFile(t, "public.pem", r.must(t))
	r.wants(t, exitDone, "whoever has it can sign")
	return private, public
}

func TestSign(t *testing.T) {
	private, public := newKey(t)
	_, theirs := newKey(t)
	model := handmadeBinary(t)
	unsigned := readFile(t, model)

	// What verify says of a model that is not signed.
	out := nnrt("verify", model).must(t)
	if !strings.Contains(out, "ok    signature  none") {
		t.Errorf("an unsigned model:\n%s", out)
	}
	r := nnrt("verify", model, "--key", public)
	r.wants(t, exitModel, "the model is bad")
	if !strings.Contains(r.stdout, "FAIL  signature  signature, byte 0: the model is not signed") {
		t.Errorf("an unsigned model and a key:\n%s", r.stdout)
	}

	// Signed beside the original.
	signed := filepath.Join(t.TempDir(), "signed.bin")
	line := nnrt("sign", model, "--key", private, "--version", "7", "-o", signed).must(t)
	_, sum, err := fileSum(signed)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(line, signed+"\t") || !strings.HasSuffix(line, "\t"+sum+"\n") {
		t.Errorf("sign prints %q", line)
	}
	if readFile(t, model) != unsigned {
		t.Error("the original changed")
	}
	if info, err := os.Stat(private); err != nil || runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
		t.Errorf("the private key has the mode %v, error %v", info.Mode(), err)
	}

	for _, c := range []struct {
		args []string
		code int
		want string
	}{
		{[]string{"verify", signed}, exitDone, "ok    signature  version 7, by the key "},
		{[]string{"verify", signed, "--key", public}, exitDone, "ok    signature  version 7, by the key in " + public},
		{[]string{"verify", signed, "--key", public, "--min-version", "7"}, exitDone, "ok    signature  version 7"},
		{[]string{"verify", signed, "--key", public, "--min-version", "8"}, exitModel, "version 7, wanted at least 8"},
		{[]string{"verify", signed, "--key", theirs}, exitModel, "with a key that is not trusted"},
		{[]string{"inspect", signed}, exitDone, "signature   version 7, key "},
		{[]string{"inspect", signed, "--json"}, exitDone, "\"signature\": {\n    \"version\": 7,\n    \"key\": \""},
		{[]string{"inspect", model, "--json"}, exitDone, `"signature": null`},
	} {
		r := nnrt(c.args...)
		r.wants(t, c.code)
		if !strings.Contains(r.stdout, c.want) {
			t.Errorf("%v lacks %q:\n%s", c.args, c.want, r.stdout)
		}
	}
	data := writeFile(t, "data.csv", "a\n1\n-2\n")
	if got, want := nnrt("run", signed, data).must(t), nnrt("run", model, data).must(t); got != want {
		t.Errorf("the signed model predicts\n%s, the other\n%s", got, want)
	}

	// In its own place: only as a newer version, whatever is asked for.
	before := readFile(t, signed)
	for _, args := range [][]string{
		{"sign", signed, "--key", private, "--version", "7"},
		{"sign", signed, "--key", private, "--version", "6", "-o", filepath.Join(t.TempDir(), "other.bin")},
		{"sign", model, "--key", private, "--version", "7", "-o", signed},
	} {
		nnrt(args...).wants(t, exitUsage, signed+" has version 7 already")
	}
	if readFile(t, signed) != before {
		t.Error("a refusal changed the file")
	}
	nnrt("sign", signed, "--key", private, "--version", "8").must(t)
	nnrt("verify", signed, "--key", public, "--min-version", "8").must(t)

	// Somebody changes the model and mends the checksums.
	file, err := serialize.ReadFile(signed)
	if err != nil {
		t.Fatal(err)
	}
	file.Metadata = serialize.Metadata{"note": "harmless"}
	if err := serialize.WriteFile(signed, file); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"verify", signed}, {"verify", signed, "--key", public}} {
		r := nnrt(args...)
		r.wants(t, exitModel)
		if !strings.Contains(r.stdout, "FAIL  signature  signature, byte ") || !strings.Contains(r.stdout, "changed") {
			t.Errorf("%v of a changed model:\n%s", args, r.stdout)
		}
	}
}

func TestSignRefuses(t *testing.T) {
	private, public := newKey(t)
	model := handmadeBinary(t)
	file, err := serialize.ReadFile(model)
	if err != nil {
		t.Fatal(err)
	}
	file.SelfTest.Outputs[0] += 1e-6
	wrong := filepath.Join(t.TempDir(), "wrong.bin")
	if err := serialize.WriteFile(wrong, file); err != nil {
		t.Fatal(err)
	}
	text := writeFile(t, "notes.txt", "not to be lost")
	folder := t.TempDir()
	for _, c := range []struct {
		args []string
		code int
		want string
	}{
		{[]string{"sign", model, "--key", public, "--version", "1"}, exitFailed, "this is the public key"},
		{[]string{"sign", model, "--key", text, "--version", "1"}, exitFailed, text + ": not an Ed25519 key: "},
		{[]string{"sign", model, "--key", "none.pem", "--version", "1"}, exitFailed, "none.pem"},
		{[]string{"sign", text, "--key", private, "--version", "1"}, exitModel, text + ": header, byte 0: not an nnrt model"},
		{[]string{"sign", wrong, "--key", private, "--version", "1"}, exitModel, "the model is bad: self-test: "},
		{[]string{"sign", model, "--key", private, "--version", "1", "-o", text}, exitFailed, text + " would be replaced"},
		{[]string{"sign", model, "--key", private, "--version", "1", "-o", folder}, exitFailed, "a folder"},
		{[]string{"sign", "--new-key", private}, exitFailed, private},
		{[]string{"verify", model, "--key", private}, exitFailed, "this is the private key"},
		{[]string{"verify", model, "--key", text}, exitFailed, text},
		{[]string{"verify", model, "--key", folder}, exitFailed, folder},
	} {
		nnrt(c.args...).wants(t, c.code, c.want)
	}
	if readFile(t, text) != "not to be lost" {
		t.Error("a file that is no model was replaced")
	}
	if !strings.Contains(readFile(t, private), "PRIVATE KEY") {
		t.Error("the key was replaced")
	}
	onlyFiles(t, folder)
}

// TestKeyWithoutItsPublicOne: a private key whose public one cannot be printed is not kept, unless nobody wants to see it.
func TestKeyWithoutItsPublicOne(t *testing.T) {
	folder := t.TempDir()
	path := filepath.Join(folder, "private.pem")
	newKey := func(fault error) int {
		var stderr bytes.Buffer
		return doMain([]string{"sign", "--new-key", path}, strings.NewReader(""), &brokenWriter{0, fault}, &stderr)
	}
	if code := newKey(errors.New("the disk is full")); code != exitFailed {
		t.Errorf("exit code %d", code)
	}
	onlyFiles(t, folder)
	if code := newKey(syscall.EPIPE); code != exitDone {
		t.Errorf("exit code %d", code)
	}
	onlyFiles(t, folder, "private.pem")
}

// TestUntrustedModelsDoNotRun: run and eval refuse what verify --key refuses, before they look at data, and print
// nothing then.
func TestUntrustedModelsDoNotRun(t *testing.T) {
	private, public := newKey(t)
	_, theirs := newKey(t)
	model := handmadeBinary(t)
	signed := filepath.Join(t.TempDir(), "signed.bin")
	nnrt("sign", model, "--key", private, "--version", "7", "-o", signed).must(t)
	data := writeFile(t, "data.csv", "a,y\n1,pos\n-2,neg\n")
	changed := []byte(readFile(t, signed))
	changed[len(changed)-1] ^= 1
	damaged := writeFile(t, "damaged.bin", string(changed))
	file, err := serialize.ReadFile(signed)
	if err != nil {
		t.Fatal(err)
	}
	file.Metadata = serialize.Metadata{"note": "harmless"}
	edited := filepath.Join(t.TempDir(), "edited.bin")
	if err := serialize.WriteFile(edited, file); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		model string
		flags []string
		code  int
		want  string
	}{
		{signed, []string{"--key", public}, exitDone, ""},
		{signed, []string{"--key", public, "--min-version", "7"}, exitDone, ""},
		{model, nil, exitDone, ""},
		{model, []string{"--key", public}, exitModel, "the model is not signed"},
		{signed, []string{"--key", theirs}, exitModel, "with a key that is not trusted"},
		{signed, []string{"--key", public, "--min-version", "8"}, exitModel, "version 7, wanted at least 8"},
		{edited, []string{"--key", public}, exitModel, "the signature does not fit"},
		{damaged, []string{"--key", public}, exitModel, "the checksum does not match"},
		{signed, []string{"--key", private}, exitFailed, "this is the private key"},
		{signed, []string{"--key", "none.pem"}, exitFailed, "none.pem"},
	} {
		for _, command := range []string{"run", "eval"} {
			r := nnrt(append([]string{command, c.model, data}, c.flags...)...)
			if c.code == exitDone {
				if want := nnrt(command, model, data).must(t); r.must(t) != want {
					t.Errorf("%s %v prints\n%s, want\n%s", command, c.flags, r.stdout, want)
				}
				continue
			}
			r.wantsOneLine(t, c.code, c.want)
		}
	}
	// What is not trusted is not looked at: a stranger's file says first that it is unsigned, whatever its layers are.
	nnrt("run", model, "--key", public, "nothing.csv").wantsOneLine(t, exitModel, "the model is not signed")
}
