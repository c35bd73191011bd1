package main

import (
	"bytes"
	"fmt"
	"io"
	"strconv"
	"strings"

	"nnrt/dataset"
	"nnrt/examples/data"
	"nnrt/serialize"
)

// demoEpochs is how often the demo goes through its 614 training rows. The tutorial has 10 epochs, which are 200 steps
// here, too few: about 0.68 to 0.77 of the held-out rows are then right, depending on the seed, after 100 epochs 0.76
// to 0.79.
const demoEpochs = 100

// demoEvery is after how many epochs the demo prints a line.
const demoEvery = 10

// demoRows is how many held-out rows the demo shows.
const demoRows = 6

func demoCommand() *command {
	f := &flagSet{}
	output := f.file("o", "FILE", "model.bin", "the model file to write")
	seed := f.seed()
	return &command{
		name:    "demo",
		summary: "train, save, load and run the tutorial's network on real data that nnrt has with it",
		details: "The data is Pima Indians Diabetes, 768 rows of 8 numbers, of which the last fifth is held out; the " +
			"network has layers of 10 and 8 units (ReLU) and a sigmoid output, trained by Adam on binary cross-entropy in " +
			"batches of 32. The model's SHA-256 is the same on every machine.",
		examples: []string{"nnrt demo", "nnrt demo -o pima.bin --seed 2"},
		flags:    f,
		run:      func(e *env, _ []string) error { return demo(e, *output, *seed) },
	}
}

func demo(e *env, output string, seed uint64) error {
	// The demo is this command line, with the data from the inside of the program.
	line := []string{"pima.csv", "--target", "diabetes", "--layers", "10:relu,8:relu", "--epochs",
		strconv.Itoa(demoEpochs), "--val-split", "0.2", "--seed", strconv.FormatUint(seed, 10), "-o", output}
	o, err := parseTrain(line[1:])
	if err != nil {
		return err
	}
	inside := *e
	inside.stdin = bytes.NewReader(data.Pima)

	t, err := prepareTraining(&inside, o, "-")
	if err != nil {
		return err
	}
	if !e.quiet {
		fmt.Fprintf(e.stderr, "Pima Indians Diabetes: %d rows to train on, %d held out. The tutorial's network, for %d "+
			"epochs\n(the tutorial has 10, too few for so few rows). The same by hand:\n\n  nnrt train %s\n\n", t.data.rows(),
			t.data.valRows(), demoEpochs, strings.Join(line, " "))
	}
	t.every = demoEvery
	blob, err := t.trainAndSave(e)
	if err != nil {
		return err
	}

	file, err := readModel(output) // from here on the model is what any program would get from the file
	if err != nil {
		return err
	}
	raw, err := heldOutRows(t.data.rows())
	if err != nil {
		return err
	}
	held := &evalData{x: t.data.valX, y: t.data.valY, raw: t.data.valY}
	r, err := held.measure(file)
	if err != nil {
		return err
	}
	fmt.Fprintf(e.stdout, "Held-out rows, which training has not seen:\n\n")
	r.write(e.stdout)
	if err := writeDemoTable(e.stdout, file, held, raw); err != nil {
		return err
	}
	fmt.Fprintf(e.stdout, "\nThe model, the same bytes on every machine (name, size, SHA-256):\n\n")
	printFile(e, output, blob)
	fmt.Fprintf(e.stdout, "\nNext:\n\n  nnrt inspect %[1]s\n  nnrt verify %[1]s\n"+
		"  echo %[2]s | nnrt run %[1]s --header no\n  nnrt train -h\n", output, strings.Join(raw[0][:8], ","))
	return nil
}

// heldOutRows returns the bundled rows after the first so many, as texts.
func heldOutRows(after int) (rows [][]string, err error) {
	src, err := dataset.NewReader("pima.csv", bytes.NewReader(data.Pima), dataset.Options{})
	if err != nil {
		return nil, err
	}
	for n := 0; ; n++ {
		row, err := src.Next()
		if err == io.EOF {
			return rows, nil
		}
		if err != nil {
			return nil, err
		}
		if n >= after {
			rows = append(rows, append([]string(nil), row.Text...))
		}
	}
}

// writeDemoTable predicts some held-out rows, and shows them with what they really are.
func writeDemoTable(w io.Writer, file *serialize.File, held *evalData, raw [][]string) error {
	fmt.Fprintf(w, "\nSome of them:\n\n")
	features := file.Schema.Features
	t := &table{header: []string{"row"}}
	for i := range features {
		t.header = append(t.header, features[i].Name)
	}
	t.header = append(t.header, "p_pos", "predicted", "actual")
	a := answersOf(file)
	predictor := file.Model.NewPredictor()
	width := predictor.Inputs()
	y := make([]float32, predictor.Outputs())
	for i := range demoRows {
		at := i * len(raw) / demoRows
		if err := predictor.Predict(y, held.x[at*width:][:width]); err != nil {
			return err
		}
		row := []string{strconv.Itoa(at + 1)}
		row = append(row, raw[at][:len(features)]...)
		t.add(append(row, strconv.FormatFloat(float64(y[0]), 'f', 4, 32), a.labels[a.class(y)],
			a.labels[int(held.y[at])])...)
	}
	t.write(w)
	return nil
}
