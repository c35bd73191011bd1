package dataset

import (
	"encoding/json"
	"errors"
	"math"
	"reflect"
	"strings"
	"testing"
)

// sample is a schema with everything in it.
func sample() *Schema {
	return &Schema{
		Features: []Feature{
			{Name: "age", Column: 1, Mean: 40, Scale: 10, Fill: 41},
			{Name: "colour", Column: 3, Kind: Categorical, Categories: []string{"blue", "green", "red"}},
			{Name: "rooms", Column: 4, Kind: Categorical, Categories: []string{"1", "2.0", "10"}},
		},
		Target:    Target{Name: "class", Column: 2, Task: TaskBinary, Labels: []string{"no", "yes"}},
		OnMissing: RuleMean,
		OnUnknown: RuleZero,
		NA:        []string{"", "?"},
		Columns:   6,
		Named:     true,
	}
}

func TestSchema(t *testing.T) {
	s := sample()
	if err := s.Validate(); err != nil {
		t.Fatal(err)
	}
	if s.Width() != 7 || s.Outputs() != 1 {
		t.Errorf("width %d, outputs %d", s.Width(), s.Outputs())
	}
	want := []string{"age", "colour=blue", "colour=green", "colour=red", "rooms=1", "rooms=2.0", "rooms=10"}
	if got := s.InputNames(); !reflect.DeepEqual(got, want) {
		t.Errorf("inputs %q", got)
	}
	if got := s.Names(); !reflect.DeepEqual(got, []string{"age", "colour", "rooms", "class"}) {
		t.Errorf("names %q", got)
	}
	s.Target.Task, s.Target.Labels = TaskMulticlass, []string{"a", "b", "c"}
	if err := s.Validate(); err != nil || s.Outputs() != 3 {
		t.Errorf("multiclass: %v, %d outputs", err, s.Outputs())
	}
	s.Target = Target{Name: "y", Column: -1, Task: TaskRegression, Mean: -3, Scale: 2}
	if err := s.Validate(); err != nil || s.Outputs() != 1 {
		t.Errorf("regression: %v, %d outputs", err, s.Outputs())
	}
	s.Target = Target{Column: -1}
	if err := s.Validate(); err != nil || s.Outputs() != 0 {
		t.Errorf("no target: %v, %d outputs", err, s.Outputs())
	}
	b, err := json.Marshal(sample())
	if err != nil || !strings.Contains(string(b), `"Kind":"categorical"`) ||
		!strings.Contains(string(b), `"Task":"binary"`) || !strings.Contains(string(b), `"OnUnknown":"zero"`) {
		t.Errorf("as JSON: %s, %v", b, err)
	}
}

func TestValidate(t *testing.T) {
	inf, bad := float32(math.Inf(1)), "x\xff"
	for _, c := range []struct {
		part string
		set  func(s *Schema)
	}{
		{"features: none", func(s *Schema) { s.Features = nil }},
		{"columns: 2", func(s *Schema) { s.Columns = 2 }},
		{"columns: -1", func(s *Schema) { s.Columns = -1 }},
		{"columns: 1048577", func(s *Schema) { s.Columns = 1<<20 + 1 }},
		{"on-missing: unknown rule 3", func(s *Schema) { s.OnMissing = 3 }},
		{"on-unknown: unknown rule 1", func(s *Schema) { s.OnUnknown = RuleMean }},
		{"missing-value spellings: \"?\" is there twice", func(s *Schema) { s.NA = []string{"?", "?"} }},
		{"entry 1 \" x\" has spaces", func(s *Schema) { s.NA = []string{" x"} }},
		{"entry 1 is not valid UTF-8", func(s *Schema) { s.NA = []string{bad} }},
		{"feature 1: no name", func(s *Schema) { s.Features[0].Name = "" }},
		{"feature 1: name is not valid UTF-8", func(s *Schema) { s.Features[0].Name = bad }},
		{"feature 1: name \"a\\t\" has spaces", func(s *Schema) { s.Features[0].Name = "a\t" }},
		{"feature 1: name \"a\\x00\" has a NUL", func(s *Schema) { s.Features[0].Name = "a\x00" }},
		{"feature 2 (age): the name is used twice", func(s *Schema) { s.Features[1].Name = "age" }},
		{"out of order", func(s *Schema) { s.Features[1].Column = 1 }},
		{"out of order", func(s *Schema) { s.Features[0].Column = -1 }},
		{"beyond column 5", func(s *Schema) { s.Features[2].Column = 6 }},
		{"a column without a name is called c2", func(s *Schema) { s.Named = false }},
		{"mean NaN", func(s *Schema) { s.Features[0].Mean = nan }},
		{"mean -Inf", func(s *Schema) { s.Features[0].Mean = -inf }},
		{"scale 0", func(s *Schema) { s.Features[0].Scale = 0 }},
		{"scale -1", func(s *Schema) { s.Features[0].Scale = -1 }},
		{"scale NaN", func(s *Schema) { s.Features[0].Scale = nan }},
		{"scale +Inf", func(s *Schema) { s.Features[0].Scale = inf }},
		{"fill value +Inf", func(s *Schema) { s.Features[0].Fill = inf }},
		{"numeric, but with 1 categories", func(s *Schema) { s.Features[0].Categories = []string{"a"} }},
		{"unknown kind 2", func(s *Schema) { s.Features[0].Kind = 2 }},
		{"categorical without categories", func(s *Schema) { s.Features[1].Categories = nil }},
		{"(colour): categorical, but with a mean", func(s *Schema) { s.Features[1].Scale = 1 }},
		{"(colour): categorical, but with a mean", func(s *Schema) { s.Features[1].Fill = nan }},
		{"(colour): categories: \"red\" is there twice", func(s *Schema) { s.Features[1].Categories[0] = "red" }},
		{"(rooms): categories: two spellings", func(s *Schema) { s.Features[2].Categories[0] = "2" }},
		{"(colour): categories: entry 2 is not valid", func(s *Schema) { s.Features[1].Categories[1] = bad }},
		{"target: \"age\" is also a feature", func(s *Schema) { s.Target.Name = "age" }},
		{"target: column 3 is also feature colour", func(s *Schema) { s.Target.Column = 3 }},
		{"target: column -2", func(s *Schema) { s.Target.Column = -2 }},
		{"target: column 6", func(s *Schema) { s.Target.Column = 6 }},
		{"target: unknown task 4", func(s *Schema) { s.Target.Task = 4 }},
		{"target: no name", func(s *Schema) { s.Target.Name = "" }},
		{"target: name is not valid UTF-8", func(s *Schema) { s.Target.Name = bad }},
		{"target: named, but without a task", func(s *Schema) { s.Target = Target{Name: "x", Column: -1} }},
		{"target: named, but without a task", func(s *Schema) { s.Target = Target{Column: 2} }},
		{"2 labels for task none", func(s *Schema) { s.Target.Task, s.Target.Name, s.Target.Column = 0, "", -1 }},
		{"1 labels for task binary", func(s *Schema) { s.Target.Labels = []string{"no"} }},
		{"3 labels for task binary", func(s *Schema) { s.Target.Labels = []string{"no", "yes", "?"} }},
		{"1 labels for task multiclass", func(s *Schema) { s.Target.Task, s.Target.Labels = TaskMulticlass, []string{"no"} }},
		{"2 labels for task regression", func(s *Schema) { s.Target.Task = TaskRegression }},
		{"target: scale 0", func(s *Schema) { s.Target.Task, s.Target.Labels = TaskRegression, nil }},
		{"target: mean NaN", func(s *Schema) { s.Target = Target{Name: "y", Column: 2, Task: TaskRegression, Mean: nan} }},
		{"not a regression", func(s *Schema) { s.Target.Scale = 1 }},
		{"labels: \"no\" is there twice", func(s *Schema) { s.Target.Labels = []string{"no", "no"} }},
		{"labels: two spellings", func(s *Schema) { s.Target.Labels = []string{"0", "-0.0"} }},
		{"labels: entry 1 is not valid", func(s *Schema) { s.Target.Labels = []string{bad, "no"} }},
	} {
		s := sample()
		c.set(s)
		err := s.Validate()
		var e *SchemaError
		if !errors.As(err, &e) || !strings.Contains(err.Error(), c.part) {
			t.Errorf("error %v, want %q", err, c.part)
		}
	}
	// Together too wide, though each list is legal.
	s := sample()
	s.Features = nil
	s.Columns = 20
	long := make([]string, MaxInputs/16)
	for i := range 17 {
		s.Features = append(s.Features, Feature{Name: columnName(i), Column: i, Kind: Categorical, Categories: long})
	}
	s.Target = Target{Column: -1}
	if err := s.Validate(); err == nil || !strings.Contains(err.Error(), "more than 16777216 inputs") {
		t.Errorf("too wide: %v", err)
	}
}

func TestNamesOfEnumerations(t *testing.T) {
	for _, name := range []string{"error", "mean", "zero"} {
		if r, ok := ParseRule(name); !ok || r.String() != name {
			t.Errorf("rule %s: %v, %v", name, r, ok)
		}
	}
	for _, name := range []string{"auto", "csv", "tsv", "jsonl", "npy", "idx"} {
		if f, ok := ParseFormat(name); !ok || f.String() != name {
			t.Errorf("format %s: %v, %v", name, f, ok)
		}
	}
	for _, name := range []string{"auto", "zscore", "minmax", "none"} {
		if s, ok := ParseStandardize(name); !ok || s.String() != name {
			t.Errorf("scaling %s: %v, %v", name, s, ok)
		}
	}
	for _, name := range []string{"binary", "multiclass", "regression"} {
		if task, ok := ParseTask(name); !ok || task.String() != name {
			t.Errorf("task %s: %v, %v", name, task, ok)
		}
	}
	if task, ok := ParseTask("auto"); !ok || task != TaskNone {
		t.Errorf("task auto: %v, %v", task, ok)
	}
	if _, ok := ParseTask("clustering"); ok {
		t.Error("task clustering exists")
	}
	if _, ok := ParseRule("max"); ok {
		t.Error("rule max exists")
	}
	if Kind(9).String() != "9" || TaskRegression.String() != "regression" {
		t.Error(Kind(9), TaskRegression)
	}
}
