"""What generate.py is made of: the format of the files, small Keras models and data, and recorded runs of them."""

import base64
import json
import math
import os
import pathlib
import platform
import sys
import zlib

os.environ.update(  # before Keras and TensorFlow are imported
    KERAS_BACKEND="tensorflow", CUDA_VISIBLE_DEVICES="-1", TF_ENABLE_ONEDNN_OPTS="0", TF_CPP_MIN_LOG_LEVEL="3"
)

import keras  # noqa: E402
import numpy as np  # noqa: E402
import tensorflow as tf  # noqa: E402

tf.get_logger().setLevel("ERROR")  # every trajectory is traced anew, which TensorFlow warns about
tf.config.threading.set_intra_op_parallelism_threads(1)
tf.config.threading.set_inter_op_parallelism_threads(1)
tf.config.optimizer.set_experimental_options({"disable_meta_optimizer": True})

HERE = pathlib.Path(__file__).resolve().parent
VERSIONS = {
    "keras": keras.__version__,
    "tensorflow": tf.__version__,
    "numpy": np.__version__,
    "python": platform.python_version(),
}
MAX_CONDITION = 5e-6
STEPS = (1, 10, 100)
WANTED = sys.argv[1:]
FAULTS = []


# Files: one key a line, tensors as base64 of little-endian numbers.


def f32(a):
    a = np.asarray(a, dtype="<f4")
    return {"shape": list(a.shape), "f32": base64.b64encode(a.tobytes()).decode()}


def f64(a):
    a = np.asarray(a, dtype="<f8")
    return {"shape": list(a.shape), "f64": base64.b64encode(a.tobytes()).decode()}


def u8(a):
    a = np.asarray(a, dtype=np.uint8)
    return {"shape": list(a.shape), "u8": base64.b64encode(a.tobytes()).decode()}


def wanted(name):
    return not WANTED or any(word in name for word in WANTED)


def write(name, item, content):
    path = HERE / (name + ".json")
    path.parent.mkdir(parents=True, exist_ok=True)
    entries = {"name": name, "item": item, "versions": VERSIONS, **content}
    lines = [f"{json.dumps(k)}:{json.dumps(v, separators=(',', ':'))}" for k, v in entries.items() if v is not None]
    path.write_text("{\n" + ",\n".join(lines) + "\n}\n")


def rng_for(name, seed=0):
    return np.random.default_rng([zlib.crc32(name.encode()), seed])


# Models: a list of dictionaries in Keras's terms becomes a Keras model.


def dense(units, activation="linear", **options):
    return {"type": "Dense", "units": units, "activation": activation, **options}


def activation(name):
    return {"type": "Activation", "activation": name}


def batch_norm(**options):
    return {"type": "BatchNormalization", **options}


def layer_norm(**options):
    return {"type": "LayerNormalization", **options}


def dropout(rate):
    return {"type": "Dropout", "rate": rate}


def make_regularizer(spec):
    # {"l2": null} stands for the name without a value, which means 0.01.
    if spec is None:
        return None
    kinds = {("l1",): keras.regularizers.L1, ("l2",): keras.regularizers.L2, ("l1", "l2"): keras.regularizers.L1L2}
    return kinds[tuple(sorted(spec))](**spec)


def make_layer(spec):
    options = {k: v for k, v in spec.items() if k != "type"}
    for key in ("kernel_regularizer", "bias_regularizer", "activity_regularizer"):
        if key in options:
            options[key] = make_regularizer(options[key])
    return getattr(keras.layers, spec["type"])(**options)


def make_schedule(spec):
    options = {k: v for k, v in spec.items() if k != "name"}
    return getattr(keras.optimizers.schedules, spec["name"])(**options)


def make_optimizer(spec):
    options = {k: v for k, v in spec.items() if k != "name"}
    if isinstance(options.get("learning_rate"), dict):
        options["learning_rate"] = make_schedule(options["learning_rate"])
    return getattr(keras.optimizers, spec["name"])(**options)


LOSSES = {
    "binary_crossentropy": keras.losses.BinaryCrossentropy,
    "categorical_crossentropy": keras.losses.CategoricalCrossentropy,
    "sparse_categorical_crossentropy": keras.losses.SparseCategoricalCrossentropy,
    "mse": keras.losses.MeanSquaredError,
    "mae": keras.losses.MeanAbsoluteError,
    "huber": keras.losses.Huber,
    "log_cosh": keras.losses.LogCosh,
    "hinge": keras.losses.Hinge,
    "poisson": keras.losses.Poisson,
    "kl_divergence": keras.losses.KLDivergence,
}


def make_loss(spec):
    return LOSSES[spec["name"]](**{k: v for k, v in spec.items() if k != "name"})


METRICS = {
    "accuracy": lambda: "accuracy",
    "mse": lambda: keras.metrics.MeanSquaredError(name="mse"),
    "mae": lambda: keras.metrics.MeanAbsoluteError(name="mae"),
    "rmse": lambda: keras.metrics.RootMeanSquaredError(name="rmse"),
    "precision": lambda: keras.metrics.Precision(name="precision"),
    "recall": lambda: keras.metrics.Recall(name="recall"),
    "top_2": lambda: keras.metrics.TopKCategoricalAccuracy(k=2, name="top_2"),
    "sparse_top_2": lambda: keras.metrics.SparseTopKCategoricalAccuracy(k=2, name="sparse_top_2"),
}


def make_model(spec, weights, dtype):
    keras.utils.clear_session()  # so that layers are named dense, dense_1, … in every model
    keras.config.set_floatx(dtype)
    keras.config.set_dtype_policy(dtype)
    layers = [make_layer(layer) for layer in spec["layers"]]
    model = keras.Sequential([keras.Input((spec["input"],)), *layers])
    if weights is not None:
        model.set_weights(weights)
    model.compile(
        optimizer=make_optimizer(spec["optimizer"]),
        loss=make_loss(spec["loss"]),
        # TensorFlow has no in_top_k in float64.
        metrics=[METRICS[m]() for m in spec.get("metrics", []) if dtype == "float32" or "top" not in m],
        jit_compile=False,
    )
    return model


def initial_weights(model, rng, scale=1.0):
    """Weights with nothing at its default: biases, gammas and moving statistics are random too."""
    out = []
    for variable in model.weights:
        shape = variable.shape
        if variable.name == "kernel":
            limit = scale * math.sqrt(6 / sum(shape))
            w = rng.uniform(-limit, limit, shape)
        elif variable.name == "gamma":
            w = rng.uniform(0.8, 1.2, shape)
        elif variable.name == "moving_variance":
            w = rng.uniform(0.5, 1.5, shape)
        else:
            w = rng.uniform(-0.2, 0.2, shape)
        out.append(w.astype(np.float32))
    return out


def difference(a, b):
    """Largest absolute difference in proportion to the tensor's largest value, over all tensors."""
    worst = 0.0
    for p, q in zip(a, b):
        largest = np.max(np.abs(q)) or 1.0
        worst = max(worst, float(np.max(np.abs(p.astype(np.float64) - q)) / largest))
    return worst


def check_condition(name, worst):
    print(f"{name:60} float64 difference {worst:.1e}", flush=True)
    if worst > MAX_CONDITION:
        FAULTS.append(f"{name}: the same run in float64 differs by {worst:.1e}; choose other data or a smaller rate")


# Data: small, with every input in use.


def make_data(kind, rng, rows, inputs, outputs):
    x = rng.normal(0, 1, (rows, inputs)).astype(np.float32)
    plane = rng.normal(0, 1, (inputs, outputs))
    z = np.tanh(x @ plane) + rng.normal(0, 0.2, (rows, outputs))
    labels = np.argmax(z, axis=1)
    if kind == "regression":
        y = z * 1.5
    elif kind == "binary":
        y = z > 0
    elif kind == "signs":
        y = np.where(z > 0, 1, -1)
    elif kind == "onehot":
        y = np.eye(outputs)[labels]
    elif kind == "sparse":
        y = labels[:, None]
    elif kind == "counts":
        y = rng.poisson(np.exp(z / 2))
    elif kind == "distribution":  # with exact zeros, which Keras clips
        y = np.maximum(rng.dirichlet(np.full(outputs, 0.7), rows) - 0.05, 0)
        y /= y.sum(axis=1, keepdims=True)
    return x, y.astype(np.float32)


# Trajectories: train_on_batch with a recorded batch order.


def run_trajectory(spec, weights, x, y, sample_weight, batches, dtype):
    model = make_model(spec, weights, dtype)
    x, y = x.astype(dtype), y.astype(dtype)
    sample_weight = None if sample_weight is None else sample_weight.astype(dtype)
    losses, at = [], {}
    for step, rows in enumerate(batches, 1):
        w = None if sample_weight is None else sample_weight[rows]
        losses.append(float(model.train_on_batch(x[rows], y[rows], sample_weight=w)))
        if step in STEPS:
            at[step] = model.get_weights()
    return losses, at, model.predict(x[:8], verbose=0), model


def trajectory(name, item, layers, loss, optimizer, data, **options):
    name = "trajectory/" + name
    if not wanted(name):
        return
    rng = rng_for(name, options.get("seed", 0))
    rows, inputs, batch = options.get("rows", 64), options.get("inputs", 4), options.get("batch", 16)
    outputs = [layer["units"] for layer in layers if layer["type"] == "Dense"][-1]
    x, y = make_data(data, rng, rows, inputs, outputs)
    x *= np.float32(options.get("x_scale", 1))
    sample_weight = rng.uniform(0.1, 2, rows).astype(np.float32) if options.get("sample_weight") else None
    epochs = -(-STEPS[-1] * batch // rows)
    order = np.concatenate([rng.permutation(rows) for _ in range(epochs)])
    batches = order[: STEPS[-1] * batch].reshape(-1, batch)

    spec = {"input": inputs, "layers": layers, "loss": loss, "optimizer": optimizer}
    weights = initial_weights(make_model(spec, None, "float32"), rng, options.get("w_scale", 1.0))
    losses, at, predicted, model = run_trajectory(spec, weights, x, y, sample_weight, batches, "float32")
    exact_losses, exact, _, _ = run_trajectory(spec, weights, x, y, sample_weight, batches, "float64")
    worst = max(difference(at[step], exact[step]) for step in STEPS)
    check_condition(name, worst)
    content = {
        **spec,
        "x": f32(x),
        "y": f32(y),
        "sample_weight": None if sample_weight is None else f32(sample_weight),
        "batches": u8(batches),
        "variables": [v.path.removeprefix("sequential/") for v in model.weights],
        "weights": {str(step): [f32(w) for w in ws] for step, ws in {0: weights, **at}.items()},
        "losses": f32(losses),
        "float64_losses_difference": difference([np.array(losses)], [np.array(exact_losses)]),
        "predict": f32(predicted),
        "float64_difference": worst,
    }
    write(name, item, content)


# fit: Keras's own loop, rows in order, last partial batch kept.


class Recorder(keras.callbacks.Callback):
    def __init__(self):
        super().__init__()
        self.rates, self.losses = [], []

    def on_train_batch_end(self, batch, logs=None):
        self.losses.append(logs["loss"])

    def on_epoch_end(self, epoch, logs=None):
        self.rates.append(float(keras.ops.convert_to_numpy(self.model.optimizer.learning_rate)))


def make_callback(spec):
    return getattr(keras.callbacks, spec["name"])(**{k: v for k, v in spec.items() if k != "name"})


def run_fit(spec, weights, x, y, sample_weight, validation, dtype):
    model = make_model(spec, weights, dtype)
    fit = spec["fit"]
    recorder = Recorder()

    def cast(a):
        return None if a is None else a.astype(dtype)

    history = model.fit(
        cast(x),
        cast(y),
        batch_size=fit["batch_size"],
        epochs=fit["epochs"],
        shuffle=False,
        validation_split=fit.get("validation_split", 0.0),
        validation_data=None if validation is None else tuple(cast(a) for a in validation),
        class_weight={int(k): v for k, v in fit["class_weight"].items()} if "class_weight" in fit else None,
        sample_weight=cast(sample_weight),
        callbacks=[make_callback(c) for c in spec.get("callbacks", [])] + [recorder],
        verbose=0,
    )
    return model, history.history, recorder


def check_margins(name, spec, history):
    """A callback's comparison must not hang on rounding: exact ties of counts are fine, near ties are not."""
    for callback in spec.get("callbacks", []):
        monitor = callback.get("monitor", "val_loss")
        delta = callback.get("min_delta", 1e-4 if callback["name"] == "ReduceLROnPlateau" else 0)
        sign = -1 if "accuracy" in monitor else 1
        best = math.inf
        for epoch, value in enumerate(history[monitor]):
            if epoch < callback.get("start_from_epoch", 0):
                continue
            near = [best] if "baseline" not in callback else [best, sign * callback["baseline"]]
            for other in near:
                if 0 < abs(sign * value + delta - other) < 2e-5 * abs(value):
                    FAULTS.append(f"{name}: epoch {epoch}: {value} is too near to {other} for a decision")
            if sign * value + delta < best:
                best = sign * value


def fit(name, item, layers, loss, optimizer, data, settings, **options):
    name = "fit/" + name
    if not wanted(name):
        return
    rng = rng_for(name, options.get("seed", 0))
    rows, inputs = options.get("rows", 75), options.get("inputs", 4)
    outputs = [layer["units"] for layer in layers if layer["type"] == "Dense"][-1]
    validation_rows = options.get("validation_rows", 0)
    x, y = make_data(data, rng, rows + validation_rows, inputs, outputs)
    if options.get("noise"):
        wrong = rng.random(len(y)) < options["noise"]
        y[wrong] = rng.permutation(y[wrong])
    x *= np.float32(options.get("x_scale", 1))
    sample_weight = rng.uniform(0.1, 2, len(x)).astype(np.float32) if options.get("sample_weight") else None
    validation = None
    if validation_rows:
        validation = (x[rows:], y[rows:])
        if sample_weight is not None:
            validation += (sample_weight[rows:],)
            sample_weight = sample_weight[:rows]
        x, y = x[:rows], y[:rows]

    spec = {"input": inputs, "layers": layers, "loss": loss, "optimizer": optimizer, "fit": settings}
    for key in ("metrics", "callbacks"):
        if key in options:
            spec[key] = options[key]
    weights = initial_weights(make_model(spec, None, "float32"), rng, options.get("w_scale", 1.0))
    model, history, recorder = run_fit(spec, weights, x, y, sample_weight, validation, "float32")
    final = model.get_weights()
    evaluated = model.evaluate(x, y, batch_size=settings["batch_size"], verbose=0, return_dict=True)
    predicted = model.predict(x[:8], verbose=0)
    worst = None
    if not options.get("diverges"):
        exact, exact_history, _ = run_fit(spec, weights, x, y, sample_weight, validation, "float64")
        worst = difference(final, exact.get_weights())
        check_condition(name, worst)
        check_margins(name, spec, history)
        for key, values in history.items():
            others = exact_history.get(key, values)
            if len(values) != len(others) or np.max(np.abs(np.subtract(values, others))) > 1e-4:
                FAULTS.append(f"{name}: {key} differs in float64: {values} {others}")
    else:
        print(f"{name:60} diverges: {recorder.losses}")
    content = {
        **spec,
        "x": f32(x),
        "y": f32(y),
        "sample_weight": None if sample_weight is None else f32(sample_weight),
        "validation": None if validation is None else [f32(a) for a in validation],
        "weights": {"0": [f32(w) for w in weights], "end": [f32(w) for w in final]},
        "epochs_run": len(history["loss"]),
        "batches_run": len(recorder.losses),
        "history": {k: f32(v) for k, v in history.items()},
        "rates_after": f32(recorder.rates),
        "evaluate": {k: f32(v) for k, v in evaluated.items()},
        "predict": f32(predicted),
        "float64_difference": worst,
    }
    write(name, item, content)


def inference(name, item, layers):
    """Evaluation and prediction without training."""
    name = "inference/" + name
    if not wanted(name):
        return
    rng = rng_for(name)
    x, y = make_data("regression", rng, 20, 4, 2)
    spec = {"input": 4, "layers": layers, "loss": {"name": "mse"}, "optimizer": {"name": "SGD"}, "metrics": ["mae"]}
    weights = initial_weights(make_model(spec, None, "float32"), rng)
    model = make_model(spec, weights, "float32")
    evaluated = model.evaluate(x, y, verbose=0, return_dict=True)
    content = {
        **spec,
        "x": f32(x),
        "y": f32(y),
        "weights": {"0": [f32(w) for w in weights]},
        "evaluate": {k: f32(v) for k, v in evaluated.items()},
        "predict": f32(model.predict(x, verbose=0)),
    }
    write(name, item, content)
    print(name)
