package main

import (
	"strconv"

	"nnrt/dataset"
	"nnrt/serialize"
)

// runtimeSchema returns the schema of a model file, or for a model without one a schema that takes as many columns of
// numbers as the model has inputs, by position and as they are.
func runtimeSchema(file *serialize.File) *dataset.Schema {
	if file.Schema != nil {
		return file.Schema
	}
	inputs := file.Model.Inputs()
	s := &dataset.Schema{Columns: inputs, NA: dataset.ParseNA(dataset.DefaultNA), Target: dataset.Target{Column: -1}}
	for i := range inputs {
		s.Features = append(s.Features, dataset.Feature{Name: "c" + strconv.Itoa(i+1), Column: i, Scale: 1})
	}
	return s
}

// answers says what a model's outputs mean.
type answers struct {
	task    dataset.Task
	labels  []string
	outputs int             // of the model
	target  *dataset.Target // nil without a schema
}

func answersOf(file *serialize.File) *answers {
	a := &answers{outputs: file.Model.Outputs()}
	if file.Schema != nil {
		t := &file.Schema.Target
		a.task, a.labels, a.target = t.Task, t.Labels, t
	}
	return a
}

// names returns the names of the numbers that a row of outputs becomes: p_<label>, prediction or y1, y2, ….
func (a *answers) names() []string {
	var names []string
	switch {
	case a.labels != nil:
		for _, l := range a.labels {
			names = append(names, "p_"+l)
		}
	case a.task == dataset.TaskRegression:
		names = []string{"prediction"}
	default:
		for i := range a.outputs {
			names = append(names, "y"+strconv.Itoa(i+1))
		}
	}
	return names
}

// width is the number of names.
func (a *answers) width() int {
	if a.task == dataset.TaskBinary {
		return 2
	}
	return a.outputs
}

// values writes the numbers of a row of outputs y into dst, of a.width() elements: the probability of each class, or
// the prediction in the target's own units.
func (a *answers) values(dst, y []float32) {
	switch a.task {
	case dataset.TaskBinary:
		dst[0], dst[1] = 1-y[0], y[0]
	case dataset.TaskRegression:
		for i, v := range y {
			dst[i] = a.target.Value(v)
		}
	default:
		copy(dst, y)
	}
}

// class returns the class that a row of outputs says: with one output the second if it is above one half, else the
// first of those with the largest output.
func (a *answers) class(y []float32) int {
	if a.task == dataset.TaskBinary {
		if y[0] > 0.5 {
			return 1
		}
		return 0
	}
	best := 0
	for i, v := range y {
		if v > y[best] {
			best = i
		}
	}
	return best
}
