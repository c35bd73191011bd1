package golden

import (
	"nnrt/dataset"
	"nnrt/net"
)

// The sets of metrics that fit a kind of output.
var (
	ofOne     = []net.Metric{net.Accuracy, net.Precision, net.Recall, net.F1Score, net.AUC}
	ofClasses = []net.Metric{net.Accuracy, net.TopKCategoricalAccuracy.WithK(2)}
	ofNumbers = []net.Metric{net.MeanSquaredErrorMetric, net.MeanAbsoluteErrorMetric, net.RootMeanSquaredError,
		net.R2Score}
)

// netA is the tutorial's network, 8-10-8-1.
func netA() []net.Layer {
	return []net.Layer{net.Dense(10, net.ReLU), net.Dense(8, net.ReLU), net.Dense(1, net.Sigmoid)}
}

// netB is 784-128-10.
func netB() []net.Layer { return []net.Layer{net.Dense(128, net.ReLU), net.Dense(10, net.Softmax)} }

// netD is 16-64-64-64-4.
func netD() []net.Layer {
	return []net.Layer{net.Dense(64, net.Tanh), net.Dense(64, net.Tanh), net.Dense(64, net.Tanh),
		net.Dense(4, net.Softmax)}
}

// layers is 12-19-9-outputs, with two activations to cover.
func layers(first, second net.Activation, output net.Layer) []net.Layer {
	return []net.Layer{net.Dense(19, first), net.Dense(9, second), output}
}

// cases returns the cases without what they are expected to give. The four networks A to D are those of package bench.
func cases() []Case {
	all := networks()
	all = append(all, optimizers()...)
	all = append(all, schedules()...)
	all = append(all, layerKinds()...)
	all = append(all, weightings()...)
	all = append(all, tables()...)
	return append(all, edges()...)
}

func networks() []Case {
	return []Case{
		{
			Name:   "net-a",
			Covers: "8-10-8-1, ReLU and sigmoid; Adam, binary cross-entropy, shuffled batches of 32; metrics of one output",
			Data:   classes(128, 8, 2),
			Layers: netA(),
			Fit: net.FitConfig{Loss: net.BinaryCrossEntropy, Optimizer: net.Adam{LearningRate: 0.01}, Metrics: ofOne,
				Epochs: 4, Seed: 1, ValidationSplit: 0.2},
		},
		{
			Name:   "net-a-batch-7",
			Covers: "the same in batches of 7, in the order of the rows",
			Data:   classes(128, 8, 2),
			Layers: netA(),
			Fit: net.FitConfig{Loss: net.BinaryCrossEntropy, Optimizer: net.Adam{LearningRate: 0.01}, Metrics: ofOne,
				Epochs: 2, Seed: 1, BatchSize: 7, NoShuffle: true, ValidationSplit: 0.2},
		},
		{
			Name:   "net-a-batch-1",
			Covers: "the same, a row at a time",
			Data:   classes(128, 8, 2),
			Layers: netA(),
			Fit: net.FitConfig{Loss: net.BinaryCrossEntropy, Optimizer: net.Adam{LearningRate: 0.01}, Metrics: ofOne,
				Epochs: 1, Seed: 1, BatchSize: 1, ValidationSplit: 0.2},
		},
		{
			Name:   "net-b",
			Covers: "784-128-10, ReLU and softmax; Adam on sparse categorical cross-entropy, shared by threads",
			Slow:   true,
			Data:   images(300, 784, 10),
			Layers: netB(),
			Fit: net.FitConfig{Loss: net.SparseCategoricalCrossEntropy, Optimizer: net.Adam{}, Metrics: ofClasses,
				Epochs: 2, Seed: 2},
		},
		{
			Name:   "net-b-short",
			Covers: "784-128-10 with few rows; SGD with momentum",
			Data:   images(4, 784, 10),
			Layers: netB(),
			Fit: net.FitConfig{Loss: net.SparseCategoricalCrossEntropy, Optimizer: net.SGD{Momentum: 0.9}, Metrics: ofClasses,
				Epochs: 1, Seed: 2},
		},
		{
			Name:   "net-c",
			Covers: "784-512-512-10, ReLU and softmax; Adam, batches of 32 and 8, shared by threads",
			Slow:   true,
			Data:   images(72, 784, 10),
			Layers: []net.Layer{net.Dense(512, net.ReLU), net.Dense(512, net.ReLU), net.Dense(10, net.Softmax)},
			Fit: net.FitConfig{Loss: net.SparseCategoricalCrossEntropy, Optimizer: net.Adam{}, Metrics: ofClasses,
				Epochs: 1, Seed: 3},
		},
		{
			Name:   "net-d",
			Covers: "16-64-64-64-4, tanh and softmax; Adam, batches of 64",
			Slow:   true,
			Data:   classes(160, 16, 4),
			Layers: netD(),
			Fit: net.FitConfig{Loss: net.SparseCategoricalCrossEntropy, Optimizer: net.Adam{}, Metrics: ofClasses,
				Epochs: 2, BatchSize: 64, Seed: 4},
		},
		{
			Name:   "net-d-short",
			Covers: "the same with few rows, in batches of 8 and 2",
			Data:   classes(10, 16, 4),
			Layers: netD(),
			Fit: net.FitConfig{Loss: net.SparseCategoricalCrossEntropy, Optimizer: net.Adam{}, Metrics: ofClasses,
				Epochs: 1, BatchSize: 8, Seed: 4},
		},
	}
}

func optimizers() []Case {
	return []Case{
		{
			Name:   "sgd",
			Covers: "SGD; linear, relu6; mean squared error; metrics of numbers",
			Data:   numbers(48, 12, 2),
			Layers: layers(net.Linear, net.ReLU6, net.Dense(2, net.Linear)),
			Fit: net.FitConfig{Loss: net.MeanSquaredError, Optimizer: net.SGD{LearningRate: 0.01}, Metrics: ofNumbers,
				Epochs: 2, Seed: 5, ValidationSplit: 0.25},
		},
		{
			Name:   "momentum",
			Covers: "SGD with momentum; leaky_relu, elu; mean absolute error",
			Data:   numbers(48, 12, 3),
			Layers: layers(net.LeakyReLU.WithAlpha(0.1), net.ELU, net.Dense(3, net.Linear)),
			Fit: net.FitConfig{Loss: net.MeanAbsoluteError, Optimizer: net.SGD{LearningRate: 0.01, Momentum: 0.9},
				Metrics: ofNumbers, Epochs: 2, Seed: 6},
		},
		{
			Name:   "nesterov",
			Covers: "SGD with Nesterov's momentum; selu, celu; Huber's loss",
			Data:   numbers(48, 12, 1),
			Layers: layers(net.SELU, net.CELU.WithAlpha(0.7), net.Dense(1, net.Linear)),
			Fit: net.FitConfig{Loss: net.Huber, Optimizer: net.SGD{LearningRate: 0.01, Momentum: 0.9, Nesterov: true},
				Metrics: ofNumbers, Epochs: 2, Seed: 7},
		},
		{
			Name:   "rmsprop",
			Covers: "RMSprop; gelu, gelu_tanh; log-cosh",
			Data:   numbers(48, 12, 1),
			Layers: layers(net.GELU, net.GELUTanh, net.Dense(1, net.Linear)),
			Fit:    net.FitConfig{Loss: net.LogCosh, Optimizer: net.RMSprop{}, Metrics: ofNumbers, Epochs: 2, Seed: 8},
		},
		{
			Name:   "rmsprop-momentum",
			Covers: "RMSprop with momentum; silu, mish, exponential; Poisson's loss",
			Data:   counts(48, 12, 2),
			Layers: layers(net.SiLU, net.Mish, net.Dense(2, net.Exponential)),
			Fit:    net.FitConfig{Loss: net.Poisson, Optimizer: net.RMSprop{Momentum: 0.8}, Epochs: 2, Seed: 9},
		},
		{
			Name:   "rmsprop-centered",
			Covers: "RMSprop, centered, with momentum; hard_sigmoid, hard_silu; hinge",
			Data:   truths(48, 12, 2),
			Layers: layers(net.HardSigmoid, net.HardSiLU, net.Dense(2, net.Tanh)),
			Fit: net.FitConfig{Loss: net.Hinge, Optimizer: net.RMSprop{Momentum: 0.5, Centered: true},
				Epochs: 2, Seed: 10},
		},
		{
			Name:   "rmsprop-centered-alone",
			Covers: "RMSprop, centered, without momentum; cross-entropy of several logits, smoothed labels",
			Data:   truths(48, 12, 3),
			Layers: layers(net.LeakyReLU, net.Sigmoid, net.Dense(3, net.Linear)),
			Fit: net.FitConfig{Loss: net.Loss{Kind: net.BinaryCrossEntropy.Kind, FromLogits: true, LabelSmoothing: 0.1},
				Optimizer: net.RMSprop{Centered: true}, Epochs: 2, Seed: 11},
		},
		{
			Name:   "amsgrad",
			Covers: "Adam with AMSGrad; log_sigmoid, softplus; Kullback-Leibler divergence",
			Data:   mixtures(48, 12, 4),
			Layers: layers(net.LogSigmoid, net.Softplus, net.Dense(4, net.Softmax)),
			Fit:    net.FitConfig{Loss: net.KLDivergence, Optimizer: net.Adam{AMSGrad: true}, Epochs: 2, Seed: 12},
		},
		{
			Name:   "adamw",
			Covers: "AdamW; softsign, log_softmax; categorical cross-entropy, smoothed labels",
			Data:   oneHot(48, 12, 5),
			Layers: layers(net.Softsign, net.LogSoftmax, net.Dense(5, net.Softmax)),
			Fit: net.FitConfig{Loss: net.Loss{Kind: net.CategoricalCrossEntropy.Kind, LabelSmoothing: 0.1},
				Optimizer: net.AdamW{}, Metrics: ofClasses, Epochs: 2, Seed: 13},
		},
		{
			Name:   "adamw-amsgrad",
			Covers: "AdamW with AMSGrad and a decay of its own; categorical cross-entropy of logits",
			Data:   oneHot(48, 12, 5),
			Layers: layers(net.ReLU, net.Tanh, net.Dense(5, net.Linear)),
			Fit: net.FitConfig{Loss: net.Loss{Kind: net.CategoricalCrossEntropy.Kind, FromLogits: true},
				Optimizer: net.AdamW{AMSGrad: true, OptimizerOptions: net.OptimizerOptions{WeightDecay: 0.02}},
				Metrics:   ofClasses, Epochs: 2, Seed: 14},
		},
		{
			Name:   "adagrad",
			Covers: "Adagrad; softmax between layers; sparse categorical cross-entropy of logits",
			Data:   classes(48, 12, 6),
			Layers: layers(net.ReLU, net.Softmax, net.Dense(6, net.Linear)),
			Fit: net.FitConfig{Loss: net.Loss{Kind: net.SparseCategoricalCrossEntropy.Kind, FromLogits: true},
				Optimizer: net.Adagrad{LearningRate: 0.1}, Metrics: ofClasses, Epochs: 2, Seed: 15},
		},
		{
			Name:   "nadam",
			Covers: "Nadam; binary cross-entropy of probabilities",
			Data:   truths(48, 12, 1),
			Layers: layers(net.ELU, net.Softplus, net.Dense(1, net.HardSigmoid)),
			Fit: net.FitConfig{Loss: net.BinaryCrossEntropy, Optimizer: net.Nadam{}, Metrics: ofOne,
				Epochs: 2, Seed: 16},
		},
		{
			Name:   "adamax",
			Covers: "Adamax; categorical cross-entropy of probabilities, which it makes add up to 1",
			Data:   mixtures(48, 12, 4),
			Layers: layers(net.Mish, net.SELU, net.Dense(4, net.Softplus)),
			Fit:    net.FitConfig{Loss: net.CategoricalCrossEntropy, Optimizer: net.Adamax{}, Epochs: 2, Seed: 17},
		},
		{
			Name:   "lion",
			Covers: "Lion with weight decay; sparse categorical cross-entropy of probabilities",
			Data:   classes(48, 12, 4),
			Layers: layers(net.GELU, net.Softsign, net.Dense(4, net.Sigmoid)),
			Fit: net.FitConfig{Loss: net.SparseCategoricalCrossEntropy,
				Optimizer: net.Lion{OptimizerOptions: net.OptimizerOptions{WeightDecay: 0.1}}, Epochs: 2, Seed: 18},
		},
		{
			Name:   "clip-norm",
			Covers: "each gradient's norm clipped",
			Data:   classes(96, 8, 2),
			Layers: netA(),
			Fit: net.FitConfig{Loss: net.BinaryCrossEntropy,
				Optimizer: net.Adam{OptimizerOptions: net.OptimizerOptions{ClipNorm: 0.05}}, Epochs: 2, Seed: 19},
		},
		{
			Name:   "clip-global-norm",
			Covers: "all gradients' norm clipped, and weight decay",
			Data:   classes(96, 8, 2),
			Layers: netA(),
			Fit: net.FitConfig{Loss: net.BinaryCrossEntropy, Optimizer: net.SGD{LearningRate: 0.1,
				OptimizerOptions: net.OptimizerOptions{GlobalClipNorm: 0.1, WeightDecay: 0.01}}, Epochs: 2, Seed: 20},
		},
		{
			Name:   "clip-value",
			Covers: "gradients clipped one by one",
			Data:   classes(96, 8, 2),
			Layers: netA(),
			Fit: net.FitConfig{Loss: net.BinaryCrossEntropy,
				Optimizer: net.RMSprop{OptimizerOptions: net.OptimizerOptions{ClipValue: 0.01}}, Epochs: 2, Seed: 21},
		},
	}
}

// schedules are trainings of net A, 5 batches an epoch, whose learning rate changes.
func schedules() []Case {
	var all []Case
	for i, s := range []struct {
		name, covers string
		schedule     net.Schedule
	}{
		{"cosine", "cosine decay after warming up",
			net.CosineDecay{DecaySteps: 9, Alpha: 0.1, WarmupTarget: 0.02, WarmupSteps: 4}},
		{"cosine-restarts", "cosine decay that begins again",
			net.CosineDecayRestarts{InitialLearningRate: 0.02, FirstDecaySteps: 4, MMul: 0.9, Alpha: 0.05}},
		{"exponential", "exponential decay",
			net.ExponentialDecay{InitialLearningRate: 0.02, DecaySteps: 7, DecayRate: 0.7}},
		{"exponential-staircase", "exponential decay in steps",
			net.ExponentialDecay{InitialLearningRate: 0.02, DecaySteps: 6, DecayRate: 0.7, Staircase: true}},
		{"inverse-time", "inverse time decay",
			net.InverseTimeDecay{InitialLearningRate: 0.02, DecaySteps: 7, DecayRate: 0.7}},
		{"polynomial", "polynomial decay that begins again",
			net.PolynomialDecay{InitialLearningRate: 0.02, DecaySteps: 6, EndLearningRate: 1e-4, Power: 1.5,
				Cycle: true}},
		{"piecewise", "rates between boundaries",
			net.PiecewiseConstantDecay{Boundaries: []int64{3, 9}, Values: []float64{0.02, 0.01, 0.001}}},
	} {
		all = append(all, Case{
			Name:   s.name,
			Covers: "learning rate: " + s.covers,
			Data:   classes(128, 8, 2),
			Layers: netA(),
			Fit: net.FitConfig{Loss: net.BinaryCrossEntropy, Optimizer: net.Adam{}, Schedule: s.schedule,
				Epochs: 3, Seed: uint64(30 + i)},
		})
	}
	return append(all,
		Case{
			Name:   "plateau",
			Covers: "learning rate: lessened when the validation loss does not fall",
			Data:   classes(96, 8, 2),
			Layers: netA(),
			Fit: net.FitConfig{Loss: net.BinaryCrossEntropy, Optimizer: net.Adam{LearningRate: 0.5},
				Epochs: 8, Seed: 37, ValidationSplit: 0.5},
			Callbacks: func() []net.Callback {
				return []net.Callback{&net.ReduceLROnPlateau{Factor: 0.3, Patience: 1, Cooldown: 1}}
			},
		},
		Case{
			Name:   "early-stopping",
			Covers: "early stopping, and the best weights again",
			Data:   classes(96, 8, 2),
			Layers: netA(),
			Fit: net.FitConfig{Loss: net.BinaryCrossEntropy, Optimizer: net.Adam{LearningRate: 0.5}, Metrics: ofOne,
				Epochs: 20, Seed: 38, ValidationSplit: 0.5},
			Callbacks: func() []net.Callback {
				return []net.Callback{&net.EarlyStopping{Patience: 2, RestoreBestWeights: true}}
			},
		})
}

// begun is a Dense layer whose weights begin as told.
func begun(units int, kernel, bias net.Initializer) net.Layer {
	return net.Dense(units, net.Tanh, net.KernelInitializer(kernel), net.BiasInitializer(bias))
}

func layerKinds() []Case {
	penalty := net.L1L2(0.001, 0.002)
	return []Case{
		{
			Name:   "batch-normalization",
			Covers: "batch normalisation, with and without beta and gamma; Dense without bias; activation layers",
			Data:   classes(64, 12, 3),
			Layers: []net.Layer{
				net.Dense(19, net.Linear, net.NoBias()), net.BatchNormalization(net.Momentum(0.8)), net.Activate(net.ReLU),
				net.Dense(9, net.Tanh), net.BatchNormalization(net.NoCenter(), net.Momentum(0.9)),
				net.Dense(7, net.ELU), net.BatchNormalization(net.NoScale(), net.Epsilon(0.01)),
				net.Dense(3, net.Softmax),
			},
			Fit: net.FitConfig{Loss: net.SparseCategoricalCrossEntropy, Optimizer: net.Adam{LearningRate: 0.01},
				Metrics: ofClasses, Epochs: 2, Seed: 40, ValidationSplit: 0.2},
		},
		{
			Name:   "layer-normalization",
			Covers: "layer normalisation, with and without beta and gamma; softmax as a layer",
			Data:   classes(64, 12, 3),
			Layers: []net.Layer{
				net.LayerNormalization(), net.Dense(33, net.SiLU), net.LayerNormalization(net.NoCenter()),
				net.Dense(9, net.ReLU), net.LayerNormalization(net.NoScale(), net.Epsilon(1e-5)),
				net.Dense(3, net.Linear), net.Activate(net.Softmax),
			},
			Fit: net.FitConfig{Loss: net.SparseCategoricalCrossEntropy, Optimizer: net.Adam{LearningRate: 0.01},
				Metrics: ofClasses, Epochs: 2, Seed: 41},
		},
		{
			Name:   "dropout",
			Covers: "dropout of inputs, between layers and beside batch normalisation",
			Data:   classes(64, 12, 3),
			Layers: []net.Layer{net.Dropout(0.1), net.Dense(40, net.ReLU), net.Dropout(0.5), net.Dense(9, net.ReLU),
				net.BatchNormalization(), net.Dropout(0.25), net.Dense(3, net.Softmax)},
			Fit: net.FitConfig{Loss: net.SparseCategoricalCrossEntropy, Optimizer: net.Adam{LearningRate: 0.01},
				Epochs: 3, Seed: 42, ValidationSplit: 0.2},
		},
		{
			Name:   "penalties",
			Covers: "L1, L2 and both, on kernels, biases and outputs",
			Data:   numbers(48, 12, 2),
			Layers: []net.Layer{
				net.Dense(19, net.Tanh, net.KernelRegularizer(net.L1(0.001)), net.BiasRegularizer(net.L2(0.01))),
				net.Dense(9, net.ReLU, net.KernelRegularizer(net.L2(0.003)), net.ActivityRegularizer(net.L1(0.002))),
				net.Dense(7, net.ELU, net.KernelRegularizer(penalty), net.BiasRegularizer(penalty),
					net.ActivityRegularizer(penalty)),
				net.Dense(2, net.Linear),
			},
			Fit: net.FitConfig{Loss: net.MeanSquaredError, Optimizer: net.Adam{LearningRate: 0.01}, Epochs: 2,
				Seed: 43, ValidationSplit: 0.2},
		},
		{
			Name:   "initializers",
			Covers: "every way for weights to begin",
			Data:   numbers(40, 12, 1),
			Layers: []net.Layer{
				begun(11, net.GlorotUniform(), net.Ones()),
				begun(10, net.GlorotNormal(), net.Constant(0.1)),
				begun(9, net.HeUniform(), net.RandomUniform(-0.1, 0.3)),
				begun(8, net.HeNormal(), net.RandomNormal(0, 0.1)),
				begun(7, net.LeCunUniform(), net.TruncatedNormal(0.1, 0.2)),
				begun(6, net.LeCunNormal(), net.Zeros()),
				begun(5, net.VarianceScaling(2, net.FanOut, net.NormalDistribution), net.Zeros()),
				net.Dense(1, net.Linear),
			},
			Fit: net.FitConfig{Loss: net.MeanSquaredError, Optimizer: net.SGD{}, Epochs: 1, Seed: 1<<63 + 44},
		},
		{
			Name:   "segments",
			Covers: "sums of 520 terms, which have segments; few outputs of many inputs, which have lanes; odd widths",
			Data:   numbers(6, 520, 3),
			Layers: []net.Layer{net.Dense(37, net.Tanh), net.Dense(16, net.ReLU), net.Dense(35, net.Softsign),
				net.Dense(1, net.Tanh), net.Dense(17, net.ReLU), net.Dense(3, net.Linear)},
			Fit: net.FitConfig{Loss: net.MeanSquaredError, Optimizer: net.Adam{}, Epochs: 1, Seed: 45},
		},
	}
}

func weightings() []Case {
	return []Case{
		{
			Name:   "class-weights",
			Covers: "weights by class",
			Data:   classes(48, 12, 3),
			Layers: layers(net.ReLU, net.ReLU, net.Dense(3, net.Softmax)),
			Fit: net.FitConfig{Loss: net.SparseCategoricalCrossEntropy, Optimizer: net.Adam{}, Metrics: ofClasses,
				ClassWeight: map[int]float32{0: 0.5, 2: 3}, Epochs: 2, Seed: 50},
		},
		{
			Name:   "sample-weights",
			Covers: "weights by row, in training and validation, and by class; validation rows of their own",
			Data:   weighted(classes(96, 8, 2)),
			Layers: netA(),
			Fit: net.FitConfig{Loss: net.BinaryCrossEntropy, Optimizer: net.Adam{}, Metrics: ofOne,
				ClassWeight: map[int]float32{1: 1.5}, Epochs: 2, Seed: 51},
		},
	}
}

// tables are trainings on CSV, by way of a schema.
func tables() []Case {
	return []Case{
		{
			Name:   "table-binary",
			Covers: "CSV: categories, missing values, z-scores; two classes of words, early stopping",
			Data:   table(100, dataset.Config{Target: "sound", ValidationSplit: 0.2}),
			Layers: layers(net.ReLU, net.ReLU, net.Dense(1, net.Sigmoid)),
			Fit: net.FitConfig{Loss: net.BinaryCrossEntropy, Optimizer: net.Adam{LearningRate: 0.03}, Metrics: ofOne,
				Epochs: 6, Seed: 60},
			Callbacks: func() []net.Callback {
				return []net.Callback{net.TerminateOnNaN{}, &net.EarlyStopping{Patience: 2, RestoreBestWeights: true}}
			},
		},
		{
			Name:   "table-multiclass",
			Covers: "CSV: scaled to 0 … 1; three classes of words, weighted",
			Data:   table(100, dataset.Config{Target: "kind", Standardize: dataset.MinMax}),
			Layers: layers(net.ReLU, net.Tanh, net.Dense(3, net.Softmax)),
			Fit: net.FitConfig{Loss: net.SparseCategoricalCrossEntropy, Optimizer: net.Adam{LearningRate: 0.01},
				Metrics: ofClasses, ClassWeight: map[int]float32{0: 2}, Epochs: 3, Seed: 61},
		},
		{
			Name:   "table-regression",
			Covers: "CSV: a scaled target, dropout, cosine decay",
			Data:   table(100, dataset.Config{Target: "price", ValidationSplit: 0.1}),
			Layers: []net.Layer{net.Dense(24, net.ReLU, net.KernelRegularizer(net.L2(0.001))), net.Dropout(0.2),
				net.Dense(1, net.Linear)},
			Fit: net.FitConfig{Loss: net.MeanSquaredError, Optimizer: net.AdamW{},
				Schedule: net.CosineDecay{InitialLearningRate: 0.02, DecaySteps: 15}, Metrics: ofNumbers,
				Epochs: 3, Seed: 62},
		},
	}
}

func edges() []Case {
	return []Case{
		{
			Name:   "subnormal",
			Covers: "numbers below 2⁻¹²⁶, which are lost where a processor flushes them to zero",
			Data:   tiny(numbers(48, 12, 2)),
			Layers: []net.Layer{net.Dense(9, net.ReLU),
				net.Dense(2, net.Linear, net.BiasInitializer(net.Constant(1e-40)))},
			Fit: net.FitConfig{Loss: net.MeanAbsoluteError, Optimizer: net.SGD{LearningRate: 1e-38}, Metrics: ofNumbers,
				Epochs: 2, Seed: 70},
		},
		{
			Name:   "extreme",
			Covers: "predictions from the largest and smallest numbers, −0, infinities and NaN",
			Data:   extreme(numbers(48, 12, 4)),
			Layers: layers(net.Linear, net.SELU, net.Dense(4, net.Exponential)),
			Fit:    net.FitConfig{Loss: net.MeanAbsoluteError, Optimizer: net.SGD{}, Epochs: 1, Seed: 71},
		},
		{
			Name:   "extreme-activations",
			Covers: "the same with activations that saturate, one after another",
			Data:   extreme(numbers(48, 12, 12)),
			Layers: []net.Layer{net.Activate(net.GELU), net.Activate(net.Softplus), net.Activate(net.LogSigmoid),
				net.Activate(net.Mish), net.Activate(net.SiLU), net.Activate(net.ELU), net.Activate(net.Softsign),
				net.Activate(net.HardSiLU), net.Activate(net.Sigmoid), net.Dense(12, net.LogSoftmax)},
			Fit: net.FitConfig{Loss: net.MeanAbsoluteError, Optimizer: net.SGD{}, Epochs: 1, Seed: 72},
		},
	}
}
