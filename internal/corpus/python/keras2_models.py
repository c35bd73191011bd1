"""The models of the corpus that Keras 2 (tf_keras) makes: tf2onnx's from_keras and .h5. Run it as generate.py says."""

import os
import sys

os.environ.update(TF_USE_LEGACY_KERAS="1", TF_ENABLE_ONEDNN_OPTS="0", TF_CPP_MIN_LOG_LEVEL="3")

import numpy as np
import onnx
import tensorflow as tf
import tf2onnx
import tf_keras as keras
from tf_keras import layers

from common import Manifest, generator, inputs, put

VERSIONS = {"tf_keras": keras.__version__, "tensorflow": tf.__version__}
corpus = Manifest("manifest.json", "keras2_models.py", sys.argv[1:])
refused = Manifest("refused.json", "keras2_models.py", sys.argv[1:])


def make(name, build):
    keras.backend.clear_session()
    keras.utils.set_random_seed(1)
    rng = generator(name)
    model = build()
    for w in model.weights:
        shape = tuple(w.shape)
        if len(shape) == 2:
            v = rng.normal(0, 1.2 / np.sqrt(shape[0]), shape)
        elif "variance" in w.name:
            v = np.exp(rng.normal(0, 0.5, shape))
        else:
            v = rng.normal("gamma" in w.name, 0.4, shape)
        w.assign(v.astype(np.float32))
    x = inputs(rng, model.input_shape[-1])
    return model, x, model(x).numpy()


def from_keras(name, build, shows, opset):
    if not corpus.wants(name):
        return
    model, x, y = make(name, build)
    folder = corpus.folder(name)
    tf2onnx.convert.from_keras(model, opset=opset, output_path=os.path.join(folder, "model.onnx"))
    put(folder, x, y)
    corpus.add(name, framework="Keras 2", versions={**VERSIONS, "tf2onnx": tf2onnx.__version__,
               "onnx": onnx.__version__}, exporter="tf2onnx from_keras", opset=opset,
               batch=model.input_shape[0] or "free", file="model.onnx", shows=shows)


def refuse(name, build, shows, names):
    if not refused.wants(name):
        return
    model, _, _ = make(name, build)
    folder = refused.folder(name)
    tf2onnx.convert.from_keras(model, opset=15, output_path=os.path.join(folder, "model.onnx"))
    refused.add(name, framework="Keras 2", versions=VERSIONS, exporter="tf2onnx from_keras", file="model.onnx",
                shows=shows, names=names)


def legacy(name, build, shows):
    if not corpus.wants(name):
        return
    model, x, y = make(name, build)
    folder = corpus.folder(name)
    model.save(os.path.join(folder, "model.h5"), save_format="h5")
    put(folder, x, y)
    corpus.add(name, framework="Keras 2", versions=VERSIONS, exporter=".h5", file="model.h5", shows=shows)


def dense(*layers_, width=6, batch=None):
    return lambda: keras.Sequential([keras.Input((width,), batch_size=batch),
                                     *(layers.Dense(u, a) for u, a in layers_)])


def normalised():
    return keras.Sequential([keras.Input((6,)), layers.Dense(10), layers.BatchNormalization(),
                             layers.Activation("relu"), layers.Dropout(0.3), layers.Dense(8, "tanh"),
                             layers.BatchNormalization(scale=False),
                             layers.Dense(3, "softmax")])


def layernorm():
    return keras.Sequential([keras.Input((6,)), layers.Dense(8, "tanh"), layers.LayerNormalization(), layers.Dense(3)])


def functional():
    i = keras.Input((7,), name="sensors")
    x = layers.Dense(9, "elu")(i)
    x = layers.LeakyReLU(0.1)(layers.Dense(8, use_bias=False)(x))
    return keras.Model(i, layers.Dense(2, name="positions")(x))


def models():
    tutorial = dense((10, "relu"), (8, "relu"), (1, "sigmoid"), width=8)
    chain = dense((9, "relu"), (7, "elu"), (8, "selu"), (9, "softplus"), (7, "softsign"), (8, "swish"), (6, "tanh"),
                  (5, "softmax"))
    for opset in 9, 13, 18:
        from_keras(f"keras2-tf2onnx{opset}-tutorial", tutorial, "the tutorial's network", opset)
    from_keras("keras2-tf2onnx13-chain", chain, "eight layers, eight activations", 13)
    from_keras("keras2-tf2onnx9-chain", chain, "eight layers in an old opset", 9)
    from_keras("keras2-tf2onnx15-normalised", normalised, "normalisation layers", 15)
    from_keras("keras2-tf2onnx11-functional", functional, "a functional model", 11)
    from_keras("keras2-tf2onnx13-batch1", dense((9, "tanh"), (2, None), batch=1), "fixed batch of one row: Gemm", 13)
    legacy("keras2-h5-tutorial", tutorial, "the tutorial's network by Keras 2")
    legacy("keras2-h5-normalised", normalised, "normalisation layers by Keras 2")
    legacy("keras2-h5-layernorm", layernorm, "LayerNormalization by Keras 2")
    refuse("refused-keras2-layernorm", layernorm, "LayerNormalization as a batch normalisation of computed statistics",
           ["layer_normalization", "(Reshape)"])
    legacy("keras2-h5-functional", functional, "a functional model by Keras 2")


if __name__ == "__main__":
    tf.config.threading.set_intra_op_parallelism_threads(1)
    models()
    corpus.write()
    refused.write()
