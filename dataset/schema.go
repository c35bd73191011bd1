package dataset

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Schema says how a raw row becomes a model's inputs and a target becomes what the model learns. It is learned once,
// from the training data, and travels in the model file, so that a row means the same at run time as it did in
// training. A Schema is plain data: copy it, compare it, write it to a file. Reading one back calls for Validate,
// because everything below trusts what Validate promises.
//
// The inputs of a model are those of the features, in order: one float32 for a numeric feature, one per category for
// a categorical one.
type Schema struct {
	// Features are the columns the model reads, in the order of the training source: Column strictly ascends.
	Features []Feature
	// Target is the column the model learned.
	Target Target
	// OnMissing is what happens to a missing feature value: RuleError, RuleMean or RuleZero.
	OnMissing Rule
	// OnUnknown is what happens to a category that Categories does not hold: RuleError or RuleZero.
	OnUnknown Rule
	// NA are the spellings of a missing value, each without surrounding spaces.
	NA []string
	// Columns is how many columns the training source had, used or not. It tells what the columns of a source
	// without names are.
	Columns int
	// Named says that the names came from the training source. Without names, column i (from 0) is called "c<i+1>".
	Named bool
}

// Feature is one column that the model reads.
type Feature struct {
	// Name is the column's name, without surrounding spaces, never empty and different from every other.
	Name string
	// Column is the column's position in the training source, from 0.
	Column int
	// Kind is Numeric or Categorical.
	Kind Kind
	// Mean and Scale turn a numeric value x into the input (x-Mean)/Scale: one float32 subtraction, one float32
	// division, the same bits as ONNX's Sub and Div. Scale is finite and above 0. Both are 0 for a categorical feature.
	Mean, Scale float32
	// Fill is the raw numeric value that stands for a missing one under RuleMean: the mean of the training rows. It is
	// 0 under the other rules and for a categorical feature, whose missing values become all zeros.
	Fill float32
	// Categories are the values of a categorical feature, one input each, in order: the input of the row's category
	// is 1, the others 0.
	Categories []string
}

// Target is the column that the model learned.
type Target struct {
	// Name is the column's name; "label" when the targets came in a file of their own; "" for TaskNone.
	Name string
	// Column is the column's position in the training source, from 0, or -1 when it is not a column of it.
	Column int
	// Task is what the model does.
	Task Task
	// Labels are the classes of TaskBinary (two; the second is the positive one, whose probability is the model's
	// output) and TaskMulticlass (two or more, one output each), spelled as in the training data.
	Labels []string
	// Mean and Scale turn a regression target y into what the model learns, (y-Mean)/Scale in float32; so an
	// output means output*Scale + Mean; see Value. Both are 0 for the other tasks.
	Mean, Scale float32
}

// Kind is how a feature becomes inputs.
type Kind uint8

// The kinds. The values are part of the model format.
const (
	Numeric     Kind = 0 // one input, (x-Mean)/Scale
	Categorical Kind = 1 // one input per category, one-hot
)

// Task is what a model learns.
type Task uint8

// The tasks. The values are part of the model format.
const (
	TaskNone       Task = 0 // nothing: the schema describes inputs only
	TaskBinary     Task = 1 // two classes, one output: the probability of the second
	TaskMulticlass Task = 2 // classes, one output each
	TaskRegression Task = 3 // a number, one output
)

// Rule is what to do with a value that cannot be used as it stands.
type Rule uint8

// The rules. The values are part of the model format.
const (
	RuleError Rule = 0 // refuse the row
	RuleMean  Rule = 1 // missing values only: take Fill (numeric) or all zeros (categorical)
	RuleZero  Rule = 2 // take the raw value 0 (numeric) or all zeros (categorical)
)

// MaxInputs is the largest Width that Validate allows.
const MaxInputs = 1 << 24

// maxColumns is the largest number of columns a source may have.
const maxColumns = 1 << 20

var (
	kindNames = []string{"numeric", "categorical"}
	taskNames = []string{"none", "binary", "multiclass", "regression"}
	ruleNames = []string{"error", "mean", "zero"}
)

// String returns "numeric" or "categorical".
func (k Kind) String() string { return nameOf(kindNames, uint8(k)) }

// String returns "none", "binary", "multiclass" or "regression".
func (t Task) String() string { return nameOf(taskNames, uint8(t)) }

// String returns "error", "mean" or "zero".
func (r Rule) String() string { return nameOf(ruleNames, uint8(r)) }

// MarshalText makes a Kind its name in JSON.
func (k Kind) MarshalText() ([]byte, error) { return []byte(k.String()), nil }

// MarshalText makes a Task its name in JSON.
func (t Task) MarshalText() ([]byte, error) { return []byte(t.String()), nil }

// MarshalText makes a Rule its name in JSON.
func (r Rule) MarshalText() ([]byte, error) { return []byte(r.String()), nil }

// ParseTask returns the task called s: "binary", "multiclass" or "regression"; "auto" is TaskNone.
func ParseTask(s string) (Task, bool) {
	for _, t := range []Task{TaskBinary, TaskMulticlass, TaskRegression} {
		if t.String() == s {
			return t, true
		}
	}
	return TaskNone, s == "auto"
}

// ParseRule returns the rule called s: "error", "mean" or "zero".
func ParseRule(s string) (Rule, bool) {
	i, ok := indexOf(ruleNames, s)
	return Rule(i), ok
}

func nameOf(names []string, i uint8) string {
	if int(i) < len(names) {
		return names[i]
	}
	return strconv.Itoa(int(i))
}

func indexOf(names []string, s string) (int, bool) {
	for i, n := range names {
		if n == s {
			return i, true
		}
	}
	return 0, false
}

// Width returns the number of inputs that one row becomes.
func (s *Schema) Width() int {
	w := 0
	for i := range s.Features {
		w += s.Features[i].width()
	}
	return w
}

func (f *Feature) width() int {
	if f.Kind == Categorical {
		return len(f.Categories)
	}
	return 1
}

// Names returns the names of the features and the target, for Options.Names; none if the schema is not Named.
func (s *Schema) Names() []string {
	if !s.Named {
		return nil
	}
	names := make([]string, 0, len(s.Features)+1)
	for i := range s.Features {
		names = append(names, s.Features[i].Name)
	}
	if s.Target.Name != "" {
		names = append(names, s.Target.Name)
	}
	return names
}

// InputNames returns a name for each input: the feature's, or "feature=category".
func (s *Schema) InputNames() []string {
	names := make([]string, 0, s.Width())
	for i := range s.Features {
		f := &s.Features[i]
		if f.Kind == Numeric {
			names = append(names, f.Name)
			continue
		}
		for _, c := range f.Categories {
			names = append(names, f.Name+"="+c)
		}
	}
	return names
}

// Outputs returns how many outputs the task asks of a model: 1 for TaskBinary and TaskRegression, one per label for
// TaskMulticlass, 0 for TaskNone.
func (s *Schema) Outputs() int {
	switch s.Target.Task {
	case TaskBinary, TaskRegression:
		return 1
	case TaskMulticlass:
		return len(s.Target.Labels)
	}
	return 0
}

// Value turns an output of a regression into a value of the target: output·Scale + Mean, a product and a sum.
func (t *Target) Value(output float32) float32 { return float32(output*t.Scale) + t.Mean }

// SchemaError is what Validate finds wrong.
type SchemaError struct {
	Field string // which part, such as "feature 3 (age): scale"
	Msg   string
}

// Error returns "schema: FIELD: MSG".
func (e *SchemaError) Error() string { return "schema: " + e.Field + ": " + e.Msg }

func schemaErrorf(field, format string, args ...any) error {
	return &SchemaError{Field: field, Msg: fmt.Sprintf(format, args...)}
}

// Validate returns nil if the schema keeps every promise its fields make, and a *SchemaError otherwise. A schema that
// did not come from Learn must pass it before any other method is called.
func (s *Schema) Validate() error {
	if len(s.Features) == 0 {
		return schemaErrorf("features", "none")
	}
	if s.Columns < len(s.Features) || s.Columns > maxColumns {
		return schemaErrorf("columns", "%d for %d features", s.Columns, len(s.Features))
	}
	if s.OnMissing > RuleZero {
		return schemaErrorf("on-missing", "unknown rule %d", s.OnMissing)
	}
	if s.OnUnknown != RuleError && s.OnUnknown != RuleZero {
		return schemaErrorf("on-unknown", "unknown rule %d", s.OnUnknown)
	}
	if err := checkTexts("missing-value spellings", s.NA); err != nil {
		return err
	}
	width := 0
	for i := range s.Features {
		if width += min(s.Features[i].width(), MaxInputs+1); width > MaxInputs {
			return schemaErrorf("features", "more than %d inputs", MaxInputs)
		}
	}
	seen := make(map[string]bool, len(s.Features))
	last := -1
	for i := range s.Features {
		f := &s.Features[i]
		field := fmt.Sprintf("feature %d", i+1)
		if err := checkText(field, "name", f.Name); err != nil {
			return err
		}
		if f.Name == "" {
			return schemaErrorf(field, "no name")
		}
		field += " (" + f.Name + ")"
		switch {
		case seen[f.Name]:
			return schemaErrorf(field, "the name is used twice")
		case f.Column <= last || f.Column >= s.Columns:
			return schemaErrorf(field, "column %d is out of order or beyond column %d", f.Column, s.Columns-1)
		case !s.Named && f.Name != columnName(f.Column):
			return schemaErrorf(field, "a column without a name is called %s", columnName(f.Column))
		}
		seen[f.Name] = true
		last = f.Column
		if err := f.validate(field); err != nil {
			return err
		}
	}
	if seen[s.Target.Name] {
		return schemaErrorf("target", "%q is also a feature", s.Target.Name)
	}
	for i := range s.Features {
		if s.Features[i].Column == s.Target.Column {
			return schemaErrorf("target", "column %d is also feature %s", s.Target.Column, s.Features[i].Name)
		}
	}
	return s.Target.validate(s.Columns)
}

func (f *Feature) validate(field string) error {
	switch f.Kind {
	case Numeric:
		if len(f.Categories) != 0 {
			return schemaErrorf(field, "numeric, but with %d categories", len(f.Categories))
		}
		if !finite(f.Fill) {
			return schemaErrorf(field, "fill value %g", f.Fill)
		}
		return checkScaling(field, f.Mean, f.Scale)
	case Categorical:
		if f.Mean != 0 || f.Scale != 0 || f.Fill != 0 {
			return schemaErrorf(field, "categorical, but with a mean, a scale or a fill value")
		}
		if len(f.Categories) == 0 {
			return schemaErrorf(field, "categorical without categories")
		}
		return checkValues(field+": categories", f.Categories)
	}
	return schemaErrorf(field, "unknown kind %d", f.Kind)
}

func (t *Target) validate(columns int) error {
	if t.Task > TaskRegression {
		return schemaErrorf("target", "unknown task %d", t.Task)
	}
	if err := checkText("target", "name", t.Name); err != nil {
		return err
	}
	if t.Column < -1 || t.Column >= columns {
		return schemaErrorf("target", "column %d of %d", t.Column, columns)
	}
	if t.Task == TaskNone && (t.Name != "" || t.Column != -1) {
		return schemaErrorf("target", "named, but without a task")
	}
	if t.Task != TaskNone && t.Name == "" {
		return schemaErrorf("target", "no name")
	}
	n := len(t.Labels)
	if t.Task == TaskBinary && n != 2 || t.Task == TaskMulticlass && n < 2 ||
		t.Task != TaskBinary && t.Task != TaskMulticlass && n != 0 {
		return schemaErrorf("target", "%d labels for task %v", n, t.Task)
	}
	if n > MaxInputs {
		return schemaErrorf("target", "more than %d labels", MaxInputs)
	}
	if t.Task == TaskRegression {
		return checkScaling("target", t.Mean, t.Scale)
	}
	if t.Mean != 0 || t.Scale != 0 {
		return schemaErrorf("target", "a mean or a scale, but not a regression")
	}
	return checkValues("target: labels", t.Labels)
}

func checkScaling(field string, mean, scale float32) error {
	if !finite(mean) {
		return schemaErrorf(field, "mean %g", mean)
	}
	if !finite(scale) || scale <= 0 {
		return schemaErrorf(field, "scale %g", scale)
	}
	return nil
}

// checkValues checks a list of categories or labels: different texts, which differ in value too if all are numbers,
// because then they are compared by value.
func checkValues(field string, list []string) error {
	if err := checkTexts(field, list); err != nil {
		return err
	}
	if l := newLookup(list); l.value != nil && len(l.value) < len(list) {
		return schemaErrorf(field, "two spellings of one number")
	}
	return nil
}

// checkTexts checks a list of different texts.
func checkTexts(field string, list []string) error {
	seen := make(map[string]bool, len(list))
	for i, t := range list {
		if err := checkText(field, fmt.Sprintf("entry %d", i+1), t); err != nil {
			return err
		}
		if seen[t] {
			return schemaErrorf(field, "%q is there twice", t)
		}
		seen[t] = true
	}
	return nil
}

// checkText checks that a text can be what a source gives: valid UTF-8, without surrounding spaces, without NUL.
func checkText(field, what, t string) error {
	if !utf8.ValidString(t) {
		return schemaErrorf(field, "%s is not valid UTF-8", what)
	}
	if t != trim(t) {
		return schemaErrorf(field, "%s %q has spaces around it", what, t)
	}
	if strings.IndexByte(t, 0) >= 0 {
		return schemaErrorf(field, "%s %q has a NUL byte", what, t)
	}
	return nil
}

// columnName is the name of column i (from 0) of a source without names.
func columnName(i int) string { return "c" + strconv.Itoa(i+1) }

// trim removes the spaces and tabs around a field. Every name, number, category, label and missing-value spelling is
// compared without them.
func trim(s string) string {
	for len(s) > 0 && (s[0] == ' ' || s[0] == '\t') {
		s = s[1:]
	}
	for len(s) > 0 && (s[len(s)-1] == ' ' || s[len(s)-1] == '\t') {
		s = s[:len(s)-1]
	}
	return s
}

func finite(x float32) bool { return math.Float32bits(x)&0x7f800000 != 0x7f800000 }
