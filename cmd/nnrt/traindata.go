package main

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"math"
	"strconv"
	"strings"

	"nnrt/dataset"
)

// trainData is rows to train on and rows to measure on, encoded by a schema: inputs row by row and one target a row.
type trainData struct {
	schema     *dataset.Schema
	x, y       []float32
	valX, valY []float32 // nil without validation

	standardize      string // how the inputs were scaled, if a schema was learned
	trainSum, valSum string // SHA-256
}

func (d *trainData) rows() int    { return len(d.y) }
func (d *trainData) valRows() int { return len(d.valY) }

// load reads the data and, unless --init brings a schema, learns one.
func (o *trainOptions) load(e *env, p *plan, path string) (*trainData, error) {
	var d *trainData
	var err error
	if p.initial != nil && p.initial.Schema != nil {
		d, err = o.loadBySchema(e, p.initial.Schema, path)
	} else {
		d, err = o.learn(e, path)
	}
	if err != nil {
		return nil, err
	}
	if *o.val != "" {
		if d.valX, d.valY, err = o.readAll(e, d.schema, *o.val, *o.valLabels); err != nil {
			return nil, err
		}
	}
	d.trainSum, d.valSum = dataSum(d.x, d.y), dataSum(d.valX, d.valY)
	return d, nil
}

func (o *trainOptions) learn(e *env, path string) (*trainData, error) {
	cfg := dataset.Config{Target: *o.target, Features: *o.features, Drop: *o.drop, Categorical: *o.categorical,
		NA: dataset.ParseNA(*o.na), ValidationSplit: *o.valSplit,
		MaxInputs: maxUnits}
	cfg.OnMissing, _ = dataset.ParseRule(*o.onMissing)
	cfg.OnUnknown, _ = dataset.ParseRule(*o.onUnknown)
	cfg.Standardize, _ = dataset.ParseStandardize(*o.standardize)
	cfg.Task, _ = dataset.ParseTask(*o.task)
	var names []string
	for _, list := range [][]string{{*o.target}, *o.features, *o.drop, *o.categorical} {
		for _, name := range list {
			if name != "" {
				names = append(names, name)
			}
		}
	}
	src, err := o.source.open(e, path, names, *o.labels)
	if err != nil {
		return nil, err
	}
	defer src.Close()
	table, err := dataset.Learn(src, cfg)
	if err != nil {
		return nil, err
	}
	d := split(table.Schema, table.X, table.Y, table.TrainRows)
	if d.standardize = *o.standardize; d.standardize == "auto" {
		d.standardize = "zscore"
		if src.Format() == dataset.FormatIDX {
			d.standardize = "none"
		}
	}
	return d, nil
}

func (o *trainOptions) loadBySchema(e *env, schema *dataset.Schema, path string) (*trainData, error) {
	x, y, err := o.readAll(e, schema, path, *o.labels)
	if err != nil {
		return nil, err
	}
	train := dataset.TrainRows(len(y), *o.valSplit)
	if train == 0 {
		return nil, &dataset.Error{File: path, Msg: "a validation split of " + formatNumber(*o.valSplit) +
			" leaves none of the " +
			strconv.Itoa(len(y)) + " rows for training"}
	}
	return split(schema, x, y, train), nil
}

// readAll reads a source with the target by a schema.
func (o *trainOptions) readAll(e *env, schema *dataset.Schema, path, labels string) (x, y []float32, err error) {
	src, err := o.source.open(e, path, schema.Names(), labels)
	if err != nil {
		return nil, nil, err
	}
	defer src.Close()
	encoder, err := schema.Encoder(src)
	if err != nil {
		return nil, nil, err
	}
	if !encoder.HasTarget() {
		return nil, nil, targetMissing(src, schema)
	}
	return encoder.ReadAll(src)
}

// split cuts off the rows to measure on, which are the last.
func split(schema *dataset.Schema, x, y []float32, train int) *trainData {
	width := schema.Width()
	d := &trainData{schema: schema, x: x[:train*width], y: y[:train]}
	if train < len(y) {
		d.valX, d.valY = x[train*width:], y[train:]
	}
	return d
}

// dataSum returns the SHA-256 of matrices: their float32 in little-endian order, x before y.
func dataSum(x, y []float32) string {
	hash := sha256.New()
	buffer := make([]byte, 0, 4096)
	for _, values := range [][]float32{x, y} {
		for len(values) > 0 {
			n := min(len(values), cap(buffer)/4)
			buffer = buffer[:0]
			for _, v := range values[:n] {
				buffer = binary.LittleEndian.AppendUint32(buffer, math.Float32bits(v))
			}
			hash.Write(buffer)
			values = values[n:]
		}
	}
	return hex.EncodeToString(hash.Sum(nil))
}

// selfTestRows is how many training rows go into the model file with their outputs.
const selfTestRows = 4

// sampleRows returns a few rows, evenly spread.
func sampleRows(x []float32, width int) []float32 {
	rows := len(x) / width
	n := min(selfTestRows, rows)
	sample := make([]float32, 0, n*width)
	for i := range n {
		sample = append(sample, x[int(int64(i)*int64(rows)/int64(n))*width:][:width]...)
	}
	return sample
}

// classWeights reads --class-weight for the classes of a schema, whose rows are counted in y. It returns nil for none.
func classWeights(spec string, schema *dataset.Schema, y []float32) (weights map[int]float32, err error) {
	labels := schema.Target.Labels
	if spec == "" {
		return nil, nil
	}
	if labels == nil {
		return nil, usagef("--class-weight: a regression has no classes")
	}
	weights = make(map[int]float32, len(labels))
	if spec == "balanced" {
		// As scikit-learn: rows/(classes·rows of the class).
		counts := make([]int, len(labels))
		for _, class := range y {
			counts[int(class)]++
		}
		for class, n := range counts {
			if n > 0 {
				weights[class] = float32(float64(len(y)) / float64(float64(len(labels))*float64(n)))
			}
		}
		return weights, nil
	}
	for _, pair := range strings.Split(spec, ",") {
		cut := strings.LastIndexByte(pair, '=')
		if cut < 0 {
			return nil, usagef("--class-weight: %q is neither balanced nor of the form LABEL=W", pair)
		}
		label := strings.TrimSpace(pair[:cut])
		class := findLabel(labels, label)
		if class < 0 {
			return nil, usagef("--class-weight: there is no class %q; there are %s", label, joinWords(labels))
		}
		if _, twice := weights[class]; twice {
			return nil, usagef("--class-weight: class %q is given twice", label)
		}
		w, err := notNegative.parse(strings.TrimSpace(pair[cut+1:]))
		if err != nil {
			return nil, usagef("--class-weight: %q: %w", pair, err)
		}
		weights[class] = float32(w)
	}
	return weights, nil
}

// findLabel returns the index of a label, spelled as in the data or, for numbers, as the same number; -1 if there is
// none.
func findLabel(labels []string, label string) int {
	for i, l := range labels {
		if l == label {
			return i
		}
	}
	if v, err := strconv.ParseFloat(label, 32); err == nil {
		for i, l := range labels {
			if w, err := strconv.ParseFloat(l, 32); err == nil && v == w {
				return i
			}
		}
	}
	return -1
}

// joinWords joins words for a message, the first ones if there are many.
func joinWords(words []string) string {
	if most := 20; len(words) > most {
		return strings.Join(words[:most], ", ") + ", … (" + strconv.Itoa(len(words)) + " in all)"
	}
	return strings.Join(words, ", ")
}
