// Package golden holds the promise of nnrt to a fixed set of trainings: for each, the SHA-256 of the trained model's
// file, of what the model predicts and of the training's history, as the portable reference kernels gave them. Every
// machine, tier of kernels, number of threads and size of batches must give the same. The tests of this package check
// that, and nnrt verify --golden does on any machine, with nothing but the program.
//
// The sums stand in expected.txt, which go generate writes anew after a change that is meant to change results: the
// arithmetic contract's version, the model format's, or a case.
package golden

import (
	"context"
	"crypto/sha256"
	_ "embed"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"hash"
	"math"
	"runtime"
	"slices"
	"strconv"
	"strings"

	"nnrt/dataset"
	"nnrt/net"
	"nnrt/serialize"
)

//go:generate go test -run ^TestExpected$ -update

//go:embed expected.txt
var expectedText string

// Case is one training and what must come of it.
type Case struct {
	Name   string
	Covers string // in one line
	Slow   bool   // too slow for an emulator: left out of Short

	Data      func() (*Data, error)
	Layers    []net.Layer
	Fit       net.FitConfig         // without validation rows and weights, which are the data's
	Callbacks func() []net.Callback // new ones for each training, or nil

	Expected Sums
}

// Sums are SHA-256, in hexadecimal, of what a case gives.
type Sums struct {
	Model       string // the file's bytes
	History     string // epochs, learning rates, losses and metrics; a float64 is its bits
	Predictions string // the outputs' bits, row after row. All NaN are taken for one
}

// Joined is one sum for the three.
func (s Sums) Joined() string {
	return sumOf([]byte(s.Model + s.History + s.Predictions))
}

// Data is what a case trains on and predicts from.
type Data struct {
	Inputs            int
	Train, Validation Rows            // no Validation: see Case.Fit
	Test              []float32       // rows to predict
	Schema            *dataset.Schema // or nil
}

// Rows are rows with their targets and, or nil, their weights.
type Rows struct{ X, Y, Weight []float32 }

// Cases returns all cases.
func Cases() []Case {
	all := cases()
	expected := parseExpected(expectedText)
	for i := range all {
		all[i].Expected = expected[all[i].Name]
	}
	return all
}

// Short returns the cases that even an emulator has done in some seconds.
func Short() []Case {
	return slices.DeleteFunc(Cases(), func(c Case) bool { return c.Slow })
}

// parseExpected reads lines of a case's name and its sums in the order of Sums.
func parseExpected(text string) map[string]Sums {
	sums := make(map[string]Sums)
	for line := range strings.Lines(text) {
		if f := strings.Fields(line); len(f) == 4 {
			sums[f[0]] = Sums{f[1], f[2], f[3]}
		}
	}
	return sums
}

// threadCounts are the numbers of threads that a case is run with.
var threadCounts = []int{1, 3}

// batchSizes are the numbers of rows that are predicted at a time.
var batchSizes = []int{1, 7, 32}

// Check is one comparison of a sum.
type Check struct {
	What          string // model, history or predictions; with how they were made if not as always
	Expected, Got string
}

// OK tells whether the sum is as expected.
func (c Check) OK() bool { return c.Got == c.Expected }

// Check runs a case with one and with three threads, predicting rows alone and in batches, and compares what comes of
// it. It returns one Check for each of the three sums, the first that differs if one does. The error is of a case that
// does not run at all.
func (c *Case) Check() ([]Check, error) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(max(3, runtime.GOMAXPROCS(0)))) // three threads on fewer cores, too
	checks := []Check{
		{"model", c.Expected.Model, c.Expected.Model},
		{"history", c.Expected.History, c.Expected.History},
		{"predictions", c.Expected.Predictions, c.Expected.Predictions},
	}
	compare := func(i int, got, how string) {
		if check := &checks[i]; check.OK() && got != check.Expected {
			check.Got = got
			check.What += ", " + how
		}
	}
	for _, threads := range threadCounts {
		how := "1 thread"
		if threads > 1 {
			how = fmt.Sprintf("%d threads", threads)
		}
		blob, history, test, err := c.train(threads)
		if err != nil {
			return nil, err
		}
		compare(0, sumOf(blob), how)
		compare(1, history, how)
		for _, batch := range batchSizes {
			y, err := predict(blob, test, threads, batch)
			if err != nil {
				return nil, err
			}
			compare(2, predictionsSum(y), fmt.Sprintf("%s, rows by %d", how, batch))
		}
	}
	return checks, nil
}

// train returns the model's file, the sum of the history, and the rows to predict.
func (c *Case) train(threads int) (blob []byte, history string, test []float32, err error) {
	return c.trainUntil(context.Background(), threads)
}

// trainUntil is train that the end of a context ends.
func (c *Case) trainUntil(ctx context.Context, threads int) (blob []byte, history string, test []float32, err error) {
	fail := func(err error) ([]byte, string, []float32, error) {
		return nil, "", nil, fmt.Errorf("%s: %w", c.Name, err)
	}
	d, err := c.Data()
	if err != nil {
		return fail(err)
	}
	model, err := net.New(d.Inputs, c.Layers...)
	if err != nil {
		return fail(err)
	}
	fit := c.Fit
	fit.Threads = threads
	fit.SampleWeight = d.Train.Weight
	fit.ValidationX, fit.ValidationY, fit.ValidationWeight = d.Validation.X, d.Validation.Y, d.Validation.Weight
	if c.Callbacks != nil {
		fit.Callbacks = c.Callbacks()
	}
	done, err := model.Fit(ctx, d.Train.X, d.Train.Y, fit)
	if err != nil {
		return fail(err)
	}
	selfTest, err := serialize.NewSelfTest(model, d.Train.X[:2*d.Inputs])
	if err != nil {
		return fail(err)
	}
	file := &serialize.File{Model: model, Schema: d.Schema, Metadata: metadata(&fit, done), SelfTest: selfTest}
	if blob, err = serialize.Encode(file); err != nil {
		return fail(err)
	}
	return blob, historySum(done), d.Test, nil
}

// metadata is what nnrt train, too, would write of a training.
func metadata(fit *net.FitConfig, done *net.History) serialize.Metadata {
	m := serialize.Metadata{
		"loss":           fit.Loss.String(),
		"optimizer":      fit.Optimizer.Name(),
		"epochs_trained": strconv.Itoa(len(done.Epochs)),
	}
	for _, v := range done.Epochs[len(done.Epochs)-1].Values {
		m["final_"+v.Name] = strconv.FormatFloat(v.Value, 'g', -1, 64)
	}
	return m
}

// predict returns what the model in a file predicts from rows, so many at a time.
func predict(blob []byte, x []float32, threads, batch int) ([]float32, error) {
	model, err := serialize.Load(blob)
	if err != nil {
		return nil, err
	}
	p := model.NewPredictor()
	p.SetThreads(threads)
	rows := len(x) / p.Inputs()
	y := make([]float32, rows*p.Outputs())
	for from := 0; from < rows; from += batch {
		to := min(from+batch, rows)
		if err := p.Predict(y[from*p.Outputs():to*p.Outputs()], x[from*p.Inputs():to*p.Inputs()]); err != nil {
			return nil, err
		}
	}
	return y, nil
}

func predictionsSum(y []float32) string {
	h := sha256.New()
	var word [4]byte
	for _, v := range y {
		bits := math.Float32bits(v)
		if v != v {
			bits = 0x7fc00000 // the payload of a NaN is no part of the promise
		}
		binary.LittleEndian.PutUint32(word[:], bits)
		h.Write(word[:])
	}
	return sumString(h)
}

func historySum(history *net.History) string {
	h := sha256.New()
	for _, epoch := range history.Epochs {
		fmt.Fprintf(h, "epoch %d %016x\n", epoch.Epoch, float64Bits(epoch.LearningRate))
		for _, v := range epoch.Values {
			fmt.Fprintf(h, "%s %016x\n", v.Name, float64Bits(v.Value))
		}
	}
	return sumString(h)
}

// float64Bits returns the bits of a number, the same for all NaN.
func float64Bits(v float64) uint64 {
	if v != v {
		return 0x7ff8000000000000
	}
	return math.Float64bits(v)
}

func sumOf(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

func sumString(h hash.Hash) string { return hex.EncodeToString(h.Sum(nil)) }
