package dataset

import (
	"fmt"
	"math"
	"strings"
	"unicode/utf8"
)

// maxCategoryBytes is the longest category or label.
const maxCategoryBytes = 1024

// column is what Learn finds out about a column while it reads. What it is, numbers or categories, is known only at the
// end. Until it has too many different values for categories, what is kept of each value is its number in a dictionary;
// after that, the float32 it stands for.
type column struct {
	name    string
	index   int  // among the features
	source  int  // column of the source, -1 for labels from a file of their own
	label   bool // the target
	forced  bool // categories or classes whatever the values are
	dict    *dictionary
	own     []float32 // the target's values
	numbers int       // values that are numbers
	texts   int       // values that are not
	bad     *Error    // the first of these
	tooMuch string    // why there is no dictionary any more
}

// dictionary numbers the different texts of a column.
type dictionary struct {
	ids    map[string]int
	texts  []string
	values []float32 // what they are as numbers, NaN if they are none
}

func newDictionary() *dictionary { return &dictionary{ids: make(map[string]int)} }

var nan = float32(math.NaN())

// cell takes in column c's value in the current row and returns what is kept of it, NaN for a missing value.
func (l *learner) cell(c *column, row Row) (float32, error) {
	var t string
	switch {
	case c.source < 0:
		t = trim(row.Label)
	case row.Numbers == nil:
		t = trim(row.Text[c.source])
	case c.label || c.forced:
		t = l.src.src.text(c.source)
	default:
		v := row.Numbers[c.source]
		if finite(v) {
			c.numbers++
			return v, nil
		}
		if v == v {
			return 0, columnErrorf(c.name, "%s", tooLarge(v))
		}
		t = Null
	}
	switch {
	case isNested(t):
		return 0, columnErrorf(c.name, "%s", nestedText(t))
	case !isMissing(t, l.cfg.NA):
		return l.add(c, t)
	case c.label:
		return 0, columnErrorf(c.name, "the target is missing")
	case l.cfg.OnMissing == RuleError:
		return 0, columnErrorf(c.name, "%s", missingText(t))
	}
	return nan, nil
}

// add takes in a text: it returns its number in the dictionary or, if there is none any more, its value.
func (l *learner) add(c *column, t string) (float32, error) {
	if c.dict != nil {
		if id, ok := c.dict.ids[t]; ok {
			if c.dict.values[id] == c.dict.values[id] {
				c.numbers++
			} else {
				c.texts++
			}
			return float32(id), nil
		}
	}
	v, ok := parseNumber(t)
	if ok {
		c.numbers++
	} else {
		v = nan
		if c.texts++; c.bad == nil {
			c.bad = columnErrorf(c.name, "%s", notNumber(t))
			l.src.At(c.bad)
		}
	}
	if c.dict == nil {
		return v, nil
	}
	switch {
	case len(t) > maxCategoryBytes:
		c.tooMuch = fmt.Sprintf("a value of %d bytes", len(t))
	case len(c.dict.texts) == MaxCategories:
		c.tooMuch = fmt.Sprintf("more than %d different values", MaxCategories)
	case !utf8.ValidString(t):
		return 0, columnErrorf(c.name, "%s is not valid UTF-8", quote(t))
	default:
		t = strings.Clone(t) // not the whole record
		id := len(c.dict.texts)
		c.dict.ids[t] = id
		c.dict.texts = append(c.dict.texts, t)
		c.dict.values = append(c.dict.values, v)
		return float32(id), nil
	}
	if c.forced {
		return 0, c.notCategories()
	}
	l.toValues(c)
	return v, nil
}

// toValues replaces what is kept of column c, numbers of the dictionary, by the values they stand for.
func (l *learner) toValues(c *column) {
	if c.dict == nil {
		return
	}
	cells, stride := c.own, 1
	if !c.label {
		cells, stride = l.cells[c.index:], len(l.columns)
	}
	for r := range l.rows {
		if id := cells[r*stride]; id == id {
			cells[r*stride] = c.dict.values[int(id)]
		}
	}
	c.dict = nil
}

// categorical decides what c is, once all values have been seen.
func (c *column) categorical() (bool, error) {
	switch {
	case c.forced:
		return true, nil
	case c.texts == 0:
		return false, nil
	case c.texts <= c.numbers:
		if !c.label {
			c.bad.Msg += fmt.Sprintf(" (if %s holds categories, say --categorical %s)", c.name, c.name)
		}
		return false, c.bad
	case c.dict == nil:
		return false, c.notCategories()
	}
	return true, nil
}

// notCategories is the error for a column that would have to be categories and cannot be.
func (c *column) notCategories() error {
	if c.label {
		return columnErrorf(c.name, "%s: these are not classes", c.tooMuch)
	}
	return columnErrorf(c.name, "%s, too much for categories: --drop %s leaves the column out", c.tooMuch, c.name)
}
