"""The models of the corpus that PyTorch makes. Run it as generate.py says."""

import logging
import os
import sys
import warnings

import numpy as np
import onnx
import safetensors.torch
import torch
from torch import nn

from common import Manifest, generator, inputs, put

VERSIONS = {"torch": torch.__version__.split("+")[0], "onnx": onnx.__version__}
corpus = Manifest("manifest.json", "torch_models.py", sys.argv[1:])


class Exp(nn.Module):
    def forward(self, x):
        return torch.exp(x)


class Largest(nn.Module):
    def __init__(self, model):
        super().__init__()
        self.model = model

    def forward(self, x):
        return self.model(x).argmax(1)


# Every activation of nnrt, as PyTorch says it.
ACTIVATIONS = {
    "relu": nn.ReLU,
    "relu6": nn.ReLU6,
    "hardtanh06": lambda: nn.Hardtanh(0.0, 6.0),
    "hardtanh": nn.Hardtanh,
    "leaky_relu": nn.LeakyReLU,
    "leaky_relu03": lambda: nn.LeakyReLU(0.3),
    "prelu": lambda: nn.PReLU(init=0.35),
    "elu": nn.ELU,
    "elu07": lambda: nn.ELU(0.7),
    "selu": nn.SELU,
    "celu": nn.CELU,
    "celu17": lambda: nn.CELU(1.7),
    "gelu": nn.GELU,
    "gelu_tanh": lambda: nn.GELU(approximate="tanh"),
    "silu": nn.SiLU,
    "mish": nn.Mish,
    "sigmoid": nn.Sigmoid,
    "hard_sigmoid": nn.Hardsigmoid,
    "hard_silu": nn.Hardswish,
    "log_sigmoid": nn.LogSigmoid,
    "tanh": nn.Tanh,
    "softplus": nn.Softplus,
    "softsign": nn.Softsign,
    "exponential": Exp,
    "softmax": lambda: nn.Softmax(dim=1),
    "log_softmax": lambda: nn.LogSoftmax(dim=1),
}


def weigh(model, rng):
    """Gives a module weights of which none is trivial: no bias is zero, no statistic 0 or 1."""
    with torch.no_grad():
        for name, t in list(model.named_parameters()) + list(model.named_buffers()):
            if t.dtype != torch.float32 or name.startswith("fixed") or t.numel() == 1 and "weight" in name:
                continue
            shape = tuple(t.shape)
            if name.endswith("running_var"):
                v = np.exp(rng.normal(0, 0.5, shape))
            elif t.dim() == 2:
                v = rng.normal(0, 1.2 / np.sqrt(shape[1]), shape)
            elif name.endswith("weight"):
                v = 1 + rng.normal(0, 0.3, shape)
            else:
                v = rng.normal(0, 0.4, shape)
            t.copy_(torch.from_numpy(np.asarray(v, np.float32)))
    return model.eval()


def run(model, x):
    with torch.no_grad():
        return model(torch.from_numpy(x)).numpy()


def script(name, build, width, opset, shows, batch=None, spread=1.5, **options):
    """A model by the TorchScript exporter. batch is the fixed batch dimension; None leaves it free."""
    if not corpus.wants(name):
        return
    rng = generator(name)
    model = weigh(build(), rng)
    x = inputs(rng, width, spread)
    folder = corpus.folder(name)
    axes = None if batch else {"input": {0: "batch"}, "output": {0: "batch"}}
    torch.onnx.export(model, (torch.zeros(batch or 2, width),), os.path.join(folder, "model.onnx"), dynamo=False,
                      opset_version=opset, input_names=["input"], output_names=["output"], dynamic_axes=axes, **options)
    put(folder, x, run(model, x))
    corpus.add(name, framework="PyTorch", versions=VERSIONS, exporter="TorchScript", opset=opset,
               batch=batch or "free", file="model.onnx", shows=shows)


def labelled(name, build, width, opset, shows):
    """A classifier whose output is the class; y.npy has what it is the largest of."""
    if not corpus.wants(name):
        return
    rng = generator(name)
    model = weigh(build(), rng)
    x = inputs(rng, width)
    folder = corpus.folder(name)
    torch.onnx.export(Largest(model), (torch.zeros(2, width),), os.path.join(folder, "model.onnx"), dynamo=False,
                      opset_version=opset, input_names=["input"], dynamic_axes={"input": {0: "batch"}})
    y = run(model, x)
    put(folder, x, y, y.argmax(1))
    corpus.add(name, framework="PyTorch", versions=VERSIONS, exporter="TorchScript", opset=opset, batch="free",
               file="model.onnx", shows=shows, classes=[str(i) for i in range(y.shape[1])])


def dynamo(name, build, width, shows, opset=None, batch=None, spread=1.5, **options):
    """A model by the exporter built on torch.export."""
    if not corpus.wants(name):
        return
    rng = generator(name)
    model = weigh(build(), rng)
    x = inputs(rng, width, spread)
    folder = corpus.folder(name)
    shapes = None if batch else ({0: torch.export.Dim("batch")},)
    path = os.path.join(folder, "model.onnx")
    torch.onnx.export(model, (torch.zeros(batch or 2, width),), path, dynamo=True, opset_version=opset,
                      dynamic_shapes=shapes, verbose=False, **options)
    if os.path.exists(path + ".data") and os.path.getsize(path + ".data") == 0:
        os.remove(path + ".data")  # made, but not used, where every tensor is small
    put(folder, x, run(model, x))
    version = max(o.version for o in onnx.load(path, load_external_data=False).opset_import if o.domain == "")
    corpus.add(name, framework="PyTorch", versions=VERSIONS, exporter="dynamo", opset=version,
               batch=batch or "free", file="model.onnx", shows=shows)


def state(name, build, width, layers, shows, spread=1.5, dtype=torch.float32):
    """A state dict in safetensors. The outputs are those of the weights as they are in the file."""
    if not corpus.wants(name):
        return
    rng = generator(name)
    model = weigh(build(), rng)
    x = inputs(rng, width, spread)
    folder = corpus.folder(name)
    model = model.to(dtype)
    safetensors.torch.save_file(model.state_dict(), os.path.join(folder, "model.safetensors"))
    put(folder, x, run(model.float(), x))
    corpus.add(name, framework="PyTorch", versions={**VERSIONS, "safetensors": safetensors.__version__},
               exporter="safetensors", file="model.safetensors", layers=layers, shows=shows)


# --- modules -------------------------------------------------------------------------------------------------------

def around(activation):
    """The activation between two layers; softmax and its logarithm at the end."""
    def build():
        if activation.endswith("softmax"):
            return nn.Sequential(nn.Linear(5, 8), nn.Tanh(), nn.Linear(8, 4), ACTIVATIONS[activation]())
        return nn.Sequential(nn.Linear(5, 8), ACTIVATIONS[activation](), nn.Linear(8, 3))
    return build


def chain(*activations):
    """One layer for each activation: widths go up and down."""
    def build():
        layers, width = [], 6
        for i, a in enumerate(activations):
            units = (9, 7, 12, 5)[i % 4]
            layers += [nn.Linear(width, units), ACTIVATIONS[a]()]
            width = units
        return nn.Sequential(*layers)
    return build


CHAIN1 = chain("relu", "leaky_relu", "elu07", "selu", "mish", "gelu", "silu", "sigmoid", "tanh", "softplus", "softmax")
CHAIN2 = chain("relu6", "hardtanh06", "celu", "gelu_tanh", "hard_sigmoid", "hard_silu", "log_sigmoid", "softsign",
               "exponential", "celu17", "leaky_relu03", "log_softmax")


class Functional(nn.Module):
    """As classifiers are mostly written: forward calls functions."""

    def __init__(self):
        super().__init__()
        self.fc1 = nn.Linear(10, 16)
        self.fc2 = nn.Linear(16, 12)
        self.out = nn.Linear(12, 3)
        self.drop = nn.Dropout(0.3)

    def forward(self, x):
        x = nn.functional.relu(self.fc1(x))
        x = self.drop(torch.tanh(self.fc2(x)))
        return nn.functional.softmax(self.out(x), dim=-1)


class Matrices(nn.Module):
    """Products and sums written out, the bias before the product in one of them."""

    def __init__(self):
        super().__init__()
        self.w1 = nn.Parameter(torch.zeros(7, 11))
        self.b1 = nn.Parameter(torch.zeros(11))
        self.w2 = nn.Parameter(torch.zeros(11, 4))
        self.b2 = nn.Parameter(torch.zeros(4))
        self.w3 = nn.Parameter(torch.zeros(4, 2))
        self.b3 = nn.Parameter(torch.zeros(2))

    def forward(self, x):
        x = torch.relu(x @ self.w1 + self.b1)
        x = torch.sigmoid(self.b2 + torch.matmul(x, self.w2))
        return torch.addmm(self.b3, x, self.w3)


class Standardized(nn.Module):
    """The scaling of the inputs within the model."""

    def __init__(self):
        super().__init__()
        self.register_buffer("fixed_mean", torch.tensor([120.9, 69.1, 20.5, 79.8, 32.0, 0.47]))
        self.register_buffer("fixed_std", torch.tensor([31.97, 19.36, 15.95, 115.2, 7.88, 0.33]))
        self.fc1 = nn.Linear(6, 12)
        self.fc2 = nn.Linear(12, 1)

    def forward(self, x):
        x = (x - self.fixed_mean) / self.fixed_std
        return torch.sigmoid(self.fc2(torch.relu(self.fc1(x))))


class Views(nn.Module):
    """Reshapes, an identity and a cast that change nothing."""

    def __init__(self):
        super().__init__()
        self.fc1 = nn.Linear(8, 9)
        self.fc2 = nn.Linear(9, 2)
        self.identity = nn.Identity()

    def forward(self, x):
        x = self.identity(torch.flatten(x.float(), 1))
        x = torch.relu(self.fc1(x)).view(-1, 9)
        return self.fc2(x).reshape(-1, 2)


def twins():
    """Two layers whose weights are the same tensor."""
    layer = nn.Linear(6, 6)
    return nn.Sequential(layer, nn.Tanh(), layer, nn.ReLU(), nn.Linear(6, 2))


class Equal(nn.Sequential):
    """Two layers whose weights are equal, which the exporter notices and shares."""

    def __init__(self):
        super().__init__(nn.Linear(6, 6), nn.Tanh(), nn.Linear(6, 6), nn.ReLU(), nn.Linear(6, 2))

    def eval(self):
        self[2].load_state_dict(self[0].state_dict())
        return super().eval()


class Trained(nn.Module):
    """Statistics of batch normalisation that training left."""

    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(nn.BatchNorm1d(6), nn.Linear(6, 14), nn.BatchNorm1d(14), nn.ReLU(), nn.Dropout(0.2),
                                  nn.Linear(14, 14), nn.ReLU(), nn.BatchNorm1d(14), nn.Linear(14, 3))

    def forward(self, x):
        return self.body(x)

    def eval(self):
        rng = np.random.default_rng(7)
        x = torch.from_numpy(rng.normal(1, 2, (256, 6)).astype(np.float32))
        y = torch.stack([x[:, 0] * x[:, 1], x[:, 2].abs(), x[:, 3:].sum(1)], 1)
        self.train()
        torch.manual_seed(7)
        optimizer = torch.optim.Adam(self.parameters(), 0.01)
        for step in range(60):
            rows = slice(64 * (step % 4), 64 * (step % 4) + 64)
            loss = nn.functional.mse_loss(self(x[rows]), y[rows])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        return super().eval()


def plain(*widths, activation=nn.ReLU, bias=True, last=None):
    def build():
        layers = []
        for i, (a, b) in enumerate(zip(widths, widths[1:])):
            layers.append(nn.Linear(a, b, bias=bias))
            if i + 2 < len(widths):
                layers.append(activation())
        return nn.Sequential(*layers, *([last()] if last else []))
    return build


def batchnorm(**options):
    return lambda: nn.Sequential(nn.Linear(6, 10), nn.BatchNorm1d(10, **options), nn.ReLU(), nn.Linear(10, 10),
                                 nn.Tanh(), nn.BatchNorm1d(10, **options), nn.Linear(10, 3))


def layernorm(**options):
    return lambda: nn.Sequential(nn.Linear(6, 10), nn.LayerNorm(10, **options), nn.ReLU(), nn.Linear(10, 8),
                                 nn.GELU(), nn.LayerNorm(8, **options), nn.Linear(8, 3))


def twelve():
    layers, width = [], 10
    for units in (16, 14, 14, 12, 12, 10, 10, 9, 9, 8, 8):
        layers += [nn.Linear(width, units), nn.SiLU()]
        width = units
    return nn.Sequential(*layers, nn.Linear(width, 4), nn.Softmax(dim=-1))


# --- the list ------------------------------------------------------------------------------------------------------

def models():
    for i, a in enumerate(ACTIVATIONS):
        spread = 0.7 if a == "exponential" else 1.5
        script(f"torch-ts13-{a}", around(a), 5, 13, f"activation {a}", batch=(None, 1, 4)[i % 3], spread=spread)
        dynamo(f"torch-dynamo-{a}", around(a), 5, f"activation {a}", batch=(1, None)[i % 2], spread=spread)
    labelled("torch-ts13-argmax", plain(4, 7, 3), 4, 13, "a classifier that gives the class")
    for opset in 9, 11, 17, 20:
        script(f"torch-ts{opset}-chain1", CHAIN1, 6, opset, "eleven layers, eleven activations")
        if opset > 11:  # celu has no form in older ones
            script(f"torch-ts{opset}-chain2", CHAIN2, 6, opset, "twelve layers, twelve activations", spread=1)
    for a in "relu6", "mish", "gelu_tanh", "hard_sigmoid", "log_sigmoid", "softsign", "exponential", "log_softmax":
        script(f"torch-ts9-{a}", around(a), 5, 9, f"activation {a} in the oldest opset", spread=0.7)
    dynamo("torch-dynamo-chain2", CHAIN2, 6, "twelve layers, twelve activations", spread=1)
    dynamo("torch-dynamo-opset21", layernorm(), 6, "a later opset", opset=21)
    dynamo("torch-dynamo-opset23", layernorm(), 6, "a later opset", opset=23)

    script("torch-ts9-linear", plain(3, 2), 3, 9, "one layer")
    script("torch-ts13-tutorial", plain(8, 10, 8, 1, last=nn.Sigmoid), 8, 13, "the tutorial's network", batch=1)
    script("torch-ts17-twelve", twelve, 10, 17, "twelve layers")
    script("torch-ts13-wide", plain(16, 64, 48, 10, last=lambda: nn.LogSoftmax(-1)), 16, 13, "wider layers")
    script("torch-ts13-nobias", plain(6, 9, 7, 2, activation=nn.Tanh, bias=False), 6, 13, "no bias")
    script("torch-ts9-nobias", plain(6, 9, 7, 2, activation=nn.Tanh, bias=False), 6, 9, "no bias", batch=8)
    script("torch-ts13-functional", Functional, 10, 13, "functions and dropout in forward")
    script("torch-ts11-functional", Functional, 10, 11, "functions; softmax whose axis is the last by count")
    script("torch-ts13-matrices", Matrices, 7, 13, "MatMul and Add, the bias first in one")
    script("torch-ts9-matrices", Matrices, 7, 9, "MatMul and Add, the bias first in one", batch=2)
    script("torch-ts13-standardized", Standardized, 6, 13, "scaling within the graph", spread=60)
    script("torch-ts13-unfolded", Standardized, 6, 13, "no constant folding", spread=60, do_constant_folding=False)
    script("torch-ts13-views", Views, 8, 13, "Flatten, Reshape, Cast, Identity that change nothing")
    script("torch-ts9-views", Views, 8, 9, "Flatten, Reshape, Cast, Identity that change nothing")
    script("torch-ts13-twins", twins, 6, 13, "one tensor in two layers")
    script("torch-ts13-equal", Equal, 6, 13, "equal tensors, shared through Identity")
    script("torch-ts13-inputs", plain(5, 6, 2), 5, 13, "weights listed as inputs of the graph",
           keep_initializers_as_inputs=True)
    script("torch-ts13-batchnorm", batchnorm(), 6, 13, "BatchNormalization after Linear and after an activation")
    script("torch-ts9-batchnorm", batchnorm(eps=1e-3), 6, 9, "BatchNormalization, another epsilon", batch=3)
    script("torch-ts17-batchnorm-noaffine", batchnorm(affine=False), 6, 17, "BatchNormalization without gamma, beta")
    script("torch-ts13-batchnorm-unfolded", batchnorm(), 6, 13, "BatchNormalization left as a node",
           do_constant_folding=False, training=torch.onnx.TrainingMode.PRESERVE)
    script("torch-ts13-trained", Trained, 6, 13, "a training's statistics; BatchNormalization of the inputs")
    script("torch-ts11-layernorm", layernorm(), 6, 11, "LayerNorm in pieces")
    script("torch-ts17-layernorm", layernorm(), 6, 17, "LayerNormalization as one node", batch=1)
    script("torch-ts17-layernorm-plain", layernorm(elementwise_affine=False, eps=1e-3), 6, 17, "without gamma, beta")
    script("torch-ts13-layernorm-nobias", layernorm(bias=False), 6, 13, "LayerNorm without beta")

    dynamo("torch-dynamo-linear", plain(3, 2), 3, "one layer")
    dynamo("torch-dynamo-tutorial", plain(8, 10, 8, 1, last=nn.Sigmoid), 8, "the tutorial's network", batch=1)
    dynamo("torch-dynamo-external", plain(16, 64, 32, 10), 16, "weights in a file beside it")
    dynamo("torch-dynamo-nobias", plain(6, 9, 7, 2, activation=nn.Tanh, bias=False), 6, "Transpose and MatMul")
    dynamo("torch-dynamo-functional", Functional, 10, "functions and dropout in forward")
    dynamo("torch-dynamo-unoptimized", Functional, 10, "as translated, not optimised", optimize=False)
    dynamo("torch-dynamo-matrices", Matrices, 7, "MatMul and Add, the bias first in one")
    dynamo("torch-dynamo-standardized", Standardized, 6, "scaling within the graph", spread=60)
    dynamo("torch-dynamo-views", Views, 8, "Flatten, Reshape, Cast, Identity that change nothing")
    dynamo("torch-dynamo-twins", twins, 6, "one tensor in two layers")
    dynamo("torch-dynamo-batchnorm", batchnorm(), 6, "BatchNormalization")
    dynamo("torch-dynamo-trained", Trained, 6, "a training's statistics; BatchNormalization of the inputs")
    dynamo("torch-dynamo-layernorm", layernorm(), 6, "LayerNormalization")
    dynamo("torch-dynamo-layernorm-plain", layernorm(elementwise_affine=False), 6, "without gamma, beta", batch=2)

    state("torch-safetensors-tutorial", plain(8, 10, 8, 1, last=nn.Sigmoid), 8, "10:relu,8:relu,1:sigmoid",
          "a Sequential's state dict")
    state("torch-safetensors-bfloat16", plain(5, 8, 2), 5, "8:relu,2:linear", "bfloat16 weights", dtype=torch.bfloat16)
    state("torch-safetensors-float16", plain(5, 8, 2), 5, "8:relu,2:linear", "float16 weights", dtype=torch.float16)
    state("torch-safetensors-nobias", plain(6, 9, 7, 2, activation=nn.Tanh, bias=False), 6, "9:tanh,7:tanh,2:linear",
          "no bias")
    state("torch-safetensors-functional", Functional, 10, "16:relu,12:tanh,3:softmax",
          "layers with names of their own")
    state("torch-safetensors-batchnorm", batchnorm(), 6,
          "10:linear,batch_normalization,relu,10:tanh,batch_normalization,3:linear",
          "BatchNorm1d with its statistics and counter")
    state("torch-safetensors-layernorm", layernorm(), 6,
          "10:linear,layer_normalization,relu,8:gelu,layer_normalization,3:linear", "LayerNorm")
    state("torch-safetensors-twelve", twelve, 10, ",".join(f"{u}:silu" for u in (16, 14, 14, 12, 12, 10, 10, 9,
          9, 8, 8)) + ",4:softmax", "twelve layers; names 0 to 22, of which 10 comes after 8")


if __name__ == "__main__":
    torch.set_num_threads(1)
    torch.backends.mkldnn.enabled = False
    warnings.simplefilter("ignore")
    logging.disable(logging.WARNING)
    models()
    corpus.write()
