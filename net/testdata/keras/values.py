"""Values that need no training: activations, schedules, metrics, initialisers, splits."""

import keras
import numpy as np
import tensorflow as tf
from golden import f32, f64, make_schedule, rng_for, wanted, write

ACTIVATIONS = [
    "linear", "relu", "relu6", "leaky_relu", "elu", "selu", "celu", "gelu", "gelu_tanh", "silu", "mish", "sigmoid",
    "hard_sigmoid", "hard_silu", "log_sigmoid", "tanh", "softplus", "softsign", "exponential", "softmax", "log_softmax",
]


def activation_function(name):
    if name == "gelu_tanh":
        return lambda x: keras.activations.gelu(x, approximate=True)
    return getattr(keras.activations, name)


def activation_values(function, x, upstream, dtype):
    keras.config.set_floatx(dtype)
    x = tf.constant(x, dtype)
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(x)
        y = function(x)
    zero = tf.UnconnectedGradients.ZERO
    ones = tape.gradient(y, x, unconnected_gradients=zero)
    random = tape.gradient(y, x, output_gradients=tf.constant(upstream, dtype), unconnected_gradients=zero)
    return y.numpy(), ones.numpy(), random.numpy()


def activations():
    grid = np.arange(-20, 20.125, 0.25)
    near = [1e-30, 1e-10, 1e-7, 1e-4, 1e-3, 0.1, 0.5772, 2.9999, 3.0001, 5.9999, 6.0001]
    far = [30, 50, 80, 1e3, 1e6]
    points = np.concatenate([grid, [0.0, -0.0], near, np.negative(near), far, np.negative(far)])
    for name in ACTIVATIONS:
        file = "activation/" + name
        if not wanted(file):
            continue
        rng = rng_for(file)
        if "softmax" in name:
            x = rng.normal(0, 4, (24, 5))
            x[0], x[1], x[2], x[3] = 0, [1000, 0, -1000, 1, 2], [-80, -80, -80.5, -81, -200], [3, 3, 3, 3, 88]
        else:
            x = points[(points < 80.5) & (points > -80.5)] if name == "exponential" else points
        x = x.astype(np.float32)
        upstream = rng.normal(0, 1, x.shape).astype(np.float32)
        y, ones, random = activation_values(activation_function(name), x, upstream, "float32")
        exact = activation_values(activation_function(name), x, upstream, "float64")
        content = {
            "activation": name, "x": f32(x), "upstream": f32(upstream), "y": f32(y), "gradient_of_ones": f32(ones),
            "gradient": f32(random), "float64_y": f64(exact[0]), "float64_gradient": f64(exact[2]),
        }
        write(file, f"Activations: {name}", content)
        print(file)


def schedules():
    if not wanted("schedules"):
        return
    keras.config.set_floatx("float32")
    first = {"initial_learning_rate": 0.1}
    specs = [
        {"name": "ExponentialDecay", **first, "decay_steps": 10, "decay_rate": 0.9},
        {"name": "ExponentialDecay", **first, "decay_steps": 10, "decay_rate": 0.9, "staircase": True},
        {"name": "InverseTimeDecay", **first, "decay_steps": 10, "decay_rate": 0.5},
        {"name": "InverseTimeDecay", **first, "decay_steps": 10, "decay_rate": 0.5, "staircase": True},
        {"name": "PolynomialDecay", **first, "decay_steps": 30},
        {"name": "PolynomialDecay", **first, "decay_steps": 30, "end_learning_rate": 0.01, "power": 0.5},
        {"name": "PolynomialDecay", **first, "decay_steps": 20, "end_learning_rate": 0.001, "power": 2.0,
         "cycle": True},
        {"name": "PiecewiseConstantDecay", "boundaries": [5, 20, 40], "values": [0.1, 0.05, 0.01, 0.001]},
        {"name": "CosineDecay", **first, "decay_steps": 40},
        {"name": "CosineDecay", **first, "decay_steps": 40, "alpha": 0.1},
        {"name": "CosineDecay", "initial_learning_rate": 0.0, "decay_steps": 30, "warmup_target": 0.1,
         "warmup_steps": 10},
        {"name": "CosineDecay", "initial_learning_rate": 0.02, "decay_steps": 30, "alpha": 0.05, "warmup_target": 0.1,
         "warmup_steps": 7},
        {"name": "CosineDecayRestarts", **first, "first_decay_steps": 10},
        {"name": "CosineDecayRestarts", **first, "first_decay_steps": 7, "t_mul": 1.5, "m_mul": 0.8, "alpha": 0.1},
        {"name": "CosineDecayRestarts", **first, "first_decay_steps": 10, "t_mul": 1.0, "m_mul": 0.9},
    ]
    cases = []
    for spec in specs:
        schedule = make_schedule(spec)
        values = [float(schedule(tf.constant(step, tf.int64))) for step in range(101)]
        cases.append({**spec, "values_at": f32(values)})
    write("schedules", "Callbacks: schedules", {"cases": cases})
    print("schedules")


def metric_values():
    if not wanted("metrics"):
        return
    keras.config.set_floatx("float32")
    rng = rng_for("metrics")
    half = np.float32(0.5)
    p = np.array([half, np.nextafter(half, np.float32(1)), np.nextafter(half, np.float32(0)), 0.9, 0.1, 0.7, 0.2, 0.5])
    binary = (np.array([1, 1, 0, 1, 0, 0, 1, 0])[:, None], p[:, None])
    none_positive = (np.array([1, 0, 1])[:, None], np.array([0.1, 0.2, 0.5])[:, None])
    none_true = (np.array([0, 0, 0])[:, None], np.array([0.1, 0.9, 0.6])[:, None])
    scores = rng.dirichlet(np.ones(5), 20)
    scores[0] = [0.2, 0.2, 0.2, 0.2, 0.2]
    scores[1] = [0.4, 0.1, 0.4, 0.05, 0.05]
    scores[2] = [0.3, 0.3, 0.2, 0.1, 0.1]
    labels = rng.integers(0, 5, 20)
    labels[:3] = [4, 2, 1]
    sparse, onehot = (labels[:, None], scores), (np.eye(5)[labels], scores)
    flat_sparse = (labels, scores)
    real = (rng.normal(0, 1, (9, 3)), rng.normal(0, 1, (9, 3)))
    m = keras.metrics
    table = [
        ("binary_accuracy", m.BinaryAccuracy(), binary),
        ("precision", m.Precision(), binary),
        ("precision", m.Precision(), none_positive),
        ("recall", m.Recall(), binary),
        ("recall", m.Recall(), none_true),
        ("sparse_categorical_accuracy", m.SparseCategoricalAccuracy(), sparse),
        ("categorical_accuracy", m.CategoricalAccuracy(), onehot),
        ("mse", m.MeanSquaredError(), real),
        ("mae", m.MeanAbsoluteError(), real),
        ("rmse", m.RootMeanSquaredError(), real),
    ]
    for k in (1, 2, 3, 5):
        table.append((f"sparse_top_k:{k}", m.SparseTopKCategoricalAccuracy(k=k), flat_sparse))
        table.append((f"top_k:{k}", m.TopKCategoricalAccuracy(k=k), onehot))
    cases = []
    for name, metric, (y_true, y_pred) in table:
        y_true, y_pred = y_true.astype(np.float32), y_pred.astype(np.float32)
        metric.update_state(y_true, y_pred)
        y_true = y_true[:, None] if y_true.ndim == 1 else y_true
        cases.append({"metric": name, "y_true": f32(y_true), "y_pred": f32(y_pred), "value": float(metric.result())})
    write("metrics", "Metrics", {"cases": cases})
    print("metrics")


def initializers():
    """What Keras asks of its generator for a shape: the limits or the deviation, and statistics of a draw."""
    if not wanted("initializers"):
        return
    keras.config.set_floatx("float32")
    from keras.src.initializers import random_initializers as source

    asked = {}
    original = source.random

    class Spy:
        SeedGenerator = getattr(original, "SeedGenerator", None)

        @staticmethod
        def uniform(shape, minval, maxval, **rest):
            asked.update(distribution="uniform", minimum=float(minval), maximum=float(maxval))
            return original.uniform(shape, minval, maxval, **rest)

        @staticmethod
        def normal(shape, mean=0.0, stddev=1.0, **rest):
            asked.update(distribution="normal", mean=float(mean), stddev=float(stddev))
            return original.normal(shape, mean=mean, stddev=stddev, **rest)

        @staticmethod
        def truncated_normal(shape, mean=0.0, stddev=1.0, **rest):
            asked.update(distribution="truncated_normal", mean=float(mean), stddev=float(stddev))
            return original.truncated_normal(shape, mean=mean, stddev=stddev, **rest)

    source.random = Spy
    names = ["GlorotUniform", "GlorotNormal", "HeUniform", "HeNormal", "LecunUniform", "LecunNormal", "RandomNormal",
             "RandomUniform", "TruncatedNormal", "Zeros", "Ones"]
    specs = [{"name": n} for n in names] + [
        {"name": "VarianceScaling"},
        {"name": "VarianceScaling", "scale": 0.5, "mode": "fan_out", "distribution": "uniform"},
        {"name": "VarianceScaling", "scale": 3.0, "mode": "fan_avg", "distribution": "untruncated_normal"},
        {"name": "RandomNormal", "mean": 0.5, "stddev": 0.2},
        {"name": "RandomUniform", "minval": -0.3, "maxval": 0.1},
        {"name": "TruncatedNormal", "mean": 0.1, "stddev": 0.3},
        {"name": "Constant", "value": 0.25},
    ]
    cases = []
    for spec in specs:
        for shape in ((8, 10), (784, 128), (100, 400)):
            asked.clear()
            options = {k: v for k, v in spec.items() if k != "name"}
            if spec["name"] not in ("Zeros", "Ones", "Constant"):
                options["seed"] = 7
            draw = np.asarray(getattr(keras.initializers, spec["name"])(**options)(shape), dtype=np.float64)
            cases.append({
                "initializer": spec, "shape": shape, "asked": dict(asked), "draw_mean": draw.mean(),
                "draw_stddev": draw.std(), "draw_min": draw.min(), "draw_max": draw.max(),
            })
    source.random = original
    write("initializers", "Initialisers", {"cases": cases})
    print("initializers")


def splits():
    if not wanted("splits"):
        return
    from keras.src.trainers.data_adapters.array_slicing import train_validation_split

    cases = []
    for rows in (2, 3, 7, 10, 50, 75, 100, 103, 768, 999, 1000):
        for fraction in (0.01, 0.1, 0.2, 0.25, 0.3, 1 / 3, 0.5, 0.7, 0.9, 0.99):
            try:
                train, _ = train_validation_split(np.zeros((rows, 1)), fraction)
                cases.append([rows, fraction, len(train)])
            except ValueError:  # one part would be empty
                cases.append([rows, fraction, -1])
    write("splits", "fit: validation_split keeps floor(n(1-f)) rows for training", {"cases": cases})
    print("splits")


def write_all():
    activations()
    schedules()
    metric_values()
    initializers()
    splits()
