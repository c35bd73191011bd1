"""Writes the models that the tests of this package read, with the Keras that the given Python has:

    /opt/nnrt/keras/bin/python generate.py k3.15
    PYTHONPATH=.../keras-3.5.0 /opt/nnrt/keras/bin/python generate.py k3.5        (likewise k3.0)
    .../tensorflow-2.15/bin/python generate.py k2.15                              (likewise k2.12, k2.13)

Older versions are installed outside the repository: pip install --no-deps --target .../keras-3.5.0 keras==3.5.0 (3.0.5
needs dm-tree, too), and a virtual environment with tensorflow-cpu==2.15.0 (2.13.1, 2.12.0), for Python 3.11.

The argument begins the files' names. NAME.keras.gz and NAME.h5.gz are what Keras wrote, packed, since most of HDF5 is
zeros; NAME.json has inputs, what Keras predicts for them,
and what it predicts when it computes in float64. Files whose names have "refuse" in them have no JSON.
"""

import gzip
import io
import json
import os
import sys
import tempfile
import zipfile

os.environ["CUDA_VISIBLE_DEVICES"] = "-1"
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["TF_ENABLE_ONEDNN_OPTS"] = "0"

import h5py
import numpy as np
import tensorflow as tf

prefix = sys.argv[1]
if prefix.startswith("k2"):
    keras = tf.keras
else:
    import keras
L = keras.layers
KERAS3 = prefix.startswith("k3")
NEWEST = prefix == "k3.15"
NESTED = (".keras",) if prefix == "k3.0" else (".keras", ".h5")  # Keras 3.0 fails to save .h5 of models in models
random = np.random.default_rng(7)
tf.config.threading.set_inter_op_parallelism_threads(1)
tf.config.threading.set_intra_op_parallelism_threads(1)


def pack(name, data):
    with open(name + ".gz", "wb") as f, gzip.GzipFile("", "wb", fileobj=f, mtime=0) as z:
        z.write(data)


def saved(model, ending):
    """The bytes of the file that Keras saves."""
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "model" + ending)
        # Keras 2.12 saves .h5 files under .keras, too, unless it is told.
        model.save(path, **({"save_format": "keras_v3"} if prefix == "k2.12" and ending == ".keras" else {}))
        with open(path, "rb") as f:
            return f.read()


def randomize(model):
    """No weight stays at its default."""
    for layer in model.layers:
        if hasattr(layer, "layers"):
            randomize(layer)
        elif isinstance(layer, L.Normalization):
            continue
        else:
            layer.set_weights(
                [
                    (np.abs(r) + 0.1 if "variance" in v.name else r * 0.6).astype("float32")
                    for v in layer.weights
                    for r in [random.normal(size=v.shape)]
                ]
            )


def in_float64(model):
    """The same model with the same weights, computing in float64."""
    keras.backend.set_floatx("float64")
    wide = keras.models.model_from_json(model.to_json().replace('"float32"', '"float64"'))
    wide.set_weights(model.get_weights())
    for layer in wide.layers:
        if isinstance(layer, L.Normalization):
            layer.finalize_state()
    keras.backend.set_floatx("float32")
    return wide


def write(name, model, shape, endings=(".keras", ".h5"), scale=1.0):
    if "refuse" not in name:
        x = (random.normal(size=(7, *shape)) * scale).astype("float32")
        numbers = lambda a: json.dumps([[float(v) for v in row] for row in np.asarray(a).reshape(7, -1)])
        y, exact = numbers(model(x, training=False)), numbers(in_float64(model)(x.astype("float64"), training=False))
        with open(f"{prefix}_{name}.json", "w") as f:
            f.write(f'{{"inputs": {numbers(x)},\n"outputs": {y},\n"exact": {exact}}}\n')
    for ending in endings:
        pack(f"{prefix}_{name}{ending}", saved(model, ending))


def sequential():
    m = keras.Sequential(name="tutorial")
    m.add(L.Input((4,)))
    m.add(L.Dense(5, activation="relu", kernel_regularizer="l2", bias_initializer="ones", name="first"))
    m.add(L.Dropout(0.25))
    m.add(L.BatchNormalization(momentum=0.9, epsilon=0.01))
    m.add(L.LeakyReLU())
    m.add(L.GaussianNoise(0.5))
    m.add(L.Dense(6, use_bias=False, kernel_initializer="he_normal", kernel_constraint="non_neg"))
    m.add(L.LayerNormalization(center=False))
    m.add(L.ELU(0.5))
    m.add(L.BatchNormalization(scale=False))
    m.add(L.ReLU(6))
    m.add(L.Dense(3, activation="softmax"))
    randomize(m)
    return m


m = sequential()
m.compile("adam", "categorical_crossentropy", metrics=["accuracy"])
m.fit(random.normal(size=(8, 4)), np.eye(3)[random.integers(0, 3, 8)], verbose=0)
write("sequential", m, (4,))

x = inputs = keras.Input((4,), name="measurements")
x = L.Dense(5, name="zeta", activation="gelu")(x)
inner = keras.Sequential(
    [L.Input((5,)), L.Dense(4), L.BatchNormalization(), L.Dense(5, activation="tanh")], name="block")
x = inner(x)
deep_in = keras.Input((5,))
deep = keras.Model(deep_in, L.BatchNormalization()(L.Dense(3, name="zeta")(deep_in)), name="deep")
x = deep(x)
x = L.Activation("softplus")(x)
m = keras.Model(inputs, L.Dense(2, name="alpha")(x))
randomize(m)
write("functional", m, (4,), NESTED)

if KERAS3:  # which cannot load functions from .h5 files
    x = inputs = keras.Input((4,))
    for function in [
        keras.activations.silu, lambda x: keras.ops.leaky_relu(x, negative_slope=0.1), keras.ops.tanh,
        keras.activations.relu,
        lambda x: keras.ops.gelu(x, approximate=True), lambda x: keras.ops.elu(x, alpha=0.5), keras.ops.softmax,
    ]:
        x = L.LayerNormalization()(function(L.Dense(4)(x)))
    m = keras.Model(inputs, x)
    randomize(m)
    write("operations", m, (4,), (".keras",))

inner = keras.Sequential(
    [L.Input((4,)), L.BatchNormalization(), L.Dense(4, activation="tanh"), L.BatchNormalization(), L.Dense(3)])
inner.layers[1].trainable = False
inner.layers[2].trainable = False
m = keras.Sequential([L.Input((4,)), L.Dense(4), inner, L.BatchNormalization(trainable=False), L.Dense(1)])
randomize(m)
write("frozen", m, (4,), NESTED)

m = keras.Sequential([L.Dense(3, activation="tanh"), L.Dense(2)])
m(np.zeros((1, 4), "float32"))
randomize(m)
write("deferred", m, (4,))

names = ["linear", "relu", "elu", "selu", "softplus", "softsign", "tanh", "sigmoid", "exponential", "gelu", "swish"]
if KERAS3:
    names += ["relu6", "silu", "mish", "log_softmax", "leaky_relu", "hard_sigmoid"]
if NEWEST:
    names += ["celu", "hard_silu", "log_sigmoid"]
m = keras.Sequential([L.Input((4,))])
for name in names:
    m.add(L.Dense(4, activation=name))
    m.add(L.Dense(4))
    m.add(L.LayerNormalization())
if NEWEST or not KERAS3:  # others fail to load it
    m.add(L.Dense(4, activation=L.LeakyReLU(0.05)))
m.add(L.Softmax())
randomize(m)
write("activations", m, (4,))

first = L.Normalization()
m = keras.Sequential([L.Input((4,)), first, L.Dense(3, activation="relu"), L.Dense(2)])
first.adapt((random.normal(size=(50, 4)) * [1, 10, 100, 1e-3] + [5, -100, 1e4, 3]).astype("float32"))
randomize(m)
write("normalization", m, (4,), scale=100.0)

invert = {} if prefix in ("k2.12", "k2.13") else {"invert": True}  # which they forget when they save
second, last = L.Normalization(axis=None), L.Normalization(mean=[3.0, 1e5], variance=[4.0, 1e8], **invert)
m = keras.Sequential(
    [L.Input((2, 3)), L.Rescaling(1 / 127.5, offset=-1), second, L.Normalization(axis=(1, 2)), L.Flatten(), L.Dense(2),
     last])
second.adapt((random.normal(size=(50, 2, 3)) * 0.2 - 300).astype("float32"))
m.layers[2].adapt((random.normal(size=(50, 2, 3)) * 0.1).astype("float32"))
randomize(m)
write("rescaling", m, (2, 3), scale=100.0)

mean, variance = (2.0, 9.0) if NEWEST else ([2.0] * 3, [9.0] * 3)  # Keras 3.5 cannot have one number for all
m = keras.Sequential(
    [L.Input((3,)), L.Normalization(mean=mean, variance=variance), L.Rescaling([1.0, 0.5, 3.0]), L.Dense(2)])
randomize(m)
write("fixed_scaling", m, (3,))

m = keras.Sequential([L.Input((3,))] + [L.Dense(2, activation="tanh") for _ in range(12)])
randomize(m)
write("twelve", m, (3,))


# What is refused.
def refuse(name, model, endings=(".keras", ".h5")):
    write("refuse_" + name, model, None, endings)


m = keras.Sequential([L.Input((3,)), L.Dense(2, activation="hard_sigmoid")])
if not KERAS3:
    refuse("hard_sigmoid", m)
if NEWEST:
    refuse("lstm", keras.Sequential([L.Input((3, 2)), L.LSTM(2, name="memory"), L.Dense(1)]))
    refuse("conv", keras.Sequential([L.Input((8, 2)), L.Conv1D(2, 3), L.Flatten(), L.Dense(1)]))
    refuse("lambda", keras.Sequential([L.Input((3,)), L.Lambda(lambda t: t * 2, name="twice")]))
    refuse("prelu", keras.Sequential([L.Input((3,)), L.PReLU()]))
    refuse("relu", keras.Sequential([L.Input((3,)), L.ReLU(max_value=3)]))
    refuse("glu", keras.Sequential([L.Input((4,)), L.Dense(4, activation="glu")]))
    refuse("dense_of_matrix", keras.Sequential([L.Input((3, 2)), L.Dense(2)]))
    refuse("axis", keras.Sequential([L.Input((3, 2)), L.BatchNormalization(axis=1), L.Flatten()]))
    refuse("channels_first", keras.Sequential([L.Input((3, 2)), L.Flatten(data_format="channels_first"), L.Dense(1)]))
    refuse("rms_scaling", keras.Sequential([L.Input((3,)), L.LayerNormalization(rms_scaling=True)]), (".keras",))
    refuse("unknown_length", keras.Sequential([L.Input((None, 2)), L.Flatten()]))
    i = keras.Input((3,))
    refuse("mixed", keras.Sequential([L.Input((3,)), L.Dense(2, dtype="mixed_float16")]))
    quantized = keras.Sequential([L.Input((3,)), L.Dense(2)])
    quantized.quantize("int8")
    refuse("quantized", quantized, (".keras",))
    refuse("training", keras.Model(i, L.Dropout(0.5)(i, training=True)))
    refuse("residual", keras.Model(i, L.Add()([i, L.Dense(3)(i)])))
    refuse("two_outputs", keras.Model(i, [L.Dense(3)(i), L.Dense(1)(i)]))
    j = keras.Input((3,))
    refuse("two_inputs", keras.Model([i, j], L.Concatenate()([i, j])))
    shared = L.Dense(3, name="again")
    refuse("shared", keras.Model(i, shared(shared(i))))
    refuse("arithmetic", keras.Model(i, L.Dense(1)(i * 2.0)), (".keras",))

    @keras.saving.register_keras_serializable(package="mine")
    class Doubled(L.Layer):
        def call(self, x):
            return x * 2

    refuse("custom", keras.Sequential([L.Input((3,)), Doubled(name="double")]))

    @keras.saving.register_keras_serializable(package="mine")
    def bent(x):
        return keras.ops.abs(x)

    refuse("custom_activation", keras.Sequential([L.Input((3,)), L.Dense(2, activation=bent)]))

    @keras.saving.register_keras_serializable(package="mine")
    class Subclass(keras.Model):
        def __init__(self, **options):
            super().__init__(**options)
            self.dense = L.Dense(2)

        def call(self, x):
            return self.dense(x)

    m = Subclass()
    m(np.zeros((1, 3), "float32"))
    refuse("subclass", m, (".keras",))

    m = keras.Sequential([L.Input((3,)), L.Dense(2)])
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "only.weights.h5")
        m.save_weights(path)
        pack(f"{prefix}_refuse_weights_only.h5", open(path, "rb").read())

    # The same model with its weights in other forms of HDF5, and in a compressed archive.
    m = sequential()
    write("forms", m, (4,))

    def copy(source, target, **options):
        for key, value in source.attrs.items():
            target.attrs[key] = np.bytes_(value) if key == "model_config" else value
        for key, item in source.items():
            if isinstance(item, h5py.Group):
                copy(item, target.create_group(key, track_order=options.get("track_order")), **options)
            elif item.shape and item.dtype.kind == "f":
                value = item[()]
                exact16 = options.get("dtype") == "f2" and (value.astype("f2") == value).all()
                target.create_dataset(key, data=value, dtype="f2" if exact16 else options.get("dtype8"),
                                      **options.get("chunks", {}))
            else:
                target.create_dataset(key, data=item[()])

    def rewritten(data, libver, **options):
        b = io.BytesIO()
        with h5py.File(io.BytesIO(data), "r") as source, h5py.File(b, "w", libver=libver) as target:
            copy(source, target, **options)
        return b.getvalue()

    everything = {"chunks": True, "compression": "gzip", "shuffle": True, "fletcher32": True}
    forms = {
        "latest": ("latest", {}),
        "old_chunks": ("earliest", {"chunks": everything}),
        "latest_chunks": ("latest", {"chunks": everything, "track_order": True}),
        "double": ("v108", {"dtype8": "f8"}),
    }
    archive, legacy = saved(m, ".keras"), saved(m, ".h5")
    for form, (libver, options) in forms.items():
        b = io.BytesIO()
        with zipfile.ZipFile(io.BytesIO(archive)) as z, zipfile.ZipFile(b, "w", zipfile.ZIP_DEFLATED) as out:
            for name in z.namelist():
                data = z.read(name)
                out.writestr(name, rewritten(data, libver, **options) if name.endswith(".h5") else data)
        pack(f"{prefix}_forms_{form}.keras", b.getvalue())
        pack(f"{prefix}_forms_{form}.h5", rewritten(legacy, libver, **options))

    m = keras.Sequential([L.Input((2,), name="x"), L.Dense(1, name="d")], name="m")
    randomize(m)
    write("tiny", m, (2,))
