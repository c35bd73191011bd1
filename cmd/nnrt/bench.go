package main

import (
	"errors"
	"fmt"
	"math"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"

	suite "nnrt/bench"
	"nnrt/internal/peak"
	"nnrt/kernels"
	"nnrt/net"
)

// benchKinds are what --what takes; latency takes minutes and is measured only if it is asked for.
var (
	benchDefaults = []string{"gemm", "act", "predict", "train"}
	benchKinds    = append(slices.Clone(benchDefaults), "latency")
)

type benchOptions struct {
	what    []string
	shapes  []shape
	batches []int
	threads int
	count   int
	calls   int
	time    time.Duration
	json    bool
}

// shape is a product of a Dense layer: m rows, k inputs, n outputs.
type shape struct{ m, k, n int }

// defaultShapes are small and larger layers, with one row and with a batch.
var defaultShapes = []shape{
	{1, 8, 10}, {32, 8, 10}, {1, 64, 64}, {32, 64, 64}, {1, 784, 128}, {32, 784, 128}, {1, 512, 512}, {128, 512, 512},
}

func benchCommand() *command {
	f := &flagSet{}
	o := &benchOptions{time: 200 * time.Millisecond}
	f.add(&option{name: "what", arg: "LIST", usage: "of gemm, act, predict, train and latency", shown: "all " +
		"but latency; with a model predict,train", set: func(s string) error {
		o.what = strings.Split(s, ",")
		for _, w := range o.what {
			if !slices.Contains(benchKinds, w) {
				return fmt.Errorf("%q is none of %s%s", w, joinWords(benchKinds), didYouMean(w, benchKinds, ""))
			}
		}
		return nil
	}})
	f.add(&option{name: "shape", arg: "MxKxN", usage: "a matrix product to measure: M rows, K inputs, N outputs of a " +
		"layer; repeat the flag for more", set: func(s string) error {
		v, err := parseShape(s)
		o.shapes = append(o.shapes, v)
		return err
	}})
	f.add(&option{name: "batch", arg: "N,…", usage: "rows of a batch for predict and train", shown: "1,32,256",
		set: func(s string) error {
			o.batches = nil
			for _, item := range strings.Split(s, ",") {
				n, err := parseInteger(item, 1, 1<<20)
				if err != nil {
					return err
				}
				o.batches = append(o.batches, n)
			}
			return nil
		}})
	threads := f.integer("threads", "N", 1, 0, 1024, "0 for all cores")
	count := f.integer("count", "N", 1, 1, 1000, "how often to measure each")
	calls := f.integer("calls", "N", 1_000_000, 1, 1<<26, "how many predictions latency times")
	f.add(&option{name: "time", arg: "DURATION", usage: "how long to measure each, such as 200ms", shown: "200ms",
		set: func(s string) (err error) {
			if o.time, err = time.ParseDuration(s); err == nil && o.time <= 0 {
				err = errors.New("it must be above 0")
			}
			return err
		}})
	asJSON := f.boolean("json", false, "print a JSON object")
	return &command{
		name:    "bench",
		args:    "[model.bin]",
		summary: "measure this machine's kernels, or a model",
		details: "Prints Go's benchmark format, which benchstat reads. gemm is the matrix products of a layer: nn forward, " +
			"tn the gradient of its weights, nt that of its inputs, all of 2·M·K·N floating-point operations; of-peak is " +
			"the share of the fused multiply-adds a second that this machine can do with the same instructions in " +
			"registers. predict and " +
			"train run the networks A 8-10-8-1, B 784-128-10, C 784-512-512-10 and D 16-64-64-64-4 (tanh), or the model. " +
			"latency times each of a million predictions of one row, by one thread, and prints the time that half of them, " +
			"99 % and 99.9 % kept, and the worst: alone, and with a goroutine beside it that makes garbage all the time " +
			"(gc-cycles is how often that was collected). net=none is no prediction, just the clock, which is in all the " +
			"other times too. It takes two minutes for the four networks.",
		examples: []string{"nnrt bench --what gemm --shape 32x784x128 --count 5", "nnrt bench model.bin --batch 1,64 --json",
			"nnrt bench --what latency model.bin"},
		maxArgs: 1,
		flags:   f,
		run: func(e *env, args []string) error {
			o.threads, o.count, o.calls, o.json = *threads, *count, *calls, *asJSON
			if o.threads == 0 {
				o.threads = runtime.GOMAXPROCS(0)
			}
			return bench(e, o, args)
		},
	}
}

func parseShape(s string) (shape, error) {
	parts := strings.Split(strings.ToLower(s), "x")
	if len(parts) != 3 {
		return shape{}, errors.New("it is of the form MxKxN")
	}
	var sizes [3]int
	for i, p := range parts {
		var err error
		if sizes[i], err = parseInteger(p, 1, maxUnits); err != nil {
			return shape{}, err
		}
	}
	v := shape{sizes[0], sizes[1], sizes[2]}
	for _, elements := range []int64{int64(v.m) * int64(v.k), int64(v.k) * int64(v.n), int64(v.m) * int64(v.n)} {
		if elements > maxElements {
			return shape{}, errors.New("a matrix of more than 2^28 elements")
		}
	}
	return v, nil
}

// benchResult is one line of the output.
type benchResult struct {
	Name       string             `json:"name"`
	Iterations int                `json:"iterations"`
	NsPerOp    float64            `json:"ns_per_op"`
	Metrics    map[string]float64 `json:"metrics"`
}

// benchReport is what bench prints as JSON.
type benchReport struct {
	cpuReport
	BenchThreads int           `json:"bench_threads"`
	PeakGFLOPs   float64       `json:"peak_gflops,omitempty"`
	Results      []benchResult `json:"results"`
}

// bencher measures and prints.
type bencher struct {
	*benchOptions
	e      *env
	report benchReport
}

func bench(e *env, o *benchOptions, args []string) error {
	b := &bencher{benchOptions: o, e: e}
	b.report.cpuReport = newCPUReport()
	b.report.BenchThreads = o.threads
	models, err := benchModels(args)
	if err != nil {
		return err
	}
	if err := checkBatches(o.batches, models); err != nil {
		return err
	}
	if o.what == nil {
		o.what = benchDefaults
		if len(args) > 0 {
			o.what = []string{"predict", "train"}
		}
	}
	latency := slices.Contains(o.what, "latency")
	if latency && o.threads != 1 {
		return usagef("--threads %d: latency is that of one thread", o.threads)
	}
	if !o.json {
		c := &b.report.cpuReport
		fmt.Fprintf(e.stdout, "goos: %s\ngoarch: %s\ncpu: %s\nkernels: %s\n", c.OS, c.Arch, c.Name, c.Tier)
	}
	if slices.Contains(o.what, "gemm") {
		b.peak()
		b.gemm()
	}
	if slices.Contains(o.what, "act") {
		b.activations()
	}
	for _, m := range models {
		if slices.Contains(o.what, "predict") {
			if err := b.predict(m); err != nil {
				return err
			}
		}
		if slices.Contains(o.what, "train") {
			if err := b.train(m); err != nil {
				return err
			}
		}
	}
	if latency {
		if err := b.latency(models); err != nil {
			return err
		}
	}
	if o.json {
		return writeJSON(e.stdout, &b.report)
	}
	return nil
}

// measure times f, which does n ops, as often as --count says. metrics are computed from the time of one op in
// seconds.
func (b *bencher) measure(name string, metrics func(seconds float64) []metric, f func(n int)) {
	for range b.count {
		if b.e.stdout.err != nil {
			return // nobody reads on
		}
		n, elapsed := timeIt(b.time, f)
		b.print(name, n, elapsed.Seconds()/float64(n), metrics)
	}
}

// print prints a result, or keeps it for the JSON.
func (b *bencher) print(name string, n int, seconds float64, metrics func(seconds float64) []metric) {
	r := benchResult{Name: fmt.Sprintf("Benchmark%s-%d", name, b.threads), Iterations: n, NsPerOp: seconds * 1e9,
		Metrics: map[string]float64{}}
	text := fmt.Sprintf("%s\t%8d\t%12.1f ns/op", r.Name, n, r.NsPerOp)
	for _, m := range metrics(seconds) {
		r.Metrics[m.unit] = m.value
		text += fmt.Sprintf("\t%12.4g %s", m.value, m.unit)
	}
	b.report.Results = append(b.report.Results, r)
	if !b.json {
		fmt.Fprintln(b.e.stdout, text)
		b.e.stdout.Flush()
	}
}

// metric is a figure besides the time, in benchstat's terms.
type metric struct {
	unit  string
	value float64
}

// timeIt finds a number of ops that takes at least the time wanted, as package testing does, and returns how long it
// took.
func timeIt(wanted time.Duration, f func(n int)) (n int, elapsed time.Duration) {
	for n = 1; ; {
		begun := time.Now()
		f(n)
		if elapsed = time.Since(begun); elapsed >= wanted || n >= 1e9 {
			return n, max(elapsed, 1)
		}
		next := 1.2 * float64(n) * float64(wanted) / float64(max(elapsed, 1))
		n = int(min(next, 100*float64(n), 1e9)) + 1
	}
}

// inThreads runs f in as many goroutines as there are threads, which share n between them.
func (b *bencher) inThreads(n int, f func(thread, lo, hi int)) {
	if b.threads == 1 {
		f(0, 0, n)
		return
	}
	done := make(chan struct{})
	for t := range b.threads {
		go func() {
			f(t, int(int64(t)*int64(n)/int64(b.threads)), int(int64(t+1)*int64(n)/int64(b.threads)))
			done <- struct{}{}
		}()
	}
	for range b.threads {
		<-done
	}
}

// peak measures how fast fused multiply-adds can be when nothing else is in their way: the best of a few tries, since
// other programs can only make it slower.
func (b *bencher) peak() {
	loop, ok := peak.Of(kernels.Active())
	if !ok {
		return // the speed of one tier's instructions says nothing about another's
	}
	const tries = 5
	best, ops := math.Inf(1), 0
	for range tries {
		n, elapsed := timeIt(b.time/tries, func(n int) { b.inThreads(n, func(_, lo, hi int) { loop.Run(hi - lo) }) })
		if seconds := elapsed.Seconds() / float64(n); seconds < best {
			best, ops = seconds, n
		}
	}
	b.report.PeakGFLOPs = 2 * float64(loop.Size) / best / 1e9
	b.print("Peak/op=fma", ops, best, func(float64) []metric { return []metric{{"GFLOP/s", b.report.PeakGFLOPs}} })
}

// gemm measures the three products of layers, shared between threads as in training.
func (b *bencher) gemm() {
	shapes := b.shapes
	if shapes == nil {
		shapes = defaultShapes
	}
	for _, s := range shapes {
		x, w, y := suite.Uniform(s.m*s.k, 1), suite.Uniform(s.k*s.n, 1), suite.Uniform(s.m*s.n, 1)
		dx, dw, out := make([]float32, s.m*s.k), make([]float32, s.k*s.n), make([]float32, s.m*s.n)
		bias := suite.Uniform(s.n, 1)
		for _, product := range []struct {
			suite.Product
			run func()
		}{
			{suite.Product{Op: "nn", M: s.m, N: s.n, K: s.k}, func() {
				kernels.ParallelGemmNN(b.threads, out, x, w, bias, s.m, s.n, s.k, s.k, s.n, s.n)
			}},
			{suite.Product{Op: "tn", M: s.k, N: s.n, K: s.m}, func() {
				kernels.ParallelGemmTN(b.threads, dw, x, y, s.k, s.n, s.m, s.k, s.n, s.n)
			}},
			{suite.Product{Op: "nt", M: s.m, N: s.k, K: s.n}, func() {
				kernels.ParallelGemmNT(b.threads, dx, y, w, s.m, s.k, s.n, s.n, s.n, s.k)
			}},
		} {
			flops := 2 * float64(product.MultiplyAdds())
			b.measure("GEMM/"+product.Name(), func(seconds float64) []metric {
				rate := flops / seconds / 1e9
				metrics := []metric{{"GFLOP/s", rate}}
				if b.report.PeakGFLOPs > 0 {
					metrics = append(metrics, metric{"of-peak", rate / b.report.PeakGFLOPs})
				}
				return metrics
			}, func(n int) {
				for range n {
					product.run()
				}
			})
		}
	}
}

// activations measures each activation over a row of 4,096 values.
func (b *bencher) activations() {
	const size = 4096
	x := suite.Uniform(size, 1)
	for _, name := range activations {
		a, ok := net.ParseActivation(name)
		if !ok || a.String() != name { // another name of one in the list
			continue
		}
		outputs := make([][]float32, b.threads)
		for t := range outputs {
			outputs[t] = make([]float32, size)
		}
		b.measure(fmt.Sprintf("Activation/name=%s/n=%d", name, size), func(seconds float64) []metric {
			return []metric{{"ns/value", seconds * 1e9 / size}}
		}, func(n int) {
			b.inThreads(n, func(t, lo, hi int) {
				for range hi - lo {
					kernels.Activate(outputs[t], x, a.Kind, a.Alpha, size)
				}
			})
		})
	}
}

// predict measures prediction. With threads, each has a predictor and batches of its own.
func (b *bencher) predict(model benchModel) error {
	for _, batch := range b.batchesOr(1, 32, 256) {
		x := suite.Uniform(batch*model.Inputs(), 1)
		predictors, outputs := make([]*net.Predictor, b.threads), make([][]float32, b.threads)
		for t := range predictors {
			predictors[t], outputs[t] = model.NewPredictor(), make([]float32, batch*model.Outputs())
		}
		errs := make([]error, b.threads)
		b.measure("Predict/net="+model.name+"/batch="+strconv.Itoa(batch), rowMetrics(batch), func(n int) {
			b.inThreads(n, func(t, lo, hi int) {
				for range hi - lo {
					if err := predictors[t].Predict(outputs[t], x); err != nil {
						errs[t] = err
					}
				}
			})
		})
		if err := errors.Join(errs...); err != nil {
			return err
		}
	}
	return nil
}

// train measures training steps.
func (b *bencher) train(model benchModel) error {
	for _, batch := range b.batchesOr(32, 256) {
		// With a larger learning rate the model would learn its one batch by heart, and its gradients would become
		// subnormal, which are slow for reasons of their own.
		trainer, err := model.Clone().NewTrainer(net.FitConfig{Loss: benchLoss(model.Model), Threads: b.threads,
			Optimizer: net.Adam{LearningRate: 1e-9}})
		if err != nil {
			return err
		}
		x, y := suite.Uniform(batch*model.Inputs(), 1), benchTargets(batch, model.Outputs())
		b.measure("Train/net="+model.name+"/batch="+strconv.Itoa(batch), rowMetrics(batch), func(n int) {
			for range n {
				if _, failed := trainer.TrainOnBatch(x, y, nil); failed != nil {
					err = failed
				}
			}
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// maxElements is how many elements a matrix may have that is measured.
const maxElements = 1 << 28

// checkBatches refuses batches whose inputs or outputs are too many.
func checkBatches(batches []int, models []benchModel) error {
	for _, batch := range batches {
		for _, m := range models {
			if width := max(m.Inputs(), m.Outputs()); int64(batch)*int64(width) > maxElements {
				return usagef("--batch %d: with %d values a row (net %s) a matrix has more than 2^28 elements", batch, width,
					m.name)
			}
		}
	}
	return nil
}

// benchTargets returns targets class after class: 0 and 1 in turn for one output, else a 1 among zeros.
func benchTargets(rows, outputs int) []float32 {
	y := make([]float32, rows*outputs)
	for r := range rows {
		if outputs == 1 {
			y[r] = float32(r % 2)
		} else {
			y[r*outputs+r%outputs] = 1
		}
	}
	return y
}

func (b *bencher) batchesOr(byDefault ...int) []int {
	if b.batches != nil {
		return b.batches
	}
	return byDefault
}

func rowMetrics(batch int) func(seconds float64) []metric {
	return func(seconds float64) []metric {
		return []metric{{"rows/s", float64(batch) / seconds}, {"ns/row", seconds * 1e9 / float64(batch)}}
	}
}

// benchModel is a network to measure.
type benchModel struct {
	name string
	*net.Model
}

// benchModels returns the model of a file if there is one among the arguments, else the benchmark suite's networks.
func benchModels(args []string) (models []benchModel, err error) {
	if len(args) > 0 {
		file, err := readModel(args[0])
		if err != nil {
			return nil, err
		}
		return []benchModel{{"model", file.Model}}, nil
	}
	for _, n := range suite.Nets() {
		model, err := n.Model()
		if err != nil {
			return nil, err
		}
		models = append(models, benchModel{n.Name, model})
	}
	return models, nil
}

// benchLoss is the loss that goes with a model's last layer.
func benchLoss(m *net.Model) net.Loss {
	layers := m.Layers()
	switch layers[len(layers)-1].Activation {
	case net.Sigmoid:
		return net.BinaryCrossEntropy
	case net.Softmax:
		return net.CategoricalCrossEntropy
	}
	return net.MeanSquaredError
}
