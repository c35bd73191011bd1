"""Keras 3, on the backend whose environment this runs in: direct calls of the model, or its method predict."""

import importlib.util
import os

import worker

BACKEND = "jax" if importlib.util.find_spec("jax") else "tensorflow"
os.environ["KERAS_BACKEND"] = BACKEND
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
if BACKEND == "jax":
    import jax_peer  # sets its threads
    import jax
else:
    import tensorflow_peer  # sets its threads
    import tensorflow as tf
import keras
import numpy as np


def build(name):
    sizes, hidden, output = worker.NETS[name]
    return keras.Sequential([
        keras.Input((sizes[0],)),
        *[keras.layers.Dense(units, hidden) for units in sizes[1:-1]],
        keras.layers.Dense(sizes[-1], output)])


def with_weights(net):
    model = build(net.name)
    model.set_weights(net.weights)
    return model


def compile(model):
    binary = model.output_shape[-1] == 1
    model.compile(optimizer=keras.optimizers.Adam(),
                  loss="binary_crossentropy" if binary else "sparse_categorical_crossentropy")


class Trainer(worker.Trainer):
    what = "train_on_batch"

    def __init__(self, net):
        self.model = with_weights(net)
        compile(self.model)

    def batch(self, x, y):
        return x, y.reshape(-1, 1)

    def step(self, x, y):
        self.model.train_on_batch(x, y)

    def weights(self):
        return self.model.get_weights()

    def reset(self, weights, rate):
        self.model.set_weights(weights)
        self.model.optimizer.learning_rate = rate


class Call(worker.Peer):
    unshipped = ("libclang",)

    def describe(self):
        return f"Keras {keras.__version__} on " + (
            f"JAX {jax.__version__}" if BACKEND == "jax" else f"TensorFlow {tf.__version__}")

    def predict(self, net, x):
        model = with_weights(net)
        calls = {"model(x)": lambda: np.asarray(model(x))}
        if BACKEND == "jax":
            variables = [v.value for v in model.trainable_variables]
            jitted = jax.jit(lambda x: model.stateless_call(variables, [], x)[0])
            calls["jax.jit(model.stateless_call)(x)"] = lambda: np.asarray(jitted(x))
        else:
            for xla in (False, True):
                f = tf.function(model, jit_compile=xla, input_signature=[tf.TensorSpec(x.shape)])
                concrete = f.get_concrete_function()
                calls[f"tf.function(model, jit_compile={xla})(x)"] = lambda f=concrete: f(tf.constant(x)).numpy()
        return worker.fastest(calls)

    def train(self, net, batch):
        return Trainer(net)

    def fit(self, name, x, y, batch, epochs):
        def call():
            keras.backend.clear_session()
            model = build(name)
            compile(model)
            model.fit(x, y, batch_size=batch, epochs=epochs, verbose=0)
            return lambda x: model.predict(x, verbose=0)
        return call, "a new model, compile, fit"

    def save(self, net, path):
        with_weights(net).save(path + ".keras")

    def load(self, path, name):
        model = keras.saving.load_model(path + ".keras", compile=False)
        return lambda x: np.asarray(model(x))


class Predict(Call):
    def predict(self, net, x):
        model = with_weights(net)
        return lambda: model.predict(x, batch_size=len(x), verbose=0), f"model.predict(x, batch_size={len(x)})"

    def train(self, net, batch):
        raise worker.No("as with direct calls")

    def fit(self, name, x, y, batch, epochs):
        raise worker.No("as with direct calls")

    def save(self, net, path):
        raise worker.No("as with direct calls")

    def load(self, path, name):
        raise worker.No("as with direct calls")


if __name__ == "__main__":
    worker.main({"call": Call, "predict": Predict})
