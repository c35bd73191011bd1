package main

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"time"

	"nnrt/bench"
	"nnrt/kernels"
)

// network is one of the suite's nets as the driver's files give it.
type network struct {
	bench.Net
	layers []dense
	folder string
}

// dense is a layer: kernel is [in, out].
type dense struct {
	in, out      int
	activation   kernels.Activation
	kernel, bias []float32
}

func (n *network) inputs() int  { return n.layers[0].in }
func (n *network) outputs() int { return n.layers[len(n.layers)-1].out }

// parameters returns a copy of all weights, layer by layer the kernel and then the bias.
func (n *network) parameters() (all []float32) {
	for _, l := range n.layers {
		all = append(append(all, l.kernel...), l.bias...)
	}
	return all
}

// setParameters makes the layers views of weights in the order of parameters.
func (n *network) setParameters(all []float32) {
	for i := range n.layers {
		l := &n.layers[i]
		l.kernel, all = all[:l.in*l.out:l.in*l.out], all[l.in*l.out:]
		l.bias, all = all[:l.out:l.out], all[l.out:]
	}
}

func readNetwork(name, folder string) (*network, error) {
	for _, n := range bench.Nets() {
		if n.Name != name {
			continue
		}
		net := &network{Net: n, folder: folder}
		in := n.Inputs
		for _, l := range n.Layers {
			net.layers = append(net.layers, dense{in: in, out: l.Units, activation: l.Activation.Kind})
			in = l.Units
		}
		weights, err := readFloats(filepath.Join(folder, name+".weights"))
		if err != nil {
			return nil, err
		}
		net.setParameters(weights)
		return net, nil
	}
	return nil, fmt.Errorf("no net %s", name)
}

func readFloats(path string) ([]float32, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	values := make([]float32, len(b)/4)
	for i := range values {
		values[i] = math.Float32frombits(binary.LittleEndian.Uint32(b[4*i:]))
	}
	return values, nil
}

// netLibrary is what a library does with whole networks; what it lacks is nil. Each function says what it calls.
type netLibrary struct {
	// predictor returns a function for batches of that many rows.
	predictor func(n *network, rows int) (predict func(y, x []float32), called string, err error)
	// trainer returns a trainer by Adam, with the network's weights, for batches of at most that many rows.
	trainer func(n *network, rows int, rate float64) (t trainer, called string, err error)
	// fit returns a function that trains a fresh network and returns its weights; if it is nil, but trainer is not, a
	// loop round trainer does it.
	fit func(n *network, x, y []float32, epochs, batch int) (fit func() []float32, called string, err error)
	// save writes the net in the form that the library's small program loads, if that is not the driver's.
	save func(n *network) error
	// lacks is why there is no trainer.
	lacks string
}

type trainer interface {
	step(x, y []float32) // on as many rows as y has
	parameters() []float32
}

var netLibraries = map[string]netLibrary{"nnrt": nnrtNets, "gonum": gonumNets, "gomlx": gomlxNets, "go-deep": godeepNets}

const (
	slowestFit     = 30 // seconds
	tutorialEpochs = 10
)

// prepareNet gets a request ready: what is timed then is the call, if there is one.
func prepareNet(l netLibrary, op, name string, batch int, folder string) (call func(), answer string) {
	n, err := readNetwork(name, folder)
	var called string
	switch {
	case err != nil:
	case op == "predict":
		call, called, err = preparePredict(l, n, batch)
	case op == "train":
		call, called, err = prepareTrain(l, n, batch)
	case op == "fit":
		call, called, err = prepareFit(l, n, batch)
	default:
		err = errors.New("no such operation")
	}
	var wrong wrongError
	switch {
	case errors.As(err, &wrong):
		return nil, "wrong\t" + err.Error()
	case err != nil:
		return nil, "no\t" + err.Error()
	}
	debug.FreeOSMemory() // what earlier requests left is not collected while this one is timed
	return call, "ok\t" + called
}

// wrongError is a result that is not what it should be.
type wrongError string

func (w wrongError) Error() string { return string(w) }

// preparePredict's call predicts a batch; of one row, each output becomes the next call's first input, so that no call
// begins before the last one has ended.
func preparePredict(l netLibrary, n *network, batch int) (call func(), called string, err error) {
	if l.predictor == nil {
		return nil, "", errors.New("has no networks")
	}
	x, err := readFloats(filepath.Join(n.folder, n.Name+".x"))
	if err != nil {
		return nil, "", err
	}
	want, err := readFloats(filepath.Join(n.folder, n.Name+".outputs"))
	if err != nil {
		return nil, "", err
	}
	x, y := slices.Clone(x[:batch*n.inputs()]), make([]float32, batch*n.outputs())
	predict, called, err := l.predictor(n, batch)
	if err != nil {
		return nil, "", err
	}
	predict(y, x)
	for i, v := range y {
		if !(math.Abs(float64(v-want[i])) <= 1e-4*math.Max(1, math.Abs(float64(want[i])))) {
			return nil, "", wrongError(fmt.Sprintf("output %d is %g and should be %g", i, v, want[i]))
		}
	}
	if batch > 1 {
		return func() { predict(y, x) }, called, nil
	}
	return func() {
		x[0] = y[0]
		predict(y, x)
	}, called, nil
}

// prepareTrain compares the weights after three steps: all but one in two hundred, whose gradients are next to nothing
// or depend on which side of ReLU's corner a sum rounds to, are to agree to 2e-4. Its call is one step
// on always the same batch, at a learning rate so small that the net stays as it is: one that knows its batch by heart
// has ever smaller gradients, subnormal ones at last.
func prepareTrain(l netLibrary, n *network, batch int) (call func(), called string, err error) {
	if l.trainer == nil {
		return nil, "", errors.New(l.lacks)
	}
	x, err := readFloats(filepath.Join(n.folder, n.Name+".x"))
	if err != nil {
		return nil, "", err
	}
	y, err := readFloats(filepath.Join(n.folder, n.Name+".y"))
	if err != nil {
		return nil, "", err
	}
	want, err := readFloats(filepath.Join(n.folder, fmt.Sprintf("%s.trained-%d", n.Name, batch)))
	if err != nil {
		return nil, "", err
	}
	t, _, err := l.trainer(n, batch, 1e-3)
	if err != nil {
		return nil, "", err
	}
	width := n.inputs()
	for first := 0; first < 3*batch; first += batch {
		t.step(x[first*width:][:batch*width], y[first:][:batch])
	}
	far := 0
	for i, v := range t.parameters() {
		difference := math.Abs(float64(v - want[i]))
		if difference > 2e-4 {
			far++
		}
		if !(difference <= 6e-3) || far > len(want)/200 {
			return nil, "", wrongError(fmt.Sprintf("weight %d is %g after three steps and should be %g", i, v, want[i]))
		}
	}
	if t, called, err = l.trainer(n, batch, 1e-9); err != nil {
		return nil, "", err
	}
	x, y = x[:batch*width], y[:batch]
	return func() { t.step(x, y) }, called, nil
}

// prepareFit's call is the tutorial's whole fit for net A, and an epoch of Fashion-MNIST for the others.
func prepareFit(l netLibrary, n *network, batch int) (call func(), called string, err error) {
	data, epochs, least := "fashion", 1, 0.75
	if n.Name == "A" {
		data, epochs, least = "tutorial", tutorialEpochs, 0.8
	}
	x, err := readFloats(filepath.Join(n.folder, data+".x"))
	if err != nil {
		return nil, "", err
	}
	y, err := readFloats(filepath.Join(n.folder, data+".y"))
	if err != nil {
		return nil, "", err
	}
	fit := l.fit
	if fit == nil {
		fit = l.loop
	}
	few := 4 * batch
	train, _, err := fit(n, x[:few*n.inputs()], y[:few], 1, batch)
	if err != nil {
		return nil, "", err
	}
	begin := time.Now()
	train()
	if all := time.Since(begin).Seconds() * float64(epochs*len(y)) / float64(few); all > slowestFit {
		return nil, "", fmt.Errorf("about %.0f s", all)
	}
	if train, called, err = fit(n, x, y, epochs, batch); err != nil {
		return nil, "", err
	}
	n.setParameters(train())
	rows := min(1000, len(y))
	if right := n.accuracy(x[:rows*n.inputs()], y[:rows]); right < least {
		return nil, "", wrongError(fmt.Sprintf("accuracy %.3f after a fit", right))
	}
	return func() { train() }, called, nil
}

// loop is a fit for libraries that have steps only: fresh weights, and each epoch the rows in an order of its own,
// gathered batch by batch.
func (l netLibrary) loop(n *network, x, y []float32, epochs, batch int) (func() []float32, string, error) {
	if l.trainer == nil {
		return nil, "", errors.New(l.lacks)
	}
	_, called, err := l.trainer(n, batch, 1e-3)
	if err != nil {
		return nil, "", err
	}
	width := n.inputs()
	batchX, batchY, order := make([]float32, batch*width), make([]float32, batch), make([]int, len(y))
	for i := range order {
		order[i] = i
	}
	return func() []float32 {
		r := rand.New(rand.NewPCG(1, 1))
		fresh := *n
		fresh.layers = slices.Clone(n.layers)
		fresh.setParameters(n.parameters())
		for _, layer := range fresh.layers {
			clear(layer.bias)
			limit := float32(math.Sqrt(6 / float64(layer.in+layer.out)))
			for i := range layer.kernel {
				layer.kernel[i] = limit * (2*r.Float32() - 1)
			}
		}
		t, _, err := l.trainer(&fresh, batch, 1e-3)
		if err != nil {
			panic(err)
		}
		for range epochs {
			r.Shuffle(len(order), func(i, j int) { order[i], order[j] = order[j], order[i] })
			for first := 0; first < len(order); first += batch {
				rows := order[first:min(first+batch, len(order))]
				for i, row := range rows {
					copy(batchX[i*width:][:width], x[row*width:])
					batchY[i] = y[row]
				}
				t.step(batchX[:len(rows)*width], batchY[:len(rows)])
			}
		}
		return t.parameters()
	}, "a loop of " + called, nil
}

// accuracy returns the share of rows whose class the network tells, computed by plain loops.
func (n *network) accuracy(x, y []float32) float64 {
	right := 0
	for row, target := range y {
		values := x[row*n.inputs():][:n.inputs()]
		for i, l := range n.layers {
			next := slices.Clone(l.bias)
			for j, v := range values {
				for o, w := range l.kernel[j*l.out:][:l.out] {
					next[o] += v * w
				}
			}
			if i < len(n.layers)-1 {
				for o := range next {
					if l.activation == kernels.Tanh {
						next[o] = float32(math.Tanh(float64(next[o])))
					} else {
						next[o] = max(next[o], 0)
					}
				}
			}
			values = next
		}
		class := slices.Index(values, slices.Max(values))
		if len(values) == 1 {
			class = 0
			if values[0] > 0 {
				class = 1
			}
		}
		if class == int(target) {
			right++
		}
	}
	return float64(right) / float64(len(y))
}
