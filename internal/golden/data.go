package golden

import (
	"bytes"
	"fmt"
	"io"
	"math"
	"strings"

	"nnrt/dataset"
)

// stream is a generator of integers; the numbers of all cases are made of them by operations that are exact.
type stream uint64

// next returns an integer −2048 ≤ v < 2048.
func (s *stream) next() int64 {
	*s = *s*6364136223846793005 + 1442695040888963407
	return int64(*s>>52) - 2048
}

// below returns an integer 0 ≤ v < n, for small n.
func (s *stream) below(n int) int { return int(s.next()+2048) * n >> 12 }

// source makes numbers for rows, and integers that depend on a row in a way that can be learned.
type source struct {
	rows, inputs, outputs int
	x                     []float32 // of shape [rows, inputs]
	scores                []int64   // of shape [rows, outputs], |score| < 2048·√inputs, more or less
	stream                stream
}

// newSource makes inputs from −2 to 2 in steps of 1/1024; or, as images have, from 0 to 2, every other of which is 0.
func newSource(rows, inputs, outputs int, image bool) *source {
	s := &source{rows: rows, inputs: inputs, outputs: outputs, x: make([]float32, rows*inputs),
		scores: make([]int64, rows*outputs), stream: stream(rows)<<32 + stream(inputs)<<16 + stream(outputs)}
	weights := make([]int64, inputs*outputs)
	for i := range weights {
		weights[i] = int64(s.stream.below(3) - 1)
	}
	for r := range rows {
		for i := range inputs {
			v := s.stream.next()
			if image {
				v = max(v, 0)
			}
			s.x[r*inputs+i] = float32(v) / 1024
			for o := range outputs {
				s.scores[r*outputs+o] += weights[i*outputs+o] * v
			}
		}
	}
	return s
}

// class returns which of a row's scores is the largest.
func (s *source) class(row int) int {
	best := 0
	scores := s.scores[row*s.outputs:][:s.outputs]
	for o, score := range scores {
		if score > scores[best] {
			best = o
		}
	}
	return best
}

// mostPredicted is how many rows of its data a case predicts at most: not a whole number of any kernel's.
const mostPredicted = 41

// data returns the rows with their targets.
func (s *source) data(y []float32) (*Data, error) {
	return &Data{Inputs: s.inputs, Train: Rows{X: s.x, Y: y}, Test: s.x[:min(s.rows, mostPredicted)*s.inputs]}, nil
}

// classes makes rows with the index of a class each.
func classes(rows, inputs, n int) func() (*Data, error) { return classesOf(rows, inputs, n, false) }

// images makes rows as classes does, of numbers as images have.
func images(rows, inputs, n int) func() (*Data, error) { return classesOf(rows, inputs, n, true) }

func classesOf(rows, inputs, n int, image bool) func() (*Data, error) {
	return func() (*Data, error) {
		s := newSource(rows, inputs, n, image)
		y := make([]float32, rows)
		for r := range y {
			y[r] = float32(s.class(r))
		}
		return s.data(y)
	}
}

// oneHot makes rows with the class as a one among zeros.
func oneHot(rows, inputs, n int) func() (*Data, error) { return shares(rows, inputs, n, 1, 0) }

// mixtures makes rows with three quarters of a class and a quarter of the next one.
func mixtures(rows, inputs, n int) func() (*Data, error) { return shares(rows, inputs, n, 0.75, 0.25) }

func shares(rows, inputs, n int, first, second float32) func() (*Data, error) {
	return func() (*Data, error) {
		s := newSource(rows, inputs, n, false)
		y := make([]float32, rows*n)
		for r := range rows {
			class := s.class(r)
			y[r*n+class] = first
			y[r*n+(class+1)%n] = second
		}
		return s.data(y)
	}
}

// each makes targets of each score alone.
func each(rows, inputs, n int, target func(score int64) float32) func() (*Data, error) {
	return func() (*Data, error) {
		s := newSource(rows, inputs, n, false)
		y := make([]float32, len(s.scores))
		for i, score := range s.scores {
			y[i] = target(score)
		}
		return s.data(y)
	}
}

// truths makes rows with zeros and ones.
func truths(rows, inputs, n int) func() (*Data, error) {
	return each(rows, inputs, n, func(score int64) float32 { return float32(min(max(score, 0), 1)) })
}

// numbers makes rows with numbers, for regressions.
func numbers(rows, inputs, n int) func() (*Data, error) {
	return each(rows, inputs, n, func(score int64) float32 { return float32(score) / 4096 })
}

// counts makes rows with whole numbers from 0.
func counts(rows, inputs, n int) func() (*Data, error) {
	return each(rows, inputs, n, func(score int64) float32 { return float32(max(score, 0) / 2048) })
}

// weighted gives a fifth of the rows to validation, and all of them weights.
func weighted(data func() (*Data, error)) func() (*Data, error) {
	return func() (*Data, error) {
		d, err := data()
		if err != nil {
			return nil, err
		}
		rows := len(d.Train.X) / d.Inputs
		width := len(d.Train.Y) / rows
		weight := make([]float32, rows)
		s := stream(rows)
		for i := range weight {
			weight[i] = float32(s.below(9)) / 4
		}
		at := rows - rows/5
		all := Rows{d.Train.X, d.Train.Y, weight}
		d.Train = Rows{all.X[:at*d.Inputs], all.Y[:at*width], all.Weight[:at]}
		d.Validation = Rows{all.X[at*d.Inputs:], all.Y[at*width:], all.Weight[at:]}
		return d, nil
	}
}

// tiny multiplies inputs and targets by 2⁻¹³⁰: many are subnormal, and so are sums of them.
func tiny(data func() (*Data, error)) func() (*Data, error) {
	return func() (*Data, error) {
		d, err := data()
		if err != nil {
			return nil, err
		}
		for _, values := range [][]float32{d.Train.X, d.Train.Y} {
			for i, v := range values {
				values[i] = float32(math.Ldexp(float64(v), -130))
			}
		}
		return d, nil
	}
}

// extreme predicts from numbers as large and as small as there are, from −0, infinities and NaN.
func extreme(data func() (*Data, error)) func() (*Data, error) {
	return func() (*Data, error) {
		d, err := data()
		if err != nil {
			return nil, err
		}
		infinity := float32(math.Inf(1))
		values := []float32{0, float32(math.Copysign(0, -1)), math.SmallestNonzeroFloat32, 0x1p-127, -0x1p-126, 1e-30,
			1e-10, 30, -30, 88.8, -104, 1e10, -1e10, 1e30, math.MaxFloat32, -math.MaxFloat32, infinity, -infinity,
			float32(math.NaN())}
		d.Test = append([]float32(nil), d.Test...)
		var s stream
		for i, v := range values { // each in a row that is otherwise as it was, and with others in the rows after them
			d.Test[i*d.Inputs+s.below(d.Inputs)] = v
			for range 3 {
				d.Test[(len(values)+i)*d.Inputs+s.below(d.Inputs)] = values[s.below(len(values))]
			}
		}
		return d, nil
	}
}

// table makes CSV and learns its schema, as nnrt train does: numbers with some missing, a column of words, one of
// numbers that are categories, one to leave out. The rows to predict come from another text, with its columns in
// another order and categories that the first has not.
func table(rows int, config dataset.Config) func() (*Data, error) {
	return func() (*Data, error) {
		config := config
		config.Drop, config.Categorical = []string{"id"}, []string{"grade"}
		for _, name := range []string{"sound", "kind", "price"} {
			if name != config.Target {
				config.Drop = append(config.Drop, name)
			}
		}
		config.OnMissing, config.OnUnknown = dataset.RuleMean, dataset.RuleZero
		src, err := dataset.NewReader("train.csv", strings.NewReader(tableText(rows)), dataset.Options{})
		if err != nil {
			return nil, err
		}
		learned, err := dataset.Learn(src, config)
		if err != nil {
			return nil, err
		}
		schema := learned.Schema
		width, n := schema.Width(), learned.TrainRows
		d := &Data{Inputs: width, Schema: schema, Train: Rows{X: learned.X[:n*width], Y: learned.Y[:n]},
			Validation: Rows{X: learned.X[n*width:], Y: learned.Y[n:]}}
		if config.ValidationSplit == 0 {
			d.Validation = Rows{}
		}
		if d.Test, err = encode(schema, testText(mostPredicted)); err != nil {
			return nil, err
		}
		return d, nil
	}
}

var colours = []string{"red", "green", "blue", "ochre"}

// tableText is the rows to train on.
func tableText(rows int) string {
	var b bytes.Buffer
	b.WriteString("id,length,weight,colour,grade,price,sound,kind\n")
	s := stream(rows)
	for i := range rows {
		length, weight, colour, grade := s.below(1000), s.next(), s.below(len(colours)), 1+s.below(3)
		score := length + int(weight)/4 + 300*colour - 200*grade
		sound, kind := "no", "small"
		if score > 400 {
			sound = "yes"
		}
		if score > 200 {
			kind = "middle"
		}
		if score > 700 {
			kind = "large"
		}
		lengthText, colourText := fmt.Sprintf("%d.%02d", length/100, length%100), colours[colour]
		if s.below(12) == 0 {
			lengthText = "NA"
		}
		if s.below(12) == 0 {
			colourText = "?"
		}
		fmt.Fprintf(&b, "%d,%s,%d,%s,%d,%d.5,%s,%s\n", i, lengthText, weight, colourText, grade, score, sound, kind)
	}
	return b.String()
}

// testText is the rows to predict.
func testText(rows int) string {
	var b bytes.Buffer
	b.WriteString("weight,grade,colour,length\n")
	s := stream(rows)
	for range rows {
		colour := append([]string{"mauve", ""}, colours...)[s.below(2+len(colours))]
		fmt.Fprintf(&b, "%de-1,%d,%s,%d.%03d\n", s.next(), 1+s.below(5), colour, s.below(12), s.below(1000))
	}
	return b.String()
}

// encode reads CSV without targets by a schema.
func encode(schema *dataset.Schema, text string) (x []float32, err error) {
	src, err := dataset.NewReader("test.csv", strings.NewReader(text), dataset.Options{Names: schema.Names()})
	if err != nil {
		return nil, err
	}
	encoder, err := schema.Encoder(src)
	if err != nil {
		return nil, err
	}
	for {
		row, err := src.Next()
		if err == io.EOF {
			return x, nil
		}
		if err != nil {
			return nil, err
		}
		x = append(x, make([]float32, schema.Width())...)
		if err := encoder.EncodeRow(x[len(x)-schema.Width():], row); err != nil {
			return nil, src.At(err)
		}
	}
}
