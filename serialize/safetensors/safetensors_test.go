package safetensors

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"nnrt/internal/modeltest"
	"nnrt/serialize/tensors"
)

// file makes a file of a header and values.
func file(header string, values ...byte) []byte {
	b := binary.LittleEndian.AppendUint64(nil, uint64(len(header)))
	return append(append(b, header...), values...)
}

// TestEncodesAsTheLibrary: what the format's own library wrote of float32 tensors is, read and written again, the same
// file.
func TestEncodesAsTheLibrary(t *testing.T) {
	names, err := filepath.Glob("../tensors/testdata/torch_*.safetensors")
	if err != nil || len(names) < 7 {
		t.Fatal(names, err)
	}
	same := 0
	for _, name := range names {
		blob, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		set, err := Decode(blob)
		if err != nil {
			t.Fatal(name, err)
		}
		plain := true
		for _, tensor := range set.Tensors {
			plain = plain && tensor.Type == "F32"
		}
		if !plain {
			continue
		}
		same++
		if again, err := Encode(set); err != nil || !bytes.Equal(again, blob) {
			t.Errorf("%s: written as\n%q, %v, want\n%q", name, again, err, blob)
		}
	}
	if same < 4 {
		t.Errorf("%d files were compared", same)
	}
}

// TestDecodes reads what the format allows.
func TestDecodes(t *testing.T) {
	one := []byte{0, 0, 0x80, 0x3f}
	for _, c := range []struct {
		name string
		blob []byte
		want string
	}{
		{"nothing", file("{}"), "[]"},
		{"spaces", file("{ }   "), "[]"},
		{"metadata", file(`{"__metadata__":{"format":"pt","a\n":"b\n"}}`), "[]"},
		{"a scalar", file(`{"a":{"dtype":"F32","shape":[],"data_offsets":[0,4]}}`, one...), "[{a F32 [] [1]}]"},
		{"empty tensors", file(`{"a":{"dtype":"F32","shape":[0,99],"data_offsets":[0,0]},` +
			`"b":{"dtype":"F64","shape":[2,0],"data_offsets":[0,0]}}`), "[{a F32 [0 99] []} {b F64 [2 0] []}]"},
		{"keys in another order, white space", file("{\n\"a\" : { \"data_offsets\":[0,4],\t\"shape\":[ 1 , 1 ],\r\"dtype\":\"F32\"}}",
			one...), "[{a F32 [1 1] [1]}]"},
		{"values in another order", file(`{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]},`+
			`"b":{"dtype":"U8","shape":[4],"data_offsets":[0,4]}}`, append([]byte("text"), one...)...),
			"[{a F32 [1] [1]} {b U8 [4] []}]"},
		{"half", file(`{"a":{"dtype":"F16","shape":[3],"data_offsets":[0,6]}}`, 0, 0x3c, 1, 0, 0, 0xfc),
			"[{a F16 [3] [1 5.9604645e-08 -Inf]}]"},
		{"brain", file(`{"a":{"dtype":"BF16","shape":[2],"data_offsets":[0,4]}}`, 0x80, 0x3f, 0x49, 0xc0),
			"[{a BF16 [2] [1 -3.140625]}]"},
		{"double", file(`{"a":{"dtype":"F64","shape":[2],"data_offsets":[0,16]}}`, 0, 0, 0, 0, 0, 0, 0xf0, 0x3f,
			0, 0, 0, 0, 0, 0, 0xf8, 0x7f), "[{a F64 [2] [1 NaN]}]"},
		{"four bits", file(`{"a":{"dtype":"F4","shape":[3,2],"data_offsets":[0,3]}}`, 1, 2, 3), "[{a F4 [3 2] []}]"},
		{"no alignment", file(`{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"b":{"dtype":"F32","shape":[1],`+
			`"data_offsets":[1,5]}}`, append([]byte("x"), one...)...), "[{a U8 [1] []} {b F32 [1] [1]}]"},
	} {
		set, err := Decode(c.blob)
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
		} else if got := fmt.Sprint(set.Tensors); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
	set, err := Decode(file(`{"__metadata__":{"nnrt":"{\"a\":1}"}}`))
	if err != nil || set.Description != `{"a":1}` {
		t.Errorf("description %v, %v", set, err)
	}
}

// TestRefuses has a file for each rule.
func TestRefuses(t *testing.T) {
	a := func(dtype, shape, offsets string) string {
		return fmt.Sprintf(`{"a":{"dtype":"%s","shape":[%s],"data_offsets":[%s]}}`, dtype, shape, offsets)
	}
	two := func(first, second string) string {
		return fmt.Sprintf(`{"a":{"dtype":"F32","shape":[1],"data_offsets":[%s]},"b":{"dtype":"F32","shape":[1],`+
			`"data_offsets":[%s]}}`, first, second)
	}
	length := func(n uint64, rest string) []byte {
		return append(binary.LittleEndian.AppendUint64(nil, n), rest...)
	}
	eight := make([]byte, 8)
	for _, c := range []struct {
		name string
		blob []byte
		want error
	}{
		{"empty", nil, tensors.ErrTruncated},
		{"seven bytes", make([]byte, 7), tensors.ErrTruncated},
		{"no header", length(0, ""), tensors.ErrHeader},
		{"no header, values", length(0, "{}"), tensors.ErrHeader},
		{"a header longer than the file", length(3, "{}"), tensors.ErrTruncated},
		{"a header beyond the limit", length(16<<20+1, "{}"), tensors.ErrLimit},
		{"the format's own limit", length(100_000_000, "{}"), tensors.ErrLimit},
		{"the longest header", length(math.MaxUint64, "{}"), tensors.ErrLimit},
		{"a header that wraps", length(math.MaxUint64-7, "{}"), tensors.ErrLimit},
		{"a space first", file(" {}"), tensors.ErrHeader},
		{"a byte order mark", file("\ufeff{}"), tensors.ErrHeader},
		{"a list", file("[]"), tensors.ErrHeader},
		{"text", []byte("some text, not a safetensors file"), tensors.ErrLimit},
		{"a line break after it", file("{}\n"), tensors.ErrHeader},
		{"a NUL after it", file("{}\x00"), tensors.ErrHeader},
		{"two objects", file("{}{}"), tensors.ErrHeader},
		{"values that nobody has", file("{}", 1), tensors.ErrLayout},
		{"values after the last", file(a("F32", "1", "0,4"), eight...), tensors.ErrLayout},
		{"values missing", file(a("F32", "1", "0,4"), 1, 2, 3), tensors.ErrTruncated},
		{"a hole", file(two("0,4", "8,12"), make([]byte, 12)...), tensors.ErrLayout},
		{"a hole first", file(two("4,8", "8,12"), make([]byte, 12)...), tensors.ErrLayout},
		{"overlap", file(two("0,4", "0,4"), eight[:4]...), tensors.ErrLayout},
		{"partial overlap", file(two("0,4", "2,6"), eight[:6]...), tensors.ErrLayout},
		{"backwards", file(a("F32", "1", "4,0"), eight[:4]...), tensors.ErrLayout},
		{"backwards, wrapping", file(a("F32", "1", "18446744073709551614,2"), eight...), tensors.ErrLayout},
		{"the last byte there is", file(a("F32", "1", "18446744073709551611,18446744073709551615"), eight...),
			tensors.ErrLayout},
		{"beyond 64 bits", file(a("F32", "1", "0,18446744073709551616"), eight...), tensors.ErrLimit},
		{"more bytes than elements", file(a("F32", "1", "0,8"), eight...), tensors.ErrLayout},
		{"fewer bytes than elements", file(a("F32", "3", "0,8"), eight...), tensors.ErrLayout},
		{"a product that wraps", file(a("F32", "4294967296,4294967296", "0,0")), tensors.ErrLimit},
		{"a product that wraps to 8", file(a("F32", "9223372036854775809,2", "0,8"), eight...), tensors.ErrLimit},
		{"bytes that wrap", file(a("F64", "2305843009213693952", "0,0")), tensors.ErrLimit},
		{"elements beyond 2³¹", file(a("U8", "65536,32768", "0,2147483648")), tensors.ErrLimit},
		{"a dimension beyond 2³¹, and none", file(a("U8", "0,2147483648", "0,0")), tensors.ErrLimit},
		{"half a byte", file(a("F4", "3", "0,1"), 1), tensors.ErrLayout},
		{"a negative dimension", file(a("F32", "-1", "0,4"), eight[:4]...), tensors.ErrHeader},
		{"a fraction", file(a("F32", "1.0", "0,4"), eight[:4]...), tensors.ErrHeader},
		{"an exponent", file(a("F32", "1e0", "0,4"), eight[:4]...), tensors.ErrHeader},
		{"nine dimensions", file(a("F32", "1,1,1,1,1,1,1,1,1", "0,4"), eight[:4]...), tensors.ErrLimit},
		{"a type there is not", file(a("F33", "1", "0,4"), eight[:4]...), tensors.ErrType},
		{"a type in lower case", file(a("f32", "1", "0,4"), eight[:4]...), tensors.ErrType},
		{"no type", file(`{"a":{"shape":[1],"data_offsets":[0,4]}}`, eight[:4]...), tensors.ErrHeader},
		{"no shape", file(`{"a":{"dtype":"F32","data_offsets":[0,4]}}`, eight[:4]...), tensors.ErrHeader},
		{"no offsets", file(`{"a":{"dtype":"F32","shape":[1]}}`, eight[:4]...), tensors.ErrHeader},
		{"one offset", file(a("F32", "1", "0"), eight[:4]...), tensors.ErrHeader},
		{"three offsets", file(a("F32", "1", "0,4,8"), eight[:4]...), tensors.ErrLimit},
		{"another key", file(`{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4],"x":1}}`, eight[:4]...), tensors.ErrLimit},
		{"another key instead", file(`{"a":{"dtype":"F32","shape":[1],"offsets":[0,4]}}`, eight[:4]...), tensors.ErrHeader},
		{"a key twice", file(`{"a":{"dtype":"F32","dtype":"F32","shape":[1]}}`, eight[:4]...), tensors.ErrDuplicate},
		{"a tensor twice", file(strings.ReplaceAll(two("0,4", "4,8"), `"b"`, `"a"`), eight...), tensors.ErrDuplicate},
		{"a tensor twice, escaped", file(strings.ReplaceAll(two("0,4", "4,8"), `"b"`, `"\u0061"`), eight...),
			tensors.ErrDuplicate},
		{"metadata twice", file(`{"__metadata__":{},"__metadata__":{}}`), tensors.ErrDuplicate},
		{"a pair twice", file(`{"__metadata__":{"a":"1","a":"2"}}`), tensors.ErrDuplicate},
		{"metadata that is a number", file(`{"__metadata__":{"a":1}}`), tensors.ErrHeader},
		{"metadata that is nested", file(`{"__metadata__":{"a":{"b":"c"}}}`), tensors.ErrHeader},
		{"metadata that is null", file(`{"__metadata__":null}`), tensors.ErrHeader},
		{"a tensor that is null", file(`{"a":null}`), tensors.ErrHeader},
		{"a long name", file(strings.Replace(a("F32", "1", "0,4"), `"a"`, `"`+strings.Repeat("a", 256)+`"`, 1),
			eight[:4]...), tensors.ErrLimit},
		{"a name that is not UTF-8", file(strings.Replace(a("F32", "1", "0,4"), `"a"`, "\"\xff\"", 1), eight[:4]...),
			tensors.ErrHeader},
		{"a double that is no float", file(a("F64", "1", "0,8"), 1, 0, 0, 0, 0, 0, 0xf0, 0x3f), tensors.ErrInexact},
		{"a double beyond float32", file(a("F64", "1", "0,8"), 0, 0, 0, 0, 0, 0, 0xf0, 0x7e), tensors.ErrInexact},
	} {
		var err error
		took := modeltest.Allocated(func() { _, err = Decode(c.blob) })
		var typed *tensors.Error
		if !errors.Is(err, c.want) || !errors.As(err, &typed) {
			t.Errorf("%s: %v, want %v", c.name, err, c.want)
		}
		if took > 8*uint64(len(c.blob))+1<<16 {
			t.Errorf("%s: %d bytes take %d bytes of memory", c.name, len(c.blob), took)
		}
	}
}

// TestAllocation reads the files that make Decode work hardest for their size.
func TestAllocation(t *testing.T) {
	var many strings.Builder
	many.WriteString("{")
	for i := range tensors.MaxTensors {
		fmt.Fprintf(&many, `"%x":{"dtype":"U8","shape":[],"data_offsets":[%d,%d]},`, i, i, i+1)
	}
	header := strings.TrimSuffix(many.String(), ",")
	more := header + `,"x":{"dtype":"U8","shape":[],"data_offsets":[0,0]},"y":{"dtype":"U8","shape":[],"data_offsets":[0,0]}}`
	numbers := `{"__metadata__":{"nnrt":"` + strings.Repeat(`\"\u0000`, 1<<20) + `"}}`
	for _, c := range []struct {
		name string
		blob []byte
		want error
	}{
		{"8,192 tensors", file(header+"}", make([]byte, tensors.MaxTensors)...), nil},
		{"8,194 tensors", file(more), tensors.ErrLimit},
		{"4 MiB of half precision", file(`{"a":{"dtype":"F16","shape":[2097152],"data_offsets":[0,4194304]}}`,
			make([]byte, 4<<20)...), nil},
		{"a description of escapes", file(numbers), nil},
		{"pairs", file(`{"__metadata__":{` + strings.Repeat(`"":"",`, 1<<20) + `"":""}}`), tensors.ErrDuplicate},
		{"dimensions", file(`{"a":{"shape":[` + strings.Repeat(`1,`, 1<<20) + `1]}}`), tensors.ErrLimit},
	} {
		var err error
		took := modeltest.Allocated(func() { _, err = Decode(c.blob) })
		t.Logf("%s: %d bytes take %d: %v", c.name, len(c.blob), took, err)
		if !errors.Is(err, c.want) || took > 8*uint64(len(c.blob))+4<<20 {
			t.Errorf("%s: %d bytes take %d bytes of memory: %v", c.name, len(c.blob), took, err)
		}
	}
}

func TestEncodeRefuses(t *testing.T) {
	good := tensors.Tensor{Name: "a", Shape: []int{1}, Values: []float32{1}}
	odd := tensors.Tensor{Name: "b", Shape: []int{2}, Values: []float32{1}}
	negative := tensors.Tensor{Name: "b", Shape: []int{-1, -1}, Values: []float32{1}}
	reserved := tensors.Tensor{Name: "__metadata__", Shape: []int{1}, Values: []float32{1}}
	for _, c := range []struct {
		list []tensors.Tensor
		want error
	}{
		{[]tensors.Tensor{good, good}, tensors.ErrDuplicate}, {[]tensors.Tensor{good, odd}, tensors.ErrShape},
		{[]tensors.Tensor{negative}, tensors.ErrShape}, {[]tensors.Tensor{reserved}, tensors.ErrDuplicate},
	} {
		if _, err := Encode(&tensors.Set{Tensors: c.list}); !errors.Is(err, c.want) {
			t.Errorf("%v: %v, want %v", c.list, err, c.want)
		}
	}
}
