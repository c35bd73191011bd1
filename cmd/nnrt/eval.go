package main

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"

	"nnrt/dataset"
	"nnrt/net"
	"nnrt/serialize"
)

func evalCommand() *command {
	f := &flagSet{}
	source := f.source()
	trust := f.trust()
	labels := f.file("labels", "FILE", "", "the targets that belong to DATA (npy, idx)")
	asJSON := f.boolean("json", false, "print a JSON object")
	return &command{
		name:    "eval",
		args:    "model.bin DATA",
		summary: "measure a model on data with the target",
		details: "The loss is the one that the model was trained with, penalties included. Two classes: accuracy, " +
			"precision, recall, f1 (of the second class, predicted above a probability of 0.5) and auc. More classes: " +
			"accuracy, top_k, and precision, recall and f1 of each. Both: the confusion matrix, whose rows are the actual " +
			"classes. Regression: mse, mae, rmse and r2 in the target's own units.",
		examples: []string{"nnrt eval model.bin test.csv", "nnrt eval model.bin test.csv --json | jq .accuracy"},
		minArgs:  2, maxArgs: 2,
		flags: f,
		run: func(e *env, args []string) error {
			if err := checkStdin(args[1], *labels); err != nil {
				return err
			}
			file, err := trust.readModel(args[0])
			if err != nil {
				return err
			}
			r, err := evaluate(e, file, args[1], source, *labels)
			if err != nil {
				return err
			}
			if *asJSON {
				return writeJSON(e.stdout, r)
			}
			r.write(e.stdout)
			return nil
		},
	}
}

// report is what eval finds out. A pointer is nil where a figure does not belong to the task.
type report struct {
	Rows      int           `json:"rows"`
	Task      string        `json:"task"`
	LossName  string        `json:"loss_name"`
	Loss      number        `json:"loss"`
	Accuracy  *number       `json:"accuracy,omitempty"`
	Precision *number       `json:"precision,omitempty"`
	Recall    *number       `json:"recall,omitempty"`
	F1        *number       `json:"f1,omitempty"`
	AUC       *number       `json:"auc,omitempty"`
	TopK      *number       `json:"top_k,omitempty"`
	K         int           `json:"k,omitempty"`
	Positive  *string       `json:"positive,omitempty"`
	Classes   []classReport `json:"classes,omitempty"`
	Labels    []string      `json:"labels,omitempty"`
	Confusion [][]int       `json:"confusion,omitempty"` // [actual][predicted]
	MSE       *number       `json:"mse,omitempty"`
	MAE       *number       `json:"mae,omitempty"`
	RMSE      *number       `json:"rmse,omitempty"`
	R2        *number       `json:"r2,omitempty"`
}

// classReport is how well one of several classes is told from the rest.
type classReport struct {
	Label     string `json:"label"`
	Precision number `json:"precision"`
	Recall    number `json:"recall"`
	F1        number `json:"f1"`
	Rows      int    `json:"rows"` // of this class
}

// evaluate measures a model on a source.
func evaluate(e *env, file *serialize.File, path string, source sourceFlags, labels string) (*report, error) {
	if file.Schema == nil || file.Schema.Target.Task == dataset.TaskNone {
		return nil, usagef("the model has no schema that says what it predicts, so it cannot be compared with data")
	}
	src, err := source.open(e, path, file.Schema.Names(), labels)
	if err != nil {
		return nil, err
	}
	defer src.Close()
	encoder, err := file.Schema.Encoder(src)
	if err != nil {
		return nil, err
	}
	if !encoder.HasTarget() {
		return nil, targetMissing(src, file.Schema)
	}
	d := &evalData{}
	if err := d.read(src, encoder, file.Schema.Width()); err != nil {
		return nil, err
	}
	return d.measure(file)
}

// evalData is rows with their targets.
type evalData struct {
	x, y []float32 // inputs, and what the model learns
	raw  []float32 // targets before scaling
}

func (d *evalData) read(src *dataset.Reader, encoder *dataset.Encoder, width int) error {
	src.KeepRows()
	for {
		row, err := src.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			return err
		}
		n := len(d.x)
		d.x = append(d.x, make([]float32, width)...)
		if err := encoder.EncodeRow(d.x[n:], row); err != nil {
			return src.At(err)
		}
		y, raw, err := encoder.Target(row)
		if err != nil {
			return src.At(err)
		}
		d.y, d.raw = append(d.y, y), append(d.raw, raw)
	}
	if len(d.y) == 0 {
		return &dataset.Error{File: src.File(), Msg: "no rows"}
	}
	return nil
}

// evalLoss returns the loss that a model was trained with, or the one of its task.
func evalLoss(file *serialize.File) (net.Loss, error) {
	task := file.Schema.Target.Task
	if loss, ok := net.ParseLoss(file.Metadata["loss"]); ok {
		if _, err := lossFor(task, &loss); err == nil {
			return loss, nil
		}
	}
	return lossFor(task, nil)
}

func (d *evalData) measure(file *serialize.File) (*report, error) {
	target := &file.Schema.Target
	loss, err := evalLoss(file)
	if err != nil {
		return nil, err
	}
	r := &report{Rows: len(d.y), Task: target.Task.String(), LossName: loss.String()}
	var metrics []net.Metric
	switch target.Task {
	case dataset.TaskBinary:
		metrics = []net.Metric{net.Accuracy, net.Precision, net.Recall, net.F1Score, net.AUC}
		r.Positive = &target.Labels[1]
	case dataset.TaskMulticlass:
		r.K = min(5, len(target.Labels)-1)
		metrics = []net.Metric{net.Accuracy, net.TopKCategoricalAccuracy.WithK(r.K)}
	}
	outputs := file.Model.Outputs()
	values, err := file.Model.Evaluate(d.x, targetsFor(loss, d.y, outputs), net.EvaluateConfig{Loss: loss,
		Metrics: metrics, BatchSize: 32})
	if err != nil {
		return nil, err
	}
	for _, v := range values {
		n := number(v.Value)
		switch v.Name {
		case "loss":
			r.Loss = n
		case "accuracy":
			r.Accuracy = &n
		case "precision":
			r.Precision = &n
		case "recall":
			r.Recall = &n
		case "f1":
			r.F1 = &n
		case "auc":
			r.AUC = &n
		case "top_k_accuracy":
			r.TopK = &n
		}
	}
	predicted := make([]float32, len(d.y)*outputs)
	if err := file.Model.NewPredictor().Predict(predicted, d.x); err != nil {
		return nil, err
	}
	a := answersOf(file)
	if target.Task == dataset.TaskRegression {
		d.measureRegression(r, a, predicted)
	} else {
		d.measureClasses(r, a, predicted)
	}
	return r, nil
}

// measureClasses counts the confusion matrix, and each class's figures if there are more than two.
func (d *evalData) measureClasses(r *report, a *answers, predicted []float32) {
	n := len(a.labels)
	r.Labels = a.labels
	r.Confusion = make([][]int, n)
	for i := range r.Confusion {
		r.Confusion[i] = make([]int, n)
	}
	claimed := make([]int, n)
	for i, y := range d.y {
		class := a.class(predicted[i*a.outputs:][:a.outputs])
		r.Confusion[int(y)][class]++
		claimed[class]++
	}
	if a.task == dataset.TaskBinary {
		return
	}
	for class, label := range a.labels {
		rows := 0
		for _, count := range r.Confusion[class] {
			rows += count
		}
		hits := float64(r.Confusion[class][class])
		r.Classes = append(r.Classes, classReport{Label: label, Rows: rows,
			Precision: ratio(hits, float64(claimed[class])), Recall: ratio(hits, float64(rows)),
			F1: ratio(2*hits, float64(claimed[class]+rows))})
	}
}

// ratio returns a/b, or 0 where there is nothing to divide by.
func ratio(a, b float64) number {
	if b == 0 {
		return 0
	}
	return number(a / b)
}

// measureRegression compares predictions in the target's own units, the numbers that run prints, with the targets.
func (d *evalData) measureRegression(r *report, a *answers, predicted []float32) {
	n := float64(len(d.raw))
	var mean float64
	for _, t := range d.raw {
		mean += float64(t) / n
	}
	var squares, sizes, spread float64
	value := make([]float32, a.width())
	for i, t := range d.raw {
		a.values(value, predicted[i:i+1])
		e, s := float64(value[0])-float64(t), float64(t)-mean
		squares += float64(e * e)
		sizes += math.Abs(e)
		spread += float64(s * s)
	}
	mse, mae, rmse := number(squares/n), number(sizes/n), number(math.Sqrt(squares/n))
	r2 := number(1 - squares/spread)
	if target := d.raw[0]; !slices.ContainsFunc(d.raw, func(t float32) bool { return t != target }) {
		r2 = 0 // as net.R2Score: all targets are the same
		if squares == 0 {
			r2 = 1
		}
	}
	r.MSE, r.MAE, r.RMSE, r.R2 = &mse, &mae, &rmse, &r2
}

// write prints the report as a table.
func (r *report) write(w io.Writer) {
	var b strings.Builder
	line := func(name string, v *number) {
		if v != nil {
			fmt.Fprintf(&b, "%-10s %s\n", name, strconv.FormatFloat(float64(*v), 'g', 6, 64))
		}
	}
	fmt.Fprintf(&b, "%-10s %d\n", "rows", r.Rows)
	line("loss", &r.Loss)
	line("accuracy", r.Accuracy)
	line("precision", r.Precision)
	line("recall", r.Recall)
	line("f1", r.F1)
	line("auc", r.AUC)
	line(fmt.Sprintf("top_%d", r.K), r.TopK)
	line("mse", r.MSE)
	line("mae", r.MAE)
	line("rmse", r.RMSE)
	line("r2", r.R2)
	if r.Classes != nil {
		t := &table{header: []string{"class", "precision", "recall", "f1", "rows"}}
		for _, c := range r.Classes {
			t.add(c.Label, fixed(c.Precision), fixed(c.Recall), fixed(c.F1), strconv.Itoa(c.Rows))
		}
		b.WriteString("\n")
		t.write(&b)
	}
	if r.Confusion != nil {
		b.WriteString("\nconfusion (a row: the actual class; a column: the predicted one)\n")
		t := &table{header: append([]string{""}, r.Labels...)}
		for i, counts := range r.Confusion {
			row := []string{r.Labels[i]}
			for _, c := range counts {
				row = append(row, strconv.Itoa(c))
			}
			t.add(row...)
		}
		t.write(&b)
	}
	io.WriteString(w, b.String())
}

// fixed returns a figure between 0 and 1 with four decimals.
func fixed(v number) string { return strconv.FormatFloat(float64(v), 'f', 4, 64) }

// writeJSON writes a value as indented JSON.
func writeJSON(w io.Writer, v any) error {
	encoder := json.NewEncoder(w)
	encoder.SetIndent("", "  ")
	encoder.SetEscapeHTML(false)
	return encoder.Encode(v)
}
