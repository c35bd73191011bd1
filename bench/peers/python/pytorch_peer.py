"""PyTorch: eager, and compiled by torch.compile or ahead of time. Rows are tensors that share the caller's numpy
array. A step in training is PyTorch's usual loop: zero_grad, loss from logits, backward, step of Adam."""

import math
import os
import tempfile

os.environ["TORCHINDUCTOR_COMPILE_THREADS"] = "1"  # no processes beside this one

import torch
from torch.nn import functional

import worker

torch.set_num_threads(worker.THREADS)
torch.set_num_interop_threads(1)

ACTIVATIONS = {"relu": torch.nn.ReLU, "tanh": torch.nn.Tanh, "sigmoid": torch.nn.Sigmoid,
               "softmax": lambda: torch.nn.Softmax(dim=-1)}
INFERENCE = torch.inference_mode()
inferring = False


def inference(on):
    """Turns inference mode on, as `with torch.inference_mode()` around all calls would, or off."""
    global inferring
    if on != inferring:
        INFERENCE.__enter__() if on else INFERENCE.__exit__(None, None, None)
    inferring = on


def build(name, logits=False):
    """Returns the net with PyTorch's initial weights, without the output's activation where logits are wanted."""
    sizes, hidden, output = worker.NETS[name]
    modules = []
    for inputs, units in zip(sizes, sizes[1:]):
        modules += [torch.nn.Linear(inputs, units), ACTIVATIONS[hidden]()]
    return torch.nn.Sequential(*modules[:-1], *[] if logits else [ACTIVATIONS[output]()])


def set_weights(model, weights):
    with torch.no_grad():
        for p, w in zip(model.parameters(), weights, strict=True):
            p.copy_(torch.from_numpy(w.T))


def with_weights(net):
    """Returns the net with its weights, made outside inference mode."""
    inference(False)
    model = build(net.name).eval()
    set_weights(model, net.weights)
    return model


class Trainer(worker.Trainer):
    def __init__(self, name, compile=False, **adam):
        self.model = build(name, logits=True)
        self.binary = worker.NETS[name][2] == "sigmoid"
        self.adam = torch.optim.Adam(self.model.parameters(), lr=1e-3, **adam)
        loss = functional.binary_cross_entropy_with_logits if self.binary else functional.cross_entropy
        self.loss = lambda x, y: loss(self.model(x), y)
        self.what = f"zero_grad, loss, backward, Adam({', '.join(f'{k}={v}' for k, v in adam.items())}).step"
        if compile:
            self.loss = torch.compile(self.loss, dynamic=False)
            self.what = "loss compiled: " + self.what

    def batch(self, x, y):
        return torch.from_numpy(x), torch.from_numpy(y.reshape(-1, 1) if self.binary else y)

    def step(self, x, y):
        self.adam.zero_grad()
        self.loss(x, y).backward()
        self.adam.step()

    def check_step(self, x, y, number):
        # PyTorch divides by √(v/(1−β₂ᵗ)) + ε, Keras by (√v + ε)/√(1−β₂ᵗ).
        self.adam.param_groups[0]["eps"] = 1e-7 / math.sqrt(1 - 0.999 ** number)
        self.step(x, y)

    def weights(self):
        return [p.detach().numpy().T for p in self.model.parameters()]

    def reset(self, weights, rate):
        set_weights(self.model, weights)
        self.adam.state.clear()
        self.adam.param_groups[0].update(lr=rate, eps=1e-8)

    def outputs(self, x):
        with torch.no_grad():
            logits = self.model(torch.from_numpy(x))
        return (logits.sigmoid() if self.binary else logits.softmax(1)).numpy()


def train_epochs(trainer, x, y, batch, epochs):
    inputs, targets = trainer.batch(x, y)
    for _ in range(epochs):
        order = torch.randperm(len(x))
        for rows, wanted in zip(inputs[order].split(batch), targets[order].split(batch)):
            trainer.step(rows, wanted)


class Eager(worker.Peer):
    unshipped = ("nvidia-cuda-runtime",)
    unshipped_files = ("cuda", "nvshmem", "libcaffe2_nvrtc")

    def describe(self):
        return f"PyTorch {torch.__version__}"

    def calls(self, net, rows):
        """Returns the calls that predict may make, by name."""
        model = with_weights(net)
        linear, sigmoid, softmax = functional.linear, torch.sigmoid, torch.softmax
        layers = [(m.weight, m.bias) for m in model if isinstance(m, torch.nn.Linear)]
        last = layers.pop()
        hidden = torch.relu_ if net.hidden == "relu" else torch.tanh_

        def functions():
            y = rows
            for weight, bias in layers:
                y = hidden(linear(y, weight, bias))
            y = linear(y, *last)
            return (sigmoid(y) if net.binary else softmax(y, 1)).numpy()

        return {"model(x)": lambda: model(rows).numpy(), "functional.linear, activations in place": functions}

    def predict(self, net, x):
        calls = self.calls(net, torch.from_numpy(x))
        inference(True)
        call, what = worker.fastest(calls)
        return call, what + " in inference_mode"

    def trainers(self, name):
        """Returns the ways to train that there are."""
        return [Trainer(name, fused=True), Trainer(name, foreach=True)]

    def train(self, net, batch):
        inference(False)
        trainer = worker.fastest_trainer(self.trainers(net.name), net, batch)
        trainer.what += "; its own ε, in the check Keras's"
        return trainer

    def fit(self, name, x, y, batch, epochs):
        inference(False)

        def call():
            trainer = Trainer(name, fused=True)
            train_epochs(trainer, x, y, batch, epochs)
            return trainer.outputs
        return call, "the usual loop over slices of tensors shuffled by randperm, Adam(fused=True)"

    def save(self, net, path):
        torch.save(with_weights(net).state_dict(), path + ".pt")

    def load(self, path, name):
        inference(True)
        model = build(name).eval()
        model.load_state_dict(torch.load(path + ".pt"))
        return lambda x: model(torch.from_numpy(x)).numpy()


class Compiled(Eager):
    def calls(self, net, rows):
        torch.compiler.reset()
        model = with_weights(net)
        compiled = torch.compile(model, dynamic=False)
        with tempfile.TemporaryDirectory() as folder:
            package = ahead_of_time(model, rows, os.path.join(folder, "net.pt2"))
            loaded = torch._inductor.aoti_load_package(package).loader.run
        return {"torch.compile(model)(x)": lambda: compiled(rows).numpy(),
                "torch.export, AOTInductor, loader.run([x])": lambda: loaded([rows])[0].numpy()}

    def trainers(self, name):
        torch.compiler.reset()
        return [Trainer(name, compile=True, fused=True)]

    def fit(self, name, x, y, batch, epochs):
        inference(False)
        trainer, = self.trainers(name)

        def call():
            trainer.reset(worker.Net.new(name).weights, 1e-3)
            train_epochs(trainer, x, y, batch, epochs)
            return trainer.outputs
        return call, "the loop of eager, loss compiled once for all nets, Adam(fused=True)"

    def save(self, net, path):
        ahead_of_time(with_weights(net), torch.zeros(1, net.sizes[0]), path + ".pt2")

    def load(self, path, name):
        inference(True)
        model = torch._inductor.aoti_load_package(path + ".pt2")
        return lambda x: model(torch.from_numpy(x)).numpy()


def ahead_of_time(model, rows, file):
    """Compiles the model for rows of that shape into a file, and returns its name."""
    with torch.no_grad():
        program = torch.export.export(model, (rows,))
        return torch._inductor.aoti_compile_and_package(program, package_path=file)


if __name__ == "__main__":
    worker.main({"eager": Eager, "compile": Compiled})
