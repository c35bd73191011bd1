package main

import (
	"strconv"

	"nnrt/dataset"
	"nnrt/serialize"
)

// schemaFlags are the flags of nnrt convert that say what inputs and outputs are called, which most formats do not.
type schemaFlags struct {
	features, labels *[]string
	target           *string
}

func (f *flagSet) schemaNames() schemaFlags {
	return schemaFlags{
		features: f.list("features", "A,B", "what the columns are called that the model reads, in the order of its inputs"),
		labels: f.list("labels", "A,B", "what the classes are called, in the order of the model's outputs; two for one "+
			"output, which is the probability of the second"),
		target: f.text("target", "NAME", "", "what the column is called that the model predicts; without labels it is a "+
			"number"),
	}
}

func (n *schemaFlags) given() bool { return len(*n.features)+len(*n.labels) > 0 || *n.target != "" }

// apply gives a file the names that the flags say, in a schema which scales as before, or not at all if there was none.
func (n *schemaFlags) apply(file *serialize.File) error {
	s := &dataset.Schema{Columns: file.Model.Inputs(), NA: dataset.ParseNA(dataset.DefaultNA),
		Target: dataset.Target{Column: -1}}
	if file.Schema != nil {
		*s = *file.Schema
		s.Features = append([]dataset.Feature(nil), s.Features...)
	} else {
		for i := range file.Model.Inputs() {
			s.Features = append(s.Features, dataset.Feature{Name: "c" + strconv.Itoa(i+1), Column: i, Scale: 1})
		}
	}
	if len(*n.features) > 0 {
		if len(*n.features) != len(s.Features) {
			return usagef("--features: %d names for the %d columns that the model reads", len(*n.features), len(s.Features))
		}
		for i, name := range *n.features {
			s.Features[i].Name = name
		}
		s.Named = true
	}
	if err := n.applyTarget(&s.Target, file.Model.Outputs()); err != nil {
		return err
	}
	s.NA = s.Missing(s.NA)
	if err := s.Validate(); err != nil {
		return &usageError{err}
	}
	file.Schema = s
	return nil
}

// applyTarget says what the outputs mean.
func (n *schemaFlags) applyTarget(t *dataset.Target, outputs int) error {
	switch labels := *n.labels; {
	case len(labels) == 0 && *n.target == "":
		return nil
	case len(labels) == 0 && t.Task == dataset.TaskNone && outputs != 1:
		return usagef("--target: the model has %d outputs, so --labels must say what they are", outputs)
	case len(labels) == 0 && t.Task == dataset.TaskNone:
		t.Task, t.Scale = dataset.TaskRegression, 1
	case len(labels) == 0:
	case outputs == 1 && len(labels) == 2:
		*t = dataset.Target{Name: t.Name, Column: t.Column, Task: dataset.TaskBinary, Labels: labels}
	case outputs == 1 || len(labels) != outputs:
		return usagef("--labels: %d for a model of %d outputs", len(labels), outputs)
	default:
		*t = dataset.Target{Name: t.Name, Column: t.Column, Task: dataset.TaskMulticlass, Labels: labels}
	}
	if *n.target != "" {
		t.Name = *n.target
	}
	if t.Name == "" {
		t.Name = "label"
	}
	return nil
}
