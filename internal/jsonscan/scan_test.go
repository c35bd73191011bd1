package jsonscan

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"
)

// content is the form that the tests read: an object of texts under t, counts under n, floats under f, anything under r.
type content struct {
	texts  []string
	counts []uint64
	floats []float32
	raw    string
}

func read(text string) (c content, err error) {
	s := New(text)
	s.Object(20, 10, func(key string) {
		switch {
		case strings.HasPrefix(key, "t"):
			c.texts = append(c.texts, s.String(20))
		case key == "n":
			s.Array(3, func() { c.counts = append(c.counts, s.Uint(math.MaxUint64)) })
		case key == "f":
			c.floats = s.Floats(4)
		case key == "r":
			c.raw = s.Raw(30)
		default:
			s.Unknown(key)
		}
	})
	return c, s.End()
}

func TestReads(t *testing.T) {
	for text, want := range map[string]content{
		`{}`:           {},
		"{ }   ":       {},
		`{"t":"a\"b"}`: {texts: []string{`a"b`}},
		`{"t1":"\u00e9\ud83d\ude00\n","t2":"\ufffd�"}`:   {texts: []string{"é😀\n", "��"}},
		"{\t\"n\" :\r\n[ 0 , 7,18446744073709551615 ] }": {counts: []uint64{0, 7, math.MaxUint64}},
		`{"n":[],"f":[]}`:                            {},
		`{"f":[-0,1e-45,3.4028235e+38,0.1]}`:         {floats: []float32{float32(math.Copysign(0, -1)), 1e-45, math.MaxFloat32, 0.1}},
		`{"r":{"a":["]","}\""],"b":-1.5e3},"t":"x"}`: {raw: `{"a":["]","}\""],"b":-1.5e3}`, texts: []string{"x"}},
		`{"r":null}`:                                 {raw: "null"},
		`{"t":"` + strings.Repeat("x", 20) + `"}`:    {texts: []string{strings.Repeat("x", 20)}},
		`{"t1":"","t2":"","t3":"","t4":"","t5":"","t6":"","t7":"","t8":"","t9":"","t10":"","t11":"","t12":"","t13":"",` +
			`"t14":"","t15":"","t16":"","t17":"","t18":"","t19":""}`: {texts: make([]string, 19)},
	} {
		got, err := read(text)
		if err != nil || fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("%s: %v, %v, want %v", text, got, err, want)
		}
		if strings.Contains(text, `"r":null`) {
			continue
		}
		for n := range len(strings.TrimRight(text, " ")) {
			if _, err := read(text[:n]); !errors.Is(err, ErrSyntax) {
				t.Errorf("%s: cut off: %v", text[:n], err)
			}
		}
	}
}

func TestRefuses(t *testing.T) {
	for text, want := range map[string]error{
		``: ErrSyntax, ` `: ErrSyntax, `[]`: ErrSyntax, `{,}`: ErrSyntax, `{"t":"x",}`: ErrSyntax, `{"t" "x"}`: ErrSyntax,
		`{"t":'x'}`: ErrSyntax, `{t:"x"}`: ErrSyntax, `{}x`: ErrSyntax, "{}\n": ErrSyntax, `{}{}`: ErrSyntax,
		"\ufeff{}": ErrSyntax, `{"t":"x"}//`: ErrSyntax, `{"u":1}`: ErrSyntax,
		`{"t":"x","t":"x"}`: ErrDuplicate, `{"t":"x","\u0074":"y"}`: ErrDuplicate,
		`{"t1":"","t2":"","t3":"","t4":"","t5":"","t6":"","t7":"","t8":"","t9":"","t10":"","t11":"","t12":"","t13":"",` +
			`"t14":"","t15":"","t16":"","t17":"","t18":"","t1":""}`: ErrDuplicate,
		"{\"t\":\"a\nb\"}": ErrSyntax, "{\"t\":\"a\x00b\"}": ErrSyntax, "{\"t\":\"\xff\"}": ErrSyntax,
		`{"t":"\x"}`: ErrSyntax, `{"t":"\u12"}`: ErrSyntax, `{"t":"\ud800"}`: ErrSyntax, `{"t":"\ud800\ufffd"}`: ErrSyntax,
		`{"t":"\udc00\ud800"}`: ErrSyntax, `{"t":"\`: ErrSyntax, `{"t":"\"`: ErrSyntax,
		`{"t":"` + strings.Repeat("x", 21) + `"}`: ErrLimit, `{"t1234567890":"x"}`: ErrLimit,
		`{"n":[1,2,3,4]}`: ErrLimit, `{"f":[1,2,3,4,5]}`: ErrLimit, `{"n":[1,]}`: ErrSyntax, `{"n":[1 2]}`: ErrSyntax,
		`{"n":[-1]}`: ErrSyntax, `{"n":[1.0]}`: ErrSyntax, `{"n":[1e3]}`: ErrSyntax, `{"n":[01]}`: ErrSyntax,
		`{"n":[18446744073709551616]}`: ErrLimit, `{"n":["1"]}`: ErrSyntax, `{"n":[+1]}`: ErrSyntax,
		`{"n":[` + strings.Repeat("1", 65) + `]}`: ErrSyntax,
		`{"f":[1e39]}`: ErrSyntax, `{"f":[NaN]}`: ErrSyntax, `{"f":[.5]}`: ErrSyntax, `{"f":[1.]}`: ErrSyntax,
		`{"f":[1e]}`: ErrSyntax, `{"f":[-]}`: ErrSyntax, `{"f":[0x1]}`: ErrSyntax,
		`{"r":"` + strings.Repeat("x", 31) + `"}`: ErrLimit, `{"r":[` + strings.Repeat("1,", 20) + `1]}`: ErrLimit,
		`{"r":[}`: ErrSyntax, `{"r":}`: ErrSyntax, `{"r": ,"t":"x"}`: ErrSyntax,
	} {
		_, err := read(text)
		if !errors.Is(err, want) {
			t.Errorf("%s: %v, want %v", text, err, want)
		}
		var place *Error
		if !errors.As(err, &place) || place.Offset < 0 || place.Offset > len(text) {
			t.Errorf("%s: %#v has no place", text, err)
		}
	}
}

// TestKeepsTheFirstError reads on after an error.
func TestKeepsTheFirstError(t *testing.T) {
	s := New(`{"a":1}`)
	s.Fail(errors.New("first"))
	s.Object(1, 1, func(string) { t.Error("an object was read") })
	if s.String(9) != "" || s.Uint(9) != 0 || s.Float32() != 0 || s.Floats(9) != nil || s.Raw(9) != "" {
		t.Error("a value was read")
	}
	s.Fail(errors.New("second"))
	if err := s.End(); err == nil || !strings.Contains(err.Error(), "first") {
		t.Errorf("%v", err)
	}
}

// FuzzScan compares with encoding/json: what is read is valid JSON with the same texts and numbers.
func FuzzScan(f *testing.F) {
	f.Add(`{"t":"\u00e9","n":[1,2],"f":[-0.5e1],"r":{"a":[]}}`)
	f.Fuzz(func(t *testing.T, text string) {
		c, err := read(text)
		if err != nil {
			return
		}
		var want map[string]any
		if json.Unmarshal([]byte(text), &want) != nil && c.raw == "" { // Raw does not look into its value
			t.Errorf("%q was read", text)
		}
		for _, text := range c.texts {
			found := false
			for _, v := range want {
				found = found || v == any(text)
			}
			if !found && c.raw == "" {
				t.Errorf("%q is not among %v", text, want)
			}
		}
	})
}
