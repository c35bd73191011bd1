package hdf5

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// unpacked returns a file of testdata, which generate.py there describes.
func unpacked(t testing.TB, name string) []byte {
	t.Helper()
	packed, err := os.ReadFile(filepath.Join("testdata", name+".h5.gz"))
	if err != nil {
		t.Fatal(err)
	}
	r, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		t.Fatal(err)
	}
	data, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// memoryFor is what Keras's reader allows, too.
func memoryFor(data []byte) int64 { return 6*int64(len(data)) + 1<<20 }

func open(t testing.TB, name string) *Object {
	t.Helper()
	data := unpacked(t, name)
	root, err := Open(data, memoryFor(data))
	if err != nil {
		t.Fatal(err)
	}
	return root
}

// checkValues checks that a dataset's values are i/2 − 3.
func checkValues(t *testing.T, root *Object, path string, shape ...int) {
	t.Helper()
	o, err := root.Find(path)
	if err != nil {
		t.Error(err)
		return
	}
	got, err := o.Shape()
	if err != nil || fmt.Sprint(got) != fmt.Sprint(shape) {
		t.Errorf("%s: shape %v, error %v, want %v", path, got, err, shape)
	}
	values, err := o.Floats()
	if err != nil {
		t.Errorf("%s: %v", path, err)
		return
	}
	n := 1
	for _, d := range shape {
		n *= d
	}
	if len(values) != n {
		t.Errorf("%s: %d values, want %d", path, len(values), n)
	}
	for i, v := range values {
		if v != float32(i)/2-3 {
			t.Errorf("%s: value %d is %v", path, i, v)
			return
		}
	}
}

func checkStrings(t *testing.T, o *Object, name string, want ...string) {
	t.Helper()
	got, err := o.Strings(name)
	if err != nil || strings.Join(got, "|") != strings.Join(want, "|") || len(got) != len(want) {
		t.Errorf("attribute %s of %s: %q, error %v, want %q", name, o.Path(), got, err, want)
	}
}

func TestTypes(t *testing.T) {
	for _, name := range []string{"types_earliest", "types_v108", "types_v110", "types_v112", "types_latest",
		"types_ordered"} {
		t.Run(name, func(t *testing.T) {
			root := open(t, name)
			for _, order := range []string{"little", "big"} {
				for _, kind := range []string{"float16", "float32", "float64"} {
					checkValues(t, root, "numbers/"+order+"/"+kind, 3, 5)
				}
			}
			checkValues(t, root, "shapes/scalar")
			checkValues(t, root, "shapes/vector", 7)
			checkValues(t, root, "shapes/cube", 2, 3, 4)
			checkValues(t, root, "shapes/empty", 0, 4)
			checkValues(t, root, "shapes/compact", 6)
			s, err := root.Child("strings")
			if err != nil {
				t.Fatal(err)
			}
			checkStrings(t, s, "variable", "naïve")
			checkStrings(t, s, "bytes", "a\n{}")
			checkStrings(t, s, "fixed", "fixed")
			checkStrings(t, s, "list", "kernel", "bias", "x")
			checkStrings(t, s, "variables", "one", "", "three")
			checkStrings(t, s, "none")
			checkStrings(t, s, "long", strings.Repeat("0123456789", 7000))
			if _, err := s.Strings("number"); !errors.Is(err, ErrUnsupported) {
				t.Errorf("a number as a string: %v", err)
			}
			if _, err := s.Strings("variabl"); !errors.Is(err, ErrNotFound) {
				t.Errorf("an attribute that is not there: %v", err)
			}
			if n, err := root.Len(); n != 3 || err != nil {
				t.Errorf("%d links, %v", n, err)
			}
			if _, err := root.Find("shapes/sphere"); !errors.Is(err, ErrNotFound) {
				t.Errorf("an object that is not there: %v", err)
			}
			if _, err := s.Floats(); !errors.Is(err, ErrDamaged) {
				t.Errorf("a group as a dataset: %v", err)
			}
			vector, _ := root.Find("shapes/vector")
			if _, err := vector.Child("x"); !errors.Is(err, ErrDamaged) {
				t.Errorf("a dataset as a group: %v", err)
			}
		})
	}
}

func TestWide(t *testing.T) {
	for _, tc := range []struct {
		name string
		n    int
	}{{"wide_earliest", 600}, {"wide_latest", 600}, {"deep_latest", 1500}} {
		t.Run(tc.name, func(t *testing.T) {
			root := open(t, tc.name)
			layers, err := root.Child("layers")
			if err != nil {
				t.Fatal(err)
			}
			if n, err := layers.Len(); n != tc.n || err != nil {
				t.Errorf("%d links, %v", n, err)
			}
			for i := range tc.n {
				o, err := layers.Child("dense_" + strconv.Itoa(i))
				if err != nil {
					t.Fatal(err)
				}
				checkStrings(t, o, "name", o.Path())
			}
			checkValues(t, root, "layers/dense_7/kernel", 2, 3)
		})
	}
}

func TestManyAttributes(t *testing.T) {
	for _, name := range []string{"attributes_earliest", "attributes_latest"} {
		root := open(t, name)
		for i := range 60 {
			checkStrings(t, root, "attribute"+strconv.Itoa(i), "value "+strconv.Itoa(i))
		}
	}
}

func TestChunks(t *testing.T) {
	for _, name := range []string{"chunked_earliest", "chunked_latest"} {
		t.Run(name, func(t *testing.T) {
			root := open(t, name)
			for _, dataset := range []string{"plain", "deflate", "shuffle", "all", "fletcher32", "wide", "early"} {
				checkValues(t, root, dataset, 10, 7)
			}
			checkValues(t, root, "single", 5, 6)
			checkValues(t, root, "single_deflate", 5, 6)
			checkValues(t, root, "vector", 100)
			checkValues(t, root, "cube", 3, 4, 5)
			checkValues(t, root, "many", 33, 33)
			checkValues(t, root, "many_deflate", 33, 33)
		})
	}
}

func TestRefused(t *testing.T) {
	for _, name := range []string{"refused_earliest", "refused_latest"} {
		t.Run(name, func(t *testing.T) {
			root := open(t, name)
			for _, tc := range []struct {
				path  string
				cause error
				says  string
			}{
				{"numbers/integer", ErrUnsupported, "class 0"},
				{"numbers/inexact", ErrNotExact, "value 2 is 0.1"},
				{"numbers/complex", ErrUnsupported, "class 6"},
				{"numbers/unwritten", ErrUnsupported, "never written"},
				{"numbers/chunks_unwritten", ErrUnsupported, "written"},
				{"numbers/lzf", ErrUnsupported, "filter 32000"},
				{"soft/link", ErrUnsupported, "link"},
				{"external/link", ErrUnsupported, "link"},
				{"raw/elsewhere", ErrUnsupported, "another file"},
				{"virtual/dataset", ErrUnsupported, "class 3"},
			} {
				o, err := root.Find(tc.path)
				if err == nil {
					_, err = o.Floats()
				}
				if !errors.Is(err, tc.cause) || !strings.Contains(fmt.Sprint(err), tc.says) {
					t.Errorf("%s: %v, want %v (%s)", tc.path, err, tc.cause, tc.says)
				}
			}
			// Datasets that can grow have an index of their own only in newer files.
			for _, path := range []string{"grows/one", "grows/two"} {
				o, err := root.Find(path)
				if err == nil {
					_, err = o.Floats()
				}
				if name == "refused_earliest" && err != nil ||
					name == "refused_latest" && !errors.Is(err, ErrUnsupported) {
					t.Errorf("%s: %v", path, err)
				}
			}
			o, err := root.Child("cycle")
			for err == nil {
				o, err = o.Find("group/back")
			}
			if !errors.Is(err, ErrOverlap) && !errors.Is(err, ErrMemory) {
				t.Errorf("a group in itself: %v", err)
			}
		})
	}
}

// Floats returns the values of a dataset, as ReadFloats does.
func (o *Object) Floats() ([]float32, error) {
	dims, err := o.dims()
	if err != nil {
		return nil, err
	}
	n, ok := elements(dims, maxElements)
	if !ok || !o.f.take(4*int64(n)) {
		return nil, o.fail(ErrMemory, "dimensions %v", dims)
	}
	values := make([]float32, n)
	return values, o.ReadFloats(values)
}
