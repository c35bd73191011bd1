// Embed is the program that most users of nnrt write: it carries a trained model and predicts from it, row by row.
//
// The model is that of nnrt demo, the tutorial's network on the Pima Indians Diabetes data. Each line of standard input
// is a row of its 8 measurements, with commas, in the units of the data:
//
//	echo 6,148,72,35,0,33.6,0.627,50 | go run ./examples/embed
//
// and each line of standard output is the probability of diabetes for one of them.
package main

import (
	"bufio"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"nnrt/serialize"
)

const longestLine = 64 << 10

//go:generate go run nnrt/cmd/nnrt demo -q -o model.bin
//go:embed model.bin
var blob []byte

func main() {
	if err := run(os.Stdout, os.Stdin); err != nil {
		fmt.Fprintln(os.Stderr, "embed:", err)
		os.Exit(1)
	}
}

func run(stdout io.Writer, stdin io.Reader) error {
	file, err := serialize.Decode(blob)
	if err != nil {
		return err
	}
	if file.Schema == nil {
		return errors.New("the model has no schema; serialize.Load is enough to predict from numbers as it knows them")
	}
	var names []string
	for _, f := range file.Schema.Features {
		names = append(names, f.Name)
	}
	encoder, err := file.Schema.Bind(names, true) // turns a row of texts into the model's inputs, as in training
	if err != nil {
		return err
	}
	predictor := file.Model.NewPredictor()
	x, y := make([]float32, predictor.Inputs()), make([]float32, predictor.Outputs())

	in, out := bufio.NewReaderSize(stdin, longestLine), bufio.NewWriter(stdout)
	defer out.Flush()
	for line := 1; ; line++ {
		if in.Buffered() == 0 { // whoever typed a row waits for its answer
			if err := out.Flush(); err != nil {
				return err
			}
		}
		read, err := in.ReadSlice('\n')
		if err == io.EOF && len(read) == 0 {
			return out.Flush()
		}
		if err != nil && err != io.EOF {
			return fmt.Errorf("line %d: %w", line, err)
		}
		row := strings.TrimSpace(string(read))
		if row == "" {
			continue
		}
		values := strings.Split(row, ",")
		if len(values) != len(names) {
			return fmt.Errorf("line %d: want %d values, have %d: %s", line, len(names), len(values), strings.Join(names, ","))
		}
		if err := encoder.Encode(x, values); err != nil {
			return fmt.Errorf("line %d: %w", line, err)
		}
		if err := predictor.Predict(y, x); err != nil {
			return err
		}
		fmt.Fprintln(out, y[0]) // of two classes the second's probability; of more classes y has one for each
	}
}
