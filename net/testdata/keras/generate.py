#!/usr/bin/env python3
"""Write the golden files that show nnrt means what Keras 3 means.

Once, in a folder outside the repository:

    python3 -m venv venv
    venv/bin/pip install tensorflow-cpu==2.21.0 keras==3.15.1 numpy==2.4.6

Then, from anywhere, about two minutes:

    venv/bin/python net/testdata/keras/generate.py            every file
    venv/bin/python net/testdata/keras/generate.py adam lion  the files with one of these words in their name

The files in the repository were written with Python 3.11.7, Keras 3.15.1, TensorFlow 2.21.0 and NumPy 2.4.6
on an amd64 processor; every file names its versions. All data comes from seeded NumPy generators. Keras's own
arithmetic may differ in the last bit on another processor, so running this elsewhere can change low bits.

Keras runs on its TensorFlow backend in float32, one thread, without XLA, oneDNN or graph rewriting, so that the
numbers are those of the plain formulas. Each trajectory and each fit is run a second time in float64; if that
moves any weight by more than MAX_CONDITION of its tensor's largest value, the script fails: such a run would
measure rounding, not meaning. The figure is stored as float64_difference.

This file lists what is shown; golden.py holds the format, the models and the loops, values.py what needs no
training. README.md describes the format and where Keras's other backends mean something else.
"""

import sys

sys.dont_write_bytecode = True  # nothing but golden files appears beside this one

import golden
import values
from golden import activation, batch_norm, dense, dropout, fit, inference, layer_norm, trajectory

MSE = {"name": "mse"}
BCE = {"name": "binary_crossentropy"}
CCE = {"name": "categorical_crossentropy"}
SPARSE = {"name": "sparse_categorical_crossentropy"}


def sgd(**options):
    return {"name": "SGD", **options}


def adam(**options):
    return {"name": "Adam", **options}


def optimizers():
    def show(name, item, kind, **options):
        net = [dense(6, "tanh"), dense(3)]
        trajectory("optimizer_" + name, "Optimisers: " + item, net, MSE, {"name": kind, **options}, "regression")

    betas = {"beta_1": 0.8, "beta_2": 0.95}
    show("sgd", "SGD, defaults", "SGD")
    show("sgd_rate", "SGD, learning rate", "SGD", learning_rate=0.1)
    show("sgd_momentum", "SGD, momentum", "SGD", momentum=0.9)
    show("sgd_nesterov", "SGD, Nesterov", "SGD", momentum=0.9, nesterov=True)
    show("sgd_weight_decay", "weight decay on SGD", "SGD", learning_rate=0.1, weight_decay=0.05)
    show("sgd_clipnorm", "clipnorm, per variable", "SGD", learning_rate=0.2, clipnorm=0.1)
    show("sgd_global_clipnorm", "global_clipnorm", "SGD", learning_rate=0.2, global_clipnorm=0.1)
    show("sgd_clipvalue", "clipvalue", "SGD", learning_rate=0.2, clipvalue=0.02)
    show("sgd_order", "order in a step: clip, decay, update", "SGD",
         learning_rate=0.1, momentum=0.8, weight_decay=0.1, global_clipnorm=0.2)
    show("rmsprop", "RMSprop, defaults", "RMSprop")
    show("rmsprop_momentum", "RMSprop, momentum", "RMSprop", momentum=0.9)
    show("rmsprop_centered", "RMSprop, centered", "RMSprop", centered=True)
    show("rmsprop_options", "RMSprop, every option", "RMSprop",
         learning_rate=0.005, rho=0.8, momentum=0.5, epsilon=1e-4, centered=True, weight_decay=0.01)
    show("adam", "Adam, defaults", "Adam")
    show("adam_amsgrad", "Adam, AMSGrad", "Adam", learning_rate=0.01, amsgrad=True)
    show("adam_options", "Adam, betas and epsilon", "Adam", learning_rate=0.02, epsilon=1e-3, **betas)
    show("adam_weight_decay", "weight decay on Adam", "Adam", learning_rate=0.01, weight_decay=0.1)
    show("adam_clipnorm", "clipnorm with Adam", "Adam", learning_rate=0.01, clipnorm=0.05)
    show("adamw", "AdamW, defaults (weight decay 0.004)", "AdamW")
    show("adamw_options", "AdamW, rate, decay and AMSGrad", "AdamW", learning_rate=0.01, weight_decay=0.2, amsgrad=True)
    show("adagrad", "Adagrad, defaults", "Adagrad")
    show("adagrad_options", "Adagrad, every option", "Adagrad",
         learning_rate=0.05, initial_accumulator_value=0.01, epsilon=1e-3)
    show("nadam", "Nadam, defaults", "Nadam")
    show("nadam_options", "Nadam, every option", "Nadam", learning_rate=0.005, epsilon=1e-3, **betas)
    show("adamax", "Adamax, defaults", "Adamax")
    show("adamax_options", "Adamax, every option", "Adamax", learning_rate=0.01, epsilon=1e-4, **betas)
    show("lion", "Lion, defaults", "Lion")
    show("lion_options", "Lion, every option", "Lion", learning_rate=0.002, weight_decay=0.1, **betas)

    rate = {"name": "ExponentialDecay", "initial_learning_rate": 0.2, "decay_steps": 10, "decay_rate": 0.8}
    show("schedule_exponential", "a schedule gives each step its rate (SGD, exponential)", "SGD",
         learning_rate=rate, momentum=0.5)
    rate = {"name": "CosineDecay", "initial_learning_rate": 0.0, "decay_steps": 60, "warmup_target": 0.02,
            "warmup_steps": 20}
    show("schedule_cosine", "weight decay follows the schedule's rate (AdamW, cosine with warm-up)", "AdamW",
         learning_rate=rate, weight_decay=0.1)


def losses():
    def show(name, item, layers, loss, data, rate=0.1, **options):
        # `layers` is one output layer, put behind a hidden one, or the whole list.
        layers = layers if isinstance(layers, list) else [dense(6, "tanh"), layers]
        trajectory("loss_" + name, "Losses: " + item, layers, loss, sgd(learning_rate=rate), data, **options)

    sigmoid, softmax, softplus = dense(1, "sigmoid"), dense(3, "softmax"), dense(3, "softplus")
    show("binary_crossentropy", "binary cross-entropy on a sigmoid output, fused", sigmoid, BCE, "binary")
    show("binary_crossentropy_outputs", "binary cross-entropy, three outputs: mean over elements, sample weights",
         dense(3, "sigmoid"), BCE, "binary", sample_weight=True)
    show("binary_crossentropy_layer", "binary cross-entropy on an Activation layer's sigmoid, fused",
         [dense(6, "tanh"), dense(1), activation("sigmoid")], BCE, "binary")
    show("binary_crossentropy_saturated", "binary cross-entropy on a sigmoid output beyond the clipping limits, fused",
         [sigmoid], BCE, "binary", rate=0.2, w_scale=20)
    show("binary_crossentropy_logits", "binary cross-entropy from logits", dense(1), {**BCE, "from_logits": True},
         "binary")
    show("binary_crossentropy_clipped", "binary cross-entropy on probabilities, clipped to [1e-7, 1-1e-7]",
         [dense(2, "hard_sigmoid")], BCE, "binary", rate=0.003, w_scale=2)
    show("binary_crossentropy_smoothing", "binary cross-entropy, label smoothing", sigmoid,
         {**BCE, "label_smoothing": 0.1}, "binary")
    show("categorical_crossentropy", "categorical cross-entropy on a softmax output, fused, sample weights", softmax,
         CCE, "onehot", sample_weight=True)
    show("categorical_crossentropy_layer", "categorical cross-entropy on an Activation layer's softmax, fused",
         [dense(6, "tanh"), dense(3), activation("softmax")], CCE, "onehot")
    show("categorical_crossentropy_logits", "categorical cross-entropy from logits", dense(3),
         {**CCE, "from_logits": True}, "onehot")
    show("categorical_crossentropy_probabilities",
         "categorical cross-entropy on probabilities that do not sum to one, renormalised", softplus, CCE, "onehot")
    show("categorical_crossentropy_clipped", "categorical cross-entropy on probabilities, some exactly zero, clipped",
         dense(3, "hard_sigmoid"), CCE, "onehot", rate=0.05, w_scale=2)
    show("categorical_crossentropy_smoothing", "categorical cross-entropy, label smoothing", softmax,
         {**CCE, "label_smoothing": 0.1}, "onehot")
    show("categorical_crossentropy_distribution", "categorical cross-entropy, targets that are distributions", softmax,
         CCE, "distribution")
    show("sparse_categorical_crossentropy", "sparse categorical cross-entropy on a softmax output, fused", softmax,
         SPARSE, "sparse")
    show("sparse_categorical_crossentropy_logits", "sparse categorical cross-entropy from logits", dense(3),
         {**SPARSE, "from_logits": True}, "sparse")
    show("sparse_categorical_crossentropy_probabilities",
         "sparse categorical cross-entropy on probabilities that do not sum to one", softplus, SPARSE, "sparse")
    show("mse", "mean squared error, sample weights", dense(3), MSE, "regression", sample_weight=True)
    show("mae", "mean absolute error", dense(3), {"name": "mae"}, "regression")
    show("huber", "Huber, delta 1", dense(3), {"name": "huber"}, "regression", w_scale=2)
    show("huber_delta", "Huber, delta 0.5", dense(3), {"name": "huber", "delta": 0.5}, "regression", w_scale=2)
    show("log_cosh", "log-cosh", dense(3), {"name": "log_cosh"}, "regression", w_scale=2)
    show("hinge_signs", "hinge, labels -1 and 1", dense(1), {"name": "hinge"}, "signs")
    show("hinge_binary", "hinge, labels 0 and 1 become -1 and 1", dense(1), {"name": "hinge"}, "binary")
    show("poisson", "Poisson", softplus, {"name": "poisson"}, "counts")
    show("kl_divergence", "KL divergence, zero targets clipped", softmax, {"name": "kl_divergence"}, "distribution")
    show("kl_divergence_clipped", "KL divergence on outputs clipped to [1e-7, 1]", softplus,
         {"name": "kl_divergence"}, "distribution", w_scale=2)


def regularizers():
    def show(name, item, **on):
        layers = [dense(6, "tanh", **on), dense(2, "linear", **on)]
        trajectory("regularizer_" + name, "Regularisers: " + item, layers, MSE, sgd(learning_rate=0.1), "regression")

    show("kernel_l1", "L1 on the kernel", kernel_regularizer={"l1": 0.02})
    show("kernel_l2", "L2 on the kernel", kernel_regularizer={"l2": 0.03})
    show("kernel_l1_l2", "L1 and L2 on the kernel", kernel_regularizer={"l1": 0.01, "l2": 0.02})
    show("default", "L1 on the kernel and L2 on the bias by name: 0.01", kernel_regularizer={"l1": None},
         bias_regularizer={"l2": None})
    show("bias_l1", "L1 on the bias", bias_regularizer={"l1": 0.02})
    show("bias_l2", "L2 on the bias", bias_regularizer={"l2": 0.05})
    show("activity_l1", "L1 on the activity, divided by the batch size", activity_regularizer={"l1": 0.02})
    show("activity_l2", "L2 on the activity, divided by the batch size", activity_regularizer={"l2": 0.03})
    show("everywhere", "kernel, bias and activity together", kernel_regularizer={"l1": 0.005, "l2": 0.01},
         bias_regularizer={"l2": 0.02}, activity_regularizer={"l1": 0.01, "l2": 0.02})
    trajectory("regularizer_activity_softmax", "Regularisers: activity of a fused softmax output",
               [dense(6, "relu"), dense(3, "softmax", activity_regularizer={"l2": 0.05})], CCE,
               sgd(learning_rate=0.1), "onehot")


def layers():
    def show(name, item, layers, loss=MSE, optimizer=None, data="regression", **options):
        trajectory(name, item, layers, loss, optimizer or sgd(learning_rate=0.05), data, **options)

    first, last = dense(6, "tanh"), dense(2)
    fast = adam(learning_rate=0.01)
    show("batchnorm", "Normalisation: BatchNormalization after an activation, moving statistics",
         [dense(6, "relu"), batch_norm(), last])
    show("batchnorm_first", "Normalisation: BatchNormalization as the first layer", [batch_norm(), first, last],
         optimizer=fast)
    show("batchnorm_between", "Normalisation: BatchNormalization between a Dense without bias and its activation",
         [dense(6, use_bias=False), batch_norm(), activation("tanh"), dense(3, "softmax")], SPARSE, fast, "sparse")
    show("batchnorm_options", "Normalisation: BatchNormalization, momentum 0.9, epsilon 0.01",
         [first, batch_norm(momentum=0.9, epsilon=0.01), last])
    show("batchnorm_no_center", "Normalisation: BatchNormalization without center",
         [first, batch_norm(center=False), last])
    show("batchnorm_no_scale", "Normalisation: BatchNormalization without scale",
         [first, batch_norm(scale=False), last])
    show("layernorm", "Normalisation: LayerNormalization", [dense(6), layer_norm(), activation("tanh"), last],
         optimizer=fast)
    show("layernorm_first", "Normalisation: LayerNormalization as the first layer, epsilon 1e-5",
         [layer_norm(epsilon=1e-5), first, last])
    show("layernorm_no_center", "Normalisation: LayerNormalization without center",
         [first, layer_norm(center=False), last])
    show("layernorm_no_scale", "Normalisation: LayerNormalization without scale",
         [first, layer_norm(scale=False), last])
    show("layernorm_plain", "Normalisation: LayerNormalization without center and scale",
         [first, layer_norm(center=False, scale=False), last])
    show("dropout_off", "fit: Dropout with rate 0 changes nothing", [first, dropout(0.0), last])
    show("dense_no_bias", "Dense: without bias", [dense(6, "tanh", use_bias=False), dense(2, use_bias=False)])
    show("dense_deep", "Dense: four layers of different activations",
         [dense(10, "gelu"), dense(8, "elu"), dense(8, "silu"), dense(3, "softmax")], SPARSE, fast, "sparse", inputs=8)
    show("sample_weights", "fit: sample weights multiply the row's loss, divided by the number of rows", [first, last],
         sample_weight=True)
    inference("dropout", "fit: Dropout does nothing in evaluation and prediction",
              [dropout(0.3), first, dropout(0.5), last])


def fits():
    def show(name, item, layers, loss, optimizer, data, metrics=(), rows=75, **settings):
        options = {k: settings.pop(k) for k in ("inputs", "sample_weight", "validation_rows") if k in settings}
        settings = {"batch_size": 16, "epochs": 5, **settings}
        fit(name, "fit: " + item, layers, loss, optimizer, data, settings, metrics=list(metrics), rows=rows, **options)

    binary = [dense(6, "relu"), dense(1, "sigmoid")]
    classes = [dense(6, "tanh"), dense(3, "softmax")]
    fast = adam(learning_rate=0.01)
    show("tutorial", "the tutorial's run (8-10-8-1, 1,000 rows, 10 epochs, batch 32)",
         [dense(10, "relu"), dense(8, "relu"), dense(1, "sigmoid")], BCE, adam(), "binary", ["accuracy"],
         rows=1000, inputs=8, epochs=10, batch_size=32)
    show("binary", "epoch loss and metrics, last partial batch, validation_split 0.3", binary, BCE, fast, "binary",
         ["accuracy", "precision", "recall"], validation_split=0.3)
    show("onehot", "accuracy and top-k of one-hot classes", classes, CCE, fast, "onehot", ["accuracy", "top_2"])
    show("sparse", "accuracy and top-k of sparse classes, validation data", classes, SPARSE, fast, "sparse",
         ["accuracy", "sparse_top_2"], validation_rows=23)
    show("regression", "MSE, MAE and RMSE; the loss includes regularisation, the metrics do not",
         [dense(6, "tanh", kernel_regularizer={"l2": 0.02}, activity_regularizer={"l2": 0.01}), dense(2)], MSE,
         sgd(learning_rate=0.1), "regression", ["mse", "mae", "rmse"], validation_split=0.2)
    show("batchnorm", "BatchNormalization on a partial batch, moving statistics in validation",
         [dense(6, "tanh"), batch_norm(momentum=0.9), dense(1, "sigmoid")], BCE, sgd(learning_rate=0.1), "binary",
         ["accuracy"], validation_split=0.2)
    show("class_weight", "class_weight, in training only", binary, BCE, fast, "binary", ["accuracy"],
         validation_split=0.2, class_weight={"0": 0.5, "1": 3.0})
    show("class_weight_missing", "class_weight of one-hot classes, a missing class counts 1", classes, CCE, fast,
         "onehot", ["accuracy"], class_weight={"0": 2.0, "2": 0.3})
    show("class_weight_sparse", "class_weight of sparse classes", classes, SPARSE, fast, "sparse",
         class_weight={"1": 4.0})
    show("sample_weight", "sample weights, split with the rows and used in validation", binary, BCE, fast, "binary",
         ["accuracy"], validation_split=0.2, sample_weight=True)
    show("sample_weight_validation", "sample weights in validation data", binary, BCE, fast, "binary",
         sample_weight=True, validation_rows=20)


def callbacks():
    def show(name, item, *callbacks, seed=0):
        # Many labels are noise: the validation loss falls, then rises.
        fit("callback_" + name, "Callbacks: " + item, [dense(8, "tanh"), dense(1, "sigmoid")], BCE,
            adam(learning_rate=0.03), "binary", {"batch_size": 16, "epochs": 25, "validation_split": 0.3},
            metrics=["accuracy"], callbacks=list(callbacks), noise=0.6, seed=seed)

    def stop(**options):
        return {"name": "EarlyStopping", **options}

    def plateau(**options):
        return {"name": "ReduceLROnPlateau", **options}

    show("stop", "EarlyStopping, defaults", stop(), seed=1)
    show("stop_patience", "EarlyStopping, patience 3", stop(patience=3), seed=2)
    show("stop_restore", "EarlyStopping, restore_best_weights", stop(patience=4, restore_best_weights=True))
    show("stop_min_delta", "EarlyStopping, min_delta", stop(patience=2, min_delta=0.01))
    show("stop_start", "EarlyStopping, start_from_epoch",
         stop(patience=2, start_from_epoch=6, restore_best_weights=True), seed=2)
    show("stop_baseline", "EarlyStopping, improvement above the baseline does not reset the wait",
         stop(patience=4, baseline=0.3, restore_best_weights=True), seed=1)
    show("stop_baseline_reached", "EarlyStopping, baseline reached", stop(patience=3, baseline=0.72), seed=3)
    show("stop_accuracy", "EarlyStopping on val_accuracy, whose direction is up; a tie is no improvement",
         stop(patience=5, monitor="val_accuracy", restore_best_weights=True), seed=1)
    show("reduce", "ReduceLROnPlateau, patience 2", plateau(patience=2, factor=0.5), seed=3)
    show("reduce_cooldown", "ReduceLROnPlateau, cooldown and min_lr",
         plateau(patience=1, factor=0.2, cooldown=3, min_lr=0.001), seed=3)
    show("reduce_default", "ReduceLROnPlateau, defaults", plateau(), seed=3)
    show("reduce_and_stop", "ReduceLROnPlateau and EarlyStopping together", plateau(patience=2),
         stop(patience=5, restore_best_weights=True), seed=2)
    fit("callback_terminate_on_nan", "Callbacks: TerminateOnNaN ends training in the batch that overflows",
        [dense(4), dense(1)], MSE, sgd(learning_rate=0.8), "regression", {"batch_size": 16, "epochs": 10},
        callbacks=[{"name": "TerminateOnNaN"}], diverges=True, seed=1)


if __name__ == "__main__":
    print(golden.VERSIONS)
    values.write_all()
    optimizers()
    losses()
    regularizers()
    layers()
    fits()
    callbacks()
    sys.exit("\n".join(golden.FAULTS) or 0)
