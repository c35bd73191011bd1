package main

import (
	"slices"

	"nnrt/dataset"
	"nnrt/net"
)

// losses are the names that --loss takes.
var losses = []string{"binary_crossentropy", "categorical_crossentropy", "sparse_categorical_crossentropy",
	"mean_squared_error", "mean_absolute_error", "huber", "log_cosh", "hinge", "poisson", "kl_divergence"}

// taskLosses are the losses that a task's last layer and targets make sense with; the first is the default.
var taskLosses = map[dataset.Task][]string{
	dataset.TaskBinary: {"binary_crossentropy", "mean_squared_error", "mean_absolute_error", "huber", "log_cosh", "hinge"},
	dataset.TaskMulticlass: {"sparse_categorical_crossentropy", "categorical_crossentropy", "kl_divergence",
		"mean_squared_error", "mean_absolute_error", "huber", "log_cosh"},
	dataset.TaskRegression: {"mean_squared_error", "mean_absolute_error", "huber", "log_cosh"},
}

// lossFor returns the loss for a task: the one that is wanted, or the task's own if wanted is nil.
func lossFor(task dataset.Task, wanted *net.Loss) (net.Loss, error) {
	allowed := taskLosses[task]
	if wanted == nil {
		loss, _ := net.ParseLoss(allowed[0])
		return loss, nil
	}
	if !slices.Contains(allowed, wanted.String()) {
		return net.Loss{}, usagef("--loss %v does not go with %s; these do: %s", *wanted, taskInWords(task),
			joinWords(allowed))
	}
	return *wanted, nil
}

func taskInWords(task dataset.Task) string {
	switch task {
	case dataset.TaskBinary:
		return "a target of two classes (one output)"
	case dataset.TaskMulticlass:
		return "a target of several classes (an output each)"
	}
	return "a regression"
}

// outputLayer returns the last layer for a task.
func outputLayer(schema *dataset.Schema) net.Layer {
	switch schema.Target.Task {
	case dataset.TaskBinary:
		return net.Dense(1, net.Sigmoid)
	case dataset.TaskMulticlass:
		return net.Dense(len(schema.Target.Labels), net.Softmax)
	}
	return net.Dense(1, net.Linear)
}

// targetsFor turns one target a row into what a loss compares with: a 1 among zeros for each class, unless the loss
// takes the classes' indices or there is one output.
func targetsFor(loss net.Loss, y []float32, outputs int) []float32 {
	if outputs == 1 || loss == net.SparseCategoricalCrossEntropy {
		return y
	}
	hot := make([]float32, len(y)*outputs)
	for i, class := range y {
		hot[i*outputs+int(class)] = 1
	}
	return hot
}

// trainMetrics are what training measures besides the loss.
func trainMetrics(task dataset.Task) []net.Metric {
	if task == dataset.TaskRegression {
		return []net.Metric{net.MeanAbsoluteErrorMetric, net.R2Score}
	}
	return []net.Metric{net.Accuracy}
}

// targetUnit is what a regression's errors are multiplied by to be in the target's own units, 1 for other tasks.
func targetUnit(schema *dataset.Schema) float64 {
	if schema.Target.Task == dataset.TaskRegression {
		return float64(schema.Target.Scale)
	}
	return 1
}
