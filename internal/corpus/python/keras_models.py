"""The models of the corpus that Keras 3 on TensorFlow makes. Run it as generate.py says."""

import os
import sys

os.environ.update(KERAS_BACKEND="tensorflow", TF_ENABLE_ONEDNN_OPTS="0", TF_CPP_MIN_LOG_LEVEL="3")

import keras
import numpy as np
import onnx
import safetensors
import safetensors.numpy
import tensorflow as tf
import tf2onnx
from keras import layers

from common import Manifest, generator, inputs, put

VERSIONS = {"keras": keras.__version__, "tensorflow": tf.__version__}
ONNX_VERSIONS = {**VERSIONS, "tf2onnx": tf2onnx.__version__, "onnx": onnx.__version__}
corpus = Manifest("manifest.json", "keras_models.py", sys.argv[1:])

# Every activation of nnrt by Keras's name. GELU by tanh has no name, since the argument has no place in a string.
ACTIVATIONS = ("relu relu6 leaky_relu elu selu celu gelu silu mish sigmoid hard_sigmoid hard_silu log_sigmoid tanh "
               "softplus softsign exponential softmax log_softmax").split()


def weigh(model, rng):
    """Gives a model weights of which none is trivial."""
    for layer in model.layers:
        for w in layer.weights:
            shape = tuple(w.shape)
            if w.dtype != "float32" or isinstance(layer, layers.Normalization):
                continue
            if len(shape) == 2:
                v = rng.normal(0, 1.2 / np.sqrt(shape[0]), shape)
            elif w.name == "moving_variance":
                v = np.exp(rng.normal(0, 0.5, shape))
            elif w.name == "gamma":
                v = 1 + rng.normal(0, 0.3, shape)
            else:
                v = rng.normal(0, 0.4, shape)
            w.assign(v.astype(np.float32))
    return model


def make(name, build, spread):
    """The model with its weights, its inputs and its outputs."""
    keras.utils.clear_session(free_memory=False)
    keras.utils.set_random_seed(1)
    rng = generator(name)
    model = weigh(build(), rng)
    x = inputs(rng, model.input_shape[-1], spread)
    if len(model.input_shape) == 3:
        x = inputs(rng, int(np.prod(model.input_shape[1:])), spread)
    rows = x.reshape(len(x), *model.input_shape[1:])
    if model.input_shape[0]:
        y = np.concatenate([np.asarray(model(rows[i:i + model.input_shape[0]]))
                            for i in range(0, len(rows), model.input_shape[0])])
    else:
        y = np.asarray(model(rows))
    return model, x, y


def native(name, build, shows, form="keras", spread=1.5):
    """A .keras or .h5 file."""
    if not corpus.wants(name):
        return
    model, x, y = make(name, build, spread)
    folder = corpus.folder(name)
    model.save(os.path.join(folder, "model." + form))
    put(folder, x, y)
    corpus.add(name, framework="Keras 3", versions=VERSIONS, exporter="." + form, file="model." + form, shows=shows)


def exported(name, build, shows, opset=None, spread=1.5):
    """An ONNX file by export(format="onnx")."""
    if not corpus.wants(name):
        return
    model, x, y = make(name, build, spread)
    folder = corpus.folder(name)
    path = os.path.join(folder, "model.onnx")
    options = {} if opset is None else {"opset_version": opset}
    model.export(path, format="onnx", verbose=False, **options)
    put(folder, x, y)
    version = max(o.version for o in onnx.load(path).opset_import if o.domain == "")
    corpus.add(name, framework="Keras 3", versions=ONNX_VERSIONS, exporter="export()", opset=version,
               batch=model.input_shape[0] or "free", file="model.onnx", shows=shows)


def converted(name, build, shows, opset, spread=1.5):
    """An ONNX file by tf2onnx, of the function that the model is."""
    if not corpus.wants(name):
        return
    model, x, y = make(name, build, spread)
    folder = corpus.folder(name)
    signature = [tf.TensorSpec(model.input_shape, tf.float32, name="x")]
    tf2onnx.convert.from_function(tf.function(lambda x: model(x, training=False)), signature, opset=opset,
                                  output_path=os.path.join(folder, "model.onnx"))
    put(folder, x, y)
    corpus.add(name, framework="Keras 3", versions=ONNX_VERSIONS, exporter="tf2onnx", opset=opset,
               batch=model.input_shape[0] or "free", file="model.onnx", shows=shows)


def arrays(name, build, layers_text, shows, form):
    """The weights alone: get_weights() in an NPZ file, or named tensors in safetensors."""
    if not corpus.wants(name):
        return
    model, x, y = make(name, build, 1.5)
    folder = corpus.folder(name)
    path = os.path.join(folder, "model." + form)
    versions = VERSIONS
    if form == "npz":
        np.savez(path, *model.get_weights())
    else:
        versions = {**versions, "safetensors": safetensors.__version__}
        safetensors.numpy.save_file({w.path.split("/", 1)[-1] if w.path.count("/") > 1 else w.path: w.numpy()
                                     for w in model.weights}, path)
    put(folder, x, y)
    corpus.add(name, framework="Keras 3", versions=versions, file="model." + form, layers=layers_text, shows=shows,
               exporter="get_weights() and numpy.savez" if form == "npz" else "safetensors")


# --- models --------------------------------------------------------------------------------------------------------

def sequential(inputs_, *rest, batch=None):
    return lambda: keras.Sequential([keras.Input((inputs_,), batch_size=batch), *(r() for r in rest)])


def dense(units, activation=None, **options):
    return lambda: layers.Dense(units, activation=activation, **options)


def around(a, batch=None):
    if a.endswith("softmax"):
        return sequential(5, dense(8, "tanh"), dense(4, a), batch=batch)
    return sequential(5, dense(8, a), dense(3), batch=batch)


def chain(*activations):
    return sequential(6, *(dense((9, 7, 12, 5)[i % 4], a) for i, a in enumerate(activations)))


CHAIN1 = chain("relu", "leaky_relu", "elu", "selu", "celu", "gelu", "silu", "sigmoid", "tanh", "softplus",
               "exponential", "softmax")
CHAIN2 = chain("relu6", "mish", "hard_sigmoid", "hard_silu", "log_sigmoid", "softsign", "linear",
               "swish", "hard_swish", "log_softmax")

TUTORIAL = sequential(8, dense(10, "relu"), dense(8, "relu"), dense(1, "sigmoid"))
NOBIAS = sequential(6, dense(9, "tanh", use_bias=False), dense(7, "tanh", use_bias=False), dense(2, use_bias=False))
TWELVE = sequential(10, *(dense(u, "silu") for u in (16, 14, 14, 12, 12, 10, 10, 9, 9, 8, 8)), dense(4, "softmax"))
NORMALISED = sequential(6, dense(10), layers.BatchNormalization, lambda: layers.Activation("relu"),
                        lambda: layers.Dropout(0.3), dense(10, "tanh"),
                        lambda: layers.BatchNormalization(epsilon=1e-5, scale=False), layers.LayerNormalization,
                        dense(3))
LAYERNORM = sequential(6, dense(10), lambda: layers.LayerNormalization(epsilon=1e-5), lambda: layers.Activation("gelu"),
                       dense(8), lambda: layers.LayerNormalization(center=False), dense(3))
FIRST = sequential(6, layers.BatchNormalization, dense(8, "relu"), lambda: layers.BatchNormalization(center=False),
                   dense(2))


def by_layers():
    """Activations that are layers, with arguments."""
    return keras.Sequential([
        keras.Input((6,)), layers.Dense(9), layers.LeakyReLU(negative_slope=0.3), layers.Dense(9),
        layers.ReLU(max_value=6), layers.Dense(8), layers.ELU(alpha=0.6), layers.Dense(8), layers.ReLU(),
        layers.Dense(4), layers.Softmax()])


def functional():
    i = keras.Input((10,), name="measurements")
    x = layers.Dense(16, "relu", name="first")(i)
    x = layers.Dropout(0.4)(x)
    x = layers.Dense(12, "tanh", name="second", kernel_regularizer="l2")(x)
    return keras.Model(i, layers.Dense(3, "softmax", name="classes")(x), name="linear_functional")


def normalization():
    """Statistics that adapt() learned."""
    n = layers.Normalization()
    rng = np.random.default_rng(3)
    n.adapt((rng.normal(0, 1, (200, 6)) * [32, 19, 16, 115, 8, 0.3] + [121, 69, 20, 80, 32, 0.5]).astype(np.float32))
    return keras.Sequential([keras.Input((6,)), n, layers.Dense(12, "relu"), layers.Dense(1, "sigmoid")])


def rescaling():
    return keras.Sequential([keras.Input((4, 4)), layers.Rescaling(1 / 255.0), layers.Flatten(),
                             layers.Dense(10, "relu"), layers.Dense(5, "softmax")])


def offset():
    return keras.Sequential([keras.Input((6,)), layers.Rescaling(1 / 127.5, offset=-1), layers.Dense(8, "tanh"),
                             layers.Dense(2)])


def trained():
    """A training's weights and statistics, and what compile() leaves in the file."""
    model = keras.Sequential([keras.Input((6,)), layers.Dense(16, "relu"), layers.BatchNormalization(),
                              layers.Dropout(0.2), layers.Dense(3, "softmax")])
    rng = np.random.default_rng(5)
    x = rng.normal(0.5, 1.5, (300, 6)).astype(np.float32)
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    model.fit(x, (x[:, 0] > 0) * 1 + (x[:, 1] * x[:, 2] > 0) * 1, epochs=6, batch_size=32, verbose=0)
    return model


def nested():
    """A model as a layer of another."""
    body = keras.Sequential([keras.Input((8,)), layers.Dense(8, "relu"), layers.Dense(6, "tanh")], name="body")
    return keras.Sequential([keras.Input((5,)), layers.Dense(8, "selu"), body, layers.Dense(2)])


# --- the list ------------------------------------------------------------------------------------------------------

def models():
    for i, a in enumerate(ACTIVATIONS):
        spread = 0.7 if a == "exponential" else 1.5
        exported(f"keras-export-{a}", around(a, batch=(None, 1)[i % 2]), f"activation {a}", spread=spread)
    exported("keras-export-hard_tanh", around("hard_tanh"), "a clip to -1 … 1")
    for i, a in enumerate(("relu", "leaky_relu", "gelu", "mish", "hard_silu", "softmax", "log_softmax")):
        converted(f"keras-tf2onnx-{a}", around(a, batch=(1, None)[i % 2]), f"activation {a}", opset=(13, 11, 17)[i % 3])

    native("keras-native-chain1", CHAIN1, "twelve layers, twelve activations: dense_10 and dense_11 among the groups")
    native("keras-native-chain2", CHAIN2, "ten layers, further activations, aliases of names", spread=1)
    native("keras-native-linear", sequential(3, dense(2)), "one layer")
    native("keras-native-tutorial", TUTORIAL, "the tutorial's network")
    native("keras-native-nobias", NOBIAS, "no bias")
    native("keras-native-normalised", NORMALISED, "BatchNormalization, LayerNormalization, Activation, Dropout")
    native("keras-native-layernorm", LAYERNORM, "LayerNormalization, epsilon, no beta")
    native("keras-native-first", FIRST, "BatchNormalization of the inputs; without beta")
    native("keras-native-layers", by_layers, "activations that are layers, with arguments")
    native("keras-native-functional", functional, "a functional model, layers with names of their own")
    native("keras-native-normalization", normalization, "Normalization with adapted statistics", spread=100)
    native("keras-native-rescaling", rescaling, "Rescaling and Flatten of 4 × 4", spread=80)
    native("keras-native-offset", offset, "Rescaling with an offset", spread=80)
    native("keras-native-trained", trained, "trained and compiled: the optimiser's state is in the file")

    native("keras-h5-tutorial", TUTORIAL, "the tutorial's network, legacy form", "h5")
    native("keras-h5-normalised", NORMALISED, "normalisation layers, legacy form", "h5")
    native("keras-h5-functional", functional, "a functional model, legacy form", "h5")

    exported("keras-export-chain1", CHAIN1, "twelve layers, twelve activations")
    exported("keras-export-chain2", CHAIN2, "ten layers, further activations", spread=1)
    exported("keras-export-tutorial", TUTORIAL, "the tutorial's network")
    exported("keras-export-nobias", NOBIAS, "no bias")
    exported("keras-export-twelve", TWELVE, "twelve layers")
    exported("keras-export-normalised", NORMALISED, "BatchNormalization, LayerNormalization in pieces")
    exported("keras-export-layernorm", LAYERNORM, "LayerNormalization in pieces")
    exported("keras-export-first", FIRST, "BatchNormalization of the inputs; without beta")
    exported("keras-export-layers", by_layers, "activations that are layers, with arguments")
    exported("keras-export-functional", functional, "a functional model")
    exported("keras-export-rescaling", rescaling, "Rescaling and Flatten of 4 × 4", spread=80)
    exported("keras-export-offset", offset, "Rescaling with an offset", spread=80)
    exported("keras-export-trained", trained, "a training's weights and statistics")
    exported("keras-export-nested", nested, "a model within a model")
    converted("keras-tf2onnx-normalised", NORMALISED, "normalisation layers", 13)
    converted("keras-tf2onnx-functional", functional, "a functional model", 18)
    converted("keras-tf2onnx-nobias", NOBIAS, "no bias", 9)

    arrays("keras-npz-tutorial", TUTORIAL, "10:relu,8:relu,1:sigmoid", "get_weights(): arr_0 to arr_5", "npz")
    arrays("keras-npz-normalised", sequential(6, dense(10), layers.BatchNormalization, dense(9, "tanh"),
                                              lambda: layers.LayerNormalization(epsilon=1e-5), dense(3)),
           "10:linear,batch_normalization,9:tanh,layer_normalization:epsilon=1e-5,3:linear",
           "get_weights() of normalisation layers", "npz")
    arrays("keras-safetensors-tutorial", TUTORIAL, "10:relu,8:relu,1:sigmoid", "tensors by Keras's names",
           "safetensors")
    arrays("keras-safetensors-trained", trained, "16:relu,batch_normalization,3:softmax",
           "tensors by Keras's names, with statistics", "safetensors")


if __name__ == "__main__":
    tf.config.threading.set_intra_op_parallelism_threads(1)
    models()
    corpus.write()
