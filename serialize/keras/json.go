package keras

import (
	"bytes"
	"encoding/json"
	"iter"
	"strconv"
)

// value is a JSON value within a text that json.Valid has found right, or empty if there is none. What a value holds is
// looked up where it stands, without taking memory for it; a configuration from Keras has a lot in it that is not
// wanted. Of keys that appear twice the last one counts, as in Python.
type value []byte

// parseJSON checks a text and returns its value; it is empty if the text is not JSON.
func parseJSON(text []byte) value {
	if !json.Valid(text) {
		return nil
	}
	return value(bytes.TrimSpace(text))
}

// kind returns the value's first byte: one of { [ " t f n, a digit or a minus; 0 if there is no value.
func (v value) kind() byte {
	if len(v) == 0 {
		return 0
	}
	return v[0]
}

// absent tells that there is no value, or null.
func (v value) absent() bool { return len(v) == 0 || v[0] == 'n' }

// get returns the member of an object with the given key.
func (v value) get(key string) (member value) {
	for k, m := range v.members() {
		if k.is(key) {
			member = m
		}
	}
	return member
}

// at returns an element of an array.
func (v value) at(index int) value {
	for e := range v.elements() {
		if index == 0 {
			return e
		}
		index--
	}
	return nil
}

// members goes through an object's keys and members; there are none if it is not an object.
func (v value) members() iter.Seq2[value, value] {
	return func(yield func(key, member value) bool) {
		if v.kind() != '{' {
			return
		}
		for rest := skipSpace(v[1:]); rest[0] != '}'; {
			key := v.first(rest)
			rest = skipSpace(skipSpace(rest[len(key):])[1:]) // the colon
			member := v.first(rest)
			if !yield(key, member) {
				return
			}
			if rest = skipSpace(rest[len(member):]); rest[0] == ',' {
				rest = skipSpace(rest[1:])
			}
		}
	}
}

// elements goes through an array; there are none if it is not an array.
func (v value) elements() iter.Seq[value] {
	return func(yield func(value) bool) {
		if v.kind() != '[' {
			return
		}
		for rest := skipSpace(v[1:]); rest[0] != ']'; {
			e := v.first(rest)
			if !yield(e) {
				return
			}
			if rest = skipSpace(rest[len(e):]); rest[0] == ',' {
				rest = skipSpace(rest[1:])
			}
		}
	}
}

// len returns the number of an array's elements.
func (v value) len() (n int) {
	for range v.elements() {
		n++
	}
	return n
}

func skipSpace(text []byte) []byte { return bytes.TrimLeft(text, " \t\r\n") }

// first returns the value that a text begins with.
func (value) first(text []byte) value {
	depth := 0
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case '"':
			for i++; text[i] != '"'; i++ {
				if text[i] == '\\' {
					i++
				}
			}
		case '{', '[':
			depth++
			continue
		case '}', ']':
			if depth == 0 {
				return text[:i]
			}
			depth--
		case ',', ' ', '\t', '\r', '\n', ':':
			if depth == 0 {
				return text[:i]
			}
			continue
		default:
			continue
		}
		if depth == 0 {
			return text[:i+1]
		}
	}
	return text
}

// is tells whether the value is the given string.
func (v value) is(s string) bool {
	if v.kind() == '"' && bytes.IndexByte(v, '\\') < 0 {
		return string(v[1:len(v)-1]) == s
	}
	got, ok := v.text()
	return ok && got == s
}

// text returns a string.
func (v value) text() (s string, ok bool) {
	if v.kind() != '"' {
		return "", false
	}
	ok = json.Unmarshal(v, &s) == nil
	return s, ok
}

// plain returns what is in an array or tensor of NumPy's or TensorFlow's, which Keras also has for single numbers
// ({"class_name": "__numpy__", "config": {"value": 0.0, "dtype": "float32"}}); any other value is returned as it is.
func (v value) plain() value {
	if inner := v.get("config").get("value"); !inner.absent() {
		return inner
	}
	return v
}

// number returns a number.
func (v value) number() (x float64, ok bool) {
	v = v.plain()
	x, err := strconv.ParseFloat(string(v[:min(len(v), 64)]), 64)
	return x, err == nil && len(v) <= 64
}

// integer returns an integer of at most 2³¹ in magnitude, which may be written as 4.0.
func (v value) integer() (n int, ok bool) {
	x, ok := v.number()
	if !ok || x != float64(int32(max(min(x, 1<<31-1), -1<<31))) {
		return 0, false
	}
	return int(x), true
}
