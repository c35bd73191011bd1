package dataset

import (
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
)

// Standardize is how numeric inputs are scaled.
type Standardize uint8

// The scalings.
const (
	StandardizeAuto Standardize = iota // z-scores; for IDX, none
	ZScore                             // to mean 0 and standard deviation 1; a regression target too
	MinMax                             // to 0 … 1
	NoScaling                          // as they are; the bytes of an IDX file are divided by 255
)

var standardizeNames = []string{"auto", "zscore", "minmax", "none"}

// String returns "zscore", "minmax", "none" or "auto".
func (s Standardize) String() string { return nameOf(standardizeNames, uint8(s)) }

// ParseStandardize returns the scaling called s: "zscore", "minmax", "none" or "auto".
func ParseStandardize(s string) (Standardize, bool) {
	i, ok := indexOf(standardizeNames, s)
	return Standardize(i), ok
}

// MaxCategories is the largest number of categories of a column, and of labels, that Learn accepts.
const MaxCategories = 1000

// Config says what to learn a Schema for.
type Config struct {
	// Target is the column to learn. It is required unless the source has labels.
	Target string
	// Features are the columns to use; nil means all but the target. The order of the source is kept in any case.
	Features []string
	// Drop are columns to leave out.
	Drop []string
	// Categorical are features to be taken as categories even if their values are numbers.
	Categorical []string
	// NA are the spellings of a missing value; nil means DefaultNA.
	NA []string
	// OnMissing and OnUnknown are the schema's rules.
	OnMissing, OnUnknown Rule
	// Task is what the target is. TaskNone decides: text, or at most 20 different whole numbers, are classes (two:
	// TaskBinary, more: TaskMulticlass), anything else is a TaskRegression.
	Task Task
	// Standardize is how numeric inputs are scaled.
	Standardize Standardize
	// ValidationSplit is the fraction of the rows, 0 ≤ f < 1, that will not be trained on: the last ones. They have no
	// part in means and scales, but their categories and labels are known to the schema.
	ValidationSplit float64
	// MaxInputs is how many inputs (Schema.Width) the model may have; 0 means the constant MaxInputs. More are an *Error,
	// before there is memory for them: each category is an input of every row.
	MaxInputs int
}

// Table is a source learned and encoded.
type Table struct {
	Schema    *Schema
	Rows      int
	TrainRows int       // the first floor(Rows·(1-ValidationSplit))
	X         []float32 // Rows × Schema.Width() inputs
	Y         []float32 // one target per row: the class's index, or the scaled value of a regression
}

// TrainRows returns floor(rows·(1-split)), how many of the first rows a validation split leaves for training.
func TrainRows(rows int, split float64) int { return int(math.Floor(float64(rows) * (1 - split))) }

// Learn reads the rest of src and learns a Schema from it. It keeps 4 bytes per value used, and up to MaxCategories
// texts per column.
//
// A column whose values are all numbers is numeric, one that holds mostly (by more than half) something else is
// categorical, and one that holds mostly numbers is taken to have a typing error, which is an *Error.
//
// Means and standard deviations (of the population: divided by the count) are summed in float64 in the order of the
// rows, in two passes, over the values that are there, and rounded to float32. A column in which all values are the
// same has scale 1.
//
// Every *Error that Encoder can give can come from Learn; further ones are a column of Config that is absent, columns
// without values, too many categories, a target of one class only, or of other than two for TaskBinary.
func Learn(src *Reader, cfg Config) (*Table, error) {
	if !(cfg.ValidationSplit >= 0 && cfg.ValidationSplit < 1) {
		return nil, fmt.Errorf("dataset: validation split %g is not in [0, 1)", cfg.ValidationSplit)
	}
	if cfg.MaxInputs < 0 || cfg.MaxInputs > MaxInputs {
		return nil, fmt.Errorf("dataset: %d inputs at most are not from 0 to %d", cfg.MaxInputs, MaxInputs)
	}
	if cfg.MaxInputs == 0 {
		cfg.MaxInputs = MaxInputs
	}
	if cfg.NA == nil {
		cfg.NA = defaultNA
	}
	src.KeepRows()
	l := &learner{src: src, cfg: cfg}
	for _, step := range []func() error{l.choose, l.read, l.settle, l.learnTarget, l.learnFeatures, l.encode} {
		if err := step(); err != nil {
			return nil, place(err, src.File(), 0, 0)
		}
	}
	if err := l.schema.Validate(); err != nil {
		return nil, err
	}
	return &Table{Schema: l.schema, Rows: l.rows, TrainRows: l.trainRows, X: l.cells, Y: l.target.own}, nil
}

// learner holds what Learn knows.
type learner struct {
	src       *Reader
	cfg       Config
	schema    *Schema
	columns   []*column // the features
	target    *column
	cells     []float32 // rows × len(columns), as column.add returns them; later rows × inputs
	rows      int
	trainRows int
}

// choose decides which columns are used.
func (l *learner) choose() error {
	names, cfg := l.src.Columns(), l.cfg
	at := make(map[string]int, len(names))
	for i, n := range names {
		at[n] = i
	}
	for _, wanted := range []struct {
		what  string
		names []string
	}{{"target", []string{cfg.Target}}, {"features", cfg.Features}, {"drop", cfg.Drop}, {"categorical", cfg.Categorical}} {
		for _, n := range wanted.names {
			if _, ok := at[n]; !ok && (n != "" || wanted.what != "target") {
				return l.absent(wanted.what, n)
			}
		}
	}
	targetAt := -1
	l.target = &column{name: "label", label: true, forced: cfg.Task == TaskBinary || cfg.Task == TaskMulticlass,
		dict: newDictionary()}
	switch {
	case cfg.Target != "" && l.src.Labelled():
		return errors.New("dataset: a target column and a file of labels exclude each other")
	case cfg.Target != "":
		targetAt = at[cfg.Target]
		l.target.name = cfg.Target
	case !l.src.Labelled():
		return errors.New("dataset: no target")
	}
	if targetAt >= 0 && slices.Contains(cfg.Features, cfg.Target) {
		return columnErrorf(cfg.Target, "it is the target, so it can not be a feature")
	}
	l.target.source = targetAt
	l.schema = &Schema{OnMissing: cfg.OnMissing, OnUnknown: cfg.OnUnknown, NA: slices.Clone(cfg.NA),
		Columns: len(names), Named: l.src.Named(), Target: Target{Name: l.target.name, Column: targetAt}}
	wanted, dropped, categorical := setOf(cfg.Features), setOf(cfg.Drop), setOf(cfg.Categorical)
	for i, n := range names {
		if i == targetAt || dropped[n] || cfg.Features != nil && !wanted[n] {
			if categorical[n] {
				return columnErrorf(n, "it is called categorical, but it is not a feature")
			}
			continue
		}
		if s, ok := l.src.src.(*csvSource); ok && s.unnamed[i] && !wanted[n] {
			return errorf("column %d has no name: --drop %s leaves it out, a name in the first line makes it a feature",
				i+1, n)
		}
		if len(l.columns) == cfg.MaxInputs {
			return l.tooManyInputs("")
		}
		c := &column{name: n, index: len(l.columns), source: i, forced: categorical[n]}
		if l.src.texts() || c.forced {
			c.dict = newDictionary()
		}
		l.columns = append(l.columns, c)
	}
	if len(l.columns) == 0 {
		return errorf("no columns are left to learn from")
	}
	return nil
}

// absent is the error for a column of Config that the source does not have.
func (l *learner) absent(what, name string) error {
	names := l.src.Columns()
	hint := separatorHint(names)
	if s, ok := l.src.src.(*csvSource); ok && hint == "" {
		hint = " (the first line was taken as data; --header yes takes it as names)"
		if s.named {
			hint = " (from the first line)"
		}
	}
	return columnErrorf(name, "there is no such column (%s); there are %s%s", what, list(names), hint)
}

func setOf(names []string) map[string]bool {
	set := make(map[string]bool, len(names))
	for _, n := range names {
		set[n] = true
	}
	return set
}

// read reads all rows into cells and the target's own.
func (l *learner) read() error {
	if s, ok := l.src.src.(*jsonSource); ok {
		s.whole = true
	}
	for {
		row, err := l.src.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			return err
		}
		for _, c := range l.columns {
			v, err := l.cell(c, row)
			if err != nil {
				return l.src.At(err)
			}
			l.cells = append(l.cells, v)
		}
		v, err := l.cell(l.target, row)
		if err != nil {
			return l.src.At(err)
		}
		l.target.own = append(l.target.own, v)
		l.rows++
		l.reserve()
	}
	if l.rows == 0 {
		return errorf("no rows")
	}
	if l.trainRows = TrainRows(l.rows, l.cfg.ValidationSplit); l.trainRows == 0 {
		return errorf("a validation split of %g leaves none of the %d rows for training", l.cfg.ValidationSplit, l.rows)
	}
	return nil
}

// reserve makes room for all rows, where their number is known and a quarter of them has shown to be there.
func (l *learner) reserve() {
	m, ok := l.src.src.(*matrix)
	if !ok || int64(l.rows) != (m.rows+3)/4 || m.rows > int64(math.MaxInt/4/len(l.columns)) {
		return
	}
	more := int(m.rows) - l.rows
	l.cells = slices.Grow(l.cells, more*len(l.columns))
	l.target.own = slices.Grow(l.target.own, more)
}

// settle decides for each feature whether it is numbers or categories.
func (l *learner) settle() error {
	for _, c := range l.columns {
		if c.numbers+c.texts == 0 {
			return columnErrorf(c.name, "no values at all: --drop %s leaves it out", c.name)
		}
		categorical, err := c.categorical()
		if err != nil {
			return err
		}
		f := Feature{Name: c.name, Column: c.source}
		if categorical {
			f.Kind = Categorical
		} else {
			l.toValues(c)
		}
		l.schema.Features = append(l.schema.Features, f)
	}
	return nil
}

// learnTarget decides the task and turns the targets into what a model learns.
func (l *learner) learnTarget() error {
	c, t := l.target, &l.schema.Target
	t.Task = l.cfg.Task
	if t.Task == TaskNone {
		classes, err := c.categorical()
		if err != nil {
			return err
		}
		if !classes && !fewWholeNumbers(c.dict) {
			t.Task = TaskRegression
		}
	}
	if t.Task == TaskRegression {
		if c.bad != nil {
			return c.bad
		}
		l.toValues(c)
		return l.learnRegression()
	}
	labels, position := sortTexts(c.dict.texts)
	switch n := len(labels); {
	case n == 1:
		return columnErrorf(c.name, "every row is of the class %s: there is nothing to learn", quote(labels[0]))
	case t.Task == TaskBinary && n != 2:
		return columnErrorf(c.name, "%d classes, where a binary task has two: %s", n, list(labels))
	case t.Task == TaskNone && n == 2:
		t.Task = TaskBinary
	case t.Task == TaskNone:
		t.Task = TaskMulticlass
	}
	t.Labels = labels
	for i, id := range c.own {
		c.own[i] = float32(position[int(id)])
	}
	return nil
}

// fewWholeNumbers reports whether the texts, all of them numbers, are at most 20 different whole ones.
func fewWholeNumbers(d *dictionary) bool {
	if d == nil || slices.ContainsFunc(d.texts, func(t string) bool { return !wholeNumber(t) }) {
		return false
	}
	different, _ := sortTexts(d.texts)
	return len(different) <= 20
}

// learnRegression scales the targets.
func (l *learner) learnRegression() error {
	c, t := l.target, &l.schema.Target
	t.Scale = 1
	if s := l.cfg.Standardize; s == ZScore || s == StandardizeAuto && l.src.Format() != FormatIDX {
		s := measure(c.own[:l.trainRows], 1)[0]
		t.Mean, t.Scale = s.zscore()
	}
	for i, v := range c.own {
		if c.own[i] = scaled(v, t.Mean, t.Scale); !finite(c.own[i]) {
			return &Error{Row: int64(i + 1), Column: c.name, Msg: tooLarge(v)}
		}
	}
	return nil
}

// learnFeatures finds the means and scales of the numeric features and the categories of the others.
func (l *learner) learnFeatures() error {
	how := l.cfg.Standardize
	var bytes bool // of IDX
	if m, ok := l.src.src.(*matrix); ok && l.src.Format() == FormatIDX {
		bytes = m.elem.Kind == 'u'
		if how == StandardizeAuto {
			how = NoScaling
		}
	}
	stats := measure(l.cells[:l.trainRows*len(l.columns)], len(l.columns))
	for i, c := range l.columns {
		f, s := &l.schema.Features[i], &stats[i]
		if f.Kind == Categorical {
			var position []int
			f.Categories, position = sortTexts(c.dict.texts)
			for r := range l.rows {
				if id := &l.cells[r*len(l.columns)+i]; *id == *id {
					*id = float32(position[int(*id)])
				}
			}
			continue
		}
		if s.count == 0 {
			return columnErrorf(c.name, "no values in the %d rows for training: --drop %s leaves it out", l.trainRows,
				c.name)
		}
		if l.cfg.OnMissing == RuleMean {
			f.Fill = float32(s.mean)
		}
		switch {
		case how == MinMax:
			f.Mean, f.Scale = s.minmax()
		case how == NoScaling && bytes:
			f.Scale = 255
		case how == NoScaling:
			f.Scale = 1
		default:
			f.Mean, f.Scale = s.zscore()
		}
		if !finite(f.Scale) {
			return columnErrorf(c.name, "the values from %g to %g are too far apart to be scaled", s.min, s.max)
		}
	}
	return nil
}

func (l *learner) tooManyInputs(why string) error {
	return errorf("the columns make more inputs%s than the %d of a model: --features or --drop lessen them", why,
		l.cfg.MaxInputs)
}

// encode turns cells into inputs, in place if every feature is one input.
func (l *learner) encode() error {
	features, width := l.schema.Features, l.schema.Width()
	from, to := l.cells, l.cells
	if width > l.cfg.MaxInputs {
		return l.tooManyInputs(" (each category is one)")
	}
	if width != len(features) {
		if uint64(width)*uint64(l.rows) > math.MaxInt/4 {
			return errorf("%d rows of %d inputs are too many for this machine", l.rows, width)
		}
		to = make([]float32, l.rows*width)
	}
	for r := range l.rows {
		row, dst := from[r*len(features):][:len(features)], to[r*width:][:width]
		at := 0
		for i := range features {
			f, v := &features[i], row[i]
			if f.Kind == Categorical {
				k := -1
				if v == v {
					k = int(v)
				}
				oneHot(dst[at:at+len(f.Categories)], k)
				at += len(f.Categories)
				continue
			}
			if v != v {
				v = f.Fill
			}
			if dst[at] = scaled(v, f.Mean, f.Scale); !finite(dst[at]) {
				return &Error{Row: int64(r + 1), Column: f.Name, Msg: tooLarge(v)}
			}
			at++
		}
	}
	l.cells = to
	return nil
}
