package main

import (
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"

	"nnrt/dataset"
	"nnrt/kernels"
	"nnrt/net"
	"nnrt/serialize"
	"nnrt/serialize/signature"
)

func inspectCommand() *command {
	f := &flagSet{}
	asJSON := f.boolean("json", false, "print a JSON object")
	weights := f.boolean("weights", false, "with --json: every weight too, row by row, with Keras's names and shapes")
	return &command{
		name:     "inspect",
		args:     "model.bin",
		summary:  "show a model's layers, schema and origin",
		examples: []string{"nnrt inspect model.bin", "nnrt inspect model.bin --json --weights | jq '.weights[0]'"},
		minArgs:  1, maxArgs: 1,
		flags: f,
		run: func(e *env, args []string) error {
			if *weights && !*asJSON {
				return usagef("--weights goes with --json")
			}
			file, err := readModel(args[0])
			if err != nil {
				return err
			}
			d := describe(file, *weights)
			if d.Bytes, d.SHA256, err = fileSum(args[0]); err != nil {
				return err
			}
			if *asJSON {
				return d.writeJSON(e.stdout)
			}
			d.write(e.stdout)
			return nil
		},
	}
}

// description is all that inspect shows.
type description struct {
	Bytes        int64              `json:"bytes"`
	SHA256       string             `json:"sha256"`
	Format       string             `json:"format"`
	Contract     int                `json:"contract"` // version of the arithmetic
	Inputs       int                `json:"inputs"`
	Outputs      int                `json:"outputs"`
	Parameters   int                `json:"parameters"`
	Layers       []layerDescription `json:"layers"`
	Schema       *schemaDescription `json:"schema"`
	Metadata     serialize.Metadata `json:"metadata"`
	SelfTestRows int                `json:"self_test_rows"`
	Signature    *signerDescription `json:"signature"`

	Checkpoint *checkpointDescription `json:"checkpoint,omitempty"`

	metadataKeys []string
	weights      []net.Variable
}

// checkpointDescription says where a training stands.
type checkpointDescription struct {
	Epochs  int   `json:"epochs"`  // finished
	Batches int   `json:"batches"` // of the epoch after those
	Steps   int64 `json:"steps"`   // batches in all
	Stopped bool  `json:"stopped"` // early
}

// signerDescription is what a signature says; verify tells whether it is true.
type signerDescription struct {
	Version uint64 `json:"version"`
	Key     string `json:"key"` // in base64
}

type layerDescription struct {
	Name              string  `json:"name"`
	Kind              string  `json:"kind"`
	Inputs            int     `json:"inputs"`
	Outputs           int     `json:"outputs"`
	Activation        string  `json:"activation,omitempty"`
	Alpha             float32 `json:"alpha,omitempty"`
	UseBias           *bool   `json:"use_bias,omitempty"`
	KernelInitializer string  `json:"kernel_initializer,omitempty"`
	BiasInitializer   string  `json:"bias_initializer,omitempty"`
	KernelL1          float32 `json:"kernel_l1,omitempty"`
	KernelL2          float32 `json:"kernel_l2,omitempty"`
	BiasL1            float32 `json:"bias_l1,omitempty"`
	BiasL2            float32 `json:"bias_l2,omitempty"`
	ActivityL1        float32 `json:"activity_l1,omitempty"`
	ActivityL2        float32 `json:"activity_l2,omitempty"`
	Rate              float32 `json:"rate,omitempty"`
	Momentum          float32 `json:"momentum,omitempty"`
	Epsilon           float32 `json:"epsilon,omitempty"`
	Center            *bool   `json:"center,omitempty"`
	Scale             *bool   `json:"scale,omitempty"`
	Parameters        int     `json:"parameters"`
}

type schemaDescription struct {
	Features  []featureDescription `json:"features"`
	Target    targetDescription    `json:"target"`
	OnMissing dataset.Rule         `json:"on_missing"`
	OnUnknown dataset.Rule         `json:"on_unknown"`
	NA        []string             `json:"na"`
	Columns   int                  `json:"columns"`
	Named     bool                 `json:"named"`
}

type featureDescription struct {
	Name       string       `json:"name"`
	Column     int          `json:"column"` // from 0
	Kind       dataset.Kind `json:"kind"`
	Mean       *float32     `json:"mean,omitempty"`
	Scale      *float32     `json:"scale,omitempty"`
	Fill       *float32     `json:"fill,omitempty"`
	Categories []string     `json:"categories,omitempty"`
}

type targetDescription struct {
	Name   string       `json:"name"`
	Column int          `json:"column"` // from 0, -1 if it is not a column of the data
	Task   dataset.Task `json:"task"`
	Labels []string     `json:"labels,omitempty"`
	Mean   *float32     `json:"mean,omitempty"`
	Scale  *float32     `json:"scale,omitempty"`
}

func describe(file *serialize.File, weights bool) *description {
	m := file.Model
	d := &description{
		Format: fmt.Sprintf("1.%d", file.Minor), Contract: file.Contract, Inputs: m.Inputs(), Outputs: m.Outputs(),
		Parameters: m.NumParameters(), Schema: describeSchema(file.Schema), Metadata: file.Metadata,
		SelfTestRows: len(file.SelfTest.Inputs) / m.Inputs(), metadataKeys: file.Metadata.Keys(),
	}
	if g := file.Signature; g != nil {
		d.Signature = &signerDescription{g.Version, signature.KeyText(g.Key[:])}
	}
	if state, err := file.State(); err == nil {
		d.Checkpoint = &checkpointDescription{state.Epoch, state.Batch, state.Step, state.Stopped}
	}
	counts := make(map[string]int)
	variables := m.Weights()
	for _, v := range variables {
		layer, _, _ := cutLast(v.Name, "/")
		counts[layer] += len(v.Values)
	}
	if weights {
		d.weights = variables
	}
	width := m.Inputs()
	for _, l := range m.Layers() {
		described := describeLayer(&l, width)
		described.Parameters = counts[l.Name]
		width = described.Outputs
		d.Layers = append(d.Layers, described)
	}
	return d
}

// cutLast is strings.Cut at the last separator.
func cutLast(s, separator string) (before, after string, found bool) {
	if i := strings.LastIndex(s, separator); i >= 0 {
		return s[:i], s[i+len(separator):], true
	}
	return s, "", false
}

func describeLayer(l *net.Layer, inputs int) layerDescription {
	d := layerDescription{Name: l.Name, Kind: l.Kind.String(), Inputs: inputs, Outputs: inputs}
	yes := func(v bool) *bool { return &v }
	switch l.Kind {
	case net.DenseLayer:
		d.Outputs = l.Units
		d.UseBias = yes(!l.NoBias)
		d.KernelInitializer, d.BiasInitializer = "glorot_uniform", "zeros"
		if l.KernelInitializer != (net.Initializer{}) {
			d.KernelInitializer = fmt.Sprint(l.KernelInitializer)
		}
		if l.BiasInitializer != (net.Initializer{}) {
			d.BiasInitializer = fmt.Sprint(l.BiasInitializer)
		}
		d.KernelL1, d.KernelL2 = l.KernelRegularizer.L1, l.KernelRegularizer.L2
		d.BiasL1, d.BiasL2 = l.BiasRegularizer.L1, l.BiasRegularizer.L2
		d.ActivityL1, d.ActivityL2 = l.ActivityRegularizer.L1, l.ActivityRegularizer.L2
		fallthrough
	case net.ActivationLayer:
		d.Activation, d.Alpha = l.Activation.String(), l.Activation.Alpha
	case net.DropoutLayer:
		d.Rate = l.Rate
	case net.BatchNormalizationLayer, net.LayerNormalizationLayer:
		d.Momentum, d.Epsilon = l.Momentum, l.Epsilon
		d.Center, d.Scale = yes(!l.NoCenter), yes(!l.NoScale)
	}
	return d
}

func describeSchema(s *dataset.Schema) *schemaDescription {
	if s == nil {
		return nil
	}
	t := &s.Target
	d := &schemaDescription{
		Target:    targetDescription{Name: t.Name, Column: t.Column, Task: t.Task, Labels: t.Labels},
		OnMissing: s.OnMissing, OnUnknown: s.OnUnknown, NA: s.NA, Columns: s.Columns, Named: s.Named,
	}
	if t.Task == dataset.TaskRegression {
		d.Target.Mean, d.Target.Scale = &t.Mean, &t.Scale
	}
	for i := range s.Features {
		f := &s.Features[i]
		fd := featureDescription{Name: f.Name, Column: f.Column, Kind: f.Kind, Categories: f.Categories}
		if f.Kind == dataset.Numeric {
			fd.Mean, fd.Scale = &f.Mean, &f.Scale
			if s.OnMissing == dataset.RuleMean {
				fd.Fill = &f.Fill
			}
		}
		d.Features = append(d.Features, fd)
	}
	return d
}

// writeJSON writes the description, and the weights one tensor at a time.
func (d *description) writeJSON(w io.Writer) error {
	text, err := json.MarshalIndent(d, "", "  ")
	if err != nil {
		return err
	}
	if d.weights == nil {
		_, err = fmt.Fprintf(w, "%s\n", text)
		return err
	}
	fmt.Fprintf(w, "%s,\n  \"weights\": [", strings.TrimSuffix(string(text), "\n}"))
	separator := "\n    "
	for _, v := range d.weights {
		tensor, err := json.Marshal(struct {
			Name   string    `json:"name"`
			Shape  []int     `json:"shape"`
			Values []float32 `json:"values"`
		}{v.Name, v.Shape, v.Values})
		if err != nil {
			return err
		}
		fmt.Fprintf(w, "%s%s", separator, tensor)
		separator = ",\n    "
	}
	_, err = io.WriteString(w, "\n  ]\n}\n")
	return err
}

// write prints the description for people.
func (d *description) write(w io.Writer) {
	fmt.Fprintf(w, "sha256      %s\nbytes       %d\nformat      %s\narithmetic  contract %d", d.SHA256, d.Bytes, d.Format,
		d.Contract)
	if d.Contract != kernels.Contract {
		fmt.Fprintf(w, " (this program: %d)", kernels.Contract)
	}
	if d.Signature != nil {
		fmt.Fprintf(w, "\nsignature   version %d, key %s (not checked: nnrt verify does that)", d.Signature.Version,
			d.Signature.Key)
	}
	if c := d.Checkpoint; c != nil {
		fmt.Fprintf(w, "\ntraining    a checkpoint after %d epochs and %d batches", c.Epochs, c.Batches)
	}
	fmt.Fprintf(w, "\nself-test   %d rows\nparameters  %d (%d bytes)\n\n", d.SelfTestRows, d.Parameters, 4*d.Parameters)
	layers := &table{header: []string{"layer", "kind", "shape", "activation", "parameters", "bytes"}}
	for _, l := range d.Layers {
		kind := l.Kind
		if l.Rate > 0 {
			kind += " " + strconv.FormatFloat(float64(l.Rate), 'g', -1, 32)
		}
		layers.add(l.Name, kind, fmt.Sprintf("%d → %d", l.Inputs, l.Outputs), l.Activation, strconv.Itoa(l.Parameters),
			strconv.Itoa(4*l.Parameters))
	}
	layers.write(w)
	if d.Schema != nil {
		d.Schema.write(w)
	}
	if len(d.metadataKeys) > 0 {
		fmt.Fprintln(w, "\ntraining")
		for _, key := range d.metadataKeys {
			fmt.Fprintf(w, "  %-18s %s\n", key, d.Metadata[key])
		}
	}
}

func (s *schemaDescription) write(w io.Writer) {
	fmt.Fprintln(w)
	features := &table{header: []string{"column", "kind", "mean", "scale"}}
	for _, f := range s.Features {
		mean, scale := "", ""
		kind := f.Kind.String()
		if f.Mean != nil {
			mean, scale = short(*f.Mean), short(*f.Scale)
		} else {
			kind += " (" + strconv.Itoa(len(f.Categories)) + ")"
		}
		features.add(f.Name, kind, mean, scale)
	}
	const most = 40
	if left := len(features.rows) - most; left > 0 {
		features.rows = features.rows[:most]
		features.add(fmt.Sprintf("… %d more", left), "", "", "")
	}
	features.write(w)
	fmt.Fprintf(w, "\nmissing values: %v; unknown categories: %v\n", s.OnMissing, s.OnUnknown)
	t := &s.Target
	switch {
	case t.Labels != nil:
		fmt.Fprintf(w, "target: %s, %v: %s\n", t.Name, t.Task, joinWords(t.Labels))
	case t.Mean != nil:
		fmt.Fprintf(w, "target: %s, %v, mean %s, scale %s\n", t.Name, t.Task, short(*t.Mean), short(*t.Scale))
	}
}

// short returns a float32 in at most six digits.
func short(v float32) string { return strconv.FormatFloat(float64(v), 'g', 6, 32) }
