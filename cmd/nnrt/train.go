package main

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"

	"nnrt/dataset"
	"nnrt/net"
	"nnrt/serialize"
)

// trainOptions are the flags of nnrt train.
type trainOptions struct {
	flags  *flagSet
	source sourceFlags

	output, target, labels, val, valLabels, init, log *string
	features, drop, categorical                       *[]string
	na, onMissing, onUnknown, task, standardize       *string
	layers, optimizer, schedule, loss, classWeight    *string
	checkpoint, resume                                *string
	learningRate, l1, l2, dropout, valSplit           *float64
	epochs, batchSize, earlyStop, threads             *int
	checkpointEvery                                   *int
	seed                                              *uint64
	shuffle                                           *bool
}

func trainCommand() *command {
	o := newTrainOptions()
	return &command{
		name:    "train",
		args:    "DATA",
		summary: "train a network on a file of data, and save it",
		details: "DATA is CSV (plain or compressed by gzip, - for the standard input), JSON Lines, NPY or IDX. The model " +
			"file holds everything that is needed to run it on such rows again: names and order of the columns, scales, " +
			"categories and labels.\n\n" +
			"The last layer follows from the task: binary, one sigmoid output; multiclass, a softmax output per class; " +
			"regression, one linear output. The same data, flags and seed give the same file to the byte on every " +
			"machine. Standard output is the file's name, size and SHA-256 with tabs between them.\n\n" +
			"In a regression the loss is that of the scaled target, mae is in the target's own units.",
		examples: []string{
			"nnrt train pima.csv --target diabetes --layers 10:relu,8:relu --epochs 50 --val-split 0.2 -o model.bin",
			"nnrt train pima.csv --target diabetes --epochs 500 --checkpoint pima.ckpt --resume pima.ckpt -o model.bin",
			"nnrt train train-images-idx3-ubyte.gz --labels train-labels-idx1-ubyte.gz --layers 128 --batch-size 128",
		},
		minArgs: 1, maxArgs: 1,
		flags: o.flags,
		run:   func(e *env, args []string) error { return train(e, o, args[0]) },
	}
}

// newTrainOptions defines the flags of nnrt train.
func newTrainOptions() *trainOptions {
	f := &flagSet{}
	o := &trainOptions{flags: f}
	o.output = f.file("o", "FILE", "model.bin", "the model file to write")
	o.target = f.text("target", "NAME", "", "the column to learn (csv, jsonl); it is never guessed")
	o.labels = f.file("labels", "FILE", "", "the targets that belong to DATA (npy, idx)")
	o.features = f.list("features", "A,B", "the columns to use; else all but the target")
	o.drop = f.list("drop", "A,B", "columns to leave out")
	o.categorical = f.list("categorical", "A,B", "columns to take as categories, one input each, even if they hold "+
		"numbers; columns of text are without being named")
	o.source = f.source()
	o.na = f.text("na", "LIST", dataset.DefaultNA, "spellings of a missing value, with commas between them")
	o.onMissing = f.choice("on-missing", []string{"error", "mean", "zero"}, "error", "what to do with a missing value")
	o.onUnknown = f.choice("on-unknown", []string{"error", "zero"}, "error",
		"what to do, when the model runs, with a category that training has not seen")
	o.task = f.choice("task", []string{"auto", "binary", "multiclass", "regression"}, "auto",
		"what the target is; auto: text, or at most 20 different whole numbers, are classes")
	o.layers = f.text("layers", "SPEC", "64:relu,64:relu", "hidden layers, UNITS[:ACTIVATION] with commas between "+
		"them, or none; relu if no activation is given")
	o.standardize = f.choice("standardize", []string{"auto", "zscore", "minmax", "none"}, "auto",
		"scaling of numeric inputs, stored in the model; zscore scales a regression's target too; auto: zscore, but "+
			"for idx none, whose bytes are divided by 255")
	o.epochs = f.integer("epochs", "N", 10, 1, math.MaxInt32, "how often training goes through the rows")
	o.batchSize = f.integer("batch-size", "N", 32, 1, math.MaxInt32, "rows in a training step")
	o.optimizer = f.text("optimizer", "SPEC", "adam", "sgd, rmsprop, adam, adamw, adagrad, nadam, adamax or lion, with "+
		"Keras's parameters as in sgd:momentum=0.9,nesterov=true")
	o.learningRate = f.number("learning-rate", "X", 0, positive, "Keras's default for the optimizer if not given")
	f.options[len(f.options)-1].shown = ""
	o.schedule = f.text("schedule", "SPEC", "constant", "of the learning rate: constant, cosine, cosine-restarts, "+
		"exponential, inverse-time, polynomial or piecewise, with parameters as in exponential:rate=0.9 (an epoch a "+
		"step), cosine:warmup_steps=100 or piecewise:boundaries=100/200,values=0.01/0.003/0.001; cosine and "+
		"polynomial last the whole training unless decay_steps is given")
	o.loss = f.text("loss", "NAME", "", "Keras's name; else it follows from the task")
	o.l1 = f.number("l1", "X", 0, notNegative, "penalty on the kernels of the hidden layers")
	o.l2 = f.number("l2", "X", 0, notNegative, "penalty on the kernels of the hidden layers, squared")
	o.dropout = f.number("dropout", "X", 0, fraction, "share of each hidden layer's outputs to drop in training")
	o.classWeight = f.text("class-weight", "SPEC", "", "weights of the classes in the loss: balanced, or LABEL=W,…")
	o.valSplit = f.number("val-split", "F", 0, fraction, "hold out the last share F of the rows, and measure on them")
	o.val = f.file("val", "DATA", "", "measure on the rows of another file")
	o.valLabels = f.file("val-labels", "FILE", "", "the targets that belong to --val (npy, idx)")
	o.earlyStop = f.integer("early-stop", "N", 0, 1, math.MaxInt32, "stop after N epochs without better validation "+
		"loss, and keep the best weights")
	f.options[len(f.options)-1].shown = "off"
	o.seed = f.seed()
	o.shuffle = f.boolean("shuffle", true, "--shuffle=false keeps the rows in the order of the file")
	o.init = f.file("init", "MODEL", "", "start from the weights of this model; its layers and schema hold")
	o.threads = f.integer("threads", "N", 0, 0, 1024, "0 for all cores; the result does not depend on it")
	o.log = f.file("log", "FILE", "", "write a JSON object per epoch: epoch, loss, metrics, val_…, lr, seconds")
	o.checkpoint = f.file("checkpoint", "FILE", "", "save the state of training there after every epoch, and when it is "+
		"interrupted; the file is a model, too")
	o.checkpointEvery = f.integer("checkpoint-every", "N", 1, 1, math.MaxInt32,
		"the epochs from one checkpoint to the next")
	o.resume = f.file("resume", "FILE", "", "go on from a checkpoint, with the same data and flags (but --epochs may be "+
		"more): the model is that of an uninterrupted training")
	return o
}

// parseTrain returns the options of a command line of nnrt train that has no arguments.
func parseTrain(line []string) (*trainOptions, error) {
	o := newTrainOptions()
	_, _, err := o.flags.parse(line)
	return o, err
}

// plan is what the flags ask for, as far as that can be told before the data is read.
type plan struct {
	layers     []hidden
	optimizer  net.Optimizer
	rate       float64
	optimizing string // the optimizer with all parameters, in words
	schedule   scheduleMaker
	loss       *net.Loss // nil: follows from the task
	initial    *serialize.File
	initialSum string      // SHA-256 of the file --init
	resumed    *checkpoint // --resume, or nil
}

func train(e *env, o *trainOptions, data string) error {
	t, err := prepareTraining(e, o, data)
	if err != nil {
		return err
	}
	blob, err := t.trainAndSave(e)
	if err != nil {
		return err
	}
	printFile(e, *o.output, blob)
	return nil
}

// prepareTraining does all that comes before training.
func prepareTraining(e *env, o *trainOptions, data string) (*session, error) {
	p, err := o.plan(data)
	if err != nil {
		return nil, err
	}
	d, err := o.load(e, p, data)
	if err != nil {
		return nil, err
	}
	return o.prepare(p, d)
}

// plan checks the flags, so that mistakes show before work is done.
func (o *trainOptions) plan(data string) (p *plan, err error) {
	p = &plan{}
	if p.layers, err = parseLayers(*o.layers); err != nil {
		return nil, usagef("--layers: %w", err)
	}
	p.optimizer, p.rate, p.optimizing, err = parseOptimizer(*o.optimizer, *o.learningRate)
	if err != nil {
		return nil, usagef("--optimizer: %w", err)
	}
	if p.schedule, err = parseSchedule(*o.schedule); err != nil {
		return nil, usagef("--schedule: %w", err)
	}
	if *o.loss != "" {
		loss, ok := net.ParseLoss(*o.loss)
		if !ok {
			return nil, usagef("--loss: there is no loss %q%s; there are %s", *o.loss,
				didYouMean(*o.loss, losses, ""), joinWords(losses))
		}
		p.loss = &loss
	}
	// net knows best what goes with what: let it look at the optimizer and the schedule with a model that costs nothing.
	schedule, _ := p.schedule(p.rate, 1, 1)
	if p.schedule, err = parseSchedule(*o.schedule); err != nil { // the maker has kept the steps
		return nil, err
	}
	probe, err := net.New(1, net.Dense(1, net.Linear))
	if err != nil {
		return nil, err
	}
	if _, err := probe.NewTrainer(net.FitConfig{Optimizer: p.optimizer, Schedule: schedule,
		Loss: net.MeanSquaredError}); err != nil {
		return nil, &usageError{err}
	}
	if err := o.checkTogether(); err != nil {
		return nil, err
	}
	if err := o.checkFiles(data); err != nil {
		return nil, err
	}
	if *o.init != "" {
		if err := o.readInitial(p); err != nil {
			return nil, err
		}
	}
	if *o.resume != "" {
		if p.resumed, err = readCheckpoint(*o.resume); err != nil {
			return nil, err
		}
	}
	if *o.target == "" && *o.labels == "" && (p.initial == nil || p.initial.Schema == nil) {
		return nil, usagef("--target NAME says which column to learn (or --labels FILE, for npy and idx)")
	}
	return p, nil
}

// checkTogether refuses flags that contradict or need each other.
func (o *trainOptions) checkTogether() error {
	validation := *o.val != "" || *o.valSplit > 0
	switch {
	case *o.target != "" && *o.labels != "":
		return usagef("--target and --labels exclude each other")
	case *o.val != "" && *o.valSplit > 0:
		return usagef("--val and --val-split exclude each other")
	case *o.valLabels != "" && *o.val == "":
		return usagef("--val-labels goes with --val")
	case *o.earlyStop > 0 && !validation:
		return usagef("--early-stop watches the validation loss, so it needs --val-split or --val")
	case o.flags.given("checkpoint-every") && *o.checkpoint == "":
		return usagef("--checkpoint-every goes with --checkpoint")
	case slices.Contains(*o.features, *o.target):
		return usagef("--features: %s is the target", *o.target)
	}
	for _, name := range *o.drop {
		if slices.Contains(*o.features, name) {
			return usagef("--drop: %s is among --features", name)
		}
	}
	return nil
}

// checkFiles refuses to write what is read, and finds out early that the model cannot be written.
func (o *trainOptions) checkFiles(data string) error {
	if err := checkStdin(data, *o.labels, *o.val, *o.valLabels); err != nil {
		return err
	}
	for _, out := range []struct{ flag, path string }{{"-o", *o.output}, {"--log", *o.log},
		{"--checkpoint", *o.checkpoint}} {
		if out.path == "" {
			continue
		}
		if out.path == "-" {
			return usagef("%s -: it goes to a file, not to the standard output", out.flag)
		}
		inputs := []string{data, *o.labels, *o.val, *o.valLabels}
		switch out.flag {
		case "--log":
			inputs = append(inputs, *o.output, *o.init, *o.resume)
		case "--checkpoint":
			inputs = append(inputs, *o.output, *o.init, *o.log)
		}
		for _, in := range inputs {
			if in != "" && sameFile(in, out.path) {
				return usagef("%s %s would overwrite %s", out.flag, out.path, in)
			}
		}
		if err := checkWritable(out.path); err != nil {
			return err
		}
	}
	return nil
}

// sameFile reports whether two paths lead to one file, or would.
func sameFile(a, b string) bool {
	if filepath.Clean(a) == filepath.Clean(b) {
		return true
	}
	infoA, errA := os.Stat(a)
	infoB, errB := os.Stat(b)
	return errA == nil && errB == nil && os.SameFile(infoA, infoB)
}

// errTried ends a try to write.
var errTried = errors.New("tried")

// checkWritable finds out, before long work, what may keep a file from being written: it begins to, and gives up.
func checkWritable(path string) error {
	err := serialize.AtomicWrite(path, func(io.Writer) error { return errTried })
	if errors.Is(err, errTried) {
		return nil
	}
	return err
}

// modelFlags are the flags that --init leaves no room for: with schema is about the schema, the others the layers.
var modelFlags = []struct {
	name   string
	schema bool
}{
	{"layers", false}, {"l1", false}, {"l2", false}, {"dropout", false},
	{"features", true}, {"drop", true}, {"categorical", true}, {"na", true}, {"on-missing", true}, {"on-unknown", true},
	{"task", true}, {"standardize", true},
}

// readInitial reads the model of --init.
func (o *trainOptions) readInitial(p *plan) (err error) {
	if p.initial, err = readModel(*o.init); err != nil {
		return err
	}
	blob, err := serialize.Encode(p.initial) // the bytes that were read: a model has one encoding
	if err != nil {
		return err
	}
	sum := sha256.Sum256(blob)
	p.initialSum = hex.EncodeToString(sum[:])
	if p.initial.Schema != nil && p.initial.Schema.Target.Task == dataset.TaskNone {
		p.initial.Schema = nil // it says nothing of what is to be learned
	}
	for _, f := range modelFlags {
		if o.flags.given(f.name) && (!f.schema || p.initial.Schema != nil) {
			return usagef("--%s: with --init the model's layers and schema hold", f.name)
		}
	}
	if s := p.initial.Schema; s != nil && *o.target != "" && *o.target != s.Target.Name {
		return usagef("--target %s: the model of --init has learned %s", *o.target, s.Target.Name)
	}
	return nil
}
