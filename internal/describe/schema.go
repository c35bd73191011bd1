package describe

import (
	"encoding/json"
	"fmt"

	"nnrt/dataset"
	"nnrt/internal/jsonscan"
)

// schema is dataset.Schema in JSON.
type schema struct {
	Named     bool            `json:"named"`
	OnMissing string          `json:"on_missing"`
	OnUnknown string          `json:"on_unknown"`
	NA        []string        `json:"na"`
	Columns   int             `json:"columns"`
	Target    *target         `json:"target,omitempty"` // not if there is no task
	Features  json.RawMessage `json:"features"`         // a list of feature
}

type feature struct {
	Name       string   `json:"name"`
	Column     int      `json:"column"` // from 0
	Mean       number   `json:"mean,omitzero"`
	Scale      number   `json:"scale,omitzero"`
	Fill       number   `json:"fill,omitzero"`
	Categories []string `json:"categories,omitempty"` // and no scale: categorical
}

type target struct {
	Name   string   `json:"name"`
	Column int      `json:"column"` // from 0, -1 if it is not a column of the data
	Task   string   `json:"task"`
	Labels []string `json:"labels,omitempty"`
	Mean   number   `json:"mean,omitzero"`
	Scale  number   `json:"scale,omitzero"`
}

// Limits, those of model files.
const (
	maxFeatures = 1 << 14
	maxTexts    = 1 << 14 // categories, labels and spellings of missing values together
)

// Schema writes a schema that is valid.
func Schema(s *dataset.Schema) string {
	features := make([]feature, len(s.Features))
	for i := range s.Features {
		f := &s.Features[i]
		features[i] = feature{f.Name, f.Column, number(f.Mean), number(f.Scale), number(f.Fill), f.Categories}
	}
	d := schema{Named: s.Named, OnMissing: s.OnMissing.String(), OnUnknown: s.OnUnknown.String(), NA: s.NA,
		Columns: s.Columns, Features: json.RawMessage(marshal(features))}
	if d.NA == nil {
		d.NA = []string{}
	}
	if t := &s.Target; t.Task != dataset.TaskNone {
		d.Target = &target{t.Name, t.Column, t.Task.String(), t.Labels, number(t.Mean), number(t.Scale)}
	}
	return marshal(d)
}

// ParseSchema reads what Schema wrote, and validates it.
func ParseSchema(text string) (*dataset.Schema, error) {
	s, err := parseSchema(text)
	if err == nil {
		err = s.Validate()
	}
	if err != nil {
		return nil, fmt.Errorf("description of the schema: %w", err)
	}
	return s, nil
}

func parseSchema(text string) (*dataset.Schema, error) {
	d := &dataset.Schema{Target: dataset.Target{Column: -1}}
	left := maxTexts
	s := jsonscan.New(text)
	s.Object(maxKeys, keyBytes, func(key string) {
		switch key {
		case "named":
			d.Named = truth(s)
		case "on_missing":
			d.OnMissing = rule(s)
		case "on_unknown":
			d.OnUnknown = rule(s)
		case "na":
			d.NA = texts(s, &left)
		case "columns":
			d.Columns = integer(s)
		case "target":
			parseTarget(s, &d.Target, &left)
		case "features":
			s.Array(maxFeatures, func() { d.Features = append(d.Features, parseFeature(s, &left)) })
		default:
			s.Unknown(key)
		}
	})
	return d, s.End()
}

func parseFeature(s *jsonscan.Scanner, left *int) (f dataset.Feature) {
	s.Object(maxKeys, keyBytes, func(key string) {
		switch key {
		case "name":
			f.Name = name(s)
		case "column":
			f.Column = integer(s)
		case "mean":
			f.Mean = s.Float32()
		case "scale":
			f.Scale = s.Float32()
		case "fill":
			f.Fill = s.Float32()
		case "categories":
			f.Kind, f.Categories = dataset.Categorical, texts(s, left)
		default:
			s.Unknown(key)
		}
	})
	return f
}

func parseTarget(s *jsonscan.Scanner, t *dataset.Target, left *int) {
	s.Object(maxKeys, keyBytes, func(key string) {
		switch key {
		case "name":
			t.Name = name(s)
		case "column":
			t.Column = integer(s)
		case "task":
			text, known := s.String(keyBytes), false
			if t.Task, known = dataset.ParseTask(text); !known || t.Task == dataset.TaskNone {
				s.Fail(fmt.Errorf("unknown task %q", text))
			}
		case "labels":
			t.Labels = texts(s, left)
		case "mean":
			t.Mean = s.Float32()
		case "scale":
			t.Scale = s.Float32()
		default:
			s.Unknown(key)
		}
	})
}

func rule(s *jsonscan.Scanner) dataset.Rule {
	text := s.String(keyBytes)
	r, known := dataset.ParseRule(text)
	if !known {
		s.Fail(fmt.Errorf("unknown rule %q", text))
	}
	return r
}

// texts reads a list of as many texts as are left, and counts them.
func texts(s *jsonscan.Scanner, left *int) (list []string) {
	s.Array(*left, func() { list = append(list, name(s)) })
	*left -= len(list)
	return list
}
