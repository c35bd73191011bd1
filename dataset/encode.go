package dataset

import (
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
)

// DefaultNA lists the usual spellings of a missing value: nothing, NA, NaN, null and ?.
const DefaultNA = ",NA,NaN,null,?"

var defaultNA = ParseNA(DefaultNA)

// ParseNA splits a comma-separated list of spellings of a missing value. An element may be empty, which stands for a
// field without anything in it.
func ParseNA(list string) []string {
	var na []string
	for _, t := range strings.Split(list, ",") {
		if t = trim(t); !slices.Contains(na, t) {
			na = append(na, t)
		}
	}
	return na
}

// Missing returns those of the spellings of a missing value that are no category and no label of the schema. For a
// schema that comes from elsewhere: what the model knows by a name is not missing.
func (s *Schema) Missing(spellings []string) []string {
	return slices.DeleteFunc(slices.Clone(spellings), func(t string) bool {
		return slices.Contains(s.Target.Labels, t) || slices.ContainsFunc(s.Features, func(f Feature) bool {
			return slices.Contains(f.Categories, t)
		})
	})
}

// Encoder turns the rows of one source into a model's inputs. Any number of goroutines may use it, as long as nobody
// changes its schema.
type Encoder struct {
	schema     *Schema
	columns    int // of the source
	width      int
	features   []boundFeature
	target     int // the target's column in the source, -1 if it has none
	labels     *lookup
	fromLabels bool // the targets are Row.Label
	// missingNumbers says that some spelling of a missing value is a number, such as -999: otherwise what is a number
	// need not be compared with them.
	missingNumbers bool
}

// boundFeature is a feature at its place in a source.
type boundFeature struct {
	*Feature
	source     int // column of the source
	categories *lookup
}

// Encoder matches the schema to the columns of a source, as Bind does, and to its labels.
func (s *Schema) Encoder(src *Reader) (*Encoder, error) {
	e, err := s.Bind(src.Columns(), src.Named())
	if err != nil {
		if c, ok := src.src.(*csvSource); ok && c.named {
			return nil, fmt.Errorf("%w (the names are from the first line)", place(err, src.File(), 0, 0))
		}
		return nil, place(err, src.File(), 0, 0)
	}
	e.fromLabels = src.Labelled()
	return e, nil
}

// Bind matches the schema to the columns of a source; named says whether their names came from the source.
//
// Named columns are matched by name, in any order, others ignored. Columns are matched by position if they have no
// names, or if the schema has none and none of its names (c1, c2, …) is among them: a source may then have all the
// columns of the training source, or all but the target, or just the features.
//
// The target may be absent; see HasTarget. An *Error names a column that is missing.
func (s *Schema) Bind(columns []string, named bool) (*Encoder, error) {
	e := &Encoder{schema: s, columns: len(columns), width: s.Width(), features: make([]boundFeature, len(s.Features))}
	for i := range s.Features {
		f := &s.Features[i]
		e.features[i] = boundFeature{Feature: f, source: -1}
		if f.Kind == Categorical {
			e.features[i].categories = newLookup(f.Categories)
		}
	}
	if s.Target.Labels != nil {
		e.labels = newLookup(s.Target.Labels)
	}
	e.missingNumbers = slices.ContainsFunc(s.NA, isDecimal)
	at := make(map[string]int, len(columns))
	for i, c := range columns {
		if _, ok := at[c]; ok {
			return nil, columnErrorf(c, "the name is used twice")
		}
		at[c] = i
	}
	known := 0
	for i := range e.features {
		if c, ok := at[e.features[i].Name]; ok {
			e.features[i].source = c
			known++
		}
	}
	if !named || !s.Named && known == 0 {
		return e, e.bindPositions(len(columns))
	}
	if known < len(e.features) {
		i := slices.IndexFunc(e.features, func(f boundFeature) bool { return f.source < 0 })
		return nil, columnErrorf(e.features[i].Name, "the model needs this column, and it is missing; there are %s%s",
			list(columns), separatorHint(columns))
	}
	e.target = -1
	if c, ok := at[s.Target.Name]; ok && s.Target.Task != TaskNone {
		e.target = c
	}
	return e, nil
}

// bindPositions matches by position a source of n columns.
func (e *Encoder) bindPositions(n int) error {
	s := e.schema
	e.target = -1
	switch {
	case n == s.Columns:
		e.target = s.Target.Column
		for i := range e.features {
			e.features[i].source = e.features[i].Column
		}
	case n == s.Columns-1 && s.Target.Column >= 0:
		for i := range e.features {
			e.features[i].source = e.features[i].Column
			if e.features[i].Column > s.Target.Column {
				e.features[i].source--
			}
		}
	case n == len(e.features):
		for i := range e.features {
			e.features[i].source = i
		}
	default:
		counts := fmt.Sprint(s.Columns)
		if s.Target.Column >= 0 {
			counts += fmt.Sprintf(", %d without the target", s.Columns-1)
		}
		if fewest := s.Columns - 1; len(e.features) < fewest || s.Target.Column < 0 && len(e.features) == fewest {
			counts += fmt.Sprintf(", or %d with the features only", len(e.features))
		}
		return errorf("%d columns to be matched by position, where the model's data had %s", n, counts)
	}
	return nil
}

// separatorHint guesses that the separator is not a comma.
func separatorHint(columns []string) string {
	if len(columns) == 1 {
		for _, s := range []struct{ mark, name string }{{";", "semicolons"}, {"\t", "tabs"}, {"|", "bars"}} {
			if strings.Contains(columns[0], s.mark) {
				return " (are the fields separated by " + s.name + "?)"
			}
		}
	}
	return ""
}

// HasTarget reports whether the source has the target, so that Target works.
func (e *Encoder) HasTarget() bool { return e.target >= 0 || e.fromLabels }

// EncodeRow writes the inputs that a row becomes into the first Width elements of dst. It allocates nothing. An *Error
// names the column and quotes the value; Reader.At adds the file and the line.
func (e *Encoder) EncodeRow(dst []float32, row Row) error {
	if row.Numbers != nil {
		return e.EncodeNumbers(dst, row.Numbers)
	}
	return e.Encode(dst, row.Text)
}

// Encode is EncodeRow for texts, one per column of the source.
func (e *Encoder) Encode(dst []float32, row []string) error {
	if err := e.check(len(dst), len(row)); err != nil {
		return err
	}
	at := 0
	for i := range e.features {
		f := &e.features[i]
		t := trim(row[f.source])
		var v float32
		number := false
		if f.Kind == Numeric {
			v, number = parseNumber(t)
		}
		switch {
		case (!number || e.missingNumbers) && isMissing(t, e.schema.NA):
			if err := e.missing(f, dst[at:], t); err != nil {
				return err
			}
		case number:
			if dst[at] = scaled(v, f.Mean, f.Scale); !finite(dst[at]) {
				return columnErrorf(f.Name, "%s is too far from the training data to be scaled", quote(t))
			}
		case isNested(t):
			return columnErrorf(f.Name, "%s", nestedText(t))
		case f.Kind == Numeric:
			return columnErrorf(f.Name, "%s", notNumber(t))
		default:
			k := f.categories.find(t)
			if k < 0 && e.schema.OnUnknown == RuleError {
				return unknown(f, quote(t))
			}
			oneHot(dst[at:at+len(f.Categories)], k)
		}
		at += f.width()
	}
	return nil
}

// EncodeNumbers is EncodeRow for numbers, one per column of the source, NaN for a missing one.
func (e *Encoder) EncodeNumbers(dst []float32, row []float32) error {
	if err := e.check(len(dst), len(row)); err != nil {
		return err
	}
	at := 0
	for i := range e.features {
		f := &e.features[i]
		v := row[f.source]
		switch {
		case v != v:
			if err := e.missing(f, dst[at:], "NaN"); err != nil {
				return err
			}
		case f.Kind == Numeric:
			if dst[at] = scaled(v, f.Mean, f.Scale); !finite(dst[at]) {
				return columnErrorf(f.Name, "%s", tooLarge(v))
			}
		default:
			k := f.categories.findNumber(v)
			if k < 0 && e.schema.OnUnknown == RuleError {
				return unknown(f, fmt.Sprint(v))
			}
			oneHot(dst[at:at+len(f.Categories)], k)
		}
		at += f.width()
	}
	return nil
}

// check refuses slices that are too short, a mistake of the caller.
func (e *Encoder) check(dst, row int) error {
	if dst < e.width || row != e.columns {
		return fmt.Errorf("dataset: %d values into %d inputs, want %d into %d", row, dst, e.columns, e.width)
	}
	return nil
}

// missing writes the inputs of a missing value of f.
func (e *Encoder) missing(f *boundFeature, dst []float32, spelling string) error {
	if e.schema.OnMissing == RuleError {
		return columnErrorf(f.Name, "%s", missingText(spelling))
	}
	if f.Kind == Categorical {
		oneHot(dst[:len(f.Categories)], -1)
		return nil
	}
	dst[0] = scaled(f.Fill, f.Mean, f.Scale)
	return nil
}

// Target returns what a model learns from a row: the index of its class, or the scaled value of a regression; raw is
// the index too, or the value before scaling. A missing target is always an *Error, and so is an unknown class.
func (e *Encoder) Target(row Row) (y, raw float32, err error) {
	t := &e.schema.Target
	switch {
	case e.fromLabels:
		return e.targetText(row.Label)
	case e.target < 0:
		return 0, 0, errors.New("dataset: the source has no target")
	case row.Numbers == nil:
		return e.targetText(row.Text[e.target])
	}
	v := row.Numbers[e.target]
	if v != v {
		return 0, 0, columnErrorf(t.Name, "the target is missing")
	}
	if t.Task == TaskRegression {
		return e.regression(v)
	}
	return e.class(e.labels.findNumber(v), fmt.Sprint(v))
}

func (e *Encoder) targetText(text string) (y, raw float32, err error) {
	t := &e.schema.Target
	text = trim(text)
	if isMissing(text, e.schema.NA) {
		return 0, 0, columnErrorf(t.Name, "the target is missing")
	}
	if isNested(text) {
		return 0, 0, columnErrorf(t.Name, "%s", nestedText(text))
	}
	if t.Task != TaskRegression {
		return e.class(e.labels.find(text), text)
	}
	v, ok := parseNumber(text)
	if !ok {
		return 0, 0, columnErrorf(t.Name, "%s", notNumber(text))
	}
	return e.regression(v)
}

func (e *Encoder) regression(v float32) (y, raw float32, err error) {
	t := &e.schema.Target
	if y = scaled(v, t.Mean, t.Scale); !finite(y) {
		return 0, 0, columnErrorf(t.Name, "%s", tooLarge(v))
	}
	return y, v, nil
}

func (e *Encoder) class(k int, text string) (y, raw float32, err error) {
	if k < 0 {
		t := &e.schema.Target
		return 0, 0, columnErrorf(t.Name, "%s is not one of the model's classes: %s", quote(text), list(t.Labels))
	}
	return float32(k), float32(k), nil
}

// ReadAll encodes the rest of src, a source with the target, as Learn does with the training source: x holds
// rows × Width inputs, y one target per row. No rows are an *Error.
func (e *Encoder) ReadAll(src *Reader) (x, y []float32, err error) {
	src.KeepRows()
	for {
		row, err := src.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, nil, err
		}
		n := len(x)
		x = append(x, make([]float32, e.width)...)
		if err := e.EncodeRow(x[n:], row); err != nil {
			return nil, nil, src.At(err)
		}
		t, _, err := e.Target(row)
		if err != nil {
			return nil, nil, src.At(err)
		}
		y = append(y, t)
	}
	if len(y) == 0 {
		return nil, nil, place(errorf("no rows"), src.File(), 0, 0)
	}
	return x, y, nil
}

// scaled returns (x-mean)/scale: one float32 subtraction, one float32 division.
func scaled(x, mean, scale float32) float32 { return float32(x-mean) / scale }

// oneHot sets dst to zeros, and element k to 1 unless k is negative.
func oneHot(dst []float32, k int) {
	clear(dst)
	if k >= 0 {
		dst[k] = 1
	}
}

func isMissing(t string, na []string) bool {
	return slices.Contains(na, t) || t == Null
}

func isNested(t string) bool { return strings.HasPrefix(t, nestedMark) }

func nestedText(t string) string {
	return "a nested value, " + quote(t[len(nestedMark):]) + ": only numbers, texts, true, false and null can be used"
}

func missingText(spelling string) string {
	if spelling == Null {
		spelling = "null"
	}
	return "a missing value (" + quote(spelling) + "); training with --on-missing mean or zero replaces it"
}

func tooLarge(v float32) string {
	if !finite(v) {
		return fmt.Sprintf("%g is not finite, or beyond the range of float32 (±%.2g)", v, math.MaxFloat32)
	}
	return fmt.Sprintf("%g is too far from the training data to be scaled", v)
}

func unknown(f *boundFeature, value string) error {
	return columnErrorf(f.Name, "%s is none of the categories seen in training: %s", value, list(f.Categories))
}
