"""scikit-learn's MLPClassifier."""

import warnings

import joblib
import numpy as np
import sklearn
from sklearn.neural_network import MLPClassifier

import worker

sklearn.set_config(assume_finite=True, skip_parameter_validation=True)
warnings.filterwarnings("ignore", category=sklearn.exceptions.ConvergenceWarning)


def classifier(name, **options):
    sizes, hidden, _ = worker.NETS[name]
    return MLPClassifier(sizes[1:-1], activation=hidden, alpha=0, learning_rate_init=1e-3, **options)


def with_weights(net):
    """Returns a classifier in training, with the net's weights."""
    c = classifier(net.name, epsilon=1e-7)
    classes = np.arange(max(2, net.sizes[-1]))
    c.partial_fit(np.zeros((len(classes), net.sizes[0]), np.float32), classes, classes=classes)
    set_weights(c, net.weights, 1e-3)
    return c


def set_weights(c, weights, rate):
    for got, given in zip(c.coefs_ + c.intercepts_, weights[::2] + weights[1::2], strict=True):
        got[...] = given
    o = c._optimizer
    o.t, o.learning_rate_init = 0, rate
    for moment in o.ms + o.vs:
        moment[...] = 0


class Trainer(worker.Trainer):
    what = "partial_fit"

    def __init__(self, net):
        self.classifier = with_weights(net)

    def batch(self, x, y):
        self.classifier.batch_size = len(x)
        return x, y.astype(np.int64)

    def step(self, x, y):
        self.classifier.partial_fit(x, y)

    def weights(self):
        return [w for pair in zip(self.classifier.coefs_, self.classifier.intercepts_) for w in pair]

    def reset(self, weights, rate):
        set_weights(self.classifier, weights, rate)


class ScikitLearn(worker.Peer):
    def describe(self):
        return f"scikit-learn {sklearn.__version__}"

    def predict(self, net, x):
        c = with_weights(net)
        if net.binary:
            return lambda: c.predict_proba(x)[:, 1:], "predict_proba(x), assume_finite"
        return lambda: c.predict_proba(x), "predict_proba(x), assume_finite"

    def train(self, net, batch):
        return Trainer(net)

    def fit(self, name, x, y, batch, epochs):
        y = y.astype(np.int64)

        def call():
            c = classifier(name, batch_size=batch, max_iter=epochs, n_iter_no_change=epochs + 1).fit(x, y)
            return lambda x: c.predict_proba(x)[:, 1:] if name == "A" else c.predict_proba(x)
        return call, "MLPClassifier(...).fit, its own ε"

    def save(self, net, path):
        joblib.dump(with_weights(net), path + ".joblib")

    def load(self, path, name):
        c = joblib.load(path + ".joblib")
        return lambda x: c.predict_proba(x)[:, 1:] if name == "A" else c.predict_proba(x)


if __name__ == "__main__":
    worker.main({"mlp": ScikitLearn})
