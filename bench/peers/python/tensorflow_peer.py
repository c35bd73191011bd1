"""TensorFlow without Keras: a tf.function of matmuls, with XLA or without; Adam written as Keras's."""

import os

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

import tensorflow as tf

import worker

tf.config.threading.set_intra_op_parallelism_threads(worker.THREADS)
tf.config.threading.set_inter_op_parallelism_threads(1)


def forward(name, weights, x):
    """Returns the logits."""
    hidden = tf.nn.relu if worker.NETS[name][1] == "relu" else tf.tanh
    for kernel, bias in zip(weights[:-2:2], weights[1:-2:2]):
        x = hidden(tf.matmul(x, kernel) + bias)
    return tf.matmul(x, weights[-2]) + weights[-1]


def activate(name, logits):
    return tf.sigmoid(logits) if worker.NETS[name][2] == "sigmoid" else tf.nn.softmax(logits)


class Trainer(worker.Trainer):
    def __init__(self, net, xla):
        self.net = net
        self.variables = [tf.Variable(w) for w in net.weights]
        self.m = [tf.Variable(tf.zeros_like(v)) for v in self.variables]
        self.v = [tf.Variable(tf.zeros_like(v)) for v in self.variables]
        self.time, self.rate = tf.Variable(0.0), tf.Variable(1e-3)
        self.step = tf.function(self.update, jit_compile=xla)
        self.what = f"tf.function(jit_compile={xla}) of GradientTape and Adam by hand"

    def loss(self, x, y):
        logits = forward(self.net.name, self.variables, x)
        if self.net.binary:
            return tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(y, logits))
        return tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(y, logits))

    def update(self, x, y):
        with tf.GradientTape() as tape:
            loss = self.loss(x, y)
        self.time.assign_add(1)
        rate = self.rate * tf.sqrt(1 - 0.999 ** self.time) / (1 - 0.9 ** self.time)
        for w, m, v, g in zip(self.variables, self.m, self.v, tape.gradient(loss, self.variables)):
            m.assign_add((g - m) * 0.1)
            v.assign_add((g * g - v) * 0.001)
            w.assign_sub(rate * m / (tf.sqrt(v) + 1e-7))

    def batch(self, x, y):
        return tf.constant(x), tf.constant(y.reshape(-1, 1) if self.net.binary else y)

    def weights(self):
        return [v.numpy() for v in self.variables]

    def reset(self, weights, rate):
        for v, w in zip(self.variables, weights, strict=True):
            v.assign(w)
        for v in self.m + self.v:
            v.assign(tf.zeros_like(v))
        self.time.assign(0)
        self.rate.assign(rate)


class TensorFlow(worker.Peer):
    unshipped = ("keras", "rich", "markdown-it-py", "mdurl", "Pygments", "namex", "optree", "libclang")

    def describe(self):
        return f"TensorFlow {tf.__version__}"

    def predict(self, net, x):
        weights = [tf.constant(w) for w in net.weights]
        calls = {}
        for xla in (False, True):
            @tf.function(jit_compile=xla, input_signature=[tf.TensorSpec(x.shape)])
            def f(x):
                return activate(net.name, forward(net.name, weights, x))
            name = f"tf.function(jit_compile={xla})(tf.constant(x)).numpy()"
            concrete = f.get_concrete_function()
            calls[name] = lambda f=concrete: f(tf.constant(x)).numpy()
        return worker.fastest(calls)

    def train(self, net, batch):
        return worker.fastest_trainer([Trainer(net, xla) for xla in (False, True)], net, batch)

    def save(self, net, path):
        module = tf.Module()
        module.weights = [tf.constant(w) for w in net.weights]
        module.predict = tf.function(lambda x: activate(net.name, forward(net.name, module.weights, x)),
                                     input_signature=[tf.TensorSpec((1, net.sizes[0]))])
        tf.saved_model.save(module, path)

    def load(self, path, name):
        predict = tf.saved_model.load(path).predict
        return lambda x: predict(x).numpy()


if __name__ == "__main__":
    worker.main({"raw": TensorFlow})
