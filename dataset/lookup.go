package dataset

import (
	"cmp"
	"math"
	"slices"
	"strings"
)

// lookup finds the position of a category or label in its list: by its text, and by its value if all are numbers.
type lookup struct {
	text   map[string]int
	value  map[float64]int // nil unless all are numbers
	single map[float32]int // the same, rounded to float32; -1 where two of them become one
}

func newLookup(entries []string) *lookup {
	l := &lookup{text: make(map[string]int, len(entries))}
	values := make([]float64, len(entries))
	numbers := len(entries) > 0
	for i, t := range entries {
		l.text[t] = i
		if numbers {
			values[i], numbers = parseValue(t)
		}
	}
	if !numbers {
		return l
	}
	l.value = make(map[float64]int, len(entries))
	l.single = make(map[float32]int, len(entries))
	for i, v := range values {
		l.value[v] = i
		if _, ok := l.single[float32(v)]; ok {
			l.single[float32(v)] = -1
		} else {
			l.single[float32(v)] = i
		}
	}
	return l
}

// find returns the position of t, or -1.
func (l *lookup) find(t string) int {
	if i, ok := l.text[t]; ok {
		return i
	}
	if l.value != nil {
		if v, ok := parseValue(t); ok {
			if i, ok := l.value[v]; ok {
				return i
			}
		}
	}
	return -1
}

// findNumber returns the position of the number v, or -1.
func (l *lookup) findNumber(v float32) int {
	if i, ok := l.single[v]; ok {
		return i
	}
	return -1
}

// sortTexts returns the different ones of texts in the order of categories and labels, and for each of texts its
// position there. If all are numbers they are ordered by value, and of several spellings of one value the first stays;
// otherwise they are ordered by bytes. The texts themselves differ from each other.
func sortTexts(texts []string) (sorted []string, position []int) {
	values := make([]float64, len(texts))
	order := make([]int, len(texts))
	numbers := true
	for i, t := range texts {
		order[i] = i
		if numbers {
			values[i], numbers = parseValue(t)
		}
	}
	position = make([]int, len(texts))
	slices.SortStableFunc(order, func(a, b int) int {
		if numbers {
			return cmp.Compare(values[a], values[b])
		}
		return strings.Compare(texts[a], texts[b])
	})
	for k, i := range order {
		if k == 0 || !numbers || values[i] != values[order[k-1]] {
			sorted = append(sorted, texts[i])
		}
		position[i] = len(sorted) - 1
	}
	return sorted, position
}

// wholeNumber reports whether t is a number without a fraction.
func wholeNumber(t string) bool {
	v, ok := parseValue(t)
	return ok && v == math.Trunc(v)
}
