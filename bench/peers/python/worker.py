"""What the workers in Python share: the requests of end-to-end measurements, the data, the checks and the clock.

A worker's main file defines a Peer and calls main with it. The process answers one request a line, read from standard
input, with one line; the first line, sent without a request, describes the library.

    net OP NET BATCH DIR     makes net NET (A, B, C or D) with the weights in DIR, checks it against results computed in
                             float64, and answers "ok TAB what is called", "no TAB reason" or "wrong TAB reason".
                             OP predict: a call computes the outputs of BATCH rows; at batch 1 the first output of a
                             call is the first input of the next, so that calls cannot overlap. OP train: a call is one
                             step of Adam. OP fit: a call fits a new net, to DIR/tutorial.* for ten epochs where it is
                             net A, to DIR/fashion.* for one where it is another
    run MILLISECONDS         measures for about that long; answers the nanoseconds of a call: the least of the means of
                             short batches
    ship                     answers the bytes that prediction needs, and what they are

As a command, with arguments: WORKER NAME save NET DIR writes the net to a file of the library's own form, WORKER NAME
once NET DIR reads it, predicts the first row and prints the outputs, WORKER NAME ship answers as above.
"""

import functools
import gc
import importlib.metadata
import math
import os
import sys
import sysconfig
import time

import numpy as np

THREADS = int(os.environ.get("PEER_THREADS", "1"))

# Units from the inputs to the outputs, the activation of hidden layers, that of the output.
NETS = {
    "A": ((8, 10, 8, 1), "relu", "sigmoid"),
    "B": ((784, 128, 10), "relu", "softmax"),
    "C": ((784, 512, 512, 10), "relu", "softmax"),
    "D": ((16, 64, 64, 64, 4), "tanh", "softmax"),
}


class No(Exception):
    """What the library cannot do, and why."""


class Layer:
    """A dense layer: kernel [inputs, units], bias [units], activation relu, tanh, sigmoid or softmax."""

    def __init__(self, kernel, bias, activation):
        self.kernel, self.bias, self.activation = kernel, bias, activation


class Net:
    """One of the four nets; weights are kernel and bias of each layer in turn."""

    def __init__(self, name, weights):
        self.name, self.weights = name, weights
        self.sizes, self.hidden, self.output = NETS[name]
        last = len(self.sizes) - 2
        self.layers = [Layer(weights[2 * i], weights[2 * i + 1], self.output if i == last else self.hidden)
                       for i in range(last + 1)]

    @property
    def binary(self):
        """Whether one output is a probability, trained by binary cross-entropy, rather than one a class."""
        return self.output == "sigmoid"

    @classmethod
    def new(cls, name):
        """Returns a net with Glorot's uniform kernels and zero biases, as a fit begins with."""
        weights = []
        for inputs, units in zip(NETS[name][0], NETS[name][0][1:]):
            limit = math.sqrt(6 / (inputs + units))
            weights += [np.random.uniform(-limit, limit, (inputs, units)).astype(np.float32),
                        np.zeros(units, np.float32)]
        return cls(name, weights)


class Trainer:
    """A net in training. A library overrides all but check_step; what says what a step calls."""

    what = ""

    def batch(self, x, y):
        """Returns rows x and targets y (float32 0 or 1, or int64 classes) as the arguments of step."""
        return x, y

    def step(self, x, y):
        """Takes one step of Adam."""
        raise NotImplementedError

    def check_step(self, x, y, number):
        """Takes the step of that number, from 1, with Keras's epsilon."""
        self.step(x, y)

    def weights(self):
        """Returns kernel [inputs, units] and bias of each layer in turn."""
        raise NotImplementedError

    def reset(self, weights, rate):
        """Sets the weights and the learning rate."""
        raise NotImplementedError


class Peer:
    """A library. The methods that it cannot have it leaves."""

    unshipped = ()  # installed distributions that prediction does not need
    unshipped_files = ()  # parts of the paths of files that it does not need

    def describe(self):
        raise NotImplementedError

    def predict(self, net, x):
        """Returns a call of no arguments, which returns the outputs of the rows that x then holds, and what it is."""
        raise No("does not predict")

    def train(self, net, batch):
        """Returns a Trainer of the net for batches of that size."""
        raise No("does not train")

    def fit(self, name, x, y, batch, epochs):
        """Returns a call that fits a new net to shuffled batches, and what it is; the call returns a function from
        rows to outputs."""
        raise No("does not train")

    def save(self, net, path):
        """Writes the net to a file or folder of that name, with or without an ending of its own."""
        raise No("not measured")

    def load(self, path, name):
        """Returns a function from rows to outputs, of what save has written."""
        raise No("not measured")


def read(directory, name, *shape):
    """Returns raw little-endian float32 values as an array of that shape."""
    return np.fromfile(os.path.join(directory, name), "<f4", math.prod(shape)).reshape(shape)


def read_weights(directory, name, file):
    sizes, weights = NETS[name][0], []
    values = np.fromfile(os.path.join(directory, file), "<f4")
    for inputs, units in zip(sizes, sizes[1:]):
        for shape in ((inputs, units), (units,)):
            weights.append(values[:math.prod(shape)].reshape(shape).copy())
            values = values[math.prod(shape):]
    if len(values):
        raise ValueError(f"{file} is too long")
    return weights


def read_targets(directory, file, binary):
    y = np.fromfile(os.path.join(directory, file), "<f4")
    return y if binary else y.astype(np.int64)


def version(distribution):
    return importlib.metadata.version(distribution)


def fastest(calls):
    """Returns the fastest of named calls, and its name. Ones that are closer than 2 % count as equal: the first."""
    if len(calls) == 1:
        return next(iter(calls.items()))[::-1]
    seconds = {name: math.inf for name in calls}
    for _ in range(3):
        for name, call in calls.items():
            seconds[name] = min(seconds[name], measure(call, 0.01))
    name = next(name for name in calls if seconds[name] <= 1.02 * min(seconds.values()))
    return calls[name], name


def fastest_trainer(trainers, net, batch):
    """Returns the one of several Trainers of the net whose step is fastest."""
    calls = {}
    for t in trainers:
        t.reset(net.weights, 1e-9)
        x, y = np.zeros((batch, net.sizes[0]), np.float32), np.zeros(batch, np.float32 if net.binary else np.int64)
        calls[t.what] = functools.partial(t.step, *t.batch(x, y))
    what = fastest(calls)[1]
    return next(t for t in trainers if t.what == what)


def prepare_predict(peer, name, batch, directory):
    net = Net(name, read_weights(directory, name, name + ".weights"))
    x = read(directory, name + ".x", batch, net.sizes[0])
    want = read(directory, name + ".outputs", batch, net.sizes[-1])
    peer.rows = x  # some libraries are given no more than the address
    call, what = peer.predict(net, x)
    x[...] = read(directory, name + ".x", *x.shape)  # what is measured while it prepares may chain
    got = np.asarray(call())
    if got.shape != want.shape:
        return None, f"wrong\toutputs have the shape {got.shape}"
    difference = np.max(np.abs(got - want) / np.maximum(1, np.abs(want)))
    if not difference <= 1e-4:
        return None, f"wrong\toutputs differ by {difference:.2g}"
    return (chained(call, x) if batch == 1 else call), "ok\t" + what


def chained(call, x):
    """Returns a call that puts its first output into the first input, for the next."""
    first = x.reshape(-1)

    def next_call():
        first[0] = call()[0, 0]
    return next_call


def prepare_train(peer, name, batch, directory):
    start = read_weights(directory, name, name + ".weights")
    net = Net(name, [w.copy() for w in start])
    x = read(directory, name + ".x", 1024, net.sizes[0])
    y = read_targets(directory, name + ".y", net.binary)
    trainer = peer.train(net, batch)
    trainer.reset(start, 1e-3)
    for i in range(3):
        rows = slice(i * batch, (i + 1) * batch)
        trainer.check_step(*trainer.batch(x[rows], y[rows]), i + 1)
    want = read_weights(directory, name, f"{name}.trained-{batch}")
    difference = np.concatenate([np.abs(g - w).ravel() for g, w in zip(trainer.weights(), want, strict=True)])
    moved = max(np.max(np.abs(w - s)) for w, s in zip(want, start))
    # A sum near ReLU's corner that rounds to its other side moves the weights of a whole unit.
    if not np.max(difference) <= 6e-3 or np.mean(difference > 2e-4) > 1 / 200 or not moved > 1e-3:
        return None, (f"wrong\tafter three steps {np.mean(difference > 2e-4):.2%} of the weights differ by more than "
                      f"2e-4, one by {np.max(difference):.2g}")
    trainer.reset(start, 1e-9)
    return functools.partial(trainer.step, *trainer.batch(x[:batch], y[:batch])), "ok\t" + trainer.what


def prepare_fit(peer, name, batch, directory):
    file, rows, epochs, least = ("tutorial", 1000, 10, 0.80) if name == "A" else ("fashion", 60000, 1, 0.75)
    x = read(directory, file + ".x", rows, NETS[name][0][0])
    y = read_targets(directory, file + ".y", name == "A")
    call, what = peer.fit(name, x, y, batch, epochs)
    outputs = np.asarray(call()(x[:10000]))  # that call also compiles
    classes = outputs[:, 0] > 0.5 if outputs.shape[1] == 1 else outputs.argmax(1)
    accuracy = np.mean(classes == y[:10000])
    if not accuracy >= least:
        return None, f"wrong\taccuracy {accuracy:.3f}"
    return call, "ok\t" + what


def prepare(peer, op, name, batch, directory):
    """Answers a request to prepare: the call to measure, or nothing, and the line to send."""
    operations = {"predict": prepare_predict, "train": prepare_train, "fit": prepare_fit}
    return operations[op](peer, name, int(batch), directory)


def measure(call, seconds):
    """Returns the seconds of a call, as native/runner.cpp measures them: batches of half a millisecond at least; a
    call of more than 0.3 s once only."""
    def mean(calls):
        begin = time.perf_counter()
        for _ in range(calls):
            call()
        return (time.perf_counter() - begin) / calls

    one = mean(1)
    if one > 0.3:
        return one
    calls = 1
    while (one := mean(calls)) * calls < 2e-4:
        calls *= 4
    calls, best, batches = max(1, int(5e-4 / one)), one, 0
    start = time.perf_counter()
    while batches < 3 or time.perf_counter() - start < seconds:
        best = min(best, mean(calls))
        batches += 1
        if time.perf_counter() - start > 1:
            break
    return best


def run(call, seconds):
    gc.collect()
    gc.disable()
    try:
        return measure(call, seconds)
    finally:
        gc.enable()


def ship(peer):
    """Returns the bytes of Python and of the installed distributions, and their names."""
    library, total, names = sysconfig.get_path("stdlib"), os.path.getsize(os.path.realpath(sys.executable)), []
    for folder, folders, files in os.walk(library):
        folders[:] = [f for f in folders if f not in ("test", "site-packages", "dist-packages", "__pycache__")]
        total += sum(os.path.getsize(os.path.join(folder, f)) for f in files
                     if not os.path.islink(os.path.join(folder, f)))
    for distribution in importlib.metadata.distributions(path=[sysconfig.get_path("purelib")]):
        name = distribution.metadata["Name"]
        if name in ("pip", "setuptools", "wheel", *peer.unshipped):
            continue
        files = [f for f in distribution.files or () if not str(f).endswith(".pyc")
                 and not any(part in str(f) for part in peer.unshipped_files)]
        total += sum(os.path.getsize(f.locate()) for f in files if os.path.exists(f.locate()))
        names.append(name)
    return f"{total}\tPython, " + ", ".join(sorted(names, key=str.lower))


def command(peer, words):
    """Does what the arguments save, once or ship ask for."""
    if words[0] == "ship":
        print(ship(peer))
        return
    action, name, directory = words
    program = os.path.basename(sys.argv[0]).removesuffix("_peer.py")
    path = os.path.join(directory, f"saved-{program}-{sys.argv[1]}-{name}")
    if action == "save":
        peer.save(Net(name, read_weights(directory, name, name + ".weights")), path)
    else:
        print(*peer.load(path, name)(read(directory, name + ".x", 1, NETS[name][0][0]))[0])


def main(peers):
    """Is the process of one of the peers, which are classes by name."""
    if len(sys.argv) < 2 or sys.argv[1] not in peers:
        sys.exit(f"usage: {sys.argv[0]} {'|'.join(peers)} [save NET DIR | once NET DIR | ship]")
    peer = peers[sys.argv[1]]()
    if len(sys.argv) > 2:
        try:
            command(peer, sys.argv[2:])
        except No as e:
            sys.exit(str(e))
        return
    out = os.fdopen(os.dup(1), "w")  # libraries print
    os.dup2(2, 1)
    print(peer.describe(), "with Python", sys.version.split()[0], file=out, flush=True)
    call = None
    for line in sys.stdin:
        words = line.split()
        if len(words) == 5 and words[0] == "net":
            call = None  # what it holds is freed
            try:
                call, answer = prepare(peer, *words[1:])
            except No as e:
                answer = f"no\t{e}"
        elif len(words) == 2 and words[0] == "run" and call:
            answer = f"{run(call, float(words[1]) / 1e3) * 1e9:.6f}"
        elif words == ["ship"]:
            answer = ship(peer)
        else:
            answer = "no\tnot now: " + line.strip()
        print(answer, file=out, flush=True)
