"""JAX: a jitted function of matrix products; Adam written as Keras's."""

import os

import worker

if worker.THREADS == 1:
    os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
os.environ["JAX_PLATFORMS"] = "cpu"

import jax
import jax.numpy as jnp
import numpy as np

jax.config.update("jax_cpu_enable_async_dispatch", False)  # what is wanted at once is computed at once


def forward(name, weights, x):
    """Returns the logits."""
    hidden = jax.nn.relu if worker.NETS[name][1] == "relu" else jnp.tanh
    for kernel, bias in zip(weights[:-2:2], weights[1:-2:2]):
        x = hidden(x @ kernel + bias)
    return x @ weights[-2] + weights[-1]


def activate(name, logits):
    return jax.nn.sigmoid(logits) if worker.NETS[name][2] == "sigmoid" else jax.nn.softmax(logits)


def loss(name, weights, x, y):
    logits = forward(name, weights, x)
    if worker.NETS[name][2] == "sigmoid":
        logits = logits[:, 0]
        return jnp.mean(jax.nn.softplus(logits) - y * logits)
    wanted = jnp.take_along_axis(logits, y[:, None], 1)[:, 0]
    return jnp.mean(jax.nn.logsumexp(logits, 1) - wanted)


def update(name, state, x, y):
    """Returns the state after one step of Adam."""
    weights, m, v, time, rate = state
    gradients = jax.grad(loss, 1)(name, weights, x, y)
    time += 1
    m = [m + (g - m) * 0.1 for m, g in zip(m, gradients)]
    v = [v + (g * g - v) * 0.001 for v, g in zip(v, gradients)]
    scale = rate * jnp.sqrt(1 - 0.999 ** time) / (1 - 0.9 ** time)
    weights = [w - scale * m / (jnp.sqrt(v) + 1e-7) for w, m, v in zip(weights, m, v)]
    return weights, m, v, time, rate


update = jax.jit(update, static_argnums=0, donate_argnums=1)


class Trainer(worker.Trainer):
    what = "jax.jit of jax.grad and Adam by hand, its state donated"

    def __init__(self, name, weights, rate=1e-3):
        self.name = name
        self.reset(weights, rate)

    def batch(self, x, y):
        return jnp.array(x), jnp.array(y if y.dtype == np.float32 else y.astype(np.int32))

    def step(self, x, y):
        self.state = update(self.name, self.state, x, y)

    def weights(self):
        return [np.asarray(w) for w in self.state[0]]

    def reset(self, weights, rate):
        def zeros():
            return [jnp.zeros(w.shape) for w in weights]
        self.state = [jnp.array(w) for w in weights], zeros(), zeros(), jnp.float32(0), jnp.float32(rate)


class JAX(worker.Peer):
    unshipped = ("keras", "absl-py", "h5py", "markdown-it-py", "mdurl", "namex", "optree", "packaging", "Pygments",
                 "rich")

    def describe(self):
        return f"JAX {jax.__version__}"

    def predict(self, net, x):
        weights = [jnp.array(w) for w in net.weights]
        constant = jax.jit(lambda x: activate(net.name, forward(net.name, weights, x)))
        passed = jax.jit(lambda weights, x: activate(net.name, forward(net.name, weights, x)))
        return worker.fastest({"numpy.asarray(jax.jit(f)(x))": lambda: np.asarray(constant(x)),
                               "numpy.asarray(jax.jit(f)(weights, x))": lambda: np.asarray(passed(weights, x))})

    def train(self, net, batch):
        return Trainer(net.name, net.weights)

    def fit(self, name, x, y, batch, epochs):
        def call():
            trainer = Trainer(name, worker.Net.new(name).weights)
            inputs, targets = trainer.batch(x, y)
            for _ in range(epochs):
                order = np.random.permutation(len(x))
                for i in range(0, len(x), batch):
                    rows = order[i:i + batch]
                    trainer.step(x[rows], y[rows])
            return lambda x: np.asarray(activate(name, forward(name, trainer.state[0], x)))
        return call, "a loop over rows that numpy has shuffled; jax.jit of jax.grad and Adam by hand"

    def save(self, net, path):
        np.savez(path, *net.weights)

    def load(self, path, name):
        with np.load(path + ".npz") as file:
            weights = list(file.values())
        predict = jax.jit(lambda x: activate(name, forward(name, weights, x)))
        return lambda x: np.asarray(predict(x))


if __name__ == "__main__":
    worker.main({"raw": JAX})
