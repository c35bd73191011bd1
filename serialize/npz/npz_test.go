package npz

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"nnrt/internal/modeltest"
	"nnrt/internal/npy"
	"nnrt/internal/zipfile"
	"nnrt/serialize/tensors"
)

// array makes an NPY file.
func array(descr, order, shape, values string) string {
	header := fmt.Sprintf("{'descr': '%s', 'fortran_order': %s, 'shape': %s, }\n", descr, order, shape)
	return npy.Magic + "\x01\x00" + string([]byte{byte(len(header)), byte(len(header) >> 8)}) + header + values
}

// archive makes an archive of names and contents.
func archive(files ...string) []byte {
	w := &zipfile.Writer{}
	for i := 0; i < len(files); i += 2 {
		w.Add(files[i], []byte(files[i+1]))
	}
	blob, err := w.Bytes()
	if err != nil {
		panic(err)
	}
	return blob
}

func TestDecodes(t *testing.T) {
	for _, c := range []struct {
		name, content, want string
	}{
		{"float32", array("<f4", "False", "(2,)", "\x00\x00\x80\x3f\x00\x00\x00\xc0"), "{a <f4 [2] [1 -2]}"},
		{"big-endian", array(">f4", "False", "(2,)", "\x3f\x80\x00\x00\xc0\x00\x00\x00"), "{a >f4 [2] [1 -2]}"},
		{"float64", array("<f8", "False", "(1, 1)", "\x00\x00\x00\x00\x00\x00\xf0\x3f"), "{a <f8 [1 1] [1]}"},
		{"float64, big-endian", array(">f8", "False", "(1,)", "\x3f\xf0\x00\x00\x00\x00\x00\x00"), "{a >f8 [1] [1]}"},
		{"half", array("<f2", "False", "(2,)", "\x00\x3c\x01\x00"), "{a <f2 [2] [1 5.9604645e-08]}"},
		{"columns first", array("<f2", "True", "(2, 3)", "\x00\x00\x00\x3c\x00\x40\x00\x42\x00\x44\x00\x45"),
			"{a <f2 [2 3] [0 2 4 1 3 5]}"},
		{"columns first, a vector", array("<f2", "True", "(2,)", "\x00\x00\x00\x3c"), "{a <f2 [2] [0 1]}"},
		{"a scalar", array("<f4", "False", "()", "\x00\x00\x80\x3f"), "{a <f4 [] [1]}"},
		{"nothing", array("<f4", "False", "(0, 3)", ""), "{a <f4 [0 3] []}"},
		{"integers", array("<i8", "False", "()", "12345678"), "{a <i8 [] []}"},
		{"bytes", array("|u1", "True", "(2, 2, 2)", "12345678"), "{a |u1 [2 2 2] []}"},
		{"truths", array("|b1", "False", "(1,)", "\x01"), "{a |b1 [1] []}"},
		{"version 2", strings.Replace(strings.Replace(array("<f4", "False", "(0,)", ""), "\x01\x00", "\x02\x00", 1), "\x00{",
			"\x00\x00\x00{", 1), "{a <f4 [0] []}"},
	} {
		set, err := Decode(archive("a.npy", c.content))
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
		} else if got := fmt.Sprint(set.Tensors[0]); got != c.want || len(set.Rounded) > 0 {
			t.Errorf("%s: %s, want %s; rounded %v", c.name, got, c.want, set.Rounded)
		}
	}
	set, err := Decode(archive("../../etc/passwd.npy", array("<f8", "False", "(1,)", "\x9a\x99\x99\x99\x99\x99\xb9\x3f"),
		"nnrt.json", "{}", "b.npy", array("<f8", "False", "(1,)", "\x00\x00\x00\x00\x00\x00\xf8\x7f")))
	if err != nil || set.Description != "{}" || fmt.Sprint(set.Rounded) != "[../../etc/passwd]" ||
		set.Tensors[0].Values[0] != 0.1 || set.Tensors[0].Name != "../../etc/passwd" {
		t.Errorf("%+v, %v", set, err)
	}
}

func TestRefuses(t *testing.T) {
	one := array("<f4", "False", "(1,)", "1234")
	for _, c := range []struct {
		name string
		blob []byte
		want error
	}{
		{"empty", nil, tensors.ErrHeader},
		{"an array", []byte(one), tensors.ErrHeader},
		{"a file that is no array", archive("a.txt", "text"), tensors.ErrName},
		{"a folder", archive("a/", ""), tensors.ErrName},
		{"a control character", archive("\x1b.npy", one), tensors.ErrName},
		{"a name twice", archive("a.npy", one, "a.npy", one), tensors.ErrDuplicate},
		{"a long name", archive(strings.Repeat("a", 256)+".npy", one), tensors.ErrLimit},
		{"an empty array file", archive("a.npy", ""), tensors.ErrHeader},
		{"a cut header", archive("a.npy", one[:20]), tensors.ErrHeader},
		{"no array", archive("a.npy", strings.Repeat("x", 100)), tensors.ErrHeader},
		{"version 4", archive("a.npy", strings.Replace(one, "\x01\x00", "\x04\x00", 1)), tensors.ErrHeader},
		{"a long header", archive("a.npy", npy.Magic+"\x02\x00\xff\xff\xff\xff{"), tensors.ErrHeader},
		{"objects", archive("a.npy", array("|O", "False", "(1,)", "cposix\nsystem\n")), tensors.ErrHeader},
		{"complex", archive("a.npy", array("<c8", "False", "(1,)", "12345678")), tensors.ErrHeader},
		{"values missing", archive("a.npy", array("<f4", "False", "(2,)", "1234567")), tensors.ErrLayout},
		{"values too many", archive("a.npy", array("<f4", "False", "(2,)", "123456789")), tensors.ErrLayout},
		{"a product that wraps", archive("a.npy", array("<f4", "False", "(4294967296, 4294967296)", "")), tensors.ErrLimit},
		{"bytes that wrap", archive("a.npy", array("<f8", "False", "(2305843009213693952,)", "")), tensors.ErrLimit},
		{"elements beyond 2³¹", archive("a.npy", array("<f4", "False", "(65536, 32768)", "")), tensors.ErrLimit},
		{"a gigabyte claimed", archive("a.npy", array("<f4", "False", "(16384, 16384)", "")), tensors.ErrLayout},
		{"nine dimensions", archive("a.npy", array("<f4", "False", "(1,1,1,1,1,1,1,1,1)", "1234")), tensors.ErrLimit},
		{"columns first, three dimensions", archive("a.npy", array("<f4", "True", "(1, 1, 1)", "1234")), tensors.ErrShape},
		{"beyond float32", archive("a.npy", array("<f8", "False", "(1,)", "\x00\x00\x00\x00\x00\x00\xf0\x7e")),
			tensors.ErrInexact},
		{"a long description", archive(DescriptionName, strings.Repeat(" ", tensors.MaxDescription+1)), tensors.ErrLimit},
	} {
		var err error
		took := modeltest.Allocated(func() { _, err = Decode(c.blob) })
		var typed *tensors.Error
		if !errors.Is(err, c.want) || !errors.As(err, &typed) {
			t.Errorf("%s: %v, want %v", c.name, err, c.want)
		}
		if took > 8*uint64(len(c.blob))+1<<17 {
			t.Errorf("%s: %d bytes take %d bytes of memory", c.name, len(c.blob), took)
		}
	}
	// A checksum, which neither names nor sizes give away.
	blob := archive("a.npy", one)
	at := bytes.Index(blob, []byte("1234"))
	blob[at] ^= 1
	if _, err := Decode(blob); !errors.Is(err, tensors.ErrChecksum) {
		t.Errorf("another value: %v", err)
	}
}

// deflated makes an archive with archive/zip.
func deflated(t *testing.T, files ...string) []byte {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for i := 0; i < len(files); i += 2 {
		to, err := w.Create(files[i])
		if err == nil {
			_, err = to.Write([]byte(files[i+1]))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// TestAllocation reads the archives that make Decode work hardest for their size.
func TestAllocation(t *testing.T) {
	mega, bomb := 1<<20, tensors.ErrLimit
	if testing.Short() {
		mega, bomb = 1<<17, nil // then nothing is refused for its size
	}
	zeros := func(descr string, size, n int) string {
		return array(descr, "False", fmt.Sprintf("(%d,)", n), strings.Repeat("\x00", size*n))
	}
	var many []string
	for i := range tensors.MaxTensors {
		many = append(many, fmt.Sprintf("%x.npy", i), array("|u1", "False", "()", "x"))
	}
	for _, c := range []struct {
		name string
		blob []byte
		want error
	}{
		{"a small model of zeros", deflated(t, "a.npy", zeros("<f4", 4, 3*mega)), nil},
		{"16 MiB of zeros in half precision", deflated(t, "a.npy", zeros("<f2", 2, 8*mega-100)), nil},
		{"a bomb", deflated(t, "a.npy", zeros("<f4", 4, 5*mega)), bomb},
		{"a bomb in parts", deflated(t, "a.npy", zeros("<f4", 4, 3*mega), "b.npy", zeros("<f4", 4, 3*mega)), bomb},
		{"stored", archive("a.npy", zeros("<f4", 4, 5*mega)), nil},
		{"stored, half precision", archive("a.npy", zeros("<f2", 2, 10*mega)), nil},
		{"8,192 arrays", archive(many...), nil},
		{"8,194 arrays", archive(append(many, "x.npy", "", "y.npy", "")...), tensors.ErrLimit},
	} {
		var err error
		took := modeltest.Allocated(func() { _, err = Decode(c.blob) })
		t.Logf("%s: %d bytes take %d: %v", c.name, len(c.blob), took, err)
		if !errors.Is(err, c.want) || took > 8*uint64(len(c.blob))+36<<20 {
			t.Errorf("%s: %d bytes take %d bytes of memory: %v", c.name, len(c.blob), took, err)
		}
	}
}

// TestBytes pins an archive's bytes.
func TestBytes(t *testing.T) {
	set := &tensors.Set{Description: "{}", Tensors: []tensors.Tensor{
		{Name: "dense/kernel", Shape: []int{1, 2}, Values: []float32{1, -2}},
		{Name: "é", Shape: []int{1}, Values: []float32{0.5}}}}
	want, err := os.ReadFile(filepath.Join("testdata", "written.npz"))
	if err != nil {
		t.Fatal(err)
	}
	got, err := Encode(set)
	if err != nil || !bytes.Equal(got, want) {
		t.Errorf("written as\n%q, want\n%q (%v)", got, want, err)
	}
}

func TestEncodeRefuses(t *testing.T) {
	good := tensors.Tensor{Name: "a", Shape: []int{1}, Values: []float32{1}}
	for _, c := range []struct {
		list []tensors.Tensor
		want error
	}{
		{[]tensors.Tensor{good, good}, tensors.ErrDuplicate},
		{[]tensors.Tensor{{Name: "b", Shape: []int{2}, Values: []float32{1}}}, tensors.ErrShape},
		{[]tensors.Tensor{{Name: "b", Shape: []int{-1, -1}, Values: []float32{1}}}, tensors.ErrShape},
		{[]tensors.Tensor{{Name: strings.Repeat("b", 256), Shape: []int{1}, Values: []float32{1}}}, tensors.ErrLimit},
		{make([]tensors.Tensor, tensors.MaxTensors+1), tensors.ErrLimit},
	} {
		if _, err := Encode(&tensors.Set{Tensors: c.list}); !errors.Is(err, c.want) {
			t.Errorf("%d tensors: %v, want %v", len(c.list), err, c.want)
		}
	}
}
