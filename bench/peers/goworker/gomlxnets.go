package main

import (
	"fmt"

	"github.com/gomlx/gomlx/backends"
	"github.com/gomlx/gomlx/backends/simplego"
	"github.com/gomlx/gomlx/pkg/core/graph"
	"github.com/gomlx/gomlx/pkg/core/tensors"
	"github.com/gomlx/gomlx/pkg/ml/context"
	"github.com/gomlx/gomlx/pkg/ml/train"
	"github.com/gomlx/gomlx/pkg/ml/train/losses"
	"github.com/gomlx/gomlx/pkg/ml/train/optimizers"

	"nnrt/kernels"
)

// gomlxNets are graphs that GoMLX compiles for its backend in Go, with the weights as variables, and its own trainer.
var gomlxNets = netLibrary{
	predictor: func(n *network, rows int) (func(y, x []float32), string, error) {
		backend, err := newGomlxBackend()
		if err != nil {
			return nil, "", err
		}
		exec, err := context.NewExec(backend, n.gomlxVariables(), func(ctx *context.Context, x *graph.Node) *graph.Node {
			logits := n.gomlxLogits(ctx, x)
			if n.outputs() == 1 {
				return graph.Sigmoid(logits)
			}
			return graph.Softmax(logits)
		})
		if err != nil {
			return nil, "", err
		}
		return func(y, x []float32) {
			in := tensors.FromFlatDataAndDimensions(x, rows, n.inputs())
			out := exec.MustExec1(in)
			tensors.MustConstFlatData(out, func(flat []float32) { copy(y, flat) })
			in.MustFinalizeAll()
			out.MustFinalizeAll()
		}, "a compiled graph", nil
	},
	trainer: func(n *network, _ int, rate float64) (trainer, string, error) {
		backend, err := newGomlxBackend()
		if err != nil {
			return nil, "", err
		}
		loss := losses.SparseCategoricalCrossEntropyLogits
		if n.outputs() == 1 {
			loss = losses.BinaryCrossentropyLogits
		}
		ctx := n.gomlxVariables()
		model := func(ctx *context.Context, _ any, inputs []*graph.Node) []*graph.Node {
			return []*graph.Node{n.gomlxLogits(ctx, inputs[0])}
		}
		// Its epsilon is added to the corrected moment's root: for the first steps this one is as Keras's 1e-7.
		adam := optimizers.Adam().LearningRate(rate).Epsilon(2e-6).Done()
		return &gomlxTrainer{n, ctx, train.NewTrainer(backend, ctx, model, loss, adam, nil, nil)},
			"train.Trainer.TrainStep with its Adam", nil
	},
}

func newGomlxBackend() (backends.Backend, error) {
	parallelism := threads
	if threads == 1 {
		parallelism = 0 // none
	}
	return simplego.New(fmt.Sprintf("parallelism=%d,ops_sequential", parallelism))
}

// gomlxVariables returns a context with the network's weights.
func (n *network) gomlxVariables() *context.Context {
	ctx := context.New()
	for i, l := range n.layers {
		ctx.VariableWithValue(fmt.Sprintf("kernel%d", i), tensors.FromFlatDataAndDimensions(l.kernel, l.in, l.out))
		ctx.VariableWithValue(fmt.Sprintf("bias%d", i), tensors.FromFlatDataAndDimensions(l.bias, 1, l.out))
	}
	return ctx
}

// gomlxLogits is the network's graph up to what its last activation is applied to.
func (n *network) gomlxLogits(ctx *context.Context, x *graph.Node) *graph.Node {
	for i, l := range n.layers {
		kernel := ctx.GetVariable(fmt.Sprintf("kernel%d", i)).ValueGraph(x.Graph())
		bias := ctx.GetVariable(fmt.Sprintf("bias%d", i)).ValueGraph(x.Graph())
		x = graph.Add(graph.Dot(x, kernel), bias)
		switch l.activation {
		case kernels.ReLU:
			x = graph.Max(x, graph.ScalarZero(x.Graph(), x.DType()))
		case kernels.Tanh:
			x = graph.Tanh(x)
		}
	}
	return x
}

type gomlxTrainer struct {
	net *network
	ctx *context.Context
	*train.Trainer
}

func (t *gomlxTrainer) step(x, y []float32) {
	in := tensors.FromFlatDataAndDimensions(x, len(y), t.net.inputs())
	var target *tensors.Tensor
	if t.net.outputs() == 1 {
		target = tensors.FromFlatDataAndDimensions(y, len(y), 1)
	} else {
		classes := make([]int32, len(y))
		for i, v := range y {
			classes[i] = int32(v)
		}
		target = tensors.FromFlatDataAndDimensions(classes, len(y), 1)
	}
	values, err := t.TrainStep(nil, []*tensors.Tensor{in}, []*tensors.Tensor{target})
	if err != nil {
		panic(err)
	}
	for _, v := range append(values, in, target) {
		v.MustFinalizeAll()
	}
}

func (t *gomlxTrainer) parameters() (all []float32) {
	for i := range t.net.layers {
		for _, name := range []string{"kernel", "bias"} {
			value, err := t.ctx.GetVariable(fmt.Sprintf("%s%d", name, i)).Value()
			if err != nil {
				panic(err)
			}
			all = append(all, tensors.MustCopyFlatData[float32](value)...)
		}
	}
	return all
}
