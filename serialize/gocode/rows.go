package gocode

import (
	"strconv"
	"strings"

	"nnrt/dataset"
)

// rows writes what the schema is for: names, and functions that take raw values.
func (w *writer) rows() {
	w.featureNames()
	w.encode()
	w.answers()
}

// categorical tells whether a feature has categories.
func (w *writer) categorical() bool {
	for i := range w.schema.Features {
		if w.schema.Features[i].Kind == dataset.Categorical {
			return true
		}
	}
	return false
}

func (w *writer) featureNames() {
	var names []string
	for i := range w.schema.Features {
		names = append(names, w.schema.Features[i].Name)
	}
	w.printf("\n// Features are the names of a row's values.\nvar Features = [...]string{%s}\n", quoted(names))
	if !w.categorical() {
		return
	}
	w.printf("\n// Categories are those of the features that have some; nil stands for a number.\n")
	w.printf("var Categories = [...][]string{\n")
	for i := range w.schema.Features {
		if f := &w.schema.Features[i]; f.Kind == dataset.Categorical {
			w.printf("\t{%s},\n", quoted(f.Categories))
		} else {
			w.printf("\tnil,\n")
		}
	}
	w.printf("}\n")
}

// encode writes Encode, whose results are those of dataset's Encoder.
func (w *writer) encode() {
	s := w.schema
	var means, scales, fills []float32
	for i := range s.Features {
		f := &s.Features[i]
		means, scales, fills = append(means, f.Mean), append(scales, f.Scale), append(fills, f.Fill)
	}
	about := "Encode makes in, of Inputs elements, which Predict takes, from row, which has a raw value for each of " +
		"Features. "
	if w.categorical() {
		about += "The value of a feature with Categories is the index of one of these. "
	}
	w.printf("\n")
	w.comment(about + "NaN stands for a missing value. The error is a FeatureError. It panics if a length is another.")
	w.printf(`func Encode(in, row []float32) error {
	if len(in) != Inputs || len(row) != len(Features) {
		panic("%s: Encode of slices that are no row")
	}
	means, scales := %s, %s
`, w.name, w.keep(means...), w.keep(scales...))
	missing, missingCategory, unknown := "return FeatureError(i)", "return FeatureError(i)", "return FeatureError(i)"
	if s.OnMissing != dataset.RuleError {
		w.printf("\tfills := %s // for missing values\n", w.keep(fills...))
		missing, missingCategory = "in[at] = float32(fills[i]-means[i]) / scales[i]", "// all zeros"
	}
	if s.OnUnknown != dataset.RuleError {
		unknown = "// all zeros"
	}
	w.printf("\tat := 0\n\tfor i, v := range row {\n")
	if w.categorical() {
		w.printf(`		if n := len(Categories[i]); n > 0 {
			clear(in[at : at+n])
			switch {
			case v != v:
				%s
			case v >= 0 && v < float32(n) && v == float32(int(v)):
				in[at+int(v)] = 1
			default:
				%s
			}
			at += n
			continue
		}
`, missingCategory, unknown)
	}
	w.printf(`		x := float32(v-means[i]) / scales[i]
		switch {
		case v != v:
			%s
		case math.Float32bits(x)&0x7f800000 == 0x7f800000: // infinite
			return FeatureError(i)
		default:
			in[at] = x
		}
		at++
	}
	return nil
}

// FeatureError is the index in Features of a value that cannot be used: %s.
type FeatureError int

// Error names the feature.
func (e FeatureError) Error() string { return "the value of " + Features[e] + " cannot be used" }
`, missing, w.unusable())
}

// unusable lists the reasons of a FeatureError.
func (w *writer) unusable() string {
	var reasons []string
	if w.schema.OnMissing == dataset.RuleError {
		reasons = append(reasons, "it is missing")
	}
	if w.categorical() && w.schema.OnUnknown == dataset.RuleError {
		reasons = append(reasons, "it is no category")
	}
	return strings.Join(append(reasons, "it is too large"), ", or ")
}

// answers writes PredictRow, whose results are the numbers that nnrt run prints, and Class, its prediction.
func (w *writer) answers() {
	t := &w.schema.Target
	values, what := w.model.Outputs(), "the model's outputs"
	code := "Predict(out, in" + w.parameter() + ")\n\t"
	switch t.Task {
	case dataset.TaskBinary:
		values, what = 2, "the probabilities of Labels"
		code = "Predict(out[1:], in" + w.parameter() + ")\n\tout[0] = 1 - out[1]\n\t"
	case dataset.TaskMulticlass:
		what = "the probabilities of Labels, or what else the model gives for each"
	case dataset.TaskRegression:
		what = "the prediction in its own units"
		code += "for i, v := range out {\n" +
			"\t\tout[i] = float32(v*" + w.keepOne(t.Scale) + ") + " + w.keepOne(t.Mean) + "\n" +
			"\t}\n\t"
	}
	memory := "var inputs [Inputs]float32\n\tin := inputs[:]"
	if w.needsMemory() {
		memory = "in := work[Work-Inputs : Work]"
	}
	w.printf("\n// Values is how many numbers PredictRow gives.\nconst Values = %d\n\n", values)
	w.comment("PredictRow computes out, of Values elements, from a row of raw values (see Encode): " + what + ". " +
		w.memoryComment() + "It allocates nothing unless it fails.")
	w.printf(`func PredictRow(out, row%s []float32) error {
	if len(out) != Values%s {
		panic("%s: PredictRow of slices that are no row")
	}
	%s
	if err := Encode(in, row); err != nil {
		return err
	}
	%sreturn nil
}
`, w.parameter(), w.lengthCheck(), w.name, memory, code)
	if t.Labels == nil {
		return
	}
	class := `best := 0
	for i, v := range out {
		if v > out[best] {
			best = i
		}
	}
	return best`
	if t.Task == dataset.TaskBinary {
		class = `if out[1] > 0.5 {
		return 1
	}
	return 0`
	}
	w.printf(`
// Labels are the names of the classes.
var Labels = [...]string{%s}

// Class returns the index in Labels of the class that the numbers of PredictRow say.
func Class(out []float32) int {
	%s
}
`, quoted(t.Labels), class)
}

// quoted returns texts as elements of a literal, in lines.
func quoted(texts []string) string {
	var b strings.Builder
	line := 0
	for i, t := range texts {
		q := strconv.Quote(t)
		if line += len(q) + 2; i > 0 && line > lineLength {
			b.WriteString(",\n\t")
			line = len(q)
		} else if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(q)
	}
	return b.String()
}
