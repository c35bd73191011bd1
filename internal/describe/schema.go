package describe

import (
	"bytes"
	"encoding/json"
	"fmt"

	"nnrt/dataset"
)

// schema is dataset.Schema in JSON.
type schema struct {
	Named     bool            `json:"named"`
	OnMissing string          `json:"on_missing"`
	OnUnknown string          `json:"on_unknown"`
	NA        texts           `json:"na"`
	Columns   int             `json:"columns"`
	Target    *target         `json:"target,omitempty"` // not if there is no task
	Features  json.RawMessage `json:"features"`         // a list of feature
}

type feature struct {
	Name       string `json:"name"`
	Column     int    `json:"column"` // from 0
	Mean       number `json:"mean,omitzero"`
	Scale      number `json:"scale,omitzero"`
	Fill       number `json:"fill,omitzero"`
	Categories texts  `json:"categories,omitempty"` // and no scale: categorical
}

type target struct {
	Name   string `json:"name"`
	Column int    `json:"column"` // from 0, -1 if it is not a column of the data
	Task   string `json:"task"`
	Labels texts  `json:"labels,omitempty"`
	Mean   number `json:"mean,omitzero"`
	Scale  number `json:"scale,omitzero"`
}

// Limits, those of model files.
const (
	maxFeatures = 1 << 14
	maxTexts    = 1 << 14 // categories, labels and spellings of missing values together
)

// texts is a list of texts.
type texts []string

// UnmarshalJSON reads no more texts than the limit.
func (t *texts) UnmarshalJSON(b []byte) error {
	d := json.NewDecoder(bytes.NewReader(b))
	return eachOf(d, func() error {
		if len(*t) == maxTexts {
			return fmt.Errorf("more than %d texts", maxTexts)
		}
		var s string
		if err := d.Decode(&s); err != nil {
			return err
		}
		*t = append(*t, s)
		return checkText(s)
	})
}

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
		d.NA = texts{}
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
	var d schema
	decoder := newDecoder(text)
	if err := decoder.Decode(&d); err != nil {
		return nil, err
	}
	if err := atEnd(decoder); err != nil {
		return nil, err
	}
	s := &dataset.Schema{Named: d.Named, Columns: d.Columns, Target: dataset.Target{Column: -1}}
	if len(d.NA) > 0 {
		s.NA = d.NA
	}
	var known bool
	if s.OnMissing, known = dataset.ParseRule(d.OnMissing); !known {
		return nil, fmt.Errorf("unknown rule %q", d.OnMissing)
	}
	if s.OnUnknown, known = dataset.ParseRule(d.OnUnknown); !known {
		return nil, fmt.Errorf("unknown rule %q", d.OnUnknown)
	}
	if t := d.Target; t != nil {
		task, known := dataset.ParseTask(t.Task)
		if !known || task == dataset.TaskNone {
			return nil, fmt.Errorf("unknown task %q", t.Task)
		}
		if err := checkText(t.Name); err != nil {
			return nil, err
		}
		s.Target = dataset.Target{Name: t.Name, Column: t.Column, Task: task, Labels: t.Labels,
			Mean: float32(t.Mean), Scale: float32(t.Scale)}
	}
	texts := len(s.NA) + len(s.Target.Labels)
	decoder = newDecoder(string(d.Features))
	return s, eachOf(decoder, func() error {
		if len(s.Features) == maxFeatures {
			return fmt.Errorf("more than %d features", maxFeatures)
		}
		var f feature
		if err := decoder.Decode(&f); err != nil {
			return err
		}
		if err := checkText(f.Name); err != nil {
			return err
		}
		if texts += len(f.Categories); texts > maxTexts {
			return fmt.Errorf("more than %d texts", maxTexts)
		}
		kind := dataset.Numeric
		if len(f.Categories) > 0 {
			kind = dataset.Categorical
		}
		s.Features = append(s.Features, dataset.Feature{Name: f.Name, Column: f.Column, Kind: kind,
			Mean: float32(f.Mean), Scale: float32(f.Scale), Fill: float32(f.Fill), Categories: f.Categories})
		return nil
	})
}
