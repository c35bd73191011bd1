package serialize

import (
	"strconv"

	"nnrt/dataset"
	"nnrt/net"
)

// The smallest a feature can be: gap, kind, number of categories, one empty category.
const minFeatureBytes = 4

// fieldNamed is the bit of the schema's flags that says that columns have names of their own.
const fieldNamed = 1

func appendSchema(b []byte, s *dataset.Schema) []byte {
	flags := byte(0)
	if s.Named {
		flags |= fieldNamed
	}
	b = append(b, flags, byte(s.OnMissing), byte(s.OnUnknown))
	b = appendTexts(b, s.NA)
	b = appendCount(b, s.Columns)
	b = appendCount(b, len(s.Features))
	next := 0 // the first column that the feature may stand in
	for i := range s.Features {
		f := &s.Features[i]
		b = appendCount(b, f.Column-next)
		next = f.Column + 1
		if s.Named {
			b = appendText(b, f.Name)
		}
		b = append(b, byte(f.Kind))
		if f.Kind == dataset.Categorical {
			b = appendTexts(b, f.Categories)
		} else {
			b = appendFloat(appendFloat(appendFloat(b, f.Mean), f.Scale), f.Fill)
		}
	}
	t := &s.Target
	b = append(b, byte(t.Task))
	if t.Task == dataset.TaskNone {
		return b
	}
	b = appendText(b, t.Name)
	b = appendCount(b, t.Column+1)
	if t.Task == dataset.TaskRegression {
		return appendFloat(appendFloat(b, t.Mean), t.Scale)
	}
	return appendTexts(b, t.Labels)
}

func appendTexts(b []byte, texts []string) []byte {
	b = appendCount(b, len(texts))
	for _, t := range texts {
		b = appendText(b, t)
	}
	return b
}

// readSchema reads a schema and checks that it describes the inputs and outputs of the model.
func readSchema(sec *section, limits *Limits, model *net.Model) (*dataset.Schema, error) {
	c := &cursor{section: sec}
	texts := limits.Categories // that may still come
	flags := c.byte("flags")
	if flags&^fieldNamed != 0 {
		c.pos--
		c.fail(ErrFlags, "%#x", flags)
	}
	s := &dataset.Schema{
		Named:     flags&fieldNamed != 0,
		OnMissing: dataset.Rule(c.byte("rule for missing values")),
		OnUnknown: dataset.Rule(c.byte("rule for unknown categories")),
		NA:        readTexts(c, limits, &texts, "missing-value spelling"),
		Columns:   c.count(limits.Columns, "columns"),
	}
	features := c.countOf(minFeatureBytes, limits.Features, "features")
	if c.err != nil {
		return nil, c.err
	}
	s.Features = make([]dataset.Feature, features)
	next := 0
	c.item = "feature"
	for i := range s.Features {
		f := &s.Features[i]
		c.index = i + 1
		f.Column = next + c.count(limits.Columns-next, "columns left out before it")
		next = f.Column + 1
		if s.Named {
			f.Name = c.name(limits.NameBytes, "name")
		} else {
			f.Name = columnName(f.Column)
		}
		f.Kind = dataset.Kind(c.byte("kind"))
		if f.Kind == dataset.Categorical {
			f.Categories = readTexts(c, limits, &texts, "category")
		} else {
			f.Mean, f.Scale, f.Fill = c.float("mean"), c.float("scale"), c.float("fill value")
		}
		if c.err != nil {
			return nil, c.err
		}
	}
	c.item = ""
	readTarget(c, &s.Target, limits, &texts)
	if err := c.end(); err != nil {
		return nil, err
	}
	return s, checkSchema(sec, s, model)
}

func readTarget(c *cursor, t *dataset.Target, limits *Limits, texts *int) {
	t.Column = -1
	if t.Task = dataset.Task(c.byte("task")); t.Task == dataset.TaskNone {
		return
	}
	t.Name = c.name(limits.NameBytes, "target's name")
	t.Column = c.count(limits.Columns, "target's column") - 1
	if t.Task == dataset.TaskRegression {
		t.Mean, t.Scale = c.float("target's mean"), c.float("target's scale")
	} else {
		t.Labels = readTexts(c, limits, texts, "label")
	}
}

// readTexts reads a list of texts and takes their number from what is left of a budget.
func readTexts(c *cursor, limits *Limits, budget *int, what string) []string {
	n := c.countOf(1, *budget, what+" count")
	if n == 0 {
		return nil
	}
	*budget -= n
	texts := make([]string, n)
	for i := range texts {
		texts[i] = c.text(limits.NameBytes, what)
		if c.err != nil {
			return nil
		}
	}
	return texts
}

// columnName is what dataset calls column i, counted from 0, of data without names.
func columnName(i int) string { return "c" + strconv.Itoa(i+1) }

// checkSchema checks that a schema keeps its own promises and fits the model.
func checkSchema(sec *section, s *dataset.Schema, model *net.Model) error {
	fail := func(detail string, args ...any) error {
		return formatError(sectionName(sec.kind), sec.offset, ErrSchema, detail, args...)
	}
	if err := s.Validate(); err != nil {
		return fail("%w", err)
	}
	if width := s.Width(); width != model.Inputs() {
		return fail("it makes %d inputs, the model has %d", width, model.Inputs())
	}
	if s.Target.Task != dataset.TaskNone && s.Outputs() != model.Outputs() {
		return fail("its target needs %d outputs, the model has %d", s.Outputs(), model.Outputs())
	}
	return nil
}
