package gocode

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"math"
	"strconv"
	"strings"

	"nnrt/kernels"
	"nnrt/net"
)

// elementwise are the functions of package kernels for the activations that take one element and no parameter.
var elementwise = map[kernels.Activation]string{
	kernels.ReLU: "relu", kernels.ReLU6: "relu6", kernels.SELU: "selu", kernels.GELU: "gelu", kernels.GELUTanh: "geluTanh",
	kernels.SiLU: "silu", kernels.Mish: "mish", kernels.Sigmoid: "SigmoidOf", kernels.HardSigmoid: "hardSigmoid",
	kernels.HardSiLU: "hardSiLU", kernels.LogSigmoid: "logSigmoid", kernels.Tanh: "TanhOf",
	kernels.Softplus: "SoftplusOf", kernels.Softsign: "softsign", kernels.Exponential: "Exp",
}

// withParameter are those with a parameter, of rows those of whole rows.
var (
	withParameter = map[kernels.Activation]string{kernels.LeakyReLU: "leakyReLU", kernels.ELU: "elu", kernels.CELU: "celu"}
	ofRows        = map[kernels.Activation]string{kernels.Softmax: "softmax", kernels.LogSoftmax: "logSoftmax"}
)

// layer is a layer that does something in prediction, with its tensors by their names.
type layer struct {
	net.Layer
	inputs, outputs int
	tensor          map[string][]float32
}

// layersOf returns the layers of a model but those that do nothing.
func layersOf(m *net.Model) (layers []layer) {
	width := m.Inputs()
	tensors := m.Weights()
	for _, l := range m.Layers() {
		into := layer{Layer: l, inputs: width, outputs: width, tensor: map[string][]float32{}}
		if l.Kind == net.DenseLayer {
			into.outputs = l.Units
		}
		for len(tensors) > 0 {
			slash := strings.LastIndexByte(tensors[0].Name, '/')
			if tensors[0].Name[:slash] != l.Name {
				break
			}
			into.tensor[tensors[0].Name[slash+1:]] = tensors[0].Values
			tensors = tensors[1:]
		}
		width = into.outputs
		if l.Kind == net.DropoutLayer || l.Kind == net.ActivationLayer && l.Activation.Kind == kernels.Linear {
			continue
		}
		layers = append(layers, into)
	}
	return layers
}

// layOut makes the steps of Predict and collects the model's numbers. A Dense layer, and the first layer, which must
// leave the input alone, write into out if they are the last such, else into one of two arrays by turns; the others
// write over what they read.
func (w *writer) layOut() {
	layers := layersOf(w.model)
	if len(layers) == 0 {
		w.step("copy(out, in)")
	}
	last := 0
	for i := range layers {
		if layers[i].Kind == net.DenseLayer {
			last = i
		}
	}
	from := "in"
	for i := range layers {
		l := &layers[i]
		to := from
		w.steps = append(w.steps, "\n")
		w.step("// %s: %s", strconv.Quote(l.Name), l.summary())
		switch {
		case i == last:
			to = "out"
		case i == 0 || l.Kind == net.DenseLayer:
			to = "h" + strconv.Itoa(i+1)
			w.step("%s := %s", to, w.array(l.outputs))
		}
		w.layer(l, to, from)
		from = to
	}
}

// array returns the expression for n elements of the array whose turn it is.
func (w *writer) array(n int) string {
	name, size := "a", &w.sizes[0]
	if w.turn {
		name, size = "b", &w.sizes[1]
	}
	w.turn = !w.turn
	*size = max(*size, n)
	return fmt.Sprintf("%s[:%d]", name, n)
}

// summary says what a layer does.
func (l *layer) summary() string {
	switch l.Kind {
	case net.DenseLayer:
		s := fmt.Sprintf("%d to %d, ", l.inputs, l.outputs)
		if l.NoBias {
			s += "no bias, "
		}
		return s + l.Activation.String()
	case net.ActivationLayer:
		return l.Activation.String()
	}
	return l.Kind.String()
}

// layer adds the steps of one layer.
func (w *writer) layer(l *layer, to, from string) {
	// optional keeps a tensor that may be missing.
	optional := func(name string) string {
		if values, ok := l.tensor[name]; ok {
			return w.keep(values...)
		}
		return "nil"
	}
	switch l.Kind {
	case net.DenseLayer:
		w.dense = true
		w.step("dense(%s, %s, %s, %s)", to, from, w.keep(l.tensor["kernel"]...), optional("bias"))
		w.activate(l.Activation, to, to)
	case net.ActivationLayer:
		w.activate(l.Activation, to, from)
	case net.BatchNormalizationLayer:
		scale, shift := make([]float32, l.outputs), make([]float32, l.outputs)
		kernels.BatchNormalizationAffine(scale, shift, l.tensor["gamma"], l.tensor["beta"], l.tensor["moving_mean"],
			l.tensor["moving_variance"], l.Epsilon)
		w.step("%s(%s, %s, %s, %s)", w.call("MultiplyAdd"), to, from, w.keep(scale...), w.keep(shift...))
	case net.LayerNormalizationLayer:
		w.step("%s(%s, %s, %s)", w.call("NormalizeRow"), to, from, w.keepOne(l.Epsilon))
		gamma, beta := optional("gamma"), optional("beta")
		if gamma != "nil" || beta != "nil" {
			w.step("%s(%s, %s, %s, %s)", w.call("ScaleAndShiftRow"), to, to, gamma, beta)
		}
	default:
		panic("gocode: unknown " + l.Kind.String())
	}
}

// activate adds the step of an activation.
func (w *writer) activate(a net.Activation, to, from string) {
	if a.Kind == kernels.Linear {
		return
	}
	if f, ok := ofRows[a.Kind]; ok {
		w.step("%s(%s, %s)", w.call(f), to, from)
		return
	}
	apply := w.call("apply")
	if f, ok := withParameter[a.Kind]; ok {
		w.step("%s(%s, %s, func(x float32) float32 { return %s(x, %s) })", apply, to, from, w.call(f), w.keepOne(a.Alpha))
		return
	}
	f, ok := elementwise[a.Kind]
	if !ok {
		panic("gocode: unknown activation " + a.String())
	}
	w.step("%s(%s, %s, %s)", apply, to, from, w.call(f))
}

// head writes what comes before the functions.
func (w *writer) head(sum [sha256.Size]byte, importsMath bool) {
	w.printf("// Code generated by nnrt convert from the model with the SHA-256 %x. DO NOT EDIT.\n\n", sum)
	w.comment(fmt.Sprintf("Package %s is a neural network as Go. The results of Predict are the same bits as nnrt's for "+
		"the model file with the SHA-256 above, on every processor: version %d of nnrt's arithmetic contract. (Where a NaN "+
		"is, but not which.) It needs Go 1.21 or later.", w.name, kernels.Contract))
	w.printf("//\n")
	w.comment("The functions of arithmetic are those of nnrt's portable kernels: Copyright (c) 2026 The nnrt authors, " +
		"MIT licence.")
	w.printf("package %s\n\n", w.name)
	if importsMath {
		w.printf("import \"math\"\n\n")
	}
	w.printf("// Inputs and Outputs are the elements of a row.\nconst Inputs, Outputs = %d, %d\n",
		w.model.Inputs(), w.model.Outputs())
	if w.needsMemory() {
		w.printf("\n// Work is how many elements the functions need to work in.\nconst Work = %d\n", w.work())
	}
}

// predict writes Predict.
func (w *writer) predict() {
	w.printf("\n")
	w.comment("Predict computes out, of Outputs elements, from in, of Inputs elements, which are what the first layer " +
		"takes. " + w.memoryComment() + "It allocates nothing, and any number of goroutines may call it at the same time. " +
		"out must not overlap in. It panics if a length is another.")
	w.printf(`func Predict(out, in%s []float32) {
	if len(out) != Outputs || len(in) != Inputs%s {
		panic("%s: Predict of slices that are no row")
	}
`, w.parameter(), w.lengthCheck(), w.name)
	begin := 0
	for i, name := range []string{"a", "b"} {
		end := begin + w.sizes[i]
		switch {
		case begin == end:
		case w.needsMemory():
			w.printf("\t%s := work[%d:%d]\n", name, begin, end)
		default:
			w.printf("\tvar %s [%d]float32\n", name, w.sizes[i])
		}
		begin = end
	}
	w.printf("%s}\n", strings.Join(w.steps, ""))
	if w.dense {
		w.printf(`
// dense computes y = x·kernel + bias; kernel has the shape [len(x), len(y)], row after row.
func dense(y, x, kernel, bias []float32) {
	%s(y, x, kernel, bias, 1, len(y), len(x), len(x), len(y), len(y))
}
`, w.call("GemmNN"))
	}
}

// parameter returns what functions have as a further parameter if the caller gives memory.
func (w *writer) parameter() string {
	if w.needsMemory() {
		return ", work"
	}
	return ""
}

// memoryComment says what that is.
func (w *writer) memoryComment() string {
	if w.needsMemory() {
		return "work has Work elements, whose content means nothing; each goroutine needs its own. "
	}
	return ""
}

// lengthCheck returns the condition that it is too short.
func (w *writer) lengthCheck() string {
	if w.needsMemory() {
		return " || len(work) < Work"
	}
	return ""
}

// table writes the numbers and what reads them.
func (w *writer) table() {
	if len(w.numbers) == 0 {
		return
	}
	w.printf(`
// numbers are the weights, layer after layer, and then the schema's.
var numbers [%d]float32

// init reads the numbers out of text: base64 of little-endian float32, bit for bit.
func init() {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
	var digits [256]byte // 1 + the value, 0 for the end of a line and for padding
	for i := 0; i < len(alphabet); i++ {
		digits[alphabet[i]] = byte(1 + i)
	}
	var held, number uint32
	bits, bytes := 0, 0
	for i := 0; i < len(encoded); i++ {
		digit := digits[encoded[i]]
		if digit == 0 {
			continue
		}
		held = held<<6 | uint32(digit-1)
		if bits += 6; bits < 8 {
			continue
		}
		bits -= 8
		number = number>>8 | held>>bits<<24
		if bytes++; bytes%%4 == 0 {
			numbers[bytes/4-1] = math.Float32frombits(number)
		}
	}
}

const encoded = `+"`\n", len(w.numbers))
	blob := make([]byte, 0, 4*len(w.numbers))
	for _, v := range w.numbers {
		blob = binary.LittleEndian.AppendUint32(blob, math.Float32bits(v))
	}
	text := base64.StdEncoding.EncodeToString(blob)
	for len(text) > 0 {
		n := min(lineLength, len(text))
		w.printf("%s\n", text[:n])
		text = text[n:]
	}
	w.printf("`\n")
}
